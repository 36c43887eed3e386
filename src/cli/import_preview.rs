//! `import-preview`: what an import into Okta would do with the users of a server.
//!
//! **Invariant:** reads only. A hook is asked, and what that does is known to its owner alone.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter};
use std::path::Path;

use crate::okta::hook::event::LoginFormat;
use crate::okta::import::hooked::Asking;
use crate::okta::import::matching::{
    AutoConfirm, Builder, Criterion, Dormant, Limit, OktaUsers, Partial, Rules, Sourcing,
};
use crate::okta::import::preview::{Document, Outcome, Settings, preview, text};
use crate::okta::import::read::{Blame, End, Reading};
use crate::okta::import::rows;
use crate::persona::Version;
use crate::report::escape;
use crate::requirement::{Level, Registry};
use crate::run::discover::Obstacle;
use crate::scenario;
use crate::wire::{HttpWire, Wire};

use super::args::{AutoConfirmArg, Format, ImportPreviewArgs, ReactivateArg, SourceProfilesArg};
use super::config::{self, ConfigError};
use super::{complain, exit, hook, obstacle_text, say, server};

/// How many mistakes in a file are shown; who has more has made one mistake, many times.
const MISTAKES_SHOWN: usize = 200;

/// How many bytes go to standard output at a time.
const BUFFER: usize = 64 * 1024;

/// Runs the command.
pub(super) fn command(args: &ImportPreviewArgs) -> Result<u8, ConfigError> {
    let mut settings = settings(args)?;
    let mut connection = config::connection(&args.connection, None, &scenario::load::personas())?;
    settings.version = connection.target.version().unwrap_or_default();
    let service = hook::service(&args.hook, &mut connection)?;
    let registry = match service {
        Some(_) => scenario::load(None).map_err(ConfigError::Diagnostics)?.registry,
        None if args.hook_limit.is_some() => return Err("--hook-limit needs --hook".to_owned().into()),
        None => Registry::default().into(),
    };
    let users = okta_users(&args.okta_users, &settings.rules)?;
    let base_url = connection.http.base_url.to_string();
    let base_url = base_url.trim_end_matches('/');
    let credential = connection.http.auth.manner();
    for warning in &connection.warnings {
        complain(&format!("note: {warning}\n"));
    }
    // Pages come one after the other, so that one thread is enough, and costs less memory than several.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ConfigError::Text(format!("the asynchronous runtime cannot start: {error}")))?;
    let server = runtime.block_on(server::start(&connection))?;
    let wire = Wire::Http(HttpWire::new(connection.http).map_err(|error| ConfigError::Text(error.to_string()))?);
    let mut document = match args.format {
        Format::Json => Document::new(BufWriter::with_capacity(BUFFER, io::stdout()), base_url, &settings),
        Format::Text => Document::none(),
    };
    let asking = service.as_ref().map(|service| Asking { service, limit: args.hook_limit });
    let on_count = |count: u64| {
        if let Some(asking) = &asking {
            let who = if count == 1 { "1 user is".to_owned() } else { format!("{count} users are") };
            complain(&format!("note: {who} sent to the import hook {}\n", asking.service.shown));
        }
    };
    let with_hook = asking.map(|asking| (asking, &on_count as &dyn Fn(u64)));
    let outcome = runtime.block_on(preview(&wire, &users, &settings, with_hook, &mut document));
    if let Some(obstacle) = obstacle(&outcome.reading) {
        let told = obstacle_text(base_url, &credential, &obstacle);
        complain(&told.replace("no scenario was run", "there is nothing to preview"));
        if args.format == Format::Text {
            return runtime.block_on(server::stop(server, Ok(exit::UNDECIDED)));
        }
    }
    if args.format == Format::Text {
        say(&text(base_url, &args.okta_users.display().to_string(), &settings, &users, &outcome, &registry));
    }
    runtime.block_on(server::stop(server, Ok(code(&outcome, &registry))))
}

fn settings(args: &ImportPreviewArgs) -> Result<Settings, ConfigError> {
    let mut exact = Vec::new();
    for written in &args.matches {
        let criterion = match written.as_str() {
            "username" => Criterion::UserName,
            "email" => Criterion::Email,
            other => match other.strip_prefix("custom:").filter(|name| !name.is_empty()) {
                Some(name) => Criterion::Attribute(name.to_owned()),
                None => {
                    return Err(format!("--match is username, email or custom:<attribute>, not `{other}`").into());
                }
            },
        };
        if !exact.contains(&criterion) {
            exact.push(criterion);
        }
    }
    let attributes = exact.iter().filter(|criterion| matches!(criterion, Criterion::Attribute(_))).count();
    if attributes > 1 {
        return Err("--match names two attributes, and Okta matches one".to_owned().into());
    }
    if attributes == 1 && exact.len() > 1 {
        complain(
            "note: Okta's console does not offer user name and e-mail once an attribute is chosen; all must match here\n",
        );
    }
    if exact.is_empty() {
        exact.push(Criterion::UserName);
    }
    let limit = |name: &str, written: &str| -> Result<Limit, ConfigError> {
        written.parse().map_err(|why| ConfigError::Text(format!("{name} is {why}, not `{written}`")))
    };
    let login = match &args.username_format {
        None => LoginFormat::default(),
        Some(written) => LoginFormat::parse(written)
            .map_err(|why| ConfigError::Text(format!("--username-format is {why}, not `{written}`")))?,
    };
    let is_set = |what: AutoConfirmArg| args.auto_confirm.contains(&what);
    if is_set(AutoConfirmArg::None) && args.auto_confirm.len() > 1 {
        return Err("--auto-confirm none goes with nothing else".to_owned().into());
    }
    if args.auto_activate && !is_set(AutoConfirmArg::New) {
        return Err("--auto-activate needs --auto-confirm new: only who is confirmed so is activated"
            .to_owned()
            .into());
    }
    let confirm = (!args.auto_confirm.is_empty()).then(|| AutoConfirm {
        exact: is_set(AutoConfirmArg::Exact),
        partial: is_set(AutoConfirmArg::Partial),
        new: is_set(AutoConfirmArg::New),
        activate: args.auto_activate,
    });
    Ok(Settings {
        rules: Rules {
            exact,
            partial: if args.partial { Partial::Allowed } else { Partial::Refused },
            sourcing: match args.source_profiles {
                None => Sourcing::Off,
                Some(SourceProfilesArg::Nothing) => Sourcing::Nothing,
                Some(SourceProfilesArg::Deactivate) => Sourcing::Deactivate,
                Some(SourceProfilesArg::Suspend) => Sourcing::Suspend,
            },
            reactivate: args
                .reactivate
                .iter()
                .map(|which| match which {
                    ReactivateArg::Suspended => Dormant::Suspended,
                    ReactivateArg::Deactivated => Dormant::Deactivated,
                })
                .collect::<BTreeSet<_>>(),
        },
        app: limit("--app-safeguard", &args.app_safeguard)?,
        org: limit("--org-safeguard", &args.org_safeguard)?,
        org_assignments: args.org_assignments,
        login,
        confirm,
        version: Version::default(),
    })
}

fn okta_users(path: &Path, rules: &Rules) -> Result<OktaUsers, ConfigError> {
    let fail = |error: io::Error| ConfigError::Text(format!("{} cannot be read: {error}", path.display()));
    let mut file = BufReader::with_capacity(BUFFER, File::open(path).map_err(fail)?);
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let format = match extension.as_deref() {
        Some("csv") => rows::Format::Csv,
        Some("json") => rows::Format::Json,
        // A header of CSV has letters where JSON has a bracket.
        _ => match file.fill_buf().map_err(fail)?.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[' | b'{') => rows::Format::Json,
            _ => rows::Format::Csv,
        },
    };
    let mut builder = Builder::new(rules);
    rows::read_okta_users(file, format, rules.attribute(), &mut |row| builder.add(row)).map_err(fail)?;
    builder.finish().map_err(|mistakes| {
        let mut text = format!("{} mistakes in {}", mistakes.len(), path.display());
        if let [_] = mistakes.as_slice() {
            text = format!("a mistake in {}", path.display());
        }
        for mistake in mistakes.iter().take(MISTAKES_SHOWN) {
            text.push_str(&format!("\n  {}", escape::line(&mistake.to_string())));
        }
        if mistakes.len() > MISTAKES_SHOWN {
            text.push_str(&format!("\n  and {} more", mistakes.len() - MISTAKES_SHOWN));
        }
        ConfigError::Text(text)
    })
}

/// Why there is nothing to preview at all, if the first page says so.
fn obstacle(reading: &Reading) -> Option<Obstacle> {
    if reading.pages > 0 {
        return None;
    }
    match &reading.end {
        End::Complete => None,
        End::NoReply(no_reply) => Some(Obstacle::NoReply(no_reply.clone())),
        End::Status { status: status @ (401 | 403), .. } => Some(Obstacle::Refused(*status)),
        End::Status { status: 300..=399, location } => {
            Some(Obstacle::Redirect(location.clone().unwrap_or_else(|| "an unnamed place".to_owned())))
        }
        End::Status { status: 404, .. } => Some(Obstacle::NotScim { got: "404".to_owned(), found_at: None }),
        // A server that fails on this request may well speak SCIM.
        End::Status { .. } => None,
        End::NotAList(got) => {
            Some(Obstacle::NotScim { got: format!("200 with {}", escape::line(got)), found_at: None })
        }
    }
}

/// What the verdict is to whoever called the command.
fn code(outcome: &Outcome, registry: &Registry) -> u8 {
    let binds = |id: &str| registry.get(id).is_some_and(|known| known.level == Level::Must);
    let hook = outcome.hook.as_ref();
    let to_blame = outcome.reading.faults.iter().any(|fault| fault.blame == Blame::Server)
        || hook.is_some_and(|hook| hook.violated.keys().any(|id| binds(id)));
    let unclear = hook.is_some_and(|hook| hook.unclear);
    match outcome.verdict() {
        "goes-on" if to_blame => exit::VIOLATES,
        "goes-on" if outcome.reading.faults.is_empty() && !unclear => exit::CONFORMS,
        "goes-on" | "undecided" => exit::UNDECIDED,
        _ => exit::VIOLATES,
    }
}

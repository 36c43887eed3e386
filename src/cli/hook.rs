//! The service for Okta's import hook: what was typed about it becomes something that can be asked; and `hook`, which judges it.
//!
//! **Invariant:** its credential goes to its own address and nowhere else, and stands in nothing that is shown.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::declared::Target;
use crate::okta::hook::answer::MAX_BYTES;
use crate::okta::hook::service::{LIMIT, Service};
use crate::okta::hook::suite;
use crate::report::json::View;
use crate::report::text::{self, Verbosity};
use crate::report::{Report, ScoredBy};
use crate::scenario::Library;
use crate::verdict::CaseResult;
use crate::wire::auth::{Auth, Manner};
use crate::wire::http::HttpOptions;
use crate::wire::{HttpWire, Tape, Wire};

use super::args::{HookArgs, HookCommandArgs};
use super::baseline::KnownFailures;
use super::config::{self, ConfigError, Connection, Source};
use super::{
    Baseline, annotate, annotations_of, both, complain, exit, known_failures, library, registry_by, reports, runtime,
    say, scored_by, style, sum_up, tool,
};

/// The longest address that Okta takes.
const LONGEST: usize = 1024;

/// Headers that are sent in any case.
const SENT: [&str; 9] = [
    "Accept",
    "Authorization",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Host",
    "Proxy-Authorization",
    "Transfer-Encoding",
    "Upgrade",
];

/// From how many characters on a value is masked where it comes back: shorter ones stand in innocent text.
const MASKED: usize = 8;

/// The environment variable with the secret.
const ENV_TOKEN: &str = "SCIM_CHECK_HOOK_TOKEN";

/// What Okta would be told when the hook is set up.
pub(super) struct Setup {
    pub(super) http: HttpOptions,
    /// Path and query.
    path: String,
    shown: String,
    headers: Vec<(String, String)>,
    pub(super) warnings: Vec<String>,
}

/// Reads an address as Okta takes it.
fn address(written: &str) -> Result<Url, ConfigError> {
    let shown = config::shown(written);
    let fail =
        |why: &str| Err(ConfigError::Text(format!("the address of the import hook {why}\n  tried: --hook {shown}")));
    if written.chars().any(char::is_whitespace) {
        return fail("has white space in it, which Okta refuses");
    }
    if written.chars().count() > LONGEST {
        return fail("has more than 1,024 characters, which Okta refuses");
    }
    let url = match Url::parse(written) {
        Ok(url) if url.has_host() => url,
        _ => return fail("is no URL; it looks like https://hooks.example.com/okta/import"),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return fail("holds a user name or password before the @; the credential goes into SCIM_CHECK_HOOK_TOKEN");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if config::is_loopback(&url) => Ok(url),
        "http" => {
            fail("begins with http://, which Okta refuses; only a service on this machine can be tried without TLS")
        }
        _ => fail("does not begin with https://, and Okta takes nothing else"),
    }
}

/// A further header, as it is typed. What is sent in any case cannot be set.
fn further(field: &str, credential: &str) -> Result<(String, String), ConfigError> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let (name, value) = field
        .split_once(':')
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(name, _)| !name.is_empty() && name.chars().all(is_token))
        .ok_or_else(|| "--hook-field is written 'NAME: VALUE'".to_owned())?;
    if SENT.iter().chain([&credential]).any(|sent| sent.eq_ignore_ascii_case(name)) {
        return Err(format!(
            "--hook-field cannot set {name}, which is sent in any case; the credential has options of its own"
        )
        .into());
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// What was typed and what the target file says, the first before the second. None where neither names a service.
pub(super) fn setup(args: &HookArgs, target: Option<&crate::declared::Hook>) -> Result<Option<Setup>, ConfigError> {
    let written = target.filter(|_| args.hook.is_none());
    let Some(url) = args.hook.as_deref().or(written.map(|hook| hook.url.as_str())) else {
        let given = args.hook_token.is_some() || args.hook_token_file.is_some() || args.hook_header.is_some();
        return match given || !args.hook_field.is_empty() {
            true => Err("--hook-token, --hook-header and --hook-field need --hook".to_owned().into()),
            false => Ok(None),
        };
    };
    let url = address(url)?;
    let mut warnings = Vec::new();
    let source = Source {
        what: "hook token",
        typed: args.hook_token.as_deref().map(|token| ("--hook-token", token)),
        file: args.hook_token_file.as_deref(),
        variable: ENV_TOKEN,
        target: written.and_then(|hook| hook.credential.as_ref()),
    };
    let header = args.hook_header.clone().or(written.and_then(|hook| hook.header.clone()));
    let name = header.unwrap_or_else(|| "Authorization".to_owned());
    let mut headers = Vec::new();
    for field in &args.hook_field {
        headers.push(further(field, &name)?);
    }
    let auth = match source.read(&mut warnings)? {
        Some(value) => Auth::Header { name, prefix: String::new(), value },
        None => {
            warnings
                .push(format!("no credential for the import hook was given ({ENV_TOKEN}): it is asked without one"));
            Auth::None
        }
    };
    let mut base = url.clone();
    base.set_path("");
    base.set_query(None);
    base.set_fragment(None);
    let mut http = HttpOptions::new(base, auth);
    http.total_timeout = LIMIT;
    http.connect_timeout = LIMIT;
    http.max_body_bytes = MAX_BYTES - 1;
    http.tries_again = false;
    let secret = |value: &str| (value.len() >= MASKED).then(|| SecretString::from(value));
    http.hidden.extend(headers.iter().filter_map(|(_, value)| secret(value)));
    // Services of clouds often have their key in the query.
    http.hidden.extend(url.query_pairs().filter_map(|(_, value)| secret(&value)));
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Ok(Some(Setup {
        http,
        path: format!("{}{query}", url.path()),
        shown: config::shown(url.as_str()),
        headers,
        warnings,
    }))
}

impl Setup {
    /// Something that can be asked.
    pub(super) fn service(self) -> Result<Service, ConfigError> {
        let wire = HttpWire::new(self.http).map_err(|error| ConfigError::Text(format!("the import hook: {error}")))?;
        let now = || DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Millis, true);
        Ok(Service { wire: Wire::Http(wire), path: self.path, headers: self.headers, shown: self.shown, now })
    }
}

/// The service that an import asks, beside the server that it reads. Neither shows what is secret to the other.
pub(super) fn service(args: &HookArgs, connection: &mut Connection) -> Result<Option<Service>, ConfigError> {
    let Some(mut setup) = setup(args, connection.target.hook.as_ref())? else { return Ok(None) };
    setup.http.ca_file.clone_from(&connection.http.ca_file);
    setup.http.proxy.clone_from(&connection.http.proxy);
    let secret = |text: String| SecretString::from(text);
    let own = config::secrets(&setup.http);
    setup.http.hidden.extend(config::secrets(&connection.http).into_iter().map(secret));
    connection.http.hidden.extend(own.into_iter().map(secret));
    connection.http.hidden.extend(setup.http.hidden.iter().map(|hidden| secret(hidden.expose_secret().to_owned())));
    connection.warnings.append(&mut setup.warnings);
    setup.service().map(Some)
}

/// The domain of users where no target file says another.
const DOMAIN: &str = "example.com";

/// Runs the command `hook`.
pub(super) fn command(args: &HookCommandArgs) -> Result<u8, ConfigError> {
    let selected = |id: &str| args.select.is_empty() || args.select.iter().any(|beginning| id.starts_with(beginning));
    if let Some(unknown) =
        args.select.iter().find(|beginning| !suite::ids().any(|id| id.starts_with(beginning.as_str())))
    {
        let all: Vec<String> = suite::ids().collect();
        return Err(ConfigError::Text(format!("no case begins with `{unknown}`; there are {}", all.join(", "))));
    }
    if args.list {
        suite::ids().filter(|id| selected(id)).for_each(|id| say(&format!("{id}\n")));
        return Ok(exit::CONFORMS);
    }
    let output = reports::output(&args.output)?;
    let library = library(None)?;
    let target = match &args.target {
        Some(path) => config::read_target(path, &library.personas)?,
        None => Target::default(),
    };
    let Some(mut setup) = setup(&args.hook, target.hook.as_ref())? else {
        return Err("which service? give --hook https://…, or --target with a file that has `hook`".to_owned().into());
    };
    setup.http.ca_file.clone_from(&args.ca_file);
    setup.http.proxy = match &args.proxy {
        Some(proxy) => Some(Url::parse(proxy).map_err(|error| format!("--proxy is not a URL: {error}"))?),
        None => None,
    };
    let scored = scored_by(&library, output.edition.as_deref(), &target)?;
    let registry = registry_by(&library, scored);
    let known = known_failures(&output, &library)?;
    let (manner, has_credential) = (setup.http.auth.manner(), !matches!(setup.http.auth, Auth::None));
    let warnings = std::mem::take(&mut setup.warnings);
    let base_url = setup.http.base_url.to_string().trim_end_matches('/').to_owned();
    let service = Arc::new(setup.service()?);
    if output.verbosity != Verbosity::Quiet {
        warnings.iter().for_each(|warning| complain(&format!("note: {warning}\n")));
    }
    let to_stderr = output.reports.iter().any(reports::Wanted::is_on_stdout);
    let tell = |text: &str| if to_stderr { complain(text) } else { say(text) };
    let (mut index, total) = (0, suite::ids().filter(|id| selected(id)).count());
    let on_case = &mut |case: &CaseResult| {
        if selected(&case.id) {
            index += 1;
            if output.verbosity != Verbosity::Quiet {
                tell(&format!("{}\n", text::case_line(case, index, total, style())));
            }
        }
    };
    let domain = target.test_data.domain.as_deref().unwrap_or(DOMAIN);
    let (began, started) = (SystemTime::now(), Instant::now());
    let time = DateTime::<Utc>::from(began).to_rfc3339_opts(SecondsFormat::Millis, true);
    // Short enough to be read.
    let seed = fastrand::u64(1..1_000_000);
    let options = suite::Options { registry: &registry, domain, has_credential, seed, time: &time };
    let mut cases = runtime()?.block_on(suite::run(&service, options, &selected, on_case));
    let took = started.elapsed();
    let (known_of, baseline) = match &known {
        Some(known) => known.apply(&mut cases, output.strictness.level(), &library.registry),
        None => (Vec::new(), Ok(None)),
    };
    let report = Report {
        seed,
        started: time,
        took,
        selection: args.select.clone(),
        suites: vec![suite::SUITE.to_owned()],
        edition: Some(ScoredBy { ..scored }),
        warnings,
        known: known_of,
        demo: Some(again(args, &service.shown)),
        ..Report::of(tool(), base_url, manner, registry, (cases, Vec::new()))
    }
    .with_annexes(|_| Vec::new());
    conclude(&report, (&output, known.as_ref(), baseline), to_stderr)
}

/// Judges the record of such a run again.
pub(super) fn judge_again(
    view: &View,
    (output, target): (&reports::Output, &Target),
    library: &Library,
) -> Result<u8, ConfigError> {
    let fail = |why: String| ConfigError::Text(format!("the record of the hook cannot be judged again: {why}"));
    let recorded = view.report().map_err(|error| fail(error.to_string()))?;
    let tape = view.tape().map_err(|error| fail(error.to_string()))?;
    let Some(path) = tape.values().flatten().next().map(|exchange| exchange.request.path.clone()) else {
        return Err(fail("nothing was sent".to_owned()));
    };
    let scored = scored_by(library, output.edition.as_deref(), target)?;
    let registry = registry_by(library, scored);
    let known = known_failures(output, library)?;
    let shown = String::new();
    let service = Service { wire: Wire::Tape(Tape::new(tape)), path, headers: Vec::new(), shown, now: String::new };
    let selected =
        |id: &str| recorded.selection.is_empty() || recorded.selection.iter().any(|one| id.starts_with(one.as_str()));
    let options = suite::Options {
        registry: &registry,
        domain: target.test_data.domain.as_deref().unwrap_or(DOMAIN),
        has_credential: recorded.credential != Manner::None,
        seed: recorded.seed,
        time: &recorded.started,
    };
    let mut cases = runtime()?.block_on(suite::run(&Arc::new(service), options, &selected, &mut |_| {}));
    let (known_of, baseline) = match &known {
        Some(known) => known.apply(&mut cases, output.strictness.level(), &library.registry),
        None => (Vec::new(), Ok(None)),
    };
    let report = Report {
        cases,
        known: known_of,
        edition: Some(scored),
        requirements: Arc::clone(&registry),
        stored: None,
        annexes: Vec::new(),
        ..recorded
    }
    .with_annexes(|_| Vec::new());
    let to_stderr = output.reports.iter().any(reports::Wanted::is_on_stdout);
    conclude(&report, (output, known.as_ref(), baseline), to_stderr)
}

/// Writes the reports, says what came of it, and decides the exit code.
fn conclude(
    report: &Report,
    (output, known, baseline): (&reports::Output, Option<&KnownFailures>, Baseline),
    to_stderr: bool,
) -> Result<u8, ConfigError> {
    let tell = |text: &str| if to_stderr { complain(text) } else { say(text) };
    let options = output.options();
    let written = reports::deliver(report, &output.reports, options);
    let updated = baseline.and_then(|text| match (known, text) {
        (Some(known), Some(text)) => known.write(&text),
        _ => Ok(()),
    });
    sum_up(report, output.strictness);
    let shown = text::Options {
        verbosity: options.verbosity,
        width: options.width,
        style: style(),
        strictness: options.strictness,
    };
    tell(&text::summary(report, shown));
    annotate(to_stderr, || annotations_of(report, output.strictness, None));
    both(written, updated)?;
    Ok(exit::code(report, output.strictness, output.completeness))
}

/// The command that runs cases again, without anything secret.
fn again(args: &HookCommandArgs, shown: &str) -> String {
    let mut words = vec!["scim-check hook".to_owned()];
    let mut option = |name: &str, value: &str| {
        let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@%+=".contains(c));
        words.push(if is_plain {
            format!("{name} {value}")
        } else {
            format!("{name} '{}'", value.replace('\'', "'\\''"))
        });
    };
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    match (&args.hook.hook, path(&args.target)) {
        (None, Some(target)) => option("--target", &target),
        _ => option("--hook", shown),
    }
    for (name, value) in [
        ("--hook-token-file", path(&args.hook.hook_token_file).filter(|path| path != "-")),
        ("--hook-header", args.hook.hook_header.clone()),
        ("--proxy", args.proxy.clone().filter(|proxy| !proxy.contains('@'))),
        ("--ca-file", path(&args.ca_file)),
    ] {
        if let Some(value) = value {
            option(name, &value);
        }
    }
    words.join(" ")
}

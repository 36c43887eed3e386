//! `scim-check init`: asks a server what it is, and writes a target file about it, and what runs it in CI.
//!
//! **Invariant:** the server is only read. Nothing that is there is overwritten unless that is wanted, and no credential is written.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use clap::ValueEnum as _;
use serde_json::Value;

use crate::capability::{Capabilities, Capability, Support};
use crate::declared::{self, AttributeType, CredentialSource, Scheme, Target, is_always_sent, is_attribute};
use crate::judge;
use crate::okta::attributes::{Advertised, advertised, mappable};
use crate::persona::Version;
use crate::run::discover::{self, Discovery};
use crate::scenario;
use crate::source::SourceFile;
use crate::wire::auth::{Auth, Manner};
use crate::wire::http::check_base_url;
use crate::wire::{Exchange, HttpWire, Wire};

use super::args::{AppArg, CiArg, InitArgs};
use super::config::{self, ConfigError, ENV_TOKEN};
use super::reports::replace;
use super::{complain, exit, obstacle, runtime, say};

mod ask;
mod ci;
mod file;

use ask::ask;
use file::{Attributes, Contents, Line, Listed, scalar};

/// Attributes of several values of which it is known what Okta sends.
const OF_SEVERAL_VALUES: &[&str] = &["emails", "phoneNumbers", "ims", "photos", "addresses", "roles", "entitlements"];

/// More attributes than that nobody maps.
const MOST_ATTRIBUTES: usize = 300;

pub(super) fn command(args: &InitArgs) -> Result<u8, ConfigError> {
    let mut args = args.clone();
    is_free(&args.out, args.force)?;
    if let Some(name) = &args.token_env {
        check_variable(name)?;
    }
    let known = match &args.connection.target {
        None => Target::default(),
        Some(path) => config::read_target(path, &scenario::load::personas())?,
    };
    let mut base = args.connection.base_url.clone().or_else(|| known.base_url.clone());
    let asks = !args.yes && !config::is_ci() && io::stdin().is_terminal() && io::stdout().is_terminal();
    if asks {
        questions(&mut args, &mut base)?;
    }
    if args.out == Path::new("-") && args.ci.is_some_and(|ci| ci != CiArg::None) {
        return Err(ConfigError::Text("--ci needs a target file: --out FILE in place of -".to_owned()));
    }
    let wanted = ci::wanted(args.ci.unwrap_or(CiArg::None), args.force)?;
    let checked = base.as_deref().map(check_base_url).transpose();
    let base =
        checked.map_err(|error| ConfigError::Text(format!("{error}\n  try: https://host/scim/v2 or the like")))?;
    let mut contents = Contents {
        title: base.as_ref().and_then(|url| url.host_str()).map(|host| format!("The SCIM server at {host}")),
        base_url: base.as_ref().map(|url| url.to_string().trim_end_matches('/').to_owned()),
        command: args.command.clone(),
        edition: scenario::load::editions().newest().map(|edition| edition.to_string()),
        ..Contents::default()
    };
    auth(&mut contents, &args, &known)?;
    match &base {
        Some(url) if !args.no_contact => {
            let mut connection = args.connection.clone();
            connection.base_url = Some(url.to_string());
            let Some(discovery) = contact(&args, &connection, known)? else { return Ok(exit::UNDECIDED) };
            let (version, discovery) = discovery;
            contents.is_v1 = version == Version::V1;
            infer(&mut contents, &discovery, args.app);
        }
        _ => infer_nothing(&mut contents, args.app),
    }
    let text = file::render(&contents);
    let source = Arc::new(SourceFile { name: args.out.display().to_string(), text: text.clone() });
    declared::read(&source, &scenario::load::personas()).map_err(ConfigError::Diagnostics)?;
    if args.out == Path::new("-") {
        say(&text);
        return Ok(exit::CONFORMS);
    }
    write(&args.out, &text)?;
    say(&told(&args, &contents));
    ci::write(wanted, &args.out, &contents.secrets)
}

/// Asks for what no flag says.
fn questions(args: &mut InitArgs, base: &mut Option<String>) -> Result<(), ConfigError> {
    let failed = |error: io::Error| ConfigError::Text(format!("the terminal cannot be read: {error}"));
    let (mut input, mut output) = (io::stdin().lock(), io::stderr().lock());
    if base.is_none() {
        let accept = |text: &str| match check_base_url(text) {
            Ok(_) => Ok(Some(text.to_owned())),
            Err(error) => Err(format!("{error}; such as https://staging.example.com/scim/v2")),
        };
        let question = "Where is SCIM served (--base-url)?";
        *base = ask((&mut input, &mut output), question, None, "nowhere yet", accept).map_err(failed)?;
    }
    let given = &args.connection;
    let is_given = given.token.is_some() || given.token_file.is_some() || given.header.is_some();
    if args.token_env.is_none() && !is_given && given.oauth.token_url.is_none() && given.target.is_none() {
        let accept = |text: &str| match check_variable(text) {
            Ok(()) => Ok(text.to_owned()),
            Err(_) => Err("the name of a variable, such as SCIM_CHECK_TOKEN; not the credential itself".to_owned()),
        };
        let question = "Which environment variable holds the credential (--token-env)?";
        let name = ask((&mut input, &mut output), question, ENV_TOKEN.to_owned(), ENV_TOKEN, accept).map_err(failed)?;
        args.token_env = Some(name);
    }
    if args.app.is_none() {
        let accept = |text: &str| match text {
            "?" => Ok(None),
            text => AppArg::from_str(text, true).map(Some).map_err(|_| "catalogue, wizard or ?".to_owned()),
        };
        let question = "Is it an app of Okta's catalogue, or one made with the wizard (--app catalogue|wizard)?";
        args.app = ask((&mut input, &mut output), question, None, "? find out", accept).map_err(failed)?;
    }
    if args.ci.is_none() {
        let accept = |text: &str| CiArg::from_str(text, true).map_err(|_| "github, gitlab or none".to_owned());
        let question = "Write a CI file (--ci github|gitlab|none)?";
        args.ci = Some(ask((&mut input, &mut output), question, CiArg::None, "none", accept).map_err(failed)?);
    }
    Ok(())
}

/// Asks the server. `None`: it could not be asked, which has been told.
fn contact(
    args: &InitArgs,
    connection: &super::args::ConnectionArgs,
    mut known: Target,
) -> Result<Option<(Version, Discovery)>, ConfigError> {
    let has_given = env::var_os(ENV_TOKEN).is_some() || connection.token.is_some() || connection.token_file.is_some();
    if let Some(name) = args.token_env.as_ref().filter(|_| !has_given) {
        if env::var_os(name).is_none() {
            return Err(ConfigError::Text(format!(
                "{name}, which shall hold the credential, is not set\n  try: set it, or write the file without asking the \
                 server: --no-contact"
            )));
        }
        known.auth.credential = Some(CredentialSource::Environment(name.clone()));
    }
    let reached = config::connection_to(connection, known, None, &scenario::load::personas())?;
    for warning in &reached.warnings {
        complain(&format!("note: {warning}\n"));
    }
    let declared = reached.target.version();
    let manner = reached.http.auth.manner();
    let base = reached.http.base_url.to_string().trim_end_matches('/').to_owned();
    let wire = Wire::Http(HttpWire::new(reached.http).map_err(|error| ConfigError::Text(error.to_string()))?);
    let personas = scenario::load::personas();
    let (version, discovery) = runtime()?.block_on(discover::find_out(&wire, &personas, declared));
    if let Some(found) = &discovery.obstacle {
        let (got, advice) = obstacle(&base, &manner, found);
        complain(&format!(
            "undecided: GET {base}/Users {got}\n  try: {advice}\n  nothing was written; `scim-check doctor` looks closer, and \
             --no-contact writes the file without asking the server\n"
        ));
        return Ok(None);
    }
    Ok(Some((version, discovery)))
}

/// What follows from what the server says of itself.
fn infer(contents: &mut Contents, discovery: &Discovery, app: Option<AppArg>) {
    let capabilities = scenario::load::personas().infer(discovery.capabilities.clone());
    let because = |capability: Capability| match capabilities.get(capability) {
        Support::Yes(evidence) | Support::No(evidence) => evidence.to_string(),
        Support::Unknown => String::new(),
    };
    let app = match (app, capabilities.get(Capability::Patch)) {
        (Some(app), _) => (app, "--app".to_owned()),
        (None, Support::No(evidence)) => (AppArg::Wizard, format!("catalogue apps need PATCH ({evidence})")),
        (None, _) => (AppArg::Catalogue, because(Capability::Patch)),
    };
    contents.app = Some((word(app.0), app.1));
    contents.features = features(&capabilities, app.0, (contents.is_v1, Asked::Yes));
    contents.no_groups = matches!(capabilities.get(Capability::Groups), Support::No(_));
    let answer = |path: &str| discovery.exchanges.iter().find(|exchange| exchange.request.path == path).and_then(body);
    contents.page_size = answer(if contents.is_v1 { "/ServiceProviderConfigs" } else { "/ServiceProviderConfig" })
        .and_then(|config| config.get("filter")?.get("maxResults")?.as_u64())
        .filter(|size| (1..=u64::from(u32::MAX)).contains(size));
    let listed = discovery.schemas.as_ref().map(advertised).unwrap_or_default();
    contents.attributes = if contents.is_v1 {
        // They are looked at one by one in 2.0 only.
        Attributes::Unknown
    } else if listed.is_empty() {
        let first = discovery.exchanges.first().and_then(body);
        let user = first.as_ref().and_then(|list| list.get("Resources")?.get(0)?.as_object());
        let names = user.into_iter().flatten().map(|(name, _)| name.clone());
        Attributes::Seen(names.filter(|name| is_attribute(name) && name != "groups" && name != "active").collect())
    } else {
        Attributes::Listed(listed_attributes(&listed))
    };
}

fn infer_nothing(contents: &mut Contents, app: Option<AppArg>) {
    contents.app = app.map(|app| (word(app), "--app".to_owned()));
    let app = app.unwrap_or(AppArg::Catalogue);
    contents.features = features(&Capabilities::default(), app, (contents.is_v1, Asked::No));
}

fn word(app: AppArg) -> &'static str {
    match app {
        AppArg::Catalogue => "catalogue",
        AppArg::Wizard => "wizard",
    }
}

/// Whether the server was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Yes,
    No,
}

/// Okta's switches, whether each is to be on, and why.
fn features(
    capabilities: &Capabilities,
    app: AppArg,
    (is_v1, asked): (bool, Asked),
) -> Vec<(Capability, bool, String)> {
    let decide = |feature: Capability| match (feature.as_str(), capabilities.get(feature)) {
        ("create-users" | "update-users" | "deactivate-users" | "reactivate-users", _) => (true, String::new()),
        ("patch-users", _) if app == AppArg::Wizard => (false, "custom apps never update users by PATCH".to_owned()),
        ("profile-sourcing", _) => (false, "users of the server become users of Okta".to_owned()),
        ("exclude-username-updates", _) => match capabilities.get(Capability::of("username-updates")) {
            Support::No(evidence) => (true, evidence.to_string()),
            _ => (false, "user names are never changed".to_owned()),
        },
        (_, Support::Yes(evidence)) => (true, evidence.to_string()),
        (_, Support::No(evidence)) => (false, evidence.to_string()),
        ("import-users", _) if asked == Asked::No => (true, String::new()),
        ("import-groups" | "push-groups", _) if asked == Asked::Yes => (true, "GET /Groups is answered".to_owned()),
        _ if asked == Asked::Yes => (false, "nothing that the server says is about it".to_owned()),
        _ => (false, String::new()),
    };
    let personas = scenario::load::personas();
    let all = match is_v1 {
        true => personas.features_of(Some(word(app)), Some(Version::V1)),
        false => personas.default_features(),
    };
    all.into_iter()
        .map(|feature| {
            let (is_on, why) = decide(feature);
            (feature, is_on, why)
        })
        .collect()
}

/// What Okta can map of what a server lists.
fn listed_attributes(all: &[Advertised]) -> Vec<Listed> {
    let mut listed: Vec<Listed> = Vec::new();
    for attribute in mappable(all).take(MOST_ATTRIBUTES) {
        let path = &attribute.path;
        if listed.iter().any(|other| other.path.eq_ignore_ascii_case(path)) {
            continue;
        }
        let is_typed = AttributeType::WORDS.iter().any(|(word, _)| *word == attribute.kind);
        let needs_a_value = attribute.required && !is_always_sent(path) && attribute.values.is_empty();
        let left_out = if !file::is_plain_path(path) {
            Some("no name by RFC 7643 section 2.1".to_owned())
        } else if !is_attribute(path) {
            Some("no attribute of a user in RFC 7643; Okta maps others only in a schema of their own".to_owned())
        } else if attribute.several && !OF_SEVERAL_VALUES.contains(&path.as_str()) {
            Some("several values: list examples under `values`, or Okta's scenarios send it as text".to_owned())
        } else if needs_a_value {
            Some("required: say what test users shall have, with `values` or under `test-data`".to_owned())
        } else {
            None
        };
        listed.push(Listed {
            path: path.clone(),
            kind: Some(attribute.kind.clone()).filter(|kind| is_typed && kind != "string" && path.contains(':')),
            required: attribute.required,
            immutable: attribute.immutable,
            values: if attribute.is_text { attribute.values.clone() } else { Vec::new() },
            left_out,
        });
    }
    if !listed.iter().any(|attribute| attribute.path == "externalId") {
        // It is in no schema (RFC 7643 §3.1), and Okta sends it always.
        let path = "externalId".to_owned();
        let (kind, values) = (None, Vec::new());
        listed.push(Listed { path, kind, required: false, immutable: false, values, left_out: None });
    }
    listed
}

/// How a credential is found and sent.
fn auth(contents: &mut Contents, args: &InitArgs, known: &Target) -> Result<(), ConfigError> {
    let line = |key, value: &str, comment: &str| Line { key, value: scalar(value), comment: comment.to_owned() };
    let given = &args.connection;
    let other = given.token.is_some() || given.token_file.is_some() || given.user.is_some() || given.header.is_some();
    let written = known.auth.oauth.as_ref().filter(|_| !other);
    if given.oauth.token_url.is_some() || written.is_some() {
        let value = oauth(args, known, &mut contents.secrets);
        contents.auth.push(Line { key: "oauth", value, comment: String::new() });
        return Ok(());
    }
    let scheme = match (&given.header, &given.user) {
        (Some(header), _) => {
            let (name, value) = config::typed_header(header)?;
            let auth = Auth::Header { name: name.to_owned(), prefix: String::new(), value: value.into() };
            match auth.manner() {
                Manner::Header { name, prefix } => Scheme::Header { name, prefix },
                _ => Scheme::Bearer,
            }
        }
        (None, Some(user)) => Scheme::Basic { user: user.clone() },
        (None, None) => known.auth.scheme.clone(),
    };
    contents.auth = match &scheme {
        Scheme::Bearer => vec![line("scheme", "bearer", "or basic, or header")],
        Scheme::Basic { user } => {
            vec![line("scheme", "basic", ""), line("user", user, "the credential is the password")]
        }
        Scheme::Header { name, prefix } => {
            let mut lines = vec![line("scheme", "header", ""), line("header", name, "the credential is sent as it is")];
            if !prefix.is_empty() {
                lines.push(line("prefix", prefix, "stands before it"));
            }
            lines
        }
    };
    let file = given.token_file.as_ref().filter(|path| path.as_os_str() != "-").map(|path| path.display().to_string());
    let source = match (&args.token_env, file, &known.auth.credential) {
        (Some(name), ..) => CredentialSource::Environment(name.clone()),
        (None, Some(path), _) => CredentialSource::File(path),
        (None, None, Some(source)) => source.clone(),
        (None, None, None) => CredentialSource::Environment(ENV_TOKEN.to_owned()),
    };
    contents.auth.push(match &source {
        CredentialSource::Environment(name) => line("token-env", name, "the environment variable that holds it"),
        CredentialSource::File(path) => line("token-file", path, "the file that holds it"),
    });
    contents.secrets.extend(variable(source));
    Ok(())
}

fn variable(source: CredentialSource) -> Option<String> {
    match source {
        CredentialSource::Environment(name) => Some(name),
        CredentialSource::File(_) => None,
    }
}

/// How an access token is got, as a mapping on one line.
fn oauth(args: &InitArgs, known: &Target, secrets: &mut Vec<String>) -> String {
    let typed = &args.connection.oauth;
    let written = known.auth.oauth.as_ref();
    let mut parts = Vec::new();
    let mut add =
        |key: &str, value: Option<String>| parts.extend(value.map(|value| format!("{key}: {}", scalar(&value))));
    let url = typed.token_url.as_deref().map(config::shown).or_else(|| written.map(|oauth| oauth.token_url.clone()));
    add("token-url", url);
    let client = typed.client_id.clone().or_else(|| written.map(|oauth| oauth.client_id.clone()));
    add("client-id", Some(client.unwrap_or_else(|| "scim-check".to_owned())));
    let refreshes = typed.refresh_token_file.is_some() || env::var_os("SCIM_CHECK_REFRESH_TOKEN").is_some();
    let mut secret = |key: &str, file: Option<&PathBuf>, source: Option<&CredentialSource>, variable: Option<&str>| {
        let file = file.map(|path| CredentialSource::File(path.display().to_string()));
        let variable = || variable.map(|name| CredentialSource::Environment(name.to_owned()));
        match file.or_else(|| source.cloned()).or_else(variable) {
            Some(CredentialSource::Environment(name)) => {
                secrets.push(name.clone());
                add(&format!("{key}-env"), Some(name));
            }
            Some(CredentialSource::File(path)) => add(&format!("{key}-file"), Some(path)),
            None => {}
        }
    };
    let has_secret = env::var_os("SCIM_CHECK_CLIENT_SECRET").is_some() || !refreshes;
    let source = written.and_then(|oauth| oauth.client_secret.as_ref());
    let variable = has_secret.then_some("SCIM_CHECK_CLIENT_SECRET");
    secret("client-secret", typed.client_secret_file.as_ref(), source, variable);
    let source = written.and_then(|oauth| oauth.refresh_token.as_ref());
    let variable = refreshes.then_some("SCIM_CHECK_REFRESH_TOKEN");
    secret("refresh-token", typed.refresh_token_file.as_ref(), source, variable);
    let place = typed.client_auth.and_then(|place| Some(place.to_possible_value()?.get_name().to_owned()));
    add("client-auth", place);
    add("scope", typed.scope.clone().or_else(|| written.and_then(|oauth| oauth.scope.clone())));
    // The others may be secret.
    let typed = typed.parameters.iter().filter_map(|parameter| parameter.split_once('='));
    let written =
        written.into_iter().flat_map(|oauth| &oauth.parameters).map(|(name, value)| (name.as_str(), value.as_str()));
    let whom: Vec<String> = typed
        .chain(written)
        .filter(|(name, _)| matches!(name.trim(), "audience" | "resource"))
        .map(|(name, value)| format!("{}: {}", name.trim(), scalar(&config::shown(value))))
        .collect();
    if !whom.is_empty() {
        parts.push(format!("parameters: {{ {} }}", whom.join(", ")));
    }
    format!("{{ {} }}", parts.join(", "))
}

fn check_variable(name: &str) -> Result<(), ConfigError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(fits) || name.starts_with(|c: char| c.is_ascii_digit()) {
        // It may be the credential: it is not repeated.
        return Err(ConfigError::Text(
            "--token-env is the name of an environment variable, such as SCIM_CHECK_TOKEN; the credential itself is never \
             written"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Whether a file may be written: known before the server is asked anything.
fn is_free(path: &Path, force: bool) -> Result<(), ConfigError> {
    if path == Path::new("-") {
        return Ok(());
    }
    config::has_folder(path, "--out")?;
    if path.is_dir() {
        return Err(ConfigError::Text(format!("--out: {} is a folder", path.display())));
    }
    if !force && fs::symlink_metadata(path).is_ok() {
        return Err(ConfigError::Text(format!(
            "{} is there already, and nothing was changed\n  try: --force to overwrite it, or --out FILE",
            path.display()
        )));
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), ConfigError> {
    replace(path, text).map_err(|error| ConfigError::Text(format!("{} cannot be written: {error}", path.display())))
}

fn told(args: &InitArgs, contents: &Contents) -> String {
    let features = contents.features.iter().filter(|(_, is_on, _)| *is_on).count();
    let attributes = match &contents.attributes {
        Attributes::Listed(all) => {
            format!(", {} attributes", all.iter().filter(|attribute| attribute.left_out.is_none()).count())
        }
        _ => String::new(),
    };
    let asked = if contents.base_url.is_some() && !args.no_contact { "" } else { " (the server was not asked)" };
    let app = contents.app.as_ref().map(|(app, _)| format!("{app} app, ")).unwrap_or_default();
    let mut further = String::new();
    for (option, value) in [
        ("--ca-file", args.connection.ca_file.as_ref().map(|path| path.display().to_string())),
        ("--proxy", args.connection.proxy.as_ref().filter(|proxy| !proxy.contains('@')).cloned()),
    ] {
        further.extend(value.map(|value| format!(" {option} {value}")));
    }
    let out = args.out.display();
    let next = if contents.base_url.is_some() { "look through it" } else { "look through it, give it a base-url" };
    format!(
        "wrote {out}: {app}{features} features{attributes}{asked}\n{next}, then: scim-check --target {out}{further} --dry-run\n"
    )
}

fn body(exchange: &Exchange) -> Option<Value> {
    let response = exchange.reply.as_ref().ok().filter(|response| response.status == 200)?;
    judge::body(response).json().cloned()
}

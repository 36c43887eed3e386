//! What was typed, and what it means here: arguments, environment and target file into one configuration.
//!
//! **Invariant:** the only place that reads credentials, and they leave it wrapped.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, io};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::report::Strictness;
use crate::report::text::Verbosity;
use crate::source::Diagnostic;
use crate::target::{self, CredentialSource, Scheme, Target};
use crate::wire::auth::Auth;
use crate::wire::http::{HttpOptions, check_base_url};

use super::args::{BodiesArg, ConnectionArgs, OutputArgs};
use super::exit::Completeness;

/// Why the command cannot be carried out as typed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Mistakes in a file.
    #[error("mistakes in a file")]
    Diagnostics(Vec<Diagnostic>),
    /// Anything else: a sentence.
    #[error("{0}")]
    Text(String),
}

impl From<String> for ConfigError {
    fn from(text: String) -> Self {
        ConfigError::Text(text)
    }
}

/// A server and how to reach it.
pub(crate) struct Connection {
    pub(crate) http: HttpOptions,
    pub(crate) target: Target,
    pub(crate) journal: PathBuf,
    pub(crate) warnings: Vec<String>,
}

/// What to write where.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) reports: Vec<(ReportFormat, PathBuf)>,
    pub(crate) bodies: crate::report::json::Bodies,
    pub(crate) strictness: Strictness,
    pub(crate) completeness: Completeness,
    pub(crate) verbosity: Verbosity,
}

/// A format that goes to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportFormat {
    Text,
    Json,
    Junit,
    Oin,
}

const ENV_TOKEN: &str = "SCIM_CHECK_TOKEN";

/// The meaning of the connection's arguments.
pub(crate) fn connection(args: &ConnectionArgs) -> Result<Connection, ConfigError> {
    let mut warnings = Vec::new();
    let target = match &args.target {
        None => Target::default(),
        Some(path) => read_target(path)?,
    };
    let base = args.base_url.clone().or_else(|| target.base_url.clone()).ok_or_else(|| {
        "which server? give --base-url https://…/scim/v2 (or `scim-check demo` to see it work without one)".to_owned()
    })?;
    let base_url = check_base_url(&base).map_err(|error| {
        format!("{error}\n  tried: --base-url {}\n  try: https://host/scim/v2 or the like", shown(&base))
    })?;
    let auth = auth(args, &target, &mut warnings)?;
    let mut http = HttpOptions::new(base_url.clone(), auth);
    http.total_timeout = Duration::from_secs(args.timeout.max(1));
    http.rps = args.rps.or(target.behaviour.requests_per_second);
    http.ca_file.clone_from(&args.ca_file);
    http.proxy = match &args.proxy {
        Some(proxy) => Some(Url::parse(proxy).map_err(|error| format!("--proxy is not a URL: {error}"))?),
        None => None,
    };
    let journal = args.journal.clone().unwrap_or_else(|| default_journal(&base_url));
    warnings.extend(target.doubts());
    Ok(Connection { http, target, journal, warnings })
}

/// A URL without what may be secret in it.
fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}***{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    }
}

pub(crate) fn read_target(path: &Path) -> Result<Target, ConfigError> {
    let mut mistakes = Vec::new();
    let Some(file) = crate::scenario::load::read(path, &mut mistakes) else {
        return Err(ConfigError::Diagnostics(mistakes));
    };
    target::read(&file).map_err(ConfigError::Diagnostics)
}

/// The credential that a served product accepts: the one that its target file names, if it is there.
pub(crate) fn served_token(target: &Target) -> Result<Option<String>, ConfigError> {
    let secret = match &target.auth.credential {
        None => return Ok(None),
        Some(CredentialSource::File(path)) => Some(from_file(Path::new(path))?),
        Some(CredentialSource::Environment(name)) => env::var(name).ok().map(|token| wrap(&token, name)).transpose()?,
    };
    Ok(secret.map(|secret| secret.expose_secret().to_owned()))
}

fn auth(args: &ConnectionArgs, target: &Target, warnings: &mut Vec<String>) -> Result<Auth, ConfigError> {
    if let Some(header) = &args.header {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| "--header is written 'Name: value', such as 'Authorization: <raw key>'".to_owned())?;
        warnings
            .push("the credential stands on the command line, where `ps` shows it to others on this machine".into());
        return Ok(Auth::Header { name: name.trim().to_owned(), value: SecretString::from(value.trim()) });
    }
    let secret = secret(args, target, warnings)?;
    // A user name on the command line means Basic, whatever the file says.
    let scheme = match &args.user {
        Some(user) => Scheme::Basic { user: user.clone() },
        None => target.auth.scheme.clone(),
    };
    Ok(match (secret, scheme) {
        (Some(password), Scheme::Basic { user }) => Auth::Basic { user, password },
        (Some(value), Scheme::Header { name, prefix }) => {
            let value = if prefix.is_empty() {
                value
            } else {
                SecretString::from(format!("{prefix}{}", value.expose_secret()))
            };
            Auth::Header { name, value }
        }
        (Some(token), Scheme::Bearer) => Auth::Bearer(token),
        (None, Scheme::Basic { .. }) => {
            return Err(ConfigError::Text(format!(
                "--user needs a password: give it in {ENV_TOKEN} or with --token-file"
            )));
        }
        (None, _) => {
            warnings.push(format!("no credential was given (--token-file, or {ENV_TOKEN}): requests are anonymous"));
            Auth::None
        }
    })
}

fn secret(
    args: &ConnectionArgs,
    target: &Target,
    warnings: &mut Vec<String>,
) -> Result<Option<SecretString>, ConfigError> {
    if let Some(token) = &args.token {
        warnings.push(format!(
            "the token stands on the command line, where `ps` shows it to others on this machine; \
             {ENV_TOKEN} or --token-file keep it out of sight"
        ));
        return wrap(token, "--token").map(Some);
    }
    if let Some(path) = &args.token_file {
        return from_file(path).map(Some);
    }
    if let Ok(token) = env::var(ENV_TOKEN) {
        return wrap(&token, ENV_TOKEN).map(Some);
    }
    match &target.auth.credential {
        None => Ok(None),
        Some(CredentialSource::File(path)) => from_file(Path::new(path)).map(Some),
        Some(CredentialSource::Environment(name)) => match env::var(name) {
            Ok(token) => wrap(&token, name).map(Some),
            Err(_) => Err(ConfigError::Text(format!("the target file names the variable {name}, which is not set"))),
        },
    }
}

fn from_file(path: &Path) -> Result<SecretString, ConfigError> {
    let fail = |error: io::Error| format!("the token file {} cannot be read: {error}", path.display());
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().take(65_536).read_to_string(&mut text).map_err(fail)?;
        text
    } else {
        fs::read_to_string(path).map_err(fail)?
    };
    wrap(&text, &path.display().to_string())
}

fn wrap(token: &str, from: &str) -> Result<SecretString, ConfigError> {
    let token = token.trim();
    if token.is_empty() {
        return Err(ConfigError::Text(format!("the token from {from} is empty")));
    }
    let bare = token.strip_prefix("Bearer ").unwrap_or(token);
    Ok(SecretString::from(bare))
}

/// One journal per server, in the user's own folder for state: one that everybody can write to would let others name
/// what `sweep` shall delete.
fn default_journal(base: &Url) -> PathBuf {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
    let name = utf8_percent_encode(base.as_str().trim_end_matches('/'), PLAIN);
    let folder = env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".local/state")))
        .unwrap_or_else(env::temp_dir);
    folder.join("scim-check").join(format!("{name}.journal"))
}

/// The meaning of the report's arguments.
pub(crate) fn output(args: &OutputArgs) -> Result<Output, ConfigError> {
    let mut reports = Vec::new();
    for written in &args.report {
        let (format, path) = written
            .split_once('=')
            .ok_or_else(|| format!("--report is written FORMAT=PATH, such as json=report.json, not `{written}`"))?;
        let format = match format {
            "text" => ReportFormat::Text,
            "json" => ReportFormat::Json,
            "junit" => ReportFormat::Junit,
            "oin" => ReportFormat::Oin,
            other => {
                return Err(format!("there is no report format `{other}`; there are text, json, junit and oin").into());
            }
        };
        let path = PathBuf::from(path);
        // A path that cannot be written shall be known before anything is sent.
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty() && !f.is_dir()) {
            return Err(format!("--report {written}: there is no folder {}", folder.display()).into());
        }
        reports.push((format, path));
    }
    Ok(Output {
        reports,
        bodies: match args.bodies {
            BodiesArg::Failing => crate::report::json::Bodies::Failing,
            BodiesArg::All => crate::report::json::Bodies::All,
            BodiesArg::None => crate::report::json::Bodies::None,
        },
        strictness: if args.strict { Strictness::Should } else { Strictness::Must },
        completeness: if args.require_complete { Completeness::Required } else { Completeness::Any },
        verbosity: match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        },
    })
}

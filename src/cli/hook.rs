//! The service for Okta's import hook: what was typed about it becomes something that can be asked.
//!
//! **Invariant:** its credential goes to its own address and nowhere else, and stands in nothing that is shown.

use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::okta::hook::answer::MAX_BYTES;
use crate::okta::hook::service::{LIMIT, Service};
use crate::wire::auth::Auth;
use crate::wire::http::HttpOptions;
use crate::wire::{HttpWire, Wire};

use super::args::HookArgs;
use super::config::{self, ConfigError, Connection, Source};

/// The longest address that Okta takes.
const LONGEST: usize = 1024;

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
    let mut headers = Vec::new();
    for field in &args.hook_field {
        let (name, value) = field
            .split_once(':')
            .map(|(name, value)| (name.trim(), value.trim()))
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| "--hook-field is written 'NAME: VALUE'".to_owned())?;
        http.hidden.push(SecretString::from(value));
        headers.push((name.to_owned(), value.to_owned()));
    }
    // Services of clouds often have their key in the query.
    let keys = url.query_pairs().map(|(_, value)| value.into_owned()).filter(|value| value.len() >= 8);
    http.hidden.extend(keys.map(SecretString::from));
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

//! What was typed, and what it means here: arguments, environment and target file into one configuration.
//!
//! **Invariant:** the only place that reads credentials, and they leave it wrapped.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, io};

use clap::ValueEnum as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::declared::{self, CredentialSource, Scheme, Target};
use crate::persona::Personas;
use crate::report::SECRET;
use crate::source::Diagnostic;
use crate::wire::auth::{Auth, Manner};
use crate::wire::http::{HttpOptions, check_base_url};
use crate::wire::oauth::{ClientAuth, Grant, OAuth, RESERVED, check_token_url};

use super::args::{ClientAuthArg, ConnectionArgs, DEFAULT_TIMEOUT, OAuthArgs, RotationArgs};

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
    /// What has to be typed to reach the server again, besides its URL.
    pub(crate) options: Vec<String>,
}

pub(crate) const ENV_TOKEN: &str = "SCIM_CHECK_TOKEN";

/// The meaning of the connection's arguments. Only who says so gets further credentials.
pub(crate) fn connection(
    args: &ConnectionArgs,
    rotation: Option<&RotationArgs>,
    personas: &Personas,
) -> Result<Connection, ConfigError> {
    let target = match &args.target {
        None => Target::default(),
        Some(path) => read_target(path, personas)?,
    };
    connection_to(args, target, rotation, personas)
}

/// The same, with a target that was read already.
pub(crate) fn connection_to(
    args: &ConnectionArgs,
    target: Target,
    rotation: Option<&RotationArgs>,
    personas: &Personas,
) -> Result<Connection, ConfigError> {
    let mut warnings = Vec::new();
    let base = args.base_url.clone().or_else(|| target.base_url.clone()).ok_or_else(|| {
        "which server? give --base-url https://…/scim/v2 (or `scim-check demo` to see it work without one)".to_owned()
    })?;
    let base_url = check_base_url(&base).map_err(|error| {
        format!("{error}\n  tried: --base-url {}\n  try: https://host/scim/v2 or the like", shown(&base))
    })?;
    let (scheme, auth) = own(args, &target, &mut warnings)?;
    let mut http = HttpOptions::new(base_url.clone(), auth);
    if let Some(rotation) = rotation {
        (http.second, http.revoked) = further(rotation, &target, &scheme, &http.auth, &mut warnings)?;
    }
    http.total_timeout = Duration::from_secs(args.timeout.max(1));
    http.rps = args.rps.or(target.behaviour.requests_per_second);
    http.ca_file.clone_from(&args.ca_file);
    http.proxy = match &args.proxy {
        Some(proxy) => Some(Url::parse(proxy).map_err(|error| format!("--proxy is not a URL: {error}"))?),
        None => None,
    };
    let journal = args.journal.clone().unwrap_or_else(|| default_journal(&base_url));
    warnings.extend(target.doubts(personas));
    let options = options(args, &http.auth.manner());
    Ok(Connection { http, target, journal, warnings, options })
}

/// An option and its value, as two words.
pub(crate) fn option(name: &str, value: impl ToString) -> [String; 2] {
    [name.to_owned(), value.to_string()]
}

/// The options that lead to the server again, as gently as before. Not among them is what may hold a secret: a token, a proxy with
/// a password, what else an authorization server wants, unless it only says for whom the token is (RFC 8707).
fn options(args: &ConnectionArgs, manner: &Manner) -> Vec<String> {
    let path = |name: &str, path: &Option<PathBuf>| {
        path.as_ref().filter(|path| path.as_os_str() != "-").map(|path| option(name, path.display()))
    };
    let text = |name: &str, text: &Option<String>| text.as_ref().map(|text| option(name, text));
    let OAuthArgs { token_url, client_id, client_secret_file, client_auth, scope, refresh_token_file, parameters } =
        &args.oauth;
    let header = match manner {
        Manner::Header { name, prefix } if args.header.is_some() => Some(format!("{name}: {prefix}{SECRET}")),
        _ => None,
    };
    let is_plain = |proxy: &&String| !proxy.contains('@');
    let client_auth = client_auth.and_then(|place| Some(place.to_possible_value()?.get_name().to_owned()));
    let all = [
        path("--target", &args.target),
        path("--token-file", &args.token_file),
        text("--user", &args.user),
        text("--header", &header),
        text("--oauth-token-url", &token_url.as_deref().map(shown)),
        text("--oauth-client-id", client_id),
        path("--oauth-client-secret-file", client_secret_file),
        text("--oauth-client-auth", &client_auth),
        text("--oauth-scope", scope),
        path("--oauth-refresh-token-file", refresh_token_file),
        (args.timeout != DEFAULT_TIMEOUT).then(|| option("--timeout", args.timeout)),
        args.rps.map(|rps| option("--rps", rps)),
        text("--proxy", &args.proxy.as_ref().filter(is_plain).cloned()),
        path("--ca-file", &args.ca_file),
    ];
    let for_whom = parameters.iter().filter_map(|parameter| {
        let (name, value) = parameter.split_once('=').filter(|(name, _)| matches!(*name, "audience" | "resource"))?;
        Some(option("--oauth-param", format!("{name}={}", shown(value))))
    });
    all.into_iter().flatten().chain(for_whom).flatten().collect()
}

/// A URL without what may be secret in it.
pub(crate) fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}***{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    }
}

pub(crate) fn read_target(path: &Path, personas: &Personas) -> Result<Target, ConfigError> {
    let mut mistakes = Vec::new();
    let Some(file) = crate::scenario::load::read(path, &mut mistakes) else {
        return Err(ConfigError::Diagnostics(mistakes));
    };
    declared::read(&file, personas).map_err(ConfigError::Diagnostics)
}

/// The credential that a served product accepts: the one that its target file names, if it is there.
pub(crate) fn served_token(target: &Target) -> Result<Option<String>, ConfigError> {
    let secret = match &target.auth.credential {
        None => return Ok(None),
        Some(CredentialSource::File(path)) => Some(from_file(Path::new(path), "token")?),
        Some(CredentialSource::Environment(name)) => {
            env::var(name).ok().map(|token| wrap(&token, "token", name)).transpose()?
        }
    };
    Ok(secret.map(|secret| match target.auth.scheme {
        Scheme::Bearer => bare(&secret).to_owned(),
        Scheme::Basic { .. } | Scheme::Header { .. } => secret.expose_secret().to_owned(),
    }))
}

/// `Name: value`, as a header is typed.
pub(crate) fn typed_header(header: &str) -> Result<(&str, &str), ConfigError> {
    let parts = header.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
    parts.ok_or_else(|| "--header is written 'Name: value', such as 'Authorization: <raw key>'".to_owned().into())
}

/// The credential that is to take the place of the one in use, and the one that was there before.
fn further(
    rotation: &RotationArgs,
    target: &Target,
    scheme: &Scheme,
    own: &Auth,
    warnings: &mut Vec<String>,
) -> Result<(Option<Auth>, Option<Auth>), ConfigError> {
    let second = Source {
        what: "second token",
        typed: rotation.second_token.as_deref().map(|token| ("--second-token", token)),
        file: rotation.second_token_file.as_deref(),
        variable: "SCIM_CHECK_SECOND_TOKEN",
        target: target.auth.second.as_ref(),
    };
    let revoked = Source {
        what: "revoked token",
        typed: rotation.revoked_token.as_deref().map(|token| ("--revoked-token", token)),
        file: rotation.revoked_token_file.as_deref(),
        variable: "SCIM_CHECK_REVOKED_TOKEN",
        target: target.auth.revoked.as_ref(),
    };
    let mut read = |source: Source<'_>| -> Result<Option<Auth>, ConfigError> {
        // A file that names their places serves as well when they are not there.
        if let (false, Some(CredentialSource::Environment(name))) = (source.is_given(), source.target)
            && env::var_os(name).is_none()
        {
            warnings.push(format!("there is no {}: {name}, which the target file names, is not set", source.what));
            return Ok(None);
        }
        Ok(source.read(warnings)?.map(|secret| sent(scheme, secret)))
    };
    let (second, revoked) = (read(second)?, read(revoked)?);
    for (one, other, why) in [
        (Some(own), second.as_ref(), "the second token is the one in use: rotation would show nothing"),
        (Some(own), revoked.as_ref(), "the revoked token is the one in use"),
        (second.as_ref(), revoked.as_ref(), "the revoked token is the second one"),
    ] {
        if let (Some(one), Some(other)) = (one, other)
            && secret_of(one).is_some_and(|secret| Some(secret) == secret_of(other))
        {
            return Err(ConfigError::Text(why.to_owned()));
        }
    }
    Ok((second, revoked))
}

/// The credentials of a run as plain text, for who has to take them out of another text.
pub(crate) fn secrets(http: &HttpOptions) -> Vec<String> {
    let all = [Some(&http.auth), http.second.as_ref(), http.revoked.as_ref()];
    all.into_iter().flatten().filter_map(secret_of).filter(|secret| !secret.is_empty()).map(str::to_owned).collect()
}

fn secret_of(auth: &Auth) -> Option<&str> {
    match auth {
        Auth::Bearer(secret) | Auth::Basic { password: secret, .. } | Auth::Header { value: secret, .. } => {
            Some(secret.expose_secret())
        }
        Auth::OAuth(_) | Auth::None => None,
    }
}

/// The credential in use, and how it and those besides it are sent.
fn own(args: &ConnectionArgs, target: &Target, warnings: &mut Vec<String>) -> Result<(Scheme, Auth), ConfigError> {
    if let Some(header) = &args.header {
        let (name, value) = typed_header(header)?;
        warnings
            .push("the credential stands on the command line, where `ps` shows it to others on this machine".into());
        let scheme = Scheme::Header { name: name.to_owned(), prefix: String::new() };
        let auth = sent(&scheme, SecretString::from(value));
        return Ok((scheme, auth));
    }
    if let Some(oauth) = oauth(args, target, warnings)? {
        return Ok((Scheme::Bearer, Auth::OAuth(Box::new(oauth))));
    }
    let source = Source {
        what: "token",
        typed: args.token.as_deref().map(|token| ("--token", token)),
        file: args.token_file.as_deref(),
        variable: ENV_TOKEN,
        target: target.auth.credential.as_ref(),
    };
    let secret = source.read(warnings)?;
    // A user name on the command line means Basic, whatever the file says.
    let scheme = match &args.user {
        Some(user) => Scheme::Basic { user: user.clone() },
        None => target.auth.scheme.clone(),
    };
    if let Scheme::Basic { user } = &scheme
        && user.contains(':')
    {
        return Err(ConfigError::Text("a user name for HTTP Basic cannot hold a colon (RFC 7617)".to_owned()));
    }
    let auth = match (secret, &scheme) {
        (Some(secret), scheme) => sent(scheme, secret),
        (None, Scheme::Basic { .. }) => {
            return Err(ConfigError::Text(format!(
                "--user needs a password: give it in {ENV_TOKEN} or with --token-file"
            )));
        }
        (None, _) => {
            warnings.push(format!("no credential was given (--token-file, or {ENV_TOKEN}): requests are anonymous"));
            Auth::None
        }
    };
    Ok((scheme, auth))
}

/// A secret as it is sent.
fn sent(scheme: &Scheme, secret: SecretString) -> Auth {
    match scheme {
        Scheme::Bearer => Auth::Bearer(SecretString::from(bare(&secret))),
        Scheme::Basic { user } => Auth::Basic { user: user.clone(), password: secret },
        Scheme::Header { name, prefix } => Auth::Header { name: name.clone(), prefix: prefix.clone(), value: secret },
    }
}

/// A bearer token without the word that goes before it, which people copy along.
fn bare(token: &SecretString) -> &str {
    let token = token.expose_secret();
    token.strip_prefix("Bearer ").map_or(token, str::trim_start)
}

/// How to get an access token, if that is what is wanted. Another credential that is given for the run goes before what the
/// target file says.
fn oauth(args: &ConnectionArgs, target: &Target, warnings: &mut Vec<String>) -> Result<Option<OAuth>, ConfigError> {
    let typed = &args.oauth;
    let other = args.token.is_some() || args.token_file.is_some() || args.user.is_some();
    let other = typed.token_url.is_none() && (other || env::var_os(ENV_TOKEN).is_some());
    let written = target.auth.oauth.as_ref().filter(|_| !other);
    let Some(token_url) = typed.token_url.as_ref().or(written.map(|oauth| &oauth.token_url)) else {
        let given = [
            (typed.client_id.is_some(), "--oauth-client-id"),
            (typed.client_secret_file.is_some(), "--oauth-client-secret-file"),
            (typed.client_auth.is_some(), "--oauth-client-auth"),
            (typed.scope.is_some(), "--oauth-scope"),
            (typed.refresh_token_file.is_some(), "--oauth-refresh-token-file"),
            (!typed.parameters.is_empty(), "--oauth-param"),
        ];
        return match given.iter().find(|(is_given, _)| *is_given) {
            Some((_, option)) => Err(ConfigError::Text(format!(
                "{option} needs --oauth-token-url, or a target file with `oauth`, and no other credential"
            ))),
            None => Ok(None),
        };
    };
    let token_url = check_token_url(token_url).map_err(|error| {
        format!(
            "{error}\n  tried: --oauth-token-url {}\n  try: https://host/oauth2/token or the like",
            shown(token_url)
        )
    })?;
    if token_url.scheme() == "http" && !is_loopback(&token_url) {
        warnings.push("the token URL begins with http://: whoever is on the way can read the client's secret".into());
    }
    let client_id = typed.client_id.clone().or(written.map(|oauth| oauth.client_id.clone()));
    let client_id = client_id
        .filter(|id| !id.is_empty())
        .ok_or_else(|| "the authorization server wants to know who asks: give --oauth-client-id".to_owned())?;
    let client_secret = Source {
        what: "client secret",
        typed: None,
        file: typed.client_secret_file.as_deref(),
        variable: "SCIM_CHECK_CLIENT_SECRET",
        target: written.and_then(|oauth| oauth.client_secret.as_ref()),
    };
    let refresh_token = Source {
        what: "refresh token",
        typed: None,
        file: typed.refresh_token_file.as_deref(),
        variable: "SCIM_CHECK_REFRESH_TOKEN",
        target: written.and_then(|oauth| oauth.refresh_token.as_ref()),
    };
    let (client_secret, refresh_token) = (client_secret.read(warnings)?, refresh_token.read(warnings)?);
    let grant = match (refresh_token, &client_secret) {
        (Some(token), _) => Grant::RefreshToken(token),
        (None, Some(_)) => Grant::ClientCredentials,
        (None, None) => {
            return Err(ConfigError::Text(
                "a token is asked for with the client's secret (SCIM_CHECK_CLIENT_SECRET or --oauth-client-secret-file) \
                 or with a refresh token (SCIM_CHECK_REFRESH_TOKEN or --oauth-refresh-token-file)"
                    .to_owned(),
            ));
        }
    };
    let mut parameters = written.map(|oauth| oauth.parameters.clone()).unwrap_or_default();
    for parameter in &typed.parameters {
        // The rest may be a secret.
        let (name, value) = parameter.split_once('=').filter(|(name, _)| !name.trim().is_empty()).ok_or_else(|| {
            "--oauth-param is written NAME=VALUE, such as audience=https://api.example.com".to_owned()
        })?;
        if RESERVED.contains(&name.trim()) {
            return Err(ConfigError::Text(format!("--oauth-param {} has an option of its own", name.trim())));
        }
        parameters.retain(|(known, _)| known != name.trim());
        parameters.push((name.trim().to_owned(), value.to_owned()));
    }
    let client_auth = match typed.client_auth {
        Some(ClientAuthArg::Basic) => ClientAuth::Basic,
        Some(ClientAuthArg::Body) => ClientAuth::Body,
        None => written.map(|oauth| oauth.client_auth).unwrap_or_default(),
    };
    let scope = typed.scope.clone().or(written.and_then(|oauth| oauth.scope.clone()));
    Ok(Some(OAuth { token_url, grant, client_id, client_secret, client_auth, scope, parameters }))
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Where a secret may come from, what goes before first.
pub(super) struct Source<'a> {
    pub(super) what: &'a str,
    pub(super) typed: Option<(&'a str, &'a str)>,
    pub(super) file: Option<&'a Path>,
    pub(super) variable: &'a str,
    pub(super) target: Option<&'a CredentialSource>,
}

impl Source<'_> {
    /// Whether it is given for the run.
    fn is_given(&self) -> bool {
        self.typed.is_some() || self.file.is_some() || env::var_os(self.variable).is_some()
    }

    pub(super) fn read(&self, warnings: &mut Vec<String>) -> Result<Option<SecretString>, ConfigError> {
        let (what, variable) = (self.what, self.variable);
        if let Some((option, secret)) = self.typed {
            warnings.push(format!(
                "the {what} stands on the command line, where `ps` shows it to others on this machine; \
                 {variable} or {option}-file keep it out of sight"
            ));
            return wrap(secret, what, option).map(Some);
        }
        if let Some(path) = self.file {
            return from_file(path, what).map(Some);
        }
        if let Ok(secret) = env::var(variable) {
            return wrap(&secret, what, variable).map(Some);
        }
        match self.target {
            None => Ok(None),
            Some(CredentialSource::File(path)) => from_file(Path::new(path), what).map(Some),
            Some(CredentialSource::Environment(name)) => match env::var(name) {
                Ok(secret) => wrap(&secret, what, name).map(Some),
                Err(_) => {
                    Err(ConfigError::Text(format!("the target file names the variable {name}, which is not set")))
                }
            },
        }
    }
}

fn from_file(path: &Path, what: &str) -> Result<SecretString, ConfigError> {
    let fail = |error: io::Error| format!("the {what} file {} cannot be read: {error}", path.display());
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().take(65_536).read_to_string(&mut text).map_err(fail)?;
        text
    } else {
        fs::read_to_string(path).map_err(fail)?
    };
    wrap(&text, what, &path.display().to_string())
}

fn wrap(secret: &str, what: &str, from: &str) -> Result<SecretString, ConfigError> {
    match secret.trim() {
        "" => Err(ConfigError::Text(format!("the {what} from {from} is empty"))),
        secret => Ok(SecretString::from(secret)),
    }
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

/// Whether this is a run of continuous integration.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false" && ci != "0")
}

/// A path that cannot be written shall be known before anything is sent.
pub(crate) fn has_folder(path: &Path, option: &str) -> Result<(), ConfigError> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        Some(folder) => Err(format!("{option}: there is no folder {}", folder.display()).into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_the_server_again_holds_no_secret() {
        let args = ConnectionArgs {
            token: Some("hidden".to_owned()),
            header: Some("Authorization: hidden".to_owned()),
            token_file: Some("-".into()),
            target: Some("our target.yaml".into()),
            proxy: Some("http://user:hidden@proxy:8080".to_owned()),
            timeout: DEFAULT_TIMEOUT,
            rps: Some(0.5),
            oauth: OAuthArgs {
                token_url: Some("https://user:hidden@login.example.com/token?hidden=1".to_owned()),
                client_id: Some("us".to_owned()),
                client_auth: Some(ClientAuthArg::Body),
                parameters: vec!["audience=https://api.example.com".to_owned(), "key=hidden".to_owned()],
                ..OAuthArgs::default()
            },
            ..ConnectionArgs::default()
        };
        let expected = "--target our target.yaml --header Authorization: Bearer $SCIM_CHECK_TOKEN --oauth-token-url \
                        https://***@login.example.com/token --oauth-client-id us --oauth-client-auth body --rps 0.5 \
                        --oauth-param audience=https://api.example.com";
        let manner = Manner::Header { name: "Authorization".to_owned(), prefix: "Bearer ".to_owned() };
        assert_eq!(options(&args, &manner).join(" "), expected);
    }
}

//! OAuth 2.0 for our own use: the request for an access token, what comes of it, and when the next is due.
//!
//! What is spoken are the two grants that need nobody at a browser: client credentials (RFC 6749 §4.4) and a refresh token that
//! somebody has got before (§6). It is a form and a small JSON object, which is why no crate does it.
//!
//! **Invariant:** nothing is sent from here and no clock is read. Nothing here can be serialized, and what `Debug` shows of a
//! secret is that there is one.

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::{Url, form_urlencoded};

/// Parameters of a token request that have a place of their own.
pub const RESERVED: [&str; 5] = ["grant_type", "client_id", "client_secret", "refresh_token", "scope"];

/// A token is renewed this long before it ends, or a fifth of its life before, whichever is less: a request that leaves with it
/// may take its time.
const EARLY: Duration = Duration::from_secs(60);

/// After so many failures in a row the token endpoint is left alone: some lock a client that keeps asking.
const MAX_FAILURES: u32 = 3;

/// After so many tokens that were renewed because of a 401, and were then refused likewise, a 401 is taken for an answer.
const MAX_VAIN: u32 = 3;

/// How much of what the token endpoint says of an error is repeated.
const TOLD: usize = 200;

/// How an access token is got.
#[derive(Clone, Debug)]
pub struct OAuth {
    /// Where it is asked for: see [`check_token_url`].
    pub token_url: Url,
    /// What it is asked for with.
    pub grant: Grant,
    /// The client's id.
    pub client_id: String,
    /// The client's secret; a public client has none.
    pub client_secret: Option<SecretString>,
    /// Where id and secret stand.
    pub client_auth: ClientAuth,
    /// The scope, its words separated by spaces.
    pub scope: Option<String>,
    /// What else the authorization server wants, such as `audience`.
    pub parameters: Vec<(String, String)>,
}

/// What an access token is asked for with.
#[derive(Clone, Debug)]
pub enum Grant {
    /// The client's own credentials (RFC 6749 §4.4).
    ClientCredentials,
    /// A refresh token (RFC 6749 §6).
    RefreshToken(SecretString),
}

/// Where a client's id and secret stand (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// In an `Authorization: Basic` header, which every authorization server has to take.
    #[default]
    Basic,
    /// In the body.
    Body,
}

/// Why a token URL cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenUrlError {
    /// Not `https://…` or `http://…`.
    #[error("the token URL does not begin with https:// or http://")]
    NoScheme,
    /// `https://user:password@…`. They are not repeated here.
    #[error("the token URL holds a user name or password before the @; give client id and secret separately")]
    Credentials,
    /// `…#x` (RFC 6749 §3.2).
    #[error("the token URL holds a fragment (from the # on), which is never sent to a server")]
    Fragment,
    /// Anything else.
    #[error("the token URL cannot be read: {0}")]
    Unreadable(String),
}

/// Reads the address of a token endpoint. A query is part of it (RFC 6749 §3.2).
pub fn check_token_url(text: &str) -> Result<Url, TokenUrlError> {
    let text = text.trim();
    if !["https://", "http://"].iter().any(|scheme| text.to_ascii_lowercase().starts_with(scheme)) {
        return Err(TokenUrlError::NoScheme);
    }
    let url = Url::parse(text).map_err(|e| TokenUrlError::Unreadable(e.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TokenUrlError::Credentials);
    }
    if url.fragment().is_some() { Err(TokenUrlError::Fragment) } else { Ok(url) }
}

/// A token request, ready to be sent.
pub(super) struct Form {
    /// The `Authorization` header, if the client shows itself there.
    pub(super) authorization: Option<SecretString>,
    /// The body, `application/x-www-form-urlencoded`.
    pub(super) body: SecretString,
}

impl OAuth {
    /// What must be masked before any token is there. The forms that are sent are made here, too: `id:secret` is encoded before
    /// it becomes Basic.
    pub(super) fn secrets(&self) -> impl Iterator<Item = SecretString> {
        let secret = self.client_secret.iter().flat_map(|secret| {
            let pair = self.pair(secret);
            [secret.clone(), STANDARD.encode(&pair).into(), pair.into()]
        });
        let refresh = match &self.grant {
            Grant::RefreshToken(token) => Some(token.clone()),
            Grant::ClientCredentials => None,
        };
        secret.chain(refresh)
    }

    /// `id:secret`, each encoded first (RFC 6749 §2.3.1), so that a colon in the id does no harm.
    fn pair(&self, secret: &SecretString) -> String {
        format!("{}:{}", encoded(&self.client_id), encoded(secret.expose_secret()))
    }

    /// The request, with the refresh token that is in force.
    fn form(&self, refresh: Option<&SecretString>) -> Form {
        let mut form = form_urlencoded::Serializer::new(String::new());
        match refresh {
            Some(token) => {
                form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token.expose_secret())
            }
            None => form.append_pair("grant_type", "client_credentials"),
        };
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        let authorization = match (&self.client_secret, self.client_auth) {
            (Some(secret), ClientAuth::Basic) => Some(format!("Basic {}", STANDARD.encode(self.pair(secret))).into()),
            (secret, _) => {
                form.append_pair("client_id", &self.client_id);
                if let Some(secret) = secret {
                    form.append_pair("client_secret", secret.expose_secret());
                }
                None
            }
        };
        form.extend_pairs(&self.parameters);
        Form { authorization, body: form.finish().into() }
    }

    /// The token URL without its query, which may hold what nobody else is to see.
    pub(super) fn shown_url(&self) -> String {
        self.token_url[..url::Position::AfterPath].to_owned()
    }
}

/// As in a form (RFC 6749 appendix B).
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What an authorization server gave.
pub(super) struct Granted {
    pub(super) access: SecretString,
    pub(super) expires_in: Option<Duration>,
    pub(super) refresh: Option<SecretString>,
}

/// Why there is no token.
#[derive(Debug)]
pub(super) struct Refusal {
    /// A clause that goes on where the token URL was named.
    pub(super) why: String,
    /// Whether asking again would end likewise.
    pub(super) is_final: bool,
}

/// What the answer of a token endpoint says (RFC 6749 §5). Its `location` matters when it redirects.
pub(super) fn read(
    status: u16,
    content_type: Option<&str>,
    location: Option<&str>,
    body: &[u8],
) -> Result<Granted, Refusal> {
    let refused = |why: String| Err(Refusal { why, is_final: (400..500).contains(&status) && status != 429 });
    if (300..400).contains(&status) {
        let to = told(location.unwrap_or("an unnamed place"));
        return refused(format!("answered {status} with a redirect to {to}, which is not followed"));
    }
    let answer = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    let text = |name: &str| answer.as_ref().and_then(|answer| answer.get(name)).and_then(Value::as_str);
    // Some say 200 and mean an error.
    if let Some(error) = text("error") {
        let description = text("error_description").map(|text| format!(": {}", told(text))).unwrap_or_default();
        return refused(format!("answered {status} {}{description}", told(error)));
    }
    if !(200..300).contains(&status) || answer.is_none() {
        let kind = match (body.iter().all(u8::is_ascii_whitespace), content_type) {
            (true, _) => "an empty body".to_owned(),
            (_, Some(kind)) => told(kind.split(';').next().unwrap_or_default().trim()),
            (_, None) => "no content type".to_owned(),
        };
        let instead = if (200..300).contains(&status) { " instead of a token" } else { "" };
        return refused(format!("answered {status} with {kind}{instead}"));
    }
    let Some(access) = text("access_token").map(str::trim).filter(|token| !token.is_empty()) else {
        return refused(format!("answered {status} without an access_token"));
    };
    // RFC 6749 appendix A.12: visible characters and spaces.
    if !access.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return refused("gave an access_token that cannot be sent in a header".to_owned());
    }
    if let Some(kind) = text("token_type").filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return refused(format!("gave a token of type `{}`, and only bearer tokens are sent here", told(kind)));
    }
    let seconds = answer.as_ref().and_then(|answer| answer.get("expires_in")).and_then(|life| match life {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    });
    // Nothing can be done with a token that has ended already; then it is used until it is refused.
    let life = seconds.filter(|seconds| *seconds > 0.0).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let refresh = text("refresh_token").filter(|token| !token.is_empty()).map(SecretString::from);
    Ok(Granted { access: access.into(), expires_in: life, refresh })
}

/// What came from outside, on one line and not too much of it.
fn told(text: &str) -> String {
    text.chars().take(TOLD).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A token and the how-manieth it is.
pub(super) type Numbered = (SecretString, u64);

/// The tokens of a run: the one in force, and what is needed for the next.
pub(super) struct Tokens {
    oauth: OAuth,
    refresh: Option<SecretString>,
    current: Option<Access>,
    number: u64,
    failures: u32,
    failure: Option<String>,
    vain: u32,
}

struct Access {
    token: SecretString,
    renew_at: Option<Instant>,
    ends_at: Option<Instant>,
}

impl Tokens {
    pub(super) fn new(oauth: OAuth) -> Tokens {
        let refresh = match &oauth.grant {
            Grant::RefreshToken(token) => Some(token.clone()),
            Grant::ClientCredentials => None,
        };
        Tokens { oauth, refresh, current: None, number: 0, failures: 0, failure: None, vain: 0 }
    }

    /// The token to send, if it need not be renewed first. The one with the number `refused` is of no use any more.
    pub(super) fn current(&self, now: Instant, refused: Option<u64>) -> Option<Numbered> {
        let due = |access: &&Access| access.renew_at.is_none_or(|at| now < at) || self.failures >= MAX_FAILURES;
        self.current.as_ref().filter(due).filter(|access| is_alive(access, now)).and_then(|_| self.last(refused))
    }

    fn last(&self, refused: Option<u64>) -> Option<Numbered> {
        let access = self.current.as_ref().filter(|_| refused != Some(self.number))?;
        Some((access.token.clone(), self.number))
    }

    /// Why nothing more is asked for, if so.
    pub(super) fn given_up(&self) -> Option<&str> {
        self.failure.as_deref().filter(|_| self.failures >= MAX_FAILURES)
    }

    /// The request for the next one.
    pub(super) fn form(&self) -> Form {
        self.oauth.form(self.refresh.as_ref())
    }

    /// Takes what was granted to a request that left at `asked`.
    pub(super) fn take(&mut self, granted: Granted, asked: Instant) -> Numbered {
        let Granted { access, expires_in, refresh } = granted;
        // A rotated refresh token makes the former one useless. That of another grant is no business of ours.
        if let (Some(token), Some(_)) = (refresh, &self.refresh) {
            self.refresh = Some(token);
        }
        let after = |life: Option<Duration>| life.and_then(|life| asked.checked_add(life));
        self.number += 1;
        (self.failures, self.failure) = (0, None);
        self.current = Some(Access {
            token: access.clone(),
            renew_at: after(expires_in.map(|life| life - EARLY.min(life / 5))),
            ends_at: after(expires_in),
        });
        (access, self.number)
    }

    /// Remembers a failure; gives the token in force where it still serves.
    pub(super) fn fail(&mut self, refusal: &Refusal, now: Instant, refused: Option<u64>) -> Result<Numbered, String> {
        self.failures = if refusal.is_final { MAX_FAILURES } else { self.failures + 1 };
        self.failure = Some(refusal.why.clone());
        let alive = self.current.as_ref().is_some_and(|access| is_alive(access, now));
        self.last(refused).filter(|_| alive).ok_or_else(|| refusal.why.clone())
    }

    /// Whether a 401 may mean that the token has ended.
    pub(super) fn may_have_ended(&self) -> bool {
        self.vain < MAX_VAIN && self.given_up().is_none()
    }

    /// Notes whether a token that was renewed because of a 401 was refused likewise.
    pub(super) fn renewed(&mut self, status: Option<u16>) {
        self.vain = if status == Some(401) { self.vain + 1 } else { 0 };
    }
}

fn is_alive(access: &Access, now: Instant) -> bool {
    access.ends_at.is_none_or(|at| now < at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oauth(grant: Grant, client_auth: ClientAuth) -> OAuth {
        OAuth {
            token_url: check_token_url("https://idp.example/token?tenant=1").expect("it is one"),
            grant,
            client_id: "the client".into(),
            client_secret: Some("p:ss/wörd".into()),
            client_auth,
            scope: Some("scim users".into()),
            parameters: vec![("audience".into(), "https://api.example/".into())],
        }
    }

    fn refresh() -> Grant {
        Grant::RefreshToken("r1".into())
    }

    fn check_form(oauth: OAuth, authorization: Option<&str>, body: &str) {
        let form = Tokens::new(oauth).form();
        let got = form.authorization.map(|value| {
            let encoded = value.expose_secret().trim_start_matches("Basic ").to_owned();
            String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("UTF-8")
        });
        assert_eq!((got.as_deref(), form.body.expose_secret()), (authorization, body));
    }

    #[test]
    fn a_token_request_is_a_form_as_the_rfc_has_it() {
        let pair = "the+client:p%3Ass%2Fw%C3%B6rd";
        let rest = "scope=scim+users&audience=https%3A%2F%2Fapi.example%2F";
        check_form(
            oauth(Grant::ClientCredentials, ClientAuth::Basic),
            Some(pair),
            &format!("grant_type=client_credentials&{rest}"),
        );
        check_form(
            oauth(refresh(), ClientAuth::Basic),
            Some(pair),
            &format!("grant_type=refresh_token&refresh_token=r1&{rest}"),
        );
        check_form(
            oauth(Grant::ClientCredentials, ClientAuth::Body),
            None,
            "grant_type=client_credentials&scope=scim+users&client_id=the+client&client_secret=p%3Ass%2Fw%C3%B6rd\
             &audience=https%3A%2F%2Fapi.example%2F",
        );
        // A public client names itself and proves nothing.
        let public =
            OAuth { client_secret: None, scope: None, parameters: Vec::new(), ..oauth(refresh(), ClientAuth::Basic) };
        check_form(public, None, "grant_type=refresh_token&refresh_token=r1&client_id=the+client");
    }

    fn check_answer(status: u16, kind: &str, body: &str, expected: Result<(&str, Option<u64>, Option<&str>), &str>) {
        let got = read(status, Some(kind), Some("https://login.example/"), body.as_bytes());
        let plain = |secret: &SecretString| secret.expose_secret().to_owned();
        let got = got
            .map(|g| (plain(&g.access), g.expires_in.map(|life| life.as_secs()), g.refresh.as_ref().map(plain)))
            .map_err(|refusal| refusal.why);
        let expected = expected.map(|(access, life, refresh)| (access.to_owned(), life, refresh.map(str::to_owned)));
        assert_eq!(got, expected.map_err(str::to_owned), "{status} {body}");
    }

    #[test]
    fn what_a_token_endpoint_answers_is_a_token_or_one_clear_reason() {
        let json = "application/json; charset=utf-8";
        let full = r#"{"access_token":"a","token_type":"bearer","expires_in":3600,"refresh_token":"r2","scope":"x"}"#;
        check_answer(200, json, full, Ok(("a", Some(3600), Some("r2"))));
        check_answer(200, json, r#"{"access_token":" a ","expires_in":"60"}"#, Ok(("a", Some(60), None)));
        for life in ["0", "-5", "null", "\"soon\"", "1e400", "{}", "1e300"] {
            let body = format!(r#"{{"access_token":"a","token_type":"Bearer","expires_in":{life}}}"#);
            if serde_json::from_str::<Value>(&body).is_ok() {
                check_answer(200, json, &body, Ok(("a", None, None)));
            }
        }
        let unknown = r#"{"error":"invalid_client","error_description":"Client authentication\nfailed"}"#;
        check_answer(400, json, unknown, Err("answered 400 invalid_client: Client authentication failed"));
        check_answer(200, json, r#"{"error":"bad_code"}"#, Err("answered 200 bad_code"));
        check_answer(401, json, "{}", Err("answered 401 with application/json"));
        check_answer(200, json, "{}", Err("answered 200 without an access_token"));
        check_answer(200, json, r#"{"access_token":""}"#, Err("answered 200 without an access_token"));
        check_answer(200, json, r#"{"access_token":["a"]}"#, Err("answered 200 without an access_token"));
        check_answer(
            200,
            json,
            r#"{"access_token":"a\nb"}"#,
            Err("gave an access_token that cannot be sent in a header"),
        );
        check_answer(
            200,
            json,
            r#"{"access_token":"a","token_type":"mac"}"#,
            Err("gave a token of type `mac`, and only bearer tokens are sent here"),
        );
        check_answer(200, "text/html", "<html>", Err("answered 200 with text/html instead of a token"));
        check_answer(200, json, "[]", Err("answered 200 with application/json instead of a token"));
        check_answer(500, "text/html", "<html>", Err("answered 500 with text/html"));
        check_answer(503, json, " ", Err("answered 503 with an empty body"));
        check_answer(
            302,
            "text/html",
            "",
            Err("answered 302 with a redirect to https://login.example/, which is not followed"),
        );
    }

    fn granted(token: &str, life: Option<u64>, refresh: Option<&str>) -> Granted {
        let expires_in = life.map(Duration::from_secs);
        Granted { access: token.into(), expires_in, refresh: refresh.map(SecretString::from) }
    }

    fn shown(numbered: Option<Numbered>) -> Option<(String, u64)> {
        numbered.map(|(token, number)| (token.expose_secret().to_owned(), number))
    }

    #[test]
    fn a_token_is_renewed_before_it_ends_and_when_it_is_refused() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let mut tokens = Tokens::new(oauth(Grant::ClientCredentials, ClientAuth::Basic));
        assert_eq!(shown(tokens.current(start, None)), None, "nothing is asked for in advance");
        tokens.take(granted("a", Some(3600), None), start);
        assert_eq!(shown(tokens.current(after(3539), None)), Some(("a".into(), 1)));
        assert_eq!(shown(tokens.current(after(3540), None)), None);
        assert_eq!(shown(tokens.current(start, Some(1))), None, "it was refused");
        tokens.take(granted("b", Some(10), None), start);
        assert_eq!(shown(tokens.current(after(7), Some(1))), Some(("b".into(), 2)), "somebody else renewed it");
        assert_eq!(shown(tokens.current(after(8), None)), None, "a short life is used up but for a fifth");
        tokens.take(granted("c", None, None), start);
        assert_eq!(shown(tokens.current(after(1_000_000), None)), Some(("c".into(), 3)));
        tokens.take(granted("d", Some(u64::MAX), None), start);
        assert_eq!(shown(tokens.current(start, None)), Some(("d".into(), 4)));
    }

    #[test]
    fn a_failed_renewal_uses_up_what_is_there_and_does_not_ask_for_ever() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let passing = || Refusal { why: "busy".into(), is_final: false };
        let mut tokens = Tokens::new(oauth(Grant::ClientCredentials, ClientAuth::Basic));
        tokens.take(granted("a", Some(100), None), start);
        assert_eq!(tokens.fail(&passing(), after(90), None).map(|t| t.1), Ok(1));
        assert_eq!(tokens.fail(&passing(), after(101), None).map(|t| t.1), Err("busy".into()));
        assert_eq!(tokens.given_up(), None);
        assert_eq!(tokens.fail(&passing(), after(91), Some(1)).map(|t| t.1), Err("busy".into()), "it was refused");
        assert_eq!(tokens.given_up(), Some("busy"));
        assert_eq!(shown(tokens.current(after(95), None)), Some(("a".into(), 1)), "it is not over yet");
        assert_eq!(shown(tokens.current(after(100), None)), None);
        tokens.take(granted("b", None, None), start);
        assert_eq!(tokens.given_up(), None);
        assert!(tokens.fail(&Refusal { why: "no".into(), is_final: true }, start, Some(2)).is_err());
        assert_eq!(tokens.given_up(), Some("no"), "what is refused once is refused again");
    }

    #[test]
    fn renewing_in_vain_comes_to_an_end() {
        let mut tokens = Tokens::new(oauth(Grant::ClientCredentials, ClientAuth::Basic));
        for _ in 0..MAX_VAIN {
            assert!(tokens.may_have_ended());
            tokens.renewed(Some(401));
        }
        assert!(!tokens.may_have_ended());
    }

    #[test]
    fn a_rotated_refresh_token_is_used_from_then_on() {
        let mut tokens =
            Tokens::new(OAuth { scope: None, parameters: Vec::new(), ..oauth(refresh(), ClientAuth::Basic) });
        let body = |tokens: &Tokens| tokens.form().body.expose_secret().to_owned();
        tokens.take(granted("a", None, None), Instant::now());
        assert_eq!(body(&tokens), "grant_type=refresh_token&refresh_token=r1");
        tokens.take(granted("b", None, Some("r2")), Instant::now());
        assert_eq!(body(&tokens), "grant_type=refresh_token&refresh_token=r2");
        let mut others = Tokens::new(oauth(Grant::ClientCredentials, ClientAuth::Basic));
        others.take(granted("a", None, Some("r2")), Instant::now());
        assert!(body(&others).starts_with("grant_type=client_credentials"));
    }

    #[test]
    fn a_wrong_token_url_is_explained() {
        for (text, error) in [
            ("idp.example/token", TokenUrlError::NoScheme),
            ("ftp://idp.example/token", TokenUrlError::NoScheme),
            ("https://u:p@idp.example/token", TokenUrlError::Credentials),
            ("https://idp.example/token#x", TokenUrlError::Fragment),
            ("https://", TokenUrlError::Unreadable("empty host".into())),
        ] {
            assert_eq!(check_token_url(text), Err(error), "{text}");
        }
        let url = oauth(refresh(), ClientAuth::Basic);
        assert_eq!(url.shown_url(), "https://idp.example/token");
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", oauth(Grant::RefreshToken("hidden".into()), ClientAuth::Basic));
        assert!(!shown.contains("hidden") && !shown.contains("p:ss"), "{shown}");
    }

    proptest::proptest! {
        #[test]
        fn any_answer_can_be_read(status in 0_u16..1000, kind in ".{0,20}", body: Vec<u8>) {
            let _ = read(status, Some(&kind), None, &body);
        }
    }
}

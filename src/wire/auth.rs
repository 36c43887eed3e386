//! The credential: how it becomes a header, how a wrong one looks, and which of its parts must never be seen.
//!
//! **Invariant:** nothing here can be serialized, and what `Debug` shows of a secret is that there is one.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use secrecy::{ExposeSecret, SecretString};

use super::oauth::OAuth;

const AUTHORIZATION: &str = "Authorization";

/// What [`Credential::Wrong`](super::Credential::Wrong) sends: nothing in it comes from the user's secret, and it can be found in a server's log.
const WRONG: &str = "scim-check-wrong-credential";

/// Words with which an `Authorization` value may begin and which are no secret.
const SCHEMES: [&str; 7] = ["Bearer", "Basic", "Token", "OAuth", "ApiKey", "SSWS", "Digest"];

/// How the user's server wants to be convinced.
#[derive(Clone, Debug)]
pub enum Auth {
    /// `Authorization: Bearer <token>` (RFC 6750 §2.1).
    Bearer(SecretString),
    /// `Authorization: Basic <base64 of user:password>` (RFC 7617).
    Basic {
        /// The user name, not taken for a secret.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// A header sent exactly as given. Okta's "HTTP Header" mode puts such a value into `Authorization` without a scheme.
    Header {
        /// The name of the header.
        name: String,
        /// What stands before the secret and is none itself; empty where nothing does, or where nobody says what.
        prefix: String,
        /// The rest of its value.
        value: SecretString,
    },
    /// A bearer token that an authorization server issues, asked for when the first request needs it.
    OAuth(Box<OAuth>),
    /// No credential.
    None,
}

/// How a credential is sent, without the credential: what a report may show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// After `Bearer`, in `Authorization`.
    #[default]
    Bearer,
    /// As the password of this user.
    Basic {
        /// The user name.
        user: String,
    },
    /// In this header.
    Header {
        /// The name of the header.
        name: String,
        /// What stands before the secret.
        prefix: String,
    },
    /// After `Bearer`, once an authorization server has issued it.
    OAuth,
    /// Not at all: there is none.
    None,
}

impl Auth {
    /// How it is sent.
    pub fn manner(&self) -> Manner {
        match self {
            Auth::Bearer(_) => Manner::Bearer,
            Auth::Basic { user, .. } => Manner::Basic { user: user.clone() },
            Auth::Header { name, prefix, value } => {
                // A known scheme at the beginning of a value that was given as a whole is no secret either.
                let known = scheme(value.expose_secret()).filter(|_| prefix.is_empty());
                let prefix = known.map_or_else(|| prefix.clone(), |(scheme, _)| format!("{scheme} "));
                Manner::Header { name: name.clone(), prefix }
            }
            Auth::OAuth(_) => Manner::OAuth,
            Auth::None => Manner::None,
        }
    }
}

/// The header field that carries a credential of this kind, if there is one. An access token is not in it: who has got one
/// makes a [`bearer`] of it.
pub(super) fn header(auth: &Auth) -> Option<(&str, SecretString)> {
    match auth {
        Auth::None | Auth::OAuth(_) => None,
        Auth::Bearer(token) => Some((AUTHORIZATION, bearer(token.expose_secret()))),
        Auth::Basic { user, password } => Some((AUTHORIZATION, basic(user, password.expose_secret()))),
        Auth::Header { name, prefix, value } => Some((name, format!("{prefix}{}", value.expose_secret()).into())),
    }
}

/// The header field that carries a credential which looks like this one and is not valid.
pub(super) fn wrong_header(auth: &Auth) -> (&str, SecretString) {
    match auth {
        Auth::Bearer(_) | Auth::OAuth(_) | Auth::None => (AUTHORIZATION, bearer(WRONG)),
        // Not the user's own name: servers lock accounts after some wrong passwords.
        Auth::Basic { .. } => (AUTHORIZATION, basic(WRONG, WRONG)),
        Auth::Header { name, prefix, value } => {
            let whole = format!("{prefix}{}", value.expose_secret());
            let value = match scheme(&whole) {
                Some(("Basic", _)) => basic(WRONG, WRONG),
                _ if !prefix.is_empty() => format!("{prefix}{WRONG}").into(),
                Some((scheme, _)) => format!("{scheme} {WRONG}").into(),
                None => WRONG.into(),
            };
            (name, value)
        }
    }
}

pub(super) fn bearer(token: &str) -> SecretString {
    format!("Bearer {token}").into()
}

fn basic(user: &str, password: &str) -> SecretString {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))).into()
}

/// A known scheme in its usual spelling, and what follows it.
fn scheme(value: &str) -> Option<(&'static str, &str)> {
    let (word, rest) = value.split_once(' ')?;
    let scheme = SCHEMES.iter().find(|s| s.eq_ignore_ascii_case(word))?;
    Some((scheme, rest.trim()))
}

/// What must be masked: the secrets themselves, what they are part of, and their base64 forms. The percent-encoded and
/// JSON-escaped spellings are found by the search.
pub(super) fn secrets(auth: &Auth) -> Vec<SecretString> {
    let mut found = Vec::new();
    match auth {
        Auth::None => {}
        Auth::Bearer(token) => {
            let token = token.expose_secret();
            push_secret(&mut found, token);
            // A token as short as that is not masked everywhere, but after its scheme it is nothing else than the token.
            if (1..8).contains(&token.len()) {
                found.push(bearer(token));
            }
        }
        Auth::Basic { user, password } => push_pair(&mut found, user, password.expose_secret()),
        Auth::OAuth(oauth) => oauth.secrets().for_each(|secret| push_secret(&mut found, secret.expose_secret())),
        Auth::Header { prefix, value, .. } => {
            push_secret(&mut found, value.expose_secret());
            let value = &format!("{prefix}{}", value.expose_secret());
            push_secret(&mut found, value);
            if let Some((scheme, rest)) = scheme(value) {
                push_secret(&mut found, rest);
                let pair = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                if let ("Basic", Some((user, password))) = (scheme, pair.as_deref().and_then(|p| p.split_once(':'))) {
                    push_pair(&mut found, user, password);
                }
            }
            // Behind a prefix of the server's own, such as `Token token=`. Shorter ones would be found in innocent text.
            let behind = |joint: char| value.split_once(joint).map(|(_, key)| key).filter(|key| key.len() >= 8);
            [' ', '='].into_iter().filter_map(behind).for_each(|key| push_secret(&mut found, key));
        }
    }
    found
}

fn push_pair(found: &mut Vec<SecretString>, user: &str, password: &str) {
    let pair = format!("{user}:{password}");
    push_secret(found, password);
    push_secret(found, &pair);
    // The form that is sent, twice encoded included, as a server may show `base64(Authorization)`.
    push_secret(found, &STANDARD.encode(&pair));
}

/// The text and its base64 forms. The text may stand anywhere within what was encoded, so all three alignments count, without
/// the characters at both ends that its neighbours decide.
fn push_secret(found: &mut Vec<SecretString>, text: &str) {
    if text.is_empty() {
        return;
    }
    found.push(text.into());
    for before in 0..3 {
        let padded = [&vec![0; before], text.as_bytes()].concat();
        let (from, to) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&padded);
            // Shorter ones would be found in innocent text.
            if let Some(inner) = encoded.get(from..to).filter(|inner| inner.len() >= 8) {
                found.push(inner.into());
            }
        }
    }
    if text.len() >= 4 {
        found.push(STANDARD.encode(text).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(name: &str, value: &str) -> Auth {
        prefixed(name, "", value)
    }

    fn prefixed(name: &str, prefix: &str, value: &str) -> Auth {
        Auth::Header { name: name.into(), prefix: prefix.into(), value: value.into() }
    }

    fn check(auth: Auth, own: Option<&str>, wrong: &str) {
        let line = |(name, value): (&str, SecretString)| format!("{name}: {}", value.expose_secret());
        assert_eq!(header(&auth).map(line).as_deref(), own);
        assert_eq!(line(wrong_header(&auth)), wrong);
    }

    #[test]
    fn each_way_becomes_its_header_and_a_wrong_one_keeps_the_scheme_and_nothing_else() {
        let wrong = "Authorization: Bearer scim-check-wrong-credential";
        check(Auth::Bearer("t".into()), Some("Authorization: Bearer t"), wrong);
        check(Auth::None, None, wrong);
        check(raw("X-Key", "k 1"), Some("X-Key: k 1"), "X-Key: scim-check-wrong-credential");
        check(
            raw("Authorization", "ssws k"),
            Some("Authorization: ssws k"),
            "Authorization: SSWS scim-check-wrong-credential",
        );
        check(
            prefixed("Authorization", "Token token=", "k"),
            Some("Authorization: Token token=k"),
            "Authorization: Token token=scim-check-wrong-credential",
        );
        let wrong = "c2NpbS1jaGVjay13cm9uZy1jcmVkZW50aWFsOnNjaW0tY2hlY2std3JvbmctY3JlZGVudGlhbA==";
        let wrong = format!("Authorization: Basic {wrong}");
        let basic = Auth::Basic { user: "Aladdin".into(), password: "open sesame".into() };
        check(basic, Some("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), &wrong);
        check(raw("Authorization", "Basic dTpw"), Some("Authorization: Basic dTpw"), &wrong);
        check(prefixed("Authorization", "Basic ", "dTpw"), Some("Authorization: Basic dTpw"), &wrong);
    }

    #[test]
    fn how_it_is_sent_can_be_told_without_it() {
        let header = |name: &str, prefix: &str| Manner::Header { name: name.into(), prefix: prefix.into() };
        for (auth, manner) in [
            (Auth::Bearer("t".into()), Manner::Bearer),
            (Auth::Basic { user: "u".into(), password: "p".into() }, Manner::Basic { user: "u".into() }),
            (raw("X-Key", "k 1"), header("X-Key", "")),
            (raw("Authorization", "token k"), header("Authorization", "Token ")),
            (prefixed("X-Key", "Key ", "k"), header("X-Key", "Key ")),
            (Auth::None, Manner::None),
        ] {
            assert_eq!(auth.manner(), manner);
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!(
            "{:?}",
            [
                Auth::Bearer("hidden".into()),
                Auth::Basic { user: "u".into(), password: "hidden".into() },
                raw("X-Key", "hidden")
            ]
        );
        assert!(!shown.contains("hidden"), "{shown}");
    }
}

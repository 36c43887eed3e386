//! The credential: how it becomes a header, how a wrong one looks, and which of its parts must never be seen.
//!
//! **Invariant:** nothing here can be serialized, and what `Debug` shows of a secret is that there is one.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use secrecy::{ExposeSecret, SecretString};

use super::Credential;

/// What [`Credential::Wrong`] sends: nothing in it comes from the user's secret, and it can be found in a server's log.
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
        /// Its whole value.
        value: SecretString,
    },
    /// No credential.
    None,
}

/// The header field that carries this credential, if there is one.
pub(super) fn header(auth: &Auth, credential: Credential) -> Option<(&str, SecretString)> {
    const AUTHORIZATION: &str = "Authorization";
    match (credential, auth) {
        (Credential::None, _) | (Credential::Own, Auth::None) => None,
        (Credential::Own, Auth::Bearer(token)) => Some((AUTHORIZATION, bearer(token.expose_secret()))),
        (Credential::Own, Auth::Basic { user, password }) => {
            Some((AUTHORIZATION, basic(user, password.expose_secret())))
        }
        (Credential::Own, Auth::Header { name, value }) => Some((name, value.clone())),
        (Credential::Wrong, Auth::Bearer(_) | Auth::None) => Some((AUTHORIZATION, bearer(WRONG))),
        // Not the user's own name: servers lock accounts after some wrong passwords.
        (Credential::Wrong, Auth::Basic { .. }) => Some((AUTHORIZATION, basic(WRONG, WRONG))),
        (Credential::Wrong, Auth::Header { name, value }) => Some((
            name,
            match scheme(value.expose_secret()) {
                Some(("Basic", _)) => basic(WRONG, WRONG),
                Some((scheme, _)) => format!("{scheme} {WRONG}").into(),
                None => WRONG.into(),
            },
        )),
    }
}

fn bearer(token: &str) -> SecretString {
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
        Auth::Header { value, .. } => {
            let value = value.expose_secret();
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
        Auth::Header { name: name.into(), value: value.into() }
    }

    fn check(auth: Auth, credential: Credential, expected: Option<&str>) {
        let got = header(&auth, credential).map(|(name, value)| format!("{name}: {}", value.expose_secret()));
        assert_eq!(got.as_deref(), expected);
    }

    #[test]
    fn each_way_becomes_its_header() {
        check(Auth::Bearer("t".into()), Credential::Own, Some("Authorization: Bearer t"));
        let basic = Auth::Basic { user: "Aladdin".into(), password: "open sesame".into() };
        check(basic.clone(), Credential::Own, Some("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        check(basic, Credential::None, None);
        check(raw("X-Key", "k 1"), Credential::Own, Some("X-Key: k 1"));
        check(Auth::None, Credential::Own, None);
    }

    #[test]
    fn a_wrong_credential_keeps_the_scheme_and_nothing_else() {
        check(Auth::Bearer("t".into()), Credential::Wrong, Some("Authorization: Bearer scim-check-wrong-credential"));
        check(Auth::None, Credential::Wrong, Some("Authorization: Bearer scim-check-wrong-credential"));
        check(raw("X-Key", "k 1"), Credential::Wrong, Some("X-Key: scim-check-wrong-credential"));
        check(
            raw("Authorization", "ssws k"),
            Credential::Wrong,
            Some("Authorization: SSWS scim-check-wrong-credential"),
        );
        let wrong = "c2NpbS1jaGVjay13cm9uZy1jcmVkZW50aWFsOnNjaW0tY2hlY2std3JvbmctY3JlZGVudGlhbA==";
        let expected = format!("Authorization: Basic {wrong}");
        check(Auth::Basic { user: "u".into(), password: "p".into() }, Credential::Wrong, Some(&expected));
        check(raw("Authorization", "Basic dTpw"), Credential::Wrong, Some(&expected));
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

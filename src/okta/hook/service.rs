//! The hook service, asked as Okta asks: one call for a user, three seconds, once more where nothing usable came.
//!
//! **Invariant:** whatever a service does becomes an [`Answer`]; redirects are not followed, and what is larger than Okta takes is cut.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::wire::{Credential, Exchange, Headers, NoReply, Request, Wire};

use super::answer::{self, Read};
use super::event::{Action, Event};

/// How long Okta waits for an answer.
pub const LIMIT: Duration = Duration::from_secs(3);

/// A service and how to reach it.
#[derive(Debug)]
pub struct Service {
    /// What sends. It gives up after [`LIMIT`], cuts at [`answer::MAX_BYTES`], and never tries again by itself.
    pub wire: Wire,
    /// Path and query of the hook below the base of the wire.
    pub path: String,
    /// What else is sent with each call.
    pub headers: Vec<(String, String)>,
    /// The address as it may be shown: without a key in its query.
    pub shown: String,
    /// What time it is, as Okta writes it.
    pub now: fn() -> String,
}

/// How a call ended, where no body was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// A redirect, which Okta does not follow.
    Redirect(u16),
    /// A status from 400 to 499, which is not asked again.
    Refused(u16),
    /// A status from 500 on, twice.
    Failing(u16),
    /// No answer within the time limit, twice.
    Slow,
    /// More than Okta takes.
    TooLarge,
    /// No connection, no TLS, or no HTTP.
    NoReply(NoReply),
}

impl Failure {
    /// The requirement that it does not meet; none where it may not be the service's fault.
    pub fn requirement(&self) -> Option<&'static str> {
        match self {
            Failure::Redirect(_) => Some("OKTA-hook-no-redirect"),
            // The credential may be the wrong one.
            Failure::Refused(401 | 403) => None,
            Failure::Refused(_) | Failure::Failing(_) => Some("OKTA-hook-200"),
            Failure::Slow => Some("OKTA-hook-within-3s"),
            Failure::TooLarge => Some("OKTA-hook-under-256kb"),
            Failure::NoReply(_) => None,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Redirect(status) => write!(f, "answered {status}, a redirect, which Okta does not follow"),
            Failure::Refused(status @ (401 | 403)) => {
                write!(f, "answered {status}: is the secret the whole value of the header, its scheme included?")
            }
            Failure::Refused(status) => write!(f, "answered {status}, which Okta does not ask again"),
            Failure::Failing(status) => write!(f, "answered {status}, and so it did when Okta asked once more"),
            Failure::Slow => {
                write!(f, "no answer within {} s, and none when Okta asked once more", LIMIT.as_secs())
            }
            Failure::TooLarge => write!(f, "the answer has 256 KB or more, and the rest is not read"),
            Failure::NoReply(no_reply) => no_reply.fmt(f),
        }
    }
}

/// What came of asking about one user.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The call, and its repeat where there was one.
    pub exchanges: Vec<Exchange>,
    /// What the body says, or why none counts.
    pub said: Result<Read, Failure>,
}

impl Service {
    /// Asks about one user.
    pub async fn ask(&self, event: &Event) -> Answer {
        let body = event.body().to_string().into_bytes();
        let first = self.call("", body.clone(), Credential::Own).await;
        let said = conclude(&first, event.action);
        if !said.as_ref().is_err_and(is_asked_again) {
            return Answer { exchanges: vec![first], said };
        }
        let second = self.call("", body, Credential::Own).await;
        let said = conclude(&second, event.action);
        Answer { exchanges: vec![first, second], said }
    }

    /// Sends one body once.
    pub async fn call(&self, case: &str, body: Vec<u8>, credential: Credential) -> Exchange {
        let json = |name: &str| (name.to_owned(), "application/json".to_owned());
        let mut headers = vec![json("Accept"), json("Content-Type")];
        headers.extend(self.headers.iter().cloned());
        let request = Request {
            method: "POST".to_owned(),
            path: self.path.clone(),
            headers: Headers(headers),
            body: Some(body),
            credential,
        };
        self.wire.send(case, request).await
    }

    /// The id of a call, or of an import: letters, digits, `-` and `_`.
    pub fn new_id(prefix: &str, length: usize) -> String {
        drawn(&mut fastrand::Rng::new(), prefix, length)
    }
}

/// Ids that are the same again where they begin with the same.
#[derive(Debug)]
pub(super) struct Ids(Mutex<fastrand::Rng>);

impl Ids {
    pub(super) fn new(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// Goes on as if it had begun with that.
    pub(super) fn begin(&self, seed: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fastrand::Rng::with_seed(seed);
    }

    pub(super) fn next(&self, prefix: &str, length: usize) -> String {
        drawn(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), prefix, length)
    }
}

fn drawn(from: &mut fastrand::Rng, prefix: &str, length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letters = (prefix.len()..length).map(|_| char::from(ALPHABET[from.usize(..ALPHABET.len())]));
    prefix.chars().chain(letters).collect()
}

/// Whether Okta asks once more.
fn is_asked_again(failure: &Failure) -> bool {
    match failure {
        Failure::Failing(_) | Failure::Slow => true,
        Failure::NoReply(no_reply) => {
            !matches!(no_reply, NoReply::NoToken(_) | NoReply::Stopped | NoReply::EndOfTape(_))
        }
        Failure::Redirect(_) | Failure::Refused(_) | Failure::TooLarge => false,
    }
}

/// What one call came to, for a user of whom this would have been done.
pub fn conclude(exchange: &Exchange, default: Action) -> Result<Read, Failure> {
    match &exchange.reply {
        Err(NoReply::TimedOut(_)) => Err(Failure::Slow),
        Err(NoReply::TooLarge(_)) => Err(Failure::TooLarge),
        Err(no_reply) => Err(Failure::NoReply(no_reply.clone())),
        Ok(response) => match response.status {
            200..=299 => Ok(answer::read(response.status, &response.body, default)),
            300..=399 => Err(Failure::Redirect(response.status)),
            status @ 400..=499 => Err(Failure::Refused(status)),
            status => Err(Failure::Failing(status)),
        },
    }
}

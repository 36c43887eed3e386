//! What passes between us and the server, and the one seam through which it passes.
//!
//! **Invariant:** a server never causes an `Err` here, and a [`Request`] has no room for the user's credential: the live wire
//! adds it on the way out and masks it in what comes back, so no transcript can hold it.

use std::time::Duration;

pub mod auth;
pub mod http;
pub mod oauth;
pub mod pace;
pub mod probe;
mod redact;
pub mod tape;

pub use http::HttpWire;
pub use tape::Tape;

/// Header fields in the order in which they were sent or received. Names keep their spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The first field of that name, in any letter case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// Which credential a request carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credential {
    /// The one the user gave.
    #[default]
    Own,
    /// None at all.
    None,
    /// One that looks like the user's and is not valid.
    Wrong,
    /// A second one of the same tenant, which is to take the first one's place.
    Second,
    /// One that was taken back.
    Revoked,
}

impl Credential {
    /// All of them.
    pub const ALL: &'static [Credential] =
        &[Credential::Own, Credential::None, Credential::Wrong, Credential::Second, Credential::Revoked];

    /// The word for it in scenarios and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Credential::Own => "own",
            Credential::None => "none",
            Credential::Wrong => "wrong",
            Credential::Second => "second",
            Credential::Revoked => "revoked",
        }
    }

    /// The credential of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|credential| credential.as_str() == word)
    }
}

/// What a scenario asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, or any other token.
    pub method: String,
    /// Path and query below the base URL, percent-encoded, beginning with `/`.
    pub path: String,
    /// Headers of the scenario; those of the connection (`Host`, `Authorization`, `Accept-Encoding`) are the wire's. Only a
    /// request without a credential may have an `Authorization` of its own, such as a word that is no credential at all.
    pub headers: Headers,
    /// The body, byte for byte; `None` sends none.
    pub body: Option<Vec<u8>>,
    /// Which credential goes with it.
    pub credential: Credential,
}

impl Request {
    /// What kind of request it is, without what differs from one to the next: `GET /Users/{id}`, `GET /Users?startIndex=…&count=…`.
    pub fn kind(&self) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let collection = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let rest = if path.trim_matches('/').contains('/') { "/{id}" } else { "" };
        let names: Vec<String> = query
            .split('&')
            .map(|pair| pair.split('=').next().unwrap_or_default())
            .filter(|name| !name.is_empty())
            .map(|name| format!("{name}=…"))
            .collect();
        let query = if names.is_empty() { String::new() } else { format!("?{}", names.join("&")) };
        format!("{} /{collection}{rest}{query}", self.method)
    }

    /// A request that no scenario asks for: with the user's credential, without a body.
    pub fn own(method: &str, path: impl Into<String>) -> Request {
        Request {
            method: method.to_owned(),
            path: path.into(),
            headers: Headers(vec![("Accept".to_owned(), "application/scim+json".to_owned())]),
            body: None,
            credential: Credential::Own,
        }
    }

    /// The same, asking for answers of that media type.
    #[must_use]
    pub fn accepting(mut self, media_type: &str) -> Request {
        self.headers.0.retain(|(name, _)| !name.eq_ignore_ascii_case("Accept"));
        self.headers.0.insert(0, ("Accept".to_owned(), media_type.to_owned()));
        self
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, credentials masked.
    pub headers: Headers,
    /// The body after decompression, credentials masked.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoReply {
    /// No connection: nobody listens, or the name is unknown.
    Refused(String),
    /// The time limit passed.
    TimedOut(Duration),
    /// The TLS handshake failed.
    Tls(String),
    /// The body exceeds the size cap.
    TooLarge(u64),
    /// The connection broke, or what came was not HTTP.
    Broken(String),
    /// Nothing was sent, because there is no access token to send it with.
    NoToken(String),
    /// The run was stopped while waiting.
    Stopped,
    /// The tape has no further exchange for this case, or another request than the one asked for.
    EndOfTape(String),
}

impl std::fmt::Display for NoReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoReply::Refused(why) => write!(f, "no connection: {why}"),
            NoReply::TimedOut(limit) => write!(f, "no answer within {} s", limit.as_secs_f32()),
            NoReply::Tls(why) => write!(f, "TLS failed: {why}"),
            NoReply::TooLarge(cap) => write!(f, "the answer exceeds {cap} bytes"),
            NoReply::Broken(why) => write!(f, "the connection broke: {why}"),
            NoReply::NoToken(why) => write!(f, "no access token: {why}"),
            NoReply::Stopped => f.write_str("the run was stopped"),
            NoReply::EndOfTape(why) => write!(f, "the recording does not go on: {why}"),
        }
    }
}

/// One try that was not the last: the server asked us to come back later, nobody was there yet, or the access token had ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What came of it: a status (429, 503, 401) or no connection.
    pub result: Result<u16, NoReply>,
    /// How long it said to wait, in its own words.
    pub retry_after: Option<String>,
    /// How long we then waited.
    pub waited: Duration,
}

/// A request and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What came back.
    pub reply: Result<Response, NoReply>,
    /// The tries before the one that counts.
    pub attempts: Vec<Attempt>,
    /// From sending the last try to the end of its body.
    pub took: Duration,
    /// 0 for a request of its own; from 1 for looking again at what looked wrong before.
    pub look: u32,
}

/// Why a request does not leave yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The server has answered 429 or 503, and wants to be asked later.
    Busy,
    /// Nobody listened; it is sent once more.
    Unreachable,
    /// So many requests per second leave, and it is not its turn.
    Turn,
}

/// Whoever waits where a request does not leave yet, and may have something else to do meanwhile.
pub trait Waiter: Sync {
    /// Waits for that long: for what, and before which request.
    fn wait(&self, request: &Request, hold: Hold, wait: Duration) -> impl Future<Output = ()> + Send;
}

/// Somebody who has nothing else to do.
#[derive(Clone, Copy, Debug)]
pub struct Idle;

impl Waiter for Idle {
    async fn wait(&self, _: &Request, _: Hold, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

/// What a client does on each connection, whatever it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    /// The codings that it takes: `Accept-Encoding`, where a request does not say it itself.
    pub accept_encoding: String,
    /// What it says of the connection; over HTTP/1.1 only.
    pub connection: Option<String>,
    /// How it spells the names of headers; over HTTP/1.1 only.
    pub header_names: HeaderNames,
}

/// How the names of headers are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderNames {
    /// `Content-Type`
    TitleCase,
    /// `content-type`
    LowerCase,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            accept_encoding: "gzip,deflate".to_owned(),
            connection: Some("Keep-Alive".to_owned()),
            header_names: HeaderNames::TitleCase,
        }
    }
}

/// The seam. Closed: two kinds, no trait.
#[derive(Debug)]
pub enum Wire {
    /// A server.
    Http(HttpWire),
    /// A recording.
    Tape(Tape),
}

impl Wire {
    /// Sends one request and waits for what comes of it. `case` names the case that asks (`scenario#row`), which is how a
    /// tape finds its place.
    pub async fn send(&self, case: &str, request: Request) -> Exchange {
        self.send_unless(case, request, std::future::pending(), &Idle).await
    }

    /// The same, unless `stopped` comes first: then with [`NoReply::Stopped`]. `waiter` waits
    /// where the request does not leave yet.
    pub async fn send_unless(
        &self,
        case: &str,
        request: Request,
        stopped: impl Future<Output = ()>,
        waiter: &impl Waiter,
    ) -> Exchange {
        match self {
            Wire::Http(http) => http.send_unless(case, request, stopped, waiter).await,
            Wire::Tape(tape) => tape.send(case, request),
        }
    }

    /// Whether a request can carry this credential. A recording does not know.
    pub fn holds(&self, credential: Credential) -> bool {
        match self {
            Wire::Http(http) => http.holds(credential),
            Wire::Tape(_) => false,
        }
    }
}

//! The live server: connections, TLS, time limits, size caps, and the few retries there are.
//!
//! **Invariant:** the credential goes to the origin of the base URL and nowhere else; a client secret and a refresh token go to the
//! token URL and nowhere else. Whatever the server does becomes a [`Response`] or a [`NoReply`].

use std::{
    error::Error as StdError,
    fmt,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, LOCATION, RETRY_AFTER,
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    Attempt, Credential, Exchange, Habits, HeaderNames, Headers, Hold, Idle, NoReply, Request, Response, Waiter,
    auth::{self, Auth},
    oauth::{self, Form, Granted, Numbered, Refusal, Tokens},
    pace::{Busy, Gate, MAX_TRIES, Pass},
    redact::Masks,
};

/// Sent when the scenario names no user agent.
const USER_AGENT: &str = concat!("scim-check/", env!("CARGO_PKG_VERSION"));

/// Many servers drop idle connections after five seconds. Ours go first, so that no request meets a closing door.
const IDLE: Duration = Duration::from_secs(4);

/// Before the further tries after a refused connection. A server that has answered before is being restarted, and is back by
/// then or is not; one that never did gets the first of them only, and so does one that was waited for in vain.
const BEFORE_RECONNECTING: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(900), Duration::from_secs(4)];

/// The tries that asking for an access token gets.
const TOKEN_TRIES: usize = 4;

/// Content codings applied on top of each other; more than this is an attack.
const MAX_CODINGS: usize = 3;

/// Headers that belong to the connection. A scenario that sets one would make the transcript lie.
const OURS: [&str; 8] = [
    "Authorization",
    "Connection",
    "Content-Length",
    "Host",
    "Proxy-Authorization",
    "TE",
    "Transfer-Encoding",
    "Upgrade",
];

/// How to reach a server.
#[derive(Clone)]
pub struct HttpOptions {
    /// Where its SCIM endpoints begin: see [`check_base_url`].
    pub base_url: Url,
    /// How it wants to be convinced.
    pub auth: Auth,
    /// A second credential, of the same tenant.
    pub second: Option<Auth>,
    /// A credential that was taken back.
    pub revoked: Option<Auth>,
    /// For name lookup, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Between two pieces of an answer. `None`: only the total counts.
    pub read_timeout: Option<Duration>,
    /// From sending a request to the end of the answer. Okta gives up after 60 s.
    pub total_timeout: Duration,
    /// The largest body accepted, before and after decompression.
    pub max_body_bytes: u64,
    /// Requests per second, at most.
    pub rps: Option<f64>,
    /// Requests at the same moment, at most. Zero counts as one.
    pub in_flight: usize,
    /// How long the whole run may wait because the server answers 429 or 503. After that such an answer stands.
    pub retry_budget: Duration,
    /// An HTTP proxy. Those of the environment are not used.
    pub proxy: Option<Url>,
    /// A file with certificates (PEM) that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// What the client does on each connection.
    pub habits: Habits,
    /// The same for requests of a case in one of these folders.
    pub habits_of: Vec<(String, Habits)>,
    /// Whether a request is sent again after 429, 503, or where nobody listened.
    pub tries_again: bool,
    /// What is secret besides the credentials, such as a key in the query of an address.
    pub hidden: Vec<SecretString>,
}

impl HttpOptions {
    /// The defaults: Okta's time limit, 16 MiB, no rate limit, 64 requests at the same moment.
    pub fn new(base_url: Url, auth: Auth) -> HttpOptions {
        HttpOptions {
            base_url,
            auth,
            second: None,
            revoked: None,
            connect_timeout: Duration::from_secs(10),
            read_timeout: None,
            total_timeout: Duration::from_secs(60),
            max_body_bytes: 16 * 1024 * 1024,
            rps: None,
            in_flight: 64,
            retry_budget: Duration::from_secs(900),
            proxy: None,
            ca_file: None,
            habits: Habits::default(),
            habits_of: Vec::new(),
            tries_again: true,
            hidden: Vec::new(),
        }
    }
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proxy's URL may hold a password.
        f.debug_struct("HttpOptions")
            .field("base_url", &self.base_url.as_str())
            .field("auth", &self.auth)
            .field("proxy", &self.proxy.as_ref().and_then(Url::host_str))
            .finish_non_exhaustive()
    }
}

/// Why a base URL cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Nothing was given.
    #[error("the base URL is empty")]
    Empty,
    /// `example.com/scim/v2`.
    #[error("the base URL does not begin with https:// or http://")]
    NoScheme,
    /// `ftp://…`.
    #[error("the base URL begins with {0}://, and SCIM is spoken over https:// or http://")]
    OtherScheme(String),
    /// `https://user:password@…`. They are not repeated here.
    #[error("the base URL holds a user name or password before the @; give the credential separately")]
    Credentials,
    /// `…?x=y`.
    #[error("the base URL holds a query (from the ? on), to which no path can be added")]
    Query,
    /// `…#x`.
    #[error("the base URL holds a fragment (from the # on), which is never sent to a server")]
    Fragment,
    /// Anything else.
    #[error("the base URL cannot be read: {0}")]
    Unreadable(String),
}

/// Reads the address below which `/Users` and `/Groups` are found. A slash at its end does not matter.
pub fn check_base_url(text: &str) -> Result<Url, BaseUrlError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BaseUrlError::Empty);
    }
    // `localhost:8080/scim` is a URL by the letter, with the scheme `localhost`.
    if !text.contains("://") || text.starts_with("://") {
        return Err(BaseUrlError::NoScheme);
    }
    let url = Url::parse(text).map_err(|e| match e {
        url::ParseError::RelativeUrlWithoutBase => BaseUrlError::NoScheme,
        other => BaseUrlError::Unreadable(other.to_string()),
    })?;
    suits_as_base(&url)?;
    Ok(url)
}

fn suits_as_base(url: &Url) -> Result<(), BaseUrlError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BaseUrlError::OtherScheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BaseUrlError::Credentials);
    }
    if url.query().is_some() {
        return Err(BaseUrlError::Query);
    }
    if url.fragment().is_some() {
        return Err(BaseUrlError::Fragment);
    }
    Ok(())
}

/// Why no wire can be built: something the user gave is wrong.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The base URL.
    #[error(transparent)]
    BaseUrl(#[from] BaseUrlError),
    /// The CA file, as the system sees it.
    #[error("the CA file {} cannot be read: {why}", path.display())]
    CaUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The CA file, by its content.
    #[error("the CA file {} holds no certificate in PEM form, or one that cannot be read", path.display())]
    CaNotPem {
        /// The file.
        path: PathBuf,
    },
    /// What the client says on each connection.
    #[error("`{0}` cannot be sent in a header")]
    Habit(String),
    /// The proxy.
    #[error("the proxy cannot be used: {0}")]
    Proxy(String),
    /// The credential.
    #[error("the credential cannot be sent in a header: {0}")]
    Credential(&'static str),
    /// The rate.
    #[error("the number of requests per second must be a positive number, not {0}")]
    Rate(f64),
    /// The TLS library, or the system's certificates.
    #[error("no HTTP client can be set up: {0}")]
    Client(String),
}

/// A connection to a server. All who send through it share its pool and its pace.
pub struct HttpWire {
    live: Box<Live>,
}

/// What a wire holds; apart, so that [`super::Wire`] stays small whichever kind it is.
struct Live {
    usual: Means,
    /// Of cases in one of these folders.
    means_of: Vec<(String, Means)>,
    base: Url,
    own: Own,
    wrong: Field,
    second: Option<Field>,
    revoked: Option<Field>,
    peer: Peer,
    mask: Masks,
    gate: Gate,
    connect_timeout: Duration,
    read_timeout: Option<Duration>,
    total_timeout: Duration,
    max_body_bytes: u64,
    tries_again: bool,
    /// Whether the server has answered and was not waited for in vain since.
    expected: AtomicBool,
}

/// What requests are sent with.
struct Means {
    client: reqwest::Client,
    accept_encoding: HeaderValue,
    connection: Option<HeaderValue>,
}

impl Means {
    fn new(client: reqwest::Client, habits: &Habits) -> Result<Self, WireError> {
        Ok(Self {
            client,
            accept_encoding: sendable(&habits.accept_encoding)?,
            connection: habits.connection.as_deref().map(sendable).transpose()?,
        })
    }

    /// Of others who share the connections where they spell the names of headers alike.
    fn of(options: &HttpOptions, usual: &Self, habits: &Habits) -> Result<Self, WireError> {
        let client = match habits.header_names == options.habits.header_names {
            true => usual.client.clone(),
            false => client(options, habits)?,
        };
        Self::new(client, habits)
    }
}

/// A header field.
type Field = (HeaderName, HeaderValue);

/// The user's credential.
enum Own {
    /// It is what it is, or there is none.
    Given(Option<Field>),
    /// It has to be asked for, and ends.
    Issued(Box<Issuer>),
}

/// Where access tokens come from.
struct Issuer {
    /// Locked while one is asked for, so that those who need it at the same moment share it.
    tokens: tokio::sync::Mutex<Tokens>,
    url: Url,
    shown: String,
    peer: Peer,
    /// The highest number of a token that was accepted.
    accepted: AtomicU64,
}

/// What one request carries of a credential, and the number of the access token in it.
struct Carried {
    field: Option<Field>,
    number: Option<u64>,
}

/// With whom a connection is made, for what is said when none comes about.
struct Peer {
    name: String,
    encrypted: bool,
    /// What the user calls the address.
    url: &'static str,
}

impl Peer {
    fn of(what: &'static str, url: &Url, proxy: Option<&Url>) -> Peer {
        let next = proxy.unwrap_or(url);
        let who = if proxy.is_some() { "the proxy " } else { "" };
        let (host, port) = (next.host_str().unwrap_or_default(), next.port_or_known_default().unwrap_or_default());
        Peer { name: format!("{who}{host}:{port}"), encrypted: url.scheme() == "https", url: what }
    }
}

impl fmt::Debug for HttpWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWire").field("base", &self.live.base.as_str()).finish_non_exhaustive()
    }
}

/// A try that brought no answer.
struct Failure {
    why: NoReply,
    /// Whether nobody listened, so that the server cannot have seen anything of the request.
    unsent: bool,
}

impl From<NoReply> for Failure {
    fn from(why: NoReply) -> Failure {
        Failure { why, unsent: false }
    }
}

impl HttpWire {
    /// Sets up the client. Nothing is sent yet.
    pub fn new(options: HttpOptions) -> Result<HttpWire, WireError> {
        suits_as_base(&options.base_url)?;
        if let Some(rps) = options.rps.filter(|rps| !(rps.is_finite() && *rps > 0.0)) {
            return Err(WireError::Rate(rps));
        }
        let all = [Some(&options.auth), options.second.as_ref(), options.revoked.as_ref()];
        let mut secrets: Vec<SecretString> = all.into_iter().flatten().flat_map(auth::secrets).collect();
        secrets.extend(options.proxy.iter().flat_map(proxy_secrets));
        secrets.extend(options.hidden.iter().cloned());
        let further = |auth: &Option<Auth>| match auth {
            Some(auth) => auth::header(auth).map(field).transpose(),
            None => Ok(None),
        };
        let usual = Means::new(client(&options, &options.habits)?, &options.habits)?;
        let of = |(folder, habits): &(String, Habits)| Ok((folder.clone(), Means::of(&options, &usual, habits)?));
        let means_of = options.habits_of.iter().map(of).collect::<Result<_, WireError>>()?;
        let live = Live {
            usual,
            means_of,
            own: match &options.auth {
                Auth::OAuth(oauth) => Own::Issued(Box::new(Issuer {
                    url: oauth.token_url.clone(),
                    shown: oauth.shown_url(),
                    peer: Peer::of("the token URL", &oauth.token_url, options.proxy.as_ref()),
                    tokens: tokio::sync::Mutex::new(Tokens::new((**oauth).clone())),
                    accepted: AtomicU64::new(0),
                })),
                auth => Own::Given(auth::header(auth).map(field).transpose()?),
            },
            wrong: field(auth::wrong_header(&options.auth))?,
            second: further(&options.second)?,
            revoked: further(&options.revoked)?,
            peer: Peer::of("the base URL", &options.base_url, options.proxy.as_ref()),
            mask: Masks::new(secrets),
            gate: Gate::new(options.in_flight, options.rps, options.retry_budget),
            connect_timeout: options.connect_timeout,
            read_timeout: options.read_timeout,
            total_timeout: options.total_timeout,
            max_body_bytes: options.max_body_bytes,
            base: options.base_url,
            tries_again: options.tries_again,
            expected: AtomicBool::new(false),
        };
        Ok(HttpWire { live: Box::new(live) })
    }

    /// Sends one request and waits for what comes of it.
    pub async fn send(&self, request: Request) -> Exchange {
        self.send_unless("", request, std::future::pending(), &Idle).await
    }

    /// The same, unless `stopped` comes first.
    pub(super) async fn send_unless(
        &self,
        case: &str,
        request: Request,
        stopped: impl Future<Output = ()>,
        waiter: &impl Waiter,
    ) -> Exchange {
        self.live.send_unless(self.live.means(case), request, stopped, waiter).await
    }

    /// Whether a request can carry this credential.
    pub(super) fn holds(&self, credential: Credential) -> bool {
        match credential {
            Credential::Own | Credential::None | Credential::Wrong => true,
            Credential::Second => self.live.second.is_some(),
            Credential::Revoked => self.live.revoked.is_some(),
        }
    }
}

impl Live {
    /// What the requests of a case are sent with.
    fn means(&self, case: &str) -> &Means {
        let is_of = |folder: &str| case.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let of = self.means_of.iter().filter(|(folder, _)| is_of(folder)).max_by_key(|(folder, _)| folder.len());
        of.map_or(&self.usual, |(_, means)| means)
    }

    async fn send_unless(
        &self,
        means: &Means,
        request: Request,
        stopped: impl Future<Output = ()>,
        waiter: &impl Waiter,
    ) -> Exchange {
        let (reply, attempts, took) = tokio::select! {
            biased;
            answered = self.answer(means, &request, waiter) => answered,
            () = stopped => (Err(NoReply::Stopped), Vec::new(), Duration::ZERO),
        };
        let mut exchange = Exchange { request, reply, attempts, took, look: 0 };
        self.mask.exchange(&mut exchange);
        exchange
    }

    /// What comes of a request, the tries before the one that counts, and how long that one took.
    async fn answer(
        &self,
        means: &Means,
        request: &Request,
        waiter: &impl Waiter,
    ) -> (Result<Response, NoReply>, Vec<Attempt>, Duration) {
        let mut attempts = Vec::new();
        // The token that was refused, once there was one: a request is sent again for that reason once.
        let mut refused = None;
        loop {
            let pass = self.gate.enter(request, waiter).await;
            let credential = self.credential(request.credential, refused).await;
            let number = credential.as_ref().ok().and_then(|credential| credential.number);
            let start = Instant::now();
            let tried = match credential {
                Ok(credential) => self.try_once(means, request, credential.field).await,
                Err(why) => Err(why.into()),
            };
            // As fine as a report keeps it, so that a recording is judged by the same figure.
            let took = Duration::from_micros(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
            let status = tried.as_ref().ok().map(|answer| answer.status);
            if let (Some(number), Some(status)) = (number, status)
                && self.has_ended(number, status, refused).await
            {
                refused = Some(number);
                attempts.push(Attempt { result: Ok(status), retry_after: None, waited: Duration::ZERO });
                continue;
            }
            let wait = if self.tries_again { self.wait_before_next(&tried, &attempts, pass) } else { None };
            match wait {
                Some(waited) => {
                    let hold = if tried.is_ok() { Hold::Busy } else { Hold::Unreachable };
                    let (result, retry_after) = match tried {
                        Ok(answer) => (Ok(answer.status), answer.headers.get(RETRY_AFTER.as_str()).map(str::to_owned)),
                        Err(failure) => (Err(failure.why), None),
                    };
                    attempts.push(Attempt { result, retry_after, waited });
                    waiter.wait(request, hold, waited).await;
                }
                None => return (tried.map_err(|failure| failure.why), attempts, took),
            }
        }
    }

    /// What a request carries. An access token is asked for here when there is none that serves.
    async fn credential(&self, which: Credential, refused: Option<u64>) -> Result<Carried, NoReply> {
        let missing = |which: &str| Err(NoReply::Broken(format!("no {which} credential was given")));
        let field = match (which, &self.own) {
            (Credential::None, _) => None,
            (Credential::Wrong, _) => Some(self.wrong.clone()),
            (Credential::Second, _) => match &self.second {
                None => return missing("second"),
                second => second.clone(),
            },
            (Credential::Revoked, _) => match &self.revoked {
                None => return missing("revoked"),
                revoked => revoked.clone(),
            },
            (Credential::Own, Own::Given(field)) => field.clone(),
            (Credential::Own, Own::Issued(issuer)) => {
                let (token, number) = self.token(issuer, refused).await.map_err(NoReply::NoToken)?;
                let value = auth::bearer(token.expose_secret());
                let field = field((AUTHORIZATION.as_str(), value)).map_err(|why| NoReply::NoToken(why.to_string()))?;
                return Ok(Carried { field: Some(field), number: Some(number) });
            }
        };
        Ok(Carried { field, number: None })
    }

    /// Whether an answer means that the token it was given to has ended, and another one is there now. A 401 to a token that
    /// nothing was ever granted to says that it is the wrong one, and so would be the next.
    async fn has_ended(&self, number: u64, status: u16, refused: Option<u64>) -> bool {
        let Own::Issued(issuer) = &self.own else { return false };
        if status != 401 {
            issuer.accepted.fetch_max(number, Ordering::Relaxed);
        }
        if refused.is_some() {
            issuer.tokens.lock().await.renewed(Some(status));
            return false;
        }
        if status != 401 || issuer.accepted.load(Ordering::Relaxed) < number {
            return false;
        }
        let may = issuer.tokens.lock().await.may_have_ended();
        // When no other one is to be had, the 401 is the answer.
        may && self.token(issuer, Some(number)).await.is_ok()
    }

    /// The token to send, or why there is none.
    async fn token(&self, issuer: &Issuer, refused: Option<u64>) -> Result<Numbered, String> {
        let mut tokens = issuer.tokens.lock().await;
        if let Some(token) = tokens.current(Instant::now(), refused) {
            return Ok(token);
        }
        if let Some(why) = tokens.given_up() {
            return Err(format!("{} {why}", issuer.shown));
        }
        let asked = Instant::now();
        match self.ask(issuer, &tokens.form()).await {
            Ok(granted) => {
                let secrets = std::iter::once(&granted.access).chain(&granted.refresh);
                self.mask.learn(secrets.flat_map(|s| auth::secrets(&Auth::Bearer(s.clone()))).collect());
                Ok(tokens.take(granted, asked))
            }
            Err(refusal) => {
                let token = tokens.fail(&refusal, Instant::now(), refused);
                token.map_err(|why| format!("{} {why}", issuer.shown))
            }
        }
    }

    /// Asks for a token, again where the endpoint wants to be asked later or nobody listened.
    async fn ask(&self, issuer: &Issuer, form: &Form) -> Result<Granted, Refusal> {
        let mut attempts = 0;
        loop {
            let mut request = reqwest::Request::new(reqwest::Method::POST, issuer.url.clone());
            let headers = request.headers_mut();
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
            headers.insert(ACCEPT_ENCODING, self.usual.accept_encoding.clone());
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            if let Some(value) = &form.authorization
                && let Ok((name, value)) = field((AUTHORIZATION.as_str(), value.clone()))
            {
                headers.insert(name, value);
            }
            *request.body_mut() = Some(form.body.expose_secret().to_owned().into());
            let tried = match tokio::time::timeout(
                self.total_timeout,
                self.exchange(&self.usual.client, request, &issuer.peer),
            )
            .await
            {
                Ok(tried) => tried,
                Err(_) => Err(NoReply::TimedOut(self.total_timeout).into()),
            };
            attempts += 1;
            let wait = match &tried {
                Ok(answer) => {
                    let busy = Busy::read(answer.status, answer.headers.get(RETRY_AFTER.as_str()));
                    busy.map(|busy| busy.wait_alone(attempts - 1))
                }
                Err(failure) => (failure.unsent && attempts == 1).then_some(BEFORE_RECONNECTING[0]),
            };
            match wait.filter(|_| attempts < TOKEN_TRIES) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => {
                    return match tried {
                        Ok(answer) => {
                            let header = |name: HeaderName| answer.headers.get(name.as_str());
                            oauth::read(answer.status, header(CONTENT_TYPE), header(LOCATION), &answer.body)
                        }
                        Err(failure) => {
                            Err(Refusal { why: format!("gave no answer: {}", failure.why), is_final: false })
                        }
                    };
                }
            }
        }
    }

    /// How long to wait before the same request is sent again; `None` when the answer stands.
    fn wait_before_next(
        &self,
        tried: &Result<Response, Failure>,
        before: &[Attempt],
        pass: Pass<'_>,
    ) -> Option<Duration> {
        match tried {
            Ok(response) => {
                self.expected.store(true, Ordering::Relaxed);
                match Busy::read(response.status, response.headers.get(RETRY_AFTER.as_str())) {
                    Some(busy) => pass.refused(busy, before.len()).filter(|_| before.len() + 1 < MAX_TRIES),
                    None => {
                        pass.taken();
                        None
                    }
                }
            }
            Err(failure) if failure.unsent => {
                let refused = before.iter().filter(|attempt| attempt.result.is_err()).count();
                let expected = refused == 0 || self.expected.load(Ordering::Relaxed);
                let wait = BEFORE_RECONNECTING.get(refused).copied();
                if wait.is_none() {
                    self.expected.store(false, Ordering::Relaxed);
                }
                wait.filter(|_| expected)
            }
            Err(_) => None,
        }
    }

    async fn try_once(&self, means: &Means, request: &Request, credential: Option<Field>) -> Result<Response, Failure> {
        let request = self.build(means, request, credential)?;
        match tokio::time::timeout(self.total_timeout, self.exchange(&means.client, request, &self.peer)).await {
            Ok(result) => result,
            Err(_) => Err(NoReply::TimedOut(self.total_timeout).into()),
        }
    }

    async fn exchange(
        &self,
        client: &reqwest::Client,
        request: reqwest::Request,
        peer: &Peer,
    ) -> Result<Response, Failure> {
        let mut response = client.execute(request).await.map_err(|e| self.failure(&e, "no answer came", peer))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| {
            let phase = format!("the answer with status {status} broke off");
            self.failure(&e, &phase, peer)
        })? {
            if body.len() as u64 + piece.len() as u64 > self.max_body_bytes {
                return Err(NoReply::TooLarge(self.max_body_bytes).into());
            }
            body.extend_from_slice(&piece);
        }
        let body = decode(&headers, body, self.max_body_bytes)?;
        Ok(Response { status, headers: readable(&headers), body })
    }

    fn build(&self, means: &Means, request: &Request, credential: Option<Field>) -> Result<reqwest::Request, NoReply> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .ok()
            .filter(|method| *method != reqwest::Method::CONNECT)
            .ok_or_else(|| NoReply::Broken(format!("`{}` cannot be sent as a method", request.method)))?;
        let mut built = reqwest::Request::new(method, address(&self.base, &request.path)?);
        let headers = built.headers_mut();
        // For the credential, the encodings and the connection, too.
        headers.reserve(request.headers.0.len() + 3);
        for (name, value) in &request.headers.0 {
            // Where no credential of ours goes, a word in its place may.
            let in_its_place =
                request.credential == Credential::None && name.eq_ignore_ascii_case(AUTHORIZATION.as_str());
            let ours = OURS.iter().any(|n| n.eq_ignore_ascii_case(name));
            let carries_credential = self.wrong.0.as_str().eq_ignore_ascii_case(name);
            if (ours || carries_credential) && !in_its_place {
                return Err(NoReply::Broken(format!("`{name}` is not for a scenario to set")));
            }
            let (Ok(header), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()))
            else {
                return Err(NoReply::Broken(format!("`{name}` holds what cannot be sent in a header")));
            };
            headers.append(header, value);
        }
        if let Some((name, value)) = credential {
            headers.insert(name, value);
        }
        headers.entry(ACCEPT_ENCODING).or_insert_with(|| means.accept_encoding.clone());
        // Over HTTP/2, which has no such field, the client leaves it out.
        if let Some(connection) = &means.connection {
            headers.insert(CONNECTION, connection.clone());
        }
        *built.body_mut() = request.body.clone().map(Into::into);
        Ok(built)
    }

    /// What an error of the client means.
    fn failure(&self, error: &reqwest::Error, phase: &str, peer: &Peer) -> Failure {
        let Peer { name: peer, encrypted, url } = peer;
        let root = root_cause(error);
        if let Some(tls) = find(error, &|e| e.downcast_ref::<rustls::Error>().map(|e| tls_text(e, url))) {
            return NoReply::Tls(tls).into();
        }
        // The outer ones are wrappers that say `Other`.
        let io_kind = |e: &(dyn StdError + 'static)| e.downcast_ref::<io::Error>().map(io::Error::kind);
        let kind = find(error, &|e| io_kind(e).filter(|kind| *kind != io::ErrorKind::Other));
        if error.is_dns() {
            return NoReply::Refused(format!("the name {peer} cannot be looked up: {root}")).into();
        }
        if error.is_connect() && error.is_timeout() {
            let limit = self.connect_timeout.as_secs_f32();
            return NoReply::Refused(format!("{peer} let no connection happen within {limit} s")).into();
        }
        if error.is_timeout() {
            return NoReply::TimedOut(self.read_timeout.unwrap_or(self.total_timeout)).into();
        }
        if error.is_connect() {
            return match kind {
                Some(io::ErrorKind::ConnectionRefused) => {
                    Failure { why: NoReply::Refused(format!("nobody listens at {peer}")), unsent: true }
                }
                Some(
                    io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe,
                ) if *encrypted => {
                    NoReply::Tls(format!("{peer} hung up during the handshake; perhaps it speaks no TLS")).into()
                }
                _ => NoReply::Refused(format!("{peer} cannot be reached: {root}")).into(),
            };
        }
        let hint = match encrypted {
            false if root.starts_with("invalid HTTP version") => {
                format!("; what came back is not HTTP, perhaps {url} should begin with https://")
            }
            _ => String::new(),
        };
        NoReply::Broken(format!("{phase}: {root}{hint}")).into()
    }
}

fn sendable(text: &str) -> Result<HeaderValue, WireError> {
    HeaderValue::from_str(text).map_err(|_| WireError::Habit(text.to_owned()))
}

fn client(options: &HttpOptions, habits: &Habits) -> Result<reqwest::Client, WireError> {
    // Fails only when the process has a provider already, which then serves us as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        // We decode ourselves: the client would drop `Content-Encoding` and `Content-Length`, which are evidence, and would not
        // say what is wrong with a body that cannot be decoded.
        .no_gzip()
        .no_deflate()
        .tcp_nodelay(true)
        .connect_timeout(options.connect_timeout)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(options.in_flight.max(1));
    if habits.header_names == HeaderNames::TitleCase {
        builder = builder.http1_title_case_headers();
    }
    if let Some(limit) = options.read_timeout {
        builder = builder.read_timeout(limit);
    }
    if let Some(proxy) = &options.proxy {
        if !matches!(proxy.scheme(), "http" | "https") {
            return Err(WireError::Proxy(format!("it must be http:// or https://, not {}://", proxy.scheme())));
        }
        let proxy = reqwest::Proxy::all(proxy.clone()).map_err(|e| WireError::Proxy(root_cause(&e)))?;
        builder = builder.proxy(proxy);
    }
    let encrypted = |url: &Url| url.scheme() == "https";
    let token_url = match &options.auth {
        Auth::OAuth(oauth) => Some(&oauth.token_url),
        _ => None,
    };
    let all = [Some(&options.base_url), options.proxy.as_ref(), token_url];
    if let Some(path) = &options.ca_file {
        let read = |der: CertificateDer<'_>| {
            reqwest::Certificate::from_der(&der).map_err(|_| WireError::CaNotPem { path: path.clone() })
        };
        let certificates = ca_certificates(path)?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        builder = builder.tls_certs_merge(certificates);
    } else if !all.into_iter().flatten().any(encrypted) {
        // Nothing will be encrypted. Reading the system's certificates takes time, and fails in a container without any.
        let nobody = rustls::ClientConfig::builder()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        builder = builder.tls_backend_preconfigured(nobody);
    }
    builder.build().map_err(|e| WireError::Client(root_cause(&e)))
}

/// The certificates of a CA file: at least one, all of them such that TLS can use them.
pub(super) fn ca_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, WireError> {
    let pem = std::fs::read(path).map_err(|why| WireError::CaUnreadable { path: path.to_owned(), why })?;
    let mut usable = rustls::RootCertStore::empty();
    let mut found = Vec::new();
    for der in CertificateDer::pem_slice_iter(&pem) {
        let der = der.ok().filter(|der| usable.add(der.clone()).is_ok());
        found.push(der.ok_or_else(|| WireError::CaNotPem { path: path.to_owned() })?);
    }
    if found.is_empty() { Err(WireError::CaNotPem { path: path.to_owned() }) } else { Ok(found) }
}

fn field((name, value): (&str, SecretString)) -> Result<Field, WireError> {
    let name = HeaderName::try_from(name).map_err(|_| WireError::Credential("its header's name is none"))?;
    let mut value = HeaderValue::try_from(value.expose_secret())
        .map_err(|_| WireError::Credential("it holds a line break or another control character"))?;
    // Keeps it out of `Debug` and out of HTTP/2's table of repeated headers.
    value.set_sensitive(true);
    Ok((name, value))
}

fn proxy_secrets(proxy: &Url) -> Vec<SecretString> {
    let Some(password) = proxy.password() else { return Vec::new() };
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    auth::secrets(&Auth::Basic { user: plain(proxy.username()), password: plain(password).into() })
}

/// The path below the base, or a whole URL of the same origin, as it was written: nothing is encoded, normalised or cut.
fn address(base: &Url, path: &str) -> Result<Url, NoReply> {
    let absolute = path.starts_with("https://") || path.starts_with("http://");
    let text = if absolute { path.to_owned() } else { [base.as_str().trim_end_matches('/'), path].concat() };
    // What begins the text is the base, which need not be parsed once more. Two slashes would begin another origin.
    let below = text
        .get(base[..url::Position::BeforePath].len()..)
        .filter(|below| !absolute && below.starts_with('/') && !below.starts_with("//"));
    let parsed = match below {
        Some(below) => base.join(below),
        None => Url::parse(&text),
    };
    let url = parsed.map_err(|e| NoReply::Broken(format!("`{path}` makes no URL: {e}")))?;
    if origin(&url) != origin(base) || !url.username().is_empty() || url.password().is_some() {
        return Err(NoReply::Broken(format!("`{path}` leads to another server, which must not see the credential")));
    }
    // Host names have several spellings; of what follows them the server sees every byte. A fragment is never sent.
    let behind_host =
        || text.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|slash| rest.get(slash..)));
    let written = below.or_else(behind_host);
    if written != Some(&url[url::Position::BeforePath..]) || url.fragment().is_some() {
        return Err(NoReply::Broken(format!("`{path}` cannot be sent as written; percent-encode it")));
    }
    Ok(url)
}

/// What `Url::origin` says of such a URL, without copying it for each request.
fn origin(url: &Url) -> (&str, Option<url::Host<&str>>, Option<u16>) {
    (url.scheme(), url.host(), url.port_or_known_default())
}

fn readable(headers: &HeaderMap) -> Headers {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Headers(headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
}

/// Undoes `Content-Encoding`. A coding we did not ask for stays, and the body with it.
fn decode(headers: &HeaderMap, mut body: Vec<u8>, cap: u64) -> Result<Vec<u8>, NoReply> {
    if body.is_empty() || !headers.contains_key(CONTENT_ENCODING) {
        return Ok(body);
    }
    let fields = headers.get_all(CONTENT_ENCODING);
    let text: Vec<String> = fields.iter().map(|v| String::from_utf8_lossy(v.as_bytes()).to_ascii_lowercase()).collect();
    let codings: Vec<&str> = text.iter().flat_map(|t| t.split(',')).map(str::trim).filter(|c| !c.is_empty()).collect();
    if codings.len() > MAX_CODINGS {
        return Err(NoReply::Broken(format!("the body is encoded {} times over", codings.len())));
    }
    for coding in codings.into_iter().rev() {
        let mut decoded = Vec::new();
        let read = match coding {
            "identity" => continue,
            "gzip" | "x-gzip" => gunzip(&body, &mut decoded, cap),
            "deflate" if has_zlib_header(&body) => {
                ZlibDecoder::new(body.as_slice()).take(cap + 1).read_to_end(&mut decoded).map(drop)
            }
            // RFC 9110 §8.4.1.2: some senders leave the zlib wrapper out.
            "deflate" => DeflateDecoder::new(body.as_slice()).take(cap + 1).read_to_end(&mut decoded).map(drop),
            _ => return Ok(body),
        };
        read.map_err(|e| NoReply::Broken(format!("the body claims Content-Encoding: {coding} and is not: {e}")))?;
        if decoded.len() as u64 > cap {
            return Err(NoReply::TooLarge(cap));
        }
        body = decoded;
    }
    Ok(body)
}

/// Reads all members (RFC 1952 §2.2) and, like Java's reader and thus like Okta, ignores what follows them.
fn gunzip(mut body: &[u8], decoded: &mut Vec<u8>, cap: u64) -> io::Result<()> {
    loop {
        let left = (cap + 1).saturating_sub(decoded.len() as u64);
        let mut decoder = GzDecoder::new(body);
        (&mut decoder).take(left).read_to_end(decoded)?;
        body = decoder.into_inner();
        if decoded.len() as u64 > cap || !body.starts_with(&[0x1f, 0x8b]) {
            return Ok(());
        }
    }
}

/// RFC 1950 §2.2: method 8, and the two bytes as a number are a multiple of 31.
fn has_zlib_header(body: &[u8]) -> bool {
    match body {
        [method, flags, ..] => method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0,
        _ => false,
    }
}

/// Looks through an error and all that it comes from. An `io::Error` hides what it wraps from `source`.
fn find<T>(error: &(dyn StdError + 'static), what: &dyn Fn(&(dyn StdError + 'static)) -> Option<T>) -> Option<T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = what(error) {
            return Some(found);
        }
        next = inner(error);
    }
    None
}

fn inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// The innermost error in its own words. The outer ones only say that something failed, and one of them shows the URL.
fn root_cause(error: &reqwest::Error) -> String {
    let mut root: &(dyn StdError + 'static) = error;
    while let Some(next) = inner(root) {
        root = next;
    }
    // A `reqwest::Error` without a source would show the URL.
    match root.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request could not be sent".to_owned(),
        None => root.to_string(),
    }
}

/// What an error of the TLS library means; `url` is what the user calls the address.
pub(super) fn tls_text(error: &rustls::Error, url: &str) -> String {
    use rustls::CertificateError as Bad;
    match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::UnknownIssuer => {
                "the certificate comes from an authority that is not trusted here; a CA file can name it".to_owned()
            }
            Bad::Expired | Bad::ExpiredContext { .. } => "the certificate has expired".to_owned(),
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => "the certificate is not valid yet".to_owned(),
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                format!("the certificate is for another name than the one in {url}")
            }
            other => format!("the certificate is not accepted: {other}"),
        },
        rustls::Error::InvalidMessage(_) => {
            format!("what came back is not TLS; perhaps {url} should begin with http://")
        }
        rustls::Error::AlertReceived(alert) => format!("the server ended the handshake with {alert:?}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, path: &str, expected: Option<&str>) {
        let base = check_base_url(base).expect("the base URLs of these tests are good");
        assert_eq!(address(&base, path).ok().as_ref().map(Url::as_str), expected, "{base} {path}");
    }

    #[test]
    fn a_path_is_joined_to_the_base_byte_for_byte() {
        check("https://h/scim/v2", "/Users", Some("https://h/scim/v2/Users"));
        check("https://h/scim/v2/", "/Users", Some("https://h/scim/v2/Users"));
        check("https://h", "/Users", Some("https://h/Users"));
        check(
            "http://h:81/x%2Fy/",
            "/Users?filter=userName+eq+%22a%40b%22&",
            Some("http://h:81/x%2Fy/Users?filter=userName+eq+%22a%40b%22&"),
        );
        check("http://h", "/Users?", Some("http://h/Users?"));
        check("http://h", "/Users?a=%7e&&b", Some("http://h/Users?a=%7e&&b"));
        check("http://h/s", "", Some("http://h/s"));
    }

    #[test]
    fn what_would_be_changed_on_the_way_is_not_sent() {
        for path in ["/a b", "/Users?f=\"x\"", "/Users?f='x'", "/../x", "/%2e%2e/x", "/a#b", "/a\n", "/ü", "/a\\b"] {
            check("http://h/scim", path, None);
        }
    }

    #[test]
    fn nothing_leads_to_another_origin() {
        check("http://h", "@evil/", None);
        check("http://h", ".evil/", None);
        check("http://h", ":81/", None);
        check("http://h:81", "1/", None);
        check("http://h", "//evil/Users", Some("http://h//evil/Users"));
        check("http://h", "/\\evil/Users", None);
        check("http://h", "/\t/evil/Users", None);
        check("http://h", "https://h/Users", None);
        check("http://h", "http://evil/Users", None);
        check("http://h", "http://u@h/Users", None);
        check("http://h/scim", "http://h/scim/Users/1", Some("http://h/scim/Users/1"));
        check("https://h/scim", "https://H:443/scim/Users/1", Some("https://h/scim/Users/1"));
        check("https://h/scim", "https://h/x/../scim", None);
    }

    #[test]
    fn a_wrong_base_url_is_explained() {
        for (text, error) in [
            (" ", BaseUrlError::Empty),
            ("localhost:8080/scim", BaseUrlError::NoScheme),
            ("example.com/scim/v2", BaseUrlError::NoScheme),
            ("//example.com", BaseUrlError::NoScheme),
            ("://example.com", BaseUrlError::NoScheme),
            ("ftp://example.com", BaseUrlError::OtherScheme("ftp".into())),
            ("https://u:p@example.com", BaseUrlError::Credentials),
            ("https://u@example.com", BaseUrlError::Credentials),
            ("https://example.com/scim?", BaseUrlError::Query),
            ("https://example.com/scim#x", BaseUrlError::Fragment),
            ("https://", BaseUrlError::Unreadable("empty host".into())),
            ("https://example.com:99999", BaseUrlError::Unreadable("invalid port number".into())),
        ] {
            assert_eq!(check_base_url(text), Err(error), "{text}");
        }
        assert!(check_base_url(" http://[::1]:8080/scim/v2/ ").is_ok());
    }
}

//! HTTP: credentials, media types, decoding and encoding. What a request does is decided in `operations`.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::answer::{Answer, Body};
use super::call::{Call, Endpoint};
use super::faults::{self, freedoms, transport};
use super::operations::{begin_patch, commit, perform};
use super::problem::Problem;
use super::product::Product;
use super::quirk::{Quirk, Quirks};
use super::schema::Kind;
use super::seed::Strangers;
use super::store::Store;
use super::v1;

/// The path of the base URL.
pub(crate) const BASE_PATH: &str = "/scim/v2";

/// How many bytes the body of a request may have.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// From how many bytes on an answer is worth compressing.
const MIN_COMPRESSED: usize = 1024;

/// How many requests the log remembers.
const MAX_LOG: usize = 100_000;

/// How many creates at the same moment a server stands that cannot stand many.
const FEW: u64 = 3;

/// How long a server that reads, thinks and writes without a lock thinks.
const RACE: Duration = Duration::from_millis(20);

/// What all requests share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) base_url: String,
    /// Where SCIM 1.1 is.
    pub(crate) v1_base_url: String,
    pub(crate) token: String,
    /// Another token that is in force.
    pub(crate) second_token: Option<String>,
    /// One that was.
    pub(crate) revoked_token: Option<String>,
    pub(crate) state: Mutex<World>,
    pub(crate) log: Mutex<VecDeque<(String, String)>>,
    pub(crate) quirks: Quirks,
    /// Which product the server behaves like.
    pub(crate) product: Product,
    /// How long a late or slow quirk takes each time.
    pub(crate) delay: Duration,
    pub(crate) requests: AtomicU64,
    /// How many creates are under way.
    pub(crate) creates: AtomicU64,
}

/// The store, and those who change it besides the client.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) strangers: Option<Strangers>,
}

/// Locks, also after a panic elsewhere: the state changes in whole steps only.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers one HTTP request.
pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    log(&app, &request);
    let compressible = accepts_gzip(request.headers());
    let wants_plain_json = wants_plain_json(request.headers());
    if let Some((status, path)) = transport::redirected(&app.quirks, request.uri()) {
        let mut redirect = Answer::empty(status);
        redirect.set("location", path);
        return respond(&app.quirks, redirect, compressible);
    }
    let speaks_v1 = v1::is_asked(request.uri().path());
    let understood = understand(&app, request).await;
    let asked = understood.as_ref().ok().map(|call| (call.method.clone(), call.endpoint.clone()));
    let mut answer = match understood {
        Ok(call) if app.quirks.is_empty() => answer(&app, &call),
        Ok(call) => answer_badly(&app, &call).await,
        Err(problem) => Answer::from(problem),
    };
    if answer.status == 401 {
        answer.set("www-authenticate", app.product.credential.challenge());
    }
    if let (Some(media_type), Body::Json(_)) = (&app.product.answers, &answer.body) {
        answer.set("content-type", media_type.clone());
    } else if let (true, Body::Json(_)) = (wants_plain_json && transport::heeds_accept(&app.quirks), &answer.body) {
        answer.set("content-type", "application/json");
    }
    if !app.quirks.is_empty() {
        faults::errors::edit(&app.quirks, &mut answer);
        freedoms::edit_any(&app.quirks, app.requests.load(Ordering::Relaxed), &mut answer);
    }
    if speaks_v1 {
        let asked = asked.as_ref().map(|(method, endpoint)| (method, endpoint));
        v1::say(&app.quirks, (asked, wants_plain_json), (&app.base_url, &app.v1_base_url), &mut answer);
    }
    respond(&app.quirks, answer, compressible)
}

fn log(app: &App, request: &Request) {
    let path = request.uri().path_and_query();
    let path = path.map_or("/", |path| path.as_str());
    let mut log = lock(&app.log);
    if log.len() == MAX_LOG {
        log.pop_front();
    }
    log.push_back((request.method().to_string(), path.to_owned()));
}

fn answer(app: &App, call: &Call) -> Answer {
    let mut world = lock(&app.state);
    let world = &mut *world;
    let answer = match app.quirks.is_empty() && world.store.is_plain() {
        true => perform(&mut world.store, &app.base_url, call).unwrap_or_else(Answer::from),
        false => faults::answer(&mut world.store, &app.base_url, call),
    };
    if let (Some(strangers), Endpoint::Collection(kind)) = (&mut world.strangers, &call.endpoint) {
        let filtered = call.parameters.iter().any(|(name, _)| name == "filter");
        if call.method == Method::GET && !filtered && !kind.is_granted() {
            strangers.stir(&mut world.store, *kind);
        }
    }
    answer
}

/// Answers as the quirks want it, which may take time.
async fn answer_badly(app: &App, call: &Call) -> Answer {
    let number = app.requests.fetch_add(1, Ordering::Relaxed) + 1;
    if let Some(refusal) = faults::throttle(&app.quirks, number) {
        return refusal;
    }
    let pause = faults::pause(&app.quirks, call, app.delay);
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    if app.quirks.has(Quirk::CreatesAtOnce500) && call.method == Method::POST {
        return create_among_few(app, call).await;
    }
    let overtaken = app.quirks.has(Quirk::ConcurrentPatch409);
    let races = (overtaken || app.quirks.has(Quirk::ConcurrentPatchLosesMembers))
        && call.method == Method::PATCH
        && matches!(call.endpoint, Endpoint::Item(Kind::Group, _));
    if !races {
        return answer(app, call);
    }
    let begun = begin_patch(&mut lock(&app.state).store, &app.base_url, call);
    tokio::time::sleep(RACE).await;
    let done = begun.and_then(|(row, document)| {
        let store = &mut lock(&app.state).store;
        let now = store.tables().of(row.kind).by_id(&row.id);
        if overtaken && now.is_none_or(|now| now.revision != row.revision) {
            return Err(Problem::new(409, "the group has changed meanwhile"));
        }
        commit(store, &app.base_url, &row, document, call)
    });
    done.unwrap_or_else(Answer::from)
}

/// Creates, unless too many others are being created at this moment.
async fn create_among_few(app: &App, call: &Call) -> Answer {
    let others = app.creates.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(RACE).await;
    app.creates.fetch_sub(1, Ordering::Relaxed);
    if others < FEW { answer(app, call) } else { Problem::new(500, "deadlock").into() }
}

/// Everything about a request that can be wrong before SCIM begins.
async fn understand(app: &App, request: Request) -> Result<Call, Problem> {
    let (parts, body) = request.into_parts();
    // The body is read first, whatever becomes of the request: a client that still writes would not hear the answer.
    let bytes = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| Problem::new(413, format!("the body has more than {MAX_BODY} bytes")));
    let speaks_v1 = v1::is_asked(parts.uri.path());
    let endpoint = endpoint(parts.uri.path());
    let authorised = authorise(app, &endpoint, &parts.headers);
    if !app.quirks.has(Quirk::AuthCheckedLate) {
        authorised.clone()?;
    }
    accept(&parts.headers, &app.quirks)?;
    if let Some(refusal) = transport::refuses_headers(&app.quirks, &parts.method, &parts.headers) {
        return Err(refusal);
    }
    let query = parts.uri.query().unwrap_or_default();
    if let Some(refusal) = transport::refuses_query(&app.quirks, query) {
        return Err(refusal);
    }
    let parameters = parameters(&transport::undecoded(&app.quirks, query))?;
    let method = if speaks_v1 { v1::method(parts.method, &parts.headers)? } else { parts.method };
    let body = match method {
        // What cannot be written to refuses any body.
        Method::POST if speaks_v1 && endpoint.is_discovery() => Value::Null,
        Method::POST | Method::PUT | Method::PATCH => read_body(app, &parts.headers, &bytes?)?,
        _ => Value::Null,
    };
    let mut call = Call { method, endpoint, parameters, headers: parts.headers, body };
    if speaks_v1 {
        call = v1::understood(&app.quirks, call)?;
    }
    if authorised.is_err() {
        answer(app, &call);
    }
    authorised.map(|()| call)
}

fn endpoint(path: &str) -> Endpoint {
    let speaks_v1 = v1::is_asked(path);
    let base = if speaks_v1 { v1::PATH } else { BASE_PATH };
    let below = path.strip_prefix(base).filter(|below| below.is_empty() || below.starts_with('/'));
    let Some(below) = below else {
        return Endpoint::Unknown;
    };
    // Administrators type base URLs with a slash at the end, which makes `//Users` of an endpoint.
    let segments = below.split('/').filter(|segment| !segment.is_empty());
    // What is not UTF-8 becomes an id that nobody has.
    let decode = |segment| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let segments: Vec<String> = segments.map(decode).collect();
    if speaks_v1 { v1::endpoint(&segments) } else { Endpoint::read(&segments) }
}

fn decode(text: &str) -> Result<String, Problem> {
    percent_decode_str(text)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| Problem::value("the query string is not UTF-8"))
}

/// Decodes a query string; spaces may be written as `+` or `%20`.
fn parameters(query: &str) -> Result<Vec<(String, String)>, Problem> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(&name.replace('+', " "))?, decode(&value.replace('+', " "))?))
        })
        .collect()
}

/// What describes the server is open to all, but not to those who present a wrong credential.
fn authorise(app: &App, endpoint: &Endpoint, headers: &HeaderMap) -> Result<(), Problem> {
    let second = app.second_token.as_deref().filter(|_| !app.quirks.has(Quirk::SecondTokenRefused));
    let revoked = app.revoked_token.as_deref().filter(|_| app.quirks.has(Quirk::RevokedTokenAccepted));
    let tokens: Vec<&str> = [Some(app.token.as_str()), second, revoked].into_iter().flatten().collect();
    if app.product.admits(headers, &tokens) || transport::admits_nothing(&app.quirks, headers) {
        return Ok(());
    }
    let is_shown = app.product.is_shown(headers);
    let open = endpoint.is_discovery() && !app.quirks.has(Quirk::DiscoveryBehindCredential);
    match (!is_shown && open) || transport::admits(&app.quirks, is_shown) {
        true => Ok(()),
        false if is_shown => Err(Problem::new(401, "the credential is not valid")),
        false => Err(Problem::new(401, faults::errors::NO_CREDENTIAL)),
    }
}

/// The media type without its parameters, in lower case.
fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Whether the client asks for `application/json` and for nothing else that an answer could be.
fn wants_plain_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut ranges =
        accepted.flat_map(|value| value.split(',')).map(essence).filter(|range| !range.is_empty()).peekable();
    ranges.peek().is_some() && ranges.all(|range| range == "application/json")
}

fn accept(headers: &HeaderMap, quirks: &Quirks) -> Result<(), Problem> {
    let accepted: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let refused = |accept: &&str| transport::refuses_accept(quirks, accept);
    let mut ranges =
        accepted.iter().flat_map(|value| value.split(',')).map(essence).filter(|range| !range.is_empty()).peekable();
    let fits = |range: String| {
        matches!(range.as_str(), "*/*" | "application/*" | "application/scim+json" | "application/json" | "text/json")
    };
    match ranges.peek().is_none() || ranges.any(fits) {
        true if !accepted.iter().any(refused) => Ok(()),
        _ => Err(Problem::new(406, "answers are application/scim+json")),
    }
}

fn read_body(app: &App, headers: &HeaderMap, bytes: &[u8]) -> Result<Value, Problem> {
    let quirks = &app.quirks;
    let given = headers.get(header::CONTENT_TYPE);
    let given = given.map(|value| value.to_str().unwrap_or_default());
    let understood = matches!(given.map(essence).as_deref(), None | Some("application/scim+json" | "application/json"));
    let understood = understood && given.map(essence).is_none_or(|essence| app.product.takes(&essence));
    if !understood || given.is_some_and(|given| transport::refuses_content_type(quirks, given)) {
        return Err(Problem::new(415, "the body has to be application/scim+json or application/json"));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let detail = format!("the body is not JSON: {error}");
        transport::misjudged_syntax(quirks)
            .map_or_else(|| Problem::syntax(&detail), |status| Problem::new(status, &detail))
    })
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = weight.trim().trim_start_matches("q=");
            let refused = !weight.is_empty() && weight.parse::<f32>() == Ok(0.0);
            matches!(name.trim(), "gzip" | "*") && !refused
        })
}

fn respond(quirks: &Quirks, mut answer: Answer, compressible: bool) -> Response {
    let mut bytes = match &answer.body {
        Body::Empty => Vec::new(),
        Body::Text(text) => text.clone().into_bytes(),
        Body::Json(value) if quirks.is_empty() => value.to_string().into_bytes(),
        Body::Json(value) => freedoms::written(quirks, value).into_bytes(),
    };
    let least = if quirks.has(Quirk::EveryBodyCompressed) { 1 } else { MIN_COMPRESSED };
    if compressible
        && bytes.len() >= least
        && let Some((compressed, coding)) = compress(quirks, &bytes)
    {
        bytes = compressed;
        answer.set("content-encoding", coding);
        answer.set("vary", "Accept-Encoding");
    }
    let chunked = !bytes.is_empty() && quirks.has(Quirk::BodiesInChunks);
    let mut body = HttpBody::from(bytes);
    if chunked {
        // Of a stream nobody knows the length.
        body = HttpBody::from_stream(body.into_data_stream());
    }
    let mut response = Response::new(body);
    if quirks.has(Quirk::Http10) {
        *response.version_mut() = Version::HTTP_10;
    }
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// The bytes in a content coding, and what it is called.
fn compress(quirks: &Quirks, bytes: &[u8]) -> Option<(Vec<u8>, &'static str)> {
    if quirks.has(Quirk::BodiesDeflated) {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).ok()?;
        return Some((encoder.finish().ok()?, "deflate"));
    }
    let name = if quirks.has(Quirk::CodingInCapitals) { "GZIP" } else { "gzip" };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).ok()?;
    Some((encoder.finish().ok()?, name))
}

//! A service for Okta's import inline hook, right by default and wrong on request.
//!
//! It gives users whose login is taken another one, confirms links, cleans names of blanks, and says in `error` what it cannot use.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::serve::ListenerExt;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::http::lock;

/// Where the hook is served.
pub const PATH: &str = "/okta/import";

/// How many bytes an event may have.
const MAX_BODY: usize = 1024 * 1024;

// The enum, its `ALL` and `id`: made by build.rs of `scenarios/quirks.yaml`, as those of the SCIM server are.
include!(concat!(env!("OUT_DIR"), "/hook_quirks.rs"));

impl FromStr for HookQuirk {
    /// The name that no quirk has.
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|quirk| quirk.id() == name).ok_or_else(|| name.to_owned())
    }
}

/// How a hook service starts.
#[derive(Clone, Debug)]
pub struct HookOptions {
    /// The TCP port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// The header that has to hold the secret, and the secret; without one everybody is let in.
    pub credential: Option<(String, String)>,
    /// What it does wrong.
    pub quirks: Vec<HookQuirk>,
    /// How long what takes a while takes.
    pub delay: Duration,
}

impl Default for HookOptions {
    fn default() -> Self {
        Self { port: 0, credential: None, quirks: Vec::new(), delay: Duration::from_millis(400) }
    }
}

#[derive(Debug)]
struct App {
    options: HookOptions,
    url: String,
    /// The answers to events so far, by their ids.
    answered: Mutex<HashMap<String, Value>>,
    /// The first name of the user whose event came last.
    last: Mutex<Value>,
    broken: AtomicBool,
    events: AtomicU64,
    turn: tokio::sync::Mutex<()>,
    log: Mutex<Vec<Value>>,
}

impl App {
    fn has(&self, quirk: HookQuirk) -> bool {
        self.options.quirks.contains(&quirk)
    }
}

/// A running hook service; dropping it stops it.
#[derive(Debug)]
pub struct HookServer {
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl HookServer {
    /// The address of the hook.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.app.url
    }

    /// The events that were understood, in the order in which they came.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        lock(&self.app.log).clone()
    }

    /// Stops the service and waits until it has let go of its connections.
    pub async fn shutdown(self) {
        drop(self.stop);
        let _ = self.task.await;
    }
}

/// Starts a hook service on 127.0.0.1, in a task of its own.
///
/// # Errors
///
/// When the port cannot be bound.
pub async fn serve(options: HookOptions) -> std::io::Result<HookServer> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let app = Arc::new(App {
        url: format!("http://{}{PATH}", listener.local_addr()?),
        options,
        answered: Mutex::default(),
        last: Mutex::new(Value::Null),
        broken: AtomicBool::new(false),
        events: AtomicU64::new(0),
        turn: tokio::sync::Mutex::new(()),
        log: Mutex::default(),
    });
    let router = Router::new().fallback(handle).with_state(Arc::clone(&app));
    let (stop, stopped) = oneshot::channel::<()>();
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let task = tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(async move {
            let _ = stopped.await;
        });
        let _ = served.await;
    });
    Ok(HookServer { app, stop, task })
}

/// What is answered.
struct Answer {
    status: u16,
    location: Option<&'static str>,
    body: Option<Value>,
}

impl Answer {
    fn of(status: u16, body: Value) -> Self {
        Self { status, location: None, body: Some(body) }
    }

    fn refusal(status: u16, why: &str) -> Self {
        Self::of(status, json!({ "message": why }))
    }
}

async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    respond(&app, answer(&app, request).await)
}

async fn answer(app: &App, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_BODY).await;
    if app.has(HookQuirk::Redirects) && !parts.uri.path().ends_with('/') {
        return Answer { status: 308, location: Some("/okta/import/"), body: None };
    }
    if parts.uri.path().trim_end_matches('/') != PATH {
        return Answer::refusal(404, "there is nothing here");
    }
    if parts.method != Method::POST {
        return Answer::refusal(405, "events are sent with POST");
    }
    if let Some((name, secret)) = &app.options.credential {
        let shown = parts.headers.get(name.as_str()).map(HeaderValue::as_bytes);
        let is_right = match shown {
            None => app.has(HookQuirk::CredentialOptional),
            Some(shown) => app.has(HookQuirk::CredentialUnchecked) || shown == secret.as_bytes(),
        };
        if !is_right && app.has(HookQuirk::RefusalRedirects) {
            return Answer { status: 302, location: Some("/login"), body: None };
        }
        if !is_right {
            return Answer::refusal(401, "the credential is missing or wrong");
        }
    }
    if app.broken.load(Ordering::Relaxed) {
        return Answer::refusal(500, "connection pool is closed");
    }
    let Ok(bytes) = bytes else { return Answer::refusal(413, "the event is too large") };
    let event: Value = match serde_json::from_slice(&bytes) {
        Ok(event) => event,
        Err(_) => {
            app.broken.store(app.has(HookQuirk::BrokenForGood), Ordering::Relaxed);
            return Answer::refusal(400, "the body is no JSON");
        }
    };
    lock(&app.log).push(event.clone());
    let number = app.events.fetch_add(1, Ordering::Relaxed);
    if number == 0 && app.has(HookQuirk::Stumbles) {
        return Answer::refusal(503, "starting");
    }
    let is_conflict = event.pointer("/data/context/conflicts/0").is_some();
    let pause = match () {
        () if app.has(HookQuirk::Slow) || (is_conflict && app.has(HookQuirk::SlowWithConflict)) => {
            app.options.delay * 10
        }
        () if app.has(HookQuirk::HalfSecond) => Duration::from_millis(600),
        () => Duration::ZERO,
    };
    tokio::time::sleep(pause).await;
    if app.has(HookQuirk::OneAtATime) {
        let _turn = app.turn.lock().await;
        tokio::time::sleep(app.options.delay).await;
    }
    let previous = std::mem::replace(&mut *lock(&app.last), first_name(&event));
    if app.has(HookQuirk::SharedUser) {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    if let Some(refusal) = refuse(app, &event) {
        return refusal;
    }
    let id = event.get("eventId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let known = lock(&app.answered).get(&id).cloned().filter(|_| !app.has(HookQuirk::CountsRepeats));
    let said = known.unwrap_or_else(|| say(app, &event, number, &previous));
    lock(&app.answered).insert(id, said.clone());
    Answer::of(200, said)
}

fn first_name(event: &Value) -> Value {
    event.pointer("/data/user/profile/firstName").cloned().unwrap_or(Value::Null)
}

/// What services fail at.
fn refuse(app: &App, event: &Value) -> Option<Answer> {
    let profile = event.pointer("/data/appUser/profile").and_then(Value::as_object);
    let is_odd = |value: &Value| value.is_null() || value.is_array();
    let fails = (app.has(HookQuirk::WrongPlace) && event.get("profile").is_none())
        || (app.has(HookQuirk::Nulls500)
            && profile.is_some_and(|profile| profile.iter().any(|(_, value)| is_odd(value))))
        || (app.has(HookQuirk::Missing500) && text(event, "lastName").is_none());
    if fails {
        return Some(Answer::refusal(500, "TypeError: cannot read properties of undefined"));
    }
    let knows = |name: &String| {
        ["eventType", "eventTypeVersion", "cloudEventVersion", "contentType", "source", "eventId", "eventTime", "data"]
            .contains(&name.as_str())
    };
    let is_strange = event.as_object().is_some_and(|event| !event.keys().all(knows));
    (app.has(HookQuirk::Strict) && is_strange).then(|| Answer::refusal(400, "unknown field"))
}

fn text<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    event.pointer(&format!("/data/user/profile/{name}"))?.as_str().filter(|text| !text.trim().is_empty())
}

/// What the service wants for a user.
fn say(app: &App, event: &Value, number: u64, previous: &Value) -> Value {
    let is_import = event.get("eventType").and_then(Value::as_str) == Some("com.okta.import.transform");
    if !is_import && !app.has(HookQuirk::AnyEvent) {
        return json!({});
    }
    if app.has(HookQuirk::ErrorsAlways) {
        return json!({ "error": { "errorSummary": "the directory is being repaired" } });
    }
    if text(event, "lastName").is_none() {
        let name = if app.has(HookQuirk::ErrorMisspelt) { "errorSummarry" } else { "errorSummary" };
        return json!({ "error": { name: "the user has no last name" } });
    }
    let mut commands = Vec::new();
    let mut command = |kind: &str, value: Value| commands.push(json!({ "type": kind, "value": value }));
    let mut values = Map::new();
    let is_conflict = event.pointer("/data/context/conflicts/0").is_some() || app.has(HookQuirk::RenamesAll);
    let login = text(event, "login").unwrap_or_default();
    if is_conflict && app.has(HookQuirk::LinkAlone) {
        command("com.okta.action.update", json!({ "result": "LINK_USER" }));
    } else if is_conflict || !is_import {
        values.insert("login".to_owned(), Value::from(another_login(app, event, login, number)));
    } else if app.has(HookQuirk::LoginNull) {
        values.insert("login".to_owned(), Value::Null);
    }
    for name in ["firstName", "lastName"] {
        let written = text(event, name).unwrap_or_default();
        if written.trim() != written {
            let clean = if app.has(HookQuirk::Garbled) { garbled(written.trim()) } else { written.trim().to_owned() };
            values.insert(name.to_owned(), Value::from(clean));
        }
    }
    if app.has(HookQuirk::LastUser) && !previous.is_null() {
        values.insert("firstName".to_owned(), previous.clone());
    }
    if app.has(HookQuirk::SharedUser) {
        values.insert("nickName".to_owned(), lock(&app.last).clone());
    }
    if !values.is_empty() || app.has(HookQuirk::EmptyLists) {
        let value = match values.is_empty() {
            true => json!([]),
            false if app.has(HookQuirk::OpPath) => {
                let op = |(name, value): (&String, &Value)| json!({ "op": "replace", "path": name, "value": value });
                values.iter().map(op).collect()
            }
            false => Value::Object(values),
        };
        let old = app.has(HookQuirk::OldNames);
        command(if old { "com.okta.user.profile.update.import" } else { "com.okta.user.profile.update" }, value);
    }
    let user = event.pointer("/data/user/id").and_then(Value::as_str);
    if let (Some(id), Some("LINK_USER")) = (user, event.pointer("/data/action/result").and_then(Value::as_str)) {
        let result = if app.has(HookQuirk::LowerCaseResult) { "link_user" } else { "LINK_USER" };
        let whom = match () {
            () if app.has(HookQuirk::LinkWithoutId) => json!({ "login": login }),
            () if app.has(HookQuirk::LinksElsewhere) => json!({ "id": "00gSomebodyElse00001" }),
            () => json!({ "id": id }),
        };
        command("com.okta.action.update", json!({ "result": result }));
        command("com.okta.user.update", whom);
    }
    if app.has(HookQuirk::LinkFirst) {
        commands.reverse();
    }
    if app.has(HookQuirk::FlatCommands) {
        for command in &mut commands {
            let value = command.as_object_mut().and_then(|command| command.remove("value"));
            if let (Some(command), Some(Value::Object(value))) = (command.as_object_mut(), value) {
                command.extend(value);
            }
        }
    }
    match commands.is_empty() {
        true => json!({}),
        false => json!({ "commands": commands }),
    }
}

/// A login that nobody has: it follows from all that is known of the user, so that no two get the same.
fn another_login(app: &App, event: &Value, login: &str, number: u64) -> String {
    let (local, domain) = login.split_once('@').unwrap_or((login, "example.com"));
    let mut hasher = DefaultHasher::new();
    event.pointer("/data/appUser/profile").map(Value::to_string).hash(&mut hasher);
    match () {
        () if app.has(HookQuirk::SameLogin) => login.to_owned(),
        () if app.has(HookQuirk::SameNewLogin) => format!("{local}2@{domain}"),
        () if app.has(HookQuirk::CountsRepeats) => format!("{local}.{number}@{domain}"),
        () => format!("{local}.{:06x}@{domain}", hasher.finish() & 0xff_ffff),
    }
}

/// UTF-8 taken for Latin-1 and written as UTF-8 again.
fn garbled(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

fn respond(app: &App, mut answer: Answer) -> Response {
    if answer.status == 200 {
        edit(app, &mut answer);
    }
    let says_nothing = answer.status == 200 && answer.body.as_ref().is_some_and(|body| *body == json!({}));
    let text = match &answer.body {
        None => String::new(),
        Some(_) if answer.status == 200 && app.has(HookQuirk::PlainText) => "ok".to_owned(),
        Some(_) if says_nothing && app.has(HookQuirk::EmptyBody) => String::new(),
        Some(_) if says_nothing && app.has(HookQuirk::NullBody) => "null".to_owned(),
        Some(body) if app.has(HookQuirk::Charset) => format!("\u{feff}{body}"),
        Some(body) => body.to_string(),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let label = match () {
        () if app.has(HookQuirk::Html) => "text/html",
        () if app.has(HookQuirk::Charset) => "application/json; charset=utf-8",
        () => "application/json",
    };
    if answer.body.is_some() {
        response.headers_mut().insert("content-type", HeaderValue::from_static(label));
    }
    if let Some(location) = answer.location {
        response.headers_mut().insert("location", HeaderValue::from_static(location));
    }
    response
}

/// What a service does to all its answers.
fn edit(app: &App, answer: &mut Answer) {
    if app.has(HookQuirk::Says204) {
        *answer = Answer { status: 204, location: None, body: None };
        return;
    }
    if app.has(HookQuirk::EmptyCommands) {
        answer.body = Some(json!({ "commands": [] }));
    }
    let Some(body) = answer.body.as_mut().and_then(Value::as_object_mut) else { return };
    if app.has(HookQuirk::ExtraKeys) {
        body.insert("requestId".to_owned(), json!(7));
        for command in body.get_mut("commands").and_then(Value::as_array_mut).into_iter().flatten() {
            command["reason"] = json!("taken");
        }
    }
    if app.has(HookQuirk::LargeAnswer) {
        body.insert("debugContext".to_owned(), json!({ "directory": "x".repeat(300 * 1024) }));
    }
    if app.has(HookQuirk::DebugProfile) {
        let last = lock(&app.log).last().cloned().unwrap_or_default();
        body.insert("debugContext".to_owned(), json!({ "received": last.pointer("/data/appUser/profile") }));
    }
    if app.has(HookQuirk::Says201) {
        answer.status = 201;
    }
}

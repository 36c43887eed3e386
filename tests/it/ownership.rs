//! What a run may write to, also where one request stands for several, or the server has endpoints of its own: what is not the run's is
//! not written to, and what it creates is removed, whatever becomes of the answer.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::program::call;

/// How a server answers Bulk requests, all of which it carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bulk {
    /// As RFC 7644 says.
    Right,
    /// With statuses as SCIM 1.1 has them, and nothing but the place of what was created.
    Terse,
    /// Without a word on what it did.
    Silent,
    /// Without `bulkId`s, in the order of the request.
    Unnamed,
    /// With that status.
    Failing(u16),
    /// Not within the time that anybody waits.
    Never,
}

/// A server that holds what it is given: users, groups, devices, and somebody behind `/Me`.
struct Server {
    _runtime: Runtime,
    base_url: String,
    state: Arc<State>,
}

struct State {
    bulk: Bulk,
    held: Mutex<BTreeMap<String, Value>>,
    next: Mutex<usize>,
    asked: Mutex<Vec<(String, String)>>,
}

impl State {
    fn perform(&self, base: &str, method: &str, path: &str, filter: Option<&str>, body: &Value) -> (u16, Value) {
        let mut held = self.held.lock().expect("nobody panics");
        let is_collection = path.matches('/').count() == 1 && path != "/Me";
        let is_below = |other: &str| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        match method {
            "POST" if path.ends_with("/.search") => (200, json!({ "totalResults": 0, "Resources": [] })),
            "POST" if is_collection => {
                let mut next = self.next.lock().expect("nobody panics");
                *next += 1;
                let mut created = body.clone();
                created["id"] = json!(format!("n{next}"));
                created["meta"] = json!({ "location": format!("{base}{path}/n{next}") });
                held.insert(format!("{path}/n{next}"), created.clone());
                (201, created)
            }
            "GET" if is_collection => {
                let wanted = filter.and_then(|filter| filter.split_once(" eq "));
                let matches = |one: &Value| {
                    wanted.is_none_or(|(name, value)| one[name].as_str() == Some(value.trim_matches('"')))
                };
                let found = held.iter().filter(|(at, _)| is_below(at)).map(|(_, one)| one).filter(|one| matches(one));
                let found: Vec<Value> = found.cloned().collect();
                (200, json!({ "totalResults": found.len(), "Resources": found }))
            }
            "GET" => held.get(path).map_or((404, Value::Null), |one| (200, one.clone())),
            "DELETE" => held.remove(path).map_or((404, Value::Null), |_| (204, Value::Null)),
            "PUT" | "PATCH" => match held.get_mut(path) {
                Some(one) => {
                    one["changed"] = json!(true);
                    (200, one.clone())
                }
                None => (404, Value::Null),
            },
            _ => (405, Value::Null),
        }
    }

    fn bulk(&self, base: &str, body: &Value) -> (u16, Value) {
        let mut answers = Vec::new();
        let mut created = BTreeMap::new();
        for operation in body["Operations"].as_array().into_iter().flatten() {
            let text = |name: &str| operation[name].as_str().unwrap_or_default().to_owned();
            let (method, bulk_id) = (text("method"), text("bulkId"));
            let mut path = format!("/{}", text("path").trim_start_matches('/'));
            if let Some((collection, id)) =
                path.clone().split_once("/bulkId:").map(|(a, b)| (a.to_owned(), b.to_owned()))
            {
                path = format!("{collection}/{}", created.get(&id).cloned().unwrap_or_default());
            }
            let (status, resource) = self.perform(base, &method, &path, None, &operation["data"]);
            let location = resource["meta"]["location"].clone();
            created.insert(bulk_id.clone(), resource["id"].as_str().unwrap_or_default().to_owned());
            let answer = match self.bulk {
                Bulk::Terse => {
                    json!({ "bulkId": bulk_id, "location": location, "status": { "code": status.to_string() } })
                }
                Bulk::Unnamed => json!({ "location": location, "status": status, "response": resource }),
                _ => json!({ "method": method, "bulkId": bulk_id, "location": location, "status": status.to_string() }),
            };
            answers.push(answer);
        }
        match self.bulk {
            Bulk::Silent => (200, json!({})),
            Bulk::Failing(status) => (status, json!({ "status": status.to_string() })),
            _ => (
                200,
                json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], "Operations": answers }),
            ),
        }
    }
}

impl Server {
    fn new(bulk: Bulk) -> Self {
        let runtime = Runtime::new().expect("a runtime can start");
        let theirs = json!({ "id": "1", "userName": "theirs@example.com" });
        let held = [
            ("/Users/1", theirs.clone()),
            ("/Groups/1", json!({ "id": "1", "displayName": "Theirs" })),
            ("/Devices/1", json!({ "id": "1", "serialNumber": "0815" })),
            ("/Me", theirs),
        ];
        let held = held.map(|(path, value)| (path.to_owned(), value)).into();
        let state = State { bulk, held: Mutex::new(held), next: Mutex::default(), asked: Mutex::default() };
        let state = Arc::new(state);
        let (serving, base_url) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let base_url = format!("http://{}", listener.local_addr().expect("a bound address"));
            let (state, base) = (Arc::clone(&state), base_url.clone());
            let answer = move |request: Request| answer(request, base.clone(), Arc::clone(&state));
            (axum::serve(listener, Router::new().fallback(answer)).into_future(), base_url)
        });
        runtime.spawn(serving);
        Self { _runtime: runtime, base_url, state }
    }

    fn held(&self) -> BTreeMap<String, Value> {
        self.state.held.lock().expect("nobody panics").clone()
    }

    /// A folder with a scenario.
    fn folder(steps: &str) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("scenarios/own")).expect("a folder");
        let suite = "title: Own\nbody-headers: { Content-Type: application/scim+json }\n";
        fs::write(at("scenarios/own/suite.yaml"), suite).expect("a file");
        fs::write(at("scenarios/own/case.yaml"), format!("title: A case\nsteps:\n{steps}")).expect("a file");
        folder
    }

    /// Plays a scenario; what the server held before, and nothing else, it holds afterwards. Gives the report's only case.
    fn play(&self, steps: &str) -> Value {
        let folder = Self::folder(steps);
        let before = self.held();
        let known = ["run", "--base-url", &self.base_url, "--token", "token-of-the-tests", "--scenarios", "scenarios"];
        let how = ["--settle", "0.2", "--timeout", "1", "--report", "json=run.json", "--bodies", "all"];
        let (_, out, err) = call(folder.path(), &[&known[..], &how[..]].concat());
        let report =
            fs::read_to_string(folder.path().join("run.json")).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
        let report: Value = serde_json::from_str(&report).expect("it is JSON");
        assert_eq!(self.held(), before, "{report:#}");
        assert_eq!(report["leftovers"], json!([]), "{report:#}");
        report["cases"][0].clone()
    }

    fn asked(&self, method: &str, path: &str) -> usize {
        let asked = self.state.asked.lock().expect("nobody panics");
        asked.iter().filter(|(m, p)| m == method && p.split('?').next() == Some(path)).count()
    }
}

async fn answer(request: Request, base: String, state: Arc<State>) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1_000_000).await.expect("a request has a body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    state.asked.lock().expect("nobody panics").push((method.to_owned(), parts.uri.to_string()));
    let filter = parts.uri.query().and_then(|query| query.strip_prefix("filter="));
    let filter = filter.map(|f| percent_encoding::percent_decode_str(f).decode_utf8_lossy().into_owned());
    let (status, body) = match path {
        "/Bulk" => state.bulk(&base, &body),
        "/ServiceProviderConfig" => (200, json!({ "bulk": { "supported": true }, "filter": { "supported": true } })),
        "/ResourceTypes" => {
            let endpoint = |name: &str| json!({ "id": name, "name": name, "endpoint": format!("/{name}s") });
            let types = ["User", "Group", "Device"].map(endpoint);
            (200, json!({ "totalResults": 3, "Resources": types }))
        }
        path => state.perform(&base, method, path, filter.as_deref(), &body),
    };
    if path == "/Bulk" && state.bulk == Bulk::Never {
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let answer = Response::builder().status(status).header("content-type", "application/scim+json");
    answer.body(Body::from(text)).expect("an answer")
}

/// A step that creates a user, or something else, and remembers its id.
fn create(path: &str, body: &str) -> String {
    format!(
        "  - send: POST {path}\n    body: {body}\n    capture: {{ id: $.id }}\n    expect: [{{ must: RFC7644-3.3-created-201, status: 201 }}]\n"
    )
}

const USER: &str = r#"{ userName: "one.${unique}@example.com" }"#;

/// A step that sends operations, or anything else, to `/Bulk`.
fn bulk(operations: &str) -> String {
    format!(
        "  - send: POST /Bulk\n    body: {{ schemas: [\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\"], Operations: [{operations}] }}\n"
    )
}

fn step(request: &str) -> String {
    format!("  - send: {request}\n    body: {{ active: false }}\n")
}

/// What is not sent, after a user was created.
fn is_not_sent(step: &str, what: &str) {
    let server = Server::new(Bulk::Right);
    let case = server.play(&(create("/Users", USER) + step));
    assert_eq!(case["outcome"], "inconclusive", "{case:#}");
    assert_eq!(case["cause"]["kind"], "not-ours", "{case:#}");
    let told = case["cause"]["what"].as_str().unwrap_or_default();
    assert!(told.starts_with(what), "{told}");
    let written = ["PUT", "PATCH", "DELETE"].iter().map(|m| server.asked(m, "/Users/1") + server.asked(m, "/Me"));
    assert_eq!(written.sum::<usize>() + server.asked("POST", "/Bulk") + server.asked("POST", "/Me"), 0);
}

#[test]
fn operations_on_what_others_own_are_not_sent() {
    for (operation, what) in [
        ("{ method: DELETE, path: /Users/1 }", "DELETE /Users/1 in POST /Bulk"),
        ("{ method: delete, path: Users/1 }", "DELETE /Users/1 in POST /Bulk"),
        ("{ method: PUT, path: \"/Users/1?x=y\", data: { userName: x } }", "PUT /Users/1"),
        ("{ Method: PATCH, Path: /Groups/1/, data: { Operations: [] } }", "PATCH /Groups/1 in"),
        ("{ method: DELETE, path: \"/Users/bulkId:nobody\" }", "DELETE /Users/bulkId:nobody"),
        ("{ method: POST, path: /Users/1, data: {} }", "POST /Users/1"),
        ("{ method: POST, path: /Bulk, data: { Operations: [{ method: DELETE, path: /Users/1 }] } }", "POST /Bulk in"),
        ("{ method: PATCH, path: /Me, data: {} }", "PATCH /Me"),
        ("{ method: DELETE, METHOD: GET, path: /Users/1 }", "POST /Bulk, whose operations cannot be read"),
        ("{ path: /Users/1 }", "POST /Bulk, whose"),
    ] {
        // Whatever else is in the request, and wherever.
        let own = "{ method: POST, path: /Users, bulkId: a, data: { userName: \"two.${unique}\" } }";
        is_not_sent(&bulk(&format!("{own}, {operation}")), what);
    }
    is_not_sent(
        "  - send: POST /Bulk\n    raw: '{\"Operations\":[{\"method\":\"DELETE\",\"path\":\"/Users/1\"}'\n",
        "POST /Bulk, whose",
    );
    is_not_sent(
        "  - send: POST /bulk/\n    raw: '{\"operations\":[{\"method\":\"DELETE\",\"path\":\"/Users/1\"}]}'\n",
        "DELETE /Users/1 in POST /bulk/",
    );
}

#[test]
fn what_is_behind_me_or_in_a_collection_is_not_written_to() {
    for request in
        ["PATCH /Me", "PUT /me", "DELETE /Me", "POST /Me", "POST /Users/1", "POST /Users/1/reset", "PATCH /Me/x"]
    {
        is_not_sent(&step(request), request);
    }
    let overridden = "  - send: POST /Users/1\n    headers: { X-HTTP-Method-Override: delete }\n";
    is_not_sent(overridden, "POST /Users/1");
    let overridden = "  - send: GET /Users/1\n    headers: { x-http-method-override: DELETE }\n";
    is_not_sent(overridden, "GET /Users/1");
}

#[test]
fn searches_that_are_posted_are_reads() {
    let server = Server::new(Bulk::Right);
    let search = |path: &str| {
        format!(
            "  - send: POST {path}\n    body: {{ filter: 'userName eq \"${{unique}}\"' }}\n    expect: [{{ must: RFC7644-3.4.3-search-is-query, status: 200 }}]\n"
        )
    };
    let case = server.play(&(search("/Users/.search") + &search("/Devices/.search")));
    assert_eq!(case["outcome"], "passed", "{case:#}");
    assert_eq!(server.asked("GET", "/Users"), server.asked("GET", "/Users").min(1), "nothing is looked for");
}

const CREATING: &str = r#"{ method: POST, path: /Users, bulkId: a, data: { userName: "a.${unique}" } },
      { method: POST, path: /Groups, bulkId: b, data: { displayName: "b.${unique}", members: [{ value: "bulkId:a" }] } },
      { method: POST, path: Devices, bulkId: c, data: { serialNumber: "c.${unique}" } },
      { method: PATCH, path: "/Users/bulkId:a", data: { active: false } }"#;

const DELETING: &str = r#"{ method: POST, path: /Users, bulkId: d, data: { userName: "d.${unique}" } },
      { method: DELETE, path: "/Users/bulkId:d" }"#;

#[test]
fn what_a_bulk_request_creates_is_removed_whatever_its_answer_says() {
    let kinds =
        [Bulk::Right, Bulk::Terse, Bulk::Unnamed, Bulk::Silent, Bulk::Failing(500), Bulk::Failing(413), Bulk::Never];
    for kind in kinds {
        let server = Server::new(kind);
        // Of what may come late and does not, a run can only say so.
        let deleting = if kind == Bulk::Never { "" } else { DELETING };
        server.play(&bulk(&format!("{CREATING}, {deleting}")));
        assert_eq!(server.asked("POST", "/Bulk"), 1, "{kind:?}: it is not sent again");
        // Of what a Bulk request deleted nobody asks.
        let is_told = matches!(kind, Bulk::Right | Bulk::Terse | Bulk::Unnamed);
        assert_eq!(server.asked("DELETE", "/Users/n4"), 0, "{kind:?}");
        assert_eq!(server.asked("DELETE", "/Devices/n3"), 1, "{kind:?}");
        let searches =
            server.state.asked.lock().expect("nobody panics").iter().filter(|(_, p)| p.contains("filter=")).count();
        assert_eq!(searches == 0, is_told, "{kind:?}: {searches}");
    }
}

#[test]
fn a_run_that_is_killed_while_its_bulk_request_is_carried_out_can_be_swept() {
    let server = Server::new(Bulk::Never);
    let before = server.held();
    let folder = Server::folder(&bulk(CREATING));
    let known = ["--base-url", &server.base_url, "--token", "token-of-the-tests", "--journal", "journal"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(["run", "--scenarios", "scenarios"]).args(known).current_dir(folder.path());
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let patience = Instant::now() + Duration::from_secs(30);
    while server.held().len() < before.len() + 3 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
    run.kill().and_then(|()| run.wait()).expect("it was running");
    assert_eq!(server.held().len(), before.len() + 3, "it was killed when all was there");
    let (code, out, err) = call(folder.path(), &[&["sweep"][..], &known, &["--settle", "0.2"]].concat());
    assert_eq!((code, server.held()), (Some(0), before), "{out}{err}");
}

#[test]
fn what_a_case_created_before_may_be_changed_in_bulk() {
    let server = Server::new(Bulk::Right);
    let change = "{ method: PATCH, path: \"/Users/${id}\", data: { active: false } }, { method: DELETE, path: \"/Users/${id}\" }";
    let case = server.play(&(create("/Users", USER) + &bulk(change)));
    assert_ne!(case["cause"]["kind"], "not-ours", "{case:#}");
    assert_eq!(server.asked("POST", "/Bulk"), 1);
    assert_eq!(server.asked("DELETE", "/Users/n1"), 0, "the answer says that it is gone");
}

#[test]
fn endpoints_that_only_the_server_knows_are_collections_like_users() {
    let each = "  - each: \"${types}\"\n    at: \"$.Resources[?@.name == 'Device']\"\n    as: device\n    steps:\n";
    let types = "  - send: GET /ResourceTypes\n    capture: { types: $ }\n";
    let create = create("/${device.endpoint|path}", "{ serialNumber: \"c.${unique}\", displayName: Meter }");
    let own = "  - send: PATCH /${device.endpoint|path}/${id}\n    body: { active: false }\n";
    let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let server = Server::new(Bulk::Right);
    server.play(&format!("{types}{each}{}", indented(&(create.clone() + own))));
    assert_eq!((server.asked("PATCH", "/Devices/n1"), server.asked("DELETE", "/Devices/n1")), (1, 1));
    let others = "  - send: PATCH /${device.endpoint|path}/1\n    body: { active: false }\n";
    let case = server.play(&format!("{types}{each}{}", indented(&(create + others))));
    assert_eq!(case["cause"]["kind"], "not-ours", "{case:#}");
    assert_eq!(server.asked("PATCH", "/Devices/1"), 0);
}

//! What a refused create was refused for: the run finds out what makes the difference, says so, and leaves nothing behind.

use std::process::Command;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use scim_check::reference::{self, Options, Server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const TOKEN: &str = "token-of-the-tests";
/// As a pattern, it is this scenario alone.
const USER: &str = "okta/users/creat[e]";

/// What is not liked of the body of a create, as the status that it gets.
type Dislike = Arc<dyn Fn(&Value) -> Option<u16> + Send + Sync>;

/// The reference behind a door that refuses some creates.
struct Picky {
    runtime: Runtime,
    server: Server,
    base_url: String,
}

impl Picky {
    fn new(collection: &'static str, dislike: impl Fn(&Value) -> Option<u16> + Send + Sync + 'static) -> Self {
        // An error says that another test was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Runtime::new().expect("a runtime can start");
        let (server, base_url) = runtime.block_on(async {
            let options = Options { token: Some(TOKEN.to_owned()), users: 5, groups: 2, ..Options::default() };
            let server = reference::serve(options).await.expect("a free port");
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let base_url = format!("http://{}/scim/v2", listener.local_addr().expect("a bound address"));
            let origin = server.base_url().trim_end_matches("/scim/v2").to_owned();
            let (dislike, client): (Dislike, _) = (Arc::new(dislike), reqwest::Client::new());
            let door = move |request: Request| {
                through(request, collection, origin.clone(), client.clone(), Arc::clone(&dislike))
            };
            tokio::spawn(axum::serve(listener, Router::new().fallback(door)).into_future());
            (server, base_url)
        });
        Self { runtime, server, base_url }
    }

    fn held(&self) -> (usize, usize) {
        (self.server.user_count(), self.server.group_count())
    }

    /// Runs cases; gives the report. Whatever was created is gone.
    fn run(self, select: &[&str]) -> Value {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let before = self.held();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
        command
            .args(["run", "--base-url", &self.base_url, "--token", TOKEN, "--settle", "0.1", "--quiet"])
            .args(select);
        command.args(["--report", "json=run.json", "--report", "markdown=run.md", "--report", "html=run.html"]);
        command.env("XDG_STATE_HOME", folder.path()).current_dir(folder.path());
        let output = command.output().expect("the program starts");
        let text = std::fs::read_to_string(folder.path().join("run.json"));
        let text = text.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(self.held(), before, "something was left behind");
        let report: Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(report["leftovers"], json!([]));
        for because in becauses(&report) {
            // The end of the sentence is the same in every format.
            let end = because.rsplit('`').next().expect("the last of several").trim_start_matches([':', ' ']);
            for name in ["run.md", "run.html"] {
                let told = std::fs::read_to_string(folder.path().join(name)).expect("it was written");
                assert!(told.contains(end), "{end:?} is not in {name}");
            }
        }
        drop(self.runtime);
        report
    }
}

async fn through(
    request: Request,
    collection: &str,
    origin: String,
    client: reqwest::Client,
    dislike: Dislike,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1_000_000).await.expect("a request has a body");
    let is_create = parts.method == "POST" && parts.uri.path() == format!("/scim/v2/{collection}");
    let refused = serde_json::from_slice(&body).ok().filter(|_| is_create).and_then(|body| dislike(&body));
    if let Some(status) = refused {
        let told = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string(), "detail": "invalid" });
        let answer = Response::builder().status(status).header("content-type", "application/scim+json");
        return answer.body(Body::from(told.to_string())).expect("an answer");
    }
    let mut asked = client.request(parts.method, format!("{origin}{}", parts.uri));
    for (name, value) in parts.headers.iter().filter(|(name, _)| !["host", "content-length"].contains(&name.as_str())) {
        asked = asked.header(name, value);
    }
    let answer = asked.body(body).send().await.expect("the reference answers");
    let mut response = Response::builder().status(answer.status());
    for (name, value) in
        answer.headers().iter().filter(|(name, _)| !["content-length", "transfer-encoding"].contains(&name.as_str()))
    {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.bytes().await.expect("a body"))).expect("an answer")
}

/// What the findings of a run say that creates were refused for, each once.
fn becauses(report: &Value) -> Vec<String> {
    let cases = report["cases"].as_array().into_iter().flatten();
    let findings = cases.flat_map(|case| case["findings"].as_array().into_iter().flatten());
    let mut all: Vec<String> = findings.filter_map(|finding| finding["because"].as_str().map(str::to_owned)).collect();
    all.dedup();
    all
}

/// How many creates the report's cases sent.
fn creates(report: &Value) -> usize {
    let cases = report["cases"].as_array().into_iter().flatten();
    let exchanges = cases.flat_map(|case| case["exchanges"].as_array().into_iter().flatten());
    exchanges.filter(|exchange| exchange["request"]["method"] == "POST").count()
}

#[test]
fn the_one_attribute_that_is_refused_is_named() {
    for name in ["name", "emails", "displayName", "active"] {
        let report = Picky::new("Users", move |body| body.get(name).map(|_| 400)).run(&[USER]);
        assert_eq!(becauses(&report), [format!("`{name}`: a user without it is created")]);
        assert!(creates(&report) <= 12, "{} creates", creates(&report));
    }
}

#[test]
fn a_part_of_an_attribute_is_named() {
    let report = Picky::new("Users", |body| body.pointer("/name/familyName").map(|_| 422)).run(&[USER]);
    assert_eq!(becauses(&report), ["`name.familyName`: a user without it is created"]);
}

#[test]
fn an_attribute_that_costs_an_error_of_the_server_is_named() {
    let report = Picky::new("Users", |body| body.get("displayName").map(|_| 500)).run(&[USER]);
    assert_eq!(becauses(&report), ["`displayName`: a user without it is created"]);
}

#[test]
fn two_at_once_are_both_named() {
    let dislike = |body: &Value| body.get("emails").or(body.get("active")).map(|_| 400);
    let report = Picky::new("Users", dislike).run(&[USER]);
    assert_eq!(becauses(&report), ["`emails` and `active`: a user without them is created"]);
}

#[test]
fn what_is_missing_is_named() {
    let wants = |pointer: &'static str| move |body: &Value| body.pointer(pointer).is_none().then_some(400);
    let report = Picky::new("Users", wants("/name/formatted")).run(&[USER]);
    assert_eq!(becauses(&report), ["`name.formatted` is missing: a user with it is created"]);
    let report = Picky::new("Users", wants("/nickName")).run(&[USER]);
    assert_eq!(becauses(&report), ["`nickName` is missing: a user with it is created"]);
}

#[test]
fn of_a_server_that_refuses_everything_nothing_is_said() {
    let report = Picky::new("Users", |_| Some(400)).run(&[USER]);
    assert_eq!(becauses(&report), [""; 0]);
    assert!(creates(&report) <= 4, "{} creates", creates(&report));
    let report = Picky::new("Users", |_| Some(403)).run(&[USER]);
    assert_eq!((becauses(&report), creates(&report)), (Vec::new(), 1));
}

#[test]
fn a_refusal_that_does_not_last_is_told_as_such() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let once = move |_: &Value| (asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2).then_some(500);
    let report = Picky::new("Users", once).run(&[USER]);
    let told = becauses(&report);
    assert!(told.is_empty() || told[0].starts_with("nothing that it holds"), "{told:?}");
}

#[test]
fn what_a_group_is_refused_for_is_named() {
    let report = Picky::new("Groups", |body| body.get("members").map(|_| 400)).run(&["okta/groups/create"]);
    assert_eq!(becauses(&report), ["`members`: a group without it is created"]);
}

/// A scenario of one create, with that body.
fn own(body: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let scenario = json!({
        "title": "A user is created",
        "steps": [{
            "send": "POST /Users", "body": body, "expect": [{ "must": "RFC7644-3.3-created-201", "status": 201 }],
        }],
    });
    std::fs::write(folder.path().join("case.yaml"), scenario.to_string()).expect("the file can be written");
    folder
}

#[test]
fn a_part_of_an_extension_is_named_and_nothing_that_comes_after_it() {
    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let folder = own(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": "${unique}@example.com",
        ENTERPRISE: { "division": "North", "department": "Sales" },
        "title": "Engineer",
    }));
    // It also wants an extension that is there to be named.
    let dislike = |body: &Value| {
        let extension = body.get(ENTERPRISE)?;
        let is_named = body["schemas"].as_array().is_some_and(|urns| urns.iter().any(|urn| urn == ENTERPRISE));
        (extension.get("department").is_some() || !is_named).then_some(400)
    };
    let path = folder.path().display().to_string();
    let report = Picky::new("Users", dislike).run(&["--scenarios", &path]);
    assert_eq!(becauses(&report), [format!("`{ENTERPRISE}:department`: a user without it is created")]);
}

#[test]
fn a_create_that_carries_no_name_of_the_run_is_not_tried() {
    let folder = own(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "somebody@example.com",
        "title": "${unique}",
    }));
    let path = folder.path().display().to_string();
    let report = Picky::new("Users", |body| body.get("title").map(|_| 400)).run(&["--scenarios", &path]);
    assert_eq!((becauses(&report), creates(&report)), (Vec::new(), 1));
}

//! What a case sees of its own resources another case may have done, where several run at once: such a case is run again alone. What comes
//! again stands with its write; what does not is told as well and blames nobody. A recording says the same.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use scim_check::reference::{Options, Server, serve};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::program::call;

/// Whose display name is another than a PUT has said that names no nickname.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// That of the first user to whom it happens, as if somebody else had written to it.
    First,
    /// That of everybody.
    All,
}

/// A server before the reference that changes display names.
struct Relay {
    whose: Whose,
    upstream: String,
    client: reqwest::Client,
    changed: Mutex<Vec<String>>,
}

impl Relay {
    async fn answer(self: Arc<Self>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body").to_vec();
        let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let mut asked = self.client.request(parts.method.clone(), format!("{}{path}", self.upstream));
        for name in ["authorization", "content-type"] {
            asked = parts.headers.get(name).into_iter().fold(asked, |asked, value| asked.header(name, value));
        }
        let names_it = String::from_utf8_lossy(&body).contains("nickName");
        if parts.method == "PUT" && path.starts_with("/Users/") && !names_it {
            let mut changed = self.changed.lock().expect("nobody panics");
            if self.whose == Whose::All || changed.is_empty() {
                changed.push(path.clone());
            }
        }
        let answer = asked.body(body).send().await.expect("the reference answers");
        let status = StatusCode::from_u16(answer.status().as_u16()).expect("a status");
        let mut answer = answer.bytes().await.expect("a body").to_vec();
        if parts.method == "GET" && self.changed.lock().expect("nobody panics").contains(&path) && status == 200 {
            let mut shown: Value = serde_json::from_slice(&answer).expect("a user");
            shown["displayName"] = "Somebody".into();
            answer = shown.to_string().into_bytes();
        }
        let response = Response::builder().status(status).header("content-type", "application/scim+json");
        response.body(Body::from(answer)).expect("a response")
    }
}

async fn relay(server: &Server, whose: Whose) -> String {
    // The client needs it, and there is one for the process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let upstream = server.base_url().to_owned();
    let relay = Arc::new(Relay { whose, upstream, client: reqwest::Client::new(), changed: Mutex::default() });
    let router = Router::new().fallback(move |request: Request| Arc::clone(&relay).answer(request));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has one");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn report(folder: &Path, name: &str, arguments: &[&str]) -> Value {
    let file = format!("json={name}");
    let (code, out, err) = call(folder, &[arguments, &["--bodies", "all", "--report", &file]].concat());
    assert_eq!(code, Some(1), "{out}{err}");
    let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|_| panic!("no report: {out}{err}"));
    serde_json::from_str(&text).expect("a report is JSON")
}

const CASES: [&str; 2] = ["okta/users/update/put-absent", "okta/users/create"];

/// The case in the report of a run, and in that of its recording; with how many requests were sent to run cases again.
async fn told(whose: Whose, more: &'static [&str]) -> (Value, Value, usize) {
    let server = serve(Options::default()).await.expect("a free port");
    let (url, token) = (relay(&server, whose).await, server.token().to_owned());
    let told = move || {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let run = [&CASES[..], &["--base-url", &url, "--token", &token, "--settle", "0.1"], more].concat();
        let first = report(folder.path(), "1.json", &run);
        let second = report(folder.path(), "2.json", &["judge", "--from", "1.json"]);
        assert_eq!(first["setups"], second["setups"]);
        let case = |report: &Value| {
            let mut cases = report["cases"].as_array().expect("a list").iter();
            cases.find(|case| case["id"] == CASES[0]).expect("it was run").clone()
        };
        let setups = first["setups"].as_array().into_iter().flatten();
        let mut again = setups.filter(|setup| setup["id"].as_str().is_some_and(|id| id.contains("run again alone")));
        let sent = again.next().and_then(|setup| setup["requests"].as_u64()).unwrap_or_default();
        assert_eq!(first["leftovers"].as_array().map(Vec::len), Some(0));
        (case(&first), case(&second), usize::try_from(sent).expect("a few"))
    };
    let told = tokio::task::spawn_blocking(told).await.expect("nothing panics");
    assert_eq!((server.user_count(), server.group_count()), (0, 0), "nothing is left");
    server.shutdown().await;
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_come_again_alone_is_told_and_blames_nobody() {
    let (case, again, sent) = told(Whose::First, &[]).await;
    let [finding] = case["findings"].as_array().expect("a list").as_slice() else { panic!("{case:#}") };
    assert_eq!(finding["requirement"], "OKTA-write-touches-only-its-target");
    assert_eq!(finding["law"]["attribute"], "displayName");
    assert_eq!(finding["law"]["method"], Value::Null, "{finding:#}");
    let expected = finding["expected"].as_str().expect("a text");
    assert!(expected.contains("while other cases wrote") && expected.contains("was not found out"), "{expected}");
    assert!((1..=25).contains(&sent), "{sent}");
    for part in ["findings", "disputed", "judged", "outcome", "notes"] {
        assert_eq!(case[part], again[part], "{part}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_again_alone_stands_with_its_write() {
    let (case, again, sent) = told(Whose::All, &[]).await;
    let [finding] = case["findings"].as_array().expect("a list").as_slice() else { panic!("{case:#}") };
    assert_eq!(finding["law"]["method"], "PUT", "{finding:#}");
    assert_eq!(case["disputed"], Value::Null);
    assert!(finding["expected"].as_str().is_some_and(|text| text.contains("PUT /Users/{id}")), "{finding:#}");
    assert!((1..=25).contains(&sent), "{sent}");
    assert_eq!(case["findings"], again["findings"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_runs_one_case_at_a_time_is_sent_nothing_for_it() {
    let (case, _, sent) = told(Whose::First, &["--jobs", "1"]).await;
    assert_eq!((case["findings"].as_array().map(Vec::len), sent), (Some(1), 0));
    assert_eq!(case["findings"][0]["law"]["method"], "PUT", "nobody else wrote");
}

//! Witnesses: who was there before the first case and is looked at when all are done. A right server is told nothing, however late it is and
//! whoever else uses it; a wrong one is told which case did it; and whatever a server answers about them, the run ends and leaves nothing.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use scim_check::capability::Capabilities;
use scim_check::model::Ways;
use scim_check::reference::{Options, Quirk, Server, serve};
use scim_check::run::witnesses::Wanted;
use scim_check::run::{self, Played};
use scim_check::verdict::CaseResult;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::program::call;
use crate::world;

/// All witnesses of Okta's suite, or those of a usual run.
fn cast(full: bool) -> Wanted {
    let cast = world::LIBRARY.casts.iter().find(|cast| cast.folder == "okta").expect("Okta has some");
    Wanted::of(cast, &Capabilities::default(), full).expect("it has members")
}

fn how(full: bool, select: &[&str]) -> world::How {
    let options = run::Options {
        laws: Some(Ways::default()),
        witnesses: Some(cast(full)),
        settle: Duration::from_millis(400),
        ..run::Options::default()
    };
    world::How { select: select.iter().map(|id| (*id).to_owned()).collect(), options, ..world::How::default() }
}

fn told(played: &Played) -> Option<&CaseResult> {
    played.cases.iter().find(|case| case.id == "okta/witnesses")
}

/// What was sent for witnesses of whom there is nothing to tell.
fn sent(played: &Played) -> usize {
    let setup = played.setups.iter().find(|setup| setup.id == "okta/witnesses");
    setup.map_or(0, |setup| setup.transcript.len())
}

#[tokio::test]
async fn a_right_server_is_told_nothing_however_late_it_is_and_whoever_else_uses_it() {
    let late = Options { quirks: vec![Quirk::SettlesLate], delay: Duration::from_millis(80), ..Options::default() };
    let others = Options { users: 20, groups: 3, strangers: true, ..Options::default() };
    for (name, full, options) in [
        ("right", false, Options::default()),
        ("right, in full depth", true, Options::default()),
        ("late", false, late.clone()),
        ("late, in full depth", true, late),
        ("others", true, others),
        ("everybody belongs", true, Options { quirks: vec![Quirk::EverybodyBelongs], ..Options::default() }),
        ("lower case", true, Options { quirks: vec![Quirk::EmailsInLowerCase], ..Options::default() }),
        ("computed", false, Options { quirks: vec![Quirk::DisplayNamesComputed], ..Options::default() }),
    ] {
        let server = serve(options).await.expect("a free port");
        let before = (server.user_count(), server.group_count());
        let wire = world::wire(server.base_url(), server.token());
        let played = world::play(wire, how(full, &["okta/users/update", "okta/groups/rename"])).await;
        assert_eq!(told(&played).map(|case| &case.notes), None, "{name}");
        assert!(sent(&played) >= if full { 40 } else { 11 }, "{name}: {} requests", sent(&played));
        let left: usize = played.setups.iter().map(|setup| setup.leftovers.len()).sum();
        assert_eq!(left, 0, "{name}");
        if name != "others" {
            assert_eq!((server.user_count(), server.group_count()), before, "{name}: all of them are gone");
        }
        server.shutdown().await;
    }
}

/// What becomes of the reads of one witness once the run has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trick {
    /// They are answered with a page for people.
    Html,
    /// With 500.
    Failure,
    /// Not at all.
    Never,
    /// With another user.
    Another,
    /// Somebody deletes it halfway.
    Deleted,
    /// Its create is refused.
    Refused,
    /// What it has differs from read to read.
    Restless,
}

/// A server before the reference that plays a trick on the one whose family name has an apostrophe.
struct Relay {
    trick: Trick,
    upstream: String,
    token: String,
    client: reqwest::Client,
    /// The path of the witness, and of another.
    paths: Mutex<(String, String)>,
    reads: AtomicUsize,
    requests: AtomicUsize,
}

impl Relay {
    async fn ask(&self, method: &str, path: &str, headers: axum::http::HeaderMap, body: Vec<u8>) -> (u16, Vec<u8>) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("it was one");
        let asked = self.client.request(method, format!("{}{path}", self.upstream)).bearer_auth(&self.token);
        let asked = match headers.get("content-type") {
            Some(kind) => asked.header("content-type", kind),
            None => asked,
        };
        let answer = asked.body(body).send().await.expect("the reference answers");
        (answer.status().as_u16(), answer.bytes().await.expect("a body").to_vec())
    }

    async fn answer(self: Arc<Self>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body").to_vec();
        let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let method = parts.method.as_str();
        let is_hers = String::from_utf8_lossy(&body).contains("O'Doe") && method == "POST";
        let (hers, other) = self.paths.lock().expect("nobody panics").clone();
        let nth = self.requests.fetch_add(1, Ordering::Relaxed);
        if self.trick == Trick::Deleted && nth == 40 && !hers.is_empty() {
            self.ask("DELETE", &hers, axum::http::HeaderMap::new(), Vec::new()).await;
        }
        let is_read = method == "GET" && !hers.is_empty() && path == hers;
        let is_tricked = is_read && self.reads.fetch_add(1, Ordering::Relaxed) > 0;
        let plain = |status: u16, kind: &str, body: Vec<u8>| {
            let response = Response::builder().status(StatusCode::from_u16(status).expect("a status"));
            response.header("content-type", kind).body(Body::from(body)).expect("a response")
        };
        match self.trick {
            Trick::Refused if is_hers => return plain(400, "application/scim+json", b"{}".to_vec()),
            Trick::Html if is_tricked => return plain(200, "text/html", b"<html>Sign in</html>".to_vec()),
            Trick::Failure if is_tricked => return plain(500, "application/scim+json", b"{}".to_vec()),
            Trick::Never if is_tricked => tokio::time::sleep(Duration::from_secs(60)).await,
            _ => {}
        }
        let path = if self.trick == Trick::Another && is_tricked { other } else { path };
        let (status, mut answer) = self.ask(method, &path, parts.headers, body).await;
        let shown: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if method == "POST" && path == "/Users" && status == 201 {
            let place = format!("/Users/{}", shown["id"].as_str().unwrap_or_default());
            let mut paths = self.paths.lock().expect("nobody panics");
            if is_hers && paths.0.is_empty() {
                paths.0 = place;
            } else if paths.1.is_empty() {
                paths.1 = place;
            }
        }
        if self.trick == Trick::Restless && is_tricked && shown.is_object() {
            let mut restless = shown;
            restless["title"] = format!("Number {nth}").into();
            answer = restless.to_string().into_bytes();
        }
        plain(status, "application/scim+json", answer)
    }
}

/// The address of a server that plays a trick.
async fn tricky(server: &Server, trick: Trick) -> String {
    let relay = Arc::new(Relay {
        trick,
        upstream: server.base_url().to_owned(),
        token: server.token().to_owned(),
        client: reqwest::Client::new(),
        paths: Mutex::default(),
        reads: AtomicUsize::new(0),
        requests: AtomicUsize::new(0),
    });
    let router = Router::new().fallback(move |request: Request| Arc::clone(&relay).answer(request));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has one");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// What is told of the witnesses behind a server that plays a trick. Nothing of them is left.
async fn behind(trick: Trick) -> (Vec<(String, String)>, Vec<String>) {
    // The client of the relay needs it, and there is one for the process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = serve(Options::default()).await.expect("a free port");
    let before = (server.user_count(), server.group_count());
    let wire = world::wire_with(&tricky(&server, trick).await, server.token(), |options| {
        options.total_timeout = Duration::from_millis(700);
    });
    let played = world::play(wire, how(false, &["okta/users/update/put", "okta/groups/rename"])).await;
    assert_eq!((server.user_count(), server.group_count()), before, "{trick:?}");
    let others = played.cases.iter().filter(|case| case.id != "okta/witnesses");
    assert!(others.clone().count() > 10 && others.clone().all(|case| case.findings.is_empty()), "{trick:?}");
    let case = told(&played);
    let findings = case.iter().flat_map(|case| &case.findings);
    let findings =
        findings.map(|finding| (finding.requirement.as_str().to_owned(), finding.expected.clone())).collect();
    let notes = case.iter().flat_map(|case| &case.notes).map(|note| note.text.clone()).collect();
    (findings, notes)
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_noted_and_held_against_nobody() {
    for (trick, said) in
        [(Trick::Html, "showed no such resource"), (Trick::Failure, "answered 500"), (Trick::Never, "")]
    {
        let (findings, notes) = behind(trick).await;
        assert_eq!(findings, [], "{trick:?}");
        assert!(notes.iter().any(|note| note.contains("could not be looked at") && note.contains(said)), "{notes:?}");
    }
}

#[tokio::test]
async fn who_is_refused_is_not_there_and_nobody_else_suffers() {
    let (findings, notes) = behind(Trick::Refused).await;
    assert_eq!(findings, []);
    assert_eq!(notes, ["there is no witness that is a user with every attribute: its create was answered 400"]);
}

#[tokio::test]
async fn what_differs_from_look_to_look_changes_by_itself() {
    assert_eq!(behind(Trick::Restless).await, (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn who_is_gone_or_is_somebody_else_is_told_also_where_nobody_is_caught() {
    for trick in [Trick::Deleted, Trick::Another] {
        let (findings, _) = behind(trick).await;
        let [(requirement, expected)] = findings.as_slice() else { panic!("{trick:?}: {findings:?}") };
        assert_eq!(requirement, "RFC7643-3.1-id-stable", "{trick:?}");
        assert!(expected.contains("a user with every attribute"), "{trick:?}: {expected}");
        assert!(
            expected.contains("were run again") && expected.contains("did not happen again"),
            "{trick:?}: {expected}"
        );
    }
}

/// The report of a run with the given arguments, and what it said.
fn report(folder: &Path, name: &str, arguments: &[&str]) -> (Option<i32>, String, Value) {
    let file = format!("json={name}");
    let (code, out, err) = call(folder, &[arguments, &["--bodies", "all", "--report", &file]].concat());
    let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|_| panic!("no report: {out}{err}"));
    (code, out + &err, serde_json::from_str(&text).expect("a report is JSON"))
}

fn of_witnesses(report: &Value) -> Vec<&Value> {
    let cases = report["cases"].as_array().into_iter().flatten();
    cases.filter(|case| case["id"].as_str().is_some_and(|id| id.starts_with("okta/witnesses"))).collect()
}

fn were_there(report: &Value) -> usize {
    let setups = report["setups"].as_array().into_iter().flatten();
    setups.filter(|setup| setup["id"].as_str().is_some_and(|id| id.contains("/witnesses"))).count()
}

const SPILLS: &[&str] = &["--quirk", "switch-off-spills-over", "--settle", "0.1", "--seed", "3"];

#[test]
fn a_run_names_the_case_and_its_write_and_judges_its_recording_alike() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let run = [&["demo", "okta/witnesses", "okta/lifecycle/deactivate-by-patch"][..], SPILLS].concat();
    let (code, said, first) = report(folder.path(), "1.json", &run);
    assert_eq!(code, Some(1), "{said}");
    let [case] = of_witnesses(&first)[..] else { panic!("{said}") };
    let findings = case["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), 1, "{said}");
    assert_eq!(findings[0]["requirement"], "OKTA-write-touches-only-its-target");
    assert_eq!(findings[0]["place"], "body /active");
    let expected = findings[0]["expected"].as_str().expect("a text");
    assert!(
        expected.starts_with("true of a user with every attribute, as before PATCH /Users/{id} of okta/lifecycle/"),
        "{expected}"
    );
    // Alone, the witnesses would meet nobody.
    assert!(said.contains("switch-off-spills-over 'okta/witnesses' 'okta/lifecycle/deactivate-by-patch'"), "{said}");
    assert_eq!(first["leftovers"].as_array().map(Vec::len), Some(0));
    let (code, said, second) = report(folder.path(), "2.json", &["judge", "--from", "1.json"]);
    assert_eq!(code, Some(1), "{said}");
    for part in ["findings", "notes", "judged", "outcome", "witnessed", "requests"] {
        assert_eq!(of_witnesses(&second)[0][part], case[part], "{part}");
    }
}

#[test]
fn one_run_has_one_cast_and_some_have_none() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for (count, arguments) in [
        (1, &["demo", "--suite", "okta,onelogin", "--skip", "okta/users", "--skip", "okta/groups"][..]),
        (0, &["demo", "--depth", "quick"]),
        (0, &["demo", "--no-laws", "--skip", "okta/users", "--skip", "okta/groups"]),
        (0, &["demo", "--suite", "okta-v1", "--skip", "okta-v1/users"]),
        (0, &["demo", "okta/connection"]),
        (1, &["demo", "okta/witnesses"]),
    ] {
        let (code, said, told) = report(folder.path(), "report.json", arguments);
        assert_eq!((code, were_there(&told), of_witnesses(&told).len()), (Some(0), count, 0), "{arguments:?}: {said}");
        assert_eq!(told["leftovers"].as_array().map(Vec::len), Some(0), "{arguments:?}");
    }
}

#[test]
fn a_run_that_ends_early_accuses_nobody_by_its_witnesses() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for most in ["5", "12", "40", "200"] {
        let run = [&["demo", "--max-requests", most][..], SPILLS].concat();
        let (_, said, told) = report(folder.path(), "report.json", &run);
        let findings = of_witnesses(&told).into_iter().flat_map(|case| case["findings"].as_array()).flatten().count();
        assert_eq!(findings, 0, "{most}: {said}");
        assert_eq!(told["leftovers"].as_array().map(Vec::len), Some(0), "{most}");
    }
}

#[test]
fn each_shard_has_witnesses_of_its_own_and_what_they_tell_is_merged() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut told = 0;
    for (shard, name) in [("1/2", "1.json"), ("2/2", "2.json")] {
        let run = [&["demo", "--shard", shard, "--skip", "okta/users"][..], SPILLS].concat();
        let (_, said, part) = report(folder.path(), name, &run);
        assert_eq!(were_there(&part) + of_witnesses(&part).len(), 1, "{shard}: {said}");
        told += of_witnesses(&part).len();
    }
    assert!(told > 0, "at least one of them sees it");
    let (code, out, err) = call(folder.path(), &["merge", "whole.json", "1.json", "2.json"]);
    assert_eq!(code, Some(1), "{out}{err}");
    let text = fs::read_to_string(folder.path().join("whole.json")).expect("it was written");
    let whole: Value = serde_json::from_str(&text).expect("a report is JSON");
    assert_eq!(of_witnesses(&whole).len(), told);
}

//! Accepted answers through the program: what is told, what is written, and that an unchanged server never differs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use scim_check::snapshot::{self, Names};
use scim_check::source::SourceFile;
use scim_check::verdict::{Asking, CaseResult, JudgedStep, Outcome, SharedUse};
use scim_check::wire::{Exchange, Headers, Request, Response};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// How the repository's own snapshots are renewed.
const RENEW: &str = "cargo run -q -- demo --suite all --snapshots snapshots/reference && \
    cargo run -q -- snapshots accept --snapshots snapshots/reference";

/// How many runs of the reference are compared, each with its own seed and jobs; two without it.
const RUNS: &str = "SCIM_CHECK_SNAPSHOT_RUNS";

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/reference");
const SMALL: &str = "okta/lifecycle/keeps-account";

struct Said {
    code: i32,
    text: String,
    report: Value,
}

fn call(folder: &Path, arguments: &[&str], ci: &str) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(arguments).stdin(Stdio::null()).current_dir(folder);
    command.env("XDG_STATE_HOME", folder).env("COLUMNS", "200").env("CI", ci).env_remove("GITHUB_STEP_SUMMARY");
    let report = folder.join("report.json");
    if arguments[0] == "demo" {
        command.args(["--settle", "0.2", "--report", "json=report.json"]);
    }
    let output = command.output().expect("the program starts");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let report = fs::read_to_string(report).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Said { code: output.status.code().unwrap_or(-1), text, report }
}

#[track_caller]
fn check(folder: &Path, arguments: &[&str], code: i32, told: &[&str]) -> Said {
    let said = call(folder, arguments, "");
    assert_eq!(said.code, code, "{arguments:?}: {}", said.text);
    told.iter().for_each(|text| assert!(said.text.contains(text), "no {text:?} in\n{}", said.text));
    said
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

#[test]
fn the_reference_answers_as_accepted_whatever_seed_and_jobs_are() {
    let runs: u64 = std::env::var(RUNS).ok().and_then(|runs| runs.parse().ok()).unwrap_or(2);
    for run in 1..=runs {
        let folder = temporary();
        let (seed, jobs) = ((run * 7919).to_string(), (1 + run * 3 % 8).to_string());
        let arguments = [
            "demo",
            "--suite",
            "all",
            "--snapshots",
            REFERENCE,
            "--snapshots-strict",
            "--seed",
            &seed,
            "--jobs",
            &jobs,
        ];
        let said = call(folder.path(), &arguments, "true");
        let snapshots = &said.report["snapshots"];
        assert_eq!(said.code, 0, "{}\nif that is meant: {RENEW}", said.text);
        assert_eq!(snapshots["same"], snapshots["compared"], "{snapshots}");
        assert!(snapshots["same"].as_u64().is_some_and(|same| same > 250), "{snapshots}");
        assert_eq!(snapshots["obsolete"], Value::Null, "{snapshots}\n{RENEW}");
    }
    let all = files(Path::new(REFERENCE));
    assert!(all.iter().all(|path| path.extension().is_some_and(|e| e == "snap")), "only accepted ones are kept");
    for path in &all {
        let text = fs::read_to_string(path).expect("snapshots are text");
        for secret in ["-token-of-the-demo", "127.0.0.1", "Aa1!"] {
            assert!(!text.contains(secret), "{secret} stands in {}", path.display());
        }
    }
}

/// Quirks of the reference, cases that meet them, and what is to be told.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    ("id-numeric", "okta/users", "type changed", "body.id"),
    ("location-wrong", "okta/users", "changed", "headers.location"),
    ("location-header-missing", "okta/users", "removed", "headers.location"),
    ("duplicate-400", "okta/users", "changed", "status"),
    ("content-type-json", "okta/lookup", "changed", "headers.content-type"),
    ("error-status-as-number", "okta/errors", "type changed", "body.status"),
    ("active-as-string", "okta/lifecycle", "type changed", "body.active"),
    ("active-missing", "okta/lifecycle", "removed", "body.active"),
    ("meta-missing", "okta/users", "removed", "body.meta"),
    ("list-counters-as-strings", "okta/lookup", "type changed", "body.totalResults"),
    ("missing-www-authenticate", "okta/auth", "removed", "headers.www-authenticate"),
];

#[test]
fn what_a_server_answers_otherwise_is_told_by_kind_and_place() {
    let mut wrong = Vec::new();
    for (quirk, cases, kind, place) in CHANGES {
        let folder = temporary();
        let said = call(folder.path(), &["demo", cases, "--quirk", quirk, "--snapshots", REFERENCE], "true");
        let changes = said.report["snapshots"]["changes"].as_array().cloned().unwrap_or_default();
        if !changes.iter().any(|change| change["kind"] == *kind && change["place"] == *place) {
            let told: Vec<String> =
                changes.iter().map(|c| format!("{} {} {}", c["kind"], c["request"], c["place"])).collect();
            wrong.push(format!("{quirk}: no {kind} {place} in {told:#?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn answers_are_accepted_reviewed_and_thrown_away() {
    let folder = temporary();
    let at = folder.path();
    let run = ["demo", SMALL, "--snapshots", "answers"];
    let strict = [&run[..], &["--snapshots-strict"]].concat();
    check(at, &run, 0, &["new: nothing was accepted yet for 2 cases"]);
    check(at, &strict, 5, &["exit code 5"]);
    check(at, &["snapshots", "accept", "--snapshots", "answers"], 0, &["accepted the answers of 2 cases"]);
    check(at, &strict, 0, &["2 of 2 cases answered as accepted"]);
    let accepted = files(&at.join("answers"));
    assert_eq!(accepted.len(), 2);

    let changed = [&run[..], &["--quirk", "active-as-string"]].concat();
    check(
        at,
        &changed,
        1,
        &["answers that changed, in 2 cases", "type changed: body.active of GET /Users/{id} (2 cases)"],
    );
    assert_eq!(files(&at.join("answers")).len(), 4, "what differs waits beside what was accepted");
    let review = ["snapshots", "review", "--snapshots", "answers"];
    check(at, &review, 0, &["group 1\n", "- false", "+ \"", "2 cases to review"]);
    check(at, &["snapshots", "accept", "--snapshots", "answers", "--group", "9"], 2, &["there is no group 9"]);
    check(at, &["snapshots", "accept", "--snapshots", "answers", "okta/nothing"], 2, &["no snapshot here is of"]);
    // An answer that is the accepted one again has nothing to wait for.
    check(at, &strict, 0, &["2 of 2 cases"]);
    assert_eq!(files(&at.join("answers")), accepted);

    check(at, &changed, 1, &[]);
    check(at, &["snapshots", "reject", "--snapshots", "answers"], 0, &["threw away the new answers of 2 cases"]);
    assert_eq!(files(&at.join("answers")), accepted);

    let both = [&changed[..], &["--quirk", "meta-missing"]].concat();
    check(at, &both, 1, &[]);
    let said = check(at, &review, 0, &["removed: body.meta", "type changed: body.active"]);
    let group = if said.text.find("body.meta") < said.text.find("body.active") { "1" } else { "2" };
    check(at, &["snapshots", "accept", "--snapshots", "answers", "--group", group], 0, &["in 2 cases"]);
    let said = check(at, &review, 0, &["type changed: body.active"]);
    assert!(!said.text.contains("body.meta"), "the group was accepted: {}", said.text);
}

#[test]
fn a_snapshot_without_a_case_is_obsolete_and_is_pruned() {
    let folder = temporary();
    let at = folder.path();
    let run = ["demo", SMALL, "--snapshots", "answers"];
    check(at, &run, 0, &[]);
    check(at, &["snapshots", "accept", "--snapshots", "answers"], 0, &[]);
    let old = at.join("answers/okta/lifecycle/keeps-account@wizard.snap");
    let text = fs::read_to_string(&old).expect("it was accepted").replace("#wizard", "#gone");
    fs::write(at.join("answers/okta/lifecycle/keeps-account@gone.snap"), text).expect("a file can be written");
    check(at, &[&run[..], &["--snapshots-strict"]].concat(), 0, &["obsolete", "okta/lifecycle/keeps-account#gone"]);
    check(at, &["snapshots", "prune", "--snapshots", "answers"], 0, &["deleted", "keeps-account@gone.snap"]);
    assert!(old.exists() && files(&at.join("answers")).len() == 2);
}

#[test]
fn another_question_is_never_told_as_another_answer() {
    let folder = temporary();
    let at = folder.path();
    let run = ["demo", SMALL, "--snapshots", "answers", "--snapshots-strict"];
    check(at, &run, 5, &[]);
    check(at, &["snapshots", "accept", "--snapshots", "answers"], 0, &[]);
    let path = at.join("answers/okta/lifecycle/keeps-account@wizard.snap");
    let text = fs::read_to_string(&path).expect("it was accepted");
    let asked = text.replace("\"path\":\"/Users/[id 1]\"", "\"path\":\"/Users/[id 1]?attributes=active\"");
    assert_ne!(asked, text);
    fs::write(&path, asked.replace("\"active\": false", "\"active\": true")).expect("a file can be written");
    let said = check(at, &run, 0, &["question changed"]);
    assert!(!said.text.contains("answers that changed"), "{}", said.text);
}

#[test]
fn with_ci_set_nothing_is_written() {
    let folder = temporary();
    let said = call(folder.path(), &["demo", SMALL, "--snapshots", "answers"], "true");
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.text.contains("nothing was written, because CI is set"), "{}", said.text);
    assert!(!folder.path().join("answers").exists());
}

#[test]
fn what_is_wrong_with_a_folder_is_said_before_anything_is_sent() {
    let folder = temporary();
    let at = folder.path();
    check(at, &["demo", SMALL, "--snapshots", "answers", "--bodies", "none"], 2, &["--bodies none"]);
    check(at, &["snapshots", "review", "--snapshots", "nowhere"], 2, &["there is no folder nowhere"]);
    let run = ["demo", SMALL, "--snapshots", "answers"];
    check(at, &run, 0, &[]);
    check(at, &["snapshots", "accept", "--snapshots", "answers"], 0, &[]);
    let path = at.join("answers/okta/lifecycle/keeps-account@wizard.snap");
    let text = fs::read_to_string(&path).expect("it was accepted");
    let cases = [
        (text.replace("format: 1", "format: 99"), "@wizard.snap:6"),
        (text.replace("\"status\": 200", "\"status\" 200"), "cannot be read"),
        (text.replace("\"answer\"", "\"reply\""), "a list of steps"),
        (text.replace("info:", "infos:"), "not one of scim-check's"),
        ("hello\n".to_owned(), "it does not begin with `---`"),
        ("---\nsource: x\n".to_owned(), "its head does not end"),
    ];
    for (broken, told) in cases {
        fs::write(&path, broken).expect("a file can be written");
        let said = check(at, &run, 2, &[told, "keeps-account@wizard.snap:"]);
        assert!(!said.text.contains("verdict"), "{}", said.text);
        check(at, &["snapshots", "review", "--snapshots", "answers"], 2, &[told]);
    }
}

/// A case that creates a user and reads it, whatever its id and its name are.
fn case(id: &str, unique: &str, date: &str, read_id: &str) -> CaseResult {
    let user = |id: &str| {
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id, "userName": format!("{unique}@example.com"),
            "meta": { "created": date, "location": format!("https://scim.example.com/v2/Users/{id}") } })
    };
    let exchange = |method: &str, path: String, status: u16, body: Value| Exchange {
        request: Request { body: None, ..Request::own(method, path) },
        reply: Ok(Response {
            status,
            headers: Headers(vec![("Content-Type".to_owned(), "application/scim+json".to_owned())]),
            body: body.to_string().into_bytes(),
        }),
        attempts: Vec::new(),
        took: Duration::ZERO,
        look: 0,
    };
    CaseResult {
        steps: (0..2).map(|n| JudgedStep { how: Asking::Once, exchanges: vec![n] }).collect(),
        transcript: vec![
            exchange("POST", "/Users".to_owned(), 201, user(id)),
            exchange("GET", format!("/Users/{id}"), 200, user(read_id)),
        ],
        ..CaseResult::new("okta/users/create", Outcome::Passed)
    }
}

fn taken(id: &str, unique: &str, date: &str, read_id: &str) -> snapshot::Snapshot {
    let names = Names { unique, password: "Secret1!", base_url: "https://scim.example.com/v2" };
    snapshot::take(&case(id, unique, date, read_id), &names)
}

proptest! {
    #[test]
    fn ids_names_and_moments_change_nothing(id in "[a-zA-Z0-9_-]{1,36}", unique in "sc[a-z0-9]{10}", seconds in 0..60_u8) {
        let date = format!("2031-03-04T05:06:{seconds:02}Z");
        let usual = taken("2819c223-7f76-453a-919d-413861904646", "scabcdefghij", "2026-01-01T00:00:00Z", "2819c223-7f76-453a-919d-413861904646");
        let text = snapshot::write(&taken(&id, &unique, &date, &id));
        prop_assert_eq!(&text, &snapshot::write(&usual));
    }

    #[test]
    fn a_wrong_id_shows(id in "[a-z0-9]{12,20}", other in "[a-z0-9]{12,20}") {
        prop_assume!(id != other);
        let right = taken(&id, "scabcdefghij", "2026-01-01T00:00:00Z", &id);
        let wrong = taken(&id, "scabcdefghij", "2026-01-01T00:00:00Z", &other);
        let changes = snapshot::compare(&right, &wrong);
        prop_assert!(changes.iter().any(|change| change.place == "body.id"), "{:?}", changes);
    }

    #[test]
    fn what_was_written_is_read_again(id in "[a-z0-9]{1,20}") {
        let snapshot = taken(&id, "scabcdefghij", "2026-01-01T00:00:00Z", &id);
        let file = scim_check::source::SourceFile { name: "x.snap".to_owned(), text: snapshot::write(&snapshot) };
        prop_assert_eq!(snapshot::read(&std::sync::Arc::new(file)).expect("it is ours"), snapshot);
    }
}

/// The same case with a user that was prepared for all cases, who is in the groups of those names when it is read.
fn taken_of_shared(groups: &[&str]) -> snapshot::Snapshot {
    let (id, unique) = ("2819c223-7f76-453a-919d-413861904646", "scabcdefghij");
    let mut case = case(id, unique, "2026-01-01T00:00:00Z", id);
    case.shared = vec![SharedUse { setup: "okta/shared/user".to_owned(), first: 0, count: 1 }];
    case.steps.remove(0);
    let read = case.transcript[1].reply.as_mut().expect("it was answered");
    let mut user: Value = serde_json::from_slice(&read.body).expect("it is JSON");
    user["groups"] = groups.iter().map(|name| json!({ "value": format!("of-{name}"), "display": name })).collect();
    read.body = user.to_string().into_bytes();
    let names = Names { unique, password: "Secret1!", base_url: "https://scim.example.com/v2" };
    snapshot::take(&case, &names)
}

#[test]
fn groups_that_other_cases_put_a_shared_user_into_are_no_part_of_an_answer() {
    assert_eq!(taken_of_shared(&["Crew scbthaz73jbg"]), taken_of_shared(&[]));
    let own = snapshot::write(&taken_of_shared(&["Crew scbthaz73jbg", "Crew scabcdefghij"]));
    assert!(own.contains("Crew [name]") && !own.contains("bthaz73jbg"), "{own}");
}

/// A credential with what is written otherwise in an address, and with what no file of a snapshot may hold of it.
const SECRET: &str = "very-s3cret+indeed/7f3a";

/// Answers everything, and tells its caller's credential wherever there is room for it.
fn telltale(request: &wiremock::Request) -> ResponseTemplate {
    let sent = request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let in_address: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": format!("id-{SECRET}"),
        "userName": format!("{SECRET}@example.com"),
        "active": true,
        "displayName": sent,
        "title": sent.rsplit(' ').next(),
        "profileUrl": format!("https://example.com/?key={in_address}"),
        "nickName": STANDARD.encode(SECRET),
        SECRET: SECRET,
        "emails": [{ "value": format!("{SECRET}@example.com"), "display": json!({ "token": SECRET }).to_string() }],
        "meta": { "resourceType": "User", "location": format!("{}/{SECRET}", request.url) },
    });
    let is_list = request.method.as_str() == "GET" && request.url.path().matches('/').count() < 3;
    let body = match is_list {
        true => json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [user],
        }),
        false => user,
    };
    let status = if request.method.as_str() == "POST" { 201 } else { 200 };
    let mut answer = ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/scim+json");
    for name in ["etag", "location", "www-authenticate", "allow", "retry-after"] {
        answer = answer.insert_header(name, format!("{sent} {SECRET} {in_address}").as_str());
    }
    answer
}

#[test]
fn no_snapshot_holds_a_credential_that_the_server_tells() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(telltale).mount(&server).await;
        server
    });
    let base_url = format!("{}/scim", server.uri());
    let forms = [
        SECRET.to_owned(),
        url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect(),
        STANDARD.encode(SECRET),
        STANDARD.encode(format!("anna:{SECRET}")),
        STANDARD.encode(format!("Bearer {SECRET}")),
    ];
    for credential in [&["--token", SECRET][..], &["--user", "anna", "--token", SECRET]] {
        let folder = temporary();
        let arguments = ["run", "okta/connection", "okta/users", "okta/lookup", "--base-url", &base_url];
        let more = ["--settle", "0", "--journal", "journal", "--snapshots", "answers", "--bodies", "all"];
        let said = call(folder.path(), &[&arguments[..], &more, credential].concat(), "");
        let written = files(&folder.path().join("answers"));
        assert!(written.len() > 10, "{} files: {}", written.len(), said.text);
        let mut masked = 0;
        for path in written {
            let text = fs::read_to_string(&path).expect("a snapshot is text");
            for form in &forms {
                assert!(!text.contains(form.as_str()), "{} holds {form}:\n{text}", path.display());
            }
            masked += usize::from(text.contains("***"));
        }
        assert!(masked > 5, "the server has told the credential in what is kept");
        forms.iter().for_each(|form| assert!(!said.text.contains(form.as_str()), "{}", said.text));
    }
}

/// What insta's own reader makes of a file is what ours does, and what it writes we read as the same.
fn check_with_insta(path: &Path, scratch: &Path) -> snapshot::Snapshot {
    let ours = |path: &Path| {
        let text = fs::read_to_string(path).expect("a snapshot is text");
        let file = SourceFile { name: path.display().to_string(), text };
        snapshot::read(&Arc::new(file)).unwrap_or_else(|mistake| panic!("{}: {}", path.display(), mistake.message))
    };
    let read = insta::Snapshot::from_file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let expected = ours(path);
    assert_eq!(read.metadata().expression(), Some(expected.case.as_str()));
    assert_eq!(read.metadata().description(), Some(expected.title.as_str()));
    assert_eq!(read.metadata().source(), Some("scim-check"));
    let accepted = scratch.join("accepted.snap");
    read.save(&accepted).expect("insta writes it");
    assert_eq!(ours(&accepted), expected, "{}", path.display());
    expected
}

#[test]
fn insta_reads_every_snapshot_and_writes_it_as_we_read_it() {
    let folder = temporary();
    let accepted = files(Path::new(REFERENCE));
    assert!(accepted.len() > 100);
    for path in accepted {
        check_with_insta(&path, folder.path());
    }
    // What a scenario is called is not ours to choose.
    let odd = snapshot::Snapshot {
        case: "own/odd: \"case\" # 1#row".to_owned(),
        title: "--- é \u{1b} \\ 'title': {with} [what] %YAML \u{1f600} has".to_owned(),
        setup: "1e3".to_owned(),
        steps: vec![snapshot::Step { question: json!({ "path": "---" }), answer: json!({ "text": "---\n...\n" }) }],
    };
    let path = folder.path().join("odd.snap.new");
    fs::write(&path, snapshot::write(&odd)).expect("a file can be written");
    assert_eq!(check_with_insta(&path, folder.path()), odd);
}

#[test]
fn what_insta_accepts_is_accepted() {
    let folder = temporary();
    let at = folder.path();
    let run = ["demo", SMALL, "--snapshots", "answers", "--snapshots-strict"];
    check(at, &run, 5, &[]);
    check(at, &["snapshots", "accept", "--snapshots", "answers"], 0, &[]);
    let changed = [&run[..], &["--quirk", "active-as-string"]].concat();
    check(at, &changed, 1, &["answers that changed, in 2 cases"]);
    let pending: Vec<PathBuf> = files(&at.join("answers"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "new"))
        .collect();
    assert_eq!(pending.len(), 2);
    for path in pending {
        check_with_insta(&path, at);
        // As `cargo insta accept` does.
        let read = insta::Snapshot::from_file(&path).expect("insta reads it");
        read.save(&path.with_extension("")).expect("insta writes it");
        fs::remove_file(&path).expect("it was there");
    }
    check(at, &changed, 1, &["2 of 2 cases answered as accepted"]);
}

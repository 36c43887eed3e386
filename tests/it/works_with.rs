//! With whom the server works: the table that begins every report, and the rows of it that decide.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::program::call;
use scim_check::capability::{Capability, Evidence, Support};
use scim_check::persona::Personas;
use scim_check::report::works_with::{self, Provider, Row, State};
use scim_check::report::{Report, ScoredBy, Strictness, Tool, Verdict, text};
use scim_check::requirement::{Edition, Failure, Level, Registry, RequirementId};
use scim_check::scenario;
use scim_check::source::{SourceFile, Span};
use scim_check::verdict::{CaseResult, Cause, Finding, Known, NotScored, Outcome, Place, Skip};
use scim_check::wire::auth::Manner;
use serde_json::Value;
use std::sync::Arc;

/// A run of two suites on a server with a fault that only the second minds.
struct Run {
    folder: tempfile::TempDir,
    code: Option<i32>,
    said: String,
}

static RUN: LazyLock<Run> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let reports = ["json=run.json", "markdown=run.md", "html=run.html", "junit=run.xml"];
    let mut arguments = vec!["demo", "--suite", "okta,onelogin", "--quirk", "deleted-still-found", "--bodies", "all"];
    reports.iter().for_each(|report| arguments.extend(["--report", report]));
    let (code, said, _) = call(folder.path(), &arguments);
    Run { folder, code, said }
});

fn read(name: &str) -> String {
    fs::read_to_string(RUN.folder.path().join(name)).expect("it was written")
}

fn json(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("it was written");
    serde_json::from_str(&text).expect("a report is JSON")
}

const FAULT: &str = "ONELOGIN-deleted-user-not-found";

/// What is said after the last case.
fn summary(said: &str) -> &str {
    &said[said.find("works with\n").unwrap_or_else(|| panic!("there is no table in {said}"))..]
}

#[test]
fn the_text_begins_with_the_providers() {
    assert_eq!(RUN.code, Some(1));
    let lines: Vec<&str> = summary(&RUN.said).lines().take(7).collect();
    assert_eq!(lines[0], "works with");
    assert_eq!(lines[1], "  Okta catalogue, wizard           works");
    assert!(lines[2].starts_with("    create-users, update-users, "), "{lines:?}");
    assert_eq!(lines[3], format!("  OneLogin v2-enterprise, v2-core  does not work: {FAULT}"));
    assert_eq!(lines[4], format!("    delete-users does not work: {FAULT}"));
    assert!(lines[5].starts_with("    create-users, ") && lines[5].ends_with(" work"), "{lines:?}");
    let short = "works with Okta catalogue, wizard; does not work with OneLogin v2-enterprise, v2-core";
    assert!(RUN.said.lines().any(|line| line == short), "{}", RUN.said);
}

#[test]
fn every_format_has_the_table_first() {
    let report = json(RUN.folder.path(), "run.json");
    let rows = report["works_with"].as_array().expect("there is a table");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told: Vec<(String, String, String)> =
        rows.iter().map(|row| (text(&row["suite"]), text(&row["kind"]), text(&row["state"]))).collect();
    let expected = [
        ("okta", "catalogue", "works"),
        ("okta", "wizard", "works"),
        ("onelogin", "v2-enterprise", "fails"),
        ("onelogin", "v2-core", "fails"),
    ];
    assert_eq!(told, expected.map(|(suite, kind, state)| (suite.into(), kind.into(), state.into())));
    let deleted = rows[2]["features"].as_array().into_iter().flatten().find(|row| row["feature"] == "delete-users");
    assert_eq!(deleted.map(|row| &row["requirements"][0]), Some(&Value::from(FAULT)));
    let markdown = read("run.md");
    let beginning = "# SCIM: violates\n\n| Works with | | Because of |\n| --- | --- | --- |\n\
                     | Okta catalogue, wizard | **works** |  |\n| OneLogin v2-enterprise, v2-core | **does not work** | ";
    assert!(markdown.starts_with(beginning), "{}", &markdown[..400]);
    let html = read("run.html");
    let (table, reason) =
        (html.find("Table: Works with").expect("a table"), html.find("class=\"because\"").expect("why"));
    assert!(table < reason && html.contains(">OneLogin v2-enterprise, v2-core<"));
}

#[test]
fn a_record_says_the_same_as_the_run() {
    let folder = RUN.folder.path();
    let (code, said, complained) = call(folder, &["report", "--from", "run.json"]);
    assert_eq!(code, Some(0), "{complained}");
    assert_eq!(summary(&said), summary(&RUN.said));
    let (code, said, complained) = call(folder, &["judge", "--from", "run.json", "--report", "json=again.json"]);
    assert_eq!(code, Some(1), "{complained}");
    let table = |text: &str| text.lines().take(7).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(table(summary(&said)), table(summary(&RUN.said)));
    assert_eq!(json(folder, "again.json")["works_with"], json(folder, "run.json")["works_with"]);
}

#[test]
fn a_record_of_a_version_without_providers_has_a_row_for_each_suite() {
    let mut report = json(RUN.folder.path(), "run.json");
    for key in ["providers", "works_with"] {
        report.as_object_mut().expect("a report is an object").remove(key);
    }
    for case in report["cases"].as_array_mut().expect("there are cases") {
        case.as_object_mut().expect("a case is an object").remove("part_of");
    }
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    fs::write(folder.path().join("old.json"), report.to_string()).expect("it can be written");
    let (code, said, complained) = call(folder.path(), &["report", "--from", "old.json"]);
    assert_eq!(code, Some(0), "{complained}");
    let table: Vec<&str> = summary(&said).lines().take(3).collect();
    assert_eq!(table, ["works with", "  okta      works", &format!("  onelogin  does not work: {FAULT}")]);
}

#[test]
fn the_rows_that_are_named_decide_alone() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let folder = folder.path();
    let select =
        ["demo", "--suite", "okta,onelogin", "okta/connection", "onelogin/users/deleted-is-gone", "--seed", "1"];
    let rest = ["--quirk", "deleted-still-found", "--bodies", "all", "--report", "json=run.json"];
    assert_eq!(call(folder, &[&select[..], &rest[..]].concat()).0, Some(1));
    for (rows, expected, verdict) in [("okta/wizard", 0, "partial"), ("okta,onelogin/v2-core", 1, "violates")] {
        let arguments = ["judge", "--from", "run.json", "--exit-on", rows, "--report", "json=by.json"];
        let junit = ["--report", "junit=by.xml", "--bodies", "all"];
        let (code, said, complained) = call(folder, &[&arguments[..], &junit[..]].concat());
        assert_eq!(code, Some(expected), "{rows}: {complained}");
        assert!(said.contains(&format!("verdict: {verdict}: ")), "{rows}: {said}");
        assert!(said.contains(&format!("(--exit-on {rows})")), "{rows}: {said}");
        // What decides nothing is reported all the same.
        assert!(said.contains(&format!("error: A user who was deleted is found by no lookup ({FAULT})")), "{said}");
        let report = json(folder, "by.json");
        assert_eq!((&report["verdict"], report["totals"]["failed"].as_u64()), (&Value::from(verdict), Some(1)));
        let xml = fs::read_to_string(folder.join("by.xml")).expect("it was written");
        assert_eq!(xml.matches("<failure").count(), expected.unsigned_abs() as usize, "{rows}");
        assert_eq!(xml.contains(&format!("does not decide (--exit-on {rows}): {FAULT}")), expected == 0, "{rows}");
        // A record of it says the same without being told again.
        let (_, again, _) = call(folder, &["report", "--from", "by.json"]);
        assert_eq!(summary(&again), summary(&said));
        let (code, ..) = call(folder, &["judge", "--from", "by.json"]);
        assert_eq!(code, Some(expected), "{rows}");
    }
}

#[test]
fn a_name_that_cannot_decide_is_a_mistake_before_anything_is_sent() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let nobody = ["--base-url", "http://127.0.0.1:9/scim/v2", "--token-file", "token"];
    fs::write(folder.path().join("token"), "t").expect("it can be written");
    for (arguments, expected) in [
        (
            vec!["--exit-on", "okat"],
            "error: --exit-on: `okat` is no row of the table of what works; did you mean `okta`?\n",
        ),
        (
            vec!["--suite", "onelogin", "--exit-on", "onelogin/v2-cor"],
            "error: --exit-on: `onelogin/v2-cor` is no row of the table of what works; did you mean `onelogin/v2-core`?\n",
        ),
        (
            vec!["--exit-on", "okta,onelogin"],
            "error: --exit-on: `onelogin` is not run, so it cannot decide; run it, too: --suite okta,onelogin\n",
        ),
    ] {
        let (code, said, complained) = call(folder.path(), &[&nobody[..], &arguments[..]].concat());
        assert_eq!((code, said.as_str(), complained.as_str()), (Some(2), "", expected));
    }
}

#[test]
fn a_target_file_names_the_rows_that_decide_and_its_mistakes_are_drawn() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    fs::write(folder.path().join("token"), "t").expect("it can be written");
    let call = |rows: &str, more: &[&str]| {
        fs::write(
            folder.path().join("target.yaml"),
            format!("base-url: http://127.0.0.1:9/scim/v2\nexit-on: {rows}\n"),
        )
        .expect("it can be written");
        call(folder.path(), &[&["--target", "target.yaml", "--token-file", "token"], more].concat())
    };
    let (code, _, complained) = call("[okta, onelogn]", &["--suite", "all"]);
    assert_eq!(code, Some(2), "{complained}");
    assert!(complained.contains("target.yaml:2:17") && complained.contains("did you mean `onelogin`?"), "{complained}");
    assert!(complained.ends_with("1 mistake\n"), "{complained}");
    let (code, _, complained) = call("[onelogin]", &[]);
    assert_eq!(code, Some(2), "{complained}");
    assert!(complained.contains("`onelogin` is not run, so it cannot decide"), "{complained}");
    assert!(complained.contains("--suite okta,onelogin"), "{complained}");
    // A run of some of them is decided by those of them; nobody is there, so nothing can be found out.
    let (code, _, complained) = call("[okta, onelogin]", &["--suite", "okta"]);
    assert_eq!(code, Some(3), "{complained}");
    // What is typed goes before the file.
    let (code, _, complained) = call("[onelogin]", &["--exit-on", "okta"]);
    assert_eq!(code, Some(3), "{complained}");
}

#[test]
fn shards_that_are_decided_by_different_rows_are_of_different_runs() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let run = |shard: &str, rows: &str| {
        let report = format!("json={}.json", shard.replace('/', "-"));
        let select = ["demo", "--suite", "okta,onelogin", "okta/lookup", "onelogin/users", "--seed", "1"];
        let rest = ["--quirk", "deleted-still-found", "--shard", shard, "--exit-on", rows, "--report", &report];
        call(folder.path(), &[&select[..], &rest[..]].concat()).0
    };
    assert_eq!((run("1/2", "okta"), run("2/2", "okta")), (Some(0), Some(0)));
    let merge = || call(folder.path(), &["merge", "whole.json", "1-2.json", "2-2.json"]);
    let (code, said, complained) = merge();
    assert_eq!(code, Some(0), "{complained}");
    let told = summary(&said);
    assert!(told.contains("does not work, as far as tried") && told.contains("(does not decide)"), "{told}");
    assert!(told.contains("(--exit-on okta)"), "{told}");
    run("2/2", "onelogin");
    let (code, _, complained) = merge();
    assert_eq!(code, Some(2));
    assert!(complained.contains("different rows that decide (--exit-on): okta in 1-2.json; onelogin in 2-2.json"));
}

#[test]
fn one_provider_that_is_right_has_no_table_and_one_that_is_not_has_its_features() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let (_, said, _) = call(folder.path(), &["demo", "--suite", "onelogin"]);
    assert!(!said.contains("works with"), "{said}");
    let (_, said, _) = call(folder.path(), &["demo", "--suite", "onelogin", "--quirk", "deleted-still-found"]);
    let lines: Vec<&str> = summary(&said).lines().take(4).collect();
    // The requirement stands with its evidence below, and in the verdict.
    assert_eq!(lines[1], "  OneLogin v2-enterprise, v2-core  does not work");
    assert_eq!(lines[2], format!("    delete-users does not work: {FAULT}"));
    let (_, said, _) = call(folder.path(), &["demo", "onelogin/users", "--quirk", "deleted-still-found"]);
    assert!(!said.contains("works with\n"), "a selection says nothing of the whole: {said}");
}

// What a row says, case by case.

fn personas() -> Personas {
    scenario::load::personas()
}

fn provider(suite: &str) -> Provider {
    Provider::new(suite, personas().of(&format!("{suite}/")).map(AsRef::as_ref))
}

fn case(id: &str, part_of: &[&str], outcome: Outcome) -> CaseResult {
    let part_of = part_of.iter().map(|&word| word.to_owned()).collect();
    CaseResult { part_of, ..CaseResult::new(id, outcome) }
}

fn finding(id: &str, level: Level) -> Finding {
    let file = Arc::new(SourceFile { name: "test.yaml".to_owned(), text: String::new() });
    Finding {
        law: None,
        requirement: RequirementId::from(id),
        level,
        expected: "200".to_owned(),
        actual: Value::from(500),
        place: Place::Status,
        failure: Failure::default(),
        in_setup: false,
        because: None,
        known: None,
        exchange: 0,
        span: Span::start_of(&file),
    }
}

fn failed(id: &str, part_of: &[&str], requirement: &str) -> CaseResult {
    let findings = vec![finding(requirement, Level::Must)];
    CaseResult { findings, ..case(id, part_of, Outcome::Failed) }
}

fn report(cases: Vec<CaseResult>) -> Report {
    let tool = Tool { name: "scim-check".to_owned(), version: "0".to_owned() };
    let registry = Arc::new(Registry::default());
    Report {
        providers: vec![provider("okta")],
        ..Report::of(tool, "https://scim.example.com".to_owned(), Manner::Bearer, registry, (cases, Vec::new()))
    }
}

fn rows(report: &Report) -> Vec<Row> {
    works_with::rows(report, Strictness::Must)
}

fn states(report: &Report) -> Vec<(String, State)> {
    rows(report).into_iter().map(|row| (row.kind.unwrap_or_default(), row.told.state)).collect()
}

fn by_kind(catalogue: State, wizard: State) -> Vec<(String, State)> {
    vec![("catalogue".to_owned(), catalogue), ("wizard".to_owned(), wizard)]
}

#[test]
fn a_case_that_needs_a_kind_of_app_says_nothing_of_the_others() {
    let cases = vec![
        case("okta/a", &["push-groups"], Outcome::Passed),
        failed("okta/b#wizard", &["wizard-app", "update-users"], "OKTA-put-200"),
    ];
    let report = report(cases);
    assert_eq!(states(&report), by_kind(State::Works, State::Fails));
    let rows = rows(&report);
    assert_eq!(rows[1].told.requirements, ["OKTA-put-200"]);
    let features = |row: &Row| -> Vec<(String, State)> {
        row.features.iter().map(|feature| (feature.feature.clone(), feature.told.state)).collect()
    };
    assert_eq!(features(&rows[0]), [("push-groups".to_owned(), State::Works)]);
    let expected = [("update-users".to_owned(), State::Fails), ("push-groups".to_owned(), State::Works)];
    assert_eq!(features(&rows[1]), expected);
    let deciding = |rows: &[&str]| {
        let exit_on = rows.iter().map(|&row| row.to_owned()).collect();
        Report { exit_on, ..report.clone() }.verdict(Strictness::Must)
    };
    assert_eq!(deciding(&[]), Verdict::Violates);
    assert_eq!(deciding(&["okta"]), Verdict::Violates);
    assert_eq!(deciding(&["okta/wizard"]), Verdict::Violates);
    assert_eq!(deciding(&["okta/catalogue"]), Verdict::Conforms);
}

#[test]
fn what_only_some_say_is_the_worst_that_anybody_says() {
    let passed = || case("okta/a", &[], Outcome::Passed);
    let warned =
        CaseResult { findings: vec![finding("OKTA-b", Level::Should)], ..case("okta/b", &[], Outcome::Passed) };
    let open = case("okta/c", &[], Outcome::Inconclusive(Cause::Throttled));
    let skipped = |id: &str| case(id, &[], Outcome::Skipped(Skip::Deselected));
    let known = Arc::new(Known { name: "OKTA-d".to_owned(), reason: "later".to_owned(), link: None, expires: None });
    let mut accepted = failed("okta/d", &[], "OKTA-d");
    accepted.findings[0].known = Some(known);
    let state = |cases: Vec<CaseResult>| rows(&report(cases))[0].told.clone();
    assert_eq!(state(vec![passed(), warned.clone()]).state, State::Warnings);
    assert_eq!(state(vec![passed(), warned.clone()]).requirements, ["OKTA-b"]);
    let told = state(vec![passed(), warned.clone(), open.clone()]);
    assert_eq!((told.state, told.why.split(':').next()), (State::CouldNotTell, Some("1 case")));
    assert_eq!(state(vec![passed(), warned, open, failed("okta/e", &[], "OKTA-e")]).state, State::Fails);
    assert_eq!(state(vec![passed(), accepted]).why, "1 known failure");
    let told = state(vec![passed(), skipped("okta/f"), skipped("okta/g")]);
    assert_eq!((told.state, told.cases, told.left_out), (State::Works, 3, 2));
    let told = state(vec![skipped("okta/f"), skipped("okta/g")]);
    assert_eq!((told.state, told.why.as_str()), (State::NotTried, "left out by the selection"));
    assert_eq!(state(Vec::new()).state, State::NotTried);
    let report = report(vec![CaseResult {
        findings: vec![finding("OKTA-b", Level::Should)],
        ..case("okta/b", &[], Outcome::Passed)
    }]);
    assert_eq!(works_with::rows(&report, Strictness::Should)[0].told.state, State::Fails, "--strict");
}

#[test]
fn what_a_kind_of_app_cannot_do_without_makes_it_not_tried() {
    let says = Evidence::Discovered {
        request: "GET /ServiceProviderConfig".to_owned(),
        says: "patch.supported is false".to_owned(),
    };
    let cases = || vec![failed("okta/b#wizard", &["wizard-app"], "OKTA-put-200"), case("okta/a", &[], Outcome::Passed)];
    let report = Report { capabilities: vec![(Capability::Patch, Support::No(says))], ..report(cases()) };
    assert_eq!(states(&report), by_kind(State::NotTried, State::Fails));
    let why =
        "it works by patch, which the server does not offer (GET /ServiceProviderConfig: patch.supported is false)";
    assert_eq!(rows(&report)[0].told.why, why);
    // The owner has one kind of app, and says which.
    let declared = || Evidence::Declared("target.yaml:3".to_owned());
    let capabilities = vec![
        (Capability::of("catalogue-app"), Support::No(declared())),
        (Capability::of("wizard-app"), Support::Yes(declared())),
    ];
    let report = Report { capabilities, ..report.clone() };
    assert_eq!(rows(&report)[0].told.why, "target.yaml:3 says `app: wizard`");
    // An app of another provider says nothing here; what was run counts somewhere.
    let capabilities = ["catalogue-app", "wizard-app"].map(|word| (Capability::of(word), Support::No(declared())));
    let report = Report { capabilities: capabilities.to_vec(), ..report };
    assert_eq!(states(&report), by_kind(State::Works, State::Fails));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticked_approval_box_is_told_with_what_waits() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let target = "app: v2-core\nfeatures: [create-users, update-users, suspend-users, approve-create]\n";
    fs::write(folder.path().join("target.yaml"), target).expect("it can be written");
    let options = scim_check::reference::Options::default();
    let server = scim_check::reference::serve(options).await.expect("a port is free");
    let url = server.base_url().to_owned();
    fs::write(folder.path().join("token"), server.token()).expect("it can be written");
    let arguments = ["--base-url", &url, "--token-file", "token", "--target", "target.yaml"];
    let (code, said, complained) = call(folder.path(), &[&arguments[..], &["--report", "json=run.json"]].concat());
    assert_eq!(code, Some(0), "{said}{complained}");
    let waits = "    waits for an administrator (approve-create): each new user, whose create is not sent before an administrator";
    assert!(summary(&said).lines().any(|line| line.starts_with(waits)), "{said}");
    let report = json(folder.path(), "run.json");
    let row = &report["works_with"][1];
    assert_eq!((&row["kind"], &row["waits"][0]["feature"]), (&Value::from("v2-core"), &Value::from("approve-create")));
    assert_eq!(row["waits"][0]["evidence"], "declared in target.yaml:2");
    // Nothing that waits was sent.
    let sent = report["times"].as_array().into_iter().flatten().map(|row| row["endpoint"].as_str().unwrap_or_default());
    assert_eq!(sent.filter(|endpoint| endpoint.starts_with("POST /Users")).count(), 0, "{}", report["times"]);
}

#[test]
fn what_a_hostile_record_says_of_providers_steers_no_terminal() {
    let mut report = report(vec![case("okta/a", &[], Outcome::Passed), failed("x/b", &[], "X\u{1b}[2J")]);
    report.providers[0].title = "Okta\u{1b}[31m".to_owned();
    report.providers.push(Provider { suite: "x".to_owned(), title: "x\n| y".to_owned(), ..Provider::default() });
    let said = text::summary(&report, text::Options::default());
    assert!(said.contains("works with") && !said.contains('\u{1b}'), "{said:?}");
    let quiet = text::Options { verbosity: text::Verbosity::Quiet, ..text::Options::default() };
    assert!(!text::summary(&report, quiet).contains('\u{1b}'));
    let markdown = scim_check::report::markdown::render(&report, Strictness::Must);
    assert!(!markdown.contains('\u{1b}') && !markdown.contains("\n| y"), "{markdown:?}");
}

#[test]
fn no_id_of_a_hostile_record_steers_a_terminal() {
    let id = |name: &str| RequirementId::from(format!("{name}\u{1b}[2J\n{name}").as_str());
    let since = |text: &str| Edition::parse(text).expect("an edition");
    let later = NotScored { finding: finding(id("later").as_str(), Level::Must), since: since("2026.12") };
    let stopped = Outcome::Inconclusive(Cause::Stopped);
    let cases = vec![
        CaseResult { not_scored: vec![later], ..case("okta/later\u{1b}[2J", &[], Outcome::Passed) },
        CaseResult { blocked_by: vec![id("blocked")], ..case("okta/blocked\u{1b}[2J", &[], stopped) },
        CaseResult { checks: vec![id("checked")], ..case("okta/checked", &[], Outcome::Skipped(Skip::Depth)) },
        failed("okta/failed\u{1b}[2J", &[], id("failed").as_str()),
    ];
    let mut report = report(cases);
    report.edition = Some(ScoredBy { edition: since("2026.11"), newest: since("2026.12") });
    for verbosity in [text::Verbosity::Quiet, text::Verbosity::Normal, text::Verbosity::Verbose] {
        let said = text::summary(&report, text::Options { verbosity, ..text::Options::default() });
        assert!(!said.contains('\u{1b}'), "{said:?}");
        assert!(said.contains("\\u{1b}[2J\\nfailed"), "{said:?}");
        let told = |id: &str| said.contains(&format!("{id}\\u{{1b}}[2J\\n{id}"));
        let is_quiet = verbosity == text::Verbosity::Quiet;
        assert!(is_quiet || (told("later") && told("blocked")), "{said:?}");
    }
}

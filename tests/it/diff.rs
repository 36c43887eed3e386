//! What changed between two runs: what is said of it, in which form, and what comes of files that cannot be compared.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use scim_check::report::diff::{self, Diff};
use scim_check::report::json::{self, View};
use scim_check::report::times::EndpointTimes;
use serde_json::Value;
use tempfile::TempDir;

const KEPT: &str = "OKTA-deactivate-keeps-account";

/// The exit code, standard output and standard error of a call.
fn call(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    let output =
        command.args(arguments).env("COLUMNS", "110").current_dir(folder).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Reports of the reference as it is (`good.json`) and with two faults (`bad.json`), and of part of the cases (`part.json`).
static REPORTS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let run = |name: &str, code: i32, more: &[&str]| {
        let report = format!("json={name}.json");
        let mut arguments = vec!["demo", "--seed", "5", "--settle", "0.1", "--quiet", "--report", &report];
        arguments.extend(more);
        let (done, out, err) = call(folder.path(), &arguments);
        assert_eq!(done, Some(code), "{out}{err}");
    };
    run("good", 0, &["okta/lifecycle", "okta/lookup"]);
    let faults = ["--quirk", "deactivate-deletes", "--quirk", "empty-list-as-null-body"];
    run("bad", 1, &[&["okta/lifecycle", "okta/lookup"], &faults[..]].concat());
    run("part", 0, &["okta/lifecycle"]);
    folder
});

fn path(name: &str) -> String {
    REPORTS.path().join(name).display().to_string()
}

fn view(name: &str) -> View {
    json::read(&fs::read_to_string(path(name)).expect("the report was written")).expect("it is a report")
}

fn compare(old: &View, new: &View) -> Diff {
    diff::compare(("old.json", old), ("new.json", new)).expect("they can be compared")
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME");
    settings.bind(|| insta::assert_snapshot!(format!("diff__{name}"), text));
}

/// The same but for times, which vary.
fn without_times(mut view: View) -> View {
    view.times.clear();
    view
}

#[test]
fn what_broke_is_told_once_with_its_cases() {
    let diff = compare(&without_times(view("good.json")), &without_times(view("bad.json")));
    assert!(diff.broken);
    snapshot("broke_text", &diff::text(&diff, 110));
    snapshot("broke_markdown", &diff::markdown(&diff));
}

#[test]
fn what_was_mended_breaks_nothing() {
    let diff = compare(&without_times(view("bad.json")), &without_times(view("good.json")));
    assert!(!diff.broken && diff.broke.is_empty());
    snapshot("mended_text", &diff::text(&diff, 110));
}

#[test]
fn the_exit_code_says_whether_something_broke() {
    let (folder, good, bad) = (REPORTS.path(), "good.json", "bad.json");
    let (code, out, err) = call(folder, &["diff", good, bad]);
    assert_eq!((code, err.as_str()), (Some(1), ""), "{out}");
    let (code, out, _) = call(folder, &["diff", bad, good]);
    assert_eq!(code, Some(0), "{out}");
    let (code, out, _) = call(folder, &["diff", good, good]);
    assert_eq!((code, out.lines().next()), (Some(0), Some("nothing changed")));
    let (code, out, _) = call(folder, &["diff", good, bad, "--format", "markdown"]);
    assert_eq!(code, Some(1));
    assert!(out.starts_with("## scim-check: ") && out.contains(&format!("`{KEPT}`")), "{out}");
}

#[test]
fn json_is_as_its_schema_says() {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/diff-1.schema.json")).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for (old, new, broken) in [("good.json", "bad.json", true), ("bad.json", "part.json", false)] {
        let (code, out, err) = call(REPORTS.path(), &["diff", old, new, "--format", "json"]);
        assert_eq!(code, Some(i32::from(broken)), "{err}");
        let diff: Value = serde_json::from_str(&out).expect("it is JSON");
        let mistakes: Vec<String> = validator.iter_errors(&diff).map(|error| error.to_string()).collect();
        assert_eq!(mistakes, Vec::<String>::new());
        assert_eq!(diff["broken"], broken);
    }
}

#[test]
fn cases_that_one_side_left_out_are_neither_mended_nor_broken() {
    let (bad, part) = (view("bad.json"), view("part.json"));
    let of_lookup = |changes: &[diff::Change]| {
        changes.iter().flat_map(|change| &change.cases).filter(|case| case.starts_with("okta/lookup")).count()
    };
    let less = compare(&bad, &part);
    assert_eq!(of_lookup(&less.mended), 0);
    assert!(less.not_run.iter().all(|group| group.what == "not selected") && !less.not_run.is_empty());
    assert_eq!((&less.new_requirements, &less.gone_requirements), (&vec![], &vec![]));
    let more = compare(&part, &bad);
    assert_eq!(of_lookup(&more.broke), 0);
    assert!(more.broke.iter().any(|change| change.requirement == KEPT));
}

#[test]
fn what_the_older_run_did_not_judge_breaks_nothing() {
    let (mut good, bad) = (view("good.json"), view("bad.json"));
    good.cases.iter_mut().for_each(|case| case.judged.retain(|id| id != KEPT));
    good.tool.version = "0.0.1".to_owned();
    let diff = compare(&good, &bad);
    assert!(!diff.broke.iter().any(|change| change.requirement == KEPT));
    assert!(diff.came_to_light.iter().any(|change| change.requirement == KEPT));
    good.cases.retain(|case| !case.id.starts_with("okta/lifecycle/keeps-account"));
    let diff = compare(&good, &bad);
    assert!(diff.came_to_light.iter().any(|change| change.requirement == KEPT));
    assert_eq!(diff.new_cases.iter().map(|group| group.cases.len()).sum::<usize>(), 2);
}

#[test]
fn known_failures_break_nothing_and_are_told_when_they_change() {
    let (good, mut bad) = (view("good.json"), view("bad.json"));
    bad.cases
        .iter_mut()
        .flat_map(|case| &mut case.findings)
        .for_each(|finding| finding.known = Some("later".to_owned()));
    let entry = |state: &str| -> json::KnownFailure {
        let entry =
            serde_json::json!({ "name": KEPT, "state": state, "cases": 2, "reason": "later", "place": "known.yaml:3" });
        serde_json::from_value(entry).expect("an entry of a baseline")
    };
    bad.baseline = vec![entry("holds")];
    let diff = compare(&good, &bad);
    assert!(!diff.broken && diff.came_to_light.is_empty());
    assert_eq!(
        diff.known,
        [diff::Known { name: KEPT.into(), old: None, new: Some("holds".into()), reason: "later".into() }]
    );
}

#[test]
fn a_violated_should_breaks_only_where_it_counts() {
    let (good, mut bad) = (view("good.json"), view("bad.json"));
    bad.cases.iter_mut().flat_map(|case| &mut case.findings).for_each(|finding| finding.level = "SHOULD".to_owned());
    let diff = compare(&good, &bad);
    assert!(!diff.broken && !diff.warned.is_empty());
    bad.strict = true;
    let diff = compare(&good, &bad);
    assert!(diff.broken && diff.warned.is_empty());
}

#[test]
fn slower_is_what_is_much_slower_in_many_answers() {
    let good = view("good.json");
    let with = |answers: usize, median_us: u64| {
        let times = EndpointTimes {
            endpoint: "GET /Users".into(),
            answers,
            median_us,
            p95_us: median_us,
            slowest_us: median_us,
        };
        View { times: vec![times], ..good.clone() }
    };
    let count = |old: (usize, u64), new: (usize, u64)| compare(&with(old.0, old.1), &with(new.0, new.1)).slower.len();
    assert_eq!(count((10, 40_000), (10, 60_000)), 1);
    assert_eq!(count((9, 40_000), (10, 60_000)), 0, "too few answers before");
    assert_eq!(count((10, 40_000), (9, 60_000)), 0, "too few answers now");
    assert_eq!(count((10, 40_000), (10, 59_999)), 0, "not 20 ms longer");
    assert_eq!(count((10, 100_000), (10, 149_999)), 0, "not half as long again");
    assert_eq!(count((10, 2), (10, u64::MAX)), 1);
    assert!(!compare(&with(10, 40_000), &with(10, 90_000)).broken);
}

#[test]
fn files_that_are_no_reports_are_named_at_once() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let good = fs::read_to_string(path("good.json")).expect("the report was written");
    let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).expect("the file can be written");
    write("cut.json", &good.as_bytes()[..good.len() / 2]);
    write("other.json", br#"{"format": "scim-check.runscope/1"}"#);
    write("binary.json", &[0xff, 0xfe, 0x00]);
    write("good.json", good.as_bytes());
    for (old, new, told) in [
        ("cut.json", "other.json", &["cut.json: not a report", "other.json: the report has format"][..]),
        ("gone.json", "binary.json", &["gone.json: ", "binary.json: not a report"]),
        ("good.json", "cut.json", &["cut.json: not a report"]),
    ] {
        let (code, out, err) = call(folder.path(), &["diff", old, new]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert_eq!(err.lines().count(), told.len(), "{err}");
        told.iter().for_each(|text| assert!(err.contains(text), "no {text:?} in {err}"));
    }
}

#[test]
fn unlike_reports_are_refused_by_name() {
    let good = view("good.json");
    let elsewhere = |url: &str| {
        let mut view = good.clone();
        (view.target.demo, view.target.base_url) = (None, url.to_owned());
        view
    };
    let refusal = |old: &View, new: &View| {
        diff::compare(("old.json", old), ("new.json", new)).expect_err("they cannot be compared").to_string()
    };
    assert_eq!(
        refusal(&elsewhere("https://a.example/scim"), &elsewhere("https://b.example/scim")),
        "old.json and new.json cannot be compared: they are of different servers: https://a.example/scim and https://b.example/scim"
    );
    assert!(refusal(&good, &elsewhere("https://b.example/scim")).contains("the built-in server and https://b.example"));
    let suites = View { suites: vec!["rfc".to_owned()], ..good.clone() };
    assert!(refusal(&good, &suites).ends_with("different suites: okta and rfc"));
    compare(&elsewhere("https://a.example/scim/"), &elsewhere("https://a.example/scim"));
}

#[test]
fn nothing_in_a_report_steers_a_terminal_or_markdown() {
    let (good, mut bad) = (view("good.json"), view("bad.json"));
    bad.started = "\u{1b}[2J\n# now".to_owned();
    for case in &mut bad.cases {
        case.reason = Some("<script>\u{1b}]0;x\u{7}\n| a `b` @c".to_owned());
        case.blocked_by = None;
        case.findings.iter_mut().for_each(|finding| finding.expected = "`<b>\u{202e}".repeat(400));
    }
    let diff = compare(&good, &bad);
    assert!(diff.broken);
    for text in [diff::text(&diff, 110), diff::markdown(&diff), diff::render(&diff)] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']));
        assert!(text.lines().all(|line| line.chars().count() < 2000));
    }
    let markdown = diff::markdown(&diff);
    assert!(!markdown.contains("\n# now") && markdown.contains("\\<script\\>"), "{markdown}");
}

/// Only a run of the whole suite says how ready a server is.
#[test]
fn readiness_that_changed_is_told_and_nothing_else_of_it() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let run = |name: &str, code: i32, more: &[&str]| {
        let report = format!("json={name}.json");
        let arguments = [
            "demo", "--seed", "5", "--settle", "0.1", "--jobs", "8", "--depth", "full", "--quiet", "--report", &report,
        ];
        let (done, out, err) = call(folder.path(), &[&arguments[..], more].concat());
        assert_eq!(done, Some(code), "{out}{err}");
    };
    run("ready", 0, &[]);
    run("not", 1, &["--quirk", "deactivate-deletes"]);
    let told = |old: &str, new: &str, format: &str| call(folder.path(), &["diff", old, new, "--format", format]).1;
    let text = told("ready.json", "not.json", "text");
    let (_, annex) = text.split_once("\nReadiness for the Okta Integration Network\n").expect("a section");
    assert!(annex.contains("  deactivate-users: ready → not ready\n"), "{annex}");
    assert!(annex.contains("  profile-sourcing: ready → could not tell\n"), "{annex}");
    assert!(!annex.contains("create-users"), "it is as ready as before: {annex}");
    // Columns that say why are not told as changes of the one that says whether.
    assert!(!annex.contains("of the suite") && !annex.contains("held back"), "{annex}");
    let markdown = told("not.json", "ready.json", "markdown");
    assert!(markdown.contains("### Readiness for the Okta Integration Network\n"), "{markdown}");
    assert!(markdown.contains("- deactivate-users: not ready → ready\n"), "{markdown}");
    let schema: Value = serde_json::from_str(include_str!("../../schemas/diff-1.schema.json")).expect("it is JSON");
    let diff: Value = serde_json::from_str(&told("ready.json", "not.json", "json")).expect("it is JSON");
    assert!(jsonschema::is_valid(&schema, &diff), "{diff}");
    let shifts = diff["annexes"].as_array().expect("a list");
    let shift = shifts.iter().find(|shift| shift["row"] == "deactivate-users").expect("the switch");
    assert_eq!((&shift["old"], &shift["new"]), (&Value::from("ready"), &Value::from("not ready")));
    assert!(told("ready.json", "ready.json", "text").starts_with("nothing changed\n"));
}

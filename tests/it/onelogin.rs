//! OneLogin is a folder: its suite conforms on the reference, asks for little, and has brought no word into the program.

use std::fs;
use std::path::Path;

use scim_check::scenario::{self, Action, unfolded};
use serde_json::Value;

use crate::persona::code;
use crate::program::call;

/// How many requests the suite may send at default depth.
const REQUESTS: u64 = 250;

#[test]
fn the_suite_conforms_on_the_reference_with_few_requests() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let (code, said, complained) = call(
        folder.path(),
        &["demo", "--suite", "onelogin", "--histories", "0", "--quiet", "--report", "json=report.json"],
    );
    assert_eq!(code, Some(0), "{said}{complained}");
    let text = fs::read_to_string(folder.path().join("report.json")).expect("it was written");
    let report: Value = serde_json::from_str(&text).expect("a report is JSON");
    assert_eq!(report["verdict"], "conforms");
    // Nobody declares attributes here.
    let cases = report["cases"].as_array().cloned().unwrap_or_default();
    let skipped = cases.iter().filter(|case| case["outcome"] == "skipped").filter_map(|case| case["id"].as_str());
    assert!(skipped.clone().all(|id| id.starts_with("onelogin/profile/")), "{:?}", skipped.collect::<Vec<_>>());
    let requests = report["totals"]["requests"].as_u64().unwrap_or_default();
    assert!((100..=REQUESTS).contains(&requests), "{requests} requests");
    // Nothing is said of another provider to whoever asks about this one.
    assert!(!said.contains("Okta"), "{said}");
}

#[test]
fn beside_another_suite_it_costs_few_requests() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let requests = |suites: &str| {
        let (code, said, complained) = call(
            folder.path(),
            &["demo", "--suite", suites, "--histories", "0", "--quiet", "--report", "json=report.json"],
        );
        assert_eq!(code, Some(0), "{said}{complained}");
        let text = fs::read_to_string(folder.path().join("report.json")).expect("it was written");
        let report: Value = serde_json::from_str(&text).expect("a report is JSON");
        report["totals"]["requests"].as_u64().expect("it is counted")
    };
    let more = requests("okta,onelogin") - requests("okta");
    assert!((100..=REQUESTS).contains(&more), "{more} requests");
}

#[test]
fn two_suites_are_named_with_a_comma() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let (code, said, complained) = call(folder.path(), &["list", "--suite", "okta,onelogin"]);
    assert_eq!(code, Some(0), "{complained}");
    assert!(said.contains("onelogin/users/create") && said.contains("okta/users/create"), "{said}");
}

#[test]
fn a_target_for_it_is_run_with_its_suite() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets/atspoke-onelogin.yaml");
    let arguments = ["run", "--base-url", "http://127.0.0.1:9/scim/v2", "--token", "t", "--list", "--target"];
    let (code, said, complained) = call(folder.path(), &[&arguments[..], &[&target.display().to_string()]].concat());
    assert_eq!(code, Some(0), "{complained}");
    assert!(said.contains("onelogin/users/create") && !said.contains("okta/"), "{said}");
}

/// Comments may name it, and so may the reference server, which has to understand what it sends.
#[test]
fn the_program_does_not_know_it() {
    let code = code();
    assert!(code.len() > 100);
    let is_elsewhere = |name: &str| !name.starts_with("reference/");
    let speak = code.iter().filter(|(name, code)| is_elsewhere(name) && code.to_lowercase().contains("onelogin"));
    assert_eq!(speak.map(|(name, _)| name).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Refresh Entitlements, creates from roles and changes of members are all that is done to groups.
#[test]
fn no_group_is_ever_renamed_or_deleted() {
    let library = scenario::load(None).expect("the built-in files are right");
    let is_of_it = |id: &str| id.starts_with("onelogin/") || id.starts_with("onelogin-v1/");
    let cases = library.scenarios.iter().chain(&library.acts).flat_map(|scenario| &scenario.cases);
    let mut methods = Vec::new();
    for case in cases.filter(|case| is_of_it(&case.id)) {
        for step in unfolded(&case.given).into_iter().chain(unfolded(&case.steps)) {
            let Action::Send(send) = &step.action else { continue };
            if send.request.path.sample("0").starts_with("/Groups") {
                let body = format!("{:?}", send.request.body);
                let is_rename = send.request.method == "PATCH" && body.contains("displayName");
                assert!(!is_rename, "{} renames a group", case.id);
                methods.push(send.request.method.clone());
            }
        }
    }
    methods.sort();
    methods.dedup();
    assert_eq!(methods, ["GET", "PATCH", "POST"]);
}

/// What is answered 429 is sent again after `Retry-After`, and nobody is lost or there twice.
#[test]
fn thirty_users_at_once_are_each_created_once_by_a_server_that_is_busy() {
    for suite in ["onelogin", "onelogin-v1"] {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        let case = format!("{suite}/bulk/thirty-users");
        let arguments = [
            "demo",
            "--suite",
            suite,
            &case,
            "--quirk",
            "retry-after-zero",
            "--bodies",
            "all",
            "--report",
            "json=run.json",
        ];
        let (code, said, complained) = call(folder.path(), &arguments);
        assert_eq!(code, Some(0), "{said}{complained}");
        let text = fs::read_to_string(folder.path().join("run.json")).expect("it was written");
        let report: Value = serde_json::from_str(&text).expect("a report is JSON");
        assert_eq!((&report["totals"]["passed"], &report["totals"]["leftovers"]), (&1.into(), &0.into()), "{said}");
        let exchanges = report["cases"][0]["exchanges"].as_array().cloned().unwrap_or_default();
        let is_create = |one: &&Value| one["request"]["method"] == "POST";
        let created = exchanges.iter().filter(is_create);
        let (mut times, mut users, mut refused) = (0, std::collections::BTreeSet::new(), 0);
        for one in created {
            times += 1;
            users.insert(one["response"]["body"].to_string());
            refused += one["attempts"].as_array().map_or(0, Vec::len);
        }
        assert_eq!((times, users.len()), (30, 30), "{}", report["cases"][0]);
        assert!(refused > 0, "nothing was answered 429");
    }
}

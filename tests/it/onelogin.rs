//! OneLogin is a folder: its suite conforms on the reference, asks for little, and has brought no word into the program.

use std::fs;
use std::path::Path;

use crate::persona::code;
use crate::program::call;
use serde_json::Value;

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

//! SCIM 1.1: its suites conform on the reference, are asked for by a suite, a kind of app or `scim` in a target file, and change nothing
//! for whoever speaks SCIM 2.0.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::call;

fn said(arguments: &[&str], wanted: i32, files: &[(&str, &str)]) -> (String, Value) {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file of the test's own");
    }
    let (code, said, complained) = call(folder.path(), arguments);
    assert_eq!(code, Some(wanted), "{said}{complained}");
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap_or_default();
    (format!("{said}{complained}"), serde_json::from_str(&report).unwrap_or_default())
}

#[test]
fn the_suites_conform_on_the_reference() {
    for (suite, least) in [("okta-v1", 40), ("onelogin-v1", 14)] {
        let (said, report) =
            said(&["demo", "--suite", suite, "--quiet", "--bodies", "all", "--report", "json=report.json"], 0, &[]);
        assert_eq!(report["verdict"], "conforms", "{said}");
        assert_eq!(report["totals"]["skipped"], 0, "{}", report["totals"]);
        assert!(report["totals"]["passed"].as_u64() >= Some(least), "{}", report["totals"]);
        let url = report["target"]["base_url"].as_str().unwrap_or_default();
        assert!(url.ends_with("/scim/v1"), "{url}");
        // Nothing of SCIM 2.0 is asked for.
        let text = report["discovery"].to_string();
        assert!(text.contains("/ServiceProviderConfigs") && !text.contains("/ResourceTypes"), "{text}");
        let sent = format!("{}{}", report["discovery"], report["cases"]);
        assert!(!sent.contains("application/scim+json"), "{suite}");
    }
}

#[test]
fn a_run_without_a_word_speaks_2_0() {
    let (said, _) = said(&["list"], 0, &[]);
    assert!(said.contains("okta/users/create"), "{said}");
    let server = ["run", "--base-url", "http://127.0.0.1:9/scim", "--token", "t", "--list"];
    for suites in [&[][..], &["--suite", "all"], &["--suite", "okta,onelogin"]] {
        let (said, _) = self::said(&[&server[..], suites].concat(), 0, &[]);
        assert!(said.contains("okta/users/create") && !said.contains("-v1/"), "{suites:?}: {said}");
    }
}

#[test]
fn a_target_file_says_which_version_is_run() {
    let listed = |target: &str| {
        let arguments =
            ["run", "--base-url", "http://127.0.0.1:9/scim", "--token", "t", "--target", "t.yaml", "--list"];
        said(&arguments, 0, &[("t.yaml", target)]).0
    };
    let okta = listed("scim: \"1.1\"\n");
    assert!(okta.contains("okta-v1/users/create") && !okta.contains("okta/") && !okta.contains("onelogin"), "{okta}");
    let wizard = listed("scim: 1.1\napp: wizard\n");
    assert!(wizard.contains("okta-v1/users/create") && !wizard.contains("okta/"), "{wizard}");
    let core = listed("app: v1-core\n");
    assert!(core.contains("onelogin-v1/users/create") && !core.contains("onelogin/"), "{core}");
    for target in ["app: wizard\n", "scim: [\"1.1\", \"2.0\"]\n", "scim: \"2.0\"\napp: catalogue\n"] {
        let both = listed(target);
        assert!(both.contains("okta/users/create") && !both.contains("-v1/"), "{target}: {both}");
    }
}

#[test]
fn two_versions_in_one_run_are_a_mistake() {
    let server = ["run", "--base-url", "http://127.0.0.1:9/scim", "--token", "t"];
    let with = |more: &[&'static str]| [&server[..], more].concat();
    let (mixed, _) = said(&with(&["--suite", "okta,okta-v1"]), 2, &[]);
    assert!(mixed.contains("one run speaks one of them"), "{mixed}");
    let target = [("t.yaml", "scim: \"1.1\"\n")];
    let (other, _) = said(&with(&["--suite", "okta", "--target", "t.yaml"]), 2, &target);
    assert!(other.contains("`scim: \"1.1\"`, and the suite okta speaks SCIM 2.0"), "{other}");
    let (laws, _) = said(&with(&["--laws", "--target", "t.yaml"]), 2, &target);
    assert!(laws.contains("--laws"), "{laws}");
    for command in ["doctor", "import-preview"] {
        let mut arguments =
            vec![command, "--base-url", "http://127.0.0.1:9/scim", "--token", "t", "--target", "t.yaml"];
        if command == "import-preview" {
            arguments.extend(["--okta-users", "t.yaml"]);
        }
        let (refused, _) = said(&arguments, 2, &target);
        assert!(refused.contains("speaks SCIM 2.0, and the target file says"), "{refused}");
    }
}

#[test]
fn a_recorded_run_is_judged_again_as_it_was() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let select = ["demo", "okta-v1/users", "--quiet", "--bodies", "all", "--report", "json=run.json"];
    let (code, _, complained) = call(folder.path(), &select);
    assert_eq!(code, Some(0), "{complained}");
    let again = ["judge", "--from", "run.json", "--quiet", "--report", "json=again.json"];
    let (code, said, complained) = call(folder.path(), &again);
    assert_eq!(code, Some(0), "{said}{complained}");
    let read = |name: &str| -> Value {
        let text = fs::read_to_string(Path::new(folder.path()).join(name)).expect("it was written");
        serde_json::from_str(&text).expect("a report is JSON")
    };
    assert_eq!(read("again.json")["totals"]["passed"], read("run.json")["totals"]["passed"]);
}

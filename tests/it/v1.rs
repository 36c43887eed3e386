//! SCIM 1.1: its suites conform on the reference, are asked for by a suite, a kind of app or `scim` in a target file, and change nothing
//! for whoever speaks SCIM 2.0.

use std::fs;
use std::path::Path;

use scim_check::reference::{Options, serve};
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

/// A suite of somebody's own that speaks SCIM 1.1.
const PERSONA: &str = "title: Acme\nscim: \"1.1\"\nprofile: scim11\n";
const SUITE: &str =
    "title: Acme\nheaders: { Accept: application/json }\nbody-headers: { Content-Type: application/json }\n";

fn scenario(steps: &str) -> String {
    format!(
        "title: A user\nsteps:\n  - send: POST /Users\n    body: {{ schemas: [\"urn:scim:schemas:core:1.0\"], userName: \
         \"${{unique}}@example.com\" }}\n    capture: {{ id: $.id }}\n    expect: [{{ must: SCIM11-API-3.1-created-201, status: \
         201 }}]\n{steps}"
    )
}

/// Plays scenarios of one's own on the reference: the report, and how many users there were and are.
fn own(steps: &[String]) -> (Value, [usize; 2]) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = runtime.block_on(serve(Options { users: 3, ..Options::default() })).expect("a free port");
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let acme = folder.path().join("own/acme");
    fs::create_dir_all(&acme).expect("a folder");
    let mut files = vec![("persona.yaml".to_owned(), PERSONA.to_owned()), ("suite.yaml".to_owned(), SUITE.to_owned())];
    files.extend(
        steps
            .iter()
            .enumerate()
            .map(|(n, steps)| (format!("case-{n}.yaml"), scenario(steps).replace("A user", &format!("User {n}")))),
    );
    for (name, text) in files {
        fs::write(acme.join(name), text).expect("a file of the test's own");
    }
    let before = server.user_count();
    let arguments = ["run", "--scenarios", "own", "--base-url", server.v1_base_url(), "--token", server.token()];
    let more = ["--settle", "0.1", "--bodies", "all", "--quiet", "--report", "json=report.json"];
    let (_, said, complained) = call(folder.path(), &[&arguments[..], &more].concat());
    let text = fs::read_to_string(folder.path().join("report.json")).unwrap_or_else(|_| panic!("{said}{complained}"));
    let after = server.user_count();
    (serde_json::from_str(&text).expect("a report is JSON"), [before, after])
}

#[test]
fn a_method_that_is_overridden_changes_only_what_is_ours_and_everything_is_removed() {
    let overridden = |path: &str, method: &str, body: &str, more: &str| {
        format!("  - send: POST {path}\n    headers: {{ X-HTTP-Method-Override: {method} }}\n    body: {body}\n{more}")
    };
    let ours = "/Users/${id}";
    let partial = "{ schemas: [\"urn:scim:schemas:core:1.0\"], title: Chief }";
    let whole = "{ schemas: [\"urn:scim:schemas:core:1.0\"], userName: \"${unique}@example.com\", title: Chief }";
    let shown = "    expect: [{ may: SCIM11-API-3.12-method-override-allowed, at: $.title, is: Chief }]\n";
    let gone = "  - send: GET /Users/${id}\n    expect: [{ must: SCIM11-API-3.4-gone, status: 404 }]\n";
    let plain = |step: &str| format!("  - send: {step}\n    body: {partial}\n");
    let (report, users) = own(&[
        overridden(ours, "PATCH", partial, shown),
        overridden(ours, "PUT", whole, shown),
        overridden(ours, "DELETE", "{}", gone),
        plain("PATCH /Users/${id}"),
        // Of others.
        overridden("/Users/somebody", "DELETE", "{}", ""),
        overridden("/Users/somebody", "PATCH", partial, ""),
        plain("PATCH /Users/somebody"),
    ]);
    assert_eq!(users, [3, 3], "{report:#}");
    let cases = report["cases"].as_array().expect("a list");
    for (number, case) in cases.iter().enumerate() {
        if number < 4 {
            assert_eq!(case["outcome"], "passed", "{case:#}");
        } else {
            assert_eq!(case["cause"]["kind"], "not-ours", "{case:#}");
        }
        assert!(case["leftovers"].as_array().is_none_or(Vec::is_empty), "{case:#}");
    }
    let sent = format!("{}{}", report["discovery"], report["cases"]);
    assert!(!sent.contains("application/scim+json"), "what is looked at and swept asks for application/json");
}

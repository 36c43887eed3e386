//! SCIM 1.1: its suites conform on the reference, are asked for by a suite, a kind of app or `scim` in a target file, and change nothing
//! for whoever speaks SCIM 2.0.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use scim_check::judge::Judge;
use scim_check::reference::{Options, serve};
use scim_check::run;
use scim_check::scenario::{self, Library};
use serde_json::Value;

use crate::program::{call, headers, listened};

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
        // Nobody declares attributes here.
        let cases = report["cases"].as_array().cloned().unwrap_or_default();
        let skipped = cases.iter().filter(|case| case["outcome"] == "skipped").filter_map(|case| case["id"].as_str());
        assert!(skipped.clone().all(|id| id.contains("/profile/")), "{:?}", skipped.collect::<Vec<_>>());
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

/// What cases of these suites judge.
fn judged(library: &Library, suites: &[&str]) -> BTreeSet<String> {
    let judge = Judge::new(&library.registry).expect("the built-in requirements are registered");
    let scenarios = library.scenarios.iter().filter(|scenario| suites.contains(&scenario.suite()));
    let cases = scenarios.flat_map(|scenario| &scenario.cases);
    cases.flat_map(|case| run::checks(&judge, case)).map(|id| id.to_string()).collect()
}

#[test]
fn each_demand_of_scim_1_1_is_judged_or_has_its_reason_in_the_documentation() {
    let library = scenario::load(None).expect("the built-in files are right");
    let judged = judged(&library, &["okta-v1", "onelogin-v1"]);
    let page = include_str!("../../docs/scim-1.1.md");
    let rows = page
        .lines()
        .skip_while(|line| *line != "| what | demands | because |")
        .take_while(|line| line.starts_with('|'));
    let named: Vec<&str> = rows.flat_map(|row| row.split('`')).filter(|word| word.starts_with("SCIM11-")).collect();
    assert!(named.len() > 5, "{named:?}");
    let is_meant =
        |name: &str, id: &str| name.strip_suffix('*').map_or(name == id, |beginning| id.starts_with(beginning));
    let all: Vec<&str> =
        library.registry.iter().map(|known| known.id.as_str()).filter(|id| id.starts_with("SCIM11-")).collect();
    let has_reason = |id: &&&str| named.iter().any(|name| is_meant(name, id));
    let open: Vec<&&str> = all.iter().filter(|id| !judged.contains(**id)).filter(|id| !has_reason(id)).collect();
    assert!(open.is_empty(), "neither judged nor with a reason in docs/scim-1.1.md: {open:?}");
    let both: Vec<&&str> = all.iter().filter(|id| judged.contains(**id)).filter(has_reason).collect();
    assert!(both.is_empty(), "judged, and said not to be: {both:?}");
    let idle: Vec<&&str> = named.iter().filter(|name| !all.iter().any(|id| is_meant(name, id))).collect();
    assert!(idle.is_empty(), "no demand of SCIM 1.1: {idle:?}");
}

#[test]
fn what_is_judged_in_scim_1_1_has_been_seen_to_fail_in_scim_1_1() {
    let library = scenario::load(None).expect("the built-in files are right");
    // What both suites judge is proven where Okta's is.
    for (suite, proven_by) in [("okta-v1", &["okta-v1"][..]), ("onelogin-v1", &["okta-v1", "onelogin-v1"])] {
        let reported = library.quirks.iter().flat_map(|quirk| quirk.reported());
        let broken: BTreeSet<String> =
            reported.filter(|(suite, _)| proven_by.contains(suite)).map(|(_, id)| id.to_string()).collect();
        let judged = judged(&library, &[suite]);
        let open: Vec<&String> = judged.difference(&broken).collect();
        assert!(open.is_empty(), "{suite} judges it, and no quirk has shown it there: {open:?}");
    }
}

#[test]
fn requests_have_the_headers_that_okta_sends_in_1_1_and_their_spelling() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = runtime.block_on(serve(Options::default())).expect("a free port");
    let peer = listened(server.v1_base_url());
    let (said, _) = said(&["run", "okta-v1/users/create", "--base-url", &peer.url, "--token", server.token()], 0, &[]);
    let again = format!("next: run all of it: scim-check run --base-url {} --suite okta-v1\n", peer.url);
    assert!(said.contains(" 0 failed") && said.contains(&again), "{said}");
    let heard = peer.heard.lock().expect("nobody panics").join("\n");
    let expected = [
        "Accept-Charset: utf-8",
        "Accept-Encoding: gzip,deflate",
        "Accept: application/json",
        &format!("Authorization: Bearer {}", server.token()),
        "Connection: Keep-Alive",
        "Content-Type: application/json; charset=utf-8",
        "User-Agent: Okta SCIM Client 1.0.0",
    ];
    assert_eq!(headers(&heard, "POST /scim/v1/Users HTTP/1.1"), expected);
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
fn cases_of_two_versions_in_one_run_are_a_mistake() {
    let server = ["run", "--base-url", "http://127.0.0.1:9/scim", "--token", "t"];
    let with = |more: &[&'static str]| [&server[..], more].concat();
    let (mixed, _) = said(&with(&["okta/connection", "okta-v1/connection"]), 2, &[]);
    assert!(mixed.contains("one run speaks one of them"), "{mixed}");
    let target = [("t.yaml", "scim: \"1.1\"\n")];
    let (other, _) = said(&with(&["--suite", "okta", "--target", "t.yaml"]), 2, &target);
    assert!(other.contains("`scim: \"1.1\"`, and the suite okta speaks SCIM 2.0"), "{other}");
}

fn json(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("it was written");
    serde_json::from_str(&text).expect("a report is JSON")
}

/// The rows of the table of what works: who, of which kind, what came of it, and whether it decides.
fn rows(report: &Value) -> Vec<(String, String, String, bool)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |row: &Value| (text(&row["suite"]), text(&row["kind"]), text(&row["state"]), row["decides"] == true);
    report["works_with"].as_array().into_iter().flatten().map(row).collect()
}

fn row(suite: &str, kind: &str, state: &str, decides: bool) -> (String, String, String, bool) {
    (suite.to_owned(), kind.to_owned(), state.to_owned(), decides)
}

/// Cases that are few and conform.
const FEW: [&str; 2] = ["okta/connection", "okta/auth/wrong-token"];
const FEW_OF_V1: [&str; 2] = ["okta-v1/connection", "okta-v1/auth/wrong-token"];

#[test]
fn suites_of_another_version_are_in_the_table_as_not_tried_and_decide_nothing() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let folder = folder.path();
    let few =
        [&["demo", "--suite", "okta,okta-v1"], &FEW[..], &["--bodies", "all", "--report", "json=run.json"]].concat();
    let (code, said, complained) = call(folder, &few);
    assert_eq!(code, Some(0), "{said}{complained}");
    let expected = [
        row("okta", "catalogue", "works", true),
        row("okta", "wizard", "works", true),
        row("okta-v1", "catalogue", "not-tried", false),
        row("okta-v1", "wizard", "not-tried", false),
    ];
    assert_eq!(rows(&json(folder, "run.json")), expected);
    assert!(said.contains("Okta on SCIM 1.1 catalogue, wizard  not tried: it speaks SCIM 1.1"), "{said}");
    let again = ["judge", "--from", "run.json", "--report", "json=again.json"];
    let (code, said, complained) = call(folder, &again);
    assert_eq!(code, Some(0), "{said}{complained}");
    assert_eq!(rows(&json(folder, "again.json")), expected);
    // All is everybody, and who is not tried cannot decide.
    let all = [&["demo", "--suite", "all"], &FEW[..], &["--report", "json=all.json"]].concat();
    assert_eq!(call(folder, &all).0, Some(0));
    let all = rows(&json(folder, "all.json"));
    assert!(["okta", "onelogin", "okta-v1", "onelogin-v1"].iter().all(|suite| all.iter().any(|row| row.0 == *suite)));
    let (code, _, complained) = call(folder, &["demo", "--suite", "okta,okta-v1", "--exit-on", "okta-v1"]);
    assert_eq!(code, Some(2));
    assert!(complained.contains("is not run, so it cannot decide; it speaks SCIM 1.1"), "{complained}");
}

#[test]
fn what_the_owner_declares_decides_which_of_two_versions_is_run() {
    let target = [("t.yaml", "scim: \"1.1\"\n")];
    let run = ["run", "--target", "t.yaml", "--suite", "okta,okta-v1", "--list"];
    let (listed, _) = said(&run, 0, &target);
    assert!(listed.contains("okta-v1/users/create") && !listed.contains("okta/"), "{listed}");
}

#[test]
fn runs_of_two_versions_are_merged_into_one_table() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let folder = folder.path();
    let run = |suite: &str, few: &[&str], rest: &[&str], wanted: i32| {
        let (code, said, complained) = call(folder, &[&["demo", "--suite", suite], few, rest].concat());
        assert_eq!(code, Some(wanted), "{said}{complained}");
    };
    run("okta,okta-v1", &FEW, &["--report", "json=v2.json"], 0);
    run("okta-v1", &FEW_OF_V1, &["--report", "json=v1.json"], 0);
    let broken = ["--quirk", "v1-schemas-of-2-0", "--report", "json=broken.json"];
    run("okta-v1", &FEW_OF_V1, &broken, 1);
    let (code, said, complained) = call(folder, &["merge", "both.json", "v1.json", "v2.json"]);
    assert_eq!(code, Some(0), "{said}{complained}");
    let both = json(folder, "both.json");
    let expected = ["okta", "okta-v1"].map(|suite| ["catalogue", "wizard"].map(|kind| row(suite, kind, "works", true)));
    assert_eq!(rows(&both), expected.concat());
    let count = |report: &Value, what: &str| report["totals"][what].as_u64().unwrap_or_default();
    let (v2, v1) = (json(folder, "v2.json"), json(folder, "v1.json"));
    for what in ["cases", "passed", "requests"] {
        assert_eq!(count(&both, what), count(&v2, what) + count(&v1, what), "{what}");
    }
    assert_eq!(both["target"]["base_url"], v2["target"]["base_url"]);
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report-1.schema.json")).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("the schema is one");
    assert!(schema.is_valid(&both), "{:?}", schema.iter_errors(&both).map(|e| e.to_string()).collect::<Vec<_>>());
    // What one of them violates the whole violates, and its command leads to where it was seen.
    let (code, said, complained) = call(folder, &["merge", "both.json", "v2.json", "broken.json"]);
    assert_eq!(code, Some(1), "{said}{complained}");
    assert!(said.contains("; does not work with Okta on SCIM 1.1 catalogue, wizard\n"), "{said}");
    let (code, said, complained) = call(folder, &["report", "--from", "both.json", "text=-"]);
    assert_eq!(code, Some(0), "{complained}");
    assert!(said.contains("run:  scim-check demo --quirk v1-schemas-of-2-0 'okta-v1/connection/"), "{said}");
    // Only what belongs together is merged, and what is merged is not judged as one run.
    for (inputs, why) in [
        (["v1.json", "broken.json"], "are both of whole runs of SCIM 1.1"),
        (["both.json", "v1.json"], "is merged already"),
    ] {
        let (code, _, complained) = call(folder, &[&["merge", "out.json"], &inputs[..]].concat());
        assert!(code == Some(2) && complained.contains(why), "{complained}");
        assert!(!folder.join("out.json").exists());
    }
    let (code, _, complained) = call(folder, &["judge", "--from", "both.json"]);
    assert!(code == Some(2) && complained.contains("judge each of them"), "{complained}");
}

#[test]
fn a_merged_case_keeps_the_address_and_the_offers_of_its_own_run() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let folder = folder.path();
    let target = "scim: \"1.1\"\napp: wizard\n";
    fs::write(folder.join("old.yaml"), target).expect("it can be written");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let quirks = vec!["v1-error-code-differs".parse().expect("a quirk")];
    let server = runtime.block_on(serve(Options { quirks, ..Options::default() })).expect("a free port");
    let run = |base_url: &str, select: &[&str], rest: &[&str], wanted: i32| {
        let begin = ["run", "--base-url", base_url, "--token", server.token()];
        let (code, said, complained) = call(folder, &[&begin, select, rest].concat());
        assert_eq!(code, Some(wanted), "{said}{complained}");
    };
    run(server.base_url(), &FEW, &["--report", "json=v2.json"], 0);
    let select = ["okta-v1/users/unknown-user", "okta-v1/connection"];
    run(server.v1_base_url(), &select, &["--target", "old.yaml", "--report", "json=v1.json"], 0);
    let (code, said, complained) = call(folder, &["merge", "both.json", "v2.json", "v1.json", "--verbose"]);
    assert_eq!(code, Some(0), "{said}{complained}");
    let both = rows(&json(folder, "both.json"));
    assert!(both.contains(&row("okta", "catalogue", "works", true)), "{both:?}");
    assert!(both.contains(&row("okta-v1", "catalogue", "not-tried", true)), "{both:?}");
    assert!(both.contains(&row("okta-v1", "wizard", "warnings", true)), "{both:?}");
    let (_, said, _) = call(folder, &["report", "--from", "both.json", "text=-"]);
    let address = format!("--base-url {} --target old.yaml", server.v1_base_url());
    assert!(said.contains(&format!("scim-check run 'okta-v1/users/unknown-user' {address}")), "{said}");
    assert!(said.contains(&format!("curl -i -X GET '{}/Users/", server.v1_base_url())), "{said}");
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

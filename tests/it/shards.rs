//! Runs in shards: which cases each runs and what it says, and that merging them says what one run would have said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use scim_check::report::json::{self, View};
use scim_check::scenario;
use scim_check::shard::Shard;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::call;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

fn json_of(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("the report was written");
    serde_json::from_str(&text).expect("it is JSON")
}

fn view(folder: &Path, name: &str) -> View {
    json::read(&fs::read_to_string(folder.join(name)).expect("the report was written")).expect("it is a report")
}

/// Runs the whole (`whole.json`) and so many shards (`1.json`, …), and returns the exit codes.
fn run(folder: &Path, count: u32, arguments: &[&str]) -> (Option<i32>, Vec<Option<i32>>) {
    let demo = |name: &str, more: &[&str]| {
        let report = format!("json={name}.json");
        let always = ["demo", "--seed", "5", "--settle", "0.1", "--depth", "full", "--quiet", "--report", &report];
        let (code, out, err) = call(folder, &[&always, arguments, more].concat());
        assert!(matches!(code, Some(0 | 1 | 3 | 4 | 5)), "{out}{err}");
        code
    };
    let whole = demo("whole", &[]);
    let shards = (1..=count).map(|index| demo(&index.to_string(), &["--shard", &format!("{index}/{count}")])).collect();
    (whole, shards)
}

fn merge(folder: &Path, count: u32, more: &[&str]) -> (Option<i32>, String, String) {
    // In no order.
    let inputs: Vec<String> = (1..=count).rev().map(|index| format!("{index}.json")).collect();
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    call(folder, &[&["merge", "merged.json"], inputs.as_slice(), more].concat())
}

/// A report without what two runs never have alike: times, ids that the server makes, addresses, and how often an answer was
/// asked for, which depends on what the run knew of the server by then. What people that cases share have in their answers depends on
/// the groups of other cases, and with it what of them is judged.
fn lasting(mut report: Value, count: usize) -> Value {
    let discovery = report["discovery"].as_array().map_or(0, Vec::len);
    let requests: u64 = ["cases", "setups"]
        .iter()
        .flat_map(|list| report[list].as_array())
        .flatten()
        .filter_map(|one| one["requests"].as_u64())
        .sum();
    assert_eq!(
        report["totals"]["requests"].as_u64(),
        Some(requests + (discovery * count) as u64),
        "requests are summed"
    );
    for name in ["took_ms", "took_us", "started", "times", "discovery", "setups"] {
        report.as_object_mut().expect("a report is an object").remove(name);
    }
    report["totals"]["requests"].take();
    report["target"]["base_url"].take();
    for case in report["cases"].as_array_mut().into_iter().flatten() {
        let has_exchanges = case.get("exchanges").is_some();
        for name in
            ["took_ms", "took_us", "exchanges", "requests", "swept", "stopped_at", "shared", "shares_nothing", "judged"]
        {
            case.as_object_mut().expect("a case is an object").remove(name);
        }
        case["has_exchanges"] = json!(has_exchanges);
        for list in ["findings", "follows"] {
            for finding in case[list].as_array_mut().into_iter().flatten() {
                finding["exchange"].take();
            }
        }
        for note in case["notes"].as_array_mut().into_iter().flatten() {
            note["exchange"].take();
        }
    }
    let ids = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a pattern");
    let text = report.to_string();
    let text = ids.replace_all(&text, "ID");
    // The document of readiness names the address and the time.
    let run = regex::Regex::new(r"http://127\.0\.0\.1:\d+/scim/v2|Run: [^,]*,|\d+(\.\d+)? m?s\b").expect("a pattern");
    serde_json::from_str(&run.replace_all(&text, "VARIES")).expect("it is still JSON")
}

/// Says where two reports differ, which `assert_eq!` would say in a million characters.
fn assert_same(whole: &Value, merged: &Value) {
    let keys: BTreeSet<&String> = [whole, merged].iter().filter_map(|v| v.as_object()).flat_map(|o| o.keys()).collect();
    for key in keys.iter().filter(|key| key.as_str() != "cases") {
        assert_eq!(whole.get(key.as_str()), merged.get(key.as_str()), "{key}");
    }
    let ids = |report: &Value| -> Vec<String> {
        report["cases"].as_array().into_iter().flatten().map(|case| case["id"].to_string()).collect()
    };
    assert_eq!(ids(whole), ids(merged), "the order of the plan");
    for (one, other) in
        whole["cases"].as_array().into_iter().flatten().zip(merged["cases"].as_array().into_iter().flatten())
    {
        // A shard makes a history shorter where only another shard has the case that tells what it found.
        let is_failing_history = one["history"].is_string() && one["follows"].is_array();
        let keys: &[&str] = if is_failing_history { &["id", "outcome", "reason", "findings"] } else { &[] };
        keys.iter().for_each(|key| assert_eq!(one[key], other[key], "{key} of {}", one["id"]));
        assert!(is_failing_history || one == other, "{one}\n{other}");
    }
}

fn schema() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("../../schemas/report-1.schema.json")).expect("it is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

#[test]
fn merged_shards_say_what_one_run_says() {
    let folder = folder();
    let faults = ["--quirk", "deactivate-deletes", "--quirk", "empty-list-as-null-body"];
    let (whole, shards) = run(folder.path(), 3, &[&["okta/lifecycle", "okta/lookup"], &faults[..]].concat());
    assert_eq!((whole, shards), (Some(1), vec![Some(1); 3]));
    // Each shard made a finding of what keeps its cases from being judged, and in one run there is less to make.
    let (code, out, err) = merge(folder.path(), 3, &[]);
    assert_eq!((code, err.as_str()), (Some(1), "wrote merged.json\n"), "{out}");
    let (one, all) = (json_of(folder.path(), "whole.json"), json_of(folder.path(), "merged.json"));
    assert!(all.get("shard").is_none());
    assert!(
        one["cases"]
            .as_array()
            .expect("cases")
            .iter()
            .any(|case| case["blocked_by"] == json!(["OKTA-deactivate-keeps-account"]))
    );
    assert_same(&lasting(one, 1), &lasting(all, 3));
    let mistakes: Vec<String> =
        schema().iter_errors(&json_of(folder.path(), "merged.json")).map(|error| error.to_string()).collect();
    assert_eq!(mistakes, Vec::<String>::new());
    // The text is that of `report`, and of a run.
    let (_, told, _) = call(folder.path(), &["report", "--from", "merged.json"]);
    assert_eq!(out, told);
    let (code, out, err) = call(folder.path(), &["merge", "-", "1.json", "2.json", "3.json", "--quiet"]);
    assert_eq!(code, Some(1));
    assert!(json::read(&out).is_ok() && err.contains("verdict: violates: one refused"), "{err}");
}

#[test]
fn what_each_shard_blames_for_want_of_others_is_told_once() {
    // None of these cases is about it: the simplest of the run tells of it, and in shards the simplest of each.
    let folder = folder();
    run(folder.path(), 3, &["okta/users/update", "--quirk", "deactivate-deletes", "--bodies", "none"]);
    let found = |name: &str| -> usize {
        let view = view(folder.path(), name);
        view.cases.iter().flat_map(|case| &case.findings).filter(|finding| finding.in_setup).count()
    };
    assert_eq!(found("whole.json"), 1);
    let of_shards: usize = (1..=3).map(|index| found(&format!("{index}.json"))).sum();
    assert!(of_shards > 1, "the test shows something only where several shards tell of it: {of_shards}");
    let (code, out, err) = merge(folder.path(), 3, &["--quiet"]);
    assert_eq!(code, Some(1), "{out}{err}");
    let strip = |name: &str| {
        let mut report = json_of(folder.path(), name);
        // None of the exchanges is kept, and so not those of discovery.
        report["totals"]["requests"] = json!(
            ["cases", "setups"]
                .iter()
                .flat_map(|list| report[list].as_array())
                .flatten()
                .filter_map(|one| one["requests"].as_u64())
                .sum::<u64>()
        );
        lasting(report, 0)
    };
    assert_same(&strip("whole.json"), &strip("merged.json"));
}

/// The whole suite in three shards, with a baseline, in one of whose entries several shards have a part.
static WHOLE_SUITE: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = folder();
    let baseline = "version: 1\nknown-failures:\n\
        \x20 - requirement: OKTA-deactivate-keeps-account\n    reason: later\n    inconclusive: true\n\
        \x20 - requirement: OKTA-names-as-sent\n    reason: no longer\n\
        \x20 - case: okta/lookup/miss\n    reason: no longer, in one case\n";
    fs::write(folder.path().join("known.yaml"), baseline).expect("the file can be written");
    let faults = ["--quirk", "deactivate-deletes", "--baseline", "known.yaml", "--require-complete"];
    let (whole, shards) = run(folder.path(), 3, &faults);
    assert_eq!(whole, Some(1), "an entry is stale");
    assert!(shards.contains(&Some(0)), "in a shard where nothing is stale nothing fails: {shards:?}");
    folder
});

#[test]
fn readiness_and_the_baseline_are_told_of_the_whole() {
    let folder = WHOLE_SUITE.path();
    for index in 1..=3 {
        let shard = view(folder, &format!("{index}.json"));
        let note = format!("shard {index} of 3: readiness is told after `scim-check merge`");
        assert_eq!(shard.annexes[0].notes, [note]);
        assert!(shard.annexes[0].tables.is_empty());
        let state = |name: &str| {
            let mut entries = shard.baseline.iter().filter(|entry| entry.name == name);
            entries.next().map(|entry| entry.state.clone()).expect("the entry is told")
        };
        assert_eq!(state("OKTA-names-as-sent"), "not judged", "other shards judge it, too");
        let is_here = shard.cases.iter().any(|case| case.id == "okta/lookup/miss");
        assert_eq!(state("okta/lookup/miss"), if is_here { "stale" } else { "not judged" });
    }
    let (code, out, err) = merge(folder, 3, &["--quiet"]);
    assert_eq!(code, Some(1), "{out}{err}");
    let (one, all) = (json_of(folder, "whole.json"), json_of(folder, "merged.json"));
    assert!(!one["annexes"][0]["tables"].as_array().expect("tables").is_empty());
    assert_eq!(all["baseline"][1]["state"], "stale");
    assert_same(&lasting(one, 1), &lasting(all, 3));
}

#[test]
fn the_shards_hold_each_built_in_case_once_and_are_of_similar_size() {
    let library = scenario::load(None).expect("the built-in scenarios are right");
    let cases: Vec<&str> = library.scenarios.iter().flat_map(|s| &s.cases).map(|case| case.id.as_str()).collect();
    assert!(cases.len() > 300);
    for count in [1, 2, 3, 4, 5, 8] {
        let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
        for case in &cases {
            let all = (1..=count).filter_map(|index| Shard::new(index, count));
            let holding: Vec<u32> = all.filter(|shard| shard.holds(case)).map(Shard::index).collect();
            assert_eq!(holding.len(), 1, "{case}");
            *sizes.entry(holding[0]).or_default() += 1;
        }
        let fair = cases.len() / count as usize;
        let is_fair = |size: &usize| size * 3 > fair * 2 && size * 2 < fair * 3;
        assert!(sizes.len() == count as usize && sizes.values().all(is_fair), "{sizes:?}");
    }
}

#[test]
fn a_report_of_a_shard_holds_its_own_cases_and_says_so() {
    let folder = WHOLE_SUITE.path();
    let whole: Vec<String> = view(folder, "whole.json").cases.into_iter().map(|case| case.id).collect();
    for index in 1..=3 {
        let name = format!("{index}.json");
        let mistakes: Vec<String> =
            schema().iter_errors(&json_of(folder, &name)).map(|error| error.to_string()).collect();
        assert_eq!(mistakes, Vec::<String>::new());
        let shard = view(folder, &name);
        let told = shard.shard.as_ref().expect("it is of a shard");
        assert_eq!((told.index, told.count, &told.plan), (index, 3, &whole));
        let ids: Vec<&String> = shard.cases.iter().map(|case| &case.id).collect();
        let wanted: Vec<&String> = whole.iter().filter(|case| Shard::of(case, 3).index() == index).collect();
        assert_eq!(ids, wanted);
        assert!(shard.cases.iter().all(|case| case.skip.as_deref() != Some("deselected")));
        let (_, text, _) = call(folder, &["report", "--from", &name]);
        assert!(text.contains(&format!("shard {index} of 3")), "{text}");
        for format in ["markdown", "html", "junit", "oin"] {
            let (code, out, err) = call(folder, &["report", "--from", &name, &format!("{format}=-")]);
            assert!(code == Some(0) && out.contains(&format!("shard {index} of 3")), "{format}: {err}");
        }
    }
    let (code, out, err) = call(folder, &["diff", "1.json", "2.json"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("different parts of a run: shard 1 of 3 and shard 2 of 3"), "{err}");
}

#[test]
fn a_shard_without_a_case_is_no_mistake() {
    let folder = folder();
    let empty = (1..=200).find(|index| {
        let shard = Shard::new(*index, 200).expect("there is one of that number");
        let library = scenario::load(None).expect("the built-in scenarios are right");
        !library
            .scenarios
            .iter()
            .flat_map(|s| &s.cases)
            .any(|case| case.id.starts_with("okta/lookup") && shard.holds(&case.id))
    });
    let shard = format!("{}/200", empty.expect("there are fewer cases than shards"));
    let (code, out, err) =
        call(folder.path(), &["demo", "okta/lookup", "--shard", &shard, "--report", "json=none.json"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(
        out.contains(&format!("no selected case falls into shard {}, so nothing was run", shard.replace('/', " of "))),
        "{out}"
    );
    let (code, out, _) = call(folder.path(), &["run", "okta/lookup", "--list", "--shard", &shard]);
    assert_eq!((code, out.as_str()), (Some(0), "0 cases\n"));
}

#[test]
fn only_the_cases_of_the_shard_are_listed() {
    let folder = folder();
    let list = |more: &[&str]| {
        let (code, out, err) = call(folder.path(), &[&["run", "okta/lookup", "--list"], more].concat());
        assert_eq!(code, Some(0), "{err}");
        out.lines().filter(|line| line.starts_with("okta/")).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let (all, one, two) = (list(&[]), list(&["--shard", "1/2"]), list(&["--shard", "2/2"]));
    assert!(one.is_disjoint(&two) && !one.is_empty() && !two.is_empty());
    assert_eq!(&one | &two, all);
    for (option, told) in [("3/2", "of 2 shards the first is 1/2 and the last 2/2"), ("two", "such as 2/4")] {
        let (code, _, err) = call(folder.path(), &["run", "--list", "--shard", option]);
        assert!(code == Some(2) && err.contains(told), "{err}");
    }
    let (code, _, err) =
        call(folder.path(), &["demo", "--shard", "1/2", "--baseline", "new.yaml", "--update-baseline"]);
    assert!(code == Some(2) && err.contains("cannot be used with"), "{err}");
}

#[test]
fn a_shard_that_is_judged_again_stays_a_shard() {
    let folder = folder();
    run(folder.path(), 2, &["okta/lookup", "--skip", "okta/lookup/miss", "--bodies", "all"]);
    let (code, out, err) =
        call(folder.path(), &["judge", "--from", "2.json", "--bodies", "all", "--report", "json=again.json"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, out, err) = call(folder.path(), &["merge", "merged.json", "1.json", "again.json"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_same(&lasting(json_of(folder.path(), "whole.json"), 1), &lasting(json_of(folder.path(), "merged.json"), 2));
}

#[test]
fn snapshots_of_other_shards_are_not_obsolete() {
    let folder = folder();
    let (code, out, err) =
        call(folder.path(), &["demo", "okta/lookup", "--seed", "5", "--snapshots", "kept", "--quiet"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, _, err) = call(folder.path(), &["snapshots", "accept", "--snapshots", "kept"]);
    assert_eq!(code, Some(0), "{err}");
    let gone = folder.path().join("kept/okta/lookup");
    let one = fs::read_dir(&gone).expect("there are snapshots").flatten().find(|entry| entry.path().is_file());
    let one = one.expect("there is a snapshot");
    let text = fs::read_to_string(one.path()).expect("it is text");
    let case = text.lines().find_map(|line| line.strip_prefix("expression: ")).expect("it names its case");
    fs::write(gone.join("gone.snap"), text.replacen(case, "\"okta/lookup/gone\"", 1)).expect("the file can be written");
    run(folder.path(), 2, &["okta/lookup", "--snapshots", "kept", "--quirk", "empty-list-as-null-body"]);
    let of = |name: &str| view(folder.path(), name).snapshots.expect("snapshots were compared");
    for name in ["1.json", "2.json"] {
        assert_eq!(of(name).obsolete, ["okta/lookup/gone"]);
        let shard = view(folder.path(), name);
        let here = |case: &String| shard.cases.iter().any(|other| other.id == *case);
        assert!(of(name).not_compared.iter().all(here));
    }
    let (code, out, err) = merge(folder.path(), 2, &["--quiet"]);
    assert_eq!(code, Some(1), "{out}{err}");
    let (whole, merged) = (of("whole.json"), of("merged.json"));
    assert!(!whole.changes.is_empty());
    assert_eq!(
        (whole.compared, whole.same, &whole.not_compared, &whole.obsolete),
        (merged.compared, merged.same, &merged.not_compared, &merged.obsolete)
    );
    let changes = |snapshots: &json::Snapshots| -> Vec<_> {
        snapshots
            .changes
            .iter()
            .map(|change| (change.kind.clone(), change.place.clone(), change.cases.clone()))
            .collect()
    };
    assert_eq!(changes(&whole), changes(&merged));
}

/// The reports of two shards, and what is to be done to them, one at a time.
static PAIR: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = folder();
    run(folder.path(), 2, &["okta/lookup"]);
    folder
});

/// What `merge` says to the two after a change of the second.
fn refusal(change: impl FnOnce(&mut Value)) -> String {
    let folder = folder();
    fs::copy(PAIR.path().join("1.json"), folder.path().join("a.json")).expect("the file can be copied");
    let mut other = json_of(PAIR.path(), "2.json");
    change(&mut other);
    fs::write(folder.path().join("b.json"), other.to_string()).expect("the file can be written");
    let (code, out, err) = call(folder.path(), &["merge", "out.json", "a.json", "b.json"]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    assert!(!folder.path().join("out.json").exists(), "nothing is written");
    err
}

#[test]
fn unlike_runs_are_refused_by_what_differs() {
    let refused = |change: &dyn Fn(&mut Value), told: &str| {
        let err = refusal(change);
        assert!(err.contains(told), "no {told:?} in {err}");
    };
    let elsewhere = |report: &mut Value| {
        report["target"] =
            json!({ "base_url": "https://b.example/scim", "auth": { "scheme": "basic", "user": "jane" } });
    };
    refused(
        &elsewhere,
        "error: the shards have different servers: the built-in server (scim-check demo) in a.json; https://b.example/scim in b.json\n",
    );
    refused(&elsewhere, "different credentials: bearer in a.json; basic jane in b.json\n");
    refused(
        &|r| r["tool"]["version"] = json!("9.9.9"),
        "b.json is of scim-check 9.9.9, and this is 0.1.0; merge with the version that ran the shards",
    );
    refused(&|r| r["selection"] = json!([]), "different selections: okta/lookup in a.json; everything in b.json");
    refused(&|r| r["suites"] = json!(["okta", "rfc"]), "different suites: okta in a.json; okta rfc in b.json");
    refused(&|r| r["strict"] = json!(true), "different strictness: no --strict in a.json; --strict in b.json");
    refused(
        &|r| r["bodies"] = json!("none"),
        "different exchanges that are kept (--bodies): failing in a.json; none in b.json",
    );
    refused(
        &|r| r["target"]["options"] = json!(["--target", "b.yaml"]),
        "different options for the server: none in a.json; --target b.yaml in b.json",
    );
    refused(
        &|r| r["shard"]["for_merge"]["skip"] = json!(["okta/x"]),
        "different cases to leave out (--skip): none in a.json; okta/x in b.json",
    );
    refused(
        &|r| r["shard"]["for_merge"]["require_complete"] = json!(true),
        "different completeness: no --require-complete in a.json",
    );
    refused(
        &|r| r["shard"]["for_merge"]["baseline"] = json!([]),
        "different baselines: no --baseline in a.json; an empty one in b.json",
    );
    refused(
        &|r| {
            r["snapshots"] =
                json!({ "folder": "kept", "compared": 0, "same": 0, "changes": [], "written": false, "strict": true })
        },
        "different snapshots: no --snapshots in a.json; kept with --snapshots-strict in b.json",
    );
    refused(
        &|r| {
            r["shard"]["for_merge"]["attributes"] =
                json!([{ "name": "title", "path": "title", "uses": ["create"], "unchecked": null }])
        },
        "; title in b.json",
    );
    let other_plan = |report: &mut Value| {
        let plan = report["shard"]["plan"].as_array_mut().expect("a plan");
        let at = plan.iter().position(|case| Shard::of(case.as_str().unwrap_or_default(), 2).index() == 1);
        plan.remove(at.expect("a case of the first shard"));
    };
    refused(&other_plan, "the shards have different cases: okta/");
    refused(&other_plan, " only in a.json\n");
    refused(
        &|r| r["capabilities"][0]["support"] = json!("unknown"),
        "the server offered different things to the shards: ",
    );
    refused(&|r| r["requirements"][0]["level"] = json!("MAY"), "b.json is of other requirements: ");
    refused(
        &|r| r["shard"]["plan"][0] = json!("own/case"),
        "b.json is of other scenarios: there is no own/case here; merge with the --scenarios of the shards",
    );
    refused(&|r| r["shard"]["for_merge"] = json!({}), "b.json cannot be merged: what it says of its shard is damaged");
    refused(
        &|r| {
            r["cases"].as_array_mut().expect("cases").remove(0);
        },
        "b.json lacks cases of its shard: okta/",
    );
    refused(
        &|r| r["cases"][0]["id"] = json!("okta/foreign"),
        "b.json holds cases that are not of its shard: okta/foreign",
    );
    refused(
        &|r| r["shard"]["plan"] = json!([]),
        "b.json holds no case: the run of shard 2 of 2 could not begin; run that shard again",
    );
}

#[test]
fn baselines_differ_by_what_their_entries_say_too() {
    let folder = folder();
    for name in ["1.json", "2.json"] {
        fs::copy(WHOLE_SUITE.path().join(name), folder.path().join(name)).expect("the file can be copied");
    }
    let mut other = json_of(WHOLE_SUITE.path(), "3.json");
    other["shard"]["for_merge"]["baseline"][0]["inconclusive"] = json!(false);
    fs::write(folder.path().join("3.json"), other.to_string()).expect("the file can be written");
    let (code, _, err) = merge(folder.path(), 3, &[]);
    let told = "error: the shards have different baselines: entries of the same names say something else in 1.json and 3.json\n";
    assert_eq!((code, err.as_str()), (Some(2), told));
}

#[test]
fn a_run_without_a_case_is_one_when_it_is_merged() {
    let folder = folder();
    let (whole, shards) = run(folder.path(), 2, &["okta/lookup", "--skip", "okta/lookup", "--require-complete"]);
    assert_eq!((whole, shards), (Some(4), vec![Some(4); 2]));
    let (code, out, _) = merge(folder.path(), 2, &["--quiet"]);
    assert!(code == Some(4) && out.contains("verdict: partial: nothing was run"), "{out}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let err = refusal(|report| {
        report["strict"] = json!(true);
        report["suites"] = json!(["rfc"]);
        report["shard"]["count"] = json!(2);
    });
    assert_eq!(err.lines().filter(|line| line.starts_with("error: ")).count(), 2, "{err}");
}

#[test]
fn only_complete_sets_are_merged() {
    let folder = folder();
    for name in ["1.json", "2.json", "whole.json"] {
        fs::copy(PAIR.path().join(name), folder.path().join(name)).expect("the file can be copied");
    }
    let text = fs::read_to_string(folder.path().join("1.json")).expect("it is text");
    fs::write(folder.path().join("cut.json"), &text[..text.len() / 2]).expect("the file can be written");
    let refused = |arguments: &[&str], told: &[&str]| {
        let (code, out, err) = call(folder.path(), &[&["merge"], arguments].concat());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        told.iter().for_each(|told| assert!(err.contains(told), "no {told:?} in {err}"));
        assert!(!folder.path().join("out.json").exists(), "nothing is written");
    };
    refused(&["out.json", "1.json"], &["error: shard 2 of 2 missing: a run is merged when all its shards are there\n"]);
    refused(
        &["out.json", "1.json", "1.json", "2.json"],
        &["error: shard 1 of 2 is there more than once: 1.json, 1.json\n"],
    );
    refused(
        &["out.json", "1.json", "whole.json"],
        &["error: whole.json is the report of a whole run, not of a shard (run with --shard I/N)\n"],
    );
    refused(&["out.json", "cut.json", "gone.json"], &["error: cut.json: not a report", "error: gone.json: "]);
    refused(
        &["1.json", "2.json"],
        &["shard 1 of 2 missing", "; 1.json is not read, because the first file is the one that is written\n"],
    );
    refused(
        &["1.json", "1.json", "2.json"],
        &["error: 1.json is to be read, and the merged report would overwrite it\n"],
    );
    refused(&["no/out.json", "1.json", "2.json"], &["error: no/out.json: there is no folder no\n"]);
    assert_eq!(fs::read_to_string(folder.path().join("1.json")).expect("it is text"), text);
}

#[test]
fn seeds_may_differ_and_it_is_told() {
    let folder = folder();
    fs::copy(PAIR.path().join("1.json"), folder.path().join("1.json")).expect("the file can be copied");
    let mut other = json_of(PAIR.path(), "2.json");
    other["seed"] = json!(77);
    other["warnings"] = json!(["the same", "another"]);
    fs::write(folder.path().join("2.json"), other.to_string()).expect("the file can be written");
    let (code, out, err) = merge(folder.path(), 2, &[]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("different seeds") && out.contains("1 had 5, 2 had 77"), "{out}");
    let merged = view(folder.path(), "merged.json");
    assert_eq!((merged.seed, merged.warnings.len()), (5, 3));
}

#[test]
fn merging_tells_github_what_shards_do_not() {
    let folder = folder();
    let in_github = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
        command.args(arguments).env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", "summary.md");
        let output = command.current_dir(folder.path()).output().expect("the program starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for index in 1..=2 {
        let (shard, report) = (format!("{index}/2"), format!("json={index}.json"));
        let demo = ["demo", "okta/lookup/miss", "okta/lookup/finds-user", "--quirk", "empty-list-as-null-body"];
        let told = in_github(&[&demo[..], &["--settle", "0.1", "--shard", &shard, "--report", &report]].concat());
        assert!(!told.contains("::error"), "{told}");
    }
    assert!(!folder.path().join("summary.md").exists());
    let told = in_github(&["merge", "merged.json", "1.json", "2.json"]);
    assert!(told.contains("::error title="), "{told}");
    let summary = std::fs::read_to_string(folder.path().join("summary.md")).expect("it was written");
    assert!(summary.contains("# SCIM: violates"), "{summary}");
}

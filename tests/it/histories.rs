//! Histories: sequences of operations that nobody wrote down. A right server obeys the laws in all of them; a wrong one is shown by the
//! shortest that fails, which can be kept, is judged again as it was, and leaves nothing behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use scim_check::capability::Capabilities;
use scim_check::history::{self, Shrinking};
use scim_check::scenario;
use serde_json::Value;

use crate::program::call;

/// What a run says, and its report.
fn run(folder: &Path, arguments: &[&str]) -> (String, Value) {
    let (_, out, err) = call(folder, &[arguments, &["--report", "json=report.json", "--bodies", "all"]].concat());
    let text = fs::read_to_string(folder.join("report.json")).unwrap_or_else(|_| panic!("no report: {out}{err}"));
    (out + &err, serde_json::from_str(&text).expect("a report is JSON"))
}

fn histories(report: &Value) -> Vec<&Value> {
    report["cases"].as_array().into_iter().flatten().filter(|case| case["history"].is_string()).collect()
}

#[test]
fn the_same_seed_and_number_give_the_same_history_and_others_another() {
    let library = scenario::load(None).expect("the built-in scenarios are right");
    for repertoire in &library.repertoires {
        let offered = history::offered(&library, repertoire, &Capabilities::default()).expect("the steps are right");
        let drawn = |seed, number| history::draw(repertoire, &offered, (seed, number)).expect("there is one");
        assert_eq!(drawn(1, 2), drawn(1, 2));
        let all: BTreeSet<_> = (0..20).flat_map(|seed| (1..5).map(move |number| drawn(seed, number))).collect();
        assert!(all.len() > 75, "{} of 80 are different", all.len());
        let done: BTreeSet<usize> =
            all.iter().flat_map(|history| history.acts.iter().map(|act| act.operation)).collect();
        assert_eq!(done.len(), repertoire.operations.len(), "each operation has its turn");
    }
}

#[test]
fn a_history_shrinks_to_what_makes_it_fail() {
    let library = scenario::load(None).expect("the built-in scenarios are right");
    let okta = library.repertoires.iter().find(|repertoire| repertoire.folder == "okta").expect("Okta has some");
    let at = |name: &str| okta.operations.iter().position(|operation| operation.name == name).expect("there is one");
    let (add, rename) = (at("add-member"), at("rename-group"));
    let offered = history::offered(&library, okta, &Capabilities::default()).expect("the steps are right");
    // As if a group lost its members when it is renamed.
    let fails = |history: &history::History| {
        let acts = || history.acts.iter().enumerate();
        let renamed = |of: Option<usize>, after: usize| {
            acts().any(|(place, act)| place > after && act.operation == rename && act.group == of)
        };
        acts().any(|(place, act)| act.operation == add && renamed(act.group, place))
    };
    let drawn = (1..400).filter_map(|number| history::draw(okta, &offered, (7, number)));
    let failing: Vec<_> = drawn.filter(|history| fails(history)).collect();
    assert!(failing.len() >= 5, "{} histories do that", failing.len());
    for history in failing {
        let mut shrinking = Shrinking::of(history, okta);
        while let Some(simpler) = shrinking.simpler() {
            if fails(&simpler) {
                shrinking.fails(simpler);
            }
        }
        let mut words = shrinking.best().words(okta);
        words[..2].sort();
        assert_eq!(words, ["assign jane", "push an empty Sales", "add jane to Sales", "rename Sales"]);
    }
}

#[test]
fn a_right_server_obeys_the_laws_in_every_history() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for freedom in [
        &[][..],
        &["--quirk", "settles-late"],
        &["--quirk", "group-patch-answers-204"],
        &["--quirk", "everybody-belongs"],
    ] {
        let arguments = [&["demo", "--histories", "6", "--seed", "11", "--skip", "okta/*"][..], freedom].concat();
        let (said, report) = run(folder.path(), &arguments);
        let all = histories(&report);
        assert_eq!(all.len(), 6, "{said}");
        for case in all {
            assert_eq!(case["outcome"], "passed", "{freedom:?}: {said}");
            assert!(case["judged"].as_array().is_some_and(|judged| judged.len() > 1), "{case}");
        }
        assert_eq!(report["leftovers"].as_array().map(Vec::len), Some(0));
    }
}

#[test]
fn a_fault_is_shown_by_the_shortest_history_which_can_be_kept_and_judged_again() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let quirk = ["--quirk", "group-rename-empties-members"];
    let asked = ["demo", "--histories", "12", "--seed", "2", "--skip", "okta/*", "--save-histories", "kept"];
    let (said, report) = run(folder.path(), &[&asked[..], &quirk].concat());
    let failed: Vec<&Value> = histories(&report)
        .into_iter()
        .filter(|case| case["findings"].as_array().is_some_and(|f| !f.is_empty()))
        .collect();
    assert_eq!(failed.len(), 1, "one fault is told once: {said}");
    let finding = &failed[0]["findings"][0];
    assert_eq!(finding["requirement"], "OKTA-write-touches-only-its-target");
    assert_eq!(finding["place"], "body /members");
    assert!(finding["expected"].as_str().is_some_and(|text| text.contains("before PATCH /Groups/{id}")), "{finding}");
    let title = failed[0]["title"].as_str().expect("a title");
    assert!(title.ends_with("add jane to Sales; rename Sales"), "{title}");
    assert_eq!(title.matches(';').count(), 3, "four operations: {title}");
    assert_eq!(report["leftovers"].as_array().map(Vec::len), Some(0), "all that was tried is swept");

    // The recording says the same.
    let again = folder.path().join("again");
    fs::create_dir(&again).expect("there is room");
    fs::copy(folder.path().join("report.json"), again.join("first.json")).expect("it can be copied");
    let (_, judged) = run(&again, &["judge", "--from", "first.json"]);
    let same = histories(&judged).into_iter().find(|case| case["id"] == failed[0]["id"]).expect("it is there");
    assert_eq!(same["findings"], failed[0]["findings"]);

    // What was kept fails as an ordinary scenario, and not on a right server.
    let id = failed[0]["id"].as_str().expect("an id").replace("/histories/", "/kept/history-");
    assert!(said.contains(&format!("saved kept/{id}.yaml")), "{said}");
    let (_, kept) = run(folder.path(), &[&["demo", "--scenarios", "kept"][..], &quirk].concat());
    assert_eq!(kept["cases"][0]["id"], *id);
    assert_eq!(kept["cases"][0]["findings"][0]["requirement"], "OKTA-write-touches-only-its-target");
    let (_, right) = run(folder.path(), &["demo", "--scenarios", "kept"]);
    assert_eq!(right["cases"][0]["outcome"], "passed");
}

#[test]
fn a_history_is_run_again_by_its_id_and_a_budget_ends_it_in_good_order() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (said, report) = run(folder.path(), &["demo", "okta/histories/7-3"]);
    let all = histories(&report);
    assert_eq!((all.len(), &all[0]["outcome"]), (1, &"passed".into()), "{said}");
    let ran = report["cases"].as_array().into_iter().flatten().filter(|case| case["outcome"] != "skipped").count();
    assert_eq!(ran, 1, "and nothing else");
    let (said, report) = run(folder.path(), &["demo", "--histories", "40", "--skip", "okta/*", "--max-requests", "60"]);
    let open = histories(&report).iter().filter(|case| case["outcome"] == "inconclusive").count();
    assert!(open > 30, "{open}: {said}");
    assert_eq!(report["leftovers"].as_array().map(Vec::len), Some(0));
    assert_eq!(report["verdict"], "undecided");
}

#[test]
fn who_asks_for_histories_that_are_not_there_is_told() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for (arguments, said) in [
        (&["demo", "acme/histories/1-1"][..], "there is no suite `acme`"),
        (&["demo", "okta/histories/1-1", "--no-laws"], "judged by the laws alone: leave out --no-laws"),
        (
            &["demo", "--suite", "okta-v1", "--histories", "1"],
            "--histories: `okta-v1` has none; there are some of okta, onelogin",
        ),
        (&["demo", "okta/histories/1-1", "--suite", "okta-v1"], "judged by the laws alone, which are of SCIM 2.0"),
        (
            &["soak", "--base-url", "http://127.0.0.1:1", "--max-time", "1s", "--shard", "1/2"],
            "has no shards: leave out --shard",
        ),
        (&["soak", "--base-url", "http://127.0.0.1:1"], "for how long? give --max-time, such as --max-time 10m"),
        (
            &["soak", "--base-url", "http://127.0.0.1:1", "--max-time", "1s", "okta/users"],
            "`soak` runs histories and no cases: `okta/users` cannot be selected",
        ),
    ] {
        let (code, _, err) = call(folder.path(), arguments);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(said), "{err}");
    }
}

#[test]
fn no_history_is_blamed_for_what_was_sent_beside_it() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (said, report) = run(folder.path(), &["demo", "--quirk", "switch-off-spills-over"]);
    let failed: Vec<&Value> =
        report["cases"].as_array().into_iter().flatten().filter(|case| case["outcome"] == "failed").collect();
    assert!(failed.iter().any(|case| case["id"] == "okta/witnesses"), "{said}");
    assert!(failed.iter().all(|case| !case["history"].is_string()), "{said}");
}

#[test]
fn each_act_of_a_history_does_something() {
    let library = scenario::load(None).expect("the built-in scenarios are right");
    for repertoire in &library.repertoires {
        let offered = history::offered(&library, repertoire, &Capabilities::default()).expect("the steps are right");
        let drawn = (1..200).filter_map(|number| history::draw(repertoire, &offered, (3, number)));
        for history in drawn {
            let words = history.words(repertoire);
            let twice = history.acts.windows(2).position(|two| {
                let is_same = |act: fn(&history::Act) -> _| act(&two[0]) == act(&two[1]);
                is_same(|act| (act.operation, act.person, act.group))
            });
            assert_eq!(twice, None, "{words:?}");
            // Whoever is changed in one way again gets another value.
            for (place, act) in history.acts.iter().enumerate() {
                let is_again = |other: &&history::Act| {
                    (other.operation, other.person, other.group) == (act.operation, act.person, act.group)
                };
                let count = repertoire.operations[act.operation].changes.len();
                let before = history.acts[..place].iter().rfind(is_again).filter(|_| count > 1);
                let is_between = |from: &history::Act| {
                    let rest = history.acts[..place].iter().rev().take_while(|one| *one != from);
                    rest.into_iter()
                        .any(|one| one.operation != act.operation && one.person == act.person && one.group == act.group)
                };
                assert!(before.is_none_or(|from| from.change != act.change || is_between(from)), "{words:?}");
            }
        }
    }
}

#[test]
fn a_history_that_cannot_be_run_is_told_and_not_passed_over() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for (arguments, said) in [
        (&["demo", "okta/histories/1-1", "--skip", "okta/histories"][..], "is selected and left out: leave out --skip"),
        (&["demo", "okta/histories/1-1", "--skip", "okta/histories/1-1"], "is selected and left out: leave out --skip"),
    ] {
        let (code, _, err) = call(folder.path(), arguments);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(said), "{err}");
    }
}

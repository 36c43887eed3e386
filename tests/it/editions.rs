//! Editions: a new demand turns no build red, and the past does not change.
//!
//! What an edition demanded is kept in `tests/editions/EDITION.txt`. The file of an edition that is not released is written anew with
//!
//! ```sh
//! UPDATE_EDITIONS=1 cargo test --profile dev --test it editions::
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

use scim_check::judge::Judge;
use scim_check::requirement::{About, Edition, Level, Standing};
use scim_check::run;
use scim_check::scenario::{self, Library};
use serde_json::Value;

use crate::program::call;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| scenario::load(None).expect("the built-in files are right"));

const AGAIN: &str = "UPDATE_EDITIONS=1 cargo test --profile dev --test it editions::";

/// How the name of a set of requirements begins, which is not how an id does.
const SET: &str = "+";

/// What an edition demands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Record {
    /// Level and title of each requirement.
    requirements: BTreeMap<String, (Level, String)>,
    /// The requirements that each case judges and that are scored.
    cases: BTreeMap<String, BTreeSet<String>>,
}

impl Record {
    /// What today's program says of an edition.
    fn of(edition: Edition) -> Self {
        let is_of = |since: Option<Edition>| since.is_none_or(|since| since <= edition);
        let level = |id: &str| match LIBRARY.registry.get(id)?.standing(edition) {
            Standing::Scored(level) => Some(level),
            Standing::Later(_) => None,
        };
        let judge = Judge::new(&LIBRARY.registry).expect("the built-in requirements are registered");
        let mut record = Self::default();
        for requirement in LIBRARY.registry.iter() {
            if let Some(level) = level(requirement.id.as_str()) {
                record.requirements.insert(requirement.id.to_string(), (level, requirement.title.clone()));
            }
        }
        for case in LIBRARY.scenarios.iter().flat_map(|scenario| &scenario.cases).filter(|case| is_of(case.since)) {
            let checks = run::checks(&judge, case).into_iter().map(|id| id.to_string());
            record.cases.insert(case.id.clone(), checks.filter(|id| level(id).is_some()).collect());
        }
        record
    }

    fn written(&self, edition: Edition) -> String {
        let mut out = format!(
            "# What edition {edition} demands: its requirements, and the cases with what each of them judges.\n\
             # Not written by hand: {AGAIN}\n"
        );
        for (id, (level, title)) in &self.requirements {
            out.push_str(&format!("{level} {id} {title}\n"));
        }
        let mut judging: BTreeMap<&str, usize> = BTreeMap::new();
        self.cases.values().flatten().for_each(|id| *judging.entry(id).or_default() += 1);
        // What many cases judge comes in few combinations, which are written once.
        let is_common = |id: &&str| judging[*id] * 10 > self.cases.len();
        let mut sets: Vec<Vec<&str>> = Vec::new();
        let mut cases = String::new();
        for (case, checks) in &self.cases {
            let (common, own): (Vec<&str>, Vec<&str>) = checks.iter().map(String::as_str).partition(is_common);
            let at = sets.iter().position(|set| *set == common).unwrap_or_else(|| {
                sets.push(common);
                sets.len() - 1
            });
            let words: Vec<String> =
                [format!("{SET}{at}")].into_iter().chain(own.into_iter().map(str::to_owned)).collect();
            cases.push_str(&format!("CASE {case} {}\n", words.join(" ")));
        }
        for (at, set) in sets.iter().enumerate() {
            out.push_str(&format!("SET {SET}{at} {}\n", set.join(" ")));
        }
        out + &cases
    }

    fn read(text: &str) -> Self {
        let mut record = Self::default();
        let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.splitn(3, ' ');
            let mut word = || words.next().expect("a line has three parts").to_owned();
            let (kind, name, rest) = (word(), word(), word());
            let ids = || rest.split(' ').filter(|word| !word.is_empty()).map(str::to_owned);
            match Level::parse(&kind) {
                Some(level) => drop(record.requirements.insert(name, (level, rest))),
                None if kind == "SET" => drop(sets.insert(name, ids().collect())),
                None => {
                    let expanded = ids().flat_map(|word| sets.get(&word).cloned().unwrap_or_else(|| vec![word]));
                    record.cases.insert(name, expanded.collect());
                }
            }
        }
        record
    }
}

/// In what today's program would score a released edition otherwise than it was released.
fn rewritten(then: &Record, now: &Record) -> Vec<String> {
    let mut told = Vec::new();
    for (id, (level, title)) in &then.requirements {
        match now.requirements.get(id) {
            // What means something else now is not scored any more, and says so.
            None if LIBRARY.registry.get(id).is_some_and(|known| known.changed.iter().any(|c| c.was.is_none())) => {}
            None => told.push(format!("{id} is gone, or says that it came later: baselines name it")),
            Some((other, _)) if other != level => {
                told.push(format!("{id} was a {level} and is a {other}: enter that as `changed`, with `was: {level}`"));
            }
            Some((_, other)) if other != title => told.push(format!(
                "{id} was {title:?}: where it means something else now, enter that as `changed`, without `was`; where only its \
                 words are others, write them into the table by hand"
            )),
            Some(_) => {}
        }
    }
    let added = now.requirements.keys().filter(|id| !then.requirements.contains_key(*id));
    told.extend(added.map(|id| format!("{id} is new, and says that it is not: its `since` is the next edition")));
    for (case, checks) in &now.cases {
        let Some(before) = then.cases.get(case) else {
            told.push(format!("{case} is new, and says that it is not: its `since` is the next edition"));
            continue;
        };
        let more: Vec<&str> = checks.difference(before).map(String::as_str).collect();
        if !more.is_empty() {
            told.push(format!("{case} judges {} now: that is a case of its own, with `since`", more.join(", ")));
        }
        // What means something else now is judged, and not scored.
        let is_scored = |id: &&String| now.requirements.contains_key(*id);
        let less: Vec<&str> = before.difference(checks).filter(is_scored).map(String::as_str).collect();
        if !less.is_empty() {
            told.push(format!("{case} does not judge {} any more, which it did then", less.join(", ")));
        }
    }
    let gone = then.cases.keys().filter(|case| !now.cases.contains_key(*case));
    told.extend(gone.map(|case| format!("{case} is gone, or says that it came later: baselines name it")));
    told
}

fn path(edition: Edition) -> String {
    format!("tests/editions/{edition}.txt")
}

#[test]
fn the_past_does_not_change() {
    for About { edition, released, .. } in LIBRARY.editions.iter() {
        let now = Record::of(*edition);
        let kept = fs::read_to_string(path(*edition)).unwrap_or_default();
        if released.is_some() {
            let told = rewritten(&Record::read(&kept), &now);
            assert!(told.is_empty(), "edition {edition} is released:\n  {}", told.join("\n  "));
        } else if env::var_os("UPDATE_EDITIONS").is_some() {
            fs::write(path(*edition), now.written(*edition)).expect("the table can be written");
        } else {
            assert!(kept == now.written(*edition), "{} is not what edition {edition} demands: {AGAIN}", path(*edition));
        }
    }
}

#[test]
fn a_change_of_the_past_is_told() {
    let newest = LIBRARY.editions.newest().expect("there is an edition");
    let now = Record::of(newest);
    assert_eq!(rewritten(&now, &now), Vec::<String>::new());
    assert_eq!(Record::read(&now.written(newest)), now);
    let id = "OKTA-create-201".to_owned();
    let with = |change: &dyn Fn(&mut Record)| {
        let mut then = now.clone();
        change(&mut then);
        rewritten(&then, &now).join("\n")
    };
    let should = with(&|then| drop(then.requirements.insert(id.clone(), (Level::Should, String::new()))));
    assert_eq!(should, "OKTA-create-201 was a SHOULD and is a MUST: enter that as `changed`, with `was: SHOULD`");
    let words = with(&|then| drop(then.requirements.insert(id.clone(), (Level::Must, "Users are created".to_owned()))));
    assert!(words.starts_with("OKTA-create-201 was \"Users are created\": "), "{words}");
    let added = with(&|then| drop(then.requirements.remove(&id)));
    assert_eq!(added, "OKTA-create-201 is new, and says that it is not: its `since` is the next edition");
    let gone = with(&|then| drop(then.requirements.insert("OKTA-nothing".to_owned(), (Level::May, String::new()))));
    assert_eq!(gone, "OKTA-nothing is gone, or says that it came later: baselines name it");
    let case = "okta/users/create".to_owned();
    let added = with(&|then| drop(then.cases.remove(&case)));
    assert_eq!(added, "okta/users/create is new, and says that it is not: its `since` is the next edition");
    let more = with(&|then| assert!(then.cases.get_mut(&case).is_some_and(|checks| checks.remove(&id))));
    assert_eq!(more, "okta/users/create judges OKTA-create-201 now: that is a case of its own, with `since`");
    let less = with(&|then| {
        assert!(then.cases.get_mut(&case).is_some_and(|checks| checks.insert("OKTA-get-user-200".to_owned())))
    });
    assert_eq!(less, "okta/users/create does not judge OKTA-get-user-200 any more, which it did then");
    let gone = with(&|then| drop(then.cases.insert("okta/nothing".to_owned(), BTreeSet::new())));
    assert_eq!(gone, "okta/nothing is gone, or says that it came later: baselines name it");
}

#[test]
fn every_requirement_says_since_when() {
    let without = LIBRARY.registry.iter().filter(|requirement| requirement.since.is_none());
    let without: Vec<&str> = without.map(|requirement| requirement.id.as_str()).collect();
    assert!(without.is_empty(), "no `since`: {without:?}");
}

/// Scenarios of which some demand what comes in the next editions.
fn future() -> String {
    env::current_dir().expect("there is a folder").join("tests/editions/future").display().to_string()
}

/// A run on the reference, whose answers meet nothing that the next editions demand.
struct Ran {
    code: Option<i32>,
    said: String,
    report: Value,
    folder: tempfile::TempDir,
}

impl Ran {
    fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        Self::in_folder(folder, arguments)
    }

    fn in_folder(folder: tempfile::TempDir, arguments: &[&str]) -> Self {
        let future = future();
        let mut all = vec!["demo", "--scenarios", &future, "--seed", "5", "--settle", "0.1"];
        all.extend(["--report", "json=run.json", "--report", "junit=run.xml", "--report", "html=run.html"]);
        all.extend(["--report", "markdown=run.md", "--bodies", "all"]);
        all.extend(arguments);
        let (code, out, err) = call(folder.path(), &all);
        let report = fs::read_to_string(folder.path().join("run.json")).expect("the report was written");
        let report = serde_json::from_str(&report).expect("it is JSON");
        Self { code, said: out + &err, report, folder }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect("the file was written")
    }

    fn case(&self, id: &str) -> &Value {
        let cases = self.report["cases"].as_array().into_iter().flatten();
        cases.into_iter().find(|case| case["id"] == id).unwrap_or_else(|| panic!("no case {id}"))
    }

    /// The requirements of the findings of a case: those that count, and the others with their editions.
    fn findings(&self, id: &str) -> (Vec<String>, Vec<String>) {
        let of = |key: &str| {
            let findings = self.case(id)[key].as_array().into_iter().flatten();
            let name = |finding: &Value| {
                let words = ["since", "level", "requirement"].iter().filter_map(|key| finding[key].as_str());
                words.collect::<Vec<_>>().join(" ")
            };
            findings.map(name).collect()
        };
        (of("findings"), of("not_scored"))
    }

    fn status(&self, requirement: &str) -> &Value {
        let all = self.report["requirements"].as_array().into_iter().flatten();
        let found = all.into_iter().find(|about| about["id"] == requirement);
        &found.unwrap_or_else(|| panic!("no {requirement}"))["status"]
    }
}

fn list<const N: usize>(of: [&str; N]) -> Vec<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn without_an_edition_all_of_it_counts() {
    let ran = Ran::with(&[]);
    assert_eq!(ran.code, Some(1), "{}", ran.said);
    assert_eq!((&ran.report["edition"], &ran.report["newest_edition"]), (&"2027.06".into(), &"2027.06".into()));
    assert_eq!(ran.findings("next/new"), (list(["MUST NEXT-new"]), list([])));
    let levels = list(["MUST NEXT-raised", "MUST NEXT-redefined", "SHOULD NEXT-bound"]);
    assert_eq!(ran.findings("next/levels"), (levels, list([])));
    assert_eq!(ran.case("next/case")["outcome"], "failed");
    assert_eq!(ran.case("next/stopped")["outcome"], "inconclusive");
    assert!(!ran.said.contains("not scored") && !ran.said.contains("scored by"), "{}", ran.said);
}

#[test]
fn what_came_later_is_told_and_fails_nothing() {
    let ran = Ran::with(&["--edition", "2026.12", "--require-complete"]);
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    assert_eq!((&ran.report["edition"], &ran.report["newest_edition"]), (&"2026.12".into(), &"2027.06".into()));
    assert_eq!(ran.report["verdict"], "conforms");
    // It was a SHOULD then; what bound nobody then, and what meant something else, is not scored.
    let later = list(["2027.06 MUST NEXT-redefined", "2027.03 SHOULD NEXT-bound"]);
    assert_eq!(ran.findings("next/levels"), (list(["SHOULD NEXT-raised"]), later));
    for (case, since) in [("next/case", "2027.06"), ("next/rows#Nowhere", "2027.03")] {
        assert_eq!(ran.case(case)["outcome"], "skipped", "{case}");
        assert_eq!(
            (&ran.case(case)["skip"], &ran.case(case)["since"]),
            (&"not-scored".into(), &since.into()),
            "{case}"
        );
        assert_eq!(ran.findings(case).1, vec![format!("{since} MUST NEXT-readable")]);
    }
    assert_eq!(ran.case("next/rows#Users")["outcome"], "passed");
    assert_eq!(ran.case("next/stopped")["skip"], "not-scored");
    let statuses = ["NEXT-new", "NEXT-raised", "NEXT-readable", "NEXT-created"].map(|id| ran.status(id).clone());
    assert_eq!(statuses, ["not scored", "violated", "not scored", "met"].map(Value::from));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    let from = ran.said.find("new since").unwrap_or_default();
    let until = ran.said.find("6 cases:").unwrap_or(ran.said.len());
    settings.bind(|| insta::assert_snapshot!("editions__told", &ran.said[from..until]));
    assert!(ran.said.contains("scored by edition 2026.12; the newest is 2027.06"), "{}", ran.said);
    // The command that shows it again scores by the same edition.
    assert!(ran.said.contains("--edition 2026.12\n"), "{}", ran.said);
}

#[test]
fn every_format_tells_what_is_not_scored_and_counts_it_nowhere() {
    let ran = Ran::with(&["--edition", "2026.12"]);
    let junit = ran.file("run.xml");
    assert!(junit.contains("failures=\"0\" errors=\"0\""), "{junit}");
    assert!(junit.contains("new in edition 2027.03, not scored: NEXT-new: expected 299, got 201"), "{junit}");
    assert!(junit.contains("<property name=\"edition\" value=\"2026.12\""), "{junit}");
    let markdown = ran.file("run.md");
    assert!(
        markdown.contains("## New since edition 2026.12, not scored") && markdown.contains("`NEXT-new`"),
        "{markdown}"
    );
    assert!(!markdown.contains("violated"), "{markdown}");
    let html = ran.file("run.html");
    assert!(html.contains("New, not scored") && html.contains("No binding requirement is violated."), "{html}");
    let (code, out, err) = call(ran.folder.path(), &["report", "--from", "run.json", "html=-"]);
    assert_eq!((code, out == html), (Some(0), true), "{err}");
}

#[test]
fn what_is_not_scored_ends_no_case() {
    // The create is answered with 200: the demand that is not scored stands before the one that is, and hides it not.
    let ran = Ran::with(&["--edition", "2026.12", "--quirk", "create-answers-200", "next/new"]);
    assert_eq!(ran.code, Some(1), "{}", ran.said);
    assert_eq!(ran.findings("next/new"), (list(["MUST NEXT-created"]), list(["2027.03 MUST NEXT-new"])));
    // Without the quirk, the case goes on after the demand that is not scored, and reads the user.
    let ran = Ran::with(&["--edition", "2026.12", "--no-laws", "next/new"]);
    assert_eq!(ran.findings("next/new"), (list([]), list(["2027.03 MUST NEXT-new"])));
    assert_eq!((ran.code, &ran.case("next/new")["outcome"]), (Some(0), &"passed".into()), "{}", ran.said);
    assert_eq!(ran.case("next/new")["judged"], serde_json::json!(["NEXT-created", "NEXT-new", "NEXT-readable"]));
}

#[test]
fn what_was_a_should_counts_with_strict() {
    let ran = Ran::with(&["--edition", "2026.12", "--strict", "next/levels"]);
    assert_eq!(ran.code, Some(1), "{}", ran.said);
    assert!(ran.said.contains("1 recommendation not met, and --strict lets them count"), "{}", ran.said);
}

#[test]
fn a_baseline_is_not_stale_for_what_is_not_scored() {
    let entry = |id: &str| format!("version: 1\nknown-failures:\n  - requirement: {id}\n    reason: later\n");
    let with = |id: &str, edition: &str| {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        fs::write(folder.path().join("known.yaml"), entry(id)).expect("the file can be written");
        Ran::in_folder(folder, &["--baseline", "known.yaml", "--edition", edition, "next/new"])
    };
    let state = |ran: &Ran| ran.report["baseline"][0]["state"].clone();
    let ran = with("NEXT-new", "2026.12");
    assert_eq!((ran.code, state(&ran)), (Some(0), "not judged".into()), "{}", ran.said);
    let ran = with("NEXT-new", "2027.03");
    assert_eq!((ran.code, state(&ran)), (Some(0), "holds".into()), "{}", ran.said);
    let ran = with("NEXT-created", "2026.12");
    assert_eq!((ran.code, state(&ran)), (Some(1), "stale".into()), "{}", ran.said);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let text = "version: 1\nknown-failures:\n  - case: next/new\n    reason: later\n";
    fs::write(folder.path().join("known.yaml"), text).expect("the file can be written");
    let ran = Ran::in_folder(folder, &["--baseline", "known.yaml", "--edition", "2026.12", "next/new"]);
    assert_eq!((ran.code, state(&ran)), (Some(0), "not judged".into()), "{}", ran.said);
}

#[test]
fn snapshots_want_no_accepted_answers_for_what_came_later() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let arguments = ["--edition", "2026.12", "--snapshots", "answers"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    let future = future();
    command.args(["demo", "--scenarios", &future, "--seed", "5", "--settle", "0.1", "next/new"]).args(arguments);
    let output = command.env_remove("CI").current_dir(folder.path()).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (code, _, err) = call(folder.path(), &["snapshots", "accept", "--snapshots", "answers"]);
    assert_eq!(code, Some(0), "{err}");
    // `next/rows#Users` is of the edition and has nothing accepted yet; `next/rows#Nowhere` and `next/case` came later.
    let later = [
        "--edition",
        "2026.12",
        "--snapshots",
        "answers",
        "--snapshots-strict",
        "next/new",
        "next/case",
        "next/stopped",
    ];
    let ran = Ran::in_folder(folder, &later);
    assert_eq!(ran.code, Some(0), "{}", ran.said);
}

#[test]
fn a_run_of_nothing_but_what_came_later_decides_nothing() {
    let ran = Ran::with(&["--edition", "2026.12", "next/case"]);
    assert_eq!(ran.code, Some(3), "{}", ran.said);
    assert!(ran.said.contains("nothing was run that edition 2026.12 demands"), "{}", ran.said);
}

#[test]
fn a_recorded_run_is_judged_by_its_own_edition() {
    let ran = Ran::with(&["--edition", "2026.12"]);
    let future = future();
    let judge = |more: &[&str]| {
        let arguments = [&["judge", "--from", "run.json", "--scenarios", &future], more].concat();
        call(ran.folder.path(), &arguments)
    };
    let (code, out, err) = judge(&[]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("scored by edition 2026.12"), "{out}");
    let (code, out, err) = judge(&["--edition", "2027.03"]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(!out.contains("left on the server"), "{out}");
}

#[test]
fn a_demand_that_begins_to_count_has_not_broken() {
    let ran = Ran::with(&["--edition", "2026.12"]);
    let report = ["--report", "json=new.json", "--edition", "2027.06"];
    let future = future();
    let arguments = [&["demo", "--scenarios", &future, "--seed", "5", "--settle", "0.1"][..], &report].concat();
    call(ran.folder.path(), &arguments);
    let diff = |old: &str, new: &str| call(ran.folder.path(), &["diff", old, new]);
    let (code, out, err) = diff("run.json", "new.json");
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("edition 2026.12") && out.contains("edition 2027.06"), "{out}");
    assert!(!out.contains("broke"), "{out}");
    let raised = out.find("Came to light").map(|at| &out[at..]).unwrap_or_default();
    assert!(raised.contains("NEXT-raised") && raised.contains("NEXT-new"), "{out}");
    let (code, out, err) = diff("new.json", "run.json");
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(!out.contains("mended"), "{out}");
}

#[test]
fn the_target_file_names_the_edition_and_the_command_line_another() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let server = scim_check_served();
    let target = |edition: &str| {
        let text = format!("base-url: {}\nedition: {edition}\n", server.base_url);
        fs::write(folder.path().join("target.yaml"), text).expect("the file can be written");
    };
    let run = |more: &[&str]| {
        let future = future();
        let arguments =
            ["run", "--target", "target.yaml", "--scenarios", &future, "--settle", "0.1", "--token", "token"];
        call(folder.path(), &[&arguments, more].concat())
    };
    target("2026.12");
    let (code, out, err) = run(&[]);
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, out, err) = run(&["--edition", "2027.03"]);
    assert_eq!(code, Some(1), "{out}{err}");
    target("2031.01");
    let (code, out, err) = run(&[]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    let told = "edition 2031.01 is later than 2027.06, the newest that this version of scim-check knows\n --> target.yaml:2:10";
    assert!(err.contains(told), "{err}");
}

/// The reference in a process of its own, which is stopped when it is dropped.
struct Served {
    base_url: String,
    process: std::process::Child,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn scim_check_served() -> Served {
    use std::io::{BufRead as _, BufReader};
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(["serve", "--port", "0", "--token", "token"]).stdout(std::process::Stdio::piped());
    let mut process = command.spawn().expect("the program starts");
    let out = BufReader::new(process.stdout.take().expect("it is piped"));
    let line = out.lines().map_while(Result::ok).find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
    Served { base_url: line.expect("it says where it listens"), process }
}

#[test]
fn an_edition_that_is_not_there_is_told_before_anything_is_sent() {
    let told = |edition: &str| {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let (code, out, err) = call(folder.path(), &["demo", "--edition", edition]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        err
    };
    let newest = LIBRARY.editions.newest().expect("there is an edition");
    assert_eq!(told("2025.01"), format!("error: --edition: there is no edition 2025.01; there are: {newest}\n"));
    let later = "edition 2999.01 is later than";
    assert_eq!(
        told("2999.01"),
        format!("error: --edition: {later} {newest}, the newest that this version of scim-check knows\n")
    );
    let word = "error: --edition: `newest` is not an edition, which is a year and a month, such as 2026.12\n";
    assert_eq!(told("newest"), word);
}

#[test]
fn editions_say_what_they_brought() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let future = future();
    let (code, out, err) = call(folder.path(), &["editions", "--scenarios", &future]);
    assert_eq!(code, Some(0), "{err}");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"it has \d+ requirements", "it has N requirements");
    settings.bind(|| insta::assert_snapshot!("editions__brought", out));
    let (code, out, err) = call(folder.path(), &["editions", "--format", "json", "--scenarios", &future]);
    assert_eq!(code, Some(0), "{err}");
    let all: Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!(all[1]["changed"][1]["was"], "SHOULD");
    assert_eq!(all[1]["new"][0]["id"], "NEXT-new");
    let (_, built_in, _) = call(folder.path(), &["editions"]);
    let first = LIBRARY.editions.iter().next().expect("there is an edition");
    assert!(built_in.starts_with(&first.edition.to_string()), "{built_in}");
}

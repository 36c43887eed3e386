//! Runs with a budget: what is sent, what is left behind, and what is said of the cases that were not reached. Runs in a random
//! order, which say what others say; and quick runs, which decide much of what binds for few requests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use scim_check::budget::{Budget, Depth, Limit, Spent};
use scim_check::capability::{Capability, Evidence, Support};
use scim_check::plan::{Selection, depth, plan};
use scim_check::reference::{Options, Quirk, Server, serve};
use scim_check::report::json::{self, View};
use scim_check::requirement::{Level, RequirementId};
use scim_check::run::{self, Event, Played, discover};
use scim_check::verdict::{CaseResult, Cause, Finding, Outcome};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::call;
use crate::world;

/// A run against a reference, which afterwards holds what it held before; what was sent before each sweep, and the results.
async fn run(server: Options, options: run::Options) -> (usize, Vec<CaseResult>) {
    let lag = if server.quirks.contains(&Quirk::SettlesLate) { server.delay * 3 } else { Duration::ZERO };
    let server = serve(Options { users: 12, groups: 3, ..server }).await.expect("a free port on 127.0.0.1");
    tokio::time::sleep(lag).await;
    let before = held(&server).await;
    let how = world::How { options, ..world::How::default() };
    let Played { cases: results, setups } = world::play(world::wire(server.base_url(), server.token()), how).await;
    tokio::time::sleep(lag).await;
    assert_eq!(held(&server).await, before, "nothing is left behind");
    let left: Vec<&CaseResult> = results.iter().filter(|case| !case.leftovers.is_empty()).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(setups.iter().all(|setup| setup.leftovers.is_empty()), "{setups:#?}");
    let alone: usize = results.iter().map(|case| case.requests() - case.swept).sum();
    let sent = alone + setups.iter().map(|setup| setup.prepared_by).sum::<usize>();
    server.shutdown().await;
    (sent, results)
}

/// What a server holds, in its own words.
async fn held(server: &Server) -> Vec<Value> {
    // An error says that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut all = Vec::new();
    for collection in ["Users", "Groups"] {
        let url = format!("{}/{collection}?startIndex=1&count=1000", server.base_url());
        let answer = reqwest::Client::new().get(url).bearer_auth(server.token()).send().await.expect("it answers");
        let list: Value = serde_json::from_slice(&answer.bytes().await.expect("a whole body")).expect("JSON");
        all.extend(list["Resources"].as_array().cloned().unwrap_or_default());
    }
    all
}

fn not_reached(results: &[CaseResult]) -> Vec<Limit> {
    let limit = |case: &CaseResult| match case.outcome {
        Outcome::Inconclusive(Cause::NotReached(limit)) => Some(limit),
        _ => None,
    };
    results.iter().filter_map(limit).collect()
}

/// Nothing is held against a right server, and nothing else is undecided.
fn assert_right(results: &[CaseResult]) {
    for case in results {
        let is_open = matches!(case.outcome, Outcome::Inconclusive(Cause::NotReached(_)));
        assert!(is_open || !matches!(case.outcome, Outcome::Inconclusive(_)), "{}: {:?}", case.id, case.outcome);
        assert_eq!(case.findings, [], "{}", case.id);
    }
}

#[tokio::test]
async fn cases_send_exactly_as_many_requests_as_the_budget_has() {
    for jobs in [1, 4, 16] {
        for (most, before) in [(1, 0), (2, 2), (400, 6)] {
            let budget = Budget { requests: Some(most), time: None };
            let spent = Spent { requests: before, time: Duration::ZERO };
            let options = run::Options { jobs, budget, spent, ..run::Options::default() };
            let (sent, results) = run(Options::default(), options).await;
            assert_eq!(sent as u64, most - before, "{jobs} jobs, {most} requests");
            let open = not_reached(&results);
            assert!(open.iter().all(|limit| *limit == Limit::Requests(most)), "{open:?}");
            assert!(open.len() > results.len() / 4 && open.len() <= results.len());
            if most == 400 {
                let decided = results.iter().filter(|case| case.outcome == Outcome::Passed).count();
                assert!(decided > 20, "what was decided stands: {decided}");
            }
            assert_right(&results);
        }
    }
}

#[tokio::test]
async fn a_budget_that_is_enough_changes_nothing() {
    let budget = Budget { requests: Some(100_000), time: Some(Duration::from_secs(600)) };
    let (_, results) = run(Options::default(), run::Options { budget, ..run::Options::default() }).await;
    assert_eq!(world::complaints(&results), Vec::<String>::new());
}

#[tokio::test]
async fn a_run_ends_when_its_time_is_over() {
    for jobs in [1, 4] {
        let time = Duration::from_millis(900);
        let budget = Budget { requests: None, time: Some(time) };
        let spent = Spent { requests: 0, time: Duration::from_millis(100) };
        // What a case may send at the same moment is not counted here.
        let options = run::Options { jobs, batch: 1, budget, spent, ..run::Options::default() };
        let delay = Duration::from_millis(100);
        let began = Instant::now();
        let (sent, results) =
            run(Options { quirks: vec![Quirk::AnswersLate], delay, ..Options::default() }, options).await;
        // Each job has a request on its way when the time is over, and then sweeps what one case created.
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(800) && took < Duration::from_secs(8), "{jobs} jobs: {took:?}");
        let most = jobs * 10 + (jobs * 4).min(10);
        assert!(sent > 0 && sent <= most, "{jobs} jobs: {sent} requests in 800 ms, each of which takes 100 ms");
        let open = not_reached(&results);
        assert!(open.len() > results.len() / 2 && open.iter().all(|limit| *limit == Limit::Time(time)), "{open:?}");
        assert_right(&results);
    }
}

#[tokio::test]
async fn the_end_of_a_budget_makes_no_late_server_a_wrong_one() {
    // Wherever the run ends, an answer that only looks wrong so far is open.
    for most in (20..400).step_by(41) {
        let budget = Budget { requests: Some(most), time: None };
        let options = run::Options { budget, ..run::Options::default() };
        let late = Options { quirks: vec![Quirk::SettlesLate], delay: Duration::from_millis(40), ..Options::default() };
        let (sent, results) = run(late, options).await;
        assert_eq!(sent as u64, most);
        assert_right(&results);
    }
}

#[tokio::test]
async fn what_is_found_before_the_end_stands() {
    let budget = Budget { requests: Some(900), time: None };
    let options = run::Options { budget, settle: Duration::from_millis(50), ..run::Options::default() };
    let broken = Options { quirks: vec![Quirk::ActiveAsString], ..Options::default() };
    let (_, results) = run(broken, options).await;
    let failed = results.iter().filter(|case| case.outcome == Outcome::Failed).count();
    assert!(failed > 0 && !not_reached(&results).is_empty(), "{failed} failed");
}

fn demo(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let (code, out, err) = call(folder, &[&["demo", "--seed", "5"], arguments].concat());
    (code, out + &err)
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

fn text(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("the file was written")
}

fn view(folder: &TempDir, name: &str) -> View {
    json::read(&text(folder, name)).expect("it is a report")
}

#[test]
fn every_format_says_in_a_line_that_the_run_ended_early() {
    let folder = folder();
    let formats = ["text", "html", "markdown", "json", "junit", "har", "oin"];
    let reports: Vec<String> = formats.iter().map(|format| format!("{format}={format}")).collect();
    let mut arguments = vec!["--max-requests", "150", "--bodies", "all"];
    arguments.extend(reports.iter().flat_map(|report| ["--report", report.as_str()]));
    let (code, said) = demo(folder.path(), &arguments);
    assert_eq!(code, Some(3), "{said}");
    let report = view(&folder, "json");
    let (totals, budget) = (report.totals, report.budget.expect("the budget is told"));
    assert_eq!((report.verdict.as_str(), budget.max_requests, budget.max_time_ms), ("undecided", Some(150), None));
    assert!(totals.not_reached > 100 && totals.not_reached == totals.inconclusive, "{totals:?}");
    assert_eq!((totals.failed, totals.leftovers), (0, 0));
    let of_setups = report.setups.iter().map(|setup| setup.requests - setup.prepared_by);
    let swept = report.cases.iter().map(|case| case.swept).sum::<usize>() + of_setups.sum::<usize>();
    assert_eq!(totals.requests - swept, 150, "discovery counts, and the sweep does not");
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report-1.schema.json")).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    let value: Value = serde_json::from_str(&text(&folder, "json")).expect("it is JSON");
    assert_eq!(schema.iter_errors(&value).map(|error| error.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    let cases = totals.cases;
    let told =
        format!("topped after 150 requests (--max-requests): {} of {cases} cases were not reached", totals.not_reached);
    assert!(said.contains(&format!("s{told}; cleaning up is outside of the budget\n")), "{said}");
    assert!(said.contains("verdict: undecided: no violation was seen, but"), "{said}");
    assert!(said.contains("next: run it with a larger --max-requests, or without: scim-check demo"), "{said}");
    for format in formats.iter().filter(|format| **format != "json") {
        let text = text(&folder, format).replace("`--max-requests`", "--max-requests");
        assert!(text.contains(&told), "{format}");
    }
    let junit = text(&folder, "junit");
    assert!(junit.contains("type=\"not-reached\""));
    // What was written can be read.
    let (code, _, err) = call(folder.path(), &["report", "--from", "json", "json=again", "html=html2", "text=text2"]);
    assert_eq!(code, Some(0), "{err}");
    for (one, other) in [("json", "again"), ("html", "html2"), ("text", "text2")] {
        assert!(text(&folder, one) == text(&folder, other), "{one}");
    }
    // Judged again it says the same, of the same cases.
    let (code, out, err) = call(folder.path(), &["judge", "--from", "json", "--report", "json=judged"]);
    assert_eq!(code, Some(3), "{out}{err}");
    let judged = view(&folder, "judged");
    assert_eq!((judged.totals.not_reached, judged.budget), (totals.not_reached, report.budget));
    let outcomes = |view: &View| -> Vec<(String, String)> {
        view.cases.iter().map(|case| (case.id.clone(), case.outcome.clone())).collect()
    };
    assert_eq!(outcomes(&judged), outcomes(&report));
}

#[test]
fn a_right_server_does_not_conform_within_a_budget_that_is_too_small() {
    let folder = folder();
    for (arguments, said_of_it) in
        [(["--max-requests", "1"], "after 1 request ("), (["--max-time", "1s"], "after 1s (--max-time)")]
    {
        let late = ["--quirk", "answers-late", "--quiet", "--settle", "0"];
        let (code, said) = demo(folder.path(), &[&arguments[..], &late].concat());
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(said_of_it) && said.contains("verdict: undecided: no violation was seen"), "{said}");
    }
    // What was deselected was not to be reached.
    let (code, said) = demo(folder.path(), &["okta/lookup", "--max-requests", "20", "--quiet"]);
    assert_eq!(code, Some(3), "{said}");
    let (code, said) = demo(folder.path(), &["okta/lookup", "--max-requests", "5000", "--max-time", "1h", "--quiet"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("stopped"), "{said}");
}

#[test]
fn what_was_not_reached_breaks_nothing_and_is_not_compared() {
    let folder = folder();
    // Of the first case something is known that does not hold, and of the last, too.
    let known = "version: 1\nknown-failures:\n  - case: CASE\n    reason: nobody knows\n    inconclusive: true\n";
    let (code, said) =
        demo(folder.path(), &["okta/lookup", "--quiet", "--report", "json=whole", "--snapshots", "snaps"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, out, err) = call(folder.path(), &["snapshots", "accept", "--snapshots", "snaps"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let whole = view(&folder, "whole");
    let last = whole.cases.iter().rev().find(|case| case.outcome == "passed").map(|case| case.id.clone());
    let last = last.expect("a case passed");
    fs::write(folder.path().join("known.yaml"), known.replace("CASE", &last)).expect("it can be written");
    let (code, said) = demo(
        folder.path(),
        &[
            "okta/lookup",
            "--max-requests",
            "15",
            "--jobs",
            "1",
            "--baseline",
            "known.yaml",
            "--update-baseline",
            "--snapshots",
            "snaps",
            "--snapshots-strict",
            "--report",
            "json=part",
            "--verbose",
        ],
    );
    assert_eq!(code, Some(3), "{said}");
    let part = view(&folder, "part");
    let open: Vec<&str> =
        part.cases.iter().filter(|case| case.outcome == "inconclusive").map(|c| c.id.as_str()).collect();
    assert!(open.contains(&last.as_str()), "{open:?}");
    assert_eq!(part.baseline[0].state, "not judged");
    assert!(part.cases.iter().all(|case| case.expected.is_none()));
    assert!(text(&folder, "known.yaml").contains(&last), "its entry stays");
    let snapshots = part.snapshots.expect("they were compared");
    assert_eq!(snapshots.changes, []);
    let mut not_compared: Vec<&str> = snapshots.not_compared.iter().map(String::as_str).collect();
    not_compared.retain(|case| !open.contains(case));
    assert_eq!(not_compared, Vec::<&str>::new());
    assert!(snapshots.not_compared.contains(&last));
    let (code, out, err) = call(folder.path(), &["diff", "whole", "part"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("not reached within 15 requests (--max-requests)"), "{out}");
}

#[test]
fn shards_with_different_budgets_are_not_merged() {
    let folder = folder();
    for (shard, most) in [("1/2", "40"), ("2/2", "50")] {
        let report = format!("json={}.json", &shard[..1]);
        let (code, said) = demo(
            folder.path(),
            &["okta/users", "--shard", shard, "--max-requests", most, "--quiet", "--report", &report],
        );
        assert!(matches!(code, Some(0 | 3)), "{said}");
    }
    let (code, _, err) = call(folder.path(), &["merge", "out.json", "1.json", "2.json"]);
    assert_eq!(code, Some(2), "{err}");
    let told = "the shards have different budgets: 40 requests (--max-requests) in 1.json; 50 requests (--max-requests) in 2.json";
    assert!(err.contains(told), "{err}");
    // Each shard has the budget for itself.
    let (code, said) = demo(
        folder.path(),
        &["okta/users", "--shard", "2/2", "--max-requests", "40", "--quiet", "--report", "json=2.json"],
    );
    assert_eq!(code, Some(3), "{said}");
    let (code, out, err) = call(folder.path(), &["merge", "out.json", "1.json", "2.json"]);
    assert_eq!(code, Some(3), "{out}{err}");
    assert!(out.contains("stopped after 40 requests (--max-requests)"), "{out}");
    assert_eq!(view(&folder, "out.json").budget.and_then(|budget| budget.max_requests), Some(40));
}

#[test]
fn a_budget_that_is_none_is_refused() {
    let folder = folder();
    for (arguments, why) in [
        (["--max-requests", "0"], "0 is not in 1.."),
        (["--max-requests", "many"], "invalid digit"),
        (["--max-time", "3"], "3 of what? a time is a whole number and its unit, such as 90s, 3m or 1h"),
        (["--max-time", "3 minutes"], "a time is a whole number and its unit, such as 90s, 3m or 1h"),
        (["--max-time", "0s"], "in no time nothing can be run; the shortest is 1s"),
        (["--max-time", "-3m"], "unexpected argument"),
    ] {
        let (code, said) = demo(folder.path(), &arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
}

/// What is said of each case, without what differs from run to run: ids that the server makes, and times.
fn told(results: &[CaseResult]) -> Vec<String> {
    let told = |case: &CaseResult| {
        let outcome = match &case.outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed => "failed".to_owned(),
            Outcome::Skipped(_) => "skipped".to_owned(),
            Outcome::Inconclusive(_) => format!("inconclusive because of {:?}", case.blocked_by),
        };
        let finding = |finding: &Finding| {
            let Finding { requirement, level, place, failure, in_setup, .. } = finding;
            format!("{level} {requirement} at {place} ({failure:?}, in setup: {in_setup})")
        };
        let findings: Vec<String> = case.findings.iter().map(finding).collect();
        format!("{}: {outcome}; {}", case.id, findings.join(", "))
    };
    results.iter().map(told).collect()
}

/// Runs in the order of the plan, and in random orders with several jobs: each says the same.
async fn shuffled(quirks: &[Quirk], select: &[&str], seeds: impl Iterator<Item = u64>) {
    let select: Vec<String> = select.iter().map(|pattern| (*pattern).to_owned()).collect();
    let run = |seed: u64, jobs: usize, shuffle: bool| {
        let (select, quirks) = (select.clone(), quirks.to_vec());
        async move {
            let server =
                serve(Options { users: 12, groups: 3, quirks, ..Options::default() }).await.expect("a free port");
            let options =
                run::Options { seed, jobs, shuffle, settle: Duration::from_millis(20), ..run::Options::default() };
            let begun = Arc::new(Mutex::new(Vec::new()));
            let listed = Arc::clone(&begun);
            let on_event = Box::new(move |event: Event| {
                if let Event::Started(case) = event {
                    listed.lock().expect("nobody panics").push(case.to_owned());
                }
            });
            let how = world::How { select, options, on_event, ..world::How::default() };
            let results = world::run(world::wire(server.base_url(), server.token()), how).await;
            server.shutdown().await;
            let begun = std::mem::take(&mut *begun.lock().expect("nobody panics"));
            (told(&results), begun)
        }
    };
    let (usual, in_order) = run(1, 1, false).await;
    let mut orders = BTreeSet::from([in_order.clone()]);
    for seed in seeds {
        for jobs in [1, 4, 16] {
            let (told, begun) = run(seed, jobs, true).await;
            let differing: Vec<_> = told.iter().zip(&usual).filter(|(one, other)| one != other).collect();
            assert!(told == usual, "{quirks:?}, seed {seed}, {jobs} jobs: {differing:#?}");
            if jobs == 1 {
                assert_eq!(begun.iter().collect::<BTreeSet<_>>(), in_order.iter().collect::<BTreeSet<_>>());
                orders.insert(begun);
            }
        }
    }
    // The whole suite takes its time.
    if !select.is_empty() {
        assert_eq!(run(7, 1, true).await.1, run(7, 1, true).await.1, "the order follows from the seed");
    }
    assert!(orders.len() > 1, "there was more than one order");
}

#[tokio::test]
async fn whatever_the_order_a_right_server_is_told_the_same() {
    shuffled(&[], &["okta/lookup", "okta/groups/rename", "okta/lifecycle/deactivate"], 1..=20).await;
}

#[tokio::test]
async fn whatever_the_order_the_whole_suite_says_the_same() {
    shuffled(&[], &[], std::iter::once(7)).await;
}

#[tokio::test]
async fn whatever_the_order_a_fault_is_told_the_same() {
    for quirk in [
        Quirk::DeactivateDeletes,
        Quirk::ActiveAsString,
        Quirk::PatchNoop200,
        Quirk::MemberRemoveIgnored,
        Quirk::EmptyListAsNullBody,
    ] {
        shuffled(&[quirk], &["okta/lookup", "okta/groups/members", "okta/lifecycle/deactivate"], 1..=2).await;
    }
}

/// The MUSTs among requirements of a report that have one of these states.
fn musts(view: &View, states: &[&str]) -> BTreeSet<String> {
    let of = view.requirements.iter().filter(|told| told.level == "MUST" && states.contains(&told.status.as_str()));
    of.map(|told| told.id.clone()).collect()
}

fn users_created(view: &View) -> usize {
    // What cases share stands in the transcript of each.
    let is_shared = |case: &json::Case, at: usize| {
        case.shared.iter().any(|shared| (shared.first..shared.first + shared.count).contains(&at))
    };
    let own = view.cases.iter().flat_map(|case| {
        case.exchanges
            .iter()
            .flatten()
            .enumerate()
            .filter(move |(at, _)| !is_shared(case, *at))
            .map(|(_, exchange)| exchange)
    });
    let exchanges = own.chain(view.setups.iter().flat_map(|setup| setup.exchanges.iter().flatten()));
    let creates = |exchange: &&json::Exchange| {
        let is_create = exchange.request.method == "POST" && exchange.request.path == "/Users";
        is_create && exchange.response.as_ref().is_some_and(|response| response.status == 201)
    };
    exchanges.filter(creates).count()
}

#[test]
#[expect(clippy::print_stdout, reason = "--nocapture shows the figures")]
fn a_quick_run_decides_many_musts_for_few_requests() {
    let folder = folder();
    let (code, said) = demo(folder.path(), &["--quiet", "--depth", "full", "--report", "json=full"]);
    assert_eq!(code, Some(0), "{said}");
    let full = view(&folder, "full");
    assert_eq!((full.depth.as_deref(), full.musts_left_out.as_slice()), (Some("full"), &[][..]));
    let formats = ["text", "html", "markdown", "json", "junit", "har", "oin"];
    let mut arguments = vec!["--depth", "quick", "--bodies", "all", "--verbose"];
    let reports: Vec<String> = formats.iter().map(|format| format!("{format}={format}")).collect();
    arguments.extend(reports.iter().flat_map(|report| ["--report", report.as_str()]));
    let (code, said) = demo(folder.path(), &arguments);
    assert_eq!(code, Some(0), "{said}");
    let quick = view(&folder, "json");
    let (all, decided) = (musts(&full, &["met", "violated"]), musts(&quick, &["met", "violated"]));
    let share = decided.len() * 100 / all.len();
    let (requests, users) = (quick.totals.requests, users_created(&quick));
    let run = quick.cases.iter().filter(|case| case.requests > 0).count();
    println!(
        "quick: {run} cases, {requests} requests, {users} users, {} of {} MUSTs ({share} %)",
        decided.len(),
        all.len()
    );
    println!("full: {} requests", full.totals.requests);
    assert!(decided.is_subset(&all), "{:?}", decided.difference(&all));
    assert!(requests <= 150, "{requests} requests");
    assert!(users <= 25, "{users} users");
    assert!(share >= 60, "{share} %");
    // What was left is named, and is what nothing judged.
    let left: BTreeSet<String> = quick.musts_left_out.iter().cloned().collect();
    assert!(left.is_disjoint(&decided) && !left.is_empty());
    assert!(all.difference(&decided).all(|id| left.contains(id)), "{:?}", all.difference(&decided).collect::<Vec<_>>());
    assert!(left.iter().all(|id| said.contains(&format!("\n  {id}: "))), "{said}");
    assert_eq!((quick.depth.as_deref(), quick.verdict.as_str()), (Some("quick"), "partial"));
    assert!(
        said.contains("not run, left out by --depth quick") || said.contains(": left out by --depth quick"),
        "{said}"
    );
    let of = format!("epth quick: {} of ", left.len());
    for format in formats.iter().filter(|format| !matches!(**format, "json" | "junit")) {
        assert!(text(&folder, format).contains(&of), "{format}");
    }
    assert!(text(&folder, "junit").contains("name=\"depth\" value=\"quick\""));
    assert!(text(&folder, "oin").contains("A submission wants the full depth"));
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report-1.schema.json")).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    let value: Value = serde_json::from_str(&text(&folder, "json")).expect("it is JSON");
    assert_eq!(schema.iter_errors(&value).map(|error| error.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    // What was written can be read, and judged again.
    let (code, _, err) = call(folder.path(), &["report", "--from", "json", "json=again", "html=html2"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(text(&folder, "json") == text(&folder, "again") && text(&folder, "html") == text(&folder, "html2"));
    let (code, out, err) = call(folder.path(), &["judge", "--from", "json", "--report", "json=judged"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(view(&folder, "judged").musts_left_out, quick.musts_left_out);
    let (code, said) = demo(folder.path(), &["--depth", "quick", "--require-complete", "--quiet"]);
    assert_eq!(code, Some(4), "{said}");
    let (code, out, err) = call(folder.path(), &["diff", "full", "json"]);
    assert_eq!(code, Some(0), "{out}{err}");
}

#[test]
fn a_quick_run_covers_what_applies() {
    // Without PATCH other cases are worth their requests.
    let chosen = |no: &[Capability]| {
        let mut capabilities = world::How::default().capabilities;
        for capability in no {
            capabilities.0.insert(*capability, Support::No(Evidence::NotGiven("this test")));
        }
        let selection = Selection { suites: vec!["okta".to_owned()], ..Selection::default() };
        let mut planned = plan(&world::LIBRARY.scenarios, &capabilities, &selection).expect("there is such a suite");
        let registry = &world::LIBRARY.registry;
        let binds = |id: &RequirementId| registry.get(id.as_str()).is_some_and(|known| known.level == Level::Must);
        let applies: BTreeSet<RequirementId> = planned
            .iter()
            .filter(|plan| plan.skip.is_none())
            .flat_map(|plan| run::checks(&world::JUDGE, plan.case))
            .filter(binds)
            .collect();
        depth::limit(
            &mut planned,
            Depth::Quick,
            |_| false,
            |case| run::checks(&world::JUDGE, case).into_iter().filter(binds).collect(),
        );
        let run = planned.iter().filter(|plan| plan.skip.is_none());
        let cost = depth::cost(run.clone().map(|plan| &**plan.case));
        assert!(cost.requests <= Depth::QUICK_REQUESTS && cost.users <= Depth::QUICK_USERS, "{cost:?}");
        let covered: BTreeSet<RequirementId> =
            run.clone().flat_map(|plan| run::checks(&world::JUDGE, plan.case)).filter(binds).collect();
        let share = covered.len() * 100 / applies.len();
        assert!(share >= 60, "without {no:?}: {} of {}", covered.len(), applies.len());
        run.map(|plan| plan.case.id.clone()).collect::<BTreeSet<String>>()
    };
    let (all, without) = (chosen(&[]), chosen(&[Capability::Patch, Capability::Groups]));
    assert_eq!(all, chosen(&[]), "the same plan gives the same choice");
    assert!(all != without && !without.is_empty());
}

#[test]
#[expect(clippy::print_stdout, reason = "--nocapture shows the figures")]
fn a_plan_that_judges_each_must_once_takes_half_the_requests() {
    let registry = &world::LIBRARY.registry;
    let binds = |id: &RequirementId| registry.get(id.as_str()).is_some_and(|known| known.level == Level::Must);
    let judges = |case: &scim_check::scenario::Case| -> Vec<RequirementId> {
        run::checks(&world::JUDGE, case).into_iter().filter(binds).collect()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let (planned, judged, requests, users) = runtime.expect("a runtime").block_on(async {
        let server = serve(Options { users: 25, groups: 3, ..Options::default() }).await.expect("a free port");
        let wire = world::wire(server.base_url(), server.token());
        let discovery = discover::discover(&wire, &world::LIBRARY.personas, scim_check::persona::Version::V2).await;
        let capabilities = world::LIBRARY.personas.infer(discovery.capabilities);
        let selection = Selection { suites: vec!["okta".to_owned()], ..Selection::default() };
        let mut planned = plan(&world::LIBRARY.scenarios, &capabilities, &selection).expect("there is such a suite");
        depth::limit(&mut planned, Depth::Default, |_| false, |_| Vec::new());
        let chosen = depth::each_once(&planned, judges);
        // As a pattern, so that no other case begins like it.
        let pattern = |id: &str| {
            let (start, last) = id.split_at(id.len() - 1);
            format!("{start}[{last}]")
        };
        let select = chosen.iter().map(|at| pattern(&planned[*at].case.id)).collect();
        let played = world::play(wire, world::How { select, capabilities, ..world::How::default() }).await;
        let open = planned.iter().filter(|plan| plan.skip.is_none());
        let all: BTreeSet<RequirementId> = open.flat_map(|plan| judges(plan.case)).collect();
        assert_eq!(world::complaints(&played.cases), Vec::<String>::new());
        let judged: BTreeSet<RequirementId> =
            played.cases.iter().flat_map(|case| case.judged.iter().filter(|id| binds(id)).cloned()).collect();
        let of_cases = played.cases.iter().map(|case| case.requests()).sum::<usize>();
        let of_setups = played.setups.iter().map(|setup| setup.transcript.len()).sum::<usize>();
        let created = |exchange: &&scim_check::wire::Exchange| {
            exchange.request.method == "POST"
                && exchange.request.path == "/Users"
                && exchange.reply.as_ref().is_ok_and(|response| response.status == 201)
        };
        let own = played.cases.iter().flat_map(|case| {
            let is_shared = |at: usize| case.shared.iter().any(|shared| shared.holds(at));
            case.transcript.iter().enumerate().filter(move |(at, _)| !is_shared(*at)).map(|(_, exchange)| exchange)
        });
        let users = own.chain(played.setups.iter().flat_map(|setup| &setup.transcript)).filter(created).count();
        server.shutdown().await;
        (all, judged, of_cases + of_setups + discovery.exchanges.len(), users)
    });
    println!("each once: {requests} requests, {users} users, {} of {} MUSTs", judged.len(), planned.len());
    assert!(requests <= 700, "{requests} requests");
    let undecided: Vec<_> = planned.difference(&judged).collect();
    assert!(undecided.len() <= 5, "what an answer must give occasion for: {undecided:?}");
}

#[test]
fn a_quick_run_is_listed_as_it_would_be_run() {
    let folder = folder();
    let cases = |arguments: &[&str]| {
        let (code, out, err) = call(folder.path(), &[&["run", "--list"], arguments].concat());
        assert_eq!(code, Some(0), "{out}{err}");
        out.lines().count()
    };
    let (full, quick) = (cases(&[]), cases(&["--depth", "quick"]));
    assert!(quick < full / 3, "{quick} of {full}");
    let (code, said) = demo(folder.path(), &["--depth", "quik"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("a similar value exists: 'quick'"), "{said}");
}

#[test]
fn shards_of_different_depths_are_not_merged() {
    let folder = folder();
    for (shard, depth) in [("1/2", "quick"), ("2/2", "full")] {
        let report = format!("json={}.json", &shard[..1]);
        let arguments = ["okta/lookup", "--shard", shard, "--depth", depth, "--quiet", "--report", &report];
        let (code, said) = demo(folder.path(), &arguments);
        assert_eq!(code, Some(0), "{said}");
    }
    let (code, _, err) = call(folder.path(), &["merge", "out.json", "1.json", "2.json"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("the shards have different depths: quick in 1.json; full in 2.json"), "{err}");
    let arguments = ["okta/lookup", "--shard", "2/2", "--depth", "quick", "--quiet", "--report", "json=2.json"];
    let (code, said) = demo(folder.path(), &arguments);
    assert_eq!(code, Some(0), "{said}");
    let (code, out, err) = call(folder.path(), &["merge", "out.json", "1.json", "2.json"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, said) =
        demo(folder.path(), &["okta/lookup", "--depth", "quick", "--quiet", "--report", "json=whole.json"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(view(&folder, "out.json").musts_left_out, view(&folder, "whole.json").musts_left_out);
}

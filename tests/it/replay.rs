//! Judging a recording gives the report of the run that was recorded.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::troubled::{Trouble, Troubled};
use scim_check::budget::{Budget, Depth};
use scim_check::reference::{Objection, Options, Quirk, serve};
use scim_check::report::annex::Annex;
use scim_check::report::json::{self, Bodies, View};
use scim_check::report::{Report, Setup, Strictness, Tool};
use scim_check::run::discover::{self, Discovery};
use scim_check::run::{self, Played, Recorded};
use scim_check::verdict::Treated;
use scim_check::wire::auth::Manner;
use scim_check::wire::{Tape, Wire};

use crate::world;

fn report(discovery: Discovery, Played { cases, setups }: Played) -> Report {
    Report {
        tool: Tool { name: "scim-check".to_owned(), version: "0".to_owned() },
        base_url: "http://reference.example".to_owned(),
        credential: Manner::Bearer,
        options: Vec::new(),
        seed: 1,
        started: String::new(),
        took: Duration::ZERO,
        selection: Vec::new(),
        depth: Depth::Full,
        laws: false,
        settle: None,
        budget: Budget::default(),
        suites: vec!["okta".to_owned()],
        providers: Vec::new(),
        exit_on: Vec::new(),
        capabilities: discovery.capabilities.0.into_iter().collect(),
        setup: Setup::of(&cases),
        treated: Treated::joined(cases.iter().flat_map(|case| case.treated.iter().cloned())),
        cases,
        setups,
        requirements: Arc::clone(&world::LIBRARY.registry),
        edition: None,
        discovery: discovery.exchanges,
        warnings: Vec::new(),
        annexes: Vec::new(),
        changes: None,
        stored: None,
        part: None,
        known: Vec::new(),
        demo: None,
    }
}

/// A report without what the clock said. How long an answer took is part of the recording and stays.
fn timeless(mut view: View) -> View {
    view.started.clear();
    (view.took_ms, view.took_us) = (0, None);
    view.cases.iter_mut().for_each(|case| (case.took_ms, case.took_us) = (0, None));
    // They say when the run began.
    view.annexes.iter_mut().for_each(|annex| annex.document = None);
    view
}

/// How the recorded cases shared setup.
fn shared(view: &View) -> Recorded {
    let used = |case: &json::Case| case.shared.iter().map(|shared| (shared.setup.clone(), shared.count)).collect();
    let alone = view.cases.iter().filter(|case| case.shares_nothing).map(|case| case.id.clone());
    let later = view.cases.iter().filter(|case| !case.given_later.is_empty());
    Recorded {
        used: view.cases.iter().map(|case| (case.id.clone(), used(case))).collect(),
        alone: alone.collect(),
        given_later: later.map(|case| (case.id.clone(), case.given_later.clone())).collect(),
        disputed: BTreeMap::new(),
        witnesses: Vec::new(),
    }
}

fn written(report: &Report) -> String {
    json::render(report, json::Options { bodies: Bodies::All, strictness: Strictness::Must })
}

/// The report of a run against a reference, and that of its recording.
fn both(quirks: &[Quirk], objections: &[Objection]) -> (View, View) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let options = Options {
            users: 5,
            groups: 2,
            quirks: quirks.to_vec(),
            objections: objections.to_vec(),
            delay: Duration::from_millis(20),
            ..Options::default()
        };
        let server = serve(options).await.expect("a free port");
        let wire = world::wire(server.base_url(), server.token());
        let (live, replayed) = twice(wire, &[]).await;
        let is_open = live.totals.inconclusive > 0 || live.cases.iter().any(|case| !case.findings.is_empty());
        let is_wrong = quirks.contains(&Quirk::PatchNoop200) || !objections.is_empty();
        assert_eq!(is_open, is_wrong, "{:?}", live.totals);
        server.shutdown().await;
        (live, replayed)
    })
}

/// Runs cases, and judges what was recorded.
async fn twice(wire: Wire, select: &[&str]) -> (View, View) {
    let select: Vec<String> = select.iter().map(|pattern| (*pattern).to_owned()).collect();
    let discovery =
        discover::discover(&wire, &scim_check::scenario::load::personas(), scim_check::persona::Version::V2).await;
    let capabilities = discovery.capabilities.clone();
    let played = world::play(wire, world::How { capabilities, select: select.clone(), ..world::How::default() }).await;
    let live = written(&report(discovery, played));

    let recorded = json::read(&live).expect("a report that was just written can be read");
    let discovered = recorded.discovered().expect("discovery is kept");
    let cases = recorded.tape().expect("all exchanges are kept");
    let wire = Wire::Tape(Tape::new(BTreeMap::from([(discover::CASE.to_owned(), discovered)])));
    let discovery =
        discover::discover(&wire, &scim_check::scenario::load::personas(), scim_check::persona::Version::V2).await;
    let capabilities = discovery.capabilities.clone();
    let adapted = recorded.setup.iter().map(json::Setup::adapted).collect();
    let options = run::Options { recorded: shared(&recorded), adapted, ..run::Options::default() };
    let how = world::How { capabilities, select, options, ..world::How::default() };
    let played = world::play(Wire::Tape(Tape::new(cases)), how).await;
    let played = Played { setups: recorded.setup_results().expect("all exchanges are kept"), ..played };
    (timeless(recorded), timeless(json::read(&written(&report(discovery, played))).expect("readable")))
}

/// A report without what was asked to find out what creates were refused for: a recording is not asked again.
fn without_searches(mut view: View) -> View {
    view.totals.requests = 0;
    view.times.clear();
    for case in &mut view.cases {
        (case.requests, case.swept, case.exchanges) = (0, 0, None);
    }
    view
}

#[test]
fn a_tape_of_a_server_that_refuses_what_okta_creates_gives_the_same_report() {
    let objections = [
        Objection::to("Users", "groups", 400),
        Objection::to("Users", "name.familyName", 400),
        Objection::to_lack_of("Groups", "externalId", 400),
    ];
    let (live, replayed) = both(&[], &objections);
    let told: Vec<(&[String], &[String])> =
        live.setup.iter().map(|setup| (setup.without.as_slice(), setup.with.as_slice())).collect();
    let names = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let (of_groups, of_users) = (names(&["externalId"]), names(&["groups", "name.familyName"]));
    assert_eq!(told, [(&[][..], of_groups.as_slice()), (of_users.as_slice(), &[][..])]);
    let (live, replayed) = (without_searches(live), without_searches(replayed));
    same(&live, &replayed);
}

/// Runs Okta's suite against a reference, judges what was recorded, and compares.
fn check(quirks: &[Quirk], told: impl Fn(&View)) {
    let (live, replayed) = both(quirks, &[]);
    told(&live);
    same(&live, &replayed);
}

fn same(live: &View, replayed: &View) {
    assert_eq!(live.leftovers, replayed.leftovers);
    for (then, now) in live.cases.iter().zip(&replayed.cases) {
        assert_eq!(then, now);
    }
    assert_eq!(live, replayed);
}

#[test]
fn a_tape_gives_the_same_report() {
    check(&[], |view| assert_eq!(view.verdict, "conforms"));
}

#[test]
fn a_tape_of_a_server_with_several_faults_gives_the_same_findings() {
    let quirks = [Quirk::PatchNoop200, Quirk::DeleteIgnored, Quirk::EmptyListAsNullBody];
    check(&quirks, |view| {
        assert_eq!(view.verdict, "violates");
        assert!(view.totals.leftovers > 0, "a server that ignores DELETE keeps everything");
    });
}

#[test]
fn a_tape_of_a_server_that_settles_late_gives_the_same_notes() {
    check(&[Quirk::SettlesLate], |view| {
        assert_eq!(view.verdict, "conforms");
        let notes = view.cases.iter().flat_map(|case| &case.notes);
        assert!(notes.filter(|note| note.text.contains("only when repeated")).count() > 10);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tape_of_a_server_that_fails_now_and_then_gives_the_same_report() {
    for trouble in [Trouble::Fails(6), Trouble::Busy(6, Some(0)), Trouble::Distant(Duration::from_millis(5))] {
        let Troubled { server, base_url } = Troubled::start(trouble).await.expect("free ports");
        let select = [
            "okta/users/create",
            "okta/users/get",
            "okta/lifecycle/deactivate",
            "okta/lifecycle/reactivate",
            "okta/import/total",
        ];
        let (live, replayed) = twice(world::wire(&base_url, server.token()), &select).await;
        same(&live, &replayed);
        let notes = live.cases.iter().flat_map(|case| &case.notes);
        let repeated = notes.filter(|note| note.text.contains("only when repeated")).count();
        assert_eq!(repeated > 3, !trouble.is_right(), "{trouble:?}: {repeated}");
        server.shutdown().await;
    }
}

#[test]
fn the_program_judges_its_own_recording() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let (first, second) = (folder.path().join("first.json"), folder.path().join("second.json"));
    let run = |arguments: &[&str], report: &std::path::Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
        command.args(arguments).arg("--report").arg(format!("json={}", report.display()));
        let output = command.args(["--bodies", "all", "--quiet"]).output().expect("the program starts");
        let text = std::fs::read_to_string(report).expect("the program wrote a report");
        (output.status.code(), timeless(json::read(&text).expect("its report can be read")))
    };
    let demo = ["demo", "okta/users", "--seed", "7", "--quirk", "patch-noop-200"];
    let (code, live) = run(&demo, &first);
    assert_eq!(code, Some(1));
    let from = first.display().to_string();
    let (code, replayed) = run(&["judge", "--from", &from], &second);
    assert_eq!(code, Some(1));
    assert_eq!(live, replayed);
}

#[test]
fn the_program_remembers_what_a_create_was_refused_for() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
        command.args(arguments).args(["--quiet", "--bodies", "all", "--report", "json=run.json"]);
        let output = command.current_dir(folder.path()).output().expect("the program starts");
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(folder.path().join("run.json")).expect("the program wrote a report");
        without_searches(timeless(json::read(&text).expect("its report can be read")))
    };
    for quirk in ["groups-empty-400", "password-policy-400"] {
        let live = run(&["demo", "okta/users", "okta/lookup", "--seed", "7", "--quirk", quirk]);
        let because = live.cases.iter().flat_map(|case| &case.findings).find_map(|finding| finding.because.as_deref());
        assert!(because.is_some_and(|because| because.ends_with(": a user without it is created")), "{because:?}");
        assert_eq!(run(&["judge", "--from", "run.json"]), live);
    }
}

#[test]
fn what_was_left_out_of_a_recorded_run_is_left_out_of_its_readiness() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
        command.args(arguments).args(["--quiet", "--report", "json=run.json"]).current_dir(folder.path());
        let output = command.output().expect("the program starts");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(folder.path().join("run.json")).expect("the program wrote a report");
        json::read(&text).expect("its report can be read").annexes
    };
    let notes = |annexes: Vec<Annex>| -> Vec<Vec<String>> {
        assert!(annexes.iter().all(|annex| annex.tables.is_empty()), "part of the suite says nothing of readiness");
        annexes.into_iter().map(|annex| annex.notes).collect()
    };
    let recorded = run(&["demo", "--skip", "okta/lookup", "--settle", "0.1", "--bodies", "all"]);
    let again = run(&["judge", "--from", "run.json"]);
    assert_eq!(notes(again), notes(recorded));
}

/// What came of each case, and why.
fn outcomes(view: &View) -> Vec<(String, String, Vec<String>)> {
    let of = |case: &json::Case| {
        let findings = case.findings.iter().map(|finding| finding.requirement.clone());
        (case.id.clone(), case.outcome.clone(), findings.chain(case.blocked_by.clone().unwrap_or_default()).collect())
    };
    view.cases.iter().filter(|case| case.outcome != "skipped").map(of).collect()
}

#[test]
fn a_recording_is_judged_with_the_patience_of_its_run() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
        command.args(arguments).args(["--quiet", "--report", "json=out.json"]).current_dir(folder.path());
        command.output().expect("the program starts");
        let text = std::fs::read_to_string(folder.path().join("out.json")).expect("the program wrote a report");
        json::read(&text).expect("its report can be read")
    };
    // Alone, so that what it rests on is a finding of its own where that was waited for long enough.
    let select = ["demo", "okta/users/update/keeps-active"];
    let recorded = run(&[&select[..], &["--quirk", "patch-noop-200", "--settle", "0.05", "--bodies", "all"]].concat());
    assert_eq!((recorded.settle_ms, outcomes(&recorded).is_empty()), (Some(50), false));
    let judged = |settle_ms: Option<u64>| {
        let view = View { settle_ms, ..recorded.clone() };
        let text = serde_json::to_string(&view).expect("a report can be written");
        std::fs::write(folder.path().join("run.json"), text).expect("there is room");
        run(&["judge", "--from", "run.json"])
    };
    let again = judged(Some(50));
    assert_eq!((again.settle_ms, outcomes(&again)), (Some(50), outcomes(&recorded)));
    // Whoever would have waited longer has not seen what came then.
    assert_ne!(outcomes(&judged(Some(60_000))), outcomes(&recorded));
}

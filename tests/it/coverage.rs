//! Requirements, scenarios and quirks belong together: what is checked is registered, and every check has been seen to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use scim_check::capability::Capability;
use scim_check::judge::Judge;
use scim_check::okta::hook::suite;
use scim_check::okta::readiness::plan::{Decider, Deciders, Elsewhere, Switch, Way, load};
use scim_check::reference::Quirk;
use scim_check::reference::hook::HookQuirk;
use scim_check::requirement::{Advice, Level};
use scim_check::run;
use scim_check::scenario::{
    self, Action, CaptureFrom, Case, Check, Expectation, Library, PathTemplate, Rule, Send, Step, unfolded,
};

static LOADED: LazyLock<(Library, Deciders)> = LazyLock::new(|| load(None).expect("the built-in files are right"));
static LIBRARY: LazyLock<&Library> = LazyLock::new(|| &LOADED.0);
static DECIDERS: LazyLock<&Deciders> = LazyLock::new(|| &LOADED.1);

/// The known failure modes of servers, numbered in the registry's README.
const MODES: u16 = 58;

/// What the built-in scenarios judge, and the laws that their writes have to obey.
fn checked() -> BTreeSet<String> {
    let judge = Judge::new(&LIBRARY.registry).expect("the built-in requirements are registered");
    let cases = LIBRARY.scenarios.iter().flat_map(|scenario| &scenario.cases);
    let of_cases = cases.flat_map(|case| run::checks_and_laws(&judge, case));
    of_cases.chain(suite::cases().flat_map(|(.., checks)| checks)).map(|id| id.to_string()).collect()
}

/// What some quirk breaks whose suite is there to report it.
fn broken(quirks: impl Iterator<Item = &'static scenario::load::Quirk>) -> BTreeSet<String> {
    let is_there =
        |suite: &str| suite == suite::SUITE || LIBRARY.scenarios.iter().any(|scenario| scenario.suite() == suite);
    let reported = quirks.flat_map(scenario::load::Quirk::reported).filter(|(suite, _)| is_there(suite));
    reported.map(|(_, id)| id.to_string()).collect()
}

fn lines(text: &'static str) -> Vec<&'static str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
}

fn unproven() -> Vec<&'static str> {
    lines(include_str!("../unproven.txt"))
}

/// Whether `tests/quirks` runs it: a quirk that is not settled proves nothing yet.
fn is_settled(quirk: &scenario::load::Quirk) -> bool {
    let open = lines(include_str!("../unsettled.txt"));
    !open.iter().any(|line| line.split(':').next() == Some(quirk.id.as_str()))
}

/// Compares what should be nothing with nothing.
fn check<T: std::fmt::Display>(what: &str, offenders: impl IntoIterator<Item = T>) {
    let offenders: Vec<String> = offenders.into_iter().map(|offender| format!("  {offender}")).collect();
    assert!(offenders.is_empty(), "{what}:\n{}", offenders.join("\n"));
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what this test is read for")]
fn every_check_has_been_seen_to_fail() {
    let checked = checked();
    let proven = broken(LIBRARY.quirks.iter().filter(|quirk| is_settled(quirk)));
    let proven = checked.iter().filter(|id| proven.contains(*id)).count();
    let broken = broken(LIBRARY.quirks.iter());
    let open: BTreeSet<&str> = checked.iter().map(String::as_str).filter(|id| !broken.contains(*id)).collect();
    println!(
        "requirements: {} registered, {} checked, {} proven, {} unproven",
        LIBRARY.registry.len(),
        checked.len(),
        proven,
        checked.len() - proven
    );
    let listed: BTreeSet<&str> = unproven().into_iter().collect();
    check("checked, with no quirk that breaks it and not in tests/unproven.txt", open.difference(&listed));
    check("in tests/unproven.txt, but proven or not checked: take it out", listed.difference(&open));
    check("in tests/unproven.txt twice", twice(unproven()));
}

/// A law, the requirements that it is reported as, and how many quirks there are at least that only laws find: found by no expectation,
/// but in cases that are about something else, by histories or by witnesses (`tests/quirks` proves each).
const LAWS: &[(&str, &[&str], usize)] = &[
    ("what was asked for is there", &["OKTA-write-takes-effect", "RFC7644-3.5.1-put-replaces-values"], 6),
    ("nothing else changed", &["OKTA-write-touches-only-its-target"], 6),
    ("a refused write changed nothing", &["OKTA-refused-write-changes-nothing", "RFC7644-3.5.2-patch-atomic"], 6),
    ("all views agree", &["OKTA-views-agree"], 6),
    ("an id is for life", &["RFC7643-3.1-id-stable"], 6),
    ("what was deleted stays gone", &["RFC7644-3.6-gone", "RFC7644-3.6-gone-from-queries"], 6),
];

#[test]
fn each_law_has_been_seen_to_fail_in_many_ways_that_no_scenario_is_about() {
    let entries = include_str!("../../scenarios/quirks.yaml").split("\n- id: ").skip(1);
    let is_of_laws = |entry: &&str| {
        let mut keys = entry.lines().map(str::trim_start);
        keys.any(|line| ["laws: ", "histories: ", "witnesses: "].iter().any(|key| line.starts_with(key)))
    };
    let only_laws: BTreeSet<&str> = entries.filter(is_of_laws).filter_map(|entry| entry.lines().next()).collect();
    let few = LAWS.iter().filter_map(|(law, requirements, least)| {
        let breaks = |quirk: &&scenario::load::Quirk| {
            only_laws.contains(quirk.id.as_str())
                && quirk.breaks.iter().any(|id| requirements.contains(&id.as_str()))
                && is_settled(quirk)
        };
        let count = LIBRARY.quirks.iter().filter(breaks).count();
        (count < *least).then(|| format!("{law}: {count} quirks, and {least} are wanted"))
    });
    check("laws that too few quirks break", few);
    let of_laws: BTreeSet<&str> = LAWS.iter().flat_map(|(_, requirements, _)| requirements.iter().copied()).collect();
    let judge = Judge::new(&LIBRARY.registry).expect("the built-in requirements are registered");
    let cases = LIBRARY.scenarios.iter().flat_map(|scenario| &scenario.cases);
    let held: BTreeSet<String> = cases.flat_map(|case| run::laws(&judge, case)).map(|id| id.to_string()).collect();
    check("laws that are not in the table", held.iter().filter(|id| !of_laws.contains(id.as_str())));
    check("in the table, and no write is held to it", of_laws.iter().filter(|id| !held.contains(**id)));
}

/// The public reports of what the suites did not see, and the quirk that rebuilds each.
const REPORTS: &[(&str, &str)] = &[
    ("wso2/product-is#6354", "lookups-match-patterns"),
    ("graphql-hive/console#8352", "group-lists-without-members"),
    ("msaad00/agent-bom#3540", "create-overwrites-id"),
    ("grokability/snipe-it#19005", "unknown-manager-refused"),
    ("onyx-dot-app/onyx#14110", "renaming-put-moves-email"),
    ("Shelf-nu/shelf.nu#2333", "quiet-users-move"),
    ("simpleidserver/SimpleIdServer#698", "deleted-groups-linger"),
];

/// Those whose requests no provider sends that there is a suite of: their quirks wait for one.
const WAITING: &[(&str, &str)] = &[
    ("apache/directory-scimple#725", "complex-replace-drops-rest"),
    ("better-auth/better-auth#10421", "user-removes-skipped"),
    ("langwatch/langwatch#7140", "group-paths-by-letter"),
    ("ToolJet/ToolJet#16217", "empty-credential-accepted"),
    ("wso2/product-is#11226", "user-without-email-breaks-lists"),
];

#[test]
fn the_public_reports_are_rebuilt_and_found() {
    let quirk = |id: &str| LIBRARY.quirks.iter().find(|quirk| quirk.id == id);
    let lacking = REPORTS.iter().chain(WAITING).filter(|(report, id)| {
        quirk(id).is_none_or(|quirk| !quirk.seen.contains(report) || quirk.breaks.is_empty() || !is_settled(quirk))
    });
    check("no quirk that says so rebuilds the report", lacking.map(|(report, _)| report));
    let is_there = |suite: &str| LIBRARY.scenarios.iter().any(|scenario| scenario.suite() == suite);
    let is_found = |id: &str| quirk(id).is_some_and(|quirk| quirk.reported().any(|(suite, _)| is_there(suite)));
    check("no suite that there is reports it", REPORTS.iter().filter(|(_, id)| !is_found(id)).map(|(_, id)| id));
    check("found by now: no longer waiting", WAITING.iter().filter(|(_, id)| is_found(id)).map(|(_, id)| id));
}

#[test]
fn what_scenarios_and_quirks_name_is_registered() {
    let named = LIBRARY.quirks.iter().flat_map(|quirk| quirk.breaks.iter().chain(&quirk.also)).map(ToString::to_string);
    check("not registered", checked().into_iter().chain(named).filter(|id| LIBRARY.registry.get(id).is_none()));
}

#[test]
fn every_quirk_that_is_described_has_its_fault_in_the_reference() {
    let of_hook = HookQuirk::ALL.iter().map(|quirk| quirk.id());
    let known: BTreeSet<&str> = Quirk::ALL.iter().map(|quirk| quirk.id()).chain(of_hook).collect();
    check("twice in quirks.yaml", twice(LIBRARY.quirks.iter().map(|quirk| quirk.id.as_str())));
    check("not built in", LIBRARY.quirks.iter().map(|quirk| quirk.id.as_str()).filter(|id| !known.contains(id)));
    let mut code = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reference")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the sources") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => code.push_str(&std::fs::read_to_string(path).expect("a source is text")),
            }
        }
    }
    let named: BTreeSet<&str> = code.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let faults = Quirk::ALL.iter().map(|quirk| (quirk.id(), format!("{quirk:?}")));
    let faults = faults.chain(HookQuirk::ALL.iter().map(|quirk| (quirk.id(), format!("{quirk:?}"))));
    let faultless = faults.filter(|(_, name)| !named.contains(name.as_str()));
    check("in quirks.yaml, and nothing in src/reference does so", faultless.map(|(id, _)| id));
    check(
        "breaks and also hold the same",
        LIBRARY.quirks.iter().filter(|q| q.breaks.iter().any(|id| q.also.contains(id))).map(|q| &q.id),
    );
}

#[test]
fn every_known_failure_mode_has_a_scenario_and_a_requirement() {
    let readme = include_str!("../../scenarios/requirements/README.md");
    let listed: Vec<u16> = readme
        .split("## Failure modes")
        .nth(1)
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.split_once(". ")?.0.parse().ok())
        .collect();
    assert_eq!(listed, (1..=MODES).collect::<Vec<_>>(), "the README numbers them in order");
    let told: BTreeSet<u16> = LIBRARY
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.from)
        .filter_map(|from| from.strip_prefix("failure mode ")?.parse().ok())
        .collect();
    let covered: BTreeSet<u16> = LIBRARY.registry.iter().flat_map(|requirement| requirement.modes.clone()).collect();
    check("failure modes that no scenario names", (1..=MODES).filter(|mode| !told.contains(mode)));
    check("failure modes that no requirement names", (1..=MODES).filter(|mode| !covered.contains(mode)));
    check("no such failure mode", told.iter().chain(&covered).filter(|mode| !(1..=MODES).contains(*mode)));
}

#[test]
fn every_scenario_says_where_it_comes_from_and_has_a_title_of_its_own() {
    let lacking =
        LIBRARY.scenarios.iter().filter(|s| s.from.is_empty() || s.from.iter().any(|from| from.trim().is_empty()));
    check("without `from`", lacking.map(|scenario| &scenario.id));
    check("titles used twice", twice(LIBRARY.scenarios.iter().map(|scenario| scenario.title.as_str())));
    let cases = LIBRARY.scenarios.iter().flat_map(|scenario| &scenario.cases);
    check("case ids used twice", twice(cases.map(|case| case.id.as_str())));
}

fn twice<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for item in items {
        *seen.entry(item).or_default() += 1;
    }
    seen.into_iter().filter(|(_, times)| *times > 1).map(|(item, _)| item).collect()
}

#[test]
fn okta_s_plan_for_testing_by_hand_is_whole() {
    let plan = &DECIDERS.plan;
    assert_eq!(plan.len(), 61 + 8);
    let decided = plan.iter().filter(|case| case.by_hand.is_none()).count();
    assert!(decided >= 25, "{decided} cases are decided by what the wire shows");
}

/// A switch that decides nothing by itself: it says what is not sent in updates.
const NO_SWITCH: &str = "exclude-username-updates";

#[test]
fn every_switch_of_okta_s_is_decided_by_something() {
    let switches = &DECIDERS.switches;
    let is_missing = |feature: &&Capability| {
        feature.as_str() != NO_SWITCH && !switches.iter().any(|switch| switch.feature == **feature)
    };
    let okta = LIBRARY.personas.of("okta/").expect("Okta is among the personas");
    let features: Vec<Capability> = okta.features.iter().map(|feature| feature.capability).collect();
    check("switches that nothing decides", features.iter().filter(is_missing));
    let binds = |switch: &&Switch| !switch.scenarios.iter().any(|scenario| scenario.binds);
    check("switches without a binding case", switches.iter().filter(binds).map(|switch| switch.feature));
    let empty = switches.iter().flat_map(|switch| {
        let is_empty = |way: &&Way| !switch.scenarios.iter().any(|scenario| scenario.needs.contains(&way.needs));
        switch.ways.iter().filter(is_empty).map(|way| format!("{} {}", switch.feature, way.name))
    });
    check("ways to which no case belongs", empty);
    // Without PATCH an app of the catalogue can neither switch users off nor change groups.
    for feature in [Capability::of("deactivate-users"), Capability::of("push-groups")] {
        let switch = switches.iter().find(|switch| switch.feature == feature).expect("it was looked for above");
        let both = [Capability::of("catalogue-app"), Capability::Patch];
        assert!(switch.scenarios.iter().any(|scenario| both.iter().all(|need| scenario.needs.contains(need))));
    }
}

#[test]
fn every_case_of_okta_s_suite_decides_a_switch_or_a_case_of_the_plan() {
    let deciders = &*DECIDERS;
    let plan: Vec<&Decider> = deciders.plan.iter().flat_map(|case| &case.scenarios).collect();
    let switches: Vec<&Decider> = deciders.switches.iter().flat_map(|switch| &switch.scenarios).collect();
    let elsewhere: Vec<&Decider> = deciders.elsewhere.iter().flat_map(|entry| &entry.scenario).collect();
    let names = |deciders: &[&Decider], case: &str| deciders.iter().any(|decider| decider.is_about(case));
    let suite = LIBRARY.scenarios.iter().filter(|scenario| scenario.suite() == "okta");
    let cases: Vec<&str> = suite.flat_map(|scenario| &scenario.cases).map(|case| case.id.as_str()).collect();
    let is_nowhere = |case: &&&str| ![&plan, &switches, &elsewhere].iter().any(|deciders| names(deciders, case));
    check("cases that belong nowhere: see scenarios/readiness.yaml", cases.iter().filter(is_nowhere));
    let is_twice = |case: &&&str| names(&elsewhere, case) && (names(&plan, case) || names(&switches, case));
    check("said to decide nothing, and named all the same", cases.iter().filter(is_twice));
    let is_unexplained = |entry: &&Elsewhere| entry.because.trim().is_empty();
    check("without a reason", deciders.elsewhere.iter().filter(is_unexplained).map(|entry| &entry.because));
    // A case of the plan is about a switch: what decides it decides a switch, though perhaps another one.
    let of_a_switch = deciders.plan.iter().filter(|case| case.feature.is_some()).flat_map(|case| &case.scenarios);
    let lost = of_a_switch.filter(|decider| !switches.iter().any(|known| known.rows == decider.rows));
    check(
        "decide a case of the plan that is about a switch, and no switch",
        lost.map(|decider| &decider.rows.scenario),
    );
}

#[test]
fn what_okta_demands_comes_with_its_consequence_a_fix_and_where_it_is_said() {
    let okta = || LIBRARY.registry.iter().filter(|requirement| requirement.id.as_str().starts_with("OKTA-"));
    assert!(okta().count() > 200);
    let is_told = |advice: &Option<Advice>| {
        advice.iter().flat_map(Advice::forms).count() > 0
            && advice.iter().flat_map(Advice::forms).all(|(_, text)| !text.trim().is_empty())
    };
    check("without consequence", okta().filter(|r| !is_told(&r.consequence)).map(|r| &r.id));
    check("without fix", okta().filter(|r| !is_told(&r.fix)).map(|r| &r.id));
    check("without sources", okta().filter(|r| r.sources.is_empty()).map(|r| &r.id));
}

fn cases() -> impl Iterator<Item = (&'static str, &'static Case)> {
    LIBRARY.scenarios.iter().flat_map(|scenario| scenario.cases.iter().map(|case| (scenario.id.as_str(), &**case)))
}

/// The requests of steps, those inside other steps included.
fn sends(steps: &[Step]) -> Vec<&Send> {
    let mut all = Vec::new();
    for step in unfolded(steps) {
        match &step.action {
            Action::Send(send) => all.push(send),
            Action::Together { sends, .. } => all.extend(sends),
            Action::Walk(_) | Action::Each(_) | Action::Bind(_) | Action::Shared(_) => {}
        }
    }
    all
}

/// What a step itself demands of an answer, and so that the server can be held to it.
fn demands(send: &Send) -> impl Iterator<Item = &Expectation> {
    let binds = |e: &&Expectation| !e.of_suite && e.level > Level::May && e.unclear.is_none();
    send.assume.iter().chain(&send.expect).filter(binds)
}

#[test]
fn what_is_captured_is_read() {
    let mut unread = BTreeSet::new();
    // What a flow returns, not everybody who uses it asks for.
    let mut asked_for = BTreeSet::new();
    for (_, case) in cases() {
        // Every hole of a template shows the name that it reads in this way.
        let read = format!("{:?}{:?}", case.given, case.steps);
        for send in sends(&case.given).into_iter().chain(sends(&case.steps)) {
            for capture in &send.captures {
                let written = format!("{:?}", capture.span);
                if read.contains(&format!("key: {:?}", capture.name)) {
                    asked_for.insert(written);
                } else {
                    unread.insert(written);
                }
            }
        }
    }
    check("captured, and read by nobody: `assume` says what has to be there", unread.difference(&asked_for));
}

#[test]
fn setup_says_who_demands_what_it_rests_on() {
    let mut undemanded = BTreeSet::new();
    for (id, case) in cases() {
        for step in unfolded(&case.given) {
            if let Action::Walk(walk) = &step.action
                && !walk.assume.iter().chain(&walk.expect).any(|e| matches!(e.check, Check::Status(_)))
            {
                undemanded.insert(format!("{id}: no status of the walk at {:?}", walk.span));
            }
        }
        for send in sends(&case.given) {
            if !demands(send).any(|e| matches!(e.check, Check::Status(_))) {
                undemanded.insert(format!("{id}: no status at {:?}", send.span));
            }
            for capture in &send.captures {
                let CaptureFrom::Body(place) = &capture.from else { continue };
                let covers = |e: &Expectation| match &e.check {
                    Check::Body(PathTemplate::Fixed(path), _) => path.as_str() == place.as_str(),
                    Check::Rule(call) => place.is_root() && call.rule == Rule::JsonBody,
                    _ => false,
                };
                if !demands(send).any(covers) {
                    undemanded.insert(format!("{id}: nobody demands {} ({:?})", place.as_str(), capture.span));
                }
            }
        }
    }
    check("setup that could fail without saying whose demand that is", undemanded);
}

#[test]
fn setup_cites_only_what_counts_there() {
    let mut idle = BTreeSet::new();
    for (id, case) in cases() {
        let file = format!("scenarios/{id}.yaml");
        for send in sends(&case.given) {
            // A flow may be used in `steps` as well.
            let is_here = |e: &&Expectation| !e.of_suite && e.span.file.name == file;
            let is_idle = |e: &&Expectation| !matches!(e.check, Check::Status(_));
            idle.extend(send.expect.iter().filter(is_here).filter(is_idle).map(|e| format!("{:?}", e.span)));
        }
    }
    check("in `given` only a status is expected; the rest is assumed", idle);
}

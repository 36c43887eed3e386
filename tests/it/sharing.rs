//! Setup that cases share is prepared once and removed, and is never the reason of a verdict; and what rests on a violated requirement
//! says so, in whatever order cases run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use scim_check::reference::{Options, Quirk, serve};
use scim_check::run::{self, Played, discover};
use scim_check::verdict::{CaseResult, Cause, Outcome};

use crate::world::{self, How};

/// How cases are run.
#[derive(Clone, Copy)]
struct Way {
    share: bool,
    jobs: usize,
    shuffle: Option<u64>,
}

const USUAL: Way = Way { share: true, jobs: 4, shuffle: None };

/// Runs some of Okta's suite; whatever was created is gone.
fn play(quirks: &[Quirk], select: &[&str], way: Way) -> Played {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can start").block_on(async {
        let options = Options { users: 5, groups: 2, quirks: quirks.to_vec(), ..Options::default() };
        let server = serve(options).await.expect("a free port");
        let before = (server.user_count(), server.group_count());
        let wire = world::wire(server.base_url(), server.token());
        let discovery = discover::discover(&wire, &world::LIBRARY.personas, scim_check::persona::Version::V2).await;
        let options = run::Options {
            share: way.share,
            jobs: way.jobs,
            shuffle: way.shuffle.is_some(),
            seed: way.shuffle.unwrap_or(1),
            settle: Duration::from_millis(100),
            ..run::Options::default()
        };
        let select = select.iter().map(|pattern| (*pattern).to_owned()).collect();
        let capabilities = world::LIBRARY.personas.infer(discovery.capabilities);
        let played = world::play(wire, How { select, capabilities, options, ..How::default() }).await;
        assert_eq!((server.user_count(), server.group_count()), before, "something was left behind");
        server.shutdown().await;
        played
    })
}

/// What came of each case, and what it found.
fn told(cases: &[CaseResult]) -> BTreeMap<&str, String> {
    let told = |case: &CaseResult| {
        let outcome = match case.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Skipped(_) => "skipped",
            Outcome::Inconclusive(_) => "inconclusive",
        };
        let found: BTreeSet<&str> = case.findings.iter().map(|finding| finding.requirement.as_str()).collect();
        format!("{outcome} {found:?}")
    };
    cases.iter().map(|case| (case.id.as_str(), told(case))).collect()
}

#[test]
fn what_cases_share_is_prepared_once_and_removed() {
    let Played { cases, setups } = play(&[], &["okta/groups", "okta/lookup"], USUAL);
    assert_eq!(world::complaints(&cases), Vec::<String>::new());
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for shared in cases.iter().flat_map(|case| &case.shared) {
        *used.entry(&shared.setup).or_default() += 1;
    }
    let ids: BTreeSet<&str> = setups.iter().map(|setup| setup.id.as_str()).collect();
    assert_eq!(ids.len(), setups.len(), "each is prepared once");
    assert_eq!(ids, used.keys().copied().collect(), "and by somebody who uses it");
    assert!(used.values().any(|cases| *cases > 20), "{used:?}");
    for setup in &setups {
        assert!(setup.prepared_by > 0 && setup.prepared_by < setup.transcript.len(), "{}", setup.id);
        assert!(setup.leftovers.is_empty(), "{}: {:?}", setup.id, setup.leftovers);
    }
    let case = cases.iter().find(|case| !case.shared.is_empty()).expect("some case shares");
    let shared: usize = case.shared.iter().map(|shared| shared.count).sum();
    assert_eq!(case.requests() + shared, case.transcript.len(), "what is shared is shown, and counted elsewhere");
    assert!(!case.shares_nothing);
}

#[test]
fn sharing_changes_no_verdict() {
    let select = ["okta/groups", "okta/lookup", "okta/import", "okta/users/update"];
    for quirk in [Quirk::PatchNoop200, Quirk::GroupDeleteDeletesUsers] {
        let shared = play(&[quirk], &select, USUAL);
        let alone = play(&[quirk], &select, Way { share: false, ..USUAL });
        // Cases that were run again alone prepared nothing for others.
        let prepared: usize = alone.setups.iter().map(|setup| setup.prepared_by).sum();
        assert!(prepared == 0 && alone.cases.iter().all(|case| case.shared.is_empty()));
        assert_eq!(told(&shared.cases), told(&alone.cases), "{quirk:?}");
        let sent = |cases: &[CaseResult]| cases.iter().map(CaseResult::requests).sum::<usize>();
        assert!(sent(&shared.cases) < sent(&alone.cases), "{quirk:?}");
    }
}

#[test]
fn who_relied_on_what_was_destroyed_is_run_again_with_setup_of_its_own() {
    let select = ["okta/groups", "okta/lookup"];
    let quirks = [Quirk::GroupDeleteDeletesUsers];
    let usual = play(&quirks, &select, USUAL);
    let again = usual.cases.iter().filter(|case| case.shares_nothing).count();
    assert!(again > 3, "members are gone with the first group that is swept: {again}");
    for way in [Way { jobs: 1, shuffle: Some(3), ..USUAL }, Way { jobs: 16, shuffle: Some(4), ..USUAL }] {
        assert_eq!(told(&play(&quirks, &select, way).cases), told(&usual.cases));
    }
}

#[test]
fn what_rests_on_a_violated_requirement_is_inconclusive_in_any_order() {
    let select = ["okta/link", "okta/users/update"];
    for way in
        [Way { jobs: 1, ..USUAL }, Way { jobs: 16, shuffle: Some(5), ..USUAL }, Way { shuffle: Some(6), ..USUAL }]
    {
        let Played { cases, .. } = play(&[Quirk::PutIgnored], &select, way);
        let linked = cases.iter().find(|case| case.id == "okta/link/existing-account").expect("it was run");
        let Outcome::Inconclusive(Cause::RestsOn(id)) = &linked.outcome else { panic!("{:?}", linked.outcome) };
        assert_eq!(id.as_str(), "OKTA-put-updates-profile");
        assert_eq!((linked.findings.len(), linked.judged.len()), (0, 0), "nothing is said of what could not be known");
        assert!(linked.blocked_by.contains(id), "{:?}", linked.blocked_by);
        let found = cases.iter().flat_map(|case| &case.findings).any(|finding| finding.requirement == *id);
        assert!(found, "what it rests on is told where it is judged");
        if way.shuffle.is_none() {
            assert_eq!(
                linked.transcript.len(),
                0,
                "whoever judges what others rest on goes first, and nothing is sent in vain"
            );
        }
    }
}

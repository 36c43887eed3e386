//! What is said of Okta's switches and of the cases of its plan after whole runs against servers with one fault.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use scim_check::okta::readiness::assess::assess;
use scim_check::okta::readiness::plan::{Deciders, load};
use scim_check::okta::readiness::state::{QaState, Readiness, Ready};
use scim_check::reference::{Options, Quirk, serve};
use scim_check::run::{self, discover};

use crate::world::{self, How, LIBRARY};

static DECIDERS: LazyLock<Deciders> = LazyLock::new(|| load(None).expect("the built-in files are right").1);

/// Hundreds of users each, which show nothing more here.
const LARGE: &[&str] = &["okta/groups/large", "okta/import/hundred-users"];

/// A whole run against a server that announces what it can do, and has these quirks.
fn assessed(quirks: &[&str]) -> Readiness {
    let quirks = quirks.iter().map(|id| id.parse::<Quirk>().expect("the test names a quirk")).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(async {
        let options = Options { users: 12, groups: 3, quirks, ..Options::default() };
        let server = serve(options).await.expect("a free port on 127.0.0.1");
        let wire = world::wire(server.base_url(), server.token());
        let mut capabilities = How::default().capabilities;
        capabilities.0.extend(
            discover::discover(&wire, &LIBRARY.personas, scim_check::persona::Version::V2).await.capabilities.0,
        );
        let capabilities = LIBRARY.personas.infer(capabilities);
        let scenarios = LIBRARY.scenarios.iter().filter(|scenario| !LARGE.contains(&scenario.id.as_str()));
        let how = How {
            scenarios: scenarios.cloned().collect(),
            capabilities: capabilities.clone(),
            options: run::Options { settle: Duration::from_millis(100), ..run::Options::default() },
            ..How::default()
        };
        let results = world::run(wire, how).await;
        server.shutdown().await;
        assess(&DECIDERS, &results, &capabilities, &LIBRARY.registry)
    })
}

/// The switches that are not plainly ready: how ready, and what stands in the way or is left.
fn not_ready(readiness: &Readiness) -> BTreeMap<&'static str, String> {
    let told = readiness.features.iter().filter(|feature| feature.ready != Ready::Ready).map(|feature| {
        let ids = feature.blocked_by.iter().map(|id| id.as_str());
        let held = feature.undecided.iter().flat_map(|open| &open.blocked_by).map(|id| id.as_str());
        let words: Vec<&str> = match feature.ready {
            Ready::CouldNotTell => held.collect(),
            _ => ids.chain(feature.only.as_deref()).collect(),
        };
        (feature.feature.as_str(), format!("{}: {}", feature.ready.as_str(), words.join(", ")))
    });
    told.collect()
}

/// The cases of the plan that came to that.
fn cases(readiness: &Readiness, state: QaState) -> Vec<&str> {
    readiness.plan.iter().filter(|case| case.state == state).map(|case| case.id.as_str()).collect()
}

#[track_caller]
fn check(quirks: &[&str], expected: &[(&str, &str)]) -> Readiness {
    let readiness = assessed(quirks);
    let found = not_ready(&readiness);
    let found: Vec<(&str, &str)> = found.iter().map(|(feature, state)| (*feature, state.as_str())).collect();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{quirks:?}");
    readiness
}

#[test]
fn a_right_server_is_ready() {
    let readiness = check(&[], &[]);
    let open: usize = [QaState::Failed, QaState::InPart, QaState::Undecided].iter().map(|s| readiness.count(*s)).sum();
    assert_eq!(open, 0);
}

#[test]
fn what_okta_does_not_look_at_blocks_nothing() {
    let readiness = check(&["missing-www-authenticate"], &[]);
    assert_eq!(cases(&readiness, QaState::Failed), [] as [&str; 0]);
}

#[test]
fn a_page_that_begins_elsewhere_stands_in_the_way_of_imports() {
    let broken = "not ready: OKTA-start-index-honoured";
    let expected = [("import-users", broken), ("import-groups", broken), ("profile-sourcing", broken)];
    let readiness = check(&["start-index-ignored"], &expected);
    assert_eq!(cases(&readiness, QaState::Failed), ["C9304", "C9338"]);
}

#[test]
fn a_list_of_groups_that_is_refused_stands_in_the_way_of_their_import() {
    let readiness = assessed(&["group-list-unsupported"]);
    let found = not_ready(&readiness);
    assert!(found["import-groups"].starts_with("not ready: OKTA-probe-groups-200"), "{found:?}");
    let others: Vec<&str> = found.iter().filter(|(_, state)| state.starts_with("not ready")).map(|(f, _)| *f).collect();
    assert_eq!(others, ["import-groups"], "{found:?}");
    assert!(cases(&readiness, QaState::Failed).contains(&"C9338"));
}

#[test]
fn updates_by_patch_have_nothing_to_do_with_creates() {
    let readiness = check(
        &["patch-name-ignored"],
        &[("patch-users", "not ready: OKTA-patch-nested-name"), ("update-users", "ready in part: with updates by PUT")],
    );
    assert_eq!(cases(&readiness, QaState::InPart), ["C9291", "C9310"]);
}

#[test]
fn without_patch_users_can_be_switched_by_a_custom_app_alone() {
    let readiness = check(
        &["patch-unsupported"],
        &[
            ("deactivate-users", "ready in part: as a custom app"),
            ("entitlements", "ready in part: with updates by PUT"),
            ("patch-users", "not ready: OKTA-patch-users-implemented"),
            // Whether who is switched on again is imported so shows only after a PATCH.
            ("profile-sourcing", "could not tell: OKTA-patch-users-implemented"),
            ("reactivate-users", "ready in part: as a custom app"),
            ("schema-discovery", "ready in part: with updates by PUT"),
            ("sync-password", "ready in part: as a custom app"),
            ("update-users", "ready in part: with updates by PUT"),
        ],
    );
    assert_eq!(cases(&readiness, QaState::Failed), [] as [&str; 0]);
    let deactivated = readiness.plan.iter().find(|case| case.id == "C9292").expect("it is in the plan");
    assert_eq!((deactivated.state, deactivated.only.as_deref()), (QaState::InPart, Some("as a custom app")));
}

#[test]
fn without_patch_groups_can_be_pushed_by_a_custom_app_alone() {
    check(&["group-patch-unsupported"], &[("push-groups", "ready in part: as a custom app")]);
}

#[test]
fn a_create_that_is_refused_for_one_attribute_leaves_nothing_else_open() {
    let readiness = assessed(&["external-id-400"]);
    let found = not_ready(&readiness);
    let told: Vec<_> = found.iter().map(|(feature, state)| format!("{feature} {state}")).collect();
    assert_eq!(told, ["create-users not ready: OKTA-create-external-id-accepted"], "setup does without it");
}

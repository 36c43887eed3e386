//! Attributes that nobody declares: what a server promises in `/Schemas` is provisioned and looked at, and what it does not promise is
//! told and held against nobody.

use std::time::Duration;

use crate::world::{self, How};
use scim_check::okta::attributes;
use scim_check::plan::spread;
use scim_check::reference::{Options, Quirk, serve};
use scim_check::requirement::Level;
use scim_check::run::{self, discover};
use scim_check::verdict::{CaseResult, Outcome};

/// What is run of attributes that nobody declares.
const SELECT: &[&str] = &["okta/profile/advertised", "okta/profile/defaults", "okta/users/display-name"];

/// The results of a run without a target file against a server with these quirks.
fn results(quirks: &[&str]) -> Vec<CaseResult> {
    let quirks = quirks.iter().map(|id| id.parse::<Quirk>().expect("the test names a quirk")).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(async {
        let options = Options { users: 3, groups: 1, quirks, ..Options::default() };
        let server = serve(options).await.expect("a free port on 127.0.0.1");
        let wire = world::wire(server.base_url(), server.token());
        let discovery =
            discover::discover(&wire, &scim_check::scenario::load::personas(), scim_check::persona::Version::V2).await;
        let mut how = How {
            select: SELECT.iter().map(|id| (*id).to_owned()).collect(),
            options: run::Options { settle: Duration::from_millis(100), ..run::Options::default() },
            ..How::default()
        };
        how.capabilities.0.extend(world::LIBRARY.personas.infer(discovery.capabilities.clone()).0);
        spread(&mut how.scenarios, &attributes::rows(None, discovery.schemas.as_ref()));
        let results = world::run(wire, how).await;
        assert_eq!(server.user_count(), 3, "everybody who was created is gone");
        server.shutdown().await;
        results
    })
}

/// What was found: the requirement, and the attribute that it names.
fn found(results: &[CaseResult]) -> Vec<String> {
    let findings = results.iter().flat_map(|result| &result.findings);
    let mut found: Vec<String> = findings
        .map(|finding| {
            assert_eq!(finding.level, Level::Should, "{finding:?}");
            let named = finding.actual.as_object().and_then(|actual| actual.keys().next().cloned()).unwrap_or_default();
            format!("{} {named}", finding.requirement)
        })
        .collect();
    found.sort();
    found
}

#[track_caller]
fn check(quirk: &str, requirement: &str, attributes: &[&str]) {
    let wanted: Vec<String> = attributes.iter().map(|name| format!("{requirement} {name}")).collect();
    assert_eq!(found(&results(&[quirk])), wanted, "{quirk}");
}

const STORED: &str = "OKTA-advertised-attribute-stored";

#[test]
fn phone_numbers_that_were_promised_and_are_lost_are_found() {
    check("phone-numbers-described-only", STORED, &["phoneNumbers.mobile", "phoneNumbers.work"]);
}

#[test]
fn types_of_addresses_that_are_lost_are_found() {
    check("email-types-dropped", STORED, &["emails.home", "emails.work"]);
}

#[test]
fn all_but_the_first_of_several_values_are_missed() {
    check("first-value-only", STORED, &["emails.home", "phoneNumbers.mobile"]);
}

#[test]
fn a_change_that_does_not_arrive_is_found_by_put_and_by_patch() {
    check("nickname-fixed", "OKTA-advertised-attribute-updated", &["nickName", "nickName"]);
}

#[test]
fn a_lookup_that_shows_less_than_a_read_is_found() {
    check("nickname-unlisted", "OKTA-advertised-attribute-listed", &["nickName"]);
}

#[test]
fn a_display_name_that_nobody_sent_is_found() {
    let found = found(&results(&["display-name-replaced"]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("OKTA-display-name-as-sent"), "{found:?}");
}

#[test]
fn a_right_server_has_no_finding_whatever_it_promises_and_however_it_spells() {
    for quirks in [
        &[][..],
        &["emails-in-lower-case"],
        &["phone-numbers-as-uris"],
        &["attributes-fixed"],
        &["display-names-computed"],
        &["enterprise-absent"],
        &["phone-numbers-dropped", "title-dropped", "display-name-dropped"],
        &["values-in-reverse-order"],
        &["schemas-absent"],
        &["schemas-absent", "display-names-computed"],
    ] {
        assert_eq!(world::complaints(&results(quirks)), [] as [&str; 0], "{quirks:?}");
    }
}

#[test]
fn without_schemas_what_is_lost_is_noted_and_held_against_nobody() {
    let results = results(&["phone-numbers-unmentioned"]);
    assert_eq!(world::complaints(&results), [] as [&str; 0]);
    let ids: Vec<&str> = results.iter().map(|result| result.id.as_str()).collect();
    assert_eq!(ids, ["okta/profile/defaults#all", "okta/users/display-name"]);
    let notes: Vec<&str> = results[0].notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes.iter().all(|note| note.contains("{\"phoneNumbers.")), "{notes:?}");
}

#[test]
fn of_a_create_that_is_refused_the_attribute_is_named_and_nothing_else_is_blamed() {
    let results = results(&["enterprise-extension-400"]);
    let findings: Vec<_> = results.iter().flat_map(|result| &result.findings).collect();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let because = findings[0].because.as_deref().unwrap_or_default();
    assert!(because.contains("enterprise:2.0:User"), "{because}");
    let open = results.iter().filter(|result| result.id.contains("advertised-"));
    for result in open {
        assert!(matches!(result.outcome, Outcome::Skipped(_)), "{}: {:?}", result.id, result.outcome);
        assert!(result.notes.iter().any(|note| note.text.contains("refuses")), "{:?}", result.notes);
    }
}

#[test]
fn few_requests_look_at_all_attributes() {
    let results = results(&[]);
    assert_eq!(results.len(), 4);
    let requests: usize = results.iter().map(|result| result.transcript.len()).sum();
    assert!(requests <= 60, "{requests} requests");
}

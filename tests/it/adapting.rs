//! Setup that adapts: a server that refuses one attribute of what Okta creates has one finding, and a verdict on everything else.

use crate::world;

use std::collections::BTreeSet;
use std::time::Duration;

use scim_check::reference::{Objection, Options, serve};
use scim_check::run::discover;
use scim_check::verdict::{CaseResult, Outcome};

const BADGE: &str = "urn:scim-check:schemas:extension:reference:1.0:User:badgeNumber";

/// Hundreds of users each, which prove nothing here.
const LARGE: [&str; 2] = ["okta/groups/large", "okta/import/hundred-users"];

/// How the cases of a run come in turn.
struct Order {
    jobs: usize,
    shuffle: Option<u64>,
}

const USUAL: Order = Order { jobs: 4, shuffle: None };

/// Runs Okta's suite, or a part of it, against a reference that minds something in creates; whatever was created is gone.
fn run(objections: &[Objection], select: &[&str], order: Order) -> Vec<CaseResult> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can start").block_on(async {
        let options = Options { users: 5, groups: 2, objections: objections.to_vec(), ..Options::default() };
        let server = serve(options).await.expect("a free port");
        let before = (server.user_count(), server.group_count());
        let wire = world::wire(server.base_url(), server.token());
        let discovery =
            discover::discover(&wire, &scim_check::scenario::load::personas(), scim_check::persona::Version::V2).await;
        let mut how = world::How {
            capabilities: world::LIBRARY.personas.infer(discovery.capabilities.clone()),
            ..world::How::default()
        };
        how.scenarios.retain(|scenario| !LARGE.contains(&scenario.id.as_str()));
        how.select = select.iter().map(|&id| id.to_owned()).collect();
        how.options.jobs = order.jobs;
        how.options.settle = Duration::from_millis(100);
        how.options.shuffle = order.shuffle.is_some();
        how.options.seed = order.shuffle.unwrap_or(1);
        let results = world::run(wire, how).await;
        assert_eq!((server.user_count(), server.group_count()), before, "something was left behind");
        assert!(results.iter().all(|case| case.leftovers.is_empty()));
        server.shutdown().await;
        results
    })
}

/// What was found, each demand once, with what the creates were refused for.
fn found(results: &[CaseResult]) -> BTreeSet<(String, String)> {
    let findings = results.iter().flat_map(|case| &case.findings);
    let told = |because: &Option<String>| because.clone().unwrap_or_else(|| "nobody knows".to_owned());
    findings.map(|finding| (finding.requirement.to_string(), told(&finding.because))).collect()
}

/// The cases that could not be judged; each names a finding that holds it back.
fn undecided(results: &[CaseResult]) -> Vec<String> {
    let undecided = results.iter().filter_map(|case| match &case.outcome {
        Outcome::Inconclusive(cause) => {
            assert!(!case.blocked_by.is_empty(), "{} is undecided without a finding: {cause}", case.id);
            Some(format!("{}: {cause}", case.id))
        }
        _ => None,
    });
    undecided.collect()
}

/// One finding, which names the attribute, and no more undecided cases than that.
#[expect(clippy::print_stdout, reason = "the table is for whoever asks: cargo test --test adapting -- --nocapture")]
fn check(objections: &[Objection], requirement: &str, because: &str, most: usize) {
    let results = run(objections, &[], USUAL);
    let undecided = undecided(&results);
    println!("{:3} of {} cases inconclusive: {because}", undecided.len(), results.len());
    let expected = BTreeSet::from([(requirement.to_owned(), because.to_owned())]);
    assert_eq!(found(&results), expected, "{objections:?}");
    assert!(undecided.len() <= most, "{} undecided: {undecided:#?}", undecided.len());
}

/// The same of an attribute of users that is refused.
fn refuses(name: &str, status: u16, requirement: &str, most: usize) {
    let because = format!("`{name}`: a user without it is created");
    check(&[Objection::to("Users", name, status)], requirement, &because, most);
}

// What looks at names or e-mail addresses has users who are given them by a PUT. What asks for the create itself stays open.

#[test]
fn a_server_that_refuses_a_name_has_one_finding() {
    refuses("name", 400, "OKTA-create-201", 10);
}

#[test]
fn a_server_that_refuses_a_given_name_has_one_finding() {
    refuses("name.givenName", 400, "OKTA-create-201", 10);
}

#[test]
fn a_server_that_refuses_a_family_name_has_one_finding() {
    refuses("name.familyName", 400, "OKTA-create-201", 10);
}

#[test]
fn a_server_that_refuses_emails_has_one_finding() {
    refuses("emails", 400, "OKTA-create-201", 10);
}

#[test]
fn a_server_that_refuses_an_attribute_that_few_cases_look_at_has_one_finding() {
    refuses("displayName", 400, "OKTA-create-201", 10);
    refuses("locale", 400, "OKTA-create-201", 10);
    refuses("active", 400, "OKTA-create-201", 10);
}

#[test]
fn a_server_that_refuses_what_only_okta_sends_has_one_finding() {
    refuses("externalId", 400, "OKTA-create-external-id-accepted", 10);
    refuses("groups", 400, "OKTA-create-groups-accepted", 10);
    refuses("password", 400, "OKTA-create-password-accepted", 10);
}

#[test]
fn a_server_that_fails_over_an_attribute_has_one_finding() {
    refuses("displayName", 500, "OKTA-create-201", 10);
}

#[test]
fn a_server_that_refuses_groups_without_members_has_one_finding() {
    let because = "`members`: a group without it is created";
    check(&[Objection::to("Groups", "members", 400)], "OKTA-group-create-201", because, 10);
}

#[test]
fn a_server_that_refuses_two_attributes_has_a_finding_that_names_both() {
    let objections = [Objection::to("Users", "locale", 400), Objection::to("Users", "displayName", 400)];
    let results = run(&objections, &[], USUAL);
    let told: Vec<String> = found(&results).into_iter().map(|(_, because)| because).collect();
    assert!(told.iter().all(|because| because.contains("displayName")), "{told:?}");
    assert!(undecided(&results).len() <= 10, "{:#?}", undecided(&results));
}

#[test]
fn a_server_that_demands_one_more_has_one_finding() {
    let demands = |collection: &str, name: &str| Objection::to_lack_of(collection, name, 400);
    let user = |name: &str| format!("`{name}` is missing: a user with it is created");
    for name in ["name.formatted", "nickName", BADGE] {
        check(&[demands("Users", name)], "OKTA-create-201", &user(name), 10);
    }
    let group = "`externalId` is missing: a group with it is created";
    check(&[demands("Groups", "externalId")], "OKTA-group-create-201", group, 10);
}

#[test]
fn of_a_right_server_nothing_is_changed() {
    let results = run(&[], &["okta/users", "okta/attributes"], USUAL);
    assert_eq!(world::complaints(&results), [""; 0]);
    assert!(results.iter().all(|case| case.adapted.is_empty()));
}

#[test]
fn the_order_of_cases_makes_no_difference() {
    let objections = [
        Objection::to("Users", "name.familyName", 400),
        Objection::to("Users", "groups", 500),
        Objection::to_lack_of("Groups", "externalId", 400),
    ];
    let told = |order: Order| {
        let results = run(&objections, &[], order);
        let outcome = |case: &CaseResult| {
            let outcome = match case.outcome {
                Outcome::Passed => "passed",
                Outcome::Failed => "failed",
                Outcome::Skipped(_) => "skipped",
                Outcome::Inconclusive(_) => "inconclusive",
            };
            let findings: Vec<&str> = case.findings.iter().map(|finding| finding.requirement.as_str()).collect();
            format!("{}: {outcome} {findings:?} {:?}", case.id, case.blocked_by)
        };
        results.iter().map(outcome).collect::<Vec<_>>()
    };
    let usual = told(USUAL);
    for order in [Order { jobs: 1, shuffle: Some(3) }, Order { jobs: 16, shuffle: Some(4) }] {
        let other = told(order);
        let differing: Vec<_> = usual.iter().zip(&other).filter(|(one, other)| one != other).collect();
        assert!(differing.is_empty(), "{differing:#?}");
    }
}

#[test]
fn where_no_case_asks_for_the_create_its_refusal_is_a_finding_of_setup() {
    let results = run(&[Objection::to("Users", "groups", 400)], &["okta/lifecycle", "okta/lookup"], USUAL);
    let findings: Vec<_> = results.iter().flat_map(|case| &case.findings).collect();
    let told: Vec<_> = findings.iter().map(|f| (f.requirement.as_str(), f.because.as_deref(), f.in_setup)).collect();
    assert_eq!(told, [("OKTA-create-201", Some("`groups`: a user without it is created"), true)]);
    assert_eq!(undecided(&results), [""; 0]);
}

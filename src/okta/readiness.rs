//! From the results of a run to what Okta's reviewers will say.
//!
//! **Invariant:** what was not judged is never passed, and what a person has to do is never passed either.

use std::collections::BTreeSet;

use crate::capability::{Capabilities, Capability, Family, Support};
use crate::readiness::{AttributeRow, Cell, Feature, QaCase, QaState, Readiness, Ready};
use crate::requirement::{Level, RequirementId};
use crate::scenario::QaEntry;
use crate::target::{DeclaredAttribute, Use};
use crate::verdict::{CaseResult, Finding, Outcome};

/// Judges each case of the plan and each switch by the results of a run.
pub fn assess(plan: &[QaEntry], results: &[CaseResult], capabilities: &Capabilities) -> Readiness {
    let plan: Vec<QaCase> = plan.iter().map(|entry| qa_case(entry, results, capabilities)).collect();
    let is_switch = |capability: &&Capability| capability.family() == Family::Feature;
    let features = Capability::ALL
        .iter()
        .filter(is_switch)
        .filter(|feature| plan.iter().any(|case| case.feature == Some(**feature)))
        .map(|feature| switch(*feature, &plan, capabilities))
        .collect();
    Readiness { features, plan, attributes: Vec::new() }
}

/// What Okta has against a base URL, apart from what is behind it. Addresses of one's own machine are for trying out.
pub fn doubts_about_address(base_url: &str) -> Vec<String> {
    let (scheme, rest) = base_url.split_once("://").unwrap_or(("", base_url));
    let host = rest.split(['/', '?']).next().unwrap_or(rest);
    let is_own = ["localhost", "127.", "[::1]"].iter().any(|start| host.starts_with(start));
    let mut doubts = Vec::new();
    if scheme != "https" && !is_own {
        doubts.push("Okta takes base URLs that begin with https:// only (OKTA-base-url-https)".to_owned());
    }
    if base_url.contains('_') {
        doubts.push("Okta takes no base URL with an underscore (OKTA-base-url-no-underscore)".to_owned());
    }
    if base_url.chars().count() > 1024 {
        doubts.push("Okta takes base URLs of at most 1024 characters (OKTA-base-url-length)".to_owned());
    }
    doubts
}

/// What Okta has against an option of the protocol that is not there, although the server is right not to have it.
pub fn doubts_about_protocol(capabilities: &Capabilities) -> Option<String> {
    let is_wizard = matches!(capabilities.get(Capability::CatalogueApp), Support::No(_));
    match capabilities.get(Capability::Patch) {
        Support::No(evidence) if !is_wizard => Some(format!(
            "without PATCH ({evidence}) this can only be a custom app, made with Okta's wizard: Okta deactivates the users of an \
             app in its catalogue, and changes its groups, by PATCH (OKTA-patch-users-implemented)"
        )),
        _ => None,
    }
}

/// What lists have to show. All attributes are judged at once, and what is found names those that differ.
const LISTED: &str = "OKTA-declared-attribute-listed";

/// What came of each declared attribute.
pub fn attributes(declared: &[DeclaredAttribute], results: &[CaseResult]) -> Vec<AttributeRow> {
    let row = |attribute: &DeclaredAttribute| AttributeRow {
        attribute: match attribute.name.strip_prefix(attribute.path.rsplit(':').next().unwrap_or_default()) {
            Some(of_type) => format!("{}{of_type}", attribute.path),
            None => attribute.path.clone(),
        },
        cells: [Use::Create, Use::Update, Use::Clear, Use::Import].map(|r#use| match attribute.uses.contains(&r#use) {
            false => Cell::NotDeclared,
            true if attribute.unchecked.is_some() => Cell::NotChecked,
            true => used(attribute, r#use, results),
        }),
        unchecked: attribute.unchecked,
    };
    declared.iter().map(row).collect()
}

/// What came of one use of an attribute, by the cases that judge it.
fn used(attribute: &DeclaredAttribute, r#use: Use, results: &[CaseResult]) -> Cell {
    let judged = |scenarios: &[&str], requirement| cell(&attribute.name, scenarios, requirement, results);
    match r#use {
        Use::Create => judged(&["stored"], "OKTA-declared-attribute-stored"),
        Use::Update => judged(&["updated-put", "updated-patch"], "OKTA-declared-attribute-updated"),
        Use::Clear => {
            let scenarios = ["cleared-put", "cleared-patch", "emptied-put", "emptied-patch"];
            judged(&scenarios, "OKTA-declared-attribute-cleared")
        }
        Use::Import => import(attribute, results),
    }
}

/// Whether the cases of one attribute, in these scenarios of `okta/profile`, show what a requirement demands.
fn cell(name: &str, scenarios: &[&str], requirement: &str, results: &[CaseResult]) -> Cell {
    let is_about = |result: &&CaseResult| {
        let case = result.id.strip_prefix("okta/profile/").and_then(|case| case.split_once('#'));
        case.is_some_and(|(scenario, row)| scenarios.contains(&scenario) && row == name)
    };
    let mut seen = Cell::NotChecked;
    for result in results.iter().filter(is_about) {
        if result.findings.iter().any(|finding| finding.requirement.as_str() == requirement) {
            return Cell::Fails;
        }
        if result.judged.iter().any(|id| id.as_str() == requirement) {
            seen = Cell::Holds;
        }
    }
    seen
}

/// Whether lists show an attribute as reads do. Of one that a read does not show that says nothing.
fn import(attribute: &DeclaredAttribute, results: &[CaseResult]) -> Cell {
    let names =
        |finding: &Finding| finding.requirement.as_str() == LISTED && finding.actual.get(&attribute.name).is_some();
    if results.iter().flat_map(|result| &result.findings).any(names) {
        return Cell::Fails;
    }
    let is_read = used(attribute, Use::Create, results) == Cell::Holds;
    match is_read && cell("all", &["imported"], LISTED, results) == Cell::Holds {
        true => Cell::Holds,
        false => Cell::NotChecked,
    }
}

fn qa_case(entry: &QaEntry, results: &[CaseResult], capabilities: &Capabilities) -> QaCase {
    let decides = |result: &&CaseResult| entry.scenarios.iter().any(|start| result.id.starts_with(start.as_str()));
    let relevant: Vec<&CaseResult> = results.iter().filter(decides).collect();
    let ran: Vec<&CaseResult> =
        relevant.iter().copied().filter(|result| !matches!(result.outcome, Outcome::Skipped(_))).collect();
    let blocked_by = violated(&ran);
    let is_off = entry.feature.is_some_and(|feature| matches!(capabilities.get(feature), Support::No(_)));
    let state = if is_off {
        QaState::NotApplicable
    } else if !blocked_by.is_empty() {
        QaState::Failed
    } else if ran.iter().any(|result| matches!(result.outcome, Outcome::Inconclusive(_))) {
        QaState::Undecided
    } else if entry.by_hand.is_some() {
        QaState::Manual
    } else if ran.is_empty() {
        QaState::Undecided
    } else {
        QaState::Passed
    };
    QaCase {
        id: entry.id.clone(),
        section: entry.section.clone(),
        title: entry.title.clone(),
        feature: entry.feature,
        state,
        by_hand: entry.by_hand.clone(),
        cases: ran.iter().map(|result| result.id.clone()).collect(),
        blocked_by,
    }
}

/// The binding requirements that were not met, each once, in the order found.
fn violated(results: &[&CaseResult]) -> Vec<RequirementId> {
    let mut seen = BTreeSet::new();
    results
        .iter()
        .flat_map(|result| &result.findings)
        .filter(|finding| finding.level == Level::Must && seen.insert(finding.requirement.clone()))
        .map(|finding| finding.requirement.clone())
        .collect()
}

fn switch(feature: Capability, plan: &[QaCase], capabilities: &Capabilities) -> Feature {
    let about: Vec<&QaCase> = plan.iter().filter(|case| case.feature == Some(feature)).collect();
    let mut seen = BTreeSet::new();
    let blocked_by: Vec<RequirementId> =
        about.iter().flat_map(|case| &case.blocked_by).filter(|id| seen.insert((*id).clone())).cloned().collect();
    let is = |state: QaState| about.iter().any(|case| case.state == state);
    let (ready, evidence) = match capabilities.get(feature) {
        Support::No(evidence) => (Ready::NotDeclared, Some(evidence.clone())),
        _ if is(QaState::Failed) => (Ready::NotReady, None),
        _ if is(QaState::Undecided) || about.iter().all(|case| case.cases.is_empty()) => (Ready::CouldNotTell, None),
        _ => (Ready::Ready, None),
    };
    Feature { feature, ready, blocked_by, evidence }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::capability::Evidence;
    use crate::requirement::Failure;
    use crate::source::{SourceFile, Span};
    use crate::verdict::{Cause, Place, Skip};

    fn result(id: &str, outcome: Outcome) -> CaseResult {
        let file = Arc::new(SourceFile { name: "test.yaml".to_owned(), text: String::new() });
        let finding = Finding {
            requirement: RequirementId::from("R"),
            level: Level::Must,
            expected: String::new(),
            actual: Value::Null,
            place: Place::Status,
            failure: Failure::Refused,
            exchange: 0,
            in_setup: false,
            span: Span::start_of(&file),
        };
        CaseResult {
            id: id.to_owned(),
            suite: "okta".to_owned(),
            title: String::new(),
            checks: Vec::new(),
            judged: Vec::new(),
            findings: if outcome == Outcome::Failed { vec![finding] } else { Vec::new() },
            outcome,
            blocker: None,
            blocked_by: Vec::new(),
            notes: Vec::new(),
            transcript: Vec::new(),
            swept: 0,
            leftovers: Vec::new(),
            took: Duration::ZERO,
        }
    }

    fn entry(by_hand: Option<&str>, scenarios: &[&str]) -> QaEntry {
        QaEntry {
            id: "C1".to_owned(),
            section: String::new(),
            title: String::new(),
            feature: Some(Capability::PushGroups),
            by_hand: by_hand.map(str::to_owned),
            scenarios: scenarios.iter().map(|start| (*start).to_owned()).collect(),
        }
    }

    fn check(entry: QaEntry, outcomes: &[Outcome], support: Support, expected: (QaState, Ready)) {
        let results: Vec<CaseResult> =
            outcomes.iter().enumerate().map(|(n, outcome)| result(&format!("okta/x/{n}"), outcome.clone())).collect();
        let mut capabilities = Capabilities::default();
        capabilities.0.insert(Capability::PushGroups, support);
        let readiness = assess(&[entry], &results, &capabilities);
        assert_eq!((readiness.plan[0].state, readiness.features[0].ready), expected, "{outcomes:?}");
    }

    #[test]
    fn what_was_not_judged_is_not_passed() {
        let skipped = Outcome::Skipped(Skip::Deselected);
        let open = Outcome::Inconclusive(Cause::Stopped);
        let on = || entry(None, &["okta/x"]);
        check(on(), &[Outcome::Passed, skipped.clone()], Support::Unknown, (QaState::Passed, Ready::Ready));
        check(on(), &[skipped], Support::Unknown, (QaState::Undecided, Ready::CouldNotTell));
        check(on(), &[Outcome::Passed, open.clone()], Support::Unknown, (QaState::Undecided, Ready::CouldNotTell));
        check(on(), &[Outcome::Failed, open], Support::Unknown, (QaState::Failed, Ready::NotReady));
        check(on(), &[], Support::Unknown, (QaState::Undecided, Ready::CouldNotTell));
    }

    #[test]
    fn what_a_person_does_is_not_passed() {
        let both = || entry(Some("look"), &["okta/x"]);
        check(both(), &[Outcome::Passed], Support::Unknown, (QaState::Manual, Ready::Ready));
        check(both(), &[Outcome::Failed], Support::Unknown, (QaState::Failed, Ready::NotReady));
        check(entry(Some("look"), &[]), &[Outcome::Passed], Support::Unknown, (QaState::Manual, Ready::CouldNotTell));
    }

    #[test]
    fn an_attribute_holds_where_its_own_case_says_so() {
        let finding = |requirement: &str, actual: Value| Finding {
            requirement: RequirementId::from(requirement),
            actual,
            ..result("", Outcome::Failed).findings[0].clone()
        };
        let mut stored = result("okta/profile/stored#title", Outcome::Passed);
        stored.judged = vec![RequirementId::from("OKTA-declared-attribute-stored")];
        let mut updated = result("okta/profile/updated-patch#title", Outcome::Failed);
        updated.findings = vec![finding("OKTA-declared-attribute-updated", Value::Null)];
        let mut imported = result("okta/profile/imported#all", Outcome::Failed);
        imported.judged = vec![RequirementId::from("OKTA-declared-attribute-listed")];
        imported.findings = vec![finding("OKTA-declared-attribute-listed", serde_json::json!({ "title": null }))];
        let declared = |name: &str, uses: &[Use]| DeclaredAttribute {
            name: name.to_owned(),
            path: name.to_owned(),
            uses: uses.iter().copied().collect(),
            unchecked: None,
        };
        let all = [Use::Create, Use::Update, Use::Clear, Use::Import];
        let rows =
            attributes(&[declared("title", &all), declared("nickName", &all[2..])], &[stored, updated, imported]);
        assert_eq!(rows[0].cells, [Cell::Holds, Cell::Fails, Cell::NotChecked, Cell::Fails]);
        // What is not sent with a new user is not there to be listed.
        assert_eq!(rows[1].cells, [Cell::NotDeclared, Cell::NotDeclared, Cell::NotChecked, Cell::NotChecked]);
    }

    #[test]
    fn what_is_off_is_not_applicable() {
        let off = Support::No(Evidence::Declared("target.yaml:3".to_owned()));
        check(entry(None, &["okta/x"]), &[Outcome::Failed], off, (QaState::NotApplicable, Ready::NotDeclared));
    }

    #[test]
    fn addresses_that_okta_does_not_take_are_named() {
        let doubts = |url: &str| doubts_about_address(url).len();
        assert_eq!(doubts("https://scim.example.com/scim/v2"), 0);
        for own in ["http://127.0.0.1:8080/scim/v2", "http://localhost/scim", "http://[::1]:80/scim"] {
            assert_eq!(doubts(own), 0, "{own}");
        }
        assert_eq!(doubts("http://scim.example.com/scim/v2"), 1);
        assert_eq!(doubts("https://scim.example.com/scim_v2"), 1);
        assert_eq!(doubts("https://my_host.example.com/scim"), 1);
        assert_eq!(doubts(&format!("https://scim.example.com/{}", "x".repeat(1000))), 1);
        assert_eq!(doubts(&format!("http://scim.example.com/_{}", "x".repeat(1000))), 3);
    }

    #[test]
    fn without_patch_only_a_custom_app_is_left() {
        let told = |patch: Support, catalogue: Support| {
            let known = [(Capability::Patch, patch), (Capability::CatalogueApp, catalogue)];
            doubts_about_protocol(&Capabilities(known.into())).is_some()
        };
        let evidence = || Evidence::NotListed("the test".to_owned());
        assert!(told(Support::No(evidence()), Support::Unknown));
        assert!(!told(Support::No(evidence()), Support::No(evidence())));
        assert!(!told(Support::Unknown, Support::Unknown));
        assert!(!told(Support::Yes(evidence()), Support::Yes(evidence())));
    }
}

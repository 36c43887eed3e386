//! From the results of a run to what Okta's reviewers will say.
//!
//! **Invariant:** what was not judged is never passed, and what a person has to do is never passed either. Only what Okta looks at
//! counts: what a specification alone demands, and what is only recommended, stands in no way.

use std::collections::BTreeSet;

use super::plan::{Decider, Deciders, QaEntry, Switch, Way};
use super::state::{Feature, QaCase, QaState, Readiness, Ready, Undecided, WayState};
use crate::capability::{Capabilities, Capability, Evidence, Support};
use crate::declared::{AttributeSource, DeclaredAttribute, Use};
use crate::persona::AttributeJudges;
use crate::report::attributes::{self, AttributeRow, Cell};
use crate::requirement::{Level, Registry, RequirementId};
use crate::verdict::{CaseResult, Finding, Outcome, Place, Skip};

/// Judges each case of the plan and each switch by the results of a run.
pub fn assess(
    deciders: &Deciders,
    results: &[CaseResult],
    capabilities: &Capabilities,
    registry: &Registry,
) -> Readiness {
    let seen = Seen::new(results, capabilities, registry);
    let plan = deciders.plan.iter().map(|entry| seen.case(entry, &deciders.switches)).collect();
    let features = deciders.switches.iter().map(|switch| seen.feature(switch)).collect();
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
    let is_wizard = matches!(capabilities.get(Capability::of("catalogue-app")), Support::No(_));
    match capabilities.get(Capability::Patch) {
        Support::No(evidence) if !is_wizard => Some(format!(
            "without PATCH ({evidence}) this can only be a custom app, made with Okta's wizard: Okta deactivates the users of an \
             app in its catalogue, and changes its groups, by PATCH (OKTA-patch-users-implemented)"
        )),
        _ => None,
    }
}

/// What came of each attribute.
pub fn attributes(deciders: &Deciders, provisioned: &[DeclaredAttribute], results: &[CaseResult]) -> Vec<AttributeRow> {
    let row = |attribute: &DeclaredAttribute| {
        attributes::row(attribute, attribute.unchecked, |r#use| match attribute.source {
            AttributeSource::Declared => attributes::used(&deciders.attributes, attribute, r#use, results),
            AttributeSource::Advertised => sent(&deciders.advertised, attribute, r#use, results),
            AttributeSource::Default => sent(&deciders.defaults, attribute, r#use, results),
        })
    };
    provisioned.iter().map(row).collect()
}

/// What came of one use of an attribute that nobody declares: all are judged at once, and what is found or noted names those that are
/// not as they were sent. Of one that is not stored, updates and lists say nothing.
fn sent(judges: &AttributeJudges, attribute: &DeclaredAttribute, r#use: Use, results: &[CaseResult]) -> Cell {
    let judge = attributes::judge(judges, r#use);
    let own = |id: &RequirementId| Some(id) == judge.requirement.as_ref();
    let named = format!("{{{}:", serde_json::Value::from(attribute.name.as_str()));
    let mut seen = Cell::NotChecked;
    for result in results.iter().filter(|result| judge.are_about(&result.id)) {
        let found = result.findings.iter().filter(|finding| own(&finding.requirement));
        let noted = result.notes.iter().filter(|note| note.requirement.as_ref().is_some_and(own) && !note.all_well);
        let is_named = |finding: &Finding| finding.actual.get(&attribute.name).is_some();
        if found.clone().any(is_named) || noted.clone().any(|note| note.text.contains(&named)) {
            return Cell::Fails;
        }
        // Refused with others, or alone: which of the two is not told here.
        let is_refusal = found.clone().any(|finding| finding.place == Place::Status)
            || noted.clone().any(|note| note.text.starts_with("status"));
        if is_refusal {
            return Cell::NotChecked;
        }
        if result.judged.iter().any(own) {
            seen = Cell::Holds;
        }
    }
    match r#use != Use::Create && sent(judges, attribute, Use::Create, results) != Cell::Holds {
        true => Cell::NotChecked,
        false => seen,
    }
}

/// A run, as far as readiness asks for it.
struct Seen<'a> {
    results: &'a [CaseResult],
    capabilities: &'a Capabilities,
    registry: &'a Registry,
    /// The binding requirements that Okta looks at and that were not met somewhere.
    violated: BTreeSet<&'a RequirementId>,
}

/// What one case says.
enum Said {
    /// It was not run, or came to nothing that Okta looks at.
    Nothing,
    /// All that Okta looks at is as it should be.
    Holds,
    /// These requirements are not met.
    Fails(Vec<RequirementId>),
    /// It could not be judged: why, and the requirements that hold it back.
    Open(String, Vec<RequirementId>),
}

/// What some cases say together.
#[derive(Default)]
struct Together {
    ran: Vec<String>,
    blocked_by: Vec<RequirementId>,
    undecided: Vec<Undecided>,
}

/// What is known of a switch or of a case of the plan.
struct Standing {
    /// `None` when nothing was run that decides it.
    ready: Option<Ready>,
    ran: Vec<String>,
    blocked_by: Vec<RequirementId>,
    only: Option<String>,
    ways: Vec<WayState>,
    undecided: Vec<Undecided>,
}

impl<'a> Seen<'a> {
    fn new(results: &'a [CaseResult], capabilities: &'a Capabilities, registry: &'a Registry) -> Self {
        let mut seen = Seen { results, capabilities, registry, violated: BTreeSet::new() };
        let violated = results.iter().flat_map(|result| &result.findings).filter(|finding| seen.counts(finding));
        seen.violated = violated.map(|finding| &finding.requirement).collect();
        seen
    }

    /// Whether Okta looks at a requirement. One that is not in the registry has no source that could say otherwise.
    fn is_looked_at(&self, id: &RequirementId) -> bool {
        self.registry.get(id.as_str()).is_none_or(|requirement| requirement.is_looked_at())
    }

    fn counts(&self, finding: &Finding) -> bool {
        finding.level == Level::Must && self.is_looked_at(&finding.requirement)
    }

    fn said(&self, result: &CaseResult) -> Said {
        if matches!(result.outcome, Outcome::Skipped(_)) {
            return Said::Nothing;
        }
        let failed = result.findings.iter().filter(|finding| self.counts(finding) && !finding.in_setup);
        let failed = each_once(failed.map(|finding| &finding.requirement));
        if !failed.is_empty() {
            return Said::Fails(failed);
        }
        // What stopped the case while it was prepared is a finding of the run, and not what the case is about.
        if let Some(finding) = result.findings.iter().find(|finding| finding.in_setup) {
            return Said::Open(in_setup(finding, result), vec![finding.requirement.clone()]);
        }
        match &result.outcome {
            Outcome::Inconclusive(cause) => Said::Open(without_ids(&cause.to_string()), result.blocked_by.clone()),
            // What only a specification demands may have ended it before anything else was judged.
            Outcome::Failed if !result.judged.iter().any(|id| self.is_looked_at(id)) => Said::Nothing,
            _ => Said::Holds,
        }
    }

    /// The results that deciders are about, and whether those bind.
    fn relevant(&self, deciders: &[&Decider]) -> Vec<(&'a CaseResult, bool)> {
        let decided = |result: &'a CaseResult| {
            let decider = deciders.iter().find(|decider| decider.is_about(&result.id))?;
            Some((result, decider.binds))
        };
        self.results.iter().filter_map(decided).collect()
    }

    /// `demands` are those of the whole switch: what keeps a case from being judged and is among them is in the way itself.
    fn together(&self, deciders: &[&Decider], demands: &BTreeSet<&RequirementId>) -> Together {
        let mut together = Together::default();
        for (result, binds) in self.relevant(deciders) {
            let said = self.said(result);
            if !matches!(said, Said::Nothing) {
                together.ran.push(result.id.clone());
            }
            match said {
                Said::Fails(ids) => together.blocked_by.extend(ids),
                Said::Open(why, held_by) => {
                    let own = held_by.iter().filter(|id| self.violated.contains(id) && demands.contains(id));
                    together.blocked_by.extend(own.cloned());
                    // What can only end in a recommendation holds nothing up.
                    if binds {
                        gather(&mut together.undecided, why, held_by, &result.id);
                    }
                }
                Said::Nothing | Said::Holds => {}
            }
        }
        together.blocked_by = each_once(&together.blocked_by);
        together
    }

    fn standing(&self, deciders: &[Decider], ways: &[Way]) -> Standing {
        let of = |way: &Way| -> Vec<&Decider> {
            deciders.iter().filter(|decider| decider.needs.contains(&way.needs)).collect()
        };
        let all: Vec<&Decider> = deciders.iter().collect();
        let is_skipped = |result: &CaseResult| matches!(result.outcome, Outcome::Skipped(_));
        let demands: BTreeSet<&RequirementId> = self
            .relevant(&all)
            .into_iter()
            .filter(|(result, _)| !is_skipped(result))
            .flat_map(|(result, _)| &result.checks)
            .collect();
        let needs_a_way = |decider: &&Decider| ways.iter().any(|way| decider.needs.contains(&way.needs));
        let common: Vec<&Decider> = deciders.iter().filter(|decider| !needs_a_way(decider)).collect();
        let common = self.together(&common, &demands);
        let mut undecided = common.undecided.clone();
        let mut ran = common.ran.clone();
        let mut states: Vec<(&Way, WayState)> = Vec::new();
        for way in ways.iter().filter(|way| !matches!(self.capabilities.get(way.needs), Support::No(_))) {
            let deciders = of(way);
            let demands = demands.iter().copied().chain(&way.rests_on).collect();
            let together = self.together(&deciders, &demands);
            let evidence = match self.capabilities.get(Capability::Patch) {
                Support::No(evidence) if deciders.iter().any(|decider| decider.needs.contains(&Capability::Patch)) => {
                    Some(evidence.clone())
                }
                _ => None,
            };
            let ready = if evidence.is_some() || !together.blocked_by.is_empty() {
                Ready::NotReady
            } else if !together.undecided.is_empty() || (together.ran.is_empty() && common.ran.is_empty()) {
                Ready::CouldNotTell
            } else {
                Ready::Ready
            };
            for open in together.undecided {
                open.cases
                    .iter()
                    .for_each(|case| gather(&mut undecided, open.why.clone(), open.blocked_by.clone(), case));
            }
            ran.extend(together.ran);
            let (name, because) = (way.name.clone(), way.because.clone());
            states.push((way, WayState { name, ready, because, blocked_by: together.blocked_by, evidence }));
        }
        let bad = || states.iter().filter(|(_, state)| state.ready == Ready::NotReady);
        let is_declared = |way: &Way| matches!(self.capabilities.get(way.needs), Support::Yes(Evidence::Declared(_)));
        // What is left when one way is not there: another one, or none of those that are named.
        let mut left: Vec<&str> =
            states.iter().filter(|(_, state)| state.ready == Ready::Ready).map(|(way, _)| way.name.as_str()).collect();
        if let [(way, _)] = states.as_slice()
            && !common.ran.is_empty()
            && common.undecided.is_empty()
        {
            left.extend(way.otherwise.as_deref());
        }
        let may_be_left =
            states.iter().any(|(_, state)| state.ready == Ready::CouldNotTell) || !common.undecided.is_empty();
        let (ready, only) = if !common.blocked_by.is_empty() || bad().any(|(way, _)| is_declared(way)) {
            (Some(Ready::NotReady), None)
        } else if bad().next().is_none() {
            match (undecided.is_empty(), ran.is_empty()) {
                (false, _) => (Some(Ready::CouldNotTell), None),
                (true, true) => (None, None),
                (true, false) => (Some(Ready::Ready), None),
            }
        } else if !left.is_empty() && common.undecided.is_empty() {
            (Some(Ready::InPart), Some(left.join(" or ")))
        } else if may_be_left {
            (Some(Ready::CouldNotTell), None)
        } else {
            (Some(Ready::NotReady), None)
        };
        let blocked_by = match ready {
            Some(Ready::NotReady) => {
                each_once(common.blocked_by.iter().chain(bad().flat_map(|(_, state)| &state.blocked_by)))
            }
            _ => Vec::new(),
        };
        if ready.is_none() {
            for (result, _) in self.relevant(&all) {
                gather(&mut undecided, not_run(&result.outcome), Vec::new(), &result.id);
            }
        }
        let ways = states.into_iter().map(|(_, state)| state).collect();
        Standing { ready, ran, blocked_by, only, ways, undecided }
    }

    fn case(&self, entry: &QaEntry, switches: &[Switch]) -> QaCase {
        let ways = switches.iter().find(|switch| Some(switch.feature) == entry.feature);
        let standing = self.standing(&entry.scenarios, ways.map_or(&[], |switch| switch.ways.as_slice()));
        let is_off = entry.feature.is_some_and(|feature| matches!(self.capabilities.get(feature), Support::No(_)));
        let state = match standing.ready {
            _ if is_off => QaState::NotApplicable,
            Some(Ready::NotReady) => QaState::Failed,
            Some(Ready::InPart) => QaState::InPart,
            Some(Ready::CouldNotTell | Ready::NotDeclared) => QaState::Undecided,
            Some(Ready::Ready) if entry.by_hand.is_none() => QaState::Passed,
            None if entry.by_hand.is_none() => QaState::Undecided,
            Some(Ready::Ready) | None => QaState::Manual,
        };
        QaCase {
            id: entry.id.clone(),
            section: entry.section.clone(),
            title: entry.title.clone(),
            feature: entry.feature,
            state,
            by_hand: entry.by_hand.clone(),
            cases: standing.ran,
            blocked_by: standing.blocked_by,
            only: standing.only,
            ways: standing.ways,
            undecided: if state == QaState::Manual { Vec::new() } else { standing.undecided },
        }
    }

    fn feature(&self, switch: &Switch) -> Feature {
        let feature = switch.feature;
        if let Support::No(evidence) = self.capabilities.get(feature) {
            return Feature {
                feature,
                ready: Ready::NotDeclared,
                blocked_by: Vec::new(),
                evidence: Some(evidence.clone()),
                only: None,
                ways: Vec::new(),
                undecided: Vec::new(),
            };
        }
        let Standing { ready, blocked_by, only, ways, undecided, .. } = self.standing(&switch.scenarios, &switch.ways);
        let ready = ready.unwrap_or(Ready::CouldNotTell);
        Feature { feature, ready, blocked_by, evidence: None, only, ways, undecided }
    }
}

/// Adds a case to those that could not be judged for the same reason.
fn gather(undecided: &mut Vec<Undecided>, why: String, blocked_by: Vec<RequirementId>, case: &str) {
    let is_same = |open: &&mut Undecided| match blocked_by.is_empty() {
        true => open.blocked_by.is_empty() && open.why == why,
        false => open.blocked_by == blocked_by,
    };
    match undecided.iter_mut().find(is_same) {
        Some(open) => {
            open.cases.push(case.to_owned());
            // One of them may have what the server said.
            if why.len() > open.why.len() {
                open.why = why;
            }
        }
        None => undecided.push(Undecided { why, cases: vec![case.to_owned()], blocked_by }),
    }
}

/// Why a case came to nothing that Okta looks at.
fn not_run(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Skipped(Skip::Unsupported { capability, evidence }) => {
            format!("not run without {capability} ({evidence})")
        }
        Outcome::Skipped(Skip::Deselected) => "not run, left out by the selection".to_owned(),
        Outcome::Skipped(Skip::Depth) => "not run, left out by --depth quick".to_owned(),
        Outcome::Skipped(Skip::Costly) => "not run, left to --depth full".to_owned(),
        Outcome::Skipped(Skip::NothingToJudge(why)) => why.clone(),
        Outcome::Skipped(Skip::NotScored(since)) => format!("new in edition {since}, and could not be judged"),
        _ => "ended by what Okta does not look at".to_owned(),
    }
}

/// What came to a stop while a case was prepared.
fn in_setup(finding: &Finding, result: &CaseResult) -> String {
    let request = result.transcript.get(finding.exchange).map(|exchange| &exchange.request);
    let request = request.map_or_else(String::new, |request| format!("{} {}", request.method, request.path));
    let came = match &finding.place {
        Place::Status => format!("answered {}", finding.actual),
        place => format!("has {} in {place}", finding.actual),
    };
    without_ids(&format!("{request} {came}, expected {}", finding.expected))
}

/// A text without what differs from case to case: `/Users/…`.
fn without_ids(text: &str) -> String {
    let without_id = |word: &str| match word.strip_prefix('/').and_then(|path| path.split_once('/')) {
        Some((resource, _)) => format!("/{resource}/…"),
        None => word.split_once('?').filter(|_| word.starts_with('/')).map_or(word, |(path, _)| path).to_owned(),
    };
    text.strip_prefix("setup: ").unwrap_or(text).split(' ').map(without_id).collect::<Vec<_>>().join(" ")
}

/// Each once, in the order found.
fn each_once<'a>(ids: impl IntoIterator<Item = &'a RequirementId>) -> Vec<RequirementId> {
    let mut seen = BTreeSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::persona::{Judges, Rows};
    use crate::requirement::Failure;
    use crate::source::{SourceFile, Span};
    use crate::verdict::{Cause, Note};

    fn finding(requirement: &str, level: Level) -> Finding {
        let file = Arc::new(SourceFile { name: "test.yaml".to_owned(), text: String::new() });
        Finding {
            requirement: RequirementId::from(requirement),
            level,
            expected: String::new(),
            actual: Value::Null,
            place: Place::Status,
            failure: Failure::Refused,
            exchange: 0,
            in_setup: false,
            because: None,
            known: None,
            law: None,
            span: Span::start_of(&file),
        }
    }

    /// A case that judges `R`, and if it failed did so by that.
    fn result(id: &str, outcome: Outcome) -> CaseResult {
        CaseResult {
            checks: vec![RequirementId::from("R")],
            judged: if outcome == Outcome::Passed { vec![RequirementId::from("R")] } else { Vec::new() },
            findings: if outcome == Outcome::Failed { vec![finding("R", Level::Must)] } else { Vec::new() },
            ..CaseResult::new(id, outcome)
        }
    }

    fn decider(id: &str, needs: &[Capability], binds: bool) -> Decider {
        Decider { rows: Rows { scenario: id.to_owned(), variant: None }, needs: needs.iter().copied().collect(), binds }
    }

    fn way(needs: Capability, name: &str, otherwise: Option<&str>, rests_on: &[&str]) -> Way {
        Way {
            needs,
            name: name.to_owned(),
            otherwise: otherwise.map(str::to_owned),
            because: format!("Okta works {name}"),
            rests_on: rests_on.iter().map(|id| RequirementId::from(*id)).collect(),
        }
    }

    fn plan_and_switch(by_hand: Option<&str>, ways: &[Way], scenarios: &[Decider]) -> Deciders {
        let feature = Capability::of("push-groups");
        let entry = QaEntry {
            id: "C1".to_owned(),
            section: String::new(),
            title: String::new(),
            feature: Some(feature),
            by_hand: by_hand.map(str::to_owned),
            scenarios: scenarios.to_vec(),
        };
        let switch = Switch { feature, ways: ways.to_vec(), scenarios: scenarios.to_vec() };
        Deciders { plan: vec![entry], switches: vec![switch], ..Deciders::default() }
    }

    fn declared() -> Evidence {
        Evidence::Declared("target.yaml:3".to_owned())
    }

    /// A registry with one requirement of Okta's, one that Okta relies on, and one that it does not look at.
    fn registry() -> Registry {
        let text = "- { id: R, source: Okta, level: MUST, title: r }\n\
                    - { id: RFC-relied-on, source: RFC7644, level: MUST, title: r, okta: true }\n\
                    - { id: RFC-alone, source: RFC7644, level: MUST, title: r, okta: false }\n";
        let file = Arc::new(SourceFile { name: "requirements/r.yaml".to_owned(), text: text.to_owned() });
        let mut registry = Registry::default();
        let mistakes = registry.add(&crate::source::parse(&file).expect("it is YAML"));
        assert!(mistakes.is_empty());
        registry
    }

    fn assessed(deciders: &Deciders, results: &[CaseResult], known: &[(Capability, Support)]) -> Readiness {
        let capabilities = Capabilities(known.iter().cloned().collect());
        assess(deciders, results, &capabilities, &registry())
    }

    fn states(readiness: &Readiness) -> (QaState, Ready) {
        (readiness.plan[0].state, readiness.features[0].ready)
    }

    #[track_caller]
    fn check(by_hand: Option<&str>, outcomes: &[Outcome], support: Support, expected: (QaState, Ready)) {
        let results: Vec<CaseResult> =
            outcomes.iter().enumerate().map(|(n, outcome)| result(&format!("okta/x#{n}"), outcome.clone())).collect();
        let deciders = plan_and_switch(by_hand, &[], &[decider("okta/x", &[], true)]);
        let readiness = assessed(&deciders, &results, &[(Capability::of("push-groups"), support)]);
        assert_eq!(states(&readiness), expected, "{outcomes:?}");
    }

    #[test]
    fn what_was_not_judged_is_not_passed() {
        let skipped = Outcome::Skipped(Skip::Deselected);
        let open = Outcome::Inconclusive(Cause::Stopped);
        let check = |outcomes: &[Outcome], expected| check(None, outcomes, Support::Unknown, expected);
        check(&[Outcome::Passed, skipped.clone()], (QaState::Passed, Ready::Ready));
        check(&[skipped], (QaState::Undecided, Ready::CouldNotTell));
        check(&[Outcome::Passed, open.clone()], (QaState::Undecided, Ready::CouldNotTell));
        check(&[Outcome::Failed, open], (QaState::Failed, Ready::NotReady));
        check(&[], (QaState::Undecided, Ready::CouldNotTell));
    }

    #[test]
    fn what_a_person_does_is_not_passed() {
        check(Some("look"), &[Outcome::Passed], Support::Unknown, (QaState::Manual, Ready::Ready));
        check(Some("look"), &[Outcome::Failed], Support::Unknown, (QaState::Failed, Ready::NotReady));
        check(Some("look"), &[], Support::Unknown, (QaState::Manual, Ready::CouldNotTell));
    }

    #[test]
    fn what_is_off_is_not_applicable() {
        check(None, &[Outcome::Failed], Support::No(declared()), (QaState::NotApplicable, Ready::NotDeclared));
    }

    #[test]
    fn only_the_cases_that_are_named_decide() {
        let deciders = plan_and_switch(None, &[], &[decider("okta/x#1", &[], true), decider("okta/y", &[], true)]);
        let results = |failed: &str| {
            ["okta/x#1", "okta/x#12", "okta/x#2", "okta/y#1", "okta/yes"]
                .map(|id| result(id, if id == failed { Outcome::Failed } else { Outcome::Passed }))
        };
        for (failed, expected) in [
            ("okta/x#1", Ready::NotReady),
            ("okta/x#12", Ready::Ready),
            ("okta/x#2", Ready::Ready),
            ("okta/y#1", Ready::NotReady),
            ("okta/yes", Ready::Ready),
        ] {
            assert_eq!(assessed(&deciders, &results(failed), &[]).features[0].ready, expected, "{failed}");
        }
    }

    #[test]
    fn what_okta_does_not_look_at_stands_in_no_way() {
        let deciders = plan_and_switch(None, &[], &[decider("okta/x", &[], true)]);
        let with = |id: &str, level, judged: &str| {
            let mut failed = result("okta/x", if level == Level::Must { Outcome::Failed } else { Outcome::Passed });
            failed.findings = vec![finding(id, level)];
            failed.judged = vec![RequirementId::from(judged)];
            states(&assessed(&deciders, &[failed], &[]))
        };
        assert_eq!(with("R", Level::Must, "R"), (QaState::Failed, Ready::NotReady));
        assert_eq!(with("RFC-relied-on", Level::Must, "R"), (QaState::Failed, Ready::NotReady));
        assert_eq!(with("RFC-alone", Level::Must, "R"), (QaState::Passed, Ready::Ready));
        // A recommendation never blocks.
        assert_eq!(with("R", Level::Should, "R"), (QaState::Passed, Ready::Ready));
        // A case that came to nothing else shows nothing.
        assert_eq!(with("RFC-alone", Level::Must, "RFC-alone"), (QaState::Undecided, Ready::CouldNotTell));
    }

    #[test]
    fn what_can_only_end_in_a_recommendation_leaves_nothing_open() {
        let deciders = plan_and_switch(None, &[], &[decider("okta/x", &[], true), decider("okta/should", &[], false)]);
        let mut results =
            [result("okta/x", Outcome::Passed), result("okta/should", Outcome::Inconclusive(Cause::Throttled))];
        assert_eq!(states(&assessed(&deciders, &results, &[])), (QaState::Passed, Ready::Ready));
        // What it finds counts all the same.
        results[1] = result("okta/should", Outcome::Failed);
        assert_eq!(states(&assessed(&deciders, &results, &[])), (QaState::Failed, Ready::NotReady));
    }

    /// Push Groups as a catalogue app and as a custom app, and what came of the case of each.
    #[track_caller]
    fn apps(
        catalogue: Outcome,
        custom: Outcome,
        known: &[(Capability, Support)],
        expected: (QaState, Ready),
        only: Option<&str>,
    ) -> Readiness {
        let ways = [
            way(Capability::of("catalogue-app"), "as a catalogue app", None, &[]),
            way(Capability::of("wizard-app"), "as a custom app", None, &[]),
        ];
        let scenarios = [
            decider("okta/both", &[], true),
            decider("okta/catalogue", &[Capability::of("catalogue-app"), Capability::Patch], true),
            decider("okta/custom", &[Capability::of("wizard-app")], true),
        ];
        let results =
            [result("okta/both", Outcome::Passed), result("okta/catalogue", catalogue), result("okta/custom", custom)];
        let readiness = assessed(&plan_and_switch(None, &ways, &scenarios), &results, known);
        assert_eq!((states(&readiness), readiness.features[0].only.as_deref()), (expected, only));
        assert_eq!(readiness.plan[0].only.as_deref(), only);
        readiness
    }

    fn unsupported(capability: Capability) -> Outcome {
        Outcome::Skipped(Skip::Unsupported { capability, evidence: declared() })
    }

    #[test]
    fn one_kind_of_app_may_be_ready_and_the_other_not() {
        let part = (QaState::InPart, Ready::InPart);
        apps(Outcome::Passed, Outcome::Passed, &[], (QaState::Passed, Ready::Ready), None);
        let readiness = apps(Outcome::Failed, Outcome::Passed, &[], part, Some("as a custom app"));
        assert_eq!(readiness.features[0].blocked_by, [], "it stands in one way only");
        assert_eq!(readiness.features[0].ways[0].blocked_by, [RequirementId::from("R")]);
        apps(Outcome::Passed, Outcome::Failed, &[], part, Some("as a catalogue app"));
        apps(Outcome::Failed, Outcome::Failed, &[], (QaState::Failed, Ready::NotReady), None);
    }

    #[test]
    fn without_patch_a_catalogue_app_is_not_possible() {
        let skipped = || unsupported(Capability::Patch);
        let without = (Capability::Patch, Support::No(Evidence::NotListed("the test".to_owned())));
        let part = (QaState::InPart, Ready::InPart);
        let readiness = apps(skipped(), Outcome::Passed, std::slice::from_ref(&without), part, Some("as a custom app"));
        assert_eq!(readiness.features[0].ways[0].ready, Ready::NotReady);
        assert!(readiness.features[0].ways[0].evidence.is_some());
        // What the owner wants is the measure.
        let (catalogue, wizard) = (Capability::of("catalogue-app"), Capability::of("wizard-app"));
        let wants = |app| [without.clone(), (app, Support::Yes(declared()))];
        let other = |app| [(app, Support::No(declared()))];
        let known = [&wants(catalogue)[..], &other(wizard)].concat();
        apps(skipped(), unsupported(wizard), &known, (QaState::Failed, Ready::NotReady), None);
        let known = [&wants(wizard)[..], &other(catalogue)].concat();
        apps(unsupported(catalogue), Outcome::Passed, &known, (QaState::Passed, Ready::Ready), None);
    }

    #[test]
    fn an_option_that_fails_leaves_what_there_is_without_it() {
        let rests_on = way(Capability::of("patch-users"), "by PATCH", Some("by PUT"), &[]);
        let scenarios = [decider("okta/put", &[], true), decider("okta/patch", &[Capability::of("patch-users")], true)];
        let deciders = plan_and_switch(None, &[rests_on], &scenarios);
        let results = [result("okta/put", Outcome::Passed), result("okta/patch", Outcome::Failed)];
        let inferred = Evidence::Inferred { from: Capability::Patch, because: Box::new(declared()) };
        for (support, expected) in [
            (Support::Unknown, Some("by PUT")),
            (Support::Yes(inferred), Some("by PUT")),
            (Support::Yes(declared()), None),
        ] {
            let readiness = assessed(&deciders, &results, &[(Capability::of("patch-users"), support)]);
            let ready = if expected.is_some() { Ready::InPart } else { Ready::NotReady };
            assert_eq!((readiness.features[0].ready, readiness.features[0].only.as_deref()), (ready, expected));
        }
    }

    #[test]
    fn could_not_tell_says_why() {
        let setup = |why: &str| {
            Outcome::Inconclusive(Cause::SetupFailed { request: "PUT /Users/1".to_owned(), why: why.to_owned() })
        };
        let deciders = plan_and_switch(None, &[], &[decider("okta/x", &[], true)]);
        let mut results = vec![
            result("okta/x#1", setup("answered 500")),
            result("okta/x#2", setup("answered 500")),
            result("okta/x#3", Outcome::Inconclusive(Cause::Throttled)),
        ];
        let skipped = result("okta/x#1", unsupported(Capability::Patch));
        let undecided = &assessed(&deciders, &[skipped], &[]).features[0].undecided;
        assert_eq!(undecided[0].why, "not run without patch (declared in target.yaml:3)");
        let readiness = assessed(&deciders, &results, &[]);
        let undecided = &readiness.features[0].undecided;
        assert_eq!(undecided.iter().map(|open| open.cases.len()).collect::<Vec<_>>(), [2, 1]);
        assert!(undecided[0].why.contains("PUT /Users/… answered 500"), "{}", undecided[0].why);
        assert_eq!(readiness.plan[0].undecided, *undecided);
        results[1] = result("okta/x#2", Outcome::Failed);
        assert_eq!(assessed(&deciders, &results, &[]).features[0].ready, Ready::NotReady);
    }

    #[test]
    fn what_holds_a_case_back_is_in_the_way_where_it_is_asked_for() {
        let stopped = || {
            Outcome::Inconclusive(Cause::SetupFailed {
                request: "PATCH /Users/1".to_owned(),
                why: "answered 501, expected 200".to_owned(),
            })
        };
        let mut held = result("okta/x#held", stopped());
        held.blocked_by = vec![RequirementId::from("RFC-relied-on")];
        let mut cause = result("okta/elsewhere", Outcome::Failed);
        cause.findings = vec![finding("RFC-relied-on", Level::Must)];
        let deciders = plan_and_switch(None, &[], &[decider("okta/x", &[], true)]);
        let readiness = assessed(&deciders, &[held.clone(), cause.clone()], &[]);
        assert_eq!(states(&readiness), (QaState::Undecided, Ready::CouldNotTell));
        assert_eq!(readiness.features[0].undecided[0].blocked_by, [RequirementId::from("RFC-relied-on")]);
        // A demand of the switch itself.
        let mut other = result("okta/x#other", Outcome::Passed);
        other.checks.push(RequirementId::from("RFC-relied-on"));
        let readiness = assessed(&deciders, &[held.clone(), other, cause.clone()], &[]);
        assert_eq!(states(&readiness), (QaState::Failed, Ready::NotReady));
        assert_eq!(readiness.features[0].blocked_by, [RequirementId::from("RFC-relied-on")]);
        // What a way rests on.
        let ways = [
            way(Capability::of("catalogue-app"), "as a catalogue app", None, &["RFC-relied-on"]),
            way(Capability::of("wizard-app"), "as a custom app", None, &[]),
        ];
        let scenarios = [
            decider("okta/x", &[Capability::of("catalogue-app")], true),
            decider("okta/y", &[Capability::of("wizard-app")], true),
        ];
        let deciders = plan_and_switch(None, &ways, &scenarios);
        let custom = result("okta/y", Outcome::Passed);
        let readiness = assessed(&deciders, &[held.clone(), custom.clone(), cause], &[]);
        assert_eq!(readiness.features[0].only.as_deref(), Some("as a custom app"));
        // Where that is not violated, the cause is open.
        let readiness = assessed(&deciders, &[held, custom], &[]);
        assert_eq!(states(&readiness), (QaState::Undecided, Ready::CouldNotTell));
    }

    #[test]
    fn what_stops_a_case_in_setup_is_not_what_the_case_is_about() {
        let mut stopped = result("okta/x", Outcome::Failed);
        stopped.findings = vec![Finding { in_setup: true, ..finding("RFC-relied-on", Level::Must) }];
        let deciders = plan_and_switch(None, &[], &[decider("okta/x", &[], true)]);
        let readiness = assessed(&deciders, &[stopped], &[]);
        assert_eq!(states(&readiness), (QaState::Undecided, Ready::CouldNotTell));
        assert_eq!(readiness.features[0].undecided[0].blocked_by, [RequirementId::from("RFC-relied-on")]);
    }

    #[test]
    fn an_attribute_holds_where_its_own_case_says_so() {
        let judges = |requirement: &str, scenarios: &[&str]| Judges {
            requirement: Some(RequirementId::from(requirement)),
            scenarios: scenarios.iter().map(|id| Rows { scenario: (*id).to_owned(), variant: None }).collect(),
        };
        let variant = |name: &str| Rows { scenario: "okta/profile/updated".to_owned(), variant: Some(name.to_owned()) };
        let attributes_of = AttributeJudges {
            create: judges("stored", &["okta/profile/stored"]),
            update: Judges {
                requirement: Some(RequirementId::from("updated")),
                scenarios: vec![variant("put"), variant("patch")],
            },
            clear: judges("cleared", &["okta/profile/cleared"]),
            import: judges("listed", &["okta/profile/imported"]),
        };
        let deciders = Deciders { attributes: attributes_of, ..Deciders::default() };
        let found = |requirement: &str, actual: Value| Finding { actual, ..finding(requirement, Level::Must) };
        let mut stored = result("okta/profile/stored#title", Outcome::Passed);
        stored.judged = vec![RequirementId::from("stored")];
        let mut updated = result("okta/profile/updated#title-patch", Outcome::Failed);
        updated.findings = vec![found("updated", Value::Null)];
        let mut imported = result("okta/profile/imported#all", Outcome::Failed);
        imported.judged = vec![RequirementId::from("listed")];
        imported.findings = vec![found("listed", serde_json::json!({ "title": null }))];
        let declared = |name: &str, uses: &[Use]| DeclaredAttribute {
            name: name.to_owned(),
            path: name.to_owned(),
            uses: uses.iter().copied().collect(),
            unchecked: None,
            source: AttributeSource::Declared,
        };
        let all = [Use::Create, Use::Update, Use::Clear, Use::Import];
        let rows = attributes(
            &deciders,
            &[declared("title", &all), declared("nickName", &all[2..])],
            &[stored, updated, imported],
        );
        assert_eq!(rows[0].cells, [Cell::Holds, Cell::Fails, Cell::NotChecked, Cell::Fails]);
        // What is not sent with a new user is not there to be listed.
        assert_eq!(rows[1].cells, [Cell::NotDeclared, Cell::NotDeclared, Cell::NotChecked, Cell::NotChecked]);
    }

    #[test]
    fn an_attribute_that_nobody_declares_holds_where_nothing_names_it() {
        let judges = |requirement: &str, scenario: &str| Judges {
            requirement: Some(RequirementId::from(requirement)),
            scenarios: vec![Rows { scenario: scenario.to_owned(), variant: None }],
        };
        let deciders = Deciders {
            advertised: AttributeJudges {
                create: judges("stored", "okta/all"),
                update: judges("updated", "okta/all-put"),
                import: judges("listed", "okta/all"),
                ..AttributeJudges::default()
            },
            defaults: AttributeJudges { create: judges("kept", "okta/default"), ..AttributeJudges::default() },
            ..Deciders::default()
        };
        let found = |requirement: &str, actual: Value| Finding {
            actual,
            place: Place::Body(String::new()),
            ..finding(requirement, Level::Should)
        };
        let id = RequirementId::from;
        let mut all = result("okta/all#all", Outcome::Failed);
        all.judged = vec![id("stored"), id("listed")];
        all.findings = vec![
            found("stored", serde_json::json!({ "emails.home": null })),
            found("listed", serde_json::json!({ "title": null })),
        ];
        let mut put = result("okta/all-put#all", Outcome::Failed);
        put.judged = vec![id("updated")];
        put.findings = vec![found("updated", serde_json::json!({ "locale": "en-US" }))];
        let noted =
            |text: &str| Note { text: text.to_owned(), requirement: Some(id("kept")), exchange: None, all_well: false };
        let mut default = result("okta/default#all", Outcome::Passed);
        default.judged = vec![id("kept")];
        default.notes = vec![noted("body /title: expected title as it was sent: \"Engineer\", found {\"title\":null}")];
        let attribute = |name: &str, source: AttributeSource| DeclaredAttribute {
            name: name.to_owned(),
            path: name.to_owned(),
            uses: [Use::Create, Use::Update, Use::Import].into_iter().collect(),
            unchecked: None,
            source,
        };
        let asked: Vec<DeclaredAttribute> = ["title", "locale", "emails.home"]
            .map(|name| attribute(name, AttributeSource::Advertised))
            .into_iter()
            .chain(["title", "locale"].map(|name| attribute(name, AttributeSource::Default)))
            .collect();
        let mut results = [all, put, default];
        let cells = |results: &[CaseResult]| -> Vec<String> {
            let rows = attributes(&deciders, &asked, results);
            rows.iter().map(|row| row.cells.map(Cell::as_str).join(" ")).collect()
        };
        assert_eq!(cells(&results), ["yes yes - NO", "yes NO - yes", "NO ? - ?", "NO ? - ?", "yes ? - ?"]);
        // Where the create is refused, nothing is known of any.
        results[0].findings = vec![Finding { place: Place::Status, ..found("stored", 400.into()) }];
        results[2].notes = vec![noted("status: expected 200 or 201, found 400")];
        assert_eq!(cells(&results), ["? ? - ?", "? NO - ?", "? ? - ?", "? ? - ?", "? ? - ?"]);
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
            let known = [(Capability::Patch, patch), (Capability::of("catalogue-app"), catalogue)];
            doubts_about_protocol(&Capabilities(known.into())).is_some()
        };
        let evidence = || Evidence::NotListed("the test".to_owned());
        assert!(told(Support::No(evidence()), Support::Unknown));
        assert!(!told(Support::No(evidence()), Support::No(evidence())));
        assert!(!told(Support::Unknown, Support::Unknown));
        assert!(!told(Support::Yes(evidence()), Support::Yes(evidence())));
    }
}

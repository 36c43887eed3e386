//! Which findings of laws say again what a scenario says: one fault, one finding.
//!
//! A law is held against every write, so a fault that a scenario is about breaks the law as well, in other cases. Which requirements a
//! law only says again is data of the registry (`restates`). Besides, whatever attribute a scenario finds wrong, no law says it again.
//!
//! **Invariant:** pure, and decided when all cases are done: neither order nor speed nor the number of jobs decides. What is not told
//! again stays in the case as what follows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Restatements;
use super::{Clue, id};
use crate::requirement::{Level, RequirementId, Restates};
use crate::verdict::{Broken, CaseResult, Finding, Outcome, Place, Skip};

/// An attribute that a finding of a scenario is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Named {
    #[serde(with = "id")]
    requirement: RequirementId,
    kind: String,
    /// The name in lower case, or the URN where it is a whole extension.
    attribute: String,
}

/// The attributes that the findings of a case are about.
pub(super) fn named(result: &CaseResult) -> Vec<Named> {
    let of = |finding: &Finding| {
        let (kind, attribute) = attribute_of(result, finding)?;
        Some(Named { requirement: finding.requirement.clone(), kind, attribute })
    };
    result.findings.iter().filter_map(of).collect()
}

/// Of which kind of resource and of which attribute a finding of a scenario speaks, the latter in lower case.
pub fn attribute_of(result: &CaseResult, finding: &Finding) -> Option<(String, String)> {
    let Place::Body(pointer) = &finding.place else { return None };
    let kind = kind_of(&result.transcript.get(finding.exchange).filter(|_| counts(finding))?.request.path)?;
    Some((kind.to_owned(), attribute_at(pointer)?))
}

/// What the findings of a run tell, so that a law need not say it again.
pub struct Told<'a> {
    restated: &'a Restatements,
    /// What scenarios found violated.
    violated: BTreeSet<RequirementId>,
    /// Of which attributes they did.
    about: BTreeMap<(String, String), BTreeSet<RequirementId>>,
    /// What laws say of each attribute, told or not.
    laws: BTreeMap<(String, String), BTreeSet<RequirementId>>,
}

impl<'a> Told<'a> {
    /// What these results tell.
    pub fn by(results: &[&CaseResult], restated: &'a Restatements) -> Self {
        Self::with(results, results.iter().flat_map(|result| named(result)), restated)
    }

    fn with(results: &[&CaseResult], named: impl IntoIterator<Item = Named>, restated: &'a Restatements) -> Self {
        let own = results.iter().flat_map(|result| &result.findings);
        let own = own.filter(|finding| finding.law.is_none() && finding.level > Level::May);
        let violated: BTreeSet<RequirementId> = own.map(|finding| finding.requirement.clone()).collect();
        let mut about: BTreeMap<(String, String), BTreeSet<RequirementId>> = BTreeMap::new();
        for Named { requirement, kind, attribute } in
            named.into_iter().filter(|one| violated.contains(&one.requirement))
        {
            about.entry((kind, attribute)).or_default().insert(requirement);
        }
        let mut laws: BTreeMap<(String, String), BTreeSet<RequirementId>> = BTreeMap::new();
        let told = results.iter().flat_map(|result| result.findings.iter().chain(&result.follows));
        for (finding, law) in told.filter_map(|finding| Some((finding, finding.law.as_ref()?))) {
            for key in keys(law) {
                laws.entry(key).or_default().insert(finding.requirement.clone());
            }
        }
        Self { restated, violated, about, laws }
    }

    /// Which requirement tells what a law found, if one does.
    fn cause(&self, finding: &Finding) -> Option<RequirementId> {
        self.causes(finding).pop_first()
    }

    /// All that tell it.
    fn causes(&self, finding: &Finding) -> BTreeSet<RequirementId> {
        let Some(law) = &finding.law else { return BTreeSet::new() };
        let all = self.restated.get(&finding.requirement).map(Vec::as_slice).unwrap_or_default();
        let is_violated = |id: &RequirementId| self.violated.contains(id) && *id != finding.requirement;
        let by_data = all.iter().filter(|restated| match &restated.of {
            Restates::Anything => is_violated(&restated.id),
            Restates::Method(method) => is_violated(&restated.id) && law.method.as_ref() == Some(method),
            Restates::SameAttribute => {
                keys(law).iter().any(|key| self.laws.get(key).is_some_and(|laws| laws.contains(&restated.id)))
            }
        });
        let by_place = keys(law).into_iter().filter_map(|key| self.about.get(&key)).flatten();
        let by_place = by_place.filter(|id| **id != finding.requirement);
        by_data.map(|restated| &restated.id).chain(by_place).cloned().collect()
    }

    /// Whether a scenario tells what a law found.
    pub fn is_told(&self, finding: &Finding) -> bool {
        self.causes(finding).iter().any(|id| self.violated.contains(id))
    }

    /// Whether a finding of another case says nothing new: a requirement tells it, or a law found the same of the same attribute.
    pub fn knows(&self, finding: &Finding) -> bool {
        let is_same =
            |key: &(String, String)| self.laws.get(key).is_some_and(|laws| laws.contains(&finding.requirement));
        match &finding.law {
            Some(law) => self.cause(finding).is_some() || keys(law).iter().any(is_same),
            None => self.violated.contains(&finding.requirement),
        }
    }
}

/// Takes what laws found and a requirement tells out of the findings, into what follows.
pub(super) fn settle(results: &mut [CaseResult], clues: &[Clue], restated: &Restatements) {
    let is_by_law = |result: &CaseResult| {
        let later = result.not_scored.iter().map(|one| &one.finding);
        result.findings.iter().chain(later).any(|finding| finding.law.is_some())
    };
    if !results.iter().any(is_by_law) {
        return;
    }
    let all: Vec<&CaseResult> = results.iter().collect();
    let told = Told::with(&all, clues.iter().flat_map(|clue| clue.named.iter().cloned()), restated);
    let cause = |finding: &Finding| told.cause(finding);
    for result in results.iter_mut() {
        // Those of parts of a run follow from what the whole has.
        for finding in result.follows.iter_mut().filter(|finding| finding.law.is_some()) {
            finding.because = cause(finding).map(|id| tells(&id)).or(finding.because.take());
        }
        let later: Vec<Finding> =
            result.not_scored.extract_if(.., |one| cause(&one.finding).is_some()).map(|one| one.finding).collect();
        let now: Vec<Finding> = result.findings.extract_if(.., |finding| cause(finding).is_some()).collect();
        let is_other = !now.is_empty();
        for finding in now.into_iter().chain(later) {
            if result.findings.iter().all(|other| other.requirement != finding.requirement) {
                result.judged.retain(|id| *id != finding.requirement);
            }
            let because = cause(&finding).map(|id| tells(&id));
            result.follows.push(Finding { because, ..finding });
        }
        let is_failed = result.findings.iter().any(|finding| finding.level == Level::Must);
        if is_other && result.outcome == Outcome::Failed && !is_failed {
            result.outcome = match result.judged.is_empty() && result.findings.is_empty() {
                true => Outcome::Skipped(Skip::NothingToJudge("what was written is judged by other cases".to_owned())),
                false => Outcome::Passed,
            };
        }
    }
}

/// Whether a finding says of itself what a law would say again.
fn counts(finding: &Finding) -> bool {
    finding.law.is_none() && !finding.in_setup && finding.level > Level::May
}

fn tells(id: &RequirementId) -> String {
    format!("{id} tells it")
}

/// Under which names a finding of a scenario may speak of the same: the attribute, and the extension that it is of.
fn keys(law: &Broken) -> Vec<(String, String)> {
    let (urn, name) = match law.attribute.rsplit_once(':') {
        Some((urn, name)) => (Some(urn), name),
        None => (None, law.attribute.as_str()),
    };
    let name = name.split('.').next().unwrap_or_default();
    let all = [Some(name), urn].into_iter().flatten().filter(|name| !name.is_empty());
    all.map(|name| (law.kind.clone(), name.to_lowercase())).collect()
}

/// The kind of resource that a path is about.
fn kind_of(path: &str) -> Option<&'static str> {
    match path.split(['/', '?']).find(|segment| !segment.is_empty())? {
        "Users" => Some("User"),
        "Groups" => Some("Group"),
        _ => None,
    }
}

/// The attribute that a place in a body is of, whether in a resource or in a list of them.
fn attribute_at(pointer: &str) -> Option<String> {
    let is_place = |token: &&str| {
        let is_number = token.bytes().all(|byte| byte.is_ascii_digit());
        !token.is_empty() && !is_number && !token.eq_ignore_ascii_case("Resources")
    };
    let mut tokens = pointer.split('/').filter(is_place);
    let first = tokens.next()?;
    let name = if first.contains(':') { tokens.next().unwrap_or(first) } else { first };
    Some(name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::super::attribute;
    use super::*;
    use crate::requirement::{Failure, Restated};
    use crate::source::{SourceFile, Span};
    use crate::wire::{Exchange, Headers, Request, Response};

    const LAW: &str = "touches-only";

    fn exchange(path: &str) -> Exchange {
        Exchange {
            request: Request::own("GET", path),
            reply: Ok(Response { status: 200, headers: Headers(Vec::new()), body: b"{}".to_vec() }),
            attempts: Vec::new(),
            took: std::time::Duration::ZERO,
            look: 0,
        }
    }

    fn finding(requirement: &str, pointer: &str, law: Option<(&str, &str)>) -> Finding {
        let file = Arc::new(SourceFile { name: "case.yaml".to_owned(), text: String::new() });
        let broken = |(attribute, method): (&str, &str)| Broken {
            kind: "User".to_owned(),
            attribute: attribute.to_owned(),
            method: Some(method.to_owned()),
            write: None,
            demanded: String::new(),
        };
        Finding {
            requirement: requirement.into(),
            level: Level::Must,
            expected: "something else".to_owned(),
            actual: Value::Null,
            place: Place::Body(pointer.to_owned()),
            failure: Failure::NoEffect,
            exchange: 0,
            in_setup: false,
            because: None,
            known: None,
            law: law.map(broken),
            span: Span::start_of(&file),
        }
    }

    fn case(id: &str, path: &str, finding: Finding) -> CaseResult {
        let judged = vec![finding.requirement.clone(), "other".into()];
        let transcript = vec![exchange(path)];
        CaseResult { findings: vec![finding], judged, transcript, ..CaseResult::new(id, Outcome::Failed) }
    }

    /// What became of a law's finding beside a scenario's: whether it is told, whether the case has failed, and why if it is not.
    fn told(own: Finding, path: &str, law: Finding, of: Restates) -> (usize, bool, Option<String>) {
        let restated = Restatements::from([(LAW.into(), vec![Restated { id: "keeps-others".into(), of }])]);
        let both = [case("a/own", path, own), case("a/law", "/Users/1", law)];
        let outcomes: Vec<_> = [both.clone().to_vec(), both.into_iter().rev().collect()]
            .into_iter()
            .map(|mut results: Vec<CaseResult>| {
                attribute(&mut results, &restated);
                let result = results.into_iter().find(|result| result.id == "a/law").expect("it is there");
                let because = result.follows.first().and_then(|finding| finding.because.clone());
                (result.findings.len(), result.outcome == Outcome::Failed, because)
            })
            .collect();
        assert_eq!(outcomes[0], outcomes[1], "the order of cases does not matter");
        outcomes[0].clone()
    }

    #[test]
    fn the_attribute_that_a_scenario_finds_wrong_no_law_tells_again() {
        let law = || finding(LAW, "/emails", Some(("emails", "PATCH")));
        let other = || Restates::Method("PUT".to_owned());
        let listed = finding("emails-stored", "/Resources/3/emails/0/type", None);
        let follows = (0, false, Some("emails-stored tells it".to_owned()));
        assert_eq!(told(listed, "/Users?startIndex=1", law(), other()), follows);
        // Of another attribute, or of a group, it is another fault.
        let stands = (1, true, None);
        assert_eq!(told(finding("title-stored", "/title", None), "/Users/1", law(), other()), stands);
        assert_eq!(told(finding("emails-stored", "/emails", None), "/Groups/1", law(), other()), stands);
        // What was met in setup judges nothing.
        let in_setup = Finding { in_setup: true, ..finding("emails-stored", "/emails", None) };
        assert_eq!(told(in_setup, "/Users/1", law(), other()), stands);
    }

    #[test]
    fn what_a_law_restates_it_tells_of_that_method_only() {
        let law = |method| finding(LAW, "/locale", Some(("locale", method)));
        let own = || finding("keeps-others", "/title", None);
        let of_patch = || Restates::Method("PATCH".to_owned());
        let follows = (0, false, Some("keeps-others tells it".to_owned()));
        assert_eq!(told(own(), "/Users/1", law("PATCH"), of_patch()), follows);
        assert_eq!(told(own(), "/Users/1", law("PUT"), of_patch()), (1, true, None));
        assert_eq!(told(own(), "/Users/1", law("PUT"), Restates::Anything), follows);
    }

    #[test]
    fn of_two_laws_about_one_attribute_the_one_that_restates_is_not_told() {
        let law = finding(LAW, "/locale", Some(("locale", "PATCH")));
        let effect = |attribute| finding("keeps-others", "/x", Some((attribute, "POST")));
        let follows = (0, false, Some("keeps-others tells it".to_owned()));
        assert_eq!(told(effect("locale"), "/Users/1", law.clone(), Restates::SameAttribute), follows);
        assert_eq!(told(effect("title"), "/Users/1", law, Restates::SameAttribute), (1, true, None));
    }
}

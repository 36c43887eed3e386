//! The judge: demands against evidence.
//!
//! **Invariant:** pure. The same expectations, exchange and bindings give the same findings; no clock, no network, no
//! environment, and nothing a server sends makes it panic.

use std::collections::BTreeMap;

use serde_json::Value;

mod answer;
mod body;
mod compare;
mod internals;
mod matcher;
mod rules;
mod schema;
mod seek;
mod shape;
mod walk;

pub use body::{Body, Renamed, body};
pub use walk::{Page, WalkEnd, WalkEvidence};

use crate::requirement::{
    Differences, Edition, Failure, Level, Registry, Requirement, RequirementId, Restated, Standing,
};
use crate::scenario::template::{Template, Unbound};
use crate::scenario::{Bindings, Check, Expectation, Rule, RuleCall, RuleScope};
use crate::verdict::{Finding, NotScored, Note, Place};
use crate::wire::Exchange;

use rules::Fault;
use schema::Schemas;
use walk::Ruling;

/// What the judge concludes from one answer, one walk, or one group of answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// Demands not met: `MUST` and `SHOULD`.
    pub findings: Vec<Finding>,
    /// Demands not met that the edition does not score.
    pub not_scored: Vec<NotScored>,
    /// Held against nobody: `MAY` demands not met, and which reading of an unclear text was met.
    pub notes: Vec<Note>,
    /// What was judged, met or not, in order and once each.
    pub judged: Vec<RequirementId>,
    /// Whether a status expectation was not met and the other demands were not judged for it.
    pub status_failed: bool,
}

impl Judgement {
    /// Whether every demand was met, those included that are not scored.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.not_scored.is_empty()
    }

    /// The demands that were not met, those included that are not scored.
    pub fn unmet(&self) -> impl Iterator<Item = &RequirementId> {
        let not_scored = self.not_scored.iter().map(|not_scored| &not_scored.finding);
        self.findings.iter().chain(not_scored).map(|finding| &finding.requirement)
    }

    fn judged(&mut self, requirement: &RequirementId) {
        if !self.judged.contains(requirement) {
            self.judged.push(requirement.clone());
        }
    }

    /// Enters what came of a rule over several answers; `exchange` is where it is noted when it holds.
    fn rule(&mut self, expectation: &Expectation, ruling: Ruling, exchange: usize) {
        let known = self.findings.len();
        match ruling {
            Ruling::NoOccasion => {}
            Ruling::Met => self.enter(expectation, None, exchange),
            Ruling::Unmet(fault, exchange) => self.enter(expectation, Some(fault), exchange),
        }
        for finding in self.findings.iter_mut().skip(known) {
            finding.failure = if finding.place == Place::Together { Failure::WrongStatus } else { Failure::NoEffect };
        }
    }

    /// Enters what came of an expectation.
    fn enter(&mut self, expectation: &Expectation, fault: Option<Fault>, exchange: usize) {
        self.judged(&expectation.requirement);
        let note = |text: String| Note {
            text,
            requirement: Some(expectation.requirement.clone()),
            exchange: Some(exchange),
            all_well: false,
        };
        match (fault, &expectation.unclear) {
            (None, None) => {}
            (None, Some(readings)) => {
                let text = format!("{readings}: this server does what is expected here");
                self.notes.push(Note { all_well: true, ..note(text) });
            }
            (Some(fault), Some(readings)) => {
                self.notes
                    .push(note(format!("{readings}: this server does not do what is expected here; {}", told(&fault))));
            }
            (Some(fault), None) if expectation.level == Level::May => self.notes.push(note(told(&fault))),
            (Some(fault), None) => self.findings.push(Finding {
                requirement: expectation.requirement.clone(),
                level: expectation.level,
                expected: fault.expected,
                actual: fault.actual,
                place: fault.place,
                failure: Failure::default(),
                exchange,
                in_setup: false,
                because: None,
                known: None,
                law: None,
                span: expectation.span.clone(),
            }),
        }
    }
}

fn told(fault: &Fault) -> String {
    match &fault.actual {
        Value::Null => format!("{}: expected {}, found nothing", fault.place, fault.expected),
        actual => format!("{}: expected {}, found {actual}", fault.place, fault.expected),
    }
}

/// A fault in the embedded schemas: a requirement that the registry does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("schema {schema} names {requirement}, which is not a registered requirement")]
pub struct UnknownRequirement {
    /// The schema file.
    pub schema: String,
    /// What it names.
    pub requirement: String,
}

/// The compiled schemas and the levels of the requirements they name, as an edition has them.
#[derive(Debug)]
pub struct Judge {
    schemas: Schemas,
    /// What else the newest edition demands.
    later: Option<Later>,
    /// What each requirement weighs.
    weights: BTreeMap<RequirementId, Weight>,
    /// What the laws restate.
    restated: BTreeMap<RequirementId, Vec<Restated>>,
}

/// What a requirement weighs by the edition that is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It is scored at that level.
    Scored(Level),
    /// It is not: it has that level from that edition on.
    Later(Level, Edition),
}

/// The demands that came after the edition by which is judged.
#[derive(Debug)]
struct Later {
    edition: Edition,
    differences: Differences,
    /// The schemas with the levels of today.
    schemas: Schemas,
}

impl Judge {
    /// Reads the schemas; each is compiled when it is first used.
    ///
    /// # Errors
    /// When a schema names a requirement that is not registered.
    pub fn new(registry: &Registry) -> Result<Self, UnknownRequirement> {
        let weights = registry.iter().map(|known| (known.id.clone(), Weight::Scored(known.level))).collect();
        Ok(Self {
            schemas: Schemas::new(registry, |known| Some(known.level))?,
            later: None,
            weights,
            restated: registry.restated(),
        })
    }

    /// The same for an edition: by what it demands is judged as if there were nothing else, and then what came later.
    ///
    /// # Errors
    /// When a schema names a requirement that is not registered.
    pub fn at(registry: &Registry, edition: Edition) -> Result<Self, UnknownRequirement> {
        let differences = Differences::of(registry, edition);
        let then = |known: &Requirement| match known.standing(edition) {
            Standing::Scored(level) => Some(level),
            Standing::Later(_) => None,
        };
        let schemas = Schemas::new(registry, then)?;
        let later = Later { edition, differences, schemas: Schemas::new(registry, |known| Some(known.level))? };
        let weight = |known: &Requirement| match known.standing(edition) {
            Standing::Scored(level) => Weight::Scored(level),
            Standing::Later(since) => Weight::Later(known.level, since),
        };
        let weights = registry.iter().map(|known| (known.id.clone(), weight(known))).collect();
        Ok(Self { schemas, later: Some(later), weights, restated: registry.restated() })
    }

    /// Whether what came with that edition is not scored, because it is later than the one by which is judged.
    pub fn is_later(&self, since: Edition) -> bool {
        self.later.as_ref().is_some_and(|later| since > later.edition)
    }

    /// What a requirement weighs; none where nobody has registered it.
    pub fn weight(&self, requirement: &RequirementId) -> Option<Weight> {
        self.weights.get(requirement).copied()
    }

    /// What each law restates.
    pub fn restated(&self) -> &BTreeMap<RequirementId, Vec<Restated>> {
        &self.restated
    }

    /// A demand as the edition has it; none where it does not score it.
    pub fn then(&self, demand: Finding) -> Option<Finding> {
        let Some(later) = &self.later else { return Some(demand) };
        if later.differences.later(&demand.requirement).is_some() {
            return None;
        }
        Some(Finding { level: later.differences.level(&demand.requirement).unwrap_or(demand.level), ..demand })
    }

    /// Judges by what is scored, then by all of today, and keeps of the second what is not scored.
    fn judged(
        &self,
        expectations: &[Expectation],
        judge: impl Fn(&Schemas, &[Expectation]) -> Result<Judgement, Unbound>,
    ) -> Result<Judgement, Unbound> {
        let Some(later) = self.later.as_ref().filter(|later| !later.differences.is_empty()) else {
            return judge(&self.schemas, expectations);
        };
        let is_later = |id: &RequirementId| later.differences.later(id).is_some();
        let then = expectations.iter().filter(|expectation| !is_later(&expectation.requirement));
        let then: Vec<Expectation> = then
            .map(|expectation| {
                let level = later.differences.level(&expectation.requirement).unwrap_or(expectation.level);
                Expectation { level, ..expectation.clone() }
            })
            .collect();
        let mut judgement = judge(&self.schemas, &then)?;
        judgement.judged.retain(|id| !is_later(id));
        judgement.notes.retain(|note| !note.requirement.as_ref().is_some_and(is_later));
        // What came later may need a name that only what came later gives.
        let today = judge(&later.schemas, expectations).unwrap_or_default();
        let not_scored = today.findings.into_iter().filter_map(|finding| {
            let since = later.differences.later(&finding.requirement)?;
            Some(NotScored { finding, since })
        });
        judgement.not_scored.extend(not_scored);
        today.judged.iter().filter(|id| is_later(id)).for_each(|id| judgement.judged(id));
        Ok(judgement)
    }

    /// Judges one answer. `index` is the place of the exchange in the transcript, `body` what [`body`] made of its response.
    /// Walk and group rules are passed over. An exchange without a reply gives nothing to judge.
    ///
    /// # Errors
    /// A name in an expectation that has no value.
    pub fn answer(
        &self,
        expectations: &[Expectation],
        exchange: &Exchange,
        index: usize,
        body: &Body,
        bindings: &Bindings,
    ) -> Result<Judgement, Unbound> {
        self.judged(expectations, |schemas, expectations| {
            answer::judge(schemas, expectations, exchange, index, body, bindings)
        })
    }

    /// Judges the walk rules among the expectations; the others are passed over. Looking again before accusing anybody is
    /// the caller's: see [`WalkEvidence::quiet_against`].
    ///
    /// # Errors
    /// A name in an expectation that has no value.
    pub fn walk(
        &self,
        expectations: &[Expectation],
        evidence: &WalkEvidence,
        bindings: &Bindings,
    ) -> Result<Judgement, Unbound> {
        self.judged(expectations, |_, expectations| {
            let mut judgement = Judgement::default();
            for (expectation, call) in calls(expectations, RuleScope::Walk) {
                let ruling = walk::walk_rule(call, evidence, bindings)?;
                judgement.rule(expectation, ruling, evidence.pages.last().map_or(0, |page| page.exchange));
            }
            Ok(judgement)
        })
    }

    /// Judges the group rules among the expectations; the others are passed over. Each exchange comes with its place in
    /// the transcript.
    ///
    /// # Errors
    /// A name in an expectation that has no value.
    pub fn group(
        &self,
        expectations: &[Expectation],
        exchanges: &[(usize, &Exchange)],
        bindings: &Bindings,
    ) -> Result<Judgement, Unbound> {
        self.judged(expectations, |_, expectations| {
            let mut judgement = Judgement::default();
            for (expectation, call) in calls(expectations, RuleScope::Group) {
                let ruling = walk::group_rule(call, exchanges, bindings)?;
                judgement.rule(expectation, ruling, exchanges.first().map_or(0, |(index, _)| *index));
            }
            Ok(judgement)
        })
    }

    /// What a check can report besides the requirement of its expectation on the answer to this request, which `all`
    /// expectations are on. `path` may hold any text in place of ids.
    pub fn requirements_on(&self, check: &Check, all: &[Expectation], method: &str, path: &str) -> Vec<RequirementId> {
        match check {
            Check::Rule(call) if call.rule == Rule::WellFormed => {
                let profile = profile_of(call);
                let of_profile = |schema| schema::of_profile(schema, profile);
                let schemas: Vec<&str> = shape::schemas_for(method, path).into_iter().filter_map(of_profile).collect();
                let today = self.later.as_ref().map_or(&self.schemas, |later| &later.schemas);
                today.reportable(&schemas, profile, answer::bodies(all)).to_vec()
            }
            _ => Vec::new(),
        }
    }
}

/// The profile that `well-formed` was given; it is written out, not captured.
fn profile_of(call: &RuleCall) -> &str {
    match call.with.iter().find(|(name, _)| name == "profile") {
        Some((_, Template::Value(Value::String(profile)))) => profile,
        _ => schema::RFC,
    }
}

fn calls(expectations: &[Expectation], scope: RuleScope) -> impl Iterator<Item = (&Expectation, &RuleCall)> {
    expectations.iter().filter_map(move |expectation| match &expectation.check {
        Check::Rule(call) if call.rule.scope() == scope => Some((expectation, call)),
        _ => None,
    })
}

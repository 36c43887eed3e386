//! What is found in cases that ran beside others: a write of another case may have done what a case sees of its own resources.
//!
//! So such a case is run again alone. What comes again stands, with the write that a law blames. What does not is held against the server as
//! well, but blames nothing that this case did: either another case has done it, or it happens only where several write at once.
//!
//! **Invariant:** a server without such findings is sent nothing. A recording is judged as the run was: what became of each finding is
//! part of it ([`Disputed`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use crate::plan::Planned;
use crate::requirement::RequirementId;
use crate::root_cause;
use crate::scenario::{Action, Case, unfolded};
use crate::verdict::{Broken, CaseResult, Disputed, Finding, Outcome, SetupResult};
use crate::wire::Wire;

use super::{Shared, Stop, audit, blank, carry_out, sharing_of};

/// So many cases are run again.
const MOST_CASES: usize = 20;

/// So many requests that may cost.
const MOST_REQUESTS: usize = 150;

/// After so many cases in which it did not come again it is not looked for in others.
const ENOUGH: usize = 2;

/// What was sent is told under that name.
const AGAIN: &str = "cases that were run again alone";

/// In which way something is wrong: what is violated, of which attribute of which kind of resource, and the method that a law blames. Cases in
/// which it is wrong alike have the same fault.
type Way = (RequirementId, String, String, Option<String>);

/// The way of a finding, where a write of another case may have caused it: of laws those that speak of what was written, of a scenario's own
/// demands those on what a read shows of an attribute.
fn way_of(result: &CaseResult, finding: &Finding) -> Option<Way> {
    let requirement = || finding.requirement.clone();
    let Some(law) = &finding.law else {
        let (kind, attribute) = root_cause::attribute_of(result, finding)?;
        return Some((requirement(), kind, attribute, None));
    };
    let may_be_of_others = [
        audit::TAKES_EFFECT,
        audit::PUT_REPLACES,
        audit::TOUCHES_ONLY,
        audit::REFUSED,
        audit::PATCH_ATOMIC,
        audit::IDENTITY,
    ];
    let is_such = may_be_of_others.contains(&finding.requirement.as_str());
    is_such.then(|| (requirement(), law.kind.clone(), law.attribute.clone(), law.method.clone()))
}

fn ways(result: &CaseResult) -> BTreeSet<Way> {
    let later = result.not_scored.iter().map(|later| &later.finding);
    result.findings.iter().chain(later).filter_map(|finding| way_of(result, finding)).collect()
}

/// What came of running cases again.
#[derive(Default)]
struct Tried {
    confirmed: BTreeSet<Way>,
    /// In which cases it did not come again.
    refuted: BTreeMap<Way, BTreeSet<usize>>,
}

impl Tried {
    fn is_open(&self, way: &Way) -> bool {
        !self.confirmed.contains(way) && self.refuted.get(way).is_none_or(|cases| cases.len() < ENOUGH)
    }

    fn is_any_disputed(&self) -> bool {
        self.refuted.keys().any(|way| way.3.is_none() && !self.confirmed.contains(way))
    }

    fn is_disputed(&self, way: &Way, index: usize) -> bool {
        let is_refuted = |cases: &BTreeSet<usize>| cases.contains(&index) || cases.len() >= ENOUGH;
        !self.confirmed.contains(way) && self.refuted.get(way).is_some_and(is_refuted)
    }
}

/// Runs cases again alone whose findings others may have caused, and takes note in their results of what did not come again. Gives what was
/// sent for that.
pub(super) async fn try_alone(
    shared: &Arc<Shared>,
    planned: &[Planned<'_>],
    results: &mut BTreeMap<usize, CaseResult>,
) -> Option<SetupResult> {
    if matches!(shared.wire, Wire::Tape(_)) {
        for result in results.values_mut() {
            result.disputed = shared.options.recorded.disputed.get(&result.id).cloned().unwrap_or_default();
        }
        return None;
    }
    let began = Instant::now();
    let mut of_cases: BTreeMap<usize, BTreeSet<Way>> = BTreeMap::new();
    // What a scenario tells anyway is looked into only where that is disputed.
    let mut told: BTreeSet<Way> = BTreeSet::new();
    let were_beside = results.values().filter(|result| !result.transcript.is_empty()).count() > 1;
    if shared.options.jobs > 1 && were_beside {
        let all: Vec<&CaseResult> = results.values().collect();
        let by = root_cause::Told::by(&all, shared.judge.restated());
        for (index, result) in results.iter().filter(|(index, _)| **index < planned.len()) {
            // Beside one that runs alone nobody wrote where it looks, and one that sends several at once need not fail each time.
            if !planned[*index].scenario.alone && !is_together(planned[*index].case) {
                told.extend(result.findings.iter().filter(|one| by.is_told(one)).filter_map(|one| way_of(result, one)));
                of_cases.insert(*index, ways(result));
            }
        }
    }
    let (mut tried, mut done) = (Tried::default(), BTreeSet::new());
    let (mut transcript, mut leftovers) = (Vec::new(), Vec::new());
    while done.len() < MOST_CASES && transcript.len() < MOST_REQUESTS && shared.stopping() == Stop::No {
        let is_own = |way: &Way| !told.contains(way) || tried.is_any_disputed();
        let open = |ways: &BTreeSet<Way>| ways.iter().filter(|way| is_own(way) && tried.is_open(way)).count();
        // Where what it shares is broken, it is run with setup of its own.
        let may_run = |index: &usize| shared.meter.has(2 * results[index].transcript.len());
        let left = of_cases.iter().filter(|(index, _)| !done.contains(*index) && may_run(index));
        // The one that says most, and of those the shortest.
        let next = left.map(|(index, ways)| (open(ways), *index)).filter(|(open, _)| *open > 0);
        let length = |index: &usize| results[index].transcript.len();
        let Some((_, index)) = next.min_by_key(|(open, index)| (usize::MAX - open, length(index), *index)) else {
            break;
        };
        done.insert(index);
        let again = alone(shared, &planned[index], &results[&index]).await;
        let found = ways(&again);
        // One that did not come to its end says nothing of what it lacks.
        let is_whole = !matches!(again.outcome, Outcome::Inconclusive(_) | Outcome::Skipped(_));
        for way in &of_cases[&index] {
            if found.contains(way) {
                tried.confirmed.insert(way.clone());
            } else if is_whole && again.judged.contains(&way.0) {
                tried.refuted.entry(way.clone()).or_default().insert(index);
            }
        }
        // What prepared it for all was sent before, and is told there.
        let is_own = |place: &usize| !again.shared.iter().any(|shared| shared.holds(*place));
        let own: Vec<usize> = (0..again.transcript.len()).filter(is_own).collect();
        transcript.extend(own.into_iter().map(|place| again.transcript[place].clone()));
        leftovers.extend(again.leftovers);
    }
    for (index, ways) in of_cases {
        let disputed = ways.into_iter().filter(|way| tried.is_disputed(way, index));
        let disputed = disputed.map(|(requirement, kind, attribute, method)| Disputed {
            requirement,
            kind,
            attribute,
            method,
            case: None,
            write: None,
        });
        if let Some(result) = results.get_mut(&index) {
            result.disputed = disputed.collect();
        }
    }
    (!transcript.is_empty()).then(|| SetupResult {
        id: format!("{AGAIN}{}", shared.options.part),
        prepared_by: 0,
        transcript,
        leftovers,
        took: began.elapsed(),
    })
}

/// Runs a case again under another name, on the same setup: what the book has not seen created it does not excuse as the server's way.
async fn alone(shared: &Arc<Shared>, planned: &Planned<'_>, first: &CaseResult) -> CaseResult {
    let mut case = planned.case.as_ref().clone();
    case.id = format!("{} (again)", case.id);
    let blank = blank(&shared.judge, planned.scenario, &case);
    carry_out(Arc::clone(shared), Arc::new(case), blank, Some(sharing_of(first))).await
}

/// What a finding is disputed by, if it is.
pub(super) fn dispute<'a>(result: &'a CaseResult, finding: &Finding) -> Option<&'a Disputed> {
    let (requirement, kind, attribute, method) = way_of(result, finding)?;
    result.disputed.iter().find(|one| {
        (&one.requirement, &one.kind, &one.attribute, &one.method) == (&requirement, &kind, &attribute, &method)
    })
}

/// Whether a case sends several requests at the same moment.
fn is_together(case: &Case) -> bool {
    let all = unfolded(&case.given).into_iter().chain(unfolded(&case.steps));
    all.into_iter().any(|step| matches!(step.action, Action::Together { .. }))
}

/// Says of each finding that is disputed what is known of who did it.
pub(super) fn tell(result: &mut CaseResult) {
    let touches_only = RequirementId::from(audit::TOUCHES_ONLY);
    let whose = |finding: &Finding| dispute(result, finding).cloned();
    let now: Vec<Option<Disputed>> = result.findings.iter().map(whose).collect();
    let later: Vec<Option<Disputed>> = result.not_scored.iter().map(|later| whose(&later.finding)).collect();
    let findings = result.findings.iter_mut().zip(now);
    let later = result.not_scored.iter_mut().map(|later| &mut later.finding).zip(later);
    for (finding, one) in findings.chain(later) {
        let Some(one) = one else { continue };
        let who = match (&one.write, &one.case) {
            (Some(write), Some(case)) => {
                format!("{write} of {case} does the same to another resource when that case is run again alone")
            }
            (Some(write), None) => format!("{write} does the same to another resource"),
            (None, Some(case)) => format!("{case} does the same to another resource when it is run again alone"),
            (None, None) => "which write did it was not found out".to_owned(),
        };
        let demanded = finding.law.as_ref().map_or(&finding.expected, |law| &law.demanded);
        finding.expected = format!(
            "{demanded}: it was otherwise while other cases wrote, and not where such cases were run again alone; {who}"
        );
        finding.law = Some(Broken {
            kind: one.kind,
            attribute: one.attribute,
            method: one.write.as_deref().and_then(|write| write.split(' ').next()).map(str::to_owned),
            write: None,
            demanded: String::new(),
        });
        if finding.requirement.as_str() != audit::IDENTITY {
            finding.requirement = touches_only.clone();
        }
        if !result.judged.contains(&finding.requirement) {
            result.judged.push(finding.requirement.clone());
        }
    }
}

//! What comes of cases that rest on what others judge.
//!
//! **Invariant:** neither order nor speed decides: a case that was judged before what it rests on was seen violated comes to the same
//! as one that was not begun because of that.

use std::collections::BTreeSet;

use crate::requirement::{Level, RequirementId};
use crate::verdict::{CaseResult, Cause, Note, Outcome, Skip};

/// Leaves undecided what rests on a violated requirement, and keeps what such cases found as what may only follow from that. Where
/// nobody judged what a case with findings rests on, a note says so.
pub(super) fn settle(results: &mut [CaseResult]) {
    let violated = |results: &[CaseResult], counts: &dyn Fn(&CaseResult) -> bool| -> BTreeSet<RequirementId> {
        let found = results.iter().filter(|result| counts(result)).flat_map(|result| &result.findings);
        // A demand that was not met in setup became a finding because nothing else explained it: after this, not before.
        let found = found.filter(|finding| !finding.in_setup && finding.level > Level::May);
        found.map(|finding| finding.requirement.clone()).collect()
    };
    let seen = violated(results, &|_| true);
    let known = violated(results, &|result| !result.rests_on.iter().any(|id| seen.contains(id)));
    let judged: BTreeSet<RequirementId> = results.iter().flat_map(|result| result.judged.iter().cloned()).collect();
    for result in results.iter_mut().filter(|result| !result.rests_on.is_empty()) {
        let causes: Vec<RequirementId> = result.rests_on.iter().filter(|id| known.contains(*id)).cloned().collect();
        if let Some(first) = causes.first()
            && may_be_held_back(&result.outcome)
        {
            result.outcome = Outcome::Inconclusive(Cause::RestsOn(first.clone()));
            result.follows.append(&mut result.findings);
            result.blocked_by = causes;
            result.blocker = None;
            result.not_scored.clear();
            result.judged.clear();
            result.notes.clear();
            result.steps.clear();
            continue;
        }
        let untold = result.rests_on.iter().find(|id| !judged.contains(*id) && !result.findings.is_empty());
        if let Some(id) = untold {
            let text = format!("assumes that {id} is met, which no case of this run has judged");
            let note = Note { text, requirement: Some(id.clone()), exchange: None, all_well: false };
            if !result.notes.contains(&note) {
                result.notes.push(note);
            }
        }
    }
}

/// Whether what came of a case says something of the server, or may have.
fn may_be_held_back(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Passed | Outcome::Failed | Outcome::Skipped(Skip::NothingToJudge(_)) => true,
        Outcome::Skipped(_) => false,
        Outcome::Inconclusive(cause) => !matches!(cause, Cause::Stopped | Cause::NotReached(_) | Cause::Bug(_)),
    }
}

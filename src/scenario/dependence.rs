//! What cases rest on: the requirements that others judge, and without which nothing true can be said here.
//!
//! **Invariant:** pure. No case rests on what it judges itself, directly or by way of others: that is a mistake of the author, and
//! said before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::requirement::RequirementId;
use crate::source::{Diagnostic, Located};

use super::{Action, Case, Expectation, Scenario, unfolded};

/// Enters into each case all that it rests on. Who assumes a requirement rests also on what those rest on who judge it: where that is
/// violated, nobody has found out whether the requirement is met.
pub(super) fn enter(scenarios: &mut [Scenario], mistakes: &mut Vec<Diagnostic>) {
    let mut below: BTreeMap<RequirementId, BTreeSet<RequirementId>> = BTreeMap::new();
    let mut written: Vec<(Located<RequirementId>, BTreeSet<RequirementId>)> = Vec::new();
    for case in cases(scenarios).filter(|case| !case.assumes.is_empty()) {
        let judged = judged(case);
        for id in &judged {
            below.entry(id.clone()).or_default().extend(case.assumes.iter().map(|assumed| assumed.value.clone()));
        }
        written.extend(case.assumes.iter().map(|assumed| (assumed.clone(), judged.clone())));
    }
    for (assumed, judged) in &written {
        let mut told = BTreeSet::new();
        for id in judged.iter().filter(|id| reach(&assumed.value, &below).contains(*id) && told.insert(*id)) {
            let label = if *id == assumed.value { "and judged here, too" } else { "assumed here" };
            let round = format!("`{id}` is judged here, and `{}` is judged only where `{id}` is met", assumed.value);
            let mut mistake = Diagnostic::new("a scenario assumes what it judges", &assumed.span, label);
            mistake.help = (*id != assumed.value).then_some(round);
            if !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
    }
    for scenario in scenarios {
        for case in scenario.cases.iter_mut().filter(|case| !case.assumes.is_empty()) {
            let all = case.assumes.iter().flat_map(|assumed| reach(&assumed.value, &below));
            let all: BTreeSet<RequirementId> = all.collect();
            Arc::make_mut(case).rests_on = all.into_iter().collect();
        }
    }
}

fn cases(scenarios: &[Scenario]) -> impl Iterator<Item = &Case> {
    scenarios.iter().flat_map(|scenario| scenario.cases.iter().map(Arc::as_ref))
}

/// What the steps of a case demand themselves.
pub fn judged(case: &Case) -> BTreeSet<RequirementId> {
    let mut ids = BTreeSet::new();
    let mut add = |expect: &[Expectation]| {
        ids.extend(expect.iter().filter(|e| !e.of_suite).map(|e| e.requirement.clone()));
    };
    for step in unfolded(&case.steps) {
        match &step.action {
            Action::Send(send) => add(&send.expect),
            Action::Walk(walk) => add(&walk.expect),
            Action::Together { sends, expect } => {
                sends.iter().for_each(|send| add(&send.expect));
                add(expect);
            }
            Action::Each(_) | Action::Bind(_) | Action::Shared(_) => {}
        }
    }
    ids
}

/// A requirement and all that it takes to judge it.
fn reach(from: &RequirementId, below: &BTreeMap<RequirementId, BTreeSet<RequirementId>>) -> BTreeSet<RequirementId> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        if reached.insert(id.clone()) {
            open.extend(below.get(id).into_iter().flatten());
        }
    }
    reached
}

//! Which cases prove a quirk in an ordinary `cargo test`: those that judge what it breaks, some that prepare the same, and
//! a few of all others.
//!
//! What is drawn depends on the quirk's id and the case's id and on nothing else: another quirk or another case changes no
//! choice but its own, and over all quirks each case has its turn many times.

use std::collections::{BTreeMap, BTreeSet};

use scim_check::judge::Judge;
use scim_check::requirement::RequirementId;
use scim_check::run;
use scim_check::scenario::{Action, Case, RequestTemplate, unfolded};

/// A demand that no more cases judge is tried with all of them. Of more, as many as it takes to see each kind of request.
const ALL: usize = 24;

/// For each flow that prepares a case that judges, this many more which it prepares.
const BESIDE: usize = 3;

/// Of the rest, one in so many.
const ONE_IN: u64 = 12;

/// Of the cases that must not complain of a right server, one in so many. All of them run where several freedoms come together.
const ONE_IN_OF_A_RIGHT_SERVER: u64 = 4;

/// What is chosen by.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) id: String,
    checks: BTreeSet<RequirementId>,
    /// The files of the flows that prepare it.
    flows: BTreeSet<String>,
    /// Methods, paths and names in queries of what is judged.
    kinds: BTreeSet<String>,
}

impl Facts {
    /// The same, with the laws that what it writes obeys.
    pub(crate) fn with_laws(judge: &Judge, case: &Case) -> Self {
        Facts { checks: run::checks_and_laws(judge, case).into_iter().collect(), ..Self::of(judge, case) }
    }

    pub(crate) fn of(judge: &Judge, case: &Case) -> Self {
        let flows = unfolded(&case.given).into_iter().map(|step| &step.span.file.name);
        let mut kinds = BTreeSet::new();
        for step in unfolded(&case.steps) {
            match &step.action {
                Action::Send(send) => _ = kinds.insert(kind(&send.request)),
                Action::Walk(walk) => _ = kinds.insert(kind(&walk.request)),
                Action::Together { sends, .. } => kinds.extend(sends.iter().map(|send| kind(&send.request))),
                Action::Each(_) | Action::Bind(_) | Action::Shared(_) => {}
            }
        }
        Facts {
            id: case.id.clone(),
            checks: run::checks(judge, case).into_iter().collect(),
            flows: flows.filter(|file| file.contains("flows/")).cloned().collect(),
            kinds,
        }
    }
}

fn kind(request: &RequestTemplate) -> String {
    let names: Vec<String> = request.query.iter().map(|(name, _)| name.sample("0")).collect();
    format!("{} {}?{}", request.method, request.path.sample("0"), names.join("&"))
}

/// The ids of the cases that prove the quirk, which shall be reported as these demands.
pub(crate) fn choose<'f>(cases: &[&'f Facts], quirk: &str, demands: &BTreeSet<RequirementId>) -> BTreeSet<&'f str> {
    let mut drawn: Vec<&'f Facts> = cases.to_vec();
    drawn.sort_by_key(|case| (draw(quirk, &case.id), &case.id));
    let mut chosen: BTreeMap<&str, &Facts> = BTreeMap::new();
    for demand in demands {
        let judges: Vec<&'f Facts> = drawn.iter().copied().filter(|case| case.checks.contains(demand)).collect();
        chosen.extend(some_of(judges).into_iter().map(|case| (case.id.as_str(), case)));
    }
    let flows: BTreeSet<&String> = chosen.values().flat_map(|case| &case.flows).collect();
    let beside: Vec<&Facts> = flows
        .into_iter()
        .flat_map(|flow| {
            let others =
                drawn.iter().filter(|case| case.flows.contains(flow) && !chosen.contains_key(case.id.as_str()));
            others.take(BESIDE).copied().collect::<Vec<_>>()
        })
        .collect();
    let one_in = if demands.is_empty() { ONE_IN_OF_A_RIGHT_SERVER } else { ONE_IN };
    let rest = drawn.iter().copied().filter(|case| draw(quirk, &case.id).is_multiple_of(one_in));
    chosen.into_values().chain(beside).chain(rest).map(|case| case.id.as_str()).collect()
}

/// All of them where they are few. Of many, cases which together judge each kind of request, and further ones up to the bound.
fn some_of(judges: Vec<&Facts>) -> Vec<&Facts> {
    if judges.len() <= ALL {
        return judges;
    }
    let mut seen: BTreeSet<&String> = BTreeSet::new();
    let (mut some, mut others) = (Vec::new(), Vec::new());
    for case in judges {
        let before = seen.len();
        seen.extend(&case.kinds);
        if seen.len() > before { some.push(case) } else { others.push(case) }
    }
    let more = ALL.saturating_sub(some.len());
    some.extend(others.into_iter().take(more));
    some
}

/// A number that two ids always draw.
fn draw(quirk: &str, case: &str) -> u64 {
    let mut state = 0xCBF2_9CE4_8422_2325_u64;
    for byte in quirk.bytes().chain([0]).chain(case.bytes()) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    // The lowest bits of such a sum are those of the last letters alone.
    (state ^ (state >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 20
}

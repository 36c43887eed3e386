//! What each depth runs. By default all but what its author called costly; `--depth quick`: the cases that judge as much of what binds as can be had for the requests and users that a push of a
//! branch is worth.
//!
//! **Invariant:** pure. What is chosen follows from the plan, the demands and their levels alone, and never costs more than allowed,
//! as far as a plan can tell: answers that have to be asked for again, and what others create meanwhile, only a run knows.

use std::collections::{BTreeMap, BTreeSet};

use super::Planned;
use crate::budget::Depth;
use crate::requirement::RequirementId;
use crate::scenario::{Action, Bindings, Case, Check, Expectation, Send, Step};
use crate::verdict::Skip;

/// How many requests the choice leaves to those that ask what the server offers, and to the reads that show, once a run, whether the
/// server names the right resources: how many these are depends on how many cases begin at once.
const RESERVE: usize = 9;

/// How many pages a list that is read to its end is taken to have. The server may have thousands of users.
const PAGES: usize = 20;

/// How many values the steps for each of several are taken to be for, where only the server knows.
const VALUES: usize = 2;

/// What a case is expected to cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Requests, those included that remove what it created.
    pub requests: usize,
    /// Users that it creates.
    pub users: usize,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.users += other.users;
    }
}

/// Leaves out of a plan what goes beyond a depth, but for what `is_named`, by its own id. `judges` says which demands that bind a case
/// judges.
pub fn limit(
    planned: &mut [Planned<'_>],
    depth: Depth,
    is_named: impl Fn(&str) -> bool,
    judges: impl Fn(&Case) -> Vec<RequirementId>,
) {
    if depth == Depth::Full {
        return;
    }
    let is_wanted = |plan: &Planned<'_>| is_named(&plan.scenario.id) || is_named(&plan.case.id);
    for plan in planned.iter_mut().filter(|plan| plan.skip.is_none() && plan.scenario.costly && !is_wanted(plan)) {
        plan.skip = Some(Skip::Costly);
    }
    if depth == Depth::Default {
        return;
    }
    let most = Cost { requests: Depth::QUICK_REQUESTS.saturating_sub(RESERVE), users: Depth::QUICK_USERS };
    let open = planned.iter().enumerate().filter(|(_, plan)| plan.skip.is_none());
    let open = open.map(|(at, plan)| (at, cost(plan.case), judges(plan.case).into_iter().collect()));
    let chosen = cover(open.collect(), most);
    for (at, plan) in planned.iter_mut().enumerate() {
        if plan.skip.is_none() && !chosen.contains(&at) {
            plan.skip = Some(Skip::Depth);
        }
    }
}

/// Of candidates with a cost and what they cover, those that are taken: one after the other the one that covers most of what is not
/// covered yet for each request, of equal ones the first, as long as there is one that can be afforded and covers something.
fn cover(mut open: Vec<(usize, Cost, BTreeSet<RequirementId>)>, most: Cost) -> BTreeSet<usize> {
    let mut chosen = BTreeSet::new();
    let mut spent = Cost::default();
    loop {
        let fits =
            |cost: &Cost| spent.requests + cost.requests <= most.requests && spent.users + cost.users <= most.users;
        open.retain(|(_, cost, covers)| fits(cost) && !covers.is_empty());
        // Fractions are compared by their products, so that nothing is rounded.
        let is_better = |one: &(usize, Cost, BTreeSet<RequirementId>),
                         best: &(usize, Cost, BTreeSet<RequirementId>)| {
            one.2.len() * best.1.requests.max(1) > best.2.len() * one.1.requests.max(1)
        };
        let mut best = 0;
        for at in 1..open.len() {
            if is_better(&open[at], &open[best]) {
                best = at;
            }
        }
        if open.is_empty() {
            return chosen;
        }
        let (case, cost, covered) = open.remove(best);
        chosen.insert(case);
        spent += cost;
        open.iter_mut().for_each(|(_, _, covers)| covers.retain(|id| !covered.contains(id)));
    }
}

/// What a case is expected to cost a server that does everything right at once.
pub fn cost(case: &Case) -> Cost {
    let mut rows = Bindings::default();
    for (name, value) in &case.row {
        rows.bind(name.clone(), value.clone());
    }
    let mut count = Count { rows, cost: Cost::default(), created: BTreeMap::new() };
    count.steps(&case.given, 1);
    count.steps(&case.steps, 1);
    // Each is deleted, and of the first of each kind it is looked whether it is gone.
    count.cost.requests += count.created.values().map(|created| created + 1).sum::<usize>();
    count.cost
}

struct Count {
    rows: Bindings,
    cost: Cost,
    /// How many resources of each collection are created.
    created: BTreeMap<String, usize>,
}

impl Count {
    fn steps(&mut self, steps: &[Step], times: usize) {
        for step in steps {
            match &step.action {
                Action::Send(send) => self.send(send, times),
                Action::Together { sends, .. } => sends.iter().for_each(|send| self.send(send, times)),
                Action::Walk(_) => self.cost.requests += PAGES * times,
                Action::Each(each) => {
                    let values = each.at_most.map_or(VALUES, |most| VALUES.min(most as usize));
                    self.steps(&each.steps, times * values);
                }
                Action::Shared(setup) => self.steps(&setup.steps, times),
                Action::Bind(_) => {}
            }
        }
    }

    fn send(&mut self, send: &Send, times: usize) {
        let times = times * send.times.unwrap_or(1) as usize;
        self.cost.requests += times;
        if send.request.method != "POST" || !may_succeed(send) {
            return;
        }
        let put = |text: &str, path: &mut String| path.push_str(text);
        let path = send.request.path.fill_with(&self.rows, &put).unwrap_or_else(|_| send.request.path.sample("0"));
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (Some(collection), None) = (segments.next(), segments.next()) else { return };
        if collection == "Users" {
            self.cost.users += times;
        }
        *self.created.entry(collection.to_owned()).or_default() += times;
    }
}

/// Whether a success is among what a step speaks of, or it speaks of no status.
fn may_succeed(send: &Send) -> bool {
    let ranges = |expectation: &Expectation| match &expectation.check {
        Check::Status(ranges) => Some(ranges.iter().any(|range| range.from < 300 && range.to >= 200)),
        _ => None,
    };
    let mut said = send.expect.iter().chain(&send.assume).filter_map(ranges).peekable();
    said.peek().is_none() || said.any(|succeeds| succeeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(of: &[(usize, usize, &str)]) -> Vec<(usize, Cost, BTreeSet<RequirementId>)> {
        let ids = |text: &str| text.chars().map(|c| RequirementId::from(c.to_string().as_str())).collect();
        of.iter()
            .enumerate()
            .map(|(at, (requests, users, covers))| (at, Cost { requests: *requests, users: *users }, ids(covers)))
            .collect()
    }

    #[test]
    fn most_for_each_request_is_taken_first_and_nothing_twice() {
        let most = Cost { requests: 10, users: 2 };
        let chosen = |of: &[(usize, usize, &str)]| cover(candidates(of), most).into_iter().collect::<Vec<_>>();
        assert_eq!(chosen(&[(4, 1, "abc"), (1, 0, "a"), (2, 0, "bc")]), [1, 2], "the first adds nothing any more");
        assert_eq!(chosen(&[(1, 0, "a"), (1, 0, "a")]), [0], "of equal ones the first");
        assert_eq!(chosen(&[(11, 0, "abcdefgh"), (10, 0, "a")]), [1], "what costs more than there is is never taken");
        assert_eq!(chosen(&[(1, 1, "a"), (1, 2, "bcd"), (9, 0, "e")]), [1, 2], "users are limited, too");
        assert_eq!(chosen(&[(0, 0, "")]), Vec::<usize>::new(), "what binds nobody is left out");
        assert_eq!(chosen(&[]), Vec::<usize>::new());
    }
}

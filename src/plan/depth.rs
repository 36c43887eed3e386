//! What each depth runs. By default all but what its author called costly; `--depth quick`: the cases that judge as much of what binds as can be had for the requests and users that a push of a
//! branch is worth.
//!
//! **Invariant:** pure. What is chosen follows from the plan, the demands and their levels alone, and never costs more than allowed,
//! as far as a plan can tell: answers that have to be asked for again, and what others create meanwhile, only a run knows.

use std::collections::{BTreeMap, BTreeSet};

use super::Planned;
use crate::budget::Depth;
use crate::requirement::RequirementId;
use crate::scenario::{Action, Bindings, Case, Check, Expectation, Send, SharedSetup, Step};
use crate::verdict::Skip;

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
    // The few requests that ask what the server offers take the place of reads that are counted and need not be sent.
    let most = Cost { requests: Depth::QUICK_REQUESTS, users: Depth::QUICK_USERS };
    let chosen = cover(candidates(planned, judges), most);
    for (at, plan) in planned.iter_mut().enumerate() {
        if plan.skip.is_none() && !chosen.contains(&at) {
            plan.skip = Some(Skip::Depth);
        }
    }
}

/// The cases of a plan that judge each demand at least once, which any of those that would be run judges, for as few requests as a greedy
/// choice finds: their places in it.
pub fn each_once(planned: &[Planned<'_>], judges: impl Fn(&Case) -> Vec<RequirementId>) -> BTreeSet<usize> {
    cover(candidates(planned, judges), Cost { requests: usize::MAX / 2, users: usize::MAX / 2 })
}

/// What cases are expected to cost together: what they share is prepared once.
pub fn cost<'c>(cases: impl IntoIterator<Item = &'c Case>) -> Cost {
    let mut spent = Spent::default();
    cases.into_iter().for_each(|case| spent.add(&Price::of(case)));
    spent.cost
}

fn candidates(planned: &[Planned<'_>], judges: impl Fn(&Case) -> Vec<RequirementId>) -> Vec<Candidate> {
    let open = planned.iter().enumerate().filter(|(_, plan)| plan.skip.is_none());
    let candidate = |(at, plan): (usize, &Planned<'_>)| Candidate {
        at,
        price: Price::of(plan.case),
        covers: judges(plan.case).into_iter().collect(),
    };
    open.map(candidate).collect()
}

/// A case that may be taken.
struct Candidate {
    /// Its place in the plan.
    at: usize,
    price: Price,
    /// What it judges, and nothing that was taken does.
    covers: BTreeSet<RequirementId>,
}

/// Of candidates with a cost and what they cover, those that are taken: one after the other the one that covers most of what is not
/// covered yet for each request, of equal ones the first, as long as there is one that can be afforded and covers something. What it
/// costs depends on what was taken before: setup that is shared is prepared once.
fn cover(mut open: Vec<Candidate>, most: Cost) -> BTreeSet<usize> {
    let mut chosen = BTreeSet::new();
    let mut spent = Spent::default();
    loop {
        open.retain(|candidate| !candidate.covers.is_empty());
        let mut best: Option<(usize, Cost)> = None;
        for (at, candidate) in open.iter().enumerate() {
            let more = spent.more(&candidate.price);
            let fits =
                spent.cost.requests + more.requests <= most.requests && spent.cost.users + more.users <= most.users;
            // Fractions are compared by their products, so that nothing is rounded.
            let is_better = best.is_none_or(|(best, cost)| {
                candidate.covers.len() * cost.requests.max(1) > open[best].covers.len() * more.requests.max(1)
            });
            if fits && is_better {
                best = Some((at, more));
            }
        }
        let Some((best, _)) = best else { return chosen };
        let Candidate { at, price, covers: covered } = open.remove(best);
        chosen.insert(at);
        spent.add(&price);
        open.iter_mut().for_each(|candidate| candidate.covers.retain(|id| !covered.contains(id)));
    }
}

/// What a case asks of a server that does everything right at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Price {
    /// What it asks itself, what it creates and its removal included.
    own: Part,
    /// What it shares with others, by flow and arguments.
    shared: BTreeMap<String, Part>,
}

/// What is asked and created together, and removed together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Part {
    cost: Cost,
    /// The collections in which something is created.
    created: BTreeSet<String>,
}

/// In so many cases it is looked whether what was deleted is gone, for each collection.
const LOOKS: usize = 5;

/// What those that were taken cost.
#[derive(Default)]
struct Spent {
    cost: Cost,
    prepared: BTreeSet<String>,
    /// In how many something of a collection is removed.
    removals: BTreeMap<String, usize>,
}

impl Spent {
    /// The parts that one more case adds.
    fn parts<'p>(&self, price: &'p Price) -> impl Iterator<Item = &'p Part> {
        let new = price.shared.iter().filter(|(name, _)| !self.prepared.contains(*name)).map(|(_, part)| part);
        std::iter::once(&price.own).chain(new.collect::<Vec<_>>())
    }

    /// What one more case costs.
    fn more(&self, price: &Price) -> Cost {
        let mut more = Cost::default();
        let mut removals: BTreeMap<&String, usize> = BTreeMap::new();
        for part in self.parts(price) {
            more += part.cost;
            for collection in &part.created {
                let more_here = removals.entry(collection).or_default();
                let before = self.removals.get(collection).copied().unwrap_or_default() + *more_here;
                more.requests += usize::from(before < LOOKS);
                *more_here += 1;
            }
        }
        more
    }

    fn add(&mut self, price: &Price) {
        let more = self.more(price);
        self.cost += more;
        let created: Vec<String> = self.parts(price).flat_map(|part| part.created.iter().cloned()).collect();
        for collection in created {
            *self.removals.entry(collection).or_default() += 1;
        }
        self.prepared.extend(price.shared.keys().cloned());
    }
}

impl Price {
    fn of(case: &Case) -> Self {
        let mut rows = Bindings::default();
        for (name, value) in &case.row {
            rows.bind(name.clone(), value.clone());
        }
        let mut price = Price::default();
        let mut count = Count { rows, part: Part::default(), just_read: None, shared: &mut price.shared };
        count.steps(&case.given, 1);
        count.steps(&case.steps, 1);
        price.own = count.part;
        price
    }
}

struct Count<'p> {
    rows: Bindings,
    part: Part,
    /// Of which collection shared setup has just read a resource: who asks for it next is given that answer.
    just_read: Option<String>,
    shared: &'p mut BTreeMap<String, Part>,
}

impl Count<'_> {
    fn steps(&mut self, steps: &[Step], times: usize) {
        for step in steps {
            match &step.action {
                Action::Send(send) => self.send(send, times),
                Action::Together { sends, .. } => sends.iter().for_each(|send| self.send(send, times)),
                Action::Walk(_) => self.part.cost.requests += PAGES * times,
                Action::Each(each) => {
                    let values = each.at_most.map_or(VALUES, |most| VALUES.min(most as usize));
                    self.steps(&each.steps, times * values);
                }
                Action::Shared(setup) => self.share(setup),
                Action::Bind(_) => {}
            }
        }
    }

    fn share(&mut self, setup: &SharedSetup) {
        let given = setup.given.iter().map(|(_, template)| match template.fill(&self.rows) {
            Ok(value) => value.to_string(),
            Err(_) => format!("{template:?}"),
        });
        let name = format!("{} {}", setup.flow, given.collect::<Vec<_>>().join(","));
        self.just_read = match setup.steps.last().map(|step| &step.action) {
            Some(Action::Send(send)) => read(send, &self.rows),
            _ => None,
        };
        if self.shared.contains_key(&name) {
            return;
        }
        let (rows, part) = (self.rows.clone(), Part::default());
        let mut count = Count { rows, part, just_read: None, shared: &mut *self.shared };
        count.steps(&setup.steps, 1);
        let part = count.part;
        self.shared.insert(name, part);
    }

    fn send(&mut self, send: &Send, times: usize) {
        let times = times * send.times.unwrap_or(1) as usize;
        if let Some(read_before) = self.just_read.take()
            && read(send, &self.rows) == Some(read_before)
        {
            return;
        }
        self.part.cost.requests += times;
        if send.request.method != "POST" || !may_succeed(send) {
            return;
        }
        let path = path(send, &self.rows);
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (Some(collection), None) = (segments.next(), segments.next()) else { return };
        if collection == "Users" {
            self.part.cost.users += times;
        }
        // Each is deleted.
        self.part.cost.requests += times;
        self.part.created.insert(collection.to_owned());
    }
}

fn path(send: &Send, rows: &Bindings) -> String {
    let put = |text: &str, path: &mut String| path.push_str(text);
    send.request.path.fill_with(rows, &put).unwrap_or_else(|_| send.request.path.sample("0"))
}

/// The collection of the resource that a step reads, if it reads one.
fn read(send: &Send, rows: &Bindings) -> Option<String> {
    let path = path(send, rows);
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let (collection, item) = (segments.next()?, segments.next()?);
    (send.request.method == "GET" && segments.next().is_none() && !item.contains('?')).then(|| collection.to_owned())
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

    fn price(requests: usize, users: usize) -> Price {
        Price { own: Part { cost: Cost { requests, users }, created: BTreeSet::new() }, shared: BTreeMap::new() }
    }

    fn candidates(of: &[(Price, &str)]) -> Vec<Candidate> {
        let ids = |text: &str| text.chars().map(|c| RequirementId::from(c.to_string().as_str())).collect();
        let candidate = |(at, (price, covers)): (usize, &(Price, &str))| Candidate {
            at,
            price: price.clone(),
            covers: ids(covers),
        };
        of.iter().enumerate().map(candidate).collect()
    }

    fn chosen(of: &[(Price, &str)]) -> Vec<usize> {
        cover(candidates(of), Cost { requests: 10, users: 2 }).into_iter().collect()
    }

    #[test]
    fn most_for_each_request_is_taken_first_and_nothing_twice() {
        let chosen = |of: &[(usize, usize, &'static str)]| {
            let of: Vec<_> = of.iter().map(|(requests, users, covers)| (price(*requests, *users), *covers)).collect();
            chosen(&of)
        };
        assert_eq!(chosen(&[(4, 1, "abc"), (1, 0, "a"), (2, 0, "bc")]), [1, 2], "the first adds nothing any more");
        assert_eq!(chosen(&[(1, 0, "a"), (1, 0, "a")]), [0], "of equal ones the first");
        assert_eq!(chosen(&[(11, 0, "abcdefgh"), (10, 0, "a")]), [1], "what costs more than there is is never taken");
        assert_eq!(chosen(&[(1, 1, "a"), (1, 2, "bcd"), (9, 0, "e")]), [1, 2], "users are limited, too");
        assert_eq!(chosen(&[(0, 0, "")]), Vec::<usize>::new(), "what binds nobody is left out");
        assert_eq!(chosen(&[]), Vec::<usize>::new());
    }

    #[test]
    fn what_is_shared_is_paid_for_once() {
        let sharing = |requests: usize| {
            let setup = Part { cost: Cost { requests: 5, users: 1 }, created: BTreeSet::new() };
            Price { shared: BTreeMap::from([("a user".to_owned(), setup)]), ..price(requests, 0) }
        };
        let of = [(sharing(1), "ab"), (sharing(2), "c"), (price(6, 0), "defg"), (sharing(1), "h")];
        assert_eq!(chosen(&of[..2]), [0, 1], "8 requests");
        assert_eq!(chosen(&of), [2], "and what comes first may leave nothing for it");
        assert_eq!(chosen(&[of[0].clone(), of[1].clone(), of[3].clone()]), [0, 1, 2], "9 requests and one user");
    }
}

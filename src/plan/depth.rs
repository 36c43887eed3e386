//! What each depth runs. By default all but what its author called costly; `--depth quick`: the cases that judge as much of what binds as can be had for the requests and users that a push of a
//! branch is worth.
//!
//! **Invariant:** pure. What is chosen follows from the plan, the demands and their levels alone, and never costs more than allowed,
//! as far as a plan can tell: answers that have to be asked for again, and what others create meanwhile, only a run knows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Planned;
use crate::budget::Depth;
use crate::requirement::RequirementId;
use crate::scenario::{
    Action, Bindings, Case, Check, Expectation, RequestTemplate, Send, SharedSetup, Step, TextTemplate, data_key,
};
use crate::verdict::Skip;

/// How many requests ask what the server offers before there is a plan.
const BEFORE: usize = 4;

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
    let most = Cost { requests: Depth::QUICK_REQUESTS - BEFORE, users: Depth::QUICK_USERS };
    let chosen = cover(&candidates(planned, &judges), most);
    for (at, plan) in planned.iter_mut().enumerate() {
        if plan.skip.is_none() && !chosen.contains(&at) {
            plan.skip = Some(Skip::Depth);
        }
    }
}

/// The cases of a plan that judge each demand at least once, which any of those that would be run judges, for as few requests as a greedy
/// choice finds: their places in it.
pub fn each_once(planned: &[Planned<'_>], judges: impl Fn(&Case) -> Vec<RequirementId>) -> BTreeSet<usize> {
    cover(&candidates(planned, judges), Cost { requests: usize::MAX / 2, users: usize::MAX / 2 })
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
    /// What it judges.
    covers: BTreeSet<RequirementId>,
}

/// Of candidates with a cost and what they cover, those that are taken: by a greedy choice, of which then one is exchanged for others as
/// long as that covers more, or as much for fewer requests.
fn cover(candidates: &[Candidate], most: Cost) -> BTreeSet<usize> {
    let mut best = Choice::of(candidates, BTreeSet::new());
    best.complete(most, None);
    loop {
        let without = |one: &usize| {
            let rest = best.taken.iter().filter(|taken| *taken != one).copied();
            let mut other = Choice::of(candidates, rest.collect());
            other.complete(most, Some(*one));
            other
        };
        match best.taken.iter().map(without).find(|other| other.worth() > best.worth()) {
            Some(better) => best = better,
            None => return best.taken.iter().map(|taken| candidates[*taken].at).collect(),
        }
    }
}

/// Some of several candidates.
struct Choice<'c> {
    candidates: &'c [Candidate],
    taken: BTreeSet<usize>,
    covered: BTreeSet<&'c RequirementId>,
    spent: Spent,
}

impl<'c> Choice<'c> {
    fn of(candidates: &'c [Candidate], taken: BTreeSet<usize>) -> Self {
        let mut choice = Self { candidates, taken: BTreeSet::new(), covered: BTreeSet::new(), spent: Spent::default() };
        taken.into_iter().for_each(|one| choice.take(one));
        choice
    }

    fn take(&mut self, one: usize) {
        let Candidate { price, covers, .. } = &self.candidates[one];
        self.spent.add(price);
        self.covered.extend(covers);
        self.taken.insert(one);
    }

    /// How much is covered, and of equal ones how little it costs.
    fn worth(&self) -> (usize, Reverse<usize>) {
        (self.covered.len(), Reverse(self.spent.cost.requests))
    }

    /// Takes one after the other the candidate that covers most of what is not covered yet for each request, of equal ones the first, as
    /// long as there is one that can be afforded and covers something. What it costs depends on what was taken before: setup that is
    /// shared is prepared once.
    fn complete(&mut self, most: Cost, without: Option<usize>) {
        loop {
            let mut best: Option<(usize, usize, Cost)> = None;
            for (at, candidate) in self.candidates.iter().enumerate().filter(|(at, _)| Some(*at) != without) {
                let new = candidate.covers.iter().filter(|id| !self.covered.contains(*id)).count();
                if new == 0 {
                    continue;
                }
                let more = self.spent.more(&candidate.price);
                let all = Cost {
                    requests: self.spent.cost.requests + more.requests,
                    users: self.spent.cost.users + more.users,
                };
                // Fractions are compared by their products, so that nothing is rounded.
                let is_better =
                    best.is_none_or(|(_, most, cost)| new * cost.requests.max(1) > most * more.requests.max(1));
                if all.requests <= most.requests && all.users <= most.users && is_better {
                    best = Some((at, new, more));
                }
            }
            let Some((best, ..)) = best else { return };
            self.take(best);
        }
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
    /// How much is created and left to be removed, by collection.
    created: BTreeMap<String, usize>,
}

impl Part {
    /// The collections in which something is left to be removed.
    fn removed(&self) -> impl Iterator<Item = &String> {
        self.created.iter().filter(|(_, left)| **left > 0).map(|(collection, _)| collection)
    }
}

/// In so many cases it is looked whether what was deleted is gone, for each collection.
const LOOKS: usize = 3;

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
            for collection in part.removed() {
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
        let removed: Vec<String> = self.parts(price).flat_map(Part::removed).cloned().collect();
        for collection in removed {
            *self.removals.entry(collection).or_default() += 1;
        }
        self.prepared.extend(price.shared.keys().cloned());
    }
}

impl Price {
    fn of(case: &Case) -> Self {
        let mut known = names(&case.data, "the case");
        case.bind_row(&mut known);
        let mut price = Price::default();
        let mut count = Count {
            data: &case.data,
            known,
            part: Part::default(),
            last: None,
            answers: 0,
            answer: "the case".to_owned(),
            shared: &mut price.shared,
            made: &mut BTreeMap::new(),
        };
        count.steps(&case.given, 1, false);
        count.steps(&case.steps, 1, true);
        price.own = count.part;
        price
    }
}

/// The names that a case or a shared setup begins with. Only whether two values are the same matters, not what they are.
fn names(data: &BTreeMap<String, Value>, whose: &str) -> Bindings {
    let mut known = Bindings::default();
    for (name, value) in data {
        known.bind(data_key(name), value.clone());
    }
    for name in ["unique", "password"] {
        known.bind(name, Value::String(format!("{name} of {whose}")));
    }
    known
}

/// A read that was sent last: who asks for the same next may be given that answer.
#[derive(Clone)]
struct Read {
    /// All that is asked for.
    request: String,
    /// Whether it prepared what cases share.
    is_shared: bool,
}

/// What is known of shared setup once a case has used it.
#[derive(Clone)]
struct Made {
    known: Bindings,
    last: Option<Read>,
}

struct Count<'p> {
    data: &'p BTreeMap<String, Value>,
    /// What is known before anything is sent, and a stand-in for each value that an answer would show.
    known: Bindings,
    part: Part,
    last: Option<Read>,
    /// How many answers there were.
    answers: usize,
    /// Whose they are.
    answer: String,
    shared: &'p mut BTreeMap<String, Part>,
    made: &'p mut BTreeMap<String, Made>,
}

impl Count<'_> {
    fn steps(&mut self, steps: &[Step], times: usize, are_judged: bool) {
        for step in steps {
            match &step.action {
                Action::Send(send) => self.send(send, times, are_judged),
                Action::Together { sends, .. } => {
                    sends.iter().for_each(|send| self.send(send, times, are_judged));
                    self.last = None;
                }
                Action::Walk(_) => {
                    self.part.cost.requests += PAGES * times;
                    self.last = None;
                }
                Action::Each(each) => {
                    let values = each.at_most.map_or(VALUES, |most| VALUES.min(most as usize));
                    self.last = None;
                    self.steps(&each.steps, times * values, are_judged);
                }
                Action::Shared(setup) => self.share(setup),
                Action::Bind(names) => {
                    for (name, template) in names {
                        if let Ok(value) = template.share(&self.known) {
                            self.known.bind(name.clone(), value);
                        }
                    }
                }
            }
        }
    }

    fn share(&mut self, setup: &SharedSetup) {
        let given = setup.given.iter().map(|(_, template)| match template.fill(&self.known) {
            Ok(value) => value.to_string(),
            Err(_) => format!("{template:?}"),
        });
        let name = format!("{} {}", setup.flow, given.collect::<Vec<_>>().join(","));
        let made = match self.made.get(&name) {
            Some(made) => made.clone(),
            None => self.prepare(setup, &name),
        };
        for (name, template) in &setup.returns {
            if let Ok(value) = template.share(&made.known) {
                self.known.bind(name.clone(), value);
            }
        }
        self.last = made.last;
    }

    fn prepare(&mut self, setup: &SharedSetup, name: &str) -> Made {
        let mut known = names(self.data, name);
        for (key, template) in &setup.given {
            if let Ok(value) = template.share(&self.known) {
                known.bind(key.clone(), value);
            }
        }
        let (shared, made) = (&mut *self.shared, &mut *self.made);
        let (part, answer) = (Part::default(), name.to_owned());
        let mut count = Count { data: self.data, known, part, last: None, answers: 0, answer, shared, made };
        count.steps(&setup.steps, 1, false);
        let last = count.last.map(|last| Read { is_shared: true, ..last });
        let (part, made) = (count.part, Made { known: count.known, last });
        self.shared.insert(name.to_owned(), part);
        self.made.insert(name.to_owned(), made.clone());
        made
    }

    fn send(&mut self, send: &Send, times: usize, is_judged: bool) {
        let read = self.read(send);
        let is_judged = is_judged && send.expect.iter().any(|expectation| !expectation.of_suite);
        let known = self.last.take().filter(|last| Some(&last.request) == read.as_ref());
        // What is judged is asked for, unless what was read just now prepared it for all cases.
        let is_seen = known.as_ref().is_some_and(|last| last.is_shared == is_judged);
        let is_shared = is_seen && known.is_some_and(|last| last.is_shared);
        self.last = read.map(|request| Read { request, is_shared });
        self.answers += 1;
        for capture in &send.captures {
            self.known.bind(
                capture.name.clone(),
                Value::String(format!("{} of {} {}", capture.name, self.answer, self.answers)),
            );
        }
        if is_seen {
            return;
        }
        let times = times * send.times.unwrap_or(1) as usize;
        self.part.cost.requests += times;
        if !may_succeed(send) {
            return;
        }
        let path = path(send, &self.known);
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let Some(collection) = segments.next() else { return };
        let standing = self.part.created.get(collection).copied().unwrap_or_default();
        match (send.request.method.as_str(), segments.next()) {
            ("POST", None) => {
                if collection == "Users" {
                    self.part.cost.users += times;
                }
                // Each is deleted.
                self.part.cost.requests += times;
                self.part.created.insert(collection.to_owned(), standing + times);
            }
            // What the case deletes nobody else does.
            ("DELETE", Some(_)) if standing >= times => {
                self.part.cost.requests -= times;
                self.part.created.insert(collection.to_owned(), standing - times);
            }
            _ => {}
        }
    }

    /// All that a read asks for, where that is known.
    fn read(&self, send: &Send) -> Option<String> {
        let RequestTemplate { method, path, query, raw_query, headers, credential, .. } = &send.request;
        if method != "GET" || send.times.is_some() {
            return None;
        }
        let fill = |text: &TextTemplate| text.fill(&self.known).ok();
        let mut texts = vec![format!("{credential:?}"), fill(path)?];
        for text in query.iter().flat_map(|(name, value)| [name, value]).chain(raw_query) {
            texts.push(fill(text)?);
        }
        for (name, value) in headers {
            texts.extend([name.clone(), fill(value)?]);
        }
        Some(texts.join("\n"))
    }
}

fn path(send: &Send, known: &Bindings) -> String {
    let put = |text: &str, path: &mut String| path.push_str(text);
    send.request.path.fill_with(known, &put).unwrap_or_else(|_| send.request.path.sample("0"))
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
        Price { own: Part { cost: Cost { requests, users }, created: BTreeMap::new() }, shared: BTreeMap::new() }
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
        cover(&candidates(of), Cost { requests: 10, users: 2 }).into_iter().collect()
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
        assert_eq!(chosen(&[(6, 0, "abcd"), (5, 0, "abc"), (5, 0, "efg")]), [1, 2], "and one is exchanged for two");
    }

    #[test]
    fn what_is_shared_is_paid_for_once() {
        let sharing = |requests: usize| {
            let setup = Part { cost: Cost { requests: 5, users: 1 }, created: BTreeMap::new() };
            Price { shared: BTreeMap::from([("a user".to_owned(), setup)]), ..price(requests, 0) }
        };
        let of = [(sharing(1), "ab"), (sharing(2), "c"), (price(6, 0), "defg"), (sharing(1), "h")];
        assert_eq!(chosen(&of[..2]), [0, 1], "8 requests");
        assert_eq!(chosen(&of), [2], "and what comes first may leave nothing for it");
        assert_eq!(chosen(&[of[0].clone(), of[1].clone(), of[3].clone()]), [0, 1, 2], "9 requests and one user");
    }
}

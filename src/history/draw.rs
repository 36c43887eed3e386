//! Drawing a history by lot.

use std::collections::{BTreeMap, BTreeSet};

use crate::scenario::{Change, OF_GROUP, OF_USER, Operation, Repertoire};
use crate::source::Node;

use super::{Act, History, Subject, World};

/// How many operations a history has at most.
pub const LENGTH: usize = 12;

/// How often something is drawn for it: most of what is drawn at random cannot be done where it is drawn.
const DRAWS: usize = 140;

/// What may be drawn: the operations that a server offers, by the variant in which it does.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// Each variant, with the operations by their place in the repertoire.
    pub variants: Vec<(Option<String>, Vec<usize>)>,
}

/// Draws the history of that seed and number; nothing where there is nothing to be drawn.
pub fn draw(repertoire: &Repertoire, drawn: &Drawn, (seed, number): (u64, u32)) -> Option<History> {
    // Numbers of one seed shall have as little in common as those of different seeds.
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(number).wrapping_mul(0xD1B5_4A32_D192_ED03);
    let mut random = fastrand::Rng::with_seed(mixed);
    // One after the other, so that a few histories have met all variants.
    let turn = usize::try_from(number).unwrap_or_default().checked_rem(drawn.variants.len())?;
    let (variant, offered) = drawn.variants.get(turn)?;
    let mut lots: Vec<usize> = Vec::new();
    for at in offered {
        let Some(operation) = repertoire.operations.get(*at) else { continue };
        // Some operations in one history, others in the next: where all are drawn alike, few of them meet often enough.
        let begins = |change: &Option<Change>, of: &[&'static str]| {
            change.as_ref().is_some_and(|change| change.from.contains(of[0]))
        };
        let is_first = begins(&operation.user, OF_USER) || begins(&operation.group, OF_GROUP);
        let times = [0, 1, 2, 3][random.usize(..4)];
        lots.extend((0..operation.often * if is_first { 2 } else { times }).map(|_| *at));
    }
    if lots.is_empty() {
        return None;
    }
    // A few at a time: what one does to another shows where the same meet again and again.
    let mut some = |of: usize, most: usize| {
        let mut all: Vec<usize> = (0..of).collect();
        random.shuffle(&mut all);
        all.truncate(if random.u8(..3) == 0 { most } else { most - 1 });
        all
    };
    let (people, groups) = (some(repertoire.people.len(), 3), some(repertoire.groups.len(), 2));
    let one = |all: &[usize], lot: usize| lot.checked_rem(all.len()).map(|at| all[at]);
    let mut world = World::default();
    let mut done = Done::default();
    let mut acts = Vec::new();
    for _ in 0..DRAWS {
        // Each is drawn whether it is needed or not: what comes later shall not depend on it.
        let at = lots[random.usize(..lots.len())];
        let mut lot = || random.usize(..1000);
        let (person, group, change, other) = (lot(), lot(), lot(), lot());
        let looks = random.u8(..4) > 0;
        let Some(operation) = repertoire.operations.get(at).filter(|_| acts.len() < LENGTH) else { continue };
        let person = operation.user.as_ref().and_then(|_| one(&people, person));
        let group = operation.group.as_ref().and_then(|_| one(&groups, group));
        if !world.allows(operation, person, group) {
            continue;
        }
        let Some(change) = done.take(repertoire, at, (person, group), change) else { continue };
        world.take(operation, person, group);
        // Mostly at what was changed: later writes may hide what this one has done.
        let changed = group.map(Subject::Group).or(person.map(Subject::Person));
        let all = people.iter().copied().map(Subject::Person).chain(groups.iter().copied().map(Subject::Group));
        let others: Vec<Subject> = all.filter(|subject| world.shows(repertoire, *subject)).collect();
        let other = other.checked_rem(others.len()).map(|at| others[at]);
        let look = if looks { changed.filter(|subject| world.shows(repertoire, *subject)) } else { other };
        acts.push(Act { operation: at, person, group, change, look });
    }
    (!acts.is_empty()).then(|| History { variant: variant.clone(), acts, is_watched: false })
}

/// Somebody, a group, or both.
type Whom = (Option<usize>, Option<usize>);

/// What was done to whom: doing the same once more changes nothing.
#[derive(Debug, Default)]
struct Done {
    /// The change that was made last, by what is changed.
    changes: BTreeMap<(usize, Whom), usize>,
    /// What was done last to somebody or a group, and leaves them in the state that they are in.
    last: BTreeSet<(usize, Whom)>,
}

impl Done {
    /// Notes that an operation is done, with the change that was drawn or, where that is the one that was made last, with the next. Gives the
    /// change; nothing where the same was just done, or would change nothing.
    fn take(&mut self, repertoire: &Repertoire, at: usize, whom: Whom, drawn: usize) -> Option<usize> {
        let operation = repertoire.operations.get(at)?;
        // Operations with the same changes are several ways to make them.
        let is_alike = |other: &Operation| !other.changes.is_empty() && same(&other.changes, &operation.changes);
        let what = repertoire.operations.iter().position(is_alike).unwrap_or(at);
        let leads_on =
            [&operation.user, &operation.group, &operation.member].into_iter().flatten().any(|of| of.to.is_some());
        if !leads_on && self.last.contains(&(what, whom)) {
            return None;
        }
        let mut change = 0;
        if !operation.changes.is_empty() {
            let last = self.changes.get(&(what, whom)).copied();
            let count = operation.changes.len();
            change = [drawn % count, (drawn + 1) % count].into_iter().find(|change| last != Some(*change))?;
            self.changes.insert((what, whom), change);
        }
        let is_met = |mine: Option<usize>, other: Option<usize>| mine.is_some() && mine == other;
        self.last.retain(|(_, other)| !is_met(whom.0, other.0) && !is_met(whom.1, other.1));
        self.last.insert((what, whom));
        Some(change)
    }
}

fn same(these: &[Node], those: &[Node]) -> bool {
    these.iter().map(Node::to_json).eq(those.iter().map(Node::to_json))
}

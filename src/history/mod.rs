//! Histories: sequences of what administrators do, which nobody wrote down. Each becomes a scenario like any other, so that it is run,
//! recorded, judged again and swept as they are; what is wrong with it the laws of the [model](crate::model) say.
//!
//! A history that fails is made shorter: [`Shrinking`] proposes histories with fewer operations, fewer and plainer people, and plainer
//! changes, as long as one of them still fails.
//!
//! **Invariant:** pure. The same seed and number, of the same provider, give the same history.

mod draw;
mod reach;
mod shrink;
mod tell;

use std::collections::BTreeMap;

use crate::scenario::{Change, OF_GROUP, OF_MEMBER, OF_USER, Operation, Repertoire};

pub use draw::{Drawn, LENGTH, draw};
pub use reach::{mistakes, offered};
pub use shrink::Shrinking;

/// One thing that is done in a history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act {
    /// Which operation of the repertoire.
    pub operation: usize,
    /// Which of its people, where it is about one.
    pub person: Option<usize>,
    /// Which of its groups.
    pub group: Option<usize>,
    /// Which of the changes of the operation.
    pub change: usize,
    /// What is looked at afterwards: that person or group, where it is there.
    pub look: Option<Subject>,
}

/// Somebody, or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One of the people.
    Person(usize),
    /// One of the groups.
    Group(usize),
}

/// A sequence of operations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct History {
    /// Which of the variants it is about, where there are some.
    pub variant: Option<String>,
    /// What is done, in order.
    pub acts: Vec<Act>,
    /// Whether everybody is looked at after each act, so that it is seen which one has done it.
    pub is_watched: bool,
}

/// What everybody is in at some point of a history.
#[derive(Clone, Debug, Default)]
struct World {
    people: BTreeMap<usize, &'static str>,
    groups: BTreeMap<usize, &'static str>,
    /// Who is a member of what, in the order in which they joined.
    members: BTreeMap<usize, Vec<usize>>,
}

impl World {
    fn person(&self, person: usize) -> &'static str {
        self.people.get(&person).copied().unwrap_or(OF_USER[0])
    }

    fn group(&self, group: usize) -> &'static str {
        self.groups.get(&group).copied().unwrap_or(OF_GROUP[0])
    }

    fn members(&self, group: usize) -> &[usize] {
        self.members.get(&group).map_or(&[], Vec::as_slice)
    }

    fn membership(&self, person: usize, group: usize) -> &'static str {
        OF_MEMBER[usize::from(self.members(group).contains(&person))]
    }

    /// Whether an operation can be done to these.
    fn allows(&self, operation: &Operation, person: Option<usize>, group: Option<usize>) -> bool {
        let is_in = |change: &Option<Change>, state: Option<&'static str>| match (change, state) {
            (None, None) => true,
            (Some(change), Some(state)) => change.from.contains(state),
            _ => false,
        };
        let of_member = |change: &Change| match (person, group) {
            (Some(person), Some(group)) => change.from.contains(self.membership(person, group)),
            (Some(person), None) => {
                self.members.keys().all(|group| change.from.contains(self.membership(person, *group)))
            }
            (None, _) => false,
        };
        is_in(&operation.user, person.map(|person| self.person(person)))
            && is_in(&operation.group, group.map(|group| self.group(group)))
            && operation.member.as_ref().is_none_or(of_member)
    }

    fn take(&mut self, operation: &Operation, person: Option<usize>, group: Option<usize>) {
        if let (Some(person), Some(to)) = (person, operation.user.as_ref().and_then(|change| change.to)) {
            self.people.insert(person, to);
        }
        if let (Some(group), Some(to)) = (group, operation.group.as_ref().and_then(|change| change.to)) {
            self.groups.insert(group, to);
            // Who is in it is who was added to it since it was there.
            self.members.insert(group, Vec::new());
        }
        if let (Some(person), Some(group), Some(to)) =
            (person, group, operation.member.as_ref().and_then(|change| change.to))
        {
            let members = self.members.entry(group).or_default();
            members.retain(|member| *member != person);
            if to == OF_MEMBER[1] {
                members.push(person);
            }
        }
    }

    /// Whether there is something to look at.
    fn shows(&self, repertoire: &Repertoire, subject: Subject) -> bool {
        let (look, state) = match subject {
            Subject::Person(person) => (&repertoire.look_at_user, self.person(person)),
            Subject::Group(group) => (&repertoire.look_at_group, self.group(group)),
        };
        look.as_ref().is_some_and(|look| look.when.contains(state))
    }
}

impl History {
    /// Without the acts that cannot be done because of what is, or is not, done before; nor the looks at what is not there.
    fn possible(mut self, repertoire: &Repertoire) -> Self {
        let mut world = World::default();
        let mut acts = std::mem::take(&mut self.acts);
        acts.retain_mut(|act| {
            let Some(operation) = repertoire.operations.get(act.operation) else { return false };
            let is_possible = world.allows(operation, act.person, act.group);
            if is_possible {
                world.take(operation, act.person, act.group);
                act.look = act.look.filter(|subject| world.shows(repertoire, *subject));
            }
            is_possible
        });
        History { acts, ..self }
    }

    /// The same, where everybody is looked at after each act.
    #[must_use]
    pub fn watched(&self) -> Self {
        let mut acts = self.acts.clone();
        acts.iter_mut().for_each(|act| act.look = None);
        History { variant: self.variant.clone(), acts, is_watched: true }
    }

    /// What was done, in words: `assign jane`, `push Sales`.
    pub fn words(&self, repertoire: &Repertoire) -> Vec<String> {
        self.acts.iter().map(|act| tell::words(repertoire, self, act)).collect()
    }
}

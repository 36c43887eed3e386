//! Making a history shorter that fails.

use std::collections::BTreeSet;

use crate::scenario::Repertoire;

use super::{Act, History, Subject};

/// Proposes simpler histories than the simplest that is known to fail, until there is none left to be tried.
#[derive(Debug)]
pub struct Shrinking<'r> {
    repertoire: &'r Repertoire,
    best: History,
    tried: BTreeSet<History>,
}

impl<'r> Shrinking<'r> {
    /// Of a history that fails.
    pub fn of(history: History, repertoire: &'r Repertoire) -> Self {
        Self { repertoire, best: history, tried: BTreeSet::new() }
    }

    /// The simplest that is known to fail.
    pub fn best(&self) -> &History {
        &self.best
    }

    /// A simpler one that has not been tried.
    pub fn simpler(&mut self) -> Option<History> {
        let next = simpler(&self.best, self.repertoire)
            .find(|history| *history != self.best && !history.acts.is_empty() && !self.tried.contains(history))?;
        self.tried.insert(next.clone());
        Some(next)
    }

    /// One of those has failed, too.
    pub fn fails(&mut self, history: History) {
        self.best = history;
    }
}

/// The simpler ones: those with the fewest operations first.
fn simpler<'h>(best: &'h History, repertoire: &'h Repertoire) -> impl Iterator<Item = History> + 'h {
    let possible = |acts: Vec<Act>| History { acts, ..best.clone() }.possible(repertoire);
    let count = best.acts.len();
    let sizes = std::iter::successors(Some(count / 2), |size| (*size > 1).then_some(size / 2)).filter(|size| *size > 0);
    let shorter = sizes.flat_map(move |size| {
        // From the end: what was done last is least likely to be what everything else rests on.
        (0..count).rev().step_by(size).map(move |last| (last + 1).saturating_sub(size)..last + 1)
    });
    let shorter = shorter.map(move |range| {
        let kept = best.acts.iter().enumerate().filter(|(at, _)| !range.contains(at));
        possible(kept.map(|(_, act)| act.clone()).collect())
    });
    let blind = (0..count).filter(|at| best.acts[*at].look.is_some()).map(move |at| {
        let mut acts = best.acts.clone();
        acts[at].look = None;
        possible(acts)
    });
    let people = best.acts.iter().filter_map(|act| act.person).collect::<BTreeSet<usize>>();
    let groups = best.acts.iter().filter_map(|act| act.group).collect::<BTreeSet<usize>>();
    let plainer_people = renamings(people).into_iter().map(move |(from, to)| {
        let other = |person: usize| if person == from { to } else { person };
        possible(
            best.acts
                .iter()
                .map(|act| renamed(act, |act| act.person = act.person.map(other), Subject::Person, (from, to)))
                .collect(),
        )
    });
    let plainer_groups = renamings(groups).into_iter().map(move |(from, to)| {
        let other = |group: usize| if group == from { to } else { group };
        possible(
            best.acts
                .iter()
                .map(|act| renamed(act, |act| act.group = act.group.map(other), Subject::Group, (from, to)))
                .collect(),
        )
    });
    let plainer_changes = (0..count).filter(|at| best.acts[*at].change > 0).map(move |at| {
        let mut acts = best.acts.clone();
        acts[at].change = 0;
        possible(acts)
    });
    shorter.chain(blind).chain(plainer_people).chain(plainer_groups).chain(plainer_changes)
}

/// Who can stand in for whom: somebody plainer who takes no part yet.
fn renamings(used: BTreeSet<usize>) -> Vec<(usize, usize)> {
    let free = |from: usize| (0..from).filter(|to| !used.contains(to)).map(move |to| (from, to)).collect::<Vec<_>>();
    used.iter().rev().flat_map(|from| free(*from)).collect()
}

fn renamed(
    act: &Act,
    rename: impl Fn(&mut Act),
    subject: impl Fn(usize) -> Subject,
    (from, to): (usize, usize),
) -> Act {
    let mut act = act.clone();
    rename(&mut act);
    act.look = act.look.map(|look| if look == subject(from) { subject(to) } else { look });
    act
}

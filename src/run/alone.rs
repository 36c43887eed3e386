//! Which cases that run alone may do so at the same time.
//!
//! Who reads whole lists runs alone, so that what other cases create and delete does not change the list meanwhile. Two that only read, or
//! that write where the other does not look, do not disturb each other.
//!
//! **Invariant:** no such case lists what another writes to meanwhile, and who measures time is the only one at work. What cases share is
//! no exception that matters: it is created once, and a list that changed while it was read is read again.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use crate::scenario::{Action, Bindings, Case, Check, Expectation, RequestTemplate, Rule, Send, Step};
use crate::verdict::CaseResult;

use super::{Prepared, Shared, guarded};

/// Runs cases that run alone: each as soon as none is at work that it would disturb, first those that only read.
pub(super) async fn run(
    shared: &Arc<Shared>,
    cases: Vec<Prepared>,
    mut take: impl FnMut(Result<Vec<(usize, CaseResult)>, JoinError>),
) {
    let mut waiting: Vec<(Footprint, Prepared)> =
        cases.into_iter().map(|prepared| (Footprint::of(&prepared.case), prepared)).collect();
    if !shared.options.shuffle {
        // Those that read long lists take longest, and others can run beside them.
        waiting.sort_by_key(|(footprint, _)| !footprint.writes.is_empty());
    }
    let mut at_work: Vec<(tokio::task::Id, Footprint)> = Vec::new();
    let mut running = JoinSet::new();
    loop {
        while running.len() < shared.options.jobs.max(1) {
            let is_free = |of: &Footprint| at_work.iter().all(|(_, other)| !of.disturbs(other) && !other.disturbs(of));
            let Some(next) = waiting.iter().position(|(footprint, _)| is_free(footprint)) else { break };
            let (footprint, Prepared { index, case, result, .. }) = waiting.remove(next);
            let shared = Arc::clone(shared);
            let task = running.spawn(async move {
                let case = guarded(Arc::clone(&shared), case, result);
                vec![(index, shared.slots.run(case).await)]
            });
            at_work.push((task.id(), footprint));
        }
        let Some(done) = running.join_next_with_id().await else { return };
        let id = match &done {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        at_work.retain(|(other, _)| *other != id);
        take(done.map(|(_, results)| results));
    }
}

/// Where a case looks and writes, by collection; none where only the server knows.
#[derive(Debug, Default)]
struct Footprint {
    lists: BTreeSet<Option<String>>,
    writes: BTreeSet<Option<String>>,
    measures_time: bool,
}

impl Footprint {
    fn of(case: &Case) -> Self {
        let mut rows = Bindings::default();
        case.bind_row(&mut rows);
        let mut footprint = Footprint::default();
        footprint.steps(&case.given, &rows);
        footprint.steps(&case.steps, &rows);
        footprint
    }

    /// Whether what this one does may change what the other sees.
    fn disturbs(&self, other: &Footprint) -> bool {
        let is_seen = |written: &Option<String>| match written {
            Some(_) => other.lists.contains(written) || other.lists.contains(&None),
            None => !other.lists.is_empty(),
        };
        other.measures_time || self.writes.iter().any(is_seen)
    }

    fn steps(&mut self, steps: &[Step], rows: &Bindings) {
        for step in steps {
            match &step.action {
                Action::Send(send) => self.send(send, rows),
                Action::Together { sends, .. } => sends.iter().for_each(|send| self.send(send, rows)),
                Action::Walk(walk) => {
                    self.lists.insert(place(&walk.request, rows).map(|(collection, _)| collection));
                }
                Action::Each(each) => self.steps(&each.steps, rows),
                Action::Shared(_) | Action::Bind(_) => {}
            }
        }
    }

    fn send(&mut self, send: &Send, rows: &Bindings) {
        let measures =
            |e: &Expectation| !e.of_suite && matches!(&e.check, Check::Rule(call) if call.rule == Rule::WithinSeconds);
        self.measures_time |= send.expect.iter().any(measures);
        let place = place(&send.request, rows);
        if send.request.method != "GET" {
            // What is behind other endpoints, such as /Bulk, may be anything.
            let known = place.map(|(collection, _)| collection).filter(|name| name == "Users" || name == "Groups");
            self.writes.insert(known);
        } else if !place.as_ref().is_some_and(|(_, is_item)| *is_item) {
            self.lists.insert(place.map(|(collection, _)| collection));
        }
    }
}

/// The collection that a request goes to, and whether it is about one of its resources; none where only the server knows.
fn place(request: &RequestTemplate, rows: &Bindings) -> Option<(String, bool)> {
    const UNKNOWN: &str = "?";
    let put = |text: &str, path: &mut String| path.push_str(text);
    let path = request.path.fill_with(rows, &put).unwrap_or_else(|_| request.path.sample(UNKNOWN));
    let mut segments = path.trim_start_matches('/').split('/');
    let first = segments.next().unwrap_or_default();
    let is_item = segments.next().is_some() && !first.contains('?');
    let collection = first.split('?').next().unwrap_or_default();
    (!collection.is_empty()).then(|| (collection.to_owned(), is_item))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footprint(lists: &[&str], writes: &[&str]) -> Footprint {
        let set = |names: &[&str]| names.iter().map(|name| Some((*name).to_owned()).filter(|n| n != "?")).collect();
        Footprint { lists: set(lists), writes: set(writes), measures_time: false }
    }

    #[test]
    fn those_who_write_where_the_other_looks_disturb_each_other() {
        let reader = footprint(&["Users"], &[]);
        assert!(!reader.disturbs(&reader));
        assert!(footprint(&[], &["Users"]).disturbs(&reader));
        assert!(!footprint(&["Groups"], &["Groups"]).disturbs(&reader));
        assert!(footprint(&[], &["?"]).disturbs(&reader), "who knows where");
        assert!(footprint(&[], &["Groups"]).disturbs(&footprint(&["?"], &[])));
        assert!(!footprint(&[], &["?"]).disturbs(&footprint(&[], &["Users"])), "who lists nothing");
        let measures = Footprint { measures_time: true, ..Footprint::default() };
        assert!(reader.disturbs(&measures) && !measures.disturbs(&reader));
    }
}

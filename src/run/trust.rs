//! Whether what a server says it has created or deleted is what it has created or deleted.
//!
//! **Invariant:** once an id was wrong, no id is believed before a read has shown what is behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ledger::Entered;

/// Whether the ids that a server gives in answers to `POST` lead to what was created. One that names the newest row, whoever
/// made it, must not have us change or delete what others own: before anything is written to, a read has to show that it
/// is ours. Once one read in a collection has shown so, the others there are believed; once one id was wrong, none is.
#[derive(Debug, Default)]
pub(super) struct Trust(Mutex<Known>);

/// Whether what a server says it has deleted is gone. It is looked at in the first cases of a run, and then now and then; once one
/// deletion was not carried out, each is looked at.
#[derive(Debug, Default)]
pub(super) struct Deletions(Mutex<Deleted>);

#[derive(Debug, Default)]
struct Deleted {
    /// In how many cases something of a collection was deleted.
    cases: BTreeMap<String, usize>,
    lie: bool,
}

/// In so many cases it is looked at the first deletion in a collection.
const FIRST_LOOKS: usize = 3;

/// After them in each of so many.
const THEN_EACH: usize = 24;

impl Deletions {
    fn seen(&self) -> MutexGuard<'_, Deleted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to look at what was deleted in that collection, as the first of its case there or not.
    pub(super) fn are_due_a_look(&self, collection: &str, is_first: bool) -> bool {
        let mut seen = self.seen();
        if !is_first {
            return seen.lie;
        }
        let cases = seen.cases.entry(collection.to_owned()).or_default();
        *cases += 1;
        let due = *cases <= FIRST_LOOKS || cases.is_multiple_of(THEN_EACH);
        due || seen.lie
    }

    /// One was confirmed and not carried out.
    pub(super) fn lie(&self) {
        self.seen().lie = true;
    }
}

#[derive(Debug, Default)]
struct Known {
    earned: BTreeSet<String>,
    lost: bool,
    /// By which case each path was created.
    claimed: BTreeMap<String, String>,
}

impl Trust {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a look is due before what is in a collection is written to for the first time.
    pub(super) fn doubts(&self, collection: &str) -> bool {
        let known = self.known();
        known.lost || !known.earned.contains(collection)
    }

    /// Takes note of what came of an exchange.
    pub(super) fn note(&self, entered: &Entered, unique: &str) {
        let mut known = self.known();
        match entered {
            Entered::Created(path) => {
                // Two cases cannot have been given the same resource.
                let holder = known.claimed.entry(path.clone()).or_insert_with(|| unique.to_owned());
                known.lost |= holder != unique;
            }
            Entered::Gone(path) => {
                known.claimed.remove(path);
            }
            Entered::Seen(collection) => {
                known.earned.insert(collection.clone());
            }
            Entered::Foreign => known.lost = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletions_are_looked_at_first_and_now_and_then_and_always_once_one_was_a_lie() {
        let deletions = Deletions::default();
        let looks = |cases: usize| (0..cases).filter(|_| deletions.are_due_a_look("/Users", true)).count();
        assert_eq!(looks(FIRST_LOOKS), FIRST_LOOKS);
        assert_eq!(looks(100 - FIRST_LOOKS), 100 / THEN_EACH);
        assert!(deletions.are_due_a_look("/Groups", true), "each collection is looked at for itself");
        assert!(!deletions.are_due_a_look("/Users", false));
        deletions.lie();
        assert_eq!(looks(20), 20);
        assert!(deletions.are_due_a_look("/Users", false));
    }
}

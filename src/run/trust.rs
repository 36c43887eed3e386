//! Whether what a server says it has created is what it has created.
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

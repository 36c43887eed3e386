//! Sends requests, and notes what came of them.
//!
//! **Invariant:** what a request created or removed is in ledger and journal before anything else can happen.

use std::sync::{Mutex, PoisonError};

use crate::judge::Body;
use crate::wire::{Exchange, Request};

use super::Shared;
use super::ledger::{Entered, Keep, Ledger};

/// An exchange, and what the body of its answer says: parsed once, for the ledger as well as for the judge.
pub(super) struct Heard {
    pub(super) exchange: Exchange,
    pub(super) body: Body,
}

/// Sends a request; what it created or removed is in ledger and journal before anything else can happen. With `keep` goes the
/// request's place in the transcript: the sweep keeps to the scenario's order, whatever came back first.
pub(super) async fn noted(
    shared: &Shared,
    ledger: &Mutex<Ledger>,
    case: &str,
    request: Request,
    (keep, place): (Keep, usize),
) -> Heard {
    // A run that is killed learns of no answer: what may be created is in the journal before the request leaves.
    let intent = match &shared.journal {
        Some(journal) => {
            let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
            let intent = ledger.intent(&request);
            intent.iter().for_each(|search| journal.created(search, ledger.unique()));
            intent
        }
        None => None,
    };
    let exchange = shared.ask(case, request).await;
    let body = exchange.reply.as_ref().map_or(Body::None, |response| shared.reader.read(response));
    let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    let noted = ledger.note(&exchange, &body, keep, place);
    write_down(shared, noted, ledger.unique());
    if let (Some(journal), Some(search)) = (&shared.journal, intent)
        && !ledger.looks_for(&search)
    {
        journal.gone(&search);
    }
    drop(ledger);
    shared.tell_answered(case, &exchange.request);
    Heard { exchange, body }
}

/// Takes note of what a refused request may have created, in that exchange of the transcript.
pub(super) fn note_refused(shared: &Shared, ledger: &Mutex<Ledger>, exchange: &Exchange, index: usize) {
    let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    let entered = ledger.note_refused(exchange, index);
    write_down(shared, entered, ledger.unique());
}

/// Tells trust and journal what was entered in the ledger of a case.
fn write_down(shared: &Shared, entered: Option<Entered>, unique: &str) {
    let Some(entered) = entered else { return };
    shared.trust.note(&entered, unique);
    match (&shared.journal, entered) {
        (Some(journal), Entered::Created(path)) => journal.created(&path, unique),
        (Some(journal), Entered::Gone(path)) => journal.gone(&path),
        _ => {}
    }
}

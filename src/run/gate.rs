//! The gate that every request of a case passes: nothing leaves that would change what is not ours, and nothing comes back unnoted.
//!
//! **Invariant:** what a request created or removed is in ledger and journal before anything else can happen; what it may create is
//! in the journal before it leaves.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::judge::{self, Body};
use crate::verdict::Cause;
use crate::wire::{Exchange, Headers, Request};

use super::ledger::{Entered, Ledger};
use super::{HELD_EVERY, Shared};

/// An exchange, and what the body of its answer says: parsed once, for the ledger as well as for the judge.
pub(super) struct Heard {
    pub(super) exchange: Exchange,
    pub(super) body: Body,
}

/// What was not sent, as it would have changed what the case did not create.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0} was not sent, because this run did not create that resource")]
pub struct NotOurs(String);

impl From<NotOurs> for Cause {
    fn from(NotOurs(what): NotOurs) -> Self {
        Cause::NotOurs(what)
    }
}

/// Whether a request may be sent.
pub(super) fn admit(ledger: &Mutex<Ledger>, request: &Request) -> Result<(), NotOurs> {
    lock(ledger).refuses(request).map_or(Ok(()), |what| Err(NotOurs(what)))
}

/// Sends a request where it may be sent, and notes what came of it. `place` is that of the request in the transcript: the sweep keeps to
/// the scenario's order, whatever came back first.
pub(super) async fn send(
    shared: &Shared,
    ledger: &Mutex<Ledger>,
    case: &str,
    request: Request,
    place: usize,
) -> Result<Heard, NotOurs> {
    admit(ledger, &request)?;
    // A run that is killed learns of no answer.
    let mut intents = Vec::new();
    if let Some(journal) = &shared.journal {
        let ledger = lock(ledger);
        intents = ledger.intents(&request);
        intents.iter().for_each(|search| journal.created(search, ledger.unique()));
    }
    let exchange = ask(shared, case, request).await;
    let body = exchange.reply.as_ref().map_or(Body::None, judge::body);
    let mut ledger = lock(ledger);
    let entered = ledger.note(&exchange, &body, place);
    write_down(shared, entered, ledger.unique());
    if let Some(journal) = &shared.journal {
        intents.iter().filter(|search| !ledger.looks_for(search)).for_each(|search| journal.gone(search));
    }
    drop(ledger);
    shared.tell_answered(case, &exchange.request);
    Ok(Heard { exchange, body })
}

/// Reads what is at a path, for whoever has no ledger as it creates nothing.
pub(super) async fn read(shared: &Shared, case: &str, headers: Headers, path: &str) -> Exchange {
    let exchange = ask(shared, case, Request { headers, ..Request::own("GET", path) }).await;
    shared.tell_answered(case, &exchange.request);
    exchange
}

/// Takes note of what a refused request may have created, in that exchange of the transcript.
pub(super) fn note_refused(shared: &Shared, ledger: &Mutex<Ledger>, exchange: &Exchange, index: usize) {
    let mut ledger = lock(ledger);
    let entered = ledger.note_refused(exchange, index);
    write_down(shared, entered, ledger.unique());
}

/// Tells trust and journal what was entered in the ledger of a case.
fn write_down(shared: &Shared, entered: Vec<Entered>, unique: &str) {
    for entered in entered {
        shared.trust.note(&entered, unique);
        match (&shared.journal, entered) {
            (Some(journal), Entered::Created(path)) => journal.created(&path, unique),
            (Some(journal), Entered::Gone(path)) => journal.gone(&path),
            _ => {}
        }
    }
}

/// Sends a request of a case. When the budget is used up it is not waited for any longer while it is held back: until the server is
/// less busy, or until its turn.
async fn ask(shared: &Shared, case: &str, request: Request) -> Exchange {
    let held_until = Mutex::new(Instant::now());
    let held = |wait: Duration| {
        *held_until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + wait;
    };
    let is_held = || *held_until.lock().unwrap_or_else(PoisonError::into_inner) > Instant::now();
    let stopped = async {
        shared.meter.end_of_budget().await;
        while !is_held() {
            tokio::time::sleep(HELD_EVERY).await;
        }
    };
    shared.send_unless(case, request, stopped, held).await
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What is sent outside a plan, by those who decide on the way what comes next.
//!
//! **Invariant:** what a session creates is in its ledger and in the journal like what a case creates, and is swept however the
//! session ends, also by a panic.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::scenario::{Bindings, Case};
use crate::verdict::{Adapted, Blocker, Cause, Finding, Leftover};
use crate::wire::{Exchange, Request};

use super::case::{self, Sharing};
use super::gate::{self, NotOurs};
use super::ledger::Ledger;
use super::ran::Ran;
use super::sweep::sweep;
use super::waits::WAITS;
use super::{Purse, Run, Shared, Stop, spawned};

/// A way to the server whose every creation is noted.
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
    ledger: Arc<Mutex<Ledger>>,
    name: Arc<str>,
    sent: Arc<AtomicUsize>,
}

/// What is left when a session has ended and was swept.
#[derive(Clone, Debug)]
pub struct Ended<T> {
    /// What came of it, or what the panic said that ended it.
    pub result: Result<T, String>,
    /// How many requests the sweep sent.
    pub swept: usize,
    /// What is still on the server.
    pub leftovers: Vec<Leftover>,
}

/// What came of the steps of a case that was played.
#[derive(Debug)]
pub struct Steps {
    /// The requests and answers.
    pub transcript: Vec<Exchange>,
    /// What the answers were found to lack.
    pub findings: Vec<Finding>,
    /// Why not all steps were taken.
    pub cause: Option<Cause>,
    /// What the steps bound.
    pub bindings: Bindings,
    /// How they differ from what the flow says, because the server refuses that.
    pub adapted: Vec<Adapted>,
    /// Where a create was refused and the steps went on, or where they came to a stop.
    pub blocker: Option<Blocker>,
    /// What was asked besides to find out why a create was refused.
    pub asked: Vec<Exchange>,
    /// What of that is still on the server.
    pub leftovers: Vec<Leftover>,
}

/// Holds a session: `work` sends what it likes, and what it created is removed. The server's wire knows the session by `name`,
/// and what carries `unique` is taken for its own.
pub async fn session<T, F>(run: Run, name: &str, unique: String, work: impl FnOnce(Session) -> F) -> Ended<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let session = Session {
        shared: Shared::new(run),
        ledger: Arc::new(Mutex::new(Ledger::new(unique))),
        name: name.into(),
        sent: Arc::default(),
    };
    // Boxed where one machine would else hold all others: the compiler gives up on what nests too deep.
    let result = spawned(Box::pin(work(session.clone()))).await;
    let Session { shared, ledger, name, .. } = session;
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (transcript, leftovers) = match spawned(sweep(Arc::clone(&shared), name.to_string(), ledger)).await {
        Ok(swept) => swept,
        Err(why) => (Vec::new(), vec![Leftover { path: "unknown".to_owned(), why }]),
    };
    shared.close();
    Ended { result, swept: transcript.len(), leftovers }
}

impl Session {
    /// From which names derive.
    pub fn seed(&self) -> u64 {
        self.shared.options.seed
    }

    /// Whether it shall end: the user wants it to, or the budget is used up.
    pub fn is_ending(&self) -> bool {
        self.shared.stopping() > Stop::No
    }

    /// Whether the server has stopped answering.
    pub fn is_silent(&self) -> bool {
        self.shared.is_silent()
    }

    /// Sends a request; what it creates or removes is noted. `look` counts how often it was sent before.
    ///
    /// # Errors
    /// When it would change what the session did not create: then it is not sent.
    pub async fn ask(&self, request: Request, look: u32) -> Result<Exchange, NotOurs> {
        let place = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let heard = gate::send(&self.shared, &self.ledger, &self.name, request, place).await?;
        Ok(Exchange { look, ..heard.exchange })
    }

    /// Takes the steps of a case.
    pub async fn take(&self, case: Case) -> Steps {
        let (shared, ledger) = (Arc::clone(&self.shared), Arc::clone(&self.ledger));
        let ran = Box::pin(case::run(shared, Arc::new(case), ledger, Sharing::Allowed)).await;
        self.sent.fetch_add(ran.transcript.len(), Ordering::Relaxed);
        let Ran { transcript, findings, cause, bindings, adapted, blocker, asked, leftovers, .. } = ran;
        Steps { transcript, findings, cause, bindings, adapted, blocker, asked, leftovers }
    }

    /// Waits before a request whose answer looks wrong is sent again, and tells for how long; none when the answer is to be
    /// believed. `wrote` says whether anything was written that reads may not show yet.
    pub async fn wait(&self, request: &Request, looks: u32, waited: Duration, wrote: bool) -> Option<Duration> {
        let Shared { patience, options, .. } = &*self.shared;
        let wait = WAITS.get(looks as usize).map(|wait| Duration::from_millis(*wait));
        let is_patient =
            |wait: &Duration| looks == 0 || wrote && patience.allows(Purse::Steps, waited + *wait, options.settle);
        let wait = wait.filter(is_patient).filter(|_| request.method == "GET" && !self.is_ending());
        let Some(wait) = wait else {
            patience.spend(Purse::Steps, waited);
            return None;
        };
        self.shared.tell_settling(&self.name, request, wait, waited);
        let mut stop = self.shared.stop.clone();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            // An error says that nobody is left who could interrupt.
            Ok(_) = stop.wait_for(|stop| *stop > Stop::No) => {}
        }
        Some(wait)
    }

    /// Tells that it was not waited in vain.
    pub fn was_late(&self, waited: Duration) {
        self.shared.patience.pays(waited);
    }
}

//! Setup that cases share: prepared once, by whoever comes first, and swept when all cases are done.
//!
//! **Invariant:** sharing changes no verdict. No case writes to what is shared, and where a case that used it ends otherwise than well,
//! it is looked at: if it is not what it was, the case is run again with setup of its own, and so is whoever comes later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::scenario::{Bindings, SharedSetup};
use crate::scim::Kind;
use crate::verdict::{Adapted, Blocker, Disputed, Leftover, Note, SetupResult, Witnessed};
use crate::wire::Exchange;

use super::end::End;
use super::gate;
use super::ledger::{Ledger, State};
use super::refusal::Minded;
use super::{Shared, caught, slots, sweep, unique};

/// All setup that the cases of a run share.
#[derive(Default)]
pub(super) struct Setups {
    made: Mutex<Vec<Arc<Setup>>>,
}

/// One setup that several cases use.
pub(super) struct Setup {
    /// The flow, and what it was given: `okta/shared/user#ann`.
    pub(super) id: String,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    prepared: OnceLock<Prepared>,
    took: OnceLock<Duration>,
    /// Whether somebody began to prepare it: who finds it begun and not done comes after a fault of ours.
    is_begun: AtomicBool,
    /// Held by whoever prepares it.
    turn: tokio::sync::Mutex<()>,
    /// Whether it was seen to be no longer what it was.
    is_broken: AtomicBool,
    /// What was sent besides preparing it: looks at whether it still stands, and the cases that it failed.
    besides: Mutex<(Vec<Exchange>, Vec<Leftover>)>,
}

/// What preparing it came to.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) transcript: Vec<Exchange>,
    pub(super) bindings: Bindings,
    /// How it differs from what the flow says, because the server refuses that.
    pub(super) adapted: Vec<Adapted>,
    pub(super) minded: Vec<(Kind, Minded)>,
    pub(super) refused: Option<Blocker>,
    pub(super) end: Result<(), End>,
}

impl Setups {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Setup>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The setup of that id, which may still have to be prepared.
    pub(super) fn of(&self, id: String, seed: u64) -> Arc<Setup> {
        let mut made = self.lock();
        if let Some(known) = made.iter().find(|setup| setup.id == id) {
            return Arc::clone(known);
        }
        let setup = Arc::new(Setup {
            ledger: Arc::new(Mutex::new(Ledger::new(unique(seed, &id)))),
            id,
            prepared: OnceLock::new(),
            took: OnceLock::new(),
            is_begun: AtomicBool::new(false),
            turn: tokio::sync::Mutex::default(),
            is_broken: AtomicBool::new(false),
            besides: Mutex::default(),
        });
        made.push(Arc::clone(&setup));
        setup
    }

    /// Removes what was prepared, the last first, and tells of each setup what was sent for it.
    pub(super) async fn sweep(shared: &Arc<Shared>) -> Vec<SetupResult> {
        let made = std::mem::take(&mut *shared.setups.lock());
        let turns = Arc::new(Semaphore::new(shared.options.jobs.max(1)));
        let mut sweeping = JoinSet::new();
        for setup in made.into_iter().rev() {
            let (shared, turns) = (Arc::clone(shared), Arc::clone(&turns));
            sweeping.spawn(async move {
                // It is never closed.
                let _turn = turns.acquire_owned().await;
                setup.swept(&shared).await
            });
        }
        // What fails in one of them is caught there.
        let mut results = sweeping.join_all().await;
        results.sort_by(|one, other| one.id.cmp(&other.id));
        results
    }
}

impl Setup {
    /// Removes what was prepared, and tells what was sent for it.
    async fn swept(&self, shared: &Arc<Shared>) -> SetupResult {
        let began = Instant::now();
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut swept = caught(sweep::sweep(Arc::clone(shared), self.id.clone(), ledger.clone())).await;
        if swept.is_err() {
            // Whatever failed, nobody else removes what is left of it.
            swept = caught(sweep::sweep(Arc::clone(shared), self.id.clone(), ledger)).await;
        }
        let (sweeping, gone) = match swept {
            Ok(swept) => swept,
            Err(why) => (Vec::new(), vec![Leftover { path: "unknown".to_owned(), why }]),
        };
        let prepared = self.prepared.get();
        let (besides, mut leftovers) =
            std::mem::take(&mut *self.besides.lock().unwrap_or_else(PoisonError::into_inner));
        let mut transcript = prepared.map(|prepared| prepared.transcript.clone()).unwrap_or_default();
        let prepared_by = transcript.len();
        transcript.extend(besides);
        transcript.extend(sweeping);
        leftovers.extend(gone);
        SetupResult {
            id: self.id.clone(),
            prepared_by,
            transcript,
            leftovers,
            took: self.took.get().copied().unwrap_or_default() + began.elapsed(),
        }
    }

    /// The turn to prepare it. Whoever waits for another case that has it lends its slot meanwhile, which that case may need to go on.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => slots::lend(self.turn.lock()).await,
        }
    }

    /// Whether it is still to be prepared. What was begun and not done is broken: its names are taken.
    pub(super) fn is_to_be_prepared(&self) -> bool {
        if self.prepared.get().is_some() || self.is_broken() {
            return false;
        }
        let is_new = !self.is_begun.swap(true, Ordering::Relaxed);
        self.is_broken.store(!is_new, Ordering::Relaxed);
        is_new
    }

    /// Takes note of what preparing it came to. Only whoever has the turn does so, so that it was not noted before.
    pub(super) fn is_prepared(&self, prepared: Prepared, took: Duration) {
        let _ = (self.prepared.set(prepared), self.took.set(took));
    }

    /// Whether cases can rely on it.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }

    /// What preparing it came to, if that is done.
    pub(super) fn prepared(&self) -> Option<&Prepared> {
        self.prepared.get()
    }

    /// Takes note of what was sent and came to nothing because it no longer stood.
    pub(super) fn note(&self, sent: Vec<Exchange>, leftovers: Vec<Leftover>) {
        let mut besides = self.besides.lock().unwrap_or_else(PoisonError::into_inner);
        besides.0.extend(sent);
        besides.1.extend(leftovers);
    }

    /// Looks whether everything in it is still what it was, as far as it was asked for.
    pub(super) async fn stands(&self, shared: &Arc<Shared>) -> bool {
        if self.is_broken() {
            return false;
        }
        let Some(prepared) = self.prepared.get().filter(|prepared| prepared.end.is_ok()) else { return true };
        let paths: Vec<String> = {
            let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            let there = |state: &State| matches!(state, State::There | State::Doubtful);
            ledger.entries.iter().filter(|entry| there(&entry.state)).map(|entry| entry.path.clone()).collect()
        };
        for path in paths {
            if !shared.meter.take() {
                // Whatever the case came to, the run ends before it could be held against the server.
                return true;
            }
            let request = shared.own("GET", path.clone());
            let heard = gate::send(shared, &self.ledger, &self.id, request, 0).await;
            let exchange = heard.map(|heard| heard.exchange).ok();
            let now = exchange.as_ref().and_then(shown);
            let same = now.as_ref().is_some_and(|now| is_as_it_was(&prepared.transcript, &path, now));
            self.note(Vec::from_iter(exchange), Vec::new());
            if !same {
                self.is_broken.store(true, Ordering::Relaxed);
                return false;
            }
        }
        true
    }
}

/// The resource that a read shows.
fn shown(exchange: &Exchange) -> Option<Map<String, Value>> {
    let response = exchange.reply.as_ref().ok().filter(|response| response.status == 200)?;
    serde_json::from_slice(&response.body).ok()
}

/// Whether a resource is what was seen when it was prepared, in all that was asked for when it was created. What a server adds may
/// change; members come and go with the groups of cases.
fn is_as_it_was(transcript: &[Exchange], path: &str, now: &Map<String, Value>) -> bool {
    let created = transcript.iter().filter(|exchange| exchange.request.method == "POST").find_map(|exchange| {
        let response = exchange.reply.as_ref().ok()?;
        let created: Map<String, Value> = serde_json::from_slice(&response.body).ok()?;
        let asked: Map<String, Value> = serde_json::from_slice(exchange.request.body.as_deref()?).ok()?;
        (created.get("id") == now.get("id")).then_some((created, asked))
    });
    let (created, asked) = created.unwrap_or_default();
    let is_read = |exchange: &&Exchange| exchange.request.method == "GET" && exchange.request.path == path;
    let before = transcript.iter().rev().find(is_read).and_then(shown).unwrap_or(created);
    if before.is_empty() {
        // Nothing was shown but where it is, and there it still is.
        return true;
    }
    let names = asked.keys().map(String::as_str).filter(|name| !matches!(*name, "schemas" | "groups" | "password"));
    names.chain(["id"]).all(|name| before.get(name) == now.get(name))
}

/// What a setup is called: its flow, and what it was given.
pub(super) fn name(setup: &SharedSetup, bindings: &Bindings, part: &str) -> Result<String, End> {
    let mut values = Vec::new();
    for (_, template) in &setup.given {
        values.push(match template.fill(bindings)? {
            Value::String(text) => text,
            other => other.to_string(),
        });
    }
    let given = if values.is_empty() { String::new() } else { format!("#{}", values.join(",")) };
    Ok(format!("{}{given}{part}", setup.flow))
}

/// What a recording holds of witnesses.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Under which id they were told.
    pub id: String,
    /// All that was sent and answered.
    pub transcript: Vec<Exchange>,
    /// How much of it, at the end, judges nothing.
    pub swept: usize,
    /// What differed.
    pub witnessed: Vec<Witnessed>,
    /// What was noted.
    pub notes: Vec<Note>,
    /// How long it took.
    pub took: Duration,
}

/// How the cases of a recording shared setup.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Which setup each case used, in order, and how many exchanges prepared it.
    pub used: BTreeMap<String, Vec<(String, usize)>>,
    /// Cases that shared nothing.
    pub alone: BTreeSet<String>,
    /// Cases whose setup was given by changes what creates did not take, and which attributes.
    pub given_later: BTreeMap<String, Vec<String>>,
    /// Which findings of cases others may have caused.
    pub disputed: BTreeMap<String, Vec<Disputed>>,
    /// What was seen of witnesses.
    pub witnesses: Vec<Seen>,
}

impl Recorded {
    /// The setup that a case used after so many others.
    pub(super) fn setup(&self, case: &str, others: usize) -> Option<(String, usize)> {
        self.used.get(case)?.get(others).cloned()
    }
}

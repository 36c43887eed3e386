//! Runs the plan: what is sent when, how a run is stopped, and results in the order of the plan.
//!
//! **Invariant:** whatever happens to a case, what it created is in its ledger, and the ledger is swept: after success, failure,
//! a panic of ours, a time-out, the end of the budget, and the first Ctrl-C.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::budget::{Budget, Spent};
use crate::judge::{Judge, Reader};
use crate::persona::Persona;
use crate::plan::Planned;
use crate::root_cause;
use crate::scenario::{Case, Scenario};
use crate::verdict::{CaseResult, Cause, Leftover, Outcome};
use crate::wire::{Exchange, Hold, NoReply, Request, Wire};

mod case;
pub mod discover;
pub mod journal;
mod ledger;
mod meter;
mod refusal;
mod request;
pub mod session;
mod sweep;
mod trust;

pub use sweep::{Removal, sweep_journal};

use journal::Journal;
use ledger::Ledger;
use meter::Meter;
use trust::Trust;

/// How a run is carried out.
#[derive(Clone, Debug)]
pub struct Options {
    /// Cases at the same time.
    pub jobs: usize,
    /// From which names and passwords derive, and the order of cases where that is random.
    pub seed: u64,
    /// Whether cases run in a random order. Results come in that of the plan all the same.
    pub shuffle: bool,
    /// How long a server may take until a write is seen by reads.
    pub settle: Duration,
    /// Requests of one `times` or sweep at the same time.
    pub batch: usize,
    /// Whose bodies are remembered until the report.
    pub remember: Remember,
    /// What the target prescribes in place of the suite's `data`.
    pub data: BTreeMap<String, Value>,
    /// What the cases may cost at most.
    pub budget: Budget,
    /// What of it is used already.
    pub spent: Spent,
}

/// Whose requests and answers keep their bodies until the report: on a large tenant those of all cases are gigabytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remember {
    /// Those of all cases.
    All,
    /// Those of cases with a finding, a note or a leftover, and of those without a conclusion.
    Noteworthy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: 4,
            seed: 1,
            shuffle: false,
            settle: Duration::from_secs(5),
            batch: 4,
            remember: Remember::All,
            data: BTreeMap::new(),
            budget: Budget::default(),
            spent: Spent::default(),
        }
    }
}

/// How urgently a run shall end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Go on.
    #[default]
    No,
    /// Start nothing, sweep, report. It is the same when the budget of a run is used up.
    Soon,
    /// Sweep nothing more; say what is left.
    Now,
}

/// What happens while a run goes on. For progress only: the report is made from what [`run`] returns.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A case began.
    Started(&'a str),
    /// A request of that case is handed on, to be sent when it is its turn.
    Asked(&'a str, &'a Request),
    /// It does not leave yet: for what, and how long from now.
    Held(&'a str, &'a Request, Hold, Duration),
    /// It is not waited for any longer: an answer came, or none will.
    Answered(&'a str, &'a Request),
    /// Its answer may yet come true. It is sent again a while from now.
    Settling {
        /// The case.
        case: &'a str,
        /// The request that is repeated.
        request: &'a Request,
        /// How long this pause takes.
        wait: Duration,
        /// How long it took already.
        waited: Duration,
    },
    /// A case ended.
    Finished(&'a CaseResult),
}

/// What all cases of a run share.
pub(crate) struct Shared {
    wire: Wire,
    judge: Arc<Judge>,
    reader: Reader,
    options: Options,
    stop: watch::Receiver<Stop>,
    meter: Arc<Meter>,
    journal: Option<Journal>,
    patience: Patience,
    trust: Trust,
    silence: AtomicU64,
    /// Whether the server was seen to confirm a deletion that it did not carry out.
    deletions_lie: AtomicBool,
    on_event: Box<dyn Fn(Event<'_>) + Send + Sync>,
}

/// After so many requests in a row without an answer the server is given up: a run against a dead server shall not take hours.
const MOST_SILENCE: u64 = 8;

/// How often it is looked whether a request is still held back, when the budget is used up.
const HELD_EVERY: Duration = Duration::from_millis(20);

impl Shared {
    fn new(run: Run) -> Arc<Self> {
        Arc::new(Self {
            patience: Patience::new(run.options.settle),
            trust: Trust::default(),
            reader: Reader::default(),
            silence: AtomicU64::new(0),
            deletions_lie: AtomicBool::new(false),
            wire: run.wire,
            judge: run.judge,
            meter: Meter::new(run.options.budget, run.options.spent),
            options: run.options,
            stop: run.stop,
            journal: run.journal,
            on_event: run.on_event,
        })
    }

    /// Closes the journal, when nobody shares this any more.
    fn close(self: Arc<Self>) {
        if let Some(journal) = Arc::into_inner(self).and_then(|shared| shared.journal) {
            journal.close();
        }
    }

    /// Whether the server has stopped answering.
    fn is_silent(&self) -> bool {
        self.silence.load(Ordering::Relaxed) >= MOST_SILENCE
    }

    /// How urgently the cases shall end: because the user says so, or because the budget is used up.
    fn stopping(&self) -> Stop {
        match self.meter.ended() {
            Some(_) => self.interrupted().max(Stop::Soon),
            None => self.interrupted(),
        }
    }

    /// How urgently the user wants the run to end. Sweeps know no budget.
    fn interrupted(&self) -> Stop {
        *self.stop.borrow()
    }

    /// Why the cases end.
    fn end(&self) -> Cause {
        match self.meter.ended() {
            Some(limit) if self.interrupted() == Stop::No => Cause::NotReached(limit),
            _ => Cause::Stopped,
        }
    }

    /// Waits until the cases shall end.
    async fn ending(&self) {
        let mut stop = self.stop.clone();
        tokio::select! {
            // An error says that nobody is left who could interrupt.
            Ok(_) = stop.wait_for(|stop| *stop > Stop::No) => {}
            () = self.meter.end_of_budget() => {}
        }
    }

    /// Sends a request of a case. When the budget is used up it is not waited for any longer while it is held back: until the server
    /// is less busy, or until its turn.
    async fn ask(&self, case: &str, request: Request) -> Exchange {
        let held_until = Mutex::new(Instant::now());
        let held = |wait: Duration| {
            *held_until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + wait;
        };
        let is_held = || *held_until.lock().unwrap_or_else(PoisonError::into_inner) > Instant::now();
        let stopped = async {
            self.meter.end_of_budget().await;
            while !is_held() {
                tokio::time::sleep(HELD_EVERY).await;
            }
        };
        self.send_unless(case, request, stopped, held).await
    }

    async fn send(&self, case: &str, request: Request) -> Exchange {
        self.send_unless(case, request, std::future::pending(), |_| {}).await
    }

    async fn send_unless(
        &self,
        case: &str,
        request: Request,
        given_up: impl Future<Output = ()>,
        held_for: impl Fn(Duration),
    ) -> Exchange {
        let mut stop = self.stop.clone();
        let stopped = async move {
            tokio::select! {
                // An error says that nobody is left who could interrupt.
                Ok(_) = stop.wait_for(|stop| *stop == Stop::Now) => {}
                () = given_up => {}
            }
        };
        (self.on_event)(Event::Asked(case, &request));
        let held = |request: &Request, hold, wait| {
            held_for(wait);
            (self.on_event)(Event::Held(case, request, hold, wait));
        };
        let exchange = self.wire.send_unless(case, request, stopped, held).await;
        match &exchange.reply {
            Err(NoReply::Refused(_) | NoReply::TimedOut(_) | NoReply::Tls(_) | NoReply::NoToken(_)) => {
                self.silence.fetch_add(1, Ordering::Relaxed);
            }
            _ => self.silence.store(0, Ordering::Relaxed),
        }
        exchange
    }

    /// Tells that an answer came. Whoever listens may panic: what the answer created must be in the ledger by then.
    fn tell_answered(&self, case: &str, request: &Request) {
        (self.on_event)(Event::Answered(case, request));
    }

    /// Tells that an answer is looked at again.
    fn tell_settling(&self, case: &str, request: &Request, wait: Duration, waited: Duration) {
        (self.on_event)(Event::Settling { case, request, wait, waited });
    }
}

/// The bound on waiting in vain in a whole run, so that a bad server does not make a slow run. A server that is merely late
/// spends nothing of it. When it is used up a doubtful answer is looked at once more and then believed, unless the server was
/// seen to be late: then it gets the time that it was seen to need, twice, or each of its late answers would be an accusation.
struct Patience {
    settle: Duration,
    left: [AtomicU64; 3],
    lag: AtomicU64,
}

/// What is waited for. Each has its own bound: a server that never shows what many a case only prepares with, such as the members
/// of a group, must not cost the time that its answers have to come true.
#[derive(Clone, Copy, Debug)]
enum Purse {
    /// That the ground is prepared.
    Ground,
    /// That an answer comes true.
    Steps,
    /// That what was deleted is gone.
    Sweep,
}

impl Patience {
    fn new(settle: Duration) -> Self {
        let full = || AtomicU64::new(millis(settle).saturating_mul(3));
        Self { settle, left: [full(), full(), full()], lag: AtomicU64::new(0) }
    }

    /// Whether there is patience to wait for so long, all in all, for one answer that has `settle` to come true.
    fn allows(&self, purse: Purse, waiting: Duration, settle: Duration) -> bool {
        let seen = Duration::from_millis(self.lag.load(Ordering::Relaxed).saturating_mul(2)).min(self.settle);
        waiting <= seen || (waiting <= settle && self.left[purse as usize].load(Ordering::Relaxed) > 0)
    }

    /// It was waited in vain.
    fn spend(&self, purse: Purse, waited: Duration) {
        let left = &self.left[purse as usize];
        let _ =
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(millis(waited))));
    }

    /// It was not waited in vain.
    fn pays(&self, waited: Duration) {
        self.lag.fetch_max(millis(waited), Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What a run needs besides the plan.
pub struct Run {
    /// The server or a recording.
    pub wire: Wire,
    /// The judge.
    pub judge: Arc<Judge>,
    /// How to go about it.
    pub options: Options,
    /// Turns when the user interrupts.
    pub stop: watch::Receiver<Stop>,
    /// Where creations are written down, so that a killed run can be cleaned up after.
    pub journal: Option<Journal>,
    /// Told of everything that happens.
    pub on_event: Box<dyn Fn(Event<'_>) + Send + Sync>,
}

/// Runs a plan. Results come in its order, skipped cases included.
pub async fn run(run: Run, planned: &[Planned<'_>]) -> Vec<CaseResult> {
    let mut results = each(run, planned).await;
    root_cause::attribute(&mut results);
    results
}

/// The same, where each case is still told as if there were no others: root causes are not worked out yet.
pub async fn each(run: Run, planned: &[Planned<'_>]) -> Vec<CaseResult> {
    let shared = Shared::new(run);
    let clock = shared.meter.watch_the_clock();
    let mut results: BTreeMap<usize, CaseResult> = BTreeMap::new();
    let mut beside = Vec::new();
    let mut alone = Vec::new();
    for (index, plan) in planned.iter().enumerate() {
        match &plan.skip {
            Some(skip) => {
                let mut result = blank(&shared.judge, plan.scenario, plan.case);
                result.outcome = Outcome::Skipped(skip.clone());
                (shared.on_event)(Event::Finished(&result));
                results.insert(index, result);
            }
            None if plan.scenario.alone => alone.push(index),
            None => beside.push(index),
        }
    }
    if shared.options.shuffle {
        let mut random = fastrand::Rng::with_seed(shared.options.seed);
        random.shuffle(&mut beside);
        random.shuffle(&mut alone);
    }
    // Cases begin while later ones are still being prepared.
    let (queue, waiting) = mpsc::unbounded_channel();
    let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
    let mut workers = JoinSet::new();
    for _ in 0..shared.options.jobs.max(1) {
        workers.spawn(worker(Arc::clone(&shared), Arc::clone(&waiting)));
    }
    let prepared = |index: usize| {
        let Planned { scenario, case, .. } = planned[index];
        Prepared { index, case: Arc::clone(case), result: blank(&shared.judge, scenario, case) }
    };
    for index in beside {
        // It fails when all workers are gone, each with a panic that is told below.
        let _ = queue.send(prepared(index));
    }
    drop(queue);
    let alone: Vec<Prepared> = alone.into_iter().map(prepared).collect();
    // Whoever listens to events may panic. That is not ours to hide, but what the other workers create has to be swept first.
    let mut panic = None;
    let mut take = |done: Result<Vec<(usize, CaseResult)>, JoinError>| match done {
        Ok(done) => results.extend(done),
        Err(error) => panic = error.try_into_panic().ok().or(panic.take()),
    };
    while let Some(done) = workers.join_next().await {
        take(done);
    }
    // One worker takes those that run alone, so that from case to case no thread has to wake another.
    let (queue, waiting) = mpsc::unbounded_channel();
    for prepared in alone {
        let _ = queue.send(prepared);
    }
    drop(queue);
    take(tokio::spawn(worker(Arc::clone(&shared), Arc::new(tokio::sync::Mutex::new(waiting)))).await);
    if panic.is_none() {
        refusal::explain(&shared, &mut results).await;
    }
    let judge = Arc::clone(&shared.judge);
    clock.iter().for_each(AbortHandle::abort);
    shared.close();
    if let Some(panic) = panic {
        std::panic::resume_unwind(panic);
    }
    let mut results: Vec<CaseResult> = results.into_values().collect();
    for blocker in results.iter_mut().filter_map(|result| result.blocker.as_mut()) {
        blocker.demand = blocker.demand.take().and_then(|demand| judge.then(demand));
    }
    results
}

/// A case that waits for its turn, and the result of it for a start.
struct Prepared {
    index: usize,
    case: Arc<Case>,
    result: CaseResult,
}

/// Runs one case after the other, until there is none left.
async fn worker(
    shared: Arc<Shared>,
    waiting: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Prepared>>>,
) -> Vec<(usize, CaseResult)> {
    let mut done = Vec::new();
    loop {
        let next = waiting.lock().await.recv().await;
        let Some(Prepared { index, case, result }) = next else { return done };
        done.push((index, guarded(Arc::clone(&shared), case, result).await));
    }
}

/// Runs one case, so that a panic of ours ends this case only, and sweeps in any event. `result` is the one
/// of a case that has not run.
async fn guarded(shared: Arc<Shared>, case: Arc<Case>, mut result: CaseResult) -> CaseResult {
    if shared.stopping() > Stop::No {
        result.outcome = Outcome::Inconclusive(shared.end());
        (shared.on_event)(Event::Finished(&result));
        return result;
    }
    if shared.is_silent() {
        let why = "the server stopped answering; the case was not begun".to_owned();
        result.outcome = Outcome::Inconclusive(Cause::NoReply(NoReply::Refused(why)));
        (shared.on_event)(Event::Finished(&result));
        return result;
    }
    (shared.on_event)(Event::Started(&case.id));
    let started = Instant::now();
    let ledger = Arc::new(Mutex::new(Ledger::new(unique(shared.options.seed, &case.id))));
    let running = case::run(Arc::clone(&shared), Arc::clone(&case), Arc::clone(&ledger));
    match caught(running).await {
        Ok(ran) => {
            let nothing = || {
                let said = ran.notes.iter().rev().find(|note| note.requirement.is_none());
                said.map_or_else(|| "no answer gave occasion to judge anything".to_owned(), |note| note.text.clone())
            };
            let nothing_judged = (!ran.own_judged).then(nothing);
            result.outcome = crate::verdict::conclude(&ran.findings, ran.cause, nothing_judged);
            result.blocker = ran.blocker;
            result.findings = ran.findings;
            result.not_scored = ran.not_scored;
            result.notes = ran.notes;
            result.judged = ran.judged;
            // What was cut short is not to be compared with what was run to its end.
            result.steps = if ran.is_cut_short { Vec::new() } else { ran.steps };
            result.transcript = ran.transcript;
        }
        Err(what) => result.outcome = Outcome::Inconclusive(Cause::Bug(what)),
    }
    if let Some(since) = result.since {
        result.set_aside(since);
    }
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let before = result.transcript.len();
    let sweeping = sweep::sweep(Arc::clone(&shared), case.id.clone(), ledger);
    match caught(sweeping).await {
        Ok((transcript, leftovers)) => {
            result.transcript.extend(transcript);
            result.leftovers = leftovers;
        }
        Err(what) => result.leftovers.push(Leftover { path: "unknown".to_owned(), why: what }),
    }
    result.swept = result.transcript.len() - before;
    result.took = started.elapsed();
    // Whoever listens sees the whole case.
    (shared.on_event)(Event::Finished(&result));
    let unremarkable = result.outcome == Outcome::Passed
        && result.findings.is_empty()
        && result.not_scored.is_empty()
        && result.notes.is_empty()
        && result.leftovers.is_empty();
    if unremarkable && shared.options.remember == Remember::Noteworthy {
        for exchange in &mut result.transcript {
            exchange.request.body = None;
            if let Ok(response) = &mut exchange.reply {
                response.body = Vec::new();
            }
        }
    }
    result
}

/// What a future comes to, or what it says when it panics. A task of its own would do as much, and have to be woken.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let mut future = pin!(future);
    let polled = poll_fn(|context| {
        // What was half done is not looked at again but for the ledger, whose every change is whole.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    });
    polled.await.map_err(|panic| {
        panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
            .unwrap_or_else(|| "a panic without a message".to_owned())
    })
}

/// The same in a task of its own: the thread that waits for everything would have to be woken for each answer.
async fn spawned<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T, String> {
    tokio::spawn(caught(future)).await.unwrap_or_else(|error| Err(error.to_string()))
}

/// The result of a case that has not run.
fn blank(judge: &Judge, scenario: &Scenario, case: &Case) -> CaseResult {
    CaseResult {
        id: case.id.clone(),
        suite: scenario.suite().to_owned(),
        title: scenario.title.clone(),
        since: case.since.filter(|since| judge.is_later(*since)),
        checks: case::checks(judge, case),
        judged: Vec::new(),
        outcome: Outcome::Passed,
        findings: Vec::new(),
        not_scored: Vec::new(),
        blocker: None,
        blocked_by: Vec::new(),
        expected: None,
        notes: Vec::new(),
        steps: Vec::new(),
        transcript: Vec::new(),
        swept: 0,
        leftovers: Vec::new(),
        took: Duration::ZERO,
    }
}

/// All requirements that a case can report, in order and once each.
pub fn checks(judge: &Judge, case: &Case) -> Vec<crate::requirement::RequirementId> {
    case::checks(judge, case)
}

/// The name that everything a case creates carries: `sc` and ten letters and digits, from the seed and the case.
fn unique(seed: u64, case: &str) -> String {
    let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
    for byte in case.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23);
    }
    let mut random = fastrand::Rng::with_seed(state);
    let letters: String =
        (0..10).map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[random.usize(..36)])).collect();
    format!("sc{letters}")
}

/// What a case of a run makes up: the name that everything it creates carries, and the password.
pub fn made_up(seed: u64, case: &str, persona: &Persona) -> (String, String) {
    (unique(seed, case), password(seed, case, persona))
}

/// A password as the persona makes them.
fn password(seed: u64, case: &str, persona: &Persona) -> String {
    persona.password.replace("${random}", &unique(seed.rotate_left(17), case))
}

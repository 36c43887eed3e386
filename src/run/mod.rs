//! Runs the plan: what is sent when, how a run is stopped, and results in the order of the plan.
//!
//! **Invariant:** whatever happens to a case, what it created is in its ledger, and the ledger is swept: after success, failure,
//! a panic of ours, a time-out, the end of the budget, and the first Ctrl-C.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::budget::{Budget, Spent};
use crate::judge::Judge;
use crate::model::Ways;
use crate::persona::{Persona, Version};
use crate::plan::Planned;
use crate::requirement::RequirementId;
use crate::root_cause;
use crate::scenario::{self, Case, Scenario};
use crate::verdict::{Adapted, CaseResult, Cause, Leftover, Outcome, SetupResult};
use crate::wire::{Exchange, Hold, NoReply, Request, Waiter, Wire};

mod adapt;
mod alone;
mod audit;
mod beside;
mod bulk;
mod case;
pub mod discover;
mod end;
mod gate;
pub mod histories;
pub mod journal;
mod ledger;
mod meter;
mod ran;
mod refusal;
mod request;
pub mod session;
mod sharing;
mod slots;
mod sweep;
mod trust;
mod waits;
pub mod witnesses;

pub use gate::NotOurs;
pub use sharing::Recorded;
pub use sweep::{Removal, sweep_journal};

use case::Sharing;
use journal::Journal;
use ledger::Ledger;
use meter::Meter;
use ran::Ran;
use sharing::Setups;
use slots::Slots;
use trust::{Deletions, Trust};

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
    /// Whether cases share setup. Each prepares its own otherwise.
    pub share: bool,
    /// Added to the names of shared setup, where several processes share a run: each prepares its own.
    pub part: String,
    /// How the cases of a recording that is played shared setup.
    pub recorded: Recorded,
    /// Whether writes are held against the laws of the model, and then what is known of how the server treats attributes before any case
    /// has run.
    pub laws: Option<Ways>,
    /// Whether what a case wrote and did not read is read for these laws.
    pub read_unread: bool,
    /// How setup was changed when the recording was made that is played.
    pub adapted: Vec<Adapted>,
    /// The histories that are run beside the cases.
    pub histories: Vec<histories::Wanted>,
    /// Whether these are as many as there is time for: those that it is too late for are not told.
    pub soaks: bool,
    /// What is created before the first case and looked at when all are done.
    pub witnesses: Option<witnesses::Wanted>,
    /// The version of SCIM that is spoken with the server.
    pub version: Version,
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
            share: true,
            part: String::new(),
            recorded: Recorded::default(),
            laws: None,
            read_unread: true,
            adapted: Vec::new(),
            histories: Vec::new(),
            soaks: false,
            witnesses: None,
            version: Version::default(),
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
    options: Options,
    stop: watch::Receiver<Stop>,
    meter: Arc<Meter>,
    journal: Option<Journal>,
    patience: Patience,
    slots: Slots,
    trust: Trust,
    setups: Setups,
    /// The requirements that a case of this run was seen to violate.
    violated: Mutex<BTreeSet<RequirementId>>,
    setup: adapt::Setup,
    silence: AtomicU64,
    deletions: Deletions,
    /// What cases wrote, where somebody watches.
    traces: witnesses::Traces,
    on_event: Box<dyn Fn(Event<'_>) + Send + Sync>,
}

/// A case that waits until a request of its may leave, and lends its slot meanwhile.
struct Waiting<'s, F> {
    shared: &'s Shared,
    case: &'s str,
    /// Told how long that takes.
    held_for: F,
}

impl<F: Fn(Duration) + Sync> Waiter for Waiting<'_, F> {
    async fn wait(&self, request: &Request, hold: Hold, wait: Duration) {
        (self.held_for)(wait);
        (self.shared.on_event)(Event::Held(self.case, request, hold, wait));
        slots::lend(tokio::time::sleep(wait)).await;
    }
}

/// After so many requests in a row without an answer the server is given up: a run against a dead server shall not take hours.
const MOST_SILENCE: u64 = 8;

/// How often it is looked whether a request is still held back, when the budget is used up.
const HELD_EVERY: Duration = Duration::from_millis(20);

impl Shared {
    fn new(run: Run) -> Arc<Self> {
        Arc::new(Self {
            patience: Patience::new(run.options.settle),
            slots: Slots::new(run.options.jobs),
            trust: Trust::default(),
            setups: Setups::default(),
            violated: Mutex::default(),
            setup: adapt::Setup::new(run.options.adapted.clone()),
            silence: AtomicU64::new(0),
            deletions: Deletions::default(),
            traces: witnesses::Traces::default(),
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

    /// A request that no scenario asks for.
    fn own(&self, method: &str, path: impl Into<String>) -> Request {
        Request::own(method, path).accepting(self.options.version.media_type())
    }

    /// Sends a request of a sweep, which knows no budget.
    async fn send(&self, case: &str, request: Request) -> Exchange {
        self.send_unless(case, request, std::future::pending(), |_| {}).await
    }

    async fn send_unless(
        &self,
        case: &str,
        request: Request,
        given_up: impl Future<Output = ()>,
        held_for: impl Fn(Duration) + Sync,
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
        let exchange = self.wire.send_unless(case, request, stopped, &Waiting { shared: self, case, held_for }).await;
        match &exchange.reply {
            Err(NoReply::Refused(_) | NoReply::TimedOut(_) | NoReply::Tls(_) | NoReply::NoToken(_)) => {
                self.silence.fetch_add(1, Ordering::Relaxed);
            }
            _ => self.silence.store(0, Ordering::Relaxed),
        }
        exchange
    }

    /// The requirement that a case rests on and another has shown to be violated.
    fn rests_on_violated(&self, case: &Case) -> Option<RequirementId> {
        if let Wire::Tape(tape) = &self.wire {
            // What was not sent for that reason is not in the recording either, and the rest is told when all are done.
            return case.rests_on.first().filter(|_| !tape.knows(&case.id)).cloned();
        }
        let violated = self.violated.lock().unwrap_or_else(PoisonError::into_inner);
        case.rests_on.iter().find(|id| violated.contains(*id)).cloned()
    }

    fn note_violations(&self, result: &CaseResult) {
        let mut violated = self.violated.lock().unwrap_or_else(PoisonError::into_inner);
        violated.extend(result.findings.iter().map(|finding| finding.requirement.clone()));
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
/// seen to be late: then it gets the time that it was seen to need, twice, or each of its late answers would be an accusation. It is the
/// same with what was waited for in vain once: whatever else is wrong in that way is wrong, and not late.
struct Patience {
    settle: Duration,
    left: [AtomicU64; 3],
    /// The longest time that the server was seen to need.
    lag: AtomicU64,
    /// The time that it needed last.
    latest: AtomicU64,
    /// What had all the time there is, and did not come true.
    in_vain: Mutex<BTreeSet<String>>,
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
        let (lag, latest) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { settle, left: [full(), full(), full()], lag, latest, in_vain: Mutex::default() }
    }

    /// Whether there is patience to wait for so long, all in all, for one answer that has `settle` to come true.
    fn allows(&self, purse: Purse, waiting: Duration, settle: Duration) -> bool {
        self.is_as_late(waiting) || (waiting <= settle && self.left[purse as usize].load(Ordering::Relaxed) > 0)
    }

    /// The same for an answer that is amiss in these ways.
    fn allows_for(&self, amiss: &BTreeSet<String>, purse: Purse, waiting: Duration, settle: Duration) -> bool {
        let in_vain = self.in_vain.lock().unwrap_or_else(PoisonError::into_inner);
        let is_in_vain = !amiss.is_empty() && amiss.is_subset(&in_vain);
        if is_in_vain { self.is_as_late(waiting) } else { self.allows(purse, waiting, settle) }
    }

    /// Whether the server may well be as late as that, from what was seen of it.
    fn is_as_late(&self, waiting: Duration) -> bool {
        waiting <= Duration::from_millis(self.lag.load(Ordering::Relaxed).saturating_mul(2)).min(self.settle)
    }

    /// What is amiss in these ways had all the time there is.
    fn was_in_vain(&self, amiss: BTreeSet<String>) {
        self.in_vain.lock().unwrap_or_else(PoisonError::into_inner).extend(amiss);
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
        self.latest.store(millis(waited), Ordering::Relaxed);
    }

    /// When to look again at what was looked at first at that moment, where the waits so far are planned to take `before` and the next
    /// `wait`. That is planned for servers of which nobody knows how late they are. One that was seen to be late is first waited for nearly
    /// as long as the last time, and then looked at often: so what is waited comes down to what it needs, with few requests in vain.
    fn until(&self, since: Instant, before: Duration, wait: Duration) -> Instant {
        let latest = self.latest.load(Ordering::Relaxed);
        since + before + wait.max(Duration::from_millis(latest - latest / 8))
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

/// What came of a plan.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// Its cases in order, skipped ones included.
    pub cases: Vec<CaseResult>,
    /// The setup that they shared, by id.
    pub setups: Vec<SetupResult>,
}

/// Runs a plan.
pub async fn run(run: Run, planned: &[Planned<'_>]) -> Played {
    let judge = Arc::clone(&run.judge);
    let mut played = each(run, planned).await;
    root_cause::attribute(&mut played.cases, judge.restated());
    played
}

/// The same, where each case is still told as if there were no others: root causes are not worked out yet.
pub async fn each(run: Run, planned: &[Planned<'_>]) -> Played {
    let shared = Shared::new(run);
    let clock = shared.meter.watch_the_clock();
    let mut results: BTreeMap<usize, CaseResult> = BTreeMap::new();
    let mut beside = Vec::new();
    let mut alone = Vec::new();
    let unrun = |plan: &Planned<'_>| {
        let mut result = blank(&shared.judge, plan.scenario, plan.case);
        if shared.options.laws.is_some() {
            result.checks = audit::with_laws(&shared.judge, plan.case, result.checks);
        }
        result
    };
    for (index, plan) in planned.iter().enumerate() {
        match &plan.skip {
            Some(skip) => {
                let mut result = unrun(plan);
                result.outcome = Outcome::Skipped(skip.clone());
                (shared.on_event)(Event::Finished(&result));
                results.insert(index, result);
            }
            None if plan.scenario.alone => alone.push(index),
            None => beside.push(index),
        }
    }
    // What others rest on comes first, and before that what itself rests on nothing: whoever rests on what is violated then sends nothing.
    let assumed: BTreeSet<&RequirementId> = planned.iter().flat_map(|plan| &plan.case.rests_on).collect();
    let rank = |index: &usize| {
        let case = planned[*index].case;
        let is_assumed = !assumed.is_empty() && scenario::judged(case).iter().any(|id| assumed.contains(id));
        (!is_assumed, is_assumed && !case.rests_on.is_empty())
    };
    if shared.options.shuffle {
        let mut random = fastrand::Rng::with_seed(shared.options.seed);
        random.shuffle(&mut beside);
        random.shuffle(&mut alone);
    } else {
        beside.sort_by_cached_key(rank);
        alone.sort_by_cached_key(rank);
    }
    // Cases begin while later ones are still being prepared.
    let watch = witnesses::gather(&shared).await;
    let (queue, waiting) = mpsc::unbounded_channel();
    let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
    let mut workers = JoinSet::new();
    for _ in 0..shared.slots.begun() {
        workers.spawn(worker(Arc::clone(&shared), Arc::clone(&waiting)));
    }
    let prepared = |index: usize| {
        let plan = &planned[index];
        Prepared { index, case: Arc::clone(plan.case), result: unrun(plan), is_history: false }
    };
    let first_history = planned.len();
    let made_up = histories::beside(&shared, first_history, &mut results);
    // They are long, so they begin early; but what others rest on comes first, and all cases where the budget may not do for both.
    let many = match (shared.options.budget == Budget::default(), shared.options.shuffle) {
        (false, _) => beside.len(),
        (true, true) => 0,
        (true, false) => beside.partition_point(|index| !rank(index).0),
    };
    let (before, after) = beside.split_at(many);
    let before = before.iter().map(|index| prepared(*index));
    for one in before.chain(made_up).chain(after.iter().map(|index| prepared(*index))) {
        // It fails when all workers are gone, each with a panic that is told below.
        let _ = queue.send(one);
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
    alone::run(&shared, alone, &mut take).await;
    if panic.is_none() {
        // Cases within cases: named, so that nobody has to look through all of them to know how large this is.
        let playing: Pin<Box<dyn Future<Output = ()> + Send + '_>> =
            Box::pin(histories::play(&shared, first_history, &mut results));
        playing.await;
        refusal::explain(&shared, &mut results).await;
    }
    let mut again = None;
    if panic.is_none() {
        let trying: Pin<Box<dyn Future<Output = Option<SetupResult>> + Send + '_>> =
            Box::pin(beside::try_alone(&shared, planned, &mut results));
        again = trying.await;
    }
    let watched: Pin<Box<dyn Future<Output = witnesses::Watched> + Send + '_>> =
        Box::pin(witnesses::conclude(&shared, watch, planned, &results, panic.is_none()));
    let watched = watched.await;
    for result in results.values_mut().filter(|result| !result.disputed.is_empty()) {
        watched.name(&mut result.disputed);
        beside::tell(result);
    }
    let mut setups = Setups::sweep(&shared).await;
    setups.extend(again.into_iter().chain(watched.setup));
    let judge = Arc::clone(&shared.judge);
    clock.iter().for_each(AbortHandle::abort);
    shared.close();
    if let Some(panic) = panic {
        std::panic::resume_unwind(panic);
    }
    let mut results: Vec<CaseResult> = results.into_values().chain(watched.cases).collect();
    for blocker in results.iter_mut().filter_map(|result| result.blocker.as_mut()) {
        blocker.demand = blocker.demand.take().and_then(|demand| judge.then(demand));
    }
    Played { cases: results, setups }
}

/// A case that waits for its turn, and the result of it for a start.
struct Prepared {
    index: usize,
    case: Arc<Case>,
    result: CaseResult,
    /// Whether what it finds may yet be made shorter before it is told.
    is_history: bool,
}

/// Runs one case after the other, until there is none left.
async fn worker(
    shared: Arc<Shared>,
    waiting: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Prepared>>>,
) -> Vec<(usize, CaseResult)> {
    let mut done = Vec::new();
    loop {
        let next = waiting.lock().await.recv().await;
        let Some(Prepared { index, case, result, is_history }) = next else { return done };
        let shared_too = Arc::clone(&shared);
        let result = match is_history {
            true => shared.slots.run(carry_out(shared_too, case, result, None)).await,
            false => shared.slots.run(guarded(shared_too, case, result)).await,
        };
        done.push((index, result));
    }
}

/// Runs one case, so that a panic of ours ends this case only, and sweeps in any event. `result` is the one
/// of a case that has not run.
async fn guarded(shared: Arc<Shared>, case: Arc<Case>, result: CaseResult) -> CaseResult {
    let mut result = carry_out(Arc::clone(&shared), case, result, None).await;
    shared.note_violations(&result);
    finish(&shared, &mut result);
    result
}

/// Tells that a case is done. What is forgotten of it then whoever listens has seen.
fn finish(shared: &Shared, result: &mut CaseResult) {
    if shared.options.witnesses.is_some() {
        shared.traces.note(result);
    }
    (shared.on_event)(Event::Finished(result));
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
}

/// The same, without telling of it. Where it is said how it takes part in what cases share, it is done so.
async fn carry_out(
    shared: Arc<Shared>,
    case: Arc<Case>,
    mut result: CaseResult,
    wanted: Option<Sharing>,
) -> CaseResult {
    if shared.stopping() > Stop::No {
        result.outcome = Outcome::Inconclusive(shared.end());
        return result;
    }
    if shared.is_silent() {
        let why = "the server stopped answering; the case was not begun".to_owned();
        result.outcome = Outcome::Inconclusive(Cause::NoReply(NoReply::Refused(why)));
        return result;
    }
    if let Some(violated) = shared.rests_on_violated(&case) {
        result.outcome = Outcome::Inconclusive(Cause::RestsOn(violated));
        return result;
    }
    (shared.on_event)(Event::Started(&case.id));
    let started = Instant::now();
    let mut asked = (Vec::new(), Vec::new());
    let mut in_vain = (Vec::new(), Vec::new());
    let ledger = |name: &str| Arc::new(Mutex::new(Ledger::new(unique(shared.options.seed, name))));
    let is_alone = !shared.options.share || shared.options.recorded.alone.contains(&case.id);
    let mut sharing = match shared.options.recorded.given_later.get(&case.id) {
        _ if wanted.is_some() => wanted.unwrap_or_default(),
        Some(given) => Sharing::Completed(given.clone()),
        None if is_alone => Sharing::Off,
        None => Sharing::Allowed,
    };
    let mut own = ledger(&sharing.name_of(&case.id));
    let mut ran = caught(case::run(Arc::clone(&shared), Arc::clone(&case), Arc::clone(&own), sharing.clone())).await;
    if let Ok(first) = &ran
        && first.relied_in_vain(&shared).await
    {
        discard(&shared, &case.id, ran, own).await;
        sharing = Sharing::Off;
        own = ledger(&sharing.name_of(&case.id));
        ran = caught(case::run(Arc::clone(&shared), Arc::clone(&case), Arc::clone(&own), sharing.clone())).await;
    }
    if let Ok(first) = &ran
        && let Some(given) = adapt::given_later(&shared, first)
        && !matches!(sharing, Sharing::Completed(_))
        && shared.stopping() == Stop::No
    {
        in_vain = set_aside(&shared, &case.id, ran, own).await;
        sharing = Sharing::Completed(given);
        own = ledger(&sharing.name_of(&case.id));
        ran = caught(case::run(Arc::clone(&shared), Arc::clone(&case), Arc::clone(&own), sharing.clone())).await;
    }
    match ran {
        Ok(ran) => {
            asked = (ran.asked, ran.leftovers);
            result.adapted = ran.adapted;
            result.treated = ran.treated;
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
            result.shared = ran.shared;
            result.shares_nothing = sharing.is_off();
            result.given_later = sharing.given_later().to_vec();
        }
        Err(what) => result.outcome = Outcome::Inconclusive(Cause::Bug(what)),
    }
    let ledger = own;
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
    result.transcript.append(&mut asked.0);
    result.leftovers.append(&mut asked.1);
    result.transcript.append(&mut in_vain.0);
    result.leftovers.append(&mut in_vain.1);
    result.swept = result.transcript.len() - before;
    result.took = started.elapsed();
    result
}

/// Removes what a case created that relied on what no longer stood. What it sent is told with that.
async fn discard(shared: &Arc<Shared>, case: &str, ran: Result<Ran, String>, ledger: Arc<Mutex<Ledger>>) {
    let Some(broken) = ran.iter().flat_map(|ran| &ran.relied_on).find(|setup| setup.is_broken()).cloned() else {
        return;
    };
    let (sent, leftovers) = set_aside(shared, case, ran, ledger).await;
    broken.note(sent, leftovers);
}

/// Removes what a case created that is run again, also where it has panicked. Gives what it sent, and what is left of it.
async fn set_aside(
    shared: &Arc<Shared>,
    case: &str,
    ran: Result<Ran, String>,
    ledger: Arc<Mutex<Ledger>>,
) -> (Vec<Exchange>, Vec<Leftover>) {
    let mut ran = ran.unwrap_or_default();
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let own = (0..ran.transcript.len()).filter(|index| !ran.shared.iter().any(|shared| shared.holds(*index)));
    let mut sent: Vec<Exchange> = own.map(|index| ran.transcript[index].clone()).collect();
    let sweeping = sweep::sweep(Arc::clone(shared), case.to_owned(), ledger);
    match caught(sweeping).await {
        Ok((transcript, leftovers)) => {
            sent.extend(transcript);
            ran.leftovers.extend(leftovers);
        }
        Err(why) => ran.leftovers.push(Leftover { path: "unknown".to_owned(), why }),
    }
    sent.append(&mut ran.asked);
    (sent, ran.leftovers)
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
        title: scenario.title.clone(),
        part_of: case.part_of.iter().map(ToString::to_string).collect(),
        since: case.since.filter(|since| judge.is_later(*since)),
        checks: case::checks(judge, case),
        rests_on: case.rests_on.clone(),
        ..CaseResult::new(case.id.clone(), Outcome::Passed)
    }
}

/// All requirements that a case can report, in order and once each.
pub fn checks(judge: &Judge, case: &Case) -> Vec<crate::requirement::RequirementId> {
    case::checks(judge, case)
}

/// The laws of the model that the writes of a case have to obey, by the requirements that they are reported as.
pub fn laws(judge: &Judge, case: &Case) -> Vec<crate::requirement::RequirementId> {
    audit::with_laws(judge, case, Vec::new())
}

/// The same, with the laws that its writes have to obey.
pub fn checks_and_laws(judge: &Judge, case: &Case) -> Vec<crate::requirement::RequirementId> {
    audit::with_laws(judge, case, case::checks(judge, case))
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

/// Whether a case took part in what cases share.
fn sharing_of(case: &CaseResult) -> Sharing {
    match case.shares_nothing {
        _ if !case.given_later.is_empty() => Sharing::Completed(case.given_later.clone()),
        true => Sharing::Off,
        false => Sharing::Allowed,
    }
}

/// By what name a case made up what it created: another one where it was run again with setup of its own.
pub fn named(case: &CaseResult) -> String {
    sharing_of(case).name_of(&case.id)
}

/// What a case of a run makes up: the name that everything it creates carries, and the password.
pub fn made_up(seed: u64, case: &str, persona: &Persona) -> (String, String) {
    (unique(seed, case), password(seed, case, persona))
}

/// A password as the persona makes them.
fn password(seed: u64, case: &str, persona: &Persona) -> String {
    persona.password.replace("${random}", &unique(seed.rotate_left(17), case))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_server_is_looked_at_about_when_it_will_have_settled() {
        let patience = Patience::new(Duration::from_secs(5));
        let since = Instant::now();
        let looks = |patience: &Patience| -> Vec<u64> {
            let mut before = Duration::ZERO;
            let mut at = Vec::new();
            for wait in waits::WAITS.iter().take(6).map(|wait| Duration::from_millis(*wait)) {
                at.push(millis(patience.until(since, before, wait) - since));
                before += wait;
            }
            at
        };
        assert_eq!(looks(&patience), [50, 150, 350, 750, 1550, 2550], "of a server that nobody has seen late");
        patience.pays(Duration::from_millis(800));
        assert_eq!(looks(&patience), [700, 750, 850, 1050, 1550, 2550]);
        patience.pays(Duration::from_millis(400));
        assert_eq!(looks(&patience), [350, 400, 500, 750, 1550, 2550], "what it needed last counts");
        assert!(
            patience.allows(Purse::Steps, Duration::from_millis(1600), Duration::ZERO),
            "and once it needed longer"
        );
    }

    #[test]
    fn what_was_waited_for_in_vain_is_waited_for_once_and_a_late_server_gets_its_time() {
        let settle = Duration::from_secs(5);
        let patience = Patience::new(settle);
        let amiss = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
        let allows = |names: &[&str], wait: u64| {
            patience.allows_for(&amiss(names), Purse::Steps, Duration::from_millis(wait), settle)
        };
        assert!(allows(&["gone"], 4000));
        patience.was_in_vain(amiss(&["gone"]));
        assert!(!allows(&["gone"], 100));
        assert!(allows(&["gone", "other"], 4000), "something else is amiss, too");
        assert!(allows(&[], 4000));
        patience.pays(Duration::from_millis(800));
        assert!(allows(&["gone"], 1600) && !allows(&["gone"], 1700), "twice what it was seen to need");
    }
}

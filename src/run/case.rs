//! One case: the ground is prepared, the steps are judged, and what looks wrong is looked at again.
//!
//! **Invariant:** a failure of the ground is never a finding; and nothing that only looked wrong once is held against the server
//! while there is patience to look again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::json::items;
use crate::judge::{self, Body, Judgement, Page, WalkEnd, WalkEvidence};
use crate::persona::Persona;
use crate::requirement::{Failure, Level, RequirementId};
use crate::scenario::template::Unbound;
use crate::scenario::{
    Action, Bindings, BodyTemplate, Bound, CaptureFrom, Case, Check, Each, Expectation, RequestTemplate, Rule,
    RuleCall, Send, SharedSetup, StatusRange, Step, Walk, data_key, unfolded,
};
use crate::source::Span;
use crate::verdict::{Asking, Blocker, Cause, Finding, JudgedStep, Leftover, Note, Place, SharedUse};
use crate::wire::{Credential, Exchange, NoReply, Request, Tape, Wire};

use super::end::End;
use super::gate::{self, Heard, NotOurs};
use super::ledger::{Ledger, collection, newest};
use super::ran::Ran;
use super::refusal::with_more;
use super::request::{fill, put_segment};
use super::sharing::{self, Prepared, Setup};
use super::waits::{AFTER_FAILURE, DEAR_WAITS, is_failed, is_failure, waits_of};
use super::{Purse, Shared, Stop, adapt, password, slots, unique};

/// More pages than this make a walk grow its page size.
const PAGES: u64 = 60;

/// Steps are taken for no more values than this: how many there are is for the server to say.
const MOST_VALUES: usize = 100;

/// How many names most cases bind.
const ROOM: usize = 50;

/// More pages than this are never read.
const MOST_PAGES: u64 = 2000;

/// All requirements that a case can report, in order and once each.
pub(super) fn checks<'c>(judge: &judge::Judge, case: &'c Case) -> Vec<RequirementId> {
    let mut ids: Vec<RequirementId> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut rows = Bindings::default();
    case.bind_row(&mut rows);
    let mut called: Vec<(&RuleCall, &str, String)> = Vec::new();
    let mut add = |request: &'c RequestTemplate, expectations: &'c [Expectation]| {
        // Ids are not known yet, and do not matter.
        let path = request.path.fill_with(&rows, &put_segment).unwrap_or_else(|_| request.path.sample("0"));
        for expectation in expectations {
            // The same rule is called by many steps, and what it can report is much.
            let more = match &expectation.check {
                Check::Rule(call)
                    if called.iter().any(|(c, m, p)| is_same(c, call) && **m == request.method && *p == path) =>
                {
                    Vec::new()
                }
                check => judge.requirements_on(check, expectations, &request.method, &path),
            };
            if let Check::Rule(call) = &expectation.check
                && !more.is_empty()
            {
                called.push((call, &request.method, path.clone()));
            }
            for id in std::iter::once(expectation.requirement.clone()).chain(more) {
                if seen.insert(id.clone()) {
                    ids.push(id);
                }
            }
        }
    };
    for step in unfolded(&case.steps) {
        match &step.action {
            Action::Send(send) => add(&send.request, &send.expect),
            Action::Walk(walk) => add(&walk.request, &walk.expect),
            Action::Together { sends, expect } => {
                sends.iter().for_each(|send| add(&send.request, &send.expect));
                if let Some(first) = sends.first() {
                    add(&first.request, expect);
                }
            }
            // What is inside comes after it.
            Action::Each(_) | Action::Bind(_) | Action::Shared(_) => {}
        }
    }
    ids
}

fn is_same(one: &RuleCall, other: &RuleCall) -> bool {
    one.rule == other.rule && one.with == other.with
}

/// Runs one case up to its end or to the point where nothing further can be judged. With setup of its own, nothing is shared.
pub(super) async fn run(shared: Arc<Shared>, case: Arc<Case>, ledger: Arc<Mutex<Ledger>>, sharing: Sharing) -> Ran {
    let name = sharing.name_of(&case.id);
    let of = (Arc::clone(&case.data), Arc::clone(&case.persona));
    let mut running = Running::new(shared, case.id.clone(), &name, of, ledger);
    running.given_later = sharing.given_later().to_vec();
    running.sharing = sharing;
    case.bind_row(&mut running.bindings);
    for (phase, steps) in [(Phase::Given, &case.given), (Phase::Steps, &case.steps)] {
        running.phase = phase;
        match running.steps(steps).await {
            Ok(()) => {}
            Err(End::Decided) => break,
            Err(End::Refused(exchange)) => {
                running.ran.blocker = Some(Blocker { exchange, demand: None, settled: true, went_on: false });
                break;
            }
            Err(End::Undecided(cause, blocker)) => {
                // A request that was given up, too, was so because the run ends.
                let is_end = matches!(&cause, Cause::Stopped | Cause::NotReached(_) | Cause::NoReply(NoReply::Stopped));
                running.ran.is_cut_short = is_end;
                running.ran.cause = Some(if is_end { running.shared.end() } else { cause });
                running.ran.blocker = blocker.map(|blocker| *blocker);
                break;
            }
        }
    }
    running.audit(&case).await;
    running.ran.bindings = running.bindings;
    adapt::weigh(&mut running.ran);
    running.ran
}

/// Whether a case takes part in what cases share.
#[derive(Clone, Debug, Default)]
pub(super) enum Sharing {
    /// It does.
    #[default]
    Allowed,
    /// It prepares everything itself, under a name that differs from the one that it had when it took part.
    Off,
    /// The same, where these attributes are given by changes to what is created without them, as the server refuses creates with them.
    Completed(Vec<String>),
}

impl Sharing {
    /// From what the name of everything that a case creates is made.
    pub(super) fn name_of(&self, case: &str) -> String {
        match self {
            Sharing::Allowed => case.to_owned(),
            Sharing::Off => alone(case),
            Sharing::Completed(_) => format!("{case} (completed setup)"),
        }
    }

    /// Whether a case prepares everything itself.
    pub(super) fn is_off(&self) -> bool {
        !matches!(self, Sharing::Allowed)
    }

    /// What setup is given by changes.
    pub(super) fn given_later(&self) -> &[String] {
        match self {
            Sharing::Completed(names) => names,
            Sharing::Allowed | Sharing::Off => &[],
        }
    }
}

/// Whether what was prepared is looked at: whoever shares it cannot do so where a request is about to refer to it.
#[derive(Clone, Copy, Debug)]
enum Looks {
    /// Where an id may be a wrong one.
    InDoubt,
    /// Until there are as many exchanges as in the recording.
    UpTo(usize),
    /// Not at all: it is the case's own.
    None,
}

/// What a case is called when it shares nothing: another name than it may have used before.
fn alone(case: &str) -> String {
    format!("{case} (own setup)")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Given,
    Steps,
}

impl Phase {
    /// What waiting in vain is paid from.
    fn purse(self) -> Purse {
        match self {
            Phase::Given => Purse::Ground,
            Phase::Steps => Purse::Steps,
        }
    }
}

pub(super) struct Running {
    pub(super) shared: Arc<Shared>,
    pub(super) id: String,
    /// Whose case it is.
    persona: Arc<Persona>,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    /// The values that a target may prescribe, as they are when it does not.
    data: Arc<BTreeMap<String, Value>>,
    pub(super) bindings: Bindings,
    pub(super) ran: Ran,
    phase: Phase,
    sharing: Sharing,
    /// What changes give to what setup creates without it.
    given_later: Vec<String>,
    /// How many exchanges of the case come before those of this transcript.
    pub(super) before: usize,
    /// The shared setup that it has taken over, by id.
    taken: BTreeMap<String, TakenOver>,
    /// Which exchanges each step has made.
    pub(super) made: Vec<Made>,
}

/// The exchanges of a step.
pub(super) struct Made {
    /// Their places in the transcript.
    pub(super) places: Range<usize>,
    /// Where the step is written.
    pub(super) span: Span,
    /// Whether they were sent at the same moment.
    pub(super) together: bool,
    /// Whether what it writes obeys the laws of the model.
    pub(super) laws: bool,
}

/// Shared setup that a case has taken over, or has prepared for itself.
#[derive(Clone)]
struct TakenOver {
    bindings: Bindings,
    /// The last exchange of it, if there is any.
    last: Option<usize>,
}

/// A page of a list that was asked for, or why it was not.
type Coming = Result<JoinHandle<Result<Heard, NotOurs>>, End>;

/// One look at an answer.
struct Look {
    judgement: Judgement,
    captured: Vec<(String, Bound)>,
    missing: Option<Missing>,
}

impl Look {
    fn is_clean(&self) -> bool {
        self.judgement.is_clean() && self.missing.is_none()
    }

    /// In which ways the answer is not as it should be, without what differs from one resource to the next.
    fn amiss(&self, exchange: &Exchange) -> BTreeSet<String> {
        let status = exchange.reply.as_ref().map_or(0, |response| response.status);
        let method = &exchange.request.method;
        let later = self.judgement.not_scored.iter().map(|not_scored| &not_scored.finding);
        let demand = self.missing.iter().filter_map(|missing| missing.demand.as_ref());
        let unmet = self.judgement.findings.iter().chain(later).chain(demand);
        let way = |finding: &Finding| format!("{} {:?} {method} {status}", finding.requirement, finding.place);
        let mut all: BTreeSet<String> = unmet.map(way).collect();
        if self.missing.as_ref().is_some_and(|missing| missing.demand.is_none()) {
            all.insert(format!("nothing to go on with {} {status}", exchange.request.kind()));
        }
        all
    }
}

/// Why nothing further of the case can be judged: what it rests on is not there.
struct Missing {
    cause: Cause,
    /// The demand that was not met, where one says so.
    demand: Option<Finding>,
    /// Whether the server was given all the time that a late one gets.
    settled: bool,
}

impl From<Cause> for Missing {
    fn from(cause: Cause) -> Self {
        Self { cause, demand: None, settled: true }
    }
}

impl Missing {
    /// What an answer lacks, and who demands it.
    fn of(exchange: &Exchange, demand: Finding) -> Self {
        let why = demand.in_words(exchange);
        Self {
            cause: Cause::SetupFailed { request: exchange.request.kind(), why },
            demand: Some(demand),
            settled: true,
        }
    }

    fn end(self, exchange: usize) -> End {
        let Self { cause, demand, settled } = self;
        End::Undecided(cause, Some(Box::new(Blocker { exchange, demand, settled, went_on: false })))
    }
}

impl Running {
    /// At its beginning. Everything it creates carries a name that is made from `name`.
    fn new(
        shared: Arc<Shared>,
        id: String,
        name: &str,
        (data, persona): (Arc<BTreeMap<String, Value>>, Arc<Persona>),
        ledger: Arc<Mutex<Ledger>>,
    ) -> Self {
        let mut bindings = Bindings::with_capacity(data.len() + shared.options.data.len() + ROOM);
        let seed = shared.options.seed;
        bindings.bind("unique", Value::String(unique(seed, name)));
        bindings.bind("password", Value::String(password(seed, name, &persona)));
        for (name, value) in data.iter().chain(&shared.options.data) {
            bindings.bind(data_key(name), value.clone());
        }
        let (ran, phase) = (Ran::default(), Phase::Given);
        Self {
            shared,
            id,
            persona,
            ledger,
            data,
            bindings,
            ran,
            phase,
            sharing: Sharing::default(),
            given_later: Vec::new(),
            before: 0,
            taken: BTreeMap::new(),
            made: Vec::new(),
        }
    }

    /// One that prepares what cases share, with what this one gives to it, under the names that belong to `name`.
    pub(super) fn inside(
        &self,
        wanted: &SharedSetup,
        id: &str,
        name: &str,
        ledger: Arc<Mutex<Ledger>>,
    ) -> Result<Self, End> {
        let data = (Arc::clone(&self.data), Arc::clone(&self.persona));
        let mut inner = Self::new(Arc::clone(&self.shared), id.to_owned(), name, data, ledger);
        for (key, template) in &wanted.given {
            inner.bindings.bind(key.clone(), template.share(&self.bindings)?);
        }
        Ok(inner)
    }

    /// Prepares what cases share. Where it is not certain that the server has named the right resources they are looked at: whoever shares
    /// them cannot.
    async fn prepare(&mut self, steps: &[Step], looks: Looks) -> Result<(), End> {
        self.steps(steps).await?;
        let unseen = self.ledger.lock().unwrap_or_else(PoisonError::into_inner).not_seen();
        for path in unseen {
            let is_due = match looks {
                Looks::InDoubt => self.shared.trust.doubts(collection(&path)),
                Looks::UpTo(count) => {
                    let is_next = |tape: &Tape| tape.is_next(&self.id, "GET", &path);
                    self.ran.transcript.len() < count && matches!(&self.shared.wire, Wire::Tape(tape) if is_next(tape))
                }
                Looks::None => false,
            };
            if !is_due {
                continue;
            }
            let heard = self.exchange(self.shared.own("GET", path), 0).await?;
            self.file_exchange(heard);
        }
        Ok(())
    }

    /// What preparing came to, and what was asked besides to find out why a create is refused, with what that left behind.
    pub(super) fn into_prepared(self, end: Result<(), End>) -> (Prepared, Vec<Exchange>, Vec<Leftover>) {
        let Ran { transcript, adapted, minded, refused, asked, leftovers, .. } = self.ran;
        (Prepared { transcript, bindings: self.bindings, adapted, minded, refused, end }, asked, leftovers)
    }

    /// Takes over what is prepared once for all cases. What was sent for it stands in the transcript of each, and once in it.
    async fn take_over(&mut self, wanted: &SharedSetup) -> Result<(), End> {
        let name = sharing::name(wanted, &self.bindings, &self.shared.options.part)?;
        let known = match self.taken.get(&name) {
            Some(known) => known.clone(),
            None => {
                let taken = self.taken_now(wanted, &name).await?;
                self.taken.entry(name).or_insert(taken).clone()
            }
        };
        for (name, template) in &wanted.returns {
            let value = template.share(&known.bindings)?;
            self.bindings.bind(name.clone(), value);
        }
        self.assume_of_last(wanted, known.last)
    }

    /// What is prepared under that name, which this case has not taken over before.
    async fn taken_now(&mut self, wanted: &SharedSetup, name: &str) -> Result<TakenOver, End> {
        let before = self.ran.transcript.len();
        let recorded = || self.shared.options.recorded.setup(&self.id, self.ran.shared.len());
        let of_recording = matches!(self.shared.wire, Wire::Tape(_)).then(recorded);
        let (id, prepared) = match of_recording {
            // A recorded case has everything that it used in its own recording.
            Some(Some((id, count))) => {
                let ledger = Ledger::new(unique(self.shared.options.seed, &id));
                let mut inner = self.inside(wanted, &self.id, &id, Arc::new(Mutex::new(ledger)))?;
                let end = Box::pin(inner.prepare(&wanted.steps, Looks::UpTo(count))).await;
                (Some(id), inner.into_prepared(end).0)
            }
            Some(None) => (None, self.prepare_alone(wanted).await?),
            None if self.sharing.is_off() => (None, self.prepare_alone(wanted).await?),
            None => {
                let setup = self.shared_setup(wanted, name).await?;
                self.ran.relied_on.push(Arc::clone(&setup));
                if setup.is_broken() {
                    // Whoever is told to rely on it is run again with its own.
                    let why = "is no longer what was prepared".to_owned();
                    return Err(Cause::SetupFailed { request: wanted.flow.clone(), why }.into());
                }
                let Some(prepared) = setup.prepared() else { return Err(self.shared.end().into()) };
                (Some(setup.id.clone()), prepared.clone())
            }
        };
        let Prepared { transcript, bindings, adapted, minded, refused, end } = prepared;
        self.ran.minded.extend(minded);
        for adapted in adapted {
            adapt::enter(&mut self.ran.adapted, adapted);
        }
        let refused = refused.map(|refused| refused.after(before));
        self.ran.refused = self.ran.refused.take().or(refused);
        let count = transcript.len();
        self.ran.transcript.extend(transcript);
        self.ran.shared.extend(id.map(|setup| SharedUse { setup, first: before, count }));
        if let Err(End::Refused(index)) = end {
            self.note_refusal(before + index);
        }
        end.map_err(|end| end.after(before))?;
        let last = (before + count).checked_sub(1).filter(|_| count > 0);
        Ok(TakenOver { bindings, last })
    }

    /// What all cases share under that name: prepared by this one, where it is the first.
    async fn shared_setup(&self, wanted: &SharedSetup, name: &str) -> Result<Arc<Setup>, End> {
        let setup = self.shared.setups.of(name.to_owned(), self.shared.options.seed);
        let turn = setup.turn().await;
        if setup.is_to_be_prepared() {
            let began = Instant::now();
            let mut inner = self.inside(wanted, &setup.id, &setup.id, Arc::clone(&setup.ledger))?;
            let end = Box::pin(inner.prepare(&wanted.steps, Looks::InDoubt)).await;
            let (prepared, asked, leftovers) = inner.into_prepared(end);
            setup.note(asked, leftovers);
            setup.is_prepared(prepared, began.elapsed());
        }
        drop(turn);
        Ok(setup)
    }

    /// The same for this case alone. Its names have that of the case in them, and differ from those of whatever else the case creates.
    async fn prepare_alone(&mut self, wanted: &SharedSetup) -> Result<Prepared, End> {
        let name = self.sharing.name_of(&self.id);
        let mut inner = self.inside(wanted, &self.id, &name, Arc::clone(&self.ledger))?;
        let own = format!("{}s{}", unique(self.shared.options.seed, &name), self.taken.len() + 1);
        inner.bindings.bind("unique", Value::String(own));
        inner.before = self.before + self.ran.transcript.len();
        inner.given_later.clone_from(&self.given_later);
        let end = Box::pin(inner.prepare(&wanted.steps, Looks::None)).await;
        let (prepared, asked, leftovers) = inner.into_prepared(end);
        self.ran.asked.extend(asked);
        self.ran.leftovers.extend(leftovers);
        Ok(prepared)
    }

    /// Holds what a case assumes of shared setup against the last answer that it was prepared with.
    fn assume_of_last(&self, wanted: &SharedSetup, last: Option<usize>) -> Result<(), End> {
        let Some(index) = last else { return Ok(()) };
        let exchange = &self.ran.transcript[index];
        let body = exchange.reply.as_ref().map_or(Body::None, judge::body);
        let judged = self.shared.judge.answer(&wanted.assume, exchange, index, &body, &self.bindings)?;
        match judged.findings.into_iter().next() {
            // It was looked at once, and may have been late.
            Some(demand) => Err(Missing { settled: false, ..Missing::of(exchange, demand) }.end(index)),
            None => Ok(()),
        }
    }

    async fn steps(&mut self, steps: &[Step]) -> Result<(), End> {
        for step in steps {
            if self.shared.stopping() > Stop::No {
                return Err(self.shared.end().into());
            }
            let before = self.ran.transcript.len();
            let done = self.step(step).await;
            self.made.push(Made {
                places: before..self.ran.transcript.len(),
                span: step.span.clone(),
                together: matches!(step.action, Action::Together { .. }),
                laws: obeys(step),
            });
            done?;
            if is_bare_look(step) {
                self.look_until_right().await?;
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), End> {
        match &step.action {
            Action::Bind(names) => {
                for (name, template) in names {
                    let value = template.share(&self.bindings)?;
                    self.bindings.bind(name.clone(), value);
                }
                Ok(())
            }
            Action::Send(send) if send.times.is_none() => self.send(send).await,
            Action::Send(send) => {
                let limit = self.shared.options.batch.max(1);
                self.send_all(Asking::Repeated, std::slice::from_ref(send), &[], limit).await
            }
            Action::Together { sends, expect } => {
                let all = sends.iter().map(|send| send.times.unwrap_or(1) as usize).sum();
                self.send_all(Asking::Together, sends, expect, all).await
            }
            Action::Walk(walk) => self.walk(walk).await,
            Action::Each(each) => self.each(each).await,
            Action::Shared(wanted) => self.take_over(wanted).await,
        }
    }

    /// Takes the steps for each value. Where there is none nothing is judged, and a note says so.
    async fn each(&mut self, each: &Each) -> Result<(), End> {
        let of = each.of.fill(&self.bindings)?;
        let mut values: Vec<Value> = match (&each.at, of) {
            (Some(path), of) => {
                let path = path.fill(&self.bindings)?;
                path.values(&of).into_iter().cloned().collect()
            }
            (None, Value::Array(values)) => values,
            (None, Value::Null) => Vec::new(),
            (None, value) => vec![value],
        };
        values.truncate(each.at_most.map_or(MOST_VALUES, |most| most as usize));
        if values.is_empty() && self.phase == Phase::Steps && !each.quiet {
            let name = each.name.rsplit('/').next().unwrap_or(&each.name);
            self.ran.notes.push(Note {
                text: format!("there is no `{name}` here: what rests on it is not judged"),
                requirement: None,
                exchange: self.ran.transcript.len().checked_sub(1),
                all_well: false,
            });
        }
        for (n, value) in values.into_iter().enumerate() {
            self.bindings.bind(format!("{}.n", each.name), Value::from(n + 1));
            self.bindings.bind(each.name.clone(), value);
            Box::pin(self.steps(&each.steps)).await?;
        }
        Ok(())
    }

    /// Sends one request; looks again while the answer may yet come true.
    async fn send(&mut self, send: &Send) -> Result<(), End> {
        let (look, index) = self.look_until_settled(send).await?;
        if !send.expect.is_empty() {
            self.note_judged(Asking::Once, vec![index]);
        }
        let Exchange { request, reply, .. } = &self.ran.transcript[index];
        let status = reply.as_ref().map_or(0, |response| response.status);
        if status == 401 && request.credential == Credential::Own && !names(&send.expect, 401) {
            self.still_authorized().await?;
        }
        if send.refusable && matches!(status, 400 | 403 | 413 | 422) {
            self.note_refusal(index);
            return Err(End::Refused(index));
        }
        self.give_later(send, index).await?;
        self.conclude(send, look, index)
    }

    /// Gives to what setup has just created without it what the server takes in a change.
    async fn give_later(&mut self, send: &Send, index: usize) -> Result<(), End> {
        let created = &self.ran.transcript[index];
        let is_created = created.reply.as_ref().is_ok_and(|response| is_success(response.status));
        if self.given_later.is_empty() || !is_created || created.request.method != "POST" {
            return Ok(());
        }
        let missing = adapt::left_out(&fill(&send.request, &self.bindings)?, &created.request, &self.given_later);
        let path = newest(&self.ledger.lock().unwrap_or_else(PoisonError::into_inner), &created.request);
        let Some(path) = path.filter(|_| !missing.is_empty()) else { return Ok(()) };
        let headers = created.request.headers.clone();
        let heard = self.exchange(self.shared.own("GET", path.clone()), 0).await?;
        let (read, _) = self.file_exchange(heard);
        let Some(change) = with_more(&self.ran.transcript[read], &missing) else { return Ok(()) };
        let change = Request { headers, body: Some(change), ..self.shared.own("PUT", path) };
        self.assure(&change).await?;
        let heard = self.exchange(change, 0).await?;
        self.file_exchange(heard);
        Ok(())
    }

    /// Notes that the server may well refuse what it has refused there.
    fn note_refusal(&mut self, index: usize) {
        let reply = self.ran.transcript.get(index).and_then(|exchange| exchange.reply.as_ref().ok());
        let status = reply.map_or(0, |response| response.status);
        self.ran.notes.push(Note {
            text: format!("the server refuses this value with {status}; what would have followed is not judged"),
            requirement: None,
            exchange: Some(index),
            all_well: false,
        });
    }

    /// Notes which exchanges a step was judged by.
    fn note_judged(&mut self, how: Asking, exchanges: Vec<usize>) {
        if self.phase == Phase::Steps {
            self.ran.steps.push(JudgedStep { how, exchanges });
        }
    }

    /// Whether a credential that was just refused is refused wherever it is shown: then it has expired, and what was asked
    /// for is not to blame.
    async fn still_authorized(&mut self) -> Result<(), End> {
        let heard = self.exchange(self.shared.own("GET", "/Users?startIndex=1&count=1"), 0).await?;
        let refused = heard.exchange.reply.as_ref().is_ok_and(|response| response.status == 401);
        self.file_exchange(heard);
        if refused { Err(Cause::CredentialExpired.into()) } else { Ok(()) }
    }

    async fn look_until_settled(&mut self, send: &Send) -> Result<(Look, usize), End> {
        let request = self.request_of(send)?;
        if let Some(seen) = self.just_seen(send, &request) {
            return Ok(seen);
        }
        self.assure(&request).await?;
        let place = self.ran.transcript.len();
        let heard = self.exchange(request, 0).await?;
        self.look_again_until_settled(send, heard, place).await
    }

    /// The answer to the request before, where that was the same and has all that this step wants: flows that fit together ask for it
    /// twice. What a step judges is asked for, unless what was read just now prepared it for all cases; whatever is not as it
    /// should be is asked for again.
    fn just_seen(&mut self, send: &Send, request: &Request) -> Option<(Look, usize)> {
        let index = self.ran.transcript.len().checked_sub(1)?;
        let last = &self.ran.transcript[index];
        if request.method != "GET" || last.request != *request || last.reply.as_ref().is_ok_and(|r| r.status != 200) {
            return None;
        }
        let is_shared = self.ran.shared.iter().any(|shared| shared.holds(index));
        let is_judged = self.phase == Phase::Steps && send.expect.iter().any(|expectation| !expectation.of_suite);
        if is_judged != is_shared {
            return None;
        }
        let body = judge::body(last.reply.as_ref().ok()?);
        let look = self.look(send, index, &body);
        look.is_clean().then_some((look, index))
    }

    /// Looks at one of several answers to what was asked for at the same moment.
    async fn look_at_one_of_many(&mut self, send: &Send, heard: Heard) -> Result<(Look, usize), End> {
        let (mut index, body) = self.file_exchange(heard);
        self.note_refused(send, index);
        let mut look = self.look(send, index, &body);
        let mut tries = 0;
        // Of what is asked for several times it counts how all are answered.
        let is_question = adapt::purpose(send, self.phase == Phase::Given) == adapt::Purpose::Question;
        while !is_question && let Some(request) = self.adapted(send, &look, index, tries).await? {
            tries += 1;
            let heard = self.exchange(request, 0).await?;
            let filed = self.file_exchange(heard);
            index = filed.0;
            self.note_refused(send, index);
            look = self.look(send, index, &filed.1);
        }
        Ok((look, index))
    }

    /// The same from the first answer on, to a request that has that place in the scenario's order.
    async fn look_again_until_settled(
        &mut self,
        send: &Send,
        mut heard: Heard,
        place: usize,
    ) -> Result<(Look, usize), End> {
        let settle = self.shared.options.settle.max(send.within.unwrap_or_default());
        let mut waited = Duration::ZERO;
        let mut looks = 0;
        let mut tries = 0;
        let since = Instant::now();
        let mut failed = None;
        loop {
            let (index, body) = self.file_exchange(heard);
            self.note_refused(send, index);
            let look = self.look(send, index, &body);
            if look.is_clean() {
                if looks > 0 {
                    self.settled(since, looks, index);
                }
                return Ok((look, index));
            }
            let exchange = &self.ran.transcript[index];
            match (failed, exchange.reply.as_ref().map_or(0, |response| response.status)) {
                // It may be refused because it was carried out before.
                (Some(before), now @ 400..500) if exchange.request.method != "GET" => {
                    let why = format!("answered {before}, and {now} when it was repeated");
                    return Err(Cause::SetupFailed { request: exchange.request.kind(), why }.into());
                }
                (_, now) => failed = Some(now).filter(|now| is_failed(*now)).or(failed),
            }
            let amiss = || look.amiss(&self.ran.transcript[index]);
            let Some(wait) = self.wait(looks, waited, settle, (index, amiss)) else {
                if self.is_ended_in_doubt(|| self.next_wait(looks, waited, settle, (index, amiss))) {
                    return Err(self.shared.end().into());
                }
                self.shared.patience.spend(self.phase.purse(), waited);
                let is_settled = self.is_settled(looks, waited, settle, index);
                if looks > 0 && is_settled {
                    self.shared.patience.was_in_vain(amiss());
                }
                let mut look = look;
                if let Some(missing) = &mut look.missing {
                    missing.settled = is_settled;
                }
                if let Some(request) = self.adapted(send, &look, index, tries).await? {
                    tries += 1;
                    // It is not the wait that makes the difference.
                    (waited, looks, failed) = (Duration::ZERO, 0, None);
                    heard = self.exchange(request, 0).await?;
                    continue;
                }
                return Ok((look, index));
            };
            self.pause(index, since, waited, wait).await;
            looks += 1;
            if !self.may_be_created_again(index, looks).await? {
                return Ok((look, index));
            }
            let request = self.ran.transcript[index].request.clone();
            heard = self.exchange_at(place, request, looks).await?;
            waited += wait + heard.exchange.took;
        }
    }

    /// The request of a step, in setup as the server takes it.
    fn request_of(&mut self, send: &Send) -> Result<Request, Unbound> {
        let request = fill(&send.request, &self.bindings)?;
        if request.method != "POST" || adapt::purpose(send, self.phase == Phase::Given) == adapt::Purpose::Question {
            return Ok(request);
        }
        // Where setup is completed, that the create is refused is seen in the case itself.
        if !self.given_later.is_empty() && matches!(self.shared.wire, Wire::Http(_)) {
            return Ok(request);
        }
        let unique = self.unique();
        Ok(adapt::in_advance(&self.shared, &self.id, &unique, request, &mut self.ran))
    }

    /// What is to be sent in place of a create that was refused, where that is not what the case asks about.
    async fn adapted(&mut self, send: &Send, look: &Look, index: usize, tries: usize) -> Result<Option<Request>, End> {
        let exchange = &self.ran.transcript[index];
        let is_error = exchange.reply.as_ref().is_ok_and(|response| response.status >= 400);
        let purpose = adapt::purpose(send, self.phase == Phase::Given);
        let is_question = purpose == adapt::Purpose::Question;
        if !is_error || exchange.request.method != "POST" || (is_question && !look.judgement.status_failed) {
            return Ok(None);
        }
        let overlay = match &send.request.body {
            BodyTemplate::Json { overlay: Some(overlay), .. } => Some(overlay.fill(&self.bindings)?),
            _ => None,
        };
        let demand = match is_question {
            true => look.judgement.findings.first().cloned(),
            false => look.missing.as_ref().and_then(|missing| missing.demand.clone()),
        };
        let before = self.ran.transcript[..index].iter();
        let is_taken =
            before.filter(|e| e.request.method == "POST").any(|e| adapt::is_namesake(&e.request, &exchange.request));
        let (exchange, unique) = (exchange.clone(), self.unique());
        let original = fill(&send.request, &self.bindings)?;
        let refused = adapt::Refused {
            case: &self.id,
            unique: &unique,
            original,
            exchange: &exchange,
            is_taken,
            tries,
            purpose,
            overlay,
            demand: demand.as_ref().map(|demand| demand.requirement.clone()),
        };
        let request = adapt::after(&self.shared, refused, &mut self.ran).await;
        if request.is_some() && !is_question {
            let refused = Blocker { exchange: index, demand, settled: true, went_on: true };
            self.ran.refused.get_or_insert(refused);
        }
        Ok(request)
    }

    /// The name that everything of this case carries.
    fn unique(&self) -> String {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).unique().to_owned()
    }

    /// Whether a create at which the server failed may be sent again: a search has to show that nothing was created. Any other request
    /// may.
    async fn may_be_created_again(&mut self, index: usize, look: u32) -> Result<bool, End> {
        let Exchange { request, reply, .. } = &self.ran.transcript[index];
        let status = reply.as_ref().map_or(0, |response| response.status);
        if request.method != "POST" || !is_failed(status) {
            return Ok(true);
        }
        let search = self.ledger.lock().unwrap_or_else(PoisonError::into_inner).intent(request);
        let Some(search) = search else { return Ok(false) };
        for _ in 0..=AFTER_FAILURE.len() {
            let heard = self.exchange(self.shared.own("GET", search.clone()), look).await?;
            let (index, _) = self.file_exchange(heard);
            if let Ok(list) = &self.ran.transcript[index].reply
                && !is_failed(list.status)
            {
                let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
                return Ok(ledger.has_nothing_new(&search, list, status));
            }
        }
        Ok(false)
    }

    /// Takes note of what a `POST` may have created that was refused and need not have been.
    fn note_refused(&self, send: &Send, index: usize) {
        let exchange = &self.ran.transcript[index];
        let refused = exchange.reply.as_ref().is_ok_and(|response| (400..500).contains(&response.status));
        if !refused || exchange.request.method != "POST" || !takes_success(&send.expect) {
            return;
        }
        gate::note_refused(&self.shared, &self.ledger, exchange, self.before + index);
    }

    /// Whether the run ends before an answer that looks wrong could be looked at as often as it would have been.
    fn is_ended_in_doubt(&self, next: impl FnOnce() -> Option<Duration>) -> bool {
        matches!(self.shared.wire, Wire::Http(_)) && self.shared.stopping() > Stop::No && next().is_some()
    }

    /// How long to wait before looking again; `None` when the answer is to be believed, or the run ends.
    fn wait(
        &self,
        looks: u32,
        waited: Duration,
        settle: Duration,
        (index, amiss): (usize, impl Fn() -> BTreeSet<String>),
    ) -> Option<Duration> {
        let waits = waits_of(self.ran.transcript.get(index)?);
        if let Wire::Tape(tape) = &self.shared.wire {
            return (tape.next_look(&self.id) == Some(looks + 1))
                .then(|| Duration::from_millis(waits.get(looks as usize).copied().unwrap_or(1000)));
        }
        if self.shared.stopping() > Stop::No { None } else { self.next_wait(looks, waited, settle, (index, amiss)) }
    }

    /// The same of a run that goes on, against a server.
    fn next_wait(
        &self,
        looks: u32,
        waited: Duration,
        settle: Duration,
        (index, amiss): (usize, impl Fn() -> BTreeSet<String>),
    ) -> Option<Duration> {
        let exchange = self.ran.transcript.get(index)?;
        let Exchange { request, reply, .. } = exchange;
        let status = reply.as_ref().map_or(0, |response| response.status);
        if !self.may_be_repeated(request, status) {
            return None;
        }
        let wait = Duration::from_millis(*waits_of(exchange).get(looks as usize)?);
        let wrote = self.ran.transcript.iter().any(|e| e.request.method != "GET");
        // What is an accident needs no write.
        let may_settle = wrote || is_failed(status);
        // An accident says nothing about the next one.
        let amiss = if is_failed(status) { BTreeSet::new() } else { amiss() };
        let patient = may_settle && self.shared.patience.allows_for(&amiss, self.phase.purse(), waited + wait, settle);
        (patient || looks == 0).then_some(wait)
    }

    /// Whether an answer that is no longer waited for had all the time that a late server gets.
    fn is_settled(&self, looks: u32, waited: Duration, settle: Duration, index: usize) -> bool {
        let Some(exchange) = self.ran.transcript.get(index) else { return true };
        let Exchange { request, reply, .. } = exchange;
        let status = reply.as_ref().map_or(0, |response| response.status);
        let wrote = self.ran.transcript.iter().any(|e| e.request.method != "GET");
        let next = waits_of(exchange).get(looks as usize).map(|wait| waited + Duration::from_millis(*wait));
        !(wrote || is_failed(status)) || !self.may_be_repeated(request, status) || next.is_none_or(|next| next > settle)
    }

    /// Whether sending a request once more does no harm, and may show that its answer only came too early.
    fn may_be_repeated(&self, request: &Request, status: u16) -> bool {
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        match (request.method.as_str(), status) {
            ("GET", _) => true,
            // A write that found nothing has changed nothing.
            (_, 404) if ledger.owns(&request.path) => true,
            // Twice comes to the same as once.
            ("PUT" | "PATCH" | "DELETE", status) if is_failed(status) => ledger.owns(&request.path),
            // Whether it was created is looked for before.
            ("POST", status) if is_failed(status) => ledger.intent(request).is_some(),
            // The member that it speaks of, or the name that became free, may not be known everywhere yet.
            ("POST" | "PUT" | "PATCH", 400 | 404 | 409 | 422) => {
                let freed = || self.ran.transcript.iter().any(|exchange| exchange.request.method == "DELETE");
                let of_shared = |setup: &Arc<Setup>| {
                    setup.ledger.lock().unwrap_or_else(PoisonError::into_inner).is_referred_to(request)
                };
                let refers = ledger.is_referred_to(request) || self.ran.relied_on.iter().any(of_shared);
                refers || (request.method == "POST" && status == 409 && freed())
            }
            _ => false,
        }
    }

    /// Looks at what is to be changed, where it is not certain that the server has named the right one, and ends the case before a
    /// request that would change what it did not create.
    async fn assure(&mut self, request: &Request) -> Result<(), End> {
        let ledger = || self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let unseen = match &self.shared.wire {
            Wire::Tape(_) => ledger().unseen(request, |_| true),
            Wire::Http(_) => ledger().unseen(request, |collection| self.shared.trust.doubts(collection)),
        };
        for path in unseen {
            // Whether there was a doubt when a recording was made only the recording knows.
            if let Wire::Tape(tape) = &self.shared.wire
                && !tape.is_next(&self.id, "GET", &path)
            {
                continue;
            }
            let heard = self.exchange(self.shared.own("GET", path), 0).await?;
            self.file_exchange(heard);
        }
        gate::admit(&self.ledger, request).map_err(|not_ours| self.barred(not_ours))
    }

    /// The end of a case whose next request is not to be sent.
    fn barred(&self, not_ours: NotOurs) -> End {
        // What was read last has shown that it is not ours.
        let last = self.ran.transcript.len().checked_sub(1);
        let blocker = |exchange| Box::new(Blocker { exchange, demand: None, settled: true, went_on: false });
        End::Undecided(not_ours.into(), last.map(blocker))
    }

    /// Waits before the exchange of that index is looked at again, which was looked at first at that moment.
    pub(super) async fn pause(&self, index: usize, since: Instant, waited: Duration, wait: Duration) {
        if matches!(self.shared.wire, Wire::Tape(_)) {
            return;
        }
        let until = self.shared.patience.until(since, waited, wait);
        if let Some(Exchange { request, .. }) = self.ran.transcript.get(index) {
            self.shared.tell_settling(&self.id, request, until.saturating_duration_since(Instant::now()), waited);
        }
        let waiting = async {
            tokio::select! {
                () = tokio::time::sleep_until(until.into()) => {}
                () = self.shared.ending() => {}
            }
        };
        slots::lend(waiting).await;
    }

    /// What looked wrong first is right after so many repeats. The note says nothing of time, which no recording has.
    pub(super) fn settled(&mut self, since: Instant, repeats: u32, index: usize) {
        self.shared.patience.pays(since.elapsed());
        let request = &self.ran.transcript[index].request;
        let path = request.path.split('?').next().unwrap_or(&request.path);
        let times = if repeats == 1 { "once".to_owned() } else { format!("{repeats} times") };
        self.ran.notes.push(Note {
            text: format!("{} {path} was right only when repeated, {times}", request.method),
            requirement: None,
            exchange: Some(index),
            all_well: false,
        });
    }

    async fn exchange(&self, request: Request, look: u32) -> Result<Heard, End> {
        self.exchange_at(self.ran.transcript.len(), request, look).await
    }

    /// The same, of a request whose place in the scenario's order is not that in the transcript.
    async fn exchange_at(&self, place: usize, request: Request, look: u32) -> Result<Heard, End> {
        if self.shared.stopping() == Stop::Now {
            return Err(Cause::Stopped.into());
        }
        if !self.shared.meter.take() {
            return Err(self.shared.end().into());
        }
        let heard = gate::send(&self.shared, &self.ledger, &self.id, request, self.before + place).await;
        let mut heard = heard.map_err(|not_ours| self.barred(not_ours))?;
        heard.exchange.look = look;
        Ok(heard)
    }

    /// Puts an exchange into the transcript; gives its place there and what its body says.
    pub(super) fn file_exchange(&mut self, heard: Heard) -> (usize, Body) {
        self.ran.transcript.push(heard.exchange);
        (self.ran.transcript.len() - 1, heard.body)
    }

    fn look(&mut self, send: &Send, index: usize, body: &Body) -> Look {
        let exchange = &self.ran.transcript[index];
        let response = match &exchange.reply {
            Ok(response) => response,
            Err(no_reply @ NoReply::Stopped) => {
                let missing = Some(Cause::NoReply(no_reply.clone()).into());
                return Look { judgement: Judgement::default(), captured: Vec::new(), missing };
            }
            Err(no_reply) => {
                let missing = Some(Cause::NoReply(no_reply.clone()).into());
                // That no answer came may be what an expectation is about.
                let answer =
                    self.shared.judge.answer(&send.expect, exchange, index, &judge::Body::None, &self.bindings);
                return Look { judgement: answer.unwrap_or_default(), captured: Vec::new(), missing };
            }
        };
        if response.status == 429 && !names(&send.expect, 429) {
            // It says nothing about what was asked for, but much about how the server asks for patience.
            let of_patience: Vec<Expectation> =
                send.expect.iter().filter(|e| is_of_patience(&e.check)).cloned().collect();
            let judgement = self.shared.judge.answer(&of_patience, exchange, index, body, &self.bindings);
            let missing = Some(Cause::Throttled.into());
            return Look { judgement: judgement.unwrap_or_default(), captured: Vec::new(), missing };
        }
        let mut captured = Vec::new();
        let mut absent: Option<String> = None;
        for capture in &send.captures {
            let value: Option<Bound> = match &capture.from {
                CaptureFrom::Header(name) => response.headers.get(name).map(|value| Value::from(value).into()),
                CaptureFrom::Body(path) => body.shared().and_then(|body| {
                    // What was read is often kept as a whole, and need not be copied.
                    let is_whole = path.is_root() && body.is_object();
                    if is_whole { Some(Arc::clone(body).into()) } else { Some(path.first(body)?.clone().into()) }
                }),
            };
            match value {
                Some(value) => captured.push((capture.name.clone(), value)),
                None => {
                    absent.get_or_insert_with(|| match &capture.from {
                        CaptureFrom::Header(name) => format!("the header {name}"),
                        CaptureFrom::Body(path) => path.in_words(),
                    });
                }
            }
        }
        let refused = self.phase == Phase::Steps && is_unasked_refusal(&send.expect, response.status);
        let of_any_answer: Vec<Expectation>;
        let expect = if refused {
            of_any_answer = send.expect.iter().filter(|e| concerns_any_answer(e)).cloned().collect();
            &of_any_answer
        } else {
            &send.expect
        };
        let judge = &self.shared.judge;
        let judged = self.bindings.with(&captured, |bindings| {
            let judgement = judge.answer(expect, exchange, index, body, bindings)?;
            Ok((judgement, judge.answer(&send.assume, exchange, index, body, bindings)?))
        });
        let (judgement, assumed) = match judged {
            Ok(judged) => judged,
            Err(Unbound(name)) => {
                let missing = absent
                    .map_or_else(|| Cause::from(Unbound(name)).into(), |what| lacks(send, exchange, index, &what));
                return Look { judgement: Judgement::default(), captured, missing: Some(missing) };
            }
        };
        let unmet = assumed.findings.into_iter().next().map(|demand| Missing::of(exchange, demand));
        let missing = if self.phase == Phase::Given {
            unprepared(send, exchange, index, &judgement).or(unmet)
        } else if refused {
            unmet.or_else(|| Some(no_success(send, exchange, index, response.status)))
        } else {
            unmet
        };
        let missing = missing.or_else(|| absent.map(|what| lacks(send, exchange, index, &what)));
        Look { judgement, captured, missing }
    }

    /// Files a look, and decides whether the case goes on.
    fn conclude(&mut self, send: &Send, look: Look, index: usize) -> Result<(), End> {
        let Look { judgement, captured, missing } = look;
        let status_failed = judgement.status_failed;
        if self.phase == Phase::Steps {
            self.file(judgement, &send.expect);
        }
        for (name, value) in captured {
            self.bindings.bind(name, value);
        }
        if let Some(missing) = missing {
            // A finding in this very answer says it better than "there was nothing to go on with".
            let said = self.phase == Phase::Steps && self.ran.findings.iter().any(|f| f.exchange == index);
            let is_silent = matches!(missing.cause, Cause::NoReply(_));
            return Err(if said && !is_silent { End::Decided } else { missing.end(index) });
        }
        if status_failed && self.phase == Phase::Steps && send.request.method != "GET" {
            return Err(End::Decided);
        }
        Ok(())
    }

    fn file(&mut self, judgement: Judgement, expect: &[Expectation]) {
        let is_own = |id: &RequirementId| expect.iter().any(|e| !e.of_suite && e.requirement == *id);
        self.ran.own_judged |= judgement.judged.iter().any(is_own);
        self.ran.findings.extend(judgement.findings);
        self.ran.not_scored.extend(judgement.not_scored);
        self.ran.notes.extend(judgement.notes);
        for id in judgement.judged {
            if !self.ran.judged.contains(&id) {
                self.ran.judged.push(id);
            }
        }
    }

    /// Sends several requests, at most `limit` at a moment, and judges each and then all.
    async fn send_all(
        &mut self,
        asking: Asking,
        sends: &[Send],
        expect: &[Expectation],
        limit: usize,
    ) -> Result<(), End> {
        let mut requests = Vec::new();
        for send in sends {
            for n in 1..=send.times.unwrap_or(1) {
                self.bindings.bind("n", Value::from(n));
                requests.push((send, n, self.request_of(send)?));
            }
        }
        for (_, _, request) in &requests {
            self.assure(request).await?;
        }
        let turns = Arc::new(Semaphore::new(limit.max(1)));
        let first = self.ran.transcript.len();
        let mut sending = JoinSet::new();
        let mut asked = Vec::new();
        for (place, (send, n, request)) in requests.into_iter().enumerate() {
            asked.push((send, n));
            let (shared, ledger, turns) = (Arc::clone(&self.shared), Arc::clone(&self.ledger), Arc::clone(&turns));
            let case = self.id.clone();
            let whole = self.before + first + place;
            sending.spawn(async move {
                let _turn = turns.acquire_owned().await;
                if shared.stopping() > Stop::No || !shared.meter.take() {
                    return (place, None);
                }
                (place, Some(gate::send(&shared, &ledger, &case, request, whole).await))
            });
        }
        // The transcript keeps the order of the scenario, whatever came back first. What has all before it is judged while the
        // server is at work on the rest.
        let mut answers: Vec<Option<Heard>> = asked.iter().map(|_| None).collect();
        let mut sent = Vec::new();
        let mut lists: Vec<(String, Vec<Value>)> = Vec::new();
        let mut end = Ok(());
        let mut barred = None;
        while let Some(joined) = sending.join_next().await {
            match joined {
                Ok((place, Some(Ok(heard)))) => answers[place] = Some(heard),
                // An answer to one of the others has shown that it is not ours.
                Ok((_, Some(Err(not_ours)))) => barred = Some(not_ours),
                Ok((_, None)) => {}
                // A fault of ours in one of them is one of the whole case.
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
            while let Some(heard) = answers.get_mut(sent.len()).and_then(Option::take) {
                let (send, n) = asked[sent.len()];
                self.bindings.bind("n", Value::from(n));
                let (mut look, index) = if send.times.is_some() && is_failure(&heard.exchange) {
                    match self.look_again_until_settled(send, heard, first + sent.len()).await {
                        Ok(settled) => settled,
                        // What is on its way is waited for all the same.
                        Err(undecided) => {
                            sent.push(self.ran.transcript.len() - 1);
                            end = end.and(Err(undecided));
                            continue;
                        }
                    }
                } else {
                    self.look_at_one_of_many(send, heard).await?
                };
                sent.push(index);
                if send.times.is_some() {
                    for (name, value) in std::mem::take(&mut look.captured) {
                        match lists.iter_mut().find(|(known, _)| *known == name) {
                            Some((_, list)) => list.push(value.into_value()),
                            None => lists.push((name, vec![value.into_value()])),
                        }
                    }
                }
                let concluded = self.conclude(send, look, index);
                if end.is_ok() {
                    end = concluded;
                }
            }
        }
        if sent.len() < asked.len() {
            // What came out of turn is not judged, but it was sent.
            for heard in answers.into_iter().flatten() {
                self.file_exchange(heard);
            }
            return Err(barred.map_or_else(|| self.shared.end().into(), |not_ours| self.barred(not_ours)));
        }
        if !expect.is_empty() || sends.iter().any(|send| !send.expect.is_empty()) {
            self.note_judged(asking, sent.clone());
        }
        for (name, list) in lists {
            self.bindings.bind(name, Value::Array(list));
        }
        let own = sends.iter().flat_map(|send| &send.expect);
        let group: Vec<Expectation> = own
            .chain(expect)
            .filter(|e| matches!(&e.check, Check::Rule(call) if call.rule.scope() == crate::scenario::RuleScope::Group))
            .cloned()
            .collect();
        let evidence: Vec<(usize, &Exchange)> =
            sent.iter().map(|index| (*index, &self.ran.transcript[*index])).collect();
        let judgement = self.shared.judge.group(&group, &evidence, &self.bindings)?;
        if self.phase == Phase::Steps {
            self.file(judgement, &group);
        } else if let (true, Some(unmet)) = (end.is_ok(), judgement.findings.into_iter().next()) {
            // How many answered with a status is a demand on the status.
            let index = unmet.exchange;
            return Err(Missing::of(&self.ran.transcript[index], unmet).end(index));
        }
        end
    }

    /// Walks a list; walks it again before anything is held against the server. A fault stands when two walks in a row show
    /// faults while the list was quiet. On a list that others keep changing, only what every walk shows is doubtful at all.
    async fn walk(&mut self, walk: &Walk) -> Result<(), End> {
        let settle = self.shared.options.settle;
        let mut waited = Duration::ZERO;
        let mut earlier: Option<WalkEvidence> = None;
        let mut in_every_walk: Option<Vec<RequirementId>> = None;
        let mut faults_before: Vec<RequirementId> = Vec::new();
        let is_order = |e: &&Expectation| matches!(&e.check, Check::Rule(call) if call.rule == Rule::SameOrder);
        let order: Vec<RequirementId> =
            walk.expect.iter().filter(is_order).map(|expectation| expectation.requirement.clone()).collect();
        let mut attempt: u32 = 0;
        let since = Instant::now();
        loop {
            let walked = self.walk_once(walk, attempt).await;
            // A page that is refused is asked for once more, as any other read is.
            if let (Err(End::Undecided(_, Some(_))), 0) = (&walked, attempt) {
                if let Some(wait) = self.wait_for_walk(attempt, waited, settle, (false, &[])) {
                    self.pause(self.ran.transcript.len().saturating_sub(1), since, waited, wait).await;
                    waited += wait;
                    attempt += 1;
                    continue;
                }
                if self.is_ended_in_doubt(|| self.next_wait_for_walk(attempt, waited, settle, (false, &[]))) {
                    return Err(self.shared.end().into());
                }
            }
            let (evidence, judgement, resources) = walked?;
            let faults: Vec<RequirementId> = judgement.unmet().cloned().collect();
            let ours = self.ledger.lock().unwrap_or_else(PoisonError::into_inner).ids();
            let quiet = earlier.as_ref().is_some_and(|before| evidence.quiet_against(before, &ours));
            // What is not scored ends no case, however doubtful it is.
            let scored: Vec<RequirementId> = judgement.findings.iter().map(|f| f.requirement.clone()).collect();
            match &mut in_every_walk {
                Some(common) => common.retain(|id| scored.contains(id)),
                None => in_every_walk = Some(scored),
            }
            let last = evidence.pages.last().map_or(0, |page| page.exchange);
            // Whatever others do, the resources of this case keep their order: two walks that show otherwise are enough.
            if order.iter().any(|id| faults.contains(id) && faults_before.contains(id)) {
                let mut judgement = judgement;
                let stands = |finding: &Finding| quiet || order.contains(&finding.requirement);
                judgement.findings.retain(stands);
                judgement.not_scored.retain(|not_scored| stands(&not_scored.finding));
                return self.end_walk(walk, &evidence, judgement, resources);
            }
            if faults.is_empty() {
                if attempt > 0 {
                    self.settled(since, attempt, last);
                }
                return self.end_walk(walk, &evidence, judgement, resources);
            }
            let wait = self.wait_for_walk(attempt, waited, settle, (quiet, &faults));
            let Some(wait) = wait else {
                if self.is_ended_in_doubt(|| self.next_wait_for_walk(attempt, waited, settle, (quiet, &faults))) {
                    return Err(self.shared.end().into());
                }
                self.shared.patience.spend(self.phase.purse(), waited);
                let next = DEAR_WAITS.get(attempt as usize).map(|wait| waited + Duration::from_millis(*wait));
                if quiet && attempt > 0 && next.is_none_or(|next| next > settle) {
                    self.shared.patience.was_in_vain(amiss_in_walk(&faults));
                }
                if quiet || self.phase == Phase::Given {
                    return self.end_walk(walk, &evidence, judgement, resources);
                }
                let doubtful = in_every_walk.unwrap_or_default();
                if doubtful.is_empty() {
                    let clean = Judgement { findings: Vec::new(), not_scored: Vec::new(), ..judgement };
                    self.ran.notes.push(Note {
                        text: "others changed the list while it was read; over several readings nothing was amiss"
                            .to_owned(),
                        requirement: None,
                        exchange: Some(last),
                        all_well: true,
                    });
                    return self.end_walk(walk, &evidence, clean, resources);
                }
                let names: Vec<&str> = doubtful.iter().map(RequirementId::as_str).collect();
                return Err(Cause::Disturbed(names.join(", ")).into());
            };
            self.pause(last, since, waited, wait).await;
            waited += wait;
            earlier = Some(evidence);
            faults_before = faults;
            attempt += 1;
        }
    }

    fn wait_for_walk(
        &self,
        attempt: u32,
        waited: Duration,
        settle: Duration,
        (quiet, faults): (bool, &[RequirementId]),
    ) -> Option<Duration> {
        if let Wire::Tape(tape) = &self.shared.wire {
            return (tape.next_look(&self.id) == Some(attempt + 1))
                .then(|| Duration::from_millis(DEAR_WAITS.get(attempt as usize).copied().unwrap_or(1000)));
        }
        if self.shared.stopping() > Stop::No {
            return None;
        }
        self.next_wait_for_walk(attempt, waited, settle, (quiet, faults))
    }

    /// The same of a run that goes on, against a server.
    fn next_wait_for_walk(
        &self,
        attempt: u32,
        waited: Duration,
        settle: Duration,
        (quiet, faults): (bool, &[RequirementId]),
    ) -> Option<Duration> {
        let wait = Duration::from_millis(*DEAR_WAITS.get(attempt as usize)?);
        let amiss = amiss_in_walk(faults);
        let patient = self.shared.patience.allows_for(&amiss, self.phase.purse(), waited + wait, settle);
        (patient || !quiet).then_some(wait)
    }

    fn end_walk(
        &mut self,
        walk: &Walk,
        evidence: &WalkEvidence,
        judgement: Judgement,
        resources: Vec<Value>,
    ) -> Result<(), End> {
        let status_failed = judgement.findings.iter().find(|_| judgement.status_failed).cloned();
        if self.phase == Phase::Steps {
            self.file(judgement, &walk.expect);
        }
        self.note_judged(Asking::Walk, evidence.pages.iter().map(|page| page.exchange).collect());
        if let Some(name) = &walk.name {
            let ids: Vec<Value> = evidence.ids().map(Value::from).collect();
            self.bindings.bind(format!("{name}.ids"), Value::Array(ids));
            let total = evidence.pages.last().and_then(|page| page.total);
            self.bindings.bind(format!("{name}.total"), total.map_or(Value::Null, Value::from));
            self.bindings.bind(format!("{name}.Resources"), Value::Array(resources));
        }
        if self.phase == Phase::Given
            && let Some(demand) = status_failed
        {
            return Err(self.blocked(demand));
        }
        self.assumed_of_walk(walk, evidence)
    }

    /// Ends the case where what it rests on does not hold of a list.
    fn assumed_of_walk(&mut self, walk: &Walk, evidence: &WalkEvidence) -> Result<(), End> {
        if walk.assume.is_empty() {
            return Ok(());
        }
        let mut assumed = Judgement::default();
        for page in &evidence.pages {
            let exchange = &self.ran.transcript[page.exchange];
            let body = exchange.reply.as_ref().map_or(Body::None, judge::body);
            let judged = self.shared.judge.answer(&walk.assume, exchange, page.exchange, &body, &self.bindings);
            append(&mut assumed, judged?);
        }
        append(&mut assumed, self.shared.judge.walk(&walk.assume, evidence, &self.bindings)?);
        match assumed.findings.into_iter().next() {
            Some(demand) => Err(self.blocked(demand)),
            None => Ok(()),
        }
    }

    /// The end of a case that rests on a demand which is not met.
    fn blocked(&self, demand: Finding) -> End {
        let index = demand.exchange;
        match self.ran.transcript.get(index) {
            Some(exchange) => Missing::of(exchange, demand).end(index),
            None => Cause::Unbound("a list".to_owned()).into(),
        }
    }

    /// Asks for one page of a list.
    fn ask_for_page(&self, request: Request) -> Coming {
        if self.shared.stopping() > Stop::No || !self.shared.meter.take() {
            return Err(self.shared.end().into());
        }
        let (shared, ledger, case) = (Arc::clone(&self.shared), Arc::clone(&self.ledger), self.id.clone());
        let place = self.before + self.ran.transcript.len();
        Ok(tokio::spawn(async move { gate::send(&shared, &ledger, &case, request, place).await }))
    }

    /// The page that was asked for.
    async fn page(&self, coming: Coming, attempt: u32) -> Result<Heard, End> {
        match coming?.await {
            Ok(heard) => {
                let mut heard = heard.map_err(|not_ours| self.barred(not_ours))?;
                heard.exchange.look = attempt;
                Ok(heard)
            }
            // A fault of ours in it is one of the whole case.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(self.shared.end().into()),
        }
    }

    /// Reads a list once, page by page; once it is known how long it is, several pages at a time.
    async fn walk_once(&mut self, walk: &Walk, attempt: u32) -> Result<(WalkEvidence, Judgement, Vec<Value>), End> {
        let mut ahead = VecDeque::new();
        let walked = self.walk_pages(walk, attempt, &mut ahead).await;
        // What was asked for and is not looked at was sent all the same.
        for coming in ahead {
            if let Ok(heard) = self.page(coming, attempt).await {
                self.file_exchange(heard);
            }
        }
        walked
    }

    async fn walk_pages(
        &mut self,
        walk: &Walk,
        attempt: u32,
        ahead: &mut VecDeque<Coming>,
    ) -> Result<(WalkEvidence, Judgement, Vec<Value>), End> {
        let at_a_time = self.shared.options.batch.min(self.shared.options.jobs).max(1);
        let base = fill(&walk.request, &self.bindings)?;
        let joint = if base.path.contains('?') { '&' } else { '?' };
        let page_from = |start: u64, count: u64| Request {
            path: format!("{}{joint}startIndex={start}&count={count}", base.path),
            ..base.clone()
        };
        let mut count = u64::from(walk.count);
        let mut evidence = WalkEvidence::default();
        let mut judgement = Judgement::default();
        let mut resources = Vec::new();
        let mut start: u64 = 1;
        let mut listed: u64 = 0;
        let mut asked_up_to = start;
        ahead.push_back(self.ask_for_page(page_from(start, count)));
        while let Some(coming) = ahead.pop_front() {
            let heard = self.page(coming, attempt).await?;
            let (index, body) = self.file_exchange(heard);
            let exchange = &self.ran.transcript[index];
            let response = match &exchange.reply {
                Ok(response) => response,
                Err(no_reply) => return Err(Cause::NoReply(no_reply.clone()).into()),
            };
            if response.status == 429 && !names(&walk.expect, 429) {
                return Err(Cause::Throttled.into());
            }
            if self.phase == Phase::Steps && is_unasked_refusal(&walk.expect, response.status) {
                let status = response.status;
                return Err(refused(walk.assume.iter().chain(&walk.expect), exchange, index, status).end(index));
            }
            let read = Page::read(&body, index, start);
            let is_list = read.is_some();
            let page = read.unwrap_or(Page { exchange: index, start_index: start, ..Page::default() });
            if let (1, Some(total)) = (start, page.total)
                && total / count > PAGES
                && evidence.pages.is_empty()
                && count == u64::from(walk.count)
            {
                // An odd page size stays odd: that is what makes it awkward. No more are asked for than the persona does, and a
                // server need not give more.
                let most =
                    u64::from(self.persona.page_size.count) - (u64::from(self.persona.page_size.count) + count) % 2;
                let larger = (total.div_ceil(PAGES) | (count & 1)).min(most);
                if larger > count {
                    count = larger;
                    ahead.push_back(self.ask_for_page(page_from(start, count)));
                    continue;
                }
            }
            let shown = page.resources as u64;
            let total = page.total;
            listed += shown;
            evidence.pages.push(page);
            start += count;
            let pages = evidence.pages.len() as u64;
            let expected_pages = total.unwrap_or(0).div_ceil(count) + 3;
            let end = if !is_list {
                Some(WalkEnd::NotAList)
            } else if total.is_none_or(|total| start > total || listed >= total) {
                Some(WalkEnd::Complete)
            } else if shown == 0 {
                Some(WalkEnd::EmptyPageEarly)
            } else if pages >= MOST_PAGES.min(expected_pages.max(PAGES)) {
                Some(WalkEnd::Endless)
            } else {
                None
            };
            // Only a walk with a name is asked for them later.
            if let (Some(_), Some(listed)) = (&walk.name, body.json().and_then(|body| body.get("Resources"))) {
                resources.extend(items(listed).cloned());
            }
            evidence.end = end.unwrap_or(evidence.end);
            while end.is_none() && ahead.len() < at_a_time && total.is_some_and(|total| asked_up_to + count <= total) {
                asked_up_to += count;
                ahead.push_back(self.ask_for_page(page_from(asked_up_to, count)));
            }
            append(&mut judgement, self.shared.judge.answer(&walk.expect, exchange, index, &body, &self.bindings)?);
            if end.is_some() {
                break;
            }
        }
        // A page that is no list is told as such; what the pages amount to is then nobody's to say.
        if evidence.end != WalkEnd::NotAList || judgement.is_clean() {
            let walked = self.shared.judge.walk(&walk.expect, &evidence, &self.bindings)?;
            append(&mut judgement, walked);
        }
        Ok((evidence, judgement, resources))
    }
}

/// Why a step of `given` has not prepared anything: its status, or any but success where it names none.
fn unprepared(send: &Send, exchange: &Exchange, index: usize, judgement: &Judgement) -> Option<Missing> {
    let status = exchange.reply.as_ref().map_or(0, |r| r.status);
    if names_status(&send.expect) {
        let demand = judgement.findings.first().filter(|_| judgement.status_failed)?;
        return Some(Missing::of(exchange, demand.clone()));
    }
    (!is_success(status) && !names_status(&send.assume)).then(|| no_success(send, exchange, index, status))
}

/// A step that needs a success and did not get one.
fn no_success(send: &Send, exchange: &Exchange, index: usize, status: u16) -> Missing {
    refused(send.assume.iter().chain(&send.expect), exchange, index, status)
}

/// The same, by what the step demands of an answer that never came.
fn refused<'e>(
    expect: impl Iterator<Item = &'e Expectation>,
    exchange: &Exchange,
    index: usize,
    status: u16,
) -> Missing {
    let demand = own(expect).map(|expectation| Finding {
        requirement: expectation.requirement.clone(),
        level: expectation.level,
        expected: "a success".to_owned(),
        actual: status.into(),
        place: Place::Status,
        failure: Failure::Refused,
        exchange: index,
        in_setup: false,
        because: None,
        known: None,
        law: None,
        span: expectation.span.clone(),
    });
    match demand {
        Some(demand) => Missing::of(exchange, demand),
        None => {
            let why = format!("answered {status}, expected a success");
            Cause::SetupFailed { request: exchange.request.kind(), why }.into()
        }
    }
}

/// An answer that does not hold what later requests need.
fn lacks(send: &Send, exchange: &Exchange, index: usize, what: &str) -> Missing {
    let status = exchange.reply.as_ref().map_or(0, |r| r.status);
    let all = || send.assume.iter().chain(&send.expect);
    // Who demands what the answer shows, rather than that it is JSON.
    let shown = own(all().filter(|e| matches!(e.check, Check::Body(..))));
    let demand =
        shown.or_else(|| own(all().filter(|e| !matches!(e.check, Check::Status(_))))).map(|expectation| Finding {
            requirement: expectation.requirement.clone(),
            level: expectation.level,
            expected: what.to_owned(),
            actual: Value::Null,
            place: Place::Body(String::new()),
            failure: Failure::NoEffect,
            exchange: index,
            in_setup: false,
            because: None,
            known: None,
            law: None,
            span: expectation.span.clone(),
        });
    let cause =
        Cause::SetupFailed { request: exchange.request.kind(), why: format!("answered {status} without {what}") };
    Missing { demand, ..cause.into() }
}

/// The first demand that binds and is the step's own.
fn own<'e>(mut expect: impl Iterator<Item = &'e Expectation>) -> Option<&'e Expectation> {
    expect.find(|e| !e.of_suite && e.unclear.is_none() && e.level > Level::May)
}

/// Whether a step reads something and demands nothing: what it shows is for the laws.
fn is_bare_look(step: &Step) -> bool {
    match &step.action {
        Action::Send(send) => {
            send.request.method == "GET" && send.expect.is_empty() && send.assume.is_empty() && send.captures.is_empty()
        }
        _ => false,
    }
}

/// Whether all that a step writes obeys the laws of the model.
fn obeys(step: &Step) -> bool {
    match &step.action {
        Action::Send(send) => send.laws,
        Action::Together { sends, .. } => sends.iter().all(|send| send.laws),
        Action::Shared(wanted) => wanted.steps.iter().all(obeys),
        Action::Walk(_) | Action::Each(_) | Action::Bind(_) => true,
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Whether an expectation is about how the server asks to come back later.
fn is_of_patience(check: &Check) -> bool {
    matches!(check, Check::Rule(call) if call.rule == Rule::RetryAfterSeconds)
}

/// Whether that status is among those that a step speaks of. Who speaks of what a status must not be speaks of no other.
fn names(expect: &[Expectation], status: u16) -> bool {
    let is_of_one_class = |range: &StatusRange| range.from / 100 == range.to / 100;
    expect.iter().any(|expectation| match &expectation.check {
        Check::Status(ranges) => {
            ranges.iter().all(is_of_one_class) && ranges.iter().any(|range| (range.from..=range.to).contains(&status))
        }
        _ => false,
    })
}

/// Whether a success is among what a step takes.
fn takes_success(expect: &[Expectation]) -> bool {
    let is_among = |e: &Expectation| match &e.check {
        Check::Status(ranges) => ranges.iter().any(|range| range.from < 300 && range.to >= 200),
        _ => false,
    };
    !names_status(expect) || expect.iter().any(is_among)
}

fn names_status(expect: &[Expectation]) -> bool {
    expect.iter().any(|e| matches!(e.check, Check::Status(_)))
}

/// Whether an answer is an error where the step speaks of what a success shows: its demands are then about an answer that
/// never came. A step that says `always: false`, and so is not held to well-formedness, takes any answer.
fn is_unasked_refusal(expect: &[Expectation], status: u16) -> bool {
    let is_held = |e: &Expectation| matches!(&e.check, Check::Rule(call) if call.rule == Rule::WellFormed);
    !is_success(status) && !names_status(expect) && expect.iter().any(is_held)
}

/// Whether a demand concerns errors as well as successes. What a step itself demands of a header is of the success that it speaks of.
fn concerns_any_answer(expectation: &Expectation) -> bool {
    match &expectation.check {
        Check::Status(_) => true,
        Check::Header(..) => expectation.of_suite,
        Check::Body(..) | Check::Schema(_) => false,
        Check::Rule(call) => matches!(
            call.rule,
            Rule::JsonBody
                | Rule::WellFormed
                | Rule::ContentTypeScim
                | Rule::NoInternals
                | Rule::CanonicalNames
                | Rule::WithinSeconds
                | Rule::RetryAfterSeconds
                | Rule::SecretAbsent
        ),
    }
}

/// In which ways a list is not as it should be.
fn amiss_in_walk(faults: &[RequirementId]) -> BTreeSet<String> {
    faults.iter().map(|id| format!("{id} list")).collect()
}

fn append(all: &mut Judgement, more: Judgement) {
    all.findings.extend(more.findings);
    all.not_scored.extend(more.not_scored);
    all.notes.extend(more.notes);
    all.judged.extend(more.judged);
    all.status_failed |= more.status_failed;
}

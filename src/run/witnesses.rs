//! Witnesses: resources that are created before the first case, that no case writes to, and that are looked at when all are done.
//!
//! Whatever differs then is somebody's fault, or the server's own affair. So what differs is looked at again, is compared with what new
//! witnesses show by themselves, and then the cases that wrote are run again between two looks at the new ones, until one is caught.
//!
//! **Invariant:** what is told is judged from the transcript of the witnesses alone ([`judged`]), so that a recording gives the same
//! verdict. Whatever happens, all of them are swept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::capability::{Capabilities, Support};
use crate::judge::Weight;
use crate::model::{Change, Kind, Ways, changed};
use crate::plan::Planned;
use crate::requirement::{Failure, Level, RequirementId};
use crate::scenario::{Action, Bindings, Case, Cast, Member, data_key};
use crate::source::{SourceFile, Span};
use crate::verdict::{
    Broken, CaseResult, Cause, Disputed, Finding, Leftover, NotScored, Note, Outcome, Place, SetupResult, Witnessed,
};
use crate::wire::{Credential, Exchange, Headers, Request, Wire};

use super::case::Sharing;
use super::ledger::{Ledger, decoded, names};
use super::request::{fill, segment};
pub use super::sharing::Seen;
use super::waits::{WAITS, is_failure};
use super::{Purse, Shared, Stop, audit, beside, carry_out, caught, finish, gate, password, slots, sweep, unique};

/// So many cases are run again to find out who did it.
const MOST_SUSPECTS: usize = 20;

/// So many requests that may cost.
const MOST_REQUESTS: usize = 150;

/// So many cases are run again between two looks.
const AT_A_TIME: usize = 4;

/// So many users that cases have deleted are looked at, and so many groups: in a usual run, and in one of full depth.
const MOST_GONE: [[usize; 2]; 2] = [[1, 0], [2, 1]];

/// The witnesses of a run.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose they are.
    pub cast: Arc<Cast>,
    /// Who of them is created: their places in it.
    pub members: BTreeSet<usize>,
    /// Whether they are looked at twice at the start, too.
    pub often: bool,
}

impl Wanted {
    /// Those whom a server of these capabilities can have; in full depth all of them.
    pub fn of(cast: &Arc<Cast>, capabilities: &Capabilities, full: bool) -> Option<Self> {
        let is_offered =
            |member: &Member| member.needs.iter().all(|need| !matches!(capabilities.get(*need), Support::No(_)));
        let members =
            cast.members.iter().enumerate().filter(|(_, member)| (full || !member.full) && is_offered(member));
        let members: BTreeSet<usize> = members.map(|(at, _)| at).collect();
        (!members.is_empty()).then(|| Self { cast: Arc::clone(cast), members, often: full })
    }

    /// The id under which they are told.
    pub fn id(&self) -> &str {
        &self.cast.scenario.id
    }
}

/// What came of the witnesses.
#[derive(Default)]
pub(super) struct Watched {
    /// Where there is nothing to tell they are part of the setup.
    pub(super) setup: Option<SetupResult>,
    /// Where there is, they are a case.
    pub(super) cases: Vec<CaseResult>,
    /// Whoever was caught, if somebody was.
    caught: Option<Caught>,
}

/// A case that has done harm to new witnesses when it was run again alone.
struct Caught {
    case: Option<String>,
    write: Option<String>,
    /// To which attributes.
    what: BTreeSet<(Kind, String)>,
}

/// What is to be told, and who was caught.
type Found = (Vec<Witnessed>, Option<Caught>);

impl Watched {
    /// Says of findings that are disputed who was caught doing the same.
    pub(super) fn name(&self, disputed: &mut [Disputed]) {
        let Some(Caught { case, write, what }) = &self.caught else { return };
        for one in disputed {
            let is_it =
                |(kind, of): &(Kind, String)| kind.as_str() == one.kind && is_same_attribute(of, &one.attribute);
            if what.iter().any(is_it) {
                (one.case, one.write) = (case.clone(), write.clone());
            }
        }
    }
}

/// A write of a case, without its values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Trace {
    method: String,
    path: String,
    status: u16,
    /// The attributes that it names.
    names: BTreeSet<String>,
    /// Whether the case itself has sent it, and not its sweep.
    is_own: bool,
}

impl Trace {
    fn of(exchange: &Exchange, is_own: bool) -> Option<Self> {
        let Request { method, path, body, credential, .. } = &exchange.request;
        let path = path.split('?').next().unwrap_or_default();
        let is_write = !matches!(method.as_str(), "GET" | "HEAD") && !path.ends_with("/.search");
        let status = exchange.reply.as_ref().ok()?.status;
        if !is_write || *credential != Credential::Own {
            return None;
        }
        let body: Value = body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let mut found = BTreeSet::new();
        attributes_of(&body, &mut found);
        Some(Self { method: method.clone(), path: path.to_owned(), status, names: found, is_own })
    }

    fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first segment of its path.
    fn collection(&self) -> &str {
        self.path.split('/').find(|segment| !segment.is_empty()).unwrap_or_default()
    }

    fn kind(&self) -> String {
        Request::own(&self.method, self.path.clone()).kind()
    }

    /// What makes it another write than others: not whom it is about.
    fn sort(&self) -> Sort {
        (self.kind(), self.names.clone())
    }
}

/// A kind of request, and the attributes that it names.
type Sort = (String, BTreeSet<String>);

/// The names of attributes in a body, in lower case; of PATCH also those in paths.
fn attributes_of(body: &Value, into: &mut BTreeSet<String>) {
    for (name, value) in body.as_object().into_iter().flatten() {
        let is_operations = name.eq_ignore_ascii_case("operations");
        for operation in value.as_array().into_iter().flatten().filter(|_| is_operations) {
            into.extend(operation["op"].as_str().map(|op| format!("op {}", op.to_lowercase())));
            let path = operation["path"].as_str().unwrap_or_default();
            let head = path.split(['.', '[']).next().unwrap_or_default();
            into.extend((!head.is_empty()).then(|| head.to_lowercase()));
            attributes_of(&operation["value"], into);
        }
        if !is_operations && !name.eq_ignore_ascii_case("schemas") {
            into.insert(name.to_lowercase());
        }
    }
}

/// The writes of a case whose first exchanges are those of its steps. Of a PUT it counts as well what it sends otherwise than what was
/// sent before.
fn traces_of(transcript: &[Exchange], own: usize) -> Vec<Trace> {
    let mut sent: BTreeMap<String, Value> = BTreeMap::new();
    let mut traces = Vec::new();
    for (at, exchange) in transcript.iter().enumerate() {
        let Some(mut trace) = Trace::of(exchange, at < own) else { continue };
        let asked = asked_of(exchange);
        let path = match (trace.method.as_str(), body_of(exchange)) {
            ("POST", Some(shown)) => format!("{}/{}", trace.path, segment(shown["id"].as_str().unwrap_or_default())),
            _ => trace.path.clone(),
        };
        if let (Some(before), "PUT") = (sent.get(&path), trace.method.as_str()) {
            let fields = asked.as_object().into_iter().flatten();
            let changed = fields.filter(|(name, value)| before.get(name.as_str()) != Some(value));
            trace.names.extend(changed.map(|(name, _)| format!("new {}", name.to_lowercase())));
        }
        if matches!(trace.method.as_str(), "POST" | "PUT") {
            sent.insert(path, asked);
        }
        traces.push(trace);
    }
    traces
}

/// What one case wrote.
#[derive(Clone, Debug, Default)]
struct Traced {
    /// From what its names were made: those of what it prepared with others as well.
    names: Vec<String>,
    writes: Vec<Trace>,
    requests: usize,
}

/// What the cases of a run wrote.
#[derive(Debug, Default)]
pub(super) struct Traces(Mutex<BTreeMap<String, Traced>>);

impl Traces {
    /// Takes note of what a case that is done has written.
    pub(super) fn note(&self, result: &CaseResult) {
        let own = result.transcript.len().saturating_sub(result.swept);
        let writes = traces_of(&result.transcript, own);
        let mut names = vec![super::named(result)];
        names.extend(result.shared.iter().map(|shared| shared.setup.clone()));
        let traced = Traced { names, writes, requests: result.transcript.len() };
        self.lock().insert(result.id.clone(), traced);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Traced>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, case: &str) -> Traced {
        self.lock().get(case).cloned().unwrap_or_default()
    }

    /// All names that cases gave to what they created.
    fn names(&self, seed: u64) -> Vec<String> {
        let names: BTreeSet<String> = self.lock().values().flat_map(|traced| traced.names.iter().cloned()).collect();
        names.iter().map(|name| unique(seed, name)).collect()
    }
}

/// A witness that is there.
#[derive(Clone, Debug)]
struct Witness {
    /// Its place in the cast.
    member: usize,
    kind: Kind,
    id: String,
    path: String,
    /// Its create.
    created: usize,
    asked: Value,
    /// The exchange that showed it right last.
    before: usize,
    /// What that showed.
    shown: Value,
}

/// What a look shows of a witness.
#[derive(Clone, Debug, PartialEq)]
enum Sight {
    Shown(Value),
    Gone,
    /// No answer that says anything of it.
    Unclear,
}

/// What is wrong with a witness.
#[derive(Clone, Debug, PartialEq)]
struct Harm {
    witness: usize,
    /// None where all of it is.
    changes: Vec<Change>,
    after: usize,
}

impl Harm {
    fn attributes(&self) -> BTreeSet<String> {
        self.changes.iter().map(|change| change.attribute.clone()).collect()
    }

    /// Whether it is harm of the same sort, to such a witness.
    fn is_like(&self, other: &Harm) -> bool {
        let (one, two) = (self.attributes(), other.attributes());
        let is_in = |attribute: &String| two.iter().any(|other| is_same_attribute(attribute, other));
        (one.is_empty() && two.is_empty()) || one.iter().any(is_in)
    }
}

/// All witnesses that were created together.
struct Company {
    unique: String,
    ledger: Arc<Mutex<Ledger>>,
    witnesses: Vec<Witness>,
}

/// Those who watch, and what they have sent.
pub(super) struct Watch {
    wanted: Wanted,
    headers: Vec<(String, String)>,
    company: Company,
    transcript: Vec<Exchange>,
    /// What judges nothing: cases that were run again, and sweeps.
    besides: Vec<Exchange>,
    leftovers: Vec<Leftover>,
    notes: Vec<Note>,
    took: Duration,
    /// What was created and is not swept yet.
    ledgers: Vec<Arc<Mutex<Ledger>>>,
}

fn bindings(shared: &Shared, case: &Case, name: &str) -> Bindings {
    let seed = shared.options.seed;
    let mut bindings = Bindings::default();
    bindings.bind("unique", Value::String(unique(seed, name)));
    bindings.bind("password", Value::String(password(seed, name, &case.persona)));
    for (name, value) in case.data.iter().chain(&shared.options.data) {
        bindings.bind(data_key(name), value.clone());
    }
    bindings
}

fn body_of(exchange: &Exchange) -> Option<Value> {
    let response = exchange.reply.as_ref().ok()?;
    serde_json::from_slice::<Value>(&response.body).ok().filter(Value::is_object)
}

fn asked_of(exchange: &Exchange) -> Value {
    exchange.request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default()
}

fn sight_of(exchange: &Exchange) -> Sight {
    match exchange.reply.as_ref().map(|response| response.status) {
        Ok(200) => body_of(exchange).filter(|body| body["id"].is_string()).map_or(Sight::Unclear, Sight::Shown),
        Ok(404 | 410) => Sight::Gone,
        _ => Sight::Unclear,
    }
}

/// Creates the witnesses of a run, before its first case.
pub(super) async fn gather(shared: &Arc<Shared>) -> Option<Watch> {
    let wanted = shared.options.witnesses.clone().filter(|_| matches!(shared.wire, Wire::Http(_)))?;
    let case = wanted.cast.scenario.cases.first()?;
    let began = Instant::now();
    let filled = bindings(shared, case, &case.id);
    let mut headers = Vec::new();
    for (name, value) in &case.headers {
        headers.extend(value.fill(&filled).ok().map(|value| (name.clone(), value)));
    }
    let name = format!("{}{}", wanted.id(), shared.options.part);
    let mut watch = Watch {
        company: Company {
            unique: unique(shared.options.seed, &name),
            ledger: Arc::new(Mutex::new(Ledger::new(unique(shared.options.seed, &name)))),
            witnesses: Vec::new(),
        },
        wanted,
        headers,
        transcript: Vec::new(),
        besides: Vec::new(),
        leftovers: Vec::new(),
        notes: Vec::new(),
        took: Duration::ZERO,
        ledgers: Vec::new(),
    };
    watch.ledgers.push(Arc::clone(&watch.company.ledger));
    let often = watch.wanted.often;
    let creating: std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> = Box::pin(async {
        watch.company = watch.create(shared, &name, Eager::No).await;
        for _ in 0..2 {
            if often {
                watch.look_at_the_start(shared).await;
            }
        }
    });
    // Whatever fails is told when it is swept.
    let failed = caught(creating).await.err();
    watch.notes.extend(failed.map(|what| note(format!("scim-check itself failed, please report it: {what}"))));
    watch.took = began.elapsed();
    Some(watch)
}

/// Whether each witness is looked at as soon as it is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Eager {
    Yes,
    No,
}

fn note(text: String) -> Note {
    Note { text, requirement: None, exchange: None, all_well: false }
}

impl Watch {
    fn title(&self, witness: &Witness) -> &str {
        &self.wanted.cast.members[witness.member].title
    }

    fn may_send(&self, shared: &Shared) -> bool {
        shared.stopping() == Stop::No && !shared.is_silent() && shared.meter.take_what_is_left()
    }

    /// Sends a request for the witnesses. Gives its place in the transcript.
    async fn send(&mut self, shared: &Shared, ledger: &Mutex<Ledger>, request: Request, look: u32) -> Option<usize> {
        if !self.may_send(shared) {
            return None;
        }
        let id = self.wanted.id().to_owned();
        let heard = gate::send(shared, ledger, &id, request, self.transcript.len()).await.ok()?;
        self.transcript.push(Exchange { look, ..heard.exchange });
        self.transcript.len().checked_sub(1)
    }

    fn read(&self, path: &str) -> Request {
        Request { headers: Headers(self.headers.clone()), ..Request::own("GET", path) }
    }

    /// Creates all that are wanted, under a name of their own. Who is refused is not there.
    async fn create(&mut self, shared: &Shared, name: &str, eager: Eager) -> Company {
        let cast = Arc::clone(&self.wanted.cast);
        let unique = unique(shared.options.seed, name);
        let known = self.ledgers.iter().find(|ledger| lock(ledger).unique() == unique).cloned();
        let ledger = known.unwrap_or_else(|| {
            let ledger = Arc::new(Mutex::new(Ledger::new(unique.clone())));
            self.ledgers.push(Arc::clone(&ledger));
            ledger
        });
        let mut company = Company { unique, ledger: Arc::clone(&ledger), witnesses: Vec::new() };
        let Some(case) = cast.scenario.cases.first() else { return company };
        let mut bound = bindings(shared, case, name);
        for (at, (member, step)) in cast.members.iter().zip(&case.steps).enumerate() {
            let (true, Action::Send(send)) = (self.wanted.members.contains(&at), &step.action) else { continue };
            // It refers to one that is not there.
            let Ok(request) = fill(&send.request, &bound) else { continue };
            let Some(kind) = Kind::of_collection(request.path.trim_matches('/')) else { continue };
            self.assure(shared, &mut company, &request).await;
            let Some(place) = self.send(shared, &ledger, request.clone(), 0).await else { return company };
            let mut place = place;
            // Who settles late may not know the members yet.
            if is_refused(&self.transcript[place]) && !company.witnesses.is_empty() && kind == Kind::Group {
                self.await_all(shared, &company).await;
                place = self.send(shared, &ledger, request, 1).await.unwrap_or(place);
            }
            let exchange = &self.transcript[place];
            let is_done = exchange.reply.as_ref().is_ok_and(|response| (200..300).contains(&response.status));
            let shown = body_of(exchange).filter(|_| is_done);
            let Some((shown, id)) = shown.and_then(|shown| Some((shown.clone(), shown["id"].as_str()?.to_owned())))
            else {
                let said = exchange.reply.as_ref().map_or("not".to_owned(), |response| response.status.to_string());
                if eager == Eager::No {
                    let why = format!("there is no witness that is {}: its create was answered {said}", member.title);
                    self.notes.push(Note { exchange: Some(place), ..note(why) });
                }
                continue;
            };
            let path = format!("/{}/{}", kind.collection(), segment(&id));
            // It is not ours where the answer to a create names somebody else.
            if company.witnesses.iter().any(|other| other.path == path) || !lock(&ledger).owns(&path) {
                continue;
            }
            bound.bind(format!("{}{}", step.scope, member.name), Value::String(id.clone()));
            let asked = asked_of(&self.transcript[place]);
            company.witnesses.push(Witness { member: at, kind, id, path, created: place, asked, before: place, shown });
            if eager == Eager::Yes {
                self.see_first(shared, &mut company).await;
            }
        }
        // A server that refuses all of them refuses the setup of cases as well, which tell it better.
        if company.witnesses.is_empty() {
            self.notes.clear();
        }
        company
    }

    /// Reads what a request refers to, where no read has shown yet that the ids of that collection are right.
    async fn assure(&mut self, shared: &Shared, company: &mut Company, request: &Request) {
        loop {
            let unseen = lock(&company.ledger).unseen(request, |collection| shared.trust.doubts(collection));
            let is_new = |path: &String| {
                !self.transcript.iter().any(|seen| seen.request.method == "GET" && seen.request.path == *path)
            };
            let Some(path) = unseen.into_iter().find(is_new) else { return };
            let read = self.read(&path);
            let Some(place) = self.send(shared, &company.ledger, read, 0).await else { return };
            for witness in company.witnesses.iter_mut().filter(|witness| witness.path == path) {
                self.see(shared, witness, place);
            }
        }
    }

    /// Takes a witness for what an exchange shows, where that is what the answer to its create did: else that may be late.
    fn see(&self, shared: &Shared, witness: &mut Witness, place: usize) {
        if let Sight::Shown(shown) = sight_of(&self.transcript[place])
            && shown["id"].as_str() == Some(&witness.id)
            && changed(witness.kind, &witness.asked, (&witness.shown, &shown), &ways(shared), &|_| false).is_empty()
        {
            (witness.before, witness.shown) = (place, shown);
        }
    }

    /// Reads the one that was created last, which is from then on as that shows it.
    async fn see_first(&mut self, shared: &Shared, company: &mut Company) {
        let Some(last) = company.witnesses.last_mut() else { return };
        let mut waited = Duration::ZERO;
        for (look, wait) in (0..).zip(std::iter::once(&0).chain(WAITS)) {
            let wait = Duration::from_millis(*wait);
            waited += wait;
            if look > 0 && !shared.patience.allows(Purse::Ground, waited, shared.options.settle) {
                return;
            }
            pause(shared, wait).await;
            let read = self.read(&last.path);
            let Some(place) = self.send(shared, &company.ledger, read, look).await else { return };
            if let Sight::Shown(shown) = sight_of(&self.transcript[place])
                && shown["id"].as_str() == Some(&last.id)
            {
                (last.before, last.shown) = (place, shown);
                return;
            }
        }
    }

    /// Waits until all of them are shown.
    async fn await_all(&mut self, shared: &Shared, company: &Company) {
        for witness in &company.witnesses {
            let mut waited = Duration::ZERO;
            for wait in WAITS.iter().map(|wait| Duration::from_millis(*wait)) {
                let read = self.read(&witness.path);
                let Some(place) = self.send(shared, &company.ledger, read, 0).await else { return };
                waited += wait;
                let is_there = matches!(sight_of(&self.transcript[place]), Sight::Shown(_));
                if is_there || !shared.patience.allows(Purse::Ground, waited, shared.options.settle) {
                    break;
                }
                pause(shared, wait).await;
            }
        }
    }

    /// A first look, by which all of them are known from then on.
    async fn look_at_the_start(&mut self, shared: &Shared) {
        let mut witnesses = std::mem::take(&mut self.company.witnesses);
        let ledger = Arc::clone(&self.company.ledger);
        for witness in &mut witnesses {
            let read = self.read(&witness.path);
            let Some(place) = self.send(shared, &ledger, read, 0).await else { break };
            self.see(shared, witness, place);
        }
        self.company.witnesses = witnesses;
    }

    /// Looks at some of them, each by id. Gives what is wrong, and who could not be seen.
    async fn look(&mut self, shared: &Shared, company: &Company, whom: &[usize], look: u32) -> (Vec<Harm>, Vec<usize>) {
        let (mut harms, mut unclear) = (Vec::new(), Vec::new());
        for at in whom {
            let witness = &company.witnesses[*at];
            let read = self.read(&witness.path);
            let Some(place) = self.send(shared, &company.ledger, read, look).await else {
                unclear.push(*at);
                continue;
            };
            match sight_of(&self.transcript[place]) {
                Sight::Unclear => unclear.push(*at),
                Sight::Gone if may_hide(shared, witness) => {}
                Sight::Gone => harms.push(Harm { witness: *at, changes: Vec::new(), after: place }),
                Sight::Shown(shown) if shown["id"].as_str() != Some(&witness.id) => {
                    harms.push(Harm { witness: *at, changes: Vec::new(), after: place });
                }
                Sight::Shown(shown) => {
                    let ours = self.names_in(shared, company, &shown);
                    let is_ours = |text: &str| ours.iter().any(|name| text.to_lowercase().contains(name.as_str()));
                    let changes =
                        changed(witness.kind, &witness.asked, (&witness.shown, &shown), &ways(shared), &is_ours);
                    if !changes.is_empty() {
                        harms.push(Harm { witness: *at, changes, after: place });
                    }
                }
            }
        }
        (harms, unclear)
    }

    /// The names of cases that a body holds.
    fn names_in(&self, shared: &Shared, company: &Company, shown: &Value) -> Vec<String> {
        let text = shown.to_string().to_lowercase();
        // Names of ours are told from other texts without knowing all of them, and then by who has them.
        let mut found: Vec<String> = shared.traces.names(shared.options.seed);
        found.retain(|name| *name != company.unique && text.contains(name.as_str()));
        found
    }

    /// Looks until nothing is wrong or there is no patience left. What changes from look to look changes by itself.
    async fn look_patiently(&mut self, shared: &Shared, company: &Company) -> Vec<Harm> {
        let everybody: Vec<usize> = (0..company.witnesses.len()).collect();
        let (mut harms, mut unclear) = self.look(shared, company, &everybody, 0).await;
        let since = Instant::now();
        let mut waited = Duration::ZERO;
        let mut is_volatile: BTreeSet<(usize, String)> = BTreeSet::new();
        for (look, wait) in (1..).zip(WAITS) {
            let wait = Duration::from_millis(*wait);
            let is_patient = look == 1 || shared.patience.allows(Purse::Steps, waited + wait, shared.options.settle);
            if (harms.is_empty() && unclear.is_empty()) || !is_patient || shared.stopping() > Stop::No {
                break;
            }
            let until = shared.patience.until(since, waited, wait);
            pause(shared, until.saturating_duration_since(Instant::now())).await;
            waited += wait;
            let whom: Vec<usize> = harms.iter().map(|harm| harm.witness).chain(unclear.iter().copied()).collect();
            let before = harms;
            (harms, unclear) = self.look(shared, company, &whom, look).await;
            // What could not be looked at again was seen once only.
            for harm in &harms {
                let earlier = before.iter().filter(|earlier| earlier.witness == harm.witness);
                for was in earlier.flat_map(|earlier| &earlier.changes) {
                    let is = harm.changes.iter().find(|change| change.attribute == was.attribute);
                    if is.is_some_and(|is| is.after != was.after) {
                        is_volatile.insert((harm.witness, was.attribute.clone()));
                    }
                }
            }
        }
        let looked_once = |harm: &Harm| self.transcript[harm.after].look == 0;
        harms.retain(|harm| !looked_once(harm));
        if !harms.is_empty() {
            shared.patience.spend(Purse::Steps, waited);
        } else if waited > Duration::ZERO && unclear.is_empty() {
            shared.patience.pays(since.elapsed());
        }
        for harm in &mut harms {
            let is_whole = harm.changes.is_empty();
            harm.changes.retain(|change| !is_volatile.contains(&(harm.witness, change.attribute.clone())));
            if harm.changes.is_empty() && !is_whole {
                harm.witness = usize::MAX;
            }
        }
        harms.retain(|harm| harm.witness != usize::MAX);
        for at in unclear {
            let title = self.title(&company.witnesses[at]).to_owned();
            let last = self.transcript.iter().rposition(|exchange| exchange.request.path == company.witnesses[at].path);
            let was_asked = last.filter(|last| *last > company.witnesses[at].before);
            if let Some(last) = was_asked {
                let said = match &self.transcript[last].reply {
                    Ok(response) if is_failure(&self.transcript[last]) => format!("answered {}", response.status),
                    Ok(response) => format!("answered {} and showed no such resource", response.status),
                    Err(no_reply) => no_reply.to_string(),
                };
                let text = format!("{title}, a witness, could not be looked at in the end: {said}");
                self.notes.push(Note { exchange: Some(last), ..note(text) });
            }
        }
        harms
    }
}

fn lock(ledger: &Mutex<Ledger>) -> std::sync::MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ways(shared: &Shared) -> Ways {
    shared.options.laws.clone().unwrap_or_default()
}

fn is_refused(exchange: &Exchange) -> bool {
    exchange.reply.as_ref().is_ok_and(|response| (400..500).contains(&response.status))
}

/// Whether it may be out of sight, as the owner of the server declares.
fn may_hide(shared: &Shared, witness: &Witness) -> bool {
    let is_off = witness.asked["active"] == Value::Bool(false);
    is_off && witness.kind == Kind::User && ways(shared).hides_inactive()
}

async fn pause(shared: &Shared, wait: Duration) {
    if wait.is_zero() {
        return;
    }
    let waiting = async {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shared.ending() => {}
        }
    };
    slots::lend(waiting).await;
}

/// Cases that are run again one after the other.
struct Round {
    cases: Vec<usize>,
    /// Whether there are looks before and after each, and not only before and after all.
    is_each_watched: bool,
}

/// What was found out about who did it.
#[derive(Default)]
struct Blame {
    told: String,
    case: Option<String>,
    write: Option<String>,
    /// New witnesses that were harmed alike, and how.
    again: Option<(Company, Vec<Harm>)>,
}

impl Watch {
    /// Looks at all of them when the cases are done, and finds out who did what is wrong. Gives what is to be told.
    async fn work(
        &mut self,
        shared: &Arc<Shared>,
        planned: &[Planned<'_>],
        results: &BTreeMap<usize, CaseResult>,
    ) -> Found {
        let mut witnessed = self.look_at_what_is_gone(shared, results).await;
        let mut caught_doing = None;
        let nobody = Company { unique: String::new(), ledger: Arc::clone(&self.company.ledger), witnesses: Vec::new() };
        let company = std::mem::replace(&mut self.company, nobody);
        let mut harms = self.look_patiently(shared, &company).await;
        follow(&mut harms, &company);
        let told: Vec<Vec<String>> =
            harms.iter().map(|harm| told_by(harm, company.witnesses[harm.witness].kind, results.values())).collect();
        let is_told = told.iter().all(|told| !told.is_empty());
        let disputed = disputed(&company, results);
        let blame = match is_told && disputed.is_empty() {
            true => Blame { told: "another case shows the same".to_owned(), ..Blame::default() },
            false => {
                harms.extend(disputed);
                self.blame(shared, &company, &mut harms, planned, results).await
            }
        };
        harms.retain(|harm| harm.after > company.witnesses[harm.witness].before);
        let caught = |harm: &&Harm| blame.again.iter().flat_map(|(_, harms)| harms).any(|again| again.is_like(harm));
        if let Some((again, harms)) = &blame.again {
            let of = |harm: &Harm| {
                harm.attributes().into_iter().map(|one| (again.witnesses[harm.witness].kind, one)).collect::<Vec<_>>()
            };
            let what = harms.iter().flat_map(of).collect();
            caught_doing = Some(Caught { case: blame.case.clone(), write: blame.write.clone(), what });
            for harm in harms {
                witnessed.push(Witnessed {
                    case: blame.case.clone(),
                    write: blame.write.clone(),
                    blame: blame.told.clone(),
                    ..self.witnessed(shared, again, harm)
                });
            }
        }
        for harm in harms.iter().filter(|harm| !caught(harm)) {
            let told_by = told_by(harm, company.witnesses[harm.witness].kind, results.values());
            let told = match &blame.again {
                Some(_) => "which case did it was not found out".to_owned(),
                None => blame.told.clone(),
            };
            witnessed.push(Witnessed { blame: told, told_by, ..self.witnessed(shared, &company, harm) });
        }
        (witnessed, caught_doing)
    }

    fn witnessed(&self, shared: &Shared, company: &Company, harm: &Harm) -> Witnessed {
        let witness = &company.witnesses[harm.witness];
        let shown = body_of(&self.transcript[harm.after]).unwrap_or_default();
        Witnessed {
            title: self.title(witness).to_owned(),
            path: witness.path.clone(),
            created: Some(witness.created),
            before: witness.before,
            after: harm.after,
            attributes: harm.attributes().into_iter().collect(),
            names: self.names_in(shared, company, &shown),
            member: self.wanted.cast.members[witness.member].name.clone(),
            ..Witnessed::default()
        }
    }

    /// Runs the cases that wrote again, between two looks at new witnesses, until one is caught. What the new ones show by themselves
    /// is the server's own affair, and is not held against it.
    async fn blame(
        &mut self,
        shared: &Arc<Shared>,
        company: &Company,
        harms: &mut Vec<Harm>,
        planned: &[Planned<'_>],
        results: &BTreeMap<usize, CaseResult>,
    ) -> Blame {
        let sent = self.besides.len() + self.transcript.len();
        let mut round = 1;
        let mut fresh = self.again(shared, round).await;
        if fresh.witnesses.is_empty() {
            return Blame {
                told: "no other witnesses could be created to find out who did it".to_owned(),
                ..Blame::default()
            };
        }
        // What is not shown as it was answered to the create, or does not stay so while nobody writes.
        for witness in &fresh.witnesses {
            let answered = body_of(&self.transcript[witness.created]).unwrap_or_default();
            let own = changed(witness.kind, &witness.asked, (&answered, &witness.shown), &ways(shared), &|_| false);
            excuse(harms, company, witness.kind, own.iter().map(|change| change.attribute.as_str()));
        }
        let by_itself = self.look_patiently(shared, &fresh).await;
        for harm in &by_itself {
            if !harms.iter().any(|main| main.is_like(harm)) {
                continue;
            }
            let later: Vec<String> = self.created_later(&fresh, harm);
            if !later.is_empty() {
                let told = format!("creating {} did it, while no case was run", later.join(" or "));
                let write = format!("POST /{}", fresh.witnesses[harm.witness].kind.collection());
                let harm = harm.clone();
                return Blame { told, case: None, write: Some(write), again: Some((fresh, vec![harm])) };
            }
            let attributes = harm.attributes();
            excuse(harms, company, fresh.witnesses[harm.witness].kind, attributes.iter().map(String::as_str));
        }
        if harms.is_empty() {
            return Blame::default();
        }
        if !by_itself.is_empty() {
            round += 1;
            fresh = self.again(shared, round).await;
        }
        let suspects = self.suspects(shared, company, harms, planned, results);
        let is_over = |watch: &Self| {
            watch.besides.len() + watch.transcript.len() - sent > MOST_REQUESTS || shared.stopping() > Stop::No
        };
        let mut cleared = BTreeSet::new();
        let mut tried: BTreeSet<usize> = BTreeSet::new();
        for Round { cases: some, is_each_watched } in &suspects {
            if is_over(self) || fresh.witnesses.is_empty() {
                break;
            }
            tried.extend(some);
            let mut other = None;
            if !is_each_watched {
                for index in some {
                    self.run_again(shared, &planned[*index]).await;
                }
                let harmed = self.harmed_alike(shared, &fresh, harms).await;
                if harmed.is_empty() {
                    cleared.extend(some.iter().flat_map(|index| sorts(shared, &planned[*index].case.id)));
                    continue;
                }
                round += 1;
                other = Some((harmed, self.again(shared, round).await));
            }
            let company = other.as_ref().map_or(&fresh, |(_, company)| company);
            let mut caught = self.one_by_one(shared, company, (some, planned), harms, &mut cleared).await;
            // It may strike only who has been there for a while: by now they have.
            if caught.is_none() && other.is_some() {
                caught = self.one_by_one(shared, company, (some, planned), harms, &mut BTreeSet::new()).await;
            }
            match (caught, other) {
                (Some((blame, harmed)), other) => {
                    let company = other.map_or(fresh, |(_, company)| company);
                    return Blame { again: Some((company, harmed)), ..blame };
                }
                (None, Some((harmed, _))) => {
                    let cases: Vec<&str> = some.iter().map(|index| planned[*index].case.id.as_str()).collect();
                    let cases = cases.join(", ");
                    let told = format!("run again one after the other, {cases} did it again; alone none of them did");
                    return Blame { told, again: Some((fresh, harmed)), ..Blame::default() };
                }
                (None, None) => {}
            }
        }
        let told = match tried.len() {
            0 => "no case that wrote could be run again to find out who did it".to_owned(),
            tried => format!(
                "it happened between its create and the end of the run; {tried} cases that write were run again to find out who \
                 did it, and it did not happen again"
            ),
        };
        Blame { told, ..Blame::default() }
    }

    /// Runs cases again, each between two looks, and between its steps and its sweep there is another. Gives the first that is caught.
    async fn one_by_one(
        &mut self,
        shared: &Arc<Shared>,
        company: &Company,
        (some, planned): (&[usize], &[Planned<'_>]),
        like: &[Harm],
        cleared: &mut BTreeSet<Sort>,
    ) -> Option<(Blame, Vec<Harm>)> {
        for index in some {
            if shared.stopping() > Stop::No {
                return None;
            }
            let mut case = planned[*index].case.as_ref().clone();
            case.id = self.id_of_again(&case.id);
            let id = case.id.clone();
            let name = Sharing::Off.name_of(&id);
            let ledger = Arc::new(Mutex::new(Ledger::new(unique(shared.options.seed, &name))));
            let running = super::case::run(Arc::clone(shared), Arc::new(case), Arc::clone(&ledger), Sharing::Off);
            let ran = caught(Box::pin(running)).await;
            let mut harmed = self.harmed_alike(shared, company, like).await;
            let is_own = !harmed.is_empty();
            let own = ran.as_ref().map_or(0, |ran| ran.transcript.len());
            let (sent, left) = super::set_aside(shared, &id, ran, ledger).await;
            let writes = traces_of(&sent, own);
            self.add(sent, left);
            if !is_own {
                harmed = self.harmed_alike(shared, company, like).await;
            }
            let case = planned[*index].case.id.clone();
            if harmed.is_empty() {
                cleared.extend(sorts(shared, &case));
                continue;
            }
            let write = most_likely(&writes, is_own, &harmed, company, cleared);
            let told = match &write {
                Some(_) => "run again alone, that case did it again, most likely with that request".to_owned(),
                None => format!("run again alone, {case} did it again"),
            };
            return Some((Blame { told, case: Some(case), write, again: None }, harmed));
        }
        None
    }

    /// New witnesses, each looked at as soon as it is there.
    async fn again(&mut self, shared: &Arc<Shared>, round: u32) -> Company {
        let name = format!("{}{} (again {round})", self.wanted.id(), shared.options.part);
        self.create(shared, &name, Eager::Yes).await
    }

    /// Those that were created after a witness, where what became of it tells that their creates did it.
    fn created_later(&self, company: &Company, harm: &Harm) -> Vec<String> {
        let harmed = &company.witnesses[harm.witness];
        let later = company.witnesses.iter().filter(|witness| witness.created > harmed.before);
        let own = harmed.asked.to_string();
        let is_from = |other: &&Witness| {
            let asked = other.asked.to_string();
            let texts = harm.changes.iter().flat_map(|change| texts(&change.after));
            harm.changes.is_empty() || texts.into_iter().any(|text| asked.contains(&text) && !own.contains(&text))
        };
        later.filter(is_from).map(|witness| self.title(witness).to_owned()).collect()
    }

    /// What is wrong with new witnesses in the same way, and stays so.
    async fn harmed_alike(&mut self, shared: &Arc<Shared>, company: &Company, like: &[Harm]) -> Vec<Harm> {
        let mut harms = self.look_patiently(shared, company).await;
        follow(&mut harms, company);
        harms.retain(|harm| like.iter().any(|other| other.is_like(harm)));
        harms
    }

    /// What a case is called that is run again, so that its names are others each time.
    fn id_of_again(&self, case: &str) -> String {
        format!("{} ({case}, {})", self.wanted.id(), self.besides.len())
    }

    /// Runs a case again.
    async fn run_again(&mut self, shared: &Arc<Shared>, planned: &Planned<'_>) {
        let mut case = planned.case.as_ref().clone();
        case.id = self.id_of_again(&case.id);
        let blank = super::blank(&shared.judge, planned.scenario, &case);
        let result = carry_out(Arc::clone(shared), Arc::new(case), blank, Some(Sharing::Off)).await;
        self.add(result.transcript, result.leftovers);
    }

    /// Adds what was sent for a case that was run again: the requests alone.
    fn add(&mut self, sent: Vec<Exchange>, left: Vec<Leftover>) {
        for mut exchange in sent {
            exchange.request.body = None;
            if let Ok(response) = &mut exchange.reply {
                response.body = Vec::new();
            }
            self.besides.push(exchange);
        }
        self.leftovers.extend(left);
    }

    /// Cases that may have done it, the likeliest first, as many together as are run again between two looks.
    fn suspects(
        &self,
        shared: &Shared,
        company: &Company,
        harms: &[Harm],
        planned: &[Planned<'_>],
        results: &BTreeMap<usize, CaseResult>,
    ) -> Vec<Round> {
        let mut all: Vec<(usize, Traced)> = Vec::new();
        for index in results.keys().copied().filter(|index| *index < planned.len()) {
            let traced = shared.traces.of(&planned[index].case.id);
            if planned[index].skip.is_none() && traced.writes.iter().any(Trace::is_done) {
                all.push((index, traced));
            }
        }
        // Whose names it shows.
        let bodies = harms.iter().filter_map(|harm| body_of(&self.transcript[harm.after]));
        let changes = harms.iter().flat_map(|harm| &harm.changes).map(|change| change.after.to_string());
        let shown: String = bodies.map(|body| body.to_string()).chain(changes).collect();
        let seed = shared.options.seed;
        let is_named = |(_, traced): &&(usize, Traced)| {
            let own = traced.names.first().map(|name| unique(seed, name));
            own.is_some_and(|name| name != company.unique && shown.to_lowercase().contains(&name))
        };
        let named: Vec<usize> = all.iter().filter(is_named).take(3).map(|(index, _)| *index).collect();
        // Of all others those that between them write in every way, the simplest first; before them those that write what is wrong.
        all.sort_by_key(|(_, traced)| {
            (traced.writes.iter().map(Trace::sort).collect::<BTreeSet<_>>().len(), traced.requests)
        });
        let mut known = BTreeSet::new();
        let mut cover = |is_meant: &dyn Fn(&Trace) -> bool, before: &[usize]| -> Vec<usize> {
            let mut some = Vec::new();
            for (index, traced) in all.iter().filter(|(index, _)| !before.contains(index)) {
                let writes = traced.writes.iter().filter(|write| write.is_done() && is_meant(write)).map(Trace::sort);
                let new: Vec<Sort> = writes.filter(|sort| !known.contains(sort)).collect();
                if !new.is_empty() {
                    known.extend(new);
                    some.push(*index);
                }
            }
            some.truncate(MOST_SUSPECTS - before.len().min(MOST_SUSPECTS));
            some
        };
        let relevant = cover(&|write| is_relevant(write, harms, company), &named);
        let others = cover(&|_| true, &[named.clone(), relevant.clone()].concat());
        let mut rounds: Vec<Round> = Vec::new();
        let alone = |cases: Vec<usize>| Round { cases, is_each_watched: true };
        rounds.extend((!named.is_empty()).then(|| alone(named)));
        let together = |cases: &[usize]| Round { cases: cases.to_vec(), is_each_watched: cases.len() == 1 };
        rounds.extend(relevant.chunks(AT_A_TIME).map(together));
        // Once more, when those who may be struck have been there for a while.
        let again: Vec<usize> = relevant.iter().copied().take(2 * AT_A_TIME).collect();
        rounds.extend((!again.is_empty()).then(|| alone(again)));
        rounds.extend(others.chunks(AT_A_TIME).map(together));
        rounds
    }

    /// Looks whether what a case has deleted long before is still gone.
    async fn look_at_what_is_gone(&mut self, shared: &Shared, results: &BTreeMap<usize, CaseResult>) -> Vec<Witnessed> {
        let is_told = |result: &CaseResult| {
            let mut found = result.findings.iter().map(|finding| finding.requirement.as_str());
            found.any(|id| id == audit::GONE || id == audit::GONE_FROM_LISTS)
        };
        if results.values().any(is_told) {
            return Vec::new();
        }
        let most = MOST_GONE[usize::from(self.wanted.often)];
        let mut looked_at: BTreeMap<Kind, usize> = BTreeMap::new();
        let mut back = Vec::new();
        for result in results.values() {
            let traced = shared.traces.of(&result.id);
            for (at, write) in traced.writes.iter().enumerate() {
                let Some(kind) = Kind::of_collection(write.collection()) else { continue };
                let is_confirmed = write.method == "DELETE" && matches!(write.status, 200 | 204);
                let is_last = traced.writes[at + 1..].iter().all(|later| later.path != write.path);
                let may_stay = kind == Kind::User && ways(shared).deleted_users_stay;
                let count = looked_at.entry(kind).or_default();
                if !is_confirmed
                    || !is_last
                    || may_stay
                    || *count >= most[usize::from(kind == Kind::Group)]
                    || write.path.matches('/').count() != 2
                {
                    continue;
                }
                *count += 1;
                let name = traced.names.first().cloned().unwrap_or_default();
                if let Some(place) = self.is_back(shared, &write.path, &unique(shared.options.seed, &name)).await {
                    back.push(Witnessed {
                        title: format!("the {} that {} deleted", kind.as_str().to_lowercase(), result.id),
                        path: write.path.clone(),
                        before: place,
                        after: place,
                        case: Some(result.id.clone()),
                        write: Some(write.kind()),
                        blame: format!("{} of {} was answered {}", write.kind(), result.id, write.status),
                        names: vec![unique(shared.options.seed, &name)],
                        ..Witnessed::default()
                    });
                }
            }
        }
        back
    }

    /// Whether what was deleted is there, and stays there. Gives the exchange that shows it. Another resource under the same id is not it.
    async fn is_back(&mut self, shared: &Shared, path: &str, unique: &str) -> Option<usize> {
        let ledger = Arc::clone(&self.company.ledger);
        let mut waited = Duration::ZERO;
        for (look, wait) in (0..).zip(WAITS) {
            let read = self.read(path);
            let place = self.send(shared, &ledger, read, look).await?;
            if !is_shown(&self.transcript[place], path, unique) {
                return None;
            }
            let wait = Duration::from_millis(*wait);
            waited += wait;
            if look > 0 && !shared.patience.allows(Purse::Steps, waited, shared.options.settle) {
                return Some(place);
            }
            pause(shared, wait).await;
        }
        self.transcript.len().checked_sub(1)
    }
}

/// Whether an answer shows the resource of that path that carries a name.
fn is_shown(exchange: &Exchange, path: &str, unique: &str) -> bool {
    let Sight::Shown(shown) = sight_of(exchange) else { return false };
    let collection = path.rsplit_once('/').map_or(path, |(collection, _)| collection);
    let is_it = shown["id"].as_str().is_some_and(|id| decoded(path).ends_with(&format!("/{id}")));
    is_it && !unique.is_empty() && names(&shown, collection, unique)
}

/// The texts of a value.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn sorts(shared: &Shared, case: &str) -> Vec<Sort> {
    shared.traces.of(case).writes.iter().filter(|write| write.is_done()).map(Trace::sort).collect()
}

/// Leaves out of what is wrong what follows from something else that is: who is gone or switched off may be in no group.
fn follow(harms: &mut Vec<Harm>, company: &Company) {
    let lost: Vec<&str> = harms
        .iter()
        .filter(|harm| harm.changes.is_empty() || harm.attributes().contains("active"))
        .map(|harm| company.witnesses[harm.witness].id.as_str())
        .collect();
    if lost.is_empty() {
        return;
    }
    let lost: Vec<String> = lost.into_iter().map(str::to_owned).collect();
    for harm in harms.iter_mut() {
        harm.changes.retain(|change| {
            let members = |value: &Value| -> BTreeSet<String> {
                let all = value.as_array().into_iter().flatten();
                all.filter_map(|member| member["value"].as_str().map(str::to_owned)).collect()
            };
            let missing: Vec<String> = members(&change.before).difference(&members(&change.after)).cloned().collect();
            change.attribute != "members" || !missing.iter().all(|id| lost.contains(id))
        });
    }
    let witnesses = &company.witnesses;
    harms.retain(|harm| !harm.changes.is_empty() || lost.contains(&witnesses[harm.witness].id));
}

/// Takes attributes out of what is wrong with resources of a kind; the resource as a whole where none is named.
fn excuse<'a>(harms: &mut Vec<Harm>, company: &Company, kind: Kind, attributes: impl Iterator<Item = &'a str>) {
    let attributes: BTreeSet<&str> = attributes.collect();
    harms.retain_mut(|harm| {
        let is_whole = harm.changes.is_empty();
        if company.witnesses[harm.witness].kind == kind {
            harm.changes.retain(|change| !attributes.contains(change.attribute.as_str()));
        }
        is_whole || !harm.changes.is_empty()
    });
}

/// Whether a write may well have done it: it is about what is wrong, or takes something away.
fn is_relevant(write: &Trace, harms: &[Harm], company: &Company) -> bool {
    harms.iter().any(|harm| {
        let attributes = harm.attributes();
        let mut heads = attributes.iter().map(|attribute| head(attribute));
        let is_of_kind = company.witnesses[harm.witness].kind.collection() == write.collection();
        match (attributes.is_empty(), write.method.as_str()) {
            (true, method) => method == "DELETE",
            // It is not about others, whatever it names.
            (false, "POST") => false,
            (false, "PUT") => heads.any(|head| write.names.contains(&format!("new {head}"))),
            (false, _) => heads.any(|head| write.names.contains(&head)) || is_of_kind && write.collection() == "Groups",
        }
    })
}

/// Which write of a case has most likely done it, of its steps or of its sweep: one of a sort that did nothing in other cases.
fn most_likely(
    traces: &[Trace],
    is_own: bool,
    harms: &[Harm],
    company: &Company,
    cleared: &BTreeSet<Sort>,
) -> Option<String> {
    let writes: Vec<&Trace> = traces.iter().filter(|write| write.is_done() && write.is_own == is_own).collect();
    let open = |write: &Trace| !cleared.contains(&write.sort());
    let relevant = |write: &Trace| is_relevant(write, harms, company);
    let find =
        |is_it: &dyn Fn(&Trace) -> bool| writes.iter().rev().find(|write| is_it(write)).map(|write| write.kind());
    find(&|write| open(write) && relevant(write))
        .or_else(|| find(&open))
        .or_else(|| find(&relevant))
        .or_else(|| find(&|_| true))
}

/// What was found wrong in cases and did not come again in these when they were run again alone, as if it were wrong with witnesses that
/// are well: so it is found out who does it.
fn disputed(company: &Company, results: &BTreeMap<usize, CaseResult>) -> Vec<Harm> {
    let mut known = BTreeSet::new();
    let mut harms = Vec::new();
    for (result, finding) in results.values().flat_map(|result| result.findings.iter().map(move |one| (result, one))) {
        let Some(one) = beside::dispute(result, finding).filter(|one| !one.attribute.is_empty()) else { continue };
        let witness = company.witnesses.iter().position(|witness| witness.kind.as_str() == one.kind);
        if let Some(witness) = witness
            && known.insert((one.kind.clone(), one.attribute.clone()))
        {
            let (before, after) = (Value::Null, finding.actual.clone());
            let change = Change { attribute: one.attribute.clone(), before, after };
            harms.push(Harm { witness, changes: vec![change], after: company.witnesses[witness].created });
        }
    }
    harms
}

/// The requirements of findings of cases that tell the same: of the same attribute, or of such a resource that is not there.
fn told_by<'a>(harm: &Harm, kind: Kind, results: impl Iterator<Item = &'a CaseResult>) -> Vec<String> {
    let attributes: BTreeSet<String> = harm.attributes().iter().map(|attribute| head(attribute)).collect();
    let mut found = BTreeSet::new();
    for result in results {
        let counts = |finding: &&Finding| finding.level > Level::May && !finding.in_setup;
        // Whose case may not have done it says nothing of who has.
        let stands = |finding: &&Finding| beside::dispute(result, finding).is_none();
        for finding in result.findings.iter().filter(counts).filter(stands) {
            let of_law = finding.law.as_ref().map(|law| (law.kind.clone(), head(&law.attribute)));
            let by_place = || {
                let exchange = result.transcript.get(finding.exchange)?;
                let path = exchange.request.path.split(['/', '?']).find(|segment| !segment.is_empty())?;
                let kind = Kind::of_collection(path)?.as_str().to_owned();
                let is_read = exchange.request.method == "GET" && exchange.request.path.matches('/').count() == 2;
                match &finding.place {
                    Place::Body(pointer) => {
                        let tokens = pointer.split('/').filter(|token| !token.is_empty());
                        let is_name = |token: &&str| {
                            !token.contains(':') && *token != "Resources" && !token.bytes().all(|b| b.is_ascii_digit())
                        };
                        Some((kind, tokens.into_iter().find(is_name)?.to_lowercase()))
                    }
                    Place::Status if is_read && matches!(finding.actual.as_u64(), Some(404 | 410)) => {
                        Some((kind, String::new()))
                    }
                    _ => None,
                }
            };
            let Some((of, attribute)) = of_law.or_else(by_place) else { continue };
            let is_same = match attributes.is_empty() {
                true => attribute.is_empty(),
                false => attributes.contains(&attribute),
            };
            if of == kind.as_str() && is_same {
                found.insert(finding.requirement.as_str().to_owned());
            }
        }
    }
    found.into_iter().collect()
}

/// Whether two names are of the same attribute, where one of them may be that of the whole whose part the other is.
fn is_same_attribute(one: &str, other: &str) -> bool {
    one == other || *one == head(other) || head(one) == other
}

/// The name of the attribute that a part is of, in lower case.
fn head(attribute: &str) -> String {
    let name = attribute.rsplit(':').next().unwrap_or(attribute);
    name.split('.').next().unwrap_or(name).to_lowercase()
}

/// Looks at the witnesses of a run when its cases are done, and removes them.
pub(super) async fn conclude(
    shared: &Arc<Shared>,
    watch: Option<Watch>,
    planned: &[Planned<'_>],
    results: &BTreeMap<usize, CaseResult>,
    may_look: bool,
) -> Watched {
    if matches!(shared.wire, Wire::Tape(_)) {
        let seen = shared.options.recorded.witnesses.iter().map(|seen| judged(shared, seen.clone(), results));
        return Watched { cases: seen.collect(), ..Watched::default() };
    }
    let Some(mut watch) = watch else { return Watched::default() };
    let began = Instant::now();
    let (mut witnessed, mut doer) = (Vec::new(), None);
    if may_look {
        let working: std::pin::Pin<Box<dyn Future<Output = Found> + Send + '_>> =
            Box::pin(watch.work(shared, planned, results));
        match caught(working).await {
            Ok(found) => (witnessed, doer) = found,
            Err(what) => watch.notes.push(note(format!("scim-check itself failed, please report it: {what}"))),
        }
    }
    let id = watch.wanted.id().to_owned();
    let mut besides = std::mem::take(&mut watch.besides);
    for ledger in std::mem::take(&mut watch.ledgers).into_iter().rev() {
        let ledger = lock(&ledger).clone();
        match caught(sweep::sweep(Arc::clone(shared), id.clone(), ledger)).await {
            Ok((swept, left)) => {
                besides.extend(swept);
                watch.leftovers.extend(left);
            }
            Err(why) => watch.leftovers.push(Leftover { path: "unknown".to_owned(), why }),
        }
    }
    let prepared_by = watch.transcript.len();
    let swept = besides.len();
    let mut transcript = watch.transcript;
    transcript.extend(besides);
    let took = watch.took + began.elapsed();
    let id = format!("{id}{}", shared.options.part);
    if witnessed.is_empty() && watch.notes.is_empty() {
        let setup = SetupResult { id, prepared_by, transcript, leftovers: watch.leftovers, took };
        return Watched { setup: Some(setup), cases: Vec::new(), caught: doer };
    }
    let seen = Seen { id, transcript, swept, witnessed, notes: watch.notes, took };
    let mut result = CaseResult { leftovers: watch.leftovers, ..judged(shared, seen, results) };
    shared.note_violations(&result);
    finish(shared, &mut result);
    Watched { setup: None, cases: vec![result], caught: doer }
}

/// What what was seen comes to. It is the same whenever it is judged.
fn judged(shared: &Shared, seen: Seen, results: &BTreeMap<usize, CaseResult>) -> CaseResult {
    let Seen { id, transcript, swept, witnessed, notes, took } = seen;
    let cast = shared.options.witnesses.as_ref().map(|wanted| &wanted.cast);
    let mut result = CaseResult::new(id, Outcome::Passed);
    result.title = cast.map_or("Witnesses", |cast| &cast.scenario.title).to_owned();
    result.notes = notes;
    result.took = took;
    result.swept = swept;
    let all = [audit::TOUCHES_ONLY, audit::IDENTITY, audit::GONE].map(RequirementId::from);
    result.checks = all.into_iter().filter(|id| shared.judge.weight(id).is_some()).collect();
    let found: BTreeSet<&str> =
        results.values().flat_map(|result| &result.findings).map(|finding| finding.requirement.as_str()).collect();
    let mut told: Vec<(RequirementId, Vec<String>)> = Vec::new();
    for one in &witnessed {
        let Some((requirement, finding)) = finding(shared, one, &transcript, cast) else { continue };
        let Some(weight) = shared.judge.weight(&requirement) else { continue };
        // The same of several witnesses is one fault.
        let way = (requirement.clone(), one.attributes.clone());
        if told.contains(&way) {
            let text = format!("the same became of {}: {}", one.title, finding.expected);
            // A recording has it already.
            if result.notes.iter().all(|note| note.text != text) {
                result.notes.push(Note { exchange: Some(one.after), ..note(text) });
            }
            continue;
        }
        told.push(way);
        if let Some(by) = one.told_by.iter().find(|by| found.contains(by.as_str())) {
            result.follows.push(Finding { because: Some(format!("{by} tells it")), ..finding });
            continue;
        }
        result.judged.push(requirement.clone());
        match weight {
            Weight::Later(level, since) => {
                result.not_scored.push(NotScored { finding: Finding { level, ..finding }, since });
            }
            Weight::Scored(Level::May) => result.notes.push(Note {
                text: finding.expected,
                requirement: Some(requirement),
                exchange: Some(one.after),
                all_well: false,
            }),
            Weight::Scored(level) => result.findings.push(Finding { level, ..finding }),
        }
    }
    result.outcome = match shared.stopping() > Stop::No && result.findings.is_empty() {
        true => Outcome::Inconclusive(shared.end()),
        false => crate::verdict::conclude(&result.findings, None::<Cause>, None),
    };
    result.transcript = transcript;
    result.witnessed = witnessed;
    result
}

/// What is held against the server of one witness.
fn finding(
    shared: &Shared,
    one: &Witnessed,
    transcript: &[Exchange],
    cast: Option<&Arc<Cast>>,
) -> Option<(RequirementId, Finding)> {
    let after = transcript.get(one.after)?;
    let kind = Kind::of_collection(one.path.split('/').find(|segment| !segment.is_empty())?)?;
    let method = one.write.as_deref().and_then(|write| write.split(' ').next()).map(str::to_owned);
    let of_case = one.write.as_ref().map(|write| match &one.case {
        Some(case) => format!("{write} of {case}"),
        None => write.clone(),
    });
    let status = after.reply.as_ref().map_or(0, |response| response.status);
    let broken = |attribute: &str| Broken {
        kind: kind.as_str().to_owned(),
        attribute: attribute.to_owned(),
        method,
        write: None,
        demanded: String::new(),
    };
    let span = || {
        let nothing =
            || Span::start_of(&Arc::new(SourceFile { name: "witnesses.yaml".to_owned(), text: String::new() }));
        let Some(cast) = cast else { return nothing() };
        let member = cast.members.iter().find(|member| member.name == one.member);
        member.map_or_else(|| Span::start_of(&cast.scenario.file), |member| member.span.clone())
    };
    let (id, expected, actual, place, law) = match one.created {
        None => {
            let unique = one.names.first().map(String::as_str).unwrap_or_default();
            if !is_shown(after, &one.path, unique) {
                return None;
            }
            let expected = format!("404, long after {}", one.blame);
            (audit::GONE, expected, Value::from(status), Place::Status, broken(""))
        }
        Some(created) => {
            let (created, before) = (transcript.get(created)?, transcript.get(one.before)?);
            let (asked, was) = (asked_of(created), body_of(before)?);
            let by = of_case.map_or("any write of the run".to_owned(), |write| {
                format!("{write}, which was about another resource")
            });
            match sight_of(after) {
                Sight::Unclear => return None,
                Sight::Gone => {
                    let expected = format!("{}, as before {by} ({})", one.title, one.blame);
                    (requirement_of_whole(one), expected, Value::from(status), Place::Status, broken(""))
                }
                Sight::Shown(is) if is["id"] != was["id"] => {
                    let expected = format!("id {} of {}, as before {by} ({})", was["id"], one.title, one.blame);
                    (audit::IDENTITY, expected, is["id"].clone(), Place::Body("/id".to_owned()), broken("id"))
                }
                Sight::Shown(is) => {
                    let is_ours = |text: &str| one.names.iter().any(|name| text.to_lowercase().contains(name.as_str()));
                    let mut changes = changed(kind, &asked, (&was, &is), &ways(shared), &is_ours);
                    changes.retain(|change| one.attributes.contains(&change.attribute));
                    let first = changes.first()?;
                    let others: Vec<String> = changes[1..]
                        .iter()
                        .map(|change| {
                            format!(
                                "`{}` was {} and is {}",
                                change.attribute,
                                brief(&change.before),
                                brief(&change.after)
                            )
                        })
                        .collect();
                    let others = if others.is_empty() { String::new() } else { format!("; {}", others.join("; ")) };
                    let (before, title) = (brief(&first.before), &one.title);
                    let expected = format!("{before} of {title}, as before {by} ({}{others})", one.blame);
                    let actual = first.after.clone();
                    let place = Place::Body(audit::pointer(&first.attribute));
                    (audit::TOUCHES_ONLY, expected, actual, place, broken(&first.attribute))
                }
            }
        }
    };
    let requirement = RequirementId::from(id);
    let finding = Finding {
        requirement: requirement.clone(),
        level: Level::Must,
        expected,
        actual,
        place,
        failure: Failure::NoEffect,
        exchange: one.after,
        in_setup: false,
        because: None,
        known: None,
        law: Some(law),
        span: span(),
    };
    Some((requirement, finding))
}

/// Who demands that a resource is there: whoever was not seen taking it away has at least broken its id.
fn requirement_of_whole(one: &Witnessed) -> &'static str {
    if one.write.is_some() { audit::TOUCHES_ONLY } else { audit::IDENTITY }
}

/// A value as a text that is not too long.
fn brief(value: &Value) -> String {
    if value.is_null() { "nothing".to_owned() } else { audit::text(value) }
}

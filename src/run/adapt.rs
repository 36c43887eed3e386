//! Setup that adapts: what a server refuses to create is created without what it does not take, or with what it wants.
//!
//! Cases are to be prepared, whatever the server thinks of one attribute. So a create of setup that is refused is looked into once
//! ([`refusal`](super::refusal)), and what was found out is remembered: that create is sent again as the server takes it, and those that
//! are like it are sent so from the start. What a case judges is always sent as it is written. Where that is refused for nothing but what
//! setup was changed by, and the case asks for something else, it is sent once more without that, so that its question has an answer.
//!
//! A case that cannot be judged without what was left out is run again with setup of its own, which a PUT then gives that: where the search has
//! seen that the server takes it so, and changes nothing else by it.
//!
//! **Invariant:** what is sent unaltered is accepted unaltered. Two creates are alike where they have the same attributes, and the same
//! values where the server was seen to mind them; so it does not matter which of several cases comes first. And what setup lacked is held
//! against nobody: a finding that is about it leaves its case undecided.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::requirement::RequirementId;
use crate::scenario::{Check, Expectation, Send};
use crate::scim::Kind;
use crate::verdict::{Adapted, Blocker, Cause, Finding, Place, said};
use crate::wire::{Credential, Exchange, Request, Wire};

use super::ran::Ran;
use super::refusal::{Attribute, Change, Found, Minded, Search, body, is_refused, listed, schemas_of, shape};
use super::{Shared, slots};

/// How many kinds of creates are looked into, of users and of groups.
const MOST_SEARCHES: usize = 3;

/// What a run has learned of the creates that a server refuses.
#[derive(Default)]
pub(super) struct Setup {
    of: [OfKind; 2],
    /// What a recording says that was changed, by the path.
    recorded: Vec<Adapted>,
}

#[derive(Default)]
struct OfKind {
    known: Mutex<Vec<Known>>,
    /// Held by whoever looks into a refusal: the others wait for what comes of it.
    searches: tokio::sync::Mutex<Searches>,
    /// What is demanded where such creates only prepare: that they are taken at all.
    demands: Mutex<BTreeSet<RequirementId>>,
    /// What is not taken in a create, and was seen to be given by a change.
    given_later: Mutex<BTreeSet<String>>,
}

#[derive(Default)]
struct Searches {
    /// How many there were.
    count: usize,
    /// Whether a create without anything special was seen to be taken, or nobody knows why it is not.
    is_plain_taken: bool,
}

/// What is known of one kind of create.
#[derive(Clone, Debug)]
struct Known {
    likeness: Likeness,
    decision: Decision,
    /// Whether it was found out for this kind, and not only guessed from another.
    certain: bool,
}

/// By what creates are alike.
#[derive(Clone, Debug, PartialEq)]
struct Likeness {
    attributes: Vec<String>,
    headers: Vec<(String, String)>,
    /// The values that the server minds.
    minded: Vec<Minded>,
}

#[derive(Clone, Debug)]
enum Decision {
    Change(Change),
    /// It is created when it is sent again.
    Again,
    /// Nobody knows what is wrong with it.
    Unknown,
}

/// What setup was changed by, of one kind.
pub(super) struct Union {
    kind: Kind,
    change: Change,
}

impl Union {
    /// Why such a create is refused, if it is for what is known.
    pub(super) fn explains(&self, request: &Request) -> Option<String> {
        self.change.explains(self.kind, &body(request)?)
    }
}

impl Setup {
    /// `recorded` is what was changed when the recording was made that is played.
    pub(super) fn new(recorded: Vec<Adapted>) -> Self {
        Self { recorded, ..Self::default() }
    }

    fn kind(&self, kind: Kind) -> &OfKind {
        &self.of[kind as usize]
    }

    /// All that was found out of one kind.
    pub(super) fn of(&self, kind: Kind) -> Union {
        Union { kind, change: self.kind(kind).all() }
    }
}

impl OfKind {
    fn known(&self) -> std::sync::MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of such a create.
    fn recall(&self, create: &Create) -> Option<Known> {
        self.known().iter().find(|known| create.is_like(&known.likeness)).cloned()
    }

    fn remember(&self, create: &Create, decision: Decision, certain: bool) {
        let likeness = create.likeness(&decision);
        let mut known = self.known();
        known.retain(|other| !create.is_like(&other.likeness));
        known.push(Known { likeness, decision, certain });
    }

    fn note_given_later(&self, attributes: Vec<Attribute>) {
        let mut given = self.given_later.lock().unwrap_or_else(PoisonError::into_inner);
        given.extend(attributes.iter().map(ToString::to_string));
    }

    fn all(&self) -> Change {
        let mut all = Change::default();
        for known in self.known().iter() {
            if let (Decision::Change(change), true) = (&known.decision, known.certain) {
                all.join(change);
            }
        }
        all
    }
}

/// A create as setup would send it.
struct Create {
    kind: Kind,
    request: Request,
    body: Map<String, Value>,
    /// The name that is the case's alone.
    unique: String,
}

impl Create {
    fn new(request: Request, unique: &str) -> Option<Self> {
        let kind = Kind::of_path(&request.path).filter(|_| request.method == "POST")?;
        let body = body(&request).filter(|_| request.credential == Credential::Own)?;
        // As the name of the resource spells it.
        let name = body.get(kind.name()).and_then(Value::as_str).unwrap_or_default();
        let at = name.to_ascii_lowercase().find(&unique.to_ascii_lowercase()).unwrap_or_default();
        let spelled = name.get(at..at + unique.len()).filter(|spelled| spelled.eq_ignore_ascii_case(unique));
        let unique = spelled.unwrap_or(unique).to_owned();
        Some(Self { kind, request, body, unique })
    }

    fn name(&self) -> &str {
        self.body.get(self.kind.name()).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether a search can give it a name of its own.
    fn is_ours(&self) -> bool {
        !self.unique.is_empty() && self.name().contains(&self.unique)
    }

    fn is_like(&self, likeness: &Likeness) -> bool {
        likeness.attributes == shape(&self.request)
            && likeness.headers == self.request.headers.0
            && likeness.minded.iter().all(|(attribute, value)| self.value(attribute) == *value)
    }

    fn likeness(&self, decision: &Decision) -> Likeness {
        let minded = match decision {
            Decision::Change(change) => self.minded(change),
            Decision::Again | Decision::Unknown => Vec::new(),
        };
        Likeness { attributes: shape(&self.request), headers: self.request.headers.0.clone(), minded }
    }

    /// The values of what a change is about.
    fn minded(&self, change: &Change) -> Vec<Minded> {
        change.attributes().map(|attribute| (attribute.clone(), self.value(attribute))).collect()
    }

    /// A create of the same kind with nothing in it that a server might mind for its value: without what is laid over it, and with one
    /// name for the account and its address.
    fn plain(&self, overlay: Option<&Value>) -> Create {
        let mut body = self.body.clone();
        for name in overlay.and_then(Value::as_object).into_iter().flat_map(Map::keys).filter(|name| *name != "schemas")
        {
            body.remove(name);
        }
        let address = body.get("emails").and_then(|emails| emails.get(0)?.get("value")?.as_str()).map(str::to_owned);
        let name = self.name().to_owned();
        match address {
            Some(address) if !name.contains('@') => {
                body.insert(self.kind.name().to_owned(), address.into());
            }
            Some(_) => {
                for email in body.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
                    if email.get("value").is_some() {
                        email["value"] = name.as_str().into();
                    }
                }
            }
            None => {}
        }
        schemas_of(&mut body);
        let request = self.with(body.clone());
        Create { kind: self.kind, request, body, unique: self.unique.clone() }
    }

    /// A value without what differs from one resource to the next.
    fn value(&self, attribute: &Attribute) -> Option<String> {
        let mut text = attribute.of(&self.body)?.to_string();
        if attribute.name == "password" {
            return Some(kinds_of_characters(&text));
        }
        let name = self.name();
        if !name.is_empty() {
            text = text.replace(name, "NAME");
        }
        if let Some((login, _)) = name.split_once(&self.unique).filter(|_| !self.unique.is_empty()) {
            text = text.replace(&self.unique, "UNIQUE");
            let login = login.trim_end_matches(|c: char| !c.is_alphanumeric());
            if login.chars().count() > 2 {
                text = text.replace(login, "LOGIN");
            }
        }
        // Of many that are numbered one is like the other.
        let mut plain = String::new();
        for c in text.chars() {
            match c.is_ascii_digit() {
                true if plain.ends_with('0') => {}
                true => plain.push('0'),
                false => plain.push(c),
            }
        }
        Some(plain)
    }

    fn with(&self, body: Map<String, Value>) -> Request {
        Request { body: Some(Value::Object(body).to_string().into_bytes()), ..self.request.clone() }
    }
}

/// Which kinds of characters a text holds: what rules for passwords ask for.
fn kinds_of_characters(text: &str) -> String {
    let kind = |c: char| match c {
        'a'..='z' => 'a',
        'A'..='Z' => 'A',
        '0'..='9' => '0',
        _ => '!',
    };
    text.chars().map(kind).collect::<std::collections::BTreeSet<char>>().into_iter().collect()
}

/// What a create is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It only prepares: what is demanded of its status is assumed, or the case is still being prepared, and a success is what it wants.
    Means,
    /// The same, with values that the server may refuse.
    Trial,
    /// Its status is judged.
    Question,
}

/// What a create of such a step is for.
pub(super) fn purpose(send: &Send, in_given: bool) -> Purpose {
    let of_status = |expectation: &&Expectation| matches!(expectation.check, Check::Status(_));
    let wants_success = |expectation: &Expectation| match &expectation.check {
        Check::Status(ranges) => ranges.iter().any(|range| range.from < 300 && range.to >= 200),
        _ => true,
    };
    let is_judged = !in_given && send.expect.iter().any(|e| !e.of_suite && matches!(e.check, Check::Status(_)));
    let is_wanted = send.assume.iter().chain(&send.expect).all(wants_success);
    let is_needed = in_given || send.assume.iter().any(|e| of_status(&e));
    match !is_judged && is_wanted && is_needed {
        true if send.refusable => Purpose::Trial,
        true => Purpose::Means,
        false => Purpose::Question,
    }
}

/// The request as it is to be sent: changed where the server is known to refuse such a create.
pub(super) fn in_advance(shared: &Shared, case: &str, unique: &str, request: Request, ran: &mut Ran) -> Request {
    if let Wire::Tape(tape) = &shared.wire {
        // What was sent is what was recorded, whichever came first.
        let Some(create) = Create::new(request.clone(), unique).filter(|_| !shared.setup.recorded.is_empty()) else {
            return request;
        };
        let stands_for = |other: &Request| {
            let is_same = other.method == request.method && other.path == request.path && other.body == request.body;
            if is_same { Some(true) } else { change_of(shared, &create, other).map(|_| false) }
        };
        return match tape.find(case, stands_for) {
            Some((_, false)) => recorded(shared, case, &create, ran).unwrap_or(request),
            _ => request,
        };
    }
    if shared.setup.kind(Kind::User).known().is_empty() && shared.setup.kind(Kind::Group).known().is_empty() {
        return request;
    }
    let Some(create) = Create::new(request.clone(), unique) else { return request };
    match shared.setup.kind(create.kind).recall(&create) {
        Some(Known { decision: Decision::Change(change), .. }) => changed(&create, &change, ran).unwrap_or(request),
        _ => request,
    }
}

fn changed(create: &Create, change: &Change, ran: &mut Ran) -> Option<Request> {
    let (body, change) = change.applied(create.kind, &create.body)?;
    note(create, &change, ran);
    Some(create.with(body))
}

fn note(create: &Create, change: &Change, ran: &mut Ran) {
    ran.minded.extend(create.minded(change).into_iter().map(|minded| (create.kind, minded)));
    enter(&mut ran.adapted, adapted(create.kind, change));
}

/// Adds to how the setup of a case differs from what its scenario says.
pub(super) fn enter(all: &mut Vec<Adapted>, more: Adapted) {
    match all.iter_mut().find(|known| known.path == more.path) {
        Some(known) => known.join(&more),
        None => all.push(more),
    }
}

fn adapted(kind: Kind, change: &Change) -> Adapted {
    Adapted {
        path: kind.path().to_owned(),
        without: change.without.iter().map(ToString::to_string).collect(),
        with: change.with.iter().map(|(attribute, _)| attribute.to_string()).collect(),
    }
}

/// What a recorded request differs in from a create, if that is what the recording says was changed.
fn change_of(shared: &Shared, create: &Create, sent: &Request) -> Option<Change> {
    let of_kind = shared.setup.recorded.iter().find(|adapted| adapted.path == create.kind.path())?;
    let body = body(sent).filter(|_| sent.method == "POST" && sent.path == create.request.path)?;
    let is_same = body.get(create.kind.name()) == create.body.get(create.kind.name());
    let change = Change::between(&create.body, &body);
    (is_same && change != Change::default() && of_kind.covers(&adapted(create.kind, &change))).then_some(change)
}

/// Whether two requests create what has the same name.
pub(super) fn is_namesake(one: &Request, other: &Request) -> bool {
    let name = |request: &Request| body(request)?.get(Kind::of_path(&request.path)?.name()).cloned();
    one.path == other.path && name(one).is_some_and(|known| name(other).as_ref() == Some(&known))
}

/// What was sent in its place when the recording was made, if that differs only in what the recording says was changed.
fn recorded(shared: &Shared, case: &str, create: &Create, ran: &mut Ran) -> Option<Request> {
    let Wire::Tape(tape) = &shared.wire else { return None };
    let (request, change) = tape.find(case, |request| change_of(shared, create, request))?;
    note(create, &change, ran);
    let known = shared.setup.kind(create.kind);
    known.remember(create, Decision::Change(change), true);
    Some(Request { body: request.body, ..create.request.clone() })
}

/// How often one create is sent again.
const MOST_TRIES: usize = 3;

/// A create of setup that was refused.
pub(super) struct Refused<'a> {
    /// The case that sent it.
    pub(super) case: &'a str,
    /// The name that is the case's alone.
    pub(super) unique: &'a str,
    /// As it stands in the scenario.
    pub(super) original: Request,
    /// What was sent, and how it was answered.
    pub(super) exchange: &'a Exchange,
    /// Whether the case has asked for a resource of that name before, so that it may be there.
    pub(super) is_taken: bool,
    /// How often it was sent again.
    pub(super) tries: usize,
    /// What it is for.
    pub(super) purpose: Purpose,
    /// What is laid over the body in the scenario.
    pub(super) overlay: Option<Value>,
    /// The demand that its status does not meet.
    pub(super) demand: Option<RequirementId>,
}

/// What is to be sent in place of a create that was refused; none where there is nothing to be done.
pub(super) async fn after(shared: &Arc<Shared>, refused: Refused<'_>, ran: &mut Ran) -> Option<Request> {
    let Refused { case, unique, original, exchange, is_taken, tries, purpose, overlay, demand } = refused;
    let create = Create::new(original, unique)?;
    let status = exchange.reply.as_ref().map_or(0, |response| response.status);
    if !is_refused(create.kind, exchange) || (status == 409 && is_taken) || tries >= MOST_TRIES {
        return None;
    }
    let is_original = exchange.request.body == create.request.body;
    if let Wire::Tape(tape) = &shared.wire {
        if tries == 0
            && is_original
            && tape.holds(case, &create.request)
            && tape.is_next(case, "POST", &create.request.path)
        {
            return Some(create.request);
        }
        return recorded(shared, case, &create, ran);
    }
    let of_kind = shared.setup.kind(create.kind);
    if purpose == Purpose::Question {
        return (tries == 0).then(|| answerable(of_kind, &create, demand.as_ref(), ran)).flatten();
    }
    let mut searches = match of_kind.searches.try_lock() {
        Ok(searches) => searches,
        // Whoever has it may need the slot of this case to go on.
        Err(_) => tokio::select! {
            searches = slots::lend(of_kind.searches.lock()) => searches,
            () = shared.ending() => return None,
        },
    };
    // Where its values may be refused the demand is one on these.
    if let Some(demand) = demand.filter(|_| purpose == Purpose::Means) {
        of_kind.demands.lock().unwrap_or_else(PoisonError::into_inner).insert(demand);
    }
    if purpose == Purpose::Trial {
        // Its values may be refused. What is not theirs is known from what has none, or found out by that.
        if tries > 0 {
            return None;
        }
        let all = of_kind.all();
        if all == Change::default() && !searches.is_plain_taken && searches.count < MOST_SEARCHES && create.is_ours() {
            let plain = create.plain(overlay.as_ref());
            searches.count += 1;
            let mut search = Search::new(shared, plain.kind, case, &plain.unique, &plain.request);
            let found = match search.is_taken().await {
                Some(true) => Some(Found::Nothing),
                Some(false) => search.run().await,
                None => None,
            };
            ran.asked.append(&mut search.asked);
            ran.leftovers.append(&mut search.leftovers);
            match found {
                Some(Found::Change(change)) => {
                    of_kind.note_given_later(std::mem::take(&mut search.given_later));
                    of_kind.remember(&plain, Decision::Change(change), true);
                }
                _ => searches.is_plain_taken = true,
            }
        }
        let request = changed(&create, &of_kind.all(), ran)?;
        return (request.body != exchange.request.body).then_some(request);
    }
    // Somebody else may have found it out meanwhile.
    match of_kind.recall(&create) {
        Some(Known { decision: Decision::Change(change), certain, .. }) if is_original || certain => {
            let request = changed(&create, &change, ran)?;
            return (request.body != exchange.request.body).then_some(request);
        }
        Some(Known { decision: Decision::Again, .. }) => return (tries == 0).then_some(create.request),
        Some(Known { decision: Decision::Unknown, .. }) => return None,
        Some(_) => {}
        None => {
            // What such creates were refused for is the most likely.
            let all = of_kind.all();
            if is_original && let Some(request) = changed(&create, &all, ran) {
                of_kind.remember(&create, Decision::Change(all), false);
                return Some(request);
            }
        }
    }
    if searches.count >= MOST_SEARCHES || !create.is_ours() {
        return None;
    }
    searches.count += 1;
    let mut search = Search::new(shared, create.kind, case, &create.unique, &create.request);
    let found = search.run().await;
    ran.asked.append(&mut search.asked);
    ran.leftovers.append(&mut search.leftovers);
    // Before anybody is told of the change.
    of_kind.note_given_later(std::mem::take(&mut search.given_later));
    let (decision, request) = match found {
        Some(Found::Change(change)) => {
            let request = changed(&create, &change, ran);
            (Decision::Change(change), request)
        }
        Some(Found::Nothing) => (Decision::Again, is_original.then(|| create.request.clone())),
        None => (Decision::Unknown, None),
    };
    of_kind.remember(&create, decision, true);
    request.filter(|request| request.body != exchange.request.body || is_original)
}

/// A create that a case asks about, without what its setup was changed by: where that is all the same in both, and the case does not ask
/// whether creates are taken at all.
fn answerable(of_kind: &OfKind, create: &Create, demand: Option<&RequirementId>, ran: &mut Ran) -> Option<Request> {
    let is_general = |id| of_kind.demands.lock().unwrap_or_else(PoisonError::into_inner).contains(id);
    if demand.is_none_or(is_general) {
        return None;
    }
    let mut all = of_kind.all();
    let of_setup = |attribute: &Attribute| {
        let same = (create.kind, (attribute.clone(), create.value(attribute)));
        ran.minded.contains(&same)
    };
    all.without.retain(&of_setup);
    all.with.retain(|(attribute, _)| of_setup(attribute));
    changed(create, &all, ran)
}

/// What changes can give to the setup of a case that could not be judged because it lacked that, where a server takes it in changes only.
pub(super) fn given_later(shared: &Shared, ran: &Ran) -> Option<Vec<String>> {
    let lacks = ran.lacks.as_ref()?;
    let given = Kind::ALL
        .into_iter()
        .flat_map(|kind| shared.setup.kind(kind).given_later.lock().unwrap_or_else(PoisonError::into_inner).clone());
    let given: Vec<String> = given.collect();
    given.contains(lacks).then_some(given)
}

/// What of a create was left out that changes can give, and its values.
pub(super) fn left_out(original: &Request, sent: &Request, given_later: &[String]) -> Vec<(Attribute, Value)> {
    let (Some(whole), Some(sent)) = (body(original), body(sent)) else { return Vec::new() };
    let missing = Change::between(&whole, &sent).without.into_iter();
    let missing = missing.filter(|attribute| {
        let is_of_it = |name: &String| *name == attribute.to_string() || name.starts_with(&format!("{attribute}."));
        given_later.iter().any(is_of_it)
    });
    missing.filter_map(|attribute| Some((attribute.clone(), attribute.of(&whole)?.clone()))).collect()
}

/// Takes out of what a case has found what is about something that its setup lacked, and says why the case is undecided then.
pub(super) fn weigh(ran: &mut Ran) {
    if !ran.adapted.is_empty() {
        take_out(ran);
    }
    // That it was refused at first is told, where no other case tells it.
    if ran.blocker.is_none() && ran.cause.is_none() {
        ran.blocker = ran.refused.take();
    }
}

fn take_out(ran: &mut Ran) {
    let mut about: Option<(Finding, String)> = None;
    let mut kept = Vec::new();
    for finding in std::mem::take(&mut ran.findings) {
        match lacking(&finding, &ran.transcript, &ran.adapted) {
            Some(name) => {
                ran.judged.retain(|id| *id != finding.requirement);
                about.get_or_insert((finding, name));
            }
            None => kept.push(finding),
        }
    }
    ran.findings = kept;
    let (transcript, adapted) = (&ran.transcript, &ran.adapted);
    ran.not_scored.retain(|not_scored| lacking(&not_scored.finding, transcript, adapted).is_none());
    // That a create itself is refused, or answered without it, no change can mend.
    let is_of_create = |finding: &Finding| {
        ran.transcript.get(finding.exchange).is_some_and(|exchange| exchange.request.method == "POST")
    };
    if let Some((finding, name)) = about {
        ran.lacks = Some(name.clone()).filter(|_| !is_of_create(&finding));
        ran.cause.get_or_insert_with(|| lacked(&ran.adapted, &name));
        ran.blocker = Some(stop(ran, finding.exchange));
        return;
    }
    // What a case rests on is not held against the server either.
    let demand = ran.blocker.as_ref().and_then(|blocker| blocker.demand.as_ref());
    if ran.cause.is_some()
        && let Some(demand) = demand
        && let Some(name) = lacking(demand, &ran.transcript, &ran.adapted)
    {
        ran.lacks = Some(name.clone()).filter(|_| !is_of_create(demand));
        ran.cause = Some(lacked(&ran.adapted, &name));
        let at = ran.blocker.as_ref().map_or(0, |blocker| blocker.exchange);
        ran.blocker = Some(stop(ran, at));
    }
}

/// The refusal of a create as what keeps the case from being judged.
fn stop(ran: &mut Ran, at: usize) -> Blocker {
    if let Some(refused) = ran.refused.take() {
        return Blocker { went_on: false, ..refused };
    }
    // Changed in advance: then what stands for the refusal is the create that took its place.
    let is_create = |exchange: &Exchange| {
        exchange.request.method == "POST" && ran.adapted.iter().any(|of| of.path == exchange.request.path)
    };
    let exchange = ran.transcript.iter().take(at).position(is_create).unwrap_or(at);
    Blocker { exchange, demand: None, settled: true, went_on: false }
}

fn lacked(adapted: &[Adapted], name: &str) -> Cause {
    let of = adapted.iter().find(|adapted| adapted.names().any(|one| one == name));
    let (path, is_missing) =
        of.map_or(("/Users", false), |of| (of.path.as_str(), !of.without.iter().any(|n| n == name)));
    let names = listed(&[name.to_owned()]);
    let why = match is_missing {
        false => format!("was refused with {names}, and without it this cannot be judged"),
        true => format!("was refused without {names}, and with it this cannot be judged"),
    };
    Cause::SetupFailed { request: format!("POST {path}"), why }
}

/// What a finding is about of what setup lacked: at such a place of an answer, in a request that names it, or in a create that is refused
/// for it itself.
fn lacking(finding: &Finding, transcript: &[Exchange], adapted: &[Adapted]) -> Option<String> {
    let exchange = transcript.get(finding.exchange)?;
    let path = &exchange.request.path;
    for adapted in adapted {
        let is_create = exchange.request.method == "POST" && *path == adapted.path;
        let of_kind = path.starts_with(&adapted.path) || matches!(finding.place, Place::Walk | Place::Together);
        for name in adapted.names() {
            let is_of_create = is_create && finding.place == Place::Status && is_refused_for(exchange, adapted, name);
            let is_at = of_kind && matches!(&finding.place, Place::Body(pointer) if is_about(pointer, name));
            let is_refused_change = finding.place == Place::Status && is_sent_later(exchange, name);
            let is_asked = of_kind && (is_asked_by(exchange, name) || is_said(exchange, name) || is_refused_change);
            if is_of_create || is_at || is_asked {
                return Some(name.to_owned());
            }
        }
    }
    None
}

/// Whether a create was refused that has what is not taken, or lacks what is wanted.
fn is_refused_for(exchange: &Exchange, adapted: &Adapted, name: &str) -> bool {
    let is_refused = Kind::of_path(&exchange.request.path).is_some_and(|kind| is_refused(kind, exchange));
    let Some(body) = body(&exchange.request).filter(|_| is_refused) else { return false };
    let is_there = at(&body, name);
    if adapted.without.iter().any(|one| one == name) { is_there } else { !is_there }
}

/// Whether a body has what is called `name.givenName` or `urn:…:User:department`.
fn at(body: &Map<String, Value>, name: &str) -> bool {
    let part_of = |joint: char| {
        let (whole, part) = name.rsplit_once(joint)?;
        body.get(whole)?.get(part)
    };
    body.contains_key(name) || part_of(if name.starts_with("urn:") { ':' } else { '.' }).is_some()
}

/// Whether a place of an answer is that of an attribute, or inside or around it.
fn is_about(pointer: &str, name: &str) -> bool {
    let is_index = |token: &str| token.bytes().all(|byte| byte.is_ascii_digit());
    let mut tokens: Vec<String> = pointer.split('/').skip(1).map(str::to_lowercase).collect();
    if tokens.first().is_some_and(|token| token == "resources") {
        tokens.drain(..tokens.len().min(2));
    }
    tokens.retain(|token| !token.is_empty() && !is_index(token));
    if tokens.is_empty() {
        return false;
    }
    let place = tokens.join(".").replace("~1", "/").replace("~0", "~");
    let name = if name.starts_with("urn:") { last_joint(name) } else { name.to_lowercase() };
    // Who looks at one part may mean another, as in `$.name.*`.
    let name = name.rsplit_once('.').map_or(name.clone(), |(whole, _)| whole.to_owned());
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    within(&place, &name) || within(&name, &place)
}

/// `urn:…:User:department` as the place of it is written here: with a full stop before the attribute.
fn last_joint(name: &str) -> String {
    let name = name.to_lowercase();
    match name.rsplit_once(":user:").or_else(|| name.rsplit_once(":group:")) {
        Some((_, part)) => {
            let urn = &name[..name.len() - part.len() - 1];
            format!("{urn}.{part}")
        }
        None => name,
    }
}

/// The last part of a name: `givenname` of `name.givenName`.
fn last(name: &str) -> String {
    name.rsplit(['.', ':']).next().unwrap_or(name).to_lowercase()
}

/// Whether a request looks for resources by an attribute.
fn is_asked_by(exchange: &Exchange, name: &str) -> bool {
    let query = exchange.request.path.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let query = percent_decode_str(query).decode_utf8_lossy().to_lowercase();
    let first =
        if name.starts_with("urn:") { last(name) } else { name.split('.').next().unwrap_or(name).to_lowercase() };
    query.split(|c: char| !c.is_alphanumeric()).any(|word| word == first)
}

/// Whether a change holds an attribute that creates had to do without.
fn is_sent_later(exchange: &Exchange, name: &str) -> bool {
    let is_change = matches!(exchange.request.method.as_str(), "PUT" | "PATCH");
    let body = exchange.request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    let part = name.rsplit('.').next().filter(|_| !name.starts_with("urn:")).unwrap_or(name);
    is_change && (body.contains(&format!("\"{part}\"")) || body.contains(&format!("\"{name}")))
}

/// Whether an error speaks of an attribute.
fn is_said(exchange: &Exchange, name: &str) -> bool {
    let said = said(exchange).unwrap_or_default().to_lowercase();
    let last = last(name);
    said.split(|c: char| !c.is_alphanumeric()).any(|word| word == last)
}

//! What a case created and is still there, and the sweep that removes it.
//!
//! **Invariant:** nothing is changed or deleted that this case did not create: a resource is ours when the server answered our
//! `POST` with it, or when it carries the case's unique name.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::task::{self, JoinError, JoinSet};

use crate::judge::{self, Body};
use crate::verdict::Leftover;
use crate::wire::{Credential, Exchange, NoReply, Request, Response, Wire};

use super::case::WAITS;
use super::{Purse, Shared, Stop};

/// What one case created.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    unique: String,
    entries: Vec<Entry>,
    /// The collections in which answers have named something.
    collections: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// Where its `POST` stands in the transcript.
    place: usize,
    /// `/Users/2819c223`, or `/Users?filter=…` when the id is not known.
    path: String,
    state: State,
    /// What our `POST` called it, as its answer shows.
    name: Option<String>,
    /// Whether a read has shown that it is ours.
    seen: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// It is there and ours.
    There,
    /// It is there, but the answer did not show that it is ours: look before deleting.
    Doubtful,
    /// A read of it showed somebody else's resource: the server named a wrong id. Neither changed nor deleted.
    Foreign,
    /// It may be there. The path searches for it by its name.
    Lost(Lost),
    /// The scenario deletes it itself; look whether it did.
    Kept,
    /// The scenario deleted it, says the server.
    Deleted,
}

/// Why it is not known whether a `POST` has created something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// Nothing came within the time limit: the server may still be at work.
    Unanswered,
    /// The connection broke, the server or a gateway failed, or the answer had no id.
    Unclear,
    /// It was refused, for want of a valid credential.
    Refused,
    /// The answer named somebody else's resource.
    Misnamed,
}

impl Entry {
    /// Whether the body of a request holds its id.
    fn is_named_in(&self, request: &Request) -> bool {
        let Some(id) = self.path.rsplit('/').next().filter(|id| !id.is_empty() && !self.path.contains('?')) else {
            return false;
        };
        let body = request.body.as_deref().and_then(|body| std::str::from_utf8(body).ok());
        let id = decoded(id);
        // Ids may be as short as a digit: as a value of its own, or as one in the filter of a path.
        let spelled = [format!("\"{id}\""), format!("\"{id}\\\"")];
        body.is_some_and(|body| spelled.iter().any(|spelled| body.contains(spelled)))
    }
}

impl Ledger {
    pub(crate) fn new(unique: String) -> Self {
        Self { unique, ..Self::default() }
    }

    /// Whether the case created the resource at that path.
    pub(crate) fn owns(&self, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or(path);
        self.entries.iter().any(|entry| entry.path == path && entry.state != State::Foreign)
    }

    /// Whether a request may be sent: what it changes or deletes has to be ours, and so has what it makes a member.
    pub(crate) fn permits(&self, request: &Request) -> bool {
        (!is_write(request) || self.owns(&request.path)) && !self.refers_to_others(request)
    }

    /// What a request changes, or refers to in its body, and no read has shown yet to be ours: as far as that is `doubted`.
    pub(crate) fn unseen(&self, request: &Request, doubted: impl Fn(&str) -> bool) -> Vec<String> {
        if !self.collections.iter().any(|collection| doubted(collection)) {
            return Vec::new();
        }
        let own = request.path.split('?').next().unwrap_or(&request.path);
        let known = |entry: &&Entry| matches!(entry.state, State::There | State::Doubtful | State::Kept);
        let unseen = self.entries.iter().filter(known).filter(|entry| !entry.seen && doubted(collection(&entry.path)));
        let concerned = |entry: &&Entry| (entry.path == own && is_write(request)) || entry.is_named_in(request);
        unseen.filter(concerned).map(|entry| entry.path.clone()).collect()
    }

    /// Whether a request refers in its body to something else that this case created.
    pub(crate) fn is_referred_to(&self, request: &Request) -> bool {
        let own = request.path.split('?').next().unwrap_or(&request.path);
        self.entries.iter().any(|entry| entry.path != own && entry.is_named_in(request))
    }

    /// Whether a request refers in its body to what is somebody else's, as a read has shown.
    fn refers_to_others(&self, request: &Request) -> bool {
        self.entries.iter().any(|entry| entry.state == State::Foreign && entry.is_named_in(request))
    }

    /// The name that everything of this case carries.
    pub(crate) fn unique(&self) -> &str {
        &self.unique
    }

    /// The ids of everything created.
    pub(crate) fn ids(&self) -> Vec<String> {
        let known = self.entries.iter().filter(|entry| !matches!(entry.state, State::Lost(_)));
        known.filter_map(|e| e.path.rsplit('/').next()).map(decoded).collect()
    }

    /// Takes note of an exchange; returns what to write in the journal.
    pub(crate) fn note(&mut self, exchange: &Exchange, body: &Body, keep: Keep, place: usize) -> Option<Entered> {
        let request = &exchange.request;
        let path = request.path.split('?').next().unwrap_or(&request.path);
        match request.method.as_str() {
            "POST" if !path.contains('.') => self.note_post(exchange, body, path, keep, place),
            "DELETE" if exchange.reply.as_ref().is_ok_and(|r| (200..300).contains(&r.status)) => {
                let entry = self.entries.iter_mut().rfind(|entry| entry.path == path)?;
                if entry.state != State::Kept {
                    entry.state = State::Deleted;
                }
                Some(Entered::Gone(path.to_owned()))
            }
            "PUT" | "PATCH" if exchange.reply.as_ref().is_ok_and(|r| (200..300).contains(&r.status)) => {
                self.note_change(body, path, place)
            }
            "GET" if exchange.reply.as_ref().is_ok_and(|r| r.status == 200) => {
                let entry = self.entries.iter_mut().rfind(|entry| entry.path == path)?;
                let resource = body.json()?;
                if is_of_another(resource, path, &self.unique) {
                    entry.state = State::Foreign;
                    return Some(Entered::Foreign);
                }
                // Shown again after it was deleted: it was not.
                if entry.state == State::Deleted {
                    entry.state = State::There;
                    return Some(Entered::Created(path.to_owned()));
                }
                if entry.seen || !names(resource, &self.unique) {
                    return None;
                }
                entry.seen = true;
                Some(Entered::Seen(collection(path).to_owned()))
            }
            _ => None,
        }
    }

    fn note_post(
        &mut self,
        exchange: &Exchange,
        body: &Body,
        collection: &str,
        keep: Keep,
        place: usize,
    ) -> Option<Entered> {
        let response = match &exchange.reply {
            Ok(response) if (200..300).contains(&response.status) => response,
            // A server that judges a credential after it has done what was asked for has created it all the same.
            Ok(response) if response.status < 500 && exchange.request.credential != Credential::Own => {
                return self.note_lost(exchange, collection, place, Lost::Refused);
            }
            Ok(response) if response.status < 500 => return None,
            Err(NoReply::TimedOut(_)) => return self.note_lost(exchange, collection, place, Lost::Unanswered),
            // So may one that fails over the welcome mail, or behind a gateway that gave up waiting.
            Ok(_) | Err(_) => return self.note_lost(exchange, collection, place, Lost::Unclear),
        };
        let id = body.json().and_then(id_of).or_else(|| {
            let location = response.headers.get("Location")?.trim_end_matches('/');
            location.rsplit('/').next().filter(|id| !id.is_empty() && !id.contains('?')).map(decoded)
        });
        let Some(id) = id else { return self.note_lost(exchange, collection, place, Lost::Unclear) };
        let path = format!("{collection}/{}", crate::run::case::segment(&id));
        let named = body.json().is_some_and(|resource| names(resource, &self.unique));
        let known = self.entries.iter().rfind(|entry| entry.path == path && entry.state != State::Deleted);
        let (foreign, twin) = (known.is_some_and(|entry| entry.state == State::Foreign), known.map(|e| e.name.clone()));
        let state = match (keep, named) {
            // It is known by now whose that is.
            _ if foreign => State::Foreign,
            (Keep::Yes, _) => State::Kept,
            (Keep::No, true) => State::There,
            (Keep::No, false) => State::Doubtful,
        };
        let name = body.json().and_then(|resource| resource.get(name_of(collection))?.as_str()).map(str::to_owned);
        match twin {
            // The server takes it for what it has given us before.
            Some(twin) if !foreign && (name.is_none() || twin == name) => {}
            // One of the two has another id.
            Some(_) if !foreign => return self.note_lost(exchange, collection, place, Lost::Unclear),
            _ => {
                self.entries.push(Entry { place, path: path.clone(), state, name, seen: false });
                if !self.collections.contains(collection) {
                    self.collections.insert(collection.to_owned());
                }
            }
        }
        Some(Entered::Created(path))
    }

    /// A change of what was deleted may have made it anew, where it was or under another id.
    fn note_change(&mut self, body: &Body, path: &str, place: usize) -> Option<Entered> {
        let changed = self.entries.iter().rposition(|entry| entry.path == path)?;
        let ours = body.json().filter(|resource| names(resource, &self.unique));
        let shown = ours.and_then(id_of).map(|id| format!("{}/{}", collection(path), crate::run::case::segment(&id)));
        if let Some(other) = shown.filter(|shown| shown != path && !self.owns(shown)) {
            let entry = Entry { place, path: other.clone(), state: State::Doubtful, name: None, seen: false };
            self.entries.push(entry);
            return Some(Entered::Created(other));
        }
        let entry = &mut self.entries[changed];
        if entry.state != State::Deleted {
            return None;
        }
        entry.state = State::Doubtful;
        Some(Entered::Created(path.to_owned()))
    }

    /// Takes note of a `POST` that was refused and need not have been: some servers refuse what they have created.
    pub(crate) fn note_refused(&mut self, exchange: &Exchange, place: usize) -> Option<Entered> {
        let collection = exchange.request.path.split('?').next().unwrap_or_default();
        let before = self.entries.len();
        let entered = self.note_lost(exchange, collection, place, Lost::Refused)?;
        let is_known = |last: &Entry| self.entries[..before].iter().any(|entry| entry.path == last.path);
        if self.entries.last().is_some_and(is_known) {
            self.entries.truncate(before);
            return None;
        }
        Some(entered)
    }

    /// Takes note of what may have been created, and can only be looked for by its name.
    fn note_lost(&mut self, exchange: &Exchange, collection: &str, place: usize, why: Lost) -> Option<Entered> {
        let body: Value = serde_json::from_slice(exchange.request.body.as_deref()?).ok()?;
        let name = name_of(collection);
        let value = body.get(name)?.as_str()?;
        // Only a name that nobody else can have may lead to a deletion.
        if !value.contains(&self.unique) {
            return None;
        }
        let path = looked_for(collection, name, value);
        self.entries.push(Entry { place, path: path.clone(), state: State::Lost(why), name: None, seen: false });
        Some(Entered::Created(path))
    }
}

/// What an exchange changed in a ledger, by the path of the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// It is there, or may be: then the path is a search for it.
    Created(String),
    /// It was removed.
    Gone(String),
    /// For the first time a read has shown that it is ours, with the id that the answer to its `POST` gave: in this collection.
    Seen(String),
    /// A read has shown somebody else's resource under the id that the answer to our `POST` gave.
    Foreign,
}

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

/// Whether a request changes or deletes what is at its path.
fn is_write(request: &Request) -> bool {
    !matches!(request.method.as_str(), "GET" | "HEAD" | "POST")
}

/// The search for a resource whose id is not known.
fn looked_for(collection: &str, name: &str, value: &str) -> String {
    let filter = format!("{name} eq {}", Value::String(value.to_owned()));
    format!("{collection}?filter={}", utf8_percent_encode(&filter, NON_ALPHANUMERIC))
}

/// Whether a step says `keep: true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// The scenario deletes what it creates.
    Yes,
    /// The sweep does.
    No,
}

/// What the server said to a DELETE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deletion {
    Confirmed,
    Refused,
}

/// Whether an answer is a resource that carries the name of a case. Only what names a resource counts: a group of others may
/// well show a member of ours.
pub fn is_named(response: &Response, unique: &str) -> bool {
    judge::body(response).json().is_some_and(|resource| names(resource, unique))
}

fn names(resource: &Value, unique: &str) -> bool {
    let carries =
        |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| text.to_lowercase().contains(unique));
    let emails = resource.get("emails").and_then(Value::as_array).into_iter().flatten();
    ["userName", "displayName", "externalId"].iter().any(|name| carries(resource.get(name)))
        || emails.into_iter().any(|email| carries(email.get("value")))
}

/// The attribute that names what is in a collection.
fn name_of(collection: &str) -> &'static str {
    if collection.ends_with("Groups") { "displayName" } else { "userName" }
}

/// The id that a resource shows.
fn id_of(resource: &Value) -> Option<String> {
    match resource.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Whether the resource at a path has a name, and none that a case with this unique name gave.
fn is_of_another(resource: &Value, path: &str, unique: &str) -> bool {
    let name = resource.get(name_of(collection(path))).and_then(Value::as_str);
    name.is_some_and(|name| !name.is_empty()) && !names(resource, unique)
}

/// Where a list shows resources that carry the name of a case; `None` when it is no list.
pub fn named_in(list: &Response, collection: &str, unique: &str) -> Option<Vec<String>> {
    let body = judge::body(list);
    let list = body.json().filter(|body| list.status == 200 && body.get("totalResults").is_some())?;
    let id = |resource: &Value| id_of(resource).map(|id| crate::run::case::segment(&id));
    let resources = list.get("Resources").and_then(Value::as_array).into_iter().flatten();
    let ours = resources.filter(|resource| names(resource, unique));
    Some(ours.filter_map(id).map(|id| format!("{collection}/{id}")).collect())
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Deletes what is left of a ledger, last created first, and asks the server about whatever it did not plainly confirm.
pub(super) async fn sweep(shared: Arc<Shared>, case: String, mut ledger: Ledger) -> (Vec<Exchange>, Vec<Leftover>) {
    ledger.entries.sort_by_key(|entry| entry.place);
    let is_path = |entry: &&Entry| !matches!(entry.state, State::Lost(_) | State::Deleted);
    let mut sweep = Sweep {
        entered: ledger.entries.iter().filter(is_path).map(|entry| entry.path.clone()).collect(),
        shared,
        case,
        unique: ledger.unique,
        transcript: Vec::new(),
        leftovers: Vec::new(),
        found: BTreeSet::new(),
        deleting: JoinSet::new(),
        awaited: VecDeque::new(),
    };
    let mut entries = ledger.entries.into_iter().rev().filter(|entry| entry.state != State::Deleted).peekable();
    while let Some(entry) = entries.next() {
        let is_last = entries.peek().is_none_or(|next| collection(&next.path) != collection(&entry.path));
        sweep.entry(entry, is_last).await;
    }
    sweep.answers(0).await;
    (sweep.transcript, sweep.leftovers)
}

fn collection(path: &str) -> &str {
    path.split('?').next().and_then(|path| path.rsplit_once('/')).map_or(path, |(collection, _)| collection)
}

struct Sweep {
    shared: Arc<Shared>,
    case: String,
    unique: String,
    transcript: Vec<Exchange>,
    leftovers: Vec<Leftover>,
    /// What has its own turn.
    entered: BTreeSet<String>,
    /// The searches that have found something, which then was deleted.
    found: BTreeSet<String>,
    /// The deletions on their way.
    deleting: JoinSet<Exchange>,
    /// What they delete, and the answers that came before those to earlier ones.
    awaited: VecDeque<Awaited>,
}

struct Awaited {
    id: task::Id,
    path: String,
    answer: Option<Result<Exchange, JoinError>>,
}

impl Sweep {
    /// `is_last` of its collection.
    async fn entry(&mut self, entry: Entry, is_last: bool) {
        // Neighbours of one collection have no order among them and go together.
        if self.awaited.front().is_some_and(|other| collection(&other.path) != collection(&entry.path)) {
            self.answers(0).await;
        }
        let hindrance = match self.shared.stopping() {
            Stop::Now => Some("the run was stopped twice"),
            // A server that was started anew meanwhile answers again: the first of a sweep is always tried.
            _ => (self.shared.is_silent() && !self.transcript.is_empty()).then_some("the server stopped answering"),
        };
        if let Some(why) = hindrance {
            self.leftovers.push(Leftover { path: entry.path, why: why.to_owned() });
            return;
        }
        match entry.state {
            State::There
                if !entry.seen
                    && self.is_due_a_look(&entry.path)
                    && self.is_misnamed(&entry.path, entry.name.as_deref()).await => {}
            // By itself it needs no task.
            State::There if is_last && self.awaited.is_empty() => {
                let exchange = self.shared.send(&self.case, Request::own("DELETE", &entry.path)).await;
                self.deleted(&entry.path, exchange).await;
            }
            State::There => self.delete(entry.path).await,
            // A scenario that deletes for itself may have been stopped before it came to that.
            State::Doubtful | State::Kept => self.doubtful(&entry.path).await,
            State::Lost(why) => self.lost(&entry.path, why).await,
            State::Foreign => self.misnamed(&entry.path, entry.name.as_deref()).await,
            State::Deleted => {}
        }
    }

    /// Sends a deletion when it is its turn.
    async fn delete(&mut self, path: String) {
        self.answers(self.shared.options.batch.max(1) - 1).await;
        let (shared, case, request) = (Arc::clone(&self.shared), self.case.clone(), Request::own("DELETE", &path));
        let id = self.deleting.spawn(async move { shared.send(&case, request).await }).id();
        self.awaited.push_back(Awaited { id, path, answer: None });
    }

    /// Waits for answers until no more than so many deletions are on their way. They are judged in the order of the requests,
    /// whatever came back first.
    async fn answers(&mut self, most: usize) {
        while self.deleting.len() > most {
            let (id, answer) = match self.deleting.join_next_with_id().await {
                Some(Ok((id, exchange))) => (id, Ok(exchange)),
                Some(Err(error)) => (error.id(), Err(error)),
                None => return,
            };
            if let Some(awaited) = self.awaited.iter_mut().find(|awaited| awaited.id == id) {
                awaited.answer = Some(answer);
            }
            while self.awaited.front().is_some_and(|first| first.answer.is_some()) {
                match self.awaited.pop_front() {
                    Some(Awaited { path, answer: Some(Ok(exchange)), .. }) => self.deleted(&path, exchange).await,
                    Some(Awaited { path, answer: Some(Err(error)), .. }) => {
                        self.leftovers.push(Leftover { path, why: format!("a fault of scim-check's own: {error}") });
                    }
                    _ => {}
                }
            }
        }
    }

    /// What the answer to our POST has named is somebody else's and stays as it is. Ours is somewhere else.
    async fn misnamed(&mut self, path: &str, name: Option<&str>) {
        self.gone(path);
        let collection = collection(path);
        match name.filter(|name| name.contains(&self.unique)) {
            Some(name) => self.lost(&looked_for(collection, name_of(collection), name), Lost::Misnamed).await,
            None => self.leftovers.push(Leftover {
                path: path.to_owned(),
                why: "the answer to our POST named it, but it carries another name: neither changed nor deleted"
                    .to_owned(),
            }),
        }
    }

    /// Whether a read has to show that the resource at a path is ours before it is deleted.
    fn is_due_a_look(&self, path: &str) -> bool {
        match &self.shared.wire {
            Wire::Tape(tape) => tape.is_next(&self.case, "GET", path),
            Wire::Http(_) => self.shared.trust.doubts(collection(path)),
        }
    }

    /// Whether a read shows that an answer to our `POST` has named somebody else's resource. Then it stays.
    async fn is_misnamed(&mut self, path: &str, name: Option<&str>) -> bool {
        let exchange = self.send(Request::own("GET", path)).await;
        let Some(response) = exchange.reply.as_ref().ok().filter(|response| response.status == 200) else {
            return false;
        };
        let body = judge::body(response);
        let Some(resource) = body.json() else { return false };
        let is_foreign = is_of_another(resource, path, &self.unique);
        if is_foreign {
            self.shared.trust.note(&Entered::Foreign, &self.unique);
            self.misnamed(path, name).await;
        } else if names(resource, &self.unique) {
            self.shared.trust.note(&Entered::Seen(collection(path).to_owned()), &self.unique);
        }
        is_foreign
    }

    async fn send(&mut self, request: Request) -> Exchange {
        let exchange = self.shared.send(&self.case, request).await;
        self.transcript.push(exchange.clone());
        self.shared.tell_sent();
        exchange
    }

    /// Judges the answer to a DELETE of ours. The first of each kind is checked, and each one once the server was seen to
    /// say 204 and keep the resource: it would otherwise fill the tenant unseen.
    async fn deleted(&mut self, path: &str, exchange: Exchange) {
        let first_of_kind = !self
            .transcript
            .iter()
            .any(|seen| seen.request.method == "DELETE" && collection(&seen.request.path) == collection(path));
        let told = match &exchange.reply {
            Ok(response) => format!("DELETE answered {}", response.status),
            Err(no_reply) => format!("DELETE: {no_reply}"),
        };
        let status = exchange.reply.as_ref().map_or(0, |r| r.status);
        self.transcript.push(exchange);
        self.shared.tell_sent();
        match status {
            404 | 410 => self.gone(path),
            200..300 if !first_of_kind && !self.shared.deletions_lie.load(Ordering::Relaxed) => self.gone(path),
            200..300 => {
                let why = format!("{told}, and it is still there");
                self.verify(path, &why, Deletion::Confirmed, self.shared.options.settle).await;
            }
            _ => {
                let why = self.switch_off(path).await.map_or_else(|| told.clone(), |done| format!("{told}; {done}"));
                self.verify(path, &why, Deletion::Refused, Duration::ZERO).await;
            }
        }
    }

    /// An account that cannot be deleted is at least switched off.
    async fn switch_off(&mut self, path: &str) -> Option<&'static str> {
        if collection(path) != "/Users" {
            return None;
        }
        let patch = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}"#;
        let mut request = Request::own("PATCH", path);
        request.headers.0.push(("Content-Type".to_owned(), "application/scim+json; charset=utf-8".to_owned()));
        request.body = Some(patch.into());
        let exchange = self.send(request).await;
        exchange.reply.is_ok_and(|r| (200..300).contains(&r.status)).then_some("it was deactivated instead")
    }

    async fn verify(&mut self, path: &str, why: &str, deletion: Deletion, settle: Duration) {
        let mut waited = Duration::ZERO;
        let mut look = 0;
        let reply = loop {
            let mut exchange = self.shared.send(&self.case, Request::own("GET", path)).await;
            exchange.look = look;
            let there = exchange.reply.as_ref().is_ok_and(|response| self.is_ours(response));
            let reply = exchange.reply.clone();
            self.transcript.push(exchange);
            self.shared.tell_sent();
            // A server that settles late still shows for a moment what it has deleted.
            match self.wait(look, waited, settle).filter(|_| there) {
                Some(wait) => {
                    waited += wait;
                    look += 1;
                    self.pause(wait).await;
                }
                None => break reply,
            }
        };
        let there = reply.as_ref().is_ok_and(|response| self.is_ours(response));
        if there && deletion == Deletion::Confirmed {
            self.shared.deletions_lie.store(true, Ordering::Relaxed);
        }
        if there {
            self.shared.patience.spend(Purse::Sweep, waited);
        } else {
            self.shared.patience.pays(waited);
        }
        match reply {
            Ok(Response { status: 404 | 410, .. }) => self.gone(path),
            // Some servers answer an id that nobody has with a 500 or with an empty 200.
            Ok(Response { status: 200 | 400 | 403 | 500, .. }) if deletion == Deletion::Confirmed && !there => {
                self.gone(path);
            }
            Ok(_) => self.leftovers.push(Leftover { path: path.to_owned(), why: why.to_owned() }),
            Err(no_reply) => {
                self.leftovers.push(Leftover { path: path.to_owned(), why: format!("{why}; GET: {no_reply}") });
            }
        }
    }

    async fn pause(&self, wait: Duration) {
        if !matches!(self.shared.wire, Wire::Tape(_)) {
            tokio::time::sleep(wait).await;
        }
    }

    /// Whether an answer shows a resource of this case.
    fn is_ours(&self, response: &Response) -> bool {
        response.status == 200 && is_named(response, &self.unique)
    }

    /// How long to wait before asking again for what should be gone; `None` when it is there to stay.
    fn wait(&self, look: u32, waited: Duration, settle: Duration) -> Option<Duration> {
        let wait = Duration::from_millis(*WAITS.get(look as usize)?);
        if let Wire::Tape(tape) = &self.shared.wire {
            return (tape.next_look(&self.case) == Some(look + 1)).then_some(wait);
        }
        (self.shared.patience.allows(Purse::Sweep, waited + wait, settle) && self.shared.stopping() == Stop::No)
            .then_some(wait)
    }

    /// The answer to the POST did not show our name, or the scenario deletes for itself: only a look tells whether there is
    /// something of ours to delete.
    async fn doubtful(&mut self, path: &str) {
        let exchange = self.send(Request::own("GET", path)).await;
        match &exchange.reply {
            Ok(Response { status: 404 | 410, .. }) => self.gone(path),
            Ok(response) if self.is_ours(response) => {
                let deletion = self.shared.send(&self.case, Request::own("DELETE", path)).await;
                self.deleted(path, deletion).await;
            }
            _ => self.leftovers.push(Leftover {
                path: path.to_owned(),
                why: "the server named it in the answer to a POST, but it does not carry our name: not deleted"
                    .to_owned(),
            }),
        }
    }

    /// The answer to a POST was lost, or of no use: the resource is looked for by its name. It may come late, and so may the list.
    async fn lost(&mut self, search: &str, why: Lost) {
        let collection = search.split('?').next().unwrap_or(search);
        let settle = if why == Lost::Refused { Duration::ZERO } else { self.shared.options.settle };
        let mut waited = Duration::ZERO;
        let mut look = 0;
        let found = loop {
            let mut exchange = self.shared.send(&self.case, Request::own("GET", search)).await;
            exchange.look = look;
            let found = exchange.reply.as_ref().ok().and_then(|list| named_in(list, collection, &self.unique));
            // What is deleted in its own turn is not what was lost.
            let found: Option<Vec<String>> =
                found.map(|found| found.into_iter().filter(|path| !self.entered.contains(path)).collect());
            self.transcript.push(exchange);
            self.shared.tell_sent();
            match self.wait(look, waited, settle).filter(|_| found.as_ref().is_some_and(Vec::is_empty)) {
                Some(wait) => {
                    waited += wait;
                    look += 1;
                    self.pause(wait).await;
                }
                None => break found,
            }
        };
        let Some(found) = found else {
            // What was refused for want of a credential was most likely not created.
            if why == Lost::Refused {
                self.gone(search);
            } else {
                let why = "the answer to its POST named no id, and it cannot be looked for".to_owned();
                self.leftovers.push(Leftover { path: search.to_owned(), why });
            }
            return;
        };
        if found.is_empty() {
            self.shared.patience.spend(Purse::Sweep, waited);
            if self.found.contains(search) {
                return self.gone(search);
            }
            let told = match why {
                Lost::Unanswered => "its POST was not answered in time; it is not there yet, and may still come",
                Lost::Misnamed => {
                    "the answer to its POST named somebody else's resource, and by its name it is not found"
                }
                Lost::Unclear | Lost::Refused => return self.gone(search),
            };
            self.leftovers.push(Leftover { path: search.to_owned(), why: told.to_owned() });
            return;
        } else {
            self.shared.patience.pays(waited);
        }
        let before = self.leftovers.len();
        for path in found {
            let deletion = self.shared.send(&self.case, Request::own("DELETE", &path)).await;
            self.deleted(&path, deletion).await;
        }
        if self.leftovers.len() == before {
            self.found.insert(search.to_owned());
            self.gone(search);
        }
    }

    fn gone(&self, path: &str) {
        if let Some(journal) = &self.shared.journal {
            journal.gone(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::wire::Headers;

    fn exchange(method: &str, path: &str, sent: &Value, status: u16, answer: &Value) -> Exchange {
        let body = Some(sent.to_string().into_bytes()).filter(|_| !sent.is_null());
        let answer = if answer.is_null() { Vec::new() } else { answer.to_string().into_bytes() };
        Exchange {
            request: Request { body, ..Request::own(method, path) },
            reply: Ok(Response { status, headers: Headers::default(), body: answer }),
            attempts: Vec::new(),
            took: Duration::ZERO,
            look: 0,
        }
    }

    /// What is entered for each exchange, and the paths that the sweep then has to do with.
    fn check(exchanges: &[Exchange], entered: &[Option<Entered>], left: &[(&str, State)]) {
        let mut ledger = Ledger::new("scabc".to_owned());
        for (place, (exchange, entered)) in exchanges.iter().zip(entered).enumerate() {
            let body = exchange.reply.as_ref().map_or(Body::None, judge::body);
            let noted = ledger.note(exchange, &body, Keep::No, place);
            assert_eq!(noted, *entered, "{} {}", exchange.request.method, exchange.request.path);
        }
        let there = ledger.entries.iter().filter(|entry| entry.state != State::Deleted);
        let there: Vec<(&str, State)> = there.map(|entry| (entry.path.as_str(), entry.state.clone())).collect();
        assert_eq!(there, left);
    }

    #[test]
    fn what_a_change_makes_anew_is_swept() {
        let group = |id: &str| json!({ "id": id, "displayName": "Group scabc" });
        let created = |path: &str| Some(Entered::Created(path.to_owned()));
        let gone = Some(Entered::Gone("/Groups/1".to_owned()));
        let post = exchange("POST", "/Groups", &group(""), 201, &group("1"));
        let delete = exchange("DELETE", "/Groups/1", &Value::Null, 204, &Value::Null);
        let put = |status: u16, answer: &Value| exchange("PUT", "/Groups/1", &group("1"), status, answer);
        check(&[post.clone(), put(200, &group("1"))], &[created("/Groups/1"), None], &[("/Groups/1", State::There)]);
        check(
            &[post.clone(), delete.clone(), put(404, &Value::Null)],
            &[created("/Groups/1"), gone.clone(), None],
            &[],
        );
        // At its path, whether the answer shows so or says nothing.
        for answer in [group("1"), Value::Null] {
            check(
                &[post.clone(), delete.clone(), put(200, &answer)],
                &[created("/Groups/1"), gone.clone(), created("/Groups/1")],
                &[("/Groups/1", State::Doubtful)],
            );
        }
        // Under another id.
        check(
            &[post.clone(), delete, put(201, &group("2"))],
            &[created("/Groups/1"), gone, created("/Groups/2")],
            &[("/Groups/2", State::Doubtful)],
        );
        // What others named is not ours, whatever id is shown.
        let foreign = json!({ "id": "3", "displayName": "Theirs" });
        check(&[post, put(200, &foreign)], &[created("/Groups/1"), None], &[("/Groups/1", State::There)]);
    }
}

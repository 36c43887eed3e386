//! What a case created and is still there.
//!
//! **Invariant:** nothing is changed or deleted that this case did not create: a resource is ours when the server answered our
//! `POST` with it, or when it carries the case's unique name. What a Bulk request asks for is looked at one operation at a time.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::bulk::{self, Asked, Operation};
use super::journal::Remaining;
use super::request::segment;
use crate::json::{fields, items};
use crate::judge::{self, Body};
use crate::wire::{Credential, Exchange, NoReply, Request, Response};

/// What one case created.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(super) unique: String,
    pub(super) entries: Vec<Entry>,
    /// The collections in which answers have named something.
    collections: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where its `POST` stands in the transcript.
    pub(super) place: usize,
    /// `/Users/2819c223`, or `/Users?filter=…` when the id is not known.
    pub(super) path: String,
    pub(super) state: State,
    /// The search by what our `POST` called it, as its answer shows.
    pub(super) search: Option<String>,
    /// The search by what our `POST` asked to call it.
    sent: Option<String>,
    /// Whether a read has shown that it is ours.
    pub(super) seen: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is there and ours.
    There,
    /// It is there, but the answer did not show that it is ours: look before deleting.
    Doubtful,
    /// A read of it showed somebody else's resource: the server named a wrong id. Neither changed nor deleted.
    Foreign,
    /// It may be there. The path searches for it by its name.
    Lost(Lost),
    /// The scenario deleted it, says the server.
    Deleted,
}

/// Why it is not known whether a `POST` has created something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Nothing came within the time limit: the server may still be at work.
    Unanswered,
    /// The connection broke, the server or a gateway failed, or the answer had no id.
    Unclear,
    /// It was refused, or a change has shown an id that it was not asked about: most likely nothing was created.
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
        let path = bare(path);
        self.entries.iter().any(|entry| entry.path == path && entry.state != State::Foreign)
    }

    /// What of a request must not be sent: what it changes or deletes has to be ours, and so has what it makes a member. Nothing is
    /// written to `/Me`, whosever that is: who is behind it depends on the credential, and no answer says for how long.
    pub(super) fn refuses(&self, request: &Request) -> Option<String> {
        let told = |one: &Request| format!("{} {}", one.method, one.path);
        let in_bulk = |operation: &Operation, all: &[Operation]| {
            let is_ours = operation.creator(all).is_some() || self.is_admitted(&operation.request);
            let is_nested = !matches!(bulk::asked(&operation.request), Asked::Alone);
            (!is_ours || is_nested).then(|| format!("{} in {}", told(&operation.request), told(request)))
        };
        if !self.is_admitted(request) || self.refers_to_others(request) {
            return Some(told(request));
        }
        match bulk::asked(request) {
            Asked::Alone => None,
            Asked::Bulk(operations) => operations.iter().find_map(|operation| in_bulk(operation, &operations)),
            Asked::Unreadable => Some(format!("{}, whose operations cannot be read,", told(request))),
        }
    }

    /// Whether nothing is changed at a request's path but what is ours. What is posted to a collection is new, and a search changes nothing.
    fn is_admitted(&self, request: &Request) -> bool {
        let path = bare(&request.path);
        let is_ours = || self.owns(path) && !is_me(path);
        let is_harmless = |method: &str| match method {
            "GET" | "HEAD" => true,
            "POST" if is_search(path) => true,
            "POST" => is_ours() || !(is_me(path) || self.is_of_collection(path)),
            _ => is_ours(),
        };
        let meant = request.headers.0.iter().filter(|(name, _)| is_method_override(name));
        is_harmless(&request.method) && meant.into_iter().all(|(_, method)| is_harmless(&method.to_ascii_uppercase()))
    }

    /// Whether a path leads to something in a collection that is known, or below it.
    fn is_of_collection(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/').to_ascii_lowercase();
        let is_below =
            |known: &String| path.strip_prefix(&known.to_ascii_lowercase()).is_some_and(|rest| rest.starts_with('/'));
        ["/users/", "/groups/"].iter().any(|known| path.contains(known)) || self.collections.iter().any(is_below)
    }

    /// What a request changes, or refers to in its body, and no read has shown yet to be ours: as far as that is `doubted`.
    pub(crate) fn unseen(&self, request: &Request, doubted: impl Fn(&str) -> bool) -> Vec<String> {
        if !self.collections.iter().any(|collection| doubted(collection)) {
            return Vec::new();
        }
        let operations = operations_of(request);
        let requests = || std::iter::once(request).chain(operations.iter().map(|operation| &operation.request));
        let known = |entry: &&Entry| matches!(entry.state, State::There | State::Doubtful);
        let unseen = self.entries.iter().filter(known).filter(|entry| !entry.seen && doubted(collection(&entry.path)));
        let is_written = |entry: &&Entry| requests().any(|one| is_write(one) && entry.path == bare(&one.path));
        let concerned = |entry: &&Entry| is_written(entry) || entry.is_named_in(request);
        unseen.filter(concerned).map(|entry| entry.path.clone()).collect()
    }

    /// What is there, and no read has shown yet to be ours.
    pub(super) fn not_seen(&self) -> Vec<String> {
        let there = |entry: &&Entry| matches!(entry.state, State::There | State::Doubtful) && !entry.seen;
        self.entries.iter().filter(there).map(|entry| entry.path.clone()).collect()
    }

    /// Whether a request refers in its body to something else that this case created.
    pub(crate) fn is_referred_to(&self, request: &Request) -> bool {
        let own = bare(&request.path);
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
    pub(crate) fn note(&mut self, exchange: &Exchange, body: &Body, place: usize) -> Vec<Entered> {
        match bulk::asked(&exchange.request) {
            Asked::Bulk(operations) => self.note_bulk(&operations, exchange, body, place),
            Asked::Alone | Asked::Unreadable => self.note_one(exchange, body, place).into_iter().collect(),
        }
    }

    /// Takes note of what each operation came to.
    fn note_bulk(&mut self, operations: &[Operation], exchange: &Exchange, body: &Body, place: usize) -> Vec<Entered> {
        let mut entered = Vec::new();
        // What each operation that creates has created.
        let mut created = vec![None; operations.len()];
        for bulk::Told { index, mut exchange, is_refused } in bulk::told(operations, exchange, body) {
            if let Some(creator) = operations[index].creator(operations) {
                let Some(path) = created.get(creator).cloned().flatten() else { continue };
                exchange.request.path = path;
            }
            let body = exchange.reply.as_ref().map_or(Body::None, judge::body);
            let noted = self.note_one(&exchange, &body, place);
            let noted = noted.or_else(|| self.note_post_refused(&exchange, place).filter(|_| is_refused));
            if let Some(Entered::Created(path)) = &noted
                && exchange.request.method == "POST"
            {
                created[index] = Some(path.clone());
            }
            entered.extend(noted);
        }
        entered
    }

    fn note_one(&mut self, exchange: &Exchange, body: &Body, place: usize) -> Option<Entered> {
        let request = &exchange.request;
        let path = bare(&request.path);
        if let Some(meant) = overridden(request).filter(|_| self.owns(path)) {
            return self.note_meant(&meant, exchange, body, path, place);
        }
        match request.method.as_str() {
            "POST" if !is_search(path) => self.note_post(exchange, body, path, place),
            "DELETE" if exchange.reply.as_ref().is_ok_and(|r| (200..300).contains(&r.status)) => {
                let entry = self.entries.iter_mut().rfind(|entry| entry.path == path)?;
                entry.state = State::Deleted;
                Some(Entered::Gone(path.to_owned()))
            }
            "PUT" | "PATCH" if exchange.reply.as_ref().is_ok_and(|r| (200..300).contains(&r.status)) => {
                self.note_change(body, path, place)
            }
            "GET" if exchange.reply.as_ref().is_ok_and(|r| r.status == 200) => {
                let entry = self.entries.iter_mut().rfind(|entry| entry.path == path)?;
                let resource = body.json()?;
                // Whoever plays requests of others names things as these do.
                let is_as_sent =
                    || entry.sent.is_some() && search_for(resource, collection(path), &self.unique) == entry.sent;
                if is_of_another(resource, path, &self.unique) && !is_as_sent() {
                    entry.state = State::Foreign;
                    return Some(Entered::Foreign);
                }
                // Shown again after it was deleted: it was not.
                if entry.state == State::Deleted {
                    entry.state = State::There;
                    return Some(Entered::Created(path.to_owned()));
                }
                if entry.seen || !names(resource, collection(path), &self.unique) {
                    return None;
                }
                entry.seen = true;
                Some(Entered::Seen(collection(path).to_owned()))
            }
            _ => None,
        }
    }

    /// A `POST` to what is ours that may stand for another method. Whether the server took it so only a look can tell.
    fn note_meant(
        &mut self,
        meant: &str,
        exchange: &Exchange,
        body: &Body,
        path: &str,
        place: usize,
    ) -> Option<Entered> {
        if !exchange.reply.as_ref().is_ok_and(|reply| (200..300).contains(&reply.status)) {
            return None;
        }
        if meant != "DELETE" {
            return self.note_change(body, path, place);
        }
        let entry = self.entries.iter_mut().rfind(|entry| entry.path == path)?;
        if entry.state == State::There {
            entry.state = State::Doubtful;
        }
        None
    }

    fn note_post(&mut self, exchange: &Exchange, body: &Body, collection: &str, place: usize) -> Option<Entered> {
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
        let path = format!("{collection}/{}", segment(&id));
        let named = body.json().is_some_and(|resource| names(resource, collection, &self.unique));
        let known = self.entries.iter().rfind(|entry| entry.path == path && entry.state != State::Deleted);
        let (foreign, twin) =
            (known.is_some_and(|entry| entry.state == State::Foreign), known.map(|e| e.search.clone()));
        let state = match named {
            // It is known by now whose that is.
            _ if foreign => State::Foreign,
            true => State::There,
            false => State::Doubtful,
        };
        let search = body.json().and_then(|resource| search_for(resource, collection, &self.unique));
        match twin {
            // The server takes it for what it has given us before.
            Some(twin) if !foreign && (search.is_none() || twin == search) => {}
            // One of the two has another id.
            Some(_) if !foreign => return self.note_lost(exchange, collection, place, Lost::Unclear),
            _ => {
                let body = exchange.request.body.as_deref().and_then(json_of);
                let sent = body.and_then(|body| search_for(&body, collection, &self.unique));
                self.entries.push(Entry { place, path: path.clone(), state, search, sent, seen: false });
                if !self.collections.contains(collection) {
                    self.collections.insert(collection.to_owned());
                }
            }
        }
        Some(Entered::Created(path))
    }

    /// A change of what was deleted may have made it anew, where it was or under another id. That id is not ours to write to
    /// before a read has shown what it leads to, so it is only looked for by its name.
    fn note_change(&mut self, body: &Body, path: &str, place: usize) -> Option<Entered> {
        let changed = self.entries.iter().rposition(|entry| entry.path == path)?;
        let collection = collection(path);
        let ours = body.json().filter(|resource| names(resource, collection, &self.unique));
        if let Some(resource) = ours
            && let Some(id) = id_of(resource)
            && let shown = format!("{collection}/{}", segment(&id))
            && shown != path
            && !self.owns(&shown)
        {
            return self.lose(search_for(resource, collection, &self.unique)?, place, Lost::Refused);
        }
        let entry = &mut self.entries[changed];
        if entry.state != State::Deleted {
            return None;
        }
        entry.state = State::Doubtful;
        Some(Entered::Created(path.to_owned()))
    }

    /// Takes note of a `POST` that was refused and need not have been: some servers refuse what they have created.
    pub(crate) fn note_refused(&mut self, exchange: &Exchange, place: usize) -> Vec<Entered> {
        let alone = |request: &Request| Exchange { request: request.clone(), ..exchange.clone() };
        match bulk::asked(&exchange.request) {
            Asked::Bulk(operations) => {
                let noted = operations.iter().map(|one| self.note_post_refused(&alone(&one.request), place));
                noted.collect::<Vec<_>>().into_iter().flatten().collect()
            }
            Asked::Alone | Asked::Unreadable => self.note_post_refused(exchange, place).into_iter().collect(),
        }
    }

    fn note_post_refused(&mut self, exchange: &Exchange, place: usize) -> Option<Entered> {
        let collection = bare(&exchange.request.path);
        let is_create = exchange.request.method == "POST" && !is_search(collection);
        if is_create { self.note_lost(exchange, collection, place, Lost::Refused) } else { None }
    }

    /// The search for what a request alone is about to create, which finds it whatever becomes of the answer.
    pub(super) fn intent(&self, request: &Request) -> Option<String> {
        let collection = Some(bare(&request.path)).filter(|path| request.method == "POST" && !is_search(path))?;
        let body = json_of(request.body.as_deref()?)?;
        search_for(&body, collection, &self.unique).filter(|search| search.contains(&self.unique))
    }

    /// The searches for all that a request is about to create.
    pub(super) fn intents(&self, request: &Request) -> Vec<String> {
        match bulk::asked(request) {
            Asked::Bulk(operations) => operations.iter().filter_map(|one| self.intent(&one.request)).collect(),
            Asked::Alone | Asked::Unreadable => self.intent(request).into_iter().collect(),
        }
    }

    /// Whether a list that a search was answered with shows nothing that is not known. Then what was answered with that status has most likely
    /// created nothing, and one look in the end is enough; behind a gateway that gave up waiting the server may still be at work.
    pub(super) fn has_nothing_new(&mut self, search: &str, list: &Response, status: u16) -> bool {
        let collection = search.split('?').next().unwrap_or(search);
        let shown = named_in(list, collection, &self.unique);
        if !shown.is_some_and(|shown| shown.iter().all(|path| self.owns(path))) {
            return false;
        }
        let lost = self.entries.iter_mut().filter(|entry| entry.path == search && status != 502 && status != 504);
        lost.for_each(|entry| entry.state = State::Lost(Lost::Refused));
        true
    }

    /// Whether something is still looked for by that search.
    pub(super) fn looks_for(&self, search: &str) -> bool {
        self.entries.iter().any(|entry| entry.path == search)
    }

    /// What a journal says is left of a case: what is there is looked at before it is deleted, and the rest is looked for.
    pub(super) fn of_journal(unique: &str, left: &[&Remaining]) -> Self {
        let entry = |(place, left): (usize, &&Remaining)| Entry {
            place,
            path: left.path.clone(),
            state: if left.path.contains('?') { State::Lost(Lost::Unclear) } else { State::Doubtful },
            search: None,
            sent: None,
            seen: false,
        };
        // The journal gives the last first, and so does the sweep.
        let entries = left.iter().rev().enumerate().map(entry).collect();
        Self { unique: unique.to_owned(), entries, collections: BTreeSet::new() }
    }

    /// Takes note of what may have been created, and can only be looked for by its name.
    fn note_lost(&mut self, exchange: &Exchange, collection: &str, place: usize, why: Lost) -> Option<Entered> {
        let body = json_of(exchange.request.body.as_deref()?)?;
        self.lose(search_for(&body, collection, &self.unique)?, place, why)
    }

    fn lose(&mut self, path: String, place: usize, why: Lost) -> Option<Entered> {
        // Only a name that nobody else can have may lead to a deletion.
        if !path.contains(&self.unique) {
            return None;
        }
        // One look is enough for what was asked for several times and most likely not created.
        if why == Lost::Refused && self.entries.iter().any(|entry| entry.path == path) {
            return None;
        }
        self.entries.push(Entry {
            place,
            path: path.clone(),
            state: State::Lost(why),
            search: None,
            sent: None,
            seen: false,
        });
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

/// Whether a request changes or deletes what is at its path.
fn is_write(request: &Request) -> bool {
    !matches!(request.method.as_str(), "GET" | "HEAD" | "POST")
}

/// The operations of a Bulk request that can be read; none of any other.
fn operations_of(request: &Request) -> Vec<Operation> {
    match bulk::asked(request) {
        Asked::Bulk(operations) => operations,
        Asked::Alone | Asked::Unreadable => Vec::new(),
    }
}

/// A path without its query.
fn bare(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}

/// Whether what is posted there is a query (RFC 7644 §3.4.3).
fn is_search(path: &str) -> bool {
    path == ".search" || path.ends_with("/.search")
}

/// Whether a path leads to whoever is authenticated (RFC 7644 §3.11), or below.
fn is_me(path: &str) -> bool {
    path.split('/').any(|segment| decoded(segment).eq_ignore_ascii_case("me"))
}

/// What a `POST` may stand for, as one of its headers says.
fn overridden(request: &Request) -> Option<String> {
    let mut headers = request.headers.0.iter().filter(|_| request.method == "POST");
    let (_, method) = headers.find(|(name, _)| is_method_override(name))?;
    Some(method.to_ascii_uppercase()).filter(|method| ["PUT", "PATCH", "DELETE"].contains(&method.as_str()))
}

/// Whether a header asks servers to take another method for the one that is sent, as some do.
fn is_method_override(header: &str) -> bool {
    ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(header))
}

/// What a body says, where it is JSON.
fn json_of(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

/// The search for a resource whose id is not known, by its name.
fn search_for(resource: &Value, collection: &str, unique: &str) -> Option<String> {
    let (attribute, name) = name_of(resource, collection, unique)?;
    let filter = format!("{attribute} eq {}", Value::String(name.to_owned()));
    Some(format!("{collection}?filter={}", utf8_percent_encode(&filter, NON_ALPHANUMERIC)))
}

/// Whether an answer is a resource at a path that carries the name of a case. Only what names a resource counts: a group of others may
/// well show a member of ours.
pub(super) fn is_named(response: &Response, path: &str, unique: &str) -> bool {
    judge::body(response).json().is_some_and(|resource| names(resource, collection(path), unique))
}

/// Whether a resource of a collection carries the name of a case.
pub(super) fn names(resource: &Value, collection: &str, unique: &str) -> bool {
    // Most servers give back names as they were sent.
    let contains = |text: &str| text.contains(unique) || text.to_lowercase().contains(unique);
    let carries = |node: Option<&Value>| node.and_then(Value::as_str).is_some_and(contains);
    let mut emails = resource.get("emails").into_iter().flat_map(items);
    NAMES.iter().any(|name| carries(resource.get(name)))
        || emails.any(|email| carries(email.get("value")))
        || (!is_well_known(collection) && texts(resource).any(|(_, text)| contains(text)))
}

/// The attributes that name a resource, whatever it is.
const NAMES: &[&str] = &["userName", "displayName", "externalId"];

/// Whether it is known what names the resources of a collection.
fn is_well_known(collection: &str) -> bool {
    collection.ends_with("Groups") || collection.ends_with("Users")
}

/// The texts of a resource, those that name any resource first.
fn texts(resource: &Value) -> impl Iterator<Item = (&str, &str)> {
    let named = NAMES.iter().filter_map(move |name| Some((*name, resource.get(name)?.as_str()?)));
    let is_simple = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let others = fields(resource)
        .map(|(name, value)| (name.as_str(), value))
        .filter(move |(name, _)| is_simple(name) && !NAMES.contains(name) && *name != "id");
    named.chain(others.filter_map(|(name, value)| Some((name, value.as_str()?))))
}

/// The attribute that names a resource of a collection, and the name. Of resources that only the server knows it is the one that the
/// case has named it by.
fn name_of<'a>(resource: &'a Value, collection: &str, unique: &str) -> Option<(&'a str, &'a str)> {
    let well_known = if collection.ends_with("Groups") { "displayName" } else { "userName" };
    if is_well_known(collection) {
        return Some((well_known, resource.get(well_known)?.as_str()?));
    }
    texts(resource).find(|(_, text)| text.contains(unique))
}

/// The id that a resource shows.
fn id_of(resource: &Value) -> Option<String> {
    match resource.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.to_owned()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Whether the resource at a path has a name, and none that a case with this unique name gave.
pub(super) fn is_of_another(resource: &Value, path: &str, unique: &str) -> bool {
    let collection = collection(path);
    let is_name = |attribute: &str| attribute == "name" || NAMES.contains(&attribute);
    let name = match is_well_known(collection) {
        true => name_of(resource, collection, unique),
        false => texts(resource).find(|(attribute, name)| is_name(attribute) && !name.is_empty()),
    };
    name.is_some_and(|(_, name)| !name.is_empty()) && !names(resource, collection, unique)
}

/// Where a list shows resources that carry the name of a case; `None` when it is no list.
pub(super) fn named_in(list: &Response, collection: &str, unique: &str) -> Option<Vec<String>> {
    let body = judge::body(list);
    let list = body.json().filter(|body| list.status == 200 && body.get("totalResults").is_some())?;
    let id = |resource: &Value| id_of(resource).map(|id| segment(&id));
    let resources = list.get("Resources").into_iter().flat_map(items);
    let ours = resources.filter(|resource| names(resource, collection, unique));
    Some(ours.filter_map(id).map(|id| format!("{collection}/{id}")).collect())
}

pub(super) fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Where what was created last in the collection of that request is.
pub(super) fn newest(ledger: &Ledger, create: &Request) -> Option<String> {
    let is_of = |entry: &&Entry| {
        matches!(entry.state, State::There | State::Doubtful) && collection(&entry.path) == create.path
    };
    ledger.entries.iter().rfind(is_of).map(|entry| entry.path.clone())
}

pub(super) fn collection(path: &str) -> &str {
    path.split('?').next().and_then(|path| path.rsplit_once('/')).map_or(path, |(collection, _)| collection)
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
            let noted = ledger.note(exchange, &body, place);
            assert_eq!(noted, Vec::from_iter(entered.clone()), "{} {}", exchange.request.method, exchange.request.path);
        }
        for id in ["2", "3"] {
            let delete = exchange("DELETE", &format!("/Groups/{id}"), &Value::Null, 204, &Value::Null);
            assert!(ledger.refuses(&delete.request).is_some());
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
        // Under another id: nothing is written to it, and it is looked for.
        let search = "/Groups?filter=displayName%20eq%20%22Group%20scabc%22";
        check(
            &[post.clone(), delete, put(201, &group("2")), put(201, &group("3"))],
            &[created("/Groups/1"), gone, created(search), None],
            &[(search, State::Lost(Lost::Refused))],
        );
        check(
            &[post.clone(), put(200, &group("2"))],
            &[created("/Groups/1"), created(search)],
            &[("/Groups/1", State::There), (search, State::Lost(Lost::Refused))],
        );
        // What others named is not ours, whatever id is shown.
        let foreign = json!({ "id": "3", "displayName": "Theirs" });
        check(&[post, put(200, &foreign)], &[created("/Groups/1"), None], &[("/Groups/1", State::There)]);
    }
}

//! What a case created and is still there.
//!
//! **Invariant:** nothing is changed or deleted that this case did not create: a resource is ours when the server answered our
//! `POST` with it, or when it carries the case's unique name.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::journal::Remaining;
use super::request::segment;
use crate::json::{Kind, Node};
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
    /// What our `POST` called it, as its answer shows.
    pub(super) name: Option<String>,
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
    /// The scenario deletes it itself; look whether it did.
    Kept,
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

    /// What is there, and no read has shown yet to be ours.
    pub(super) fn not_seen(&self) -> Vec<String> {
        let there = |entry: &&Entry| matches!(entry.state, State::There | State::Doubtful) && !entry.seen;
        self.entries.iter().filter(there).map(|entry| entry.path.clone()).collect()
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
        let path = format!("{collection}/{}", segment(&id));
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

    /// A change of what was deleted may have made it anew, where it was or under another id. That id is not ours to write to
    /// before a read has shown what it leads to, so it is only looked for by its name.
    fn note_change(&mut self, body: &Body, path: &str, place: usize) -> Option<Entered> {
        let changed = self.entries.iter().rposition(|entry| entry.path == path)?;
        let ours = body.json().filter(|resource| names(*resource, &self.unique));
        let collection = collection(path);
        if let Some(resource) = ours
            && let Some(id) = id_of(resource)
            && let shown = format!("{collection}/{}", segment(&id))
            && shown != path
            && !self.owns(&shown)
        {
            let name = resource.get(name_of(collection))?.as_str()?;
            return self.lose(collection, name, place, Lost::Refused);
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
        self.note_lost(exchange, collection, place, Lost::Refused)
    }

    /// The search for what a request is about to create, which finds it whatever becomes of the answer.
    pub(super) fn intent(&self, request: &Request) -> Option<String> {
        let collection = request.path.split('?').next().filter(|_| request.method == "POST")?;
        let body: Value = serde_json::from_slice(request.body.as_deref()?).ok()?;
        let name = body.get(name_of(collection))?.as_str().filter(|name| name.contains(&self.unique))?;
        Some(looked_for(collection, name_of(collection), name))
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
            name: None,
            seen: false,
        };
        // The journal gives the last first, and so does the sweep.
        let entries = left.iter().rev().enumerate().map(entry).collect();
        Self { unique: unique.to_owned(), entries, collections: BTreeSet::new() }
    }

    /// Takes note of what may have been created, and can only be looked for by its name.
    fn note_lost(&mut self, exchange: &Exchange, collection: &str, place: usize, why: Lost) -> Option<Entered> {
        let body: Value = serde_json::from_slice(exchange.request.body.as_deref()?).ok()?;
        self.lose(collection, body.get(name_of(collection))?.as_str()?, place, why)
    }

    fn lose(&mut self, collection: &str, name: &str, place: usize, why: Lost) -> Option<Entered> {
        // Only a name that nobody else can have may lead to a deletion.
        if !name.contains(&self.unique) {
            return None;
        }
        let path = looked_for(collection, name_of(collection), name);
        // One look is enough for what was asked for several times and most likely not created.
        if why == Lost::Refused && self.entries.iter().any(|entry| entry.path == path) {
            return None;
        }
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

/// Whether a request changes or deletes what is at its path.
fn is_write(request: &Request) -> bool {
    !matches!(request.method.as_str(), "GET" | "HEAD" | "POST")
}

/// The search for a resource whose id is not known.
pub(super) fn looked_for(collection: &str, name: &str, value: &str) -> String {
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

/// Whether an answer is a resource that carries the name of a case. Only what names a resource counts: a group of others may
/// well show a member of ours.
pub(super) fn is_named(response: &Response, unique: &str) -> bool {
    judge::body(response).json().is_some_and(|resource| names(resource, unique))
}

pub(super) fn names(resource: Node<'_>, unique: &str) -> bool {
    // Most servers give back names as they were sent.
    let contains = |text: &str| text.contains(unique) || text.to_lowercase().contains(unique);
    let carries = |node: Option<Node<'_>>| node.and_then(Node::as_str).is_some_and(contains);
    let mut emails = resource.get("emails").into_iter().flat_map(Node::items);
    ["userName", "displayName", "externalId"].iter().any(|name| carries(resource.get(name)))
        || emails.any(|email| carries(email.get("value")))
}

/// The attribute that names what is in a collection.
pub(super) fn name_of(collection: &str) -> &'static str {
    if collection.ends_with("Groups") { "displayName" } else { "userName" }
}

/// The id that a resource shows.
fn id_of(resource: Node<'_>) -> Option<String> {
    match resource.get("id")?.kind() {
        Kind::Text(id) if !id.is_empty() => Some(id.to_owned()),
        Kind::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Whether the resource at a path has a name, and none that a case with this unique name gave.
pub(super) fn is_of_another(resource: Node<'_>, path: &str, unique: &str) -> bool {
    let name = resource.get(name_of(collection(path))).and_then(Node::as_str);
    name.is_some_and(|name| !name.is_empty()) && !names(resource, unique)
}

/// Where a list shows resources that carry the name of a case; `None` when it is no list.
pub(super) fn named_in(list: &Response, collection: &str, unique: &str) -> Option<Vec<String>> {
    let body = judge::body(list);
    let list = body.json().filter(|body| list.status == 200 && body.get("totalResults").is_some())?;
    let id = |resource: Node<'_>| id_of(resource).map(|id| segment(&id));
    let resources = list.get("Resources").into_iter().flat_map(Node::items);
    let ours = resources.filter(|resource| names(*resource, unique));
    Some(ours.filter_map(id).map(|id| format!("{collection}/{id}")).collect())
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Where what was created last in the collection of that request is.
pub(super) fn newest(ledger: &Ledger, create: &Request) -> Option<String> {
    let is_of = |entry: &&Entry| {
        matches!(entry.state, State::There | State::Doubtful | State::Kept) && collection(&entry.path) == create.path
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
            let noted = ledger.note(exchange, &body, Keep::No, place);
            assert_eq!(noted, *entered, "{} {}", exchange.request.method, exchange.request.path);
        }
        for id in ["2", "3"] {
            assert!(
                !ledger.permits(&exchange("DELETE", &format!("/Groups/{id}"), &Value::Null, 204, &Value::Null).request)
            );
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

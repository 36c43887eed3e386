//! Removes what a case created.
//!
//! **Invariant:** the server is asked about whatever it did not plainly confirm, and what is still there is told.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{self, JoinError, JoinSet};

use crate::judge;
use crate::verdict::Leftover;
use crate::wire::{Exchange, Request, Response, Wire};

use super::journal::Remaining;
use super::ledger::{Entered, Entry, Ledger, Lost, State, collection, is_named, is_of_another, named_in, names};
use super::waits::{AFTER_FAILURE, WAITS, is_failure};
use super::{Purse, Run, Shared, Stop, slots};
use crate::persona::Version;

/// What became of something that a journal names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It was there and was deleted.
    Deleted,
    /// It was not there, or nothing was found by that search.
    Absent,
    /// It is still there, or may be: why.
    Left(String),
}

/// Removes what a journal names with the care of a run: each is looked at before it is deleted, deletions are verified, and what
/// cannot be deleted is deactivated. Gives each path with what became of it, in the journal's order.
pub async fn sweep_journal(run: Run, left: &[Remaining]) -> Vec<(String, Removal)> {
    let shared = Shared::new(run);
    let mut removed: Vec<(String, Removal)> = Vec::new();
    let mut done = BTreeSet::new();
    for Remaining { unique, .. } in left {
        if !done.insert(unique) {
            continue;
        }
        let of_case: Vec<&Remaining> = left.iter().filter(|other| other.unique == *unique).collect();
        let ledger = Ledger::of_journal(unique, &of_case);
        let (transcript, leftovers) = sweep(Arc::clone(&shared), "sweep".to_owned(), ledger).await;
        for Remaining { path, .. } in of_case {
            let is_deletion = |exchange: &&Exchange| {
                let deletes = exchange.request.method == "DELETE";
                deletes && exchange.reply.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
            };
            let deleted = |exchange: &Exchange| match path.split_once('?') {
                Some((collection_of_search, _)) => collection(&exchange.request.path) == collection_of_search,
                None => exchange.request.path == *path,
            };
            let stays = leftovers.iter().find(|leftover| leftover.path == *path);
            let removal = match stays {
                Some(leftover) => Removal::Left(leftover.why.clone()),
                None if transcript.iter().filter(is_deletion).any(deleted) => Removal::Deleted,
                None => Removal::Absent,
            };
            removed.push((path.clone(), removal));
        }
        // What a search found and could not delete has a path of its own.
        let known = |path: &String| left.iter().any(|other| other.path == *path);
        let others = leftovers.into_iter().filter(|leftover| !known(&leftover.path));
        removed.extend(others.map(|leftover| (leftover.path, Removal::Left(leftover.why))));
    }
    shared.close();
    removed
}

/// What the server said to a DELETE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deletion {
    Confirmed,
    Refused,
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
        let hindrance = match self.shared.interrupted() {
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
                    && self.is_misnamed(&entry.path, entry.search.as_deref()).await => {}
            // By itself it needs no task.
            State::There if is_last && self.awaited.is_empty() => {
                let exchange = self.shared.send(&self.case, self.shared.own("DELETE", &entry.path)).await;
                self.deleted(&entry.path, exchange).await;
            }
            State::There => self.delete(entry.path).await,
            State::Doubtful => self.doubtful(&entry.path).await,
            State::Lost(why) => self.lost(&entry.path, why).await,
            State::Foreign => self.misnamed(&entry.path, entry.search.as_deref()).await,
            State::Deleted => {}
        }
    }

    /// Sends a deletion when it is its turn.
    async fn delete(&mut self, path: String) {
        self.answers(self.shared.options.batch.max(1) - 1).await;
        let (shared, case, request) = (Arc::clone(&self.shared), self.case.clone(), self.shared.own("DELETE", &path));
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
    async fn misnamed(&mut self, path: &str, search: Option<&str>) {
        self.gone(path);
        match search.filter(|search| search.contains(&self.unique)) {
            Some(search) => self.lost(search, Lost::Misnamed).await,
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
    async fn is_misnamed(&mut self, path: &str, search: Option<&str>) -> bool {
        let exchange = self.send(self.shared.own("GET", path)).await;
        let Some(response) = exchange.reply.as_ref().ok().filter(|response| response.status == 200) else {
            return false;
        };
        let body = judge::body(response);
        let Some(resource) = body.json() else { return false };
        let is_foreign = is_of_another(resource, path, &self.unique);
        if is_foreign {
            self.shared.trust.note(&Entered::Foreign, &self.unique);
            self.misnamed(path, search).await;
        } else if names(resource, collection(path), &self.unique) {
            self.shared.trust.note(&Entered::Seen(collection(path).to_owned()), &self.unique);
        }
        is_foreign
    }

    /// Sends a request, again where the server failed: what fails now and then must leave nothing behind.
    async fn send(&mut self, request: Request) -> Exchange {
        let exchange = self.shared.send(&self.case, request).await;
        self.not_failed(exchange).await
    }

    /// What comes of a request that was answered, when it is sent again where the server failed.
    async fn not_failed(&mut self, mut exchange: Exchange) -> Exchange {
        let since = Instant::now();
        loop {
            let wait = self.wait_after_failure(&exchange);
            self.transcript.push(exchange.clone());
            self.tell_answered();
            let Some((waited, wait)) = wait else { return exchange };
            self.pause(since, waited, wait).await;
            let look = exchange.look + 1;
            exchange = self.shared.send(&self.case, exchange.request).await;
            exchange.look = look;
        }
    }

    /// How long it was waited since the server began to fail at a request, and how long to wait before it is sent again.
    fn wait_after_failure(&self, exchange: &Exchange) -> Option<(Duration, Duration)> {
        if !is_failure(exchange) {
            return None;
        }
        let before = self.transcript.iter().rev();
        let times = before.take_while(|other| other.request == exchange.request && is_failure(other)).count();
        let waited = Duration::from_millis(AFTER_FAILURE.iter().take(times).sum());
        let patience = &self.shared.patience;
        let wait =
            AFTER_FAILURE.get(times).map(|wait| Duration::from_millis(*wait)).filter(|wait| match &self.shared.wire {
                Wire::Tape(tape) => tape.next_look(&self.case) == Some(exchange.look + 1),
                Wire::Http(_) => {
                    let patient =
                        times == 0 || patience.allows(Purse::Sweep, waited + *wait, self.shared.options.settle);
                    patient && self.shared.interrupted() == Stop::No
                }
            });
        if wait.is_none() {
            patience.spend(Purse::Sweep, waited);
        }
        Some((waited, wait?))
    }

    /// Judges the answer to a DELETE of ours. The first of each kind is checked, and each one once the server was seen to
    /// say 204 and keep the resource: it would otherwise fill the tenant unseen.
    async fn deleted(&mut self, path: &str, mut exchange: Exchange) {
        let first_of_kind = !self
            .transcript
            .iter()
            .any(|seen| seen.request.method == "DELETE" && collection(&seen.request.path) == collection(path));
        exchange = self.not_failed(exchange).await;
        let told = match &exchange.reply {
            Ok(response) => format!("DELETE answered {}", response.status),
            Err(no_reply) => format!("DELETE: {no_reply}"),
        };
        match exchange.reply.as_ref().map_or(0, |r| r.status) {
            404 | 410 => self.gone(path),
            200..300 if !self.is_to_be_checked(path, first_of_kind) => self.gone(path),
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

    /// Whether it is looked whether a confirmed deletion was carried out. In each collection that is done for the first cases of a run and
    /// then now and then, and for all once one was not.
    fn is_to_be_checked(&self, path: &str, is_first: bool) -> bool {
        match &self.shared.wire {
            Wire::Tape(tape) => tape.is_next(&self.case, "GET", path),
            Wire::Http(_) => self.shared.deletions.are_due_a_look(collection(path), is_first),
        }
    }

    /// An account that cannot be deleted is at least switched off.
    async fn switch_off(&mut self, path: &str) -> Option<&'static str> {
        if collection(path) != "/Users" {
            return None;
        }
        let (patch, media_type) = match self.shared.options.version {
            Version::V1 => (r#"{"schemas":["urn:scim:schemas:core:1.0"],"active":false}"#, "application/json"),
            Version::V2 => (
                r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}"#,
                "application/scim+json; charset=utf-8",
            ),
        };
        let mut request = self.shared.own("PATCH", path);
        request.headers.0.push(("Content-Type".to_owned(), media_type.to_owned()));
        request.body = Some(patch.into());
        let exchange = self.send(request).await;
        exchange.reply.is_ok_and(|r| (200..300).contains(&r.status)).then_some("it was deactivated instead")
    }

    async fn verify(&mut self, path: &str, why: &str, deletion: Deletion, settle: Duration) {
        let since = Instant::now();
        let mut waited = Duration::ZERO;
        let mut look = 0;
        let reply = loop {
            let mut exchange = self.shared.send(&self.case, self.shared.own("GET", path)).await;
            exchange.look = look;
            let there = exchange.reply.as_ref().is_ok_and(|response| self.is_ours(path, response));
            let reply = exchange.reply.clone();
            let after_failure = self.wait_after_failure(&exchange);
            self.transcript.push(exchange);
            self.tell_answered();
            // A server that settles late still shows for a moment what it has deleted.
            match after_failure.map(|(_, wait)| wait).or_else(|| self.wait(look, waited, settle).filter(|_| there)) {
                Some(wait) => {
                    self.pause(since, waited, wait).await;
                    waited += wait;
                    look += 1;
                }
                None => break reply,
            }
        };
        let there = reply.as_ref().is_ok_and(|response| self.is_ours(path, response));
        if there && deletion == Deletion::Confirmed {
            self.shared.deletions.lie();
        }
        if there {
            self.shared.patience.spend(Purse::Sweep, waited);
        } else if look > 0 {
            self.shared.patience.pays(since.elapsed());
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

    /// Waits before what was asked last is asked again.
    async fn pause(&self, since: Instant, waited: Duration, wait: Duration) {
        if matches!(self.shared.wire, Wire::Tape(_)) {
            return;
        }
        let until = self.shared.patience.until(since, waited, wait);
        if let Some(Exchange { request, .. }) = self.transcript.last() {
            self.shared.tell_settling(&self.case, request, until.saturating_duration_since(Instant::now()), waited);
        }
        slots::lend(tokio::time::sleep_until(until.into())).await;
    }

    /// Tells that what was asked last was answered.
    fn tell_answered(&self) {
        if let Some(Exchange { request, .. }) = self.transcript.last() {
            self.shared.tell_answered(&self.case, request);
        }
    }

    /// Whether an answer shows a resource of this case at that path.
    fn is_ours(&self, path: &str, response: &Response) -> bool {
        response.status == 200 && is_named(response, path, &self.unique)
    }

    /// How long to wait before asking again for what should be gone; `None` when it is there to stay.
    fn wait(&self, look: u32, waited: Duration, settle: Duration) -> Option<Duration> {
        let wait = Duration::from_millis(*WAITS.get(look as usize)?);
        if let Wire::Tape(tape) = &self.shared.wire {
            return (tape.next_look(&self.case) == Some(look + 1)).then_some(wait);
        }
        (self.shared.patience.allows(Purse::Sweep, waited + wait, settle) && self.shared.interrupted() == Stop::No)
            .then_some(wait)
    }

    /// The answer to the POST did not show our name, or the scenario deletes for itself: only a look tells whether there is
    /// something of ours to delete.
    async fn doubtful(&mut self, path: &str) {
        let exchange = self.send(self.shared.own("GET", path)).await;
        match &exchange.reply {
            Ok(Response { status: 404 | 410, .. }) => self.gone(path),
            Ok(response) if self.is_ours(path, response) => {
                let deletion = self.shared.send(&self.case, self.shared.own("DELETE", path)).await;
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
        let since = Instant::now();
        let mut waited = Duration::ZERO;
        let mut look = 0;
        let found = loop {
            let mut exchange = self.shared.send(&self.case, self.shared.own("GET", search)).await;
            exchange.look = look;
            let found = exchange.reply.as_ref().ok().and_then(|list| named_in(list, collection, &self.unique));
            // What is deleted in its own turn is not what was lost.
            let found: Option<Vec<String>> =
                found.map(|found| found.into_iter().filter(|path| !self.entered.contains(path)).collect());
            let after_failure = self.wait_after_failure(&exchange);
            self.transcript.push(exchange);
            self.tell_answered();
            let later = || self.wait(look, waited, settle).filter(|_| found.as_ref().is_some_and(Vec::is_empty));
            match after_failure.map(|(_, wait)| wait).or_else(later) {
                Some(wait) => {
                    self.pause(since, waited, wait).await;
                    waited += wait;
                    look += 1;
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
        }
        if look > 0 {
            self.shared.patience.pays(since.elapsed());
        }
        let before = self.leftovers.len();
        for path in found {
            let deletion = self.shared.send(&self.case, self.shared.own("DELETE", &path)).await;
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

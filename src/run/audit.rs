//! After the steps of a case: what it wrote is held against the laws of the model.
//!
//! The exchanges of a case are told to a [`Book`] of its own, which begins with what the server describes and its owner declares, and
//! with nothing else: so the order of cases matters to nobody. What the case wrote and has not read since is read once, by id. What
//! looks wrong is looked at again, as any late answer is.
//!
//! **Invariant:** what only one look has shown is not held against the server, and what a failed expectation of the case names already is
//! not told a second time. Whoever plays a recording asks for what the one that made it did, and for nothing else.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::judge::{self, Judge, Weight};
use crate::model::{Book, Deviation, Due, Law, Outcome, Source, Verb, Why};
use crate::requirement::{Failure, Level, RequirementId};
use crate::scenario::{Action, Case, Expectation, unfolded};
use crate::verdict::{Broken, Cause, Finding, NotScored, Note, Place};
use crate::wire::{Credential, Exchange, Headers, Request, Wire};

use super::case::Running;
use super::ledger::decoded;
use super::waits::WAITS;
use super::{Purse, Stop, gate};

pub(super) const TAKES_EFFECT: &str = "OKTA-write-takes-effect";
pub(super) const PUT_REPLACES: &str = "RFC7644-3.5.1-put-replaces-values";
pub(super) const GONE: &str = "RFC7644-3.6-gone";
pub(super) const GONE_FROM_LISTS: &str = "RFC7644-3.6-gone-from-queries";
pub(super) const TOUCHES_ONLY: &str = "OKTA-write-touches-only-its-target";
pub(super) const REFUSED: &str = "OKTA-refused-write-changes-nothing";
pub(super) const PATCH_ATOMIC: &str = "RFC7644-3.5.2-patch-atomic";
const VIEWS: &str = "OKTA-views-agree";
pub(super) const IDENTITY: &str = "RFC7643-3.1-id-stable";

/// So many resources are looked at again at a time: what is wrong with more of them is the same.
const MOST_AGAIN: usize = 6;

/// So many unread resources of a case are read: what creates hundreds shows with the first of them what becomes of each.
const MOST_UNREAD: usize = 4;

/// A text of a finding is cut there.
const SHOWN: usize = 160;

/// The texts by which a value is known again: of an object its `value`, where it has one.
fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(fields) => match fields.get("value").and_then(Value::as_str) {
            Some(text) => vec![text],
            None => fields.values().flat_map(texts_of).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// What a case can report, with the laws that its writes have to obey.
pub(super) fn with_laws(judge: &Judge, case: &Case, mut checks: Vec<RequirementId>) -> Vec<RequirementId> {
    let mut methods = BTreeSet::new();
    for step in unfolded(&case.given).into_iter().chain(unfolded(&case.steps)) {
        match &step.action {
            Action::Send(send) if send.laws => {
                methods.insert(send.request.method.as_str());
            }
            Action::Together { sends, .. } => {
                methods.extend(sends.iter().filter(|send| send.laws).map(|send| send.request.method.as_str()));
            }
            _ => {}
        }
    }
    let verbs: Vec<Verb> = methods.into_iter().filter_map(Verb::of).collect();
    if verbs.is_empty() {
        return checks;
    }
    let own = verbs.iter().flat_map(|verb| {
        let of_deletion = [GONE, GONE_FROM_LISTS].into_iter().filter(|_| *verb == Verb::Delete);
        [of_refused(*verb)].into_iter().chain(effect_of(*verb)).chain(of_deletion)
    });
    for id in own.chain([TOUCHES_ONLY, VIEWS, IDENTITY]) {
        let id = RequirementId::from(id);
        if judge.weight(&id).is_some() && !checks.contains(&id) {
            checks.push(id);
        }
    }
    checks
}

/// Who demands that a write does what it says; of a deletion it is the absence that shows it.
fn effect_of(verb: Verb) -> Option<&'static str> {
    match verb {
        Verb::Put => Some(PUT_REPLACES),
        Verb::Post | Verb::Patch => Some(TAKES_EFFECT),
        Verb::Delete => None,
    }
}

/// Who demands that a refused write does nothing.
fn of_refused(verb: Verb) -> &'static str {
    if verb == Verb::Patch { PATCH_ATOMIC } else { REFUSED }
}

/// The law that was broken, and the write that broke it with its place.
type Blame<'a> = (Law, Option<(usize, &'a Exchange)>);

impl Running {
    /// Holds what the case has done against the laws of the model, if it came to an end of its own.
    pub(super) async fn audit(&mut self, case: &Case) {
        let is_ended = matches!(self.shared.wire, Wire::Http(_)) && self.shared.stopping() > Stop::No;
        if self.ran.cause.is_some() || self.ran.is_cut_short || is_ended {
            return;
        }
        let Some(ways) = self.shared.options.laws.clone() else { return };
        let mut headers = Vec::new();
        for (name, value) in &case.headers {
            headers.extend(value.fill(&self.bindings).ok().map(|value| (name.clone(), value)));
        }
        let steps_end = self.ran.transcript.len();
        let mut book = Book::new(ways);
        self.tell(&mut book, 0..steps_end);
        let due = book.audit_due().into_iter().filter(|due| self.shared.options.read_unread && self.is_due(due));
        let unread: Vec<Due> = due.take(MOST_UNREAD).collect();
        // A lookup shows as much as a read by id, and what only lookups show wrongly besides: that costs nothing.
        let lookups: Vec<String> = unread.iter().filter_map(|due| book.lookup(due)).collect();
        self.read_all(&mut book, lookups, &headers).await;
        let still = book.audit_due();
        let unread = unread.into_iter().filter(|due| still.contains(due)).map(|due| due.path);
        self.read_all(&mut book, unread.collect(), &headers).await;
        // What a list has shown otherwise than it has to be is held against a read by id.
        let seen = book.seen_in_lists().into_iter().filter(|due| self.shared.options.read_unread && self.is_due(due));
        let seen: Vec<String> = seen.map(|due| due.path).take(MOST_UNREAD).collect();
        self.read_all(&mut book, seen, &headers).await;
        let rounds = u32::from(self.ran.transcript.len() > steps_end);
        match self.look_again(&mut book, &headers, rounds).await {
            Ok(()) => {
                self.ran.treated = book.ways().treated();
                self.hold(case, &book);
            }
            // What looks wrong so far may only be late: the case is open.
            Err(end) => {
                self.ran.is_cut_short = matches!(self.shared.wire, Wire::Http(_));
                self.ran.cause = self.ran.is_cut_short.then_some(end);
            }
        }
    }

    /// Looks again at what a step has shown that demands nothing, where that breaks a law: after later writes nobody could say whether it
    /// was only late.
    ///
    /// # Errors
    /// When the run ends before that: why.
    pub(super) async fn look_until_right(&mut self) -> Result<(), Cause> {
        let (Some(ways), Some(exchange)) = (self.shared.options.laws.clone(), self.ran.transcript.last()) else {
            return Ok(());
        };
        let headers = exchange.request.headers.0.clone();
        let end = self.ran.transcript.len();
        let mut book = Book::new(ways);
        self.tell(&mut book, 0..end);
        let is_wrong = book.standing().any(|doubt| doubt.at + 1 == end);
        if is_wrong { self.look_again(&mut book, &headers, 1).await } else { Ok(()) }
    }

    /// Reads what is due, each once.
    async fn read_all(&mut self, book: &mut Book, all: Vec<String>, headers: &[(String, String)]) {
        for path in all {
            let may = match &self.shared.wire {
                Wire::Tape(tape) => tape.is_next(&self.id, "GET", &path),
                Wire::Http(_) => self.shared.stopping() == Stop::No && self.shared.meter.take_what_is_left(),
            };
            if may {
                let request = Request { headers: Headers(headers.to_vec()), ..Request::own("GET", path) };
                self.read_for(book, request, 0).await;
            }
        }
    }

    /// Tells the book what was sent and answered.
    fn tell(&self, book: &mut Book, places: std::ops::Range<usize>) {
        let body = |place: usize| {
            let response = self.ran.transcript[place].reply.as_ref().ok()?;
            judge::body(response).json().cloned()
        };
        let mut place = places.start;
        while place < places.end {
            let together = self.made.iter().find(|made| made.together && made.places.start == place);
            let end = together.map_or(place + 1, |made| made.places.end.max(place + 1));
            let bodies: Vec<Option<Value>> = (place..end).map(body).collect();
            let group = (place..end).zip(&bodies);
            let group: Vec<_> =
                group.map(|(place, body)| (place, &self.ran.transcript[place], body.as_ref())).collect();
            match group.as_slice() {
                [(place, exchange, body)] => {
                    book.note(*place, exchange, *body);
                }
                group => {
                    book.note_together(group);
                }
            }
            place = end;
        }
    }

    /// Whether the case wrote to it by itself, and is held to what that came to.
    fn is_due(&self, due: &Due) -> bool {
        let is_of_it = |exchange: &Exchange| {
            let path = exchange.request.path.split('?').next().unwrap_or_default();
            let is_created = || {
                let collection = due.path.rsplit_once('/').map_or("", |(collection, _)| collection);
                path == collection && exchange.reply.as_ref().is_ok_and(|response| holds(&response.body, &due.id))
            };
            match Verb::of(&exchange.request.method) {
                Some(Verb::Post) => is_created(),
                Some(_) => path == due.path,
                None => false,
            }
        };
        let last = self.ran.transcript.iter().rposition(is_of_it);
        let is_exempt = last.is_none_or(|place| self.is_exempt(place));
        let is_ours = self.ledger.lock().unwrap_or_else(PoisonError::into_inner).owns(&due.path);
        due.why == Why::Written && is_ours && !is_exempt
    }

    /// The step that has made an exchange: the innermost.
    fn step_of(&self, place: usize) -> Option<&super::case::Made> {
        let of_it = self.made.iter().filter(|made| made.places.contains(&place));
        of_it.min_by_key(|made| made.places.len())
    }

    fn is_exempt(&self, place: usize) -> bool {
        self.step_of(place).is_some_and(|made| !made.laws)
    }

    /// Reads something for the book.
    async fn read_for(&mut self, book: &mut Book, request: Request, look: u32) {
        let place = self.before + self.ran.transcript.len();
        let heard = gate::send(&self.shared, &self.ledger, &self.id, request, place).await;
        let Ok(mut heard) = heard else { return };
        heard.exchange.look = look;
        let (place, _) = self.file_exchange(heard);
        self.tell(book, place..place + 1);
    }

    /// Looks again at what looks wrong, until it is right or there is no patience left. `rounds` have been read before.
    ///
    /// # Errors
    /// When the run ends before that: why.
    async fn look_again(&mut self, book: &mut Book, headers: &[(String, String)], rounds: u32) -> Result<(), Cause> {
        let settle = self.shared.options.settle;
        let since = Instant::now();
        let (mut waited, mut looks) = (Duration::ZERO, 0);
        loop {
            let doubts: Vec<Deviation> =
                self.held(book).into_iter().filter(|doubt| doubt.source != Source::Answer).collect();
            let Some(first) = doubts.first() else {
                if let (true, Some(last)) = (looks > 0, self.ran.transcript.len().checked_sub(1)) {
                    self.settled(since, looks, last);
                }
                return Ok(());
            };
            let amiss: BTreeSet<String> = doubts.iter().map(|doubt| self.way(doubt)).collect();
            let wait = WAITS.get(looks as usize).map(|wait| Duration::from_millis(*wait));
            let is_patient = |wait: &Duration| match &self.shared.wire {
                Wire::Tape(tape) => rounds + looks == 0 || tape.next_look(&self.id) == Some(rounds + looks),
                Wire::Http(_) => {
                    let patience = &self.shared.patience;
                    looks == 0 || patience.allows_for(&amiss, Purse::Steps, waited + *wait, settle)
                }
            };
            let is_live = matches!(self.shared.wire, Wire::Http(_));
            if is_live && self.shared.stopping() > Stop::No {
                return Err(self.shared.end());
            }
            let Some(wait) = wait.filter(is_patient) else {
                self.shared.patience.spend(Purse::Steps, waited);
                self.shared.patience.was_in_vain(amiss);
                return Ok(());
            };
            self.pause(first.at, since, waited, wait).await;
            for request in self.again(book, &doubts, headers) {
                let may = match &self.shared.wire {
                    Wire::Tape(tape) => tape.is_next(&self.id, "GET", &request.path),
                    Wire::Http(_) => self.shared.stopping() == Stop::No && self.shared.meter.take(),
                };
                if !may {
                    return Err(self.shared.end());
                }
                self.read_for(book, request, rounds + looks).await;
            }
            waited += wait;
            looks += 1;
        }
    }

    /// What shows again what looks wrong: the same reads, and those by id.
    fn again(&self, book: &Book, doubts: &[Deviation], headers: &[(String, String)]) -> Vec<Request> {
        let due = book.audit_due();
        let mut all: Vec<Request> = Vec::new();
        for doubt in doubts.iter().take(MOST_AGAIN) {
            let shown_by = self.ran.transcript.get(doubt.at).map(|exchange| &exchange.request);
            let same = shown_by.filter(|request| request.method == "GET" && request.credential == Credential::Own);
            let by_id = due.iter().filter(|due| due.kind == doubt.kind && due.id == doubt.id);
            let by_id = by_id
                .map(|due| Request { headers: Headers(headers.to_vec()), ..Request::own("GET", due.path.clone()) });
            // From the other end of a membership.
            let groups = of_membership(doubt).filter(|id| is_plain(id)).map(|id| Request {
                headers: Headers(headers.to_vec()),
                ..Request::own("GET", format!("/Groups/{id}"))
            });
            for request in same.cloned().into_iter().chain(by_id).chain(groups) {
                if all.iter().all(|known| known.path != request.path) {
                    all.push(request);
                }
            }
        }
        all
    }

    /// What stands that the case is held to: one of each way, and nothing that one of its findings names already.
    fn held(&self, book: &Book) -> Vec<Deviation> {
        let mut ways = BTreeSet::new();
        let is_held = |doubt: &&Deviation| {
            !doubt.writes.iter().chain([&doubt.at]).any(|place| self.is_exempt(*place))
                && !self.is_named(doubt)
                && ways.insert(self.way(doubt))
        };
        // Where the group itself has lost or gained whom it should not, its members say it.
        let is_of_group = |doubt: &&Deviation| {
            let of_group = |other: &Deviation, id: &str| other.attribute == "members" && other.id == id;
            of_membership(doubt).any(|id| book.standing().any(|other| of_group(other, id)))
        };
        // Who got the id of another has all that is of that one, too.
        let is_of_taken = |doubt: &&Deviation| {
            let is_taken = |other: &Deviation| other.source == Source::Answer && other.id == doubt.id;
            doubt.source != Source::Answer && book.standing().any(is_taken)
        };
        let own = book.standing().filter(|doubt| !is_of_group(doubt) && !is_of_taken(doubt));
        own.filter(is_held).cloned().collect()
    }

    /// In which way something is wrong, without what differs from one resource to the next.
    fn way(&self, doubt: &Deviation) -> String {
        let verb = self.blamed(doubt).1.map_or("", |(_, exchange)| exchange.request.method.as_str());
        format!("{:?} {verb} {} {}", doubt.law, doubt.kind.as_str(), doubt.attribute)
    }

    /// The write that has most likely done it: one of another resource that says what is shown, else the last one of that resource since
    /// it was right, or the last one at all.
    fn suspect(&self, doubt: &Deviation) -> Option<(usize, &Exchange)> {
        let writes = || doubt.writes.iter().filter_map(|place| Some((*place, self.ran.transcript.get(*place)?)));
        // A create does not take its own resource away.
        let may_have = |exchange: &Exchange| doubt.law != Law::Identity || exchange.request.method != "POST";
        let of_it = || writes().rfind(|(_, exchange)| is_of(doubt, exchange) && may_have(exchange));
        self.source(doubt).or_else(of_it).or_else(|| writes().next_back())
    }

    /// The write of another resource from which a value comes that no write of this one has ever said.
    fn source(&self, doubt: &Deviation) -> Option<(usize, &Exchange)> {
        let shown: Vec<String> = texts_of(&doubt.shown).into_iter().map(|text| Value::from(text).to_string()).collect();
        if shown.is_empty() || doubt.shown == doubt.before {
            return None;
        }
        let says =
            |exchange: &Exchange, text: &String| exchange.request.body.as_deref().is_some_and(|body| holds(body, text));
        let own = self.ran.transcript.iter().filter(|exchange| is_of(doubt, exchange));
        if own.into_iter().any(|exchange| shown.iter().any(|text| says(exchange, text))) {
            return None;
        }
        let mut writes = doubt.writes.iter().filter_map(|place| Some((*place, self.ran.transcript.get(*place)?)));
        writes.rfind(|(_, exchange)| !is_of(doubt, exchange) && shown.iter().all(|text| says(exchange, text)))
    }

    /// The law that was broken, and the write that broke it. What a write asked for and its own answer has shown, a later one that does
    /// not name it has changed.
    fn blamed(&self, doubt: &Deviation) -> Blame<'_> {
        let suspect = self.suspect(doubt);
        if doubt.law == Law::Effect && suspect.is_some_and(|(_, exchange)| !is_of(doubt, exchange)) {
            return (Law::Frame, suspect);
        }
        let (_, parts) = split(&doubt.attribute);
        let (Law::Effect, Some(name), Some((last, _))) = (doubt.law, parts.last(), suspect) else {
            return (doubt.law, suspect);
        };
        let asks = |exchange: &Exchange| {
            let body = exchange.request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            body.to_lowercase().contains(&name.to_lowercase())
        };
        let writes = doubt.writes.iter().filter_map(|place| Some((*place, self.ran.transcript.get(*place)?)));
        let asked = |(place, exchange): &(usize, &Exchange)| *place <= last && is_of(doubt, exchange) && asks(exchange);
        let Some((asked, exchange)) = writes.rev().find(asked) else {
            return (doubt.law, suspect);
        };
        // The answer to that write, or a read before the last one, has shown it as it should be.
        let path = exchange.request.path.split('?').next();
        let shows = |(place, seen): (usize, &Exchange)| {
            let is_of_it =
                place == asked || (seen.request.method == "GET" && seen.request.path.split('?').next() == path);
            let body = seen.reply.as_ref().map(|answer| answer.body.as_slice()).unwrap_or_default();
            let is_there = |demanded: &Value| {
                let texts = texts_of(demanded);
                !texts.is_empty() && texts.iter().all(|text| holds(body, text))
            };
            is_of_it && doubt.demanded.iter().any(is_there)
        };
        let between = self.ran.transcript.iter().enumerate().take(last).skip(asked);
        let was_right = between.into_iter().any(shows);
        if asked < last && was_right { (Law::Frame, suspect) } else { (Law::Effect, Some((asked, exchange))) }
    }

    /// Whether a failed expectation of the case is about the same already.
    fn is_named(&self, doubt: &Deviation) -> bool {
        let later = self.ran.not_scored.iter().map(|not_scored| &not_scored.finding);
        self.ran.findings.iter().chain(later).any(|finding| {
            let Some(exchange) = self.ran.transcript.get(finding.exchange) else { return false };
            let speaks_of = |id: &str| {
                let answer = exchange.reply.as_ref().ok();
                exchange.request.path.contains(id) || answer.is_some_and(|answer| holds(&answer.body, id))
            };
            // From the other end of a membership.
            if let Place::Body(pointer) = &finding.place
                && of_membership(doubt).any(|group| is_at(pointer, "members") && speaks_of(group))
            {
                return true;
            }
            let is_write = doubt.writes.contains(&finding.exchange);
            (is_write || speaks_of(&doubt.id))
                && match &finding.place {
                    Place::Body(pointer) => is_at(pointer, &doubt.attribute),
                    Place::Status => is_write || doubt.attribute.is_empty(),
                    Place::Walk | Place::Together => doubt.attribute.is_empty() || doubt.source != Source::Id,
                    Place::Header(_) | Place::Time => false,
                }
        })
    }

    /// Makes findings of what stands.
    fn hold(&mut self, case: &Case, book: &Book) {
        let stands = |doubt: &Deviation| doubt.looks >= 2 || doubt.source == Source::Answer;
        let standing: Vec<Deviation> = self.held(book).into_iter().filter(stands).collect();
        for doubt in standing {
            let blame = self.blamed(&doubt);
            let requirement = RequirementId::from(demand(&doubt, blame));
            let Some(weight) = self.shared.judge.weight(&requirement) else { continue };
            let Some(finding) = self.finding(case, &doubt, blame, requirement.clone()) else { continue };
            if !self.ran.judged.contains(&requirement) {
                self.ran.judged.push(requirement);
            }
            match weight {
                Weight::Later(level, since) => {
                    self.ran.not_scored.push(NotScored { finding: Finding { level, ..finding }, since });
                }
                Weight::Scored(Level::May) => self.ran.notes.push(Note {
                    text: finding.expected,
                    requirement: Some(finding.requirement),
                    exchange: Some(finding.exchange),
                    all_well: false,
                }),
                Weight::Scored(level) => self.ran.findings.push(Finding { level, ..finding }),
            }
        }
        self.note_obeyed(book);
        // Where the steps ask for nothing the laws are what the case is about.
        self.ran.own_judged |= !asks_for_anything(case) && !self.ran.judged.is_empty();
    }

    /// Notes which laws were judged: there was a write for it, and a look at what came of it.
    fn note_obeyed(&mut self, book: &Book) {
        if book.audit_due().iter().any(|due| due.why == Why::Written && self.is_due(due)) {
            return;
        }
        let own =
            (0..self.ran.transcript.len()).filter(|place| !self.ran.shared.iter().any(|shared| shared.holds(*place)));
        let mut judged = BTreeSet::new();
        for exchange in own.filter(|place| !self.is_exempt(*place)).map(|place| &self.ran.transcript[place]) {
            let Some(verb) = Verb::of(&exchange.request.method) else { continue };
            match Outcome::of(exchange) {
                Outcome::Done => {
                    judged.extend([TOUCHES_ONLY, IDENTITY].into_iter().chain(effect_of(verb)));
                    judged.extend(Some(VIEWS).filter(|_| book.has_compared_views()));
                }
                Outcome::Refused => judged.extend([of_refused(verb)]),
                Outcome::Unknown => {}
            }
        }
        let known = judged.into_iter().map(RequirementId::from).filter(|id| self.shared.judge.weight(id).is_some());
        let new: Vec<RequirementId> = known.filter(|id| !self.ran.judged.contains(id)).collect();
        self.ran.judged.extend(new);
    }

    fn finding(
        &self,
        case: &Case,
        doubt: &Deviation,
        (law, suspect): Blame<'_>,
        requirement: RequirementId,
    ) -> Option<Finding> {
        let place = match (doubt.attribute.as_str(), self.status(doubt.at)) {
            ("", Some(404 | 410)) => Place::Status,
            (attribute, _) => Place::Body(pointer(attribute)),
        };
        let actual = match (&place, self.status(doubt.at)) {
            (Place::Status, Some(status)) => status.into(),
            _ => brief(&doubt.shown),
        };
        let span = suspect.and_then(|(place, _)| self.step_of(place)).or_else(|| self.step_of(doubt.at));
        let first = || case.given.iter().chain(&case.steps).next();
        let span = span.map(|made| made.span.clone()).or_else(|| first().map(|step| step.span.clone()));
        Some(Finding {
            requirement,
            level: Level::Must,
            expected: expected(doubt, (law, suspect)),
            actual,
            place,
            failure: Failure::NoEffect,
            exchange: doubt.at,
            in_setup: false,
            because: None,
            known: None,
            law: Some(Broken {
                kind: doubt.kind.as_str().to_owned(),
                attribute: doubt.attribute.clone(),
                method: suspect.map(|(_, exchange)| exchange.request.method.clone()),
                write: suspect.map(|(place, _)| place),
                demanded: demanded(doubt),
            }),
            span: span?,
        })
    }

    fn status(&self, place: usize) -> Option<u16> {
        self.ran.transcript.get(place)?.reply.as_ref().ok().map(|response| response.status)
    }
}

/// Whether a case has demands of its own.
fn asks_for_anything(case: &Case) -> bool {
    let is_own = |expectations: &[Expectation]| expectations.iter().any(|expectation| !expectation.of_suite);
    unfolded(&case.steps).into_iter().any(|step| match &step.action {
        Action::Send(send) => is_own(&send.expect),
        Action::Walk(walk) => is_own(&walk.expect),
        Action::Together { sends, expect } => is_own(expect) || sends.iter().any(|send| is_own(&send.expect)),
        Action::Each(_) | Action::Bind(_) | Action::Shared(_) => false,
    })
}

/// Who demands what is not so.
fn demand(doubt: &Deviation, (law, suspect): Blame<'_>) -> &'static str {
    let suspect = suspect.map(|(_, exchange)| exchange);
    let verb = suspect.and_then(|exchange| Verb::of(&exchange.request.method));
    let is_gone = doubt.attribute.is_empty() && doubt.demanded.iter().all(Value::is_null);
    match law {
        Law::Effect if is_gone => GONE,
        Law::Effect => verb.and_then(effect_of).unwrap_or(TAKES_EFFECT),
        Law::Frame if suspect.is_some_and(|exchange| Outcome::of(exchange) == Outcome::Refused) => {
            verb.map_or(REFUSED, of_refused)
        }
        Law::Frame => TOUCHES_ONLY,
        Law::Views if is_gone => GONE_FROM_LISTS,
        Law::Views => VIEWS,
        Law::Identity => IDENTITY,
    }
}

/// What should be there.
fn demanded(doubt: &Deviation) -> String {
    let told = |value: &Value| if value.is_null() { "nothing".to_owned() } else { text(value) };
    let demanded: BTreeSet<String> = doubt.demanded.iter().map(told).collect();
    Vec::from_iter(demanded).join(" or ")
}

/// What should be there, and by which write it is not.
fn expected(doubt: &Deviation, (law, suspect): Blame<'_>) -> String {
    let demanded = demanded(doubt);
    let Some((_, exchange)) = suspect else { return format!("{demanded}, as before") };
    let write = exchange.request.kind();
    let status = exchange.reply.as_ref().map_or(0, |response| response.status);
    let is_other = !is_of(doubt, exchange);
    match law {
        Law::Effect if doubt.attribute.is_empty() => format!("404: {write} was answered {status}"),
        Law::Effect => format!("{demanded}, as {write} asked for"),
        Law::Frame if Outcome::of(exchange) == Outcome::Refused => {
            format!("{demanded} as before {write}, which was refused with {status}")
        }
        Law::Frame if is_other => format!("{demanded} as before {write}, which was about another resource"),
        Law::Frame => format!("{demanded} as before {write}, which did not name it"),
        Law::Views => format!("{demanded}, as other reads after {write} show"),
        Law::Identity if doubt.source == Source::Answer => {
            format!("an id of its own, and not that of {}", text(&doubt.before))
        }
        Law::Identity => format!("the resource that was there before {write}"),
    }
}

/// Whether a write is of the resource itself.
fn is_of(doubt: &Deviation, exchange: &Exchange) -> bool {
    let path = exchange.request.path.split('?').next().unwrap_or_default();
    match Verb::of(&exchange.request.method) {
        Some(Verb::Post) => {
            let collection = format!("/{}s", doubt.kind.as_str());
            path == collection && exchange.reply.as_ref().is_ok_and(|answer| holds(&answer.body, &doubt.id))
        }
        Some(_) => decoded(path).contains(&doubt.id),
        None => false,
    }
}

/// The groups of which a user says otherwise than they do.
fn of_membership(doubt: &Deviation) -> impl Iterator<Item = &str> {
    let is_of_groups = doubt.law == Law::Views && doubt.attribute == "groups";
    doubt.demanded.iter().chain([&doubt.shown]).filter(move |_| is_of_groups).filter_map(Value::as_str)
}

/// Whether an id can stand in a path as it is.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a body speaks of an id.
fn holds(body: &[u8], id: &str) -> bool {
    !id.is_empty() && body.windows(id.len()).any(|part| part == id.as_bytes())
}

/// The attribute without its URN, and its parts: `name`, `givenName`.
fn split(attribute: &str) -> (Option<&str>, Vec<&str>) {
    let (urn, name) = match attribute.rsplit_once(':') {
        Some((urn, name)) => (Some(urn), name),
        None => (None, attribute),
    };
    (urn, name.split('.').filter(|part| !part.is_empty()).collect())
}

/// Where an attribute stands in a body.
pub(super) fn pointer(attribute: &str) -> String {
    let (urn, parts) = split(attribute);
    urn.into_iter().chain(parts).map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}

/// Whether a place in a body is that of an attribute, or of the whole.
fn is_at(pointer: &str, attribute: &str) -> bool {
    let (_, parts) = split(attribute);
    let Some(name) = parts.first() else { return pointer.is_empty() };
    pointer.is_empty() || pointer.split('/').any(|token| token.eq_ignore_ascii_case(name))
}

/// A value as a text that is not too long.
pub(super) fn text(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn brief(value: &Value) -> Value {
    if value.to_string().len() > 4 * SHOWN { Value::from(text(value)) } else { value.clone() }
}

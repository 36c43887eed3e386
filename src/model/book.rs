//! The book: of each resource of ours, what a read showed last, and what the writes since then oblige the server to show.
//!
//! **Invariant:** the same exchanges in the same order give the same deviations, so that a recording is judged as the run was. What
//! deviates is a doubt until it was looked at again: whoever feeds the book decides how often.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::compare::{Deviation, Law, Look, Source, Standing, look_at};
use super::effect::{effect, resource_of};
use super::learn::{Learnt, Ways};
use super::names::{self, Kind};
use super::path::{self, Filter};
use super::state::{Attribute, Demand, Exists, Expected, Verb};
use super::value::{is_nothing, part, same};
use super::views::{self, View};
use crate::wire::{Exchange, NoReply};

/// What a path segment need not escape (RFC 3986 §2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whether a write was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was, says the answer.
    Done,
    /// It was not, says the answer.
    Refused,
    /// Nothing says it.
    Unknown,
}

impl Outcome {
    /// What the answer to a write says of it.
    pub fn of(exchange: &Exchange) -> Self {
        match &exchange.reply {
            Ok(response) => match response.status {
                200..=299 => Outcome::Done,
                // A gateway knows no more than we do.
                408 | 502..=504 | 0..=399 => Outcome::Unknown,
                _ => Outcome::Refused,
            },
            Err(NoReply::Refused(_) | NoReply::Tls(_) | NoReply::NoToken(_)) => Outcome::Refused,
            Err(_) => Outcome::Unknown,
        }
    }
}

/// Why a resource is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was written, or a write of it was refused, and nobody has read it since.
    Written,
    /// The last look at it showed something that may only have been late.
    Doubt,
}

/// A resource that is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What kind it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// What to ask for, below the base URL: `/Users/2819c223`.
    pub path: String,
    /// Why.
    pub why: Why,
}

/// What is known of one resource.
#[derive(Clone, Debug)]
struct Entry {
    expected: Expected,
    path: String,
    /// When it was last written, or a write of it was refused.
    written_at: usize,
    /// When a read by id was last answered, or a list that was right.
    looked_at: usize,
    /// What that showed.
    by_id: Option<View>,
    /// What lists have shown since, by the path of the request.
    listed: BTreeMap<String, View>,
}

/// The book of a run or a case.
#[derive(Clone, Debug, Default)]
pub struct Book {
    entries: BTreeMap<(Kind, String), Entry>,
    ways: Ways,
    /// The places of the exchanges, by when they were noted.
    places: Vec<usize>,
    /// When something was written.
    writes: Vec<usize>,
    /// Texts that we sent, in lower case.
    sent: BTreeSet<String>,
    /// What the last look at a path showed to be wrong.
    doubts: BTreeMap<String, Vec<Deviation>>,
    /// Whether views of one resource were held against each other.
    compared: bool,
}

impl Book {
    /// An empty book of a server of which that is known.
    pub fn new(ways: Ways) -> Self {
        Self { ways, ..Self::default() }
    }

    /// What the server does with attributes, as far as it was learnt.
    pub fn learnt(&self) -> impl Iterator<Item = &Learnt> {
        self.ways.learnt()
    }

    /// The same, for another book of the same server.
    pub fn ways(&self) -> &Ways {
        &self.ways
    }

    /// Takes in a resource that was created elsewhere, as a read by id has shown it, so that it is watched from then on. `path` is where it
    /// is below the base URL.
    pub fn adopt(&mut self, place: usize, path: &str, shown: &Value) {
        let Some((kind, Some(id))) = resource_of(path) else { return };
        self.places.push(place);
        let now = self.now();
        let mut expected = Expected { born: now, ..Expected::shown(kind, shown) };
        expected.attributes.values_mut().for_each(|attribute| attribute.clean_at = now);
        let by_id = Some(View { source: Source::Id, at: now, resource: shown.clone() });
        let (path, listed) = (bare(path).to_owned(), BTreeMap::new());
        let key = (kind, decoded(id));
        self.entries.insert(key, Entry { expected, path, written_at: 0, looked_at: now, by_id, listed });
    }

    /// What a resource has to show.
    pub fn expected(&self, kind: Kind, id: &str) -> Option<&Expected> {
        self.entries.get(&(kind, id.to_owned())).map(|entry| &entry.expected)
    }

    /// Takes note of an exchange: its place, and the body of the answer where that is JSON. Returns what it shows to be wrong.
    pub fn note(&mut self, place: usize, exchange: &Exchange, body: Option<&Value>) -> Vec<Deviation> {
        self.places.push(place);
        match Verb::of(&exchange.request.method) {
            Some(verb) => self.write(verb, exchange, body),
            None if exchange.request.method == "GET" => self.read(exchange, body),
            None => Vec::new(),
        }
    }

    /// Takes note of exchanges that were sent at the same moment, so that nobody knows which came first: what hangs on that may come
    /// to either.
    pub fn note_together(&mut self, exchanges: &[(usize, &Exchange, Option<&Value>)]) -> Vec<Deviation> {
        let mut other = self.clone();
        let mut found = Vec::new();
        for (place, exchange, body) in exchanges {
            found.extend(self.note(*place, exchange, *body));
        }
        for (place, exchange, body) in exchanges.iter().rev() {
            other.note(*place, exchange, *body);
        }
        for (key, entry) in &mut self.entries {
            if let Some(other) = other.entries.get(key) {
                entry.expected = Expected::either(&other.expected, entry.expected.clone());
            }
        }
        found
    }

    /// What the last looks showed to be wrong.
    pub fn standing(&self) -> impl Iterator<Item = &Deviation> {
        self.doubts.values().flatten()
    }

    /// Whether several views of one resource were held against each other.
    pub fn has_compared_views(&self) -> bool {
        self.compared
    }

    /// Which resources were written and not read since, or looked wrong when they were.
    pub fn audit_due(&self) -> Vec<Due> {
        let due = |((kind, id), entry): (&(Kind, String), &Entry)| {
            let paths = [entry.path.clone(), membership(&entry.path)];
            let is_doubtful = paths.iter().any(|path| self.doubts.contains_key(path));
            let is_unread = entry.expected.exists != Exists::No && entry.written_at > entry.looked_at;
            let why = if is_doubtful { Why::Doubt } else { Why::Written };
            let due = Due { kind: *kind, id: id.clone(), path: entry.path.clone(), why };
            (is_doubtful || is_unread).then_some(due)
        };
        self.entries.iter().filter_map(due).collect()
    }

    /// What lists have shown since the last write otherwise than it has to be, and no read by id: it is not known yet what is wrong.
    pub fn seen_in_lists(&self) -> Vec<Due> {
        let last_write = self.writes.last().copied().unwrap_or_default();
        let is_seen = |entry: &Entry| {
            let in_list = entry.listed.values().any(|view| view.at > last_write);
            let by_id = entry.by_id.as_ref().is_some_and(|view| view.at > last_write);
            let is_clean = entry.looked_at > last_write;
            in_list && !by_id && !is_clean && entry.expected.exists == Exists::Yes
        };
        let seen = self.entries.iter().filter(|(_, entry)| is_seen(entry));
        let due = |((kind, id), entry): (&(Kind, String), &Entry)| Due {
            kind: *kind,
            id: id.clone(),
            path: entry.path.clone(),
            why: Why::Written,
        };
        seen.map(due).collect()
    }

    /// The lookup by name that shows a resource, where it is known which name it has: `/Users?filter=userName eq "jane@example.com"`.
    pub fn lookup(&self, due: &Due) -> Option<String> {
        let entry = self.entries.get(&(due.kind, due.id.clone()))?;
        let name = entry.expected.attributes.get(due.kind.name_key())?;
        let value = name.demand.only().filter(|_| name.late.is_empty())?.value.as_str()?;
        let filter = format!("{} eq {}", name.spelled, Value::from(value));
        let collection = entry.path.rsplit_once('/').map(|(collection, _)| collection)?;
        Some(format!("{collection}?filter={}", utf8_percent_encode(&filter, SEGMENT)))
    }

    /// What was deleted, and nobody has seen gone.
    pub fn gone(&self) -> Vec<Due> {
        let gone = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.expected.exists == Exists::No && entry.written_at > entry.looked_at);
        let due = |((kind, id), entry): (&(Kind, String), &Entry)| Due {
            kind: *kind,
            id: id.clone(),
            path: entry.path.clone(),
            why: Why::Written,
        };
        gone.map(due).collect()
    }

    fn now(&self) -> usize {
        self.places.len()
    }

    fn write(&mut self, verb: Verb, exchange: &Exchange, answer: Option<&Value>) -> Vec<Deviation> {
        let request = &exchange.request;
        let path = bare(&request.path);
        if path.ends_with("/.search") {
            return Vec::new();
        }
        let now = self.now();
        self.writes.push(now);
        let body: Option<Value> = request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
        if let Some(body) = &body {
            texts(body, &mut self.sent);
        }
        let outcome = Outcome::of(exchange);
        match resource_of(path) {
            Some((kind, None)) if verb == Verb::Post => {
                self.create(kind, path, outcome, body.as_ref(), exchange, answer)
            }
            Some((kind, Some(id))) if verb != Verb::Post => {
                self.change(kind, &decoded(id), path, verb, outcome, body.as_ref());
                Vec::new()
            }
            _ => {
                // Several at once, say: nobody knows which.
                if outcome != Outcome::Refused && path.eq_ignore_ascii_case("/Bulk") {
                    self.entries.values_mut().for_each(|entry| entry.expected.open = true);
                }
                Vec::new()
            }
        }
    }

    fn create(
        &mut self,
        kind: Kind,
        path: &str,
        outcome: Outcome,
        body: Option<&Value>,
        exchange: &Exchange,
        answer: Option<&Value>,
    ) -> Vec<Deviation> {
        let Some(id) = id_of(exchange, answer).filter(|_| outcome == Outcome::Done) else {
            return Vec::new();
        };
        let now = self.now();
        let created = Expected { born: now, ..effect(&Expected::new(kind), Verb::Post, body) };
        let key = (kind, id.clone());
        if let Some(known) = self.entries.get_mut(&key)
            && known.expected.exists == Exists::Yes
        {
            let name = |expected: &Expected| match expected.attributes.get(kind.name_key()).map(|name| &name.demand) {
                Some(Demand::OneOf(all)) => all.iter().map(|wanted| wanted.value.clone()).collect(),
                _ => Vec::new(),
            };
            let (old, new) = (name(&known.expected), name(&created));
            known.written_at = now;
            let is_same = old.iter().any(|old| new.iter().any(|new| same(kind.name_key(), old, new)));
            if is_same || old.is_empty() || new.is_empty() {
                // It takes a create of what is there for a change of it.
                known.expected.open = true;
                return Vec::new();
            }
            let deviation = Deviation {
                law: Law::Identity,
                kind,
                id: id.clone(),
                attribute: "id".to_owned(),
                before: old.first().cloned().unwrap_or_default(),
                demanded: vec![Value::Null],
                shown: id.into(),
                source: Source::Answer,
                writes: vec![now],
                at: now,
                looks: 1,
            };
            return self.doubt(format!("{path}#{now}"), vec![deviation]);
        }
        if let Some(answer) = answer {
            self.see_answered(&created, answer);
        }
        let entry = Entry {
            expected: created,
            path: format!("{path}/{}", utf8_percent_encode(&id, SEGMENT)),
            written_at: now,
            looked_at: 0,
            by_id: None,
            listed: BTreeMap::new(),
        };
        self.entries.insert(key, entry);
        Vec::new()
    }

    /// Remembers what the answer to a create shows as it was sent: the answer is the resource (RFC 7644 §3.3). So it does not matter to what
    /// a later change has to do whether anybody has read it meanwhile.
    fn see_answered(&mut self, created: &Expected, answer: &Value) {
        let shown = super::state::flat(created.kind, answer, &created.urns);
        for (key, attribute) in &created.attributes {
            let Demand::OneOf(all) = &attribute.demand else { continue };
            let Some((_, shown)) = shown.get(key).filter(|(_, shown)| !is_nothing(shown)) else { continue };
            if all.iter().any(|wanted| same(key, &wanted.value, shown)) {
                self.ways.answer(created.kind, key);
            }
        }
    }

    fn change(&mut self, kind: Kind, id: &str, path: &str, verb: Verb, outcome: Outcome, body: Option<&Value>) {
        let now = self.now();
        let key = (kind, id.to_owned());
        if outcome != Outcome::Done && !self.entries.contains_key(&key) {
            return;
        }
        let entry = self.entries.entry(key).or_insert_with(|| Entry {
            expected: Expected { exists: Exists::Yes, ..Expected::new(kind) },
            path: path.to_owned(),
            written_at: now,
            looked_at: 0,
            by_id: None,
            listed: BTreeMap::new(),
        });
        entry.written_at = now;
        let was_gone = entry.expected.exists != Exists::Yes && verb != Verb::Delete;
        match outcome {
            Outcome::Refused => {}
            // Made anew, maybe.
            Outcome::Done | Outcome::Unknown if was_gone => {
                entry.expected.exists = Exists::Either;
                entry.expected.open = true;
            }
            Outcome::Done => entry.expected = effect(&entry.expected, verb, body),
            Outcome::Unknown => entry.expected = Expected::either(&entry.expected, effect(&entry.expected, verb, body)),
        }
    }

    fn read(&mut self, exchange: &Exchange, body: Option<&Value>) -> Vec<Deviation> {
        let (path, query) = exchange.request.path.split_once('?').unwrap_or((&exchange.request.path, ""));
        let Ok(response) = &exchange.reply else { return Vec::new() };
        let is_part = query.split('&').any(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            name.eq_ignore_ascii_case("attributes") || name.eq_ignore_ascii_case("excludedAttributes")
        });
        match (resource_of(path), response.status) {
            (Some((kind, Some(id))), 200) if !is_part => match body {
                Some(shown) if shown.is_object() => self.look(kind, &decoded(id), shown),
                _ => Vec::new(),
            },
            (Some((kind, Some(id))), 404 | 410) => self.missed(kind, &decoded(id)),
            (Some((kind, None)), 200) => match body {
                Some(list) => self.list(kind, &exchange.request.path, query, list, is_part),
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// A read by id that was answered with a resource.
    fn look(&mut self, kind: Kind, id: &str, shown: &Value) -> Vec<Deviation> {
        let now = self.now();
        let key = (kind, id.to_owned());
        let Some(entry) = self.entries.get(&key) else { return Vec::new() };
        let path = entry.path.clone();
        let (before, written_at) = (entry.expected.clone(), entry.written_at);
        if before.exists == Exists::No {
            self.entries.entry(key).and_modify(|entry| entry.looked_at = now);
            if self.ways.deleted_users_stay && kind == Kind::User {
                return Vec::new();
            }
            let why = (now, vec![written_at]);
            let there = whole(Law::Effect, kind, id, vec![Value::Null], id.into(), Source::Id, why);
            let before: Vec<Deviation> = self.doubts.get(&path).into_iter().flatten().cloned().collect();
            let found = self.doubt(path.clone(), vec![there]);
            let kept = before.into_iter().filter(|doubt| !doubt.attribute.is_empty());
            self.doubts.entry(path).or_default().extend(kept);
            return found;
        }
        let mut ways = std::mem::take(&mut self.ways);
        let look = Look {
            at: now,
            writes: &self.writes,
            standing: &|id| self.standing_of(id),
            was_sent: &|text| self.sent.contains(&text.to_lowercase()),
        };
        let compared = look_at(id, &before, shown, &mut ways, look);
        self.ways = ways;
        let found = compared.deviations;
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.expected = compared.next;
            entry.looked_at = now;
            entry.by_id = Some(View { source: Source::Id, at: now, resource: shown.clone() });
        }
        let mut found = self.doubt(path, found);
        self.compare_views(kind, id);
        // From either end of a membership.
        let last_write = self.writes.last().copied().unwrap_or_default();
        let users: Vec<String> = match kind {
            Kind::User => vec![id.to_owned()],
            Kind::Group => {
                self.entries.keys().filter(|(kind, _)| *kind == Kind::User).map(|(_, id)| id.clone()).collect()
            }
        };
        for user in users {
            let Some(entry) = self.entries.get(&(Kind::User, user.clone())) else { continue };
            let view = entry.by_id.as_ref().filter(|view| kind == Kind::User || view.at > last_write);
            let Some((view, path)) = view.cloned().map(|view| (view, membership(&entry.path))) else { continue };
            let wrong = self.memberships(&user, &view.resource);
            found.extend(self.doubt(path, wrong));
        }
        found
    }

    /// What a user says of the groups that it is in.
    fn memberships(&mut self, id: &str, shown: &Value) -> Vec<Deviation> {
        let shown = views::memberships(shown);
        let now = self.now();
        let mut ours = BTreeMap::new();
        for ((_, group), entry) in self.entries.iter().filter(|((kind, _), _)| *kind == Kind::Group) {
            if entry.expected.exists == Exists::Yes {
                ours.insert(group.clone(), self.has_member(&entry.expected, id));
            }
        }
        if shown.iter().any(|membership| ours.get(&membership.group) == Some(&Some(true))) {
            self.ways.shows_groups = true;
        }
        let wrong = views::of_user(&shown, &|id| self.standing_of(id), &ours, self.ways.shows_groups);
        let since = |demanded: &[Value], shown: &Value| {
            let group = demanded.iter().chain([shown]).find_map(Value::as_str).unwrap_or_default();
            let entry = self.entries.get(&(Kind::Group, group.to_owned()));
            entry.map(|entry| vec![entry.written_at]).unwrap_or_default()
        };
        let deviation = |(demanded, shown): (Vec<Value>, Value)| Deviation {
            attribute: "groups".to_owned(),
            ..whole(
                Law::Views,
                Kind::User,
                id,
                demanded.clone(),
                shown.clone(),
                Source::Id,
                (now, since(&demanded, &shown)),
            )
        };
        wrong.into_iter().map(deviation).collect()
    }

    /// Whether a group has that member, as far as a read has shown it since it was last written.
    fn has_member(&self, group: &Expected, id: &str) -> Option<bool> {
        if self.ways.hides_members || group.open || !group.complete || self.standing_of(id) != Standing::Ours {
            return None;
        }
        let Some(members) = group.attributes.get("members") else { return Some(false) };
        if members.touched.is_some() || !members.late.is_empty() {
            return None;
        }
        let list = members.demand.only()?.list();
        Some(list.iter().any(|member| member["value"].as_str() == Some(id)))
    }

    /// A read by id that was answered with nobody.
    fn missed(&mut self, kind: Kind, id: &str) -> Vec<Deviation> {
        let now = self.now();
        let is_hidden = self.ways.hides_inactive && self.standing_of(id) == Standing::Inactive;
        let Some(entry) = self.entries.get_mut(&(kind, id.to_owned())) else { return Vec::new() };
        let path = entry.path.clone();
        if is_hidden {
            // Deleted, or out of sight: what else becomes of it nobody says.
            entry.expected.exists = Exists::Either;
            entry.expected.open = true;
        }
        if entry.expected.exists != Exists::Yes {
            entry.looked_at = now;
            // What is gone as it should be has not become right thereby in what it showed before.
            if let Some(doubts) = self.doubts.get_mut(&path) {
                doubts.retain(|doubt| !doubt.attribute.is_empty());
            }
            self.doubts.retain(|_, doubts| !doubts.is_empty());
            return Vec::new();
        }
        let since = entry.looked_at;
        let since = since.max(entry.expected.born.saturating_sub(1));
        let suspects = self.writes.iter().copied().filter(|write| *write > since).collect();
        let gone = whole(Law::Identity, kind, id, vec![id.into()], Value::Null, Source::Id, (now, suspects));
        self.doubt(path, vec![gone])
    }

    fn list(&mut self, kind: Kind, path: &str, query: &str, list: &Value, is_part: bool) -> Vec<Deviation> {
        let now = self.now();
        let filter = parameter(query, "filter");
        let source = if filter.is_some() { Source::Lookup } else { Source::List };
        let resources = list.as_object().map_or(&Value::Null, |list| part(list, "Resources"));
        let resources: Vec<&Value> = resources.as_array().into_iter().flatten().filter(|one| one.is_object()).collect();
        let mut found = filter.map(|filter| self.looked_up(kind, &filter, &resources, source)).unwrap_or_default();
        let mut ours = Vec::new();
        for resource in resources {
            let Some(id) = resource.as_object().and_then(|fields| part(fields, "id").as_str()) else { continue };
            let stays = self.ways.deleted_users_stay && kind == Kind::User;
            let Some(entry) = self.entries.get_mut(&(kind, id.to_owned())) else { continue };
            match entry.expected.exists {
                Exists::No if !stays => {
                    let why = (now, vec![entry.written_at]);
                    found.push(whole(Law::Views, kind, id, vec![Value::Null], id.into(), source, why));
                }
                Exists::Yes if !is_part => {
                    entry.listed.insert(path.to_owned(), View { source, at: now, resource: resource.clone() });
                    ours.push((id.to_owned(), resource));
                }
                _ => {}
            }
        }
        let mut shown = self.doubt(path.to_owned(), found);
        for (id, resource) in ours {
            self.glance(kind, &id, resource);
            self.compare_views(kind, &id);
        }
        shown.extend(
            self.doubts.get(&agreement(path)).into_iter().flatten().filter(|d| d.at == self.place(now)).cloned(),
        );
        shown
    }

    /// What a list shows of one of ours. Where it is all that it has to be, that is as good as a read by id. Where it is not, or where only a way
    /// of the server's explains that something is missing, nothing follows: a read by id says what is wrong with which.
    fn glance(&mut self, kind: Kind, id: &str, shown: &Value) {
        let now = self.now();
        let Some(entry) = self.entries.get(&(kind, id.to_owned())) else { return };
        if entry.looked_at > entry.written_at {
            return;
        }
        let mut ways = self.ways.clone();
        let look = Look {
            at: now,
            writes: &self.writes,
            standing: &|id| self.standing_of(id),
            was_sent: &|text| self.sent.contains(&text.to_lowercase()),
        };
        let compared = look_at(id, &entry.expected, shown, &mut ways, look);
        // An excuse need not be a way that is learnt: a server need not take each value.
        let is_asked_for = |attribute: &Attribute| match &attribute.demand {
            Demand::OneOf(all) => all.iter().all(|wanted| !is_nothing(&wanted.value)),
            Demand::Anything => false,
        };
        let is_lacking = |(key, attribute): (&String, &Attribute)| {
            let shown = compared.next.attributes.get(key).map(|next| &next.before);
            is_asked_for(attribute) && shown.is_some_and(is_nothing) && !self.ways.is_not_stored(kind, key)
        };
        if !compared.deviations.is_empty()
            || ways.excuses_more_than(&self.ways)
            || entry.expected.attributes.iter().any(is_lacking)
        {
            return;
        }
        let path = entry.path.clone();
        if self.doubts.contains_key(&path) {
            return;
        }
        self.ways = ways;
        self.compared = true;
        if let Some(entry) = self.entries.get_mut(&(kind, id.to_owned())) {
            entry.expected = compared.next;
            entry.looked_at = now;
        }
        if kind == Kind::User {
            let wrong = self.memberships(id, shown);
            self.doubt(membership(&path), wrong);
        }
    }

    /// What is wrong with what a lookup by name shows.
    fn looked_up(&self, kind: Kind, filter: &str, resources: &[&Value], source: Source) -> Vec<Deviation> {
        let now = self.now();
        let Some((Filter::Compare(name, operator, value), rest)) = path::filter(filter) else { return Vec::new() };
        let name = names::split(kind, &name, &[]);
        let (key, spelled) = names::key(kind, name.urn.as_deref(), &name.rest, None);
        if operator != "eq" || !rest.trim().is_empty() || name.rest.contains('.') || !value.is_string() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for resource in resources {
            let fields = super::state::flat(kind, resource, &[]);
            let id = resource.as_object().and_then(|fields| part(fields, "id").as_str()).unwrap_or_default();
            if let Some((_, other)) = fields.get(&key).filter(|(_, other)| other.is_string())
                && !same("", other, &value)
            {
                let why = (now, Vec::new());
                let other = whole(Law::Views, kind, id, vec![value.clone()], other.clone(), source, why);
                found.push(Deviation { attribute: spelled.clone(), ..other });
            }
        }
        found
    }

    /// Holds against each other what lists and a read by id have shown since the last write.
    fn compare_views(&mut self, kind: Kind, id: &str) {
        let last_write = self.writes.last().copied().unwrap_or_default();
        let Some(entry) = self.entries.get_mut(&(kind, id.to_owned())) else { return };
        entry.listed.retain(|_, view| view.at > last_write);
        if entry.listed.is_empty() {
            return;
        }
        let Some(by_id) = entry.by_id.clone().filter(|view| view.at > last_write) else { return };
        let (since, expected) = (entry.written_at, entry.expected.clone());
        self.compared = true;
        for (path, view) in entry.listed.clone() {
            let found = views::agree(id, &expected, &[by_id.clone(), view], &self.ways, &[since]);
            // Several resources may be in one list.
            let key = agreement(&path);
            let others = self.doubts.remove(&key).unwrap_or_default();
            let (mine, mut kept): (Vec<Deviation>, Vec<Deviation>) = others.into_iter().partition(|one| one.id == id);
            for deviation in found {
                let mut deviation = self.placed(deviation);
                let before = mine.iter().find(|one| one.attribute == deviation.attribute);
                let again = before.map_or(0, |before| before.looks - u32::from(before.at == deviation.at));
                deviation.looks += again;
                kept.push(deviation);
            }
            if !kept.is_empty() {
                self.doubts.insert(key, kept);
            }
        }
    }

    /// What is known of whoever has an id.
    fn standing_of(&self, id: &str) -> Standing {
        let known = [Kind::User, Kind::Group].into_iter().find_map(|kind| self.entries.get(&(kind, id.to_owned())));
        let Some(entry) = known else { return Standing::Unknown };
        match entry.expected.exists {
            Exists::No => Standing::Gone,
            Exists::Either => Standing::Unknown,
            Exists::Yes => {
                let active = entry.expected.attributes.get("active").map(|active| &active.demand);
                let is_inactive = match active {
                    Some(Demand::OneOf(all)) => all.iter().any(|wanted| same("active", &wanted.value, &false.into())),
                    Some(Demand::Anything) => true,
                    None => false,
                };
                if is_inactive { Standing::Inactive } else { Standing::Ours }
            }
        }
    }

    fn place(&self, when: usize) -> usize {
        self.places.get(when.wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// With places among the exchanges, in place of when they were noted.
    fn placed(&self, mut deviation: Deviation) -> Deviation {
        deviation.at = self.place(deviation.at);
        deviation.writes = deviation.writes.iter().map(|write| self.place(*write)).collect();
        deviation
    }

    /// Writes down what a look has shown, in place of what the last one did.
    fn doubt(&mut self, path: String, found: Vec<Deviation>) -> Vec<Deviation> {
        let before = self.doubts.remove(&path).unwrap_or_default();
        let again = |deviation: &Deviation| {
            let is_it = |one: &&Deviation| {
                one.law == deviation.law && one.attribute == deviation.attribute && one.id == deviation.id
            };
            before.iter().find(is_it).map_or(0, |one| one.looks)
        };
        // What a look has shown no later write has done.
        let since = |deviation: &Deviation| {
            let is_same = |one: &&Deviation| {
                one.law == deviation.law
                    && one.attribute == deviation.attribute
                    && one.id == deviation.id
                    && one.shown == deviation.shown
                    && one.demanded == deviation.demanded
            };
            before.iter().find(is_same).map(|one| one.writes.clone())
        };
        let counted = |deviation: Deviation| {
            let (looks, since) = (again(&deviation) + 1, since(&deviation));
            let placed = self.placed(deviation);
            Deviation { looks, writes: since.unwrap_or_else(|| placed.writes.clone()), ..placed }
        };
        let found: Vec<Deviation> = found.into_iter().map(counted).collect();
        if !found.is_empty() {
            self.doubts.insert(path, found.clone());
        }
        found
    }
}

/// Under which path it is written down what a user says otherwise of groups than they do.
fn membership(path: &str) -> String {
    format!("{path} in groups")
}

/// Under which path it is written down what a list shows otherwise than a read by id.
fn agreement(path: &str) -> String {
    format!("{path} as by id")
}

/// A deviation of a resource as a whole; with when it was seen, and the writes that may have done it.
fn whole(
    law: Law,
    kind: Kind,
    id: &str,
    demanded: Vec<Value>,
    shown: Value,
    source: Source,
    (at, writes): (usize, Vec<usize>),
) -> Deviation {
    let (id, attribute, before) = (id.to_owned(), String::new(), Value::Null);
    Deviation { law, kind, id, attribute, before, demanded, shown, source, writes, at, looks: 1 }
}

fn bare(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A parameter of a query, decoded.
fn parameter(query: &str, wanted: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(decoded(&value.replace('+', " ")))
}

/// The id that the answer to a create names.
fn id_of(exchange: &Exchange, answer: Option<&Value>) -> Option<String> {
    let named = answer.and_then(Value::as_object).and_then(|fields| part(fields, "id").as_str());
    if let Some(id) = named.filter(|id| !id.is_empty()) {
        return Some(id.to_owned());
    }
    let location = exchange.reply.as_ref().ok()?.headers.get("Location")?.trim_end_matches('/');
    location.rsplit('/').next().filter(|id| !id.is_empty() && !id.contains('?')).map(decoded)
}

/// The texts of a body.
fn texts(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            into.insert(text.to_lowercase());
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

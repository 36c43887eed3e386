//! What in a create is refused: the same resource with less, or with more, until one is created.
//!
//! **Invariant:** changes no verdict. It sends creates that carry names of their own, removes what they create, and says what made
//! the difference, where something did.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use crate::scim::Kind;
use crate::verdict::{CaseResult, Finding, Leftover, Place};
use crate::wire::{Exchange, Headers, Request, Wire};

use super::gate;
use super::ledger::{Ledger, newest};
use super::{Shared, Stop, sweep, unique};

/// The most creates that are sent to find out why one kind of create is refused.
const MOST: usize = 20;

/// Statuses that say that something in the request was not liked. Others are about who asks, how often, or whether at all.
const REFUSALS: [u16; 6] = [400, 409, 413, 415, 422, 500];

/// Says in findings on refused creates what these were refused for: as far as setup has shown it, by that, and else by finding it out.
/// Gives what was asked to the case for which it was.
pub(super) async fn explain(shared: &Arc<Shared>, results: &mut BTreeMap<usize, CaseResult>) {
    for kind in Kind::ALL {
        let known = shared.setup.of(kind);
        say(kind, results, |request| known.explains(request));
        if matches!(shared.wire, Wire::Tape(_)) {
            continue;
        }
        let Some((index, request)) = telling(kind, shared.options.seed, results) else { continue };
        let wanted = shape(&request);
        let Some(case) = results.get(&index).map(|case| case.id.clone()) else { continue };
        let own = unique(shared.options.seed, &case);
        let mut search = Search::new(shared, kind, &case, &own, &request);
        let found = search.run().await;
        let Search { asked, leftovers, .. } = search;
        if let Some(case) = results.get_mut(&index) {
            case.swept += asked.len();
            case.transcript.extend(asked);
            case.leftovers.extend(leftovers);
        }
        let Some(found) = found else { continue };
        say(kind, results, |request| found.is_of(request, &wanted).then(|| found.in_words(kind)));
    }
}

/// Enters a cause in each finding on a refused create that has none yet.
fn say(kind: Kind, results: &mut BTreeMap<usize, CaseResult>, because: impl Fn(&Request) -> Option<String>) {
    for case in results.values_mut() {
        let transcript = &case.transcript;
        let demand = case.blocker.as_mut().and_then(|blocker| blocker.demand.as_mut());
        for finding in case.findings.iter_mut().chain(demand).filter(|finding| is_open(finding)) {
            let exchange = transcript.get(finding.exchange).filter(|exchange| is_refused(kind, exchange));
            finding.because = exchange.and_then(|exchange| because(&exchange.request));
        }
    }
}

/// Whether a finding is about a status, and nobody knows its cause yet.
fn is_open(finding: &Finding) -> bool {
    finding.place == Place::Status && finding.because.is_none()
}

/// What makes the difference between refused and created.
pub(super) enum Found {
    /// Something in the request.
    Change(Change),
    /// Nothing: what was refused is created when it is sent again.
    Nothing,
}

impl Found {
    /// Whether it is why a request was refused that is like the one that was looked into, or has what is not taken.
    fn is_of(&self, request: &Request, looked_into: &[String]) -> bool {
        match self {
            Found::Change(change) if change.without.is_empty() => {
                let body = body(request).unwrap_or_default();
                change.with.iter().all(|(attribute, _)| attribute.of(&body).is_none())
            }
            Found::Change(change) => {
                let body = body(request).unwrap_or_default();
                let has_all = change.without.iter().all(|attribute| attribute.of(&body).is_some());
                has_all || shape(request) == looked_into
            }
            Found::Nothing => shape(request) == looked_into,
        }
    }

    fn in_words(&self, kind: Kind) -> String {
        let word = kind.word();
        match self {
            Found::Change(change) => change.in_words(kind),
            Found::Nothing => format!("nothing that it holds: the same {word} was created when it was sent again"),
        }
    }
}

/// What a create must be changed by to be taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    /// These attributes, or parts of them, are not taken.
    pub(super) without: Vec<Attribute>,
    /// These are wanted; [`UNIQUE`] in a value stands for a name that nothing else has.
    pub(super) with: Vec<(Attribute, Value)>,
}

/// What stands in a value for a name that nothing else has.
const UNIQUE: &str = "${unique}";

impl Change {
    /// What it changes in a body, as that body then is; none where it changes nothing.
    pub(super) fn applied(&self, kind: Kind, body: &Map<String, Value>) -> Option<(Map<String, Value>, Change)> {
        let without: Vec<Attribute> =
            self.without.iter().filter(|attribute| attribute.of(body).is_some()).cloned().collect();
        let wanted = self.with.iter().filter(|(attribute, _)| attribute.of(body).is_none());
        let with: Vec<(Attribute, Value)> = wanted.cloned().collect();
        if without.is_empty() && with.is_empty() {
            return None;
        }
        let name: String = body.get(kind.name()).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut changed = body.clone();
        for attribute in &without {
            attribute.remove(&mut changed);
        }
        for (attribute, value) in &with {
            attribute.set(&mut changed, replaced(value, UNIQUE, &name));
        }
        schemas_of(&mut changed);
        Some((changed, Change { without, with }))
    }

    /// The difference between what was to be sent and what was sent.
    pub(super) fn between(whole: &Map<String, Value>, sent: &Map<String, Value>) -> Self {
        let mut change = Change::default();
        let names: std::collections::BTreeSet<&String> = whole.keys().chain(sent.keys()).collect();
        for name in names.into_iter().filter(|name| *name != "schemas") {
            match (whole.get(name), sent.get(name)) {
                (Some(Value::Object(one)), Some(Value::Object(other))) => {
                    let part = |part: &String| Attribute { name: name.clone(), part: Some(part.clone()) };
                    change.without.extend(one.keys().filter(|key| !other.contains_key(*key)).map(part));
                    let more = other.iter().filter(|(key, _)| !one.contains_key(*key));
                    change.with.extend(more.map(|(key, value)| (part(key), value.clone())));
                }
                (Some(_), None) => change.without.push(Attribute::whole(name)),
                (None, Some(Value::Object(parts))) => {
                    let part = |part: &String| Attribute { name: name.clone(), part: Some(part.clone()) };
                    change.with.extend(parts.iter().map(|(key, value)| (part(key), value.clone())));
                }
                (None, Some(value)) => change.with.push((Attribute::whole(name), value.clone())),
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        change
    }

    /// Adds what another changes.
    pub(super) fn join(&mut self, other: &Change) {
        for attribute in &other.without {
            if !self.without.contains(attribute) {
                self.without.push(attribute.clone());
            }
        }
        for (attribute, value) in &other.with {
            if !self.with.iter().any(|(known, _)| known == attribute) {
                self.with.push((attribute.clone(), value.clone()));
            }
        }
        self.without.sort();
        self.with.sort_by(|(one, _), (other, _)| one.cmp(other));
    }

    /// Why a create was refused that has what is not taken, or lacks what is wanted; none where it is of neither kind.
    pub(super) fn explains(&self, kind: Kind, body: &Map<String, Value>) -> Option<String> {
        Some(self.applied(kind, body)?.1.in_words(kind))
    }

    /// Why a create that it would change is refused: `` `groups`: a user without it is created``.
    pub(super) fn in_words(&self, kind: Kind) -> String {
        let word = kind.word();
        let them = |count: usize| if count == 1 { "it" } else { "them" };
        let mut told = Vec::new();
        let refused: Vec<String> = self.without.iter().map(ToString::to_string).collect();
        if !refused.is_empty() {
            told.push(format!("{}: a {word} without {} is created", listed(&refused), them(refused.len())));
        }
        let missing: Vec<String> = self.with.iter().map(|(attribute, _)| attribute.to_string()).collect();
        if !missing.is_empty() {
            let is = if missing.len() == 1 { "is" } else { "are" };
            told.push(format!("{} {is} missing: a {word} with {} is created", listed(&missing), them(missing.len())));
        }
        told.join("; ")
    }

    /// The names of all that it changes.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.without.iter().chain(self.with.iter().map(|(attribute, _)| attribute))
    }
}

/// A value in which every text has something replaced.
fn replaced(value: &Value, what: &str, by: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(what, by)),
        Value::Array(items) => items.iter().map(|item| replaced(item, what, by)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), replaced(value, what, by))).collect(),
        other => other.clone(),
    }
}

/// An attribute that the server minds, and its value.
pub(super) type Minded = (Attribute, Option<String>);

/// An attribute of a resource, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Attribute {
    /// Its name, or the URN of an extension.
    pub(super) name: String,
    /// The sub-attribute, or the attribute of the extension.
    pub(super) part: Option<String>,
}

impl Attribute {
    fn whole(name: &str) -> Self {
        Self { name: name.to_owned(), part: None }
    }

    fn part(name: &str, part: &str) -> Self {
        Self { name: name.to_owned(), part: Some(part.to_owned()) }
    }

    /// Its value in a body.
    pub(super) fn of<'b>(&self, body: &'b Map<String, Value>) -> Option<&'b Value> {
        let value = body.get(&self.name)?;
        match &self.part {
            Some(part) => value.get(part),
            None => Some(value),
        }
    }

    fn remove(&self, body: &mut Map<String, Value>) {
        match &self.part {
            None => {
                body.remove(&self.name);
            }
            Some(part) => {
                let parts = body.get_mut(&self.name).and_then(Value::as_object_mut);
                let is_empty = parts.is_some_and(|parts| {
                    parts.remove(part);
                    parts.is_empty()
                });
                if is_empty {
                    body.remove(&self.name);
                }
            }
        }
    }

    fn set(&self, body: &mut Map<String, Value>, value: Value) {
        // An extension has its URN beside the others.
        if self.name.starts_with("urn:")
            && let Some(Value::Array(schemas)) = body.get_mut("schemas")
            && !schemas.iter().any(|urn| urn == &self.name)
        {
            schemas.push(Value::from(self.name.as_str()));
        }
        match &self.part {
            None => {
                body.insert(self.name.clone(), value);
            }
            Some(part) => {
                let parts = body.entry(self.name.clone()).or_insert_with(|| Value::Object(Map::new()));
                if let Some(parts) = parts.as_object_mut() {
                    parts.insert(part.clone(), value);
                }
            }
        }
    }
}

impl std::fmt::Display for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        match &self.part {
            // RFC 7644 §3.10 has a colon between a URN and what is of it.
            Some(part) if self.name.starts_with("urn:") => write!(f, ":{part}"),
            Some(part) => write!(f, ".{part}"),
            None => Ok(()),
        }
    }
}

/// What the examples of RFC 7643 have beside that, and a server may want to have.
fn usual(kind: Kind, unique: &str) -> Vec<(Attribute, Value)> {
    let usual = usual_values(kind, unique).into_iter();
    let parts = |(name, value): (&'static str, Value)| match value {
        Value::Object(parts) => parts.into_iter().map(|(part, value)| (Attribute::part(name, &part), value)).collect(),
        value => vec![(Attribute::whole(name), value)],
    };
    usual.flat_map(parts).collect()
}

fn usual_values(kind: Kind, unique: &str) -> Vec<(&'static str, Value)> {
    match kind {
        Kind::User => vec![
            ("name", json!({ "formatted": "Ms. Jane Doe", "givenName": "Jane", "familyName": "Doe" })),
            ("displayName", json!("Jane Doe")),
            ("emails", json!([{ "value": format!("{unique}@example.com"), "type": "work", "primary": true }])),
            ("active", json!(true)),
            ("externalId", json!(unique)),
            ("nickName", json!("Jane")),
            ("userType", json!("Employee")),
            ("locale", json!("en-US")),
            ("password", json!(format!("{unique}Aa1!"))),
        ],
        Kind::Group => vec![("members", json!([])), ("externalId", json!(unique))],
    }
}
/// Whether an exchange is a create of that kind that the server did not like.
pub(super) fn is_refused(kind: Kind, exchange: &Exchange) -> bool {
    exchange.request.method == "POST"
        && exchange.request.path == kind.path()
        && exchange.reply.as_ref().is_ok_and(|response| REFUSALS.contains(&response.status))
}

/// The attributes of a request, by which requests are alike.
pub(super) fn shape(request: &Request) -> Vec<String> {
    let body = body(request).unwrap_or_default();
    let mut names: Vec<String> = body.keys().cloned().collect();
    names.sort();
    names
}

pub(super) fn body(request: &Request) -> Option<Map<String, Value>> {
    match serde_json::from_slice(request.body.as_deref()?).ok()? {
        Value::Object(body) => Some(body),
        _ => None,
    }
}

/// Of the refused creates that a demand says should have been taken, the first of those that are most alike: of findings, where there
/// are any.
fn telling(kind: Kind, seed: u64, results: &BTreeMap<usize, CaseResult>) -> Option<(usize, Request)> {
    most_alike(kind, seed, results, |case| case.findings.iter().collect()).or_else(|| {
        most_alike(kind, seed, results, |case| {
            case.blocker.as_ref().and_then(|blocker| blocker.demand.as_ref()).into_iter().collect()
        })
    })
}

fn most_alike(
    kind: Kind,
    seed: u64,
    results: &BTreeMap<usize, CaseResult>,
    of: impl Fn(&CaseResult) -> Vec<&Finding>,
) -> Option<(usize, Request)> {
    let mut groups: Vec<(Vec<String>, usize, usize, Request)> = Vec::new();
    for (index, case) in results {
        let unmet = of(case).into_iter().filter(|finding| is_open(finding));
        let mut exchanges = unmet.filter_map(|finding| case.transcript.get(finding.exchange));
        let Some(exchange) = exchanges.find(|exchange| is_refused(kind, exchange)) else { continue };
        // Each try has a name of its own in place of the case's: without one it would be another resource's, or nobody's to remove.
        let own = unique(seed, &case.id);
        let carries_own = |body: Map<String, Value>| {
            body.get(kind.name()).and_then(Value::as_str).is_some_and(|name| name.contains(&own))
        };
        if !body(&exchange.request).is_some_and(carries_own) {
            continue;
        }
        let shape = shape(&exchange.request);
        match groups.iter_mut().find(|(known, ..)| *known == shape) {
            Some((_, count, ..)) => *count += 1,
            None => groups.push((shape, 1, *index, exchange.request.clone())),
        }
    }
    let most = groups.into_iter().rev().max_by_key(|(_, count, ..)| *count)?;
    Some((most.2, most.3))
}

/// The search for what makes the difference.
pub(super) struct Search<'a> {
    shared: &'a Arc<Shared>,
    kind: Kind,
    case: String,
    request: Request,
    /// The name that everything in the request carries, which each try replaces by its own.
    unique: String,
    whole: Map<String, Value>,
    /// What was sent and answered.
    pub(super) asked: Vec<Exchange>,
    /// What could not be removed again.
    pub(super) leftovers: Vec<Leftover>,
    /// What is not taken in creates, and was seen to be given by a change.
    pub(super) given_later: Vec<Attribute>,
    tries: usize,
}

impl<'a> Search<'a> {
    /// Of a request of that case in which everything carries the name `unique`.
    pub(super) fn new(shared: &'a Arc<Shared>, kind: Kind, case: &str, unique: &str, request: &Request) -> Self {
        Self {
            shared,
            kind,
            case: case.to_owned(),
            request: request.clone(),
            unique: unique.to_owned(),
            whole: body(request).unwrap_or_default(),
            asked: Vec::new(),
            leftovers: Vec::new(),
            given_later: Vec::new(),
            tries: 0,
        }
    }

    /// Whether the request is taken when it is sent with a name of its own.
    pub(super) async fn is_taken(&mut self) -> Option<bool> {
        self.is_created(&self.whole.clone()).await
    }

    /// None where it could not be found out.
    pub(super) async fn run(&mut self) -> Option<Found> {
        let least = self.least();
        if !self.is_created(&least).await? {
            return self.too_little().await;
        }
        let found = self.too_much(least).await?;
        if let Found::Change(change) = &found {
            self.given_later = self.give_later(change).await.unwrap_or_default();
        }
        Some(found)
    }

    /// What of it a change gives to what was created without: where a read shows it afterwards, and all else as it was.
    async fn give_later(&mut self, change: &Change) -> Option<Vec<Attribute>> {
        let (without, _) = change.applied(self.kind, &self.whole)?;
        let (ledger, body) = self.named(&without, "given later");
        let given = self.change(&ledger, body, &change.without).await;
        self.remove(&ledger).await;
        given
    }

    async fn change(
        &mut self,
        ledger: &Arc<Mutex<Ledger>>,
        body: Vec<u8>,
        missing: &[Attribute],
    ) -> Option<Vec<Attribute>> {
        let own = ledger.lock().unwrap_or_else(PoisonError::into_inner).unique().to_owned();
        let whole = renamed(&Value::Object(self.whole.clone()).to_string(), &self.unique, &own);
        let whole: Map<String, Value> = serde_json::from_slice(&whole).ok()?;
        let missing = missing.iter().filter_map(|one| Some((one.clone(), one.of(&whole)?.clone())));
        let missing: Vec<(Attribute, Value)> = missing.collect();
        let create = Request { body: Some(body), ..self.request.clone() };
        let created = self.noted(ledger, create.clone()).await?;
        if !created.reply.as_ref().is_ok_and(|response| (200..300).contains(&response.status)) {
            return None;
        }
        let path = newest(&ledger.lock().unwrap_or_else(PoisonError::into_inner), &create)?;
        let read = Request { headers: self.accepted(), ..Request::own("GET", path.clone()) };
        let before = self.noted(ledger, read.clone()).await?;
        let body = Some(with_more(&before, &missing)?);
        self.noted(ledger, Request { headers: create.headers, body, ..Request::own("PUT", path) }).await?;
        let after = self.noted(ledger, read).await?;
        let (before, after) = (resource(&before)?, resource(&after)?);
        let concerned = |name: &str| name == "meta" || missing.iter().any(|(attribute, _)| attribute.name == name);
        let is_as_it_was = before.iter().all(|(name, value)| concerned(name) || after.get(name) == Some(value));
        let is_given = |(attribute, value): &&(Attribute, Value)| {
            attribute.of(&after).is_some_and(|shown| shows(shown, value)) && attribute.of(&before).is_none()
        };
        let given = missing.iter().filter(is_given).map(|(attribute, _)| attribute.clone());
        is_as_it_was.then(|| given.collect())
    }

    /// Sends a request of the search; none where it shall end.
    async fn noted(&mut self, ledger: &Arc<Mutex<Ledger>>, request: Request) -> Option<Exchange> {
        if self.shared.stopping() > Stop::No || self.shared.is_silent() {
            return None;
        }
        if !self.shared.meter.take_what_is_left() {
            return None;
        }
        let heard = gate::send(self.shared, ledger, &self.case, request, 0).await.ok()?;
        self.asked.push(heard.exchange.clone());
        Some(heard.exchange)
    }

    /// A body under a name of its own, and the ledger of what it creates.
    fn named(&self, body: &Map<String, Value>, attempt: &str) -> (Arc<Mutex<Ledger>>, Vec<u8>) {
        let own = unique(self.shared.options.seed, &format!("{} {} {attempt}", self.case, self.kind.path()));
        let mut body = body.clone();
        schemas_of(&mut body);
        let text = renamed(&Value::Object(body).to_string(), &self.unique, &own);
        (Arc::new(Mutex::new(Ledger::new(own))), text)
    }

    /// Removes what a try created.
    async fn remove(&mut self, ledger: &Arc<Mutex<Ledger>>) {
        let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (swept, leftovers) = sweep::sweep(Arc::clone(self.shared), self.case.clone(), ledger).await;
        self.asked.extend(swept);
        self.leftovers.extend(leftovers);
    }

    /// The smallest resource of the kind that RFC 7643 allows.
    fn least(&self) -> Map<String, Value> {
        let needed = ["schemas", self.kind.name()];
        let mut least: Map<String, Value> = self
            .whole
            .iter()
            .filter(|(name, _)| needed.contains(&name.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        schemas_of(&mut least);
        least
    }

    /// Adds what the refused one has, one attribute after the other, and leaves out each that makes it refused.
    async fn too_much(&mut self, taken: Map<String, Value>) -> Option<Found> {
        let refused = self.refused(taken).await?;
        Some(if refused.is_empty() {
            Found::Nothing
        } else {
            Found::Change(Change { without: refused, with: Vec::new() })
        })
    }

    /// What of the refused one is not taken beside that.
    async fn refused(&mut self, mut taken: Map<String, Value>) -> Option<Vec<Attribute>> {
        let mut refused = Vec::new();
        let rest: Vec<(String, Value)> =
            self.whole.clone().into_iter().filter(|(name, _)| !taken.contains_key(name)).collect();
        for (name, value) in rest {
            let more = with(&taken, &name, value.clone());
            if self.is_created(&more).await? {
                taken = more;
                continue;
            }
            let Value::Object(parts) = &value else {
                refused.push(Attribute::whole(&name));
                continue;
            };
            // One part of it may be all that is not taken.
            let mut kept = Map::new();
            let mut of_this = Vec::new();
            for (part, value) in parts {
                let mut more = kept.clone();
                more.insert(part.clone(), value.clone());
                if self.is_created(&with(&taken, &name, Value::Object(more.clone()))).await? {
                    kept = more;
                } else {
                    of_this.push(Attribute::part(&name, part));
                }
            }
            if kept.is_empty() || of_this.is_empty() {
                refused.push(Attribute::whole(&name));
            } else {
                taken = with(&taken, &name, Value::Object(kept));
                refused.extend(of_this);
            }
        }
        Some(refused)
    }

    /// Adds what the server's schemas call required and RFC 7643's examples have, and takes away again what is not needed.
    async fn too_little(&mut self) -> Option<Found> {
        let required = self.required().await?;
        // First only what is called required: what the examples have may be refused itself.
        let mut candidates = vec![required.clone()];
        candidates.push(required.into_iter().chain(usual(self.kind, &self.unique)).collect());
        for wanted in candidates {
            let mut more = self.whole.clone();
            let mut added = Vec::new();
            for (attribute, value) in wanted {
                if attribute.of(&more).is_none() {
                    attribute.set(&mut more, value.clone());
                    added.push((attribute, value));
                }
            }
            if added.is_empty() || !self.is_created(&more).await? {
                continue;
            }
            let mut needed = Vec::new();
            for (attribute, value) in added {
                let mut less = more.clone();
                attribute.remove(&mut less);
                if self.is_created(&less).await? {
                    more = less;
                } else {
                    needed.push((attribute, replaced(&value, &self.unique, UNIQUE)));
                }
            }
            return (!needed.is_empty()).then(|| Found::Change(Change { without: Vec::new(), with: needed }));
        }
        None
    }

    /// What the server's `/Schemas` call required in a resource of the kind, with a value for each that its type allows; nothing where
    /// it does not say.
    async fn required(&mut self) -> Option<Vec<(Attribute, Value)>> {
        let types = self.read("/ResourceTypes").await?;
        let schemas = self.read("/Schemas").await?;
        Some(required(self.kind, &types, &schemas, &self.unique))
    }

    /// What the server says there; none where the search shall end.
    async fn read(&mut self, path: &str) -> Option<Value> {
        if self.shared.stopping() > Stop::No || self.shared.is_silent() || !self.shared.meter.take_what_is_left() {
            return None;
        }
        let exchange = gate::read(self.shared, &self.case, self.accepted(), path).await;
        let response = exchange.reply.as_ref().ok().filter(|response| response.status == 200);
        let value = response.and_then(|response| serde_json::from_slice(&response.body).ok()).unwrap_or_default();
        self.asked.push(exchange);
        Some(value)
    }

    /// The headers of the request that are not about its body.
    fn accepted(&self) -> Headers {
        let is_of_body = |name: &str| name.to_ascii_lowercase().starts_with("content-");
        Headers(self.request.headers.0.iter().filter(|(name, _)| !is_of_body(name)).cloned().collect())
    }

    /// Whether the server creates that; none where it is not to be found out: the run is stopped, the server asks for patience or does
    /// not answer, or enough was asked.
    async fn is_created(&mut self, body: &Map<String, Value>) -> Option<bool> {
        if self.tries == MOST {
            return None;
        }
        let (ledger, body) = self.named(body, &(self.tries + 1).to_string());
        let exchange = self.noted(&ledger, Request { body: Some(body), ..self.request.clone() }).await?;
        self.tries += 1;
        let status = exchange.reply.as_ref().ok().map(|response| response.status);
        if status.is_some_and(|status| (400..500).contains(&status)) {
            // It may be there all the same.
            gate::note_refused(self.shared, &ledger, &exchange, 0);
        }
        self.remove(&ledger).await;
        match status? {
            200..=299 => Some(true),
            status if REFUSALS.contains(&status) => Some(false),
            _ => None,
        }
    }
}

/// A body in which one name stands for another.
fn renamed(text: &str, unique: &str, own: &str) -> Vec<u8> {
    text.replace(unique, own).replace(&unique.to_lowercase(), own).into_bytes()
}

/// The body of a change that gives more to what a read shows; none where it shows nothing.
pub(super) fn with_more(read: &Exchange, more: &[(Attribute, Value)]) -> Option<Vec<u8>> {
    let mut body = resource(read)?;
    for (attribute, value) in more {
        attribute.set(&mut body, value.clone());
    }
    Some(Value::Object(body).to_string().into_bytes())
}

/// The resource that a read shows.
fn resource(read: &Exchange) -> Option<Map<String, Value>> {
    let shown = read.reply.as_ref().ok().filter(|response| response.status == 200)?;
    serde_json::from_slice(&shown.body).ok()
}

/// Whether what is shown holds what was sent; a server may add to it.
fn shows(shown: &Value, sent: &Value) -> bool {
    match (shown, sent) {
        (Value::Object(shown), Value::Object(sent)) => {
            sent.iter().all(|(name, sent)| shown.get(name).is_some_and(|shown| shows(shown, sent)))
        }
        (Value::Array(shown), Value::Array(sent)) => {
            shown.len() == sent.len() && shown.iter().zip(sent).all(|(shown, sent)| shows(shown, sent))
        }
        (shown, sent) => shown == sent,
    }
}

/// Leaves in `schemas` what the attributes of a resource are of.
pub(super) fn schemas_of(body: &mut Map<String, Value>) {
    // Those of SCIM 2.0, and of 1.1.
    const EXTENSIONS: [&str; 2] = ["urn:ietf:params:scim:schemas:extension:", "urn:scim:schemas:extension:"];
    let there: Vec<String> = body.keys().cloned().collect();
    if let Some(Value::Array(schemas)) = body.get_mut("schemas") {
        schemas.retain(|urn| {
            urn.as_str().is_none_or(|urn| {
                !EXTENSIONS.iter().any(|begins| urn.starts_with(begins)) || there.iter().any(|name| name == urn)
            })
        });
    }
}

fn with(body: &Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let mut more = body.clone();
    Attribute::whole(name).set(&mut more, value);
    more
}

/// The schemas that discovery describes, by their ids.
fn required(kind: Kind, types: &Value, schemas: &Value, unique: &str) -> Vec<(Attribute, Value)> {
    let resources = |list: &'_ Value| list.get("Resources").and_then(Value::as_array).cloned().unwrap_or_default();
    let of_kind = |endpoint: &str| endpoint.trim_matches('/').eq_ignore_ascii_case(kind.path().trim_matches('/'));
    let types = resources(types);
    let this = types.iter().find(|one| one.get("endpoint").and_then(Value::as_str).is_some_and(of_kind));
    let core = this.and_then(|one| one.get("schema")?.as_str()).unwrap_or(kind.urn()).to_owned();
    let extensions = this.and_then(|one| one.get("schemaExtensions")?.as_array()).cloned().unwrap_or_default();
    let extensions: Vec<&str> = extensions.iter().filter_map(|one| one.get("schema")?.as_str()).collect();
    let mut found = Vec::new();
    for schema in resources(schemas) {
        let Some(urn) = schema.get("id").and_then(Value::as_str) else { continue };
        let is_core = urn == core;
        if !is_core && !extensions.contains(&urn) {
            continue;
        }
        for attribute in attributes(&schema, "attributes").filter(is_required) {
            let Some(name) = attribute.get("name").and_then(Value::as_str) else { continue };
            let value = example(&attribute, unique, 0);
            match (is_core, value) {
                (false, value) => found.push((Attribute::part(urn, name), value)),
                (true, Value::Object(parts)) => {
                    found.extend(parts.into_iter().map(|(part, value)| (Attribute::part(name, &part), value)));
                }
                (true, value) => found.push((Attribute::whole(name), value)),
            }
        }
    }
    found
}

/// The attributes that a description of a schema or an attribute lists.
fn attributes(of: &Value, key: &str) -> impl Iterator<Item = Value> + use<> {
    of.get(key).and_then(Value::as_array).cloned().unwrap_or_default().into_iter()
}

/// Whether whoever creates the resource has to give the attribute.
fn is_required(attribute: &Value) -> bool {
    let is_read_only = attribute.get("mutability").is_some_and(|mutability| mutability == "readOnly");
    attribute.get("required") == Some(&Value::Bool(true)) && !is_read_only
}

/// How deep attributes are in attributes at most (RFC 7643 §2.3.8 has one level).
const DEPTH: usize = 2;

/// A value of an attribute that is described like that.
fn example(attribute: &Value, unique: &str, depth: usize) -> Value {
    let text = |key: &str| attribute.get(key).and_then(Value::as_str).unwrap_or_default();
    let canonical = attribute.get("canonicalValues").and_then(|values| values.get(0)).filter(|value| value.is_string());
    let value = match (canonical, text("type")) {
        (Some(value), _) => value.clone(),
        (None, "boolean") => json!(true),
        (None, "integer") => json!(1),
        (None, "decimal") => json!(1.5),
        (None, "dateTime") => json!("2026-01-01T00:00:00Z"),
        (None, "reference") => json!(format!("https://example.com/{unique}")),
        (None, "binary") => json!("c2NpbQ=="),
        (None, "complex") if depth < DEPTH => {
            let parts = attributes(attribute, "subAttributes");
            let wanted = parts.filter(|part| is_required(part) || part.get("name").is_some_and(|name| name == "value"));
            let part = |part: Value| Some((part.get("name")?.as_str()?.to_owned(), example(&part, unique, depth + 1)));
            Value::Object(wanted.filter_map(part).collect())
        }
        (None, _) if text("name").to_ascii_lowercase().contains("email") => json!(format!("{unique}@example.com")),
        (None, _) => json!(unique),
    };
    if attribute.get("multiValued") == Some(&Value::Bool(true)) { Value::Array(vec![value]) } else { value }
}

/// `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and `c` ``.
pub(super) fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_server_says_of_its_schemas_is_read() {
        let mut deep = json!({ "name": "end", "required": true });
        for _ in 0..60 {
            deep = json!({ "name": "part", "type": "complex", "required": true, "subAttributes": [deep] });
        }
        let descriptions = [
            json!(null),
            json!([]),
            json!({ "Resources": {} }),
            json!({ "Resources": [null, 1, [], { "id": 7 }, { "id": Kind::User.urn(), "attributes": { "name": "x" } }] }),
            json!({ "Resources": [{ "id": Kind::User.urn(), "endpoint": "", "schema": 1, "schemaExtensions": [null, {}],
                "attributes": [null, {}, { "name": null, "required": true }, { "name": "", "required": true },
                    { "name": "schemas", "required": true, "type": [] }, { "name": "userName", "required": true, "type": "complex" },
                    { "name": "é.ü", "required": true, "canonicalValues": [], "multiValued": true }, deep] }] }),
        ];
        for types in &descriptions {
            for schemas in &descriptions {
                for (attribute, value) in required(Kind::User, types, schemas, "sc1") {
                    for body in [json!({}), json!({ "schemas": 1, "userName": [], "part": null, "": {} })] {
                        let mut body = body.as_object().cloned().unwrap_or_default();
                        attribute.set(&mut body, value.clone());
                        schemas_of(&mut body);
                        attribute.remove(&mut body);
                        let change =
                            Change { without: vec![attribute.clone()], with: vec![(attribute.clone(), value.clone())] };
                        let applied = change.applied(Kind::User, &body);
                        assert!(applied.is_none_or(|(_, did)| did.attributes().count() > 0));
                        assert!(!change.in_words(Kind::User).is_empty());
                    }
                }
            }
        }
        // The empty name, `schemas`, the odd one and the first of the deep ones.
        let found = required(Kind::User, &json!(null), &descriptions[4], "sc1");
        let names: Vec<String> = found.iter().map(|(attribute, _)| attribute.to_string()).collect();
        assert_eq!(names, ["", "schemas", "é.ü", "part.part"]);
    }
}

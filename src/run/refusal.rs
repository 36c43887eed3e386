//! What in a create is refused: the same resource with less, or with more, until one is created.
//!
//! **Invariant:** changes no verdict. It sends creates that carry names of its own, removes what they create, and says of a finding
//! what made the difference, where something did.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use crate::verdict::{CaseResult, Finding, Leftover, Place};
use crate::wire::{Exchange, Request, Wire};

use super::ledger::{Keep, Ledger};
use super::{Shared, Stop, case, sweep, unique};

/// The most creates that are sent to find out why one kind of create is refused.
const MOST: usize = 20;

/// Statuses that say that something in the request was not liked. Others are about who asks, how often, or whether at all.
const REFUSALS: [u16; 6] = [400, 409, 413, 415, 422, 500];

/// Finds out what refused creates were refused for, of users and of groups, and says so in their findings. Gives what was asked, by
/// the place of the case for which it was.
pub(super) async fn explain(shared: &Arc<Shared>, results: &mut BTreeMap<usize, CaseResult>) {
    if matches!(shared.wire, Wire::Tape(_)) {
        return;
    }
    for kind in [Kind::User, Kind::Group] {
        let Some((index, request)) = telling(kind, shared.options.seed, results) else { continue };
        let wanted = shape(&request);
        let mut search = Search::new(shared, kind, &results[&index], &request);
        let found = search.run().await;
        let Search { asked, leftovers, .. } = search;
        if let Some(case) = results.get_mut(&index) {
            case.swept += asked.len();
            case.transcript.extend(asked);
            case.leftovers.extend(leftovers);
        }
        let Some(found) = found else { continue };
        for case in results.values_mut() {
            let transcript = &case.transcript;
            let is_same = |finding: &Finding| {
                let exchange = transcript.get(finding.exchange).filter(|exchange| is_refused(kind, exchange));
                finding.place == Place::Status && exchange.is_some_and(|e| found.is_of(&e.request, &wanted))
            };
            let demand = case.blocker.as_mut().and_then(|blocker| blocker.demand.as_mut());
            for finding in case.findings.iter_mut().chain(demand).filter(|finding| is_same(finding)) {
                finding.because = Some(found.in_words(kind));
            }
        }
    }
}

/// What makes the difference between refused and created.
enum Found {
    /// These attributes, or parts of them, are not taken.
    Refused(Vec<String>),
    /// These are wanted.
    Missing(Vec<String>),
    /// Nothing: what was refused is created when it is sent again.
    Nothing,
}

impl Found {
    /// Whether it is why a request was refused that is like the one that was looked into, or has what is not taken.
    fn is_of(&self, request: &Request, looked_into: &[String]) -> bool {
        let has =
            |body: &Map<String, Value>, name: &String| match name.split_once('.').filter(|_| !name.starts_with("urn:"))
            {
                Some((name, part)) => body.get(name).is_some_and(|value| value.get(part).is_some()),
                None => body.contains_key(name),
            };
        let body = body(request).unwrap_or_default();
        match self {
            Found::Refused(names) => names.iter().all(|name| has(&body, name)) || shape(request) == looked_into,
            Found::Missing(names) => names.iter().all(|name| !has(&body, name)),
            Found::Nothing => shape(request) == looked_into,
        }
    }

    fn in_words(&self, kind: Kind) -> String {
        let word = kind.word();
        let them = |names: &[String]| if names.len() == 1 { "it" } else { "them" };
        match self {
            Found::Refused(names) => format!("{}: a {word} without {} is created", listed(names), them(names)),
            Found::Missing(names) => {
                let is = if names.len() == 1 { "is" } else { "are" };
                format!("{} {is} missing: a {word} with {} is created", listed(names), them(names))
            }
            Found::Nothing => {
                format!("nothing that it holds: the same {word} was created when it was sent again, after all cases")
            }
        }
    }
}

/// What is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    User,
    Group,
}

impl Kind {
    fn path(self) -> &'static str {
        match self {
            Kind::User => "/Users",
            Kind::Group => "/Groups",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Group => "group",
        }
    }

    /// The attribute that no resource of the kind may lack.
    fn name(self) -> &'static str {
        match self {
            Kind::User => "userName",
            Kind::Group => "displayName",
        }
    }

    /// What the examples of RFC 7643 have beside that, and a server may want to have.
    fn usual(self, unique: &str) -> Vec<(&'static str, Value)> {
        match self {
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
}

/// Whether an exchange is a create of that kind that the server did not like.
fn is_refused(kind: Kind, exchange: &Exchange) -> bool {
    exchange.request.method == "POST"
        && exchange.request.path == kind.path()
        && exchange.reply.as_ref().is_ok_and(|response| REFUSALS.contains(&response.status))
}

/// The attributes of a request, by which requests are alike.
fn shape(request: &Request) -> Vec<String> {
    let body = body(request).unwrap_or_default();
    let mut names: Vec<String> = body.keys().cloned().collect();
    names.sort();
    names
}

fn body(request: &Request) -> Option<Map<String, Value>> {
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
        let unmet = of(case).into_iter().filter(|finding| finding.place == Place::Status);
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
struct Search<'a> {
    shared: &'a Arc<Shared>,
    kind: Kind,
    case: String,
    request: Request,
    /// The name that everything in the request carries, which each try replaces by its own.
    unique: String,
    whole: Map<String, Value>,
    asked: Vec<Exchange>,
    leftovers: Vec<Leftover>,
    tries: usize,
}

impl<'a> Search<'a> {
    fn new(shared: &'a Arc<Shared>, kind: Kind, case: &CaseResult, request: &Request) -> Self {
        Self {
            shared,
            kind,
            case: case.id.clone(),
            request: request.clone(),
            unique: unique(shared.options.seed, &case.id),
            whole: body(request).unwrap_or_default(),
            asked: Vec::new(),
            leftovers: Vec::new(),
            tries: 0,
        }
    }

    /// None where it could not be found out.
    async fn run(&mut self) -> Option<Found> {
        let least = self.least();
        if self.is_created(&least).await? { self.too_much(least).await } else { self.too_little().await }
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
    async fn too_much(&mut self, mut taken: Map<String, Value>) -> Option<Found> {
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
                refused.push(name);
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
                    // RFC 7644 §3.10 has a colon between a URN and what is of it.
                    let joint = if name.starts_with("urn:") { ':' } else { '.' };
                    of_this.push(format!("{name}{joint}{part}"));
                }
            }
            if kept.is_empty() || of_this.is_empty() {
                refused.push(name);
            } else {
                taken = with(&taken, &name, Value::Object(kept));
                refused.extend(of_this);
            }
        }
        Some(if refused.is_empty() { Found::Nothing } else { Found::Refused(refused) })
    }

    /// Adds what RFC 7643's examples have, and takes away again what is not needed.
    async fn too_little(&mut self) -> Option<Found> {
        let mut more = self.whole.clone();
        let mut added = Vec::new();
        for (name, value) in self.kind.usual(&self.unique) {
            match (more.get_mut(name), value) {
                (None, value) => {
                    added.push(name.to_owned());
                    more.insert(name.to_owned(), value);
                }
                (Some(Value::Object(there)), Value::Object(usual)) => {
                    for (part, value) in usual {
                        if !there.contains_key(&part) {
                            added.push(format!("{name}.{part}"));
                            there.insert(part, value);
                        }
                    }
                }
                (Some(_), _) => {}
            }
        }
        if added.is_empty() || !self.is_created(&more).await? {
            return None;
        }
        let mut needed = Vec::new();
        for name in added {
            let less = without(&more, &name);
            if self.is_created(&less).await? {
                more = less;
            } else {
                needed.push(name);
            }
        }
        (!needed.is_empty()).then_some(Found::Missing(needed))
    }

    /// Whether the server creates that; none where it is not to be found out: the run is stopped, the server asks for patience or does
    /// not answer, or enough was asked.
    async fn is_created(&mut self, body: &Map<String, Value>) -> Option<bool> {
        if self.tries == MOST || self.shared.stopping() > Stop::No || self.shared.is_silent() {
            return None;
        }
        if !self.shared.meter.take_what_is_left() {
            return None;
        }
        self.tries += 1;
        let own = unique(self.shared.options.seed, &format!("{} {} {}", self.case, self.kind.path(), self.tries));
        let mut body = body.clone();
        schemas_of(&mut body);
        let text = Value::Object(body).to_string().replace(&self.unique, &own);
        let request = Request { body: Some(text.into_bytes()), ..self.request.clone() };
        let ledger = Arc::new(Mutex::new(Ledger::new(own)));
        let heard = case::noted(self.shared, &ledger, &self.case, request, (Keep::No, 0)).await;
        let status = heard.exchange.reply.as_ref().ok().map(|response| response.status);
        if status.is_some_and(|status| (400..500).contains(&status)) {
            // It may be there all the same.
            case::note_refused(self.shared, &ledger, &heard.exchange, 0);
        }
        self.asked.push(heard.exchange);
        let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (swept, leftovers) = sweep::sweep(Arc::clone(self.shared), self.case.clone(), ledger).await;
        self.asked.extend(swept);
        self.leftovers.extend(leftovers);
        match status? {
            200..=299 => Some(true),
            status if REFUSALS.contains(&status) => Some(false),
            _ => None,
        }
    }
}

/// Leaves in `schemas` what the attributes of a resource are of.
fn schemas_of(body: &mut Map<String, Value>) {
    const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:";
    let there: Vec<String> = body.keys().cloned().collect();
    if let Some(Value::Array(schemas)) = body.get_mut("schemas") {
        schemas.retain(|urn| {
            urn.as_str().is_none_or(|urn| !urn.starts_with(EXTENSION) || there.iter().any(|name| name == urn))
        });
    }
}

fn with(body: &Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let mut more = body.clone();
    // An extension has its URN beside the others.
    if let (true, Some(Value::Array(schemas))) = (name.starts_with("urn:"), more.get_mut("schemas"))
        && !schemas.iter().any(|urn| urn == name)
    {
        schemas.push(Value::from(name));
    }
    more.insert(name.to_owned(), value);
    more
}

/// The body without an attribute, or a part of one: `name.formatted`.
fn without(body: &Map<String, Value>, name: &str) -> Map<String, Value> {
    let mut less = body.clone();
    match name.split_once('.').filter(|_| !name.starts_with("urn:")) {
        Some((attribute, part)) => {
            if let Some(Value::Object(parts)) = less.get_mut(attribute) {
                parts.remove(part);
            }
        }
        None => {
            less.remove(name);
        }
    }
    less
}

/// `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and `c` ``.
fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

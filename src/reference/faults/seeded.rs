//! What faults do that are made ([`Seeded`]): with each write that is carried out, and in what lists show.

use std::collections::HashSet;
use std::sync::Arc;

use axum::http::Method;
use serde_json::Value;

use super::super::answer::{Answer, Body};
use super::super::call::{Call, Endpoint};
use super::super::row::{Row, stored_member};
use super::super::schema::{Kind, Type};
use super::super::seeded::{Harm, Seeded, Verb, get, is_members, set};
use super::super::store::Store;

/// What is known of a write before it is carried out.
pub(super) struct Before {
    row: Option<Arc<Row>>,
    /// The groups that it is a member of.
    groups: Vec<Arc<Row>>,
}

/// What a write is about, before it; nothing where no such fault is present.
pub(super) fn before(store: &Store, call: &Call) -> Option<Before> {
    Verb::of(&call.method).filter(|_| !store.seeded.is_empty())?;
    let Endpoint::Item(kind, id) = &call.endpoint else { return Some(Before { row: None, groups: Vec::new() }) };
    let row = store.tables().of(*kind).by_id(id).cloned();
    Some(Before { row, groups: store.tables().groups_with(id).cloned().collect() })
}

/// Does the damage that a write does besides.
pub(super) fn strike(store: &mut Store, call: &Call, before: &Before, answer: &Answer) {
    let (Endpoint::Collection(kind) | Endpoint::Item(kind, _)) = &call.endpoint else { return };
    let Some(verb) = Verb::of(&call.method).filter(|_| (200..300).contains(&answer.status)) else { return };
    let id = match (&call.endpoint, &answer.body) {
        (Endpoint::Item(_, id), _) => Some(id.as_str()),
        (_, Body::Json(body)) => body.get("id").and_then(Value::as_str),
        _ => None,
    };
    let after = id.and_then(|id| store.tables().of(*kind).by_id(id)).cloned();
    for fault in 0..store.seeded.all.len() {
        let Some(seeded) = store.seeded.all.get(fault).cloned() else { return };
        if seeded.harm == Harm::Stale {
            stay_behind(store, (fault, &seeded), (verb, *kind), before, after.as_ref());
        } else if (seeded.verb, seeded.kind) == (verb, *kind) {
            harm(store, (fault, &seeded), before, after.as_ref());
        }
    }
}

/// Loses, overwrites or smears.
fn harm(store: &mut Store, (fault, seeded): (usize, &Seeded), before: &Before, after: Option<&Arc<Row>>) {
    let Some(written) = after.or(before.row.as_ref()) else { return };
    let Some(value) = get(&written.document, &seeded.target) else { return };
    let damaged = match seeded.harm {
        Harm::Lost => Some((Arc::clone(written), None)),
        Harm::Overwritten => other(store, written, seeded, &value).map(|other| (Arc::clone(written), Some(other))),
        Harm::Smeared => neighbour(store, written)
            .filter(|neighbour| get(&neighbour.document, &seeded.target).as_ref() != Some(&value))
            .map(|neighbour| (neighbour, Some(value))),
        Harm::Stale => None,
    };
    let Some((struck, value)) = damaged else { return };
    store.seeded.note(fault, written, &struck.id);
    if !store.seeded.only_counted {
        let mut document = struck.document.clone();
        set(&mut document, &seeded.target, value.as_ref());
        store.update(&struck, document);
    }
}

/// Remembers for lists and lookups what was there before; a change by another verb reaches them.
fn stay_behind(
    store: &mut Store,
    (fault, seeded): (usize, &Seeded),
    (verb, kind): (Verb, Kind),
    before: &Before,
    after: Option<&Arc<Row>>,
) {
    let mut changes: Vec<(Arc<Row>, Option<Value>, Option<Value>)> = Vec::new();
    if verb == Verb::Delete {
        // Who is deleted leaves groups.
        for group in before.groups.iter().filter(|_| is_members(&seeded.target)) {
            let now = store.tables().of(Kind::Group).by_id(&group.id);
            let now = now.and_then(|now| get(&now.document, &seeded.target));
            changes.push((Arc::clone(group), get(&group.document, &seeded.target), now));
        }
    } else if let (true, Some(row)) = (seeded.kind == kind, after) {
        let was = before.row.as_ref().and_then(|row| get(&row.document, &seeded.target));
        changes.push((Arc::clone(row), was, get(&row.document, &seeded.target)));
    }
    for (row, was, _) in changes.into_iter().filter(|(_, was, now)| was != now) {
        let key = (fault, row.id.clone());
        if seeded.verb != verb {
            store.seeded.stale.remove(&key);
            continue;
        }
        let written = if verb == Verb::Delete { before.row.as_ref().unwrap_or(&row) } else { &row };
        store.seeded.note(fault, written, &row.id);
        store.seeded.stale.insert(key, was);
    }
}

/// Shows in lists and lookups what has stayed behind.
pub(super) fn show(store: &Store, call: &Call, answer: &mut Answer) {
    let is_list = matches!(call.endpoint, Endpoint::Collection(_)) && call.method == Method::GET;
    let (true, false, Body::Json(list)) = (is_list, store.seeded.only_counted, &mut answer.body) else { return };
    if store.seeded.stale.is_empty() {
        return;
    }
    let resources = list.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten();
    for shown in resources.filter_map(Value::as_object_mut) {
        let Some(id) = shown.get("id").and_then(Value::as_str).map(str::to_owned) else { continue };
        for (fault, seeded) in store.seeded.all.iter().enumerate() {
            if let Some(was) = store.seeded.stale.get(&(fault, id.clone())) {
                set(shown, &seeded.target, was.as_ref());
            }
        }
    }
}

/// The resource that was created next before another, or next after it.
fn neighbour(store: &Store, row: &Row) -> Option<Arc<Row>> {
    let rows = store.tables().of(row.kind).rows();
    let (before, after): (Vec<&Arc<Row>>, Vec<&Arc<Row>>) =
        rows.filter(|other| other.id != row.id).partition(|other| other.position < row.position);
    before.last().or(after.first()).map(|row| Arc::clone(row))
}

/// What an attribute has that takes another's value: something else than it has.
fn other(store: &Store, row: &Row, seeded: &Seeded, value: &Value) -> Option<Value> {
    if is_members(&seeded.target) {
        let groups = store.tables().of(Kind::Group).rows().filter(|group| group.id != row.id);
        let others = groups.filter_map(|group| get(&group.document, &seeded.target));
        let members: HashSet<&str> = row.members().collect();
        let users = store.tables().of(Kind::User).rows().filter(|user| !members.contains(user.id.as_str()));
        let strangers = users.map(|user| Value::from(vec![stored_member(&user.id, Kind::User)]));
        return others.chain(strangers).find(|other| other != value);
    }
    if seeded.target.leaf().kind == Type::Boolean {
        let opposite = |value: &Value| value.as_bool().map_or(Value::Null, |value| Value::Bool(!value));
        return Some(each(value, opposite));
    }
    let name = |part: &str| row.document.get("name").and_then(|name| name.get(part));
    let own = ["userName", "externalId", "displayName"].into_iter().map(|name| row.document.get(name));
    let own = own.chain([name("familyName"), name("givenName")]).flatten().cloned();
    let own = own.chain([Value::from(row.id.clone())]);
    let is_other = |text: &Value| match value {
        Value::Array(all) => !all.contains(text),
        value => value != text,
    };
    own.into_iter().find(is_other).map(|text| each(value, |_| text.clone()))
}

/// The same of each value that there is.
fn each(value: &Value, make: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(|one| if one.is_null() { Value::Null } else { make(one) }).collect(),
        value => make(value),
    }
}

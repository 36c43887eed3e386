//! What a write obliges the server to show: RFC 7644 §3.3 (POST), §3.5.1 (PUT), §3.5.2 (PATCH) and §3.6 (DELETE).
//!
//! **Invariant:** what a write does not name is demanded as before; where the RFC does not say what comes of an operation, whatever
//! it is about may come to anything, and nothing else may.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::names::{self, Kind, is_left_out};
use super::path::{self, Filter, Path};
use super::state::{Attribute, Demand, Exists, Expected, Verb, Wanted, flat, held};
use super::value::{elements, is_nothing, part, same, words};

/// What a resource has to show when a write was carried out.
#[must_use]
pub fn effect(before: &Expected, verb: Verb, body: Option<&Value>) -> Expected {
    let mut after = before.clone();
    let body = body.unwrap_or(&Value::Null);
    after.learn_urns(body);
    words(body, &mut after.words);
    match verb {
        Verb::Post => after.create(body),
        Verb::Put => after.replace(body),
        Verb::Patch => after.patch(body),
        Verb::Delete => after.exists = Exists::No,
    }
    after
}

/// What an operation of a PATCH does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Replace,
    Remove,
    Unknown,
}

impl Op {
    /// In whatever letter case: Entra writes `Add`.
    fn of(operation: &Map<String, Value>) -> Op {
        let word = part(operation, "op").as_str().unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "add" => Op::Add,
            "replace" => Op::Replace,
            "remove" => Op::Remove,
            _ => Op::Unknown,
        }
    }
}

impl Expected {
    fn create(&mut self, body: &Value) {
        self.exists = Exists::Yes;
        self.created = true;
        for (key, (spelled, value)) in flat(self.kind, body, &self.urns) {
            if !is_nothing(&value) {
                self.set(&key, &spelled, Demand::just(value), Verb::Post);
            }
        }
    }

    /// What the body leaves out was kept or cleared, and never became something else.
    fn replace(&mut self, body: &Value) {
        self.defaults = true;
        let sent = flat(self.kind, body, &self.urns);
        for (key, attribute) in &mut self.attributes {
            if !sent.contains_key(key) {
                attribute.demand = attribute.demand.clone().or(Demand::just(Value::Null));
                attribute.touched = Some(Verb::Put);
            }
        }
        for (key, (spelled, value)) in sent {
            if is_nothing(&value) {
                self.clear(&key, Verb::Put);
            } else {
                self.set(&key, &spelled, Demand::just(value), Verb::Put);
            }
        }
        for (name, _) in body.as_object().into_iter().flatten().filter(|(_, value)| is_nothing(value)) {
            let name = names::split(self.kind, name, &self.urns);
            if let (Some(urn), true) = (name.urn, name.rest.is_empty()) {
                self.clear_extension(&urn, Verb::Put);
            }
        }
    }

    fn patch(&mut self, body: &Value) {
        let operations = body.as_object().map(|body| part(body, "Operations"));
        let Some(Value::Array(operations)) = operations else {
            self.open = true;
            return;
        };
        for operation in operations {
            match operation {
                Value::Object(operation) => self.operate(operation),
                _ => self.open = true,
            }
        }
    }

    fn operate(&mut self, operation: &Map<String, Value>) {
        let op = Op::of(operation);
        let value = part(operation, "value");
        // Short names are no extensions by what they are; a URN with an object behind it is.
        match part(operation, "path") {
            Value::String(text) if !text.is_empty() => match path::parse(self.kind, text, &self.urns) {
                Some(path) => self.apply(op, &path, value),
                None => match path::leading_name(text) {
                    Some(name) => self.loosen_named(None, name),
                    None => self.open = true,
                },
            },
            _ => self.apply_each(op, None, value),
        }
    }

    /// An operation without a path, or with that of an extension: each member of the value is one of its own.
    fn apply_each(&mut self, op: Op, urn: Option<&str>, value: &Value) {
        let Value::Object(members) = value else {
            // A removal of nothing in particular is to be refused; where it is not, it has removed nothing.
            self.open |= op != Op::Remove;
            return;
        };
        // What has no path has no target to remove.
        let op = if op == Op::Remove && urn.is_none() { Op::Unknown } else { op };
        for (name, value) in members {
            let parsed = match urn {
                Some(urn) => {
                    path::parse(self.kind, name, &self.urns).map(|path| Path { urn: Some(urn.to_owned()), ..path })
                }
                None => path::parse(self.kind, name, &self.urns),
            };
            match parsed {
                Some(path) => self.apply(op, &path, value),
                None => match path::leading_name(name) {
                    Some(name) => self.loosen_named(urn, name),
                    None => self.open = true,
                },
            }
        }
    }

    fn apply(&mut self, op: Op, path: &Path, value: &Value) {
        let urn = path.urn.as_deref();
        let Some(attribute) = &path.attribute else {
            return match (urn, op) {
                (None, Op::Remove) => self.open = true,
                (None, _) => self.apply_each(op, None, value),
                (Some(urn), Op::Remove) => self.clear_extension(urn, Verb::Patch),
                (Some(urn), Op::Replace) if value.is_null() => self.clear_extension(urn, Verb::Patch),
                (Some(urn), _) if value.is_object() => self.apply_each(op, Some(urn), value),
                (Some(urn), _) => self.loosen_extension(urn),
            };
        };
        let (key, spelled) = names::key(self.kind, urn, attribute, None);
        if is_left_out(self.kind, &key) {
            return;
        }
        if op == Op::Unknown {
            return self.loosen_named(urn, attribute);
        }
        let is_list = self.is_list(&key) || (value.is_array() && path.part.is_none());
        match (&path.filter, &path.part) {
            (Some(filter), part) => self.select(op, &key, &spelled, filter, part.as_deref(), value),
            // Of which value?
            (None, Some(_)) if is_list => self.loosen(&key, &spelled),
            (None, Some(part)) => {
                let (key, spelled) = names::key(self.kind, urn, attribute, Some(part));
                self.assign(op, &key, &spelled, value);
            }
            (None, None) if is_list => self.change_list(op, &key, &spelled, value),
            (None, None) => match value {
                Value::Object(parts) if op != Op::Remove && !parts.is_empty() => {
                    // RFC 7644 §3.5.2.3: sub-attributes that are not named stay as they are.
                    for (part, value) in parts {
                        let (key, spelled) = names::key(self.kind, urn, attribute, Some(part));
                        self.assign(op, &key, &spelled, value);
                    }
                }
                value => match names::home_of_text(&key) {
                    Some(home) if op != Op::Remove && !is_nothing(value) => {
                        let (key, spelled) = names::key(self.kind, urn, attribute, Some(home));
                        self.assign(op, &key, &spelled, value);
                    }
                    _ => self.assign(op, &key, &spelled, value),
                },
            },
        }
    }

    /// Gives an attribute of one value that value.
    fn assign(&mut self, op: Op, key: &str, spelled: &str, value: &Value) {
        if is_left_out(self.kind, key) {
            return;
        }
        if op == Op::Remove || is_nothing(value) {
            return self.clear(key, Verb::Patch);
        }
        let below = format!("{key}.");
        if self.attributes.keys().any(|other| other.starts_with(&below)) {
            // One value for what has parts.
            return self.loosen(key, spelled);
        }
        self.set(key, spelled, Demand::just(held(value)), Verb::Patch);
    }

    fn change_list(&mut self, op: Op, key: &str, spelled: &str, value: &Value) {
        let sent = elements(value);
        let demand = match op {
            Op::Remove if sent.is_empty() => return self.clear(key, Verb::Patch),
            // As Okta and Entra write it. The RFC knows no value here, so that all may be gone.
            Op::Remove => self.list_before(key).map(|before| {
                let left = before.list().into_iter().filter(|one| !sent.iter().any(|gone| covers(key, gone, one)));
                let left = Wanted { value: list_of(left.collect()), ..before.clone() };
                Demand::OneOf(vec![left]).or(Demand::just(Value::Null))
            }),
            Op::Replace => Demand::just(list_of(sent)),
            Op::Add | Op::Unknown => self.list_before(key).map(|before| add(key, before, &sent)),
        };
        self.set(key, spelled, demand, Verb::Patch);
    }

    /// An operation on the values that a filter selects.
    fn select(&mut self, op: Op, key: &str, spelled: &str, filter: &Filter, below: Option<&str>, value: &Value) {
        let demand = self.list_before(key).map(|before| {
            let list = before.list();
            let mut selected = Vec::with_capacity(list.len());
            for element in &list {
                match element.as_object().and_then(|element| filter.meets(key, element)) {
                    Some(meets) => selected.push(meets),
                    None => return Demand::Anything,
                }
            }
            if !selected.contains(&true) {
                // To be refused with noTarget (§3.5.2.3); of an `add`, nothing is said. A removal finds nothing to remove.
                return match op {
                    Op::Remove => Demand::OneOf(vec![before.clone()]),
                    _ => Demand::Anything,
                };
            }
            if before.more {
                return Demand::Anything;
            }
            let changed = |change: &dyn Fn(&Value) -> Option<Value>| {
                let all = list.iter().zip(&selected);
                let all = all.filter_map(|(element, hit)| if *hit { change(element) } else { Some(element.clone()) });
                let chosen = op != Op::Remove && is_primary(value);
                let all = all.zip(selected.iter().chain(std::iter::repeat(&true)));
                let all = all.map(|(element, hit)| if chosen && !hit { without_primary(element) } else { element });
                Demand::OneOf(vec![Wanted { value: list_of(all.collect()), ..before.clone() }])
            };
            match (op, below) {
                (Op::Remove, None) => changed(&|_| None),
                (Op::Remove, Some(below)) => changed(&|element| with_part(element, below, &Value::Null)),
                (_, Some(below)) => {
                    let makes_primary = below.eq_ignore_ascii_case("primary") && same("", value, &true.into());
                    let given = changed(&|element| with_part(element, below, value));
                    if makes_primary { given.map(|wanted| hand_over(wanted, &selected)) } else { given }
                }
                // Whether what the new value does not name stays, the RFC says in two ways.
                (Op::Replace, None) => {
                    changed(&|_| elements(value).pop()).or(changed(&|element| merged(element, value)))
                }
                (_, None) => changed(&|element| merged(element, value)),
            }
        });
        self.set(key, spelled, demand, Verb::Patch);
    }

    /// What a list has to show so far.
    fn list_before(&self, key: &str) -> Demand {
        match self.attributes.get(key) {
            _ if self.open => Demand::Anything,
            Some(attribute) => attribute.demand.clone(),
            None if self.complete || self.created => Demand::just(Value::Null),
            None => Demand::OneOf(vec![Wanted { more: true, ..Wanted::just(Value::Null) }]),
        }
    }

    fn is_list(&self, key: &str) -> bool {
        let held = |attribute: &Attribute| match &attribute.demand {
            Demand::OneOf(all) => all.iter().any(|wanted| wanted.value.is_array()),
            Demand::Anything => attribute.before.is_array(),
        };
        names::is_multi(key) || self.attributes.get(key).is_some_and(held)
    }

    fn set(&mut self, key: &str, spelled: &str, demand: Demand, verb: Verb) {
        if is_left_out(self.kind, key) {
            return;
        }
        let new = || Attribute::new(spelled.to_owned());
        let attribute = self.attributes.entry(key.to_owned()).or_insert_with(new);
        attribute.demand = demand;
        attribute.late.clear();
        attribute.touched = Some(verb);
        attribute.written = true;
    }

    /// Demands that an attribute, and all parts of it, show nothing.
    fn clear(&mut self, key: &str, verb: Verb) {
        let below = format!("{key}.");
        let is_required = names::is_required(self.kind, key);
        let concerned = |other: &String| other == key || other.starts_with(&below);
        for (_, attribute) in self.attributes.iter_mut().filter(|(other, _)| concerned(other)) {
            let nothing = Demand::just(Value::Null);
            // What cannot go may have stayed.
            attribute.demand = if is_required { attribute.demand.clone().or(nothing) } else { nothing };
            attribute.late.clear();
            attribute.touched = Some(verb);
            attribute.written = true;
        }
    }

    fn clear_extension(&mut self, urn: &str, verb: Verb) {
        let within = format!("{}:", urn.to_lowercase());
        let keys: Vec<String> = self.attributes.keys().filter(|key| key.starts_with(&within)).cloned().collect();
        keys.iter().for_each(|key| self.clear(key, verb));
    }

    fn loosen_named(&mut self, urn: Option<&str>, attribute: &str) {
        let (key, spelled) = names::key(self.kind, urn, attribute, None);
        self.loosen(&key, &spelled);
    }

    fn loosen_extension(&mut self, urn: &str) {
        let within = format!("{}:", urn.to_lowercase());
        let concerned = self.attributes.iter_mut().filter(|(key, _)| key.starts_with(&within));
        concerned.for_each(|(_, attribute)| attribute.demand = Demand::Anything);
        self.loosened(&within);
    }

    /// Lets an attribute, and all parts of it, come to anything.
    fn loosen(&mut self, key: &str, spelled: &str) {
        if is_left_out(self.kind, key) {
            return;
        }
        let below = format!("{key}.");
        self.set(key, spelled, Demand::Anything, Verb::Patch);
        let concerned = self.attributes.iter_mut().filter(|(other, _)| other.starts_with(&below));
        concerned.for_each(|(_, attribute)| attribute.demand = Demand::Anything);
        self.loosened(&below);
    }

    /// What was not there before may be there then: a mark that stands for all that begins like that.
    fn loosened(&mut self, prefix: &str) {
        let mark = Attribute { demand: Demand::Anything, ..Attribute::new(prefix.to_owned()) };
        self.attributes.insert(format!("{prefix}*"), mark);
    }

    /// Whether an attribute that is not held may show anything.
    pub(super) fn is_loose(&self, key: &str) -> bool {
        self.open
            || self.attributes.keys().any(|mark| mark.strip_suffix('*').is_some_and(|prefix| key.starts_with(prefix)))
    }
}

fn list_of(list: Vec<Value>) -> Value {
    if list.is_empty() { Value::Null } else { Value::Array(list) }
}

/// Whether everything that one element says is so in the other: of what has a `value`, that alone.
fn covers(key: &str, some: &Value, whole: &Value) -> bool {
    let (Value::Object(some), Value::Object(whole)) = (some, whole) else { return some == whole };
    match some.get("value") {
        Some(value) => same(key, value, part(whole, "value")),
        None => some.iter().all(|(name, value)| same(key, value, part(whole, name))),
    }
}

/// Adds elements to a list (§3.5.2.1): what is there already is not added again, and the primary one is the one that was named last.
fn add(key: &str, before: &Wanted, sent: &[Value]) -> Demand {
    let old = before.list();
    if names::is_by_id(key) {
        let id = |element: &Value| element.get("value").map(ToString::to_string).unwrap_or_default();
        let mut known: BTreeSet<String> = old.iter().map(id).collect();
        let new = sent.iter().filter(|element| known.insert(id(element)));
        let list = old.iter().chain(new).cloned().collect();
        return Demand::OneOf(vec![Wanted { value: list_of(list), ..before.clone() }]);
    }
    let (mut appended, mut joined) = (old.clone(), old);
    for element in sent {
        if is_primary(element) {
            appended = appended.into_iter().map(without_primary).collect();
            joined = joined.into_iter().map(without_primary).collect();
        }
        let twin = |list: &[Value]| {
            let has_value = element.get("value").is_some();
            list.iter().position(|one| one == element || (has_value && covers(key, element, one)))
        };
        match twin(&joined) {
            Some(place) if joined[place] == *element => {}
            Some(place) => {
                // One address of another type: a second one, or the same with more said of it.
                let merged = merged(&joined[place], element);
                joined[place] = merged.unwrap_or_default();
                if !appended.contains(element) {
                    appended.push(element.clone());
                }
            }
            None => {
                joined.push(element.clone());
                appended.push(element.clone());
            }
        }
    }
    let with = |list: Vec<Value>| Demand::OneOf(vec![Wanted { value: list_of(list), ..before.clone() }]);
    with(appended).or(with(joined))
}

fn is_primary(element: &Value) -> bool {
    element.as_object().is_some_and(|element| same("", part(element, "primary"), &Value::Bool(true)))
}

fn without_primary(element: Value) -> Value {
    match element {
        Value::Object(fields) => Value::Object(fields.into_iter().filter(|(name, _)| name != "primary").collect()),
        other => other,
    }
}

/// Takes `primary` from those that were not selected.
fn hand_over(wanted: &Wanted, selected: &[bool]) -> Demand {
    let list = wanted.list();
    if list.len() != selected.len() {
        return Demand::Anything;
    }
    let list = list.into_iter().zip(selected);
    let list = list.map(|(element, hit)| if *hit { element } else { without_primary(element) });
    Demand::OneOf(vec![Wanted { value: list_of(list.collect()), ..wanted.clone() }])
}

/// An element with a part changed; none where nothing is left of it.
fn with_part(element: &Value, name: &str, value: &Value) -> Option<Value> {
    let mut fields = element.as_object()?.clone();
    let name = name.to_lowercase();
    if is_nothing(value) {
        fields.shift_remove(&name);
    } else {
        fields.insert(name, value.clone());
    }
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// An element with what another says, and the rest as it was.
fn merged(element: &Value, more: &Value) -> Option<Value> {
    let mut fields = element.as_object()?.clone();
    for (name, value) in elements(more).pop()?.as_object()? {
        fields.insert(name.clone(), value.clone());
    }
    Some(Value::Object(fields))
}

/// The kind and id of a path below the base URL: `/Users/2819c223`.
pub(super) fn resource_of(path: &str) -> Option<(Kind, Option<&str>)> {
    let path = path.split('?').next().unwrap_or(path).trim_matches('/');
    let (collection, id) = match path.split_once('/') {
        Some((collection, id)) => (collection, Some(id)),
        None => (path, None),
    };
    let kind = Kind::of_collection(collection)?;
    (!id.is_some_and(|id| id.is_empty() || id.contains('/'))).then_some((kind, id))
}

//! What a resource has to show: for each attribute the values that will do.
//!
//! **Invariant:** single-valued attributes are held by their parts, so that a change of one says nothing of the others; values of
//! lists are held in the form of [`elements`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::{self, Kind};
use super::value::{elements, is_nothing};

/// Alternatives beyond this many are no demand.
const ALTERNATIVES: usize = 12;

/// A method that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A create.
    Post,
    /// A replacement of the whole.
    Put,
    /// A change of parts.
    Patch,
    /// A removal.
    Delete,
}

impl Verb {
    /// The verb of a method; none for a method that does not write.
    pub fn of(method: &str) -> Option<Self> {
        match method {
            "POST" => Some(Verb::Post),
            "PUT" => Some(Verb::Put),
            "PATCH" => Some(Verb::Patch),
            "DELETE" => Some(Verb::Delete),
            _ => None,
        }
    }
}

/// Whether a resource is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exists {
    /// It has to be.
    Yes,
    /// It must not be.
    No,
    /// Nobody knows.
    Either,
}

/// A value that will do.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The value; `null` for none. A list holds all elements that have to be there.
    pub value: Value,
    /// Elements that may be there besides.
    pub may: Vec<Value>,
    /// Whether any other elements may be there besides.
    pub more: bool,
}

impl Wanted {
    pub(super) fn just(value: Value) -> Self {
        Self { value, may: Vec::new(), more: false }
    }

    /// Its elements.
    pub(super) fn list(&self) -> Vec<Value> {
        elements(&self.value)
    }
}

/// What an attribute has to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    /// Whatever it likes.
    Anything,
    /// One of these.
    OneOf(Vec<Wanted>),
}

impl Demand {
    pub(super) fn just(value: Value) -> Self {
        Demand::OneOf(vec![Wanted::just(value)])
    }

    /// What will do in either case.
    pub(super) fn or(self, other: Demand) -> Demand {
        match (self, other) {
            (Demand::OneOf(mut one), Demand::OneOf(other)) => {
                for wanted in other {
                    if !one.contains(&wanted) {
                        one.push(wanted);
                    }
                }
                if one.len() > ALTERNATIVES { Demand::Anything } else { Demand::OneOf(one) }
            }
            _ => Demand::Anything,
        }
    }

    /// The same after a change of each.
    pub(super) fn map(&self, change: impl Fn(&Wanted) -> Demand) -> Demand {
        match self {
            Demand::Anything => Demand::Anything,
            Demand::OneOf(all) => all.iter().map(change).reduce(Demand::or).unwrap_or(Demand::Anything),
        }
    }

    /// The one value that will do.
    pub fn only(&self) -> Option<&Wanted> {
        match self {
            Demand::OneOf(all) => all.first().filter(|_| all.len() == 1),
            Demand::Anything => None,
        }
    }
}

/// What is known of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name for people.
    pub spelled: String,
    /// What it has to show.
    pub demand: Demand,
    /// What may come yet of a write that had no answer.
    pub(super) late: Vec<Wanted>,
    /// What it showed last; `null` for nothing.
    pub before: Value,
    /// The last write since then that was about it.
    pub touched: Option<Verb>,
    /// Whether we ever wrote it in this resource.
    pub(super) written: bool,
    /// Where the look was that showed it right.
    pub(super) clean_at: usize,
}

impl Attribute {
    pub(super) fn new(spelled: String) -> Self {
        Self {
            spelled,
            demand: Demand::just(Value::Null),
            late: Vec::new(),
            before: Value::Null,
            touched: None,
            written: false,
            clean_at: 0,
        }
    }
}

/// What a resource has to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// What kind it is.
    pub kind: Kind,
    /// Whether it has to be there.
    pub exists: Exists,
    /// Its attributes, by their keys.
    pub attributes: BTreeMap<String, Attribute>,
    /// Whether a read has shown all of it, so that it has nothing else.
    pub complete: bool,
    /// Whether nobody knows what a write has done to it.
    pub open: bool,
    /// Whether it was replaced as a whole since the last look, so that the server's defaults may be there.
    pub(super) defaults: bool,
    /// The words of what was written to it since the last look, from which other attributes may follow.
    pub(super) words: BTreeSet<String>,
    /// The URNs of extensions that were met.
    pub(super) urns: Vec<String>,
    /// Whether we created it, so that it has nothing that nobody gave it.
    pub(super) created: bool,
    /// When that was: no earlier write can have done anything to it.
    pub(super) born: usize,
}

impl Expected {
    /// Of a resource of which nothing is known.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            exists: Exists::Either,
            attributes: BTreeMap::new(),
            complete: false,
            open: false,
            defaults: false,
            words: BTreeSet::new(),
            urns: Vec::new(),
            created: false,
            born: 0,
        }
    }

    /// Of a resource that a read has shown.
    pub fn shown(kind: Kind, shown: &Value) -> Self {
        let mut expected = Self { exists: Exists::Yes, complete: true, ..Self::new(kind) };
        expected.learn_urns(shown);
        for (key, (spelled, value)) in flat(kind, shown, &expected.urns) {
            if !is_nothing(&value) {
                let demand = Demand::just(value.clone());
                let attribute = Attribute { demand, before: value, written: true, ..Attribute::new(spelled) };
                expected.attributes.insert(key, attribute);
            }
        }
        expected
    }

    /// The URNs that a body uses.
    pub(super) fn learn_urns(&mut self, body: &Value) {
        let fields = body.as_object().into_iter().flatten();
        let named = fields.clone().map(|(name, _)| name.as_str()).filter(|name| name.contains(':'));
        let listed = fields.filter(|(name, _)| name.eq_ignore_ascii_case("schemas")).filter_map(|(_, v)| v.as_array());
        let listed = listed.flatten().filter_map(Value::as_str).filter(|urn| urn.contains(":schemas:"));
        for urn in named.filter(|name| body[*name].is_object()).chain(listed) {
            let is_core = urn.eq_ignore_ascii_case(self.kind.urn());
            if !is_core && !self.urns.iter().any(|known| known.eq_ignore_ascii_case(urn)) {
                self.urns.push(urn.to_owned());
            }
        }
        // The longer of two that begin alike is the one that is meant.
        self.urns.sort_by_key(|urn| std::cmp::Reverse(urn.len()));
    }

    /// What will do whether or not a write was carried out, now or later.
    #[must_use]
    pub fn either(before: &Expected, after: Expected) -> Expected {
        let mut both = after;
        if before.exists != both.exists {
            both.exists = Exists::Either;
        }
        both.open |= before.open;
        for (key, attribute) in &mut both.attributes {
            let old = match before.attributes.get(key) {
                Some(old) => old.demand.clone(),
                None if before.complete || before.created => Demand::just(Value::Null),
                None => Demand::Anything,
            };
            if attribute.demand == old {
                continue;
            }
            attribute.demand = attribute.demand.clone().or(old);
            if let Demand::OneOf(all) = &attribute.demand {
                attribute.late.clone_from(all);
            }
        }
        both
    }
}

/// The attributes of a body, by their keys, each with its spelling. What a body says to be nothing is `null`.
pub(super) fn flat(kind: Kind, body: &Value, urns: &[String]) -> BTreeMap<String, (String, Value)> {
    let mut into = BTreeMap::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        let name = names::split(kind, name, urns);
        if name.rest.is_empty() && name.qualified {
            for (inner, value) in value.as_object().into_iter().flatten() {
                put(kind, name.urn.as_deref(), inner, value, &mut into);
            }
            // An extension that is said to be nothing is met as such by whoever writes it.
        } else {
            put(kind, name.urn.as_deref(), &name.rest, value, &mut into);
        }
    }
    into.retain(|key, _| !names::is_left_out(kind, key));
    into
}

fn put(kind: Kind, urn: Option<&str>, name: &str, value: &Value, into: &mut BTreeMap<String, (String, Value)>) {
    let (attribute, below) = match name.split_once('.') {
        Some((attribute, below)) => (attribute, Some(below)),
        None => (name, None),
    };
    let (key, spelled) = names::key(kind, urn, attribute, below);
    match value {
        Value::Object(fields) if below.is_none() && !names::is_multi(&key) && !is_nothing(value) => {
            for (inner, value) in fields {
                let (key, spelled) = names::key(kind, urn, attribute, Some(inner));
                into.insert(key, (spelled, held(value)));
            }
        }
        value => match names::home_of_text(&key) {
            Some(home) if !is_nothing(value) => {
                let (key, spelled) = names::key(kind, urn, attribute, Some(home));
                into.insert(key, (spelled, held(value)));
            }
            _ if names::is_multi(&key) => {
                let list = elements(value);
                into.insert(key, (spelled, if list.is_empty() { Value::Null } else { Value::Array(list) }));
            }
            _ => {
                into.insert(key, (spelled, held(value)));
            }
        },
    }
}

/// A value in the form in which it is kept.
pub(super) fn held(value: &Value) -> Value {
    match value {
        value if is_nothing(value) => Value::Null,
        Value::Array(_) => Value::Array(elements(value)),
        value => value.clone(),
    }
}

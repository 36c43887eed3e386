//! Faults that are made, not told: any one attribute of users or groups, any one verb, and one of four harms.
//!
//! Quirks are what servers were seen doing. These are all that a server could do of four kinds, so that it can be measured how much of
//! it a client notices: [`Seeded::all`] lists them, [`Options::seeded`](super::Options::seeded) puts some into a server, and
//! [`Server::strikes`](super::Server::strikes) says what each of them has struck. The answer to the write that does the damage is right.
//!
//! | harm | what a write that was carried out does besides |
//! |---|---|
//! | lost | the resource has no value of the attribute any more, whether the write named it or not |
//! | overwritten | the attribute has the value of another: the first of userName, externalId, displayName and the parts of the name that differs; what is true becomes false and the reverse; a group has the members of another group, or somebody who is none |
//! | smeared | the resource that was created next before this one, or next after it, has this one's value |
//! | stale | lists and lookups show what was there before; a read by id shows what is |
//!
//! A resource that is deleted can be smeared over another, and can stay a member of groups in lists. A fault that has nothing to do its
//! damage with (nobody has sent the attribute, there is nobody else) does not strike.

use std::collections::{HashMap, HashSet};

use axum::http::Method;
use serde_json::{Map, Value};

use super::row::{Document, Row};
use super::schema::{Attribute, COMMON, Kind, Mutability, Named, Returned, Schema, Target, Type, resolve};

/// How something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// A create.
    Post,
    /// A replacement.
    Put,
    /// A change.
    Patch,
    /// A deletion.
    Delete,
}

impl Verb {
    /// All of them.
    pub const ALL: [Verb; 4] = [Verb::Post, Verb::Put, Verb::Patch, Verb::Delete];

    /// The method.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Patch => "PATCH",
            Verb::Delete => "DELETE",
        }
    }

    pub(super) fn of(method: &Method) -> Option<Self> {
        Verb::ALL.into_iter().find(|verb| verb.as_str() == method.as_str())
    }
}

/// What becomes of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// It has no value any more.
    Lost,
    /// It has the value of another attribute.
    Overwritten,
    /// Another resource has its value as well.
    Smeared,
    /// Lists and lookups show what was there before.
    Stale,
}

impl Harm {
    /// All of them.
    pub const ALL: [Harm; 4] = [Harm::Lost, Harm::Overwritten, Harm::Smeared, Harm::Stale];

    /// In one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Harm::Lost => "lost",
            Harm::Overwritten => "overwritten",
            Harm::Smeared => "smeared",
            Harm::Stale => "stale",
        }
    }
}

/// A fault in one attribute, by one verb.
#[derive(Clone, Debug)]
pub struct Seeded {
    pub(super) kind: Kind,
    pub(super) target: Target,
    attribute: String,
    pub(super) verb: Verb,
    pub(super) harm: Harm,
}

impl Seeded {
    /// A fault in an attribute of a `User` or a `Group`: `title`, `name.givenName`, `emails.type`, `urn:…:User:department`. There is none in
    /// what the server does not store, or shows to nobody, and none where the verb leaves nothing that the harm could be done to.
    #[must_use]
    pub fn new(resource: &str, attribute: &str, verb: Verb, harm: Harm) -> Option<Self> {
        let kind = [Kind::User, Kind::Group].into_iter().find(|kind| kind.name() == resource)?;
        let Some(Named::Attribute(target)) = resolve(kind, attribute) else { return None };
        let is_whole = target.sub.is_some() || target.attribute.kind != Type::Complex || is_members(&target);
        let is_possible = verb != Verb::Delete || harm == Harm::Smeared || (harm == Harm::Stale && is_members(&target));
        let is_stored = is_stored(target.attribute) && target.sub.is_none_or(is_stored);
        let attribute = attribute.to_owned();
        (is_whole && is_possible && is_stored).then_some(Self { kind, target, attribute, verb, harm })
    }

    /// All that there are: attributes in the order of the schemas, then verbs, then harms.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        let of = |kind: Kind| attributes(kind).into_iter().map(move |attribute| (kind, attribute));
        for (kind, attribute) in [Kind::User, Kind::Group].into_iter().flat_map(of) {
            for verb in Verb::ALL {
                all.extend(Harm::ALL.into_iter().filter_map(|harm| Self::new(kind.name(), &attribute, verb, harm)));
            }
        }
        all
    }

    /// The kind of resource: `User` or `Group`.
    #[must_use]
    pub fn resource(&self) -> &'static str {
        self.kind.name()
    }

    /// The attribute.
    #[must_use]
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// The verb.
    #[must_use]
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// What becomes of the attribute.
    #[must_use]
    pub fn harm(&self) -> Harm {
        self.harm
    }
}

/// The attributes of a kind of resource that a client can write and read, with their parts where they have some.
fn attributes(kind: Kind) -> Vec<String> {
    let core = kind.schema().attributes.iter().chain(COMMON.iter().filter(|one| one.name == "externalId"));
    let mut all: Vec<String> = core.flat_map(|attribute| names("", attribute)).collect();
    for schema in kind.extensions() {
        let urn = format!("{}:", schema.id);
        all.extend(schema.attributes.iter().flat_map(|attribute| names(&urn, attribute)));
    }
    all
}

fn names(urn: &str, attribute: &Attribute) -> Vec<String> {
    let name = attribute.name;
    if !is_stored(attribute) {
        return Vec::new();
    }
    if attribute.kind != Type::Complex || name == "members" {
        return vec![format!("{urn}{name}")];
    }
    attribute.subs.iter().filter(|sub| is_stored(sub)).map(|sub| format!("{urn}{name}.{}", sub.name)).collect()
}

fn is_stored(attribute: &Attribute) -> bool {
    attribute.mutability == Mutability::ReadWrite && attribute.returned != Returned::Never && attribute.name != "$ref"
}

pub(super) fn is_members(target: &Target) -> bool {
    target.attribute.name == "members" && target.sub.is_none()
}

/// What a fault has done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Strike {
    /// Which of the faults of the server, counted from 0.
    pub fault: usize,
    /// The method of the write that did it.
    pub method: &'static str,
    /// What it wrote: `User` or `Group`.
    pub resource: &'static str,
    /// The id of that.
    pub id: String,
    /// The id of who was struck: the same, or another.
    pub struck: String,
}

/// The faults of a server, and what they have done.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(super) all: Vec<Seeded>,
    /// Whether it is only counted what they would strike, each once.
    pub(super) only_counted: bool,
    counted: HashSet<usize>,
    /// What lists and lookups show of a resource, by its id, as each fault will have it.
    pub(super) stale: HashMap<(usize, String), Option<Value>>,
    pub(crate) strikes: Vec<Strike>,
}

impl Faults {
    pub(crate) fn new(all: Vec<Seeded>, only_counted: bool) -> Self {
        Self { all, only_counted, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn note(&mut self, fault: usize, written: &Row, struck: &str) {
        if self.only_counted && !self.counted.insert(fault) {
            return;
        }
        let Some(verb) = self.all.get(fault).map(|fault| fault.verb) else { return };
        let (id, struck) = (written.id.clone(), struck.to_owned());
        self.strikes.push(Strike { fault, method: verb.as_str(), resource: written.kind.name(), id, struck });
    }
}

/// What is stored of an attribute; of a part of several values a list, with `null` for those that do not have it.
pub(super) fn get(document: &Map<String, Value>, target: &Target) -> Option<Value> {
    let container = match target.extension {
        None => document,
        Some(Schema { id, .. }) => document.get(*id)?.as_object()?,
    };
    let value = container.get(target.attribute.name)?;
    let Some(sub) = target.sub else { return Some(value.clone()) };
    match value {
        Value::Array(all) => {
            let parts: Vec<Value> = all.iter().map(|one| one.get(sub.name).cloned().unwrap_or_default()).collect();
            parts.iter().any(|part| !part.is_null()).then_some(Value::Array(parts))
        }
        value => value.get(sub.name).cloned(),
    }
}

/// Stores what [`get`] has given, or takes it away.
pub(super) fn set(document: &mut Document, target: &Target, value: Option<&Value>) {
    let name = target.attribute.name;
    let container = match target.extension {
        None => document,
        Some(Schema { id, .. }) => match document.entry(*id).or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(extension) => extension,
            _ => return,
        },
    };
    let put = |container: &mut Map<String, Value>, name: &str, value: Option<&Value>| match value {
        Some(value) if !value.is_null() => drop(container.insert(name.to_owned(), value.clone())),
        _ => drop(container.shift_remove(name)),
    };
    let Some(sub) = target.sub else {
        put(container, name, value);
        return;
    };
    let empty = if target.attribute.multi { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    match container.entry(name).or_insert(empty) {
        Value::Array(all) => {
            let parts = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            all.resize(all.len().max(parts.len()), Value::Object(Map::new()));
            let objects = all.iter_mut().enumerate();
            for (place, one) in objects.filter_map(|(place, one)| Some((place, one.as_object_mut()?))) {
                put(one, sub.name, parts.get(place));
            }
            all.retain(|one| one.as_object().is_none_or(|one| !one.is_empty()));
        }
        Value::Object(one) => put(one, sub.name, value),
        _ => {}
    }
    let is_empty = |value: &Value| match value {
        Value::Array(all) => all.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    if container.get(name).is_some_and(is_empty) {
        container.shift_remove(name);
    }
}

//! The ways of a server: what it makes of what it is sent, learnt before anything is held against it.
//!
//! **Invariant:** what is learnt only ever excuses; and only what a server did with an attribute excuses what it does with that one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::{self, Kind};
use crate::declared::{Behaviour, Deactivation, NewUsers, Shown};
use crate::verdict::{Treated, Treatment};

/// Defaults of one attribute beyond this many are no defaults.
const DEFAULTS: usize = 3;

/// What a server does with an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// It says that clients cannot write it, or not again.
    Described(String),
    /// It does not bring back what it is sent.
    NotStored,
    /// It brings back some of the values.
    Partial,
    /// It brings what it is sent into a form of its own.
    Normalises {
        /// What was sent.
        sent: Value,
        /// What came of it.
        shown: Value,
    },
    /// It shows it without being sent, or something else than what was sent.
    Derived,
    /// It gives it one of these values where nobody says which.
    Default(Vec<Value>),
    /// It changes while nobody of ours writes.
    Volatile,
}

impl Way {
    fn rank(&self) -> u8 {
        match self {
            Way::Described(_) => 0,
            Way::NotStored => 1,
            Way::Partial => 2,
            Way::Normalises { .. } => 3,
            Way::Derived => 4,
            Way::Default(_) => 5,
            Way::Volatile => 6,
        }
    }
}

/// In words that follow the name of the attribute.
impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Way::Described(mutability) => write!(f, "is described as {mutability}"),
            Way::NotStored => f.write_str("is not stored"),
            Way::Partial => f.write_str("is stored in part"),
            Way::Normalises { sent, shown } => write!(f, "is stored in another form: {sent} as {shown}"),
            Way::Derived => f.write_str("is computed by the server"),
            Way::Default(values) => {
                write!(f, "is by default {}", Value::from(values.clone()))
            }
            Way::Volatile => f.write_str("changes by itself"),
        }
    }
}

/// A line of the table of what a server does with attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Learnt {
    /// Of which kind of resource.
    pub kind: Kind,
    /// The attribute, as people write it.
    pub attribute: String,
    /// What the server does with it.
    pub way: Way,
}

/// The ways of a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ways {
    table: BTreeMap<(Kind, String, u8), Learnt>,
    /// What was shown at some time after it was sent, so that it is stored; with its spelling.
    stored: BTreeMap<(Kind, String), String>,
    /// What the answer to a create showed as it was sent.
    answered: BTreeSet<(Kind, String)>,
    /// Whether users show the groups that they are in.
    pub(super) shows_groups: bool,
    /// Whether users that were deleted stay in lists, as their owner declares.
    pub deleted_users_stay: bool,
    /// Whether a user who is not active may be shown to nobody, as the owner declares.
    pub(super) hides_inactive: bool,
    /// Whether groups do not show their members, as the owner declares.
    pub(super) hides_members: bool,
    /// Whether a new user is not active before having accepted, as the owner declares.
    pub(super) invites: bool,
}

impl Ways {
    /// Heeds what the owner of the server declares of it.
    pub fn heed(&mut self, behaviour: &Behaviour) {
        self.hides_inactive = behaviour.deactivated == Shown::No || behaviour.deactivation != Deactivation::Keeps;
        self.hides_members = behaviour.group_members == Shown::No;
        self.invites = behaviour.new_users == NewUsers::Invited;
    }

    /// Whether a user who is not active may be shown to nobody.
    pub fn hides_inactive(&self) -> bool {
        self.hides_inactive
    }

    /// Hears what a server says of its schemas: an answer to `GET /Schemas`, or one schema.
    pub fn describe(&mut self, answer: &Value) {
        match answer["Resources"].as_array() {
            Some(schemas) => schemas.iter().for_each(|schema| self.describe_one(schema)),
            None => self.describe_one(answer),
        }
    }

    fn describe_one(&mut self, schema: &Value) {
        let Some(urn) = schema["id"].as_str() else { return };
        let (kind, urn) = match [Kind::User, Kind::Group].into_iter().find(|kind| kind.urn().eq_ignore_ascii_case(urn))
        {
            Some(kind) => (Some(kind), None),
            None => (None, Some(urn)),
        };
        for attribute in schema["attributes"].as_array().into_iter().flatten() {
            let Some(name) = attribute["name"].as_str() else { continue };
            // Whose extension it is does not matter: keys hold its URN.
            for kind in kind.map_or(vec![Kind::User, Kind::Group], |kind| vec![kind]) {
                self.describe_attribute(kind, urn, name, None, attribute);
                for part in attribute["subAttributes"].as_array().into_iter().flatten() {
                    if let Some(part_name) = part["name"].as_str() {
                        self.describe_attribute(kind, urn, name, Some(part_name), part);
                    }
                }
            }
        }
    }

    fn describe_attribute(&mut self, kind: Kind, urn: Option<&str>, name: &str, part: Option<&str>, described: &Value) {
        let (key, spelled) = names::key(kind, urn, name, part);
        let mutability = described["mutability"].as_str().unwrap_or_default().to_owned();
        let is_kept_back = matches!(described["returned"].as_str(), Some("never" | "request"));
        let is_fixed = matches!(mutability.as_str(), "readOnly" | "immutable" | "writeOnly");
        // Members are there to be changed as a whole; what is immutable is each.
        let is_of_reference = part.is_some() && names::is_by_id(&key[..key.find('.').unwrap_or(key.len())]);
        if (is_fixed || is_kept_back) && !is_of_reference && !names::is_left_out(kind, &key) {
            let told = if is_fixed { mutability } else { "not returned by default".to_owned() };
            self.learn(kind, &key, &spelled, Way::Described(told));
        }
    }

    /// The table, in the order of kinds and attributes.
    pub fn learnt(&self) -> impl Iterator<Item = &Learnt> {
        self.table.values()
    }

    /// Takes over what was learnt elsewhere of the same server.
    pub fn join(&mut self, other: &Ways) {
        for learnt in other.table.values() {
            self.learn(learnt.kind, &learnt.attribute.to_lowercase(), &learnt.attribute, learnt.way.clone());
        }
        self.stored.extend(other.stored.clone());
        self.answered.extend(other.answered.iter().cloned());
        self.shows_groups |= other.shows_groups;
    }

    pub(super) fn learn(&mut self, kind: Kind, key: &str, spelled: &str, way: Way) {
        let place = (kind, key.to_owned(), way.rank());
        match self.table.get_mut(&place).map(|learnt| &mut learnt.way) {
            Some(Way::Default(known)) => {
                if let Way::Default(more) = way {
                    known.extend(more.into_iter().filter(|value| !known.contains(value)).collect::<Vec<_>>());
                }
            }
            Some(_) => {}
            None => {
                self.table.insert(place, Learnt { kind, attribute: spelled.to_owned(), way });
            }
        }
    }

    /// Whether more is excused of not being shown as it was sent than by what was known before.
    pub(super) fn excuses_more_than(&self, before: &Ways) -> bool {
        let is_lack = |way: &Way| matches!(way, Way::NotStored | Way::Partial | Way::Volatile);
        self.table.iter().any(|(place, learnt)| is_lack(&learnt.way) && !before.table.contains_key(place))
    }

    fn way(&self, kind: Kind, key: &str, rank: u8) -> Option<&Way> {
        self.table.get(&(kind, key.to_owned(), rank)).map(|learnt| &learnt.way)
    }

    /// Whether a server says that it is not ours to write, or whatever it is part of.
    pub(super) fn is_described(&self, kind: Kind, key: &str) -> bool {
        let whole = key.rsplit_once('.').filter(|(whole, _)| !whole.ends_with(":2"));
        self.way(kind, key, 0).is_some() || whole.is_some_and(|(whole, _)| self.way(kind, whole, 0).is_some())
    }

    pub(super) fn is_not_stored(&self, kind: Kind, key: &str) -> bool {
        self.way(kind, key, 1).is_some()
    }

    pub(super) fn is_partial(&self, kind: Kind, key: &str) -> bool {
        self.way(kind, key, 2).is_some()
    }

    pub(super) fn is_derived(&self, kind: Kind, key: &str) -> bool {
        self.way(kind, key, 4).is_some()
    }

    /// Whether a value may be the server's default: one that is known, or the first.
    pub(super) fn may_be_default(&self, kind: Kind, key: &str, value: &Value) -> bool {
        match self.way(kind, key, 5) {
            Some(Way::Default(known)) => known.contains(value) || known.len() < DEFAULTS,
            _ => true,
        }
    }

    pub(super) fn is_known_default(&self, kind: Kind, key: &str, value: &Value) -> bool {
        matches!(self.way(kind, key, 5), Some(Way::Default(known)) if known.contains(value))
    }

    pub(super) fn is_volatile(&self, kind: Kind, key: &str) -> bool {
        self.way(kind, key, 6).is_some()
    }

    pub(super) fn is_stored(&self, kind: Kind, key: &str) -> bool {
        self.stored.contains_key(&(kind, key.to_owned()))
    }

    pub(super) fn is_answered(&self, kind: Kind, key: &str) -> bool {
        self.answered.contains(&(kind, key.to_owned()))
    }

    pub(super) fn answer(&mut self, kind: Kind, key: &str) {
        self.answered.insert((kind, key.to_owned()));
    }

    pub(super) fn store(&mut self, kind: Kind, key: &str, spelled: &str) {
        self.stored.entry((kind, key.to_owned())).or_insert_with(|| spelled.to_owned());
    }

    /// What was learnt of each attribute, for people.
    pub fn treated(&self) -> Vec<Treated> {
        let one = |kind: Kind, attribute: &str| Treated::new(kind.as_str(), attribute);
        let stored = self.stored.iter().map(|((kind, _), spelled)| Treated { stored: true, ..one(*kind, spelled) });
        let learnt = self.table.values().filter_map(|learnt| {
            let (ways, defaults) = match &learnt.way {
                Way::Described(_) => return None,
                Way::NotStored => (Some(Treatment::NotStored), BTreeSet::new()),
                Way::Partial => (Some(Treatment::Partial), BTreeSet::new()),
                Way::Normalises { sent, shown } => (Some(form(sent, shown)), BTreeSet::new()),
                Way::Derived => (Some(Treatment::Derived), BTreeSet::new()),
                Way::Default(values) => (None, values.iter().map(Value::to_string).collect()),
                Way::Volatile => (Some(Treatment::Volatile), BTreeSet::new()),
            };
            let ways = ways.into_iter().collect();
            Some(Treated { ways, defaults, ..one(learnt.kind, &learnt.attribute) })
        });
        Treated::joined(stored.chain(learnt))
    }
}

/// Into which form a server brings what it is sent: of values that have one, their `value` tells it.
fn form(sent: &Value, shown: &Value) -> Treatment {
    let text = |value: &Value| match value {
        Value::Object(fields) => fields.get("value").and_then(Value::as_str).map(str::to_owned),
        value => value.as_str().map(str::to_owned),
    };
    let (Some(sent), Some(shown)) = (text(sent), text(shown)) else { return Treatment::OtherForm };
    if shown == sent.to_lowercase() {
        Treatment::LowerCase
    } else if shown == sent.to_uppercase() {
        Treatment::UpperCase
    } else if shown == sent.trim() {
        Treatment::Trimmed
    } else {
        Treatment::OtherForm
    }
}

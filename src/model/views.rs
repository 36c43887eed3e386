//! Views of one resource: by id, in a lookup, in a list, and from the other end of a membership.
//!
//! **Invariant:** views are compared only where nobody of ours has written between them; what the book leaves out, no view has to
//! show, and of what a server computes each view may show its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::compare::{Deviation, Law, Source, Standing};
use super::learn::Ways;
use super::names;
use super::state::{Expected, flat};
use super::value::{Pairing, elements, is_nothing, lists, part, same};

/// A resource as something shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// What shows it.
    pub source: Source,
    /// The place of the exchange.
    pub at: usize,
    /// What it shows.
    pub resource: Value,
}

/// Where views of one resource do not show the same; the first is what the others are held against. What a server shows of its own,
/// and was never sent, each view may show or not.
pub fn agree(id: &str, expected: &Expected, views: &[View], ways: &Ways, writes: &[usize]) -> Vec<Deviation> {
    let kind = expected.kind;
    let is_written = |key: &str| expected.attributes.get(key).is_some_and(|attribute| attribute.written);
    let Some((first, others)) = views.split_first() else { return Vec::new() };
    let shown = |view: &View| {
        let mut found = flat(kind, &view.resource, &expected.urns);
        found.retain(|key, (_, value)| !is_nothing(value) && (names::is_defined(kind, key) || is_written(key)));
        found
    };
    let wanted = shown(first);
    let mut deviations = Vec::new();
    for view in others {
        let found = shown(view);
        let keys: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
        for key in keys {
            if ways.is_volatile(kind, key) || ways.is_described(kind, key) {
                continue;
            }
            let nothing = Value::Null;
            let of = |all: &BTreeMap<String, (String, Value)>| all.get(key).map(|(_, value)| value.clone());
            let (one, other) = (of(&wanted).unwrap_or(nothing.clone()), of(&found).unwrap_or(nothing));
            let is_same = match (&one, &other) {
                (Value::Array(_), _) | (_, Value::Array(_)) => {
                    lists(key, &elements(&one), &elements(&other), &[], Pairing::SAME).is_match()
                }
                (one, other) => same(key, one, other),
            };
            if !is_same {
                let spelled = wanted.get(key).or(found.get(key)).map(|(spelled, _)| spelled.clone());
                deviations.push(Deviation {
                    law: Law::Views,
                    kind,
                    id: id.to_owned(),
                    attribute: spelled.unwrap_or_default(),
                    before: one.clone(),
                    demanded: vec![one],
                    shown: other,
                    source: view.source,
                    writes: writes.to_vec(),
                    at: view.at,
                    looks: 1,
                });
            }
        }
    }
    deviations
}

/// A membership as a user shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) group: String,
    /// Whether it says to be by way of another group.
    pub(super) is_indirect: bool,
}

/// The groups that a user says to be in; none where it shows no such attribute.
pub(super) fn memberships(user: &Value) -> Vec<Membership> {
    let groups = user.as_object().map_or(&Value::Null, |fields| part(fields, "groups"));
    let one = |group: Value| {
        let fields = group.as_object()?;
        let group = part(fields, "value").as_str()?.to_owned();
        let is_indirect = part(fields, "type").as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("indirect"));
        Some(Membership { group, is_indirect })
    };
    elements(groups).into_iter().filter_map(one).collect()
}

/// What is wrong with the groups that a user shows, by what is known of ours: `has` says of a group whether the user has to be in it.
pub(super) fn of_user(
    shown: &[Membership],
    standing: &dyn Fn(&str) -> Standing,
    ours: &BTreeMap<String, Option<bool>>,
    shows_groups: bool,
) -> Vec<(Vec<Value>, Value)> {
    let mut wrong = Vec::new();
    for membership in shown {
        let is_gone = standing(&membership.group) == Standing::Gone;
        let is_none = ours.get(&membership.group) == Some(&Some(false)) && !membership.is_indirect;
        if is_gone || is_none {
            wrong.push((vec![Value::Null], Value::from(membership.group.clone())));
        }
    }
    for (group, has) in ours {
        if *has == Some(true) && shows_groups && !shown.iter().any(|membership| membership.group == *group) {
            wrong.push((vec![Value::from(group.clone())], Value::Null));
        }
    }
    wrong
}

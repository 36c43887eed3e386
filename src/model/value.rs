//! Values compared as SCIM sees them (RFC 7643 §2): unassigned is unassigned, lists have no order, and a server may bring what
//! it is given into a form of its own.
//!
//! **Invariant:** `same` is what a change must not go beyond, `normal` is what a server may make of what it was sent; the first
//! implies the second.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::{Map, Value};

use super::names;
use crate::json::is_same_number;

/// Lists with more pairs than this are compared by the `value` of their elements alone.
const PAIRS: usize = 250_000;

/// Whether it says nothing: RFC 7643 §2.5 has `null`, an empty list and what is not there be one state, and Okta clears with "".
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_nothing),
        Value::Object(fields) => fields.values().all(is_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A text without what does not count where letter case does not.
fn fold(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Whether both are the same to whoever reads them.
pub(super) fn same(key: &str, a: &Value, b: &Value) -> bool {
    match (a, b) {
        _ if is_nothing(a) && is_nothing(b) => true,
        (Value::String(a), Value::String(b)) => a == b || (!names::is_case_exact(key) && fold(a) == fold(b)),
        (Value::Number(a), Value::Number(b)) => is_same_number(a, b),
        (Value::Bool(flag), Value::String(text)) | (Value::String(text), Value::Bool(flag)) => {
            text.eq_ignore_ascii_case(if *flag { "true" } else { "false" })
        }
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => {
            *text == number.to_string()
        }
        (Value::Object(a), Value::Object(b)) => {
            let covers = |some: &Map<String, Value>, all: &Map<String, Value>| {
                some.iter().all(|(name, value)| same(key, value, part(all, name)))
            };
            covers(a, b) && covers(b, a)
        }
        (Value::Array(a), Value::Array(b)) => lists(key, a, b, &[], Pairing::SAME).is_match(),
        _ => a == b,
    }
}

/// Whether a server may have made the second of the first.
pub(super) fn normal(key: &str, sent: &Value, shown: &Value) -> bool {
    if same(key, sent, shown) {
        return true;
    }
    let (Value::String(sent), Value::String(shown)) = (sent, shown) else {
        return false;
    };
    if fold(sent) == fold(shown) || fold(&sent.replace('_', "-")) == fold(&shown.replace('_', "-")) {
        return true;
    }
    if sent.trim_end_matches('/').eq_ignore_ascii_case(shown.trim_end_matches('/')) {
        return true;
    }
    if let (Ok(sent), Ok(shown)) = (DateTime::parse_from_rfc3339(sent), DateTime::parse_from_rfc3339(shown)) {
        return sent == shown;
    }
    if !key.starts_with("phonenumbers") {
        return false;
    }
    let (sent, shown) = (digits(sent), digits(shown));
    // The code of the country may have been added.
    sent == shown || (sent.len() >= 5 && shown.ends_with(&sent)) || (shown.len() >= 5 && sent.ends_with(&shown))
}

/// The digits of a phone number; what RFC 3966 adds behind a semicolon is none of them.
fn digits(number: &str) -> String {
    let number = number.split(';').next().unwrap_or(number);
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    // Without any it is compared as it is.
    if digits.is_empty() { number.to_owned() } else { digits }
}

/// A part of an element, whatever its spelling; `null` where there is none.
pub(super) fn part<'a>(element: &'a Map<String, Value>, name: &str) -> &'a Value {
    let exact = element.get(name);
    let found = exact.or_else(|| element.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v));
    found.unwrap_or(&Value::Null)
}

/// The elements of a list in one form: objects with names in lower case, without what says nothing. A text is the `value` of one.
pub(super) fn elements(value: &Value) -> Vec<Value> {
    let one = |value: &Value| match value {
        Value::Object(fields) => {
            let there = fields.iter().filter(|(_, value)| !is_nothing(value));
            Value::Object(there.map(|(name, value)| (name.to_lowercase(), value.clone())).collect())
        }
        Value::Array(_) => value.clone(),
        scalar => Value::Object(Map::from_iter([("value".to_owned(), scalar.clone())])),
    };
    match value {
        Value::Array(items) => items.iter().filter(|item| !is_nothing(item)).map(one).collect(),
        value if is_nothing(value) => Vec::new(),
        value => vec![one(value)],
    }
}

/// How much of two elements must agree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairing {
    /// What was sent may be shown in another form.
    is_normal: bool,
    /// The server may add parts.
    may_add: bool,
}

impl Pairing {
    /// As what was shown before.
    pub(super) const SAME: Pairing = Pairing { is_normal: false, may_add: false };
    /// As a server may show what it was sent.
    pub(super) const SENT: Pairing = Pairing { is_normal: true, may_add: true };
}

/// How two lists differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lists {
    /// Elements that were wanted and not found.
    pub(super) missing: Vec<Value>,
    /// Elements that were found and not wanted.
    pub(super) extra: Vec<Value>,
    /// Parts that were not found in elements that were.
    pub(super) without: Vec<String>,
    /// An element, and what a server has made of it.
    pub(super) changed: Option<(Value, Value)>,
}

impl Lists {
    pub(super) fn is_match(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.without.is_empty()
    }
}

/// Pairs the elements of two lists in whatever order; those in `may` need not be there, and may.
pub(super) fn lists(key: &str, wanted: &[Value], found: &[Value], may: &[Value], pairing: Pairing) -> Lists {
    let (wanted, found, may) = (plain(wanted), plain(found), plain(may));
    if names::is_by_id(key) || (wanted.len() + may.len()).saturating_mul(found.len()) > PAIRS {
        return lists_by_id(&wanted, &found, &may);
    }
    // Which one is primary is the server's choice as long as nobody has chosen.
    let is_primary = |element: &Value| element.get("primary").is_some_and(|primary| same("", primary, &true.into()));
    let has_primary = wanted.iter().any(is_primary);
    let mut open: Vec<Option<&Value>> = found.iter().map(Some).collect();
    let mut result = Lists::default();
    let mut left: Vec<(&Value, bool)> =
        wanted.iter().map(|element| (element, true)).chain(may.iter().map(|element| (element, false))).collect();
    for round in [Round::Same, Round::Whole, Round::Value] {
        left.retain(|(element, needed)| {
            // A part that is not there is a difference only where the element has to be.
            let paired = open.iter().enumerate().find_map(|(place, other)| {
                let pair = compare(key, element, (*other)?, pairing, has_primary)?;
                let is_whole = pair.without.is_empty();
                let is_taken = match round {
                    Round::Same => is_whole && !pair.changed,
                    Round::Whole => is_whole,
                    Round::Value => true,
                };
                is_taken.then_some((place, pair))
            });
            let Some((place, pair)) = paired else { return true };
            let other = open[place].take();
            if *needed {
                result.without.extend(pair.without);
            }
            if let (true, Some(other)) = (pair.changed, other) {
                result.changed.get_or_insert_with(|| ((*element).clone(), other.clone()));
            }
            false
        });
    }
    result.missing.extend(left.into_iter().filter(|(_, needed)| *needed).map(|(element, _)| element.clone()));
    result.extra.extend(open.into_iter().flatten().cloned());
    result.without.sort();
    result.without.dedup();
    result
}

/// Elements are paired with those that are most like them first.
#[derive(Clone, Copy)]
enum Round {
    Same,
    Whole,
    Value,
}

fn plain(values: &[Value]) -> Vec<Value> {
    values.iter().flat_map(elements).collect()
}

/// The same of elements of which only the `value` counts.
fn lists_by_id(wanted: &[Value], found: &[Value], may: &[Value]) -> Lists {
    let id = |element: &Value| element.get("value").map(ToString::to_string).unwrap_or_else(|| element.to_string());
    let mut open: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for element in found {
        open.entry(id(element)).or_default().push(element);
    }
    let mut result = Lists::default();
    let mut wanted: Vec<(String, &Value)> = wanted.iter().map(|element| (id(element), element)).collect();
    // Who is named twice is one.
    wanted.sort_by(|(a, _), (b, _)| a.cmp(b));
    wanted.dedup_by(|(a, _), (b, _)| a == b);
    for (id, element) in wanted {
        if open.get_mut(&id).and_then(Vec::pop).is_none() {
            result.missing.push(element.clone());
        }
    }
    for element in may {
        open.get_mut(&id(element)).map(Vec::pop);
    }
    result.extra.extend(open.into_values().flatten().cloned());
    result
}

struct Pair {
    without: Vec<String>,
    changed: bool,
}

/// Whether one element is the other, and what it lacks.
fn compare(key: &str, wanted: &Value, found: &Value, pairing: Pairing, has_primary: bool) -> Option<Pair> {
    let (Value::Object(wanted), Value::Object(found)) = (wanted, found) else {
        return (wanted == found).then(|| Pair { without: Vec::new(), changed: false });
    };
    let skipped = |name: &str| names::is_computed_part(key, name) || (name == "primary" && !has_primary);
    let mut pair = Pair { without: Vec::new(), changed: false };
    for (name, value) in wanted.iter().filter(|(name, _)| !skipped(name)) {
        let below = format!("{key}.{name}");
        let compared = if names::is_case_exact(key) { key } else { &below };
        match found.get(name) {
            None if same("", value, &Value::Bool(false)) => {}
            None => pair.without.push(below),
            Some(other) if same(compared, value, other) => {
                pair.changed |= value != other;
            }
            Some(other) if pairing.is_normal && normal(compared, value, other) => pair.changed = true,
            Some(_) => return None,
        }
    }
    // What tells elements apart has to be there.
    if !pair.without.is_empty() && (pair.without.iter().any(|part| part.ends_with(".value")) || found.is_empty()) {
        return None;
    }
    let is_added = |(name, value): &(&String, &Value)| {
        !wanted.contains_key(*name) && !skipped(name) && !same("", value, &Value::Bool(false))
    };
    let added = found.iter().find(is_added);
    // Which one is primary, where one was chosen, is not to be changed.
    let is_wrong = |(name, _): (&String, &Value)| !pairing.may_add || name == "primary";
    if added.is_some_and(is_wrong) {
        return None;
    }
    Some(pair)
}

/// The words of a value, by which one that follows from another is known.
pub(super) fn words(value: &Value, into: &mut impl Extend<String>) {
    match value {
        Value::String(text) => {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            into.extend(words.map(str::to_lowercase));
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, into)),
        Value::Object(fields) => fields.values().for_each(|value| words(value, into)),
        Value::Number(number) => into.extend([number.to_string()]),
        Value::Null | Value::Bool(_) => {}
    }
}

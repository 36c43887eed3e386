//! Matchers against values.

use serde_json::Value;

use crate::json::same;
use crate::scenario::path::Selected;
use crate::scenario::template::Unbound;
use crate::scenario::{Bindings, JsonType, Matcher};

/// The longest text a finding shows, in characters.
const TEXT_SHOWN: usize = 200;
/// The most elements of an array or object a finding shows.
const ITEMS_SHOWN: usize = 10;
/// How deep a finding shows a value.
const DEPTH_SHOWN: usize = 4;

/// What a matcher asked for and did not get.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Miss {
    /// In words.
    pub(super) expected: String,
    /// What was there, shortened; `null` for nothing.
    pub(super) actual: Value,
    /// Which of the selected values it was, or which element of the one value; `None` for the whole.
    pub(super) element: Option<usize>,
}

/// What a subject gave.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    /// A path or header that leads to one value or to nothing.
    One(Option<&'a Value>),
    /// A path that leads to any number of values.
    Many(&'a [Selected<'a>]),
}

impl<'a> Subject<'a> {
    /// The values it has as elements; `None` when it is one value that is not a list.
    fn elements(self) -> Option<Vec<&'a Value>> {
        match self {
            Subject::One(None | Some(Value::Null)) => Some(Vec::new()),
            Subject::One(Some(Value::Array(items))) => Some(items.iter().collect()),
            Subject::One(Some(_)) => None,
            Subject::Many(selected) => Some(selected.iter().map(|s| s.value).collect()),
        }
    }

    /// The values that a matcher of one value looks at: several must all be right, none is nothing.
    fn values(self) -> Vec<Option<&'a Value>> {
        match self {
            Subject::One(value) => vec![value],
            Subject::Many([]) => vec![None],
            Subject::Many(selected) => selected.iter().map(|s| Some(s.value)).collect(),
        }
    }

    /// The whole, to be shown.
    fn shown(self) -> Value {
        match self {
            Subject::One(value) => value.map_or(Value::Null, shorten),
            Subject::Many([]) => Value::Null,
            Subject::Many(selected) => shorten(&selected.iter().map(|s| s.value.clone()).collect()),
        }
    }
}

/// Whether the matcher holds: `None` if so, otherwise what is wrong.
pub(super) fn miss(matcher: &Matcher, subject: Subject<'_>, bindings: &Bindings) -> Result<Option<Miss>, Unbound> {
    let whole = |expected: String| Some(Miss { expected, actual: subject.shown(), element: None });
    Ok(match matcher {
        Matcher::Is(template) => {
            let wanted = template.look(bindings)?;
            let met = match subject {
                Subject::One(value) => same_or_unassigned(value, &wanted),
                Subject::Many(selected) => {
                    is_list(selected, &wanted)
                        || matches!(selected, [only] if same_or_unassigned(Some(only.value), &wanted))
                        || (selected.is_empty() && unassigned(Some(&wanted)))
                }
            };
            if met { None } else { whole(in_words(&wanted)) }
        }
        Matcher::Not(template) => {
            let unwanted = template.look(bindings)?;
            let expected = format!("anything but {}", in_words(&unwanted));
            each(subject, &expected, |value| !same_or_unassigned(value, &unwanted))
        }
        Matcher::OneOf(templates) => {
            let wanted = templates.iter().map(|t| t.fill(bindings)).collect::<Result<Vec<_>, _>>()?;
            each(subject, &one_of(&wanted), |value| wanted.iter().any(|w| same_or_unassigned(value, w)))
        }
        Matcher::Absent => {
            if subject.values().into_iter().all(unassigned) {
                None
            } else {
                whole("nothing".to_owned())
            }
        }
        Matcher::Present => {
            if subject.values().into_iter().any(|v| !unassigned(v) && v != Some(&Value::String(String::new()))) {
                None
            } else {
                whole("a value".to_owned())
            }
        }
        Matcher::Type(kind) => each(subject, type_words(*kind), |value| value.is_some_and(|v| is_type(v, *kind))),
        Matcher::Matches(regex) => each(subject, &format!("a text that matches /{}/", regex.as_str()), |value| {
            value.and_then(Value::as_str).is_some_and(|text| regex.is_match(text))
        }),
        Matcher::Count(template) => {
            let wanted = template.look(bindings)?;
            let found = subject.elements().map(|elements| Value::from(elements.len()));
            if found.is_some_and(|found| same(&found, &count_of(&wanted))) {
                None
            } else {
                whole(match count_of(&wanted).as_u64() {
                    Some(1) => "1 element".to_owned(),
                    _ => format!("{} elements", in_words(&wanted)),
                })
            }
        }
        Matcher::Every(inner) => {
            let Some(elements) = subject.elements() else { return Ok(whole("a JSON array".to_owned())) };
            for (index, element) in elements.into_iter().enumerate() {
                if let Some(found) = miss(inner, Subject::One(Some(element)), bindings)? {
                    return Ok(Some(Miss { element: Some(index), ..found }));
                }
            }
            None
        }
        Matcher::Some(inner) => {
            let mut expected = "at least one element".to_owned();
            for element in subject.elements().unwrap_or_default() {
                match miss(inner, Subject::One(Some(element)), bindings)? {
                    None => return Ok(None),
                    Some(found) => expected = format!("at least one element that is {}", found.expected),
                }
            }
            // Where there is no element the demand is told all the same.
            if let Some(found) = miss(inner, Subject::One(None), bindings)? {
                expected = format!("at least one element that is {}", found.expected);
            }
            whole(expected)
        }
    })
}

fn each(subject: Subject<'_>, expected: &str, holds: impl Fn(Option<&Value>) -> bool) -> Option<Miss> {
    let several = matches!(subject, Subject::Many(_));
    let failing = subject.values().into_iter().enumerate().find(|(_, value)| !holds(*value));
    failing.map(|(index, value)| Miss {
        expected: expected.to_owned(),
        actual: value.map_or(Value::Null, shorten),
        element: (several && value.is_some()).then_some(index),
    })
}

/// A number written as text counts too: templates make text of numbers when there is anything beside them.
pub(super) fn count_of(wanted: &Value) -> Value {
    match wanted.as_str().and_then(|text| text.parse::<u64>().ok()) {
        Some(number) => number.into(),
        None => wanted.clone(),
    }
}

fn is_list(selected: &[Selected<'_>], wanted: &Value) -> bool {
    wanted.as_array().is_some_and(|wanted| {
        wanted.len() == selected.len() && selected.iter().zip(wanted).all(|(s, w)| same(s.value, w))
    })
}

fn same_or_unassigned(value: Option<&Value>, wanted: &Value) -> bool {
    match value {
        Some(value) if same(value, wanted) => true,
        value => unassigned(value) && unassigned(Some(wanted)),
    }
}

/// Nothing, `null` and `[]` are the same state (RFC 7643 §2.5).
pub(super) fn unassigned(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

fn is_type(value: &Value, kind: JsonType) -> bool {
    match (kind, value) {
        (JsonType::String, Value::String(_))
        | (JsonType::Number, Value::Number(_))
        | (JsonType::Boolean, Value::Bool(_))
        | (JsonType::Array, Value::Array(_))
        | (JsonType::Object, Value::Object(_))
        | (JsonType::Null, Value::Null) => true,
        (JsonType::Integer, Value::Number(n)) => {
            n.is_i64() || n.is_u64() || n.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        _ => false,
    }
}

fn type_words(kind: JsonType) -> &'static str {
    match kind {
        JsonType::String => "a JSON string",
        JsonType::Number => "a JSON number",
        JsonType::Integer => "a JSON integer",
        JsonType::Boolean => "a JSON boolean",
        JsonType::Array => "a JSON array",
        JsonType::Object => "a JSON object",
        JsonType::Null => "null",
    }
}

/// A value as an expectation words it.
pub(super) fn in_words(value: &Value) -> String {
    shorten(value).to_string()
}

/// A choice as an expectation words it.
pub(super) fn one_of(values: &[Value]) -> String {
    match values {
        [only] => in_words(only),
        values => format!("one of {}", values.iter().map(in_words).collect::<Vec<_>>().join(", ")),
    }
}

/// A value small enough to be shown.
pub(super) fn shorten(value: &Value) -> Value {
    shorten_at(value, 0)
}

fn shorten_at(value: &Value, depth: usize) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(TEXT_SHOWN) {
            Some((end, _)) => Value::String(format!("{}…", &text[..end])),
            None => value.clone(),
        },
        Value::Array(items) if !items.is_empty() && depth >= DEPTH_SHOWN => Value::String("[…]".to_owned()),
        Value::Object(fields) if !fields.is_empty() && depth >= DEPTH_SHOWN => Value::String("{…}".to_owned()),
        Value::Array(items) => {
            let mut shown: Vec<Value> = items.iter().take(ITEMS_SHOWN).map(|v| shorten_at(v, depth + 1)).collect();
            if items.len() > ITEMS_SHOWN {
                shown.push(Value::String(format!("… {} more", items.len() - ITEMS_SHOWN)));
            }
            Value::Array(shown)
        }
        Value::Object(fields) => {
            let many = 2 * ITEMS_SHOWN;
            let mut shown: serde_json::Map<_, _> =
                fields.iter().take(many).map(|(k, v)| (k.clone(), shorten_at(v, depth + 1))).collect();
            if fields.len() > many {
                shown.insert("…".to_owned(), Value::String(format!("{} more", fields.len() - many)));
            }
            Value::Object(shown)
        }
        other => other.clone(),
    }
}

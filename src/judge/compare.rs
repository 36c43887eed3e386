//! Representations compared as SCIM sees them: unassigned is unassigned, and the order of values means nothing.

use std::collections::HashMap;

use chrono::DateTime;
use serde_json::Value;

use super::matcher::{in_words, shorten};
use super::schema::child;
use crate::json::same;

/// How much of two representations must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// All of both.
    Same,
    /// All that the first has assigned, and lists as a whole.
    Keeps,
    /// All that the first says, and its list elements among others.
    Contains,
}

/// The first place where they do not agree.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) pointer: String,
    pub(super) expected: String,
    pub(super) actual: Value,
}

/// The most elements that are compared each with each, after the equal ones are paired.
const PAIRED: usize = 300;

/// Compares, leaving out the attributes in `except` (`userName`, `name.familyName`, `meta`).
pub(super) fn difference(wanted: &Value, found: &Value, likeness: Likeness, except: &[String]) -> Option<Difference> {
    Comparison { likeness, except }.of("", "", "", Some(wanted), Some(found))
}

struct Comparison<'a> {
    likeness: Likeness,
    except: &'a [String],
}

impl Comparison<'_> {
    /// `at` is the pointer, `path` the attribute's path and `name` its last name.
    fn of(
        &self,
        at: &str,
        path: &str,
        name: &str,
        wanted: Option<&Value>,
        found: Option<&Value>,
    ) -> Option<Difference> {
        let differs = || {
            Some(Difference {
                pointer: at.to_owned(),
                expected: wanted.filter(|w| !w.is_null()).map_or_else(|| "nothing".to_owned(), in_words),
                actual: found.map_or(Value::Null, shorten),
            })
        };
        match (wanted, found) {
            (wanted, found) if nothing(wanted) => {
                let free = nothing(found) || (self.likeness == Likeness::Keeps);
                // What both leave out below an object may still be in `except`.
                match found {
                    _ if free => None,
                    Some(Value::Object(_)) => self.of_objects(at, path, &Value::Object(serde_json::Map::new()), found?),
                    _ => differs(),
                }
            }
            // A missing `primary` counts as false (RFC 7643 §2.4).
            (Some(Value::Bool(false)), found) if name == "primary" && nothing(found) => None,
            (Some(wanted @ Value::Object(_)), Some(found @ Value::Object(_))) => {
                self.of_objects(at, path, wanted, found)
            }
            (Some(Value::Array(wanted)), Some(Value::Array(found))) => self.of_lists(at, path, name, wanted, found),
            (Some(wanted), Some(found)) if same(wanted, found) || is_same_spelled_otherwise(path, wanted, found) => {
                None
            }
            (Some(wanted @ Value::Object(_)), None) => {
                self.of_objects(at, path, wanted, &Value::Object(serde_json::Map::new()))
            }
            _ => differs(),
        }
    }

    fn of_objects(&self, at: &str, path: &str, wanted: &Value, found: &Value) -> Option<Difference> {
        let (wanted, found) = (wanted.as_object()?, found.as_object()?);
        for (name, value) in wanted {
            let path = below(path, name);
            if !self.excepted(&path)
                && let Some(difference) = self.of(&child(at, name), &path, name, Some(value), found.get(name))
            {
                return Some(difference);
            }
        }
        if self.likeness == Likeness::Same {
            for (name, value) in found.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                let path = below(path, name);
                if name == "primary" && value == &Value::Bool(false) {
                    continue;
                }
                if !self.excepted(&path)
                    && let Some(difference) = self.of(&child(at, name), &path, name, None, Some(value))
                {
                    return Some(difference);
                }
            }
        }
        None
    }

    fn of_lists(&self, at: &str, path: &str, name: &str, wanted: &[Value], found: &[Value]) -> Option<Difference> {
        let among = self.likeness == Likeness::Contains || (self.likeness == Likeness::Keeps && name == "schemas");
        let mut open: HashMap<String, Vec<&Value>> = HashMap::new();
        for element in found.iter().filter(|e| !nothing(Some(e))) {
            open.entry(key(name, element)).or_default().push(element);
        }
        let mut unpaired = Vec::new();
        for element in wanted.iter().filter(|e| !nothing(Some(e))) {
            let paired = open.get_mut(&key(name, element)).is_some_and(|equal| among || equal.pop().is_some());
            if !paired {
                unpaired.push(element);
            }
        }
        let mut rest: Vec<&Value> = open.into_values().flatten().collect();
        let expected = |element: &Value| {
            if among { format!("an array that contains {}", in_words(element)) } else { in_words(&wanted.into()) }
        };
        let differs =
            |expected: String| Some(Difference { pointer: at.to_owned(), expected, actual: shorten(&found.into()) });
        for element in unpaired.iter().take(PAIRED) {
            let like = rest
                .iter()
                .take(if among { usize::MAX } else { PAIRED })
                .position(|other| !by_value(name) && self.of(at, path, "", Some(element), Some(other)).is_none());
            match like {
                Some(_) if among => {}
                Some(index) => {
                    rest.swap_remove(index);
                }
                None => return differs(expected(element)),
            }
        }
        if unpaired.len() > PAIRED || (!among && !rest.is_empty()) {
            return differs(in_words(&wanted.into()));
        }
        None
    }

    fn excepted(&self, path: &str) -> bool {
        self.except.iter().any(|except| except.eq_ignore_ascii_case(path))
    }
}

/// Whether a server has only written a value in its canonical form: a phone number as RFC 3966 has it (RFC 7643 §4.1.2 wants servers
/// to), with or without `tel:` and what separates its digits; or the same moment with other fractions of a second or in another
/// time zone (§2.3.5).
fn is_same_spelled_otherwise(path: &str, wanted: &Value, found: &Value) -> bool {
    let (Some(wanted), Some(found)) = (wanted.as_str(), found.as_str()) else { return false };
    if path.eq_ignore_ascii_case("phoneNumbers.value") {
        let number = number_of(wanted);
        return !number.is_empty() && number == number_of(found);
    }
    match (DateTime::parse_from_rfc3339(wanted), DateTime::parse_from_rfc3339(found)) {
        (Ok(wanted), Ok(found)) => wanted == found,
        _ => false,
    }
}

/// A phone number without the scheme and the visual separators of RFC 3966 §3.
fn number_of(text: &str) -> String {
    let text = text.trim();
    let number = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => &text[4..],
        _ => text,
    };
    number.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' ')).collect()
}

/// `name.familyName`; below a URN `urn:…:User:department` (RFC 7644 §3.10).
fn below(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        urn if urn.starts_with("urn:") && !urn.ends_with('.') => format!("{urn}:{name}"),
        path => format!("{path}.{name}"),
    }
}

/// Members and groups are the same when their ids are: `display` and `$ref` are the server's words.
fn by_value(name: &str) -> bool {
    name == "members" || name == "groups"
}

/// Equal elements have equal keys.
fn key(name: &str, element: &Value) -> String {
    match element.get("value") {
        Some(value) if by_value(name) => value.to_string(),
        _ => {
            let mut out = String::new();
            write_key(element, &mut out);
            out
        }
    }
}

fn write_key(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .iter()
                .filter(|(name, v)| !(nothing(Some(v)) || *name == "primary" && **v == Value::Bool(false)))
                .collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            out.push('{');
            for (name, value) in fields {
                out.push_str(&Value::from(name.as_str()).to_string());
                write_key(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            items.iter().for_each(|item| {
                write_key(item, out);
                out.push(',');
            });
            out.push(']');
        }
        Value::Number(n) => out.push_str(&n.as_f64().unwrap_or_default().to_string()),
        other => out.push_str(&other.to_string()),
    }
}

/// Nothing, `null`, `[]` (RFC 7643 §2.5), and what amounts to them: `""`, and objects of nothing.
fn nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.iter().all(|item| nothing(Some(item))),
        Some(Value::Object(fields)) => fields.values().all(|value| nothing(Some(value))),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(wanted: &Value, found: &Value, agree: bool) {
        for likeness in [Likeness::Same, Likeness::Keeps, Likeness::Contains] {
            let difference = difference(wanted, found, likeness, &[]);
            assert_eq!(difference.is_none(), agree, "{likeness:?}: {wanted} and {found}: {difference:?}");
        }
    }

    #[test]
    fn a_phone_number_is_the_same_with_other_separators() {
        let phones = |value: &str| json!({ "phoneNumbers": [{ "value": value, "type": "work" }] });
        for spelled in ["tel:+1-206-555-0100", "+1 (206) 555-0100", "TEL:+1.206.555.0100", "+12065550100"] {
            check(&phones("+12065550100"), &phones(spelled), true);
        }
        for other in ["+12065550101", "12065550100", "tel:", ""] {
            check(&phones("+12065550100"), &phones(other), false);
        }
        // Elsewhere separators are part of the value.
        check(&json!({ "title": "a-b" }), &json!({ "title": "ab" }), false);
    }

    #[test]
    fn a_moment_is_the_same_in_another_spelling() {
        let date = |value: &str| json!({ "urn:acme:User": { "startDate": value } });
        for spelled in ["2026-01-15T00:00:00.000Z", "2026-01-15T01:00:00+01:00", "2026-01-15T00:00:00Z"] {
            check(&date("2026-01-15T00:00:00Z"), &date(spelled), true);
        }
        for other in ["2026-01-15T00:00:01Z", "2026-01-15", "2026-01-15T00:00:00"] {
            check(&date("2026-01-15T00:00:00Z"), &date(other), false);
        }
    }
}

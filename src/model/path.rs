//! Paths of PATCH (RFC 7644 §3.5.2, figure 7) and the filters in them (§3.4.2.2).
//!
//! **Invariant:** whatever is no path is an error, never a guess; and a filter that cannot be decided from what is known of an
//! element says so.

use serde_json::{Map, Value};

use super::names::{self, Kind};
use super::value::{is_nothing, part, same};

/// Filters deeper than this are not read.
const DEEPEST: usize = 16;

/// What an operation is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    /// The extension; none for the core schema.
    pub(super) urn: Option<String>,
    /// The attribute; none for a schema as a whole.
    pub(super) attribute: Option<String>,
    /// Which of its values.
    pub(super) filter: Option<Filter>,
    /// Which part of them.
    pub(super) part: Option<String>,
}

/// A condition on an element.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    /// An attribute, a comparison in lower case, and what with.
    Compare(String, String, Value),
    /// It has a value.
    Present(String),
    Not(Box<Filter>),
    All(Vec<Filter>),
    Any(Vec<Filter>),
}

/// Reads a path: `name.givenName`, `emails[type eq "work"].value`, each with a URN before it or not.
pub(super) fn parse(kind: Kind, text: &str, urns: &[String]) -> Option<Path> {
    let text = text.trim();
    let (head, tail) = match text.find('[') {
        Some(open) => (&text[..open], Some(&text[open + 1..])),
        None => (text, None),
    };
    let name = names::split(kind, head, urns);
    let Some(tail) = tail else {
        let (attribute, part) = match name.rest.split_once('.') {
            Some((attribute, part)) => (attribute, Some(part)),
            None => (name.rest.as_str(), None),
        };
        if attribute.is_empty() && name.qualified && part.is_none() {
            return Some(Path { urn: name.urn, attribute: None, filter: None, part: None });
        }
        let is_right = is_name(attribute) && part.is_none_or(is_name);
        return is_right.then(|| Path {
            urn: name.urn.clone(),
            attribute: Some(attribute.to_owned()),
            filter: None,
            part: part.map(str::to_owned),
        });
    };
    let (filter, rest) = filter(tail)?;
    let rest = rest.trim_start().strip_prefix(']')?;
    let part = match rest {
        "" => None,
        rest => Some(rest.strip_prefix('.').filter(|part| is_name(part))?.to_owned()),
    };
    is_name(&name.rest).then(|| Path { urn: name.urn, attribute: Some(name.rest), filter: Some(filter), part })
}

/// The attribute that a text may be meant to name, where it is no path: its first name.
pub(super) fn leading_name(text: &str) -> Option<&str> {
    let begin = text.find(|c: char| c.is_ascii_alphabetic())?;
    let text = &text[begin..];
    let end = text.find(|c: char| !is_name_character(c)).unwrap_or(text.len());
    Some(&text[..end])
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$')
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$') && text.chars().all(is_name_character)
}

/// The filter that a text begins with, and what follows it.
pub(super) fn filter(text: &str) -> Option<(Filter, &str)> {
    any(text, 0)
}

fn any(text: &str, depth: usize) -> Option<(Filter, &str)> {
    joined(text, depth, "or", all, Filter::Any)
}

fn all(text: &str, depth: usize) -> Option<(Filter, &str)> {
    joined(text, depth, "and", one, Filter::All)
}

fn joined<'a>(
    text: &'a str,
    depth: usize,
    joint: &str,
    inner: fn(&'a str, usize) -> Option<(Filter, &'a str)>,
    join: fn(Vec<Filter>) -> Filter,
) -> Option<(Filter, &'a str)> {
    let (first, mut rest) = inner(text, depth)?;
    let mut parts = vec![first];
    while let Some(next) = word(rest).filter(|(word, _)| word.eq_ignore_ascii_case(joint)) {
        let (part, after) = inner(next.1, depth)?;
        parts.push(part);
        rest = after;
    }
    let filter = if parts.len() == 1 { parts.pop()? } else { join(parts) };
    Some((filter, rest))
}

fn one(text: &str, depth: usize) -> Option<(Filter, &str)> {
    if depth > DEEPEST {
        return None;
    }
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('(') {
        let (filter, rest) = any(inner, depth + 1)?;
        return Some((filter, rest.trim_start().strip_prefix(')')?));
    }
    let (name, rest) = word(text)?;
    if name.eq_ignore_ascii_case("not") && rest.trim_start().starts_with('(') {
        let (filter, rest) = one(rest, depth + 1)?;
        return Some((Filter::Not(Box::new(filter)), rest));
    }
    let (operator, rest) = word(rest)?;
    let operator = operator.to_lowercase();
    if operator == "pr" {
        return Some((Filter::Present(name.to_owned()), rest));
    }
    if !matches!(operator.as_str(), "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le") {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) if !value.is_object() && !value.is_array() => {
            let rest = &rest[values.byte_offset()..];
            Some((Filter::Compare(name.to_owned(), operator, value), rest))
        }
        // JSON's words are in lower case; some clients write them as their own language does.
        _ => {
            let (literal, rest) = word(rest)?;
            let value = match literal.to_lowercase().as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return None,
            };
            Some((Filter::Compare(name.to_owned(), operator, value), rest))
        }
    }
}

/// A word and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(|c: char| !(is_name_character(c) || matches!(c, '.' | ':'))).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

impl Filter {
    /// Whether an element of that attribute meets it; none where that depends on what the book does not know.
    pub(super) fn meets(&self, key: &str, element: &Map<String, Value>) -> Option<bool> {
        match self {
            Filter::All(parts) => fold(parts, key, element, false),
            Filter::Any(parts) => fold(parts, key, element, true),
            Filter::Not(inner) => Some(!inner.meets(key, element)?),
            Filter::Present(name) => known(key, name).then(|| !is_nothing(part(element, name))),
            Filter::Compare(name, operator, value) => {
                if !known(key, name) {
                    return None;
                }
                let found = part(element, name);
                // What is not said of `primary` is false.
                let no = Value::Bool(false);
                let found = if name.eq_ignore_ascii_case("primary") && is_nothing(found) { &no } else { found };
                compare(key, name, operator, found, value)
            }
        }
    }
}

/// Whether the book knows of each element whether it has that part: not where the server computes it.
fn known(key: &str, name: &str) -> bool {
    !names::is_computed_part(key, &name.to_lowercase()) && (!names::is_by_id(key) || name.eq_ignore_ascii_case("value"))
}

fn fold(parts: &[Filter], key: &str, element: &Map<String, Value>, decides: bool) -> Option<bool> {
    let results: Vec<Option<bool>> = parts.iter().map(|part| part.meets(key, element)).collect();
    if results.contains(&Some(decides)) {
        return Some(decides);
    }
    if results.contains(&None) { None } else { Some(!decides) }
}

fn compare(key: &str, name: &str, operator: &str, found: &Value, value: &Value) -> Option<bool> {
    let compared = if names::is_case_exact(key) { key.to_owned() } else { format!("{key}.{name}") };
    match operator {
        "eq" => Some(same(&compared, found, value)),
        "ne" => Some(!same(&compared, found, value)),
        "co" | "sw" | "ew" => {
            let (found, value) = (found.as_str().unwrap_or_default(), value.as_str()?);
            let (found, value) = (found.to_lowercase(), value.to_lowercase());
            Some(match operator {
                "co" => found.contains(&value),
                "sw" => found.starts_with(&value),
                _ => found.ends_with(&value),
            })
        }
        // Nobody orders the values of a user.
        _ => None,
    }
}

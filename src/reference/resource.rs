//! What a client may write: bodies checked against the schemas and brought into one form.
//!
//! A [`Document`] is what is stored of a resource: canonical attribute names, no readOnly attributes, nothing unassigned.
//! Attributes and extensions that no schema defines are ignored rather than refused, since identity providers send what
//! their administrators map (RFC 7644 §3.3 leaves the choice).

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use super::faults::{freedoms, losses};
use super::problem::Problem;
use super::quirk::{Quirk, Quirks};
use super::row::{Document, stored_member};
use super::schema::{Attribute, COMMON, Kind, Mutability, Type, find, instant};

/// Reads the body of a POST or PUT; what is required is demanded by [`finish`].
pub(crate) fn document(kind: Kind, body: &Value, quirks: &Quirks) -> Result<Document, Problem> {
    let Value::Object(body) = body else {
        return Err(Problem::syntax("the body is not a JSON object"));
    };
    if !names_schema(body, |urn| kind.schema().is_called(urn)) {
        return Err(Problem::syntax(format!("schemas does not name {}", kind.schema().id)));
    }
    let mut document = Document::new();
    for (name, value) in body {
        let core = find(kind.schema().attributes, name).or_else(|| find(COMMON, name));
        if let Some(attribute) = core {
            if attribute.name == "schemas" {
                continue;
            }
            if let Some(value) = accepted(attribute, value, quirks)? {
                document.insert(attribute.name.to_owned(), value);
            }
            continue;
        }
        let extension = kind.extensions().iter().find(|schema| schema.is_called(name));
        if let Some(schema) = extension
            && let Some(value) = fields(schema.attributes, value, schema.id, quirks)?
        {
            document.insert(schema.id.to_owned(), value);
        }
    }
    Ok(document)
}

/// Demands the `schemas` of a message to name one URN (RFC 7644 §3.5.2).
pub(crate) fn require_schema(urn: &str, body: &Map<String, Value>) -> Result<(), Problem> {
    match names_schema(body, |schema| schema.eq_ignore_ascii_case(urn)) {
        true => Ok(()),
        false => Err(Problem::syntax(format!("schemas does not name {urn}"))),
    }
}

fn names_schema(body: &Map<String, Value>, is_wanted: impl Fn(&str) -> bool) -> bool {
    let schemas = body.iter().find(|(name, _)| name.eq_ignore_ascii_case("schemas"));
    let schemas = schemas.and_then(|(_, schemas)| schemas.as_array());
    schemas.is_some_and(|schemas| schemas.iter().filter_map(Value::as_str).any(is_wanted))
}

/// Drops what is unassigned and demands what is required.
pub(crate) fn finish(kind: Kind, document: &mut Document, quirks: &Quirks) -> Result<(), Problem> {
    losses::lose(quirks, kind, document);
    freedoms::settle(quirks, kind, document);
    document.retain(|_, value| !is_unassigned(value));
    for attribute in kind.schema().attributes {
        if !attribute.required {
            continue;
        }
        let given = document.get(attribute.name).and_then(Value::as_str);
        if given.is_none_or(|text| text.trim().is_empty()) {
            return Err(Problem::value(format!("{} is required", attribute.name)));
        }
    }
    if kind == Kind::User && !document.contains_key("active") {
        document.insert("active".to_owned(), Value::Bool(true));
    }
    Ok(())
}

/// RFC 7643 §2.5: null, an empty list and an object without values are one state.
fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The value as it is stored; `None` when it is unassigned or not the client's to set.
pub(crate) fn accepted(attribute: &Attribute, value: &Value, quirks: &Quirks) -> Result<Option<Value>, Problem> {
    if attribute.mutability == Mutability::ReadOnly || value.is_null() {
        return Ok(None);
    }
    if !attribute.multi {
        return single(attribute, value, quirks);
    }
    // OneLogin's published template has one e-mail address where a list belongs.
    let values = match value {
        Value::Array(values) => values,
        Value::Object(_) => std::slice::from_ref(value),
        _ => return Err(Problem::value(format!("{} is not a list", attribute.name))),
    };
    let mut list = Vec::new();
    merge(attribute, &mut list, values, quirks)?;
    Ok((!list.is_empty()).then_some(Value::Array(list)))
}

/// Adds values to a multi-valued attribute: the same (type, value) pair is kept once, and a new primary value takes
/// the role from the others (RFC 7643 §2.4, RFC 7644 §3.5.2).
pub(crate) fn merge(
    attribute: &Attribute,
    list: &mut Vec<Value>,
    values: &[Value],
    quirks: &Quirks,
) -> Result<(), Problem> {
    let mut places: HashMap<String, usize> =
        list.iter().enumerate().map(|(place, value)| (identity(value), place)).collect();
    let mut touched = HashSet::new();
    for value in values {
        let Some(value) = single(attribute, value, quirks)? else {
            continue;
        };
        let place = match attribute.name == "members" && quirks.has(Quirk::MemberReaddDuplicates) {
            true => list.len(),
            false => *places.entry(identity(&value)).or_insert(list.len()),
        };
        touched.insert(place);
        match (list.get_mut(place), value) {
            (Some(Value::Object(present)), Value::Object(more)) => present.extend(more),
            (Some(present), value) => *present = value,
            (None, value) => list.push(value),
        }
    }
    keep_one_primary(attribute, list, &touched)
}

/// Lets the touched primary value be the only one.
pub(crate) fn keep_one_primary(
    attribute: &Attribute,
    list: &mut [Value],
    touched: &HashSet<usize>,
) -> Result<(), Problem> {
    let is_primary = |value: &Value| value.get("primary") == Some(&Value::Bool(true));
    let claims = touched.iter().filter(|place| list.get(**place).is_some_and(is_primary)).count();
    match claims {
        0 => Ok(()),
        1 => {
            let others =
                list.iter_mut().enumerate().filter(|(place, value)| !touched.contains(place) && is_primary(value));
            for (_, value) in others {
                value["primary"] = Value::Bool(false);
            }
            Ok(())
        }
        _ => Err(Problem::value(format!("{} has more than one primary value", attribute.name))),
    }
}

/// What makes two values of a multi-valued attribute the same.
fn identity(value: &Value) -> String {
    match value.get("value") {
        Some(inner) => format!("{inner}{}", value.get("type").unwrap_or(&Value::Null)),
        None => value.to_string(),
    }
}

/// One value of an attribute, whether it is the only one or one of many.
pub(crate) fn single(attribute: &Attribute, value: &Value, quirks: &Quirks) -> Result<Option<Value>, Problem> {
    let name = attribute.name;
    let fits = match (attribute.kind, value) {
        (_, Value::Null) => return Ok(None),
        (Type::Complex, _) => return fields(attribute.subs, value, name, quirks),
        (Type::Text | Type::Reference, Value::String(_)) | (Type::Boolean, Value::Bool(_)) => true,
        (Type::DateTime, Value::String(text)) => instant(text).is_some(),
        (Type::Binary, Value::String(text)) => BASE64.decode(text).is_ok(),
        // Templates with the macro in quotes send it so.
        (Type::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => {
            return Ok(Some(Value::Bool(true)));
        }
        (Type::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => {
            return Ok(Some(Value::Bool(false)));
        }
        _ => false,
    };
    match fits {
        true => Ok(Some(value.clone())),
        false => Err(Problem::value(format!("{name} is not of the type {}", type_name(attribute.kind)))),
    }
}

/// The known members of a complex value or an extension.
fn fields(
    attributes: &'static [Attribute],
    value: &Value,
    name: &str,
    quirks: &Quirks,
) -> Result<Option<Value>, Problem> {
    let members = match value {
        Value::Null => return Ok(None),
        Value::Object(members) => members,
        _ => return Err(Problem::value(format!("{name} is not an object"))),
    };
    let mut kept = Map::new();
    for (name, value) in members {
        if let Some(attribute) = find(attributes, name)
            && let Some(value) = accepted(attribute, value, quirks)?
        {
            kept.insert(attribute.name.to_owned(), value);
        }
    }
    Ok((!kept.is_empty()).then_some(Value::Object(kept)))
}

/// The word of RFC 7643 §2.3 for a type.
pub(crate) fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::Text => "string",
        Type::Boolean => "boolean",
        Type::DateTime => "dateTime",
        Type::Reference => "reference",
        Type::Binary => "binary",
        Type::Complex => "complex",
    }
}

/// Brings the members of a group into stored form: `value` and `type` only, since names and URIs are looked up.
///
/// A member nobody knows is left out when at least one other is known: identity providers do not repeat a refused push,
/// so one stale id must not cost all the others. When none is known nothing is right about the request.
pub(crate) fn settle_members(
    members: Vec<Value>,
    known: &dyn Fn(&str) -> Option<Kind>,
    quirks: &Quirks,
) -> Result<Vec<Value>, Problem> {
    let asked = members.len();
    let mut settled = Vec::with_capacity(asked);
    let mut seen = HashSet::new();
    let mut stale = None;
    for member in members {
        let id = member.get("value").and_then(Value::as_str).ok_or_else(|| Problem::value("a member has no value"))?;
        match known(id) {
            Some(kind) if seen.insert(id.to_owned()) => settled.push(stored_member(id, kind)),
            Some(_) => {}
            None => stale = Some(id.to_owned()),
        }
    }
    match stale {
        Some(id) if settled.is_empty() || quirks.has(Quirk::StaleMemberLosesPush) => {
            Err(Problem::value(format!("member {id} does not exist")))
        }
        _ => Ok(settled),
    }
}

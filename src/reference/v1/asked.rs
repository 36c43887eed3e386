//! What a client of SCIM 1.1 asks for, said in SCIM 2.0.

use serde_json::{Map, Value, json};

use super::super::problem::Problem;
use super::super::schema::{COMMON, ENTERPRISE_USER, Kind, find};
use super::urn::{self, CORE, ENTERPRISE};

/// The message that a PATCH is in 2.0.
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The words between attributes and values in a filter of 1.1; 2.0 has others beside them.
const OPERATORS: &[&str] = &["eq", "co", "sw", "pr", "gt", "ge", "lt", "le", "and", "or"];
/// What only 2.0 has there.
const LATER: &[&str] = &["ne", "ew", "not"];

/// The parameters of a query, with the names of 2.0. What 1.1 does not know is ignored.
pub(super) fn parameters(kind: Kind, given: Vec<(String, String)>) -> Result<Vec<(String, String)>, Problem> {
    let mut asked = Vec::new();
    for (name, value) in given {
        let value = match name.as_str() {
            "filter" => filter(kind, &value)?,
            "sortBy" => urn::attribute(kind, &value),
            "attributes" => {
                let names = value.split(',').map(|name| urn::attribute(kind, name.trim()));
                names.collect::<Vec<_>>().join(",")
            }
            "excludedAttributes" => continue,
            _ => value,
        };
        asked.push((name, value));
    }
    Ok(asked)
}

/// A filter with the attribute names of 2.0. What 1.1 has no word for is refused.
fn filter(kind: Kind, text: &str) -> Result<String, Problem> {
    let mut said = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest),
            '[' | ']' => return Err(Problem::bad("invalidFilter", "filters have no brackets")),
            _ if is_joint(first) => first.len_utf8(),
            _ => rest.find(|c: char| is_joint(c) || matches!(c, '"' | '[' | ']')).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(length);
        if LATER.iter().any(|later| later.eq_ignore_ascii_case(word)) {
            let known = OPERATORS.join(", ");
            return Err(Problem::bad("invalidFilter", format!("`{word}` is none of {known}")));
        }
        match first {
            '"' => said.push_str(word),
            _ => said.push_str(&urn::attribute(kind, word)),
        }
        rest = after;
    }
    Ok(said)
}

fn is_joint(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')')
}

/// How long the quoted text is that stands at the beginning.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (place, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// The body of a POST or PUT.
pub(super) fn resource(kind: Kind, body: Value) -> Result<Value, Problem> {
    let Value::Object(body) = body else { return Ok(body) };
    let mut said = Map::new();
    for (name, value) in body {
        let (name, value) = match name.to_ascii_lowercase().as_str() {
            "schemas" => (name, schemas(kind, value)?),
            _ => named(kind, name, value),
        };
        said.insert(name, value);
    }
    Ok(Value::Object(said))
}

/// Refused with the name that 1.1 knows.
fn schemas(kind: Kind, given: Value) -> Result<Value, Problem> {
    let Value::Array(urns) = given else { return Ok(given) };
    let is_core = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(CORE));
    if !urns.iter().any(is_core) {
        return Err(Problem::syntax(format!("schemas does not name {CORE}")));
    }
    let name = |urn: Value| match urn.as_str() {
        Some(text) if text.eq_ignore_ascii_case(CORE) => json!(kind.schema().id),
        Some(text) => json!(urn::attribute(kind, text)),
        None => urn,
    };
    Ok(urns.into_iter().map(name).collect())
}

/// An attribute, or an extension, under its name in 2.0.
fn named(kind: Kind, name: String, value: Value) -> (String, Value) {
    if !name.eq_ignore_ascii_case(ENTERPRISE) {
        return (urn::attribute(kind, &name), value);
    }
    let Value::Object(mut extension) = value else { return (ENTERPRISE_USER.id.to_owned(), value) };
    if let Some(Value::Object(manager)) = extension.get_mut("manager")
        && let Some(id) = manager.shift_remove("managerId")
    {
        manager.insert("value".to_owned(), id);
    }
    (ENTERPRISE_USER.id.to_owned(), Value::Object(extension))
}

/// The operations that a partial resource stands for: first what `meta.attributes` names is removed, then values that are to be
/// deleted, and then the rest is merged.
pub(super) fn patch(kind: Kind, body: Value) -> Result<Value, Problem> {
    let Value::Object(body) = body else { return Err(Problem::syntax("the body is not a JSON object")) };
    let mut operations = Vec::new();
    let (mut deleted, mut added, mut single) = (Vec::new(), Vec::new(), Map::new());
    for (name, value) in body {
        match name.to_ascii_lowercase().as_str() {
            "schemas" => drop(schemas(kind, value)?),
            "meta" => {
                let names = value.get("attributes").and_then(Value::as_array);
                for name in names.into_iter().flatten() {
                    let name = name.as_str().ok_or_else(|| Problem::value("meta.attributes is a list of names"))?;
                    operations.push(json!({"op": "remove", "path": urn::attribute(kind, name)}));
                }
            }
            "id" => {}
            _ => {
                let (name, value) = named(kind, name, value);
                let attribute = find(kind.schema().attributes, &name).or_else(|| find(COMMON, &name));
                match (attribute.filter(|attribute| attribute.multi), value) {
                    (Some(attribute), Value::Array(values)) => {
                        changes(attribute.name, values, &mut deleted, &mut added);
                    }
                    (_, value) => drop(single.insert(name, value)),
                }
            }
        }
    }
    operations.extend(deleted);
    operations.extend(added);
    // Whoever changes nothing asks for nothing that could be refused.
    if !single.is_empty() || operations.is_empty() {
        operations.push(json!({"op": "replace", "value": single}));
    }
    Ok(json!({"schemas": [PATCH_OP], "Operations": operations}))
}

/// Values of a multi-valued attribute: those with `operation: delete` are removed, others are merged with the value that has the
/// same `value`, or added.
fn changes(name: &str, values: Vec<Value>, deleted: &mut Vec<Value>, added: &mut Vec<Value>) {
    let of = |id: &str| format!("{name}[value eq {}]", Value::String(id.to_owned()));
    let mut members = Vec::new();
    for mut value in values {
        let operation = value.as_object_mut().and_then(|value| value.shift_remove("operation"));
        let id = value.get("value").and_then(Value::as_str).map(str::to_owned);
        let is_deleted =
            operation.as_ref().and_then(Value::as_str).is_some_and(|word| word.eq_ignore_ascii_case("delete"));
        match id {
            Some(id) if is_deleted => deleted.push(json!({"op": "remove", "path": of(&id)})),
            None if is_deleted => deleted.push(json!({"op": "remove", "path": name, "value": [value]})),
            // A member is known by its id alone, so that one addition holds them all.
            _ if name == "members" => members.push(value),
            Some(id) => added.push(json!({"op": "add", "path": of(&id), "value": value})),
            None => added.push(json!({"op": "add", "path": name, "value": [value]})),
        }
    }
    if !members.is_empty() {
        added.push(json!({"op": "add", "path": name, "value": members}));
    }
}

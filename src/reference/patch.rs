//! PATCH: RFC 7644 §3.5.2.
//!
//! **Invariant:** `apply` is given a document and gives back another or a problem, so a refused request leaves no trace.
//!
//! Choices where the RFC leaves one: a name without meaning is refused as a `path` and ignored inside a `value`; a `remove`
//! that carries values removes those values only; an `add` whose filter matches nothing adds the value the filter describes.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::filter::{self, Filter, Operand, Operator, Path, Record, matches};
use super::problem::Problem;
use super::quirk::{Quirk, Quirks};
use super::resource::{self, accepted, keep_one_primary, merge, require_schema, settle_members, single};
use super::row::Document;
use super::schema::{Attribute, Kind, Mutability, Schema, Target, Type, find};

/// The URN of a PATCH request.
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What `apply` must know besides the document.
pub(crate) struct Subject<'a> {
    pub(crate) kind: Kind,
    pub(crate) quirks: &'a Quirks,
    /// The resource as it is shown to clients, to recognise readOnly values that are merely echoed.
    pub(crate) shown: &'a Value,
    /// A resource that may be a member, as `members` shows it.
    pub(crate) member: &'a dyn Fn(&str) -> Option<(Kind, Value)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// Applies a PatchOp message to a document.
pub(crate) fn apply(subject: &Subject<'_>, mut document: Document, body: &Value) -> Result<Document, Problem> {
    let Value::Object(body) = body else {
        return Err(Problem::syntax("the body is not a JSON object"));
    };
    require_schema(PATCH_OP, body)?;
    let operations = match member_of(body, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => operations,
        _ => return Err(Problem::syntax("Operations is not a list of operations")),
    };
    for operation in operations {
        apply_one(subject, &mut document, operation)?;
    }
    resource::finish(subject.kind, &mut document, subject.quirks)?;
    Ok(document)
}

fn apply_one(subject: &Subject<'_>, document: &mut Document, operation: &Value) -> Result<(), Problem> {
    let operation = operation.as_object().ok_or_else(|| Problem::syntax("an operation is not an object"))?;
    let verb = verb(operation)?;
    let value = member_of(operation, "value");
    if verb != Verb::Remove && value.is_none() {
        return Err(Problem::value("the operation has no value"));
    }
    let value = value.unwrap_or(&Value::Null);
    match member_of(operation, "path") {
        None | Some(Value::Null) if verb == Verb::Remove => Err(Problem::bad("noTarget", "remove needs a path")),
        None | Some(Value::Null) => each_member(subject, document, verb, None, value),
        Some(Value::String(path)) => match filter::parse_path(subject.kind, path).map_err(bad_path)? {
            Path::Schema(schema) => {
                let extension = extension(subject.kind, schema);
                match (verb, extension) {
                    (Verb::Remove, Some(schema)) => {
                        document.shift_remove(schema.id);
                        Ok(())
                    }
                    (Verb::Remove, None) => Err(mutability(schema.id)),
                    _ => each_member(subject, document, verb, extension, value),
                }
            }
            Path::Attribute(target, filter) => assign(subject, document, verb, target, filter.as_ref(), value),
        },
        Some(_) => Err(Problem::bad("invalidPath", "path is not a text")),
    }
}

/// The verb, whatever its case.
fn verb(operation: &Map<String, Value>) -> Result<Verb, Problem> {
    let word = member_of(operation, "op").and_then(Value::as_str);
    let word = word.ok_or_else(|| Problem::syntax("an operation has no op"))?;
    match word.to_ascii_lowercase().as_str() {
        "add" => Ok(Verb::Add),
        "replace" => Ok(Verb::Replace),
        "remove" => Ok(Verb::Remove),
        _ => Err(Problem::syntax(format!("`{word}` is not an operation"))),
    }
}

/// An operation without path: every member of the value is one of its own.
fn each_member(
    subject: &Subject<'_>,
    document: &mut Document,
    verb: Verb,
    within: Option<&'static Schema>,
    value: &Value,
) -> Result<(), Problem> {
    let Value::Object(members) = value else {
        return Err(Problem::value("without a path, value must be an object"));
    };
    for (name, value) in members {
        let named = match within {
            None => filter::parse_path(subject.kind, name),
            Some(schema) => filter::parse_path(subject.kind, &format!("{}:{name}", schema.id)),
        };
        match named {
            Ok(Path::Attribute(target, filter)) => {
                assign(subject, document, verb, target, filter.as_ref(), value)?;
            }
            Ok(Path::Schema(schema)) if within.is_none() => match (extension(subject.kind, schema), value) {
                (Some(schema), Value::Null) => {
                    document.shift_remove(schema.id);
                }
                (extension, value) => each_member(subject, document, verb, extension, value)?,
            },
            Ok(Path::Schema(_)) | Err(_) => {}
        }
    }
    Ok(())
}

fn extension(kind: Kind, schema: &'static Schema) -> Option<&'static Schema> {
    (!std::ptr::eq(schema, kind.schema())).then_some(schema)
}

fn assign(
    subject: &Subject<'_>,
    document: &mut Document,
    verb: Verb,
    target: Target,
    filter: Option<&Filter>,
    value: &Value,
) -> Result<(), Problem> {
    if target.attribute.name == "schemas" {
        // They follow from the attributes; changing them directly has no effect.
        return Ok(());
    }
    if read_only(target) {
        let shown = subject.shown.as_object().and_then(|shown| shown_value(shown, target));
        let echoed = verb != Verb::Remove && shown.as_deref().unwrap_or(&Value::Null) == value;
        let unassigned = shown.is_none() && value.as_array().is_some_and(Vec::is_empty);
        return match echoed || unassigned {
            true => Ok(()),
            false => Err(mutability(target.leaf().name)),
        };
    }
    if verb == Verb::Remove && target.attribute.required {
        return Err(mutability(target.attribute.name));
    }
    let container = match target.extension {
        None => document,
        Some(schema) => object_in(document, schema.id),
    };
    let attribute = target.attribute;
    if !attribute.multi {
        return match (filter, target.sub) {
            (Some(_), _) => Err(Problem::bad("invalidPath", format!("{} has one value only", attribute.name))),
            (None, None) => set(subject, container, verb, attribute, value),
            (None, Some(sub)) => set(subject, object_in(container, attribute.name), verb, sub, value),
        };
    }
    let mut list = match container.shift_remove(attribute.name) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    match (filter, target.sub) {
        (None, None) => change_list(subject, &mut list, verb, attribute, value)?,
        _ => change_matching(subject, &mut list, verb, target, filter, value)?,
    }
    if !list.is_empty() {
        container.insert(attribute.name.to_owned(), Value::Array(list));
    }
    Ok(())
}

/// Changes a single-valued attribute; the sub-attributes of a complex one are merged (RFC 7644 §3.5.2.3).
fn set(
    subject: &Subject<'_>,
    container: &mut Map<String, Value>,
    verb: Verb,
    attribute: &'static Attribute,
    value: &Value,
) -> Result<(), Problem> {
    if verb == Verb::Remove || value.is_null() {
        container.shift_remove(attribute.name);
        return Ok(());
    }
    if attribute.kind == Type::Complex {
        let Value::Object(members) = value else {
            return Err(Problem::value(format!("{} is not an object", attribute.name)));
        };
        let inner = object_in(container, attribute.name);
        for (name, value) in members {
            match find(attribute.subs, name) {
                Some(sub) if sub.mutability != Mutability::ReadOnly => {
                    set(subject, inner, verb, sub, value)?;
                }
                _ => {}
            }
        }
        return Ok(());
    }
    if let Some(value) = single(attribute, value, subject.quirks)? {
        container.insert(attribute.name.to_owned(), value);
    }
    Ok(())
}

/// Changes a multi-valued attribute as a whole.
fn change_list(
    subject: &Subject<'_>,
    list: &mut Vec<Value>,
    verb: Verb,
    attribute: &'static Attribute,
    value: &Value,
) -> Result<(), Problem> {
    let values: Cow<'_, [Value]> = match value {
        Value::Array(values) => Cow::Borrowed(values),
        Value::Null => Cow::Borrowed(&[]),
        value => Cow::Owned(vec![value.clone()]),
    };
    match verb {
        Verb::Remove if values.is_empty() => list.clear(),
        Verb::Remove => list.retain(|present| !values.iter().any(|gone| covers(gone, present))),
        Verb::Add | Verb::Replace => {
            if verb == Verb::Replace && subject.quirks.has(Quirk::ReplaceUnknownClearsMembers) {
                let known = |value: &Value| value["value"].as_str().is_some_and(|id| (subject.member)(id).is_some());
                if attribute.name == "members" && !values.iter().all(known) {
                    list.clear();
                    return Ok(());
                }
            }
            if verb == Verb::Add && subject.quirks.has(Quirk::StaleMemberDropsBatch) {
                let known = |value: &Value| value["value"].as_str().is_some_and(|id| (subject.member)(id).is_some());
                if attribute.name == "members" && !values.iter().all(known) {
                    return Ok(());
                }
            }
            let again = match attribute.name == "emails" && subject.quirks.has(Quirk::ResentAddressDoubled) {
                true => {
                    list.iter().filter(|had| values.iter().any(|sent| sent["value"] == had["value"])).cloned().collect()
                }
                false => Vec::new(),
            };
            let values = match attribute.name {
                "members" => Cow::Owned(members(subject, attribute, &values)?),
                _ => values,
            };
            if verb == Verb::Replace {
                list.clear();
            }
            merge(attribute, list, &values, subject.quirks)?;
            list.extend(again);
        }
    }
    Ok(())
}

/// Whether every sub-attribute that `some` names has the same value in `whole`.
fn covers(some: &Value, whole: &Value) -> bool {
    match some {
        Value::Object(some) => match some.get("value") {
            Some(value) => whole.get("value") == Some(value),
            None => some.iter().all(|(name, value)| whole.get(name) == Some(value)),
        },
        some => whole.get("value") == Some(some),
    }
}

/// New members in stored form.
fn members(subject: &Subject<'_>, attribute: &'static Attribute, values: &[Value]) -> Result<Vec<Value>, Problem> {
    let mut list = Vec::with_capacity(values.len());
    for value in values {
        list.extend(single(attribute, value, subject.quirks)?);
    }
    let known = |id: &str| (subject.member)(id).map(|(kind, _)| kind);
    settle_members(list, &known, subject.quirks)
}

/// Changes those values of a multi-valued attribute that a filter selects, or one sub-attribute of them.
fn change_matching(
    subject: &Subject<'_>,
    list: &mut Vec<Value>,
    verb: Verb,
    target: Target,
    filter: Option<&Filter>,
    value: &Value,
) -> Result<(), Problem> {
    let attribute = target.attribute;
    let selected: HashSet<usize> = list
        .iter()
        .enumerate()
        .filter(|(_, element)| selects(subject, attribute, filter, element))
        .map(|(place, _)| place)
        .collect();
    if selected.is_empty() {
        return match (verb, filter.and_then(described)) {
            (Verb::Remove, _) => Ok(()),
            (Verb::Add, Some(mut described)) => {
                match target.sub {
                    Some(sub) => {
                        described.insert(sub.name.to_owned(), value.clone());
                    }
                    None => described.extend(value.as_object().cloned().unwrap_or_default()),
                }
                let described = Value::Object(described);
                change_list(subject, list, Verb::Add, attribute, &described)
            }
            _ => Err(Problem::bad("noTarget", "no value matches the path")),
        };
    }
    match (target.sub, verb) {
        (None, Verb::Remove) => {
            let mut place = 0..;
            list.retain(|_| !place.next().is_some_and(|place| selected.contains(&place)));
            return Ok(());
        }
        (None, _) if attribute.name == "members" => {
            let mut place = 0..;
            list.retain(|_| !place.next().is_some_and(|place| selected.contains(&place)));
            return change_list(subject, list, Verb::Add, attribute, value);
        }
        (None, _) => {
            let value = single(attribute, value, subject.quirks)?
                .ok_or_else(|| Problem::value("the operation has no value"))?;
            for (place, element) in list.iter_mut().enumerate() {
                match (selected.contains(&place), verb, &mut *element, &value) {
                    (false, ..) => {}
                    (true, Verb::Add, Value::Object(present), Value::Object(more)) => {
                        present.extend(more.clone());
                    }
                    (true, ..) => *element = value.clone(),
                }
            }
        }
        (Some(sub), _) => {
            let value = match verb {
                Verb::Remove => None,
                Verb::Add | Verb::Replace => accepted(sub, value, subject.quirks)?,
            };
            for (place, element) in list.iter_mut().enumerate() {
                let Some(element) = element.as_object_mut().filter(|_| selected.contains(&place)) else {
                    continue;
                };
                if sub.mutability == Mutability::Immutable && element.get(sub.name) != value.as_ref() {
                    return Err(mutability(sub.name));
                }
                match &value {
                    Some(value) => element.insert(sub.name.to_owned(), value.clone()),
                    None => element.shift_remove(sub.name),
                };
            }
        }
    }
    keep_one_primary(attribute, list, &selected)?;
    list.retain(|element| element.as_object().is_none_or(|element| !element.is_empty()));
    Ok(())
}

/// Whether the filter of a path selects this value.
fn selects(subject: &Subject<'_>, attribute: &Attribute, filter: Option<&Filter>, element: &Value) -> bool {
    let (Some(filter), Some(fields)) = (filter, element.as_object()) else {
        return filter.is_none();
    };
    match attribute.name {
        "members" => matches(filter, &Member { subject, fields }),
        _ => matches(filter, fields),
    }
}

/// A member as filters see it: what is not stored is looked up.
struct Member<'a> {
    subject: &'a Subject<'a>,
    fields: &'a Map<String, Value>,
}

impl Record for Member<'_> {
    fn get(&self, extension: Option<&'static Schema>, name: &str) -> Option<Cow<'_, Value>> {
        Record::get(self.fields, extension, name).or_else(|| {
            let (_, mut shown) = (self.subject.member)(self.fields.get("value")?.as_str()?)?;
            shown.get_mut(name).map(Value::take).map(Cow::Owned)
        })
    }
}

/// The value that a filter of equalities describes.
fn described(filter: &Filter) -> Option<Map<String, Value>> {
    match filter {
        Filter::Compare(target, Operator::Equal, operand) => {
            let value = match operand {
                Operand::Text { given, .. } => Value::String(given.clone()),
                Operand::Boolean(value) => Value::Bool(*value),
                _ => return None,
            };
            Some(Map::from_iter([(target.leaf().name.to_owned(), value)]))
        }
        Filter::All(filters) => filters.iter().try_fold(Map::new(), |mut all, filter| {
            all.extend(described(filter)?);
            Some(all)
        }),
        _ => None,
    }
}

fn read_only(target: Target) -> bool {
    target.attribute.mutability == Mutability::ReadOnly || target.leaf().mutability == Mutability::ReadOnly
}

fn shown_value(shown: &Map<String, Value>, target: Target) -> Option<Cow<'_, Value>> {
    let value = Record::get(shown, target.extension, target.attribute.name)?;
    match target.sub {
        None => Some(value),
        Some(sub) => value.get(sub.name).cloned().map(Cow::Owned),
    }
}

/// The object under this name, made when it is missing; an empty one is dropped in the end.
fn object_in<'a>(container: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    let entry = container.entry(name).or_insert_with(|| Value::Object(Map::new()));
    if !entry.is_object() {
        *entry = Value::Object(Map::new());
    }
    entry.as_object_mut().expect("the entry was just made an object")
}

/// A member of a message, whatever the case of its name (RFC 7643 §2.1).
fn member_of<'a>(message: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    message
        .get(name)
        .or_else(|| message.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn mutability(name: &str) -> Problem {
    Problem::bad("mutability", format!("{name} cannot be changed"))
}

fn bad_path(detail: String) -> Problem {
    Problem::bad("invalidPath", detail)
}

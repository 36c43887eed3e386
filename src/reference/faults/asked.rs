//! What a request asks for, looked at without judging it.

use serde_json::Value;

use super::super::call::{Call, Endpoint};
use super::super::schema::Kind;

/// What a PATCH request asks for, looked at without judging it.
pub(super) fn operations(body: &Value) -> impl Iterator<Item = &Value> {
    body.get("Operations").and_then(Value::as_array).into_iter().flatten()
}

/// Whether the operation is this verb, in whatever case.
pub(super) fn is_verb(operation: &Value, verb: &str) -> bool {
    let word = operation.get("op").and_then(Value::as_str);
    word.is_some_and(|word| word.eq_ignore_ascii_case(verb))
}

/// Whether the operation has a path that begins like this, in whatever case.
pub(super) fn has_path(operation: &Value, beginning: &str) -> bool {
    let path = operation.get("path").and_then(Value::as_str);
    path.and_then(|path| path.get(..beginning.len())).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

/// Whether the operation is on this attribute as a whole.
pub(super) fn is_on(operation: &Value, attribute: &str) -> bool {
    let path = operation.get("path").and_then(Value::as_str);
    path.is_some_and(|path| path.eq_ignore_ascii_case(attribute))
}

pub(super) fn is_pathless(operation: &Value) -> bool {
    operation.get("path").is_none_or(Value::is_null)
}

/// The type of the resource or collection a request is about; of users and groups only, which is what quirks are about
/// unless they say otherwise.
pub(super) fn kind_of(call: &Call) -> Option<Kind> {
    match call.endpoint {
        Endpoint::Collection(kind) | Endpoint::Item(kind, _) if !kind.is_granted() => Some(kind),
        _ => None,
    }
}

/// The first parameter of that name.
pub(super) fn parameter<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    let found = call.parameters.iter().find(|(given, _)| given == name);
    found.map(|(_, value)| value.as_str())
}

/// The members a request writes, in its body or in its operations.
pub(super) fn written_members(body: &Value) -> impl Iterator<Item = &Value> {
    let listed = body.get("members").into_iter();
    let patched = operations(body).flat_map(|operation| {
        let value = operation.get("value");
        let direct = value.filter(|_| has_path(operation, "members"));
        let nested = value.filter(|_| is_pathless(operation)).and_then(|value| value.get("members"));
        direct.into_iter().chain(nested)
    });
    listed.chain(patched).flat_map(|members| match members {
        Value::Array(members) => members.iter(),
        member => std::slice::from_ref(member).iter(),
    })
}

/// How many member changes a request asks for.
pub(super) fn member_writes(call: &Call) -> usize {
    match kind_of(call) {
        Some(Kind::Group) => {
            let removals = operations(&call.body).filter(|one| has_path(one, "members["));
            written_members(&call.body).count() + removals.count()
        }
        _ => 0,
    }
}

//! Roles and entitlements, and types and attributes of the server's own, that are told or understood badly.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Body};
use super::super::call::{Call, Endpoint};
use super::super::quirk::{Quirk, Quirks};
use super::super::schema::Kind;
use super::asked::is_verb;

/// The attributes of a user that hold what it is granted.
pub(super) const GRANTS: [&str; 2] = ["roles", "entitlements"];

/// How many characters a description has where administrators write manuals there.
const MANUAL: usize = 4000;

/// Rewrites a query on roles or entitlements into what the server makes of it.
pub(super) fn misread(quirks: &Quirks, call: &mut Call) {
    if let (Endpoint::Collection(kind), true) = (&call.endpoint, quirks.has(Quirk::EntitlementCountIgnored))
        && kind.is_granted()
    {
        call.parameters.retain(|(name, _)| name != "count");
    }
}

/// Edits lists of roles and entitlements, and what the server says of their types and of its schemas.
pub(super) fn edit(quirks: &Quirks, call: &Call, answer: &mut Answer) {
    let (&Method::GET, Body::Json(Value::Object(list))) = (&call.method, &mut answer.body) else {
        return;
    };
    match &call.endpoint {
        Endpoint::Collection(kind) if kind.is_granted() => edit_list(quirks, *kind, list),
        Endpoint::ResourceTypes if quirks.has(Quirk::EntitlementTypesOwnUrn) => {
            let types = list.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten();
            for one in types.filter(|one| one["schema"].as_str().is_some_and(|urn| urn.starts_with("urn:okta:"))) {
                let name = one["name"].as_str().unwrap_or_default();
                one["schema"] = json!(format!("urn:ietf:params:scim:schemas:core:2.0:{name}"));
            }
        }
        Endpoint::Schemas => {
            let schemas = list.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten();
            for attribute in schemas.filter_map(|schema| schema["attributes"].as_array_mut()).flatten() {
                respell(quirks, attribute);
            }
        }
        _ => {}
    }
}

fn edit_list(quirks: &Quirks, kind: Kind, list: &mut Map<String, Value>) {
    if quirks.has(Quirk::EntitlementTotalIsPageSize) {
        list.insert("totalResults".to_owned(), list["itemsPerPage"].clone());
    }
    let resources = list.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten();
    for shown in resources.filter_map(Value::as_object_mut) {
        if quirks.has(Quirk::EntitlementUnnamed)
            && let Some(name) = shown.shift_remove("displayName")
        {
            shown.insert("name".to_owned(), name);
        }
        if quirks.has(Quirk::EntitlementUntyped) {
            shown.shift_remove("type");
        }
        if kind == Kind::Role && quirks.has(Quirk::EntitlementDescriptionLong) {
            let manual: String = "Read this first. ".chars().cycle().take(MANUAL).collect();
            shown.insert("description".to_owned(), json!(manual));
        }
    }
}

fn respell(quirks: &Quirks, attribute: &mut Value) {
    if attribute["type"] == "string" && quirks.has(Quirk::AttributeTypesUnknown) {
        attribute["type"] = json!("text");
    }
    if attribute["name"] == "languages" && quirks.has(Quirk::ComplexUndescribed) {
        attribute["type"] = json!("complex");
    }
    if attribute["mutability"] == "readWrite" && quirks.has(Quirk::MutabilityMisspelt) {
        attribute["mutability"] = json!("read-write");
    }
}

/// Whether an attribute says that nothing is granted.
pub(super) fn is_empty(name: &str, value: &Value) -> bool {
    GRANTS.contains(&name) && value.as_array().is_some_and(Vec::is_empty)
}

/// Keeps what a PUT does not take away with a server that cannot.
pub(super) fn keep(quirks: &Quirks, name: &str, current: Option<&Value>, body: &mut Map<String, Value>) {
    let (Some(current), Some(sent)) = (current, body.get_mut(name)) else {
        return;
    };
    if quirks.has(Quirk::GrantsKeptWhenEmpty) && is_empty(name, sent) {
        *sent = current.clone();
    }
    if let (true, Value::Array(sent), Value::Array(current)) = (quirks.has(Quirk::GrantsAppended), sent, current) {
        let more: Vec<Value> = current.iter().filter(|grant| !sent.contains(grant)).cloned().collect();
        sent.extend(more);
    }
}

/// Turns a replacement of what is granted into an addition.
pub(super) fn add_instead(operation: &mut Value) {
    let grants =
        operation["value"].as_object().is_some_and(|fields| GRANTS.iter().any(|name| fields.contains_key(*name)));
    if grants && is_verb(operation, "replace") {
        operation["op"] = json!("add");
    }
}

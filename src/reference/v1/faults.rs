//! What quirks do that are about SCIM 1.1 alone. All others show in both protocols, as they are of the one server behind them.

use axum::http::{Method, header};
use serde_json::{Value, json};

use super::super::answer::{Answer, Body};
use super::super::call::{Call, Endpoint};
use super::super::problem::Problem;
use super::super::quirk::{Quirk, Quirks};
use super::super::schema::Kind;
use super::urn::{CORE, ENTERPRISE, PROVIDER_CONFIG};

/// What 2.0 calls users.
const USER_OF_V2: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The parameters that 1.1 knows.
const PARAMETERS: &[&str] = &["filter", "sortBy", "sortOrder", "startIndex", "count", "attributes"];

/// Why the server does not do what is asked, and changes to what it hears.
pub(super) fn mishear(quirks: &Quirks, call: &mut Call) -> Result<(), Problem> {
    let is_unknown = |(name, _): &&(String, String)| !PARAMETERS.contains(&name.as_str());
    if quirks.has(Quirk::V1UnknownParameter400)
        && let Some((name, _)) = call.parameters.iter().find(is_unknown)
    {
        return Err(Problem::value(format!("there is no parameter {name}")));
    }
    let filter = call.parameters.iter().find(|(name, _)| name == "filter").map(|(_, value)| value.as_str());
    if quirks.has(Quirk::V1FilterWordsCaseSensitive)
        && filter.is_some_and(|filter| filter.starts_with(|c: char| c.is_ascii_uppercase()))
    {
        return Err(Problem::value("there is no such attribute"));
    }
    let is_misread = |filter: &str| {
        quirks.has(Quirk::V1FilterStartsWithFindsNobody) && filter.contains(" sw ")
            || quirks.has(Quirk::V1FilterUrnFindsNobody) && filter.starts_with("urn:")
    };
    if let Some((_, filter)) = call.parameters.iter_mut().find(|(name, filter)| name == "filter" && is_misread(filter))
    {
        *filter = "userName eq \"\"".to_owned();
    }
    if quirks.has(Quirk::V1FilterLeftToRight)
        && let Some((_, filter)) = call.parameters.iter_mut().find(|(name, _)| name == "filter")
        && let Some((before, after)) = filter.rsplit_once(" and ")
    {
        *filter = format!("({before}) and {after}");
    }
    if quirks.has(Quirk::V1AttributesIgnored) {
        call.parameters.retain(|(name, _)| name != "attributes");
    }
    if quirks.has(Quirk::V1SortIgnored) {
        call.parameters.retain(|(name, _)| name != "sortBy" && name != "sortOrder");
    }
    if quirks.has(Quirk::V1IfNoneMatchIgnored) {
        call.headers.remove(header::IF_NONE_MATCH);
    }
    if quirks.has(Quirk::V1IfMatchIgnored) {
        call.headers.remove(header::IF_MATCH);
    }
    if quirks.has(Quirk::V1GroupDescription400)
        && call.endpoint == Endpoint::Collection(Kind::Group)
        && call.body.get("urn:okta:custom:group:1.0").is_some()
    {
        return Err(Problem::value("a group has no description"));
    }
    if quirks.has(Quirk::V1SchemasOf20) {
        // It takes what it has shown.
        for urn in call.body["schemas"].as_array_mut().into_iter().flatten().filter(|urn| **urn == USER_OF_V2) {
            *urn = json!(CORE);
        }
    }
    let Some(body) = call.body.as_object_mut().filter(|_| call.method == Method::PATCH) else { return Ok(()) };
    if quirks.has(Quirk::V1MetaAttributes400) && body.contains_key("meta") {
        return Err(Problem::value("meta is read-only"));
    }
    if quirks.has(Quirk::V1MetaAttributesIgnored) {
        body.shift_remove("meta");
    }
    if quirks.has(Quirk::V1DeleteOperationIgnored) {
        for values in body.values_mut().filter_map(Value::as_array_mut) {
            values.retain(|value| value["operation"] != "delete");
        }
    }
    if quirks.has(Quirk::V1DeleteOperationAdds) {
        for value in body.values_mut().filter_map(Value::as_array_mut).flatten().filter_map(Value::as_object_mut) {
            value.shift_remove("operation");
        }
    }
    Ok(())
}

/// The operations of a PATCH in the order in which they are carried out.
pub(super) fn reorder(quirks: &Quirks, mut patch: Value) -> Value {
    if quirks.has(Quirk::V1MetaAttributesLast)
        && let Some(operations) = patch["Operations"].as_array_mut()
    {
        // What `meta.attributes` names is removed as a whole.
        let is_named = |operation: &Value| {
            operation["op"] == "remove" && operation["path"].as_str().is_some_and(|path| !path.contains('['))
        };
        operations.sort_by_key(is_named);
    }
    patch
}

/// Answers in XML whoever does not ask for JSON by its name.
pub(super) fn format(quirks: &Quirks, names_json: bool, answer: &mut Answer) {
    if quirks.has(Quirk::V1DefaultXml) && !names_json && matches!(answer.body, Body::Json(_)) {
        answer.set("content-type", "application/xml");
        answer.body = Body::Text("<Response xmlns=\"urn:scim:schemas:core:1.0\"/>".to_owned());
    }
}

/// Edits an answer that is said in 1.1 already.
pub(super) fn edit(quirks: &Quirks, asked: Option<(&Method, &Endpoint)>, answer: &mut Answer) {
    if let Some((&Method::GET, Endpoint::Collection(_))) = asked
        && (answer.status, quirks.has(Quirk::V1BadFilterFindsNobody)) == (400, true)
    {
        answer.status = 200;
        answer.body = Body::Json(json!({
            "schemas": [CORE],
            "totalResults": 0,
            "itemsPerPage": 0,
            "startIndex": 1,
            "Resources": [],
        }));
    }
    if let Some((&Method::POST, endpoint)) = asked
        && endpoint.is_discovery()
        && quirks.has(Quirk::V1DiscoveryPost404)
    {
        answer.status = 404;
    }
    if quirks.has(Quirk::V1EtagUnsent) {
        answer.headers.retain(|(name, _)| *name != "etag");
    }
    let Body::Json(body) = &mut answer.body else { return };
    if quirks.has(Quirk::V1SchemasOf20) {
        rename(body);
    }
    if let Some((&Method::GET, Endpoint::Schemas)) = asked {
        for schema in body["Resources"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            if quirks.has(Quirk::V1SchemaWithoutEndpoint) {
                schema.shift_remove("endpoint");
            }
            let attributes = schema.get_mut("attributes").and_then(Value::as_array_mut).into_iter().flatten();
            for attribute in attributes.filter_map(Value::as_object_mut) {
                if quirks.has(Quirk::V1SchemaTypesUnsaid) {
                    attribute.shift_remove("type");
                }
                if quirks.has(Quirk::V1NamesExact) && attribute.get("name").is_some_and(|name| name == "userName") {
                    attribute.insert("caseExact".to_owned(), json!(true));
                }
            }
        }
    }
    edit_resources(quirks, body);
    let Value::Object(fields) = body else { return };
    if quirks.has(Quirk::V1MetaVersionUnsaid)
        && let Some(Value::Object(meta)) = fields.get_mut("meta")
    {
        meta.shift_remove("version");
    }
    if fields.contains_key("Errors") {
        if quirks.has(Quirk::V1ErrorsWithoutDetail) {
            fields.shift_remove("detail");
        }
        if quirks.has(Quirk::V1ErrorCodeDiffers) {
            fields["Errors"][0]["code"] = json!("1000");
        }
    }
    if quirks.has(Quirk::V1CapabilityUnknown)
        && let Some(Value::Array(can)) =
            fields.get_mut(PROVIDER_CONFIG).and_then(|extension| extension.get_mut("userManagementCapabilities"))
    {
        can.push(json!("PUSH_AVATARS"));
    }
    if quirks.has(Quirk::V1XmlFormatUnsaid) {
        fields.shift_remove("xmlDataFormat");
    }
    if quirks.has(Quirk::V1AuthenticationUnsaid) {
        fields.shift_remove("authenticationSchemes");
    }
}

/// Edits a resource, or those of a list.
fn edit_resources(quirks: &Quirks, body: &mut Value) {
    let Value::Object(fields) = body else { return };
    for resource in fields.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten() {
        edit_resources(quirks, resource);
    }
    if quirks.has(Quirk::V1ExtensionUnnamed)
        && let Some(Value::Array(schemas)) = fields.get_mut("schemas")
    {
        schemas.retain(|urn| urn != ENTERPRISE);
    }
    if quirks.has(Quirk::V1ManagerByValue)
        && let Some(Value::Object(manager)) = fields.get_mut(ENTERPRISE).and_then(|known| known.get_mut("manager"))
        && let Some(id) = manager.shift_remove("managerId")
    {
        manager.insert("value".to_owned(), id);
    }
    if quirks.has(Quirk::V1UserGroupsByName) {
        for group in fields.get_mut("groups").and_then(Value::as_array_mut).into_iter().flatten() {
            group["value"] = group["display"].clone();
        }
    }
}

/// Calls everything as 2.0 does.
fn rename(body: &mut Value) {
    for resource in body["Resources"].as_array_mut().into_iter().flatten() {
        rename(resource);
    }
    for urn in body["schemas"].as_array_mut().into_iter().flatten().filter(|urn| **urn == CORE) {
        *urn = json!(USER_OF_V2);
    }
}

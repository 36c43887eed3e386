//! What the server answers, said in SCIM 1.1.

use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Body};
use super::super::call::Endpoint;
use super::super::schema::{ENTERPRISE_USER, Kind};
use super::urn::{CORE, ENTERPRISE, PROVIDER_CONFIG};

/// What messages of 2.0 are called.
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What Okta's own test of 1.1 looks for in the list of schemas, beside the schema that the specification names.
const LIST_OF_SCHEMAS: &str = "urn:scim:schemas:core:1.0:ListResponse";

/// What an On-Premises connector of Okta's can do here, by the words of its extension.
const CAN: &[&str] = &[
    "GROUP_PUSH",
    "IMPORT_NEW_USERS",
    "IMPORT_PROFILE_UPDATES",
    "PUSH_NEW_USERS",
    "PUSH_PASSWORD_UPDATES",
    "PUSH_PENDING_USERS",
    "PUSH_PROFILE_UPDATES",
    "PUSH_USER_DEACTIVATION",
    "REACTIVATE_USERS",
];

/// Says an answer of 2.0 in 1.1. `bases` are the base URLs of the two.
pub(super) fn say(endpoint: Option<&Endpoint>, bases: (&str, &str), answer: &mut Answer) {
    for (name, value) in &mut answer.headers {
        match *name {
            "location" => *value = moved(bases, value),
            "content-type" if value == "application/scim+json" => "application/json".clone_into(value),
            _ => {}
        }
    }
    let Body::Json(body) = &mut answer.body else { return };
    match endpoint.filter(|_| answer.status < 300) {
        Some(Endpoint::ServiceProviderConfig) => configuration(bases, body),
        Some(Endpoint::Schemas | Endpoint::Schema(_)) => schemas(bases, body),
        _ => {}
    }
    each(bases, body);
}

fn moved((from, to): (&str, &str), url: &str) -> String {
    url.strip_prefix(from).map_or_else(|| url.to_owned(), |rest| format!("{to}{rest}"))
}

fn is_called(body: &Value, urn: &str) -> bool {
    body["schemas"].as_array().is_some_and(|schemas| schemas.iter().any(|schema| schema == urn))
}

/// A resource, a list of resources, or an error.
fn each(bases: (&str, &str), body: &mut Value) {
    if is_called(body, ERROR) {
        return *body = error(body);
    }
    if let Some(Value::Array(resources)) = body.get_mut("Resources") {
        resources.iter_mut().for_each(|resource| each(bases, resource));
    }
    let Value::Object(shown) = body else { return };
    let mut said = Map::new();
    for (name, mut value) in std::mem::take(shown) {
        let name = match name.as_str() {
            "schemas" => {
                value = called(&value);
                name
            }
            "meta" => {
                meta(bases, &mut value);
                name
            }
            known if known == ENTERPRISE_USER.id => {
                if let Some(Value::Object(manager)) = value.get_mut("manager") {
                    manager.shift_remove("$ref");
                    if let Some(id) = manager.shift_remove("value") {
                        manager.shift_insert(0, "managerId".to_owned(), id);
                    }
                }
                ENTERPRISE.to_owned()
            }
            // 1.1 has no URIs in the values of attributes.
            "members" | "groups" => {
                for one in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                    one.shift_remove("$ref");
                }
                name
            }
            _ => name,
        };
        said.insert(name, value);
    }
    *shown = said;
}

/// The URNs of `schemas`.
fn called(schemas: &Value) -> Value {
    let Value::Array(urns) = schemas else { return schemas.clone() };
    let say = |urn: &Value| match urn.as_str().unwrap_or_default() {
        text if text == LIST || text.starts_with("urn:ietf:params:scim:schemas:core:2.0:") => json!(CORE),
        text if text == ENTERPRISE_USER.id => json!(ENTERPRISE),
        _ => urn.clone(),
    };
    urns.iter().map(say).collect()
}

fn meta(bases: (&str, &str), meta: &mut Value) {
    let Value::Object(meta) = meta else { return };
    meta.shift_remove("resourceType");
    if let Some(Value::String(location)) = meta.get_mut("location") {
        *location = moved(bases, location);
    }
}

/// `detail` stands beside 1.1's own form: Okta's own test of 1.1 looks for it.
fn error(problem: &Value) -> Value {
    let status = match &problem["status"] {
        Value::String(status) => status.clone(),
        status => status.to_string(),
    };
    json!({
        "schemas": [CORE],
        "Errors": [{"description": problem["detail"], "code": status}],
        "detail": problem["detail"],
    })
}

/// What 1.1 and Okta have in the description of the server beside what 2.0 has there.
fn configuration(bases: (&str, &str), body: &mut Value) {
    let Value::Object(config) = body else { return };
    config.insert("schemas".to_owned(), json!([CORE, PROVIDER_CONFIG]));
    let meta = config.shift_remove("meta");
    config.insert("xmlDataFormat".to_owned(), json!({"supported": false}));
    config.insert(PROVIDER_CONFIG.to_owned(), json!({"userManagementCapabilities": CAN}));
    if let Some(mut meta) = meta {
        meta["location"] = json!(format!("{}/ServiceProviderConfigs", bases.0));
        config.insert("meta".to_owned(), meta);
    }
}

/// The list of schemas, or one of them, with the attributes as 1.1 describes them.
fn schemas(bases: (&str, &str), body: &mut Value) {
    if is_called(body, LIST) {
        let resources = body["Resources"].take();
        let resources = resources.as_array().cloned().unwrap_or_default();
        let extension = resources.iter().find(|schema| schema["id"] == ENTERPRISE_USER.id).cloned();
        let of_kind = |kind: Kind| {
            let schema = resources.iter().find(|schema| schema["id"] == kind.schema().id)?;
            Some(described(bases, kind, schema, extension.as_ref().filter(|_| kind == Kind::User)))
        };
        let said: Vec<Value> = [Kind::User, Kind::Group].into_iter().filter_map(of_kind).collect();
        body["totalResults"] = said.len().into();
        body["itemsPerPage"] = said.len().into();
        body["Resources"] = Value::Array(said);
        body["schemas"] = json!([CORE, LIST_OF_SCHEMAS]);
    } else if let Some(kind) = [Kind::User, Kind::Group].into_iter().find(|kind| body["id"] == kind.schema().id) {
        *body = described(bases, kind, body, None);
    }
}

/// The schema of a kind of resource. 1.1 has the attributes of an extension in the schema of what is extended.
fn described(bases: (&str, &str), kind: Kind, schema: &Value, extension: Option<&Value>) -> Value {
    let of = |schema: &Value, urn: &str| -> Vec<Value> {
        schema["attributes"].as_array().into_iter().flatten().map(|one| attribute(one, urn, true)).collect()
    };
    let mut attributes = of(schema, CORE);
    attributes.extend(extension.map(|extension| of(extension, ENTERPRISE)).unwrap_or_default());
    json!({
        "schemas": [CORE],
        "id": format!("{CORE}:{}", kind.name()),
        "name": kind.name(),
        "description": schema["description"],
        "schema": CORE,
        "endpoint": format!("/{}", kind.endpoint()),
        "attributes": attributes,
        "meta": {"location": format!("{}/Schemas/{}", bases.1, kind.endpoint())},
    })
}

fn attribute(of: &Value, urn: &str, is_outermost: bool) -> Value {
    let is_reference = of["type"] == "reference";
    let mut said = json!({
        "name": of["name"],
        "type": if is_reference { json!("string") } else { of["type"].clone() },
        "multiValued": of["multiValued"],
        "description": of["description"],
        "readOnly": of["mutability"] == "readOnly",
        "required": of["required"],
        "caseExact": of["caseExact"].as_bool().unwrap_or(false),
    });
    if is_outermost {
        said["schema"] = json!(urn);
    }
    let name = of["name"].as_str().unwrap_or_default();
    if of["multiValued"] == true {
        said["multiValuedAttributeChildName"] = json!(name.strip_suffix('s').unwrap_or(name));
    }
    if let Some(subs) = of["subAttributes"].as_array() {
        let subs = subs.iter().filter(|sub| sub["name"] != "$ref");
        said["subAttributes"] = subs.map(|sub| attribute(sub, urn, false)).collect();
        if name == "manager" {
            for sub in said["subAttributes"].as_array_mut().into_iter().flatten().filter(|sub| sub["name"] == "value") {
                sub["name"] = json!("managerId");
            }
        }
    }
    if !of["canonicalValues"].is_null() {
        said["canonicalValues"] = of["canonicalValues"].clone();
    }
    said
}

//! What the server says of itself: RFC 7644 §4, RFC 7643 §5 to §7.

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Endpoint;
use super::list::list_response;
use super::problem::Problem;
use super::query::MAX_RESULTS;
use super::resource::type_name;
use super::schema::{
    Attribute, CUSTOM_USER, ENTERPRISE_USER, ENTITLEMENT, GROUP, Kind, Mutability, ROLE, Returned, Schema, Type, USER,
};

const SERVICE_PROVIDER_CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// Answers a GET of a discovery endpoint.
pub(crate) fn describe(endpoint: &Endpoint, base_url: &str, filtered: bool) -> Result<Answer, Problem> {
    if filtered {
        // A client must not believe that the filter was applied (RFC 7644 §4).
        return Err(Problem::new(403, "what describes the server is not filtered"));
    }
    let types = || Kind::ALL.map(|kind| resource_type(kind, base_url)).to_vec();
    let all = [&USER, &GROUP, &ENTERPRISE_USER, &CUSTOM_USER, &ROLE, &ENTITLEMENT];
    let schemas = || all.map(|schema| render_schema(schema, base_url)).to_vec();
    let body = match endpoint {
        Endpoint::ServiceProviderConfig => service_provider_config(base_url),
        Endpoint::ResourceTypes => everything(types()),
        Endpoint::Schemas => everything(schemas()),
        Endpoint::ResourceType(id) => one_of(types(), id)?,
        Endpoint::Schema(id) => one_of(schemas(), id)?,
        Endpoint::Collection(_) | Endpoint::Item(..) | Endpoint::Unknown => {
            return Err(Problem::not_found("the endpoint"));
        }
    };
    Ok(Answer::json(200, body))
}

fn everything(resources: Vec<Value>) -> Value {
    list_response(resources.len(), 1, resources)
}

fn one_of(resources: Vec<Value>, id: &str) -> Result<Value, Problem> {
    resources.into_iter().find(|resource| resource["id"] == id).ok_or_else(|| Problem::not_found(id))
}

fn service_provider_config(base_url: &str) -> Value {
    json!({
        "schemas": [SERVICE_PROVIDER_CONFIG],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": MAX_RESULTS},
        "changePassword": {"supported": true},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A fixed token in the Authorization header",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base_url}/ServiceProviderConfig"),
        },
    })
}

fn resource_type(kind: Kind, base_url: &str) -> Value {
    let mut shown = json!({
        "schemas": [RESOURCE_TYPE],
        "id": kind.name(),
        "name": kind.name(),
        "endpoint": format!("/{}", kind.endpoint()),
        "description": kind.schema().description,
        "schema": kind.schema().id,
    });
    if !kind.extensions().is_empty() {
        let extensions = kind.extensions().iter();
        shown["schemaExtensions"] = extensions.map(|schema| json!({"schema": schema.id, "required": false})).collect();
    }
    shown["meta"] = json!({
        "resourceType": "ResourceType",
        "location": format!("{base_url}/ResourceTypes/{}", kind.name()),
    });
    shown
}

fn render_schema(schema: &Schema, base_url: &str) -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(render_attribute).collect::<Vec<_>>(),
        "meta": {
            "resourceType": "Schema",
            "location": format!("{base_url}/Schemas/{}", schema.id),
        },
    })
}

fn render_attribute(attribute: &Attribute) -> Value {
    let mut shown = json!({
        "name": attribute.name,
        "type": type_name(attribute.kind),
        "multiValued": attribute.multi,
        "description": attribute.description,
        "required": attribute.required,
    });
    if !attribute.canonical.is_empty() {
        shown["canonicalValues"] = json!(attribute.canonical);
    }
    if !attribute.references.is_empty() {
        shown["referenceTypes"] = json!(attribute.references);
    }
    if attribute.kind == Type::Complex {
        shown["subAttributes"] = attribute.subs.iter().map(render_attribute).collect();
    } else {
        shown["caseExact"] = json!(attribute.case_exact);
        shown["uniqueness"] = json!(attribute.uniqueness);
    }
    shown["mutability"] = json!(match attribute.mutability {
        Mutability::ReadWrite => "readWrite",
        Mutability::ReadOnly => "readOnly",
        Mutability::Immutable => "immutable",
        Mutability::WriteOnly => "writeOnly",
    });
    shown["returned"] = json!(match attribute.returned {
        Returned::Default => "default",
        Returned::Always => "always",
        Returned::Never => "never",
    });
    shown
}

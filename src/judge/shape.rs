//! Which schema an answer should have, by request and status.

use serde_json::Value;

use super::body::{Body, kind_of_urn};
use super::rules::Answer;
use crate::json::items;

/// What an answer should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A ListResponse; of these resources, or of any.
    List(Option<&'static str>),
    /// One resource or message.
    One(&'static str),
    /// Nothing that a schema could judge.
    Free,
}

/// The schemas that `well-formed` reports violations of.
pub(super) const REPORTED: &[&str] = &[
    "User",
    "Group",
    "ListResponse",
    "Error",
    "BulkResponse",
    "ServiceProviderConfig",
    "ResourceType",
    "Schema",
    "Resource",
];

/// The resources of an endpoint.
fn of_endpoint(segment: &str) -> Option<&'static str> {
    Some(match segment {
        "Users" => "User",
        "Groups" => "Group",
        "Schemas" => "Schema",
        "ResourceTypes" => "ResourceType",
        _ => return None,
    })
}

fn segments(path: &str) -> Vec<&str> {
    path.split('?').next().unwrap_or_default().split('/').filter(|segment| !segment.is_empty()).collect()
}

/// The shape of a successful answer, as far as the request tells; `None` when the body must say.
fn of_request(method: &str, path: &str) -> Option<Shape> {
    let segments = segments(path);
    Some(match (method, segments.as_slice()) {
        ("POST", [".search"]) => Shape::List(None),
        ("POST", [endpoint, ".search"]) => Shape::List(of_endpoint(endpoint)),
        ("POST", ["Bulk"]) => Shape::One("BulkResponse"),
        ("GET", ["ServiceProviderConfig" | "ServiceProviderConfigs"]) => Shape::One("ServiceProviderConfig"),
        ("GET", [endpoint]) if of_endpoint(endpoint).is_some() => Shape::List(of_endpoint(endpoint)),
        ("POST", [endpoint @ ("Users" | "Groups")])
        | ("GET" | "PUT" | "PATCH", [endpoint @ ("Users" | "Groups"), _])
        | ("GET", [endpoint @ ("Schemas" | "ResourceTypes"), _]) => match of_endpoint(endpoint) {
            Some(schema) => Shape::One(schema),
            None => Shape::Free,
        },
        ("GET" | "POST" | "PUT" | "PATCH", _) => return None,
        _ => Shape::Free,
    })
}

/// The schemas that the answer to a request can be held to.
pub(super) fn schemas_for(method: &str, path: &str) -> Vec<&'static str> {
    let mut schemas = vec!["Error"];
    match of_request(method, path) {
        Some(Shape::List(Some(resource))) => schemas.extend(["ListResponse", resource]),
        Some(Shape::One(schema)) => schemas.push(schema),
        Some(Shape::Free) => {}
        Some(Shape::List(None)) | None => schemas = REPORTED.to_vec(),
    }
    schemas
}

/// What this answer should be.
pub(super) fn of_answer(answer: Answer<'_>) -> Shape {
    let request = &answer.exchange.request;
    match answer.response.status {
        400.. if *answer.body == Body::None => Shape::Free,
        400.. => Shape::One("Error"),
        200..=299 => {
            let shape = of_request(&request.method, &request.path);
            match answer.body.json() {
                // Whether a write must be answered with a body is for its own expectations to say.
                None if *answer.body == Body::None
                    && request.method != "GET"
                    && !matches!(shape, Some(Shape::List(_))) =>
                {
                    Shape::Free
                }
                _ if shape.is_some() => shape.unwrap_or(Shape::Free),
                Some(body) if is_list(body) => Shape::List(None),
                Some(body) => Shape::One(of_resource(body)),
                None => Shape::Free,
            }
        }
        _ => Shape::Free,
    }
}

fn is_list(body: &Value) -> bool {
    body.get("Resources").is_some()
        || body.get("totalResults").is_some()
        || urns(body).any(|kind| kind == "ListResponse")
}

/// The schema of a resource that says itself what it is.
pub(super) fn of_resource(resource: &Value) -> &'static str {
    urns(resource).find(|kind| *kind != "ListResponse" && *kind != "Error").unwrap_or("Resource")
}

fn urns(body: &Value) -> impl Iterator<Item = &'static str> {
    let schemas = body.get("schemas").into_iter().flat_map(items);
    schemas.filter_map(Value::as_str).filter_map(kind_of_urn)
}

//! A request, understood as far as HTTP goes.

use axum::http::{HeaderMap, Method};
use serde_json::Value;

use super::schema::Kind;

/// What a path names, below the base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Collection(Kind),
    Item(Kind, String),
    ServiceProviderConfig,
    ResourceTypes,
    ResourceType(String),
    Schemas,
    Schema(String),
    Unknown,
}

impl Endpoint {
    /// Reads the decoded segments of a path.
    pub(crate) fn read(segments: &[String]) -> Endpoint {
        let kind = |name: &str| Kind::ALL.into_iter().find(|kind| kind.endpoint() == name);
        match segments {
            [name] => match (kind(name), name.as_str()) {
                (Some(kind), _) => Endpoint::Collection(kind),
                (None, "ServiceProviderConfig") => Endpoint::ServiceProviderConfig,
                (None, "ResourceTypes") => Endpoint::ResourceTypes,
                (None, "Schemas") => Endpoint::Schemas,
                _ => Endpoint::Unknown,
            },
            [name, id] => match (kind(name), name.as_str()) {
                (Some(kind), _) => Endpoint::Item(kind, id.clone()),
                (None, "ResourceTypes") => Endpoint::ResourceType(id.clone()),
                (None, "Schemas") => Endpoint::Schema(id.clone()),
                _ => Endpoint::Unknown,
            },
            _ => Endpoint::Unknown,
        }
    }

    /// Whether the endpoint only describes the server (RFC 7644 §4).
    pub(crate) fn is_discovery(&self) -> bool {
        !matches!(self, Endpoint::Collection(_) | Endpoint::Item(..) | Endpoint::Unknown)
    }

    /// The methods that make sense here, as an `Allow` header says it.
    pub(crate) fn allowed(&self) -> &'static str {
        match self {
            Endpoint::Collection(kind) if !kind.is_granted() => "GET, HEAD, POST",
            Endpoint::Item(kind, _) if !kind.is_granted() => "GET, HEAD, PUT, PATCH, DELETE",
            _ => "GET, HEAD",
        }
    }
}

/// One request, understood as far as HTTP goes.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) endpoint: Endpoint,
    /// The decoded parameters of the query string.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

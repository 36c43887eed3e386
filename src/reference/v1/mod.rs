//! SCIM 1.1 beside SCIM 2.0: another face of the same store.
//!
//! A request of 1.1 becomes the request of 2.0 that means the same, goes the way of any other, and what comes back is said in 1.1.
//! So whatever is right or wrong with the server is so for both, and only what 1.1 has for itself is here.

mod asked;
mod faults;
mod shown;
mod urn;

use axum::http::{HeaderMap, Method};
use serde_json::Value;

use super::answer::Answer;
use super::call::{Call, Endpoint};
use super::problem::Problem;
use super::quirk::Quirks;
use super::schema::Kind;

/// The path of the base URL.
pub(crate) const PATH: &str = "/scim/v1";

/// The header in which a POST says what it stands for (SCIM 1.1 API §3.12).
const OVERRIDE: &str = "x-http-method-override";

/// Whether a path is one of SCIM 1.1.
pub(crate) fn is_asked(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// What a path names, by its decoded segments below the base URL.
pub(crate) fn endpoint(segments: &[String]) -> Endpoint {
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ServiceProviderConfigs"] => Endpoint::ServiceProviderConfig,
        ["ServiceProviderConfig"] => Endpoint::Unknown,
        // 1.1 calls schemas by their endpoints.
        ["Schemas", "Users"] => Endpoint::Schema(Kind::User.schema().id.to_owned()),
        ["Schemas", "Groups"] => Endpoint::Schema(Kind::Group.schema().id.to_owned()),
        ["Schemas", _] => Endpoint::Unknown,
        _ => match Endpoint::read(segments) {
            Endpoint::Collection(kind) | Endpoint::Item(kind, _) if kind.is_granted() => Endpoint::Unknown,
            Endpoint::ResourceType(_) => Endpoint::Unknown,
            known => known,
        },
    }
}

/// What a request does: a POST may stand for what its client cannot send.
pub(crate) fn method(given: Method, headers: &HeaderMap) -> Result<Method, Problem> {
    let Some(word) = headers.get(OVERRIDE).filter(|_| given == Method::POST) else { return Ok(given) };
    match word.to_str().unwrap_or_default().to_ascii_uppercase().as_str() {
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        "POST" => Ok(Method::POST),
        other => Err(Problem::new(400, format!("a POST does not stand for `{other}`"))),
    }
}

/// The same request in 2.0.
pub(crate) fn understood(quirks: &Quirks, mut call: Call) -> Result<Call, Problem> {
    if !quirks.is_empty() {
        faults::mishear(quirks, &mut call)?;
    }
    let (Endpoint::Collection(kind) | Endpoint::Item(kind, _)) = call.endpoint else { return Ok(call) };
    call.parameters = asked::parameters(kind, std::mem::take(&mut call.parameters))?;
    let body = std::mem::replace(&mut call.body, Value::Null);
    call.body = match call.method {
        Method::POST | Method::PUT => asked::resource(kind, body)?,
        Method::PATCH => faults::reorder(quirks, asked::patch(kind, body)?),
        _ => body,
    };
    Ok(call)
}

/// Says an answer in 1.1, to a client that asked for this and may have named JSON as the format. `bases` are the base URLs of 2.0
/// and of 1.1; a deletion is answered 200 there.
pub(crate) fn say(
    quirks: &Quirks,
    (asked, names_json): (Option<(&Method, &Endpoint)>, bool),
    bases: (&str, &str),
    answer: &mut Answer,
) {
    if let (Some((&Method::DELETE, _)), 204) = (asked, answer.status) {
        answer.status = 200;
    }
    shown::say(asked.map(|(_, endpoint)| endpoint), bases, answer);
    if !quirks.is_empty() {
        faults::edit(quirks, asked, answer);
        faults::format(quirks, names_json, answer);
    }
}

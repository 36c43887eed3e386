//! A small server for SCIM 1.1, which the reference does not speak, and which may refuse to delete.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{App, Duration, RUNTIME, Test, export, failures, played};

pub(crate) const TESTS: &[Test] = &[("the life of a user holds on a server that was written apart", || {
    let server = RUNTIME.block_on(server(Deletion::Allowed));
    for app in [App::Catalogue, App::Wizard] {
        let life = RUNTIME.block_on(played(&server.uri(), "x", export("lifecycle.json"), Some(app), Duration::ZERO));
        assert_eq!(failures(&life), Vec::<String>::new());
        assert_eq!(life.totals().left, 0);
    }
})];

/// What the server does with DELETE.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// Deletes.
    Allowed,
    /// Answers 405.
    Refused,
}

/// Starts a server with one user and one group.
pub(crate) async fn server(deletion: Deletion) -> MockServer {
    let server = MockServer::start().await;
    let first = json!({
        "schemas": [CORE], "id": "u0", "userName": "first@example.com", "active": true,
        "name": { "givenName": "First", "familyName": "User" }, "emails": [{ "value": "first@example.com" }],
    });
    let store = Store { users: Mutex::new(vec![first]), deletion };
    Mock::given(any()).respond_with(store).mount(&server).await;
    server
}

const CORE: &str = "urn:scim:schemas:core:1.0";

struct Store {
    users: Mutex<Vec<Value>>,
    deletion: Deletion,
}

impl Respond for Store {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let segments: Vec<&str> = request.url.path().split('/').filter(|part| !part.is_empty()).collect();
        let query: Map<String, Value> =
            request.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
        let (status, body) = match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["ServiceProviderConfigs"]) => (200, config()),
            ("GET", ["ResourceTypes"]) => {
                (200, list(&[json!({ "name": "User", "endpoint": "/Users", "schema": CORE })], CORE))
            }
            ("GET", ["Schemas"]) => {
                let schema = json!({ "id": CORE, "attributes": [{ "name": "userName" }] });
                (200, list(&[schema], "urn:scim:schemas:core:1.0:ListResponse"))
            }
            (_, ["ServiceProviderConfigs" | "ResourceTypes" | "Schemas"]) => error(405),
            ("GET", ["Groups"]) => (200, list(&[json!({ "id": "g0", "displayName": "All" })], CORE)),
            ("GET", ["Users"]) => match query.get("filter").and_then(Value::as_str) {
                None => (200, list(&users, CORE)),
                Some(filter) => match filter.strip_prefix("userName eq \"").and_then(|rest| rest.strip_suffix('"')) {
                    Some(name) => {
                        let found: Vec<Value> = users.iter().filter(|user| is_called(user, name)).cloned().collect();
                        (200, list(&found, CORE))
                    }
                    None => error(400),
                },
            },
            ("POST", ["Users"]) => create(&mut users, request),
            (method, ["Users", id]) => match users.iter().position(|user| user["id"] == **id) {
                Some(at) => self.one(&mut users, at, method, request),
                None => error(404),
            },
            _ => error(404),
        };
        let answer = ResponseTemplate::new(status);
        if body.is_null() { answer } else { answer.set_body_json(body) }
    }
}

impl Store {
    fn one(&self, users: &mut Vec<Value>, at: usize, method: &str, request: &Request) -> (u16, Value) {
        let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match method {
            "GET" => (200, users[at].clone()),
            "PUT" => {
                let id = users[at]["id"].clone();
                users[at] = sent;
                users[at]["id"] = id;
                (200, users[at].clone())
            }
            "PATCH" => {
                // In 1.1 a partial resource, which says of what schema and of whom it is.
                let changes = sent.get("Operations").map_or(&sent, |operations| &operations[0]["value"]);
                let changes = changes.as_object().into_iter().flatten();
                for (name, value) in changes.filter(|(name, _)| !["schemas", "id"].contains(&name.as_str())) {
                    users[at][name] = value.clone();
                }
                (200, users[at].clone())
            }
            "DELETE" if self.deletion == Deletion::Allowed => {
                users.remove(at);
                (204, Value::Null)
            }
            _ => error(405),
        }
    }
}

fn create(users: &mut Vec<Value>, request: &Request) -> (u16, Value) {
    let mut user: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let Some(name) = user["userName"].as_str() else { return error(400) };
    if users.iter().any(|known| is_called(known, name)) {
        return error(409);
    }
    user["id"] = format!("u{}", users.len()).into();
    users.push(user.clone());
    (201, user)
}

fn is_called(user: &Value, name: &str) -> bool {
    user["userName"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
}

fn list(resources: &[Value], schema: &str) -> Value {
    let count = resources.len();
    json!({ "schemas": [schema], "totalResults": count, "itemsPerPage": count, "startIndex": 1, "Resources": resources })
}

/// In the form of 1.1, and with the `detail` that Okta's test wants besides.
fn error(status: u16) -> (u16, Value) {
    let detail = format!("answered {status}");
    (status, json!({ "Errors": [{ "description": detail, "code": status.to_string() }], "detail": detail }))
}

fn config() -> Value {
    json!({
        "schemas": [CORE],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": 100 },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": false },
        "authenticationSchemes": [{ "type": "oauthbearertoken", "name": "Bearer", "description": "A bearer token" }],
    })
}

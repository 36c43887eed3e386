//! A small server for SCIM 1.1, which the reference does not speak, and which may refuse to delete.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::form_urlencoded;

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

/// A server that ends with this value.
pub(crate) struct Server {
    base: String,
    serving: JoinHandle<()>,
}

impl Server {
    pub(crate) fn uri(&self) -> String {
        self.base.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Starts a server with one user and one group.
pub(crate) async fn server(deletion: Deletion) -> Server {
    let first = json!({
        "schemas": [CORE], "id": "u0", "userName": "first@example.com", "active": true,
        "name": { "givenName": "First", "familyName": "User" }, "emails": [{ "value": "first@example.com" }],
    });
    let store = Arc::new(Store { users: Mutex::new(vec![first]), deletion });
    let router = Router::new().fallback(move |request: Request<Body>| {
        let store = Arc::clone(&store);
        async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            let query = head.uri.query().unwrap_or_default();
            let (status, answer) = store.answer(head.method.as_str(), head.uri.path(), query, &body);
            let builder = Response::builder().status(status).header("Content-Type", "application/json");
            let body = if answer.is_null() { Body::empty() } else { Body::from(answer.to_string()) };
            builder.body(body).expect("the parts of an answer are right")
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let base = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
    let serving = tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    });
    Server { base, serving }
}

const CORE: &str = "urn:scim:schemas:core:1.0";

struct Store {
    users: Mutex<Vec<Value>>,
    deletion: Deletion,
}

impl Store {
    fn answer(&self, method: &str, path: &str, query: &str, sent: &[u8]) -> (u16, Value) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let filter = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "filter");
        let sent: Value = serde_json::from_slice(sent).unwrap_or_default();
        match (method, segments.as_slice()) {
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
            ("GET", ["Users"]) => match filter {
                None => (200, list(&users, CORE)),
                Some((_, filter)) => {
                    match filter.strip_prefix("userName eq \"").and_then(|rest| rest.strip_suffix('"')) {
                        Some(name) => {
                            let found: Vec<Value> =
                                users.iter().filter(|user| is_called(user, name)).cloned().collect();
                            (200, list(&found, CORE))
                        }
                        None => error(400),
                    }
                }
            },
            ("POST", ["Users"]) => create(&mut users, sent),
            (method, ["Users", id]) => match users.iter().position(|user| user["id"] == **id) {
                Some(at) => self.one(&mut users, at, method, sent),
                None => error(404),
            },
            _ => error(404),
        }
    }

    fn one(&self, users: &mut Vec<Value>, at: usize, method: &str, sent: Value) -> (u16, Value) {
        match method {
            "GET" => (200, users[at].clone()),
            "PUT" => {
                let id = users[at]["id"].clone();
                users[at] = sent;
                users[at]["id"] = id;
                (200, users[at].clone())
            }
            "PATCH" => {
                for (name, value) in sent["Operations"][0]["value"].as_object().into_iter().flatten() {
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

fn create(users: &mut Vec<Value>, mut user: Value) -> (u16, Value) {
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

//! The reference server, area by area, over its socket.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use reqwest::{Client, ClientBuilder, Method, RequestBuilder};
use scim_check::reference::product::Offer;
use scim_check::reference::{Options, Product, Quirk, Server, serve};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CUSTOM: &str = "urn:scim-check:schemas:extension:reference:1.0:User";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A server and a client that knows its token.
struct Peer {
    server: Server,
    client: Client,
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Peer {
    async fn start(options: Options) -> Peer {
        Peer { server: serve(options).await.expect("a free port on 127.0.0.1"), client: client(Client::builder()) }
    }

    async fn plain() -> Peer {
        Peer::start(Options::default()).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.server.base_url());
        self.client.request(method, url).bearer_auth(self.server.token())
    }

    async fn get(&self, path: &str) -> Reply {
        reply(self.request(Method::GET, path)).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = self
            .request(method, path)
            .header("Content-Type", "application/scim+json; charset=utf-8")
            .body(body.to_string());
        reply(request).await
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, body).await
    }

    async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, body).await
    }

    async fn patch(&self, path: &str, operations: Value) -> Reply {
        let body = json!({"schemas": [PATCH_OP], "Operations": operations});
        self.send(Method::PATCH, path, &body).await
    }

    async fn user(&self, name: &str) -> String {
        let made = self.post("/Users", &user(name)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        text(&made.body, "/id")
    }

    async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [GROUP], "displayName": name, "members": members});
        let made = self.post("/Groups", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        text(&made.body, "/id")
    }

    /// The ids of a group's members.
    async fn members(&self, id: &str) -> Vec<String> {
        let group = self.get(&format!("/Groups/{id}")).await;
        let members = group.body["members"].as_array().expect("a list of members");
        members.iter().map(|member| text(member, "/value")).collect()
    }

    /// The userNames that a filter finds.
    async fn found(&self, filter: &str) -> Vec<String> {
        let filter = utf8_percent_encode(filter, NON_ALPHANUMERIC);
        let list = self.get(&format!("/Users?filter={filter}")).await;
        assert_eq!(list.status, 200, "{filter}: {}", list.body);
        let resources = list.body["Resources"].as_array().expect("a list");
        resources.iter().map(|user| text(user, "/userName")).collect()
    }
}

fn client(builder: ClientBuilder) -> Client {
    // reqwest wants a TLS provider even for plain HTTP; the tests of one process install the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = builder.no_proxy().timeout(Duration::from_secs(20));
    builder.build().expect("a client")
}

async fn reply(request: RequestBuilder) -> Reply {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let bytes = response.bytes().await.expect("a whole body");
    let body = match bytes.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&bytes).expect("JSON"),
    };
    Reply { status, headers, body }
}

fn user(name: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": true, "value": name, "type": "work"}],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

fn text(value: &Value, pointer: &str) -> String {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

/// Demands a refusal in the form of RFC 7644 §3.12.
#[track_caller]
fn check(reply: &Reply, status: u16, scim_type: Option<&str>) {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_eq!(reply.body["schemas"], json!([ERROR]));
    assert_eq!(reply.body["status"], json!(status.to_string()));
    assert_eq!(reply.body["scimType"].as_str(), scim_type, "{}", reply.body);
    assert_ne!(text(&reply.body, "/detail"), "");
    assert_eq!(reply.headers["content-type"], "application/scim+json");
}

#[tokio::test]
async fn a_user_is_created_and_shown_whole() {
    let peer = Peer::plain().await;
    let mut body = user("Test.User@Okta.local");
    body["id"] = json!("mine");
    body["meta"] = json!({"resourceType": "Robot"});
    body["favouriteColour"] = json!("green");
    body["urn:example:1.0:User"] = json!({"x": 1});
    body["nickName"] = Value::Null;
    body["phoneNumbers"] = json!([]);
    body[ENTERPRISE] = json!({"department": "R&D", "shoeSize": 9});
    let made = peer.post("/Users", &body).await;
    assert_eq!(made.status, 201);
    let id = text(&made.body, "/id");
    assert_ne!(id, "mine");
    assert_eq!(made.body["schemas"], json!([USER, ENTERPRISE]));
    assert_eq!(made.body["userName"], "Test.User@Okta.local");
    assert_eq!(made.body["active"], true);
    assert_eq!(made.body[ENTERPRISE], json!({"department": "R&D"}));
    for absent in ["password", "groups", "nickName", "phoneNumbers", "favouriteColour"] {
        assert_eq!(made.body.get(absent), None, "{absent}");
    }
    assert_eq!(made.body["meta"]["resourceType"], "User");
    assert_eq!(made.headers["location"], made.body["meta"]["location"].as_str().expect("a URI"));
    assert_eq!(made.headers["etag"], made.body["meta"]["version"].as_str().expect("a tag"));
    let read = peer.get(&format!("/Users/{id}")).await;
    assert_eq!((read.status, read.body), (200, made.body));
    assert_eq!(peer.server.user_count(), 1);
}

#[tokio::test]
async fn a_user_name_is_taken_in_every_case_of_its_letters() {
    let peer = Peer::plain().await;
    let anna = peer.user("anna@example.com").await;
    let bert = peer.user("bert@example.com").await;
    check(&peer.post("/Users", &user("ANNA@example.com")).await, 409, Some("uniqueness"));
    let path = format!("/Users/{bert}");
    check(&peer.put(&path, &user("Anna@Example.com")).await, 409, Some("uniqueness"));
    let rename = json!([{"op": "replace", "value": {"userName": "aNNa@example.com"}}]);
    check(&peer.patch(&path, rename).await, 409, Some("uniqueness"));
    let own = peer.put(&format!("/Users/{anna}"), &user("ANNA@example.com")).await;
    assert_eq!((own.status, &own.body["userName"]), (200, &json!("ANNA@example.com")));
    assert_eq!(peer.request(Method::DELETE, &format!("/Users/{anna}")).send().await.expect("an answer").status(), 204);
    assert_eq!(peer.post("/Users", &user("anna@example.com")).await.status, 201);
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused() {
    let peer = Peer::plain().await;
    let mut without = user("x");
    without["userName"] = json!("");
    check(&peer.post("/Users", &without).await, 400, Some("invalidValue"));
    let mut wrong = user("x");
    wrong["active"] = json!("yes");
    check(&peer.post("/Users", &wrong).await, 400, Some("invalidValue"));
    let mut twice = user("x");
    twice["emails"] = json!([{"value": "a", "primary": true}, {"value": "b", "primary": true}]);
    check(&peer.post("/Users", &twice).await, 400, Some("invalidValue"));
    let mut bare = user("x");
    bare["schemas"] = json!([]);
    check(&peer.post("/Users", &bare).await, 400, Some("invalidSyntax"));
    check(&peer.post("/Users", &json!([])).await, 400, Some("invalidSyntax"));
    let broken = peer.request(Method::POST, "/Users").body("{");
    check(&reply(broken).await, 400, Some("invalidSyntax"));
    let deep = peer.request(Method::POST, "/Users").body("[".repeat(100_000));
    check(&reply(deep).await, 400, Some("invalidSyntax"));
    let huge = peer.request(Method::POST, "/Users").body(vec![b' '; 9 << 20]);
    check(&reply(huge).await, 413, None);
    assert_eq!(peer.server.user_count(), 0);
}

#[tokio::test]
async fn credentials_are_demanded() {
    let peer = Peer::plain().await;
    let users = format!("{}/Users", peer.server.base_url());
    for wrong in [None, Some("non-token"), Some("Bearer nope"), Some("Basic eDp5")] {
        let mut request = peer.client.get(&users);
        if let Some(wrong) = wrong {
            request = request.header("Authorization", wrong);
        }
        let refused = reply(request).await;
        check(&refused, 401, None);
        assert!(refused.headers.contains_key("www-authenticate"));
    }
    let verbatim = peer.client.get(&users).header("Authorization", peer.server.token());
    assert_eq!(reply(verbatim).await.status, 200);
    let open = peer.client.get(format!("{}/ServiceProviderConfig", peer.server.base_url()));
    assert_eq!(reply(open).await.status, 200);
}

#[tokio::test]
async fn media_types_are_taken_in_every_usual_form() {
    let peer = Peer::plain().await;
    for (number, (accept, content_type)) in [
        ("application/scim+json", "application/scim+json"),
        ("application/scim+json; charset=utf-8", "application/json"),
        ("application/json", "application/json; charset=utf-8"),
        ("text/html, */*;q=0.1", "Application/SCIM+JSON;charset=UTF-8"),
    ]
    .into_iter()
    .enumerate()
    {
        let request = peer
            .request(Method::POST, "/Users")
            .header("Accept", accept)
            .header("Content-Type", content_type)
            .body(user(&format!("user{number}")).to_string());
        let made = reply(request).await;
        assert_eq!(made.status, 201, "{accept} {content_type}");
        let label = if accept == "application/json" { accept } else { "application/scim+json" };
        assert_eq!(made.headers["content-type"], label);
    }
    let picture = peer.request(Method::GET, "/Users").header("Accept", "image/png");
    check(&reply(picture).await, 406, None);
    let form =
        peer.request(Method::POST, "/Users").header("Content-Type", "application/x-www-form-urlencoded").body("a=b");
    check(&reply(form).await, 415, None);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let peer = Peer::plain().await;
    for path in [
        "/Users/010101001",
        "/Groups/%00",
        "/Users/%ff",
        "/Nope",
        "/Users/a/b",
        "/Schemas/urn:x",
        "/ResourceTypes/Robot",
    ] {
        check(&peer.get(path).await, 404, None);
    }
    check(&peer.put("/Users/none", &user("x")).await, 404, None);
    check(&peer.patch("/Users/none", json!([])).await, 404, None);
    let put = peer.put("/Users", &user("x")).await;
    check(&put, 405, None);
    assert_eq!(put.headers["allow"], "GET, HEAD, POST");
    check(&peer.post("/Schemas", &json!({})).await, 405, None);
}

#[tokio::test]
async fn a_put_replaces_and_ignores_what_only_the_server_sets() {
    let peer = Peer::plain().await;
    let id = peer.user("anna").await;
    let path = format!("/Users/{id}");
    let mut echoed = peer.get(&path).await.body;
    echoed["name"]["givenName"] = json!("Renamed");
    echoed["id"] = json!("another");
    echoed["meta"]["created"] = json!("1970-01-01T00:00:00Z");
    echoed["groups"] = json!([{"value": "none"}]);
    echoed["displayName"] = Value::Null;
    echoed["active"] = json!(false);
    let put = peer.put(&path, &echoed).await;
    assert_eq!(put.status, 200);
    assert_eq!(put.body["id"], id);
    assert_eq!(put.body["name"]["givenName"], "Renamed");
    assert_eq!(put.body.get("displayName"), None);
    assert_eq!(put.body["active"], false);
    assert_ne!(put.body["meta"]["created"], "1970-01-01T00:00:00Z");
    let minimal = peer.put(&path, &json!({"schemas": [USER], "userName": "anna"})).await;
    assert_eq!(minimal.body.get("name"), None);
    assert_eq!(minimal.body["active"], false, "forgetting active lets nobody in");
}

#[tokio::test]
async fn deactivation_keeps_the_user_readable_and_findable() {
    let peer = Peer::plain().await;
    let id = peer.user("anna").await;
    let group = peer.group("G", &[&id]).await;
    let path = format!("/Users/{id}");
    let off = peer.patch(&path, json!([{"op": "replace", "value": {"active": false}}])).await;
    assert_eq!((off.status, &off.body["active"]), (200, &json!(false)));
    assert_eq!(peer.get(&path).await.body["active"], false);
    assert_eq!(peer.found(r#"userName eq "ANNA""#).await, ["anna"]);
    let on = peer.patch(&path, json!([{"op": "Replace", "path": "active", "value": true}])).await;
    assert_eq!(on.body["active"], true);
    assert_eq!(on.body["id"], id);
    assert_eq!(on.body["groups"][0]["value"], group);
}

#[tokio::test]
async fn a_change_that_changes_nothing_leaves_no_trace() {
    let peer = Peer::plain().await;
    let id = peer.user("anna").await;
    let path = format!("/Users/{id}");
    let before = peer.get(&path).await.body;
    let same = peer.patch(&path, json!([{"op": "replace", "value": {"active": true}}])).await;
    assert_eq!((same.status, &same.body), (200, &before));
    let other = peer.patch(&path, json!([{"op": "replace", "value": {"title": "Dr."}}])).await;
    assert_ne!(other.body["meta"]["lastModified"], before["meta"]["lastModified"]);
    assert_ne!(other.body["meta"]["version"], before["meta"]["version"]);
}

#[tokio::test]
async fn patch_understands_every_path() {
    let peer = Peer::plain().await;
    let path = format!("/Users/{}", peer.user("anna").await);
    let department = format!("{ENTERPRISE}:department");
    let patched = peer
        .patch(
            &path,
            json!([
                {"op": "add", "value": {"nickName": "A", "name": {"middleName": "M"}, "unknown": 1, (ENTERPRISE): {"division": "D"}}},
                {"op": "ADD", "path": "emails", "value": [{"value": "b@home", "type": "home", "primary": true}]},
                {"op": "add", "path": "emails", "value": {"value": "b@home", "type": "home"}},
                {"op": "replace", "path": "NAME.givenName", "value": "Anna"},
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@work"},
                {"op": "add", "path": department, "value": "R&D"},
                {"op": "add", "path": "phoneNumbers[type eq \"Mobile\"].value", "value": "1"},
                {"op": "remove", "path": "locale"},
            ]),
        )
        .await;
    assert_eq!(patched.status, 200, "{}", patched.body);
    let body = patched.body;
    assert_eq!(body["name"], json!({"givenName": "Anna", "familyName": "User", "middleName": "M"}));
    assert_eq!(
        body["emails"],
        json!([
            {"primary": false, "value": "a@work", "type": "work"},
            {"value": "b@home", "type": "home", "primary": true},
        ])
    );
    assert_eq!(body["phoneNumbers"], json!([{"type": "Mobile", "value": "1"}]));
    assert_eq!(body[ENTERPRISE], json!({"division": "D", "department": "R&D"}));
    assert_eq!(body["schemas"], json!([USER, ENTERPRISE]));
    assert_eq!(body.get("locale"), None);
    let cleared = peer
        .patch(
            &path,
            json!([
                {"op": "remove", "path": "emails[value ew \"home\" and primary eq true]"},
                {"op": "remove", "path": "emails[type eq \"work\"].primary"},
                {"op": "remove", "path": ENTERPRISE},
                {"op": "replace", "path": "phoneNumbers", "value": []},
                {"op": "replace", "value": {"title": null, "name": {"middleName": null}}},
            ]),
        )
        .await;
    assert_eq!(cleared.body["emails"], json!([{"value": "a@work", "type": "work"}]));
    assert_eq!(cleared.body["schemas"], json!([USER]));
    assert_eq!(cleared.body.get("phoneNumbers"), None);
    assert_eq!(cleared.body["name"].get("middleName"), None);
}

#[tokio::test]
async fn patch_refuses_with_the_word_of_the_rfc_and_changes_nothing() {
    let peer = Peer::plain().await;
    let path = format!("/Users/{}", peer.user("anna").await);
    let before = peer.get(&path).await.body;
    for (operation, scim_type) in [
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "replace", "path": "emails[type eq \"fax\"].value", "value": "1"}), "noTarget"),
        (json!({"op": "replace", "path": "nope", "value": "1"}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[0]", "value": "1"}), "invalidPath"),
        (json!({"op": "replace", "path": "/emails/0", "value": "1"}), "invalidPath"),
        (json!({"op": "replace", "path": "", "value": "1"}), "invalidPath"),
        (json!({"op": "replace", "path": "na me", "value": "1"}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type xx 1]", "value": "1"}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type eq", "value": "1"}), "invalidPath"),
        (json!({"op": "replace", "path": "id", "value": "1"}), "mutability"),
        (json!({"op": "replace", "value": {"id": "1"}}), "mutability"),
        (json!({"op": "replace", "path": "meta.created", "value": "1"}), "mutability"),
        (json!({"op": "add", "path": "groups", "value": [{"value": "1"}]}), "mutability"),
        (json!({"op": "remove", "path": "userName"}), "mutability"),
        (json!({"op": "replace", "path": "active", "value": "No"}), "invalidValue"),
        (json!({"op": "replace", "path": "userName", "value": ""}), "invalidValue"),
        (json!({"op": "replace", "path": "title"}), "invalidValue"),
        (json!({"op": "replace", "value": "x"}), "invalidValue"),
        (json!({"op": "move", "path": "title"}), "invalidSyntax"),
        (json!({"path": "title", "value": "x"}), "invalidSyntax"),
        (json!("x"), "invalidSyntax"),
    ] {
        let first = json!({"op": "replace", "path": "title", "value": "changed"});
        let refused = peer.patch(&path, json!([first, operation])).await;
        assert_eq!(refused.body["scimType"], scim_type, "{operation}: {}", refused.body);
        check(&refused, 400, Some(scim_type));
    }
    check(&peer.patch(&path, json!([])).await, 400, Some("invalidSyntax"));
    let schemaless = json!({"Operations": [{"op": "remove", "path": "title"}]});
    check(&peer.send(Method::PATCH, &path, &schemaless).await, 400, Some("invalidSyntax"));
    assert_eq!(peer.get(&path).await.body, before);
}

#[tokio::test]
async fn a_group_push_goes_as_okta_sends_it() {
    let peer = Peer::plain().await;
    let (anna, bert) = (peer.user("anna").await, peer.user("bert").await);
    let group = peer.group("Team", &[]).await;
    let path = format!("/Groups/{group}");
    assert_eq!(peer.get(&path).await.body["members"], json!([]));
    let rename = json!([{"op": "replace", "value": {"id": group, "displayName": "Crew"}}]);
    let add = json!([{"op": "add", "path": "members", "value": [
        {"value": anna, "display": "anna"}, {"value": bert, "display": null},
    ]}]);
    assert_eq!(peer.patch(&path, add.clone()).await.status, 200);
    assert_eq!(peer.patch(&path, add).await.body["members"].as_array().map(Vec::len), Some(2));
    assert_eq!(peer.patch(&path, rename).await.body["displayName"], "Crew");
    assert_eq!(peer.members(&group).await, [anna.as_str(), &bert]);
    let remove = json!([{"op": "remove", "path": format!("members[value eq \"{anna}\"]")}]);
    assert_eq!(peer.patch(&path, remove.clone()).await.status, 200);
    assert_eq!(peer.patch(&path, remove).await.status, 200);
    assert_eq!(peer.members(&group).await, [bert.as_str()]);
    let member = &peer.get(&path).await.body["members"][0];
    assert_eq!(member["display"], "Test User");
    assert_eq!(member["type"], "User");
    assert_eq!(member["$ref"], format!("{}/Users/{bert}", peer.server.base_url()));
    let full = json!([{"op": "replace", "path": "members", "value": [{"value": anna}]}]);
    peer.patch(&path, full).await;
    assert_eq!(peer.members(&group).await, [anna.as_str()]);
    let empty = json!([{"op": "replace", "path": "members", "value": []}]);
    assert_eq!(peer.patch(&path, empty).await.status, 200);
    assert_eq!(peer.members(&group).await, [""; 0]);
    assert_eq!(reply(peer.request(Method::DELETE, &path)).await.status, 204);
    check(&peer.get(&path).await, 404, None);
}

#[tokio::test]
async fn unknown_members_cost_only_themselves() {
    let peer = Peer::plain().await;
    let (anna, bert) = (peer.user("anna").await, peer.user("bert").await);
    let group = peer.group("Team", &[&anna]).await;
    let path = format!("/Groups/{group}");
    let push = |op: &str, ids: &[&str]| {
        let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
        json!([{"op": op, "path": "members", "value": members}])
    };
    assert_eq!(peer.patch(&path, push("add", &["gone", &bert])).await.status, 200);
    assert_eq!(peer.members(&group).await, [anna.as_str(), &bert]);
    for op in ["add", "replace"] {
        check(&peer.patch(&path, push(op, &["gone"])).await, 400, Some("invalidValue"));
        assert_eq!(peer.members(&group).await, [anna.as_str(), &bert]);
    }
    let put = json!({"schemas": [GROUP], "displayName": "Team", "members": [{"value": bert}, {"value": "gone"}]});
    assert_eq!(peer.put(&path, &put).await.status, 200);
    assert_eq!(peer.members(&group).await, [bert.as_str()]);
}

#[tokio::test]
async fn memberships_follow_users_and_groups() {
    let peer = Peer::plain().await;
    let anna = peer.user("anna").await;
    let inner = peer.group("Inner", &[&anna]).await;
    let outer = peer.group("Outer", &[&inner]).await;
    let user_path = format!("/Users/{anna}");
    let before = peer.get(&user_path).await;
    let groups = before.body["groups"].clone();
    assert_eq!((&groups[0]["value"], &groups[0]["type"]), (&json!(inner), &json!("direct")));
    assert_eq!((&groups[1]["value"], &groups[1]["type"]), (&json!(outer), &json!("indirect")));
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Renamed"}]);
    peer.patch(&format!("/Groups/{inner}"), rename).await;
    let after = peer.get(&user_path).await;
    assert_eq!(after.body["groups"][0]["display"], "Renamed");
    assert_ne!(after.headers["etag"], before.headers["etag"]);
    let found = peer.get(&format!("/Groups?filter=members%20eq%20%22{anna}%22")).await;
    assert_eq!(found.body["Resources"][0]["id"], inner);
    reply(peer.request(Method::DELETE, &user_path)).await;
    assert_eq!(peer.members(&inner).await, [""; 0]);
    check(&peer.get(&user_path).await, 404, None);
    let gone = reply(peer.request(Method::DELETE, &user_path)).await;
    check(&gone, 404, None);
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let options = Options { users: 20, ..Options::default() };
    let peer = Peer::start(options).await;
    peer.user("o'neil+x@example.com").await;
    assert_eq!(peer.found(r#"userName eq "O'Neil+X@example.com""#).await.len(), 1);
    assert_eq!(peer.found("active eq false").await.len(), 2);
    assert_eq!(peer.found(r#"userName sw "user000" and not (active eq true)"#).await.len(), 2);
    assert_eq!(peer.found(r#"emails[type eq "work" and value co "seed"]"#).await.len(), 20);
    assert_eq!(peer.found(r#"externalId eq "SEED-00001""#).await.len(), 0);
    let plus = peer.get("/Users?filter=userName+eq+%22o'neil%2Bx%40example.com%22&startIndex=1&count=100&").await;
    assert_eq!(plus.body["totalResults"], 1);
    check(&peer.get("/Users?filter=userName%20eq").await, 400, Some("invalidFilter"));
    check(&peer.get("/Users?filter=nope%20pr").await, 400, Some("invalidFilter"));
    check(&peer.get("/Users?filter=password%20pr").await, 400, Some("invalidFilter"));
    let none = peer.get("/Users?filter=userName%20eq%20%22none%22").await;
    assert_eq!(none.status, 200);
    assert_eq!(none.body["totalResults"], 0);
    assert_eq!(none.body["Resources"], json!([]));
}

#[tokio::test]
async fn pages_cover_the_list_once() {
    let options = Options { users: 25, groups: 3, ..Options::default() };
    let peer = Peer::start(options).await;
    let mut seen = Vec::new();
    for start in (1..=25).step_by(4) {
        let page = peer.get(&format!("/Users?startIndex={start}&count=4")).await.body;
        assert_eq!(page["totalResults"], 25);
        assert_eq!(page["startIndex"], start);
        let resources = page["Resources"].as_array().expect("a list");
        assert_eq!(page["itemsPerPage"], resources.len());
        seen.extend(resources.iter().map(|user| text(user, "/id")));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
    for (query, start, items) in [
        ("startIndex=101&count=100", 101, 0),
        ("count=0", 1, 0),
        ("count=-5", 1, 0),
        ("startIndex=-5&count=2", 1, 2),
        ("startIndex=25", 25, 1),
        ("startIndex=99999999999999999999&count=99999999999999999999", usize::MAX, 0),
    ] {
        let page = peer.get(&format!("/Users?{query}")).await.body;
        assert_eq!(page["totalResults"], 25, "{query}");
        assert_eq!(page["startIndex"], start, "{query}");
        assert_eq!(page["itemsPerPage"], items, "{query}");
    }
    check(&peer.get("/Users?count=abc").await, 400, Some("invalidValue"));
    assert_eq!(peer.get("/Groups?count=2").await.body["itemsPerPage"], 2);
}

#[tokio::test]
async fn lists_are_sorted_as_their_attributes_compare() {
    let peer = Peer::plain().await;
    for (name, title) in [("b", Some("x")), ("A", None), ("c", Some("Y"))] {
        let mut body = user(name);
        body["title"] = json!(title);
        assert_eq!(peer.post("/Users", &body).await.status, 201);
    }
    for (query, expected) in [
        ("sortBy=userName", ["A", "b", "c"]),
        ("sortBy=userName&sortOrder=descending", ["c", "b", "A"]),
        ("sortBy=title", ["b", "c", "A"]),
        ("sortBy=title&sortOrder=descending", ["A", "c", "b"]),
        ("sortBy=emails", ["A", "b", "c"]),
        ("sortBy=meta.created", ["b", "A", "c"]),
    ] {
        let list = peer.get(&format!("/Users?{query}")).await.body;
        let names: Vec<String> =
            list["Resources"].as_array().expect("a list").iter().map(|user| text(user, "/userName")).collect();
        assert_eq!(names, expected, "{query}");
    }
    check(&peer.get("/Users?sortBy=nope").await, 400, Some("invalidPath"));
    check(&peer.get("/Users?sortBy=title&sortOrder=sideways").await, 400, Some("invalidValue"));
}

#[tokio::test]
async fn answers_show_the_attributes_asked_for() {
    let peer = Peer::plain().await;
    let id = peer.user("anna").await;
    let some =
        peer.get(&format!("/Users/{id}?attributes=USERNAME,emails.value,{ENTERPRISE}:manager,password")).await.body;
    assert_eq!(some, json!({"schemas": [USER], "id": id, "userName": "anna", "emails": [{"value": "anna"}]}));
    let rest = peer.get("/Users?excludedAttributes=id,meta,name.givenName,emails").await.body;
    let rest = &rest["Resources"][0];
    assert_eq!(rest["id"], id);
    assert_eq!(rest["name"], json!({"familyName": "User"}));
    assert_eq!((rest.get("meta"), rest.get("emails")), (None, None));
    let group = peer.group("G", &[&id]).await;
    let bare = peer.get(&format!("/Groups/{group}?excludedAttributes=members")).await.body;
    assert_eq!(bare.get("members"), None);
    let both = peer.get("/Users?attributes=id&excludedAttributes=id").await;
    check(&both, 400, Some("invalidValue"));
}

#[tokio::test]
async fn entity_tags_guard_reads_and_writes() {
    let peer = Peer::plain().await;
    let path = format!("/Users/{}", peer.user("anna").await);
    let read = peer.get(&path).await;
    let tag = read.headers["etag"].clone();
    let again = peer.request(Method::GET, &path).header("If-None-Match", &tag);
    assert_eq!(reply(again).await.status, 304);
    let body = json!({"schemas": [USER], "userName": "anna", "title": "new"}).to_string();
    let write = |tag: &reqwest::header::HeaderValue| {
        let request = peer.request(Method::PUT, &path).header("If-Match", tag);
        reply(request.body(body.clone()))
    };
    assert_eq!(write(&tag).await.status, 200);
    check(&write(&tag).await, 412, None);
    let delete = peer.request(Method::DELETE, &path).header("If-Match", &tag);
    check(&reply(delete).await, 412, None);
    let any = peer.request(Method::DELETE, &path).header("If-Match", "*");
    assert_eq!(reply(any).await.status, 204);
}

#[tokio::test]
async fn the_server_describes_itself() {
    let peer = Peer::plain().await;
    let config = peer.get("/ServiceProviderConfig").await.body;
    assert_eq!(config["patch"]["supported"], true);
    let types = peer.get("/ResourceTypes?count=1").await.body;
    assert_eq!(types["totalResults"], 4);
    assert_eq!(types["Resources"][0]["schemaExtensions"][1], json!({"schema": CUSTOM, "required": false}));
    for resource_type in types["Resources"].as_array().expect("a list") {
        let id = text(resource_type, "/id");
        assert_eq!(&peer.get(&format!("/ResourceTypes/{id}")).await.body, resource_type);
        let schema = peer.get(&format!("/Schemas/{}", text(resource_type, "/schema"))).await.body;
        assert_eq!(schema["id"], resource_type["schema"]);
    }
    let schemas = peer.get("/Schemas").await.body;
    assert_eq!(schemas["totalResults"], 6);
    check(&peer.get("/Schemas?filter=id%20pr").await, 403, None);
}

#[tokio::test]
async fn what_users_can_be_granted_is_listed_and_not_changed() {
    let peer = Peer::plain().await;
    let page = peer.get("/Roles?startIndex=4&count=3").await.body;
    assert_eq!((&page["totalResults"], &page["itemsPerPage"], &page["startIndex"]), (&json!(5), &json!(2), &json!(4)));
    let role = &page["Resources"][0];
    assert_eq!(role["schemas"], json!(["urn:okta:scim:schemas:core:1.0:Role"]));
    assert_eq!((&role["id"], &role["displayName"]), (&json!("role-editor"), &json!("Editor")));
    assert_eq!(&peer.get("/Roles/role-editor").await.body, role);
    let found = peer.get("/Entitlements?filter=displayName%20eq%20%22maps%22").await.body;
    assert_eq!((&found["totalResults"], &found["Resources"][0]["type"]), (&json!(1), &json!("Entitlement")));
    check(&peer.get("/Roles/none").await, 404, None);
    let made =
        peer.post("/Roles", &json!({"schemas": ["urn:okta:scim:schemas:core:1.0:Role"], "displayName": "x"})).await;
    check(&made, 405, None);
    assert_eq!(made.headers["allow"], "GET, HEAD");
    check(&peer.put("/Entitlements/module-maps", &json!({})).await, 405, None);
}

#[tokio::test]
async fn users_hold_what_they_are_granted_and_attributes_of_the_server_s_own() {
    let peer = Peer::plain().await;
    let mut body = user("anna");
    body["roles"] = json!([{"value": "role-editor", "display": "Editor"}]);
    body["entitlements"] = json!([{"value": "module-maps", "display": "Maps", "type": "Entitlement"}]);
    body[CUSTOM] = json!({"favouriteDrink": "tea", "onCall": true, "badgePrintedAt": "2026-01-01T00:00:00Z"});
    let made = peer.post("/Users", &body).await.body;
    assert_eq!(made["schemas"], json!([USER, CUSTOM]));
    assert_eq!((&made["roles"], &made["entitlements"]), (&body["roles"], &body["entitlements"]));
    assert_eq!(made[CUSTOM], json!({"favouriteDrink": "tea", "onCall": true}));
    let path = format!("/Users/{}", text(&made, "/id"));
    let changed = json!([{"op": "replace", "value": {"roles": [], CUSTOM: {"favouriteDrink": "coffee"}}}]);
    let changed = peer.patch(&path, changed).await.body;
    assert_eq!(changed.get("roles"), None);
    assert_eq!(changed[CUSTOM], json!({"favouriteDrink": "coffee", "onCall": true}));
    let listed = peer.get("/Users").await.body;
    assert_eq!(listed["Resources"][0], changed);
}

#[tokio::test]
async fn a_product_shows_nothing_of_what_it_does_not_offer() {
    let product = Product { entitlements: Offer::No, extension: Offer::No, ..Product::default() };
    let peer = Peer::start(Options { product, ..Options::default() }).await;
    for path in ["/Roles", "/Entitlements/module-maps", "/ResourceTypes/Role", &format!("/Schemas/{CUSTOM}")] {
        check(&peer.get(path).await, 404, None);
    }
    for path in ["/ResourceTypes", "/ResourceTypes/User", "/Schemas"] {
        let shown = peer.get(path).await.body.to_string();
        assert!(!shown.contains("urn:okta:") && !shown.contains(CUSTOM), "{shown}");
    }
    let mut body = user("anna");
    body[CUSTOM] = json!({"favouriteDrink": "tea"});
    assert_eq!(peer.post("/Users", &body).await.body.get(CUSTOM), None);
}

#[tokio::test]
async fn long_answers_are_compressed_on_request() {
    let options = Options { users: 50, ..Options::default() };
    let server = serve(options).await.expect("a free port");
    let uncompressed = client(Client::builder().no_gzip());
    let get = |path: &str| {
        let url = format!("{}{path}", server.base_url());
        uncompressed.get(url).bearer_auth(server.token()).header("Accept-Encoding", "gzip,deflate")
    };
    let long = get("/Users").send().await.expect("an answer");
    assert_eq!(long.headers()["content-encoding"], "gzip");
    let bytes = long.bytes().await.expect("a whole body");
    let plain: Value = serde_json::from_reader(flate2::read::GzDecoder::new(&bytes[..])).expect("JSON");
    assert_eq!(plain["totalResults"], 50);
    let short = get("/Users?count=0").send().await.expect("an answer");
    assert!(!short.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_server() {
    let options = Options { users: 5, groups: 2, seed: 7, token: Some("t".to_owned()), ..Options::default() };
    let (one, two) = (Peer::start(options.clone()).await, Peer::start(options).await);
    assert_eq!(one.user("anna").await, two.user("anna").await);
    let strip = |peer: &Peer, body: Value| body.to_string().replace(peer.server.base_url(), "");
    let (a, b) = (one.get("/Groups").await.body, two.get("/Groups").await.body);
    assert_eq!(strip(&one, a), strip(&two, b));
    let other = Peer::start(Options { seed: 8, ..Options::default() }).await;
    assert_ne!(one.server.token(), other.server.token());
}

#[tokio::test]
async fn strangers_shift_the_pages_and_leave_the_client_alone() {
    let options = Options { users: 10, strangers: true, ..Options::default() };
    let peer = Peer::start(options).await;
    let mut first = std::collections::HashSet::new();
    for number in 0..10 {
        peer.user(&format!("mine{number}")).await;
        first.insert(text(&peer.get("/Users?count=1").await.body, "/Resources/0/id"));
    }
    assert!(first.len() > 1);
    assert_eq!(peer.found(r#"userName sw "mine""#).await.len(), 10);
    assert_eq!(peer.found(r#"userName sw "user""#).await.len(), 10);
    assert_eq!(peer.server.user_count(), 23);
}

#[tokio::test]
async fn the_log_tells_what_was_asked() {
    let peer = Peer::plain().await;
    peer.get("/Users?count=1").await;
    let entry = ("GET".to_owned(), "/scim/v2/Users?count=1".to_owned());
    assert_eq!(peer.server.request_log(), [entry]);
    let url = format!("{}/Users", peer.server.base_url());
    peer.server.shutdown().await;
    assert!(peer.client.get(url).send().await.is_err());
}

#[tokio::test]
async fn a_server_starts_with_each_quirk() {
    for quirk in Quirk::ALL {
        assert_eq!(quirk.id().parse(), Ok(*quirk));
        let options = Options { quirks: vec![*quirk], ..Options::default() };
        let server = serve(options).await.expect("a free port");
        assert!(server.base_url().ends_with("/scim/v2"));
    }
    assert_eq!("no-such-quirk".parse::<Quirk>(), Err("no-such-quirk".to_owned()));
}

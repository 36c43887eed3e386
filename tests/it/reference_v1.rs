//! The face of SCIM 1.1 that the reference server has beside SCIM 2.0, over its socket.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use scim_check::reference::{Options, Server, serve};
use serde_json::{Value, json};

const CORE: &str = "urn:scim:schemas:core:1.0";
const ENTERPRISE: &str = "urn:scim:schemas:extension:enterprise:1.0";

/// A server and a client that speaks SCIM 1.1 with it.
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
    async fn start() -> Peer {
        let server = serve(Options::default()).await.expect("a free port on 127.0.0.1");
        // reqwest wants a TLS provider even for plain HTTP; the tests of one process install the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Peer { server, client: Client::builder().no_proxy().build().expect("a client") }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Reply {
        let base = if path.starts_with("/v2") { self.server.base_url() } else { self.server.v1_base_url() };
        let url = format!("{base}{}", path.trim_start_matches("/v2"));
        let mut request = self.client.request(method, url).bearer_auth(self.server.token());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json; charset=utf-8").body(body.to_string());
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a text");
        Reply { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, &[], None).await
    }

    async fn search(&self, filter: &str) -> Reply {
        let filter = percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
        self.get(&format!("/Users?filter={filter}")).await
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Reply {
        self.ask(method, path, &[], Some(body)).await
    }

    async fn user(&self, name: &str) -> Value {
        let made = self.send(Method::POST, "/Users", user(name)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.body
    }

    async fn patch(&self, user: &Value, mut change: Value) -> Reply {
        change["schemas"] = json!([CORE]);
        self.send(Method::PATCH, &format!("/Users/{}", id(user)), change).await
    }
}

fn user(name: &str) -> Value {
    json!({
        "schemas": [CORE, ENTERPRISE],
        "userName": name,
        "name": {"givenName": "Jane", "familyName": "Doe"},
        "emails": [{"primary": true, "value": format!("{name}@example.com"), "type": "work"}],
        "title": "Engineer",
        "nickName": "Jay",
        "groups": [],
        "active": true,
        ENTERPRISE: {"department": "Tours", "manager": {"managerId": "26118915"}},
    })
}

fn id(resource: &Value) -> &str {
    resource["id"].as_str().expect("an id")
}

#[tokio::test]
async fn a_resource_has_the_names_of_1_1_and_is_the_same_in_both_protocols() {
    let peer = Peer::start().await;
    let made = peer.send(Method::POST, "/Users", user("jane")).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.headers["content-type"], "application/json");
    assert_eq!(made.body["schemas"], json!([CORE, ENTERPRISE]));
    assert_eq!(made.body[ENTERPRISE]["manager"], json!({"managerId": "26118915"}));
    assert!(made.body["meta"].get("resourceType").is_none(), "{}", made.body);
    let place = format!("{}/Users/{}", peer.server.v1_base_url(), id(&made.body));
    assert_eq!(made.headers["location"], *place);
    assert_eq!(made.body["meta"]["location"], *place);
    let old = peer.get(&format!("/Users/{}", id(&made.body))).await;
    assert_eq!((old.status, &old.body), (200, &made.body));
    let new = peer.get(&format!("/v2/Users/{}", id(&made.body))).await;
    assert_eq!(new.body["schemas"][0], "urn:ietf:params:scim:schemas:core:2.0:User");
    assert_eq!(new.body["userName"], "jane");
    let nowhere = |text: &str| !made.body.to_string().contains(text);
    assert!(nowhere("urn:ietf") && nowhere("/scim/v2"), "{}", made.body);
}

#[tokio::test]
async fn errors_have_the_form_of_1_1_and_a_conflict_is_409() {
    let peer = Peer::start().await;
    peer.user("jane").await;
    for (reply, status) in [
        (peer.send(Method::POST, "/Users", user("JANE")).await, 409),
        (peer.get("/Users/nobody").await, 404),
        (peer.get("/Roles").await, 404),
        (peer.get("/ServiceProviderConfig").await, 404),
        (
            peer.send(
                Method::POST,
                "/Users",
                json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "x"}),
            )
            .await,
            400,
        ),
    ] {
        assert_eq!(reply.status, status, "{}", reply.body);
        assert_eq!(reply.body["Errors"][0]["code"], status.to_string());
        assert!(reply.body["Errors"][0]["description"].as_str().is_some_and(|text| !text.is_empty()), "{}", reply.body);
        assert_eq!(reply.headers["content-type"], "application/json");
    }
    let url = format!("{}/Users", peer.server.v1_base_url());
    let stranger = peer.client.get(url).send().await.expect("an answer");
    assert_eq!(stranger.status(), 401);
    let body: Value = serde_json::from_str(&stranger.text().await.expect("a text")).expect("JSON");
    assert_eq!(body["Errors"][0]["code"], "401");
}

#[tokio::test]
async fn filters_are_those_of_1_1() {
    let peer = Peer::start().await;
    peer.user("jane").await;
    peer.user("john").await;
    for (filter, found) in [
        ("userName eq \"JANE\"", 1),
        ("USERNAME Eq \"jane\"", 1),
        ("urn:scim:schemas:core:1.0:name.familyName eq \"doe\"", 2),
        ("urn:scim:schemas:extension:enterprise:1.0:department eq \"Tours\"", 2),
        ("urn:scim:schemas:extension:enterprise:1.0.manager.managerId eq \"26118915\"", 2),
        ("userName eq \"a (not) [ne] one\"", 0),
        ("(userName sw \"ja\" or userName sw \"jo\") and title pr", 2),
        ("emails eq \"john@example.com\"", 1),
    ] {
        let list = peer.search(filter).await;
        assert_eq!((list.status, &list.body["totalResults"]), (200, &json!(found)), "{filter}: {}", list.body);
        assert_eq!(list.body["schemas"], json!([CORE]));
        assert_eq!(list.body["itemsPerPage"], found);
    }
    for filter in [
        "userName ne \"jane\"",
        "userName ew \"ne\"",
        "not (userName pr)",
        "emails[type eq \"work\"]",
        "JANE",
        "userName regex \"x\"",
        "userName eq \"open",
    ] {
        let refused = peer.search(filter).await;
        assert_eq!(refused.status, 400, "{filter}: {}", refused.body);
        assert_eq!(refused.body["Errors"][0]["code"], "400");
    }
}

#[tokio::test]
async fn a_list_is_paged_and_shows_what_is_asked_for() {
    let peer = Peer::start().await;
    for name in ["ann", "bob", "cid"] {
        peer.user(name).await;
    }
    let page = peer.get("/Users?startIndex=2&count=1&attributes=urn:scim:schemas:core:1.0:userName&xUnknown=1").await;
    assert_eq!(page.body["totalResults"], 3);
    assert_eq!(page.body["itemsPerPage"], 1);
    assert_eq!(page.body["startIndex"], 2);
    let shown: Vec<&String> = page.body["Resources"][0].as_object().expect("a user").keys().collect();
    assert!(shown.contains(&&"userName".to_owned()) && !shown.contains(&&"title".to_owned()), "{shown:?}");
    // What only 2.0 has is an unknown parameter, which is ignored.
    let whole = peer.get("/Users?excludedAttributes=title").await;
    assert_eq!(whole.body["Resources"][0]["title"], "Engineer");
}

#[tokio::test]
async fn a_patch_is_a_partial_resource() {
    let peer = Peer::start().await;
    let jane = peer.user("jane").await;
    // What is single is replaced, what is complex is merged, and Okta's `id` is nobody's to change.
    let changed = peer
        .patch(
            &jane,
            json!({"id": "other", "active": false, "name": {"givenName": "Ann"}, ENTERPRISE: {"department": "Sales"}}),
        )
        .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["id"], jane["id"]);
    assert_eq!(changed.body["active"], false);
    assert_eq!(changed.body["name"], json!({"givenName": "Ann", "familyName": "Doe"}));
    assert_eq!(changed.body[ENTERPRISE]["department"], "Sales");
    assert_eq!(changed.body[ENTERPRISE]["manager"]["managerId"], "26118915");
    // What `meta.attributes` names goes first, and then comes what is given.
    let names = ["nickName", "title", "name.givenName", "urn:scim:schemas:extension:enterprise:1.0:department"];
    let cleared = peer.patch(&jane, json!({"meta": {"attributes": names}, "title": "Chief"})).await;
    assert_eq!(cleared.status, 200, "{}", cleared.body);
    assert_eq!(cleared.body["title"], "Chief");
    assert!(cleared.body.get("nickName").is_none(), "{}", cleared.body);
    assert_eq!(cleared.body["name"], json!({"familyName": "Doe"}));
    assert!(cleared.body[ENTERPRISE].get("department").is_none(), "{}", cleared.body);
    // Values are merged by `value`, added, and deleted.
    let home = json!({"value": "jane@home.example", "type": "home", "primary": true});
    let added = peer.patch(&jane, json!({"emails": [home, {"value": "jane@example.com", "type": "other"}]})).await;
    let emails = added.body["emails"].as_array().expect("a list");
    assert_eq!(emails.len(), 2, "{}", added.body);
    assert_eq!(emails.iter().filter(|one| one["primary"] == true).count(), 1);
    assert!(emails.iter().any(|one| one["value"] == "jane@example.com" && one["type"] == "other"), "{}", added.body);
    let fewer = peer.patch(&jane, json!({"emails": [{"value": "jane@example.com", "operation": "delete"}]})).await;
    assert_eq!(fewer.body["emails"], json!([home]));
    let replaced =
        peer.patch(&jane, json!({"meta": {"attributes": ["emails"]}, "emails": [{"value": "x@example.com"}]})).await;
    assert_eq!(replaced.body["emails"], json!([{"value": "x@example.com"}]));
    // Nothing is no mistake, and what is required cannot go.
    assert_eq!(peer.patch(&jane, json!({})).await.status, 200);
    assert_eq!(peer.patch(&jane, json!({"meta": {"attributes": ["userName"]}})).await.status, 400);
    assert_eq!(peer.patch(&jane, json!({"meta": {"attributes": [1]}})).await.status, 400);
}

#[tokio::test]
async fn members_are_added_deleted_and_replaced() {
    let peer = Peer::start().await;
    let (ann, bob) = (peer.user("ann").await, peer.user("bob").await);
    let made = peer.send(Method::POST, "/Groups", json!({"schemas": [CORE, "urn:okta:custom:group:1.0"], "displayName": "Crew", "urn:okta:custom:group:1.0": {"description": "us"}})).await;
    assert_eq!((made.status, &made.body["schemas"]), (201, &json!([CORE])));
    let path = format!("/Groups/{}", id(&made.body));
    let patch = |change: Value| peer.send(Method::PATCH, &path, change);
    let ids =
        |reply: &Reply| -> Vec<String> { reply.body["members"].as_array().into_iter().flatten().map(id_of).collect() };
    let both = patch(json!({"schemas": [CORE], "members": [{"value": id(&ann), "display": "ann"}, {"value": id(&bob), "operation": "add"}]})).await;
    assert_eq!(ids(&both), [id(&ann), id(&bob)]);
    assert!(both.body["members"][0].get("$ref").is_none(), "{}", both.body);
    let one = patch(json!({"schemas": [CORE], "members": [{"value": id(&ann), "operation": "delete"}]})).await;
    assert_eq!(ids(&one), [id(&bob)]);
    let swapped =
        patch(json!({"schemas": [CORE], "members": [{"value": id(&bob), "operation": "delete"}, {"value": id(&ann)}]}))
            .await;
    assert_eq!(ids(&swapped), [id(&ann)]);
    let replaced =
        patch(json!({"schemas": [CORE], "meta": {"attributes": ["members"]}, "members": [{"value": id(&bob)}]})).await;
    assert_eq!(ids(&replaced), [id(&bob)]);
    assert!(ids(&patch(json!({"schemas": [CORE], "meta": {"attributes": ["members"]}})).await).is_empty());
    let renamed = patch(json!({"schemas": [CORE], "id": id(&made.body), "displayName": "Staff"})).await;
    assert_eq!(renamed.body["displayName"], "Staff");
}

fn id_of(member: &Value) -> String {
    member["value"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_put_replaces_and_a_deletion_is_200() {
    let peer = Peer::start().await;
    let jane = peer.user("jane").await;
    let path = format!("/Users/{}", id(&jane));
    let put = peer
        .send(Method::PUT, &path, json!({"schemas": [CORE], "userName": "jane", "name": {"familyName": "Roe"}}))
        .await;
    assert_eq!(put.status, 200, "{}", put.body);
    assert_eq!(put.body["name"], json!({"familyName": "Roe"}));
    assert!(put.body.get("title").is_none(), "{}", put.body);
    assert_eq!(peer.ask(Method::DELETE, &path, &[], None).await.status, 200);
    assert_eq!(peer.get(&path).await.status, 404);
    assert_eq!(peer.send(Method::POST, "/Users", user("jane")).await.status, 201);
}

#[tokio::test]
async fn a_post_stands_for_what_its_header_says() {
    let peer = Peer::start().await;
    let jane = peer.user("jane").await;
    let path = format!("/Users/{}", id(&jane));
    let post = |word: &'static str, body: Option<Value>| {
        let path = path.clone();
        let peer = &peer;
        async move { peer.ask(Method::POST, &path, &[("X-HTTP-Method-Override", word)], body).await }
    };
    let patched = post("PATCH", Some(json!({"schemas": [CORE], "title": "Chief"}))).await;
    assert_eq!((patched.status, &patched.body["title"]), (200, &json!("Chief")));
    let put = post("put", Some(json!({"schemas": [CORE], "userName": "jane"}))).await;
    assert!(put.status == 200 && put.body.get("title").is_none(), "{}", put.body);
    assert_eq!(post("GET", None).await.status, 400);
    assert_eq!(post("DELETE", None).await.status, 200);
    assert_eq!(peer.get(&path).await.status, 404);
    // 2.0 knows no such header.
    let jane = peer.user("jane").await;
    let kept = format!("/v2/Users/{}", id(&jane));
    peer.ask(Method::POST, &kept, &[("X-HTTP-Method-Override", "DELETE")], Some(json!({}))).await;
    assert_eq!(peer.get(&kept).await.status, 200);
}

#[tokio::test]
async fn the_server_describes_itself_as_1_1_and_okta_ask() {
    let peer = Peer::start().await;
    let config = peer.get("/ServiceProviderConfigs").await;
    assert_eq!(config.status, 200);
    for part in ["patch", "bulk", "filter", "changePassword", "sort", "etag", "xmlDataFormat"] {
        assert!(config.body[part]["supported"].is_boolean(), "{part}: {}", config.body);
    }
    let okta = "urn:okta:schemas:scim:providerconfig:1.0";
    assert_eq!(config.body["schemas"], json!([CORE, okta]));
    assert_eq!(config.body["meta"]["location"], format!("{}/ServiceProviderConfigs", peer.server.v1_base_url()));
    let can = config.body[okta]["userManagementCapabilities"].as_array().expect("a list");
    assert!(can.contains(&json!("PUSH_PASSWORD_UPDATES")), "{can:?}");
    let schemas = peer.get("/Schemas").await;
    assert_eq!(schemas.body["totalResults"], 2);
    let attributes = schemas.body["Resources"][0]["attributes"].as_array().expect("a list").clone();
    let named = |name: &str| attributes.iter().find(|one| one["name"] == name).cloned().unwrap_or_default();
    assert_eq!(named("emails")["multiValuedAttributeChildName"], "email");
    assert_eq!(named("groups")["readOnly"], true);
    assert_eq!(named("manager")["schema"], ENTERPRISE);
    assert_eq!(named("manager")["subAttributes"][0]["name"], "managerId");
    let one = peer.get("/Schemas/Users").await;
    assert_eq!((one.status, &one.body["schema"]), (200, &json!(CORE)));
    for path in ["/ServiceProviderConfigs", "/Schemas"] {
        let written = peer.send(Method::POST, path, json!("test")).await;
        assert_eq!((written.status, &written.body["Errors"][0]["code"]), (405, &json!("405")));
    }
}

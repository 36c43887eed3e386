//! Faults that are made, in one attribute by one verb: a few of those that `cargo bench --bench matrix` tries.

use scim_check::reference::{Harm, Options, Seeded, Verb, serve};
use serde_json::{Value, json};

use crate::seeded::{Fate, Ground};

fn fault(resource: &str, attribute: &str, verb: Verb, harm: Harm) -> Seeded {
    Seeded::new(resource, attribute, verb, harm).expect("there is such a fault")
}

/// Two users are created, the second is written by PATCH, and both are read by id and in the list; with who was struck.
async fn after(harm: Harm, only_counts: bool) -> (Value, Value, Value, Vec<bool>) {
    let seeded = vec![fault("User", "emails.type", Verb::Patch, harm)];
    let options = Options { seeded, only_counts, ..Options::default() };
    let server = serve(options).await.expect("a free port");
    // reqwest wants a TLS provider even for plain HTTP; the tests of one process install the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = |path: &str| format!("{}{path}", server.base_url());
    let send = async |method: &str, path: &str, body: Value| -> Value {
        let method = method.parse().expect("a method");
        let request = client.request(method, url(path)).bearer_auth(server.token());
        let request = request.header("Content-Type", "application/scim+json").body(body.to_string());
        let answer = request.send().await.expect("an answer").text().await.expect("a text");
        serde_json::from_str(&answer).expect("JSON")
    };
    let user = |name: &str, kind: &str| {
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
               "emails": [{"value": format!("{name}@example.com"), "type": kind}]})
    };
    let first = send("POST", "/Users", user("first", "home")).await;
    let second = send("POST", "/Users", user("second", "work")).await;
    let of = |user: &Value| format!("/Users/{}", user["id"].as_str().expect("an id"));
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                       "Operations": [{"op": "replace", "path": "emails[value sw \"second\"].type", "value": "other"}]});
    let answer = send("PATCH", &of(&second), patch).await;
    assert_eq!(answer["emails"][0]["type"], "other", "the answer is right");
    let first = send("GET", &of(&first), Value::Null).await;
    let shown = send("GET", &of(&second), Value::Null).await;
    let list = send("GET", "/Users", Value::Null).await;
    let strikes = server.strikes().into_iter().map(|strike| strike.struck == shown["id"]).collect();
    server.shutdown().await;
    let kind = |user: &Value| user["emails"][0]["type"].clone();
    (kind(&first), kind(&shown), kind(&list["Resources"][1]), strikes)
}

#[tokio::test]
async fn each_harm_does_what_it_says_and_is_counted() {
    let second = || json!("second");
    assert_eq!(after(Harm::Lost, false).await, (json!("home"), Value::Null, Value::Null, vec![true]));
    assert_eq!(after(Harm::Overwritten, false).await, (json!("home"), second(), second(), vec![true]));
    assert_eq!(after(Harm::Smeared, false).await, (json!("other"), json!("other"), json!("other"), vec![false]));
    assert_eq!(after(Harm::Stale, false).await, (json!("home"), json!("other"), json!("work"), vec![true]));
    // What is only counted does nothing.
    for harm in Harm::ALL {
        let (first, by_id, listed, strikes) = after(harm, true).await;
        assert_eq!((first, by_id, listed), (json!("home"), json!("other"), json!("other")));
        assert_eq!(strikes, vec![harm != Harm::Smeared]);
    }
}

#[test]
fn there_is_a_fault_for_each_attribute_that_can_be_written_and_read() {
    let all = Seeded::all();
    let has = |resource: &str, attribute: &str| {
        all.iter().any(|fault| fault.resource() == resource && fault.attribute() == attribute)
    };
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    for attribute in ["userName", "name.givenName", "active", "emails.type", "externalId", "addresses.country"] {
        assert!(has("User", attribute), "{attribute}");
    }
    assert!(has("User", &format!("{enterprise}:department")) && has("User", &format!("{enterprise}:manager.value")));
    assert!(has("Group", "members") && has("Group", "displayName") && has("Group", "externalId"));
    for attribute in ["password", "id", "meta.created", "groups.value", "emails", "emails.$ref", "nobody"] {
        assert!(!has("User", attribute), "{attribute}");
        assert!(Seeded::new("User", attribute, Verb::Put, Harm::Lost).is_none(), "{attribute}");
    }
    assert!(Seeded::new("User", "title", Verb::Delete, Harm::Lost).is_none(), "nothing is left to lose it");
    assert!(Seeded::new("Role", "displayName", Verb::Put, Harm::Lost).is_none(), "nobody writes roles");
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Who writes what few others do, by each verb.
const PROFILES: &[&str] = &["okta/profile/"];
const UPDATES: &[&str] = &["okta/users/update/"];
const GRANTS: &[&str] = &["okta/entitlements/change"];
const GROUPS: &[&str] = &["okta/groups/push"];

/// Each is found by these few cases, and what has done it is blamed, and nothing else is.
async fn are_found(harm: Harm, faults: &[(&str, &str, Verb, &[&str])]) {
    let ground = Ground::new();
    for (resource, attribute, verb, select) in faults {
        let attribute = attribute.replace("enterprise:", &format!("{ENTERPRISE}:"));
        let fate = ground.fate(&fault(resource, &attribute, *verb, harm), select).await;
        assert_eq!(fate, Fate::Found, "{resource} {attribute} {} {}", verb.as_str(), harm.as_str());
    }
}

#[tokio::test]
async fn what_is_lost_is_found_and_the_write_that_lost_it_is_blamed() {
    are_found(
        Harm::Lost,
        &[
            ("User", "title", Verb::Post, PROFILES),
            ("User", "name.middleName", Verb::Put, PROFILES),
            ("User", "timezone", Verb::Patch, PROFILES),
            ("User", "addresses.postalCode", Verb::Patch, PROFILES),
            ("User", "phoneNumbers.type", Verb::Put, PROFILES),
            ("User", "emails.primary", Verb::Patch, UPDATES),
            ("User", "enterprise:department", Verb::Put, PROFILES),
            ("User", "roles.value", Verb::Patch, GRANTS),
            ("Group", "members", Verb::Put, GROUPS),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_overwritten_is_found_and_the_write_that_did_it_is_blamed() {
    are_found(
        Harm::Overwritten,
        &[
            ("User", "nickName", Verb::Post, PROFILES),
            ("User", "locale", Verb::Put, UPDATES),
            ("User", "userType", Verb::Patch, PROFILES),
            ("User", "addresses.region", Verb::Put, PROFILES),
            ("User", "emails.type", Verb::Patch, UPDATES),
            ("User", "profileUrl", Verb::Put, PROFILES),
            ("User", "enterprise:costCenter", Verb::Patch, PROFILES),
            ("User", "entitlements.type", Verb::Put, GRANTS),
            ("Group", "displayName", Verb::Patch, GROUPS),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_lists_show_as_it_was_before_is_found_and_the_write_is_named() {
    are_found(
        Harm::Stale,
        &[
            ("User", "title", Verb::Post, PROFILES),
            ("User", "name.honorificPrefix", Verb::Put, PROFILES),
            ("User", "locale", Verb::Patch, PROFILES),
            ("User", "addresses.country", Verb::Patch, PROFILES),
            ("User", "emails.value", Verb::Put, UPDATES),
            ("User", "enterprise:employeeNumber", Verb::Put, PROFILES),
            ("User", "entitlements.value", Verb::Patch, GRANTS),
        ],
    )
    .await;
}

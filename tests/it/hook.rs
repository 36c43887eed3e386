//! Import inline hooks: what is sent, what an answer says, and what its commands do to a user.

use proptest::prelude::*;
use scim_check::okta::hook::answer::{Command, Verdict, read};
use scim_check::okta::hook::apply::{User, apply, changes};
use scim_check::okta::hook::event::{Action, Event, LoginFormat, app_profile, user_profile};
use serde_json::{Value, json};

/// An account as a SCIM server lists it.
fn account() -> Value {
    json!({
        "id": "7", "userName": "bo", "externalId": "x-7", "active": true,
        "name": { "givenName": "Bo", "familyName": "Ek", "middleName": "" },
        "emails": [
            { "value": "bo@home.example", "type": "home" },
            { "value": "bo@example.com", "type": "work", "primary": true },
        ],
        "title": null,
        "phoneNumbers": [{ "value": "1", "type": "work" }, { "value": "2", "type": "mobile" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "Tours", "employeeNumber": 7, "manager": { "value": "1" },
        },
    })
}

fn event(format: &LoginFormat) -> Event {
    let app = app_profile(&account());
    Event {
        id: "0123456789012345678901".to_owned(),
        time: "2026-12-01T09:00:00.000Z".to_owned(),
        job: "ij1".to_owned(),
        action: Action::Create,
        user: None,
        conflicts: vec!["login".to_owned()],
        matches: Vec::new(),
        policy: vec!["USERNAME".to_owned()],
        user_profile: user_profile(&app, format),
        app_profile: app,
    }
}

#[test]
fn an_account_is_sent_under_the_names_of_both_profiles() {
    let body = event(&LoginFormat::Email).body();
    let app = &body["data"]["appUser"]["profile"];
    for (name, value) in [
        ("userName", json!("bo")),
        ("externalId", json!("x-7")),
        ("givenName", json!("Bo")),
        ("email", json!("bo@example.com")),
        ("emailType", json!("work")),
        ("primaryPhone", json!("1")),
        ("mobilePhone", json!("2")),
        ("department", json!("Tours")),
        ("employeeNumber", json!("7")),
        ("title", Value::Null),
        ("middleName", Value::Null),
    ] {
        assert_eq!(app.get(name), Some(&value), "{name} of the application's profile");
    }
    let okta = &body["data"]["user"];
    for (name, value) in [("login", json!("bo@example.com")), ("firstName", json!("Bo")), ("managerId", json!("1"))] {
        assert_eq!(okta["profile"].get(name), Some(&value), "{name} of the Okta profile");
    }
    assert_eq!(okta.get("id"), None, "nobody is matched");
    assert_eq!(body["eventType"], "com.okta.import.transform");
    assert_eq!(body["cloudEventVersion"], "0.1");
    assert_eq!(body["data"]["action"]["result"], "CREATE_USER");
    assert_eq!(body["data"]["context"]["conflicts"], json!(["login"]));
    let matched = Event { action: Action::Link, user: Some("00u1".into()), ..event(&LoginFormat::UserName) }.body();
    assert_eq!(
        (&matched["data"]["user"]["id"], &matched["data"]["user"]["profile"]["login"]),
        (&json!("00u1"), &json!("bo"))
    );
}

#[test]
fn an_account_of_1_1_is_sent_under_the_same_names() {
    let mut old = account();
    let fields = old.as_object_mut().expect("an account is an object");
    fields.remove("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User").expect("it has the extension");
    let extension = json!({ "department": "Tours", "employeeNumber": 7, "manager": { "managerId": "1" } });
    fields.insert("urn:scim:schemas:extension:enterprise:1.0".to_owned(), extension);
    assert_eq!(app_profile(&old), app_profile(&account()));
}

#[test]
fn an_account_that_is_no_object_is_sent_without_values() {
    for odd in [json!(null), json!([1]), json!("x"), json!({ "name": "Bo Ek", "emails": "bo@x", "userName": [1] })] {
        let app = app_profile(&odd);
        assert_eq!(app.get("givenName"), Some(&Value::Null), "{odd}");
        assert!(user_profile(&app, &LoginFormat::Email).contains_key("login"), "{odd}");
    }
}

#[test]
fn user_names_are_made_as_the_console_offers_it() {
    let app = app_profile(&account());
    for (typed, made) in [
        ("username", "bo"),
        ("email", "bo@example.com"),
        ("email-prefix", "bo"),
        ("custom:{givenName}.{familyName}@x.example", "Bo.Ek@x.example"),
        ("custom:{nothing}{email}", "bo@example.com"),
    ] {
        let format = LoginFormat::parse(typed).expect("it is one of them");
        assert_eq!((format.of(&app).as_str(), format.to_string().as_str()), (made, typed));
    }
    for wrong in ["", "Email", "custom:", "custom:fixed@x.example", "custom:{}"] {
        assert!(LoginFormat::parse(wrong).is_err(), "{wrong}");
    }
}

/// Reads an answer with status 200, for a user who would be created.
fn said(body: &str) -> (Verdict, Vec<Command>, Vec<&'static str>) {
    let read = read(200, body.as_bytes(), Action::Create);
    (read.verdict, read.commands, read.faults.into_iter().map(|fault| fault.requirement).collect())
}

#[test]
fn what_changes_nothing_is_no_fault() {
    for body in
        ["{}", r#"{"commands":[]}"#, r#"{"commands":null}"#, r#"{"debugContext":{"a":1}}"#, "\u{feff}{}", " {} "]
    {
        assert_eq!(said(body), (Verdict::Nothing, Vec::new(), Vec::new()), "{body}");
    }
    assert_eq!(read(204, b"", Action::Create).verdict, Verdict::Nothing);
    assert_eq!(read(204, b"", Action::Create).faults, Vec::new());
}

#[test]
fn each_command_is_read_and_further_keys_do_not_matter() {
    let body = json!({
        "more": true,
        "commands": [
            { "type": "com.okta.action.update", "value": { "result": "LINK_USER" }, "note": "x" },
            { "type": "com.okta.user.update", "value": { "id": "00u1", "also": 1 } },
            { "type": "com.okta.appUser.profile.update", "value": { "title": "A" } },
            { "type": "com.okta.user.profile.update", "value": { "login": "b@x.example", "city": null } },
        ],
    });
    let (verdict, commands, faults) = said(&body.to_string());
    assert_eq!((verdict, commands.len(), faults), (Verdict::Commands, 4, Vec::new()));
}

#[test]
fn what_is_wrong_with_an_answer_is_told_by_its_requirement() {
    let one = |kind: &str, value: Value| json!({ "commands": [{ "type": kind, "value": value }] }).to_string();
    let cases = [
        (String::new(), "OKTA-hook-empty-answer"),
        ("  ".to_owned(), "OKTA-hook-empty-answer"),
        ("null".to_owned(), "OKTA-hook-null-answer"),
        ("ok".to_owned(), "OKTA-hook-answer-json"),
        ("[]".to_owned(), "OKTA-hook-answer-json"),
        ("\"{}\"".to_owned(), "OKTA-hook-answer-json"),
        ("{\"commands\":[".to_owned(), "OKTA-hook-answer-json"),
        (r#"{"commands":{}}"#.to_owned(), "OKTA-hook-command-form"),
        (r#"{"commands":[1]}"#.to_owned(), "OKTA-hook-command-form"),
        (r#"{"commands":[{"value":{}}]}"#.to_owned(), "OKTA-hook-command-form"),
        (
            r#"{"commands":[{"type":"com.okta.action.update","result":"CREATE_USER"}]}"#.to_owned(),
            "OKTA-hook-command-form",
        ),
        (one("com.okta.identity.patch", json!({})), "OKTA-hook-command-type"),
        (one("com.okta.user.profile.update.import", json!({})), "OKTA-hook-command-type"),
        (one("com.okta.user.profile.update", json!([])), "OKTA-hook-command-value"),
        (
            one("com.okta.user.profile.update", json!([{ "op": "add", "path": "/a", "value": 1 }])),
            "OKTA-hook-command-value",
        ),
        (one("com.okta.action.update", json!({ "result": "LINK" })), "OKTA-hook-action-result"),
        (one("com.okta.action.update", json!({ "result": "create_user" })), "OKTA-hook-action-result"),
        (one("com.okta.user.update", json!({ "id": "" })), "OKTA-hook-link-id"),
        (one("com.okta.user.update", json!({ "login": "a" })), "OKTA-hook-link-id"),
        (one("com.okta.action.update", json!({ "result": "LINK_USER" })), "OKTA-hook-link-pair"),
        (r#"{"error":"no"}"#.to_owned(), "OKTA-hook-error-form"),
        (r#"{"error":{"errorSummarry":"no"}}"#.to_owned(), "OKTA-hook-error-form"),
    ];
    for (body, requirement) in cases {
        let (verdict, commands, faults) = said(&body);
        assert_eq!(faults, [requirement], "{body}");
        assert!(matches!(verdict, Verdict::Unusable(_) | Verdict::Error(_)), "{body}: {verdict:?}");
        assert_eq!(commands, Vec::new(), "{body}: nothing of it is carried out");
    }
}

#[test]
fn an_empty_user_name_is_told_and_carried_out() {
    let body = r#"{"commands":[{"type":"com.okta.user.profile.update","value":{"login":null,"email":" "}}]}"#;
    let (verdict, commands, faults) = said(body);
    assert_eq!((verdict, commands.len()), (Verdict::Commands, 1));
    assert_eq!(faults, ["OKTA-hook-login-kept", "OKTA-hook-login-kept"]);
}

#[test]
fn an_error_leaves_the_user_to_the_import() {
    let body = r#"{"error":{"errorSummary":"no such person"},"commands":[{"type":"com.okta.action.update","value":{"result":"CREATE_USER"}}]}"#;
    let read = read(200, body.as_bytes(), Action::Link);
    assert_eq!(read.verdict, Verdict::Error("no such person".to_owned()));
    assert_eq!((read.commands.len(), read.faults.len(), read.undocumented.is_some()), (0, 0, true));
}

#[test]
fn what_the_pages_leave_open_is_said_to_be_open() {
    let twice = r#"{"commands":[{"type":"com.okta.action.update","value":{"result":"CREATE_USER"}},{"type":"com.okta.action.update","value":{"result":"CREATE_USER"}}]}"#;
    let alone = r#"{"commands":[{"type":"com.okta.user.update","value":{"id":"00u1"}}]}"#;
    for body in [twice, alone] {
        let read = read(200, body.as_bytes(), Action::Create);
        assert!(read.faults.is_empty() && read.undocumented.is_some(), "{body}: {read:?}");
    }
    let accepted = read(202, alone.as_bytes(), Action::Link);
    assert!(accepted.undocumented.is_some_and(|why| why.contains("status")), "{accepted:?}");
    assert!(read(200, alone.as_bytes(), Action::Link).undocumented.is_none());
}

#[test]
fn commands_are_applied_in_the_order_of_okta_whatever_theirs_is() {
    let event = event(&LoginFormat::Email);
    let before = User::of(&event);
    let values = |value: Value| value.as_object().cloned().expect("an object");
    let commands = [
        Command::Link("00u9".to_owned()),
        Command::UserProfile(values(json!({ "login": "other@example.com" }))),
        Command::Action(Action::Link),
        Command::AppProfile(values(json!({ "email": "new@example.com", "givenName": "Bea" }))),
    ];
    let mut after = before.clone();
    apply(&mut after, &commands, &LoginFormat::Email);
    assert_eq!((after.action, after.link.as_deref()), (Action::Link, Some("00u9")));
    let told: Vec<String> =
        changes(&before, &after).iter().map(|c| format!("{}.{} {}", c.profile, c.name, c.is)).collect();
    assert_eq!(
        told,
        [
            r#"okta.login "other@example.com""#,
            r#"okta.email "new@example.com""#,
            r#"okta.firstName "Bea""#,
            r#"app.givenName "Bea""#,
            r#"app.email "new@example.com""#,
        ],
        "the mappings run again, and the Okta profile's own values go before them"
    );
    let mut remapped = before.clone();
    apply(&mut remapped, &commands[3..], &LoginFormat::Email);
    assert_eq!(remapped.text("login"), "new@example.com");
}

/// Something like an answer, with what goes wrong in each place.
fn answers() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zA-Z_.@ ]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "com.okta.appUser.profile.update",
            "com.okta.user.profile.update",
            "com.okta.action.update",
            "com.okta.user.update",
            "CREATE_USER",
            "LINK_USER",
        ])
        .prop_map(Value::from),
    ];
    let keys = "commands|error|errorSummary|type|value|result|id|login|email|debugContext";
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(keys, inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_answered_is_read_and_carried_out_or_not_at_all(answer in answers(), status in 200..300_u16) {
        let read = read(status, answer.to_string().as_bytes(), Action::Create);
        let event = event(&LoginFormat::Email);
        let mut user = User::of(&event);
        apply(&mut user, &read.commands, &LoginFormat::Email);
        match read.verdict {
            Verdict::Commands => prop_assert!(!read.commands.is_empty()),
            _ => prop_assert_eq!(changes(&User::of(&event), &user), Vec::new()),
        }
        let binding = read.faults.iter().filter(|fault| fault.requirement != "OKTA-hook-login-kept").count();
        prop_assert!(binding > 0 || !matches!(read.verdict, Verdict::Unusable(_)), "nothing is wrong with it");
    }

    #[test]
    fn bytes_that_are_no_answer_are_read_as_well(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let read = read(200, &body, Action::Link);
        prop_assert!(read.commands.is_empty() || matches!(read.verdict, Verdict::Commands));
    }
}

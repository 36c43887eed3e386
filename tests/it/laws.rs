//! Scenarios that ask for nothing but a status: what their writes have done besides is found by the laws, and told once.

use std::fs;

use serde_json::Value;

use crate::program::call;

/// A user is created, and a PUT of all that it has is answered; with what the last step says besides.
fn scenario(put: &str) -> String {
    format!(
        r#"title: "A user is written and nobody looks"
steps:
  - send: POST /Users
    body:
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"]
      userName: "jane.${{unique}}@example.com"
      externalId: "x-${{unique}}"
      name: {{ givenName: Jane, familyName: Doe }}
      emails: [{{ value: "jane.${{unique}}@example.com", type: work, primary: true }}]
      active: true
    capture: {{ id: $.id }}
    expect:
      - must: RFC7644-3.3-created-201
        status: 201
  - send: PUT /Users/${{id}}
    body:
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"]
      userName: "jane.${{unique}}@example.com"
      externalId: "x-${{unique}}"
      name: {{ givenName: Janet, familyName: Doe }}
      emails: [{{ value: "jane.${{unique}}@example.com", type: work, primary: true }}]
      active: true
{put}    expect:
      - must: RFC7644-3.5.1-put-200
        status: 200
"#
    )
}

/// The cases of a run of both scenarios against the reference with a quirk, and the same judged again.
fn cases(quirk: &str) -> [Value; 2] {
    run(quirk, &[("lawful", &scenario("")), ("lawless", &scenario("    laws: false\n"))])
}

/// The cases of a run of scenarios, and the same judged again.
fn run(quirk: &str, scenarios: &[(&str, &str)]) -> [Value; 2] {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path();
    fs::create_dir_all(path.join("own/acme")).expect("there is room");
    fs::write(path.join("own/acme/suite.yaml"), "title: Acme\n").expect("there is room");
    for (name, text) in scenarios {
        fs::write(path.join(format!("own/acme/{name}.yaml")), text).expect("there is room");
    }
    let run = ["demo", "--scenarios", "own", "--quirk", quirk, "--settle", "0.1", "acme/"];
    let again = ["judge", "--scenarios", "own", "--from", "1.json"];
    [(&run[..], "json=1.json", "1.json"), (&again[..], "json=2.json", "2.json")].map(|(arguments, report, file)| {
        let (_, out, err) = call(path, &[arguments, &["--bodies", "all", "--report", report]].concat());
        let report = fs::read_to_string(path.join(file)).unwrap_or_else(|_| panic!("no report: {out}{err}"));
        let report: Value = serde_json::from_str(&report).expect("a report is JSON");
        report["cases"].clone()
    })
}

fn of<'c>(cases: &'c Value, id: &str) -> &'c Value {
    let found = cases.as_array().into_iter().flatten().find(|case| case["id"] == id);
    found.unwrap_or_else(|| panic!("no case {id}"))
}

#[test]
fn what_a_write_did_besides_is_found_where_nobody_looks_and_its_step_is_named() {
    let [live, replayed] = cases("put-forgets-external-id");
    let lawful = of(&live, "acme/lawful");
    let findings = lawful["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["requirement"], "RFC7644-3.5.1-put-replaces-values");
    assert_eq!(findings[0]["place"], "body /externalId");
    let expected = findings[0]["expected"].as_str().expect("a text");
    assert!(expected.starts_with("\"x-sc") && expected.ends_with("\", as PUT /Users/{id} asked for"), "{expected}");
    assert_eq!(findings[0]["line"], 15, "the line of the PUT");
    // It was read when the steps were over, and once more before it was held against anybody.
    assert!(findings[0]["exchange"].as_u64().is_some_and(|exchange| exchange >= 3), "{findings:?}");
    assert_eq!(of(&replayed, "acme/lawful")["findings"], lawful["findings"]);
    assert_eq!(of(&replayed, "acme/lawful")["requests"], lawful["requests"]);
}

#[test]
fn a_step_that_need_not_obey_is_held_to_nothing_and_costs_nothing() {
    let [live, replayed] = cases("put-forgets-external-id");
    for cases in [&live, &replayed] {
        let lawless = of(cases, "acme/lawless");
        assert_eq!((&lawless["outcome"], &lawless["findings"]), (&"passed".into(), &Value::Array(Vec::new())));
        let sent = lawless["exchanges"].as_array().expect("what was sent").iter();
        let methods: Vec<&str> = sent.filter_map(|exchange| exchange["request"]["method"].as_str()).collect();
        assert!(methods.windows(2).any(|two| two == ["PUT", "DELETE"]), "{methods:?}");
    }
}

#[test]
fn a_right_server_is_asked_once_and_obeys() {
    let [live, replayed] = cases("patch-answers-204");
    for cases in [&live, &replayed] {
        let lawful = of(cases, "acme/lawful");
        assert_eq!((&lawful["outcome"], &lawful["findings"]), (&"passed".into(), &Value::Array(Vec::new())));
        let judged = lawful["judged"].as_array().expect("what was judged");
        assert!(judged.contains(&"OKTA-write-touches-only-its-target".into()), "{judged:?}");
    }
}

/// Two users, and a PUT that gives the second another e-mail address.
const TWO: &str = r#"title: "One of two users is written and nobody looks"
steps:
  - send: POST /Users
    body: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "jane.${unique}@example.com", externalId: "00u${unique}1",
            name: { givenName: Jane, familyName: Doe }, emails: [{ value: "jane.${unique}@example.com", type: work, primary: true }] }
    expect:
      - must: RFC7644-3.3-created-201
        status: 201
  - send: POST /Users
    body: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "john.${unique}@example.com", externalId: "00u${unique}2",
            name: { givenName: John, familyName: Doe }, emails: [{ value: "john.${unique}@example.com", type: work, primary: true }] }
    capture: { id: $.id }
    expect:
      - must: RFC7644-3.3-created-201
        status: 201
  - send: PUT /Users/${id}
    body: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "john.${unique}@example.com", externalId: "00u${unique}2",
            name: { givenName: John, familyName: Doe }, emails: [{ value: "roe.${unique}@example.com", type: work, primary: true }] }
    expect:
      - must: RFC7644-3.5.1-put-200
        status: 200
"#;

#[test]
fn what_one_resource_has_of_another_is_blamed_on_the_write_that_said_it() {
    let [live, replayed] = run("put-writes-to-lookalikes", &[("two", TWO)]);
    let findings = of(&live, "acme/two")["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["requirement"], "OKTA-write-touches-only-its-target");
    assert_eq!((&findings[0]["place"], &findings[0]["line"]), (&"body /emails".into(), &16.into()));
    let expected = findings[0]["expected"].as_str().expect("a text");
    assert!(expected.ends_with("as before PUT /Users/{id}, which was about another resource"), "{expected}");
    assert_eq!(of(&replayed, "acme/two")["findings"], of(&live, "acme/two")["findings"]);
}

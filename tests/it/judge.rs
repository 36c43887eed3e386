//! The judge, demand by demand: what is right passes, what is wrong is found under its requirement and at its place.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use regex::Regex;
use scim_check::judge::{self, Body, Judge, Judgement, Page, WalkEnd, WalkEvidence};
use scim_check::requirement::{Level, Registry, RequirementId};
use scim_check::scenario::load::schemas;
use scim_check::scenario::path::JsonPath;
use scim_check::scenario::{
    Bindings, Check, Expectation, JsonType, Matcher, PathTemplate, Rule, RuleCall, StatusRange, Template, TextTemplate,
};
use scim_check::source::{self, SourceFile, Span};
use scim_check::wire::{Attempt, Credential, Exchange, Headers, NoReply, Request, Response};
use serde_json::{Value, json};

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let mut registry = Registry::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/requirements");
    for entry in std::fs::read_dir(folder).expect("the registry is in the repository") {
        let path = entry.expect("a folder can be listed").path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).expect("the registry is text");
            let file = Arc::new(SourceFile { name: path.display().to_string(), text });
            let mistakes = registry.add(&source::parse(&file).expect("the registry is YAML"));
            assert!(mistakes.is_empty(), "{mistakes:?}");
        }
    }
    registry
});

static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(&REGISTRY).expect("schemas name registered requirements"));

/// What was found, as `requirement place`, and notes as `note requirement`.
fn check(judgement: &Judgement, expected: &[&str]) {
    let findings = judgement.findings.iter().map(|f| format!("{} {}", f.requirement, f.place));
    let notes = judgement.notes.iter().map(|n| format!("note {}", n.requirement.as_ref().map_or("", |r| r.as_str())));
    let found: Vec<String> = findings.chain(notes).collect();
    assert_eq!(found, expected, "{judgement:#?}");
}

/// An answer to be judged.
struct Seen {
    method: String,
    path: String,
    sent: Option<Value>,
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
}

fn seen(request: &str, status: u16, body: Value) -> Seen {
    raw(request, status, &body.to_string())
}

fn raw(request: &str, status: u16, body: &str) -> Seen {
    let (method, path) = request.split_once(' ').expect("a request line has a method and a path");
    let headers = vec![("Content-Type", "application/scim+json")];
    Seen {
        method: method.to_owned(),
        path: path.to_owned(),
        sent: None,
        status,
        headers,
        body: body.as_bytes().to_vec(),
    }
}

impl Seen {
    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.headers.push((name, value));
        self
    }

    fn exchange(&self) -> Exchange {
        Exchange {
            request: Request {
                method: self.method.clone(),
                path: self.path.clone(),
                headers: Headers::default(),
                body: self.sent.as_ref().map(|body| body.to_string().into_bytes()),
                credential: Credential::Own,
            },
            reply: Ok(Response {
                status: self.status,
                headers: Headers(self.headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()),
                body: self.body.clone(),
            }),
            attempts: Vec::new(),
            took: Duration::from_millis(1500),
            look: 0,
        }
    }

    fn judged(&self, expectations: &[Expectation]) -> Judgement {
        let exchange = self.exchange();
        let body = judge::body(exchange.reply.as_ref().expect("it was answered"));
        JUDGE.answer(expectations, &exchange, 3, &body, &bindings()).expect("every name is bound")
    }
}

fn bindings() -> Bindings {
    let mut bindings = Bindings::default();
    bindings.bind("quote", json!("O'Brien \"Bob\""));
    bindings
}

fn demand(level: Level, check: Check) -> Expectation {
    let file = Arc::new(SourceFile { name: "test.yaml".to_owned(), text: String::new() });
    let name = match level {
        Level::Must => "R",
        Level::Should => "S",
        Level::May => "M",
    };
    Expectation {
        requirement: RequirementId::from(name),
        level,
        check,
        unclear: None,
        of_suite: false,
        span: Span::start_of(&file),
    }
}

fn must(check: Check) -> Expectation {
    demand(Level::Must, check)
}

fn status(from: u16, to: u16) -> Check {
    Check::Status(vec![StatusRange { from, to }])
}

fn at(path: &str, matcher: Matcher) -> Expectation {
    must(Check::Body(PathTemplate::Fixed(JsonPath::parse(path).expect("a path")), matcher))
}

fn is(value: Value) -> Matcher {
    Matcher::Is(Template::Value(value))
}

fn count(number: u64) -> Matcher {
    Matcher::Count(Template::Value(json!(number)))
}

fn matches(expression: &str) -> Matcher {
    Matcher::Matches(Regex::new(expression).expect("a regular expression"))
}

fn rule(rule: Rule, with: &[(&str, Value)]) -> Expectation {
    let with = with.iter().map(|(name, value)| ((*name).to_owned(), Template::Value(value.clone()))).collect();
    must(Check::Rule(RuleCall { rule, with }))
}

fn well_formed() -> Expectation {
    rule(Rule::WellFormed, &[])
}

fn for_okta() -> Expectation {
    rule(Rule::WellFormed, &[("profile", json!("okta"))])
}

fn template(text: &str) -> TextTemplate {
    TextTemplate::parse(text, &mut |name| Ok((name.to_owned(), Vec::new()))).expect("a template")
}

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn user() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "id": "2819c223",
        "externalId": "00u1",
        "userName": "bjensen@example.com",
        "name": { "formatted": "Ms. Barbara J Jensen", "familyName": "Jensen", "givenName": "Barbara" },
        "displayName": "Babs Jensen",
        "profileUrl": "https://login.example.com/bjensen",
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home", "primary": false }
        ],
        "addresses": [{ "streetAddress": "100 Universal City Plaza", "country": "US", "type": "work" }],
        "phoneNumbers": [{ "value": "tel:+1-555-555-5555", "type": "work" }],
        "ims": [{ "value": "someaimhandle", "type": "aim" }],
        "photos": [{ "value": "https://photos.example.com/profilephoto/F", "type": "photo" }],
        "groups": [{ "value": "e9e30dba", "$ref": "../Groups/e9e30dba", "display": "Tour Guides" }],
        "roles": [{ "value": "guide", "display": "Guide", "primary": true }],
        "x509Certificates": [{ "value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx=" }],
        "active": true,
        ENTERPRISE: {
            "employeeNumber": "701984",
            "department": "Tour Operations",
            "manager": { "value": "26118915", "$ref": "../Users/26118915", "displayName": "John Smith" }
        },
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22Z",
            "lastModified": "2011-05-13T04:42:34.123+02:00",
            "version": "W/\"a330bc54f0671c9\"",
            "location": "https://example.com/v2/Users/2819c223"
        }
    })
}

fn group() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "id": "e9e30dba",
        "displayName": "Tour Guides",
        "members": [
            { "value": "2819c223", "$ref": "https://example.com/v2/Users/2819c223", "display": "Babs Jensen" },
            { "value": "902c246b", "$ref": "../Users/902c246b", "type": "User" }
        ]
    })
}

fn list(resources: Vec<Value>) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources
    })
}

fn error(status: Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status,
        "detail": "Resource 2819c223 not found"
    })
}

/// The value with one place replaced.
fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match value.pointer_mut(parent).expect("the place exists") {
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = new,
        other => other[name] = new,
    }
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().expect("an object").remove(name).expect("it was there");
    value
}

// Matchers.

fn holds(subject: Value, path: &str, matcher: Matcher) {
    check(&seen("GET /Things/1", 200, subject).judged(&[at(path, matcher)]), &[]);
}

fn fails(subject: Value, path: &str, matcher: Matcher, place: &str, expected: &str, actual: Value) {
    let judgement = seen("GET /Things/1", 200, subject).judged(&[at(path, matcher)]);
    check(&judgement, &[&format!("R {place}")]);
    assert_eq!((judgement.findings[0].expected.as_str(), &judgement.findings[0].actual), (expected, &actual));
    assert_eq!(judgement.findings[0].exchange, 3);
}

#[test]
fn is_compares_by_value() {
    holds(json!({"n": 1.0}), "$.n", is(json!(1)));
    holds(json!({"o": {"a": 1, "b": 2}}), "$.o", is(json!({"b": 2, "a": 1})));
    holds(json!({}), "$.emails", is(json!([])));
    holds(json!({"e": [{"v": 1}, {"v": 2}]}), "$.e[*].v", is(json!([1, 2])));
    fails(json!({"active": "false"}), "$.active", is(json!(false)), "body /active", "false", json!("false"));
    fails(json!({}), "$.name.familyName", is(json!("x")), "body /name/familyName", "\"x\"", Value::Null);
    fails(json!({"e": [{"v": 1}]}), "$.e[*].v", is(json!([1, 2])), "body /e/0/v", "[1,2]", json!([1]));
    fails(json!({}), "$['urn:x:1.0:y'].d", is(json!(1)), "body /urn:x:1.0:y/d", "1", Value::Null);
}

#[test]
fn one_of_compares_with_each() {
    let choice = || Matcher::OneOf(vec![Template::Value(json!("404")), Template::Value(json!(404))]);
    holds(json!({"status": 404}), "$.status", choice());
    fails(json!({"status": 400}), "$.status", choice(), "body /status", "one of \"404\", 404", json!(400));
}

#[test]
fn not_is_anything_else() {
    let not = |value: Value| Matcher::Not(Template::Value(value));
    holds(json!({"userName": "jane"}), "$.userName", not(json!("john")));
    holds(json!({}), "$.userName", not(json!("john")));
    fails(json!({"id": "7"}), "$.id", not(json!("7")), "body /id", "anything but \"7\"", json!("7"));
    fails(json!({"e": [{"v": 1}, {"v": 2}]}), "$.e[*].v", not(json!(2)), "body /e/1/v", "anything but 2", json!(2));
}

#[test]
fn absent_is_unassigned() {
    for body in [json!({}), json!({"a": null}), json!({"a": []})] {
        holds(body, "$.a", Matcher::Absent);
    }
    fails(json!({"a": ""}), "$.a", Matcher::Absent, "body /a", "nothing", json!(""));
    let told = "nothing where b is 1";
    fails(json!({"a": [{"b": 1}]}), "$.a[?@.b == 1]", Matcher::Absent, "body /a/0", told, json!([{"b": 1}]));
}

#[test]
fn present_is_more_than_nothing() {
    holds(json!({"a": false}), "$.a", Matcher::Present);
    for body in [json!({"a": null}), json!({"a": ""}), json!({"a": []})] {
        let there = body["a"].clone();
        fails(body, "$.a", Matcher::Present, "body /a", "a value", there);
    }
}

#[test]
fn what_a_filter_does_not_select_is_told_with_what_is_there() {
    let members = || json!({"members": [{"value": "a"}, {"value": "b"}, {"value": "c"}]});
    let (seven, told) = ("$.members[?@.value == '7']", "1 element where value is \"7\"");
    fails(members(), seven, count(1), "body /members", told, json!(["a", "b", "c"]));
    fails(json!({"id": "1"}), seven, count(1), "body /members", told, Value::Null);
    let two = "$.members[?@.value == 'a' || @.value == '7']";
    let told = "2 elements where value is \"a\" or value is \"7\"";
    fails(members(), two, count(2), "body /members", told, json!(["a", "b", "c"]));
    let some = |value: &str| Matcher::Some(Box::new(is(json!(value))));
    let told = "at least one element that is \"7\"";
    fails(members(), "$.members[*].value", some("7"), "body /members", told, json!(["a", "b", "c"]));
    fails(json!({"members": []}), "$.members[*].value", some("7"), "body /members", told, json!([]));
    let told = "at least one element that is a value named detail";
    let other = || json!({"message": "no", "code": 4});
    fails(other(), "$..detail", Matcher::Some(Box::new(Matcher::Present)), "body", told, other());
    // What is there too often is shown itself.
    let told = "0 elements where value is \"b\"";
    fails(members(), "$.members[?@.value == 'b']", count(0), "body /members/1", told, json!([{"value": "b"}]));
}

#[test]
fn an_error_message_names_its_schema_wherever_it_is() {
    let demands = || [rule(Rule::ErrorMessage, &[]), at("$.detail", Matcher::Present)];
    check(&seen("GET /Users/1", 404, error(json!("404"))).judged(&demands()), &[]);
    // That it is wrapped is for another demand to say.
    let wrapped = json!({"status": "404", "response": error(json!("404"))});
    check(&seen("GET /Users/1", 404, wrapped).judged(&[rule(Rule::ErrorMessage, &[])]), &[]);
    for body in [json!({"message": "no", "code": 4}), without(error(json!("404")), "schemas"), json!([]), json!("no")] {
        let judgement = seen("GET /Users/1", 404, body.clone()).judged(&demands());
        check(&judgement, &["R body"]);
        assert_eq!(judgement.findings[0].actual, body);
    }
    check(&raw("GET /Users/1", 404, "").judged(&demands()), &["R body"]);
    check(&raw("GET /Users/1", 404, "<h1>no</h1>").judged(&demands()), &["R body"]);
    check(&seen("GET /Users/1", 200, user()).judged(&[rule(Rule::ErrorMessage, &[])]), &[]);
}

#[test]
fn the_detail_of_an_error_keeps_the_inside_of_the_server_to_itself() {
    let told = |detail: &str| with(error(json!("500")), "/detail", json!(detail));
    let rule = || [rule(Rule::NoInternals, &[])];
    check(&seen("POST /Users", 500, told("something went wrong")).judged(&rule()), &[]);
    let trace = "Traceback (most recent call last):\n  File \"/srv/app/views.py\", line 88, in post";
    check(&seen("POST /Users", 500, told(trace)).judged(&rule()), &["R body /detail"]);
    let wrapped = json!({"response": told("UNIQUE constraint failed: users.user_name")});
    check(&seen("POST /Users", 409, wrapped).judged(&rule()), &["R body /response/detail"]);
    // A success has no detail, and what is called so in a user is the user's.
    check(&seen("GET /Users/1", 200, json!({"detail": trace})).judged(&rule()), &[]);
    check(&raw("POST /Users", 500, "").judged(&rule()), &[]);
    // It stands beside the status.
    let both = [must(status(201, 201)), rule()[0].clone()];
    check(&seen("POST /Users", 500, told(trace)).judged(&both), &["R status", "R body /detail"]);
}

#[test]
fn a_label_is_scim_or_json_and_strictly_scim() {
    let labelled = |label: &'static str, with: &[(&str, Value)]| {
        seen("GET /Users/1", 200, user()).header("Content-Type", label).judged(&[rule(Rule::ContentTypeScim, with)])
    };
    let strictly = [("strict", json!(true))];
    check(&labelled("application/scim+json; charset=utf-8", &strictly), &[]);
    check(&labelled("application/json", &[]), &[]);
    check(&labelled("application/json; charset=utf-8", &strictly), &["R header Content-Type"]);
    check(&labelled("text/html", &[]), &["R header Content-Type"]);
    // What is neither is told once.
    check(&labelled("text/html", &strictly), &[]);
}

#[test]
fn type_is_the_json_type() {
    for (value, kind) in [
        (json!("x"), JsonType::String),
        (json!(1.5), JsonType::Number),
        (json!(2), JsonType::Integer),
        (json!(true), JsonType::Boolean),
        (json!([]), JsonType::Array),
        (json!({}), JsonType::Object),
        (json!(null), JsonType::Null),
    ] {
        holds(json!({ "a": value }), "$.a", Matcher::Type(kind));
    }
    fails(json!({"a": "1"}), "$.a", Matcher::Type(JsonType::Integer), "body /a", "a JSON integer", json!("1"));
    fails(json!({"a": 1.5}), "$.a", Matcher::Type(JsonType::Integer), "body /a", "a JSON integer", json!(1.5));
    fails(json!({}), "$.a", Matcher::Type(JsonType::Boolean), "body /a", "a JSON boolean", Value::Null);
}

#[test]
fn matches_searches_in_text() {
    holds(json!({"a": "abc"}), "$.a", matches("b"));
    fails(json!({"a": "abc"}), "$.a", matches("B"), "body /a", "a text that matches /B/", json!("abc"));
    fails(json!({"a": 1}), "$.a", matches("1"), "body /a", "a text that matches /1/", json!(1));
}

#[test]
fn count_counts_elements() {
    holds(json!({"a": [1, 2]}), "$.a", count(2));
    holds(json!({"a": [1, 2]}), "$.a[*]", count(2));
    holds(json!({}), "$.a", count(0));
    fails(json!({"a": [1, 2]}), "$.a", count(1), "body /a", "1 element", json!([1, 2]));
    fails(json!({"a": "x"}), "$.a", count(1), "body /a", "1 element", json!("x"));
}

#[test]
fn every_and_some_look_at_elements() {
    let every = |m| Matcher::Every(Box::new(m));
    let some = |m| Matcher::Some(Box::new(m));
    holds(json!({"a": [1, 1]}), "$.a", every(is(json!(1))));
    holds(json!({"r": [{"id": 1}, {"id": 2}]}), "$.r[*].id", some(is(json!(2))));
    holds(json!({}), "$.a[*]", every(is(json!(1))));
    fails(json!({"a": [1, 2]}), "$.a", every(is(json!(1))), "body /a/1", "1", json!(2));
    fails(json!({"r": [{"id": 1}, {"id": 2}]}), "$.r[*].id", every(is(json!(1))), "body /r/1/id", "1", json!(2));
    fails(json!({"a": [1]}), "$.a", some(is(json!(3))), "body /a", "at least one element that is 3", json!([1]));
    fails(json!({"a": 1}), "$.a", every(is(json!(1))), "body /a", "a JSON array", json!(1));
}

#[test]
fn a_header_has_matchers_too() {
    let location = |m| must(Check::Header("location".to_owned(), m));
    let answer = seen("POST /Users", 201, user()).header("Location", "https://example.com/Users/2819c223");
    check(&answer.judged(&[location(matches("/2819c223$"))]), &[]);
    check(&answer.judged(&[location(Matcher::Absent)]), &["R header location"]);
}

#[test]
fn a_path_may_hold_values_with_quotes() {
    let path = PathTemplate::Holes(template("$.a[?@.n == '${quote}'].v"));
    let expectation = must(Check::Body(path, Matcher::Every(Box::new(is(json!(1))))));
    let body = json!({"a": [{"n": "O'Brien \"Bob\"", "v": 2}]});
    check(&seen("GET /Things/1", 200, body).judged(&[expectation]), &["R body /a/0/v"]);
}

#[test]
fn what_is_shown_is_short() {
    let body = json!({"a": "x".repeat(5000), "b": vec![1; 5000]});
    let judgement = seen("GET /Things/1", 200, body).judged(&[at("$.a", Matcher::Absent), at("$.b", Matcher::Absent)]);
    check(&judgement, &["R body /a", "R body /b"]);
    assert!(judgement.findings.iter().all(|f| f.actual.to_string().len() < 300));
}

// The order of judging.

#[test]
fn a_wrong_status_is_the_only_finding() {
    let all = [at("$.x", Matcher::Present), must(status(200, 299)), well_formed(), rule(Rule::JsonBody, &[])];
    let judgement = raw("GET /Users/1", 500, "<html>").judged(&all);
    check(&judgement, &["R status"]);
    assert!(judgement.status_failed);
    assert_eq!(judgement.findings[0].expected, "2xx");
}

#[test]
fn time_is_judged_whatever_the_status() {
    let slow = rule(Rule::WithinSeconds, &[("seconds", json!(1))]);
    check(&raw("GET /Users/1", 500, "").judged(&[must(status(200, 200)), slow]), &["R status", "R time"]);
    let fast = || rule(Rule::WithinSeconds, &[("seconds", json!(60))]);
    check(&raw("GET /Users/1", 200, "").judged(&[fast()]), &[]);
    // No answer within the limit of the wire is none within less.
    for (limit, expected) in [(60, &["R time"] as &[&str]), (30, &[])] {
        let reply = Err(NoReply::TimedOut(Duration::from_secs(limit)));
        let exchange = Exchange { reply, ..raw("GET /Users/1", 200, "").exchange() };
        let judgement = JUDGE.answer(&[must(status(200, 200)), fast()], &exchange, 3, &judge::Body::None, &bindings());
        check(&judgement.expect("every name is bound"), expected);
    }
}

#[test]
fn patience_is_asked_for_in_seconds() {
    let told = |retry_after: Option<&str>| {
        let attempt =
            Attempt { result: Ok(429), retry_after: retry_after.map(str::to_owned), waited: Duration::from_secs(1) };
        let exchange = Exchange { attempts: vec![attempt], ..raw("GET /Users/1", 200, "").exchange() };
        let expectations = [rule(Rule::RetryAfterSeconds, &[])];
        JUDGE.answer(&expectations, &exchange, 3, &judge::Body::None, &bindings()).expect("every name is bound")
    };
    check(&told(Some("30")), &[]);
    for wrong in [None, Some(""), Some("-1"), Some("1.5"), Some("Wed, 21 Oct 2026 07:28:00 GMT")] {
        check(&told(wrong), &["R header Retry-After"]);
    }
    check(&raw("GET /Users/1", 429, "").judged(&[rule(Rule::RetryAfterSeconds, &[])]), &["R header Retry-After"]);
    check(&raw("GET /Users/1", 200, "").judged(&[rule(Rule::RetryAfterSeconds, &[])]), &[]);
}

#[test]
fn a_recommended_status_does_not_end_the_judging() {
    let all = [
        must(Check::Status(vec![StatusRange { from: 200, to: 200 }, StatusRange { from: 204, to: 204 }])),
        demand(Level::Should, status(204, 204)),
        at("$.id", Matcher::Present),
    ];
    let judgement = seen("PATCH /Users/1", 200, json!({})).judged(&all);
    check(&judgement, &["S status", "R body /id"]);
    assert!(!judgement.status_failed);
    check(&seen("PATCH /Users/1", 400, json!({})).judged(&all), &["R status"]);
}

#[test]
fn no_content_satisfies_demands_on_content() {
    let all = [
        must(status(200, 299)),
        at("$.id", Matcher::Present),
        well_formed(),
        rule(Rule::JsonBody, &[]),
        rule(Rule::Contains, &[("value", json!({"a": 1}))]),
        must(Check::Schema("User".to_owned())),
    ];
    check(&raw("PATCH /Users/1", 204, "").judged(&all), &[]);
    check(&raw("PATCH /Users/1", 200, "").judged(&all), &["R body /id", "R body", "R body"]);
}

#[test]
fn a_body_that_is_no_object_is_said_once() {
    let all = [well_formed(), at("$.id", Matcher::Present), rule(Rule::JsonBody, &[]), rule(Rule::JsonBody, &[])];
    for body in ["<html>no</html>", "[]", "null", "{\"a\":"] {
        check(&raw("GET /Users", 200, body).judged(&all), &["R body"]);
    }
    check(&raw("GET /Users", 200, "\u{feff}{\"id\":1}").judged(&[rule(Rule::JsonBody, &[])]), &[]);
}

#[test]
fn a_may_is_a_note_and_so_is_an_unclear_text() {
    let may = Expectation { level: Level::May, requirement: RequirementId::from("M"), ..at("$.a", Matcher::Present) };
    let unclear = Expectation { unclear: Some("the text is open".to_owned()), ..at("$.a", Matcher::Present) };
    check(&seen("GET /Things/1", 200, json!({})).judged(&[may.clone(), unclear.clone()]), &["note M", "note R"]);
    check(&seen("GET /Things/1", 200, json!({"a": 1})).judged(&[may, unclear]), &["note R"]);
}

#[test]
fn no_reply_gives_nothing_to_judge() {
    let mut exchange = seen("GET /Users/1", 200, json!({})).exchange();
    exchange.reply = Err(NoReply::Broken("reset".to_owned()));
    let judged = JUDGE.answer(&[must(status(200, 200))], &exchange, 0, &Body::None, &Bindings::default());
    assert_eq!(judged, Ok(Judgement::default()));
}

#[test]
fn a_name_without_value_is_told() {
    let expectation = at("$.id", Matcher::Is(Template::of_text(template("${nobody}"))));
    let exchange = seen("GET /Users/1", 200, json!({})).exchange();
    let body = Body::Json { value: Arc::new(json!({})), renamed: Vec::new() };
    let judged = JUDGE.answer(&[expectation], &exchange, 0, &body, &Bindings::default());
    assert_eq!(judged.map_err(|unbound| unbound.0), Err("nobody".to_owned()));
}

#[test]
fn what_the_schema_said_is_not_said_again() {
    let all = [for_okta(), at("$.active", is(json!(false))), at("$.userName", is(json!("x")))];
    let judgement = seen("GET /Users/1", 200, with(user(), "/active", json!("false"))).judged(&all);
    check(&judgement, &["OKTA-active-boolean body /active", "R body /userName"]);
}

#[test]
fn a_fault_in_one_resource_does_not_hide_a_fault_of_the_list() {
    let strange = with(user(), "/meta/created", json!("yesterday"));
    let finds = at("$.Resources[?@.id == 'other']", count(1));
    check(
        &seen("GET /Users", 200, list(vec![strange])).judged(&[well_formed(), finds]),
        &["RFC7643-3.1-meta-created-datetime body /Resources/0/meta/created", "R body /Resources"],
    );
}

// Right bodies.

#[test]
fn right_answers_are_well_formed_for_everybody() {
    let spelled_low = json!({
        "SCHEMAS": [USER.to_uppercase()], "ID": "1", "username": "b", "Active": true,
        "emails": [{"VALUE": "b@example.com", "Primary": true}], "NAME": {"familyname": "J"}
    });
    let nulls = json!({
        "schemas": [USER], "id": "1", "userName": "b", "active": true, "externalId": null, "name": null,
        "emails": null, "phoneNumbers": [], "groups": null, "meta": null, ENTERPRISE: null,
    });
    let extra = with(user(), "/favouriteColour", json!("red"));
    let extra = with(extra, "/urn:example:2.0:User", json!({"name": 1, "Type": 2}));
    let no_zone = with(user(), "/meta/created", json!("2010-01-23T04:56:22"));
    let config = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true}, "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": 200}, "changePassword": {"supported": false},
        "sort": {"supported": false}, "etag": {"supported": false},
        "authenticationSchemes": [
            {"type": "oauthbearertoken", "name": "Token", "description": "A token", "primary": true}
        ]
    });
    let resource_type = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "User", "endpoint": "/Users",
        "schema": USER, "schemaExtensions": [{"schema": ENTERPRISE, "required": false}]
    });
    let schema = json!({
        "id": USER, "name": "User", "description": "User Account",
        "attributes": [{"name": "emails", "type": "complex", "multiValued": true, "required": false, "subAttributes": [
            {"name": "value", "type": "string", "multiValued": false, "mutability": "readWrite", "returned": "default",
             "uniqueness": "none", "caseExact": false}
        ]}]
    });
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
        "Operations": [
            {"method": "POST", "bulkId": "q", "location": "https://example.com/v2/Users/9", "status": "201"},
            {"method": "POST", "bulkId": "r", "status": "400", "response": error(json!("400"))}
        ]
    });
    let custom = json!({"schemas": ["urn:example:Printer"], "id": "p", "Type": "laser", "status": 1});
    for (request, status, body) in [
        ("GET /Users/2819c223", 200, user()),
        ("POST /Users", 201, user()),
        ("PUT /Users/2819c223", 200, spelled_low),
        ("PATCH /Users/2819c223", 200, nulls),
        ("GET /Users/2819c223", 200, extra),
        ("GET /Users/2819c223", 200, no_zone),
        ("GET /Users?filter=x", 200, list(vec![])),
        ("GET /Users?startIndex=1&count=2", 200, list(vec![user(), user()])),
        ("POST /Users/.search", 200, list(vec![user()])),
        ("GET /", 200, list(vec![user(), group()])),
        ("GET /Groups/e9e30dba", 200, group()),
        ("GET /Groups", 200, list(vec![group(), without(group(), "members")])),
        ("GET /ServiceProviderConfig", 200, config),
        ("GET /ResourceTypes", 200, list(vec![resource_type.clone()])),
        ("GET /ResourceTypes/User", 200, resource_type),
        ("GET /Schemas", 200, list(vec![schema.clone()])),
        ("GET /Schemas/x", 200, schema),
        ("POST /Bulk", 200, bulk),
        ("GET /Printers/p", 200, custom.clone()),
        ("GET /Printers", 200, list(vec![custom])),
        ("GET /Users/nobody", 404, error(json!("404"))),
        ("GET /Me", 200, user()),
    ] {
        for demand in [well_formed(), for_okta()] {
            check(&seen(request, status, body.clone()).judged(&[demand]), &[]);
        }
    }
    for (request, status) in
        [("DELETE /Users/1", 204), ("GET /Users/1", 304), ("PATCH /Users/1", 204), ("DELETE /Users/1", 200)]
    {
        check(&raw(request, status, "").judged(&[well_formed(), for_okta(), rule(Rule::JsonBody, &[])]), &[]);
    }
}

#[test]
fn what_only_okta_asks_for_binds_nobody_else() {
    for (request, status, body, found) in [
        ("GET /Users", 200, without(without(list(vec![user()]), "startIndex"), "itemsPerPage"), vec![]),
        (
            "GET /Users",
            200,
            without(list(vec![]), "Resources"),
            vec!["OKTA-empty-list-resources-array body /Resources"],
        ),
        (
            "GET /Users",
            200,
            with(list(vec![]), "/Resources", Value::Null),
            vec!["OKTA-empty-list-resources-array body /Resources"],
        ),
        ("GET /Users/1", 404, without(error(json!("404")), "detail"), vec!["OKTA-error-detail-nonempty body /detail"]),
        (
            "GET /Users/1",
            404,
            with(error(json!("404")), "/detail", json!("")),
            vec!["OKTA-error-detail-nonempty body /detail"],
        ),
        ("GET /Users/1", 200, without(user(), "active"), vec!["OKTA-active-always-present body /active"]),
        (
            "GET /Users/1",
            200,
            with(user(), "/phoneNumbers", json!([{"value": null, "type": "work"}])),
            vec!["OKTA-multivalued-with-content body /phoneNumbers/0/value"],
        ),
        (
            "GET /Users/1",
            200,
            with(user(), "/addresses", json!([{}])),
            vec!["OKTA-multivalued-with-content body /addresses/0"],
        ),
    ] {
        check(&seen(request, status, body.clone()).judged(&[well_formed()]), &[]);
        check(&seen(request, status, body).judged(&[for_okta()]), &found);
    }
}

#[test]
fn what_okta_takes_is_a_note_there() {
    let number = error(json!(404));
    let in_rfc = ["RFC7644-3.12-error-status-string body /status"];
    check(&seen("GET /Users/1", 404, number.clone()).judged(&[well_formed()]), &in_rfc);
    check(&seen("GET /Users/1", 404, number).judged(&[for_okta()]), &["note RFC7644-3.12-error-status-string"]);
}

#[test]
fn a_projection_leaves_out_what_was_not_asked_for() {
    let only_id = json!({"schemas": [USER], "id": "1"});
    for query in ["attributes=id", "excludedAttributes=userName,active", "Attributes=externalId"] {
        check(&seen(&format!("GET /Users/1?{query}"), 200, only_id.clone()).judged(&[for_okta()]), &[]);
        let listed = list(vec![only_id.clone()]);
        check(&seen(&format!("GET /Users?{query}"), 200, listed).judged(&[for_okta()]), &[]);
    }
    let no_id = json!({"schemas": [USER], "userName": "b"});
    check(
        &seen("GET /Users?attributes=userName", 200, list(vec![no_id])).judged(&[well_formed()]),
        &["RFC7643-3.1-id-nonempty body /Resources/0/id"],
    );
}

#[test]
fn a_count_of_none_needs_no_resources() {
    let counted = with(without(list(vec![]), "Resources"), "/totalResults", json!(7));
    check(&seen("GET /Users?count=0", 200, counted.clone()).judged(&[well_formed()]), &[]);
    let found = ["RFC7644-3.4.2-resources-present body /Resources"];
    check(&seen("GET /Users", 200, counted).judged(&[well_formed()]), &found);
}

// Wrong bodies.

/// Each is wrong for everybody under the first requirement, and in Okta's profile under the second, if there is one.
fn wrong(request: &str, status: u16, body: &Value, place: &str, for_all: &str, in_okta: Option<&str>) {
    let answer = seen(request, status, body.clone());
    let found = |id: &str| if place.is_empty() { format!("{id} body") } else { format!("{id} body {place}") };
    check(&answer.judged(&[well_formed()]), &[&found(for_all)]);
    check(&answer.judged(&[for_okta()]), &[&found(in_okta.unwrap_or(for_all))]);
}

#[test]
fn each_fault_of_a_user_has_its_requirement() {
    let department = format!("/{ENTERPRISE}/department");
    let extension = format!("/{ENTERPRISE}");
    // Without padding it has the letters of base64 only, from its first line to its last.
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    for (place, value, for_all, in_okta) in [
        ("/active", json!("true"), "RFC7643-4.1.1-active-boolean", Some("OKTA-active-boolean")),
        ("/active", json!(1), "RFC7643-4.1.1-active-boolean", Some("OKTA-active-boolean")),
        ("/id", json!(42), "RFC7643-2.3.1-string-unicode", Some("OKTA-id-string")),
        ("/id", json!(""), "RFC7643-3.1-id-nonempty", Some("OKTA-id-nonempty")),
        ("/id", Value::Null, "RFC7643-3.1-id-nonempty", Some("OKTA-id-nonempty")),
        ("/id", json!("bulkId:1"), "RFC7643-3.1-id-no-bulkid", Some("OKTA-id-no-bulkid")),
        ("/schemas", json!([]), "RFC7643-4.1-user-schema-uri", Some("OKTA-user-schemas-present")),
        ("/schemas", Value::Null, "RFC7643-4.1-user-schema-uri", Some("OKTA-user-schemas-present")),
        ("/schemas", json!([ENTERPRISE]), "RFC7643-4.1-user-schema-uri", Some("OKTA-user-schemas-present")),
        ("/schemas", json!([USER, USER]), "RFC7643-3-schemas-no-duplicates", None),
        ("/schemas", json!(USER), "RFC7643-3-schemas-nonempty", None),
        ("/userName", json!(""), "RFC7643-4.1.1-username-required", None),
        ("/userName", json!(7), "RFC7643-2.3.1-string-unicode", None),
        ("/externalId", json!(123), "RFC7643-2.3.1-string-unicode", None),
        ("/name", json!("Jensen"), "RFC7644-3.8-json-value-shapes", None),
        ("/name/familyName", json!(["x"]), "RFC7643-2.3.1-string-unicode", None),
        ("/meta/created", json!("2010-01-23"), "RFC7643-3.1-meta-created-datetime", None),
        ("/meta/lastModified", json!(1_295_758_582), "RFC7643-2.3.5-datetime-xsd-format", None),
        ("/meta/lastModified", json!("2010-02-30T00:00:00Z"), "RFC7643-2.3.5-datetime-xsd-format", None),
        ("/meta/lastModified", json!("2010-01-23 04:56:22Z"), "RFC7643-2.3.5-datetime-xsd-format", None),
        ("/meta/location", json!(""), "RFC7643-3.1-meta-location-uri", None),
        ("/emails", json!({"value": "b"}), "RFC7643-2.4-multivalued-array", Some("OKTA-multivalued-arrays")),
        ("/emails/0", json!("b"), "RFC7644-3.8-json-value-shapes", Some("OKTA-multivalued-well-formed")),
        ("/emails/0", json!([]), "RFC7644-3.8-json-value-shapes", Some("OKTA-multivalued-well-formed")),
        ("/emails/0/primary", json!("true"), "RFC7643-2.3.2-boolean-literals", None),
        ("/x509Certificates/0/value", json!("%%"), "RFC7643-2.3.6-binary-base64", None),
        ("/x509Certificates/0/value", json!(pem), "RFC7643-2.3.6-binary-base64", None),
        ("/roles", json!("guide"), "RFC7643-2.4-multivalued-array", None),
        ("/groups/0/$ref", json!("no uri"), "RFC7643-2.3.7-reference-is-uri", None),
        (&extension, json!([]), "RFC7643-3.3-extension-uri-container", None),
        (&department, json!(7), "RFC7643-2.3.1-string-unicode", None),
    ] {
        wrong("GET /Users/1", 200, &with(user(), place, value), place, for_all, in_okta);
    }
}

#[test]
fn each_fault_of_a_group_has_its_requirement() {
    let schemas = (json!([USER]), "RFC7643-4.2-group-schema-uri", Some("OKTA-group-schemas-present"));
    for (place, (value, for_all, in_okta)) in [
        ("/displayName", (Value::Null, "RFC7643-4.2-displayname-required", None)),
        ("/schemas", schemas),
        ("/id", (Value::Null, "RFC7643-3.1-id-nonempty", Some("OKTA-id-nonempty"))),
        ("/members", (json!({}), "RFC7643-2.4-multivalued-array", None)),
        ("/members/1", (json!("2819c223"), "RFC7644-3.8-json-value-shapes", None)),
        ("/members/0/value", (json!(1), "RFC7643-4.2-members-value-id", None)),
        ("/members/0/value", (Value::Null, "RFC7643-4.2-members-value-id", None)),
        ("/members/0/$ref", (json!(""), "RFC7643-4.2-members-ref-uri", None)),
    ] {
        wrong("PATCH /Groups/1", 200, &with(group(), place, value), place, for_all, in_okta);
    }
}

#[test]
fn each_fault_of_a_list_has_its_requirement() {
    let integers = Some("OKTA-list-counters-integers");
    for (place, value, for_all, in_okta) in [
        ("/totalResults", json!("1"), "RFC7644-3.4.2.4-totalresults-counts-all", integers),
        ("/totalResults", json!(1.5), "RFC7644-3.4.2.4-totalresults-counts-all", integers),
        ("/totalResults", Value::Null, "RFC7644-3.4.2-totalresults-present", None),
        ("/startIndex", json!("1"), "RFC7644-3.4.2.4-startindex-first-result", integers),
        ("/itemsPerPage", json!(-1), "RFC7644-3.4.2.4-itemsperpage-counts-page", integers),
        ("/schemas", Value::Null, "RFC7644-3.4.2-listresponse-schema-uri", Some("OKTA-list-response-urn")),
        ("/Resources", Value::Null, "RFC7644-3.4.2-resources-present", Some("OKTA-resources-is-array")),
        ("/Resources", json!({}), "RFC7644-3.8-json-value-shapes", Some("OKTA-resources-is-array")),
        ("/Resources/0", json!("1"), "RFC7644-3.8-json-value-shapes", None),
        ("/Resources/0/active", json!("no"), "RFC7643-4.1.1-active-boolean", Some("OKTA-active-boolean")),
        ("/Resources/0/schemas", Value::Null, "RFC7643-4.1-user-schema-uri", Some("OKTA-user-schemas-present")),
    ] {
        wrong("GET /Users?count=1", 200, &with(list(vec![user()]), place, value), place, for_all, in_okta);
    }
    let no_list = json!({"users": []});
    let okta = Some("OKTA-empty-list-full-object");
    wrong("GET /Users", 200, &no_list, "", "RFC7644-3.4.2-listresponse-schema-uri", okta);
}

#[test]
fn each_fault_of_an_error_has_its_requirement() {
    let status = Some("RFC7644-3.12-error-status-equals-http");
    for (place, value, for_all, in_okta) in [
        ("/status", json!("400"), "RFC7644-3.12-error-status-equals-http", None),
        ("/status", Value::Null, "RFC7644-3.12-error-status-string", status),
        ("/status", json!([]), "RFC7644-3.12-error-status-string", status),
        ("/schemas", json!(["x:y"]), "RFC7644-3.12-error-schema-uri", None),
    ] {
        wrong("GET /Users/1", 404, &with(error(json!("404")), place, value), place, for_all, in_okta);
    }
    let wrapped = json!({"error": error(json!("404"))});
    wrong("GET /Users/1", 404, &wrapped, "", "RFC7644-3.12-error-schema-uri", None);
}

#[test]
fn of_many_violations_five_are_reported() {
    let bare = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]});
    let judgement = seen("GET /ServiceProviderConfig", 200, bare).judged(&[well_formed()]);
    assert_eq!(judgement.findings.len(), 5, "{judgement:#?}");
}

#[test]
fn a_list_must_come_with_a_body() {
    check(&raw("GET /Users?filter=x", 200, "").judged(&[for_okta()]), &["OKTA-empty-list-full-object body"]);
    check(&raw("POST /Users", 201, "").judged(&[for_okta()]), &[]);
}

#[test]
fn a_may_of_a_schema_is_a_note() {
    let loose = with(user(), "/roles", json!(["guide"]));
    check(&seen("GET /Users/1", 200, loose).judged(&[well_formed()]), &["note RFC7643-4.1.2-roles-multivalued"]);
}

#[test]
fn the_same_fault_in_many_resources_is_said_once() {
    let resources = vec![with(user(), "/active", json!("true")); 100];
    let judgement = seen("GET /Users", 200, list(resources)).judged(&[well_formed()]);
    check(&judgement, &["RFC7643-4.1.1-active-boolean body /Resources/0/active"]);
    assert_eq!(judgement.findings[0].expected, "a JSON boolean");
    assert_eq!(judgement.findings[0].actual, json!("true"));
    assert_eq!(judgement.findings[0].level, Level::Must);
}

#[test]
fn a_named_schema_is_judged_under_the_expectation() {
    let user_schema = [must(Check::Schema("User".to_owned()))];
    check(&seen("GET /x", 200, user()).judged(&user_schema), &[]);
    check(&seen("GET /x", 200, with(user(), "/active", json!(1))).judged(&user_schema), &["R body /active"]);
    let patch = |body: Value| seen("GET /x", 200, body).judged(&[must(Check::Schema("PatchOp".to_owned()))]);
    let schemas = json!(["urn:ietf:params:scim:api:messages:2.0:PatchOp"]);
    let remove = json!({"op": "Remove", "path": "members"});
    check(&patch(json!({"schemas": schemas, "Operations": [remove, {"op": "add", "value": {"a": 1}}]})), &[]);
    check(&patch(json!({"schemas": schemas, "Operations": [{"op": "remove"}]})), &["R body /Operations/0/path"]);
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "q", "data": {}},
            {"method": "DELETE", "path": "/Users/1"}
        ]
    });
    let bulk_schema = [must(Check::Schema("BulkRequest".to_owned()))];
    check(&seen("GET /x", 200, bulk.clone()).judged(&bulk_schema), &[]);
    let no_data = with(bulk, "/Operations/0", json!({"method": "PUT", "path": "/Users/1"}));
    check(&seen("GET /x", 200, no_data).judged(&bulk_schema), &["R body /Operations/0/data"]);
}

#[test]
fn only_what_was_there_counts_as_judged() {
    let small = json!({"schemas": [USER], "id": "1", "userName": "b"});
    let judged = seen("GET /Users/1", 200, small).judged(&[well_formed()]).judged;
    assert!(judged.contains(&RequirementId::from("RFC7643-4.1.1-username-required")));
    assert!(!judged.contains(&RequirementId::from("RFC7643-4.1.1-active-boolean")));
    assert!(!judged.contains(&RequirementId::from("OKTA-active-always-present")));
    let none = raw("PATCH /Users/1", 204, "").judged(&[at("$.id", Matcher::Present)]).judged;
    assert_eq!(none, []);
}

#[test]
fn schemas_name_what_they_can_report() {
    let okta = JUDGE.requirements_on(&for_okta().check, &[], "GET", "/Users/x");
    for id in ["OKTA-active-boolean", "OKTA-active-always-present", "OKTA-error-detail-nonempty"] {
        assert!(okta.contains(&RequirementId::from(id)), "{okta:?}");
    }
    for id in ["RFC7643-4.1.1-active-boolean", "OKTA-list-response-urn", "RFC7644-3.12-error-status-string"] {
        assert!(!okta.contains(&RequirementId::from(id)), "{okta:?}");
    }
    let rfc = JUDGE.requirements_on(&well_formed().check, &[], "GET", "/ServiceProviderConfig");
    assert!(rfc.iter().all(|id| id.as_str().starts_with("RFC")), "{rfc:?}");
    assert!(rfc.contains(&RequirementId::from("RFC7643-5-bulk-fields-present")));
    assert_eq!(JUDGE.requirements_on(&at("$.a", Matcher::Present).check, &[], "GET", "/Users/x"), []);
    // That a body is no object is told once, by the expectation that asks for one.
    let no_object = RequirementId::from("RFC7644-3.12-error-body-json");
    assert!(okta.contains(&no_object), "{okta:?}");
    let beside = [rule(Rule::JsonBody, &[]), for_okta()];
    assert!(!JUDGE.requirements_on(&for_okta().check, &beside, "GET", "/Users/x").contains(&no_object));
    assert_eq!(scim_check::scenario::profiles(), ["okta", "rfc", "scim11"]);
    // A profile with schemas of its own is held to no others.
    let v1 = rule(Rule::WellFormed, &[("profile", json!("scim11"))]);
    for path in ["/Users/x", "/Groups", "/ServiceProviderConfigs", "/Whatever"] {
        let v1 = JUDGE.requirements_on(&v1.check, &[], "GET", path);
        assert!(!v1.is_empty() && v1.iter().all(|id| id.as_str().starts_with("SCIM11")), "{path}: {v1:?}");
    }
}

#[test]
fn every_schema_compiles_and_refuses_what_is_no_object() {
    for (name, _) in schemas() {
        check(&seen("GET /x", 200, json!("x")).judged(&[must(Check::Schema(name.to_owned()))]), &["R body"]);
    }
}

// Rules.

fn rule_says(kind: Rule, with: &[(&str, Value)], answer: Seen, expected: &[&str]) {
    check(&answer.judged(&[rule(kind, with)]), expected);
}

#[test]
fn content_type_scim() {
    let typed = |value| seen("GET /Users/1", 200, user()).header("Content-Type", value);
    for right in ["application/scim+json", "Application/JSON; charset=utf-8"] {
        rule_says(Rule::ContentTypeScim, &[], typed(right), &[]);
    }
    rule_says(Rule::ContentTypeScim, &[], typed("text/json"), &["R header Content-Type"]);
    rule_says(Rule::ContentTypeScim, &[], raw("DELETE /Users/1", 204, "").header("Content-Type", "text/html"), &[]);
}

#[test]
fn canonical_names() {
    let own = json!({"schemas": [USER], "userName": "b", "Colour": 1, "urn:x:y": {"Value": 1}});
    rule_says(Rule::CanonicalNames, &[], seen("GET /Users/1", 200, own), &[]);
    let low = json!({"totalresults": 0, "resources": []});
    rule_says(Rule::CanonicalNames, &[], seen("GET /Users", 200, low), &["R body /totalResults"]);
    let mail = list(vec![json!({"schemas": [USER], "emails": [{"Value": "b"}]})]);
    rule_says(Rule::CanonicalNames, &[], seen("GET /Users", 200, mail), &["R body /Resources/0/emails/0/value"]);
    let twice = json!({"schemas": [USER], "userName": "a", "username": "b"});
    rule_says(Rule::CanonicalNames, &[], seen("GET /Users/1", 200, twice), &[]);
    // Of the names that are asked for, the first is reported.
    let only = [("only", json!(["totalResults", "Resources"]))];
    let mixed = json!({"resources": [{"schemas": [USER], "username": "a"}], "startindex": 1});
    rule_says(Rule::CanonicalNames, &only, seen("GET /Users", 200, mixed.clone()), &["R body /Resources"]);
    let other = [("only", json!(["userName"]))];
    rule_says(Rule::CanonicalNames, &other, seen("GET /Users", 200, mixed.clone()), &["R body /Resources/0/userName"]);
    rule_says(Rule::CanonicalNames, &[("only", json!(["emails"]))], seen("GET /Users", 200, mixed), &[]);
}

#[test]
fn items_per_page_counts() {
    rule_says(Rule::ItemsPerPageCounts, &[], seen("GET /Users", 200, list(vec![user()])), &[]);
    let wrong = with(list(vec![user()]), "/itemsPerPage", json!(100));
    rule_says(Rule::ItemsPerPageCounts, &[], seen("GET /Users", 200, wrong), &["R body /itemsPerPage"]);
}

#[test]
fn count_honoured() {
    let two = || list(vec![user(), user()]);
    rule_says(Rule::CountHonoured, &[], seen("GET /Users?count=2", 200, two()), &[]);
    rule_says(Rule::CountHonoured, &[], seen("GET /Users", 200, two()), &[]);
    rule_says(Rule::CountHonoured, &[], seen("GET /Users?count=1", 200, two()), &["R body /Resources"]);
    rule_says(Rule::CountHonoured, &[], seen("GET /Users?count=-1", 200, two()), &["R body /Resources"]);
    let mut search = seen("POST /Users/.search", 200, two());
    search.sent = Some(json!({"count": 1}));
    rule_says(Rule::CountHonoured, &[], search, &["R body /Resources"]);
}

#[test]
fn start_index_echoed() {
    let from = |n: u64| with(list(vec![user()]), "/startIndex", json!(n));
    rule_says(Rule::StartIndexEchoed, &[], seen("GET /Users?startIndex=3&count=1", 200, from(3)), &[]);
    rule_says(Rule::StartIndexEchoed, &[], seen("GET /Users?startIndex=0", 200, from(1)), &[]);
    rule_says(Rule::StartIndexEchoed, &[], seen("GET /Users?startIndex=3", 200, from(1)), &["R body /startIndex"]);
    rule_says(Rule::StartIndexEchoed, &[], seen("GET /Users?startIndex=999", 200, list(vec![])), &[]);
}

#[test]
fn total_at_least() {
    let n = |n: u64| [("count", json!(n))];
    rule_says(Rule::TotalAtLeast, &n(1), seen("GET /Users", 200, list(vec![user()])), &[]);
    rule_says(Rule::TotalAtLeast, &n(2), seen("GET /Users", 200, list(vec![user()])), &["R body /totalResults"]);
    let small = with(list(vec![user()]), "/totalResults", json!(0));
    rule_says(Rule::TotalAtLeast, &n(0), seen("GET /Users", 200, small), &["R body /totalResults"]);
}

#[test]
fn primary_once() {
    rule_says(Rule::PrimaryOnce, &[], seen("GET /Users/1", 200, user()), &[]);
    let twice = with(user(), "/emails/1/primary", json!(true));
    rule_says(Rule::PrimaryOnce, &[], seen("GET /Users/1", 200, twice.clone()), &["R body /emails"]);
    rule_says(Rule::PrimaryOnce, &[], seen("GET /Users", 200, list(vec![twice])), &["R body /Resources/0/emails"]);
}

#[test]
fn type_value_unique() {
    rule_says(Rule::TypeValueUnique, &[], seen("GET /Users/1", 200, user()), &[]);
    let several = with(user(), "/emails/1/value", json!("bjensen@example.com"));
    rule_says(Rule::TypeValueUnique, &[], seen("GET /Users/1", 200, several.clone()), &[]);
    let twice = with(several, "/emails/1/type", json!("work"));
    rule_says(Rule::TypeValueUnique, &[], seen("GET /Users/1", 200, twice), &["R body /emails/1"]);
}

#[test]
fn secret_absent() {
    let secret = [("secret", json!("t1meMa$heen"))];
    rule_says(Rule::SecretAbsent, &secret, seen("GET /Users/1", 200, user()), &[]);
    rule_says(Rule::SecretAbsent, &[("secret", json!("U"))], seen("GET /Users/1", 200, user()), &[]);
    let echoed = with(user(), "/title", json!("is t1meMa$heen"));
    rule_says(Rule::SecretAbsent, &secret, seen("GET /Users/1", 200, echoed), &["R body /title"]);
    let hashed = list(vec![with(user(), "/Password", json!("$2b$10$abc"))]);
    rule_says(Rule::SecretAbsent, &secret, seen("GET /Users", 200, hashed), &["R body /Resources/0/Password"]);
    rule_says(Rule::SecretAbsent, &secret, seen("GET /Users/1", 200, with(user(), "/password", Value::Null)), &[]);
    let header = raw("DELETE /Users/1", 204, "").header("X-Debug", "t1meMa$heen");
    rule_says(Rule::SecretAbsent, &secret, header, &["R header X-Debug"]);
    let judgement = raw("GET /Users/1", 500, "oops t1meMa$heen").judged(&[rule(Rule::SecretAbsent, &secret)]);
    check(&judgement, &["R body"]);
    assert!(!judgement.findings[0].actual.to_string().contains("t1meMa"));
}

#[test]
fn same_resource() {
    let earlier = [("as", user())];
    let mut other = with(user(), "/meta/lastModified", json!("2020-01-01T00:00:00Z"));
    other["emails"].as_array_mut().expect("e-mail addresses").reverse();
    other["nickName"] = Value::Null;
    other["emails"][0].as_object_mut().expect("an address").remove("primary");
    rule_says(Rule::SameResource, &earlier, seen("GET /Users/1", 200, other), &[]);
    let changed = with(user(), "/name/familyName", json!("jensen"));
    rule_says(Rule::SameResource, &earlier, seen("GET /Users/1", 200, changed.clone()), &["R body /name/familyName"]);
    let more = with(user(), "/title", json!("Guide"));
    rule_says(Rule::SameResource, &earlier, seen("GET /Users/1", 200, more), &["R body /title"]);
    let less = without(user(), "displayName");
    rule_says(Rule::SameResource, &earlier, seen("GET /Users/1", 200, less), &["R body /displayName"]);
    let except = [("as", user()), ("except", json!(["name.familyName"]))];
    rule_says(Rule::SameResource, &except, seen("GET /Users/1", 200, changed), &[]);
}

#[test]
fn keeps() {
    let earlier = [("of", user()), ("except", json!(["displayName", "emails"]))];
    let mut later = with(user(), "/displayName", json!("Barbara"));
    later["title"] = json!("Guide");
    later["groups"] = json!([]);
    later["schemas"] = json!([ENTERPRISE, "urn:x:y", USER]);
    later["emails"] = json!([]);
    later["meta"]["version"] = json!("2");
    rule_says(Rule::Keeps, &earlier, seen("GET /Users/1", 200, later), &[]);
    let lost = without(user(), "phoneNumbers");
    rule_says(Rule::Keeps, &earlier, seen("GET /Users/1", 200, lost), &["R body /phoneNumbers"]);
    let department = with(user(), &format!("/{ENTERPRISE}/department"), json!("x"));
    let place = format!("R body /{ENTERPRISE}/department");
    rule_says(Rule::Keeps, &earlier, seen("GET /Users/1", 200, department.clone()), &[&place]);
    let without_department = [("of", user()), ("except", json!([format!("{ENTERPRISE}:department")]))];
    rule_says(Rule::Keeps, &without_department, seen("GET /Users/1", 200, department), &[]);
    let some = [("of", user()), ("only", json!(["userName", "active"]))];
    rule_says(Rule::Keeps, &some, seen("GET /Users/1", 200, without(user(), "phoneNumbers")), &[]);
    let renamed = with(user(), "/userName", json!("other"));
    rule_says(Rule::Keeps, &some, seen("GET /Users/1", 200, renamed), &["R body /userName"]);
    let switched = with(user(), "/active", json!(false));
    rule_says(Rule::Keeps, &earlier, seen("GET /Users/1", 200, switched), &["R body /active"]);
}

#[test]
fn contains() {
    let value = [(
        "value",
        json!({
            "userName": "bjensen@example.com", "password": "x", "nickName": "", "title": null, "entitlements": [],
            "emails": [{"value": "babs@jensen.org", "type": "home", "primary": false}], "NAME": {"familyname": "Jensen"}
        }),
    )];
    rule_says(Rule::Contains, &value, seen("GET /Users/1", 200, user()), &[]);
    let other = with(user(), "/emails/1/value", json!("x@example.com"));
    rule_says(Rule::Contains, &value, seen("GET /Users/1", 200, other), &["R body /emails"]);
    let titled = with(user(), "/title", json!("Guide"));
    rule_says(Rule::Contains, &value, seen("GET /Users/1", 200, titled), &["R body /title"]);
    let member = [("value", json!({"members": [{"value": "902c246b", "display": "another name"}]}))];
    rule_says(Rule::Contains, &member, seen("GET /Groups/1", 200, group()), &[]);
}

#[test]
fn lists_as_read() {
    let (old, new) = (with(user(), "/nickName", json!("Babs")), with(user(), "/nickName", json!("Barb")));
    let page = |resource: &Value| seen("GET /Users?startIndex=1&count=100", 200, list(vec![group(), resource.clone()]));
    let asked = |read: &Value, part: &str| {
        let each = json!({ "nick": { "nickName": part } });
        [("id", user()["id"].clone()), ("read", read.clone()), ("each", each)]
    };
    let faulty = &["R body /Resources/1"];
    rule_says(Rule::ListsAsRead, &asked(&new, "Barb"), page(&new), &[]);
    rule_says(Rule::ListsAsRead, &asked(&new, "Barb"), page(&old), faulty);
    // What a read does not show, a list need not show either; what it no longer shows, a list may not.
    rule_says(Rule::ListsAsRead, &asked(&old, "Barb"), page(&old), &[]);
    rule_says(Rule::ListsAsRead, &asked(&user(), "Babs"), page(&old), faulty);
    rule_says(Rule::ListsAsRead, &asked(&new, "Barb"), seen("GET /Users", 200, list(vec![group()])), &[]);
    rule_says(Rule::ListsAsRead, &asked(&new, "Barb"), seen("GET /Users", 404, error(json!("404"))), &[]);
}

#[test]
fn shows_each() {
    let sent = json!({
        "title": { "title": "Tour  Guide" },
        "phoneNumbers.work": { "phoneNumbers": [{ "value": "+12065550100", "type": "work" }] },
        "emails.work": { "emails": [{ "value": "Work@example.com", "type": "work" }] },
        "emails.home": { "emails": [{ "value": "home@example.com", "type": "home" }] },
    });
    let work = json!({ "value": "work@EXAMPLE.com", "type": "work", "primary": true });
    let home = json!({ "value": "home@example.com", "type": "home" });
    let phones = json!([{ "value": "tel:+1-206-555-0100", "type": "WORK" }]);
    let shown = |emails: Value| {
        let user = with(with(user(), "/title", json!("tour guide")), "/phoneNumbers", phones.clone());
        seen("GET /Users/1", 200, with(user, "/emails", emails))
    };
    let asked = [("each", sent.clone())];
    rule_says(Rule::ShowsEach, &asked, shown(json!([home, work])), &[]);
    // Only the first of several, and none with its type: a finding for each that is lost.
    rule_says(Rule::ShowsEach, &asked, shown(json!([work])), &["R body /emails"]);
    let bare = json!([{ "value": "work@example.com" }, { "value": "home@example.com" }]);
    rule_says(Rule::ShowsEach, &asked, shown(bare), &["R body /emails", "R body /emails"]);
    rule_says(Rule::ShowsEach, &asked, raw("PUT /Users/1", 204, ""), &[]);
    // What was not there before is not asked for.
    let before = with(user(), "/emails", json!([work]));
    let later = [("each", sent.clone()), ("before", before), ("was", json!({ "emails.home": sent["emails.home"] }))];
    rule_says(Rule::ShowsEach, &later, shown(json!([work])), &[]);
    // How a name for people is made is the server's business, if there is one.
    let named = [("each", json!({ "displayName": { "displayName": "Jane Doe" } }))];
    let displayed = |name: Value| seen("GET /Users/1", 200, with(user(), "/displayName", name));
    rule_says(Rule::ShowsEach, &named, displayed(json!("Doe, Dr. Jane")), &[]);
    rule_says(Rule::ShowsEach, &named, displayed(Value::Null), &["R body /displayName"]);
    rule_says(Rule::ShowsEach, &named, displayed(json!("")), &["R body /displayName"]);
}

#[test]
fn lacks() {
    let gone = [("value", json!({ "schemas": ["urn:x"], "nickName": "Babs" }))];
    rule_says(Rule::Lacks, &gone, seen("GET /Users/1", 200, user()), &[]);
    rule_says(Rule::Lacks, &gone, seen("GET /Users/1", 200, with(user(), "/nickName", json!(""))), &[]);
    rule_says(Rule::Lacks, &gone, seen("GET /Users/1", 200, with(user(), "/nickName", json!("Babs"))), &["R body"]);
}

#[test]
fn members_are() {
    let ids = |ids: &[&str]| [("ids", json!(ids))];
    rule_says(Rule::MembersAre, &ids(&["902c246b", "2819c223"]), seen("GET /Groups/1", 200, group()), &[]);
    rule_says(Rule::MembersAre, &ids(&["2819c223"]), seen("GET /Groups/1", 200, group()), &["R body /members"]);
    rule_says(Rule::MembersAre, &ids(&[]), seen("GET /Groups/1", 200, without(group(), "members")), &[]);
    let twice = with(group(), "/members/1/value", json!("2819c223"));
    rule_says(Rule::MembersAre, &ids(&["2819c223"]), seen("GET /Groups/1", 200, twice), &["R body /members"]);
    rule_says(Rule::MembersAre, &ids(&["2819c223"]), raw("PATCH /Groups/1", 204, ""), &[]);
}

#[test]
fn location_of() {
    let id = [("id", json!("2819c223"))];
    rule_says(Rule::LocationOf, &id, seen("GET /Users/1", 200, user()), &[]);
    let other = with(user(), "/meta/location", json!("https://example.com/Users/12819c223"));
    rule_says(Rule::LocationOf, &id, seen("GET /Users/1", 200, other), &["R body /meta/location"]);
    let slash = with(user(), "/meta/location", json!("https://example.com/v2/Users/2819c223/"));
    rule_says(Rule::LocationOf, &id, seen("GET /Users/1", 200, slash), &[]);
    let bare = raw("POST /Users", 201, "").header("Location", "https://example.com/v2/Users/2819c223");
    rule_says(Rule::LocationOf, &id, bare, &[]);
    rule_says(Rule::LocationOf, &id, raw("POST /Users", 201, ""), &["R body /meta/location"]);
}

#[test]
fn some_status() {
    let said = |with: &[(&str, Value)], expected: &[&str]| {
        let exchanges = [seen("POST /Users", 201, user()).exchange(), raw("POST /Users", 409, "").exchange()];
        let numbered: Vec<(usize, &Exchange)> = exchanges.iter().enumerate().collect();
        let judged = JUDGE.group(&[rule(Rule::SomeStatus, with)], &numbered, &Bindings::default());
        check(&judged.expect("every name is bound"), expected);
    };
    said(&[("status", json!(409)), ("at-most", json!(1))], &[]);
    said(&[("status", json!(["2xx", 409])), ("at-least", json!(2))], &[]);
    said(&[("status", json!(500))], &["R all answers"]);
    said(&[("status", json!(409)), ("at-most", json!(0))], &["R all answers"]);
    said(&[("status", json!("2xx")), ("at-least", json!(2))], &["R all answers"]);
}

// Walks.

fn pages(pages: &[&[&str]], total: u64, end: WalkEnd) -> WalkEvidence {
    let page = |(exchange, ids): (usize, &&[&str])| Page {
        exchange,
        start_index: 1,
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        total: Some(total),
        resources: ids.len(),
    };
    WalkEvidence { pages: pages.iter().enumerate().map(page).collect(), end }
}

fn walk_says(kind: Rule, with: &[(&str, Value)], evidence: &WalkEvidence, expected: &[&str]) {
    let judged = JUDGE.walk(&[rule(kind, with)], evidence, &Bindings::default());
    check(&judged.expect("every name is bound"), expected);
}

#[test]
fn lists_each_once() {
    let ids = [("ids", json!(["a", "b"]))];
    walk_says(Rule::ListsEachOnce, &ids, &pages(&[&["a", "x"], &["b"]], 3, WalkEnd::Complete), &[]);
    walk_says(Rule::ListsEachOnce, &ids, &pages(&[&["a"], &["a", "b"]], 3, WalkEnd::Complete), &["R all pages"]);
    walk_says(Rule::ListsEachOnce, &ids, &pages(&[&["a"]], 3, WalkEnd::EmptyPageEarly), &["R all pages"]);
    walk_says(Rule::ListsEachOnce, &ids, &pages(&[&["a"]], 3, WalkEnd::NotAList), &[]);
}

#[test]
fn lists_none() {
    let ids = [("ids", json!(["a"]))];
    walk_says(Rule::ListsNone, &ids, &pages(&[&["b"]], 1, WalkEnd::Complete), &[]);
    walk_says(Rule::ListsNone, &ids, &pages(&[&["b"], &["a"]], 2, WalkEnd::Complete), &["R all pages"]);
}

#[test]
fn total_is_what_is_listed() {
    walk_says(Rule::TotalIsWhatIsListed, &[], &pages(&[&["a"], &["b"]], 2, WalkEnd::Complete), &[]);
    walk_says(Rule::TotalIsWhatIsListed, &[], &pages(&[&["a"], &["b"]], 1, WalkEnd::Complete), &["R all pages"]);
}

#[test]
fn same_order() {
    let ids = ("ids", json!(["a", "b"]));
    let other = [("as", json!(["x", "a", "b"])), ids.clone()];
    walk_says(Rule::SameOrder, &other, &pages(&[&["a"], &["y", "b"]], 3, WalkEnd::Complete), &[]);
    walk_says(Rule::SameOrder, &other, &pages(&[&["b"], &["a"]], 2, WalkEnd::Complete), &["R all pages"]);
    let whole = [("as", json!({"ids": ["a", "b"]})), ids];
    walk_says(Rule::SameOrder, &whole, &pages(&[&["b", "a"]], 2, WalkEnd::Complete), &["R all pages"]);
    // Resources of others may change places.
    let one = [("as", json!(["x", "a", "b"])), ("ids", json!(["a"]))];
    walk_says(Rule::SameOrder, &one, &pages(&[&["b"], &["a"]], 2, WalkEnd::Complete), &[]);
}

#[test]
fn pages_end() {
    walk_says(Rule::PagesEnd, &[], &pages(&[&["a"]], 1, WalkEnd::Complete), &[]);
    for end in [WalkEnd::EmptyPageEarly, WalkEnd::Endless, WalkEnd::NotAList] {
        walk_says(Rule::PagesEnd, &[], &pages(&[&["a"], &[]], 9, end), &["R all pages"]);
    }
}

#[test]
fn a_walk_is_quiet_when_strangers_are_the_same() {
    let ours = ["a".to_owned()];
    let first = pages(&[&["a", "x"]], 2, WalkEnd::Complete);
    assert!(pages(&[&["x"]], 2, WalkEnd::Complete).quiet_against(&first, &ours));
    assert!(!pages(&[&["a", "y"]], 2, WalkEnd::Complete).quiet_against(&first, &ours));
    assert!(!pages(&[&["a", "x"]], 3, WalkEnd::Complete).quiet_against(&first, &ours));
}

#[test]
fn a_page_is_read_from_a_list() {
    let body = |value: Value| Body::Json { value: Arc::new(value), renamed: Vec::new() };
    let page = Page::read(&body(list(vec![json!({"id": "a"}), json!({"id": 1})])), 5, 101).expect("a list");
    assert_eq!(
        (page.ids, page.resources, page.total, page.exchange),
        (vec!["a".to_owned(), "1".to_owned()], 2, Some(2), 5)
    );
    assert_eq!(Page::read(&body(json!({"totalResults": 0})), 0, 1).map(|page| page.resources), Some(0));
    for value in [json!({}), json!([]), json!({"Resources": {}})] {
        assert_eq!(Page::read(&body(value), 0, 1), None);
    }
}

// Hostile bodies.

#[test]
fn nothing_sent_makes_the_judge_panic() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!("{}1{}", "{\"name\":".repeat(120), "}".repeat(120));
    let many = json!({"schemas": [USER], "id": "1", "userName": "b", "emails": vec![json!({"value": 1}); 50_000]});
    let many = many.to_string();
    let odd = "{\"schemas\":[null,1,\"\"],\"id\":{},\"Resources\":[[],null,{}],\"totalResults\":1e300}";
    let all = [
        well_formed(),
        for_okta(),
        rule(Rule::JsonBody, &[]),
        rule(Rule::CanonicalNames, &[]),
        rule(Rule::PrimaryOnce, &[]),
        rule(Rule::TypeValueUnique, &[]),
        rule(Rule::SecretAbsent, &[("secret", json!("secret"))]),
        rule(Rule::SameResource, &[("as", json!({"emails": vec![json!({"value": 2}); 50_000]}))]),
        rule(Rule::Contains, &[("value", json!({"emails": [{"value": 2}]}))]),
        at("$..value", Matcher::Every(Box::new(Matcher::Type(JsonType::String)))),
    ];
    for body in [&deep, &nested, &many, odd, "\u{0}", "\"\\ud800\"", "{\"schemas\":\"x\"}", "{\"\":{\"~/\":1}}"] {
        for request in ["GET /Users/1", "GET /Users?count=1&startIndex=99999999999999999999", "GET //", "POST /.search"]
        {
            let judgement = raw(request, 200, body).judged(&all);
            assert!(!judgement.judged.is_empty(), "{body:.40}");
        }
    }
}

#[test]
fn schemas_name_no_profile_that_a_scenario_cannot_ask_for() {
    fn profiles_in<'v>(value: &'v Value, into: &mut std::collections::BTreeSet<&'v str>) {
        if let Some(Value::Object(by_profile)) = value.get("requirement") {
            into.extend(by_profile.keys().map(String::as_str));
        }
        match value {
            Value::Object(fields) => fields.values().for_each(|field| profiles_in(field, into)),
            Value::Array(items) => items.iter().for_each(|item| profiles_in(item, into)),
            _ => {}
        }
    }
    let mut asked = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")).expect("there are schemas") {
        let path = entry.expect("a folder can be listed").path();
        let text = std::fs::read_to_string(&path).expect("a schema is text");
        // What people write and what this program says are no answers of a server.
        if !text.contains("urn:scim-check:schema:") {
            continue;
        }
        let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
        let mut profiles = std::collections::BTreeSet::new();
        profiles_in(&schema, &mut profiles);
        asked += profiles.len();
        profiles.retain(|profile| !scim_check::scenario::profiles().contains(profile));
        assert!(profiles.is_empty(), "{}: {profiles:?}", path.display());
    }
    assert!(asked > 0, "no schema names a profile");
}

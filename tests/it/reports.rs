//! One fixed report, in every format.

use std::sync::Arc;
use std::time::Duration;

use scim_check::budget::{Budget, Depth};
use scim_check::capability::{Capability, Evidence, Support};
use scim_check::changes::{Change, ChangeGroup, ChangeKind, Changes};
use scim_check::okta::readiness::state::{Feature, QaCase, QaState, Readiness, Ready, Undecided, WayState};
use scim_check::okta::readiness::{self, value};
use scim_check::report::attributes::{AttributeRow, Cell};
use scim_check::report::json::{self, Bodies};
use scim_check::report::text::{self, Style, Verbosity};
use scim_check::report::{
    Report, Status, Strictness, Tool, Verdict, annotations, badge, format, har, html, junit, markdown, times,
};
use scim_check::requirement::{Edition, Failure, Level, Registry, RequirementId};
use scim_check::source::{SourceFile, Span, parse};
use scim_check::verdict::{
    CaseResult, Cause, Finding, Known, KnownFailure, KnownState, Leftover, Note, Outcome, Place, Skip, Treated,
    Treatment,
};
use scim_check::wire::auth::Manner;
use scim_check::wire::{Attempt, Credential, Exchange, Headers, NoReply, Request, Response};
use serde_json::{Value, json};

mod form;

const REQUIREMENTS: &str = r#"
- id: OKTA-deactivate-keeps-account
  source: Okta
  section: "CRUD suite, step R8"
  level: MUST
  title: "After a deactivation the account can still be read"
  consequence: "Okta logs \"User not found\" and the CRUD suite fails; the submission is rejected"
  fix: "Keep the record and return it with active: false"
- id: OKTA-deactivate-active-false
  source: Okta
  section: "Lifecycle"
  level: MUST
  title: "After a deactivation `active` is false, as a boolean"
  consequence: "Okta shows the user as active again after the next import, and an administrator who looks for leavers does not find them"
  fix: "Store the value of the PATCH operation, and return a JSON boolean"
- id: RFC7643-3.1-meta-location
  source: RFC7643
  section: "3.1"
  level: SHOULD
  title: "A resource carries meta.location"
  consequence: "Okta builds the address itself, which breaks where it differs"
- id: RFC7644-3.3-created-201
  source: RFC7644
  section: "3.3"
  level: MUST
  title: "A created resource is answered with 201"
- id: RFC7644-3.5.2-patch
  source: RFC7644
  section: "3.5.2"
  level: MUST
  title: "PATCH changes a resource"
- id: RFC7644-3.4.2-list
  source: RFC7644
  section: "3.4.2"
  level: MUST
  title: "A query is answered with a ListResponse"
"#;

const SCENARIO: &str = "\
title: Deactivating a user switches the account off and keeps it
steps:
  - use: okta/deactivate-user
  - send: GET /Users/${user.id}
    expect:
      - must: OKTA-deactivate-keeps-account
        status: 200
      - must: OKTA-deactivate-active-false
        at: $.active
        is: false
      - should: RFC7643-3.1-meta-location
        at: $.meta.location
        present: true
";

/// What a hostile server puts into its answers.
const HOSTILE: &str = "\u{1b}[31mred\u{1b}[0m </script> ]]> \u{0} \u{9b}2J \u{202e}drow \u{feff}\u{ffff}";

fn file(name: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile { name: name.to_owned(), text: text.to_owned() })
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    let root = parse(&file("requirements/test.yaml", REQUIREMENTS)).expect("the requirements above are YAML");
    assert_eq!(registry.add(&root), []);
    registry
}

/// The value of a key in the scenario, where that stands first.
fn span(scenario: &Arc<SourceFile>, value: &str) -> Span {
    let start = scenario.text.find(&format!(": {value}\n")).expect("the value is in the scenario") + 2;
    Span { file: Arc::clone(scenario), bytes: start..start + value.len() }
}

fn request(method: &str, path: &str, body: Option<&str>) -> Request {
    let mut headers = vec![("Accept".to_owned(), "application/scim+json".to_owned())];
    if body.is_some() {
        headers.push(("Content-Type".to_owned(), "application/scim+json".to_owned()));
    }
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: Headers(headers),
        body: body.map(|body| body.as_bytes().to_vec()),
        credential: Credential::Own,
    }
}

fn answered(request: Request, status: u16, body: &[u8]) -> Exchange {
    let headers = vec![
        ("content-type".to_owned(), "application/scim+json".to_owned()),
        ("x-powered-by".to_owned(), HOSTILE.to_owned()),
    ];
    Exchange {
        request,
        reply: Ok(Response { status, headers: Headers(headers), body: body.to_vec() }),
        attempts: Vec::new(),
        took: Duration::from_micros(12_345),
        look: 0,
    }
}

fn case(id: &str, outcome: Outcome) -> CaseResult {
    CaseResult {
        title: "Deactivating a user switches the account off and keeps it".to_owned(),
        checks: ids(&["OKTA-deactivate-keeps-account", "OKTA-deactivate-active-false", "RFC7643-3.1-meta-location"]),
        took: Duration::from_millis(34),
        ..CaseResult::new(id, outcome)
    }
}

fn ids(ids: &[&str]) -> Vec<RequirementId> {
    ids.iter().map(|id| RequirementId::from(*id)).collect()
}

const CREATE: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"o'brien@example.com","name":{"givenName":"Sean","familyName":"O'Brien"},"active":true}"#;

/// A user that a server returns after it should have been switched off.
fn still_active() -> Vec<u8> {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "id": "2819c223",
        "externalId": "00u1",
        "userName": "o'brien@example.com",
        "name": { "givenName": "Sean", "familyName": "O'Brien" },
        "displayName": HOSTILE,
        "nickName": "Sean",
        "title": "Engineer",
        "userType": "Employee",
        "locale": "en-IE",
        "emails": [
            { "value": "o'brien@example.com", "type": "work", "primary": true, "display": "the first of two addresses" },
            { "value": "sean@example.org", "type": "home", "primary": false, "display": "the second of two addresses" },
        ],
        "active": "true",
        "groups": [],
        "meta": { "resourceType": "User", "created": "2026-01-01T00:00:00Z", "lastModified": "2026-01-01T00:00:00Z" },
    })
    .to_string()
    .into_bytes()
}

fn report() -> Report {
    let scenario = file("okta/users/deactivate.yaml", SCENARIO);
    let must = |id: &str, at: &str, expected: &str, actual: Value, place: Place, exchange: usize| Finding {
        requirement: id.into(),
        level: Level::Must,
        expected: expected.to_owned(),
        actual,
        failure: if place == Place::Status { Failure::Refused } else { Failure::NoEffect },
        place,
        exchange,
        in_setup: false,
        because: None,
        known: None,
        law: None,
        span: span(&scenario, at),
    };
    let not_found = br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"gone"}"#;

    let mut passed = case("okta/users/create#wizard", Outcome::Passed);
    passed.title = "A user is created, and says where it lives".to_owned();
    passed.checks = ids(&["RFC7644-3.3-created-201"]);
    passed.judged = passed.checks.clone();
    passed.transcript = vec![
        answered(request("POST", "/Users", Some(CREATE)), 201, &still_active()),
        answered(request("DELETE", "/Users/2819c223", None), 500, b"<html>\n<h1>oops</h1>\n</html>"),
    ];
    passed.swept = 1;
    passed.notes = vec![Note {
        text: "the answer was right only after 1.25 s".to_owned(),
        requirement: Some("RFC7644-3.3-created-201".into()),
        exchange: Some(0),
        all_well: false,
    }];
    passed.leftovers = vec![Leftover {
        path: format!("/Users/2819c223{}", "\u{1b}]0;pwned\u{7}"),
        why: "DELETE answered 500".to_owned(),
    }];

    let mut failed = case("okta/users/deactivate#catalogue", Outcome::Failed);
    failed.judged = failed.checks.clone();
    failed.transcript = vec![
        answered(request("POST", "/Users", Some(CREATE)), 201, &still_active()),
        answered(
            request(
                "PATCH",
                "/Users/2819c223",
                Some(
                    r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}"#,
                ),
            ),
            204,
            b"",
        ),
        answered(request("GET", "/Users/2819c223", None), 200, &still_active()),
        answered(request("DELETE", "/Users/2819c223", None), 204, b""),
    ];
    failed.swept = 1;
    failed.findings = vec![
        must("OKTA-deactivate-active-false", "false", "false", json!("true"), Place::Body("/active".to_owned()), 2),
        Finding {
            requirement: "RFC7643-3.1-meta-location".into(),
            level: Level::Should,
            expected: "something".to_owned(),
            actual: Value::Null,
            place: Place::Body("/meta/location".to_owned()),
            failure: Failure::NoEffect,
            exchange: 2,
            in_setup: false,
            because: None,
            known: None,
            law: None,
            span: span(&scenario, "true"),
        },
    ];

    let mut gone = case("okta/users/deactivate#wizard", Outcome::Failed);
    gone.transcript = vec![
        answered(request("POST", "/Users", Some(CREATE)), 201, &still_active()),
        answered(request("GET", "/Users/2819c223", None), 404, not_found),
    ];
    gone.transcript[1].attempts = vec![
        Attempt { result: Ok(429), retry_after: Some("2".to_owned()), waited: Duration::from_secs(2) },
        Attempt {
            result: Err(NoReply::Refused("connection refused".to_owned())),
            retry_after: None,
            waited: Duration::from_millis(500),
        },
    ];
    gone.findings = vec![must("OKTA-deactivate-keeps-account", "200", "200", json!(404), Place::Status, 1)];

    let mut again = case("okta/users/unassign", Outcome::Failed);
    again.transcript = gone.transcript.clone();
    again.findings = gone.findings.clone();

    let mut blocked = case(
        "okta/users/reactivate",
        Outcome::Inconclusive(Cause::SetupFailed {
            request: "GET /Users/{id}".to_owned(),
            why: "answered 404 (\"gone\"), expected 200".to_owned(),
        }),
    );
    blocked.blocked_by = ids(&["OKTA-deactivate-keeps-account"]);
    blocked.transcript = vec![answered(request("GET", "/Users/77", None), 404, not_found)];

    let mut silent =
        case("okta/users/lookup", Outcome::Inconclusive(Cause::NoReply(NoReply::TimedOut(Duration::from_secs(60)))));
    silent.checks = ids(&["RFC7644-3.4.2-list"]);
    silent.transcript = vec![Exchange {
        request: request("GET", "/Users?filter=userName%20eq%20%22a%22", None),
        reply: Err(NoReply::TimedOut(Duration::from_secs(60))),
        attempts: Vec::new(),
        took: Duration::from_secs(60),
        look: 0,
    }];

    let mut binary = case("okta/users/binary", Outcome::Passed);
    binary.title = "An answer that is not text".to_owned();
    binary.checks = ids(&["RFC7644-3.4.2-list"]);
    binary.judged.clone_from(&binary.checks);
    binary.findings = vec![Finding {
        requirement: "RFC7643-3.1-meta-location".into(),
        level: Level::Should,
        expected: "a JSON object".to_owned(),
        actual: json!(HOSTILE),
        place: Place::Body(String::new()),
        failure: Failure::NoEffect,
        exchange: 0,
        in_setup: false,
        because: None,
        known: None,
        law: None,
        span: span(&scenario, "true"),
    }];
    binary.transcript = vec![answered(request("GET", "/Users/\u{202e}x", None), 200, b"\xff\xfe\x00\x1b[31m")];

    let no_patch = Evidence::Discovered {
        request: "GET /ServiceProviderConfig".to_owned(),
        says: "patch.supported is false".to_owned(),
    };
    let mut unsupported = case(
        "okta/groups/rename#catalogue",
        Outcome::Skipped(Skip::Unsupported { capability: Capability::Patch, evidence: no_patch.clone() }),
    );
    unsupported.checks = ids(&["RFC7644-3.5.2-patch"]);
    let deselected = case("okta/groups/push", Outcome::Skipped(Skip::Deselected));

    Report {
        tool: Tool { name: "scim-check".to_owned(), version: "0.1.0".to_owned() },
        base_url: "https://scim.example.com/scim/v2/".to_owned(),
        credential: Manner::Bearer,
        options: vec!["--target".to_owned(), "our target.yaml".to_owned()],
        seed: 7,
        started: "2026-11-21T10:00:00Z".to_owned(),
        took: Duration::from_millis(61_234),
        selection: vec!["okta/users".to_owned()],
        depth: Depth::Full,
        laws: false,
        settle: None,
        budget: Budget::default(),
        suites: vec!["okta".to_owned()],
        providers: Vec::new(),
        exit_on: Vec::new(),
        capabilities: vec![
            (Capability::Patch, Support::No(no_patch)),
            (Capability::Groups, Support::Yes(Evidence::Declared("target.yaml:4".to_owned()))),
            (Capability::Bulk, Support::Unknown),
        ],
        cases: vec![passed, failed, gone, again, blocked, silent, binary, unsupported, deselected],
        setups: Vec::new(),
        requirements: Arc::new(registry()),
        edition: None,
        discovery: vec![answered(
            request("GET", "/ServiceProviderConfig", None),
            200,
            br#"{"patch":{"supported":false}}"#,
        )],
        warnings: vec![
            "the token was given on the command line, where `ps` shows it to everybody on this machine".to_owned(),
        ],
        annexes: Vec::new(),
        stored: None,
        setup: Vec::new(),
        treated: Treated::joined([
            Treated { stored: true, ways: [Treatment::LowerCase].into(), ..Treated::new("User", "emails") },
            Treated { ways: [Treatment::NotStored].into(), ..Treated::new("User", "x|<b>colour") },
            Treated { stored: true, defaults: ["\"Oslo\"".to_owned()].into(), ..Treated::new("User", "timezone") },
            Treated { stored: true, ..Treated::new("Group", "displayName") },
        ]),
        part: None,
        known: Vec::new(),
        changes: None,
        demo: None,
    }
}

/// The report of a right server: those cases that passed without a finding.
fn good_report() -> Report {
    let mut report = report();
    report.cases.truncate(1);
    report.cases[0].leftovers.clear();
    report.warnings.clear();
    report
}

fn lines(report: &Report) -> String {
    let line = |(at, case)| text::case_line(case, at + 1, report.cases.len(), Style::Plain) + "\n";
    report.cases.iter().enumerate().map(line).collect()
}

/// Compares with the snapshot of that name.
fn check(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("report-{name}"), text));
}

fn text_with(report: &Report, verbosity: Verbosity) -> String {
    text::summary(report, text::Options { verbosity, ..text::Options::default() })
}

#[test]
fn the_terminal_shows_a_line_for_each_case() {
    check("lines", &lines(&report()));
}

#[test]
fn the_terminal_shows_what_to_mend() {
    check("text", &text_with(&report(), Verbosity::Normal));
}

#[test]
fn the_terminal_shows_everything_when_asked() {
    check("text-verbose", &text_with(&report(), Verbosity::Verbose));
}

#[test]
fn the_terminal_shows_little_when_asked() {
    check("text-quiet", &text_with(&report(), Verbosity::Quiet));
}

#[test]
fn the_terminal_shows_a_right_server_in_a_few_lines() {
    check("text-good", &text_with(&good_report(), Verbosity::Normal));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let report = report();
    let coloured = text::summary(&report, text::Options { style: Style::Coloured, ..text::Options::default() });
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), text_with(&report, Verbosity::Normal));
}

#[test]
fn continuous_integration_gets_xml() {
    check("junit", &junit::render(&report(), Strictness::Must));
}

#[test]
fn strictness_turns_recommendations_into_failures() {
    let xml = junit::render(&report(), Strictness::Should);
    assert!(xml.contains(r#"failures="4""#), "{xml}");
    assert!(junit::render(&report(), Strictness::Must).contains(r#"failures="3""#));
}

#[test]
fn programs_get_json() {
    check("json", &json::render(&report(), json::Options::default()));
}

#[test]
fn json_keeps_to_its_schema() {
    let text = std::fs::read_to_string("schemas/report-1.schema.json").expect("the schema is in the repository");
    let mut schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    close(&mut schema);
    let schema = jsonschema::validator_for(&schema).expect("the schema is a schema");
    for bodies in [Bodies::All, Bodies::Failing, Bodies::None] {
        let options = json::Options { bodies, ..json::Options::default() };
        let json: Value = serde_json::from_str(&json::render(&whole(), options)).expect("a report is JSON");
        let errors: Vec<String> =
            schema.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, [] as [String; 0]);
    }
}

/// Forbids what the schema does not describe: readers allow it, but we describe all that we write.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(close);
            if map.contains_key("properties") && map.get("type").is_some_and(|t| t == "object") {
                map.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn what_is_written_is_read_back() {
    for bodies in [Bodies::All, Bodies::Failing, Bodies::None] {
        let options = json::Options { bodies, ..json::Options::default() };
        let view = json::read(&json::render(&report(), options)).expect("a report can be read");
        assert_eq!(view, json::view(&report(), options));
    }
}

#[test]
fn a_stored_report_says_the_same_in_every_format() {
    let options = format::Options { bodies: Bodies::All, verbosity: Verbosity::Verbose, ..format::Options::default() };
    let mut live = whole();
    let known =
        Known { name: "a".to_owned(), reason: "b".to_owned(), link: None, expires: Some("2027-01-31".to_owned()) };
    let known = Arc::new(known);
    live.cases[3].findings[0].known = Some(Arc::clone(&known));
    live.known = vec![KnownFailure { known, state: KnownState::Holds { cases: 1 }, place: "known.yaml:3".to_owned() }];
    live.demo = Some("scim-check demo".to_owned());
    live.cases[2].findings[0].failure = Failure::NoEffect;
    let to_null = Change {
        kind: ChangeKind::TypeChanged,
        request: "GET /Users/{id}".to_owned(),
        place: "body.title".to_owned(),
        before: Some(json!("a")),
        after: Some(Value::Null),
    };
    let group = ChangeGroup { change: to_null, various: true, cases: vec!["okta/users/lookup".to_owned()] };
    live.changes = Some(Changes { compared: 3, same: 2, groups: vec![group], ..Changes::default() });
    let text = json::render(&live, json::Options { bodies: Bodies::All, ..json::Options::default() });
    let stored = json::read(&text).expect("a report can be read").report().expect("it has a meaning");
    for format in format::FORMATS {
        assert_eq!((format.render)(&stored, options), (format.render)(&live, options), "{}", format.word);
    }
    assert_eq!(times::endpoints(&stored), times::endpoints(&live));
    assert_eq!((&stored.known, &stored.changes, stored.totals()), (&live.known, &live.changes, live.totals()));
    // Without the exchanges only what they show is missing.
    let text = json::render(&live, json::Options { bodies: Bodies::None, ..json::Options::default() });
    let bare = json::read(&text).expect("a report can be read").report().expect("it has a meaning");
    assert_eq!((bare.totals(), times::endpoints(&bare)), (live.totals(), times::endpoints(&live)));
    for format in format::FORMATS {
        assert!(!(format.render)(&bare, options).is_empty(), "{}", format.word);
    }
}

#[test]
fn a_report_with_all_bodies_is_a_tape() {
    let report = report();
    let options = json::Options { bodies: Bodies::All, ..json::Options::default() };
    let view = json::read(&json::render(&report, options)).expect("a report can be read");
    let tape = view.tape().expect("all exchanges are kept");
    assert_eq!(view.discovered().expect("they are kept"), report.discovery);
    for case in &report.cases {
        assert_eq!(tape.get(&case.id).map_or(&[] as &[Exchange], Vec::as_slice), case.transcript);
    }
}

#[test]
fn a_report_without_all_bodies_is_no_tape() {
    let view = json::read(&json::render(&report(), json::Options::default())).expect("a report can be read");
    let error = view.tape().expect_err("the bodies of a case that passed are not kept");
    assert_eq!(
        error.to_string(),
        "the report does not hold the exchanges of okta/users/create#wizard; write it with --bodies all"
    );
}

#[test]
fn a_report_of_another_format_is_refused_by_name() {
    let error = json::read(r#"{"format":"scim-check.report/9","all":"different"}"#).expect_err("another format");
    assert_eq!(
        error.to_string(),
        "the report has format `scim-check.report/9`, and this version reads `scim-check.report/1`"
    );
    assert!(json::read("[]").is_err());
    assert!(json::read("").is_err());
}

#[test]
fn without_bodies_nothing_of_the_servers_data_is_kept() {
    let options = json::Options { bodies: Bodies::None, ..json::Options::default() };
    let json = json::render(&report(), options);
    assert!(!json.contains("sean@example.org"));
    assert!(json::render(&report(), json::Options::default()).contains("sean@example.org"));
}

#[test]
fn nothing_that_the_server_sends_steers_the_reader() {
    let report = report();
    let options = json::Options { bodies: Bodies::All, ..json::Options::default() };
    let formats = [
        ("lines", lines(&report)),
        ("text", text_with(&report, Verbosity::Normal)),
        ("verbose", text_with(&report, Verbosity::Verbose)),
        ("quiet", text_with(&report, Verbosity::Quiet)),
        ("json", json::render(&report, options)),
        ("junit", junit::render(&report, Strictness::Should)),
        ("markdown", markdown::render(&report, Strictness::Must)),
        ("har", har::render(&report)),
        ("badge", badge::render(&report, Strictness::Must)),
        ("annotations", annotations::render(&report, Strictness::Must, |_| None)),
    ];
    for (name, text) in formats {
        let steering: Vec<char> = text
            .chars()
            .filter(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202e}' | '\u{feff}' | '\u{ffff}'))
            .collect();
        assert!(steering.is_empty(), "in {name}: {steering:?}");
        if name == "json" || name == "junit" {
            assert!(!text.contains("</script>"), "in {name}");
            assert!(name == "json" || !text.contains("]]>"), "in {name}");
        }
    }
}

#[test]
fn the_verdict_follows_from_the_cases() {
    let verdict = |cases: Vec<CaseResult>, strictness| Report { cases, ..report() }.verdict(strictness);
    let of = |index: usize| report().cases.swap_remove(index);
    let (passed, failed, open, warned, unsupported, deselected) = (of(0), of(1), of(4), of(6), of(7), of(8));
    let table = [
        (vec![], Verdict::Undecided, Verdict::Undecided),
        (vec![&passed, &unsupported], Verdict::Conforms, Verdict::Conforms),
        (vec![&passed, &deselected], Verdict::Partial, Verdict::Partial),
        (vec![&passed, &deselected, &open], Verdict::Undecided, Verdict::Undecided),
        (vec![&warned], Verdict::Conforms, Verdict::Violates),
        (vec![&passed, &deselected, &open, &failed], Verdict::Violates, Verdict::Violates),
    ];
    for (cases, lenient, strict) in table {
        let cases: Vec<CaseResult> = cases.into_iter().cloned().collect();
        let names: Vec<String> = cases.iter().map(|case| case.id.clone()).collect();
        assert_eq!(verdict(cases.clone(), Strictness::Must), lenient, "{names:?}");
        assert_eq!(verdict(cases, Strictness::Should), strict, "{names:?}");
    }
}

#[test]
fn each_requirement_has_the_worst_status_that_was_seen() {
    let status: Vec<(String, Status)> =
        report().requirement_status().iter().map(|(r, status)| (r.id.to_string(), *status)).collect();
    assert_eq!(
        status,
        [
            ("OKTA-deactivate-active-false".to_owned(), Status::Violated),
            ("OKTA-deactivate-keeps-account".to_owned(), Status::Violated),
            ("RFC7643-3.1-meta-location".to_owned(), Status::Violated),
            ("RFC7644-3.3-created-201".to_owned(), Status::Met),
            ("RFC7644-3.4.2-list".to_owned(), Status::Met),
            ("RFC7644-3.5.2-patch".to_owned(), Status::Untested),
        ]
    );
    let mut report = report();
    report.cases.retain(|case| case.id == "okta/users/lookup");
    let status: Vec<Status> = report.requirement_status().iter().map(|(_, status)| *status).collect();
    assert_eq!(status, [Status::Undecided]);
}

/// What a reviewer may see: each state once.
fn readiness() -> Readiness {
    let feature = |feature, ready, blocked_by: &[&str], evidence| Feature {
        feature,
        ready,
        blocked_by: ids(blocked_by),
        evidence,
        only: None,
        ways: Vec::new(),
        undecided: Vec::new(),
    };
    let case = |id: &str, state, by_hand: Option<&str>, cases: &[&str], blocked_by: &[&str]| QaCase {
        id: id.to_owned(),
        section: if by_hand.is_some() { "Preparation" } else { "Create | users" }.to_owned(),
        title: format!("The case of <{id}>"),
        feature: Some(Capability::of("create-users")),
        state,
        by_hand: by_hand.map(str::to_owned),
        cases: cases.iter().map(|case| (*case).to_owned()).collect(),
        blocked_by: ids(blocked_by),
        only: None,
        ways: Vec::new(),
        undecided: Vec::new(),
    };
    let attribute =
        |path: &str, cells, unchecked| AttributeRow { attribute: path.to_owned(), cells, unchecked, source: None };
    let off = Evidence::Declared("target.yaml:4".to_owned());
    let way = |name: &str, ready, blocked_by: &[&str], evidence| WayState {
        name: name.to_owned(),
        ready,
        because: format!("Okta works {name}"),
        blocked_by: ids(blocked_by),
        evidence,
    };
    let ways = || {
        let says = Evidence::Discovered {
            request: "GET /ServiceProviderConfig".to_owned(),
            says: "patch.supported is false".to_owned(),
        };
        vec![
            way("as a catalogue app", Ready::NotReady, &[], Some(says)),
            way("as a custom app", Ready::Ready, &[], None),
        ]
    };
    let undecided = || {
        vec![
            Undecided {
                why: "PATCH /Users/… answered 500 <oops|>".to_owned(),
                cases: vec!["okta/password/sync#catalogue".to_owned(), "okta/password/sync#wizard".to_owned()],
                blocked_by: ids(&["OKTA-create-201"]),
            },
            Undecided { why: "429 again".to_owned(), cases: vec!["okta/users/id".to_owned()], blocked_by: Vec::new() },
        ]
    };
    let many = ["OKTA-a", "OKTA-b", "OKTA-c", "OKTA-d", "OKTA-e"];
    Readiness {
        features: vec![
            feature(Capability::of("create-users"), Ready::NotReady, &["OKTA-create-201", "OKTA-id-string"], None),
            Feature {
                ways: vec![way("with updates by PATCH", Ready::NotReady, &many, None)],
                only: Some("with updates by PUT".to_owned()),
                ..feature(Capability::of("update-users"), Ready::InPart, &[], None)
            },
            Feature {
                ways: ways(),
                only: Some("as a custom app".to_owned()),
                ..feature(Capability::of("deactivate-users"), Ready::InPart, &[], None)
            },
            feature(Capability::of("reactivate-users"), Ready::NotReady, &many, None),
            Feature {
                undecided: undecided(),
                ..feature(Capability::of("sync-password"), Ready::CouldNotTell, &[], None)
            },
            feature(Capability::of("import-users"), Ready::Ready, &[], None),
            feature(Capability::of("push-groups"), Ready::NotDeclared, &[], Some(off)),
        ],
        plan: vec![
            case("C1", QaState::Manual, Some("press *the* button"), &[], &[]),
            case("C2", QaState::Manual, Some("look"), &["okta/users/create"], &[]),
            case("C3", QaState::Failed, None, &["okta/users/create"], &["OKTA-create-201"]),
            case("C4", QaState::Passed, None, &["okta/users/get", "okta/users/id"], &[]),
            QaCase { undecided: undecided(), ..case("C5", QaState::Undecided, None, &[], &[]) },
            case("C6", QaState::NotApplicable, None, &[], &[]),
            QaCase {
                ways: ways(),
                only: Some("as a custom app".to_owned()),
                ..case("C7", QaState::InPart, None, &["okta/users/create"], &[])
            },
        ],
        attributes: vec![
            attribute("title", [Cell::Holds, Cell::Fails, Cell::NotDeclared, Cell::Holds], None),
            attribute("urn:x:2.0:User:desk|floor", [Cell::NotChecked; 4], None),
            attribute("roles", [Cell::NotChecked; 4], Some("what it may hold cannot be guessed")),
        ],
    }
}

/// The report of the whole of Okta's suite.
fn whole() -> Report {
    report().with_annexes(|report| vec![readiness::annex(report, Some(&readiness()))])
}

fn oin(report: &Report) -> String {
    (format::named("oin").expect("it is in the table").render)(report, format::Options::default())
}

#[test]
fn reviewers_get_a_document() {
    let whole = whole();
    check("oin", &oin(&whole));
    check("oin-text", &text_with(&whole, Verbosity::Quiet));
    let part = report().with_annexes(|report| vec![readiness::annex(report, None)]);
    assert!(oin(&part).contains("Only part of Okta's suite was run"), "{}", oin(&part));
    assert_eq!(text_with(&part, Verbosity::Normal), text_with(&report(), Verbosity::Normal));
    assert!(oin(&report()).contains("no annex of it brings such a document"), "{}", oin(&report()));
    let view = json::read(&json::render(&whole, json::Options::default())).expect("a report can be read");
    assert_eq!(view.annexes, whole.annexes);
    let written: value::Readiness = serde_json::from_value(view.annexes[0].value.clone()).expect("it was written");
    assert_eq!((written.attributes[0].update.as_str(), written.attributes[2].unchecked.is_some()), ("NO", true));
    let states: Vec<String> = written.plan.into_iter().map(|case| case.state).collect();
    assert_eq!(states, ["manual", "manual", "failed", "passed", "undecided", "not applicable", "passed in part"]);
    let features: Vec<String> = written.features.iter().map(|feature| feature.ready.clone()).collect();
    assert_eq!(features[..3], ["not ready", "ready in part", "ready in part"]);
    assert_eq!(written.features[2].only.as_deref(), Some("as a custom app"));
    assert!(written.features[2].ways[0].because.contains("patch.supported is false"));
    assert_eq!(written.features[4].undecided[0].blocked_by, ["OKTA-create-201"]);
}

/// Everything that an attacker could hope to bring into a page, in one text.
const MARKUP: &str = "</script><script>alert(1)</script><img src=x onerror=alert(1)> \"'><svg/onload=alert(1)> \u{202e}\u{0}\u{1b}[31m <!-- ]]>";

/// The fixed report with that text wherever a server, a scenario or an owner can put one.
fn hostile_report() -> Report {
    let mut report = report();
    report.base_url = format!("https://scim.example.com/{MARKUP}");
    report.warnings.push(MARKUP.to_owned());
    for case in &mut report.cases {
        case.id.push_str(MARKUP);
        case.title.push_str(MARKUP);
        for note in &mut case.notes {
            note.text.push_str(MARKUP);
        }
        for leftover in &mut case.leftovers {
            leftover.path.push_str(MARKUP);
            leftover.why.push_str(MARKUP);
        }
        for finding in &mut case.findings {
            finding.actual = json!(MARKUP);
            finding.expected.push_str(MARKUP);
            if let Place::Body(pointer) = &mut finding.place {
                pointer.push_str(MARKUP);
            }
        }
        for exchange in &mut case.transcript {
            exchange.request.path.push_str(MARKUP);
            if let Ok(response) = &mut exchange.reply {
                response.headers.0.push((MARKUP.to_owned(), MARKUP.to_owned()));
                response.body = json!({ MARKUP: MARKUP }).to_string().into_bytes();
            }
        }
    }
    report
}

fn html_of(report: &Report) -> String {
    html::render(report, html::Options { bodies: Bodies::All, strictness: Strictness::Must })
}

/// What stands between the first opening and the next closing tag of that name.
fn inside<'a>(page: &'a str, tag: &str) -> &'a str {
    let rest = page.split_once(&format!("<{tag}>")).expect("the page has that element").1;
    rest.split_once(&format!("</{tag}>")).expect("the element ends").0
}

#[test]
fn nothing_that_was_sent_becomes_markup() {
    let page = html_of(&hostile_report());
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    for (markup, times) in [("<script", 1), ("</script", 1), ("<style", 1), ("<img", 0), ("<!--", 0), ("<svg/", 0)] {
        assert_eq!(page.matches(markup).count(), times, "{markup}");
    }
    // Every attribute is written by us: none holds a handler or a style.
    let outside = page.replace(inside(&page, "script"), "");
    let mut tags = outside.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag);
    assert_eq!(tags.find(|tag| tag.contains(" on") || tag.contains(" style=")), None);
    let hidden =
        |c: &char| *c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{feff}' | '\u{ffff}'));
    assert_eq!(page.chars().find(hidden), None);
}

#[test]
fn only_the_style_and_the_script_of_the_page_are_let_in() {
    use base64::Engine as _;
    let page = html_of(&report());
    let hash = |text: &str| {
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(digest))
    };
    let (style, script) = (hash(inside(&page, "style")), hash(inside(&page, "script")));
    let policy =
        format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'");
    assert!(page.contains(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")), "{policy}");
    assert!(!page.contains("src=\"") && !page.contains("@import") && !page.contains("url("));
}

#[test]
fn a_huge_answer_does_not_make_a_huge_page() {
    let mut report = report();
    let huge = json!({ "detail": "x".repeat(600_000), "list": vec!["y".repeat(50); 10_000] }).to_string().into_bytes();
    for case in &mut report.cases {
        for finding in &mut case.findings {
            finding.actual = json!("z".repeat(600_000));
        }
        for exchange in &mut case.transcript {
            exchange.request.path.push_str(&"p".repeat(100_000));
            if let Ok(response) = &mut exchange.reply {
                response.body.clone_from(&huge);
            }
        }
    }
    let page = html_of(&report);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn a_page_says_no_more_of_what_passed_than_it_shall() {
    let with = |bodies| html::render(&report(), html::Options { bodies, strictness: Strictness::Must });
    let is_shown = |page: &str| ["2819c223", "Sean", "oops"].map(|sent| page.contains(sent));
    assert_eq!(is_shown(&with(Bodies::All)), [true, true, true]);
    assert_eq!(is_shown(&with(Bodies::Failing)), [true, true, false]);
    assert!(!with(Bodies::None).contains("Sean"));
}

#[test]
fn the_summary_of_a_job_gets_markdown() {
    let text = markdown::render(&report(), Strictness::Must);
    assert!(text.starts_with("# SCIM: violates\n"), "{text}");
    assert!(text.contains("### After a deactivation the account can still be read\n"), "{text}");
    assert!(text.contains("- **Fix:** Keep the record and return it with active: false\n"), "{text}");
    assert_eq!(text.matches("because of `OKTA-deactivate-keeps-account`").count(), 1, "{text}");
}

#[test]
fn what_the_server_sends_is_no_markup_in_markdown() {
    let mut report = hostile_report();
    for finding in report.cases.iter_mut().flat_map(|case| &mut case.findings) {
        finding.actual = json!("``` @octocat ![x](https://evil.example/x.png)");
    }
    let text = markdown::render(&report, Strictness::Must);
    let mut fence = String::new();
    let mut left = String::new();
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        if fence.is_empty() && ticks.len() >= 3 && !line[ticks.len()..].contains('`') {
            fence = ticks;
        } else if !fence.is_empty() {
            if line == fence {
                fence.clear();
            }
        } else {
            left.push_str(&outside_code(line));
            left.push('\n');
        }
    }
    assert!(fence.is_empty(), "a block of code does not end");
    for markup in ["@octocat", "](http", "://", "<script", "<img", "<svg"] {
        let found = left.lines().find(|line| line.replace("\\<", "").contains(markup));
        assert_eq!(found, None, "{markup}");
    }
}

/// A line of Markdown without its spans of code.
fn outside_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let escaped = rest[..at].ends_with('\\');
        let ticks = rest[at..].chars().take_while(|c| *c == '`').count();
        out.push_str(&rest[..at]);
        let after = &rest[at + ticks..];
        let ends = |from: usize| after[from..].chars().take_while(|c| *c == '`').count();
        let mut runs = after.match_indices('`').filter(|(from, _)| *from == 0 || after.as_bytes()[from - 1] != b'`');
        match runs.find(|(from, _)| !escaped && ends(*from) == ticks) {
            Some((from, _)) => rest = &after[from + ticks..],
            None => rest = after,
        }
    }
    out + rest
}

#[test]
fn a_badge_tells_the_verdict() {
    let badge = |report: &Report, strictness| -> Value {
        serde_json::from_str(&badge::render(report, strictness)).expect("a badge is JSON")
    };
    let red = |message| json!({ "schemaVersion": 1, "label": "SCIM", "message": message, "color": "red" });
    assert_eq!(badge(&report(), Strictness::Must), red("2 violations"));
    assert_eq!(badge(&report(), Strictness::Should), red("3 violations"));
    assert_eq!(badge(&good_report(), Strictness::Must)["message"], "conforms");
    let nothing = Report { cases: Vec::new(), ..report() };
    assert_eq!(badge(&nothing, Strictness::Must)["message"], "undecided");
}

#[test]
fn annotations_are_one_line_for_each_cause() {
    let own = |span: &Span| Some(format!("my,{}", span.file.name));
    let text = annotations::render(&report(), Strictness::Must, own);
    assert_eq!(text.matches("::error ").count(), 2, "{text}");
    let place = "::error file=my%2Cokta/users/deactivate.yaml,line=7,title=OKTA-deactivate-keeps-account%3A ";
    assert!(text.contains(place), "{text}");
    assert!(text.contains("%0AFix: Keep the record"), "{text}");
    assert!(!annotations::render(&report(), Strictness::Must, |_| None).contains("file="));

    let mut hostile = report();
    for finding in hostile.cases.iter_mut().flat_map(|case| &mut case.findings) {
        finding.expected = "100%\n::error::pwned\r::stop-commands::x".to_owned();
    }
    let text = annotations::render(&hostile, Strictness::Must, |_| None);
    let begins = |line: &str| line.starts_with("::error title=") || line.starts_with("::warning title=");
    assert!(text.lines().all(begins) && text.contains("100%25"), "{text}");
}

#[test]
fn annotations_keep_to_the_limit_of_github() {
    let mut many = report();
    let failed = many.cases[1].clone();
    for n in 0..30 {
        let mut case = failed.clone();
        case.findings.truncate(1);
        case.findings[0].requirement = RequirementId::from(format!("OKTA-{n}").as_str());
        many.cases.push(case);
    }
    assert_eq!(annotations::render(&many, Strictness::Must, |_| None).matches("::error ").count(), 10);
}

#[test]
fn browsers_get_an_archive() {
    let report = report();
    let archive: Value = serde_json::from_str(&har::render(&report)).expect("an archive is JSON");
    let log = &archive["log"];
    assert_eq!(log["version"], "1.2");
    let entries = log["entries"].as_array().expect("it has entries");
    let sent = report.cases.iter().map(|case| case.transcript.len()).sum::<usize>() + report.discovery.len();
    assert_eq!(entries.len(), sent);
    let pages: Vec<&Value> = log["pages"].as_array().expect("it has pages").iter().map(|page| &page["id"]).collect();
    let strings =
        ["/startedDateTime", "/request/method", "/request/url", "/request/httpVersion", "/response/statusText"];
    let strings =
        strings.iter().chain(&["/response/httpVersion", "/response/redirectURL", "/response/content/mimeType"]);
    let numbers = ["/time", "/request/headersSize", "/request/bodySize", "/response/status", "/response/headersSize"];
    let numbers = numbers.iter().chain(&["/response/bodySize", "/response/content/size", "/timings/send"]);
    let numbers = numbers.chain(&["/timings/wait", "/timings/receive"]);
    let lists =
        ["/request/cookies", "/request/headers", "/request/queryString", "/response/cookies", "/response/headers"];
    for entry in entries {
        let has = |at: &str, is: fn(&Value) -> bool| assert!(entry.pointer(at).is_some_and(is), "{at} of {entry}");
        strings.clone().for_each(|at| has(at, Value::is_string));
        numbers.clone().for_each(|at| has(at, Value::is_number));
        lists.iter().for_each(|at| has(at, Value::is_array));
        has("/cache", Value::is_object);
        assert!(pages.contains(&&entry["pageref"]), "{entry}");
    }
    let lookup = entries.iter().find(|entry| entry["pageref"] == "okta/users/lookup").expect("it was sent");
    assert_eq!(lookup["request"]["queryString"], json!([{ "name": "filter", "value": "userName eq \"a\"" }]));
    assert_eq!(lookup["response"]["status"], 0);
    let told =
        |entry: &&Value| entry["comment"].as_str().is_some_and(|said| said.contains("OKTA-deactivate-active-false"));
    assert_eq!(entries.iter().filter(told).count(), 1);
}

#[test]
fn test_pages_tell_the_requirement_and_its_level() {
    let xml = junit::render(&report(), Strictness::Must);
    let from = xml.find("<testsuite name=\"okta/users/deactivate\"").unwrap_or_else(|| panic!("{xml}"));
    let suite = &xml[from..from + xml[from..].find("</testsuite>").expect("it ends")];
    for (name, value) in [("level", "MUST"), ("requirement", "OKTA-deactivate-keeps-account")] {
        assert!(suite.contains(&format!("<property name=\"{name}\" value=\"{value}\"/>")), "{suite}");
    }
}

#[test]
fn jenkins_takes_what_any_report_becomes() {
    for strictness in [Strictness::Must, Strictness::Should] {
        let counts = form::check(&junit::render(&report(), strictness));
        for element in ["failure", "error", "skipped", "system-out", "property"] {
            assert!(counts.contains_key(element), "{element} is in the example: {counts:?}");
        }
        form::check(&junit::render(&hostile_report(), strictness));
        form::check(&junit::render(&whole(), strictness));
        form::check(&junit::render(&all_known(), strictness));
    }
    form::check(&junit::render(&good_report(), Strictness::Must));
    // Something was in the way, and nothing was run.
    let counts = form::check(&junit::render(&Report { cases: Vec::new(), ..report() }, Strictness::Must));
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("testsuites".to_owned(), 1)]);
}

#[test]
fn jenkins_takes_what_runs_write() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let baseline = folder.path().join("known.yaml");
    let known = "version: 1\nknown-failures:\n  - requirement: OKTA-active-boolean\n    reason: being mended\n";
    std::fs::write(&baseline, known).expect("a file");
    let cases = ["okta/users/create", "okta/auth", "okta/lookup/*"];
    let runs: [&[&str]; 4] = [
        &["demo"],
        &["demo", "--quirk", "active-as-string", "--quirk", "filter-unsupported", "--strict"],
        &["demo", "--quirk", "active-as-string", "--baseline", "known.yaml"],
        &["run", "--base-url", "http://127.0.0.1:9/scim", "--token", "t"],
    ];
    for arguments in runs {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_scim-check"));
        program
            .args(arguments)
            .args(cases)
            .args(["--settle", "0", "--report", "junit=scim.xml"])
            .current_dir(folder.path());
        program.stdin(std::process::Stdio::null()).env("XDG_STATE_HOME", folder.path());
        let output = program.output().expect("the program starts");
        let xml = std::fs::read_to_string(folder.path().join("scim.xml"));
        let xml = xml.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        form::check(&xml);
        std::fs::remove_file(folder.path().join("scim.xml")).expect("it was there");
    }
}

/// The report in which all that fails is known.
fn all_known() -> Report {
    let mut report = report();
    let known = Arc::new(scim_check::verdict::Known {
        name: "okta/**".to_owned(),
        reason: "being mended".to_owned(),
        link: None,
        expires: None,
    });
    for case in &mut report.cases {
        case.expected = matches!(case.outcome, Outcome::Inconclusive(_)).then(|| Arc::clone(&known));
        case.findings.iter_mut().for_each(|finding| finding.known = Some(Arc::clone(&known)));
    }
    report
}

#[test]
fn a_known_failure_is_new_in_no_format() {
    let report = all_known();
    assert_eq!(annotations::render(&report, Strictness::Should, |_| None), "");
    let text = markdown::render(&report, Strictness::Should);
    assert!(!text.contains("violated") && !text.contains("Could not be judged"), "{text}");
    assert!(!badge::render(&report, Strictness::Should).contains("violation"));
    let xml = junit::render(&report, Strictness::Should);
    assert!(xml.contains(r#"failures="0" errors="0""#), "{xml}");
}

/// A field that has to be there, and what it has to be.
type Field<'a> = (&'a str, fn(&Value) -> bool);

/// What HAR 1.2 demands of an object: its name for people, and the kind of each field that has to be there.
fn demand(what: &str, object: &Value, fields: &[Field<'_>]) {
    for (name, is_right) in fields {
        let value = object.get(name).unwrap_or_else(|| panic!("{what} has no {name}: {object}"));
        assert!(is_right(value), "{what}: {name} is {value}");
    }
}

/// An archive is what HAR 1.2 says it is. Gives how many entries it has.
fn check_archive(text: &str) -> usize {
    let is_moment = |value: &Value| {
        value.as_str().is_some_and(|text| text.contains('T') && chrono::DateTime::parse_from_rfc3339(text).is_ok())
    };
    let is_time = |value: &Value| value.as_f64().is_some_and(|ms| ms.is_finite() && ms >= 0.0);
    let is_size = |value: &Value| value.as_i64().is_some_and(|bytes| bytes >= -1);
    let is_pairs = |value: &Value| {
        let is_pair = |pair: &Value| pair["name"].is_string() && pair["value"].is_string();
        value.as_array().is_some_and(|pairs| pairs.iter().all(is_pair))
    };
    let archive: Value = serde_json::from_str(text).expect("an archive is JSON");
    let log = &archive["log"];
    demand("log", log, &[("version", |v| v == "1.2"), ("creator", Value::is_object), ("entries", Value::is_array)]);
    demand("creator", &log["creator"], &[("name", Value::is_string), ("version", Value::is_string)]);
    let mut pages = std::collections::BTreeMap::new();
    for page in log["pages"].as_array().expect("pages") {
        demand(
            "page",
            page,
            &[
                ("startedDateTime", is_moment),
                ("id", Value::is_string),
                ("title", Value::is_string),
                ("pageTimings", Value::is_object),
            ],
        );
        let before = pages.insert(page["id"].as_str().expect("a text"), &page["startedDateTime"]);
        assert_eq!(before, None, "an id names one page");
    }
    let entries = log["entries"].as_array().expect("entries");
    let moment =
        |value: &Value| chrono::DateTime::parse_from_rfc3339(value.as_str().expect("a text")).expect("a moment");
    let mut last = None;
    for entry in entries {
        demand(
            "entry",
            entry,
            &[
                ("startedDateTime", is_moment),
                ("time", is_time),
                ("request", Value::is_object),
                ("response", Value::is_object),
                ("cache", Value::is_object),
                ("timings", Value::is_object),
            ],
        );
        let timings = &entry["timings"];
        demand("timings", timings, &[("send", is_time), ("wait", is_time), ("receive", is_time)]);
        let parts = ["send", "wait", "receive"].iter().filter_map(|part| timings[part].as_f64()).sum::<f64>();
        assert!(
            entry["time"].as_f64().is_some_and(|time| (time - parts).abs() < 0.001),
            "the sum of its timings: {entry}"
        );
        let page = pages.get(entry["pageref"].as_str().expect("a page")).expect("one that is there");
        assert!(moment(&entry["startedDateTime"]) >= moment(page), "an entry does not begin before its page");
        let started = moment(&entry["startedDateTime"]);
        assert!(last.replace(started).is_none_or(|last| started >= last), "browsers expect them in order");
        let request = &entry["request"];
        demand(
            "request",
            request,
            &[
                ("method", Value::is_string),
                ("url", |v| v.as_str().is_some_and(|url| url::Url::parse(url).is_ok())),
                ("httpVersion", Value::is_string),
                ("cookies", Value::is_array),
                ("headers", is_pairs),
                ("queryString", is_pairs),
                ("headersSize", is_size),
                ("bodySize", is_size),
            ],
        );
        if let Some(data) = request.get("postData") {
            demand(
                "postData",
                data,
                &[("mimeType", Value::is_string), ("text", Value::is_string), ("params", Value::is_array)],
            );
        }
        let response = &entry["response"];
        demand(
            "response",
            response,
            &[
                ("status", Value::is_u64),
                ("statusText", Value::is_string),
                ("httpVersion", Value::is_string),
                ("cookies", Value::is_array),
                ("headers", is_pairs),
                ("content", Value::is_object),
                ("redirectURL", Value::is_string),
                ("headersSize", is_size),
                ("bodySize", is_size),
            ],
        );
        demand("content", &response["content"], &[("size", is_size), ("mimeType", Value::is_string)]);
    }
    entries.len()
}

#[test]
fn archives_are_as_har_says() {
    let one = report();
    let exchanges = one.discovery.len() + one.cases.iter().map(|case| case.transcript.len()).sum::<usize>();
    assert_eq!(check_archive(&har::render(&one)), exchanges);
    check_archive(&har::render(&hostile_report()));
    assert_eq!(check_archive(&har::render(&Report { cases: Vec::new(), discovery: Vec::new(), ..report() })), 0);
}

#[test]
fn an_entry_of_an_archive_has_its_own_time() {
    let report = report();
    let archive: Value = serde_json::from_str(&har::render(&report)).expect("an archive is JSON");
    let cases = report.cases.iter().flat_map(|case| &case.transcript);
    let took: Vec<f64> =
        report.discovery.iter().chain(cases).map(|exchange| exchange.took.as_secs_f64() * 1000.0).collect();
    let entries = archive["log"]["entries"].as_array().expect("entries");
    let told: Vec<f64> = entries.iter().filter_map(|entry| entry["time"].as_f64()).collect();
    assert_eq!(told, took);
    // When each has left is not known: one begins where the one before it ended.
    let at = |entry: &Value| {
        let text = entry["startedDateTime"].as_str().expect("a text");
        chrono::DateTime::parse_from_rfc3339(text).expect("a moment").timestamp_millis() as f64
    };
    for (pair, took) in entries.windows(2).zip(&took) {
        assert!((at(&pair[1]) - at(&pair[0]) - took).abs() <= 1.0, "{pair:?}");
    }
}

#[test]
fn by_the_newest_edition_what_came_later_counts_again() {
    let since = Edition::parse("2027.03").expect("an edition");
    let later = |outcome: Outcome, findings: Vec<Finding>| {
        let mut case = CaseResult { findings, ..case("okta/users/later", outcome) };
        case.since = Some(since);
        case.set_aside(since);
        assert_eq!((&case.outcome, case.findings.len()), (&Outcome::Skipped(Skip::NotScored(since)), 0));
        let report = Report { cases: vec![case], ..report() };
        assert_eq!(report.verdict(Strictness::Must), Verdict::Undecided, "nothing else was run");
        let today = report.by_newest(&report.requirements);
        (today.cases[0].outcome.clone(), today.cases[0].findings.len(), today.verdict(Strictness::Must))
    };
    let failed = report().cases[1].findings.clone();
    let (outcome, findings, verdict) = later(Outcome::Failed, failed.clone());
    assert_eq!((outcome, findings, verdict), (Outcome::Failed, failed.len(), Verdict::Violates));
    let (outcome, findings, verdict) = later(Outcome::Inconclusive(Cause::Throttled), Vec::new());
    assert!(matches!(outcome, Outcome::Inconclusive(_)), "what could not be judged is not passed: {outcome:?}");
    assert_eq!((findings, verdict), (0, Verdict::Undecided));
}

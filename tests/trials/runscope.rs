//! Exports of Runscope: read, played against servers right and wrong, and told about.
//!
//! Okta's own exports are not part of this repository. `SCIM_CHECK_OKTA_EXPORTS` names a folder with them; without it their
//! tests are reported as ignored, except where `CI` is set.

mod legacy;
mod official;
mod program;

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use scim_check::judge::Judge;
use scim_check::okta::runscope::play::{Fate, Play, Played, Whom, play, variables};
use scim_check::okta::runscope::{
    Answer, App, Assertion, Comparison, Destination, Export, Outcome, Scripts, Step, Variables, check, destination,
    read, strays, unresolved,
};
use scim_check::persona::Version;
use scim_check::reference::{Options, Quirk, Server, serve};
use scim_check::run::{self, Run, Stop};
use scim_check::scenario;
use scim_check::source::{Diagnostic, Renderer, SourceFile, render};
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::{Headers, HttpWire, Response, Wire};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::watch;

/// Where the servers of these tests live.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// The judge of the built-in requirements, made once.
static JUDGE: LazyLock<Arc<Judge>> = LazyLock::new(|| {
    let library = scenario::load(None).expect("the built-in files are right");
    Arc::new(Judge::new(&library.registry).expect("the built-in requirements are registered"))
});

const SEED: u64 = 7;

type Test = (&'static str, fn());

const TESTS: &[Test] = &[
    ("each comparison passes and fails where it should", each_comparison_passes_and_fails_where_it_should),
    ("each source is looked at", each_source_is_looked_at),
    ("each form of path leads where it should", each_form_of_path_leads_where_it_should),
    ("what is no path is refused", what_is_no_path_is_refused),
    ("where Runscope is laxer than Okta a note says so", where_runscope_is_laxer_a_note_says_so),
    ("a URL leads to the server, to the org, or nowhere", a_url_leads_somewhere),
    ("mistakes are told all at once", mistakes_are_told_all_at_once),
    ("a file cut off anywhere is a mistake", a_file_cut_off_anywhere_is_a_mistake),
    ("a file that is no YAML is read too", a_file_that_is_no_yaml_is_read_too),
    ("an unknown script is refused unless scripts are off", an_unknown_script_is_refused_unless_scripts_are_off),
    ("random variables are those of the initial scripts", random_variables_are_those_of_the_initial_scripts),
    ("our exports use every comparison", our_exports_use_every_comparison),
    ("everything holds on the reference", everything_holds_on_the_reference),
    ("the life of a user holds with a catalogue app", || the_life_of_a_user_holds(App::Catalogue)),
    ("the life of a user holds with a wizard app", || the_life_of_a_user_holds(App::Wizard)),
    ("the org sends what the app kind sends", the_org_sends_what_the_app_kind_sends),
    ("the org plays every flow it knows", the_org_plays_every_flow_it_knows),
    ("what a faulty server does is found", what_a_faulty_server_does_is_found),
    ("notes go beyond Runscope", notes_go_beyond_runscope),
    ("an empty list where one is wanted brings advice", an_empty_list_brings_advice),
    ("a variable that cannot be set is told", a_variable_that_cannot_be_set_is_told),
    ("a late server is looked at again", a_late_server_is_looked_at_again),
    ("what cannot be removed is reported", what_cannot_be_removed_is_reported),
    ("what is not ours is left alone", what_is_not_ours_is_left_alone),
    ("what others own is not changed", what_others_own_is_not_changed),
    ("nobody there is no failure", nobody_there_is_no_failure),
    ("a play that is stopped sweeps", a_play_that_is_stopped_sweeps),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = TESTS.iter().chain(program::TESTS).chain(legacy::TESTS).map(trial).collect();
    trials.extend(official::trials());
    trials
}

fn trial(test: &Test) -> Trial {
    let (name, test) = *test;
    Trial::test(format!("runscope::{name}"), move || {
        test();
        Ok(())
    })
}

fn source(name: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile { name: name.to_owned(), text: text.to_owned() })
}

fn file(path: &Path) -> Arc<SourceFile> {
    source(&path.display().to_string(), &std::fs::read_to_string(path).expect("the file is there"))
}

/// An export of this folder.
fn export(name: &str) -> Export {
    let file = file(&Path::new("tests/runscope").join(name));
    read(&file, Scripts::Known).unwrap_or_else(|mistakes| panic!("{}", render(&mistakes, &Renderer::plain())))
}

/// An export with one request, written out.
fn request(url: &str, more: Value) -> Export {
    let mut step = json!({
        "step_type": "request", "method": "GET", "url": url, "headers": { "Authorization": "{{auth}}" },
    });
    step.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    let text = json!({ "name": "one request", "steps": [step] }).to_string();
    read(&source("one.json", &text), Scripts::Known).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

fn the_assertion(comparison: &str, source: &str, property: &str, value: Value) -> Assertion {
    let assertion = json!({ "comparison": comparison, "source": source, "property": property, "value": value });
    let export = request("{{SCIMBaseURL}}/Users", json!({ "assertions": [assertion] }));
    match export.steps.into_iter().next() {
        Some(Step::Request(step)) => step.assertions.into_iter().next().expect("one assertion"),
        _ => panic!("one request"),
    }
}

fn response(body: &str) -> Response {
    let headers = Headers(vec![("Content-Type".to_owned(), "application/scim+json".to_owned())]);
    Response { status: 200, headers, body: body.as_bytes().to_vec() }
}

/// Whether an assertion holds on a body.
fn holds(assertion: &Assertion, body: &str) -> bool {
    let response = response(body);
    let answer = Answer::new(&response, Duration::from_millis(250));
    check(assertion, &answer, &Variables::default()).outcome == Outcome::Passed
}

fn each_comparison_passes_and_fails_where_it_should() {
    let null = || Value::Null;
    // What `a` is compared with, bodies with which that holds, and bodies with which it does not.
    let table: &[(&str, Value, &[&str], &[&str])] = &[
        (
            "equal",
            json!("true"),
            &[r#"{"a":true}"#, r#"{"a":"true"}"#],
            &[r#"{"a":1}"#, r#"{"a":"True"}"#, r#"{"a":null}"#, "{}", "[]", "<html>", ""],
        ),
        (
            "equal",
            json!(401),
            &[r#"{"a":401}"#, r#"{"a":"401"}"#, r#"{"a":401.0}"#],
            &[r#"{"a":"401 "}"#, r#"{"a":4010}"#],
        ),
        ("equal", json!("x"), &[r#"{"a":"x"}"#], &[r#"{"a":["x"]}"#, r#"{"a":"X"}"#]),
        ("not_equal", json!("x"), &[r#"{"a":"y"}"#, "{}", r#"{"a":null}"#], &[r#"{"a":"x"}"#]),
        ("empty", null(), &["{}", r#"{"a":null}"#, r#"{"a":""}"#, "no JSON"], &[r#"{"a":"x"}"#, r#"{"a":0}"#]),
        (
            "not_empty",
            null(),
            &[r#"{"a":"x"}"#, r#"{"a":false}"#, r#"{"a":0}"#, r#"{"a":[]}"#],
            &["{}", r#"{"a":null}"#, r#"{"a":""}"#, "no JSON"],
        ),
        (
            "contains",
            json!("core"),
            &[r#"{"a":"hardcore"}"#, r#"{"a":["urn:core:2.0"]}"#, r#"{"a":{"core":1}}"#],
            &[r#"{"a":"CORE"}"#, "{}", r#"{"a":null}"#],
        ),
        ("does_not_contain", json!("core"), &[r#"{"a":"shell"}"#, "{}"], &[r#"{"a":"core"}"#, r#"{"a":["core"]}"#]),
        (
            "is_a_number",
            null(),
            &[r#"{"a":1}"#, r#"{"a":-1.5}"#, r#"{"a":"1"}"#],
            &[r#"{"a":"one"}"#, r#"{"a":""}"#, r#"{"a":true}"#, r#"{"a":null}"#, "{}", r#"{"a":"NaN"}"#],
        ),
        (
            "equal_number",
            json!("0"),
            &[r#"{"a":0}"#, r#"{"a":"0"}"#, r#"{"a":"0.0"}"#],
            &[r#"{"a":1}"#, r#"{"a":""}"#, r#"{"a":null}"#, r#"{"a":false}"#, "{}"],
        ),
        ("equal_number", json!("many"), &[], &[r#"{"a":"many"}"#, r#"{"a":1}"#]),
        ("is_less_than", json!(10), &[r#"{"a":9}"#, r#"{"a":"9"}"#], &[r#"{"a":10}"#, r#"{"a":100}"#, "{}"]),
        ("is_less_than_or_equal", json!("10"), &[r#"{"a":10}"#], &[r#"{"a":10.5}"#, r#"{"a":"x"}"#]),
        ("is_greater_than", json!(9), &[r#"{"a":10}"#], &[r#"{"a":9}"#, r#"{"a":8}"#, "{}"]),
        ("is_greater_than_or_equal", json!(9), &[r#"{"a":9}"#], &[r#"{"a":8.9}"#, r#"{"a":[9]}"#]),
        ("has_key", json!("k"), &[r#"{"a":{"k":null}}"#], &[r#"{"a":{"K":1}}"#, r#"{"a":["k"]}"#, r#"{"a":"k"}"#]),
        (
            "has_value",
            json!("v"),
            &[r#"{"a":["u","v"]}"#],
            &[r#"{"a":["vv"]}"#, r#"{"a":"v"}"#, r#"{"a":{"v":"v"}}"#, r#"{"a":[["v"]]}"#, "{}"],
        ),
        ("has_value", json!(2), &[r#"{"a":[1,2]}"#, r#"{"a":["2"]}"#], &[r#"{"a":[1,22]}"#]),
        ("is_null", null(), &[r#"{"a":null}"#], &["{}", r#"{"a":""}"#, r#"{"a":0}"#, r#"{"a":"null"}"#]),
    ];
    for (comparison, value, pass, fail) in table {
        let assertion = the_assertion(comparison, "response_json", "a", value.clone());
        for body in *pass {
            assert!(holds(&assertion, body), "a {comparison} {value} of {body}");
        }
        for body in *fail {
            assert!(!holds(&assertion, body), "a {comparison} {value} of {body}");
        }
    }
    for comparison in Comparison::ALL {
        let rows = || table.iter().filter(|(name, ..)| *name == comparison.as_str());
        assert!(rows().any(|(_, _, pass, _)| !pass.is_empty()), "nothing passes {}", comparison.as_str());
        assert!(rows().any(|(_, _, _, fail)| !fail.is_empty()), "nothing fails {}", comparison.as_str());
    }
}

fn each_source_is_looked_at() {
    let body = r#"{"a":"ä"}"#;
    for (source, property, right, wrong) in [
        ("response_status", "", "200", "201"),
        ("response_json", "a", "ä", "a"),
        ("response_headers", "content-type", "application/scim+json", "application/json"),
        ("response_text", "", body, "{}"),
        ("response_time", "", "250", "600"),
        ("response_size", "", "10", "9"),
    ] {
        assert!(holds(&the_assertion("equal", source, property, json!(right)), body), "{source}");
        assert!(!holds(&the_assertion("equal", source, property, json!(wrong)), body), "{source}");
    }
    assert!(holds(&the_assertion("is_less_than", "response_time", "", json!(600)), body));
    assert!(!holds(&the_assertion("is_less_than", "response_time", "", json!(250)), body));
    assert!(!holds(&the_assertion("not_empty", "response_headers", "Location", Value::Null), body));
    assert!(holds(&the_assertion("equal", "response_json", "", json!(body)), body));
}

fn each_form_of_path_leads_where_it_should() {
    let body = r#"{"a":{"b":[{"c":"found"}]},"x.y":{"z":"found"},"urn:a:2.0:User":{"d":"found"},"0":"found","list":["found"]}"#;
    for path in [
        "a.b[0].c",
        " a.b[0].c ",
        r#"a["b"][0]["c"]"#,
        "['a'].b[0]['c']",
        r#"["x.y"].z"#,
        r#"["urn:a:2.0:User"].d"#,
        "list[0]",
        "0",
    ] {
        assert!(holds(&the_assertion("equal", "response_json", path, json!("found")), body), "{path}");
    }
    for path in ["a.b[1].c", "a.b.c", "a[0]", "list.0", "A.b[0].c", "a.b[0].c.d", "list[0][0]"] {
        assert!(holds(&the_assertion("empty", "response_json", path, Value::Null), body), "{path}");
    }
    for path in ["a.b[0].c", r#"["x.y"].z"#, "list[0]"] {
        let assertion = the_assertion("equal", "response_json", path, json!("found"));
        assert_eq!(assertion.subject.to_string(), format!("response_json {path}"));
    }
}

fn what_is_no_path_is_refused() {
    use scim_check::okta::runscope::Path;
    for path in
        ["a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a[0", r#"a["b]"#, r#"a["b""#, "a[0]b", "a.[0]", "a]b", "[]"]
    {
        assert!(Path::parse(path).is_err(), "{path}");
    }
}

fn where_runscope_is_laxer_a_note_says_so() {
    let note = |comparison: &str, path: &str, value: Value, body: &str| {
        let response = response(body);
        let assertion = the_assertion(comparison, "response_json", path, value);
        let checked = check(&assertion, &Answer::new(&response, Duration::ZERO), &Variables::default());
        assert_eq!(checked.outcome, Outcome::Passed, "{body}");
        checked.note
    };
    for (comparison, path, value, lax, strict) in [
        ("is_a_number", "startIndex", Value::Null, r#"{"startIndex":"1"}"#, r#"{"startIndex":1}"#),
        ("equal_number", "itemsPerPage", json!("1"), r#"{"itemsPerPage":"1"}"#, r#"{"itemsPerPage":1}"#),
        ("equal", "totalResults", json!("0"), r#"{"totalResults":"0"}"#, r#"{"totalResults":0}"#),
        ("equal", "active", json!("true"), r#"{"active":"true"}"#, r#"{"active":true}"#),
        ("not_empty", "Resources", Value::Null, r#"{"Resources":[]}"#, r#"{"Resources":[1]}"#),
        ("contains", "schemas", json!("urn:x"), r#"{"schemas":["urn:x:2"]}"#, r#"{"schemas":["urn:x"]}"#),
    ] {
        let told = note(comparison, path, value.clone(), lax).unwrap_or_default();
        assert!(told.contains("Runscope") && told.contains(path), "{lax}: {told}");
        assert_eq!(note(comparison, path, value, strict), None, "{strict}");
    }
}

fn a_url_leads_somewhere() {
    let (base, org) = ("https://h/scim/v2/", Some("https://okta.invalid"));
    for (url, expected) in [
        ("https://h/scim/v2/Users", Some(Destination::Scim("/Users"))),
        ("https://h/scim/v2?x", Some(Destination::Scim("?x"))),
        ("https://h/scim/v2", Some(Destination::Scim(""))),
        ("https://okta.invalid/api", Some(Destination::Org("/api"))),
        ("https://h/scim/v2.evil/Users", None),
        ("https://okta.invalid.evil/api", None),
        ("https://evil/scim/v2/Users", None),
        ("", None),
    ] {
        assert_eq!(destination(url, base, org), expected, "{url}");
    }
    assert_eq!(destination("https://okta.invalid/api", base, None), None);
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(format!("runscope__{name}"), text));
}

fn mistakes_of(file: &Arc<SourceFile>) -> Vec<Diagnostic> {
    match read(file, Scripts::Known) {
        Err(mistakes) => mistakes,
        Ok(export) => {
            let base = "https://scim.example.com/v2";
            let initial = variables(SEED, base, None);
            let mut mistakes = unresolved(&export, &initial);
            mistakes.extend(strays(&export, &initial, base, None));
            mistakes
        }
    }
}

fn mistakes_are_told_all_at_once() {
    let folder = Path::new("tests/runscope/mistakes");
    let mut names: Vec<_> =
        folder.read_dir().expect("the folder is there").flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    assert!(names.len() >= 7);
    for name in names {
        let name = name.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(folder.join(&name)).expect("the file is there");
        let mistakes = mistakes_of(&source(&name, &text));
        assert!(!mistakes.is_empty(), "{name}");
        snapshot(name.trim_end_matches(".json"), &render(&mistakes, &Renderer::plain()));
    }
}

fn a_file_cut_off_anywhere_is_a_mistake() {
    let whole = std::fs::read_to_string("tests/runscope/everything.json").expect("it is there");
    let whole = whole.trim_end();
    for end in (0..whole.len()).step_by(97).filter(|end| whole.is_char_boundary(*end)) {
        assert!(!mistakes_of(&source("cut.json", &whole[..end])).is_empty(), "cut at {end}");
    }
}

fn a_file_that_is_no_yaml_is_read_too() {
    // JSON all the same: tabs, an escaped surrogate pair, a key that is there twice.
    let text = "{\n\t\"name\": \"\\ud83d\\ude00\",\n\t\"name\": \"\\ud83d\\ude00\",\n\t\"steps\": [\n\t\t{\"step_type\": \"request\", \
                \"method\": \"GET\", \"url\": \"{{SCIMBaseURL}}/Users\"}]}";
    for text in [text.to_owned(), format!("\u{feff}{text}")] {
        let export = read(&source("tabs.json", &text), Scripts::Known).unwrap_or_else(|m| panic!("{m:?}"));
        assert_eq!(export.name, "😀");
    }
}

fn an_unknown_script_is_refused_unless_scripts_are_off() {
    let text = r#"{"steps":[{"step_type":"request","method":"GET","url":"x","scripts":["assert.ok(response.status == 200);"]}]}"#;
    let file = source("script.json", text);
    let mistakes = read(&file, Scripts::Known).expect_err("nobody knows what it does");
    assert!(mistakes[0].message.starts_with("steps[0].scripts[0]: this script"), "{mistakes:?}");
    let export = read(&file, Scripts::None).unwrap_or_else(|m| panic!("{m:?}"));
    assert!(matches!(&export.steps[0], Step::Request(step) if step.scripts.is_empty()));
}

fn random_variables_are_those_of_the_initial_scripts() {
    use scim_check::okta::runscope::Variable;
    let all = variables(SEED, "https://h/scim/", None);
    assert_eq!(all, variables(SEED, "https://h/scim", None));
    assert_ne!(all, variables(SEED + 1, "https://h/scim", None));
    let get = |name: &str| match all.0.get(name) {
        Some(Variable::Text(text)) => text.clone(),
        other => panic!("{name}: {other:?}"),
    };
    let (given, family, email) = (get("randomGivenName"), get("randomFamilyName"), get("randomEmail"));
    let digits = |text: &str| text.len() == 3 && text.chars().all(|c| c.is_ascii_digit());
    assert!(given.strip_prefix("Runscope").is_some_and(digits), "{given}");
    assert!(family.len() == 12 && digits(&family[9..]), "{family}");
    assert!(family.starts_with(|c: char| c.is_ascii_uppercase()), "{family}");
    assert!(family[1..9].chars().all(|c| c.is_ascii_lowercase()), "{family}");
    assert_eq!(email, format!("{given}{family}@atko.com"));
    assert_eq!(get("randomUsername"), email);
    assert_eq!(get("randomUsernameCaps"), email.to_uppercase());
    assert_eq!(get("InvalidUserEmail"), "abcdefgh@atko.com");
    assert_eq!(get("UserIdThatDoesNotExist"), "010101001010101011001010101011");
    assert_eq!(get("SCIMBaseURL"), "https://h/scim");
    assert_eq!(get("SCIMUrl"), "https://h/scim");
    assert_eq!(get("okta_user_email"), format!("{}{}@atko.com", get("okta_user_firstname"), get("okta_user_lastname")));
    assert_eq!(get("okta_user_fullname"), format!("{} {}", get("okta_user_firstname"), get("okta_user_lastname")));
    assert_eq!(get("okta_user_firstname_update"), format!("{}update", get("okta_user_firstname")));
    assert_eq!(
        get("okta_user_fullname_update"),
        format!("{} {}", get("okta_user_firstname_update"), get("okta_user_lastname"))
    );
    assert_eq!((get("okta_user_title"), get("okta_user_primaryphone")), ("Engineer".into(), "415.123.4567".into()));
    assert_eq!(all.0.get("auth"), Some(&Variable::Credential));
    assert_eq!(all.0.get("SCIMAuth"), Some(&Variable::Credential));
    assert!(!all.0.contains_key("oktaOrgUrl") && variables(SEED, "x", Some(App::Wizard)).0.contains_key("oktaOrgUrl"));
}

fn our_exports_use_every_comparison() {
    let used: Vec<Comparison> = ["everything.json", "lifecycle.json"]
        .into_iter()
        .flat_map(|name| export(name).steps)
        .flat_map(|step| match step {
            Step::Request(step) => step.assertions,
            Step::Pause { .. } => Vec::new(),
        })
        .map(|assertion| assertion.comparison)
        .collect();
    for comparison in Comparison::ALL {
        assert!(used.contains(comparison), "{}", comparison.as_str());
    }
}

async fn reference(quirks: &[&str]) -> Server {
    let quirks = quirks.iter().map(|id| id.parse::<Quirk>().expect("there is such a quirk")).collect();
    serve(Options { users: 5, groups: 2, quirks, ..Options::default() }).await.expect("a free port on 127.0.0.1")
}

/// Plays an export against a server.
async fn played(base_url: &str, token: &str, export: Export, org: Option<App>, settle: Duration) -> Played {
    let variables = variables(SEED, base_url, org);
    let version = export.version();
    let wanted = Play { export, variables, base_url: base_url.trim_end_matches('/').to_owned(), org };
    let mut run = a_run(base_url, token, settle, watch::channel(Stop::No).1);
    run.options.version = version;
    play(run, wanted).await
}

fn a_run(base_url: &str, token: &str, settle: Duration, stop: watch::Receiver<Stop>) -> Run {
    let url = check_base_url(base_url).expect("the test gives a base URL");
    let auth = Auth::Bearer(SecretString::from(token));
    Run {
        wire: Wire::Http(HttpWire::new(HttpOptions::new(url, auth)).expect("nothing but URL and token is set")),
        judge: Arc::clone(&JUDGE),
        options: run::Options { seed: SEED, settle, ..run::Options::default() },
        stop,
        journal: None,
        on_event: Box::new(|_| {}),
    }
}

/// Plays against a reference with these quirks, which has afterwards what it had before.
fn on_reference(quirks: &[&str], export: Export, org: Option<App>) -> Played {
    RUNTIME.block_on(async {
        let server = reference(quirks).await;
        let before = (server.user_count(), server.group_count());
        let base_url = match export.version() {
            Version::V1 => server.v1_base_url(),
            Version::V2 => server.base_url(),
        };
        let played = played(base_url, server.token(), export, org, Duration::ZERO).await;
        let after = (server.user_count(), server.group_count());
        // A faulty server may make a leftover of what is gone, and none of what is there.
        let most = before.0 + played.leftovers.len();
        assert!(after.0 <= most && (after.0 == most || !quirks.is_empty()), "{:?}", played.leftovers);
        assert_eq!(after.1, before.1);
        server.shutdown().await;
        played
    })
}

/// What did not hold, a line each.
fn failures(played: &Played) -> Vec<String> {
    let mut lines: Vec<String> = played.stopped.iter().cloned().collect();
    for step in &played.steps {
        if let Fate::NotSent(why) | Fate::Silence(why) = &step.fate {
            lines.push(format!("R{}: {why}", step.number));
        }
        for checked in step.assertions.iter().chain(&step.besides).filter(|c| c.outcome != Outcome::Passed) {
            let actual = checked.actual.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
            lines.push(format!(
                "R{} {} {}: expected {}, got {actual}",
                step.number, checked.subject, checked.comparison, checked.expected
            ));
        }
    }
    lines
}

fn notes(played: &Played) -> Vec<String> {
    let of_step = |step: &scim_check::okta::runscope::play::PlayedStep| {
        let checked = step.assertions.iter().chain(&step.besides).filter_map(|checked| checked.note.clone());
        checked.chain(step.notes.clone()).map(|note| format!("R{} {note}", step.number)).collect::<Vec<_>>()
    };
    played.steps.iter().flat_map(of_step).collect()
}

fn everything_holds_on_the_reference() {
    let export = export("everything.json");
    let requests = export.steps.iter().filter(|step| matches!(step, Step::Request(s) if !s.skipped)).count();
    let played = on_reference(&[], export, None);
    assert_eq!(failures(&played), Vec::<String>::new());
    assert_eq!(notes(&played), Vec::<String>::new());
    let totals = played.totals();
    assert_eq!((totals.requests, totals.failed, totals.unjudged, totals.left), (requests, 0, 0, 0));
    assert!(played.steps.iter().any(|step| step.fate == Fate::Skipped));
    assert!(played.swept > 0, "one of the users is for the sweep");
}

fn the_life_of_a_user_holds(app: App) {
    let played = on_reference(&[], export("lifecycle.json"), Some(app));
    assert_eq!(failures(&played), Vec::<String>::new());
    assert_eq!(notes(&played), Vec::<String>::new());
    assert_eq!(played.totals().left, 0);
}

/// What the org sent in a step of that name, ids left out.
fn traffic(played: &Played, note: &str) -> Vec<String> {
    let step = played.steps.iter().find(|step| step.note == note).expect("there is such a step");
    assert_eq!(step.whom, Whom::Org);
    step.traffic
        .iter()
        .map(|exchange| {
            let path = exchange.request.path.split('?').next().unwrap_or_default();
            let kind = if path.matches('/').count() > 1 { "/Users/{id}" } else { path };
            format!("{} {kind}", exchange.request.method)
        })
        .collect()
}

fn the_org_sends_what_the_app_kind_sends() {
    let [catalogue, wizard] =
        [App::Catalogue, App::Wizard].map(|app| on_reference(&[], export("lifecycle.json"), Some(app)));
    for (note, by_catalogue, by_wizard) in [
        ("the user is assigned", &["GET /Users", "POST /Users"][..], &["GET /Users", "POST /Users"][..]),
        ("another first name", &["GET /Users/{id}", "PUT /Users/{id}"], &["GET /Users/{id}", "PUT /Users/{id}"]),
        ("suspended", &[], &[]),
        ("deactivated", &["PATCH /Users/{id}"], &["GET /Users/{id}", "PUT /Users/{id}"]),
        ("activated", &[], &[]),
        (
            "assigned once more",
            &["GET /Users", "PATCH /Users/{id}"],
            &["GET /Users", "GET /Users/{id}", "PUT /Users/{id}"],
        ),
        ("the assignment is taken away", &["PATCH /Users/{id}"], &["GET /Users/{id}", "PUT /Users/{id}"]),
        ("a grant", &[], &[]),
    ] {
        assert_eq!(traffic(&catalogue, note), by_catalogue, "catalogue: {note}");
        assert_eq!(traffic(&wizard, note), by_wizard, "wizard: {note}");
    }
    // With Okta's headers, and not with those of the test.
    let step = wizard.steps.iter().find(|step| step.note == "the user is assigned").expect("there is such a step");
    for exchange in &step.traffic {
        assert_eq!(exchange.request.headers.get("User-Agent"), Some("Okta SCIM Client 1.0.0"));
    }
}

fn the_org_plays_every_flow_it_knows() {
    for (flow, with) in [
        ("lookup-user", json!({ "userName": "a\"${b}" })),
        ("post-user", json!({ "userName": "a", "givenName": "b", "familyName": "c", "externalId": "d", "extra": {} })),
        ("update-user/catalogue", json!({ "id": "1", "changes": { "title": "x" } })),
        ("update-user/wizard", json!({ "id": "1", "changes": {} })),
        ("activate-user/catalogue", json!({ "id": "1" })),
        ("activate-user/wizard", json!({ "id": "1" })),
        ("deactivate-user/catalogue", json!({ "id": "1" })),
        ("deactivate-user/wizard", json!({ "id": "1" })),
        ("unassign/catalogue", json!({ "id": "1" })),
        ("unassign/wizard", json!({ "id": "1" })),
    ] {
        let with = with.as_object().cloned().unwrap_or_default();
        let case = scim_check::scenario::load::flow("okta/x", &format!("okta/{flow}"), &with);
        assert!(case.is_ok_and(|case| case.id == "okta/x" && !case.steps.is_empty()), "{flow}");
    }
    assert!(scim_check::scenario::load::flow("okta/x", "okta/no-such-flow", &serde_json::Map::new()).is_err());
}

fn what_a_faulty_server_does_is_found() {
    // The quirk, the app, and the note of the step in which it shows.
    for (quirk, app, step) in [
        ("deactivate-deletes", App::Catalogue, "the account is off"),
        ("patch-ignores-active", App::Catalogue, "the account is off"),
        ("patch-unsupported", App::Catalogue, "the account is off"),
        ("put-ignores-active", App::Wizard, "the account is off"),
        ("put-unsupported", App::Wizard, "it arrived"),
        ("active-omitted-when-false", App::Wizard, "the account is off"),
        ("title-dropped", App::Catalogue, "the account is there"),
        ("inactive-hidden-from-filter", App::Catalogue, "the account is on, and the same"),
        ("reactivation-ignored", App::Catalogue, "the account is on, and the same"),
        ("filter-unsupported", App::Wizard, "the user is assigned"),
    ] {
        let played = on_reference(&[quirk], export("lifecycle.json"), Some(app));
        let totals = played.totals();
        assert!(totals.failed > 0, "{quirk}");
        let failed = |step: &&scim_check::okta::runscope::play::PlayedStep| {
            step.assertions.iter().any(|checked| checked.outcome == Outcome::Failed)
        };
        let first = played.steps.iter().find(failed).map(|step| step.note.as_str());
        assert_eq!(first, Some(step), "{quirk}: {:?}", failures(&played));
    }
    let played = on_reference(&["patch-unsupported"], export("lifecycle.json"), Some(App::Catalogue));
    let told = notes(&played);
    assert!(told.iter().any(|note| note.contains("OKTA-deactivate-patch-accepted")), "{told:?}");
    // Okta's task fails, and what follows is played all the same.
    let played = on_reference(&["groups-empty-400"], export("lifecycle.json"), Some(App::Catalogue));
    let told = notes(&played);
    let is_told = |note: &String| note.contains("Okta's task fails: POST /Users") && note.contains("without `groups`");
    assert!(told.iter().any(is_told), "{told:?}");
    let off = played.steps.iter().find(|step| step.note == "the account is off").expect("a step of the export");
    assert!(off.assertions.iter().all(|checked| checked.outcome == Outcome::Passed), "{:?}", failures(&played));
}

fn notes_go_beyond_runscope() {
    let created = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{randomUsername}}",
    });
    let step = |method: &str, url: &str, status: u16| {
        json!({
            "step_type": "request", "method": method, "url": url, "headers": { "Authorization": "{{auth}}" },
            "body": if method == "POST" { created.to_string() } else { String::new() },
            "assertions": [{ "comparison": "equal_number", "source": "response_status", "value": status }],
        })
    };
    let caps = r#"{{SCIMBaseURL}}/Users?filter=userName eq "{{randomUsernameCaps}}""#;
    let users = "{{SCIMBaseURL}}/Users";
    let text =
        json!({ "steps": [step("POST", users, 201), step("POST", users, 409), step("GET", caps, 200)] }).to_string();
    let export = || read(&source("notes.json", &text), Scripts::Known).unwrap_or_else(|m| panic!("{m:?}"));
    for (quirk, expected) in [
        ("conflict-without-body", Some("R2 Runscope only asks for the status 409")),
        ("username-case-sensitive", Some("R3 Runscope only asks for the status 200")),
    ] {
        let told = notes(&on_reference(&[quirk], export(), None));
        assert!(expected.is_none_or(|start| told.iter().any(|note| note.starts_with(start))), "{quirk}: {told:?}");
        assert_eq!(told.len(), 1, "{quirk}: {told:?}");
    }
    assert_eq!(notes(&on_reference(&[], export(), None)), Vec::<String>::new());
}

fn an_empty_list_brings_advice() {
    let assertions = json!([{ "comparison": "not_empty", "source": "response_json", "property": "Resources[0].id" }]);
    let played = |url: &str| {
        let export = request(url, json!({ "assertions": assertions }));
        RUNTIME.block_on(async {
            let server = serve(Options::default()).await.expect("a free port on 127.0.0.1");
            let played = played(server.base_url(), server.token(), export, None, Duration::ZERO).await;
            server.shutdown().await;
            played
        })
    };
    let told = notes(&played("{{SCIMBaseURL}}/Users?count=1"));
    assert!(told.len() == 1 && told[0].contains("wants one resource to be there before"), "{told:?}");
    assert_eq!(notes(&played(r#"{{SCIMBaseURL}}/Users?filter=userName eq "x""#)), Vec::<String>::new());
}

fn a_variable_that_cannot_be_set_is_told() {
    let text = json!({ "steps": [
        {
            "step_type": "request", "method": "GET", "url": "{{SCIMBaseURL}}/Users", "headers": { "Authorization": "{{auth}}" },
            "variables": [{ "source": "response_json", "name": "gone", "property": "Resources[7].id" }],
            "assertions": [{ "comparison": "equal_number", "source": "response_status", "value": 200 }],
        },
        {
            "step_type": "request", "method": "GET", "url": "{{SCIMBaseURL}}/Users/{{gone}}",
            "variables": [{ "source": "response_json", "name": "next", "property": "id" }],
            "assertions": [{ "comparison": "equal_number", "source": "response_status", "value": 200 }],
        },
        {
            "step_type": "request", "method": "GET", "url": "{{SCIMBaseURL}}/Users/{{next}}",
            "assertions": [{ "comparison": "equal_number", "source": "response_status", "value": 200 }],
        },
    ]});
    let export = read(&source("gone.json", &text.to_string()), Scripts::Known).unwrap_or_else(|m| panic!("{m:?}"));
    let played = on_reference(&[], export, None);
    let nothing = "`gone` has no value: nothing at response_json Resources[7].id in the answer to R1";
    assert_eq!(played.steps[1].fate, Fate::NotSent(nothing.to_owned()));
    assert_eq!(played.steps[2].fate, Fate::NotSent("`next` has no value: R2 was not sent".to_owned()));
    let totals = played.totals();
    assert_eq!((totals.requests, totals.assertions, totals.failed, totals.unjudged), (1, 3, 1, 2));
    assert_eq!(played.steps[0].besides[0].comparison, "variable");
}

fn a_late_server_is_looked_at_again() {
    let played = |settle| {
        RUNTIME.block_on(async {
            let server = reference(&["settles-late"]).await;
            let played =
                played(server.base_url(), server.token(), export("lifecycle.json"), Some(App::Catalogue), settle).await;
            server.shutdown().await;
            played
        })
    };
    let patient = played(Duration::from_secs(5));
    assert_eq!(failures(&patient), Vec::<String>::new());
    assert!(notes(&patient).iter().any(|note| note.contains("right only when repeated")), "{:?}", notes(&patient));
    assert_ne!(failures(&played(Duration::ZERO)), Vec::<String>::new());
}

fn what_cannot_be_removed_is_reported() {
    let mut export = export("everything.json");
    export.steps.retain(|step| matches!(step, Step::Request(step) if step.note.contains("for the sweep")));
    let server = RUNTIME.block_on(legacy::server(legacy::Deletion::Refused));
    let uri = server.uri();
    let played = RUNTIME.block_on(played(&uri, "x", export, None, Duration::ZERO));
    assert_eq!(played.leftovers.len(), 1, "{:?}", played.leftovers);
    assert!(played.leftovers[0].path.starts_with("/Users/"), "{:?}", played.leftovers);
    assert_eq!(played.totals().left, 1);
}

fn what_is_not_ours_is_left_alone() {
    // The name is not the one of this run, so that nothing shows that the user is ours.
    let body = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"somebody@example.com"}"#;
    let played = on_reference(&[], request("{{SCIMBaseURL}}/Users", json!({ "method": "POST", "body": body })), None);
    assert_eq!(played.leftovers.len(), 1);
    assert!(played.leftovers[0].why.contains("does not carry our name"), "{:?}", played.leftovers);
}

fn what_others_own_is_not_changed() {
    for (method, path) in [("DELETE", "/Users/1"), ("PUT", "/Groups/1"), ("PATCH", "/Me"), ("POST", "/Users/1")] {
        let url = format!("{{{{SCIMBaseURL}}}}{path}");
        let played = on_reference(&[], request(&url, json!({ "method": method, "body": "{}" })), None);
        let Some(Fate::NotSent(why)) = played.steps.first().map(|step| &step.fate) else {
            panic!("{method} {path}: {:?}", played.steps)
        };
        assert_eq!(*why, format!("{method} {path} was not sent, because this run did not create that resource"));
    }
}

fn nobody_there_is_no_failure() {
    let played =
        RUNTIME.block_on(played("http://127.0.0.1:9/scim", "x", export("everything.json"), None, Duration::ZERO));
    let totals = played.totals();
    assert_eq!((totals.requests, totals.failed), (1, 0));
    assert_eq!(totals.unjudged, totals.assertions);
    assert!(played.stopped.as_ref().is_some_and(|why| why.contains("127.0.0.1:9")), "{:?}", played.stopped);
}

fn a_play_that_is_stopped_sweeps() {
    RUNTIME.block_on(async {
        let server = reference(&[]).await;
        let before = server.user_count();
        let (stop, stopped) = watch::channel(Stop::No);
        let mut run = a_run(server.base_url(), server.token(), Duration::ZERO, stopped);
        // After the first answer.
        run.on_event = Box::new(move |event| {
            if matches!(event, run::Event::Answered(..)) {
                stop.send_replace(Stop::Soon);
            }
        });
        let base_url = server.base_url().to_owned();
        let variables = variables(SEED, &base_url, None);
        let played = play(run, Play { export: export("everything.json"), variables, base_url, org: None }).await;
        assert_eq!(played.steps.len(), 1);
        assert_eq!(played.stopped.as_deref(), Some("the run was stopped"));
        assert_eq!(server.user_count(), before);
        server.shutdown().await;
    });
}

/// What a trial makes of a list of complaints.
fn verdict(wrong: Vec<String>) -> Result<(), Failed> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

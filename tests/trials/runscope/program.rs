//! `scim-check runscope` as it is used.

use std::path::Path;
use std::process::{Command, Stdio};

use scim_check::reference::Server;
use serde_json::Value;

use super::{RUNTIME, Test, reference, snapshot};

pub(crate) const TESTS: &[Test] = &[
    ("the program plays an export", the_program_plays_an_export),
    ("the program tells what failed", the_program_tells_what_failed),
    ("the program takes what Runscope has as variables", the_program_takes_variables),
    ("the program refuses mistakes before anything is sent", the_program_refuses_mistakes),
    ("the program writes JSON", the_program_writes_json),
    ("the program helps", the_program_helps),
];

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn call(arguments: &[&str], token: Option<&str>) -> Said {
    let state = tempfile::tempdir().expect("a folder for temporary files");
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.arg("runscope").args(arguments).stdin(Stdio::null());
    for name in ["SCIM_CHECK_TOKEN", "SCIM_CHECK_BASE_URL", "COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("XDG_STATE_HOME", state.path());
    if let Some(token) = token {
        command.env("SCIM_CHECK_TOKEN", token);
    }
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Calls the program against a reference with these quirks.
fn against(quirks: &[&str], arguments: &[&str], code: i32) -> Said {
    let server = RUNTIME.block_on(reference(quirks));
    let said = with(&server, arguments, code);
    RUNTIME.block_on(server.shutdown());
    said
}

fn with(server: &Server, arguments: &[&str], code: i32) -> Said {
    let mut all = arguments.to_vec();
    all.extend(["--base-url", server.base_url(), "--seed", "7"]);
    let said = call(&all, Some(server.token()));
    assert_eq!(said.code, Some(code), "{}{}", said.out, said.err);
    assert!(
        !said.out.contains(server.token()) && !said.err.contains(server.token()),
        "the token is nowhere to be seen"
    );
    said
}

const EVERYTHING: &str = "tests/runscope/everything.json";
const LIFECYCLE: &str = "tests/runscope/lifecycle.json";

fn the_program_plays_an_export() {
    let said = against(&[], &[EVERYTHING], 0);
    assert!(said.out.contains("\nR1  ok    24/24  POST /Users  a user is created\n"), "{}", said.out);
    assert!(said.out.contains("0 failed, 0 left behind"), "{}", said.out);
    assert!(said.out.contains("this is the rehearsal"), "{}", said.out);
    for app in ["catalogue", "wizard"] {
        let said = against(&[], &[LIFECYCLE, "--simulate-okta", app, "--quiet"], 0);
        assert_eq!(said.out.lines().count(), 2, "{}", said.out);
        let said = against(&[], &[LIFECYCLE, "--simulate-okta", app, "--verbose"], 0);
        assert!(said.out.contains("     sent  POST /Users -> 201\n"), "{}", said.out);
        assert!(said.out.contains(&format!("with a simulated {app} app, which speaks SCIM 2.0")), "{}", said.out);
    }
}

fn the_program_tells_what_failed() {
    let said = against(
        &["display-name-dropped", "deactivate-deletes"],
        &[LIFECYCLE, "--simulate-okta", "catalogue", "--settle", "0"],
        1,
    );
    assert!(
        said.out.contains(
            "  the account is off\n     FAIL  response_status equal_number: expected the number 200, got 404\n"
        ),
        "{}",
        said.out
    );
    let said = call(&[EVERYTHING, "--base-url", "http://127.0.0.1:9/scim"], Some("x"));
    assert_eq!(said.code, Some(3), "{}{}", said.out, said.err);
    assert!(said.out.contains("stopped: no connection"), "{}", said.out);
}

fn the_program_takes_variables() {
    let server = RUNTIME.block_on(reference(&[]));
    let base = format!("SCIMBaseURL={}/", server.base_url());
    let auth = format!("auth=Bearer {}", server.token());
    let said = call(&[EVERYTHING, "--var", &base, "--var", &auth], None);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let said = call(&[EVERYTHING, "--var", &base, "--var", "auth=Bearer wrong"], None);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    RUNTIME.block_on(server.shutdown());
}

fn the_program_refuses_mistakes() {
    let refused = |arguments: &[&str], expected: &str| {
        let mut all = arguments.to_vec();
        // Nobody listens there: whoever sent anything would say so.
        all.extend(["--base-url", "http://127.0.0.1:9/scim"]);
        let said = call(&all, Some("x"));
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{}", said.err);
        assert!(said.err.contains(expected) && !said.err.contains("panicked"), "{}", said.err);
    };
    refused(&["tests/runscope/mistakes/not-json.json"], "error: this is not JSON");
    refused(
        &["tests/runscope/mistakes/many.json"],
        "steps[3].assertions[0].comparison: there is no comparison `equals`",
    );
    refused(&["tests/runscope/mistakes/variables.json"], "`{{userid}}` has no value");
    refused(&["tests/runscope/no-such-file.json"], "no-such-file.json");
    refused(&[LIFECYCLE], "--simulate-okta catalogue");
    refused(
        &[LIFECYCLE, "--var", "oktaOrgUrl=https://acme.okta.com", "--var", "oktaAppId=1", "--var", "oktaToken=2"],
        "is another server",
    );
    refused(&[EVERYTHING, "--var", "nonsense"], "--var is written NAME=VALUE");
    refused(&[EVERYTHING, "--report", "html=x"], "--report is written json=PATH here");
    refused(&[EVERYTHING, "--report", "json=/no/such/folder/x.json"], "there is no folder");
}

fn the_program_writes_json() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("report.json");
    let report = format!("json={}", path.display());
    against(&[], &[EVERYTHING, "--report", &report], 0);
    let read = |text: &str| -> Value { serde_json::from_str(text).expect("the report is JSON") };
    let json = read(&std::fs::read_to_string(&path).expect("the report is there"));
    conforms(&json);
    assert_eq!((json["result"].as_str(), json["totals"]["failed"].as_u64()), (Some("passed"), Some(0)));
    let said = against(
        &["patch-unsupported"],
        &[LIFECYCLE, "--simulate-okta", "catalogue", "--report", "json=-", "--settle", "0"],
        1,
    );
    assert!(said.err.contains("this is the rehearsal"), "{}", said.err);
    let json = read(&said.out);
    conforms(&json);
    assert_eq!((json["result"].as_str(), json["simulated_app"].as_str()), (Some("failed"), Some("catalogue")));
    let failed =
        json["steps"].as_array().into_iter().flatten().flat_map(|step| step["assertions"].as_array()).flatten();
    let first = failed.into_iter().find(|checked| checked["outcome"] == "failed").expect("one failed");
    assert_eq!(first["subject"], "response_json active");
    assert_eq!(first["comparison"], "equal");
    assert_eq!(first["expected"], "\"false\"");
    assert_eq!(first["actual"], true);
}

/// Against the published schema.
fn conforms(json: &Value) {
    let text = std::fs::read_to_string(Path::new("schemas/runscope-1.schema.json")).expect("the schema is there");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let wrong: Vec<String> =
        validator.iter_errors(json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

fn the_program_helps() {
    let said = call(&["--help"], None);
    assert_eq!(said.code, Some(0));
    snapshot("help", &said.out);
}

//! The program as it is used: exit codes, streams, what it says to wrong input, and what it never says.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use scim_check::reference::{Options, Server, serve};
use serde_json::Value;
use tempfile::TempDir;

/// Where the references of these tests live.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// A token that would be noticed.
const TOKEN: &str = "very-s3cret-indeed-7f3a";

fn reference() -> Server {
    let options = Options { users: 6, groups: 2, token: Some(TOKEN.to_owned()), ..Options::default() };
    RUNTIME.block_on(serve(options)).expect("a free port on 127.0.0.1")
}

/// A server that answers everything with the same bytes.
fn parrot(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1");
    let at = listener.local_addr().expect("a bound address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut piece = [0; 4096];
            let _ = stream.read(&mut piece);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    at
}

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port on 127.0.0.1")
}

/// A place for the files of one test, the journal among them.
fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

/// The program with nothing of this process' environment that concerns it.
fn program(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SCIM_CHECK_")) {
        command.env_remove(name);
    }
    command.env("TMPDIR", folder).env("TMP", folder).current_dir(folder);
    command
}

/// What a call came to.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

fn said(mut command: Command) -> Said {
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Calls the program and demands an exit code.
fn check(arguments: &[&str], code: i32) -> Said {
    let folder = folder();
    let said = said(program(arguments, folder.path()));
    assert_eq!(said.code, Some(code), "{arguments:?}\n{}", said.all());
    assert!(!said.all().contains('\x1b'), "no colour without a terminal: {}", said.all());
    said
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
    settings.add_filter(r"localhost:\d+", "localhost:PORT");
    settings.add_filter(r" \(os error \d+\)", "");
    settings.bind(|| insta::assert_snapshot!(format!("cli__{name}"), text));
}

/// Wrong input gets one clear answer: the same words each time, the documented code, and nothing on standard output.
fn refused(name: &str, arguments: &[&str], code: i32) {
    let said = check(arguments, code);
    assert_eq!(said.out, "");
    assert!(!said.err.contains("panicked") && !said.err.contains(TOKEN), "{}", said.err);
    assert!(said.err.lines().count() <= 8, "no wall of text: {}", said.err);
    snapshot(name, &said.err);
}

#[test]
fn exit_codes_are_as_documented() {
    check(&["demo", "okta/connection"], 0);
    check(&["demo", "okta/lookup", "--quirk", "empty-list-as-null-body", "--settle", "0.2"], 1);
    check(&["demo", "--quirk", "no-such-quirk"], 2);
    check(&["--base-url", &format!("http://{}", nobody()), "--token", "x"], 3);
    check(&["demo", "okta/connection", "--require-complete"], 4);
    let table = check(&["exit-codes"], 0).out;
    for code in 0..=4 {
        assert!(table.lines().any(|line| line.starts_with(&code.to_string())), "{table}");
    }
}

#[test]
fn the_help_says_what_there_is() {
    snapshot("help", &check(&["--help"], 0).out);
    snapshot("help-demo", &check(&["demo", "--help"], 0).out);
    snapshot("help-serve", &check(&["serve", "--help"], 0).out);
    snapshot("help-init", &check(&["init", "--help"], 0).out);
    snapshot("help-doctor", &check(&["doctor", "--help"], 0).out);
}

#[test]
fn addresses_that_cannot_be_one_are_refused_before_anything_is_sent() {
    refused("no-url", &[], 2);
    refused("no-url-but-a-token", &["--token", TOKEN], 2);
    refused("url-with-query", &["--base-url", "https://host.example/scim/v2?tenant=1", "--token", TOKEN], 2);
    refused("url-with-fragment", &["--base-url", "https://host.example/scim/v2#top", "--token", TOKEN], 2);
    let credentials = format!("https://admin:{TOKEN}@host.example/scim/v2");
    refused("url-with-credentials", &["--base-url", &credentials], 2);
    refused("url-of-ftp", &["--base-url", "ftp://host.example/scim", "--token", TOKEN], 2);
    refused("url-without-scheme", &["--base-url", "host.example/scim/v2", "--token", TOKEN], 2);
    refused("url-with-port-and-without-scheme", &["--base-url", "localhost:8080/scim", "--token", TOKEN], 2);
    refused("url-of-nothing", &["--base-url", "", "--token", TOKEN], 2);
    refused("url-with-spaces", &["--base-url", "https://not a host/scim", "--token", TOKEN], 2);
}

#[test]
fn a_server_that_cannot_be_run_against_gets_one_sentence() {
    let against = |name: &str, url: &str| {
        let file = folder();
        let token = file.path().join("token");
        std::fs::write(&token, TOKEN).expect("a file in a fresh folder");
        refused(name, &["--base-url", url, "--token-file", &token.display().to_string()], 3);
    };
    let server = reference();
    let https = server.base_url().replace("http://", "https://");
    against("https-at-a-plain-port", &https);
    against("base-url-lacks-the-path", server.base_url().trim_end_matches("/scim/v2"));
    against("nobody-there", &format!("http://{}/scim/v2", nobody()));
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<html>Sign in</html>";
    against("html-instead-of-json", &format!("http://{}/scim/v2", parrot(html)));
    let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    against("an-empty-body", &format!("http://{}/scim/v2", parrot(empty)));
    let redirect =
        "HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    against("a-redirect", &format!("http://{}/scim/v2", parrot(redirect)));
    against("not-http", &format!("http://{}/scim/v2", parrot("SSH-2.0-OpenSSH_9.9\r\n")));
    refused("wrong-token", &["--base-url", server.base_url(), "--header", "Authorization: Bearer nobody-has-this"], 3);
    refused("no-token", &["--base-url", server.base_url()], 3);
    let log = server.request_log();
    assert!(log.iter().all(|(method, _)| method == "GET"), "nothing was written: {log:?}");
}

#[test]
fn wrong_arguments_are_named() {
    refused("unknown-suite", &["demo", "--suite", "otka,onelogin,onelogni,entra"], 2);
    refused("select-nothing", &["demo", "okta/lifecycle/deactvate"], 2);
    refused("select-nothing-by-glob", &["demo", "okta/**/no-such-thing*"], 2);
    refused("bad-glob", &["demo", "okta/[a"], 2);
    refused("skip-nothing", &["demo", "--skip", "okta/nothing-of-that-name"], 2);
    refused("unknown-quirk", &["demo", "--quirk", "patch-nop-200"], 2);
    refused("unknown-format", &["demo", "--report", "pdf=report.pdf"], 2);
    refused("report-without-path", &["demo", "--report", "json"], 2);
    refused("report-into-a-folder-that-is-not-there", &["demo", "--report", "json=no/such/folder/report.json"], 2);
    refused(
        "token-file-that-is-not-there",
        &["--base-url", "https://host.example/scim/v2", "--token-file", "nowhere"],
        2,
    );
    refused("an-empty-token", &["--base-url", "https://host.example/scim/v2", "--token", " "], 2);
    refused("target-that-is-not-there", &["--target", "nowhere.yaml"], 2);
    refused("scenarios-that-are-not-there", &["demo", "--scenarios", "nowhere"], 2);
    refused("recording-that-is-not-there", &["judge", "--from", "nowhere.json"], 2);
    refused("explain-nothing", &["explain", "OKTA-lookup-finds-usr"], 2);
    refused("header-without-colon", &["--base-url", "https://host.example/scim/v2", "--header", TOKEN], 2);
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_the_run() {
    let folder = folder();
    let occupied = folder.path().join("report.json");
    std::fs::create_dir(&occupied).expect("a folder in a fresh folder");
    let said = check(&["demo", "okta/connection", "--report", &format!("json={}", occupied.display())], 2);
    assert!(said.err.contains("report.json"), "{}", said.err);
}

#[test]
fn the_token_is_nowhere_but_where_it_belongs() {
    let (server, folder) = (reference(), folder());
    let mut arguments = vec!["okta/connection", "okta/auth", "okta/users/create", "--base-url", server.base_url()];
    arguments.extend(["--token", TOKEN, "--verbose", "--bodies", "all", "--report", "json=r.json"]);
    arguments.extend(["--report", "junit=r.xml", "--report", "text=r.txt"]);
    let said = said(program(&arguments, folder.path()));
    assert_eq!(said.code, Some(0), "{}", said.all());
    assert!(said.err.contains("the token stands on the command line"), "{}", said.err);
    let mut texts = vec![("what it said".to_owned(), said.all())];
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of ours").flatten() {
            match std::fs::read_to_string(entry.path()) {
                Ok(text) => texts.push((entry.path().display().to_string(), text)),
                Err(_) => folders.push(entry.path()),
            }
        }
    }
    assert!(texts.len() >= 4, "three reports and what it said");
    for (place, text) in texts {
        assert!(!text.contains(TOKEN), "the token is in {place}");
    }
}

#[test]
fn the_token_may_come_from_a_file_the_environment_and_standard_input() {
    let (server, folder) = (reference(), folder());
    std::fs::write(folder.path().join("token"), format!("{TOKEN}\n")).expect("a file in a fresh folder");
    let arguments = ["okta/connection", "--quiet", "--base-url", server.base_url()];
    let accepted = |command: Command| {
        let said = said(command);
        assert_eq!(said.code, Some(0), "{}", said.all());
        assert!(!said.all().contains("command line"), "{}", said.all());
    };
    accepted({
        let mut command = program(&arguments, folder.path());
        command.args(["--token-file", "token"]);
        command
    });
    accepted({
        let mut command = program(&arguments, folder.path());
        command.env("SCIM_CHECK_TOKEN", TOKEN);
        command
    });
    accepted({
        let mut command = program(&arguments, folder.path());
        let file = std::fs::File::open(folder.path().join("token")).expect("just written");
        command.args(["--token-file", "-"]).stdin(file);
        command
    });
}

#[test]
fn quiet_says_the_verdict_only() {
    let said = check(&["demo", "okta/connection", "--quiet"], 0);
    assert!(said.out.contains("verdict: "), "{}", said.out);
    assert!(said.out.lines().count() <= 6, "{}", said.out);
    assert_eq!(said.err, "");
}

#[test]
fn a_report_on_standard_output_is_alone_there() {
    let said = check(&["demo", "okta/connection", "--report", "json=-"], 0);
    assert_eq!(json(&said.out)["format"], "scim-check.report/1");
    assert!(said.err.contains("verdict: "), "{}", said.err);
}

#[test]
fn a_dry_run_writes_nothing() {
    let server = reference();
    let said = check(&["--dry-run", "--base-url", server.base_url(), "--token", TOKEN], 0);
    assert!(said.out.contains("run   okta/"), "{}", said.out);
    assert!(said.out.contains("cases would run; nothing was changed"), "{}", said.out);
    let log = server.request_log();
    assert!(!log.is_empty() && log.iter().all(|(method, _)| method == "GET"), "{log:?}");
}

#[test]
fn listing_sends_nothing_and_needs_no_server() {
    let text = check(&["--list", "okta/connection"], 0).out;
    assert_eq!(text, check(&["list", "okta/connection"], 0).out);
    let all = json(&check(&["list", "--format", "json"], 0).out);
    let all = all.as_array().expect("a list of cases");
    assert!(all.len() > 200);
    // The plain list is made without unfolding anything, and names the same cases.
    let named = |text: String| text.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect();
    let mut listed: Vec<String> = named(check(&["list"], 0).out);
    assert_eq!(listed.pop(), Some(all.len().to_string()));
    assert_eq!(listed, all.iter().map(|case| case["id"].as_str().unwrap_or_default()).collect::<Vec<_>>());
    for case in all {
        assert!(case["id"].as_str().is_some_and(|id| id.contains('/')), "{case}");
        assert!(case["requirements"].as_array().is_some_and(|list| !list.is_empty()), "{case}");
    }
    assert!(check(&["list", "--quirks"], 0).out.contains("patch-noop-200"));
    assert!(check(&["list", "--flows"], 0).out.contains("okta/"));
}

#[test]
fn requirements_keep_their_contract() {
    let all = json(&check(&["requirements", "--format", "json"], 0).out);
    let all = all.as_array().expect("a list of requirements");
    for requirement in all {
        for key in ["id", "level", "title", "testability"] {
            assert!(requirement[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {requirement}");
        }
        assert!(requirement["scenarios"].is_array() && requirement["quirks"].is_array(), "{requirement}");
    }
    let ids: BTreeSet<&str> = all.iter().filter_map(|requirement| requirement["id"].as_str()).collect();
    assert_eq!(ids.len(), all.len());
    assert_eq!(check(&["requirements"], 0).out.lines().count(), all.len());
}

#[test]
fn explaining_names_scenarios_and_quirks() {
    let requirement = check(&["explain", "OKTA-empty-list-full-object"], 0).out;
    assert!(
        requirement.contains("checked by   okta/") && requirement.contains("--quirk empty-list-as-"),
        "{requirement}"
    );
    let quirk = check(&["explain", "empty-list-as-null-body"], 0).out;
    assert!(quirk.contains("OKTA-empty-list-full-object"), "{quirk}");
}

#[test]
fn the_report_keeps_its_contract() {
    let (server, folder) = (reference(), folder());
    let mut arguments = vec!["okta/connection", "okta/lookup", "--base-url", server.base_url(), "--token", TOKEN];
    arguments.extend(["--report", "json=report.json", "--seed", "5"]);
    assert_eq!(said(program(&arguments, folder.path())).code, Some(0));
    let report = json(&std::fs::read_to_string(folder.path().join("report.json")).expect("a report"));
    let schema = json(include_str!("../../schemas/report-1.schema.json"));
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let mistakes: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(mistakes, Vec::<String>::new());
    assert_eq!(report["format"], "scim-check.report/1");
    assert_eq!(report["target"]["base_url"], server.base_url());
    assert_eq!(report["verdict"], "partial");
    for key in ["cases", "passed", "failed", "skipped", "inconclusive", "requests", "leftovers"] {
        assert!(report["totals"][key].is_u64(), "{key}: {}", report["totals"]);
    }
    let sent = u64::try_from(server.request_log().len()).unwrap_or(0);
    assert_eq!(report["totals"]["requests"].as_u64(), Some(sent));
}

#[test]
fn what_serve_prints_first_is_its_address() {
    let folder = folder();
    let command = program(&["serve", "--port", "0", "--token", TOKEN, "--users", "2"], folder.path());
    let mut child = Ended(spawned(command));
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().expect("piped")).read_line(&mut line).expect("it prints a line");
    let url = line.trim_end().strip_prefix("listening on ").expect("the words of the contract");
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/scim/v2"), "{line}");
    check(&["okta/connection", "--base-url", url, "--token", TOKEN], 0);
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    for arguments in [["list", "--flows"].as_slice(), &["requirements", "--format", "json"]] {
        let folder = folder();
        let mut child = spawned(program(arguments, folder.path()));
        let mut line = String::new();
        BufReader::with_capacity(64, child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

/// A child that does not outlive its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawned(mut command: Command) -> Child {
    command.spawn().expect("the program starts")
}

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
#[cfg(unix)]
fn an_interrupt_sweeps_and_reports() {
    let (server, folder) = (reference(), folder());
    let (users, groups) = (server.user_count(), server.group_count());
    let mut arguments = vec!["okta/lifecycle", "okta/groups", "--base-url", server.base_url(), "--token", TOKEN];
    arguments.extend(["--rps", "40", "--report", "json=report.json"]);
    let child = spawned(program(&arguments, folder.path()));
    until("the run creates something", || server.user_count() > users);
    // Launchers and `timeout` send it to the program, which gets it through its process group as well.
    for signal in ["-INT", "-INT", "-TERM"] {
        let interrupt = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(interrupt.is_ok_and(|status| status.success()));
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().expect("it ends");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(err.contains("stopping: nothing new is started"), "{err}");
    assert_eq!((server.user_count(), server.group_count()), (users, groups));
    let report = json(&std::fs::read_to_string(folder.path().join("report.json")).expect("a report all the same"));
    assert_eq!(report["verdict"], "undecided");
    assert_eq!(report["leftovers"], Value::Array(Vec::new()));
}

#[test]
fn what_a_killed_run_left_is_in_its_journal_and_can_be_swept() {
    let (server, folder) = (reference(), folder());
    let (users, groups) = (server.user_count(), server.group_count());
    let journal = folder.path().join("journal");
    let path = journal.display().to_string();
    let server_arguments = ["--base-url", server.base_url(), "--token", TOKEN, "--journal", &path];
    let mut arguments = vec!["okta/groups", "--jobs", "1", "--rps", "8"];
    arguments.extend(server_arguments);
    let mut child = spawned(program(&arguments, folder.path()));
    // The next request is an eighth of a second away when a creation is written down.
    until("three creations", || std::fs::read_to_string(&journal).unwrap_or_default().matches("created ").count() >= 3);
    let early = check(&[&["sweep"], &server_arguments[..]].concat(), 3).err;
    assert!(early.contains("another scim-check is at work on this server"), "{early}");
    child.kill().and_then(|()| child.wait()).expect("it was running");
    let left = (server.user_count() - users) + (server.group_count() - groups);
    // What was about to be created is in it, too.
    let named = scim_check::run::journal::remaining(&journal).len();
    assert!(named >= left, "{named} of {left}");

    let note = check(&[&["okta/connection"], &server_arguments[..]].concat(), 0).err;
    assert!(left == 0 || note.contains(&format!("left {named} resources")), "{note}");
    let swept = check(&[&["sweep"], &server_arguments[..]].concat(), 0).out;
    assert!(swept.matches("deleted ").count() >= left, "{swept}");
    assert_eq!((server.user_count(), server.group_count()), (users, groups));
    assert!(!journal.exists(), "nothing is left to remember");
}

#[test]
fn a_run_that_left_nothing_leaves_no_journal_either() {
    let (server, folder) = (reference(), folder());
    let arguments =
        ["okta/users/create", "--base-url", server.base_url(), "--token", TOKEN, "--journal", "below/journal"];
    let said = said(program(&arguments, folder.path()));
    assert_eq!(said.code, Some(0), "{}", said.all());
    assert_eq!(std::fs::read_dir(folder.path().join("below")).expect("the folder was made").count(), 0);
}

#[test]
fn a_server_that_only_fails_gets_one_sentence() {
    let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500","detail":"no"}"#;
    let head = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/scim+json\r\nConnection: close\r\n";
    let failing = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let url = format!("http://{}/scim/v2", parrot(failing.leak()));
    refused("a-failing-server", &["--base-url", &url, "--header", "Authorization: some-key"], 3);
}

/// A folder with scenarios of one's own, as the documentation shows them, and a requirement of one's own.
fn own_scenarios() -> tempfile::TempDir {
    let folder = folder();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder in a fresh folder");
        std::fs::write(path, text).expect("a file in a fresh folder");
    };
    let page = include_str!("../../docs/own-scenarios.md");
    let from = page.find("# file: my-scenarios/acme/nickname.yaml").expect("the page shows a scenario");
    let nickname = page[from..].split("```").next().expect("up to the end of the block");
    write("acme/nickname.yaml", nickname);
    write(
        "acme/motto.yaml",
        &nickname.replace("OKTA-patch-profile-effective", "ACME-motto").replace("nickname", "motto"),
    );
    write(
        "requirements/acme.yaml",
        "- id: ACME-motto\n  source: Acme\n  section: handbook\n  level: MUST\n  area: attributes\n  title: \"A motto is kept\"\n  \
         testable: black-box\n  applies_if: always\n",
    );
    folder
}

#[test]
fn scenarios_of_ones_own_use_the_built_in_flows_and_bring_requirements() {
    let folder = own_scenarios();
    let path = folder.path().display().to_string();
    assert!(check(&["lint", &path], 0).all().contains("no mistakes"), "{}", check(&["lint", &path], 0).all());
    let report = json(&check(&["demo", "--scenarios", &path, "--suite", "acme", "--report", "json=-"], 0).out);
    let cases = report["cases"].as_array().expect("cases");
    let told: Vec<_> = cases.iter().map(|case| (case["id"].as_str(), case["outcome"].as_str())).collect();
    assert_eq!(told, [(Some("acme/motto"), Some("passed")), (Some("acme/nickname"), Some("passed"))]);
    let requirements = report["requirements"].as_array().expect("requirements");
    assert!(requirements.iter().any(|r| r["id"] == "ACME-motto" && r["status"] == "met"), "{requirements:?}");
}

#[test]
fn lint_reports_every_mistake_of_a_folder_at_once() {
    let folder = own_scenarios();
    let path = folder.path().join("acme/nickname.yaml");
    let text = std::fs::read_to_string(&path).expect("just written");
    std::fs::write(&path, text.replace("capture", "captrue").replace("must:", "msut:"))
        .expect("a file in a fresh folder");
    std::fs::write(folder.path().join("acme/other.yaml"), "title: 1\n").expect("a file in a fresh folder");
    let said = check(&["lint", &folder.path().display().to_string()], 2);
    assert!(said.err.matches("error: ").count() >= 4, "{}", said.err);
    for place in ["acme/nickname.yaml:", "acme/other.yaml:", "did you mean `must`"] {
        assert!(said.err.contains(place), "{place}: {}", said.err);
    }
    assert_eq!(said.out, "");
}

#[test]
fn what_is_selected_runs_and_what_is_skipped_does_not() {
    let arguments =
        ["demo", "okta/look*/finds*", "okta/connection", "--skip", "okta/connection/groups*", "--report", "json=-"];
    let report = json(&check(&arguments, 0).out);
    let ran: BTreeSet<&str> = report["cases"]
        .as_array()
        .expect("cases")
        .iter()
        .filter(|case| case["outcome"] == "passed")
        .filter_map(|case| case["id"].as_str())
        .collect();
    let all = json(&check(&["list", "--format", "json"], 0).out);
    let ids = all.as_array().expect("a list").iter().filter_map(|case| case["id"].as_str());
    let wanted = |id: &&str| {
        id.starts_with("okta/lookup/finds") || (id.starts_with("okta/connection") && !id.contains("groups"))
    };
    let wanted: BTreeSet<&str> = ids.filter(wanted).collect();
    assert!(wanted.len() > 1 && check(&["list", "okta/connection/groups"], 0).out.lines().count() > 1);
    assert_eq!(ran, wanted);
}

#[test]
fn strict_lets_recommendations_count() {
    let arguments = ["demo", "okta/attributes/external-id", "--quirk", "external-id-altered"];
    assert!(check(&arguments, 0).out.contains("warn"), "it is told all the same");
    check(&[&arguments[..], &["--strict"]].concat(), 1);
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let (server, folder) = (reference(), folder());
    let mut command = program(&["okta/connection", "--base-url", server.base_url(), "--header", "X: y"], folder.path());
    let nobody = format!("http://{}", nobody());
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, &nobody);
    }
    let said = said(command);
    // The server was reached: it has something against the credential.
    assert!(said.err.contains("answered 401"), "{}", said.all());
}

#[test]
#[cfg(unix)]
fn a_second_interrupt_stops_at_once_and_says_what_is_left() {
    let (server, folder) = (reference(), folder());
    let users = server.user_count();
    let journal = folder.path().join("journal").display().to_string();
    let server_arguments = ["--base-url", server.base_url(), "--token", TOKEN, "--journal", &journal];
    let mut arguments = vec!["okta/lifecycle", "--rps", "3", "--report", "json=report.json"];
    arguments.extend(server_arguments);
    let child = spawned(program(&arguments, folder.path()));
    until("the run creates something", || server.user_count() > users);
    for _ in 0..2 {
        let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(interrupt.is_ok_and(|status| status.success()));
        // Sooner than this it would count as the same request.
        std::thread::sleep(Duration::from_millis(600));
    }
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let left = server.user_count() - users;
    assert!(left > 0, "at three requests a second not everything can have been removed");
    let report = json(&std::fs::read_to_string(folder.path().join("report.json")).expect("a report all the same"));
    // What was under way may have been created as well.
    assert!(report["leftovers"].as_array().is_some_and(|told| told.len() >= left), "{}", report["leftovers"]);
    check(&[&["sweep", "--settle", "0.2"], &server_arguments[..]].concat(), 0);
    assert_eq!(server.user_count(), users);
}

/// A run with one failure, as GitHub Actions calls it.
fn in_github(arguments: &[&str], folder: &Path, summary: &Path) -> Said {
    let fails = ["demo", "okta/attributes/external-id", "--quirk", "external-id-altered", "--strict"];
    let mut command = program(&[&fails[..], arguments].concat(), folder);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", summary);
    said(command)
}

#[test]
fn a_step_of_github_gets_a_summary_and_annotations() {
    let folder = folder();
    let summary = folder.path().join("summary.md");
    std::fs::write(&summary, "of another step\n").expect("a file");
    let run = in_github(&[], folder.path(), &summary);
    assert!(run.out.lines().any(|line| line.starts_with("::error title=")), "{}", run.all());
    let written = std::fs::read_to_string(&summary).expect("a summary");
    assert!(written.starts_with("of another step\n# SCIM: violates\n"), "{written}");

    let run = in_github(&["--report", "json=-"], folder.path(), &summary);
    assert!(!run.out.contains("::error ") && run.err.contains("::error title="), "{}", run.all());
    json(&run.out);
}

#[test]
fn a_summary_that_cannot_be_written_is_a_note() {
    let folder = folder();
    let run = in_github(&[], folder.path(), &folder.path().join("missing/summary.md"));
    assert!(run.err.contains("note: the summary of the step cannot be written"), "{}", run.all());
    assert_eq!(run.code, Some(1), "{}", run.all());
}

#[test]
fn an_archive_without_bodies_is_refused() {
    let run = check(&["demo", "okta/connection", "--report", "har=run.har", "--bodies", "none"], 2);
    assert!(run.err.contains("--bodies none"), "{}", run.all());
}

#[test]
fn what_passed_is_listed_only_when_asked() {
    let arguments = ["demo", "okta/connection/users", "okta/attributes/external-id", "--quirk", "external-id-altered"];
    let said = check(&arguments, 0);
    assert!(!said.out.contains("okta/connection/users"), "{}", said.out);
    assert!(said.out.contains("okta/connection  1 passed"), "{}", said.out);
    let said = check(&[&arguments[..], &["--verbose"]].concat(), 0);
    assert!(said.out.lines().any(|line| line.contains("okta/connection/users") && line.contains("ok")), "{}", said.out);
}

#[test]
fn no_hint_after_a_demo_names_the_server_that_is_gone() {
    let folder = folder();
    let quirks = ["--quirk", "delete-ignored", "--quirk", "active-as-string"];
    let said = said(program(
        &[
            &[
                "demo",
                "okta/users/create",
                "okta/users/create-answer",
                "--settle",
                "0",
                "--verbose",
                "--report",
                "html=r.html",
            ],
            &quirks[..],
        ]
        .concat(),
        folder.path(),
    ));
    assert!(said.out.contains("left on the server"), "{}", said.out);
    // What was sent is shown, and where to; what is to be done is not to be done there.
    let told = said.out.lines().filter(|line| line.contains("127.0.0.1"));
    let told: Vec<&str> = told.filter(|line| !line.contains(" requests to http://127.0.0.1:")).collect();
    assert_eq!(told.iter().filter(|line| line.contains("curl") || line.contains("--base-url")).count(), 0, "{told:?}");
    let page = std::fs::read_to_string(folder.path().join("r.html")).expect("a report");
    assert!(!page.contains("curl -X"), "the page has no command for the server that is gone");
}

#[test]
fn what_ends_a_run_before_it_begins_is_an_annotation() {
    let folder = folder();
    let run = |base_url: &str, more: &[&str]| {
        let arguments = [&["run", "--base-url", base_url, "--token", TOKEN, "--journal", "journal"], more].concat();
        let mut command = program(&arguments, folder.path());
        command.env("GITHUB_ACTIONS", "true");
        let said = said(command);
        assert_eq!(said.code, Some(3), "{}", said.all());
        assert!(!said.all().contains(TOKEN), "{}", said.all());
        said
    };
    let annotations =
        |text: &str| -> Vec<String> { text.lines().filter(|line| line.starts_with("::")).map(str::to_owned).collect() };
    let nobody = run(&format!("http://{}/scim", nobody()), &[]);
    let told = annotations(&nobody.out);
    assert_eq!(told.len(), 1, "{}", nobody.all());
    assert!(told[0].starts_with("::error title=Nothing could be checked::GET http://127.0.0.1:"), "{told:?}");
    assert!(told[0].contains("nobody listens") && told[0].contains("%0ATry: is the server running"), "{told:?}");

    let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let base_url = format!("http://{}/scim", parrot(refusal));
    let told = annotations(&run(&base_url, &[]).out);
    assert!(matches!(told.as_slice(), [one] if one.contains("answered 401: the credential is refused")), "{told:?}");
    // A report on standard output stays alone there.
    let run = run(&base_url, &["--report", "json=-"]);
    json(&run.out);
    assert_eq!(annotations(&run.err).len(), 1, "{}", run.all());
}

#[test]
fn a_journal_with_a_line_that_says_nothing_is_not_swept_without_a_word() {
    let (server, folder) = (reference(), folder());
    let journal = folder.path().join("journal");
    std::fs::write(&journal, "createdgone scabcdefghij /Users/1\n").expect("a file");
    let journal = journal.display().to_string();
    let arguments =
        ["sweep", "--settle", "0.1", "--base-url", server.base_url(), "--token", TOKEN, "--journal", &journal];
    let said = check(&arguments, 3);
    assert!(said.all().contains("1 line of") && said.all().contains("createdgone scabcdefghij"), "{}", said.all());
}

#[test]
fn a_suite_that_there_is_not_is_told_before_anything_is_sent() {
    // Where nobody listens a run could send nothing: it would say so instead.
    let url = format!("http://{}/scim", nobody());
    let said = check(&["run", "--base-url", &url, "--token", TOKEN, "--journal", "journal", "--suite", "otka"], 2);
    assert!(said.err.contains("there is no suite `otka`; did you mean `okta`?"), "{}", said.all());
}

//! Servers that a target file starts: they are there for the run, and gone after it, whatever becomes of the run.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_scim-check");
const TOKEN: &str = "token-of-the-tests";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

fn is_there(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// A folder with a target file that ends in `rest`.
fn target(port: u16, rest: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let text = format!("base-url: http://127.0.0.1:{port}/scim/v2\nauth: {{ token-env: SCIM_CHECK_TOKEN }}\n{rest}\n");
    fs::write(folder.path().join("target.yaml"), text).expect("the folder can be written");
    folder
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).args(["--target", "target.yaml", "--journal", "journal"]);
    command.current_dir(folder).env("TMPDIR", folder).env("SCIM_CHECK_TOKEN", TOKEN).env_remove("SCIM_CHECK_BASE_URL");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder, arguments).output().expect("the program starts")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn serve(port: u16) -> String {
    format!("'{PROGRAM}' serve --port {port} --token {TOKEN}")
}

fn logs(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.starts_with("scim-check-server-")).collect()
}

/// The run ends with 2, says so, and leaves no process that waits on the port.
fn refused(port: u16, rest: &str, says: &[&str]) {
    let folder = target(port, rest);
    let output = run(folder.path(), &["run", "okta/connection"]);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    says.iter().for_each(|says| assert!(told.contains(says), "{says:?} is not said: {told}"));
    assert!(!told.contains("panicked") && !told.contains(TOKEN), "{told}");
    assert!(!is_there(port), "something still listens: {told}");
}

#[test]
fn a_program_is_there_for_the_run_alone() {
    let port = free_port();
    let words = format!("command: ['{PROGRAM}', serve, --port, '{port}', --token, {TOKEN}]");
    for rest in
        [words.clone(), format!("{words}\nready: {{ url: /scim/v2/ServiceProviderConfig, within-seconds: 20 }}")]
    {
        let folder = target(port, &rest);
        let output = run(folder.path(), &["run", "okta/connection", "okta/lookup/finds-user"]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert!(!is_there(port), "the server is still there");
        assert_eq!(logs(folder.path()), Vec::<String>::new(), "a good run leaves nothing behind");
    }
}

#[test]
fn what_a_line_for_the_shell_starts_in_the_background_is_stopped_too() {
    let port = free_port();
    let folder = target(port, &format!("command: \"{} & {} & wait\"", serve(port), "sleep 61"));
    let output = run(folder.path(), &["run", "okta/connection", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(!is_there(port), "the server is still there");
    let processes = Command::new("ps").args(["-eo", "args"]).output().map(|output| told(&output)).unwrap_or_default();
    assert!(!processes.lines().any(|line| line.trim() == "sleep 61"), "a process is still there");
}

#[test]
fn an_import_preview_starts_it_too() {
    let port = free_port();
    let folder = target(port, &format!("command: \"{}\"", serve(port)));
    fs::write(folder.path().join("okta.csv"), "login,email,firstName,lastName,status\n")
        .expect("the folder can be written");
    let output = run(folder.path(), &["import-preview", "--okta-users", "okta.csv"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(!is_there(port), "the server is still there");
}

#[test]
fn a_command_that_dies_is_told_with_its_output_and_without_the_credential() {
    let line = "command: \"echo key is $SCIM_CHECK_TOKEN; echo no database >&2; exit 7\"";
    refused(
        free_port(),
        line,
        &["ended before it was ready", "7", "key is ***", "no database", "all that it wrote is in"],
    );
    refused(free_port(), "command: 'exit 1'", &["ended before it was ready", "it wrote nothing"]);
}

#[test]
fn a_command_that_is_not_there_is_told() {
    refused(
        free_port(),
        "command: [no-such-program-anywhere, x]",
        &["cannot be started", "no-such-program-anywhere x"],
    );
}

#[test]
fn a_server_that_does_not_get_ready_is_stopped() {
    let port = free_port();
    refused(
        port,
        &format!("command: \"{}\"\nready: {{ url: /health, within-seconds: 1 }}", serve(port)),
        &["is not ready after 1 s", "answers 4", "/health"],
    );
    refused(port, "command: sleep 62\nready: { within-seconds: 0.3 }", &["does not answer", "it wrote nothing"]);
}

#[test]
fn what_listens_already_is_not_taken_for_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has one").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            drop(std::io::Read::read(&mut &stream, &mut [0; 4096]));
            drop(std::io::Write::write_all(&mut &stream, b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"));
        }
    });
    let folder = target(port, "command: sleep 63");
    let output = run(folder.path(), &["run", "okta/connection"]);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("answered 204 before `command` was started"), "{told}");
}

#[test]
fn a_server_that_ends_during_the_run_ends_it() {
    let port = free_port();
    let line = format!("command: \"{} & server=$!; sleep 1.5; kill $server; exit 9\"", serve(port));
    let folder = target(port, &line);
    let output = run(folder.path(), &["run", "okta/users", "--rps", "10", "--quiet"]);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("ended during the run") && told.contains('9'), "{told}");
}

#[test]
fn a_server_that_does_not_want_to_end_is_killed() {
    let port = free_port();
    let folder = target(port, &format!("command: \"trap '' TERM; {} & while true; do sleep 1; done\"", serve(port)));
    let begun = Instant::now();
    let output = run(folder.path(), &["run", "okta/connection", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(!is_there(port), "the server is still there");
    assert!(begun.elapsed() < Duration::from_secs(60), "it was waited for without end");
}

#[test]
fn an_interrupted_wait_stops_the_server() {
    let port = free_port();
    let folder = target(port, &format!("command: \"{}\"\nready: /never", serve(port)));
    let child = program(folder.path(), &["run", "okta/connection"]).spawn().expect("the program starts");
    let begun = Instant::now();
    while !is_there(port) && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill is there");
    assert!(interrupt.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("the wait for the server was stopped"), "{}", told(&output));
    assert!(!is_there(port), "the server is still there");
}

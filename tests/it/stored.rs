//! A stored report says in every format what the run said.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use scim_check::report::format::{FORMATS, Format};

fn scim_check(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(arguments).env("COLUMNS", "100").env_remove("GITHUB_STEP_SUMMARY").env_remove("GITHUB_ACTIONS");
    command.output().expect("the program starts")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `FORMAT=PATH` for all formats that can be written where these bodies are kept, the files in a folder.
fn all_formats(folder: &Path, bodies: &str) -> Vec<String> {
    let can = |format: &&Format| format.word != "har" || bodies != "none";
    FORMATS.iter().filter(can).map(|format| format!("{}={}", format.word, folder.join(format.word).display())).collect()
}

/// Runs against the built-in server and writes every format, of the run and of its record, into two folders.
fn run_and_tell(arguments: &[&str], bodies: &str, folder: &Path) {
    let (run, told) = (folder.join("run"), folder.join("told"));
    [&run, &told].iter().for_each(|folder| fs::create_dir(folder).expect("a fresh folder"));
    let reports = all_formats(&run, bodies);
    let mut all = vec!["demo", "--seed", "5", "--settle", "0.5", "--bodies", bodies];
    all.extend(arguments);
    all.extend(reports.iter().flat_map(|report| ["--report", report.as_str()]));
    let output = scim_check(&all);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", errors(&output));
    let from = run.join("json").display().to_string();
    let reports = all_formats(&told, bodies);
    let mut all = vec!["report", "--from", &from];
    all.extend(reports.iter().map(String::as_str));
    let output = scim_check(&all);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
}

#[track_caller]
fn check(arguments: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    run_and_tell(arguments, "all", folder.path());
    for format in FORMATS {
        let read = |of: &str| fs::read_to_string(folder.path().join(of).join(format.word)).expect("it was written");
        let (run, told) = (read("run"), read("told"));
        assert!(!run.is_empty(), "{}", format.word);
        let differing = run.lines().zip(told.lines()).find(|(run, told)| run != told);
        assert!(run == told, "{} of {arguments:?}: {differing:?}", format.word);
    }
}

#[test]
fn of_a_right_server() {
    check(&[]);
}

#[test]
fn of_a_server_that_loses_patches() {
    check(&["--quirk", "patch-noop-200", "--strict"]);
}

#[test]
fn of_a_server_that_refuses_creates() {
    check(&["--quirk", "create-demands-formatted"]);
}

#[test]
fn of_a_server_whose_failures_are_known() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("known.yaml");
    let known = "version: 1\nknown-failures:\n  - requirement: OKTA-error-json\n    reason: next spring\n    link: https://example.com/7\n  \
                 - requirement: OKTA-create-201\n    reason: it was so once\n";
    fs::write(&path, known).expect("a file in a fresh folder");
    check(&["--quirk", "errors-html", "--baseline", &path.display().to_string()]);
}

#[test]
fn of_part_of_the_suite() {
    check(&["okta/users", "--skip", "okta/users/create*"]);
}

#[test]
fn what_was_not_kept_is_not_shown_and_everything_else_is() {
    for bodies in ["failing", "none"] {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        run_and_tell(&["okta/auth", "--quirk", "errors-html"], bodies, folder.path());
        let read = |of: &str, format: &str| fs::read_to_string(folder.path().join(of).join(format)).expect("written");
        assert_eq!(read("run", "json"), read("told", "json"), "{bodies}");
        // The record knows what was sent and how long it took.
        let from = folder.path().join("run/json").display().to_string();
        let told = scim_check(&["report", "--from", &from]);
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(text.contains(" requests to http://") && !text.contains("\n0 requests"), "{text}");
        assert_eq!(text.contains("the exchange was not kept"), bodies == "none", "{text}");
    }
}

/// What is said of a file that is no report.
fn refused(name: &str, content: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("a file in a fresh folder");
    let written = folder.path().join("out.xml");
    let report = format!("junit={}", written.display());
    let output = scim_check(&["report", "--from", &path.display().to_string(), &report]);
    let said = errors(&output).replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty() && said.starts_with(&format!("error: {name}: ")), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 1, "nothing was written");
    said
}

#[test]
fn what_is_no_report_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    run_and_tell(&["okta/auth"], "all", folder.path());
    let whole = fs::read_to_string(folder.path().join("run/json")).expect("it was written");
    let half = refused("half.json", &whole.as_bytes()[..whole.len() / 2]);
    assert!(half.contains(" at line ") && half.contains(" column "), "{half}");
    let place = refused("place.json", whole.replacen("\"outcome\": \"passed\"", "\"outcome\": \"lost\"", 1).as_bytes());
    assert!(place.contains("the outcome of okta/") && place.contains("`lost`"), "{place}");
    let other = whole.replacen("scim-check.report/1", "scim-check.runscope/1", 1);
    assert!(refused("other.json", other.as_bytes()).contains("has format `scim-check.runscope/1`"));
    assert!(refused("empty.json", b"").contains("it is empty"));
    assert!(refused("object.json", b"{}").contains("it has no `format`"));
    assert!(refused("list.json", b"[1]").contains("has format `1`"));
    assert!(refused("text.json", b"hello").contains("at line 1 column 1"));
    assert!(refused("binary.json", b"\xff\xfe\x00").contains("no UTF-8 text"));
    assert!(refused("deep.json", "[".repeat(100_000).as_bytes()).contains("not a report"));
    let output = scim_check(&["report", "--from", "nowhere.json"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(errors(&output).starts_with("error: nowhere.json: No such file"), "{}", errors(&output));
}

/// Runs the demo with reports in a folder; gives the exit code and what was complained of.
fn demo(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(["demo", "okta/auth", "--quiet"]).args(arguments).current_dir(folder);
    let output = command.output().expect("the program starts");
    (output.status.code(), errors(&output))
}

#[test]
fn reports_that_cannot_be_written_are_told_before_anything_is_sent() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    fs::create_dir(folder.path().join("below")).expect("a fresh folder");
    let wanted = [
        "json=below",
        "xml=a.xml",
        "junit",
        "text=",
        "json=nowhere/a.json",
        "text=-",
        "oin=-",
        "junit=a",
        "json=below/../a",
    ];
    let arguments: Vec<&str> = wanted.iter().flat_map(|report| ["--report", report]).collect();
    let (code, said) = demo(folder.path(), &arguments);
    assert_eq!(code, Some(2), "{said}");
    let expected = [
        "error: --report json=below: that is a folder",
        "error: there is no report format `xml`; there are text, ",
        "error: --report is written FORMAT=PATH, such as json=report.json, not `junit`",
        "error: --report is written FORMAT=PATH, such as json=report.json, not `text=`",
        "error: --report json=nowhere/a.json: there is no folder nowhere",
        "error: --report oin=-: another report goes to standard output already",
        "error: --report json=below/../a: another report goes to that path already",
    ];
    assert_eq!(said.lines().count(), expected.len(), "{said}");
    said.lines().zip(expected).for_each(|(said, expected)| assert!(said.starts_with(expected), "{said}"));
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn one_report_that_cannot_be_written_costs_no_other() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let arguments = ["--report", "junit=/dev/full", "--report", "json=a.json", "--report", "oin=/dev/null"];
    let (code, said) = demo(folder.path(), &arguments);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.ends_with("error: the report /dev/full cannot be written: No space left on device (os error 28)\n"),
        "{said}"
    );
    let names: Vec<_> =
        fs::read_dir(folder.path()).expect("it is there").map(|entry| entry.expect("so is it").file_name()).collect();
    assert_eq!(names, ["a.json"]);
}

#[cfg(unix)]
#[test]
fn a_baseline_that_cannot_be_written_costs_no_report() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let (below, pipe) = (folder.path().join("below"), folder.path().join("pipe"));
    fs::create_dir(&below).expect("a fresh folder");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    let reader = std::thread::spawn({
        let (below, pipe) = (below.clone(), pipe.clone());
        move || {
            // Opening it waits until the run is over and the first report is written.
            let file = fs::File::open(pipe).expect("it was made");
            fs::remove_dir_all(below).expect("it is there");
            std::io::read_to_string(file).expect("a report is text")
        }
    });
    let arguments = [
        "--quirk",
        "errors-html",
        "--baseline",
        "below/known.yaml",
        "--update-baseline",
        "--report",
        "text=pipe",
        "--report",
        "json=a.json",
    ];
    let (code, said) = demo(folder.path(), &arguments);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("error: the baseline below/known.yaml cannot be written: No such file"), "{said}");
    assert!(reader.join().expect("it ends").contains("verdict"));
    assert!(folder.path().join("a.json").exists());
}

//! The words of the program on servers that are wrong in ways that readers know, and on a right one, from the first line to the
//! last.

use std::process::{Command, Stdio};

/// What the program says of the reference with these quirks. What differs from run to run is taken out.
fn check(name: &str, quirks: &[&str]) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(["demo", "--jobs", "1", "--seed", "5", "--settle", "0.1"]).stdin(Stdio::null());
    quirks.iter().for_each(|quirk| {
        command.args(["--quirk", quirk]);
    });
    for variable in ["SCIM_CHECK_TOKEN", "SCIM_CHECK_BASE_URL", "CLICOLOR_FORCE", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(variable);
    }
    command.env("COLUMNS", "110").env("XDG_STATE_HOME", folder.path()).current_dir(folder.path());
    let output = command.output().expect("the program starts");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, word) in [
        (r"127\.0\.0\.1:\d+", "HOST"),
        (r"\(\d+(\.\d+)? m?s\)", "(TIME)"),
        (r" +\d+(\.\d+)? m?s\b", " TIME"),
        (r"repeated \d+ times?", "repeated N times"),
        (r"\d+ requests to", "N requests to"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
        (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "MOMENT"),
    ] {
        settings.add_filter(pattern, word);
    }
    let said = format!(
        "{}{}exit code: {}\n",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        output.status.code().unwrap_or(-1)
    );
    settings.bind(|| insta::assert_snapshot!(format!("words-{name}"), said));
}

#[test]
fn a_right_server_gets_a_few_lines() {
    check("right", &[]);
}

#[test]
fn a_server_that_refuses_creates_is_told_of_that_first() {
    check("refuses-creates", &["create-demands-formatted"]);
}

#[test]
fn a_server_that_loses_patches_is_told_what_a_read_shows() {
    check("loses-patches", &["patch-noop-200"]);
}

#[test]
fn a_server_that_answers_errors_in_html_is_told_so_in_words() {
    check("html-errors", &["errors-html"]);
}

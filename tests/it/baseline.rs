//! Known failures through the program: what fails a run, what does not, and what is written.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const KEPT: &str = "OKTA-deactivate-keeps-account";

/// Runs the lifecycle cases on the reference with a quirk; gives the exit code and what was said.
fn run(folder: &Path, quirk: Option<&str>, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(["demo", "--seed", "5", "--settle", "0.1"]).args(arguments).stdin(Stdio::null());
    if !arguments.iter().any(|argument| argument.starts_with("okta/")) {
        command.arg("okta/lifecycle");
    }
    quirk.iter().for_each(|quirk| {
        command.args(["--quirk", quirk]);
    });
    command.env("XDG_STATE_HOME", folder).env("COLUMNS", "200").current_dir(folder);
    let output = command.output().expect("the program starts");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), said)
}

/// Writes a baseline and runs with it.
fn check(entries: &str, quirk: Option<&str>, arguments: &[&str], expected: (i32, &[&str])) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("known.yaml");
    fs::write(&path, format!("version: 1\nknown-failures:\n{entries}")).expect("the file can be written");
    let mut all = vec!["--baseline", "known.yaml"];
    all.extend(arguments);
    let (code, said) = run(folder.path(), quirk, &all);
    assert_eq!(code, expected.0, "{said}");
    expected.1.iter().for_each(|text| assert!(said.contains(text), "no {text:?} in\n{said}"));
}

fn entry(more: &str) -> String {
    format!("  - requirement: {KEPT}\n    reason: to be mended in March\n{more}")
}

const BROKEN: Option<&str> = Some("deactivate-deletes");
const ONE: &str = "okta/lifecycle/keeps-account";

#[test]
fn what_is_known_fails_nothing_and_is_told_with_its_reason() {
    let link = entry("    link: https://tracker.example.com/7\n    expires: 2999-01-31\n");
    let told = "OKTA-deactivate-keeps-account: to be mended in March (https://tracker.example.com/7): 2 cases, accepted until 2999-01-31";
    check(&link, BROKEN, &[ONE], (0, &["1 known failure", told, "2 failed (2 known)", "known "]));
}

#[test]
fn what_is_not_known_is_new() {
    let other = "  - requirement: OKTA-create-201\n    reason: it answers 200\n";
    check(other, BROKEN, &[ONE], (1, &["1 requirement violated", "verdict: violates"]));
}

#[test]
fn an_entry_for_one_case_covers_no_other() {
    let of = |case: &str| format!("  - case: {ONE}#{case}\n    reason: a custom app\n");
    check(&of("wizard"), BROKEN, &[ONE], (1, &["2 failed (1 known)"]));
    check(&(of("wizard") + &of("catalogue")), BROKEN, &[ONE], (0, &["2 known failures"]));
    let both = format!("  - requirement: {KEPT}\n    case: {ONE}#wizard\n    reason: a custom app\n");
    check(&both, BROKEN, &[ONE], (1, &["2 failed (1 known)"]));
}

#[test]
fn a_stale_entry_fails_the_run() {
    let told = ["the baseline is wrong in 1 place", "holds now", "(known.yaml:3)", "the run fails all the same"];
    check(&entry(""), None, &[ONE], (1, &told));
}

#[test]
fn an_entry_past_its_day_fails_the_run_and_covers_nothing() {
    let past = entry("    expires: 2026-01-31\n");
    check(&past, BROKEN, &[ONE], (1, &["was accepted until 2026-01-31", "1 requirement violated"]));
    check(&past, None, &[ONE], (1, &["was accepted until 2026-01-31"]));
}

#[test]
fn what_was_not_judged_is_not_stale() {
    check(&entry(""), None, &["okta/lifecycle/active-boolean"], (0, &["verdict: partial"]));
    // One of the two cases that judge it was left out: it may still be violated there.
    check(&entry(""), None, &[&format!("{ONE}#wizard")], (0, &["verdict: partial"]));
}

#[test]
fn what_cannot_be_judged_is_expected_only_where_the_entry_says_so() {
    check(&entry(""), BROKEN, &[], (3, &["nothing new fails, but", "say `inconclusive: true` of it"]));
    check(&entry("    inconclusive: true\n"), BROKEN, &[], (0, &["1 known failure"]));
    let case = "  - case: okta/lifecycle/inactive-findable#wizard\n    reason: waits for it\n    inconclusive: true\n";
    check(&(entry("") + case), BROKEN, &[ONE, "okta/lifecycle/inactive-findable#wizard"], (0, &["2 known failures"]));
}

#[test]
fn names_that_are_not_there_are_mistakes_with_a_place() {
    let typo = "  - requirement: OKTA-deactivate-keeps-acount\n    reason: a typo\n";
    check(typo, None, &[ONE], (2, &["known.yaml:3:18", "did you mean `OKTA-deactivate-keeps-account`?"]));
    let gone = "  - case: okta/lifecycle/keeps-account#wizzard\n    reason: a typo\n";
    check(gone, None, &[ONE], (2, &["known.yaml:3:11", "did you mean `okta/lifecycle/keeps-account#wizard`?"]));
}

#[test]
fn a_file_that_is_not_there_is_said_so_and_can_be_written() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (code, said) = run(folder.path(), None, &["--baseline", "known.yaml", ONE]);
    assert_eq!(code, 2, "{said}");
    let (code, said) = run(folder.path(), None, &["--baseline", "nowhere/known.yaml", "--update-baseline", ONE]);
    assert!(code == 2 && said.contains("there is no folder nowhere"), "{said}");
    let (code, said) = run(folder.path(), BROKEN, &["--baseline", "known.yaml", "--update-baseline", ONE]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = run(folder.path(), BROKEN, &["--baseline", "known.yaml", ONE]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn an_update_does_not_renew_what_has_expired() {
    let past = entry("    expires: 2026-01-31\n");
    let told = ["was accepted until 2026-01-31", "1 requirement violated"];
    check(&past, BROKEN, &["--update-baseline", ONE], (1, &told));
}

#[test]
fn an_update_keeps_reasons_and_comments_and_takes_out_what_is_stale() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("known.yaml");
    let stale = "    - requirement: OKTA-deactivate-keeps-account   # both apps\n      reason: >\n        to be mended\n        in March\n";
    let kept = "    # The second one.\n    - requirement: OKTA-reactivate-put-accepted\n      reason: waits\n";
    let head = "# Ours.\nversion: 1\n\nknown-failures:\n    # Since the spring.\n";
    fs::write(&path, format!("{head}{stale}\n{kept}")).expect("the file can be written");
    let lifecycle =
        ["keeps-account", "reactivate#wizard", "reactivate#catalogue"].map(|name| format!("okta/lifecycle/{name}"));
    let mut all = vec!["--baseline", "known.yaml", "--update-baseline"];
    all.extend(lifecycle.iter().map(String::as_str));
    let (_, said) = run(folder.path(), Some("reactivation-400"), &all);
    let after = fs::read_to_string(&path).expect("the file is there");
    let new = "    - requirement: OKTA-reactivate-patch-accepted\n      reason: known when this file was written\n";
    assert_eq!(after, format!("{head}\n{kept}{new}"), "{said}");
}

#[test]
fn a_quiet_run_says_which_entry_is_wrong() {
    let told = ["the baseline is wrong:", "okta/lookup/miss: holds now: remove the entry", "(known.yaml:3)"];
    let stale = "  - case: okta/lookup/miss\n    reason: mended\n";
    check(stale, None, &["okta/lookup/miss", "--quiet"], (1, &told));
}

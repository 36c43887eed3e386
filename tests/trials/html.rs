//! HTML reports in a browser: `browser/check.mjs` opens the reports that the program makes here.
//!
//! `SCIM_CHECK_BROWSER` names Chromium, `SCIM_CHECK_BROWSER_MODULES` the folder in which npm has installed what
//! `browser/package.json` names. Without them the test is skipped and says so; where `CI` is set it fails.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

/// What has to be set.
const VARIABLES: [&str; 2] = ["SCIM_CHECK_BROWSER", "SCIM_CHECK_BROWSER_MODULES"];

/// The most that a report of 1,000 cases may take.
const LARGEST: u64 = 5_000_000;

pub(crate) fn trials() -> Vec<Trial> {
    const IN_CHROMIUM: &str = "html::HTML reports work in Chromium";
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let missing = VARIABLES.iter().find(|name| !is_set(name));
    let trial = match missing {
        None => Trial::test(IN_CHROMIUM, in_chromium),
        Some(name) if is_set("CI") => {
            Trial::test(IN_CHROMIUM, move || Err(format!("{name} is not set; where CI is set it is required").into()))
        }
        Some(name) => {
            let name = format!("{IN_CHROMIUM} (skipped: {name} is not set)");
            Trial::test(name, in_chromium).with_ignored_flag(true)
        }
    };
    let size = Trial::test("html::a report of 1,000 cases with all requests is below 5 MB", || {
        let folder = tempfile::tempdir()?;
        large(folder.path())
    });
    // With a browser the other one looks at that, too.
    if missing.is_none() { vec![trial] } else { vec![size, trial] }
}

#[expect(clippy::print_stdout, reason = "with --nocapture the measurements are told")]
fn in_chromium() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let report = |name: &str| format!("html={}", folder.path().join(name).display());
    program(&["demo", "--quiet", "--report", &report("right.html")], 0)?;
    let failing = ["demo", "--quiet", "--settle", "0.1", "--quirk", "deactivate-deletes"];
    program(&[&failing[..], &["--report", &report("failing.html")]].concat(), 1)?;
    let later = ["demo", "--quiet", "--scenarios", "tests/editions/future", "--edition", "2026.12"];
    program(&[&later[..], &["--report", &report("later.html")]].concat(), 0)?;
    let of_two = ["demo", "--quiet", "--settle", "0.1", "--suite", "okta,onelogin", "--quirk", "deleted-still-found"];
    program(&[&of_two[..], &["--report", &report("works-with.html")]].concat(), 1)?;
    let table = fs::read_to_string(folder.path().join("works-with.html"))?;
    if !table.contains("does not work") {
        return Err("the report of two suites has no table of what works".into());
    }
    large(folder.path())?;
    let out = Command::new("node").arg("tests/browser/check.mjs").arg(folder.path()).output()?;
    let said = String::from_utf8_lossy(&out.stdout);
    println!("{said}");
    match out.status.success() {
        true => Ok(()),
        false => Err(format!("{said}{}", String::from_utf8_lossy(&out.stderr)).into()),
    }
}

/// Writes `large.html`: 1,000 cases, made by repeating those of a run that kept every request.
#[expect(clippy::print_stdout, reason = "with --nocapture the measurements are told")]
fn large(folder: &Path) -> Result<(), Failed> {
    let (small, stored, page) = (folder.join("small.json"), folder.join("large.json"), folder.join("large.html"));
    program(&["demo", "--quiet", "--bodies", "all", "--report", &format!("json={}", small.display())], 0)?;
    let mut report: Value = serde_json::from_str(&fs::read_to_string(&small)?)?;
    let cases = report["cases"].as_array_mut().ok_or("a report has cases")?;
    let own = cases.clone();
    for (number, case) in own.iter().cycle().take(1000).enumerate().skip(own.len()) {
        let mut case = case.clone();
        let id = format!("{}-{number}", case["id"].as_str().ok_or("a case has an id")?);
        case["id"] = id.into();
        cases.push(case);
    }
    fs::write(&stored, report.to_string())?;
    let began = Instant::now();
    let from = stored.display().to_string();
    program(&["report", "--from", &from, &format!("html={}", page.display())], 0)?;
    let size = fs::metadata(&page)?.len();
    println!("{size} bytes, read and written in {} ms", began.elapsed().as_millis());
    if fs::read_to_string(&page)?.contains("; not shown.") {
        return Err("some requests are not shown".into());
    }
    match size < LARGEST && fs::read_to_string(&page)?.matches("<details class=\"c\"").count() == 1000 {
        true => Ok(()),
        false => Err(format!("{size} bytes, or not 1,000 cases").into()),
    }
}

fn program(arguments: &[&str], code: i32) -> Result<(), Failed> {
    let out = Command::new(env!("CARGO_BIN_EXE_scim-check")).args(arguments).output()?;
    match out.status.code() == Some(code) {
        true => Ok(()),
        false => {
            Err(format!("{arguments:?} ended with {}: {}", out.status, String::from_utf8_lossy(&out.stderr)).into())
        }
    }
}

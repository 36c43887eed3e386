//! The report for continuous integration, as JUnit XML.
//!
//! **Invariant:** well-formed XML 1.0, whatever the server sent.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, Strictness, draw, escape, text};
use crate::requirement::Level;
use crate::verdict::{CaseResult, Cause, Finding, Outcome};

/// The report as JUnit XML: a suite per SCIM suite, a test case per case. Findings that do not count for the verdict stand in
/// the output of their case.
pub fn render(report: &Report, strictness: Strictness) -> String {
    let mut out = quick_junit::Report::new(report.tool.name.as_str());
    out.set_time(report.took);
    let mut suites: Vec<TestSuite> = Vec::new();
    for case in &report.cases {
        let name = escape::line(&case.suite);
        let at = suites.iter().position(|suite| suite.name.as_str() == name).unwrap_or_else(|| {
            let mut suite = TestSuite::new(name.as_str());
            suite.add_property(("base-url", escape::line(&report.base_url).as_str()));
            suite.add_property(("seed", report.seed.to_string().as_str()));
            suite.add_property(("verdict", report.verdict(strictness).as_str()));
            if let Some(part) = &report.part {
                suite.add_property(("shard", part.shard.to_string().as_str()));
            }
            suites.push(suite);
            suites.len() - 1
        });
        if let Some(suite) = suites.get_mut(at) {
            let time = suite.time.unwrap_or_default() + case.took;
            suite.set_time(time);
            suite.add_test_case(test_case(report, case, strictness));
        }
    }
    out.add_test_suites(suites);
    // Writing to memory does not fail, and everything written is text.
    out.to_string().unwrap_or_else(|error| format!("<!-- {} -->\n", error.to_string().replace("--", "- -")))
}

fn test_case(report: &Report, case: &CaseResult, strictness: Strictness) -> TestCase {
    let counts = |f: &&Finding| f.level >= strictness.level() && f.known.is_none();
    let counting: Vec<_> = case.findings.iter().filter(counts).collect();
    let known = case.expected.as_ref().or_else(|| case.findings.iter().find_map(|finding| finding.known.as_ref()));
    let is_known = case.expected.is_some() || case.is_known(strictness.level());
    let status = match (&case.outcome, counting.iter().max_by_key(|f| (f.level, std::cmp::Reverse(f.exchange)))) {
        (_, Some(worst)) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(escape::line(worst.requirement.as_str()));
            let more = if counting.len() > 1 { format!(" (and {} more)", counting.len() - 1) } else { String::new() };
            let id = escape::line(worst.requirement.as_str());
            status.set_message(format!("{id}: {}{more}", draw::in_a_line(worst)));
            let mut drawn = text::case_violations(report, case, Level::Must);
            if strictness == Strictness::Should {
                drawn.push_str(&text::case_violations(report, case, Level::Should));
            }
            status.set_description(drawn);
            status
        }
        (_, None) if is_known => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(escape::line(&format!(
                "known failure: {}",
                known.map_or(String::new(), |known| format!("{}: {}", known.name, known.reason))
            )));
            status
        }
        (Outcome::Inconclusive(cause), None) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type(kind(cause));
            let because = match case.blocked_by.first() {
                Some(requirement) => format!("because of {requirement}: {cause}"),
                None => cause.to_string(),
            };
            status.set_message(escape::line(&because));
            status.set_description(text::case_end(report, case));
            status
        }
        (Outcome::Skipped(skip), None) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(escape::line(&text::skip_reason(skip)));
            status
        }
        (Outcome::Failed, None) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        (Outcome::Passed, None) => TestCaseStatus::success(),
    };
    let mut test = TestCase::new(escape::line(&case.id), status);
    test.set_classname(escape::line(case.id.split('#').next().unwrap_or(&case.id)).replace('/', "."));
    test.set_time(case.took);
    for id in &case.checks {
        test.add_property(("requirement", escape::line(id.as_str()).as_str()));
    }
    let levels = case.checks.iter().filter_map(|id| report.requirement(id)).map(|requirement| requirement.level);
    if let Some(level) = levels.max() {
        test.add_property(("level", level.as_str()));
    }
    let mut said = String::new();
    if strictness == Strictness::Must {
        said = text::case_violations(report, case, Level::Should);
    }
    for note in &case.notes {
        said.push_str(&format!("note: {}\n", escape::line(&note.text)));
    }
    for leftover in &case.leftovers {
        said.push_str(&format!(
            "left on the server: {}: {}\n",
            escape::line(&leftover.path),
            escape::line(&leftover.why)
        ));
    }
    if !said.is_empty() {
        test.set_system_out(said);
    }
    test
}

/// A word for what ended a case.
fn kind(cause: &Cause) -> &'static str {
    match cause {
        Cause::NoReply(_) => "no-reply",
        Cause::SetupFailed { .. } => "setup-failed",
        Cause::Unbound(_) => "unbound",
        Cause::Disturbed(_) => "disturbed",
        Cause::Throttled => "throttled",
        Cause::CredentialExpired => "credential-expired",
        Cause::NotOurs(_) => "not-ours",
        Cause::Stopped => "stopped",
        Cause::Bug(_) => "bug",
    }
}

//! The report for continuous integration, as JUnit XML.
//!
//! **Invariant:** well-formed XML 1.0, whatever the server sent, and valid where readers are strict: the xUnit plugin of Jenkins
//! refuses what its schema does not name, such as properties of a test case. So a scenario is a suite, which may have them.

use std::collections::BTreeSet;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, Strictness, draw, escape, text};
use crate::requirement::{Level, RequirementId};
use crate::verdict::{CaseResult, Cause, Finding, NotScored, Outcome};

/// The report as JUnit XML: a suite per scenario, with what it judges as properties, and a test case per case. Findings that do not
/// count for the verdict stand in the output of their case.
pub fn render(report: &Report, strictness: Strictness) -> String {
    let mut out = quick_junit::Report::new(report.tool.name.as_str());
    out.set_time(report.took);
    let mut scenarios: Vec<(&str, Vec<&CaseResult>)> = Vec::new();
    for case in &report.cases {
        let scenario = scenario_of(case);
        match scenarios.last_mut().filter(|(known, _)| *known == scenario) {
            Some((_, cases)) => cases.push(case),
            None => scenarios.push((scenario, vec![case])),
        }
    }
    let verdict = report.verdict(strictness);
    let suites = scenarios.into_iter().map(|(scenario, cases)| {
        let mut suite = TestSuite::new(escape::line(scenario));
        let mut add = |name: &str, value: &str| {
            suite.add_property((name, escape::line(value).as_str()));
        };
        let judged: BTreeSet<&RequirementId> = cases.iter().flat_map(|case| &case.checks).collect();
        let levels = judged.iter().filter_map(|id| report.requirement(id)).map(|requirement| requirement.level);
        if let Some(level) = levels.max() {
            add("level", level.as_str());
        }
        judged.iter().for_each(|id| add("requirement", id.as_str()));
        add("base-url", &report.base_url);
        add("seed", &report.seed.to_string());
        add("verdict", verdict.as_str());
        if !report.exit_on.is_empty() {
            add("exit-on", &report.exit_on.join(","));
        }
        add("depth", report.depth.as_str());
        if let Some(scored) = report.edition {
            add("edition", &scored.edition.to_string());
        }
        if let Some(part) = &report.part {
            add("shard", &part.shard.to_string());
        }
        report.ended_early().iter().for_each(|told| add("stopped", told));
        suite.set_time(cases.iter().map(|case| case.took).sum());
        suite.add_test_cases(cases.into_iter().map(|case| test_case(report, case, strictness)));
        suite
    });
    let suites: Vec<TestSuite> = suites.collect();
    out.add_test_suites(suites);
    // The sum of what was skipped is not in the schema of Jenkins, and the library always writes it. It is in the first tag, and
    // quotation marks inside of values are escaped, so the first that is found is the attribute.
    let sum = format!(" skipped=\"{}\"", out.skipped);
    // Writing to memory does not fail, and everything written is text.
    match out.to_string() {
        Ok(xml) => xml.replacen(&sum, "", 1),
        Err(error) => format!("<!-- {} -->\n", error.to_string().replace("--", "- -")),
    }
}

/// The scenario of a case: its id without the row.
fn scenario_of(case: &CaseResult) -> &str {
    case.id.split('#').next().unwrap_or(&case.id)
}

fn test_case(report: &Report, case: &CaseResult, strictness: Strictness) -> TestCase {
    let counts = |f: &&Finding| f.level >= strictness.level() && f.known.is_none();
    let counting: Vec<_> = case.findings.iter().filter(counts).collect();
    let known = case.expected.as_ref().or_else(|| case.findings.iter().find_map(|finding| finding.known.as_ref()));
    let is_known = case.expected.is_some() || case.is_known(strictness.level());
    let decides = report.decides(case);
    let status = match (&case.outcome, counting.iter().max_by_key(|f| (f.level, std::cmp::Reverse(f.exchange)))) {
        // What decides nothing fails nobody's build; what was found stands in the output.
        (_, Some(worst)) if !decides => {
            let mut status = TestCaseStatus::skipped();
            let id = escape::line(worst.requirement.as_str());
            status.set_message(format!("{}: {id}: {}", aside(report), draw::in_a_line(worst)));
            status
        }
        (Outcome::Inconclusive(cause), None) if !decides && !is_known => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(escape::line(&format!("{}: {cause}", aside(report))));
            status
        }
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
            status.set_message(escape::line(&draw::skip_reason(skip)));
            status
        }
        (Outcome::Failed, None) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        (Outcome::Passed, None) => TestCaseStatus::success(),
    };
    let mut test = TestCase::new(escape::line(&case.id), status);
    test.set_classname(escape::line(scenario_of(case)).replace('/', "."));
    test.set_time(case.took);
    let mut said = String::new();
    if !decides {
        said = text::case_violations(report, case, Level::Must);
    }
    if strictness == Strictness::Must || !decides {
        said.push_str(&text::case_violations(report, case, Level::Should));
    }
    for NotScored { finding, since } in &case.not_scored {
        let id = escape::line(finding.requirement.as_str());
        said.push_str(&format!("new in edition {since}, not scored: {id}: {}\n", draw::in_a_line(finding)));
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

/// What is said of a case that does not count for verdict and exit code.
fn aside(report: &Report) -> String {
    escape::line(&format!("does not decide (--exit-on {})", report.exit_on.join(",")))
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
        Cause::RestsOn(_) => "rests-on",
        Cause::NotOurs(_) => "not-ours",
        Cause::Stopped => "stopped",
        Cause::NotReached(_) => "not-reached",
        Cause::Bug(_) => "bug",
    }
}

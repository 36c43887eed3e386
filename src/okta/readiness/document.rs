//! A report as a document for Okta's reviewers, in Markdown.

use std::fmt::Write as _;

use super::state::{QaState, Readiness, Ready};
use super::{how, in_the_way, of_shard, tables, unsaid};
use crate::report::attributes::AttributeRow;
use crate::report::markup::cell;
use crate::report::{Report, Strictness, draw};
use crate::requirement::Level;

/// What a reviewer wants to see of an integration: its switches, the plan case by case, and what is still to do.
pub(super) fn render(report: &Report, readiness: Option<&Readiness>) -> String {
    let mut page = String::new();
    let totals = report.totals();
    let verdict = report.verdict(Strictness::Must);
    line(&mut page, "# Readiness for the Okta Integration Network");
    line(&mut page, "");
    line(&mut page, &format!("- Server: {}", cell(&report.base_url)));
    line(
        &mut page,
        &format!(
            "- Run: {}, seed {}, {} {}",
            cell(&report.started),
            report.seed,
            report.tool.name,
            report.tool.version
        ),
    );
    line(
        &mut page,
        &format!(
            "- Okta's suite: {} passed, {} failed, {} could not be judged, {} skipped; {} left on the server",
            draw::counted(totals.passed, "case"),
            totals.failed,
            totals.inconclusive,
            totals.skipped,
            draw::counted(totals.leftovers, "resource"),
        ),
    );
    line(&mut page, &format!("- Verdict: **{}**", verdict.as_str()));
    report
        .limited_by_depth()
        .iter()
        .chain(&report.ended_early())
        .for_each(|told| line(&mut page, &format!("- {}", cell(&draw::capital(told)))));
    line(&mut page, "");
    line(&mut page, REHEARSAL);
    let Some(readiness) = readiness else {
        line(&mut page, "");
        line(&mut page, report.part.as_ref().map(of_shard).as_deref().unwrap_or(unsaid(report)));
        return page;
    };
    features(&mut page, readiness);
    attributes(&mut page, &readiness.attributes);
    unseen(&mut page, report);
    plan(&mut page, readiness);
    to_do(&mut page, report, readiness);
    page
}

const REHEARSAL: &str = "This is the rehearsal. The submission itself still needs the links to the results of Okta's own SPEC and CRUD tests, \
    and Okta repeats the plan below by hand.";

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

fn features(page: &mut String, readiness: &Readiness) {
    line(page, "");
    line(page, "## Features");
    line(page, "");
    line(page, "| feature | state | what stands in the way |");
    line(page, "|---|---|---|");
    let for_all = readiness.in_the_way_of_all();
    if !for_all.is_empty() {
        let ids: Vec<String> = for_all.iter().map(|id| cell(id.as_str())).collect();
        line(page, &format!("| connection | not ready | {} |", ids.join(", ")));
    }
    for feature in &readiness.features {
        let why = match (&feature.ready, &feature.evidence) {
            (Ready::NotDeclared, Some(evidence)) => cell(&evidence.to_string()),
            _ => cell(&in_the_way(&feature.blocked_by, &feature.ways, &feature.undecided, usize::MAX - 1).join("; ")),
        };
        let state = match &feature.only {
            Some(only) => format!("ready only {}", cell(only)),
            None => feature.ready.as_str().to_owned(),
        };
        line(page, &format!("| {} | {state} | {why} |", feature.feature));
    }
}

/// What the run found and Okta does not look at, so that nobody takes it for a reason of a refusal.
fn unseen(page: &mut String, report: &Report) {
    let levels = [Level::Must, Level::Should];
    let found = levels.iter().flat_map(|level| report.by_requirement(*level));
    let unseen: Vec<_> = found.filter(|(requirement, _)| requirement.is_only_specified()).collect();
    if unseen.is_empty() {
        return;
    }
    line(page, "");
    line(page, &format!("## Found besides: {}", draw::UNSEEN));
    line(page, "");
    line(
        page,
        "A specification demands it, and the server does not meet it. It stands in the way of no feature and of no case below.",
    );
    line(page, "");
    for (requirement, _) in unseen {
        let (id, title) = (cell(requirement.id.as_str()), cell(&requirement.title));
        line(page, &format!("- {id} ({}): {title}", requirement.level));
    }
}

/// The declared attributes, as the configuration guide will list them.
fn attributes(page: &mut String, rows: &[AttributeRow]) {
    if rows.is_empty() {
        return;
    }
    line(page, "");
    line(page, "## Attributes");
    line(page, "");
    line(page, &format!("| attribute | {} | |", AttributeRow::COLUMNS.join(" | ")));
    line(page, "|---|---|---|---|---|---|");
    for row in rows {
        let cells: Vec<&str> = row.cells.iter().map(|cell| cell.as_str()).collect();
        line(page, &format!("| {} | {} | {} |", cell(&row.attribute), cells.join(" | "), cell(&row.remark())));
    }
    line(page, "");
    line(page, tables::LEGEND);
}

fn plan(page: &mut String, readiness: &Readiness) {
    line(page, "");
    line(page, "## Okta's plan for testing by hand");
    line(page, "");
    let counts: Vec<String> =
        QaState::ALL.iter().map(|state| format!("{} {}", readiness.count(*state), state.as_str())).collect();
    line(page, &format!("{} cases: {}.", readiness.plan.len(), counts.join(", ")));
    let mut section = "";
    for case in &readiness.plan {
        if case.section != section {
            section = &case.section;
            line(page, "");
            line(page, &format!("### {}", cell(section)));
            line(page, "");
            line(page, "| case | what | state | how it was decided, and what a person does |");
            line(page, "|---|---|---|---|");
        }
        line(
            page,
            &format!("| {} | {} | {} | {} |", case.id, cell(&case.title), case.state.as_str(), cell(&how(case))),
        );
    }
}

fn to_do(page: &mut String, report: &Report, readiness: &Readiness) {
    line(page, "");
    line(page, "## Before the submission");
    line(page, "");
    let mut item = |done: Option<bool>, text: &str| {
        let mark = if done == Some(true) { "x" } else { " " };
        let _ = writeln!(page, "- [{mark}] {text}");
    };
    // Reviewers do not know of a baseline.
    let mut violated =
        report.cases.iter().flat_map(|case| &case.findings).filter(|finding| finding.level == Level::Must);
    let is_unseen = violated.all(|finding| report.is_only_specified(&finding.requirement));
    let (totals, ran) = (report.totals(), report.ran());
    item(
        Some(is_unseen && ran && totals.inconclusive == 0 && totals.deselected == 0),
        "Okta's suite finds nothing that Okta looks at (this report)",
    );
    let is_open = [QaState::Failed, QaState::InPart, QaState::Undecided];
    item(
        Some(is_open.iter().all(|state| readiness.count(*state) == 0)),
        "no case of the plan that the wire shows is open",
    );
    item(Some(report.base_url.starts_with("https://")), "the base URL is https");
    item(Some(report.leftovers().next().is_none()), "nothing was left on the server");
    item(None, "Okta's SPEC test is green in Runscope, and its link is at hand (`scim-check runscope` rehearses it)");
    item(None, "Okta's CRUD test is green in Runscope, and its link is at hand");
    item(None, "with entitlements: Okta's entitlements test is green for each endpoint, and its link is at hand");
    item(None, "the manual cases above were done in an Okta org");
    item(None, "the credential is a header, a bearer token or OAuth 2, not HTTP Basic, and the app is multi-tenant");
    item(None, "the attributes and mappings in Okta are those that the product supports, and no others");
    item(
        None,
        "the configuration guide is public: supported features, requirements, steps, attributes and mapping, known issues",
    );
    item(None, "logo, description of at most 1024 characters, contacts and a permanent test account are ready");
}

//! What Okta's reviewers will say of an integration: a state for each switch and for each case of their plan, made of a report,
//! and given back to it as an annex.
//!
//! **Invariant:** pure. What it says follows from the report and from what the scenarios and the target file declare.

use crate::budget::Depth;
use crate::capability::Capabilities;
use crate::declared::DeclaredAttribute;
use crate::report::annex::{Annex, Document};
use crate::report::{Part, Report, draw};
use crate::requirement::RequirementId;
use crate::verdict::{CaseResult, Outcome};

pub mod assess;
mod document;
pub mod plan;
pub mod state;
mod tables;
pub mod value;

use plan::Deciders;
use state::{QaCase, QaState, Readiness, Undecided, WayState};

/// The word for the document in `--report FORMAT=PATH`.
pub const FORMAT: &str = "oin";

/// How ready the server of a report is, of which the whole of Okta's suite was run; with the attributes that are provisioned.
pub fn readiness(report: &Report, deciders: &Deciders, declared: &[DeclaredAttribute]) -> Readiness {
    let capabilities = Capabilities(report.capabilities.iter().cloned().collect());
    Readiness {
        attributes: assess::attributes(deciders, declared, &report.cases),
        ..assess::assess(deciders, &report.cases, &capabilities, &report.requirements)
    }
}

/// Readiness as an annex of the report; `None` when only part of Okta's suite was run, which says nothing of the whole.
pub fn annex(report: &Report, readiness: Option<&Readiness>) -> Annex {
    let document = Some(Document { format: FORMAT.to_owned(), text: document::render(report, readiness) });
    let mut annex = Annex {
        name: "readiness".to_owned(),
        title: "Readiness for the Okta Integration Network".to_owned(),
        is_bad: false,
        tables: Vec::new(),
        notes: vec![unsaid(report).to_owned()],
        value: serde_json::Value::Null,
        document,
    };
    if let Some(part) = &report.part {
        annex.notes = vec![of_shard(part)];
    }
    if let Some(readiness) = readiness {
        annex.is_bad = readiness.count(QaState::Failed) > 0;
        annex.tables = tables::tables(readiness);
        annex.notes = vec![
            format!("Okta's QA plan, {} cases: {}", readiness.plan.len(), counts(readiness)),
            "the whole plan: --report oin=readiness.md; a submission still needs the links of Okta's own tests"
                .to_owned(),
        ];
        // These types hold texts and lists alone.
        annex.value = serde_json::to_value(value::Readiness::write(readiness)).unwrap_or_default();
    }
    annex
}

/// Why nothing is said.
const PART: &str = "Only part of Okta's suite was run, which says nothing of the whole. Run it without a selection.";

/// The same of a quick run.
const QUICK: &str =
    "A quick run says nothing of the whole. A submission wants the full depth: run it with --depth full.";

/// The same of a run that leaves out what is costly.
const DEFAULT: &str = "A submission wants the full depth, which is not run by default: run it with --depth full.";

/// Why nothing is said of a report.
fn unsaid(report: &Report) -> &'static str {
    match report.depth {
        Depth::Quick => QUICK,
        Depth::Default if is_all(report) => DEFAULT,
        Depth::Default => PART,
        Depth::Full => PART,
    }
}

/// Whether the user left nothing out.
fn is_all(report: &Report) -> bool {
    let is_choice = |case: &CaseResult| matches!(&case.outcome, Outcome::Skipped(skip) if skip.is_choice());
    report.selection.is_empty() && !report.cases.iter().any(is_choice)
}

/// Why nothing is said of a shard.
fn of_shard(part: &Part) -> String {
    format!("{}: readiness is told after `scim-check merge`", part.shard)
}

/// `1 failed, 2 manual`: the states that some case of the plan came to.
fn counts(readiness: &Readiness) -> String {
    let told = QaState::ALL.iter().filter(|state| readiness.count(**state) > 0);
    told.map(|state| format!("{} {}", readiness.count(*state), state.as_str())).collect::<Vec<_>>().join(", ")
}

/// What Okta does in a way to use a switch, and how we know that the server does not offer that, if so.
fn way(way: &WayState) -> String {
    match &way.evidence {
        Some(evidence) => format!("{}, which the server does not offer ({evidence})", way.because),
        None => way.because.clone(),
    }
}

/// What stands in the way of a switch or of a case of the plan: at most so many requirements, ways that are not there, and
/// what could not be judged. Not escaped.
fn in_the_way(blocked_by: &[RequirementId], ways: &[WayState], undecided: &[Undecided], max: usize) -> Vec<String> {
    let ids = |ids: &[RequirementId]| {
        let more = if ids.len() > max + 1 { format!(" and {} more", ids.len() - max) } else { String::new() };
        let shown = if more.is_empty() { ids } else { &ids[..max] };
        format!("{}{more}", shown.iter().map(RequirementId::as_str).collect::<Vec<_>>().join(", "))
    };
    let mut said = Vec::new();
    if !blocked_by.is_empty() {
        said.push(ids(blocked_by));
    }
    // What stands in all ways has been said.
    let is_told = |state: &&WayState| state.evidence.is_some() || blocked_by.is_empty() && !state.blocked_by.is_empty();
    for state in ways.iter().filter(is_told) {
        let blocked = if state.blocked_by.is_empty() { String::new() } else { format!(": {}", ids(&state.blocked_by)) };
        said.push(format!("{}{blocked}", way(state)));
    }
    for open in undecided {
        let cases = draw::counted(open.cases.len(), "case");
        if open.blocked_by.is_empty() {
            said.push(format!("{cases} could not be judged: {}", open.why));
            continue;
        }
        let are = if open.cases.len() == 1 { "is" } else { "are" };
        let why = if open.why.is_empty() { String::new() } else { format!(" ({})", open.why) };
        said.push(format!("{cases} {are} held back by {}{why}", ids(&open.blocked_by)));
    }
    said
}

/// How a case of the plan was decided, and what a person does. Not escaped.
fn how(case: &QaCase) -> String {
    let mut said = Vec::new();
    let why = match case.state {
        QaState::NotApplicable => String::new(),
        _ => in_the_way(&case.blocked_by, &case.ways, &case.undecided, usize::MAX - 1).join("; "),
    };
    if !case.blocked_by.is_empty() {
        said.push(format!("not met: {why}"));
    } else {
        said.extend(case.only.iter().map(|only| format!("only {only}")));
        said.extend(Some(why).filter(|why| !why.is_empty()));
        if said.is_empty() && !case.cases.is_empty() {
            said.push(format!("{} of the suite", draw::counted(case.cases.len(), "case")));
        }
    }
    said.extend(case.by_hand.clone());
    said.join("; ")
}

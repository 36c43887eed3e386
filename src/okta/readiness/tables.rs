//! Readiness as tables that any format of a report can draw.

use std::collections::BTreeSet;

use super::state::{Feature, QaCase, QaState, Readiness, Ready};
use super::{how, in_the_way};
use crate::report::annex::{Cell, Table, Tone};
use crate::report::attributes::{self, AttributeRow};
use crate::report::{draw, escape};

/// What `yes`, `NO`, `-` and `?` mean.
pub(super) const LEGEND: &str = "yes: it holds; NO: it does not; -: not declared for that; ?: not judged. Okta returns a \
    submission whose list of attributes is not what the server supports.";

/// What stands above the attributes that are sent because the server describes them, or because Okta has them by default.
const UNDECLARED: &str = "Attributes that nobody declares";

/// How many requirements, and how many reasons, a summary names.
const NAMED: usize = 3;

/// How many characters of an answer a summary quotes.
const QUOTED: usize = 200;

/// The switches, the declared attributes, and the sections of the plan.
pub(super) fn tables(readiness: &Readiness) -> Vec<Table> {
    let mut tables = vec![features(readiness)];
    let is_declared = |row: &&AttributeRow| row.source.is_none();
    let (declared, others): (Vec<_>, Vec<_>) = readiness.attributes.iter().partition(is_declared);
    let table = |title: &str, rows: &[&AttributeRow]| attributes::table(title, rows, &[0, 1, 2, 3], LEGEND);
    tables.extend(table("Attributes", &declared));
    // Who wants to know it of each finds them here; what was lost is among the findings.
    tables.extend(table(UNDECLARED, &others).map(|table| Table { is_summary: false, ..table }));
    tables.extend(plan(&readiness.plan));
    tables
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn features(readiness: &Readiness) -> Table {
    let mut rows = Vec::new();
    let for_all = readiness.in_the_way_of_all();
    if !for_all.is_empty() {
        let ids: Vec<&str> = for_all.iter().map(|id| id.as_str()).collect();
        rows.push(vec![
            "connection".into(),
            Cell::new(Ready::NotReady.as_str(), Tone::Bad),
            draw::few(&ids, NAMED).into(),
        ]);
    }
    let mut told = BTreeSet::new();
    for feature in &readiness.features {
        let state = match &feature.only {
            Some(only) => format!("ready only {only}"),
            None => feature.ready.as_str().to_owned(),
        };
        let tone = match feature.ready {
            Ready::Ready => Tone::Good,
            Ready::NotReady => Tone::Bad,
            Ready::InPart | Ready::CouldNotTell => Tone::Open,
            Ready::NotDeclared => Tone::Plain,
        };
        rows.push(vec![feature.feature.as_str().into(), Cell::new(state, tone), why(feature, &mut told).into()]);
    }
    Table {
        title: String::new(),
        is_summary: true,
        columns: columns(&["feature", "state", "what stands in the way"]),
        rows,
        notes: Vec::new(),
    }
}

/// What stands in the way of a switch, shortened. What one requirement holds back is told in words once: `told` knows of which.
fn why(feature: &Feature, told: &mut BTreeSet<Vec<crate::requirement::RequirementId>>) -> String {
    if let Some(evidence) = &feature.evidence {
        return evidence.to_string();
    }
    let mut undecided = match feature.ready {
        Ready::CouldNotTell => feature.undecided.clone(),
        _ => Vec::new(),
    };
    for open in &mut undecided {
        match open.blocked_by.is_empty() || told.insert(open.blocked_by.clone()) {
            true => open.why = escape::cut(&open.why, QUOTED),
            false => open.why.clear(),
        }
    }
    let mut said = in_the_way(&feature.blocked_by, &feature.ways, &undecided, NAMED);
    if said.len() > NAMED {
        let more = format!("and {} more reasons", said.len() - NAMED);
        said.splice(NAMED.., [more]);
    }
    said.join("; ")
}

/// A table for each section of the plan.
fn plan(cases: &[QaCase]) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for case in cases {
        let title = format!("Okta's plan for testing by hand: {}", case.section);
        let tone = match case.state {
            QaState::Passed => Tone::Good,
            QaState::Failed => Tone::Bad,
            QaState::InPart | QaState::Undecided | QaState::Manual => Tone::Open,
            QaState::NotApplicable => Tone::Plain,
        };
        let row = vec![
            case.id.as_str().into(),
            case.title.as_str().into(),
            Cell::new(case.state.as_str(), tone),
            how(case).into(),
        ];
        match tables.last_mut().filter(|table| table.title == title) {
            Some(table) => table.rows.push(row),
            None => tables.push(Table {
                title,
                is_summary: false,
                columns: columns(&["case", "what", "state", "how it was decided, and what a person does"]),
                rows: vec![row],
                notes: Vec::new(),
            }),
        }
    }
    tables
}

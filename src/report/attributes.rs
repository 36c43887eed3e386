//! Attribute by attribute: what came of those that an owner declares.
//!
//! **Invariant:** pure, of what the report holds. What was not judged is never said to hold.

use serde_json::{Map, Value, json};

use super::annex::{self, Annex, Table, Tone};
use crate::declared::{AttributeSource, DeclaredAttribute, Use};
use crate::persona::{AttributeJudges, Judges, Persona};
use crate::verdict::{CaseResult, Finding, Outcome};

/// What is known of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeRow {
    /// Its path, with the type of its values where it has several: `emails.work`.
    pub attribute: String,
    /// What came of sending it with a new user, changing it, taking its value away, and importing it.
    pub cells: [Cell; 4],
    /// Why nothing is known of it, if so.
    pub unchecked: Option<&'static str>,
    /// Who says that it is provisioned, where its owner does not.
    pub source: Option<&'static str>,
}

impl AttributeRow {
    /// What the cells are about, in their order.
    pub const COLUMNS: [&'static str; 4] = ["create", "update", "clear", "import"];

    /// What there is to say beside the cells.
    pub fn remark(&self) -> String {
        match (self.unchecked, self.source) {
            (Some(why), _) => format!("not checked: {why}"),
            (None, source) => source.unwrap_or_default().to_owned(),
        }
    }
}

/// The uses that the columns are about.
const USES: [Use; 4] = [Use::Create, Use::Update, Use::Clear, Use::Import];

/// What came of using an attribute in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// The owner does not declare it for that.
    NotDeclared,
    /// It was not looked at, or could not be judged.
    NotChecked,
}

impl Cell {
    /// The words for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Cell::Holds => "yes",
            Cell::Fails => "NO",
            Cell::NotDeclared => "-",
            Cell::NotChecked => "?",
        }
    }
}

/// What judges that use.
pub fn judge(judges: &AttributeJudges, r#use: Use) -> &Judges {
    match r#use {
        Use::Create => &judges.create,
        Use::Update => &judges.update,
        Use::Clear => &judges.clear,
        Use::Import => &judges.import,
    }
}

/// What is known of an attribute, by what is known of each of its uses.
pub fn row(
    attribute: &DeclaredAttribute,
    unchecked: Option<&'static str>,
    known: impl Fn(Use) -> Cell,
) -> AttributeRow {
    AttributeRow {
        attribute: match attribute.name.strip_prefix(attribute.path.rsplit(':').next().unwrap_or_default()) {
            Some(of_type) => format!("{}{of_type}", attribute.path),
            None => attribute.path.clone(),
        },
        cells: USES.map(|r#use| match attribute.uses.contains(&r#use) {
            false => Cell::NotDeclared,
            true if unchecked.is_some() => Cell::NotChecked,
            true => known(r#use),
        }),
        unchecked,
        source: attribute.source.as_str(),
    }
}

/// What came of one use of an attribute, by the cases that judge it.
pub fn used(judges: &AttributeJudges, attribute: &DeclaredAttribute, r#use: Use, results: &[CaseResult]) -> Cell {
    match r#use {
        Use::Import => import(judges, attribute, results),
        _ => cell(Some(&attribute.name), judge(judges, r#use), results),
    }
}

/// Whether the cases of one attribute, or of all at once, show what a requirement demands.
fn cell(row: Option<&str>, judges: &Judges, results: &[CaseResult]) -> Cell {
    let is_about = |result: &&CaseResult| judges.row_of(&result.id).is_some_and(|of| row.is_none_or(|row| of == row));
    let mut seen = Cell::NotChecked;
    for result in results.iter().filter(is_about) {
        if result.findings.iter().any(|finding| Some(&finding.requirement) == judges.requirement.as_ref()) {
            return Cell::Fails;
        }
        if result.judged.iter().any(|id| Some(id) == judges.requirement.as_ref()) {
            seen = Cell::Holds;
        }
    }
    seen
}

/// Whether lists show an attribute as reads do: all attributes are judged at once, and what is found names those that differ.
/// Of one that a read does not show that says nothing.
fn import(judges: &AttributeJudges, attribute: &DeclaredAttribute, results: &[CaseResult]) -> Cell {
    let names = |finding: &Finding| {
        Some(&finding.requirement) == judges.import.requirement.as_ref()
            && finding.actual.get(&attribute.name).is_some()
    };
    if results.iter().flat_map(|result| &result.findings).any(names) {
        return Cell::Fails;
    }
    let is_read = used(judges, attribute, Use::Create, results) == Cell::Holds;
    match is_read && cell(None, &judges.import, results) == Cell::Holds {
        true => Cell::Holds,
        false => Cell::NotChecked,
    }
}

/// Attributes as a table of those columns. None where there is nothing to show.
pub fn table(title: &str, rows: &[&AttributeRow], columns: &[usize], legend: &str) -> Option<Table> {
    if rows.is_empty() {
        return None;
    }
    let name = |row: &AttributeRow| row.attribute.rsplit(':').next().unwrap_or_default().to_owned();
    let row = |row: &&AttributeRow| {
        let mut cells: Vec<annex::Cell> = vec![name(row).into()];
        cells.extend(columns.iter().filter_map(|column| row.cells.get(*column)).map(|cell| {
            let tone = match cell {
                Cell::Holds => Tone::Good,
                // What nobody has promised may be missing.
                Cell::Fails if row.source == AttributeSource::Default.as_str() => Tone::Open,
                Cell::Fails => Tone::Bad,
                Cell::NotDeclared => Tone::Plain,
                Cell::NotChecked => Tone::Open,
            };
            annex::Cell::new(cell.as_str(), tone)
        }));
        cells.push(row.remark().into());
        cells
    };
    let of_columns = columns.iter().filter_map(|column| AttributeRow::COLUMNS.get(*column)).copied();
    let names = std::iter::once("attribute").chain(of_columns).chain(std::iter::once(""));
    Some(Table {
        title: title.to_owned(),
        is_summary: true,
        columns: names.map(str::to_owned).collect(),
        rows: rows.iter().map(row).collect(),
        notes: vec![legend.to_owned()],
    })
}

/// What `yes`, `NO`, `-` and `?` mean.
const LEGEND: &str = "yes: it holds; NO: it does not; -: not declared for that; ?: not judged";

/// The declared attributes as a persona provisions them, where it says what judges that and some case of it was run.
pub fn annex(persona: &Persona, declared: &[DeclaredAttribute], results: &[CaseResult]) -> Option<Annex> {
    let judges = &persona.attributes.judges;
    let is_judged = |column: &usize| USES.get(*column).is_some_and(|r#use| judge(judges, *r#use).requirement.is_some());
    let columns: Vec<usize> = (0..USES.len()).filter(is_judged).collect();
    let was_run = |result: &CaseResult| {
        !matches!(result.outcome, Outcome::Skipped(_))
            && USES.iter().any(|r#use| judge(judges, *r#use).are_about(&result.id))
    };
    if !results.iter().any(was_run) {
        return None;
    }
    let of_owner = declared.iter().filter(|attribute| attribute.source == AttributeSource::Declared);
    let rows: Vec<AttributeRow> =
        of_owner.map(|one| row(one, one.unchecked_by(persona), |r#use| used(judges, one, r#use, results))).collect();
    let told: Vec<&AttributeRow> = rows.iter().collect();
    let cells = |row: &AttributeRow| -> Vec<(&'static str, Cell)> {
        columns
            .iter()
            .filter_map(|column| Some((*AttributeRow::COLUMNS.get(*column)?, *row.cells.get(*column)?)))
            .collect()
    };
    let value = |row: &AttributeRow| {
        let mut value = Map::from_iter([("attribute".to_owned(), json!(row.attribute))]);
        value.extend(cells(row).into_iter().map(|(name, cell)| (name.to_owned(), json!(cell.as_str()))));
        value.extend(row.unchecked.map(|why| ("unchecked".to_owned(), json!(why))));
        Value::Object(value)
    };
    Some(Annex {
        name: format!("attributes-{}", persona.folder),
        title: format!("Attributes as {} provisions them", persona.title),
        is_bad: rows.iter().any(|row| cells(row).iter().any(|(_, cell)| *cell == Cell::Fails)),
        tables: table("", &told, &columns, LEGEND).into_iter().collect(),
        notes: Vec::new(),
        value: rows.iter().map(value).collect(),
        document: None,
    })
}

//! What an identity provider's wing adds to a report: tables with notes, a value for programs, and a document.
//!
//! **Invariant:** a format renders an annex without knowing what it is about. Texts are not escaped yet: they may hold what
//! the server said.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that belongs to a report and is not a result of a case, such as the readiness for a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annex {
    /// Its name for programs, unique in a report: `readiness`.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// Whether it says that something is wrong: then a report that is kept short shows it, too.
    #[serde(default)]
    pub is_bad: bool,
    /// What it has to show, in order.
    #[serde(default)]
    pub tables: Vec<Table>,
    /// What is to be said below the tables, a sentence or two each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The same for programs.
    #[serde(default)]
    pub value: Value,
    /// A document of its own, which `--report FORMAT=PATH` writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}

/// A table of an annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its heading; empty where the annex's own is enough.
    #[serde(default)]
    pub title: String,
    /// Whether it is short enough for a terminal. Others stand in formats with room: HTML, Markdown, JSON.
    #[serde(default)]
    pub is_summary: bool,
    /// The headings of its columns; the first column names the row.
    pub columns: Vec<String>,
    /// Its rows, with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// What is to be said below it.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// What it means to the reader.
    #[serde(default, skip_serializing_if = "Tone::is_plain")]
    pub tone: Tone,
}

/// What a cell means to the reader, for formats that have colours or marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// All is well.
    Good,
    /// Something is wrong.
    Bad,
    /// Nobody knows, or somebody has to do something.
    Open,
}

impl Tone {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it like this")]
    fn is_plain(&self) -> bool {
        *self == Tone::Plain
    }
}

/// A document that an annex brings along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The word for it in `--report FORMAT=PATH`: `oin`.
    pub format: String,
    /// All of it.
    pub text: String,
}

impl Cell {
    /// A cell of that meaning.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }
}

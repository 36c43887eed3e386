//! The report for other programs: `scim-check.report/1`, written and read back.

use std::collections::BTreeMap;

use super::{Report, Strictness};
use crate::wire::Exchange;

/// The format's name and version.
pub const FORMAT: &str = "scim-check.report/1";

/// Whose requests and responses a report keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bodies {
    /// Those of cases with findings and of inconclusive cases.
    #[default]
    Failing,
    /// Those of all cases; such a report can be judged again.
    All,
    /// Nobody's.
    None,
}

/// How the report is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whose requests and responses it keeps.
    pub bodies: Bodies,
    /// Which findings decide the verdict.
    pub strictness: Strictness,
}

/// A report as read back.
#[derive(Clone, Debug)]
pub struct View {}

/// Why a text is not a report, or not one for this purpose.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON, or not of this shape.
    #[error("not a report: {0}")]
    Malformed(String),
    /// It is a report of another format.
    #[error("the report has format {0}, and this version reads {FORMAT}")]
    Format(String),
    /// It does not hold the exchanges of a case.
    #[error("the report does not hold the exchanges of {0}; write it with --bodies all")]
    NotKept(String),
}

/// The report as JSON, ending in a line break.
pub fn render(report: &Report, options: Options) -> String {
    let _ = (report, options);
    String::new()
}

/// Reads a report.
///
/// # Errors
/// When the text is not a report of this format.
pub fn read(text: &str) -> Result<View, ReadError> {
    Err(ReadError::Malformed(text.to_owned()))
}

impl View {
    /// The exchanges of each case that was run, for a tape.
    ///
    /// # Errors
    /// When those of a case were not kept.
    pub fn tape(&self) -> Result<BTreeMap<String, Vec<Exchange>>, ReadError> {
        Ok(BTreeMap::new())
    }
}

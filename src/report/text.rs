//! The report for a reader at a terminal.

use super::{Report, Strictness};
use crate::verdict::CaseResult;

pub use crate::source::Style;

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// One line for each violated requirement, what is left behind, the totals and the verdict.
    Quiet,
    /// Each violated requirement with its evidence, shortened.
    #[default]
    Normal,
    /// The whole evidence.
    Verbose,
}

/// How the summary is written.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How much is said.
    pub verbosity: Verbosity,
    /// Columns of the terminal.
    pub width: usize,
    /// With or without colour.
    pub style: Style,
    /// Which findings decide the verdict.
    pub strictness: Strictness,
}

impl Default for Options {
    fn default() -> Self {
        Self { verbosity: Verbosity::Normal, width: 100, style: Style::Plain, strictness: Strictness::Must }
    }
}

/// The line for a case that is done, without a line break. `index` counts from 1.
pub fn case_line(case: &CaseResult, index: usize, total: usize, style: Style) -> String {
    let _ = (case, index, total, style);
    String::new()
}

/// What is said at the end, ending in a line break.
pub fn summary(report: &Report, options: Options) -> String {
    let _ = (report, options);
    String::new()
}

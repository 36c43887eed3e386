//! What the exit code says.

use crate::changes::Changes;
use crate::report::{Report, Strictness, Verdict};

/// Nothing binding was violated.
pub const CONFORMS: u8 = 0;
/// At least one `MUST` was violated (with `--strict`: or a `SHOULD`).
pub const VIOLATES: u8 = 1;
/// A file or a flag of yours is wrong; nothing was sent, or a report could not be written.
pub const USAGE: u8 = 2;
/// It could not be found out: no answer, a refused credential, cases that could not be judged or were not reached.
pub const UNDECIDED: u8 = 3;
/// Part of the suite was left out; only with `--require-complete`.
pub const PARTIAL: u8 = 4;

/// Answers differ from the accepted ones, or nothing was accepted for them yet; only with `--snapshots-strict`.
pub const CHANGED: u8 = 5;

/// The table, for `scim-check exit-codes`.
pub const TABLE: &str = "\
0  conforms    nothing binding was violated, or only what the baseline knows
1  violates    at least one MUST was violated (with --strict: or a SHOULD) that the baseline does not know; or an
               entry of the baseline is stale or has expired
2  usage       a file or a flag of yours is wrong, or a report could not be written
3  undecided   it could not be found out: no answer, a refused credential, or cases that could not be judged, or were
               not reached within --max-requests and --max-time
4  partial     part of the suite was deselected, or left out by --depth quick; only with --require-complete, otherwise 0
5  changed     the server conforms, and answers otherwise than was accepted, or something new; only with
               --snapshots-strict, otherwise 0
";

/// Whether leaving part of a suite out matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Completeness {
    /// It does not.
    #[default]
    Any,
    /// It does.
    Required,
}

/// The exit code of a report.
pub fn code(report: &Report, strictness: Strictness, completeness: Completeness) -> u8 {
    match (report.verdict(strictness), completeness) {
        (Verdict::Conforms | Verdict::Partial, _) if report.baseline_fails() => VIOLATES,
        (Verdict::Conforms | Verdict::Partial, _) if report.changes.as_ref().is_some_and(Changes::fails) => CHANGED,
        (Verdict::Conforms, _) | (Verdict::Partial, Completeness::Any) => CONFORMS,
        (Verdict::Violates, _) => VIOLATES,
        (Verdict::Undecided, _) => UNDECIDED,
        (Verdict::Partial, Completeness::Required) => PARTIAL,
    }
}

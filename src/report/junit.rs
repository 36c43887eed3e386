//! The report for continuous integration, as JUnit XML.

use super::{Report, Strictness};

/// The report as JUnit XML: a suite per SCIM suite, a test case per case.
pub fn render(report: &Report, strictness: Strictness) -> String {
    let _ = (report, strictness);
    String::new()
}

//! The verdict as a badge: the JSON that an endpoint of shields.io reads.

use serde_json::json;

use super::{Report, Strictness, Verdict, draw};
use crate::requirement::Level;

/// What a badge says of the server, and in which colour.
pub fn render(report: &Report, strictness: Strictness) -> String {
    let (message, color) = match report.verdict(strictness) {
        Verdict::Conforms => ("conforms".to_owned(), "brightgreen"),
        Verdict::Partial => ("conforms in part".to_owned(), "yellowgreen"),
        Verdict::Undecided => ("undecided".to_owned(), "lightgrey"),
        Verdict::Violates => {
            let levels = [Level::Must, Level::Should].into_iter().filter(|level| *level >= strictness.level());
            let report = report.deciding();
            let violated: usize = levels.map(|level| report.by_requirement(level).len()).sum();
            (draw::counted(violated, "violation"), "red")
        }
    };
    let badge = json!({ "schemaVersion": 1, "label": "SCIM", "message": message, "color": color });
    format!("{badge}\n")
}

//! What went wrong as annotations of GitHub Actions: commands that a job writes among its other lines.
//!
//! **Invariant:** each command is one line, and no text from elsewhere ends it or begins another.

use std::fmt::Write as _;

use super::{Report, Strictness, cases_of, draw, escape, text};
use crate::requirement::Level;
use crate::source::Span;
use crate::verdict::KnownFailure;

/// GitHub shows no more of each kind from one step.
const MOST: usize = 10;

/// The annotations of a report, each ending in a line break: one for each cause. `file` says under which path the repository
/// knows the file of a demand; none for scenarios that are built in.
pub fn render(report: &Report, strictness: Strictness, file: impl Fn(&Span) -> Option<String>) -> String {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    for level in [Level::Must, Level::Should] {
        for (requirement, places) in report.by_requirement(level) {
            let Some((case, finding)) = places.first() else { continue };
            let others = cases_of(&places).len().saturating_sub(1);
            let mut message = format!("{}: {}", case.id, draw::in_a_line(finding));
            if others > 0 {
                let _ = write!(message, " (and in {} more)", draw::counted(others, "case"));
            }
            let consequence = requirement.consequence.as_ref().and_then(|advice| advice.on(finding.failure));
            let fix = requirement.fix.as_ref().and_then(|advice| advice.on(finding.failure));
            let advice = [("Consequence", consequence), ("Fix", fix)];
            for (name, text) in advice.into_iter().filter_map(|(name, text)| Some((name, text?))) {
                let _ = write!(message, "\n{name}: {text}");
            }
            let place = file(&finding.span).map(|file| (file, finding.span.line()));
            let title = format!("{}: {}", requirement.id, requirement.title);
            let is_error = level >= strictness.level() && places.iter().any(|(case, _)| report.decides(case));
            let kind = if is_error { "error" } else { "warning" };
            let to = if is_error { &mut errors } else { &mut warnings };
            to.push(command(kind, &title, &message, place));
        }
    }
    for KnownFailure { known, state, place } in report.known.iter().filter(|known| known.state.fails()) {
        let title = format!("The baseline is wrong: {}", known.name);
        errors.push(command("error", &title, &format!("{}: {} ({place})", known.name, state.as_str()), None));
    }
    for group in text::undecided(report) {
        // What a finding holds back is told with that finding.
        if group.cases.first().is_some_and(|case| case.blocked_by.is_empty()) {
            let title = format!("{} could not be judged", draw::counted(group.cases.len(), "case"));
            let ids: Vec<&str> = group.cases.iter().map(|case| case.id.as_str()).collect();
            warnings.push(command("warning", &title, &format!("{}: {}", draw::few(&ids, 3), group.text), None));
        }
    }
    errors.truncate(MOST);
    warnings.truncate(MOST);
    errors.concat() + &warnings.concat()
}

/// The annotation of what stood in the way of a whole run: what was asked and came back, and what to try.
pub fn obstacle(got: &str, advice: &str) -> String {
    command("error", "Nothing could be checked", &format!("{got}\nTry: {advice}"), None)
}

fn command(kind: &str, title: &str, message: &str, place: Option<(String, usize)>) -> String {
    let place = place.map(|(file, line)| format!("file={},line={line},", property(&file))).unwrap_or_default();
    let message: Vec<String> = message.lines().map(|line| data(&escape::line(line))).collect();
    format!("::{kind} {place}title={}::{}\n", property(&escape::line(title)), message.join("%0A"))
}

/// A message, as the runner reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, which also ends at `:` and `,`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

//! The report in Markdown, as GitHub and GitLab show it: for the summary of a job, or a comment.
//!
//! **Invariant:** what came from elsewhere stands in code, or is escaped, so that none of it becomes markup, a mention, an image
//! or a link.

use std::fmt::Write as _;

use super::annex::{Annex, Table};
use super::draw::{self, Detail};
use super::markup::{block, cell, code, prose};
use super::works_with::{self, FeatureRow, Row, Waiting};
use super::{Later, Report, ScoredBy, Seen, Strictness, cases_of, changes, escape, text, times};
use crate::requirement::{Level, Requirement};
use crate::source::Style;
use crate::verdict::{KnownFailure, KnownState};

/// GitHub takes 1 MiB for the summary of a step. Some room is left.
pub const MOST_BYTES: usize = 1_000_000;

/// The longest value that is shown in a sentence, in characters.
const VALUE_SHOWN: usize = 500;

/// How many requirements a row of the table of what works names.
const FEW: usize = 3;

/// Columns of exchanges.
const WIDTH: usize = 110;

/// The whole report, in at most [`MOST_BYTES`].
pub fn render(report: &Report, strictness: Strictness) -> String {
    shortened(&parts(report, strictness), MOST_BYTES)
}

/// As many parts as there is room for, and how many were left out.
fn shortened(parts: &[String], room: usize) -> String {
    const NOTE: usize = 200;
    let mut out = String::new();
    let mut left_out = 0;
    for part in parts {
        // A smaller part that comes later would stand there without its heading.
        if left_out == 0 && out.len() + part.len() + NOTE <= room {
            out.push_str(part);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let parts = draw::counted(left_out, "part");
        let _ = writeln!(out, "\n> {parts} of this report left out, for it is too long; the others hold everything.");
    }
    out
}

fn parts(report: &Report, strictness: Strictness) -> Vec<String> {
    let mut parts = vec![head(report, strictness)];
    for level in [Level::Must, Level::Should] {
        let groups = report.by_requirement(level);
        for (at, (requirement, places)) in groups.iter().enumerate() {
            let heading = match (at, level) {
                (0, Level::Must) => format!("\n## {} violated\n", draw::counted(groups.len(), "requirement")),
                (0, _) => format!("\n## {} not met\n", draw::counted(groups.len(), "recommendation")),
                _ => String::new(),
            };
            parts.push(heading + &violation(report, requirement, places));
        }
    }
    parts.extend([later(report), known(report), undecided(report), changed(report)]);
    parts.extend(report.annexes.iter().map(annex));
    parts.extend([ways(report), answer_times(report), leftovers(report)]);
    parts.retain(|part| !part.is_empty());
    parts
}

fn head(report: &Report, strictness: Strictness) -> String {
    let totals = report.totals();
    let verdict = report.verdict(strictness).as_str();
    let shard = report.part.as_ref().map(|part| format!(", {}", part.shard)).unwrap_or_default();
    let mut out =
        format!("# SCIM: {verdict}{shard}\n\n{}{}\n\n", works_with(report, strictness), code(&report.base_url));
    let counts = [
        (totals.passed, "passed"),
        (totals.failed, "failed"),
        (totals.inconclusive, "could not be judged"),
        (totals.skipped, "skipped"),
    ];
    let counts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let known = if totals.known > 0 { format!(" ({} known)", totals.known) } else { String::new() };
    let told = if counts.is_empty() { String::new() } else { format!(": {}{known}", counts.join(", ")) };
    let _ = writeln!(
        out,
        "{}{told}; {} in {}; {} {}, seed {}",
        draw::counted(totals.cases, "case"),
        draw::counted(totals.requests, "request"),
        draw::time(report.took),
        report.tool.name,
        report.tool.version,
        report.seed
    );
    if let Some(ScoredBy { edition, newest }) = report.edition.filter(|scored| scored.is_older()) {
        let _ = writeln!(out, "\nScored by edition {edition}; the newest is {newest}.");
    }
    for told in report.limited_by_depth().into_iter().chain(report.ended_early()) {
        let _ = writeln!(out, "\n{}.", prose(&draw::capital(&told)));
    }
    for setup in &report.setup {
        let _ = writeln!(out, "\n{}.", prose(&draw::capital(&setup.in_words())));
    }
    for warning in &report.warnings {
        let _ = writeln!(out, "\n> {}", prose(warning));
    }
    out
}

/// With whom the server works, where the verdict does not say it: a table, and the features of each row below it.
fn works_with(report: &Report, strictness: Strictness) -> String {
    let rows = works_with::rows(report, strictness);
    if !works_with::adds_to_verdict(report, &rows) {
        return String::new();
    }
    let mut out = "| Works with | | Because of |\n| --- | --- | --- |\n".to_owned();
    let shown = works_with::alike(&rows);
    for alike in &shown {
        let row = alike.first;
        let aside = if row.decides { "" } else { " (does not decide)" };
        let state = format!("{}{aside}", text::state_and_why(&row.told));
        let because = text::because_of(&row.told, FEW);
        let _ = writeln!(out, "| {} | **{}** | {} |", cell(&alike.name()), cell(&state), cell(&because));
    }
    if shown.iter().any(|alike| !alike.first.waits.is_empty()) {
        out.push('\n');
    }
    for Row { provider, waits, .. } in shown.iter().map(|alike| alike.first) {
        for Waiting { feature, what, .. } in waits {
            let _ =
                writeln!(out, "- {} waits for an administrator ({}): {}", prose(provider), code(feature), prose(what));
        }
    }
    for alike in shown.iter().filter(|alike| !alike.first.features.is_empty()) {
        // Between these tags only HTML is read.
        let name = escape::line(&alike.name()).replace('&', "&amp;").replace('<', "&lt;").replace('@', "(at)");
        let _ = write!(
            out,
            "\n<details><summary>Features of {name}</summary>\n\n| Feature | | Because of |\n| --- | --- | --- |\n"
        );
        for FeatureRow { feature, title, told } in &alike.first.features {
            let because = text::because_of(told, FEW);
            let _ = writeln!(
                out,
                "| {} ({}) | {} | {} |",
                cell(title),
                code(feature),
                text::state_and_why(told),
                cell(&because)
            );
        }
        out.push_str("\n</details>\n");
    }
    out.push('\n');
    out
}

/// What was demanded and by whom, what came back, what follows, and how to see it again.
fn violation(report: &Report, requirement: &Requirement, places: &Seen<'_>) -> String {
    let Some((case, finding)) = places.first() else { return String::new() };
    let mut out = format!("\n### {}\n\n", prose(&requirement.title));
    let mut item = |name: &str, text: &str| {
        let _ = writeln!(out, "- **{name}:** {text}");
    };
    item(finding.level.as_str(), &format!("{}, {}", code(requirement.id.as_str()), prose(&draw::origin(requirement))));
    if let Some(held) = report.held_back().get(&requirement.id) {
        item(
            "Holds back",
            &format!("{held} of {} cannot be judged because of it", draw::counted(report.cases.len(), "case")),
        );
    }
    let value = |text: &str| code(&escape::cut(text, VALUE_SHOWN));
    item("Expected", &value(draw::expected(finding).trim_start_matches("expected ")));
    item("Got", &value(draw::got(finding).trim_start_matches("got ")));
    if let Some(because) = &finding.because {
        item("Cause", &prose(because));
    }
    for (name, advice) in [("Consequence", &requirement.consequence), ("Fix", &requirement.fix)] {
        if let Some(text) = advice.as_ref().and_then(|advice| advice.on(finding.failure)) {
            item(name, &prose(text));
        }
    }
    if requirement.is_only_specified() {
        item("Note", draw::UNSEEN);
    }
    let ids = cases_of(places);
    item(if finding.in_setup { "Seen in the setup of" } else { "Case" }, &code(&case.id));
    if let [_, others @ ..] = ids.as_slice()
        && !others.is_empty()
    {
        item("Also in", &named(others));
    }
    if let Some(exchange) = case.transcript.get(finding.exchange) {
        let lines = draw::exchange(exchange, Some(&finding.place), Detail::Short, Style::Plain, WIDTH);
        let _ =
            write!(out, "\n<details><summary>Request and answer</summary>\n\n{}\n</details>\n", block("http", &lines));
    } else {
        out.push_str("\nThe exchange was not kept: `--bodies failing` or `--bodies all` keeps it.\n");
    }
    let _ = write!(out, "\n{}", block("sh", &[draw::reproduce(case, report)]));
    out
}

/// What is not met and not scored, because it came after the edition of the run.
fn later(report: &Report) -> String {
    let later = report.later();
    let Some(ScoredBy { edition, newest }) = report.edition.filter(|_| !later.is_empty()) else { return String::new() };
    let mut out = format!(
        "\n## New since edition {edition}, not scored\n\nThese fail nothing until the run is scored by a newer edition \
         (`--edition {newest}`).\n\n"
    );
    for Later { requirement, since, seen } in &later {
        let Some((_, finding)) = seen.first() else { continue };
        let _ = writeln!(
            out,
            "- {since}, {} {}: {}: {}, in {}",
            finding.level,
            code(requirement.id.as_str()),
            prose(&requirement.title),
            code(&escape::cut(&draw::in_a_line(finding), VALUE_SHOWN)),
            named(&cases_of(seen))
        );
    }
    out
}

fn known(report: &Report) -> String {
    let (wrong, others): (Vec<_>, Vec<_>) = report.known.iter().partition(|known| known.state.fails());
    let mut out = String::new();
    let mut holding = others.iter().filter(|known| matches!(known.state, KnownState::Holds { .. })).peekable();
    if holding.peek().is_some() {
        out.push_str("\n## Known failures\n\nThese fail nothing.\n\n");
    }
    for KnownFailure { known, state, .. } in holding {
        let cases = match state {
            KnownState::Holds { cases } => draw::counted(*cases, "case"),
            _ => String::new(),
        };
        let link = known.link.as_ref().map(|link| format!(" ({})", code(link))).unwrap_or_default();
        let until = known.expires.as_ref().map(|day| format!(", accepted until {}", prose(day))).unwrap_or_default();
        let _ = writeln!(out, "- {}: {}{link}: {cases}{until}", code(&known.name), prose(&known.reason));
    }
    if !wrong.is_empty() {
        out.push_str("\n## The baseline is wrong\n\n");
    }
    for KnownFailure { known, state, place } in wrong {
        let why = match state {
            KnownState::Expired => "its day is over, and it counts again",
            _ => "it holds now; remove the entry",
        };
        let _ = writeln!(out, "- {}: {why} ({})", code(&known.name), code(place));
    }
    out
}

fn undecided(report: &Report) -> String {
    let mut out = String::new();
    for group in text::undecided(report) {
        let Some(first) = group.cases.first() else { continue };
        let because = match first.blocked_by.first() {
            Some(requirement) => format!("because of {}", code(requirement.as_str())),
            None => code(&escape::cut(&group.text, VALUE_SHOWN)),
        };
        let ids: Vec<&str> = group.cases.iter().map(|case| case.id.as_str()).collect();
        let _ = writeln!(out, "- {}, {because}: {}", draw::counted(ids.len(), "case"), named(&ids));
    }
    if out.is_empty() { out } else { format!("\n## Could not be judged\n\n{out}") }
}

fn changed(report: &Report) -> String {
    let Some(changes) = &report.changes else { return String::new() };
    let compared = draw::counted(changes.compared, "case");
    let mut out = format!("\n## Snapshots\n\n{} of {compared} answered as accepted.\n", changes.same);
    for group in &changes.groups {
        let _ = write!(out, "\n{}", block("diff", &changes::lines(group, false)));
    }
    if !changes.obsolete.is_empty() {
        let ids: Vec<&str> = changes.obsolete.iter().map(String::as_str).collect();
        let _ = writeln!(out, "\nObsolete: {}", named(&ids));
    }
    out
}

fn annex(annex: &Annex) -> String {
    let mut out = format!("\n## {}\n", prose(&annex.title));
    for shown in &annex.tables {
        if shown.is_summary {
            if !shown.title.is_empty() {
                let _ = write!(out, "\n### {}\n", prose(&shown.title));
            }
            let _ = write!(out, "\n{}", table(shown));
        } else {
            // Between these tags only HTML is read.
            let title = if shown.title.is_empty() { &annex.title } else { &shown.title };
            let title = escape::line(title).replace('&', "&amp;").replace('<', "&lt;").replace('@', "(at)");
            let _ = write!(out, "\n<details><summary>{title}</summary>\n\n{}\n</details>\n", table(shown));
        }
    }
    for note in &annex.notes {
        let _ = write!(out, "\n{}\n", prose(note));
    }
    out
}

fn table(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = row(table.columns.iter().map(|column| cell(column)).collect());
    out.push_str(&row(table.columns.iter().map(|_| "---".to_owned()).collect()));
    for cells in &table.rows {
        out.push_str(&row(cells.iter().map(|shown| cell(&shown.text)).collect()));
    }
    for note in &table.notes {
        let _ = write!(out, "\n{}\n", prose(note));
    }
    out
}

fn ways(report: &Report) -> String {
    let mut rows = report.ways().peekable();
    if rows.peek().is_none() {
        return String::new();
    }
    let mut out = "\n<details><summary>What the server does with attributes</summary>\n\n\
                   | attribute | what the server does with it |\n| --- | --- |\n"
        .to_owned();
    let short = |text: &str| escape::cut(text, 200);
    for (attribute, told) in rows {
        let _ = writeln!(out, "| {} | {} |", code(&short(&attribute)).replace('|', "\\|"), cell(&short(&told)));
    }
    out + "\n</details>\n"
}

fn answer_times(report: &Report) -> String {
    let times = times::endpoints(report);
    if times.is_empty() {
        return String::new();
    }
    let mut out = "\n<details><summary>Times of the answers</summary>\n\n\
                   | request | answers | median | 95 % | slowest |\n| --- | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for row in times {
        let ms = |us: u64| format!("{:.1} ms", std::time::Duration::from_micros(us).as_secs_f64() * 1000.0);
        let (median, p95, slowest) = (ms(row.median_us), ms(row.p95_us), ms(row.slowest_us));
        let endpoint = code(&escape::cut(&row.endpoint, 120)).replace('|', "\\|");
        let _ = writeln!(out, "| {endpoint} | {} | {median} | {p95} | {slowest} |", row.answers);
    }
    out + "\n</details>\n"
}

fn leftovers(report: &Report) -> String {
    let left: String =
        report.leftovers().map(|(_, left)| format!("- {}: {}\n", code(&left.path), code(&left.why))).collect();
    if left.is_empty() { left } else { format!("\n## Left on the server\n\n{left}") }
}

/// The first few ids, as code.
fn named(ids: &[&str]) -> String {
    const SHOWN: usize = 5;
    let mut out = ids.iter().take(SHOWN).map(|id| code(id)).collect::<Vec<_>>().join(", ");
    if ids.len() > SHOWN {
        let _ = write!(out, " and {} more", ids.len() - SHOWN);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_report_is_cut_between_its_parts() {
        let parts = vec!["a".repeat(400), "b".repeat(400), "c".to_owned()];
        let cut = shortened(&parts, 700);
        assert!(cut.starts_with(&parts[0]) && !cut.contains('b') && cut.len() <= 700, "{cut}");
        assert!(cut.contains("2 parts of this report left out"), "{cut}");
        assert_eq!(shortened(&parts, 1001), parts.concat());
    }
}

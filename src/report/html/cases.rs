//! All cases, by folder, with the form that filters them.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::findings::line;
use super::packed::Packer;
use super::{Kind, Page, copyable, cut, exchange, reason};
use crate::report::json::Bodies;
use crate::report::text::folder_of;
use crate::report::{draw, escape};
use crate::requirement::Level;
use crate::verdict::{CaseResult, NotScored, Outcome};
use crate::wire::Exchange;

/// How many bytes of the page the transcripts of cases may take as they are. What makes a run fail comes first.
const PLAIN: usize = 1_200_000;

/// How many bytes those may take that the script unpacks.
const PACKED: usize = 2_000_000;

impl<'a> Page<'a> {
    pub(super) fn all_cases(&self) -> Markup {
        let mut folders: Vec<(&str, Vec<&CaseResult>)> = Vec::new();
        for case in &self.report.cases {
            let folder = folder_of(&case.id);
            match folders.iter_mut().find(|(known, _)| *known == folder) {
                Some((_, cases)) => cases.push(case),
                None => folders.push((folder, vec![case])),
            }
        }
        let (transcripts, bundles) = self.transcripts();
        html! {
            (self.form())
            @for (folder, cases) in folders {
                div.folder {
                    h3 { (folder) " " span.n { (cases.len()) } }
                    @for case in cases {
                        (self.case(case, transcripts.get(case.id.as_str())))
                    }
                }
            }
            (bundles)
            p #none .none hidden { "No case matches." }
        }
    }

    /// Shown by the script, without which it would do nothing.
    fn form(&self) -> Markup {
        let parts: Vec<_> = Kind::ALL
            .iter()
            .map(|kind| (*kind, self.report.cases.iter().filter(|case| Kind::of(case) == *kind).count()))
            .collect();
        html! {
            form #filter role="search" aria-label="Filter the cases" hidden {
                p {
                    label for="q" { "Search" }
                    input #q name="q" type="search" placeholder="case, title, requirement" autocomplete="off" spellcheck="false" aria-keyshortcuts="/";
                    label for="l" { "Level" }
                    select #l name="l" {
                        option value="" { "any" }
                        option value="must" { "MUST not met" }
                        option value="should" { "SHOULD not met" }
                        option value="may" { "MAY not done" }
                    }
                    button type="reset" { "Show all" }
                }
                fieldset {
                    legend { "Outcome" }
                    @for (kind, count) in parts.iter().filter(|(_, count)| *count > 0) {
                        label.pick.(kind.tone()) { input type="checkbox" name="o" value=(kind.key()); " " (kind.word()) " " span.n { (count) } }
                    }
                }
                p #count role="status" aria-live="polite" {}
            }
        }
    }

    fn case(&self, case: &'a CaseResult, transcript: Option<&Markup>) -> Markup {
        let kind = Kind::of(case);
        let mut levels: Vec<&str> = Vec::new();
        for (level, word) in [(Level::Must, "must"), (Level::Should, "should"), (Level::May, "may")] {
            if case.findings.iter().any(|finding| finding.level == level) {
                levels.push(word);
            }
        }
        let anchor = self.cases.get(case.id.as_str()).cloned().unwrap_or_default();
        html! {
            details.c id=(anchor) data-o=(kind.key()) data-l=[(!levels.is_empty()).then(|| levels.join(" "))] {
                summary {
                    span.chip.(kind.tone()) { (kind.word()) }
                    " " code { (case.id) }
                    " " span.t { (case.title) }
                    @if !matches!(case.outcome, Outcome::Skipped(_)) { " " span.ms { (draw::time(case.took)) } }
                }
                @if let Some(why) = reason(case) { p { (why) } }
                @if !case.blocked_by.is_empty() {
                    p { "Held back by " @for (at, id) in case.blocked_by.iter().enumerate() { @if at > 0 { ", " } (self.requirement_link(id)) } "." }
                }
                @if let Some(known) = &case.expected { p { i { "Known: " (known.reason) } } }
                @if !case.findings.is_empty() { ul.plain { @for finding in &case.findings { (self.finding_line(finding)) } } }
                @if !case.not_scored.is_empty() {
                    ul.plain {
                        @for NotScored { finding, since } in &case.not_scored {
                            li { span.chip { (since) } " not scored: " code { (finding.requirement) } ": "
                                (escape::cut(&draw::expected(finding), 300)) ", " (escape::cut(&draw::got(finding), 300)) }
                        }
                    }
                }
                @if !case.notes.is_empty() {
                    ul.soft { @for note in &case.notes { li { (cut(&note.text)) @if let Some(id) = &note.requirement { " (" (id) ")" } } } }
                }
                @for leftover in &case.leftovers { p.bad { "Left on the server: " code { (cut(&leftover.path)) } ": " (cut(&leftover.why)) } }
                @if case.judged.is_empty() { p.soft { "Checks " (draw::counted(case.checks.len(), "requirement")) "; none was judged." } }
                @else { p.soft { "Judged " (case.judged.len()) " of the " (draw::counted(case.checks.len(), "requirement")) " that it checks." } }
                @if !matches!(case.outcome, Outcome::Passed) { (copyable("run", &draw::reproduce(case, self.report))) }
                @match transcript {
                    Some(transcript) => (transcript),
                    None if case.transcript.is_empty() => {}
                    None => p.soft { (draw::counted(case.transcript.len(), "request")) "; not shown." },
                }
            }
        }
    }

    /// The requests and answers of the cases that are shown with them, and the bundles in which many of them are.
    fn transcripts(&self) -> (BTreeMap<&'a str, Markup>, Markup) {
        let rank = |case: &&CaseResult| Kind::ALL.iter().position(|kind| *kind == Kind::of(case));
        let is_shown = |case: &&CaseResult| match self.options.bodies {
            Bodies::None => false,
            Bodies::All => true,
            Bodies::Failing => {
                !case.findings.is_empty()
                    || !case.not_scored.is_empty()
                    || matches!(case.outcome, Outcome::Failed | Outcome::Inconclusive(_))
            }
        };
        let mut shown: Vec<&CaseResult> =
            self.report.cases.iter().filter(is_shown).filter(|case| !case.transcript.is_empty()).collect();
        shown.sort_by_key(rank);
        let mut room = PLAIN;
        let mut packer = Packer::default();
        let mut told = BTreeMap::new();
        for case in shown {
            if packer.len() > PACKED {
                break;
            }
            let transcript = self.transcript(case);
            let transcript = match room.checked_sub(transcript.0.len()) {
                Some(rest) => {
                    room = rest;
                    transcript
                }
                None => {
                    let (bundle, at) = packer.add(transcript);
                    html! {
                        p.later.soft data-in=(bundle) data-at=(at) {
                            (draw::counted(case.transcript.len(), "request")) ", shown where scripts are allowed to run."
                        }
                    }
                }
            };
            told.insert(case.id.as_str(), transcript);
        }
        (told, packer.finish())
    }

    fn transcript(&self, case: &CaseResult) -> Markup {
        let sweep = case.transcript.len().saturating_sub(case.swept);
        html! {
            p.label { (draw::counted(case.transcript.len(), "request")) @if case.swept > 0 { ", " (case.swept) " of them to clean up" } }
            ol.trail {
                @for (at, exchange) in case.transcript.iter().enumerate() {
                    @let finding = case.findings.iter().find(|finding| finding.exchange == at && at < sweep);
                    li {
                        @if is_plain(exchange) { (line(exchange)) }
                        @else {
                            details {
                                summary { @if finding.is_some() { mark { (line(exchange)) } } @else { (line(exchange)) } }
                                (exchange::exchange(exchange, finding, false))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether the line that names it says all of an exchange.
fn is_plain(exchange: &Exchange) -> bool {
    let is_empty = exchange.request.body.is_none() && exchange.attempts.is_empty();
    is_empty
        && exchange.reply.as_ref().is_ok_and(|response| response.status == 204 && response.body.is_empty())
        && escape::cut(&exchange.request.path, 300).len() == exchange.request.path.len()
}

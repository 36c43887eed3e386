//! What was not met, what is known of that, and what could not be judged.

use maud::{Markup, html};

use super::{Demand, Page, capital, copyable, cut, exchange};
use crate::report::json::Bodies;
use crate::report::text::{self, Group};
use crate::report::{Later, ScoredBy, Seen, cases_of, draw, escape};
use crate::requirement::{Level, Requirement};
use crate::verdict::{self, CaseResult, Finding, KnownFailure, KnownState, Outcome, Place};
use crate::wire::Exchange;

/// With more violations than that, none stands open when the page is opened.
const OPEN: usize = 12;

/// How many requests before the one in question are told.
const BEFORE: usize = 6;

impl<'a> Page<'a> {
    /// The demands of a level that are not met, those of one topic together.
    pub(super) fn violations(&self, level: Level) -> Markup {
        let groups = if level == Level::Must { &self.must } else { &self.should };
        let mut areas: Vec<(&str, Vec<&Demand<'a>>)> = Vec::new();
        for group in groups {
            let area = group.0.area.as_str();
            match areas.iter_mut().find(|(known, _)| *known == area) {
                Some((_, of_area)) => of_area.push(group),
                None => areas.push((area, vec![group])),
            }
        }
        let is_open = level == Level::Must && groups.len() <= OPEN;
        html! {
            @if groups.is_empty() { p.none { "No binding requirement is violated." } }
            @for (area, groups) in areas {
                h3 { @if area.is_empty() { "Other" } @else { (capital(area)) } }
                @for (requirement, places) in groups { (self.violation(requirement, places, is_open)) }
            }
        }
    }

    fn violation(&self, requirement: &Requirement, places: &Seen<'a>, is_open: bool) -> Markup {
        let anchor = self.requirements.get(requirement.id.as_str()).cloned().unwrap_or_default();
        let held = self.held_back_by(requirement);
        let Some((case, finding)) = places.first() else { return html! {} };
        let cases = cases_of(places);
        html! {
            details.v.(if finding.level == Level::Must { "bad" } else { "warn" }) id=(anchor) open[is_open] {
                summary {
                    h4 {
                        span.chip { (finding.level.as_str()) }
                        " " (requirement.title)
                    }
                    p.meta {
                        code { (requirement.id) } " · " (draw::origin(requirement)) " · " (draw::counted(cases.len(), "case"))
                        @if !held.is_empty() { " · " b { "holds back " (held.len()) } }
                    }
                }
                dl.facts {
                    dt { "Expected" } dd { (escape::cut(draw::expected(finding).trim_start_matches("expected "), 1200)) }
                    dt { "Got" }
                    dd.got {
                        (escape::cut(draw::got(finding).trim_start_matches("got "), 1200))
                        @if let Some(said) = said(case, finding) { " (" (said) ")" }
                    }
                    @if let Some(because) = &finding.because { dt { "Cause" } dd { (because) } }
                    @for (name, advice) in [("Consequence", &requirement.consequence), ("Fix", &requirement.fix)] {
                        @if let Some(text) = advice.as_ref().and_then(|advice| advice.on(finding.failure)) {
                            dt { (name) } dd { (capital(text)) }
                        }
                    }
                    dt { "Demanded by" }
                    dd {
                        (draw::origin(requirement))
                        @for source in &requirement.sources { "; " (source) }
                        @if requirement.is_only_specified() { " (" (draw::UNSEEN) ")" }
                    }
                    @if let Some(note) = &requirement.note { dt { "Note" } dd { (note) } }
                    dt { "Asked in" }
                    dd { code { (finding.span.file.name) ":" (finding.span.line()) } " " (self.setup(case, finding)) }
                }
                (self.evidence(case, finding))
                (self.case_list(&format!("Seen in {}", draw::counted(cases.len(), "case")), self.seen(places)))
                @if !held.is_empty() {
                    (self.case_list(
                        &format!("Keeps {} from being judged", draw::counted(held.len(), "case")),
                        held.iter().map(|case| (case.id.as_str(), None)),
                    ))
                }
            }
        }
    }

    fn setup(&self, case: &CaseResult, finding: &Finding) -> Markup {
        html! {
            @if finding.in_setup { "while preparing " } @else { "for " }
            (self.case_link(&case.id)) ": " (case.title)
        }
    }

    /// The cases that show it, each with what it shows when that is not always the same.
    fn seen<'s>(&self, places: &'s Seen<'a>) -> impl Iterator<Item = (&'s str, Option<String>)> {
        let first = places.first().map(|(_, finding)| draw::got(finding));
        cases_of(places).into_iter().map(move |id| {
            let finding = places.iter().find(|(case, _)| case.id == id).map(|(_, finding)| draw::got(finding));
            (id, finding.filter(|got| Some(got) != first.as_ref()).map(|got| escape::cut(&got, 160)))
        })
    }

    fn held_back_by(&self, requirement: &Requirement) -> Vec<&'a CaseResult> {
        let is_held = |case: &&CaseResult| case.blocked_by.contains(&requirement.id);
        self.report
            .cases
            .iter()
            .filter(|case| matches!(case.outcome, Outcome::Inconclusive(_)))
            .filter(is_held)
            .collect()
    }

    /// What was sent and what came, and the commands that bring it about again.
    fn evidence(&self, case: &CaseResult, finding: &Finding) -> Markup {
        let shown = case.transcript.get(finding.exchange).filter(|_| self.options.bodies != Bodies::None);
        html! {
            @match shown {
                Some(exchange) => {
                    (before(case, finding.exchange))
                    (exchange::exchange(exchange, Some(finding), true))
                }
                None => p.soft { "The request and its answer were not kept." },
            }
            (self.commands(case, shown))
        }
    }

    fn commands(&self, case: &CaseResult, exchange: Option<&Exchange>) -> Markup {
        let curl = exchange.filter(|_| self.report.demo.is_none()).map(|e| draw::curl(self.report, case, &e.request));
        html! {
            (copyable("run", &draw::reproduce(case, self.report)))
            @if let Some(curl) = curl.filter(|curl| curl.len() <= 8000) { (copyable("curl", &curl)) }
        }
    }

    /// What is not met and not scored, because it came after the edition of the run, by the edition that brought it.
    pub(super) fn later(&self, later: &[Later<'_>]) -> Option<Markup> {
        let ScoredBy { edition, newest } = self.report.edition.filter(|_| !later.is_empty())?;
        Some(html! {
            p {
                "This run is scored by edition " (edition) ". What follows is demanded since, and fails nothing before "
                code { "--edition" } " names a newer one; the newest is " (newest) "."
            }
            @for same in later.chunk_by(|one, other| one.since == other.since) {
                @if let Some(first) = same.first() { h3 { "Edition " (first.since) } }
                @for Later { requirement, seen, .. } in same { (self.one_later(requirement, seen)) }
            }
        })
    }

    fn one_later(&self, requirement: &Requirement, seen: &Seen<'_>) -> Markup {
        let Some((case, finding)) = seen.first() else { return html! {} };
        let cases = cases_of(seen);
        let shown = case.transcript.get(finding.exchange).filter(|_| self.options.bodies != Bodies::None);
        html! {
            details.v.plain {
                summary {
                    h4 { span.chip { (finding.level.as_str()) } " " (requirement.title) }
                    p.meta {
                        code { (requirement.id) } " · " (draw::origin(requirement)) " · " (draw::counted(cases.len(), "case"))
                    }
                }
                dl.facts {
                    dt { "Expected" } dd { (escape::cut(draw::expected(finding).trim_start_matches("expected "), 1200)) }
                    dt { "Got" } dd { (escape::cut(draw::got(finding).trim_start_matches("got "), 1200)) }
                    @for (name, advice) in [("Consequence", &requirement.consequence), ("Fix", &requirement.fix)] {
                        @if let Some(text) = advice.as_ref().and_then(|advice| advice.on(finding.failure)) {
                            dt { (name) } dd { (text) }
                        }
                    }
                }
                @if let Some(shown) = shown { (exchange::exchange(shown, Some(finding), false)) }
                (self.commands(case, shown))
                (self.case_list("The cases", cases.into_iter().map(|id| (id, None))))
            }
        }
    }

    /// What the baseline knows, each with its reason, and what is wrong with the baseline.
    pub(super) fn known(&self) -> Option<Markup> {
        let known = &self.report.known;
        let rank = |entry: &&KnownFailure| !entry.state.fails();
        let mut sorted: Vec<&KnownFailure> = known.iter().collect();
        sorted.sort_by_key(rank);
        (!known.is_empty()).then(|| {
            html! {
                div.wide role="region" aria-label="Table: Known failures" tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "Entry" } th scope="col" { "State" } th scope="col" { "Reason" } th scope="col" { "Accepted until" } } }
                        tbody {
                            @for KnownFailure { known, state, place } in sorted {
                                tr {
                                    th scope="row" { code { (known.name) } br; span.soft { (place) } }
                                    td.(if state.fails() { "bad" } else { "plain" }) {
                                        (state.as_str())
                                        @if let KnownState::Holds { cases } = state { ", " (draw::counted(*cases, "case")) }
                                    }
                                    td {
                                        (known.reason)
                                        @if let Some(link) = &known.link { " (" (web_link(link)) ")" }
                                        @match state {
                                            KnownState::Stale => p.bad { "Holds now: remove the entry, or run with --update-baseline." },
                                            KnownState::Expired => p.bad { "Its day is over, and what it names counts again." },
                                            KnownState::Holds { .. } | KnownState::NotJudged => {}
                                        }
                                        (self.known_findings(&known.name))
                                    }
                                    td { (known.expires.as_deref().unwrap_or("–")) }
                                }
                            }
                        }
                    }
                }
            }
        })
    }

    /// The cases of which an entry of the baseline knows.
    fn known_findings(&self, name: &str) -> Markup {
        let of = |case: &&CaseResult| {
            let mut known = case.findings.iter().filter_map(|finding| finding.known.as_ref()).chain(&case.expected);
            known.any(|known| known.name == name)
        };
        let cases: Vec<_> = self.report.cases.iter().filter(of).map(|case| (case.id.as_str(), None)).collect();
        html! {
            @if !cases.is_empty() { (self.case_list(&draw::counted(cases.len(), "case"), cases.into_iter())) }
        }
    }

    /// The cases that could not be judged, by cause.
    pub(super) fn undecided(&self, groups: &[Group<'a>]) -> Option<Markup> {
        (!groups.is_empty()).then(|| {
            html! {
                @for group in groups {
                    @let first = group.cases.first();
                    @let blocked_by = first.map(|case| case.blocked_by.as_slice()).unwrap_or_default();
                    div.cause {
                        p {
                            b { (draw::counted(group.cases.len(), "case")) }
                            @if blocked_by.is_empty() { ": " (cut(&group.text)) }
                            @else {
                                " because of "
                                @for (at, id) in blocked_by.iter().enumerate() {
                                    @if at > 0 { ", " }
                                    (self.requirement_link(id))
                                }
                                ": " (cut(&group.text))
                            }
                        }
                        @if blocked_by.is_empty() {
                            @if let Some(case) = first {
                                @let last = text::last_exchange(case).filter(|_| self.options.bodies != Bodies::None);
                                @if let Some(last) = last { (exchange::exchange(last, None, false)) }
                                (self.commands(case, last))
                            }
                        }
                        (self.case_list("The cases", group.cases.iter().map(|case| (case.id.as_str(), None))))
                    }
                }
            }
        })
    }

    /// What is said of a finding within its case.
    pub(super) fn finding_line(&self, finding: &Finding) -> Markup {
        html! {
            li {
                span.chip.(tone(finding)) { (finding.level.as_str()) }
                " " (self.requirement_link(&finding.requirement)) ": "
                (escape::cut(&draw::expected(finding), 300)) ", " b { (escape::cut(&draw::got(finding), 300)) }
                @if let Some(known) = &finding.known { " " i { "known: " (known.reason) } }
            }
        }
    }
}

/// What an error says of itself.
fn said(case: &CaseResult, finding: &Finding) -> Option<String> {
    let exchange = case.transcript.get(finding.exchange).filter(|_| finding.place == Place::Status)?;
    Some(cut(&verdict::said(exchange)?))
}

fn tone(finding: &Finding) -> &'static str {
    match (finding.level, &finding.known) {
        (_, Some(_)) | (Level::May, _) => "plain",
        (Level::Must, _) => "bad",
        (Level::Should, _) => "warn",
    }
}

/// A link that the owner wrote; anything but an address of the web stays text.
fn web_link(link: &str) -> Markup {
    let is_web = link.starts_with("https://") || link.starts_with("http://");
    html! {
        @if is_web { a href=(link) rel="noreferrer noopener" { (link) } } @else { (link) }
    }
}

/// What was sent before: a wrong answer to a GET is mostly the fault of the write before it.
fn before(case: &CaseResult, until: usize) -> Markup {
    let transcript = case.transcript.get(..=until).unwrap_or_default();
    // Of an answer that was repeated only the last one counts.
    let counts =
        |at: usize| transcript.get(at + 1).is_none_or(|next| next.look == 0 || next.request != transcript[at].request);
    let before: Vec<usize> = (0..until.min(transcript.len())).filter(|at| counts(*at)).collect();
    let reads = |exchange: &Exchange| exchange.request.method == "GET";
    let is_read = transcript.get(until).is_some_and(reads);
    let last_write = before.iter().rposition(|at| !reads(&transcript[*at])).filter(|_| is_read);
    let from = before.len().saturating_sub(BEFORE).min(last_write.unwrap_or(usize::MAX));
    let repeated = transcript.get(until).map_or(0, |exchange| exchange.look);
    html! {
        @if from > 0 { p.soft { "… " (draw::counted(from, "request")) " before" } }
        @if from < before.len() {
            ol.trail {
                @for (number, at) in before.iter().enumerate().skip(from) {
                    @let exchange = &transcript[*at];
                    li value=(at + 1) {
                        @if last_write == Some(number) && exchange.request.body.is_some() {
                            details { summary { (line(exchange)) } (exchange::exchange(exchange, None, false)) }
                        } @else { (line(exchange)) }
                    }
                }
            }
        }
        @if repeated > 0 { p.soft { "Asked again " (draw::counted(repeated as usize, "time")) ", always with this result:" } }
    }
}

/// A request and its answer in a line.
pub(super) fn line(exchange: &Exchange) -> Markup {
    html! { (exchange::asked(exchange)) " → " (escape::cut(&draw::answer(exchange), 300)) }
}

//! The report as one page for a browser: nothing is loaded, nothing is sent, and it can be read without its script.
//!
//! **Invariant:** whatever the server sent is text on the page. Markup is escaped where it is written, characters that hide or
//! steer become visible at the end, and the page's own policy lets no other style or script in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::draw::capital;
use super::json::Bodies;
use super::works_with::Row;
use super::{Report, Seen, Status, Strictness, Verdict, draw, escape, text};
use crate::capability::Support;
use crate::requirement::{Level, Requirement, RequirementId};
use crate::verdict::{CaseResult, Outcome, Skip};
use crate::wire::Credential;

mod annex;
mod cases;
mod changes;
mod exchange;
mod findings;
mod packed;
mod times;
mod works_with;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// How the page is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whose requests and answers it shows.
    pub bodies: Bodies,
    /// Which findings decide the verdict.
    pub strictness: Strictness,
}

/// The report as one HTML document.
pub fn render(report: &Report, options: Options) -> String {
    let page = Page::new(report, options);
    escape::document(&page.document().into_string())
}

/// A requirement that is not met, with what shows it.
type Demand<'a> = (Arc<Requirement>, Seen<'a>);

/// What the parts of the page have in common.
struct Page<'a> {
    report: &'a Report,
    options: Options,
    works_with: Vec<Row>,
    must: Vec<Demand<'a>>,
    should: Vec<Demand<'a>>,
    /// The requirements that have a place on the page, and the names of these places.
    requirements: BTreeMap<&'a str, String>,
    /// The same of cases.
    cases: BTreeMap<&'a str, String>,
}

impl<'a> Page<'a> {
    fn new(report: &'a Report, options: Options) -> Self {
        let (must, should) = (report.by_requirement(Level::Must), report.by_requirement(Level::Should));
        let shown = must.iter().chain(&should).filter_map(|(_, places)| places.first());
        let ids: BTreeSet<&str> = shown.map(|(_, finding)| finding.requirement.as_str()).collect();
        let requirements = anchors("r", ids.into_iter().map(|id| (id, id)));
        let cases = anchors("c", report.cases.iter().map(|case| (case.id.as_str(), case.id.as_str())));
        let works_with = super::works_with::rows(report, options.strictness);
        Self { report, options, works_with, requirements, cases, must, should }
    }

    fn document(&self) -> Markup {
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
            hash(STYLE),
            hash(SCRIPT)
        );
        let verdict = self.report.verdict(self.options.strictness);
        let sections = self.sections();
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    meta name="color-scheme" content="light dark";
                    title { (verdict.as_str()) ": " (self.report.base_url) " · " (self.report.tool.name) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#main" { "Skip to the report" }
                    (self.banner())
                    div.frame {
                        nav.side aria-label="Sections" {
                            ul {
                                @for section in &sections {
                                    li {
                                        a href={ "#" (section.id) } {
                                            (section.title)
                                            @if let Some(count) = section.count {
                                                " " span.n.(section.tone) { (count) }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                        main #main tabindex="-1" {
                            (self.verdict(verdict))
                            @for section in &sections {
                                section id=(section.id) aria-labelledby={ "h-" (section.id) } {
                                    h2 id={ "h-" (section.id) } { (section.title) }
                                    (section.body)
                                }
                            }
                        }
                    }
                    footer {
                        p {
                            "Made by " (self.report.tool.name) " " (self.report.tool.version) ". "
                            "One file: nothing is loaded from anywhere and nothing is sent. Credentials are masked."
                        }
                    }
                    p #said .away role="status" aria-live="polite" {}
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
    }

    fn banner(&self) -> Markup {
        html! {
            header.top {
                p.brand { (self.report.tool.name) }
                p.target { (self.report.base_url) }
                button #theme type="button" hidden { "Theme: system" }
            }
        }
    }

    fn sections(&self) -> Vec<Section> {
        let mut sections: Vec<Section> = self.works_with_section().into_iter().collect();
        let (annexes, remarks): (Vec<_>, Vec<_>) =
            self.report.annexes.iter().partition(|annex| !annex.tables.is_empty());
        let mut add = |id: &str, title: &str, count, tone, body: Option<Markup>| {
            let (id, title) = (id.to_owned(), title.to_owned());
            sections.extend(body.map(|body| Section { id, title, count, tone, body }));
        };
        for annex in annexes {
            add(&annex.name, &annex.title, None, "plain", Some(self.annex(annex)));
        }
        add(
            "violations",
            "Violations",
            Some(self.must.len()),
            if self.must.is_empty() { "good" } else { "bad" },
            Some(self.violations(Level::Must)),
        );
        let should = (!self.should.is_empty()).then(|| self.violations(Level::Should));
        add("recommendations", "Recommendations not met", Some(self.should.len()), "warn", should);
        let later = self.report.later();
        add("later", "New, not scored", Some(later.len()), "plain", self.later(&later));
        add("known", "Known failures", Some(self.report.known.len()), "plain", self.known());
        let undecided = text::undecided(self.report);
        let count = undecided.iter().map(|group| group.cases.len()).sum();
        add("undecided", "Could not be judged", Some(count), "open", self.undecided(&undecided));
        let left = self.report.leftovers().count();
        add("leftovers", "Left on the server", Some(left), "bad", self.leftovers());
        let differences = self.report.changes.as_ref().map(|changes| changes.groups.len());
        add("changes", "Changed answers", differences, "warn", self.changes());
        add("attributes", "What the server does with attributes", None, "plain", self.ways());
        add("times", "Times of the answers", None, "plain", times::section(self.report));
        add("cases", "All cases", Some(self.report.cases.len()), "plain", Some(self.all_cases()));
        add("requirements", "All requirements", None, "plain", self.all_requirements());
        add("notes", "Notes", None, "plain", self.notes());
        for annex in remarks {
            add(&annex.name, &annex.title, None, "plain", Some(self.annex(annex)));
        }
        add("features", "Features of the server", None, "plain", self.capabilities());
        add("run", "About this run", None, "plain", Some(self.run()));
        sections
    }

    /// The verdict, its reason, the next step, and the run in numbers.
    fn verdict(&self, verdict: Verdict) -> Markup {
        let (because, next) = text::conclusion(self.report, self.options.strictness);
        let (next, command) = match next.split_once('\n') {
            Some((next, command)) => (next.to_owned(), Some(command.trim().to_owned())),
            None => (next, None),
        };
        let tone = match verdict {
            Verdict::Conforms => "good",
            Verdict::Partial => "warn",
            Verdict::Violates => "bad",
            Verdict::Undecided => "open",
        };
        let totals = self.report.totals();
        let parts = self.parts();
        html! {
            div.verdict.(tone) {
                h1 {
                    span.word { (verdict.as_str()) }
                    " " span.of { (self.suites()) " on " (self.report.base_url) }
                }
                @if let Some(table) = self.works_with() { (table) }
                p.because { (capital(&because)) "." }
                @if let Some(scored) = self.report.edition.filter(|scored| scored.is_older()) {
                    p { "Scored by edition " (scored.edition) "; the newest is " (scored.newest) "." }
                }
                @for setup in &self.report.setup { p.because { (capital(&setup.in_words())) "." } }
                @for told in self.report.limited_by_depth().into_iter().chain(self.report.ended_early()) { p.because { (capital(&told)) "." } }
                @if self.report.baseline_fails() {
                    p { "The run fails all the same: the baseline is no longer true. " a href="#known" { "What is wrong with it" } }
                }
                @if !next.is_empty() {
                    p.next { b { "Next: " } (next) }
                    @if let Some(command) = command { (copyable("run", &command)) }
                }
                (bar(&parts))
                ul.parts {
                    @for part in parts.iter().filter(|part| part.count > 0) {
                        li.(part.tone) { b { (part.count) } " " (part.word) }
                    }
                }
                p.meta {
                    (draw::counted(totals.cases, "case")) ", " (draw::counted(totals.requests, "request"))
                    " in " (draw::time(self.report.took)) ", begun " time datetime=(self.report.started) { (moment(&self.report.started)) }
                }
            }
        }
    }

    fn suites(&self) -> String {
        let all: Vec<&str> = match self.report.suites.as_slice() {
            [] => self.report.providers.iter().map(|provider| provider.suite.as_str()).collect(),
            suites => suites.iter().map(String::as_str).collect(),
        };
        all.join(", ")
    }

    fn parts(&self) -> Vec<Part> {
        let count = |kind: Kind| self.report.cases.iter().filter(|case| Kind::of(case) == kind).count();
        Kind::ALL.iter().map(|kind| Part { count: count(*kind), word: kind.word(), tone: kind.tone() }).collect()
    }

    /// Every requirement that the suites in play judge, with what is known of it.
    fn all_requirements(&self) -> Option<Markup> {
        let status = self.report.requirement_status();
        let count = |wanted: Status| status.iter().filter(|(_, status)| *status == wanted).count();
        let all = [Status::Met, Status::Violated, Status::NotScored, Status::Undecided, Status::Untested];
        let counts: Vec<String> = all
            .iter()
            .filter(|status| count(**status) > 0)
            .map(|status| format!("{} {}", count(*status), status.as_str()))
            .collect();
        let tone = |status: Status| match status {
            Status::Met => "good",
            Status::Violated => "bad",
            Status::Undecided => "open",
            Status::Untested | Status::NotScored => "plain",
        };
        (!status.is_empty()).then(|| {
            html! {
                details.fold {
                    summary { (draw::counted(status.len(), "requirement")) ": " (counts.join(", ")) }
                    div.wide role="region" aria-label="Table: All requirements" tabindex="0" {
                        table {
                            thead { tr { th scope="col" { "Requirement" } th scope="col" { "Level" } th scope="col" { "Status" } th scope="col" { "Demanded by" } } }
                            tbody {
                                @for (requirement, status) in &status {
                                    tr {
                                        th scope="row" { (self.requirement_link(&requirement.id)) br; span.soft { (requirement.title) } }
                                        td { (requirement.level.as_str()) }
                                        td.(tone(*status)) { (status.as_str()) }
                                        td { (draw::origin(requirement)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        })
    }

    /// What made a resource: a case, or setup that cases share.
    fn maker(&self, id: &str) -> Markup {
        if self.report.cases.iter().any(|case| case.id == id) {
            return self.case_link(id);
        }
        html! { "shared setup " code { (cut(id)) } }
    }

    fn leftovers(&self) -> Option<Markup> {
        let left: Vec<_> = self.report.leftovers().collect();
        (!left.is_empty()).then(|| {
            let credential = draw::shown_credential(&self.report.credential, Credential::Own);
            html! {
                ul.plain {
                    @for (made_by, leftover) in left {
                        li {
                            p { code { (cut(&leftover.path)) } ": " (cut(&leftover.why)) ", made by " (self.maker(made_by)) }
                            @if self.report.demo.is_none() {
                                (copyable("curl", &format!("curl -X DELETE{credential} {}", draw::url(self.report.address_of(made_by), &leftover.path))))
                            }
                        }
                    }
                }
            }
        })
    }

    fn notes(&self) -> Option<Markup> {
        let groups = text::noted(self.report);
        (!groups.is_empty() || !self.report.warnings.is_empty()).then(|| {
            html! {
                ul.plain {
                    @for warning in &self.report.warnings {
                        li { span.chip.warn { "warning" } " " (warning) }
                    }
                    @for group in &groups {
                        li {
                            (cut(&group.text))
                            (self.case_list(&draw::counted(group.cases.len(), "case"), group.cases.iter().map(|case| (case.id.as_str(), None))))
                        }
                    }
                }
            }
        })
    }

    /// What the server does with attributes but store them as they are sent.
    fn ways(&self) -> Option<Markup> {
        let ways: Vec<(String, String)> = self.report.ways().collect();
        (!ways.is_empty()).then(|| {
            html! {
                p.soft { "What was learnt from its answers, and held against nobody. All other attributes that were sent are stored as they are." }
                div.wide role="region" aria-label="Table: What the server does with attributes" tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "Attribute" } th scope="col" { "What the server does with it" } } }
                        tbody {
                            @for (attribute, told) in &ways {
                                tr { th scope="row" { code { (cut(attribute)) } } td { (cut(told)) } }
                            }
                        }
                    }
                }
            }
        })
    }

    fn capabilities(&self) -> Option<Markup> {
        (!self.report.capabilities.is_empty()).then(|| {
            html! {
                details.fold {
                    summary { "What the server offers, and how that is known" }
                    div.wide role="region" aria-label="Table: Features of the server" tabindex="0" {
                        table {
                            thead { tr { th scope="col" { "Feature" } th scope="col" { "Offered" } th scope="col" { "How that is known" } } }
                            tbody {
                                @for (capability, support) in &self.report.capabilities {
                                    tr {
                                        th scope="row" { code { (capability) } }
                                        @match support {
                                            Support::Yes(evidence) => { td.good { "yes" } td { (evidence) } }
                                            Support::No(evidence) => { td { "no" } td { (evidence) } }
                                            Support::Unknown => { td.open { "unknown" } td { "nobody says, so it is tested" } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        })
    }

    fn run(&self) -> Markup {
        let report = self.report;
        let again = report.demo.clone().unwrap_or_else(|| format!("scim-check run {}", draw::server(report)));
        let selection = match report.selection.is_empty() {
            true => "everything".to_owned(),
            false => report.selection.join(" "),
        };
        html! {
            dl.facts {
                dt { "Server" } dd { code { (report.base_url) } }
                dt { "Suites" } dd { (self.suites()) }
                @if !report.exit_on.is_empty() { dt { "Decided by" } dd { (report.exit_on.join(", ")) " (--exit-on)" } }
                dt { "Selection" } dd { (selection) }
                dt { "Depth" } dd { (report.depth.as_str()) }
                dt { "Seed" } dd { code { (report.seed) } }
                dt { "Begun" } dd { (moment(&report.started)) }
                dt { "Took" } dd { (draw::time(report.took)) }
                dt { "Recommendations count" } dd { @if self.options.strictness == Strictness::Should { "yes (--strict)" } @else { "no" } }
                dt { "Made by" } dd { (report.tool.name) " " (report.tool.version) }
            }
            (copyable("run", &again))
        }
    }

    /// The key of a requirement, with a link where the page says more about it.
    fn requirement_link(&self, id: &RequirementId) -> Markup {
        html! {
            @match self.requirements.get(id.as_str()) {
                Some(anchor) => a href={ "#" (anchor) } { code { (id) } },
                None => code { (id) },
            }
        }
    }

    fn case_link(&self, id: &str) -> Markup {
        html! {
            @match self.cases.get(id) {
                Some(anchor) => a href={ "#" (anchor) } { code { (id) } },
                None => code { (id) },
            }
        }
    }

    /// Links to cases, each with what is to be said of it, folded when they are many.
    fn case_list<'c>(&self, title: &str, cases: impl Iterator<Item = (&'c str, Option<String>)>) -> Markup {
        let cases: Vec<_> = cases.collect();
        html! {
            details.list open[cases.len() <= 3] {
                summary { (title) }
                ul {
                    @for (id, said) in cases {
                        li { (self.case_link(id)) @if let Some(said) = said { " " span.soft { (said) } } }
                    }
                }
            }
        }
    }
}

/// A part of the page that the navigation leads to.
struct Section {
    id: String,
    title: String,
    count: Option<usize>,
    tone: &'static str,
    body: Markup,
}

/// So many cases that came to the same.
struct Part {
    count: usize,
    word: &'static str,
    tone: &'static str,
}

/// What a case came to, as the page sorts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Failed,
    Known,
    Inconclusive,
    Warned,
    Passed,
    Skipped,
}

impl Kind {
    const ALL: [Kind; 6] = [Kind::Failed, Kind::Known, Kind::Inconclusive, Kind::Warned, Kind::Passed, Kind::Skipped];

    fn of(case: &CaseResult) -> Self {
        let is_warned =
            || case.findings.iter().any(|finding| finding.level == Level::Should && finding.known.is_none());
        match &case.outcome {
            _ if case.expected.is_some() || case.is_known(Level::Must) => Kind::Known,
            Outcome::Failed => Kind::Failed,
            Outcome::Inconclusive(_) => Kind::Inconclusive,
            Outcome::Passed if is_warned() => Kind::Warned,
            Outcome::Passed => Kind::Passed,
            Outcome::Skipped(_) => Kind::Skipped,
        }
    }

    /// The word for it on the page.
    fn word(self) -> &'static str {
        match self {
            Kind::Failed => "failed",
            Kind::Known => "known failure",
            Kind::Inconclusive => "inconclusive",
            Kind::Warned => "passed with warnings",
            Kind::Passed => "passed",
            Kind::Skipped => "skipped",
        }
    }

    /// The word for it in the address of a filtered page.
    fn key(self) -> &'static str {
        match self {
            Kind::Known => "known",
            Kind::Warned => "warned",
            other => other.word(),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Kind::Failed => "bad",
            Kind::Inconclusive => "open",
            Kind::Warned => "warn",
            Kind::Passed => "good",
            Kind::Known | Kind::Skipped => "plain",
        }
    }
}

/// The shares of what the cases came to, drawn. The list beside it says the same in words.
fn bar(parts: &[Part]) -> Markup {
    let before = |at: usize| parts[..at].iter().map(|part| part.count).sum::<usize>();
    let all = before(parts.len());
    html! {
        @if all > 0 {
            svg.bar viewBox={ "0 0 " (all) " 1" } preserveAspectRatio="none" aria-hidden="true" {
                @for (at, part) in parts.iter().enumerate().filter(|(_, part)| part.count > 0) {
                    rect class=(part.tone) x=(before(at)) y="0" width=(part.count) height="1" {}
                }
            }
        }
    }
}

/// A command with its name; the script adds the button that copies it.
fn copyable(label: &str, command: &str) -> Markup {
    html! { div.cmd { span { (label) } code { (command) } } }
}

/// The longest stretch of what a server said that stands in running text, in characters.
const SAID: usize = 600;

fn cut(said: &str) -> String {
    escape::cut(&escape::line(said), SAID)
}

/// A moment as people read it, to the second.
fn moment(started: &str) -> String {
    match started.split_once('T') {
        Some((day, time)) if time.ends_with('Z') => {
            format!("{day} {} UTC", time.trim_end_matches('Z').split('.').next().unwrap_or_default())
        }
        _ => started.to_owned(),
    }
}

/// The source of a policy that lets exactly this text in.
fn hash(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    format!("sha256-{}", STANDARD.encode(digest))
}

/// A name for each that can stand in an address, the same in every run.
fn anchors<'t, K: Ord>(prefix: &str, of: impl Iterator<Item = (K, &'t str)>) -> BTreeMap<K, String> {
    let mut taken = BTreeSet::new();
    of.map(|(key, name)| {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
        let wanted: String = name.chars().take(200).map(plain).collect();
        let mut anchor = format!("{prefix}-{wanted}");
        let mut number = 2;
        while !taken.insert(anchor.clone()) {
            anchor = format!("{prefix}-{wanted}-{number}");
            number += 1;
        }
        (key, anchor)
    })
    .collect()
}

/// Why a case was not run, or told us nothing.
fn reason(case: &CaseResult) -> Option<String> {
    match &case.outcome {
        Outcome::Skipped(Skip::NothingToJudge(why)) => Some(cut(why)),
        Outcome::Skipped(skip) => Some(cut(&draw::skip_reason(skip))),
        Outcome::Inconclusive(cause) => Some(cut(&cause.to_string())),
        Outcome::Passed | Outcome::Failed => None,
    }
}

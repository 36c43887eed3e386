//! The report for a reader at a terminal: a line for each case while it runs, and what there is to do at the end.

use std::collections::BTreeSet;

use super::annex::{Annex, Table};
use super::draw::{self, Detail, Role, paint};
use super::works_with::{self, Row, State, Told, Waiting};
use super::{Later, Report, ScoredBy, Status, Strictness, Verdict, cases_of, escape};
use crate::capability::Support;
use crate::changes::ChangeKind;
use crate::requirement::{Failure, Level, Requirement};
use crate::source::Heading;
use crate::verdict::{CaseResult, Cause, Finding, KnownFailure, KnownState, Note, Outcome, Place, Skip};
use crate::wire::{Credential, Exchange, NoReply};

pub use crate::source::Style;

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// One line for each violated requirement, what is left behind, the totals and the verdict.
    Quiet,
    /// Each violated requirement with its evidence, shortened.
    #[default]
    Normal,
    /// The whole evidence, and all that was left out or skipped.
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
    let worst = case.findings.iter().max_by_key(|f| (f.level, std::cmp::Reverse(f.exchange)));
    let (word, role, text) = match (&case.outcome, worst) {
        (Outcome::Failed, Some(worst)) if case.is_known(Level::Must) => {
            ("known", Role::Faint, finding_line(case, worst))
        }
        (Outcome::Failed, Some(worst)) => ("FAIL ", Role::Bad, finding_line(case, worst)),
        (Outcome::Failed, None) => ("FAIL ", Role::Bad, escape::line(&case.title)),
        (Outcome::Passed, Some(worst)) if worst.level == Level::Should => {
            ("warn ", Role::Warning, finding_line(case, worst))
        }
        (Outcome::Passed, _) => ("ok   ", Role::Good, escape::line(&case.title)),
        (Outcome::Skipped(skip), _) => ("skip ", Role::Faint, escape::line(&draw::skip_reason(skip))),
        (Outcome::Inconclusive(cause), _) => ("???? ", Role::Unknown, escape::line(&cause.to_string())),
    };
    line_of(case, index, total, style, (word, role, &text))
}

/// The line for a case of which the end of the run decides whether it has failed.
pub fn open_case_line(case: &CaseResult, index: usize, total: usize, style: Style) -> String {
    let worst = case.findings.iter().max_by_key(|f| (f.level, std::cmp::Reverse(f.exchange)));
    let found = worst.map(|worst| format!("{}; ", finding_line(case, worst))).unwrap_or_default();
    let text = format!("{found}other cases may explain it, which is decided at the end");
    line_of(case, index, total, style, ("open ", Role::Unknown, &text))
}

fn line_of(case: &CaseResult, index: usize, total: usize, style: Style, told: (&str, Role, &str)) -> String {
    let (word, role, text) = told;
    let digits = total.to_string().len();
    let took = match case.outcome {
        Outcome::Skipped(_) => String::new(),
        _ => draw::time(case.took),
    };
    let id = escape::line(&case.id);
    format!(
        "{index:>digits$}/{total} {} {took:>7}  {id}  {}",
        paint(word, role, style),
        paint(text, Role::Faint, style)
    )
}

/// `OKTA-…: got 404 (and 2 more)`.
fn finding_line(case: &CaseResult, finding: &Finding) -> String {
    let same = case.findings.iter().filter(|f| f.level == finding.level).count();
    let more = if same > 1 { format!(" (and {} more)", same - 1) } else { String::new() };
    format!("{}: {}{more}", finding.requirement, draw::in_a_line(finding))
}

/// The line for the cases of a folder, once all of them are done: how many came to what. Those without an outcome are decided when all
/// cases are done.
pub fn folder_line(folder: &str, cases: &[Option<Outcome>], index: usize, total: usize, style: Style) -> String {
    let count = |is: fn(&Outcome) -> bool| cases.iter().flatten().filter(|outcome| is(outcome)).count();
    // What was refused may turn out to hold the case back: which of the two it is the end of the run tells.
    let counts = [
        (count(|outcome| *outcome == Outcome::Passed), "passed"),
        (count(|outcome| *outcome == Outcome::Failed), "failed"),
        (count(is_unjudged), "not judged"),
        (count(|outcome| matches!(outcome, Outcome::Skipped(Skip::NotScored(_)))), "not scored"),
        (cases.iter().filter(|outcome| outcome.is_none()).count(), "to be decided at the end"),
    ];
    let told: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let (word, role) = match counts {
        [(1.., _), (0, _), .., (0, _)] => ("ok   ", Role::Good),
        _ => ("     ", Role::Faint),
    };
    let digits = total.to_string().len();
    let told = paint(&told.join(", "), Role::Faint, style);
    format!("{index:>digits$}/{total} {}          {}  {told}", paint(word, role, style), escape::line(folder))
}

fn is_unjudged(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Inconclusive(_) => true,
        Outcome::Skipped(skip) => !matches!(skip, Skip::NotScored(_)),
        Outcome::Passed | Outcome::Failed => false,
    }
}

/// The folder of a case: suite and topic, such as `okta/users`.
pub fn folder_of(case: &str) -> &str {
    let scenario = case.split('#').next().unwrap_or(case);
    let end = scenario.match_indices('/').map(|(at, _)| at).take(2).last();
    end.map_or(scenario, |end| &scenario[..end])
}

/// What is said at the end, ending in a line break.
pub fn summary(report: &Report, options: Options) -> String {
    let mut page = Page { report, options, out: String::new() };
    page.works_with();
    match options.verbosity {
        Verbosity::Quiet => {
            let table = page.out.len();
            page.quiet();
            if (1..page.out.len()).contains(&table) {
                page.out.insert(table, '\n');
            }
        }
        Verbosity::Normal | Verbosity::Verbose => {
            page.violations();
            page.later();
            page.known();
            page.inconclusive();
            page.skipped();
            page.left_out();
            page.capabilities();
            page.ways();
            page.notes();
        }
    }
    page.changes();
    page.leftovers();
    page.annexes();
    page.end();
    page.out
}

/// What is wrong with one case, drawn plainly: its findings that count, what it ended with, and what it left behind.
pub fn case(report: &Report, case: &CaseResult, strictness: Strictness) -> String {
    let mut page = Page { report, options: Options { strictness, ..Options::default() }, out: String::new() };
    for level in [Level::Must, Level::Should].into_iter().filter(|level| *level >= strictness.level()) {
        page.out.push_str(&case_violations(report, case, level));
    }
    if let Outcome::Inconclusive(cause) = &case.outcome {
        page.line(&format!("could not be judged: {}", escape::line(&cause.to_string())));
        page.out.push_str(&case_end(report, case));
    }
    page.leftovers();
    page.out
}

/// The findings of one case at a level, drawn plainly and with their evidence: what a JUnit failure holds.
pub(super) fn case_violations(report: &Report, case: &CaseResult, level: Level) -> String {
    let mut page = Page { report, options: Options::default(), out: String::new() };
    for finding in case.findings.iter().filter(|f| f.level == level) {
        if let Some(requirement) = report.requirement(&finding.requirement) {
            if !page.out.is_empty() {
                page.line("");
            }
            page.violation(&requirement, &[(case, finding)]);
        }
    }
    page.out
}

/// The exchange that a case without a result ended with, drawn plainly: what a JUnit error holds.
pub(super) fn case_end(report: &Report, case: &CaseResult) -> String {
    let mut page = Page { report, options: Options::default(), out: String::new() };
    if let Some(exchange) = last_exchange(case) {
        for line in draw::exchange(exchange, None, Detail::Short, Style::Plain, page.options.width) {
            page.line(&line);
        }
        page.line("");
    }
    page.line(&format!("run:  {}", draw::reproduce(case, report)));
    page.out
}

/// The reason of the verdict in one clause, and the one thing to do now; a command to type stands on its second line.
pub(super) fn conclusion(report: &Report, strictness: Strictness) -> (String, String) {
    let options = Options { strictness, ..Options::default() };
    let page = Page { report, options, out: String::new() };
    let verdict = report.verdict(strictness);
    (page.because(verdict), page.next(verdict))
}

/// The cases that could not be judged: those that one finding holds back together, the others by what ended them.
pub(super) fn undecided(report: &Report) -> Vec<Group<'_>> {
    Page { report, options: Options::default(), out: String::new() }.inconclusive_groups()
}

/// What is to be noted of the cases, the same note of several together.
pub(super) fn noted(report: &Report) -> Vec<Group<'_>> {
    Page { report, options: Options::default(), out: String::new() }.note_groups()
}

/// Cases that belong together, with what they have in common.
pub(super) struct Group<'a> {
    pub(super) text: String,
    pub(super) cases: Vec<&'a CaseResult>,
}

/// Sorts cases into groups by a text, larger groups first.
fn grouped<'a>(cases: impl Iterator<Item = (String, String, &'a CaseResult)>) -> Vec<Group<'a>> {
    let mut groups: Vec<(String, Group<'a>)> = Vec::new();
    for (key, text, case) in cases {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            // A case may say the same of several answers.
            Some((_, group)) if group.cases.last().is_some_and(|last| std::ptr::eq(*last, case)) => {}
            Some((_, group)) => group.cases.push(case),
            None => groups.push((key, Group { text, cases: vec![case] })),
        }
    }
    let mut groups: Vec<Group<'a>> = groups.into_iter().map(|(_, group)| group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.cases.len()));
    groups
}

/// A text without its numbers, so that "settled after 1.2 s" and "settled after 0.8 s" are one note.
fn without_numbers(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { '#' } else { c })
        .collect::<String>()
        .replace("##", "#")
        .replace("##", "#")
}

/// The exchange that a case without a result ended with.
pub(super) fn last_exchange(case: &CaseResult) -> Option<&Exchange> {
    let before_sweep = case.transcript.get(..case.transcript.len().saturating_sub(case.swept))?;
    if let Some(blocker) = &case.blocker {
        return before_sweep.get(blocker.exchange);
    }
    match &case.outcome {
        Outcome::Inconclusive(Cause::NoReply(_)) => {
            before_sweep.iter().rev().find(|e| e.reply.is_err()).or(before_sweep.last())
        }
        _ => before_sweep.last(),
    }
}

/// How many characters the widest text of a column has, but for the last column: nothing stands beside it.
fn widest(table: &Table, column: usize) -> usize {
    let of = |text: &str| escape::line(text).chars().count();
    let cells = table.rows.iter().filter_map(|row| row.get(column)).map(|cell| of(&cell.text));
    let is_last = column + 1 == table.columns.len();
    let widest = cells.chain(table.columns.get(column).map(|name| of(name))).max().unwrap_or(0);
    if is_last { 0 } else { widest.clamp(6, 24) }
}

/// Tables below each other begin alike.
fn first_column(table: &Table) -> usize {
    let names = table.rows.iter().filter_map(|row| row.first());
    names.map(|cell| escape::line(&cell.text).chars().count()).max().unwrap_or(0).clamp(18, 48)
}

/// How many requirements a row of the table of what works names.
const FEW: usize = 3;

fn role_of(state: State) -> Role {
    match state {
        State::Works => Role::Good,
        State::Warnings => Role::Warning,
        State::Fails => Role::Bad,
        State::CouldNotTell => Role::Unknown,
        State::NotTried => Role::Faint,
    }
}

/// The requirements, at most so many, and why: `because of A: 3 cases could not be judged`.
pub(super) fn because_of(told: &Told, max: usize) -> String {
    let ids: Vec<&str> = told.requirements.iter().map(String::as_str).collect();
    let ids = draw::few(&ids, max);
    let why = escape::cut(&escape::line(&told.why), 300);
    match (told.state, ids.is_empty(), why.is_empty()) {
        (State::CouldNotTell, false, _) => format!("because of {ids}"),
        (_, false, true) => ids,
        (_, false, false) => format!("{ids}, {why}"),
        (_, true, _) => why,
    }
}

/// What came of a row, and of how much of it where the user left some out.
pub(super) fn state_and_why(told: &Told) -> String {
    let state = told.state.as_str();
    match told.left_out {
        0 => state.to_owned(),
        n if told.state == State::NotTried => format!("{state}: {n} cases were left out"),
        n => format!("{state}, as far as tried ({} of {})", told.cases - n, draw::counted(told.cases, "case")),
    }
}

/// All that is said of a row, in a line: `does not work: A, B and 4 more`.
fn in_words(told: &Told, max: usize) -> String {
    let because = because_of(told, max);
    let state = if told.state == State::NotTried { told.state.as_str().to_owned() } else { state_and_why(told) };
    if because.is_empty() { state } else { format!("{state}: {because}") }
}

struct Page<'a> {
    report: &'a Report,
    options: Options,
    out: String,
}

impl<'a> Page<'a> {
    /// A line that may be painted: what came from elsewhere has been made safe in it.
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// A line of plain text, whatever is in it.
    fn plain(&mut self, text: &str) {
        self.line(&escape::line(text));
    }

    fn heading(&mut self, text: &str) {
        if !self.out.is_empty() {
            self.line("");
        }
        self.line(&paint(&escape::line(text), Role::Title, self.options.style));
    }

    /// A plain text below a heading, wrapped, its further lines indented.
    fn item(&mut self, indent: usize, text: &str) {
        let room = self.options.width.saturating_sub(indent + 2).max(40);
        for (at, line) in draw::wrap(&escape::line(text), room).iter().enumerate() {
            let indent = if at == 0 { indent } else { indent + 2 };
            self.line(&format!("{:indent$}{line}", ""));
        }
    }

    fn cases(&mut self, indent: usize, ids: &[&str]) {
        let max = if self.options.verbosity == Verbosity::Verbose { usize::MAX - 1 } else { 3 };
        self.item(indent, &draw::few(ids, max));
    }

    /// With whom the server works, where the verdict does not say it.
    fn works_with(&mut self) {
        let rows = works_with::rows(self.report, self.options.strictness);
        let is_short = self.options.verbosity == Verbosity::Quiet;
        let is_of_several = works_with::is_of_several(&rows);
        if (is_short && !is_of_several) || !works_with::adds_to_verdict(self.report, &rows) {
            return;
        }
        self.heading("works with");
        let shown = works_with::alike(&rows);
        let width = shown.iter().map(|row| row.name().chars().count()).max().unwrap_or_default().min(48);
        for alike in &shown {
            let row = alike.first;
            let aside = if row.decides { "" } else { " (does not decide)" };
            // The verdict of one provider alone is told below, with what it is about.
            let told = if is_of_several { in_words(&row.told, FEW) } else { state_and_why(&row.told) };
            let (word, role) = (row.told.state.as_str(), role_of(row.told.state));
            let line = escape::line(&format!("{:<width$}  {told}{aside}", alike.name()));
            let room = self.options.width.saturating_sub(4).max(40);
            // Escapes take no room: the words are coloured when the line is broken.
            for (at, line) in draw::wrap(&line, room).iter().enumerate() {
                match at {
                    0 => {
                        let painted = line.replacen(word, &paint(word, role, self.options.style), 1);
                        self.line(&format!("  {painted}"));
                    }
                    _ => self.line(&format!("    {line}")),
                }
            }
            for Waiting { feature, what, .. } in &row.waits {
                self.item(4, &format!("waits for an administrator ({feature}): {what}"));
            }
            match self.options.verbosity {
                Verbosity::Quiet => {}
                Verbosity::Normal => self.features_by_state(row),
                Verbosity::Verbose => self.features_one_by_one(row),
            }
        }
    }

    /// The same in a line, where what is not as it should be stands between the table and the end.
    fn works_with_in_short(&self) -> Option<String> {
        let rows = works_with::rows(self.report, self.options.strictness);
        let is_told = works_with::is_of_several(&rows) && self.options.verbosity != Verbosity::Quiet;
        let shown = works_with::alike(&rows);
        let named = |states: &[State], words: &str| {
            let rows = shown.iter().filter(|alike| states.contains(&alike.first.told.state));
            let names: Vec<String> = rows.map(|alike| escape::line(&alike.name())).collect();
            (!names.is_empty()).then(|| format!("{words} {}", names.join(" and ")))
        };
        let wrong = [named(&[State::Fails], "does not work with"), named(&[State::CouldNotTell], "could not tell of")];
        let wrong: Vec<String> = wrong.into_iter().flatten().collect();
        if !is_told || wrong.is_empty() {
            return None;
        }
        let right = named(&[State::Works, State::Warnings], "works with");
        Some(right.into_iter().chain(wrong).collect::<Vec<_>>().join("; "))
    }

    /// A line for each state that some feature is in, and for each cause of it.
    fn features_by_state(&mut self, row: &Row) {
        for state in State::ALL {
            let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
            for feature in row.features.iter().filter(|feature| feature.told.state == state) {
                let because = match state {
                    State::Works | State::NotTried => String::new(),
                    State::Fails | State::CouldNotTell | State::Warnings => because_of(&feature.told, FEW),
                };
                match groups.iter_mut().find(|(known, _)| *known == because) {
                    Some((_, names)) => names.push(&feature.feature),
                    None => groups.push((because, vec![&feature.feature])),
                }
            }
            for (because, names) in groups {
                let because = if because.is_empty() { because } else { format!(": {because}") };
                let line = format!("{} {}{because}", draw::few(&names, usize::MAX - 1), state.after(names.len()));
                self.item(4, &line);
            }
        }
    }

    fn features_one_by_one(&mut self, row: &Row) {
        let width =
            row.features.iter().map(|feature| feature.feature.chars().count()).max().unwrap_or_default().min(32);
        for feature in &row.features {
            let told = in_words(&feature.told, usize::MAX - 1);
            self.item(4, &format!("{:<width$}  {told}", escape::line(&feature.feature)));
        }
    }

    fn detail(&self) -> Detail {
        match self.options.verbosity {
            Verbosity::Verbose => Detail::Whole,
            Verbosity::Quiet | Verbosity::Normal => Detail::Short,
        }
    }

    fn quiet(&mut self) {
        if self.report.baseline_fails() {
            self.line("the baseline is wrong:");
            self.wrong_entries();
        }
        for (word, role, level) in [("FAIL", Role::Bad, Level::Must), ("warn", Role::Warning, Level::Should)] {
            for (requirement, places) in self.report.by_requirement(level) {
                let Some((case, finding)) = places.first() else { continue };
                let others = cases_of(&places).len() - 1;
                let more = if others > 0 { format!(" and {others} more") } else { String::new() };
                self.line(&format!(
                    "{} {}: {} ({}{more})",
                    paint(word, role, self.options.style),
                    escape::line(requirement.id.as_str()),
                    draw::in_a_line(finding),
                    escape::line(&case.id)
                ));
            }
        }
    }

    /// What is wrong with the baseline fails the run by itself, and is said in any case.
    fn wrong_entries(&mut self) {
        for KnownFailure { known, state, place } in self.report.known.iter().filter(|known| known.state.fails()) {
            let why = match (state, &known.expires) {
                (KnownState::Expired, Some(day)) => format!("was accepted until {day}, and counts again"),
                _ => "holds now: remove the entry, or run with --update-baseline".to_owned(),
            };
            self.item(2, &format!("{}: {why} ({place})", known.name));
        }
    }

    fn violations(&mut self) {
        for level in [Level::Must, Level::Should] {
            let groups = self.report.by_requirement(level);
            if groups.is_empty() {
                continue;
            }
            self.heading(&match level {
                Level::Must => format!("{} violated", draw::counted(groups.len(), "requirement")),
                _ => format!("{} not met", draw::counted(groups.len(), "recommendation")),
            });
            for (requirement, places) in groups {
                self.line("");
                self.violation(&requirement, &places);
            }
        }
    }

    /// What is not met and not scored, because it came after the edition of the run.
    fn later(&mut self) {
        let later = self.report.later();
        let Some(ScoredBy { edition, newest }) = self.report.edition.filter(|_| !later.is_empty()) else { return };
        self.heading(&format!(
            "new since edition {edition} and not scored: {} not met",
            draw::counted(later.len(), "demand")
        ));
        for Later { requirement, since, seen } in &later {
            let Some((case, finding)) = seen.first() else { continue };
            self.item(2, &format!("{since} {} {}: {}", finding.level, requirement.id, requirement.title));
            let others = cases_of(seen).len() - 1;
            let more = if others > 0 { format!(" and {others} more") } else { String::new() };
            self.item(4, &format!("{} ({}{more})", draw::in_a_line(finding), case.id));
            if let Some(fix) = requirement.fix.as_ref().and_then(|fix| fix.on(finding.failure)) {
                self.item(4, &format!("fix: {}", fix));
            }
        }
        self.item(2, &format!("they fail nothing until the run is scored by a newer edition: --edition {newest}"));
    }

    /// What the baseline knows, each with its reason, and what is wrong with the baseline.
    fn known(&mut self) {
        let (wrong, others): (Vec<_>, Vec<_>) = self.report.known.iter().partition(|known| known.state.fails());
        let holding: Vec<_> =
            others.iter().filter(|known| matches!(known.state, KnownState::Holds { .. })).copied().collect();
        if !holding.is_empty() {
            self.heading(&draw::counted(holding.len(), "known failure"));
        }
        for KnownFailure { known, state, .. } in holding {
            let cases = match state {
                KnownState::Holds { cases } => draw::counted(*cases, "case"),
                _ => String::new(),
            };
            let link = known.link.as_ref().map(|link| format!(" ({link})")).unwrap_or_default();
            let until = known.expires.as_ref().map(|day| format!(", accepted until {day}")).unwrap_or_default();
            let text = format!("{}: {}{link}: {cases}{until}", known.name, known.reason);
            self.item(2, &text);
        }
        if self.options.verbosity == Verbosity::Verbose {
            for KnownFailure { known, place, .. } in others.iter().filter(|known| known.state == KnownState::NotJudged)
            {
                self.item(2, &format!("{}: not judged in this run ({place})", known.name));
            }
        }
        if !wrong.is_empty() {
            self.heading(&format!("the baseline is wrong in {}", draw::counted(wrong.len(), "place")));
        }
        self.wrong_entries();
    }

    /// How the answers differ from those that were accepted.
    fn changes(&mut self) {
        let Some(changes) = &self.report.changes else { return };
        let whole = self.options.verbosity == Verbosity::Verbose;
        if changes.of(ChangeKind::is_of_answer).next().is_some() {
            let cases: BTreeSet<&String> =
                changes.of(ChangeKind::is_of_answer).flat_map(|group| &group.cases).collect();
            self.heading(&format!("answers that changed, in {}", draw::counted(cases.len(), "case")));
        } else {
            self.heading("snapshots");
        }
        for group in &changes.groups {
            for (n, line) in super::changes::lines(group, whole).iter().enumerate() {
                self.item(if n == 0 { 2 } else { 4 }, line);
            }
        }
        let (same, all) = (changes.same, draw::counted(changes.compared, "case"));
        self.item(2, &format!("{same} of {all} answered as accepted in {}", changes.folder));
        if !changes.not_compared.is_empty() {
            let ids: Vec<&str> = changes.not_compared.iter().map(String::as_str).collect();
            let text =
                format!("not compared, for they were not run to their end: {}", draw::counted(ids.len(), "case"));
            self.item(2, &text);
            if self.options.verbosity == Verbosity::Verbose {
                self.cases(4, &ids);
            }
        }
        if !changes.obsolete.is_empty() {
            let ids: Vec<&str> = changes.obsolete.iter().map(String::as_str).collect();
            self.item(
                2,
                "obsolete, for these cases are not there any more (`scim-check snapshots prune` deletes them):",
            );
            self.cases(4, &ids);
        }
        if !changes.groups.is_empty() {
            let next = if changes.written {
                format!("review: scim-check snapshots review --snapshots {}", changes.folder)
            } else {
                "nothing was written, because CI is set: run the same command without it to review the answers"
                    .to_owned()
            };
            self.item(2, &next);
        }
        if changes.fails() {
            self.item(2, "with --snapshots-strict the run fails because of this (exit code 5)");
        }
    }

    /// The demand, the evidence, and how to see it again.
    fn violation(&mut self, requirement: &Requirement, places: &[(&CaseResult, &Finding)]) {
        let Some((case, finding)) = places.first() else { return };
        let heading = if finding.level == Level::Must { Heading::Error } else { Heading::Warning };
        self.drawn(requirement, places, heading);
        let Some(exchange) = case.transcript.get(finding.exchange) else {
            self.line("");
            self.line("   (the exchange was not kept: --bodies failing or all keeps it)");
            self.line(&format!("   run:  {}", draw::reproduce(case, self.report)));
            return;
        };
        self.line("");
        self.trail(case, finding.exchange);
        self.exchange(3, exchange, Some(&finding.place), self.detail());
        self.line("");
        self.line(&format!("   run:  {}", draw::reproduce(case, self.report)));
        if self.report.demo.is_none() {
            self.line(&format!("   curl: {}", draw::curl(self.report, case, &exchange.request)));
        }
    }

    /// What was sent before: a wrong answer to a GET is mostly the fault of the write before it.
    fn trail(&mut self, case: &CaseResult, until: usize) {
        const SHOWN: usize = 4;
        let before = case.transcript.get(..until).unwrap_or_default();
        // Of an answer that was repeated only the last answer is shown.
        let looks = case.transcript.get(until).map_or(0, |exchange| exchange.look);
        let superseded = |at: usize| {
            case.transcript.get(at + 1).is_some_and(|next| next.look > 0 && next.request == case.transcript[at].request)
        };
        if self.options.verbosity == Verbosity::Verbose {
            for exchange in before {
                self.exchange(3, exchange, None, Detail::Whole);
                self.line("");
            }
            return;
        }
        let reads = |exchange: &Exchange| exchange.request.method == "GET";
        let last_write =
            before.iter().rposition(|e| !reads(e)).filter(|_| case.transcript.get(until).is_some_and(reads));
        let first = before.len().saturating_sub(SHOWN).min(last_write.unwrap_or(usize::MAX));
        if first > 0 {
            let style = self.options.style;
            self.line(&paint(&format!("   … {} before", draw::counted(first, "request")), Role::Faint, style));
        }
        for (at, exchange) in before.iter().enumerate().skip(first) {
            if superseded(at) {
                continue;
            }
            if last_write == Some(at) {
                self.exchange(3, exchange, None, Detail::Asked);
            } else {
                let line = format!("   > {}: {}", draw::request_line(&exchange.request), draw::answer(exchange));
                self.line(&paint(&escape::cut(&line, self.options.width), Role::Faint, self.options.style));
            }
        }
        if looks > 0 {
            let again = draw::counted(looks as usize, "time");
            self.line(&paint(
                &format!("   … repeated {again}, always with this result:"),
                Role::Faint,
                self.options.style,
            ));
        }
    }

    fn exchange(&mut self, indent: usize, exchange: &Exchange, place: Option<&Place>, detail: Detail) {
        for line in draw::exchange(exchange, place, detail, self.options.style, self.options.width) {
            self.line(&format!("{:indent$}{line}", ""));
        }
    }

    fn drawn(&mut self, requirement: &Requirement, places: &[(&CaseResult, &Finding)], heading: Heading) {
        let Some((case, finding)) = places.first() else { return };
        let mut further = Vec::new();
        if let Some(held) = self.report.held_back().get(&requirement.id) {
            let of = self.report.totals().cases;
            further.push((draw::HOLDS_BACK, format!("{held} of {of} cases cannot be judged because of it")));
        }
        further.push(match finding.in_setup {
            true => ("seen in", format!("the setup of {}, which could not be judged ({})", case.id, case.title)),
            false => ("case", format!("{} ({})", case.id, case.title)),
        });
        let ids = cases_of(places);
        if let [_, others @ ..] = ids.as_slice()
            && !others.is_empty()
        {
            const SHOWN: usize = 4;
            let also = match self.options.verbosity {
                Verbosity::Verbose => draw::few(others, others.len()),
                _ if others.len() <= SHOWN + 1 => draw::few(others, SHOWN),
                _ => format!("{} cases: {}", others.len(), draw::few(others, SHOWN)),
            };
            further.push(("also in", also));
        }
        let options = self.options;
        let exchange = case.transcript.get(finding.exchange);
        self.out.push_str(&draw::finding(
            requirement,
            (finding, exchange),
            heading,
            &further,
            options.style,
            options.width,
        ));
    }

    /// The cases that could not be judged: those that one finding holds back together, the others by what ended them.
    fn inconclusive_groups(&self) -> Vec<Group<'a>> {
        grouped(self.report.cases.iter().filter_map(|case| match &case.outcome {
            Outcome::Inconclusive(_) if case.expected.is_some() => None,
            Outcome::Inconclusive(cause) => {
                let key = match (case.blocked_by.first(), cause) {
                    (Some(requirement), _) => requirement.to_string(),
                    (None, cause) => cause.to_string(),
                };
                let text = match (cause, last_exchange(case)) {
                    (Cause::NoReply(why), Some(exchange)) => {
                        format!("{}: {why}", draw::request_line(&exchange.request))
                    }
                    _ => cause.to_string(),
                };
                Some((key, text, case))
            }
            _ => None,
        }))
    }

    fn inconclusive(&mut self) {
        let groups = self.inconclusive_groups();
        let count: usize = groups.iter().map(|group| group.cases.len()).sum();
        if count == 0 {
            return;
        }
        self.heading(&format!("{} could not be judged", draw::counted(count, "case")));
        for group in groups {
            let Some(first) = group.cases.first() else { continue };
            let cases = draw::counted(group.cases.len(), "case");
            let because = match first.blocked_by.first() {
                Some(requirement) => format!("{cases} because of {requirement} above"),
                None => format!("{cases}: {}", group.text),
            };
            self.item(2, &because);
            if !first.blocked_by.is_empty() {
                self.item(4, &group.text);
            }
            let ids: Vec<&str> = group.cases.iter().map(|case| case.id.as_str()).collect();
            self.cases(4, &ids);
            let is_cut_short = matches!(first.outcome, Outcome::Inconclusive(Cause::Stopped | Cause::NotReached(_)));
            if !first.blocked_by.is_empty() || is_cut_short {
                continue;
            }
            // Nothing more is to be seen of an answer that did not come.
            let silent = matches!(first.outcome, Outcome::Inconclusive(Cause::NoReply(_)));
            if let Some(exchange) = last_exchange(first).filter(|_| !silent) {
                self.exchange(4, exchange, None, self.detail());
            }
            let again = draw::reproduce(first, self.report);
            self.line(&format!("    run:  {again}"));
        }
    }

    fn skipped(&mut self) {
        if self.options.verbosity != Verbosity::Verbose {
            return;
        }
        let groups = grouped(self.report.cases.iter().filter_map(|case| match &case.outcome {
            Outcome::Skipped(skip) => Some((draw::skip_reason(skip), draw::skip_reason(skip), case)),
            _ => None,
        }));
        let count: usize = groups.iter().map(|group| group.cases.len()).sum();
        if count == 0 {
            return;
        }
        self.heading(&format!("{} skipped", draw::counted(count, "case")));
        for group in groups {
            self.item(2, &format!("{}: {}", draw::counted(group.cases.len(), "case"), group.text));
            let ids: Vec<&str> = group.cases.iter().map(|case| case.id.as_str()).collect();
            self.cases(4, &ids);
        }
    }

    /// The demands that bind and that a quick run does not look at.
    fn left_out(&mut self) {
        let (left_out, of) = self.report.left_out();
        if self.options.verbosity != Verbosity::Verbose || left_out.is_empty() {
            return;
        }
        self.heading(&format!("{} of {of} MUSTs left out by --depth quick", left_out.len()));
        for requirement in left_out {
            self.item(2, &format!("{}: {}", requirement.id, requirement.title));
        }
    }

    fn capabilities(&mut self) {
        if self.options.verbosity != Verbosity::Verbose || self.report.capabilities.is_empty() {
            return;
        }
        self.heading("features");
        for (capability, support) in &self.report.capabilities {
            let text = match support {
                Support::Yes(evidence) => format!("{capability}: yes, {evidence}"),
                Support::No(evidence) => format!("{capability}: no, {evidence}"),
                Support::Unknown => format!("{capability}: unknown, so it is tested"),
            };
            self.item(2, &text);
        }
    }

    /// What the server does with attributes but store them as they are sent.
    fn ways(&mut self) {
        let ways: Vec<(String, String)> = self.report.ways().collect();
        if self.options.verbosity != Verbosity::Verbose || ways.is_empty() {
            return;
        }
        self.heading("what the server does with attributes");
        for (attribute, told) in ways {
            self.item(2, &escape::line(&format!("{attribute}: {told}")));
        }
    }

    /// What is to be noted of the cases, the same note of several together.
    fn note_groups(&self) -> Vec<Group<'a>> {
        let all = self.options.verbosity == Verbosity::Verbose;
        // That a case was skipped, and that all is well, is worth a word to those who ask for every word.
        let told = self.report.cases.iter().filter(|case| all || !matches!(case.outcome, Outcome::Skipped(_)));
        let noted = told.flat_map(|case| {
            // What a finding of the case tells already needs no note.
            let is_found = |note: &Note| {
                let id = note.requirement.as_ref();
                id.is_some_and(|id| case.findings.iter().any(|finding| finding.requirement == *id))
            };
            let notes =
                case.notes.iter().filter(move |note| all || !(note.all_well || is_found(note))).map(|note| match &note
                    .requirement
                {
                    Some(id) => format!("{} ({id})", note.text),
                    None => note.text.clone(),
                });
            let allowed = case
                .findings
                .iter()
                .filter(|f| f.level == Level::May)
                .map(|finding| format!("{}: {}", finding.requirement, draw::in_a_line(finding)));
            notes.chain(allowed).map(move |text| (without_numbers(&text), text, case))
        });
        grouped(noted)
    }

    fn notes(&mut self) {
        let groups = self.note_groups();
        if groups.is_empty() && self.report.warnings.is_empty() {
            return;
        }
        self.heading("notes");
        for warning in &self.report.warnings {
            self.item(2, warning);
        }
        for group in groups {
            let ids: Vec<&str> = group.cases.iter().map(|case| case.id.as_str()).collect();
            let max = if self.options.verbosity == Verbosity::Verbose { usize::MAX - 1 } else { 2 };
            self.item(2, &format!("{}: in {}", group.text, draw::few(&ids, max)));
        }
    }

    fn leftovers(&mut self) {
        let left: Vec<_> = self.report.leftovers().collect();
        if left.is_empty() {
            return;
        }
        let max = if self.options.verbosity == Verbosity::Verbose || left.len() <= 6 { left.len() } else { 5 };
        self.heading(&format!("{} left on the server", draw::counted(left.len(), "resource")));
        for (made_by, leftover) in left.iter().take(max) {
            self.item(2, &format!("{}: {} ({made_by})", leftover.path, leftover.why));
            // The built-in server is gone, and what was left on it.
            if self.report.demo.is_none() {
                let address = draw::url(self.report.address_of(made_by), &leftover.path);
                let credential = draw::shown_credential(&self.report.credential, Credential::Own);
                self.line(&format!("    curl -X DELETE{credential} {address}"));
            }
        }
        if left.len() > max {
            self.line(&format!("  and {} more; --verbose lists them", left.len() - max));
        }
    }

    /// The summaries that wings add; what there is besides stands in formats with room for it.
    fn annexes(&mut self) {
        let is_short = self.options.verbosity == Verbosity::Quiet;
        let report = self.report;
        let shown = report.annexes.iter().filter(|annex| annex.is_bad || !is_short);
        // Where there is no summary there is nothing for a terminal.
        shown.filter(|annex| annex.tables.iter().any(|table| table.is_summary)).for_each(|annex| self.annex(annex));
    }

    fn annex(&mut self, annex: &Annex) {
        self.heading(&annex.title);
        for table in annex.tables.iter().filter(|table| table.is_summary) {
            match table.columns.len() {
                0..=3 => self.table_of_sentences(table),
                _ => self.table_of_columns(table),
            }
        }
        for note in &annex.notes {
            self.item(2, note);
        }
    }

    /// A line for each row: what it is about, and what is said of it.
    fn table_of_sentences(&mut self, table: &Table) {
        let width = first_column(table);
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| escape::line(&cell.text)).collect();
            let [name, said @ ..] = cells.as_slice() else { continue };
            let said: Vec<&str> = said.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
            self.item(2, &format!("{name:<width$} {}", said.join(": ")));
        }
    }

    /// Columns below each other, as wide as what is in them; the last may be long.
    fn table_of_columns(&mut self, table: &Table) {
        let mut widths: Vec<usize> = (0..table.columns.len()).map(|column| widest(table, column)).collect();
        if let Some(first) = widths.first_mut() {
            *first = first_column(table);
        }
        let line = |cells: &[&str]| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{:<width$}", escape::line(cell)));
            padded.collect::<Vec<_>>().join(" ").trim_end().to_owned()
        };
        let columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
        self.item(2, &line(&columns));
        for row in &table.rows {
            let cells: Vec<&str> = row.iter().map(|cell| cell.text.as_str()).collect();
            self.item(2, &line(&cells));
        }
    }

    fn end(&mut self) {
        let totals = self.report.totals();
        let warned = if totals.warned > 0 { format!(" ({} with warnings)", totals.warned) } else { String::new() };
        let known = if totals.known > 0 { format!(" ({} known)", totals.known) } else { String::new() };
        let mut counts = vec![format!("{} passed{warned}", totals.passed), format!("{} failed{known}", totals.failed)];
        for (n, word) in [(totals.inconclusive, "inconclusive"), (totals.skipped, "skipped")] {
            if n > 0 {
                counts.push(format!("{n} {word}"));
            }
        }
        if !self.out.is_empty() {
            self.line("");
        }
        self.line(&format!("{}: {}", draw::counted(totals.cases, "case"), counts.join(", ")));
        self.line(&format!(
            "{} to {} in {}, seed {}",
            draw::counted(totals.requests, "request"),
            escape::line(&self.report.base_url),
            draw::time(self.report.took),
            self.report.seed
        ));
        if let Some(told) = self.report.limited_by_depth() {
            let names = if self.options.verbosity == Verbosity::Normal { "; --verbose names them" } else { "" };
            self.plain(&format!("{told}{names}"));
        }
        for setup in &self.report.setup {
            self.plain(&setup.in_words());
        }
        for told in self.report.ended_early() {
            self.plain(&format!("{told}; cleaning up is outside of the budget"));
        }
        if let Some(ScoredBy { edition, newest }) = self.report.edition.filter(|scored| scored.is_older()) {
            self.plain(&format!("scored by edition {edition}; the newest is {newest}"));
        }
        let verdict = self.report.verdict(self.options.strictness);
        if let Some(told) = self.works_with_in_short() {
            self.item(0, &told);
        }
        let role = match verdict {
            Verdict::Conforms => Role::Good,
            Verdict::Partial => Role::Warning,
            Verdict::Violates => Role::Bad,
            Verdict::Undecided => Role::Unknown,
        };
        let word = paint(verdict.as_str(), role, self.options.style);
        // Escapes take no room: the word is coloured when the line is broken.
        let plain = escape::line(&format!("verdict: {}: {}", verdict.as_str(), self.because(verdict)));
        for (at, line) in draw::wrap(&plain, self.options.width.max(40)).iter().enumerate() {
            match at {
                0 => self.line(&line.replacen(verdict.as_str(), &word, 1)),
                _ => self.line(&format!("  {line}")),
            }
        }
        if let Some(part) = self.report.part.as_ref().filter(|_| self.report.selection.is_empty()) {
            self.plain(&format!("{}: readiness is told after `scim-check merge`", part.shard));
        }
        if self.report.baseline_fails() {
            self.line("the run fails all the same: the baseline is no longer true, see above");
        }
        if self.options.verbosity != Verbosity::Quiet {
            let next = escape::document(&format!("next: {}", self.next(verdict)));
            self.line(&next);
        }
    }

    /// The reason of the verdict, in one clause.
    fn because(&self, verdict: Verdict) -> String {
        if !self.report.exit_on.is_empty() {
            let deciding = self.report.deciding();
            let page = Page { report: &deciding, options: self.options, out: String::new() };
            return format!("{} (--exit-on {})", page.because(verdict), escape::line(&self.report.exit_on.join(",")));
        }
        match &self.report.part {
            Some(part) if self.report.is_empty_shard() => {
                format!("no selected case falls into {}, so nothing was run", part.shard)
            }
            Some(part) => format!("in {}, {}", part.shard, self.reason(verdict)),
            None => self.reason(verdict),
        }
    }

    fn reason(&self, verdict: Verdict) -> String {
        let status = self.report.requirement_status();
        let count = |wanted: Status| status.iter().filter(|(_, status)| *status == wanted).count();
        let (met, judged) = (count(Status::Met), count(Status::Met) + count(Status::Violated));
        let must = self.report.by_requirement(Level::Must).len();
        let should = self.report.by_requirement(Level::Should).len();
        let totals = self.report.totals();
        match verdict {
            Verdict::Violates if must > 0 => {
                let of = draw::counted(judged, "requirement");
                let is = if must == 1 { "is" } else { "are" };
                let unmet = format!("{must} of the {of} that could be judged {is} not met");
                self.held_back().map_or(unmet.clone(), |held| format!("{held}; {unmet}"))
            }
            Verdict::Violates => {
                format!("{} not met, and --strict lets them count", draw::counted(should, "recommendation"))
            }
            Verdict::Undecided if !self.report.ran() => match self.report.edition.filter(|scored| scored.is_older()) {
                Some(scored) if !self.report.later().is_empty() => {
                    format!("nothing was run that edition {} demands", scored.edition)
                }
                _ => "nothing was run".to_owned(),
            },
            Verdict::Undecided => {
                let fails = if totals.known > 0 { "nothing new fails" } else { "no violation was seen" };
                let open = draw::counted(totals.inconclusive, "case");
                match totals.not_reached == totals.inconclusive {
                    true => format!("{fails}, but {open} could not be judged within the budget"),
                    false => format!("{fails}, but {open} could not be judged"),
                }
            }
            Verdict::Partial if !self.report.ran() => "nothing was run".to_owned(),
            Verdict::Partial => format!(
                "what was run conforms; {} left out",
                match totals.deselected {
                    1 => "1 case was".to_owned(),
                    n => format!("{n} cases were"),
                }
            ),
            Verdict::Conforms if totals.known > 0 => {
                format!("{} met, and nothing fails but what the baseline knows", draw::counted(met, "requirement"))
            }
            Verdict::Conforms => {
                let besides = if should > 0 {
                    format!("; {} not met", draw::counted(should, "recommendation"))
                } else {
                    String::new()
                };
                format!("{} met{besides}", draw::counted(met, "requirement"))
            }
        }
    }

    /// What keeps most cases from being judged: `one refused POST /Users keeps 192 of 293 cases from being judged`.
    fn held_back(&self) -> Option<String> {
        let groups = self.report.by_requirement(Level::Must);
        let (requirement, places) = groups.first()?;
        let count = *self.report.held_back().get(&requirement.id)?;
        let (case, finding) = places.first()?;
        let id = escape::line(requirement.id.as_str());
        let what = match case.transcript.get(finding.exchange) {
            Some(exchange) if finding.failure == Failure::Refused => {
                let is_failing = exchange.reply.as_ref().is_ok_and(|response| response.status >= 500);
                let word = if is_failing { "failing" } else { "refused" };
                format!("one {word} {} ({id})", exchange.request.kind())
            }
            _ => format!("one unmet requirement ({id})"),
        };
        Some(format!("{what} keeps {count} of {} from being judged", draw::counted(self.report.totals().cases, "case")))
    }

    /// The one thing to do now.
    fn next(&self, verdict: Verdict) -> String {
        if !self.report.exit_on.is_empty() {
            let deciding = self.report.deciding();
            return Page { report: &deciding, options: self.options, out: String::new() }.next(verdict);
        }
        // Without a word SCIM 2.0 is run.
        let of_v1 = match self.report.base_url.ends_with("/v1") {
            true => format!(" --suite {}", self.report.suites.join(",")),
            false => String::new(),
        };
        let server = format!("{}{of_v1}", draw::server(self.report));
        let all = self.report.demo.as_ref().map(|demo| format!("{demo}{of_v1}"));
        let all = all.unwrap_or_else(|| format!("scim-check run {server}"));
        let level = if self.report.by_requirement(Level::Must).is_empty() { Level::Should } else { Level::Must };
        match verdict {
            Verdict::Conforms | Verdict::Partial if self.report.baseline_fails() => {
                "take out of the baseline what is no longer true, by hand or with --update-baseline".to_owned()
            }
            Verdict::Violates => {
                let held_back = self.report.held_back();
                let weight = |requirement: &Requirement, places: &[(&CaseResult, &Finding)]| {
                    cases_of(places).len() + held_back.get(&requirement.id).copied().unwrap_or_default()
                };
                let groups = self.report.by_requirement(level);
                let heaviest = groups.first();
                let Some((requirement, places)) = heaviest else { return String::new() };
                let Some((case, _)) = places.first() else { return String::new() };
                let n = weight(requirement, places);
                let concerns = if n > 1 { format!(", which concerns {n} cases") } else { String::new() };
                let again = draw::reproduce(case, self.report);
                let id = escape::line(requirement.id.as_str());
                format!("fix {id}{concerns}, then run\n      {again}")
            }
            Verdict::Undecided => {
                let groups = self.inconclusive_groups();
                let Some(first) = groups.first().and_then(|group| group.cases.first()) else {
                    return format!("choose something to run: scim-check list shows what there is, {all} runs all");
                };
                let request =
                    last_exchange(first).map_or("the first request".to_owned(), |e| draw::request_line(&e.request));
                match &first.outcome {
                    _ if !first.blocked_by.is_empty() => {
                        let ids: Vec<String> = first.blocked_by.iter().map(|id| escape::line(id.as_str())).collect();
                        format!("mend {}, or say `inconclusive: true` of it in the baseline", ids.join(", "))
                    }
                    Outcome::Inconclusive(Cause::Stopped) => {
                        format!("run it to the end: {all}")
                    }
                    Outcome::Inconclusive(Cause::NotReached(limit)) => {
                        format!("run it with a larger {}, or without: {all}", limit.option())
                    }
                    Outcome::Inconclusive(Cause::Bug(_)) => {
                        "report the fault with the JSON report (--report json=report.json --bodies all)".to_owned()
                    }
                    Outcome::Inconclusive(Cause::Disturbed(_)) => "run it again when the tenant is quieter".to_owned(),
                    Outcome::Inconclusive(Cause::NoReply(NoReply::NoToken(_))) => {
                        "find out in the log of the authorization server why it gave no access token".to_owned()
                    }
                    Outcome::Inconclusive(Cause::NoReply(_)) => {
                        format!("find out in the server's log why {request} was not answered")
                    }
                    _ => format!("find out in the server's log why {request} was answered like that"),
                }
            }
            Verdict::Partial if self.report.part.is_none() => format!("run all of it: {all}"),
            Verdict::Conforms | Verdict::Partial
                if self.report.demo.is_none() && self.report.leftovers().next().is_some() =>
            {
                "remove what is left on the server with the commands above".to_owned()
            }
            Verdict::Conforms | Verdict::Partial if self.report.part.is_some() => {
                "merge the JSON reports of all shards (--report json=PATH): scim-check merge scim.json shard-*.json"
                    .to_owned()
            }
            Verdict::Conforms if !self.report.by_requirement(Level::Should).is_empty() => {
                "look at the recommendations above; --strict makes them count".to_owned()
            }
            Verdict::Conforms if self.report.demo.as_ref().is_some_and(|demo| demo.starts_with("scim-check hook ")) => {
                format!("keep it so: run {all} --report junit=hook.xml in your CI")
            }
            Verdict::Conforms if self.report.demo.is_some() => match of_v1.as_str() {
                "" => "run it against your own server: scim-check --base-url https://…/scim/v2".to_owned(),
                of_v1 => format!("run it against your own server: scim-check run{of_v1} --base-url https://…/scim/v1"),
            },
            Verdict::Conforms | Verdict::Partial => {
                format!("keep it so: run scim-check run {server} --report junit=scim.xml in your CI")
            }
        }
    }
}

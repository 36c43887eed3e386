//! Known failures: what a team has seen, has a reason for, and does not want a run to fail for.
//!
//! A baseline names requirements or cases. What it names no longer fails a run; what it does not name does, and so does an entry
//! that is no longer true.
//!
//! **Invariant:** pure. An entry never hides anything: what it covers is reported with its reason, and an entry that covers
//! nothing is reported, too.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::requirement::{Level, Registry, RequirementId};
use crate::source::{Diagnostic, Kind, Node, SourceFile, Span, did_you_mean, parse, suggestion};
use crate::verdict::{CaseResult, Cause, Finding, Known, KnownFailure, KnownState, Outcome, Skip};

/// The version of the format.
const VERSION: u64 = 1;

/// What an entry that was written by the program says until somebody says more.
const NO_REASON: &str = "known when this file was written";

const ENTRY_KEYS: &[&str] = &["requirement", "case", "reason", "link", "expires", "inconclusive"];

/// A file of known failures.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// A known failure, as its owner wrote it down.
#[derive(Clone, Debug)]
struct Entry {
    requirement: Option<RequirementId>,
    case: Option<String>,
    known: Arc<Known>,
    expires: Option<NaiveDate>,
    /// Whether a case that cannot be judged is expected, too.
    inconclusive: bool,
    /// The name of the case, or else of the requirement.
    span: Span,
    /// Its lines in the file, from the dash to the last.
    lines: Range<usize>,
}

/// Reads a baseline.
///
/// # Errors
/// Every mistake in it.
pub fn read(file: &Arc<SourceFile>, registry: &Registry) -> Result<Baseline, Vec<Diagnostic>> {
    let root = parse(file).map_err(|mistake| vec![mistake])?;
    let mut mistakes = Vec::new();
    let Kind::Map(fields) = &root.kind else {
        let message = "a baseline is a mapping with `version` and `known-failures`";
        return Err(vec![Diagnostic::new(message, &root.span, format!("this is {}", root.kind_name()))]);
    };
    const KEYS: &[&str] = &["version", "known-failures"];
    for (key, _) in fields.iter().filter(|(key, _)| !KEYS.contains(&key.value.as_str())) {
        mistakes.push(unknown_key(&key.value, &key.span, "a baseline", KEYS));
    }
    match root.get("version").map(|node| (&node.kind, &node.span)) {
        Some((Kind::Number(number), _)) if number.as_u64() == Some(VERSION) => {}
        Some((_, span)) => mistakes.push(Diagnostic::new(
            format!("this program reads version {VERSION} of baselines"),
            span,
            "another version",
        )),
        None => mistakes.push(
            Diagnostic::new("a baseline has a `version`", &root.span, "none here")
                .help(format!("add `version: {VERSION}`")),
        ),
    }
    let nodes = match root.get("known-failures") {
        Some(Node { kind: Kind::Seq(nodes), .. }) => nodes.as_slice(),
        Some(Node { kind: Kind::Null, .. }) | None => &[],
        Some(node) => {
            mistakes.push(Diagnostic::new(
                "`known-failures` is a list",
                &node.span,
                format!("this is {}", node.kind_name()),
            ));
            &[]
        }
    };
    let mut entries: Vec<Entry> = Vec::new();
    for node in nodes {
        let Some(entry) = entry(node, file, registry, &mut mistakes) else { continue };
        match entries.iter().find(|other| other.requirement == entry.requirement && other.case == entry.case) {
            Some(first) => mistakes.push(
                Diagnostic::new(format!("{} is there twice", entry.known.name), &entry.span, "second time")
                    .help(format!("the first is in line {}", first.span.line())),
            ),
            None => entries.push(entry),
        }
    }
    if mistakes.is_empty() { Ok(Baseline { entries }) } else { Err(mistakes) }
}

fn unknown_key(key: &str, span: &Span, what: &str, known: &[&str]) -> Diagnostic {
    let mut mistake = Diagnostic::new(format!("unknown key `{key}` in {what}"), span, "not known here");
    mistake.help = Some(suggestion(key, known));
    mistake
}

fn entry(node: &Node, file: &Arc<SourceFile>, registry: &Registry, mistakes: &mut Vec<Diagnostic>) -> Option<Entry> {
    let Kind::Map(fields) = &node.kind else {
        mistakes.push(Diagnostic::new(
            "a known failure is a mapping",
            &node.span,
            format!("this is {}", node.kind_name()),
        ));
        return None;
    };
    let before = mistakes.len();
    for (key, _) in fields.iter().filter(|(key, _)| !ENTRY_KEYS.contains(&key.value.as_str())) {
        mistakes.push(unknown_key(&key.value, &key.span, "a known failure", ENTRY_KEYS));
    }
    let mut text = |key: &str| {
        let value = node.get(key)?;
        let text = value.as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            mistakes.push(Diagnostic::new(
                format!("`{key}` is text"),
                &value.span,
                format!("this is {}", value.kind_name()),
            ));
        }
        Some((text?.to_owned(), value.span.clone()))
    };
    let (requirement, case) = (text("requirement"), text("case"));
    let (reason, link, expires) = (text("reason"), text("link"), text("expires"));
    let inconclusive = match node.get("inconclusive").map(|node| (&node.kind, &node.span)) {
        None | Some((Kind::Bool(false), _)) => false,
        Some((Kind::Bool(true), _)) => true,
        Some((_, span)) => {
            mistakes.push(Diagnostic::new("`inconclusive` is true or false", span, "neither"));
            false
        }
    };
    if let Some((id, span)) = &requirement
        && registry.get(id).is_none()
    {
        let mut mistake = Diagnostic::new(format!("unknown requirement `{id}`"), span, "not in the registry");
        mistake.help = registry.nearest(id).map(|near| format!("did you mean `{near}`?"));
        mistakes.push(mistake);
    }
    if reason.is_none() && mistakes.len() == before {
        mistakes.push(Diagnostic::new("a known failure has a `reason`", &node.span, "none here"));
    }
    let date = expires.as_ref().and_then(|(text, span)| {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        if date.is_none() {
            mistakes.push(Diagnostic::new("`expires` is a date, such as 2027-01-31", span, "no such date"));
        }
        date
    });
    let Some((_, span)) = case.as_ref().or(requirement.as_ref()) else {
        if mistakes.len() == before {
            let message = "a known failure names a `requirement`, a `case`, or both";
            mistakes.push(Diagnostic::new(message, &node.span, "neither here"));
        }
        return None;
    };
    let span = span.clone();
    let name = match (&requirement, &case) {
        (Some((requirement, _)), Some((case, _))) => format!("{requirement} in {case}"),
        (Some((name, _)), None) | (None, Some((name, _))) => name.clone(),
        (None, None) => String::new(),
    };
    let known = Known {
        name,
        reason: reason.map(|(text, _)| text).unwrap_or_default(),
        link: link.map(|(text, _)| text),
        expires: expires.map(|(text, _)| text),
    };
    (mistakes.len() == before).then(|| Entry {
        requirement: requirement.map(|(id, _)| RequirementId::from(id.as_str())),
        case: case.map(|(id, _)| id),
        known: Arc::new(known),
        expires: date,
        inconclusive,
        span,
        lines: lines(&file.text, node.span.bytes.start),
    })
}

/// The lines of an entry: from the one with its dash to the last that is indented further. Comments at the dash's own margin
/// belong to what follows.
fn lines(text: &str, at: usize) -> Range<usize> {
    let first = text.get(..at).map_or(0, |before| before.matches('\n').count());
    let margin = |line: &str| line.len() - line.trim_start().len();
    let dash = text.lines().nth(first).map_or(0, margin);
    let inside = text.lines().skip(first + 1).take_while(|line| line.trim().is_empty() || margin(line) > dash);
    let last = inside.enumerate().filter(|(_, line)| !line.trim().is_empty()).last();
    first..first + last.map_or(1, |(n, _)| n + 2)
}

impl Entry {
    fn is_about(&self, case: &CaseResult) -> bool {
        self.case.as_ref().is_none_or(|id| *id == case.id)
    }

    fn covers(&self, case: &CaseResult, finding: &Finding) -> bool {
        self.is_about(case) && self.requirement.as_ref().is_none_or(|id| *id == finding.requirement)
    }

    /// Whether a case that could not be judged is one that the entry expects.
    fn expects(&self, case: &CaseResult) -> bool {
        let Outcome::Inconclusive(cause) = &case.outcome else { return false };
        // That the run was cut short says nothing of what is known.
        if matches!(cause, Cause::Stopped | Cause::NotReached(_)) {
            return false;
        }
        let held_back = |id: &RequirementId| !case.blocked_by.is_empty() && case.blocked_by.iter().all(|by| by == id);
        self.inconclusive && self.is_about(case) && self.requirement.as_ref().is_none_or(held_back)
    }

    /// What there is to say of an entry that covers nothing in this run.
    fn idle(&self, results: &[CaseResult]) -> KnownState {
        let judges = |case: &&CaseResult| {
            self.is_about(case) && self.requirement.as_ref().is_none_or(|id| case.checks.contains(id))
        };
        let is_left_out = |case: &CaseResult| matches!(&case.outcome, Outcome::Skipped(skip) if skip.is_choice());
        let is_open = |case: &CaseResult| match (&case.outcome, &self.requirement) {
            (Outcome::Inconclusive(_), _) => true,
            (_, None) if !case.not_scored.is_empty() => true,
            (_, Some(id)) if case.not_scored.iter().any(|later| later.finding.requirement == *id) => true,
            (Outcome::Skipped(Skip::NotScored(_)), _) => true,
            // It ended with another finding, and may not have come to this one.
            (Outcome::Failed, Some(id)) => !case.judged.contains(id),
            _ => false,
        };
        let was_judged = |case: &CaseResult| match &self.requirement {
            Some(id) => case.judged.contains(id),
            None => matches!(case.outcome, Outcome::Passed | Outcome::Failed),
        };
        let about: Vec<&CaseResult> = results.iter().filter(judges).collect();
        let is_unclear = about.iter().any(|case| is_left_out(case) || is_open(case));
        if !is_unclear && about.iter().any(|case| was_judged(case)) { KnownState::Stale } else { KnownState::NotJudged }
    }
}

/// An entry without its place in a file's text, for those who write it down elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The requirement, where it names one.
    pub requirement: Option<String>,
    /// The case, where it names one.
    pub case: Option<String>,
    /// Whether a case that cannot be judged is expected, too.
    pub inconclusive: bool,
    /// What it says.
    pub known: Known,
}

impl Baseline {
    /// What its entries say, in order.
    pub fn told(&self) -> Vec<Told> {
        let told = |entry: &Entry| Told {
            requirement: entry.requirement.as_ref().map(ToString::to_string),
            case: entry.case.clone(),
            inconclusive: entry.inconclusive,
            known: Known::clone(&entry.known),
        };
        self.entries.iter().map(told).collect()
    }

    /// The baseline of such entries. Where they stand it does not know.
    pub fn of(told: Vec<Told>) -> Self {
        let nowhere = Arc::new(SourceFile { name: String::new(), text: String::new() });
        let entry = |told: Told| Entry {
            requirement: told.requirement.as_deref().map(RequirementId::from),
            case: told.case,
            expires: told.known.expires.as_deref().and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()),
            inconclusive: told.inconclusive,
            known: Arc::new(told.known),
            span: Span::start_of(&nowhere),
            lines: 0..0,
        };
        Self { entries: told.into_iter().map(entry).collect() }
    }

    /// Whether it knows of nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The cases that it names and that are not there.
    pub fn unknown_cases<'c>(&self, cases: impl Iterator<Item = &'c str>) -> Vec<Diagnostic> {
        let cases: BTreeSet<&str> = cases.collect();
        let named = self.entries.iter().filter_map(|entry| Some((entry.case.as_deref()?, &entry.span)));
        let unknown = named.filter(|(id, _)| !cases.contains(id));
        let mistake = |(id, span): (&str, &Span)| {
            let known: Vec<&str> = cases.iter().copied().collect();
            let mut mistake =
                Diagnostic::new(format!("there is no case `{id}`"), span, "not in the suites of this run");
            mistake.help = did_you_mean(id, &known).or_else(|| Some("`scim-check list` shows them".to_owned()));
            mistake
        };
        unknown.map(mistake).collect()
    }

    /// The cases that entries name.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| entry.case.as_deref())
    }

    /// Marks what is known, and says of each entry what came of it. `today` is a date such as 2026-11-30.
    pub fn apply(&self, results: &mut [CaseResult], today: &str) -> Vec<KnownFailure> {
        let today = NaiveDate::parse_from_str(today, "%Y-%m-%d").ok();
        let mut covered = vec![0; self.entries.len()];
        let has_expired = |entry: &Entry| entry.expires.zip(today).is_some_and(|(end, today)| end < today);
        for case in results.iter_mut() {
            let mut here = vec![false; self.entries.len()];
            for at in 0..case.findings.len() {
                // The narrower entry says more of it.
                let covers =
                    |(_, entry): &(usize, &Entry)| !has_expired(entry) && entry.covers(case, &case.findings[at]);
                let by = self.entries.iter().enumerate().filter(covers);
                let Some((n, entry)) = by.max_by_key(|(_, entry)| (entry.case.is_some(), entry.requirement.is_some()))
                else {
                    continue;
                };
                here[n] = true;
                case.findings[at].known = Some(Arc::clone(&entry.known));
            }
            let expecting = self.entries.iter().enumerate().find(|(_, e)| !has_expired(e) && e.expects(case));
            if let Some((n, entry)) = expecting {
                here[n] = true;
                case.expected = Some(Arc::clone(&entry.known));
            }
            covered.iter_mut().zip(here).for_each(|(count, here)| *count += usize::from(here));
        }
        let told = self.entries.iter().zip(covered).map(|(entry, cases)| KnownFailure {
            known: Arc::clone(&entry.known),
            state: match cases {
                _ if has_expired(entry) => KnownState::Expired,
                0 => entry.idle(results),
                cases => KnownState::Holds { cases },
            },
            place: format!("{}:{}", entry.span.file.name, entry.span.line()),
        });
        told.collect()
    }

    /// The text of a baseline that knows every failure of a run: entries that still hold stay as they are, with their reasons
    /// and comments, stale ones go, and new ones are added. Only findings of that level or above are failures. What could not be
    /// judged is never entered.
    pub fn updated(&self, text: &str, results: &[CaseResult], told: &[KnownFailure], level: Level) -> String {
        let mut lines: Vec<Option<&str>> = text.lines().map(Some).collect();
        for (entry, told) in self.entries.iter().zip(told) {
            if matches!(told.state, KnownState::Stale) {
                lines.iter_mut().take(entry.lines.end).skip(entry.lines.start).for_each(|line| *line = None);
            }
        }
        let mut out = String::new();
        lines.into_iter().flatten().for_each(|line| {
            out.push_str(line);
            out.push('\n');
        });
        let is_listed = out.lines().any(|line| line.trim_end() == "known-failures:");
        if !is_listed {
            // An empty list may be written on one line.
            let kept = out.lines().filter(|line| !line.starts_with("known-failures:"));
            let mut listing: String = kept.map(|line| format!("{line}\n")).collect();
            if !listing.lines().any(|line| line.starts_with("version:")) {
                listing.push_str(&format!("version: {VERSION}\n"));
            }
            out = listing + "known-failures:\n";
        }
        let indent = self.entries.first().map_or(2, |entry| entry.indent());
        // An entry past its day is not renewed by the way: that is for its owner to decide.
        let named = self.entries.iter().filter(|entry| entry.case.is_none()).filter_map(|e| e.requirement.as_ref());
        let mut added: BTreeSet<&RequirementId> =
            named.filter(|id| out.lines().any(|line| line.contains(id.as_str()))).collect();
        for finding in results.iter().flat_map(|case| &case.findings) {
            if finding.level >= level && finding.known.is_none() && added.insert(&finding.requirement) {
                let dash = format!("{:indent$}- ", "");
                out.push_str(&format!(
                    "{dash}requirement: {}\n{:indent$}  reason: {NO_REASON}\n",
                    finding.requirement, ""
                ));
            }
        }
        out
    }
}

impl Entry {
    /// How far the dash of an entry stands from the margin.
    fn indent(&self) -> usize {
        let line = self.span.file.text.lines().nth(self.lines.start).unwrap_or_default();
        line.len() - line.trim_start().len()
    }
}

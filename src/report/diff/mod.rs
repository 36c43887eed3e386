//! What changed between two runs, from their stored reports.
//!
//! **Invariant:** only what both runs judged can be better or worse. A case that one of them did not run, or could not judge,
//! is neither broken nor mended; and a demand that the older run did not make breaks nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::annex::Tone;
use super::escape;
use super::json::{self, Case, Finding, View};

mod words;

pub use words::{markdown, text};

/// The format's name and version.
pub const FORMAT: &str = "scim-check.diff/1";

/// An endpoint is slower when each run has at least so many answers of it, …
pub const ANSWERS: usize = 10;
/// … the median is at least so many percent of what it was, …
pub const PERCENT: u64 = 150;
/// … and longer by at least this, in microseconds. What is less comes and goes with the load of a machine.
pub const LONGER_US: u64 = 20_000;

/// All that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// Always [`FORMAT`].
    pub format: &'static str,
    /// `true` when something broke: exit code 1.
    pub broken: bool,
    /// The older run.
    pub old: Side,
    /// The newer run.
    pub new: Side,
    /// Demands that the same case saw met, and now does not. Those of a `SHOULD` are here when they count in the new run.
    pub broke: Vec<Change>,
    /// Demands of a `SHOULD` of which the same is true, where they do not count.
    pub warned: Vec<Change>,
    /// Demands that the same case saw violated, and now met.
    pub mended: Vec<Change>,
    /// Violations of which the older run could not know: the case is new, was not run, or did not come so far.
    pub came_to_light: Vec<Change>,
    /// Cases that were judged and now cannot be, for one reason.
    pub undecided: Vec<Group>,
    /// Cases that could not be judged and now are, by their outcome.
    pub decided: Vec<Group>,
    /// Cases that were run and now are not, for one reason.
    pub not_run: Vec<Group>,
    /// Cases that were not run and now are, by their outcome.
    pub run_again: Vec<Group>,
    /// Cases that the older run did not have, by their outcome.
    pub new_cases: Vec<Group>,
    /// Cases that the newer run does not have, by the outcome that they had.
    pub gone_cases: Vec<Group>,
    /// Requirements that no case of the older run was about.
    pub new_requirements: Vec<String>,
    /// Requirements that no case of the newer run is about.
    pub gone_requirements: Vec<String>,
    /// Entries of the baseline that changed.
    pub known: Vec<Known>,
    /// Cells of annexes that mean something else now.
    pub annexes: Vec<Shift>,
    /// Endpoints that answer more slowly. They break nothing.
    pub slower: Vec<Slower>,
}

/// One of the two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Its file.
    pub file: String,
    /// When it began.
    pub started: String,
    /// The version of scim-check.
    pub version: String,
    /// `conforms`, `partial`, `violates` or `undecided`.
    pub verdict: String,
    /// The edition by which it is scored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The selection; empty for everything.
    pub selection: Vec<String>,
}

/// A requirement that is judged otherwise, with the cases that show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Which.
    pub requirement: String,
    /// `MUST` or `SHOULD`.
    pub level: String,
    /// What it demands.
    pub title: String,
    /// The cases that judge it otherwise now.
    pub cases: Vec<String>,
    /// How many other cases see it violated in both runs.
    pub others: usize,
    /// What was expected and what came, in the first of the cases.
    pub seen: String,
}

/// Cases of which the same is to be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The reason or the outcome.
    pub what: String,
    /// The cases.
    pub cases: Vec<String>,
}

/// An entry of the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Known {
    /// The requirement or the case.
    pub name: String,
    /// Its state in the older run; none when it was not there.
    pub old: Option<String>,
    /// Its state in the newer run; none when it is not there.
    pub new: Option<String>,
    /// The reason that it gives.
    pub reason: String,
}

/// A cell of an annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shift {
    /// The annex.
    pub annex: String,
    /// The table where it has a name, and the column where several say how things are: `Attributes, create`.
    pub place: String,
    /// The row.
    pub row: String,
    /// What it said.
    pub old: String,
    /// What it says.
    pub new: String,
}

/// An endpoint and the medians of its answers' times, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Slower {
    /// `GET /Users/{id}`.
    pub endpoint: String,
    /// The older run's.
    pub old_median_us: u64,
    /// The newer run's.
    pub new_median_us: u64,
}

/// Two reports that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{old} and {new} cannot be compared: they are of different {what}: {} and {}", .is.0, .is.1)]
pub struct Unlike {
    old: String,
    new: String,
    what: &'static str,
    is: (String, String),
}

/// Compares two reports; each comes with the name of its file.
///
/// # Errors
/// When they are of different servers, suites or shards.
pub fn compare(old: (&str, &View), new: (&str, &View)) -> Result<Diff, Unlike> {
    alike(old, new)?;
    let (sides, (old, new)) = ((side(old), side(new)), (old.1, new.1));
    let pairs = Pairs::new(old, new);
    let found = pairs.findings();
    let counts = |change: &Change| change.level == "MUST" || new.strict;
    let (broke, warned): (Vec<_>, Vec<_>) = found.broke.into_iter().partition(counts);
    let both = |is: fn(&Case) -> bool, was: fn(&Case) -> bool| {
        pairs.both.iter().filter(move |(old, new)| was(old) && is(new)).copied()
    };
    let (then, now) = (requirements(old), requirements(new));
    let missing = |these: &BTreeSet<&str>, from: &BTreeSet<&str>| these.difference(from).map(|id| line(id)).collect();
    Ok(Diff {
        format: FORMAT,
        broken: !broke.is_empty(),
        old: sides.0,
        new: sides.1,
        broke,
        warned,
        mended: found.mended,
        came_to_light: found.came_to_light,
        undecided: grouped(both(is_undecided, is_judged).map(|(_, new)| (undecided_because(new), new))),
        decided: grouped(both(is_judged, is_undecided).map(|(_, new)| (outcome(new), new))),
        not_run: grouped(both(is_skipped, was_run).map(|(_, new)| (skipped_because(new), new))),
        run_again: grouped(both(was_run, is_skipped).map(|(_, new)| (outcome(new), new))),
        new_cases: grouped(pairs.added.iter().map(|case| (outcome(case), *case))),
        gone_cases: grouped(pairs.gone.iter().map(|case| (outcome(case), *case))),
        new_requirements: missing(&now, &then),
        gone_requirements: missing(&then, &now),
        known: known(old, new),
        annexes: shifts(old, new),
        slower: slower(old, new),
    })
}

/// The diff as JSON, ending in a line break.
pub fn render(diff: &Diff) -> String {
    json::written(diff)
}

fn alike(old: (&str, &View), new: (&str, &View)) -> Result<(), Unlike> {
    let unlike = |what, of: fn(&View) -> String| Unlike {
        old: line(old.0),
        new: line(new.0),
        what,
        is: (line(&of(old.1)), line(&of(new.1))),
    };
    if server(old.1) != server(new.1) {
        return Err(unlike("servers", server));
    }
    if suites(old.1) != suites(new.1) {
        return Err(unlike("suites", |view| match suites(view) {
            suites if suites.is_empty() => "all".to_owned(),
            suites => suites.into_iter().collect::<Vec<_>>().join(", "),
        }));
    }
    if shard(old.1) != shard(new.1) {
        return Err(unlike("parts of a run", shard));
    }
    Ok(())
}

/// One shard has other cases than another, or than the whole.
fn shard(view: &View) -> String {
    view.shard.as_ref().map_or("all of it".to_owned(), |shard| format!("shard {} of {}", shard.index, shard.count))
}

/// The built-in server has another port each time.
fn server(view: &View) -> String {
    match &view.target.demo {
        Some(_) => "the built-in server".to_owned(),
        None => view.target.base_url.trim_end_matches('/').to_owned(),
    }
}

fn suites(view: &View) -> BTreeSet<&str> {
    view.suites.iter().map(String::as_str).collect()
}

fn side((file, view): (&str, &View)) -> Side {
    Side {
        file: line(file),
        started: line(&view.started),
        version: line(&view.tool.version),
        verdict: line(&view.verdict),
        edition: view.edition.as_deref().map(line),
        selection: view.selection.iter().map(|pattern| line(pattern)).collect(),
    }
}

/// What the cases are about, run or not.
fn requirements(view: &View) -> BTreeSet<&str> {
    view.cases.iter().flat_map(|case| &case.checks).map(String::as_str).collect()
}

fn is_undecided(case: &Case) -> bool {
    case.outcome == "inconclusive"
}

fn is_skipped(case: &Case) -> bool {
    case.outcome == "skipped"
}

fn was_run(case: &Case) -> bool {
    !is_skipped(case)
}

fn is_judged(case: &Case) -> bool {
    was_run(case) && !is_undecided(case)
}

fn outcome(case: &Case) -> String {
    line(&case.outcome)
}

fn undecided_because(case: &Case) -> String {
    match case.blocked_by.as_deref() {
        Some([_, ..]) => {
            let ids: Vec<String> = case.blocked_by.iter().flatten().map(|id| line(id)).collect();
            format!("because of {}", ids.join(", "))
        }
        _ => line(case.reason.as_deref().unwrap_or("no reason given")),
    }
}

fn skipped_because(case: &Case) -> String {
    match case.skip.as_deref() {
        Some("deselected") => "not selected".to_owned(),
        _ => line(case.reason.as_deref().unwrap_or("no reason given")),
    }
}

/// What is longer than a line, or steers a terminal, is not shown like that.
fn line(text: &str) -> String {
    escape::cut(&escape::line(text), 300)
}

/// Groups in the order in which they are first met.
fn grouped<'a>(cases: impl Iterator<Item = (String, &'a Case)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (what, case) in cases {
        let at = *places.entry(what.clone()).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group { what, cases: Vec::new() });
        }
        groups[at].cases.push(line(&case.id));
    }
    groups
}

/// What the findings of two runs come to.
#[derive(Default)]
struct Found {
    broke: Vec<Change>,
    mended: Vec<Change>,
    came_to_light: Vec<Change>,
}

struct Pairs<'a> {
    old: &'a View,
    new: &'a View,
    both: Vec<(&'a Case, &'a Case)>,
    added: Vec<&'a Case>,
    gone: Vec<&'a Case>,
    /// Whether the same scim-check made both: then the same cases make the same demands.
    is_same_tool: bool,
}

impl<'a> Pairs<'a> {
    fn new(old: &'a View, new: &'a View) -> Self {
        let by_id = |view: &'a View| -> BTreeMap<&'a str, &'a Case> {
            view.cases.iter().map(|case| (case.id.as_str(), case)).collect()
        };
        let (then, now) = (by_id(old), by_id(new));
        let both = new.cases.iter().filter_map(|case| Some((*then.get(case.id.as_str())?, case))).collect();
        let added = new.cases.iter().filter(|case| !then.contains_key(case.id.as_str())).collect();
        let gone = old.cases.iter().filter(|case| !now.contains_key(case.id.as_str())).collect();
        Self { old, new, both, added, gone, is_same_tool: old.tool.version == new.tool.version }
    }

    fn findings(&self) -> Found {
        let mut found = Found::default();
        for (old, new) in &self.both {
            for finding in violations(new).filter(|finding| finding.known.is_none()) {
                match violation(old, &finding.requirement) {
                    // By another edition it binds more than it did.
                    Some(old) if old.level == "SHOULD" && finding.level == "MUST" => {
                        self.note(&mut found.came_to_light, new, finding);
                    }
                    Some(_) => {}
                    // It was not met then either, and only counts now.
                    None if not_scored(old, &finding.requirement) => self.note(&mut found.came_to_light, new, finding),
                    None if self.held(old, finding) => self.note(&mut found.broke, new, finding),
                    None => self.note(&mut found.came_to_light, new, finding),
                }
            }
            let is_there = |finding: &&Finding| {
                violation(new, &finding.requirement).is_some() || not_scored(new, &finding.requirement)
            };
            let mended = violations(old).filter(|finding| !is_there(finding));
            mended
                .filter(|finding| self.held(new, finding))
                .for_each(|finding| self.note(&mut found.mended, new, finding));
        }
        for case in &self.added {
            violations(case)
                .filter(|finding| finding.known.is_none())
                .for_each(|finding| self.note(&mut found.came_to_light, case, finding));
        }
        found
    }

    /// Whether a case in which there is no such finding saw the demand met. What a case that passed was prepared with was met, too.
    fn held(&self, case: &Case, finding: &Finding) -> bool {
        let is_judged = case.judged.contains(&finding.requirement);
        is_judged || (case.outcome == "passed" && (finding.in_setup || self.is_same_tool))
    }

    fn note(&self, changes: &mut Vec<Change>, case: &Case, finding: &Finding) {
        let id = line(&case.id);
        if let Some(change) = changes.iter_mut().find(|change| change.requirement == line(&finding.requirement)) {
            if change.cases.last() != Some(&id) {
                change.cases.push(id);
            }
            return;
        }
        let about = |view: &'a View| view.requirements.iter().find(|about| about.id == finding.requirement);
        let title = about(self.new).or_else(|| about(self.old)).map(|about| line(&about.title)).unwrap_or_default();
        let in_both = |(old, new): &&(&Case, &Case)| {
            [old, new].iter().all(|case| violation(case, &finding.requirement).is_some())
        };
        changes.push(Change {
            requirement: line(&finding.requirement),
            level: line(&finding.level),
            title,
            cases: vec![id],
            others: self.both.iter().filter(in_both).count(),
            seen: format!("expected {}, got {} ({})", line(&finding.expected), shown(finding), line(&finding.place)),
        });
    }
}

fn shown(finding: &Finding) -> String {
    match &finding.actual {
        serde_json::Value::Null => "nothing".to_owned(),
        value => escape::cut(&escape::line(&value.to_string()), 120),
    }
}

fn violations(case: &Case) -> impl Iterator<Item = &Finding> {
    case.findings.iter().filter(|finding| finding.level != "MAY")
}

fn violation<'a>(case: &'a Case, requirement: &str) -> Option<&'a Finding> {
    violations(case).find(|finding| finding.requirement == requirement)
}

/// Whether a case saw a demand violated that its edition does not score.
fn not_scored(case: &Case, requirement: &str) -> bool {
    case.not_scored.iter().any(|finding| finding.requirement == requirement)
}

fn known(old: &View, new: &View) -> Vec<Known> {
    let entries = |view: &'_ View| -> BTreeMap<String, (String, String)> {
        view.baseline.iter().map(|entry| (line(&entry.name), (line(&entry.state), line(&entry.reason)))).collect()
    };
    let (then, now) = (entries(old), entries(new));
    let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let change = |name: &String| {
        let (old, new) = (then.get(name), now.get(name));
        let state = |entry: Option<&(String, String)>| entry.map(|(state, _)| state.clone());
        let reason = new.or(old).map(|(_, reason)| reason.clone()).unwrap_or_default();
        let known = Known { name: name.clone(), old: state(old), new: state(new), reason };
        (known.old != known.new).then_some(known)
    };
    names.into_iter().filter_map(change).collect()
}

/// Where a cell is, in any run. The number tells rows of one name apart.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct CellPlace {
    annex: String,
    table: String,
    row: String,
    number: usize,
    column: String,
}

/// What a cell says, what it means, and whether its column has to be named for that.
struct CellSays {
    text: String,
    tone: Tone,
    is_one_of_several: bool,
}

/// The cells of all annexes, in order.
fn cells(view: &View) -> Vec<(CellPlace, CellSays)> {
    let mut cells = Vec::new();
    for (annex, table) in view.annexes.iter().flat_map(|annex| annex.tables.iter().map(move |table| (annex, table))) {
        let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
        let says =
            |column: &usize| table.rows.iter().filter_map(|row| row.get(*column)).any(|cell| cell.tone != Tone::Plain);
        let is_several = (1..table.columns.len()).filter(says).count() > 1;
        for row in &table.rows {
            let Some((name, rest)) = row.split_first() else { continue };
            let number = rows.entry(&name.text).or_default();
            *number += 1;
            for (cell, column) in rest.iter().zip(table.columns.iter().skip(1)) {
                let at = CellPlace {
                    annex: line(&annex.title),
                    table: line(&table.title),
                    row: line(&name.text),
                    number: *number,
                    column: line(column),
                };
                let says = CellSays { text: line(&cell.text), tone: cell.tone, is_one_of_several: is_several };
                cells.push((at, says));
            }
        }
    }
    cells
}

/// Cells of another meaning. Words that change and mean the same, such as numbers of cases, would hide them.
fn shifts(old: &View, new: &View) -> Vec<Shift> {
    let then: BTreeMap<_, _> = cells(old).into_iter().collect();
    let shift = |(at, now): (CellPlace, CellSays)| {
        let before = then.get(&at)?;
        let CellPlace { annex, table, row, column, .. } = at;
        let column = if before.is_one_of_several || now.is_one_of_several { column } else { String::new() };
        let place: Vec<String> = [table, column].into_iter().filter(|part| !part.is_empty()).collect();
        let place = place.join(", ");
        (before.tone != now.tone).then(|| Shift { annex, place, row, old: before.text.clone(), new: now.text })
    };
    cells(new).into_iter().filter_map(shift).collect()
}

fn slower(old: &View, new: &View) -> Vec<Slower> {
    let find = |endpoint: &str| old.times.iter().find(|times| times.endpoint == endpoint);
    let mut slower: Vec<Slower> = new
        .times
        .iter()
        .filter_map(|now| {
            let then = find(&now.endpoint)?;
            let is_slower = then.answers.min(now.answers) >= ANSWERS
                && now.median_us.saturating_mul(100) >= then.median_us.saturating_mul(PERCENT)
                && now.median_us.saturating_sub(then.median_us) >= LONGER_US;
            is_slower.then(|| Slower {
                endpoint: line(&now.endpoint),
                old_median_us: then.median_us,
                new_median_us: now.median_us,
            })
        })
        .collect();
    slower.sort_by_key(|slower| std::cmp::Reverse(slower.new_median_us - slower.old_median_us));
    slower
}

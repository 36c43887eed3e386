//! One shard of a run: which cases it leaves to others, and what its report tells `scim-check merge`.
//!
//! **Invariant:** merging has what one run would have had. What a shard alone concludes from its cases (root causes, known failures)
//! is for its own readers; merging starts from what each case came to before that.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::baseline::today;
use super::witnesses;
use crate::baseline::{Baseline, Told};
use crate::changes::Changes;
use crate::declared::{AttributeSource, DeclaredAttribute, Use};
use crate::plan::Planned;
use crate::report::json::{self, Bodies, View};
use crate::report::{Part, Report, times};
use crate::root_cause::Clue;
use crate::shard::Shard;
use crate::verdict::{CaseResult, Finding, Known, Skip};

/// Leaves out what falls into other shards.
pub(super) fn leave_to_others(planned: &mut [Planned<'_>], shard: Option<Shard>) {
    let Some(shard) = shard else { return };
    for plan in planned.iter_mut().filter(|plan| !shard.holds(&plan.case.id)) {
        plan.skip = Some(Skip::Deselected);
    }
}

/// The shard that a stored report is of.
pub(super) fn shard(view: &View) -> Option<Shard> {
    view.shard.as_ref().and_then(|shard| Shard::new(shard.index, shard.count))
}

/// What the user left out with `--skip`, which only the report of a shard holds.
pub(super) fn skipped(view: &View) -> Vec<String> {
    let state = view.shard.as_ref().and_then(|shard| State::read(&shard.for_merge).ok());
    state.map(|state| state.skip).unwrap_or_default()
}

/// What merging needs of a shard and its report says nowhere else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// What was left out with `--skip`.
    pub(super) skip: Vec<String>,
    /// Whether `--require-complete` was given.
    pub(super) require_complete: bool,
    /// The day on which the baseline was looked at.
    pub(super) today: String,
    /// The entries of the baseline; none without one.
    pub(super) baseline: Option<Vec<Entry>>,
    /// The attributes that the owner of the server declares.
    pub(super) attributes: Vec<Attribute>,
    /// By case, what it says of root causes.
    pub(super) clues: BTreeMap<String, Clue>,
    /// The cases of which others may say what came of them, as they were before any was asked.
    pub(super) open: Vec<OpenCase>,
    /// By endpoint the times of its answers in microseconds, between spaces.
    pub(super) times: BTreeMap<String, String>,
}

impl State {
    /// What a report says of it.
    ///
    /// # Errors
    /// When it is not what this version writes.
    pub(super) fn read(for_merge: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(for_merge)
    }
}

/// A case that came to a stop before it could be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OpenCase {
    /// What came of it. Where a demand stopped it, that is the last of its findings.
    pub(super) case: json::Case,
    /// Whether a demand did.
    pub(super) has_demand: bool,
    /// Whether the server was given all the time that a late server gets.
    pub(super) settled: bool,
    /// Whether it went on all the same.
    pub(super) went_on: bool,
}

/// An entry of a baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    requirement: Option<String>,
    case: Option<String>,
    inconclusive: bool,
    pub(super) name: String,
    reason: String,
    link: Option<String>,
    expires: Option<String>,
}

impl From<Told> for Entry {
    fn from(told: Told) -> Self {
        let Told { requirement, case, inconclusive, known: Known { name, reason, link, expires } } = told;
        Self { requirement, case, inconclusive, name, reason, link, expires }
    }
}

impl From<Entry> for Told {
    fn from(entry: Entry) -> Self {
        let Entry { requirement, case, inconclusive, name, reason, link, expires } = entry;
        Self { requirement, case, inconclusive, known: Known { name, reason, link, expires } }
    }
}

/// An attribute that the owner of the server declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attribute {
    pub(super) name: String,
    path: String,
    uses: Vec<String>,
    unchecked: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

impl Attribute {
    fn write(declared: &DeclaredAttribute) -> Self {
        let uses = Use::WORDS.iter().filter(|(_, r#use)| declared.uses.contains(r#use));
        Self {
            name: declared.name.clone(),
            path: declared.path.clone(),
            uses: uses.map(|(word, _)| (*word).to_owned()).collect(),
            unchecked: declared.unchecked.map(str::to_owned),
            source: declared.source.as_str().map(str::to_owned),
        }
    }

    pub(super) fn read(&self) -> DeclaredAttribute {
        let is_used = |word: &str| self.uses.iter().any(|used| used == word);
        let unchecked = |why: &String| DeclaredAttribute::UNCHECKED.into_iter().find(|known| known == why);
        let source =
            |word: &str| AttributeSource::WORDS.iter().find(|(known, _)| *known == word).map(|(_, source)| *source);
        DeclaredAttribute {
            name: self.name.clone(),
            path: self.path.clone(),
            uses: Use::WORDS.iter().filter(|(word, _)| is_used(word)).map(|(_, r#use)| *r#use).collect(),
            unchecked: self.unchecked.as_ref().and_then(unchecked),
            source: self.source.as_deref().and_then(source).unwrap_or_default(),
        }
    }
}

/// How a shard was run.
pub(super) struct Call<'a> {
    pub(super) skip: Vec<String>,
    pub(super) require_complete: bool,
    pub(super) baseline: Option<Arc<Baseline>>,
    pub(super) declared: &'a [DeclaredAttribute],
}

/// The cases of a run, each as if there were no others.
pub(super) struct Alone {
    shard: Shard,
    plan: Vec<String>,
    clues: BTreeMap<String, Clue>,
    open: Vec<CaseResult>,
}

impl Alone {
    /// Of all planned cases, those of other shards included, before root causes are worked out.
    pub(super) fn of(cases: &[CaseResult], shard: Shard) -> Self {
        let planned = || cases.iter().filter(|case| !witnesses::is_told_by(&case.id));
        let plan = planned().map(|case| case.id.clone()).collect();
        let (mut clues, mut open) = (BTreeMap::new(), Vec::new());
        for case in planned() {
            let clue = Clue::new(case);
            if clue.is_open() {
                open.push(CaseResult { transcript: Vec::new(), ..case.clone() });
            }
            if !clue.is_empty() {
                clues.insert(case.id.clone(), clue);
            }
        }
        Self { shard, plan, clues, open }
    }

    /// Keeps the cases of this shard.
    pub(super) fn keep(&self, cases: &mut Vec<CaseResult>) {
        cases.retain(|case| self.shard.holds(&case.id) || witnesses::is_told_by(&case.id));
    }

    /// What came of snapshots, without what is said of cases that other shards compare.
    pub(super) fn changes(&self, mut changes: Changes) -> Changes {
        changes.not_compared.retain(|case| self.shard.holds(case));
        changes
    }

    /// What the report tells of its part of the run.
    pub(super) fn part(self, report: &Report, call: Call<'_>) -> Part {
        let state = State {
            skip: call.skip,
            require_complete: call.require_complete,
            today: today(),
            baseline: call.baseline.map(|baseline| baseline.told().into_iter().map(Entry::from).collect()),
            attributes: call.declared.iter().map(Attribute::write).collect(),
            clues: self.clues,
            open: self.open.into_iter().map(|case| open(report, case)).collect(),
            times: times::measured(report).into_iter().map(|(endpoint, times)| (endpoint, spaced(&times))).collect(),
        };
        // Keys are strings and nothing is written anywhere, so that this cannot fail.
        let for_merge = serde_json::to_value(state).unwrap_or(Value::Null);
        Part { shard: self.shard, plan: self.plan, for_merge }
    }
}

fn open(report: &Report, mut case: CaseResult) -> OpenCase {
    let blocker = case.blocker.as_ref();
    let settled = blocker.is_some_and(|blocker| blocker.settled);
    let went_on = blocker.is_some_and(|blocker| blocker.went_on);
    let demand: Option<Finding> = blocker.and_then(|blocker| blocker.demand.clone());
    let has_demand = demand.is_some();
    case.findings.extend(demand);
    OpenCase { case: json::view_case(report, &case, Bodies::None), has_demand, settled, went_on }
}

fn spaced(times: &[Duration]) -> String {
    times.iter().map(|time| time.as_micros().to_string()).collect::<Vec<_>>().join(" ")
}

/// The times that were written like that.
pub(super) fn times_of(text: &str) -> impl Iterator<Item = Duration> + '_ {
    text.split(' ').filter_map(|time| time.parse().ok()).map(Duration::from_micros)
}

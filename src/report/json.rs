//! The report for other programs: `scim-check.report/1`, written and read back.
//!
//! **Invariant:** the types here are the format, described in `schemas/report-1.schema.json`; fields are added, never
//! changed. Nothing in the text steers a terminal or ends a `<script>`.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::annex::Annex;
use super::times::EndpointTimes;
use super::{Report, Status, Strictness, draw, escape, times, works_with};
use crate::budget::{self, Limit};
use crate::capability::Support;
use crate::changes::{ChangeGroup, Changes};
use crate::requirement::{self, Advice, Level, RequirementId};
use crate::source::Span;
use crate::verdict::{self, CaseResult, Outcome, Skip};
use crate::wire::auth::Manner;
use crate::wire::{self, Attempt, Credential, Headers, NoReply};

/// The format's name and version.
pub const FORMAT: &str = "scim-check.report/1";

/// Whose requests and responses a report keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bodies {
    /// Those of cases with findings and of inconclusive cases.
    #[default]
    Failing,
    /// Those of all cases; such a report can be judged again.
    All,
    /// Nobody's.
    None,
}

impl Bodies {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Bodies::Failing => "failing",
            Bodies::All => "all",
            Bodies::None => "none",
        }
    }
}

/// How the report is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whose requests and responses it keeps.
    pub bodies: Bodies,
    /// Which findings decide the verdict.
    pub strictness: Strictness,
}

/// A report as written and read. Times are in the unit that ends their name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Always [`FORMAT`].
    pub format: String,
    /// Who made it.
    pub tool: Tool,
    /// The server.
    pub target: Target,
    /// Which part of a run it is of, where it is not of all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// `conforms`, `partial`, `violates` or `undecided`.
    pub verdict: String,
    /// `true` when `SHOULD` findings count for the verdict.
    #[serde(default)]
    pub strict: bool,
    /// The seed of everything random.
    #[serde(default)]
    pub seed: u64,
    /// When the run began (RFC 3339).
    #[serde(default)]
    pub started: String,
    /// How long it took.
    #[serde(default)]
    pub took_ms: u64,
    /// The same, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
    /// The edition by which was scored: `2026.12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The newest edition that the program knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_edition: Option<String>,
    /// The suites in play.
    #[serde(default)]
    pub suites: Vec<String>,
    /// The providers whose suites these are, with their kinds of app and their switches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<works_with::Provider>,
    /// The rows of `works_with` that decide the verdict, as they were named; absent where all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exit_on: Vec<String>,
    /// With whom the server works: a row for each provider and kind of app, and in it one for each feature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub works_with: Vec<works_with::Row>,
    /// The selection as typed; empty for everything.
    #[serde(default)]
    pub selection: Vec<String>,
    /// How much of what could be run was run: `quick`, `default` or `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<String>,
    /// Whether writes were held against laws that no scenario says (not with `--no-laws`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub laws: bool,
    /// How long a write was given until reads show it (`--settle`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_ms: Option<u64>,
    /// The demands that bind and that this depth left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub musts_left_out: Vec<String>,
    /// What the run was allowed to cost, where that was limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Whose exchanges are kept: `failing`, `all` or `none`.
    #[serde(default)]
    pub bodies: String,
    /// What the user should know about the call.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// How setup differed from what the scenarios say, because the server refuses that; absent where it did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub setup: Vec<Setup>,
    /// What the server was seen doing with attributes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learnt: Vec<Learnt>,
    /// The run in numbers.
    pub totals: Totals,
    /// What the server offers.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// Every requirement that a case of the suites judges.
    pub requirements: Vec<Requirement>,
    /// The cases.
    pub cases: Vec<Case>,
    /// What was sent for setup that several cases share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub setups: Vec<SharedSetup>,
    /// What is still on the server.
    pub leftovers: Vec<Leftover>,
    /// What came of each entry of the baseline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baseline: Vec<KnownFailure>,
    /// What came of the comparison with accepted answers, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<Snapshots>,
    /// The exchanges that asked what the server offers, unless none are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery: Option<Vec<Exchange>>,
    /// How long the server took to answer, for each kind of request, whether or not the exchanges are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<EndpointTimes>,
    /// What an identity provider's wing adds, such as the readiness for a submission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annexes: Vec<Annex>,
}

/// How what setup created in a collection differed from what the scenarios say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The collection: `/Users`.
    pub path: String,
    /// The attributes, or parts of them, that the server refuses and that were left out.
    #[serde(default)]
    pub without: Vec<String>,
    /// Those that the server demands and that were added.
    #[serde(default)]
    pub with: Vec<String>,
    /// The requirement that the refusal does not meet, where a finding tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// In how many cases.
    #[serde(default)]
    pub cases: usize,
}

impl Setup {
    fn write(setup: &super::Setup) -> Self {
        let verdict::Adapted { path, without, with } = setup.adapted.clone();
        let requirement = setup.requirement.as_ref().map(|requirement| requirement.as_str().to_owned());
        Self { path, without, with, requirement, cases: setup.cases }
    }

    pub(super) fn read(&self) -> super::Setup {
        super::Setup {
            adapted: self.adapted(),
            requirement: self.requirement.as_deref().map(RequirementId::from),
            cases: self.cases,
        }
    }

    /// What was different.
    pub fn adapted(&self) -> verdict::Adapted {
        let Self { path, without, with, .. } = self.clone();
        verdict::Adapted { path, without, with }
    }
}

/// What the server was seen doing with what it was sent in an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// The kind of resource: `User` or `Group`.
    pub resource: String,
    /// The attribute.
    pub attribute: String,
    /// Whether it was shown at some time as it was to be.
    pub stored: bool,
    /// What else the server was seen doing with it, in the words of [`Treatment`](verdict::Treatment).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<String>,
    /// The values, as JSON, that it was seen having where nobody had sent one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defaults: Vec<String>,
}

impl Learnt {
    fn write(treated: &verdict::Treated) -> Self {
        let verdict::Treated { kind, attribute, stored, ways, defaults } = treated.clone();
        let ways = ways.into_iter().map(|way| way.as_str().to_owned()).collect();
        Self { resource: kind, attribute, stored, ways, defaults: defaults.into_iter().collect() }
    }

    pub(super) fn read(&self) -> verdict::Treated {
        let known = |word: &String| verdict::Treatment::ALL.into_iter().find(|way| way.as_str() == word);
        verdict::Treated {
            stored: self.stored,
            ways: self.ways.iter().filter_map(known).collect(),
            defaults: self.defaults.iter().cloned().collect(),
            ..verdict::Treated::new(&self.resource, &self.attribute)
        }
    }
}

/// The part of a run that one of several shards is. Cases of the others are not in the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shard {
    /// Its number, from 1.
    pub index: u32,
    /// How many shards there are.
    pub count: u32,
    /// The cases of all shards in the order of the plan; empty where the run did not begin.
    pub plan: Vec<String>,
    /// What `scim-check merge` of the same version needs besides. Not part of the format.
    #[serde(default)]
    pub for_merge: Value,
}

impl Shard {
    fn write(part: &super::Part) -> Self {
        let super::Part { shard, plan, for_merge } = part;
        Self { index: shard.index(), count: shard.count(), plan: plan.clone(), for_merge: for_merge.clone() }
    }

    pub(super) fn read(&self) -> Option<super::Part> {
        let Self { index, count, plan, for_merge } = self;
        let shard = crate::shard::Shard::new(*index, *count)?;
        Some(super::Part { shard, plan: plan.clone(), for_merge: for_merge.clone() })
    }
}

/// What a run may cost at most. What it created is removed outside of that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// So many requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<u64>,
    /// So long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time_ms: Option<u64>,
}

impl Budget {
    /// None of a run without limits.
    fn write(budget: budget::Budget) -> Option<Self> {
        let budget = Self { max_requests: budget.requests, max_time_ms: budget.time.map(millis) };
        (budget != Self::default()).then_some(budget)
    }

    /// What it means.
    pub(crate) fn read(&self) -> budget::Budget {
        budget::Budget { requests: self.max_requests, time: self.max_time_ms.map(Duration::from_millis) }
    }

    fn of(limit: Limit) -> Self {
        match limit {
            Limit::Requests(requests) => Self { max_requests: Some(requests), max_time_ms: None },
            Limit::Time(time) => Self { max_requests: None, max_time_ms: Some(millis(time)) },
        }
    }

    fn limit(self) -> Limit {
        let time = || Limit::Time(Duration::from_millis(self.max_time_ms.unwrap_or_default()));
        self.max_requests.map_or_else(time, Limit::Requests)
    }
}

/// An entry of the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFailure {
    /// The requirement or the case.
    pub name: String,
    /// `holds`, `stale`, `expired` or `not judged`.
    pub state: String,
    /// How many cases fail, or cannot be judged, because of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cases: usize,
    /// Why it is not mended yet.
    pub reason: String,
    /// Where more is to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The last day on which it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Where it is written.
    pub place: String,
}

impl KnownFailure {
    fn write(known: &verdict::KnownFailure) -> Self {
        let cases = match known.state {
            verdict::KnownState::Holds { cases } => cases,
            _ => 0,
        };
        let verdict::KnownFailure { known, state, place } = known;
        Self {
            name: known.name.clone(),
            state: state.as_str().to_owned(),
            cases,
            reason: known.reason.clone(),
            link: known.link.clone(),
            expires: known.expires.clone(),
            place: place.clone(),
        }
    }
}

/// What came of the comparison with accepted answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshots {
    /// The folder, as it was typed.
    pub folder: String,
    /// Cases whose answers were compared.
    pub compared: usize,
    /// Those of them whose answers are the accepted ones.
    pub same: usize,
    /// The differences, each told once.
    pub changes: Vec<Change>,
    /// Cases with a snapshot that were not run to their end this time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<String>,
    /// Cases with a snapshot that are not there any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obsolete: Vec<String>,
    /// Whether what differs waits in the folder to be reviewed.
    pub written: bool,
    /// Whether changed and new answers fail the run.
    pub strict: bool,
}

/// The same difference in one or more cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// `added`, `removed`, `changed`, `type changed`, `question changed` or `new`.
    pub kind: String,
    /// What was asked: `GET /Users/{id}`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// Where in the answer: `status`, `headers.location`, `body.emails[].type`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What was accepted there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub before: Option<Value>,
    /// What is there now.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub after: Option<Value>,
    /// Whether other cases have other values than these.
    #[serde(default, skip_serializing_if = "is_false")]
    pub various: bool,
    /// The cases.
    pub cases: Vec<String>,
}

/// A `null` that is there is a value, too.
fn present<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(reader).map(Some)
}

impl Snapshots {
    fn write(changes: &Changes) -> Self {
        let change = |group: &ChangeGroup| Change {
            kind: group.change.kind.as_str().to_owned(),
            request: group.change.request.clone(),
            place: group.change.place.clone(),
            before: group.change.before.clone(),
            after: group.change.after.clone(),
            various: group.various,
            cases: group.cases.clone(),
        };
        Self {
            folder: changes.folder.clone(),
            compared: changes.compared,
            same: changes.same,
            changes: changes.groups.iter().map(change).collect(),
            not_compared: changes.not_compared.clone(),
            obsolete: changes.obsolete.clone(),
            written: changes.written,
            strict: changes.strict,
        }
    }
}

fn ids(ids: &[RequirementId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it like this")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it like this")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its base URL.
    pub base_url: String,
    /// How the credential was sent, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// What else was typed to reach it, and its scenarios.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// When it was the built-in server, which is gone by now: the command that starts it again and runs on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demo: Option<String>,
}

/// How a credential is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// `bearer`, `basic`, `header`, `oauth` or `none`.
    pub scheme: String,
    /// `basic`: the user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `header`: the name of the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// `header`: what stands before the credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

impl Auth {
    fn write(manner: &Manner) -> Self {
        let (scheme, user, header, prefix) = match manner {
            Manner::Bearer => ("bearer", None, None, None),
            Manner::Basic { user } => ("basic", Some(user.clone()), None, None),
            Manner::Header { name, prefix } => {
                ("header", None, Some(name.clone()), Some(prefix.clone()).filter(|prefix| !prefix.is_empty()))
            }
            Manner::OAuth => ("oauth", None, None, None),
            Manner::None => ("none", None, None, None),
        };
        Self { scheme: scheme.to_owned(), user, header, prefix }
    }

    fn read(&self) -> Manner {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        match self.scheme.as_str() {
            "basic" => Manner::Basic { user: text(&self.user) },
            "header" => Manner::Header { name: text(&self.header), prefix: text(&self.prefix) },
            "oauth" => Manner::OAuth,
            "none" => Manner::None,
            _ => Manner::Bearer,
        }
    }
}

/// The run in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Cases of the suites in play.
    pub cases: usize,
    /// Passed, warnings included.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Skipped, deselected ones included.
    pub skipped: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// Those of the inconclusive ones that the run's budget ended before they were judged.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_reached: usize,
    /// Those of the failed and inconclusive ones that the baseline knows.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub known: usize,
    /// Passed with a `SHOULD` finding.
    #[serde(default)]
    pub warned: usize,
    /// Left out by the user.
    #[serde(default)]
    pub deselected: usize,
    /// Requests, discovery and sweep included.
    pub requests: usize,
    /// Resources that are still on the server.
    pub leftovers: usize,
}

/// What is known of a capability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// Its word.
    pub name: String,
    /// `yes`, `no` or `unknown`.
    pub support: String,
    /// How we know; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// A requirement and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Its key.
    pub id: String,
    /// `MUST`, `SHOULD` or `MAY`.
    pub level: String,
    /// The demand.
    pub title: String,
    /// `met`, `violated`, `undecided`, `untested`, or `not scored` where it was not met and came after the edition.
    pub status: String,
    /// The edition that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The document.
    #[serde(default)]
    pub source: String,
    /// The section of it.
    #[serde(default)]
    pub section: String,
    /// Whether Okta, its tests or its reviewers look at it; `false` for what a specification alone demands.
    #[serde(default = "yes")]
    pub okta: bool,
    /// What an identity provider then does; only when violated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequence: Option<String>,
    /// What to do about it; only when violated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// How many cases cannot be judged because of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub holds_back: usize,
    /// The topic.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub area: String,
    /// Where else it can be read; only when violated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// A reading, erratum or conflict to keep in mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// `scenario` or `scenario#row`.
    pub id: String,
    /// Its suite.
    pub suite: String,
    /// The scenario's title.
    #[serde(default)]
    pub title: String,
    /// Where it counts in `works_with`: the capabilities of the kinds of app that it needs, and the switch that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub part_of: Vec<String>,
    /// `passed`, `failed`, `skipped` or `inconclusive`.
    pub outcome: String,
    /// Why it is not `passed`; `null` for those that did.
    pub reason: Option<String>,
    /// `unsupported`, `deselected`, `depth`, `costly`, `nothing-to-judge` or `not-scored` when it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<String>,
    /// The edition that brought it, where that is later than the one by which is scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// When it is `unsupported`: what it needs, and how we know that this is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Needs>,
    /// When it is inconclusive: why, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The exchange, from 0, at which it came to a stop before it could be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<usize>,
    /// When it is inconclusive: the requirements of the findings that hold it back. Empty where the server did not answer, or the
    /// run was cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<Vec<String>>,
    /// When it is inconclusive and the baseline expects that: the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The name of that entry of the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_as: Option<String>,
    /// How many requests it sent; those of setup that it shares are not among them.
    pub requests: usize,
    /// The setup that it shares with others, with the exchanges that prepared it: they stand among its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<SharedUse>,
    /// Whether it was run with setup of its own, because what it shares with others was no longer what it was.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shares_nothing: bool,
    /// The attributes that its setup was given by changes, because creates with them are refused. It shared nothing then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_later: Vec<String>,
    /// Its scenario, where that is in no file: it is a history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
    /// What differed between two looks at what no case wrote to, by places among the exchanges, counted from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnessed: Vec<Witnessed>,
    /// Which of its findings did not come again when it was run again alone, so that others may have caused them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputed: Vec<Disputed>,
    /// The requirements that have to be met for it to be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<String>,
    /// Demands not met that may only follow from one of those that is violated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<Finding>,
    /// How many of them, at the end, removed what it had made.
    #[serde(default)]
    pub swept: usize,
    /// How long it took.
    pub took_ms: u64,
    /// The same, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
    /// Demands not met.
    pub findings: Vec<Finding>,
    /// Demands not met that count only in later editions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_scored: Vec<Finding>,
    /// Held against nobody.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// The requirements it judges.
    #[serde(default)]
    pub checks: Vec<String>,
    /// Those it came to judge.
    #[serde(default)]
    pub judged: Vec<String>,
    /// What passed between us, when it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchanges: Option<Vec<Exchange>>,
}

impl Case {
    /// Its exchanges.
    ///
    /// # Errors
    /// When they were not kept, or one of them makes no sense.
    pub fn recorded(&self) -> Result<Vec<wire::Exchange>, ReadError> {
        recorded(&self.id, self.exchanges.as_deref())
    }
}

/// Two looks at a resource that no case wrote to, and that differ; or one at what was deleted long before. The places are those of
/// exchanges of the case, from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witnessed {
    /// What it is, in words.
    pub title: String,
    /// Where it is below the base URL.
    pub path: String,
    /// Its create; none of what a case deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<usize>,
    /// The look that showed it right last.
    pub before: usize,
    /// The look that shows it wrong.
    pub after: usize,
    /// Which attributes are held against the server; none where the whole resource is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// The case that did it when it was run again alone; of what was deleted, the one that deleted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The kind of the write that did it, or is most likely to have: `PATCH /Users/{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<String>,
    /// What was found out about who did it, in words.
    pub blame: String,
    /// The names of the run that its values may come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The requirements of findings of other cases that tell the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told_by: Vec<String>,
    /// Its name among the witnesses; empty of what a case deleted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub member: String,
}

/// A finding that others may have caused, as it was before that was looked into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disputed {
    /// What was found violated.
    pub requirement: String,
    /// The kind of resource: `User` or `Group`.
    pub kind: String,
    /// The attribute; empty for the resource as a whole.
    pub attribute: String,
    /// The method of the write that was blamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The case that does the same to another resource when it is run again alone, where one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The kind of the write of that case that most likely does it: `PATCH /Users/{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<String>,
}

impl From<&verdict::Disputed> for Disputed {
    fn from(one: &verdict::Disputed) -> Self {
        let verdict::Disputed { requirement, kind, attribute, method, case, write } = one.clone();
        Self { requirement: requirement.to_string(), kind, attribute, method, case, write }
    }
}

impl From<&Disputed> for verdict::Disputed {
    fn from(one: &Disputed) -> Self {
        let Disputed { requirement, kind, attribute, method, case, write } = one.clone();
        Self { requirement: requirement.as_str().into(), kind, attribute, method, case, write }
    }
}

impl From<&verdict::Witnessed> for Witnessed {
    fn from(one: &verdict::Witnessed) -> Self {
        let one = one.clone();
        Self {
            title: one.title,
            path: one.path,
            created: one.created,
            before: one.before,
            after: one.after,
            attributes: one.attributes,
            case: one.case,
            write: one.write,
            blame: one.blame,
            names: one.names,
            told_by: one.told_by,
            member: one.member,
        }
    }
}

impl From<&Witnessed> for verdict::Witnessed {
    fn from(one: &Witnessed) -> Self {
        let one = one.clone();
        Self {
            title: one.title,
            path: one.path,
            created: one.created,
            before: one.before,
            after: one.after,
            attributes: one.attributes,
            case: one.case,
            write: one.write,
            blame: one.blame,
            names: one.names,
            told_by: one.told_by,
            member: one.member,
        }
    }
}

/// Setup that a case shares with others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedUse {
    /// Its id.
    pub setup: String,
    /// The first of its exchanges among those of the case, from 0.
    pub first: usize,
    /// How many there are.
    pub count: usize,
}

/// What was sent for setup that several cases share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedSetup {
    /// The flow, and what it was given.
    pub id: String,
    /// How many requests were sent for it.
    pub requests: usize,
    /// How many of them, at the beginning, prepared it.
    pub prepared_by: usize,
    /// How long preparing and removing it took, in microseconds.
    pub took_us: u64,
    /// What passed between us, when it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchanges: Option<Vec<Exchange>>,
}

impl SharedSetup {
    fn write(setup: &verdict::SetupResult, report: &Report, bodies: Bodies) -> Self {
        let stored = report.stored.as_ref().and_then(|stored| stored.requests.get(&setup.id));
        let kept = bodies == Bodies::All || (bodies == Bodies::Failing && !setup.leftovers.is_empty());
        Self {
            id: setup.id.clone(),
            requests: stored.copied().unwrap_or(setup.transcript.len()),
            prepared_by: setup.prepared_by,
            took_us: micros(setup.took),
            exchanges: (kept && !setup.transcript.is_empty())
                .then(|| setup.transcript.iter().map(Exchange::write).collect()),
        }
    }

    fn read(&self, left: &[Leftover]) -> Result<verdict::SetupResult, ReadError> {
        let transcript = self.exchanges.as_deref().map(|exchanges| recorded(&self.id, Some(exchanges))).transpose()?;
        let left = left.iter().filter(|leftover| leftover.case == self.id);
        Ok(verdict::SetupResult {
            id: self.id.clone(),
            prepared_by: self.prepared_by,
            transcript: transcript.unwrap_or_default(),
            leftovers: left.map(|left| verdict::Leftover { path: left.path.clone(), why: left.why.clone() }).collect(),
            took: Duration::from_micros(self.took_us),
        })
    }
}

/// A demand that was not met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which.
    pub requirement: String,
    /// `MUST`, `SHOULD` or `MAY`.
    pub level: String,
    /// Whether Okta, its tests or its reviewers look at it.
    #[serde(default = "yes")]
    pub okta: bool,
    /// What was expected, in words.
    pub expected: String,
    /// What was there.
    pub actual: Value,
    /// Where in the answer: `status`, `header NAME`, `body /pointer`, …
    pub place: String,
    /// In which way it was not met: `refused`, `wrong-status`, `no-effect` or `otherwise`.
    #[serde(default)]
    pub failure: String,
    /// Whether it was met while the case was prepared, which is all that the case brought to light.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_setup: bool,
    /// What in the request the server did not take, where the run could find that out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What was broken, where it is a law that every write obeys and no expectation of the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<Broken>,
    /// Of one that is not scored: the edition from which on it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The reason that the baseline gives for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// The name of that entry of the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_as: Option<String>,
    /// What an identity provider then does, where that is not what the requirement says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequence: Option<String>,
    /// What to do about it, where that is not what the requirement says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Which exchange of the case, from 0.
    pub exchange: usize,
    /// The scenario file.
    pub file: String,
    /// The line of the demand, from 1.
    pub line: usize,
    /// What that line says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Line>,
}

/// What of a resource is not as the laws say that every write obeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// The kind of resource: `User` or `Group`.
    pub kind: String,
    /// The attribute; empty for the resource as a whole.
    pub attribute: String,
    /// The method of the write that has most likely done it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Which exchange of the case that is, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<usize>,
}

/// A line of a file, and the place in it that is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The line.
    pub text: String,
    /// Where the place begins: a character, from 1.
    pub column: usize,
    /// How many characters it has; 0 where only its beginning is known.
    pub length: usize,
}

impl Line {
    /// `None` for a file that was not there.
    fn write(span: &Span) -> Option<Self> {
        let text = &span.file.text;
        let line = text.lines().nth(span.line() - 1)?;
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        let column = span.column();
        let meant = text.get(span.bytes.clone()).and_then(|meant| meant.lines().next()).unwrap_or_default();
        Some(Self { text: line.to_owned(), column, length: meant.chars().count() })
    }
}

/// What a case needs that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// Its word.
    pub capability: String,
    /// How we know.
    pub evidence: String,
}

/// Why a case told us nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the variants and fields are those of `verdict::Cause`")]
pub enum Cause {
    NoReply { no_reply: Silence },
    SetupFailed { request: String, why: String },
    Unbound { name: String },
    Disturbed { why: String },
    Throttled,
    CredentialExpired,
    RestsOn { requirement: String },
    NotOurs { what: String },
    Stopped,
    NotReached(Budget),
    Bug { what: String },
}

impl Cause {
    fn write(cause: &verdict::Cause) -> Self {
        match cause {
            verdict::Cause::NoReply(why) => Cause::NoReply { no_reply: Silence::write(why) },
            verdict::Cause::SetupFailed { request, why } => {
                Cause::SetupFailed { request: request.clone(), why: why.clone() }
            }
            verdict::Cause::Unbound(name) => Cause::Unbound { name: name.clone() },
            verdict::Cause::Disturbed(why) => Cause::Disturbed { why: why.clone() },
            verdict::Cause::Throttled => Cause::Throttled,
            verdict::Cause::CredentialExpired => Cause::CredentialExpired,
            verdict::Cause::RestsOn(id) => Cause::RestsOn { requirement: id.to_string() },
            verdict::Cause::NotOurs(what) => Cause::NotOurs { what: what.clone() },
            verdict::Cause::Stopped => Cause::Stopped,
            verdict::Cause::NotReached(limit) => Cause::NotReached(Budget::of(*limit)),
            verdict::Cause::Bug(what) => Cause::Bug { what: what.clone() },
        }
    }

    /// What it means.
    pub(crate) fn read(&self) -> verdict::Cause {
        match self {
            Cause::NoReply { no_reply } => verdict::Cause::NoReply(no_reply.read()),
            Cause::SetupFailed { request, why } => {
                verdict::Cause::SetupFailed { request: request.clone(), why: why.clone() }
            }
            Cause::Unbound { name } => verdict::Cause::Unbound(name.clone()),
            Cause::Disturbed { why } => verdict::Cause::Disturbed(why.clone()),
            Cause::Throttled => verdict::Cause::Throttled,
            Cause::CredentialExpired => verdict::Cause::CredentialExpired,
            Cause::RestsOn { requirement } => verdict::Cause::RestsOn(RequirementId::from(requirement.as_str())),
            Cause::NotOurs { what } => verdict::Cause::NotOurs(what.clone()),
            Cause::Stopped => verdict::Cause::Stopped,
            Cause::NotReached(budget) => verdict::Cause::NotReached(budget.limit()),
            Cause::Bug { what } => verdict::Cause::Bug(what.clone()),
        }
    }
}

/// Something worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What.
    pub text: String,
    /// The requirement it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// Which exchange of the case, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<usize>,
    /// Whether it only says that all is well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub all_well: bool,
}

/// A resource that is still on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// The case that made it.
    pub case: String,
    /// Its path below the base URL.
    pub path: String,
    /// Why it is there.
    pub why: String,
}

/// A request and what came of it: `response` or `no_reply`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// Why nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_reply: Option<Silence>,
    /// Tries before the one that counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Try>,
    /// From sending to the end of the body.
    pub took_us: u64,
    /// The number of the repeat, from 1; absent for the first attempt.
    #[serde(rename = "repeat", alias = "look", default, skip_serializing_if = "is_first")]
    pub look: u32,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query below the base URL.
    pub path: String,
    /// `own`, `none` or `wrong`.
    #[serde(default = "own", skip_serializing_if = "is_own")]
    pub credential: String,
    /// Names and values in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
}

/// Reports that do not say take it for granted.
fn yes() -> bool {
    true
}

fn own() -> String {
    "own".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_first(look: &u32) -> bool {
    *look == 0
}

fn is_own(credential: &str) -> bool {
    credential == "own"
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names and values in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// Bytes: text where they are UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// UTF-8.
    Text(String),
    /// Anything else, in base64 (RFC 4648 §4).
    Base64(String),
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the variants and fields are those of `wire::NoReply`")]
pub enum Silence {
    Refused { why: String },
    TimedOut { limit_us: u64 },
    Tls { why: String },
    TooLarge { limit_bytes: u64 },
    Broken { why: String },
    NoToken { why: String },
    Stopped,
    EndOfTape { why: String },
}

/// A try that was not the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// The status, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_reply: Option<Silence>,
    /// How long it said to wait, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// The pause after it.
    pub waited_us: u64,
}

/// Why a text is not a report, or not one for this purpose.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is nothing in it.
    #[error("not a report: it is empty")]
    Empty,
    /// It is not JSON, or not of this shape.
    #[error("not a report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is JSON that does not say what it is.
    #[error("not a report: it has no `format`, which is `{FORMAT}` in a report that scim-check wrote")]
    NoFormat,
    /// A word in it means nothing to this version.
    #[error("{place} is `{word}`, which this version does not know")]
    Meaning {
        /// What it is, and of what.
        place: String,
        /// The word.
        word: String,
    },
    /// It does not say why a case told us nothing, so that nothing can be made of it but JSON.
    #[error("{0} is inconclusive and has no `cause`, as in reports of early versions; write the report again")]
    NoCause(String),
    /// It is a report of another format.
    #[error("the report has format `{0}`, and this version reads `{FORMAT}`")]
    Format(String),
    /// It does not hold the exchanges of a case.
    #[error("the report does not hold the exchanges of {0}; write it with --bodies all")]
    NotKept(String),
    /// An exchange in it makes no sense.
    #[error("exchange {exchange} of {case}: {why}")]
    Exchange {
        /// The case, or `discovery`.
        case: String,
        /// Which, from 0.
        exchange: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// The report as JSON, ending in a line break.
pub fn render(report: &Report, options: Options) -> String {
    written(&view(report, options))
}

/// A value of ours as JSON in which nothing steers a terminal or ends a `<script>`, ending in a line break.
pub(super) fn written(value: &impl Serialize) -> String {
    // Serializing these types cannot fail: keys are strings and writing goes to memory.
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut out = String::with_capacity(json.len() + 1);
    let (mut done, mut before) = (0, ' ');
    for (at, c) in json.char_indices() {
        // Outside of strings there are neither `</` nor such characters, and inside these escapes mean the same.
        let ends_a_tag = before == '<' && c == '/';
        before = c;
        if !ends_a_tag && (c == '\n' || !escape::is_unsafe(c)) {
            continue;
        }
        out.push_str(&json[done..at]);
        done = at + c.len_utf8();
        if ends_a_tag {
            out.push_str("\\/");
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out.push_str(&json[done..]);
    out.push('\n');
    out
}

/// Reads a report.
///
/// # Errors
/// When the text is not a report of this format.
pub fn read(text: &str) -> Result<View, ReadError> {
    #[derive(Deserialize)]
    #[serde(expecting = "an object")]
    struct Head {
        format: Option<Value>,
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    // A report of another format is told by its name, whatever else is in it.
    let head: Head = serde_json::from_str(text)?;
    match head.format {
        None => return Err(ReadError::NoFormat),
        Some(format) if format != FORMAT => {
            let format = format.as_str().map_or_else(|| format.to_string(), str::to_owned);
            return Err(ReadError::Format(escape::cut(&escape::line(&format), 60)));
        }
        Some(_) => {}
    }
    Ok(serde_json::from_str(text)?)
}

impl View {
    /// The suites as they were named: those that were played, and those that were not tried.
    pub fn suites_named(&self) -> Vec<String> {
        let untried = self.providers.iter().filter(|provider| provider.not_tried.is_some());
        self.suites.iter().chain(untried.map(|provider| &provider.suite)).cloned().collect()
    }
    /// Whose exchanges are kept.
    pub fn kept(&self) -> Bodies {
        [Bodies::All, Bodies::None].into_iter().find(|bodies| bodies.as_str() == self.bodies).unwrap_or_default()
    }

    /// How the credential was sent; reports that do not say are of the time when a bearer token was taken for granted.
    pub fn credential(&self) -> Manner {
        self.target.auth.as_ref().map(Auth::read).unwrap_or_default()
    }

    /// The exchanges of each case that was run, for a tape.
    ///
    /// # Errors
    /// When those of a case were not kept, or one of them makes no sense.
    pub fn tape(&self) -> Result<BTreeMap<String, Vec<wire::Exchange>>, ReadError> {
        let ran =
            self.cases.iter().filter(|case| case.requests > 0 || case.shared.iter().any(|shared| shared.count > 0));
        ran.map(|case| Ok((case.id.clone(), case.recorded()?))).collect()
    }

    /// What was sent for setup that cases share.
    ///
    /// # Errors
    /// When an exchange of it makes no sense.
    pub fn setup_results(&self) -> Result<Vec<verdict::SetupResult>, ReadError> {
        self.setups.iter().map(|setup| setup.read(&self.leftovers)).collect()
    }

    /// The exchanges that asked what the server offers.
    ///
    /// # Errors
    /// When they were not kept, or one of them makes no sense.
    pub fn discovered(&self) -> Result<Vec<wire::Exchange>, ReadError> {
        recorded("discovery", self.discovery.as_deref())
    }
}

fn recorded(case: &str, exchanges: Option<&[Exchange]>) -> Result<Vec<wire::Exchange>, ReadError> {
    let exchanges = exchanges.ok_or_else(|| ReadError::NotKept(case.to_owned()))?;
    let read = |(at, exchange): (usize, &Exchange)| {
        exchange.read().map_err(|why| ReadError::Exchange { case: case.to_owned(), exchange: at, why })
    };
    exchanges.iter().enumerate().map(read).collect()
}

/// The report in the types of this format.
pub fn view(report: &Report, options: Options) -> View {
    let totals = report.totals();
    let held_back = report.held_back();
    View {
        format: FORMAT.to_owned(),
        tool: Tool { name: report.tool.name.clone(), version: report.tool.version.clone() },
        target: Target {
            base_url: report.base_url.clone(),
            auth: Some(Auth::write(&report.credential)),
            options: report.options.clone(),
            demo: report.demo.clone(),
        },
        shard: report.part.as_ref().map(Shard::write),
        verdict: report.verdict(options.strictness).as_str().to_owned(),
        strict: options.strictness == Strictness::Should,
        seed: report.seed,
        started: report.started.clone(),
        took_ms: millis(report.took),
        took_us: Some(micros(report.took)),
        edition: report.edition.map(|scored| scored.edition.to_string()),
        newest_edition: report.edition.map(|scored| scored.newest.to_string()),
        suites: report.suites.clone(),
        providers: report.providers.clone(),
        exit_on: report.exit_on.clone(),
        works_with: works_with::rows(report, options.strictness),
        selection: report.selection.clone(),
        depth: Some(report.depth.as_str().to_owned()),
        laws: report.laws,
        settle_ms: report.settle.map(millis),
        musts_left_out: report.left_out().0.iter().map(|requirement| requirement.id.to_string()).collect(),
        budget: Budget::write(report.budget),
        bodies: options.bodies.as_str().to_owned(),
        warnings: report.warnings.clone(),
        setup: report.setup.iter().map(Setup::write).collect(),
        learnt: report.treated.iter().map(Learnt::write).collect(),
        totals: Totals {
            cases: totals.cases,
            passed: totals.passed,
            failed: totals.failed,
            skipped: totals.skipped,
            inconclusive: totals.inconclusive,
            not_reached: totals.not_reached,
            known: totals.known,
            warned: totals.warned,
            deselected: totals.deselected,
            requests: totals.requests,
            leftovers: totals.leftovers,
        },
        capabilities: report
            .capabilities
            .iter()
            .map(|(capability, support)| {
                let (word, evidence) = match support {
                    Support::Yes(evidence) => ("yes", Some(evidence.to_string())),
                    Support::No(evidence) => ("no", Some(evidence.to_string())),
                    Support::Unknown => ("unknown", None),
                };
                Capability { name: capability.to_string(), support: word.to_owned(), evidence }
            })
            .collect(),
        requirements: report
            .requirement_status()
            .into_iter()
            .map(|(requirement, status)| {
                let is_unmet = matches!(status, Status::Violated | Status::NotScored);
                let first = report.first_finding(&requirement.id).filter(|_| is_unmet);
                let advice = |advice: &Option<Advice>| {
                    first.and_then(|(_, finding)| Some(advice.as_ref()?.on(finding.failure)?.to_owned()))
                };
                Requirement {
                    id: requirement.id.to_string(),
                    level: requirement.level.to_string(),
                    title: requirement.title.clone(),
                    status: status.as_str().to_owned(),
                    since: requirement.since.map(|since| since.to_string()),
                    source: requirement.source.clone(),
                    section: requirement.section.clone(),
                    okta: !requirement.is_only_specified(),
                    consequence: advice(&requirement.consequence),
                    fix: advice(&requirement.fix),
                    holds_back: held_back.get(&requirement.id).copied().unwrap_or_default(),
                    area: requirement.area.clone(),
                    sources: if is_unmet { requirement.sources.clone() } else { Vec::new() },
                    note: requirement.note.clone(),
                }
            })
            .collect(),
        cases: report.cases.iter().map(|case| view_case(report, case, options.bodies)).collect(),
        setups: report.setups.iter().map(|setup| SharedSetup::write(setup, report, options.bodies)).collect(),
        leftovers: report
            .leftovers()
            .map(|(made_by, leftover)| Leftover {
                case: made_by.to_owned(),
                path: leftover.path.clone(),
                why: leftover.why.clone(),
            })
            .collect(),
        discovery: (options.bodies != Bodies::None).then(|| report.discovery.iter().map(Exchange::write).collect()),
        baseline: report.known.iter().map(KnownFailure::write).collect(),
        snapshots: report.changes.as_ref().map(Snapshots::write),
        times: times::endpoints(report),
        annexes: report.annexes.clone(),
    }
}

/// A case in the types of this format.
pub(crate) fn view_case(report: &Report, case: &CaseResult, bodies: Bodies) -> Case {
    let (outcome, reason) = match &case.outcome {
        Outcome::Passed => ("passed", None),
        Outcome::Failed => {
            let worst = case.findings.iter().find(|f| f.level == Level::Must);
            ("failed", worst.map(|f| format!("{}: {}, {}", f.requirement, draw::expected(f), draw::got(f))))
        }
        Outcome::Skipped(skip) => ("skipped", Some(draw::skip_reason(skip))),
        Outcome::Inconclusive(cause) => ("inconclusive", Some(cause.to_string())),
    };
    // In another shard may be what makes a case undecided that seems to have had nothing to judge.
    let is_open = report.part.is_some() && case.blocker.is_some();
    let has_findings = !case.findings.is_empty() || !case.not_scored.is_empty();
    let is_wrong = has_findings || matches!(case.outcome, Outcome::Failed | Outcome::Inconclusive(_));
    let telling = is_wrong || is_open;
    let kept = match bodies {
        Bodies::All => true,
        Bodies::Failing => telling,
        Bodies::None => false,
    };
    Case {
        id: case.id.clone(),
        suite: case.suite.clone(),
        title: case.title.clone(),
        part_of: case.part_of.clone(),
        outcome: outcome.to_owned(),
        reason,
        skip: match &case.outcome {
            Outcome::Skipped(Skip::Unsupported { .. }) => Some("unsupported".to_owned()),
            Outcome::Skipped(Skip::Deselected) => Some("deselected".to_owned()),
            Outcome::Skipped(Skip::Depth) => Some("depth".to_owned()),
            Outcome::Skipped(Skip::Costly) => Some("costly".to_owned()),
            Outcome::Skipped(Skip::NothingToJudge(_)) => Some("nothing-to-judge".to_owned()),
            Outcome::Skipped(Skip::NotScored(_)) => Some("not-scored".to_owned()),
            _ => None,
        },
        since: case.since.map(|since| since.to_string()),
        needs: match &case.outcome {
            Outcome::Skipped(Skip::Unsupported { capability, evidence }) => {
                Some(Needs { capability: capability.to_string(), evidence: evidence.to_string() })
            }
            _ => None,
        },
        cause: match &case.outcome {
            Outcome::Inconclusive(cause) => Some(Cause::write(cause)),
            _ => None,
        },
        stopped_at: case.blocker.as_ref().filter(|blocker| !blocker.went_on).map(|blocker| blocker.exchange),
        blocked_by: matches!(case.outcome, Outcome::Inconclusive(_)).then(|| ids(&case.blocked_by)),
        expected: case.expected.as_ref().map(|known| known.reason.clone()),
        expected_as: case.expected.as_ref().map(|known| known.name.clone()),
        requests: report.requests_of(case),
        shared: case
            .shared
            .iter()
            .map(|shared| SharedUse { setup: shared.setup.clone(), first: shared.first, count: shared.count })
            .collect(),
        shares_nothing: case.shares_nothing,
        given_later: case.given_later.clone(),
        history: case.history.as_deref().map(str::to_owned),
        witnessed: case.witnessed.iter().map(Witnessed::from).collect(),
        disputed: case.disputed.iter().map(Disputed::from).collect(),
        rests_on: ids(&case.rests_on),
        follows: case.follows.iter().map(|finding| view_finding(report, finding)).collect(),
        swept: case.swept,
        took_ms: millis(case.took),
        took_us: Some(micros(case.took)),
        findings: case.findings.iter().map(|finding| view_finding(report, finding)).collect(),
        not_scored: case
            .not_scored
            .iter()
            .map(|later| Finding { since: Some(later.since.to_string()), ..view_finding(report, &later.finding) })
            .collect(),
        notes: case
            .notes
            .iter()
            .map(|note| Note {
                text: note.text.clone(),
                requirement: note.requirement.as_ref().map(ToString::to_string),
                exchange: note.exchange,
                all_well: note.all_well,
            })
            .collect(),
        checks: case.checks.iter().map(ToString::to_string).collect(),
        judged: case.judged.iter().map(ToString::to_string).collect(),
        exchanges: (kept && !case.transcript.is_empty()).then(|| case.transcript.iter().map(Exchange::write).collect()),
    }
}

fn view_finding(report: &Report, finding: &verdict::Finding) -> Finding {
    Finding {
        requirement: finding.requirement.to_string(),
        level: finding.level.to_string(),
        okta: !report.is_only_specified(&finding.requirement),
        expected: finding.expected.clone(),
        actual: finding.actual.clone(),
        place: finding.place.to_string(),
        failure: finding.failure.as_str().to_owned(),
        in_setup: finding.in_setup,
        because: finding.because.clone(),
        law: finding.law.as_ref().map(|law| Broken {
            kind: law.kind.clone(),
            attribute: law.attribute.clone(),
            method: law.method.clone(),
            write: law.write,
        }),
        since: None,
        known: finding.known.as_ref().map(|known| known.reason.clone()),
        known_as: finding.known.as_ref().map(|known| known.name.clone()),
        consequence: own_advice(report, finding, |requirement| requirement.consequence.as_ref()),
        fix: own_advice(report, finding, |requirement| requirement.fix.as_ref()),
        exchange: finding.exchange,
        file: finding.span.file.name.clone(),
        line: finding.span.line(),
        source: Line::write(&finding.span),
    }
}

/// What is said of a finding where it is not what the requirement, of which the first finding counts, says already.
fn own_advice(
    report: &Report,
    finding: &verdict::Finding,
    advice: impl Fn(&requirement::Requirement) -> Option<&Advice>,
) -> Option<String> {
    let requirement = report.requirements.get(finding.requirement.as_str())?;
    let on = |failure| advice(requirement).and_then(|advice| advice.on(failure));
    let first = report.first_finding(&finding.requirement).filter(|(_, first)| first.level >= Level::Should);
    let told = first.and_then(|(_, first)| on(first.failure));
    on(finding.failure).filter(|own| Some(*own) != told).map(str::to_owned)
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

impl Exchange {
    fn write(exchange: &wire::Exchange) -> Self {
        let request = &exchange.request;
        let (response, no_reply) = match &exchange.reply {
            Ok(response) => (
                Some(Response {
                    status: response.status,
                    headers: response.headers.0.clone(),
                    body: Body::write(&response.body),
                }),
                None,
            ),
            Err(why) => (None, Some(Silence::write(why))),
        };
        Self {
            request: Request {
                method: request.method.clone(),
                path: request.path.clone(),
                credential: request.credential.as_str().to_owned(),
                headers: request.headers.0.clone(),
                body: request.body.as_deref().map(Body::write),
            },
            response,
            no_reply,
            attempts: exchange
                .attempts
                .iter()
                .map(|attempt| Try {
                    status: attempt.result.as_ref().ok().copied(),
                    no_reply: attempt.result.as_ref().err().map(Silence::write),
                    retry_after: attempt.retry_after.clone(),
                    waited_us: micros(attempt.waited),
                })
                .collect(),
            took_us: micros(exchange.took),
            look: exchange.look,
        }
    }

    fn read(&self) -> Result<wire::Exchange, &'static str> {
        let request = &self.request;
        let reply = match (&self.response, &self.no_reply) {
            (Some(response), None) => Ok(wire::Response {
                status: response.status,
                headers: Headers(response.headers.clone()),
                body: response.body.read()?,
            }),
            (None, Some(silence)) => Err(silence.read()),
            _ => return Err("it has either `response` or `no_reply`"),
        };
        let attempts = self.attempts.iter().map(|attempt| {
            let result = match (attempt.status, &attempt.no_reply) {
                (Some(status), None) => Ok(status),
                (None, Some(silence)) => Err(silence.read()),
                _ => return Err("an attempt has either `status` or `no_reply`"),
            };
            let retry_after = attempt.retry_after.clone();
            Ok(Attempt { result, retry_after, waited: Duration::from_micros(attempt.waited_us) })
        });
        Ok(wire::Exchange {
            request: wire::Request {
                method: request.method.clone(),
                path: request.path.clone(),
                headers: Headers(request.headers.clone()),
                body: request.body.as_ref().map(Body::read).transpose()?,
                credential: Credential::parse(&request.credential)
                    .ok_or("`credential` is own, none, wrong, second or revoked")?,
            },
            reply,
            attempts: attempts.collect::<Result<_, _>>()?,
            took: Duration::from_micros(self.took_us),
            look: self.look,
        })
    }
}

impl Body {
    fn write(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Body::Text(text.to_owned()),
            Err(_) => Body::Base64(STANDARD.encode(bytes)),
        }
    }

    fn read(&self) -> Result<Vec<u8>, &'static str> {
        match self {
            Body::Text(text) => Ok(text.clone().into_bytes()),
            Body::Base64(text) => STANDARD.decode(text).map_err(|_| "the body is not base64"),
        }
    }
}

impl Silence {
    fn write(why: &NoReply) -> Self {
        match why {
            NoReply::Refused(why) => Silence::Refused { why: why.clone() },
            NoReply::TimedOut(limit) => Silence::TimedOut { limit_us: micros(*limit) },
            NoReply::Tls(why) => Silence::Tls { why: why.clone() },
            NoReply::TooLarge(limit) => Silence::TooLarge { limit_bytes: *limit },
            NoReply::Broken(why) => Silence::Broken { why: why.clone() },
            NoReply::NoToken(why) => Silence::NoToken { why: why.clone() },
            NoReply::Stopped => Silence::Stopped,
            NoReply::EndOfTape(why) => Silence::EndOfTape { why: why.clone() },
        }
    }

    fn read(&self) -> NoReply {
        match self {
            Silence::Refused { why } => NoReply::Refused(why.clone()),
            Silence::TimedOut { limit_us } => NoReply::TimedOut(Duration::from_micros(*limit_us)),
            Silence::Tls { why } => NoReply::Tls(why.clone()),
            Silence::TooLarge { limit_bytes } => NoReply::TooLarge(*limit_bytes),
            Silence::Broken { why } => NoReply::Broken(why.clone()),
            Silence::NoToken { why } => NoReply::NoToken(why.clone()),
            Silence::Stopped => NoReply::Stopped,
            Silence::EndOfTape { why } => NoReply::EndOfTape(why.clone()),
        }
    }
}

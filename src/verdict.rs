//! What we conclude: findings, outcomes, and the result of a case.
//!
//! **Invariant:** four outcomes, each with its reason. "Could not find out" is never a pass and never a violation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::budget::Limit;
use crate::capability::{Capability, Evidence};
use crate::requirement::{Edition, Failure, Level, RequirementId};
use crate::source::Span;
use crate::wire::{Exchange, NoReply};

/// Where in an answer something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The status line.
    Status,
    /// A header of that name.
    Header(String),
    /// A JSON Pointer into the body (RFC 6901); empty for the whole.
    Body(String),
    /// The pages of a walk taken together.
    Walk,
    /// The answers to requests sent at the same moment, taken together.
    Together,
    /// The time it took.
    Time,
}

impl Place {
    /// The place that is written like that.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "status" => Place::Status,
            "body" => Place::Body(String::new()),
            "all pages" => Place::Walk,
            "all answers" => Place::Together,
            "time" => Place::Time,
            text => match text.split_once(' ')? {
                ("header", name) => Place::Header(name.to_owned()),
                ("body", pointer) => Place::Body(pointer.to_owned()),
                _ => return None,
            },
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Status => f.write_str("status"),
            Place::Header(name) => write!(f, "header {name}"),
            Place::Body(pointer) if pointer.is_empty() => f.write_str("body"),
            Place::Body(pointer) => write!(f, "body {pointer}"),
            Place::Walk => f.write_str("all pages"),
            Place::Together => f.write_str("all answers"),
            Place::Time => f.write_str("time"),
        }
    }
}

/// A demand that was not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which demand.
    pub requirement: RequirementId,
    /// How binding it is.
    pub level: Level,
    /// What was expected there, in words.
    pub expected: String,
    /// What was there; `null` for nothing.
    pub actual: Value,
    /// Where in the answer.
    pub place: Place,
    /// In which way it was not met.
    pub failure: Failure,
    /// Which exchange of the transcript, counted from 0.
    pub exchange: usize,
    /// Whether it was met while the case was prepared, so that what the case is about could not be judged.
    pub in_setup: bool,
    /// What in the request the server did not take, where the run could find that out.
    pub because: Option<String>,
    /// The entry of the baseline that knows of it.
    pub known: Option<Arc<Known>>,
    /// What was broken, where it is no expectation of a scenario that was not met but a law that every write obeys.
    pub law: Option<Broken>,
    /// The line of the scenario that demands it.
    pub span: Span,
}

/// What of a resource is not as the laws say that every write obeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The kind of resource: `User` or `Group`.
    pub kind: String,
    /// The attribute, as people write it; empty for the resource as a whole.
    pub attribute: String,
    /// The method of the write that has most likely done it.
    pub method: Option<String>,
    /// Which exchange of the case that is; none where it is another's, or not known.
    pub write: Option<usize>,
    /// What should be there, in words.
    pub demanded: String,
}

/// A finding that did not come again when its case was run again alone: something that was written meanwhile may have done it, and none of
/// the case's own writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disputed {
    /// What was found violated.
    pub requirement: RequirementId,
    /// The kind of resource.
    pub kind: String,
    /// The attribute.
    pub attribute: String,
    /// The method of the write that a law blames; none of what a scenario demands.
    pub method: Option<String>,
    /// The case that does the same to another resource when it is run again alone.
    pub case: Option<String>,
    /// The kind of the write of that case that most likely does it: `PATCH /Users/{id}`.
    pub write: Option<String>,
}

/// A demand that was not met, and that the edition of the run does not score: it came later.
#[derive(Clone, Debug, PartialEq)]
pub struct NotScored {
    /// What was not met.
    pub finding: Finding,
    /// The edition from which on it counts.
    pub since: Edition,
}

/// A failure that the owner of the server knows of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The requirement or the case.
    pub name: String,
    /// Why it is not mended yet.
    pub reason: String,
    /// Where more is to be read.
    pub link: Option<String>,
    /// The last day on which it is accepted, as written: 2027-01-31.
    pub expires: Option<String>,
}

/// What came of an entry of a baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFailure {
    /// The entry.
    pub known: Arc<Known>,
    /// What came of it.
    pub state: KnownState,
    /// Where it is written: `baseline.yaml:7`.
    pub place: String,
}

/// Whether an entry of a baseline is still true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownState {
    /// It is: so many cases fail, or cannot be judged, because of it.
    Holds {
        /// How many.
        cases: usize,
    },
    /// It is not: what it names was judged, and holds.
    Stale,
    /// Its day is over: what it names counts again.
    Expired,
    /// What it names was not judged in this run, or not everywhere.
    NotJudged,
}

impl KnownState {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            KnownState::Holds { .. } => "holds",
            KnownState::Stale => "stale",
            KnownState::Expired => "expired",
            KnownState::NotJudged => "not judged",
        }
    }

    /// Whether the baseline is wrong there, which fails a run by itself.
    pub fn fails(self) -> bool {
        matches!(self, KnownState::Stale | KnownState::Expired)
    }
}

/// Where a case came to a stop before it could be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocker {
    /// Which exchange of the transcript, counted from 0.
    pub exchange: usize,
    /// The demand that was not met there, as the finding that it would be; none where the server may do what it did.
    pub demand: Option<Finding>,
    /// Whether the server was given all the time that a late server gets.
    pub settled: bool,
    /// Whether the case went on all the same, because what it prepares was then created in another way or another time.
    pub went_on: bool,
}

/// How what setup creates differs from what the scenarios say, because the server refuses that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adapted {
    /// Where it is created: `/Users`.
    pub path: String,
    /// The attributes, or parts of them, that were left out: `name.familyName`.
    pub without: Vec<String>,
    /// Those that were added.
    pub with: Vec<String>,
}

impl Adapted {
    /// All that is different.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.without.iter().chain(&self.with).map(String::as_str)
    }

    /// Adds what else is different.
    pub fn join(&mut self, other: &Adapted) {
        for (mine, more) in [(&mut self.without, &other.without), (&mut self.with, &other.with)] {
            mine.extend(more.iter().cloned());
            mine.sort();
            mine.dedup();
        }
    }

    /// Whether whatever is different in another is so in this one.
    pub fn covers(&self, other: &Adapted) -> bool {
        let all_in = |few: &[String], many: &[String]| few.iter().all(|name| many.contains(name));
        self.path == other.path && all_in(&other.without, &self.without) && all_in(&other.with, &self.with)
    }
}

impl Blocker {
    /// The same where so many exchanges come before those that it speaks of.
    #[must_use]
    pub fn after(mut self, before: usize) -> Self {
        self.exchange += before;
        self.demand.iter_mut().for_each(|demand| demand.exchange += before);
        self
    }
}

/// Something worth knowing that is held against nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub text: String,
    /// The requirement it concerns, when there is one.
    pub requirement: Option<RequirementId>,
    /// Which exchange of the transcript, counted from 0.
    pub exchange: Option<usize>,
    /// Whether it only says that all is well.
    pub all_well: bool,
}

/// Why a case was not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// It needs what this server does not offer, which it may leave out.
    Unsupported {
        /// What is missing.
        capability: Capability,
        /// How we know.
        evidence: Evidence,
    },
    /// The user did not want it.
    Deselected,
    /// The user wanted a quick run, and what it judges for each request is not much.
    Depth,
    /// It costs so much that only a run in full depth is for it.
    Costly,
    /// It was run, and nothing that it asks about is there to be judged.
    NothingToJudge(String),
    /// It was run, and is not scored: this later edition brought it.
    NotScored(Edition),
}

impl Skip {
    /// Whether the user left it out.
    pub fn is_choice(&self) -> bool {
        matches!(self, Skip::Deselected | Skip::Depth)
    }
}

/// Why a case told us nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server did not answer.
    NoReply(NoReply),
    /// What the case rests on is not there.
    SetupFailed {
        /// The request that failed, such as `POST /Users`.
        request: String,
        /// What came instead, such as `answered 500, expected 201`.
        why: String,
    },
    /// A value that an earlier answer should have given is not known.
    Unbound(String),
    /// Other people changed what was being read, again and again.
    Disturbed(String),
    /// The server limits requests, and the answer that counts never came.
    Throttled,
    /// The credential is refused all of a sudden: it has expired, or was taken back.
    CredentialExpired,
    /// It rests on a requirement that another case has shown to be violated.
    RestsOn(RequirementId),
    /// The next step would have changed a resource that this case did not create.
    NotOurs(String),
    /// The run was stopped.
    Stopped,
    /// The run had used up its budget before it was judged.
    NotReached(Limit),
    /// A fault of this program.
    Bug(String),
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cause::NoReply(why) => why.fmt(f),
            Cause::SetupFailed { request, why } => write!(f, "setup: {request} {why}"),
            Cause::Unbound(name) => write!(f, "setup: an earlier answer did not hold `{name}`"),
            Cause::Disturbed(why) => write!(f, "others changed the list while it was read: {why}"),
            Cause::Throttled => f.write_str("429 again and again; run with --rps to send fewer requests"),
            Cause::CredentialExpired => f.write_str("the credential is refused since; has it expired?"),
            Cause::RestsOn(id) => write!(f, "rests on {id}, which is violated"),
            Cause::NotOurs(what) => {
                write!(f, "{what} was not sent, because this case did not create that resource")
            }
            Cause::Stopped => f.write_str("the run was stopped"),
            Cause::NotReached(limit) => write!(f, "not reached within {limit} ({})", limit.option()),
            Cause::Bug(what) => write!(f, "scim-check itself failed, please report it: {what}"),
        }
    }
}

/// How much of what an error says is shown.
const SAID_SHOWN: usize = 300;

/// What an error says of itself: its `detail`, another text that it has for people, or the beginning of what is no JSON.
pub fn said(exchange: &Exchange) -> Option<String> {
    let response = exchange.reply.as_ref().ok().filter(|response| response.status >= 400)?;
    let text = match serde_json::from_slice::<Value>(&response.body) {
        Ok(body) => {
            ["detail", "message", "error_description", "error", "title"].iter().find_map(|key| told(&body, key))?
        }
        Err(_) => String::from_utf8_lossy(&response.body).trim().to_owned(),
    };
    let shown: String = text.chars().take(SAID_SHOWN).collect();
    (!shown.is_empty()).then_some(shown)
}

/// The text under a name, at the top of an error or inside the one object that it is wrapped in.
fn told(body: &Value, key: &str) -> Option<String> {
    let found = |value: &Value| {
        let fields = value.as_object()?;
        let (_, text) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        text.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    found(body)
        .or_else(|| body.as_object()?.values().find_map(found))
        .or_else(|| body.as_array()?.first().and_then(found))
}

impl Finding {
    /// What was not met, in words that follow the request: `answered 400 ("no such role"), expected 201`.
    pub fn in_words(&self, exchange: &Exchange) -> String {
        let Finding { expected, actual, .. } = self;
        match &self.place {
            Place::Status => {
                let detail = said(exchange).map(|said| format!(" ({})", Value::from(said))).unwrap_or_default();
                format!("answered {actual}{detail}, expected {expected}")
            }
            Place::Header(name) if actual.is_null() => format!("has no header {name}, expected {expected}"),
            Place::Header(name) => format!("has {actual} in header {name}, expected {expected}"),
            Place::Body(pointer) => match (dotted(pointer), actual) {
                (None, Value::Null) => format!("shows nothing, expected {expected}"),
                (None, actual) => format!("shows {actual}, expected {expected}"),
                (Some(place), Value::Null) => format!("shows no `{place}`, expected {expected}"),
                (Some(place), actual) => format!("shows `{place}` {actual}, expected {expected}"),
            },
            Place::Walk => format!("shows {actual} on all pages, expected {expected}"),
            Place::Together => format!("shows {actual} in all answers, expected {expected}"),
            Place::Time => format!("took {actual}, expected {expected}"),
        }
    }
}

/// A JSON Pointer as people write it: `emails[0].value`; none for the whole.
fn dotted(pointer: &str) -> Option<String> {
    let mut place = String::new();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        if !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit()) {
            place.push_str(&format!("[{token}]"));
        } else {
            if !place.is_empty() {
                place.push('.');
            }
            place.push_str(&token);
        }
    }
    (!place.is_empty()).then_some(place)
}

/// Two looks at a resource that no case wrote to, and that differ; or one at what was deleted long before. The places are those of
/// exchanges of the transcript, counted from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnessed {
    /// What it is, in words.
    pub title: String,
    /// Where it is below the base URL.
    pub path: String,
    /// Its create; none of what a case deleted.
    pub created: Option<usize>,
    /// The look that showed it right last.
    pub before: usize,
    /// The look that shows it wrong.
    pub after: usize,
    /// Which attributes are held against the server; none where the whole resource is.
    pub attributes: Vec<String>,
    /// The case that did it when it was run again alone; of what was deleted, the one that deleted it.
    pub case: Option<String>,
    /// The kind of the write that did it, or is most likely to have: `PATCH /Users/{id}`.
    pub write: Option<String>,
    /// What was found out about who did it, in words.
    pub blame: String,
    /// The names of the run that its values may come from.
    pub names: Vec<String>,
    /// The requirements of findings of other cases that tell the same.
    pub told_by: Vec<String>,
    /// Its name among the witnesses; empty of what a case deleted.
    pub member: String,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every binding demand was met; `SHOULD` findings may be there.
    Passed,
    /// A `MUST` was not met.
    Failed,
    /// It was not run, for a reason that is no fault.
    Skipped(Skip),
    /// It was run and told us nothing.
    Inconclusive(Cause),
}

/// A resource that is still on the server after the sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its path below the base URL, such as `/Users/2819c223`.
    pub path: String,
    /// Why it is still there.
    pub why: String,
}

/// What a server was seen doing with what it was sent in an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Treated {
    /// The kind of resource: `User` or `Group`.
    pub kind: String,
    /// The attribute, as people write it.
    pub attribute: String,
    /// Whether it was shown at some time as it was to be.
    pub stored: bool,
    /// What else the server was seen doing with it.
    pub ways: BTreeSet<Treatment>,
    /// The values, as JSON, that it was seen having where nobody had sent one.
    pub defaults: BTreeSet<String>,
}

/// A way of treating what is sent in an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treatment {
    /// It is not brought back.
    NotStored,
    /// Some of the values are.
    Partial,
    /// It is brought into lower case.
    LowerCase,
    /// It is brought into upper case.
    UpperCase,
    /// Spaces around it are taken away.
    Trimmed,
    /// It is brought into another form.
    OtherForm,
    /// It is computed from other attributes.
    Derived,
    /// It changes while nobody of ours writes.
    Volatile,
}

impl Treatment {
    /// All of them.
    pub const ALL: [Treatment; 8] = [
        Treatment::NotStored,
        Treatment::Partial,
        Treatment::LowerCase,
        Treatment::UpperCase,
        Treatment::Trimmed,
        Treatment::OtherForm,
        Treatment::Derived,
        Treatment::Volatile,
    ];

    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Treatment::NotStored => "not stored",
            Treatment::Partial => "stored in part",
            Treatment::LowerCase => "lower-cased",
            Treatment::UpperCase => "upper-cased",
            Treatment::Trimmed => "trimmed",
            Treatment::OtherForm => "stored in another form",
            Treatment::Derived => "computed by the server",
            Treatment::Volatile => "changes by itself",
        }
    }
}

/// So many defaults of one attribute are told. Of more it is told that they are the server's.
const DEFAULTS: usize = 3;

impl Treated {
    /// An attribute of which nothing is known yet.
    pub fn new(kind: &str, attribute: &str) -> Self {
        let (kind, attribute) = (kind.to_owned(), attribute.to_owned());
        Self { kind, attribute, stored: false, ways: BTreeSet::new(), defaults: BTreeSet::new() }
    }

    /// What several cases or parts of a run know together, in the order of kinds and attributes. In which order they come does not matter.
    pub fn joined(all: impl IntoIterator<Item = Treated>) -> Vec<Treated> {
        let mut known: BTreeMap<(String, String), Treated> = BTreeMap::new();
        for one in all {
            let key = (one.kind.clone(), one.attribute.to_lowercase());
            match known.get_mut(&key) {
                Some(known) => {
                    known.stored |= one.stored;
                    known.attribute = std::mem::take(&mut known.attribute).min(one.attribute);
                    known.ways.extend(one.ways);
                    known.defaults.extend(one.defaults);
                }
                None => {
                    known.insert(key, one);
                }
            }
        }
        // Users first.
        let mut known: Vec<Treated> = known.into_values().collect();
        known.sort_by_key(|one| std::cmp::Reverse(one.kind.clone()));
        known
    }

    /// What is worth telling of it; none where it is stored as it is sent. What was stored at some time is not said to be stored never.
    pub fn in_words(&self) -> Option<String> {
        let told = self.ways.iter().filter(|way| **way != Treatment::NotStored || !self.stored);
        let mut told: Vec<String> = told.map(|way| way.as_str().to_owned()).collect();
        let defaults: Vec<&str> = self.defaults.iter().map(String::as_str).collect();
        match defaults.as_slice() {
            [] => {}
            few if few.len() <= DEFAULTS => told.push(format!("by default {}", few.join(" or "))),
            _ => told.push("set by the server where nobody sends it".to_owned()),
        }
        (!told.is_empty()).then(|| told.join(", "))
    }
}

/// How the requests of a step were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// One request; the last look at its answer counts.
    Once,
    /// One request many times, with a number in it.
    Repeated,
    /// Several at the same moment.
    Together,
    /// One page of a list after the other.
    Walk,
}

/// A step whose answers were judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedStep {
    /// How its requests were sent.
    pub how: Asking,
    /// Which exchanges of the transcript, counted from 0.
    pub exchanges: Vec<usize>,
}

/// Which exchanges of a case prepared what it shares with others. They were sent once for all, and stand in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedUse {
    /// The setup: its flow and what that was given, `okta/shared/user#ann`.
    pub setup: String,
    /// The first of the exchanges in the transcript of the case, counted from 0.
    pub first: usize,
    /// How many there are.
    pub count: usize,
}

impl SharedUse {
    /// Whether an exchange of the case's transcript is among them.
    pub fn holds(&self, exchange: usize) -> bool {
        (self.first..self.first + self.count).contains(&exchange)
    }
}

/// What was sent for setup that cases share.
#[derive(Clone, Debug, PartialEq)]
pub struct SetupResult {
    /// Its flow and what that was given.
    pub id: String,
    /// How many exchanges prepared it: the first of the transcript.
    pub prepared_by: usize,
    /// Every exchange: those that prepared it, looks at whether it still stands, cases that came to nothing because it did not, and
    /// the sweep.
    pub transcript: Vec<Exchange>,
    /// What is still on the server.
    pub leftovers: Vec<Leftover>,
    /// How long preparing and sweeping it took.
    pub took: Duration,
}

/// Everything that one case brought to light.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseResult {
    /// `scenario` or `scenario#row`.
    pub id: String,
    /// The suite: the first segment of the scenario's id.
    pub suite: String,
    /// The scenario's title.
    pub title: String,
    /// Where it counts in the table of what works: the words of the kinds of app that it needs, and of the switch that it is about.
    pub part_of: Vec<String>,
    /// The edition that brought it, where that is later than the one by which is scored.
    pub since: Option<Edition>,
    /// The requirements this case judges, whether or not it came to that.
    pub checks: Vec<RequirementId>,
    /// The requirements that were judged at least once.
    pub judged: Vec<RequirementId>,
    /// What came of it.
    pub outcome: Outcome,
    /// Demands not met, in the order found.
    pub findings: Vec<Finding>,
    /// Demands not met that the edition of the run does not score. They count nowhere.
    pub not_scored: Vec<NotScored>,
    /// Where it came to a stop before it could be judged.
    pub blocker: Option<Blocker>,
    /// How its setup differs from what the scenario says.
    pub adapted: Vec<Adapted>,
    /// What the server was seen doing with attributes, where the laws were held against it.
    pub treated: Vec<Treated>,
    /// The requirements of the findings of the run that keep it from being judged.
    pub blocked_by: Vec<RequirementId>,
    /// The entry of the baseline that expects it to be inconclusive.
    pub expected: Option<Arc<Known>>,
    /// Held against nobody.
    pub notes: Vec<Note>,
    /// The steps that were judged, in order.
    pub steps: Vec<JudgedStep>,
    /// Every exchange, sweep included, in order.
    pub transcript: Vec<Exchange>,
    /// Which of them prepared what the case shares with others.
    pub shared: Vec<SharedUse>,
    /// Whether the case was run with setup of its own, because what it shares with others did not stand.
    pub shares_nothing: bool,
    /// The attributes that its setup was given by changes, because creates with them are refused: `name.familyName`.
    pub given_later: Vec<String>,
    /// The text of its scenario, where that is in no file: it is a history.
    pub history: Option<Arc<str>>,
    /// What differed between two looks at what nobody wrote to.
    pub witnessed: Vec<Witnessed>,
    /// Which of its findings others may have caused.
    pub disputed: Vec<Disputed>,
    /// The requirements that have to be met for it to be judged.
    pub rests_on: Vec<RequirementId>,
    /// Demands not met that may only follow from one of those.
    pub follows: Vec<Finding>,
    /// How many exchanges at the end of the transcript are not the case's own: those of the sweep, and of the search for what a
    /// refused create was refused for.
    pub swept: usize,
    /// What is still on the server.
    pub leftovers: Vec<Leftover>,
    /// From first request to last, sweep included.
    pub took: Duration,
}

impl CaseResult {
    /// Of a case of which nothing more is known than what came of it. The suite is the first segment of its id.
    pub fn new(id: impl Into<String>, outcome: Outcome) -> Self {
        let id = id.into();
        Self {
            suite: id.split('/').next().unwrap_or_default().to_owned(),
            id,
            title: String::new(),
            part_of: Vec::new(),
            since: None,
            checks: Vec::new(),
            judged: Vec::new(),
            outcome,
            findings: Vec::new(),
            not_scored: Vec::new(),
            blocker: None,
            adapted: Vec::new(),
            treated: Vec::new(),
            history: None,
            witnessed: Vec::new(),
            disputed: Vec::new(),
            blocked_by: Vec::new(),
            expected: None,
            notes: Vec::new(),
            steps: Vec::new(),
            transcript: Vec::new(),
            shared: Vec::new(),
            shares_nothing: false,
            given_later: Vec::new(),
            rests_on: Vec::new(),
            follows: Vec::new(),
            swept: 0,
            leftovers: Vec::new(),
            took: Duration::ZERO,
        }
    }

    /// How many requests were sent for it alone: what it shares with others is not among them.
    pub fn requests(&self) -> usize {
        self.transcript.len().saturating_sub(self.shared.iter().map(|shared| shared.count).sum())
    }

    /// Whether it has findings of that level or above, and the baseline knows all of them.
    pub fn is_known(&self, level: Level) -> bool {
        let mut counting = self.findings.iter().filter(|finding| finding.level >= level).peekable();
        counting.peek().is_some() && counting.all(|finding| finding.known.is_some())
    }

    /// Whether other cases may still explain all that was found: it rests on what one of them may find violated, or what was found is
    /// what laws say, which a scenario may say, too.
    pub fn is_provisional(&self) -> bool {
        let least = if self.outcome == Outcome::Failed { Level::Must } else { Level::May };
        let mut counting = self.findings.iter().filter(|finding| finding.level >= least).peekable();
        counting.peek().is_some() && (!self.rests_on.is_empty() || counting.all(|finding| finding.law.is_some()))
    }

    /// Takes what came of it out of the score, because that edition brought the case. Only what says nothing of the server stays: that
    /// the run was stopped or had used up its budget, or a fault of this program.
    pub fn set_aside(&mut self, since: Edition) {
        let findings = self.findings.drain(..);
        self.not_scored.extend(findings.map(|finding| NotScored { finding, since }));
        match &self.outcome {
            Outcome::Passed
            | Outcome::Skipped(_)
            | Outcome::Inconclusive(Cause::Stopped | Cause::NotReached(_) | Cause::Bug(_)) => return,
            Outcome::Failed => {}
            Outcome::Inconclusive(cause) => {
                let text = format!("it could not be judged: {cause}");
                self.notes.push(Note { text, requirement: None, exchange: None, all_well: false });
            }
        }
        self.blocker = None;
        self.outcome = Outcome::Skipped(Skip::NotScored(since));
    }
}

/// Folds findings, a reason for stopping and a reason why nothing was judged into an outcome: a violation that was seen stands,
/// whatever came after.
pub fn conclude(findings: &[Finding], cause: Option<Cause>, nothing_judged: Option<String>) -> Outcome {
    if findings.iter().any(|f| f.level == Level::Must) {
        return Outcome::Failed;
    }
    match (cause, nothing_judged) {
        (Some(cause), _) => Outcome::Inconclusive(cause),
        (None, Some(why)) if findings.is_empty() => Outcome::Skipped(Skip::NothingToJudge(why)),
        (None, _) => Outcome::Passed,
    }
}

//! A report that was written as JSON, as a report again: what can be said of a run can be said of its record.
//!
//! **Invariant:** what the record does not hold is not made up. Exchanges that were not kept are missing from the transcripts,
//! and the report knows how many there were.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::json::{self, ReadError, View};
use super::times::EndpointTimes;
use super::{Part, Report, ScoredBy, Tool};
use crate::budget::Depth;
use crate::capability::{Capability, Evidence, Support};
use crate::changes::{Change, ChangeGroup, ChangeKind, Changes};
use crate::requirement::{Advice, Edition, Failure, Level, Registry, Requirement, RequirementId, Testability};
use crate::source::{SourceFile, Span};
use crate::verdict::{
    Blocker, Broken, CaseResult, Finding, Known, KnownFailure, KnownState, Leftover, NotScored, Note, Outcome, Place,
    SharedUse, Skip,
};

/// What a stored report says of the exchanges that it may not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// How many requests each case sent.
    pub requests: BTreeMap<String, usize>,
    /// How many were sent in all, those of discovery included.
    pub all_requests: usize,
    /// The times of the answers.
    pub times: Vec<EndpointTimes>,
}

/// The last line of a scenario that is believed: files of scenarios are not that long.
const LAST_LINE: usize = 200_000;

/// What stands where the line of a scenario should.
const NO_LINE: &str = "(the report does not hold this line)";

impl View {
    /// The report that was written.
    ///
    /// # Errors
    /// When something in it has no meaning, with the place.
    pub fn report(&self) -> Result<Report, ReadError> {
        let known: BTreeMap<&str, Arc<Known>> =
            self.baseline.iter().map(|entry| (entry.name.as_str(), Arc::new(entry.known()))).collect();
        let files = files(self)?;
        let reader = Reader { view: self, known: &known, files: &files };
        let cases = self.cases.iter().map(|case| reader.case(case)).collect::<Result<Vec<_>, _>>()?;
        let state = |entry: &json::KnownFailure| {
            let state = entry
                .state()
                .ok_or_else(|| meaning(format!("the entry {} of `baseline`", entry.name), &entry.state))?;
            let same = known.get(entry.name.as_str()).map(Arc::clone);
            let known = same.unwrap_or_else(|| Arc::new(entry.known()));
            Ok(KnownFailure { known, state, place: entry.place.clone() })
        };
        Ok(Report {
            tool: Tool { name: self.tool.name.clone(), version: self.tool.version.clone() },
            base_url: self.target.base_url.clone(),
            credential: self.credential(),
            options: self.target.options.clone(),
            seed: self.seed,
            started: self.started.clone(),
            took: time(self.took_us, self.took_ms),
            selection: self.selection.clone(),
            suites: self.suites.clone(),
            providers: self.providers.clone(),
            exit_on: self.exit_on.clone(),
            depth: depth(self)?,
            laws: self.laws,
            settle: self.settle_ms.map(Duration::from_millis),
            budget: self.budget.as_ref().map(json::Budget::read).unwrap_or_default(),
            capabilities: self.capabilities.iter().map(json::Capability::read).collect(),
            cases,
            setups: self.setup_results()?,
            requirements: Arc::new(registry(self)?),
            edition: scored_by(self)?,
            discovery: self.discovery.as_ref().map(|_| self.discovered()).transpose()?.unwrap_or_default(),
            warnings: self.warnings.clone(),
            setup: self.setup.iter().map(json::Setup::read).collect(),
            treated: self.learnt.iter().map(json::Learnt::read).collect(),
            annexes: self.annexes.clone(),
            known: self.baseline.iter().map(state).collect::<Result<_, ReadError>>()?,
            changes: self.snapshots.as_ref().map(json::Snapshots::read).transpose()?,
            demo: self.target.demo.clone(),
            part: self.shard.as_ref().map(|shard| self.part(shard)).transpose()?,
            stored: Some(Stored {
                requests: self
                    .cases
                    .iter()
                    .map(|case| (case.id.clone(), case.requests))
                    .chain(self.setups.iter().map(|setup| (setup.id.clone(), setup.requests)))
                    .collect(),
                all_requests: self.totals.requests,
                times: self.times.clone(),
            }),
        })
    }
}

/// Reports that do not say are of versions that knew no other.
fn depth(view: &View) -> Result<Depth, ReadError> {
    let depth = |word: &str| Depth::parse(word).ok_or_else(|| meaning("`depth`".to_owned(), word));
    view.depth.as_deref().map_or(Ok(Depth::Full), depth)
}

fn scored_by(view: &View) -> Result<Option<ScoredBy>, ReadError> {
    let (Some(by), Some(newest)) = (&view.edition, &view.newest_edition) else { return Ok(None) };
    Ok(Some(ScoredBy { edition: edition("`edition`", by)?, newest: edition("`newest_edition`", newest)? }))
}

fn edition(place: &str, text: &str) -> Result<Edition, ReadError> {
    Edition::parse(text).ok_or_else(|| meaning(place.to_owned(), text))
}

impl View {
    fn part(&self, shard: &json::Shard) -> Result<Part, ReadError> {
        let json::Shard { index, count, .. } = shard;
        shard.read().ok_or_else(|| meaning("the shard".to_owned(), &format!("{index}/{count}")))
    }
}

/// A word that means nothing here.
fn meaning(place: String, word: &str) -> ReadError {
    let word = super::escape::cut(&super::escape::line(word), 60);
    ReadError::Meaning { place: super::escape::cut(&super::escape::line(&place), 200), word }
}

fn time(micros: Option<u64>, millis: u64) -> Duration {
    micros.map_or(Duration::from_millis(millis), Duration::from_micros)
}

fn ids(ids: &[String]) -> Vec<RequirementId> {
    ids.iter().map(|id| RequirementId::from(id.as_str())).collect()
}

impl json::KnownFailure {
    fn known(&self) -> Known {
        let Self { name, reason, link, expires, .. } = self;
        Known { name: name.clone(), reason: reason.clone(), link: link.clone(), expires: expires.clone() }
    }

    fn state(&self) -> Option<KnownState> {
        Some(match self.state.as_str() {
            "holds" => KnownState::Holds { cases: self.cases },
            "stale" => KnownState::Stale,
            "expired" => KnownState::Expired,
            "not judged" => KnownState::NotJudged,
            _ => return None,
        })
    }
}

impl json::Capability {
    fn read(&self) -> (Capability, Support) {
        let capability = Capability::of(&self.name);
        let evidence = || Evidence::Told(self.evidence.clone().unwrap_or_default());
        let support = match self.support.as_str() {
            "yes" => Support::Yes(evidence()),
            "no" => Support::No(evidence()),
            _ => Support::Unknown,
        };
        (capability, support)
    }
}

impl json::Snapshots {
    fn read(&self) -> Result<Changes, ReadError> {
        let group = |change: &json::Change| {
            let kind = ChangeKind::parse(&change.kind)
                .ok_or_else(|| meaning("the kind of a change in `snapshots`".to_owned(), &change.kind))?;
            let json::Change { request, place, before, after, various, cases, .. } = change.clone();
            Ok(ChangeGroup { change: Change { kind, request, place, before, after }, various, cases })
        };
        Ok(Changes {
            folder: self.folder.clone(),
            compared: self.compared,
            same: self.same,
            groups: self.changes.iter().map(group).collect::<Result<_, ReadError>>()?,
            not_compared: self.not_compared.clone(),
            obsolete: self.obsolete.clone(),
            written: self.written,
            strict: self.strict,
        })
    }
}

/// The requirements with what each finding was told of consequence and fix.
fn registry(view: &View) -> Result<Registry, ReadError> {
    let mut findings: BTreeMap<&str, Vec<&json::Finding>> = BTreeMap::new();
    for finding in unmet(view).chain(view.cases.iter().flat_map(|case| &case.follows)) {
        findings.entry(&finding.requirement).or_default().push(finding);
    }
    let nowhere = Arc::new(SourceFile { name: String::new(), text: String::new() });
    let read = |requirement: &json::Requirement| {
        let level = Level::parse(&requirement.level)
            .ok_or_else(|| meaning(format!("the level of {}", requirement.id), &requirement.level))?;
        let of = findings.get(requirement.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let advice = |own: &dyn Fn(&json::Finding) -> Option<String>, first: &Option<String>| {
            let told = of.iter().filter_map(|finding| {
                Some((Failure::parse(&finding.failure).unwrap_or_default(), own(finding).or_else(|| first.clone())?))
            });
            let forms: BTreeMap<Failure, String> = told.collect();
            (!forms.is_empty()).then(|| Advice::of(forms))
        };
        Ok(Requirement {
            id: RequirementId::from(requirement.id.as_str()),
            source: requirement.source.clone(),
            section: requirement.section.clone(),
            level,
            area: requirement.area.clone(),
            title: requirement.title.clone(),
            consequence: advice(&|finding| finding.consequence.clone(), &requirement.consequence),
            fix: advice(&|finding| finding.fix.clone(), &requirement.fix),
            sources: requirement.sources.clone(),
            note: requirement.note.clone(),
            applies_if: "always".to_owned(),
            testability: Testability::BlackBox,
            modes: Vec::new(),
            okta: requirement.okta && requirement.source != crate::requirement::OWN,
            since: requirement.since.as_deref().map(|since| edition("`since` of a requirement", since)).transpose()?,
            changed: Vec::new(),
            restates: Vec::new(),
            span: Span::start_of(&nowhere),
        })
    };
    view.requirements.iter().map(read).collect()
}

/// All findings, those that are not scored last in each case.
fn unmet(view: &View) -> impl Iterator<Item = &json::Finding> {
    view.cases.iter().flat_map(|case| case.findings.iter().chain(&case.not_scored))
}

/// The files of scenarios, as far as findings show their lines.
fn files(view: &View) -> Result<BTreeMap<&str, Arc<SourceFile>>, ReadError> {
    let mut lines: BTreeMap<&str, BTreeMap<usize, &str>> = BTreeMap::new();
    let following = view.cases.iter().flat_map(|case| &case.follows);
    for finding in unmet(view).chain(following) {
        if !(1..=LAST_LINE).contains(&finding.line) {
            return Err(meaning(format!("`line` of a finding of {}", finding.requirement), &finding.line.to_string()));
        }
        let line = finding.source.as_ref().map_or(NO_LINE, |source| source.text.as_str());
        lines.entry(&finding.file).or_default().insert(finding.line, line.split('\n').next().unwrap_or_default());
    }
    let text = |lines: BTreeMap<usize, &str>| {
        let mut text = String::new();
        let mut at = 1;
        for (line, shown) in lines {
            text.extend(std::iter::repeat_n('\n', line - at));
            text.push_str(shown);
            at = line;
        }
        text.push('\n');
        text
    };
    let file = |(name, lines): (&'_ str, _)| Arc::new(SourceFile { name: name.to_owned(), text: text(lines) });
    Ok(lines.into_iter().map(|(name, lines)| (name, file((name, lines)))).collect())
}

/// What is needed to read a case.
struct Reader<'a> {
    view: &'a View,
    known: &'a BTreeMap<&'a str, Arc<Known>>,
    files: &'a BTreeMap<&'a str, Arc<SourceFile>>,
}

impl Reader<'_> {
    fn case(&self, case: &json::Case) -> Result<CaseResult, ReadError> {
        let blocked_by = ids(case.blocked_by.as_deref().unwrap_or_default());
        let blocker =
            case.stopped_at.map(|exchange| Blocker { exchange, demand: None, settled: false, went_on: false });
        let left = self.view.leftovers.iter().filter(|leftover| leftover.case == case.id);
        Ok(CaseResult {
            id: case.id.clone(),
            suite: case.suite.clone(),
            title: case.title.clone(),
            part_of: case.part_of.clone(),
            checks: ids(&case.checks),
            judged: ids(&case.judged),
            since: case.since.as_deref().map(|since| edition(&format!("`since` of {}", case.id), since)).transpose()?,
            outcome: outcome(case)?,
            findings: case.findings.iter().map(|finding| self.finding(case, finding)).collect::<Result<_, _>>()?,
            not_scored: case
                .not_scored
                .iter()
                .map(|finding| self.not_scored(case, finding))
                .collect::<Result<_, _>>()?,
            blocker,
            adapted: Vec::new(),
            treated: Vec::new(),
            blocked_by,
            expected: self.known(case.expected.as_deref(), case.expected_as.as_deref()),
            notes: case.notes.iter().map(note).collect(),
            transcript: case.exchanges.as_ref().map(|_| case.recorded()).transpose()?.unwrap_or_default(),
            steps: Vec::new(),
            shared: case
                .shared
                .iter()
                .map(|shared| SharedUse { setup: shared.setup.clone(), first: shared.first, count: shared.count })
                .collect(),
            shares_nothing: case.shares_nothing,
            given_later: case.given_later.clone(),
            history: case.history.as_deref().map(Into::into),
            witnessed: case.witnessed.iter().map(Into::into).collect(),
            disputed: case.disputed.iter().map(Into::into).collect(),
            rests_on: ids(&case.rests_on),
            follows: case.follows.iter().map(|finding| self.finding(case, finding)).collect::<Result<_, _>>()?,
            swept: case.swept,
            leftovers: left.map(|left| Leftover { path: left.path.clone(), why: left.why.clone() }).collect(),
            took: time(case.took_us, case.took_ms),
        })
    }

    /// The entry of the baseline that gives that reason.
    fn known(&self, reason: Option<&str>, name: Option<&str>) -> Option<Arc<Known>> {
        let reason = reason?.to_owned();
        let name = name.unwrap_or_default();
        let entry = self.known.get(name).map(Arc::clone);
        Some(entry.unwrap_or_else(|| Arc::new(Known { name: name.to_owned(), reason, link: None, expires: None })))
    }

    fn not_scored(&self, case: &json::Case, finding: &json::Finding) -> Result<NotScored, ReadError> {
        let since =
            edition(&format!("`since` of a finding of {}", case.id), finding.since.as_deref().unwrap_or_default())?;
        Ok(NotScored { finding: self.finding(case, finding)?, since })
    }

    fn finding(&self, case: &json::Case, finding: &json::Finding) -> Result<Finding, ReadError> {
        let of = |what: &str| format!("{what} of a finding of {}", case.id);
        let nowhere = || Arc::new(SourceFile { name: finding.file.clone(), text: String::new() });
        Ok(Finding {
            requirement: RequirementId::from(finding.requirement.as_str()),
            level: Level::parse(&finding.level).ok_or_else(|| meaning(of("the level"), &finding.level))?,
            expected: finding.expected.clone(),
            actual: finding.actual.clone(),
            place: Place::parse(&finding.place).ok_or_else(|| meaning(of("the place"), &finding.place))?,
            failure: Failure::parse(&finding.failure).unwrap_or_default(),
            exchange: finding.exchange,
            in_setup: finding.in_setup,
            because: finding.because.clone(),
            known: self.known(finding.known.as_deref(), finding.known_as.as_deref()),
            law: finding.law.clone().map(|law| Broken {
                kind: law.kind,
                attribute: law.attribute,
                method: law.method,
                write: law.write,
                demanded: String::new(),
            }),
            span: span(self.files.get(finding.file.as_str()).map_or_else(nowhere, Arc::clone), finding),
        })
    }
}

/// The place in a line, which is given in characters.
fn span(file: Arc<SourceFile>, finding: &json::Finding) -> Span {
    let before: usize = file.text.split_inclusive('\n').take(finding.line - 1).map(str::len).sum();
    let line = file.text.get(before..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let at = |column: usize| before + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let (column, length) = match &finding.source {
        Some(source) => (source.column.saturating_sub(1), source.length),
        None => (0, line.chars().count()),
    };
    let bytes = at(column)..at(column.saturating_add(length));
    Span { file, bytes }
}

fn note(note: &json::Note) -> Note {
    Note {
        text: note.text.clone(),
        requirement: note.requirement.as_deref().map(RequirementId::from),
        exchange: note.exchange,
        all_well: note.all_well,
    }
}

fn outcome(case: &json::Case) -> Result<Outcome, ReadError> {
    let of = |what: &str| format!("{what} of {}", case.id);
    Ok(match case.outcome.as_str() {
        "passed" => Outcome::Passed,
        "failed" => Outcome::Failed,
        "skipped" => Outcome::Skipped(match (case.skip.as_deref(), &case.needs) {
            (Some("unsupported"), Some(needs)) => Skip::Unsupported {
                capability: Capability::of(&needs.capability),
                evidence: Evidence::Told(needs.evidence.clone()),
            },
            (Some("deselected"), _) => Skip::Deselected,
            (Some("depth"), _) => Skip::Depth,
            (Some("costly"), _) => Skip::Costly,
            (Some("not-scored"), _) => {
                Skip::NotScored(edition(&of("`since`"), case.since.as_deref().unwrap_or_default())?)
            }
            // What an early version wrote says why in words alone.
            _ => Skip::NothingToJudge(case.reason.clone().unwrap_or_default()),
        }),
        "inconclusive" => {
            let cause = case.cause.as_ref().ok_or_else(|| ReadError::NoCause(case.id.clone()))?;
            Outcome::Inconclusive(cause.read())
        }
        other => return Err(meaning(of("the outcome"), other)),
    })
}

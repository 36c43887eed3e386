//! What we say: one value, and every format a function of it.
//!
//! **Invariant:** pure. No clock, no environment, no path, no printing; whatever came from the server is escaped for the
//! medium it goes to.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use self::annex::Annex;
use self::stored::Stored;
use self::works_with::Provider;
use crate::budget::{Budget, Depth, Limit};
use crate::capability::{Capability, Support};
use crate::changes::Changes;
use crate::requirement::{Edition, Level, OWN, Registry, Requirement, RequirementId, Testability};
use crate::shard::Shard;
use crate::verdict::{
    Adapted, CaseResult, Cause, Finding, KnownFailure, Leftover, NotScored, Outcome, SetupResult, Skip, Treated,
};
use crate::wire::Exchange;
use crate::wire::auth::Manner;

pub mod annex;
pub mod annotations;
pub mod attributes;
pub mod badge;
pub mod changes;
pub mod diff;
pub(crate) mod draw;
pub(crate) mod escape;
pub mod format;
pub mod har;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub(crate) mod markup;
pub mod stored;
pub mod text;
pub mod times;
pub mod works_with;

/// The program that made a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What stands for the credential in [`Report::options`]: the variable of the environment that holds it.
pub const SECRET: &str = "$SCIM_CHECK_TOKEN";

/// Everything a run brought to light.
#[derive(Clone, Debug)]
pub struct Report {
    /// Who ran it.
    pub tool: Tool,
    /// Against which server, without credentials.
    pub base_url: String,
    /// How the credential was sent, without it.
    pub credential: Manner,
    /// What else has to be typed to reach the same server and the same scenarios: options and their values. No secret is among
    /// them; [`SECRET`] at the end of a word stands for it.
    pub options: Vec<String>,
    /// The seed of everything random in it.
    pub seed: u64,
    /// When it began (RFC 3339).
    pub started: String,
    /// How long it took.
    pub took: Duration,
    /// The selection as typed; empty for everything.
    pub selection: Vec<String>,
    /// The suites in play.
    pub suites: Vec<String>,
    /// What has to be known of the providers whose suites these are, for the table of what works.
    pub providers: Vec<Provider>,
    /// The rows of that table that decide verdict and exit code, by their names; all where there is none.
    pub exit_on: Vec<String>,
    /// How much of what could be run was run.
    pub depth: Depth,
    /// Whether writes were held against laws that no scenario says.
    pub laws: bool,
    /// How long a write was given until reads show it; none where the record does not say.
    pub settle: Option<Duration>,
    /// What the run was allowed to cost.
    pub budget: Budget,
    /// What the server offers, and how we know.
    pub capabilities: Vec<(Capability, Support)>,
    /// The cases of the suites in play in the order of the plan, those that were not run included. Those of other shards are not
    /// among them.
    pub cases: Vec<CaseResult>,
    /// What was sent for setup that several cases share. A case has what prepared it in its own transcript, too.
    pub setups: Vec<SetupResult>,
    /// What the demands say, with the levels of the edition.
    pub requirements: Arc<Registry>,
    /// By which edition is scored; `None` in the record of a version that knew none.
    pub edition: Option<ScoredBy>,
    /// The exchanges that asked the server what it offers.
    pub discovery: Vec<Exchange>,
    /// What the user should know about how the program was called.
    pub warnings: Vec<String>,
    /// How setup differed from what the scenarios say, because the server refuses that.
    pub setup: Vec<Setup>,
    /// What the server was seen doing with attributes, in the order of kinds and attributes; none where the laws were held against nothing.
    pub treated: Vec<Treated>,
    /// What an identity provider's wing makes of all that; see [`Report::with_annexes`].
    pub annexes: Vec<Annex>,
    /// What came of each entry of the baseline.
    pub known: Vec<KnownFailure>,
    /// What came of the comparison with accepted answers, where that was asked for.
    pub changes: Option<Changes>,
    /// When the server was the built-in one, which is gone by now: the command that starts it again and runs on it.
    pub demo: Option<String>,
    /// What is known of the exchanges where the report was read from a record, which may not hold them.
    pub stored: Option<Stored>,
    /// Which part of a run it is of, if it is not of all of it.
    pub part: Option<Part>,
}

impl Report {
    /// The attributes that the server does not simply store as they are sent, each with what it does with it.
    pub fn ways(&self) -> impl Iterator<Item = (String, String)> {
        let told = |one: &Treated| Some((format!("{} {}", one.kind, one.attribute), one.in_words()?));
        self.treated.iter().filter_map(told)
    }
}

/// The part of a run that one of several shards is.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Which.
    pub shard: Shard,
    /// The cases of all shards in the order of the plan; none where the run did not begin.
    pub plan: Vec<String>,
    /// What is needed to make one run of all shards and stands nowhere else in the report. For the same version alone.
    pub for_merge: serde_json::Value,
}

/// How what setup created in a collection differed from what the scenarios say, because the server refuses that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Where, and what.
    pub adapted: Adapted,
    /// The demand that the refusal does not meet, where a finding tells it.
    pub requirement: Option<RequirementId>,
    /// In how many cases.
    pub cases: usize,
}

impl Setup {
    /// Of all cases, in the order of the collections.
    pub fn of(cases: &[CaseResult]) -> Vec<Setup> {
        let mut all: BTreeMap<&str, Setup> = BTreeMap::new();
        for adapted in cases.iter().flat_map(|case| &case.adapted) {
            let new = || Setup { adapted: adapted.clone(), requirement: None, cases: 0 };
            let setup = all.entry(&adapted.path).or_insert_with(new);
            setup.adapted.join(adapted);
            setup.cases += 1;
        }
        let mut all: Vec<Setup> = all.into_values().collect();
        all.iter_mut().for_each(|setup| setup.requirement = setup.cause(cases));
        all
    }

    /// The demand of the first finding on such a create that was refused for what is different.
    fn cause(&self, cases: &[CaseResult]) -> Option<RequirementId> {
        let tells = |case: &CaseResult, finding: &Finding| {
            let because = finding.because.as_deref().unwrap_or_default();
            let request = case.transcript.get(finding.exchange).map(|exchange| &exchange.request);
            request.is_some_and(|request| request.method == "POST" && request.path == self.adapted.path)
                && self.adapted.names().any(|name| because.contains(&format!("`{name}`")))
        };
        let findings = cases.iter().flat_map(|case| case.findings.iter().filter(|finding| tells(case, finding)));
        findings.map(|finding| finding.requirement.clone()).next()
    }

    /// The same of several parts of a run.
    pub fn joined(parts: impl IntoIterator<Item = Setup>) -> Vec<Setup> {
        let mut all: BTreeMap<String, Setup> = BTreeMap::new();
        for part in parts {
            match all.get_mut(&part.adapted.path) {
                Some(known) => {
                    known.adapted.join(&part.adapted);
                    known.cases += part.cases;
                    known.requirement = known.requirement.take().or(part.requirement);
                }
                None => {
                    all.insert(part.adapted.path.clone(), part);
                }
            }
        }
        all.into_values().collect()
    }

    /// In a line, without the full stop: ``setup: users were created without `groups`, which the server refuses (OKTA-create-201)``.
    pub fn in_words(&self) -> String {
        let Adapted { path, without, with } = &self.adapted;
        let names = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            match names.as_slice() {
                [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
                names => names.concat(),
            }
        };
        let mut told = Vec::new();
        if !without.is_empty() {
            told.push(format!("without {}, which the server refuses", names(without)));
        }
        if !with.is_empty() {
            told.push(format!("with {}, which the server demands", names(with)));
        }
        let cause = self.requirement.as_ref().map(|requirement| format!(" ({requirement})")).unwrap_or_default();
        format!("setup: {} were created {}{cause}", path.trim_matches('/').to_lowercase(), told.join(", and "))
    }
}

/// The edition that decides which demands count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoredBy {
    /// The one by which is scored.
    pub edition: Edition,
    /// The newest that the program knows: what it demands beyond `edition` is judged, and not scored.
    pub newest: Edition,
}

impl ScoredBy {
    /// Whether there is a newer one.
    pub fn is_older(self) -> bool {
        self.edition < self.newest
    }
}

/// Which findings decide the verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Those of a `MUST`.
    #[default]
    Must,
    /// Those of a `SHOULD` as well.
    Should,
}

impl Strictness {
    /// The lowest level that counts.
    pub fn level(self) -> Level {
        match self {
            Strictness::Must => Level::Must,
            Strictness::Should => Level::Should,
        }
    }
}

/// What the whole run says of the server. Derived, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was tested that applies, and is as it should be.
    Conforms,
    /// What was tested is as it should be; some of it was left out.
    Partial,
    /// A binding demand is not met.
    Violates,
    /// No violation was seen, and not everything could be judged.
    Undecided,
}

impl Verdict {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Conforms => "conforms",
            Verdict::Partial => "partial",
            Verdict::Violates => "violates",
            Verdict::Undecided => "undecided",
        }
    }
}

/// What is known of one requirement after the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was judged, and always met.
    Met,
    /// It was not met at least once.
    Violated,
    /// A case that judges it was run and did not come to it.
    Undecided,
    /// No case that judges it was run.
    Untested,
    /// It was not met, which the edition of the run does not score.
    NotScored,
}

impl Status {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Met => "met",
            Status::Violated => "violated",
            Status::Undecided => "undecided",
            Status::Untested => "untested",
            Status::NotScored => "not scored",
        }
    }
}

/// The run in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Cases of the suites in play.
    pub cases: usize,
    /// Those that passed, with or without `SHOULD` findings.
    pub passed: usize,
    /// Those of the passed ones with a `SHOULD` finding.
    pub warned: usize,
    /// Those in which a `MUST` was not met.
    pub failed: usize,
    /// Those that were not run.
    pub skipped: usize,
    /// Those of the skipped ones that the user left out.
    pub deselected: usize,
    /// Those that told us nothing.
    pub inconclusive: usize,
    /// Those of the inconclusive ones that the run's budget ended before they were judged.
    pub not_reached: usize,
    /// Those of the failed and inconclusive ones that the baseline knows.
    pub known: usize,
    /// Requests, those of discovery and of the sweep included.
    pub requests: usize,
    /// Resources that are still on the server.
    pub leftovers: usize,
}

impl Report {
    /// The report of what was run against a server, in which nothing else is said yet.
    pub fn of(
        tool: Tool,
        base_url: String,
        credential: Manner,
        requirements: Arc<Registry>,
        (cases, setups): (Vec<CaseResult>, Vec<SetupResult>),
    ) -> Self {
        Self {
            tool,
            base_url,
            credential,
            options: Vec::new(),
            seed: 0,
            started: String::new(),
            took: Duration::ZERO,
            selection: Vec::new(),
            suites: Vec::new(),
            providers: Vec::new(),
            exit_on: Vec::new(),
            depth: Depth::Default,
            laws: false,
            settle: None,
            budget: Budget::default(),
            capabilities: Vec::new(),
            setup: Setup::of(&cases),
            treated: Treated::joined(cases.iter().flat_map(|case| case.treated.iter().cloned())),
            cases,
            setups,
            requirements,
            edition: None,
            discovery: Vec::new(),
            warnings: Vec::new(),
            annexes: Vec::new(),
            known: Vec::new(),
            changes: None,
            demo: None,
            stored: None,
            part: None,
        }
    }

    /// The finished report: with the annexes that wings make of it, and its times in whole microseconds, as they are stored.
    #[must_use]
    pub fn with_annexes(mut self, make: impl FnOnce(&Report) -> Vec<Annex>) -> Self {
        let whole = |time: &mut Duration| *time = Duration::new(time.as_secs(), time.subsec_micros() * 1000);
        whole(&mut self.took);
        let transcripts = self.cases.iter_mut().flat_map(|case| {
            whole(&mut case.took);
            &mut case.transcript
        });
        let setups = self.setups.iter_mut().flat_map(|setup| {
            whole(&mut setup.took);
            &mut setup.transcript
        });
        for exchange in self.discovery.iter_mut().chain(transcripts).chain(setups) {
            whole(&mut exchange.took);
            exchange.attempts.iter_mut().for_each(|attempt| whole(&mut attempt.waited));
        }
        self.annexes = make(&self);
        self
    }

    /// What the whole run says of the server. A run without a single case says nothing.
    pub fn verdict(&self, strictness: Strictness) -> Verdict {
        let deciding = || self.cases.iter().filter(|case| self.decides(case));
        let unexpected = || deciding().filter(|case| case.expected.is_none());
        let is = |wanted: fn(&Outcome) -> bool| unexpected().any(|case| wanted(&case.outcome));
        let counts = |finding: &Finding| finding.level >= strictness.level() && finding.known.is_none();
        // What is not scored says nothing of an older edition.
        let is_later = |case: &CaseResult| matches!(case.outcome, Outcome::Skipped(Skip::NotScored(_)));
        let has_run = |case: &CaseResult| !matches!(case.outcome, Outcome::Skipped(_));
        let is_of_later_alone = !deciding().any(has_run) && deciding().any(is_later);
        if deciding().any(|case| case.findings.iter().any(counts)) {
            Verdict::Violates
        } else if is_of_later_alone
            || (deciding().next().is_none() && !self.is_empty_shard())
            || is(|outcome| matches!(outcome, Outcome::Inconclusive(_)))
        {
            Verdict::Undecided
        } else if is(|outcome| matches!(outcome, Outcome::Skipped(skip) if skip.is_choice())) {
            Verdict::Partial
        } else {
            Verdict::Conforms
        }
    }

    /// Whether it is of a shard of a run that began, and none of the cases that the user chose falls into it: then there was nothing to
    /// do, and nothing is wrong.
    pub fn is_empty_shard(&self) -> bool {
        let is_left_out = |case: &CaseResult| matches!(&case.outcome, Outcome::Skipped(skip) if skip.is_choice());
        let mut deciding = self.cases.iter().filter(|case| self.decides(case));
        self.part.as_ref().is_some_and(|part| !part.plan.is_empty()) && deciding.all(is_left_out)
    }

    /// The run that a case or a shared setup is of, if that is not the first one of the report.
    pub(crate) fn elsewhere(&self, id: &str) -> Option<&works_with::Elsewhere> {
        let suite = id.split('/').next().unwrap_or(id);
        self.providers.iter().find(|provider| provider.suite == suite)?.elsewhere.as_ref()
    }

    /// The address of the server in the run that a case or a shared setup is of.
    pub(crate) fn address_of(&self, id: &str) -> &str {
        self.elsewhere(id).map_or(&self.base_url, |elsewhere| &elsewhere.base_url)
    }

    /// Whether a case counts for verdict and exit code (`--exit-on`).
    pub fn decides(&self, case: &CaseResult) -> bool {
        works_with::decides(self, case)
    }

    /// The same report of the cases alone that count for verdict and exit code.
    #[must_use]
    pub fn deciding(&self) -> Cow<'_, Self> {
        if self.exit_on.is_empty() {
            return Cow::Borrowed(self);
        }
        let cases = self.cases.iter().filter(|case| self.decides(case)).cloned().collect();
        Cow::Owned(Self { cases, exit_on: Vec::new(), ..self.clone() })
    }

    /// The run in numbers.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { cases: self.cases.len(), ..Totals::default() };
        totals.requests = match &self.stored {
            Some(stored) => stored.all_requests,
            None => self.sent().count(),
        };
        totals.leftovers = self.setups.iter().map(|setup| setup.leftovers.len()).sum();
        for case in &self.cases {
            totals.leftovers += case.leftovers.len();
            totals.known += usize::from(case.expected.is_some() || case.is_known(Level::Must));
            match &case.outcome {
                Outcome::Passed => {
                    totals.passed += 1;
                    totals.warned += usize::from(case.findings.iter().any(|f| f.level == Level::Should));
                }
                Outcome::Failed => totals.failed += 1,
                Outcome::Skipped(skip) => {
                    totals.skipped += 1;
                    totals.deselected += usize::from(skip.is_choice());
                }
                Outcome::Inconclusive(cause) => {
                    totals.inconclusive += 1;
                    totals.not_reached += usize::from(matches!(cause, Cause::NotReached(_)));
                }
            }
        }
        totals
    }

    /// What ended the run before its end, a sentence for each limit (those of shards may differ), without the full stop: `stopped
    /// after 500 requests (--max-requests): 120 of 310 cases were not reached`. None where everything was reached.
    pub fn ended_early(&self) -> Vec<String> {
        let wanted = |case: &&CaseResult| !matches!(&case.outcome, Outcome::Skipped(skip) if skip.is_choice());
        let wanted = self.cases.iter().filter(wanted).count();
        let mut limits: Vec<(Limit, usize)> = Vec::new();
        for case in &self.cases {
            let Outcome::Inconclusive(Cause::NotReached(limit)) = case.outcome else { continue };
            match limits.iter_mut().find(|(known, _)| *known == limit) {
                Some((_, count)) => *count += 1,
                None => limits.push((limit, 1)),
            }
        }
        let told = |(limit, count): (Limit, usize)| {
            let were = if count == 1 { "was" } else { "were" };
            let of = draw::counted(wanted, "case");
            format!("stopped after {limit} ({}): {count} of {of} {were} not reached", limit.option())
        };
        limits.into_iter().map(told).collect()
    }

    /// The demands that bind and that nothing looked at because the run was not in full depth, and of how many that would have been looked at
    /// otherwise.
    pub fn left_out(&self) -> (Vec<Arc<Requirement>>, usize) {
        let is_of_depth = |case: &&CaseResult| matches!(case.outcome, Outcome::Skipped(Skip::Depth | Skip::Costly));
        let of_depth = self.cases.iter().filter(is_of_depth);
        let of_depth: BTreeSet<&RequirementId> = of_depth.flat_map(|case| &case.checks).collect();
        let binding = self.requirement_status().into_iter().filter(|(requirement, _)| requirement.level == Level::Must);
        let (untested, tested): (Vec<_>, Vec<_>) = binding.partition(|(_, status)| *status == Status::Untested);
        let left_out: Vec<Arc<Requirement>> =
            untested.into_iter().map(|(requirement, _)| requirement).filter(|r| of_depth.contains(&r.id)).collect();
        let of = tested.len() + left_out.len();
        (left_out, of)
    }

    /// What was not looked at because of the depth, in a line: `depth quick: 80 of 240 MUSTs were left out`. None where nothing was.
    pub fn limited_by_depth(&self) -> Option<String> {
        let (left_out, of) = self.left_out();
        let costly = self.cases.iter().filter(|case| case.outcome == Outcome::Skipped(Skip::Costly)).count();
        match self.depth {
            Depth::Quick => Some(format!("depth quick: {} of {of} MUSTs were left out", left_out.len())),
            Depth::Default if costly > 0 => {
                let cases = draw::counted(costly, "costly case");
                let (is, musts) = (if costly == 1 { "is" } else { "are" }, draw::counted(left_out.len(), "MUST"));
                Some(format!("depth default: {cases} {is} left to --depth full, and with them {musts}"))
            }
            Depth::Default | Depth::Full => None,
        }
    }

    /// How many requests a case sent, whether or not they were kept.
    pub fn requests_of(&self, case: &CaseResult) -> usize {
        let told = self.stored.as_ref().and_then(|stored| stored.requests.get(&case.id));
        told.copied().unwrap_or(case.requests())
    }

    /// Every exchange that is kept, once each: of discovery, of cases, and of the setup that they share.
    pub fn sent(&self) -> impl Iterator<Item = &Exchange> {
        let cases = self.cases.iter().flat_map(|case| {
            let own = |index: &usize| !case.shared.iter().any(|shared| shared.holds(*index));
            (0..case.transcript.len()).filter(own).map(|index| &case.transcript[index])
        });
        self.discovery.iter().chain(cases).chain(self.setups.iter().flat_map(|setup| &setup.transcript))
    }

    /// Every requirement that a case of the suites in play judges, run or not, ordered by key.
    pub fn requirement_status(&self) -> Vec<(Arc<Requirement>, Status)> {
        let mut status: BTreeMap<&RequirementId, Status> = BTreeMap::new();
        let mut raise = |id, to: Status| {
            let rank = |s: Status| {
                [Status::Untested, Status::Undecided, Status::Met, Status::NotScored, Status::Violated]
                    .iter()
                    .position(|x| *x == s)
            };
            let known = status.entry(id).or_insert(to);
            if rank(to) > rank(*known) {
                *known = to;
            }
        };
        for case in &self.cases {
            // A case that failed may have ended there: what it did not come to is as open as in an inconclusive one.
            let open = match case.outcome {
                Outcome::Failed | Outcome::Inconclusive(_) => Status::Undecided,
                Outcome::Passed | Outcome::Skipped(_) => Status::Untested,
            };
            case.checks.iter().for_each(|id| raise(id, open));
            case.judged.iter().for_each(|id| raise(id, Status::Met));
            case.findings
                .iter()
                .filter(|f| f.level >= Level::Should)
                .for_each(|f| raise(&f.requirement, Status::Violated));
            case.not_scored.iter().for_each(|later| raise(&later.finding.requirement, Status::NotScored));
        }
        status.into_iter().filter_map(|(id, status)| Some((self.requirement(id)?, status))).collect()
    }

    /// The finding that a requirement was first seen violated by.
    fn first_finding(&self, id: &RequirementId) -> Option<(&CaseResult, &Finding)> {
        let scored = self.cases.iter().flat_map(|case| case.findings.iter().map(move |finding| (case, finding)));
        let later = self.cases.iter().flat_map(|case| case.not_scored.iter().map(move |later| (case, &later.finding)));
        scored.chain(later).find(|(_, finding)| finding.requirement == *id)
    }

    /// What is not met and not scored, those of one requirement and edition together: the older edition first, then what binds more.
    pub fn later(&self) -> Vec<Later<'_>> {
        let mut all: Vec<Later<'_>> = Vec::new();
        for (case, NotScored { finding, since }) in
            self.cases.iter().flat_map(|case| case.not_scored.iter().map(move |later| (case, later)))
        {
            let same = |later: &&mut Later<'_>| later.requirement.id == finding.requirement && later.since == *since;
            match all.iter_mut().find(same) {
                Some(later) => later.seen.push((case, finding)),
                None => all.extend(self.requirement(&finding.requirement).map(|requirement| Later {
                    requirement,
                    since: *since,
                    seen: vec![(case, finding)],
                })),
            }
        }
        all.sort_by_key(|later| (later.since, std::cmp::Reverse(later.seen.iter().map(|(_, f)| f.level).max())));
        all
    }

    /// The report as it would be by the newest edition, whose requirements these are.
    #[must_use]
    pub fn by_newest(&self, requirements: &Arc<Registry>) -> Self {
        let mut report = Self { requirements: Arc::clone(requirements), ..self.clone() };
        if let Some(scored) = &mut report.edition {
            scored.edition = scored.newest;
        }
        for case in &mut report.cases {
            let later = std::mem::take(&mut case.not_scored);
            case.findings.extend(later.into_iter().map(|later| later.finding));
            for finding in &mut case.findings {
                finding.level = requirements.get(finding.requirement.as_str()).map_or(finding.level, |r| r.level);
            }
            case.since = None;
            let is_violated = case.findings.iter().any(|finding| finding.level == Level::Must);
            case.outcome = match std::mem::replace(&mut case.outcome, Outcome::Passed) {
                _ if is_violated => Outcome::Failed,
                Outcome::Failed => Outcome::Passed,
                Outcome::Skipped(Skip::NotScored(since)) if case.findings.is_empty() => {
                    let (request, why) =
                        ("a case".to_owned(), format!("that is new in edition {since} could not be judged"));
                    Outcome::Inconclusive(Cause::SetupFailed { request, why })
                }
                Outcome::Skipped(Skip::NotScored(_)) => Outcome::Passed,
                other => other,
            };
        }
        report
    }

    /// How many cases could not be judged because of each requirement.
    pub fn held_back(&self) -> BTreeMap<&RequirementId, usize> {
        let mut counts = BTreeMap::new();
        let undecided = self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Inconclusive(_)));
        undecided.flat_map(|case| &case.blocked_by).for_each(|id| *counts.entry(id).or_default() += 1);
        counts
    }

    /// What is still on the server, with the id of the case or the shared setup that made it.
    pub fn leftovers(&self) -> impl Iterator<Item = (&str, &Leftover)> {
        let cases = self.cases.iter().map(|case| (case.id.as_str(), &case.leftovers));
        let setups = self.setups.iter().map(|setup| (setup.id.as_str(), &setup.leftovers));
        cases.chain(setups).flat_map(|(id, left)| left.iter().map(move |leftover| (id, leftover)))
    }

    /// Whether any case was run.
    pub fn ran(&self) -> bool {
        self.cases.iter().any(|case| !matches!(case.outcome, Outcome::Skipped(_)))
    }

    /// The requirement of that key. A finding whose requirement is not registered is still shown, by its key alone.
    pub fn requirement(&self, id: &RequirementId) -> Option<Arc<Requirement>> {
        if let Some(known) = self.requirements.get(id.as_str()) {
            return Some(Arc::clone(known));
        }
        let (_, finding) = self.first_finding(id)?;
        Some(Arc::new(Requirement {
            id: id.clone(),
            source: OWN.to_owned(),
            section: String::new(),
            level: finding.level,
            area: String::new(),
            title: id.to_string(),
            consequence: None,
            fix: None,
            sources: Vec::new(),
            note: None,
            applies_if: "always".to_owned(),
            testability: Testability::BlackBox,
            modes: Vec::new(),
            okta: false,
            since: None,
            changed: Vec::new(),
            restates: Vec::new(),
            span: finding.span.clone(),
        }))
    }

    /// Whether a specification alone demands it, and Okta does not look at it.
    pub fn is_only_specified(&self, id: &RequirementId) -> bool {
        self.requirements.get(id.as_str()).is_some_and(|requirement| requirement.is_only_specified())
    }

    /// Whether the baseline itself is wrong somewhere: an entry is stale, or its day is over.
    pub fn baseline_fails(&self) -> bool {
        self.known.iter().any(|known| known.state.fails())
    }

    /// The findings at a level that nobody knew of, those of one requirement together: first what keeps most cases from being judged,
    /// then what Okta looks at, then what most cases show. The first finding of each shows it best: one that its own case is about.
    pub fn by_requirement(&self, level: Level) -> Vec<(Arc<Requirement>, Seen<'_>)> {
        let mut groups: Vec<(Arc<Requirement>, Seen<'_>)> = Vec::new();
        for case in &self.cases {
            for finding in case.findings.iter().filter(|f| f.level == level && f.known.is_none()) {
                match groups.iter_mut().find(|(requirement, _)| requirement.id == finding.requirement) {
                    Some((_, places)) => places.push((case, finding)),
                    None => groups.extend(self.requirement(&finding.requirement).map(|r| (r, vec![(case, finding)]))),
                }
            }
        }
        groups.iter_mut().for_each(|(_, places)| places.sort_by_key(|(_, finding)| finding.in_setup));
        let held_back = self.held_back();
        groups.sort_by_key(|(requirement, places)| {
            // What Okta does not look at can wait.
            let is_looked_at = requirement.is_looked_at();
            std::cmp::Reverse((held_back.get(&requirement.id).copied(), is_looked_at, cases_of(places).len()))
        });
        groups
    }
}

/// A requirement that is not met, and that the edition of the run does not score.
#[derive(Clone, Debug)]
pub struct Later<'a> {
    /// Which.
    pub requirement: Arc<Requirement>,
    /// The edition from which on this counts.
    pub since: Edition,
    /// What shows it.
    pub seen: Seen<'a>,
}

impl Later<'_> {
    /// How binding it is.
    pub fn level(&self) -> Level {
        self.seen.iter().map(|(_, finding)| finding.level).max().unwrap_or(self.requirement.level)
    }
}

/// Findings with the cases that brought them to light.
pub type Seen<'a> = Vec<(&'a CaseResult, &'a Finding)>;

/// The cases of some findings, each once, in order.
fn cases_of<'a>(places: &[(&'a CaseResult, &'a Finding)]) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    places.iter().map(|(case, _)| case.id.as_str()).filter(|id| seen.insert(*id)).collect()
}

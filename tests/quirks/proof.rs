//! One run of the Okta suite, or of a part of it, against a server with one quirk, and what has to come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use scim_check::capability::{Capabilities, Capability, Evidence, Support};
use scim_check::declared;
use scim_check::history;
use scim_check::judge::Judge;
use scim_check::model::Ways;
use scim_check::okta::attributes;
use scim_check::persona::Version;
use scim_check::plan::{Planned, Selection, plan, spread};
use scim_check::reference::{self, Quirk};
use scim_check::requirement::{Level, RequirementId};
use scim_check::run::histories;
use scim_check::run::witnesses::Wanted;
use scim_check::run::{self, Options, Run, Stop, discover};
use scim_check::scenario::template::Template;
use scim_check::scenario::{self, Action, Case, Check, Expectation, Library, Repertoire, Rule, Scenario, Step};
use scim_check::source::{Kind, Node, SourceFile, parse};
use scim_check::verdict::{CaseResult, Cause, Outcome, Place};
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::{HttpWire, Wire};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::watch;

use crate::bounds;
use crate::choice::{Facts, choose};

/// How many cases a quirk may leave without a verdict. One that leaves more says in `undecided` how many.
pub(crate) const UNDECIDED: usize = 10;

/// Hundreds of users each: run for the quirks that only show among so many.
const LARGE: &[&str] = &["okta/groups/large", "okta/import/hundred-users"];

/// Right servers that use many freedoms at once; what excludes each other is in different ones.
const TOGETHER: &[(&str, &[&str])] = &[
    (
        "terse",
        &[
            "connection-closed",
            "http-1-0",
            "media-type-with-charset",
            "attributes-in-reverse-order",
            "values-in-reverse-order",
            "core-schema-last",
            "empty-members-absent",
            "members-as-ids",
            "references-relative",
            "location-relative",
            "sort-and-etags-unsupported",
            "error-types-absent",
            "discovery-behind-credential",
            "enterprise-absent",
            "ids-of-digits",
            "other-filters-refused",
            "display-names-computed",
            "grants-absent",
            "patch-answers-204",
            "counters-on-partial-lists-only",
        ],
    ),
    (
        "talkative",
        &[
            "bodies-in-chunks",
            "every-body-compressed",
            "cookies-set",
            "challenges-several",
            "bodies-indented",
            "texts-escaped",
            "unassigned-as-null",
            "false-primary-shown",
            "values-displayed",
            "vendor-extension-shown",
            "defaults-assigned",
            "dates-with-offsets",
            "config-with-more",
            "etags-strong",
            "scheme-in-capitals",
            "content-location-given",
            "errors-with-more",
            "ids-with-punctuation",
            "newest-listed-first",
            "email-domains-in-lower-case",
            "emails-in-lower-case",
            "phone-numbers-as-uris",
            "formatted-names-computed",
            "group-patch-answers-204",
        ],
    ),
    (
        "product",
        &[
            "unassigned-as-empty-lists",
            "ids-in-capitals",
            "members-as-ids",
            "values-in-reverse-order",
            "group-names-unique",
            "stale-member-loses-push",
            "doubled-slash-redirects",
            "password-change-undeclared",
            "bodies-deflated",
            "empty-answers-labelled",
            "locations-end-in-slash",
            "external-ids-unique",
            "everybody-belongs",
        ],
    ),
    (
        "custom app",
        &[
            "patch-absent",
            "groups-absent",
            "display-names-computed",
            "sort-and-etags-unsupported",
            "meta-brief",
            "media-type-in-capitals",
            "coding-in-capitals",
        ],
    ),
    (
        "late",
        &[
            "settles-late",
            "attributes-fixed",
            "ids-name-bulk-id-in-capitals",
            "display-name-dropped",
            "external-id-dropped",
            "title-dropped",
            "locale-dropped",
            "phone-numbers-dropped",
            "addresses-dropped",
            "department-dropped",
            "manager-dropped",
        ],
    ),
];

/// What the owner of such a server declares, if it stores what Okta sends.
const DECLARED: &str = "title: T
attributes: [name.middleName, nickName, title, userType, preferredLanguage, locale, timezone, emails, phoneNumbers, addresses]
";

/// What all runs share.
pub(crate) struct Ground {
    pub(crate) library: Library,
    pub(crate) judge: Arc<Judge>,
    pub(crate) needs: Vec<Need>,
    facts: BTreeMap<String, Facts>,
    /// The same, with what the laws judge.
    lawful: BTreeMap<String, Facts>,
}

/// How much of the suite is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What [`choose`] chooses.
    Chosen,
    /// All of it: the cross product of quirks and cases.
    Full,
}

/// What came of one run.
pub(crate) struct Proof {
    /// What was not as it shall be.
    pub(crate) wrong: Vec<String>,
    /// What quirks.yaml says of it, and is not so any more; only a run of everything can tell.
    pub(crate) stale: Vec<String>,
    /// How many cases have no verdict.
    pub(crate) undecided: usize,
    /// Of what may be reported, what was not.
    pub(crate) unneeded: BTreeSet<RequirementId>,
    /// What each case was found to offend, of those that have a verdict.
    pub(crate) found: BTreeMap<String, BTreeSet<RequirementId>>,
}

/// What the run for one quirk needs, and what it shall find.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) id: String,
    /// What the server has.
    quirks: Vec<Quirk>,
    breaks: BTreeSet<RequirementId>,
    also: BTreeSet<RequirementId>,
    /// The suite that proves it.
    pub(crate) suite: String,
    /// Users on the server beforehand.
    users: usize,
    /// Cases at the same moment.
    jobs: usize,
    /// How long a slow server takes.
    delay: Duration,
    /// What limits of time are multiplied with, so that nobody has to wait a minute.
    hurry: f64,
    /// Whether it takes hundreds of users.
    large: bool,
    /// The scenarios that are run, by the beginnings of their ids; none for all.
    only: Vec<String>,
    /// Whether the owner declares the attributes, so that each is looked at.
    attributes: bool,
    /// Whether what the owner declares are many attributes.
    many: bool,
    /// Where the laws find it that every write obeys, and no scenario does: the scenarios whose writes it strikes, by the beginnings of
    /// their ids.
    laws: Vec<String>,
    /// Whether histories find it, and no case does.
    histories: bool,
    /// Where it strikes whom nobody works with, so that only witnesses find it: the scenarios that hold the write, as above.
    witnesses: Vec<String>,
    /// The kind of write that is then to be named.
    blames: Option<String>,
    /// How many cases it may leave without a verdict, by the suites in which that is more than others may.
    bounds: BTreeMap<String, usize>,
    /// Why it is not settled yet, if so.
    unsettled: Option<String>,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let library = scenario::load(None).expect("the built-in scenarios are right; `lint` says so");
        let judge = Judge::new(&library.registry).expect("the built-in schemas name registered requirements only");
        let needs = needs(&library);
        let cases = || library.scenarios.iter().flat_map(|scenario| &scenario.cases);
        let facts = cases().map(|case| (case.id.clone(), Facts::of(&judge, case))).collect();
        let lawful = cases().map(|case| (case.id.clone(), Facts::with_laws(&judge, case))).collect();
        Ground { library, judge: Arc::new(judge), needs, facts, lawful }
    }

    /// How often each case of Okta's suite is chosen, over all quirks.
    pub(crate) fn turns(&self) -> BTreeMap<&str, usize> {
        let is_run = |case: &&Facts| case.id.starts_with("okta/") && !LARGE.iter().any(|id| case.id.starts_with(id));
        let cases: Vec<&Facts> = self.facts.values().filter(is_run).collect();
        let mut turns: BTreeMap<&str, usize> = cases.iter().map(|case| (case.id.as_str(), 0)).collect();
        for need in self.needs.iter().filter(|need| need.only.is_empty() && need.suite == "okta") {
            for id in choose(&cases, &need.id, &need.demands()) {
                *turns.entry(id).or_default() += 1;
            }
        }
        turns
    }
}

impl Need {
    /// Why there is no proof yet, if so.
    pub(crate) fn waits_for(&self, ground: &Ground) -> Option<String> {
        if !self.has_suite(ground) {
            return Some(format!("proven by the suite {}, which is to come", self.suite));
        }
        self.unsettled.as_ref().map(|why| format!("unsettled: {why}"))
    }

    /// The servers with several freedoms at once.
    pub(crate) fn together(ground: &Ground) -> Vec<Need> {
        let quirk = |id: &&str| id.parse().expect("the list names quirks of the reference");
        let is_alone = |need: &&Need| !TOGETHER.iter().any(|(_, ids)| ids.contains(&need.id.as_str()));
        // Where only a few scenarios are run it would not be the whole suite that says nothing.
        let free = ground.needs.iter().filter(|need| need.breaks.is_empty() && need.only.is_empty());
        let alone: Vec<&str> = free.filter(is_alone).map(|need| need.id.as_str()).collect();
        assert!(alone.is_empty(), "freedoms that are tried alone only: {alone:?}");
        let of = |id: &str| ground.needs.iter().find(|need| need.id == id).expect("each is described");
        let together: Vec<Need> = TOGETHER
            .iter()
            .map(|(name, ids)| {
                assert!(ids.iter().all(|id| of(id).breaks.is_empty()), "{name} is a right server");
                let quirks = ids.iter().map(quirk).collect();
                let stores = !ids.iter().any(|id| id.ends_with("-dropped"));
                Need { id: format!("together: {name}"), quirks, attributes: stores, many: stores, ..of(ids[0]).clone() }
            })
            .collect();
        let suites: BTreeSet<&str> = ground.library.scenarios.iter().map(Scenario::suite).collect();
        let others = suites.into_iter().filter(|suite| *suite != "okta");
        let elsewhere: Vec<Need> =
            others.flat_map(|suite| together.iter().map(move |need| need.elsewhere(suite, &[]))).collect();
        together.into_iter().chain(elsewhere).collect()
    }

    /// A quirk that is described.
    pub(crate) fn of(ground: &Ground, id: &str) -> Need {
        ground
            .needs
            .iter()
            .find(|need| need.id == id)
            .cloned()
            .unwrap_or_else(|| panic!("quirks.yaml describes no {id}"))
    }

    /// The same, but said to break something else.
    pub(crate) fn said_to_break(self, id: &str) -> Need {
        Need { breaks: [RequirementId::from(id)].into(), also: BTreeSet::new(), ..self }
    }

    /// The same, as the suite of another provider reports it.
    fn elsewhere(&self, suite: &str, breaks: &[RequirementId]) -> Need {
        Need {
            id: format!("{} ({suite})", self.id),
            breaks: breaks.iter().cloned().collect(),
            also: BTreeSet::new(),
            suite: suite.to_owned(),
            only: Vec::new(),
            large: true,
            ..self.clone()
        }
    }

    /// The witnesses of the run: where only they find it, where a right server has to be found right, and where everything is run.
    fn witnesses(&self, ground: &Ground, extent: Extent, capabilities: &Capabilities) -> Option<Wanted> {
        // As in any run of selected cases, those of a few have none.
        let is_whole = extent == Extent::Full && self.only.is_empty();
        let is_watched = !self.witnesses.is_empty() || self.breaks.is_empty() || is_whole;
        let cast = ground.library.casts.iter().find(|cast| is_watched && cast.folder == self.suite)?;
        Wanted::of(cast, capabilities, false)
    }

    /// What is not as it shall be where only witnesses find it: who else has found it, and whom they blame.
    fn of_witnesses(&self, results: &[CaseResult], extent: Extent) -> Vec<String> {
        if self.witnesses.is_empty() {
            return Vec::new();
        }
        let mut wrong = Vec::new();
        let is_unforeseen =
            |result: &CaseResult| result.findings.iter().any(|one| !self.also.contains(&one.requirement));
        let others = results.iter().filter(|result| !result.id.ends_with("/witnesses") && is_unforeseen(result));
        wrong.extend(others.map(|result| format!("not by witnesses alone: {} has found it, too", result.id)));
        let told = results.iter().flat_map(|result| &result.witnessed);
        for (blames, one) in self.blames.iter().flat_map(|blames| told.clone().map(move |one| (blames, one))) {
            // Among all cases that write, the one may not be run again before the budget for it ends. Then nobody is blamed.
            let is_open = extent == Extent::Full && one.write.is_none() && one.case.is_none();
            if !is_open && (one.write.as_ref() != Some(blames) || one.case.is_none()) {
                wrong.push(format!("blames {:?} of {:?} and not {blames}: {}", one.write, one.case, one.blame));
            }
        }
        wrong
    }

    fn is_of_laws(&self) -> bool {
        !self.laws.is_empty() || self.histories
    }

    /// How many cases may be without a verdict.
    pub(crate) fn may_leave(&self) -> usize {
        self.bounds.get(&self.suite).copied().unwrap_or(UNDECIDED)
    }

    /// The id of the entry that describes it.
    pub(crate) fn quirk(&self) -> &str {
        self.id.strip_suffix(&format!(" ({})", self.suite)).unwrap_or(&self.id)
    }

    /// What shall be reported and what may be.
    fn demands(&self) -> BTreeSet<RequirementId> {
        self.breaks.union(&self.also).cloned().collect()
    }

    fn has_suite(&self, ground: &Ground) -> bool {
        ground.library.scenarios.iter().any(|scenario| scenario.suite() == self.suite)
    }
}

/// What `tests/{file}` lists: an id a line and, after a colon, the reason.
fn listed(file: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").unwrap_or((line, "")))
        .map(|(id, why)| (id.to_owned(), why.to_owned()))
        .collect()
}

/// What an entry can say.
const KEYS: &[&str] = &[
    "id",
    "server",
    "does",
    "seen",
    "breaks",
    "also",
    "undecided",
    "because",
    "right",
    "elsewhere",
    "suite",
    "users",
    "jobs",
    "delay",
    "hurry",
    "large",
    "attributes",
    "declares",
    "laws",
    "histories",
    "witnesses",
    "blames",
    "only",
];

/// What is wrong with how quirks are described: words that nothing reads, and exceptions without a reason.
pub(crate) fn badly_described() -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in entries() {
        let id = entry.get("id").and_then(Node::as_str).unwrap_or("an entry without an id");
        if let Kind::Map(pairs) = &entry.kind {
            let unknown = pairs.iter().map(|(key, _)| key.value.as_str()).filter(|key| !KEYS.contains(key));
            wrong.extend(unknown.map(|key| format!("{id}: nothing reads `{key}`")));
        }
        let own = entry.get("suite").and_then(Node::as_str).unwrap_or(bounds::SUITE);
        match bounds::of(&entry, own) {
            None => wrong.push(format!("{id}: `undecided` is a number, or one for each suite")),
            Some(bounds) => {
                let others = bounds.into_keys().filter(|suite| {
                    suite != own && entry.get("elsewhere").is_none_or(|elsewhere| elsewhere.get(suite).is_none())
                });
                wrong.extend(
                    others.map(|suite| format!("{id}: it is not run for {suite}, of which `undecided` says a bound")),
                );
            }
        }
        let is_reason = |text: &str| !text.trim().is_empty();
        let has_reason = entry.get("because").and_then(Node::as_str).is_some_and(is_reason);
        let is_exception = entry.get("also").is_some() || entry.get("undecided").is_some();
        if is_exception != has_reason {
            wrong.push(format!("{id}: `because` says why there is `also` or `undecided`, and nothing else"));
        }
    }
    wrong
}

/// How each quirk is to be run, from the same file that says what it breaks.
fn needs(library: &Library) -> Vec<Need> {
    let unsettled = listed("unsettled.txt");
    let entries = entries();
    let here: Vec<Need> = entries
        .iter()
        // Those of the hook are proven by the suite against it: tests/it/hook_suite.rs.
        .filter(|entry| entry.get("server").is_none())
        .map(|entry| {
            let id = entry.get("id").and_then(Node::as_str).unwrap_or_default().to_owned();
            let number = |key: &str| match entry.get(key).map(|node| &node.kind) {
                Some(Kind::Number(number)) => number.as_f64(),
                _ => None,
            };
            let is_so = |key: &str| matches!(entry.get(key).map(|node| &node.kind), Some(Kind::Bool(true)));
            let known = library.quirks.iter().find(|quirk| quirk.id == id);
            let suite = entry.get("suite").and_then(Node::as_str).unwrap_or(bounds::SUITE).to_owned();
            Need {
                breaks: known.iter().flat_map(|quirk| quirk.breaks.iter().cloned()).collect(),
                also: known.iter().flat_map(|quirk| quirk.also.iter().cloned()).collect(),
                bounds: bounds::of(entry, &suite).unwrap_or_default(),
                suite,
                users: number("users").map_or(30, |n| n as usize),
                jobs: number("jobs").map_or(4, |n| n as usize),
                delay: Duration::from_millis(number("delay").map_or(20, |n| n as u64)),
                hurry: number("hurry").unwrap_or(1.0),
                large: is_so("large"),
                attributes: is_so("attributes") || is_so("declares"),
                many: is_so("declares"),
                witnesses: entry.get("witnesses").into_iter().flat_map(texts).collect(),
                blames: entry.get("blames").and_then(Node::as_str).map(str::to_owned),
                laws: entry.get("laws").into_iter().flat_map(texts).collect(),
                histories: is_so("histories"),
                only: entry.get("only").into_iter().flat_map(texts).collect(),
                unsettled: unsettled.get(&id).cloned(),
                quirks: id.parse().into_iter().collect(),
                id,
            }
        })
        .collect();
    let elsewhere = library.quirks.iter().flat_map(|quirk| {
        let here = here.iter().find(|need| need.id == quirk.id);
        here.into_iter().flat_map(|here| quirk.elsewhere.iter().map(|(suite, breaks)| here.elsewhere(suite, breaks)))
    });
    let elsewhere: Vec<Need> = elsewhere.collect();
    here.into_iter().chain(elsewhere).collect()
}

fn entries() -> Vec<Node> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/quirks.yaml");
    let text = std::fs::read_to_string(&path).expect("scenarios/quirks.yaml is part of the repository");
    let file = Arc::new(SourceFile { name: "scenarios/quirks.yaml".to_owned(), text });
    match parse(&file).expect("the library was loaded from the same file").kind {
        Kind::Seq(entries) => entries,
        _ => Vec::new(),
    }
}

fn texts(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::Seq(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => node.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// Runs the suite against a server with the quirk.
pub(crate) fn prove(ground: &Ground, need: &Need, extent: Extent) -> Proof {
    let results = results(ground, need, extent);
    let mut wrong = Vec::new();
    let mut found = BTreeMap::new();
    let mut reported = BTreeSet::new();
    let about_time = |id: &RequirementId| need.breaks.contains(id) || need.also.contains(id);
    for result in &results {
        if matches!(result.outcome, Outcome::Passed | Outcome::Failed) {
            let offended = result.findings.iter().filter(|finding| finding.place != Place::Time);
            found.insert(result.id.clone(), offended.map(|finding| finding.requirement.clone()).collect());
        }
        for finding in &result.findings {
            // On a busy machine anything may be late: only quirks that are about time prove something about it.
            if finding.place == Place::Time && !about_time(&finding.requirement) {
                continue;
            }
            reported.insert(finding.requirement.clone());
            if !need.breaks.contains(&finding.requirement) && !need.also.contains(&finding.requirement) {
                let request = result.transcript.get(finding.exchange).map(|e| &e.request);
                wrong.push(format!(
                    "blamed: {} in {} (line {}) {}: {}: expected {}, got {}",
                    finding.requirement,
                    result.id,
                    finding.span.line(),
                    request.map(|r| format!("{} {}", r.method, r.path)).unwrap_or_default(),
                    finding.place,
                    finding.expected,
                    shortened(&finding.actual),
                ));
            }
        }
        // What a law finds, a scenario may tell: then that is what has to be foreseen.
        let is_foreseen = |because: &String| need.also.iter().any(|id| *because == format!("{id} tells it"));
        let told_otherwise = result.follows.iter().filter(|finding| finding.because.as_ref().is_some_and(is_foreseen));
        reported.extend(told_otherwise.map(|finding| finding.requirement.clone()));
        let optional =
            |id: &RequirementId| ground.library.registry.get(id.as_str()).is_some_and(|r| r.level == Level::May);
        reported.extend(result.notes.iter().filter_map(|note| note.requirement.clone()).filter(optional));
        let is_of_deletion =
            |id: &RequirementId| ["-delete-", "-deleted-", "-gone"].iter().any(|word| id.as_str().contains(word));
        let about_deletion = need.breaks.iter().any(is_of_deletion);
        if !result.leftovers.is_empty() && !about_deletion {
            wrong.push(format!("left behind: {} in {}", result.leftovers[0].path, result.id));
        }
        match &result.outcome {
            Outcome::Inconclusive(Cause::Bug(what)) => wrong.push(format!("bug: {} in {}", what, result.id)),
            Outcome::Inconclusive(cause) if result.blocked_by.is_empty() && tells_of_an_answer(cause) => {
                wrong.push(format!("undecided without a finding: {}: {cause}", result.id));
            }
            Outcome::Inconclusive(cause) if cause.to_string().contains("$.") || cause.to_string().contains("$[") => {
                wrong.push(format!("not in plain words: {}: {cause}", result.id));
            }
            Outcome::Inconclusive(cause) if need.breaks.is_empty() => {
                wrong.push(format!("inconclusive: {}: {cause}", result.id));
            }
            _ => {}
        }
    }
    if need.histories {
        let by_cases = results.iter().filter(|result| result.history.is_none() && !result.findings.is_empty());
        wrong.extend(by_cases.map(|result| format!("found without a history: {}", result.id)));
    }
    if need.is_of_laws() || !need.witnesses.is_empty() {
        let is_witnessed = |result: &CaseResult| result.id.ends_with("/witnesses");
        let findings = results.iter().filter(|result| !is_witnessed(result)).flat_map(|result| &result.findings);
        let by_steps = findings.filter(|finding| finding.law.is_none() && need.breaks.contains(&finding.requirement));
        wrong.extend(by_steps.map(|finding| format!("found by a step, and not by a law: {}", finding.requirement)));
    }
    for id in need.breaks.iter().filter(|id| !reported.contains(*id)) {
        let blind: Vec<String> = results
            .iter()
            .filter(|result| result.checks.contains(id))
            .map(|result| match &result.outcome {
                Outcome::Inconclusive(cause) => format!("{}: {cause}", result.id),
                Outcome::Skipped(_) => format!("{}: skipped", result.id),
                _ if result.judged.contains(id) => format!("{}: found nothing", result.id),
                _ => format!("{}: did not come to judge it", result.id),
            })
            .take(6)
            .collect();
        wrong.push(format!("not reported: {id}; {}", blind.join("; ")));
    }
    wrong.extend(need.of_witnesses(&results, extent));
    let undecided: Vec<&CaseResult> =
        results.iter().filter(|result| matches!(result.outcome, Outcome::Inconclusive(_))).collect();
    let unneeded: BTreeSet<RequirementId> = need.also.difference(&reported).cloned().collect();
    let mut stale = Vec::new();
    if extent == Extent::Full {
        stale.extend(unneeded.iter().map(|id| format!("not needed: `also` {id}")));
        let bound = need.may_leave();
        if undecided.len() > bound {
            let ids: Vec<&str> = undecided.iter().map(|result| result.id.as_str()).collect();
            stale.push(format!("undecided: {} cases, and at most {bound} may be: {}", ids.len(), ids.join(" ")));
        }
        let said = need.bounds.contains_key(&need.suite);
        if said && (bound <= UNDECIDED || !is_close(undecided.len(), bound)) {
            stale.push(format!("not needed: `undecided: {bound}`, of {} cases", undecided.len()));
        }
    }
    Proof { wrong, stale, undecided: undecided.len(), unneeded, found }
}

/// Whether a bound is not far above what it bounds. A case or two more or less is what a busy machine does.
fn is_close(undecided: usize, bound: usize) -> bool {
    undecided + undecided / 5 + 2 >= bound
}

/// Whether an answer of the server's, and not the want of one, keeps a case from being judged.
fn tells_of_an_answer(cause: &Cause) -> bool {
    !matches!(
        cause,
        Cause::NoReply(_)
            | Cause::Throttled
            | Cause::CredentialExpired
            | Cause::Disturbed(_)
            | Cause::Stopped
            | Cause::NotReached(_)
            | Cause::Bug(_)
    )
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(160) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Those that a run plays where nobody says which.
fn usual_histories(ground: &Ground, capabilities: &Capabilities) -> Vec<histories::Wanted> {
    let library = Arc::new(ground.library.clone());
    let of = |repertoire: &Arc<Repertoire>| {
        let offered = history::offered(&library, repertoire, capabilities).expect("the steps are right");
        let drawn = (1..=3).filter_map(|number| Some((number, history::draw(repertoire, &offered, (1, number))?)));
        let wanted = drawn.map(|(number, drawn)| {
            let id = format!("{}/histories/1-{number}", repertoire.folder);
            histories::Wanted::new(id, drawn, Arc::clone(repertoire), Arc::clone(&library))
        });
        wanted.collect::<Vec<_>>()
    };
    ground.library.repertoires.iter().flat_map(of).collect()
}

fn results(ground: &Ground, need: &Need, extent: Extent) -> Vec<CaseResult> {
    assert!(!need.quirks.is_empty(), "quirks.yaml names quirks of the reference");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can start");
    runtime.block_on(async {
        let (second, revoked) = ("second-token-of-the-tests", "revoked-token-of-the-tests");
        let options = reference::Options {
            users: need.users,
            groups: 4,
            second_token: Some(second.to_owned()),
            revoked_token: Some(revoked.to_owned()),
            quirks: need.quirks.clone(),
            delay: need.delay,
            ..reference::Options::default()
        };
        let server = reference::serve(options).await.expect("a free port on 127.0.0.1");
        let version = ground.library.personas.version_of(&need.suite);
        let base_url = match version {
            Version::V1 => server.v1_base_url(),
            Version::V2 => server.base_url(),
        };
        let url = check_base_url(base_url).expect("the reference's own URL");
        let bearer = |token: &str| Auth::Bearer(SecretString::from(token));
        let mut http = HttpOptions::new(url, bearer(server.token()));
        (http.second, http.revoked) = (Some(bearer(second)), Some(bearer(revoked)));
        let wire = Wire::Http(HttpWire::new(http).expect("a client without proxy and files"));
        let mut discovery = discover::discover(&wire, &scenario::load::personas(), version).await;
        discovery.capabilities = scenario::load::personas().infer(discovery.capabilities);
        let declared = Support::Yes(Evidence::Declared("the test".to_owned()));
        // A quirk may hide them from discovery: the owner says that they are there.
        let hidden = if need.breaks.is_empty() {
            &[][..]
        } else {
            &[Capability::of("entitlements"), Capability::of("schema-discovery")]
        };
        for &feature in hidden {
            discovery.capabilities.0.insert(feature, declared.clone());
        }
        if need.attributes {
            discovery.capabilities.0.insert(Capability::DeclaredAttributes, declared);
        }
        let scenarios = scenarios(ground, need, discovery.schemas.as_ref());
        let selection = Selection { suites: vec![need.suite.clone()], select: need.only.clone(), skip: Vec::new() };
        let mut planned: Vec<Planned<'_>> =
            plan(&scenarios, &discovery.capabilities, &selection).expect("there is a suite named okta");
        // Where several freedoms come together, or only a few scenarios are run, it is all of them.
        if extent == Extent::Chosen && need.quirks.len() == 1 && need.only.is_empty() {
            planned.retain(|planned| planned.skip.is_none());
            let made: Vec<Facts> = planned
                .iter()
                .filter(|planned| !ground.facts.contains_key(&planned.case.id))
                .map(|planned| Facts::of(&ground.judge, planned.case))
                .collect();
            let facts = if need.is_of_laws() { &ground.lawful } else { &ground.facts };
            let known = planned.iter().filter_map(|planned| facts.get(&planned.case.id));
            let chosen = choose(&known.chain(&made).collect::<Vec<_>>(), &need.id, &need.demands());
            let struck = || need.laws.iter().chain(&need.witnesses);
            let is_struck = |id: &str| struck().any(|beginning| id.starts_with(beginning.as_str()));
            planned.retain(|planned| chosen.contains(planned.case.id.as_str()) || is_struck(&planned.case.id));
        }
        // The sender is kept: nobody interrupts.
        let (_stop, stopped) = watch::channel(Stop::No);
        let running = Run {
            wire,
            judge: Arc::clone(&ground.judge),
            options: Options {
                jobs: need.jobs,
                seed: 7,
                settle: Duration::from_millis(100),
                version,
                laws: (version == Version::V2).then(|| ways(discovery.schemas.as_ref())),
                histories: if need.histories { usual_histories(ground, &discovery.capabilities) } else { Vec::new() },
                witnesses: need.witnesses(ground, extent, &discovery.capabilities).filter(|_| version == Version::V2),
                ..Options::default()
            },
            stop: stopped,
            journal: None,
            on_event: Box::new(|_| {}),
        };
        let results = run::run(running, &planned).await.cases;
        server.shutdown().await;
        results
    })
}

/// What the server says of its attributes, before any case.
fn ways(schemas: Option<&Value>) -> Ways {
    let mut ways = Ways::default();
    schemas.into_iter().for_each(|schemas| ways.describe(schemas));
    ways
}

/// The scenarios to run: without the large ones where they prove nothing, and with limits of time that can be waited for.
fn scenarios(ground: &Ground, need: &Need, schemas: Option<&Value>) -> Vec<Scenario> {
    let wanted = |scenario: &&Scenario| need.large || !LARGE.contains(&scenario.id.as_str());
    let mut scenarios: Vec<Scenario> = ground.library.scenarios.iter().filter(wanted).cloned().collect();
    let file = Arc::new(SourceFile { name: "target.yaml".to_owned(), text: DECLARED.to_owned() });
    let target = declared::read(&file, &scenario::load::personas()).expect("these are attributes of users");
    let persona = ground.library.personas.of(&format!("{}/", need.suite)).map(|persona| persona.as_ref());
    let declared = persona.filter(|_| need.many).map(|persona| target.attribute_rows(persona));
    let mut tables = declared.unwrap_or_default();
    tables.extend(attributes::rows(target.attributes.as_deref().filter(|_| need.many), schemas));
    spread(&mut scenarios, &tables);
    if need.hurry != 1.0 {
        for case in scenarios.iter_mut().flat_map(|scenario| &mut scenario.cases) {
            hurry(Arc::make_mut(case), need.hurry);
        }
    }
    scenarios
}

fn hurry(case: &mut Case, factor: f64) {
    hurry_steps(&mut case.given, factor);
    hurry_steps(&mut case.steps, factor);
}

fn hurry_steps(steps: &mut [Step], factor: f64) {
    for Step { action, .. } in steps {
        let expectations: Vec<&mut Expectation> = match action {
            Action::Send(send) => send.expect.iter_mut().collect(),
            Action::Walk(walk) => walk.expect.iter_mut().collect(),
            Action::Together { sends, .. } => sends.iter_mut().flat_map(|send| &mut send.expect).collect(),
            Action::Each(each) => {
                hurry_steps(&mut each.steps, factor);
                Vec::new()
            }
            Action::Shared(setup) => {
                hurry_steps(Arc::<Vec<Step>>::make_mut(&mut setup.steps), factor);
                Vec::new()
            }
            Action::Bind(_) => Vec::new(),
        };
        for expectation in expectations {
            let Check::Rule(call) = &mut expectation.check else { continue };
            if call.rule != Rule::WithinSeconds {
                continue;
            }
            for (_, template) in &mut call.with {
                if let Template::Value(Value::Number(seconds)) = template {
                    *template = Template::Value(seconds.as_f64().map_or(Value::Null, |s| (s * factor).into()));
                }
            }
        }
    }
}

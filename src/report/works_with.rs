//! With whom the server works: a row for each provider and kind of app that the run was about, and in it a row for each feature.
//!
//! **Invariant:** pure, made once for all formats, of what the report holds. A row says no more than its cases do, and every finding is
//! in some row.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Report, Seen, Strictness, draw};
use crate::capability::{Evidence, Support};
use crate::persona::Persona;
use crate::requirement::Level;
use crate::verdict::{CaseResult, Outcome, Skip};

/// What has to be known of a provider for its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its suite.
    pub suite: String,
    /// Its name.
    pub title: String,
    /// Its kinds of app.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Kind>,
    /// Its switches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Feature>,
    /// Why nothing of it was tried, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_tried: Option<String>,
    /// Where it was tried, if that was another run than the report's first one: `merge` puts runs of two versions of SCIM together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
}

/// Another run than the first one of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The address of the server in that run.
    pub base_url: String,
    /// What else was typed to reach it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The command that starts the built-in server again, where it was that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demo: Option<String>,
    /// What the server offered there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
}

/// Something that a server offers, or does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The capability.
    pub name: String,
    /// Whether it is there.
    pub is_there: bool,
    /// How we know.
    pub evidence: String,
}

/// A kind of app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// The word for it in target files.
    pub word: String,
    /// What the provider calls it.
    pub title: String,
    /// The capability that cases of this kind alone need.
    pub capability: String,
    /// The capabilities that it does not work without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<String>,
}

/// A switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// The word for it in target files.
    pub word: String,
    /// What the provider calls it.
    pub title: String,
    /// What waits for an administrator while it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
}

impl Provider {
    /// Of a suite that may have a persona.
    pub fn new(suite: &str, persona: Option<&Persona>) -> Self {
        let Some(persona) = persona else {
            return Self { suite: suite.to_owned(), title: suite.to_owned(), ..Self::default() };
        };
        let kinds = persona.apps.iter().map(|app| Kind {
            word: app.word.clone(),
            title: app.title.clone(),
            capability: app.capability.to_string(),
            uses: app.implies.iter().map(ToString::to_string).collect(),
        });
        let features = persona.features.iter().map(|feature| Feature {
            word: feature.capability.to_string(),
            title: feature.title.clone(),
            waits: feature.waits.clone(),
        });
        Self {
            suite: suite.to_owned(),
            title: persona.title.clone(),
            kinds: kinds.collect(),
            features: features.collect(),
            not_tried: None,
            elsewhere: None,
        }
    }

    /// The names of its rows, as `--exit-on` takes them: that of all, and that of each.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let of_kinds = self.kinds.iter().map(|kind| format!("{}/{}", self.suite, kind.word));
        std::iter::once(self.suite.clone()).chain(of_kinds)
    }

    /// Whether a case counts in the row of that kind: it does not need another one.
    fn covers(&self, kind: Option<&Kind>, case: &CaseResult) -> bool {
        let is_other = |other: &&Kind| kind.is_some_and(|kind| kind.word != other.word);
        case.suite == self.suite
            && !self.kinds.iter().filter(is_other).any(|other| case.part_of.contains(&other.capability))
    }

    /// Whether a case counts in the rows of that name.
    fn is_named(&self, name: &str, case: &CaseResult) -> bool {
        match name.split_once('/') {
            None => name == self.suite && case.suite == self.suite,
            Some((suite, word)) => {
                let kind = self.kinds.iter().find(|kind| kind.word == word);
                suite == self.suite && kind.is_some() && self.covers(kind, case)
            }
        }
    }
}

/// What came of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All that was judged is as it should be.
    Works,
    /// The same, but for recommendations, or for failures that the baseline knows.
    Warnings,
    /// A binding demand is not met.
    Fails,
    /// No violation was seen, and not everything could be judged.
    CouldNotTell,
    /// No case of it was judged.
    NotTried,
}

impl State {
    /// All of them, in the order in which they are told.
    pub const ALL: [State; 5] = [State::Fails, State::CouldNotTell, State::Warnings, State::Works, State::NotTried];

    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Works => "works",
            State::Warnings => "works with warnings",
            State::Fails => "does not work",
            State::CouldNotTell => "could not tell",
            State::NotTried => "not tried",
        }
    }

    /// The words for it after the names of so many features: `A and B work`.
    pub fn after(self, count: usize) -> &'static str {
        match (self, count) {
            (State::Works, 0 | 1) => "works",
            (State::Works, _) => "work",
            (State::Warnings, 0 | 1) => "works with warnings",
            (State::Warnings, _) => "work with warnings",
            (State::Fails, 0 | 1) => "does not work",
            (State::Fails, _) => "do not work",
            (State::CouldNotTell, _) => "could not be told",
            (State::NotTried, 0 | 1) => "was not tried",
            (State::NotTried, _) => "were not tried",
        }
    }
}

/// What is said of a provider and kind of app, or of a feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What came of it.
    pub state: State,
    /// The requirements that say so, those that matter most first: what is violated, what keeps cases from being judged, or what is
    /// only recommended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<String>,
    /// Why it could not be told, or was not tried.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// How many cases it has.
    #[serde(default)]
    pub cases: usize,
    /// How many of them the user left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

/// A provider and a kind of app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The provider's suite.
    pub suite: String,
    /// The provider's name.
    pub provider: String,
    /// The word for the kind of app; none for a provider without kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What the provider calls that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind_title: Option<String>,
    /// Whether it counts for verdict and exit code.
    #[serde(default)]
    pub decides: bool,
    /// What is said of it.
    #[serde(flatten)]
    pub told: Told,
    /// What waits for an administrator, by the switch that says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Waiting>,
    /// Its features that have cases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureRow>,
}

/// Something that waits for an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The switch that makes it wait.
    pub feature: String,
    /// What waits.
    pub what: String,
    /// How we know that the switch is on.
    pub evidence: String,
}

/// A feature of a provider, with a kind of app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureRow {
    /// The word for it.
    pub feature: String,
    /// What the provider calls it.
    pub title: String,
    /// What is said of it.
    #[serde(flatten)]
    pub told: Told,
}

/// Rows of one provider of which the same is said, so that they can be shown as one.
#[derive(Clone, Debug)]
pub struct Alike<'a> {
    /// The first of them.
    pub first: &'a Row,
    /// The words for their kinds of app.
    pub kinds: Vec<&'a str>,
    /// What the provider calls these kinds.
    pub titles: Vec<&'a str>,
}

impl Alike<'_> {
    /// The provider with its kinds of app: `Acme gallery, custom`.
    pub fn name(&self) -> String {
        format!("{} {}", self.first.provider, self.kinds.join(", ")).trim_end().to_owned()
    }
}

/// Whether the same is said of two rows. A feature that only one of them has makes no difference where it says nothing new.
fn is_alike(one: &Row, two: &Row) -> bool {
    fn said(told: &Told) -> (State, &[String], &str) {
        (told.state, &told.requirements, &told.why)
    }
    fn in_short(told: &Told) -> (State, &[String]) {
        (told.state, &told.requirements)
    }
    let is_nothing_new = |feature: &Told, row: &Told| match feature.state {
        State::Works | State::NotTried => true,
        State::Fails | State::CouldNotTell | State::Warnings => {
            !feature.requirements.is_empty() && feature.requirements.iter().all(|id| row.requirements.contains(id))
        }
    };
    let within = |one: &Row, two: &Row| {
        one.features.iter().all(|feature| match two.features.iter().find(|other| other.feature == feature.feature) {
            Some(other) => in_short(&other.told) == in_short(&feature.told),
            None => is_nothing_new(&feature.told, &one.told),
        })
    };
    (&one.suite, one.decides, said(&one.told), &one.waits) == (&two.suite, two.decides, said(&two.told), &two.waits)
        && within(one, two)
        && within(two, one)
}

/// Rows as they are shown.
pub fn alike(rows: &[Row]) -> Vec<Alike<'_>> {
    let mut shown: Vec<Alike<'_>> = Vec::new();
    for row in rows {
        match shown.iter_mut().find(|known| is_alike(known.first, row)) {
            Some(known) => {
                if row.features.len() > known.first.features.len() {
                    known.first = row;
                }
                known.kinds.extend(row.kind.as_deref());
                known.titles.extend(row.kind_title.as_deref());
            }
            None => shown.push(Alike {
                first: row,
                kinds: row.kind.as_deref().into_iter().collect(),
                titles: row.kind_title.as_deref().into_iter().collect(),
            }),
        }
    }
    shown
}

/// Whether the rows are of more than one provider: then they are what a reader wants to see first.
pub fn is_of_several(rows: &[Row]) -> bool {
    rows.first().is_some_and(|first| rows.iter().any(|row| row.suite != first.suite))
}

/// Whether there is something in the rows of one provider that the verdict does not say: which features work while others do not, in
/// which kinds of app differ, or what waits.
pub fn adds_to_verdict(report: &Report, rows: &[Row]) -> bool {
    let is_open = |row: &Row| matches!(row.told.state, State::Fails | State::CouldNotTell);
    let some_work =
        |row: &Row| row.features.iter().any(|feature| matches!(feature.told.state, State::Works | State::Warnings));
    is_of_several(rows)
        || rows.iter().any(|row| !row.waits.is_empty())
        || (report.selection.is_empty()
            && (alike(rows).len() > 1 && rows.iter().any(is_open)
                || rows.iter().any(|row| is_open(row) && some_work(row))))
}

/// The rows of a report, in the order of its providers.
pub fn rows(report: &Report, strictness: Strictness) -> Vec<Row> {
    let maker = Maker::new(report, strictness);
    let mut providers = report.providers.clone();
    // Records of older versions say nothing of providers.
    for case in &report.cases {
        if providers.iter().all(|provider| provider.suite != case.suite) {
            providers.push(Provider::new(&case.suite, None));
        }
    }
    providers.iter().flat_map(|provider| maker.of(provider)).collect()
}

/// Whether a case counts for verdict and exit code.
pub(super) fn decides(report: &Report, case: &CaseResult) -> bool {
    let names = |name: &String| {
        let is_plain = || report.providers.is_empty() && *name == case.suite;
        report.providers.iter().any(|provider| provider.is_named(name, case)) || is_plain()
    };
    report.exit_on.is_empty() || report.exit_on.iter().any(names)
}

/// Requirements that are not met, with what shows it.
type Groups<'a> = Vec<(String, Seen<'a>)>;

struct Maker<'a> {
    report: &'a Report,
    /// What makes a row fail.
    binding: Groups<'a>,
    /// What is only recommended.
    warning: Groups<'a>,
}

impl<'a> Maker<'a> {
    fn new(report: &'a Report, strictness: Strictness) -> Self {
        let groups = |level| -> Groups<'a> {
            let groups = report.by_requirement(level).into_iter();
            groups.map(|(requirement, places)| (requirement.id.to_string(), places)).collect()
        };
        let (mut binding, mut warning) = (groups(Level::Must), groups(Level::Should));
        if strictness == Strictness::Should {
            binding.append(&mut warning);
        }
        Self { report, binding, warning }
    }

    /// What the server offered in the run that tried the provider.
    fn support(&self, provider: &Provider, word: &str) -> Support {
        let Some(elsewhere) = &provider.elsewhere else {
            let found = self.report.capabilities.iter().find(|(capability, _)| capability.as_str() == word);
            return found.map_or(Support::Unknown, |(_, support)| support.clone());
        };
        match elsewhere.offers.iter().find(|offer| offer.name == word) {
            Some(Offer { is_there: true, evidence, .. }) => Support::Yes(Evidence::Told(evidence.clone())),
            Some(Offer { evidence, .. }) => Support::No(Evidence::Told(evidence.clone())),
            None => Support::Unknown,
        }
    }

    fn of(&self, provider: &Provider) -> Vec<Row> {
        if let Some(why) = &provider.not_tried {
            let row = |kind| Row { decides: false, ..self.row(provider, kind, Some(why.clone())) };
            let of_kinds: Vec<Row> = provider.kinds.iter().map(|kind| row(Some(kind))).collect();
            return if of_kinds.is_empty() { vec![row(None)] } else { of_kinds };
        }
        let why_not: Vec<Option<String>> = provider.kinds.iter().map(|kind| self.why_not(provider, kind)).collect();
        // Whatever was run has to count somewhere.
        if why_not.iter().all(Option::is_some) {
            return vec![self.row(provider, None, None)];
        }
        provider.kinds.iter().zip(why_not).map(|(kind, why)| self.row(provider, Some(kind), why)).collect()
    }

    /// Why nobody has such an app for this server.
    fn why_not(&self, provider: &Provider, kind: &Kind) -> Option<String> {
        let is_chosen = |other: &Kind| matches!(self.support(provider, &other.capability), Support::Yes(_));
        if let Support::No(evidence) = self.support(provider, &kind.capability)
            && let Some(chosen) = provider.kinds.iter().find(|other| is_chosen(other))
        {
            let at = match evidence {
                Evidence::Declared(at) => format!("{at} says"),
                other => format!("{other}:"),
            };
            return Some(format!("{at} `app: {}`", chosen.word));
        }
        kind.uses.iter().find_map(|used| match self.support(provider, used) {
            Support::No(evidence) => Some(format!("it works by {used}, which the server does not offer ({evidence})")),
            Support::Yes(_) | Support::Unknown => None,
        })
    }

    fn row(&self, provider: &Provider, kind: Option<&Kind>, why_not: Option<String>) -> Row {
        let all = self.report.cases.iter();
        let cases: Vec<&CaseResult> = all.filter(|case| provider.covers(kind, case)).collect();
        let mut row = Row {
            suite: provider.suite.clone(),
            provider: provider.title.clone(),
            kind: kind.map(|kind| kind.word.clone()),
            kind_title: kind.map(|kind| kind.title.clone()),
            decides: self.report.exit_on.is_empty() || cases.iter().any(|case| decides(self.report, case)),
            told: self.told(&cases),
            waits: Vec::new(),
            features: Vec::new(),
        };
        if let Some(kind) = kind.filter(|_| !self.report.exit_on.is_empty()) {
            // Cases that need no kind are in the rows of others, too.
            let name = format!("{}/{}", provider.suite, kind.word);
            row.decides = self.report.exit_on.iter().any(|on| *on == provider.suite || *on == name);
        }
        if let Some(why) = why_not {
            let Told { cases, left_out, .. } = row.told;
            row.told = Told { state: State::NotTried, requirements: Vec::new(), why, cases, left_out };
            return row;
        }
        let waiting = |feature: &Feature| match (self.support(provider, &feature.word), &feature.waits) {
            (Support::Yes(evidence), Some(what)) => {
                let (what, evidence) = (what.clone(), evidence.to_string());
                Some(Waiting { feature: feature.word.clone(), what, evidence })
            }
            _ => None,
        };
        row.waits = provider.features.iter().filter_map(waiting).collect();
        for Feature { word, title, .. } in &provider.features {
            let of_it: Vec<&CaseResult> = cases.iter().copied().filter(|case| case.part_of.contains(word)).collect();
            if !of_it.is_empty() {
                let (feature, title) = (word.clone(), title.clone());
                row.features.push(FeatureRow { feature, title, told: self.told(&of_it) });
            }
        }
        row
    }

    fn told(&self, cases: &[&CaseResult]) -> Told {
        let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
        let unmet = |groups: &Groups<'a>| -> Vec<String> {
            let is_here =
                |(_, places): &&(String, Seen<'a>)| places.iter().any(|(case, _)| ids.contains(case.id.as_str()));
            groups.iter().filter(is_here).map(|(id, _)| id.clone()).collect()
        };
        let is_choice = |case: &&&CaseResult| matches!(&case.outcome, Outcome::Skipped(skip) if skip.is_choice());
        let told = |state, requirements, why: String| Told {
            state,
            requirements,
            why,
            cases: cases.len(),
            left_out: cases.iter().filter(is_choice).count(),
        };
        let violated = unmet(&self.binding);
        if !violated.is_empty() {
            return told(State::Fails, violated, String::new());
        }
        if let Some((requirements, why)) = open(cases) {
            return told(State::CouldNotTell, requirements, why);
        }
        if cases.iter().all(|case| matches!(case.outcome, Outcome::Skipped(_))) {
            return told(State::NotTried, Vec::new(), not_tried(cases));
        }
        let known = cases.iter().flat_map(|case| {
            let of_findings = case.findings.iter().filter_map(|finding| finding.known.as_ref());
            case.expected.iter().chain(of_findings)
        });
        let known: BTreeSet<&str> = known.map(|known| known.name.as_str()).collect();
        let why = match known.len() {
            0 => String::new(),
            n => draw::counted(n, "known failure"),
        };
        match (unmet(&self.warning), why) {
            (warnings, why) if warnings.is_empty() && why.is_empty() => told(State::Works, warnings, why),
            (warnings, why) => told(State::Warnings, warnings, why),
        }
    }
}

/// What keeps most of the cases that could not be judged from being judged: requirements, or another cause.
fn open(cases: &[&CaseResult]) -> Option<(Vec<String>, String)> {
    let mut groups: Vec<(Vec<String>, String, usize)> = Vec::new();
    for case in cases.iter().filter(|case| case.expected.is_none()) {
        let Outcome::Inconclusive(cause) = &case.outcome else { continue };
        let requirements: Vec<String> = case.blocked_by.iter().map(ToString::to_string).collect();
        let cause = if requirements.is_empty() { cause.to_string() } else { String::new() };
        match groups.iter_mut().find(|(ids, why, _)| *ids == requirements && *why == cause) {
            Some((_, _, count)) => *count += 1,
            None => groups.push((requirements, cause, 1)),
        }
    }
    // Of several that are alike the first is taken.
    let (requirements, cause, count) = groups.into_iter().rev().max_by_key(|(_, _, count)| *count)?;
    let count = draw::counted(count, "case");
    let why = if cause.is_empty() { format!("{count} could not be judged") } else { format!("{count}: {cause}") };
    Some((requirements, why))
}

/// Why none of the cases was judged: what is true of most.
fn not_tried(cases: &[&CaseResult]) -> String {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases {
        if let Outcome::Skipped(skip) = &case.outcome {
            let reason = match skip {
                Skip::NothingToJudge(_) => "the server has nothing that could be judged".to_owned(),
                other => draw::skip_reason(other),
            };
            *reasons.entry(reason).or_default() += 1;
        }
    }
    reasons.into_iter().max_by_key(|(_, count)| *count).map(|(reason, _)| reason).unwrap_or_default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it like this")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

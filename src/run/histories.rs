//! Histories are run like cases and beside them; what one finds that no case tells is made shorter, and the shortest is what is told.
//!
//! **Invariant:** what is told has failed when it was run for itself, from its beginning, with names of its own. Everything that is tried
//! on the way is swept as it would be after any case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::history::{History, Shrinking};
use crate::root_cause;
use crate::scenario::{Case, Library, Repertoire, Scenario};
use crate::source::{self, Diagnostic};
use crate::verdict::{CaseResult, Cause, Finding, Note, Outcome, Place, Skip};
use crate::wire::Wire;

use super::case::Sharing;
use super::{Prepared, Shared, Stop, audit, blank, carry_out, finish};

/// A history that is to be run.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its id, as that of a case.
    pub id: String,
    /// What happens in it, and among whom; nothing where it is played from a recording.
    pub history: Option<(History, Arc<Repertoire>)>,
    /// What scenarios stand on.
    pub library: Arc<Library>,
    /// Whether it is another shard's.
    pub is_of_others: bool,
    /// What it is told as, where that was recorded. Otherwise that is worked out when it is its turn: of many, not all may have one.
    told: Option<Told>,
}

/// A history as a scenario.
#[derive(Clone, Debug)]
struct Told {
    scenario: Scenario,
    /// The same as the text of a file.
    text: Arc<str>,
}

impl Wanted {
    /// A history of these administrators that was drawn.
    pub fn new(id: String, history: History, repertoire: Arc<Repertoire>, library: Arc<Library>) -> Self {
        Self { id, history: Some((history, repertoire)), library, is_of_others: false, told: None }
    }

    /// One that was recorded with its scenario.
    ///
    /// # Errors
    /// What is wrong with the scenario.
    pub fn recorded(id: String, text: &str, library: Arc<Library>) -> Result<Self, Vec<Diagnostic>> {
        let told = Told { scenario: library.made_of_text(&id, text)?, text: text.into() };
        Ok(Self { id, history: None, library, is_of_others: false, told: Some(told) })
    }

    /// # Errors
    /// What is wrong with the steps of operations only where these follow each other: each by itself was looked at by who drew them.
    fn told(&self) -> Result<Told, Vec<Diagnostic>> {
        match (&self.told, &self.history) {
            (None, Some((history, of))) => told(&self.id, history, of, &self.library),
            (Some(told), _) => Ok(told.clone()),
            (None, None) => Err(Vec::new()),
        }
    }

    /// What is told of one that cannot be run.
    fn untold(&self, mistakes: &[Diagnostic]) -> CaseResult {
        let why = mistakes.first().map_or("it has no scenario", |mistake| &mistake.message);
        CaseResult::new(self.id.clone(), Outcome::Inconclusive(Cause::Bug(why.to_owned())))
    }
}

fn title(history: &History, repertoire: &Repertoire) -> String {
    let words = history.words(repertoire).join("; ");
    match &history.variant {
        Some(variant) => format!("History ({variant}): {words}"),
        None => format!("History: {words}"),
    }
}

fn told(id: &str, history: &History, repertoire: &Repertoire, library: &Library) -> Result<Told, Vec<Diagnostic>> {
    let document = history.scenario(&title(history, repertoire), repertoire);
    let text = source::write(&document.to_json()).unwrap_or_default();
    Ok(Told { scenario: library.made(id, &document)?, text: text.into() })
}

/// So many simpler histories are tried for all that fail.
const MOST_TRIES: u32 = 80;

/// After so many short histories that fail alike, further ones are not made shorter.
const MOST_ALIKE: usize = 2;

/// In which way a history fails: a shorter one has to fail alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way(String, String);

impl Way {
    fn of(finding: &Finding) -> Self {
        let place = match &finding.place {
            Place::Body(pointer) => pointer.split('/').nth(1).unwrap_or_default().to_owned(),
            other => other.to_string(),
        };
        Way(finding.requirement.as_str().to_owned(), place)
    }
}

fn ways(result: &CaseResult) -> Vec<Way> {
    let later = result.not_scored.iter().map(|not_scored| &not_scored.finding);
    result.findings.iter().chain(later).map(Way::of).collect()
}

/// Those that are run beside the cases, with their places behind those of the plan; what comes of the others is in the results.
pub(super) fn beside(shared: &Shared, first: usize, results: &mut BTreeMap<usize, CaseResult>) -> Vec<Prepared> {
    let mut prepared = Vec::new();
    for (index, wanted) in (first..).zip(&shared.options.histories) {
        if wanted.is_of_others {
            results.insert(index, CaseResult::new(wanted.id.clone(), Outcome::Skipped(Skip::Deselected)));
            continue;
        }
        // A soak runs as many as there is time for: a few at a time.
        if shared.options.soaks {
            continue;
        }
        match wanted.told().map(|told| begun(shared, &told, None)) {
            Ok(Some((case, result))) => prepared.push(Prepared { index, case, result, is_history: true }),
            Ok(None) => _ = results.insert(index, wanted.untold(&[])),
            Err(mistakes) => _ = results.insert(index, wanted.untold(&mistakes)),
        }
    }
    prepared
}

/// Makes what those found that were run beside the cases as short as it gets, and runs what was not run. `first` is the place of the
/// first history.
pub(super) async fn play(shared: &Arc<Shared>, first: usize, results: &mut BTreeMap<usize, CaseResult>) {
    let mut early = results.split_off(&first);
    let judge = Arc::clone(&shared.judge);
    let of_cases: Vec<&CaseResult> = results.values().collect();
    let mut found = Found::besides(root_cause::Told::by(&of_cases, judge.restated()));
    let wanted = shared.options.histories.clone();
    let jobs = shared.options.jobs.max(1);
    for (from, some) in (first..).step_by(jobs).zip(wanted.chunks(jobs)) {
        if shared.options.soaks && shared.stopping() > Stop::No {
            break;
        }
        let played = match shared.options.soaks {
            true => together(shared, some).await,
            false => {
                let done = (from..).zip(some).map(|(at, wanted)| (wanted.clone(), early.remove(&at)));
                done.filter_map(|(wanted, result)| Some((wanted, result?))).collect()
            }
        };
        for (wanted, result) in played {
            if shared.options.soaks && is_unreached(&result) {
                continue;
            }
            let told = match &wanted.history {
                Some((history, of)) if matches!(shared.wire, Wire::Http(_)) && !found.news(&result).is_empty() => {
                    found.take(shared, &wanted, (history, of), result).await
                }
                _ => Some(result),
            };
            found.told.extend(told);
        }
    }
    for (at, mut result) in (first..).zip(found.told) {
        shared.note_violations(&result);
        finish(shared, &mut result);
        results.insert(at, result);
    }
}

/// Runs some at the same time; gives what came of them in order.
async fn together(shared: &Arc<Shared>, some: &[Wanted]) -> Vec<(Wanted, CaseResult)> {
    let mut running = JoinSet::new();
    for (at, wanted) in some.iter().cloned().enumerate() {
        let shared = Arc::clone(shared);
        running.spawn(async move {
            let play = async {
                match wanted.told() {
                    Ok(told) => once(&shared, &told, None, None).await,
                    Err(mistakes) => Some(wanted.untold(&mistakes)),
                }
            };
            let played = shared.slots.run(play).await.unwrap_or_else(|| wanted.untold(&[]));
            (at, (wanted, played))
        });
    }
    let mut played = BTreeMap::new();
    while let Some(done) = running.join_next().await {
        // What panics while a case is carried out is told as its result.
        played.extend(done.ok());
    }
    played.into_values().collect()
}

/// What was found so far.
struct Found<'a> {
    /// What cases tell of the server: no history is made shorter for that.
    by_cases: root_cause::Told<'a>,
    /// The results that are told.
    told: Vec<CaseResult>,
    /// The shortest histories that fail: their operations, and how. Who does it to whom makes no other fault of it.
    shortest: Vec<Shortest>,
    /// How many simpler histories were tried.
    tries: u32,
}

/// A history that is as short as it gets.
struct Shortest {
    operations: Vec<usize>,
    ways: BTreeSet<Way>,
    /// Its place among the results that are told.
    told: usize,
}

impl<'a> Found<'a> {
    fn besides(by_cases: root_cause::Told<'a>) -> Self {
        Self { by_cases, told: Vec::new(), shortest: Vec::new(), tries: 0 }
    }

    /// In which ways a history fails that no case tells.
    fn news(&self, result: &CaseResult) -> BTreeSet<Way> {
        let later = result.not_scored.iter().map(|not_scored| &not_scored.finding);
        result.findings.iter().chain(later).filter(|finding| !self.by_cases.knows(finding)).map(Way::of).collect()
    }

    /// Makes a history that fails as short as it gets. Gives nothing where that is one that is known.
    async fn take(
        &mut self,
        shared: &Arc<Shared>,
        wanted: &Wanted,
        drawn: (&History, &Repertoire),
        result: CaseResult,
    ) -> Option<CaseResult> {
        let wrong = self.news(&result);
        let is_alike = |known: &&Shortest| wrong.is_subset(&known.ways);
        let is_familiar = self.shortest.iter().filter(is_alike).count() >= MOST_ALIKE;
        let left = if is_familiar { 0 } else { MOST_TRIES.saturating_sub(self.tries) };
        let result = match left {
            0 => result,
            _ => match by_itself(shared, wanted, drawn, (result, &wrong)).await {
                ByItself::Fails(result) => *result,
                ByItself::IsWell(result) => return Some(*result),
            },
        };
        let Shortened { history, result, tries } = shorten(shared, wanted, drawn, (result, &wrong), left).await;
        self.tries += tries;
        let operations: Vec<usize> = history.acts.iter().map(|act| act.operation).collect();
        let is_same = |known: &&Shortest| is_familiar || known.operations == operations;
        let known = self.shortest.iter().filter(is_alike).find(is_same).map(|known| known.told);
        let Some(first) = known.and_then(|at| self.told.get_mut(at)) else {
            self.shortest.push(Shortest { operations, ways: wrong, told: self.told.len() });
            return Some(result);
        };
        add_to(first, [result]);
        None
    }
}

/// Whether the run ended before it did, and nothing is left of it.
fn is_unreached(result: &CaseResult) -> bool {
    matches!(result.outcome, Outcome::Inconclusive(Cause::NotReached(_))) && result.leftovers.is_empty()
}

/// The case of a scenario, with the result that it has before it is run.
fn begun(shared: &Shared, Told { scenario, text }: &Told, id: Option<String>) -> Option<(Arc<Case>, CaseResult)> {
    let mut case = Arc::clone(scenario.cases.first()?);
    if let Some(id) = id {
        Arc::make_mut(&mut case).id = id;
    }
    let mut result = blank(&shared.judge, scenario, &case);
    result.history = Some(Arc::clone(text));
    result.checks = audit::with_laws(&shared.judge, &case, result.checks);
    Some((case, result))
}

/// Runs a scenario: under another name than its own, where one is given.
async fn once(shared: &Arc<Shared>, told: &Told, id: Option<String>, sharing: Option<Sharing>) -> Option<CaseResult> {
    let (case, result) = begun(shared, told, id)?;
    Some(carry_out(Arc::clone(shared), case, result, sharing).await)
}

/// What came of a history that failed beside others when it was run for itself.
enum ByItself {
    /// It fails alike. The result is that of the first time.
    Fails(Box<CaseResult>),
    /// It does not: something that was sent meanwhile has done it, and none of its own writes.
    IsWell(Box<CaseResult>),
}

/// Runs a history that failed once more, with nothing beside it and under other names.
async fn by_itself(
    shared: &Arc<Shared>,
    wanted: &Wanted,
    (drawn, repertoire): (&History, &Repertoire),
    (mut first, wrong): (CaseResult, &BTreeSet<Way>),
) -> ByItself {
    let Ok(as_told) = told(&wanted.id, drawn, repertoire, &wanted.library) else {
        return ByItself::Fails(Box::new(first));
    };
    let Some(mut second) = once(shared, &as_told, None, Some(Sharing::Off)).await else {
        return ByItself::Fails(Box::new(first));
    };
    if shared.stopping() > Stop::No || ways(&second).iter().any(|way| wrong.contains(way)) {
        add_to(&mut first, [second]);
        return ByItself::Fails(Box::new(first));
    }
    let what = first.findings.iter().find(|finding| wrong.contains(&Way::of(finding)));
    let what = what.map(|finding| format!(" ({} at {})", finding.requirement, finding.place)).unwrap_or_default();
    let said = format!("it failed while others ran beside it{what}, and not by itself: what else was sent has done it");
    second.notes.push(Note { text: said, requirement: None, exchange: None, all_well: false });
    add_to(&mut second, [first]);
    ByItself::IsWell(Box::new(second))
}

/// What came of making a history shorter.
struct Shortened {
    history: History,
    result: CaseResult,
    tries: u32,
}

/// Looks for the simplest history that fails alike, and runs it for itself.
async fn shorten(
    shared: &Arc<Shared>,
    wanted: &Wanted,
    (drawn, repertoire): (&History, &Repertoire),
    (first, wrong): (CaseResult, &BTreeSet<Way>),
    most: u32,
) -> Shortened {
    let fails_alike = |result: &CaseResult| ways(result).iter().any(|way| wrong.contains(way));
    let as_scenario = |history: &History| told(&wanted.id, history, repertoire, &wanted.library);
    let mut shrinking = Shrinking::of(drawn.clone(), repertoire);
    let mut others = Vec::new();
    let mut tries = 0;
    while tries < most && shared.stopping() == Stop::No {
        let Some(simpler) = shrinking.simpler() else { break };
        let Ok(simpler_told) = as_scenario(&simpler) else { continue };
        tries += 1;
        let id = format!("{} (try {tries})", wanted.id);
        let Some(result) = once(shared, &simpler_told, Some(id), None).await else { continue };
        if fails_alike(&result) {
            shrinking.fails(simpler);
        }
        others.push(result);
    }
    let shortest = shrinking.best().clone();
    // Looking after each act shows which one it was, if it still fails then.
    let watched = shortest.watched();
    let mut is_told_watched = false;
    if most > 0
        && let Ok(watched_told) = as_scenario(&watched)
        && let Some(result) = once(shared, &watched_told, Some(format!("{} (watched)", wanted.id)), None).await
    {
        is_told_watched = fails_alike(&result);
        others.push(result);
    }
    let told = if is_told_watched { &watched } else { &shortest };
    let mut result = first;
    // Under the id of the history, and under other names than it had when it was run first.
    if told != drawn
        && let Ok(as_told) = as_scenario(told)
        && let Some(mut second) = once(shared, &as_told, None, Some(Sharing::Off)).await
    {
        if fails_alike(&second) {
            std::mem::swap(&mut result, &mut second);
            let (before, after) = (drawn.acts.len(), told.acts.len());
            let said = format!(
                "a history of {before} operations failed; of {tries} simpler ones, one of {after} is the shortest that does"
            );
            result.notes.push(Note { text: said, requirement: None, exchange: None, all_well: false });
        }
        others.push(second);
    }
    add_to(&mut result, others);
    Shortened { history: shortest, result, tries }
}

/// Adds what was tried on the way to a result: the requests alone, and what is left of it on the server.
fn add_to(result: &mut CaseResult, others: impl IntoIterator<Item = CaseResult>) {
    for mut other in others {
        for exchange in &mut other.transcript {
            exchange.request.body = None;
            if let Ok(response) = &mut exchange.reply {
                response.body = Vec::new();
            }
        }
        result.swept += other.transcript.len();
        result.transcript.append(&mut other.transcript);
        result.leftovers.append(&mut other.leftovers);
    }
}

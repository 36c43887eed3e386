//! `--histories`: which sequences of operations are run besides the cases, and where the shortest that fail are kept.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::budget::Depth;
use crate::capability::Capabilities;
use crate::history;
use crate::plan::Selection;
use crate::report::Report;
use crate::run::histories::Wanted;
use crate::scenario::{Library, Repertoire};

use super::args::ChoiceArgs;
use super::config::ConfigError;

/// The seed of the histories where nobody gives one: each run shall play the same.
const SEED: u64 = 1;

/// So many histories a soak runs at most: what they sent is in memory until the report.
pub(super) const MOST: u32 = 2000;

/// So many of a provider are run where nobody says how many.
fn usual(repertoire: &Repertoire, depth: Depth) -> u32 {
    match depth {
        Depth::Quick => 0,
        Depth::Default => repertoire.usual.default,
        Depth::Full => repertoire.usual.full,
    }
}

/// A history that is named by its id: `okta/histories/7-3` is the third of seed 7.
fn named(id: &str) -> Option<(&str, u64, u32)> {
    let (folder, rest) = id.split_once("/histories/")?;
    let (seed, number) = rest.split_once('-')?;
    Some((folder, seed.parse().ok()?, number.parse().ok()?))
}

/// Whether what is selected is a history.
pub(super) fn is_history(selected: &str) -> bool {
    named(selected).is_some()
}

/// Whether that is a history of a provider that has some.
pub(super) fn is_known(library: &Library, id: &str) -> bool {
    named(id).is_some_and(|(folder, ..)| library.repertoires.iter().any(|repertoire| repertoire.folder == folder))
}

/// Whether what is left out is a history, or all of a provider: `okta/histories`.
pub(super) fn is_of_histories(skipped: &str) -> bool {
    is_history(skipped) || skipped.trim_end_matches(['/', '*']).ends_with("/histories")
}

/// What decides which histories are run.
pub(super) struct Chosen<'a> {
    /// What the command says.
    pub(super) choice: &'a ChoiceArgs,
    /// Which suites are in play, what is selected, and what is left out.
    pub(super) selection: &'a Selection,
    /// How much is run.
    pub(super) depth: Depth,
    /// Whether writes are held against the laws.
    pub(super) has_laws: bool,
}

impl Chosen<'_> {
    /// How many of that provider.
    fn count(&self, repertoire: &Repertoire) -> u32 {
        let is_whole = self.selection.select.is_empty() && self.has_laws;
        self.choice.histories.unwrap_or(if is_whole { usual(repertoire, self.depth) } else { 0 })
    }

    fn is_skipped(&self, id: &str) -> bool {
        let covers = |skipped: &String| {
            let all = skipped.trim_end_matches(['/', '*']);
            skipped == id || id.strip_prefix(all).is_some_and(|rest| rest.starts_with('/'))
        };
        self.selection.skip.iter().filter(|skipped| is_of_histories(skipped)).any(covers)
    }

    fn is_of_others(&self, id: &str) -> bool {
        self.choice.shard.is_some_and(|shard| !shard.holds(id))
    }
}

/// The histories of a run: those that are selected by id, or as many as are asked for of each provider in play.
pub(super) fn wanted(
    library: &Library,
    chosen: &Chosen<'_>,
    capabilities: &Capabilities,
) -> Result<Vec<Wanted>, ConfigError> {
    let Selection { suites, select, .. } = chosen.selection;
    let is_in_play = |folder: &str| suites.is_empty() || suites.iter().any(|suite| suite == folder);
    let by_name: BTreeSet<(&str, u64, u32)> = select.iter().filter_map(|id| named(id)).collect();
    let is_unknown = |folder: &str| library.repertoires.iter().all(|repertoire| repertoire.folder != folder);
    if let Some((folder, ..)) = by_name.iter().find(|(folder, ..)| is_unknown(folder)) {
        return Err(ConfigError::Text(no_histories(library, folder)));
    }
    let seed = chosen.choice.seed.unwrap_or(SEED);
    let mut numbers = by_name.clone();
    for repertoire in library.repertoires.iter().filter(|repertoire| is_in_play(&repertoire.folder)) {
        numbers.extend((1..=chosen.count(repertoire)).map(|number| (repertoire.folder.as_str(), seed, number)));
    }
    let is_asked_for = !by_name.is_empty() || chosen.choice.histories.is_some_and(|count| count > 0);
    if numbers.is_empty() && is_asked_for {
        return Err(ConfigError::Text(no_histories(library, &suites.join(","))));
    }
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    if !chosen.has_laws {
        let why = match chosen.choice.no_laws {
            true => "histories are judged by the laws alone: leave out --no-laws",
            false => "histories are judged by the laws alone, which are of SCIM 2.0",
        };
        return Err(why.to_owned().into());
    }
    let library = Arc::new(library.clone());
    let (mut wanted, mut empty) = (Vec::new(), Vec::new());
    for repertoire in &library.repertoires {
        let mine: Vec<_> = numbers.iter().filter(|(folder, ..)| *folder == repertoire.folder).collect();
        if mine.is_empty() {
            continue;
        }
        let offered = history::offered(&library, repertoire, capabilities).map_err(ConfigError::Diagnostics)?;
        for numbered in mine {
            let (folder, seed, number) = *numbered;
            let id = format!("{folder}/histories/{seed}-{number}");
            let is_named = by_name.contains(numbered);
            if chosen.is_skipped(&id) {
                if is_named {
                    return Err(format!("`{id}` is selected and left out: leave out --skip").into());
                }
                continue;
            }
            match history::draw(repertoire, &offered, (seed, number)) {
                Some(drawn) => {
                    let is_of_others = chosen.is_of_others(&id);
                    let mut one = Wanted::new(id, drawn, Arc::clone(repertoire), Arc::clone(&library));
                    one.is_of_others = is_of_others;
                    wanted.push(one);
                }
                None if is_named || chosen.choice.histories.is_some() || chosen.choice.soaks => empty.push(id),
                None => {}
            }
        }
    }
    if let (true, Some(id)) = (wanted.is_empty(), empty.first()) {
        let why = "the server offers nothing of what happens in histories, or its owner declares so";
        return Err(format!("`{id}` is empty: {why}; `scim-check doctor` shows what it offers").into());
    }
    Ok(wanted)
}

fn no_histories(library: &Library, folder: &str) -> String {
    let known: Vec<&str> = library.repertoires.iter().map(|repertoire| repertoire.folder.as_str()).collect();
    match known.as_slice() {
        [] => format!("--histories: `{folder}` has none, as there is no histories.yaml in its folder"),
        known => format!("--histories: `{folder}` has none; there are some of {}", known.join(", ")),
    }
}

/// Writes the histories of a report that failed into a folder, as scenarios to be kept. Gives the paths.
pub(super) fn save(report: &Report, folder: &Path) -> Result<Vec<String>, ConfigError> {
    let fail = |path: &Path, error: &dyn std::fmt::Display| {
        ConfigError::Text(format!("{} cannot be written: {error}", path.display()))
    };
    let mut written = Vec::new();
    for case in report.cases.iter().filter(|case| !case.findings.is_empty() || !case.not_scored.is_empty()) {
        let Some(scenario) = &case.history else { continue };
        // Not under its own id, which is that of what was drawn.
        let path = folder.join(format!("{}.yaml", case.id.replacen("/histories/", "/kept/history-", 1)));
        let above = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(above).map_err(|error| fail(above, &error))?;
        std::fs::write(&path, scenario.as_bytes()).map_err(|error| fail(&path, &error))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

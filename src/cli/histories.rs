//! `--histories`: which sequences of operations are run besides the cases, and where the shortest that fail are kept.

use std::path::Path;
use std::sync::Arc;

use crate::capability::Capabilities;
use crate::history;
use crate::report::Report;
use crate::run::histories::Wanted;
use crate::scenario::Library;

use super::args::ChoiceArgs;
use super::config::ConfigError;

/// The seed of the histories where nobody gives one: each run shall play the same.
const SEED: u64 = 1;

/// So many histories a soak runs at most: what they sent is in memory until the report.
pub(super) const MOST: u32 = 2000;

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

/// The histories of a run: those that are selected by id, or as many as are asked for of each provider in play.
pub(super) fn wanted(
    library: &Library,
    choice: &ChoiceArgs,
    (suites, select): (&[String], &[String]),
    capabilities: &Capabilities,
) -> Result<Vec<Wanted>, ConfigError> {
    let is_in_play = |folder: &str| suites.is_empty() || suites.iter().any(|suite| suite == folder);
    let mut numbers: Vec<(&str, u64, u32)> = select.iter().filter_map(|id| named(id)).collect();
    if let Some((folder, ..)) =
        numbers.iter().find(|(folder, ..)| !library.repertoires.iter().any(|r| r.folder == *folder))
    {
        return Err(ConfigError::Text(no_histories(library, folder)));
    }
    let seed = choice.seed.unwrap_or(SEED);
    let count = choice.histories.unwrap_or(0);
    let folders = library.repertoires.iter().map(|repertoire| repertoire.folder.as_str());
    let in_play = folders.filter(|folder| is_in_play(folder));
    numbers.extend(in_play.flat_map(|folder| (1..=count).map(move |number| (folder, seed, number))));
    if numbers.is_empty() && count > 0 {
        return Err(ConfigError::Text(no_histories(library, &suites.join(","))));
    }
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    if choice.no_laws {
        return Err("histories are judged by the laws alone: leave out --no-laws".to_owned().into());
    }
    if choice.shard.is_some() {
        let why =
            "shards share cases, and a fault that several histories show is told once: run histories without --shard";
        return Err(why.to_owned().into());
    }
    numbers.sort_unstable();
    numbers.dedup();
    let library = Arc::new(library.clone());
    let mut wanted = Vec::new();
    for repertoire in &library.repertoires {
        let mine: Vec<_> = numbers.iter().filter(|(folder, ..)| *folder == repertoire.folder).collect();
        if mine.is_empty() {
            continue;
        }
        let offered = history::offered(&library, repertoire, capabilities).map_err(ConfigError::Diagnostics)?;
        for (folder, seed, number) in mine {
            let Some(drawn) = history::draw(repertoire, &offered, (*seed, *number)) else { continue };
            let id = format!("{folder}/histories/{seed}-{number}");
            wanted.push(Wanted::new(id, drawn, Arc::clone(repertoire), Arc::clone(&library)));
        }
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

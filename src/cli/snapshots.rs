//! The folder of snapshots: read before anything is sent, compared when the run is over, reviewed and accepted later.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::args::{SnapshotArgs, SnapshotsAction, SnapshotsCommand};
use super::config::{self, ConfigError};
use super::{complain, exit, say};
use crate::changes::{Change, ChangeGroup, ChangeKind, Changes};
use crate::report::changes as drawn;
use crate::report::json::Bodies;
use crate::scenario::load;
use crate::snapshot::{self, Names, Snapshot};
use crate::source::{Diagnostic, did_you_mean};
use crate::verdict::{CaseResult, Outcome};

/// How much of the folder's nesting is followed.
const MOST_DEPTH: usize = 16;

/// A file that was read.
struct Kept {
    path: PathBuf,
    text: String,
    snapshot: Snapshot,
}

/// The snapshots of a folder by case: what was accepted, and what waits.
#[derive(Default)]
struct Folder {
    accepted: BTreeMap<String, Kept>,
    waiting: BTreeMap<String, Kept>,
}

impl Folder {
    fn read(folder: &Path) -> Result<Self, ConfigError> {
        let mut paths = Vec::new();
        find(folder, 0, &mut paths).map_err(|error| {
            ConfigError::Text(format!("the snapshots in {} cannot be read: {error}", folder.display()))
        })?;
        paths.sort();
        let mut found = Self::default();
        let mut mistakes: Vec<Diagnostic> = Vec::new();
        for path in paths {
            let Some(file) = load::read(&path, &mut mistakes) else { continue };
            match snapshot::read(&file) {
                Ok(snapshot) => {
                    let is_new = path.extension().is_some_and(|extension| extension == "new");
                    let kept = Kept { path, text: file.text.clone(), snapshot };
                    let map = if is_new { &mut found.waiting } else { &mut found.accepted };
                    map.insert(kept.snapshot.case.clone(), kept);
                }
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() { Ok(found) } else { Err(ConfigError::Diagnostics(mistakes)) }
    }

    /// What differs between what waits and what was accepted.
    fn changes(&self) -> Vec<(String, Change)> {
        let of = |(case, new): (&String, &Kept)| {
            let changes = match self.accepted.get(case) {
                Some(old) => snapshot::compare(&old.snapshot, &new.snapshot),
                None => vec![new_case()],
            };
            changes.into_iter().map(|change| (case.clone(), change)).collect::<Vec<_>>()
        };
        self.waiting.iter().flat_map(of).collect()
    }
}

/// The change of a case that nothing was accepted for yet.
fn new_case() -> Change {
    Change { kind: ChangeKind::New, request: String::new(), place: String::new(), before: None, after: None }
}

fn find(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if path.is_dir() {
            if depth < MOST_DEPTH && !name.starts_with('.') {
                find(&path, depth + 1, paths)?;
            }
        } else if name.ends_with(".snap") || name.ends_with(".snap.new") {
            paths.push(path);
        }
    }
    Ok(())
}

/// The snapshots of a run: those that were accepted, and those that are being taken.
pub(super) struct Keeper {
    path: PathBuf,
    strict: bool,
    writes: bool,
    folder: Folder,
    taken: Mutex<BTreeMap<String, Snapshot>>,
}

/// A case in which everything of one name has another.
fn renamed(mut case: CaseResult, from: &str, to: &str) -> CaseResult {
    let in_bytes = |bytes: &mut Vec<u8>| {
        if let Ok(text) = std::str::from_utf8(bytes)
            && text.contains(from)
        {
            *bytes = text.replace(from, to).into_bytes();
        }
    };
    for exchange in &mut case.transcript {
        exchange.request.path = exchange.request.path.replace(from, to);
        exchange.request.body.iter_mut().for_each(in_bytes);
        if let Ok(response) = &mut exchange.reply {
            in_bytes(&mut response.body);
            response.headers.0.iter_mut().for_each(|(_, value)| *value = value.replace(from, to));
        }
    }
    case
}

impl Keeper {
    /// Reads the folder. One that is not there is made, unless nothing is to be written.
    pub(super) fn open(args: &SnapshotArgs, bodies: Bodies) -> Result<Option<Arc<Self>>, ConfigError> {
        let Some(path) = &args.snapshots else { return Ok(None) };
        if bodies == Bodies::None {
            return Err(ConfigError::Text(
                "--snapshots keeps what the server answers, and --bodies none says to keep nothing of that: leave one out"
                    .to_owned(),
            ));
        }
        let writes = !config::is_ci();
        if writes {
            fs::create_dir_all(path)
                .map_err(|error| ConfigError::Text(format!("the folder {} cannot be made: {error}", path.display())))?;
        }
        let folder = if path.exists() { Folder::read(path)? } else { Folder::default() };
        let taken = Mutex::default();
        Ok(Some(Arc::new(Self { path: path.clone(), strict: args.snapshots_strict, writes, folder, taken })))
    }

    /// Takes the snapshot of a case that has ended, with the name and the password that it made up. The names of what it shares with others
    /// are taken for its own.
    pub(super) fn take(
        &self,
        case: &CaseResult,
        (unique, password): &(String, String),
        shared: &[String],
        base_url: &str,
    ) {
        // What the edition does not know has no accepted answers, and shall not want any. Nor shall what is drawn by lot.
        let is_apart = case.since.is_some() || case.history.is_some();
        if is_apart || !matches!(case.outcome, Outcome::Passed | Outcome::Failed) || case.steps.is_empty() {
            return;
        }
        let case = shared.iter().fold(case.clone(), |case, of_others| renamed(case, of_others, unique));
        let snapshot = snapshot::take(&case, &Names { unique, password, base_url });
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(case.id.clone(), snapshot);
    }

    /// Compares with what was accepted, and lets what differs wait in the folder. `suites` are those in play; none is all.
    pub(super) fn conclude(&self, cases: &[CaseResult], suites: &[String]) -> Result<Changes, ConfigError> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes: Vec<(String, Change)> = Vec::new();
        let mut result = Changes {
            folder: self.path.display().to_string(),
            strict: self.strict,
            written: self.writes,
            ..Changes::default()
        };
        for case in cases {
            let (new, old) = (taken.get(&case.id), self.folder.accepted.get(&case.id));
            let Some(new) = new else {
                result.not_compared.extend(old.map(|_| case.id.clone()));
                continue;
            };
            let here = match old {
                Some(old) => snapshot::compare(&old.snapshot, new),
                None => vec![new_case()],
            };
            result.compared += usize::from(old.is_some());
            result.same += usize::from(here.is_empty());
            self.keep(new, here.is_empty())?;
            changes.extend(here.into_iter().map(|change| (case.id.clone(), change)));
        }
        let planned: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
        let in_play = |case: &&String| {
            let suite = case.split('/').next().unwrap_or_default();
            !planned.contains(case.as_str()) && (suites.is_empty() || suites.iter().any(|name| name == suite))
        };
        result.obsolete = self.folder.accepted.keys().filter(in_play).cloned().collect();
        result.groups = snapshot::group(changes).into_iter().map(|(group, _)| group).collect();
        Ok(result)
    }

    fn keep(&self, new: &Snapshot, is_same: bool) -> Result<(), ConfigError> {
        if !self.writes {
            return Ok(());
        }
        let fail = |path: &Path, error: std::io::Error| {
            ConfigError::Text(format!("the snapshot {} cannot be written: {error}", path.display()))
        };
        if is_same {
            let Some(stale) = self.folder.waiting.get(&new.case) else { return Ok(()) };
            return fs::remove_file(&stale.path).map_err(|error| fail(&stale.path, error));
        }
        let path = match self.folder.accepted.get(&new.case) {
            Some(old) => with_new(&old.path),
            None => self.path.join(format!("{}.snap.new", snapshot::file_name(&new.case))),
        };
        let write = || {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            super::reports::replace(&path, &snapshot::write(new))
        };
        write().map_err(|error| fail(&path, error))
    }
}

/// `….snap.new` of `….snap`.
fn with_new(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// `….snap` of `….snap.new`.
fn without_new(path: &Path) -> PathBuf {
    path.with_extension("")
}

/// `scim-check snapshots`.
pub(super) fn command(command: &SnapshotsCommand) -> Result<u8, ConfigError> {
    let path = &command.snapshots;
    if !path.is_dir() {
        return Err(ConfigError::Text(format!("there is no folder {}", path.display())));
    }
    let folder = Folder::read(path)?;
    match &command.action {
        SnapshotsAction::Review { names } => review(&folder, path, names),
        SnapshotsAction::Accept { names, group: None } => accept(&folder, names),
        SnapshotsAction::Accept { group: Some(number), .. } => accept_group(&folder, *number),
        SnapshotsAction::Reject { names } => reject(&folder, names),
        SnapshotsAction::Prune { names, scenarios } => prune(&folder, names, scenarios.as_deref()),
    }
}

/// The files whose cases begin with one of the names; all where there is none.
fn chosen<'f>(files: &'f BTreeMap<String, Kept>, names: &[String]) -> Result<Vec<&'f Kept>, ConfigError> {
    let mut chosen = Vec::new();
    for name in names {
        if !files.keys().any(|case| case.starts_with(name.as_str())) {
            let known: Vec<&str> = files.keys().map(String::as_str).collect();
            let guess = did_you_mean(name, &known).map(|guess| format!("; {guess}")).unwrap_or_default();
            return Err(ConfigError::Text(format!("no snapshot here is of `{name}`{guess}")));
        }
    }
    let is_named = |case: &String| names.is_empty() || names.iter().any(|name| case.starts_with(name.as_str()));
    chosen.extend(files.iter().filter(|(case, _)| is_named(case)).map(|(_, kept)| kept));
    Ok(chosen)
}

fn cases(number: usize) -> String {
    format!("{number} case{}", if number == 1 { "" } else { "s" })
}

fn review(folder: &Folder, path: &Path, names: &[String]) -> Result<u8, ConfigError> {
    if folder.waiting.is_empty() {
        say("nothing waits to be reviewed\n");
        return Ok(exit::CONFORMS);
    }
    let wanted: BTreeSet<&str> =
        chosen(&folder.waiting, names)?.iter().map(|kept| kept.snapshot.case.as_str()).collect();
    // Numbers are those of the whole folder, whatever is shown.
    let groups: Vec<ChangeGroup> = snapshot::group(folder.changes()).into_iter().map(|(group, _)| group).collect();
    let shown = |group: &ChangeGroup| group.cases.iter().any(|case| wanted.contains(case.as_str()));
    let mut out = String::new();
    for (n, group) in groups.iter().enumerate().filter(|(_, group)| shown(group)) {
        out.push_str(&format!("group {}\n", n + 1));
        drawn::lines(group, true).iter().for_each(|line| out.push_str(&format!("  {line}\n")));
        out.push('\n');
    }
    let dir = path.display();
    out.push_str(&format!("{} to review in {}\n", cases(wanted.len()), draw_groups(groups.len())));
    out.push_str(&format!("  accept all:  scim-check snapshots accept --snapshots {dir}\n"));
    out.push_str(&format!("  accept one:  scim-check snapshots accept --snapshots {dir} --group 1\n"));
    out.push_str(&format!("  throw away:  scim-check snapshots reject --snapshots {dir}\n"));
    say(&out);
    Ok(exit::CONFORMS)
}

fn draw_groups(number: usize) -> String {
    format!("{number} group{}", if number == 1 { "" } else { "s" })
}

fn written(path: &Path, done: std::io::Result<()>) -> Result<(), ConfigError> {
    done.map_err(|error| ConfigError::Text(format!("the snapshot {} cannot be written: {error}", path.display())))
}

fn accept(folder: &Folder, names: &[String]) -> Result<u8, ConfigError> {
    let chosen = chosen(&folder.waiting, names)?;
    for kept in &chosen {
        written(&kept.path, fs::rename(&kept.path, without_new(&kept.path)))?;
    }
    say(&format!("accepted the answers of {}\n", cases(chosen.len())));
    Ok(exit::CONFORMS)
}

/// Takes over one group of differences; the others of the same cases keep waiting.
fn accept_group(folder: &Folder, number: usize) -> Result<u8, ConfigError> {
    let groups = snapshot::group(folder.changes());
    let Some((group, members)) = number.checked_sub(1).and_then(|at| groups.get(at)) else {
        return Err(ConfigError::Text(format!(
            "there is no group {number}; `snapshots review` shows {}",
            draw_groups(groups.len())
        )));
    };
    let mut wanted: HashMap<&str, Vec<&Change>> = HashMap::new();
    members.iter().for_each(|(case, change)| wanted.entry(case).or_default().push(change));
    for case in &group.cases {
        let Some(new) = folder.waiting.get(case) else { continue };
        let Some(old) = folder.accepted.get(case) else {
            written(&new.path, fs::rename(&new.path, without_new(&new.path)))?;
            continue;
        };
        let members = wanted.get(case.as_str()).map(Vec::as_slice).unwrap_or_default();
        let merged = snapshot::merge(&old.snapshot, &new.snapshot, &mut |change| members.contains(&change));
        if snapshot::compare(&merged, &new.snapshot).is_empty() {
            written(&old.path, super::reports::replace(&old.path, &new.text))?;
            written(&new.path, fs::remove_file(&new.path))?;
        } else {
            written(&old.path, super::reports::replace(&old.path, &snapshot::write(&merged)))?;
        }
    }
    say(&format!("accepted group {number} in {}\n", cases(group.cases.len())));
    Ok(exit::CONFORMS)
}

fn reject(folder: &Folder, names: &[String]) -> Result<u8, ConfigError> {
    let chosen = chosen(&folder.waiting, names)?;
    for kept in &chosen {
        written(&kept.path, fs::remove_file(&kept.path))?;
    }
    say(&format!("threw away the new answers of {}\n", cases(chosen.len())));
    Ok(exit::CONFORMS)
}

/// Deletes the snapshots of cases that are not there any more. Which rows a target file makes, and which other suites there are, is not
/// known here: those snapshots go only when they are named.
fn prune(folder: &Folder, names: &[String], scenarios: Option<&Path>) -> Result<u8, ConfigError> {
    let library = super::library(scenarios)?;
    let mut suites = BTreeSet::new();
    let mut known = BTreeSet::new();
    let mut open = BTreeSet::new();
    for scenario in &library.scenarios {
        suites.insert(scenario.suite());
        known.extend(scenario.cases.iter().map(|case| case.id.as_str()));
        if scenario.rows_of.is_some() {
            open.insert(scenario.id.as_str());
        }
    }
    let is_gone = |case: &str| {
        let scenario = case.split('#').next().unwrap_or(case);
        let suite = case.split('/').next().unwrap_or(case);
        let is_named = names.iter().any(|name| name == case);
        !known.contains(case) && (is_named || (suites.contains(suite) && !open.contains(scenario)))
    };
    let all = chosen(&folder.accepted, names)?;
    let gone: Vec<&&Kept> = all.iter().filter(|kept| is_gone(&kept.snapshot.case)).collect();
    for kept in &gone {
        written(&kept.path, fs::remove_file(&kept.path))?;
        if let Some(waiting) = folder.waiting.get(&kept.snapshot.case) {
            written(&waiting.path, fs::remove_file(&waiting.path))?;
        }
        say(&format!("deleted {}\n", kept.path.display()));
    }
    if gone.is_empty() {
        say("no snapshot here is of a case that is not there any more\n");
    }
    let kept = all.len() - gone.len();
    if !names.is_empty() && kept > 0 {
        complain(&format!("note: {} of those named are still there, and stay\n", cases(kept)));
    }
    Ok(exit::CONFORMS)
}

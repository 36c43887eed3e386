//! What was created and is still there, on disk: so that a run that was killed can be cleaned up after.
//!
//! **Invariant:** what may be created is on disk before its request leaves, as a search by its name, and its path before the next
//! request of its case is sent. The journal holds paths, never a credential.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

/// An open journal. Runs against the same server share one. Each holds a shared lock on a file beside it while it has the journal
/// open, so that none removes it from under another. Where the filesystem knows no locks, runs are as safe as they are alone.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<File>,
    path: PathBuf,
    lock: Option<File>,
}

/// Why a journal cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("the journal {} cannot be written: {source}", path.display())]
pub struct JournalError {
    path: PathBuf,
    source: io::Error,
}

impl Journal {
    /// Opens a journal for appending, and makes its folder.
    ///
    /// # Errors
    /// When the file cannot be made or written.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let fail = |source| JournalError { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(fail)?;
        }
        let lock = shared_lock(path);
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(fail)?;
        Ok(Self { file: Mutex::new(file), path: path.to_owned(), lock })
    }

    /// `unique` is the name that tells whether the resource is ours. Where its id is not known, `path` searches for it.
    pub(super) fn created(&self, path: &str, unique: &str) {
        self.line("created", &format!("{unique} {path}"));
    }

    pub(crate) fn gone(&self, path: &str) {
        self.line("gone", path);
    }

    fn line(&self, what: &str, path: &str) {
        // A full disk must not end the run: the sweep in memory does not depend on the journal.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // In one piece: other processes write to the same file.
        let line = format!("{what} {}\n", path.replace(['\n', '\r'], ""));
        let _ = file.write_all(line.as_bytes());
    }

    /// Closes the journal; it is removed when nothing it names is left, and nobody else has it open.
    pub fn close(self) {
        drop(self.file);
        let is_shared = self.lock.as_ref().is_some_and(|lock| {
            let _ = lock.unlock();
            is_held(lock)
        });
        if !is_shared && remaining(&self.path).is_empty() {
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(lock_path(&self.path));
        }
    }
}

/// Whether a run has a journal open: what it names is then not left over, but in use.
pub fn is_in_use(path: &Path) -> bool {
    OpenOptions::new().read(true).write(true).open(lock_path(path)).is_ok_and(|lock| is_held(&lock))
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// A shared lock, which is held against us only for the moment in which somebody else removes the journal and then the file that
/// is locked; so it is looked for anew where that has happened.
fn shared_lock(path: &Path) -> Option<File> {
    let path = lock_path(path);
    let mut lock = None;
    for _ in 0..3 {
        // For writing, too: NFS gives an exclusive lock for no less.
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).ok()?;
        let _ = file.lock_shared();
        let stayed = is_at(&file, &path);
        lock = Some(file);
        if stayed {
            break;
        }
    }
    lock
}

/// Whether somebody else holds a lock. Where nobody does, it is ours afterwards, until the file is closed.
fn is_held(lock: &File) -> bool {
    matches!(lock.try_lock(), Err(TryLockError::WouldBlock))
}

/// Whether a file is still the one of that name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Whether a file is still the one of that name.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// Something that was created and, as far as a journal knows, is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// Its path below the base URL, or a search for it.
    pub path: String,
    /// The name it carries if it is ours.
    pub unique: String,
}

/// What a journal says was created and not removed, last created first.
pub fn remaining(path: &Path) -> Vec<Remaining> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut left: Vec<Remaining> = Vec::new();
    for line in text.lines() {
        if let Some((unique, path)) = line.strip_prefix("created ").and_then(|rest| rest.split_once(' ')) {
            left.push(Remaining { path: path.to_owned(), unique: unique.to_owned() });
        } else if let Some(path) = line.strip_prefix("gone ") {
            left.retain(|known| known.path != path);
        }
    }
    left.reverse();
    left
}

/// The lines of a journal that say nothing, such as one that was being written when the power failed.
pub fn unreadable(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let is_created = |line: &str| line.strip_prefix("created ").is_some_and(|rest| rest.contains(' '));
    let says_nothing = |line: &&str| !line.is_empty() && !is_created(line) && !line.starts_with("gone ");
    text.lines().filter(says_nothing).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_processes_write_stays_in_lines() {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let path = folder.path().join("journal");
        // As of several processes, each has a file of its own.
        let journals: Vec<Journal> = (0..4).map(|_| Journal::open(&path).expect("it can be made")).collect();
        std::thread::scope(|scope| {
            for (n, journal) in journals.iter().enumerate() {
                scope.spawn(move || {
                    for k in 0..2000 {
                        journal.created(&format!("/Users/{n}-{k}"), "scabcdefghij");
                        journal.gone(&format!("/Users/{n}-{k}"));
                    }
                });
            }
        });
        assert_eq!(unreadable(&path), [""; 0]);
        assert_eq!(remaining(&path), []);
        fs::write(&path, "created scab /Users/1\ncreatedgone scab /Users/2\ncreated sc").expect("a file");
        assert_eq!(unreadable(&path), ["createdgone scab /Users/2", "created sc"]);
    }
}

//! What was created and is still there, on disk: so that a run that was killed can be cleaned up after.
//!
//! **Invariant:** a creation is on disk before the next request of its case is sent. The journal holds paths, never a credential.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

/// An open journal. Runs against the same server share one; each holds a lock on it, so that none takes it from under another.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<File>,
    path: PathBuf,
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
        loop {
            let file = OpenOptions::new().create(true).append(true).open(path).map_err(fail)?;
            // Where the filesystem knows no locks, runs are as safe as they are alone.
            let _ = file.lock_shared();
            // Who had it until now may have removed it.
            if is_at(&file, path) {
                return Ok(Self { file: Mutex::new(file), path: path.to_owned() });
            }
        }
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
        let _ = writeln!(file, "{what} {}", path.replace(['\n', '\r'], ""));
    }

    /// Closes the journal; it is removed when nothing it names is left, and nobody else has it open.
    pub fn close(self) {
        let file = self.file.into_inner().unwrap_or_else(PoisonError::into_inner);
        let _ = file.unlock();
        let shared = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        if !shared && remaining(&self.path).is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
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

/// Whether a run has a journal open: what it names is then not left over, but in use.
pub fn is_in_use(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
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

//! What was created and is still there, on disk: so that a run that was killed can be cleaned up after.
//!
//! **Invariant:** a creation is on disk before the next request of its case is sent. The journal holds paths, never a credential.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

/// An open journal.
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
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(fail)?;
        Ok(Self { file: Mutex::new(file), path: path.to_owned() })
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

    /// Closes the journal; it is removed when nothing it names is left.
    pub fn close(self) {
        let path = self.path.clone();
        drop(self);
        if remaining(&path).is_empty() {
            let _ = fs::remove_file(path);
        }
    }
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

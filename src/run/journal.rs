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

    pub(super) fn created(&self, path: &str) {
        self.line("created", path);
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

/// The paths that a journal says were created and not removed, last created first.
pub fn remaining(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut paths: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("created ") {
            paths.push(path);
        } else if let Some(path) = line.strip_prefix("gone ") {
            paths.retain(|known| *known != path);
        }
    }
    paths.into_iter().rev().map(str::to_owned).collect()
}

//! The file of known failures: read before anything is sent, applied when the run is over, and written when it is asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use super::config::ConfigError;
use super::histories;
use super::reports::BaselineFile;
use crate::baseline::{self, Baseline};
use crate::plan::Planned;
use crate::requirement::{Level, Registry};
use crate::scenario::{Library, load};
use crate::source::SourceFile;
use crate::verdict::{CaseResult, KnownFailure};

/// A baseline and where it came from.
pub(super) struct KnownFailures {
    path: PathBuf,
    update: bool,
    text: String,
    baseline: Arc<Baseline>,
}

impl KnownFailures {
    /// Reads the file. One that is to be written need not be there yet.
    pub(super) fn read(file: &BaselineFile, registry: &Registry) -> Result<Self, ConfigError> {
        let BaselineFile { path, update } = file;
        if *update && !path.exists() {
            super::config::has_folder(path, "--baseline")?;
            return Ok(Self { path: path.clone(), update: true, text: String::new(), baseline: Arc::default() });
        }
        let mut mistakes = Vec::new();
        let Some(source) = load::read(path, &mut mistakes) else { return Err(ConfigError::Diagnostics(mistakes)) };
        let baseline = baseline::read(&source, registry).map_err(ConfigError::Diagnostics)?;
        Ok(Self { path: path.clone(), update: *update, text: source.text.clone(), baseline: Arc::new(baseline) })
    }

    /// What is known, for those who show a run while it goes on.
    pub(super) fn baseline(&self) -> Arc<Baseline> {
        Arc::clone(&self.baseline)
    }

    /// Ends where the file names cases that are not there.
    pub(super) fn check(&self, planned: &[Planned<'_>], library: &Library) -> Result<(), ConfigError> {
        let is_history = |id: &&str| histories::is_known(library, id);
        // Which histories are run follows from the seed; one that is not run is no mistake.
        let histories = self.baseline.cases().filter(is_history);
        let unknown =
            self.baseline.unknown_cases(planned.iter().map(|planned| planned.case.id.as_str()).chain(histories));
        if unknown.is_empty() { Ok(()) } else { Err(ConfigError::Diagnostics(unknown)) }
    }

    /// Marks what is known. Where the file is to be written, everything is known that fails, and what has to be written comes
    /// with it: the reports of a run go first, which a file that cannot be written shall not cost.
    pub(super) fn apply(
        &self,
        results: &mut [CaseResult],
        level: Level,
        registry: &Registry,
    ) -> (Vec<KnownFailure>, Result<Option<String>, ConfigError>) {
        let today = today();
        let told = self.baseline.apply(results, &today);
        if !self.update {
            return (told, Ok(None));
        }
        match self.updated(results, &told, level, registry) {
            Err(error) => (told, Err(error)),
            Ok((text, baseline)) => {
                results.iter_mut().for_each(|case| {
                    case.expected = None;
                    case.findings.iter_mut().for_each(|finding| finding.known = None);
                });
                (baseline.apply(results, &today), Ok(Some(text)))
            }
        }
    }

    /// The file in which everything is known that fails.
    fn updated(
        &self,
        results: &[CaseResult],
        told: &[KnownFailure],
        level: Level,
        registry: &Registry,
    ) -> Result<(String, Baseline), ConfigError> {
        let text = self.baseline.updated(&self.text, results, told, level);
        // What was written has to be read again.
        let file = Arc::new(SourceFile { name: self.path.display().to_string(), text });
        let baseline = baseline::read(&file, registry).map_err(|mistakes| {
            let why = mistakes.first().map(|mistake| mistake.message.clone()).unwrap_or_default();
            ConfigError::Text(format!("{} cannot be updated in its present form: {why}", self.path.display()))
        })?;
        Ok((file.text.clone(), baseline))
    }

    /// Writes what came of [`KnownFailures::apply`].
    pub(super) fn write(&self, text: &str) -> Result<(), ConfigError> {
        write(&self.path, text)
    }
}

/// Today's date, as a baseline writes dates.
pub(super) fn today() -> String {
    DateTime::<Utc>::from(SystemTime::now()).format("%Y-%m-%d").to_string()
}

fn write(path: &Path, text: &str) -> Result<(), ConfigError> {
    super::reports::replace(path, text)
        .map_err(|error| ConfigError::Text(format!("the baseline {} cannot be written: {error}", path.display())))
}

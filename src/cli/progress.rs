//! The lines and the status line while a run goes on.
//!
//! **Invariant:** carries no truth: what counts is what the run returns.

use std::collections::BTreeMap;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::baseline::Baseline;
use crate::report::text::{self, Verbosity};
use crate::run::Event;
use crate::verdict::{Cause, Outcome, Skip};

/// What is shown while a run goes on.
pub(super) struct Progress {
    bar: ProgressBar,
    done: usize,
    total: usize,
    requests: u64,
    verbosity: Verbosity,
    to_stderr: bool,
    /// How many cases of each folder are still to come.
    open: BTreeMap<String, usize>,
    /// What came of those that are done.
    closed: BTreeMap<String, Vec<Outcome>>,
    /// What is known to fail.
    known: Arc<Baseline>,
}

impl Progress {
    /// For the cases with these ids.
    pub(super) fn new<'a>(
        cases: impl Iterator<Item = &'a str>,
        verbosity: Verbosity,
        to_stderr: bool,
        known: Arc<Baseline>,
    ) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let mut open = BTreeMap::new();
        cases.for_each(|id| *open.entry(text::folder_of(id).to_owned()).or_default() += 1);
        let total = open.values().sum();
        Self { bar, done: 0, total, requests: 0, verbosity, to_stderr, open, closed: BTreeMap::new(), known }
    }

    /// Takes note of an event.
    pub(super) fn tell(&mut self, event: Event<'_>) {
        match event {
            Event::Started(_) => {}
            Event::Sent => self.requests += 1,
            Event::Finished(case) => {
                if case.outcome == Outcome::Skipped(Skip::Deselected) {
                    return;
                }
                self.done += 1;
                // What keeps a case from being judged is told once, at the end, for all of them.
                let told_later = match &case.outcome {
                    Outcome::Passed | Outcome::Skipped(_) | Outcome::Inconclusive(Cause::SetupFailed { .. }) => true,
                    Outcome::Failed | Outcome::Inconclusive(_) => false,
                };
                let told_now = self.verbosity == Verbosity::Verbose || !told_later || !case.findings.is_empty();
                if told_now && self.verbosity != Verbosity::Quiet {
                    let line = |case| text::case_line(case, self.done, self.total, super::style());
                    if self.known.is_empty() {
                        self.line(&line(case));
                    } else {
                        let mut shown = [case.clone()];
                        self.known.apply(&mut shown, &super::baseline::today());
                        self.line(&line(&shown[0]));
                    }
                }
                self.close(text::folder_of(&case.id), &case.outcome);
            }
        }
        self.bar.set_message(format!("{}/{} cases, {} requests", self.done, self.total, self.requests));
    }

    /// What passed is told once for each folder, when the last of its cases is done.
    fn close(&mut self, folder: &str, outcome: &Outcome) {
        let closed = self.closed.entry(folder.to_owned()).or_default();
        closed.push(outcome.clone());
        let is_last = self.open.get(folder).is_some_and(|open| *open <= closed.len());
        if is_last && self.verbosity == Verbosity::Normal {
            let outcomes: Vec<&Outcome> = closed.iter().collect();
            let line = text::folder_line(folder, &outcomes, self.done, self.total, super::style());
            self.line(&line);
        }
    }

    fn line(&self, line: &str) {
        let (line, to_stderr) = (format!("{line}\n"), self.to_stderr);
        self.bar.suspend(|| if to_stderr { super::complain(&line) } else { super::say(&line) });
    }

    /// Removes the status line.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

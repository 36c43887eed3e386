//! The lines and the status line while a run goes on.
//!
//! **Invariant:** carries no truth: what counts is what the run returns.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::text::{self, Verbosity};
use crate::run::Event;
use crate::verdict::{Outcome, Skip};

/// What is shown while a run goes on.
pub(super) struct Progress {
    bar: ProgressBar,
    done: usize,
    total: usize,
    requests: u64,
    verbosity: Verbosity,
    to_stderr: bool,
}

impl Progress {
    /// For so many cases.
    pub(super) fn new(total: usize, verbosity: Verbosity, to_stderr: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self { bar, done: 0, total, requests: 0, verbosity, to_stderr }
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
                let fine = matches!(case.outcome, Outcome::Passed | Outcome::Skipped(_)) && case.findings.is_empty();
                if self.verbosity != Verbosity::Quiet || !fine {
                    let line = text::case_line(case, self.done, self.total, super::style());
                    let to_stderr = self.to_stderr;
                    self.bar.suspend(|| {
                        let line = format!("{line}\n");
                        if to_stderr { super::complain(&line) } else { super::say(&line) }
                    });
                }
            }
        }
        self.bar.set_message(format!("{}/{} cases, {} requests", self.done, self.total, self.requests));
    }

    /// Removes the status line.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

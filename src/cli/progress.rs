//! The lines and the status line while a run goes on.
//!
//! **Invariant:** carries no truth: what counts is what the run returns.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::status::Status;
use crate::baseline::Baseline;
use crate::report::text::{self, Verbosity};
use crate::run::Event;
use crate::verdict::{CaseResult, Cause, Outcome};

/// How often what is shown on a terminal is made anew.
const TICK: Duration = Duration::from_millis(125);
/// Where nobody sees a status line, a line is written when nothing was written for so long. Some CI systems end a job that is
/// silent for minutes.
const PLAIN_EVERY: Duration = Duration::from_secs(30);
/// What takes no longer is not told.
const UNREMARKABLE: Duration = Duration::from_secs(1);

/// Where those who wait see what is waited for.
enum Seen {
    /// In a line of a terminal that is written over and over.
    Status(ProgressBar),
    /// In a line of its own, now and then.
    Plain {
        /// After so much silence.
        every: Duration,
        /// When something was written last.
        last: Instant,
        say: fn(&str),
    },
    /// Nowhere.
    Nowhere,
}

impl Seen {
    /// A status line on a terminal, plain lines in CI and wherever else there is no terminal; with `--quiet` no plain lines.
    fn of(verbosity: Verbosity, now: Instant) -> Self {
        if !super::config::is_ci() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            // It is cut to the width of the terminal.
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            if !bar.is_hidden() {
                return Self::Status(bar);
            }
        }
        match verbosity {
            Verbosity::Quiet => Self::Nowhere,
            _ => Self::Plain { every: PLAIN_EVERY, last: now, say: super::complain },
        }
    }

    /// Shows a text if it is time to.
    fn show(&mut self, now: Instant, text: impl FnOnce() -> String) {
        match self {
            Self::Status(bar) => bar.set_message(text()),
            Self::Plain { every, last, say } if now.saturating_duration_since(*last) >= *every => {
                *last = now;
                say(&format!("still running: {}\n", text()));
            }
            Self::Plain { .. } | Self::Nowhere => {}
        }
    }

    /// Writes a line that stays.
    fn line(&mut self, line: &str, to_stderr: bool, now: Instant) {
        let write = || if to_stderr { super::complain(line) } else { super::say(line) };
        match self {
            Self::Status(bar) => return bar.suspend(write),
            Self::Plain { last, .. } => *last = now,
            Self::Nowhere => {}
        }
        write();
    }

    /// Removes the status line; nothing is shown any more.
    fn end(&mut self) {
        if let Self::Status(bar) = self {
            bar.finish_and_clear();
        }
        *self = Self::Nowhere;
    }
}

/// What is shown while a run goes on.
pub(super) struct Progress {
    seen: Seen,
    status: Status,
    verbosity: Verbosity,
    to_stderr: bool,
    /// How many cases of each folder are still to come.
    open: BTreeMap<String, usize>,
    /// What came of those that are done; nothing yet where the end of the run decides.
    closed: BTreeMap<String, Vec<Option<Outcome>>>,
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
        let now = Instant::now();
        let mut open = BTreeMap::new();
        cases.for_each(|id| *open.entry(text::folder_of(id).to_owned()).or_default() += 1);
        let status = Status::new(open.values().sum(), now);
        Self { seen: Seen::of(verbosity, now), status, verbosity, to_stderr, open, closed: BTreeMap::new(), known }
    }

    /// Takes note of an event.
    pub(super) fn tell(&mut self, event: Event<'_>) {
        match event {
            Event::Finished(case) if matches!(&case.outcome, Outcome::Skipped(skip) if skip.is_choice()) => {}
            Event::Finished(case) => self.finished(case),
            _ if matches!(self.seen, Seen::Nowhere) => {}
            event => self.status.note(event, Instant::now()),
        }
    }

    fn finished(&mut self, case: &CaseResult) {
        for line in self.told(case) {
            self.seen.line(&format!("{line}\n"), self.to_stderr, Instant::now());
        }
    }

    /// The lines that are to be written now that a case is done.
    fn told(&mut self, case: &CaseResult) -> Vec<String> {
        let mut shown = None;
        if !self.known.is_empty() && (case.outcome != Outcome::Passed || !case.findings.is_empty()) {
            let mut cases = [case.clone()];
            self.known.apply(&mut cases, &super::baseline::today());
            let [case] = cases;
            shown = Some(case);
        }
        let shown = shown.as_ref().unwrap_or(case);
        let is_known = shown.expected.is_some() || shown.is_known(crate::requirement::Level::Must);
        let is_open = !is_known && case.is_provisional();
        // A warning that may yet go leaves a case passed.
        let decided = (!is_open || case.outcome == Outcome::Passed).then_some(&case.outcome);
        self.status.end(&case.id, decided, is_known);
        // What keeps a case from being judged is told once, at the end, for all of them; so is what others may explain.
        let told_later = match &case.outcome {
            Outcome::Passed
            | Outcome::Skipped(_)
            | Outcome::Inconclusive(Cause::SetupFailed { .. } | Cause::NotReached(_)) => true,
            Outcome::Failed | Outcome::Inconclusive(_) => false,
        };
        let told_now = !is_open && (!told_later || !case.findings.is_empty());
        let mut lines = Vec::new();
        if (told_now || self.verbosity == Verbosity::Verbose) && self.verbosity != Verbosity::Quiet {
            let (done, total) = self.status.cases();
            let line = if is_open { text::open_case_line } else { text::case_line };
            lines.push(line(shown, done, total, super::style()));
        }
        lines.extend(self.close(text::folder_of(&case.id), decided.cloned()));
        lines
    }

    /// What passed is told once for each folder, when the last of its cases is done.
    fn close(&mut self, folder: &str, outcome: Option<Outcome>) -> Option<String> {
        let closed = self.closed.entry(folder.to_owned()).or_default();
        closed.push(outcome);
        let is_last = self.open.get(folder).is_some_and(|open| *open <= closed.len());
        let (done, total) = self.status.cases();
        (is_last && self.verbosity == Verbosity::Normal)
            .then(|| text::folder_line(folder, closed, done, total, super::style()))
    }

    fn show(&mut self, now: Instant) {
        let Self { seen, status, .. } = self;
        seen.show(now, || status.line(now));
    }

    /// Waits for a run, shows meanwhile how far it is, and removes the status line.
    pub(super) async fn during<T>(progress: &Mutex<Self>, run: impl Future<Output = T>) -> T {
        let progress = || progress.lock().unwrap_or_else(PoisonError::into_inner);
        let done = ticking(run, |now| progress().show(now)).await;
        progress().seen.end();
        done
    }
}

/// Waits for something before a run; if it takes a while, `what` says for what.
pub(super) async fn meanwhile<T>(what: &str, verbosity: Verbosity, awaited: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let mut seen = Seen::of(verbosity, began);
    let done = ticking(awaited, |now| {
        let waited = now.saturating_duration_since(began);
        if waited >= UNREMARKABLE {
            seen.show(now, || format!("waiting {} s for {what}", waited.as_secs()));
        }
    });
    let done = done.await;
    seen.end();
    done
}

/// Waits for something, and calls `tick` from time to time.
async fn ticking<T>(awaited: impl Future<Output = T>, mut tick: impl FnMut(Instant)) -> T {
    let mut awaited = pin!(awaited);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            done = &mut awaited => return done,
            _ = ticks.tick() => tick(Instant::now()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use tokio::sync::watch;
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::capability::Capabilities;
    use crate::plan::{Selection, plan};
    use crate::run::{self, Run, Stop};
    use crate::wire::auth::Auth;
    use crate::wire::http::HttpOptions;
    use crate::wire::{HttpWire, Wire};

    static SAID: LazyLock<Mutex<Vec<String>>> = LazyLock::new(Mutex::default);

    fn said() -> Vec<String> {
        SAID.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[tokio::test]
    async fn without_a_terminal_a_slow_server_is_told_of_in_plain_lines() {
        let server = MockServer::start().await;
        let slow = ResponseTemplate::new(200).set_delay(Duration::from_millis(2500));
        Mock::given(any()).respond_with(slow).mount(&server).await;
        let library = super::super::library(None).expect("the scenarios are right");
        let select = vec!["okta/connection/users".to_owned()];
        let selection = Selection { suites: vec!["okta".to_owned()], select, skip: Vec::new() };
        let mut planned = plan(&library.scenarios, &Capabilities::default(), &selection).expect("there are such cases");
        planned.retain(|planned| planned.skip.is_none());
        planned.truncate(1);
        let ids: Vec<String> = planned.iter().map(|planned| planned.case.id.clone()).collect();
        let mut progress =
            Progress::new(ids.iter().map(String::as_str), Verbosity::Quiet, false, Arc::new(Baseline::default()));
        progress.seen = Seen::Plain {
            every: Duration::from_millis(1200),
            last: Instant::now(),
            say: |text| SAID.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned()),
        };
        let progress = Arc::new(Mutex::new(progress));
        let events = Arc::clone(&progress);
        let base_url = crate::wire::http::check_base_url(&server.uri()).expect("an address");
        let (_stop, stop) = watch::channel(Stop::No);
        let run = Run {
            wire: Wire::Http(HttpWire::new(HttpOptions::new(base_url, Auth::None)).expect("a client")),
            judge: super::super::judge(&library).expect("the requirements are right"),
            options: run::Options { settle: Duration::ZERO, ..run::Options::default() },
            stop,
            journal: None,
            on_event: Box::new(move |event| events.lock().unwrap_or_else(PoisonError::into_inner).tell(event)),
        };
        Progress::during(&progress, run::run(run, &planned)).await;
        let first = said().first().cloned().unwrap_or_default();
        assert!(first.starts_with("still running: 0/1 cases, 0 requests; waiting 1 s for GET /Users"), "{first}");
        let before = said().len();
        progress.lock().unwrap_or_else(PoisonError::into_inner).show(Instant::now() + Duration::from_secs(60));
        assert_eq!(said().len(), before, "after its end nothing is said of a run");
    }

    #[test]
    fn what_other_cases_may_explain_is_no_failure_yet() {
        use crate::requirement::Failure;
        use crate::requirement::Level;
        use crate::source::{SourceFile, Span};
        use crate::verdict::{Broken, Finding, Place};
        let file = Arc::new(SourceFile { name: "case.yaml".to_owned(), text: String::new() });
        let finding = Finding {
            requirement: "OKTA-id-nonempty".into(),
            level: Level::Must,
            expected: String::new(),
            actual: serde_json::Value::Null,
            place: Place::Status,
            failure: Failure::NoEffect,
            exchange: 0,
            in_setup: false,
            because: None,
            known: None,
            law: None,
            span: Span::start_of(&file),
        };
        let broken = Broken {
            kind: "User".to_owned(),
            attribute: "title".to_owned(),
            method: None,
            write: None,
            demanded: String::new(),
        };
        let by_law = Finding { law: Some(broken), ..finding.clone() };
        let failed = |id: &str, findings: &[&Finding]| CaseResult {
            findings: findings.iter().copied().cloned().collect(),
            ..CaseResult::new(id, Outcome::Failed)
        };
        let resting = CaseResult { rests_on: vec!["OKTA-create-201".into()], ..failed("okta/a/d", &[&finding]) };
        let cases = [
            failed("okta/a/a", &[&finding]),
            failed("okta/a/b", &[&by_law]),
            failed("okta/a/c", &[&by_law, &finding]),
            resting,
        ];
        let told = |verbosity| -> Vec<String> {
            let ids = cases.iter().map(|case| case.id.as_str());
            let mut progress = Progress::new(ids, verbosity, false, Arc::new(Baseline::default()));
            let lines = cases.iter().flat_map(|case| progress.told(case));
            let words = |line: String| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            lines
                .map(|line| if line.contains("at the end") && line.contains("failed,") { line } else { words(line) })
                .collect()
        };
        assert_eq!(
            told(Verbosity::Normal),
            ["1/4 FAIL", "3/4 FAIL", "4/4                okta/a  2 failed, 2 to be decided at the end"]
        );
        assert_eq!(told(Verbosity::Verbose), ["1/4 FAIL", "2/4 open", "3/4 FAIL", "4/4 open"]);
        assert_eq!(told(Verbosity::Quiet), Vec::<String>::new());
    }

    #[test]
    fn a_plain_line_comes_only_after_a_silence() {
        fn say(_: &str) {}
        let start = Instant::now();
        let mut seen = Seen::Plain { every: PLAIN_EVERY, last: start, say };
        let mut shown_at = |seconds: u64| {
            let mut shown = false;
            seen.show(start + Duration::from_secs(seconds), || {
                shown = true;
                String::new()
            });
            shown
        };
        let seconds: Vec<u64> = (0..100).filter(|second| shown_at(*second)).collect();
        assert_eq!(seconds, [30, 60, 90]);
        seen.line("", true, start + Duration::from_secs(110));
        assert!(matches!(seen, Seen::Plain { last, .. } if last == start + Duration::from_secs(110)));
    }

    #[test]
    fn a_quiet_run_is_quiet_without_a_terminal() {
        // The output of tests is no terminal, or this test has nothing to say.
        let seen = Seen::of(Verbosity::Quiet, Instant::now());
        assert!(matches!(seen, Seen::Nowhere | Seen::Status(_)));
        let seen = Seen::of(Verbosity::Normal, Instant::now());
        assert!(matches!(seen, Seen::Plain { .. } | Seen::Status(_)));
    }
}

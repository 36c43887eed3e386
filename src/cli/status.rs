//! How far a run is, in one line.
//!
//! **Invariant:** made from events and a time that is handed in. It shows methods and endpoints, never an id, a filter, a header or
//! a body, so nothing secret can be in it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::report::draw::counted;
use crate::report::escape;
use crate::run::Event;
use crate::verdict::Outcome;
use crate::wire::{Hold, Request};

/// The rate is that of so long ago until now.
const WINDOW: Duration = Duration::from_secs(5);
/// Answers within this time are counted together.
const PIECE: Duration = Duration::from_millis(500);
/// What takes no longer is not told.
const UNREMARKABLE: Duration = Duration::from_secs(1);

/// How far a run is.
#[derive(Debug)]
pub(super) struct Status {
    began: Instant,
    total: usize,
    done: usize,
    requests: usize,
    failed: usize,
    known: usize,
    undecided: usize,
    open: usize,
    /// When answers came, and how many at about that time.
    recent: VecDeque<(Instant, u32)>,
    /// No more than are on their way at once.
    waits: Vec<Wait>,
}

/// Something that is waited for.
#[derive(Debug)]
struct Wait {
    case: String,
    method: String,
    path: String,
    why: Why,
    since: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// It is on its way.
    Answer,
    /// It does not leave before that moment.
    Held(Hold, Instant),
    /// Its answer may yet come true.
    Settling,
}

impl Status {
    /// At the beginning of a run of so many cases.
    pub(super) fn new(total: usize, began: Instant) -> Self {
        Self {
            began,
            total,
            done: 0,
            requests: 0,
            failed: 0,
            open: 0,
            known: 0,
            undecided: 0,
            recent: VecDeque::new(),
            waits: Vec::new(),
        }
    }

    /// How many cases have ended, and of how many.
    pub(super) fn cases(&self) -> (usize, usize) {
        (self.done, self.total)
    }

    /// Takes note of what happens to requests.
    pub(super) fn note(&mut self, event: Event<'_>, now: Instant) {
        match event {
            Event::Started(_) | Event::Finished(_) => {}
            Event::Asked(case, request) => self.wait(case, request, Why::Answer, now),
            Event::Held(case, request, hold, wait) => {
                if let Some(held) = self.waits.iter_mut().rev().find(|wait| wait.is_on_its_way(case, request)) {
                    held.why = Why::Held(hold, now + wait);
                }
            }
            Event::Answered(case, request) => {
                self.requests += 1;
                self.count(now);
                // Of several that are alike the first is taken; which of them it was does not matter here.
                if let Some(at) = self.waits.iter().position(|wait| wait.is_on_its_way(case, request)) {
                    self.waits.remove(at);
                }
                self.waits.retain(|wait| !(wait.why == Why::Settling && wait.is_of(case, request)));
            }
            Event::Settling { case, request, waited, .. } => {
                self.wait(case, request, Why::Settling, now.checked_sub(waited).unwrap_or(now));
            }
        }
    }

    /// A case has ended. What it was still waiting for nobody waits for any longer. Without an outcome the end of the run decides on it.
    pub(super) fn end(&mut self, case: &str, outcome: Option<&Outcome>, is_known: bool) {
        self.done += 1;
        // Witnesses are no case before they have something to tell.
        self.total = self.total.max(self.done);
        match outcome {
            None => self.open += 1,
            Some(Outcome::Failed | Outcome::Inconclusive(_)) if is_known => self.known += 1,
            Some(Outcome::Failed) => self.failed += 1,
            Some(Outcome::Inconclusive(_)) => self.undecided += 1,
            Some(Outcome::Passed | Outcome::Skipped(_)) => {}
        }
        self.waits.retain(|wait| wait.case != case);
    }

    fn wait(&mut self, case: &str, request: &Request, why: Why, since: Instant) {
        let (case, method, path) = (case.to_owned(), request.method.clone(), request.path.clone());
        self.waits.push(Wait { case, method, path, why, since });
    }

    fn count(&mut self, now: Instant) {
        match self.recent.back_mut() {
            Some((at, count)) if now.saturating_duration_since(*at) < PIECE => *count += 1,
            _ => self.recent.push_back((now, 1)),
        }
        while self.recent.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > WINDOW) {
            self.recent.pop_front();
        }
    }

    /// The line.
    pub(super) fn line(&self, now: Instant) -> String {
        let Self { done, total, failed, known, undecided, open, .. } = self;
        let mut line = format!("{done}/{total} cases, {}", counted(self.requests, "request"));
        if let Some(rate) = self.rate(now) {
            line.push_str(&format!(" ({rate}/s)"));
        }
        if *failed > 0 {
            line.push_str(&format!(", {failed} failed"));
        }
        if *known > 0 {
            line.push_str(&format!(", {}", counted(*known, "known failure")));
        }
        if *undecided > 0 {
            line.push_str(&format!(", {undecided} could not be judged"));
        }
        if *open > 0 {
            line.push_str(&format!(", {open} to be decided at the end"));
        }
        if let Some(wait) = self.waits.iter().filter_map(|wait| wait.told(now)).max_by_key(|(took, _)| *took) {
            line.push_str(&format!("; {}", wait.1));
        }
        line
    }

    /// Answers per second of late; none as long as there is little to tell it from.
    fn rate(&self, now: Instant) -> Option<String> {
        let window = now.saturating_duration_since(self.began).min(WINDOW);
        if window < UNREMARKABLE || self.requests == 0 {
            return None;
        }
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) <= WINDOW;
        let recent: u32 = self.recent.iter().filter(|(at, _)| is_recent(at)).map(|(_, count)| count).sum();
        let rate = f64::from(recent) / window.as_secs_f64();
        Some(if recent > 0 && rate < 9.95 { format!("{rate:.1}") } else { format!("{rate:.0}") })
    }
}

impl Wait {
    fn is_of(&self, case: &str, request: &Request) -> bool {
        self.case == case && self.method == request.method && self.path == request.path
    }

    fn is_on_its_way(&self, case: &str, request: &Request) -> bool {
        self.why != Why::Settling && self.is_of(case, request)
    }

    /// How long it takes and what it is, where that is worth telling.
    fn told(&self, now: Instant) -> Option<(Duration, String)> {
        let (since, left) = match self.why {
            Why::Held(_, until) if until > now => (self.since, Some(until - now)),
            // It has left meanwhile.
            Why::Held(_, until) => (until, None),
            Why::Answer | Why::Settling => (self.since, None),
        };
        let took = now.saturating_duration_since(since);
        if took.max(left.unwrap_or_default()) < UNREMARKABLE {
            return None;
        }
        let what = self.what();
        let text = match (self.why, left) {
            (Why::Held(hold, _), Some(left)) => {
                let left = left.as_secs_f64().ceil();
                match hold {
                    Hold::Busy => format!("the server asks to wait: {what} leaves in {left} s"),
                    Hold::Unreachable => format!("no connection: {what} is tried again in {left} s"),
                    Hold::Turn => format!("{what} leaves in {left} s (--rps)"),
                }
            }
            (Why::Settling, _) => format!("waiting {} s for {what} (settling)", took.as_secs()),
            _ => format!("waiting {} s for {what}", took.as_secs()),
        };
        Some((took, text))
    }

    /// Method and endpoint, without what differs from one request to the next.
    fn what(&self) -> String {
        let kind = Request::own(&self.method, self.path.split('?').next().unwrap_or_default()).kind();
        escape::line(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Cause;

    const CASE: &str = "okta/users/create";

    /// The line after some events, each at its milliseconds after the start, when so many have passed.
    fn line(events: &[(u64, Event<'_>)], at: u64) -> String {
        let began = Instant::now();
        let mut status = Status::new(310, began);
        events.iter().for_each(|(ms, event)| status.note(*event, began + Duration::from_millis(*ms)));
        status.line(began + Duration::from_millis(at))
    }

    #[test]
    fn what_does_not_come_back_is_named_without_its_query_and_ids() {
        let list = Request::own("GET", r#"/Users?filter=userName+eq+"secret@example.com""#);
        let user = Request::own("PATCH", "/Users/2819c223-secret");
        let asked = [(0, Event::Asked(CASE, &list)), (500, Event::Asked(CASE, &user))];
        assert_eq!(line(&asked, 900), "0/310 cases, 0 requests");
        assert_eq!(line(&asked, 1100), "0/310 cases, 0 requests; waiting 1 s for GET /Users");
        let one = [asked[0], asked[1], (2000, Event::Answered(CASE, &list))];
        assert_eq!(line(&one, 4600), "0/310 cases, 1 request (0.2/s); waiting 4 s for PATCH /Users/{id}");
        let both = [one[0], one[1], one[2], (5000, Event::Answered(CASE, &user))];
        assert_eq!(line(&both, 6000), "0/310 cases, 2 requests (0.4/s)");
        assert_eq!(line(&both, 60_000), "0/310 cases, 2 requests (0/s)", "it is the rate of late");
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let request = Request::own("GET", "/Users");
        let answers: Vec<(u64, Event<'_>)> = (0..10_000).map(|ms| (ms, Event::Answered(CASE, &request))).collect();
        assert_eq!(line(&answers[..900], 900), "0/310 cases, 900 requests", "too early to tell");
        assert_eq!(line(&answers[..2000], 2000), "0/310 cases, 2000 requests (1000/s)");
        let slower: Vec<(u64, Event<'_>)> =
            (10_000..20_000).step_by(100).map(|ms| (ms, Event::Answered(CASE, &request))).collect();
        assert_eq!(line(&[answers, slower].concat(), 20_000), "0/310 cases, 10100 requests (10/s)");
    }

    #[test]
    fn a_pause_says_how_long_it_still_takes_and_for_what() {
        let request = Request::own("GET", "/Users");
        let held = |hold, wait| [(0, Event::Asked(CASE, &request)), (100, Event::Held(CASE, &request, hold, wait))];
        let secs = Duration::from_secs;
        let told = |hold, at| line(&held(hold, secs(30)), at).split_once("; ").map(|(_, told)| told.to_owned());
        assert_eq!(told(Hold::Busy, 100).as_deref(), Some("the server asks to wait: GET /Users leaves in 30 s"));
        assert_eq!(told(Hold::Busy, 25_200).as_deref(), Some("the server asks to wait: GET /Users leaves in 5 s"));
        assert_eq!(told(Hold::Busy, 30_600), None, "it has just left");
        assert_eq!(told(Hold::Busy, 33_200).as_deref(), Some("waiting 3 s for GET /Users"));
        assert_eq!(told(Hold::Unreachable, 200).as_deref(), Some("no connection: GET /Users is tried again in 30 s"));
        assert_eq!(told(Hold::Turn, 200).as_deref(), Some("GET /Users leaves in 30 s (--rps)"));
    }

    #[test]
    fn settling_is_told_over_all_its_looks_and_ends_with_another_answer() {
        let request = Request::own("GET", "/Users/1");
        let settling = |waited| Event::Settling {
            case: CASE,
            request: &request,
            wait: Duration::from_millis(400),
            waited: Duration::from_millis(waited),
        };
        let (asked, answered) = (Event::Asked(CASE, &request), Event::Answered(CASE, &request));
        let mut events = vec![(0, asked), (10, answered)];
        for at in [10, 510, 1010, 1510] {
            events.extend([(at, settling(at - 10)), (at + 400, asked), (at + 500, answered)]);
        }
        events.push((2010, settling(2000)));
        assert!(
            line(&events, 2300).ends_with("; waiting 2 s for GET /Users/{id} (settling)"),
            "{}",
            line(&events, 2300)
        );
        events.extend([(2410, asked)]);
        assert!(
            line(&events, 3100).ends_with("; waiting 3 s for GET /Users/{id} (settling)"),
            "{}",
            line(&events, 3100)
        );
        events.extend([(3110, answered)]);
        assert!(!line(&events, 9000).contains(';'), "{}", line(&events, 9000));
    }

    #[test]
    fn a_case_that_ended_waits_for_nothing_and_is_counted() {
        let request = Request::own("DELETE", "/Users/1");
        let began = Instant::now();
        let mut status = Status::new(5, began);
        status.note(Event::Asked("a", &request), began);
        status.note(Event::Asked("b", &request), began);
        status.end("a", Some(&Outcome::Failed), false);
        let later = began + Duration::from_secs(2);
        assert_eq!(status.line(later), "1/5 cases, 0 requests, 1 failed; waiting 2 s for DELETE /Users/{id}");
        status.end("b", Some(&Outcome::Failed), true);
        status.end("c", Some(&Outcome::Inconclusive(Cause::Stopped)), false);
        status.end("d", Some(&Outcome::Passed), false);
        status.end("e", None, false);
        let expected =
            "5/5 cases, 0 requests, 1 failed, 1 known failure, 1 could not be judged, 1 to be decided at the end";
        assert_eq!(status.line(later), expected);
        assert!(status.waits.is_empty());
    }

    #[test]
    fn what_a_server_names_its_endpoints_steers_no_terminal() {
        let request = Request::own("GET", "/\u{1b}[2J");
        let told = line(&[(0, Event::Asked(CASE, &request))], 2000);
        assert!(told.ends_with(r"waiting 2 s for GET /\u{1b}[2J"), "{told}");
    }
}

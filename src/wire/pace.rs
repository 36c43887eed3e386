//! When the next request may leave: how many at once, how many per second, and how long all wait when the server asks for it.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit},
    time::{Instant, timeout},
};

use super::{Hold, Request, Waiter};

/// The tries that one request gets, the first included.
pub(super) const MAX_TRIES: usize = 6;

/// A `Retry-After` above this is cut: nobody wants to wait for a test tool longer than that.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// The first wait after a 429 that does not say how long. It doubles.
const BRIEF: Duration = Duration::from_millis(250);

/// The first pause of all where a server refuses one request after the other and does not say for how long. It doubles, too.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// A server that still refuses after so many pauses in a row is not waited for any longer.
const MOST_PAUSES: u32 = 8;

/// How long others wait for the answer that tells whether they may leave, too.
const FINDING_OUT: Duration = Duration::from_secs(1);

/// The longest that a rate which was learned keeps two requests apart.
const MOST_SPACING: Duration = Duration::from_secs(5);

/// One gate for all senders.
///
/// A request that is refused comes back when it was told to. Whether the others have to wait as well one of them finds out: it leaves alone,
/// and when it is taken the server refuses now and then, and all go on. When it is refused, too, nobody leaves until the server wants
/// to be asked again, and from then on requests leave as often as it took them in the time that ended so.
pub(super) struct Gate {
    in_flight: Semaphore,
    /// Told when the answer is there that all wait for.
    found_out: Notify,
    state: Mutex<State>,
}

/// A request on its way. Whoever holds it says what came of it, or drops it where nothing came.
pub(super) struct Pass<'g> {
    gate: &'g Gate,
    permit: Option<SemaphorePermit<'g>>,
    finds_out: bool,
}

struct State {
    /// What the user allows.
    spacing: Duration,
    /// What the server was seen to allow.
    learned: Duration,
    next_slot: Instant,
    paused_until: Instant,
    /// Pauses in a row.
    pauses: u32,
    /// Whether one was refused, and none that left afterwards was taken yet.
    in_doubt: bool,
    /// How many were refused since the last one was taken, whenever that one had left.
    refused: u32,
    /// Whether one is on its way to find out.
    finding_out: bool,
    /// Since when requests were taken, and how many.
    taking_since: Instant,
    taken: u32,
    /// Until when some request waits, which is paid for.
    paid_until: Instant,
    budget: Duration,
    /// By which the waits differ that nobody has told.
    spread: f64,
}

/// What a request does next.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    /// It leaves; whether it finds out for the others if the server takes requests again.
    Leave(bool),
    /// It waits for that long.
    Wait(Hold, Duration),
    /// It waits until another one has found out.
    WaitForOther,
}

impl Gate {
    /// `in_flight` requests at once, `rps` per second (positive), and at most `budget` of waiting for a busy server in the whole run.
    pub(super) fn new(in_flight: usize, rps: Option<f64>, budget: Duration) -> Gate {
        let spacing = rps.and_then(|rps| Duration::try_from_secs_f64(1.0 / rps).ok()).unwrap_or_default();
        Gate {
            in_flight: Semaphore::new(in_flight.clamp(1, Semaphore::MAX_PERMITS)),
            found_out: Notify::new(),
            state: Mutex::new(State::new(spacing, budget, Instant::now())),
        }
    }

    /// Waits until a request may leave.
    pub(super) async fn enter(&self, request: &Request, waiter: &impl Waiter) -> Pass<'_> {
        let mut slot = None;
        loop {
            let found_out = self.found_out.notified();
            let turn = self.lock().turn(&mut slot, Instant::now());
            match turn {
                Turn::Wait(hold, wait) => waiter.wait(request, hold, wait).await,
                Turn::WaitForOther => {
                    // A server that takes its time with an answer has taken the request.
                    if timeout(FINDING_OUT, found_out).await.is_err() {
                        self.lock().finding_out = false;
                    }
                }
                Turn::Leave(finds_out) => {
                    let mut pass = Pass { gate: self, permit: None, finds_out };
                    // The semaphore is never closed, so there always is a permit.
                    pass.permit = self.in_flight.acquire().await.ok();
                    // Who had to wait for it may have to wait for more.
                    if !self.lock().is_closed(Instant::now()) {
                        return pass;
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The server has taken the request, whatever it answered.
    pub(super) fn taken(self) {
        self.gate.lock().taken(self.finds_out);
    }

    /// The server was busy. Gives how long this request has to wait before it may be sent again; `None` when the run has waited as much as
    /// it may, or in vain for too often: then the answer stands.
    pub(super) fn refused(self, busy: Busy, tries_before: usize) -> Option<Duration> {
        let mut state = self.gate.lock();
        // The golden ratio: however many wait, the next one falls into the widest gap.
        state.spread = (state.spread + 0.618).fract();
        let wait = busy.wait(tries_before, state.spread);
        state.refused(self.finds_out, wait, busy.told, Instant::now())
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.finds_out {
            self.gate.lock().finding_out = false;
            self.gate.found_out.notify_waiters();
        }
    }
}

impl State {
    fn new(spacing: Duration, budget: Duration, now: Instant) -> State {
        State {
            spacing,
            learned: Duration::ZERO,
            next_slot: now,
            paused_until: now,
            pauses: 0,
            in_doubt: false,
            refused: 0,
            finding_out: false,
            taking_since: now,
            taken: 0,
            paid_until: now,
            budget,
            spread: 0.0,
        }
    }

    fn is_closed(&self, now: Instant) -> bool {
        self.paused_until > now
    }

    /// What a request does next. `slot` is when it is its turn, where that was said before.
    fn turn(&mut self, slot: &mut Option<Instant>, now: Instant) -> Turn {
        if self.is_closed(now) {
            // It is void, or all would leave at once afterwards.
            *slot = None;
            return Turn::Wait(Hold::Busy, self.paused_until - now);
        }
        let spacing = self.spacing.max(self.learned);
        if !spacing.is_zero() || slot.is_some() {
            let slot = *slot.get_or_insert_with(|| {
                let slot = self.next_slot.max(now);
                self.next_slot = slot + spacing;
                slot
            });
            if slot > now {
                return Turn::Wait(Hold::Turn, slot - now);
            }
        }
        if self.in_doubt && self.finding_out {
            return Turn::WaitForOther;
        }
        self.finding_out = self.in_doubt;
        Turn::Leave(self.in_doubt)
    }

    fn taken(&mut self, found_out: bool) {
        self.taken = self.taken.saturating_add(1);
        self.refused = 0;
        // By and by it is tried whether the server takes more by now.
        self.learned =
            if self.learned < Duration::from_millis(2) { Duration::ZERO } else { self.learned.mul_f64(0.98) };
        if found_out {
            self.in_doubt = false;
            self.pauses = 0;
        }
    }

    /// Gives how long the refused request waits, for `wait` at least, and has all others wait if need be.
    fn refused(&mut self, found_out: bool, wait: Duration, told: Option<Duration>, now: Instant) -> Option<Duration> {
        self.in_doubt = true;
        self.refused = self.refused.saturating_add(1);
        let is_given_up = self.pauses >= MOST_PAUSES;
        // What left before may have been taken meanwhile.
        let is_closed = found_out && self.refused > 1;
        if !is_closed || is_given_up {
            return (!is_given_up && self.pay(now + wait, now)).then_some(wait);
        }
        let pause = told.unwrap_or_else(|| FIRST_PAUSE * (1 << self.pauses)).min(MAX_WAIT);
        let until = now + pause;
        if !self.pay(until, now) {
            return None;
        }
        self.pauses += 1;
        self.paused_until = self.paused_until.max(until);
        self.next_slot = self.next_slot.max(until);
        if self.taken > 0 {
            self.learned = (until.saturating_duration_since(self.taking_since) / self.taken).min(MOST_SPACING);
        }
        (self.taking_since, self.taken) = (until, 0);
        Some(wait)
    }

    /// Whether the run may wait until then. Several requests wait at the same moment; that time passes once.
    fn pay(&mut self, until: Instant, now: Instant) -> bool {
        let longer = until.saturating_duration_since(self.paid_until.max(now));
        let Some(budget) = self.budget.checked_sub(longer) else { return false };
        self.budget = budget;
        self.paid_until = self.paid_until.max(until);
        true
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("spacing", &self.lock().spacing).finish_non_exhaustive()
    }
}

/// An answer by which a server asks to come back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy {
    /// After that time, if it says so.
    told: Option<Duration>,
}

impl Busy {
    /// Okta takes integer seconds in `Retry-After` and nothing else, and so do we: a date is like a 429 without the field. A 503 without
    /// the field is an answer like any other.
    pub(super) fn read(status: u16, retry_after: Option<&str>) -> Option<Busy> {
        let text = retry_after.map(str::trim).filter(|text| !text.is_empty());
        if status != 429 && !(status == 503 && text.is_some()) {
            return None;
        }
        let all_digits = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
        // So many digits that they do not fit are still a number, and a large one.
        let seconds = |digits: &str| digits.parse().map_or(MAX_WAIT, Duration::from_secs).min(MAX_WAIT);
        Some(Busy { told: text.filter(all_digits).map(seconds) })
    }

    /// How long somebody waits who asks alone, and was refused so often before.
    pub(super) fn wait_alone(self, tries_before: usize) -> Duration {
        self.told.unwrap_or_else(|| Duration::from_secs(1 << tries_before.min(5)))
    }

    /// How long a request waits that was refused so often before. Those that are not told for how long do not all come back at the same
    /// moment: `spread` is between 0 and 1.
    fn wait(self, tries_before: usize, spread: f64) -> Duration {
        self.told.unwrap_or_else(|| BRIEF * (1 << tries_before.min(5))).mul_f64(match self.told {
            Some(_) => 1.0,
            None => 0.5 + spread / 2.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Idle;

    const SECOND: Duration = Duration::from_secs(1);

    fn check(status: u16, retry_after: Option<&str>, tries_before: usize, expected: Option<u64>) {
        let busy = Busy::read(status, retry_after);
        let expected = expected.map(Duration::from_millis);
        assert_eq!(busy.map(|busy| busy.wait(tries_before, 1.0)), expected, "{status} {retry_after:?} {tries_before}");
    }

    #[test]
    fn integer_seconds_are_honoured_up_to_a_cap() {
        check(429, Some("0"), 0, Some(0));
        check(429, Some(" 7 "), 2, Some(7000));
        check(503, Some("7"), 0, Some(7000));
        check(429, Some("61"), 0, Some(60_000));
        check(429, Some("99999999999999999999999"), 0, Some(60_000));
    }

    #[test]
    fn a_date_or_nothing_on_a_429_doubles() {
        check(429, None, 0, Some(250));
        check(429, None, 2, Some(1000));
        check(429, Some("Wed, 21 Oct 2026 07:28:00 GMT"), 1, Some(500));
        check(429, Some("-1"), 0, Some(250));
        check(429, Some(""), 70, Some(8000));
        check(503, Some("Wed, 21 Oct 2026 07:28:00 GMT"), 1, Some(500));
        let untold = Busy { told: None };
        assert_eq!((untold.wait(0, 0.0), untold.wait(0, 0.5)), (BRIEF / 2, BRIEF * 3 / 4), "and varies");
        assert_eq!(Busy { told: Some(SECOND) }.wait(3, 0.0), SECOND, "what is told does not vary");
        assert_eq!((untold.wait_alone(0), untold.wait_alone(2)), (SECOND, 4 * SECOND));
    }

    #[test]
    fn other_answers_stand() {
        check(503, None, 0, None);
        check(503, Some(" "), 0, None);
        check(500, Some("1"), 0, None);
        check(200, Some("1"), 0, None);
    }

    /// A gate as seen by a server that judges requests as they leave, one after the other.
    struct Played {
        state: State,
        now: Instant,
    }

    impl Played {
        fn new() -> Played {
            let now = Instant::now();
            Played { state: State::new(Duration::ZERO, 900 * SECOND, now), now }
        }

        /// The next request leaves, after it has waited for its turn; gives how long that took.
        fn leave(&mut self) -> (bool, Duration) {
            let (began, mut slot) = (self.now, None);
            loop {
                match self.state.turn(&mut slot, self.now) {
                    Turn::Wait(_, wait) => self.now += wait,
                    Turn::WaitForOther => panic!("nobody is on the way"),
                    Turn::Leave(finds_out) => return (finds_out, self.now - began),
                }
            }
        }

        /// The next request is answered, refused with `told` or taken; gives how long it had waited for its turn.
        fn ask(&mut self, refused: Option<Option<Duration>>) -> Duration {
            let (finds_out, waited) = self.leave();
            match refused {
                Some(told) => {
                    self.state.refused(finds_out, told.unwrap_or(BRIEF), told, self.now);
                }
                None => self.state.taken(finds_out),
            }
            self.state.finding_out &= !finds_out;
            waited
        }
    }

    #[test]
    fn a_server_that_refuses_now_and_then_holds_up_nobody_but_whom_it_refuses() {
        for (every, told) in [(10, Some(SECOND)), (4, None), (2, Some(60 * SECOND))] {
            let mut played = Played::new();
            let waited: Duration = (1..400).map(|n| played.ask((n % every == 0).then_some(told))).sum();
            assert_eq!(waited, Duration::ZERO, "one in {every}");
        }
    }

    #[test]
    fn a_server_that_refuses_one_after_the_other_is_left_alone_for_as_long_as_it_says() {
        for (told, pause) in [(Some(7 * SECOND), 7 * SECOND), (None, FIRST_PAUSE)] {
            let mut played = Played::new();
            played.ask(None);
            assert_eq!(played.ask(Some(told)), Duration::ZERO);
            assert_eq!(played.ask(Some(told)), Duration::ZERO, "one finds out");
            assert_eq!(played.ask(None), pause);
        }
    }

    #[test]
    fn pauses_that_nobody_told_double_and_end() {
        let mut played = Played::new();
        played.ask(Some(None));
        let pauses: Vec<u128> = (0..12).map(|_| played.ask(Some(None)).as_millis()).collect();
        assert_eq!(pauses, [0, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 0, 0, 0]);
        let busy = played.state.refused(true, SECOND, Some(SECOND), played.now);
        assert_eq!(busy, None, "the answer stands");
        played.ask(None);
        played.ask(Some(None));
        played.ask(Some(None));
        assert_eq!(played.ask(None), FIRST_PAUSE, "once it has taken one all begins anew");
    }

    #[test]
    fn only_one_finds_out_whether_the_server_takes_requests_again() {
        let mut state = State::new(Duration::ZERO, 900 * SECOND, Instant::now());
        let now = Instant::now();
        let next = |state: &mut State| state.turn(&mut None, now);
        assert_eq!((next(&mut state), next(&mut state)), (Turn::Leave(false), Turn::Leave(false)));
        state.refused(false, SECOND, None, now);
        assert_eq!((next(&mut state), next(&mut state)), (Turn::Leave(true), Turn::WaitForOther));
        // The other one of the first two had left before, and says nothing of what the server does now.
        state.taken(false);
        assert_eq!(next(&mut state), Turn::WaitForOther);
        state.finding_out = false;
        state.taken(true);
        assert_eq!((next(&mut state), next(&mut state)), (Turn::Leave(false), Turn::Leave(false)));
    }

    #[test]
    fn requests_leave_about_as_often_as_a_limit_allows() {
        // Ten in each second, and then the next second has to be waited for.
        let mut played = Played::new();
        let begun = played.now;
        let (mut refused, mut second, mut left) = (0, 0, 10);
        let mut taken = 0;
        while taken < 300 {
            let (finds_out, _) = played.leave();
            // A request takes a while.
            played.now += Duration::from_millis(2);
            let now = (played.now - begun).as_secs();
            if now > second {
                (second, left) = (now, 10);
            }
            if left > 0 {
                left -= 1;
                taken += 1;
                played.state.taken(finds_out);
            } else {
                refused += 1;
                played.state.refused(finds_out, SECOND, Some(SECOND), played.now);
            }
            played.state.finding_out &= !finds_out;
        }
        let took = (played.now - begun).as_secs();
        assert!((29..50).contains(&took), "{took} s for 300 requests");
        assert!(refused < 60, "{refused} were refused");
    }

    #[tokio::test]
    async fn requests_leave_no_faster_than_asked() {
        let gate = Gate::new(8, Some(50.0), Duration::ZERO);
        let start = Instant::now();
        for _ in 0..4 {
            gate.enter(&Request::own("GET", "/Users"), &Idle).await.taken();
        }
        assert!(start.elapsed() >= Duration::from_millis(60), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn who_finds_out_and_hears_nothing_lets_another_one_try() {
        let gate = Gate::new(8, None, SECOND);
        let request = Request::own("GET", "/Users");
        gate.enter(&request, &Idle).await.refused(Busy { told: Some(Duration::ZERO) }, 0);
        let first = gate.enter(&request, &Idle).await;
        let second = async { gate.enter(&request, &Idle).await.finds_out };
        let lost = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        assert!(tokio::join!(second, lost).0);
    }

    #[tokio::test]
    async fn an_answer_that_takes_its_time_keeps_nobody_waiting_for_long() {
        let gate = Gate::new(8, None, SECOND);
        let request = Request::own("GET", "/Users");
        gate.enter(&request, &Idle).await.refused(Busy { told: Some(Duration::ZERO) }, 0);
        let slow = gate.enter(&request, &Idle).await;
        let other = timeout(FINDING_OUT * 10, gate.enter(&request, &Idle)).await;
        assert!(slow.finds_out && other.is_ok_and(|other| other.finds_out));
    }

    #[test]
    fn waits_at_the_same_moment_are_paid_once_and_end_with_the_budget() {
        let mut state = State::new(Duration::ZERO, 12 * SECOND, Instant::now());
        let now = Instant::now();
        assert!(state.pay(now + 10 * SECOND, now));
        assert!(state.pay(now + 10 * SECOND, now));
        assert!(state.pay(now + 11 * SECOND, now));
        assert!(!state.pay(now + 20 * SECOND, now));
    }
}

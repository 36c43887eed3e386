//! When the next request may leave: how many at once, how many per second, and how long all wait when the server asks for it.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

use super::Hold;

/// The tries that one request gets, the first included.
pub(super) const MAX_TRIES: usize = 4;

/// A `Retry-After` above this is cut: nobody wants to wait for a test tool longer than that.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// One gate for all senders, so that a 429 slows each of them.
pub(super) struct Gate {
    in_flight: Semaphore,
    spacing: Option<Duration>,
    state: Mutex<State>,
}

struct State {
    next_slot: Instant,
    paused_until: Instant,
    budget: Duration,
}

impl Gate {
    /// `in_flight` requests at once, `rps` per second (positive), and at most `budget` of pauses in the whole run.
    pub(super) fn new(in_flight: usize, rps: Option<f64>, budget: Duration) -> Gate {
        let now = Instant::now();
        Gate {
            in_flight: Semaphore::new(in_flight.clamp(1, Semaphore::MAX_PERMITS)),
            spacing: rps.and_then(|rps| Duration::try_from_secs_f64(1.0 / rps).ok()),
            state: Mutex::new(State { next_slot: now, paused_until: now, budget }),
        }
    }

    /// Waits for a turn, and tells `held` for what and how long. The turn lasts until the permit is dropped.
    pub(super) async fn enter(&self, held: &impl Fn(Hold, Duration)) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so there always is a permit.
        let permit = self.in_flight.acquire().await.ok();
        loop {
            let pause = self.lock().paused_until;
            if let Some(wait) = pause.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero()) {
                held(Hold::Busy, wait);
                sleep_until(pause).await;
                continue;
            }
            let Some(spacing) = self.spacing else { return permit };
            let slot = {
                let mut state = self.lock();
                let slot = state.next_slot.max(Instant::now());
                state.next_slot = slot + spacing;
                slot
            };
            if let Some(wait) = slot.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero()) {
                held(Hold::Turn, wait);
            }
            sleep_until(slot).await;
            // Somebody may have been told to slow down meanwhile; then this slot is void, or all would leave at once afterwards.
            if self.lock().paused_until <= Instant::now() {
                return permit;
            }
        }
    }

    /// Lets nobody through for that long. `false` when the run has waited as much as it may; then nothing changes.
    pub(super) fn pause(&self, wait: Duration) -> bool {
        let mut state = self.lock();
        let now = Instant::now();
        let until = now + wait;
        // Several senders are told to wait at the same moment; that time passes once.
        let longer = until.saturating_duration_since(state.paused_until.max(now));
        let Some(budget) = state.budget.checked_sub(longer) else { return false };
        state.budget = budget;
        state.paused_until = state.paused_until.max(until);
        state.next_slot = state.next_slot.max(until);
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("spacing", &self.spacing).finish_non_exhaustive()
    }
}

/// How long to wait before the same request is sent again, or `None` when the answer stands.
///
/// Okta takes integer seconds in `Retry-After` and nothing else; a date or a 429 without the field makes it fall back on
/// a fixed time that doubles. We do the same, with a second as that time. A 503 without the field is an answer like any other.
pub(super) fn wait_before_retry(status: u16, retry_after: Option<&str>, tries_before: usize) -> Option<Duration> {
    let told = retry_after.map(str::trim).filter(|text| !text.is_empty());
    if status != 429 && !(status == 503 && told.is_some()) {
        return None;
    }
    let doubling = || Duration::from_secs(1 << tries_before.min(5));
    let all_digits = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
    let wait = match told.filter(all_digits) {
        // So many digits that they do not fit are still a number, and a large one.
        Some(digits) => digits.parse().map_or(MAX_WAIT, Duration::from_secs),
        None => doubling(),
    };
    Some(wait.min(MAX_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, retry_after: Option<&str>, tries_before: usize, expected: Option<u64>) {
        let got = wait_before_retry(status, retry_after, tries_before);
        assert_eq!(got, expected.map(Duration::from_secs), "{status} {retry_after:?} {tries_before}");
    }

    #[test]
    fn integer_seconds_are_honoured_up_to_a_cap() {
        check(429, Some("0"), 0, Some(0));
        check(429, Some(" 7 "), 2, Some(7));
        check(503, Some("7"), 0, Some(7));
        check(429, Some("61"), 0, Some(60));
        check(429, Some("99999999999999999999999"), 0, Some(60));
    }

    #[test]
    fn a_date_or_nothing_on_a_429_doubles() {
        check(429, None, 0, Some(1));
        check(429, None, 2, Some(4));
        check(429, Some("Wed, 21 Oct 2026 07:28:00 GMT"), 1, Some(2));
        check(429, Some("-1"), 0, Some(1));
        check(429, Some(""), 70, Some(32));
        check(503, Some("Wed, 21 Oct 2026 07:28:00 GMT"), 1, Some(2));
    }

    #[test]
    fn other_answers_stand() {
        check(503, None, 0, None);
        check(503, Some(" "), 0, None);
        check(500, Some("1"), 0, None);
        check(200, Some("1"), 0, None);
    }

    #[tokio::test]
    async fn requests_leave_no_faster_than_asked() {
        let gate = Gate::new(8, Some(50.0), Duration::ZERO);
        let start = Instant::now();
        for _ in 0..4 {
            drop(gate.enter(&|_, _| {}).await);
        }
        assert!(start.elapsed() >= Duration::from_millis(60), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_pause_holds_everybody() {
        let gate = Gate::new(8, None, Duration::from_secs(1));
        let start = Instant::now();
        assert!(gate.pause(Duration::from_millis(50)));
        drop(tokio::join!(gate.enter(&|_, _| {}), gate.enter(&|_, _| {})));
        assert!(start.elapsed() >= Duration::from_millis(50), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn pauses_at_the_same_moment_are_counted_once_and_end_with_the_budget() {
        let gate = Gate::new(8, None, Duration::from_secs(12));
        assert!(gate.pause(Duration::from_secs(10)));
        assert!(gate.pause(Duration::from_secs(10)));
        assert!(gate.pause(Duration::from_secs(11)));
        assert!(!gate.pause(Duration::from_secs(20)));
    }
}

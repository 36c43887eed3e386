//! How many cases are at work at the same time. One that only waits lends its slot to others.
//!
//! **Invariant:** no more cases have requests on their way than there are slots. Whoever waits for another case does so within
//! [`lend`], or all slots could be held by those who wait for one that needs a slot to go on.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many cases may have begun for each slot: where all wait for a late server, it is this many times as quick.
const BEGUN: usize = 4;

tokio::task_local! {
    /// The slot of the case that the task runs.
    static SLOT: Slot;
}

/// A slot that a case holds, or has lent.
struct Slot {
    free: Arc<Semaphore>,
    held: Cell<Option<OwnedSemaphorePermit>>,
}

/// The slots of a run.
pub(super) struct Slots {
    free: Arc<Semaphore>,
    jobs: usize,
}

impl Slots {
    pub(super) fn new(jobs: usize) -> Self {
        let jobs = jobs.clamp(1, Semaphore::MAX_PERMITS / BEGUN);
        Self { free: Arc::new(Semaphore::new(jobs)), jobs }
    }

    /// How many cases may have begun and not ended. Where one at a time is wanted none begins while another waits.
    pub(super) fn begun(&self) -> usize {
        if self.jobs == 1 { 1 } else { self.jobs * BEGUN }
    }

    /// Runs a case when there is a slot for it.
    pub(super) async fn run<T>(&self, case: impl Future<Output = T>) -> T {
        // The semaphore is never closed, so there always is a permit.
        let held = Cell::new(Arc::clone(&self.free).acquire_owned().await.ok());
        SLOT.scope(Slot { free: Arc::clone(&self.free), held }, case).await
    }
}

/// Waits, and lets another case have the slot meanwhile. Tasks that a case has begun have none to lend: the case itself may go on.
pub(super) async fn lend<T>(waiting: impl Future<Output = T>) -> T {
    let lent = SLOT.try_with(|slot| slot.held.take().map(|_returned| Arc::clone(&slot.free)));
    let waited = waiting.await;
    if let Ok(Some(free)) = lent
        && let Ok(held) = free.acquire_owned().await
    {
        // It only fails where there is no slot, and there was one.
        let _ = SLOT.try_with(|slot| slot.held.set(Some(held)));
    }
    waited
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::task::JoinSet;
    use tokio::time::sleep;

    use super::*;

    /// Runs as many cases as may have begun, each of which works, waits until all others wait as well, and works again. Gives the
    /// most that were at work at the same time.
    async fn most_at_work(jobs: usize) -> usize {
        let slots = Arc::new(Slots::new(jobs));
        let (at_work, most, waiting) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), slots.begun());
        let met = Arc::new(tokio::sync::Barrier::new(waiting));
        let mut cases = JoinSet::new();
        for _ in 0..waiting {
            let (slots, at_work, most, met) =
                (Arc::clone(&slots), Arc::clone(&at_work), Arc::clone(&most), Arc::clone(&met));
            cases.spawn(async move {
                let work = async || {
                    most.fetch_max(at_work.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    sleep(Duration::from_millis(2)).await;
                    at_work.fetch_sub(1, Ordering::SeqCst);
                };
                let case = async {
                    work().await;
                    lend(met.wait()).await;
                    work().await;
                };
                slots.run(case).await;
            });
        }
        cases.join_all().await;
        assert_eq!(slots.free.available_permits(), jobs, "every slot was given back");
        most.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn those_who_wait_let_others_work_and_no_more_work_than_there_are_slots() {
        for jobs in [1, 2, 4] {
            assert_eq!(most_at_work(jobs).await, jobs);
        }
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_leaves_no_slot_too_many() {
        let slots = Slots::new(2);
        let given_up = async {
            tokio::select! {
                () = lend(std::future::pending()) => {}
                () = sleep(Duration::from_millis(1)) => {}
            }
            lend(async {}).await;
        };
        slots.run(given_up).await;
        assert_eq!(slots.free.available_permits(), 2);
    }
}

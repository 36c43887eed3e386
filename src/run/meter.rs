//! What a run has used of its budget.
//!
//! **Invariant:** cases never send more requests than the budget has, whatever runs beside what.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::budget::{Budget, Limit, Spent};

/// Counts what cases send, and ends the run when the budget is used up. What a sweep sends is not counted.
pub(super) struct Meter {
    budget: Budget,
    spent: Spent,
    sent: AtomicU64,
    ended: watch::Sender<Option<Limit>>,
}

impl Meter {
    pub(super) fn new(budget: Budget, spent: Spent) -> Arc<Self> {
        let sent = AtomicU64::new(spent.requests);
        Arc::new(Self { budget, spent, sent, ended: watch::channel(None).0 })
    }

    /// Takes one request from the budget. Where none is left the run ends, and nothing is to be sent.
    pub(super) fn take(&self) -> bool {
        let Some(most) = self.budget.requests else { return true };
        let one_more = |sent: u64| (sent < most).then_some(sent + 1);
        let is_there = self.sent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok();
        if !is_there {
            self.end(Limit::Requests(most));
        }
        is_there
    }

    /// The same for what need not be sent: that there is no budget for it ends no run.
    pub(super) fn take_what_is_left(&self) -> bool {
        let is_used_up = |most| self.sent.load(Ordering::Relaxed) >= most;
        self.ended().is_none() && !self.budget.requests.is_some_and(is_used_up) && self.take()
    }

    /// Whether so many requests are left, without taking them.
    pub(super) fn has(&self, requests: usize) -> bool {
        let sent = self.sent.load(Ordering::Relaxed);
        let is_enough = |most: u64| sent.saturating_add(requests as u64) <= most;
        self.ended().is_none() && self.budget.requests.is_none_or(is_enough)
    }

    /// Ends the run when its time is over, until the handle is used; none where time does not matter.
    pub(super) fn watch_the_clock(self: &Arc<Self>) -> Option<AbortHandle> {
        let time = self.budget.time?;
        let meter = Arc::clone(self);
        let left = time.saturating_sub(self.spent.time);
        let watching = async move {
            tokio::time::sleep(left).await;
            meter.end(Limit::Time(time));
        };
        Some(tokio::spawn(watching).abort_handle())
    }

    /// What was used up first counts.
    fn end(&self, limit: Limit) {
        self.ended.send_if_modified(|ended| {
            let is_first = ended.is_none();
            ended.get_or_insert(limit);
            is_first
        });
    }

    /// What has ended the run.
    pub(super) fn ended(&self) -> Option<Limit> {
        *self.ended.borrow()
    }

    /// Waits until the budget is used up.
    pub(super) async fn end_of_budget(&self) {
        // An error says that nothing will end it any more.
        if self.ended.subscribe().wait_for(Option::is_some).await.is_err() {
            pending::<()>().await;
        }
    }
}

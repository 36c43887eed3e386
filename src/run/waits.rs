//! How long is waited before a request is sent again, in milliseconds.
//!
//! **Invariant:** pure. How often, and whether at all, is for the case to say.

use crate::wire::Exchange;

/// The waits before a doubtful answer is looked at again. The first is short: most lags are.
pub(super) const WAITS: &[u64] = &[50, 100, 200, 400, 800, 1000, 1000, 1000, 2000, 2000];

/// The waits before a request is sent again at which the server failed: it may have been an accident.
pub(super) const AFTER_FAILURE: &[u64] = &[50, 250, 500, 1000];

/// The same for walks and for what creates, which cost more.
pub(super) const DEAR_WAITS: &[u64] = &[50, 250, 700, 1500, 2500];

/// Whether the server failed at a request, or a gateway in its place. That it has no such thing is an answer.
pub(super) fn is_failure(exchange: &Exchange) -> bool {
    exchange.reply.as_ref().is_ok_and(|response| is_failed(response.status))
}

pub(super) fn is_failed(status: u16) -> bool {
    (500..600).contains(&status) && status != 501
}

/// The waits before an answer is looked at again.
pub(super) fn waits_of(exchange: &Exchange) -> &'static [u64] {
    match exchange.request.method.as_str() {
        "GET" => WAITS,
        _ if is_failure(exchange) => AFTER_FAILURE,
        "POST" => DEAR_WAITS,
        _ => WAITS,
    }
}

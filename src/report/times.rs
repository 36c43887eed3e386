//! How long the server took to answer, for each kind of request.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::wire::Exchange;

/// The times of the answers to one kind of request, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointTimes {
    /// The request without what differs from case to case: `GET /Users/{id}`, `GET /Users?filter`.
    pub endpoint: String,
    /// How many answers came.
    pub answers: usize,
    /// Half of them took no longer.
    pub median_us: u64,
    /// 95 of 100 took no longer.
    pub p95_us: u64,
    /// The slowest.
    pub slowest_us: u64,
}

/// The times of all answers of a run, discovery and sweep included, by endpoint in alphabetical order. Requests that were not
/// answered do not count; of those that were sent again after 429 or 503 the last answer does, without the waiting.
pub fn endpoints(report: &Report) -> Vec<EndpointTimes> {
    if let Some(stored) = &report.stored {
        return stored.times.clone();
    }
    measured(report).into_iter().map(|(endpoint, times)| summed_up(endpoint, times)).collect()
}

/// The time of each answer that the report holds, by endpoint.
pub(crate) fn measured(report: &Report) -> BTreeMap<String, Vec<Duration>> {
    let mut times: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    for exchange in report.sent().filter(|exchange| exchange.reply.is_ok()) {
        times.entry(endpoint(exchange)).or_default().push(exchange.took);
    }
    times
}

/// What there is to say of the times of one endpoint.
pub(crate) fn summed_up(endpoint: String, mut times: Vec<Duration>) -> EndpointTimes {
    times.sort_unstable();
    let at = |percent: usize| {
        // Nearest rank: the smallest time that so many of a hundred do not exceed.
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).map_or(0, |time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
    };
    EndpointTimes { endpoint, answers: times.len(), median_us: at(50), p95_us: at(95), slowest_us: at(100) }
}

/// `PATCH /Groups/{id}`: the collection stays, ids and the values of a query go.
fn endpoint(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut named = segments.next().map(|collection| format!("/{collection}")).unwrap_or_else(|| "/".to_owned());
    if segments.next().is_some() {
        named.push_str("/{id}");
    }
    let is_filtered = query.split('&').any(|parameter| parameter.starts_with("filter="));
    format!("{} {named}{}", request.method, if is_filtered { "?filter" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = (1..=20).rev().map(Duration::from_micros).collect();
        let sum = summed_up("GET /Users".to_owned(), times);
        assert_eq!((sum.answers, sum.median_us, sum.p95_us, sum.slowest_us), (20, 10, 19, 20));
        let one = summed_up("GET /Users".to_owned(), vec![Duration::from_micros(7)]);
        assert_eq!((one.median_us, one.p95_us, one.slowest_us), (7, 7, 7));
    }
}

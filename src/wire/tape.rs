//! Plays recorded exchanges in place of a server.
//!
//! **Invariant:** no network and no clock. Cases do not share anything, so neither their order nor how many run at once matters.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Exchange, NoReply, Request};

/// A recording, by case (`scenario#row`), in the order in which the exchanges happened. Each is played once.
pub struct Tape {
    left: Mutex<BTreeMap<String, Vec<Exchange>>>,
}

impl Tape {
    /// A recording that has not begun to play.
    pub fn new(cases: BTreeMap<String, Vec<Exchange>>) -> Tape {
        Tape { left: Mutex::new(cases) }
    }

    /// What came of this request when it was recorded, or [`NoReply::EndOfTape`] when the recording does not hold it.
    ///
    /// Requests that were sent at the same moment may be asked for in another order, and a request that was repeated until the
    /// server settled is there several times. So the first equal request that was not played yet is taken, not the next one.
    pub fn send(&self, case: &str, request: Request) -> Exchange {
        match take(self.lock().get_mut(case), case, &request) {
            Ok(exchange) => exchange,
            Err(why) => Exchange {
                request,
                reply: Err(NoReply::EndOfTape(why)),
                attempts: Vec::new(),
                took: Duration::ZERO,
                look: 0,
            },
        }
    }

    /// Whether anything was recorded of a case.
    pub fn knows(&self, case: &str) -> bool {
        self.lock().contains_key(case)
    }

    /// Which look the next unplayed exchange of a case was: a runner that plays a recording looks again exactly as often as
    /// the one that made it.
    pub fn next_look(&self, case: &str) -> Option<u32> {
        self.lock().get(case)?.first().map(|exchange| exchange.look)
    }

    /// Whether the next unplayed exchange of a case is this request. What a runner asks for only when it is in doubt, it asks for
    /// where the one that made the recording did.
    pub fn is_next(&self, case: &str, method: &str, path: &str) -> bool {
        let left = self.lock();
        let next = left.get(case).and_then(|left| left.first());
        next.is_some_and(|exchange| exchange.request.method == method && exchange.request.path == path)
    }

    /// Whether the recording of a case holds this request, not played yet.
    pub fn holds(&self, case: &str, request: &Request) -> bool {
        let left = self.lock();
        left.get(case).is_some_and(|left| left.iter().any(|exchange| asks_the_same(&exchange.request, request)))
    }

    /// The first request of a case, not played yet, of which something is so.
    pub fn find<T>(&self, case: &str, is: impl Fn(&Request) -> Option<T>) -> Option<(Request, T)> {
        let left = self.lock();
        left.get(case)?.iter().find_map(|exchange| Some((exchange.request.clone(), is(&exchange.request)?)))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Exchange>>> {
        // A panic elsewhere leaves the map whole: an exchange is removed in one step or not at all.
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tape({} cases)", self.lock().len())
    }
}

fn asks_the_same(one: &Request, other: &Request) -> bool {
    one.method == other.method && one.path == other.path && one.body == other.body
}

/// Method, path and body decide. Among equals, the same credential and the same headers are preferred: a scenario may ask
/// the same question twice and differ in nothing else.
fn take(left: Option<&mut Vec<Exchange>>, case: &str, request: &Request) -> Result<Exchange, String> {
    let left = left.ok_or_else(|| format!("it holds no case `{case}`"))?;
    let asks = |e: &Exchange| asks_the_same(&e.request, request);
    let at = left
        .iter()
        .position(|e| e.request == *request)
        .or_else(|| left.iter().position(|e| asks(e) && e.request.credential == request.credential))
        .or_else(|| left.iter().position(asks));
    match at {
        Some(at) => Ok(left.remove(at)),
        None => Err(match left.first() {
            Some(next) => format!(
                "{} {} was not recorded in this case; next is {} {}",
                request.method, request.path, next.request.method, next.request.path
            ),
            None => format!("all of this case was played before {} {}", request.method, request.path),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Credential, Headers, Response};

    fn request(line: &str, credential: Credential) -> Request {
        let (method, path) = line.split_once(' ').unwrap_or((line, "/"));
        let (path, body) = path.split_once(' ').map_or((path, None), |(p, b)| (p, Some(b.as_bytes().to_vec())));
        Request { method: method.into(), path: path.into(), headers: Headers::default(), body, credential }
    }

    fn exchange(line: &str, credential: Credential, status: u16) -> Exchange {
        Exchange {
            request: request(line, credential),
            reply: Ok(Response { status, headers: Headers::default(), body: Vec::new() }),
            attempts: Vec::new(),
            took: Duration::from_millis(3),
            look: 0,
        }
    }

    /// Plays `asked` against one case recorded as `recorded`; a reply is its status, or 0 for the end of the tape.
    fn check(recorded: &[(&str, Credential, u16)], asked: &[(&str, Credential)], expected: &[u16]) {
        let exchanges =
            recorded.iter().map(|(line, credential, status)| exchange(line, *credential, *status)).collect();
        let tape = Tape::new(BTreeMap::from([("case".to_owned(), exchanges)]));
        let got: Vec<u16> = asked
            .iter()
            .map(|(line, credential)| match tape.send("case", request(line, *credential)).reply {
                Ok(response) => response.status,
                Err(NoReply::EndOfTape(_)) => 0,
                Err(other) => panic!("{other}"),
            })
            .collect();
        assert_eq!(got, expected);
    }

    const OWN: Credential = Credential::Own;

    #[test]
    fn a_repeated_request_gets_the_recorded_answers_in_order() {
        check(
            &[("GET /Users/1", OWN, 404), ("GET /Users/1", OWN, 404), ("GET /Users/1", OWN, 200)],
            &[("GET /Users/1", OWN); 4],
            &[404, 404, 200, 0],
        );
    }

    #[test]
    fn requests_sent_together_may_come_in_another_order() {
        check(
            &[("POST /Users a", OWN, 201), ("POST /Users b", OWN, 409)],
            &[("POST /Users b", OWN), ("POST /Users a", OWN)],
            &[409, 201],
        );
    }

    #[test]
    fn the_same_request_with_another_credential_is_told_apart() {
        check(
            &[("GET /Users", OWN, 200), ("GET /Users", Credential::Wrong, 401)],
            &[("GET /Users", Credential::Wrong), ("GET /Users", OWN)],
            &[401, 200],
        );
    }

    #[test]
    fn another_body_is_another_request() {
        check(&[("POST /Users a", OWN, 201)], &[("POST /Users b", OWN), ("POST /Users", OWN)], &[0, 0]);
    }

    #[test]
    fn an_unknown_case_has_no_exchanges() {
        let tape = Tape::new(BTreeMap::new());
        let reply = tape.send("other", request("GET /Users", OWN)).reply;
        assert_eq!(reply, Err(NoReply::EndOfTape("it holds no case `other`".into())));
    }
}

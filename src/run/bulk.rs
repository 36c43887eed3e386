//! What a Bulk request (RFC 7644 §3.7) asks for, and what its answer says came of it: one request at a time, as if each had been sent alone.
//!
//! **Invariant:** what cannot be understood is not taken for harmless, and what an answer does not say is not taken for done.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::json::{fields, items};
use crate::judge::Body;
use crate::wire::{Exchange, Headers, Request, Response};

/// What a request asks for.
#[derive(Debug)]
pub(super) enum Asked {
    /// What its method and path say.
    Alone,
    /// Several operations.
    Bulk(Vec<Operation>),
    /// Something at the Bulk endpoint that may hold operations, and nobody knows which.
    Unreadable,
}

/// One operation of a Bulk request.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// The request that it stands for. What a `bulkId:` in its path stands for only the answer says.
    pub(super) request: Request,
    bulk_id: Option<String>,
}

/// What an answer says of one operation.
pub(super) struct Told {
    /// The operation's number.
    pub(super) index: usize,
    /// It as an exchange of its own.
    pub(super) exchange: Exchange,
    /// Whether the server refused this one, or did not come to it because of another.
    pub(super) is_refused: bool,
}

/// How a path or reference says that it means what another operation of the same request creates.
const BULK_ID: &str = "bulkId:";

/// Reads what a request asks for. Wherever it is sent, a body with operations that have methods is a Bulk request.
pub(super) fn asked(request: &Request) -> Asked {
    let body = request.body.as_deref().unwrap_or_default();
    let is_endpoint = last(&request.path).eq_ignore_ascii_case("Bulk");
    let speaks_of = |word: &str| body.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    if request.method != "POST" || !(is_endpoint || speaks_of("operations")) {
        return Asked::Alone;
    }
    let Ok(whole) = serde_json::from_slice::<Value>(body) else {
        // What a server makes of it may be more than we do.
        let is_harmless = !["put", "patch", "post", "delete", "\\"].into_iter().any(speaks_of);
        return if is_harmless || !is_endpoint { Asked::Alone } else { Asked::Unreadable };
    };
    let lists: Vec<&Value> = members(&whole, "Operations").collect();
    let operations: Vec<&Value> = lists.iter().flat_map(|list| items(list)).collect();
    if !is_endpoint && !operations.iter().any(|operation| members(operation, "method").next().is_some()) {
        return Asked::Alone;
    }
    let is_list = lists.iter().all(|list| list.is_array()) && lists.len() < 2;
    match operations.into_iter().map(|operation| Operation::read(operation, request)).collect() {
        Some(operations) if is_list => Asked::Bulk(operations),
        _ => Asked::Unreadable,
    }
}

impl Operation {
    /// None where it does not say what it does to what.
    fn read(operation: &Value, of: &Request) -> Option<Self> {
        let method = text(operation, "method")?.to_ascii_uppercase();
        let path = text(operation, "path")?;
        let is_whole = path.starts_with('/') || path.contains("://");
        let path = if is_whole { path.to_owned() } else { format!("/{path}") };
        let data = members(operation, "data").next().map(|data| data.to_string().into_bytes());
        let request = Request {
            method,
            path: path.trim_end_matches('/').to_owned(),
            headers: Headers::default(),
            body: data,
            credential: of.credential,
        };
        Some(Self { request, bulk_id: text(operation, "bulkId").map(str::to_owned) })
    }

    /// Which of these creates what it is about.
    pub(super) fn creator(&self, operations: &[Operation]) -> Option<usize> {
        let (collection, id) = self.request.path.split('?').next()?.rsplit_once('/')?;
        let id = percent_decode_str(id.strip_prefix(BULK_ID)?).decode_utf8().ok()?;
        operations.iter().position(|other| {
            let creates = other.request.method == "POST" && other.request.path == collection;
            creates && other.bulk_id.as_deref() == Some(&id)
        })
    }
}

/// What an answer says of each operation; what creates comes first. Nothing is told of what neither creates nor is answered.
pub(super) fn told(operations: &[Operation], exchange: &Exchange, body: &Body) -> Vec<Told> {
    let response = exchange.reply.as_ref().ok();
    let is_success = response.is_some_and(|response| (200..300).contains(&response.status));
    let answers: Vec<&Value> = match body.json() {
        Some(answer) if is_success => members(answer, "Operations").flat_map(items).collect(),
        _ => Vec::new(),
    };
    let all: Vec<Answer> = answers.iter().map(|answer| Answer::read(answer)).collect();
    let in_order = all.len() == operations.len();
    let one_failed = all.iter().any(|answer| answer.status >= 400);
    let tell = |index: usize| {
        let operation = &operations[index];
        let is_of = |answer: &&Answer| {
            let is_same = answer.method.as_deref().is_none_or(|method| method == operation.request.method);
            is_same && answer.bulk_id.is_some() && answer.bulk_id == operation.bulk_id
        };
        let same_place = || {
            let unnamed = |answer: &&Answer| answer.bulk_id.is_none() || operation.bulk_id.is_none();
            all.get(index).filter(|_| in_order).filter(unnamed)
        };
        let answer = all.iter().find(is_of).or_else(same_place);
        let reply = match (&exchange.reply, answer) {
            (Err(no_reply), _) => Err(no_reply.clone()),
            (Ok(_), Some(answer)) => Ok(answer.response()),
            (Ok(whole), None) if !is_success => Ok(alone(whole.status)),
            // A server that stops at the first failure does not speak of the rest. Whoever says nothing at all may have done it all.
            (Ok(_), None) => Ok(alone(if one_failed { 400 } else { 500 })),
        };
        let is_refused = is_success && reply.as_ref().is_ok_and(|reply| (400..500).contains(&reply.status));
        let exchange = Exchange { request: operation.request.clone(), reply, ..exchange.clone() };
        Told { index, exchange, is_refused }
    };
    let creates = |index: &usize| operations[*index].request.method == "POST";
    let (creating, others): (Vec<usize>, Vec<usize>) = (0..operations.len()).partition(creates);
    creating.into_iter().chain(others).map(tell).collect()
}

/// What an answer says of an operation.
struct Answer {
    method: Option<String>,
    bulk_id: Option<String>,
    location: Option<String>,
    status: u16,
    response: Vec<u8>,
}

impl Answer {
    fn read(answer: &Value) -> Self {
        let location = text(answer, "location").map(str::to_owned);
        let status = members(answer, "status").next();
        // SCIM 1.1 has an object there.
        let status = status.map(|status| members(status, "code").next().unwrap_or(status));
        let status = status.and_then(|status| match status {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_u64().and_then(|status| u16::try_from(status).ok()),
            _ => None,
        });
        let response = members(answer, "response").next();
        Self {
            method: text(answer, "method").map(str::to_ascii_uppercase),
            bulk_id: text(answer, "bulkId").map(str::to_owned),
            // Whoever names a place and no status has not failed.
            status: status.unwrap_or(if location.is_some() { 200 } else { 500 }),
            location,
            response: response.filter(|response| response.is_object()).map(bytes).unwrap_or_default(),
        }
    }

    fn response(&self) -> Response {
        let location = self.location.iter().map(|location| ("Location".to_owned(), location.clone()));
        Response { status: self.status, headers: Headers(location.collect()), body: self.response.clone() }
    }
}

fn alone(status: u16) -> Response {
    Response { status, headers: Headers::default(), body: Vec::new() }
}

fn bytes(node: &Value) -> Vec<u8> {
    node.to_string().into_bytes()
}

/// The members of that name, in any letter case.
fn members<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    fields(of).filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The text of that name, where there is one and no other.
fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    let mut all = members(of, name);
    let text = all.next()?.as_str();
    if all.next().is_some() { None } else { text }
}

/// The last segment of a path.
fn last(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/');
    percent_decode_str(path.rsplit('/').next().unwrap_or(path)).decode_utf8_lossy().into_owned()
}

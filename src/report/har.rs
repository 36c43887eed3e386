//! The exchanges of a run as an HTTP archive (HAR 1.2), for the network panel of a browser.
//!
//! **Invariant:** credentials are masked, as in every report. Durations are measured; a run knows when it began and not when each
//! request left, so an entry starts where the one before it ended.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::{Report, draw, json as report_json};
use crate::verdict::{CaseResult, Outcome};
use crate::wire::{Exchange, Headers, Request};

/// The archive: a page for discovery and one for each case that was run.
pub fn render(report: &Report) -> String {
    let mut clock = Clock::new(&report.started);
    let (mut pages, mut entries) = (Vec::new(), Vec::new());
    let cases = report.cases.iter().map(|case| (case.id.as_str(), Some(case), &case.transcript));
    let all = std::iter::once(("discovery", None, &report.discovery)).chain(cases);
    for (id, case, transcript) in all.filter(|(_, _, transcript)| !transcript.is_empty()) {
        pages.push(json!({
            "startedDateTime": clock.now(),
            "id": id,
            "title": case.map_or_else(|| id.to_owned(), |case| format!("{id}: {}", case.title)),
            "pageTimings": {},
        }));
        for (at, exchange) in transcript.iter().enumerate() {
            entries.push(entry(report, id, exchange, &clock.now(), &comment(id, case, at)));
            clock.passed += exchange.took;
        }
    }
    let archive = json!({ "log": {
        "version": "1.2",
        "creator": { "name": report.tool.name, "version": report.tool.version },
        "pages": pages,
        "entries": entries,
        "comment": "Credentials are masked. Durations are exact; the start of an entry is the end of the one before it. \
                    Bodies of cases in which nothing was found are kept with --bodies all.",
    }});
    report_json::written(&archive)
}

/// When an entry is said to have started.
struct Clock<'a> {
    /// When the run did, as it is written, and as a moment if it is one.
    written: &'a str,
    began: Option<DateTime<FixedOffset>>,
    passed: Duration,
}

impl<'a> Clock<'a> {
    fn new(written: &'a str) -> Self {
        Self { written, began: DateTime::parse_from_rfc3339(written).ok(), passed: Duration::ZERO }
    }

    fn now(&self) -> String {
        let passed = TimeDelta::from_std(self.passed).unwrap_or_default();
        let now = self.began.and_then(|began| began.checked_add_signed(passed));
        now.map_or_else(|| self.written.to_owned(), |now| now.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// Which case an exchange belongs to, and what was found in it.
fn comment(id: &str, case: Option<&CaseResult>, at: usize) -> String {
    let Some(case) = case else { return "what the server says of itself".to_owned() };
    let mut said = vec![id.to_owned()];
    for finding in case.findings.iter().filter(|finding| finding.exchange == at) {
        let known = if finding.known.is_some() { " (known failure)" } else { "" };
        said.push(format!("{} {}: {}{known}", finding.level, finding.requirement, draw::in_a_line(finding)));
    }
    let is_last =
        case.blocker.as_ref().map_or(at + 1 + case.swept == case.transcript.len(), |stop| stop.exchange == at);
    if let (Outcome::Inconclusive(cause), true) = (&case.outcome, is_last) {
        said.push(format!("could not be judged: {cause}"));
    }
    if at + case.swept >= case.transcript.len() {
        said.push("removal of what the case created".to_owned());
    }
    said.join("; ")
}

fn entry(report: &Report, page: &str, exchange: &Exchange, started: &str, comment: &str) -> Value {
    let took = exchange.took.as_secs_f64() * 1000.0;
    json!({
        "pageref": page,
        "startedDateTime": started,
        "time": took,
        "request": request(report, &exchange.request),
        "response": response(exchange),
        "cache": {},
        "timings": { "send": 0, "wait": took, "receive": 0 },
        "comment": comment,
    })
}

fn request(report: &Report, request: &Request) -> Value {
    let (_, query) = request.path.split_once('?').unwrap_or_default();
    let query: Vec<Value> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let mut written = json!({
        "method": request.method,
        "url": format!("{}{}", report.base_url.trim_end_matches('/'), request.path),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": request.body.as_ref().map_or(0, Vec::len),
    });
    if let Some(body) = &request.body {
        let kind = request.headers.get("Content-Type").unwrap_or_default();
        written["postData"] = json!({ "mimeType": kind, "params": [], "text": String::from_utf8_lossy(body) });
    }
    written
}

fn response(exchange: &Exchange) -> Value {
    let Ok(response) = &exchange.reply else {
        // What browsers write where no answer came.
        return json!({
            "status": 0, "statusText": draw::answer(exchange), "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
            "content": { "size": 0, "mimeType": "x-unknown" }, "redirectURL": "", "headersSize": -1, "bodySize": -1,
        });
    };
    let mut content = json!({
        "size": response.body.len(),
        "mimeType": response.headers.get("Content-Type").unwrap_or("x-unknown"),
    });
    match std::str::from_utf8(&response.body) {
        Ok(text) => content["text"] = text.into(),
        Err(_) => {
            content["text"] = STANDARD.encode(&response.body).into();
            content["encoding"] = "base64".into();
        }
    }
    let line = draw::status_line(response.status);
    json!({
        "status": response.status,
        "statusText": line.split_once(' ').map_or("", |(_, phrase)| phrase),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&response.headers),
        "content": content,
        "redirectURL": response.headers.get("Location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": -1,
    })
}

fn headers(headers: &Headers) -> Vec<Value> {
    headers.0.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

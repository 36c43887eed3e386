//! The exchanges of a run as an HTTP archive (HAR 1.2), for the network panel of a browser.
//!
//! **Invariant:** credentials are masked, as in every report. Durations are measured; a run knows when it began and not when each
//! request left, so an entry starts where the one before it ended.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use serde::Serialize;

use super::{Report, draw, json};
use crate::verdict::{CaseResult, Outcome};
use crate::wire::{Exchange, Headers, Request};

/// The page of what the server says of itself.
const DISCOVERY: &str = "discovery";

/// The archive: a page for discovery, one for each setup that cases share, and one for each case that was run.
pub fn render(report: &Report) -> String {
    let mut clock = Clock::new(&report.started);
    let (mut pages, mut entries) = (Vec::new(), Vec::new());
    let cases = report.cases.iter().map(|case| (case.id.as_str(), Some(case), &case.transcript));
    let setups = report.setups.iter().map(|setup| (setup.id.as_str(), None, &setup.transcript));
    let all = std::iter::once((DISCOVERY, None, &report.discovery)).chain(setups).chain(cases);
    for (id, case, transcript) in all.filter(|(_, _, transcript)| !transcript.is_empty()) {
        pages.push(Page {
            started_date_time: clock.now(),
            id,
            title: case.map_or_else(|| id.to_owned(), |case| format!("{id}: {}", case.title)),
            page_timings: Nothing {},
        });
        let base = report.address_of(id).trim_end_matches('/');
        let is_of_setup = |at: usize| case.is_some_and(|case| case.shared.iter().any(|shared| shared.holds(at)));
        for (at, exchange) in transcript.iter().enumerate().filter(|(at, _)| !is_of_setup(*at)) {
            entries.push(entry(base, id, exchange, clock.now(), comment(id, case, at)));
            clock.passed += exchange.took;
        }
    }
    json::written(&Archive {
        log: Log {
            version: "1.2",
            creator: Creator { name: &report.tool.name, version: &report.tool.version },
            pages,
            entries,
            comment: comment_of(report),
        },
    })
}

/// What is to be known of the whole.
fn comment_of(report: &Report) -> String {
    let mut comment =
        "Credentials are masked. Durations are exact; the start of an entry is the end of the one before it. \
                      Bodies of cases in which nothing was found are kept with --bodies all."
            .to_owned();
    for told in report.limited_by_depth().into_iter().chain(report.ended_early()) {
        comment.push_str(&format!(" {}.", draw::capital(&told)));
    }
    comment
}

#[derive(Serialize)]
struct Archive<'a> {
    log: Log<'a>,
}

#[derive(Serialize)]
struct Log<'a> {
    version: &'static str,
    creator: Creator<'a>,
    pages: Vec<Page<'a>>,
    entries: Vec<Entry<'a>>,
    comment: String,
}

#[derive(Serialize)]
struct Creator<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    started_date_time: String,
    id: &'a str,
    title: String,
    page_timings: Nothing,
}

/// An object that has to be there, and has nothing in it.
#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    pageref: &'a str,
    started_date_time: String,
    /// Milliseconds.
    time: f64,
    request: Asked<'a>,
    response: Answered<'a>,
    cache: Nothing,
    timings: Timings,
    comment: String,
}

/// Milliseconds.
#[derive(Serialize)]
struct Timings {
    send: u8,
    wait: f64,
    receive: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    method: &'a str,
    url: String,
    http_version: &'static str,
    cookies: [Nothing; 0],
    headers: Vec<Pair<'a>>,
    query_string: Vec<Pair<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData<'a>>,
    headers_size: i8,
    body_size: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData<'a> {
    mime_type: &'a str,
    params: [Nothing; 0],
    text: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answered<'a> {
    status: u16,
    status_text: String,
    http_version: &'static str,
    cookies: [Nothing; 0],
    headers: Vec<Pair<'a>>,
    content: Content<'a>,
    #[serde(rename = "redirectURL")]
    redirect_url: &'a str,
    headers_size: i8,
    body_size: i8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    size: usize,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

/// A header or a parameter of a query.
#[derive(Serialize)]
struct Pair<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
}

/// Which version of HTTP was spoken is not recorded; an archive has to name one.
const HTTP: &str = "HTTP/1.1";

/// What HAR writes for sizes that are not known.
const UNKNOWN: i8 = -1;

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
    let Some(case) = case else {
        let of_discovery = id == DISCOVERY;
        return if of_discovery { "what the server says of itself" } else { "setup that cases share" }.to_owned();
    };
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

fn entry<'a>(base: &str, pageref: &'a str, exchange: &'a Exchange, started: String, comment: String) -> Entry<'a> {
    let took = exchange.took.as_secs_f64() * 1000.0;
    Entry {
        pageref,
        started_date_time: started,
        time: took,
        request: request(base, &exchange.request),
        response: response(exchange),
        cache: Nothing {},
        timings: Timings { send: 0, wait: took, receive: 0 },
        comment,
    }
}

fn request<'a>(base: &str, request: &'a Request) -> Asked<'a> {
    let (_, query) = request.path.split_once('?').unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes());
    Asked {
        method: &request.method,
        url: format!("{base}{}", request.path),
        http_version: HTTP,
        cookies: [],
        headers: headers(&request.headers),
        query_string: query.map(|(name, value)| Pair { name, value }).collect(),
        post_data: request.body.as_ref().map(|body| PostData {
            mime_type: request.headers.get("Content-Type").unwrap_or_default(),
            params: [],
            text: String::from_utf8_lossy(body),
        }),
        headers_size: UNKNOWN,
        body_size: request.body.as_ref().map_or(0, Vec::len),
    }
}

fn response(exchange: &Exchange) -> Answered<'_> {
    let mut answered = Answered {
        status: 0,
        status_text: String::new(),
        http_version: HTTP,
        cookies: [],
        headers: Vec::new(),
        content: Content { size: 0, mime_type: "x-unknown", text: None, encoding: None },
        redirect_url: "",
        headers_size: UNKNOWN,
        body_size: UNKNOWN,
    };
    let Ok(response) = &exchange.reply else {
        // What browsers write where no answer came.
        return Answered { status_text: draw::answer(exchange), ..answered };
    };
    let line = draw::status_line(response.status);
    answered.status = response.status;
    answered.status_text = line.split_once(' ').map_or(String::new(), |(_, phrase)| phrase.to_owned());
    answered.headers = headers(&response.headers);
    answered.redirect_url = response.headers.get("Location").unwrap_or_default();
    let (text, encoding) = match std::str::from_utf8(&response.body) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(_) => (Cow::Owned(STANDARD.encode(&response.body)), Some("base64")),
    };
    answered.content = Content {
        size: response.body.len(),
        mime_type: response.headers.get("Content-Type").unwrap_or("x-unknown"),
        text: Some(text),
        encoding,
    };
    answered
}

fn headers(headers: &Headers) -> Vec<Pair<'_>> {
    headers.0.iter().map(|(name, value)| Pair { name: name.into(), value: value.into() }).collect()
}

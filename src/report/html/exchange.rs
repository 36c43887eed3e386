//! Requests and answers, laid out.

use maud::{Markup, html};

use crate::report::draw::{self, Detail};
use crate::report::escape;
use crate::verdict::{Finding, Place};
use crate::wire::{Exchange, Headers};

/// The longest body that is shown, in lines; of a longer one the lines around the place in question are.
const LINES: usize = 160;

/// The longest line that is shown, in characters.
const COLUMNS: usize = 4000;

/// Headers that say nothing about the case; `whole` shows them, too.
const USUAL: &[&str] = &["accept", "accept-charset", "user-agent", "content-length", "date", "connection", "server"];

/// What was asked and what came, with a mark at the place that a finding points at.
pub(super) fn exchange(exchange: &Exchange, finding: Option<&Finding>, whole: bool) -> Markup {
    let request = &exchange.request;
    let place = finding.map(|finding| &finding.place);
    html! {
        div.x {
            div.q {
                p { b { (request.method) } " " (path(&request.path)) @if !draw::without(request.credential).is_empty() { " " i { "(" (draw::without(request.credential)) ")" } } }
                (message(&request.headers, request.body.as_deref().unwrap_or_default(), None, whole))
            }
            @for attempt in &exchange.attempts { p.try { (draw::attempt(attempt)) } }
            div.a {
                @match &exchange.reply {
                    Err(why) => p { mark { (escape::cut(&escape::line(&why.to_string()), 600)) } },
                    Ok(response) => {
                        p {
                            @if place == Some(&Place::Status) { mark { b { (draw::status_line(response.status)) } } }
                            @else { b { (draw::status_line(response.status)) } }
                            " " span.soft { (draw::time(exchange.took)) }
                        }
                        (message(&response.headers, &response.body, place, whole))
                        @if response.body.is_empty() && response.status != 204 { p.soft { "no body" } }
                    }
                }
            }
            @if let Some(finding) = finding {
                p.differs { (escape::cut(&draw::expected(finding), 1000)) ", " b { (escape::cut(&draw::got(finding), 1000)) } }
            }
        }
    }
}

/// Method and path in a line.
pub(super) fn asked(exchange: &Exchange) -> Markup {
    html! { b { (exchange.request.method) } " " (path(&exchange.request.path)) }
}

fn path(path: &str) -> String {
    escape::cut(&escape::line(path), 600)
}

fn message(headers: &Headers, body: &[u8], place: Option<&Place>, whole: bool) -> Markup {
    let is_pointed = |name: &str| matches!(place, Some(Place::Header(header)) if draw::is_name(name, header));
    let is_usual = |name: &str| USUAL.iter().any(|usual| draw::is_name(name, usual));
    let shown: Vec<_> = headers.0.iter().filter(|(name, _)| whole || is_pointed(name) || !is_usual(name)).collect();
    let pointer = match place {
        Some(Place::Body(pointer)) => Some(pointer.as_str()),
        _ => None,
    };
    let lines = if body.is_empty() { Vec::new() } else { draw::body_lines(body, pointer, Detail::Whole) };
    let marked = lines.iter().position(|(_, marked)| *marked);
    let (from, to) = window(lines.len(), marked);
    html! {
        @if !shown.is_empty() || !lines.is_empty() {
            pre {
                @for (name, value) in shown {
                    @let line = escape::cut(&format!("{}: {}", escape::line(name), escape::line(value)), COLUMNS);
                    @if is_pointed(name) { mark { (line) } } @else { i { (line) } }
                    "\n"
                }
                @if from > 0 { i { "… " (draw::counted(from, "line")) } "\n" }
                @for (line, is_marked) in &lines[from..to] {
                    @if *is_marked { mark { (escape::cut(line, COLUMNS)) } } @else { (escape::cut(line, COLUMNS)) }
                    "\n"
                }
                @if to < lines.len() { i { "… " (draw::counted(lines.len() - to, "more line")) } "\n" }
            }
        }
    }
}

/// The lines that are shown, from and to.
fn window(lines: usize, marked: Option<usize>) -> (usize, usize) {
    if lines <= LINES {
        return (0, lines);
    }
    let from = marked.unwrap_or(0).saturating_sub(LINES / 2).min(lines - LINES);
    (from, from + LINES)
}

//! Draws findings and exchanges as lines of text, and the commands that bring them about again.
//!
//! **Invariant:** what is returned holds nothing of the server's or the scenario's that is not escaped.

use std::time::Duration;

use anstyle::{AnsiColor, Effects};
use serde_json::Value;

use super::{Report, SECRET, escape};
use crate::requirement::Requirement;
use crate::source::{Drawing, Heading, Style};
use crate::verdict::{self, CaseResult, Finding, Place, Skip};
use crate::wire::auth::Manner;
use crate::wire::{Attempt, Credential, Exchange, Request, Response};

/// How many lines of a body are shown when it is shortened.
const BODY_LINES: usize = 12;

/// The longest request body that is written into a `curl` line.
const CURL_BODY_BYTES: usize = 2000;

/// How much of an exchange is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// The request, and of the answer its status.
    Asked,
    /// The headers that matter here, and the part of the body that does.
    Short,
    /// All of it.
    Whole,
}

/// What a stretch of text is, for its colour.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    Good,
    Bad,
    Warning,
    Unknown,
    Faint,
    Title,
}

/// The text in the colour of its role.
pub(super) fn paint(text: &str, role: Role, style: Style) -> String {
    let colour = match (style, role) {
        (Style::Plain, _) => return text.to_owned(),
        (_, Role::Good) => AnsiColor::Green.on_default(),
        (_, Role::Bad) => AnsiColor::Red.on_default().effects(Effects::BOLD),
        (_, Role::Warning) => AnsiColor::Yellow.on_default(),
        (_, Role::Unknown) => AnsiColor::Magenta.on_default(),
        (_, Role::Faint) => anstyle::Style::new().dimmed(),
        (_, Role::Title) => anstyle::Style::new().bold(),
    };
    format!("{colour}{text}{colour:#}")
}

/// A time as people say it.
pub(super) fn time(took: Duration) -> String {
    match took.as_secs_f64() {
        s if s < 0.0995 => format!("{:.0} ms", s * 1000.0),
        s if s < 0.9995 => format!("{:.0} ms", (s * 100.0).round() * 10.0),
        s if s < 99.95 => format!("{s:.1} s"),
        s => format!("{s:.0} s"),
    }
}

/// `1 case`, `2 cases`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The text with its first letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    first + chars.as_str()
}

/// The first few of a list, and how many more there are.
pub(crate) fn few(items: &[&str], max: usize) -> String {
    // "and 1 more" takes as much room as the one.
    let shown = if items.len() <= max + 1 { items.len() } else { max };
    let mut text = items.iter().take(shown).map(|item| escape::line(item)).collect::<Vec<_>>().join(", ");
    if items.len() > shown {
        text.push_str(&format!(" and {} more", items.len() - shown));
    }
    text
}

/// Breaks a text at spaces into lines of at most `width` characters; a longer word stands alone.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split(' ') {
        let word_length = word.chars().count();
        match lines.last_mut() {
            Some(line) if length == 0 || length + 1 + word_length <= width => {
                if length > 0 {
                    line.push(' ');
                    length += 1;
                }
                line.push_str(word);
                length += word_length;
            }
            _ => {
                lines.push(word.to_owned());
                length = word_length;
            }
        }
    }
    lines
}

/// The longest value that a report shows, in characters: servers that send more are not quoted in full.
const VALUE_SHOWN: usize = 4000;

/// What was there instead, and where: `got "true" at /active`.
pub(super) fn got(finding: &Finding) -> String {
    let actual = match &finding.actual {
        Value::Null => "nothing".to_owned(),
        value => escape::cut(&escape::line(&value.to_string()), VALUE_SHOWN),
    };
    match &finding.place {
        Place::Status | Place::Time => format!("got {actual}"),
        Place::Header(name) => format!("got {actual} in header {}", escape::line(name)),
        Place::Body(pointer) if pointer.is_empty() => format!("got {actual} as body"),
        Place::Body(pointer) => format!("got {actual} at {}", escape::cut(&escape::line(pointer), VALUE_SHOWN)),
        Place::Walk => format!("got {actual} on all pages together"),
        Place::Together => format!("got {actual} in all answers together"),
    }
}

/// What was expected.
pub(super) fn expected(finding: &Finding) -> String {
    format!("expected {}", escape::cut(&escape::line(&finding.expected), VALUE_SHOWN))
}

/// Why a case was not run, or not scored, in a clause.
pub(super) fn skip_reason(skip: &Skip) -> String {
    match skip {
        Skip::Unsupported { capability, evidence } => format!("needs {capability} ({evidence})"),
        Skip::Deselected => "left out by the selection".to_owned(),
        Skip::Depth => "left out by --depth quick".to_owned(),
        Skip::Costly => "left to --depth full".to_owned(),
        Skip::NothingToJudge(why) => why.clone(),
        Skip::NotScored(since) => format!("new in edition {since}, not scored"),
    }
}

/// Both in one line of a list.
pub(super) fn in_a_line(finding: &Finding) -> String {
    format!("{}, {}", escape::cut(&expected(finding), 100), escape::cut(&got(finding), 120))
}

/// The document and section: `RFC7644 §3.3`.
pub(super) fn origin(requirement: &Requirement) -> String {
    let section = &requirement.section;
    match section.chars().next() {
        None => requirement.source.clone(),
        Some(first) if first.is_ascii_digit() => format!("{} §{section}", requirement.source),
        Some(_) => format!("{}, {section}", requirement.source),
    }
}

/// What is said of a demand that a specification alone makes.
pub(crate) const UNSEEN: &str = "Okta does not look at it";

/// The line of the scenario with a caret under what was demanded, and what there is to know about it.
pub(super) fn finding(
    requirement: &Requirement,
    (finding, exchange): (&Finding, Option<&Exchange>),
    heading: Heading,
    further: &[(&str, String)],
    style: Style,
    width: usize,
) -> String {
    let digits = finding.span.line().to_string().len();
    let said = exchange.filter(|_| finding.place == Place::Status).and_then(verdict::said);
    let said = said.map(|said| format!(" ({})", escape::line(&Value::from(said).to_string()))).unwrap_or_default();
    let (expected, got) = (expected(finding), got(finding) + &said);
    // Under the caret there is room for what is short; the value in question is never cut for it.
    let column = finding.span.column() + digits + 4;
    let fits = |label: &str| column + label.chars().count() <= width.max(80);
    let both = format!("{expected}, {got}");
    let mut notes = Vec::new();
    let label = if fits(&both) {
        both.as_str()
    } else {
        notes.push(("got", got.trim_start_matches("got ").to_owned()));
        match fits(&expected) {
            true => expected.as_str(),
            false => {
                notes.insert(0, ("expected", expected.trim_start_matches("expected ").to_owned()));
                "not met"
            }
        }
    };
    let level = requirement.level.as_str().to_lowercase();
    notes.push((level.as_str(), origin(requirement)));
    notes.extend(finding.because.iter().map(|because| ("cause", because.clone())));
    notes.extend(further.iter().filter(|(name, _)| *name == HOLDS_BACK).cloned());
    for (name, advice) in [("consequence", &requirement.consequence), ("fix", &requirement.fix)] {
        let text = advice.as_ref().and_then(|advice| advice.on(finding.failure));
        notes.extend(text.map(|text| (name, text.to_owned())));
    }
    if requirement.is_only_specified() {
        notes.push(("note", UNSEEN.to_owned()));
    }
    notes.extend(requirement.note.iter().map(|text| ("note", text.clone())));
    notes.extend(further.iter().filter(|(name, _)| *name != HOLDS_BACK).cloned());
    for (name, text) in &mut notes {
        // `  = name: ` stands before the first line and as much room before the others.
        let room = width.saturating_sub(digits + name.len() + 5).max(30);
        *text = wrap(&escape::line(text), room).join("\n");
    }
    let message = format!("{} ({})", escape::line(&requirement.title), escape::line(requirement.id.as_str()));
    let drawing = Drawing { heading, message: &message, span: &finding.span, label, notes: &notes };
    crate::source::draw(&drawing, style, width)
}

/// The name of the note that says how many cases a finding keeps from being judged.
pub(super) const HOLDS_BACK: &str = "holds back";

/// A line of an exchange.
struct Line {
    text: String,
    mark: Mark,
}

/// Whether a line is the one that a finding points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    None,
    /// It is, and is seen to be by itself.
    Plain,
    /// It is, among others like it.
    Arrow,
    /// It is not, and is what an error says of itself.
    Said,
}

impl Line {
    fn new(text: String) -> Self {
        Self { text, mark: Mark::None }
    }

    fn marked(text: String, mark: Mark) -> Self {
        Self { text, mark }
    }
}

/// What was asked and what came: `>` before the request, `<` before the response. The place concerns the response.
pub(super) fn exchange(
    exchange: &Exchange,
    place: Option<&Place>,
    detail: Detail,
    style: Style,
    width: usize,
) -> Vec<String> {
    const ARROW: &str = "   <-- here";
    let mut lines = request_lines(&exchange.request, detail);
    lines.extend(exchange.attempts.iter().map(|tried| Line::new(format!("< {}", attempt(tried)))));
    match &exchange.reply {
        Err(why) => lines.push(Line::marked(format!("< {}", escape::line(&why.to_string())), Mark::Plain)),
        Ok(response) => {
            let mark = if place == Some(&Place::Status) { Mark::Plain } else { Mark::None };
            lines.push(Line::marked(format!("< {} ({})", status_line(response.status), time(exchange.took)), mark));
            if detail != Detail::Asked {
                lines.extend(response_lines(response, place, detail));
            }
        }
    }
    let room = width.saturating_sub(4).max(40);
    let fit = |text: &str, room: usize| match detail {
        Detail::Whole => text.to_owned(),
        Detail::Asked | Detail::Short => escape::cut(text, room),
    };
    lines
        .iter()
        .map(|line| match line.mark {
            Mark::None => paint(&fit(&line.text, room), Role::Faint, style),
            Mark::Plain => paint(&line.text, Role::Bad, style),
            Mark::Arrow => paint(&(line.text.clone() + ARROW), Role::Bad, style),
            Mark::Said => paint(&line.text, Role::Faint, style),
        })
        .collect()
}

/// What a request carries in place of the user's own credential; nothing for that.
pub(super) fn without(credential: Credential) -> &'static str {
    match credential {
        Credential::Own => "",
        Credential::None => "without a credential",
        Credential::Wrong => "with a wrong credential",
        Credential::Second => "with the second credential",
        Credential::Revoked => "with the credential that was taken back",
    }
}

/// What came of a try that was not the last, and what was done then.
pub(super) fn attempt(attempt: &Attempt) -> String {
    let result = match &attempt.result {
        Ok(status) => status.to_string(),
        Err(why) => escape::line(&why.to_string()),
    };
    let told = attempt.retry_after.as_deref().map(|told| format!(", Retry-After: {}", escape::line(told)));
    let told = told.unwrap_or_default();
    let then = match attempt.result {
        Ok(401) => "asked for a new access token".to_owned(),
        _ => format!("waited {}", time(attempt.waited)),
    };
    format!("{result}{told}, then {then}")
}

fn request_lines(request: &Request, detail: Detail) -> Vec<Line> {
    let without = match without(request.credential) {
        "" => String::new(),
        without => format!("   ({without})"),
    };
    let mut lines = vec![Line::new(format!("> {}{without}", request_line(request)))];
    for (name, value) in &request.headers.0 {
        let told = is_name(name, "Content-Type") || is_name(name, "If-Match");
        if detail == Detail::Whole || (detail == Detail::Short && told) {
            lines.push(Line::new(format!("> {}: {}", escape::line(name), escape::line(value))));
        }
    }
    if let Some(body) = &request.body {
        // What was asked is read whole: it says what the answer should have been.
        let body = body_lines(body, None, if detail == Detail::Asked { Detail::Whole } else { detail });
        lines.extend(body.into_iter().map(|(line, _)| Line::marked(format!("> {line}"), Mark::Said)));
    }
    lines
}

/// The status that came, or why none did.
pub(super) fn answer(exchange: &Exchange) -> String {
    match &exchange.reply {
        Ok(response) => status_line(response.status),
        Err(why) => escape::line(&why.to_string()),
    }
}

/// Method and path.
pub(super) fn request_line(request: &Request) -> String {
    format!("{} {}", escape::line(&request.method), escape::line(&request.path))
}

pub(super) fn is_name(name: &str, wanted: &str) -> bool {
    name.eq_ignore_ascii_case(wanted)
}

fn response_lines(response: &Response, place: Option<&Place>, detail: Detail) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, value) in &response.headers.0 {
        let pointed = matches!(place, Some(Place::Header(header)) if is_name(name, header));
        let telling = match response.status {
            201 | 300..=399 => is_name(name, "Location"),
            401 => is_name(name, "WWW-Authenticate"),
            412 => is_name(name, "ETag"),
            429 | 503 => is_name(name, "Retry-After"),
            _ => false,
        };
        if pointed || telling || detail == Detail::Whole || is_name(name, "Content-Type") {
            let mark = if pointed { Mark::Arrow } else { Mark::None };
            lines.push(Line::marked(format!("< {}: {}", escape::line(name), escape::line(value)), mark));
        }
    }
    let (pointer, mark) = match place {
        Some(Place::Body(pointer)) => (Some(pointer.as_str()), Mark::Arrow),
        _ if response.status >= 400 => (Some("/detail"), Mark::Said),
        _ => (None, Mark::None),
    };
    if !response.body.is_empty() {
        lines.extend(
            body_lines(&response.body, pointer, detail)
                .into_iter()
                .map(|(line, pointed)| Line::marked(format!("< {line}"), if pointed { mark } else { Mark::None })),
        );
    } else if response.status != 204 {
        let mark = if matches!(place, Some(Place::Body(_))) { Mark::Plain } else { Mark::None };
        lines.push(Line::marked("< (no body)".to_owned(), mark));
    }
    lines
}

/// A body: JSON laid out, text as it is, anything else as escapes; and whether a line is the one pointed at.
pub(super) fn body_lines(body: &[u8], pointer: Option<&str>, detail: Detail) -> Vec<(String, bool)> {
    if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_slice::<Value>(body) {
        let pointer = pointer
            .filter(|p| !p.is_empty())
            .map(|p| p.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect::<Vec<_>>());
        let mut layout = Layout { detail, ..Layout::default() };
        layout.value("", &value, "", 0, pointer.as_deref());
        return shorten(layout.lines, layout.focus, layout.marked, detail);
    }
    let lines = match std::str::from_utf8(body) {
        Ok(text) => text.lines().map(|line| escape::line(line.trim_end())).collect(),
        Err(_) => vec![
            format!("({} bytes that are not text)", body.len()),
            body.iter().take(64).flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from).collect(),
        ],
    };
    shorten(lines, 0, None, detail)
}

/// The lines around the one that matters.
fn shorten(lines: Vec<String>, focus: usize, marked: Option<usize>, detail: Detail) -> Vec<(String, bool)> {
    let count = lines.len();
    let (from, to) = if detail == Detail::Whole || count <= BODY_LINES + 2 {
        (0, count)
    } else {
        let from = focus.saturating_sub(BODY_LINES / 2).min(count - BODY_LINES);
        (from, from + BODY_LINES)
    };
    let mut out = Vec::new();
    if from > 0 {
        out.push((format!("… {}", counted(from, "line")), false));
    }
    let shown = lines.into_iter().enumerate().skip(from).take(to - from);
    out.extend(shown.map(|(at, line)| (line, marked == Some(at))));
    if to < count {
        out.push((format!("… {} more", counted(count - to, "line")), false));
    }
    out
}

/// Lays JSON out and remembers on which line a place in it stands.
#[derive(Debug)]
struct Layout {
    lines: Vec<String>,
    focus: usize,
    marked: Option<usize>,
    detail: Detail,
}

impl Default for Layout {
    fn default() -> Self {
        Self { lines: Vec::new(), focus: 0, marked: None, detail: Detail::Short }
    }
}

impl Layout {
    /// `rest` is what remains of the pointer when it leads through here. The depth is bounded by the parser's own limit.
    fn value(&mut self, name: &str, value: &Value, comma: &str, depth: usize, rest: Option<&[String]>) {
        if let Some(rest) = rest {
            self.focus = self.lines.len();
            self.marked = rest.is_empty().then_some(self.focus);
        }
        let indent = "  ".repeat(depth);
        let through = rest.is_some_and(|rest| !rest.is_empty());
        let empty = match value {
            Value::Object(map) => map.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => true,
        };
        // Shortened, only what leads to the place is laid out: each of its neighbours takes one line.
        let mut compact = None;
        if empty || (depth > 0 && !through) {
            let text = value.to_string();
            if empty || self.detail != Detail::Whole || text.len() <= 72 {
                compact = Some(escape::line(&text));
            }
        }
        if let Some(compact) = compact {
            let room = match self.detail {
                Detail::Whole => usize::MAX,
                // The value in question is shown in full.
                _ if rest.is_some_and(<[String]>::is_empty) => VALUE_SHOWN,
                _ => 120,
            };
            let compact = escape::cut(&compact, room);
            self.lines.push(format!("{indent}{name}{compact}{comma}"));
            return;
        }
        let below = |token: &str| rest.and_then(|rest| rest.split_first()).filter(|(head, _)| *head == token);
        match value {
            Value::Object(map) => {
                self.lines.push(format!("{indent}{name}{{"));
                for (at, (key, value)) in map.iter().enumerate() {
                    let comma = if at + 1 < map.len() { "," } else { "" };
                    let name = format!("{}: ", escape::line(&Value::from(key.as_str()).to_string()));
                    self.value(&name, value, comma, depth + 1, below(key).map(|(_, rest)| rest));
                }
                self.lines.push(format!("{indent}}}{comma}"));
            }
            Value::Array(items) => {
                self.lines.push(format!("{indent}{name}["));
                for (at, value) in items.iter().enumerate() {
                    let comma = if at + 1 < items.len() { "," } else { "" };
                    self.value("", value, comma, depth + 1, below(&at.to_string()).map(|(_, rest)| rest));
                }
                self.lines.push(format!("{indent}]{comma}"));
            }
            _ => {}
        }
    }
}

/// A status with the phrase that RFC 9110 gives it.
pub(super) fn status_line(status: u16) -> String {
    let phrase = match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return status.to_string(),
    };
    format!("{status} {phrase}")
}

/// The command that runs one case again. Without the seed: some servers never give a name free, and would refuse the names
/// that this run has used.
pub(super) fn reproduce(case: &CaseResult, report: &Report) -> String {
    let ids: String = again(case).iter().map(|id| format!(" {}", escape::shell(id.as_bytes()))).collect();
    let elsewhere = report.elsewhere(&case.id);
    let (demo, typed) = match elsewhere {
        Some(elsewhere) => (&elsewhere.demo, &elsewhere.options),
        None => (&report.demo, &report.options),
    };
    let options = options(report, typed);
    match demo {
        Some(demo) => format!("{demo}{ids}{options}"),
        None => format!("scim-check run{ids} --base-url {}{options}", shell_word(report.address_of(&case.id))),
    }
}

/// What has to be selected to see again what a case shows; nothing is everything. Witnesses show what other cases do: those that were
/// caught or, where one was not, all of them.
fn again(case: &CaseResult) -> Vec<&str> {
    if case.witnessed.is_empty() {
        return vec![&case.id];
    }
    let Some(mut caught) = case.witnessed.iter().map(|one| one.case.as_deref()).collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    caught.sort_unstable();
    caught.dedup();
    // Each shard has witnesses of its own.
    let witnesses = case.id.split(" (").next().unwrap_or(&case.id);
    [&[witnesses], caught.as_slice()].concat()
}

/// The options that lead to the server. The secret comes from where the user keeps it.
pub(super) fn server(report: &Report) -> String {
    format!("--base-url {}{}", shell_word(&report.base_url), options(report, &report.options))
}

/// What else was typed, each word with a space before it.
fn options(report: &Report, typed: &[String]) -> String {
    let words = typed.iter().map(|word| match word.strip_suffix(SECRET) {
        Some(before) => with_variable(before, SECRET.trim_start_matches('$')),
        None => shell_word(word),
    });
    // A test target of `cargo` that runs the cases has no such option.
    let is_ours = report.demo.as_ref().is_none_or(|demo| demo.starts_with("scim-check "));
    let older = report.edition.filter(|scored| scored.is_older() && is_ours);
    let edition = older.map(|scored| format!("--edition {}", scored.edition));
    words.chain(edition).map(|word| format!(" {word}")).collect()
}

/// The options of `curl` that carry a credential, with a leading space. The shell puts the secret in.
pub(super) fn shown_credential(manner: &Manner, credential: Credential) -> String {
    let variable = match (credential, manner) {
        (Credential::None, _) | (Credential::Own, Manner::None) => return String::new(),
        (Credential::Wrong, Manner::Basic { .. }) => return " -u wrong:wrong".to_owned(),
        (Credential::Wrong, Manner::Header { name, prefix }) => {
            return format!(" -H {}", escape::shell(format!("{name}: {prefix}wrong").as_bytes()));
        }
        (Credential::Wrong, _) => return " -H 'Authorization: Bearer wrong'".to_owned(),
        (Credential::Second, _) => "SCIM_CHECK_SECOND_TOKEN",
        (Credential::Revoked, _) => "SCIM_CHECK_REVOKED_TOKEN",
        (Credential::Own, Manner::OAuth) => "ACCESS_TOKEN",
        (Credential::Own, _) => "SCIM_CHECK_TOKEN",
    };
    match manner {
        Manner::Bearer | Manner::OAuth | Manner::None => {
            format!(" -H {}", with_variable("Authorization: Bearer ", variable))
        }
        Manner::Basic { user } => format!(" -u {}", with_variable(&format!("{user}:"), variable)),
        Manner::Header { name, prefix } => format!(" -H {}", with_variable(&format!("{name}: {prefix}"), variable)),
    }
}

/// A text and what a variable holds, as one word of a shell.
fn with_variable(before: &str, variable: &str) -> String {
    let plain = |c: char| !escape::is_unsafe(c) && !"\"$`\\!".contains(c);
    match before.chars().all(plain) {
        true => format!("\"{before}${variable}\""),
        false => format!("{}\"${variable}\"", escape::shell(before.as_bytes())),
    }
}

/// The `curl` line that sends a request of a case by hand.
pub(super) fn curl(report: &Report, case: &CaseResult, request: &Request) -> String {
    let address = url(report.address_of(&case.id), &request.path);
    let mut line = format!("curl -i -X {} {address}", shell_word(&request.method));
    line.push_str(&shown_credential(&report.credential, request.credential));
    for (name, value) in &request.headers.0 {
        line.push_str(&format!(" -H {}", escape::shell(format!("{name}: {value}").as_bytes())));
    }
    match &request.body {
        Some(body) if body.len() <= CURL_BODY_BYTES => {
            line.push_str(&format!(" --data-binary {}", escape::shell(body)));
        }
        Some(_) => line.push_str(" --data-binary @body.json"),
        None => {}
    }
    line
}

/// The address of a path below the base URL, as a word of a shell.
pub(super) fn url(base_url: &str, path: &str) -> String {
    escape::shell(format!("{}{path}", base_url.trim_end_matches('/')).as_bytes())
}

/// A word of a shell, quoted where it must be.
pub(super) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { escape::shell(word.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Witnessed;

    fn check(body: &Value, pointer: &str, wanted: &[&str]) {
        let lines = body_lines(body.to_string().as_bytes(), Some(pointer), Detail::Short);
        let drawn: Vec<String> =
            lines.into_iter().map(|(line, marked)| if marked { format!("{line} <--") } else { line }).collect();
        assert_eq!(drawn, wanted);
    }

    fn selected(id: &str, caught: &[Option<&str>]) -> Vec<String> {
        let of = |case: &Option<&str>| Witnessed { case: case.map(str::to_owned), ..Witnessed::default() };
        let case =
            CaseResult { witnessed: caught.iter().map(of).collect(), ..CaseResult::new(id, verdict::Outcome::Failed) };
        again(&case).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn witnesses_are_run_again_with_those_who_were_caught_and_else_with_all() {
        assert_eq!(selected("a/users/create", &[]), ["a/users/create"]);
        assert_eq!(selected("a/witnesses (2/4)", &[Some("a/b"), Some("a/b")]), ["a/witnesses", "a/b"]);
        assert!(selected("a/witnesses", &[Some("a/b"), None]).is_empty());
    }

    #[test]
    fn only_what_leads_to_the_place_is_laid_out() {
        let body = serde_json::json!({ "Resources": [{ "id": "1", "a/b": [] }, { "id": "2", "a/b": [7] }], "totalResults": 2 });
        let wanted = [
            "{",
            "  \"Resources\": [",
            "    {\"id\":\"1\",\"a/b\":[]},",
            "    {",
            "      \"id\": \"2\",",
            "      \"a/b\": [7] <--",
            "    }",
            "  ],",
            "  \"totalResults\": 2",
            "}",
        ];
        check(&body, "/Resources/1/a~1b", &wanted);
    }

    #[test]
    fn a_place_that_is_not_there_is_shown_by_what_would_hold_it() {
        let body = serde_json::json!({ "meta": { "resourceType": "User" } });
        check(&body, "/meta/location", &["{", "  \"meta\": {", "    \"resourceType\": \"User\"", "  }", "}"]);
    }

    #[test]
    fn a_credential_is_shown_by_its_kind_and_a_variable() {
        use Credential::{None, Own, Revoked, Second, Wrong};
        let header = |name: &str, prefix: &str| Manner::Header { name: name.into(), prefix: prefix.into() };
        let basic = |user: &str| Manner::Basic { user: user.into() };
        for (manner, credential, expected) in [
            (Manner::Bearer, Own, r#" -H "Authorization: Bearer $SCIM_CHECK_TOKEN""#),
            (Manner::Bearer, Second, r#" -H "Authorization: Bearer $SCIM_CHECK_SECOND_TOKEN""#),
            (Manner::Bearer, Revoked, r#" -H "Authorization: Bearer $SCIM_CHECK_REVOKED_TOKEN""#),
            (Manner::Bearer, Wrong, " -H 'Authorization: Bearer wrong'"),
            (Manner::OAuth, Own, r#" -H "Authorization: Bearer $ACCESS_TOKEN""#),
            (Manner::None, Own, ""),
            (Manner::None, Second, r#" -H "Authorization: Bearer $SCIM_CHECK_SECOND_TOKEN""#),
            (basic("anna"), Own, r#" -u "anna:$SCIM_CHECK_TOKEN""#),
            (basic("a$b"), Own, r#" -u 'a$b:'"$SCIM_CHECK_TOKEN""#),
            (basic("anna"), Wrong, " -u wrong:wrong"),
            (basic("anna"), None, ""),
            (header("X-Api-Key", ""), Own, r#" -H "X-Api-Key: $SCIM_CHECK_TOKEN""#),
            (header("Authorization", "Token "), Own, r#" -H "Authorization: Token $SCIM_CHECK_TOKEN""#),
            (header("Authorization", "k=\""), Own, r#" -H 'Authorization: k="'"$SCIM_CHECK_TOKEN""#),
            (header("Authorization", "it's "), Wrong, r" -H 'Authorization: it'\''s wrong'"),
        ] {
            assert_eq!(shown_credential(&manner, credential), expected, "{manner:?} {credential:?}");
        }
    }

    #[test]
    fn a_long_body_is_cut_around_the_place() {
        let body = Value::Array((0..100).map(Value::from).collect());
        let mut wanted = vec!["… 45 lines".to_owned()];
        wanted.extend((44..56).map(|n| format!("  {n},{}", if n == 50 { " <--" } else { "" })));
        wanted.push("… 45 lines more".to_owned());
        check(&body, "/50", &wanted.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

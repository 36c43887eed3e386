//! An export of Runscope: JSON into steps, and what a step demands held against an answer.
//!
//! **Invariant:** pure. All mistakes of a file are told at once, each with its place; no answer makes it panic.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::persona::Version;
use crate::source::{Diagnostic, Located, SourceFile, Span, did_you_mean};
use crate::wire::Response;

mod org;
pub mod play;
mod read;
mod script;

pub use org::App;
pub use read::{Scripts, read};
pub use script::Script;

/// A test as Runscope exports it.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name, such as `Okta SCIM 2.0 SPEC Test`.
    pub name: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// The file.
    pub file: Arc<SourceFile>,
}

impl Export {
    /// The version of SCIM that it is a test of: its name says so where it is 1.1.
    pub fn version(&self) -> Version {
        if self.name.contains("SCIM 1.1") { Version::V1 } else { Version::V2 }
    }
}

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// Waits. Runscope needs it because it looks once; whoever looks again does not.
    Pause {
        /// How long it would wait.
        seconds: u64,
    },
    /// Sends a request.
    Request(Box<RequestStep>),
}

/// A request, what is remembered of its answer, and what is demanded of it.
#[derive(Clone, Debug)]
pub struct RequestStep {
    /// `R1`, `R2`, …: its place among the requests.
    pub number: usize,
    /// What its author calls it.
    pub note: String,
    /// Switched off in Runscope.
    pub skipped: bool,
    /// The method.
    pub method: String,
    /// The whole URL, with holes.
    pub url: Located<String>,
    /// The headers, with holes.
    pub headers: Vec<(String, Located<String>)>,
    /// The body, with holes.
    pub body: Option<Located<String>>,
    /// What is remembered.
    pub extractions: Vec<Extraction>,
    /// What is done with the answer besides.
    pub scripts: Vec<Located<Script>>,
    /// What is demanded.
    pub assertions: Vec<Assertion>,
}

/// A variable that is set from an answer.
#[derive(Clone, Debug)]
pub struct Extraction {
    /// Its name.
    pub name: String,
    /// Where the value is found.
    pub subject: Subject,
}

/// One demand.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// How it compares.
    pub comparison: Comparison,
    /// What it looks at.
    pub subject: Subject,
    /// What with, with holes; empty where the comparison takes nothing.
    pub value: Located<String>,
}

/// What is looked at in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The status.
    Status,
    /// A place in the body, read as JSON.
    Json(Path),
    /// A header.
    Header(String),
    /// The body as text.
    Text,
    /// How long the answer took, in milliseconds.
    Time,
    /// The size of the body in bytes.
    Size,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Status => f.write_str("response_status"),
            Subject::Json(path) if path.0.is_empty() => f.write_str("response_json"),
            Subject::Json(path) => write!(f, "response_json {path}"),
            Subject::Header(name) => write!(f, "response_headers {name}"),
            Subject::Text => f.write_str("response_text"),
            Subject::Time => f.write_str("response_time"),
            Subject::Size => f.write_str("response_size"),
        }
    }
}

/// A place in JSON as JavaScript writes it: `Resources[0].name.familyName`, `["urn:…:User"].department`. Empty for the whole.
/// No JSONPath: it has no root, and a name may hold what RFC 9535 allows in quotes only, such as `members[0].$ref`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Segment>);

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Into an object.
    Name(String),
    /// Into a list, from 0.
    Index(usize),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Name(name) if name.contains(['.', '[', ']']) => write!(f, "[{}]", Value::from(name.as_str()))?,
                Segment::Name(name) if place == 0 => f.write_str(name)?,
                Segment::Name(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

impl Path {
    /// Parses; white space around it does not matter.
    ///
    /// # Errors
    /// Why it is no path.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.trim();
        let mut segments = Vec::new();
        while !rest.is_empty() {
            let (segment, after) =
                if let Some(inside) = rest.strip_prefix('[') { bracket(inside)? } else { name(rest)? };
            segments.push(segment);
            rest = match after.strip_prefix('.') {
                Some("") => return Err("it ends with a dot".to_owned()),
                Some(next) if next.starts_with('[') => return Err("a dot stands before a bracket".to_owned()),
                Some(next) => next,
                None if after.is_empty() || after.starts_with('[') => after,
                None => return Err(format!("`{after}` follows a bracket without a dot")),
            };
        }
        Ok(Self(segments))
    }

    /// What stands there.
    pub fn select<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, segment| match segment {
            Segment::Name(name) => value.as_object()?.get(name),
            Segment::Index(index) => value.as_array()?.get(*index),
        })
    }
}

fn name(text: &str) -> Result<(Segment, &str), String> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.trim().is_empty() {
        return Err("a name is empty".to_owned());
    }
    if name.contains(']') {
        return Err("a bracket is closed and none is open".to_owned());
    }
    Ok((Segment::Name(name.to_owned()), rest))
}

fn bracket(inside: &str) -> Result<(Segment, &str), String> {
    let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let (name, rest) = inside[1..].split_once(quote).ok_or("a quote is not closed")?;
        let rest = rest.strip_prefix(']').ok_or("a bracket is not closed")?;
        return Ok((Segment::Name(name.to_owned()), rest));
    }
    let (index, rest) = inside.split_once(']').ok_or("a bracket is not closed")?;
    let index = index.parse().map_err(|_| format!("`{index}` is neither an index from 0 up nor a name in quotes"))?;
    Ok((Segment::Index(index), rest))
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)+) => {
        /// How a value is compared.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Comparison { $($(#[$doc])* $variant,)+ }

        impl Comparison {
            /// All of them.
            pub const ALL: &'static [Comparison] = &[$(Comparison::$variant,)+];

            /// The name in exports.
            pub fn as_str(self) -> &'static str {
                match self { $(Comparison::$variant => $name,)+ }
            }
        }
    };
}

comparisons! {
    /// The same text.
    Equal = "equal";
    /// Another text, or nothing.
    NotEqual = "not_equal";
    /// Nothing, `null` or `""`.
    Empty = "empty";
    /// Anything else; `false`, `0` and `[]` too.
    NotEmpty = "not_empty";
    /// The text, or the JSON of it, has this in it.
    Contains = "contains";
    /// It has not.
    DoesNotContain = "does_not_contain";
    /// Can be read as a number.
    IsANumber = "is_a_number";
    /// The same number.
    EqualNumber = "equal_number";
    /// A smaller number.
    IsLessThan = "is_less_than";
    /// A smaller number or the same.
    IsLessThanOrEqual = "is_less_than_or_equal";
    /// A larger number.
    IsGreaterThan = "is_greater_than";
    /// A larger number or the same.
    IsGreaterThanOrEqual = "is_greater_than_or_equal";
    /// An object with this key.
    HasKey = "has_key";
    /// A list with this element.
    HasValue = "has_value";
    /// `null`, written out.
    IsNull = "is_null";
}

impl Comparison {
    /// Whether it compares with something.
    pub fn takes_a_value(self) -> bool {
        !matches!(self, Comparison::Empty | Comparison::NotEmpty | Comparison::IsANumber | Comparison::IsNull)
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|comparison| comparison.as_str() == name)
    }
}

/// What the holes of a test stand for, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(pub BTreeMap<String, Variable>);

/// What a hole stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Text.
    Text(String),
    /// The credential. Only the wire knows it, so that such a hole can be the whole of a header and nothing else.
    Credential,
}

impl Variables {
    /// Sets a variable to a text, anew if it was set.
    pub fn set(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.insert(name.into(), Variable::Text(text.into()));
    }

    /// The text with its holes filled.
    ///
    /// # Errors
    /// The first name that stands for no text.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut at = 0;
        for hole in holes(text) {
            filled.push_str(&text[at..hole.start]);
            match self.0.get(hole.name) {
                Some(Variable::Text(value)) => filled.push_str(value),
                Some(Variable::Credential) | None => return Err(hole.name.to_owned()),
            }
            at = hole.end;
        }
        filled.push_str(&text[at..]);
        Ok(filled)
    }

    /// Whether the whole of a text is the credential.
    pub fn is_credential(&self, text: &str) -> bool {
        matches!(holes(text).as_slice(), [hole] if text.trim().len() == hole.end - hole.start
            && self.0.get(hole.name) == Some(&Variable::Credential))
    }
}

/// The variables by which Okta's tests reach an Okta org.
pub const ORG: &[&str] = &["oktaOrgUrl", "oktaAppId", "oktaToken"];

struct Hole<'t> {
    name: &'t str,
    start: usize,
    end: usize,
}

/// The `{{…}}` of a text. What is no name in between, such as JSON within JSON, is text.
fn holes(text: &str) -> Vec<Hole<'_>> {
    let mut holes = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|found| at + found) {
        let inside = start + 2;
        let Some(end) = text[inside..].find("}}").map(|found| inside + found) else { break };
        let name = text[inside..end].trim();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
        if is_name {
            holes.push(Hole { name, start, end: end + 2 });
            at = end + 2;
        } else {
            at = start + 1;
        }
    }
    holes
}

/// Every variable that will have no value when it is needed, each where it is needed first; and every credential that would
/// stand in the open. `initial` is what is set before the first step.
pub fn unresolved(export: &Export, initial: &Variables) -> Vec<Diagnostic> {
    let mut known = initial.clone();
    let mut told: Vec<String> = Vec::new();
    let mut mistakes = Vec::new();
    for step in &export.steps {
        let Step::Request(step) = step else { continue };
        if step.skipped {
            continue;
        }
        let headers = step
            .headers
            .iter()
            .filter(|(name, value)| !(name.eq_ignore_ascii_case("Authorization") && known.is_credential(&value.value)));
        let texts = [&step.url].into_iter().chain(headers.map(|(_, value)| value)).chain(&step.body);
        let mut missing = |texts: &mut dyn Iterator<Item = &Located<String>>, known: &Variables| {
            for text in texts {
                for hole in holes(&text.value) {
                    if matches!(known.0.get(hole.name), Some(Variable::Text(_))) || told.iter().any(|t| t == hole.name)
                    {
                        continue;
                    }
                    told.push(hole.name.to_owned());
                    mistakes.push(no_value(step, hole.name, &text.span, known));
                }
            }
        };
        missing(&mut texts.into_iter(), &known);
        for extraction in &step.extractions {
            known.set(&extraction.name, "");
        }
        missing(&mut step.assertions.iter().map(|assertion| &assertion.value), &known);
    }
    mistakes
}

fn no_value(step: &RequestStep, name: &str, span: &Span, known: &Variables) -> Diagnostic {
    if known.0.contains_key(name) {
        return Diagnostic::new(
            format!("R{}: `{{{{{name}}}}}` is the credential, and would be seen here", step.number),
            span,
            "not the whole of an Authorization header",
        )
        .help("let it be the whole of the Authorization header; --token, --user and --header say what it is");
    }
    if ORG.contains(&name) {
        return Diagnostic::new(format!("R{}: `{{{{{name}}}}}` has no value", step.number), span, "used here")
            .help("--simulate-okta catalogue (or wizard) answers the calls to an Okta org, and sets it");
    }
    let names: Vec<&str> = known.0.keys().map(String::as_str).collect();
    let guess = did_you_mean(name, &names).map(|guess| format!("; {guess}")).unwrap_or_default();
    Diagnostic::new(format!("R{}: `{{{{{name}}}}}` has no value", step.number), span, "used here")
        .help(format!("give it one with --var {name}=…{guess}"))
}

/// Where a request goes, and the path and query there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'u> {
    /// To the server that is checked.
    Scim(&'u str),
    /// To the Okta org.
    Org(&'u str),
}

/// Where a URL leads: below the base URL, below that of the org, or nowhere that we go.
pub fn destination<'u>(url: &'u str, base_url: &str, org_url: Option<&str>) -> Option<Destination<'u>> {
    let below = |base: &str| {
        let rest = url.strip_prefix(base.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
    };
    let org = || org_url.and_then(below).map(Destination::Org);
    below(base_url).map(Destination::Scim).or_else(org)
}

/// Every request that would go to a server that is neither the one that is checked nor a simulated org.
pub fn strays(export: &Export, initial: &Variables, base_url: &str, org_url: Option<&str>) -> Vec<Diagnostic> {
    let mut known = initial.clone();
    let mut mistakes = Vec::new();
    for step in &export.steps {
        let Step::Request(step) = step else { continue };
        // A URL with a hole that nothing fills is reported as that.
        let leads = known.fill(&step.url.value).map(|url| (destination(&url, base_url, org_url).is_some(), url));
        if let Ok((false, url)) = leads
            && !step.skipped
        {
            let shown = url.split(['?', '#']).next().unwrap_or(&url);
            mistakes.push(
                Diagnostic::new(format!("R{}: {shown} is another server", step.number), &step.url.span, "asked here")
                    .help(
                        "scim-check sends to --base-url only, which {{SCIMBaseURL}} and {{SCIMUrl}} stand for; \
                     --simulate-okta answers what goes to {{oktaOrgUrl}}",
                    ),
            );
        }
        for extraction in &step.extractions {
            known.set(&extraction.name, "x");
        }
    }
    mistakes
}

/// An answer, its body read once.
#[derive(Debug)]
pub struct Answer<'a> {
    response: &'a Response,
    /// In milliseconds.
    took: f64,
    json: Option<Value>,
}

impl<'a> Answer<'a> {
    /// Reads the body of a response.
    pub fn new(response: &'a Response, took: std::time::Duration) -> Self {
        let bytes = response.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&response.body);
        Self { response, took: took.as_secs_f64() * 1000.0, json: serde_json::from_slice(bytes).ok() }
    }

    /// The body, when it is JSON.
    pub fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// What a subject is in this answer.
    pub fn look(&self, subject: &Subject) -> Option<Value> {
        match subject {
            Subject::Status => Some(self.response.status.into()),
            Subject::Json(path) => self.json.as_ref().and_then(|json| path.select(json)).cloned(),
            Subject::Header(name) => self.response.headers.get(name).map(Value::from),
            Subject::Text => Some(String::from_utf8_lossy(&self.response.body).into()),
            Subject::Time => Some(self.took.round().into()),
            Subject::Size => Some(self.response.body.len().into()),
        }
    }
}

/// What came of one demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What was looked at.
    pub subject: String,
    /// How it was compared: a comparison, `script` or `variable`.
    pub comparison: &'static str,
    /// What was expected, in words.
    pub expected: String,
    /// What was there; `None` for nothing.
    pub actual: Option<Value>,
    /// Whether it holds.
    pub outcome: Outcome,
    /// What Okta would say that Runscope does not.
    pub note: Option<String>,
}

/// Whether a demand is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is.
    Passed,
    /// It is not.
    Failed,
    /// Nobody can say, for this reason.
    Unjudged(String),
}

/// Holds one demand against an answer.
pub fn check(assertion: &Assertion, answer: &Answer<'_>, variables: &Variables) -> Checked {
    let actual = answer.look(&assertion.subject);
    let (outcome, wanted) = match variables.fill(&assertion.value.value) {
        Ok(wanted) if holds(assertion.comparison, actual.as_ref(), &wanted) => (Outcome::Passed, wanted),
        Ok(wanted) => (Outcome::Failed, wanted),
        Err(name) => (Outcome::Unjudged(format!("`{{{{{name}}}}}` has no value")), assertion.value.value.clone()),
    };
    let note = match outcome {
        Outcome::Passed => laxer(assertion, actual.as_ref(), &wanted),
        _ => None,
    };
    Checked {
        subject: assertion.subject.to_string(),
        comparison: assertion.comparison.as_str(),
        expected: in_words(assertion.comparison, &wanted),
        actual,
        outcome,
        note,
    }
}

/// The demand when there was no answer to hold it against.
pub fn unanswered(assertion: &Assertion, why: &str) -> Checked {
    Checked {
        subject: assertion.subject.to_string(),
        comparison: assertion.comparison.as_str(),
        expected: in_words(assertion.comparison, &assertion.value.value),
        actual: None,
        outcome: Outcome::Unjudged(why.to_owned()),
        note: None,
    }
}

/// Whether a value satisfies a comparison, by Runscope's rules: text is compared as text, whatever the type was.
fn holds(comparison: Comparison, actual: Option<&Value>, wanted: &str) -> bool {
    let text = actual.map(text_of);
    let is_empty = matches!(actual, None | Some(Value::Null)) || text.as_deref() == Some("");
    let contains = text.as_deref().is_some_and(|text| text.contains(wanted));
    let compares = |holds: fn(f64, f64) -> bool| matches!((actual.and_then(number_of), number(wanted)), (Some(a), Some(b)) if holds(a, b));
    match comparison {
        Comparison::Equal => text.as_deref() == Some(wanted),
        Comparison::NotEqual => text.as_deref() != Some(wanted),
        Comparison::Empty => is_empty,
        Comparison::NotEmpty => !is_empty,
        Comparison::Contains => contains,
        Comparison::DoesNotContain => !contains,
        Comparison::IsANumber => actual.and_then(number_of).is_some(),
        Comparison::EqualNumber => compares(|a, b| a == b),
        Comparison::IsLessThan => compares(|a, b| a < b),
        Comparison::IsLessThanOrEqual => compares(|a, b| a <= b),
        Comparison::IsGreaterThan => compares(|a, b| a > b),
        Comparison::IsGreaterThanOrEqual => compares(|a, b| a >= b),
        Comparison::HasKey => actual.and_then(Value::as_object).is_some_and(|object| object.contains_key(wanted)),
        Comparison::HasValue => {
            actual.and_then(Value::as_array).is_some_and(|items| items.iter().any(|item| text_of(item) == wanted))
        }
        Comparison::IsNull => actual == Some(&Value::Null),
    }
}

/// A value as text: a string is itself, a number as JavaScript writes it, everything else its JSON.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(whole) if !number.is_i64() && !number.is_u64() && whole.fract() == 0.0 && whole.abs() < 1e15 => {
                format!("{whole:.0}")
            }
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => number(text),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

fn in_words(comparison: Comparison, wanted: &str) -> String {
    let quoted = Value::from(wanted);
    match comparison {
        Comparison::Equal => quoted.to_string(),
        Comparison::NotEqual => format!("anything but {quoted}"),
        Comparison::Empty => "nothing".to_owned(),
        Comparison::NotEmpty => "something".to_owned(),
        Comparison::Contains => format!("a text with {quoted} in it"),
        Comparison::DoesNotContain => format!("a text without {quoted} in it"),
        Comparison::IsANumber => "a number".to_owned(),
        Comparison::EqualNumber => format!("the number {wanted}"),
        Comparison::IsLessThan => format!("less than {wanted}"),
        Comparison::IsLessThanOrEqual => format!("at most {wanted}"),
        Comparison::IsGreaterThan => format!("more than {wanted}"),
        Comparison::IsGreaterThanOrEqual => format!("at least {wanted}"),
        Comparison::HasKey => format!("an object with the key {quoted}"),
        Comparison::HasValue => format!("a list with {quoted} in it"),
        Comparison::IsNull => "null".to_owned(),
    }
}

/// Where Runscope lets pass what Okta does not.
fn laxer(assertion: &Assertion, actual: Option<&Value>, wanted: &str) -> Option<String> {
    let Subject::Json(path) = &assertion.subject else { return None };
    let last = match path.0.last() {
        Some(Segment::Name(name)) => name.as_str(),
        _ => "",
    };
    match (assertion.comparison, actual?) {
        (_, Value::String(_)) if matches!(last, "totalResults" | "startIndex" | "itemsPerPage") => Some(format!(
            "Runscope takes {path} as text for a number; Okta wants an integer, and stops provisioning after a lookup \
             without one"
        )),
        (Comparison::Equal, Value::String(_)) if matches!(wanted, "true" | "false") && last == "active" => {
            Some(format!("Runscope takes {path} as text for a boolean; RFC 7643 does not, and Okta sends none"))
        }
        (Comparison::NotEmpty, Value::Array(items)) if items.is_empty() => {
            Some(format!("Runscope takes the empty list {path} for something; Okta needs a resource there"))
        }
        (Comparison::Contains, Value::Array(items)) if !items.iter().any(|item| text_of(item) == wanted) => {
            Some(format!("Runscope finds {wanted} within an element of {path}, and no element is that"))
        }
        _ => None,
    }
}

/// What Okta would make of an answer to this step with which Runscope is content. `filled` is the URL that was asked.
pub fn beyond(step: &RequestStep, filled: &str, answer: &Answer<'_>, variables: &Variables) -> Vec<String> {
    let mut notes = Vec::new();
    let looks_at_body = step.assertions.iter().any(|a| matches!(a.subject, Subject::Json(_) | Subject::Text));
    let status = answer.response.status;
    if status >= 400 && !looks_at_body && !is_error(answer.json()) {
        notes.push(format!(
            "Runscope only asks for the status {status}; Okta shows its administrators `detail` of a SCIM error, which \
             this answer is not"
        ));
    }
    let listed = answer.json().and_then(|json| json.get("totalResults")).and_then(number_of);
    if status == 200 && !looks_at_body && listed == Some(0.0) && asks_for_created(filled, variables) {
        notes.push(
            "Runscope only asks for the status 200; Okta takes a user whom the lookup does not find in another letter \
             case for a new one (RFC 7643: userName is not case-exact)"
                .to_owned(),
        );
    }
    notes
}

/// What to do about a list that should hold something and does not.
pub fn advice(step: &RequestStep, filled: &str, answer: &Answer<'_>) -> Option<String> {
    let first = Path(vec![Segment::Name("Resources".to_owned()), Segment::Index(0)]);
    let wants_one = step
        .assertions
        .iter()
        .any(|assertion| matches!(&assertion.subject, Subject::Json(path) if path.0.starts_with(&first.0)));
    let is_empty = answer.json().is_some_and(|list| list.get("totalResults").is_some() && first.select(list).is_none());
    (wants_one && is_empty && !filled.contains("filter="))
        .then(|| "the list is empty, and this test wants one resource to be there before it is run".to_owned())
}

fn is_error(json: Option<&Value>) -> bool {
    let schemas = json.and_then(|json| json.get("schemas")).and_then(Value::as_array);
    schemas.is_some_and(|s| s.iter().any(|s| s.as_str() == Some("urn:ietf:params:scim:api:messages:2.0:Error")))
        || json.is_some_and(|json| json.get("Errors").is_some_and(Value::is_array))
}

/// Whether a lookup is for the user of this run, in whatever letter case.
fn asks_for_created(url: &str, variables: &Variables) -> bool {
    let created = ["randomUsername", "okta_user_email"].iter().filter_map(|name| match variables.0.get(*name) {
        Some(Variable::Text(text)) if !text.is_empty() => Some(text.to_lowercase()),
        _ => None,
    });
    let url = url.to_lowercase();
    url.contains("filter=") && created.into_iter().any(|name| url.contains(&name))
}

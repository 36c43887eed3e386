//! Which findings of a run keep its other cases from being judged.
//!
//! A case that came to a stop before it could be judged says at which demand ([`Blocker`]). Where a finding of the run is about
//! the same demand and the same answer, or about the same answer to such a request, that finding is the cause. Where none is, the
//! demand itself becomes the finding: what keeps a case from being judged is never left untold.
//!
//! **Invariant:** pure. Causes are matched by what was said and demanded, never by the shape of a request alone.

use serde_json::Value;

use crate::requirement::{Level, RequirementId};
use crate::verdict::{Blocker, CaseResult, Cause, Finding, Outcome, Place, Skip};
use crate::wire::Exchange;

/// How much of what an error says is shown.
const SAID_SHOWN: usize = 300;

/// Names the findings that hold each undecided case back, and makes findings of causes that no finding tells.
pub fn attribute(results: &mut [CaseResult]) {
    let mut known: Vec<Known> = results.iter().flat_map(findings).collect();
    let mut open: Vec<Open> = results.iter().enumerate().filter_map(open).collect();
    loop {
        open.retain(|blocked| match explanation(blocked, &known) {
            Some(requirement) => {
                hold_back(&mut results[blocked.case], blocked, requirement);
                false
            }
            None => true,
        });
        let Some(telling) = most_telling(&open) else { return };
        let result = &mut results[telling.case];
        let Some(demand) = result.blocker.as_ref().and_then(|blocker| blocker.demand.clone()) else { return };
        let requirement = demand.requirement.clone();
        let finding = Finding { in_setup: true, ..demand };
        known.extend(Known::new(&finding, &result.transcript));
        let is_binding = finding.level == Level::Must;
        result.findings.push(finding);
        if is_binding {
            result.outcome = Outcome::Failed;
        } else {
            result.blocked_by = vec![requirement];
        }
        let promoted = telling.case;
        open.retain(|blocked| blocked.case != promoted);
    }
}

/// What an error says of itself: its `detail`, another text that it has for people, or the beginning of what is no JSON.
pub fn said(exchange: &Exchange) -> Option<String> {
    let response = exchange.reply.as_ref().ok().filter(|response| response.status >= 400)?;
    let text = match serde_json::from_slice::<Value>(&response.body) {
        Ok(body) => {
            ["detail", "message", "error_description", "error", "title"].iter().find_map(|key| told(&body, key))?
        }
        Err(_) => String::from_utf8_lossy(&response.body).trim().to_owned(),
    };
    let shown: String = text.chars().take(SAID_SHOWN).collect();
    (!shown.is_empty()).then_some(shown)
}

/// The text under a name, at the top of an error or inside the one object that it is wrapped in.
fn told(body: &Value, key: &str) -> Option<String> {
    let found = |value: &Value| {
        let fields = value.as_object()?;
        let (_, text) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        text.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    found(body)
        .or_else(|| body.as_object()?.values().find_map(found))
        .or_else(|| body.as_array()?.first().and_then(found))
}

/// A demand that was not met, in words that follow the request: `answered 400 ("no such role"), expected 201`.
pub fn in_words(finding: &Finding, exchange: &Exchange) -> String {
    let Finding { expected, actual, .. } = finding;
    match &finding.place {
        Place::Status => {
            let detail = said(exchange).map(|said| format!(" ({})", Value::from(said))).unwrap_or_default();
            format!("answered {actual}{detail}, expected {expected}")
        }
        Place::Header(name) if actual.is_null() => format!("has no header {name}, expected {expected}"),
        Place::Header(name) => format!("has {actual} in header {name}, expected {expected}"),
        Place::Body(pointer) => match (dotted(pointer), actual) {
            (None, Value::Null) => format!("shows nothing, expected {expected}"),
            (None, actual) => format!("shows {actual}, expected {expected}"),
            (Some(place), Value::Null) => format!("shows no `{place}`, expected {expected}"),
            (Some(place), actual) => format!("shows `{place}` {actual}, expected {expected}"),
        },
        Place::Walk => format!("shows {actual} on all pages, expected {expected}"),
        Place::Together => format!("shows {actual} in all answers, expected {expected}"),
        Place::Time => format!("took {actual}, expected {expected}"),
    }
}

/// A JSON Pointer as people write it: `emails[0].value`; none for the whole.
fn dotted(pointer: &str) -> Option<String> {
    let mut place = String::new();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        if !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit()) {
            place.push_str(&format!("[{token}]"));
        } else {
            if !place.is_empty() {
                place.push('.');
            }
            place.push_str(&token);
        }
    }
    (!place.is_empty()).then_some(place)
}

/// What was asked and what came, as far as it tells one cause from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    method: String,
    /// The collection, and whether one of its resources was asked for.
    collection: String,
    is_item: bool,
    /// The names of the query's parameters.
    parameters: Vec<String>,
    status: u16,
    /// What the error says, without what differs from one request to the next.
    said: Option<String>,
}

impl Answer {
    fn new(exchange: &Exchange) -> Option<Self> {
        let status = exchange.reply.as_ref().ok()?.status;
        let (path, query) = exchange.request.path.split_once('?').unwrap_or((&exchange.request.path, ""));
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        Some(Self {
            method: exchange.request.method.clone(),
            collection: segments.next().unwrap_or_default().to_owned(),
            is_item: segments.next().is_some(),
            parameters: query.split('&').map(|pair| pair.split('=').next().unwrap_or_default().to_owned()).collect(),
            status,
            said: said(exchange).map(|text| without_details(&text)),
        })
    }

    fn is_error(&self) -> bool {
        self.status >= 400
    }

    /// Whether both are the same answer to a request of the same kind.
    fn is_like(&self, other: &Answer) -> bool {
        // That a resource is not there is said to every method alike.
        let same_method = self.method == other.method || (self.is_item && self.status == 404);
        let same_request = same_method && self.collection == other.collection && self.is_item == other.is_item;
        same_request && self.status == other.status && self.said == other.said
    }

    /// Whether both may be about one demand: they do not say different things.
    fn may_be(&self, other: &Answer) -> bool {
        match (&self.said, &other.said) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }
}

/// A text without names, numbers and ids: what is left is what every error of this cause says.
fn without_details(text: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    let mut before = ' ';
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            // An apostrophe inside a word opens nothing.
            None if matches!(c, '"' | '`') || (c == '\'' && !before.is_alphanumeric()) => quote = Some(c),
            None => plain.push(c),
        }
        before = c;
    }
    let is_name = |word: &&str| !word.chars().any(|c| c.is_ascii_digit() || c == '@');
    plain.to_lowercase().split_whitespace().filter(is_name).collect::<Vec<_>>().join(" ")
}

/// A finding, and the answer that it is about.
struct Known {
    requirement: RequirementId,
    level: Level,
    answer: Answer,
}

impl Known {
    fn new(finding: &Finding, transcript: &[Exchange]) -> Option<Self> {
        let answer = Answer::new(transcript.get(finding.exchange)?)?;
        Some(Self { requirement: finding.requirement.clone(), level: finding.level, answer })
    }
}

fn findings(result: &CaseResult) -> impl Iterator<Item = Known> {
    result.findings.iter().filter_map(|finding| Known::new(finding, &result.transcript))
}

/// A case that could not be judged, and what stood in the way.
struct Open {
    case: usize,
    /// The demand that was not met; none where the server may do what it did.
    requirement: Option<RequirementId>,
    level: Level,
    settled: bool,
    /// How many requests led there.
    requests: usize,
    request: String,
    why: String,
    answer: Answer,
}

fn open((case, result): (usize, &CaseResult)) -> Option<Open> {
    if !matches!(
        &result.outcome,
        Outcome::Inconclusive(Cause::SetupFailed { .. } | Cause::NotOurs(_))
            | Outcome::Skipped(Skip::NothingToJudge(_))
    ) {
        return None;
    }
    let Blocker { exchange: at, demand, settled } = result.blocker.as_ref()?;
    let exchange = result.transcript.get(*at)?;
    let path = exchange.request.path.split('?').next().unwrap_or_default();
    let answer = Answer::new(exchange)?;
    let detail = said(exchange).map(|said| format!(" ({})", Value::from(said))).unwrap_or_default();
    Some(Open {
        case,
        requirement: demand.as_ref().map(|demand| demand.requirement.clone()),
        level: demand.as_ref().map_or(Level::May, |demand| demand.level),
        settled: *settled,
        requests: *at,
        request: format!("{} {path}", exchange.request.method),
        why: format!("answered {}{detail}", answer.status),
        answer,
    })
}

/// The requirement whose finding is the cause of a blocked case, if one is.
fn explanation(open: &Open, known: &[Known]) -> Option<RequirementId> {
    let weight = |finding: &Known| {
        let same_demand = open.requirement.as_ref() == Some(&finding.requirement);
        let same_answer = open.answer.is_like(&finding.answer);
        let same_parameters = open.answer.parameters == finding.answer.parameters;
        match (same_demand, same_answer) {
            (true, true) => 4,
            (true, false) if open.answer.may_be(&finding.answer) => 3,
            // Of two demands an error tells one cause only where it says something.
            (false, true) if open.answer.is_error() && open.answer.said.is_some() => 1 + u8::from(same_parameters),
            // What a server may do is told by what it does to others, too.
            (false, true) if open.answer.is_error() && open.requirement.is_none() => 1,
            (false, _) if open.requirement.is_none() && !open.answer.is_error() => {
                u8::from(open.answer.collection == finding.answer.collection && finding.level == Level::Must)
            }
            _ => 0,
        }
    };
    // Of equal ones the first, which max_by_key would take last.
    let best = known.iter().rev().max_by_key(|finding| (weight(finding), finding.level))?;
    (weight(best) > 0).then(|| best.requirement.clone())
}

/// Enters the cause of a blocked case.
fn hold_back(result: &mut CaseResult, open: &Open, requirement: RequirementId) {
    result.blocked_by = vec![requirement];
    if let Outcome::Skipped(_) = result.outcome {
        let cause = Cause::SetupFailed { request: open.request.clone(), why: open.why.clone() };
        result.outcome = Outcome::Inconclusive(cause);
    }
}

/// Of the causes that no finding tells, the one that most cases have, by the case with the fewest requests before it. Levels that
/// bind nobody tell nothing, and what may only be late accuses nobody.
fn most_telling(open: &[Open]) -> Option<&Open> {
    let tells = |blocked: &&Open| blocked.settled && blocked.level > Level::May;
    let like = |one: &Open, other: &Open| one.requirement == other.requirement && one.answer.may_be(&other.answer);
    open.iter().filter(tells).min_by_key(|blocked| {
        let others = open.iter().filter(|other| like(blocked, other)).count();
        (std::cmp::Reverse(others), blocked.requests, blocked.case)
    })
}

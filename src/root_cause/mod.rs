//! Which findings of a run keep its other cases from being judged.
//!
//! A case that came to a stop before it could be judged says at which demand ([`Blocker`]). Where a finding of the run is about
//! the same demand and the same answer, or about the same answer to such a request, that finding is the cause. Where none is, the
//! demand itself becomes the finding: what keeps a case from being judged is never left untold.
//!
//! **Invariant:** pure. Causes are matched by what was said and demanded, never by the shape of a request alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::requirement::{Level, RequirementId, Restated};
use crate::verdict::{Blocker, CaseResult, Cause, Finding, Outcome, Place, Skip, said};
use crate::wire::Exchange;

mod dependence;
mod laws;

pub use laws::{Told, attribute_of};

/// What each law restates, as [`Registry::restated`](crate::requirement::Registry::restated) has it.
pub type Restatements = BTreeMap<RequirementId, Vec<Restated>>;

/// Where a resource says which one it is.
const NAMES: [&str; 3] = ["/id", "/userName", "/displayName"];

/// Names the findings that hold each undecided case back, and makes findings of causes that no finding tells.
pub fn attribute(results: &mut [CaseResult], restated: &Restatements) {
    // What is withdrawn explains nothing.
    dependence::settle(results);
    laws::settle(results, &results.iter().map(Clue::new).collect::<Vec<_>>(), restated);
    let clues: Vec<Clue> = results.iter().map(Clue::new).collect();
    explain(results, clues.clone());
    laws::settle(results, &clues, restated);
}

/// The same where the transcripts are not at hand any more: by the clues that were made of them, one for each case in the order of
/// the results.
pub fn attribute_by(results: &mut [CaseResult], clues: Vec<Clue>, restated: &Restatements) {
    dependence::settle(results);
    laws::settle(results, &clues, restated);
    explain(results, clues.clone());
    laws::settle(results, &clues, restated);
}

/// The same of what is settled.
fn explain(results: &mut [CaseResult], clues: Vec<Clue>) {
    let mut known: Vec<Known> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for (case, clue) in clues.into_iter().enumerate().take(results.len()) {
        // What rests on a violated requirement has its cause, and explains nothing.
        if matches!(results[case].outcome, Outcome::Inconclusive(Cause::RestsOn(_))) {
            continue;
        }
        known.extend(clue.findings);
        open.extend(clue.open.map(|blocked| Open { case, ..blocked }));
    }
    loop {
        open.retain(|blocked| match explanation(blocked, &known) {
            Some(requirement) => {
                if !blocked.went_on {
                    hold_back(&mut results[blocked.case], blocked, requirement);
                }
                false
            }
            None => true,
        });
        let Some(telling) = most_telling(&open) else { return };
        let blocker = results[telling.case].blocker.as_ref();
        let Some(demand) = blocker.and_then(|blocker| blocker.demand.clone()) else { return };
        let requirement = demand.requirement.clone();
        let mut finding = Finding { in_setup: true, ..demand };
        // A server that fails now and then is told so, and not that it never does what it does elsewhere.
        if telling.answer.status >= 500 && results.iter().any(|result| is_met(result, &requirement)) {
            finding.expected.push_str(", as in other cases of this run");
        }
        let result = &mut results[telling.case];
        known.extend(telling.as_finding.clone());
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

/// Whether a case judged a demand and found it met.
fn is_met(result: &CaseResult, requirement: &RequirementId) -> bool {
    result.judged.contains(requirement) && result.findings.iter().all(|finding| finding.requirement != *requirement)
}

/// What a case says of causes, as it was when the case ended: what its findings were answered by, and what stood in its way. No value
/// that a server sent is in it, but for the words of its errors without names and numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clue {
    findings: Vec<Known>,
    open: Option<Open>,
    /// The attributes that its findings are about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    named: Vec<laws::Named>,
}

impl Clue {
    /// The clue of a case that was not looked at with others yet.
    pub fn new(result: &CaseResult) -> Self {
        Self { findings: findings(result).collect(), open: open(result), named: laws::named(result) }
    }

    /// Whether what others came to may change what came of the case.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.open.is_none() && self.named.is_empty()
    }
}

/// What was asked and what came, as far as it tells one cause from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    method: String,
    /// The collection, and whether one of its resources was asked for.
    collection: String,
    is_item: bool,
    /// The names of the query's parameters.
    parameters: Vec<String>,
    /// The attributes and operations in the body, without their values.
    asked: Option<Value>,
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
            asked: exchange.request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).map(outline),
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

/// A body without its values: names of attributes, and of PATCH operations what they do and where.
fn outline(body: Value) -> Value {
    match body {
        Value::Object(fields) => {
            let part = |(name, value): (String, Value)| {
                let names_a_place = matches!(name.as_str(), "op" | "path") && value.is_string();
                let value = if names_a_place { value } else { outline(value) };
                (name, value)
            };
            Value::Object(fields.into_iter().map(part).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(outline).collect()),
        _ => Value::Null,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    #[serde(with = "id")]
    requirement: RequirementId,
    #[serde(with = "level")]
    level: Level,
    /// Whether a read of a resource showed another than was asked for, or none.
    shows_another: bool,
    answer: Answer,
    is_of_status: bool,
    missing: Option<String>,
    /// What in a refused create was not taken, in words.
    because: Option<String>,
}

/// The place in the answer where nothing is, if that is what is wrong.
fn missing(finding: &Finding) -> Option<String> {
    let is_nothing = finding.actual.is_null() || finding.actual.as_array().is_some_and(Vec::is_empty);
    match &finding.place {
        Place::Body(pointer) if is_nothing && !pointer.is_empty() => Some(pointer.to_lowercase()),
        _ => None,
    }
}

impl Known {
    fn new(finding: &Finding, transcript: &[Exchange]) -> Option<Self> {
        let answer = Answer::new(transcript.get(finding.exchange)?)?;
        let names = |place: &Place| matches!(place, Place::Body(at) if NAMES.contains(&at.as_str()));
        let shows_another = answer.is_item && answer.method == "GET" && (names(&finding.place) || answer.is_error());
        Some(Self {
            requirement: finding.requirement.clone(),
            level: finding.level,
            shows_another,
            answer,
            is_of_status: finding.place == Place::Status,
            missing: missing(finding),
            because: finding.because.clone(),
        })
    }
}

fn findings(result: &CaseResult) -> impl Iterator<Item = Known> {
    // What a law found is no answer that keeps a case from being judged.
    let own = result.findings.iter().filter(|finding| finding.law.is_none());
    own.filter_map(|finding| Known::new(finding, &result.transcript))
}

/// A case that could not be judged, and what stood in the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    /// Where it is among the results.
    #[serde(skip)]
    case: usize,
    /// The demand that was not met; none where the server may do what it did.
    #[serde(with = "maybe_id")]
    requirement: Option<RequirementId>,
    /// The finding that the demand would be.
    as_finding: Option<Known>,
    #[serde(with = "level")]
    level: Level,
    settled: bool,
    /// Whether it stopped because the id that the server gave leads to what the case did not create.
    is_not_ours: bool,
    /// How many requests led there.
    requests: usize,
    request: String,
    why: String,
    answer: Answer,
    is_of_status: bool,
    missing: Option<String>,
    /// Whether the case went on, with what the server took in place of it.
    went_on: bool,
    /// Where its setup was changed, and what of it.
    adapted: Vec<(String, Vec<String>)>,
}

fn open(result: &CaseResult) -> Option<Open> {
    let Blocker { exchange: at, demand, settled, went_on } = result.blocker.as_ref()?;
    let is_undecided = matches!(
        &result.outcome,
        Outcome::Inconclusive(Cause::SetupFailed { .. } | Cause::NotOurs(_))
            | Outcome::Skipped(Skip::NothingToJudge(_))
    );
    if !is_undecided && !went_on {
        return None;
    }
    let exchange = result.transcript.get(*at)?;
    let path = exchange.request.path.split('?').next().unwrap_or_default();
    let answer = Answer::new(exchange)?;
    let detail = said(exchange).map(|said| format!(" ({})", Value::from(said))).unwrap_or_default();
    Some(Open {
        case: 0,
        as_finding: demand.as_ref().and_then(|demand| Known::new(demand, &result.transcript)),
        requirement: demand.as_ref().map(|demand| demand.requirement.clone()),
        level: demand.as_ref().map_or(Level::May, |demand| demand.level),
        settled: *settled,
        is_not_ours: matches!(result.outcome, Outcome::Inconclusive(Cause::NotOurs(_))),
        requests: *at,
        request: format!("{} {path}", exchange.request.method),
        why: format!("answered {}{detail}", answer.status),
        answer,
        is_of_status: demand.as_ref().is_some_and(|demand| demand.place == Place::Status),
        missing: demand.as_ref().and_then(missing),
        went_on: *went_on,
        adapted: result
            .adapted
            .iter()
            .map(|adapted| (adapted.path.clone(), adapted.names().map(str::to_owned).collect()))
            .collect(),
    })
}

/// The requirement whose finding is the cause of a blocked case, if one is.
fn explanation(open: &Open, known: &[Known]) -> Option<RequirementId> {
    let weight = |finding: &Known| {
        let same_demand = open.requirement.as_ref() == Some(&finding.requirement);
        let same_answer = open.answer.is_like(&finding.answer);
        // What setup was changed by is told where a create is refused for it.
        if open.answer.method == "POST" && tells_of(finding, open) {
            return 6;
        }
        let Answer { method, parameters, asked, .. } = &finding.answer;
        let same_kind = open.answer.method == *method && open.answer.parameters == *parameters;
        // Of several that were answered alike, the one that was asked the same.
        let likeness = u8::from(same_kind) + u8::from(same_kind && open.answer.asked == *asked);
        match (same_demand, same_answer) {
            (true, true) => 5,
            (true, false) if open.answer.may_be(&finding.answer) => 4,
            // What a server may refuse it need not take: only a refusal that binds it says that it would have taken nothing.
            (false, _) if open.requirement.is_none() && finding.level < Level::Must => 0,
            // Of two demands an error tells one cause only where it says something.
            (false, true) if open.answer.is_error() && open.answer.said.is_some() => 1 + likeness,
            // No error, and yet not the status that anybody wants: a redirect, or 202.
            (false, true) if !open.answer.is_error() && open.is_of_status && finding.is_of_status => 1,
            // The same is missing in the answers to such requests, whoever asks for it.
            (false, true) if open.missing.is_some() && open.missing == finding.missing => 1,
            // What a server may do is told by what it does to others, too.
            (false, true) if open.answer.is_error() && open.requirement.is_none() => 1,
            // An id that leads to somebody else is told where a read of it is judged.
            (false, _) if open.is_not_ours => {
                u8::from(finding.shows_another && open.answer.collection == finding.answer.collection)
            }
            _ => 0,
        }
    };
    // Of equal ones the first, which max_by_key would take last.
    let best = known.iter().rev().max_by_key(|finding| (weight(finding), finding.level))?;
    (weight(best) > 0).then(|| best.requirement.clone())
}

/// Whether a finding is on a create that was refused for something that setup was changed by.
fn tells_of(finding: &Known, open: &Open) -> bool {
    let Some(because) = finding.because.as_ref().filter(|_| finding.answer.method == "POST") else { return false };
    let is_named = |names: &[String]| names.iter().any(|name| because.contains(&format!("`{name}`")));
    let is_of =
        |path: &str| [&finding.answer, &open.answer].iter().all(|answer| path.trim_matches('/') == answer.collection);
    open.adapted.iter().any(|(path, names)| is_of(path) && is_named(names))
}

/// Enters the cause of a blocked case.
fn hold_back(result: &mut CaseResult, open: &Open, requirement: RequirementId) {
    result.blocked_by = vec![requirement];
    if let Outcome::Skipped(_) = result.outcome {
        // It was taken for a refusal of this value, and no value would have been taken.
        let at = result.blocker.as_ref().map(|blocker| blocker.exchange);
        result.notes.retain(|note| note.requirement.is_some() || note.exchange != at);
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

/// An id as text.
mod id {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::requirement::RequirementId;

    pub(super) fn serialize<S: Serializer>(id: &RequirementId, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(id.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<RequirementId, D::Error> {
        Ok(RequirementId::from(String::deserialize(reader)?.as_str()))
    }
}

/// An id as text, or nothing.
mod maybe_id {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::requirement::RequirementId;

    pub(super) fn serialize<S: Serializer>(id: &Option<RequirementId>, writer: S) -> Result<S::Ok, S::Error> {
        id.as_ref().map(RequirementId::as_str).serialize(writer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<RequirementId>, D::Error> {
        Ok(Option::<String>::deserialize(reader)?.map(|id| RequirementId::from(id.as_str())))
    }
}

/// A level by its word.
mod level {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::requirement::Level;

    pub(super) fn serialize<S: Serializer>(level: &Level, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(level.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Level, D::Error> {
        let word = String::deserialize(reader)?;
        Level::parse(&word).ok_or_else(|| D::Error::custom(format!("`{word}` is no level")))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::requirement::Failure;
    use crate::source::{SourceFile, Span};
    use crate::wire::{Headers, Request, Response};

    fn exchange(request: &str, status: u16, body: Value) -> Exchange {
        let (method, path) = request.split_once(' ').expect("a method and a path");
        Exchange {
            request: Request::own(method, path),
            reply: Ok(Response { status, headers: Headers(Vec::new()), body: body.to_string().into_bytes() }),
            attempts: Vec::new(),
            took: Duration::ZERO,
            look: 0,
        }
    }

    fn refused(request: &str, status: u16, detail: &str) -> Exchange {
        exchange(request, status, json!({ "detail": detail }))
    }

    fn demand(requirement: &str, level: Level, exchange: usize, place: Place, actual: Value) -> Finding {
        let file = Arc::new(SourceFile { name: "case.yaml".to_owned(), text: String::new() });
        Finding {
            requirement: requirement.into(),
            level,
            expected: "something else".to_owned(),
            actual,
            failure: if place == Place::Status { Failure::Refused } else { Failure::NoEffect },
            place,
            exchange,
            in_setup: false,
            because: None,
            known: None,
            law: None,
            span: Span::start_of(&file),
        }
    }

    /// A demand on the status of the last answer.
    fn of_status(requirement: &str, transcript: &[Exchange]) -> Finding {
        let last = transcript.len() - 1;
        demand(
            requirement,
            Level::Must,
            last,
            Place::Status,
            transcript[last].reply.as_ref().expect("an answer").status.into(),
        )
    }

    fn case(id: &str, transcript: Vec<Exchange>, outcome: Outcome) -> CaseResult {
        CaseResult { transcript, title: "A case".to_owned(), ..CaseResult::new(format!("okta/{id}"), outcome) }
    }

    /// A case that found that the status of its last answer is wrong.
    fn failed(requirement: &str, transcript: Vec<Exchange>) -> CaseResult {
        let finding = of_status(requirement, &transcript);
        CaseResult { findings: vec![finding], ..case("failed", transcript, Outcome::Failed) }
    }

    fn undecided() -> Outcome {
        Outcome::Inconclusive(Cause::SetupFailed { request: "POST /Users".to_owned(), why: "answered 400".to_owned() })
    }

    /// A case that its last answer has stopped.
    fn stopped(id: &str, transcript: Vec<Exchange>, demand: Option<Finding>) -> CaseResult {
        let exchange = transcript.len() - 1;
        let blocker = Some(Blocker { exchange, demand, settled: true, went_on: false });
        CaseResult { blocker, ..case(id, transcript, undecided()) }
    }

    fn blocked(id: &str, requirement: &str, transcript: Vec<Exchange>) -> CaseResult {
        let demand = of_status(requirement, &transcript);
        stopped(id, transcript, Some(demand))
    }

    fn held_by(result: &CaseResult) -> Vec<&str> {
        result.blocked_by.iter().map(RequirementId::as_str).collect()
    }

    fn found(result: &CaseResult) -> Vec<(&str, bool)> {
        result.findings.iter().map(|finding| (finding.requirement.as_str(), finding.in_setup)).collect()
    }

    #[test]
    fn the_same_demand_and_the_same_answer_are_one_cause() {
        let answer = |n: u8| refused("POST /Users", 400, &format!("user 'jane{n}@example.com' has no name.formatted"));
        let mut results = [failed("CREATE", vec![answer(1)]), blocked("b", "CREATE", vec![answer(2)])];
        attribute(&mut results, &Restatements::new());
        assert_eq!(held_by(&results[1]), ["CREATE"]);
        assert!(found(&results[1]).is_empty());
        assert_eq!(results[1].outcome, undecided());
    }

    #[test]
    fn the_same_demand_and_another_detail_are_a_finding_of_their_own() {
        let mut results = [
            failed("CREATE", vec![refused("POST /Users", 400, "no such role")]),
            blocked("b", "CREATE", vec![refused("POST /Users", 400, "name.formatted is required")]),
        ];
        attribute(&mut results, &Restatements::new());
        assert_eq!(found(&results[1]), [("CREATE", true)]);
        assert_eq!(results[1].outcome, Outcome::Failed);
        assert!(held_by(&results[1]).is_empty());
    }

    #[test]
    fn the_same_demand_is_one_cause_where_an_error_says_nothing() {
        let mut results = [
            failed("PUT", vec![exchange("PUT /Users/1", 500, json!({}))]),
            blocked("b", "PUT", vec![refused("PUT /Users/2", 400, "sorry")]),
        ];
        attribute(&mut results, &Restatements::new());
        assert_eq!(held_by(&results[1]), ["PUT"]);
    }

    #[test]
    fn another_demand_and_the_same_detail_are_one_cause_where_the_request_is_alike() {
        let mut results = [
            failed("PASSWORD", vec![refused("POST /Users", 400, "the password is too short")]),
            blocked("b", "CREATE", vec![refused("POST /Users", 400, "the password is too short")]),
            blocked("c", "PUT", vec![refused("PUT /Users/1", 400, "the password is too short")]),
            blocked("d", "GROUP", vec![refused("POST /Groups", 400, "the password is too short")]),
        ];
        attribute(&mut results, &Restatements::new());
        assert_eq!(held_by(&results[1]), ["PASSWORD"]);
        assert_eq!(found(&results[2]), [("PUT", true)]);
        assert_eq!(found(&results[3]), [("GROUP", true)]);
    }

    #[test]
    fn of_demands_on_the_same_answer_the_one_on_the_same_request_is_the_cause() {
        let patch = |body: Value| {
            let mut exchange = refused("PATCH /Users/1", 501, "not supported");
            exchange.request.body = Some(body.to_string().into_bytes());
            vec![exchange]
        };
        let change = |name: &str| json!({ "Operations": [{ "op": "replace", "value": { name: "x" } }] });
        let mut results = [
            failed("PASSWORD", patch(change("password"))),
            failed("NAME", patch(change("displayName"))),
            blocked("b", "OTHER", patch(change("displayName"))),
        ];
        attribute(&mut results, &Restatements::new());
        assert_eq!(held_by(&results[2]), ["NAME"]);
    }

    #[test]
    fn a_failure_now_and_then_is_told_as_such() {
        let mut passed = case("passed", vec![exchange("POST /Users", 201, json!({ "id": "1" }))], Outcome::Passed);
        passed.judged = vec!["CREATE".into()];
        let failing = |status: u16| vec![refused("POST /Users", status, "database is locked")];
        let mut results = [passed.clone(), blocked("b", "CREATE", failing(500))];
        attribute(&mut results, &Restatements::new());
        assert!(results[1].findings[0].expected.ends_with("as in other cases of this run"));
        let mut results = [passed, blocked("b", "CREATE", failing(400))];
        attribute(&mut results, &Restatements::new());
        assert_eq!(results[1].findings[0].expected, "something else");
    }

    #[test]
    fn another_demand_and_an_error_without_words_are_two_causes() {
        let silent = || exchange("POST /Users", 500, json!({}));
        let mut results = [failed("PASSWORD", vec![silent()]), blocked("b", "CREATE", vec![silent()])];
        attribute(&mut results, &Restatements::new());
        assert_eq!(found(&results[1]), [("CREATE", true)]);
    }

    #[test]
    fn a_status_that_is_no_error_is_one_cause_whoever_minds_it() {
        let redirect = |path: &str| vec![exchange(path, 307, json!({}))];
        let mut results = [
            failed("REDIRECT", redirect("GET /Groups?startIndex=1")),
            blocked("b", "IN-TIME", redirect("GET /Groups")),
            blocked("c", "CREATE", redirect("POST /Groups")),
        ];
        attribute(&mut results, &Restatements::new());
        assert_eq!(held_by(&results[1]), ["REDIRECT"]);
        assert_eq!(found(&results[2]), [("CREATE", true)]);
    }

    #[test]
    fn what_is_missing_in_the_same_answers_is_one_cause_whoever_asks_for_it() {
        let read = || vec![exchange("GET /Groups/1", 200, json!({ "id": "1" }))];
        let lacks = |requirement: &str, place: &str, actual: Value| {
            demand(requirement, Level::Must, 0, Place::Body(place.to_owned()), actual)
        };
        let shows_none = CaseResult {
            findings: vec![lacks("SHOWS-MEMBERS", "/members", Value::Null)],
            ..case("a", read(), Outcome::Failed)
        };
        let mut results = [
            shows_none,
            stopped("b", read(), Some(lacks("STORES-MEMBERS", "/members", json!([])))),
            stopped("c", read(), Some(lacks("NAME", "/displayName", Value::Null))),
            stopped("d", read(), Some(lacks("STORES-MEMBERS", "/members", json!(["7"])))),
        ];
        attribute(&mut results, &Restatements::new());
        assert_eq!(held_by(&results[1]), ["SHOWS-MEMBERS"]);
        assert_eq!(found(&results[2]), [("NAME", true)]);
        assert_eq!(found(&results[3]), [("STORES-MEMBERS", true)]);
    }

    #[test]
    fn the_same_demand_goes_before_the_same_answer() {
        let answer = || refused("POST /Users", 400, "sorry");
        let mut results = [
            failed("PASSWORD", vec![answer()]),
            failed("CREATE", vec![answer()]),
            blocked("c", "CREATE", vec![answer()]),
        ];
        attribute(&mut results, &Restatements::new());
        assert_eq!(held_by(&results[2]), ["CREATE"]);
    }

    #[test]
    fn what_a_server_may_refuse_is_no_finding() {
        let answer = || refused("POST /Users", 400, "no nickName here");
        let refusal = || {
            let skipped = Outcome::Skipped(Skip::NothingToJudge("the server refuses this value".to_owned()));
            CaseResult { outcome: skipped, ..stopped("a", vec![answer()], None) }
        };
        let mut results = [refusal()];
        attribute(&mut results, &Restatements::new());
        assert!(found(&results[0]).is_empty());
        assert!(matches!(results[0].outcome, Outcome::Skipped(_)));
        // Where it is told of a request that nobody may refuse, it was not about the value.
        let mut results = [refusal(), failed("CREATE", vec![answer()])];
        attribute(&mut results, &Restatements::new());
        assert_eq!(held_by(&results[0]), ["CREATE"]);
        assert!(matches!(results[0].outcome, Outcome::Inconclusive(_)));
    }

    #[test]
    fn what_may_only_be_late_accuses_nobody() {
        let answer = || vec![refused("GET /Users/1", 404, "not found")];
        let late = |id: &str| {
            let mut result = blocked(id, "READ", answer());
            result.blocker.as_mut().expect("what stopped it").settled = false;
            result
        };
        let mut results = [late("a"), late("b")];
        attribute(&mut results, &Restatements::new());
        assert!(results.iter().all(|result| result.findings.is_empty() && result.blocked_by.is_empty()));
        // One that had all the time there is speaks for the others.
        let mut results = [late("a"), late("b"), blocked("c", "READ", answer())];
        attribute(&mut results, &Restatements::new());
        assert_eq!(found(&results[2]), [("READ", true)]);
        assert_eq!([held_by(&results[0]), held_by(&results[1])], [["READ"], ["READ"]]);
    }

    #[test]
    fn the_simplest_case_tells_the_cause_of_all() {
        let answer = || refused("POST /Users", 400, "name.formatted is required");
        let lookup = || exchange("GET /Users?filter=x", 200, json!({ "totalResults": 0 }));
        let mut results = [
            blocked("a", "CREATE", vec![lookup(), answer()]),
            blocked("b", "CREATE", vec![answer()]),
            blocked("c", "CREATE", vec![lookup(), lookup(), answer()]),
        ];
        attribute(&mut results, &Restatements::new());
        assert_eq!(found(&results[1]), [("CREATE", true)]);
        assert_eq!([held_by(&results[0]), held_by(&results[2])], [["CREATE"], ["CREATE"]]);
    }

    #[test]
    fn the_cause_that_most_cases_have_is_told_first() {
        let answer = || refused("POST /Users", 400, "sorry");
        let mut results = [
            blocked("a", "PASSWORD", vec![answer()]),
            blocked("b", "CREATE", vec![answer()]),
            blocked("c", "CREATE", vec![answer()]),
        ];
        attribute(&mut results, &Restatements::new());
        assert_eq!(found(&results[1]), [("CREATE", true)]);
        assert_eq!([held_by(&results[0]), held_by(&results[2])], [["CREATE"], ["CREATE"]]);
    }

    #[test]
    fn a_recommendation_that_holds_cases_back_is_a_finding_and_leaves_them_undecided() {
        let answer = vec![exchange("GET /Users?filter=x", 302, json!({}))];
        let mut result = blocked("a", "REDIRECT", answer);
        let demand = result.blocker.as_mut().and_then(|blocker| blocker.demand.as_mut());
        demand.expect("a demand").level = Level::Should;
        let mut results = [result];
        attribute(&mut results, &Restatements::new());
        assert_eq!(found(&results[0]), [("REDIRECT", true)]);
        assert_eq!(held_by(&results[0]), ["REDIRECT"]);
        assert_eq!(results[0].outcome, undecided());
    }
}

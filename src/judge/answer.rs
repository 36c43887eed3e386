//! One answer against its expectations, in the order that keeps one fault one finding.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::body::Body;
use super::body::without_nulls;
use super::matcher::{Miss, Subject, count_of, miss, shorten};
use super::rules::{Answer, Fault, answer_rule, has_occasion, json_body, parameter, shows_each, texts};
use super::schema::{Of, Schemas, Seen, Violation, child};
use super::seek;
use super::shape::{Shape, of_answer, of_resource};
use super::{Judgement, profile_of, schema, told};
use crate::json::items;
use crate::requirement::{Failure, Level, RequirementId};
use crate::scenario::template::Unbound;
use crate::scenario::{Bindings, Check, Expectation, Matcher, PathTemplate, Rule, RuleCall, RuleScope, StatusRange};
use crate::verdict::{Finding, Note, Place};
use crate::wire::{Exchange, NoReply};

/// The most violations of schemas that are reported of one answer: the rest is more of the same.
const VIOLATIONS_SHOWN: usize = 5;

/// How many bodies of a list are searched for what they give occasion to judge.
const RESOURCES_SEEN: usize = 5;

pub(super) fn judge(
    schemas: &Schemas,
    expectations: &[Expectation],
    exchange: &Exchange,
    index: usize,
    body: &Body,
    bindings: &Bindings,
) -> Result<Judgement, Unbound> {
    match &exchange.reply {
        Ok(response) => {
            let answer = Answer { exchange, response, body };
            let mut judgement = judge_reply(schemas, expectations, answer, index, bindings)?;
            // A status says by itself in which way it is wrong.
            for finding in judgement.findings.iter_mut().filter(|finding| finding.place != Place::Status) {
                finding.failure = if response.status < 400 { Failure::NoEffect } else { Failure::Otherwise };
            }
            Ok(judgement)
        }
        Err(NoReply::TimedOut(limit)) => too_late(expectations, *limit, index, bindings),
        Err(_) => Ok(Judgement::default()),
    }
}

fn judge_reply(
    schemas: &Schemas,
    expectations: &[Expectation],
    answer: Answer<'_>,
    index: usize,
    bindings: &Bindings,
) -> Result<Judgement, Unbound> {
    let mut judgement = Judgement::default();
    status(&mut judgement, expectations, answer, index);
    for (expectation, call) in rules(expectations).filter(|(_, call)| is_of_the_way(call.rule)) {
        if !has_occasion(call, answer, bindings)? {
            continue;
        }
        judgement.enter(expectation, answer_rule(call, answer, bindings)?, index);
    }
    if judgement.status_failed {
        return Ok(judgement);
    }
    let unreadable = unreadable(&mut judgement, expectations, answer, index);
    let mut blamed = BTreeMap::new();
    if !unreadable {
        for (expectation, call) in rules(expectations).filter(|(_, call)| call.rule == Rule::WellFormed) {
            let of = bodies(expectations);
            well_formed(&mut judgement, schemas, expectation, (call, of), answer, index, &mut blamed);
        }
    }
    let mut unusable = unreadable;
    for expectation in expectations {
        let fault = match &expectation.check {
            Check::Header(name, matcher) => header(name, matcher, answer, bindings)?,
            _ if unusable => continue,
            Check::Body(_, _) | Check::Schema(_) if answer.bodyless() => continue,
            Check::Body(path, matcher) => at(path, matcher, answer, bindings)?,
            Check::Schema(name) => conforms(schemas, name, answer),
            Check::Rule(call) if call.rule == Rule::ShowsEach && has_occasion(call, answer, bindings)? => {
                let faults = shows_each(call, answer, bindings)?;
                if faults.is_empty() {
                    judgement.enter(expectation, None, index);
                }
                for fault in faults.into_iter().filter(|fault| !is_said(fault, expectation, &blamed)) {
                    judgement.enter(expectation, Some(fault), index);
                }
                continue;
            }
            Check::Rule(call) if is_ordinary(call) && has_occasion(call, answer, bindings)? => {
                answer_rule(call, answer, bindings)?
            }
            Check::Status(_) | Check::Rule(_) => continue,
        };
        // A body that is wrong as a whole has no parts worth judging.
        let binding = expectation.level > Level::May && expectation.unclear.is_none();
        unusable |= binding && fault.is_some() && is_of_whole(&expectation.check);
        // The schema has said it already, under the requirement that fits better; so this one was not judged.
        if fault.as_ref().is_none_or(|fault| !is_said(fault, expectation, &blamed)) {
            judgement.enter(expectation, fault, index);
        }
    }
    Ok(judgement)
}

/// An answer that did not come within `limit` did not come within less either.
fn too_late(
    expectations: &[Expectation],
    limit: Duration,
    index: usize,
    bindings: &Bindings,
) -> Result<Judgement, Unbound> {
    let mut judgement = Judgement::default();
    for (expectation, call) in rules(expectations).filter(|(_, call)| call.rule == Rule::WithinSeconds) {
        let seconds = texts(call, "seconds", bindings)?.first().and_then(|text| text.parse::<f64>().ok());
        if let Some(seconds) = seconds.filter(|seconds| *seconds <= limit.as_secs_f64()) {
            let actual = Value::String(format!("no answer within {} s", limit.as_secs_f64()));
            let fault = Fault { place: Place::Time, expected: format!("at most {seconds} s"), actual };
            judgement.enter(expectation, Some(fault), index);
        }
    }
    Ok(judgement)
}

/// Whether a demand is on the body as a whole: `at: $`, or that it is an Error message.
fn is_of_whole(check: &Check) -> bool {
    match check {
        Check::Body(PathTemplate::Fixed(path), _) => path.as_str() == "$",
        Check::Rule(call) => call.rule == Rule::ErrorMessage,
        _ => false,
    }
}

fn rules(expectations: &[Expectation]) -> impl Iterator<Item = (&Expectation, &RuleCall)> {
    expectations.iter().filter_map(|expectation| match &expectation.check {
        Check::Rule(call) => Some((expectation, call)),
        _ => None,
    })
}

/// Whether a violation of a schema that was reported already is what an expectation stumbles over: at the same place or
/// around it; or inside it, when the expectation looks at what is inside. `blamed` holds the places and levels reported.
fn is_said(fault: &Fault, expectation: &Expectation, blamed: &BTreeMap<String, Level>) -> bool {
    let Place::Body(pointer) = &fault.place else { return false };
    let looks_inside = match &expectation.check {
        Check::Body(_, matcher) => {
            matches!(
                matcher,
                Matcher::Is(_) | Matcher::Not(_) | Matcher::OneOf(_) | Matcher::Every(_) | Matcher::Some(_)
            )
        }
        Check::Rule(call) => match call.rule {
            Rule::SecretAbsent | Rule::CanonicalNames => return false,
            rule => matches!(rule, Rule::SameResource | Rule::Keeps | Rule::Contains | Rule::ShowsEach),
        },
        Check::Status(_) | Check::Header(_, _) | Check::Schema(_) => false,
    };
    // What is wrong inside one resource of a list says nothing about the list.
    let looks_inside = looks_inside && !pointer.is_empty() && pointer != "/Resources";
    blamed.iter().any(|(other, level)| {
        *level >= expectation.level && (is_within(pointer, other) || (looks_inside && is_within(other, pointer)))
    })
}

/// Rules that are judged in the order written; the others have their own place.
fn is_ordinary(call: &RuleCall) -> bool {
    call.rule.scope() == RuleScope::Answer
        && !matches!(call.rule, Rule::JsonBody | Rule::WellFormed | Rule::ShowsEach)
        && !is_of_the_way(call.rule)
}

/// Whether a rule is about how the answer came, or what it must not tell, whatever its status says.
fn is_of_the_way(rule: Rule) -> bool {
    matches!(rule, Rule::WithinSeconds | Rule::RetryAfterSeconds | Rule::NoInternals)
}

/// Judges the status. When a `MUST` is not met, or none of the expectations, the answer is not the one that the others are
/// about; of several that say so only the most binding is reported.
fn status(judgement: &mut Judgement, expectations: &[Expectation], answer: Answer<'_>, index: usize) {
    let got = answer.response.status;
    let expected = expectations.iter().filter_map(|expectation| match &expectation.check {
        Check::Status(ranges) => Some((expectation, ranges)),
        _ => None,
    });
    let (met, mut unmet): (Vec<_>, Vec<_>) =
        expected.partition(|(_, ranges)| ranges.iter().any(|range| (range.from..=range.to).contains(&got)));
    for (expectation, _) in &met {
        judgement.enter(expectation, None, index);
    }
    let binding = |expectation: &Expectation| expectation.level == Level::Must && expectation.unclear.is_none();
    let violated = unmet.iter().any(|(expectation, _)| binding(expectation));
    judgement.status_failed = violated || (met.is_empty() && !unmet.is_empty());
    if violated {
        unmet.retain(|(expectation, _)| binding(expectation));
        unmet.truncate(1);
    }
    for (expectation, ranges) in unmet {
        let fault = Fault { place: Place::Status, expected: statuses(ranges), actual: got.into() };
        let known = judgement.findings.len();
        judgement.enter(expectation, Some(fault), index);
        let wants_success = ranges.iter().any(|range| range.from < 400 && range.to >= 200);
        let failure = if got >= 400 && wants_success { Failure::Refused } else { Failure::WrongStatus };
        judgement.findings.iter_mut().skip(known).for_each(|finding| finding.failure = failure);
    }
}

/// Statuses as people say them: `200 or 204`, `2xx`, `a status other than 404, 405 or 501`.
fn statuses(ranges: &[StatusRange]) -> String {
    if let ([first, .., last], [_, _, ..]) = (ranges, ranges)
        && first.from == 100
        && last.to == 599
    {
        let gaps = ranges.windows(2).map(|pair| StatusRange { from: pair[0].to + 1, to: pair[1].from - 1 });
        return format!("a status other than {}", statuses(&gaps.collect::<Vec<_>>()));
    }
    let words = ranges.iter().flat_map(|range| match (range.from, range.to) {
        (from, to) if from % 100 == 0 && to == from + 99 => vec![format!("{}xx", from / 100)],
        (from, to) if to - from < 3 => (from..=to).map(|status| status.to_string()).collect(),
        (from, to) => vec![format!("{from} to {to}")],
    });
    match words.collect::<Vec<_>>().as_slice() {
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
        [] => String::new(),
    }
}

/// Judges `json-body`. When the body is no JSON object, nothing else about it can be judged, and it is said once.
fn unreadable(judgement: &mut Judgement, expectations: &[Expectation], answer: Answer<'_>, index: usize) -> bool {
    let mut told = false;
    if *answer.body == Body::None {
        return told;
    }
    for (expectation, _) in rules(expectations).filter(|(_, call)| call.rule == Rule::JsonBody) {
        let fault = json_body(answer.body);
        let binding = settles_readability(expectation);
        if told && fault.is_some() && binding {
            continue;
        }
        told |= fault.is_some() && binding;
        judgement.enter(expectation, fault, index);
    }
    told
}

/// The bodies that are left for `well-formed` to judge beside these expectations.
pub(super) fn bodies(expectations: &[Expectation]) -> Of {
    if expectations.iter().any(settles_readability) { Of::Objects } else { Of::Anything }
}

/// Whether nothing else is judged of a body that is no JSON object, because this expectation has told it.
fn settles_readability(expectation: &Expectation) -> bool {
    let asks = matches!(&expectation.check, Check::Rule(call) if call.rule == Rule::JsonBody);
    asks && expectation.level > Level::May && expectation.unclear.is_none()
}

fn header(name: &str, matcher: &Matcher, answer: Answer<'_>, bindings: &Bindings) -> Result<Option<Fault>, Unbound> {
    let value = answer.response.headers.get(name).map(|text| Value::String(text.to_owned()));
    let found = miss(matcher, Subject::One(value.as_ref()), bindings)?;
    let place = Place::Header(name.to_owned());
    Ok(found.map(|miss| Fault { place, expected: miss.expected, actual: miss.actual }))
}

fn at(
    path: &PathTemplate,
    matcher: &Matcher,
    answer: Answer<'_>,
    bindings: &Bindings,
) -> Result<Option<Fault>, Unbound> {
    let path = path.fill(bindings)?;
    // The whole body is nothing when there is no JSON, and then `$` selects nothing.
    let selected = answer.body.json().map(|body| path.select(body)).unwrap_or_default();
    let singular = path.is_singular();
    let subject = match (singular, selected.as_slice()) {
        (true, []) => Subject::One(None),
        (true, [only, ..]) => Subject::One(Some(only.value)),
        (false, several) => Subject::Many(several),
    };
    let Some(mut miss) = miss(matcher, subject, bindings)? else { return Ok(None) };
    if !singular
        && miss.element.is_none()
        && let Some(fault) = lacking(path.as_str(), answer.body, selected.len(), matcher, &mut miss, bindings)?
    {
        return Ok(Some(fault));
    }
    let pointer = match (singular, selected.as_slice(), miss.element) {
        (true, [only, ..], Some(element)) => format!("{}/{element}", only.pointer),
        (true, [only, ..], None) => only.pointer.clone(),
        (true, [], _) => pointer_of(path.as_str()),
        (false, several, Some(element)) => several.get(element).map(|s| s.pointer.clone()).unwrap_or_default(),
        (false, [only], None) => only.pointer.clone(),
        (false, _, None) => pointer_of(path.as_str()),
    };
    let actual = match (answer.body, &miss.actual) {
        (Body::NotJson(text), Value::Null) => Value::String(text.clone()),
        _ => miss.actual,
    };
    Ok(Some(Fault { place: Place::Body(pointer), expected: miss.expected, actual }))
}

/// What to tell where a path selects too little by a filter, a wildcard or a name at any depth: what it looks for, and what
/// is there instead. What was sought is put into the words of the miss in any case.
fn lacking(
    path: &str,
    body: &Body,
    selected: usize,
    matcher: &Matcher,
    miss: &mut Miss,
    bindings: &Bindings,
) -> Result<Option<Fault>, Unbound> {
    let pointer = pointer_of(path);
    let Some(sought) = seek::sought(path) else { return Ok(None) };
    miss.expected = format!("{}{}", miss.expected, sought.words);
    let too_few = match matcher {
        Matcher::Count(template) => count_of(&*template.look(bindings)?).as_u64().is_some_and(|n| n > selected as u64),
        _ => selected == 0,
    };
    let Some(there) = too_few.then(|| body.json().and_then(|body| body.pointer(&pointer))).flatten() else {
        return Ok(None);
    };
    let actual = shorten(&sought.shown(there));
    Ok(Some(Fault { place: Place::Body(pointer), expected: std::mem::take(&mut miss.expected), actual }))
}

/// Where a path would lead: its names and indexes as a pointer, as far as it has only such.
fn pointer_of(path: &str) -> String {
    let mut pointer = String::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    loop {
        if let Some(after) = rest.strip_prefix(['.']) {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            if name.is_empty() || name == "*" {
                return pointer;
            }
            pointer = child(&pointer, name.trim());
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let after = after.trim_start();
            let (name, after) = match after.chars().next() {
                Some(quote @ ('\'' | '"')) => match after[1..].find(quote) {
                    Some(end) => (&after[1..=end], after[end + 2..].trim_start().strip_prefix(']')),
                    None => return pointer,
                },
                _ => match after.split_once(']') {
                    Some((index, after)) if index.trim().bytes().all(|b| b.is_ascii_digit()) => {
                        (index.trim(), Some(after))
                    }
                    _ => return pointer,
                },
            };
            let Some(after) = after else { return pointer };
            pointer = child(&pointer, name);
            rest = after;
        } else {
            return pointer;
        }
    }
}

/// `schema:`: the first violation of what binds everybody.
fn conforms(schemas: &Schemas, name: &str, answer: Answer<'_>) -> Option<Fault> {
    let body = without_nulls(answer.body);
    let violations = schemas.violations(name, &body, schema::RFC);
    let first = sifted(violations).into_iter().find(|violation| violation.level > Level::May)?;
    Some(Fault { place: Place::Body(first.pointer), expected: first.expected, actual: first.actual })
}

fn well_formed(
    judgement: &mut Judgement,
    schemas: &Schemas,
    expectation: &Expectation,
    (call, of): (&RuleCall, Of),
    answer: Answer<'_>,
    index: usize,
    blamed: &mut BTreeMap<String, Level>,
) {
    let shape = of_answer(answer);
    if answer.bodyless() || shape == Shape::Free {
        return;
    }
    judgement.judged(&expectation.requirement);
    let profile = profile_of(call);
    let body = without_nulls(answer.body);
    let body = body.as_ref();
    let mut violations = Vec::new();
    let mut occasions = schemas.none_seen();
    let mut held = 0;
    let mut hold = |schema: &'static str, body: &Value, at: &str| {
        let Some(schema) = schema::of_profile(schema, profile) else { return };
        // The first few resources show what there is to see.
        if held < RESOURCES_SEEN {
            schemas.occasions(schema, body, profile, of, &mut occasions);
        }
        held += 1;
        let found = schemas.violations(schema, body, profile);
        violations.extend(found.into_iter().map(|v| Violation { pointer: format!("{at}{}", v.pointer), ..v }));
    };
    match shape {
        Shape::Free => {}
        Shape::One(schema) => hold(schema, body, ""),
        Shape::List(resource) => {
            hold("ListResponse", body, "");
            for (n, item) in body.get("Resources").into_iter().flat_map(items).enumerate() {
                if item.is_object() {
                    hold(resource.unwrap_or_else(|| of_resource(item)), item, &format!("/Resources/{n}"));
                }
            }
        }
    }
    if answer.response.status >= 400 {
        violations.extend(status_repeated(schemas, profile, answer.response.status, body, &mut occasions));
    }
    if let Body::NotJson(text) = answer.body {
        violations.iter_mut().for_each(|violation| violation.actual = Value::String(text.clone()));
    }
    let request = &answer.exchange.request;
    let none_asked = parameter(request, "count").and_then(|n| n.parse::<i64>().ok()).is_some_and(|n| n <= 0);
    let projected = parameter(request, "attributes").is_some() || parameter(request, "excludedAttributes").is_some();
    violations.retain(|violation| {
        let unasked = violation.missing && violation.pointer == "/Resources" && none_asked;
        !(unasked || (projected && violation.missing && is_projectable(&violation.pointer)))
    });
    for id in schemas.seen(&occasions) {
        judgement.judged(id);
    }
    for violation in sifted(violations) {
        report(judgement, violation, expectation, index, blamed);
    }
}

/// Whether `attributes` or `excludedAttributes` may take the attribute away: neither what is always returned, nor what
/// belongs to the list.
fn is_projectable(pointer: &str) -> bool {
    let below = match pointer.strip_prefix("/Resources/").and_then(|rest| rest.split_once('/')) {
        Some((_, below)) => below,
        None => pointer.trim_start_matches('/'),
    };
    !matches!(
        below,
        "id" | "schemas" | "Resources" | "totalResults" | "startIndex" | "itemsPerPage" | "status" | "detail"
    )
}

fn report(
    judgement: &mut Judgement,
    violation: Violation,
    expectation: &Expectation,
    index: usize,
    blamed: &mut BTreeMap<String, Level>,
) {
    let requirement = violation.requirement.map_or_else(|| expectation.requirement.clone(), RequirementId::from);
    let level = violation.requirement.map_or(expectation.level, |_| violation.level);
    let fault =
        Fault { place: Place::Body(violation.pointer.clone()), expected: violation.expected, actual: violation.actual };
    judgement.judged(&requirement);
    if level == Level::May || expectation.unclear.is_some() {
        let text = told(&fault);
        judgement.notes.push(Note { text, requirement: Some(requirement), exchange: Some(index), all_well: false });
        return;
    }
    // Two demands of well-formedness, by two profiles, say the same once.
    if blamed.insert(violation.pointer, level).is_none() {
        judgement.findings.push(Finding {
            requirement,
            level,
            expected: fault.expected,
            actual: fault.actual,
            place: fault.place,
            failure: Failure::default(),
            exchange: index,
            in_setup: false,
            because: None,
            known: None,
            law: None,
            span: expectation.span.clone(),
        });
    }
}

/// RFC 7644 §3.12: `status` repeats the HTTP status. Text and number are told apart by the schema.
fn status_repeated(
    schemas: &Schemas,
    profile: &str,
    status: u16,
    body: &Value,
    occasions: &mut Seen,
) -> Option<Violation> {
    let requirement = schemas.defined(schema::of_profile("Error", profile)?, "equals-http", profile)?;
    let said = body.get("status")?;
    schemas.see(requirement, occasions);
    let number = match said.as_str() {
        Some(text) => text.trim().parse::<u64>().ok(),
        None => said.as_u64(),
    };
    if number == Some(u64::from(status)) {
        return None;
    }
    Some(Violation {
        requirement: Some(requirement),
        level: schemas.level(requirement),
        expected: format!("\"{status}\", as in the status line"),
        actual: super::matcher::shorten(said),
        pointer: "/status".to_owned(),
        missing: false,
    })
}

/// The violations worth reporting: the most binding first, one for each fault, the same fault in several places once.
fn sifted(mut violations: Vec<Violation>) -> Vec<Violation> {
    violations.sort_by_key(|violation| std::cmp::Reverse(violation.level));
    let mut kept: Vec<Violation> = Vec::new();
    let mut kinds = BTreeSet::new();
    let mut pointers: Vec<String> = violations.iter().map(|v| v.pointer.clone()).collect();
    pointers.sort_unstable();
    pointers.dedup();
    for violation in violations {
        let below_another =
            ancestors(&violation.pointer).any(|above| pointers.binary_search_by(|p| p.as_str().cmp(above)).is_ok());
        let said = kept.iter().any(|other| other.pointer == violation.pointer);
        if below_another || said || kept.len() >= VIOLATIONS_SHOWN {
            continue;
        }
        if kinds.insert((violation.requirement, without_indexes(&violation.pointer))) {
            kept.push(violation);
        }
    }
    kept
}

/// The pointers above one, the empty one included.
fn ancestors(pointer: &str) -> impl Iterator<Item = &str> {
    pointer.match_indices('/').map(move |(at, _)| &pointer[..at])
}

fn without_indexes(pointer: &str) -> String {
    pointer
        .split('/')
        .map(|segment| {
            let is_index = !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_digit());
            if is_index { "*" } else { segment }
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Whether one pointer leads to the place of another or to a part of it.
fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

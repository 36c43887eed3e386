//! What a schema cannot say about one answer: arithmetic of lists, uniqueness, comparison with what was there before.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Value, json};

use super::body::{Body, canonical};
use super::compare::{Likeness, difference};
use super::internals;
use super::matcher::{in_words, shorten};
use super::schema::child;
use crate::json::{fields, items, same};
use crate::scenario::template::Unbound;
use crate::scenario::{Bindings, Rule, RuleCall};
use crate::verdict::Place;
use crate::wire::{Exchange, Request, Response};

/// The schema of errors.
const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A secret shorter than this is found anywhere by chance.
const SECRET_CHARS: usize = 4;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) place: Place,
    pub(super) expected: String,
    pub(super) actual: Value,
}

/// The answer a rule looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) response: &'a Response,
    pub(super) body: &'a Body,
}

impl Answer<'_> {
    /// Whether the status leaves no room for a body: then demands on it hold.
    pub(super) fn bodyless(&self) -> bool {
        matches!(self.response.status, 100..=199 | 204 | 205 | 304) && *self.body == Body::None
    }
}

fn in_body(pointer: impl Into<String>, expected: impl Into<String>, actual: Value) -> Option<Fault> {
    Some(Fault { place: Place::Body(pointer.into()), expected: expected.into(), actual })
}

/// An argument of a rule with its holes filled; `Null` when it was not given.
pub(super) fn argument(call: &RuleCall, name: &str, bindings: &Bindings) -> Result<Value, Unbound> {
    given(call, name, bindings).map(|value| value.map_or(Value::Null, Cow::into_owned))
}

fn given<'a>(call: &'a RuleCall, name: &str, bindings: &'a Bindings) -> Result<Option<Cow<'a, Value>>, Unbound> {
    call.with.iter().find(|(key, _)| key == name).map(|(_, template)| template.look(bindings)).transpose()
}

/// An argument as texts: a list of them, one alone, or the `ids` of a walk.
pub(super) fn texts(call: &RuleCall, name: &str, bindings: &Bindings) -> Result<Vec<String>, Unbound> {
    fn text(value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
    let Some(given) = given(call, name, bindings)? else { return Ok(Vec::new()) };
    Ok(match given.as_ref() {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        Value::Object(fields) => {
            fields.get("ids").and_then(Value::as_array).into_iter().flatten().filter_map(text).collect()
        }
        other => text(other).into_iter().collect(),
    })
}

/// Whether an answer has what the rule looks at. A rule without occasion holds, and says nothing about the server.
pub(super) fn has_occasion(call: &RuleCall, answer: Answer<'_>, bindings: &Bindings) -> Result<bool, Unbound> {
    let success = answer.response.status < 300;
    let body = answer.body.json().filter(|body| body.is_object());
    Ok(match call.rule {
        Rule::ListsAsRead => shown_by(&argument(call, "id", bindings)?, answer).is_some(),
        Rule::ContentTypeScim | Rule::CanonicalNames => *answer.body != Body::None,
        Rule::ItemsPerPageCounts | Rule::CountHonoured | Rule::StartIndexEchoed => {
            success && body.is_some_and(|body| body.get("Resources").or_else(|| body.get("totalResults")).is_some())
        }
        Rule::PrimaryOnce | Rule::TypeValueUnique => success && body.is_some(),
        Rule::ErrorMessage => answer.response.status >= 400,
        Rule::NoInternals => answer.response.status >= 400 && body.is_some_and(|body| !details(body).is_empty()),
        Rule::TotalAtLeast | Rule::SameResource | Rule::Keeps | Rule::Contains | Rule::ShowsEach | Rule::MembersAre => {
            !answer.bodyless()
        }
        _ => true,
    })
}

/// Judges a rule over one answer; `json-body`, `well-formed` and `shows-each`, which may find several faults, are the judge's own.
pub(super) fn answer_rule(call: &RuleCall, answer: Answer<'_>, bindings: &Bindings) -> Result<Option<Fault>, Unbound> {
    let body = answer.body.json().filter(|value| value.is_object());
    Ok(match call.rule {
        Rule::ContentTypeScim => content_type(answer, argument(call, "strict", bindings)? == Value::Bool(true)),
        Rule::CanonicalNames => match answer.body {
            Body::Json { renamed, .. } if !renamed.is_empty() => {
                let only = texts(call, "only", bindings)?;
                renamed
                    .iter()
                    .find(|renamed| only.is_empty() || only.contains(&renamed.canonical))
                    .and_then(|r| in_body(r.pointer.clone(), r.canonical.clone(), Value::String(r.spelled.clone())))
            }
            // A name without a value is told all the same.
            _ => given(call, "only", bindings).map(|_| None)?,
        },
        Rule::ErrorMessage => error_message(answer.body),
        Rule::NoInternals => body.and_then(no_internals),
        Rule::ItemsPerPageCounts => body.and_then(items_per_page),
        Rule::CountHonoured => body.and_then(|body| count_honoured(&answer.exchange.request, body)),
        Rule::StartIndexEchoed => body.and_then(|body| start_index(&answer.exchange.request, body)),
        Rule::PrimaryOnce => body.and_then(primary_once),
        Rule::TypeValueUnique => body.and_then(type_value_unique),
        Rule::SecretAbsent => {
            let secrets = texts(call, "secret", bindings)?;
            secret(&secrets, answer)
        }
        Rule::WithinSeconds => {
            let limit = texts(call, "seconds", bindings)?.first().and_then(|text| text.parse::<f64>().ok());
            let took = answer.exchange.took.as_secs_f64();
            limit.filter(|limit| took > *limit).map(|limit| Fault {
                place: Place::Time,
                expected: format!("at most {limit} s"),
                actual: json!((took * 1000.0).round() / 1000.0),
            })
        }
        Rule::RetryAfterSeconds => retry_after(answer),
        Rule::LocationOf => texts(call, "id", bindings)?.first().and_then(|id| location(id, answer)),
        Rule::TotalAtLeast => {
            let count = texts(call, "count", bindings)?.first().and_then(|text| text.parse::<u64>().ok());
            total_at_least(count.unwrap_or_default(), answer.body)
        }
        Rule::SameResource => {
            let mut except = texts(call, "except", bindings)?;
            except.extend(["meta.lastModified", "meta.version"].map(str::to_owned));
            let only = texts(call, "only", bindings)?;
            let mut before = argument(call, "as", bindings)?;
            if only.is_empty() {
                return Ok(compared(before, answer.body, Likeness::Same, &except));
            }
            let is_wanted = |name: &String| only.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
            if let Value::Object(fields) = &mut before {
                fields.retain(|name, _| is_wanted(name));
            }
            let others = body.into_iter().flat_map(fields).map(|(name, _)| name.to_owned());
            except.extend(others.filter(|name| !is_wanted(name)));
            compared(before, answer.body, Likeness::Same, &except)
        }
        Rule::Keeps => {
            let mut except = texts(call, "except", bindings)?;
            except.extend(["meta", "groups", "password"].map(str::to_owned));
            let only = texts(call, "only", bindings)?;
            let mut before = argument(call, "of", bindings)?;
            if let (Value::Object(fields), false) = (&mut before, only.is_empty()) {
                fields.retain(|name, _| only.iter().any(|wanted| wanted == name));
            }
            compared(before, answer.body, Likeness::Keeps, &except)
        }
        Rule::Contains => {
            let except = ["password".to_owned()];
            compared(argument(call, "value", bindings)?, answer.body, Likeness::Contains, &except)
        }
        Rule::Lacks => lacks(argument(call, "value", bindings)?, answer.body),
        Rule::ListsAsRead => {
            let (id, each) = (argument(call, "id", bindings)?, argument(call, "each", bindings)?);
            let (read, _) = canonical(argument(call, "read", bindings)?);
            shown_by(&id, answer).and_then(|(index, listed)| lists_as_read(index, listed, &read, &each))
        }
        Rule::MembersAre => members(&texts(call, "ids", bindings)?, answer.body),
        Rule::JsonBody
        | Rule::WellFormed
        | Rule::ShowsEach
        | Rule::SomeStatus
        | Rule::ListsEachOnce
        | Rule::ListsNone
        | Rule::TotalIsWhatIsListed
        | Rule::SameOrder
        | Rule::PagesEnd => None,
    })
}

/// `json-body`: what is not one JSON object.
pub(super) fn json_body(body: &Body) -> Option<Fault> {
    match body {
        Body::None => None,
        Body::Json { value, .. } if value.is_object() => None,
        Body::Json { value, .. } => in_body("", "one JSON object", shorten(value)),
        Body::NotJson(text) => in_body("", "one JSON object", Value::String(text.clone())),
    }
}

/// Whether each 429, also one after which the request was repeated, says in whole seconds when to come back.
fn retry_after(answer: Answer<'_>) -> Option<Fault> {
    let repeated = answer.exchange.attempts.iter().filter(|attempt| attempt.result == Ok(429));
    let told = repeated.map(|attempt| attempt.retry_after.as_deref());
    let last = (answer.response.status == 429).then(|| answer.response.headers.get("Retry-After"));
    let is_seconds = |told: &Option<&str>| {
        told.is_some_and(|text| !text.trim().is_empty() && text.trim().bytes().all(|b| b.is_ascii_digit()))
    };
    told.chain(last).find(|told| !is_seconds(told)).map(|told| Fault {
        place: Place::Header("Retry-After".to_owned()),
        expected: "a whole number of seconds in an answer of 429".to_owned(),
        actual: json!(told),
    })
}

/// Neither SCIM nor JSON; or JSON where SCIM alone will do, and what is neither is for the other demand to say.
fn content_type(answer: Answer<'_>, strict: bool) -> Option<Fault> {
    if *answer.body == Body::None {
        return None;
    }
    let written = answer.response.headers.get("Content-Type");
    let media_type = written.and_then(|text| text.split(';').next()).map(str::trim).unwrap_or_default();
    let is_json = media_type.eq_ignore_ascii_case("application/json");
    let is_known = is_json || media_type.eq_ignore_ascii_case("application/scim+json");
    let is_wrong = if strict { is_json } else { !is_known };
    if !is_wrong {
        return None;
    }
    let expected = if strict { "application/scim+json" } else { "application/scim+json or application/json" };
    Some(Fault {
        place: Place::Header("Content-Type".to_owned()),
        expected: expected.to_owned(),
        actual: written.map_or(Value::Null, |text| shorten(&Value::String(text.to_owned()))),
    })
}

/// What is no SCIM Error message. What an envelope holds is one, and that it is in an envelope is another matter.
fn error_message(body: &Body) -> Option<Fault> {
    let expected = "a SCIM Error message, with schemas, status and detail";
    match body {
        Body::Json { value, .. } if names_error(value) => None,
        Body::Json { value, .. } => in_body("", expected, shorten(value)),
        Body::NotJson(text) => in_body("", expected, Value::String(text.clone())),
        Body::None => in_body("", expected, Value::Null),
    }
}

/// Whether `schemas` of an object, or of one inside it, names the schema of errors.
fn names_error(node: &Value) -> bool {
    let schemas = node.get("schemas").into_iter().flat_map(items);
    schemas.filter_map(Value::as_str).any(|name| name.eq_ignore_ascii_case(ERROR_SCHEMA))
        || fields(node).any(|(_, inner)| inner.is_object() && names_error(inner))
}

/// The texts called `detail` in an error, wherever they are, with their pointers.
fn details(body: &Value) -> Vec<(String, &str)> {
    fn of<'a>(node: &'a Value, at: &str, into: &mut Vec<(String, &'a str)>) {
        for (name, value) in fields(node) {
            match value.as_str() {
                Some(text) if name.eq_ignore_ascii_case("detail") => into.push((child(at, name), text)),
                Some(_) => {}
                None => of(value, &child(at, name), into),
            }
        }
    }
    let mut into = Vec::new();
    of(body, "", &mut into);
    into
}

/// A `detail` that tells of the inside of the server.
fn no_internals(body: &Value) -> Option<Fault> {
    let told = |(pointer, text): (String, &str)| Some((pointer, text.to_owned(), internals::told_by(text)?));
    let (pointer, text, what) = details(body).into_iter().find_map(told)?;
    in_body(pointer, format!("a sentence for administrators, without {what}"), shorten(&Value::String(text)))
}

/// What a query parameter was set to, in the URL or in the body of a `.search`.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if request.method == "POST" && path.trim_end_matches('/').ends_with("/.search") {
        let body: Value = serde_json::from_slice(request.body.as_deref()?).ok()?;
        return match body.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
    }
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.into_owned())
}

fn listed(body: &Value) -> usize {
    body.get("Resources").map_or(0, |resources| items(resources).len())
}

fn items_per_page(body: &Value) -> Option<Fault> {
    // Resources that are no array cannot be counted, and are told as such.
    let countable = body.get("Resources").is_none_or(|resources| resources.is_array() || resources.is_null());
    let said = body.get("itemsPerPage").filter(|value| countable && !value.is_null())?;
    let shown = listed(body);
    if said.as_f64() == Some(shown as f64) {
        return None;
    }
    in_body("/itemsPerPage", format!("{shown}, the number of Resources"), shorten(said))
}

fn count_honoured(request: &Request, body: &Value) -> Option<Fault> {
    // A negative count is treated as 0 (RFC 7644 §3.4.2.4).
    let most = usize::try_from(parameter(request, "count")?.parse::<i64>().ok()?.max(0)).ok()?;
    let shown = listed(body);
    if shown <= most {
        return None;
    }
    in_body("/Resources", format!("at most {most} resources"), format!("{shown} resources").into())
}

fn start_index(request: &Request, body: &Value) -> Option<Fault> {
    // A page without resources has no first result to number.
    let said = body.get("startIndex").filter(|value| !value.is_null() && listed(body) > 0)?;
    // Less than 1 is treated as 1, and 1 is the default (RFC 7644 §3.4.2.4).
    let asked = match parameter(request, "startIndex") {
        Some(text) => text.parse::<i64>().ok()?.max(1),
        None => 1,
    };
    if said.as_f64() == Some(asked as f64) { None } else { in_body("/startIndex", asked.to_string(), shorten(said)) }
}

fn total_at_least(count: u64, body: &Body) -> Option<Fault> {
    let Some(list) = body.json() else { return in_body("", "a list", Value::Null) };
    let total = list.get("totalResults");
    let least = count.max(listed(list) as u64);
    if total.and_then(Value::as_f64).is_some_and(|total| total >= least as f64) {
        return None;
    }
    in_body("/totalResults", format!("at least {least}"), total.map_or(Value::Null, shorten))
}

/// The lists of objects in a resource or in each of the resources of a list, extensions included, with their pointers.
fn multi_valued(body: &Value) -> Vec<(String, &[Value])> {
    fn of_resource<'a>(resource: &'a Value, at: &str, into: &mut Vec<(String, &'a [Value])>) {
        for (name, value) in fields(resource) {
            match value {
                Value::Array(items) if items.iter().any(Value::is_object) => into.push((child(at, name), items)),
                Value::Object(fields) if name.starts_with("urn:") => {
                    for (inner, value) in fields {
                        if let Value::Array(items) = value {
                            into.push((child(&child(at, name), inner), items));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    let mut into = Vec::new();
    match body.get("Resources") {
        Some(Value::Array(resources)) => {
            for (index, resource) in resources.iter().enumerate() {
                of_resource(resource, &format!("/Resources/{index}"), &mut into);
            }
        }
        _ => of_resource(body, "", &mut into),
    }
    into
}

fn primary_once(body: &Value) -> Option<Fault> {
    let is_primary = |item: &&Value| item.get("primary") == Some(&Value::Bool(true));
    let primaries = |items: &[Value]| items.iter().filter(is_primary).count();
    let (pointer, items) = multi_valued(body).into_iter().find(|(_, items)| primaries(items) > 1)?;
    in_body(pointer, "at most one value with primary true", shorten(&items.to_vec().into()))
}

fn type_value_unique(body: &Value) -> Option<Fault> {
    for (pointer, items) in multi_valued(body) {
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let Some(value) = item.get("value").filter(|value| !value.is_null()) else { continue };
            let kind = item.get("type").filter(|kind| !kind.is_null());
            if !seen.insert((kind.map(|kind| kind.to_string()), value.to_string())) {
                return in_body(format!("{pointer}/{index}"), "each pair of type and value once", shorten(item));
            }
        }
    }
    None
}

fn secret(secrets: &[String], answer: Answer<'_>) -> Option<Fault> {
    // What is shown must not tell the secret again.
    let hidden = || Value::String("a text that holds it".to_owned());
    let secrets: Vec<&String> = secrets.iter().filter(|s| s.chars().count() >= SECRET_CHARS).collect();
    let holds = |text: &str| secrets.iter().any(|secret| text.contains(secret.as_str()));
    for (name, value) in &answer.response.headers.0 {
        if holds(value) {
            let place = Place::Header(name.clone());
            return Some(Fault { place, expected: "nothing of the secret".to_owned(), actual: hidden() });
        }
    }
    match answer.body {
        Body::None => None,
        Body::NotJson(_) => holds(&String::from_utf8_lossy(&answer.response.body))
            .then(|| in_body("", "nothing of the secret", hidden()))
            .flatten(),
        Body::Json { value, .. } => {
            let (pointer, is_password) = secret_at(value, String::new(), &holds)?;
            let expected = if is_password { "no password" } else { "nothing of the secret" };
            in_body(pointer, expected, hidden())
        }
    }
}

fn secret_at(node: &Value, at: String, holds: &dyn Fn(&str) -> bool) -> Option<(String, bool)> {
    match node {
        Value::String(text) => holds(text).then_some((at, false)),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| secret_at(item, format!("{at}/{index}"), holds))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let set = !value.is_null() && value.as_str() != Some("");
            if name.eq_ignore_ascii_case("password") && set {
                return Some((child(&at, name), true));
            }
            if holds(name) { Some((at.clone(), false)) } else { secret_at(value, child(&at, name), holds) }
        }),
        _ => None,
    }
}

fn compared(earlier: Value, body: &Body, likeness: Likeness, except: &[String]) -> Option<Fault> {
    let Some(found) = body.json() else { return in_body("", "a JSON object", Value::Null) };
    let (earlier, _) = canonical(earlier);
    let difference = difference(&earlier, found, likeness, except)?;
    in_body(difference.pointer, difference.expected, difference.actual)
}

/// What was cleared and is there all the same.
fn lacks(mut value: Value, body: &Body) -> Option<Fault> {
    let Some(found) = body.json() else { return in_body("", "a JSON object", Value::Null) };
    if let Value::Object(fields) = &mut value {
        // Which extensions a resource may have says nothing of what is in them.
        fields.retain(|name, _| name != "schemas");
    }
    let (value, _) = canonical(value);
    let is_there = difference(&value, found, Likeness::Contains, &[]).is_none();
    is_there.then(|| Fault {
        place: Place::Body(String::new()),
        expected: format!("nothing left of {}", in_words(&value)),
        actual: shorten(&value),
    })
}

/// Where a page shows the resource with that id.
fn shown_by<'a>(id: &Value, answer: Answer<'a>) -> Option<(usize, &'a Value)> {
    let mut resources = items(answer.body.json()?.get("Resources")?).enumerate();
    resources.find(|(_, resource)| resource.get("id").is_some_and(|shown| same(shown, id)))
}

/// In which of the parts, each of which has a name, a listed resource is not what a read of it shows.
fn lists_as_read(index: usize, listed: &Value, read: &Value, each: &Value) -> Option<Fault> {
    let mut wanted = Vec::new();
    let mut found = serde_json::Map::new();
    for (name, part) in each.as_object().into_iter().flatten() {
        let (part, _) = canonical(part.clone());
        let has = |resource| difference(&part, resource, Likeness::Contains, &[]).is_none();
        if has(read) != has(listed) {
            let read = match same_part(&part, read) {
                Value::Null => "nothing".to_owned(),
                value => in_words(&value),
            };
            wanted.push(format!("{name} as in the read: {read}"));
            found.insert(name.clone(), shorten(&same_part(&part, listed)));
        }
    }
    if wanted.is_empty() {
        None
    } else {
        in_body(format!("/Resources/{index}"), wanted.join(", "), Value::Object(found))
    }
}

/// `shows-each`: the parts, each of which has a name, that a resource does not show as they were sent; none where it shows them all.
pub(super) fn shows_each(call: &RuleCall, answer: Answer<'_>, bindings: &Bindings) -> Result<Vec<Fault>, Unbound> {
    let each = argument(call, "each", bindings)?;
    let Some(found) = answer.body.json() else {
        return Ok(in_body("", "a JSON object", Value::Null).into_iter().collect());
    };
    let (before, was) = (given(call, "before", bindings)?, argument(call, "was", bindings)?);
    let before = before.map(|before| folded(&canonical(before.into_owned()).0));
    let folded_found = folded(found);
    let differs = |part: &Value, resource| difference(&folded(part), resource, Likeness::Contains, &[]);
    let mut faults = Vec::new();
    for (name, part) in each.as_object().into_iter().flatten() {
        let (part, _) = canonical(part.clone());
        if let (Some(before), Some(was)) = (&before, was.get(name))
            && differs(&canonical(was.clone()).0, before).is_some()
        {
            continue;
        }
        let Some(differs) = differs(&part, &folded_found) else { continue };
        let shown = same_part(&part, found);
        // How a product puts it together from the name is its own business, and what else may stand there is judged elsewhere.
        if part.get("displayName").is_some() && !shown.is_null() && shown.as_str() != Some("") {
            continue;
        }
        let sent = in_words(&same_part(&part, &part));
        let actual = Value::Object([(name.clone(), shorten(&shown))].into_iter().collect());
        faults.extend(in_body(differs.pointer, format!("{name} as it was sent: {sent}"), actual));
    }
    Ok(faults)
}

/// A value in which all texts are in small letters, with one space where there are several: RFC 7643 §7 lets a server alter the case
/// of what is not case exact, and that is the default.
fn folded(value: &Value) -> Value {
    match value {
        Value::String(text) => text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ").into(),
        Value::Array(items) => items.iter().map(folded).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), folded(value))).collect(),
        other => other.clone(),
    }
}

/// What a resource has where a part leads: `{"name": {"givenName": …}}` to the given name.
fn same_part(part: &Value, resource: &Value) -> Value {
    match part.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.iter().next()) {
        Some((name, part)) => resource.get(name).map_or(Value::Null, |inner| same_part(part, inner)),
        None => resource.clone(),
    }
}

fn members(wanted: &[String], body: &Body) -> Option<Fault> {
    let Some(found) = body.json() else { return in_body("", "a group", Value::Null) };
    let members = found.get("members").filter(|members| !members.is_null());
    if let Some(other) = members.filter(|members| !members.is_array()) {
        return in_body("/members", exactly(wanted), shorten(other));
    }
    let members = members.into_iter().flat_map(items);
    let mut found: Vec<Option<&str>> = members.clone().map(|member| member.get("value")?.as_str()).collect();
    found.sort_unstable();
    let distinct: std::collections::BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    if found.iter().copied().eq(distinct.into_iter().map(Some)) {
        return None;
    }
    let shown = members.map(|member| member.get("value").unwrap_or(member).clone()).collect();
    in_body("/members", exactly(wanted), shorten(&shown))
}

fn exactly(wanted: &[String]) -> String {
    match wanted {
        [] => "no members".to_owned(),
        [only] => format!("exactly the member {only}"),
        wanted => format!("exactly the members {}", in_words(&wanted.into())),
    }
}

fn location(id: &str, answer: Answer<'_>) -> Option<Fault> {
    let in_meta = answer.body.json().and_then(|body| body.get("meta")?.get("location")).filter(|v| !v.is_null());
    let headers = &answer.response.headers;
    let (place, found) = match in_meta {
        Some(found) => (Place::Body("/meta/location".to_owned()), found.clone()),
        None => match headers.get("Location").or_else(|| headers.get("Content-Location")) {
            Some(text) => (Place::Header("Location".to_owned()), Value::String(text.to_owned())),
            None if answer.bodyless() => return None,
            None => (Place::Body("/meta/location".to_owned()), Value::Null),
        },
    };
    let ends = found.as_str().is_some_and(|text| {
        // Frameworks such as Django end every path in a slash, and say so.
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let path = path.strip_suffix('/').unwrap_or(path);
        let last = path.rsplit('/').next().unwrap_or_default();
        path.contains('/') && percent_encoding::percent_decode_str(last).decode_utf8_lossy() == id
    });
    if ends {
        None
    } else {
        Some(Fault { place, expected: format!("a URI that ends in /{id}"), actual: shorten(&found) })
    }
}

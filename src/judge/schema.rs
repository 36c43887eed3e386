//! The JSON Schemas of SCIM, and their errors as violations of requirements.
//!
//! **Invariant:** the only home of the schema validator. It compiles from what is embedded and fetches nothing.
//!
//! Two keywords are ours. `requirement` names the requirement that the enclosing subschema states: a text for every profile,
//! or an object by profile. A profile that such an object leaves out goes by `rfc`; without `rfc` it is not demanded, and
//! where the profile says `null`, a violation is only worth a note. The nearest `requirement` on the way to the violated
//! keyword decides. `expected` words the demand beside it. A profile may have schemas of its own, whose names end in its name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use serde_json::Value;

use super::matcher::{one_of, shorten};
use crate::requirement::{Level, Registry, Requirement, RequirementId};
use crate::scenario::load::schema_files;

use super::UnknownRequirement;

/// The most errors of one body that are looked at: a long list may have the same one in every element.
const ERRORS_READ: usize = 500;

const PREFIX: &str = "urn:scim-check:schema:";

/// What was found out about schemas, by their names, the bodies and the profile: it is asked for with each case or each answer.
type Known<T> = Mutex<BTreeMap<Vec<&'static str>, Vec<(Of, String, Arc<T>)>>>;

fn known<T: ?Sized>(
    known: &Known<T>,
    names: &[&'static str],
    profile: &str,
    of: Of,
    find_out: impl FnOnce() -> Arc<T>,
) -> Arc<T> {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let mut found = known.get(names).into_iter().flatten();
    if let Some((_, _, found)) = found.find(|(bodies, name, _)| *bodies == of && name == profile) {
        return Arc::clone(found);
    }
    let found = find_out();
    known.entry(names.to_vec()).or_default().push((of, profile.to_owned(), Arc::clone(&found)));
    found
}

/// The bodies that a schema gets to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    /// Objects: whatever is none has been told as such, and is not judged any further.
    Objects,
    /// Whatever comes.
    Anything,
}

/// The schema of that name for a profile. One that has schemas of its own (`User.scim11`) is not held to others.
pub(super) fn of_profile(name: &'static str, profile: &str) -> Option<&'static str> {
    let own = format!(".{profile}");
    match documents().keys().any(|name| name.ends_with(&own)) {
        true => documents().get_key_value(format!("{name}{own}").as_str()).map(|(own, _)| *own),
        false => Some(name),
    }
}

/// The embedded schemas, parsed.
fn documents() -> &'static BTreeMap<&'static str, Value> {
    static DOCUMENTS: OnceLock<BTreeMap<&'static str, Value>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| {
        schema_files()
            .map(|(name, text)| {
                (name, serde_json::from_str(text).expect("embedded schemas are JSON; a test reads each"))
            })
            .collect()
    })
}

/// The schema of that name.
pub(super) fn document(name: &str) -> Option<&'static Value> {
    documents().get(name)
}

/// What a `$ref` in `document` leads to: the schema and the document in which its own references are read.
pub(super) fn follow(reference: &str, document: &'static Value) -> Option<(&'static Value, &'static Value)> {
    let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let target = if uri.is_empty() { document } else { documents().get(uri.strip_prefix(PREFIX)?)? };
    Some((target.pointer(fragment)?, target))
}

/// Whose demands count: `rfc`, or an identity provider that words and weighs some of them in its own way.
pub(super) const RFC: &str = "rfc";

/// What a subschema demands in a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    /// Under this requirement.
    Of(&'static str),
    /// This requirement of the RFCs, which the profile does without.
    NoteOf(&'static str),
    /// Nothing.
    Nothing,
}

fn demand(annotation: &'static Value, profile: &str) -> Demand {
    match annotation {
        Value::String(id) => Demand::Of(id),
        Value::Object(by_profile) => {
            let rfc = by_profile.get(RFC).and_then(Value::as_str);
            match (by_profile.get(profile), rfc) {
                (Some(Value::String(id)), _) => Demand::Of(id),
                (Some(_), Some(rfc)) => Demand::NoteOf(rfc),
                (None, Some(rfc)) => Demand::Of(rfc),
                _ => Demand::Nothing,
            }
        }
        _ => Demand::Nothing,
    }
}

/// A place in a body that its schema does not allow.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Violation {
    /// The requirement; `None` where the schema names none.
    pub(super) requirement: Option<&'static str>,
    /// How binding it is; `May` also where the profile does without it.
    pub(super) level: Level,
    /// In words.
    pub(super) expected: String,
    /// What is there, shortened; `null` for nothing.
    pub(super) actual: Value,
    /// A JSON Pointer into the body.
    pub(super) pointer: String,
    /// Whether an attribute is missing.
    pub(super) missing: bool,
}

/// The compiled schemas.
#[derive(Debug)]
pub(super) struct Schemas {
    /// Each is compiled when it is first used.
    compiled: BTreeMap<&'static str, OnceLock<Validator>>,
    /// None of what is not judged.
    levels: BTreeMap<&'static str, Option<Level>>,
    /// The same requirements, in order: their places here are their numbers in [`Occasions`].
    ids: Vec<RequirementId>,
    reportable: Known<[RequirementId]>,
    occasions: Known<Occasions>,
}

impl Schemas {
    /// Reads what the schemas name; each is compiled when it is first used.
    pub(super) fn new(
        registry: &Registry,
        level: impl Fn(&Requirement) -> Option<Level>,
    ) -> Result<Self, UnknownRequirement> {
        let mut levels = BTreeMap::new();
        for (name, document) in documents() {
            let mut named = BTreeSet::new();
            all_named(document, &mut named);
            for id in named {
                let known = registry
                    .get(id)
                    .ok_or_else(|| UnknownRequirement { schema: (*name).to_owned(), requirement: id.to_owned() })?;
                levels.insert(id, level(known));
            }
        }
        let compiled = documents().keys().map(|name| (*name, OnceLock::new())).collect();
        let ids = levels.keys().copied().map(RequirementId::from).collect();
        Ok(Self { compiled, levels, ids, reportable: Mutex::default(), occasions: Mutex::default() })
    }

    /// The level of a requirement that the schemas name.
    pub(super) fn level(&self, id: &str) -> Level {
        self.levels.get(id).map_or(Level::Must, |level| level.unwrap_or(Level::May))
    }

    /// Every violation, in the order of the schema, including those of no requirement. `null` members must have been taken
    /// out of `body`. An unknown schema allows everything.
    pub(super) fn violations(&self, name: &str, body: &Value, profile: &str) -> Vec<Violation> {
        let (Some(compiled), Some(document)) = (self.compiled.get(name), document(name)) else { return Vec::new() };
        let validator = compiled.get_or_init(|| compile(name));
        // Nearly all bodies are as they should be, and that is found out faster.
        if validator.is_valid(body) {
            return Vec::new();
        }
        validator
            .iter_errors(body)
            .take(ERRORS_READ)
            .filter_map(|error| self.violation(&error, document, profile))
            .collect()
    }

    fn violation(&self, error: &ValidationError<'_>, document: &'static Value, profile: &str) -> Option<Violation> {
        let (annotation, wording) = annotations(document, error.evaluation_path().as_str());
        let (requirement, level) = match annotation.map(|annotation| demand(annotation, profile)) {
            Some(Demand::Of(id) | Demand::NoteOf(id)) if self.levels.get(id) == Some(&None) => return None,
            Some(Demand::Of(id)) => (Some(id), self.level(id)),
            Some(Demand::NoteOf(id)) => (Some(id), Level::May),
            Some(Demand::Nothing) => return None,
            None => (None, Level::Must),
        };
        let mut pointer = error.instance_path().as_str().to_owned();
        let mut missing = false;
        let mut actual = shorten(error.instance());
        if let ValidationErrorKind::Required { property } = error.kind() {
            pointer = child(&pointer, property.as_str().unwrap_or_default());
            missing = true;
            actual = Value::Null;
        }
        let expected = wording.map_or_else(|| words(error.kind()), str::to_owned);
        Some(Violation { requirement, level, expected, actual, pointer, missing })
    }

    /// The requirements of a schema that `body` gives occasion to judge: those whose place is there.
    pub(super) fn occasions(&self, name: &'static str, body: &Value, profile: &str, of: Of, into: &mut Seen) {
        let find_out = || Arc::new(Occasions::of(name, profile, of, &self.ids));
        known(&self.occasions, &[name], profile, of, find_out).collect(0, body, into);
    }

    /// A set of requirements, for a start without any.
    pub(super) fn none_seen(&self) -> Seen {
        Seen(vec![false; self.ids.len()])
    }

    /// Adds a requirement to a set.
    pub(super) fn see(&self, id: &str, into: &mut Seen) {
        if let Ok(number) = number(&self.ids, id) {
            into.0[number] = true;
        }
    }

    /// The requirements of a set, in order.
    pub(super) fn seen(&self, set: &Seen) -> impl Iterator<Item = &RequirementId> {
        self.ids.iter().zip(&set.0).filter(|(_, seen)| **seen).map(|(id, _)| id)
    }

    /// Every requirement that one of these schemas can report as more than a note, in order; of objects only, or of any body.
    pub(super) fn reportable(&self, names: &[&'static str], profile: &str, of: Of) -> Arc<[RequirementId]> {
        known(&self.reportable, names, profile, of, || {
            let mut ids = BTreeSet::new();
            for document in names.iter().filter_map(|name| document(name)) {
                reachable(document, document, profile, of, &mut ids, &mut Vec::new());
            }
            ids.into_iter().filter(|id| self.level(id) > Level::May).map(RequirementId::from).collect()
        })
    }

    /// The requirement that a `$defs` entry names for what a schema cannot say.
    pub(super) fn defined(&self, name: &str, definition: &str, profile: &str) -> Option<&'static str> {
        let annotation = document(name)?.get("$defs")?.get(definition)?.get("requirement")?;
        match demand(annotation, profile) {
            Demand::Of(id) => Some(id),
            Demand::NoteOf(_) | Demand::Nothing => None,
        }
    }
}

fn compile(name: &str) -> Validator {
    built(document(name).expect("only embedded schemas are compiled"))
}

/// The validator of an embedded schema, or of a part of one that refers to no other part of its own.
fn built(schema: &Value) -> Validator {
    static REGISTRY: OnceLock<jsonschema::Registry<'static>> = OnceLock::new();
    let registry = REGISTRY.get_or_init(|| {
        jsonschema::Registry::new()
            .extend(documents().iter().map(|(name, document)| (format!("{PREFIX}{name}"), document)))
            .and_then(jsonschema::RegistryBuilder::prepare)
            .expect("embedded schemas refer to each other only; a test compiles each")
    });
    jsonschema::options()
        .with_registry(registry)
        .with_format("xsd-date-time", is_date_time)
        .with_format("reference", is_reference)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .build(schema)
        .expect("embedded schemas are right; a test compiles each")
}

/// The nearest requirement on an evaluation path, and the wording beside the violated keyword.
fn annotations(document: &'static Value, path: &str) -> (Option<&'static Value>, Option<&'static str>) {
    let mut home = document;
    let mut node = document;
    let mut requirement = None;
    let mut wording = None;
    for segment in path.split('/').skip(1) {
        if let Some(found) = node.get("requirement") {
            requirement = Some(found);
        }
        wording = node.get("expected").and_then(Value::as_str);
        let segment = segment.replace("~1", "/").replace("~0", "~");
        // `$ref` is also the name of an attribute, and then no text.
        let next = match node.get(&segment) {
            Some(Value::String(reference)) if segment == "$ref" => follow(reference, home),
            Some(next) => Some((next, home)),
            None => segment.parse::<usize>().ok().and_then(|index| node.get(index)).map(|next| (next, home)),
        };
        match next {
            Some((next, document)) => (node, home) = (next, document),
            None => break,
        }
    }
    (requirement, wording)
}

/// The parts of a schema that apply to the same value as the schema itself.
fn beside(schema: &'static Value, home: &'static Value) -> Vec<(&'static Value, &'static Value)> {
    let mut parts: Vec<_> =
        schema.get("allOf").and_then(Value::as_array).into_iter().flatten().map(|part| (part, home)).collect();
    parts.extend(schema.get("$ref").and_then(Value::as_str).and_then(|reference| follow(reference, home)));
    parts
}

/// The requirement that a schema itself states for these bodies.
fn stated(schema: &'static Value, profile: &str, of: Of) -> Option<&'static str> {
    // Beside `type: object` alone a requirement is about what is no object: parts and members have requirements of their own.
    let asserts = |keyword: &&str| schema.get(*keyword).is_some();
    let is_about_others = schema.get("type").is_some_and(|kind| kind == "object")
        && !["required", "minProperties", "anyOf", "not", "enum"].iter().any(asserts);
    match demand(schema.get("requirement")?, profile) {
        Demand::Of(id) if !(of == Of::Objects && is_about_others) => Some(id),
        _ => None,
    }
}

/// What a schema gives occasion to judge where. References are followed and the parts that apply to one value are put together
/// beforehand: looking all that up again took longer for most answers than validating them.
#[derive(Debug)]
struct Occasions(Vec<Occasion>);

/// Some of the requirements that the schemas name, by their numbers.
pub(super) struct Seen(Vec<bool>);

fn number(ids: &[RequirementId], id: &str) -> Result<usize, usize> {
    ids.binary_search_by(|known| known.as_str().cmp(id))
}

/// What applies to one value. Numbers are places among all occasions.
#[derive(Debug, Default)]
struct Occasion {
    /// By their numbers.
    ids: Vec<usize>,
    /// A condition, and what applies where it holds and where it does not.
    branches: Vec<(Validator, [Option<usize>; 2])>,
    properties: BTreeMap<&'static str, Vec<usize>>,
    items: Vec<usize>,
}

/// Occasions while they are put together.
struct Growing<'p> {
    profile: &'p str,
    ids: &'p [RequirementId],
    all: Vec<Occasion>,
    /// Schemas nest in themselves: each has one place.
    places: BTreeMap<(*const Value, Of), usize>,
}

impl Growing<'_> {
    /// The place of a schema among all occasions.
    fn place(&mut self, schema: &'static Value, home: &'static Value, of: Of) -> usize {
        let key = (std::ptr::from_ref(schema), of);
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let place = self.all.len();
        self.all.push(Occasion::default());
        self.places.insert(key, place);
        self.grow(place, schema, home, of);
        place
    }

    /// Adds what a schema says to the occasion at a place.
    fn grow(&mut self, at: usize, schema: &'static Value, home: &'static Value, of: Of) {
        let stated = stated(schema, self.profile, of).and_then(|id| number(self.ids, id).ok());
        self.all[at].ids.extend(stated);
        for (part, home) in beside(schema, home) {
            self.grow(at, part, home, of);
        }
        if let Some(condition) = schema.get("if") {
            let branches = ["then", "else"].map(|word| schema.get(word).map(|branch| self.place(branch, home, of)));
            self.all[at].branches.push((built(condition), branches));
        }
        for (name, part) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let place = self.place(part, home, Of::Anything);
            self.all[at].properties.entry(name).or_default().push(place);
        }
        if let Some(part) = schema.get("items") {
            let place = self.place(part, home, Of::Anything);
            self.all[at].items.push(place);
        }
    }
}

impl Occasions {
    /// Those of a schema; the first is about the whole body.
    fn of(name: &str, profile: &str, of: Of, ids: &[RequirementId]) -> Self {
        let mut growing = Growing { profile, ids, all: Vec::new(), places: BTreeMap::new() };
        if let Some(document) = document(name) {
            growing.place(document, document, of);
        }
        Self(growing.all)
    }

    fn collect(&self, at: usize, body: &Value, into: &mut Seen) {
        let Some(occasion) = self.0.get(at) else { return };
        occasion.ids.iter().for_each(|id| into.0[*id] = true);
        for (condition, [met, unmet]) in &occasion.branches {
            if let Some(branch) = if condition.is_valid(body) { *met } else { *unmet } {
                self.collect(branch, body, into);
            }
        }
        match body {
            Value::Object(fields) if !occasion.properties.is_empty() => {
                for (name, value) in fields {
                    for place in occasion.properties.get(name.as_str()).into_iter().flatten() {
                        self.collect(*place, value, into);
                    }
                }
            }
            // The first few show what there is to see, and a list may be long.
            Value::Array(items) => {
                let few = |place| items.iter().take(4).map(move |item| (place, item));
                for (place, item) in occasion.items.iter().flat_map(few) {
                    self.collect(*place, item, into);
                }
            }
            _ => {}
        }
    }
}

fn reachable(
    schema: &'static Value,
    home: &'static Value,
    profile: &str,
    of: Of,
    ids: &mut BTreeSet<&'static str>,
    seen: &mut Vec<*const Value>,
) {
    if seen.contains(&std::ptr::from_ref(schema)) {
        return;
    }
    seen.push(std::ptr::from_ref(schema));
    ids.extend(stated(schema, profile, of));
    for (part, home) in beside(schema, home) {
        reachable(part, home, profile, of, ids, seen);
    }
    for keyword in ["then", "else"] {
        if let Some(part) = schema.get(keyword) {
            reachable(part, home, profile, of, ids, seen);
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|parts| parts.values());
    for part in schema.get("items").into_iter().chain(properties) {
        reachable(part, home, profile, Of::Anything, ids, seen);
    }
    if let Some(Demand::Of(id)) =
        schema.pointer("/$defs/equals-http/requirement").map(|annotation| demand(annotation, profile))
    {
        ids.insert(id);
    }
}

fn all_named(value: &'static Value, into: &mut BTreeSet<&'static str>) {
    match value {
        Value::Object(fields) => {
            match fields.get("requirement") {
                Some(Value::String(id)) => {
                    into.insert(id);
                }
                Some(Value::Object(by_profile)) => into.extend(by_profile.values().filter_map(Value::as_str)),
                _ => {}
            }
            fields.values().for_each(|value| all_named(value, into));
        }
        Value::Array(items) => items.iter().for_each(|item| all_named(item, into)),
        _ => {}
    }
}

/// A pointer one name deeper.
pub(super) fn child(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn words(kind: &ValidationErrorKind) -> String {
    match kind {
        ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => type_words(&kind.to_string()),
        ValidationErrorKind::Type { kind: TypeKind::Multiple(kinds) } => {
            kinds.iter().map(|kind| type_words(&kind.to_string())).collect::<Vec<_>>().join(" or ")
        }
        ValidationErrorKind::Required { .. } => "a value".to_owned(),
        ValidationErrorKind::MinLength { .. } => "a text that is not empty".to_owned(),
        ValidationErrorKind::MinItems { .. } => "an array that is not empty".to_owned(),
        ValidationErrorKind::MinProperties { .. } => "an object that is not empty".to_owned(),
        ValidationErrorKind::Minimum { limit } => format!("at least {limit}"),
        ValidationErrorKind::UniqueItems => "an array without duplicates".to_owned(),
        ValidationErrorKind::Enum { options } => match options.as_array() {
            Some(options) => one_of(options),
            None => "a value that the schema lists".to_owned(),
        },
        ValidationErrorKind::Constant { expected_value } => expected_value.to_string(),
        ValidationErrorKind::Format { format } if format == "xsd-date-time" => {
            "a date and time such as 2008-01-23T04:56:22Z".to_owned()
        }
        ValidationErrorKind::Format { .. } => "a URI".to_owned(),
        _ => "a value that the schema allows".to_owned(),
    }
}

fn type_words(name: &str) -> String {
    match name {
        "array" | "object" | "integer" => format!("a JSON {name}"),
        "null" => "null".to_owned(),
        other => format!("a JSON {other}"),
    }
}

/// `xsd:dateTime` (RFC 7643 §2.3.5): unlike in RFC 3339 the zone may be left out, the `T` may not.
fn is_date_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else { return false };
    let date = date.strip_prefix('-').unwrap_or(date);
    let mut parts = date.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    if year.len() < 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let (Some(month), Some(day)) = (two_digits(month), two_digits(day)) else { return false };
    let zone_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone_at);
    (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day) && is_clock(clock) && is_zone(zone)
}

fn days_in(year: &str, month: u8) -> u8 {
    // The last four digits decide about leap years whatever comes before them: 400 divides 10000.
    let year: u16 = year.get(year.len() - 4..).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    match month {
        2 if year.is_multiple_of(400) || (year.is_multiple_of(4) && !year.is_multiple_of(100)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_clock(text: &str) -> bool {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if fraction.is_some_and(|f| f.is_empty() || !f.bytes().all(|b| b.is_ascii_digit())) {
        return false;
    }
    let parts: Option<Vec<u8>> = whole.split(':').map(two_digits).collect();
    match parts.as_deref() {
        Some([24, 0, 0]) => fraction.is_none_or(|f| f.bytes().all(|b| b == b'0')),
        Some([hour, minute, second]) => *hour < 24 && *minute < 60 && *second <= 60,
        _ => false,
    }
}

fn is_zone(text: &str) -> bool {
    if text.is_empty() || text == "Z" {
        return true;
    }
    match text.strip_prefix(['+', '-']).and_then(|offset| offset.split_once(':')) {
        Some((hours, minutes)) => {
            two_digits(hours).is_some_and(|h| h <= 14) && two_digits(minutes).is_some_and(|m| m < 60)
        }
        None => false,
    }
}

fn two_digits(text: &str) -> Option<u8> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// An absolute or relative URI, as far as a text can be told not to be one (RFC 7643 §2.3.7).
fn is_reference(text: &str) -> bool {
    let is_alien = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"');
    // Nearly all are ASCII, and need not be taken apart into characters.
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"');
    !text.is_empty() && (text.bytes().all(is_plain) || !text.chars().any(is_alien))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// All that some body gives occasion to judge by a schema.
    fn check(name: &'static str, body: &Value, expected: &[&str], others: &[&str]) {
        let registry = crate::scenario::load(None).map(|library| library.registry).unwrap_or_default();
        let schemas =
            Schemas::new(&registry, |requirement| Some(requirement.level)).expect("they name what is registered");
        let mut seen = schemas.none_seen();
        schemas.occasions(name, body, RFC, Of::Objects, &mut seen);
        let seen: Vec<&str> = schemas.seen(&seen).map(RequirementId::as_str).collect();
        let reportable = schemas.reportable(&[name], RFC, Of::Objects);
        for id in expected {
            assert!(seen.contains(id), "{body}: {id} is not among {seen:?}");
        }
        for id in expected.iter().chain(others) {
            assert!(reportable.iter().any(|known| known.as_str() == *id), "{id}");
        }
        assert!(!others.iter().any(|id| seen.contains(id)), "{body}: {seen:?}");
    }

    #[test]
    fn conditions_hold_where_the_validator_says_so() {
        let (failed, done) = ("RFC7644-3.7-bulk-failure-error-body", "RFC7644-3.7-bulk-location-present");
        let answer = |operation: Value| json!({ "Operations": [operation] });
        check("BulkResponse", &answer(json!({ "method": "POST", "status": "409" })), &[failed], &[done]);
        check("BulkResponse", &answer(json!({ "method": "POST", "status": "201" })), &[done], &[failed]);
        check("BulkResponse", &answer(json!({ "method": "POST", "status": 409 })), &[done], &[failed]);
    }

    #[test]
    fn every_schema_with_its_conditions_can_be_compiled() {
        for name in documents().keys() {
            assert!(!Occasions::of(name, RFC, Of::Anything, &[]).0.is_empty(), "{name}");
        }
    }
}

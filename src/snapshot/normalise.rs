//! Stable names for what differs from run to run: ids, dates, versions, the names that a run makes up, the server's address.
//!
//! Equal ids get equal names, so that a wrong id still shows. Order counts only where it means something.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::{Captures, Regex};
use serde_json::{Map, Value, json};

use super::{Snapshot, Step};
use crate::verdict::{Asking, CaseResult, SharedUse};
use crate::wire::{Credential, Exchange, Headers, Request, Response};

/// What a run makes up for a case, and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The name that everything the case creates carries.
    pub unique: &'a str,
    /// The password.
    pub password: &'a str,
    /// The server's base URL.
    pub base_url: &'a str,
}

/// Between these stands the rank of an id until ids are numbered; no text of others may hold them.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// What is said of a list that others have a part in.
const ANYBODY: &str = "[whoever is there]";
const NUMBER: &str = "[number]";
const VERSION: &str = "[version]";

/// Longer texts and lists are cut.
const MOST_CHARS: usize = 4000;
const MOST_ITEMS: usize = 20;

/// Headers of an answer that a client acts upon.
const HEADERS: &[&str] = &["content-type", "location", "etag", "www-authenticate", "retry-after", "allow"];

/// Endpoints whose lists are the server's own.
const DISCOVERY: &[&str] = &["Schemas", "ResourceTypes", "ServiceProviderConfig", "ServiceProviderConfigs"];

/// Ids as many products make them, and moments, wherever they stand.
static VOLATILE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?<id> \b (?: [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12} | [0-9a-fA-F]{32} ) \b )
        | [0-9]{4}-[0-9]{2}-[0-9]{2}[T\ ][0-9]{2}:[0-9]{2}(?: :[0-9]{2}(?: \.[0-9]+ )? )?(?<zone> Z | [+-][0-9]{2}:?[0-9]{2} )?
        | (?<http> [A-Z][a-z]{2},\ [0-9]{2}\ [A-Z][a-z]{2}\ [0-9]{4}\ [0-9]{2}:[0-9]{2}:[0-9]{2}\ GMT )",
    )
    .ok()
});

/// The snapshot of a case that was run to its end.
pub fn take(case: &CaseResult, names: &Names<'_>) -> Snapshot {
    let ran = &case.transcript[..case.transcript.len().saturating_sub(case.swept)];
    let mut normaliser = Normaliser::new(ran, &case.shared, names);
    let judged: HashSet<usize> = case.steps.iter().flat_map(|step| step.exchanges.iter().copied()).collect();
    let first = judged.iter().min().copied().unwrap_or(ran.len());
    let setup = digest(&setup(&ran[..first.min(ran.len())], &mut normaliser));
    let mut steps = Vec::new();
    for step in &case.steps {
        let exchanges: Vec<&Exchange> = step.exchanges.iter().filter_map(|index| ran.get(*index)).collect();
        match step.how {
            Asking::Once => steps.extend(exchanges.iter().map(|exchange| normaliser.once(exchange))),
            Asking::Repeated => steps.extend(normaliser.repeated(&exchanges)),
            Asking::Together => steps.extend(normaliser.together(&exchanges)),
            Asking::Walk => steps.extend(normaliser.walk(&exchanges)),
        }
    }
    let mut numbers = HashMap::new();
    for step in &mut steps {
        number(&mut step.question, &mut numbers);
        number(&mut step.answer, &mut numbers);
    }
    Snapshot { case: case.id.clone(), title: case.title.clone(), setup, steps }
}

/// What prepared the ground. What a `PUT` holds is often what was read before, and so the server's.
fn setup(exchanges: &[Exchange], normaliser: &mut Normaliser) -> Vec<String> {
    let writes = exchanges.iter().filter(|e| e.request.method != "GET" && e.look == 0);
    let mut told: Vec<String> = writes
        .map(|exchange| {
            let mut question = normaliser.question(&exchange.request);
            if exchange.request.method == "PUT" {
                fields(&mut question).shift_remove("body");
            }
            plain(&question)
        })
        .collect();
    // Many at once are told once, whatever their number is called.
    told.dedup();
    told
}

/// FNV-1a, 64 bits: the same on every machine and in every version.
fn digest(lines: &[String]) -> String {
    let bytes = lines.iter().flat_map(|line| line.bytes().chain([b'\n']));
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

fn fields(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(fields) => fields,
        _ => unreachable!("it was made one"),
    }
}

struct Normaliser {
    unique: String,
    password: String,
    /// What stands for the server in URLs, the longest first.
    addresses: Vec<(String, &'static str)>,
    /// Everything that was seen as an id.
    ids: HashSet<String>,
    ours: HashSet<String>,
    /// What it shares with other cases, which put it into groups of theirs.
    lent: HashSet<String>,
    /// How many resources the case created, by collection.
    created: HashMap<String, usize>,
    ranks: HashMap<String, usize>,
}

fn body_of(response: &Response) -> Option<Value> {
    serde_json::from_slice(&response.body).ok()
}

/// The first segment of a path.
fn collection(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or_default();
    path.trim_matches('/').split('/').next().unwrap_or_default()
}

fn is_discovery(path: &str) -> bool {
    DISCOVERY.iter().any(|name| name.eq_ignore_ascii_case(collection(path)))
}

fn as_id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn contains(text: &str, unique: &str) -> bool {
    !unique.is_empty() && text.to_ascii_lowercase().contains(unique)
}

impl Normaliser {
    fn new(ran: &[Exchange], shared: &[SharedUse], names: &Names<'_>) -> Self {
        let base = names.base_url.trim_end_matches('/');
        let origin_end = base.find("://").map_or(0, |at| at + 3);
        let origin_end = base[origin_end..].find('/').map_or(base.len(), |at| origin_end + at);
        let origin = &base[..origin_end];
        let authority = origin.split("://").nth(1).unwrap_or_default();
        let addresses = [(base, "[base]"), (origin, "[host]"), (authority, "[host]")];
        let mut normaliser = Self {
            unique: names.unique.to_ascii_lowercase(),
            password: names.password.to_owned(),
            addresses: addresses.iter().filter(|(t, _)| !t.is_empty()).map(|(t, n)| ((*t).to_owned(), *n)).collect(),
            ids: HashSet::new(),
            ours: HashSet::new(),
            lent: HashSet::new(),
            created: HashMap::new(),
            ranks: HashMap::new(),
        };
        for (index, exchange) in ran.iter().enumerate() {
            if is_discovery(&exchange.request.path) {
                continue;
            }
            let Ok(response) = &exchange.reply else { continue };
            let Some(body) = body_of(response) else { continue };
            normaliser.collect(&body);
            let created = exchange.request.method == "POST" && (200..300).contains(&response.status);
            if let Some(id) = body.get("id").and_then(as_id).filter(|_| created) {
                normaliser.ours.insert(id.clone());
                if shared.iter().any(|used| used.holds(index)) {
                    normaliser.lent.insert(id.clone());
                }
                *normaliser.created.entry(collection(&exchange.request.path).to_owned()).or_default() += 1;
                let rank = normaliser.ranks.len();
                normaliser.ranks.entry(id).or_insert(rank);
            }
        }
        normaliser
    }

    fn collect(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(id) = fields.get("id").and_then(as_id)
                    && !id.starts_with("urn:")
                    && !contains(&id, &self.unique)
                {
                    self.ids.insert(id);
                }
                fields.values().for_each(|value| self.collect(value));
            }
            Value::Array(items) => items.iter().for_each(|value| self.collect(value)),
            _ => {}
        }
    }

    fn rank(&mut self, id: &str) -> String {
        let next = self.ranks.len();
        let rank = *self.ranks.entry(id.to_owned()).or_insert(next);
        format!("{OPEN}{rank:06}{CLOSE}")
    }

    /// A text with stable names. `key` is the attribute whose value it is.
    fn text(&mut self, text: &str, key: &str) -> Value {
        let text: String = text.chars().map(|c| if c == OPEN || c == CLOSE { '\u{fffd}' } else { c }).collect();
        if key.eq_ignore_ascii_case("password") && !text.is_empty() {
            return "[password]".into();
        }
        if self.ids.contains(&text) && (is_telling(&text) || matches!(key, "id" | "value" | "managerId")) {
            return self.rank(&text).into();
        }
        let mut text = if self.password.is_empty() { text } else { text.replace(&self.password, "[password]") };
        for (address, name) in &self.addresses {
            text = replaced(&text, address, name);
        }
        let text = self.without_unique(&text);
        let text = self.without_volatile(&text);
        let text = self.without_ids(&text);
        match text.char_indices().nth(MOST_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]).into(),
            None => text.into(),
        }
    }

    fn without_unique(&self, text: &str) -> String {
        if !contains(text, &self.unique) {
            return text.to_owned();
        }
        let lower = text.to_ascii_lowercase();
        let (mut out, mut at) = (String::new(), 0);
        while let Some(found) = lower[at..].find(&self.unique) {
            let (from, to) = (at + found, at + found + self.unique.len());
            out.push_str(&text[at..from]);
            let written = &text[from..to];
            out.push_str(match written {
                _ if written == self.unique => "[name]",
                _ if !written.contains(|c: char| c.is_ascii_lowercase()) => "[NAME]",
                _ => "[Name]",
            });
            at = to;
        }
        out.push_str(&text[at..]);
        out
    }

    fn without_volatile(&mut self, text: &str) -> String {
        let Some(pattern) = VOLATILE.as_ref() else { return text.to_owned() };
        if !text.contains(|c: char| c.is_ascii_digit()) {
            return text.to_owned();
        }
        let replaced = pattern.replace_all(text, |found: &Captures<'_>| match found.name("id") {
            Some(id) => self.rank(id.as_str()),
            None if found.name("zone").is_some() || found.name("http").is_some() => "[date]".to_owned(),
            None => "[date without zone]".to_owned(),
        });
        replaced.into_owned()
    }

    /// The text with names for the ids in it. A short one counts only where ids stand: in paths and quotes.
    fn without_ids(&mut self, text: &str) -> String {
        if self.ids.is_empty() {
            return text.to_owned();
        }
        let is_mark = |c: char| c.is_whitespace() || "/\"'?&=,()[]{}<>;".contains(c);
        let mut out = String::with_capacity(text.len());
        let mut before = ' ';
        for piece in text.split_inclusive(is_mark) {
            let word = piece.trim_end_matches(is_mark);
            if !word.is_empty() && self.ids.contains(word) && (is_telling(word) || matches!(before, '/' | '"')) {
                out.push_str(&self.rank(word));
                out.push_str(&piece[word.len()..]);
            } else {
                out.push_str(piece);
            }
            before = piece.chars().next_back().unwrap_or(' ');
        }
        out
    }

    fn value(&mut self, value: &Value, key: &str, above: &str) -> Value {
        let is_version = key == "version" && above == "meta";
        match value {
            Value::String(text) if is_version => version(text).into(),
            Value::String(text) => self.text(text, key),
            Value::Number(number) if key == "id" && self.ids.contains(&number.to_string()) => {
                json!({ "number": self.rank(&number.to_string()) })
            }
            Value::Number(number) if number.as_u64().is_some_and(is_moment) => "[date as number]".into(),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.value(item, key, above)).collect();
                // What a PATCH or a bulk request does, it does in its order.
                if key == "Operations" { Value::Array(items) } else { sorted(items) }
            }
            Value::Object(fields) => {
                let mut names: Vec<&String> = fields.keys().collect();
                names.sort_unstable();
                let is_lent = fields.get("id").and_then(as_id).is_some_and(|id| self.lent.contains(&id));
                let groups = fields.get("groups").filter(|_| is_lent).and_then(|groups| self.of_ours(groups));
                let field =
                    |name: &String| if is_lent && name == "groups" { groups.as_ref() } else { fields.get(name) };
                let told =
                    names.into_iter().filter_map(|name| Some((name.clone(), self.value(field(name)?, name, key))));
                told.collect()
            }
            other => other.clone(),
        }
    }

    /// Those groups of a user that the case made itself, if there are any: whether other cases have theirs at that moment is chance.
    fn of_ours(&self, groups: &Value) -> Option<Value> {
        let names_ours = |group: &Value| {
            let id = group.get("value").and_then(as_id);
            id.is_some_and(|id| self.ours.contains(&id)) || contains(&group.to_string(), &self.unique)
        };
        let ours: Vec<Value> = groups.as_array()?.iter().filter(|group| names_ours(group)).cloned().collect();
        (!ours.is_empty()).then_some(Value::Array(ours))
    }

    fn question(&mut self, request: &Request) -> Value {
        let mut question = Map::new();
        question.insert("method".into(), request.method.clone().into());
        // The spelling of a query is part of what is asked: only what was percent-encoded is decoded.
        let path = percent_decode_str(&request.path).decode_utf8_lossy().into_owned();
        question.insert("path".into(), self.text(&path, ""));
        if request.credential != Credential::Own {
            question.insert("credential".into(), request.credential.as_str().into());
        }
        let headers = self.sent(&request.headers);
        if !headers.is_empty() {
            question.insert("headers".into(), Value::Object(headers));
        }
        if let Some(bytes) = request.body.as_ref().filter(|bytes| !bytes.is_empty()) {
            let (name, body) = self.content(bytes);
            question.insert(name.into(), body);
        }
        Value::Object(question)
    }

    fn content(&mut self, bytes: &[u8]) -> (&'static str, Value) {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(body) => ("body", self.value(&body, "", "")),
            Err(_) => ("text", self.text(&String::from_utf8_lossy(bytes), "")),
        }
    }

    /// The headers of a request but for those that every request has.
    fn sent(&mut self, headers: &Headers) -> Map<String, Value> {
        let mut sent: Vec<(String, Value)> = Vec::new();
        for (name, value) in &headers.0 {
            let name = name.to_ascii_lowercase();
            let value = match name.as_str() {
                // How this program names itself asks nothing else.
                "authorization" | "user-agent" | "accept-charset" => continue,
                "accept" | "content-type" if value.starts_with("application/scim+json") => continue,
                "if-match" | "if-none-match" => version(value).into(),
                _ => self.text(value, ""),
            };
            sent.push((name, value));
        }
        sent.sort_by(|one, other| one.0.cmp(&other.0));
        sent.into_iter().collect()
    }

    fn received(&mut self, headers: &Headers) -> Map<String, Value> {
        let mut received = Map::new();
        for name in HEADERS {
            let Some(value) = headers.get(name) else { continue };
            let value = match *name {
                "etag" => version(value).into(),
                "retry-after" => "[given]".into(),
                "content-type" => value.to_ascii_lowercase().replace("; ", ";").into(),
                _ => self.text(value, ""),
            };
            received.insert((*name).to_owned(), value);
        }
        received
    }

    fn head(&mut self, exchange: &Exchange) -> Map<String, Value> {
        let mut answer = Map::new();
        match &exchange.reply {
            Ok(response) => {
                answer.insert("status".into(), response.status.into());
                let headers = self.received(&response.headers);
                if !headers.is_empty() {
                    answer.insert("headers".into(), Value::Object(headers));
                }
            }
            Err(_) => {
                answer.insert("status".into(), "[no answer]".into());
            }
        }
        answer
    }

    fn once(&mut self, exchange: &Exchange) -> Step {
        let question = self.question(&exchange.request);
        let mut answer = self.head(exchange);
        if let Ok(response) = &exchange.reply
            && !response.body.is_empty()
        {
            let (name, body) = match body_of(response) {
                Some(body) => ("body", self.answered(&exchange.request, &body)),
                None => self.content(&response.body),
            };
            answer.insert(name.into(), body);
        }
        Step { question, answer: Value::Object(answer) }
    }

    fn is_ours(&self, resource: &Value) -> bool {
        let id = resource.get("id").and_then(as_id);
        id.is_some_and(|id| self.ours.contains(&id)) || contains(&resource.to_string(), &self.unique)
    }

    /// Whether only what the case created can be in the list that is asked for.
    fn asks_for_ours(&self, request: &Request) -> bool {
        let path = percent_decode_str(&request.path).decode_utf8_lossy().to_ascii_lowercase();
        let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default());
        let is_open = [" ne ", "not (", "not("].iter().any(|word| path.contains(word) || body.contains(word));
        let names_us = contains(&path, &self.unique)
            || contains(&body, &self.unique)
            || self.ours.iter().any(|id| path.contains(&format!("\"{}\"", id.to_ascii_lowercase())));
        names_us && !is_open
    }

    fn answered(&mut self, request: &Request, body: &Value) -> Value {
        if is_discovery(&request.path) {
            return self.value(body, "", "");
        }
        let Value::Object(fields) = body else { return self.value(body, "", "") };
        if let Some(resources) = listed(fields) {
            let ours = resources.iter().all(|resource| self.is_ours(resource));
            let body = if ours && self.asks_for_ours(request) { body.clone() } else { of_anybody(fields) };
            return self.value(&body, "", "");
        }
        let is_resource = fields.contains_key("id") && !is_error(fields);
        if is_resource && !self.is_ours(body) { "[a resource of others]".into() } else { self.value(body, "", "") }
    }

    /// What was sent at the same moment: who won is no matter of the server's.
    fn together(&mut self, exchanges: &[&Exchange]) -> Vec<Step> {
        let mut steps: Vec<Step> = exchanges
            .iter()
            .map(|exchange| {
                let mut question = self.question(&exchange.request);
                fields(&mut question).insert("how".into(), "together with others".into());
                let mut answer = self.head(exchange);
                if let Some(Value::Object(headers)) = answer.get_mut("headers") {
                    headers.retain(|name, _| name == "content-type");
                }
                Step { question, answer: Value::Object(answer) }
            })
            .collect();
        steps.sort_by_cached_key(|step| (plain(&step.question), plain(&step.answer)));
        steps
    }

    /// Many requests that differ in a number: each kind of answer is told once.
    fn repeated(&mut self, exchanges: &[&Exchange]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for exchange in exchanges {
            let Step { mut question, mut answer } = self.once(exchange);
            fields(&mut question).insert("how".into(), "many times".into());
            without_numbers(&mut question);
            without_numbers(&mut answer);
            let step = Step { question, answer };
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        steps.sort_by_cached_key(|step| (plain(&step.question), plain(&step.answer)));
        steps
    }

    /// All pages of a list, as one answer: how many there are depends on others.
    fn walk(&mut self, pages: &[&Exchange]) -> Option<Step> {
        let first = pages.first()?;
        let mut request = first.request.clone();
        let is_paging = |pair: &str| pair.starts_with("startIndex=") || pair.starts_with("count=");
        if let Some((path, query)) = request.path.clone().split_once('?') {
            let rest: Vec<&str> = query.split('&').filter(|pair| !is_paging(pair)).collect();
            request.path = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
        }
        let mut question = self.question(&request);
        fields(&mut question).insert("how".into(), "all pages".into());
        let mut heads: Vec<Value> = pages.iter().map(|page| Value::Object(self.head(page))).collect();
        heads.dedup();
        let mut answer = match heads.as_slice() {
            [Value::Object(head)] => head.clone(),
            _ => [("pages".to_owned(), Value::Array(heads))].into_iter().collect(),
        };
        let mut own: Vec<Value> = Vec::new();
        let mut seen = HashSet::new();
        for page in pages {
            let body = page.reply.as_ref().ok().and_then(body_of);
            let listed = body.as_ref().and_then(Value::as_object).and_then(listed).unwrap_or_default();
            let ours: Vec<&Value> = listed.iter().filter(|resource| self.is_ours(resource)).collect();
            own.extend(ours.into_iter().filter(|r| seen.insert(r.get("id").map(Value::to_string))).cloned());
        }
        // While others create and delete, what was created last may stand on no page: of several, what they have in common is kept.
        let body = if self.created.get(collection(&request.path)).is_some_and(|created| *created > 1) {
            json!({ "Resources of this case look like": own.iter().map(shape).reduce(joined) })
        } else {
            let own = own.iter().map(|resource| self.value(resource, "", "")).collect();
            json!({ "Resources of this case": sorted(own) })
        };
        answer.insert("body".into(), body);
        Some(Step { question, answer: Value::Object(answer) })
    }
}

/// The types of a value and of all that is in it.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "[boolean]".into(),
        Value::Number(_) => NUMBER.into(),
        Value::String(_) => "[text]".into(),
        Value::Array(items) => Value::Array(items.iter().map(shape).reduce(joined).into_iter().collect()),
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            names.into_iter().map(|name| (name.clone(), shape(&fields[name]))).collect()
        }
    }
}

/// The shape of what has one of two shapes.
fn joined(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(mut other)) => {
            let mut all: Vec<(String, Value)> = one
                .into_iter()
                .map(|(name, shape)| match other.shift_remove(&name) {
                    Some(also) => (name, joined(shape, also)),
                    None => (name, shape),
                })
                .collect();
            all.extend(other);
            all.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(all.into_iter().collect())
        }
        (Value::Array(one), Value::Array(other)) => {
            Value::Array(one.into_iter().chain(other).reduce(joined).into_iter().collect())
        }
        (one, other) if one == other => one,
        (one, other) => {
            let mut words: Vec<String> = [one, other]
                .iter()
                .flat_map(|shape| {
                    shape
                        .as_str()
                        .map_or_else(|| shape.to_string(), str::to_owned)
                        .split(" or ")
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                })
                .collect();
            words.sort();
            words.dedup();
            words.join(" or ").into()
        }
    }
}

/// What a list holds; none where it is no list.
fn listed(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    match fields.get("Resources") {
        Some(Value::Array(resources)) => Some(resources.clone()),
        None if fields.contains_key("totalResults") => Some(Vec::new()),
        // A list of another form is shown as it is, but whose it is cannot be told.
        Some(other) => Some(vec![other.clone()]),
        None => None,
    }
}

fn is_error(fields: &Map<String, Value>) -> bool {
    let of_error = |schemas: &Value| schemas.to_string().contains(":Error");
    fields.get("schemas").is_some_and(of_error)
}

/// A list with what depends on the others in it taken out.
fn of_anybody(fields: &Map<String, Value>) -> Value {
    let mut list = fields.clone();
    for name in ["totalResults", "itemsPerPage", "startIndex"] {
        if let Some(value) = list.get_mut(name).filter(|value| value.is_number()) {
            *value = NUMBER.into();
        }
    }
    // An empty list may leave it out.
    let resources = match list.get("Resources") {
        None | Some(Value::Array(_)) => ANYBODY.into(),
        Some(Value::Object(_)) => json!({ ANYBODY: "an object" }),
        Some(other) => other.clone(),
    };
    list.insert("Resources".to_owned(), resources);
    // A page without anybody on it may say less.
    list.retain(|name, _| name != "itemsPerPage" && name != "startIndex");
    Value::Object(list)
}

/// Whether an id cannot be mistaken for a word or a number of another kind.
fn is_telling(id: &str) -> bool {
    id.len() >= 8 && id.contains(|c: char| c.is_ascii_digit())
}

/// Seconds or milliseconds since 1970, from 2017 to 2065.
fn is_moment(number: u64) -> bool {
    (1_500_000_000..3_000_000_000).contains(&number) || (1_500_000_000_000..3_000_000_000_000).contains(&number)
}

fn version(text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        "*" => "*".to_owned(),
        weak if weak.starts_with("W/") => format!("W/{VERSION}"),
        _ => VERSION.to_owned(),
    }
}

/// The text with a name for an address, wherever it is not part of a longer one.
fn replaced(text: &str, address: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(address) {
        let (before, after) = (&rest[..at], &rest[at + address.len()..]);
        let goes_on = after.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        out.push_str(before);
        out.push_str(if goes_on { address } else { name });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// By content, without regard to which id is which; then by id, so that the order is the same in every run.
fn sorted(items: Vec<Value>) -> Value {
    let mut items = items;
    items.sort_by_cached_key(|item| {
        let text = item.to_string();
        (without_ranks(&text), text)
    });
    if items.len() > MOST_ITEMS {
        let more = items.len() - MOST_ITEMS;
        items.truncate(MOST_ITEMS);
        items.push(format!("[and {more} more]").into());
    }
    Value::Array(items)
}

fn without_ranks(text: &str) -> String {
    let mut inside = false;
    let keep = |c: &char| {
        match *c {
            OPEN => inside = true,
            CLOSE => inside = false,
            _ => return !inside,
        }
        true
    };
    text.chars().filter(keep).collect()
}

fn plain(value: &Value) -> String {
    without_ranks(&value.to_string())
}

/// Takes out the numbers that tell one of many from the others.
fn without_numbers(value: &mut Value) {
    match value {
        Value::String(text) => {
            let plain = without_ranks(text).replace([OPEN, CLOSE], "").len();
            let has_id = plain < text.len();
            let mut out =
                if has_id { without_ranks(text).replace(&format!("{OPEN}{CLOSE}"), "[id]") } else { text.clone() };
            if out.to_ascii_lowercase().contains("[name]") {
                let mut numbered = String::new();
                for c in out.chars() {
                    match c {
                        '0'..='9' if numbered.ends_with("[n]") => {}
                        '0'..='9' => numbered.push_str("[n]"),
                        other => numbered.push(other),
                    }
                }
                out = numbered;
            }
            *text = out;
        }
        Value::Array(items) => items.iter_mut().for_each(without_numbers),
        Value::Object(fields) => fields.values_mut().for_each(without_numbers),
        _ => {}
    }
}

/// Numbers the ids by their first appearance.
fn number(value: &mut Value, numbers: &mut HashMap<String, usize>) {
    match value {
        Value::String(text) if text.contains(OPEN) => {
            let mut out = String::new();
            let mut rest = text.as_str();
            while let Some(at) = rest.find(OPEN) {
                out.push_str(&rest[..at]);
                let after = &rest[at + OPEN.len_utf8()..];
                let end = after.find(CLOSE).unwrap_or(after.len());
                let next = numbers.len() + 1;
                let n = *numbers.entry(after[..end].to_owned()).or_insert(next);
                out.push_str(&format!("[id {n}]"));
                rest = after[end..].strip_prefix(CLOSE).unwrap_or_default();
            }
            out.push_str(rest);
            *text = out;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| number(item, numbers)),
        Value::Object(fields) => fields.values_mut().for_each(|field| number(field, numbers)),
        _ => {}
    }
}

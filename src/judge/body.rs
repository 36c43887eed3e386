//! A response body, parsed once, with SCIM's names in SCIM's spelling.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value};

use super::schema::{child, document, follow};
use crate::wire::Response;

/// How much of a body that is not JSON is kept.
const TEXT_SHOWN: usize = 200;

/// Bodies that a [`Reader`] remembers.
const REMEMBERED: usize = 64;

/// Larger bodies than this are not remembered.
const LARGEST_REMEMBERED: usize = 64 * 1024;

/// A response body, parsed once.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No byte, or white space only.
    None,
    /// JSON. Names that SCIM defines are rewritten to their canonical spelling, so that paths and schemas find them
    /// (RFC 7643 §2.1: names are case-insensitive).
    Json {
        /// The rewritten value.
        value: Arc<Value>,
        /// What was rewritten.
        renamed: Vec<Renamed>,
    },
    /// Something else; its beginning.
    NotJson(String),
}

impl Body {
    /// The JSON value, when there is one.
    pub fn json(&self) -> Option<&Value> {
        match self {
            Body::Json { value, .. } => Some(value),
            Body::None | Body::NotJson(_) => None,
        }
    }

    /// The same, to keep.
    pub fn shared(&self) -> Option<Arc<Value>> {
        match self {
            Body::Json { value, .. } => Some(Arc::clone(value)),
            Body::None | Body::NotJson(_) => None,
        }
    }
}

/// A name that the server spelled in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// Where it now is: a JSON Pointer with canonical names.
    pub pointer: String,
    /// How the server spelled the last name of the pointer.
    pub spelled: String,
    /// How RFC 7643 or RFC 7644 spells it.
    pub canonical: String,
}

/// Parses the body of a response.
pub fn body(response: &Response) -> Body {
    let bytes = response.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&response.body);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Body::None;
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => {
            let (value, renamed) = canonical(value);
            Body::Json { value: Arc::new(value), renamed }
        }
        Err(_) => {
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(TEXT_SHOWN * 4)]);
            Body::NotJson(text.chars().take(TEXT_SHOWN).collect())
        }
    }
}

/// Parses bodies, and remembers some. A server shows one resource in the same words again and again, first in answer to what
/// created it and then to each who asks: most answers say nothing that was not parsed just now.
#[derive(Debug, Default)]
pub struct Reader(Mutex<VecDeque<(Vec<u8>, Body)>>);

impl Reader {
    /// The same as [`body`].
    pub fn read(&self, response: &Response) -> Body {
        let bytes = &response.body;
        if bytes.is_empty() || bytes.len() > LARGEST_REMEMBERED {
            return body(response);
        }
        if let Some(known) = self.known(bytes) {
            return known;
        }
        let body = body(response);
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.pop_front();
        }
        remembered.push_back((bytes.clone(), body.clone()));
        body
    }

    /// What is known of these bytes, which then are the last to be forgotten.
    fn known(&self, bytes: &[u8]) -> Option<Body> {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = remembered.iter().rposition(|(known, _)| known == bytes)?;
        let known = remembered.remove(place)?;
        let body = known.1.clone();
        remembered.push_back(known);
        Some(body)
    }
}

/// A value with SCIM's names in their canonical spelling, and what had to be rewritten.
pub(super) fn canonical(mut value: Value) -> (Value, Vec<Renamed>) {
    let mut renamed = Vec::new();
    respell(&mut value, Names::Root, At::Top, &mut renamed);
    (value, renamed)
}

/// Which names may be met.
#[derive(Clone, Copy, Debug)]
enum Names {
    /// Those of a resource or message, which says itself what it is.
    Root,
    /// Those of an attribute.
    Of(&'static Tree),
}

/// Names that may be met.
#[derive(Debug, Default)]
struct Tree {
    /// In their canonical spelling, with what may be met below them.
    names: BTreeMap<String, Below>,
    /// The canonical spelling by the lower-case one.
    canonical: BTreeMap<String, String>,
}

impl Tree {
    /// The canonical spelling of a name in whatever spelling.
    fn canonical(&self, name: &str) -> Option<&String> {
        self.canonical.get(&name.to_lowercase())
    }
}

#[derive(Debug)]
enum Below {
    /// A resource or message of its own: a listed resource, the answer inside a bulk answer.
    Root,
    Tree(Tree),
}

impl Below {
    fn respell(&'static self, value: &mut Value, at: At<'_>, renamed: &mut Vec<Renamed>) {
        match self {
            _ if !(value.is_object() || value.is_array()) => {}
            Below::Root => respell(value, Names::Root, at, renamed),
            Below::Tree(tree) => respell(value, Names::Of(tree), at, renamed),
        }
    }
}

/// A place in a body, put into words only where something has to be said about it.
#[derive(Clone, Copy)]
enum At<'a> {
    Top,
    Field(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl At<'_> {
    fn pointer(self) -> String {
        match self {
            At::Top => String::new(),
            At::Field(above, name) => child(&above.pointer(), name),
            At::Item(above, index) => format!("{}/{index}", above.pointer()),
        }
    }
}

fn respell(value: &mut Value, names: Names, at: At<'_>, renamed: &mut Vec<Renamed>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                if item.is_object() || item.is_array() {
                    respell(item, names, At::Item(&at, index), renamed);
                }
            }
        }
        Value::Object(fields) => {
            let tree = match names {
                Names::Root => tree_of(fields),
                Names::Of(tree) => tree,
            };
            let mut in_another_spelling = false;
            for (name, value) in fields.iter_mut() {
                match tree.names.get(name) {
                    Some(below) => below.respell(value, At::Field(&at, name), renamed),
                    None => in_another_spelling |= tree.canonical(name).is_some(),
                }
            }
            if !in_another_spelling {
                return;
            }
            let old = std::mem::take(fields);
            let taken: Vec<String> = old.keys().cloned().collect();
            for (name, mut value) in old {
                let canonical = if tree.names.contains_key(&name) { None } else { tree.canonical(&name) };
                match canonical {
                    // Two spellings of one name stay as they are: which one counts is not ours to say.
                    Some(canonical) if !taken.contains(canonical) && !fields.contains_key(canonical) => {
                        let at = At::Field(&at, canonical);
                        renamed.push(Renamed { pointer: at.pointer(), spelled: name, canonical: canonical.clone() });
                        if let Some(below) = tree.names.get(canonical) {
                            below.respell(&mut value, at, renamed);
                        }
                        fields.insert(canonical.clone(), value);
                    }
                    _ => {
                        fields.insert(name, value);
                    }
                }
            }
        }
        _ => {}
    }
}

/// The schemas whose names are told apart, and those that stand together where a body does not say what it is.
const KINDS: &[&str] =
    &["User", "Group", "ListResponse", "Error", "BulkResponse", "ServiceProviderConfig", "ResourceType", "Schema"];
const UNNAMED: &[&str] = &["User", "Group", "ListResponse", "Error"];

struct Trees {
    by_kind: BTreeMap<&'static str, Tree>,
    unnamed: Tree,
    unknown: Tree,
}

fn trees() -> &'static Trees {
    static TREES: OnceLock<Trees> = OnceLock::new();
    TREES.get_or_init(|| Trees {
        by_kind: KINDS.iter().map(|kind| (*kind, tree(&[kind]))).collect(),
        unnamed: tree(UNNAMED),
        unknown: tree(&["Resource"]),
    })
}

fn tree_of(fields: &Map<String, Value>) -> &'static Tree {
    let trees = trees();
    let schemas = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("schemas")).map(|(_, value)| value);
    let mut urns = schemas.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).peekable();
    if urns.peek().is_none() {
        return &trees.unnamed;
    }
    urns.find_map(kind_of_urn).and_then(|kind| trees.by_kind.get(kind)).unwrap_or(&trees.unknown)
}

/// The schema for a URN in `schemas`.
pub(super) fn kind_of_urn(urn: &str) -> Option<&'static str> {
    const HOMES: [&str; 2] = ["urn:ietf:params:scim:schemas:core:2.0:", "urn:ietf:params:scim:api:messages:2.0:"];
    let below = |home: &&str| {
        let (begin, name) = urn.split_at_checked(home.len())?;
        begin.eq_ignore_ascii_case(home).then_some(name)
    };
    let name = HOMES.iter().find_map(below)?;
    KINDS.iter().copied().find(|kind| kind.eq_ignore_ascii_case(name))
}

fn tree(kinds: &[&str]) -> Tree {
    let mut tree = Tree::default();
    for document in kinds.iter().filter_map(|kind| document(kind)) {
        grow(&mut tree, document, document, 0);
    }
    tree
}

fn grow(tree: &mut Tree, schema: &'static Value, home: &'static Value, depth: usize) {
    // Attribute definitions nest in themselves; SCIM allows one level of sub-attributes.
    if depth > 4 {
        return;
    }
    if let Some((schema, home)) = schema.get("$ref").and_then(Value::as_str).and_then(|r| follow(r, home)) {
        grow(tree, schema, home, depth);
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        grow(tree, part, home, depth);
    }
    if let Some(items) = schema.get("items") {
        grow(tree, items, home, depth);
    }
    for (name, part) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let root = name == "Resources" || (name == "response" && depth == 1);
        tree.canonical.insert(name.to_lowercase(), name.clone());
        let new = if root { Below::Root } else { Below::Tree(Tree::default()) };
        if let Below::Tree(below) = tree.names.entry(name.clone()).or_insert(new) {
            grow(below, part, home, depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Headers;

    #[test]
    fn what_is_remembered_is_what_would_be_read() {
        let reader = Reader::default();
        let text = |n: usize| format!(r#"{{"ID":"{n}","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}}"#);
        let large = format!("[{}1]", "1,".repeat(LARGEST_REMEMBERED));
        let others = ["".to_owned(), "no JSON".to_owned(), large];
        let bodies: Vec<String> = (0..REMEMBERED + 5).map(text).chain(others).collect();
        for bytes in bodies.iter().chain(&bodies).chain([&bodies[0], &bodies[0]]) {
            let response = Response { status: 200, headers: Headers::default(), body: bytes.clone().into_bytes() };
            assert_eq!(reader.read(&response), body(&response), "{bytes}");
        }
        let remembered = reader.0.lock().expect("nobody panicked");
        assert_eq!(remembered.len(), REMEMBERED);
        assert!(remembered.iter().all(|(bytes, _)| bytes.len() <= LARGEST_REMEMBERED));
    }
}

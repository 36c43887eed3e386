//! A response body, parsed once, with SCIM's names in SCIM's spelling.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::schema::{child, document, follow};
use crate::wire::Response;

/// How much of a body that is not JSON is kept.
const TEXT_SHOWN: usize = 200;

/// A response body, parsed once.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No byte, or white space only.
    None,
    /// JSON. Names that SCIM defines are rewritten to their canonical spelling, so that paths and schemas find them
    /// (RFC 7643 §2.1: names are case-insensitive).
    Json {
        /// The rewritten body. It is shared: what a case remembers of an answer is often the whole of it.
        value: Arc<Value>,
        /// What was rewritten.
        renamed: Vec<Renamed>,
    },
    /// Something else; its beginning.
    NotJson(String),
}

impl Body {
    /// The whole of it, when it is JSON.
    pub fn json(&self) -> Option<&Value> {
        self.shared().map(Arc::as_ref)
    }

    /// The same, for whoever keeps it.
    pub fn shared(&self) -> Option<&Arc<Value>> {
        match self {
            Body::Json { value, .. } => Some(value),
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
    match serde_json::from_slice(bytes).ok() {
        Some(value) => {
            let (value, renamed) = canonical(value);
            Body::Json { value: Arc::new(value), renamed }
        }
        None => {
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(TEXT_SHOWN * 4)]);
            Body::NotJson(text.chars().take(TEXT_SHOWN).collect())
        }
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
    /// In their canonical spelling, with what may be met below them; the short ones first, for most differ in length already.
    names: Vec<(String, Below)>,
    /// The canonical spelling by the lower-case one.
    canonical: BTreeMap<String, String>,
}

impl Tree {
    fn search(&self, name: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|(known, _)| (known.len(), known.as_str()).cmp(&(name.len(), name)))
    }

    /// What may be met below a name in its canonical spelling.
    fn below(&self, name: &str) -> Option<&Below> {
        self.search(name).ok().map(|place| &self.names[place].1)
    }

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
                Names::Root => {
                    let schemas = fields.iter().find(|(name, _)| is_schemas(name)).map(|(_, value)| value);
                    tree_of(schemas.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str))
                }
                Names::Of(tree) => tree,
            };
            let mut in_another_spelling = false;
            for (name, value) in fields.iter_mut() {
                match tree.below(name) {
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
                let canonical = if tree.below(&name).is_some() { None } else { tree.canonical(&name) };
                match canonical {
                    // Two spellings of one name stay as they are: which one counts is not ours to say.
                    Some(canonical) if !taken.contains(canonical) && !fields.contains_key(canonical) => {
                        let at = At::Field(&at, canonical);
                        renamed.push(Renamed { pointer: at.pointer(), spelled: name, canonical: canonical.clone() });
                        if let Some(below) = tree.below(canonical) {
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

/// The one URN of SCIM 1.1, which does not say of what kind something is, and what it may be.
const CORE_OF_V1: &str = "urn:scim:schemas:core:1.0";
const OF_V1: &[&str] = &["User.scim11", "Group.scim11", "ListResponse.scim11", "ServiceProviderConfig.scim11"];

struct Trees {
    by_kind: BTreeMap<&'static str, Tree>,
    of_v1: Tree,
    unnamed: Tree,
    unknown: Tree,
}

fn trees() -> &'static Trees {
    static TREES: OnceLock<Trees> = OnceLock::new();
    TREES.get_or_init(|| Trees {
        by_kind: KINDS.iter().map(|kind| (*kind, tree(&[kind]))).collect(),
        of_v1: tree(OF_V1),
        unnamed: tree(UNNAMED),
        unknown: tree(&["Resource"]),
    })
}

fn is_schemas(name: &str) -> bool {
    name.eq_ignore_ascii_case("schemas")
}

/// The names in what says that it is of these schemas.
fn tree_of<'a>(urns: impl Iterator<Item = &'a str>) -> &'static Tree {
    let trees = trees();
    let mut urns = urns.peekable();
    if urns.peek().is_none() {
        return &trees.unnamed;
    }
    let tree = |urn: &str| match urn.eq_ignore_ascii_case(CORE_OF_V1) {
        true => Some(&trees.of_v1),
        false => kind_of_urn(urn).and_then(|kind| trees.by_kind.get(kind)),
    };
    urns.find_map(tree).unwrap_or(&trees.unknown)
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
        let place = tree.search(name).unwrap_or_else(|place| {
            tree.names.insert(place, (name.clone(), new));
            place
        });
        if let Below::Tree(below) = &mut tree.names[place].1 {
            grow(below, part, home, depth + 1);
        }
    }
}

/// The body without its `null` members: RFC 7643 §2.5 makes them the same as members that are not there. What is no JSON is
/// `null`.
pub(super) fn without_nulls(body: &Body) -> Cow<'_, Value> {
    match body.json() {
        Some(value) if has_null(value) => Cow::Owned(stripped(value)),
        Some(value) => Cow::Borrowed(value),
        None => Cow::Owned(Value::Null),
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().any(has_null),
        Value::Array(items) => items.iter().any(has_null),
        _ => false,
    }
}

fn stripped(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let there = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(there.map(|(name, value)| (name.clone(), stripped(value))).collect())
        }
        Value::Array(items) => items.iter().map(stripped).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Headers;

    #[test]
    fn a_body_is_read_as_its_value_is_rewritten() {
        for (text, is_canonical) in [
            (r#"{"id":"1","meta":{"resourceType":"User"},"emails":[{"value":"a","primary":true}]}"#, true),
            (r#"{"id":"1","Meta":{"resourcetype":"User"}}"#, false),
            (r#"{"id":"1","meta":{"resourcetype":"User"}}"#, false),
            (r#"{"emails":[{"value":"a"},{"Value":"b"}]}"#, false),
            (r#"{"Id":"1","id":"2"}"#, true),
            (r#"{"id":"1","unknown":{"Id":"2","USERNAME":"x"}}"#, true),
            (
                r#"{"totalResults":1,"Resources":[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"members":[]}]}"#,
                true,
            ),
            (
                r#"{"totalResults":1,"Resources":[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"Members":[]}]}"#,
                false,
            ),
            (r#"{"totalResults":1,"resources":[{"ID":"1"}]}"#, false),
            (r#"{"SCHEMAS":["urn:ietf:params:scim:schemas:core:2.0:User"],"members":[],"MEMBERS":1}"#, false),
            (r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"MEMBERS":1}"#, true),
            (r#"[{"ID":1}]"#, false),
            (r#"[1,"ID",{"id":[]}]"#, true),
            ("7", true),
        ] {
            let response = Response { status: 200, headers: Headers::default(), body: text.to_owned().into_bytes() };
            let value: Value = serde_json::from_str(text).expect("it is JSON");
            let (rewritten, renamed) = canonical(value.clone());
            assert_eq!((rewritten == value, renamed.is_empty()), (is_canonical, is_canonical), "{text}");
            assert_eq!(body(&response), Body::Json { value: Arc::new(rewritten), renamed }, "{text}");
        }
    }
}

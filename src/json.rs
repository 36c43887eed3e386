//! JSON as somebody sent it, in one piece and only to be looked at.
//!
//! Most of what a run reads is looked at once, in a few places. As [`Value`]s the answers of a run are some hundred thousand
//! texts and tables, each with memory of its own, and to make and to drop them took longer than to judge them. A [`Document`]
//! has two pieces of memory, and makes a [`Value`] of itself when it is asked for one.
//!
//! **Invariant:** a document says what the [`Value`] of the same text says. Of members of one name the last one counts.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Of objects with more members than this a map finds out whether two have one name: to compare each with each takes long.
const FEW: usize = 64;

/// A JSON value that was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// All texts and names, without escapes, one behind the other.
    text: String,
    /// What there is, in the order of the text: behind an array its elements, behind an object its names, each with its value.
    pieces: Vec<Piece>,
    /// Shared, so that a copy of the document costs no copy of it.
    value: OnceLock<Arc<Value>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Null,
    Bool(bool),
    Number(Number),
    /// Where it is in the text.
    Text {
        from: usize,
        to: usize,
    },
    Array(Extent),
    Object(Extent),
}

/// How many elements or members there are, and the place behind the last of them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Extent {
    count: usize,
    end: usize,
}

/// `null`.
impl Default for Document {
    fn default() -> Self {
        Self { text: String::new(), pieces: vec![Piece::Null], value: OnceLock::new() }
    }
}

/// Equal are documents with the same members in the same order.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.pieces == other.pieces && self.text == other.text
    }
}

/// Keeps the value as the one that it says.
impl From<Value> for Document {
    fn from(value: Value) -> Self {
        let document = Self::from(&value);
        Self { value: OnceLock::from(Arc::new(value)), ..document }
    }
}

impl From<&Value> for Document {
    fn from(value: &Value) -> Self {
        let mut document = Self::empty(0);
        document.add(value);
        document
    }
}

impl Document {
    /// Reads a text; `None` when it is not JSON.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut document = Self::empty(text.len());
        let mut names = Names::default();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        Gather { document: &mut document, names: &mut names }.deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        if names.doubtful {
            return serde_json::from_str::<Value>(text).ok().map(Self::from);
        }
        Some(document)
    }

    /// Without any piece, which no document is that others see; with room for what a text of so many bytes says.
    fn empty(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), pieces: Vec::with_capacity(bytes / 16), value: OnceLock::new() }
    }

    /// The whole.
    pub fn root(&self) -> Node<'_> {
        Node { document: self, at: 0 }
    }

    /// The whole as a value, made when it is first asked for.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| Arc::new(self.root().to_value()))
    }

    /// Whether `null` is in it anywhere.
    pub fn has_null(&self) -> bool {
        self.pieces.contains(&Piece::Null)
    }

    fn add_text(&mut self, text: &str) {
        let from = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece::Text { from, to: self.text.len() });
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Null => self.pieces.push(Piece::Null),
            Value::Bool(bool) => self.pieces.push(Piece::Bool(*bool)),
            Value::Number(number) => self.pieces.push(Piece::Number(number.clone())),
            Value::String(text) => self.add_text(text),
            Value::Array(items) => {
                let at = self.open();
                items.iter().for_each(|item| self.add(item));
                self.pieces[at] = Piece::Array(self.extent(items.len()));
            }
            Value::Object(fields) => {
                let at = self.open();
                for (name, value) in fields {
                    self.add_text(name);
                    self.add(value);
                }
                self.pieces[at] = Piece::Object(self.extent(fields.len()));
            }
        }
    }

    /// Keeps a place for what can be said only when its parts are there.
    fn open(&mut self) -> usize {
        self.pieces.push(Piece::Null);
        self.pieces.len() - 1
    }

    /// The extent of what ends here.
    fn extent(&self, count: usize) -> Extent {
        Extent { count, end: self.pieces.len() }
    }
}

/// The names in the objects that are being read, in short: names that differ may look the same.
#[derive(Default)]
struct Names {
    open: Vec<u64>,
    /// Whether an object may name a member twice.
    doubtful: bool,
}

impl Names {
    /// Adds a name to the object whose names begin at `first`.
    fn add(&mut self, first: usize, name: &str) {
        let bytes = name.as_bytes();
        let short = match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(begin), Some(end)) => u64::from_le_bytes(*begin) ^ u64::from_le_bytes(*end).rotate_left(29),
            _ => bytes.iter().fold(0, |short, byte| short << 8 | u64::from(*byte)),
        };
        let short = short ^ (name.len() as u64) << 56;
        let known = &self.open[first..];
        self.doubtful = self.doubtful || known.len() >= FEW || known.contains(&short);
        self.open.push(short);
    }
}

/// Adds what is read to a document.
struct Gather<'d> {
    document: &'d mut Document,
    names: &'d mut Names,
}

impl Gather<'_> {
    fn again(&mut self) -> Gather<'_> {
        Gather { document: self.document, names: self.names }
    }

    fn put(self, piece: Piece) {
        self.document.pieces.push(piece);
    }
}

impl<'de> DeserializeSeed<'de> for Gather<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Gather<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put(Piece::Null);
        Ok(())
    }

    fn visit_bool<E: Error>(self, bool: bool) -> Result<(), E> {
        self.put(Piece::Bool(bool));
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.put(Piece::Number(number.into()));
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.put(Piece::Number(number.into()));
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.put(Number::from_f64(number).map_or(Piece::Null, Piece::Number));
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.document.add_text(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let at = self.document.open();
        let mut count = 0;
        while items.next_element_seed(self.again())?.is_some() {
            count += 1;
        }
        self.document.pieces[at] = Piece::Array(self.document.extent(count));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        let at = self.document.open();
        let first = self.names.open.len();
        let mut begin = self.document.text.len();
        while fields.next_key_seed(self.again())?.is_some() {
            self.names.add(first, &self.document.text[begin..]);
            fields.next_value_seed(self.again())?;
            begin = self.document.text.len();
        }
        let count = self.names.open.len() - first;
        self.names.open.truncate(first);
        self.document.pieces[at] = Piece::Object(self.document.extent(count));
        Ok(())
    }
}

/// A value in a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    document: &'a Document,
    at: usize,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(&'a Number),
    /// A text, without escapes.
    Text(&'a str),
    /// A list.
    Array(Items<'a>),
    /// Members with names.
    Object(Fields<'a>),
}

impl<'a> Node<'a> {
    /// What it is.
    #[inline]
    pub fn kind(self) -> Kind<'a> {
        match self.piece() {
            Piece::Null => Kind::Null,
            Piece::Bool(bool) => Kind::Bool(*bool),
            Piece::Number(number) => Kind::Number(number),
            Piece::Text { from, to } => Kind::Text(&self.document.text[*from..*to]),
            Piece::Array(extent) => Kind::Array(Items(self.parts(extent.count))),
            Piece::Object(extent) => Kind::Object(Fields(self.parts(extent.count))),
        }
    }

    #[inline]
    fn piece(self) -> &'a Piece {
        &self.document.pieces[self.at]
    }

    #[inline]
    fn parts(self, left: usize) -> Parts<'a> {
        Parts { document: self.document, at: self.at + 1, left }
    }

    /// The document that it is in.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// Its place among all of its document.
    pub fn place(self) -> usize {
        self.at
    }

    /// The place behind all that belongs to it.
    #[inline]
    fn end(self) -> usize {
        match self.piece() {
            Piece::Array(extent) | Piece::Object(extent) => extent.end,
            _ => self.at + 1,
        }
    }

    /// Its elements; none when it is no list.
    #[inline]
    pub fn items(self) -> Items<'a> {
        Items(self.parts(if let Piece::Array(extent) = self.piece() { extent.count } else { 0 }))
    }

    /// Its members; none when it is no object.
    #[inline]
    pub fn fields(self) -> Fields<'a> {
        Fields(self.parts(if let Piece::Object(extent) = self.piece() { extent.count } else { 0 }))
    }

    /// The member of that name.
    pub fn get(self, name: &str) -> Option<Node<'a>> {
        self.fields().named(name)
    }

    /// The text that it is.
    #[inline]
    pub fn as_str(self) -> Option<&'a str> {
        if let Piece::Text { from, to } = self.piece() { Some(&self.document.text[*from..*to]) } else { None }
    }

    /// The number that it is, when it is a whole one of this range.
    pub fn as_u64(self) -> Option<u64> {
        if let Kind::Number(number) = self.kind() { number.as_u64() } else { None }
    }

    /// The number that it is.
    pub fn as_f64(self) -> Option<f64> {
        if let Kind::Number(number) = self.kind() { number.as_f64() } else { None }
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        matches!(self.piece(), Piece::Null)
    }

    /// Whether it is a list.
    pub fn is_array(self) -> bool {
        matches!(self.piece(), Piece::Array(_))
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        matches!(self.piece(), Piece::Object(_))
    }

    /// Whether it is this value: numbers by what they are worth, objects whatever the order of their members.
    pub fn equals(self, value: &Value) -> bool {
        match (self.kind(), value) {
            (Kind::Null, Value::Null) => true,
            (Kind::Bool(own), Value::Bool(other)) => own == *other,
            (Kind::Number(own), Value::Number(other)) => is_same_number(own, other),
            (Kind::Text(own), Value::String(other)) => own == other,
            (Kind::Array(own), Value::Array(other)) => {
                own.len() == other.len() && own.zip(other).all(|(own, other)| own.equals(other))
            }
            (Kind::Object(mut own), Value::Object(other)) => {
                own.len() == other.len()
                    && own.all(|(name, own)| other.get(name).is_some_and(|other| own.equals(other)))
            }
            _ => false,
        }
    }

    /// A copy of its own.
    pub fn to_value(self) -> Value {
        match self.kind() {
            Kind::Null => Value::Null,
            Kind::Bool(bool) => Value::Bool(bool),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.to_owned()),
            Kind::Array(items) => Value::Array(items.map(Node::to_value).collect()),
            Kind::Object(fields) => {
                let mut copy = Map::with_capacity(fields.len());
                copy.extend(fields.map(|(name, value)| (name.to_owned(), value.to_value())));
                Value::Object(copy)
            }
        }
    }

    /// The same, without a copy where the document has a value of its own: of the whole.
    pub fn value(self) -> Cow<'a, Value> {
        if self.at == 0 { Cow::Borrowed(self.document.value()) } else { Cow::Owned(self.to_value()) }
    }
}

/// Whether two numbers are worth the same. Whole ones may be too large to be told apart as fractions.
pub fn is_same_number(a: &Number, b: &Number) -> bool {
    match (a.as_i64(), b.as_i64(), a.as_u64(), b.as_u64()) {
        (Some(a), Some(b), _, _) => a == b,
        (_, _, Some(a), Some(b)) => a == b,
        _ => a.as_f64() == b.as_f64(),
    }
}

/// As JSON text.
impl std::fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(f)
    }
}

/// The parts of a list or an object that are still to come.
#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    document: &'a Document,
    at: usize,
    left: usize,
}

impl<'a> Parts<'a> {
    #[inline]
    fn advance(&mut self) -> Node<'a> {
        let node = Node { document: self.document, at: self.at };
        self.at = node.end();
        node
    }
}

/// The elements of a list.
#[derive(Clone, Debug)]
pub struct Items<'a>(Parts<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    #[inline]
    fn next(&mut self) -> Option<Node<'a>> {
        self.0.left = self.0.left.checked_sub(1)?;
        Some(self.0.advance())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left, Some(self.0.left))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The members of an object, each with its name.
#[derive(Clone, Debug)]
pub struct Fields<'a>(Parts<'a>);

impl<'a> Fields<'a> {
    /// The one of that name, of those that are still to come.
    pub fn named(mut self, name: &str) -> Option<Node<'a>> {
        let document = self.0.document;
        while self.0.left > 0 {
            self.0.left -= 1;
            let known = self.0.advance();
            let value = self.0.advance();
            // Most names differ in length already.
            if let Piece::Text { from, to } = known.piece()
                && to - from == name.len()
                && document.text.as_bytes()[*from..*to] == *name.as_bytes()
            {
                return Some(value);
            }
        }
        None
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, Node<'a>);

    #[inline]
    fn next(&mut self) -> Option<(&'a str, Node<'a>)> {
        self.0.left = self.0.left.checked_sub(1)?;
        // A name is a text by the way it came here.
        let name = self.0.advance().as_str().unwrap_or_default();
        Some((name, self.0.advance()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left, Some(self.0.left))
    }
}

impl ExactSizeIterator for Fields<'_> {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_says_what_the_value_says() {
        let many = |members: usize| (0..members).map(|n| format!(r#""m{n}": {n}, "#)).collect::<String>();
        let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for text in [
            "null",
            " true ",
            "0",
            "-1",
            "18446744073709551615",
            "18446744073709551616",
            "1.0",
            "1e400",
            "-0",
            "\"\"",
            r#""a\u00e9\ud83d\ude00\n\"b""#,
            "\"é😀\"",
            r#""\ud800""#,
            "[]",
            "{}",
            "[[], {}, [{}], null]",
            r#"{"a": {"b": [1, {"c": "d"}], "e": ""}, "f\n": false, "": [""]}"#,
            r#"{"a": 1, "b": {"a": 2}, "a": [3]}"#,
            r#"[{"x": 1}, {"y": {"x": 1, "x": {"z": 0}}}]"#,
            &format!(r#"{{{}"end": {{}}}}"#, many(FEW - 1)),
            &format!(r#"{{{}"m3": {{}}}}"#, many(FEW - 1)),
            &format!(r#"{{{}"end": {{}}}}"#, many(100_000)),
            &format!(r#"{{{}"m3": {{}}}}"#, many(100_000)),
            r#"{"aaaaaaaaXbbbbbbbb": 1, "aaaaaaaaYbbbbbbbb": 2}"#,
            &deep(100),
            &deep(200),
            "",
            "{",
            "[1,]",
            r#"{"a" 1}"#,
            "1 2",
            "{\"a\": \u{0}}",
            "<html>",
        ] {
            let value: Option<Value> = serde_json::from_str(text).ok();
            let document = Document::parse(text.as_bytes());
            assert_eq!(document.as_ref().map(Document::value), value.as_ref(), "{text}");
            let Some((document, value)) = document.zip(value) else { continue };
            assert_eq!(document, Document::from(&value), "{text}");
            assert!(document.root().equals(&value), "{text}");
            assert_eq!(document.has_null(), text.contains("null"), "{text}");
            assert_eq!(document.root().to_string(), value.to_string(), "{text}");
        }
        assert_eq!(Document::parse(b"\"\xff\""), None);
        assert_eq!(Document::default().value(), &Value::Null);
    }

    #[test]
    fn what_is_looked_for_is_what_the_value_has() {
        let value = json!({
            "id": "1", "n": 2, "a/b~": { "": [null, { "x": true }, "é"] }, "list": [[1.5], [], {}], "last": {}
        });
        let document = Document::from(&value);
        let root = document.root();
        for name in ["id", "n", "list", "x", "last", ""] {
            assert_eq!(root.get(name).map(Node::to_value).as_ref(), value.get(name), "{name}");
        }
        assert_eq!(root.get("id").and_then(Node::as_str), Some("1"));
        assert_eq!(root.get("n").and_then(Node::as_u64), Some(2));
        let first = root.get("list").and_then(|list| list.items().flat_map(Node::items).next());
        assert_eq!(first.and_then(Node::as_f64), Some(1.5));
        assert_eq!((root.fields().len(), root.items().len()), (5, 0));
        assert_eq!(
            root.get("list").map(|list| list.items().map(|item| item.items().len()).collect()),
            Some(vec![1, 0, 0])
        );
    }

    #[test]
    fn values_are_equal_by_what_they_say() {
        let document = Document::from(&json!({ "a": [1, 2.0, null], "b": { "c": false, "d": "x" } }));
        let equals = |value: &Value| document.root().equals(value);
        assert!(equals(&json!({ "b": { "d": "x", "c": false }, "a": [1.0, 2, null] })));
        assert!(!equals(&json!({ "b": { "d": "x", "c": true }, "a": [1.0, 2, null] })));
        assert!(!equals(&json!({ "b": { "d": "x" }, "a": [1, 2, null] })));
        assert!(!equals(&json!({ "b": { "d": "x", "c": false }, "a": [2, 1, null] })));
        assert!(!equals(&json!({ "b": { "d": "x", "c": false }, "a": [1, 2] })));
        assert!(!equals(&json!({ "b": { "d": "x", "e": false }, "a": [1, 2, null] })));
        assert!(!Document::from(&json!("1")).root().equals(&json!(1)));
        let large = Document::from(&json!(9_007_199_254_740_993_u64));
        assert!(large.root().equals(&json!(9_007_199_254_740_993_u64)));
        assert!(!large.root().equals(&json!(9_007_199_254_740_992_u64)));
        assert!(!Document::from(&json!(u64::MAX)).root().equals(&json!(i64::MAX)));
    }
}

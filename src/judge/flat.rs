//! Documents as the schema validator sees them.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{self, Json, NodeIdentity, cmp};
use serde_json::{Number, Value};

use crate::json::{Document, Fields, Items, Kind, Node};

/// The way in which a [`Document`] keeps JSON.
pub(super) struct Flat;

impl Json for Flat {
    type Node<'a> = Node<'a>;
    type PreparedKey = String;
    type StringBuffer = Document;

    /// A look at all members finds one by each name that it is asked for.
    const KEYS_PER_LOOKUP: usize = 4;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut Document, string: &str, f: impl FnOnce(Node<'_>) -> T) -> T {
        *buffer = Document::from(&Value::from(string));
        f(buffer.root())
    }
}

impl<'a> json::Node<'a, Flat> for Node<'a> {
    type Object = Fields<'a>;
    type Array = Items<'a>;
    type Number = &'a Number;

    fn as_object(&self) -> Option<Fields<'a>> {
        if let Kind::Object(fields) = self.kind() { Some(fields) } else { None }
    }

    fn as_array(&self) -> Option<Items<'a>> {
        if let Kind::Array(items) = self.kind() { Some(items) } else { None }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.as_str().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<&'a Number> {
        if let Kind::Number(number) = self.kind() { Some(number) } else { None }
    }

    fn as_boolean(&self) -> Option<bool> {
        if let Kind::Bool(bool) = self.kind() { Some(bool) } else { None }
    }

    fn is_null(&self) -> bool {
        matches!(self.kind(), Kind::Null)
    }

    fn json_type(&self) -> JsonType {
        match self.kind() {
            Kind::Null => JsonType::Null,
            Kind::Bool(_) => JsonType::Boolean,
            Kind::Number(_) => JsonType::Number,
            Kind::Text(_) => JsonType::String,
            Kind::Array(_) => JsonType::Array,
            Kind::Object(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match (self.kind(), expected) {
            (Kind::Text(text), Value::String(expected)) => text == expected,
            (Kind::Text(_), _) | (_, Value::String(_)) => false,
            _ => cmp::equal(&self.to_value(), expected),
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        self.value()
    }

    fn identity(&self) -> Option<NodeIdentity> {
        let place = u32::try_from(self.place()).ok()?;
        Some(NodeIdentity::tagged(std::ptr::from_ref(self.document()).addr(), place))
    }
}

impl<'a> json::Object<'a, Flat> for Fields<'a> {
    type Node = Node<'a>;
    type MemberName = &'a str;
    type MembersIter = Self;

    fn len(&self) -> usize {
        ExactSizeIterator::len(self)
    }

    fn get(&self, key: &String) -> Option<Node<'a>> {
        self.clone().named(key)
    }

    fn members(&self) -> Self {
        self.clone()
    }
}

impl<'a> json::Array<'a, Flat> for Items<'a> {
    type Node = Node<'a>;
    type ElementsIter = Self;

    fn len(&self) -> usize {
        ExactSizeIterator::len(self)
    }

    fn elements(&self) -> Self {
        self.clone()
    }
}

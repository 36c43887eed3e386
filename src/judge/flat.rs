//! Documents as the schema validator sees them.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{self, Json, NodeIdentity};
use serde_json::{Number, Value};

use crate::json::{Document, Fields, Items, Kind, Node};

/// The way in which a [`Document`] keeps JSON.
pub(super) struct Flat;

impl Json for Flat {
    type Node<'a> = Node<'a>;
    type PreparedKey = String;
    type StringBuffer = Document;

    /// To find one member all are looked at: a single pass for several names costs no more.
    const KEYS_PER_LOOKUP: usize = 4;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    /// For `propertyNames`, of which our schemas have none.
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
        self.equals(expected)
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

#[cfg(test)]
mod tests {
    use jsonschema::Validator;
    use jsonschema::json::{SerdeJson, cmp, unique};
    use serde_json::json;

    use super::super::schema::{compile, names};
    use super::*;

    /// Where a body breaks which part of a schema, and with what.
    fn errors<'i, F: Json>(validator: &'i Validator<F>, body: F::Node<'i>) -> Vec<(String, String, Value)> {
        let told = |error: jsonschema::ValidationError<'_>| {
            let (place, rule) = (error.instance_path().to_string(), error.evaluation_path().to_string());
            (place, rule, error.instance().clone().into_owned())
        };
        validator.iter_errors(body).map(told).collect()
    }

    #[test]
    fn a_document_breaks_a_schema_where_the_value_does() {
        let user = "urn:ietf:params:scim:schemas:core:2.0:User";
        let mut broken = 0;
        for name in names() {
            let (flat, whole) = (compile::<Flat>(name), compile::<SerdeJson>(name));
            for body in [
                json!(null),
                json!([1]),
                json!({}),
                json!({ "schemas": [user], "id": "1", "userName": "é", "active": true, "emails": [{ "value": "a" }] }),
                json!({ "schemas": [user, user], "id": 1, "userName": "", "active": "true", "emails": {}, "name": [] }),
                json!({ "schemas": "x", "meta": { "created": "now", "location": 7 }, "groups": [[], { "value": null }] }),
                json!({ "totalResults": 1.0, "startIndex": -1, "Resources": [{ "id": "1" }, 2], "itemsPerPage": "1" }),
                json!({ "status": 404, "scimType": "unknown", "detail": [] }),
                json!({ "Operations": [{ "op": "Add", "path": 1 }, { "op": "jump" }], "failOnErrors": 1.5 }),
                json!({ "patch": { "supported": "yes" }, "filter": { "maxResults": 1e3 }, "authenticationSchemes": 1 }),
                json!({ "attributes": [{ "name": "a", "type": "text", "subAttributes": [{}], "multiValued": 0 }] }),
            ] {
                let document = Document::from(&body);
                let (found, wanted) = (errors(&flat, document.root()), errors(&whole, &body));
                assert_eq!(found, wanted, "{name}: {body}");
                assert_eq!(flat.is_valid(document.root()), wanted.is_empty(), "{name}: {body}");
                broken += wanted.len();
            }
        }
        assert!(broken > 100, "{broken}");
    }

    #[test]
    fn a_document_is_counted_and_compared_as_the_value_is() {
        let values = [json!(null), json!(true), json!(1), json!(1.0), json!("1"), json!([1, 1]), json!({ "a": [2.0] })];
        for one in &values {
            let document = Document::from(one);
            let node: Node<'_> = document.root();
            for other in &values {
                assert_eq!(json::Node::<Flat>::equals_value(&node, other), cmp::equal(one, other), "{one} {other}");
            }
            let is_unique = json::Node::<Flat>::as_array(&node).map(|items| json::Array::<Flat>::is_unique(&items));
            assert_eq!(is_unique, one.as_array().map(|items| unique::is_unique(items)), "{one}");
        }
        let mut buffer = Document::default();
        let length = Flat::with_string_node(&mut buffer, "héé", |node| json::Node::<Flat>::string_length(&node));
        assert_eq!(length, Some(3));
    }
}

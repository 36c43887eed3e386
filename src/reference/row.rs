//! One stored resource.

use serde_json::{Map, Value};

use super::schema::Kind;

/// The stored attributes of a resource, under their canonical names.
pub(crate) type Document = Map<String, Value>;

/// A resource as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// Its place in the order of its table.
    pub(crate) position: i64,
    pub(crate) document: Document,
    pub(crate) created: String,
    pub(crate) modified: String,
    /// Counts the changes, from 1.
    pub(crate) revision: u64,
}

impl Row {
    pub(crate) fn text(&self, attribute: &str) -> Option<&str> {
        self.document.get(attribute).and_then(Value::as_str)
    }

    /// Whether the account may be used; a group always may.
    pub(crate) fn is_active(&self) -> bool {
        self.document.get("active") != Some(&Value::Bool(false))
    }

    /// The ids in `members`; none for a user.
    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        self.document
            .get("members")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|member| member.get("value").and_then(Value::as_str))
    }
}

/// A member as it is stored.
pub(crate) fn stored_member(id: &str, kind: Kind) -> Value {
    let mut member = Map::new();
    member.insert("value".to_owned(), Value::String(id.to_owned()));
    member.insert("type".to_owned(), Value::String(kind.name().to_owned()));
    Value::Object(member)
}

/// Random bits in the form of a UUID.
pub(crate) fn uuid(random: u128) -> String {
    let hex = format!("{random:032x}");
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// Whether a text has the form of a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    let dash = |place: usize| matches!(place, 8 | 13 | 18 | 23);
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match dash(place) {
            true => byte == b'-',
            false => byte.is_ascii_hexdigit(),
        })
}

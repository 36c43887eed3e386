//! A resource as clients see it: stored attributes with the derived ones, whole or in part.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::filter::Record;
use super::query::Projection;
use super::row::Row;
use super::schema::{Kind, Named, Returned, Schema, resolve};
use super::store::Tables;

/// What stands for itself in a path: RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One resource, seen in its surroundings.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) row: &'a Row,
    pub(crate) base_url: &'a str,
}

impl View<'_> {
    /// The whole resource.
    pub(crate) fn render(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("schemas".to_owned(), self.schemas());
        shown.insert("id".to_owned(), Value::String(self.row.id.clone()));
        for (name, value) in &self.row.document {
            let value = match (name.as_str(), value) {
                ("password" | "members", _) => continue,
                (_, Value::Object(extension)) if name.contains(':') => self.extension(extension),
                _ => value.clone(),
            };
            shown.insert(name.clone(), value);
        }
        match self.row.kind {
            Kind::Group => {
                shown.insert("members".to_owned(), self.members());
            }
            Kind::User => {
                if let Some(groups) = self.groups() {
                    shown.insert("groups".to_owned(), groups);
                }
            }
            Kind::Role | Kind::Entitlement => {}
        }
        shown.insert("meta".to_owned(), self.meta());
        Value::Object(shown)
    }

    /// The URI of the resource.
    pub(crate) fn location(&self) -> String {
        location(self.base_url, self.row.kind, &self.row.id)
    }

    /// The weak entity tag: it changes with the resource, and with what is shown of its neighbours.
    pub(crate) fn version(&self) -> String {
        let mut hasher = DefaultHasher::new();
        let mut neighbours = 0_usize;
        let mut note = |row: &Row| {
            neighbours += 1;
            (&row.id, name_of(row)).hash(&mut hasher);
        };
        match self.row.kind {
            Kind::User => self.memberships().into_iter().for_each(|(group, _)| note(group)),
            Kind::Group => self.row.members().filter_map(|id| self.tables.any(id)).for_each(|member| note(member)),
            Kind::Role | Kind::Entitlement => {}
        }
        match neighbours {
            0 => format!("W/\"{}\"", self.row.revision),
            _ => format!("W/\"{}-{:016x}\"", self.row.revision, hasher.finish()),
        }
    }

    fn schemas(&self) -> Value {
        let core = self.row.kind.schema().id;
        let extensions = self.row.kind.extensions().iter().map(|schema| schema.id);
        let used = extensions.filter(|id| self.row.document.contains_key(*id));
        // Those of a product's own are in no table.
        let known = |name: &&str| self.row.kind.extensions().iter().any(|schema| schema.id == *name);
        let names = self.row.document.keys().map(String::as_str).filter(|name| name.starts_with("urn:"));
        Value::from_iter(std::iter::once(core).chain(used).chain(names.filter(|name| !known(name))))
    }

    fn meta(&self) -> Value {
        json!({
            "resourceType": self.row.kind.name(),
            "created": self.row.created,
            "lastModified": self.row.modified,
            "location": self.location(),
            "version": self.version(),
        })
    }

    fn members(&self) -> Value {
        self.row
            .members()
            .filter_map(|id| self.tables.any(id))
            .map(|member| render_member(member, self.base_url))
            .collect()
    }

    /// The groups the user is in, directly or through another group; `None` when there are none.
    fn groups(&self) -> Option<Value> {
        let groups = self.memberships();
        let shown = groups.iter().map(|(group, how)| {
            json!({
                "value": group.id,
                "$ref": location(self.base_url, Kind::Group, &group.id),
                "display": name_of(group),
                "type": how,
            })
        });
        (!groups.is_empty()).then(|| shown.collect())
    }

    fn memberships(&self) -> Vec<(&Row, &'static str)> {
        let mut found: Vec<(&Row, &'static str)> = Vec::new();
        let mut seen = HashSet::new();
        let mut next: Vec<&str> = vec![&self.row.id];
        let mut how = "direct";
        while !next.is_empty() {
            let mut outer = Vec::new();
            for group in next.iter().flat_map(|id| self.tables.groups_with(id)) {
                if seen.insert(group.position) {
                    found.push((group, how));
                    outer.push(group.id.as_str());
                }
            }
            next = outer;
            how = "indirect";
        }
        found
    }

    /// An extension, with the manager's name and URI looked up.
    fn extension(&self, extension: &Map<String, Value>) -> Value {
        let mut shown = extension.clone();
        if let Some(Value::Object(manager)) = shown.get_mut("manager") {
            let id = manager.get("value").and_then(Value::as_str);
            let found = id.and_then(|id| self.tables.of(Kind::User).by_id(id));
            if let Some(found) = found {
                manager.entry("$ref").or_insert_with(|| json!(location(self.base_url, Kind::User, &found.id)));
                if let Some(name) = found.text("displayName") {
                    manager.insert("displayName".to_owned(), json!(name));
                }
            }
        }
        Value::Object(shown)
    }
}

impl Record for View<'_> {
    fn get(&self, extension: Option<&'static Schema>, name: &str) -> Option<Cow<'_, Value>> {
        let document = &self.row.document;
        if let Some(schema) = extension {
            let Some(Value::Object(fields)) = document.get(schema.id) else {
                return None;
            };
            return match name {
                "manager" => match self.extension(fields) {
                    Value::Object(mut shown) => shown.shift_remove(name).map(Cow::Owned),
                    _ => None,
                },
                _ => fields.get(name).map(Cow::Borrowed),
            };
        }
        match name {
            "password" => None,
            "id" => Some(Cow::Owned(Value::String(self.row.id.clone()))),
            "schemas" => Some(Cow::Owned(self.schemas())),
            "meta" => Some(Cow::Owned(self.meta())),
            "members" => Some(Cow::Owned(self.members())),
            "groups" => self.groups().map(Cow::Owned),
            name => document.get(name).map(Cow::Borrowed),
        }
    }
}

/// A member of a group, as it is shown.
pub(crate) fn render_member(member: &Row, base_url: &str) -> Value {
    json!({
        "value": member.id,
        "$ref": location(base_url, member.kind, &member.id),
        "display": name_of(member),
        "type": member.kind.name(),
    })
}

fn name_of(row: &Row) -> &str {
    row.text("displayName").or_else(|| row.text("userName")).unwrap_or_default()
}

fn location(base_url: &str, kind: Kind, id: &str) -> String {
    format!("{base_url}/{}/{}", kind.endpoint(), utf8_percent_encode(id, SEGMENT))
}

/// Reduces a shown resource; names nobody knows have no effect.
pub(crate) fn project(kind: Kind, shown: Value, projection: &Projection) -> Value {
    match projection {
        Projection::Whole => shown,
        Projection::Only(names) => only(kind, &shown, names),
        Projection::Without(names) => without(kind, shown, names),
    }
}

fn only(kind: Kind, shown: &Value, names: &[String]) -> Value {
    let mut kept = Map::new();
    for name in ["schemas", "id"] {
        kept.insert(name.to_owned(), shown[name].clone());
    }
    for named in names.iter().filter_map(|name| resolve(kind, name)) {
        match named {
            Named::Schema(schema) if std::ptr::eq(schema, kind.schema()) => {
                for attribute in schema.attributes {
                    copy(shown, &mut kept, attribute.name, None);
                }
            }
            Named::Schema(schema) => copy(shown, &mut kept, schema.id, None),
            Named::Attribute(target) => {
                let sub = target.sub.map(|sub| sub.name);
                match target.extension {
                    None => copy(shown, &mut kept, target.attribute.name, sub),
                    Some(schema) => {
                        let Some(fields) = shown.get(schema.id) else {
                            continue;
                        };
                        let inner = kept.entry(schema.id).or_insert_with(|| Value::Object(Map::new()));
                        if let Value::Object(inner) = inner {
                            copy(fields, inner, target.attribute.name, sub);
                        }
                    }
                }
            }
        }
    }
    Value::Object(kept)
}

/// Copies an attribute, or one sub-attribute of each of its values, next to what is already there.
fn copy(shown: &Value, kept: &mut Map<String, Value>, name: &str, sub: Option<&str>) {
    let Some(value) = shown.get(name) else {
        return;
    };
    let Some(sub) = sub else {
        kept.insert(name.to_owned(), value.clone());
        return;
    };
    let entry = kept.entry(name).or_insert_with(|| match value {
        Value::Array(values) => values.iter().map(|_| json!({})).collect(),
        _ => json!({}),
    });
    let pairs: Vec<(&Value, &mut Value)> = match (value, entry) {
        (Value::Array(values), Value::Array(entries)) => values.iter().zip(entries).collect(),
        (value, entry) => vec![(value, entry)],
    };
    for (value, entry) in pairs {
        if let (Some(value), Some(entry)) = (value.get(sub), entry.as_object_mut()) {
            entry.insert(sub.to_owned(), value.clone());
        }
    }
}

fn without(kind: Kind, mut shown: Value, names: &[String]) -> Value {
    for named in names.iter().filter_map(|name| resolve(kind, name)) {
        match named {
            Named::Schema(schema) => {
                if let Some(shown) = shown.as_object_mut() {
                    shown.shift_remove(schema.id);
                }
            }
            Named::Attribute(target) => {
                let container = match target.extension {
                    None => Some(&mut shown),
                    Some(schema) => shown.get_mut(schema.id),
                };
                let Some(Value::Object(container)) = container else {
                    continue;
                };
                match target.sub {
                    None if target.attribute.returned == Returned::Always => {}
                    None => {
                        container.shift_remove(target.attribute.name);
                    }
                    Some(sub) => match container.get_mut(target.attribute.name) {
                        Some(Value::Array(values)) => values.iter_mut().for_each(|value| {
                            value.as_object_mut().map(|value| value.shift_remove(sub.name));
                        }),
                        Some(Value::Object(value)) => {
                            value.shift_remove(sub.name);
                        }
                        _ => {}
                    },
                }
            }
        }
    }
    shown
}

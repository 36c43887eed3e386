//! One row per declared attribute, for scenarios that look at each of them: what a provider sends for it, and with what it is changed.
//!
//! **Invariant:** only what an owner declares has a row, and only where a value is known that a right server must take.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::capability::ATTRIBUTE_TABLES;
use crate::persona::{Persona, Version};
use crate::scim::{ENTERPRISE, Kind, TYPED, V1_CORE, V1_ENTERPRISE};

use super::attribute::{Attribute, AttributeType, Use, of_enterprise};
use super::{AttributeRows, Target};

/// What other scenarios look at in more depth than one value after the other could, where a persona does not say.
const ELSEWHERE: &[&str] = &["userName", "password", "active", "groups", "externalId"];

/// What other scenarios look at, too; one by one only where the owner says what a user may be given.
const GRANTED: &[&str] = &["roles", "entitlements"];

/// Two values that a right server takes for what RFC 7643 §4.1 describes more narrowly than as text.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("locale", "en-US", "de-AT"),
    ("preferredLanguage", "en-US", "de-AT"),
    ("timezone", "America/New_York", "Europe/Vienna"),
    ("profileUrl", "https://example.com/first", "https://example.com/second"),
    ("userType", "Employee", "Contractor"),
    ("employeeNumber", "00420", "00421"),
    ("costCenter", "04130", "04131"),
    ("country", "US", "AT"),
    ("postalCode", "02134", "01010"),
    // Reserved for fiction, and of a form that those who check numbers take.
    ("phoneNumbers", "+12065550100", "+12065550101"),
    ("ims", "first.handle", "second.handle"),
    ("photos", "https://example.com/first.png", "https://example.com/second.png"),
];

/// Values that a product may look at more closely than RFC 7643 does: those of real users. None begins with a zero, which is tried
/// elsewhere.
const PLAUSIBLE: &[(&str, &str, &str)] = &[
    ("name.middleName", "Quentin", "Ruth"),
    ("name.honorificPrefix", "Dr.", "Prof."),
    ("name.honorificSuffix", "III", "Jr."),
    ("nickName", "Janie", "Jay"),
    ("title", "Engineer", "Manager"),
    ("addresses.streetAddress", "100 Market Street", "200 Market Street"),
    ("addresses.locality", "San Francisco", "Oakland"),
    ("addresses.region", "CA", "NY"),
    ("addresses.postalCode", "94107", "94607"),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "42137", "42138"),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", "4130", "4131"),
];

/// A declared attribute, or one type of its values.
struct Facet<'a> {
    attribute: &'a Attribute,
    /// Such as `work`; of an attribute of several values only.
    of_type: Option<&'a str>,
    /// The version of SCIM that it is sent in.
    version: Version,
}

/// Whether scenarios of that persona that are about something else look at an attribute, so that it has no row.
fn is_elsewhere(persona: &Persona, path: &str) -> bool {
    match &persona.attributes.elsewhere {
        Some(paths) => paths.iter().any(|known| known == path),
        None => ELSEWHERE.contains(&path),
    }
}

impl Target {
    /// The rows for that persona's scenarios that look at each attribute, by the name of the table; see `scenarios/README.md`.
    pub fn attribute_rows(&self, persona: &Persona) -> AttributeRows {
        let mut tables: BTreeMap<&'static str, Vec<Map<String, Value>>> =
            ATTRIBUTE_TABLES.iter().map(|(name, _)| (*name, Vec::new())).collect();
        let mut add = |table: &'static str, row: Value| {
            if let (Some(rows), Value::Object(row)) = (tables.get_mut(table), row) {
                rows.push(row);
            }
        };
        let (mut together, mut changed) = (json!({}), json!({}));
        let (mut imported, mut later) = (Map::new(), Map::new());
        for facet in self.facets(persona) {
            let Some((first, second)) = facet.samples() else { continue };
            let (name, uses) = (facet.name(self), &facet.attribute.uses);
            let part = facet.part(first.clone());
            let shown = patch(&part);
            let value = facet.resource(first.clone());
            if uses.contains(&Use::Create) {
                add(
                    "created",
                    json!({ "attribute": name, "value": value, "expected": shown, "parts": { &name: shown } }),
                );
            }
            if let (true, Some(second)) = (uses.contains(&Use::Update), &second) {
                let (changed, shown) = (facet.resource(second.clone()), patch(&facet.part(second.clone())));
                let (patch, each) = (patch(&changed), json!({ &name: shown }));
                add(
                    "updated",
                    json!({ "attribute": name, "value": value, "changed": changed, "patch": patch, "expected": shown, "parts": each }),
                );
                if facet.is_free_text() {
                    add("text", facet.awkward(&name));
                }
            }
            if uses.contains(&Use::Clear) && facet.can_be_empty() {
                // Whoever has none may be given a default (RFC 7644, section 3.5.1), which is less likely to be the second value.
                let gone = second.as_ref().unwrap_or(&first).clone();
                let (value, shown) = (facet.resource(gone.clone()), patch(&facet.part(gone)));
                let mut clear = |table, column: &str, cleared: Value| {
                    let (patch, each) = (patch(&cleared), json!({ &name: shown }));
                    add(
                        table,
                        json!({ "attribute": name, "value": value, "expected": shown, column: cleared, "patch": patch, "parts": each }),
                    );
                };
                clear("cleared", "cleared", facet.cleared());
                // An empty displayName is tried elsewhere, where a product may have it.
                if facet.is_free_text() && facet.attribute.path != "displayName" {
                    clear("emptied", "emptied", facet.resource(json!("")));
                }
            }
            if uses.contains(&Use::Import) && uses.contains(&Use::Create) {
                join(&mut together, &part);
                imported.insert(name.clone(), shown);
                if let (true, Some(second)) = (uses.contains(&Use::Update), second) {
                    let part = facet.part(second);
                    join(&mut changed, &part);
                    later.insert(name, patch(&part));
                }
            }
        }
        let (shown, changed_to) = (patch(&together), patch(&changed));
        with_what_is_always_sent(&mut together);
        if !imported.is_empty() {
            let row = json!({ "attribute": "all", "combined": together, "expected": shown, "parts": imported });
            add("all-imported", row);
        }
        if !later.is_empty() {
            keep_beside(&mut changed, &together);
            let changes = patch(&changed);
            let row = json!({
                "attribute": "all", "combined": together, "changes": changes, "expected": changed_to, "parts": later
            });
            add("all-reimported", row);
        }
        tables
    }

    fn facets(&self, persona: &Persona) -> impl Iterator<Item = Facet<'_>> {
        let version = persona.version;
        let listed = self.attributes.iter().flatten().filter(|a| !is_elsewhere(persona, &a.path));
        listed.flat_map(move |attribute| {
            let several = TYPED.contains(&attribute.top());
            let types: Vec<Option<&str>> = match attribute.by_type.as_slice() {
                [] if several => vec![Some("work")],
                [] => vec![None],
                types => types.iter().map(|t| Some(t.as_str())).collect(),
            };
            types.into_iter().map(move |of_type| Facet { attribute, of_type, version })
        })
    }

    /// The declared attributes as their rows are named, with what may be done with each; those without a row with the reason.
    pub fn attribute_names(&self) -> Vec<DeclaredAttribute> {
        let nobody = Persona::default();
        let mut all = Vec::new();
        for attribute in self.attributes.iter().flatten() {
            let of_it = |facet: &Facet<'_>| facet.attribute.path == attribute.path;
            let facets: Vec<Facet<'_>> = self.facets(&nobody).filter(of_it).collect();
            let path = attribute.path.as_str();
            let no_samples = facets.iter().all(|facet| facet.samples().is_none());
            let [elsewhere, unknown] = DeclaredAttribute::UNCHECKED;
            let unchecked = if ELSEWHERE.contains(&path) || (GRANTED.contains(&path) && no_samples) {
                Some(elsewhere)
            } else if no_samples {
                Some(unknown)
            } else {
                None
            };
            let mut add = |name: String| {
                all.push(DeclaredAttribute {
                    name,
                    path: attribute.path.clone(),
                    uses: attribute.uses.clone(),
                    unchecked,
                    source: AttributeSource::Declared,
                });
            };
            match facets.is_empty() {
                true => add(attribute.path.clone()),
                false => facets.iter().for_each(|facet| add(facet.name(self))),
            }
        }
        all
    }
}

/// An attribute that nobody declares, and that is sent all the same: because the server says that it can be written, or because Okta
/// has it by default.
#[derive(Clone, Debug, PartialEq)]
pub struct Offered {
    /// Its path.
    pub path: String,
    /// Of which type it is.
    pub kind: AttributeType,
    /// The types of the values that are sent of an attribute of several values: `work` and `home`.
    pub types: Vec<String>,
    /// Whether the type of a value is to come back with it.
    pub shows_type: bool,
    /// The values it can have; empty when those will do that are made up for it.
    pub values: Vec<Value>,
}

impl Offered {
    fn attribute(&self) -> Attribute {
        let plausible = PLAUSIBLE.iter().find(|(path, ..)| *path == self.path);
        let values = match (self.values.is_empty(), plausible) {
            (true, Some((_, first, second))) => vec![json!(first), json!(second)],
            _ => self.values.clone(),
        };
        Attribute {
            path: self.path.clone(),
            kind: self.kind,
            by_type: self.types.clone(),
            uses: BTreeSet::from([Use::Create, Use::Update, Use::Import]),
            required: false,
            immutable: false,
            values,
            place: String::new(),
        }
    }
}

/// One row with all of these attributes at once: what is sent of them with a new user (`combined`) and later (`changes`), of which
/// each part is to come back (`parts`, `later`), and each alone (`singles`). None where there is nothing to send.
pub fn together(offered: &[Offered]) -> Option<Map<String, Value>> {
    let attributes: Vec<Attribute> = offered.iter().map(Offered::attribute).collect();
    let all = Target { attributes: Some(attributes), ..Target::default() };
    let (mut together, mut changes) = (json!({}), json!({}));
    let (mut each, mut later, mut singles) = (Map::new(), Map::new(), Vec::new());
    for facet in all.facets(&Persona::default()) {
        let name = facet.name(&all);
        let path = facet.attribute.path.as_str();
        if path == "displayName" {
            // Okta sends it in any case.
            each.insert(name, json!({ path: "Jane Doe" }));
            continue;
        }
        let Some((first, second)) = facet.samples() else { continue };
        let shows_type = offered.iter().any(|offered| offered.path == path && offered.shows_type);
        let shown = |value: &Value| promised(patch(&facet.part(value.clone())), shows_type);
        let [first, second] = [Some(first), second].map(|value| value.map(|value| facet.as_people_have_it(value)));
        let Some(first) = first else { continue };
        join(&mut together, &facet.part(first.clone()));
        each.insert(name.clone(), shown(&first));
        singles.push(json!({ "attribute": name, "parts": { &name: shown(&first) }, "value": facet.resource(first) }));
        if let Some(second) = second {
            join(&mut changes, &facet.part(second.clone()));
            later.insert(name, shown(&second));
        }
    }
    if each.is_empty() {
        return None;
    }
    with_what_is_always_sent(&mut together);
    keep_beside(&mut changes, &together);
    let row = json!({
        "attribute": "all", "combined": together, "parts": each, "changes": patch(&changes), "later": later, "singles": singles
    });
    match row {
        Value::Object(row) => Some(row),
        _ => None,
    }
}

/// What of a part is to come back: which value is the primary one is judged elsewhere, and the types where they are promised.
fn promised(mut part: Value, shows_type: bool) -> Value {
    let lists = part.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_array_mut);
    for item in lists.flatten().filter_map(Value::as_object_mut) {
        item.shift_remove("primary");
        if !shows_type {
            item.shift_remove("type");
        }
    }
    part
}

/// A declared attribute, or one type of its values, as reports speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredAttribute {
    /// What names its rows.
    pub name: String,
    /// Its path.
    pub path: String,
    /// What Okta may do with it.
    pub uses: BTreeSet<Use>,
    /// Why it has no rows, if so.
    pub unchecked: Option<&'static str>,
    /// Who says that it is provisioned.
    pub source: AttributeSource,
}

/// Who says that an attribute is provisioned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttributeSource {
    /// The owner, in the target file.
    #[default]
    Declared,
    /// The server, in `/Schemas`.
    Advertised,
    /// Nobody: Okta has it by default.
    Default,
}

impl AttributeSource {
    /// The words for those that nobody declares.
    pub const WORDS: &'static [(&'static str, AttributeSource)] =
        &[("described in /Schemas", AttributeSource::Advertised), ("Okta's by default", AttributeSource::Default)];

    /// The words for it; none for what is declared, which goes without saying.
    pub fn as_str(self) -> Option<&'static str> {
        Self::WORDS.iter().find(|(_, source)| *source == self).map(|(word, _)| *word)
    }
}

/// The attributes that are sent at once, as reports speak of them.
pub fn offered_names(offered: &[Offered], source: AttributeSource) -> Vec<DeclaredAttribute> {
    let attributes: Vec<Attribute> = offered.iter().map(Offered::attribute).collect();
    let all = Target { attributes: Some(attributes), ..Target::default() };
    let is_sent = |facet: &Facet<'_>| facet.attribute.path == "displayName" || facet.samples().is_some();
    all.facets(&Persona::default())
        .filter(is_sent)
        .map(|facet| {
            let is_changed = source == AttributeSource::Advertised && facet.attribute.path != "displayName";
            let mut uses = BTreeSet::from([Use::Create]);
            if source == AttributeSource::Advertised {
                uses.insert(Use::Import);
            }
            if is_changed && facet.samples().is_some_and(|(_, second)| second.is_some()) {
                uses.insert(Use::Update);
            }
            let (name, path) = (facet.name(&all), facet.attribute.path.clone());
            DeclaredAttribute { name, path, uses, unchecked: None, source }
        })
        .collect()
}

impl DeclaredAttribute {
    /// Why a persona's scenarios do not look at it one by one, if so.
    pub fn unchecked_by(&self, persona: &Persona) -> Option<&'static str> {
        let [elsewhere, unknown] = Self::UNCHECKED;
        match self.unchecked {
            _ if is_elsewhere(persona, &self.path) => Some(elsewhere),
            Some(why) if why != elsewhere || persona.attributes.elsewhere.is_none() => Some(why),
            // Only where nobody can guess it they look at it neither there nor here.
            Some(_) if GRANTED.contains(&self.path.as_str()) => Some(unknown),
            _ => None,
        }
    }

    /// Why an attribute may have no rows.
    pub const UNCHECKED: [&'static str; 2] =
        ["other scenarios look at it", "what it may hold cannot be guessed: list some of its `values`"];
}

impl Attribute {
    /// The first part of a path without URN.
    fn top(&self) -> &str {
        self.path.split('.').next().filter(|_| !self.path.contains(':')).unwrap_or_default()
    }
}

impl Facet<'_> {
    /// What tells its row from others, and can stand in the id of a case.
    fn name(&self, target: &Target) -> String {
        let short = self.attribute.path.rsplit(':').next().unwrap_or(&self.attribute.path);
        let is_short = |other: &&Attribute| other.path.rsplit(':').next() == Some(short);
        let alike = target.attributes.iter().flatten().filter(is_short).count();
        let name = if alike > 1 { self.attribute.path.replace(':', "-") } else { short.to_owned() };
        match self.of_type {
            Some(of_type) if !self.attribute.by_type.is_empty() => format!("{name}.{of_type}"),
            _ => name,
        }
    }

    /// Two values; only one where the owner lists no second, none where what it may hold cannot be guessed.
    fn samples(&self) -> Option<(Value, Option<Value>)> {
        if let Some(first) = self.attribute.values.first() {
            return Some((first.clone(), self.attribute.values.get(1).cloned()));
        }
        let short = self.attribute.short_name();
        let path = self.attribute.path.as_str();
        // A manager is somebody's id, and whose is for the product to say.
        let is_manager = of_enterprise(path).is_some_and(|name| name.starts_with("manager"));
        if is_manager || GRANTED.contains(&path) || path == "x509Certificates" {
            return None;
        }
        let pair = |first: Value, second: Value| Some((first, Some(second)));
        match self.attribute.kind {
            AttributeType::Boolean => pair(json!(true), json!(false)),
            AttributeType::Integer => pair(json!(7), json!(8)),
            AttributeType::Decimal => pair(json!(1.5), json!(2.25)),
            AttributeType::DateTime => pair(json!("2026-01-15T00:00:00Z"), json!("2026-02-16T00:00:00Z")),
            AttributeType::Reference => pair(json!("https://example.com/first"), json!("https://example.com/second")),
            AttributeType::Complex => None,
            AttributeType::String => match path {
                "name" => pair(
                    json!({ "givenName": "Jane", "familyName": "Doe" }),
                    json!({ "givenName": "Joan", "familyName": "Roe" }),
                ),
                "emails" => {
                    let of_type = self.of_type.unwrap_or("work");
                    pair(
                        json!(format!("{of_type}-1.${{unique}}@${{domain}}")),
                        json!(format!("{of_type}-2.${{unique}}@${{domain}}")),
                    )
                }
                // Whom it is of, and of nobody else.
                "externalId" => pair(json!("first.${unique}@${domain}"), json!("second.${unique}@${domain}")),
                "addresses" => pair(
                    json!({ "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "postalCode": "09160" }),
                    json!({ "streetAddress": "456 Hollywood Boulevard", "locality": "Burbank", "postalCode": "09161" }),
                ),
                _ => match SAMPLES.iter().find(|(name, ..)| *name == short) {
                    Some((_, first, second)) => pair(json!(first), json!(second)),
                    None => pair(json!(format!("First {short}")), json!(format!("Second {short}"))),
                },
            },
        }
    }

    /// A made-up value as people have it: addresses with capitals, which a server need not keep (RFC 7643 §4.1.2, §7), and not the same
    /// number for each phone.
    fn as_people_have_it(&self, value: Value) -> Value {
        let Value::String(text) = &value else { return value };
        let number = self.attribute.by_type.iter().position(|of_type| Some(of_type.as_str()) == self.of_type);
        match (self.attribute.top(), text.chars().next(), number) {
            ("emails", Some(first), _) => format!("{}{}", first.to_uppercase(), &text[first.len_utf8()..]).into(),
            ("phoneNumbers", _, Some(number)) => match text.strip_suffix(|last: char| last.is_ascii_digit()) {
                Some(start) => format!("{start}{}", 2 * number + usize::from(text.ends_with('1'))).into(),
                None => value,
            },
            _ => value,
        }
    }

    /// Whether Okta may come to take the value away. Those of several types are cleared as a whole, and a user may have to have
    /// one of them; and in Okta nobody is without a first name, a last name and an address. A switch that is still on may be on by
    /// default.
    fn can_be_empty(&self) -> bool {
        let is_switch = self.attribute.kind == AttributeType::Boolean;
        let always = ["emails", "name", "name.givenName", "name.familyName"].contains(&self.attribute.path.as_str());
        !always && !is_switch && !self.attribute.required && self.attribute.by_type.len() < 2
    }

    /// Whether any text will do.
    fn is_free_text(&self) -> bool {
        let plain = self.attribute.kind == AttributeType::String && self.attribute.values.is_empty();
        let narrow = SAMPLES.iter().any(|(name, ..)| *name == self.attribute.short_name());
        plain && !narrow && self.of_type.is_none() && self.attribute.path != "name"
    }

    fn awkward(&self, name: &str) -> Value {
        let texts = [
            // An apostrophe, quotes, a backslash, accents, and characters beyond the basic plane.
            ("odd", "O'Brien \"Ă\" \\ 𠮷 😀 – ñ".to_owned()),
            ("zeros", "0042".to_owned()),
            ("long", "a long value ".repeat(24).trim_end().to_owned()),
        ];
        let mut row = json!({ "attribute": name, "patch": {}, "expected": {} });
        for (column, text) in texts {
            row[column] = self.resource(json!(text));
            row["patch"][column] = patch(&row[column]);
            row["expected"][column] = patch(&self.part(json!(text)));
        }
        row
    }

    /// A part of a user in which the attribute has that value, and nothing else.
    fn part(&self, value: Value) -> Value {
        let path = self.attribute.path.as_str();
        if let Some((urn, rest)) = path.rsplit_once(':') {
            let (core, urn, rest) = match self.version {
                Version::V2 => (Kind::User.urn(), urn, rest),
                // A file for both versions names an attribute once.
                Version::V1 if urn.eq_ignore_ascii_case(ENTERPRISE) => {
                    (V1_CORE, V1_ENTERPRISE, if rest == "manager.value" { "manager.managerId" } else { rest })
                }
                Version::V1 => (V1_CORE, urn, rest),
            };
            return json!({ "schemas": [core, urn], urn: nested(rest, value) });
        }
        let (top, rest) = path.split_once('.').unwrap_or((path, ""));
        let Some(of_type) = self.of_type else { return nested(path, value) };
        let mut item = match (rest, value) {
            ("", Value::Object(fields)) => Value::Object(fields),
            ("", value) => json!({ "value": value }),
            (rest, value) => nested(rest, value),
        };
        item["type"] = json!(of_type);
        if (top, of_type) == ("emails", "work") {
            item["primary"] = json!(true);
        }
        json!({ top: [item] })
    }

    /// The same with what Okta's user has in any case.
    fn resource(&self, value: Value) -> Value {
        let mut part = self.part(value);
        with_what_is_always_sent(&mut part);
        part
    }

    /// The same without a value.
    fn cleared(&self) -> Value {
        match self.of_type {
            Some(_) => json!({ self.attribute.top(): [] }),
            None => self.resource(Value::Null),
        }
    }
}

/// The same part without `schemas`: as a value of a PATCH, which has them beside the operations, and to compare with.
fn patch(part: &Value) -> Value {
    let mut part = part.clone();
    if let Value::Object(fields) = &mut part {
        fields.shift_remove("schemas");
    }
    part
}

/// Okta's user has an address of type work, whatever others a mapping adds; and of a name Okta sends both parts, so that a server
/// that takes a complex attribute as a whole (RFC 7644 §3.5.2.3 can be read so) loses none.
fn with_what_is_always_sent(part: &mut Value) {
    if let Some(name) = part.get_mut("name").and_then(Value::as_object_mut) {
        for (field, usual) in [("givenName", "Jane"), ("familyName", "Doe")] {
            name.entry(field).or_insert_with(|| json!(usual));
        }
    }
    if let Some(emails) = part.get_mut("emails").and_then(Value::as_array_mut)
        && !emails.iter().any(|email| email["type"] == "work")
    {
        emails.insert(0, json!({ "primary": true, "type": "work", "value": "jane.${unique}@${domain}" }));
    }
}

/// What a change of a name or of addresses sends along, because it stands there and is not to change.
fn keep_beside(changed: &mut Value, before: &Value) {
    if let (Some(name), Some(known)) =
        (changed.get_mut("name").and_then(Value::as_object_mut), before.get("name").and_then(Value::as_object))
    {
        for (field, value) in known {
            name.entry(field).or_insert_with(|| value.clone());
        }
    }
    for list in TYPED {
        if let (Some(Value::Array(items)), Some(Value::Array(known))) = (changed.get_mut(*list), before.get(*list)) {
            let others = known.iter().filter(|item| !items.iter().any(|one| one["type"] == item["type"]));
            let others: Vec<Value> = others.cloned().collect();
            items.splice(0..0, others);
        }
    }
}

/// `name.givenName` as an object in an object.
fn nested(path: &str, value: Value) -> Value {
    path.rsplit('.').fold(value, |inner, name| json!({ name: inner }))
}

/// Puts one part of a resource to others: lists are put together, each element once.
fn join(all: &mut Value, part: &Value) {
    match (all, part) {
        (Value::Object(all), Value::Object(part)) => {
            for (name, value) in part {
                match all.get_mut(name) {
                    Some(known) => join(known, value),
                    None => {
                        all.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(all), Value::Array(part)) => {
            for item in part {
                let is_same = |known: &Value| match item.get("type") {
                    Some(of_type) => known.get("type") == Some(of_type),
                    None => known == item,
                };
                match all.iter().position(is_same) {
                    Some(known) => join(&mut all[known], item),
                    None => all.push(item.clone()),
                }
            }
        }
        (all, part) => *all = part.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::source::SourceFile;

    fn rows(attributes: &str) -> AttributeRows {
        let text = format!("title: T\nattributes:\n{attributes}");
        let file = Arc::new(SourceFile { name: "target.yaml".to_owned(), text });
        crate::declared::read(&file, &crate::persona::Personas::default())
            .expect("the test's target is right")
            .attribute_rows(&Persona::default())
    }

    #[test]
    fn a_persona_has_its_version_and_says_what_it_looks_at_elsewhere() {
        let text = "attributes: [externalId, title, 'urn:scim:schemas:extension:enterprise:1.0:department']\n";
        let file = Arc::new(SourceFile { name: "target.yaml".to_owned(), text: text.to_owned() });
        let target = crate::declared::read(&file, &crate::persona::Personas::default()).expect("it is right");
        let mut persona = Persona { version: Version::V1, ..Persona::default() };
        let names = |persona: &Persona| -> Vec<Value> {
            target.attribute_rows(persona)["created"].iter().map(|row| row["attribute"].clone()).collect()
        };
        assert_eq!(names(&persona), ["title", "department"]);
        let declared = target.attribute_names();
        assert_eq!(declared[0].unchecked_by(&persona), Some(DeclaredAttribute::UNCHECKED[0]));
        persona.attributes.elsewhere = Some(vec!["title".to_owned()]);
        assert_eq!(names(&persona), ["externalId", "department"]);
        let unchecked: Vec<_> = declared.iter().map(|attribute| attribute.unchecked_by(&persona)).collect();
        assert_eq!(unchecked, [None, Some(DeclaredAttribute::UNCHECKED[0]), None]);
        let department = &target.attribute_rows(&persona)["created"][1]["value"];
        assert_eq!(department["schemas"], json!([V1_CORE, V1_ENTERPRISE]));
        assert_eq!(department[V1_ENTERPRISE], json!({ "department": "First department" }));
    }

    #[test]
    fn each_type_of_value_has_a_row_and_keeps_the_address_that_is_always_sent() {
        let tables = rows("  - { path: emails, by-type: [work, home] }\n");
        let names: Vec<&Value> = tables["created"].iter().map(|row| &row["attribute"]).collect();
        assert_eq!(names, ["emails.work", "emails.home"]);
        let home = &tables["created"][1]["value"]["emails"];
        assert_eq!(home[0], json!({ "primary": true, "type": "work", "value": "jane.${unique}@${domain}" }));
        assert_eq!(home[1]["type"], "home");
        assert!(tables["cleared"].is_empty());
    }

    #[test]
    fn all_at_once_are_sent_with_what_is_always_sent_and_each_alone() {
        let offered = |path: &str, types: &[&str], shows_type: bool| Offered {
            path: path.to_owned(),
            kind: AttributeType::String,
            types: types.iter().map(|of_type| (*of_type).to_owned()).collect(),
            shows_type,
            values: Vec::new(),
        };
        let all = [
            offered("displayName", &[], false),
            offered("name.middleName", &[], false),
            offered("emails", &["work", "home"], true),
            offered("phoneNumbers", &["work", "mobile"], false),
            offered(&format!("{ENTERPRISE}:division"), &[], false),
        ];
        let row = together(&all).expect("there is something to send");
        assert!(row["combined"].get("displayName").is_none(), "Okta sends it in any case");
        assert_eq!(
            row["combined"]["name"],
            json!({ "middleName": "Quentin", "givenName": "Jane", "familyName": "Doe" })
        );
        assert_eq!(row["combined"]["schemas"][1], ENTERPRISE);
        assert!(row["changes"].get("schemas").is_none());
        assert_eq!(row["changes"]["name"]["familyName"], "Doe");
        let home = json!({ "emails": [{ "value": "Home-1.${unique}@${domain}", "type": "home" }] });
        assert_eq!(row["parts"]["emails.home"], home);
        // Two phones have two numbers, and their types are not asked for.
        assert_eq!(row["parts"]["phoneNumbers.work"], json!({ "phoneNumbers": [{ "value": "+12065550100" }] }));
        assert_eq!(row["parts"]["phoneNumbers.mobile"], json!({ "phoneNumbers": [{ "value": "+12065550102" }] }));
        assert_eq!(row["later"]["phoneNumbers.mobile"], json!({ "phoneNumbers": [{ "value": "+12065550103" }] }));
        let alone: Vec<&Value> = row["singles"].as_array().into_iter().flatten().map(|one| &one["attribute"]).collect();
        assert_eq!(
            alone,
            ["name.middleName", "emails.work", "emails.home", "phoneNumbers.work", "phoneNumbers.mobile", "division"]
        );
        assert_eq!(row["singles"][2]["value"]["emails"][0]["type"], "work", "Okta's user has an address for work");
        assert_eq!(together(&[]), None);
    }

    #[test]
    fn an_extension_is_named_in_schemas() {
        let urn = "urn:example:2.0:User";
        let tables = rows(&format!("  - \"{urn}:desk.floor\"\n"));
        let row = &tables["updated"][0];
        assert_eq!(row["attribute"], "desk.floor");
        assert_eq!(row["changed"][urn], json!({ "desk": { "floor": "Second floor" } }));
        assert_eq!(row["changed"]["schemas"][1], urn);
        assert_eq!(tables["cleared"][0]["cleared"][urn], json!({ "desk": { "floor": null } }));
    }

    #[test]
    fn what_is_imported_stands_in_one_user() {
        let tables = rows(
            "  - title\n  - addresses.locality\n  - addresses.postalCode\n  - { path: nickName, operations: [create] }\n",
        );
        let row = &tables["all-imported"][0];
        assert_eq!(
            row["combined"],
            json!({ "title": "First title", "addresses": [{ "locality": "First locality", "type": "work", "postalCode": "02134" }] })
        );
        assert_eq!(row["parts"].as_object().map(Map::len), Some(3));
        let row = &tables["all-reimported"][0];
        assert_eq!(row["changes"]["title"], "Second title");
        assert_eq!(
            row["parts"]["addresses.postalCode"],
            json!({ "addresses": [{ "postalCode": "01010", "type": "work" }] })
        );
    }

    #[test]
    fn what_does_not_change_is_sent_along_as_it_is() {
        let tables = rows(
            "  - { path: name.givenName, operations: [create, import] }\n  - name.middleName\n  - { path: emails, by-type: [home] }\n",
        );
        let row = &tables["all-reimported"][0];
        assert_eq!(row["changes"]["name"]["givenName"], "First givenName");
        assert_eq!(row["changes"]["name"]["familyName"], "Doe");
        assert_eq!(row["changes"]["emails"][0], row["combined"]["emails"][0]);
        assert_eq!(row["changes"]["emails"][1]["type"], "home");
        assert_eq!(row["parts"].as_object().map(Map::len), Some(2));
        assert!(rows("  - { path: title, operations: [create, import] }\n")["all-reimported"].is_empty());
    }

    #[test]
    fn what_is_never_empty_has_no_row_for_that() {
        let listed = "  - name\n  - name.familyName\n  - emails\n  - name.middleName\n  - { path: title, required: true, values: [A, B] }\n";
        let tables = rows(listed);
        let names: Vec<&Value> = tables["cleared"].iter().map(|row| &row["attribute"]).collect();
        assert_eq!(names, ["name.middleName"]);
        assert_eq!(tables["updated"].len(), 5);
    }

    #[test]
    fn of_a_name_both_parts_are_sent_and_the_declared_one_is_looked_at() {
        let tables = rows("  - name.givenName\n");
        let row = &tables["updated"][0];
        assert_eq!(row["patch"], json!({ "name": { "givenName": "Second givenName", "familyName": "Doe" } }));
        assert_eq!(row["expected"], json!({ "name": { "givenName": "Second givenName" } }));
        assert_eq!(tables["text"][0]["patch"]["zeros"]["name"]["familyName"], "Doe");
        assert_eq!(tables["text"][0]["expected"]["zeros"], json!({ "name": { "givenName": "0042" } }));
    }

    #[test]
    fn any_text_is_emptied_and_nothing_else() {
        let listed = "  - title\n  - preferredLanguage\n  - { path: nickName, required: true, values: [A] }\n";
        let tables = rows(listed);
        assert_eq!(tables["cleared"].len(), 2);
        assert_eq!(tables["emptied"].len(), 1);
        let row = &tables["emptied"][0];
        assert_eq!((&row["emptied"], &row["patch"]), (&json!({ "title": "" }), &json!({ "title": "" })));
        assert_eq!(row["parts"], json!({ "title": { "title": "Second title" } }));
    }

    #[test]
    fn what_is_taken_away_is_no_likely_default() {
        let listed = "  - userType\n  - { path: title, values: [A] }\n  - { path: urn:example:2.0:User:onCall, type: boolean }\n";
        let tables = rows(listed);
        let values: Vec<&Value> = tables["cleared"].iter().map(|row| &row["expected"]).collect();
        assert_eq!(values, [&json!({ "userType": "Contractor" }), &json!({ "title": "A" })]);
        assert_eq!(tables["updated"].len(), 2);
    }

    #[test]
    fn what_cannot_be_guessed_has_a_row_only_with_values() {
        assert!(rows("  - roles\n")["created"].is_empty());
        let tables = rows("  - { path: userType, values: [Staff] }\n");
        assert_eq!(tables["created"][0]["value"], json!({ "userType": "Staff" }));
        assert!(tables["updated"].is_empty());
    }
}

//! What `/Schemas` says of users, beside what an owner declares.
//!
//! **Invariant:** a difference is a note. Which of the two lists is right, nobody here knows.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::declared::{Attribute, AttributeSource, AttributeType, DeclaredAttribute, Offered, offered_names, together};
use crate::scim::{ENTERPRISE, Kind, V1_CORE};

const CORE: &str = Kind::User.urn();

/// The attributes that an app with SCIM has in Okta by default, apart from those that every user has and from the manager, who is
/// somebody on the server. Those of several values with the types that are mapped most.
const DEFAULTS: &[(&str, &[&str])] = &[
    ("displayName", &[]),
    ("name.middleName", &[]),
    ("name.honorificPrefix", &[]),
    ("name.honorificSuffix", &[]),
    ("nickName", &[]),
    ("profileUrl", &[]),
    ("title", &[]),
    ("userType", &[]),
    ("preferredLanguage", &[]),
    ("locale", &[]),
    ("timezone", &[]),
    ("emails", &["work", "home", "other"]),
    ("phoneNumbers", &["work", "mobile", "home", "other"]),
    ("addresses.streetAddress", &[]),
    ("addresses.locality", &[]),
    ("addresses.region", &[]),
    ("addresses.postalCode", &[]),
    ("addresses.country", &[]),
    ("employeeNumber", &[]),
    ("costCenter", &[]),
    ("organization", &[]),
    ("division", &[]),
    ("department", &[]),
];

/// From which entry on [`DEFAULTS`] are attributes of the enterprise extension.
const OF_ENTERPRISE: &str = "employeeNumber";

/// Of several values two are sent: whether more than one is kept shows then.
const SENT: usize = 2;

/// An attribute of a user that a server describes in `/Schemas` (RFC 7643 §7).
#[derive(Clone, Debug, PartialEq)]
pub struct Advertised {
    /// Its path, as a target file writes it.
    pub path: String,
    /// Whether a client can write it.
    pub writable: bool,
    /// Whether a client can set it once, and not change it.
    pub immutable: bool,
    /// Whether a read shows it without being asked for it.
    pub is_shown: bool,
    /// Whether no user is without it.
    pub required: bool,
    /// Whether it has several values.
    pub several: bool,
    /// Its type, in the words of RFC 7643 §2.3; `string` where nothing is said.
    pub kind: String,
    /// Whether any text will do for it, or one of `values`.
    pub is_text: bool,
    /// The values that it names, if it names any.
    pub values: Vec<Value>,
    /// Of an attribute of several complex values: their parts, such as `value` and `type`, by name alone.
    pub parts: Vec<Advertised>,
}

/// The attributes of users in an answer to `GET /Schemas`: those of the core schema and of extensions of User.
pub fn advertised(schemas: &Value) -> Vec<Advertised> {
    let listed = schemas.get("Resources").and_then(Value::as_array).into_iter().flatten();
    let mut all = Vec::new();
    for schema in listed {
        let id = schema.get("id").and_then(Value::as_str).unwrap_or_default();
        // SCIM 1.1 describes attributes in another form, and what its servers say there nobody asks for.
        let is_of_v1 = id.to_ascii_lowercase().starts_with(V1_CORE);
        if is_of_v1 || !id.to_ascii_lowercase().starts_with("urn:") || !id.to_ascii_lowercase().ends_with(":user") {
            continue;
        }
        // Letter case does not matter in a URN of a schema (RFC 7643 §2.1).
        let prefix = if id.eq_ignore_ascii_case(CORE) { String::new() } else { format!("{id}:") };
        collect(schema.get("attributes"), &prefix, Mutability::ReadWrite, &mut all);
    }
    all
}

impl Advertised {
    fn is_complex(&self) -> bool {
        self.kind.eq_ignore_ascii_case("complex")
    }
}

/// Who may write an attribute (RFC 7643 §7), as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutability {
    ReadWrite,
    Immutable,
    Other,
}

impl Mutability {
    /// What a keyword says, and what it means of a part of something: no part can be written where the whole cannot. Without a
    /// keyword an attribute can be written (RFC 7643 §2.2); one in another letter case is a flaw of form, and means what it says.
    fn read(keyword: &str, whole: Mutability) -> Self {
        let is = |known: &str| keyword.eq_ignore_ascii_case(known);
        match whole {
            Mutability::Other => Mutability::Other,
            whole if keyword.is_empty() || is("readWrite") => whole,
            _ if is("immutable") => Mutability::Immutable,
            _ => Mutability::Other,
        }
    }
}

fn collect(attributes: Option<&Value>, prefix: &str, whole: Mutability, into: &mut Vec<Advertised>) {
    for attribute in attributes.and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| attribute.get(key).and_then(Value::as_str).unwrap_or_default();
        let path = format!("{prefix}{}", text("name"));
        let is = |key: &str| attribute.get(key) == Some(&Value::Bool(true));
        let several = is("multiValued");
        let mutability = Mutability::read(text("mutability"), whole);
        if text("type").eq_ignore_ascii_case("complex") && !several {
            collect(attribute.get("subAttributes"), &format!("{path}."), mutability, into);
            continue;
        }
        let mut parts = Vec::new();
        collect(attribute.get("subAttributes").filter(|_| several), "", mutability, &mut parts);
        into.push(Advertised {
            writable: mutability == Mutability::ReadWrite,
            immutable: mutability == Mutability::Immutable,
            is_shown: !["never", "request"].iter().any(|keyword| text("returned").eq_ignore_ascii_case(keyword)),
            required: is("required"),
            several,
            kind: if text("type").is_empty() { "string" } else { text("type") }.to_owned(),
            is_text: (text("type").is_empty() || text("type").eq_ignore_ascii_case("string")) && !several,
            values: attribute.get("canonicalValues").and_then(Value::as_array).cloned().unwrap_or_default(),
            parts,
            path,
        });
    }
}

/// Those that Okta can map: what a client can set, and what is not handled by switches of its own.
pub fn mappable(advertised: &[Advertised]) -> impl Iterator<Item = &Advertised> {
    let apart = ["id", "schemas", "meta", "active", "password", "groups"];
    let is_apart = move |path: &str| apart.iter().any(|name| path.eq_ignore_ascii_case(name));
    // What is put together from other attributes is not sent, and what refers to something else is the server's to say.
    let is_derived = |path: &str| path.ends_with(".formatted") || path.ends_with(".$ref");
    let is_mapped = move |a: &&Advertised| !is_apart(&a.path) && !is_derived(&a.path);
    advertised.iter().filter(|a| a.writable || a.immutable).filter(is_mapped)
}

/// The attributes that are sent though nobody declares them: those of Okta's that the server says can be written.
pub fn promised(advertised: &[Advertised]) -> Vec<Offered> {
    defaults().filter_map(|(path, types)| offered(advertised, &path, types)).collect()
}

/// The same of a server that does not say what it stores: all that Okta has by default.
pub fn unpromised() -> Vec<Offered> {
    let all = defaults().map(|(path, types)| Offered {
        shows_type: !types.is_empty(),
        types: types.iter().take(SENT).map(|of_type| (*of_type).to_owned()).collect(),
        path,
        kind: AttributeType::String,
        values: Vec::new(),
    });
    all.collect()
}

/// Of an owner who declares attributes: others that the server describes as text that can be written.
pub fn undeclared(advertised: &[Advertised], declared: &[Attribute]) -> Vec<Offered> {
    let is_declared = |path: &str| declared.iter().any(|known| covers(&known.path, path) || covers(path, &known.path));
    let mut all = promised(advertised);
    // What is put together from other attributes need not be kept as it was sent.
    let is_derived = |path: &str| path.ends_with(".formatted");
    let is_of_its_own = |a: &&Advertised| a.path.contains(':') && covers_urn(ENTERPRISE, &a.path).is_none();
    let own = advertised.iter().filter(is_of_its_own);
    let own = own.filter(|a| a.writable && a.is_shown && a.is_text && !is_derived(&a.path)).map(|a| Offered {
        path: a.path.clone(),
        kind: AttributeType::String,
        types: Vec::new(),
        shows_type: false,
        values: a.values.clone(),
    });
    all.extend(own);
    all.retain(|offered| !is_declared(&offered.path));
    all
}

/// The rows of the tables of attributes that nobody declares: what the server promises or, where it says nothing and no owner does,
/// what Okta has by default.
pub fn rows(
    declared: Option<&[Attribute]>,
    schemas: Option<&Value>,
) -> BTreeMap<&'static str, Vec<Map<String, Value>>> {
    let advertised = schemas.map(advertised).unwrap_or_default();
    let (promised, unpromised) = sent(declared, &advertised);
    [("all-advertised", promised), ("all-default", unpromised)]
        .into_iter()
        .map(|(table, offered)| (table, together(&offered).into_iter().collect()))
        .collect()
}

/// The same attributes, as reports speak of them.
pub fn names(declared: Option<&[Attribute]>, schemas: Option<&Value>) -> Vec<DeclaredAttribute> {
    let (promised, unpromised) = sent(declared, &schemas.map(advertised).unwrap_or_default());
    let mut names = offered_names(&promised, AttributeSource::Advertised);
    names.extend(offered_names(&unpromised, AttributeSource::Default));
    names
}

/// What is sent that nobody declares: what the server promises, and what it does not.
fn sent(declared: Option<&[Attribute]>, advertised: &[Advertised]) -> (Vec<Offered>, Vec<Offered>) {
    let describes_users = advertised.iter().any(|a| !a.path.contains(':'));
    match declared {
        Some(declared) => (undeclared(advertised, declared), Vec::new()),
        None if describes_users => (promised(advertised), Vec::new()),
        None => (Vec::new(), unpromised()),
    }
}

/// The attributes that an app has by default, by path, with the types of those of several values.
fn defaults() -> impl Iterator<Item = (String, &'static [&'static str])> {
    let of_enterprise = DEFAULTS.iter().position(|(path, _)| *path == OF_ENTERPRISE).unwrap_or(DEFAULTS.len());
    DEFAULTS.iter().enumerate().map(move |(n, (path, types))| {
        let path = if n < of_enterprise { (*path).to_owned() } else { format!("{ENTERPRISE}:{path}") };
        (path, *types)
    })
}

/// The name of an attribute in that extension; letter case does not matter in either.
fn covers_urn<'a>(urn: &str, path: &'a str) -> Option<&'a str> {
    let start = path.get(..urn.len()).filter(|start| start.eq_ignore_ascii_case(urn))?;
    path.get(start.len()..)?.strip_prefix(':')
}

/// How an attribute is sent that a server describes so that it has to keep it.
fn offered(advertised: &[Advertised], path: &str, types: &[&str]) -> Option<Offered> {
    let find = |all: &[Advertised], path: &str| {
        let found = all.iter().find(|a| a.path.eq_ignore_ascii_case(path))?;
        (found.writable && found.is_shown).then(|| found.clone())
    };
    let texts = |values: &[Value]| values.iter().filter(|value| value.is_string()).cloned().collect::<Vec<_>>();
    let offered = |kind: AttributeType, values: Vec<Value>| Offered {
        path: path.to_owned(),
        kind,
        types: Vec::new(),
        shows_type: false,
        values,
    };
    if let Some(part) = path.strip_prefix("addresses.") {
        let addresses = find(advertised, "addresses").filter(|a| a.several && a.is_complex())?;
        let part = find(&addresses.parts, part).filter(|part| part.is_text)?;
        return Some(offered(AttributeType::String, texts(&part.values)));
    }
    let found = find(advertised, path)?;
    if types.is_empty() {
        let (_, kind) = AttributeType::WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(&found.kind))?;
        let is_plain = !found.several && *kind != AttributeType::Complex;
        return is_plain.then(|| offered(*kind, texts(&found.values)));
    }
    if !found.several || !found.is_complex() || !(found.parts.is_empty() || find(&found.parts, "value").is_some()) {
        return None;
    }
    let of_type = find(&found.parts, "type").filter(|part| part.is_text);
    let canonical: Vec<String> =
        of_type.iter().flat_map(|part| &part.values).filter_map(|value| value.as_str().map(str::to_owned)).collect();
    let known = types.iter().filter(|of_type| {
        canonical.is_empty() || canonical.iter().any(|canonical| canonical.eq_ignore_ascii_case(of_type))
    });
    let mut sent: Vec<String> = known.map(|of_type| (*of_type).to_owned()).collect();
    let others = canonical.into_iter().filter(|of_type| !types.iter().any(|known| known.eq_ignore_ascii_case(of_type)));
    sent.extend(others);
    sent.truncate(SENT);
    Some(Offered { types: sent, shows_type: of_type.is_some(), ..offered(AttributeType::String, Vec::new()) })
}

/// What is in one list and not in the other, for people.
pub fn differences(advertised: &[Advertised], declared: &[&str]) -> Vec<String> {
    // Every server has these, whatever is mapped; and `externalId` is in no schema (RFC 7643 §3.1).
    let always = |path: &str| ["id", "meta", "schemas", "password", "active", "externalId", "groups"].contains(&path);
    let unknown: Vec<&str> = declared
        .iter()
        .copied()
        .filter(|path| !always(path) && !advertised.iter().any(|a| covers(path, &a.path) || covers(&a.path, path)))
        .collect();
    let beyond: Vec<&str> = advertised
        .iter()
        .filter(|a| a.writable && !always(&a.path))
        .map(|a| a.path.as_str())
        .filter(|path| !declared.iter().any(|known| covers(known, path) || covers(path, known)))
        .collect();
    let mut notes = Vec::new();
    if !unknown.is_empty() {
        notes.push(format!("declared, but not described in /Schemas: {}", unknown.join(", ")));
    }
    if !beyond.is_empty() {
        notes.push(format!(
            "described in /Schemas, but not declared: {}; Okta returns a submission whose list of attributes is not what the \
             server supports",
            beyond.join(", ")
        ));
    }
    notes
}

/// Whether a path is that attribute or a part of it.
fn covers(whole: &str, path: &str) -> bool {
    let same = path.get(..whole.len()).is_some_and(|start| start.eq_ignore_ascii_case(whole));
    same && path.get(whole.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use crate::source::SourceFile;

    use super::*;

    fn schemas() -> Value {
        json!({ "Resources": [
            { "id": CORE, "attributes": [
                { "name": "userName", "type": "string", "multiValued": false, "mutability": "readWrite" },
                { "name": "title" },
                { "name": "groups", "type": "complex", "multiValued": true, "mutability": "readOnly" },
                { "name": "emails", "type": "complex", "multiValued": true },
                { "name": "name", "type": "complex", "subAttributes": [{ "name": "givenName", "type": "string" }] },
            ] },
            { "id": "urn:example:2.0:User", "attributes": [{ "name": "desk", "canonicalValues": ["A", "B"] }] },
            { "id": "urn:ietf:params:scim:schemas:core:2.0:Group", "attributes": [{ "name": "displayName" }] },
        ] })
    }

    #[test]
    fn users_attributes_are_read_with_those_of_extensions() {
        let all = advertised(&schemas());
        let paths: Vec<&str> = all.iter().map(|a| a.path.as_str()).collect();
        assert_eq!(paths, ["userName", "title", "groups", "emails", "name.givenName", "urn:example:2.0:User:desk"]);
        assert_eq!(all[5].values, [json!("A"), json!("B")]);
    }

    #[test]
    fn what_can_be_written_is_read_in_any_letter_case_and_no_part_can_be_where_the_whole_cannot() {
        let name = json!([{ "name": "givenName" }, { "name": "familyName", "mutability": "readonly" }]);
        let types = json!([{ "name": "value" }, { "name": "type", "mutability": "ReadOnly" }]);
        let attributes = json!([
            { "name": "title", "mutability": "READWRITE" },
            { "name": "userType", "mutability": "Immutable" },
            { "name": "nickName", "mutability": "readonly" },
            { "name": "name", "type": "Complex", "mutability": "readOnly", "subAttributes": name },
            { "name": "emails", "type": "complex", "multiValued": true, "subAttributes": types },
            { "name": "secret", "returned": "NEVER" },
        ]);
        let all = advertised(&json!({ "Resources": [{ "id": CORE.to_lowercase(), "attributes": attributes }] }));
        let written: Vec<&str> = all.iter().filter(|a| a.writable).map(|a| a.path.as_str()).collect();
        assert_eq!(written, ["title", "emails", "secret"]);
        let once: Vec<&str> = all.iter().filter(|a| a.immutable).map(|a| a.path.as_str()).collect();
        assert_eq!(once, ["userType"]);
        let emails = all.iter().find(|a| a.path == "emails").expect("it is described");
        let parts: Vec<(&str, bool)> = emails.parts.iter().map(|part| (part.path.as_str(), part.writable)).collect();
        assert_eq!(parts, [("value", true), ("type", false)]);
        let hidden: Vec<&str> = all.iter().filter(|a| !a.is_shown).map(|a| a.path.as_str()).collect();
        assert_eq!(hidden, ["secret"]);
    }

    /// What is sent to a server that describes these attributes of users.
    fn sent_to(attributes: Value) -> Vec<Offered> {
        promised(&advertised(&json!({ "Resources": [{ "id": CORE, "attributes": attributes }] })))
    }

    #[test]
    fn what_a_server_describes_as_writable_is_sent_if_okta_has_it() {
        let part = |name: &str| json!({ "name": name });
        let types = json!({ "name": "type", "canonicalValues": ["Home", "private", "work"] });
        let several = |name: &str, parts: Value| json!({ "name": name, "type": "complex", "multiValued": true, "subAttributes": parts });
        let sent = sent_to(json!([
            { "name": "title", "canonicalValues": ["CEO", "CTO"] },
            { "name": "nickName", "mutability": "immutable" },
            { "name": "locale", "returned": "request" },
            { "name": "favouriteColour" },
            several("emails", json!([part("value"), types])),
            several("phoneNumbers", json!([part("value"), { "name": "type", "mutability": "readOnly" }])),
            several("addresses", json!([part("locality"), { "name": "region", "mutability": "readOnly" }])),
            several("ims", json!([part("value")])),
        ]));
        let paths: Vec<&str> = sent.iter().map(|offered| offered.path.as_str()).collect();
        assert_eq!(paths, ["title", "emails", "phoneNumbers", "addresses.locality"]);
        assert_eq!(sent[0].values, [json!("CEO"), json!("CTO")]);
        assert_eq!((sent[1].types.join(" ").as_str(), sent[1].shows_type), ("work home", true));
        // Where the type is the server's, the values are what was promised.
        assert_eq!((sent[2].types.join(" ").as_str(), sent[2].shows_type), ("work mobile", false));
    }

    #[test]
    fn a_server_that_describes_odd_things_is_sent_nothing_odd() {
        let odd = json!([
            null, 3, { "name": 7 }, { "name": "title", "multiValued": true }, { "name": "timezone", "type": "complex" },
            { "name": "emails", "type": "string", "multiValued": true }, { "name": "phoneNumbers", "type": "complex" },
            { "name": "addresses", "type": "complex", "multiValued": true, "subAttributes": "many" },
            { "name": "locale", "type": "colour" },
        ]);
        assert!(sent_to(odd).is_empty());
    }

    #[test]
    fn only_who_says_nothing_of_users_is_sent_all_that_okta_has() {
        let row = |schemas: Option<&Value>, table: &str| rows(None, schemas)[table].first().cloned();
        let all = row(None, "all-default").expect("there are attributes by default");
        assert_eq!(all["parts"].as_object().map(Map::len), Some(25));
        assert!(row(None, "all-advertised").is_none());
        let of_groups = json!({ "Resources": [{ "id": "urn:ietf:params:scim:schemas:core:2.0:Group", "attributes": [{ "name": "displayName" }] }] });
        assert!(row(Some(&of_groups), "all-default").is_some());
        // A server that can be read only has said so.
        let fixed =
            json!({ "Resources": [{ "id": CORE, "attributes": [{ "name": "title", "mutability": "readOnly" }] }] });
        assert_eq!([row(Some(&fixed), "all-default"), row(Some(&fixed), "all-advertised")], [None, None]);
    }

    #[test]
    fn what_an_owner_declares_is_looked_at_elsewhere() {
        let declared = |path: &str| {
            let text = format!("title: T\nattributes: [{path}]\n");
            let file = SourceFile { name: "target.yaml".to_owned(), text };
            crate::declared::read(&Arc::new(file), &crate::scenario::load::personas())
                .expect("the test's target is right")
                .attributes
        };
        let others = |path: &str| {
            let tables = rows(declared(path).as_deref(), Some(&schemas()));
            assert!(tables["all-default"].is_empty());
            let each = tables["all-advertised"].first().map(|row| row["parts"].clone()).unwrap_or_default();
            each.as_object().map(|each| each.keys().cloned().collect::<Vec<_>>().join(" ")).unwrap_or_default()
        };
        assert_eq!(others("userName"), "title emails.work emails.home desk");
        assert_eq!(others("title"), "emails.work emails.home desk");
        assert_eq!(others("emails"), "title desk");
    }

    #[test]
    fn both_differences_are_told() {
        let notes = differences(&advertised(&schemas()), &["userName", "name", "emails", "nickName"]);
        assert_eq!(notes[0], "declared, but not described in /Schemas: nickName");
        assert!(notes[1].contains("not declared: title, urn:example:2.0:User:desk;"), "{}", notes[1]);
        let all = ["userName", "title", "emails", "name.givenName", "urn:example:2.0:User:desk"];
        assert!(differences(&advertised(&schemas()), &all).is_empty());
    }

    #[test]
    fn an_answer_that_is_no_list_of_schemas_says_nothing() {
        assert!(
            advertised(&json!({ "Resources": [{ "id": 3 }, null, { "id": CORE, "attributes": "many" }] })).is_empty()
        );
        assert!(advertised(&Value::Null).is_empty());
    }
}

//! What `/Schemas` says of users, beside what an owner declares.
//!
//! **Invariant:** a difference is a note. Which of the two lists is right, nobody here knows.

use serde_json::Value;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

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
        if !id.to_ascii_lowercase().starts_with("urn:") || !id.to_ascii_lowercase().ends_with(":user") {
            continue;
        }
        // Letter case does not matter in a URN of a schema (RFC 7643 §2.1).
        let prefix = if id.eq_ignore_ascii_case(CORE) { String::new() } else { format!("{id}:") };
        collect(schema.get("attributes"), &prefix, Mutability::ReadWrite, &mut all);
    }
    all
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

/// Those that can be written, are text, and are not declared.
pub fn undeclared<'a>(advertised: &'a [Advertised], declared: &[&str]) -> Vec<&'a Advertised> {
    // What is put together from other attributes need not be kept as it was sent.
    let is_derived = |path: &str| path.ends_with(".formatted");
    let of_interest = |a: &&Advertised| a.writable && a.is_text && !is_derived(&a.path);
    advertised.iter().filter(of_interest).filter(|a| !declared.iter().any(|path| covers(path, &a.path))).collect()
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
    use serde_json::json;

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
        let texts: Vec<&str> = undeclared(&all, &["userName", "name"]).iter().map(|a| a.path.as_str()).collect();
        assert_eq!(texts, ["title", "urn:example:2.0:User:desk"]);
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

//! JSONPath (RFC 9535).
//!
//! **Invariant:** the only home of the JSONPath parser.

use serde_json::Value;
use serde_json_path::JsonPath as Parsed;

/// A parsed path and its text.
#[derive(Clone, Debug)]
pub struct JsonPath {
    text: String,
    parsed: Parsed,
    /// The names, where it is nothing but names: `$`, `$.meta.location`. Most paths are, and to follow them takes no parser's work.
    names: Option<Vec<String>>,
}

/// Why a text is no path, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathMistake {
    /// A lowercase fragment.
    pub message: String,
    /// The byte in the text.
    pub at: usize,
}

/// A value that a path selects.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected<'a> {
    /// Where: a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// What.
    pub value: &'a Value,
}

impl JsonPath {
    /// Parses.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, PathMistake> {
        match Parsed::parse(text) {
            Ok(parsed) => Ok(Self { text: text.to_owned(), parsed, names: names(text) }),
            Err(_) if !text.starts_with('$') => {
                Err(PathMistake { message: "it begins with `$`, the whole body".to_owned(), at: 0 })
            }
            Err(error) => {
                // The parser's word where it has nothing to say.
                let message = error.message().replace("parser error", "it does not go on like this");
                Err(PathMistake { message, at: error.position().min(text.len()) })
            }
        }
    }

    /// The text it was parsed from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it selects the whole body.
    pub fn is_root(&self) -> bool {
        self.names.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether it selects at most one value whatever it is applied to: names and indexes only.
    pub fn is_singular(&self) -> bool {
        is_plain(&self.text)
    }

    /// The values that it selects, in document order, without their places.
    pub fn values<'a>(&self, body: &'a Value) -> Vec<&'a Value> {
        match &self.names {
            Some(names) => followed(names, body).into_iter().collect(),
            None => self.parsed.query(body).all(),
        }
    }

    /// What it selects, in document order.
    pub fn select<'a>(&self, body: &'a Value) -> Vec<Selected<'a>> {
        if let Some(names) = &self.names {
            // Such names hold nothing that a pointer would have to escape.
            let pointer = || names.iter().flat_map(|name| ["/", name.as_str()]).collect();
            return followed(names, body).map(|value| Selected { pointer: pointer(), value }).into_iter().collect();
        }
        self.parsed
            .query_located(body)
            .into_iter()
            .map(|node| Selected { pointer: node.location().to_json_pointer(), value: node.node() })
            .collect()
    }
}

/// The names of a path that has nothing else, in the short form (RFC 9535 §2.5.1.1).
fn names(text: &str) -> Option<Vec<String>> {
    let mut rest = text.strip_prefix('$')?.split('.');
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if rest.next() != Some("") {
        return None;
    }
    rest.map(|name| Some(name).filter(is_name).map(str::to_owned)).collect()
}

/// What member after member leads to.
fn followed<'a>(names: &[String], body: &'a Value) -> Option<&'a Value> {
    names.iter().try_fold(body, |value, name| value.as_object()?.get(name))
}

/// A value inside a string literal of a JSONPath; the escapes hold for either kind of quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\u0027"),
            '"' => out.push_str("\\u0022"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// `$['urn:…:User'].department` is singular in spite of its colons and dots: the special characters are inside quotes.
fn is_plain(text: &str) -> bool {
    let mut quote = None;
    let mut previous = ' ';
    for c in text.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if matches!(c, '*' | '?' | ':' | ',') || (c == '.' && previous == '.') => return false,
            None => {}
        }
        previous = c;
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_alone_lead_where_the_parser_would_go() {
        let body = json!({ "id": "1", "meta": { "location": "x", "_a1": null }, "list": [{ "id": "2" }], "a-b": 1 });
        for (text, plain) in [
            ("$", true),
            ("$.id", true),
            ("$.meta.location", true),
            ("$.meta._a1", true),
            ("$.meta.none", true),
            ("$.id.x", true),
            ("$.list.id", true),
            ("$.list[0].id", false),
            ("$..id", false),
            ("$.*", false),
            ("$['a-b']", false),
            ("$ .id", false),
        ] {
            let path = JsonPath::parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
            assert_eq!(path.names.is_some(), plain, "{text}");
            let slow = JsonPath { names: None, ..path.clone() };
            assert_eq!(path.values(&body), slow.values(&body), "{text}");
            assert_eq!(path.select(&body), slow.select(&body), "{text}");
        }
    }
}

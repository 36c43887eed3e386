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
            Ok(parsed) => Ok(Self { text: text.to_owned(), parsed }),
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

    /// What it leads to, as people say it: `` `meta.location` ``.
    pub fn in_words(&self) -> String {
        match self.text.trim_start_matches('$').trim_start_matches('.') {
            "" => "a JSON body".to_owned(),
            place if self.is_singular() => format!("`{place}`"),
            _ => "what a later request needs".to_owned(),
        }
    }

    /// Whether it selects the whole body.
    pub fn is_root(&self) -> bool {
        self.text == "$"
    }

    /// Whether it selects at most one value whatever it is applied to: names and indexes only.
    pub fn is_singular(&self) -> bool {
        is_plain(&self.text)
    }

    /// What it selects from a body, in the order of RFC 9535.
    pub fn select<'a>(&self, body: &'a Value) -> Vec<Selected<'a>> {
        self.parsed
            .query_located(body)
            .into_iter()
            .map(|node| Selected { pointer: node.location().to_json_pointer(), value: node.node() })
            .collect()
    }

    /// The first value that it selects and that is something: neither `null` nor an empty text.
    pub fn first<'a>(&self, body: &'a Value) -> Option<&'a Value> {
        self.values(body).into_iter().find(|value| !value.is_null() && *value != "")
    }

    /// The values that it selects from a value.
    pub fn values<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        self.parsed.query(value).all()
    }
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
    fn a_path_selects_values_with_the_way_to_each() {
        let body = json!({ "meta": { "a/b~c": null, "x": "" }, "list": [{ "id": "2" }, 3, { "id": "4" }] });
        let select = |text: &str| {
            let path = JsonPath::parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
            let selected = path.select(&body).into_iter().map(|one| one.pointer).collect::<Vec<_>>().join(" ");
            (selected, path.first(&body).cloned(), path.is_singular())
        };
        assert_eq!(select("$.list[*].id"), ("/list/0/id /list/2/id".to_owned(), Some(json!("2")), false));
        assert_eq!(select("$.list[?match(@.id, '[3-9]')].id"), ("/list/2/id".to_owned(), Some(json!("4")), false));
        assert_eq!(select("$.list[1]"), ("/list/1".to_owned(), Some(json!(3)), true));
        assert_eq!(select("$.meta['a/b~c']"), ("/meta/a~1b~0c".to_owned(), None, true));
        assert_eq!(select("$.meta[*]"), ("/meta/a~1b~0c /meta/x".to_owned(), None, false));
        assert_eq!(select("$"), (String::new(), Some(body.clone()), true));
        assert!(JsonPath::parse("$").is_ok_and(|path| path.is_root()));
    }
}

//! JSONPath (RFC 9535).
//!
//! **Invariant:** the only home of the JSONPath parser.

use std::borrow::Cow;

use serde_json::Value;
use serde_json_path::JsonPath as Parsed;

use super::simple::{Step, follow, pointer, steps};
use crate::json::{Document, Node};

/// A parsed path and its text.
#[derive(Clone, Debug)]
pub struct JsonPath {
    text: String,
    parsed: Parsed,
    /// The steps, where they are simple ones: `$`, `$.meta.location`, `$.Resources[*].id`. Most paths are, and to follow them takes
    /// no parser's work.
    steps: Option<Vec<Step>>,
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
    pub value: Cow<'a, Value>,
}

impl JsonPath {
    /// Parses.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, PathMistake> {
        match Parsed::parse(text) {
            Ok(parsed) => Ok(Self { text: text.to_owned(), parsed, steps: steps(text) }),
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
        self.steps.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether it selects at most one value whatever it is applied to: names and indexes only.
    pub fn is_singular(&self) -> bool {
        is_plain(&self.text)
    }

    /// What it selects from a body, in the order of RFC 9535.
    pub fn select<'a>(&self, body: &'a Document) -> Vec<Selected<'a>> {
        if let Some(steps) = &self.steps {
            let mut found = Vec::new();
            let mut take =
                |node: Node<'a>, way: &[_]| found.push(Selected { pointer: pointer(way), value: node.value() });
            follow(steps, body, &mut take);
            return found;
        }
        // The parser knows values only.
        self.parsed
            .query_located(body.value())
            .into_iter()
            .map(|node| Selected { pointer: node.location().to_json_pointer(), value: Cow::Borrowed(node.node()) })
            .collect()
    }

    /// The first value that it selects and that is something: neither `null` nor an empty text.
    pub fn first<'a>(&self, body: &'a Document) -> Option<Cow<'a, Value>> {
        match &self.steps {
            Some(steps) => {
                let mut first = None;
                follow(steps, body, &mut |node: Node<'a>, _| {
                    if first.is_none() && !node.is_null() && node.as_str() != Some("") {
                        first = Some(node);
                    }
                });
                first.map(Node::value)
            }
            None => {
                self.values(body.value()).into_iter().find(|value| !value.is_null() && *value != "").map(Cow::Borrowed)
            }
        }
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
    fn simple_steps_lead_where_the_parser_would_go() {
        let body = json!({
            "id": "1",
            "meta": { "location": "x", "_a1": null, "a/b~c": [1] },
            "list": [{ "id": "2" }, 3, { "id": ["4"] }],
            "a-b": 1,
            "b": true,
            "two": 2.0,
        });
        let document = Document::from(&body);
        for (text, simple) in [
            ("$", true),
            ("$.id", true),
            ("$.meta.location", true),
            ("$.meta._a1", true),
            ("$.meta.none", true),
            ("$.id.x", true),
            ("$.id[0]", true),
            ("$.list.id", true),
            ("$.list[0].id", true),
            ("$.list[2].id[0]", true),
            ("$.list[3]", true),
            ("$.list[*]", true),
            ("$.list[*].id", true),
            ("$.meta[*]", true),
            ("$.meta[*][0]", true),
            ("$[*][*]", true),
            ("$[0]", true),
            ("$.list[?@.id == '2']", true),
            ("$.list[?@.id != '2']", true),
            ("$.list[?@.id != '2'].id", true),
            ("$.list[?@ == '2']", true),
            ("$.list[?@.id == true]", true),
            ("$[?$.id != '']", true),
            ("$[?$.id == '1']", true),
            ("$[?$.id == '']", true),
            ("$[?$.meta.location == 'x'][*]", true),
            ("$[?$.none != 'x'].location", true),
            ("$[?$.b == true]", true),
            ("$[?$.b != false]", true),
            ("$[?@ != 'a]b'][0]", true),
            (r"$[?@ == 'a\\b']", false),
            ("$[?@ == \"1\"]", false),
            ("$[?@=='1']", false),
            ("$[?@.id == '2' || @.id == '3']", false),
            ("$[?@ == 1]", true),
            ("$[?@ != 1]", true),
            ("$[?@ > 0]", true),
            ("$[?@ > 1]", true),
            ("$[?$.two == 2]", true),
            ("$[?$.two > 1]", true),
            ("$[?$.id > 0]", true),
            ("$[?$.none > 0]", true),
            ("$[?$.none != 0]", true),
            ("$[?length($.list) == 3]", true),
            ("$[?length($.list) > 2].location", true),
            ("$[?length($.id) == 1]", true),
            ("$[?length($.b) == 1]", true),
            ("$[?length($.b) != 1]", true),
            ("$[?length(@) == 3]", true),
            ("$[?length(@.location) == 1]", true),
            ("$[?length(@) == '3']", true),
            ("$[?length(@) != '3']", true),
            ("$['id']", true),
            ("$['a-b']", true),
            ("$['none']", true),
            ("$['id']['x']", true),
            ("$['two', 'a-b', 'none', 'id']", true),
            ("$['list', 'meta'][*]", true),
            ("$.list[?@.id == '2' && @.none != 1]", true),
            ("$.list[?@.id == '2' && @.id == '3']", true),
            ("$[?$.id == '1' && $.b == true && length(@) > 1]", true),
            ("$['']", true),
            ("$['a]b', 'id']", true),
            ("$[?match($.id, '[0-9]')]", true),
            ("$[?match($.meta.location, 'x|y')][*]", true),
            ("$[?match($.id, '')]", true),
            ("$[?match($.id, '(')]", true),
            ("$[?match($.two, '2')]", true),
            ("$.list[?match(@.id, '.')]", true),
            ("$.list[?match(@.id, '2|3') && @.id != '3'].id", true),
            ("$.meta[?search(@, '^x')]", true),
            ("$.list[?search(@.id, '2')]", true),
            ("$.list[?search(@.id[0], '4')]", false),
            ("$.list[?search(@.id, @.id)]", false),
            ("$.list[?!search(@.id, '2')]", false),
            ("$.list[?search(@.id,'2')]", false),
            (r"$.list[?search(@.id, '\\d')]", false),
            (r"$['a\'b']", false),
            ("$['id','two']", false),
            ("$['list', 0]", false),
            ("$[ 'id']", false),
            ("$[?@.id == '2' && @.id]", false),
            ("$[?@.id == '2'&&@.id == '2']", false),
            ("$[?@.id == '2' && @.x == 1 || @.y == 1]", false),
            ("$[?@ > '0']", false),
            ("$[?@ < 2]", false),
            ("$[?@ == -1]", false),
            ("$[?@ == 1.0]", false),
            ("$[?@ == null]", false),
            ("$.list[-1]", false),
            ("$.list[0,1]", false),
            ("$.list[0:1]", false),
            ("$.list[?@.id]", false),
            ("$..id", false),
            ("$.*", false),
            ("$ .id", false),
        ] {
            let path = JsonPath::parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
            assert_eq!(path.steps.is_some(), simple, "{text}");
            let slow = JsonPath { steps: None, ..path.clone() };
            assert_eq!(path.select(&document), slow.select(&document), "{text}");
            assert_eq!(path.first(&document), slow.first(&document), "{text}");
        }
    }
}

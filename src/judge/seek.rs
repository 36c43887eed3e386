//! What a path that may select any number of values looks for, in words, and what of a value is worth showing beside it.

use serde_json::Value;

/// What a path looks for below the place to which its names and indexes lead.
pub(super) struct Sought<'a> {
    /// To follow what is expected: ` where value is "7"`, ` named detail`; may be empty.
    pub(super) words: String,
    /// The one attribute of each element that tells the elements apart, if there is one.
    attribute: Option<&'a str>,
}

impl Sought<'_> {
    /// What is there: of a list the attribute that is looked at, of each element, or all of it.
    pub(super) fn shown(&self, there: &Value) -> Value {
        let (Some(name), Value::Array(elements)) = (self.attribute, there) else { return there.clone() };
        let of_each: Option<Vec<Value>> = elements.iter().map(|element| element.get(name).cloned()).collect();
        of_each.filter(|values| !values.is_empty()).map_or_else(|| there.clone(), Value::Array)
    }
}

/// What a path looks for; `None` for a path of names and indexes alone, or for one that is no simple case.
pub(super) fn sought(path: &str) -> Option<Sought<'_>> {
    let begin = ["[?", "[*]", "..", ".*"].iter().filter_map(|sign| path.find(sign)).min()?;
    let rest = &path[begin..];
    if let Some(filter) = rest.strip_prefix("[?") {
        let (inside, after) = filter.rsplit_once(']')?;
        // What follows the filter looks at a part of what it selects, and two filters are too many for a sentence.
        let simple = after.is_empty() && !inside.contains('[') && !inside.contains('(') && !inside.contains('$');
        return Some(match simple {
            true => Sought { words: format!(" where {}", in_words(inside)), attribute: only_name(inside) },
            false => Sought { words: String::new(), attribute: None },
        });
    }
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if let Some(name) = rest.strip_prefix("[*].").filter(|name| is_name(name)) {
        return Some(Sought { words: String::new(), attribute: Some(name) });
    }
    let deep = rest.strip_prefix("..").map(|rest| rest.trim_end_matches("[*]")).filter(|name| is_name(name));
    let words = deep.map(|name| format!(" named {name}")).unwrap_or_default();
    Some(Sought { words, attribute: None })
}

/// A filter as a sentence: what is in quotes stays, and signs become words.
fn in_words(filter: &str) -> String {
    let mut words = String::new();
    for (n, part) in filter.split('\'').enumerate() {
        if n > 0 {
            words.push('"');
        }
        if n % 2 == 1 {
            words.push_str(part);
            continue;
        }
        let part = missing_in_words(part).replace("@.", "").replace('@', "it");
        let part = part.replace("==", "is").replace("!=", "is not").replace("&&", "and").replace("||", "or");
        words.push_str(&part);
    }
    words.trim().to_owned()
}

/// `!@.value` becomes `value is missing`.
fn missing_in_words(part: &str) -> String {
    let mut pieces = part.split("!@.");
    let mut words = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_at(end_of_name(piece));
        words.extend([name, " is missing", rest]);
    }
    words
}

fn end_of_name(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The attribute that a filter looks at, if it is one.
fn only_name(filter: &str) -> Option<&str> {
    let outside = filter.split('\'').step_by(2);
    let mut names = outside.flat_map(|part| part.split("@.").skip(1)).map(|rest| &rest[..end_of_name(rest)]);
    let first = names.next().filter(|name| !name.is_empty())?;
    names.all(|name| name == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_is_told_as_a_sentence() {
        for (path, words, attribute) in [
            ("$.members[?@.value == '7']", " where value is \"7\"", Some("value")),
            ("$.members[?@.value == 'a' || @.value == 'b']", " where value is \"a\" or value is \"b\"", Some("value")),
            (
                "$.Resources[?@.displayName != 'A || @.b == C']",
                " where displayName is not \"A || @.b == C\"",
                Some("displayName"),
            ),
            ("$.Resources[?@.id == '7' && @.active == false]", " where id is \"7\" and active is false", None),
            ("$['emails', 'phoneNumbers'][?!@.value]", " where value is missing", Some("value")),
            ("$.Resources[*].id", "", Some("id")),
            ("$..detail", " named detail", None),
            ("$..schemas[*]", " named schemas", None),
            ("$[?$.id != '']", "", None),
            ("$.Resources[?length($.Resources) == 1].id", "", None),
            ("$.schemas[*]", "", None),
        ] {
            let sought = sought(path).unwrap_or_else(|| panic!("{path} looks for something"));
            assert_eq!((sought.words.as_str(), sought.attribute), (words, attribute), "{path}");
        }
        assert!(sought("$.name.givenName").is_none());
        assert!(sought("$['userName', 'emails']").is_none());
    }

    #[test]
    fn of_a_list_what_the_filter_looks_at_is_shown() {
        let members = json!([{"value": "a", "display": "A"}, {"value": "b"}]);
        let by_value = sought("$.members[?@.value == '7']").expect("it is a filter");
        assert_eq!(by_value.shown(&members), json!(["a", "b"]));
        assert_eq!(by_value.shown(&json!([{"display": "A"}])), json!([{"display": "A"}]));
        assert_eq!(by_value.shown(&json!([])), json!([]));
        assert_eq!(by_value.shown(&json!({"a": 1})), json!({"a": 1}));
    }
}

//! The scripts that Okta's tests hold, by what they do. There is no JavaScript here: what a script does is read off its text,
//! and a script that does anything else is not run.

use serde_json::Value;

use super::{Answer, Checked, Outcome, number_of};

/// What a script demands of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// A list of groups, which may be empty.
    Groups,
    /// A list with at least one group.
    SomeGroups,
}

impl Script {
    /// What a script does; `None` when it is neither.
    pub(super) fn recognise(text: &str) -> Option<Self> {
        let code = squeezed(text);
        let reads = ["JSON.parse(response.body)", ".totalResults", ".Resources", "Array.isArray("];
        let acts = ["variables.", "request.", "environment", "for(", "while(", "throw", "assert.fail", "require("];
        if !reads.iter().all(|part| code.contains(part)) || acts.iter().any(|part| code.contains(part)) {
            return None;
        }
        let asserts = asserts(&code)?;
        match asserts.iter().find(|assert| !assert.conditional) {
            _ if asserts.is_empty() => None,
            // What is asserted whatever the list holds is the flag that only a list with groups sets.
            Some(assert) if is_word(&assert.argument) => Some(Script::SomeGroups),
            Some(_) => None,
            None => Some(Script::Groups),
        }
    }

    /// Whether the script comes to assert anything of an answer: one of the two only does so where the list has groups.
    pub fn asserts(self, answer: &Answer<'_>) -> bool {
        match self {
            Script::SomeGroups => true,
            Script::Groups => lists_some(answer),
        }
    }

    /// Holds the script's demand against an answer.
    pub fn run(self, answer: &Answer<'_>) -> Checked {
        let expected = match self {
            Script::Groups => "JSON in which Resources is a list if totalResults is 1 or more",
            Script::SomeGroups => "JSON with a list of groups in Resources and a totalResults of 1 or more",
        };
        let list = answer.json().and_then(|json| json.get("Resources")).is_some_and(Value::is_array);
        let total = answer.json().and_then(|json| json.get("totalResults"));
        let some = lists_some(answer);
        let (passed, note) = match (self, answer.json()) {
            (_, None) => (false, None),
            (Script::Groups, Some(_)) if some && !list => {
                (false, Some("Runscope's script lets this pass, because it asserts nothing then".to_owned()))
            }
            (Script::Groups, Some(_)) => (true, None),
            (Script::SomeGroups, Some(_)) => (some && list, None),
        };
        Checked {
            subject: "response.body".to_owned(),
            comparison: "script",
            expected: expected.to_owned(),
            actual: Some(match answer.json() {
                Some(_) => {
                    serde_json::json!({ "totalResults": total, "Resources": if list { "a list" } else { "no list" } })
                }
                None => Value::from("no JSON"),
            }),
            outcome: if passed { Outcome::Passed } else { Outcome::Failed },
            note,
        }
    }
}

fn lists_some(answer: &Answer<'_>) -> bool {
    let total = answer.json().and_then(|json| json.get("totalResults"));
    total.and_then(number_of).is_some_and(|total| total >= 1.0)
}

struct Assert {
    argument: String,
    conditional: bool,
}

/// The calls of `assert`, and whether each stands in a branch; `None` when brackets do not match.
fn asserts(code: &str) -> Option<Vec<Assert>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("assert") {
        let rest = &code[at + "assert".len()..];
        let Some(open) = rest.find('(').filter(|open| rest[..*open].chars().all(|c| c.is_alphanumeric() || c == '.'))
        else {
            continue;
        };
        let inside = &rest[open + 1..];
        let argument = inside[..inside.find([',', ')'])?].to_owned();
        let before = &code[..at];
        let depth = before.matches('{').count().checked_sub(before.matches('}').count())?;
        let conditional = depth > 0 || before.ends_with(')') || before.ends_with("else");
        found.push(Assert { argument, conditional });
    }
    Some(found)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Code without comments, white space and what stands in strings.
fn squeezed(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '/' if after.starts_with('/') => after.find('\n').map_or("", |end| &after[end..]),
            '/' if after.starts_with('*') => after.find("*/").map_or("", |end| &after[end + 2..]),
            '"' | '\'' | '`' => {
                out.push_str("\"\"");
                after_string(after, c)
            }
            _ => {
                if !c.is_whitespace() {
                    out.push(c);
                }
                after
            }
        };
    }
    out
}

fn after_string(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return &text[at + c.len_utf8()..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Script>) {
        assert_eq!(Script::recognise(text), expected, "{text}");
    }

    const READS: &str = "const list = JSON.parse( response.body ); const n = list.totalResults, all = list.Resources;";

    #[test]
    fn a_script_is_known_by_what_it_does() {
        check(
            &format!(
                "{READS} let ok = false; if (n > 0 && Array.isArray(all)) {{ ok = true; }} assert.ok(ok, 'list');"
            ),
            Some(Script::SomeGroups),
        );
        check(
            &format!(
                "{READS}\nif (n === 0) assert('none', \"none\");\nelse if (Array.isArray(all)) {{ assert.ok(true) }}"
            ),
            Some(Script::Groups),
        );
        check(
            &format!("{READS} if (Array.isArray(all)) {{ /* assert.ok(all); }} */ assert(all); }}"),
            Some(Script::Groups),
        );
    }

    #[test]
    fn a_script_that_does_something_else_is_not_known() {
        check("log('hello');", None);
        check(&format!("{READS} log(Array.isArray(all));"), None);
        check(&format!("{READS} assert.ok(Array.isArray(all));"), None);
        check(&format!("{READS} if (Array.isArray(all)) {{ assert(1); }} variables.set('x', n);"), None);
        check(&format!("{READS} }} assert.ok(Array.isArray(all)"), None);
        check("\"JSON.parse(response.body) .totalResults .Resources Array.isArray( assert(1)", None);
    }
}

//! The paths that take no parser's work: names, indexes, `[*]`, and comparisons with literals or patterns. Nearly all paths of
//! scenarios are, and the parser takes many times as long to follow one.
//!
//! **Invariant:** they select what the parser would; a test holds each form against it.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

use crate::json::{Document, Kind, Node};

/// A simple step of a path.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// To the members of these names, in this order.
    Names(Vec<String>),
    /// To the element of that index.
    Index(usize),
    /// To each element or member.
    All,
    /// To each element or member for which all comparisons hold.
    Where(Vec<Comparison>),
}

/// The comparison of what names lead to with something.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    /// Whether the names begin at the whole body instead of the element or member.
    of_body: bool,
    names: Vec<String>,
    with: With,
}

#[derive(Clone, Debug)]
enum With {
    Literal {
        /// Whether it is about the length of what is there.
        of_length: bool,
        operator: Operator,
        literal: Value,
    },
    Pattern(Pattern),
}

/// A regular expression, compiled when it is first used. The parser compiles it for each text.
#[derive(Clone, Debug)]
struct Pattern {
    written: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// What is no regular expression matches nothing.
    fn is_in(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(&self.written).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Equal,
    Different,
    Greater,
}

impl Comparison {
    /// Nothing is different from every literal (RFC 9535 §2.3.5.2.2).
    fn holds(&self, here: Node<'_>) -> bool {
        let start = if self.of_body { here.document().root() } else { here };
        let found = self.names.iter().try_fold(start, |node, name| node.get(name));
        let (of_length, operator, literal) = match &self.with {
            With::Pattern(pattern) => return found.and_then(Node::as_str).is_some_and(|text| pattern.is_in(text)),
            With::Literal { of_length, operator, literal } => (*of_length, *operator, literal),
        };
        let wanted = literal.as_f64();
        let number = if of_length { found.and_then(length) } else { found.and_then(Node::as_f64) };
        let equal = match wanted {
            Some(_) => number == wanted,
            None => !of_length && found.is_some_and(|found| found.equals(literal)),
        };
        match operator {
            Operator::Equal => equal,
            Operator::Different => !equal,
            Operator::Greater => number.zip(wanted).is_some_and(|(number, wanted)| number > wanted),
        }
    }
}

/// What `length()` gives (RFC 9535 §2.4.4).
fn length(node: Node<'_>) -> Option<f64> {
    let length = match node.kind() {
        Kind::Text(text) => text.chars().count(),
        Kind::Array(items) => items.len(),
        Kind::Object(fields) => fields.len(),
        _ => return None,
    };
    u32::try_from(length).ok().map(f64::from)
}

/// The steps of a path that has only simple ones.
pub(super) fn steps(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text.strip_prefix('$')?;
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('[') {
            None => {
                let (name, after) = name(rest)?;
                (Step::Names(vec![name.to_owned()]), after)
            }
            Some(inside) if inside.starts_with('\'') => list(inside, ", ", in_quotes).map(|(names, after)| {
                let names = names.into_iter().map(str::to_owned).collect();
                (Step::Names(names), after)
            })?,
            Some(inside) if inside.starts_with('?') => {
                list(&inside[1..], " && ", comparison).map(|(all, after)| (Step::Where(all), after))?
            }
            Some(inside) => match inside.split_once(']')? {
                ("*", after) => (Step::All, after),
                (index, after) if index.bytes().all(|b| b.is_ascii_digit()) => {
                    (Step::Index(index.parse().ok()?), after)
                }
                _ => return None,
            },
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

/// What is in brackets, one or several with a sign between them, and what follows.
fn list<'t, T>(text: &'t str, sign: &str, one: impl Fn(&'t str) -> Option<(T, &'t str)>) -> Option<(Vec<T>, &'t str)> {
    let mut all = Vec::new();
    let mut rest = text;
    loop {
        let (next, after) = one(rest)?;
        all.push(next);
        match after.strip_prefix(']') {
            Some(after) => return Some((all, after)),
            None => rest = after.strip_prefix(sign)?,
        }
    }
}

/// A text in single quotes, without escapes, and what follows it.
fn in_quotes(text: &str) -> Option<(&str, &str)> {
    let (text, rest) = text.strip_prefix('\'')?.split_once('\'')?;
    (!text.contains('\\')).then_some((text, rest))
}

/// The name behind a dot, and what follows it.
fn name(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('.')?;
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some((name, after))
}

/// `@.name == 'literal'`, `$.name.name != true`, `length($.name) > 2` or `match(@.name, 'pattern')`, and what follows it.
fn comparison(text: &str) -> Option<(Comparison, &str)> {
    // As the parser makes regular expressions of them: `match` is about the whole text.
    let (whole, part) = (text.strip_prefix("match("), text.strip_prefix("search("));
    if let Some(inside) = whole.or(part) {
        let (of_body, names, rest) = names(inside)?;
        let (pattern, rest) = in_quotes(rest.strip_prefix(", ")?)?;
        let written = if whole.is_some() { format!("(?R)^({pattern})$") } else { format!("(?R)({pattern})") };
        let with = With::Pattern(Pattern { written, compiled: OnceLock::new() });
        return Some((Comparison { of_body, names, with }, rest.strip_prefix(')')?));
    }
    let inside = text.strip_prefix("length(");
    let (of_body, names, mut rest) = names(inside.unwrap_or(text))?;
    if inside.is_some() {
        rest = rest.strip_prefix(')')?;
    }
    let operators = [(" == ", Operator::Equal), (" != ", Operator::Different), (" > ", Operator::Greater)];
    let (operator, rest) =
        operators.into_iter().find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)))?;
    let (literal, rest) = literal(rest)?;
    // Texts have an order, too.
    let is_simple = literal.is_number() || !matches!(operator, Operator::Greater);
    let with = With::Literal { of_length: inside.is_some(), operator, literal };
    is_simple.then_some((Comparison { of_body, names, with }, rest))
}

/// Whether names begin at the whole body, the names, and what follows them.
fn names(text: &str) -> Option<(bool, Vec<String>, &str)> {
    let mut rest = text.strip_prefix(['@', '$'])?;
    let mut names = Vec::new();
    while let Some((name, after)) = name(rest) {
        names.push(name.to_owned());
        rest = after;
    }
    Some((text.starts_with('$'), names, rest))
}

/// A literal that needs no parser, and what follows it.
fn literal(text: &str) -> Option<(Value, &str)> {
    if text.starts_with('\'') {
        return in_quotes(text).map(|(text, rest)| (text.into(), rest));
    }
    let end = text.find([']', ' '])?;
    let (word, rest) = text.split_at(end);
    let value = match word {
        "true" => true.into(),
        "false" => false.into(),
        number if number.len() < 10 && number.bytes().all(|b| b.is_ascii_digit()) => number.parse::<u32>().ok()?.into(),
        _ => return None,
    };
    Some((value, rest))
}

/// One part of the way to a value.
#[derive(Clone, Copy)]
pub(super) enum Way<'a> {
    Name(&'a str),
    Index(usize),
}

pub(super) fn pointer(way: &[Way<'_>]) -> String {
    let mut pointer = String::new();
    for part in way {
        match part {
            Way::Name(name) => pointer.extend(["/", &name.replace('~', "~0").replace('/', "~1")]),
            Way::Index(index) => pointer.push_str(&format!("/{index}")),
        }
    }
    pointer
}

/// Gives `take` each value that the steps lead to from the whole of a body, and the way to it.
pub(super) fn follow<'a: 'w, 'w>(steps: &'w [Step], body: &'a Document, take: &mut impl FnMut(Node<'a>, &[Way<'w>])) {
    go_on(steps, body.root(), take, &mut Vec::new());
}

fn go_on<'a: 'w, 'w>(
    steps: &'w [Step],
    node: Node<'a>,
    take: &mut impl FnMut(Node<'a>, &[Way<'w>]),
    way: &mut Vec<Way<'w>>,
) {
    let Some((step, rest)) = steps.split_first() else { return take(node, way) };
    let mut go = |part, next| {
        way.push(part);
        go_on(rest, next, take, way);
        way.pop();
    };
    let all: &[Comparison] = if let Step::Where(all) = step { all } else { &[] };
    // What is said of the whole body is the same for each element.
    if all.iter().any(|comparison| comparison.of_body && !comparison.holds(node)) {
        return;
    }
    let is_meant = |next: Node<'_>| all.iter().all(|comparison| comparison.of_body || comparison.holds(next));
    match (step, node.kind()) {
        (Step::Names(names), Kind::Object(_)) => {
            names.iter().filter_map(|name| Some((name, node.get(name)?))).for_each(|(n, next)| go(Way::Name(n), next));
        }
        (Step::Index(index), Kind::Array(mut items)) => {
            if let Some(next) = items.nth(*index) {
                go(Way::Index(*index), next);
            }
        }
        (Step::All | Step::Where(_), Kind::Array(items)) => {
            items.enumerate().filter(|(_, next)| is_meant(*next)).for_each(|(n, next)| go(Way::Index(n), next));
        }
        (Step::All | Step::Where(_), Kind::Object(fields)) => {
            fields.filter(|(_, next)| is_meant(*next)).for_each(|(name, next)| go(Way::Name(name), next));
        }
        _ => {}
    }
}

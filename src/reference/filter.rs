//! Filters and PATCH paths: the grammar of RFC 7644 §3.4.2.2 and §3.5.2, and what a filter matches.
//!
//! **Invariant:** a parsed filter names only attributes that exist and compares them only in ways their type allows, so
//! matching cannot fail. Nesting is bounded, so outside text cannot exhaust the stack.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, FixedOffset};
use serde_json::{Map, Value};

use super::schema::instant;
use super::schema::{Attribute, Kind, Named, Returned, Schema, Target, Type, resolve};

/// How deep parentheses, `not` and brackets may nest.
const MAX_DEPTH: usize = 50;

/// Something a filter can look into: a resource, or one value of a complex attribute.
pub(crate) trait Record {
    /// The value of an attribute under its canonical name; `None` when it is unassigned or never returned.
    fn get(&self, extension: Option<&'static Schema>, name: &str) -> Option<Cow<'_, Value>>;
}

impl Record for Map<String, Value> {
    fn get(&self, extension: Option<&'static Schema>, name: &str) -> Option<Cow<'_, Value>> {
        let container = match extension {
            None => Some(self),
            Some(schema) => Map::get(self, schema.id).and_then(Value::as_object),
        };
        container.and_then(|container| Map::get(container, name)).map(Cow::Borrowed)
    }
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What an attribute is compared with.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Null,
    Boolean(bool),
    /// The text as given, and as it is compared: folded when the attribute ignores case.
    Text {
        given: String,
        compared: String,
    },
    Instant(DateTime<FixedOffset>),
}

/// A parsed filter.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Present(Target),
    Compare(Target, Operator, Operand),
    /// One and the same value of the attribute matches the inner filter.
    Value(Target, Box<Filter>),
}

/// What a PATCH path points at.
#[derive(Clone, Debug)]
pub(crate) enum Path {
    /// All attributes of one schema, named by its URN.
    Schema(&'static Schema),
    /// An attribute or sub-attribute; with a filter, of those values only that match.
    Attribute(Target, Option<Filter>),
}

/// Parses the `filter` of a query on one resource type; the error says what is wrong, for people.
pub(crate) fn parse(kind: Kind, text: &str) -> Result<Filter, String> {
    let mut parser = Parser { rest: text };
    let filter = parser.any(Scope::Resource(kind), 0)?;
    parser.skip_spaces();
    if parser.rest.is_empty() { Ok(filter) } else { Err(format!("cannot make sense of `{}`", parser.rest)) }
}

/// Parses the `path` of a PATCH operation; the error says what is wrong, for people.
pub(crate) fn parse_path(kind: Kind, text: &str) -> Result<Path, String> {
    let mut parser = Parser { rest: text };
    let name = parser.name();
    let unknown = || format!("`{text}` names no attribute of a {}", kind.name());
    let mut target = match resolve(kind, name).ok_or_else(unknown)? {
        Named::Schema(schema) if parser.rest.is_empty() => return Ok(Path::Schema(schema)),
        Named::Schema(_) => return Err(unknown()),
        Named::Attribute(target) => target,
    };
    if parser.rest.is_empty() {
        return Ok(Path::Attribute(target, None));
    }
    let filterable = target.sub.is_none() && target.attribute.kind == Type::Complex;
    if !filterable || !parser.eat('[') {
        return Err(format!("`{text}` is not a path"));
    }
    let filter = parser.any(Scope::Value(target.attribute), 0)?;
    parser.skip_spaces();
    if !parser.eat(']') {
        return Err(format!("`{text}` lacks a closing bracket"));
    }
    if !parser.rest.is_empty() {
        let sub = parser.rest.strip_prefix('.').ok_or_else(unknown)?;
        target.sub = Some(target.attribute.sub(sub).ok_or_else(unknown)?);
    }
    Ok(Path::Attribute(target, Some(filter)))
}

/// Whether the record satisfies the filter.
pub(crate) fn matches(filter: &Filter, record: &dyn Record) -> bool {
    match filter {
        Filter::Any(filters) => filters.iter().any(|filter| matches(filter, record)),
        Filter::All(filters) => filters.iter().all(|filter| matches(filter, record)),
        Filter::Not(filter) => !matches(filter, record),
        Filter::Present(target) => any_value(target, record, |value| !is_empty(value)),
        Filter::Compare(target, operator, Operand::Null) => {
            let present = any_value(target, record, |value| !value.is_null());
            present == (*operator == Operator::NotEqual)
        }
        Filter::Compare(target, operator, operand) => {
            let mut assigned = false;
            let found = any_value(target, record, |value| {
                assigned = true;
                compare(target.leaf(), value, *operator, operand)
            });
            // What has no value is not identical to any value.
            found || (!assigned && *operator == Operator::NotEqual)
        }
        Filter::Value(target, filter) => {
            any_value(target, record, |value| value.as_object().is_some_and(|value| matches(filter, value)))
        }
    }
}

/// Folds text for comparisons that ignore case.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// Asks `test` about each value the target has in the record.
fn any_value(target: &Target, record: &dyn Record, mut test: impl FnMut(&Value) -> bool) -> bool {
    let Some(value) = record.get(target.extension, target.attribute.name) else {
        return false;
    };
    let mut one = |value: &Value| match target.sub {
        None => test(value),
        Some(sub) => value.get(sub.name).is_some_and(&mut test),
    };
    match value.as_ref() {
        Value::Array(values) => values.iter().any(one),
        value => one(value),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn compare(attribute: &Attribute, value: &Value, operator: Operator, operand: &Operand) -> bool {
    match (value, operand) {
        (Value::Bool(value), Operand::Boolean(operand)) => ordered(operator, value.cmp(operand)),
        (Value::String(value), Operand::Instant(operand)) => {
            instant(value).is_some_and(|value| ordered(operator, value.cmp(operand)))
        }
        (Value::String(value), Operand::Text { compared, .. }) if attribute.case_exact => {
            compare_text(value, operator, compared)
        }
        (Value::String(value), Operand::Text { compared, .. }) => compare_text(&fold(value), operator, compared),
        _ => operator == Operator::NotEqual,
    }
}

fn compare_text(value: &str, operator: Operator, operand: &str) -> bool {
    match operator {
        Operator::Contains => value.contains(operand),
        Operator::StartsWith => value.starts_with(operand),
        Operator::EndsWith => value.ends_with(operand),
        _ => ordered(operator, value.cmp(operand)),
    }
}

fn ordered(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}

/// Where the names of a filter are looked up.
#[derive(Clone, Copy)]
enum Scope {
    Resource(Kind),
    /// Inside brackets: among the sub-attributes of one attribute.
    Value(&'static Attribute),
}

impl Scope {
    fn resolve(self, name: &str) -> Result<Target, String> {
        let found = match self {
            Scope::Resource(kind) => match resolve(kind, name) {
                Some(Named::Attribute(target)) => Some(target),
                Some(Named::Schema(_)) | None => None,
            },
            Scope::Value(parent) => parent.sub(name).map(|attribute| Target { extension: None, attribute, sub: None }),
        };
        let target = found.ok_or_else(|| format!("`{name}` is not an attribute here"))?;
        if target.attribute.returned == Returned::Never {
            return Err(format!("`{name}` cannot be used in a filter"));
        }
        Ok(target)
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn any(&mut self, scope: Scope, depth: usize) -> Result<Filter, String> {
        let mut filters = vec![self.all(scope, depth)?];
        while self.keyword("or") {
            filters.push(self.all(scope, depth)?);
        }
        Ok(single_or(filters, Filter::Any))
    }

    fn all(&mut self, scope: Scope, depth: usize) -> Result<Filter, String> {
        let mut filters = vec![self.term(scope, depth)?];
        while self.keyword("and") {
            filters.push(self.term(scope, depth)?);
        }
        Ok(single_or(filters, Filter::All))
    }

    fn term(&mut self, scope: Scope, depth: usize) -> Result<Filter, String> {
        if depth > MAX_DEPTH {
            return Err(format!("the filter nests deeper than {MAX_DEPTH}"));
        }
        self.skip_spaces();
        if self.eat('(') {
            let inner = self.any(scope, depth + 1)?;
            return self.close(')').map(|()| inner);
        }
        let before = self.rest;
        let name = self.name();
        if name.eq_ignore_ascii_case("not") {
            self.skip_spaces();
            if self.eat('(') {
                let inner = self.any(scope, depth + 1)?;
                self.close(')')?;
                return Ok(Filter::Not(Box::new(inner)));
            }
        }
        if name.is_empty() {
            return Err(match before.is_empty() {
                true => "an expression is missing at the end".to_owned(),
                false => format!("an attribute name is missing before `{before}`"),
            });
        }
        let target = scope.resolve(name)?;
        if self.eat('[') {
            if target.leaf().kind != Type::Complex {
                return Err(format!("`{name}` has no sub-attributes"));
            }
            let inner = self.any(Scope::Value(target.leaf()), depth + 1)?;
            self.close(']')?;
            return Ok(Filter::Value(target, Box::new(inner)));
        }
        self.comparison(name, target)
    }

    fn comparison(&mut self, name: &str, mut target: Target) -> Result<Filter, String> {
        self.skip_spaces();
        let word = self.name();
        let operator = match word.to_ascii_lowercase().as_str() {
            "pr" => return Ok(Filter::Present(target)),
            "eq" => Operator::Equal,
            "ne" => Operator::NotEqual,
            "co" => Operator::Contains,
            "sw" => Operator::StartsWith,
            "ew" => Operator::EndsWith,
            "gt" => Operator::Greater,
            "ge" => Operator::GreaterOrEqual,
            "lt" => Operator::Less,
            "le" => Operator::LessOrEqual,
            "" => return Err(format!("an operator is missing after `{name}`")),
            _ => return Err(format!("`{word}` is not an operator")),
        };
        let literal = self.literal(word)?;
        // A complex attribute with a value is compared through it: `emails co "example"` (RFC 7644 §3.4.2.2).
        if target.leaf().kind == Type::Complex && !literal.is_null() {
            let value = target.sub.is_none().then(|| target.attribute.sub("value")).flatten();
            target.sub = Some(value.ok_or_else(|| format!("`{name}` has sub-attributes: compare one of those"))?);
        }
        let operand = operand(target.leaf(), operator, literal)
            .ok_or_else(|| format!("`{name}` cannot be compared like that with `{word}`"))?;
        Ok(Filter::Compare(target, operator, operand))
    }

    fn literal(&mut self, operator: &str) -> Result<Value, String> {
        self.skip_spaces();
        let length = if self.rest.starts_with('"') {
            let mut escaped = false;
            let closing = self.rest.bytes().skip(1).position(|byte| {
                let closes = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                closes
            });
            closing.ok_or("a text lacks its closing quote")? + 2
        } else {
            self.rest.find([' ', ')', ']']).unwrap_or(self.rest.len())
        };
        let (literal, rest) = self.rest.split_at(length);
        self.rest = rest;
        if literal.is_empty() {
            return Err(format!("a value is missing after `{operator}`"));
        }
        match serde_json::from_str(literal) {
            Ok(Value::Array(_) | Value::Object(_)) | Err(_) => Err(format!("`{literal}` is not a JSON literal")),
            Ok(value) => Ok(value),
        }
    }

    /// An attribute name or an operator: everything up to a character that neither can hold.
    fn name(&mut self) -> &'a str {
        let end =
            self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".:_-$".contains(c))).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.skip_spaces();
        let mut ahead = Parser { rest: self.rest };
        let found = ahead.name().eq_ignore_ascii_case(keyword);
        if found {
            self.rest = ahead.rest;
        }
        found
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn eat(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn close(&mut self, character: char) -> Result<(), String> {
        self.skip_spaces();
        match self.eat(character) {
            true => Ok(()),
            false => Err(format!("`{character}` is missing before `{}`", self.rest)),
        }
    }
}

fn single_or(mut filters: Vec<Filter>, combine: fn(Vec<Filter>) -> Filter) -> Filter {
    match (filters.pop(), filters.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            filters.extend(last);
            combine(filters)
        }
    }
}

/// The operand as the attribute's type wants it; `None` when type, operator and literal do not go together.
fn operand(attribute: &Attribute, operator: Operator, literal: Value) -> Option<Operand> {
    use Operator::{Contains, EndsWith, Equal, NotEqual, StartsWith};
    let equality = matches!(operator, Equal | NotEqual);
    let substring = matches!(operator, Contains | StartsWith | EndsWith);
    match (attribute.kind, literal) {
        (_, Value::Null) => equality.then_some(Operand::Null),
        (Type::Boolean, Value::Bool(value)) => equality.then_some(Operand::Boolean(value)),
        (Type::DateTime, Value::String(value)) if !substring => instant(&value).map(Operand::Instant),
        (Type::Binary, Value::String(_)) if !equality && !substring => None,
        (Type::Text | Type::Reference | Type::Binary | Type::DateTime, Value::String(value)) => Some(Operand::Text {
            compared: match attribute.case_exact {
                true => value.clone(),
                false => fold(&value),
            },
            given: value,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(filter: &str, expected: Result<bool, &str>) {
        let Value::Object(user) = json!({
            "userName": "BJensen@example.com",
            "externalId": "Ab-1",
            "name": {"familyName": "O'Neil \"Q\"", "givenName": "Zoë"},
            "title": "",
            "active": true,
            "emails": [
                {"value": "a@work.example", "type": "work", "primary": true},
                {"value": "b@home.example", "type": "home"},
            ],
            "meta": {"created": "2026-01-01T12:00:00.000Z"},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D"},
        }) else {
            unreachable!("the literal is an object")
        };
        let actual = parse(Kind::User, filter).map(|filter| matches(&filter, &user));
        match expected {
            Ok(expected) => assert_eq!(actual, Ok(expected), "{filter}"),
            Err(expected) => {
                let reason = actual.expect_err(filter);
                assert!(reason.contains(expected), "{filter}: {reason}");
            }
        }
    }

    #[test]
    fn texts_are_compared_as_their_attribute_says() {
        check(r#"userName eq "bjensen@EXAMPLE.com""#, Ok(true));
        check(r#"externalId eq "Ab-1""#, Ok(true));
        check(r#"externalId eq "ab-1""#, Ok(false));
        check(r#"name.givenName eq "ZOË""#, Ok(true));
        check(r#"name.familyName eq "o'neil \"q\"""#, Ok(true));
        check(r#"name.familyName co "\u004f'N""#, Ok(true));
        check(r#"userName sw "bj""#, Ok(true));
        check(r#"userName ew ".COM""#, Ok(true));
        check(r#"userName gt "a""#, Ok(true));
        check(r#"userName lt "a""#, Ok(false));
    }

    #[test]
    fn names_and_operators_ignore_case_and_take_urns() {
        check(r#"USERNAME EQ "bjensen@example.com""#, Ok(true));
        check(r#"urn:ietf:params:scim:schemas:core:2.0:User:userName Sw "BJ""#, Ok(true));
        check(r#"URN:ietf:params:scim:schemas:extension:enterprise:2.0:user:Department eq "r&d""#, Ok(true));
        check(r#"department eq "r&d""#, Err("not an attribute"));
    }

    #[test]
    fn precedence_is_not_then_and_then_or() {
        check(r#"active eq true or title pr and nickName pr"#, Ok(true));
        check(r#"(active eq true or title pr) and nickName pr"#, Ok(false));
        check(r#"not (nickName pr) and active eq true"#, Ok(true));
        check(r#"NOT(active eq true) OR emails pr"#, Ok(true));
        check(r#"not nickName pr"#, Err("not an attribute"));
    }

    #[test]
    fn brackets_hold_for_one_and_the_same_value() {
        check(r#"emails[type eq "work" and value co "@home"]"#, Ok(false));
        check(r#"emails.type eq "work" and emails.value co "@home""#, Ok(true));
        check(r#"emails[primary eq true]"#, Ok(true));
        check(r#"emails[not (type eq "work") and value pr]"#, Ok(true));
        check(r#"emails co "@home""#, Ok(true));
        check(r#"emails[]"#, Err("missing"));
        check(r#"emails[type eq]"#, Err("missing"));
        check(r#"userName[value eq "x"]"#, Err("no sub-attributes"));
    }

    #[test]
    fn absence_is_null_and_differs_from_everything() {
        check("title pr", Ok(false));
        check("nickName eq null", Ok(true));
        check("userName ne null", Ok(true));
        check(r#"nickName ne "x""#, Ok(true));
        check(r#"nickName eq "x""#, Ok(false));
        check("name pr", Ok(true));
        check("name eq null", Ok(false));
    }

    #[test]
    fn instants_are_compared_as_instants() {
        check(r#"meta.created eq "2026-01-01T13:00:00+01:00""#, Ok(true));
        check(r#"meta.created gt "2026-01-01T13:00:00+01:00""#, Ok(false));
        check(r#"meta.created ge "2026-01-01T11:59:59Z""#, Ok(true));
        check(r#"meta.created gt "yesterday""#, Err("cannot be compared"));
    }

    #[test]
    fn what_the_grammar_does_not_hold_is_refused() {
        check("", Err("missing"));
        check("userName", Err("operator is missing"));
        check("userName eq", Err("value is missing"));
        check(r#"userName xx "y""#, Err("not an operator"));
        check("userName eq bjensen", Err("not a JSON literal"));
        check(r#"userName eq "open"#, Err("closing quote"));
        check(r#"(active eq true"#, Err("missing"));
        check(r#"active eq true)"#, Err("make sense"));
        check(r#"active eq true active eq true"#, Err("make sense"));
        check(r#"active gt true"#, Err("cannot be compared"));
        check(r#"active eq "true""#, Err("cannot be compared"));
        check(r#"x509Certificates.value gt "aa""#, Err("cannot be compared"));
        check(r#"password eq "secret""#, Err("cannot be used"));
        check(r#"name eq "x""#, Err("sub-attributes"));
        check("active eq True", Err("not a JSON literal"));
    }

    #[test]
    fn nesting_has_a_bound() {
        let deep = |depth: usize| format!("{}active eq true{}", "(".repeat(depth), ")".repeat(depth));
        check(&deep(MAX_DEPTH), Ok(true));
        check(&deep(100_000), Err("nests deeper"));
        check(&vec!["active eq true"; 10_000].join(" and "), Ok(true));
    }
}

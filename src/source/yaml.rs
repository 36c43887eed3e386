//! YAML text into a tree in which every value knows where it was written.
//!
//! **Invariant:** the only home of the YAML parser. Strings stay what their author sees: `no`, `0123` and `1_000` are text.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Spanned};

use super::{Diagnostic, Located, SourceFile, Span, floor};

/// How deep a file may nest. Scenarios need about twelve levels; an unoptimised parser needs some 50 KB of stack for each.
const MAX_DEPTH: usize = 24;

/// How many values a file may have, those that aliases stand for included.
const MAX_NODES: usize = 200_000;

/// A value in a YAML file and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it is. Scalars have their extent, mappings and sequences only a start.
    pub span: Span,
}

/// What a YAML value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, `~`, or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that JSON can hold.
    Number(Number),
    /// Text.
    String(String),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping in the order of the file.
    Map(Vec<(Located<String>, Node)>),
}

impl Node {
    /// The value without its places.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(n) => Value::Number(n.clone()),
            Kind::String(s) => Value::String(s.clone()),
            Kind::Seq(items) => items.iter().map(Node::to_json).collect(),
            Kind::Map(entries) => entries.iter().map(|(k, v)| (k.value.clone(), v.to_json())).collect(),
        }
    }

    /// The value of a key, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|(k, _)| k.value == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The keys and values; none where this is no mapping.
    pub fn fields(&self) -> &[(Located<String>, Node)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The text, when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(s) => Some(s),
            _ => None,
        }
    }

    /// What to call this kind of value in a message.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::String(_) => "text",
            Kind::Seq(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

/// A value as a document, such as [`parse`] reads.
///
/// # Errors
/// What YAML cannot hold; there is no JSON of that kind.
pub fn write(value: &Value) -> Result<String, String> {
    serde_saphyr::to_string(value).map_err(|error| error.to_string())
}

/// Parses one document.
///
/// # Errors
/// The first place where the text is not YAML, repeats a key, or exceeds the limits on depth and expansion.
pub fn parse(file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    if text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#')) {
        return Err(Diagnostic::new("the file is empty", &Span::start_of(file), "nothing here"));
    }
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        budget: serde_saphyr::budget! { max_depth: MAX_DEPTH, max_nodes: MAX_NODES, max_aliases: 64 },
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(&file.text, options) {
        Ok(raw) => Ok(place(raw, file)),
        Err(error) => Err(explain(error.without_snippet(), file)),
    }
}

/// A value as the parser hands it over: places are offsets, not yet spans.
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Seq(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn span_of(at: serde_saphyr::Location, file: &Arc<SourceFile>) -> Span {
    let text = &file.text;
    let (start, len) = match (at.span().byte_offset(), at.span().byte_len()) {
        (Some(start), len) => {
            (usize::try_from(start).unwrap_or(0), len.and_then(|l| usize::try_from(l).ok()).unwrap_or(0))
        }
        (None, _) => (offset_of_line(text, at.line(), at.column()), 0),
    };
    let start = floor(text, start.min(text.len()));
    let mut end = floor(text, start.saturating_add(len).min(text.len()));
    // A plain scalar's extent may include what follows it on the line; a reader expects the value alone.
    end = start + text[start..end].trim_end().len();
    Span { file: Arc::clone(file), bytes: start..end }
}

fn offset_of_line(text: &str, line: u64, column: u64) -> usize {
    let line = usize::try_from(line.saturating_sub(1)).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let column = usize::try_from(column.saturating_sub(1)).unwrap_or(0);
    start + text[start..].chars().take(column).map(char::len_utf8).sum::<usize>()
}

/// What the parser says, in the words of somebody who writes scenarios.
fn explain(error: &Error, file: &Arc<SourceFile>) -> Diagnostic {
    let span = error.location().map_or_else(|| Span::start_of(file), |at| span_of(at, file));
    let error = match error {
        Error::AliasError { error, .. } => error,
        other => other,
    };
    let text = &file.text;
    let at = |start: usize, len: usize| stretch(file, start, len);
    match error {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            Diagnostic::new(format!("the key `{key}` is there twice"), &span, "second time")
        }
        Error::NonFiniteFloat { value, .. } => {
            Diagnostic::new(format!("`{value}` has no place in JSON"), &span, "not a finite number")
                .help("in quotes it is text")
        }
        Error::MultipleDocuments { .. } => {
            // The parser points at what follows the line of dashes.
            let dashes = text[..span.bytes.start].rfind("---").unwrap_or(span.bytes.start);
            Diagnostic::new("a file holds one document", &at(dashes, 3), "a second one begins here")
                .help("give each its own file")
        }
        Error::UnknownAnchor { .. } => Diagnostic::new("nothing above has this name", &span, "an alias")
            .help("`&name` before a value names it for `*name`; put text that begins with `*` in quotes"),
        Error::Budget { breach, .. } => {
            let most = match breach {
                BudgetBreach::Depth { .. } => format!("the file nests deeper than {MAX_DEPTH} levels"),
                BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. }
                    if !text[span.bytes.start..].starts_with('*') =>
                {
                    format!("the file has more than {MAX_NODES} values")
                }
                _ => "the anchors of this file stand for too much".to_owned(),
            };
            Diagnostic::new(most, &span, "here it is too much")
        }
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. } => {
            Diagnostic::new("the anchors of this file stand for too much", &span, "here it is too much")
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            Diagnostic::new("a value cannot hold itself", &span, "an alias of what it is in")
        }
        Error::UnsupportedTag { .. } => Diagnostic::new("tags mean nothing here", &span, "a value with a tag")
            .help("leave it out; put text that begins with `!` in quotes"),
        Error::NullIntoString { .. } => Diagnostic::new("a key is text", &span, "this is nothing"),
        Error::Unexpected { expected: "string scalar", .. } => Diagnostic::new("a key is text", &span, "this is not"),
        _ => syntax(error, &span),
    }
}

/// Where the text is not YAML at all, the parser has only its own words.
fn syntax(error: &Error, span: &Span) -> Diagnostic {
    let whole = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    let said = whole.lines().next().unwrap_or("this is not YAML").trim().trim_end_matches('.');
    // The parser repeats the position; the drawing shows it.
    let said = said.split(" at line ").next().unwrap_or(said);
    let text = &span.file.text;
    let start = span.bytes.start;
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let at = |start: usize, len: usize| stretch(&span.file, start, len);
    let indent = line.len() - line.trim_start().len();
    if let Some(tab) = line[..indent].find('\t') {
        return Diagnostic::new("a tab in the indentation", &at(line_start + tab, 1), "a tab")
            .help("YAML is indented with spaces");
    }
    if said.contains("found a tab") {
        let tab = text[start..].find('\t').map_or(start, |tab| start + tab);
        return Diagnostic::new("a tab in the indentation", &at(tab, 1), "a tab").help("YAML is indented with spaces");
    }
    if said.contains("trailing content") || said.contains("expected <document start>") && line.contains(['"', '\'']) {
        return Diagnostic::new("text after a closing quote", span, "here")
            .help("put the whole in quotes; inside them `'` is written `''`, and `\"` is written `\\\"`");
    }
    if let Some(bracket) = said.strip_prefix("unclosed bracket '").and_then(|rest| rest.chars().next()) {
        return Diagnostic::new(format!("a `{bracket}` is not closed"), &at(start, 1), "opens here");
    }
    if said.contains("unclosed quote") {
        return Diagnostic::new("a quote is not closed", &at(start, 1), "opens here");
    }
    if said.contains("quoted scalar") {
        let quote = opening_quote(text, start).map_or_else(|| span.clone(), |quote| at(quote, 1));
        return Diagnostic::new("a quote is not closed", &quote, "opens here");
    }
    if said.contains("unexpected character") {
        let first = text[start..].chars().next().unwrap_or_default();
        if first.is_control() {
            let message = format!("the character U+{:04X} cannot stand here", u32::from(first));
            return Diagnostic::new(message, &at(start, first.len_utf8()), "this one");
        }
        return Diagnostic::new(format!("`{first}` cannot stand here"), &at(start, first.len_utf8()), "")
            .help("put text that begins with such a character in quotes");
    }
    if said.contains("mapping values are not allowed") {
        return Diagnostic::new("a `:` cannot stand here", &at(start, 1), "a second one in this line?")
            .help("put text that holds `: ` in quotes, or check the indentation");
    }
    if said.contains("illegal placement of ':'") {
        return Diagnostic::new("a `:` cannot stand here", &at(start, 1), "")
            .help("is a `[` or `{` above it not closed?");
    }
    if said.contains("flow mapping") || said.contains("flow sequence") {
        let closing = if said.contains("flow mapping") { '}' } else { ']' };
        let diagnostic = Diagnostic::new(format!("there should be `,` or `{closing}` here"), span, "instead of this");
        return if line.contains("${") {
            diagnostic.help("inside `{ … }` and `[ … ]` put templates in quotes: `\"${id}\"`")
        } else {
            diagnostic
        };
    }
    if said.contains("block collection") || said.contains("block mapping") || said.contains("block sequence") {
        return Diagnostic::new("the indentation does not fit", span, "not in a column of those above")
            .help("the keys of one mapping stand in one column, and so do the `-` of one list");
    }
    let mut message = said.to_owned();
    if let Some(first) = message.get_mut(..1).filter(|_| !said.starts_with("YAML")) {
        first.make_ascii_lowercase();
    }
    Diagnostic::new(message, span, "")
}

/// So many bytes from a place on, or what there is of them.
fn stretch(file: &Arc<SourceFile>, start: usize, len: usize) -> Span {
    let start = floor(&file.text, start);
    let end = floor(&file.text, start.saturating_add(len)).max(start);
    Span { file: Arc::clone(file), bytes: start..end }
}

/// The last quote before `end` that begins a scalar.
fn opening_quote(text: &str, end: usize) -> Option<usize> {
    let begins = |at: usize| text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "[{,".contains(c));
    text[..end].rmatch_indices(['"', '\'']).map(|(at, _)| at).find(|at| begins(*at))
}

fn place(raw: Spanned<Raw>, file: &Arc<SourceFile>) -> Node {
    // What an alias stands for is where it was written: a mistake in it is one mistake.
    let span = span_of(raw.defined, file);
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Bool(b) => Kind::Bool(b),
        Raw::Number(n) => Kind::Number(n),
        Raw::String(s) => Kind::String(s),
        Raw::Seq(items) => Kind::Seq(items.into_iter().map(|item| place(item, file)).collect()),
        Raw::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    (Located { span: span_of(key.defined, file), value: key.value }, place(value, file))
                })
                .collect(),
        ),
    };
    Node { kind, span }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Raw, E> {
        Number::from_f64(value)
            .map(Raw::Number)
            .ok_or_else(|| E::custom("infinite numbers and NaN have no place in JSON"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::Seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key_seed(Key)? {
            entries.push((key, access.next_value()?));
        }
        Ok(Raw::Map(entries))
    }
}

/// A key: text, whatever it looks like.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Spanned<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Spanned::<String>::deserialize(deserializer)
    }
}

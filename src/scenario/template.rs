//! `${…}`: parsed once, filled many times.
//!
//! **Invariant:** filling has no effects and knows no clock or randomness; `${unique}` and `${password}` are bindings like others.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

/// What a name stands for. It is shared: flows hand on what they were given under other names, and it may be a whole list.
#[derive(Clone, Debug)]
pub struct Bound(Arc<Value>);

impl Bound {
    /// The value.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The value: a copy where others hold it.
    pub fn into_value(self) -> Value {
        Arc::unwrap_or_clone(self.0)
    }
}

impl From<Value> for Bound {
    fn from(value: Value) -> Self {
        Bound(Arc::new(value))
    }
}

impl From<Arc<Value>> for Bound {
    fn from(value: Arc<Value>) -> Self {
        Bound(value)
    }
}

/// Values by name. Names are those of the case, with the scope that lowering gave them.
#[derive(Clone, Debug, Default)]
pub struct Bindings(HashMap<String, Bound>);

impl Bindings {
    /// Without any, and with room for some.
    pub fn with_capacity(names: usize) -> Self {
        Self(HashMap::with_capacity(names))
    }

    /// Binds a name, anew if it was bound.
    pub fn bind(&mut self, name: impl Into<String>, value: impl Into<Bound>) {
        self.0.insert(name.into(), value.into());
    }

    /// What `use_them` makes of these bindings and some more.
    pub fn with<T>(&mut self, more: &[(String, Bound)], use_them: impl FnOnce(&Self) -> T) -> T {
        let added = more.iter().map(|(name, value)| self.0.insert(name.clone(), value.clone()));
        let before: Vec<Option<Bound>> = added.collect();
        let made = use_them(self);
        // The last first: a name that is there twice then gets back what it had at the outset.
        for ((name, _), before) in more.iter().zip(before).rev() {
            match before {
                Some(before) => self.0.insert(name.clone(), before),
                None => self.0.remove(name),
            };
        }
        made
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).map(Bound::value)
    }
}

/// A name without a value: an earlier answer did not have what was to be captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbound(pub String);

/// What a value goes through on its way into the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipe {
    /// Upper case.
    Upper,
    /// The number of elements or characters.
    Length,
    /// Escaped for a string literal in a SCIM filter (RFC 7644 §3.4.2.2: as in JSON).
    Quote,
    /// A list of ids as the members of a group: `[{"value": id}, …]`.
    Members,
    /// A path relative to the base URL: slashes stay what they are, and those at its ends are gone.
    Path,
}

impl Pipe {
    /// The words for them.
    pub const NAMES: &'static [&'static str] = &["upper", "length", "quote", "members", "path"];

    fn parse(word: &str) -> Option<Self> {
        match word {
            "upper" => Some(Pipe::Upper),
            "length" => Some(Pipe::Length),
            "quote" => Some(Pipe::Quote),
            "members" => Some(Pipe::Members),
            "path" => Some(Pipe::Path),
            _ => None,
        }
    }

    fn apply(self, value: &Value) -> Value {
        match self {
            Pipe::Upper => Value::String(text_of(value).to_uppercase()),
            Pipe::Length => match value {
                Value::Array(items) => items.len().into(),
                Value::Object(fields) => fields.len().into(),
                other => text_of(other).chars().count().into(),
            },
            Pipe::Members => match value {
                Value::Array(ids) => ids.iter().map(|id| serde_json::json!({ "value": id })).collect(),
                other => serde_json::json!([{ "value": other }]),
            },
            Pipe::Path => Value::String(text_of(value).trim_matches('/').to_owned()),
            Pipe::Quote => {
                let quoted = Value::String(text_of(value).into_owned()).to_string();
                Value::String(quoted[1..quoted.len() - 1].to_owned())
            }
        }
    }
}

/// One `${…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name it is bound under.
    pub key: String,
    /// Fields to descend into from there.
    pub fields: Vec<String>,
    /// What the value goes through.
    pub pipes: Vec<Pipe>,
}

impl Reference {
    /// What the reference asks of a template that stands in place of its name; nothing where that is only known in a run.
    fn of(&self, template: &Template) -> Option<Template> {
        let (mut here, mut fields) = (template, self.fields.as_slice());
        while let (Template::Object(inside), [first, rest @ ..]) = (here, fields) {
            here = inside.iter().find_map(|(name, value)| (name.as_literal() == Some(first)).then_some(value))?;
            fields = rest;
        }
        if fields.is_empty() && self.pipes.is_empty() {
            return Some(here.clone());
        }
        match here {
            Template::Hole(reference) if fields.is_empty() || reference.pipes.is_empty() => {
                let mut reference = reference.clone();
                reference.fields.extend(fields.iter().cloned());
                reference.pipes.extend(self.pipes.iter().copied());
                Some(Template::Hole(reference))
            }
            Template::Value(value) if fields.is_empty() => {
                Some(Template::Value(self.pipes.iter().fold(value.clone(), |value, pipe| pipe.apply(&value))))
            }
            _ => None,
        }
    }

    fn shared(&self, bindings: &Bindings) -> Result<Bound, Unbound> {
        match bindings.0.get(&self.key) {
            Some(bound) if self.fields.is_empty() && self.pipes.is_empty() => Ok(bound.clone()),
            _ => Ok(self.value(bindings)?.into_owned().into()),
        }
    }

    fn value<'b>(&self, bindings: &'b Bindings) -> Result<Cow<'b, Value>, Unbound> {
        let bound = bindings.0.get(&self.key).ok_or_else(|| Unbound(self.key.clone()))?;
        let mut value = Cow::Borrowed(self.inside(bound.value())?);
        for pipe in &self.pipes {
            value = Cow::Owned(pipe.apply(&value));
        }
        Ok(value)
    }

    /// Follows the fields.
    fn inside<'v>(&self, value: &'v Value) -> Result<&'v Value, Unbound> {
        self.fields.iter().try_fold(value, |here, field| {
            let next = match here {
                Value::Array(items) => field.parse::<usize>().ok().and_then(|index| items.get(index)),
                other => other.get(field),
            };
            next.ok_or_else(|| Unbound(format!("{}.{field}", self.key)))
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(Reference),
}

/// Turns a written name (`user.id`) into the key it is bound under and the fields below it, or says why it cannot.
pub type Resolve<'a> = &'a mut dyn FnMut(&str) -> Result<(String, Vec<String>), String>;

/// Text with holes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextTemplate(Vec<Piece>);

/// A mistake in a template: what, and the byte range in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateMistake {
    /// A lowercase fragment.
    pub message: String,
    /// Where in the text.
    pub bytes: std::ops::Range<usize>,
    /// Advice.
    pub help: Option<String>,
}

impl TextTemplate {
    /// Parses. `resolve` turns a written name (`user.id`) into a key and the fields below it, or says why it cannot.
    ///
    /// # Errors
    /// Every unclosed hole, unknown pipe and name that `resolve` refuses.
    pub fn parse(text: &str, resolve: Resolve<'_>) -> Result<Self, Vec<TemplateMistake>> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut mistakes = Vec::new();
        let mut at = 0;
        while let Some(found) = text[at..].find('$') {
            let start = at + found;
            literal.push_str(&text[at..start]);
            let rest = &text[start..];
            if rest.starts_with("$${") {
                literal.push_str("${");
                at = start + 3;
            } else if rest.starts_with("${") {
                let Some(end) = rest.find('}').map(|n| start + n) else {
                    mistakes.push(TemplateMistake {
                        message: "`${` is not closed".to_owned(),
                        bytes: start..text.len(),
                        help: Some("close it with `}`, or write `$${` for the characters themselves".to_owned()),
                    });
                    return Err(mistakes);
                };
                match hole(&text[start + 2..end], resolve) {
                    Ok(reference) => {
                        if !literal.is_empty() {
                            pieces.push(Piece::Text(std::mem::take(&mut literal)));
                        }
                        pieces.push(Piece::Hole(reference));
                    }
                    Err((message, help)) => {
                        mistakes.push(TemplateMistake { message, bytes: start..end + 1, help });
                    }
                }
                at = end + 1;
            } else {
                literal.push('$');
                at = start + 1;
            }
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        if mistakes.is_empty() { Ok(Self(pieces)) } else { Err(mistakes) }
    }

    fn replaced<'t>(&self, by: &dyn Fn(&str) -> Option<&'t Template>) -> Result<TextTemplate, String> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut put = |piece: Piece| match (pieces.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => pieces.push(piece),
        };
        for piece in &self.0 {
            let Piece::Hole(reference) = piece else {
                put(piece.clone());
                continue;
            };
            let Some(template) = by(&reference.key) else {
                put(piece.clone());
                continue;
            };
            let wrong = || reference.key.clone();
            match reference.of(template).ok_or_else(wrong)? {
                Template::Value(Value::Array(_) | Value::Object(_)) | Template::Array(_) | Template::Object(_) => {
                    return Err(wrong());
                }
                Template::Value(value) => put(Piece::Text(text_of(&value).into_owned())),
                Template::Hole(reference) => put(Piece::Hole(reference)),
                Template::Text(text) => text.0.into_iter().for_each(&mut put),
            }
        }
        Ok(Self(pieces))
    }

    /// Text without holes.
    pub fn literal(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// The text, when there is no hole in it.
    fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The names that are filled in, as they are bound.
    pub fn keys(&self) -> Vec<&str> {
        let holes = self.0.iter().filter_map(|piece| match piece {
            Piece::Hole(reference) => Some(reference.key.as_str()),
            Piece::Text(_) => None,
        });
        holes.collect()
    }

    /// Whether there is any hole.
    pub fn has_holes(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Hole(_)))
    }

    /// The text with its holes filled; `put` adds each value.
    ///
    /// # Errors
    /// The first name without a value.
    pub fn fill_with(&self, bindings: &Bindings, put: &dyn Fn(&str, &mut String)) -> Result<String, Unbound> {
        // Room for what is written, and for an id or a name in each hole.
        let room = |piece: &Piece| if let Piece::Text(text) = piece { text.len() } else { 40 };
        let mut out = String::with_capacity(self.0.iter().map(room).sum());
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Hole(reference) => {
                    let value = reference.value(bindings)?;
                    let text = text_of(&value);
                    match reference.pipes.last() {
                        Some(Pipe::Path) => {
                            for (n, segment) in text.split('/').enumerate() {
                                if n > 0 {
                                    out.push('/');
                                }
                                put(segment, &mut out);
                            }
                        }
                        _ => put(&text, &mut out),
                    }
                }
            }
        }
        Ok(out)
    }

    /// The text with its holes filled by the values as they are.
    ///
    /// # Errors
    /// The first name without a value.
    pub fn fill(&self, bindings: &Bindings) -> Result<String, Unbound> {
        self.fill_with(bindings, &|text, out| out.push_str(text))
    }

    /// The text with `sample` in each hole, to see whether it parses as something else.
    pub fn sample(&self, sample: &str) -> String {
        let texts = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Hole(_) => sample,
        });
        texts.collect()
    }
}

fn hole(inside: &str, resolve: Resolve<'_>) -> Result<Reference, (String, Option<String>)> {
    let mut parts = inside.split('|').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let mut pipes = Vec::new();
    for word in parts {
        pipes.push(Pipe::parse(word).ok_or_else(|| {
            (
                format!("unknown conversion `{word}`"),
                crate::source::did_you_mean(word, Pipe::NAMES)
                    .or_else(|| Some(format!("there are {}", Pipe::NAMES.join(", ")))),
            )
        })?);
    }
    if name.is_empty() {
        return Err(("`${}` names nothing".to_owned(), None));
    }
    let (key, fields) = resolve(name).map_err(|message| (message, None))?;
    Ok(Reference { key, fields, pipes })
}

fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(s) => Cow::Borrowed(s),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}

/// A JSON value with holes. A hole that is the whole of a string keeps the type of its value.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// A value without holes.
    Value(Value),
    /// One hole that is the whole string.
    Hole(Reference),
    /// Text with holes.
    Text(TextTemplate),
    /// A list.
    Array(Vec<Template>),
    /// An object, in order. Names may have holes, too: that of an extension is what the server calls it.
    Object(Vec<(TextTemplate, Template)>),
}

impl Template {
    /// A string with holes becomes a template; the whole-string hole is recognised here.
    pub fn of_text(text: TextTemplate) -> Self {
        match text.0.as_slice() {
            [] => Template::Value(Value::String(String::new())),
            [Piece::Text(literal)] => Template::Value(Value::String(literal.clone())),
            [Piece::Hole(reference)] => Template::Hole(reference.clone()),
            _ => Template::Text(text),
        }
    }

    /// The names that are filled in, as they are bound.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Template::Value(_) => Vec::new(),
            Template::Hole(reference) => vec![&reference.key],
            Template::Text(text) => text.keys(),
            Template::Array(items) => items.iter().flat_map(Template::keys).collect(),
            Template::Object(fields) => {
                fields.iter().flat_map(|(name, value)| [name.keys(), value.keys()].concat()).collect()
            }
        }
    }

    /// Whether it is text.
    pub fn is_text(&self) -> bool {
        matches!(self, Template::Text(_) | Template::Value(Value::String(_)))
    }

    /// The template with some of its names replaced by what `by` has for them.
    ///
    /// # Errors
    /// The name of what cannot stand where it is asked for: a list or an object inside text, or text with holes in a conversion.
    pub fn replaced<'t>(&self, by: &dyn Fn(&str) -> Option<&'t Template>) -> Result<Template, String> {
        Ok(match self {
            Template::Value(value) => Template::Value(value.clone()),
            Template::Hole(reference) => match by(&reference.key) {
                Some(template) => reference.of(template).ok_or_else(|| reference.key.clone())?,
                None => self.clone(),
            },
            Template::Text(text) => Template::of_text(text.replaced(by)?),
            Template::Array(items) => {
                Template::Array(items.iter().map(|item| item.replaced(by)).collect::<Result<_, _>>()?)
            }
            Template::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| Ok((name.replaced(by)?, value.replaced(by)?)));
                Template::Object(fields.collect::<Result<_, String>>()?)
            }
        })
    }

    /// Takes an attribute away: `name.middleName`, or one of an extension, `urn:…:User.department`.
    ///
    /// # Errors
    /// What there is in place of the first part that is not there.
    pub fn take_away(&mut self, path: &str) -> Result<(), Vec<String>> {
        let Template::Object(fields) = self else { return Err(Vec::new()) };
        let named = |name: &TextTemplate| name.as_literal().map(str::to_owned);
        if let Some(place) = fields.iter().position(|(name, _)| name.as_literal() == Some(path)) {
            fields.remove(place);
            return Ok(());
        }
        // URNs have dots, so a path is not simply split at them.
        let inner = fields
            .iter_mut()
            .find_map(|(name, value)| Some((value, path.strip_prefix(name.as_literal()?)?.strip_prefix('.')?)));
        match inner {
            Some((value, rest)) => {
                let before = path.len() - rest.len();
                value
                    .take_away(rest)
                    .map_err(|known| known.iter().map(|name| format!("{}{name}", &path[..before])).collect())
            }
            None => Err(fields.iter().filter_map(|(name, _)| named(name)).collect()),
        }
    }

    /// `over` merged over it: objects key by key, everything else replaces.
    pub fn merged(self, over: Template) -> Template {
        match (self, over) {
            (Template::Object(mut fields), Template::Object(over)) => {
                for (name, value) in over {
                    match fields.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, old)) => {
                            let before = std::mem::replace(old, Template::Value(Value::Null));
                            *old = before.merged(value);
                        }
                        None => fields.push((name, value)),
                    }
                }
                Template::Object(fields)
            }
            (_, over) => over,
        }
    }

    /// The value with its holes filled, without a copy where it is bound as it is.
    ///
    /// # Errors
    /// The first name without a value.
    pub fn share(&self, bindings: &Bindings) -> Result<Bound, Unbound> {
        match self {
            Template::Hole(reference) => reference.shared(bindings),
            other => Ok(other.fill(bindings)?.into()),
        }
    }

    /// The value with its holes filled, to look at.
    ///
    /// # Errors
    /// The first name without a value.
    pub fn look<'a>(&'a self, bindings: &'a Bindings) -> Result<Cow<'a, Value>, Unbound> {
        match self {
            Template::Value(value) => Ok(Cow::Borrowed(value)),
            Template::Hole(reference) => reference.value(bindings),
            other => other.fill(bindings).map(Cow::Owned),
        }
    }

    /// The value with its holes filled, as JSON text.
    ///
    /// # Errors
    /// The first name without a value.
    pub fn write(&self, bindings: &Bindings) -> Result<Vec<u8>, Unbound> {
        Ok(self.look(bindings)?.to_string().into_bytes())
    }

    /// The value with its holes filled.
    ///
    /// # Errors
    /// The first name without a value.
    pub fn fill(&self, bindings: &Bindings) -> Result<Value, Unbound> {
        Ok(match self {
            Template::Value(value) => value.clone(),
            Template::Hole(reference) => reference.value(bindings)?.into_owned(),
            Template::Text(text) => Value::String(text.fill(bindings)?),
            Template::Array(items) => {
                Value::Array(items.iter().map(|item| item.fill(bindings)).collect::<Result<_, _>>()?)
            }
            Template::Object(fields) => {
                let mut map = Map::with_capacity(fields.len());
                for (key, value) in fields {
                    map.insert(key.fill(bindings)?, value.fill(bindings)?);
                }
                Value::Object(map)
            }
        })
    }
}

/// Adds to a body what it does not say. A schema of which an attribute is added is named in `schemas`, too.
pub fn complete(body: &mut Value, beneath: Value) {
    if let (Value::Object(body), Value::Object(beneath)) = (body, beneath) {
        for (key, value) in beneath {
            match body.get_mut(&key) {
                Some(present) => complete(present, value),
                None => {
                    if let (true, Some(Value::Array(schemas))) = (key.starts_with("urn:"), body.get_mut("schemas"))
                        && !schemas.iter().any(|schema| schema == key.as_str())
                    {
                        schemas.push(Value::String(key.clone()));
                    }
                    body.insert(key, value);
                }
            }
        }
    }
}

/// `overlay` merged over `base`: objects key by key, everything else replaces.
pub fn merge(base: Value, overlay: Value) -> Value {
    match (base, overlay) {
        (Value::Object(mut base), Value::Object(overlay)) => {
            for (key, value) in overlay {
                match base.get_mut(&key) {
                    Some(old) => *old = merge(old.take(), value),
                    None => {
                        base.insert(key, value);
                    }
                }
            }
            Value::Object(base)
        }
        (_, overlay) => overlay,
    }
}

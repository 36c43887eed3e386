//! Where something was written: files, places in them, and mistakes that point there.
//!
//! **Invariant:** a mistake in somebody's file is a value that knows its place; nothing here prints or stops.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

mod packed;
mod render;
mod yaml;

pub use packed::{pack, unpack};
pub use render::{Drawing, Heading, Renderer, Style, draw, render, render_one};
pub use yaml::{Kind, Node, parse, write};

/// The largest file that is read. Larger ones are a mistake, not a scenario.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// A text with the name under which its reader knows it.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path to show; for embedded files the path in the source tree.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A stretch of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Byte offsets into its text; empty where only a start is known.
    pub bytes: Range<usize>,
}

impl Span {
    /// The whole of a file, or rather its first byte: for mistakes that concern all of it.
    pub fn start_of(file: &Arc<SourceFile>) -> Self {
        Self { file: Arc::clone(file), bytes: 0..0 }
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// The column in characters, counted from 1.
    pub fn column(&self) -> usize {
        let line = self.before().rsplit('\n').next().unwrap_or_default();
        line.strip_prefix('\u{feff}').unwrap_or(line).chars().count() + 1
    }

    fn before(&self) -> &str {
        &self.file.text[..floor(&self.file.text, self.bytes.start)]
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.name, self.line(), self.column())
    }
}

/// A value together with the place where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

/// Messages quote what was written, which may be megabytes.
const MAX_MESSAGE_BYTES: usize = 300;

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong: a lowercase fragment without a full stop.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What stands at that place; may be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at a place.
    pub fn new(message: impl Into<String>, span: &Span, label: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MAX_MESSAGE_BYTES {
            message.truncate(floor(&message, MAX_MESSAGE_BYTES));
            message.push('…');
        }
        Self { message, span: span.clone(), label: label.into(), help: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The nearest place at or before a byte offset where a character begins.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// What to say to a word that is not known: what may have been meant, or else what there is.
pub fn suggestion(written: &str, known: &[&str]) -> String {
    did_you_mean(written, known).unwrap_or_else(|| format!("known are {}", known.join(", ")))
}

/// "did you mean `x`?" when a known word is close to the one that was written.
pub fn did_you_mean(written: &str, known: &[&str]) -> Option<String> {
    // Comparing takes time and memory with the product of the lengths; no known word is that long.
    if written.len() > 100 {
        return None;
    }
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&written.to_lowercase(), word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| format!("did you mean `{word}`?"))
}

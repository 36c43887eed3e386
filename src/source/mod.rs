//! Where something was written: files, places in them, and mistakes that point there.
//!
//! **Invariant:** a mistake in somebody's file is a value that knows its place; nothing here prints or stops.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

mod render;
mod yaml;

pub use render::{Drawing, Heading, Style, draw, render, render_one};
pub use yaml::{Kind, Node, parse};

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
        let before = self.before();
        before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1
    }

    fn before(&self) -> &str {
        let mut end = self.bytes.start.min(self.file.text.len());
        while !self.file.text.is_char_boundary(end) {
            end -= 1;
        }
        &self.file.text[..end]
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
        Self { message: message.into(), span: span.clone(), label: label.into(), help: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// "did you mean `x`?" when a known word is close to the one that was written.
pub fn did_you_mean(written: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&written.to_lowercase(), word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| format!("did you mean `{word}`?"))
}

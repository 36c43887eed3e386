//! Draws diagnostics: the line, a caret, what stands there and what to do.

use std::ops::Range;

pub use annotate_snippets::Renderer;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Snippet};

use super::{Diagnostic, floor};

/// All diagnostics, one after the other, and how many there are.
pub fn render(diagnostics: &[Diagnostic], renderer: &Renderer) -> String {
    let mut out: Vec<String> = diagnostics.iter().map(|d| render_one(d, renderer)).collect();
    out.push(match diagnostics.len() {
        1 => "1 mistake\n".to_owned(),
        n => format!("{n} mistakes\n"),
    });
    out.join("\n")
}

/// One diagnostic, ending in a line break.
pub fn render_one(diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let span = &diagnostic.span;
    let title = Level::ERROR.primary_title(diagnostic.message.as_str());
    let mut group: Group<'_> = if span.file.text.is_empty() {
        title.element(Origin::path(span.file.name.as_str()))
    } else {
        let (line, bytes) = visible(&span.file.text, &span.bytes);
        let mut annotation = AnnotationKind::Primary.span(bytes);
        if !diagnostic.label.is_empty() {
            annotation = annotation.label(diagnostic.label.as_str());
        }
        // The line alone: a renderer that reads a large file anew for each of many mistakes takes minutes.
        title
            .element(Snippet::source(line).line_start(span.line()).path(span.file.name.as_str()).annotation(annotation))
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let mut text = renderer.render(&[group]);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// The line a place is in, and the place within it. A caret needs something to stand under: an empty extent grows to the
/// first word, and one of several lines ends with its first.
fn visible<'t>(text: &'t str, bytes: &Range<usize>) -> (&'t str, Range<usize>) {
    let start = floor(text, bytes.start);
    let end = floor(text, bytes.end).max(start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line = &text[line_start..line_end];
    let line = line.strip_suffix('\r').unwrap_or(line);
    let unmarked = line.strip_prefix('\u{feff}').unwrap_or(line);
    let offset = line_start + (line.len() - unmarked.len());
    let from = start.saturating_sub(offset).min(unmarked.len());
    let to = end.saturating_sub(offset).min(unmarked.len());
    if to > from {
        return (unmarked, from..to);
    }
    let word = unmarked[from..].find(char::is_whitespace).map_or(unmarked.len(), |length| from + length);
    (unmarked, from..word)
}

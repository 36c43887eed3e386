//! Draws diagnostics: the line, a caret, what stands there and what to do.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::Diagnostic;

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
    let mut annotation = AnnotationKind::Primary.span(visible(&span.file.text, &span.bytes));
    if !diagnostic.label.is_empty() {
        annotation = annotation.label(diagnostic.label.as_str());
    }
    let snippet = Snippet::source(span.file.text.as_str()).path(span.file.name.as_str()).annotation(annotation);
    let mut group: Group<'_> = Level::ERROR.primary_title(diagnostic.message.as_str()).element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let mut text = renderer.render(&[group]);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// A caret needs something to stand under: an empty extent grows to the first word, and one of several lines to its first.
fn visible(text: &str, bytes: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = bytes.start.min(text.len());
    let line_end = text[start..].find('\n').map_or(text.len(), |n| start + n);
    let end = bytes.end.clamp(start, line_end);
    if end > start {
        return start..end;
    }
    let word = text[start..line_end].find(|c: char| c.is_whitespace()).map_or(line_end, |n| start + n);
    start..word
}

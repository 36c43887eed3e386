//! Draws mistakes, of authors and of servers alike: the line, a caret, what stands there and what to do.

use std::ops::Range;

pub use annotate_snippets::Renderer;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Snippet};

use super::{Diagnostic, Span, floor};

/// With or without colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Without.
    #[default]
    Plain,
    /// With ANSI escapes.
    Coloured,
}

/// What is drawn of a mistake.
#[derive(Clone, Debug)]
pub struct Drawing<'a> {
    /// `error` or `warning`.
    pub heading: Heading,
    /// What is wrong.
    pub message: &'a str,
    /// The line.
    pub span: &'a Span,
    /// What stands under the caret; may be empty.
    pub label: &'a str,
    /// What is said below: a name and a text, which may have several lines.
    pub notes: &'a [(&'a str, String)],
}

/// How bad a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// Something must change.
    Error,
    /// Something should change.
    Warning,
}

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
    let mut group = head(Heading::Error, &diagnostic.message, &diagnostic.span, &diagnostic.label);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    print(group, renderer)
}

/// One mistake with notes below, ending in a line break. `width` is in columns.
pub fn draw(drawing: &Drawing<'_>, style: Style, width: usize) -> String {
    let mut group = head(drawing.heading, drawing.message, drawing.span, drawing.label);
    for (name, text) in drawing.notes {
        group = group.element(Level::NOTE.with_name(*name).message(text.as_str()));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    print(group, &renderer.term_width(width))
}

fn head<'a>(heading: Heading, message: &'a str, span: &'a Span, label: &'a str) -> Group<'a> {
    let level = match heading {
        Heading::Error => Level::ERROR,
        Heading::Warning => Level::WARNING,
    };
    let title = level.primary_title(message);
    if span.file.text.is_empty() {
        // A file that is missing, unreadable or empty has no line to show.
        return title.element(Origin::path(span.file.name.as_str()));
    }
    let (line, bytes) = visible(&span.file.text, &span.bytes);
    let mut annotation = AnnotationKind::Primary.span(bytes);
    if !label.is_empty() {
        annotation = annotation.label(label);
    }
    // The line alone: a renderer that reads a large file anew for each of many mistakes takes minutes.
    title.element(Snippet::source(line).line_start(span.line()).path(span.file.name.as_str()).annotation(annotation))
}

fn print(group: Group<'_>, renderer: &Renderer) -> String {
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

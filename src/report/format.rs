//! The formats of a report, all of them in one table: adding one is a module and an entry.

use super::json::Bodies;
use super::text::{Style, Verbosity};
use super::{Report, Strictness, badge, har, html, json, junit, markdown, text};

/// What a format may want to know besides the report.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whose requests and responses are kept where that is a choice.
    pub bodies: Bodies,
    /// Which findings decide the verdict.
    pub strictness: Strictness,
    /// How much is said to people.
    pub verbosity: Verbosity,
    /// Columns of the terminal.
    pub width: usize,
}

impl Default for Options {
    fn default() -> Self {
        let text::Options { verbosity, width, strictness, .. } = text::Options::default();
        Self { bodies: Bodies::default(), strictness, verbosity, width }
    }
}

/// A format in which a report can be written.
#[derive(Clone, Copy)]
pub struct Format {
    /// The word for it in `--report FORMAT=PATH`.
    pub word: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// All of it, ending in a line break.
    pub render: fn(&Report, Options) -> String,
}

/// All formats, in the order in which they are told.
pub const FORMATS: &[Format] = &[
    Format { word: "text", about: "what a run says at its end", render: plain },
    Format {
        word: "html",
        about: "one page for a browser, which loads nothing",
        render: |report, Options { bodies, strictness, .. }| html::render(report, html::Options { bodies, strictness }),
    },
    Format {
        word: "markdown",
        about: "for the summary of a job, or a comment",
        render: |report, options| markdown::render(report, options.strictness),
    },
    Format {
        word: "json",
        about: "everything, for programs and for `scim-check judge`",
        render: |report, Options { bodies, strictness, .. }| json::render(report, json::Options { bodies, strictness }),
    },
    Format {
        word: "junit",
        about: "for the test page of a CI system",
        render: |report, options| junit::render(report, options.strictness),
    },
    Format {
        word: "har",
        about: "all requests and answers (HAR 1.2), for the network panel of a browser",
        render: |report, _| har::render(report),
    },
    Format {
        word: "badge",
        about: "the verdict, for an endpoint badge of shields.io",
        render: |report, options| badge::render(report, options.strictness),
    },
    Format {
        word: "oin",
        about: "readiness for a submission to Okta, in Markdown",
        render: |report, _| document(report, "oin"),
    },
];

/// The format of that word.
pub fn named(word: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.word == word)
}

/// The words for all formats: `text, json and junit`.
pub fn words(last: &str) -> String {
    let words: Vec<&str> = FORMATS.iter().map(|format| format.word).collect();
    match words.split_last() {
        Some((word, others)) if !others.is_empty() => format!("{} {last} {word}", others.join(", ")),
        _ => words.concat(),
    }
}

fn plain(report: &Report, Options { strictness, verbosity, width, .. }: Options) -> String {
    text::summary(report, text::Options { verbosity, width, style: Style::Plain, strictness })
}

/// The document that an annex brings for a format.
fn document(report: &Report, format: &str) -> String {
    let mut documents = report.annexes.iter().filter_map(|annex| annex.document.as_ref());
    match documents.find(|document| document.format == format) {
        Some(document) => document.text.clone(),
        None => format!("The report holds nothing for the format {format}: no annex of it brings such a document.\n"),
    }
}

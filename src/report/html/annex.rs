//! What a provider's wing adds, rendered without knowing what it is about.

use maud::{Markup, html};

use super::{Page, capital};
use crate::report::annex::{Annex, Table, Tone};

impl Page<'_> {
    /// The tables and notes of an annex. What is no summary is folded, tables whose titles begin alike together.
    pub(super) fn annex(&self, annex: &Annex) -> Markup {
        let (summaries, others): (Vec<&Table>, Vec<&Table>) = annex.tables.iter().partition(|table| table.is_summary);
        html! {
            @for shown in summaries {
                @if !shown.title.is_empty() { h3 { (capital(&shown.title)) } }
                (self.table(annex, shown))
            }
            @for tables in others.chunk_by(|a, b| topic(a).0 == topic(b).0) {
                @let title = tables.first().map(|table| topic(table).0).unwrap_or_default();
                details.fold {
                    summary {
                        (capital(if title.is_empty() { &annex.title } else { title })) " "
                        span.n { (tables.iter().map(|table| table.rows.len()).sum::<usize>()) }
                    }
                    @for table in tables {
                        @if !topic(table).1.is_empty() { h3 { (topic(table).1) } }
                        (self.table(annex, table))
                    }
                }
            }
            @for note in &annex.notes { p.soft { (self.linked(&capital(note))) } }
        }
    }

    fn table(&self, annex: &Annex, table: &Table) -> Markup {
        let label = if table.title.is_empty() { &annex.title } else { &table.title };
        html! {
            div.wide role="region" aria-label={ "Table: " (label) } tabindex="0" {
                table {
                    thead { tr { @for column in &table.columns { th scope="col" { (capital(column)) } } } }
                    tbody {
                        @for row in &table.rows {
                            tr {
                                @for (at, cell) in row.iter().enumerate() {
                                    @if at == 0 { th scope="row" { (cell.text) } }
                                    @else { td.(tone(cell.tone)) { (self.linked(&cell.text)) } }
                                }
                            }
                        }
                    }
                }
            }
            @for note in &table.notes { p.soft { (self.linked(note)) } }
        }
    }

    /// The text, with links where it names a requirement or a case that has a place on the page.
    pub(super) fn linked(&self, text: &str) -> Markup {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-._#/".contains(c);
        let mut pieces: Vec<(&str, Option<&String>)> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let first = rest.starts_with(is_word);
            let end = rest.find(|c| is_word(c) != first).unwrap_or(rest.len());
            let (piece, after) = rest.split_at(end);
            let anchor = self.requirements.get(piece).or_else(|| self.cases.get(piece));
            pieces.push((piece, anchor.filter(|_| first)));
            rest = after;
        }
        html! {
            @for (piece, anchor) in pieces {
                @match anchor {
                    Some(anchor) => a href={ "#" (anchor) } { (piece) },
                    None => (piece),
                }
            }
        }
    }
}

/// The title of a table up to its colon, and what follows.
fn topic(table: &Table) -> (&str, &str) {
    table.title.split_once(": ").unwrap_or((&table.title, ""))
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Open => "open",
    }
}

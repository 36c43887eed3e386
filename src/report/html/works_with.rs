//! With whom the server works.

use maud::{Markup, html};

use super::{Page, Section, capital, text};
use crate::report::works_with::{self, Row, State, Told};

impl Page<'_> {
    /// The table of what works: above all else where several providers are in play.
    pub(super) fn works_with(&self) -> Option<Markup> {
        let rows = self.works_with.as_slice();
        works_with::is_of_several(rows).then(|| self.works_with_table(rows))
    }

    /// The same for one provider, where the verdict does not say it.
    pub(super) fn works_with_section(&self) -> Option<Section> {
        let rows = self.works_with.as_slice();
        let is_wanted = !works_with::is_of_several(rows) && works_with::adds_to_verdict(self.report, rows);
        is_wanted.then(|| Section {
            id: "works-with".to_owned(),
            title: "Works with".to_owned(),
            count: None,
            tone: "plain",
            body: self.works_with_table(rows),
        })
    }

    fn works_with_table(&self, rows: &[Row]) -> Markup {
        let shown = works_with::alike(rows);
        html! {
            div.works {
                div.wide role="region" aria-label="Table: Works with" tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "Works with" } th scope="col" { "Result" } th scope="col" { "Because of" } } }
                        tbody {
                            @for alike in &shown {
                                tr {
                                    th scope="row" {
                                        (alike.name())
                                        @if !alike.titles.is_empty() { br; span.soft { (alike.titles.join("; ")) } }
                                    }
                                    (self.told(&alike.first.told, alike.first.decides))
                                }
                            }
                        }
                    }
                }
                @for alike in &shown {
                    @for waiting in &alike.first.waits {
                        p.soft { (alike.first.provider) ": waits for an administrator (" code { (waiting.feature) } ", " (waiting.evidence) "): " (waiting.what) "." }
                    }
                }
                @for alike in shown.iter().filter(|alike| !alike.first.features.is_empty()) {
                    details.fold open[shown.len() == 1] {
                        summary { "Features of " (alike.name()) " " span.n { (alike.first.features.len()) } }
                        div.wide role="region" aria-label={ "Table: Features of " (alike.name()) } tabindex="0" {
                            table {
                                thead { tr { th scope="col" { "Feature" } th scope="col" { "Result" } th scope="col" { "Because of" } } }
                                tbody {
                                    @for feature in &alike.first.features {
                                        tr {
                                            th scope="row" { (capital(&feature.title)) br; span.soft { code { (feature.feature) } } }
                                            (self.told(&feature.told, true))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The cells of a row.
    fn told(&self, told: &Told, decides: bool) -> Markup {
        let tone = match told.state {
            State::Works => "good",
            State::Warnings => "warn",
            State::Fails => "bad",
            State::CouldNotTell => "open",
            State::NotTried => "plain",
        };
        html! {
            td.(tone) {
                (text::state_and_why(told))
                @if !decides { br; span.soft { "does not decide" } }
            }
            td { (self.linked(&text::because_of(told, usize::MAX - 1))) }
        }
    }
}

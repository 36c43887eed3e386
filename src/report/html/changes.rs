//! What changed in the answers since they were accepted.

use maud::{Markup, html};
use serde_json::Value;

use super::{Page, capital};
use crate::changes::{ChangeGroup, ChangeKind};
use crate::report::{draw, escape};

/// The longest value that is shown, in characters.
const SHOWN: usize = 1200;

impl Page<'_> {
    pub(super) fn changes(&self) -> Option<Markup> {
        let changes = self.report.changes.as_ref()?;
        let (same, all) = (changes.same, draw::counted(changes.compared, "case"));
        Some(html! {
            p { (same) " of " (all) " answered as accepted in " code { (changes.folder) } "." }
            @if changes.fails() { p.bad { "Changed and new answers fail this run (--snapshots-strict)." } }
            @for group in &changes.groups { (self.change(group)) }
            @for (title, cases) in [("Accepted before, not run to their end", &changes.not_compared), ("Accepted before, not there any more", &changes.obsolete)] {
                @if !cases.is_empty() {
                    (self.case_list(&format!("{title}: {}", draw::counted(cases.len(), "case")), cases.iter().map(|id| (id.as_str(), None))))
                }
            }
        })
    }

    fn change(&self, group: &ChangeGroup) -> Markup {
        let ChangeGroup { change, various, cases } = group;
        html! {
            div.cause {
                p {
                    span.chip.(if change.kind.is_of_answer() { "warn" } else { "plain" }) { (change.kind.as_str()) } " "
                    @match change.kind {
                        ChangeKind::New => "nothing was accepted yet",
                        ChangeKind::Question => { code { (change.request) } ": scim-check asks something else" },
                        _ => { code { (change.place) } " of " code { (change.request) } },
                    }
                }
                @if change.before.is_some() || change.after.is_some() {
                    dl.facts {
                        @for (name, value) in [("before", &change.before), ("now", &change.after)] {
                            @if let Some(value) = value { dt { (capital(name)) } dd { code { (shown(value)) } } }
                        }
                    }
                }
                @if *various { p.soft { "Other values in other cases." } }
                (self.case_list(&draw::counted(cases.len(), "case"), cases.iter().map(|id| (id.as_str(), None))))
            }
        }
    }
}

fn shown(value: &Value) -> String {
    escape::cut(&escape::line(&value.to_string()), SHOWN)
}

//! Which resources are created before the first case, to be looked at when all are done: those of the first provider in play.

use crate::budget::Depth;
use crate::capability::Capabilities;
use crate::plan::{Selection, is_matched};
use crate::report::json::{ReadError, View};
use crate::run::witnesses::{Seen, Wanted};
use crate::scenario::Library;
use crate::scenario::load::WITNESSES;
use crate::verdict::Note;

/// Whether what is selected are the witnesses of a provider: `okta/witnesses`.
pub(super) fn is_selected(selected: &str) -> bool {
    selected.split_once('/').is_some_and(|(_, rest)| rest == WITNESSES)
}

/// Whether a case of a report tells of witnesses. Each shard has its own: `okta/witnesses (2/4)`.
pub(super) fn is_told_by(case: &str) -> bool {
    is_selected(case.split(" (").next().unwrap_or(case))
}

/// The witnesses of a run: of all cases, or where they are selected by name. A quick run has none, and whoever selects some cases wants no
/// more than these.
pub(super) fn wanted(
    library: &Library,
    wanted: &Selection,
    capabilities: &Capabilities,
    depth: Depth,
) -> Option<Wanted> {
    let is_wanted = |id: &str| match wanted.select.is_empty() {
        true => !is_matched(&wanted.skip, id) && depth != Depth::Quick,
        false => wanted.select.iter().any(|selected| selected == id),
    };
    let is_in_play = |folder: &str| wanted.suites.is_empty() || wanted.suites.iter().any(|suite| suite == folder);
    let mut casts = library.casts.iter().filter(|cast| is_in_play(&cast.folder));
    let cast = casts.find(|cast| is_wanted(&cast.scenario.id))?;
    Wanted::of(cast, capabilities, depth == Depth::Full)
}

/// What a record says of witnesses.
///
/// # Errors
/// When what they were sent was not kept, or makes no sense.
pub(super) fn recorded(view: &View) -> Result<Vec<Seen>, ReadError> {
    let of_witnesses = view.cases.iter().filter(|case| is_told_by(&case.id));
    let seen = of_witnesses.map(|case| {
        Ok(Seen {
            id: case.id.clone(),
            transcript: case.recorded()?,
            swept: case.swept,
            witnessed: case.witnessed.iter().map(Into::into).collect(),
            notes: case.notes.iter().filter(|note| note.requirement.is_none()).map(read_note).collect(),
            took: std::time::Duration::from_millis(case.took_ms),
        })
    });
    seen.collect()
}

fn read_note(note: &crate::report::json::Note) -> Note {
    Note { text: note.text.clone(), requirement: None, exchange: note.exchange, all_well: note.all_well }
}

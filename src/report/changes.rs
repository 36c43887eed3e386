//! Differences of a server's answers, drawn field by field.

use serde_json::Value;

use super::{draw, escape};
use crate::changes::{Change, ChangeGroup, ChangeKind};

/// So many cases are named.
const MOST_NAMED: usize = 3;

/// A longer value is cut.
const MOST_CHARS: usize = 160;

/// The lines for one difference: what, how often, from what to what, and in which cases. With `whole`, longer values are shown whole.
pub fn lines(group: &ChangeGroup, whole: bool) -> Vec<String> {
    let ChangeGroup { change, various, cases } = group;
    let Change { kind, request, place, before, after } = change;
    let count = draw::counted(cases.len(), "case");
    let what = match kind {
        ChangeKind::New => format!("new: nothing was accepted yet for {count}"),
        ChangeKind::Question => format!("question changed: {request} ({count}): scim-check asks something else"),
        kind => format!("{}: {place} of {request} ({count})", kind.as_str()),
    };
    let mut lines = vec![escape::line(&what)];
    let values = [("-", before), ("+", after)];
    let drawn = values.iter().filter_map(|(mark, value)| Some(format!("  {mark} {}", shown(value.as_ref()?, whole))));
    lines.extend(drawn);
    if *various {
        lines.push("  (and other values in other cases)".to_owned());
    }
    let names: Vec<&str> = cases.iter().map(String::as_str).collect();
    lines.push(format!("  in {}", escape::line(&draw::few(&names, MOST_NAMED))));
    lines
}

fn shown(value: &Value, whole: bool) -> String {
    let text = escape::line(&value.to_string());
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) if !whole => format!("{}…", &text[..end]),
        _ => text,
    }
}

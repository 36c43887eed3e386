//! A diff in words: the same sections for a terminal and in Markdown.

use std::time::Duration;

use super::{Change, Diff, Group, Shift, Side};
use crate::report::draw::{counted, few, time, wrap};
use crate::report::markup::{code, prose};

/// So many cases of a group are named; JSON names all.
const NAMED: usize = 5;

struct Section {
    title: String,
    items: Vec<Item>,
}

struct Item {
    /// The name, shown as code in Markdown.
    name: String,
    /// What is said of it.
    about: String,
    below: Vec<Below>,
}

/// A line below an item.
enum Below {
    /// In our words.
    Words(String),
    /// What a server may have said.
    Quote(String),
    /// Cases or requirements.
    Names(Vec<String>),
}

impl Below {
    fn text(&self) -> String {
        match self {
            Below::Words(text) | Below::Quote(text) => text.clone(),
            Below::Names(names) => named(names),
        }
    }

    fn markdown(&self) -> String {
        match self {
            Below::Words(text) => prose(text),
            Below::Quote(text) => code(text),
            Below::Names(names) => named(&names.iter().map(|name| code(name)).collect::<Vec<_>>()),
        }
    }
}

impl Item {
    fn new(name: impl Into<String>, about: impl Into<String>) -> Self {
        Self { name: name.into(), about: about.into(), below: Vec::new() }
    }
}

/// For a terminal of so many columns.
pub fn text(diff: &Diff, width: usize) -> String {
    let mut out = format!("{}\n  old  {}\n  new  {}\n", headline(diff), side(&diff.old), side(&diff.new));
    for section in sections(diff) {
        out.push_str(&format!("\n{}\n", section.title));
        for Item { name, about, below } in section.items {
            out.push_str(&format!("  {}\n", joined(&name, &about)));
            let lines = below.iter().flat_map(|below| wrap(&below.text(), width.saturating_sub(6).max(20)));
            lines.for_each(|line| out.push_str(&format!("      {line}\n")));
        }
    }
    out
}

/// For a comment on a change, or the summary of a CI job.
pub fn markdown(diff: &Diff) -> String {
    let mut out = format!(
        "## scim-check: {}\n\n- old: {}\n- new: {}\n",
        prose(&headline(diff)),
        prose(&side(&diff.old)),
        prose(&side(&diff.new))
    );
    for section in sections(diff) {
        out.push_str(&format!("\n### {}\n\n", prose(&section.title)));
        for Item { name, about, below } in section.items {
            let name = if name.is_empty() { name } else { code(&name) };
            out.push_str(&format!("- {}\n", joined(&name, &prose(&about))));
            below.iter().for_each(|below| out.push_str(&format!("  - {}\n", below.markdown())));
        }
    }
    out
}

fn joined(name: &str, about: &str) -> String {
    match (name, about) {
        ("", only) | (only, "") => only.to_owned(),
        (name, about) => format!("{name}: {about}"),
    }
}

fn headline(diff: &Diff) -> String {
    let parts: Vec<String> =
        [(diff.broke.len(), "broke"), (diff.mended.len(), "mended"), (diff.came_to_light.len(), "came to light")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", counted(count, "requirement")))
            .collect();
    let undecided = cases(&diff.undecided);
    match (parts.is_empty(), undecided, sections(diff).is_empty()) {
        (_, _, true) => "nothing changed".to_owned(),
        (true, 0, _) => "nothing broke".to_owned(),
        (true, n, _) => format!("nothing broke that could be judged; {} cannot be judged any more", counted(n, "case")),
        (false, 0, _) => parts.join("; "),
        (false, n, _) => format!("{}; {} cannot be judged any more", parts.join("; "), counted(n, "case")),
    }
}

fn side(side: &Side) -> String {
    let Side { file, started, version, verdict, edition, selection } = side;
    let edition = edition.as_ref().map(|edition| format!(", edition {edition}")).unwrap_or_default();
    let selection = if selection.is_empty() { String::new() } else { format!(", only {}", selection.join(" ")) };
    format!("{file}: {verdict}, {started}, scim-check {version}{edition}{selection}")
}

fn sections(diff: &Diff) -> Vec<Section> {
    let section = |title: String, items: Vec<Item>| Section { title, items };
    let changes = |what: &str, changes: &[Change]| {
        section(format!("{what}: {}", counted(changes.len(), "requirement")), changes.iter().map(change).collect())
    };
    let groups = |what: &str, groups: &[Group]| {
        section(format!("{what}: {}", counted(cases(groups), "case")), groups.iter().map(group).collect())
    };
    let requirements = |what: &str, ids: &[String]| {
        let about = Item::new("", named(ids));
        section(
            format!("{what}: {}", counted(ids.len(), "requirement")),
            ids.first().map(|_| about).into_iter().collect(),
        )
    };
    let state = |state: &Option<String>| state.clone().unwrap_or_else(|| "no entry".to_owned());
    let known = diff.known.iter().map(|known| {
        Item::new(&known.name, format!("{} → {}: {}", state(&known.old), state(&known.new), known.reason))
    });
    let median = |micros: u64| time(Duration::from_micros(micros));
    let slower = diff.slower.iter().map(|slower| {
        let (old, new) = (median(slower.old_median_us), median(slower.new_median_us));
        Item::new(&slower.endpoint, format!("median {old} → {new}"))
    });
    let all = [
        changes("Broke", &diff.broke),
        changes("Broke, and is only recommended", &diff.warned),
        groups("Cannot be judged any more", &diff.undecided),
        changes("Mended", &diff.mended),
        changes("Came to light (not judged, or not scored, before)", &diff.came_to_light),
        groups("Judged again", &diff.decided),
        groups("Not run, or not scored, any more", &diff.not_run),
        groups("Not run, or not scored, before", &diff.run_again),
        groups("New", &diff.new_cases),
        groups("Gone", &diff.gone_cases),
        requirements("New", &diff.new_requirements),
        requirements("Gone", &diff.gone_requirements),
        section("Known failures that changed".to_owned(), known.collect()),
        section("Slower (breaks nothing)".to_owned(), slower.collect()),
    ];
    all.into_iter().chain(annexes(diff)).filter(|section| !section.items.is_empty()).collect()
}

/// A section for each annex.
fn annexes(diff: &Diff) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for Shift { annex, place, row, old, new } in &diff.annexes {
        let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
        let item = Item::new("", format!("{row}{place}: {old} → {new}"));
        match sections.iter_mut().find(|section| section.title == *annex) {
            Some(section) => section.items.push(item),
            None => sections.push(Section { title: annex.clone(), items: vec![item] }),
        }
    }
    sections
}

fn change(change: &Change) -> Item {
    let mut item = Item::new(&change.requirement, joined(&change.level, &change.title));
    item.below.push(Below::Quote(change.seen.clone()));
    item.below.push(Below::Names(change.cases.clone()));
    if change.others > 0 {
        item.below.push(Below::Words(format!("violated in both runs in {}", counted(change.others, "other case"))));
    }
    item
}

fn group(group: &Group) -> Item {
    let mut item = Item::new("", format!("{}: {}", group.what, counted(group.cases.len(), "case")));
    item.below.push(Below::Names(group.cases.clone()));
    item
}

fn named(names: &[String]) -> String {
    few(&names.iter().map(String::as_str).collect::<Vec<_>>(), NAMED)
}

fn cases(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.cases.len()).sum()
}

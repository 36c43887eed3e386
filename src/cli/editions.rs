//! `scim-check editions`: what each edition brought.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::args::Format;
use super::config::ConfigError;
use super::{exit, library, pretty, say};
use crate::report::draw::counted;
use crate::requirement::{About, Change, Edition, Requirement};
use crate::scenario::Library;

/// Says of each edition what it brought, the oldest first.
pub(super) fn command(format: Format, scenarios: Option<&Path>) -> Result<u8, ConfigError> {
    let library = library(scenarios)?;
    let all: Vec<Brought<'_>> = library.editions.iter().map(|about| Brought::by(about, &library)).collect();
    say(&match format {
        Format::Text => text(&all),
        Format::Json => pretty(&Value::Array(all.iter().map(Brought::json).collect())),
    });
    Ok(exit::CONFORMS)
}

/// What an edition brought.
struct Brought<'a> {
    about: &'a About,
    is_newest: bool,
    new: Vec<&'a Requirement>,
    changed: Vec<(&'a Requirement, &'a Change)>,
    cases: Vec<&'a str>,
}

impl<'a> Brought<'a> {
    fn by(about: &'a About, library: &'a Library) -> Self {
        let edition = about.edition;
        let oldest = library.editions.iter().next().map(|about| about.edition);
        // What names no edition of this program's own came with the first.
        let is_of = |since: Option<Edition>| since.or(oldest) == Some(edition);
        let requirements = || library.registry.iter().map(|requirement| &**requirement);
        let changes = requirements()
            .flat_map(|requirement| requirement.changed.iter().map(move |change| (requirement, change)))
            .filter(|(_, change)| change.edition == edition);
        let cases = library.scenarios.iter().flat_map(|scenario| &scenario.cases);
        Self {
            about,
            is_newest: library.editions.newest() == Some(edition),
            new: requirements().filter(|requirement| is_of(requirement.since)).collect(),
            changed: changes.collect(),
            cases: cases.filter(|case| is_of(case.since)).map(|case| case.id.as_str()).collect(),
        }
    }

    fn json(&self) -> Value {
        let new = |requirement: &&Requirement| {
            json!({
                "id": requirement.id.as_str(), "level": requirement.level.as_str(), "title": requirement.title,
            })
        };
        let changed = |(requirement, change): &(&Requirement, &Change)| {
            json!({
                "id": requirement.id.as_str(), "title": requirement.title, "was": change.was.map(|level| level.as_str()),
                "level": level_after(requirement, change), "why": change.why,
            })
        };
        json!({
            "edition": self.about.edition.to_string(),
            "summary": self.about.summary,
            "released": self.about.released,
            "newest": self.is_newest,
            "new": self.new.iter().map(new).collect::<Vec<_>>(),
            "changed": self.changed.iter().map(changed).collect::<Vec<_>>(),
            "cases": self.cases,
        })
    }
}

/// The level from a change on, until the next one.
fn level_after(requirement: &Requirement, change: &Change) -> &'static str {
    let next = requirement.changed.iter().filter(|other| other.edition > change.edition).find_map(|other| other.was);
    next.unwrap_or(requirement.level).as_str()
}

fn text(all: &[Brought<'_>]) -> String {
    let mut out = String::new();
    for (at, brought) in all.iter().enumerate() {
        let About { edition, summary, released } = brought.about;
        let newest = if brought.is_newest { ", the newest" } else { "" };
        let state = match released {
            Some(version) => format!("released with version {version}"),
            None => "not released: it may still change".to_owned(),
        };
        let _ = writeln!(out, "{edition}{newest} ({state})\n  {summary}");
        let counts =
            format!("{} and {}", counted(brought.new.len(), "requirement"), counted(brought.cases.len(), "case"));
        if at == 0 {
            let _ = writeln!(out, "  it has {counts}: scim-check requirements, scim-check list");
            continue;
        }
        let _ = writeln!(out, "  it brought {counts}, and changed {}", brought.changed.len());
        for requirement in &brought.new {
            let _ = writeln!(out, "    new      {:<6} {}: {}", requirement.level, requirement.id, requirement.title);
        }
        for (requirement, change) in &brought.changed {
            let level = level_after(requirement, change);
            let what = match change.was {
                Some(was) => format!("was {was}: {}", change.why),
                None => format!("demands something else: {}", change.why),
            };
            let _ = writeln!(out, "    changed  {level:<6} {}: {what}", requirement.id);
        }
        for case in &brought.cases {
            let _ = writeln!(out, "    case     {case}");
        }
    }
    out
}

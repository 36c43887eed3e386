//! What will be run, and what will not and why.
//!
//! **Invariant:** pure: the same scenarios, capabilities and selection give the same plan, in the same order.

use std::collections::BTreeMap;
use std::sync::Arc;

use globset::{Glob, GlobMatcher};
use serde_json::{Map, Value};

use crate::capability::{ATTRIBUTE_TABLES, Capabilities, Support};
use crate::scenario::{Case, Scenario};
use crate::source::did_you_mean;
use crate::verdict::Skip;

pub mod depth;

/// What the user wants to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Suites in play; empty for all.
    pub suites: Vec<String>,
    /// Cases to run: beginnings of ids or globs; empty for all.
    pub select: Vec<String>,
    /// Cases to leave out.
    pub skip: Vec<String>,
}

/// One case and what happens to it.
#[derive(Clone, Debug)]
pub struct Planned<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The case.
    pub case: &'a Arc<Case>,
    /// Why it is not run, if so.
    pub skip: Option<Skip>,
}

/// A selection that selects nothing, or is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// Nothing has that id.
    #[error("no scenario matches `{pattern}`{}", .guess.as_ref().map(|g| format!("; {g}")).unwrap_or_default())]
    NoMatch {
        /// What was written.
        pattern: String,
        /// What may have been meant.
        guess: Option<String>,
    },
    /// No suites have those names.
    #[error("{}; there are: {known}", no_suites(.names))]
    NoSuite {
        /// What was written, each with what may have been meant.
        names: Vec<(String, Option<String>)>,
        /// What there is.
        known: String,
    },
    /// The glob does not parse.
    #[error("`{pattern}` is not a pattern: {why}")]
    BadPattern {
        /// What was written.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
}

fn no_suites(names: &[(String, Option<String>)]) -> String {
    let told = |(name, guess): &(String, Option<String>)| match guess {
        Some(guess) => format!("there is no suite `{name}`; {guess}"),
        None => format!("there is no suite `{name}`"),
    };
    names.iter().map(told).collect::<Vec<_>>().join("\n")
}

/// Makes sure that there is each suite in play.
///
/// # Errors
/// All those that there are not.
pub fn suites_are_known(scenarios: &[Scenario], suites: &[String]) -> Result<(), SelectionError> {
    let mut known: Vec<&str> = scenarios.iter().map(Scenario::suite).collect();
    known.sort_unstable();
    known.dedup();
    let unknown = suites.iter().filter(|name| !known.contains(&name.as_str()));
    let names: Vec<_> = unknown.map(|name| (name.clone(), did_you_mean(name, &known))).collect();
    if names.is_empty() { Ok(()) } else { Err(SelectionError::NoSuite { names, known: known.join(", ") }) }
}

/// Makes a case of each row for the scenarios that are run for each attribute of a table. Tables that nobody knows keep their
/// example, which the plan then skips.
pub fn spread(scenarios: &mut [Scenario], tables: &BTreeMap<&'static str, Vec<Map<String, Value>>>) {
    for scenario in scenarios {
        let table = ATTRIBUTE_TABLES.iter().find(|(table, _)| Some(*table) == scenario.rows_of.as_deref());
        let Some((columns, rows)) = table.and_then(|(table, columns)| Some((columns, tables.get(table)?))) else {
            continue;
        };
        let case = |row: &Map<String, Value>, example: &Case| {
            let mut case = example.clone();
            let name = row.get("attribute").and_then(Value::as_str).unwrap_or_default();
            let variant = case.variant.iter().map(|variant| format!("-{variant}"));
            case.id = format!("{}#{name}{}", scenario.id, variant.collect::<String>());
            // What the variant brought along stays.
            let is_column = |name: &String| name.strip_prefix("row.").is_some_and(|name| columns.contains(&name));
            case.row.retain(|(name, _)| !is_column(name));
            let own = row.iter().map(|(column, value)| (format!("row.{column}"), value.clone()));
            case.row.splice(0..0, own);
            Arc::new(case)
        };
        let examples = &scenario.cases;
        scenario.cases = rows.iter().flat_map(|row| examples.iter().map(|example| case(row, example))).collect();
    }
}

/// Whether one of several patterns matches an id that is no scenario's.
pub fn is_matched(patterns: &[String], id: &str) -> bool {
    let matches = |pattern: Pattern| match pattern {
        Pattern::Start(start) => id.starts_with(start.as_str()),
        Pattern::Glob(glob) => glob.is_match(id),
    };
    patterns.iter().any(|pattern| Pattern::parse(pattern).is_ok_and(matches))
}

enum Pattern {
    Start(String),
    Glob(GlobMatcher),
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, SelectionError> {
        if !text.contains(['*', '?', '[', '{']) {
            return Ok(Pattern::Start(text.trim_end_matches('/').to_owned()));
        }
        Glob::new(text)
            .map(|glob| Pattern::Glob(glob.compile_matcher()))
            .map_err(|error| SelectionError::BadPattern { pattern: text.to_owned(), why: error.kind().to_string() })
    }

    fn names(&self, scenario: &Scenario) -> bool {
        match self {
            Pattern::Start(start) => scenario.id.starts_with(start.as_str()),
            Pattern::Glob(glob) => glob.is_match(&scenario.id),
        }
    }

    fn matches(&self, scenario: &Scenario, case: &Case) -> bool {
        match self {
            Pattern::Start(start) => case.id.starts_with(start.as_str()),
            Pattern::Glob(glob) => glob.is_match(&case.id) || glob.is_match(&scenario.id),
        }
    }
}

/// Decides for each case of the suites in play whether it runs.
///
/// # Errors
/// The suites that there are not, or the first pattern that matches nothing: a typing mistake must not turn into an empty run that passes.
pub fn plan<'a>(
    scenarios: &'a [Scenario],
    capabilities: &Capabilities,
    selection: &Selection,
) -> Result<Vec<Planned<'a>>, SelectionError> {
    suites_are_known(scenarios, &selection.suites)?;
    let in_play = || {
        let wanted = |s: &&Scenario| selection.suites.is_empty() || selection.suites.iter().any(|n| n == s.suite());
        scenarios.iter().filter(wanted)
    };
    let compile = |texts: &[String]| -> Result<Vec<Pattern>, SelectionError> {
        let patterns: Vec<Pattern> = texts.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>()?;
        for (pattern, text) in patterns.iter().zip(texts) {
            // One that is run for each attribute of a table has no cases where the table is empty.
            if !in_play().any(|s| pattern.names(s) || s.cases.iter().any(|c| pattern.matches(s, c))) {
                let ids: Vec<&str> = in_play().map(|s| s.id.as_str()).collect();
                return Err(SelectionError::NoMatch { pattern: text.clone(), guess: did_you_mean(text, &ids) });
            }
        }
        Ok(patterns)
    };
    let (select, skip) = (compile(&selection.select)?, compile(&selection.skip)?);
    let mut planned = Vec::new();
    for scenario in in_play() {
        for case in &scenario.cases {
            let chosen = select.is_empty() || select.iter().any(|p| p.matches(scenario, case));
            let skip = if !chosen || skip.iter().any(|p| p.matches(scenario, case)) {
                Some(Skip::Deselected)
            } else {
                unsupported(case, capabilities)
            };
            planned.push(Planned { scenario, case, skip });
        }
    }
    Ok(planned)
}

fn unsupported(case: &Case, capabilities: &Capabilities) -> Option<Skip> {
    case.needs.iter().find_map(|need| match capabilities.get(need.value) {
        Support::No(evidence) => Some(Skip::Unsupported { capability: need.value, evidence: evidence.clone() }),
        Support::Yes(_) | Support::Unknown => None,
    })
}

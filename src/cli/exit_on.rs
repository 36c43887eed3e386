//! Which rows of the table of what works decide the exit code: `--exit-on`, and `exit-on` of a target file.

use std::collections::BTreeSet;

use super::config::ConfigError;
use crate::declared::Target;
use crate::plan::Selection;
use crate::report::works_with::Provider;
use crate::scenario::Library;
use crate::source::{Diagnostic, Span, did_you_mean};

/// The providers whose suites are in play.
pub(super) fn providers(library: &Library, wanted: &Selection) -> Vec<Provider> {
    let mut suites = wanted.suites.clone();
    if suites.is_empty() {
        suites = suites_of(library).into_iter().map(str::to_owned).collect();
    }
    let provider = |suite: &String| Provider::new(suite, library.personas.of(&format!("{suite}/")).map(AsRef::as_ref));
    let mut seen = BTreeSet::new();
    suites.iter().filter(|suite| seen.insert(suite.as_str())).map(provider).collect()
}

/// The same, and after them those whose suites were named and speak another version than these.
pub(super) fn with_others(library: &Library, wanted: &Selection, others: &[String]) -> Vec<Provider> {
    let mut all = providers(library, wanted);
    if let Some(version) = all.first().map(|first| library.personas.version_of(&first.suite)) {
        let others = Selection { suites: others.to_vec(), ..Selection::default() };
        let others = if others.suites.is_empty() { Vec::new() } else { providers(library, &others) };
        all.extend(others.into_iter().map(|other| {
            let speaks = library.personas.version_of(&other.suite);
            let why = format!(
                "it speaks SCIM {}, and this run SCIM {}: run --suite {} with the base URL of SCIM {}, and merge the two reports",
                speaks.as_str(),
                version.as_str(),
                other.suite,
                speaks.as_str()
            );
            Provider { not_tried: Some(why), ..other }
        }));
    }
    all
}

/// Who is run where nobody is named comes first.
fn suites_of(library: &Library) -> Vec<&str> {
    let all: BTreeSet<&str> = library.scenarios.iter().map(|scenario| scenario.suite()).collect();
    let rank = |suite: &&str| library.personas.0.iter().position(|persona| persona.folder == *suite);
    let mut all: Vec<&str> = all.into_iter().collect();
    all.sort_by_key(|suite| rank(suite).unwrap_or(usize::MAX));
    all
}

/// The rows that decide, as they were typed or else as the target file has them; none where all do.
///
/// # Errors
/// A name that is no row of any provider, or of none that is in play: then nothing would decide.
pub(super) fn rows(
    typed: &[String],
    target: &Target,
    library: &Library,
    wanted: &Selection,
) -> Result<Vec<String>, ConfigError> {
    let everybody = providers(library, &Selection::default());
    let in_play = providers(library, wanted);
    let known: Vec<String> = everybody.iter().flat_map(Provider::names).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let played: Vec<String> = in_play.iter().flat_map(Provider::names).collect();
    let unknown = |name: &str| {
        let help = did_you_mean(name, &known).unwrap_or_else(|| format!("there are {}", known.join(", ")));
        (!known.contains(&name)).then(|| (format!("`{name}` is no row of the table of what works"), help))
    };
    let idle = |name: &str| {
        let suites = in_play.iter().map(|provider| provider.suite.as_str()).collect::<Vec<_>>().join(",");
        let suite = name.split('/').next().unwrap_or(name);
        let version_of = |suite: &str| library.personas.version_of(suite);
        let version = version_of(suite);
        let help = match in_play.iter().all(|played| version_of(&played.suite) == version) {
            true => format!("run it, too: --suite {suites},{suite}"),
            false => format!("it speaks SCIM {}: run --suite {suite} with the base URL of that", version.as_str()),
        };
        (format!("`{name}` is not run, so it cannot decide"), help)
    };
    if !typed.is_empty() {
        let mistake = |name: &String| unknown(name).or_else(|| (!played.contains(name)).then(|| idle(name)));
        return match typed.iter().find_map(mistake) {
            Some((what, help)) => Err(ConfigError::Text(format!("--exit-on: {what}; {help}"))),
            None => Ok(typed.to_vec()),
        };
    }
    let drawn = |(what, help): (String, String), span: &Span, label: &str| {
        Diagnostic::new(what, span, label.to_owned()).help(help)
    };
    let mut mistakes: Vec<Diagnostic> = target
        .exit_on
        .iter()
        .filter_map(|name| Some(drawn(unknown(&name.value)?, &name.span, "nobody of that name")))
        .collect();
    // A run of some of them is decided by those of them that the file names.
    let deciding: Vec<String> =
        target.exit_on.iter().map(|name| name.value.clone()).filter(|name| played.contains(name)).collect();
    if let (true, true, Some(first)) = (mistakes.is_empty(), deciding.is_empty(), target.exit_on.first()) {
        mistakes.push(drawn(idle(&first.value), &first.span, "not in play"));
    }
    if mistakes.is_empty() { Ok(deciding) } else { Err(ConfigError::Diagnostics(mistakes)) }
}

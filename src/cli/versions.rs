//! `scim-check merge` of whole runs that speak different versions of SCIM: one report, and so one table of what works.
//!
//! **Invariant:** nothing is judged anew. Each case is told as its own run told it, with the address of that run; only what sums up
//! is made of all.

use std::collections::BTreeSet;
use std::path::Path;

use crate::capability::{Capability, Support};
use crate::persona::Version;
use crate::report::json::View;
use crate::report::works_with::{Elsewhere, Offer, Provider};
use crate::report::{Report, draw, escape};
use crate::scenario::Library;

/// A run that is read.
struct Run {
    file: String,
    version: Version,
    view: View,
    report: Report,
}

/// One report of all, the newest version of SCIM first.
///
/// # Errors
/// All that makes them no runs of one server in different versions, in one text.
pub(super) fn merged(views: Vec<(&Path, View)>, library: &Library, is: &str) -> Result<Report, String> {
    let mut runs = Vec::new();
    let mut mistakes = Vec::new();
    for (path, view) in views {
        match read(path, view, library, is) {
            Ok(run) => runs.push(run),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        mistakes.extend(unlike(&runs));
    }
    if !mistakes.is_empty() {
        return Err(mistakes.join("\nerror: "));
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.version));
    let tried: BTreeSet<String> = runs.iter().flat_map(|run| run.report.suites.clone()).collect();
    let deciding = deciding(&runs);
    let mut runs = runs.into_iter();
    let mut whole = runs.next().ok_or("there is nothing to merge")?.report;
    let is_open = |provider: &Provider| provider.not_tried.is_none() || !tried.contains(&provider.suite);
    whole.providers.retain(is_open);
    for Run { version, report, .. } in runs {
        join(&mut whole, report, version);
    }
    // Whoever was tried by no run is told once, and last.
    let mut seen = BTreeSet::new();
    whole.providers.sort_by_key(|provider| provider.not_tried.is_some());
    whole.providers.retain(|provider| is_open(provider) && seen.insert(provider.suite.clone()));
    whole.exit_on = deciding;
    whole.requirements = match whole.edition {
        Some(scored) => super::registry_by(library, scored),
        None => std::sync::Arc::clone(&library.registry),
    };
    Ok(whole)
}

fn read(path: &Path, view: View, library: &Library, is: &str) -> Result<Run, String> {
    let file = escape::cut(&escape::line(&path.display().to_string()), 300);
    if view.tool.version != is {
        let of = escape::cut(&escape::line(&view.tool.version), 40);
        return Err(format!("{file} is of scim-check {of}, and this is {is}; merge with the version that ran it"));
    }
    if view.providers.iter().any(|provider| provider.elsewhere.is_some()) {
        return Err(format!("{file} is merged already; merge the reports that it was made of"));
    }
    if view.snapshots.is_some() {
        return Err(format!("{file} was compared with snapshots; run it without --snapshots to merge it"));
    }
    let report = view.report().map_err(|error| format!("{file}: {error}"))?;
    if report.cases.is_empty() {
        return Err(format!("{file} holds no case: the run could not begin"));
    }
    let suites: BTreeSet<&str> = report.cases.iter().map(|case| case.suite.as_str()).collect();
    let versions: BTreeSet<Version> = suites.iter().map(|suite| library.personas.version_of(suite)).collect();
    let [version] = versions.into_iter().collect::<Vec<_>>()[..] else {
        return Err(format!("{file} is of several versions of SCIM"));
    };
    Ok(Run { file, version, view, report })
}

/// What makes them no runs that belong together.
fn unlike(runs: &[Run]) -> Vec<String> {
    let mut mistakes = Vec::new();
    let Some((first, others)) = runs.split_first() else { return mistakes };
    for (at, run) in runs.iter().enumerate() {
        if let Some(other) = runs[..at].iter().find(|other| other.version == run.version) {
            mistakes.push(format!(
                "{} and {} are both of whole runs of SCIM {}: merge makes one report of the shards of a run (--shard I/N), or of \
                 one run for each version of SCIM",
                other.file,
                run.file,
                run.version.as_str()
            ));
        }
    }
    let told = |run: &Run| {
        [
            ("editions", run.view.edition.clone().unwrap_or_else(|| "none that is told".to_owned())),
            ("strictness", if run.view.strict { "--strict" } else { "no --strict" }.to_owned()),
            ("depths", run.view.depth.clone().unwrap_or_else(|| "none that is told".to_owned())),
            ("exchanges that are kept (--bodies)", run.view.bodies.clone()),
        ]
    };
    for other in others {
        for ((what, one), (_, two)) in told(first).into_iter().zip(told(other)).filter(|(one, two)| one.1 != two.1) {
            let (one, two) = (escape::cut(&escape::line(&one), 100), escape::cut(&escape::line(&two), 100));
            mistakes.push(format!("the runs have different {what}: {one} in {}; {two} in {}", first.file, other.file));
        }
    }
    mistakes
}

/// The rows that decide: those that each run names, and all of a run that names none.
fn deciding(runs: &[Run]) -> Vec<String> {
    if runs.iter().all(|run| run.report.exit_on.is_empty()) {
        return Vec::new();
    }
    let of = |run: &Run| match run.report.exit_on.is_empty() {
        true => run.report.cases.iter().map(|case| case.suite.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
        false => run.report.exit_on.clone(),
    };
    runs.iter().flat_map(of).collect()
}

/// Puts another run behind what there is.
fn join(whole: &mut Report, other: Report, version: Version) {
    let offers = |(capability, support): &(Capability, Support)| {
        let (is_there, evidence) = match support {
            Support::Yes(evidence) => (true, evidence),
            Support::No(evidence) => (false, evidence),
            Support::Unknown => return None,
        };
        Some(Offer { name: capability.to_string(), is_there, evidence: evidence.to_string() })
    };
    let elsewhere = Elsewhere {
        base_url: other.base_url.clone(),
        options: other.options,
        demo: other.demo,
        offers: other.capabilities.iter().filter_map(offers).collect(),
    };
    let here = |provider: Provider| match provider.not_tried {
        None => Provider { elsewhere: Some(elsewhere.clone()), ..provider },
        Some(_) => provider,
    };
    whole.providers.extend(other.providers.into_iter().map(here));
    let of = format!("SCIM {} at {}", version.as_str(), other.base_url);
    whole.warnings.push(format!(
        "{of} is another run, with {} and the seed {}",
        draw::counted(other.cases.len(), "case"),
        other.seed
    ));
    let known = |warning: &String| whole.warnings.contains(warning);
    let new: Vec<String> = other.warnings.into_iter().filter(|warning| !known(warning)).collect();
    whole.warnings.extend(new.into_iter().map(|warning| format!("{of}: {warning}")));
    for suite in other.suites {
        if !whole.suites.contains(&suite) {
            whole.suites.push(suite);
        }
    }
    let selected: Vec<String> =
        other.selection.into_iter().filter(|selected| !whole.selection.contains(selected)).collect();
    whole.selection.extend(selected);
    whole.started = whole.started.clone().min(other.started);
    whole.took += other.took;
    whole.cases.extend(other.cases);
    whole.setups.extend(other.setups);
    whole.setup.extend(other.setup);
    whole.known.extend(other.known);
    let annexes = other.annexes.into_iter();
    let new: Vec<_> = annexes.filter(|annex| whole.annexes.iter().all(|known| known.name != annex.name)).collect();
    whole.annexes.extend(new);
    let (mut stored, of_other) = (whole.stored.take().unwrap_or_default(), other.stored.unwrap_or_default());
    stored.requests.extend(of_other.requests);
    stored.all_requests += of_other.all_requests;
    stored.times.extend(of_other.times.into_iter().map(|mut times| {
        times.endpoint = format!("{} (SCIM {})", times.endpoint, version.as_str());
        times
    }));
    whole.stored = Some(stored);
}

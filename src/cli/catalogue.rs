//! What there is: scenarios, requirements, quirks, and what they have to do with each other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::capability::Capabilities;
use crate::declared::Target;
use crate::history;
use crate::judge::Judge;
use crate::okta;
use crate::persona::Version;
use crate::plan::{Selection, plan};
use crate::requirement::{Advice, Change, Requirement, RequirementId, Testability};
use crate::run;
use crate::scenario::load::{Quirk, Server};
use crate::scenario::{self, Case, Library, Scenario};
use crate::source::did_you_mean;

use super::args::{ChoiceArgs, Format, ListArgs};
use super::config::ConfigError;
use super::shards;
use super::{complain, exit, library, limit_depth, pretty, provider, say, scored_by};

/// `scim-check list`.
pub(super) fn list(args: &ListArgs) -> Result<u8, ConfigError> {
    let suites = if args.suite.iter().any(|s| s == "all") { Vec::new() } else { args.suite.clone() };
    let wanted = Selection { suites, select: args.select.clone(), skip: Vec::new() };
    let is_plain = args.scenarios.is_none() && !args.quirks && !args.flows && args.format == Format::Text;
    if let (true, Some(scenarios)) = (is_plain, scenario::load::contents()) {
        return list_planned(&scenarios, &wanted, None);
    }
    let library = library(args.scenarios.as_deref())?;
    if args.quirks {
        say(&quirks(&library.quirks, args.format));
        return Ok(exit::CONFORMS);
    }
    if args.flows {
        say(&(library.flows.join("\n") + "\n"));
        return Ok(exit::CONFORMS);
    }
    match args.format {
        Format::Text => list_planned(&library.scenarios, &wanted, None),
        Format::Json => {
            let planned = plan(&library.scenarios, &Capabilities::default(), &wanted)
                .map_err(|error| ConfigError::Text(error.to_string()))?;
            let judge = super::judge(&library)?;
            let cases: Vec<Value> = planned
                .iter()
                .filter(|p| p.skip.is_none())
                .map(|p| {
                    let checks: Vec<String> = run::checks(&judge, p.case).iter().map(ToString::to_string).collect();
                    let laws: Vec<String> = laws(&library, &judge, p.scenario.suite(), p.case);
                    let needs: Vec<&str> = p.case.needs.iter().map(|n| n.value.as_str()).collect();
                    json!({
                        "id": p.case.id,
                        "suite": p.scenario.suite(),
                        "title": p.scenario.title,
                        "alone": p.scenario.alone,
                        "needs": needs,
                        "requirements": checks,
                        "laws": laws,
                        "from": p.scenario.from,
                    })
                })
                .collect();
            say(&pretty(&json!(cases)));
            Ok(exit::CONFORMS)
        }
    }
}

/// The faults that the built-in servers can show.
fn quirks(known: &[Quirk], format: Format) -> String {
    if format == Format::Json {
        let all: Vec<Value> = known
            .iter()
            .map(|quirk| {
                json!({
                    "id": quirk.id,
                    "server": quirk.server.as_str(),
                    "does": quirk.does,
                    "seen": quirk.seen,
                    "suite": quirk.suite,
                    "breaks": texts(&quirk.breaks),
                    "also": texts(&quirk.also),
                    "elsewhere": quirk.elsewhere.iter().map(|(suite, ids)| (suite.clone(), texts(ids))).collect::<BTreeMap<_, _>>(),
                    "right": quirk.right,
                })
            })
            .collect();
        return pretty(&json!(all));
    }
    let mut out = String::new();
    for (server, title) in [(Server::Scim, "the SCIM server"), (Server::Hook, "the service for Okta's import hook")] {
        let how = match server {
            Server::Scim => "scim-check demo --quirk",
            Server::Hook => "scim-check serve --hook --quirk",
        };
        let _ = writeln!(out, "{title} ({how} QUIRK)");
        for quirk in known.iter().filter(|quirk| quirk.server == server) {
            let _ = writeln!(out, "  {:<42} {}", quirk.id, quirk.does);
        }
    }
    out
}

fn texts(ids: &[RequirementId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// The command that shows a quirk where this suite reports it.
fn shown_by(quirk: &Quirk, suite: &str, library: &Library) -> String {
    let usual = library.personas.default_suites(Version::default());
    let is_asked_for =
        library.personas.0.iter().any(|persona| persona.folder == suite) && usual.iter().all(|own| own != suite);
    match quirk.server {
        Server::Hook => format!("scim-check serve --hook --quirk {}", quirk.id),
        Server::Scim if is_asked_for => format!("scim-check demo --suite {suite} --quirk {}", quirk.id),
        Server::Scim => format!("scim-check demo --quirk {}", quirk.id),
    }
}

/// The laws that the writes of a case are held to. They are of SCIM 2.0.
fn laws(library: &Library, judge: &Judge, suite: &str, case: &Case) -> Vec<String> {
    match library.personas.version_of(suite) {
        Version::V1 => Vec::new(),
        Version::V2 => run::laws(judge, case).iter().map(ToString::to_string).collect(),
    }
}

/// What else decides which cases would run, and the files that tell the levels of what they judge.
type Limited<'a> = Option<(&'a Library, &'a ChoiceArgs)>;

/// The cases that a selection selects.
pub(super) fn list_planned(
    scenarios: &[Scenario],
    wanted: &Selection,
    limited: Limited<'_>,
) -> Result<u8, ConfigError> {
    let mut planned =
        plan(scenarios, &Capabilities::default(), wanted).map_err(|error| ConfigError::Text(error.to_string()))?;
    if let Some((library, choice)) = limited {
        let scored = scored_by(library, None, &Target::default())?;
        let depth = choice.depth.unwrap_or_default().into();
        limit_depth(&mut planned, (depth, &wanted.select), library, scored)?;
        shards::leave_to_others(&mut planned, choice.shard);
    }
    let mut out = String::new();
    let mut count = 0;
    for plan in planned.iter().filter(|p| p.skip.is_none()) {
        count += 1;
        let _ = writeln!(out, "{:<52} {}", plan.case.id, plan.scenario.title);
    }
    let _ = writeln!(out, "{count} cases");
    say(&out);
    Ok(exit::CONFORMS)
}

/// `scim-check lint`.
pub(super) fn lint(path: &Path) -> Result<u8, ConfigError> {
    match okta::readiness::plan::load(Some(path)) {
        Ok((library, _)) => {
            let mistakes = history::mistakes(&library);
            if !mistakes.is_empty() {
                complain(&super::diagnostics(&mistakes));
                return Ok(exit::USAGE);
            }
            let cases: usize = library.scenarios.iter().map(|s| s.cases.len()).sum();
            say(&format!("no mistakes: {} scenarios, {cases} cases\n", library.scenarios.len()));
            Ok(exit::CONFORMS)
        }
        Err(mistakes) => {
            complain(&super::diagnostics(&mistakes));
            Ok(exit::USAGE)
        }
    }
}

/// What checks a requirement, and which quirks prove that the check can fail.
struct Links<'a> {
    scenarios: BTreeMap<String, Vec<String>>,
    /// Of how many cases the writes are held to a law that is reported as it.
    laws: BTreeMap<String, usize>,
    /// The laws that find again, of every write, what it demands.
    restated: BTreeMap<String, Vec<String>>,
    /// With the suite that reports it.
    quirks: BTreeMap<String, Vec<(&'a str, &'a Quirk)>>,
}

fn links(library: &Library) -> Result<Links<'_>, ConfigError> {
    let judge = super::judge(library)?;
    let mut links =
        Links { scenarios: BTreeMap::new(), laws: BTreeMap::new(), restated: BTreeMap::new(), quirks: BTreeMap::new() };
    for (law, all) in library.registry.restated() {
        for restated in all {
            let known = links.restated.entry(restated.id.to_string()).or_default();
            if !known.contains(&law.to_string()) {
                known.push(law.to_string());
            }
        }
    }
    for scenario in &library.scenarios {
        for case in &scenario.cases {
            for id in laws(library, &judge, scenario.suite(), case) {
                *links.laws.entry(id).or_default() += 1;
            }
            for id in run::checks(&judge, case) {
                let known = links.scenarios.entry(id.to_string()).or_default();
                if known.last() != Some(&scenario.id) {
                    known.push(scenario.id.clone());
                }
            }
        }
    }
    for (case, _, checks) in okta::hook::suite::cases() {
        for id in checks {
            links.scenarios.entry(id.to_string()).or_default().push(case.clone());
        }
    }
    for quirk in &library.quirks {
        for (suite, id) in quirk.reported() {
            links.quirks.entry(id.to_string()).or_default().push((suite, quirk));
        }
    }
    Ok(links)
}

/// `scim-check requirements`.
pub(super) fn requirements(format: Format) -> Result<u8, ConfigError> {
    let library = library(None)?;
    let links = links(&library)?;
    let of = |map: &BTreeMap<String, Vec<String>>, r: &Requirement| -> Vec<String> {
        map.get(r.id.as_str()).cloned().unwrap_or_default()
    };
    let quirks = |r: &Requirement| -> Vec<&str> {
        links.quirks.get(r.id.as_str()).into_iter().flatten().map(|(_, quirk)| quirk.id.as_str()).collect()
    };
    match format {
        Format::Json => {
            let all: Vec<Value> = library
                .registry
                .iter()
                .map(|r| {
                    json!({
                        "id": r.id.as_str(),
                        "level": r.level.as_str(),
                        "since": r.since.map(|since| since.to_string()),
                        "title": r.title,
                        "source": r.source,
                        "section": r.section,
                        "testability": r.testability.as_str(),
                        "scenarios": of(&links.scenarios, r),
                        "law": links.laws.contains_key(r.id.as_str()),
                        "restated_by": of(&links.restated, r),
                        "quirks": quirks(r),
                    })
                })
                .collect();
            say(&pretty(&json!(all)));
        }
        Format::Text => {
            let mut out = String::new();
            for r in library.registry.iter() {
                let id = r.id.as_str();
                let is_checked = links.scenarios.contains_key(id) || links.laws.contains_key(id);
                let checked = if is_checked { "checked" } else { "" };
                let _ = writeln!(out, "{:<6} {:<50} {:<8} {}", r.level.as_str(), r.id.as_str(), checked, r.title);
            }
            say(&out);
        }
    }
    Ok(exit::CONFORMS)
}

/// `scim-check explain`.
pub(super) fn explain(id: &str) -> Result<u8, ConfigError> {
    let library = library(None)?;
    if let Some(told) = provider::explain(id, &library)? {
        say(&told);
        return Ok(exit::CONFORMS);
    }
    if let Some(quirk) = library.quirks.iter().find(|q| q.id == id) {
        let mut out = format!("{}\n\n  does      {}\n  seen      {}\n", quirk.id, quirk.does, quirk.seen);
        for broken in &quirk.breaks {
            let _ = writeln!(out, "  breaks    {broken}");
        }
        for broken in &quirk.also {
            let _ = writeln!(out, "  also      {broken}");
        }
        for (suite, broken) in &quirk.elsewhere {
            for broken in broken {
                let _ = writeln!(out, "  {suite:<9} {broken}");
            }
        }
        if let Some(why) = &quirk.right {
            let _ = writeln!(out, "  right     {why}");
        }
        let _ = writeln!(out, "  try       {}", shown_by(quirk, &quirk.suite, &library));
        if quirk.server == Server::Hook {
            let _ = writeln!(out, "  then      scim-check hook --hook URL, with the address that it prints");
        }
        say(&out);
        return Ok(exit::CONFORMS);
    }
    let Some(r) = library.registry.get(id) else {
        let providers: Vec<&str> = library.personas.0.iter().map(|persona| persona.folder.as_str()).collect();
        let provider = did_you_mean(id, &providers);
        let near = library.registry.nearest(id).map(|near| format!("did you mean {near}?"));
        let guess = provider.or(near).map(|guess| format!("; {guess}")).unwrap_or_default();
        return Err(ConfigError::Text(format!("there is no requirement, quirk or provider `{id}`{guess}")));
    };
    let links = links(&library)?;
    let mut out = format!("{} ({})\n{}\n\n", r.id, r.level, r.title);
    let _ = writeln!(out, "  source       {} {}", r.source, r.section);
    if let Some(since) = r.since {
        let _ = writeln!(out, "  since        edition {since}");
    }
    for Change { edition, was, why } in &r.changed {
        let before = was.map_or_else(|| "another demand".to_owned(), |level| level.to_string());
        let _ = writeln!(out, "  changed      {before} until edition {edition}: {why}");
    }
    for (name, advice) in [("consequence", &r.consequence), ("fix", &r.fix)] {
        let forms: Vec<_> = advice.iter().flat_map(Advice::forms).collect();
        for (failure, text) in &forms {
            let when = if forms.len() > 1 { format!("{failure}: ") } else { String::new() };
            let _ = writeln!(out, "  {name:<12} {when}{text}");
        }
    }
    if let Some(note) = &r.note {
        let _ = writeln!(out, "  note         {note}");
    }
    let testable = match &r.testability {
        Testability::BlackBox => "with one ordinary credential".to_owned(),
        Testability::NeedsConfig(why) => format!("only with more set-up: {why}"),
        Testability::NotTestable(why) => format!("not from outside: {why}"),
    };
    let _ = writeln!(out, "  applies if   {}\n  testable     {testable}", r.applies_if);
    for source in &r.sources {
        let _ = writeln!(out, "  see          {source}");
    }
    if let Some(cases) = links.laws.get(id) {
        let _ = writeln!(out, "  checked by   a law, of every write of {cases} cases, whatever they are about");
    }
    for law in links.restated.get(id).into_iter().flatten() {
        let _ = writeln!(out, "  see also     {law}: a law that finds the same of every write");
    }
    for scenario in links.scenarios.get(id).into_iter().flatten() {
        let _ = writeln!(out, "  checked by   {scenario}");
    }
    for (suite, quirk) in links.quirks.get(id).into_iter().flatten() {
        let _ = writeln!(out, "  proven by    {}", shown_by(quirk, suite, &library));
    }
    say(&out);
    Ok(exit::CONFORMS)
}

//! `scim-check merge`: the reports of all shards of a run as the report of one run.
//!
//! **Invariant:** only the shards of one run are merged, all of them, and what is said of the whole is worked out from all cases
//! anew: what a case rests on may have failed in another shard. Not as in one run are: the requests, among which are those that each
//! shard asked what the server offers; the time it took, which is the longest of a shard; the seed, where the shards had different
//! ones; and what several shards saw changed against snapshots, of which only the first value of each shard is at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::args::MergeArgs;
use super::config::ConfigError;
use super::histories;
use super::shards::{self, State};
use super::versions;
use super::{complain, content, exit, is_whole, reports, say, style, tool, witnesses};
use crate::baseline::Baseline;
use crate::budget::{Budget, Limit};
use crate::changes::{Change, Changes};
use crate::okta::readiness::plan::Deciders;
use crate::plan::Selection;
use crate::report::json::{self, ReadError, View};
use crate::report::{Report, Setup, Strictness, draw, escape, text, times};
use crate::requirement::OWN;
use crate::root_cause;
use crate::scenario::Library;
use crate::shard::Shard;
use crate::snapshot;
use crate::verdict::{Blocker, CaseResult, KnownFailure, Treated};

/// How many of several names a message gives.
const NAMED: usize = 3;

/// Merges, writes, and says what came of the whole.
pub(super) fn command(args: &MergeArgs) -> Result<u8, ConfigError> {
    let (library, deciders) = content(args.scenarios.as_deref())?;
    let mut mistakes = Vec::new();
    let to_stdout = args.out == Path::new("-");
    if !to_stdout && let Err(why) = reports::check(&args.out) {
        mistakes.push(format!("{}: {why}", args.out.display()));
    }
    for path in args.reports.iter().filter(|path| !to_stdout && reports::is_same(path, &args.out)) {
        mistakes.push(format!("{} is to be read, and the merged report would overwrite it", path.display()));
    }
    let mut inputs = Vec::new();
    let views: Vec<_> = args.reports.iter().map(|path| (path, reports::read(path))).collect();
    let is_whole_run =
        |(_, view): &(_, Result<View, ConfigError>)| view.as_ref().is_ok_and(|view| view.shard.is_none());
    if views.len() > 1 && views.iter().all(is_whole_run) {
        reports::all(mistakes)?;
        let views: Vec<(&Path, View)> =
            views.into_iter().filter_map(|(path, view)| Some((path.as_path(), view.ok()?))).collect();
        let options = options(views.first().map(|(_, view)| view));
        let report = versions::merged(views, &library, &tool().version).map_err(ConfigError::Text)?;
        return put(args, &report, options, exit::Completeness::Any);
    }
    for (path, view) in views {
        match view.and_then(|view| Input::new(path, view, &library).map_err(ConfigError::Text)) {
            Ok(input) => inputs.push(input),
            Err(ConfigError::Text(mistake)) => mistakes.push(mistake),
            Err(other) => return Err(other),
        }
    }
    // What is no shard's report is neither like the others nor missing among them.
    if inputs.len() == args.reports.len() {
        inputs.sort_by_key(|input| input.shard);
        mistakes.extend(unlike(&inputs));
        mistakes.extend(incomplete(&inputs, &args.out));
    }
    reports::all(mistakes)?;
    let Some(first) = inputs.first() else { return Err(ConfigError::Text("there is nothing to merge".to_owned())) };
    let options = options(Some(&first.view));
    let completeness =
        if first.state.require_complete { exit::Completeness::Required } else { exit::Completeness::Any };
    let report = merged(inputs, (&library, &deciders))?;
    put(args, &report, options, completeness)
}

/// As the first run was reported.
fn options(first: Option<&View>) -> json::Options {
    let is_strict = first.is_some_and(|view| view.strict);
    json::Options {
        bodies: first.map_or(json::Bodies::Failing, View::kept),
        strictness: if is_strict { Strictness::Should } else { Strictness::Must },
    }
}

/// Writes the merged report, and says what came of the whole.
fn put(
    args: &MergeArgs,
    report: &Report,
    options: json::Options,
    completeness: exit::Completeness,
) -> Result<u8, ConfigError> {
    let to_stdout = args.out == Path::new("-");
    super::sum_up(report, options.strictness);
    let written = reports::put(&args.out, &json::render(report, options));
    let verbosity = reports::verbosity(args.quiet, args.verbose);
    let strictness = options.strictness;
    let summary =
        text::summary(report, text::Options { verbosity, width: reports::width(), style: style(), strictness });
    if to_stdout {
        complain(&summary)
    } else {
        say(&summary)
    }
    let own = args.scenarios.as_deref();
    super::annotate(to_stdout, || super::annotations_of(report, options.strictness, own));
    written.map_err(ConfigError::Text)?;
    if !to_stdout {
        complain(&format!("wrote {}\n", args.out.display()));
    }
    Ok(exit::code(report, strictness, completeness))
}

/// The report of a shard.
struct Input {
    /// The name of its file, as it is told.
    file: String,
    view: View,
    shard: Shard,
    plan: Vec<String>,
    state: State,
}

impl Input {
    /// # Errors
    /// All that makes it no report of a shard that this version and these scenarios can merge, in one text.
    fn new(path: &Path, mut view: View, library: &Library) -> Result<Self, String> {
        let file = line(&path.display().to_string());
        let of_version = &view.tool.version;
        let is = tool().version;
        if *of_version != is {
            return Err(format!(
                "{file} is of scim-check {}, and this is {is}; merge with the version that ran the shards",
                line(of_version)
            ));
        }
        let Some(written) = view.shard.take() else {
            return Err(format!("{file} is the report of a whole run, not of a shard (run with --shard I/N)"));
        };
        let Some(shard) = Shard::new(written.index, written.count) else {
            return Err(format!("{file}: there is no shard {} of {}", written.index, written.count));
        };
        let state = State::read(&written.for_merge)
            .map_err(|error| format!("{file} cannot be merged: what it says of its shard is damaged ({error})"))?;
        let plan = written.plan;
        if plan.is_empty() {
            return Err(format!("{file} holds no case: the run of {shard} could not begin; run that shard again"));
        }
        let mut mistakes = Vec::new();
        let due: BTreeSet<&str> = plan.iter().map(String::as_str).filter(|case| shard.holds(case)).collect();
        let there: BTreeSet<&str> = view.cases.iter().map(|case| case.id.as_str()).collect();
        if let Some(names) = named(due.difference(&there)) {
            mistakes.push(format!("{file} lacks cases of its shard: {names}"));
        }
        let is_planned = |case: &&&str| !witnesses::is_told_by(case);
        if let Some(names) = named(there.difference(&due).filter(is_planned)) {
            mistakes.push(format!("{file} holds cases that are not of its shard: {names}"));
        }
        if there.len() < view.cases.len() {
            mistakes.push(format!("{file} holds a case twice"));
        }
        let scenarios: BTreeSet<&str> = library.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        let is_known = |case: &String| {
            case.split('#').next().is_some_and(|id| scenarios.contains(id)) || histories::is_known(library, case)
        };
        let unknown: BTreeSet<&str> = plan.iter().filter(|case| !is_known(case)).map(String::as_str).collect();
        if let Some(names) = named(&unknown) {
            mistakes.push(format!(
                "{file} is of other scenarios: there is no {names} here; merge with the --scenarios of the shards, and without where they had none"
            ));
        }
        let edition = view.edition.as_deref().and_then(|edition| library.editions.find(edition).ok());
        let registry = match edition {
            Some(edition) => Arc::new(library.registry.at(edition)),
            None => Arc::clone(&library.registry),
        };
        let other_level = view.requirements.iter().filter_map(|told| {
            let known = registry.get(&told.id);
            let is = known.map_or("not there", |known| known.level.as_str());
            let is_alike = known.map_or(told.source == OWN, |known| known.level.as_str() == told.level);
            (!is_alike).then(|| format!("{} is {} there and {is} here", line(&told.id), line(&told.level)))
        });
        let other_level: Vec<String> = other_level.take(NAMED).collect();
        if !other_level.is_empty() {
            mistakes.push(format!("{file} is of other requirements: {}", other_level.join(", ")));
        }
        if !mistakes.is_empty() {
            return Err(mistakes.join("\nerror: "));
        }
        Ok(Self { file, view, shard, plan, state })
    }
}

/// What steers a terminal, or is longer than a line, is not shown like that.
fn line(text: &str) -> String {
    escape::cut(&escape::line(text), 300)
}

/// The first few of some names; none of none.
fn named<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().copied().collect();
    (!names.is_empty()).then(|| line(&draw::few(&names, NAMED)))
}

/// What a list of texts comes to in a sentence.
fn listed<'a>(texts: impl IntoIterator<Item = &'a String>, none: &str) -> String {
    let texts: Vec<&str> = texts.into_iter().map(String::as_str).collect();
    if texts.is_empty() { none.to_owned() } else { texts.join(" ") }
}

/// The built-in server has another port each time, and is the same where it does the same wrong.
fn server(view: &View) -> String {
    match &view.target.demo {
        Some(command) => format!("the built-in server ({command})"),
        None => view.target.base_url.trim_end_matches('/').to_owned(),
    }
}

fn credential(view: &View) -> String {
    let Some(auth) = &view.target.auth else { return "none that is told".to_owned() };
    let more = [&auth.user, &auth.header, &auth.prefix].into_iter().flatten();
    more.fold(auth.scheme.clone(), |told, more| format!("{told} {more}"))
}

fn flag(is_given: bool, name: &str) -> String {
    if is_given { name.to_owned() } else { format!("no {name}") }
}

/// What an input says of one thing.
type Tells<'a> = &'a dyn Fn(&Input) -> String;

/// What makes them shards of different runs, each with the values and the files. Seeds may differ: jobs that are started apart have
/// no way to agree on one unless it is given.
fn unlike(inputs: &[Input]) -> Vec<String> {
    let snapshots = |input: &Input| match &input.view.snapshots {
        None => "no --snapshots".to_owned(),
        Some(snapshots) => {
            format!("{}{}", snapshots.folder, if snapshots.strict { " with --snapshots-strict" } else { "" })
        }
    };
    let baseline = |input: &Input| match &input.state.baseline {
        None => "no --baseline".to_owned(),
        Some(entries) => listed(&entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>(), "an empty one"),
    };
    let attributes = |input: &Input| {
        listed(&input.state.attributes.iter().map(|attribute| attribute.name.clone()).collect::<Vec<_>>(), "none")
    };
    let budget = |input: &Input| {
        let Budget { requests, time } = input.view.budget.as_ref().map(json::Budget::read).unwrap_or_default();
        let limits = [requests.map(Limit::Requests), time.map(Limit::Time)];
        let told: Vec<String> =
            limits.into_iter().flatten().map(|limit| format!("{limit} ({})", limit.option())).collect();
        listed(&told, "none")
    };
    let rows: [(&str, Tells<'_>); 18] = [
        ("servers", &|input| server(&input.view)),
        ("credentials", &|input| credential(&input.view)),
        ("options for the server", &|input| listed(&input.view.target.options, "none")),
        ("suites", &|input| listed(&input.view.suites, "all")),
        ("selections", &|input| listed(&input.view.selection, "everything")),
        ("cases to leave out (--skip)", &|input| listed(&input.state.skip, "none")),
        ("editions", &|input| input.view.edition.clone().unwrap_or_else(|| "none that is told".to_owned())),
        ("rows that decide (--exit-on)", &|input| listed(&input.view.exit_on, "all")),
        ("strictness", &|input| flag(input.view.strict, "--strict")),
        ("completeness", &|input| flag(input.state.require_complete, "--require-complete")),
        ("exchanges that are kept (--bodies)", &|input| input.view.bodies.clone()),
        ("depths", &|input| input.view.depth.clone().unwrap_or_else(|| "none that is told".to_owned())),
        ("laws", &|input| flag(!input.view.laws, "--no-laws")),
        ("budgets", &budget),
        ("numbers of shards", &|input| input.shard.count().to_string()),
        ("baselines", &baseline),
        ("snapshots", &snapshots),
        ("declared attributes", &attributes),
    ];
    let mut mistakes: Vec<String> = rows.into_iter().filter_map(|(what, of)| differing(inputs, what, of)).collect();
    let is_another = |input: &&Input| inputs.first().is_some_and(|first| first.state.baseline != input.state.baseline);
    if let Some(other) = inputs.iter().find(is_another)
        && !mistakes.iter().any(|told| told.starts_with("the shards have different baselines"))
        && let Some(first) = inputs.first()
    {
        mistakes.push(format!(
            "the shards have different baselines: entries of the same names say something else in {} and {}",
            first.file, other.file
        ));
    }
    mistakes.extend(other_plans(inputs));
    mistakes.extend(each_differing(inputs, "the shards know a requirement by different levels", |input| {
        input.view.requirements.iter().map(|told| (told.id.clone(), told.level.clone())).collect()
    }));
    mistakes.extend(each_differing(inputs, "the server offered different things to the shards", |input| {
        input.view.capabilities.iter().map(|told| (told.name.clone(), told.support.clone())).collect()
    }));
    mistakes
}

/// What is not the same everywhere: `… different servers: A in a.json; B in b.json and c.json`.
fn differing(inputs: &[Input], what: &str, of: Tells<'_>) -> Option<String> {
    let values = by_value(inputs.iter().map(|input| (of(input), input.file.as_str())));
    (values.len() > 1).then(|| format!("the shards have different {what}: {}", told(&values)))
}

/// The values in the order in which they are met, with the files.
fn by_value<'a>(all: impl Iterator<Item = (String, &'a str)>) -> Vec<(String, Vec<&'a str>)> {
    let mut values: Vec<(String, Vec<&str>)> = Vec::new();
    for (value, file) in all {
        match values.iter_mut().find(|(known, _)| *known == value) {
            Some((_, files)) => files.push(file),
            None => values.push((value, vec![file])),
        }
    }
    values
}

fn told(values: &[(String, Vec<&str>)]) -> String {
    let told = values.iter().map(|(value, files)| format!("{} in {}", line(value), draw::few(files, NAMED)));
    told.collect::<Vec<_>>().join("; ")
}

/// The same of names that not every shard has to know: only what two of them say can differ.
fn each_differing(inputs: &[Input], what: &str, of: impl Fn(&Input) -> BTreeMap<String, String>) -> Option<String> {
    let mut names: BTreeMap<String, Vec<(String, &str)>> = BTreeMap::new();
    for input in inputs {
        of(input).into_iter().for_each(|(name, is)| names.entry(name).or_default().push((is, input.file.as_str())));
    }
    let differing: Vec<String> = names
        .into_iter()
        .map(|(name, all)| (name, by_value(all.into_iter())))
        .filter(|(_, values)| values.len() > 1)
        .map(|(name, values)| format!("{}: {}", line(&name), told(&values)))
        .collect();
    let more = differing.len().saturating_sub(NAMED);
    let shown = differing.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!differing.is_empty()).then(|| format!("{what}: {shown}{more}"))
}

/// Which cases only some of them planned.
fn other_plans(inputs: &[Input]) -> Option<String> {
    let first = inputs.first()?;
    let other = inputs.iter().find(|input| input.plan != first.plan)?;
    let cases = |input: &'_ Input| -> BTreeSet<String> { input.plan.iter().cloned().collect() };
    let (one, two) = (cases(first), cases(other));
    let only = |these: &BTreeSet<String>, those: &BTreeSet<String>, file: &str| {
        let names: Vec<&str> = these.difference(those).map(String::as_str).collect();
        named(&names).map(|names| format!("{names} only in {file}"))
    };
    let told: Vec<String> =
        [only(&one, &two, &first.file), only(&two, &one, &other.file)].into_iter().flatten().collect();
    Some(match told.is_empty() {
        true => {
            format!("the shards have different cases: {} and {} plan them in another order", first.file, other.file)
        }
        false => format!("the shards have different cases: {}", told.join("; ")),
    })
}

/// Shards that are there twice, and those that are not there.
fn incomplete(inputs: &[Input], out: &Path) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut files: BTreeMap<Shard, Vec<&str>> = BTreeMap::new();
    inputs.iter().for_each(|input| files.entry(input.shard).or_default().push(&input.file));
    for (shard, files) in files.iter().filter(|(_, files)| files.len() > 1) {
        mistakes.push(format!("{shard} is there more than once: {}", files.join(", ")));
    }
    let counts: BTreeSet<u32> = inputs.iter().map(|input| input.shard.count()).collect();
    let [count] = counts.into_iter().collect::<Vec<_>>()[..] else { return mistakes };
    let missing: Vec<Shard> = (1..=count)
        .filter_map(|index| Shard::new(index, count))
        .filter(|shard| !files.contains_key(shard))
        .take(100)
        .collect();
    if missing.is_empty() {
        return mistakes;
    }
    let numbers: Vec<String> = missing.iter().map(|shard| shard.index().to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let of = if missing.len() == 1 { "shard" } else { "shards" };
    let mut mistake =
        format!("{of} {} of {count} missing: a run is merged when all its shards are there", draw::few(&numbers, 10));
    // `merge shard-*.json` takes the first of them for the file to write.
    if out != Path::new("-") && reports::read(out).is_ok_and(|view| view.shard.is_some()) {
        mistake
            .push_str(&format!("; {} is not read, because the first file is the one that is written", out.display()));
    }
    mistakes.push(mistake);
    mistakes
}

/// A case of a shard and what is needed to judge it with others.
type Cases = BTreeMap<String, CaseResult>;

/// One report of all. The inputs are in the order of their shards.
fn merged(inputs: Vec<Input>, (library, deciders): (&Library, &Deciders)) -> Result<Report, ConfigError> {
    let mut parts: Vec<Report> = Vec::new();
    let mut cases = Cases::new();
    let mut clues = BTreeMap::new();
    let mut times: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    let mut baseline = None;
    let mut today = String::new();
    let (mut plan, mut skip, mut declared) = (Vec::new(), Vec::new(), Vec::new());
    let mut seeds = Vec::new();
    for input in inputs {
        let Input { file, mut view, shard, plan: of_all, mut state } = input;
        let fail = |error: ReadError| ConfigError::Text(format!("{file}: {error}"));
        let mut report = view.report().map_err(fail)?;
        let alone = before_others(&mut view, &mut state).map_err(fail)?;
        for mut case in std::mem::take(&mut report.cases) {
            if let Some(alone) = alone.get(&case.id) {
                case.outcome = alone.outcome.clone();
                case.findings = alone.findings.clone();
                case.notes = alone.notes.clone();
                case.blocker = alone.blocker.clone();
                case.follows.clear();
            }
            case.blocked_by.clear();
            case.expected = None;
            case.findings.iter_mut().for_each(|finding| finding.known = None);
            cases.insert(case.id.clone(), case);
        }
        clues.extend(state.clues);
        for (endpoint, of_shard) in &state.times {
            times.entry(endpoint.clone()).or_default().extend(shards::times_of(of_shard));
        }
        today = today.max(state.today);
        baseline = baseline.or(state.baseline);
        if plan.is_empty() {
            (plan, skip) = (of_all, state.skip);
            declared = state.attributes.iter().map(shards::Attribute::read).collect();
        }
        seeds.push((shard, report.seed));
        parts.push(report);
    }
    let mut results: Vec<CaseResult> = plan.iter().filter_map(|id| cases.remove(id)).collect();
    results.extend(cases.into_values().filter(|case| witnesses::is_told_by(&case.id)));
    let clues = results.iter().map(|case| clues.remove(&case.id).unwrap_or_default()).collect();
    root_cause::attribute_by(&mut results, clues, &library.registry.restated());
    let mut reports = parts.into_iter();
    let Some(mut whole) = reports.next() else {
        return Err(ConfigError::Text("there is nothing to merge".to_owned()));
    };
    let mut stored = whole.stored.take().unwrap_or_default();
    let mut changes: Vec<Changes> = whole.changes.take().into_iter().collect();
    let mut setup = std::mem::take(&mut whole.setup);
    let mut treated = std::mem::take(&mut whole.treated);
    for report in reports {
        setup.extend(report.setup);
        treated.extend(report.treated);
        whole.started = whole.started.min(report.started);
        whole.took = whole.took.max(report.took);
        let new = report.warnings.into_iter().filter(|warning| !whole.warnings.contains(warning)).collect::<Vec<_>>();
        whole.warnings.extend(new);
        changes.extend(report.changes);
        whole.setups.extend(report.setups);
        let of_shard = report.stored.unwrap_or_default();
        stored.requests.extend(of_shard.requests);
        stored.all_requests += of_shard.all_requests;
    }
    whole.setup = Setup::joined(setup);
    whole.treated = Treated::joined(treated);
    whole.warnings.extend(seeds_differ(&seeds));
    stored.times = times.into_iter().map(|(endpoint, times)| times::summed_up(endpoint, times)).collect();
    whole.known = known(&mut results, baseline, &today, &whole.known);
    whole.changes = joined(changes, &results);
    whole.stored = Some(stored);
    whole.cases = results;
    whole.requirements = match whole.edition {
        Some(scored) => super::registry_by(library, scored),
        None => Arc::clone(&library.registry),
    };
    whole.part = None;
    let wanted = Selection { suites: whole.suites.clone(), select: whole.selection.clone(), skip };
    let is_whole = is_whole(&wanted, whole.depth) && !super::is_part(&whole.cases);
    Ok(whole.with_annexes(|report| super::annexes(report, (library, deciders), is_whole, &declared)))
}

/// The cases of which others may say what came of them, as they were before any was asked.
fn before_others(view: &mut View, state: &mut State) -> Result<Cases, ReadError> {
    let open = std::mem::take(&mut state.open);
    let blockers: Vec<_> = open.iter().map(|open| (open.has_demand, open.settled, open.went_on)).collect();
    view.cases = open.into_iter().map(|open| open.case).collect();
    view.discovery = None;
    let cases = view.report()?.cases.into_iter().zip(blockers);
    let case = |(mut case, (has_demand, settled, went_on)): (CaseResult, (bool, bool, bool))| {
        let demand = if has_demand { case.findings.pop() } else { None };
        let told = case.blocker.map(|blocker| blocker.exchange);
        let at = told.or_else(|| demand.as_ref().filter(|_| went_on).map(|demand| demand.exchange));
        case.blocker = at.map(|exchange| Blocker { exchange, demand, settled, went_on });
        (case.id.clone(), case)
    };
    Ok(cases.map(case).collect())
}

/// Marks what the baseline knows of all cases, and says of each entry what came of it. Where it stands the shards know.
fn known(
    results: &mut [CaseResult],
    baseline: Option<Vec<shards::Entry>>,
    today: &str,
    of_shard: &[KnownFailure],
) -> Vec<KnownFailure> {
    let Some(entries) = baseline else { return Vec::new() };
    let mut told = Baseline::of(entries.into_iter().map(Into::into).collect()).apply(results, today);
    told.iter_mut().zip(of_shard).for_each(|(told, same)| told.place.clone_from(&same.place));
    told
}

/// What there is to know of the seeds, where they are not one.
fn seeds_differ(seeds: &[(Shard, u64)]) -> Option<String> {
    let (_, first) = seeds.first()?;
    if seeds.iter().all(|(_, seed)| seed == first) {
        return None;
    }
    let told: Vec<String> = seeds.iter().map(|(shard, seed)| format!("{} had {seed}", shard.index())).collect();
    Some(format!(
        "the shards ran with different seeds, and the first is told here ({}); with one --seed for all the commands here repeat \
         their requests exactly",
        told.join(", ")
    ))
}

/// What came of snapshots in all shards.
fn joined(changes: Vec<Changes>, results: &[CaseResult]) -> Option<Changes> {
    let order: BTreeMap<&str, usize> = results.iter().enumerate().map(|(at, case)| (case.id.as_str(), at)).collect();
    let at = |case: &String| order.get(case.as_str()).copied().unwrap_or(usize::MAX);
    let mut whole = changes.first()?.clone();
    (whole.compared, whole.same) = (0, 0);
    let (mut groups, mut not_compared, mut obsolete) = (Vec::new(), Vec::new(), BTreeSet::new());
    for one in changes {
        whole.compared += one.compared;
        whole.same += one.same;
        whole.written |= one.written;
        not_compared.extend(one.not_compared);
        obsolete.extend(one.obsolete);
        groups.extend(one.groups);
    }
    not_compared.sort_by_key(at);
    whole.not_compared = not_compared;
    whole.obsolete = obsolete.into_iter().collect();
    let mut single: Vec<(String, Change)> = Vec::new();
    for group in &groups {
        single.extend(group.cases.iter().map(|case| (case.clone(), group.change.clone())));
    }
    single.sort_by_key(|(case, _)| at(case));
    whole.groups = snapshot::group(single).into_iter().map(|(group, _)| group).collect();
    for group in &mut whole.groups {
        group.various |= groups.iter().any(|one| {
            one.various
                && one.change.kind == group.change.kind
                && one.change.place == group.change.place
                && one.cases.iter().any(|case| group.cases.contains(case))
        });
    }
    Some(whole)
}

//! The program: one function per command.
//!
//! **Invariant:** the environment, the clock and the file system are read here and handed on as values; an exit code is the only
//! thing that leaves.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Parser as _;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::budget::{Budget, Depth, Spent};
use crate::capability::{Capabilities, Capability, Support};
use crate::declared::{DeclaredAttribute, Target};
use crate::judge::Judge;
use crate::model::Ways;
use crate::okta;
use crate::okta::readiness::plan::Deciders;
use crate::persona::Version;
use crate::plan::{Planned, Selection, depth, plan, suites_are_known};
use crate::reference;
use crate::report::annex::Annex;
use crate::report::attributes;
use crate::report::format;
use crate::report::json::{self, View};
use crate::report::text::{self, Verbosity};
use crate::report::{self, Report, ScoredBy, Strictness, Tool, annotations, markdown};
use crate::requirement::{Level, Registry, RequirementId};
use crate::root_cause;
use crate::run::discover::{self, Discovery, Obstacle};
use crate::run::histories::Wanted;
use crate::run::journal::{self, Journal};
use crate::run::{self, Event, Recorded, Stop};
use crate::scenario::{self, Library, Scenario};
use crate::source::{Diagnostic, Renderer, Span, Style, render};
use crate::verdict::{CaseResult, Cause, Outcome, SetupResult, SharedUse, Skip};
use crate::wire::auth::Manner;
use crate::wire::{HttpWire, NoReply, Tape, Wire};

use self::prepare::{Prepared, prepare};

pub mod args;
mod baseline;
mod catalogue;
pub mod config;
mod diff;
mod doctor;
mod editions;
pub mod exit;
mod exit_on;
mod histories;
mod hook;
mod import_preview;
mod init;
mod merge;
pub(crate) mod prepare;
pub mod product;
mod progress;
mod provider;
pub(crate) mod reports;
mod runscope;
mod server;
mod shards;
mod snapshots;
mod status;
mod versions;
mod witnesses;

use self::baseline::KnownFailures;
use self::snapshots::Keeper;
use args::{ChoiceArgs, Cli, Command, DemoArgs, DepthArg, OutputArgs, RunArgs, ServeArgs, SweepArgs};
use config::{ConfigError, Connection};
use reports::Output;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None if is_bare(&cli.run) => Err(ConfigError::Text(
            "which server? give --base-url https://…/scim/v2 and a token, or see it work without one: scim-check demo"
                .to_owned(),
        )),
        None => run_command(&cli.run),
        Some(Command::Run(args)) => run_command(&args),
        Some(Command::Soak(args)) => soak(*args),
        Some(Command::Demo(args)) => demo(&args),
        Some(Command::Serve(args)) => serve(&args),
        Some(Command::Runscope(args)) => runscope::command(&args),
        Some(Command::ImportPreview(args)) => import_preview::command(&args),
        Some(Command::Hook(args)) => hook::command(&args),
        Some(Command::List(args)) => catalogue::list(&args),
        Some(Command::Lint { path }) => catalogue::lint(&path),
        Some(Command::Explain { id }) => catalogue::explain(&id),
        Some(Command::Requirements { format }) => catalogue::requirements(format),
        Some(Command::Editions { format, scenarios }) => editions::command(format, scenarios.as_deref()),
        Some(Command::Judge { from, output, scenarios, target }) => {
            judge_again(&from, &output, scenarios.as_deref(), target.as_deref())
        }
        Some(Command::Snapshots(args)) => snapshots::command(&args),
        Some(Command::Report(args)) => reports::command(&args),
        Some(Command::Merge(args)) => merge::command(&args),
        Some(Command::Diff(args)) => diff::command(&args),
        Some(Command::Init(args)) => init::command(&args),
        Some(Command::Doctor(args)) => doctor::command(&args),
        Some(Command::Sweep(args)) => sweep(&args),
        Some(Command::ExitCodes) => {
            say(exit::TABLE);
            Ok(exit::CONFORMS)
        }
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&told(&error));
            ExitCode::from(exit::USAGE)
        }
    }
}

/// What is wrong, as the user is told.
pub(crate) fn told(error: &ConfigError) -> String {
    match error {
        ConfigError::Diagnostics(mistakes) => diagnostics(mistakes),
        ConfigError::Text(text) => format!("error: {text}\n"),
    }
}

fn is_bare(args: &RunArgs) -> bool {
    args.connection.base_url.is_none()
        && args.connection.target.is_none()
        && args.select.is_empty()
        && !args.choice.list
        && args.choice.scenarios.is_none()
}

/// To standard output. A reader that has gone away is no fault of ours.
fn say(text: &str) {
    let mut out = anstream::AutoStream::new(io::stdout(), colour_choice(io::stdout().is_terminal()));
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// To standard error.
fn complain(text: &str) {
    let mut out = anstream::AutoStream::new(io::stderr(), colour_choice(io::stderr().is_terminal()));
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn colour_choice(terminal: bool) -> anstream::ColorChoice {
    colour_with(terminal, std::env::var_os("NO_COLOR").as_deref())
}

/// Colour is for terminals, and not for those who set NO_COLOR to anything but nothing (no-color.org).
fn colour_with(terminal: bool, no_color: Option<&OsStr>) -> anstream::ColorChoice {
    let unwanted = no_color.is_some_and(|value| !value.is_empty());
    if terminal && !unwanted { anstream::ColorChoice::Auto } else { anstream::ColorChoice::Never }
}

fn style() -> Style {
    match colour_choice(io::stdout().is_terminal()) {
        anstream::ColorChoice::Never => Style::Plain,
        _ => Style::Coloured,
    }
}

pub(crate) fn diagnostics(mistakes: &[Diagnostic]) -> String {
    let renderer = match colour_choice(io::stderr().is_terminal()) {
        anstream::ColorChoice::Never => Renderer::plain(),
        _ => Renderer::styled(),
    };
    render(mistakes, &renderer)
}

/// For what only sends. In CI the server mostly runs on the same machine: half of the cores are left to it.
fn runtime() -> Result<tokio::runtime::Runtime, ConfigError> {
    runtime_with(cores() / 2)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

fn runtime_with(threads: usize) -> Result<tokio::runtime::Runtime, ConfigError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.clamp(1, 4))
        .enable_all()
        .build()
        .map_err(|error| ConfigError::Text(format!("the asynchronous runtime cannot start: {error}")))
}

fn library(folder: Option<&Path>) -> Result<Library, ConfigError> {
    scenario::load(folder).map_err(ConfigError::Diagnostics)
}

/// The same, with what decides how ready an integration is.
fn content(folder: Option<&Path>) -> Result<(Library, Deciders), ConfigError> {
    okta::readiness::plan::load(folder).map_err(ConfigError::Diagnostics)
}

/// What the user wants to run. A selection by id names its suite itself.
/// Where nothing is named it is what the provider plays for whom the owner has an app, in the version that the server speaks.
fn selection(choice: &ChoiceArgs, select: &[String], library: &Library, owner: Owner<'_>) -> Selection {
    let personas = &library.personas;
    let suites = match choice.suite.as_slice() {
        [] if choice.scenarios.is_some() => Vec::new(),
        [] => select
            .iter()
            .map(|s| s.split(['/', '#', '*']).next().unwrap_or(s).to_owned())
            .filter(|s| !s.is_empty())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect(),
        all if all.iter().any(|s| s == "all") => all_of(library, owner.version.unwrap_or_default()),
        named => of_one_version(named, library, owner),
    };
    let suites = if suites.is_empty() && choice.suite.is_empty() && choice.scenarios.is_none() && select.is_empty() {
        personas.suites_for(owner.app, owner.version)
    } else {
        suites
    };
    Selection { suites, select: select.to_vec(), skip: choice.skip.clone() }
}

/// All suites that speak that version; none where that is simply all that there are.
fn all_of(library: &Library, version: Version) -> Vec<String> {
    let mut suites: Vec<&str> = library.scenarios.iter().map(Scenario::suite).collect();
    suites.dedup();
    let speaks_it = |suite: &&str| library.personas.version_of(suite) == version;
    match suites.iter().all(speaks_it) {
        true => Vec::new(),
        false => suites.into_iter().filter(speaks_it).map(str::to_owned).collect(),
    }
}

/// Of suites that are named together, those that speak the version of the run: the one that the owner declares, or else the newest.
/// Where none of them does, all: then there is nothing to choose.
fn of_one_version(named: &[String], library: &Library, owner: Owner<'_>) -> Vec<String> {
    let version_of = |suite: &String| library.personas.version_of(suite);
    let version = owner.version.or_else(|| named.iter().map(version_of).max()).unwrap_or_default();
    let speaking: Vec<String> = named.iter().filter(|suite| version_of(suite) == version).cloned().collect();
    if speaking.is_empty() { named.to_vec() } else { speaking }
}

/// The suites that were named and that the run does not play, because they speak another version: the table of what works says so.
fn left_to_another_run(choice: &ChoiceArgs, wanted: &Selection, library: &Library) -> Vec<String> {
    let named: Vec<String> = match choice.suite.iter().any(|suite| suite == "all") {
        true => exit_on::providers(library, &Selection::default()).into_iter().map(|provider| provider.suite).collect(),
        false => choice.suite.clone(),
    };
    let is_played = |suite: &String| wanted.suites.is_empty() || wanted.suites.contains(suite);
    let is_there = |suite: &String| library.scenarios.iter().any(|scenario| scenario.suite() == suite);
    named.into_iter().filter(|suite| is_there(suite) && !is_played(suite)).collect()
}

/// The version of SCIM that a run speaks: that of its suites, each of which there is.
fn version_in_play(wanted: &Selection, library: &Library, owner: Owner<'_>) -> Result<Version, ConfigError> {
    suites_are_known(&library.scenarios, &wanted.suites).map_err(|error| ConfigError::Text(error.to_string()))?;
    let all: Vec<&str> = library.scenarios.iter().map(Scenario::suite).collect();
    let named = || wanted.suites.iter().map(String::as_str);
    let suites: std::collections::BTreeSet<&str> =
        if wanted.suites.is_empty() { all.into_iter().collect() } else { named().collect() };
    let speaks = |version: Version| suites.iter().copied().find(|suite| library.personas.version_of(suite) == version);
    let version = match (speaks(Version::V1), speaks(Version::V2)) {
        (Some(old), Some(new)) => {
            return Err(ConfigError::Text(format!(
                "{new} speaks SCIM 2.0 and {old} speaks SCIM 1.1: one run speaks one of them, with the base URL of that one\n  \
                 try: --suite {new}, or --suite {old}"
            )));
        }
        (Some(_), None) => Version::V1,
        _ => Version::V2,
    };
    if let (Some(declared), Some(suite)) = (owner.version.filter(|declared| *declared != version), suites.first()) {
        return Err(ConfigError::Text(format!(
            "the target file says `scim: \"{}\"`, and the suite {suite} speaks SCIM {}\n  try: without --suite what speaks {} \
             is run; a server that has both says `scim: [\"1.1\", \"2.0\"]`",
            declared.as_str(),
            version.as_str(),
            declared.as_str()
        )));
    }
    Ok(version)
}

fn run_command(args: &RunArgs) -> Result<u8, ConfigError> {
    let output = reports::output(&args.output)?;
    let (library, deciders) = content(args.choice.scenarios.as_deref())?;
    if args.choice.list {
        scored_by(&library, output.edition.as_deref(), &Target::default())?;
        let target = args.connection.target.as_deref().map(|path| config::read_target(path, &library.personas));
        let target = target.transpose()?.unwrap_or_default();
        let wanted = selection(&args.choice, &args.select, &library, Owner::of(&target));
        return catalogue::list_planned(&library.scenarios, &wanted, Some((&library, &args.choice)));
    }
    let connection = config::connection(&args.connection, Some(&args.rotation), &library.personas)?;
    let journal = connection.journal.clone();
    let target = connection.target.clone();
    let known = known_failures(&output, &library)?;
    let snapshots = Keeper::open(&args.snapshots, output.bodies)?;
    let job = Job {
        owner: Owner::of(&target),
        library: &library,
        deciders: &deciders,
        choice: &args.choice,
        select: &args.select,
        output: &output,
        known,
        snapshots,
        demo: None,
        adapted: Vec::new(),
    };
    runtime()?.block_on(async {
        let starting = server::start(&connection);
        let server = progress::meanwhile("the server to be ready", output.verbosity, starting).await?;
        server::stop(server, job.against(connection, Some(&journal)).await).await
    })
}

/// Runs histories for as long as there is time.
fn soak(mut args: RunArgs) -> Result<u8, ConfigError> {
    if args.choice.max_time.is_none() {
        return Err(ConfigError::Text("for how long? give --max-time, such as --max-time 10m".to_owned()));
    }
    if let Some(selected) = args.select.first() {
        return Err(ConfigError::Text(format!("`soak` runs histories and no cases: `{selected}` cannot be selected")));
    }
    if args.choice.shard.is_some() {
        return Err(ConfigError::Text(
            "`soak` runs as many as there is time for, and has no shards: leave out --shard".to_owned(),
        ));
    }
    args.choice.soaks = true;
    args.choice.histories.get_or_insert(histories::MOST);
    // Others each time, and the report says which.
    args.choice.seed.get_or_insert_with(|| fastrand::u64(1..1_000_000));
    run_command(&args)
}

fn demo(args: &DemoArgs) -> Result<u8, ConfigError> {
    let output = reports::output(&args.output)?;
    let (library, deciders) = content(args.choice.scenarios.as_deref())?;
    let quirks = quirks(&args.quirk)?;
    // It is ours, so that what needs further credentials can be seen, too.
    let (second, revoked) = ("second-token-of-the-demo", "revoked-token-of-the-demo");
    let options = reference::Options {
        users: 25,
        groups: 3,
        quirks,
        second_token: Some(second.to_owned()),
        revoked_token: Some(revoked.to_owned()),
        ..reference::Options::default()
    };
    // What the server was told to do wrong it has to be told again.
    let again = args.quirk.iter().fold("scim-check demo".to_owned(), |line, quirk| format!("{line} --quirk {quirk}"));
    let known = known_failures(&output, &library)?;
    let wanted = selection(&args.choice, &args.select, &library, Owner::default());
    let version = version_in_play(&wanted, &library, Owner::default())?;
    let job = Job {
        owner: Owner::default(),
        library: &library,
        deciders: &deciders,
        choice: &args.choice,
        select: &args.select,
        output: &output,
        known,
        snapshots: Keeper::open(&args.snapshots, output.bodies)?,
        demo: Some(again),
        adapted: Vec::new(),
    };
    runtime_with(cores())?.block_on(async {
        let server = reference::serve(options)
            .await
            .map_err(|error| ConfigError::Text(format!("the reference server cannot start: {error}")))?;
        let url = wire_url(match version {
            Version::V1 => server.v1_base_url(),
            Version::V2 => server.base_url(),
        })?;
        let bearer = |token: &str| crate::wire::auth::Auth::Bearer(secrecy::SecretString::from(token));
        let mut http = crate::wire::http::HttpOptions::new(url, bearer(server.token()));
        (http.second, http.revoked) = (Some(bearer(second)), Some(bearer(revoked)));
        let connection = Connection {
            http,
            target: crate::declared::Target::default(),
            journal: std::path::PathBuf::new(),
            warnings: Vec::new(),
            options: Vec::new(),
        };
        let code = job.against(connection, None).await;
        server.shutdown().await;
        code
    })
}

fn wire_url(text: &str) -> Result<url::Url, ConfigError> {
    crate::wire::http::check_base_url(text).map_err(|error| ConfigError::Text(error.to_string()))
}

fn quirks(names: &[String]) -> Result<Vec<reference::Quirk>, ConfigError> {
    names
        .iter()
        .map(|name| name.parse().map_err(|name: String| no_such_quirk(&name, scenario::load::Server::Scim)))
        .collect()
}

/// What to say of a name that no quirk of this server has: another one may have it.
fn no_such_quirk(name: &str, server: scenario::load::Server) -> ConfigError {
    let scim: Vec<&str> = reference::Quirk::ALL.iter().map(|quirk| quirk.id()).collect();
    let hook: Vec<&str> = reference::hook::HookQuirk::ALL.iter().map(|quirk| quirk.id()).collect();
    let (here, elsewhere, whose, try_it) = match server {
        scenario::load::Server::Scim => (scim, hook, "the hook service", "scim-check serve --hook --quirk"),
        scenario::load::Server::Hook => (hook, scim, "the SCIM server", "scim-check serve --quirk"),
    };
    if elsewhere.contains(&name) {
        return ConfigError::Text(format!("`{name}` is a quirk of {whose}; did you mean `{try_it} {name}`?"));
    }
    let of_the_other =
        || Some(format!("{} ({try_it}, a quirk of {whose})", crate::source::did_you_mean(name, &elsewhere)?));
    let guess = crate::source::did_you_mean(name, &here)
        .or_else(of_the_other)
        .unwrap_or_else(|| "`scim-check list --quirks` shows them".to_owned());
    ConfigError::Text(format!("there is no quirk `{name}`; {guess}"))
}

fn serve(args: &ServeArgs) -> Result<u8, ConfigError> {
    if args.hook {
        return serve_hook(args);
    }
    let target =
        args.target.as_deref().map(|path| config::read_target(path, &scenario::load::personas())).transpose()?;
    let mut product = target.as_ref().map(product::product).unwrap_or_default();
    if let Some(user) = &args.user {
        product.credential = reference::product::Scheme::Basic(user.clone());
    }
    let token = match (&args.header, &args.token, &target) {
        (Some(header), ..) => {
            let (name, value) = config::typed_header(header)?;
            product.credential = reference::product::Scheme::Header { name: name.to_owned(), prefix: String::new() };
            Some(value.to_owned())
        }
        (None, Some(token), _) => Some(token.clone()),
        (None, None, Some(target)) => config::served_token(target)?,
        (None, None, None) => None,
    };
    let has_groups = target.as_ref().is_none_or(|target| target.behaviour.groups != crate::declared::Groups::None);
    let prints_token = token.is_none();
    let options = reference::Options {
        port: args.port,
        token,
        users: args.users,
        groups: if has_groups { args.groups } else { 0 },
        product,
        second_token: args.second_token.clone(),
        revoked_token: args.revoked_token.clone(),
        seed: args.seed,
        quirks: quirks(&args.quirk)?,
        strangers: args.strangers,
        ..reference::Options::default()
    };
    runtime_with(cores())?.block_on(async {
        let server = reference::serve(options)
            .await
            .map_err(|error| ConfigError::Text(format!("cannot listen on port {}: {error}", args.port)))?;
        say(&format!("listening on {}\n", server.base_url()));
        say(&format!("SCIM 1.1 is at {}\n", server.v1_base_url()));
        if prints_token {
            complain(&format!("token: {}\n", server.token()));
        }
        interrupted().await;
        server.shutdown().await;
        Ok(exit::CONFORMS)
    })
}

/// Runs the built-in service for the import hook.
fn serve_hook(args: &ServeArgs) -> Result<u8, ConfigError> {
    let parsed = args
        .quirk
        .iter()
        .map(|name| name.parse().map_err(|name: String| no_such_quirk(&name, scenario::load::Server::Hook)));
    let quirks = parsed.collect::<Result<Vec<_>, _>>()?;
    let (credential, printed) = match (&args.header, &args.token) {
        (Some(header), _) => {
            let (name, value) = config::typed_header(header)?;
            ((name.to_owned(), value.to_owned()), false)
        }
        (None, Some(token)) => (("Authorization".to_owned(), token.clone()), false),
        (None, None) => {
            let token = format!("hook-token-{:016x}", fastrand::u64(..));
            (("Authorization".to_owned(), token), true)
        }
    };
    let token = credential.1.clone();
    let options =
        reference::hook::HookOptions { port: args.port, credential: Some(credential), quirks, ..Default::default() };
    runtime_with(cores())?.block_on(async {
        let server = reference::hook::serve(options)
            .await
            .map_err(|error| ConfigError::Text(format!("cannot listen on port {}: {error}", args.port)))?;
        say(&format!("listening on {}\n", server.url()));
        if printed {
            complain(&format!("token: {token}\n"));
        }
        interrupted().await;
        server.shutdown().await;
        Ok(exit::CONFORMS)
    })
}

/// Waits for Ctrl-C or, where there is one, SIGTERM.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// One request to stop may arrive twice: from whoever started the program, and through its process group. What comes within
/// this time after the first is the same request; nobody presses Ctrl-C twice as fast.
const SAME_INTERRUPT: Duration = Duration::from_millis(300);

/// Passes interruptions on: the first ends a run in good order, the second at once.
async fn on_interrupt(stop: watch::Sender<Stop>) {
    interrupted().await;
    complain("stopping: nothing new is started, what was created is removed; once more to stop at once\n");
    stop.send_replace(Stop::Soon);
    tokio::time::sleep(SAME_INTERRUPT).await;
    interrupted().await;
    stop.send_replace(Stop::Now);
    std::future::pending::<()>().await;
}

/// Where a run goes, as a report tells it.
struct Server {
    base_url: String,
    credential: Manner,
    options: Vec<String>,
    /// The attributes that are provisioned: those that its owner declares, and others.
    declared: Vec<DeclaredAttribute>,
}

/// What came of the cases.
struct Ran {
    seed: u64,
    scored: ScoredBy,
    /// The rows of the table of what works that decide; none where all do.
    exit_on: Vec<String>,
    /// Whether writes were held against the laws.
    laws: bool,
    cases: Vec<CaseResult>,
    setups: Vec<SetupResult>,
    took: Duration,
}

/// The new text of a baseline that is to be written, or why there is none.
type Baseline = Result<Option<String>, ConfigError>;

/// Says of both what went wrong.
fn both(one: Result<(), ConfigError>, other: Result<(), ConfigError>) -> Result<(), ConfigError> {
    match (one, other) {
        (Err(ConfigError::Text(one)), Err(ConfigError::Text(other))) => {
            Err(ConfigError::Text(format!("{one}\nerror: {other}")))
        }
        (one, other) => one.and(other),
    }
}

/// Whose server it is, as the target file says.
#[derive(Clone, Copy, Debug, Default)]
struct Owner<'a> {
    /// The kind of app.
    app: Option<&'a str>,
    /// The version of SCIM that it speaks, where it is one.
    version: Option<Version>,
}

impl<'a> Owner<'a> {
    fn of(target: &'a Target) -> Self {
        Self { app: target.app.as_deref(), version: target.version() }
    }
}

/// A run that is wanted.
struct Job<'a> {
    owner: Owner<'a>,
    library: &'a Library,
    deciders: &'a Deciders,
    choice: &'a ChoiceArgs,
    select: &'a [String],
    output: &'a Output,
    known: Option<KnownFailures>,
    snapshots: Option<Arc<Keeper>>,
    /// The command that runs on the built-in server again, where that is the one.
    demo: Option<String>,
    /// How setup was changed when the recording was made that is judged again.
    adapted: Vec<crate::verdict::Adapted>,
}

/// The known failures, where a file of them is given.
fn known_failures(output: &Output, library: &Library) -> Result<Option<KnownFailures>, ConfigError> {
    output.baseline.as_ref().map(|file| KnownFailures::read(file, &library.registry)).transpose()
}

impl Job<'_> {
    async fn against(&self, connection: Connection, journal: Option<&Path>) -> Result<u8, ConfigError> {
        let Connection { mut http, target, mut warnings, mut options, .. } = connection;
        http.habits = self.habits();
        let personas = self.library.personas.0.iter();
        http.habits_of = personas.map(|persona| (persona.folder.clone(), persona.habits.clone())).collect();
        let scored = scored_by(self.library, self.output.edition.as_deref(), &target)?;
        let wanted = selection(self.choice, self.select, self.library, self.owner);
        let exit_on = exit_on::rows(&self.output.exit_on, &target, self.library, &wanted)?;
        let version = version_in_play(&wanted, self.library, self.owner)?;
        let base_url = http.base_url.to_string();
        let base_url = base_url.trim_end_matches('/').to_owned();
        options.extend(self.choice.scenarios.iter().flat_map(|path| config::option("--scenarios", path.display())));
        let declared = target.attribute_names();
        let mut server = Server { base_url, credential: http.auth.manner(), options, declared };
        let wire = HttpWire::new(http).map_err(|error| ConfigError::Text(error.to_string()))?;
        warnings.extend(journal.and_then(left_over));
        if self.output.verbosity != Verbosity::Quiet {
            for warning in &warnings {
                complain(&format!("note: {warning}\n"));
            }
        }
        let wire = Wire::Http(wire);
        let what = format!("the first answers of {}", server.base_url);
        let personas = &*self.library.personas;
        let discovering = discover::discover(&wire, personas, version);
        let began = Instant::now();
        let mut discovery = progress::meanwhile(&what, self.output.verbosity, discovering).await;
        if let Some(obstacle) = discovery.obstacle.take() {
            complain(&obstacle_text(&server.base_url, &server.credential, &obstacle));
            annotate(self.text_goes_to_stderr(), || {
                let (got, advice) = self::obstacle(&server.base_url, &server.credential, &obstacle);
                annotations::obstacle(&format!("GET {}/Users {got}", server.base_url), &advice)
            });
            let seed = self.seed();
            let (cases, setups, took, laws) = (Vec::new(), Vec::new(), Duration::ZERO, self.has_laws(version));
            let ran = Ran { seed, scored, exit_on, laws, cases, setups, took };
            let (report, _) = self.report(server, ran, discovery, warnings);
            self.write(&report)?;
            return Ok(exit::UNDECIDED);
        }
        warnings.extend(target.undeclared(&discovery.capabilities, personas));
        let is_for_okta = wanted.suites.is_empty() || wanted.suites.iter().any(|suite| suite == okta::SUITE);
        if is_for_okta {
            warnings.extend(okta::readiness::assess::doubts_about_address(&server.base_url));
        }
        let data = target.data();
        let Prepared { discovery, scenarios, attributes, differences, ways } =
            prepare(self.library, &target, discovery);
        server.declared = attributes;
        warnings.extend(differences);
        if is_for_okta {
            warnings.extend(okta::readiness::assess::doubts_about_protocol(&discovery.capabilities));
        }
        let chosen = histories::Chosen {
            choice: self.choice,
            selection: &wanted,
            depth: self.depth(),
            has_laws: self.has_laws(version),
        };
        let histories = histories::wanted(self.library, &chosen, &discovery.capabilities)?;
        let mut cases = wanted.clone();
        let witnesses = self.witnesses(&cases, &discovery.capabilities, version);
        cases.select.retain(|selected| !histories::is_history(selected) && !witnesses::is_selected(selected));
        cases.skip.retain(|skipped| !histories::is_of_histories(skipped));
        let is_of_histories = self.choice.soaks || (cases.select.is_empty() && !wanted.select.is_empty());
        let mut planned =
            plan(&scenarios, &discovery.capabilities, &cases).map_err(|error| ConfigError::Text(error.to_string()))?;
        planned.iter_mut().filter(|_| is_of_histories).for_each(|plan| plan.skip = Some(Skip::Deselected));
        self.known.iter().try_for_each(|known| known.check(&planned, self.library))?;
        limit_depth(&mut planned, (self.depth(), self.select), self.library, scored)?;
        shards::leave_to_others(&mut planned, self.choice.shard);
        if self.choice.dry_run {
            return Ok(dry_run((&planned, &histories), &discovery.capabilities));
        }
        let journal = match journal {
            Some(path) => Some(Journal::open(path).map_err(|error| ConfigError::Text(error.to_string()))?),
            None => None,
        };
        let seed = self.seed();
        let spent = Spent { requests: discovery.exchanges.len() as u64, time: began.elapsed() };
        let mut ran = self
            .run(
                wire,
                (&planned, histories, witnesses),
                (seed, scored),
                (journal, spent),
                (data, Recorded::default(), ways),
                &server.base_url,
            )
            .await?;
        ran.exit_on = exit_on;
        let (report, kept) = self.report(server, ran, discovery, warnings);
        self.conclude(&report, kept)
    }

    /// What is done on connections that belong to no case, as those of discovery: as whoever comes first in play does.
    fn habits(&self) -> crate::wire::Habits {
        let Library { personas, scenarios, .. } = self.library;
        let wanted = selection(self.choice, self.select, self.library, self.owner);
        let is_in_play = |scenario: &&Scenario| {
            wanted.suites.is_empty() || wanted.suites.iter().any(|suite| *suite == scenario.suite())
        };
        let first = scenarios.iter().filter(is_in_play).find_map(|scenario| personas.of(&scenario.id));
        first.map(|persona| persona.habits.clone()).unwrap_or_default()
    }

    fn seed(&self) -> u64 {
        // Short enough to be typed again.
        self.choice.seed.unwrap_or_else(|| fastrand::u64(1..1_000_000))
    }

    /// How much is run. The document for a submission wants everything.
    fn depth(&self) -> Depth {
        let is_for_submission = self.output.reports.iter().any(reports::Wanted::is_of_all);
        let usual = if is_for_submission { DepthArg::Full } else { DepthArg::Default };
        self.choice.depth.unwrap_or(usual).into()
    }

    /// Whether writes are held against the laws, which are of SCIM 2.0.
    fn has_laws(&self, version: Version) -> bool {
        !self.choice.no_laws && version == Version::V2
    }

    /// What is created before the first case and looked at in the end, by the laws.
    fn witnesses(
        &self,
        wanted: &Selection,
        capabilities: &Capabilities,
        version: Version,
    ) -> Option<run::witnesses::Wanted> {
        let is_watched = self.has_laws(version) && !self.choice.soaks;
        is_watched.then(|| witnesses::wanted(self.library, wanted, capabilities, self.depth()))?
    }

    /// How long a write is given until reads show it.
    fn settle(&self) -> Duration {
        settle(self.choice.settle.unwrap_or(if self.demo.is_some() { DEMO_SETTLE } else { SETTLE }))
    }

    /// What the cases may cost.
    fn budget(&self) -> Budget {
        Budget { requests: self.choice.max_requests, time: self.choice.max_time }
    }

    async fn run(
        &self,
        wire: Wire,
        (planned, histories, witnesses): (&[Planned<'_>], Vec<Wanted>, Option<run::witnesses::Wanted>),
        (seed, scored): (u64, ScoredBy),
        (journal, spent): (Option<Journal>, Spent),
        (data, recorded, ways): (BTreeMap<String, Value>, Recorded, Ways),
        base_url: &str,
    ) -> Result<Ran, ConfigError> {
        let judge = judge_by(self.library, scored)?;
        let (stop, stopped) = watch::channel(Stop::No);
        let shown = self.output.verbosity;
        let wanted = planned.iter().filter(|p| !p.skip.as_ref().is_some_and(Skip::is_choice));
        let wanted = wanted.map(|planned| planned.case.id.as_str());
        let played = histories.iter().filter(|history| !history.is_of_others);
        let wanted = wanted.chain(played.map(|history| history.id.as_str()));
        let known = self.known.as_ref().map(KnownFailures::baseline).unwrap_or_default();
        let progress = Arc::new(Mutex::new(progress::Progress::new(wanted, shown, self.text_goes_to_stderr(), known)));
        let interrupts = tokio::spawn(on_interrupt(stop));
        let events = Arc::clone(&progress);
        let (snapshots, base_url) = (self.snapshots.clone(), base_url.to_owned());
        let personas = Arc::clone(&self.library.personas);
        let started = Instant::now();
        let is_recorded = matches!(wire, Wire::Tape(_));
        let version = planned.first().map(|plan| plan.case.persona.version).unwrap_or_default();
        let laws = self.has_laws(version);
        let running = run::Run {
            wire,
            judge,
            options: run::Options {
                jobs: self.choice.jobs.clamp(1, 64),
                shuffle: self.choice.shuffle,
                seed,
                settle: self.settle(),
                remember: match self.output.bodies {
                    report::json::Bodies::All => run::Remember::All,
                    _ => run::Remember::Noteworthy,
                },
                data,
                adapted: self.adapted.clone(),
                // What was recorded costs nothing.
                budget: if is_recorded { Budget::default() } else { self.budget() },
                spent,
                part: self.choice.shard.map(|shard| format!(" ({shard})")).unwrap_or_default(),
                recorded,
                // A recording says for itself what was read.
                read_unread: is_recorded || self.depth() != Depth::Quick,
                laws: laws.then_some(ways),
                histories,
                soaks: self.choice.soaks,
                witnesses,
                version,
                ..run::Options::default()
            },
            stop: stopped,
            journal,
            on_event: Box::new(move |event: Event<'_>| {
                if let (Some(keeper), Event::Finished(case)) = (&snapshots, event) {
                    let persona = personas.of(&case.id).cloned().unwrap_or_default();
                    let own = run::made_up(seed, &run::named(case), &persona);
                    let of_setup = |shared: &SharedUse| run::made_up(seed, &shared.setup, &persona).0;
                    keeper.take(case, &own, &case.shared.iter().map(of_setup).collect::<Vec<_>>(), &base_url);
                }
                events.lock().unwrap_or_else(PoisonError::into_inner).tell(event);
            }),
        };
        let run::Played { cases, setups } = progress::Progress::during(&progress, run::each(running, planned)).await;
        interrupts.abort();
        Ok(Ran { seed, scored, exit_on: Vec::new(), laws, cases, setups, took: started.elapsed() })
    }

    fn report(&self, server: Server, ran: Ran, discovery: Discovery, warnings: Vec<String>) -> (Report, Baseline) {
        let Ran { seed, scored, exit_on, laws, mut cases, setups, took } = ran;
        let mut alone = self.choice.shard.map(|shard| shards::Alone::of(&cases, shard));
        root_cause::attribute(&mut cases, &self.library.registry.restated());
        let (known, baseline) = match &self.known {
            // Where nothing was run there is nothing to know.
            Some(known) if !cases.is_empty() => {
                known.apply(&mut cases, self.output.strictness.level(), &self.library.registry)
            }
            _ => (Vec::new(), Ok(None)),
        };
        let wanted = selection(self.choice, self.select, self.library, self.owner);
        let changes = self.snapshots.as_ref().filter(|_| !cases.is_empty());
        let changes = changes.map(|keeper| keeper.conclude(&cases, &wanted.suites)).transpose();
        let (changes, baseline) = match changes {
            Ok(changes) => (changes, baseline),
            Err(error) => (None, Err(error)),
        };
        let changes = changes.map(|changes| match &alone {
            Some(alone) => alone.changes(changes),
            None => changes,
        });
        // What is known and what is obsolete was to be told by all cases. Now those of other shards can go.
        alone.iter().for_each(|alone| alone.keep(&mut cases));
        let now = SystemTime::now();
        let began = DateTime::<Utc>::from(now.checked_sub(took).unwrap_or(now));
        let whole = alone.is_none() && is_whole(&wanted, self.depth()) && !is_part(&cases);
        let mut facts = Report {
            options: server.options,
            seed,
            started: began.to_rfc3339_opts(SecondsFormat::Millis, true),
            took,
            providers: exit_on::with_others(
                self.library,
                &wanted,
                &left_to_another_run(self.choice, &wanted, self.library),
            ),
            exit_on,
            selection: wanted.select,
            suites: wanted.suites,
            depth: self.depth(),
            laws,
            settle: Some(self.settle()),
            budget: self.budget(),
            capabilities: discovery.capabilities.0.into_iter().collect(),
            edition: Some(scored),
            discovery: discovery.exchanges,
            warnings,
            known,
            changes,
            demo: self.demo.clone(),
            ..Report::of(tool(), server.base_url, server.credential, registry_by(self.library, scored), (cases, setups))
        };
        if let Some(alone) = alone.take() {
            let call = shards::Call {
                skip: wanted.skip,
                require_complete: self.output.completeness == exit::Completeness::Required,
                baseline: self.known.as_ref().map(KnownFailures::baseline),
                declared: &server.declared,
            };
            facts.part = Some(alone.part(&facts, call));
        }
        let report =
            facts.with_annexes(|report| annexes(report, (self.library, self.deciders), whole, &server.declared));
        (report, baseline)
    }

    /// Says what there is to say, writes the reports, and decides the exit code.
    fn conclude(&self, report: &Report, baseline: Baseline) -> Result<u8, ConfigError> {
        let written = self.write(report);
        let saved =
            self.choice.save_histories.as_deref().map_or(Ok(Vec::new()), |folder| histories::save(report, folder));
        let updated = baseline.and_then(|text| match (&self.known, text) {
            (Some(known), Some(text)) => known.write(&text),
            _ => Ok(()),
        });
        let summary = text::summary(report, self.text_options(style()));
        if self.text_goes_to_stderr() {
            complain(&summary)
        } else {
            say(&summary)
        }
        // What a shard concludes, merging may revise: that tells GitHub.
        if report.part.is_none() {
            annotate(self.text_goes_to_stderr(), || self.annotations(report));
        }
        let saved = saved.map(|paths| paths.iter().for_each(|path| complain(&format!("saved {path}\n"))));
        both(both(written, updated), saved)?;
        Ok(exit::code(report, self.output.strictness, self.output.completeness))
    }

    fn annotations(&self, report: &Report) -> String {
        annotations_of(report, self.output.strictness, self.choice.scenarios.as_deref())
    }

    /// A report on standard output leaves no room there for anything else.
    fn text_goes_to_stderr(&self) -> bool {
        self.output.reports.iter().any(reports::Wanted::is_on_stdout)
    }

    fn text_options(&self, style: Style) -> text::Options {
        let format::Options { verbosity, width, strictness, .. } = self.output.options();
        text::Options { verbosity, width, style, strictness }
    }

    fn write(&self, report: &Report) -> Result<(), ConfigError> {
        if report.part.is_none() {
            sum_up(report, self.output.strictness);
        }
        reports::deliver(report, &self.output.reports, self.output.options())
    }
}

/// Leaves out of a plan what goes beyond a depth, by the levels of the edition. What is selected by its own id is run.
fn limit_depth(
    planned: &mut [Planned<'_>],
    (depth, select): (Depth, &[String]),
    library: &Library,
    scored: ScoredBy,
) -> Result<(), ConfigError> {
    let judge = judge_by(library, scored)?;
    let registry = registry_by(library, scored);
    let binds = |id: &RequirementId| registry.get(id.as_str()).is_some_and(|known| known.level == Level::Must);
    let is_named = |id: &str| select.iter().any(|selected| selected == id);
    depth::limit(planned, depth, is_named, |case| run::checks(&judge, case).into_iter().filter(&binds).collect());
    Ok(())
}

/// Whether all of the suite was wanted that Okta's wing speaks of: part of it says nothing of the whole.
fn is_whole(wanted: &Selection, depth: Depth) -> bool {
    depth == Depth::Full
        && wanted.select.is_empty()
        && wanted.skip.is_empty()
        && wanted.suites.iter().any(|suite| suite == okta::SUITE)
}

/// Whether some of the cases were left out: a record does not say by which option.
fn is_part(cases: &[crate::verdict::CaseResult]) -> bool {
    cases.iter().any(|case| case.outcome == crate::verdict::Outcome::Skipped(crate::verdict::Skip::Deselected))
}

/// What Okta's wing makes of a report, readiness only of a whole run, and the declared attributes as other providers provision them.
fn annexes(
    report: &Report,
    (library, deciders): (&Library, &Deciders),
    is_whole: bool,
    declared: &[DeclaredAttribute],
) -> Vec<Annex> {
    // Reviewers look at what is demanded today, whatever the owner's build is scored by.
    let older = report.edition.filter(|scored| scored.is_older());
    let today = older.map(|_| report.by_newest(&library.registry));
    let told = today.as_ref().unwrap_or(report);
    let readiness = is_whole.then(|| okta::readiness::readiness(told, deciders, declared));
    let mut annex = okta::readiness::annex(told, readiness.as_ref());
    if let (Some(ScoredBy { edition, newest }), true) = (older, is_whole) {
        annex.notes.push(format!(
            "Told by edition {newest}: reviewers look at what is demanded today. The run itself is scored by {edition}."
        ));
    }
    // Who asks about other providers alone hears nothing of Okta's reviewers.
    let is_for_okta = report.suites.is_empty() || report.suites.iter().any(|suite| suite == okta::SUITE);
    let attributes = library.personas.0.iter();
    let attributes = attributes.filter_map(|persona| attributes::annex(persona, declared, &told.cases));
    Some(annex).filter(|_| is_for_okta).into_iter().chain(attributes).collect()
}

/// Annotates the run where GitHub Actions reads what is said.
fn annotate(to_stderr: bool, annotations: impl FnOnce() -> String) {
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        let told = annotations();
        if to_stderr { complain(&told) } else { say(&told) }
    }
}

/// What went wrong. Only files of the user's own scenarios are in the repository.
fn annotations_of(report: &Report, strictness: Strictness, own: Option<&Path>) -> String {
    let file = |span: &Span| {
        let path = Path::new(&span.file.name);
        let is_own = own.is_some_and(|folder| path.starts_with(folder)) && path.is_file();
        is_own.then(|| span.file.name.trim_start_matches("./").to_owned())
    };
    annotations::render(report, strictness, file)
}

/// Adds the report to the summary of the step, where GitHub Actions has one.
fn sum_up(report: &Report, strictness: Strictness) {
    if let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty())
        && let Err(error) = append(Path::new(&file), &markdown::render(report, strictness))
    {
        complain(&format!("note: the summary of the step cannot be written ($GITHUB_STEP_SUMMARY): {error}\n"));
    }
}

/// Adds a text to a file that others may have written to.
fn append(path: &Path, text: &str) -> io::Result<()> {
    std::fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

fn judge(library: &Library) -> Result<Arc<Judge>, ConfigError> {
    Judge::new(&library.registry).map(Arc::new).map_err(|error| ConfigError::Text(error.to_string()))
}

/// The edition that was asked for: as it was typed, or in the target file.
pub(crate) fn scored_by(library: &Library, typed: Option<&str>, target: &Target) -> Result<ScoredBy, ConfigError> {
    let editions = &library.editions;
    let newest = editions.newest().ok_or_else(|| "these scenarios have no editions.yaml".to_owned())?;
    let edition = match (typed, &target.edition) {
        (Some(typed), _) => editions.find(typed).map_err(|error| format!("--edition: {error}"))?,
        (None, Some(written)) => editions.find(&written.value.to_string()).map_err(|error| {
            ConfigError::Diagnostics(vec![Diagnostic::new(error.to_string(), &written.span, "this edition")])
        })?,
        (None, None) => newest,
    };
    Ok(ScoredBy { edition, newest })
}

pub(crate) fn judge_by(library: &Library, scored: ScoredBy) -> Result<Arc<Judge>, ConfigError> {
    if !scored.is_older() {
        return judge(library);
    }
    Judge::at(&library.registry, scored.edition).map(Arc::new).map_err(|error| ConfigError::Text(error.to_string()))
}

/// The requirements with the levels of the edition.
pub(crate) fn registry_by(library: &Library, scored: ScoredBy) -> Arc<Registry> {
    if scored.is_older() { Arc::new(library.registry.at(scored.edition)) } else { Arc::clone(&library.registry) }
}

pub(crate) fn tool() -> Tool {
    Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

/// One sentence on what was tried, what came back, and what to try.
pub(crate) fn obstacle_text(base: &str, credential: &Manner, found: &Obstacle) -> String {
    let (got, advice) = obstacle(base, credential, found);
    format!("undecided: GET {base}/Users {got}\n  try: {advice}\n  no scenario was run\n")
}

/// What came back where SCIM was expected, and what to try.
fn obstacle(base: &str, credential: &Manner, obstacle: &Obstacle) -> (String, String) {
    match obstacle {
        Obstacle::NoReply(no_reply @ NoReply::Refused(_)) => {
            (no_reply.to_string(), "is the server running, and are host and port right?".to_owned())
        }
        Obstacle::NoReply(no_reply @ NoReply::Tls(_)) => (
            no_reply.to_string(),
            "is it https:// at that port? a private certificate authority is trusted with --ca-file".to_owned(),
        ),
        Obstacle::NoReply(no_reply @ NoReply::TimedOut(_)) => (
            no_reply.to_string(),
            "is the host reachable from here? Okta, too, gives up after 60 s (--timeout)".to_owned(),
        ),
        Obstacle::NoReply(no_reply @ NoReply::NoToken(_)) => (
            no_reply.to_string(),
            "are token URL, client id, secret and scope right? some servers want the client in the body \
             (--oauth-client-auth body)"
                .to_owned(),
        ),
        Obstacle::NoReply(no_reply) => {
            (no_reply.to_string(), "does an HTTP server listen there, http:// or https:// as written?".to_owned())
        }
        Obstacle::Refused(status) => (
            format!("answered {status}: the credential is refused"),
            match credential {
                Manner::Basic { user } => format!("check the password, and whether the user name {user:?} is right"),
                Manner::Header { name, .. } => {
                    format!("check the value of the header {name:?}, and what has to stand before the key")
                }
                Manner::OAuth => "a token was issued, and the server does not take it: check scope and audience".into(),
                Manner::Bearer | Manner::None => "check the token; an API that wants the raw key without `Bearer` \
                     takes --header 'Authorization: <key>'"
                    .to_owned(),
            },
        ),
        Obstacle::NotScim { got, found_at: Some(path) } => {
            (format!("answered {got}, which is not SCIM"), format!("SCIM answers at --base-url {base}{path}"))
        }
        Obstacle::NotScim { got, found_at: None } => (
            format!("answered {got}, which is not SCIM"),
            "is the path right? it often ends in /scim/v2; /Users is added to it".to_owned(),
        ),
        Obstacle::Failing(status) => (
            format!("answered {status}, and so it does when a user is looked for"),
            "look into the log of the server; some fail like this when they cannot make anything of the token"
                .to_owned(),
        ),
        Obstacle::Redirect(location) => (
            format!("answered with a redirect to {}", location.chars().filter(|c| !c.is_control()).collect::<String>()),
            "give the address it leads to; Okta does not follow redirects".to_owned(),
        ),
    }
}

fn dry_run((planned, histories): (&[Planned<'_>], &[Wanted]), capabilities: &Capabilities) -> u8 {
    let mut out = String::new();
    for (capability, support) in &capabilities.0 {
        let line = match support {
            Support::Yes(evidence) => format!("offers {capability} ({evidence})\n"),
            Support::No(evidence) => format!("lacks {capability} ({evidence})\n"),
            Support::Unknown => format!("unknown {capability}\n"),
        };
        out.push_str(&line);
    }
    let mut run = 0;
    for plan in planned {
        match &plan.skip {
            None => {
                run += 1;
                out.push_str(&format!("run   {}\n", plan.case.id));
            }
            Some(Skip::Unsupported { capability, .. }) => {
                out.push_str(&format!("skip  {} (needs {capability})\n", plan.case.id));
            }
            // What there is to judge only a run knows.
            Some(Skip::Depth) => {
                out.push_str(&format!("skip  {} (left out by --depth quick)\n", plan.case.id));
            }
            Some(Skip::Costly) => out.push_str(&format!("skip  {} (left to --depth full)\n", plan.case.id)),
            Some(Skip::Deselected | Skip::NothingToJudge(_) | Skip::NotScored(_)) => {}
        }
    }
    for history in histories {
        run += 1;
        out.push_str(&format!("run   {}\n", history.id));
    }
    out.push_str(&format!("{run} cases would run; nothing was changed on the server\n"));
    say(&out);
    exit::CONFORMS
}

fn judge_again(
    from: &Path,
    output: &OutputArgs,
    scenarios: Option<&Path>,
    target: Option<&Path>,
) -> Result<u8, ConfigError> {
    let mut output = reports::output(output)?;
    let (library, deciders) = content(scenarios)?;
    let target = target.map(|path| config::read_target(path, &library.personas)).transpose()?.unwrap_or_default();
    let data = target.data();
    let fail = |why: String| ConfigError::Text(format!("{} cannot be judged again: {why}", from.display()));
    let view = reports::read(from)?;
    if view.suites == [okta::hook::suite::SUITE] {
        if output.edition.is_none() && target.edition.is_none() {
            output.edition.clone_from(&view.edition);
        }
        return hook::judge_again(&view, (&output, &target), &library);
    }
    if view.providers.iter().any(|provider| provider.elsewhere.is_some()) {
        return Err(fail(
            "it is merged of runs of two versions of SCIM; judge each of them, and merge again".to_owned(),
        ));
    }
    if output.edition.is_none() && target.edition.is_none() {
        output.edition.clone_from(&view.edition);
    }
    if output.exit_on.is_empty() && target.exit_on.is_empty() {
        output.exit_on.clone_from(&view.exit_on);
    }
    let mut cases = view.tape().map_err(|error| fail(error.to_string()))?;
    let discovered = view.discovered().map_err(|error| fail(error.to_string()))?;
    cases.insert(discover::CASE.to_owned(), discovered);
    let choice = ChoiceArgs {
        suite: if view.suites.is_empty() { vec!["all".to_owned()] } else { view.suites_named() },
        seed: Some(view.seed),
        skip: shards::skipped(&view),
        shard: shards::shard(&view),
        depth: Some(match view.depth.as_deref().and_then(Depth::parse) {
            Some(Depth::Quick) => DepthArg::Quick,
            Some(Depth::Default) => DepthArg::Default,
            // Reports that do not say are of versions that knew no other.
            Some(Depth::Full) | None => DepthArg::Full,
        }),
        max_requests: view.budget.and_then(|budget| budget.max_requests),
        max_time: view.budget.and_then(|budget| budget.max_time_ms).map(Duration::from_millis),
        no_laws: !view.laws,
        jobs: 4,
        // Records of versions that do not say are of runs that nothing else was asked of.
        settle: view.settle_ms.map(|ms| Duration::from_millis(ms).as_secs_f64()),
        ..ChoiceArgs::default()
    };
    let known = known_failures(&output, &library)?;
    let job = Job {
        owner: Owner::of(&target),
        library: &library,
        deciders: &deciders,
        choice: &choice,
        select: &view.selection,
        output: &output,
        known,
        snapshots: None,
        demo: view.target.demo.clone(),
        adapted: view.setup.iter().map(json::Setup::adapted).collect(),
    };
    let scored = scored_by(&library, output.edition.as_deref(), &target)?;
    let mut wanted = selection(&choice, &view.selection, &library, job.owner);
    let of_run = wanted.clone();
    wanted.select.retain(|selected| !histories::is_history(selected) && !witnesses::is_selected(selected));
    let exit_on = exit_on::rows(&output.exit_on, &target, &library, &wanted)?;
    let wire = Wire::Tape(Tape::new(cases));
    runtime()?.block_on(async {
        let version = version_in_play(&wanted, &library, job.owner)?;
        let mut discovery = discover::discover(&wire, &library.personas, version).await;
        let recorded = view.capabilities.iter().map(|c| (Capability::of(&c.name), c.support == "yes"));
        for (capability, is_there) in recorded.filter(|(capability, _)| capability.option().is_some()) {
            discovery.capabilities.0.insert(capability, discover::given(capability, is_there));
        }
        let Prepared { discovery, scenarios, attributes, ways, .. } = prepare(&library, &target, discovery);
        // What was not run then has no recording now.
        let ran: std::collections::BTreeSet<&str> = view
            .cases
            .iter()
            .filter(|c| c.requests > 0 || c.shared.iter().any(|shared| shared.count > 0))
            .map(|c| c.id.as_str())
            .collect();
        let mut planned =
            plan(&scenarios, &discovery.capabilities, &wanted).map_err(|error| ConfigError::Text(error.to_string()))?;
        for plan in planned.iter_mut().filter(|p| p.skip.is_none() && !ran.contains(p.case.id.as_str())) {
            let recorded = view.cases.iter().find(|case| case.id == plan.case.id);
            plan.skip = Some(match recorded.and_then(|case| case.skip.as_deref()) {
                Some("depth") => Skip::Depth,
                Some("costly") => Skip::Costly,
                _ => Skip::Deselected,
            });
        }
        job.known.iter().try_for_each(|known| known.check(&planned, &library))?;
        shards::leave_to_others(&mut planned, choice.shard);
        let nothing = (None, Spent::default());
        let seen = witnesses::recorded(&view).map_err(|error| fail(error.to_string()))?;
        let recorded = Recorded { witnesses: seen, ..shares(&view) };
        let watched = job.witnesses(&of_run, &discovery.capabilities, version);
        let by = (view.seed, scored);
        let histories = recorded_histories(&library, &view).map_err(fail)?;
        let mut ran = job
            .run(wire, (&planned, histories, watched), by, nothing, (data, recorded, ways), &view.target.base_url)
            .await?;
        ran.exit_on = exit_on;
        ran.setups = view.setup_results().map_err(|error| fail(error.to_string()))?;
        recall_causes(&mut ran.cases, &view);
        // Another judgement may end a case sooner, and what is read then was read before it was deleted.
        for case in &mut ran.cases {
            let left = view.leftovers.iter().filter(|leftover| leftover.case == case.id);
            case.leftovers =
                left.map(|left| crate::verdict::Leftover { path: left.path.clone(), why: left.why.clone() }).collect();
        }
        leave_unreached(&mut ran.cases, &view);
        let (base_url, options) = (view.target.base_url.clone(), view.target.options.clone());
        let server = Server { base_url, credential: view.credential(), options, declared: attributes };
        let (report, baseline) = job.report(server, ran, discovery, view.warnings.clone());
        job.conclude(&report, baseline)
    })
}

/// How the cases of a record shared setup.
fn shares(view: &View) -> Recorded {
    let mut recorded = Recorded::default();
    for case in &view.cases {
        let used = case.shared.iter().map(|shared| (shared.setup.clone(), shared.count)).collect();
        recorded.used.insert(case.id.clone(), used);
        if case.shares_nothing {
            recorded.alone.insert(case.id.clone());
        }
        if !case.disputed.is_empty() {
            recorded.disputed.insert(case.id.clone(), case.disputed.iter().map(Into::into).collect());
        }
        if !case.given_later.is_empty() {
            recorded.given_later.insert(case.id.clone(), case.given_later.clone());
        }
    }
    recorded
}

/// The histories of a record, which has their scenarios.
fn recorded_histories(library: &Library, view: &View) -> Result<Vec<Wanted>, String> {
    if view.cases.iter().all(|case| case.history.is_none()) {
        return Ok(Vec::new());
    }
    let library = Arc::new(library.clone());
    let recorded = view.cases.iter().filter_map(|case| Some((case.id.clone(), case.history.as_deref()?)));
    let wanted = recorded.map(|(id, text)| {
        Wanted::recorded(id.clone(), text, Arc::clone(&library)).map_err(|mistakes| {
            let first = mistakes.first().map(|mistake| mistake.message.clone()).unwrap_or_default();
            format!("the scenario of `{id}` has a mistake: {first}")
        })
    });
    wanted.collect()
}

/// What refused creates were refused for was found out when the recording was made.
fn recall_causes(cases: &mut [CaseResult], view: &View) {
    let told: BTreeMap<&str, &json::Case> = view.cases.iter().map(|case| (case.id.as_str(), case)).collect();
    for case in cases {
        let Some(told) = told.get(case.id.as_str()) else { continue };
        let demand = case.blocker.as_mut().and_then(|blocker| blocker.demand.as_mut());
        for finding in case.findings.iter_mut().chain(demand).filter(|finding| finding.because.is_none()) {
            let is_same = |told: &&json::Finding| {
                told.requirement == finding.requirement.as_str() && told.place == finding.place.to_string()
            };
            finding.because = told.findings.iter().find(is_same).and_then(|told| told.because.clone());
        }
    }
}

/// Leaves open what the run was ended before: a recording that ends in the middle of a case says no more of it.
fn leave_unreached(cases: &mut [CaseResult], view: &View) {
    let unreached = view.cases.iter().filter_map(|case| {
        let cause = case.cause.as_ref()?.read();
        let was_not_sent = matches!(cause, Cause::RestsOn(_)) && case.requests == 0;
        (was_not_sent || matches!(cause, Cause::Stopped | Cause::NotReached(_))).then_some((case.id.as_str(), cause))
    });
    let unreached: BTreeMap<&str, Cause> = unreached.collect();
    for case in cases {
        if let Some(cause) = unreached.get(case.id.as_str()) {
            case.outcome = Outcome::Inconclusive(cause.clone());
            case.blocker = None;
            case.findings.clear();
            case.not_scored.clear();
        }
    }
}

/// What is to be said of the resources that a journal names before a run has begun.
fn left_over(path: &Path) -> Option<String> {
    let left = journal::remaining(path).len();
    if journal::is_in_use(path) {
        return Some(format!(
            "another scim-check is at work on this server; its journal names {left} resources, and some of them may be from \
             a run that was killed: `scim-check sweep` deletes these when nothing else is at work"
        ));
    }
    (left > 0).then(|| {
        format!("an earlier run was killed and left {left} resources on this server; `scim-check sweep` deletes them")
    })
}

fn sweep(args: &SweepArgs) -> Result<u8, ConfigError> {
    let connection = config::connection(&args.connection, None, &scenario::load::personas())?;
    let left = journal::remaining(&connection.journal);
    let unreadable = journal::unreadable(&connection.journal);
    if let Some(first) = unreadable.first() {
        let first: String = first.chars().filter(|c| !c.is_control()).take(200).collect();
        complain(&format!(
            "{} of {} cannot be read, and what they name may be left on the server: {first}\n",
            crate::report::draw::counted(unreadable.len(), "line"),
            connection.journal.display()
        ));
    }
    if left.is_empty() && unreadable.is_empty() {
        say(&format!("nothing to sweep: {} names nothing that is left\n", connection.journal.display()));
        return Ok(exit::CONFORMS);
    }
    if journal::is_in_use(&connection.journal) {
        complain(&format!(
            "nothing is swept: another scim-check is at work on this server and has {} open; try again when it has ended\n",
            connection.journal.display()
        ));
        return Ok(exit::UNDECIDED);
    }
    let runtime = runtime()?;
    // A journal does not say which version was spoken, but addresses mostly do.
    let is_v1 = connection.http.base_url.path().trim_end_matches('/').ends_with("/v1");
    let version = connection.target.version().unwrap_or(if is_v1 { Version::V1 } else { Version::V2 });
    let server = runtime.block_on(server::start(&connection))?;
    let wire = Wire::Http(HttpWire::new(connection.http).map_err(|error| ConfigError::Text(error.to_string()))?);
    let journal = Journal::open(&connection.journal).map_err(|error| ConfigError::Text(error.to_string()))?;
    let (_stop, stopped) = watch::channel(Stop::No);
    let run = run::Run {
        wire,
        judge: judge(&library(None)?)?,
        options: run::Options { settle: settle(args.settle), version, ..run::Options::default() },
        stop: stopped,
        journal: Some(journal),
        on_event: Box::new(|_| {}),
    };
    let removed = runtime.block_on(run::sweep_journal(run, &left));
    let mut remain = 0;
    for (path, removal) in removed {
        let told = match removal {
            run::Removal::Deleted if path.contains('?') => format!("deleted what was found by {path}\n"),
            run::Removal::Deleted => format!("deleted {path}\n"),
            run::Removal::Absent => format!("already gone: {path}\n"),
            run::Removal::Left(why) => {
                remain += 1;
                format!("left {path}: {why}\n")
            }
        };
        say(&told);
    }
    let code = if remain == 0 && unreadable.is_empty() { exit::CONFORMS } else { exit::UNDECIDED };
    runtime.block_on(server::stop(server, Ok(code)))
}

/// How many seconds a write may take until reads show it, where nobody says so.
const SETTLE: f64 = 5.0;

/// The same of the built-in server, which settles after a quarter of a second where it is asked to be late.
const DEMO_SETTLE: f64 = 1.0;

/// A number of seconds as time, at most ten minutes.
fn settle(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.clamp(0.0, 600.0)).unwrap_or_default()
}

/// A JSON value as text with line breaks.
fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|_| json!(null).to_string());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_whose_users_want_it() {
        let never = |terminal, no_color: Option<&str>| {
            colour_with(terminal, no_color.map(OsStr::new)) == anstream::ColorChoice::Never
        };
        assert!(!never(true, None) && !never(true, Some("")));
        assert!(never(true, Some("1")) && never(true, Some("false")));
        assert!(never(false, None) && never(false, Some("")));
    }
}

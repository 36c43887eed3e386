//! The suites as tests of `cargo test` and `cargo nextest`, for SCIM servers that are written in Rust.
//!
//! A test target without the usual harness, and two lines in it:
//!
//! ```toml
//! [[test]]
//! name = "scim"
//! harness = false
//! ```
//!
//! ```no_run
//! # mod my_server { pub fn start() -> String { String::new() } }
//! fn main() -> std::process::ExitCode {
//!     scim_check::libtest::Suite::new("okta").run(|| scim_check::libtest::Server::new(my_server::start(), "token"))
//! }
//! ```
//!
//! Each case is a test of its own name, so that filters, `--list`, `--exact` and the threads of the harness work as ever. A case
//! that does not apply to the server is reported as ignored with the reason; what could not be judged has failed.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use secrecy::SecretString;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::budget::Depth;
use crate::cli;
use crate::cli::prepare::{Prepared, prepare};
use crate::declared::Target;
use crate::judge::Judge;
use crate::persona::{Personas, Version};
use crate::plan::{Selection, plan};
use crate::report::{Report, ScoredBy, Strictness, text};
use crate::requirement::Registry;
use crate::run::discover::{self, Discovery};
use crate::run::{self, Played, Run, Stop};
use crate::scenario::{self, Library, Scenario};
use crate::verdict::{Finding, Outcome, Skip};
use crate::wire::auth::Auth;
use crate::wire::http::{HttpOptions, check_base_url};
use crate::wire::{Habits, HttpWire, Wire};

/// A server that is there for as long as the tests run.
#[derive(Clone, Debug)]
pub struct Server {
    base_url: String,
    token: SecretString,
}

impl Server {
    /// The address below which `/Users` and `/Groups` are found, and the bearer token that is accepted there.
    pub fn new(base_url: impl Into<String>, token: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), token: SecretString::from(token.into()) }
    }
}

/// Which cases are tests, and when one of them fails.
#[derive(Clone, Debug)]
pub struct Suite {
    selection: Selection,
    scenarios: Option<PathBuf>,
    target: Option<PathBuf>,
    settle: Duration,
    strictness: Strictness,
    edition: Option<String>,
}

impl Suite {
    /// All cases of a suite, such as `okta`.
    pub fn new(name: &str) -> Self {
        Self {
            selection: Selection { suites: vec![name.to_owned()], ..Selection::default() },
            scenarios: None,
            target: None,
            settle: Duration::ZERO,
            strictness: Strictness::Must,
            edition: None,
        }
    }

    /// Only cases whose id begins like this or matches this glob: `okta/users`. Of several calls each adds cases.
    #[must_use]
    pub fn select(mut self, pattern: &str) -> Self {
        self.selection.select.push(pattern.to_owned());
        self
    }

    /// Not the cases whose id begins like this or matches this glob.
    #[must_use]
    pub fn skip(mut self, pattern: &str) -> Self {
        self.selection.skip.push(pattern.to_owned());
        self
    }

    /// Scenarios of one's own, from a folder that is relative to the package; the built-in flows are there for them.
    #[must_use]
    pub fn scenarios(mut self, folder: impl Into<PathBuf>) -> Self {
        self.scenarios = Some(folder.into());
        self
    }

    /// What a target file says of the server: features, attributes, behaviour. Its address and credential are not used.
    #[must_use]
    pub fn target(mut self, file: impl Into<PathBuf>) -> Self {
        self.target = Some(file.into());
        self
    }

    /// How long a write may take until reads show it; a server in the same process has no reason to be late, so none.
    #[must_use]
    pub fn settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }

    /// Lets violated `SHOULD`s fail a test, too.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strictness = Strictness::Should;
        self
    }

    /// What was demanded in that edition (`2026.12`), and nothing that came later: an update of this crate fails no test. Without it
    /// the target file's edition holds, or the newest.
    #[must_use]
    pub fn edition(mut self, edition: &str) -> Self {
        self.edition = Some(edition.to_owned());
        self
    }

    /// Runs as the arguments of the process say. `start` is called when the first test begins, once, and not to list tests; what
    /// it starts has to go on when it has returned.
    pub fn run(self, start: impl Fn() -> Server + Send + Sync + 'static) -> ExitCode {
        let arguments = Arguments::from_args();
        match self.trials(start) {
            Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
            Err(why) => {
                libtest_mimic::run(&arguments, vec![Trial::test("the suite", move || Err(why.into()))]).exit_code()
            }
        }
    }

    /// A test for each case, for those who add tests of their own.
    ///
    /// # Errors
    /// Mistakes in the target file, the scenarios or the selection, as text.
    pub fn trials(self, start: impl Fn() -> Server + Send + Sync + 'static) -> Result<Vec<Trial>, String> {
        let library = scenario::load(self.scenarios.as_deref()).map_err(|mistakes| cli::diagnostics(&mistakes))?;
        let target = match &self.target {
            None => Target::default(),
            Some(path) => cli::config::read_target(path, &library.personas).map_err(|error| cli::told(&error))?,
        };
        let scenarios = cli::prepare::before_discovery(&library, &target);
        let scored = cli::scored_by(&library, self.edition.as_deref(), &target).map_err(|error| cli::told(&error))?;
        let judge = cli::judge_by(&library, scored).map_err(|error| cli::told(&error))?;
        let planned = plan(&scenarios, &target.declared, &self.selection).map_err(|error| error.to_string())?;
        let wanted = planned.iter().filter(|planned| planned.skip != Some(Skip::Deselected));
        let wanted: Vec<(String, bool)> =
            wanted.map(|planned| (planned.case.id.clone(), planned.scenario.alone)).collect();
        let shared = Arc::new(Shared {
            suite: self,
            requirements: cli::registry_by(&library, scored),
            scored,
            personas: Arc::clone(&library.personas),
            library,
            target,
            judge,
            start: Box::new(start),
            met: OnceLock::new(),
            quiet: RwLock::new(()),
        });
        let trial = |(id, alone): (String, bool)| {
            let shared = Arc::clone(&shared);
            Trial::ignorable_test(id.clone(), move || shared.test(&id, alone))
        };
        Ok(wanted.into_iter().map(trial).collect())
    }
}

/// What all tests of a process share.
struct Shared {
    suite: Suite,
    requirements: Arc<Registry>,
    scored: ScoredBy,
    library: Library,
    personas: Arc<Personas>,
    target: Target,
    judge: Arc<Judge>,
    start: Box<dyn Fn() -> Server + Send + Sync>,
    /// The server, once it has been met, or why no test can be run against it.
    met: OnceLock<Result<Met, String>>,
    /// Held by one case alone where it counts what others would change.
    quiet: RwLock<()>,
}

/// A server that answers, and what it offers.
struct Met {
    server: Server,
    discovery: Discovery,
    /// With the cases of what it says of itself.
    scenarios: Vec<Scenario>,
}

impl Shared {
    /// The version of SCIM that the suite speaks.
    fn version(&self) -> Version {
        let suites = &self.suite.selection.suites;
        suites.first().map(|suite| self.personas.version_of(suite)).unwrap_or_default()
    }

    fn meet(&self) -> Result<Met, String> {
        let server = (self.start)();
        let wire = wire(&server, Habits::default())?;
        let discovery = runtime()?.block_on(discover::discover(&wire, &self.personas, self.version()));
        if let Some(obstacle) = &discovery.obstacle {
            return Err(cli::obstacle_text(&server.base_url, &Auth::Bearer(server.token.clone()).manner(), obstacle));
        }
        let Prepared { discovery, scenarios, .. } = prepare(&self.library, &self.target, discovery);
        Ok(Met { server, discovery, scenarios })
    }

    fn test(&self, id: &str, alone: bool) -> Result<Completion, Failed> {
        let Met { server, discovery, scenarios } = self.met.get_or_init(|| self.meet()).as_ref()?;
        let mut planned = plan(scenarios, &discovery.capabilities, &Selection::default())?;
        planned.retain(|planned| planned.case.id == id);
        if planned.is_empty() {
            return Ok(Completion::ignored_with("what the server says of its attributes gives no occasion for it"));
        }
        if let Some(Skip::Unsupported { capability, evidence }) = planned.iter().find_map(|case| case.skip.as_ref()) {
            return Ok(Completion::ignored_with(format!("needs {capability} ({evidence})")));
        }
        let (_beside, _by_itself) = if alone {
            (None, Some(self.quiet.write().unwrap_or_else(PoisonError::into_inner)))
        } else {
            (Some(self.quiet.read().unwrap_or_else(PoisonError::into_inner)), None)
        };
        let seed = fastrand::u64(1..1_000_000);
        let run = Run {
            wire: wire(server, self.personas.of(id).map(|persona| persona.habits.clone()).unwrap_or_default())?,
            judge: Arc::clone(&self.judge),
            options: run::Options {
                jobs: 1,
                seed,
                settle: self.suite.settle,
                data: self.target.data(),
                version: self.version(),
                ..run::Options::default()
            },
            stop: watch::channel(Stop::No).1,
            journal: None,
            on_event: Box::new(|_| {}),
        };
        let played = runtime()?.block_on(run::run(run, &planned));
        self.conclude(server, discovery, seed, played)
    }

    fn conclude(
        &self,
        server: &Server,
        discovery: &Discovery,
        seed: u64,
        Played { cases, setups }: Played,
    ) -> Result<Completion, Failed> {
        let Some(case) = cases.first() else { return Err("it was not run".into()) };
        let has_left = !case.leftovers.is_empty() || setups.iter().any(|setup| !setup.leftovers.is_empty());
        match &case.outcome {
            Outcome::Skipped(Skip::NothingToJudge(why)) => return Ok(Completion::ignored_with(why.clone())),
            Outcome::Skipped(Skip::NotScored(since)) if !has_left => {
                return Ok(Completion::ignored_with(format!("new in edition {since}, not scored")));
            }
            _ => {}
        }
        let counts = |finding: &Finding| finding.level >= self.suite.strictness.level();
        let is_undecided = matches!(case.outcome, Outcome::Inconclusive(_));
        if !is_undecided && !has_left && !case.findings.iter().any(counts) {
            return Ok(Completion::Completed);
        }
        let manner = Auth::Bearer(server.token.clone()).manner();
        let (requirements, played) = (Arc::clone(&self.requirements), (cases.clone(), setups));
        let report = Report {
            seed,
            took: case.took,
            selection: vec![case.id.clone()],
            suites: self.suite.selection.suites.clone(),
            depth: Depth::Full,
            capabilities: discovery.capabilities.0.clone().into_iter().collect(),
            edition: Some(self.scored),
            // The server may be gone with this process: what runs the test runs the case.
            demo: Some(again()),
            ..Report::of(cli::tool(), server.base_url.clone(), manner, requirements, played)
        };
        Err(text::case(&report, case, self.suite.strictness).into())
    }
}

/// The command that runs this test target again.
fn again() -> String {
    let program = std::env::args().next().map(PathBuf::from).unwrap_or_default();
    let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // cargo adds a hash to the name of the target.
    let target = name.rsplit_once('-').map_or(name.as_str(), |(target, _)| target);
    format!("cargo test --test {target} -- --exact")
}

fn wire(server: &Server, habits: Habits) -> Result<Wire, String> {
    let url = check_base_url(&server.base_url).map_err(|error| error.to_string())?;
    let mut http = HttpOptions::new(url, Auth::Bearer(server.token.clone()));
    http.habits = habits;
    HttpWire::new(http).map(Wire::Http).map_err(|error| error.to_string())
}

fn runtime() -> Result<Runtime, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("the asynchronous runtime cannot start: {error}"))
}

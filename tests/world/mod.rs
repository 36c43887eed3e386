//! A library, a judge and a runner: what the tests of whole runs share.

use std::sync::{Arc, LazyLock};

use scim_check::capability::{Capabilities, Capability, Evidence, Support};
use scim_check::judge::Judge;
use scim_check::plan::{Selection, plan};
use scim_check::run::journal::Journal;
use scim_check::run::{self, Event, Options, Played, Run, Stop};
use scim_check::scenario::{self, Library, Scenario};
use scim_check::verdict::CaseResult;
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::{HttpWire, Wire};
use secrecy::SecretString;
use tokio::sync::watch;

/// The built-in scenarios, read once.
pub(crate) static LIBRARY: LazyLock<Library> =
    LazyLock::new(|| scenario::load(None).expect("the built-in files are right"));

/// Their judge, made once.
pub(crate) static JUDGE: LazyLock<Arc<Judge>> =
    LazyLock::new(|| Arc::new(Judge::new(&LIBRARY.registry).expect("the built-in requirements are registered")));

/// How a run differs from an ordinary one.
pub(crate) struct How {
    /// Beginnings of ids or globs; empty for all of Okta's suite.
    pub select: Vec<String>,
    /// Whose cases.
    pub suites: Vec<String>,
    /// What there is to run.
    pub scenarios: Vec<Scenario>,
    /// What is known of the server.
    pub capabilities: Capabilities,
    /// Seed, jobs and patience.
    pub options: Options,
    /// Turns when the run shall stop.
    pub stop: watch::Receiver<Stop>,
    /// Where creations are written down.
    pub journal: Option<Journal>,
    /// Told of everything that happens.
    pub on_event: Box<dyn Fn(Event) + Send + Sync>,
}

impl Default for How {
    fn default() -> Self {
        Self {
            select: Vec::new(),
            suites: vec!["okta".to_owned()],
            scenarios: LIBRARY.scenarios.clone(),
            capabilities: Capabilities(
                [Capability::SecondCredential, Capability::RevokedCredential]
                    .map(|capability| (capability, Support::No(Evidence::NotGiven("the wire of these tests"))))
                    .into(),
            ),
            options: Options::default(),
            stop: watch::channel(Stop::No).1,
            journal: None,
            on_event: Box::new(|_| {}),
        }
    }
}

/// A wire to the server at that address.
pub(crate) fn wire(base_url: &str, token: &str) -> Wire {
    wire_with(base_url, token, |_| {})
}

/// The same, set up in another way.
pub(crate) fn wire_with(base_url: &str, token: &str, set: impl FnOnce(&mut HttpOptions)) -> Wire {
    let url = check_base_url(base_url).expect("the test gives a base URL");
    let mut options = HttpOptions::new(url, Auth::Bearer(SecretString::from(token)));
    set(&mut options);
    Wire::Http(HttpWire::new(options).expect("nothing that can be wrong is set"))
}

/// Runs the selected cases of the suites; those that were not selected are not among the results.
pub(crate) async fn run(wire: Wire, how: How) -> Vec<CaseResult> {
    play(wire, how).await.cases
}

/// The same, with the setup that the cases shared.
pub(crate) async fn play(wire: Wire, how: How) -> Played {
    let selection = Selection { suites: how.suites, select: how.select, skip: Vec::new() };
    let mut planned = plan(&how.scenarios, &how.capabilities, &selection).expect("the selection selects something");
    planned.retain(|plan| plan.skip != Some(scim_check::verdict::Skip::Deselected));
    let run = Run {
        wire,
        judge: Arc::clone(&JUDGE),
        options: how.options,
        stop: how.stop,
        journal: how.journal,
        on_event: how.on_event,
    };
    run::run(run, &planned).await
}

/// What is not as it is with a right server, a line each.
pub(crate) fn complaints(results: &[CaseResult]) -> Vec<String> {
    let mut lines = Vec::new();
    for case in results {
        for finding in &case.findings {
            lines.push(format!(
                "{}: {} {} at {}: expected {}, got {} ({}:{})",
                case.id,
                finding.level,
                finding.requirement,
                finding.place,
                finding.expected,
                finding.actual,
                finding.span.file.name,
                finding.span.line()
            ));
        }
        if let scim_check::verdict::Outcome::Inconclusive(cause) = &case.outcome {
            lines.push(format!("{}: inconclusive: {cause}", case.id));
        }
        for leftover in &case.leftovers {
            lines.push(format!("{}: left {}: {}", case.id, leftover.path, leftover.why));
        }
    }
    lines
}

//! A fault in one attribute by one verb, and what a run at default depth makes of it: what the bench of all of them and the test of a few share.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use scim_check::budget::Depth;
use scim_check::capability::Capabilities;
use scim_check::judge::Judge;
use scim_check::model::Ways;
use scim_check::okta::attributes;
use scim_check::persona::Version;
use scim_check::plan::{Planned, Selection, depth, plan, spread};
use scim_check::reference::{self, Seeded, Strike};
use scim_check::requirement::Level;
use scim_check::run::witnesses::Wanted;
use scim_check::run::{self, Options, Run, Stop, discover};
use scim_check::scenario::{self, Library};
use scim_check::verdict::{CaseResult, Finding};
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::{Exchange, HttpWire, Wire};
use secrecy::SecretString;
use tokio::sync::watch;

/// Cases at the same time.
const JOBS: usize = 4;

/// What all runs share.
pub(crate) struct Ground {
    library: Library,
    judge: Arc<Judge>,
}

/// What came of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is reported, with the attribute and the write.
    Found,
    /// It is reported, and something is blamed that has not done it.
    Wrong(String),
    /// It has struck, and nothing is reported.
    Missed(String),
    /// Nothing in the run could strike it.
    Unstruck,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let library = scenario::load(None).expect("the built-in files are right");
        let judge = Arc::new(Judge::new(&library.registry).expect("the built-in requirements are registered"));
        Self { library, judge }
    }

    /// What a run makes of a fault: of the whole suite, or of the cases whose ids begin like that.
    pub(crate) async fn fate(&self, fault: &Seeded, select: &[&str]) -> Fate {
        let (cases, strikes) = self.run(vec![fault.clone()], false, select).await;
        if strikes.is_empty() {
            return Fate::Unstruck;
        }
        let findings = cases.iter().flat_map(|case| case.findings.iter().map(move |finding| (case, finding)));
        let findings: Vec<_> = findings.filter(|(_, finding)| finding.level > Level::May).collect();
        let Some((case, finding)) = findings.first() else {
            return Fate::Missed(format!("{} strikes, {}", strikes.len(), seen(&cases, &strikes)));
        };
        match findings.iter().find_map(|(case, finding)| is_wrong(fault, &strikes, case, finding)) {
            Some(why) => Fate::Wrong(why),
            None if findings.iter().any(|(_, finding)| is_named(fault, finding)) => Fate::Found,
            None => Fate::Wrong(format!("nothing names it: {}", told(case, finding))),
        }
    }

    /// The same against a server with some faults, or a right one that only counts what they would strike; with what was struck.
    pub(crate) async fn run(
        &self,
        seeded: Vec<Seeded>,
        only_counts: bool,
        select: &[&str],
    ) -> (Vec<CaseResult>, Vec<Strike>) {
        let options = reference::Options { seeded, only_counts, ..reference::Options::default() };
        let server = reference::serve(options).await.expect("a free port on 127.0.0.1");
        let url = check_base_url(server.base_url()).expect("the reference's own URL");
        let auth = Auth::Bearer(SecretString::from(server.token()));
        let wire = Wire::Http(HttpWire::new(HttpOptions::new(url, auth)).expect("a client without proxy and files"));
        let personas = &*self.library.personas;
        let discovery = discover::discover(&wire, personas, Version::V2).await;
        let capabilities = personas.together(discovery.capabilities, &Capabilities::default());
        let mut scenarios = self.library.scenarios.clone();
        spread(&mut scenarios, &attributes::rows(None, discovery.schemas.as_ref()));
        let mut ways = Ways::default();
        discovery.schemas.iter().for_each(|schemas| ways.describe(schemas));
        // As in the run of a whole suite.
        let cast = self.library.casts.iter().find(|cast| select.is_empty() && cast.folder == "okta");
        let witnesses = cast.and_then(|cast| Wanted::of(cast, &capabilities, false));
        let selection = Selection {
            suites: vec!["okta".to_owned()],
            select: select.iter().map(|id| (*id).to_owned()).collect(),
            skip: Vec::new(),
        };
        let mut planned: Vec<Planned<'_>> =
            plan(&scenarios, &capabilities, &selection).expect("there is a suite named okta");
        depth::limit(&mut planned, Depth::Default, |_| false, |_| Vec::new());
        // The sender is kept: nobody interrupts.
        let (_stop, stop) = watch::channel(Stop::No);
        let running = Run {
            wire,
            judge: Arc::clone(&self.judge),
            options: Options {
                jobs: JOBS,
                seed: 7,
                settle: Duration::ZERO,
                remember: run::Remember::All,
                laws: Some(ways),
                witnesses,
                ..Options::default()
            },
            stop,
            journal: None,
            on_event: Box::new(|_| {}),
        };
        let cases = run::run(running, &planned).await.cases;
        let strikes = server.strikes();
        server.shutdown().await;
        (cases, strikes)
    }
}

/// Why a finding blames what has not done it, if so.
///
/// A law names the exchange that broke it: that has to be one that has struck whom the finding shows. A write of another case has to be of a
/// kind that has struck. Whoever names no write blames nobody. A scenario blames its own writes, unless it has not written to whom it shows.
fn is_wrong(fault: &Seeded, strikes: &[Strike], case: &CaseResult, finding: &Finding) -> Option<String> {
    let told = |why: &str| Some(format!("{why}: {}", told(case, finding)));
    let has_struck = |write: &str| strikes.iter().any(|strike| write.starts_with(&kind_of(strike)));
    let named = case.witnessed.iter().filter_map(|one| one.write.as_deref());
    let named = named.chain(case.disputed.iter().filter_map(|one| one.write.as_deref()));
    if let Some(write) = named.into_iter().find(|write| !has_struck(write)) {
        return told(&format!("{write} has not done it"));
    }
    let shown = case.transcript.get(finding.exchange);
    let is_shown = |strike: &&Strike| shown.is_some_and(|seen| shows(seen, &strike.struck));
    let Some(law) = &finding.law else {
        let is_own = |strike: &&Strike| case.transcript.iter().any(|exchange| is_of(strike, exchange));
        let touches = |strike: &&Strike| case.transcript.iter().any(|exchange| is_write_of(&strike.struck, exchange));
        let has_done = match strikes.iter().any(|strike| is_shown(&strike)) {
            true => strikes.iter().filter(is_shown).any(|strike| is_own(&strike) || !touches(&strike)),
            // It shows nobody, maybe because of that.
            false => strikes.iter().any(|strike| is_own(&strike) && touches(&strike)),
        };
        return if has_done { None } else { told("no write of that case has struck") };
    };
    if !is_named(fault, finding) {
        return told(&format!("it is not in {}", law.attribute));
    }
    let write = law.write.and_then(|write| case.transcript.get(write))?;
    let has_done = strikes.iter().filter(is_shown).any(|strike| is_of(strike, write));
    if has_done { None } else { told(&format!("{} {} has not struck it", write.request.method, write.request.path)) }
}

/// The kind of the write that has struck, up to what it was about.
fn kind_of(strike: &Strike) -> String {
    format!("{} /{}s", strike.method, strike.resource)
}

/// Whether an exchange writes to that resource, or creates it.
fn is_write_of(id: &str, exchange: &Exchange) -> bool {
    let Exchange { request, reply, .. } = exchange;
    match request.method.as_str() {
        "GET" => false,
        "POST" => reply.as_ref().is_ok_and(|answer| holds(&answer.body, id)),
        _ => request.path.contains(id),
    }
}

/// Whether an exchange is the write that has struck.
fn is_of(strike: &Strike, exchange: &Exchange) -> bool {
    let Exchange { request, reply, .. } = exchange;
    let path = request.path.split('?').next().unwrap_or_default();
    request.method == strike.method
        && match strike.method {
            "POST" => reply.as_ref().is_ok_and(|answer| holds(&answer.body, &strike.id)),
            _ => path == format!("/{}s/{}", strike.resource, strike.id),
        }
}

/// Whether an exchange is about a resource, or shows it.
fn shows(exchange: &Exchange, id: &str) -> bool {
    exchange.request.path.contains(id) || exchange.reply.as_ref().is_ok_and(|answer| holds(&answer.body, id))
}

fn holds(body: &[u8], id: &str) -> bool {
    body.windows(id.len()).any(|part| part == id.as_bytes())
}

/// Whether a finding speaks of the attribute.
fn is_named(fault: &Seeded, finding: &Finding) -> bool {
    let attribute = fault.attribute().to_lowercase();
    let name = attribute.rsplit(':').next().unwrap_or_default();
    let of_members = name == "members";
    match &finding.law {
        Some(law) => {
            let named = law.attribute.to_lowercase();
            let is_it = named == attribute || attribute.starts_with(&format!("{named}."));
            (law.kind == fault.resource() && is_it && !named.is_empty()) || (of_members && named == "groups")
        }
        None => {
            let text = format!("{} {} {}", finding.place, finding.expected, finding.requirement.as_str());
            let text = text.to_lowercase();
            let words: HashSet<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
            // What any attribute of several values has names none of them.
            let is_any = |part: &&str| !["value", "type", "display", "primary"].contains(part);
            name.split('.').filter(is_any).any(|part| words.contains(part)) || (of_members && words.contains("groups"))
        }
    }
}

/// How often somebody who was struck was read in a case: by id, and in lists.
fn seen(cases: &[CaseResult], strikes: &[Strike]) -> String {
    let struck: HashSet<&str> = strikes.iter().map(|strike| strike.struck.as_str()).collect();
    let gets = cases.iter().flat_map(|case| &case.transcript).filter(|exchange| exchange.request.method == "GET");
    let (mut by_id, mut in_lists) = (0, 0);
    for exchange in gets {
        let path = exchange.request.path.split('?').next().unwrap_or_default();
        match path.trim_start_matches('/').split_once('/') {
            Some((_, id)) => by_id += usize::from(struck.contains(id)),
            None => {
                in_lists += usize::from(struck.iter().any(|id| shows(exchange, id)));
            }
        }
    }
    format!("{by_id} reads by id and {in_lists} lists show who was struck")
}

fn told(case: &CaseResult, finding: &Finding) -> String {
    let actual: String = finding.actual.to_string().chars().take(80).collect();
    format!("{}: {} at {}: {}, got {actual}", case.id, finding.requirement.as_str(), finding.place, finding.expected)
}

//! How short histories that fail become, and whether right servers pass them.
//!
//! `cargo bench --bench histories` plays the histories of `--depth full`, and nothing else, against the reference with one quirk after the
//! other, and prints of each that they find the shortest history that is reported. Then it plays those of a default run with twenty seeds
//! against the reference, against each right server that only looks strange, against products that their owners declare, and against
//! scim2-server, where `SCIM_CHECK_SCIM2_SERVER` names its program.
//!
//! Of a history are counted
//!
//! | column | what |
//! |---|---|
//! | `acts` | what administrators do: `assign jane` |
//! | `writes` | the POST, PUT, PATCH and DELETE of these |
//! | `requests` | all that these send: a provider looks a user up before it creates it, and reads one before a PUT |
//!
//! The looks that show the fault are no part of it, and neither is the sweep. What a quirk breaks that no law but a step of the provider's
//! own flows finds, such as the status of a create, is told apart: such histories are short by nature.
//!
//! Words after `--` choose: `shrunk` or `right` one of the two parts, others quirks by a part of their names. `--histories N` and `--seeds N`
//! say how many, `--every N` takes each Nth quirk, `--tell` says of each what it is.
//!
//! It ends with an error when a right server is accused, or when the median of the histories that laws find has more than four writes.

use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsString;
use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use scim_check::declared;
use scim_check::history;
use scim_check::judge::Judge;
use scim_check::model::Ways;
use scim_check::persona::Version;
use scim_check::reference::product::{self, Product};
use scim_check::reference::{self, Quirk};
use scim_check::run::histories::Wanted;
use scim_check::run::{self, Options, Run, Stop, discover};
use scim_check::scenario::{self, Action, Library, Scenario, unfolded};
use scim_check::source::SourceFile;
use scim_check::verdict::{CaseResult, Outcome};
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::{HttpWire, Wire};
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The median of the writes of a history has to be this at most.
const GOAL: usize = 4;

/// So many servers are tried at the same time: some only wait.
const AT_ONCE: usize = 6;

/// Where the path of the other server's program is found.
const PEER: &str = "SCIM_CHECK_SCIM2_SERVER";

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "histories: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
struct Choice {
    parts: Vec<String>,
    names: Vec<String>,
    histories: u32,
    seeds: u64,
    every: usize,
    tell: bool,
}

impl Choice {
    fn read() -> Result<Self, Failed> {
        let mut choice = Self { parts: Vec::new(), names: Vec::new(), histories: 24, seeds: 20, every: 1, tell: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--bench" => {}
                "--tell" => choice.tell = true,
                "--histories" => choice.histories = arguments.next().ok_or("--histories wants a number")?.parse()?,
                "--seeds" => choice.seeds = arguments.next().ok_or("--seeds wants a number")?.parse()?,
                "--every" => choice.every = arguments.next().ok_or("--every wants a number")?.parse()?,
                "shrunk" | "right" => choice.parts.push(argument),
                _ => choice.names.push(argument),
            }
        }
        Ok(choice)
    }

    fn has(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|one| one == part)
    }

    fn names(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|part| name.contains(part.as_str()))
    }
}

/// What all runs share.
struct Ground {
    library: Arc<Library>,
    judge: Arc<Judge>,
}

/// A server to be tried.
struct Tried {
    name: String,
    server: Kind,
    /// What its owner declares.
    target: &'static str,
}

enum Kind {
    Reference(Box<reference::Options>),
    Peer(OsString),
}

/// A server that somebody else wrote, which ends with this value.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Which histories of a provider are played.
type Numbers = Arc<dyn Fn(&str) -> Vec<(u64, u32)> + Send + Sync>;

impl Ground {
    /// What came of these histories.
    async fn play(&self, tried: &Tried, numbers: &Numbers) -> Result<Vec<CaseResult>, Failed> {
        match &tried.server {
            Kind::Reference(options) => {
                let server = reference::serve((**options).clone()).await?;
                let results = self.play_at(server.base_url(), server.token(), tried, numbers).await;
                server.shutdown().await;
                results
            }
            Kind::Peer(program) => {
                let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
                let mut command = Command::new(program);
                command.args(["--port", &port.to_string(), "--bearer-token", "peer"]);
                let _peer = Peer(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
                let until = std::time::Instant::now() + Duration::from_secs(60);
                while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                    if std::time::Instant::now() > until {
                        return Err(format!("{} does not answer", tried.name).into());
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                self.play_at(&format!("http://127.0.0.1:{port}/v2"), "peer", tried, numbers).await
            }
        }
    }

    async fn play_at(
        &self,
        base_url: &str,
        token: &str,
        tried: &Tried,
        numbers: &Numbers,
    ) -> Result<Vec<CaseResult>, Failed> {
        let url = check_base_url(base_url)?;
        let auth = Auth::Bearer(SecretString::from(token));
        let wire = Wire::Http(HttpWire::new(HttpOptions::new(url, auth))?);
        let personas = &*self.library.personas;
        let file = Arc::new(SourceFile { name: "target.yaml".to_owned(), text: tried.target.to_owned() });
        let target = declared::read(&file, personas)
            .map_err(|mistakes| format!("what {} declares: {mistakes:?}", tried.name))?;
        let discovery = discover::discover(&wire, personas, Version::V2).await;
        let capabilities = personas.together(discovery.capabilities, &target.declared);
        let mut ways = Ways::default();
        ways.heed(&target.behaviour);
        discovery.schemas.iter().for_each(|schemas| ways.describe(schemas));
        let mut histories = Vec::new();
        for repertoire in &self.library.repertoires {
            let offered = history::offered(&self.library, repertoire, &capabilities)
                .map_err(|mistakes| format!("{}: {mistakes:?}", repertoire.folder))?;
            for (seed, number) in numbers(&repertoire.folder) {
                let Some(drawn) = history::draw(repertoire, &offered, (seed, number)) else { continue };
                let id = format!("{}/histories/{seed}-{number}", repertoire.folder);
                histories.push(Wanted::new(id, drawn, Arc::clone(repertoire), Arc::clone(&self.library)));
            }
        }
        // The sender is kept: nobody interrupts.
        let (_stop, stop) = watch::channel(Stop::No);
        let running = Run {
            wire,
            judge: Arc::clone(&self.judge),
            options: Options {
                seed: 7,
                settle: Duration::from_secs(1),
                laws: Some(ways),
                histories,
                ..Options::default()
            },
            stop,
            journal: None,
            on_event: Box::new(|_| {}),
        };
        Ok(run::run(running, &[]).await.cases)
    }

    /// The same for many servers, in their order.
    async fn play_all(
        self: Arc<Self>,
        all: Vec<Tried>,
        numbers: Numbers,
        seen: impl Fn(&str, &[CaseResult]) -> Result<(), Failed>,
    ) -> Result<Vec<(String, Vec<CaseResult>)>, Failed> {
        let mut waiting = all.into_iter().enumerate();
        let mut running = JoinSet::new();
        let mut played = BTreeMap::new();
        loop {
            while running.len() < AT_ONCE {
                let Some((place, tried)) = waiting.next() else { break };
                let (ground, numbers) = (Arc::clone(&self), Arc::clone(&numbers));
                running.spawn(async move {
                    let results = ground.play(&tried, &numbers).await;
                    (place, tried.name, results)
                });
            }
            let Some(done) = running.join_next().await else { break };
            let (place, name, results) = done?;
            let results = results?;
            seen(&name, &results)?;
            played.insert(place, (name, results));
        }
        Ok(played.into_values().collect())
    }

    /// What a history that is told consists of.
    fn length(&self, result: &CaseResult) -> Result<Length, Failed> {
        let text = result.history.as_ref().ok_or("a history without its scenario")?;
        let scenario: Scenario =
            self.library.made_of_text(&result.id, text).map_err(|mistakes| format!("{mistakes:?}"))?;
        let case = scenario.cases.first().ok_or("a history without a case")?;
        let mut length = Length { acts: result.title.matches("; ").count() + 1, ..Length::default() };
        for step in unfolded(&case.given).into_iter().chain(unfolded(&case.steps)) {
            let Action::Send(send) = &step.action else { continue };
            if send.span.file.name.contains("/look/") {
                continue;
            }
            length.requests += 1;
            length.writes += usize::from(send.request.method != "GET");
        }
        Ok(length)
    }
}

/// How long a history is.
#[derive(Clone, Copy, Debug, Default)]
struct Length {
    acts: usize,
    writes: usize,
    requests: usize,
}

fn reference_with(quirks: Vec<Quirk>) -> reference::Options {
    reference::Options {
        users: 30,
        groups: 4,
        delay: Duration::from_millis(20),
        quirks,
        ..reference::Options::default()
    }
}

fn of_quirk(id: &str) -> Option<Tried> {
    let quirk: Quirk = id.parse().ok()?;
    let server = Kind::Reference(Box::new(reference_with(vec![quirk])));
    Some(Tried { name: id.to_owned(), server, target: NOTHING })
}

/// An owner who declares nothing.
const NOTHING: &str = "title: T\n";

/// Products that differ from what is usual, and what their owners say of that.
fn products() -> Vec<Tried> {
    let of = |name: &str, product: Product, target: &'static str| {
        let options = reference::Options { product, ..reference_with(Vec::new()) };
        Tried { name: name.to_owned(), server: Kind::Reference(Box::new(options)), target }
    };
    let usual = Product::default;
    vec![
        of(
            "product: deactivation deletes",
            Product { deactivation: product::Deactivation::Removes, ..usual() },
            "title: T\nbehaviour: { deactivation: deletes }\n",
        ),
        of(
            "product: new users are invited",
            Product { arrival: product::Arrival::Invited, ..usual() },
            "title: T\nbehaviour: { new-users: invited }\n",
        ),
        of(
            "product: groups hide members",
            Product { members: product::Members::Hidden, ..usual() },
            "title: T\nbehaviour: { group-members: hidden }\n",
        ),
        of(
            "product: pages of two",
            Product { page_size: Some(2), ..usual() },
            "title: T\nbehaviour: { page-size: 2 }\n",
        ),
    ]
}

fn measure() -> Result<bool, Failed> {
    let choice = Choice::read()?;
    let library = Arc::new(scenario::load(None).map_err(|mistakes| format!("{mistakes:?}"))?);
    let judge = Arc::new(Judge::new(&library.registry)?);
    let ground = Arc::new(Ground { library, judge });
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(cores).enable_all().build()?;
    runtime.block_on(async {
        let is_short = !choice.has("shrunk") || shrunk(&ground, &choice).await?;
        let is_fair = !choice.has("right") || right(&ground, &choice).await?;
        Ok(is_short && is_fair)
    })
}

fn median(mut all: Vec<usize>) -> usize {
    all.sort_unstable();
    all.get(all.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// How long the histories are that show a quirk.
async fn shrunk(ground: &Arc<Ground>, choice: &Choice) -> Result<bool, Failed> {
    let of = ground.library.quirks.iter().filter(|quirk| !quirk.breaks.is_empty() && choice.names(&quirk.id));
    let tried: Vec<Tried> = of.filter_map(|quirk| of_quirk(&quirk.id)).step_by(choice.every.max(1)).collect();
    let count = tried.len();
    let histories = choice.histories;
    let numbers: Numbers = Arc::new(move |folder| match folder {
        "okta" => (1..=histories).map(|number| (1, number)).collect(),
        _ => Vec::new(),
    });
    let mut out = std::io::stdout();
    writeln!(out, "{:45} {:>5} {:>6} {:>8}  found by", "quirk", "acts", "writes", "requests")?;
    // Each as soon as it is known: all of them take a while.
    let line = |name: &str, results: &[CaseResult]| {
        let Some(told) = results.iter().find(|result| !result.findings.is_empty()) else { return Ok(()) };
        let Length { acts, writes, requests } = ground.length(told)?;
        let how = if is_of_laws(told) { "law " } else { "step" };
        let requirement = &told.findings[0].requirement;
        writeln!(std::io::stdout(), "{name:45} {acts:>5} {writes:>6} {requests:>8}  {how} {requirement}")?;
        let all = results.iter().filter(|result| choice.tell && !result.findings.is_empty());
        all.into_iter().try_for_each(tell)
    };
    let played = Arc::clone(ground).play_all(tried, numbers, line).await?;
    let (mut by_laws, mut by_steps): (Vec<Length>, Vec<Length>) = (Vec::new(), Vec::new());
    for told in played.iter().filter_map(|(_, results)| results.iter().find(|result| !result.findings.is_empty())) {
        if is_of_laws(told) { &mut by_laws } else { &mut by_steps }.push(ground.length(told)?);
    }
    let found = by_laws.len() + by_steps.len();
    writeln!(out, "\n{found} of {count} quirks are found by {histories} histories alone\n")?;
    writeln!(out, "{:20} {:>6} {:>5} {:>6} {:>8}", "median", "quirks", "acts", "writes", "requests")?;
    let all: Vec<Length> = by_laws.iter().chain(&by_steps).copied().collect();
    for (name, lengths) in [("found by laws", &by_laws), ("found by a step", &by_steps), ("all", &all)] {
        let of = |what: fn(&Length) -> usize| median(lengths.iter().map(what).collect());
        let (acts, writes, requests) = (of(|one| one.acts), of(|one| one.writes), of(|one| one.requests));
        writeln!(out, "{name:20} {:>6} {acts:>5} {writes:>6} {requests:>8}", lengths.len())?;
    }
    Ok(median(by_laws.iter().map(|one| one.writes).collect()) <= GOAL)
}

/// Whether nothing but laws finds what is wrong.
fn is_of_laws(told: &CaseResult) -> bool {
    told.findings.iter().all(|finding| finding.law.is_some())
}

fn tell(result: &CaseResult) -> Result<(), Failed> {
    let mut out = std::io::stdout();
    writeln!(out, "    {}: {}", result.id, result.title)?;
    for finding in &result.findings {
        let actual: String = finding.actual.to_string().chars().take(100).collect();
        let request = result.transcript.get(finding.exchange).map(|exchange| exchange.request.kind());
        writeln!(
            out,
            "        {} at {} of {}: {}, got {actual}",
            finding.requirement,
            finding.place,
            request.unwrap_or_default(),
            finding.expected
        )?;
    }
    for note in &result.notes {
        writeln!(out, "        {}", note.text)?;
    }
    Ok(())
}

/// Whether right servers pass.
async fn right(ground: &Arc<Ground>, choice: &Choice) -> Result<bool, Failed> {
    let reference = |name: &str, strangers: bool| Tried {
        name: name.to_owned(),
        server: Kind::Reference(Box::new(reference::Options { strangers, ..reference_with(Vec::new()) })),
        target: NOTHING,
    };
    let mut tried = vec![reference("reference", false), reference("reference beside strangers", true)];
    tried.extend(products());
    let free = ground.library.quirks.iter().filter(|quirk| quirk.breaks.is_empty());
    tried.extend(free.filter_map(|quirk| of_quirk(&quirk.id)));
    match std::env::var_os(PEER).filter(|path| !path.is_empty()) {
        Some(program) => {
            tried.push(Tried { name: "scim2-server".to_owned(), server: Kind::Peer(program), target: NOTHING });
        }
        None => writeln!(std::io::stderr(), "scim2-server is left out: {PEER} does not name its program")?,
    }
    tried.retain(|tried| choice.names(&tried.name));
    let tried: Vec<Tried> = tried.into_iter().step_by(choice.every.max(1)).collect();
    let usual: BTreeMap<String, u32> =
        ground.library.repertoires.iter().map(|of| (of.folder.clone(), of.usual.default)).collect();
    let seeds = choice.seeds;
    let numbers: Numbers = Arc::new(move |folder| {
        let count = usual.get(folder).copied().unwrap_or_default();
        (1..=seeds).flat_map(|seed| (1..=count).map(move |number| (seed, number))).collect()
    });
    let mut out = std::io::stdout();
    writeln!(out, "\n{:45} {:>9} {:>6} {:>9} {:>8}", "right server", "histories", "passed", "undecided", "accused")?;
    let is_accused = |result: &&CaseResult| !result.findings.is_empty();
    let line = |name: &str, results: &[CaseResult]| {
        let count = |of: fn(&CaseResult) -> bool| results.iter().filter(|result| of(result)).count();
        let passed = count(|result| result.outcome == Outcome::Passed && result.findings.is_empty());
        let undecided = count(|result| matches!(result.outcome, Outcome::Inconclusive(_)));
        let accused = results.iter().filter(is_accused).count();
        let mut out = std::io::stdout();
        writeln!(out, "{name:45} {:>9} {passed:>6} {undecided:>9} {accused:>8}", results.len())?;
        results.iter().filter(is_accused).try_for_each(tell)?;
        for result in results.iter().filter(|_| choice.tell) {
            if let Outcome::Inconclusive(cause) = &result.outcome {
                writeln!(out, "    {}: {cause}", result.id)?;
            }
        }
        Ok(())
    };
    let played = Arc::clone(ground).play_all(tried, numbers, line).await?;
    Ok(!played.iter().flat_map(|(_, results)| results).any(|result| is_accused(&result)))
}

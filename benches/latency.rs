//! How long a run takes with a server that is far away, against what has to be waited for one after the other.
//!
//! `cargo bench --bench latency` runs the suite at its default settings against the reference behind a gateway that keeps each request for 50 ms, and
//! prints
//!
//! * **wall**: how long the run took by the program's own clock;
//! * **path**: the critical path, in seconds spent waiting for answers: those to the longest case, then to the longest chain of cases that
//!   run alone and have to wait for one another;
//! * **share**: what the answers of all requests take with four of them at a time, which no order of cases can beat.
//!
//! It ends with an error when the wall is more than 1.3 times the longer of the two. `--delay MS` asks for another delay.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

use scim_check::report::json::{self, Case, Exchange, View};
use scim_check::scenario;
use tokio::task::spawn_blocking;

#[expect(dead_code, reason = "the other troubles belong to another benchmark")]
mod troubled;

use troubled::{Trouble, Troubled};

/// The most that a run may take, as a multiple of what has to be waited for.
const LIMIT: f64 = 1.3;

/// Cases at a time, as by default.
const JOBS: usize = 4;

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "latency: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<bool, Failed> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--delay");
    let delay = Duration::from_millis(arguments.nth(1).and_then(|n| n.parse().ok()).unwrap_or(50));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let view = runtime.block_on(run(delay))?;
    let library = scenario::load(None).map_err(|mistakes| format!("{} mistakes in the scenarios", mistakes.len()))?;
    let alone: BTreeSet<&str> = library.scenarios.iter().filter(|s| s.alone).map(|s| s.id.as_str()).collect();
    let is_alone = |case: &&Case| alone.contains(case.id.split('#').next().unwrap_or_default());
    let longest = view.cases.iter().filter(|case| !is_alone(case)).map(|case| waited(exchanges(case))).max();
    let path = longest.unwrap_or_default() + chain(view.cases.iter().filter(is_alone));
    let of_setups: Duration = view.setups.iter().map(|setup| waited(setup.exchanges.iter().flatten())).sum();
    let of_cases: Duration = view.cases.iter().map(|case| waited(own(case))).sum();
    let share = (of_cases + of_setups) / u32::try_from(JOBS)?;
    let wall = Duration::from_millis(view.took_ms);
    let ratio = wall.as_secs_f64() / path.max(share).as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(out, "{} requests, each kept for {delay:?}; {}", view.totals.requests, view.verdict)?;
    writeln!(out, "wall:  {wall:.1?}")?;
    writeln!(out, "path:  {path:.1?}")?;
    writeln!(out, "share: {share:.1?}")?;
    writeln!(out, "ratio: {ratio:.2} of the longer of the two (at most {LIMIT})")?;
    Ok(ratio <= LIMIT)
}

/// Runs the program as a user does.
async fn run(delay: Duration) -> Result<View, Failed> {
    let troubled = Troubled::start(Trouble::Distant(delay)).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("run.json");
    let mut run = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    run.args(["run", "--quiet", "--seed", "1", "--base-url", &troubled.base_url, "--token", troubled.server.token()])
        .args(["--jobs", &JOBS.to_string(), "--bodies", "all", "--report", &format!("json={}", path.display())])
        .current_dir(folder.path());
    let output = spawn_blocking(move || run.output()).await??;
    let report = std::fs::read_to_string(&path).map_err(|_| {
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })?;
    troubled.server.shutdown().await;
    Ok(json::read(&report)?)
}

/// The exchanges of a case, with those that prepared what it shares.
fn exchanges(case: &Case) -> impl Iterator<Item = &Exchange> {
    case.exchanges.iter().flatten()
}

/// Those that were sent for it alone.
fn own(case: &Case) -> impl Iterator<Item = &Exchange> {
    let is_shared =
        |at: &usize| case.shared.iter().any(|shared| (shared.first..shared.first + shared.count).contains(at));
    exchanges(case).enumerate().filter(move |(at, _)| !is_shared(at)).map(|(_, exchange)| exchange)
}

fn waited<'e>(exchanges: impl Iterator<Item = &'e Exchange>) -> Duration {
    exchanges.map(|exchange| Duration::from_micros(exchange.took_us)).sum()
}

/// What the cases that run alone wait for: in each collection those that write to it one after the other, and the longest that reads it.
fn chain<'c>(cases: impl Iterator<Item = &'c Case>) -> Duration {
    let mut chains: BTreeMap<String, (Duration, Duration)> = BTreeMap::new();
    for case in cases {
        let took = waited(own(case));
        let collections = |writes: bool| -> BTreeSet<String> {
            let those = own(case).filter(|exchange| (exchange.request.method != "GET") == writes);
            let name =
                |exchange: &Exchange| exchange.request.path.split(['/', '?']).nth(1).unwrap_or_default().to_owned();
            those.map(name).collect()
        };
        let (written, read) = (collections(true), collections(false));
        for collection in &written {
            chains.entry(collection.clone()).or_default().0 += took;
        }
        for collection in read.difference(&written) {
            let longest = &mut chains.entry(collection.clone()).or_default().1;
            *longest = took.max(*longest);
        }
    }
    chains.into_values().map(|(writers, reader)| writers + reader).max().unwrap_or_default()
}

//! How long a run takes with servers that are slow or busy, and what is then said of them.
//!
//! `cargo bench --bench patience` runs the whole suite at its default settings against the servers of [`troubled`], one after the other, and
//! prints for each
//!
//! * how long the run took, which may be two minutes at most, and how many requests it sent;
//! * how many requirements that bind it found violated, and how many cases it could not judge;
//! * how much it left on the server.
//!
//! It ends with an error when a run takes longer, when something is left, or when a right server is found to violate what binds it. Words after `--` name
//! the servers to look at: `cargo bench --bench patience -- settles-late`. With `--together` all runs go at the same time, which is quicker
//! and says less about each.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

use scim_check::report::json::{self, View};
use tokio::task::{JoinSet, spawn_blocking};

mod troubled;

use troubled::{Trouble, Troubled};

/// The most that a run may take.
const LIMIT: Duration = Duration::from_secs(120);

/// The servers, and what to call them.
const SERVERS: [(&str, Trouble); 8] = [
    ("plain", Trouble::None),
    ("distant", Trouble::Distant(Duration::from_millis(150))),
    ("slow-lists", Trouble::SlowLists(Duration::from_secs(2))),
    ("429-bare", Trouble::Busy(4, None)),
    ("500", Trouble::Fails(6)),
    ("503-html", Trouble::Unavailable(6)),
    ("settles-late", Trouble::Settles(Duration::from_millis(800))),
    ("429-told", Trouble::Busy(10, Some(1))),
];

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "patience: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<bool, Failed> {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let at_once = arguments.iter().any(|argument| argument == "--together");
    arguments.retain(|argument| !argument.starts_with("--"));
    let chosen = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    let chosen: Vec<(&str, Trouble)> = SERVERS.into_iter().filter(|(name, _)| chosen(name)).collect();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:<13} {:>6} {:>8} {:>6} {:>9} {:>5}  verdict",
        "server", "time", "requests", "MUSTs", "undecided", "left"
    )?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut is_well = true;
        let mut running = JoinSet::new();
        let mut waiting = chosen.into_iter();
        loop {
            while at_once || running.is_empty() {
                let Some((name, trouble)) = waiting.next() else { break };
                running.spawn(async move { Ok::<_, Failed>((name, trouble, run(trouble).await?)) });
            }
            let Some(done) = running.join_next().await else { return Ok(is_well) };
            let (name, trouble, view) = done??;
            is_well &= tell(&mut out, name, trouble, &view)?;
        }
    })
}

/// Runs the program as a user does.
async fn run(trouble: Trouble) -> Result<View, Failed> {
    let troubled = Troubled::start(trouble).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("run.json");
    let mut run = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    run.args(["run", "--quiet", "--seed", "1", "--base-url", &troubled.base_url, "--token", troubled.server.token()])
        .args(["--report", &format!("json={}", path.display())])
        .current_dir(folder.path());
    let output = spawn_blocking(move || run.output()).await??;
    let report = std::fs::read_to_string(&path).map_err(|_| {
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })?;
    if let Some(keep) = std::env::var_os("PATIENCE_REPORTS") {
        let name = format!("{trouble:?}.json").replace(['(', ')', ' ', ','], "-");
        std::fs::write(std::path::Path::new(&keep).join(name), &report)?;
    }
    troubled.server.shutdown().await;
    Ok(json::read(&report)?)
}

/// Prints a line; gives whether all is well.
fn tell(out: &mut impl std::io::Write, name: &str, trouble: Trouble, view: &View) -> Result<bool, Failed> {
    let findings = || view.cases.iter().flat_map(|case| &case.findings);
    let musts: BTreeSet<&str> =
        findings().filter(|finding| finding.level == "MUST").map(|finding| finding.requirement.as_str()).collect();
    let took = Duration::from_millis(view.took_ms);
    writeln!(
        out,
        "{name:<13} {:>4.0} s {:>8} {:>6} {:>9} {:>5}  {}",
        took.as_secs_f64(),
        view.totals.requests,
        musts.len(),
        view.totals.inconclusive,
        view.totals.leftovers,
        view.verdict
    )?;
    let is_accused = trouble.is_right() && !musts.is_empty();
    Ok(took <= LIMIT && view.totals.leftovers == 0 && !is_accused)
}

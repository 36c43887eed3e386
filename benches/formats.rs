//! What writing reports costs.
//!
//! `cargo bench --bench formats` prints the median time of each format of the report of a full run with all exchanges, and of all
//! of them together, which may be 300 ms at most: above that the program ends with an error.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use scim_check::report::format::{FORMATS, Options};
use scim_check::report::json::{self, Bodies};

const LIMIT: Duration = Duration::from_millis(300);

const ROUNDS: usize = 9;

fn main() -> ExitCode {
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "formats: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<bool, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("run.json");
    let report = format!("json={}", path.display());
    let quirk = ["--quirk", "patch-noop-200"];
    let mut demo = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    demo.args(["demo", "--bodies", "all", "--report", &report]).args(quirk).output()?;
    let report = json::read(&std::fs::read_to_string(&path)?)?.report()?;
    let options = Options { bodies: Bodies::All, ..Options::default() };
    let mut all = Duration::ZERO;
    let mut out = std::io::stdout();
    for format in FORMATS {
        let mut bytes = 0;
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                bytes = (format.render)(&report, options).len();
                started.elapsed()
            })
            .collect();
        times.sort_unstable();
        let median = times[ROUNDS / 2];
        all += median;
        writeln!(out, "{:<8} {:>7.1} ms {:>9} KiB", format.word, median.as_secs_f64() * 1e3, bytes / 1024)?;
    }
    let cases = report.cases.len();
    writeln!(out, "all      {:>7.1} ms for {cases} cases, at most {} ms", all.as_secs_f64() * 1e3, LIMIT.as_millis())?;
    Ok(all <= LIMIT)
}

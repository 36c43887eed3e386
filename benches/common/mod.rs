//! What the benchmarks share: the reference server in a process of its own, the number of rounds, and how they end.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// Whatever stands in the way of a figure.
pub(crate) type Failed = Box<dyn Error + Send + Sync>;

/// The end of a benchmark: in order when its figures are within their limits.
pub(crate) fn end(name: &str, measured: Result<bool, Failed>) -> ExitCode {
    match measured {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// As many rounds as `--rounds` says.
pub(crate) fn rounds(otherwise: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--rounds");
    arguments.nth(1).and_then(|n| n.parse().ok()).unwrap_or(otherwise).max(1)
}

/// The one in the middle.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A reference server in a process of its own, which ends with this value.
pub(crate) struct Server {
    process: Child,
    pub(crate) base: String,
}

impl Server {
    pub(crate) fn start(token: &str, users: usize, groups: usize) -> Result<Server, Failed> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_scim-check"))
            .args(["serve", "--port", "0", "--token", token, "--users", &users.to_string()])
            .args(["--groups", &groups.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let base = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let server = Server { process, base: base.clone().unwrap_or_default() };
        base.map(|_| server).ok_or_else(|| format!("the reference server says {line:?}").into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

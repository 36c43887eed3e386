//! Runs that are killed at moments nobody chose: `sweep` brings the server back to what it held before.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use scim_check::reference::{self, Options, Quirk, Server};
use tokio::runtime::Runtime;

const TOKEN: &str = "token-of-the-tests";

fn start(runtime: &Runtime, quirks: Vec<Quirk>, delay: Duration) -> Server {
    let options = Options { token: Some(TOKEN.to_owned()), users: 7, groups: 2, quirks, delay, ..Options::default() };
    runtime.block_on(reference::serve(options)).expect("a free port on 127.0.0.1")
}

fn program(folder: &Path, server: &Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(arguments).args(["--base-url", server.base_url(), "--token", TOKEN, "--journal", "journal"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir(folder);
    command
}

/// Kills so many runs, each at a moment of its own, and sweeps after each. With several servers runs of one are killed while those of
/// another wait.
fn check(quirks: &[Quirk], delay: Duration, servers: usize, kills: u64, longest: u64) {
    let left_behind: usize = std::thread::scope(|scope| {
        let kill = |first| scope.spawn(move || kill(quirks, delay, (first..kills).step_by(servers), longest));
        let workers: Vec<_> = (0..servers as u64).map(kill).collect();
        workers.into_iter().map(|worker| worker.join().expect("its server held what it held before")).sum()
    });
    assert!(left_behind as u64 > kills / 4, "only {left_behind} of {kills} kills came while something was there");
}

/// Kills runs on a server of its own; says how many of them left something behind.
fn kill(quirks: &[Quirk], delay: Duration, kills: impl Iterator<Item = u64>, longest: u64) -> usize {
    let runtime = Runtime::new().expect("a runtime can start");
    let server = start(&runtime, quirks.to_vec(), delay);
    let counts = || (server.user_count(), server.group_count());
    let before = counts();
    let mut left_behind = 0;
    for kill in kills {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let seed = (kill + 1).to_string();
        let select = ["okta/users", "okta/groups", "okta/lifecycle", "--jobs", "8", "--seed", &seed];
        let mut child = program(folder.path(), &server, &select).spawn().expect("the program starts");
        let moment = Duration::from_millis(fastrand::Rng::with_seed(kill).u64(0..longest));
        // A busy machine takes its time to start a program: the clock of most runs begins when something of theirs is there.
        let patience = Instant::now() + Duration::from_secs(30);
        while kill % 5 > 0 && counts() == before && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(moment);
        child.kill().and_then(|()| child.wait()).expect("it was running");
        // What was on its way when the run was killed is carried out by then.
        std::thread::sleep(delay);
        left_behind += usize::from(counts() != before);
        let swept =
            program(folder.path(), &server, &["sweep", "--settle", "0.2"]).status().expect("the program starts");
        let after = counts();
        assert_eq!(after, before, "killed after {moment:?}, seed {seed}");
        assert_eq!(swept.code(), Some(0), "killed after {moment:?}, seed {seed}");
    }
    left_behind
}

#[test]
fn a_server_holds_what_it_held_before_after_30_killed_runs() {
    check(&[], Duration::ZERO, 1, 30, 700);
}

#[test]
fn a_slow_server_holds_what_it_held_before_after_20_killed_runs() {
    check(&[Quirk::AnswersLate], Duration::from_millis(40), 4, 20, 1500);
}

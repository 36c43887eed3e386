//! Runs that are killed at moments nobody chose: `sweep` brings the server back to what it held before.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

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

/// Kills so many runs, each at a moment of its own, and sweeps after each.
fn check(quirks: Vec<Quirk>, delay: Duration, kills: u64, longest: u64) {
    let runtime = Runtime::new().expect("a runtime can start");
    let server = start(&runtime, quirks, delay);
    let before = (server.user_count(), server.group_count());
    let mut random = fastrand::Rng::with_seed(7);
    let mut left_behind = 0;
    for kill in 0..kills {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let seed = (kill + 1).to_string();
        let select = ["okta/users", "okta/groups", "okta/lifecycle", "--jobs", "8", "--seed", &seed];
        let mut child = program(folder.path(), &server, &select).spawn().expect("the program starts");
        let moment = Duration::from_millis(random.u64(20..longest));
        std::thread::sleep(moment);
        child.kill().and_then(|()| child.wait()).expect("it was running");
        // What was on its way when the run was killed is carried out by then.
        std::thread::sleep(delay);
        left_behind += usize::from((server.user_count(), server.group_count()) != before);
        let swept =
            program(folder.path(), &server, &["sweep", "--settle", "0.2"]).status().expect("the program starts");
        let after = (server.user_count(), server.group_count());
        assert_eq!(after, before, "killed after {moment:?}, seed {seed}");
        assert_eq!(swept.code(), Some(0), "killed after {moment:?}, seed {seed}");
    }
    assert!(left_behind as u64 > kills / 4, "only {left_behind} of {kills} kills came while something was there");
}

#[test]
fn a_server_holds_what_it_held_before_after_30_killed_runs() {
    check(Vec::new(), Duration::ZERO, 30, 700);
}

#[test]
fn a_slow_server_holds_what_it_held_before_after_20_killed_runs() {
    check(vec![Quirk::AnswersLate], Duration::from_millis(40), 20, 1500);
}

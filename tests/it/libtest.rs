//! The suites as somebody's own tests: names, filters, what fails and what it says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::{Arguments, Conclusion, Trial};
use scim_check::libtest::{Server, Suite};
use scim_check::reference::{self, Options, Quirk};
use tokio::runtime::Runtime;

/// Runs trials as the harness does, and says what it wrote: what fails on purpose shall not look like a failure of these tests.
fn quietly(trials: Vec<Trial>, filter: &[&str]) -> (Conclusion, String) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let log = folder.path().join("log");
    let log_argument = format!("--logfile={}", log.display());
    let arguments = Arguments::from_iter(["test", &log_argument].iter().chain(filter));
    let conclusion = libtest_mimic::run(&arguments, trials);
    (conclusion, std::fs::read_to_string(log).unwrap_or_default())
}

/// Runs tests of a suite against a reference, and says how often that was started.
fn run(suite: Suite, quirks: Vec<Quirk>, filter: &[&str]) -> (Conclusion, usize, String) {
    let runtime = Runtime::new().expect("a runtime can start");
    let options = Options { token: Some("token".to_owned()), users: 3, quirks, ..Options::default() };
    let server = runtime.block_on(reference::serve(options)).expect("a free port on 127.0.0.1");
    let base_url = server.base_url().to_owned();
    let started = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&started);
    let start = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        Server::new(base_url.clone(), "token")
    };
    let trials = suite.trials(start).expect("nothing is wrong with the selection");
    let (conclusion, log) = quietly(trials, filter);
    assert_eq!(server.user_count(), 3, "what was created is gone");
    (conclusion, started.load(Ordering::SeqCst), log)
}

#[test]
fn each_case_is_a_test() {
    let (conclusion, started, _) =
        run(Suite::new("okta").select("okta/lookup").skip("okta/lookup/miss"), Vec::new(), &[]);
    assert_eq!((conclusion.num_failed, started), (0, 1));
    assert!(conclusion.num_passed >= 7, "{conclusion:?}");
}

#[test]
fn filters_of_the_harness_work() {
    let suite = || Suite::new("okta").select("okta/lookup");
    let (conclusion, _, _) = run(suite(), Vec::new(), &["--exact", "okta/lookup/finds-user"]);
    assert_eq!((conclusion.num_passed, conclusion.num_failed), (1, 0), "{conclusion:?}");
    let (_, started, _) = run(suite(), Vec::new(), &["--list"]);
    assert_eq!(started, 0, "a server is not started to list tests");
}

#[test]
fn what_does_not_apply_is_ignored() {
    let (conclusion, _, _) = run(Suite::new("okta").select("okta/auth"), Vec::new(), &[]);
    assert!(conclusion.num_ignored >= 1 && conclusion.num_failed == 0, "no second credential: {conclusion:?}");
}

#[test]
fn a_fault_fails_its_test_and_no_other() {
    let (conclusion, _, log) = run(Suite::new("okta").select("okta/users/duplicate"), vec![Quirk::Duplicate400], &[]);
    assert!(conclusion.has_failed(), "{conclusion:?}");
    for told in ["OKTA-duplicate-409", "expected 409", "POST /Users", "cargo test --test it -- --exact"] {
        assert!(log.contains(told), "{told:?} is not told: {log}");
    }
    let (conclusion, _, _) = run(Suite::new("okta").select("okta/lookup"), vec![Quirk::Duplicate400], &[]);
    assert!(!conclusion.has_failed(), "{conclusion:?}");
}

#[test]
fn an_unreachable_server_fails_every_test_with_the_reason() {
    let suite = Suite::new("okta").select("okta/connection");
    let trials = suite.trials(|| Server::new("http://127.0.0.1:9/scim/v2", "token")).expect("the selection is right");
    let (conclusion, log) = quietly(trials, &[]);
    assert!(log.contains("is the server running"), "{log}");
    assert!(conclusion.num_passed == 0 && conclusion.has_failed(), "{conclusion:?}");
}

#[test]
fn mistakes_are_told_before_anything_is_started() {
    let start = || -> Server { unreachable!("nothing is to be started") };
    let wrong = |suite: Suite| suite.trials(start).err().unwrap_or_default();
    assert!(wrong(Suite::new("no-such-suite")).contains("there is no suite `no-such-suite`"));
    assert!(wrong(Suite::new("okta").select("okta/no-such")).contains("okta/no-such"));
    assert!(wrong(Suite::new("okta").target("no-such-file.yaml")).contains("no-such-file.yaml"));
    assert!(wrong(Suite::new("okta").scenarios("no-such-folder")).contains("no-such-folder"));
}

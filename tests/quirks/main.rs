//! Each quirk of the reference server is reported as what it is, and as nothing else.

mod proof;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use proof::{Ground, Need};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A trial waits as much as it works: for pauses, and for a server that takes its time.
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    arguments.test_threads.get_or_insert(cores * 2);
    let ground = Arc::new(Ground::new());
    let mut trials = vec![Trial::test("every requirement that is checked is proven", {
        let ground = Arc::clone(&ground);
        move || proof::unproven(&ground).map_err(Into::into)
    })];
    for need in ground.needs.iter().cloned().chain(Need::together(&ground)) {
        let name = match need.waits_for(&ground) {
            Some(why) => format!("{} ({why})", need.id),
            None => need.id.clone(),
        };
        let waits = need.waits_for(&ground).is_some();
        let ground = Arc::clone(&ground);
        trials.push(
            Trial::test(name, move || proof::prove(&ground, &need).map_err(|wrong| wrong.join("\n").into()))
                .with_ignored_flag(waits),
        );
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

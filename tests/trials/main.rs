//! Tests of which only the run itself knows how many there are, or whether what they need is there; each is named after its file.
//!
//! `cargo test --test trials scenarios::okta/lifecycle` runs some of one file.

use std::process::ExitCode;

use libtest_mimic::Arguments;
use scim_check::persona::Version;
use scim_check::reference::Server;

mod docs;
mod html;
mod peer;
mod runscope;
mod scenarios;
mod targets;
#[path = "../world/mod.rs"]
mod world;

/// Where a server of the reference's is that a suite can be run against, and the version that is spoken there.
fn place<'s>(server: &'s Server, suite: &str) -> (&'s str, Version) {
    match world::LIBRARY.personas.version_of(suite) {
        Version::V1 => (server.v1_base_url(), Version::V1),
        Version::V2 => (server.base_url(), Version::V2),
    }
}

fn main() -> ExitCode {
    let files = [docs::trials, html::trials, peer::trials, runscope::trials, scenarios::trials, targets::trials];
    let trials = files.into_iter().flat_map(|trials| trials()).collect();
    let mut arguments = Arguments::from_args();
    // A trial waits as much as it works.
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    arguments.test_threads.get_or_insert(cores * 2);
    libtest_mimic::run(&arguments, trials).exit_code()
}

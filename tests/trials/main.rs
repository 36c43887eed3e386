//! Tests of which only the run itself knows how many there are, or whether what they need is there; each is named after its file.
//!
//! `cargo test --test trials scenarios::okta/lifecycle` runs some of one file.

use std::process::ExitCode;

use libtest_mimic::Arguments;

mod docs;
mod html;
mod peer;
mod runscope;
mod scenarios;
mod targets;
#[path = "../world/mod.rs"]
mod world;

fn main() -> ExitCode {
    let files = [docs::trials, html::trials, peer::trials, runscope::trials, scenarios::trials, targets::trials];
    let trials = files.into_iter().flat_map(|trials| trials()).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

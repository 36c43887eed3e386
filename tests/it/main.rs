//! The ordinary tests, in one program: linking one for each file costs every build some seconds more.
//!
//! `cargo test --test it cli::` runs the tests of one file.

mod adapting;
mod attributes;
mod baseline;
mod beside;
mod budgets;
mod cli;
#[cfg(unix)]
mod command;
mod coverage;
mod credentials;
mod diff;
mod doctor;
mod editions;
mod explain;
mod generated;
mod grounded;
mod histories;
mod hook;
mod hook_suite;
mod hooked;
mod hostile;
mod import_preview;
mod init;
mod judge;
mod killed;
mod language;
mod laws;
mod layers;
mod libtest;
mod matrix;
mod mistakes;
mod model;
mod model_runs;
mod onelogin;
mod ownership;
mod packaging;
mod persona;
mod properties;
mod readiness;
mod reference;
mod reference_v1;
mod refusals;
mod replay;
mod reports;
mod run;
mod schemas;
mod shards;
mod sharing;
mod snapshots;
mod stored;
mod texts;
mod v1;
mod ways;
mod witnesses;
mod works_with;

mod program;
#[path = "../../benches/seeded/mod.rs"]
mod seeded;
#[path = "../../benches/troubled/mod.rs"]
mod troubled;
#[path = "../world/mod.rs"]
mod world;

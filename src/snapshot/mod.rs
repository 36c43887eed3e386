//! What a server answered, written so that two runs of an unchanged server write the same.
//!
//! **Invariant:** pure: files are read and written by `cli`. What is compared is an answer with the question that it answers; where the
//! questions differ no change of the answer is told.

use serde_json::Value;

mod compare;
mod file;
mod normalise;

pub use compare::{Grouped, compare, group, merge};
pub use file::{file_name, read, write};
pub use normalise::{Names, take};

/// The version of the files.
pub const FORMAT: u64 = 1;

/// What one case asked, and what was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// `scenario` or `scenario#row`.
    pub case: String,
    /// The scenario's title.
    pub title: String,
    /// A digest of the writes that prepared the ground: where it differs, something else was asked.
    pub setup: String,
    /// The judged steps in their order.
    pub steps: Vec<Step>,
}

/// One judged step, with stable names in place of what differs from run to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `method`, `path`, and where there are any `credential`, `headers`, `body`, `how`.
    pub question: Value,
    /// `status`, `headers`, and `body` (JSON) or `text`.
    pub answer: Value,
}

//! What Okta has besides traffic: the test files that it asks its partners to run, and how it matches the users that an
//! import brings.
//!
//! **Invariant:** pure, and apart from the judge: what is demanded or decided here is what Okta's files and pages say, not what a
//! requirement demands.

pub mod attributes;
pub mod matching;
pub mod rows;
pub mod runscope;

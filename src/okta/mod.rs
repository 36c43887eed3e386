//! What Okta has besides traffic: the test files that it asks its partners to run.
//!
//! **Invariant:** pure, and apart from the judge: what is demanded here is what Okta's files demand, not what a requirement does.

pub mod runscope;

//! What Okta has besides traffic: the test files that it asks its partners to run, an org to run them against, how an import
//! matches the users that it brings, and what its reviewers look at.
//!
//! **Invariant:** apart from the judge: what is demanded or decided here is what Okta's files and pages say, not what a requirement
//! demands. What Okta sends is in the flows, and only there.

/// The folder of Okta's scenarios.
pub const SUITE: &str = "okta";

/// The same of SCIM 1.1.
pub const SUITE_OF_V1: &str = "okta-v1";

pub mod attributes;
pub mod hook;
pub mod import;
pub mod readiness;
pub mod runscope;

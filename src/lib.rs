//! scim-check.

pub mod source;
pub mod wire;

pub mod capability;
pub mod requirement;

pub mod scenario;
pub mod verdict;

pub mod report;

//! scim-check.

pub mod source;
pub mod wire;

pub mod capability;
pub mod requirement;

pub mod scenario;
pub mod target;
pub mod verdict;

pub mod judge;
pub mod plan;

pub mod run;

pub mod report;

pub mod reference;

pub mod cli;

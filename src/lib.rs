//! scim-check.

pub mod reference;

//! scim-check.

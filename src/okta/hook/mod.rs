//! Import inline hooks: a vendor's service that Okta asks about each user whom an import would create or link.
//!
//! [`event`] makes what Okta sends, [`answer`] reads what comes back and says what is wrong with it, [`apply`] does to the user what
//! the commands say. All of that is pure. [`service`] sends, with Okta's time limit and its one repeat, and [`suite`] asks a
//! service by itself.
//!
//! **Invariant:** what Okta does is told as documented only where Okta documents it; where its pages leave something open, the
//! careful guess says that it is one.

pub mod answer;
pub mod apply;
pub mod event;
pub mod service;
pub mod suite;

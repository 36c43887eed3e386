//! The model: what a write must do, and what it must leave alone.
//!
//! The [`Book`] is fed with exchanges in their order. Of each resource that a create of ours was answered with it holds what has to be
//! shown ([`Expected`]); [`effect()`] says what a write makes of that, [`look_at`] what a read shows against it, [`agree`] whether views of
//! one resource show the same. Four laws follow, whatever the request was ([`Law`]): what was asked for is there, nothing else
//! changed, all views show the same, and an id is for life.
//!
//! Servers have ways of their own, which the RFCs leave them: [`Ways`] learns them from the same exchanges, before it judges.
//!
//! # How it is fed
//!
//! [`Book::note`] takes each exchange in its turn, with its place in the transcript and the body of the answer; what was sent at the same
//! moment goes to [`Book::note_together`]. What a read shows to be wrong comes back at once, as a doubt: the server may only be late.
//! [`Book::audit_due`] says what was written and not read since, or is in doubt, and with which path to ask for it. Who waits asks again,
//! at the latest before deleting what is in doubt, and notes the answer; [`Book::standing`] is then what is left, each with the number of
//! looks that have shown it. Nothing else is kept of a run, so a recording that is noted again gives the same.
//!
//! | file | what it knows | of |
//! |---|---|---|
//! | `names` | which spellings name one attribute | RFC 7643 §2.1, RFC 7644 §3.10 |
//! | `value` | when two values are the same | RFC 7643 §2.3 to §2.5 |
//! | `path` | paths of PATCH and their filters | RFC 7644 §3.5.2, §3.4.2.2 |
//! | `state` | what may be shown | |
//! | `effect` | what a write demands | RFC 7644 §3.3, §3.5, §3.6 |
//! | `learn` | what a server does with attributes | |
//! | `compare` | effect and frame | |
//! | `views` | several views of one resource | RFC 7643 §4.1.2, §4.2 |
//! | `bystander` | two looks at what nobody wrote to between them | |
//! | `book` | all of ours, and what is due | |
//!
//! **Invariant:** pure, as the judge is: no clock, no network, and nothing a server sends makes it panic. It shares no code with the
//! reference server, so that the two cannot share a mistake.

mod book;
mod bystander;
mod compare;
mod effect;
mod learn;
mod names;
mod path;
mod state;
mod value;
mod views;

pub use book::{Book, Due, Outcome, Why};
pub use bystander::{Change, changed};
pub use compare::{Compared, Deviation, Law, Look, Source, Standing, compare, look_at};
pub use effect::effect;
pub use learn::{Learnt, Way, Ways};
pub use names::Kind;
pub use state::{Attribute, Demand, Exists, Expected, Verb, Wanted};
pub use views::{View, agree};

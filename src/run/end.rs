//! How the steps of a case come to an end.
//!
//! **Invariant:** a case that could not be judged says why.

use crate::scenario::template::Unbound;
use crate::verdict::{Blocker, Cause};

/// How a case ends before its last step.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// A finding says all there is to say.
    Decided,
    /// The server did not take what it may refuse, in that exchange.
    Refused(usize),
    /// It could not be judged: why, and what stood in the way where an answer of the server's did.
    Undecided(Cause, Option<Box<Blocker>>),
}

impl End {
    /// The same where so many exchanges come before those that it speaks of.
    pub(super) fn after(self, before: usize) -> Self {
        match self {
            End::Decided => End::Decided,
            End::Refused(exchange) => End::Refused(before + exchange),
            End::Undecided(cause, blocker) => {
                End::Undecided(cause, blocker.map(|blocker| Box::new(blocker.after(before))))
            }
        }
    }
}

impl From<Cause> for End {
    fn from(cause: Cause) -> Self {
        End::Undecided(cause, None)
    }
}

impl From<Unbound> for Cause {
    fn from(unbound: Unbound) -> Self {
        Cause::Unbound(unbound.0.rsplit('/').next().unwrap_or(&unbound.0).to_owned())
    }
}

impl From<Unbound> for End {
    fn from(unbound: Unbound) -> Self {
        Cause::from(unbound).into()
    }
}

//! What the steps of a case brought to light.
//!
//! **Invariant:** exchanges are in the order in which the scenario asks for them.

use std::sync::Arc;

use crate::requirement::RequirementId;
use crate::scenario::Bindings;
use crate::scim::Kind;
use crate::verdict::{Adapted, Blocker, Cause, Finding, JudgedStep, Leftover, NotScored, Note, SharedUse, Treated};
use crate::wire::Exchange;

use super::refusal::Minded;
use super::sharing::Setup;
use super::{Shared, Stop};

/// What a case brought to light, before the sweep.
#[derive(Default)]
pub(super) struct Ran {
    pub(super) findings: Vec<Finding>,
    pub(super) not_scored: Vec<NotScored>,
    pub(super) notes: Vec<Note>,
    pub(super) judged: Vec<RequirementId>,
    pub(super) steps: Vec<JudgedStep>,
    pub(super) transcript: Vec<Exchange>,
    pub(super) cause: Option<Cause>,
    pub(super) blocker: Option<Blocker>,
    /// The first create of setup that was refused and then taken in another way.
    pub(super) refused: Option<Blocker>,
    /// How its setup differs from what the scenario says.
    pub(super) adapted: Vec<Adapted>,
    /// What the server was seen doing with attributes.
    pub(super) treated: Vec<Treated>,
    /// The values of it.
    pub(super) minded: Vec<(Kind, Minded)>,
    /// What of it keeps the case from being judged, if anything does.
    pub(super) lacks: Option<String>,
    /// What was asked to find out why a create of setup is refused, and what that left behind.
    pub(super) asked: Vec<Exchange>,
    pub(super) leftovers: Vec<Leftover>,
    /// Whether the run ended before the case did.
    pub(super) is_cut_short: bool,
    /// Whether a demand of the scenario's own, and not only of the suite on every answer, was judged.
    pub(super) own_judged: bool,
    /// What the case bound, for those who play a flow for its results.
    pub(super) bindings: Bindings,
    /// Which exchanges of the transcript prepared what it shares with others.
    pub(super) shared: Vec<SharedUse>,
    /// The shared setup that it relied on.
    pub(super) relied_on: Vec<Arc<Setup>>,
}

impl Ran {
    /// Whether it ended otherwise than well, and what it relied on is no longer what it was.
    pub(super) async fn relied_in_vain(&self, shared: &Arc<Shared>) -> bool {
        let is_well = self.findings.is_empty() && self.not_scored.is_empty() && self.cause.is_none();
        if is_well || shared.stopping() > Stop::No {
            return false;
        }
        for setup in &self.relied_on {
            if !setup.stands(shared).await {
                return true;
            }
        }
        false
    }
}

//! What Okta's reviewers will say of an integration: a state for each switch and for each case of their plan.
//!
//! **Invariant:** values only. How they come about is decided elsewhere; nothing here knows a scenario.

use crate::capability::{Capability, Evidence};
use crate::report::attributes::AttributeRow;
use crate::requirement::RequirementId;

/// How ready an integration is for a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Okta's switches, in the order of its pages.
    pub features: Vec<Feature>,
    /// The cases of the plan, in its order.
    pub plan: Vec<QaCase>,
    /// The attributes that the owner declares, in the owner's order, and then those that nobody declares and Okta sends.
    pub attributes: Vec<AttributeRow>,
}

/// What is known of one switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// The switch.
    pub feature: Capability,
    /// How ready it is.
    pub ready: Ready,
    /// The requirements that stand in its way, as Okta looks at them.
    pub blocked_by: Vec<RequirementId>,
    /// How we know that it is off, if it is.
    pub evidence: Option<Evidence>,
    /// What is left when it is ready in part: `as a custom app`.
    pub only: Option<String>,
    /// The ways in which it can be used, if there are several.
    pub ways: Vec<WayState>,
    /// What could not be judged.
    pub undecided: Vec<Undecided>,
}

/// What is known of one way to use a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayState {
    /// Which: `as a catalogue app`.
    pub name: String,
    /// How ready it is.
    pub ready: Ready,
    /// What Okta does in this way, in a clause.
    pub because: String,
    /// The requirements that stand in its way.
    pub blocked_by: Vec<RequirementId>,
    /// How we know that the server does not offer what it takes, if so.
    pub evidence: Option<Evidence>,
}

/// Cases that could not be judged, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The reason, in words.
    pub why: String,
    /// The cases.
    pub cases: Vec<String>,
    /// The requirements that hold them back, if any.
    pub blocked_by: Vec<RequirementId>,
}

/// How ready a switch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Everything that the wire shows of it is as it should be.
    Ready,
    /// In one way it can be used, in another it cannot.
    InPart,
    /// Something is not.
    NotReady,
    /// The owner or the server says that it is off.
    NotDeclared,
    /// It could not be judged.
    CouldNotTell,
}

impl Ready {
    /// The words for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Ready::Ready => "ready",
            Ready::InPart => "ready in part",
            Ready::NotReady => "not ready",
            Ready::NotDeclared => "not declared",
            Ready::CouldNotTell => "could not tell",
        }
    }
}

/// One case of the plan, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QaCase {
    /// Okta's number for it, such as `C9290`.
    pub id: String,
    /// Its section of the plan.
    pub section: String,
    /// What it is about, in our words.
    pub title: String,
    /// The switch that it is about, if any.
    pub feature: Option<Capability>,
    /// What came of it.
    pub state: QaState,
    /// What a person does in Okta.
    pub by_hand: Option<String>,
    /// The cases of ours that decide it, as far as they were run.
    pub cases: Vec<String>,
    /// The requirements that are not met, as far as Okta looks at them.
    pub blocked_by: Vec<RequirementId>,
    /// What it passes as when it passes in part: `as a custom app`.
    pub only: Option<String>,
    /// What came of it in each way that its switch can be used, if there are several.
    pub ways: Vec<WayState>,
    /// What could not be judged.
    pub undecided: Vec<Undecided>,
}

/// What came of a case of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QaState {
    /// The wire shows all of it, and it is as it should be.
    Passed,
    /// It is not.
    Failed,
    /// In one way that its switch can be used it is, in another it is not.
    InPart,
    /// A person has to do it; what the wire shows of it is as it should be.
    Manual,
    /// Its switch is off.
    NotApplicable,
    /// The wire would show it, and could not be judged.
    Undecided,
}

impl QaState {
    /// The words for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            QaState::Passed => "passed",
            QaState::Failed => "failed",
            QaState::InPart => "passed in part",
            QaState::Manual => "manual",
            QaState::NotApplicable => "not applicable",
            QaState::Undecided => "undecided",
        }
    }

    /// All of them, the worst first.
    pub const ALL: &'static [QaState] = &[
        QaState::Failed,
        QaState::InPart,
        QaState::Undecided,
        QaState::Manual,
        QaState::Passed,
        QaState::NotApplicable,
    ];
}

impl Readiness {
    /// What stands in the way of every switch: the requirements of failed cases of the plan that are about none of them, such as
    /// credentials.
    pub fn in_the_way_of_all(&self) -> Vec<&RequirementId> {
        let of_none = self.plan.iter().filter(|case| case.feature.is_none() && case.state == QaState::Failed);
        let mut ids: Vec<&RequirementId> = Vec::new();
        for id in of_none.flat_map(|case| &case.blocked_by) {
            let is_told = self.features.iter().any(|feature| feature.blocked_by.contains(id));
            if !is_told && !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// How many cases of the plan came to that.
    pub fn count(&self, state: QaState) -> usize {
        self.plan.iter().filter(|case| case.state == state).count()
    }
}

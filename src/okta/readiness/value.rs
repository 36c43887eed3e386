//! Readiness for other programs: the value of the annex.

use serde::{Deserialize, Serialize};

use super::state;
use crate::report::attributes::AttributeRow;
use crate::requirement::RequirementId;

fn ids(ids: &[RequirementId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}

/// How ready an integration is for a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// Okta's switches.
    pub features: Vec<Feature>,
    /// The attributes that the owner declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// The cases of Okta's plan for testing by hand.
    pub plan: Vec<QaCase>,
}

/// One of Okta's switches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// Its word.
    pub feature: String,
    /// `ready`, `ready in part`, `not ready`, `not declared` or `could not tell`.
    pub ready: String,
    /// The requirements that stand in its way, as far as Okta looks at them.
    pub blocked_by: Vec<String>,
    /// How we know that it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What is left when it is ready in part: `as a custom app`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// The ways in which it can be used, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<WayState>,
    /// What could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Undecided>,
}

/// One way to use a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayState {
    /// Which: `as a catalogue app`.
    #[serde(rename = "as")]
    pub name: String,
    /// `ready`, `not ready` or `could not tell`.
    pub ready: String,
    /// The requirements that stand in its way.
    pub blocked_by: Vec<String>,
    /// What Okta does in this way, and how we know that the server does not offer that, if so.
    pub because: String,
}

/// Cases that could not be judged, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    /// The reason.
    pub why: String,
    /// The cases.
    pub cases: Vec<String>,
    /// The requirements that hold them back.
    pub blocked_by: Vec<String>,
}

impl WayState {
    fn write(way: &state::WayState) -> Self {
        Self {
            name: way.name.clone(),
            ready: way.ready.as_str().to_owned(),
            blocked_by: ids(&way.blocked_by),
            because: super::way(way),
        }
    }
}

impl Undecided {
    fn write(open: &state::Undecided) -> Self {
        Self { why: open.why.clone(), cases: open.cases.clone(), blocked_by: ids(&open.blocked_by) }
    }
}

/// One case of Okta's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QaCase {
    /// Okta's number for it.
    pub id: String,
    /// Its section.
    pub section: String,
    /// What it is about.
    pub title: String,
    /// The switch it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// `passed`, `passed in part`, `failed`, `manual`, `not applicable` or `undecided`.
    pub state: String,
    /// What a person does in Okta.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<String>,
    /// The cases that decide it, as far as they were run.
    pub cases: Vec<String>,
    /// The requirements that are not met, as far as Okta looks at them.
    pub blocked_by: Vec<String>,
    /// What it passes as when it passes in part: `as a custom app`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// What came of it in each way that its switch can be used, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<WayState>,
    /// What could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Undecided>,
}

/// What is known of one declared attribute: `yes`, `NO`, `-` (not declared for that) or `?` (not judged).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its path, with the type of its values where it has several.
    pub attribute: String,
    /// Sent with a new user.
    pub create: String,
    /// Changed.
    pub update: String,
    /// Its value taken away.
    pub clear: String,
    /// Read by an import.
    pub import: String,
    /// Why nothing is known of it, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<String>,
    /// Who says that it is provisioned, where its owner does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Attribute {
    fn write(row: &AttributeRow) -> Self {
        let [create, update, clear, import] = row.cells.map(|cell| cell.as_str().to_owned());
        let unchecked = row.unchecked.map(str::to_owned);
        let source = row.source.map(str::to_owned);
        Self { attribute: row.attribute.clone(), create, update, clear, import, unchecked, source }
    }
}

impl Readiness {
    pub(super) fn write(readiness: &state::Readiness) -> Self {
        Self {
            features: readiness
                .features
                .iter()
                .map(|feature| Feature {
                    feature: feature.feature.as_str().to_owned(),
                    ready: feature.ready.as_str().to_owned(),
                    blocked_by: ids(&feature.blocked_by),
                    because: feature.evidence.as_ref().map(ToString::to_string),
                    only: feature.only.clone(),
                    ways: feature.ways.iter().map(WayState::write).collect(),
                    undecided: feature.undecided.iter().map(Undecided::write).collect(),
                })
                .collect(),
            attributes: readiness.attributes.iter().map(Attribute::write).collect(),
            plan: readiness
                .plan
                .iter()
                .map(|case| QaCase {
                    id: case.id.clone(),
                    section: case.section.clone(),
                    title: case.title.clone(),
                    feature: case.feature.map(|feature| feature.as_str().to_owned()),
                    state: case.state.as_str().to_owned(),
                    by_hand: case.by_hand.clone(),
                    cases: case.cases.clone(),
                    blocked_by: ids(&case.blocked_by),
                    only: case.only.clone(),
                    ways: case.ways.iter().map(WayState::write).collect(),
                    undecided: case.undecided.iter().map(Undecided::write).collect(),
                })
                .collect(),
        }
    }
}

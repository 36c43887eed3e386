//! The judge: demands against evidence.
//!
//! **Invariant:** pure. The same expectations, exchange and bindings give the same findings; no clock, no network, no
//! environment, and nothing a server sends makes it panic.

use crate::requirement::{Registry, RequirementId};
use crate::scenario::template::Unbound;
use crate::scenario::{Bindings, Check, Expectation};
use crate::verdict::{Finding, Note};
use crate::wire::{Exchange, Response};

use serde_json::Value;

/// A response body, parsed once.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No byte, or white space only.
    None,
    /// JSON. Names that SCIM defines are rewritten to their canonical spelling, so that paths and schemas find them
    /// (RFC 7643 §2.1: names are case-insensitive).
    Json {
        /// The rewritten value.
        value: Value,
        /// What was rewritten.
        renamed: Vec<Renamed>,
    },
    /// Something else; its beginning.
    NotJson(String),
}

impl Body {
    /// The JSON value, when there is one.
    pub fn json(&self) -> Option<&Value> {
        match self {
            Body::Json { value, .. } => Some(value),
            Body::None | Body::NotJson(_) => None,
        }
    }
}

/// A name that the server spelled in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// Where it now is: a JSON Pointer with canonical names.
    pub pointer: String,
    /// How the server spelled the last name of the pointer.
    pub spelled: String,
    /// How RFC 7643 spells it.
    pub canonical: &'static str,
}

/// Parses the body of a response.
pub fn body(_response: &Response) -> Body {
    Body::None
}

/// What the judge concludes from one answer, one walk, or one group of answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// Demands not met: `MUST` and `SHOULD`.
    pub findings: Vec<Finding>,
    /// Held against nobody: `MAY` demands not met, and which reading of an unclear text was met.
    pub notes: Vec<Note>,
    /// What was judged, met or not, in order and once each.
    pub judged: Vec<RequirementId>,
    /// Whether a status expectation was not met: then the other demands were not judged.
    pub status_failed: bool,
}

/// A list as it was read, page by page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkEvidence {
    /// The pages in the order read.
    pub pages: Vec<Page>,
    /// How the reading ended.
    pub end: WalkEnd,
}

/// One page of a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Which exchange of the transcript, counted from 0.
    pub exchange: usize,
    /// The `startIndex` asked for.
    pub start_index: u64,
    /// The ids shown, in order; resources without a text as id are left out.
    pub ids: Vec<String>,
    /// `totalResults`, when it is a whole number.
    pub total: Option<u64>,
    /// How many resources the page shows, with or without id.
    pub resources: usize,
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WalkEnd {
    /// As many resources as announced, or an empty page after them.
    #[default]
    Complete,
    /// An empty page while `totalResults` announced more.
    EmptyPageEarly,
    /// The budget of pages was used up.
    Endless,
    /// A page that is no list.
    NotAList,
}

impl WalkEvidence {
    /// The ids on all pages, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().flat_map(|page| &page.ids).map(String::as_str)
    }

    /// Whether nobody else changed the list between two readings or during them: every page of both announced the same
    /// total, and both show the same resources apart from `ours`.
    pub fn quiet_against(&self, earlier: &WalkEvidence, ours: &[String]) -> bool {
        let totals: std::collections::BTreeSet<_> = self.pages.iter().chain(&earlier.pages).map(|p| p.total).collect();
        let foreign = |walk: &WalkEvidence| -> std::collections::BTreeSet<String> {
            walk.ids().filter(|id| !ours.iter().any(|our| our == id)).map(str::to_owned).collect()
        };
        totals.len() <= 1 && foreign(self) == foreign(earlier)
    }
}

/// A fault in the embedded schemas: a requirement that the registry does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("schema {schema} names {requirement}, which is not a registered requirement")]
pub struct UnknownRequirement {
    /// The schema file.
    pub schema: String,
    /// What it names.
    pub requirement: String,
}

/// The compiled schemas and the levels of the requirements they name.
#[derive(Debug)]
pub struct Judge {}

impl Judge {
    /// Reads the schemas; they are compiled when first used.
    ///
    /// # Errors
    /// When a schema names a requirement that is not registered.
    pub fn new(_registry: &Registry) -> Result<Self, UnknownRequirement> {
        Ok(Self {})
    }

    /// Judges one answer. `index` is the place of the exchange in the transcript. Walk and group rules are passed over.
    /// An exchange without a reply satisfies nothing and violates nothing: the judgement is empty.
    ///
    /// # Errors
    /// A name in an expectation that has no value.
    pub fn answer(
        &self,
        _expectations: &[Expectation],
        _exchange: &Exchange,
        _index: usize,
        _body: &Body,
        _bindings: &Bindings,
    ) -> Result<Judgement, Unbound> {
        Ok(Judgement::default())
    }

    /// Judges the walk rules among the expectations; the others are passed over.
    ///
    /// # Errors
    /// A name in an expectation that has no value.
    pub fn walk(
        &self,
        _expectations: &[Expectation],
        _evidence: &WalkEvidence,
        _bindings: &Bindings,
    ) -> Result<Judgement, Unbound> {
        Ok(Judgement::default())
    }

    /// Judges the group rules among the expectations; the others are passed over. Each exchange comes with its place in
    /// the transcript.
    ///
    /// # Errors
    /// A name in an expectation that has no value.
    pub fn group(
        &self,
        _expectations: &[Expectation],
        _exchanges: &[(usize, &Exchange)],
        _bindings: &Bindings,
    ) -> Result<Judgement, Unbound> {
        Ok(Judgement::default())
    }

    /// What a check can report besides the requirement of its expectation.
    pub fn requirements_of(&self, _check: &Check) -> Vec<RequirementId> {
        Vec::new()
    }
}

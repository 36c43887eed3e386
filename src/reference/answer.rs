//! An answer on its way out, before it becomes bytes.

use serde_json::Value;

use super::problem::Problem;

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Text(String),
}

/// Status, headers and body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Lower-case names.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: vec![("content-type", "application/scim+json".to_owned())], body: Body::Json(body) }
    }

    /// Gives a header its only value.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.unset(name);
        self.headers.push((name, value.into()));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.headers.retain(|(given, _)| *given != name);
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Answer::json(problem.status, problem.body())
    }
}

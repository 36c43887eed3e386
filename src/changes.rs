//! What changed in the answers of a server since they were accepted, beside whether they conform.
//!
//! **Invariant:** a change of the question is never told as a change of the answer.

use serde_json::Value;

/// In which way something differs from what was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// It has another value.
    Changed,
    /// It has a value of another JSON type.
    TypeChanged,
    /// scim-check asks something else, so that the answers cannot be compared.
    Question,
    /// Nothing was accepted for the case yet.
    New,
}

impl ChangeKind {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
            ChangeKind::TypeChanged => "type changed",
            ChangeKind::Question => "question changed",
            ChangeKind::New => "new",
        }
    }

    /// The change of that word.
    pub fn parse(word: &str) -> Option<Self> {
        use ChangeKind::{Added, Changed, New, Question, Removed, TypeChanged};
        [Added, Removed, Changed, TypeChanged, Question, New].into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether it is one of the answer.
    pub fn is_of_answer(self) -> bool {
        !matches!(self, ChangeKind::Question | ChangeKind::New)
    }
}

/// One difference in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// In which way.
    pub kind: ChangeKind,
    /// What was asked: `GET /Users/{id}`.
    pub request: String,
    /// Where in the answer: `status`, `headers.location`, `body.emails[].type`.
    pub place: String,
    /// What was accepted there.
    pub before: Option<Value>,
    /// What is there now.
    pub after: Option<Value>,
}

/// The same difference in several cases, which is told once.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeGroup {
    /// The first of them.
    pub change: Change,
    /// Whether the others have other values than the first.
    pub various: bool,
    /// In which cases, in the order of the run.
    pub cases: Vec<String>,
}

/// What came of the comparison with a folder of snapshots.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The folder, as it was typed.
    pub folder: String,
    /// Cases whose answers were compared.
    pub compared: usize,
    /// Those of them whose answers are the accepted ones.
    pub same: usize,
    /// The differences, the most frequent first.
    pub groups: Vec<ChangeGroup>,
    /// Cases with a snapshot that were not run to their end this time.
    pub not_compared: Vec<String>,
    /// Cases with a snapshot that are not there any more.
    pub obsolete: Vec<String>,
    /// Whether what differs waits in the folder to be reviewed; nothing is written where `CI` is set.
    pub written: bool,
    /// Whether changed and new answers fail the run.
    pub strict: bool,
}

impl Changes {
    /// Whether they fail the run by themselves.
    pub fn fails(&self) -> bool {
        self.strict && self.groups.iter().any(|group| group.change.kind != ChangeKind::Question)
    }

    /// Groups of one sort.
    pub fn of(&self, wanted: impl Fn(ChangeKind) -> bool) -> impl Iterator<Item = &ChangeGroup> {
        self.groups.iter().filter(move |group| wanted(group.change.kind))
    }
}

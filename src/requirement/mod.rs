//! What is demanded of a server, by whom, and why it matters.
//!
//! **Invariant:** severity lives here and nowhere else; a scenario repeats it only to be checked against it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::source::{Diagnostic, Kind, Node, Span};

mod edition;

pub(crate) use edition::no_edition;
pub use edition::{About, Change, Differences, Edition, Editions, Standing, UnknownEdition};

/// How binding a requirement is. Ordered: the worst finding decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Allowed; not doing it earns a note.
    May,
    /// Recommended; not doing it earns a warning.
    Should,
    /// Binding; not doing it is a violation.
    Must,
}

impl Level {
    /// `MAY`, `SHOULD` or `MUST`.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::May => "MAY",
            Level::Should => "SHOULD",
            Level::Must => "MUST",
        }
    }
}

impl Level {
    /// The level of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Level::May, Level::Should, Level::Must].into_iter().find(|level| level.as_str() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The stable key of a requirement, such as `RFC7644-3.3-created-201` or `OKTA-lookup-finds-user`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId(pub Arc<str>);

impl RequirementId {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for RequirementId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a requirement can be tested from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Testability {
    /// With one ordinary credential.
    BlackBox,
    /// Only with further set-up by the operator.
    NeedsConfig(String),
    /// Not at all.
    NotTestable(String),
}

impl Testability {
    /// The word used in the registry's files.
    pub fn as_str(&self) -> &'static str {
        match self {
            Testability::BlackBox => "black-box",
            Testability::NeedsConfig(_) => "needs-config",
            Testability::NotTestable(_) => "not-testable",
        }
    }
}

/// In which of the ways that need different advice a demand was not met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// The server answered with an error where a success was demanded.
    Refused,
    /// The status is another than the one demanded, and no error in place of a success.
    WrongStatus,
    /// The request was answered with a success, and the answer or a later read shows something else than demanded.
    NoEffect,
    /// Anything else, such as an error whose body is not as it should be.
    #[default]
    Otherwise,
}

impl Failure {
    /// Those that a registry's texts tell apart by name.
    const TOLD_APART: [Failure; 3] = [Failure::Refused, Failure::WrongStatus, Failure::NoEffect];

    /// The word for it in the registry and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Failure::Refused => "refused",
            Failure::WrongStatus => "wrong-status",
            Failure::NoEffect => "no-effect",
            Failure::Otherwise => "otherwise",
        }
    }
}

impl Failure {
    /// The way of that word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = Self::TOLD_APART.into_iter().chain([Failure::Otherwise]);
        all.into_iter().find(|failure| failure.as_str() == word)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text of a requirement, which may be another for each way of not meeting it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    forms: Vec<(Failure, String)>,
}

impl Advice {
    /// The text for a demand that was not met in that way. Where there is none of its own it is the one for all others.
    pub fn on(&self, failure: Failure) -> Option<&str> {
        let of = |wanted: Failure| self.forms.iter().find(|(failure, _)| *failure == wanted);
        of(failure).or_else(|| of(Failure::Otherwise)).map(|(_, text)| text.as_str())
    }

    /// The texts, each with the way of not meeting the requirement that it is for.
    pub fn forms(&self) -> impl Iterator<Item = (Failure, &str)> {
        self.forms.iter().map(|(failure, text)| (*failure, text.as_str()))
    }
}

impl Advice {
    /// The texts for some ways of not meeting a requirement.
    pub fn of(forms: impl IntoIterator<Item = (Failure, String)>) -> Self {
        Self { forms: forms.into_iter().collect() }
    }
}

impl From<&str> for Advice {
    fn from(text: &str) -> Self {
        Self { forms: vec![(Failure::Otherwise, text.to_owned())] }
    }
}

/// One demand on a SCIM server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its stable key.
    pub id: RequirementId,
    /// The document that demands it: `RFC7644`, `Okta`, …
    pub source: String,
    /// The section of that document.
    pub section: String,
    /// How binding it is.
    pub level: Level,
    /// The topic, for grouping.
    pub area: String,
    /// The demand in one clause.
    pub title: String,
    /// What an identity provider does when it is not met.
    pub consequence: Option<Advice>,
    /// What to do about it.
    pub fix: Option<Advice>,
    /// Where else it can be read.
    pub sources: Vec<String>,
    /// A reading, erratum or conflict to keep in mind.
    pub note: Option<String>,
    /// The condition under which it is in force, as written.
    pub applies_if: String,
    /// Whether it can be tested from outside.
    pub testability: Testability,
    /// Numbers of the known failure modes it answers.
    pub modes: Vec<u16>,
    /// Of a specification's requirement: whether Okta relies on it.
    pub okta: bool,
    /// The edition that brought it; none for what is not this program's own, and always counts.
    pub since: Option<Edition>,
    /// What became of it since, the oldest change first.
    pub changed: Vec<Change>,
    /// Of a law that every write obeys: the requirements of scenarios that it only says again where one of them is violated.
    pub restates: Vec<Restated>,
    /// Where it was written.
    pub span: Span,
}

/// A requirement that a law says in general.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restated {
    /// Which.
    pub id: RequirementId,
    /// Of what the law says then nothing new.
    pub of: Restates,
}

/// Of what a law says nothing new where a requirement that it restates is violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restates {
    /// Whatever was written.
    Anything,
    /// The attribute that the violation is about.
    SameAttribute,
    /// What was written with that method.
    Method(String),
}

impl Requirement {
    /// Whether an identity provider, its tests or its reviewers look at it.
    pub fn is_looked_at(&self) -> bool {
        self.okta || !(self.is_of_specification() || self.source == OWN)
    }

    /// Whether a specification demands it and Okta does not look at it. What another provider, or the owner of a file, demands is
    /// neither.
    pub fn is_only_specified(&self) -> bool {
        self.is_of_specification() && !self.okta
    }

    /// Whether its source is an RFC, or one of the documents of SCIM 1.1.
    fn is_of_specification(&self) -> bool {
        self.source.starts_with("RFC") || self.source.starts_with("SCIM1.1")
    }
}

/// The source of a requirement that does not name one: whoever wrote it.
pub const OWN: &str = "own";

/// All requirements, by key.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    by_id: BTreeMap<RequirementId, Arc<Requirement>>,
}

impl FromIterator<Requirement> for Registry {
    fn from_iter<I: IntoIterator<Item = Requirement>>(requirements: I) -> Self {
        let by_id = requirements.into_iter().map(|requirement| (requirement.id.clone(), Arc::new(requirement)));
        Self { by_id: by_id.collect() }
    }
}

impl Registry {
    /// The requirement of that key.
    pub fn get(&self, id: &str) -> Option<&Arc<Requirement>> {
        self.by_id.get(&RequirementId::from(id))
    }

    /// All, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Requirement>> {
        self.by_id.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// What each law restates.
    pub fn restated(&self) -> BTreeMap<RequirementId, Vec<Restated>> {
        let laws = self.iter().filter(|requirement| !requirement.restates.is_empty());
        laws.map(|law| (law.id.clone(), law.restates.clone())).collect()
    }

    /// What is restated and not registered, as mistakes.
    pub fn unknown_restated(&self) -> Vec<Diagnostic> {
        let all = self.iter().flat_map(|law| law.restates.iter().map(move |restated| (law, restated)));
        let unknown = all.filter(|(_, restated)| self.get(restated.id.as_str()).is_none());
        let mistake = |(law, restated): (&Arc<Requirement>, &Restated)| {
            let message = format!("{} restates the unknown requirement `{}`", law.id, restated.id);
            let mut mistake = Diagnostic::new(message, &law.span, "not in the registry");
            mistake.help = self.nearest(restated.id.as_str()).map(|near| format!("did you mean `{near}`?"));
            mistake
        };
        unknown.map(mistake).collect()
    }

    /// The key most like the given one, for "did you mean".
    pub fn nearest(&self, id: &str) -> Option<&str> {
        self.by_id
            .keys()
            .map(|known| (strsim::jaro_winkler(id, known.as_str()), known))
            .filter(|(likeness, _)| *likeness > 0.85)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, known)| known.as_str())
    }

    /// Adds the requirements of one file; reports every mistake in it.
    pub fn add(&mut self, root: &Node) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        let Kind::Seq(entries) = &root.kind else {
            return vec![Diagnostic::new(
                "a requirement file is a list of requirements",
                &root.span,
                format!("this is {}", root.kind_name()),
            )];
        };
        for entry in entries {
            let requirement = Fields { entry, mistakes: &mut mistakes }.requirement();
            let Some(requirement) = requirement else { continue };
            if let Some(first) = self.by_id.get(&requirement.id) {
                mistakes.push(
                    Diagnostic::new(
                        format!("requirement {} is there twice", requirement.id),
                        &requirement.span,
                        "second time",
                    )
                    .help(format!(
                        "the first is in {} line {}",
                        first.span.file.name,
                        first.span.line()
                    )),
                );
                continue;
            }
            self.by_id.insert(requirement.id.clone(), Arc::new(requirement));
        }
        mistakes
    }
}

const KEYS: &[&str] = &[
    "id",
    "source",
    "section",
    "level",
    "keyword",
    "subject",
    "area",
    "title",
    "testable",
    "why",
    "applies_if",
    "core",
    "okta",
    "hint",
    "verified",
    "also_in",
    "related",
    "note",
    "consequence",
    "fix",
    "sources",
    "modes",
    "since",
    "changed",
    "restates",
];

/// The items of a list.
fn items(node: &Node) -> Vec<Node> {
    match &node.kind {
        Kind::Seq(items) => items.clone(),
        _ => vec![node.clone()],
    }
}

/// Reads one entry and collects what is wrong with it.
struct Fields<'a> {
    entry: &'a Node,
    mistakes: &'a mut Vec<Diagnostic>,
}

impl Fields<'_> {
    fn requirement(mut self) -> Option<Requirement> {
        let Kind::Map(_) = &self.entry.kind else {
            self.mistake("a requirement is a mapping", &self.entry.span, self.entry.kind_name());
            return None;
        };
        let before = self.mistakes.len();
        self.known_keys(KEYS, "not a field of a requirement");
        let id = self.required("id");
        let span = self.entry.get("id").map_or(&self.entry.span, |n| &n.span).clone();
        if let Some(id) = &id
            && (id.is_empty() || id.chars().any(|c| c.is_whitespace() || c == '#'))
        {
            self.mistake("an id has no spaces and no `#`", &span, "this id");
        }
        let level = self.level();
        let title = self.required("title");
        let testability = self.testability();
        let requirement = Requirement {
            id: RequirementId::from(id?.as_str()),
            source: self.text("source").unwrap_or_else(|| OWN.to_owned()),
            section: self.text("section").unwrap_or_default(),
            level: level?,
            area: self.text("area").unwrap_or_default(),
            title: title?,
            consequence: self.advice("consequence"),
            fix: self.advice("fix"),
            sources: self.list("sources").iter().filter_map(|n| n.as_str().map(str::to_owned)).collect(),
            note: self.text("note"),
            applies_if: self.text("applies_if").unwrap_or_else(|| "always".to_owned()),
            testability: testability?,
            modes: self.modes(),
            okta: self.flag("okta"),
            since: self.edition("since"),
            changed: self.changes(),
            restates: self.restates(),
            span,
        };
        (self.mistakes.len() == before).then_some(requirement)
    }

    fn known_keys(&mut self, known: &[&str], label: &str) {
        let Kind::Map(entries) = &self.entry.kind else { return };
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.value.as_str())) {
            let mut mistake = Diagnostic::new(format!("unknown key `{}`", key.value), &key.span, label);
            mistake.help = crate::source::did_you_mean(&key.value, known);
            self.mistakes.push(mistake);
        }
    }

    fn mistake(&mut self, message: &str, span: &Span, label: &str) {
        self.mistakes.push(Diagnostic::new(message, span, label));
    }

    fn required(&mut self, key: &str) -> Option<String> {
        let text = self.text(key);
        if text.as_deref().is_none_or(str::is_empty) && self.entry.get(key).is_none_or(|n| n.as_str().is_some()) {
            self.mistake(&format!("a requirement needs `{key}`"), &self.entry.span.clone(), "this requirement");
        }
        text
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let node = self.entry.get(key)?;
        match &node.kind {
            Kind::String(s) => Some(s.clone()),
            Kind::Number(n) => Some(n.to_string()),
            _ => {
                self.mistake(&format!("`{key}` is text"), &node.span, node.kind_name());
                None
            }
        }
    }

    /// One text, or a mapping of texts by what came back.
    fn advice(&mut self, key: &str) -> Option<Advice> {
        let node = self.entry.get(key)?;
        let Kind::Map(entries) = &node.kind else {
            return self.text(key).map(|text| Advice::from(text.as_str()));
        };
        let all = || Failure::TOLD_APART.into_iter().chain([Failure::Otherwise]);
        let words: Vec<&str> = all().map(Failure::as_str).collect();
        let mut forms = Vec::new();
        for (word, text) in entries {
            match (all().find(|failure| failure.as_str() == word.value), text.as_str()) {
                (Some(failure), Some(text)) => forms.push((failure, text.to_owned())),
                (Some(_), None) => self.mistake(&format!("each form of `{key}` is text"), &text.span, text.kind_name()),
                (None, _) => {
                    let message = format!("unknown form `{}` of `{key}`", word.value);
                    let mut diagnostic = Diagnostic::new(message, &word.span, "no answer is of this kind");
                    diagnostic.help = Some(crate::source::suggestion(&word.value, &words));
                    self.mistakes.push(diagnostic);
                }
            }
        }
        let has = |failure: Failure| forms.iter().any(|(known, _)| *known == failure);
        if !has(Failure::Otherwise) && !Failure::TOLD_APART.into_iter().all(has) {
            self.mistake(
                &format!("`{key}` does not say what holds `otherwise`"),
                &node.span,
                "these forms are not all",
            );
        }
        Some(Advice { forms })
    }

    fn list(&mut self, key: &str) -> Vec<Node> {
        match self.entry.get(key) {
            None => Vec::new(),
            Some(Node { kind: Kind::Seq(items), .. }) => items.clone(),
            Some(node) => {
                self.mistake(&format!("`{key}` is a list"), &node.span, node.kind_name());
                Vec::new()
            }
        }
    }

    fn flag(&mut self, key: &str) -> bool {
        match self.entry.get(key) {
            None => false,
            Some(Node { kind: Kind::Bool(is_so), .. }) => *is_so,
            Some(node) => {
                self.mistake(&format!("`{key}` is true or false"), &node.span, node.kind_name());
                false
            }
        }
    }

    /// A list of ids, or lists by what the law then says nothing new of: a method, `same-attribute` or `anything`.
    fn restates(&mut self) -> Vec<Restated> {
        let lists: Vec<(Restates, Vec<Node>)> = match self.entry.get("restates").map(|node| &node.kind) {
            Some(Kind::Map(entries)) => {
                let of = |key: &str| match key {
                    "anything" => Some(Restates::Anything),
                    "same-attribute" => Some(Restates::SameAttribute),
                    "POST" | "PUT" | "PATCH" | "DELETE" => Some(Restates::Method(key.to_owned())),
                    _ => None,
                };
                let entries = entries.clone();
                for (key, _) in entries.iter().filter(|(key, _)| of(&key.value).is_none()) {
                    let label = "neither a method nor `anything` nor `same-attribute`";
                    self.mistake(&format!("unknown key `{}` of `restates`", key.value), &key.span, label);
                }
                entries.iter().filter_map(|(key, node)| Some((of(&key.value)?, items(node)))).collect()
            }
            _ => vec![(Restates::Anything, self.list("restates"))],
        };
        let ids = |(of, nodes): &(Restates, Vec<Node>)| -> Vec<Restated> {
            let ids = nodes.iter().filter_map(|node| node.as_str()).map(RequirementId::from);
            ids.map(|id| Restated { id, of: of.clone() }).collect()
        };
        lists.iter().flat_map(ids).collect()
    }

    fn edition(&mut self, key: &str) -> Option<Edition> {
        let node = self.entry.get(key)?;
        let edition = Edition::of(node);
        if edition.is_none() {
            self.mistakes.push(no_edition(key, &node.span));
        }
        edition
    }

    fn changes(&mut self) -> Vec<Change> {
        let since = self.entry.get("since").and_then(Edition::of);
        let mut changes: Vec<Change> = Vec::new();
        for entry in self.list("changed") {
            let Kind::Map(_) = &entry.kind else {
                self.mistake("a change is a mapping", &entry.span, entry.kind_name());
                continue;
            };
            let mut fields = Fields { entry: &entry, mistakes: self.mistakes };
            fields.known_keys(&["edition", "was", "why"], "not a field of a change");
            let was = entry.get("was").and_then(|node| {
                let level = node.as_str().and_then(Level::parse);
                if level.is_none() {
                    fields.mistake("`was` is the level until then: MUST, SHOULD or MAY", &node.span, "not a level");
                }
                level
            });
            let why = fields.text("why");
            for key in ["edition", "why"].into_iter().filter(|key| entry.get(key).is_none()) {
                fields.mistake(&format!("a change has `{key}`"), &entry.span, "none here");
            }
            let Some(edition) = fields.edition("edition") else { continue };
            let before = changes.last().map(|change| change.edition).or(since);
            if before.is_some_and(|before| edition <= before) {
                let span = &entry.get("edition").map_or(&entry.span, |node| &node.span).clone();
                fields.mistake("a change is later than `since`, and than the change before it", span, "not later");
            }
            changes.push(Change { edition, was, why: why.unwrap_or_default() });
        }
        if let (Some(node), None) = (self.entry.get("changed"), self.entry.get("since")) {
            self.mistake("what changed has a `since`", &node.span, "a change of what was always there");
        }
        changes
    }

    fn modes(&mut self) -> Vec<u16> {
        let mut modes = Vec::new();
        for node in self.list("modes") {
            match &node.kind {
                Kind::Number(n) if n.as_u64().is_some_and(|n| n < 1000) => {
                    modes.extend(n.as_u64().and_then(|n| u16::try_from(n).ok()));
                }
                _ => self.mistake("a failure mode is a number", &node.span, node.kind_name()),
            }
        }
        modes
    }

    fn level(&mut self) -> Option<Level> {
        let Some(node) = self.entry.get("level") else {
            self.mistake("a requirement needs `level`", &self.entry.span.clone(), "this requirement");
            return None;
        };
        match node.as_str() {
            Some("MUST") => Some(Level::Must),
            Some("SHOULD") => Some(Level::Should),
            Some("MAY") => Some(Level::May),
            _ => {
                self.mistake("a level is MUST, SHOULD or MAY", &node.span, "not a level");
                None
            }
        }
    }

    fn testability(&mut self) -> Option<Testability> {
        let Some(node) = self.entry.get("testable") else { return Some(Testability::BlackBox) };
        let why = self.text("why").unwrap_or_default();
        match node.as_str() {
            Some("black-box") => Some(Testability::BlackBox),
            Some("needs-config") => Some(Testability::NeedsConfig(why)),
            Some("not-testable") => Some(Testability::NotTestable(why)),
            _ => {
                self.mistake("`testable` is black-box, needs-config or not-testable", &node.span, "not one of them");
                None
            }
        }
    }
}

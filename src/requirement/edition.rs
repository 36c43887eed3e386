//! Editions: which demands there were when. A newer version of this program demands more; who names an edition is measured by
//! what was demanded then.

use std::collections::BTreeMap;
use std::fmt;

use super::{Level, Registry, Requirement, RequirementId};
use crate::source::{Diagnostic, Kind, Node, Span, did_you_mean};

/// A set of demands, named after year and month: `2026.12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition {
    year: u16,
    month: u8,
}

impl Edition {
    /// The edition of that name; none where the text is not a year, a dot and a month.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('.')?;
        let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let month = month.parse().ok().filter(|month| (1..=12).contains(month))?;
        Some(Self { year: year.parse().ok()?, month })
    }

    /// The edition that a file names. YAML takes it for a number when it has no quotes, and would drop a final zero; so it is read as
    /// it is written.
    pub fn of(node: &Node) -> Option<Self> {
        match &node.kind {
            Kind::String(text) => Self::parse(text),
            Kind::Number(_) => Self::parse(node.span.file.text.get(node.span.bytes.clone())?.trim()),
            _ => None,
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.year, self.month)
    }
}

/// What there is to say of an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub edition: Edition,
    /// What it brought, in a sentence.
    pub summary: String,
    /// The version of this program that it was released with; none while it may still change.
    pub released: Option<String>,
}

/// Why a text names no edition of the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownEdition {
    /// It is not the name of an edition.
    #[error("`{0}` is not an edition, which is a year and a month, such as 2026.12")]
    NoName(String),
    /// It is later than all that are known.
    #[error("edition {wanted} is later than {newest}, the newest that this version of scim-check knows")]
    Later {
        /// What was written.
        wanted: Edition,
        /// The newest.
        newest: Edition,
    },
    /// There is none of that name.
    #[error("there is no edition {wanted}; there are: {known}")]
    None {
        /// What was written.
        wanted: Edition,
        /// What there is.
        known: String,
    },
}

/// All editions, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editions(Vec<About>);

impl Editions {
    /// The oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &About> {
        self.0.iter()
    }

    /// The newest, by which a run is scored that names none.
    pub fn newest(&self) -> Option<Edition> {
        self.0.last().map(|about| about.edition)
    }

    /// The edition of that name.
    ///
    /// # Errors
    /// When it is no name, or there is none of that name.
    pub fn find(&self, text: &str) -> Result<Edition, UnknownEdition> {
        let wanted = Edition::parse(text).ok_or_else(|| UnknownEdition::NoName(text.to_owned()))?;
        self.known(wanted)
    }

    fn known(&self, wanted: Edition) -> Result<Edition, UnknownEdition> {
        if self.0.iter().any(|about| about.edition == wanted) {
            return Ok(wanted);
        }
        match self.newest().filter(|newest| wanted > *newest) {
            Some(newest) => Err(UnknownEdition::Later { wanted, newest }),
            None => Err(UnknownEdition::None { wanted, known: self.names() }),
        }
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.0.iter().map(|about| about.edition.to_string()).collect();
        names.join(", ")
    }

    /// A mistake where something names an edition that is not in the table.
    pub fn check(&self, wanted: Edition, span: &Span) -> Option<Diagnostic> {
        self.known(wanted).err()?;
        let mistake = Diagnostic::new(format!("there is no edition {wanted}"), span, "not in editions.yaml");
        Some(mistake.help(format!("there are: {}", self.names())))
    }

    /// Adds the editions of one table; reports every mistake in it.
    pub fn add(&mut self, root: &Node) -> Vec<Diagnostic> {
        const KEYS: &[&str] = &["edition", "summary", "released"];
        let Kind::Seq(entries) = &root.kind else {
            let label = format!("this is {}", root.kind_name());
            return vec![Diagnostic::new("the editions are a list", &root.span, label)];
        };
        let mut mistakes = Vec::new();
        for entry in entries {
            let before = mistakes.len();
            let Kind::Map(keys) = &entry.kind else {
                mistakes.push(Diagnostic::new("an edition is a mapping", &entry.span, entry.kind_name()));
                continue;
            };
            for (key, _) in keys.iter().filter(|(key, _)| !KEYS.contains(&key.value.as_str())) {
                let mut mistake =
                    Diagnostic::new(format!("unknown key `{}`", key.value), &key.span, "not a field of an edition");
                mistake.help = did_you_mean(&key.value, KEYS);
                mistakes.push(mistake);
            }
            let mut text = |key: &str| match entry.get(key) {
                Some(node) => node.as_str().map(str::to_owned).or_else(|| {
                    mistakes.push(Diagnostic::new(format!("`{key}` is text"), &node.span, node.kind_name()));
                    None
                }),
                None => None,
            };
            let (summary, released) = (text("summary"), text("released"));
            if entry.get("summary").is_none() {
                mistakes.push(Diagnostic::new("an edition has a `summary`", &entry.span, "none here"));
            }
            let Some(node) = entry.get("edition") else {
                mistakes.push(Diagnostic::new("an edition has a name: `edition`", &entry.span, "none here"));
                continue;
            };
            let Some(edition) = Edition::of(node) else {
                mistakes.push(no_edition("edition", &node.span));
                continue;
            };
            if self.0.iter().any(|about| about.edition == edition) {
                mistakes.push(Diagnostic::new(
                    format!("edition {edition} is there twice"),
                    &node.span,
                    "the second time",
                ));
            }
            if mistakes.len() == before {
                self.0.push(About { edition, summary: summary.unwrap_or_default(), released });
            }
        }
        self.0.sort_by_key(|about| about.edition);
        mistakes
    }
}

/// The mistake of whoever wrote something else where an edition should be.
pub(crate) fn no_edition(key: &str, span: &Span) -> Diagnostic {
    Diagnostic::new(format!("`{key}` is an edition, such as 2026.12"), span, "not a year and a month")
}

/// A change of a requirement after it first was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The edition from which on it is as it is now, or was until the next change.
    pub edition: Edition,
    /// The level until then; none where the level is the same and what is demanded is not.
    pub was: Option<Level>,
    /// What changed, and why.
    pub why: String,
}

/// What an edition makes of a requirement of today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was demanded, and is scored at that level.
    Scored(Level),
    /// It was not, or something else was: it is scored from that edition on.
    Later(Edition),
}

impl Requirement {
    /// What an edition makes of it. Whose requirement names no edition always was there.
    pub fn standing(&self, edition: Edition) -> Standing {
        if let Some(since) = self.since.filter(|since| *since > edition) {
            return Standing::Later(since);
        }
        let after = || self.changed.iter().filter(|change| change.edition > edition);
        if let Some(change) = after().find(|change| change.was.is_none()) {
            return Standing::Later(change.edition);
        }
        match after().min_by_key(|change| change.edition) {
            // What bound nobody then is not held against anybody.
            Some(Change { was: Some(Level::May), edition, .. }) => Standing::Later(*edition),
            Some(change) => Standing::Scored(change.was.unwrap_or(self.level)),
            None => Standing::Scored(self.level),
        }
    }
}

/// Which requirements an edition scores in another way than the newest does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences(BTreeMap<RequirementId, Standing>);

impl Differences {
    /// Those between an edition and the registry as it is.
    pub fn of(registry: &Registry, edition: Edition) -> Self {
        let differ = registry.iter().filter_map(|requirement| {
            let standing = requirement.standing(edition);
            (standing != Standing::Scored(requirement.level)).then(|| (requirement.id.clone(), standing))
        });
        Self(differ.collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The edition from which on a requirement is scored, where that is a later one.
    pub fn later(&self, id: &RequirementId) -> Option<Edition> {
        match self.0.get(id)? {
            Standing::Later(edition) => Some(*edition),
            Standing::Scored(_) => None,
        }
    }

    /// The level at which a requirement is scored, where it is another than today's.
    pub fn level(&self, id: &RequirementId) -> Option<Level> {
        match self.0.get(id)? {
            Standing::Scored(level) => Some(*level),
            Standing::Later(_) => None,
        }
    }
}

impl Registry {
    /// The registry with the levels of an edition. What came later is there as it is today.
    #[must_use]
    pub fn at(&self, edition: Edition) -> Self {
        let then = |requirement: &Requirement| match requirement.standing(edition) {
            Standing::Scored(level) => Requirement { level, ..requirement.clone() },
            Standing::Later(_) => requirement.clone(),
        };
        self.iter().map(|requirement| then(requirement)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(text: &str) -> Edition {
        Edition::parse(text).expect("a year and a month")
    }

    #[test]
    fn a_year_and_a_month_and_nothing_else_is_an_edition() {
        assert_eq!(edition("2026.10").to_string(), "2026.10");
        assert!(edition("2026.12") < edition("2027.01"));
        for wrong in
            ["", "2026", "2026.1", "2026.13", "2026.00", "26.12", "2026-12", "2026.12.1", "+026.12", "２０２６.12"]
        {
            assert_eq!(Edition::parse(wrong), None, "{wrong}");
        }
    }
}

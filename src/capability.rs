//! What a server may leave out, and how we know whether it does.
//!
//! **Invariant:** unknown support excuses nothing; only what the server or its owner says is unsupported does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The tables of attributes that a scenario can be run for each row of, and their columns. `attribute` names the row; the others
/// hold parts of a user.
pub const ATTRIBUTE_TABLES: &[(&str, &[&str])] = &[
    ("created", &["attribute", "value", "expected", "parts"]),
    ("updated", &["attribute", "value", "changed", "patch", "expected", "parts"]),
    ("cleared", &["attribute", "value", "expected", "cleared", "patch", "parts"]),
    ("emptied", &["attribute", "value", "expected", "emptied", "patch", "parts"]),
    ("text", &["attribute", "odd", "zeros", "long", "patch", "expected"]),
    ("all-imported", &["attribute", "combined", "expected", "parts"]),
    ("all-reimported", &["attribute", "combined", "changes", "expected", "parts"]),
    ("all-advertised", &["attribute", "combined", "parts", "changes", "later", "singles"]),
    ("all-default", &["attribute", "combined", "parts", "changes", "later", "singles"]),
];

/// What a server may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// PATCH (`ServiceProviderConfig.patch`, RFC 7643 §5).
    Patch,
    /// Filters (`ServiceProviderConfig.filter`).
    Filter,
    /// Sorting (`ServiceProviderConfig.sort`).
    Sort,
    /// Bulk operations (`ServiceProviderConfig.bulk`).
    Bulk,
    /// ETags (`ServiceProviderConfig.etag`).
    Etag,
    /// Changing passwords (`ServiceProviderConfig.changePassword`).
    ChangePassword,
    /// The User resource type.
    Users,
    /// The Group resource type.
    Groups,
    /// The enterprise extension of User (RFC 7643 §4.3).
    Enterprise,
    /// What a persona has a word for: a switch of the provider's, a kind of app, or something in which products differ.
    Word(Word),
    /// The owner lists the attributes that are provisioned, so that each can be looked at.
    DeclaredAttributes,
    /// There is a second credential of the same tenant.
    SecondCredential,
    /// There is a credential of the same tenant that was taken back.
    RevokedCredential,
}

/// A word that a persona brought along; two of the same text are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(&'static str);

impl Capability {
    /// Those that a server of any owner has or has not, whoever provisions it.
    pub const OF_PROTOCOL: &'static [Capability] = &[
        Capability::Patch,
        Capability::Filter,
        Capability::Sort,
        Capability::Bulk,
        Capability::Etag,
        Capability::ChangePassword,
        Capability::Users,
        Capability::Groups,
        Capability::Enterprise,
        Capability::DeclaredAttributes,
    ];

    /// What is given for a run, or not.
    pub const GIVEN: &'static [Capability] = &[Capability::SecondCredential, Capability::RevokedCredential];

    /// The capability of that word. Whether a persona really has the word only those know who hold the personas.
    pub fn of(word: &str) -> Self {
        let known = Self::OF_PROTOCOL.iter().chain(Self::GIVEN).copied().find(|known| known.as_str() == word);
        known.unwrap_or_else(|| Capability::Word(Word(interned(word))))
    }

    /// The word for it in scenario and target files.
    pub fn as_str(self) -> &'static str {
        match self {
            Capability::Patch => "patch",
            Capability::Filter => "filter",
            Capability::Sort => "sort",
            Capability::Bulk => "bulk",
            Capability::Etag => "etag",
            Capability::ChangePassword => "change-password",
            Capability::Users => "users",
            Capability::Groups => "groups",
            Capability::Enterprise => "enterprise",
            Capability::Word(Word(text)) => text,
            Capability::DeclaredAttributes => "declared-attributes",
            Capability::SecondCredential => "second-credential",
            Capability::RevokedCredential => "revoked-credential",
        }
    }

    /// The option with which it is given for a run; `None` for what servers have.
    pub fn option(self) -> Option<&'static str> {
        match self {
            Capability::SecondCredential => Some("--second-token"),
            Capability::RevokedCredential => Some("--revoked-token"),
            _ => None,
        }
    }
}

/// The one copy of a text that all words of that text share. It is never given back: there are as many as files have words.
fn interned(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into());
    texts.insert(kept);
    kept
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The owner of the server says so in the target file, at this place (`file:line`).
    Declared(String),
    /// The owner lists what there is at this place (`file:line`), and it is not in the list.
    NotListed(String),
    /// It follows from another capability.
    Inferred {
        /// Which one.
        from: Capability,
        /// How that is known.
        because: Box<Evidence>,
    },
    /// It was given for the run, as it can be with this option.
    Given(&'static str),
    /// It was not given for the run; this option would have.
    NotGiven(&'static str),
    /// A stored report says so, in these words.
    Told(String),
    /// The server says so: the request that was answered, and where in the answer.
    Discovered {
        /// Such as `GET /ServiceProviderConfig`.
        request: String,
        /// Such as `patch.supported is false`.
        says: String,
    },
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Told(how) => f.write_str(how),
            Evidence::Declared(at) => write!(f, "declared in {at}"),
            Evidence::NotListed(at) => write!(f, "not declared in {at}"),
            Evidence::Given(option) => write!(f, "given, see {option}"),
            Evidence::NotGiven(option) => write!(f, "not given, see {option}"),
            Evidence::Inferred { from, because } => write!(f, "inferred from {from}: {because}"),
            Evidence::Discovered { request, says } => write!(f, "{request}: {says}"),
        }
    }
}

/// Whether a capability is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Support {
    /// It is.
    Yes(Evidence),
    /// It is not.
    No(Evidence),
    /// Nobody says.
    #[default]
    Unknown,
}

/// What is known of a server's capabilities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(pub BTreeMap<Capability, Support>);

impl Capabilities {
    /// What is known of one.
    pub fn get(&self, capability: Capability) -> &Support {
        self.0.get(&capability).unwrap_or(&Support::Unknown)
    }
}

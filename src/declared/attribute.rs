//! Attributes of a user as an owner declares them, and what follows from them for what can be checked.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::capability::{Capabilities, Capability, Evidence, Support};
use crate::persona::{Definition, Personas, Said, Sign};
use crate::scim::{ENTERPRISE, ENTERPRISE_ATTRIBUTES, USER_ATTRIBUTES, V1_ENTERPRISE, V1_ENTERPRISE_ATTRIBUTES};

use super::{Shown, support};

/// One attribute that is provisioned.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its path: `title`, `name.givenName`, or the URN of an extension, a colon and the name there.
    pub path: String,
    /// Of which type it is.
    pub kind: AttributeType,
    /// For an attribute of several values: their types, such as `work` and `home`.
    pub by_type: Vec<String>,
    /// What Okta may do with it.
    pub uses: BTreeSet<Use>,
    /// Whether no user is without it.
    pub required: bool,
    /// Whether it keeps the value it was created with.
    pub immutable: bool,
    /// The values it can have; empty when any will do.
    pub values: Vec<Value>,
    /// Where it is declared: `file:line`.
    pub place: String,
}

/// The types of RFC 7643 §2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Decimal,
    /// A number without a fraction.
    Integer,
    /// A date and time.
    DateTime,
    /// A URI.
    Reference,
    /// An object.
    Complex,
}

impl AttributeType {
    /// The words for them.
    pub const WORDS: &'static [(&'static str, AttributeType)] = &[
        ("string", AttributeType::String),
        ("boolean", AttributeType::Boolean),
        ("decimal", AttributeType::Decimal),
        ("integer", AttributeType::Integer),
        ("dateTime", AttributeType::DateTime),
        ("reference", AttributeType::Reference),
        ("complex", AttributeType::Complex),
    ];
}

/// What Okta may do with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Send it with a new user.
    Create,
    /// Change it.
    Update,
    /// Take its value away.
    Clear,
    /// Read it.
    Import,
}

impl Use {
    /// The words for them.
    pub const WORDS: &'static [(&'static str, Use)] =
        &[("create", Use::Create), ("update", Use::Update), ("clear", Use::Clear), ("import", Use::Import)];

    /// All of them, which is what an attribute is for when nothing else is said.
    pub(super) fn all() -> BTreeSet<Use> {
        Self::WORDS.iter().map(|(_, r#use)| *r#use).collect()
    }
}

impl Attribute {
    /// The last part of the path: `department` for the department of the enterprise extension.
    pub fn short_name(&self) -> &str {
        self.path.rsplit([':', '.']).next().unwrap_or(&self.path)
    }

    /// Whether it is that attribute or holds it as a part.
    pub fn covers(&self, path: &str) -> bool {
        let rest = path.get(self.path.len()..).unwrap_or_default();
        path.get(..self.path.len()).is_some_and(|start| start.eq_ignore_ascii_case(&self.path))
            && (rest.is_empty() || rest.starts_with('.'))
    }
}

/// The attributes among which one of that path has to be, and its name there. Attributes of extensions that nobody registered are
/// their owners' business: `None`.
pub(super) fn registered(path: &str) -> Option<(&'static [&'static str], &str)> {
    match path.rsplit_once(':') {
        Some((urn, name)) if urn.eq_ignore_ascii_case(ENTERPRISE) => Some((ENTERPRISE_ATTRIBUTES, name)),
        Some((urn, name)) if urn.eq_ignore_ascii_case(V1_ENTERPRISE) => Some((V1_ENTERPRISE_ATTRIBUTES, name)),
        Some((urn, name)) if urn.to_lowercase().starts_with("urn:") && !name.is_empty() => None,
        _ => Some((USER_ATTRIBUTES, path)),
    }
}

/// The name of an attribute of the enterprise extension, in either version of SCIM, with the parts of it.
pub(super) fn of_enterprise(path: &str) -> Option<&str> {
    let (urn, name) = path.rsplit_once(':')?;
    [ENTERPRISE, V1_ENTERPRISE].iter().any(|known| urn.eq_ignore_ascii_case(known)).then_some(name)
}

/// Whether a target file can declare an attribute of that path.
pub fn is_attribute(path: &str) -> bool {
    registered(path).is_none_or(|(known, name)| known.iter().any(|core| core.eq_ignore_ascii_case(name)))
}

/// Whether every user that is created here has it, so that nothing has to be said of its value where it is required.
pub fn is_always_sent(path: &str) -> bool {
    ALWAYS_SENT.iter().any(|sent| sent.eq_ignore_ascii_case(path))
}

/// What every user has that is created here; other required attributes must be given a value.
const ALWAYS_SENT: &[&str] =
    &["userName", "name", "name.givenName", "name.familyName", "emails", "displayName", "active"];

/// What follows from the attributes that are declared at a place (`file:line`).
pub(super) fn conclude(attributes: &[Attribute], place: &str, personas: &Personas, declared: &mut Capabilities) {
    let find = |path: &str| attributes.iter().find(|attribute| attribute.covers(path));
    for Definition { capability, said_by, .. } in personas.definitions() {
        let (operation, paths) = match said_by {
            Some(Said::Attributes { operation, paths }) => (operation, paths),
            // Only the types that are provisioned are sent.
            Some(Said::SeveralTypes(path)) => {
                if let Some(found) = find(path).filter(|found| !found.by_type.is_empty()) {
                    let several = if found.by_type.len() > 1 { Shown::Yes } else { Shown::No };
                    declared.0.entry(*capability).or_insert(support(several, &found.place));
                }
                continue;
            }
            _ => continue,
        };
        let Some((_, r#use)) = Use::WORDS.iter().find(|(word, _)| word == operation) else { continue };
        let mut support = None;
        for path in paths {
            support = match find(path) {
                None => Some(Support::No(Evidence::NotListed(place.to_owned()))),
                Some(found) if !found.uses.contains(r#use) => {
                    Some(Support::No(Evidence::Declared(found.place.clone())))
                }
                Some(found) => Some(Support::Yes(Evidence::Declared(found.place.clone()))),
            };
            if matches!(support, Some(Support::No(_))) {
                break;
            }
        }
        if let Some(support) = support {
            declared.0.entry(*capability).or_insert(support);
        }
    }
    let listed = if attributes.is_empty() { Shown::No } else { Shown::Yes };
    declared.0.entry(Capability::DeclaredAttributes).or_insert(support(listed, place));
    let is_of_enterprise = |attribute: &&Attribute| of_enterprise(&attribute.path).is_some();
    let enterprise = attributes.iter().find(is_of_enterprise).map_or_else(
        || Support::No(Evidence::NotListed(place.to_owned())),
        |found| Support::Yes(Evidence::Declared(found.place.clone())),
    );
    declared.0.entry(Capability::Enterprise).or_insert(enterprise);
    if let Some(fixed) = find("userName").filter(|name| !name.uses.contains(&Use::Update)) {
        // Every user has a name: that it is listed says nothing, but that it never changes does.
        for Definition { capability, sign, .. } in personas.definitions() {
            if matches!(sign, Some(Sign::Changeable(name)) if name == "userName") {
                declared.0.insert(*capability, Support::No(Evidence::Declared(fixed.place.clone())));
            }
        }
    }
}

//! Names of attributes in one spelling (RFC 7643 §2.1: letter case means nothing; RFC 7644 §3.10: a URN may stand before them).
//!
//! **Invariant:** two spellings of one attribute have one key: in lower case, without the URN of the core schema, with that of an
//! extension, and sub-attributes of what has one value behind a dot: `name.givenname`, `urn:…:user:manager.value`.

pub use crate::scim::Kind;
use crate::scim::{self, COMMON, ENTERPRISE, ENTERPRISE_ATTRIBUTES, PARTS};

/// What RFC 7643 calls the attributes of a kind.
fn names(kind: Kind) -> impl Iterator<Item = &'static str> {
    kind.attributes().iter().chain(COMMON).copied()
}

/// Whether RFC 7643 gives it several values.
pub(super) fn is_multi(key: &str) -> bool {
    scim::has_several_values(key)
}

/// Whether its values are references by id, of which nothing but the id is compared.
pub(super) fn is_by_id(key: &str) -> bool {
    key == "members" || key == "groups"
}

/// Whether a server computes that part of each value: it is never compared (RFC 7643 §2.4).
pub(super) fn is_computed_part(key: &str, part: &str) -> bool {
    matches!(part, "display" | "$ref") || (key == "addresses" && part == "formatted")
}

/// Whether the book does not look at it: what a client does not write, what is told by other views, and what is never shown.
pub(super) fn is_left_out(kind: Kind, key: &str) -> bool {
    let first = key.split('.').next().unwrap_or(key);
    matches!(first, "id" | "meta" | "schemas" | "password")
        || (kind == Kind::User && first == "groups")
        || key.ends_with(".$ref")
        || key.ends_with(":user:manager.displayname")
}

/// Whether letter case counts (RFC 7643 §8.7.1).
pub(super) fn is_case_exact(key: &str) -> bool {
    matches!(key, "externalid" | "members" | "groups" | "x509certificates") || key.ends_with(":manager.value")
}

/// Whether servers compute it from other attributes, also where a client has sent it.
pub(super) fn is_often_derived(kind: Kind, key: &str) -> bool {
    kind == Kind::User && matches!(key, "displayname" | "name.formatted")
}

/// Whether RFC 7643 defines it: what is a server's own, and was not sent, is its own affair.
pub(super) fn is_defined(kind: Kind, key: &str) -> bool {
    match key.strip_prefix(&format!("{}:", ENTERPRISE.to_lowercase())) {
        Some(rest) => ENTERPRISE_ATTRIBUTES.iter().any(|name| name.eq_ignore_ascii_case(rest)),
        None => {
            let first = key.split('.').next().unwrap_or(key);
            names(kind).any(|name| name.eq_ignore_ascii_case(first))
        }
    }
}

/// Whether a resource cannot be without it.
pub(super) fn is_required(kind: Kind, key: &str) -> bool {
    key == kind.name_key()
}

/// Whether a resource is nothing without it, so that no server may do without it once it has taken it.
pub(super) fn is_essential(kind: Kind, key: &str) -> bool {
    match kind {
        Kind::User => matches!(key, "username" | "active"),
        Kind::Group => matches!(key, "displayname" | "members"),
    }
}

/// A name in the RFC's spelling where it has one, else as it was met.
fn respelled(mut names: impl Iterator<Item = &'static str>, met: &str) -> String {
    names.find(|name| name.eq_ignore_ascii_case(met)).unwrap_or(met).to_owned()
}

/// A name under which something stands in a body or a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The URN of the extension that it belongs to; none for the core schema.
    pub(super) urn: Option<String>,
    /// What stands behind the URN; empty for the extension, or the core schema, as a whole.
    pub(super) rest: String,
    /// Whether a URN was written, be it that of the core schema.
    pub(super) qualified: bool,
}

/// Takes the URN from a name. Which URNs there are is known of the core schema, of the enterprise extension, and of the extensions
/// that were met; else a URN ends behind the name of a resource type, which follows the version.
pub(super) fn split(kind: Kind, text: &str, urns: &[String]) -> Name {
    let known = [kind.urn(), ENTERPRISE].into_iter().chain(urns.iter().map(String::as_str));
    for urn in known {
        let Some(head) = text.get(..urn.len()).filter(|head| head.eq_ignore_ascii_case(urn)) else { continue };
        let rest = &text[head.len()..];
        let own = (!urn.eq_ignore_ascii_case(kind.urn())).then(|| urn.to_owned());
        if rest.is_empty() {
            return Name { urn: own, rest: String::new(), qualified: true };
        }
        if let Some(rest) = rest.strip_prefix(':') {
            return Name { urn: own, rest: rest.to_owned(), qualified: true };
        }
    }
    if !text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("urn:")) {
        return Name { urn: None, rest: text.to_owned(), qualified: false };
    }
    let (head, tail) = text.rsplit_once(':').unwrap_or((text, ""));
    let last = head.rsplit(':').next().unwrap_or_default();
    let is_version =
        last.starts_with(|c: char| c.is_ascii_digit()) && last.chars().all(|c| c == '.' || c.is_ascii_digit());
    let (urn, rest) = if is_version { (text, "") } else { (head, tail) };
    Name { urn: Some(urn.to_owned()), rest: rest.to_owned(), qualified: true }
}

/// The key of an attribute, and its spelling for people.
pub(super) fn key(kind: Kind, urn: Option<&str>, attribute: &str, part: Option<&str>) -> (String, String) {
    let mut spelled = match urn {
        Some(urn) => format!("{urn}:{}", respelled(ENTERPRISE_ATTRIBUTES.iter().copied(), attribute)),
        None => respelled(names(kind), attribute),
    };
    if let Some(part) = part {
        spelled.push('.');
        spelled.push_str(&respelled(PARTS.iter().copied(), part));
    }
    (spelled.to_lowercase(), spelled)
}

/// Where the one text of an attribute stands that is an object by its schema: Okta and others send a manager as a text.
pub(super) fn home_of_text(key: &str) -> Option<&'static str> {
    key.eq_ignore_ascii_case(&format!("{ENTERPRISE}:manager")).then_some("value")
}

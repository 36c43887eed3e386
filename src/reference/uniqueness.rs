//! Which resources exclude each other: RFC 7643 §4.1.1, no two users share a userName, in whatever case.

use std::sync::Arc;

use serde_json::Value;

use super::problem::Problem;
use super::quirk::Quirk;
use super::row::{Document, Row};
use super::schema::Kind;
use super::store::Store;

/// Refuses a document that takes what another resource has; `own` is the resource it replaces.
pub(crate) fn demand(store: &Store, kind: Kind, document: &Document, own: Option<&Row>) -> Result<(), Problem> {
    let taken = match kind {
        Kind::User => user_taken(store, document, own),
        Kind::Group => own.is_none() && (slug_taken(store, document) || group_taken(store, document)),
        Kind::Role | Kind::Entitlement => false,
    };
    match taken {
        false => Ok(()),
        true => Err(Problem {
            status: 409,
            scim_type: Some("uniqueness"),
            detail: format!("a {} of this name exists already", kind.name()),
        }),
    }
}

fn user_taken(store: &Store, document: &Document, own: Option<&Row>) -> bool {
    let quirks = &store.quirks;
    let unchecked = match own {
        None => quirks.has(Quirk::DuplicateAccepted),
        Some(_) => quirks.has(Quirk::UsernameChangeUnchecked),
    };
    if unchecked {
        return false;
    }
    let another = |row: &Row| own.is_none_or(|own| own.id != row.id);
    let name = document.get("userName").and_then(Value::as_str);
    let name = name.unwrap_or_default();
    let exact = quirks.has(Quirk::UsernameCaseSensitive);
    let same_name = holders(store, name).any(|row| another(row) && (!exact || row.text("userName") == Some(name)));
    let known_elsewhere = quirks.has(Quirk::ExternalIdsUnique)
        && document.get("externalId").and_then(Value::as_str).is_some_and(|id| {
            let found = store.tables().of(Kind::User).by_value("externalId", id);
            found.into_iter().flatten().any(|row| another(row) && row.text("externalId") == Some(id))
        });
    let once_had = own.is_none()
        && quirks.has(Quirk::DeletedNameTaken)
        && store.first_profiles.values().any(|profile| profile.get("userName").and_then(Value::as_str) == Some(name));
    same_name
        || known_elsewhere
        || once_had
        || (quirks.has(Quirk::DuplicateByEmail)
            && store.tables().of(Kind::User).rows().any(|row| {
                another(row) && emails(&row.document).any(|theirs| emails(document).any(|ours| ours == theirs))
            }))
}

fn holders<'a>(store: &'a Store, name: &str) -> impl Iterator<Item = &'a Arc<Row>> {
    let holders = store.tables().of(Kind::User).by_value("userName", name);
    holders.into_iter().flatten()
}

fn emails(document: &Document) -> impl Iterator<Item = &str> {
    let emails = document.get("emails").and_then(Value::as_array);
    emails.into_iter().flatten().filter_map(|email| email.get("value")?.as_str())
}

/// Whether a group was ever created whose name reads the same without case and punctuation: a quirk.
fn slug_taken(store: &Store, document: &Document) -> bool {
    let slug = |name: &str| -> String {
        let kept = name.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    let name = document.get("displayName").and_then(Value::as_str);
    let wanted = slug(name.unwrap_or_default());
    store.quirks.has(Quirk::GroupSlugConflict) && store.first_names.values().any(|name| slug(name) == wanted)
}

/// Whether a group of that name is there: a quirk.
fn group_taken(store: &Store, document: &Document) -> bool {
    let name = document.get("displayName").and_then(Value::as_str);
    let mut groups = store.tables().of(Kind::Group).rows();
    store.quirks.has(Quirk::GroupNamesUnique) && groups.any(|row| row.text("displayName") == name)
}

/// The user that a repeated create resets: a quirk.
pub(crate) fn wiped(store: &Store, kind: Kind, document: &Document) -> Option<Arc<Row>> {
    let name = document.get("userName").and_then(Value::as_str)?;
    let wipes = kind == Kind::User && store.quirks.has(Quirk::RepeatedCreateWipes);
    holders(store, name).next().filter(|_| wipes).cloned()
}

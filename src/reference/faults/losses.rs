//! Attributes that are stored badly or not at all.

use std::sync::Arc;

use serde_json::Value;

use super::super::quirk::{Quirk, Quirks};
use super::super::row::{Document, Row};
use super::super::schema::{CUSTOM_USER, ENTERPRISE_USER, Kind};
use super::super::store::Store;
use super::resources::SEEN_MEMBERS;

/// After how many characters a narrow column cuts.
const NARROW: usize = 64;

/// What is dropped: an attribute, maybe a sub-attribute of it, in the core schema or the enterprise extension.
const DROPPED: [(Quirk, &[&str]); 21] = [
    (Quirk::EmailsDropped, &["emails"]),
    (Quirk::GivenNameDropped, &["name", "givenName"]),
    (Quirk::FamilyNameDropped, &["name", "familyName"]),
    (Quirk::DisplayNameDropped, &["displayName"]),
    (Quirk::ExternalIdDropped, &["externalId"]),
    (Quirk::LocaleDropped, &["locale"]),
    (Quirk::TitleDropped, &["title"]),
    (Quirk::NicknameDropped, &["nickName"]),
    (Quirk::PhoneNumbersDropped, &["phoneNumbers"]),
    (Quirk::PhoneNumbersAnsweredOnly, &["phoneNumbers"]),
    (Quirk::PhoneNumbersDescribedOnly, &["phoneNumbers"]),
    (Quirk::PhoneNumbersUnmentioned, &["phoneNumbers"]),
    (Quirk::AttributesFixed, &["title"]),
    (Quirk::AddressesDropped, &["addresses"]),
    (Quirk::DepartmentDropped, &[ENTERPRISE_USER.id, "department"]),
    (Quirk::EnterpriseDropped, &[ENTERPRISE_USER.id]),
    (Quirk::EnterpriseAbsent, &[ENTERPRISE_USER.id]),
    (Quirk::ManagerDropped, &[ENTERPRISE_USER.id, "manager"]),
    (Quirk::RolesDropped, &["roles"]),
    (Quirk::EntitlementsDropped, &["entitlements"]),
    (Quirk::CustomAttributesDropped, &[CUSTOM_USER.id]),
];

/// Takes from a document what the server does not keep of it.
pub(crate) fn lose(quirks: &Quirks, kind: Kind, document: &mut Document) {
    if quirks.is_empty() || kind != Kind::User {
        return;
    }
    for (_, path) in DROPPED.iter().filter(|(quirk, _)| quirks.has(*quirk)) {
        match path {
            [outer, inner] => {
                if let Some(Value::Object(fields)) = document.get_mut(*outer) {
                    fields.shift_remove(*inner);
                }
            }
            path => path.iter().for_each(|name| {
                document.shift_remove(*name);
            }),
        }
    }
    if let (true, Some(Value::Object(name))) = (quirks.has(Quirk::NameKeptFormatted), document.get_mut("name")) {
        let parts = ["givenName", "familyName"].into_iter().filter_map(|part| name.get(part)?.as_str());
        let whole = parts.collect::<Vec<_>>().join(" ");
        let formatted = name.get("formatted").cloned().unwrap_or(Value::String(whole));
        name.retain(|_, _| false);
        name.insert("formatted".to_owned(), formatted);
    }
    if let (true, Some(Value::String(text))) = (quirks.has(Quirk::ExternalIdAltered), document.get_mut("externalId")) {
        *text = text.to_uppercase();
    }
    for name in ["emails", "phoneNumbers"] {
        let Some(Value::Array(values)) = document.get_mut(name) else { continue };
        if quirks.has(Quirk::FirstValueOnly) {
            values.truncate(1);
        }
        if name == "emails" && quirks.has(Quirk::EmailTypesDropped) {
            values.iter_mut().filter_map(Value::as_object_mut).for_each(|value| drop(value.shift_remove("type")));
        }
    }
    if let (true, Some(name)) = (quirks.has(Quirk::DisplayNameReplaced), document.get("userName").cloned()) {
        document.insert("displayName".to_owned(), name);
    }
    let address = document.get("emails").and_then(|emails| emails.get(0)?.get("value")).cloned();
    if let (true, Some(address)) = (quirks.has(Quirk::UsernameIsEmail), address) {
        document.insert("userName".to_owned(), address);
    }
    if let (true, Some(Value::String(text))) = (quirks.has(Quirk::NicknameNarrow), document.get_mut("nickName")) {
        *text = text.chars().take(NARROW).collect();
    }
    document.values_mut().for_each(|value| distort(quirks, value));
}

/// Takes the first e-mail address for the userName.
fn rename_after_email(document: &mut Document) {
    let email = document.get("emails").and_then(Value::as_array).and_then(|emails| emails.first()?.get("value"));
    if let Some(email) = email.cloned() {
        document.insert("userName".to_owned(), email);
    }
}

/// Puts back what an update does not reach, and changes along what it is to leave alone.
pub(crate) fn cling(quirks: &Quirks, before: &Row, document: &mut Document) {
    if quirks.has(Quirk::EmailChangeRenames)
        && before.kind == Kind::User
        && before.document.get("emails") != document.get("emails")
    {
        rename_after_email(document);
    }
    let kept = match document.contains_key("nickName") {
        true => quirks.has(Quirk::NicknameFixed),
        false => quirks.has(Quirk::NicknameFixed) || quirks.has(Quirk::NicknameNotCleared),
    };
    if before.kind != Kind::User {
        return;
    }
    for (name, is_kept) in [("nickName", kept), ("userType", quirks.has(Quirk::AttributesFixed))] {
        if is_kept {
            document.shift_remove(name);
            document.extend(before.document.get(name).map(|value| (name.to_owned(), value.clone())));
        }
    }
}

/// Spoils the texts in a value.
fn distort(quirks: &Quirks, value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| distort(quirks, value)),
        Value::Object(members) => members.values_mut().for_each(|value| distort(quirks, value)),
        Value::String(text) => {
            if quirks.has(Quirk::NonAsciiMangled) {
                *text = text.replace(|c: char| !c.is_ascii(), "?");
            }
            if quirks.has(Quirk::LongStringsTruncated) {
                *text = text.chars().take(NARROW).collect();
            }
            let digits = text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits && quirks.has(Quirk::LeadingZerosLost) {
                *text = text.trim_start_matches('0').to_owned();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Takes from a group, before it is patched, the members that were not on the page the server has read.
pub(crate) fn forget_members(quirks: &Quirks, document: &mut Document) {
    if let (true, Some(Value::Array(members))) = (quirks.has(Quirk::MembersTruncatedAt100), document.get_mut("members"))
    {
        members.truncate(SEEN_MEMBERS);
    }
}

/// What the operations of a failing PATCH make of a resource that come before the failing one.
pub(crate) fn first_half(body: &Value, patched: impl Fn(&Value) -> Option<Document>) -> Option<Document> {
    let mut body = body.clone();
    loop {
        let operations = body.get_mut("Operations")?.as_array_mut()?;
        operations.pop()?;
        if let Some(document) = patched(&body) {
            return Some(document);
        }
    }
}

/// What is removed of leavers.
const WIPED: [&str; 4] = ["title", "phoneNumbers", "addresses", ENTERPRISE_USER.id];

/// What is removed where a server forgets a profile.
const FORGOTTEN: [&str; 7] =
    ["name", "displayName", "title", "locale", "phoneNumbers", "addresses", ENTERPRISE_USER.id];

/// What else happens to a resource that was changed.
pub(crate) fn after_update(store: &mut Store, before: &Row, after: Arc<Row>) -> Arc<Row> {
    let reactivated = !before.is_active() && after.is_active();
    let deactivated = before.is_active() && !after.is_active();
    let closed = !before.is_active() && !after.is_active() && before.revision != after.revision;
    let mut document = after.document.clone();
    if deactivated && store.quirks.has(Quirk::DeactivationWipesProfile) {
        document.retain(|name, _| !WIPED.contains(&name.as_str()));
    }
    if reactivated && store.quirks.has(Quirk::ReactivationResetsProfile) {
        document.retain(|name, _| !FORGOTTEN.contains(&name.as_str()));
    }
    if closed && store.quirks.has(Quirk::UpdateReactivates) {
        document.insert("active".to_owned(), Value::Bool(true));
    }
    let after = store.update(&after, document);
    if reactivated && store.quirks.has(Quirk::ReactivationLosesGroups) {
        store.expel(&after);
    }
    let renames = (reactivated && store.quirks.has(Quirk::ReactivationNewId))
        || (before.revision != after.revision && store.quirks.has(Quirk::IdUnstable));
    match renames {
        true => {
            let id = store.fresh_id();
            store.rename(&after, id)
        }
        false => after,
    }
}

/// What else happens to a user that was replaced, because of what the request says of attributes it cannot set.
pub(crate) fn after_put(store: &mut Store, body: &Value, after: Arc<Row>) -> Arc<Row> {
    if store.quirks.has(Quirk::PutAppliesGroups)
        && let Some(Value::Array(groups)) = body.get("groups")
    {
        let named = groups.iter().filter_map(|group| group.get("value")?.as_str()).map(str::to_owned);
        let named: Vec<String> = named.collect();
        store.expel(&after);
        for id in named {
            store.admit(&id, &after);
        }
    }
    if store.quirks.has(Quirk::PutDropsMemberships) {
        store.expel(&after);
    }
    if !store.quirks.has(Quirk::PutTakesReadonly) {
        return after;
    }
    let created = body.get("meta").and_then(|meta| meta.get("created")).and_then(Value::as_str);
    let after = match created {
        Some(created) => store.backdate(&after, created.to_owned()),
        None => after,
    };
    let id = body.get("id").and_then(Value::as_str);
    match id.filter(|id| !id.is_empty() && store.tables().any(id).is_none()) {
        Some(id) => store.rename(&after, id.to_owned()),
        None => after,
    }
}

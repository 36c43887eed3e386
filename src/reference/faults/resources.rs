//! Resources that are shown badly.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Body};
use super::super::call::{Call, Endpoint};
use super::super::problem::Problem;
use super::super::quirk::{Quirk, Quirks};
use super::super::schema::{ENTERPRISE_USER, Kind};
use super::super::store::Store;
use super::super::view::View;
use super::asked::kind_of;
use super::grants::GRANTS;

/// The name of the group that holds everybody, on servers that have one.
pub(crate) const EVERYBODY: &str = "Everybody";

/// A certificate as OpenSSL prints it.
const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIBHjCBxaADAgECAgEBMAoGCCqGSM49BAMCMBMxETAPBgNVBAMMCHNlZWQtZWNj\n-----END CERTIFICATE-----\n";

/// How many members a server sees that sees a page of them only.
pub(crate) const SEEN_MEMBERS: usize = 100;

/// Edits the resources of an answer, whether it is one or a list.
pub(super) fn edit(quirks: &Quirks, call: &Call, answer: &mut Answer) {
    let Some(kind) = kind_of(call) else {
        return;
    };
    let reads_one = call.method == Method::GET && matches!(call.endpoint, Endpoint::Item(..));
    if let Body::Json(Value::Object(body)) = &answer.body
        && let Some(problem) = refuse_to_show(quirks, kind, reads_one, body)
    {
        *answer = Answer::from(problem);
        return;
    }
    let Body::Json(shown) = &mut answer.body else {
        return;
    };
    let Value::Object(body) = shown else {
        return;
    };
    match body.get_mut("Resources") {
        Some(Value::Array(resources)) => {
            let resources = resources.iter_mut().filter_map(Value::as_object_mut);
            resources.for_each(|shown| edit_one(quirks, kind, shown));
        }
        Some(_) => {}
        None if call.endpoint == Endpoint::Collection(kind) && call.method == Method::GET => {}
        None => {
            edit_one(quirks, kind, body);
            if call.method == Method::POST {
                edit_created(quirks, kind, body);
                if let (Kind::User, true) = (kind, quirks.has(Quirk::PhoneNumbersAnsweredOnly)) {
                    body.extend(call.body.get("phoneNumbers").map(|sent| ("phoneNumbers".to_owned(), sent.clone())));
                }
            }
        }
    }
    if reads_one && quirks.has(Quirk::ReadsAsArray) {
        *shown = json!([shown.take()]);
    }
}

/// The user a change is about, as it is before; `None` unless the answer is to show that.
pub(super) fn before(store: &Store, base_url: &str, call: &Call) -> Option<Value> {
    if !store.quirks.has(Quirk::DeactivationAnswersActive) {
        return None;
    }
    let Endpoint::Item(Kind::User, id) = &call.endpoint else {
        return None;
    };
    let tables = store.tables();
    let row = tables.of(Kind::User).by_id(id).filter(|row| row.is_active())?;
    Some(View { tables, row, base_url }.render())
}

/// Shows in the answer to a deactivation what was there before.
pub(super) fn show_before(before: Value, answer: &mut Answer) {
    if let Body::Json(shown) = &mut answer.body
        && shown.get("active") == Some(&Value::Bool(false))
    {
        *shown = before;
    }
}

fn refuse_to_show(quirks: &Quirks, kind: Kind, reads_one: bool, body: &Map<String, Value>) -> Option<Problem> {
    let inactive = body.get("active") == Some(&Value::Bool(false));
    let members = body.get("members").and_then(Value::as_array).map_or(0, Vec::len);
    let hidden = reads_one
        && match kind {
            Kind::User => quirks.has(Quirk::ReadById404) || (inactive && quirks.has(Quirk::Inactive404ById)),
            Kind::Group => quirks.has(Quirk::GroupRead404),
            Kind::Role | Kind::Entitlement => false,
        };
    if hidden {
        return Some(Problem::not_found("the resource"));
    }
    (members > SEEN_MEMBERS && quirks.has(Quirk::LargeGroup500)).then(|| Problem::new(500, "something went wrong"))
}

fn edit_one(quirks: &Quirks, kind: Kind, shown: &mut Map<String, Value>) {
    edit_schemas(quirks, shown);
    if quirks.has(Quirk::IdNumeric) {
        let number = shown["id"].as_str().and_then(|id| id.parse::<u64>().ok());
        if let Some(number) = number {
            shown.insert("id".to_owned(), json!(number));
        }
    }
    edit_meta(quirks, kind, shown);
    match kind {
        Kind::User => {
            edit_user(quirks, shown);
            edit_active(quirks, shown);
            edit_emails(quirks, shown);
            edit_user_groups(quirks, shown);
            edit_extension(quirks, shown);
        }
        Kind::Group => edit_group(quirks, shown),
        Kind::Role | Kind::Entitlement => {}
    }
    if quirks.has(Quirk::NumericTextsAsNumbers) {
        shown.values_mut().for_each(numbers_of_digits);
    }
}

fn edit_schemas(quirks: &Quirks, shown: &mut Map<String, Value>) {
    if quirks.has(Quirk::SchemasMissing) {
        shown.shift_remove("schemas");
    }
    let Some(Value::Array(schemas)) = shown.get_mut("schemas") else {
        return;
    };
    if let (true, Some(core)) = (quirks.has(Quirk::SchemasRepeated), schemas.first().cloned()) {
        schemas.push(core);
    }
    if quirks.has(Quirk::SchemasShortNames) {
        for schema in schemas.iter_mut().filter(|schema| **schema == ENTERPRISE_USER.id) {
            *schema = json!(ENTERPRISE_USER.name);
        }
    }
}

/// Takes texts for the numbers they look like, in whatever depth.
fn numbers_of_digits(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(numbers_of_digits),
        Value::Object(members) => members.values_mut().for_each(numbers_of_digits),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            if let Ok(number) = text.parse::<u64>() {
                *value = json!(number);
            }
        }
        _ => {}
    }
}

fn edit_created(quirks: &Quirks, kind: Kind, shown: &mut Map<String, Value>) {
    if quirks.has(Quirk::CreateWithoutId) {
        shown.shift_remove("id");
    }
    if quirks.has(Quirk::CreateIdEmpty) {
        shown.insert("id".to_owned(), json!(""));
    }
    if kind == Kind::User && quirks.has(Quirk::CreateAnswerWithoutProfile) {
        ["name", "displayName", "emails"].iter().for_each(|name| drop(shown.shift_remove(*name)));
    }
    if kind == Kind::User && quirks.has(Quirk::CreateAnswersInactive) {
        shown.insert("active".to_owned(), json!(false));
    }
    if kind == Kind::User && quirks.has(Quirk::PostUsernameDiffers) {
        let name = shown.get("userName").and_then(Value::as_str);
        let name = name.unwrap_or_default();
        let other = match name.split_once('@') {
            Some((local, _)) => local.to_owned(),
            None => format!("{name}-1"),
        };
        shown.insert("userName".to_owned(), Value::String(other));
    }
}

fn edit_meta(quirks: &Quirks, kind: Kind, shown: &mut Map<String, Value>) {
    if quirks.has(Quirk::MetaMissing) {
        shown.shift_remove("meta");
    }
    if quirks.has(Quirk::MetaAsArray) {
        shown.insert("meta".to_owned(), json!([]));
    }
    let Some(Value::Object(meta)) = shown.get_mut("meta") else {
        return;
    };
    if quirks.has(Quirk::MetaLocationWrong) {
        meta.insert("location".to_owned(), json!("http://127.0.0.1/nowhere"));
    }
    if quirks.has(Quirk::MetaLocationUnfilled) {
        let route = match kind {
            Kind::User => "/Users/<user_id>",
            Kind::Group => "/Groups/<group_id>",
            Kind::Role | Kind::Entitlement => return,
        };
        meta.insert("location".to_owned(), json!(route));
    }
    if quirks.has(Quirk::DateTimeMalformed) {
        for name in ["created", "lastModified"] {
            let time = meta.get(name).and_then(Value::as_str);
            let time = time.and_then(|time| time.get(..19)).unwrap_or_default();
            meta.insert(name.to_owned(), json!(time.replace('T', " ")));
        }
    }
}

fn edit_user(quirks: &Quirks, shown: &mut Map<String, Value>) {
    if quirks.has(Quirk::UsernameLowercased)
        && let Some(Value::String(name)) = shown.get_mut("userName")
    {
        *name = name.to_lowercase();
    }
    if quirks.has(Quirk::UsernameShortened)
        && let Some(Value::String(name)) = shown.get_mut("userName")
        && let Some(at) = name.find('@')
    {
        name.truncate(at);
    }
    if quirks.has(Quirk::FormattedNameWins)
        && let Some(Value::Object(name)) = shown.get_mut("name")
        && !name.contains_key("formatted")
    {
        let parts = ["givenName", "familyName"].into_iter().filter_map(|part| name.get(part)?.as_str());
        let whole = parts.collect::<Vec<_>>().join(" ");
        name.insert("formatted".to_owned(), Value::String(whole));
    }
    if quirks.has(Quirk::NamesPlaceholder) {
        let names = json!({"givenName": "N/A", "familyName": "N/A"});
        shown.insert("name".to_owned(), names);
    }
    if quirks.has(Quirk::FamilyNameDroppedWhenEmpty)
        && let Some(Value::Object(name)) = shown.get_mut("name")
        && name.get("familyName") == Some(&json!(""))
    {
        name.shift_remove("familyName");
    }
    if quirks.has(Quirk::AddressesMalformed) {
        shown.insert("addresses".to_owned(), json!([[]]));
    }
    if quirks.has(Quirk::PhoneWithoutValue) {
        shown.insert("phoneNumbers".to_owned(), json!([{"type": "work"}]));
    }
    if quirks.has(Quirk::CertificateAsPem) {
        shown.insert("x509Certificates".to_owned(), json!([{"value": PEM}]));
    }
    if quirks.has(Quirk::PasswordReturned) {
        let hash = "{SSHA}c2NpbS1jaGVjayByZWZlcmVuY2U=";
        shown.insert("password".to_owned(), json!(hash));
    }
    if quirks.has(Quirk::GrantsBare) {
        for name in GRANTS {
            let values = shown.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten();
            values.filter_map(Value::as_object_mut).for_each(|grant| grant.retain(|part, _| part == "value"));
        }
    }
    if quirks.has(Quirk::UserGroupsMissing) {
        shown.shift_remove("groups");
    }
    if quirks.has(Quirk::UsernameKeyLowerCase)
        && let Some(name) = shown.shift_remove("userName")
    {
        shown.insert("username".to_owned(), name);
    }
}

fn edit_active(quirks: &Quirks, shown: &mut Map<String, Value>) {
    let Some(active) = shown.get("active").and_then(Value::as_bool) else {
        return;
    };
    let dropped = quirks.has(Quirk::ActiveMissing) || (!active && quirks.has(Quirk::ActiveOmittedWhenFalse));
    if dropped {
        shown.shift_remove("active");
    } else if quirks.has(Quirk::ActiveAsNumber) {
        shown.insert("active".to_owned(), json!(u8::from(active)));
    } else if quirks.has(Quirk::ActiveAsString) {
        shown.insert("active".to_owned(), json!(active.to_string()));
    }
}

fn edit_emails(quirks: &Quirks, shown: &mut Map<String, Value>) {
    let Some(Value::Array(emails)) = shown.get_mut("emails") else {
        return;
    };
    if quirks.has(Quirk::EmailsDuplicated) {
        let again = emails.clone().into_iter().map(|mut email| {
            email.as_object_mut().map(|email| email.shift_remove("primary"));
            email
        });
        emails.extend(again.collect::<Vec<_>>());
    }
    if quirks.has(Quirk::PrimaryMissing) {
        for email in emails.iter_mut().filter_map(Value::as_object_mut) {
            email.shift_remove("primary");
        }
    }
    if quirks.has(Quirk::PrimaryTwice) {
        for email in emails.iter_mut().filter_map(Value::as_object_mut) {
            email.insert("primary".to_owned(), json!(true));
        }
    }
    if quirks.has(Quirk::PrimaryAsText) {
        for primary in emails.iter_mut().filter_map(|email| email.get_mut("primary")) {
            *primary = json!(primary.to_string());
        }
    }
    if quirks.has(Quirk::EmailsAsObject) {
        let first = emails.first().cloned().unwrap_or_default();
        shown.insert("emails".to_owned(), first);
    }
}

fn edit_user_groups(quirks: &Quirks, shown: &mut Map<String, Value>) {
    if quirks.has(Quirk::ListOfOneAsObject) {
        unwrap_only(shown, "groups");
    }
    if !quirks.has(Quirk::GroupRefsUnescaped) {
        return;
    }
    let groups = shown.get_mut("groups").and_then(Value::as_array_mut);
    for group in groups.into_iter().flatten().filter_map(Value::as_object_mut) {
        let name = group.get("display").and_then(Value::as_str).unwrap_or_default();
        let uri = format!("../Groups/{name}");
        group.insert("$ref".to_owned(), Value::String(uri));
    }
}

fn edit_extension(quirks: &Quirks, shown: &mut Map<String, Value>) {
    let Some(extension) = shown.get_mut(ENTERPRISE_USER.id) else {
        return;
    };
    if let (true, Value::Object(fields)) = (quirks.has(Quirk::ManagerShownEmpty), &mut *extension) {
        let none = json!({"value": "", "$ref": "", "displayName": ""});
        fields.entry("manager").or_insert(none);
    }
    if quirks.has(Quirk::ExtensionAsText) {
        *extension = Value::String(extension.to_string());
    }
}

fn edit_group(quirks: &Quirks, shown: &mut Map<String, Value>) {
    if quirks.has(Quirk::GroupMembersMissing) {
        shown.shift_remove("members");
    }
    let untouched = shown.get("meta").is_some_and(|meta| meta["version"] == "W/\"1\"");
    let empty = shown.get("members").and_then(Value::as_array).is_some_and(Vec::is_empty);
    if untouched && empty && quirks.has(Quirk::EmptyGroupHasOwner) {
        shown.insert("members".to_owned(), json!([{"value": "service-account", "type": "User"}]));
    }
    let built_in = shown.get("displayName").and_then(Value::as_str) == Some(EVERYBODY);
    if built_in && quirks.has(Quirk::BuiltInGroupUnnamed) {
        shown.shift_remove("displayName");
    }
    let Some(Value::Array(members)) = shown.get_mut("members") else {
        return;
    };
    if quirks.has(Quirk::MembersTruncatedAt100) {
        members.truncate(SEEN_MEMBERS);
    }
    if built_in && quirks.has(Quirk::InvitedMembersWithoutValue) {
        members.push(json!({"display": "invited@seed.example"}));
    }
    if quirks.has(Quirk::MemberRefsEmpty) {
        for member in members.iter_mut().filter_map(Value::as_object_mut) {
            member.insert("$ref".to_owned(), json!(""));
        }
    }
    if quirks.has(Quirk::ListOfOneAsObject) {
        unwrap_only(shown, "members");
    }
}

/// Shows a list of one as what is in it.
fn unwrap_only(shown: &mut Map<String, Value>, name: &str) {
    if let Some(list) = shown.get_mut(name)
        && let Some([only]) = list.as_array().map(Vec::as_slice)
    {
        *list = only.clone();
    }
}

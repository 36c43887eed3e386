//! Requests that a faulty server refuses although nothing is wrong with them.

use axum::http::Method;
use serde_json::{Map, Value};

use super::super::call::{Call, Endpoint};
use super::super::problem::Problem;
use super::super::quirk::{Quirk, Quirks};
use super::super::row::Row;
use super::super::schema::{Attribute, COMMON, CUSTOM_USER, ENTERPRISE_USER, Kind, find};
use super::super::store::Store;
use super::asked::{
    has_path, is_on, is_pathless, is_verb, kind_of, member_writes, operations, parameter, written_members,
};

/// How many member changes a request may hold where they are counted.
const MAX_MEMBER_WRITES: usize = 50;

/// Why the server refuses a request; `None` when it goes on.
pub(super) fn refuse(store: &Store, call: &Call) -> Option<Problem> {
    let quirks = &store.quirks;
    if call.endpoint == Endpoint::ServiceProviderConfig && quirks.has(Quirk::ServiceProviderConfigMissing) {
        return Some(Problem::not_found("the endpoint"));
    }
    if let (Endpoint::Collection(kind), true) = (&call.endpoint, quirks.has(Quirk::EntitlementListMissing))
        && kind.is_granted()
    {
        return Some(Problem::not_found("the endpoint"));
    }
    let kind = kind_of(call)?;
    let row = match &call.endpoint {
        Endpoint::Item(kind, id) => Some(store.tables().of(*kind).by_id(id)?.as_ref()),
        _ => None,
    };
    if kind == Kind::User && knows_no_address(store, call) {
        return Some(Problem::new(500, "something went wrong"));
    }
    if kind == Kind::User && quirks.has(Quirk::UnknownManagerRefused) && names_unknown_manager(store, &call.body) {
        return Some(Problem::value("the manager is not known"));
    }
    let found = match call.method {
        Method::GET => refuse_query(quirks, kind, call),
        _ => refuse_method(quirks, kind, call).or_else(|| match kind {
            Kind::User => refuse_user(quirks, call, row),
            Kind::Group => refuse_group(store, call, row),
            Kind::Role | Kind::Entitlement => None,
        }),
    };
    found.map(|(status, detail)| match status {
        400 => Problem::value(detail),
        status => Problem::new(status, detail),
    })
}

/// Whether a list holds somebody whom the server cannot write down.
fn knows_no_address(store: &Store, call: &Call) -> bool {
    let is_list = call.method == Method::GET && matches!(call.endpoint, Endpoint::Collection(_));
    let has_none =
        |row: &Row| row.document.get("emails").and_then(Value::as_array).is_none_or(|emails| emails.is_empty());
    store.quirks.has(Quirk::UserWithoutEmailBreaksLists)
        && is_list
        && parameter(call, "filter").is_none()
        && store.tables().of(Kind::User).rows().any(|row| has_none(row))
}

/// Whether a user is written whose manager is nobody here.
fn names_unknown_manager(store: &Store, body: &Value) -> bool {
    let of_operations = operations(body).filter_map(|one| one.get("value"));
    let managers =
        std::iter::once(body).chain(of_operations).filter_map(|fields| fields.get(ENTERPRISE_USER.id)?.get("manager"));
    managers
        .filter_map(|manager| manager.get("value").unwrap_or(manager).as_str())
        .any(|id| store.tables().of(Kind::User).by_id(id).is_none())
}

/// Status and detail of a refusal.
type Refusal = Option<(u16, &'static str)>;

/// The first row of a table whose condition holds and whose quirk the server has.
fn first(quirks: &Quirks, table: &[(bool, Quirk, u16, &'static str)]) -> Refusal {
    table
        .iter()
        .find(|(holds, quirk, ..)| *holds && quirks.has(*quirk))
        .map(|(_, _, status, detail)| (*status, *detail))
}

fn refuse_query(quirks: &Quirks, kind: Kind, call: &Call) -> Refusal {
    let filter = parameter(call, "filter");
    let unfiltered = filter.is_none() && matches!(call.endpoint, Endpoint::Collection(_));
    let of_users = filter.is_some() && kind == Kind::User;
    let of_groups = filter.is_some() && kind == Kind::Group;
    let apostrophe = filter.is_some_and(|text| text.contains('\''));
    let escaped = filter.is_some_and(|text| text.contains("\\\""));
    let count = parameter(call, "count").and_then(|count| count.parse::<u64>().ok());
    let paged = ["startIndex", "count"].into_iter().any(|name| parameter(call, name).is_some());
    first(
        quirks,
        &[
            (paged, Quirk::Paging500, 500, "something went wrong"),
            (of_users, Quirk::FilterUnsupported, 400, "filters are not supported"),
            (of_groups, Quirk::GroupFilterUnsupported, 400, "filters are not supported"),
            (unfiltered && kind == Kind::User, Quirk::UnfilteredList400, 400, "a filter is required"),
            (unfiltered && kind == Kind::Group, Quirk::GroupListUnsupported, 501, "this is not supported"),
            (unfiltered && !paged && kind == Kind::Group, Quirk::GroupsUnpaged500, 500, "something went wrong"),
            (apostrophe, Quirk::ApostropheBreaksFilter, 500, "something went wrong"),
            (escaped, Quirk::QuotedQuoteBreaksFilter, 400, "the filter is malformed"),
            (count.is_some_and(|count| count >= 100), Quirk::Count100Refused, 400, "count has to be below 100"),
        ],
    )
}

fn refuse_method(quirks: &Quirks, kind: Kind, call: &Call) -> Refusal {
    let quirk = match (kind, &call.method) {
        (Kind::User, &Method::PATCH) => Quirk::PatchUnsupported,
        (Kind::User, &Method::PUT) => Quirk::PutUnsupported,
        (Kind::User, &Method::DELETE) => Quirk::UserDeleteUnsupported,
        (Kind::Group, &Method::POST) => Quirk::GroupCreateUnsupported,
        (Kind::Group, &Method::PUT) => Quirk::GroupPutUnsupported,
        (Kind::Group, &Method::PATCH) => Quirk::GroupPatchUnsupported,
        (Kind::Group, &Method::DELETE) => Quirk::GroupDeleteUnsupported,
        _ => return None,
    };
    first(quirks, &[(true, quirk, 501, "this is not supported")])
}

fn refuse_user(quirks: &Quirks, call: &Call, row: Option<&Row>) -> Refusal {
    let pathless = operations(&call.body).any(is_pathless);
    let reactivates = row.is_some_and(|row| !row.is_active())
        && (written(call).any(|fields| fields.get("active") == Some(&Value::Bool(true)))
            || operations(&call.body)
                .any(|one| has_path(one, "active") && one.get("value") == Some(&Value::Bool(true))));
    let changes = matches!(call.method, Method::PUT | Method::PATCH);
    let unmanaged = changes && row.is_some_and(|row| row.text("externalId").is_none());
    let sets_password = changes
        && (written(call).any(|fields| fields.contains_key("password"))
            || operations(&call.body).any(|one| has_path(one, "password")));
    let unformatted = call.method == Method::POST && call.body.pointer("/name/formatted").is_none();
    let first_of_change = first(
        quirks,
        &[
            (unformatted, Quirk::CreateDemandsFormatted, 400, "name.formatted is required"),
            (unmanaged, Quirk::UnmanagedAccount403, 403, "the account is not provisioned"),
            (sets_password, Quirk::PasswordChange400, 400, "the password cannot be changed"),
            (sets_password, Quirk::PasswordChangeUndeclared, 400, "the password cannot be changed"),
            (pathless, Quirk::PathlessPatchUnsupported, 400, "the operation has no path"),
            (pathless, Quirk::PathlessPatch500, 500, "something went wrong"),
            (reactivates, Quirk::Reactivation400, 400, "active has an invalid value"),
        ],
    );
    first_of_change.or_else(|| {
        written(call).find_map(|fields| {
            refuse_fields(quirks, fields).or_else(|| match call.method {
                Method::PUT => refuse_put(quirks, fields, row),
                Method::POST => {
                    first(quirks, &[(fields.contains_key("id"), Quirk::ClientId400, 400, "id is read-only")])
                }
                Method::PATCH => {
                    let empty = fields.values().any(|value| value == "");
                    let strange = is_strange(fields);
                    let named = |name: &str| fields.contains_key(name);
                    first(
                        quirks,
                        &[
                            (named("displayName"), Quirk::PatchDisplayName501, 501, "this is not supported"),
                            (named("name"), Quirk::PatchName500, 500, "something went wrong"),
                            (named("emails"), Quirk::PatchEmails400, 400, "emails cannot be changed"),
                            (empty, Quirk::PatchEmptyText400, 400, "an attribute is empty"),
                            (strange, Quirk::UnknownInUpdate400, 400, "unknown attribute"),
                        ],
                    )
                }
                _ => None,
            })
        })
    })
}

/// The attributes a request writes: its body, or the values of its operations without path.
fn written(call: &Call) -> impl Iterator<Item = &Map<String, Value>> {
    let whole = match call.method {
        Method::PATCH => None,
        _ => call.body.as_object(),
    };
    let parts = operations(&call.body).filter(|one| is_pathless(one)).filter_map(|one| one.get("value")?.as_object());
    whole.into_iter().chain(parts)
}

/// The attribute of that name which every user may have, extensions aside.
fn core(name: &str) -> Option<&'static Attribute> {
    find(Kind::User.schema().attributes, name).or_else(|| find(COMMON, name))
}

/// Whether there is an attribute among them that neither the core nor the enterprise extension has.
fn is_strange(fields: &Map<String, Value>) -> bool {
    let enterprise = fields.get(ENTERPRISE_USER.id).and_then(Value::as_object);
    let strange_field = |name: &String| find(ENTERPRISE_USER.attributes, name).is_none();
    fields.keys().any(|name| !name.contains(':') && core(name).is_none())
        || enterprise.is_some_and(|fields| fields.keys().any(strange_field))
}

fn refuse_fields(quirks: &Quirks, fields: &Map<String, Value>) -> Refusal {
    let enterprise = fields.get(ENTERPRISE_USER.id);
    let own = fields.contains_key(CUSTOM_USER.id);
    let known = [ENTERPRISE_USER.id, CUSTOM_USER.id];
    let strange_urn = fields.keys().any(|name| name.contains(':') && !known.contains(&name.as_str()));
    let entries = |name: &str| {
        let entries = fields.get(name).and_then(Value::as_array);
        entries.into_iter().flatten()
    };
    let complex = ["roles", "entitlements"].into_iter().any(|name| entries(name).any(Value::is_object));
    let null_list = fields.iter().any(|(name, value)| value.is_null() && core(name).is_some_and(|one| one.multi));
    let primary = |name: &str| entries(name).any(|entry| entry.get("primary").is_some());
    let password = fields.get("password").and_then(Value::as_str);
    let user_name = fields.get("userName").and_then(Value::as_str);
    let mixed = user_name.is_some_and(|text| text.chars().any(char::is_uppercase));
    let names_draft = entries("schemas").filter_map(Value::as_str).any(|urn| urn.starts_with("urn:scim:"));
    let plain = password.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    first(
        quirks,
        &[
            (enterprise.is_some(), Quirk::EnterpriseExtension400, 400, "unknown extension"),
            (names_draft, Quirk::DraftUrns400, 400, "unknown schema"),
            (fields.get("emails").is_some_and(Value::is_object), Quirk::OneEmail500, 500, "something went wrong"),
            (fields.get("active").is_some_and(Value::is_string), Quirk::QuotedActive400, 400, "active is a boolean"),
            (fields.get("id").is_some_and(Value::is_null), Quirk::NullId400, 400, "id is a string"),
            (strange_urn, Quirk::UnknownExtension400, 400, "unknown extension"),
            (own, Quirk::CustomExtension400, 400, "unknown extension"),
            (is_strange(fields), Quirk::UnknownAttribute400, 400, "unknown attribute"),
            (complex, Quirk::ComplexEntitlements400, 400, "a string is expected"),
            (complex, Quirk::ComplexEntitlements500, 500, "something went wrong"),
            (null_list, Quirk::NullMultivalued400, 400, "a list is expected"),
            (enterprise.is_some_and(Value::is_null), Quirk::NullExtension400, 400, "an object is expected"),
            (primary("addresses"), Quirk::AddressPrimary400, 400, "unknown attribute: primary"),
            (primary("phoneNumbers"), Quirk::PhonePrimary500, 500, "something went wrong"),
            (fields.contains_key("externalId"), Quirk::ExternalId400, 400, "unknown attribute: externalId"),
            (fields.contains_key("groups"), Quirk::GroupsEmpty400, 400, "groups is read-only"),
            (mixed, Quirk::MixedCaseUsername400, 400, "userName has to be in lower case"),
            (plain, Quirk::PasswordPolicy400, 400, "the password needs a special character"),
        ],
    )
}

fn refuse_put(quirks: &Quirks, fields: &Map<String, Value>, row: Option<&Row>) -> Refusal {
    let echoed = ["id", "meta", "groups"].into_iter().any(|name| fields.contains_key(name));
    let is_empty = |value: &Value| value.is_null() || value == "";
    let empty = fields.values().any(|value| match value {
        Value::Object(members) => members.values().any(is_empty),
        value => is_empty(value),
    });
    let absent = !fields.contains_key("title") && row.is_some_and(|row| row.text("title").is_some());
    let deactivates = fields.get("active") == Some(&Value::Bool(false));
    first(
        quirks,
        &[
            (echoed, Quirk::PutReadonlyRejected, 400, "a read-only attribute is given"),
            (echoed, Quirk::PutReadonlyProblemDetails, 400, "a read-only attribute is given"),
            (empty, Quirk::EmptyOptional400, 400, "an attribute is empty"),
            (absent, Quirk::AbsentOptional400, 400, "title is missing"),
            (is_strange(fields), Quirk::UnknownInUpdate400, 400, "unknown attribute"),
            (deactivates, Quirk::DeactivatingPut400, 400, "active has an invalid value"),
        ],
    )
}

fn refuse_group(store: &Store, call: &Call, row: Option<&Row>) -> Refusal {
    let quirks = &store.quirks;
    let operations = || operations(&call.body);
    let members = || written_members(&call.body);
    let pathless = operations().any(is_pathless);
    let removes_one = operations().any(|one| is_verb(one, "remove") && has_path(one, "members["));
    let empties = operations().any(|one| {
        let value = one.get("value").and_then(Value::as_array);
        is_verb(one, "replace") && has_path(one, "members") && value.is_some_and(Vec::is_empty)
    });
    let replaces = operations().any(|one| is_verb(one, "replace") && is_on(one, "members"));
    let memberless = call.body.get("members").and_then(Value::as_array).is_none_or(Vec::is_empty);
    let display = members().any(|member| member.get("display").is_some());
    let null_display = members().any(|member| member.get("display") == Some(&Value::Null));
    let has_member = |id: &str| row.is_some_and(|row| row.members().any(|member| member == id));
    let known = |member: &Value| {
        let id = member.get("value").and_then(Value::as_str);
        id.is_some_and(has_member)
    };
    let adds_again = operations()
        .filter(|one| is_verb(one, "add"))
        .filter_map(|one| one.get("value")?.as_array())
        .flatten()
        .any(known);
    let had = row.map_or(0, |row| row.members().count());
    let only_adds = quirks.has(Quirk::GroupPatchAddsOnly) && call.method == Method::PATCH;
    let unknown = |member: &Value| {
        let id = member.get("value").and_then(Value::as_str);
        id.is_none_or(|id| store.tables().any(id).is_none())
    };
    let changes_members = call.method == Method::PUT && had > 0 && (members().count() != had || !members().all(known));
    first(
        quirks,
        &[
            (pathless, Quirk::GroupPathlessReplace400, 400, "the operation has no path"),
            (pathless, Quirk::GroupPathlessReplace501, 501, "this is not supported"),
            (only_adds && (pathless || removes_one), Quirk::GroupPatchAddsOnly, 501, "this is not supported"),
            (only_adds && (replaces || members().any(unknown)), Quirk::GroupPatchAddsOnly, 500, "something went wrong"),
            (call.method == Method::POST && memberless, Quirk::EmptyGroup400, 400, "members is required"),
            (call.method == Method::PUT && memberless, Quirk::GroupPutEmpty400, 400, "members is required"),
            (replaces, Quirk::ReplaceMembers400, 400, "members can be added and removed only"),
            (removes_one, Quirk::MemberRemove400, 400, "the path is not supported"),
            (empties, Quirk::ReplaceMembersEmpty400, 400, "members is empty"),
            (display, Quirk::MemberDisplay400, 400, "unknown attribute: display"),
            (null_display, Quirk::MemberDisplayNull400, 400, "display is null"),
            (adds_again, Quirk::MemberReadd409, 409, "the member is there already"),
            (changes_members, Quirk::SecondGroupPut400, 400, "members.value is immutable"),
            (member_writes(call) > MAX_MEMBER_WRITES, Quirk::MemberBatch413, 413, "too many members"),
        ],
    )
}

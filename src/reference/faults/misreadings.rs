//! Requests that a faulty server takes for something else.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::super::call::{Call, Endpoint};
use super::super::quirk::{Quirk, Quirks};
use super::super::schema::{CUSTOM_USER, ENTERPRISE_USER, Kind, Type, find};
use super::super::store::Store;
use super::super::view::View;
use super::asked::{has_path, is_on, is_pathless, is_verb, kind_of};
use super::grants::{self, GRANTS};

/// How many resources a page holds at most where pages are cut.
const PAGE: i64 = 50;

/// The attributes that make up a profile and can be removed.
const PROFILE: [&str; 8] =
    ["name", "displayName", "title", "locale", "emails", "phoneNumbers", "addresses", ENTERPRISE_USER.id];

/// Rewrites a request into what the server makes of it.
pub(super) fn misread(store: &Store, base_url: &str, call: &mut Call) {
    let quirks = &store.quirks;
    let Some(kind) = kind_of(call) else {
        return;
    };
    match call.method {
        Method::GET => {
            misread_query(quirks, kind, &mut call.parameters);
            if kind == Kind::User && quirks.has(Quirk::LookupsMatchPatterns) {
                match_patterns(store, &mut call.parameters);
            }
        }
        Method::POST => {
            misread_create(quirks, kind, &mut call.body);
            let id = call.body.get("id").and_then(Value::as_str).unwrap_or_default();
            let is_taken = store.tables().of(kind).by_id(id).is_some();
            if is_taken && kind == Kind::User && quirks.has(Quirk::CreateOverwritesId) {
                (call.method, call.endpoint) = (Method::PUT, Endpoint::Item(kind, id.to_owned()));
            }
        }
        Method::PUT => misread_put(store, base_url, kind, call),
        Method::PATCH => {
            let closed = match &call.endpoint {
                Endpoint::Item(kind, id) => store.tables().of(*kind).by_id(id).is_some_and(|row| !row.is_active()),
                _ => false,
            };
            if quirks.has(Quirk::PatchIgnoresActive) || (closed && quirks.has(Quirk::ReactivationIgnored)) {
                drop_active(&mut call.body);
            }
            if quirks.has(Quirk::PatchTogglesActive) {
                toggle_active(&mut call.body, !closed);
            }
            misread_patch(quirks, kind, &mut call.body);
            if quirks.has(Quirk::GrantsAppended)
                && let Some(operations) = call.body.get_mut("Operations").and_then(Value::as_array_mut)
            {
                operations.iter_mut().for_each(grants::add_instead);
            }
        }
        _ => {}
    }
    if quirks.has(Quirk::MemberWithoutTypeIgnored) && kind == Kind::Group {
        drop_members_without_type(&mut call.body);
    }
}

fn misread_query(quirks: &Quirks, kind: Kind, parameters: &mut Vec<(String, String)>) {
    let mut ignored = Vec::new();
    let ignores_filter = match kind {
        Kind::User => Quirk::FilterIgnored,
        _ => Quirk::GroupFilterIgnored,
    };
    for (quirk, name) in [
        (ignores_filter, "filter"),
        (Quirk::PagingIgnored, "startIndex"),
        (Quirk::PagingIgnored, "count"),
        (Quirk::StartIndexIgnored, "startIndex"),
        (Quirk::CountIgnored, "count"),
    ] {
        if quirks.has(quirk) {
            ignored.push(name);
        }
    }
    parameters.retain(|(name, _)| !ignored.contains(&name.as_str()));
    if quirks.has(Quirk::PagesCutAt50) && !has(parameters, "count") {
        parameters.push(("count".to_owned(), PAGE.to_string()));
    }
    if quirks.has(Quirk::StartIndexZeroBased) && !has(parameters, "startIndex") {
        parameters.push(("startIndex".to_owned(), "1".to_owned()));
    }
    for (name, value) in parameters {
        match (name.as_str(), value.parse::<i64>()) {
            ("startIndex", Ok(start)) if start > 1 && quirks.has(Quirk::PagesOverlap) => {
                *value = (start - 1).to_string();
            }
            ("startIndex", Ok(start)) if quirks.has(Quirk::StartIndexZeroBased) => {
                *value = start.saturating_add(1).to_string();
            }
            ("count", Ok(count)) if count > PAGE && quirks.has(Quirk::PagesCutAt50) => {
                *value = PAGE.to_string();
            }
            ("filter", _) if value.contains("%20") && quirks.has(Quirk::PercentSpaceNotDecoded) => {
                // Nobody has this id.
                *value = "id eq \"\"".to_owned();
            }
            ("filter", _) if kind == Kind::User && quirks.has(Quirk::LookupByEmail) => {
                *value = value.replacen("userName eq", "emails.value eq", 1);
            }
            ("filter", _) if kind == Kind::Group && quirks.has(Quirk::GroupFilterFuzzy) => {
                *value = value.replacen(" eq ", " co ", 1);
            }
            _ => {}
        }
    }
}

/// Makes of a userName that is looked for what LIKE of SQL makes of it.
fn match_patterns(store: &Store, parameters: &mut [(String, String)]) {
    for (_, filter) in parameters.iter_mut().filter(|(name, _)| name == "filter") {
        let pattern = filter.strip_prefix("userName eq \"").and_then(|rest| rest.strip_suffix('"'));
        let Some(pattern) = pattern.map(str::to_lowercase) else { continue };
        let names = store.tables().of(Kind::User).rows().filter_map(|row| row.text("userName"));
        let matching = names.filter(|name| is_like(name.to_lowercase().as_bytes(), pattern.as_bytes()));
        let all: Vec<String> = matching.map(|name| format!("userName eq {}", json!(name))).collect();
        if !all.is_empty() {
            *filter = all.join(" or ");
        }
    }
}

fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'%', rest)) => (0..=text.len()).any(|from| is_like(&text[from..], rest)),
        Some((letter, rest)) => {
            text.split_first().is_some_and(|(first, text)| [b'_', *first].contains(letter) && is_like(text, rest))
        }
    }
}

fn has(parameters: &[(String, String)], wanted: &str) -> bool {
    parameters.iter().any(|(name, _)| name == wanted)
}

fn misread_create(quirks: &Quirks, kind: Kind, body: &mut Value) {
    let Value::Object(body) = body else {
        return;
    };
    misread_active(quirks, body);
    if kind == Kind::User && quirks.has(Quirk::CreatedInactive) {
        body.insert("active".to_owned(), json!(false));
    }
    if kind == Kind::User && quirks.has(Quirk::NullStoredAsText) {
        write_nulls(body);
    }
    if kind == Kind::Group && (quirks.has(Quirk::GroupCreateIgnoresMembers) || quirks.has(Quirk::GroupPatchAddsOnly)) {
        body.shift_remove("members");
    }
}

fn misread_put(store: &Store, base_url: &str, kind: Kind, call: &mut Call) {
    let quirks = &store.quirks;
    let Endpoint::Item(_, id) = &call.endpoint else {
        return;
    };
    let tables = store.tables();
    let Some(row) = tables.of(kind).by_id(id) else {
        if quirks.has(Quirk::PutCreates) {
            call.method = Method::POST;
            call.endpoint = Endpoint::Collection(kind);
        }
        return;
    };
    let view = View { tables, row, base_url };
    let (Value::Object(current), Value::Object(body)) = (view.render(), &mut call.body) else {
        return;
    };
    let sent = body.clone();
    let mut keep = |name: &str| {
        if let Some(value) = current.get(name) {
            body.insert(name.to_owned(), value.clone());
        }
    };
    if kind == Kind::User && quirks.has(Quirk::EmptyTextIgnored) {
        let empty = sent.iter().filter(|(_, value)| **value == "");
        empty.for_each(|(name, _)| keep(name));
    }
    let stays_closed = !row.is_active() && quirks.has(Quirk::ReactivationIgnored);
    if kind == Kind::User && (stays_closed || quirks.has(Quirk::PutIgnoresActive)) {
        keep("active");
    }
    if kind == Kind::User && quirks.has(Quirk::UsernameChangeIgnored) {
        keep("userName");
    }
    if kind == Kind::Group && quirks.has(Quirk::PutGroupIgnoresMembers) {
        keep("members");
    }
    if kind == Kind::Group && quirks.has(Quirk::GroupPutKeepsName) {
        keep("displayName");
    }
    if kind == Kind::Group && quirks.has(Quirk::PutGroupDropsMembers) {
        body.shift_remove("members");
    }
    if quirks.has(Quirk::PutExtensionIgnored) {
        body.retain(|name, _| !name.contains(':'));
        body.extend(current.clone().into_iter().filter(|(name, _)| name.contains(':')));
    }
    if kind == Kind::User && quirks.has(Quirk::PutForgetsExternalId) {
        body.shift_remove("externalId");
    }
    if kind == Kind::User && quirks.has(Quirk::NullStoredAsText) {
        write_nulls(body);
    }
    misread_active(quirks, body);
    if kind == Kind::User && quirks.has(Quirk::PutWithoutActiveDeactivates) {
        body.entry("active").or_insert(json!(false));
    }
    if kind == Kind::User && quirks.has(Quirk::PutWithoutActiveActivates) {
        body.entry("active").or_insert(json!(true));
    }
    if quirks.has(Quirk::FormattedNameWins)
        && let Some(Value::Object(name)) = body.get_mut("name")
    {
        split_formatted(name);
    }
    if quirks.has(Quirk::PutMerges) {
        for (name, value) in &current {
            body.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    if kind == Kind::User && quirks.has(Quirk::CustomAttributesFixed) && current.contains_key(CUSTOM_USER.id) {
        body.insert(CUSTOM_USER.id.to_owned(), current[CUSTOM_USER.id].clone());
    }
    for name in GRANTS.iter().filter(|_| kind == Kind::User) {
        grants::keep(quirks, name, current.get(*name), body);
    }
    let deactivates = row.is_active() && body.get("active") == Some(&json!(false));
    if kind == Kind::User && deactivates && quirks.has(Quirk::DeactivationIgnoresRest) {
        *body = current.clone();
        body.insert("active".to_owned(), json!(false));
    }
    if quirks.has(Quirk::PutIgnored) {
        *body = current;
    }
}

fn misread_active(quirks: &Quirks, body: &mut Map<String, Value>) {
    if quirks.has(Quirk::QuotedActiveTrue)
        && let Some(active @ Value::String(_)) = body.get_mut("active")
    {
        *active = json!(true);
    }
}

/// Writes the word where a text is null.
fn write_nulls(body: &mut Map<String, Value>) {
    let is_text = |name: &str| find(Kind::User.schema().attributes, name).is_some_and(|one| one.kind == Type::Text);
    for (_, value) in body.iter_mut().filter(|(name, value)| value.is_null() && is_text(name)) {
        *value = json!("null");
    }
}

/// Overwrites the parts of a name with those of the formatted one.
fn split_formatted(name: &mut Map<String, Value>) {
    let formatted = name.get("formatted").and_then(Value::as_str);
    if let Some((given, family)) = formatted.and_then(|text| text.rsplit_once(' ')) {
        let (given, family) = (given.to_owned(), family.to_owned());
        name.insert("givenName".to_owned(), Value::String(given));
        name.insert("familyName".to_owned(), Value::String(family));
    }
}

/// Takes `active` out of all operations.
fn drop_active(body: &mut Value) {
    let Some(Value::Array(operations)) = body.get_mut("Operations") else {
        return;
    };
    operations.retain(|one| !has_path(one, "active"));
    for operation in operations.iter_mut() {
        if let Some(fields) = pathless_fields(operation) {
            fields.shift_remove("active");
        }
    }
}

/// Turns a value of `active` that the account has already into the other one.
fn toggle_active(body: &mut Value, active: bool) {
    let operations = body.get_mut("Operations").and_then(Value::as_array_mut).into_iter().flatten();
    for fields in operations.filter_map(pathless_fields) {
        if fields.get("active") == Some(&json!(active)) {
            fields.insert("active".to_owned(), json!(!active));
        }
    }
}

fn misread_patch(quirks: &Quirks, kind: Kind, body: &mut Value) {
    let Some(Value::Array(operations)) = body.get_mut("Operations") else {
        return;
    };
    if quirks.has(Quirk::LowercaseOpsIgnored) {
        operations.retain(|one| {
            let word = one.get("op").and_then(Value::as_str);
            word.is_none_or(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        });
    }
    if quirks.has(Quirk::PatchFirstOperationOnly) {
        operations.truncate(1);
    }
    match kind {
        Kind::User => misread_user_operations(quirks, operations),
        _ => misread_group_operations(quirks, operations),
    }
    if kind == Kind::Group && quirks.has(Quirk::GroupPathsByLetter) {
        let known = ["members", "displayName", "externalId"];
        let path = |one: &Value| one.get("path").and_then(Value::as_str).map(str::to_owned);
        operations.retain(|one| path(one).is_none_or(|path| known.iter().any(|name| path.starts_with(name))));
    }
    if operations.is_empty() {
        // An operation without effect: the request itself stays in order.
        operations.push(json!({"op": "replace", "value": {}}));
    }
}

fn misread_user_operations(quirks: &Quirks, operations: &mut Vec<Value>) {
    if quirks.has(Quirk::PatchNoop200) {
        operations.clear();
    }
    if quirks.has(Quirk::UsernameChangeIgnored) {
        operations.retain(|one| !has_path(one, "userName"));
    }
    if quirks.has(Quirk::PathlessReplaceResets) {
        let named =
            |name: &str| operations.iter().filter(|one| is_pathless(one)).any(|one| one["value"].get(name).is_some());
        if PROFILE.iter().any(|name| named(name)) {
            let unnamed = PROFILE.iter().filter(|name| !named(name));
            let removals: Vec<Value> = unnamed.map(|name| json!({"op": "remove", "path": name})).collect();
            operations.extend(removals);
        }
    }
    if quirks.has(Quirk::UserRemovesSkipped) {
        operations.retain(|one| !is_verb(one, "remove"));
    }
    if quirks.has(Quirk::ComplexReplaceDropsRest) {
        let is_whole = |name: &str| ["name", ENTERPRISE_USER.id].contains(&name);
        let named = |one: &Value| match one.get("path").and_then(Value::as_str) {
            Some(path) => vec![path.to_owned()],
            None => one["value"].as_object().into_iter().flat_map(Map::keys).cloned().collect(),
        };
        let all: Vec<String> = operations.iter().filter(|one| !is_verb(one, "remove")).flat_map(named).collect();
        let cleared = all.into_iter().filter(|name| is_whole(name)).map(|name| json!({"op": "remove", "path": name}));
        operations.splice(0..0, cleared.collect::<Vec<_>>());
    }
    for operation in operations {
        let replaces = is_verb(operation, "replace");
        let lists = operation.get("value").is_some_and(Value::is_array) || is_pathless(operation);
        if quirks.has(Quirk::PatchListsAppended) && replaces && lists {
            operation["op"] = json!("add");
        }
        if let Some(fields) = pathless_fields(operation) {
            if fields.get("active") == Some(&json!(false)) && quirks.has(Quirk::DeactivationIgnoresRest) {
                fields.retain(|name, _| name == "active");
            }
            fields.retain(|name, value| {
                let extension = name.contains(':');
                let ignored = (name == "userName" && quirks.has(Quirk::UsernameChangeIgnored))
                    || (extension && quirks.has(Quirk::PatchExtensionIgnored))
                    || (name == CUSTOM_USER.id && quirks.has(Quirk::CustomAttributesFixed))
                    || (quirks.has(Quirk::GrantsKeptWhenEmpty) && grants::is_empty(name, value))
                    || (!extension && value.is_object() && quirks.has(Quirk::PatchNameIgnored));
                !ignored
            });
        }
    }
}

fn misread_group_operations(quirks: &Quirks, operations: &mut Vec<Value>) {
    let removes_one = |one: &Value| is_verb(one, "remove") && has_path(one, "members[");
    if quirks.has(Quirk::MemberRemoveIgnored) {
        operations.retain(|one| !removes_one(one));
    }
    if quirks.has(Quirk::GroupRenameIgnored) {
        operations.retain(|one| !has_path(one, "displayName"));
    }
    if quirks.has(Quirk::ReplaceMembersEmptyIgnored) {
        let none = |one: &Value| one.get("value").and_then(Value::as_array).is_some_and(Vec::is_empty);
        operations.retain(|one| !(is_verb(one, "replace") && is_on(one, "members") && none(one)));
    }
    let mut empties = false;
    for operation in operations.iter_mut() {
        if quirks.has(Quirk::MemberRemoveClearsAll) && removes_one(operation) {
            operation["path"] = json!("members");
        }
        if is_on(operation, "members") {
            if quirks.has(Quirk::MemberAddReplaces) && is_verb(operation, "add") {
                operation["op"] = json!("replace");
            } else if quirks.has(Quirk::ReplaceMembersAdds) && is_verb(operation, "replace") {
                operation["op"] = json!("add");
            }
        }
        if let Some(fields) = pathless_fields(operation) {
            empties |= !fields.contains_key("members");
            if quirks.has(Quirk::GroupRenameIgnored) {
                fields.shift_remove("displayName");
            }
            if quirks.has(Quirk::MembersPathlessIgnored) {
                fields.shift_remove("members");
            }
        }
    }
    if empties && quirks.has(Quirk::GroupRenameEmptiesMembers) {
        operations.push(json!({"op": "replace", "path": "members", "value": []}));
    }
}

fn pathless_fields(operation: &mut Value) -> Option<&mut Map<String, Value>> {
    match is_pathless(operation) {
        true => operation.get_mut("value")?.as_object_mut(),
        false => None,
    }
}

fn drop_members_without_type(body: &mut Value) {
    let typed = |members: Option<&mut Value>| {
        if let Some(Value::Array(members)) = members {
            members.retain(|member| member.get("type").is_some());
        }
    };
    typed(body.get_mut("members"));
    let Some(Value::Array(operations)) = body.get_mut("Operations") else {
        return;
    };
    for operation in operations {
        let members = has_path(operation, "members");
        match operation.get_mut("value") {
            Some(Value::Object(fields)) => typed(fields.get_mut("members")),
            value if members => typed(value),
            _ => {}
        }
    }
}

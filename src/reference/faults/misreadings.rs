//! Requests that a faulty server takes for something else.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::super::operations::{Call, Endpoint};
use super::super::quirk::{Quirk, Quirks};
use super::super::schema::Kind;
use super::super::store::Store;
use super::super::view::View;
use super::{has_path, is_pathless, is_verb, kind_of};

/// Rewrites a request into what the server makes of it.
pub(super) fn misread(store: &Store, base_url: &str, call: &mut Call) {
    let quirks = &store.quirks;
    let Some(kind) = kind_of(call) else {
        return;
    };
    match call.method {
        Method::GET => misread_query(quirks, kind, &mut call.parameters),
        Method::POST => misread_create(quirks, kind, &mut call.body),
        Method::PUT => misread_put(store, base_url, kind, call),
        Method::PATCH => misread_patch(quirks, kind, &mut call.body),
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
        Kind::Group => Quirk::GroupFilterIgnored,
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
            ("filter", _) if kind == Kind::Group && quirks.has(Quirk::GroupFilterFuzzy) => {
                *value = value.replacen(" eq ", " co ", 1);
            }
            _ => {}
        }
    }
}

fn has(parameters: &[(String, String)], wanted: &str) -> bool {
    parameters.iter().any(|(name, _)| name == wanted)
}

fn misread_create(quirks: &Quirks, kind: Kind, body: &mut Value) {
    if let (Kind::User, true, Value::Object(body)) = (kind, quirks.has(Quirk::CreatedInactive), body) {
        body.insert("active".to_owned(), json!(false));
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
    let mut keep = |name: &str| {
        if let Some(value) = current.get(name) {
            body.insert(name.to_owned(), value.clone());
        }
    };
    if kind == Kind::User && quirks.has(Quirk::PutIgnoresActive) {
        keep("active");
    }
    if kind == Kind::User && quirks.has(Quirk::UsernameChangeIgnored) {
        keep("userName");
    }
    if kind == Kind::Group && quirks.has(Quirk::PutGroupIgnoresMembers) {
        keep("members");
    }
    if quirks.has(Quirk::PutMerges) {
        for (name, value) in &current {
            body.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    if quirks.has(Quirk::PutIgnored) {
        *body = current;
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
        Kind::Group => misread_group_operations(quirks, operations),
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
    for operation in operations {
        let replaces = is_verb(operation, "replace");
        let lists = operation.get("value").is_some_and(Value::is_array) || is_pathless(operation);
        if quirks.has(Quirk::PatchListsAppended) && replaces && lists {
            operation["op"] = json!("add");
        }
        if let Some(fields) = pathless_fields(operation) {
            fields.retain(|name, value| {
                let extension = name.contains(':');
                let ignored = (name == "userName" && quirks.has(Quirk::UsernameChangeIgnored))
                    || (extension && quirks.has(Quirk::PatchExtensionIgnored))
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
    let mut empties = false;
    for operation in operations.iter_mut() {
        if quirks.has(Quirk::MemberRemoveClearsAll) && removes_one(operation) {
            operation["path"] = json!("members");
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

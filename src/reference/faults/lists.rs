//! Lists that are told badly.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Body};
use super::super::call::{Call, Endpoint};
use super::super::problem::Problem;
use super::super::query::Query;
use super::super::quirk::{Quirk, Quirks};
use super::super::row::Row;
use super::super::schema::{CUSTOM_USER, Kind};
use super::super::store::Store;
use super::asked::parameter;
use super::grants::GRANTS;

const COUNTERS: [&str; 3] = ["totalResults", "startIndex", "itemsPerPage"];

/// How many resources a server knows that stops counting too early.
const SEEN_ROWS: usize = 100;

/// After what time an index that is filled in the background knows of a user.
const LAG: Duration = Duration::from_millis(500);

/// What of a user an index keeps besides its keys.
const PROFILE: [&str; 6] = ["name", "displayName", "title", "emails", "phoneNumbers", "addresses"];

/// Edits the ListResponse to a query on users or groups.
pub(super) fn edit(quirks: &Quirks, call: &Call, answer: &mut Answer) {
    let (Endpoint::Collection(kind), &Method::GET) = (&call.endpoint, &call.method) else {
        return;
    };
    if kind.is_granted() {
        return;
    }
    let Body::Json(Value::Object(list)) = &mut answer.body else {
        return;
    };
    let filtered = parameter(call, "filter").is_some();
    if quirks.has(Quirk::LookupFindsNothing) && filtered && *kind == Kind::User {
        empty(list);
    }
    let start: u64 = parameter(call, "startIndex").and_then(|start| start.parse().ok()).unwrap_or(1);
    let total = list["totalResults"].as_u64().unwrap_or_default();
    edit_counters(quirks, call, list);
    edit_resources(quirks, list, total);
    match filtered {
        true => edit_found(quirks, *kind, list),
        false => edit_listing(quirks, *kind, list),
    }
    let refusal = if start > total.max(1) && quirks.has(Quirk::PastTheEnd400) {
        Problem::value("startIndex is past the end")
    } else if start > total.max(1) && quirks.has(Quirk::PastTheEnd404) {
        Problem::not_found("the page")
    } else if total == 0 && filtered && quirks.has(Quirk::LookupMiss404) {
        Problem::not_found("what the filter describes")
    } else {
        return edit_empty(quirks, total, answer);
    };
    *answer = Answer::from(refusal);
}

fn empty(list: &mut Map<String, Value>) {
    list.insert("totalResults".to_owned(), json!(0));
    list.insert("itemsPerPage".to_owned(), json!(0));
    list.insert("Resources".to_owned(), json!([]));
}

fn edit_counters(quirks: &Quirks, call: &Call, list: &mut Map<String, Value>) {
    if quirks.has(Quirk::TotalIsPageSize) {
        list.insert("totalResults".to_owned(), list["itemsPerPage"].clone());
    }
    if quirks.has(Quirk::TotalNegative) {
        list.insert("totalResults".to_owned(), json!(-1));
    }
    let count = parameter(call, "count").and_then(|count| count.parse::<i64>().ok());
    if let (true, Some(count)) = (quirks.has(Quirk::ItemsPerPageEchoesCount), count) {
        list.insert("itemsPerPage".to_owned(), json!(count));
    }
    let nothing = list["Resources"].as_array().is_some_and(Vec::is_empty);
    let start = parameter(call, "startIndex").and_then(|start| start.parse::<i64>().ok());
    let shifted = quirks.has(Quirk::PagesOverlap) || quirks.has(Quirk::StartIndexZeroBased);
    if let (true, Some(start)) = (shifted, start) {
        list.insert("startIndex".to_owned(), json!(start));
    }
    for counter in COUNTERS {
        let text = quirks.has(Quirk::ListCountersAsStrings)
            || (counter == "startIndex" && nothing && quirks.has(Quirk::EmptyListStartIndexAsString));
        if text {
            list.insert(counter.to_owned(), json!(list[counter].to_string()));
        }
    }
}

fn edit_resources(quirks: &Quirks, list: &mut Map<String, Value>, total: u64) {
    if quirks.has(Quirk::ListSchemasMissing) {
        list.shift_remove("schemas");
    }
    if quirks.has(Quirk::StartIndexMissing) {
        list.shift_remove("startIndex");
    }
    let whole = list["Resources"].as_array().is_some_and(|shown| shown.len() as u64 == total);
    if whole && quirks.has(Quirk::CountersOnPartialListsOnly) {
        list.shift_remove("startIndex");
        list.shift_remove("itemsPerPage");
    }
    if quirks.has(Quirk::TotalMissing) {
        list.shift_remove("totalResults");
    }
    if total == 0 && quirks.has(Quirk::ResourcesNullWhenEmpty) {
        list.insert("Resources".to_owned(), Value::Null);
    }
    if total == 0 && quirks.has(Quirk::ResourcesMissingWhenEmpty) {
        list.shift_remove("Resources");
    }
    if quirks.has(Quirk::ResourcesNamedOtherwise)
        && let Some(resources) = list.shift_remove("Resources")
    {
        list.insert("items".to_owned(), resources);
    }
    if quirks.has(Quirk::LowerCaseKeys) {
        let keys = std::mem::take(list).into_iter();
        list.extend(keys.map(|(name, value)| (name.to_ascii_lowercase(), value)));
    }
}

/// Edits what a filter has found.
fn edit_found(quirks: &Quirks, kind: Kind, list: &mut Map<String, Value>) {
    let resources = list.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten();
    for shown in resources.filter_map(Value::as_object_mut).filter(|_| kind == Kind::User) {
        if quirks.has(Quirk::LookupResultsSlim) {
            shown.shift_remove("name");
            shown.shift_remove("emails");
        }
        if quirks.has(Quirk::InactiveFoundAsActive) {
            shown.insert("active".to_owned(), json!(true));
        }
    }
}

/// Edits a list without a filter.
fn edit_listing(quirks: &Quirks, kind: Kind, list: &mut Map<String, Value>) {
    let Some(Value::Array(resources)) = list.get_mut("Resources") else {
        return;
    };
    if kind == Kind::User {
        for shown in resources.iter_mut().filter_map(Value::as_object_mut) {
            if quirks.has(Quirk::ListedUsersIncomplete) {
                shown.shift_remove("emails");
            }
            if quirks.has(Quirk::InactiveListedAsActive) {
                shown.insert("active".to_owned(), json!(true));
            }
            if quirks.has(Quirk::GrantsUnlisted) {
                GRANTS.iter().for_each(|name| drop(shown.shift_remove(*name)));
            }
            if quirks.has(Quirk::CustomAttributesUnlisted) {
                shown.shift_remove(CUSTOM_USER.id);
            }
        }
    }
    if quirks.has(Quirk::ResourcesAsMap) && !resources.is_empty() {
        let numbered = std::mem::take(resources).into_iter().enumerate();
        let numbered: Map<String, Value> = numbered.map(|(place, shown)| (place.to_string(), shown)).collect();
        list.insert("Resources".to_owned(), Value::Object(numbered));
    }
}

/// Shows resources as they once were, where a list comes from an index that was not kept up.
pub(crate) fn recall(store: &Store, kind: Kind, query: &Query, list: &mut Value) {
    let stale = match query.filter {
        Some(_) => Quirk::LookupProfileStale,
        None => Quirk::ListProfileStale,
    };
    let resources = list["Resources"].as_array_mut();
    for shown in resources.into_iter().flatten().filter_map(Value::as_object_mut) {
        if store.quirks.has(Quirk::NicknameUnlisted) {
            shown.shift_remove("nickName");
        }
        let id = shown.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if store.quirks.has(Quirk::NicknameListedAsCreated) {
            shown.shift_remove("nickName");
            let first = store.first_profiles.get(&id).and_then(|first| first.get("nickName"));
            shown.extend(first.map(|value| ("nickName".to_owned(), value.clone())));
        }
        if store.quirks.has(Quirk::ReturnedListedAsInactive) && store.returned.contains(&id) {
            shown.insert("active".to_owned(), Value::Bool(false));
        }
        match kind {
            Kind::Group if store.quirks.has(Quirk::GroupImportOriginalName) => {
                let first = store.first_names.get(&id);
                let first = first.map_or(Value::Null, |name| Value::String(name.clone()));
                shown.insert("displayName".to_owned(), first);
            }
            Kind::User if store.quirks.has(stale) => {
                let first = store.first_profiles.get(&id);
                let known = first.into_iter().flatten().filter(|(name, _)| PROFILE.contains(&name.as_str()));
                shown.extend(known.map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => {}
        }
    }
}

fn edit_empty(quirks: &Quirks, total: u64, answer: &mut Answer) {
    if total != 0 {
        return;
    }
    if quirks.has(Quirk::EmptyListAsNullBody) {
        answer.body = Body::Json(Value::Null);
    }
    if quirks.has(Quirk::EmptyListAsEmptyBody) {
        answer.body = Body::Empty;
    }
    if quirks.has(Quirk::EmptyListAsArray) {
        answer.body = Body::Json(json!([]));
    }
    if quirks.has(Quirk::EmptyListAsHtml) {
        answer.body = Body::Text("<!doctype html><h1>No results</h1>".to_owned());
        answer.set("content-type", "text/html; charset=utf-8");
    }
}

/// Spoils what a query has found, before it is cut into pages.
pub(crate) fn spoil(store: &Store, query: &Query, rows: &mut Vec<&Arc<Row>>) {
    let quirks = &store.quirks;
    let late = match query.filter {
        Some(_) => Quirk::NewestUserUnfindable,
        None => Quirk::NewestUserUnlisted,
    };
    if quirks.has(late) {
        rows.retain(|row| store.newest_user.as_deref() != Some(&row.id));
    }
    if query.filter.is_some() && quirks.has(Quirk::LookupsLag) && store.newest_since.elapsed() < LAG {
        rows.retain(|row| store.newest_user.as_deref() != Some(&row.id));
    }
    if query.filter.is_none() && quirks.has(Quirk::GroupsUnlisted) {
        rows.retain(|row| row.kind != Kind::Group);
    }
    let hidden = match query.filter {
        Some(_) => quirks.has(Quirk::InactiveHiddenFromFilter),
        None => quirks.has(Quirk::InactiveHiddenFromList),
    };
    if hidden {
        rows.retain(|row| row.is_active());
    }
    if query.filter.is_some() && quirks.has(Quirk::ReturnedUnfindable) {
        rows.retain(|row| !store.returned.contains(&row.id));
    }
    if query.filter.is_some() && quirks.has(Quirk::UnmanagedUnfindable) {
        rows.retain(|row| row.kind != Kind::User || row.text("externalId").is_some());
    }
    if quirks.has(Quirk::UsernameCaseSensitive)
        && let Some((lookup, name)) = query.filter.as_deref().and_then(|text| text.split_once('"'))
        && lookup.eq_ignore_ascii_case("userName eq ")
        && let Some(wanted) = name.strip_suffix('"').filter(|wanted| !wanted.contains('"'))
    {
        rows.retain(|row| row.text("userName").is_none_or(|name| name == wanted));
    }
    if quirks.has(Quirk::ListTruncatedAt100) {
        rows.truncate(SEEN_ROWS);
    }
    if quirks.has(Quirk::OrderUnstable) {
        fastrand::Rng::with_seed(store.searches as u64).shuffle(rows);
    }
}

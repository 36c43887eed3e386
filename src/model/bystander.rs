//! Two looks at a resource that nobody of ours has written to between them.
//!
//! **Invariant:** only what its create asked for and a server has shown to be there is held against that server. Whatever else a
//! resource shows is the server's own, and may come, go and change. What a resource has not had is held against nobody either, unless
//! it is made of what we sent elsewhere.

use std::collections::BTreeSet;

use serde_json::Value;

use super::learn::Ways;
use super::names::{self, Kind};
use super::state::{Expected, flat};
use super::value::{Pairing, elements, is_nothing, lists, normal, same};

/// What is different at a second look.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The attribute, as people write it.
    pub attribute: String,
    /// What it showed; `null` for nothing.
    pub before: Value,
    /// What it shows.
    pub after: Value,
}

/// What has changed of a resource between two looks, by the laws: `asked` is the body that created it, and `is_ours` says whether we
/// sent a text elsewhere, so that the server did not make it up.
pub fn changed(
    kind: Kind,
    asked: &Value,
    (before, after): (&Value, &Value),
    ways: &Ways,
    is_ours: &dyn Fn(&str) -> bool,
) -> Vec<Change> {
    let mut urns = Expected::new(kind);
    [asked, before, after].into_iter().for_each(|body| urns.learn_urns(body));
    let [wanted, was, is] = [asked, before, after].map(|body| flat(kind, body, &urns.urns));
    let keys: BTreeSet<&String> = wanted.keys().chain(was.keys()).chain(is.keys()).collect();
    let mut changes = Vec::new();
    for key in keys {
        let hidden = match (kind, key.as_str()) {
            (Kind::Group, "members") => ways.hides_members,
            (Kind::User, "active") => ways.invites,
            _ => false,
        };
        if hidden || ways.is_described(kind, key) || ways.is_volatile(kind, key) {
            continue;
        }
        let of = |all: &std::collections::BTreeMap<String, (String, Value)>| {
            all.get(key).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let spelled = [&wanted, &was, &is].into_iter().find_map(|all| all.get(key)).map(|(spelled, _)| spelled.clone());
        let (wanted, was, is) = (of(&wanted), of(&was), of(&is));
        let is_changed = match is_nothing(&wanted) {
            true => names::is_defined(kind, key) && is_nothing(&was) && is_made_of(&is, is_ours),
            false => differs(key, &wanted, (&was, &is), is_ours),
        };
        if is_changed {
            changes.push(Change { attribute: spelled.unwrap_or_else(|| key.clone()), before: was, after: is });
        }
    }
    // What follows from a name changes with it.
    let follows = |change: &Change| names::is_often_derived(kind, &change.attribute.to_lowercase());
    if changes.iter().any(|change| !follows(change)) {
        changes.retain(|change| !follows(change));
    }
    changes
}

/// Whether what was asked for and shown is not shown any more, or something of ours besides.
fn differs(key: &str, wanted: &Value, (was, is): (&Value, &Value), is_ours: &dyn Fn(&str) -> bool) -> bool {
    if !wanted.is_array() && !was.is_array() && !is.is_array() {
        return normal(key, wanted, was) && !normal(key, was, is) && !same(key, wanted, is);
    }
    let wanted = elements(wanted);
    let [before, after] = [was, is].map(|shown| lists(key, &wanted, &elements(shown), &[], Pairing::SAME));
    if !before.missing.is_empty() || before.changed.is_some() {
        return false;
    }
    let is_lost = !after.missing.is_empty() || after.changed.is_some();
    let is_poorer = after.without.iter().any(|part| !before.without.contains(part));
    let is_new = |value: &&Value| !before.extra.contains(value);
    is_lost || is_poorer || after.extra.iter().filter(is_new).any(|value| is_made_of(value, is_ours))
}

/// Whether a value holds a text of ours.
fn is_made_of(value: &Value, is_ours: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_ours(text),
        Value::Array(items) => items.iter().any(|item| is_made_of(item, is_ours)),
        Value::Object(fields) => fields.values().any(|value| is_made_of(value, is_ours)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attributes(asked: &Value, before: &Value, after: &Value) -> Vec<String> {
        let is_ours = |text: &str| text.contains("sc1");
        let changes = changed(Kind::User, asked, (before, after), &Ways::default(), &is_ours);
        changes.into_iter().map(|change| change.attribute).collect()
    }

    fn with(of: &Value, name: &str, value: Value) -> Value {
        let mut changed = of.clone();
        changed[name] = value;
        changed
    }

    #[test]
    fn what_was_asked_for_and_shown_must_stay_and_all_else_may_change() {
        let asked = json!({
            "userName": "Jane@example.com", "active": true, "title": "Head", "displayName": "Jane Doe",
            "emails": [{ "value": "jane@example.com", "type": "work" }], "name": { "givenName": "Jane", "familyName": "Doe" },
        });
        let mut shown = asked.clone();
        shown["id"] = "1".into();
        shown["userName"] = "jane@example.com".into();
        assert!(attributes(&asked, &shown, &shown).is_empty());
        // The server's own: what it adds, what it computes, and what it does not store.
        for (name, value) in [
            ("nickName", json!("J")),
            ("meta", json!({ "version": "W/2" })),
            ("groups", json!([{ "value": "9" }])),
            ("roles", json!([{ "value": "everybody" }])),
            ("x-lastLogin", json!("now")),
            ("userName", json!("JANE@example.com")),
        ] {
            assert!(attributes(&asked, &shown, &with(&shown, name, value)).is_empty(), "{name}");
        }
        let dropped = with(&shown, "title", Value::Null);
        assert!(attributes(&asked, &dropped, &shown).is_empty(), "what was not shown may come");
        // Everything else is somebody's fault.
        for (name, value) in [
            ("userName", json!("joe@example.com")),
            ("active", json!(false)),
            ("title", Value::Null),
            ("emails", json!([])),
            ("nickName", json!("joe.sc1")),
            ("emails", json!([{ "value": "jane@example.com", "type": "work" }, { "value": "joe.sc1@example.com" }])),
        ] {
            assert_eq!(attributes(&asked, &shown, &with(&shown, name, value)), [name]);
        }
        let renamed = with(&shown, "name", json!({ "givenName": "Joe", "familyName": "Doe" }));
        assert_eq!(attributes(&asked, &shown, &renamed), ["name.givenName"]);
        let both = with(&renamed, "displayName", json!("Joe Doe"));
        assert_eq!(attributes(&asked, &shown, &both), ["name.givenName"], "what follows is told once");
    }

    #[test]
    fn members_of_a_group_may_be_more_and_not_fewer() {
        let asked = json!({ "displayName": "Crew", "members": [{ "value": "1" }, { "value": "2" }] });
        let shown = |members: Value| json!({ "displayName": "Crew", "members": members });
        let before = shown(json!([{ "value": "1", "display": "Jane" }, { "value": "2" }]));
        let of = |after: &Value| changed(Kind::Group, &asked, (&before, after), &Ways::default(), &|_| true).len();
        assert_eq!(of(&shown(json!([{ "value": "2" }, { "value": "1" }]))), 0);
        assert_eq!(of(&shown(json!([{ "value": "2" }]))), 1);
        assert_eq!(of(&shown(Value::Null)), 1);
    }
}

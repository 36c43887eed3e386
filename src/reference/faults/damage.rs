//! What a write does besides, without saying so, and what one view shows otherwise than the others: the faults that a few laws find and
//! no list of scenarios does. The answer to the write is right, in all of them.
//!
//! Each fault is a row: which write, whom it strikes, and what becomes of that one. The reports that these follow are public; the
//! attributes and verbs are such that no scenario is about them.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Body};
use super::super::call::{Call, Endpoint};
use super::super::quirk::Quirk;
use super::super::row::{Document, Row};
use super::super::schema::Kind;
use super::super::store::{End, Store};
use super::asked::{has_path, is_pathless, operations, parameter};

/// A server that grows worse with time does so from this write on.
const MANY_WRITES: i64 = 40;

/// So many states of one resource are well: as it was created, and after two changes.
const FEW_CHANGES: u64 = 3;

/// So much of an external id the index of a careless server has.
const PREFIX: usize = 14;

/// So many writes of others later a careless server holds a resource for one that nobody works with.
const QUIET_WRITES: i64 = 12;

/// So many writes of others later somebody signs in, and has another id from then on.
const LONG_QUIET_WRITES: i64 = 120;

/// After so many further writes what was deleted comes back.
const FORGOTTEN_AFTER: i64 = 60;

/// How something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Post,
    Put,
    Patch,
    Delete,
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Done,
    Refused,
}

/// Who is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    /// The one that was written.
    Itself,
    /// Whose external id begins like that of the one that was written.
    Lookalikes,
    /// Who has the userName that the request names, in whatever letter case.
    Namesake,
    /// Who was in the group.
    Members,
    /// Another with the same first e-mail address.
    SameAddress,
    /// All users whom nobody has written to for a while.
    QuietUsers,
    /// All users with an apostrophe in the family name whom nobody has written to for much longer.
    LongQuietQuoted,
    /// The same of groups.
    QuietGroups,
    /// All users with an apostrophe in the family name.
    Quoted,
    /// All users with an underscore in the userName.
    Underscored,
}

/// What becomes of who is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    /// It loses a value, or a part of each.
    Loses(&'static [&'static str]),
    /// It has a value that nobody asked for.
    Takes(&'static str, &'static str),
    /// It has a value of the one that was written.
    TakesFrom(&'static str, &'static str),
    /// It has the value of the request.
    TakesAsked(&'static str),
    /// It keeps what it had before the write.
    Keeps(&'static str),
    /// It loses all values but the first.
    LosesFurther(&'static str),
    /// Its first e-mail address is its userName.
    Addressed,
    /// It is off.
    SwitchedOff,
    /// It has another id.
    NewId,
    /// It becomes the one that was created, in place of a new one.
    TakenOver,
}

/// A write, and the one that it was about, before it and after.
struct Written<'a> {
    body: &'a Value,
    before: Option<Arc<Row>>,
    after: Option<Arc<Row>>,
    /// Who has the userName that the request names.
    namesake: Option<Arc<Row>>,
    /// How many writes there were, whoever sent them.
    writes: i64,
}

impl Written<'_> {
    /// Whether the request names an attribute.
    fn names(&self, attribute: &str) -> bool {
        let is_named = |operation: &Value| {
            has_path(operation, attribute)
                || (is_pathless(operation)
                    && operation.get("value").is_some_and(|value| value.get(attribute).is_some()))
        };
        self.body.get(attribute).is_some() || operations(self.body).any(is_named)
    }

    /// Whether the write has changed an attribute.
    fn changes(&self, attribute: &str) -> bool {
        let of = |row: &Option<Arc<Row>>| row.as_ref().and_then(|row| row.document.get(attribute).cloned());
        self.before.is_some() && of(&self.before) != of(&self.after)
    }

    fn was_inactive(&self) -> bool {
        self.before.as_ref().is_some_and(|row| !row.is_active())
    }

    /// Whether somebody has the userName that it names, in other letter case.
    fn is_spelled_otherwise(&self) -> bool {
        let has = self.namesake.as_ref().and_then(|row| row.text("userName"));
        has.is_some_and(|has| asked(self.body, "userName").and_then(Value::as_str) != Some(has))
    }

    fn is_changed_again(&self) -> bool {
        self.before.as_ref().is_some_and(|row| row.revision > 1)
    }

    fn is_changed_often(&self) -> bool {
        self.after.as_ref().is_some_and(|row| row.revision > FEW_CHANGES)
    }
}

/// A fault of a write.
struct Damage {
    quirk: Quirk,
    of: Act,
    when: fn(&Written<'_>) -> bool,
    whom: Whom,
    harm: Harm,
}

/// A write of a kind of resource, and what came of it.
type Act = (Verb, Kind, Fate);

const CREATE: Act = (Verb::Post, Kind::User, Fate::Done);
const PUT: Act = (Verb::Put, Kind::User, Fate::Done);
const PATCH: Act = (Verb::Patch, Kind::User, Fate::Done);
const GROUP_PATCH: Act = (Verb::Patch, Kind::Group, Fate::Done);
const GROUP_DELETE: Act = (Verb::Delete, Kind::Group, Fate::Done);
const DELETE: Act = (Verb::Delete, Kind::User, Fate::Done);
const REFUSED_CREATE: Act = (Verb::Post, Kind::User, Fate::Refused);
const REFUSED_PUT: Act = (Verb::Put, Kind::User, Fate::Refused);
const REFUSED_PATCH: Act = (Verb::Patch, Kind::User, Fate::Refused);

const ALWAYS: fn(&Written<'_>) -> bool = |_| true;

const fn damage(quirk: Quirk, of: Act, when: fn(&Written<'_>) -> bool, whom: Whom, harm: Harm) -> Damage {
    Damage { quirk, of, when, whom, harm }
}

const DAMAGES: &[Damage] = &[
    // What was asked for is not there.
    damage(
        Quirk::PutOfInactiveForgotten,
        PUT,
        |w| w.was_inactive() && w.changes("name"),
        Whom::Itself,
        Harm::Keeps("name"),
    ),
    damage(
        Quirk::PatchOfInactiveForgotten,
        PATCH,
        |w| w.was_inactive() && w.changes("name"),
        Whom::Itself,
        Harm::Keeps("name"),
    ),
    damage(Quirk::RenamingPutKeepsEmails, PUT, |w| w.changes("userName"), Whom::Itself, Harm::Keeps("emails")),
    damage(Quirk::RenamingPatchKeepsEmails, PATCH, |w| w.changes("userName"), Whom::Itself, Harm::Keeps("emails")),
    damage(
        Quirk::LateCreatesResetLocale,
        CREATE,
        |w| w.writes > MANY_WRITES && !w.names("title"),
        Whom::Itself,
        Harm::Takes("locale", "en"),
    ),
    damage(
        Quirk::SecondPutKeepsEmails,
        PUT,
        |w| w.is_changed_again() && w.changes("emails"),
        Whom::Itself,
        Harm::Keeps("emails"),
    ),
    // Something else of the same resource is another.
    damage(
        Quirk::RenamingPatchMovesExternalId,
        PATCH,
        |w| w.changes("userName"),
        Whom::Itself,
        Harm::TakesFrom("externalId", "userName"),
    ),
    damage(
        Quirk::EmailPatchResetsLocale,
        PATCH,
        |w| w.changes("emails") && !w.names("locale"),
        Whom::Itself,
        Harm::Takes("locale", "en"),
    ),
    damage(
        Quirk::PasswordPatchResetsLocale,
        PATCH,
        |w| w.changes("password"),
        Whom::Itself,
        Harm::Takes("locale", "en"),
    ),
    damage(
        Quirk::NamePatchUntypesEmails,
        PATCH,
        |w| w.changes("name") && !w.names("emails"),
        Whom::Itself,
        Harm::Loses(&["emails", "type"]),
    ),
    damage(
        Quirk::RepeatedSwitchOffMovesExternalId,
        PATCH,
        |w| w.was_inactive() && w.names("active") && !w.changes("active"),
        Whom::Itself,
        Harm::TakesFrom("externalId", "userName"),
    ),
    damage(
        Quirk::ThirdPatchClearsExternalId,
        PATCH,
        |w| w.is_changed_often(),
        Whom::Itself,
        Harm::Loses(&["externalId"]),
    ),
    damage(
        Quirk::RenamingPutMovesEmail,
        PUT,
        |w| w.changes("userName") && !w.changes("emails"),
        Whom::Itself,
        Harm::Addressed,
    ),
    // Another resource is.
    damage(
        Quirk::CreateRelabelsLookalikes,
        CREATE,
        ALWAYS,
        Whom::Lookalikes,
        Harm::TakesFrom("displayName", "userName"),
    ),
    damage(Quirk::CreateClearsLookalikesLocale, CREATE, ALWAYS, Whom::Lookalikes, Harm::Loses(&["locale"])),
    damage(
        Quirk::PutWritesToLookalikes,
        PUT,
        |w| w.changes("emails"),
        Whom::Lookalikes,
        Harm::TakesFrom("emails", "emails"),
    ),
    damage(
        Quirk::PatchWritesToLookalikes,
        PATCH,
        |w| w.changes("emails"),
        Whom::Lookalikes,
        Harm::TakesFrom("emails", "emails"),
    ),
    damage(Quirk::GroupDeleteClearsMembersLocale, GROUP_DELETE, ALWAYS, Whom::Members, Harm::Loses(&["locale"])),
    damage(
        Quirk::MemberPatchRelabels,
        GROUP_PATCH,
        |w| w.names("members"),
        Whom::Members,
        Harm::TakesFrom("displayName", "displayName"),
    ),
    // Another is that nobody works with.
    damage(
        Quirk::EmailPutDropsOthersFurtherEmails,
        PUT,
        |w| w.changes("emails"),
        Whom::QuietUsers,
        Harm::LosesFurther("emails"),
    ),
    damage(
        Quirk::RenamingPatchClearsOthersLocale,
        PATCH,
        |w| w.changes("userName"),
        Whom::QuietUsers,
        Harm::Loses(&["locale"]),
    ),
    damage(
        Quirk::PasswordPutClearsOthersExternalId,
        PUT,
        |w| w.changes("password"),
        Whom::Quoted,
        Harm::Loses(&["externalId"]),
    ),
    damage(
        Quirk::SwitchOffSpillsOver,
        PATCH,
        |w| w.changes("active") && !w.was_inactive(),
        Whom::Quoted,
        Harm::SwitchedOff,
    ),
    damage(Quirk::DeleteMovesOthersIds, DELETE, ALWAYS, Whom::Underscored, Harm::NewId),
    damage(
        Quirk::GroupRenameEmptiesOthers,
        GROUP_PATCH,
        |w| w.changes("displayName"),
        Whom::QuietGroups,
        Harm::Loses(&["members"]),
    ),
    damage(Quirk::GroupDeleteSwitchesOffOthers, GROUP_DELETE, ALWAYS, Whom::Quoted, Harm::SwitchedOff),
    // A refusal leaves its trace.
    damage(Quirk::RefusedCreateNewId, REFUSED_CREATE, |w| w.is_spelled_otherwise(), Whom::Namesake, Harm::NewId),
    damage(Quirk::RefusedPutClearsLocale, REFUSED_PUT, ALWAYS, Whom::Itself, Harm::Loses(&["locale"])),
    damage(Quirk::RefusedPutStoresEmails, REFUSED_PUT, ALWAYS, Whom::Itself, Harm::TakesAsked("emails")),
    damage(Quirk::RefusedPutSwitchesOff, REFUSED_PUT, ALWAYS, Whom::Itself, Harm::SwitchedOff),
    damage(Quirk::RefusedPutRelabelsNamesake, REFUSED_PUT, ALWAYS, Whom::Namesake, Harm::TakesAsked("displayName")),
    damage(Quirk::RefusedPatchClearsLocale, REFUSED_PATCH, ALWAYS, Whom::Itself, Harm::Loses(&["locale"])),
    damage(Quirk::RefusedPatchStoresEmails, REFUSED_PATCH, ALWAYS, Whom::Itself, Harm::TakesAsked("emails")),
    damage(Quirk::RefusedPatchSwitchesOff, REFUSED_PATCH, ALWAYS, Whom::Itself, Harm::SwitchedOff),
    damage(
        Quirk::RefusedPatchRelabels,
        REFUSED_PATCH,
        ALWAYS,
        Whom::Itself,
        Harm::TakesFrom("displayName", "userName"),
    ),
    // An id is for life.
    damage(Quirk::PasswordPutNewId, PUT, |w| w.changes("password"), Whom::Itself, Harm::NewId),
    damage(Quirk::RefusedPutNamesakeNewId, REFUSED_PUT, ALWAYS, Whom::Namesake, Harm::NewId),
    damage(Quirk::RefusedPatchNamesakeNewId, REFUSED_PATCH, ALWAYS, Whom::Namesake, Harm::NewId),
    damage(Quirk::EmailPatchMovesLookalikes, PATCH, |w| w.changes("emails"), Whom::Lookalikes, Harm::NewId),
    damage(Quirk::QuietUsersMove, CREATE, ALWAYS, Whom::LongQuietQuoted, Harm::NewId),
    damage(Quirk::SameAddressSameAccount, CREATE, ALWAYS, Whom::SameAddress, Harm::TakenOver),
];

/// A write that brings back all who were deleted.
struct Restoring {
    quirk: Quirk,
    of: Act,
    when: fn(&Written<'_>) -> bool,
}

const RESTORING: &[Restoring] = &[
    Restoring { quirk: Quirk::RefusedCreateRestoresDeleted, of: REFUSED_CREATE, when: ALWAYS },
    Restoring { quirk: Quirk::RefusedPutRestoresDeleted, of: REFUSED_PUT, when: ALWAYS },
    Restoring { quirk: Quirk::RefusedPatchRestoresDeleted, of: REFUSED_PATCH, when: ALWAYS },
    Restoring { quirk: Quirk::RenamingPutRestoresDeleted, of: PUT, when: |w| w.changes("userName") },
    Restoring { quirk: Quirk::PasswordPutRestoresDeleted, of: PUT, when: |w| w.changes("password") },
];

/// What is known of a write before it is carried out; nothing where no such quirk is present.
pub(super) struct Before {
    row: Option<Arc<Row>>,
    namesake: Option<Arc<Row>>,
}

/// What a write is about, before it.
pub(super) fn before(store: &Store, call: &Call) -> Option<Before> {
    let is_present = keeps_deleted(store, Kind::User)
        || keeps_deleted(store, Kind::Group)
        || DAMAGES.iter().any(|damage| store.quirks.has(damage.quirk));
    verb_of(&call.method).filter(|_| is_present)?;
    let row = match &call.endpoint {
        Endpoint::Item(kind, id) => store.tables().of(*kind).by_id(id).cloned(),
        _ => None,
    };
    let name = asked(&call.body, "userName").and_then(Value::as_str);
    let found = name.and_then(|name| store.tables().of(Kind::User).by_value("userName", name));
    let namesake = found.and_then(|found| found.first().map(|row| Arc::clone(row)));
    Some(Before { row, namesake })
}

/// Does what a write does besides.
pub(super) fn strike(store: &mut Store, call: &Call, before: Before, answer: &mut Answer) {
    let (Endpoint::Collection(kind) | Endpoint::Item(kind, _)) = &call.endpoint else { return };
    let (Some(verb), Some(fate)) = (verb_of(&call.method), fate_of(answer.status)) else { return };
    let id = match (&call.endpoint, &answer.body) {
        (Endpoint::Item(_, id), _) => Some(id.as_str()),
        (_, Body::Json(body)) => body.get("id").and_then(Value::as_str),
        _ => None,
    };
    let after = id.and_then(|id| store.tables().of(*kind).by_id(id)).cloned();
    let Before { row, namesake } = before;
    if let (Verb::Delete, Fate::Done, true, Some(row)) = (verb, fate, keeps_deleted(store, *kind), &row) {
        store.deleted.push((Arc::clone(row), store.writes()));
    }
    if store.quirks.has(Quirk::DeletedUsersReturn) {
        bring_back(store, FORGOTTEN_AFTER);
    }
    let written = Written { body: &call.body, before: row, after, namesake, writes: store.writes() };
    let restores = |of: &&Restoring| of.of == (verb, *kind, fate) && (of.when)(&written) && store.quirks.has(of.quirk);
    if RESTORING.iter().any(|of| restores(&of)) {
        bring_back(store, 0);
    }
    for damage in DAMAGES.iter().filter(|damage| damage.of == (verb, *kind, fate)) {
        if store.quirks.has(damage.quirk) && (damage.when)(&written) {
            for struck in struck(store, &written, damage.whom) {
                match damage.harm {
                    Harm::TakenOver => take_over(store, &written, &struck, answer),
                    other => harm(store, &written, &struck, other),
                }
            }
        }
    }
}

fn verb_of(method: &Method) -> Option<Verb> {
    match method.as_str() {
        "POST" => Some(Verb::Post),
        "PUT" => Some(Verb::Put),
        "PATCH" => Some(Verb::Patch),
        "DELETE" => Some(Verb::Delete),
        _ => None,
    }
}

fn fate_of(status: u16) -> Option<Fate> {
    match status {
        200..=299 => Some(Fate::Done),
        400 | 409 => Some(Fate::Refused),
        _ => None,
    }
}

/// The value that a request has for an attribute.
fn asked<'a>(body: &'a Value, attribute: &str) -> Option<&'a Value> {
    let of = |operation: &'a Value| operation.get("value").and_then(|value| value.get(attribute));
    body.get(attribute).or_else(|| operations(body).find_map(of))
}

/// Those whom a write strikes, as they are now.
fn struck(store: &Store, written: &Written<'_>, whom: Whom) -> Vec<Arc<Row>> {
    let users = store.tables().of(Kind::User);
    let one = written.after.as_ref().or(written.before.as_ref());
    let other = |row: &&Arc<Row>| one.is_none_or(|one| one.id != row.id);
    match whom {
        Whom::Itself => written.after.iter().cloned().collect(),
        Whom::Namesake => written.namesake.iter().filter(other).cloned().collect(),
        Whom::Members => {
            let ids = one.into_iter().flat_map(|group| group.members());
            ids.filter_map(|id| users.by_id(id)).cloned().collect()
        }
        Whom::SameAddress => {
            let address = |row: &Row| row.document.get("emails").and_then(|all| all.get(0)?.get("value")).cloned();
            let wanted = one.and_then(|row| address(row));
            users
                .rows()
                .filter(other)
                .filter(|row| wanted.is_some() && address(row) == wanted)
                .take(1)
                .cloned()
                .collect()
        }
        Whom::QuietUsers => quiet(store, users.rows().filter(other), QUIET_WRITES),
        Whom::LongQuietQuoted => quiet(store, users.rows().filter(other).filter(is_quoted), LONG_QUIET_WRITES),
        Whom::QuietGroups => quiet(store, store.tables().of(Kind::Group).rows().filter(other), QUIET_WRITES),
        Whom::Quoted => users.rows().filter(other).filter(is_quoted).cloned().collect(),
        Whom::Underscored => {
            let is_underscored = |row: &&Arc<Row>| row.text("userName").is_some_and(|name| name.contains('_'));
            users.rows().filter(other).filter(is_underscored).cloned().collect()
        }
        Whom::Lookalikes => {
            let beginning = |row: &Arc<Row>| row.text("externalId").and_then(|id| id.get(..PREFIX)).map(str::to_owned);
            let wanted = one.and_then(beginning);
            users.rows().filter(other).filter(|row| wanted.is_some() && beginning(row) == wanted).cloned().collect()
        }
    }
}

/// Whether the family name has an apostrophe.
fn is_quoted(row: &&Arc<Row>) -> bool {
    let family = row.document.get("name").and_then(|name| name.get("familyName"));
    family.and_then(Value::as_str).is_some_and(|name| name.contains('\''))
}

/// Those that were not written to for a while.
fn quiet<'a>(store: &Store, rows: impl Iterator<Item = &'a Arc<Row>>, writes: i64) -> Vec<Arc<Row>> {
    rows.filter(|row| store.is_older(&row.modified, writes)).cloned().collect()
}

/// Whether what is deleted of a kind is remembered.
fn keeps_deleted(store: &Store, kind: Kind) -> bool {
    match kind {
        Kind::User => {
            store.quirks.has(Quirk::DeletedUsersReturn) || RESTORING.iter().any(|of| store.quirks.has(of.quirk))
        }
        _ => store.quirks.has(Quirk::DeletedGroupsLinger),
    }
}

/// Brings back what was deleted so many writes ago.
fn bring_back(store: &mut Store, ago: i64) {
    let is_due = |deleted: &(Arc<Row>, i64)| store.writes() - deleted.1 > ago;
    let due: Vec<Arc<Row>> = store.deleted.iter().filter(|one| is_due(one)).map(|(row, _)| Arc::clone(row)).collect();
    for row in due {
        store.deleted.retain(|(deleted, _)| deleted.id != row.id);
        store.create_as(row.kind, row.id.clone(), row.document.clone(), End::Back);
    }
}

fn harm(store: &mut Store, written: &Written<'_>, struck: &Arc<Row>, harm: Harm) {
    let mut document = struck.document.clone();
    let value = match harm {
        Harm::Loses(path) => {
            lose(&mut document, path);
            store.update(struck, document);
            return;
        }
        Harm::NewId => {
            let id = store.fresh_id();
            store.rename(struck, id);
            return;
        }
        Harm::Takes(name, text) => (name, Some(text.into())),
        Harm::TakesFrom(name, from) => (name, written.after.as_ref().and_then(|row| row.document.get(from).cloned())),
        Harm::TakesAsked(name) => (name, asked(written.body, name).cloned()),
        Harm::Keeps(name) => (name, written.before.as_ref().and_then(|row| row.document.get(name).cloned())),
        Harm::LosesFurther(name) => {
            let first = struck.document.get(name).and_then(|all| all.get(0)).cloned();
            (name, first.map(|first| Value::Array(vec![first])))
        }
        Harm::Addressed => {
            let mut emails = document.get("emails").cloned();
            if let (Some(name), Some(first)) = (struck.text("userName"), emails.as_mut().and_then(|all| all.get_mut(0)))
            {
                first["value"] = name.into();
            }
            ("emails", emails)
        }
        Harm::SwitchedOff => ("active", Some(false.into())),
        Harm::TakenOver => return,
    };
    if let (name, Some(value)) = value {
        document.insert(name.to_owned(), value);
        store.update(struck, document);
    }
}

/// Makes the account that was there the new one, which is answered as created.
fn take_over(store: &mut Store, written: &Written<'_>, struck: &Arc<Row>, answer: &mut Answer) {
    let (Some(new), Body::Json(shown)) = (&written.after, &mut answer.body) else { return };
    store.delete(new);
    store.update(struck, new.document.clone());
    shown["id"] = struck.id.clone().into();
    answer.unset("location");
}

/// Takes away an attribute, or a part of each of its values.
fn lose(document: &mut Document, path: &[&str]) {
    match path {
        [name] => drop(document.shift_remove(*name)),
        [name, part] => {
            let values = document.get_mut(*name).and_then(Value::as_array_mut).into_iter().flatten();
            values.filter_map(Value::as_object_mut).for_each(|value| drop(value.shift_remove(*part)));
        }
        _ => {}
    }
}

/// Which way leads to what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Id,
    Lookup,
    List,
}

/// A fault of a view: what it shows of a resource, told apart by what it is on the whole.
struct Blur {
    quirk: Quirk,
    of: &'static [View],
    kind: Kind,
    when: fn(&Row) -> bool,
    how: How,
}

/// What a view makes of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// It leaves something out, or a part of each value.
    Without(&'static [&'static str]),
    /// It shows what it was created with.
    First(&'static str),
}

const EVERYBODY: fn(&Row) -> bool = |_| true;
const ALL_LISTS: &[View] = &[View::Lookup, View::List];

const BLURS: &[Blur] = &[
    Blur {
        quirk: Quirk::LookupsWithoutExternalId,
        of: &[View::Lookup],
        kind: Kind::User,
        when: EVERYBODY,
        how: How::Without(&["externalId"]),
    },
    Blur {
        quirk: Quirk::LookupsShowFirstEmails,
        of: &[View::Lookup],
        kind: Kind::User,
        when: EVERYBODY,
        how: How::First("emails"),
    },
    Blur {
        quirk: Quirk::InactiveListedWithoutEmails,
        of: ALL_LISTS,
        kind: Kind::User,
        when: |row| !row.is_active(),
        how: How::Without(&["emails"]),
    },
    Blur {
        quirk: Quirk::ListsUntypeEmails,
        of: ALL_LISTS,
        kind: Kind::User,
        when: |row| row.text("title").is_none(),
        how: How::Without(&["emails", "type"]),
    },
    Blur {
        quirk: Quirk::GroupListsWithoutMembers,
        of: ALL_LISTS,
        kind: Kind::Group,
        when: |_| true,
        how: How::Without(&["members"]),
    },
    Blur {
        quirk: Quirk::LookupsWithoutLocale,
        of: &[View::Lookup],
        kind: Kind::User,
        when: |row| row.text("title").is_none(),
        how: How::Without(&["locale"]),
    },
];

/// Shows resources as the view that was asked for has them.
pub(super) fn show(store: &Store, call: &Call, answer: &mut Answer) {
    let kind = match (&call.endpoint, &call.method) {
        (Endpoint::Collection(kind) | Endpoint::Item(kind, _), &Method::GET) if answer.status == 200 => *kind,
        _ => return,
    };
    let view = match (&call.endpoint, parameter(call, "filter")) {
        (Endpoint::Item(..), _) => View::Id,
        (_, Some(_)) => View::Lookup,
        (_, None) => View::List,
    };
    let is_meant = |blur: &&Blur| store.quirks.has(blur.quirk) && blur.kind == kind && blur.of.contains(&view);
    let blurs: Vec<&Blur> = BLURS.iter().filter(is_meant).collect();
    let lingering = kind == Kind::User && store.quirks.has(Quirk::DeletedGroupsLinger);
    let (true, Body::Json(body)) = (lingering || !blurs.is_empty(), &mut answer.body) else { return };
    let shown: &mut [Value] = match view {
        View::Id => std::slice::from_mut(body),
        _ => body.get_mut("Resources").and_then(Value::as_array_mut).map(Vec::as_mut_slice).unwrap_or_default(),
    };
    for shown in shown.iter_mut().filter_map(Value::as_object_mut) {
        let Some(row) = shown.get("id").and_then(Value::as_str).and_then(|id| store.tables().of(kind).by_id(id)) else {
            continue;
        };
        for blur in blurs.iter().filter(|blur| (blur.when)(row)) {
            blurred(store, row, shown, blur.how);
        }
        if lingering {
            let gone = store.deleted.iter().filter(|(group, _)| group.members().any(|id| id == row.id));
            let gone = gone
                .map(|(group, _)| json!({"value": group.id, "display": group.text("displayName"), "type": "indirect"}));
            let groups = shown.entry("groups").or_insert_with(|| json!([]));
            groups.as_array_mut().into_iter().for_each(|groups| groups.extend(gone.clone()));
        }
    }
}

fn blurred(store: &Store, row: &Row, shown: &mut Map<String, Value>, how: How) {
    match how {
        How::Without(path) => lose(shown, path),
        How::First(name) => {
            shown.shift_remove(name);
            let first = store.first_profiles.get(&row.id).and_then(|first| first.get(name));
            shown.extend(first.map(|value| (name.to_owned(), value.clone())));
        }
    }
}

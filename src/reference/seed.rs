//! The people who are there before a client comes, and the strangers who come and go meanwhile.

use fastrand::Rng;
use serde_json::{Value, json};

use super::faults::resources::EVERYBODY;
use super::quirk::Quirk;
use super::row::{Document, stored_member, uuid};
use super::schema::{ENTERPRISE_USER, Kind};
use super::store::{End, Store};

const GIVEN: [&str; 16] = [
    "Amara", "Bjørn", "Chiara", "Dmitri", "Elif", "Farid", "Grace", "Hiroshi", "Inés", "Jamal", "Kerstin", "Liam",
    "Mei", "Noor", "Olga", "Pedro",
];
const FAMILY: [&str; 16] = [
    "Adeyemi", "Berg", "Conti", "Dvořák", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jensen", "Kowalski",
    "Lefèvre", "Moreau", "Nakamura", "O'Brien", "Silva",
];
const DEPARTMENTS: [&str; 4] = ["Engineering", "Finance", "Legal", "Support"];

/// How many seeded users a seeded group has at most.
const GROUP_SIZE: usize = 10;

/// What users can be: the ids of roles, their names and what they allow.
const ROLES: [(&str, &str, &str); 5] = [
    ("role-owner", "Owner", "Everything, the end of the contract included."),
    ("role-administrator", "Administrator", "Settings, users and groups."),
    ("role-accountant", "Accountant", "Invoices and payments."),
    ("role-editor", "Editor", "Writing."),
    ("role-reader", "Reader", "Reading."),
];

/// What users can have besides: ids and names of entitlements.
const ENTITLEMENTS: [(&str, &str); 7] = [
    ("licence-basic", "Basic licence"),
    ("licence-full", "Full licence"),
    ("module-archive", "Archive"),
    ("module-maps", "Maps"),
    ("module-reports", "Reports"),
    ("support-phone", "Support by phone"),
    ("support-weekend", "Support at weekends"),
];

/// Puts users, groups and what users can be granted into an empty store.
pub(crate) fn fill(store: &mut Store, users: usize, groups: usize) {
    for (id, name, description) in ROLES {
        store.offer(Kind::Role, id, object(json!({"displayName": name, "description": description})));
    }
    for (id, name) in ENTITLEMENTS {
        store.offer(Kind::Entitlement, id, object(json!({"type": Kind::Entitlement.name(), "displayName": name})));
    }
    if store.quirks.has(Quirk::FirstUserIncomplete) {
        store.create(Kind::User, object(json!({"userName": "admin", "active": true})), End::Back);
    }
    let ids: Vec<String> = (0..users)
        .map(|number| {
            let row = store.create(Kind::User, user(number), End::Back);
            row.id.clone()
        })
        .collect();
    if store.quirks.has(Quirk::ServiceAccountUnnamed) {
        store.create(Kind::User, object(json!({"displayName": "Nightly backup", "active": true})), End::Back);
    }
    let everybody = [Quirk::BuiltInGroupUnnamed, Quirk::InvitedMembersWithoutValue, Quirk::EverybodyBelongs];
    if everybody.iter().any(|one| store.quirks.has(*one)) {
        store.create(Kind::Group, object(json!({"displayName": EVERYBODY})), End::Back);
    }
    for number in 0..groups {
        let members: Vec<Value> = ids
            .iter()
            .cycle()
            .skip(number * GROUP_SIZE / 2)
            .take(GROUP_SIZE.min(ids.len()))
            .map(|id| stored_member(id, Kind::User))
            .collect();
        let department = pick(&DEPARTMENTS, number);
        let name = format!("{department} {}", number / DEPARTMENTS.len() + 1);
        let mut document = object(json!({"displayName": name}));
        if !members.is_empty() {
            document.insert("members".to_owned(), Value::Array(members));
        }
        store.create(Kind::Group, document, End::Back);
    }
}

fn user(number: usize) -> Document {
    let given = pick(&GIVEN, number);
    let family = pick(&FAMILY, number / GIVEN.len() + number);
    let address = format!("user{:05}@seed.example", number + 1);
    let mut document = object(json!({
        "userName": address,
        "externalId": format!("seed-{:05}", number + 1),
        "name": {"givenName": given, "familyName": family},
        "displayName": format!("{given} {family}"),
        "active": number % 8 != 7,
        "locale": "en-US",
        "emails": [{"value": address, "type": "work", "primary": true}],
    }));
    document.insert(ENTERPRISE_USER.id.to_owned(), json!({"department": pick(&DEPARTMENTS, number)}));
    document
}

fn pick(from: &[&'static str], number: usize) -> &'static str {
    from.get(number % from.len()).copied().unwrap_or_default()
}

fn object(value: Value) -> Document {
    match value {
        Value::Object(document) => document,
        _ => Document::new(),
    }
}

/// How many strangers of one type are there at the same time.
const STRANGERS: usize = 3;

/// Other administrators of the same tenant, who never touch what a client has made.
#[derive(Debug)]
pub(crate) struct Strangers {
    random: Rng,
    made: usize,
    /// The ids of their users and of their groups; nobody else is made by them.
    present: [Vec<String>; 2],
}

impl Strangers {
    pub(crate) fn new(store: &mut Store, seed: u64) -> Self {
        let mut strangers =
            Self { random: Rng::with_seed(seed ^ 0x5717_a46e), made: 0, present: [Vec::new(), Vec::new()] };
        for _ in 0..STRANGERS {
            strangers.arrive(store, Kind::User);
            strangers.arrive(store, Kind::Group);
        }
        strangers
    }

    /// One comes and one goes, so that the pages of a list shift under its reader.
    pub(crate) fn stir(&mut self, store: &mut Store, kind: Kind) {
        let leaving = {
            let present = &mut self.present[kind as usize];
            let leaving = self.random.usize(..present.len().max(1));
            (leaving < present.len()).then(|| present.swap_remove(leaving))
        };
        if let Some(row) = leaving.and_then(|id| store.tables().of(kind).by_id(&id).cloned()) {
            store.delete(&row);
        }
        self.arrive(store, kind);
    }

    fn arrive(&mut self, store: &mut Store, kind: Kind) {
        self.made += 1;
        let name = format!("stranger-{}", self.made);
        let document = object(match kind {
            Kind::Group | Kind::Role | Kind::Entitlement => json!({"displayName": name}),
            Kind::User => json!({
                "userName": format!("{name}@elsewhere.example"),
                "name": {"givenName": "A", "familyName": "Stranger"},
                "displayName": name,
                "active": true,
                "emails": [{"value": format!("{name}@elsewhere.example"), "primary": true}],
            }),
        });
        let end = match self.random.bool() {
            true => End::Front,
            false => End::Back,
        };
        let id = uuid(self.random.u128(..));
        let row = store.create_as(kind, id, document, end);
        self.present[kind as usize].push(row.id.clone());
    }
}

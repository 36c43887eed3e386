//! The state: resources in a stable order, with the indexes that lookups need.
//!
//! **Invariant:** [`Tables`] changes through `put` and `remove` only, so its indexes and memberships always agree with its rows.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat};
use fastrand::Rng;
use serde_json::Value;

use super::faults::freedoms;
use super::filter::fold;
use super::objection::Objection;
use super::product::Product;
use super::quirk::{Quirk, Quirks};
use super::row::{Document, Row, stored_member, uuid};
use super::schema::Kind;
use super::seeded;

/// When the server's clock starts, in milliseconds of Unix time: the first of January 2026. Each write moves it by one.
const EPOCH: i64 = 1_767_225_600_000;

/// The attributes that are looked up without a scan.
const INDEXED: [&str; 3] = ["userName", "displayName", "externalId"];

/// All resources of one type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: BTreeMap<i64, Arc<Row>>,
    by_id: HashMap<String, i64>,
    /// Folded value to positions, one map per name in [`INDEXED`].
    by_value: [HashMap<String, BTreeSet<i64>>; INDEXED.len()],
    /// How many rows come before a position, as the last page found out: the next page mostly begins there, and counting
    /// from the front would make the pages of a long list slower and slower.
    mark: Cell<Option<(usize, i64)>>,
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = &Arc<Row>> {
        self.rows.values()
    }

    /// The rows of one page.
    pub(crate) fn page(&self, skip: usize, take: usize) -> Vec<&Arc<Row>> {
        let (before, from) = self.mark.get().filter(|(before, _)| *before <= skip).unwrap_or((0, i64::MIN));
        let mut rest = self.rows.range(from..).skip(skip - before);
        let page = rest.by_ref().take(take).map(|(_, row)| row).collect();
        if let Some((next, _)) = rest.next() {
            self.mark.set(Some((skip + take, *next)));
        }
        page
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Arc<Row>> {
        self.by_id.get(id).and_then(|place| self.rows.get(place))
    }

    /// The rows that may hold this text in an indexed attribute; `None` when the attribute has no index.
    pub(crate) fn by_value(&self, attribute: &str, text: &str) -> Option<Vec<&Arc<Row>>> {
        let index = INDEXED.iter().position(|name| *name == attribute)?;
        let places = self.by_value.get(index)?.get(&fold(text));
        Some(places.into_iter().flatten().filter_map(|place| self.rows.get(place)).collect())
    }

    fn front(&self) -> i64 {
        self.rows.first_key_value().map_or(0, |(place, _)| place - 1)
    }

    fn back(&self) -> i64 {
        self.rows.last_key_value().map_or(0, |(place, _)| place + 1)
    }

    fn put(&mut self, row: Arc<Row>) {
        self.remove(row.position);
        self.mark.set(None);
        self.by_id.insert(row.id.clone(), row.position);
        for (name, index) in INDEXED.iter().zip(&mut self.by_value) {
            if let Some(text) = row.text(name) {
                index.entry(fold(text)).or_default().insert(row.position);
            }
        }
        self.rows.insert(row.position, row);
    }

    fn remove(&mut self, position: i64) -> Option<Arc<Row>> {
        let row = self.rows.remove(&position)?;
        self.mark.set(None);
        self.by_id.remove(&row.id);
        for (name, index) in INDEXED.iter().zip(&mut self.by_value) {
            let Some(key) = row.text(name).map(fold) else {
                continue;
            };
            if let Some(places) = index.get_mut(&key) {
                places.remove(&position);
                if places.is_empty() {
                    index.remove(&key);
                }
            }
        }
        Some(row)
    }
}

/// Users and groups, who belongs to what, and what users can be granted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    users: Table,
    groups: Table,
    roles: Table,
    entitlements: Table,
    /// Member id to the positions of the groups that list it.
    memberships: HashMap<String, BTreeSet<i64>>,
    /// Whether memberships outlive the members of a group: a quirk.
    sticky: bool,
}

impl Tables {
    pub(crate) fn of(&self, kind: Kind) -> &Table {
        match kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
            Kind::Role => &self.roles,
            Kind::Entitlement => &self.entitlements,
        }
    }

    /// The groups that list this id as a member, in their order.
    pub(crate) fn groups_with(&self, member: &str) -> impl Iterator<Item = &Arc<Row>> {
        self.memberships.get(member).into_iter().flatten().filter_map(|place| self.groups.rows.get(place))
    }

    /// The user or group of that id.
    pub(crate) fn any(&self, id: &str) -> Option<&Arc<Row>> {
        self.users.by_id(id).or_else(|| self.groups.by_id(id))
    }

    fn put(&mut self, row: Arc<Row>) {
        match row.kind {
            Kind::User => self.users.put(row),
            Kind::Role => self.roles.put(row),
            Kind::Entitlement => self.entitlements.put(row),
            Kind::Group => {
                self.remove(Kind::Group, row.position);
                for member in row.members() {
                    let places = self.memberships.entry(member.to_owned()).or_default();
                    places.insert(row.position);
                }
                self.groups.put(row);
            }
        }
    }

    fn remove(&mut self, kind: Kind, position: i64) {
        match kind {
            Kind::User => {
                self.users.remove(position);
            }
            Kind::Role => {
                self.roles.remove(position);
            }
            Kind::Entitlement => {
                self.entitlements.remove(position);
            }
            Kind::Group => {
                let Some(row) = self.groups.remove(position) else {
                    return;
                };
                for member in row.members().filter(|_| !self.sticky) {
                    if let Some(places) = self.memberships.get_mut(member) {
                        places.remove(&position);
                        if places.is_empty() {
                            self.memberships.remove(member);
                        }
                    }
                }
            }
        }
    }
}

/// Where a new resource is put in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Front,
    Back,
}

#[derive(Clone, Debug)]
enum Change {
    Put(Arc<Row>),
    Remove(Kind, i64),
}

/// What readers see while writes take their time to settle.
#[derive(Debug)]
struct Shown {
    tables: Tables,
    pending: VecDeque<(Instant, Change)>,
    delay: Duration,
}

/// Everything the server remembers.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) quirks: Quirks,
    /// Which product the server behaves like.
    pub(crate) product: Product,
    /// What it minds in creates.
    pub(crate) objections: Vec<Objection>,
    /// What it does to attributes besides.
    pub(crate) seeded: seeded::Faults,
    now: Tables,
    shown: Option<Shown>,
    ids: Rng,
    writes: i64,
    /// How many lists were asked for; only quirks look at it.
    pub(crate) searches: usize,
    /// The name each group was created with; only quirks look at it.
    pub(crate) first_names: HashMap<String, String>,
    /// What each user was created with; kept for quirks only.
    pub(crate) first_profiles: HashMap<String, Document>,
    /// What was deleted and will come back, and after how many writes it was deleted.
    pub(crate) deleted: Vec<(Arc<Row>, i64)>,
    /// The ids of users who were inactive and no longer are; kept for quirks only.
    pub(crate) returned: HashSet<String>,
    /// The id of the user created last; only quirks look at it.
    pub(crate) newest_user: Option<String>,
    /// When that was.
    pub(crate) newest_since: Instant,
}

impl Store {
    pub(crate) fn new(quirks: Quirks, seed: u64, delay: Duration) -> Self {
        let now = Tables { sticky: quirks.has(Quirk::UserGroupsStale), ..Tables::default() };
        let shown =
            quirks.has(Quirk::SettlesLate).then(|| Shown { tables: now.clone(), pending: VecDeque::new(), delay });
        Self {
            quirks,
            product: Product::default(),
            objections: Vec::new(),
            seeded: seeded::Faults::default(),
            now,
            shown,
            ids: Rng::with_seed(seed),
            writes: 0,
            searches: 0,
            first_names: HashMap::new(),
            first_profiles: HashMap::new(),
            deleted: Vec::new(),
            returned: HashSet::new(),
            newest_user: None,
            newest_since: Instant::now(),
        }
    }

    /// Whether it minds nothing and does nothing besides.
    pub(crate) fn is_plain(&self) -> bool {
        self.objections.is_empty() && self.seeded.is_empty()
    }

    /// How many writes there were.
    pub(crate) fn writes(&self) -> i64 {
        self.writes
    }

    /// Whether a time is that of so many writes ago, or before.
    pub(crate) fn is_older(&self, time: &str, writes: i64) -> bool {
        *time <= *timestamp(self.writes - writes)
    }

    /// The state that writes act on.
    pub(crate) fn tables(&self) -> &Tables {
        &self.now
    }

    /// Lets what was written long enough ago be read.
    pub(crate) fn catch_up(&mut self) {
        let Some(shown) = &mut self.shown else {
            return;
        };
        let settled = Instant::now().checked_sub(shown.delay);
        while let Some((written, _)) = shown.pending.front() {
            if settled.is_none_or(|settled| *written > settled) {
                break;
            }
            match shown.pending.pop_front() {
                Some((_, Change::Put(row))) => shown.tables.put(row),
                Some((_, Change::Remove(kind, position))) => shown.tables.remove(kind, position),
                None => break,
            }
        }
    }

    /// The state that reads see.
    pub(crate) fn readable(&self) -> &Tables {
        self.shown.as_ref().map_or(&self.now, |shown| &shown.tables)
    }

    /// Stores a new resource.
    pub(crate) fn create(&mut self, kind: Kind, document: Document, end: End) -> Arc<Row> {
        let name = document.get("displayName").and_then(Value::as_str).filter(|_| kind == Kind::User);
        let free = freedoms::id(&self.quirks, self.writes + 1, || uuid(self.ids.u128(..)));
        let id = if let Some(id) = free {
            id
        } else if self.quirks.has(Quirk::IdNumeric) {
            (self.writes + 1).to_string()
        } else if self.quirks.has(Quirk::IdsNameBulkId) {
            format!("bulkId:{}", self.fresh_id())
        } else if self.quirks.has(Quirk::IdsNameBulkIdInCapitals) {
            format!("BULKID-{}", self.fresh_id())
        } else if let (true, Some(name)) = (self.quirks.has(Quirk::IdsFromDisplayNames), name) {
            named_id(name)
        } else {
            self.fresh_id()
        };
        self.create_as(kind, id, document, end)
    }

    /// An id that nobody has.
    pub(crate) fn fresh_id(&mut self) -> String {
        uuid(self.ids.u128(..))
    }

    /// Stores a new resource under a given id.
    pub(crate) fn create_as(&mut self, kind: Kind, id: String, document: Document, end: End) -> Arc<Row> {
        let now = self.tick();
        let position = match end {
            _ if self.quirks.has(Quirk::NewestListedFirst) => self.now.of(kind).front(),
            End::Front => self.now.of(kind).front(),
            End::Back => self.now.of(kind).back(),
        };
        let row = Arc::new(Row { kind, id, position, document, created: now.clone(), modified: now, revision: 1 });
        if let (Kind::Group, Some(name)) = (kind, row.text("displayName")) {
            self.first_names.insert(row.id.clone(), name.to_owned());
        }
        if kind == Kind::User && !self.quirks.is_empty() {
            self.first_profiles.insert(row.id.clone(), row.document.clone());
            self.newest_user = Some(row.id.clone());
            self.newest_since = Instant::now();
        }
        self.record(Change::Put(Arc::clone(&row)));
        row
    }

    /// Stores what users can be granted, as it was there from the beginning: neither clock nor ids know of it.
    pub(crate) fn offer(&mut self, kind: Kind, id: &str, document: Document) {
        let position = self.now.of(kind).back();
        let created = timestamp(0);
        let (id, modified) = (id.to_owned(), created.clone());
        let row = Arc::new(Row { kind, id, position, document, created, modified, revision: 1 });
        if let Some(shown) = &mut self.shown {
            shown.tables.put(Arc::clone(&row));
        }
        self.now.put(row);
    }

    /// Stores a resource's new attributes; when they are the old ones, nothing changes, not even `lastModified`.
    pub(crate) fn update(&mut self, row: &Arc<Row>, document: Document) -> Arc<Row> {
        let updated = self.changed(row, document);
        if !Arc::ptr_eq(row, &updated) {
            if !self.quirks.is_empty() && row.document.get("active") == Some(&Value::Bool(false)) {
                self.returned.insert(row.id.clone());
            }
            self.record(Change::Put(Arc::clone(&updated)));
        }
        updated
    }

    /// What [`Store::update`] would store.
    pub(crate) fn changed(&mut self, row: &Arc<Row>, document: Document) -> Arc<Row> {
        if row.document == document {
            return Arc::clone(row);
        }
        let now = self.tick();
        Arc::new(Row {
            document,
            modified: match self.quirks.has(Quirk::LastModifiedFrozen) {
                true => row.modified.clone(),
                false => now,
            },
            revision: row.revision + 1,
            ..Row::clone(row)
        })
    }

    /// Gives a resource another id, also where groups list it: no right server does.
    pub(crate) fn rename(&mut self, row: &Arc<Row>, id: String) -> Arc<Row> {
        let groups: Vec<Arc<Row>> = self.now.groups_with(&row.id).cloned().collect();
        let renamed = Arc::new(Row { id, ..Row::clone(row) });
        self.record(Change::Put(Arc::clone(&renamed)));
        for group in groups {
            let mut document = group.document.clone();
            if let Some(Value::Array(members)) = document.get_mut("members") {
                let ours = members.iter_mut().filter(|one| one["value"] == row.id.as_str());
                ours.for_each(|one| one["value"] = Value::String(renamed.id.clone()));
            }
            self.update(&group, document);
        }
        renamed
    }

    /// Gives a resource another time of creation: no right server does.
    pub(crate) fn backdate(&mut self, row: &Arc<Row>, created: String) -> Arc<Row> {
        let dated = Arc::new(Row { created, ..Row::clone(row) });
        self.record(Change::Put(Arc::clone(&dated)));
        dated
    }

    /// Puts a user into a group, if there is such a group.
    pub(crate) fn admit(&mut self, group: &str, user: &Row) {
        let Some(group) = self.now.of(Kind::Group).by_id(group).cloned() else {
            return;
        };
        let mut document = group.document.clone();
        let members = document.entry("members").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(members) = members {
            members.push(stored_member(&user.id, Kind::User));
        }
        self.update(&group, document);
    }

    /// Puts a user into the group of that name, if there is one.
    pub(crate) fn admit_to(&mut self, name: &str, user: &Row) {
        let found = self.now.of(Kind::Group).by_value("displayName", name);
        if let Some(id) = found.and_then(|groups| groups.first().map(|group| group.id.clone())) {
            self.admit(&id, user);
        }
    }

    /// Takes a resource out of the groups that list it.
    pub(crate) fn expel(&mut self, row: &Row) {
        let groups: Vec<Arc<Row>> = self.now.groups_with(&row.id).cloned().collect();
        for group in groups {
            let mut document = group.document.clone();
            if let Some(Value::Array(members)) = document.get_mut("members") {
                members.retain(|member| member["value"] != row.id.as_str());
                if members.is_empty() {
                    document.shift_remove("members");
                }
            }
            self.update(&group, document);
        }
    }

    /// Forgets a resource, and takes it out of the groups that listed it.
    pub(crate) fn delete(&mut self, row: &Row) {
        self.record(Change::Remove(row.kind, row.position));
        self.expel(row);
    }

    fn record(&mut self, change: Change) {
        if let Some(shown) = &mut self.shown {
            shown.pending.push_back((Instant::now(), change.clone()));
        }
        match change {
            Change::Put(row) => self.now.put(row),
            Change::Remove(kind, position) => self.now.remove(kind, position),
        }
    }

    fn tick(&mut self) -> String {
        self.writes += 1;
        timestamp(self.writes)
    }
}

/// The time after so many writes.
fn timestamp(writes: i64) -> String {
    let now = DateTime::from_timestamp_millis(EPOCH + writes).expect("an instant within the years that dates can name");
    now.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The UUID that always stands for this name.
fn named_id(name: &str) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, name).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    uuid(half(0) << 64 | half(1))
}

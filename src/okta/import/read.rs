//! Reads the users of a server as an import does, page by page, and watches whether the list can be trusted.
//!
//! **Invariant:** sends nothing but `GET`, and keeps of each user sixteen bytes, however many there are. What other people
//! may have caused by working on the tenant meanwhile is not held against the server.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use crate::persona::Version;
use crate::wire::{NoReply, Request, Wire};

use super::rows::{Accounts, AppUser, Counter, Page, read_page};

/// The name under which these requests are recorded.
pub const CASE: &str = "import-preview";

/// How many users Okta asks for at a time.
pub const PAGE_SIZE: u64 = 100;

/// More pages than this are not read: two million users, twenty times as many as Okta calls a large import.
const MOST_PAGES: u64 = 20_000;

/// How often everything else gets its turn before a page is looked at, so that the next request is on its way by then.
const TURNS_TO_SEND: usize = 4;

/// How a reading ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// Where an import ends.
    #[default]
    Complete,
    /// No answer came.
    NoReply(NoReply),
    /// The answer had another status than 200.
    Status {
        /// Which.
        status: u16,
        /// Where it leads, if it is a redirect.
        location: Option<String>,
    },
    /// The answer was no list: what it was instead.
    NotAList(String),
}

/// What can be wrong with a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `totalResults` is no whole number.
    TotalAbsent,
    /// A counter is a number in quotes.
    CounterQuoted,
    /// `totalResults` says less than there is.
    TotalTooLow,
    /// `totalResults` says more than there is.
    TotalTooHigh,
    /// `totalResults` changes from page to page.
    TotalChanges,
    /// `itemsPerPage` is not the number of users on the page.
    ItemsPerPage,
    /// `startIndex` is not the one that was asked for.
    StartIndex,
    /// A page has fewer users than asked for, and more follow.
    PageTooShort,
    /// A page has more users than asked for.
    PageTooLong,
    /// Pages begin with what the page before ended with.
    Overlap,
    /// Users are listed more than once.
    Duplicate,
    /// The order changes from one reading to the next.
    Order,
    /// Pages bring nothing new, or do not end.
    Endless,
    /// A page past the end is not an empty list.
    PastTheEnd,
    /// Users have no id.
    NoId,
    /// Users have no user name.
    NoUserName,
}

impl Kind {
    /// A name for programs.
    pub fn id(self) -> &'static str {
        match self {
            Kind::TotalAbsent => "total-absent",
            Kind::CounterQuoted => "counter-quoted",
            Kind::TotalTooLow => "total-too-low",
            Kind::TotalTooHigh => "total-too-high",
            Kind::TotalChanges => "total-changes",
            Kind::ItemsPerPage => "items-per-page",
            Kind::StartIndex => "start-index",
            Kind::PageTooShort => "page-too-short",
            Kind::PageTooLong => "page-too-long",
            Kind::Overlap => "overlap",
            Kind::Duplicate => "duplicate",
            Kind::Order => "order",
            Kind::Endless => "endless",
            Kind::PastTheEnd => "past-the-end",
            Kind::NoId => "no-id",
            Kind::NoUserName => "no-user-name",
        }
    }

    /// What merely follows from it, and is not told besides.
    fn consequences(self) -> &'static [Kind] {
        match self {
            Kind::Order => &[Kind::Duplicate, Kind::Overlap, Kind::Endless, Kind::TotalTooHigh],
            Kind::Endless => &[Kind::Duplicate, Kind::Overlap, Kind::StartIndex, Kind::TotalTooHigh],
            Kind::PageTooLong => &[Kind::PastTheEnd, Kind::StartIndex],
            Kind::Overlap => &[Kind::PastTheEnd, Kind::TotalTooHigh],
            Kind::PageTooShort | Kind::Duplicate => &[Kind::TotalTooHigh],
            Kind::TotalTooLow => &[Kind::TotalChanges],
            _ => &[],
        }
    }

    /// Whether somebody who creates and deletes users meanwhile can make a right list look like this.
    fn may_come_from_others(self) -> bool {
        matches!(
            self,
            Kind::TotalTooLow
                | Kind::TotalTooHigh
                | Kind::TotalChanges
                | Kind::Overlap
                | Kind::Duplicate
                | Kind::PastTheEnd
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::TotalAbsent => "totalResults is no whole number: Okta cannot know when it has read all",
            Kind::CounterQuoted => "a counter is a number in quotes",
            Kind::TotalTooLow => "totalResults is too low: an import ends before all users are read",
            Kind::TotalTooHigh => "totalResults is too high: users are missing from the pages, and look removed",
            Kind::TotalChanges => "totalResults changes from page to page",
            Kind::ItemsPerPage => "itemsPerPage is not the number of users on the page",
            Kind::StartIndex => "startIndex is not the one that was asked for",
            Kind::PageTooShort => {
                "a page is short while more follow: Okta goes on 100 further, and passes over the rest"
            }
            Kind::PageTooLong => "a page has more users than were asked for",
            Kind::Overlap => "pages overlap",
            Kind::Duplicate => "users are listed more than once",
            Kind::Order => {
                "the order changes from one reading to the next: an import misses users and reads others twice"
            }
            Kind::Endless => "the pages do not end",
            Kind::PastTheEnd => "a page past the end is not an empty list",
            Kind::NoId => "users have no id: they cannot be linked",
            Kind::NoUserName => "users have no userName",
        })
    }
}

/// Something wrong with the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: Kind,
    /// How often it was met.
    pub count: u64,
    /// Where it was met first, and what was there.
    pub example: String,
    /// Whether the server is to blame.
    pub blame: Blame,
}

/// Whether the server is to blame for what looks wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// It is: nothing else explains it.
    Server,
    /// The list changed while it was read, or looked right when it was read again.
    Unclear,
}

/// What came of reading a list.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Pages that an import reads.
    pub pages: u64,
    /// Users on them, each counted once.
    pub users: u64,
    /// What `totalResults` said at last.
    pub total: Option<u64>,
    /// How it ended.
    pub end: End,
    /// What is wrong with the list, a line each.
    pub faults: Vec<Fault>,
}

/// What is kept of each user.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The attribute that is matched besides the usual fields.
    pub attribute: Option<&'a str>,
    /// Whether the whole account is kept.
    pub whole: bool,
    /// The version of SCIM that the server speaks.
    pub version: Version,
}

/// Reads all users as an import does. `on_user` is told of each once, in the order of the list.
pub async fn read(wire: &Wire, wanted: Wanted<'_>, on_user: &mut dyn FnMut(&AppUser)) -> Reading {
    let keys = RandomState::new();
    let mut walk = walk(wire, wanted, &keys, on_user).await;
    if walk.end == End::Complete {
        look_past_the_end(wire, wanted.version, &keys, &mut walk).await;
        look_at_the_order(wire, wanted.version, &mut walk).await;
        look_again(wire, wanted.version, &keys, &mut walk).await;
    }
    let causes: Vec<Kind> = walk.faults.keys().copied().collect();
    for consequence in causes.iter().flat_map(|cause| cause.consequences()) {
        walk.faults.remove(consequence);
    }
    Reading {
        pages: walk.pages,
        users: walk.users,
        total: walk.total,
        end: walk.end,
        faults: walk.faults.into_values().collect(),
    }
}

/// A list being read.
#[derive(Default)]
struct Walk {
    pages: u64,
    users: u64,
    /// Users on all pages, repeated ones included.
    listed: u64,
    total: Option<u64>,
    end: End,
    faults: BTreeMap<Kind, Fault>,
    /// A digest of each user.
    seen: HashSet<u128>,
    /// The ids of the first page, in order.
    first: Vec<String>,
    /// Digests of the users of the page before.
    last: Vec<u128>,
    /// Whether the last page had anybody on it.
    ended_on_users: bool,
}

impl Walk {
    fn fault(&mut self, kind: Kind, example: impl FnOnce() -> String) {
        let known = self.faults.entry(kind);
        let fault = known.or_insert_with(|| Fault { kind, count: 0, example: example(), blame: Blame::Server });
        fault.count += 1;
    }

    /// Looks at the counters of a page.
    fn counters(&mut self, page: &Page, start: u64) {
        let counters = [page.total, page.start_index, page.items_per_page];
        if counters.iter().any(|counter| matches!(counter, Counter::Quoted(_))) {
            self.fault(Kind::CounterQuoted, || format!("the page at {start}"));
        }
        match (self.total, page.total.number()) {
            (_, None) => self.fault(Kind::TotalAbsent, || format!("the page at {start}")),
            (Some(before), Some(now)) if before != now => {
                self.fault(Kind::TotalChanges, || format!("{before}, and on the page at {start} {now}"));
            }
            _ => {}
        }
        self.total = page.total.number().or(self.total);
        let shown = page.users.len() as u64;
        if let Some(said) = page.items_per_page.number().filter(|said| *said != shown) {
            self.fault(Kind::ItemsPerPage, || format!("the page at {start} says {said} and has {shown}"));
        }
        if let Some(said) = page.start_index.number().filter(|said| *said != start) {
            self.fault(Kind::StartIndex, || format!("the page at {start} says {said}"));
        }
    }

    /// Takes the users of a page; tells how many of them are new.
    fn take(&mut self, page: &Page, start: u64, keys: &RandomState, on_user: &mut dyn FnMut(&AppUser)) -> u64 {
        let (mut new, mut repeated) = (0, Vec::new());
        let mut digests = Vec::with_capacity(page.users.len());
        for (place, user) in page.users.iter().enumerate() {
            let position = start + place as u64;
            if user.user_name.is_empty() {
                self.fault(Kind::NoUserName, || format!("the user at {position}, id `{}`", user.id));
            }
            if user.id.is_empty() {
                self.fault(Kind::NoId, || format!("the user at {position}, `{}`", user.user_name));
            }
            let digest = digest(keys, user);
            digests.push(digest);
            if !self.seen.insert(digest) {
                repeated.push(place);
                continue;
            }
            new += 1;
            on_user(user);
        }
        self.users += new;
        self.listed += page.users.len() as u64;
        if let Some(first) = repeated.first().and_then(|place| page.users.get(*place)) {
            let at_the_seam = repeated.iter().enumerate().all(|(index, place)| index == *place)
                && digests.get(..repeated.len()).is_some_and(|begin| self.last.ends_with(begin));
            let kind = if at_the_seam { Kind::Overlap } else { Kind::Duplicate };
            for _ in &repeated {
                self.fault(kind, || format!("`{}` again on the page at {start}", first.id));
            }
        }
        if self.pages == 0 {
            self.first = page.users.iter().map(|user| user.id.clone()).collect();
        }
        self.last = digests;
        new
    }
}

/// A digest of what a user is known by: the id, or for want of one the user name.
fn digest(keys: &RandomState, user: &AppUser) -> u128 {
    let name = if user.id.is_empty() { &user.user_name } else { "" };
    let half = |salt: u8| u128::from(keys.hash_one((salt, &user.id, name)));
    half(0) << 64 | half(1)
}

async fn walk(wire: &Wire, wanted: Wanted<'_>, keys: &RandomState, on_user: &mut dyn FnMut(&AppUser)) -> Walk {
    let mut walk = Walk::default();
    let mut start = 1;
    let mut body = fetch(wire, wanted.version, start).await;
    loop {
        let next = start + PAGE_SIZE;
        let expected = walk.total.is_some_and(|total| next <= total) && walk.pages + 1 < MOST_PAGES;
        let (goes_on, ahead) = if expected {
            // The server makes the next page while this one is looked at; it never has two requests at a time.
            let look = async {
                for _ in 0..TURNS_TO_SEND {
                    tokio::task::yield_now().await;
                }
                look_at(&mut walk, &body, start, wanted, keys, on_user)
            };
            let (ahead, goes_on) = tokio::join!(fetch(wire, wanted.version, next), look);
            (goes_on, Some(ahead))
        } else {
            (look_at(&mut walk, &body, start, wanted, keys, on_user), None)
        };
        match goes_on {
            Ok(true) => {}
            Ok(false) => break,
            Err(end) => {
                walk.end = end;
                return walk;
            }
        }
        start = next;
        body = match ahead {
            Some(ahead) => ahead,
            None => fetch(wire, wanted.version, start).await,
        };
    }
    let endless = walk.faults.contains_key(&Kind::Endless);
    if let Some(total) = walk.total.filter(|total| *total > walk.users && !endless) {
        let users = walk.users;
        walk.fault(Kind::TotalTooHigh, || format!("{total} are announced, {users} are listed"));
    }
    walk
}

/// Looks at one page; tells whether an import would ask for another.
fn look_at(
    walk: &mut Walk,
    body: &Result<Vec<u8>, End>,
    start: u64,
    wanted: Wanted<'_>,
    keys: &RandomState,
    on_user: &mut dyn FnMut(&AppUser),
) -> Result<bool, End> {
    let accounts = if wanted.whole { Accounts::Kept } else { Accounts::PassedOver };
    let page = read_page(body.as_ref().map_err(End::clone)?, wanted.attribute, accounts).map_err(End::NotAList)?;
    walk.counters(&page, start);
    let shown = page.users.len() as u64;
    let new = walk.take(&page, start, keys, on_user);
    walk.pages += 1;
    walk.ended_on_users = shown > 0;
    let more = walk.total.map(|total| walk.listed < total);
    let next = start + PAGE_SIZE;
    if shown > PAGE_SIZE {
        walk.fault(Kind::PageTooLong, || format!("the page at {start} has {shown}"));
    }
    if shown == 0 {
        return Ok(false);
    }
    if new == 0 {
        walk.fault(Kind::Endless, || format!("the page at {start} shows only users of earlier pages"));
        return Ok(false);
    }
    if shown < PAGE_SIZE && more == Some(true) && walk.total >= Some(next) {
        walk.fault(Kind::PageTooShort, || format!("the page at {start} has {shown}"));
    }
    let goes_on = match walk.total {
        Some(total) => more == Some(true) && next <= total,
        // Without a total the only end is a page that is not full.
        None => shown >= PAGE_SIZE,
    };
    if goes_on && walk.pages >= MOST_PAGES {
        walk.fault(Kind::Endless, || format!("still more after {MOST_PAGES} pages"));
        return Ok(false);
    }
    Ok(goes_on)
}

/// Asks for what comes after the last user: nobody should.
async fn look_past_the_end(wire: &Wire, version: Version, keys: &RandomState, walk: &mut Walk) {
    if !walk.ended_on_users || walk.faults.contains_key(&Kind::Endless) {
        return;
    }
    let start = walk.total.unwrap_or_default().max(walk.listed).saturating_add(1);
    match get(wire, version, start, None).await {
        Ok(page) => {
            walk.counters(&page, start);
            let is_known = |user: &AppUser| walk.seen.contains(&digest(keys, user));
            let new = page.users.iter().find(|user| !user.id.is_empty() && !is_known(user)).map(|user| user.id.clone());
            let shown = page.users.len();
            match new {
                Some(id) => {
                    let total = walk.listed;
                    walk.fault(Kind::TotalTooLow, || format!("after {total} users, the page at {start} has `{id}`"));
                }
                None if shown > 0 => {
                    walk.fault(Kind::PastTheEnd, || format!("the page at {start} repeats {shown} of the users"));
                }
                None => {}
            }
        }
        Err(End::Status { status, .. }) => {
            walk.fault(Kind::PastTheEnd, || format!("the page at {start} is answered with {status}"));
        }
        Err(End::NotAList(got)) => walk.fault(Kind::PastTheEnd, || format!("the page at {start} is {got}")),
        // Who answered all pages and not this one may be gone by chance.
        Err(End::NoReply(_) | End::Complete) => {}
    }
}

/// Reads the first page once more. Others may have come and gone; those who are on both stand in the same order.
async fn look_at_the_order(wire: &Wire, version: Version, walk: &mut Walk) {
    if walk.first.len() < 2 {
        return;
    }
    let Ok(page) = get(wire, version, 1, None).await else { return };
    let now: Vec<&str> = page.users.iter().map(|user| user.id.as_str()).collect();
    let places: Vec<usize> = walk.first.iter().filter_map(|id| now.iter().position(|other| other == id)).collect();
    let sorted = places.windows(2).all(|pair| pair[0] < pair[1]);
    // Nobody replaces most of a page within the time of a reading and leaves the number of users as it was.
    let replaced = places.len() * 2 < walk.first.len().min(now.len()) && page.total.number() == walk.total;
    if !sorted || replaced {
        let (kept, first) = (places.len(), walk.first.len());
        walk.fault(Kind::Order, || match replaced {
            true => format!("of the {first} users of the first page {kept} are on it when it is read again"),
            false => "the users of the first page stand in another order when it is read again".to_owned(),
        });
    }
}

/// Reads the list once more when it looks wrong in a way that others could have caused. Who shows the same users twice,
/// and the same fault, is to blame; and an order that changes is explanation enough.
async fn look_again(wire: &Wire, version: Version, keys: &RandomState, first: &mut Walk) {
    let doubtful = first.faults.keys().any(|kind| kind.may_come_from_others());
    if !doubtful || first.faults.contains_key(&Kind::Order) {
        return;
    }
    let mut second = walk(wire, Wanted { version, ..Wanted::default() }, keys, &mut |_| {}).await;
    if second.end == End::Complete {
        look_past_the_end(wire, version, keys, &mut second).await;
    }
    let quiet = second.end == End::Complete && first.seen == second.seen;
    for (kind, fault) in &mut first.faults {
        if kind.may_come_from_others() && !(quiet && second.faults.contains_key(kind)) {
            fault.blame = Blame::Unclear;
        }
    }
}

async fn get(wire: &Wire, version: Version, start: u64, attribute: Option<&str>) -> Result<Page, End> {
    read_page(&fetch(wire, version, start).await?, attribute, Accounts::default()).map_err(End::NotAList)
}

async fn fetch(wire: &Wire, version: Version, start: u64) -> Result<Vec<u8>, End> {
    let request = Request::own("GET", format!("/Users?startIndex={start}&count={PAGE_SIZE}"));
    let request = request.accepting(version.media_type());
    let response = wire.send(CASE, request).await.reply.map_err(End::NoReply)?;
    if response.status != 200 {
        let location = response.headers.get("Location").map(str::to_owned);
        return Err(End::Status { status: response.status, location });
    }
    Ok(response.body)
}

//! What an import makes of the application's users: Okta's matching rules, profile sourcing, and import safeguards.
//!
//! The rules are those of Okta's pages on connecting a SCIM integration, on matching imported users and on import
//! safeguards. Where those pages leave something open, the decision carries a [`Remark`] or a [`Guard::AtLimit`] instead
//! of a guess.
//!
//! **Invariant:** one imported user is decided on at a time, and memory grows with Okta's users only, by a hundred bytes or
//! two for each.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use super::rows::{Active, AppUser, Mistake, OktaRow, plain};

/// What has to be equal for an exact match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Okta's user name and the application's `userName`.
    UserName,
    /// The primary e-mail addresses.
    Email,
    /// An attribute of that name on both sides.
    Attribute(String),
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Criterion::UserName => f.write_str("user name"),
            Criterion::Email => f.write_str("e-mail"),
            Criterion::Attribute(name) => f.write_str(name),
        }
    }
}

/// Whether first and last name are enough for a partial match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Partial {
    /// They are not.
    #[default]
    Refused,
    /// They are, if an administrator confirms it.
    Allowed,
}

/// What becomes of an Okta user who is deactivated in the application, or no longer there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sourcing {
    /// The application is no profile source: it has no say.
    #[default]
    Off,
    /// It is one, and is told to do nothing.
    Nothing,
    /// The Okta user is deactivated.
    Deactivate,
    /// The Okta user is suspended.
    Suspend,
}

/// Which Okta users an application that is a profile source can bring back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dormant {
    /// Suspended ones.
    Suspended,
    /// Deactivated ones.
    Deactivated,
}

/// The settings of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What has to be equal, all of it, for an exact match; never empty.
    pub exact: Vec<Criterion>,
    /// Whether names are enough for a partial match.
    pub partial: Partial,
    /// Whether the application sources profiles, and what deactivation there does.
    pub sourcing: Sourcing,
    /// Whom reactivation in the application brings back.
    pub reactivate: BTreeSet<Dormant>,
}

impl Default for Rules {
    /// As Okta sets up a new application.
    fn default() -> Self {
        Self {
            exact: vec![Criterion::UserName],
            partial: Partial::Refused,
            sourcing: Sourcing::Off,
            reactivate: BTreeSet::new(),
        }
    }
}

impl Rules {
    /// The attribute that is matched besides user name and e-mail address, if one is.
    pub fn attribute(&self) -> Option<&str> {
        self.exact.iter().find_map(|criterion| match criterion {
            Criterion::Attribute(name) => Some(name.as_str()),
            Criterion::UserName | Criterion::Email => None,
        })
    }
}

/// What Okta confirms without an administrator: the boxes of its console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AutoConfirm {
    /// Exact matches.
    pub exact: bool,
    /// Partial matches.
    pub partial: bool,
    /// New users.
    pub new: bool,
    /// Whether new users are activated, too.
    pub activate: bool,
}

impl AutoConfirm {
    /// What is decided at once of a decision, and what waits for an administrator. A link of before needs no confirmation.
    pub fn apply(self, decision: Decision) -> Decision {
        let pending = Decision::Pending;
        match decision {
            Decision::Matched { okta, by: By::Exact | By::Hook, .. } if !self.exact => {
                pending(Pending::ConfirmExact(okta))
            }
            Decision::Matched { okta, by: By::Hook, .. } => Decision::Matched { okta, by: By::Hook, remark: None },
            Decision::Partial { okta } if self.partial => Decision::Matched { okta, by: By::Partial, remark: None },
            Decision::Partial { okta } => pending(Pending::ConfirmPartial(okta)),
            Decision::Created if !self.new => pending(Pending::ConfirmNew),
            Decision::Created if !self.activate => pending(Pending::ActivateNew),
            other => other,
        }
    }
}

/// In which state an Okta user is, as far as imports make a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Active or on the way there: staged, provisioned, recovering, locked out.
    #[default]
    Live,
    /// Suspended or deactivated.
    Dormant(Dormant),
}

impl Status {
    fn read(text: &str) -> Option<Self> {
        Some(match plain(text).as_str() {
            "" | "active" | "staged" | "provisioned" | "recovery" | "passwordexpired" | "passwordreset"
            | "lockedout" | "pendinguseraction" | "pendingactivation" | "pending" => Status::Live,
            "suspended" => Status::Dormant(Dormant::Suspended),
            "deprovisioned" | "deactivated" | "inactive" => Status::Dormant(Dormant::Deactivated),
            _ => return None,
        })
    }
}

/// Which of Okta's users count as assigned to the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assignments {
    /// The file does not say: all who are not deactivated.
    #[default]
    All,
    /// Those of whom the file says so, in `assigned` or by naming their id in the application.
    Told,
}

/// Okta's users, indexed for matching.
#[derive(Debug, Default)]
pub struct OktaUsers {
    /// All texts of all users, one after the other: a hundred thousand users in a few large blocks.
    text: String,
    users: Vec<Slot>,
    attribute: String,
    assignments: Assignments,
    by_key: Index,
    by_login: Index,
    by_name: Index,
    by_app_id: Index,
}

/// Where the texts of one user begin, and how long each is.
#[derive(Clone, Copy, Debug)]
struct Slot {
    at: u64,
    line: u32,
    lengths: [u16; FIELDS],
    status: Status,
    assigned: Told,
}

/// What a file says of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Yes,
    No,
    Nothing,
}

const FIELDS: usize = 7;
const LOGIN: usize = 0;
const EMAIL: usize = 1;
const FIRST_NAME: usize = 2;
const LAST_NAME: usize = 3;
const ATTRIBUTE: usize = 4;
const APP_ID: usize = 5;
const OKTA_ID: usize = 6;

/// The length of an e-mail address that is the user name: nearly all are, and need no room of their own.
const AS_LOGIN: u16 = u16::MAX;

/// Hashes and whose they are, in the order of the hashes. Who looks something up compares the texts, too.
#[derive(Debug, Default)]
struct Index(Vec<(u32, u32)>);

impl Index {
    fn sorted(mut entries: Vec<(u32, u32)>) -> Self {
        entries.sort_unstable();
        entries.shrink_to_fit();
        Self(entries)
    }

    fn get(&self, hash: u32) -> impl Iterator<Item = usize> {
        let from = self.0.partition_point(|(known, _)| *known < hash);
        let rest = self.0.get(from..).unwrap_or_default();
        rest.iter().take_while(move |(known, _)| *known == hash).map(|(_, number)| *number as usize)
    }
}

/// Without letter case.
fn fold(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.to_lowercase(),
    }
}

fn hash(what: impl Hash) -> u32 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    // Either half of it would do.
    (hasher.finish() >> 32) as u32
}

fn alike(a: &str, b: &str) -> bool {
    a == b || fold(a) == fold(b)
}

/// Okta's users, or every mistake in their rows.
pub type Built = Result<OktaUsers, Vec<Mistake>>;

/// Takes rows, so that none of them has to stay.
#[derive(Debug)]
pub struct Builder {
    rules: Rules,
    users: OktaUsers,
    mistakes: BTreeSet<Mistake>,
}

impl Builder {
    /// An index without users yet, for these rules.
    pub fn new(rules: &Rules) -> Self {
        Self { rules: rules.clone(), users: OktaUsers::default(), mistakes: BTreeSet::new() }
    }

    /// Takes one row, or what is wrong with it.
    pub fn add(&mut self, row: Result<OktaRow, Mistake>) {
        if let Err(mistake) = row.and_then(|row| self.row(&row)) {
            self.mistakes.insert(mistake);
        }
    }

    fn row(&mut self, row: &OktaRow) -> Result<(), Mistake> {
        let wrong = |what: String| Mistake { line: row.line, what };
        if row.login.is_empty() {
            return Err(wrong("it has no user name (`login`)".to_owned()));
        }
        let status = Status::read(&row.status)
            .ok_or_else(|| wrong(format!("`{}` is no status of an Okta user", shortened(&row.status))))?;
        let assigned = match row.assigned.as_deref().map(plain).as_deref() {
            None | Some("") if row.app_id.is_empty() => Told::Nothing,
            None | Some("" | "true" | "yes" | "1") => Told::Yes,
            Some("false" | "no" | "0") => Told::No,
            Some(other) => return Err(wrong(format!("`assigned` is true or false, not `{}`", shortened(other)))),
        };
        let attribute = row.attribute.as_deref().unwrap_or_default();
        let fields = [&row.login, &row.email, &row.first_name, &row.last_name, attribute, &row.app_id, &row.id];
        if fields.iter().any(|field| field.len() >= usize::from(AS_LOGIN)) {
            return Err(wrong("a field has more than 65,534 bytes".to_owned()));
        }
        let users = &mut self.users;
        let at = users.text.len() as u64;
        let mut lengths = [0; FIELDS];
        for (which, (field, length)) in fields.into_iter().zip(&mut lengths).enumerate() {
            if which == EMAIL && field == row.login {
                *length = AS_LOGIN;
                continue;
            }
            users.text.push_str(field);
            *length = u16::try_from(field.len()).unwrap_or_default();
        }
        if assigned != Told::Nothing {
            users.assignments = Assignments::Told;
        }
        let line = u32::try_from(row.line).unwrap_or(u32::MAX);
        users.users.push(Slot { at, line, lengths, status, assigned });
        Ok(())
    }

    /// The index.
    ///
    /// # Errors
    /// Every mistake in the rows.
    pub fn finish(mut self) -> Built {
        let users = &mut self.users;
        users.attribute = self.rules.attribute().unwrap_or_default().to_owned();
        users.text.shrink_to_fit();
        users.users.shrink_to_fit();
        let index = |key: &dyn Fn(&OktaUsers, usize) -> Option<u32>| {
            let numbered = (0..users.users.len()).filter_map(|number| Some((key(users, number)?, number as u32)));
            Index::sorted(numbered.collect())
        };
        let by_login = index(&|users, number| Some(hash(fold(users.login(number)))));
        let by_key = match self.rules.exact.first() {
            Some(Criterion::UserName) => Index(by_login.0.clone()),
            first => index(&|users, number| {
                let value = users.value(number, first?);
                (!value.is_empty()).then(|| hash(key(value, first)))
            }),
        };
        let by_name = match self.rules.partial {
            Partial::Refused => Index::default(),
            Partial::Allowed => index(&|users, number| {
                let (first, last) = (users.field(number, FIRST_NAME), users.field(number, LAST_NAME));
                (!first.is_empty() && !last.is_empty()).then(|| hash((fold(first), fold(last))))
            }),
        };
        let by_app_id = index(&|users, number| {
            let id = users.field(number, APP_ID);
            (!id.is_empty()).then(|| hash(id))
        });
        (users.by_login, users.by_key, users.by_name, users.by_app_id) = (by_login, by_key, by_name, by_app_id);
        self.find_duplicates();
        self.find_empty_criteria();
        match self.mistakes.is_empty() {
            true => Ok(self.users),
            false => Err(self.mistakes.into_iter().collect()),
        }
    }

    /// No two users of an org have the same user name or are the same user of the application.
    fn find_duplicates(&mut self) {
        let users = &self.users;
        type Alike = fn(&str, &str) -> bool;
        let indexes: [(&Index, usize, &str, Alike); 2] = [
            (&users.by_login, LOGIN, "the user name", alike),
            (&users.by_app_id, APP_ID, "the id in the application", |a, b| a == b),
        ];
        for (index, field, what, same) in indexes {
            for bucket in index.0.chunk_by(|(a, _), (b, _)| a == b) {
                for (place, (_, later)) in bucket.iter().enumerate().skip(1) {
                    let value = users.field(*later as usize, field);
                    let mut earlier = bucket.iter().take(place).map(|(_, number)| *number as usize);
                    let Some(first) = earlier.find(|number| same(users.field(*number, field), value)) else { continue };
                    let line = |number: usize| users.users.get(number).map_or(0, |slot| slot.line);
                    self.mistakes.insert(Mistake {
                        line: u64::from(line(*later as usize)),
                        what: format!("{what} `{}` is on line {}, too", shortened(value), line(first)),
                    });
                }
            }
        }
    }

    /// A criterion that no user can meet is a slip, and would make everybody a new user.
    fn find_empty_criteria(&mut self) {
        let users = &self.users;
        for criterion in &self.rules.exact {
            let nobody = (0..users.len()).all(|number| users.value(number, criterion).is_empty());
            if nobody && !users.is_empty() && self.mistakes.is_empty() {
                let what = format!("no user has a value for `{criterion}`, which is to be matched");
                self.mistakes.insert(Mistake { line: 1, what });
            }
        }
    }
}

/// What is quoted of a file that may hold anything.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What a value is looked up by. User names and addresses are looked up without letter case, as Okta compares logins;
/// attributes are not, as Okta says of them.
fn key(value: &str, criterion: Option<&Criterion>) -> String {
    match criterion {
        Some(Criterion::Attribute(_)) | None => value.to_owned(),
        Some(Criterion::UserName | Criterion::Email) => fold(value),
    }
}

impl OktaUsers {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Which of them count as assigned.
    pub fn assignments(&self) -> Assignments {
        self.assignments
    }

    /// The id of one of them; where the file has none, one that stands for it.
    pub fn id(&self, number: usize) -> String {
        match self.field(number, OKTA_ID) {
            "" => format!("00uScimCheck{number:08}"),
            id => id.to_owned(),
        }
    }

    /// The one of that id.
    pub fn of_id(&self, id: &str) -> Option<usize> {
        (0..self.len()).find(|number| match self.field(*number, OKTA_ID) {
            "" => self.id(*number) == id,
            known => known == id,
        })
    }

    /// The one of that user name, in any letter case.
    pub fn of_login(&self, login: &str) -> Option<usize> {
        self.by_login.get(hash(fold(login))).find(|number| alike(self.login(*number), login))
    }

    /// The user name of one of them.
    pub fn login(&self, number: usize) -> &str {
        self.field(number, LOGIN)
    }

    fn field(&self, number: usize, field: usize) -> &str {
        let Some(slot) = self.users.get(number) else { return "" };
        let field = if field == EMAIL && slot.lengths[EMAIL] == AS_LOGIN { LOGIN } else { field };
        let length = |which: usize| match slot.lengths[which] {
            AS_LOGIN => 0,
            length => usize::from(length),
        };
        let from = slot.at as usize + (0..field).map(length).sum::<usize>();
        self.text.get(from..from + length(field)).unwrap_or_default()
    }

    fn value(&self, number: usize, criterion: &Criterion) -> &str {
        match criterion {
            Criterion::UserName => self.field(number, LOGIN),
            Criterion::Email => self.field(number, EMAIL),
            Criterion::Attribute(_) => self.field(number, ATTRIBUTE),
        }
    }

    fn status(&self, number: usize) -> Status {
        self.users.get(number).map_or(Status::Live, |slot| slot.status)
    }

    /// Whether one of them counts as assigned to the application.
    fn is_assigned(&self, number: usize) -> bool {
        let Some(slot) = self.users.get(number) else { return false };
        match self.assignments {
            Assignments::Told => slot.assigned == Told::Yes,
            // Who is deactivated has lost all assignments.
            Assignments::All => slot.status != Status::Dormant(Dormant::Deactivated),
        }
    }
}

/// The value of the imported user for a criterion.
fn value<'a>(imported: &'a AppUser, criterion: &Criterion) -> &'a str {
    match criterion {
        Criterion::UserName => &imported.user_name,
        Criterion::Email => &imported.email,
        Criterion::Attribute(_) => &imported.attribute,
    }
}

/// What becomes of a user whom an import brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Not imported: the account is deactivated in the application.
    Inactive,
    /// Linked to an Okta user.
    Matched {
        /// Which.
        okta: usize,
        /// How that is known.
        by: By,
        /// What to look at.
        remark: Option<Remark>,
    },
    /// Offered to an administrator to confirm: only the names are equal.
    Partial {
        /// The Okta user.
        okta: usize,
    },
    /// A new Okta user, once that is confirmed.
    Created,
    /// Linked to an Okta user who is brought back.
    Reactivated {
        /// Which.
        okta: usize,
    },
    /// Left for an administrator to decide or repair.
    Pending(Pending),
}

/// How it is known to which Okta user an account belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// They have been linked before: the file names the account's id.
    Link,
    /// All that has to be equal is.
    Exact,
    /// First and last name are, which is confirmed without an administrator.
    Partial,
    /// The import hook says so.
    Hook,
}

/// What to look at in a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// The values differ in letter case, and Okta's page on matching says that case counts.
    LetterCase,
    /// The Okta user is suspended and stays so.
    StaysSuspended,
    /// The Okta user is deactivated and stays so.
    StaysDeactivated,
    /// The import hook says so, and nobody has said whether such matches are confirmed without an administrator.
    SaidByHook,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Remark::LetterCase => "the values differ in letter case, which counts according to Okta's page on matching",
            Remark::StaysSuspended => "the Okta user is suspended and stays so",
            Remark::StaysDeactivated => "the Okta user is deactivated and stays so",
            Remark::SaidByHook => {
                "matched by the import hook; --auto-confirm says whether an administrator has to confirm it"
            }
        })
    }
}

/// Why a user is left pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Several Okta users match exactly, such as these two.
    SeveralExact(usize, usize),
    /// Several Okta users have that first and last name, such as these two.
    SeveralPartial(usize, usize),
    /// The Okta user is matched by an account before this one in the list.
    AlreadyMatched(usize),
    /// The match is deactivated, and reactivation is not allowed to bring it back.
    Deactivated(usize),
    /// It could be brought back, but only an exact match is: it stays in "Pending Activation".
    NotExact(usize, Dormant),
    /// An Okta user who does not match has that user name.
    UserNameTaken(usize),
    /// A new Okta user needs these, and they are missing or a placeholder.
    Incomplete(Vec<&'static str>),
    /// An exact match that an administrator has to confirm.
    ConfirmExact(usize),
    /// A partial match that an administrator has to confirm.
    ConfirmPartial(usize),
    /// A new user whom an administrator has to confirm.
    ConfirmNew,
    /// A new user whom an administrator has to activate.
    ActivateNew,
    /// This import has created a user of that name before.
    UserNameTwice,
    /// The import hook wants a link to a user whom the file of Okta's users does not have.
    HookLinkUnknown,
    /// The import hook wants a link to a user who is deactivated, or linked to another account.
    HookLinkUnusable(usize),
}

impl Pending {
    /// A name for programs.
    pub fn id(&self) -> &'static str {
        match self {
            Pending::SeveralExact(..) => "several-exact-matches",
            Pending::SeveralPartial(..) => "several-partial-matches",
            Pending::AlreadyMatched(_) => "already-matched",
            Pending::Deactivated(_) => "deactivated-in-okta",
            Pending::NotExact(..) => "pending-activation",
            Pending::UserNameTaken(_) => "user-name-taken",
            Pending::Incomplete(_) => "incomplete",
            Pending::ConfirmExact(_) => "confirm-exact-match",
            Pending::ConfirmPartial(_) => "confirm-partial-match",
            Pending::ConfirmNew => "confirm-new-user",
            Pending::ActivateNew => "activate-new-user",
            Pending::UserNameTwice => "user-name-twice",
            Pending::HookLinkUnknown => "hook-link-unknown",
            Pending::HookLinkUnusable(_) => "hook-link-unusable",
        }
    }

    /// The Okta user it is about, if it is about one.
    pub fn okta(&self) -> Option<usize> {
        match self {
            Pending::SeveralExact(okta, _) | Pending::SeveralPartial(okta, _) => Some(*okta),
            Pending::AlreadyMatched(okta) | Pending::Deactivated(okta) | Pending::UserNameTaken(okta) => Some(*okta),
            Pending::NotExact(okta, _) | Pending::HookLinkUnusable(okta) => Some(*okta),
            Pending::ConfirmExact(okta) | Pending::ConfirmPartial(okta) => Some(*okta),
            Pending::ConfirmNew | Pending::ActivateNew => None,
            Pending::Incomplete(_) | Pending::UserNameTwice | Pending::HookLinkUnknown => None,
        }
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pending::SeveralExact(..) => f.write_str("several Okta users match exactly"),
            Pending::SeveralPartial(..) => f.write_str("several Okta users have that first and last name"),
            Pending::AlreadyMatched(_) => f.write_str("the Okta user is matched by another account already"),
            Pending::Deactivated(_) => f.write_str("the Okta user is deactivated, and this import does not reactivate"),
            Pending::NotExact(..) => {
                f.write_str("only an exact match is reactivated; the user appears in Pending Activation")
            }
            Pending::UserNameTaken(_) => f.write_str("an Okta user who does not match has that user name"),
            Pending::Incomplete(missing) => {
                write!(f, "a new Okta user needs {}", missing.join(", "))
            }
            Pending::ConfirmExact(_) => f.write_str("an exact match, which an administrator has to confirm"),
            Pending::ConfirmPartial(_) => f.write_str("a partial match, which an administrator has to confirm"),
            Pending::ConfirmNew => f.write_str("a new user, whom an administrator has to confirm"),
            Pending::ActivateNew => {
                f.write_str("a new user, who is created and stays staged until an administrator activates it")
            }
            Pending::UserNameTwice => f.write_str("this import has created an Okta user of that name already"),
            Pending::HookLinkUnknown => f.write_str(
                "the import hook links to a user who is not among Okta's; what Okta then does is not documented",
            ),
            Pending::HookLinkUnusable(_) => f.write_str(
                "the import hook links to a user who is deactivated or has another account; what Okta then does is not \
                 documented",
            ),
        }
    }
}

/// What has been seen of an Okta user in the application so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    #[default]
    Nowhere,
    Inactive,
    Active,
    /// Active, and linked to it by this import.
    Linked,
}

/// An import under way.
#[derive(Debug)]
pub struct Import<'a> {
    users: &'a OktaUsers,
    rules: &'a Rules,
    seen: Vec<Seen>,
}

/// Begins an import.
pub fn begin<'a>(users: &'a OktaUsers, rules: &'a Rules) -> Import<'a> {
    Import { users, rules, seen: vec![Seen::Nowhere; users.len()] }
}

/// Decides on one user of the application.
pub fn decide(import: &mut Import<'_>, imported: &AppUser) -> Decision {
    let linked = linked(import.users, imported);
    let exact = match linked {
        Some(_) => Vec::new(),
        None => exact(import, imported),
    };
    if imported.active == Active::No {
        for number in linked.iter().chain(exact.first().filter(|_| exact.len() == 1)) {
            see(import, *number, Seen::Inactive);
        }
        return Decision::Inactive;
    }
    if let Some(okta) = linked {
        return of_linked(import, imported, okta);
    }
    match exact.as_slice() {
        [] => not_exact(import, imported),
        [okta] => of_exact(import, imported, *okta),
        [one, other, ..] => {
            // Whichever of them it is, it is not gone.
            for number in &exact {
                see(import, *number, Seen::Active);
            }
            Decision::Pending(Pending::SeveralExact(*one, *other))
        }
    }
}

fn see(import: &mut Import<'_>, number: usize, what: Seen) {
    if let Some(seen) = import.seen.get_mut(number) {
        *seen = (*seen).max(what);
    }
}

fn is_taken(import: &Import<'_>, number: usize) -> bool {
    import.seen.get(number) == Some(&Seen::Linked)
}

fn brings_back(rules: &Rules, dormant: Dormant) -> bool {
    rules.sourcing != Sourcing::Off && rules.reactivate.contains(&dormant)
}

/// The Okta user who has been linked to that account before.
fn linked(users: &OktaUsers, imported: &AppUser) -> Option<usize> {
    if imported.id.is_empty() {
        return None;
    }
    users.by_app_id.get(hash(imported.id.as_str())).find(|number| users.field(*number, APP_ID) == imported.id)
}

fn of_linked(import: &mut Import<'_>, imported: &AppUser, okta: usize) -> Decision {
    let matched = |remark| Decision::Matched { okta, by: By::Link, remark };
    see(import, okta, Seen::Linked);
    match import.users.status(okta) {
        Status::Live => matched(None),
        Status::Dormant(dormant) if brings_back(import.rules, dormant) => {
            match meets_all(import.users, import.rules, imported, okta) {
                true => Decision::Reactivated { okta },
                false => Decision::Pending(Pending::NotExact(okta, dormant)),
            }
        }
        Status::Dormant(Dormant::Suspended) => matched(Some(Remark::StaysSuspended)),
        Status::Dormant(Dormant::Deactivated) => matched(Some(Remark::StaysDeactivated)),
    }
}

/// All Okta users who meet all criteria.
fn exact(import: &Import<'_>, imported: &AppUser) -> Vec<usize> {
    let first = import.rules.exact.first();
    let wanted = first.map_or("", |criterion| value(imported, criterion));
    if wanted.is_empty() {
        return Vec::new();
    }
    let found = import.users.by_key.get(hash(key(wanted, first)));
    found.filter(|number| meets_all(import.users, import.rules, imported, *number)).collect()
}

fn meets_all(users: &OktaUsers, rules: &Rules, imported: &AppUser, okta: usize) -> bool {
    rules.exact.iter().all(|criterion| {
        let (theirs, ours) = (value(imported, criterion), users.value(okta, criterion));
        !theirs.is_empty()
            && match criterion {
                Criterion::UserName | Criterion::Email => alike(theirs, ours),
                Criterion::Attribute(_) => theirs == ours,
            }
    })
}

fn of_exact(import: &mut Import<'_>, imported: &AppUser, okta: usize) -> Decision {
    if is_taken(import, okta) {
        return Decision::Pending(Pending::AlreadyMatched(okta));
    }
    let status = import.users.status(okta);
    if status == Status::Dormant(Dormant::Deactivated) && !brings_back(import.rules, Dormant::Deactivated) {
        see(import, okta, Seen::Active);
        return Decision::Pending(Pending::Deactivated(okta));
    }
    see(import, okta, Seen::Linked);
    match status {
        Status::Dormant(dormant) if brings_back(import.rules, dormant) => Decision::Reactivated { okta },
        Status::Dormant(_) => Decision::Matched { okta, by: By::Exact, remark: Some(Remark::StaysSuspended) },
        Status::Live => {
            let same = |criterion: &Criterion| value(imported, criterion) == import.users.value(okta, criterion);
            let remark = (!import.rules.exact.iter().all(same)).then_some(Remark::LetterCase);
            Decision::Matched { okta, by: By::Exact, remark }
        }
    }
}

fn not_exact(import: &mut Import<'_>, imported: &AppUser) -> Decision {
    let partial = partial(import, imported);
    match partial.as_slice() {
        [] => {}
        [okta] => {
            see(import, *okta, Seen::Linked);
            return match import.users.status(*okta) {
                Status::Dormant(dormant) if brings_back(import.rules, dormant) => {
                    Decision::Pending(Pending::NotExact(*okta, dormant))
                }
                _ => Decision::Partial { okta: *okta },
            };
        }
        [one, other, ..] => {
            for number in &partial {
                see(import, *number, Seen::Active);
            }
            return Decision::Pending(Pending::SeveralPartial(*one, *other));
        }
    }
    if let Some(okta) = import.users.of_login(&imported.user_name) {
        see(import, okta, Seen::Active);
        return Decision::Pending(Pending::UserNameTaken(okta));
    }
    match incomplete(imported) {
        missing if missing.is_empty() => Decision::Created,
        missing => Decision::Pending(Pending::Incomplete(missing)),
    }
}

/// Okta users with the same first and last name whom nobody has matched before. Of deactivated ones only those count whom
/// a reactivation may bring back.
fn partial(import: &Import<'_>, imported: &AppUser) -> Vec<usize> {
    let (first, last) = (&imported.given_name, &imported.family_name);
    if import.rules.partial == Partial::Refused || first.is_empty() || last.is_empty() {
        return Vec::new();
    }
    let users = import.users;
    let eligible = |number: &usize| {
        let gone = users.status(*number) == Status::Dormant(Dormant::Deactivated);
        alike(users.field(*number, FIRST_NAME), first)
            && alike(users.field(*number, LAST_NAME), last)
            && !is_taken(import, *number)
            && (!gone || brings_back(import.rules, Dormant::Deactivated))
    };
    users.by_name.get(hash((fold(first), fold(last)))).filter(eligible).collect()
}

/// The Okta users whom an account matches, before it is decided on: those who match exactly, or else partially.
pub fn candidates(import: &Import<'_>, imported: &AppUser) -> Vec<usize> {
    match exact(import, imported) {
        found if found.is_empty() => partial(import, imported),
        found => found,
    }
}

/// Links an account to another user than was decided, or to nobody, because somebody else says so. Who would have been linked is
/// free for the accounts that follow, and has an account all the same.
///
/// # Errors
/// Why that user cannot be linked to; then nothing is changed.
pub fn relink(import: &mut Import<'_>, before: Option<usize>, to: Option<usize>) -> Result<(), Pending> {
    if let Some(okta) = to.filter(|okta| Some(*okta) != before) {
        let gone = import.users.status(okta) == Status::Dormant(Dormant::Deactivated);
        if gone || is_taken(import, okta) || !import.users.field(okta, APP_ID).is_empty() {
            return Err(Pending::HookLinkUnusable(okta));
        }
    }
    if to != before
        && let Some(seen) = before.and_then(|okta| import.seen.get_mut(okta))
    {
        *seen = Seen::Active;
    }
    if let Some(okta) = to {
        see(import, okta, Seen::Linked);
    }
    Ok(())
}

/// Whether a text says nothing. `N/A` is what some servers say for want of a name.
pub fn placeholder(text: &str) -> bool {
    text.trim().is_empty() || text.trim().eq_ignore_ascii_case("n/a")
}

/// What a new Okta user needs and the imported one lacks.
fn incomplete(imported: &AppUser) -> Vec<&'static str> {
    let needed = [
        ("userName", &imported.user_name),
        ("name.givenName", &imported.given_name),
        ("name.familyName", &imported.family_name),
        ("emails", &imported.email),
    ];
    needed.into_iter().filter(|(_, value)| placeholder(value)).map(|(name, _)| name).collect()
}

/// An assignment that the import removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Whose.
    pub okta: usize,
    /// Why.
    pub why: Gone,
    /// What else becomes of the Okta user.
    pub then: Then,
}

/// Why an assignment is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The account is deactivated in the application.
    Inactive,
    /// The application does not list the account.
    Unlisted,
}

/// What becomes of an Okta user whose assignment is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing else.
    Unassigned,
    /// Deactivated.
    Deactivated,
    /// Suspended.
    Suspended,
}

/// The assignments that are removed, when all users of the application have been decided on.
pub fn removals(import: &Import<'_>) -> impl Iterator<Item = Removal> {
    let users = import.users;
    let sourcing = import.rules.sourcing;
    import.seen.iter().enumerate().filter_map(move |(okta, seen)| {
        let why = match seen {
            Seen::Active | Seen::Linked => return None,
            Seen::Inactive => Gone::Inactive,
            Seen::Nowhere => Gone::Unlisted,
        };
        if !users.is_assigned(okta) {
            return None;
        }
        let then = match (sourcing, users.status(okta)) {
            (_, Status::Dormant(Dormant::Deactivated)) | (Sourcing::Off | Sourcing::Nothing, _) => Then::Unassigned,
            (Sourcing::Suspend, Status::Dormant(Dormant::Suspended)) => Then::Unassigned,
            (Sourcing::Suspend, Status::Live) => Then::Suspended,
            (Sourcing::Deactivate, _) => Then::Deactivated,
        };
        Some(Removal { okta, why, then })
    })
}

/// How many of Okta's users are assigned to the application before the import.
pub fn assigned(users: &OktaUsers) -> u64 {
    (0..users.len()).filter(|number| users.is_assigned(*number)).count() as u64
}

/// The share of assignments that an import may remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Any share: the safeguard is switched off.
    Off,
    /// At most so many hundredths of a percent.
    Share(u32),
}

impl Default for Limit {
    /// Okta's default, twenty percent.
    fn default() -> Self {
        Limit::Share(2000)
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("off") {
            return Ok(Limit::Off);
        }
        let number = text.strip_suffix('%').unwrap_or(text).trim();
        let percent: f64 = number.parse().map_err(|_| "a percentage such as 20%, or off".to_owned())?;
        match (0.0..=100.0).contains(&percent) {
            true => Ok(Limit::Share((percent * 100.0).round() as u32)),
            false => Err("a percentage between 0 and 100".to_owned()),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Off => f.write_str("off"),
            Limit::Share(share) => write!(f, "{}%", f64::from(*share) / 100.0),
        }
    }
}

/// What a safeguard counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The assignments of one application.
    App,
    /// The assignments of all applications of the org.
    Org,
}

impl Scope {
    /// From how many assignments on Okta applies it: applications "with more than 100 users", orgs with "a minimum of 100".
    pub fn least(self) -> u64 {
        match self {
            Scope::App => 101,
            Scope::Org => 100,
        }
    }
}

/// What a safeguard does to an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It is switched off.
    Off,
    /// There are too few assignments for it.
    Idle,
    /// It lets the import go on.
    Passes,
    /// The share is exactly the limit: one page of Okta's says that the import stops when the limit is reached, another
    /// that it stops above.
    AtLimit,
    /// It stops the import.
    Stops,
}

/// Applies a safeguard.
pub fn guard(scope: Scope, limit: Limit, removed: u64, assigned: u64) -> Guard {
    let Limit::Share(share) = limit else { return Guard::Off };
    if assigned < scope.least() {
        return Guard::Idle;
    }
    if removed == 0 {
        return Guard::Passes;
    }
    let (taken, allowed) = (u128::from(removed) * 10_000, u128::from(share) * u128::from(assigned));
    match taken.cmp(&allowed) {
        std::cmp::Ordering::Less => Guard::Passes,
        std::cmp::Ordering::Equal => Guard::AtLimit,
        std::cmp::Ordering::Greater => Guard::Stops,
    }
}

//! The rows that are matched: users of Okta as an export gives them, and users of the application as a page lists them.
//!
//! **Invariant:** nothing is dropped silently. A row that cannot be used becomes a mistake with its line, and a field of
//! another type than expected is as good as absent.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Read};

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::Value;

use crate::json::items;

/// One row of an export from Okta, as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OktaRow {
    /// Where it begins, counted from 1.
    pub line: u64,
    /// The id in Okta, where the file has it.
    pub id: String,
    /// The user name.
    pub login: String,
    /// The primary e-mail address.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The value of the attribute that is matched, if one is.
    pub attribute: Option<String>,
    /// In which state the user is, in any of Okta's spellings; empty for active.
    pub status: String,
    /// The id that the user has in the application, as an export of the application's users tells it.
    pub app_id: String,
    /// Whether the user is assigned to the application, when the file says so.
    pub assigned: Option<String>,
}

/// What is wrong with a file of Okta's users.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The line it is on, counted from 1.
    pub line: u64,
    /// What is wrong: a lowercase fragment without a full stop.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header and a line per user.
    Csv,
    /// An array of users, as Okta's API gives it.
    Json,
}

/// Which columns a CSV file has; the fields of JSON have Okta's own names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Id,
    Login,
    Email,
    FirstName,
    LastName,
    Status,
    AppId,
    Assigned,
}

/// What the columns are called, without letter case and what separates words: the API's names, those of the console's own
/// exports, and those of the CSV template for imports.
const NAMES: &[(&str, Column)] = &[
    ("id", Column::Id),
    ("oktaid", Column::Id),
    ("login", Column::Login),
    ("username", Column::Login),
    ("email", Column::Email),
    ("primaryemail", Column::Email),
    ("firstname", Column::FirstName),
    ("givenname", Column::FirstName),
    ("lastname", Column::LastName),
    ("familyname", Column::LastName),
    ("status", Column::Status),
    ("userstatus", Column::Status),
    ("externalid", Column::AppId),
    ("assigned", Column::Assigned),
];

/// A name without letter case and what separates words.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '_' | '-' | '.')).flat_map(char::to_lowercase).collect()
}

/// Reads a file of Okta's users row by row, so that it never has to fit into memory; `attribute` names the one that is
/// matched besides the usual fields.
///
/// # Errors
/// The file cannot be read to its end. Mistakes in rows go to `row` as well, and reading goes on after them.
pub fn read_okta_users(
    from: impl BufRead,
    format: Format,
    attribute: Option<&str>,
    row: &mut dyn FnMut(Result<OktaRow, Mistake>),
) -> io::Result<()> {
    match format {
        Format::Csv => read_csv(from, attribute, row),
        Format::Json => read_json(from, attribute, row),
    }
}

fn read_csv(
    mut from: impl BufRead,
    attribute: Option<&str>,
    row: &mut dyn FnMut(Result<OktaRow, Mistake>),
) -> io::Result<()> {
    let begin = from.fill_buf()?;
    let first_break = begin.iter().position(|byte| *byte == b'\n');
    let carriage_return = first_break.and_then(|at| begin.get(at.checked_sub(1)?)) == Some(&b'\r');
    // Whoever wrote the file may have left out the last line break, which the counting below relies on.
    let from = from.chain(if carriage_return { &b"\r\n"[..] } else { &b"\n"[..] });
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(from);
    let mut record = csv::ByteRecord::new();
    // The reader's own position of a record is where the one before ended, blank lines and half a line break earlier. Where
    // it stands after the record is certain.
    let ends_below = if carriage_return { 0 } else { 1 };
    let mut columns: Option<Vec<(Option<Column>, bool)>> = None;
    while reader.read_byte_record(&mut record)? {
        let inner = record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        let line = reader.position().line().saturating_sub(inner + ends_below).max(1);
        let texts: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
        let Ok(texts) = texts else {
            row(Err(Mistake { line, what: "it is not UTF-8".to_owned() }));
            if columns.is_none() {
                return Ok(());
            }
            continue;
        };
        let Some(columns) = &columns else {
            match header(&texts, attribute) {
                Ok(read) => columns = Some(read),
                Err(what) => {
                    row(Err(Mistake { line, what }));
                    return Ok(());
                }
            }
            continue;
        };
        row(csv_row(&texts, columns, line));
    }
    if columns.is_none() {
        row(Err(Mistake { line: 1, what: "there is no header".to_owned() }));
    }
    Ok(())
}

/// Which columns there are, and which of them is the attribute that is matched.
fn header(names: &[&str], attribute: Option<&str>) -> Result<Vec<(Option<Column>, bool)>, String> {
    let wanted = attribute.map(plain);
    let column_of = |name: &&str| {
        let name = plain(name.trim());
        // An attribute may have the name of a column that is known, such as `externalId`; it is then both.
        let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, column)| *column);
        (known, wanted.as_ref() == Some(&name))
    };
    let columns: Vec<(Option<Column>, bool)> = names.iter().map(column_of).collect();
    match columns.iter().filter(|(found, _)| *found == Some(Column::Login)).count() {
        0 => return Err("the header has no column `login`".to_owned()),
        1 => {}
        _ => return Err("the header has two columns for the user name, `login` or `username`".to_owned()),
    }
    match attribute {
        Some(name) if !columns.iter().any(|(_, is)| *is) => {
            Err(format!("the header has no column `{name}`, which is to be matched"))
        }
        _ => Ok(columns),
    }
}

fn csv_row(texts: &[&str], columns: &[(Option<Column>, bool)], line: u64) -> Result<OktaRow, Mistake> {
    if texts.len() != columns.len() {
        let (has, wanted) = (texts.len(), columns.len());
        return Err(Mistake { line, what: format!("it has {has} fields, and the header has {wanted}") });
    }
    let mut read = OktaRow { line, ..OktaRow::default() };
    for (text, (column, is_attribute)) in texts.iter().zip(columns) {
        let text = text.trim();
        if *is_attribute {
            read.attribute = Some(text.to_owned());
        }
        let into = match column {
            Some(Column::Id) => &mut read.id,
            Some(Column::Login) => &mut read.login,
            Some(Column::Email) => &mut read.email,
            Some(Column::FirstName) => &mut read.first_name,
            Some(Column::LastName) => &mut read.last_name,
            Some(Column::Status) => &mut read.status,
            Some(Column::AppId) => &mut read.app_id,
            Some(Column::Assigned) => read.assigned.get_or_insert_default(),
            None => continue,
        };
        text.clone_into(into);
    }
    Ok(read)
}

/// Counts the line breaks that have been read.
struct Counted<'a, R> {
    from: R,
    lines: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        let breaks = into.iter().take(read).filter(|byte| **byte == b'\n').count();
        self.lines.set(self.lines.get() + breaks as u64);
        Ok(read)
    }
}

/// An array whose elements are handed on one by one.
struct Each<'a> {
    lines: &'a Cell<u64>,
    attribute: Option<&'a str>,
    row: &'a mut dyn FnMut(Result<OktaRow, Mistake>),
}

impl<'de> Visitor<'de> for Each<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of users")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        // The line on which an element ends is known without counting characters, and in practice names it well enough.
        while let Some(element) = seq.next_element::<Value>()? {
            let line = self.lines.get() + 1;
            (self.row)(okta_row(&element, self.attribute, line));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Each<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

fn read_json(
    mut from: impl BufRead,
    attribute: Option<&str>,
    row: &mut dyn FnMut(Result<OktaRow, Mistake>),
) -> io::Result<()> {
    // Editors on Windows begin a file with a mark of its byte order.
    if from.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        from.consume(3);
    }
    let lines = Cell::new(0);
    let mut found = 0_u64;
    let mut has_attribute = attribute.is_none();
    let mut count = |read: Result<OktaRow, Mistake>| {
        found += 1;
        has_attribute |= read.as_ref().is_ok_and(|read| read.attribute.is_some());
        row(read);
    };
    let mut reader = serde_json::Deserializer::from_reader(Counted { from, lines: &lines });
    let read = Each { lines: &lines, attribute, row: &mut count }.deserialize(&mut reader).and_then(|()| reader.end());
    match read {
        Ok(()) => {}
        Err(error) if error.is_io() => return Err(error.into()),
        Err(error) => {
            let line = error.line().max(1) as u64;
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or(&text);
            row(Err(Mistake { line, what: format!("it is no JSON array of users: {what}") }));
            return Ok(());
        }
    }
    if let Some(attribute) = attribute.filter(|_| found > 0 && !has_attribute) {
        row(Err(Mistake { line: 1, what: format!("no user has `{attribute}`, which is to be matched") }));
    }
    Ok(())
}

/// Reads a user of `/api/v1/users` or of `/api/v1/apps/{id}/users`.
fn okta_row(element: &Value, attribute: Option<&str>, line: u64) -> Result<OktaRow, Mistake> {
    let Value::Object(user) = element else {
        return Err(Mistake { line, what: "it is no user: an object is expected".to_owned() });
    };
    let profile = user.get("profile").unwrap_or(&Value::Null);
    let text = |value: Option<&Value>| value.and_then(scalar).unwrap_or_default();
    let of_profile = |name: &str| text(profile.get(name));
    let credentials = user.get("credentials").and_then(|credentials| credentials.get("userName"));
    // An application's user has the application's attributes as profile, and Okta's user name among the credentials.
    let login = match of_profile("login") {
        login if login.is_empty() => text(credentials),
        login => login,
    };
    let first = |names: [&str; 2]| names.map(of_profile).into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    Ok(OktaRow {
        line,
        id: text(user.get("id")),
        login,
        email: of_profile("email"),
        first_name: first(["firstName", "givenName"]),
        last_name: first(["lastName", "familyName"]),
        attribute: attribute.and_then(|name| profile.get(name).or_else(|| user.get(name))).and_then(scalar),
        status: text(user.get("status")),
        app_id: text(user.get("externalId")),
        assigned: user.get("assigned").and_then(scalar),
    })
}

/// A scalar as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// A user of the application, as far as an import looks at it. What is absent is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppUser {
    /// The id; a number is taken as text.
    pub id: String,
    /// `userName`.
    pub user_name: String,
    /// `name.givenName`.
    pub given_name: String,
    /// `name.familyName`.
    pub family_name: String,
    /// The primary address in `emails`, else the first.
    pub email: String,
    /// The value of the attribute that is matched, if one is.
    pub attribute: String,
    /// Whether the account may be used.
    pub active: Active,
    /// The whole account, where it was asked for.
    pub account: Option<Box<Value>>,
}

/// What a user's `active` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Active {
    /// Nothing, or nothing that can be understood: an import takes such a user as active.
    #[default]
    Unsaid,
    /// True.
    Yes,
    /// False.
    No,
}

/// A counter of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counter {
    /// It is not there.
    #[default]
    Absent,
    /// A whole number.
    Number(u64),
    /// A whole number in quotes.
    Quoted(u64),
    /// Anything else.
    Odd,
}

impl Counter {
    /// The number, be it in quotes.
    pub fn number(self) -> Option<u64> {
        match self {
            Counter::Number(number) | Counter::Quoted(number) => Some(number),
            Counter::Absent | Counter::Odd => None,
        }
    }
}

/// A page of a list of users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its users, in order.
    pub users: Vec<AppUser>,
    /// `totalResults`.
    pub total: Counter,
    /// `startIndex`.
    pub start_index: Counter,
    /// `itemsPerPage`.
    pub items_per_page: Counter,
}

/// What is read of each user of a page besides what an import looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accounts {
    /// Nothing.
    #[default]
    PassedOver,
    /// The account as a whole.
    Kept,
}

/// Reads a page; `attribute` names the one that is matched besides the usual fields.
///
/// # Errors
/// What is there instead of a list, in a few words.
pub fn read_page(body: &[u8], attribute: Option<&str>, accounts: Accounts) -> Result<Page, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err("an empty body".to_owned());
    }
    let mut list: Value = serde_json::from_slice(body).map_err(|error| format!("what is no list: {error}"))?;
    if !list.is_object() {
        return Err("JSON that is no object".to_owned());
    }
    let counter_of = |names| counter(either(&list, names));
    let (total, start_index) = (counter_of(["totalResults", "totalresults"]), counter_of(["startIndex", "startindex"]));
    let items_per_page = counter_of(["itemsPerPage", "itemsperpage"]);
    let name = if list.get("Resources").is_some() { "Resources" } else { "resources" };
    let resources = match list.get_mut(name).map(Value::take) {
        Some(Value::Array(resources)) => resources,
        None | Some(Value::Null) if total != Counter::Absent => Vec::new(),
        None | Some(Value::Null) => return Err("an object that is no list".to_owned()),
        Some(_) => return Err("a list whose Resources is no array".to_owned()),
    };
    let user = |resource: Value| AppUser {
        attribute: attribute.and_then(|name| find_attribute(&resource, name)).unwrap_or_default(),
        account: (accounts == Accounts::Kept).then(|| Box::new(resource.clone())),
        ..app_user(&resource)
    };
    Ok(Page { users: resources.into_iter().map(user).collect(), total, start_index, items_per_page })
}

/// The member that has one of two spellings.
fn either<'v>(of: &'v Value, names: [&str; 2]) -> Option<&'v Value> {
    names.iter().find_map(|name| of.get(name)).filter(|value| !value.is_null())
}

/// The value of an attribute of the resource itself or of one of its extensions.
fn find_attribute(resource: &Value, name: &str) -> Option<String> {
    let fields = resource.as_object()?;
    let is = |written: &String| written.eq_ignore_ascii_case(name);
    let own = fields.iter().find(|(written, _)| is(written)).and_then(|(_, value)| scalar(value));
    let extensions = fields.iter().filter(|(urn, _)| urn.contains(':')).filter_map(|(_, value)| value.as_object());
    own.or_else(|| {
        let mut inner = extensions.flatten();
        inner.find(|(written, _)| is(written)).and_then(|(_, value)| scalar(value))
    })
}

fn counter(value: Option<&Value>) -> Counter {
    match value {
        None => Counter::Absent,
        Some(Value::String(text)) => text.trim().parse().map_or(Counter::Odd, Counter::Quoted),
        Some(value) => value.as_u64().map_or(Counter::Odd, Counter::Number),
    }
}

fn app_user(resource: &Value) -> AppUser {
    let of_name = |part: &str| text(resource.get("name").and_then(|name| name.get(part)));
    let emails = || items(resource.get("emails").unwrap_or(&Value::Null)).filter(|email| email.is_object());
    let primary = emails().find(|email| email.get("primary") == Some(&Value::Bool(true)));
    let email = primary.or_else(|| emails().next()).and_then(|email| email.get("value"));
    AppUser {
        id: text(resource.get("id")),
        user_name: text(resource.get("userName")),
        given_name: of_name("givenName"),
        family_name: of_name("familyName"),
        email: text(email),
        attribute: String::new(),
        active: match resource.get("active") {
            Some(Value::Bool(true)) => Active::Yes,
            Some(Value::Bool(false)) => Active::No,
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Active::No,
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Active::Yes,
            _ => Active::Unsaid,
        },
        account: None,
    }
}

/// A text, or a whole number as text.
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.as_u64().map(|number| number.to_string()).unwrap_or_default(),
        None => String::new(),
    }
}

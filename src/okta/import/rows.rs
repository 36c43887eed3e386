//! The rows that are matched: users of Okta as an export gives them, and users of the application as a page lists them.
//!
//! **Invariant:** nothing is dropped silently. A row that cannot be used becomes a mistake with its line, and a field of
//! another type than expected is as good as absent.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Read};
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::Value;

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

/// Reads a page as [`read_page`] does, and keeps each account as a whole, too.
///
/// # Errors
/// What is there instead of a list, in a few words.
pub fn read_whole_page(body: &[u8], attribute: Option<&str>) -> Result<Page, String> {
    let mut page = read_page(body, attribute)?;
    let whole: Value = serde_json::from_slice(body).map_err(|error| format!("what is no list: {error}"))?;
    let resources = whole.get("Resources").or_else(|| whole.get("resources")).and_then(Value::as_array);
    for (user, account) in page.users.iter_mut().zip(resources.into_iter().flatten()) {
        user.account = Some(Box::new(account.clone()));
    }
    Ok(page)
}

/// Reads a page; `attribute` names the one that is matched besides the usual fields.
///
/// # Errors
/// What is there instead of a list, in a few words.
pub fn read_page(body: &[u8], attribute: Option<&str>) -> Result<Page, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err("an empty body".to_owned());
    }
    let list: Object<List> = serde_json::from_slice(body).map_err(|error| format!("what is no list: {error}"))?;
    let Some(list) = list.0 else { return Err("JSON that is no object".to_owned()) };
    let total = counter(list.total);
    let resources = match list.resources {
        Some(Array::Elements(resources)) => resources,
        None if total != Counter::Absent => Vec::new(),
        None => return Err("an object that is no list".to_owned()),
        Some(Array::Other) => return Err("a list whose Resources is no array".to_owned()),
    };
    let mut users: Vec<AppUser> = resources.into_iter().map(|resource| app_user(resource.0)).collect();
    if let Some(attribute) = attribute {
        // Read once more, so that those who do not ask for it do not pay for it.
        let whole: Value = serde_json::from_slice(body).map_err(|error| format!("what is no list: {error}"))?;
        let resources = whole.get("Resources").or_else(|| whole.get("resources")).and_then(Value::as_array);
        for (user, resource) in users.iter_mut().zip(resources.into_iter().flatten()) {
            user.attribute = find_attribute(resource, attribute).unwrap_or_default();
        }
    }
    Ok(Page { users, total, start_index: counter(list.start_index), items_per_page: counter(list.items_per_page) })
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

fn counter(scalar: Option<Scalar>) -> Counter {
    match scalar {
        None => Counter::Absent,
        Some(Scalar::Number(number)) => Counter::Number(number),
        Some(Scalar::Text(text)) => text.trim().parse().map_or(Counter::Odd, Counter::Quoted),
        Some(Scalar::Bool(_) | Scalar::Other) => Counter::Odd,
    }
}

fn app_user(resource: Option<Resource>) -> AppUser {
    let Some(resource) = resource else { return AppUser::default() };
    let name = resource.name.and_then(|name| name.0).unwrap_or_default();
    let emails = match resource.emails {
        Some(Array::Elements(emails)) => emails,
        _ => Vec::new(),
    };
    let mut emails: Vec<Email> = emails.into_iter().filter_map(|email| email.0).collect();
    let primary = emails.iter().position(|email| matches!(email.primary, Some(Scalar::Bool(true)))).unwrap_or(0);
    let email = if emails.is_empty() { None } else { emails.swap_remove(primary).value };
    AppUser {
        id: text(resource.id),
        user_name: text(resource.user_name),
        given_name: text(name.given_name),
        family_name: text(name.family_name),
        email: text(email),
        attribute: String::new(),
        active: match resource.active {
            Some(Scalar::Bool(true)) => Active::Yes,
            Some(Scalar::Bool(false)) => Active::No,
            Some(Scalar::Text(text)) if text.eq_ignore_ascii_case("false") => Active::No,
            Some(Scalar::Text(text)) if text.eq_ignore_ascii_case("true") => Active::Yes,
            _ => Active::Unsaid,
        },
        account: None,
    }
}

fn text(scalar: Option<Scalar>) -> String {
    match scalar {
        Some(Scalar::Text(text)) => text,
        Some(Scalar::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct List {
    #[serde(rename = "totalResults", alias = "totalresults")]
    total: Option<Scalar>,
    #[serde(rename = "startIndex", alias = "startindex")]
    start_index: Option<Scalar>,
    #[serde(rename = "itemsPerPage", alias = "itemsperpage")]
    items_per_page: Option<Scalar>,
    #[serde(rename = "Resources", alias = "resources")]
    resources: Option<Array<Object<Resource>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Resource {
    id: Option<Scalar>,
    user_name: Option<Scalar>,
    name: Option<Object<Name>>,
    emails: Option<Array<Object<Email>>>,
    active: Option<Scalar>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Name {
    given_name: Option<Scalar>,
    family_name: Option<Scalar>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Email {
    value: Option<Scalar>,
    primary: Option<Scalar>,
}

/// A scalar, or anything else, which is passed over.
enum Scalar {
    Text(String),
    Bool(bool),
    Number(u64),
    Other,
}

/// An object, or anything else, which is passed over.
struct Object<T>(Option<T>);

/// An array, or anything else, which is passed over.
enum Array<T> {
    Elements(Vec<T>),
    Other,
}

/// Passes over what a visitor has no use for, so that one odd field does not spoil a page.
macro_rules! pass_over {
    ($other:expr; $($kind:ident)*) => {
        $(pass_over!(@one $kind, $other);)*
    };
    (@one scalar, $other:expr) => {
        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok($other)
        }
    };
    (@one odd, $other:expr) => {
        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($other)
        }
    };
    (@one unit, $other:expr) => {
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok($other)
        }
    };
    (@one seq, $other:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok($other)
        }
    };
    (@one map, $other:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($other)
        }
    };
}

struct Lenient<T>(PhantomData<T>);

impl<'de> Visitor<'de> for Lenient<Scalar> {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(value))
    }

    pass_over!(Scalar::Other; odd unit seq map);
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Lenient<Object<T>> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|inner| Object(Some(inner)))
    }

    pass_over!(Object(None); scalar odd unit seq);
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Lenient<Array<T>> {
    type Value = Array<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Array<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Array::Elements)
    }

    pass_over!(Array::Other; scalar odd unit map);
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Lenient::<Scalar>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Lenient::<Object<T>>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Array<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Lenient::<Array<T>>(PhantomData))
    }
}

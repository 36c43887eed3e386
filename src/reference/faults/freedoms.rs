//! What a right server may do otherwise. None of it is a fault: the RFCs and Okta leave the choice, and a suite that complains
//! of it is wrong itself.

use std::fmt::Write;

use axum::http::{Method, header};
use chrono::{DateTime, FixedOffset};
use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Body};
use super::super::call::{Call, Endpoint};
use super::super::problem::Problem;
use super::super::query::SMALL_PAGE;
use super::super::quirk::{Quirk, Quirks};
use super::super::row::{Document, uuid};
use super::super::schema::{Attribute, ENTERPRISE_USER, Kind, Returned};
use super::asked::{has_path, is_pathless, kind_of, operations, parameter};

/// The extension of a server's own that no client writes.
const VENDOR_USER: &str = "urn:example:params:scim:schemas:extension:directory:2.0:User";

/// What new users are where nobody says it.
const DEFAULTS: [(&str, &str); 3] =
    [("userType", "Employee"), ("preferredLanguage", "en-GB"), ("timezone", "Europe/Oslo")];

/// What a 401 asks for where a console is beside SCIM; `error` is RFC 6750's.
const CHALLENGES: &str = "Basic realm=\"console\", charset=\"UTF-8\", Bearer realm=\"SCIM\", error=\"invalid_token\"";

/// The seconds by which the clock of a server in Athens is ahead.
const OFFSET: i32 = 2 * 60 * 60;

/// Why the server does not do what it need not offer.
pub(super) fn refuse(quirks: &Quirks, call: &Call) -> Option<Problem> {
    let is_hidden = match &call.endpoint {
        Endpoint::Collection(kind) | Endpoint::Item(kind, _) => hides(quirks, kind.name()),
        Endpoint::ResourceType(id) | Endpoint::Schema(id) => hides(quirks, id),
        _ => false,
    };
    let is_undescribed = matches!(call.endpoint, Endpoint::Schemas | Endpoint::Schema(_))
        && (quirks.has(Quirk::SchemasAbsent) || quirks.has(Quirk::PhoneNumbersUnmentioned));
    if is_hidden || is_undescribed {
        return Some(Problem::not_found("what is asked for"));
    }
    if call.method == Method::PATCH && quirks.has(Quirk::PatchAbsent) {
        return Some(Problem::new(501, "there is no PATCH here"));
    }
    let kind = kind_of(call)?;
    if let (true, Some(filter)) = (quirks.has(Quirk::OtherFiltersRefused), parameter(call, "filter")) {
        let name = if kind == Kind::User { "userName" } else { "displayName" };
        let mut words = filter.splitn(3, ' ');
        let is_it = |word: Option<&str>, known: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(known));
        let known = is_it(words.next(), name)
            && is_it(words.next(), "eq")
            && serde_json::from_str::<String>(words.next().unwrap_or_default()).is_ok();
        if !known {
            return Some(Problem::bad("invalidFilter", format!("filters are {name} eq, and nothing else")));
        }
    }
    let names = |operation: &Value| {
        let value = operation.get("value").filter(|_| is_pathless(operation));
        has_path(operation, "displayName") || value.is_some_and(|value| value.get("displayName").is_some())
    };
    let computed = quirks.has(Quirk::DisplayNamesComputed) && kind == Kind::User && call.method == Method::PATCH;
    (computed && operations(&call.body).any(names))
        .then(|| Problem::bad("mutability", "displayName is computed from the name"))
}

/// Whether the server has none of what goes by that name: a resource type or the schema of one, or an extension.
fn hides(quirks: &Quirks, id: &str) -> bool {
    let is_of = |kind: Kind| id == kind.name() || id == kind.schema().id;
    (quirks.has(Quirk::EnterpriseAbsent) && id == ENTERPRISE_USER.id)
        || (quirks.has(Quirk::GroupsAbsent) && is_of(Kind::Group))
        || (quirks.has(Quirk::GrantsAbsent) && (is_of(Kind::Role) || is_of(Kind::Entitlement)))
}

/// Takes from a list of what the server has what it hides.
fn hide(quirks: &Quirks, list: &mut Map<String, Value>) {
    if let Some(Value::Array(resources)) = list.get_mut("Resources") {
        resources.retain(|one| !one["id"].as_str().is_some_and(|id| hides(quirks, id)));
        let listed = resources.len();
        list.insert("totalResults".to_owned(), json!(listed));
        list.insert("itemsPerPage".to_owned(), json!(listed));
    }
}

/// Takes from a request what the server need not heed.
pub(super) fn overlook(quirks: &Quirks, call: &mut Call) {
    if quirks.has(Quirk::SortAndEtagsUnsupported) {
        call.parameters.retain(|(name, _)| name != "sortBy" && name != "sortOrder");
        call.headers.remove(header::IF_MATCH);
        call.headers.remove(header::IF_NONE_MATCH);
    }
}

/// The id of a new resource, where it has another form than usual; `number` is one that no other has, and so is `fresh`.
pub(crate) fn id(quirks: &Quirks, number: i64, fresh: impl FnOnce() -> String) -> Option<String> {
    if quirks.has(Quirk::IdsOfDigits) {
        return Some(number.to_string());
    }
    if quirks.has(Quirk::IdsInCapitals) {
        return Some(fresh().to_uppercase());
    }
    quirks.has(Quirk::IdsWithPunctuation).then(|| format!("user:{}+==", fresh().replace('-', "")))
}

/// Brings what is stored of a user into the server's own form.
pub(crate) fn settle(quirks: &Quirks, kind: Kind, document: &mut Document) {
    if quirks.is_empty() || kind != Kind::User {
        return;
    }
    if quirks.has(Quirk::EmailDomainsInLowerCase) {
        each_value(document, "emails", |address| match address.rsplit_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
            None => address.to_owned(),
        });
    }
    if quirks.has(Quirk::EmailsInLowerCase) {
        each_value(document, "emails", str::to_lowercase);
    }
    if quirks.has(Quirk::PhoneNumbersAsUris) {
        each_value(document, "phoneNumbers", as_uri);
    }
    let parts = ["givenName", "familyName"].into_iter().filter_map(|part| document.get("name")?.get(part)?.as_str());
    let whole = parts.collect::<Vec<_>>().join(" ").trim().to_owned();
    if quirks.has(Quirk::DisplayNamesComputed) {
        document.shift_remove("displayName");
        if !whole.is_empty() {
            document.insert("displayName".to_owned(), Value::String(whole.clone()));
        }
    }
    if let (true, Some(Value::Object(name))) = (quirks.has(Quirk::FormattedNamesComputed), document.get_mut("name")) {
        name.shift_remove("formatted");
        if !whole.is_empty() {
            name.insert("formatted".to_owned(), Value::String(whole));
        }
    }
    if quirks.has(Quirk::DefaultsAssigned) {
        for (name, value) in DEFAULTS {
            document.entry(name).or_insert_with(|| json!(value));
        }
    }
}

fn each_value(document: &mut Document, attribute: &str, change: impl Fn(&str) -> String) {
    let values = document.get_mut(attribute).and_then(Value::as_array_mut).into_iter().flatten();
    for value in values.filter_map(|value| value.get_mut("value")) {
        if let Some(text) = value.as_str() {
            *value = Value::String(change(text));
        }
    }
}

/// A phone number as RFC 3966 has it; what is no number of digits stays as it is.
fn as_uri(number: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit() || "+-. ()".contains(c);
    if !number.chars().all(is_part) || !number.contains(|c: char| c.is_ascii_digit()) {
        return number.to_owned();
    }
    let groups: Vec<&str> = number.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    match number.starts_with('+') {
        true => format!("tel:+{}", groups.join("-")),
        false => format!("tel:{};phone-context=+1", groups.join("-")),
    }
}

/// Edits the answer to a request that was understood.
pub(super) fn edit(quirks: &Quirks, base_url: &str, call: &Call, answer: &mut Answer) {
    let described = Endpoint::Schema(VENDOR_USER.to_owned());
    if call.endpoint == described && answer.status == 404 && quirks.has(Quirk::VendorExtensionShown) {
        *answer = Answer::json(200, vendor_schema(base_url));
    }
    if answer.status >= 300 {
        return;
    }
    if call.method == Method::PATCH && kind_of(call) == Some(Kind::Group) && quirks.has(Quirk::GroupPatchAnswers204) {
        answer.status = 204;
        answer.body = Body::Empty;
    }
    edit_headers(quirks, base_url, call, answer);
    let Body::Json(Value::Object(body)) = &mut answer.body else {
        return;
    };
    describe(quirks, base_url, call, body);
    let Some(kind) = kind_of(call) else {
        return;
    };
    match body.get_mut("Resources") {
        Some(Value::Array(resources)) => {
            let resources = resources.iter_mut().filter_map(Value::as_object_mut);
            resources.for_each(|shown| edit_one(quirks, base_url, kind, call, shown));
        }
        _ if call.method == Method::GET && call.endpoint == Endpoint::Collection(kind) => {}
        _ => edit_one(quirks, base_url, kind, call, body),
    }
}

fn edit_headers(quirks: &Quirks, base_url: &str, call: &Call, answer: &mut Answer) {
    if quirks.has(Quirk::SortAndEtagsUnsupported) {
        answer.unset("etag");
    }
    let value = |answer: &Answer, name: &str| {
        let found = answer.headers.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| value.clone())
    };
    if let (true, Some(tag)) = (quirks.has(Quirk::EtagsStrong), value(answer, "etag")) {
        answer.set("etag", tag.trim_start_matches("W/"));
    }
    if let Some(location) = value(answer, "location") {
        if quirks.has(Quirk::LocationsEndInSlash) {
            answer.set("location", format!("{location}/"));
        }
        if quirks.has(Quirk::SchemeInCapitals) {
            answer.set("location", in_capitals(&location));
        }
        if quirks.has(Quirk::LocationRelative) {
            let path = base_url.splitn(4, '/').nth(3).unwrap_or_default();
            let below = location.strip_prefix(base_url).unwrap_or_default();
            answer.set("location", format!("/{path}{below}"));
        }
    }
    if call.method == Method::GET
        && matches!(call.endpoint, Endpoint::Item(..))
        && quirks.has(Quirk::ContentLocationGiven)
        && let Body::Json(shown) = &answer.body
        && let Some(location) = shown["meta"]["location"].as_str()
    {
        let location = location.to_owned();
        answer.set("content-location", location);
    }
}

/// A URI with its scheme in capitals.
fn in_capitals(uri: &str) -> String {
    match uri.split_once(':') {
        Some((scheme, rest)) => format!("{}:{rest}", scheme.to_uppercase()),
        None => uri.to_owned(),
    }
}

/// Edits what the server says of itself.
fn describe(quirks: &Quirks, base_url: &str, call: &Call, body: &mut Map<String, Value>) {
    match &call.endpoint {
        Endpoint::ServiceProviderConfig => {
            if quirks.has(Quirk::ConfigWithMore) {
                body.extend(more_config());
            }
            if quirks.has(Quirk::SortAndEtagsUnsupported) {
                body.insert("sort".to_owned(), json!({"supported": false}));
                body.insert("etag".to_owned(), json!({"supported": false}));
            }
            if quirks.has(Quirk::PatchAbsent) {
                body.insert("patch".to_owned(), json!({"supported": false}));
            }
            if quirks.has(Quirk::PagesOf100) {
                body.insert("filter".to_owned(), json!({"supported": true, "maxResults": SMALL_PAGE}));
            }
        }
        Endpoint::ResourceType(_) => extend_type(quirks, body),
        Endpoint::ResourceTypes => {
            hide(quirks, body);
            let types = body.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten();
            types.filter_map(Value::as_object_mut).for_each(|one| extend_type(quirks, one));
        }
        Endpoint::Schemas => {
            let Some(Value::Array(schemas)) = body.get_mut("Resources") else {
                return;
            };
            if quirks.has(Quirk::VendorExtensionShown) {
                schemas.push(vendor_schema(base_url));
            }
            schemas.iter_mut().for_each(|schema| mark_computed(quirks, schema));
            hide(quirks, body);
        }
        Endpoint::Schema(_) => {
            let mut schema = Value::Object(std::mem::take(body));
            mark_computed(quirks, &mut schema);
            if let Value::Object(marked) = schema {
                *body = marked;
            }
        }
        _ => {}
    }
}

fn more_config() -> Map<String, Value> {
    let more = json!({
        "documentationUri": "https://docs.example.com/scim",
        "pagination": {
            "cursor": false,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": 100,
            "maxPageSize": 1000,
        },
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0, "reason": "not yet"},
        "authenticationSchemes": [
            {"type": "httpbasic", "name": "Basic", "description": "For the console"},
            {"type": "oauthbearertoken", "name": "Bearer token", "description": "A fixed token", "primary": true},
        ],
        "rateLimit": {"requests": 600, "seconds": 60},
        "urn:example:params:scim:schemas:extension:limits:2.0:ServiceProviderConfig": {"maxMembers": 10_000},
    });
    match more {
        Value::Object(more) => more,
        _ => Map::new(),
    }
}

/// Takes extensions from, or adds them to, what is said of users.
fn extend_type(quirks: &Quirks, shown: &mut Map<String, Value>) {
    if shown.get("id").and_then(Value::as_str) != Some(Kind::User.name()) {
        return;
    }
    let Some(Value::Array(extensions)) = shown.get_mut("schemaExtensions") else {
        return;
    };
    if quirks.has(Quirk::EnterpriseAbsent) {
        extensions.retain(|extension| extension["schema"] != ENTERPRISE_USER.id);
    }
    if quirks.has(Quirk::VendorExtensionShown) {
        extensions.push(json!({"schema": VENDOR_USER, "required": false}));
    }
}

fn vendor_schema(base_url: &str) -> Value {
    let read_only = |name: &str, kind: &str, multi: bool| {
        json!({
            "name": name,
            "type": kind,
            "multiValued": multi,
            "description": "Kept by the server.",
            "required": false,
            "caseExact": false,
            "mutability": "readOnly",
            "returned": "default",
            "uniqueness": "none",
        })
    };
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": VENDOR_USER,
        "name": "Directory",
        "description": "What the directory knows of an account.",
        "attributes": [
            read_only("lastLogin", "dateTime", false),
            read_only("seats", "integer", false),
            read_only("sites", "string", true),
        ],
        "meta": {"resourceType": "Schema", "location": format!("{base_url}/Schemas/{VENDOR_USER}")},
    })
}

/// What a server does not describe that does without it: an attribute, in the core schema or the enterprise extension.
const UNDESCRIBED: [(Quirk, &str); 7] = [
    (Quirk::DisplayNameDropped, "displayName"),
    (Quirk::LocaleDropped, "locale"),
    (Quirk::TitleDropped, "title"),
    (Quirk::PhoneNumbersDropped, "phoneNumbers"),
    (Quirk::AddressesDropped, "addresses"),
    (Quirk::DepartmentDropped, "department"),
    (Quirk::ManagerDropped, "manager"),
];

/// Describes as read-only what the server computes, and does not describe what it does not have.
fn mark_computed(quirks: &Quirks, schema: &mut Value) {
    let is_of_users = schema["id"] == Kind::User.schema().id;
    if let (true, Some(attributes)) =
        (is_of_users || schema["id"] == ENTERPRISE_USER.id, schema["attributes"].as_array_mut())
    {
        let is_without = |attribute: &Value| {
            UNDESCRIBED.iter().any(|(quirk, name)| quirks.has(*quirk) && attribute["name"] == *name)
        };
        attributes.retain(|attribute| !is_without(attribute));
    }
    if !is_of_users {
        return;
    }
    for attribute in schema["attributes"].as_array_mut().into_iter().flatten() {
        if attribute["name"] == "displayName" && quirks.has(Quirk::DisplayNamesComputed) {
            attribute["mutability"] = json!("readOnly");
        }
        for (name, mutability) in [("title", "readOnly"), ("userType", "immutable")] {
            if attribute["name"] == name && quirks.has(Quirk::AttributesFixed) {
                attribute["mutability"] = json!(mutability);
            }
        }
        if attribute["name"] == "name" && quirks.has(Quirk::FormattedNamesComputed) {
            let parts = attribute["subAttributes"].as_array_mut().into_iter().flatten();
            parts.filter(|part| part["name"] == "formatted").for_each(|part| part["mutability"] = json!("readOnly"));
        }
    }
}

fn edit_one(quirks: &Quirks, base_url: &str, kind: Kind, call: &Call, shown: &mut Map<String, Value>) {
    let whole = parameter(call, "attributes").is_none() && parameter(call, "excludedAttributes").is_none();
    if kind == Kind::User {
        edit_extensions(quirks, whole, shown);
        add_parts(quirks, shown);
    }
    if whole {
        fill(quirks, kind, shown);
    }
    edit_members(quirks, kind, shown);
    edit_meta(quirks, shown);
    if quirks.has(Quirk::ReferencesRelative) || quirks.has(Quirk::SchemeInCapitals) {
        shown.values_mut().for_each(|value| edit_references(quirks, base_url, value));
    }
    if quirks.has(Quirk::ValuesInReverseOrder) {
        for (_, value) in shown.iter_mut().filter(|(name, _)| *name != "schemas") {
            value.as_array_mut().into_iter().for_each(|values| values.reverse());
        }
    }
    if let (true, Some(Value::Array(schemas))) = (quirks.has(Quirk::CoreSchemaLast), shown.get_mut("schemas")) {
        schemas.reverse();
    }
}

fn edit_extensions(quirks: &Quirks, whole: bool, shown: &mut Map<String, Value>) {
    if quirks.has(Quirk::EnterpriseAbsent) {
        shown.shift_remove(ENTERPRISE_USER.id);
        if let Some(Value::Array(schemas)) = shown.get_mut("schemas") {
            schemas.retain(|schema| schema != ENTERPRISE_USER.id);
        }
    }
    if whole && quirks.has(Quirk::VendorExtensionShown) {
        let own = json!({"lastLogin": "2026-01-01T00:00:00Z", "seats": 2, "sites": ["Oslo", "Athens"]});
        shown.insert(VENDOR_USER.to_owned(), own);
        if let Some(Value::Array(schemas)) = shown.get_mut("schemas") {
            schemas.push(json!(VENDOR_USER));
        }
    }
}

/// Adds to values what the RFC defines for each of them.
fn add_parts(quirks: &Quirks, shown: &mut Map<String, Value>) {
    for (name, value) in shown.iter_mut() {
        for value in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            let has_primary = matches!(name.as_str(), "emails" | "phoneNumbers" | "addresses");
            if has_primary && quirks.has(Quirk::FalsePrimaryShown) {
                value.entry("primary").or_insert(json!(false));
            }
            if !quirks.has(Quirk::ValuesDisplayed) {
                continue;
            }
            let text = |part: &str| value.get(part).and_then(Value::as_str).map(str::to_owned);
            match name.as_str() {
                "emails" | "phoneNumbers" => {
                    let told = [text("value"), text("type").map(|kind| format!("({kind})"))];
                    let display = told.into_iter().flatten().collect::<Vec<_>>().join(" ");
                    value.entry("display").or_insert(Value::String(display));
                }
                "addresses" => {
                    let lines = ["streetAddress", "locality", "region", "postalCode", "country"].map(text);
                    let formatted = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
                    value.entry("formatted").or_insert(Value::String(formatted));
                }
                _ => {}
            }
        }
    }
}

/// Shows what is unassigned.
fn fill(quirks: &Quirks, kind: Kind, shown: &mut Map<String, Value>) {
    let is_told = |attribute: &&Attribute| attribute.returned != Returned::Never;
    for attribute in kind.schema().attributes.iter().filter(is_told) {
        if attribute.multi && quirks.has(Quirk::UnassignedAsEmptyLists) {
            shown.entry(attribute.name).or_insert_with(|| json!([]));
        }
        if quirks.has(Quirk::UnassignedAsNull) {
            shown.entry(attribute.name).or_insert(Value::Null);
        }
    }
    if let (true, Some(Value::Object(name))) = (quirks.has(Quirk::UnassignedAsNull), shown.get_mut("name")) {
        for part in ["formatted", "middleName", "honorificPrefix", "honorificSuffix"] {
            name.entry(part).or_insert(Value::Null);
        }
    }
}

fn edit_members(quirks: &Quirks, kind: Kind, shown: &mut Map<String, Value>) {
    let listed = if kind == Kind::Group { "members" } else { "groups" };
    let Some(Value::Array(values)) = shown.get_mut(listed) else {
        return;
    };
    if quirks.has(Quirk::MembersAsIds) {
        values.iter_mut().filter_map(Value::as_object_mut).for_each(|one| one.retain(|part, _| part == "value"));
    }
    if values.is_empty() && kind == Kind::Group && quirks.has(Quirk::EmptyMembersAbsent) {
        shown.shift_remove(listed);
    }
}

fn edit_meta(quirks: &Quirks, shown: &mut Map<String, Value>) {
    let Some(Value::Object(meta)) = shown.get_mut("meta") else {
        return;
    };
    if quirks.has(Quirk::SortAndEtagsUnsupported) {
        meta.shift_remove("version");
    }
    if quirks.has(Quirk::MetaBrief) {
        ["created", "lastModified", "version"].iter().for_each(|name| drop(meta.shift_remove(*name)));
    }
    if let (true, Some(Value::String(location))) = (quirks.has(Quirk::LocationsEndInSlash), meta.get_mut("location")) {
        location.push('/');
    }
    if let (true, Some(Value::String(version))) = (quirks.has(Quirk::EtagsStrong), meta.get_mut("version")) {
        *version = version.trim_start_matches("W/").to_owned();
    }
    if let (true, Some(Value::String(location))) = (quirks.has(Quirk::SchemeInCapitals), meta.get_mut("location")) {
        *location = in_capitals(location);
    }
    if let (true, Some(zone)) = (quirks.has(Quirk::DatesWithOffsets), FixedOffset::east_opt(OFFSET)) {
        for name in ["created", "lastModified"] {
            let time = meta.get(name).and_then(Value::as_str);
            if let Some(time) = time.and_then(|time| DateTime::parse_from_rfc3339(time).ok()) {
                let local = time.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S%.6f%:z");
                meta.insert(name.to_owned(), Value::String(local.to_string()));
            }
        }
    }
}

/// Rewrites `$ref`, in whatever depth.
fn edit_references(quirks: &Quirks, base_url: &str, value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| edit_references(quirks, base_url, value)),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(uri) if name == "$ref" => {
                        let below = uri.strip_prefix(base_url).and_then(|below| below.strip_prefix('/'));
                        *uri = match below.filter(|_| quirks.has(Quirk::ReferencesRelative)) {
                            Some(below) => below.to_owned(),
                            None => in_capitals(uri),
                        };
                    }
                    value => edit_references(quirks, base_url, value),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether the client has asked for the plain label.
fn is_plain(answer: &Answer) -> bool {
    answer.headers.iter().any(|(name, value)| *name == "content-type" && value == "application/json")
}

/// Edits any answer, whether its request was understood or not.
pub(crate) fn edit_any(quirks: &Quirks, number: u64, answer: &mut Answer) {
    if quirks.has(Quirk::ConnectionClosed) {
        answer.set("connection", "close");
    }
    if quirks.has(Quirk::CookiesSet) {
        answer.set("set-cookie", "machine=2; Path=/; HttpOnly; SameSite=Lax");
    }
    if answer.status == 401 && quirks.has(Quirk::ChallengesSeveral) {
        answer.set("www-authenticate", CHALLENGES);
    }
    if quirks.has(Quirk::MediaTypeInCapitals) && answer.body != Body::Empty {
        let label = if is_plain(answer) { "Application/JSON" } else { "Application/SCIM+JSON" };
        answer.set("content-type", format!("{label}; Charset=\"UTF-8\""));
    }
    if quirks.has(Quirk::EmptyAnswersLabelled) && answer.body == Body::Empty {
        answer.set("content-type", "application/scim+json");
    }
    if quirks.has(Quirk::MediaTypeWithCharset) && answer.body != Body::Empty {
        let label = if is_plain(answer) { "application/json" } else { "application/scim+json" };
        answer.set("content-type", format!("{label};charset=utf-8"));
    }
    let Body::Json(body) = &mut answer.body else {
        return;
    };
    if let (true, Value::Object(error)) = (answer.status >= 400, &mut *body) {
        if answer.status == 400 && quirks.has(Quirk::ErrorTypesAbsent) {
            error.shift_remove("scimType");
        }
        if quirks.has(Quirk::ErrorsWithMore) {
            error.insert("timestamp".to_owned(), json!("2026-01-01T00:00:00Z"));
            error.insert("requestId".to_owned(), json!(uuid(number.into())));
            if answer.status == 401 {
                error.insert("error".to_owned(), json!("invalid_token"));
            }
            error.insert("links".to_owned(), json!([{"rel": "help", "href": "https://docs.example.com/scim/errors"}]));
        }
    }
    if quirks.has(Quirk::AttributesInReverseOrder) {
        reverse(body);
    }
}

fn reverse(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(reverse),
        Value::Object(members) => {
            members.values_mut().for_each(reverse);
            *members = std::mem::take(members).into_iter().rev().collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A value as text.
pub(crate) fn written(quirks: &Quirks, value: &Value) -> String {
    let text = match quirks.has(Quirk::BodiesIndented) {
        true => format!("{value:#}\n"),
        false => value.to_string(),
    };
    match quirks.has(Quirk::TextsEscaped) {
        true => escaped(&text),
        false => text,
    }
}

/// JSON with everything escaped in its texts that PHP escapes.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '/' => text.push_str("\\/"),
            c if c.is_ascii() => text.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing into a text cannot fail.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text
}

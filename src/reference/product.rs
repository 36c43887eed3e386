//! What products do in different ways without being wrong: a server can be told to behave as one of them does.
//!
//! **Invariant:** the default changes nothing.

use axum::http::{HeaderMap, Method, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::answer::{Answer, Body};
use super::call::{Call, Endpoint};
use super::problem::Problem;
use super::row::{Document, Row};
use super::schema::{CUSTOM_USER, ENTERPRISE_USER, Kind};

/// What RFC 7643 calls readOnly, and some products take from the client all the same.
const MANAGER_NAME: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName";

/// How a product behaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Product {
    /// How it wants to be convinced.
    pub credential: Scheme,
    /// What becomes of a user who is deactivated.
    pub deactivation: Deactivation,
    /// What a new user is.
    pub arrival: Arrival,
    /// What can be done with groups.
    pub groups: Groups,
    /// What a group shows.
    pub members: Members,
    /// Whether there are roles and entitlements to read.
    pub entitlements: Offer,
    /// Whether the extension of its own is told of. Where `attributes` names none of its attributes it is not, either.
    pub extension: Offer,
    /// The attributes of users that are stored; `None` for all that the schemas have.
    pub attributes: Option<Vec<Rule>>,
    /// What all user names end in, after `@`.
    pub domain: Option<String>,
    /// The most resources that a page holds.
    pub page_size: Option<usize>,
    /// The media types of requests that are understood; empty for the usual two.
    pub takes: Vec<String>,
    /// The media type of answers, where it is not that of SCIM.
    pub answers: Option<String>,
}

/// How a product wants to be convinced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// By the token after `Bearer`, or by itself.
    #[default]
    Lenient,
    /// By the token after `Bearer` only.
    Bearer,
    /// By a user name, the token being the password.
    Basic(String),
    /// By a header.
    Header {
        /// Its name.
        name: String,
        /// What stands before the token.
        prefix: String,
    },
}

impl Scheme {
    /// The header in which the credential stands.
    fn header(&self) -> &str {
        match self {
            Scheme::Header { name, .. } => name,
            Scheme::Lenient | Scheme::Bearer | Scheme::Basic(_) => header::AUTHORIZATION.as_str(),
        }
    }

    /// What a 401 asks for (RFC 9110 §11.6.1).
    pub(crate) fn challenge(&self) -> &'static str {
        match self {
            Scheme::Basic(_) => "Basic realm=\"SCIM\"",
            Scheme::Lenient | Scheme::Bearer | Scheme::Header { .. } => "Bearer realm=\"SCIM\"",
        }
    }
}

/// What becomes of a user who is deactivated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deactivation {
    /// The account stays.
    #[default]
    Keeps,
    /// Nothing of it is left to see.
    Removes,
}

/// What a new user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrival {
    /// Active at once.
    #[default]
    Active,
    /// Invited, and shown as inactive until the invitation is accepted, which nobody here does.
    Invited,
}

/// What can be done with groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Groups {
    /// There are none.
    None,
    /// They can be read.
    Fixed,
    /// Their members can be changed.
    MembershipOnly,
    /// Everything.
    #[default]
    Full,
}

/// What a group shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Members {
    /// Its members.
    #[default]
    Shown,
    /// An empty list, whoever is in it.
    Hidden,
}

/// Whether something is offered that products can do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offer {
    /// It is.
    #[default]
    Yes,
    /// Nothing is to be seen of it.
    No,
}

/// What a product does with one attribute of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its path: `title`, `name.givenName`, or the URN of an extension, a colon and the name there.
    pub path: String,
    /// For an attribute of several values: the types that are stored; empty when any are.
    pub by_type: Vec<String>,
    /// Whether no user is without it.
    pub required: bool,
    /// Whether it keeps the value it was created with.
    pub immutable: bool,
    /// The values it can have; empty when any will do.
    pub values: Vec<Value>,
}

/// What every product stores of a user, whether anybody says so or not.
const ALWAYS: [&str; 3] = ["userName", "active", "password"];

impl Product {
    /// Whether the request carries one of the credentials that are in force.
    pub(crate) fn admits(&self, headers: &HeaderMap, tokens: &[&str]) -> bool {
        let Some(given) = headers.get(self.credential.header()).and_then(|value| value.to_str().ok()) else {
            return false;
        };
        tokens.iter().any(|token| match &self.credential {
            // By itself, too, since both are sent.
            Scheme::Lenient => {
                let given = given.trim();
                let bare = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
                bare.map_or(given, |(_, token)| token.trim()) == *token
            }
            Scheme::Bearer => given == format!("Bearer {token}"),
            Scheme::Basic(user) => given == format!("Basic {}", BASE64.encode(format!("{user}:{token}"))),
            Scheme::Header { prefix, .. } => given == format!("{prefix}{token}"),
        })
    }

    /// Whether the request carries a credential, in force or not.
    pub(crate) fn is_shown(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(self.credential.header()) || headers.contains_key(header::AUTHORIZATION)
    }

    /// Why a request is out of place with this product.
    pub(crate) fn refuses(&self, call: &Call) -> Option<Problem> {
        match &call.endpoint {
            Endpoint::Collection(Kind::Group) | Endpoint::Item(Kind::Group, _) => {}
            Endpoint::Collection(kind) | Endpoint::Item(kind, _) if self.hides(kind.name()) => {
                return Some(Problem::not_found("the endpoint"));
            }
            Endpoint::ResourceType(id) | Endpoint::Schema(id) if self.hides(id) => return Some(Problem::not_found(id)),
            _ => return None,
        }
        let reads = matches!(call.method, Method::GET | Method::HEAD);
        let changes_members = matches!(call.method, Method::PUT | Method::PATCH);
        match self.groups {
            Groups::Full => None,
            Groups::None => Some(Problem::not_found("the endpoint")),
            Groups::Fixed if reads => None,
            Groups::MembershipOnly if reads || changes_members => None,
            Groups::Fixed | Groups::MembershipOnly => Some(Problem::new(403, "groups are not made here")),
        }
    }

    /// Brings a user into the form that the product stores; `before` is the user as it is so far.
    pub(crate) fn settle(&self, kind: Kind, document: &mut Document, before: Option<&Row>) -> Result<(), Problem> {
        if kind != Kind::User {
            return match before {
                Some(row) if self.groups == Groups::MembershipOnly && row.text("displayName") != text(document) => {
                    Err(Problem::new(403, "groups are not renamed here"))
                }
                _ => Ok(()),
            };
        }
        if !self.extends() {
            document.shift_remove(CUSTOM_USER.id);
        }
        if let Some(rules) = &self.attributes {
            forget(document, rules);
            rules.iter().try_for_each(|rule| rule.demand(document, before))?;
        }
        let name = document.get("userName").and_then(Value::as_str).unwrap_or_default();
        if self
            .domain
            .as_ref()
            .is_some_and(|domain| !name.to_lowercase().ends_with(&format!("@{}", domain.to_lowercase())))
        {
            return Err(Problem::value("userName is not in the domain of the organisation"));
        }
        if before.is_none() && self.arrival == Arrival::Invited {
            document.insert("active".to_owned(), Value::Bool(false));
        }
        Ok(())
    }

    /// Whether a write leaves nothing of the user to see. Who is inactive already is not deactivated by a client that merely
    /// sends back what it read.
    pub(crate) fn removes(&self, call: &Call, before: &Row, after: &Row) -> bool {
        let asks = call.method == Method::PATCH && says_inactive(&call.body);
        let is_off = after.kind == Kind::User && !after.is_active();
        self.deactivation == Deactivation::Removes && is_off && (before.is_active() || asks)
    }

    /// The answer as the product gives it.
    pub(crate) fn edit(&self, call: &Call, answer: &mut Answer) {
        let Body::Json(body) = &mut answer.body else { return };
        if let (Scheme::Basic(_), Endpoint::ServiceProviderConfig) = (&self.credential, &call.endpoint) {
            body["authenticationSchemes"] = json!([{
                "type": "httpbasic",
                "name": "HTTP Basic",
                "description": "A user name and a fixed password in the Authorization header",
                "specUri": "https://www.rfc-editor.org/info/rfc7617",
                "primary": true,
            }]);
        }
        let of_groups = matches!(call.endpoint, Endpoint::Collection(Kind::Group) | Endpoint::Item(Kind::Group, _));
        if self.members == Members::Hidden && of_groups {
            hide_members(body);
            body.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten().for_each(hide_members);
        }
        match (&call.endpoint, body.get_mut("Resources")) {
            (Endpoint::ResourceTypes | Endpoint::Schemas, Some(Value::Array(resources))) => {
                resources.retain(|resource| !["name", "id"].iter().any(|key| self.hides(text_of(&resource[*key]))));
                resources.iter_mut().for_each(|resource| self.hide_extensions(resource));
                if call.endpoint == Endpoint::Schemas {
                    resources.iter_mut().for_each(|schema| self.trim(schema));
                    resources.retain(|schema| schema["attributes"].as_array().is_none_or(|known| !known.is_empty()));
                    resources.extend(self.own_extensions().map(|urn| self.describe(urn)));
                }
                let left = resources.len();
                body["totalResults"] = json!(left);
                body["itemsPerPage"] = json!(left);
            }
            (Endpoint::ResourceType(_), _) => self.hide_extensions(body),
            (Endpoint::Schema(_), _) => self.trim(body),
            _ => {}
        }
    }

    /// Takes over what a body says of extensions that the product alone has.
    pub(crate) fn adopt(&self, kind: Kind, body: &Value, document: &mut Document) {
        let given = body.as_object().into_iter().flatten().filter(|_| kind == Kind::User);
        for (name, value) in given {
            let Some(urn) = self.own_extensions().find(|urn| urn.eq_ignore_ascii_case(name)) else { continue };
            let mut fields = value.as_object().cloned().unwrap_or_default();
            fields.retain(|_, value| !value.is_null());
            document.insert(urn.to_owned(), Value::Object(fields));
        }
        // RFC 7643 §4.3 leaves the manager's name to the server; some products take it from the client.
        let Some(rule) = self.attributes.iter().flatten().find(|rule| rule.path.eq_ignore_ascii_case(MANAGER_NAME))
        else {
            return;
        };
        let name = body.as_object().filter(|_| kind == Kind::User).and_then(|body| find(body, &rule.path));
        if let Some(name) = name.and_then(Value::as_str).filter(|name| !name.is_empty())
            && let Value::Object(extension) =
                document.entry(ENTERPRISE_USER.id).or_insert_with(|| Value::Object(Document::new()))
            && let Value::Object(manager) = extension.entry("manager").or_insert_with(|| Value::Object(Document::new()))
        {
            manager.insert("displayName".to_owned(), json!(name));
        }
    }

    /// The extensions of User that no schema of ours describes, each once.
    fn own_extensions(&self) -> impl Iterator<Item = &str> {
        let rules = self.attributes.as_deref().unwrap_or_default();
        let urn = |rule: &'_ Rule| rule.path.rsplit_once(':').map(|(urn, _)| urn.len());
        let is_known = |urn: &str| Kind::User.extensions().iter().any(|schema| schema.id.eq_ignore_ascii_case(urn));
        let urns = rules.iter().filter_map(move |rule| rule.path.get(..urn(rule)?)).filter(move |urn| !is_known(urn));
        let mut seen = Vec::new();
        urns.filter(move |urn| {
            let is_new = !seen.contains(&urn.to_ascii_lowercase());
            seen.push(urn.to_ascii_lowercase());
            is_new
        })
    }

    /// Such an extension as `/Schemas` has it: texts that can be written.
    fn describe(&self, urn: &str) -> Value {
        let within =
            |rule: &&Rule| rule.path.rsplit_once(':').is_some_and(|(other, _)| other.eq_ignore_ascii_case(urn));
        let attribute = |rule: &Rule| {
            json!({
                "name": rule.path.rsplit(':').next().unwrap_or_default(),
                "type": "string",
                "multiValued": false,
                "description": "An attribute of the product's own",
                "required": rule.required,
                "caseExact": false,
                "mutability": if rule.immutable { "immutable" } else { "readWrite" },
                "returned": "default",
                "uniqueness": "none",
            })
        };
        let attributes: Vec<Value> = self.attributes.iter().flatten().filter(within).map(attribute).collect();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": urn,
            "name": "The product's own",
            "description": "What the product has and the RFCs have not",
            "attributes": attributes,
        })
    }

    /// Leaves of a schema of User what the product stores.
    fn trim(&self, schema: &mut Value) {
        let Some(rules) = &self.attributes else { return };
        let id = text_of(&schema["id"]).to_owned();
        let core = id.eq_ignore_ascii_case(Kind::User.schema().id);
        if !core && !Kind::User.extensions().iter().any(|extension| extension.id.eq_ignore_ascii_case(&id)) {
            return;
        }
        let prefix = if core { String::new() } else { format!("{id}:") };
        let named = |path: &str| rules.iter().any(|rule| rule.path.eq_ignore_ascii_case(path));
        let Some(Value::Array(attributes)) = schema.get_mut("attributes") else { return };
        attributes.retain_mut(|attribute| {
            let path = format!("{prefix}{}", text_of(&attribute["name"]));
            if named(&path) || (core && ALWAYS.contains(&path.as_str())) {
                return true;
            }
            let Some(Value::Array(parts)) = attribute.get_mut("subAttributes") else { return false };
            parts.retain(|part| named(&format!("{path}.{}", text_of(&part["name"]))));
            for part in parts.iter_mut().filter(|part| format!("{path}.{}", text_of(&part["name"])) == MANAGER_NAME) {
                part["mutability"] = json!("readWrite");
            }
            !parts.is_empty()
        });
    }

    /// Whether nothing is to be seen of a resource type or a schema, by its name or URN.
    fn hides(&self, name: &str) -> bool {
        let is = |kind: Kind| name == kind.name() || name.eq_ignore_ascii_case(kind.schema().id);
        (self.groups == Groups::None && is(Kind::Group))
            || (self.entitlements == Offer::No && (is(Kind::Role) || is(Kind::Entitlement)))
            || (!self.extends() && name.eq_ignore_ascii_case(CUSTOM_USER.id))
    }

    /// Whether the extension of its own is told of.
    fn extends(&self) -> bool {
        let within =
            |rule: &Rule| rule.path.rsplit_once(':').is_some_and(|(urn, _)| urn.eq_ignore_ascii_case(CUSTOM_USER.id));
        self.extension == Offer::Yes && self.attributes.as_ref().is_none_or(|rules| rules.iter().any(within))
    }

    fn hide_extensions(&self, resource: &mut Value) {
        let of_users = resource["name"] == Kind::User.name();
        if let Some(Value::Array(extensions)) = resource.get_mut("schemaExtensions") {
            extensions.retain(|extension| !self.hides(text_of(&extension["schema"])));
            if of_users {
                extensions.extend(self.own_extensions().map(|urn| json!({ "schema": urn, "required": false })));
            }
        }
    }

    /// Whether bodies of that media type are understood.
    pub(crate) fn takes(&self, essence: &str) -> bool {
        self.takes.is_empty() || self.takes.iter().any(|taken| taken.eq_ignore_ascii_case(essence))
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn text(document: &Document) -> Option<&str> {
    document.get("displayName").and_then(Value::as_str)
}

fn hide_members(group: &mut Value) {
    if let Some(members) = group.get_mut("members") {
        *members = json!([]);
    }
}

/// Whether a body switches a user off in so many words, with a path or without.
fn says_inactive(body: &Value) -> bool {
    match body {
        Value::Object(members) => {
            members.iter().any(|(name, value)| {
                (name.eq_ignore_ascii_case("active") && value == &Value::Bool(false)) || says_inactive(value)
            }) || (body["path"] == "active" && body["value"] == Value::Bool(false))
        }
        Value::Array(values) => values.iter().any(says_inactive),
        _ => false,
    }
}

/// Drops what no rule names: whole attributes, parts of complex ones, and attributes of extensions.
fn forget(document: &mut Document, rules: &[Rule]) {
    let named = |path: &str| rules.iter().any(|rule| rule.path.eq_ignore_ascii_case(path));
    let below = |path: &str, joint: char| {
        let start = format!("{path}{joint}").to_lowercase();
        rules.iter().any(|rule| rule.path.to_lowercase().starts_with(&start))
    };
    document.retain(|name, value| {
        let types = rules.iter().find(|rule| rule.path.eq_ignore_ascii_case(name)).map(|rule| rule.by_type.as_slice());
        if let (Some(types @ [_, ..]), Value::Array(values)) = (types, &mut *value) {
            values.retain(|value| value["type"].as_str().is_none_or(|kind| types.iter().any(|known| known == kind)));
            return !values.is_empty();
        }
        if ALWAYS.contains(&name.as_str()) || named(name) {
            return true;
        }
        let joint = if name.contains(':') { ':' } else { '.' };
        if !below(name, joint) {
            return false;
        }
        let keep =
            |part: &String| named(&format!("{name}{joint}{part}")) || below(&format!("{name}{joint}{part}"), '.');
        match value {
            Value::Object(parts) => {
                parts.retain(|part, value| {
                    // Of an extension parts of parts are named, too: the manager's name.
                    let path = format!("{name}{joint}{part}");
                    match value {
                        Value::Object(inner) if !named(&path) => {
                            inner.retain(|part, _| named(&format!("{path}.{part}")));
                            !inner.is_empty()
                        }
                        _ => keep(part),
                    }
                });
                !parts.is_empty()
            }
            Value::Array(values) => {
                let ours = ["type", "primary"];
                for value in values.iter_mut().filter_map(Value::as_object_mut) {
                    value.retain(|part, _| ours.contains(&part.as_str()) || keep(part));
                }
                true
            }
            _ => true,
        }
    });
}

impl Rule {
    fn demand(&self, document: &Document, before: Option<&Row>) -> Result<(), Problem> {
        let value = find(document, &self.path);
        let path = &self.path;
        if self.required && value.is_none_or(|value| value == "") {
            return Err(Problem::value(format!("{path} is required")));
        }
        if let Some(value) = value.filter(|_| !self.values.is_empty())
            && !self.values.contains(value)
        {
            return Err(Problem::value(format!("{path} has none of its values")));
        }
        match before {
            Some(row) if self.immutable && values(&row.document, path) != values(document, path) => {
                Err(Problem::bad("mutability", format!("{path} keeps the value it was created with")))
            }
            _ => Ok(()),
        }
    }
}

/// The value at a path; names ignore case.
fn find<'a>(document: &'a Document, path: &str) -> Option<&'a Value> {
    values(document, path).into_iter().next()
}

/// The values at a path, of which there may be several within a list.
fn values<'a>(document: &'a Document, path: &str) -> Vec<&'a Value> {
    let get = |object: &'a Document, name: &str| {
        object.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let (within, rest) = match path.rsplit_once(':') {
        Some((urn, rest)) => (get(document, urn).and_then(Value::as_object), rest),
        None => (Some(document), path),
    };
    let mut objects: Vec<&Document> = within.into_iter().collect();
    let mut parts = rest.split('.').peekable();
    while let Some(part) = parts.next() {
        let found: Vec<&Value> = objects.iter().filter_map(|object| get(object, part)).collect();
        if parts.peek().is_none() {
            return found;
        }
        let within = |value: &'a Value| match value {
            Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
            value => value.as_object().into_iter().collect::<Vec<_>>(),
        };
        objects = found.into_iter().flat_map(within).collect();
    }
    Vec::new()
}

//! What Okta sends to an import hook: the user under the names of both profiles, and what the import would do.

use serde_json::{Map, Value, json};

/// Attributes and their values, as a profile has them.
pub type Profile = Map<String, Value>;

/// The type of the event, which tells this hook from Okta's other ones.
pub const EVENT_TYPE: &str = "com.okta.import.transform";

/// What an import does with a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new Okta user.
    Create,
    /// A link to one who is there.
    Link,
}

impl Action {
    /// Okta's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Create => "CREATE_USER",
            Action::Link => "LINK_USER",
        }
    }

    /// What Okta's word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Action::Create, Action::Link].into_iter().find(|action| action.as_str() == word)
    }
}

/// One user on the way to the hook.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What tells one call from another; a repeat has the same.
    pub id: String,
    /// When it is sent, as Okta writes it.
    pub time: String,
    /// The import that is under way; all its users have the same.
    pub job: String,
    /// What is done unless the hook says otherwise.
    pub action: Action,
    /// The Okta user whom the account would be linked to.
    pub user: Option<String>,
    /// Attributes of the Okta profile whose values somebody else has.
    pub conflicts: Vec<String>,
    /// All Okta users who match.
    pub matches: Vec<String>,
    /// By what users are matched.
    pub policy: Vec<String>,
    /// The account, under the names of the application's profile.
    pub app_profile: Profile,
    /// The Okta profile that the mappings make of it.
    pub user_profile: Profile,
}

impl Event {
    /// The body of the request.
    pub fn body(&self) -> Value {
        let mut user = json!({ "profile": self.user_profile });
        if let (Some(id), Some(user)) = (&self.user, user.as_object_mut()) {
            user.insert("id".to_owned(), Value::from(id.as_str()));
        }
        json!({
            "eventType": EVENT_TYPE,
            "eventTypeVersion": "1.0",
            "cloudEventVersion": "0.1",
            "contentType": "application/json",
            "source": "calScimCheckHook0001",
            "eventId": self.id,
            "eventTime": self.time,
            "data": {
                "context": {
                    "conflicts": self.conflicts,
                    "application": {
                        "name": "scim_check_app",
                        "id": "0oaScimCheckApp00001",
                        "label": "SCIM app under test",
                        "status": "ACTIVE",
                    },
                    "job": { "id": self.job, "type": "import:users" },
                    "matches": self.matches,
                    "policy": self.policy,
                },
                "action": { "result": self.action.as_str() },
                "appUser": { "profile": self.app_profile },
                "user": user,
            },
        })
    }
}

/// How the user name of a new Okta user is made, which Okta's console calls the Okta username format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LoginFormat {
    /// The application's `userName`.
    #[default]
    UserName,
    /// The e-mail address.
    Email,
    /// What stands before the `@` of the e-mail address.
    EmailPrefix,
    /// A text with names of the application's profile in braces: `{givenName}.{familyName}@example.com`.
    Custom(String),
}

impl LoginFormat {
    /// Reads it as it is typed.
    ///
    /// # Errors
    /// What can be typed, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "username" => Ok(Self::UserName),
            "email" => Ok(Self::Email),
            "email-prefix" => Ok(Self::EmailPrefix),
            other => match other.strip_prefix("custom:") {
                Some(custom) if has_holes(custom) => Ok(Self::Custom(custom.to_owned())),
                _ => Err("username, email, email-prefix, or custom:TEXT with attributes in braces, such as \
                          custom:{givenName}.{familyName}@example.com"
                    .to_owned()),
            },
        }
    }

    /// The user name that it makes of an account.
    pub fn of(&self, app: &Profile) -> String {
        let text = |name: &str| app.get(name).and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::UserName => text("userName").to_owned(),
            Self::Email => text("email").to_owned(),
            Self::EmailPrefix => text("email").split('@').next().unwrap_or_default().to_owned(),
            Self::Custom(custom) => {
                let mut made = String::new();
                let mut rest = custom.as_str();
                while let Some((before, name, after)) = next_hole(rest) {
                    made.push_str(before);
                    made.push_str(text(name));
                    rest = after;
                }
                made + rest
            }
        }
    }
}

impl std::fmt::Display for LoginFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UserName => f.write_str("username"),
            Self::Email => f.write_str("email"),
            Self::EmailPrefix => f.write_str("email-prefix"),
            Self::Custom(custom) => write!(f, "custom:{custom}"),
        }
    }
}

/// What stands before a name in braces, the name, and what comes after it.
fn next_hole(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn has_holes(text: &str) -> bool {
    next_hole(text).is_some_and(|(_, name, _)| name.chars().all(|c| c.is_ascii_alphanumeric()) && !name.is_empty())
}

/// An account as it comes from a SCIM server, under the names that an application with SCIM has in Okta. What an account does not
/// have is `null`.
pub fn app_profile(account: &Value) -> Profile {
    let mut profile = Profile::new();
    let mut put = |name: &str, value: Option<Value>| {
        let empty = |value: &Value| value.as_str().is_some_and(str::is_empty);
        profile.insert(name.to_owned(), value.filter(|value| !empty(value)).unwrap_or(Value::Null));
    };
    put("userName", member(account, "userName").map(as_text));
    if let Some(external) = member(account, "externalId") {
        put("externalId", Some(as_text(external)));
    }
    let name = member(account, "name");
    for part in ["givenName", "familyName", "middleName", "honorificPrefix", "honorificSuffix"] {
        put(part, name.and_then(|name| member(name, part)).map(as_text));
    }
    let email = first_of(account, "emails");
    put("email", email.and_then(|email| member(email, "value")).map(as_text));
    put("emailType", email.and_then(|email| member(email, "type")).map(as_text));
    for simple in ["displayName", "nickName", "profileUrl", "title", "userType"] {
        put(simple, member(account, simple).map(as_text));
    }
    let phone = first_of(account, "phoneNumbers");
    put("primaryPhone", phone.and_then(|phone| member(phone, "value")).map(as_text));
    put("primaryPhoneType", phone.and_then(|phone| member(phone, "type")).map(as_text));
    let mobile = typed(account, "phoneNumbers", "mobile");
    put("mobilePhone", mobile.and_then(|phone| member(phone, "value")).map(as_text));
    let address = first_of(account, "addresses");
    for part in ["streetAddress", "locality", "region", "postalCode", "country"] {
        put(part, address.and_then(|address| member(address, part)).map(as_text));
    }
    for simple in ["preferredLanguage", "locale", "timezone"] {
        put(simple, member(account, simple).map(as_text));
    }
    let extension = account.as_object().and_then(|fields| {
        let is_it = |urn: &str| {
            let urn = urn.to_ascii_lowercase();
            urn.ends_with(":enterprise:2.0:user") || urn == "urn:scim:schemas:extension:enterprise:1.0"
        };
        fields.iter().find(|(urn, _)| is_it(urn)).map(|(_, value)| value)
    });
    for simple in ["employeeNumber", "costCenter", "organization", "division", "department"] {
        put(simple, extension.and_then(|extension| member(extension, simple)).map(as_text));
    }
    let manager = extension.and_then(|extension| member(extension, "manager"));
    // SCIM 1.1 calls it by another name.
    let of_manager = |name: &str| manager.and_then(|manager| member(manager, name));
    put("managerValue", of_manager("value").or_else(|| of_manager("managerId")).map(as_text));
    profile
}

/// From which attribute of the application's profile each of the Okta profile comes; the user name is made by its format.
const MAPPED: &[(&str, &str)] = &[
    ("email", "email"),
    ("firstName", "givenName"),
    ("lastName", "familyName"),
    ("middleName", "middleName"),
    ("honorificPrefix", "honorificPrefix"),
    ("honorificSuffix", "honorificSuffix"),
    ("displayName", "displayName"),
    ("nickName", "nickName"),
    ("profileUrl", "profileUrl"),
    ("title", "title"),
    ("userType", "userType"),
    ("primaryPhone", "primaryPhone"),
    ("mobilePhone", "mobilePhone"),
    ("streetAddress", "streetAddress"),
    ("city", "locality"),
    ("state", "region"),
    ("zipCode", "postalCode"),
    ("countryCode", "country"),
    ("preferredLanguage", "preferredLanguage"),
    ("locale", "locale"),
    ("timezone", "timezone"),
    ("employeeNumber", "employeeNumber"),
    ("costCenter", "costCenter"),
    ("organization", "organization"),
    ("division", "division"),
    ("department", "department"),
    ("managerId", "managerValue"),
];

/// The Okta profile that the mappings of an application with SCIM make of its profile.
pub fn user_profile(app: &Profile, format: &LoginFormat) -> Profile {
    let mut profile = Profile::new();
    let login = format.of(app);
    profile.insert("login".to_owned(), if login.is_empty() { Value::Null } else { Value::from(login) });
    for (okta, mapped) in MAPPED {
        profile.insert((*okta).to_owned(), app.get(*mapped).cloned().unwrap_or(Value::Null));
    }
    profile.insert("secondEmail".to_owned(), Value::Null);
    profile
}

/// A member of an object, whose name is compared without letter case (RFC 7643 §2.1); `null` is as good as absent.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = object.as_object()?;
    let found = fields
        .get(name)
        .or_else(|| fields.iter().find(|(written, _)| written.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    found.filter(|value| !value.is_null())
}

/// Okta's profiles hold texts.
fn as_text(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.to_string()),
        other => other.clone(),
    }
}

/// The value of several that counts: the primary one, else the first.
fn first_of<'a>(account: &'a Value, name: &str) -> Option<&'a Value> {
    let values = member(account, name)?.as_array()?;
    values.iter().find(|value| member(value, "primary") == Some(&Value::Bool(true))).or_else(|| values.first())
}

fn typed<'a>(account: &'a Value, name: &str, kind: &str) -> Option<&'a Value> {
    let is_it = |value: &&Value| member(value, "type").and_then(Value::as_str) == Some(kind);
    member(account, name)?.as_array()?.iter().find(is_it)
}

//! The target file: what the owner of a server says about it.
//!
//! **Invariant:** it never holds a secret, only where to find one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::capability::{Capabilities, Capability, Evidence, Support};
use crate::persona::{Personas, Version};
use crate::requirement::Edition;
use crate::source::Located;
use crate::wire::oauth::ClientAuth;

mod attribute;
mod read;
mod rows;

pub use attribute::{Attribute, AttributeType, Use, is_always_sent, is_attribute};
pub use read::read;
pub use rows::{AttributeSource, DeclaredAttribute, Offered, offered_names, together};

/// The rows of each table of [`crate::capability::ATTRIBUTE_TABLES`], by its name.
pub type AttributeRows = BTreeMap<&'static str, Vec<Map<String, Value>>>;

/// What the owner declares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// Where SCIM is served.
    pub base_url: Option<String>,
    /// How the server wants to be convinced.
    pub auth: Auth,
    /// By which edition of the demands it is scored; none for the newest.
    pub edition: Option<Located<Edition>>,
    /// The rows of the table of what works that decide the exit code, by their names; none where all do.
    pub exit_on: Vec<Located<String>>,
    /// The versions of SCIM that it speaks; none when the file does not say.
    pub scim: BTreeSet<Version>,
    /// Which kind of app the provider has for it, by the persona's word.
    pub app: Option<String>,
    /// The persona's switches that are on; `None` when the file does not say.
    pub features: Option<BTreeSet<Capability>>,
    /// What is provisioned of a user; `None` when the file does not say.
    pub attributes: Option<Vec<Attribute>>,
    /// What the product does where products differ.
    pub behaviour: Behaviour,
    /// What test users must be like.
    pub test_data: TestData,
    /// How the server is started for a run; `None` when it runs already.
    pub server: Option<Server>,
    /// The service for Okta's import hook, if there is one.
    pub hook: Option<Hook>,
    /// What the server offers and what it does not, from all of the above.
    pub declared: Capabilities,
}

/// A service for Okta's import hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Where it is.
    pub url: String,
    /// Where the secret comes from that is sent to it.
    pub credential: Option<CredentialSource>,
    /// The header that holds it; `Authorization` where nothing is said.
    pub header: Option<String>,
}

/// A server that is started for a run and stopped when it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// What starts it.
    pub command: Command,
    /// What answers once it is ready: a URL, or a path on the host of the base URL. `None`: the base URL itself.
    pub ready: Option<String>,
    /// How long that may take.
    pub within: Duration,
}

/// What starts a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A line for the shell: `sh -c`, on Windows `cmd /C`.
    Shell(String),
    /// A program and its arguments, as they are.
    Program(Vec<String>),
}

/// How a credential is found and sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auth {
    /// How it is sent.
    pub scheme: Scheme,
    /// Where it comes from.
    pub credential: Option<CredentialSource>,
    /// How an access token is got; then there is no `credential`.
    pub oauth: Option<OAuth>,
    /// Where a second one of the same tenant comes from.
    pub second: Option<CredentialSource>,
    /// Where one comes from that was taken back.
    pub revoked: Option<CredentialSource>,
}

/// How an access token is got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth {
    /// Where it is asked for.
    pub token_url: String,
    /// The client's id.
    pub client_id: String,
    /// Where the client's secret comes from.
    pub client_secret: Option<CredentialSource>,
    /// Where id and secret stand in the request.
    pub client_auth: ClientAuth,
    /// The scope.
    pub scope: Option<String>,
    /// Where a refresh token comes from.
    pub refresh_token: Option<CredentialSource>,
    /// What else the authorization server wants.
    pub parameters: Vec<(String, String)>,
}

/// How a credential is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// `Authorization: Bearer <credential>`.
    #[default]
    Bearer,
    /// HTTP Basic, the credential being the password.
    Basic {
        /// The user name.
        user: String,
    },
    /// A header of its own.
    Header {
        /// Its name.
        name: String,
        /// What stands before the credential; empty where it is sent as it is.
        prefix: String,
    },
}

/// Where a credential is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// In an environment variable.
    Environment(String),
    /// In a file.
    File(String),
}

/// What products do in different ways, all of which a persona may work with.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// What becomes of a user who is deactivated.
    pub deactivation: Deactivation,
    /// Whether such a user is still shown.
    pub deactivated: Shown,
    /// What a new user is.
    pub new_users: NewUsers,
    /// What can be done with groups.
    pub groups: Groups,
    /// Whether a group shows its members.
    pub group_members: Shown,
    /// The most resources that a page holds.
    pub page_size: Option<u32>,
    /// How many requests per second are welcome.
    pub requests_per_second: Option<f64>,
    /// The media types that are understood in requests; empty when the file does not say.
    pub takes: Vec<String>,
    /// The media type of answers.
    pub answers: Option<String>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            deactivation: Deactivation::Keeps,
            deactivated: Shown::Yes,
            new_users: NewUsers::Active,
            groups: Groups::Full,
            group_members: Shown::Yes,
            page_size: None,
            requests_per_second: None,
            takes: Vec::new(),
            answers: None,
        }
    }
}

/// What becomes of a user who is deactivated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deactivation {
    /// The account stays, switched off.
    Keeps,
    /// The account is deleted.
    Deletes,
    /// The account stays, but no longer belongs to the organisation that Okta provisions.
    RemovesMembership,
}

/// Whether something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// What a new user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewUsers {
    /// Active at once.
    Active,
    /// Invited, and active after having accepted.
    Invited,
}

/// What can be done with groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups {
    /// There are none.
    None,
    /// They can be read.
    Fixed,
    /// Their members can be changed.
    MembershipOnly,
    /// They can be created, renamed and deleted.
    Full,
}

/// What test users must be like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestData {
    /// What follows `@` in user names and e-mail addresses.
    pub domain: Option<String>,
    /// What each user must have beside what Okta sends in any case.
    pub extra: Map<String, Value>,
}

impl Target {
    /// The values that scenarios take from the target, by the names of the suite's `data`.
    pub fn data(&self) -> BTreeMap<String, Value> {
        let mut data = BTreeMap::new();
        for attribute in self.attributes.iter().flatten() {
            if let Some(value) = attribute.values.first() {
                data.insert(attribute.short_name().to_owned(), value.clone());
            }
        }
        if let Some(domain) = &self.test_data.domain {
            data.insert("domain".to_owned(), Value::String(domain.clone()));
        }
        if !self.test_data.extra.is_empty() {
            data.insert("extra".to_owned(), Value::Object(self.test_data.extra.clone()));
        }
        data
    }

    /// The version of SCIM that it speaks, where it is one.
    pub fn version(&self) -> Option<Version> {
        self.scim.first().copied().filter(|_| self.scim.len() == 1)
    }

    /// What a persona will stumble over although the owner knows it.
    pub fn doubts(&self, personas: &Personas) -> Vec<String> {
        let Some(size) = self.behaviour.page_size else { return Vec::new() };
        let is_on = |feature: &Capability| self.features.as_ref().is_some_and(|features| features.contains(feature));
        let sizes = personas.0.iter().map(|persona| &persona.page_size);
        let short = sizes.filter(|asked| size < asked.count && asked.matters_to.iter().any(is_on));
        short
            .filter_map(|asked| Some(format!("pages hold at most {size} resources: {}", asked.shorter.as_ref()?)))
            .collect()
    }

    /// Features that the server says it offers although the owner does not list them.
    pub fn undeclared(&self, discovered: &Capabilities, personas: &Personas) -> Vec<String> {
        let beyond = personas.beyond(discovered, &self.declared).into_iter();
        // Of switches that its app does not have the owner cannot say anything.
        let own = personas.features_of(self.app.as_deref(), self.version());
        beyond
            .filter(|(feature, _)| own.contains(feature))
            .map(|(feature, evidence)| {
                format!("{feature} is not declared, yet the server seems to offer it ({evidence})")
            })
            .collect()
    }
}

/// Whether something is so, as an owner says it at a place.
fn support(is_so: Shown, place: &str) -> Support {
    match is_so {
        Shown::Yes => Support::Yes(Evidence::Declared(place.to_owned())),
        Shown::No => Support::No(Evidence::Declared(place.to_owned())),
    }
}

//! What a server may leave out, and how we know whether it does.
//!
//! **Invariant:** unknown support excuses nothing; only what the server or its owner says is unsupported does.

use std::collections::BTreeMap;
use std::fmt;

/// The tables of attributes that a scenario can be run for each row of, and their columns. `attribute` names the row; the others
/// hold parts of a user.
pub const ATTRIBUTE_TABLES: &[(&str, &[&str])] = &[
    ("created-attribute", &["attribute", "value", "shown", "each"]),
    ("updated-attribute", &["attribute", "value", "changed", "patch", "shown", "each"]),
    ("cleared-attribute", &["attribute", "value", "shown", "cleared", "patch", "each"]),
    ("emptied-attribute", &["attribute", "value", "shown", "emptied", "patch", "each"]),
    ("text-attribute", &["attribute", "odd", "zeros", "long", "patch", "shown"]),
    ("imported-attributes", &["attribute", "together", "shown", "each"]),
    ("reimported-attributes", &["attribute", "together", "changes", "shown", "each"]),
    ("advertised-attributes", &["attribute", "together", "each", "changes", "later", "singles"]),
    ("default-attributes", &["attribute", "together", "each", "changes", "later", "singles"]),
];

/// What kind of thing a capability is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// An option of the protocol, which a server announces.
    Protocol,
    /// A switch on Okta's provisioning page.
    Feature,
    /// Something in which products differ, which only their owners can say.
    Behaviour,
    /// What a product does with an attribute, which follows from the attributes that its owner declares.
    Attribute,
    /// Something that whoever runs it gives for the run, or does not.
    Given,
}

macro_rules! capabilities {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $family:ident;)+) => {
        /// What a server may leave out: an option of the protocol, a switch on Okta's provisioning page, or something in
        /// which products differ.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Capability { $($(#[$doc])* $variant,)+ }

        impl Capability {
            /// All of them.
            pub const ALL: &'static [Capability] = &[$(Capability::$variant,)+];

            /// The word for it in scenario and target files.
            pub fn as_str(self) -> &'static str {
                match self { $(Capability::$variant => $word,)+ }
            }

            /// What kind of thing it is.
            pub fn family(self) -> Family {
                match self { $(Capability::$variant => Family::$family,)+ }
            }
        }
    };
}

capabilities! {
    /// PATCH (`ServiceProviderConfig.patch`, RFC 7643 §5).
    Patch = "patch", Protocol;
    /// Filters (`ServiceProviderConfig.filter`).
    Filter = "filter", Protocol;
    /// Sorting (`ServiceProviderConfig.sort`).
    Sort = "sort", Protocol;
    /// Bulk operations (`ServiceProviderConfig.bulk`).
    Bulk = "bulk", Protocol;
    /// ETags (`ServiceProviderConfig.etag`).
    Etag = "etag", Protocol;
    /// Changing passwords (`ServiceProviderConfig.changePassword`).
    ChangePassword = "change-password", Protocol;
    /// The User resource type.
    Users = "users", Protocol;
    /// The Group resource type.
    Groups = "groups", Protocol;
    /// The enterprise extension of User (RFC 7643 §4.3).
    Enterprise = "enterprise", Protocol;
    /// Okta: Create Users.
    CreateUsers = "create-users", Feature;
    /// Okta: Update User Attributes.
    UpdateUsers = "update-users", Feature;
    /// Okta: user names are not sent in updates.
    ExcludeUsernameUpdates = "exclude-username-updates", Feature;
    /// Okta: Deactivate Users.
    DeactivateUsers = "deactivate-users", Feature;
    /// Okta: reactivation.
    ReactivateUsers = "reactivate-users", Feature;
    /// Okta: Sync Password.
    SyncPassword = "sync-password", Feature;
    /// Okta: Import Users.
    ImportUsers = "import-users", Feature;
    /// Okta: Import Groups.
    ImportGroups = "import-groups", Feature;
    /// Okta: Push Groups.
    PushGroups = "push-groups", Feature;
    /// Okta: Profile Sourcing.
    ProfileSourcing = "profile-sourcing", Feature;
    /// Okta: entitlement management.
    Entitlements = "entitlements", Feature;
    /// Okta: user schema discovery.
    SchemaDiscovery = "schema-discovery", Feature;
    /// Okta: PATCH for users.
    PatchUsers = "patch-users", Feature;
    /// The name of a user changes in updates.
    UsernameUpdates = "username-updates", Behaviour;
    /// The integration is an app of Okta's catalogue.
    CatalogueApp = "catalogue-app", Behaviour;
    /// The integration is an app made with Okta's wizard.
    WizardApp = "wizard-app", Behaviour;
    /// A deactivated user stays, and is shown.
    KeepsDeactivated = "keeps-deactivated", Behaviour;
    /// A new user is active without having accepted an invitation.
    ActiveAtOnce = "active-at-once", Behaviour;
    /// Groups can be created, renamed and deleted.
    CreateGroups = "create-groups", Behaviour;
    /// A group shows its members.
    ShowsMembers = "shows-members", Behaviour;
    /// A page of a list holds a hundred resources when asked for them.
    PagesOf100 = "pages-of-100", Behaviour;
    /// Bodies are taken as `application/json`.
    JsonBodies = "json-bodies", Behaviour;
    /// The owner lists the attributes that are provisioned, so that each can be looked at.
    DeclaredAttributes = "declared-attributes", Attribute;
    /// `name.givenName` and `name.familyName` are stored.
    StoresNames = "stores-names", Attribute;
    /// `name.givenName` and `name.familyName` can be changed.
    ChangesNames = "changes-names", Attribute;
    /// The parts of a name may be empty.
    ClearsNames = "clears-names", Attribute;
    /// `emails` is stored.
    StoresEmails = "stores-emails", Attribute;
    /// `emails` can be changed.
    ChangesEmails = "changes-emails", Attribute;
    /// `emails` holds several addresses, of different types.
    SeveralEmails = "several-emails", Attribute;
    /// `displayName` can be changed.
    ChangesDisplayName = "changes-display-name", Attribute;
    /// `displayName` may be empty.
    ClearsDisplayName = "clears-display-name", Attribute;
    /// `externalId` is stored.
    StoresExternalId = "stores-external-id", Attribute;
    /// `phoneNumbers` is stored.
    StoresPhoneNumbers = "stores-phone-numbers", Attribute;
    /// `addresses` is stored.
    StoresAddresses = "stores-addresses", Attribute;
    /// `department` of the enterprise extension is stored.
    StoresDepartment = "stores-department", Attribute;
    /// `department` of the enterprise extension can be changed.
    ChangesDepartment = "changes-department", Attribute;
    /// There is a second credential of the same tenant.
    SecondCredential = "second-credential", Given;
    /// There is a credential of the same tenant that was taken back.
    RevokedCredential = "revoked-credential", Given;
}

impl Capability {
    /// The capability of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.as_str() == word)
    }

    /// The option with which it is given for a run; `None` for what servers have.
    pub fn option(self) -> Option<&'static str> {
        match self {
            Capability::SecondCredential => Some("--second-token"),
            Capability::RevokedCredential => Some("--revoked-token"),
            _ => None,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The owner of the server says so in the target file, at this place (`file:line`).
    Declared(String),
    /// The owner lists what there is at this place (`file:line`), and it is not in the list.
    NotListed(String),
    /// It follows from another capability.
    Inferred {
        /// Which one.
        from: Capability,
        /// How that is known.
        because: Box<Evidence>,
    },
    /// It was given for the run, as it can be with this option.
    Given(&'static str),
    /// It was not given for the run; this option would have.
    NotGiven(&'static str),
    /// A stored report says so, in these words.
    Told(String),
    /// The server says so: the request that was answered, and where in the answer.
    Discovered {
        /// Such as `GET /ServiceProviderConfig`.
        request: String,
        /// Such as `patch.supported is false`.
        says: String,
    },
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Told(how) => f.write_str(how),
            Evidence::Declared(at) => write!(f, "declared in {at}"),
            Evidence::NotListed(at) => write!(f, "not declared in {at}"),
            Evidence::Given(option) => write!(f, "given, see {option}"),
            Evidence::NotGiven(option) => write!(f, "not given, see {option}"),
            Evidence::Inferred { from, because } => write!(f, "inferred from {from}: {because}"),
            Evidence::Discovered { request, says } => write!(f, "{request}: {says}"),
        }
    }
}

/// Whether a capability is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Support {
    /// It is.
    Yes(Evidence),
    /// It is not.
    No(Evidence),
    /// Nobody says.
    #[default]
    Unknown,
}

/// What is known of a server's capabilities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(pub BTreeMap<Capability, Support>);

impl Capabilities {
    /// What is known of one.
    pub fn get(&self, capability: Capability) -> &Support {
        self.0.get(&capability).unwrap_or(&Support::Unknown)
    }

    /// With what the owner of the server declares, which goes before what the server says of itself, and what follows from both.
    #[must_use]
    pub fn declared(mut self, declared: &Capabilities) -> Self {
        self.0.extend(declared.0.clone());
        self.inferred()
    }

    /// Fills in what nobody says of Okta's switches where what is known of the protocol decides it.
    #[must_use]
    pub fn inferred(mut self) -> Self {
        for &(feature, from) in INFERRED {
            let known = |evidence: &Evidence| Evidence::Inferred { from, because: Box::new(evidence.clone()) };
            let support = match self.get(from) {
                Support::Yes(evidence) => Support::Yes(known(evidence)),
                Support::No(evidence) => Support::No(known(evidence)),
                Support::Unknown => continue,
            };
            self.0.entry(feature).or_insert(support);
        }
        self
    }

    /// Okta's switches that the server seems to have although its owner says that they are off.
    #[must_use]
    pub fn beyond(&self, declared: &Capabilities) -> Vec<(Capability, Evidence)> {
        let known = self.clone().inferred();
        let features = Capability::ALL.iter().copied().filter(|capability| capability.family() == Family::Feature);
        let is_off = |feature: &Capability| matches!(declared.get(*feature), Support::No(_));
        features
            .filter(is_off)
            .filter_map(|feature| match known.get(feature) {
                Support::Yes(evidence) => Some((feature, evidence.clone())),
                Support::No(_) | Support::Unknown => None,
            })
            .collect()
    }
}

/// Okta's switches, and the option of the protocol without which each cannot be on. Users are not among them: without
/// them there is nothing to check, and one wrong line in `/ResourceTypes` must not make a run that skips everything.
const INFERRED: &[(Capability, Capability)] = &[
    (Capability::ImportGroups, Capability::Groups),
    (Capability::PushGroups, Capability::Groups),
    (Capability::SyncPassword, Capability::ChangePassword),
    (Capability::PatchUsers, Capability::Patch),
];

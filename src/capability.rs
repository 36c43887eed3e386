//! What a server may leave out, and how we know whether it does.
//!
//! **Invariant:** unknown support excuses nothing; only what the server or its owner says is unsupported does.

use std::collections::BTreeMap;
use std::fmt;

/// An optional feature of a SCIM server, or a switch on Okta's provisioning page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// PATCH (`ServiceProviderConfig.patch`, RFC 7643 §5).
    Patch,
    /// Filters (`ServiceProviderConfig.filter`).
    Filter,
    /// Sorting (`ServiceProviderConfig.sort`).
    Sort,
    /// Bulk operations (`ServiceProviderConfig.bulk`).
    Bulk,
    /// ETags (`ServiceProviderConfig.etag`).
    Etag,
    /// Changing passwords (`ServiceProviderConfig.changePassword`).
    ChangePassword,
    /// The User resource type.
    Users,
    /// The Group resource type.
    Groups,
    /// The enterprise extension of User (RFC 7643 §4.3).
    Enterprise,
    /// Okta: Create Users.
    CreateUsers,
    /// Okta: Update User Attributes.
    UpdateUsers,
    /// Okta: user names are not sent in updates.
    ExcludeUsernameUpdates,
    /// Okta: Deactivate Users.
    DeactivateUsers,
    /// Okta: reactivation.
    ReactivateUsers,
    /// Okta: Sync Password.
    SyncPassword,
    /// Okta: Import Users.
    ImportUsers,
    /// Okta: Import Groups.
    ImportGroups,
    /// Okta: Push Groups.
    PushGroups,
    /// Okta: Profile Sourcing.
    ProfileSourcing,
    /// Okta: entitlement management.
    Entitlements,
    /// Okta: user schema discovery.
    SchemaDiscovery,
    /// Okta: PATCH for users.
    PatchUsers,
}

impl Capability {
    /// All of them.
    pub const ALL: &'static [Capability] = &[
        Capability::Patch,
        Capability::Filter,
        Capability::Sort,
        Capability::Bulk,
        Capability::Etag,
        Capability::ChangePassword,
        Capability::Users,
        Capability::Groups,
        Capability::Enterprise,
        Capability::CreateUsers,
        Capability::UpdateUsers,
        Capability::ExcludeUsernameUpdates,
        Capability::DeactivateUsers,
        Capability::ReactivateUsers,
        Capability::SyncPassword,
        Capability::ImportUsers,
        Capability::ImportGroups,
        Capability::PushGroups,
        Capability::ProfileSourcing,
        Capability::Entitlements,
        Capability::SchemaDiscovery,
        Capability::PatchUsers,
    ];

    /// The word for it in scenario and target files.
    pub fn as_str(self) -> &'static str {
        match self {
            Capability::Patch => "patch",
            Capability::Filter => "filter",
            Capability::Sort => "sort",
            Capability::Bulk => "bulk",
            Capability::Etag => "etag",
            Capability::ChangePassword => "change-password",
            Capability::Users => "users",
            Capability::Groups => "groups",
            Capability::Enterprise => "enterprise",
            Capability::CreateUsers => "create-users",
            Capability::UpdateUsers => "update-users",
            Capability::ExcludeUsernameUpdates => "exclude-username-updates",
            Capability::DeactivateUsers => "deactivate-users",
            Capability::ReactivateUsers => "reactivate-users",
            Capability::SyncPassword => "sync-password",
            Capability::ImportUsers => "import-users",
            Capability::ImportGroups => "import-groups",
            Capability::PushGroups => "push-groups",
            Capability::ProfileSourcing => "profile-sourcing",
            Capability::Entitlements => "entitlements",
            Capability::SchemaDiscovery => "schema-discovery",
            Capability::PatchUsers => "patch-users",
        }
    }

    /// The capability of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.as_str() == word)
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
            Evidence::Declared(at) => write!(f, "declared in {at}"),
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
}

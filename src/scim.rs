//! What RFC 7643 calls things: the kinds of resources, their schemas and their attributes.
//!
//! **Invariant:** each name and URN is spelt here once. What an identity provider makes of an attribute is said elsewhere.

/// The kinds of resources that every server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// RFC 7643 §4.1.
    User,
    /// RFC 7643 §4.2.
    Group,
}

impl Kind {
    /// Both of them.
    pub const ALL: [Kind; 2] = [Kind::User, Kind::Group];

    /// The kind that a collection holds, by the first segment of its path.
    pub fn of_collection(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.collection() == segment)
    }

    /// The kind that a request to that path creates.
    pub fn of_path(path: &str) -> Option<Self> {
        path.strip_prefix('/').and_then(Self::of_collection)
    }

    /// Its path.
    pub fn path(self) -> &'static str {
        match self {
            Kind::User => "/Users",
            Kind::Group => "/Groups",
        }
    }

    /// The first segment of its path.
    pub fn collection(self) -> &'static str {
        &self.path()[1..]
    }

    /// Its name in `meta.resourceType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::User => "User",
            Kind::Group => "Group",
        }
    }

    /// The word for one of them.
    pub fn word(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Group => "group",
        }
    }

    /// The URN of its core schema.
    pub const fn urn(self) -> &'static str {
        match self {
            Kind::User => "urn:ietf:params:scim:schemas:core:2.0:User",
            Kind::Group => "urn:ietf:params:scim:schemas:core:2.0:Group",
        }
    }

    /// The attribute that tells one from another of its kind, and that none may lack.
    pub fn name(self) -> &'static str {
        match self {
            Kind::User => "userName",
            Kind::Group => "displayName",
        }
    }

    /// The same in lower case, as letter case means nothing in a name (RFC 7643 §2.1).
    pub fn name_key(self) -> &'static str {
        match self {
            Kind::User => "username",
            Kind::Group => "displayname",
        }
    }

    /// Its attributes that somebody could provision, with the parts of those that are objects.
    pub fn attributes(self) -> &'static [&'static str] {
        match self {
            Kind::User => USER_ATTRIBUTES,
            Kind::Group => &["displayName", "externalId", "members"],
        }
    }
}

/// Attributes of every resource, besides what somebody could provision (RFC 7643 §3.1).
pub const COMMON: &[&str] = &["id", "meta", "schemas"];

/// The enterprise extension of User (RFC 7643 §4.3).
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The one schema of everything in SCIM 1.1 but extensions (SCIM 1.1 Core §5.2).
pub const V1_CORE: &str = "urn:scim:schemas:core:1.0";

/// The enterprise extension of User in SCIM 1.1 (Core §7).
pub const V1_ENTERPRISE: &str = "urn:scim:schemas:extension:enterprise:1.0";

/// Its attributes.
pub const V1_ENTERPRISE_ATTRIBUTES: &[&str] = &[
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "department",
    "manager",
    "manager.managerId",
    "manager.displayName",
];

/// The attributes of a User in RFC 7643 §4.1 and §3.1 that somebody could provision, with the parts of those that are objects.
pub const USER_ATTRIBUTES: &[&str] = &[
    "userName",
    "externalId",
    "name",
    "name.formatted",
    "name.familyName",
    "name.givenName",
    "name.middleName",
    "name.honorificPrefix",
    "name.honorificSuffix",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "active",
    "password",
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "addresses.formatted",
    "addresses.streetAddress",
    "addresses.locality",
    "addresses.region",
    "addresses.postalCode",
    "addresses.country",
    "groups",
    "entitlements",
    "roles",
    "x509Certificates",
];

/// The attributes of the enterprise extension (RFC 7643 §4.3).
pub const ENTERPRISE_ATTRIBUTES: &[&str] = &[
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "department",
    "manager",
    "manager.value",
    "manager.displayName",
];

/// The parts of attributes that are objects (RFC 7643 §2.4, §4.1), by name alone.
pub const PARTS: &[&str] = &[
    "formatted",
    "familyName",
    "givenName",
    "middleName",
    "honorificPrefix",
    "honorificSuffix",
    "value",
    "type",
    "primary",
    "display",
    "streetAddress",
    "postalCode",
];

/// The attributes of several values that are told apart by their `type` (RFC 7643 §2.4).
pub const TYPED: &[&str] = &["emails", "phoneNumbers", "ims", "photos", "addresses"];

/// The others of several values.
const SEVERAL: &[&str] = &["groups", "entitlements", "roles", "x509Certificates", "members"];

/// Whether RFC 7643 gives an attribute several values, in whatever letter case it is named.
pub fn has_several_values(name: &str) -> bool {
    TYPED.iter().chain(SEVERAL).any(|known| known.eq_ignore_ascii_case(name))
}

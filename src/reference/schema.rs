//! What the server knows of its schemas: RFC 7643 §4 as tables, and the attribute notation of RFC 7644 §3.10.

use chrono::{DateTime, FixedOffset};

/// The type of an attribute's value (RFC 7643 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Boolean,
    DateTime,
    Reference,
    Binary,
    Complex,
}

/// The instant that an `xsd:dateTime` with a zone names. RFC 3339 lets a space stand where that type has its `T`.
pub(crate) fn instant(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok().filter(|_| text.contains('T'))
}

/// Who may write an attribute, and how often (RFC 7643 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutability {
    ReadWrite,
    ReadOnly,
    Immutable,
    WriteOnly,
}

/// When an attribute is part of an answer (RFC 7643 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    Default,
    Always,
    Never,
}

/// The definition of one attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) kind: Type,
    pub(crate) subs: &'static [Attribute],
    pub(crate) multi: bool,
    pub(crate) required: bool,
    pub(crate) case_exact: bool,
    pub(crate) mutability: Mutability,
    pub(crate) returned: Returned,
    /// The value of `uniqueness`: `none` or `server`.
    pub(crate) uniqueness: &'static str,
    pub(crate) canonical: &'static [&'static str],
    pub(crate) references: &'static [&'static str],
}

impl Attribute {
    const fn new(name: &'static str, kind: Type, description: &'static str) -> Self {
        Self {
            name,
            description,
            kind,
            subs: &[],
            multi: false,
            required: false,
            case_exact: matches!(kind, Type::Reference | Type::Binary),
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: "none",
            canonical: &[],
            references: &[],
        }
    }

    const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Type::Text, description)
    }

    const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Type::Boolean, description)
    }

    const fn complex(name: &'static str, subs: &'static [Attribute], description: &'static str) -> Self {
        Self { subs, ..Self::new(name, Type::Complex, description) }
    }

    const fn reference(name: &'static str, references: &'static [&'static str], description: &'static str) -> Self {
        Self { references, ..Self::new(name, Type::Reference, description) }
    }

    const fn multi(self) -> Self {
        Self { multi: true, ..self }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn case_exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    const fn unique(self) -> Self {
        Self { uniqueness: "server", ..self }
    }

    const fn canonical(self, canonical: &'static [&'static str]) -> Self {
        Self { canonical, ..self }
    }

    const fn mutability(self, mutability: Mutability) -> Self {
        Self { mutability, ..self }
    }

    const fn read_only(self) -> Self {
        self.mutability(Mutability::ReadOnly)
    }

    const fn immutable(self) -> Self {
        self.mutability(Mutability::Immutable)
    }

    const fn returned(self, returned: Returned) -> Self {
        Self { returned, ..self }
    }

    /// The sub-attribute of that name, whatever its case.
    pub(crate) fn sub(&self, name: &str) -> Option<&'static Attribute> {
        find(self.subs, name)
    }
}

/// One schema: its URI and its attributes, the common ones of RFC 7643 §3.1 left out.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) attributes: &'static [Attribute],
}

/// What schemas were called in drafts of SCIM 2.0, as clients still do: the beginnings of URNs of RFC 7643, and the drafts' URNs.
const IN_DRAFTS: &[(&str, &str)] = &[
    ("urn:ietf:params:scim:schemas:core:2.0:", "urn:scim:schemas:core:2.0"),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:", "urn:scim:schemas:extension:enterprise:2.0"),
];

impl Schema {
    /// Whether that is its URN, in any letter case, or what drafts called it.
    pub(crate) fn is_called(&self, urn: &str) -> bool {
        let is_draft = |(begins, draft): &(&str, &str)| self.id.starts_with(begins) && urn.eq_ignore_ascii_case(draft);
        self.id.eq_ignore_ascii_case(urn) || IN_DRAFTS.iter().any(is_draft)
    }
}

/// A resource type (RFC 7643 §6). Clients make users and groups; what users can be granted is there, and is only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Group,
    Role,
    Entitlement,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::User, Kind::Group, Kind::Role, Kind::Entitlement];

    /// Whether users are granted it.
    pub(crate) fn is_granted(self) -> bool {
        matches!(self, Kind::Role | Kind::Entitlement)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::User => "User",
            Kind::Group => "Group",
            Kind::Role => "Role",
            Kind::Entitlement => "Entitlement",
        }
    }

    /// The endpoint below the base URL, without slashes.
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Kind::User => "Users",
            Kind::Group => "Groups",
            Kind::Role => "Roles",
            Kind::Entitlement => "Entitlements",
        }
    }

    pub(crate) fn schema(self) -> &'static Schema {
        match self {
            Kind::User => &USER,
            Kind::Group => &GROUP,
            Kind::Role => &ROLE,
            Kind::Entitlement => &ENTITLEMENT,
        }
    }

    pub(crate) fn extensions(self) -> &'static [&'static Schema] {
        match self {
            Kind::User => &USER_EXTENSIONS,
            Kind::Group | Kind::Role | Kind::Entitlement => &[],
        }
    }
}

/// What an attribute notation names: an attribute, and maybe one of its sub-attributes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// The extension the attribute belongs to; `None` for the core schema and the common attributes.
    pub(crate) extension: Option<&'static Schema>,
    pub(crate) attribute: &'static Attribute,
    pub(crate) sub: Option<&'static Attribute>,
}

impl Target {
    /// The attribute whose values are meant: the sub-attribute where there is one.
    pub(crate) fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }
}

/// What a name stands for: a whole schema, or an attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    Schema(&'static Schema),
    Attribute(Target),
}

/// Finds what `[URN ":"] name ["." sub]` means for a resource type (RFC 7644 §3.10); names and URNs ignore case.
pub(crate) fn resolve(kind: Kind, text: &str) -> Option<Named> {
    let core = kind.schema();
    let known = || std::iter::once(core).chain(kind.extensions().iter().copied());
    if let Some(schema) = known().find(|schema| schema.id.eq_ignore_ascii_case(text)) {
        return Some(Named::Schema(schema));
    }
    let (extension, rest) = match text.rsplit_once(':') {
        None => (None, text),
        Some((urn, rest)) => {
            let schema = known().find(|schema| schema.id.eq_ignore_ascii_case(urn))?;
            ((!std::ptr::eq(schema, core)).then_some(schema), rest)
        }
    };
    let (name, sub) = match rest.split_once('.') {
        None => (rest, None),
        Some((name, sub)) => (name, Some(sub)),
    };
    let attribute = match extension {
        Some(schema) => find(schema.attributes, name)?,
        None => find(core.attributes, name).or_else(|| find(COMMON, name))?,
    };
    let sub = match sub {
        None => None,
        Some(sub) => Some(attribute.sub(sub)?),
    };
    Some(Named::Attribute(Target { extension, attribute, sub }))
}

/// Finds an attribute by name, whatever its case (RFC 7643 §2.1).
pub(crate) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

const VALUE: Attribute = Attribute::text("value", "The value itself.");
const DISPLAY: Attribute = Attribute::text("display", "A name for the value, for display.");
const PRIMARY: Attribute = Attribute::boolean("primary", "Whether this is the preferred one of the values.");
const KIND: Attribute = Attribute::text("type", "What the value is used for.");

const META_SUBS: &[Attribute] = &[
    Attribute::text("resourceType", "The name of the resource type.").case_exact().read_only(),
    Attribute::new("created", Type::DateTime, "When the resource was created.").read_only(),
    Attribute::new("lastModified", Type::DateTime, "When the resource last changed.").read_only(),
    Attribute::reference("location", &["uri"], "The URI of the resource.").read_only(),
    Attribute::text("version", "The entity tag of the resource.").case_exact().read_only(),
];

/// The attributes every resource has (RFC 7643 §3.1).
pub(crate) const COMMON: &[Attribute] = &[
    Attribute::reference("schemas", &["uri"], "The schemas of the resource.")
        .multi()
        .required()
        .returned(Returned::Always),
    Attribute::text("id", "The identifier the server has given the resource.")
        .case_exact()
        .read_only()
        .unique()
        .returned(Returned::Always),
    Attribute::text("externalId", "The identifier the client has given the resource.").case_exact(),
    Attribute::complex("meta", META_SUBS, "What the server knows about the resource.").read_only(),
];

const NAME_SUBS: &[Attribute] = &[
    Attribute::text("formatted", "The whole name, ready for display."),
    Attribute::text("familyName", "The family name."),
    Attribute::text("givenName", "The given name."),
    Attribute::text("middleName", "The middle names."),
    Attribute::text("honorificPrefix", "A title such as Dr."),
    Attribute::text("honorificSuffix", "A suffix such as III."),
];

const EMAIL_SUBS: &[Attribute] = &[VALUE, DISPLAY, KIND.canonical(&["work", "home", "other"]), PRIMARY];

const PHONE_SUBS: &[Attribute] =
    &[VALUE, DISPLAY, KIND.canonical(&["work", "home", "mobile", "fax", "pager", "other"]), PRIMARY];

const IM_SUBS: &[Attribute] =
    &[VALUE, DISPLAY, KIND.canonical(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]), PRIMARY];

const PHOTO_SUBS: &[Attribute] = &[
    Attribute::reference("value", &["external"], "The URL of the image."),
    DISPLAY,
    KIND.canonical(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESS_SUBS: &[Attribute] = &[
    Attribute::text("formatted", "The whole address, ready for display."),
    Attribute::text("streetAddress", "Street, house number and the like."),
    Attribute::text("locality", "The city."),
    Attribute::text("region", "The state or region."),
    Attribute::text("postalCode", "The postal code."),
    Attribute::text("country", "The country, as an ISO 3166-1 alpha-2 code."),
    KIND.canonical(&["work", "home", "other"]),
    PRIMARY,
];

const USER_GROUP_SUBS: &[Attribute] = &[
    Attribute::text("value", "The id of the group.").read_only(),
    Attribute::reference("$ref", &["Group"], "The URI of the group.").read_only(),
    Attribute::text("display", "The name of the group.").read_only(),
    Attribute::text("type", "Whether the membership is direct.").canonical(&["direct", "indirect"]).read_only(),
];

const VALUE_SUBS: &[Attribute] = &[VALUE, DISPLAY, KIND, PRIMARY];

const CERTIFICATE_SUBS: &[Attribute] =
    &[Attribute::new("value", Type::Binary, "One certificate, DER, base64."), DISPLAY, KIND, PRIMARY];

/// The core User schema (RFC 7643 §4.1).
pub(crate) static USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "User account",
    attributes: &[
        Attribute::text("userName", "The name the user signs in with.").required().unique(),
        Attribute::complex("name", NAME_SUBS, "The parts of the user's name."),
        Attribute::text("displayName", "The name to show to people."),
        Attribute::text("nickName", "The casual name of the user."),
        Attribute::reference("profileUrl", &["external"], "The user's profile page."),
        Attribute::text("title", "The job title."),
        Attribute::text("userType", "How the user relates to the organisation."),
        Attribute::text("preferredLanguage", "Languages, as in Accept-Language."),
        Attribute::text("locale", "The language tag for dates, numbers and currency."),
        Attribute::text("timezone", "The IANA time zone."),
        Attribute::boolean("active", "Whether the account may be used."),
        Attribute::text("password", "The password, which is never shown.")
            .case_exact()
            .mutability(Mutability::WriteOnly)
            .returned(Returned::Never),
        Attribute::complex("emails", EMAIL_SUBS, "E-mail addresses.").multi(),
        Attribute::complex("phoneNumbers", PHONE_SUBS, "Phone numbers.").multi(),
        Attribute::complex("ims", IM_SUBS, "Instant messaging addresses.").multi(),
        Attribute::complex("photos", PHOTO_SUBS, "Pictures of the user.").multi(),
        Attribute::complex("addresses", ADDRESS_SUBS, "Postal addresses.").multi(),
        Attribute::complex("groups", USER_GROUP_SUBS, "The groups the user belongs to.").multi().read_only(),
        Attribute::complex("entitlements", VALUE_SUBS, "What the user is entitled to.").multi(),
        Attribute::complex("roles", VALUE_SUBS, "The roles of the user.").multi(),
        Attribute::complex("x509Certificates", CERTIFICATE_SUBS, "The user's certificates.").multi(),
    ],
};

const MANAGER_SUBS: &[Attribute] = &[
    Attribute::text("value", "The id of the manager."),
    Attribute::reference("$ref", &["User"], "The URI of the manager."),
    Attribute::text("displayName", "The name of the manager.").read_only(),
];

/// The enterprise extension of the User schema (RFC 7643 §4.3).
pub(crate) static ENTERPRISE_USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "Enterprise user",
    attributes: &[
        Attribute::text("employeeNumber", "The number of the user in the organisation."),
        Attribute::text("costCenter", "The cost centre."),
        Attribute::text("organization", "The organisation."),
        Attribute::text("division", "The division."),
        Attribute::text("department", "The department."),
        Attribute::complex("manager", MANAGER_SUBS, "The user's manager."),
    ],
};

/// An extension of the server's own: attributes of users that no client can know before it has read `/Schemas`.
pub(crate) static CUSTOM_USER: Schema = Schema {
    id: "urn:scim-check:schemas:extension:reference:1.0:User",
    name: "CustomUser",
    description: "What this server knows of users besides",
    attributes: &[
        Attribute::new("badgePrintedAt", Type::DateTime, "When the badge was printed.").read_only(),
        Attribute::text("badgeNumber", "The number on the badge.").case_exact().unique(),
        Attribute::text("deskColour", "The colour of the part of the building.").canonical(&["red", "yellow"]),
        Attribute::text("favouriteDrink", "What to serve in meetings."),
        Attribute::boolean("onCall", "Whether the user may be called at night."),
        Attribute::text("languages", "The languages the user speaks.").multi(),
    ],
};

static USER_EXTENSIONS: [&Schema; 2] = [&ENTERPRISE_USER, &CUSTOM_USER];

const MEMBER_SUBS: &[Attribute] = &[
    Attribute::text("value", "The id of the member.").case_exact().immutable(),
    Attribute::reference("$ref", &["User", "Group"], "The URI of the member.").immutable(),
    Attribute::text("display", "The name of the member.").read_only(),
    Attribute::text("type", "The resource type of the member.").canonical(&["User", "Group"]).immutable(),
];

/// The Group schema (RFC 7643 §4.2).
pub(crate) static GROUP: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "Group of users",
    attributes: &[
        Attribute::text("displayName", "The name of the group.").required(),
        Attribute::complex("members", MEMBER_SUBS, "The members of the group.").multi(),
    ],
};

const GRANT_NAME: Attribute = Attribute::text("displayName", "The name to show to people.").required().read_only();
const GRANT_DESCRIPTION: Attribute = Attribute::text("description", "What it allows.").read_only();

/// Okta's schema of roles.
pub(crate) static ROLE: Schema = Schema {
    id: "urn:okta:scim:schemas:core:1.0:Role",
    name: "Role",
    description: "Role that users can have",
    attributes: &[GRANT_NAME, GRANT_DESCRIPTION],
};

/// Okta's schema of entitlements.
pub(crate) static ENTITLEMENT: Schema = Schema {
    id: "urn:okta:scim:schemas:core:1.0:Entitlement",
    name: "Entitlement",
    description: "Entitlement that users can have",
    attributes: &[
        Attribute::text("type", "The name of the resource type it belongs to.").required().read_only(),
        GRANT_NAME,
        GRANT_DESCRIPTION,
    ],
};

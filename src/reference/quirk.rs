//! The known ways to be wrong: a table, and the names it goes by in data and on the command line.

use std::str::FromStr;
use std::sync::Arc;

macro_rules! quirks {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal,)+) => {
        /// One thing a faulty server does wrong, and who was seen doing it or what it costs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Quirk {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Quirk {
            /// All quirks, in the order of their declaration.
            pub const ALL: &[Quirk] = &[$(Quirk::$name,)+];

            /// The name on the command line and in data, in kebab-case.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self {
                    $(Quirk::$name => $id,)+
                }
            }
        }
    };
}

quirks! {
    // Connection, lists and lookups.
    /// Answers a list without results with `null`.
    /// Okta's support names such servers: "No results for users returned", and the connector cannot be saved.
    EmptyListAsNullBody = "empty-list-as-null-body",
    /// Answers a list without results with 200 and no body.
    /// Okta's support lists it beside the `null` body.
    EmptyListAsEmptyBody = "empty-list-as-empty-body",
    /// Answers a list without results with `[]`.
    /// Okta's support lists it beside the `null` body.
    EmptyListAsArray = "empty-list-as-array",
    /// Answers a list without results with a page of HTML.
    /// Okta's support lists it beside the `null` body.
    EmptyListAsHtml = "empty-list-as-html",
    /// Gives the three counters of a list as strings.
    /// Okta's documentation warns of it: they are to be exchanged as integers.
    ListCountersAsStrings = "list-counters-as-strings",
    /// Gives `startIndex` as a string when nothing matches.
    /// A server in Okta's support forum did so; Okta gave up after the lookup and never created the user.
    EmptyListStartIndexAsString = "empty-list-start-index-as-string",
    /// Gives `Resources: null` when nothing matches.
    /// elimity-com/scim did so.
    ResourcesNullWhenEmpty = "resources-null-when-empty",
    /// Leaves `Resources` out when nothing matches, which the RFC allows and Okta does not.
    /// Okta's support asks for the full object.
    ResourcesMissingWhenEmpty = "resources-missing-when-empty",
    /// Leaves `schemas` out of lists.
    /// Okta's SPEC test looks for it in every list.
    ListSchemasMissing = "list-schemas-missing",
    /// Repeats the requested `count` as `itemsPerPage`.
    /// Ory Polis did so, and Okta's reviewers blocked the integration.
    ItemsPerPageEchoesCount = "items-per-page-echoes-count",
    /// Knows nothing of resources after the hundredth.
    /// better-auth did so; users beyond it look removed.
    ListTruncatedAt100 = "list-truncated-at-100",
    /// Counts in `totalResults` the page only.
    /// WSO2 Identity Server and ssosync did so.
    TotalIsPageSize = "total-is-page-size",
    /// Gives -1 as `totalResults`.
    /// Servers that do not count answer like this; Okta pages by that number.
    TotalNegative = "total-negative",
    /// Begins every page but the first one resource too early.
    /// WSO2 Identity Server did so; imports found duplicates.
    PagesOverlap = "pages-overlap",
    /// Counts `startIndex` from 0, so that the first resource is never listed.
    /// WSO2 Identity Server was off by one like this.
    StartIndexZeroBased = "start-index-zero-based",
    /// Ignores `startIndex` and `count`.
    /// PostHog and GitLab did so.
    PagingIgnored = "paging-ignored",
    /// Ignores `startIndex`: every page is the first.
    /// GitLab did so; an import never ends.
    StartIndexIgnored = "start-index-ignored",
    /// Ignores `count`.
    /// Okta's entitlement test asks for one and demands one.
    CountIgnored = "count-ignored",
    /// Answers 400 to a page past the end.
    /// Okta's reviewers ask for such pages; they have to be empty.
    PastTheEnd400 = "past-the-end-400",
    /// Answers 404 to a page past the end.
    /// Okta's reviewers ask for such pages; they have to be empty.
    PastTheEnd404 = "past-the-end-404",
    /// Answers a page past the end with the last resource.
    /// Okta's reviewers ask for such pages; they have to be empty.
    PastTheEndRepeatsLastPage = "past-the-end-repeats-last-page",
    /// Lists in another order each time.
    /// Databases without ORDER BY do so; Okta's documentation demands one order.
    OrderUnstable = "order-unstable",
    /// Writes `resources`, `totalresults`, `startindex` and `itemsperpage`.
    /// Okta accepts it; the RFC's names are the others.
    LowerCaseKeys = "lower-case-keys",
    /// Answers 400 to a `count` of 100 or more.
    /// Okta asks for pages of 100.
    Count100Refused = "count-100-refused",
    /// Refuses every filter on users.
    /// FusionAuth did so.
    FilterUnsupported = "filter-unsupported",
    /// Ignores filters on users and lists them all.
    /// Servers that skip unknown parameters do so; Okta links the wrong user.
    FilterIgnored = "filter-ignored",
    /// Answers 404 when a filter finds nothing.
    /// Okta's documentation tolerates it, its SPEC test does not.
    LookupMiss404 = "lookup-miss-404",
    /// Never finds a user by filter.
    /// Servers with a stale search index do so; Okta creates the user again and again.
    LookupFindsNothing = "lookup-finds-nothing",
    /// Lists users and does not find them by id.
    /// Okta reads each user it has created, and before each PUT.
    ReadById404 = "read-by-id-404",
    /// Takes `+` in a query for itself, not for a space.
    /// Okta's captured traffic writes spaces as `+`.
    PlusNotDecoded = "plus-not-decoded",
    /// Leaves `%40` in a query as it is.
    /// Okta encodes the `@` of every userName.
    PercentAtNotDecoded = "percent-at-not-decoded",
    /// Answers 500 to a filter with an apostrophe.
    /// Servers that paste filters into SQL do so; O'Brien is the usual victim.
    ApostropheBreaksFilter = "apostrophe-breaks-filter",
    /// Refuses a filter with an escaped quotation mark in its text.
    /// Hand-written filter parsers do so.
    QuotedQuoteBreaksFilter = "quoted-quote-breaks-filter",
    /// Compares userNames with their case.
    /// Langfuse and Ory Polis did so; a variant slipped past the duplicate check.
    UsernameCaseSensitive = "username-case-sensitive",
    /// Shows userNames in lower case.
    /// PostHog did so; Okta's SPEC test compares them.
    UsernameLowercased = "username-lowercased",
    /// Answers POST with another userName than GET.
    /// Infisical did so.
    PostUsernameDiffers = "post-username-differs",
    /// Answers 500 to a wrong credential.
    /// Keycloak did so.
    AuthFailure500 = "auth-failure-500",
    /// Answers 403 to a wrong credential.
    /// Okta's SPEC test demands 401.
    AuthFailure403 = "auth-failure-403",
    /// Redirects to a login page when the credential is wrong.
    /// Web frameworks do so; Okta reports HTML instead of an error.
    AuthFailureRedirects = "auth-failure-redirects",
    /// Answers 401 with no body.
    /// PostHog did so; Okta's SPEC test reads the body.
    AuthFailureWithoutBody = "auth-failure-without-body",
    /// Serves everybody.
    /// Okta's documentation demands that no access is anonymous.
    AuthNotChecked = "auth-not-checked",
    /// Demands a credential and accepts any.
    /// Okta's SPEC test presents a wrong one and demands 401.
    WrongTokenAccepted = "wrong-token-accepted",
    /// Leaves `WWW-Authenticate` out of a 401.
    /// HTTP demands it; hand-written middleware forgets it.
    MissingWwwAuthenticate = "missing-www-authenticate",
    /// Wraps error bodies: `{"status": …, "response": {…}}`.
    /// SimpleIdServer did so.
    ErrorBodyWrapped = "error-body-wrapped",
    /// Answers errors in plain text.
    /// keycloak-scim-server did so; Okta shows "Unrecognized token".
    ErrorsPlainText = "errors-plain-text",
    /// Answers errors with a page of HTML.
    /// Proxies and frameworks do so; Okta shows "Unrecognized token".
    ErrorsHtml = "errors-html",
    /// Answers errors with no body.
    /// Okta shows the administrator the detail of the body, or nothing.
    ErrorsWithoutBody = "errors-without-body",
    /// Answers 404 with no body.
    /// Okta's SPEC test reads the body of a 404.
    NotFoundWithoutBody = "not-found-without-body",
    /// Leaves `schemas` out of errors.
    /// PostHog did so.
    ErrorSchemasMissing = "error-schemas-missing",
    /// Leaves `detail` empty in errors.
    /// Okta's SPEC test demands a text; its administrators read it.
    ErrorDetailEmpty = "error-detail-empty",
    /// Gives the `status` of errors as a number.
    /// Okta's own examples do so; the RFC says string.
    ErrorStatusAsNumber = "error-status-as-number",
    /// Writes 500 in the body of every error, whatever the HTTP status.
    /// Okta's SPEC test compares the two.
    ErrorStatusDiffers = "error-status-differs",
    /// Answers 500 to an unknown id.
    /// Okta's SPEC test asks for ids that cannot exist.
    UnknownId500 = "unknown-id-500",
    /// Answers 200 and an empty object to an unknown id.
    /// Okta's SPEC test asks for ids that cannot exist.
    UnknownId200 = "unknown-id-200",
    /// Answers 400 to an id that does not look like its own.
    /// Servers with UUID columns do so; Okta's SPEC test sends digits.
    IdSyntax400 = "id-syntax-400",
    /// Accepts no `Accept` but exactly `application/scim+json`.
    /// scim-for-keycloak did so.
    AcceptStrict406 = "accept-strict-406",
    /// Refuses an `Accept` with a charset.
    /// Okta's SPEC test sends one.
    AcceptParameter406 = "accept-parameter-406",
    /// Accepts no `Accept` but `application/json`.
    /// PostHog did so.
    AcceptScimJson406 = "accept-scim-json-406",
    /// Accepts bodies as `application/scim+json` only, not as `application/json`.
    /// Okta's SPEC test sends `application/json`.
    ContentTypeStrict415 = "content-type-strict-415",
    /// Refuses a content type with a charset.
    /// better-auth did so; Okta sends one with every body.
    ContentTypeCharset415 = "content-type-charset-415",
    /// Accepts bodies as `application/json` only.
    /// better-auth did so.
    ContentTypeScimJson415 = "content-type-scim-json-415",
    /// Labels every answer `text/html`.
    /// Okta forgives it; the RFC says application/scim+json.
    ContentTypeHtml = "content-type-html",
    /// A right server: every seventh request is answered 429 with `Retry-After` in seconds.
    /// Okta waits as long as it is told.
    RateLimited = "rate-limited",
    /// Gives `Retry-After` as a date in its 429 answers.
    /// HTTP allows it; Okta understands seconds only and waits five minutes.
    RetryAfterHttpDate = "retry-after-http-date",
    /// Leaves `Retry-After` out of its 429 answers.
    /// Okta then waits five minutes.
    RetryAfterMissing = "retry-after-missing",
    /// Takes its time with every answer.
    /// Okta gives up after 60 seconds.
    AnswersLate = "answers-late",
    /// A right server: what is written shows up in reads a moment later.
    /// Directories behind replicas settle like this.
    SettlesLate = "settles-late",

    // Creating and updating.
    /// Answers a create with 200.
    /// Okta's SPEC test demands 201.
    CreateAnswers200 = "create-answers-200",
    /// Answers a create with 201 and no body.
    /// Okta then reports "Create new user returned empty user".
    CreateWithoutBody = "create-without-body",
    /// Leaves `id` out of the answer to a create.
    /// Okta cannot link the user.
    CreateWithoutId = "create-without-id",
    /// Gives an empty `id` in the answer to a create.
    /// Okta's documentation demands one that is not empty.
    CreateIdEmpty = "create-id-empty",
    /// Gives ids as JSON numbers.
    /// Servers with integer keys do so; Okta's documentation demands strings.
    IdNumeric = "id-numeric",
    /// Gives a resource a new id with every change.
    /// Okta's documentation demands that ids stay.
    IdUnstable = "id-unstable",
    /// Takes the id from the client.
    /// The RFC says the server issues it.
    ClientIdUsed = "client-id-used",
    /// Takes two users with one e-mail address for duplicates.
    /// Ory Polis and Sourcegraph did so: the lookup finds nobody and the create is refused, for ever.
    DuplicateByEmail = "duplicate-by-email",
    /// Creates a second user with the same userName.
    /// Okta's SPEC test demands 409.
    DuplicateAccepted = "duplicate-accepted",
    /// Answers 400 to a duplicate.
    /// Okta's SPEC test demands 409.
    Duplicate400 = "duplicate-400",
    /// Answers 500 to a duplicate.
    /// Servers that leave it to the database's constraint do so; Okta's SPEC test demands 409.
    Duplicate500 = "duplicate-500",
    /// Leaves `scimType` out of the 409.
    /// The RFC says uniqueness.
    DuplicateUnnamed = "duplicate-unnamed",
    /// Answers a repeated create with 201 and resets the user to it.
    /// itsaplan did so; Okta repeats a create that timed out.
    RepeatedCreateWipes = "repeated-create-wipes",
    /// Leaves `schemas` out of resources.
    /// Snipe-IT did so.
    SchemasMissing = "schemas-missing",
    /// Leaves `familyName` out when it is empty.
    /// PostHog did so; Okta's SPEC test looks for it.
    FamilyNameDroppedWhenEmpty = "family-name-dropped-when-empty",
    /// Shows `N/A` as everybody's name.
    /// Sentry did so; imports become useless.
    NamesPlaceholder = "names-placeholder",
    /// Refuses users with the enterprise extension.
    /// Fleet did so.
    EnterpriseExtension400 = "enterprise-extension-400",
    /// Refuses bodies with an extension it does not know.
    /// Fleet did so.
    UnknownExtension400 = "unknown-extension-400",
    /// Refuses bodies with an attribute it does not know.
    /// Strict JSON mappers do so; Okta echoes whatever it once read.
    UnknownAttribute400 = "unknown-attribute-400",
    /// Wants `roles` and `entitlements` to be plain strings.
    /// FusionAuth did so.
    ComplexEntitlements400 = "complex-entitlements-400",
    /// Refuses `null` for a multi-valued attribute.
    /// SimpleIdServer did so.
    NullMultivalued400 = "null-multivalued-400",
    /// Refuses `null` for an extension.
    /// SimpleIdServer did so.
    NullExtension400 = "null-extension-400",
    /// Refuses `primary` in an address.
    /// SimpleIdServer and scim2-server did so.
    AddressPrimary400 = "address-primary-400",
    /// Fails at `primary` in a phone number.
    /// WSO2 Identity Server did so.
    PhonePrimary500 = "phone-primary-500",
    /// Refuses a user with `groups`, even with an empty list.
    /// Okta's creates always carry an empty one.
    GroupsEmpty400 = "groups-empty-400",
    /// Refuses passwords without a special character.
    /// Okta always sends a random one of letters and digits.
    PasswordPolicy400 = "password-policy-400",
    /// Refuses a PUT that echoes `id`, `meta` or `groups`.
    /// SCIMono did so; Okta echoes them all.
    PutReadonlyRejected = "put-readonly-rejected",
    /// Answers PUT with 204.
    /// Okta reads the updated user from the answer.
    PutAnswers204 = "put-answers-204",
    /// Answers PUT with 200 and changes nothing.
    /// Okta believes it and never asks again.
    PutIgnored = "put-ignored",
    /// Keeps what a PUT leaves out.
    /// The RFC allows a default, not the old value; lists of members never shrink.
    PutMerges = "put-merges",
    /// Creates a resource when PUT names an unknown id.
    /// The RFC forbids it.
    PutCreates = "put-creates",
    /// Keeps the old userName, whatever is sent.
    /// BuildBuddy did so.
    UsernameChangeIgnored = "username-change-ignored",
    /// Lets a user take another's userName by PUT or PATCH.
    /// SimpleIdServer did so.
    UsernameChangeUnchecked = "username-change-unchecked",
    /// Answers 500 when a change of userName takes another's.
    /// Servers that leave it to the database's constraint do so.
    UsernameTaken500 = "username-taken-500",
    /// Refuses a PUT with an empty or null optional attribute.
    /// Workvivo did so: "An error occurred while pushing a profile update".
    EmptyOptional400 = "empty-optional-400",
    /// Refuses a PUT without `displayName`.
    /// Okta leaves out what its administrator has not mapped.
    AbsentOptional400 = "absent-optional-400",
    /// Shows `addresses: [[]]`.
    /// Snipe-IT did so.
    AddressesMalformed = "addresses-malformed",
    /// Shows phone numbers without `value`.
    /// Snipe-IT did so.
    PhoneWithoutValue = "phone-without-value",
    /// Shows `emails` as an object.
    /// Okta takes the primary one out of a list.
    EmailsAsObject = "emails-as-object",
    /// Shows each e-mail address twice.
    /// The RFC says each type and value once.
    EmailsDuplicated = "emails-duplicated",
    /// Shows two primary e-mail addresses.
    /// Okta takes the primary one; there can be one only.
    PrimaryTwice = "primary-twice",
    /// Shows the password's hash.
    /// The RFC says never, in whatever form.
    PasswordReturned = "password-returned",
    /// Leaves `meta` out of resources.
    /// Hand-written servers do so; the RFC demands it.
    MetaMissing = "meta-missing",
    /// Points with `meta.location` to another place.
    /// Servers behind proxies do so.
    MetaLocationWrong = "meta-location-wrong",
    /// Writes times as `2026-01-01 00:00:00`.
    /// Servers that print their database's times do so.
    DateTimeMalformed = "date-time-malformed",
    /// Never changes `meta.lastModified`.
    /// The RFC says it is the time of the latest change.
    LastModifiedFrozen = "last-modified-frozen",
    /// Leaves `Location` out of the answer to a create.
    /// The RFC demands it.
    LocationHeaderMissing = "location-header-missing",
    /// Points with `Location` to where nothing is.
    /// Servers behind proxies do so.
    LocationWrong = "location-wrong",
    /// Ignores `If-Match`.
    /// The RFC demands 412.
    IfMatchIgnored = "if-match-ignored",
    /// Forgets e-mail addresses.
    /// Okta's base attributes include them.
    EmailsDropped = "emails-dropped",
    /// Forgets given names.
    /// Okta's base attributes include them.
    GivenNameDropped = "given-name-dropped",
    /// Forgets family names.
    /// Okta's base attributes include them.
    FamilyNameDropped = "family-name-dropped",
    /// Forgets the display names of users.
    /// Okta sends one with every user.
    DisplayNameDropped = "display-name-dropped",
    /// Forgets `externalId`.
    /// Okta puts its own id there.
    ExternalIdDropped = "external-id-dropped",
    /// Forgets `locale`.
    /// Okta sends one with every user.
    LocaleDropped = "locale-dropped",
    /// Forgets `title`.
    /// Okta's CRUD test sets one.
    TitleDropped = "title-dropped",
    /// Forgets phone numbers.
    /// Okta's CRUD test sets one.
    PhoneNumbersDropped = "phone-numbers-dropped",
    /// Forgets addresses.
    /// Okta's profiles map them.
    AddressesDropped = "addresses-dropped",
    /// Forgets the department of the enterprise extension.
    /// Okta's profiles map it.
    DepartmentDropped = "department-dropped",
    /// Forgets the manager of the enterprise extension.
    /// Okta's profiles map it.
    ManagerDropped = "manager-dropped",
    /// Forgets `roles`.
    /// Okta grants roles by them.
    RolesDropped = "roles-dropped",
    /// Forgets `entitlements`.
    /// Okta grants entitlements by them.
    EntitlementsDropped = "entitlements-dropped",
    /// Turns every character beyond ASCII into a question mark.
    /// Servers with Latin-1 databases do so.
    NonAsciiMangled = "non-ascii-mangled",
    /// Takes texts of digits for numbers: `0123` becomes `123`.
    /// Spreadsheet-minded servers do so; employee numbers suffer.
    LeadingZerosLost = "leading-zeros-lost",
    /// Cuts texts after 64 characters.
    /// Narrow database columns do so.
    LongStringsTruncated = "long-strings-truncated",

    // Deactivating and reactivating.
    /// Answers 501 to PATCH of users.
    /// Unity Catalog and Medplum did so; Okta does not fall back to PUT.
    PatchUnsupported = "patch-unsupported",
    /// Refuses PATCH of users without `path`.
    /// keycloak-scim-server and Sentry did so; Okta deactivates like that.
    PathlessPatchUnsupported = "pathless-patch-unsupported",
    /// Fails at PATCH of users without `path`.
    /// Scimitar needed a fix for it.
    PathlessPatch500 = "pathless-patch-500",
    /// Answers PATCH of users with 200 and changes nothing.
    /// Cogtrix did so.
    PatchNoop200 = "patch-noop-200",
    /// Answers PATCH with the changed resource and does not store it.
    /// Servers with a failing write-behind do so.
    PatchForgotten = "patch-forgotten",
    /// Answers PATCH with 202.
    /// Okta knows 200 and 204.
    PatchAnswers202 = "patch-answers-202",
    /// Answers PATCH with 200 and no body.
    /// Okta wants the whole resource, or 204.
    PatchAnswers200WithoutBody = "patch-answers-200-without-body",
    /// Applies the first operation of a PATCH only.
    /// Okta removes several members in one request.
    PatchFirstOperationOnly = "patch-first-operation-only",
    /// Keeps what preceded the failing operation of a PATCH.
    /// The RFC demands all or nothing.
    PatchNotAtomic = "patch-not-atomic",
    /// Ignores complex attributes in a PATCH without `path`.
    /// Servers written for `active` alone do so.
    PatchNameIgnored = "patch-name-ignored",
    /// Ignores extensions in a PATCH without `path`.
    /// Servers written for `active` alone do so.
    PatchExtensionIgnored = "patch-extension-ignored",
    /// Appends to a list that PATCH replaces.
    /// Users end with two primary addresses.
    PatchListsAppended = "patch-lists-appended",
    /// Never shows `active`.
    /// Okta's documentation demands it.
    ActiveMissing = "active-missing",
    /// Leaves `active` out once it is false.
    /// Snipe-IT did so; Okta's CRUD test fails.
    ActiveOmittedWhenFalse = "active-omitted-when-false",
    /// Shows `active` as 0 or 1.
    /// Snipe-IT did so.
    ActiveAsNumber = "active-as-number",
    /// Shows `active` as a string.
    /// Okta's documentation says boolean.
    ActiveAsString = "active-as-string",
    /// Creates every user inactive.
    /// Okta's SPEC test demands an active one.
    CreatedInactive = "created-inactive",
    /// Deletes the user when `active` becomes false.
    /// Harness, Sourcegraph and GrowthBook did so; Okta logs "User not found".
    DeactivateDeletes = "deactivate-deletes",
    /// Does not find inactive users by id.
    /// Sourcegraph did so; Okta's CRUD test fails.
    Inactive404ById = "inactive-404-by-id",
    /// Does not find inactive users by filter.
    /// better-auth and Fleet did so: Okta creates the user again and meets a conflict.
    InactiveHiddenFromFilter = "inactive-hidden-from-filter",
    /// Does not list inactive users without a filter.
    /// Okta then takes them for removed.
    InactiveHiddenFromList = "inactive-hidden-from-list",
    /// Refuses to reactivate.
    /// Fleet did so.
    Reactivation400 = "reactivation-400",
    /// Takes a reactivated user out of all groups.
    /// PostHog restored the flag and not the access.
    ReactivationLosesGroups = "reactivation-loses-groups",
    /// Gives a reactivated user a new id.
    /// Okta's test plan demands the same id.
    ReactivationNewId = "reactivation-new-id",
    /// Refuses a PATCH that changes nothing.
    /// better-auth did so.
    NoopPatch400 = "noop-patch-400",
    /// Ignores `active` in PUT.
    /// FusionAuth did so; custom Okta apps deactivate with PUT.
    PutIgnoresActive = "put-ignores-active",

    // Groups.
    /// Ignores filters on groups and lists them all.
    /// Open WebUI did so; Okta links the wrong group.
    GroupFilterIgnored = "group-filter-ignored",
    /// Finds every group whose name contains the text.
    /// FusionAuth did so.
    GroupFilterFuzzy = "group-filter-fuzzy",
    /// Refuses every filter on groups.
    /// Okta looks groups up by `displayName`.
    GroupFilterUnsupported = "group-filter-unsupported",
    /// Answers 501 to POST of groups.
    /// Logfire did so.
    GroupCreateUnsupported = "group-create-unsupported",
    /// Answers 501 to PUT of groups.
    /// Logfire did so.
    GroupPutUnsupported = "group-put-unsupported",
    /// Answers 501 to PATCH of groups.
    /// Okta pushes members with PATCH.
    GroupPatchUnsupported = "group-patch-unsupported",
    /// Answers 501 to DELETE of groups.
    /// Logfire did so.
    GroupDeleteUnsupported = "group-delete-unsupported",
    /// Answers DELETE with 200 and a body.
    /// The RFC and Okta demand 204.
    DeleteAnswers200 = "delete-answers-200",
    /// Answers DELETE with 204 and keeps the resource.
    /// Servers that delete in the background, and fail there, do so.
    DeleteIgnored = "delete-ignored",
    /// Refuses a PATCH of groups without `path`.
    /// keycloak-scim-server did so: Okta marks the push as failed and sends no members.
    GroupPathlessReplace400 = "group-pathless-replace-400",
    /// Removes all members when a PATCH without `path` names none.
    /// LangWatch did so.
    GroupRenameEmptiesMembers = "group-rename-empties-members",
    /// Ignores `displayName` in PATCH of groups.
    /// Okta renames with every push of members.
    GroupRenameIgnored = "group-rename-ignored",
    /// Refuses a group whose name, as a slug, was ever used.
    /// Sentry did so: 409, and the filter finds nothing.
    GroupSlugConflict = "group-slug-conflict",
    /// Lists groups under the name they were created with.
    /// Sentry did so; a push renames them back.
    GroupImportOriginalName = "group-import-original-name",
    /// Leaves `members` out when a group is read.
    /// Okta's portal demands them.
    GroupMembersMissing = "group-members-missing",
    /// Ignores `remove` with `members[value eq "…"]`.
    /// authentik did so, with 200.
    MemberRemoveIgnored = "member-remove-ignored",
    /// Refuses `remove` with `members[value eq "…"]`.
    /// SimpleIdServer did so.
    MemberRemove400 = "member-remove-400",
    /// Removes all members when one is to be removed.
    /// SimpleIdServer and Apache Directory SCIMple did so.
    MemberRemoveClearsAll = "member-remove-clears-all",
    /// Refuses to replace members with none.
    /// SCIM-SDK did so; "Push Now" of an empty group fails.
    ReplaceMembersEmpty400 = "replace-members-empty-400",
    /// Ignores `members` in a PATCH without `path`.
    /// Okta was seen sending them like that to keycloak-scim-server.
    MembersPathlessIgnored = "members-pathless-ignored",
    /// Ignores members without `type`.
    /// SCIM-SDK did so; Okta sends none.
    MemberWithoutTypeIgnored = "member-without-type-ignored",
    /// Answers 409 when a member is added again.
    /// SimpleIdServer did so.
    MemberReadd409 = "member-readd-409",
    /// Lists a member twice that was added twice.
    /// The RFC demands that a repeated add changes nothing.
    MemberReaddDuplicates = "member-readd-duplicates",
    /// Refuses members with `display`.
    /// SimpleIdServer did so.
    MemberDisplay400 = "member-display-400",
    /// Refuses members whose `display` is null.
    /// scimgateway was sent such members by Okta.
    MemberDisplayNull400 = "member-display-null-400",
    /// Ignores `members` in PUT.
    /// keycloak-scim-server did so.
    PutGroupIgnoresMembers = "put-group-ignores-members",
    /// Refuses a PUT that changes the members a group has.
    /// SimpleIdServer did so: "members.value is immutable".
    SecondGroupPut400 = "second-group-put-400",
    /// Refuses a whole member change when one of the ids is unknown.
    /// Fleet and Sentry did so; Okta does not repeat the push.
    StaleMemberLosesPush = "stale-member-loses-push",
    /// Empties the group when it is to get unknown members only.
    /// keycloak-scim-server did so, with 200.
    ReplaceUnknownClearsMembers = "replace-unknown-clears-members",
    /// Loses members when two PATCHes come at the same moment.
    /// Fleet and Ory Polis did so.
    ConcurrentPatchLosesMembers = "concurrent-patch-loses-members",
    /// Sees a hundred members only, and forgets the others with the next PATCH.
    /// FusionAuth did so.
    MembersTruncatedAt100 = "members-truncated-at-100",
    /// Fails at groups of more than a hundred members.
    /// FusionAuth did so, at thousands.
    LargeGroup500 = "large-group-500",
    /// Refuses more than a hundred member changes at once.
    /// Okta sends up to a thousand.
    MemberBatch413 = "member-batch-413",
    /// Takes its time over each member.
    /// Ory Polis did so: 256 members timed out.
    MemberWritesSlow = "member-writes-slow",
    /// Ignores operations whose `op` does not begin with a capital.
    /// Logfire did so, with 204.
    LowercaseOpsIgnored = "lowercase-ops-ignored",
    /// Never shows a user's `groups`.
    /// The RFC derives them from the members.
    UserGroupsMissing = "user-groups-missing",
    /// Keeps showing a group to a user who left it.
    /// Servers that store both sides do so.
    UserGroupsStale = "user-groups-stale",

    // Discovery.
    /// Answers 404 for `ServiceProviderConfig`.
    /// Okta does not ask for it; others do.
    ServiceProviderConfigMissing = "service-provider-config-missing",
    /// Answers `ResourceTypes` with a bare array.
    /// Okta's schema discovery demands a list.
    ResourceTypesBareArray = "resource-types-bare-array",
    /// Answers `Schemas` with a bare array.
    /// Okta's schema discovery demands a list.
    SchemasBareArray = "schemas-bare-array",
}

impl FromStr for Quirk {
    /// The name that no quirk has.
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Quirk::ALL.iter().copied().find(|quirk| quirk.id() == name).ok_or_else(|| name.to_owned())
    }
}

/// The quirks of one server; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quirks {
    present: Arc<[Quirk]>,
}

impl Quirks {
    pub(crate) fn new(quirks: &[Quirk]) -> Self {
        Self { present: quirks.into() }
    }

    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.present.contains(&quirk)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }
}

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
    /// Refuses a list of users without a filter.
    /// Servers written for lookups alone do so; Okta tests the connection with such a list.
    UnfilteredList400 = "unfiltered-list-400",
    /// Answers 501 to a list of groups without a filter.
    /// Servers written for Group Push alone do so; Okta tests the connection with such a list.
    GroupListUnsupported = "group-list-unsupported",
    /// Fails at every request with `startIndex` or `count`.
    /// Servers whose lists were written for lookups without them do so; Okta's connection test has both.
    Paging500 = "paging-500",
    /// Takes its time with every list of groups.
    /// Servers that load the members group by group do so; Okta's SPEC test allows 600 milliseconds.
    GroupListSlow = "group-list-slow",
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
    /// Gives `Resources` as an object with numbers for keys, unless there is a filter.
    /// PHP encodes an array with gaps like that; Okta finds nobody in it.
    ResourcesAsMap = "resources-as-map",
    /// Leaves `startIndex` out of lists.
    /// The RFC asks for it on pages; Okta's SPEC test looks for it in the page it asks for.
    StartIndexMissing = "start-index-missing",
    /// Leaves `startIndex` and `itemsPerPage` out of lists that hold all results.
    /// Servers that go by the letter of the RFC do so; Okta looks for both only where it asks for one user of several.
    CountersOnPartialListsOnly = "counters-on-partial-lists-only",
    /// Leaves `schemas` out of lists.
    /// Okta's SPEC test looks for it in every list.
    ListSchemasMissing = "list-schemas-missing",
    /// Repeats the requested `count` as `itemsPerPage`.
    /// Ory Polis did so, and Okta's reviewers blocked the integration.
    ItemsPerPageEchoesCount = "items-per-page-echoes-count",
    /// Knows nothing of resources after the hundredth.
    /// better-auth did so; users beyond it look removed.
    ListTruncatedAt100 = "list-truncated-at-100",
    /// Gives fifty resources at most, whatever `count` says.
    /// Okta asks for a hundred and goes on at 101, so that every second fifty is lost.
    PagesCutAt50 = "pages-cut-at-50",
    /// Lists a user first who has neither name nor e-mail address.
    /// Servers with a built-in administrator do so; Okta's SPEC test looks at the first user.
    FirstUserIncomplete = "first-user-incomplete",
    /// Leaves e-mail addresses out of lists without a filter.
    /// Servers with a short form for lists do so; an administrator has to fill the gap by hand.
    ListedUsersIncomplete = "listed-users-incomplete",
    /// Lists an account of a service that has no userName.
    /// Servers that keep people and programs in one table do so; the RFC demands a userName.
    ServiceAccountUnnamed = "service-account-unnamed",
    /// Counts in `totalResults` the page only.
    /// WSO2 Identity Server and ssosync did so.
    TotalIsPageSize = "total-is-page-size",
    /// Leaves `totalResults` out of lists.
    /// Servers that page by links do so; the RFC demands it of every list.
    TotalMissing = "total-missing",
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
    /// Writes `username` for `userName`.
    /// Servers that print the columns of their table do so; Okta's SPEC test looks for the RFC's spelling.
    UsernameKeyLowerCase = "username-key-lower-case",
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
    /// Lists everything when a filter finds nothing.
    /// Servers that fall back to the whole list do so; Okta links whatever comes first.
    LookupMissListsAll = "lookup-miss-lists-all",
    /// Never finds a user by filter.
    /// Servers with a stale search index do so; Okta creates the user again and again.
    LookupFindsNothing = "lookup-finds-nothing",
    /// Does not find a user by filter until the next one is created.
    /// Search indexes that lag one write behind do so; Okta's CRUD test looks up what it has just created.
    NewestUserUnfindable = "newest-user-unfindable",
    /// Finds a user by filter half a second after it was created.
    /// Servers whose search index is filled in the background do so; Okta's CRUD test waits for twenty seconds.
    LookupsLag = "lookups-lag",
    /// Does not find accounts by filter that were created without `externalId`.
    /// Servers that look among the accounts they provisioned themselves do so; Okta creates them again.
    UnmanagedUnfindable = "unmanaged-unfindable",
    /// Does not list a user without a filter until the next one is created.
    /// Lists from a cache do so; an import takes the user for removed.
    NewestUserUnlisted = "newest-user-unlisted",
    /// Does not find a user by id until the next one is created.
    /// Caches that lag one write behind do so; Okta's SPEC test reads what it has just created.
    NewestUserUnreadable = "newest-user-unreadable",
    /// Shows in lookups the profile that a user was created with.
    /// Search indexes fed by creates alone do so; Okta links and compares with stale values.
    LookupProfileStale = "lookup-profile-stale",
    /// Leaves names and e-mail addresses out of what a lookup finds.
    /// Servers with a short form for results of searches do so; Okta's CRUD test reads the new user there.
    LookupResultsSlim = "lookup-results-slim",
    /// Shows in lists without a filter the profile that a user was created with.
    /// Lists from a cache do so; the next import brings the old values back.
    ListProfileStale = "list-profile-stale",
    /// Lists users and does not find them by id.
    /// Okta reads each user it has created, and before each PUT.
    ReadById404 = "read-by-id-404",
    /// Takes `+` in a query for itself, not for a space.
    /// Okta's captured traffic writes spaces as `+`.
    PlusNotDecoded = "plus-not-decoded",
    /// Finds nothing when the spaces of a filter are written `%20`.
    /// Servers that read filters from the raw query do so; Okta's reference writes spaces like that.
    PercentSpaceNotDecoded = "percent-space-not-decoded",
    /// Takes `%2B` in a query for a space.
    /// Servers that decode twice do so; users with a plus sign in their names are never found.
    EncodedPlusAsSpace = "encoded-plus-as-space",
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
    /// Refuses users whose userName is not in lower case.
    /// Servers that check names against a pattern do so; Okta's SPEC test creates one in mixed case.
    MixedCaseUsername400 = "mixed-case-username-400",
    /// Shows userNames in lower case.
    /// PostHog did so; Okta's SPEC test compares them.
    UsernameLowercased = "username-lowercased",
    /// Shows of a userName only what precedes the `@`.
    /// Servers whose account names hold no `@` do so; Okta's SPEC test compares them.
    UsernameShortened = "username-shortened",
    /// Stores the e-mail address in place of the userName.
    /// Products whose login is the e-mail address do so; Okta looks the account up by the userName that it sent.
    UsernameIsEmail = "username-is-email",
    /// Takes a new e-mail address for a new userName as well.
    /// Servers that keep the login in step with the address do so; Okta never finds the account again.
    EmailChangeRenames = "email-change-renames",
    /// Looks for a userName among the e-mail addresses.
    /// Servers that know people by their address do so; whoever has another userName is created again and again.
    LookupByEmail = "lookup-by-email",
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
    /// Answers 401 with no body to a request without credentials.
    /// Gateways in front of a server do so; the server is asked about credentials only where there are some.
    AnonymousWithoutBody = "anonymous-without-body",
    /// Serves everybody.
    /// Okta's documentation demands that no access is anonymous.
    AuthNotChecked = "auth-not-checked",
    /// Demands a credential and accepts any.
    /// Okta's SPEC test presents a wrong one and demands 401.
    WrongTokenAccepted = "wrong-token-accepted",
    /// Looks at the credential when all is done, and then answers 401.
    /// Servers whose check is a hook around the answer do so; whoever is refused has created somebody all the same.
    AuthCheckedLate = "auth-checked-late",
    /// Knows one credential, and refuses every other.
    /// Servers that keep one token per tenant do so; Okta's test plan renews the credential while the old one is in use.
    SecondTokenRefused = "second-token-refused",
    /// Goes on accepting a credential that was taken back.
    /// Servers that check tokens by signature alone do so; nobody who ever had one can be locked out.
    RevokedTokenAccepted = "revoked-token-accepted",
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
    /// Answers errors as `{"message": …, "code": …}`.
    /// Servers with an API of their own beside SCIM do so; Okta looks for `detail` and shows nothing.
    ErrorsOwnFormat = "errors-own-format",
    /// Answers errors with no body.
    /// Okta shows the administrator the detail of the body, or nothing.
    ErrorsWithoutBody = "errors-without-body",
    /// Answers 200 to a body that is no JSON, and says in the body of the answer what is wrong.
    /// Servers that report every failure like that do so, as GraphQL has it; Okta takes it for done.
    MalformedBody200 = "malformed-body-200",
    /// Answers 500 to a body that is no JSON.
    /// Servers whose parser throws before their own code is asked do so; the RFC says 400.
    MalformedBody500 = "malformed-body-500",
    /// Answers 404 with no body.
    /// Okta's SPEC test reads the body of a 404.
    NotFoundWithoutBody = "not-found-without-body",
    /// Answers 409 with no body.
    /// Okta shows the detail of that body as the reason of a failed task.
    ConflictWithoutBody = "conflict-without-body",
    /// Leaves `schemas` out of errors.
    /// PostHog did so.
    ErrorSchemasMissing = "error-schemas-missing",
    /// Leaves `detail` empty in errors.
    /// Okta's SPEC test demands a text; its administrators read it.
    ErrorDetailEmpty = "error-detail-empty",
    /// Prints the stack trace of the failure into `detail`.
    /// Frameworks in their mode for development do so; Okta shows `detail` to the administrators of every customer.
    ErrorDetailTraceback = "error-detail-traceback",
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
    /// Answers a read by id with an array of one resource.
    /// Servers that pass on the rows of a query do so; Okta reads one object.
    ReadsAsArray = "reads-as-array",
    /// Answers 422 to a user without userName.
    /// FastAPI and Rails do so with whatever does not validate; Okta's list has 400.
    InvalidUser422 = "invalid-user-422",
    /// Redirects a path with a doubled slash to the one without.
    /// Frameworks that tidy paths do so; some administrators end the base URL with a slash.
    DoubledSlashRedirects = "doubled-slash-redirects",
    /// Redirects `/Groups` to `/Groups/`.
    /// FastAPI does so with the routes of a router that has a prefix and the path `/`; Okta asks without the slash.
    GroupsRedirectToSlash = "groups-redirect-to-slash",
    /// Accepts no `Accept` but exactly `application/scim+json`.
    /// scim-for-keycloak did so.
    AcceptStrict406 = "accept-strict-406",
    /// Refuses an `Accept` with a charset.
    /// Okta's SPEC test sends one.
    AcceptParameter406 = "accept-parameter-406",
    /// Accepts no `Accept` but `application/json`.
    /// PostHog did so.
    AcceptScimJson406 = "accept-scim-json-406",
    /// Refuses a request with `Accept-Charset`.
    /// Okta sends that header with every request.
    AcceptCharset406 = "accept-charset-406",
    /// Refuses a GET with a `Content-Type`, for want of a body.
    /// Parsers that go by that header do so; Okta's SPEC test sends it with its reads.
    GetWithContentType400 = "get-with-content-type-400",
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
    /// Labels every answer `application/json`.
    /// Frameworks do so by themselves; Okta takes it, and reviewers remark on it.
    ContentTypeJson = "content-type-json",
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
    /// Refuses a create without `name.formatted`.
    /// Servers that took the RFC's full example for the rule do so; Okta never sends the attribute with a create.
    CreateDemandsFormatted = "create-demands-formatted",
    /// Answers a create with 200.
    /// Okta's SPEC test demands 201.
    CreateAnswers200 = "create-answers-200",
    /// Answers a create with 201 and no body.
    /// Okta then reports "Create new user returned empty user".
    CreateWithoutBody = "create-without-body",
    /// Leaves names and e-mail addresses out of the answer to a create.
    /// Servers with a short form for what was just made do so; Okta's SPEC test looks for the names there.
    CreateAnswerWithoutProfile = "create-answer-without-profile",
    /// Shows a new user as inactive in the answer to the create.
    /// Servers that switch the account on after they have answered do so; Okta's SPEC test looks there.
    CreateAnswersInactive = "create-answers-inactive",
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
    /// Computes ids from `displayName`, so that users of one name share the id too.
    /// Servers with UUIDs made of names do so; Okta changes the wrong person.
    IdsFromDisplayNames = "ids-from-display-names",
    /// Begins every id with `bulkId`.
    /// The RFC reserves the word for references inside a bulk request.
    IdsNameBulkId = "ids-name-bulk-id",
    /// Begins every id with `BULKID`.
    /// Ids of letters and digits may hold any word; the one that the RFC reserves is written otherwise.
    IdsNameBulkIdInCapitals = "ids-name-bulk-id-in-capitals",
    /// Takes the id from the client.
    /// The RFC says the server issues it.
    ClientIdUsed = "client-id-used",
    /// Refuses a create that carries an `id`.
    /// The RFC says a read-only attribute is ignored; strict mappers refuse it.
    ClientId400 = "client-id-400",
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
    /// Names the core schema of a resource twice.
    /// Servers that add their URI to those of the request do so; the RFC forbids it.
    SchemasRepeated = "schemas-repeated",
    /// Names extensions in `schemas` without their URIs: `EnterpriseUser`.
    /// Servers that list the names of their classes do so; clients look for the URI.
    SchemasShortNames = "schemas-short-names",
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
    /// Shows the enterprise extension as a text that holds JSON.
    /// Servers that keep extensions in a column of text do so; nothing in it can be read.
    ExtensionAsText = "extension-as-text",
    /// Refuses updates with an attribute it does not know, and ignores it in creates.
    /// Servers that parse creates and updates in two places do so; Fleet refused such attributes.
    UnknownInUpdate400 = "unknown-in-update-400",
    /// Wants `roles` and `entitlements` to be plain strings.
    /// FusionAuth did so.
    ComplexEntitlements400 = "complex-entitlements-400",
    /// Fails at `roles` and `entitlements` that are objects.
    /// Servers that take each value for a string without looking do so; FusionAuth wanted strings.
    ComplexEntitlements500 = "complex-entitlements-500",
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
    /// Refuses users with `externalId`.
    /// Strict JSON mappers do so; Okta sends its own id with every create.
    ExternalId400 = "external-id-400",
    /// Refuses passwords without a special character.
    /// Okta always sends a random one of letters and digits.
    PasswordPolicy400 = "password-policy-400",
    /// Refuses a PUT that echoes `id`, `meta` or `groups`.
    /// SCIMono did so; Okta echoes them all.
    PutReadonlyRejected = "put-readonly-rejected",
    /// Refuses a PUT that echoes `id`, `meta` or `groups`, in the words of its framework.
    /// Spring validates before SCIM has its turn and answers with problem details; Okta looks for an Error message.
    PutReadonlyProblemDetails = "put-readonly-problem-details",
    /// Answers PUT with 204.
    /// Okta reads the updated user from the answer.
    PutAnswers204 = "put-answers-204",
    /// Answers 501 to PUT of users.
    /// Servers written for PATCH alone do so; custom Okta apps change users with PUT only.
    PutUnsupported = "put-unsupported",
    /// Answers PUT of users with 200 and no body.
    /// Okta reads the updated user from the answer.
    PutWithoutBody = "put-without-body",
    /// Takes `id` and `meta.created` from a PUT of a user.
    /// Servers that store what they are sent do so; Okta no longer finds the user.
    PutTakesReadonly = "put-takes-readonly",
    /// Gives a user exactly the groups that its PUT names.
    /// Okta echoes the groups of a moment ago, or none.
    PutAppliesGroups = "put-applies-groups",
    /// Ignores extensions in PUT.
    /// Servers written for the core schema do so; a change of department never arrives.
    PutExtensionIgnored = "put-extension-ignored",
    /// Splits `name.formatted` of a PUT and overwrites the parts of the name with it.
    /// Okta changes the parts and echoes the old formatted name.
    FormattedNameWins = "formatted-name-wins",
    /// Keeps of a name one text, the formatted one, and shows that alone.
    /// Servers with one column for the name do so; the old text comes back with every PUT, and no change of name arrives.
    NameKeptFormatted = "name-kept-formatted",
    /// Switches an account on with every update of its profile.
    /// Servers that make every saved user active do so; people who left are let in again.
    UpdateReactivates = "update-reactivates",
    /// Switches an account on with a PUT that leaves `active` out.
    /// The RFC lets servers reset what is left out; a client that forgets it lets people in again.
    PutWithoutActiveActivates = "put-without-active-activates",
    /// Refuses to change a user who was created without `externalId`.
    /// Servers that guard their own accounts do so; Okta links accounts that were there before.
    UnmanagedAccount403 = "unmanaged-account-403",
    /// Forgets `externalId` with every PUT of a user.
    /// Servers whose updates write a fixed list of columns do so; Okta's id is gone after the first change.
    PutForgetsExternalId = "put-forgets-external-id",
    /// Stores the word `null` where a text is null.
    /// Servers that make a text of whatever they are sent do so; people get the title null.
    NullStoredAsText = "null-stored-as-text",
    /// Takes an empty text in a PUT for nothing said, and keeps the old one.
    /// Servers that only look whether there is a value do so; what was emptied in Okta stays.
    EmptyTextIgnored = "empty-text-ignored",
    /// Answers PUT with 200 and changes nothing.
    /// Okta believes it and never asks again.
    PutIgnored = "put-ignored",
    /// Refuses a PUT of a user that changes nothing.
    /// Servers for which nothing to do is a mistake do so; Okta repeats what it is not sure of.
    NoopPut400 = "noop-put-400",
    /// Keeps what a PUT leaves out.
    /// The RFC knows cleared values and defaults, not the old ones.
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
    /// Refuses a change of userName that takes another's, and has stored it by then.
    /// Servers that save before they check, and do not undo it, do so; two accounts share the name.
    RefusedRenameStored = "refused-rename-stored",
    /// Answers 500 when a change of userName takes another's.
    /// Servers that leave it to the database's constraint do so.
    UsernameTaken500 = "username-taken-500",
    /// Refuses a PUT with an empty or null optional attribute.
    /// Workvivo did so: "An error occurred while pushing a profile update".
    EmptyOptional400 = "empty-optional-400",
    /// Refuses a PUT that leaves out a `title` that the user has.
    /// Servers that want each attribute said again do so; Okta leaves out what its administrator has not mapped.
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
    /// Stores an e-mail address twice when a PATCH sends it again.
    /// Servers that insert what they are sent, before they delete what is not sent, do so; the RFC says each type and value once.
    ResentAddressDoubled = "resent-address-doubled",
    /// Shows two primary e-mail addresses.
    /// Okta takes the primary one; there can be one only.
    PrimaryTwice = "primary-twice",
    /// Leaves `primary` out of e-mail addresses.
    /// Servers with one address per user do so; Okta reads the primary one.
    PrimaryMissing = "primary-missing",
    /// Shows `primary` as a string.
    /// Servers that keep flags as text do so; Okta reads the address that is primary.
    PrimaryAsText = "primary-as-text",
    /// Shows texts of digits as numbers: `"04107"` becomes `4107`.
    /// PHP does so with JSON_NUMERIC_CHECK; postal codes and employee numbers suffer.
    NumericTextsAsNumbers = "numeric-texts-as-numbers",
    /// Shows certificates of users in PEM.
    /// Servers that pass on what OpenSSL printed do so; the RFC says base64 and nothing around it.
    CertificateAsPem = "certificate-as-pem",
    /// Shows the password's hash.
    /// The RFC says never, in whatever form.
    PasswordReturned = "password-returned",
    /// Refuses a password in PUT and PATCH.
    /// Servers with an endpoint of its own for passwords do so; Okta syncs them like any attribute.
    PasswordChange400 = "password-change-400",
    /// Says that passwords cannot be changed, and refuses a password in PUT and PATCH.
    /// Products that people sign in to by SSO alone do so.
    PasswordChangeUndeclared = "password-change-undeclared",
    /// Leaves `meta` out of resources.
    /// Hand-written servers do so; the RFC demands it.
    MetaMissing = "meta-missing",
    /// Points with `meta.location` to another place.
    /// Servers behind proxies do so.
    MetaLocationWrong = "meta-location-wrong",
    /// Leaves the placeholder of its route in `meta.location`: `/Users/<user_id>`.
    /// Servers that print the route of the framework, such as Flask's, do so; it leads nowhere.
    MetaLocationUnfilled = "meta-location-unfilled",
    /// Shows `meta` as `[]`.
    /// PHP encodes an empty map like that.
    MetaAsArray = "meta-as-array",
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
    /// Answers 428 to PUT and PATCH without `If-Match`.
    /// Servers that guard against lost updates do so; Okta never sends it.
    IfMatchRequired = "if-match-required",
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
    /// Stores `externalId` in capitals.
    /// Servers that normalise keys do so; Okta's ids differ by letter case.
    ExternalIdAltered = "external-id-altered",
    /// Forgets `locale`.
    /// Okta sends one with every user.
    LocaleDropped = "locale-dropped",
    /// Forgets `title`.
    /// Okta's CRUD test sets one.
    TitleDropped = "title-dropped",
    /// Forgets phone numbers.
    /// Okta's CRUD test sets one.
    PhoneNumbersDropped = "phone-numbers-dropped",
    /// Forgets phone numbers, which it describes as writable.
    /// Servers whose framework describes every attribute of the RFC do so; what is mapped in Okta goes nowhere.
    PhoneNumbersDescribedOnly = "phone-numbers-described-only",
    /// Serves no `/Schemas`, and forgets phone numbers.
    /// Many servers do so; nobody learns what they store.
    PhoneNumbersUnmentioned = "phone-numbers-unmentioned",
    /// Forgets the types of e-mail addresses.
    /// Servers with one column for each address do so; nobody knows any more which one is for work.
    EmailTypesDropped = "email-types-dropped",
    /// Keeps of several e-mail addresses, and of several phone numbers, the first.
    /// Servers with one column for each attribute do so, whatever `multiValued` says.
    FirstValueOnly = "first-value-only",
    /// Shows the userName in place of the display name.
    /// Servers that name accounts by their logins do so.
    DisplayNameReplaced = "display-name-replaced",
    /// Answers a create with the phone numbers that were sent, and does not keep them.
    /// Servers that send back the body of the request do so; nobody learns that the number is lost.
    PhoneNumbersAnsweredOnly = "phone-numbers-answered-only",
    /// Forgets addresses.
    /// Okta's profiles map them.
    AddressesDropped = "addresses-dropped",
    /// Forgets the department of the enterprise extension.
    /// Okta's profiles map it.
    DepartmentDropped = "department-dropped",
    /// Forgets the enterprise extension that it says it has.
    /// Servers that list what their framework defines do so; departments and managers never arrive.
    EnterpriseDropped = "enterprise-dropped",
    /// Forgets the manager of the enterprise extension.
    /// Okta's profiles map it.
    ManagerDropped = "manager-dropped",
    /// Shows a manager of empty texts where there is none.
    /// Go servers without `omitempty` do so; an empty `$ref` is no URI.
    ManagerShownEmpty = "manager-shown-empty",
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
    /// Takes nickName and does not keep it.
    /// Mapped attributes without a column are dropped in silence; Okta's reviewers compare what was sent with what is there.
    NicknameDropped = "nickname-dropped",
    /// Keeps nickName as it was when the user was created.
    /// Servers whose updates know fewer columns than their inserts do so.
    NicknameFixed = "nickname-fixed",
    /// Takes null for nickName as if it had not been sent.
    /// Serializers that skip null do so, and leave what was removed in Okta.
    NicknameNotCleared = "nickname-not-cleared",
    /// Leaves nickName out of users in lists.
    /// Lists are often written from a view with fewer columns than a single user; Okta imports from lists alone.
    NicknameUnlisted = "nickname-unlisted",
    /// Refuses a PATCH of a user with an empty text.
    /// Workvivo did so on a push of a profile, by a support article that does not tell PUT from PATCH.
    PatchEmptyText400 = "patch-empty-text-400",
    /// Lists nickName as it was when the user was created.
    /// Lists often come from a search index that is filled at creation and renewed at night.
    NicknameListedAsCreated = "nickname-listed-as-created",
    /// Cuts nickName after 64 characters.
    /// Narrow database columns do so without a word.
    NicknameNarrow = "nickname-narrow",

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
    /// Answers PATCH with 204.
    /// Okta's reference names it beside 200.
    PatchAnswers204 = "patch-answers-204",
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
    /// Answers 501 to a PATCH of `displayName` without `path`.
    /// Servers written for `active` alone do so, and know no other attribute.
    PatchDisplayName501 = "patch-display-name-501",
    /// Fails at a PATCH of a user's name.
    /// Servers written for `active` alone do so; nothing is changed, and the task waits for a retry by hand.
    PatchName500 = "patch-name-500",
    /// Refuses a PATCH of e-mail addresses.
    /// Servers that want each address confirmed first do so; Okta's change of it never arrives.
    PatchEmails400 = "patch-emails-400",
    /// Removes the profile attributes that a PATCH of the profile without `path` does not name.
    /// Servers that treat PATCH as PUT do so; each update wipes the rest.
    PathlessReplaceResets = "pathless-replace-resets",
    /// Appends to a list that PATCH replaces.
    /// Users end with two primary addresses.
    PatchListsAppended = "patch-lists-appended",
    /// Ignores `active` in PATCH.
    /// Servers that keep the state elsewhere do so; the account stays open, and nobody notices.
    PatchIgnoresActive = "patch-ignores-active",
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
    /// Answers a deactivation with the user as it was before.
    /// Servers that read before they write do so; Okta is told that the user is still active.
    DeactivationAnswersActive = "deactivation-answers-active",
    /// Removes title, numbers and addresses of a user who is deactivated.
    /// Servers that keep of leavers what is needed only do so; Okta's test plan wants them back as they were.
    DeactivationWipesProfile = "deactivation-wipes-profile",
    /// Refuses `active: false` in PUT.
    /// Servers that deactivate by PATCH alone do so; custom Okta apps use PUT.
    DeactivatingPut400 = "deactivating-put-400",
    /// Does not find inactive users by filter.
    /// better-auth and Fleet did so: Okta creates the user again and meets a conflict.
    InactiveHiddenFromFilter = "inactive-hidden-from-filter",
    /// Finds inactive users by filter, and shows them there as active.
    /// Search indexes that are not told who leaves do so; Okta sees no need to switch such an account on.
    InactiveFoundAsActive = "inactive-found-as-active",
    /// Does not find users by filter who were inactive once.
    /// Search indexes from which leavers are taken and not put back do so; Okta creates the user again.
    ReturnedUnfindable = "returned-unfindable",
    /// Does not list inactive users without a filter.
    /// Okta then takes them for removed.
    InactiveHiddenFromList = "inactive-hidden-from-list",
    /// Lists inactive users as active, unless there is a filter.
    /// Lists that leave the state to a default do so; an import takes leavers for active.
    InactiveListedAsActive = "inactive-listed-as-active",
    /// Lists users as inactive who were inactive once, unless there is a filter.
    /// Indexes that are told who leaves and not who comes back do so; where the product is the source, they stay locked out.
    ReturnedListedAsInactive = "returned-listed-as-inactive",
    /// Refuses to reactivate.
    /// Fleet did so.
    Reactivation400 = "reactivation-400",
    /// Answers a reactivation with 200 and leaves the account inactive.
    /// Servers that close accounts for good do so; Okta shows the user as provisioned.
    ReactivationIgnored = "reactivation-ignored",
    /// Removes name, title, numbers and addresses of a user who is reactivated.
    /// Servers that begin a new account do so; Okta's test plan wants the same attributes.
    ReactivationResetsProfile = "reactivation-resets-profile",
    /// Takes a reactivated user out of all groups.
    /// PostHog restored the flag and not the access.
    ReactivationLosesGroups = "reactivation-loses-groups",
    /// Gives a reactivated user a new id.
    /// Okta's test plan demands the same id.
    ReactivationNewId = "reactivation-new-id",
    /// Refuses a PATCH that changes nothing.
    /// better-auth did so.
    NoopPatch400 = "noop-patch-400",
    /// Takes a PATCH of `active` that repeats what the account is for the opposite.
    /// Servers that switch where they should set do so; the retry of a deactivation lets the user in again.
    PatchTogglesActive = "patch-toggles-active",
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
    /// Lists no groups unless there is a filter.
    /// Servers written for Group Push alone do so; an import finds no group to link.
    GroupsUnlisted = "groups-unlisted",
    /// Lists a built-in group that has no `displayName`.
    /// Servers with a group of everybody do so; Okta cannot offer it for linking.
    BuiltInGroupUnnamed = "built-in-group-unnamed",
    /// Lists a built-in group with members who were only invited and have no `value`.
    /// Servers that show open invitations beside accounts do so; Okta knows members by id.
    InvitedMembersWithoutValue = "invited-members-without-value",
    /// Answers 501 to POST of groups.
    /// Logfire did so.
    GroupCreateUnsupported = "group-create-unsupported",
    /// Refuses to create a group without members.
    /// Servers that demand members do so; Okta creates groups empty and fills them later.
    EmptyGroup400 = "empty-group-400",
    /// Shows a new group that was created empty with the service account as its member.
    /// Servers that make the creator the owner of a group do so; somebody is in it whom nobody named.
    EmptyGroupHasOwner = "empty-group-has-owner",
    /// Ignores `members` in POST of groups.
    /// Servers that take members by PATCH alone do so; the group arrives empty.
    GroupCreateIgnoresMembers = "group-create-ignores-members",
    /// Lists groups and does not find them by id.
    /// Custom Okta apps read a group before each change.
    GroupRead404 = "group-read-404",
    /// Answers 501 to PUT of groups.
    /// Logfire did so.
    GroupPutUnsupported = "group-put-unsupported",
    /// Answers PUT of groups with 202.
    /// Servers that work in the background do so; Okta knows 200 and 204.
    GroupPutAnswers202 = "group-put-answers-202",
    /// Refuses a PUT of a group with no members in it.
    /// Servers that demand members do so; an empty group cannot be pushed.
    GroupPutEmpty400 = "group-put-empty-400",
    /// Ignores `displayName` in PUT of groups.
    /// Servers that take the name for a key do so; a rename never arrives.
    GroupPutKeepsName = "group-put-keeps-name",
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
    /// Deletes the members of a group with it.
    /// Databases that cascade too far do so; Okta's test plan wants the users kept.
    GroupDeleteDeletesUsers = "group-delete-deletes-users",
    /// Answers a change of a group that is not there with 204.
    /// Servers that send an UPDATE and do not count the rows do so; Okta believes the push.
    AbsentGroupChange204 = "absent-group-change-204",
    /// Answers a change of a group that is not there with 500.
    /// Servers that go on without looking what they have found do so.
    AbsentGroupChange500 = "absent-group-change-500",
    /// Refuses a PATCH of groups without `path`.
    /// keycloak-scim-server did so: Okta marks the push as failed and sends no members.
    GroupPathlessReplace400 = "group-pathless-replace-400",
    /// Answers 501 to a PATCH of groups without `path`, and knows the operations on members.
    /// Servers that learned PATCH for members alone do so; Okta sends the name first.
    GroupPathlessReplace501 = "group-pathless-replace-501",
    /// Understands of all changes of groups by PATCH only that known members are added, and drops members of a create.
    /// Servers written from one example do so; nobody leaves a group, and each push begins with a failure.
    GroupPatchAddsOnly = "group-patch-adds-only",
    /// Removes all members when a PATCH without `path` names none.
    /// LangWatch did so.
    GroupRenameEmptiesMembers = "group-rename-empties-members",
    /// Ignores `displayName` in PATCH of groups.
    /// Okta renames with every push of members.
    GroupRenameIgnored = "group-rename-ignored",
    /// Refuses a group whose name, as a slug, was ever used.
    /// Sentry did so: 409, and the filter finds nothing.
    GroupSlugConflict = "group-slug-conflict",
    /// Refuses a group whose name another has.
    /// Products whose groups are known by name do so.
    GroupNamesUnique = "group-names-unique",
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
    /// Replaces the members when one is added.
    /// Servers that take `add` for `replace` do so; each new member drives out the old ones.
    MemberAddReplaces = "member-add-replaces",
    /// Refuses to replace members.
    /// Servers that know `add` and `remove` alone do so; "Push Now" fails.
    ReplaceMembers400 = "replace-members-400",
    /// Adds members where it is to replace them.
    /// Servers that take `replace` for `add` do so; members whom Okta does not know keep their access.
    ReplaceMembersAdds = "replace-members-adds",
    /// Refuses to replace members with none.
    /// SCIM-SDK did so; "Push Now" of an empty group fails.
    ReplaceMembersEmpty400 = "replace-members-empty-400",
    /// Ignores a replacement of members with none.
    /// Servers that skip empty lists do so; former members keep their access.
    ReplaceMembersEmptyIgnored = "replace-members-empty-ignored",
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
    /// Stores a group that is PUT without its members.
    /// Servers that read `members` by PATCH alone and replace the rest do so; a push empties the group.
    PutGroupDropsMembers = "put-group-drops-members",
    /// Refuses a PUT that changes the members a group has.
    /// SimpleIdServer did so: "members.value is immutable".
    SecondGroupPut400 = "second-group-put-400",
    /// Refuses a whole member change when one of the ids is unknown.
    /// Fleet and Sentry did so; Okta does not repeat the push.
    StaleMemberLosesPush = "stale-member-loses-push",
    /// Answers an add of members with success and stores none of them when one of the ids is unknown.
    /// Servers that insert all rows in one statement, and ignore that it failed, do so; Okta takes the push for done.
    StaleMemberDropsBatch = "stale-member-drops-batch",
    /// Empties the group when one of its new members is unknown.
    /// keycloak-scim-server removed the members before it looked for the new ones, and answered 200.
    ReplaceUnknownClearsMembers = "replace-unknown-clears-members",
    /// Loses members when two PATCHes come at the same moment.
    /// Fleet and Ory Polis did so.
    ConcurrentPatchLosesMembers = "concurrent-patch-loses-members",
    /// Refuses a PATCH of a group with 409 when another has come meanwhile.
    /// Servers with a version on each row do so, and the RFC lets them; Okta does not repeat what was refused.
    ConcurrentPatch409 = "concurrent-patch-409",
    /// Sees a hundred members only, and forgets the others with the next PATCH.
    /// FusionAuth did so.
    MembersTruncatedAt100 = "members-truncated-at-100",
    /// Shows the only member of a group, and the only group of a user, as an object.
    /// Servers that convert from XML do so; clients read a list.
    ListOfOneAsObject = "list-of-one-as-object",
    /// Shows an empty `$ref` with every member.
    /// Go servers without `omitempty` do so; an empty text is no URI.
    MemberRefsEmpty = "member-refs-empty",
    /// Fails at groups of more than a hundred members.
    /// FusionAuth did so, at thousands.
    LargeGroup500 = "large-group-500",
    /// Refuses more than fifty member changes at once.
    /// Okta sends a hundred by default, and up to a thousand.
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
    /// Makes the `$ref` of a user's groups of their names, spaces and all.
    /// Servers that know groups by name do so; a URI has no spaces.
    GroupRefsUnescaped = "group-refs-unescaped",

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
    /// Leaves the extension of its own out of `Schemas`.
    /// Servers that list what the RFC defines do so; Okta cannot offer attributes that it does not know.
    ExtensionSchemaUnlisted = "extension-schema-unlisted",
    /// Calls the type of texts `text` in `Schemas`.
    /// Servers that print the types of their database do so; Okta cannot tell what to put into the attribute.
    AttributeTypesUnknown = "attribute-types-unknown",
    /// Describes an attribute of its own extension as complex, and nothing of what is in it.
    /// Servers that print documents of their database as they are do so; nobody can map the parts.
    ComplexUndescribed = "complex-undescribed",
    /// Writes `read-write` for `readWrite` in `Schemas`.
    /// Servers that print the constants of their code do so; a client cannot tell who may write.
    MutabilityMisspelt = "mutability-misspelt",

    // What users are granted, and attributes of the server's own.
    /// Names its roles and entitlements by the URNs of the RFCs that define no such types.
    /// Okta's guide warns of it: Okta goes by its own two URNs, and finds nothing.
    EntitlementTypesOwnUrn = "entitlement-types-own-urn",
    /// Lists types of roles and entitlements whose endpoints do not exist.
    /// Servers that describe more than they serve do so; Okta reads every endpoint that is named.
    EntitlementListMissing = "entitlement-list-missing",
    /// Ignores `count` in lists of roles and entitlements.
    /// Servers that return such short lists whole do so; Okta's entitlements test asks for one and demands one.
    EntitlementCountIgnored = "entitlement-count-ignored",
    /// Counts in `totalResults` of roles and entitlements the page only.
    /// Servers with a serializer of their own for these lists do so; Okta's reviewers compare the number.
    EntitlementTotalIsPageSize = "entitlement-total-is-page-size",
    /// Shows the names of roles and entitlements as `name`.
    /// Servers that print their own model do so; Okta shows `displayName`.
    EntitlementUnnamed = "entitlement-unnamed",
    /// Leaves `type` out of entitlements.
    /// Servers that serve them like roles do so; Okta's guide demands it.
    EntitlementUntyped = "entitlement-untyped",
    /// Describes roles in several thousand characters.
    /// Servers whose administrators write manuals there do so; Okta takes a thousand.
    EntitlementDescriptionLong = "entitlement-description-long",
    /// Leaves roles and entitlements out of users in lists without a filter.
    /// Servers that spare the query for each user do so; an import takes everything away.
    GrantsUnlisted = "grants-unlisted",
    /// Shows of a user's roles and entitlements the `value` only.
    /// Servers that store ids alone do so; Okta cannot tell which kind of entitlement it is.
    GrantsBare = "grants-bare",
    /// Takes an empty list of roles or entitlements for nothing said.
    /// Servers whose parsers drop empty lists do so; what was taken away in Okta stays.
    GrantsKeptWhenEmpty = "grants-kept-when-empty",
    /// Keeps of several roles and entitlements the ones that were there before as well.
    /// Servers that add what they are sent do so; nobody loses anything any more.
    GrantsAppended = "grants-appended",
    /// Refuses users with the extension that it describes itself.
    /// Servers that generate `Schemas` and parse by hand do so; Okta offers the attributes and fails.
    CustomExtension400 = "custom-extension-400",
    /// Forgets the attributes of its own extension.
    /// Servers that describe what they do not store do so; Okta believes it.
    CustomAttributesDropped = "custom-attributes-dropped",
    /// Keeps the attributes of its own extension as they were created.
    /// Servers that read extensions in POST alone do so; a change in Okta never arrives.
    CustomAttributesFixed = "custom-attributes-fixed",
    /// Leaves its own extension out of users in lists without a filter.
    /// Servers with a short form for lists do so; an import finds the attributes empty.
    CustomAttributesUnlisted = "custom-attributes-unlisted",

    // Freedoms: what a right server may do otherwise.
    /// A right server: closes the connection after every answer.
    /// Servers behind simple proxies do so.
    ConnectionClosed = "connection-closed",
    /// A right server: answers in HTTP/1.0.
    /// Small servers and old proxies do so.
    Http10 = "http-1-0",
    /// A right server: sends its bodies in chunks, without `Content-Length`.
    /// Servers that write while they still read their database do so.
    BodiesInChunks = "bodies-in-chunks",
    /// A right server: compresses even the smallest body.
    /// Proxies without a lower limit do so.
    EveryBodyCompressed = "every-body-compressed",
    /// A right server: sets a cookie with every answer.
    /// Load balancers do so to find the same machine again.
    CookiesSet = "cookies-set",
    /// A right server: names two schemes in `WWW-Authenticate`.
    /// Servers with a console beside SCIM do so.
    ChallengesSeveral = "challenges-several",
    /// A right server: labels its answers `application/scim+json;charset=utf-8`.
    /// Spring and ASP.NET do so.
    MediaTypeWithCharset = "media-type-with-charset",
    /// A right server: indents its JSON.
    /// Servers in their mode for people do so.
    BodiesIndented = "bodies-indented",
    /// A right server: escapes in its JSON what is not ASCII, and slashes.
    /// PHP and Python do so by themselves.
    TextsEscaped = "texts-escaped",
    /// A right server: takes a second for every answer.
    /// Servers far away, or just awake, do so.
    AnswersAfterASecond = "answers-after-a-second",
    /// A right server: writes the members of every object from last to first.
    /// Servers whose maps have no order write them in any.
    AttributesInReverseOrder = "attributes-in-reverse-order",
    /// A right server: shows the values of every multi-valued attribute from last to first.
    /// Databases without ORDER BY do so.
    ValuesInReverseOrder = "values-in-reverse-order",
    /// A right server: names the core schema last in `schemas`.
    /// Servers that collect the URNs in a set do so.
    CoreSchemaLast = "core-schema-last",
    /// A right server: shows what a user does not have as `null`.
    /// Serializers that leave nothing out do so.
    UnassignedAsNull = "unassigned-as-null",
    /// A right server: shows multi-valued attributes that a user does not have as `[]`.
    /// Serializers that leave nothing out do so.
    UnassignedAsEmptyLists = "unassigned-as-empty-lists",
    /// A right server: leaves `members` out of a group that has none.
    /// Serializers that skip empty lists do so.
    EmptyMembersAbsent = "empty-members-absent",
    /// A right server: shows of members, and of a user's groups, the `value` alone.
    /// Servers that keep ids do so.
    MembersAsIds = "members-as-ids",
    /// A right server: gives `$ref` relative to the base URL: `Users/…`.
    /// Servers that do not know their own host do so.
    ReferencesRelative = "references-relative",
    /// A right server: shows `primary: false` with every value that is not the primary one.
    /// Servers with a column for it do so.
    FalsePrimaryShown = "false-primary-shown",
    /// A right server: adds `display` to e-mail addresses and phone numbers, and `formatted` to addresses.
    /// Servers that fill in every default sub-attribute do so.
    ValuesDisplayed = "values-displayed",
    /// A right server: shows a read-only extension of its own with every user, and describes it.
    /// Products show last logins and seats like that.
    VendorExtensionShown = "vendor-extension-shown",
    /// A right server: gives users a type, a language and a time zone when nobody says which.
    /// Products with settings per tenant do so.
    DefaultsAssigned = "defaults-assigned",
    /// A right server: writes dates with six digits of a second and the offset of its time zone.
    /// Python's `isoformat` and databases do so.
    DatesWithOffsets = "dates-with-offsets",
    /// A right server: says in its ServiceProviderConfig how it pages, and more that no RFC names.
    /// Servers with RFC 9865, or limits of their own, do so.
    ConfigWithMore = "config-with-more",
    /// A right server: has no sorting and no entity tags, and says so.
    /// Most products do without.
    SortAndEtagsUnsupported = "sort-and-etags-unsupported",
    /// A right server: gives strong entity tags.
    /// Servers that count revisions do so.
    EtagsStrong = "etags-strong",
    /// A right server: writes the scheme of its URIs in capitals: `HTTP://`.
    /// Servers that print what they were configured with do so.
    SchemeInCapitals = "scheme-in-capitals",
    /// A right server: gives `Location` without scheme and host.
    /// Frameworks behind proxies do so.
    LocationRelative = "location-relative",
    /// A right server: gives `Content-Location` with what it shows.
    /// Servers that follow the definition of `meta.location` do so.
    ContentLocationGiven = "content-location-given",
    /// A right server: adds a time, a request id and a link to its errors.
    /// Servers that log by request do so.
    ErrorsWithMore = "errors-with-more",
    /// A right server: leaves `scimType` out of a 400.
    /// Servers with one kind of 400 do so.
    ErrorTypesAbsent = "error-types-absent",
    /// A right server: describes itself only to those who show a credential.
    /// Servers behind one gateway do so.
    DiscoveryBehindCredential = "discovery-behind-credential",
    /// A right server: has no enterprise extension, and says so.
    /// Products without departments do so.
    EnterpriseAbsent = "enterprise-absent",
    /// A right server: issues UUIDs in capitals.
    /// SQL Server and Oracle do so.
    IdsInCapitals = "ids-in-capitals",
    /// A right server: issues numbers as ids, in strings.
    /// Servers with integer keys do so.
    IdsOfDigits = "ids-of-digits",
    /// A right server: issues ids with colons, plus and equals signs.
    /// Servers with keys in Base64 do so.
    IdsWithPunctuation = "ids-with-punctuation",
    /// A right server: lists the newest resource first.
    /// Products with ORDER BY created DESC do so.
    NewestListedFirst = "newest-listed-first",
    /// A right server: gives a hundred resources at most.
    /// Products with limits of their own do so.
    PagesOf100 = "pages-of-100",
    /// A right server: filters by `userName eq` and `displayName eq` alone, and refuses every other filter.
    /// Servers written for identity providers do so.
    OtherFiltersRefused = "other-filters-refused",
    /// A right server: stores the domain of an e-mail address in lower case.
    /// Mail libraries do so.
    EmailDomainsInLowerCase = "email-domains-in-lower-case",
    /// A right server: stores e-mail addresses in lower case.
    /// Products that compare logins do so.
    EmailsInLowerCase = "emails-in-lower-case",
    /// A right server: has titles from elsewhere and types of users for good, and describes both so.
    /// Products beside a personnel system do so.
    AttributesFixed = "attributes-fixed",
    /// A right server: serves no `/Schemas`.
    /// Products with a fixed set of attributes do so.
    SchemasAbsent = "schemas-absent",
    /// A right server: stores phone numbers as RFC 3966 has them: `tel:+1-…`.
    /// Phone libraries do so.
    PhoneNumbersAsUris = "phone-numbers-as-uris",
    /// A right server: computes display names, and describes them as read-only.
    /// Products that show given and family name do so.
    DisplayNamesComputed = "display-names-computed",
    /// A right server: computes `name.formatted` from the parts, and describes it as read-only.
    /// Products without a column for it do so.
    FormattedNamesComputed = "formatted-names-computed",
    /// A right server: has no groups, and lists no type for them.
    /// Products whose roles are managed elsewhere do so.
    GroupsAbsent = "groups-absent",
    /// A right server: has no roles and entitlements to read, and lists no type for them.
    /// Most products do without.
    GrantsAbsent = "grants-absent",
    /// A right server: has no PATCH, and says so.
    /// Servers written for custom apps do so, which update by PUT alone.
    PatchAbsent = "patch-absent",
    /// A right server: compresses its bodies by deflate.
    /// Proxies that take the last coding of the list do so.
    BodiesDeflated = "bodies-deflated",
    /// A right server: compresses its bodies, and names the coding `GZIP`.
    /// Old appliances do so.
    CodingInCapitals = "coding-in-capitals",
    /// A right server: labels its answers `Application/SCIM+JSON; Charset="UTF-8"`.
    /// Servers that print what they were configured with do so.
    MediaTypeInCapitals = "media-type-in-capitals",
    /// A right server: labels answers without a body, too.
    /// Frameworks with one content type for everything do so.
    EmptyAnswersLabelled = "empty-answers-labelled",
    /// A right server: answers every seventh request with 429 and `Retry-After: 0`.
    /// Servers that count in windows do so at the end of one.
    RetryAfterZero = "retry-after-zero",
    /// A right server: ends its URIs in a slash.
    /// Django does so, and serves the path with and without.
    LocationsEndInSlash = "locations-end-in-slash",
    /// A right server: shows in `meta` the type of a resource and where it is, and no times.
    /// Products that keep no times do so.
    MetaBrief = "meta-brief",
    /// A right server: refuses a user whose `externalId` another has.
    /// Products that join accounts by it do so.
    ExternalIdsUnique = "external-ids-unique",
    /// A right server: puts every new user into a group of all.
    /// Products with a group of all members do so.
    EverybodyBelongs = "everybody-belongs",
    /// A right server: answers PATCH of a group with 204, and of a user with 200 and the user.
    /// Servers that spare themselves the members do so.
    GroupPatchAnswers204 = "group-patch-answers-204",
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

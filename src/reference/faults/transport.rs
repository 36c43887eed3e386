//! Credentials, media types and query strings that a faulty server cannot deal with.

use std::borrow::Cow;

use axum::http::{HeaderMap, Method, Uri, header};

use super::super::problem::Problem;
use super::super::quirk::{Quirk, Quirks};

/// Whether the server lets a request in that it should refuse.
pub(crate) fn admits(quirks: &Quirks, presents_credential: bool) -> bool {
    quirks.has(Quirk::AuthNotChecked) || (presents_credential && quirks.has(Quirk::WrongTokenAccepted))
}

/// Whether an empty credential is that of a server for which none was set up.
pub(crate) fn admits_nothing(quirks: &Quirks, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    quirks.has(Quirk::EmptyCredentialAccepted) && ["bearer", "basic"].contains(&given.trim().to_lowercase().as_str())
}

/// Whether the server refuses an `Accept` header that is in order.
pub(crate) fn refuses_accept(quirks: &Quirks, accept: &str) -> bool {
    let names = |name: &str| accept.contains(name) || accept.contains("*/*");
    (quirks.has(Quirk::AcceptStrict406) && !names("application/scim+json"))
        || (quirks.has(Quirk::AcceptScimJson406) && !names("application/json"))
        || (quirks.has(Quirk::AcceptParameter406) && accept.contains("charset"))
}

/// Whether the server refuses a `Content-Type` header that is in order.
pub(crate) fn refuses_content_type(quirks: &Quirks, content_type: &str) -> bool {
    (quirks.has(Quirk::ContentTypeStrict415) && !content_type.contains("application/scim+json"))
        || (quirks.has(Quirk::ContentTypeScimJson415) && !content_type.contains("application/json"))
        || (quirks.has(Quirk::ContentTypeCharset415) && content_type.contains("charset"))
}

/// The status with which the server answers a body that is no JSON; `None` when it is the right one.
pub(crate) fn misjudged_syntax(quirks: &Quirks) -> Option<u16> {
    if quirks.has(Quirk::MalformedBody200) {
        return Some(200);
    }
    quirks.has(Quirk::MalformedBody500).then_some(500)
}

/// Where the server sends a client whose path is not quite as its router has it, and with which status.
pub(crate) fn redirected(quirks: &Quirks, uri: &Uri) -> Option<(u16, String)> {
    let written = uri.path_and_query().map_or("/", |path| path.as_str());
    if quirks.has(Quirk::DoubledSlashRedirects) && uri.path().contains("//") {
        return Some((308, written.replacen("//", "/", 1)));
    }
    let path = uri.path();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    (quirks.has(Quirk::GroupsRedirectToSlash) && path.ends_with("/Groups")).then(|| (307, format!("{path}/{query}")))
}

/// Why the server refuses headers that are in order; `None` when it goes on.
pub(crate) fn refuses_headers(quirks: &Quirks, method: &Method, headers: &HeaderMap) -> Option<Problem> {
    let charset = headers.contains_key(header::ACCEPT_CHARSET);
    let typed_read = *method == Method::GET && headers.contains_key(header::CONTENT_TYPE);
    let unguarded = matches!(*method, Method::PUT | Method::PATCH) && !headers.contains_key(header::IF_MATCH);
    if charset && quirks.has(Quirk::AcceptCharset406) {
        return Some(Problem::new(406, "the charset is not available"));
    }
    if typed_read && quirks.has(Quirk::GetWithContentType400) {
        return Some(Problem::syntax("the body is empty"));
    }
    (unguarded && quirks.has(Quirk::IfMatchRequired)).then(|| Problem::new(428, "If-Match is required"))
}

/// Why the server refuses a query that is in order; `None` when it goes on.
pub(crate) fn refuses_query(quirks: &Quirks, query: &str) -> Option<Problem> {
    (query.ends_with('&') && quirks.has(Quirk::QueryEndingRefused)).then(|| Problem::syntax("a parameter has no name"))
}

/// Whether the server gives the label that the client asks for.
pub(crate) fn heeds_accept(quirks: &Quirks) -> bool {
    !quirks.has(Quirk::AcceptIgnored)
}

/// A query string with those escapes escaped once more that the server does not decode.
pub(crate) fn undecoded<'a>(quirks: &Quirks, query: &'a str) -> Cow<'a, str> {
    let mut query = Cow::Borrowed(query);
    if quirks.has(Quirk::PlusNotDecoded) {
        query = Cow::Owned(query.replace('+', "%2B"));
    }
    if quirks.has(Quirk::PercentAtNotDecoded) {
        query = Cow::Owned(query.replace("%40", "%2540"));
    }
    if quirks.has(Quirk::PercentSpaceNotDecoded) {
        query = Cow::Owned(query.replace("%20", "%2520"));
    }
    if quirks.has(Quirk::EncodedPlusAsSpace) {
        query = Cow::Owned(query.replace("%2B", "+").replace("%2b", "+"));
    }
    query
}

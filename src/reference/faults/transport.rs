//! Credentials, media types and query strings that a faulty server cannot deal with.

use std::borrow::Cow;

use super::super::quirk::{Quirk, Quirks};

/// Whether the server lets a request in that it should refuse.
pub(crate) fn admits(quirks: &Quirks, presents_credential: bool) -> bool {
    quirks.has(Quirk::AuthNotChecked) || (presents_credential && quirks.has(Quirk::WrongTokenAccepted))
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

/// A query string with those escapes escaped once more that the server does not decode.
pub(crate) fn undecoded<'a>(quirks: &Quirks, query: &'a str) -> Cow<'a, str> {
    let mut query = Cow::Borrowed(query);
    if quirks.has(Quirk::PlusNotDecoded) {
        query = Cow::Owned(query.replace('+', "%2B"));
    }
    if quirks.has(Quirk::PercentAtNotDecoded) {
        query = Cow::Owned(query.replace("%40", "%2540"));
    }
    query
}

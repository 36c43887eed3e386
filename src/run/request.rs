//! What a case sends: templates with their holes filled, and queries as the suite spells them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::scenario::template::{Template, Unbound, complete, merge};
use crate::scenario::{Bindings, BodyTemplate, Bound, QuerySpelling, RequestTemplate};
use crate::wire::{Headers, Request};

/// A request with its holes filled and its query encoded.
pub(super) fn fill(template: &RequestTemplate, bindings: &Bindings) -> Result<Request, Unbound> {
    let mut path = template.path.fill_with(bindings, &put_segment)?;
    if let Some(raw) = &template.raw_query {
        path.push('?');
        path.push_str(&raw.fill(bindings)?);
    } else if !template.query.is_empty() {
        let mut joint = '?';
        let put = |text: &str, path: &mut String| match template.spelling {
            QuerySpelling::Percent => path.extend(utf8_percent_encode(text, QUERY)),
            QuerySpelling::Plus => path.push_str(&utf8_percent_encode(text, QUERY).to_string().replace("%20", "+")),
        };
        for (name, value) in &template.query {
            path.push(joint);
            put(&name.fill(bindings)?, &mut path);
            path.push('=');
            put(&value.fill(bindings)?, &mut path);
            joint = '&';
        }
    }
    let mut headers = Vec::with_capacity(template.headers.len());
    for (name, value) in &template.headers {
        headers.push((name.clone(), value.fill(bindings)?));
    }
    let body = match &template.body {
        BodyTemplate::None => None,
        BodyTemplate::Json { base, overlay, beneath } => {
            let filled = |template: Option<&Template>| template.map(|template| template.share(bindings)).transpose();
            // Most flows can be given more to send, and most are not.
            let says_more = |more: &Bound| more.value().as_object().is_none_or(|more| !more.is_empty());
            let overlay = filled(overlay.as_ref())?.filter(says_more);
            let beneath = filled(beneath.as_deref())?.filter(says_more);
            if overlay.is_none() && beneath.is_none() {
                Some(base.write(bindings)?)
            } else {
                let mut body = base.fill(bindings)?;
                if let Some(overlay) = overlay {
                    body = merge(body, overlay.into_value());
                }
                if let Some(beneath) = beneath {
                    complete(&mut body, beneath.into_value());
                }
                // A value of ours has no map with keys that are no texts, so this cannot fail.
                Some(serde_json::to_vec(&body).unwrap_or_default())
            }
        }
        BodyTemplate::Raw(text) => Some(text.fill(bindings)?.into_bytes()),
    };
    Ok(Request {
        method: template.method.clone(),
        path,
        headers: Headers(headers),
        body,
        credential: template.credential,
    })
}

/// Everything but RFC 3986's unreserved characters, as Okta encodes its filters.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as one path segment: an id that holds a slash stays one segment.
pub(super) fn segment(text: &str) -> String {
    let mut segment = String::new();
    put_segment(text, &mut segment);
    segment
}

pub(super) fn put_segment(text: &str, path: &mut String) {
    const SEGMENT: &AsciiSet = &QUERY.remove(b':').remove(b'@').remove(b'!').remove(b'$').remove(b'(').remove(b')');
    path.extend(utf8_percent_encode(text, SEGMENT));
}

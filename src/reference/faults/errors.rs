//! Errors that are told badly.

use axum::http::Method;
use serde_json::{Value, json};

use super::super::answer::{Answer, Body};
use super::super::call::{Call, Endpoint};
use super::super::problem::Problem;
use super::super::quirk::{Quirk, Quirks};
use super::super::row::is_uuid;
use super::super::schema::Kind;

/// What the server says to a request that shows no credential at all.
pub(crate) const NO_CREDENTIAL: &str = "the request carries no credential";

/// What a framework prints of where it failed.
const TRACE: &str = "Traceback (most recent call last):\n  File \"/srv/scim/views.py\", line 88, in dispatch\n";

/// Edits a refusal that has to do with what was asked.
pub(super) fn edit_call(quirks: &Quirks, call: &Call, answer: &mut Answer) {
    let nameless = answer.status == 400
        && call.method == Method::POST
        && call.endpoint == Endpoint::Collection(Kind::User)
        && call.body.get("userName").is_none();
    if nameless && quirks.has(Quirk::InvalidUser422) {
        *answer = Answer::from(Problem::new(422, "userName is required"));
    }
    let Endpoint::Item(kind, id) = &call.endpoint else {
        return;
    };
    let put_of_user = *kind == Kind::User && call.method == Method::PUT;
    if put_of_user && answer.status == 400 && quirks.has(Quirk::PutReadonlyProblemDetails) {
        describe_problem(answer);
    }
    if answer.status == 409 && quirks.has(Quirk::UsernameTaken500) {
        *answer = Answer::from(Problem::new(500, "something went wrong"));
    }
    if answer.status != 404 {
        return;
    }
    if *kind == Kind::Group && matches!(call.method, Method::PUT | Method::PATCH) {
        edit_absent_group(quirks, answer);
    }
    if quirks.has(Quirk::UnknownId500) {
        *answer = Answer::from(Problem::new(500, "something went wrong"));
    }
    if quirks.has(Quirk::UnknownId200) {
        *answer = Answer::json(200, json!({}));
    }
    if quirks.has(Quirk::IdSyntax400) && !is_uuid(id) {
        *answer = Answer::from(Problem::value(format!("{id} is not a UUID")));
    }
}

fn edit_absent_group(quirks: &Quirks, answer: &mut Answer) {
    if quirks.has(Quirk::AbsentGroupChange204) {
        *answer = Answer::empty(204);
    }
    if quirks.has(Quirk::AbsentGroupChange500) {
        *answer = Answer::from(Problem::new(500, "something went wrong"));
    }
}

/// Says the same as RFC 9457 has it, which frameworks do before SCIM's own errors have a chance.
fn describe_problem(answer: &mut Answer) {
    let Body::Json(error) = &answer.body else {
        return;
    };
    let detail = error.get("detail").cloned().unwrap_or_default();
    let problem = json!({"type": "about:blank", "title": "Bad Request", "status": answer.status, "detail": detail});
    answer.body = Body::Json(problem);
    answer.set("content-type", "application/problem+json");
}

/// Edits any refusal, understood or not.
pub(crate) fn edit(quirks: &Quirks, answer: &mut Answer) {
    match answer.status {
        401 => edit_unauthorised(quirks, answer),
        409 => edit_conflict(quirks, answer),
        _ => {}
    }
    if answer.status >= 400 {
        edit_body(quirks, answer);
    }
    if quirks.has(Quirk::ContentTypeHtml) && answer.body != Body::Empty {
        answer.set("content-type", "text/html");
    }
    if quirks.has(Quirk::ContentTypeJson) && answer.body != Body::Empty {
        answer.set("content-type", "application/json; charset=utf-8");
    }
}

fn edit_unauthorised(quirks: &Quirks, answer: &mut Answer) {
    if quirks.has(Quirk::MissingWwwAuthenticate) {
        answer.unset("www-authenticate");
    }
    if quirks.has(Quirk::AuthFailure500) {
        *answer = Answer::from(Problem::new(500, "something went wrong"));
    }
    if quirks.has(Quirk::AuthFailure403) {
        *answer = Answer::from(Problem::new(403, "the credential is not valid"));
    }
    if quirks.has(Quirk::AuthFailureRedirects) {
        *answer = Answer::empty(302);
        answer.set("location", "/login");
    }
    let anonymous = matches!(&answer.body, Body::Json(error) if error["detail"] == NO_CREDENTIAL);
    if quirks.has(Quirk::AuthFailureWithoutBody) || (anonymous && quirks.has(Quirk::AnonymousWithoutBody)) {
        answer.body = Body::Empty;
        answer.unset("content-type");
    }
}

fn edit_conflict(quirks: &Quirks, answer: &mut Answer) {
    if quirks.has(Quirk::Duplicate400) {
        *answer = Answer::from(Problem::value("the user exists already"));
    }
    if quirks.has(Quirk::Duplicate500) {
        *answer = Answer::from(Problem::new(500, "something went wrong"));
    }
    if let (true, Body::Json(Value::Object(body))) = (quirks.has(Quirk::DuplicateUnnamed), &mut answer.body) {
        body.shift_remove("scimType");
    }
}

fn edit_body(quirks: &Quirks, answer: &mut Answer) {
    let Body::Json(Value::Object(body)) = &mut answer.body else {
        return;
    };
    if quirks.has(Quirk::ErrorSchemasMissing) {
        body.shift_remove("schemas");
    }
    if quirks.has(Quirk::ErrorDetailEmpty) {
        body.insert("detail".to_owned(), json!(""));
    }
    if quirks.has(Quirk::ErrorStatusAsNumber) {
        body.insert("status".to_owned(), json!(answer.status));
    }
    if quirks.has(Quirk::ErrorStatusDiffers) {
        body.insert("status".to_owned(), json!("500"));
    }
    let detail = body.get("detail").and_then(Value::as_str);
    let detail = detail.unwrap_or_default().to_owned();
    if quirks.has(Quirk::ErrorDetailTraceback) {
        body.insert("detail".to_owned(), Value::String(format!("{TRACE}ValueError: {detail}")));
    }
    if quirks.has(Quirk::ErrorsOwnFormat) {
        body.clear();
        body.insert("message".to_owned(), Value::String(detail.clone()));
        body.insert("code".to_owned(), json!(answer.status));
    }
    if quirks.has(Quirk::ErrorBodyWrapped) {
        let inner = std::mem::take(body);
        body.insert("status".to_owned(), json!(answer.status.to_string()));
        body.insert("response".to_owned(), Value::Object(inner));
    }
    if quirks.has(Quirk::ErrorsPlainText) {
        answer.body = Body::Text(format!("error: {detail}"));
        answer.set("content-type", "text/plain; charset=utf-8");
    }
    if quirks.has(Quirk::ErrorsHtml) {
        answer.body = Body::Text(format!("<!doctype html><h1>Error {}</h1>", answer.status));
        answer.set("content-type", "text/html; charset=utf-8");
    }
    let silent = quirks.has(Quirk::ErrorsWithoutBody)
        || (answer.status == 404 && quirks.has(Quirk::NotFoundWithoutBody))
        || (answer.status == 409 && quirks.has(Quirk::ConflictWithoutBody));
    if silent {
        answer.body = Body::Empty;
        answer.unset("content-type");
    }
}

//! What quirks do where a faulty server errs at its edges: it refuses, misreads, loses, or answers badly. What a right server
//! may do otherwise is in `freedoms`.
//!
//! The right server stays readable because of this: only quirks of the state itself have their branch in its own code.
//! A new quirk is a variant of [`Quirk`](super::Quirk) with its two sentences, and a branch here or there.

mod asked;
mod damage;
pub(crate) mod errors;
pub(crate) mod freedoms;
mod grants;
pub(crate) mod lists;
pub(crate) mod losses;
mod misreadings;
mod refusals;
pub(crate) mod resources;
mod seeded;
pub(crate) mod transport;

use std::time::Duration;

use axum::http::Method;

use super::call::{Call, Endpoint};
use asked::{kind_of, member_writes};

use super::answer::{Answer, Body};
use super::objection;
use super::operations::perform;
use super::problem::Problem;
use super::quirk::{Quirk, Quirks};
use super::schema::{CUSTOM_USER, Kind};
use super::store::Store;

/// Of how many requests a server with a rate limit refuses one.
const RATE: u64 = 7;

/// How many delays a slow list of groups takes: with the usual one, more than the 600 milliseconds that are allowed.
const GROUP_LIST_DELAYS: u32 = 3;

/// How long a server takes that is far away.
const FAR_AWAY: Duration = Duration::from_secs(1);

/// Carries out a request as a faulty server does.
pub(crate) fn answer(store: &mut Store, base_url: &str, call: &Call) -> Answer {
    let quirks = store.quirks.clone();
    let before = resources::before(store, base_url, call);
    let undamaged = damage::before(store, call);
    let unharmed = seeded::before(store, call);
    let minded = || objection::refuse(&store.objections, call);
    let mut answer = match freedoms::refuse(&quirks, call).or_else(minded).or_else(|| refusals::refuse(store, call)) {
        Some(problem) => Answer::from(problem),
        None => {
            let mut read = call.clone();
            misreadings::misread(store, base_url, &mut read);
            grants::misread(&quirks, &mut read);
            freedoms::overlook(&quirks, &mut read);
            perform(store, base_url, &read).unwrap_or_else(Answer::from)
        }
    };
    if let Some(undamaged) = undamaged {
        damage::strike(store, call, undamaged, &mut answer);
    }
    damage::show(store, call, &mut answer);
    if let Some(unharmed) = unharmed {
        seeded::strike(store, call, &unharmed, &answer);
    }
    seeded::show(store, call, &mut answer);
    edit(&quirks, call, &mut answer);
    objection::describe(&store.objections, call, &mut answer);
    freedoms::edit(&quirks, base_url, call, &mut answer);
    if let Some(before) = before {
        resources::show_before(before, &mut answer);
    }
    answer
}

/// The refusal of a request that comes too soon, as the server says it.
pub(crate) fn throttle(quirks: &Quirks, number: u64) -> Option<Answer> {
    let retry_after = if quirks.has(Quirk::RateLimited) {
        Some("1")
    } else if quirks.has(Quirk::RetryAfterZero) {
        Some("0")
    } else if quirks.has(Quirk::RetryAfterHttpDate) {
        Some("Thu, 01 Jan 2026 00:00:01 GMT")
    } else if quirks.has(Quirk::RetryAfterMissing) {
        None
    } else {
        return None;
    };
    if !number.is_multiple_of(RATE) {
        return None;
    }
    let mut answer = Answer::from(Problem::new(429, "too many requests"));
    if let Some(retry_after) = retry_after {
        answer.set("retry-after", retry_after);
    }
    Some(answer)
}

/// How long a slow server takes before it begins.
pub(crate) fn pause(quirks: &Quirks, call: &Call, delay: Duration) -> Duration {
    let mut pause = Duration::ZERO;
    if quirks.has(Quirk::AnswersLate) {
        pause += delay;
    }
    if quirks.has(Quirk::AnswersAfterASecond) {
        pause += FAR_AWAY;
    }
    let lists_groups = call.method == Method::GET && call.endpoint == Endpoint::Collection(Kind::Group);
    if lists_groups && quirks.has(Quirk::GroupListSlow) {
        pause += delay.saturating_mul(GROUP_LIST_DELAYS);
    }
    if quirks.has(Quirk::MemberWritesSlow) {
        let writes = u32::try_from(member_writes(call)).unwrap_or(u32::MAX);
        pause += delay.saturating_mul(writes);
    }
    pause
}

/// Edits the answer to a request that was understood.
fn edit(quirks: &Quirks, call: &Call, answer: &mut Answer) {
    if answer.status < 300 {
        lists::edit(quirks, call, answer);
        grants::edit(quirks, call, answer);
        resources::edit(quirks, call, answer);
        edit_success(quirks, call, answer);
        describe_badly(quirks, call, answer);
    } else if answer.status >= 400 {
        errors::edit_call(quirks, call, answer);
    }
}

/// Status, headers and presence of a body, when all went well.
fn edit_success(quirks: &Quirks, call: &Call, answer: &mut Answer) {
    match call.method {
        Method::POST => {
            if quirks.has(Quirk::CreateAnswers200) {
                answer.status = 200;
            }
            if quirks.has(Quirk::CreateOverwritesId) && answer.status == 200 {
                answer.status = 201;
            }
            if quirks.has(Quirk::CreateWithoutBody) {
                answer.body = Body::Empty;
            }
            if quirks.has(Quirk::LocationHeaderMissing) {
                answer.unset("location");
            }
            if quirks.has(Quirk::LocationWrong) {
                answer.set("location", "http://127.0.0.1/nowhere");
            }
        }
        Method::PUT => edit_replaced(quirks, call, answer),
        Method::PATCH => {
            if quirks.has(Quirk::PatchAnswers202) {
                answer.status = 202;
            }
            if quirks.has(Quirk::PatchAnswers204) {
                answer.status = 204;
                answer.body = Body::Empty;
            }
            if quirks.has(Quirk::PatchAnswers200WithoutBody) {
                answer.body = Body::Empty;
            }
        }
        Method::DELETE if quirks.has(Quirk::DeleteAnswers200) => {
            *answer = Answer::json(200, serde_json::json!({}));
        }
        _ => {}
    }
}

fn edit_replaced(quirks: &Quirks, call: &Call, answer: &mut Answer) {
    match kind_of(call) {
        Some(Kind::User) if quirks.has(Quirk::PutWithoutBody) => answer.body = Body::Empty,
        Some(Kind::Group) if quirks.has(Quirk::GroupPutAnswers202) => answer.status = 202,
        _ => {}
    }
    if quirks.has(Quirk::PutAnswers204) {
        answer.status = 204;
        answer.body = Body::Empty;
    }
}

fn describe_badly(quirks: &Quirks, call: &Call, answer: &mut Answer) {
    let bare = match call.endpoint {
        Endpoint::ResourceTypes => quirks.has(Quirk::ResourceTypesBareArray),
        Endpoint::Schemas => quirks.has(Quirk::SchemasBareArray),
        _ => false,
    };
    if let (true, Body::Json(list)) = (bare, &mut answer.body) {
        *list = list["Resources"].take();
    }
    if call.endpoint == Endpoint::ServiceProviderConfig
        && quirks.has(Quirk::PasswordChangeUndeclared)
        && let Body::Json(config) = &mut answer.body
    {
        config["changePassword"]["supported"] = false.into();
    }
    if call.endpoint == Endpoint::Schemas
        && quirks.has(Quirk::ExtensionSchemaUnlisted)
        && let Body::Json(list) = &mut answer.body
        && let Some(schemas) = list["Resources"].as_array_mut()
    {
        schemas.retain(|schema| schema["id"] != CUSTOM_USER.id);
        let listed = schemas.len();
        list["totalResults"] = listed.into();
        list["itemsPerPage"] = listed.into();
    }
}

//! What each method does at each endpoint: RFC 7644 §3.2 to §3.6 and §3.14.

use std::sync::Arc;

use axum::http::{HeaderMap, Method, header};
use serde_json::Value;

use super::answer::Answer;
use super::call::{Call, Endpoint};
use super::discovery;
use super::faults::resources::EVERYBODY;
use super::faults::{lists, losses};
use super::list;
use super::patch;
use super::problem::Problem;
use super::query::Query;
use super::quirk::Quirk;
use super::resource;
use super::row::{Document, Row};
use super::schema::Kind;
use super::store::{End, Store};
use super::uniqueness;
use super::view::{View, project, render_member};

/// How the id of a user begins who was deleted and is only marked so.
const MARKED: &str = "deleted-";

/// Carries out a request. A PATCH is done in two halves, [`begin_patch`] and [`commit`], with nothing between them unless
/// a quirk wants it so.
pub(crate) fn perform(store: &mut Store, base_url: &str, call: &Call) -> Result<Answer, Problem> {
    if let Some(refusal) = store.product.refuses(call) {
        return Err(refusal);
    }
    let mut answer = carry_out(store, base_url, call)?;
    store.product.edit(call, &mut answer);
    Ok(answer)
}

fn carry_out(store: &mut Store, base_url: &str, call: &Call) -> Result<Answer, Problem> {
    store.catch_up();
    let query = Query::read(&call.parameters)?;
    // The body of an answer to HEAD is dropped by the transport.
    let method = match call.method {
        Method::HEAD => Method::GET,
        ref method => method.clone(),
    };
    match (&call.endpoint, method) {
        (Endpoint::Unknown, _) => Err(Problem::not_found("the endpoint")),
        (Endpoint::Collection(kind) | Endpoint::Item(kind, _), ref method)
            if kind.is_granted() && *method != Method::GET =>
        {
            Ok(not_allowed(&call.endpoint, method))
        }
        (Endpoint::Collection(kind), Method::GET) => search(store, base_url, *kind, &query),
        (Endpoint::Collection(kind), Method::POST) => create(store, base_url, *kind, &call.body, &query),
        (Endpoint::Item(kind, id), Method::GET) => read(store, base_url, *kind, id, call, &query),
        (Endpoint::Item(kind, id), Method::PUT) => {
            let row = current(store, base_url, *kind, id, &call.headers)?;
            let document = replaced(store, &row, &call.body)?;
            if *kind == Kind::User && document == row.document && store.quirks.has(Quirk::NoopPut400) {
                return Err(Problem::value("nothing would change"));
            }
            commit(store, base_url, &row, document, call)
        }
        (Endpoint::Item(..), Method::PATCH) => {
            let (row, document) = begin_patch(store, base_url, call)?;
            commit(store, base_url, &row, document, call)
        }
        (Endpoint::Item(kind, id), Method::DELETE) => {
            let row = current(store, base_url, *kind, id, &call.headers)?;
            let only_marked =
                *kind == Kind::User && store.quirks.has(Quirk::DeletedStillFound) && !id.starts_with(MARKED);
            if only_marked {
                store.rename(&row, format!("{MARKED}{id}"));
            } else if !store.quirks.has(Quirk::DeleteIgnored) {
                store.delete(&row);
            }
            if *kind == Kind::Group && store.quirks.has(Quirk::GroupDeleteDeletesUsers) {
                let members: Vec<Arc<Row>> =
                    row.members().filter_map(|id| store.tables().of(Kind::User).by_id(id)).cloned().collect();
                members.iter().for_each(|member| store.delete(member));
            }
            Ok(Answer::empty(204))
        }
        (endpoint, Method::GET) => discovery::describe(endpoint, base_url, query.filter.is_some()),
        (endpoint, method) => Ok(not_allowed(endpoint, &method)),
    }
}

fn not_allowed(endpoint: &Endpoint, method: &Method) -> Answer {
    let mut refusal = Answer::from(Problem::new(405, format!("{method} is not allowed here")));
    refusal.set("allow", endpoint.allowed());
    refusal
}

fn search(store: &mut Store, base_url: &str, kind: Kind, query: &Query) -> Result<Answer, Problem> {
    store.searches += 1;
    let page = list::select(store, base_url, kind, query)?;
    let mut body = list::render(store.readable(), base_url, kind, &page, &query.projection);
    if !store.quirks.is_empty() {
        lists::recall(store, kind, query, &mut body);
    }
    Ok(Answer::json(200, body))
}

fn read(
    store: &mut Store,
    base_url: &str,
    kind: Kind,
    id: &str,
    call: &Call,
    query: &Query,
) -> Result<Answer, Problem> {
    let tables = store.readable();
    let row = tables.of(kind).by_id(id).ok_or_else(|| missing(kind, id))?;
    if store.quirks.has(Quirk::NewestUserUnreadable) && store.newest_user.as_deref() == Some(id) {
        return Err(missing(kind, id));
    }
    let view = View { tables, row, base_url };
    let version = view.version();
    if lists_tag(&call.headers, header::IF_NONE_MATCH, &version) == Some(true) {
        let mut unchanged = Answer::empty(304);
        unchanged.set("etag", version);
        return Ok(unchanged);
    }
    let mut answer = Answer::json(200, project(kind, view.render(), &query.projection));
    answer.set("etag", version);
    Ok(answer)
}

fn create(store: &mut Store, base_url: &str, kind: Kind, body: &Value, query: &Query) -> Result<Answer, Problem> {
    let mut document = resource::document(kind, body, &store.quirks)?;
    store.product.adopt(kind, body, &mut document);
    settle(store, kind, &mut document)?;
    resource::finish(kind, &mut document, &store.quirks)?;
    store.product.settle(kind, &mut document, None)?;
    let row = match uniqueness::demand(store, kind, &document, None) {
        Ok(()) => {
            let given = body["id"]
                .as_str()
                .filter(|id| store.quirks.has(Quirk::ClientIdUsed) && store.tables().any(id).is_none());
            match given {
                Some(id) => store.create_as(kind, id.to_owned(), document, End::Back),
                None => store.create(kind, document, End::Back),
            }
        }
        Err(problem) => match uniqueness::wiped(store, kind, &document) {
            Some(present) => store.update(&present, document),
            None => return Err(problem),
        },
    };
    if kind == Kind::User && store.quirks.has(Quirk::EverybodyBelongs) {
        store.admit_to(EVERYBODY, &row);
    }
    let mut answer = shown(store, base_url, 201, &row, query);
    let view = View { tables: store.tables(), row: &row, base_url };
    answer.set("location", view.location());
    Ok(answer)
}

/// The document a PUT makes of a resource.
fn replaced(store: &Store, row: &Row, body: &Value) -> Result<Document, Problem> {
    let mut document = resource::document(row.kind, body, &store.quirks)?;
    store.product.adopt(row.kind, body, &mut document);
    settle(store, row.kind, &mut document)?;
    // A client cannot read the password, so leaving it out says nothing; and forgetting `active` must not let anybody in.
    for kept in ["password", "active"] {
        if let (false, Some(value)) = (document.contains_key(kept), row.document.get(kept)) {
            document.insert(kept.to_owned(), value.clone());
        }
    }
    resource::finish(row.kind, &mut document, &store.quirks)?;
    Ok(document)
}

/// The resource a PATCH is about, and the document it makes of it; nothing is stored yet.
pub(crate) fn begin_patch(store: &mut Store, base_url: &str, call: &Call) -> Result<(Arc<Row>, Document), Problem> {
    let Endpoint::Item(kind, id) = &call.endpoint else {
        return Err(Problem::not_found("the endpoint"));
    };
    let row = current(store, base_url, *kind, id, &call.headers)?;
    match patched(store, base_url, &row, &call.body) {
        Ok(document) if document == row.document && store.quirks.has(Quirk::NoopPatch400) => {
            Err(Problem::value("nothing would change"))
        }
        Ok(document) => Ok((row, document)),
        Err(problem) => {
            if store.quirks.has(Quirk::PatchNotAtomic)
                && let Some(document) = losses::first_half(&call.body, |body| patched(store, base_url, &row, body).ok())
            {
                store.update(&row, document);
            }
            Err(problem)
        }
    }
}

fn patched(store: &Store, base_url: &str, row: &Row, body: &Value) -> Result<Document, Problem> {
    let tables = store.tables();
    let view = View { tables, row, base_url };
    let subject = patch::Subject {
        kind: row.kind,
        quirks: &store.quirks,
        shown: &view.render(),
        member: &|id| {
            let member = tables.any(id)?;
            Some((member.kind, render_member(member, base_url)))
        },
    };
    let mut document = row.document.clone();
    losses::forget_members(&store.quirks, &mut document);
    patch::apply(&subject, document, body)
}

/// Stores what a PUT or PATCH made of a resource.
pub(crate) fn commit(
    store: &mut Store,
    base_url: &str,
    row: &Arc<Row>,
    mut document: Document,
    call: &Call,
) -> Result<Answer, Problem> {
    let query = Query::read(&call.parameters)?;
    losses::cling(&store.quirks, row, &mut document);
    store.product.settle(row.kind, &mut document, Some(row))?;
    if let Err(refusal) = uniqueness::demand(store, row.kind, &document, Some(row)) {
        if store.quirks.has(Quirk::RefusedRenameStored) {
            store.update(row, document);
        }
        return Err(refusal);
    }
    if call.method == Method::PATCH && store.quirks.has(Quirk::PatchForgotten) {
        let forgotten = store.changed(row, document);
        return Ok(shown(store, base_url, 200, &forgotten, &query));
    }
    let updated = store.update(row, document);
    let mut updated = losses::after_update(store, row, updated);
    if call.method == Method::PUT && row.kind == Kind::User {
        updated = losses::after_put(store, &call.body, updated);
    }
    let answer = shown(store, base_url, 200, &updated, &query);
    if (!updated.is_active() && store.quirks.has(Quirk::DeactivateDeletes))
        || store.product.removes(call, row, &updated)
    {
        store.delete(&updated);
    }
    Ok(answer)
}

/// The answer that shows a resource just written.
fn shown(store: &Store, base_url: &str, status: u16, row: &Row, query: &Query) -> Answer {
    let view = View { tables: store.tables(), row, base_url };
    let body = project(row.kind, view.render(), &query.projection);
    let mut answer = Answer::json(status, body);
    answer.set("etag", view.version());
    answer
}

/// The resource a write is about, if the client's preconditions hold.
fn current(store: &Store, base_url: &str, kind: Kind, id: &str, headers: &HeaderMap) -> Result<Arc<Row>, Problem> {
    let tables = store.tables();
    let row = tables.of(kind).by_id(id).ok_or_else(|| missing(kind, id))?;
    let view = View { tables, row, base_url };
    match lists_tag(headers, header::IF_MATCH, &view.version()) {
        Some(false) if !store.quirks.has(Quirk::IfMatchIgnored) => {
            Err(Problem::new(412, "the resource has changed meanwhile"))
        }
        _ => Ok(Arc::clone(row)),
    }
}

fn missing(kind: Kind, id: &str) -> Problem {
    Problem::not_found(&format!("{} {id}", kind.name()))
}

/// Whether a conditional header lists this entity tag; `None` without the header.
fn lists_tag(headers: &HeaderMap, name: header::HeaderName, version: &str) -> Option<bool> {
    let header = headers.get(name)?.to_str().ok()?;
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    Some(header.split(',').any(|tag| tag.trim() == "*" || opaque(tag) == opaque(version)))
}

/// Brings the members of a new document into stored form.
fn settle(store: &Store, kind: Kind, document: &mut Document) -> Result<(), Problem> {
    let (Kind::Group, Some(Value::Array(members))) = (kind, document.get_mut("members")) else {
        return Ok(());
    };
    let known = |id: &str| store.tables().any(id).map(|row| row.kind);
    *members = resource::settle_members(std::mem::take(members), &known, &store.quirks)?;
    Ok(())
}

//! Queries: RFC 7644 §3.4.2, which resources, in which order, and which part of them.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Value, json};

use super::faults::lists;
use super::filter::{self, Filter, Operand, Operator, Record, fold, matches};
use super::problem::Problem;
use super::query::{MAX_RESULTS, Projection, Query, SMALL_PAGE};
use super::quirk::Quirk;
use super::row::Row;
use super::schema::{Kind, Named, Target, resolve};
use super::store::{Store, Tables};
use super::view::{View, project};

/// The URN of a list.
pub(crate) const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// The resources of one page.
pub(crate) struct Page<'a> {
    pub(crate) total: usize,
    pub(crate) start_index: usize,
    pub(crate) rows: Vec<&'a Arc<Row>>,
}

/// Finds the resources a query asks for.
pub(crate) fn select<'a>(store: &'a Store, base_url: &'a str, kind: Kind, query: &Query) -> Result<Page<'a>, Problem> {
    let tables = store.readable();
    let mut skip = query.start_index - 1;
    let most = match store.quirks.has(Quirk::PagesOf100) {
        true => SMALL_PAGE,
        false => store.product.page_size.unwrap_or(MAX_RESULTS),
    };
    let take = query.count.unwrap_or(most).min(most);
    let table = tables.of(kind);
    if query.filter.is_none() && query.sort_by.is_none() && store.quirks.is_empty() {
        return Ok(Page { total: table.len(), start_index: query.start_index, rows: table.page(skip, take) });
    }
    let view = |row: &'a Arc<Row>| View { tables, row, base_url };
    let mut found: Vec<&Arc<Row>> = match &query.filter {
        None => table.rows().collect(),
        Some(text) => {
            let filter = filter::parse(kind, text).map_err(|why| Problem::bad("invalidFilter", why))?;
            let hit = |row: &&'a Arc<Row>| matches(&filter, &view(row));
            match candidates(tables, kind, &filter) {
                Some(rows) => rows.into_iter().filter(hit).collect(),
                None => table.rows().filter(hit).collect(),
            }
        }
    };
    if let Some(name) = &query.sort_by {
        let Some(Named::Attribute(target)) = resolve(kind, name) else {
            return Err(Problem::bad("invalidPath", format!("`{name}` is not an attribute to sort by")));
        };
        let heeds_case = store.quirks.has(Quirk::SortHeedsCase) || store.quirks.has(Quirk::V1NamesExact);
        let mut keyed: Vec<(Option<String>, &Arc<Row>)> =
            found.into_iter().map(|row| (sort_key(&target, &view(row), heeds_case), row)).collect();
        keyed.sort_by(|(a, _), (b, _)| match query.descending {
            false => unassigned_last(a, b),
            true => unassigned_last(b, a),
        });
        found = keyed.into_iter().map(|(_, row)| row).collect();
    }
    if !kind.is_granted() {
        lists::spoil(store, query, &mut found);
    }
    if query.filter.is_some() && found.is_empty() && store.quirks.has(Quirk::LookupMissListsAll) {
        found = table.rows().collect();
    }
    if store.quirks.has(Quirk::PastTheEndRepeatsLastPage) {
        skip = skip.min(found.len().saturating_sub(1));
    }
    Ok(Page {
        total: found.len(),
        start_index: query.start_index,
        rows: found.into_iter().skip(skip).take(take).collect(),
    })
}

/// The rows an index offers for a filter; `None` when only a scan can tell.
fn candidates<'a>(tables: &'a Tables, kind: Kind, filter: &Filter) -> Option<Vec<&'a Arc<Row>>> {
    match filter {
        Filter::All(filters) => filters.iter().find_map(|filter| candidates(tables, kind, filter)),
        Filter::Compare(target, Operator::Equal, Operand::Text { given, .. }) if target.extension.is_none() => {
            match (target.attribute.name, target.sub.map(|sub| sub.name)) {
                ("id", None) => Some(tables.of(kind).by_id(given).into_iter().collect()),
                ("members", Some("value")) => Some(tables.groups_with(given).collect()),
                (name, None) => tables.of(kind).by_value(name, given),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The text a resource is ordered by: of a multi-valued attribute the primary value, else the first.
fn sort_key(target: &Target, record: &dyn Record, heeds_case: bool) -> Option<String> {
    let value = record.get(target.extension, target.attribute.name)?;
    let value = match value.as_ref() {
        Value::Array(values) => values.iter().find(|value| value["primary"] == true).or(values.first())?,
        value => value,
    };
    let (attribute, value) = match (target.sub, value) {
        (Some(sub), value) => (sub, value.get(sub.name)?),
        (None, Value::Object(members)) => (target.attribute.sub("value")?, members.get("value")?),
        (None, value) => (target.attribute, value),
    };
    match value {
        Value::String(text) if attribute.case_exact || heeds_case => Some(text.clone()),
        Value::String(text) => Some(fold(text)),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn unassigned_last(a: &Option<String>, b: &Option<String>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.cmp(b),
    }
}

/// The ListResponse message for a page.
pub(crate) fn render(tables: &Tables, base_url: &str, kind: Kind, page: &Page<'_>, projection: &Projection) -> Value {
    let resources = page.rows.iter().map(|row| {
        let view = View { tables, row, base_url };
        project(kind, view.render(), projection)
    });
    list_response(page.total, page.start_index, resources.collect())
}

/// A ListResponse message.
pub(crate) fn list_response(total: usize, start_index: usize, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST_RESPONSE],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

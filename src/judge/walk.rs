//! What only several answers together can show: lists read page by page, and answers to requests sent at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::body::Body;
use super::rules::{Fault, texts};
use crate::json::items;
use crate::scenario::template::Unbound;
use crate::scenario::{Bindings, Rule, RuleCall};
use crate::verdict::Place;
use crate::wire::Exchange;

/// How many ids a finding names.
const IDS_SHOWN: usize = 5;

/// A list as it was read, page by page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkEvidence {
    /// The pages in the order read.
    pub pages: Vec<Page>,
    /// How the reading ended.
    pub end: WalkEnd,
}

/// One page of a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Which exchange of the transcript, counted from 0.
    pub exchange: usize,
    /// The `startIndex` asked for.
    pub start_index: u64,
    /// The ids shown, in order; resources without a text as id are left out.
    pub ids: Vec<String>,
    /// `totalResults`, when it is a whole number, be it in quotes.
    pub total: Option<u64>,
    /// How many resources the page shows, with or without id.
    pub resources: usize,
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WalkEnd {
    /// As many resources as announced, or an empty page after them.
    #[default]
    Complete,
    /// An empty page while `totalResults` announced more.
    EmptyPageEarly,
    /// The budget of pages was used up.
    Endless,
    /// A page that is no list.
    NotAList,
}

impl Page {
    /// Reads a page; `None` when the body is no list: no `Resources` and no `totalResults`, or a `Resources` that is
    /// neither an array nor unassigned.
    pub fn read(body: &Body, exchange: usize, start_index: u64) -> Option<Self> {
        let body = body.json()?;
        let listed = body.get("Resources");
        match listed {
            Some(Value::Array(_)) => {}
            None | Some(Value::Null) if body.get("totalResults").is_some() => {}
            _ => return None,
        }
        let resources = listed.into_iter().flat_map(items);
        // An id that is a number is a fault of its own, too.
        let id = |resource: &Value| match resource.get("id")? {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        };
        Some(Self {
            exchange,
            start_index,
            ids: resources.clone().filter_map(id).collect(),
            total: body.get("totalResults").and_then(|total| match total {
                // A number in quotes is a fault of its own, told elsewhere; the walk goes on.
                Value::String(text) => text.parse().ok(),
                _ => total.as_u64(),
            }),
            resources: resources.count(),
        })
    }
}

impl WalkEvidence {
    /// The ids on all pages, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().flat_map(|page| &page.ids).map(String::as_str)
    }

    /// Whether nobody else changed the list between two readings or during them: every page of both announced the same
    /// total, and both show the same resources apart from `ours`.
    pub fn quiet_against(&self, earlier: &WalkEvidence, ours: &[String]) -> bool {
        let totals: BTreeSet<_> = self.pages.iter().chain(&earlier.pages).map(|page| page.total).collect();
        totals.len() <= 1 && self.foreign(ours) == earlier.foreign(ours)
    }

    fn foreign(&self, ours: &[String]) -> BTreeSet<&str> {
        let ours: BTreeSet<&str> = ours.iter().map(String::as_str).collect();
        self.ids().filter(|id| !ours.contains(id)).collect()
    }

    /// How often each id is listed, and the exchange that listed it last.
    fn seen(&self) -> BTreeMap<&str, (usize, usize)> {
        let mut seen: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for page in &self.pages {
            for id in &page.ids {
                let entry = seen.entry(id).or_default();
                *entry = (entry.0 + 1, page.exchange);
            }
        }
        seen
    }

    fn last_exchange(&self) -> usize {
        self.pages.last().map_or(0, |page| page.exchange)
    }
}

/// What a rule over several answers comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ruling {
    /// There was no occasion to judge it.
    NoOccasion,
    /// It holds.
    Met,
    /// It does not, as this exchange shows best.
    Unmet(Fault, usize),
}

/// Judges a walk rule.
pub(super) fn walk_rule(call: &RuleCall, evidence: &WalkEvidence, bindings: &Bindings) -> Result<Ruling, Unbound> {
    let last = evidence.last_exchange();
    let fault = |expected: String, actual: Value, exchange: usize| {
        Ruling::Unmet(Fault { place: Place::Walk, expected, actual }, exchange)
    };
    if call.rule == Rule::PagesEnd {
        return Ok(match evidence.end {
            WalkEnd::Complete => Ruling::Met,
            WalkEnd::EmptyPageEarly => {
                let shown: usize = evidence.pages.iter().map(|page| page.resources).sum();
                let total = evidence.pages.iter().rev().find_map(|page| page.total).unwrap_or_default();
                fault(
                    format!("pages until all {total} resources are shown"),
                    format!("an empty page after {shown}").into(),
                    last,
                )
            }
            WalkEnd::Endless => fault(
                "an end after all resources are shown".to_owned(),
                format!("still more after {} pages", evidence.pages.len()).into(),
                last,
            ),
            WalkEnd::NotAList => fault("a list on every page".to_owned(), "a page that is no list".into(), last),
        });
    }
    if evidence.end == WalkEnd::NotAList {
        return Ok(Ruling::NoOccasion);
    }
    Ok(match call.rule {
        Rule::ListsEachOnce => {
            let wanted = texts(call, "ids", bindings)?;
            let seen = evidence.seen();
            let count = |id: &String| seen.get(id.as_str()).map_or(0, |(count, _)| *count);
            let missing: Vec<&String> = wanted.iter().filter(|id| count(id) == 0).collect();
            let repeated: Vec<&String> = wanted.iter().filter(|id| count(id) > 1).collect();
            if missing.is_empty() && repeated.is_empty() {
                return Ok(Ruling::Met);
            }
            let exchange = match repeated.first() {
                Some(id) if missing.is_empty() => seen.get(id.as_str()).map_or(last, |(_, exchange)| *exchange),
                _ => last,
            };
            let mut actual = serde_json::Map::new();
            if !missing.is_empty() {
                actual.insert("missing".to_owned(), few(&missing));
            }
            if !repeated.is_empty() {
                actual.insert("more than once".to_owned(), few(&repeated));
            }
            fault(
                match wanted.as_slice() {
                    [only] => format!("{only} listed once"),
                    wanted => format!("each of {} ids listed once", wanted.len()),
                },
                Value::Object(actual),
                exchange,
            )
        }
        Rule::ListsNone => {
            let unwanted = texts(call, "ids", bindings)?;
            let seen = evidence.seen();
            let listed: Vec<&String> = unwanted.iter().filter(|id| seen.contains_key(id.as_str())).collect();
            match listed.first() {
                None => Ruling::Met,
                Some(id) => {
                    let exchange = seen.get(id.as_str()).map_or(last, |(_, exchange)| *exchange);
                    let expected = match unwanted.as_slice() {
                        [only] => format!("{only} not listed"),
                        unwanted => format!("none of {} ids listed", unwanted.len()),
                    };
                    fault(expected, few(&listed), exchange)
                }
            }
        }
        Rule::TotalIsWhatIsListed => {
            if evidence.end == WalkEnd::Endless || evidence.pages.is_empty() {
                return Ok(Ruling::NoOccasion);
            }
            let listed: usize = evidence.pages.iter().map(|page| page.resources).sum();
            let with_id: usize = evidence.pages.iter().map(|page| page.ids.len()).sum();
            let distinct = evidence.seen().len() + listed.saturating_sub(with_id);
            let total = evidence.pages.last().and_then(|page| page.total);
            if total == u64::try_from(distinct).ok() {
                Ruling::Met
            } else {
                fault(format!("totalResults {distinct}, as many as are listed"), json!(total), last)
            }
        }
        Rule::SameOrder => {
            let other = texts(call, "as", bindings)?;
            let mine = first_seen(evidence.ids());
            let theirs = first_seen(other.iter().map(String::as_str));
            // Others may change their resources meanwhile, and so their places; nobody changes those of this case.
            let ours = texts(call, "ids", bindings)?;
            let in_both = |id: &&str| mine.contains(id) && theirs.contains(id) && ours.iter().any(|our| our == id);
            let (mine, theirs): (Vec<&str>, Vec<&str>) =
                (mine.iter().copied().filter(in_both).collect(), theirs.iter().copied().filter(in_both).collect());
            match mine.into_iter().zip(theirs).enumerate().find(|(_, (mine, theirs))| mine != theirs) {
                None => Ruling::Met,
                Some((index, (mine, theirs))) => {
                    let exchange = evidence.seen().get(mine).map_or(last, |(_, exchange)| *exchange);
                    fault(
                        format!("{theirs} in place {}, as in the other walk", index + 1),
                        Value::String(mine.to_owned()),
                        exchange,
                    )
                }
            }
        }
        _ => Ruling::NoOccasion,
    })
}

fn first_seen<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    ids.filter(|id| seen.insert(*id)).collect()
}

fn few(ids: &[&String]) -> Value {
    let mut shown: Vec<String> = ids.iter().take(IDS_SHOWN).map(|id| (*id).clone()).collect();
    if ids.len() > IDS_SHOWN {
        shown.push(format!("… {} more", ids.len() - IDS_SHOWN));
    }
    shown.into()
}

/// Judges a group rule.
pub(super) fn group_rule(
    call: &RuleCall,
    exchanges: &[(usize, &Exchange)],
    bindings: &Bindings,
) -> Result<Ruling, Unbound> {
    if call.rule != Rule::SomeStatus {
        return Ok(Ruling::NoOccasion);
    }
    let wanted = texts(call, "status", bindings)?;
    let limit = |name: &str| -> Result<Option<usize>, Unbound> {
        Ok(texts(call, name, bindings)?.first().and_then(|text| text.parse().ok()))
    };
    let (at_least, at_most) = (limit("at-least")?, limit("at-most")?);
    let at_least = if at_least.is_none() && at_most.is_none() { Some(1) } else { at_least };
    let answered: Vec<(usize, u16)> =
        exchanges.iter().filter_map(|(index, e)| e.reply.as_ref().ok().map(|reply| (*index, reply.status))).collect();
    let with: Vec<usize> =
        answered.iter().filter(|(_, status)| wanted.iter().any(|w| is_status(w, *status))).map(|(i, _)| *i).collect();
    let name = wanted.join(" or ");
    let (expected, exchange) = if at_most.is_some_and(|most| with.len() > most) {
        let most = at_most.unwrap_or_default();
        let expected = match most {
            0 => format!("no answer with {name}"),
            _ => format!("at most {most} answered with {name}"),
        };
        (expected, with.get(most).copied())
    } else if at_least.is_some_and(|least| with.len() < least) {
        // A request without an answer may have been the one.
        if answered.len() < exchanges.len() {
            return Ok(Ruling::NoOccasion);
        }
        let least = at_least.unwrap_or_default();
        (format!("at least {least} answered with {name}"), answered.first().map(|(index, _)| *index))
    } else {
        return Ok(Ruling::Met);
    };
    let statuses: Value = answered.iter().map(|(_, status)| *status).collect();
    let fault = Fault { place: Place::Together, expected, actual: statuses };
    Ok(Ruling::Unmet(fault, exchange.unwrap_or_default()))
}

/// `409`, or a class such as `2xx`.
fn is_status(wanted: &str, status: u16) -> bool {
    match wanted.strip_suffix("xx") {
        Some(class) => class.parse() == Ok(status / 100),
        None => wanted.parse() == Ok(status),
    }
}

//! What differs between what was accepted and what is answered now, field by field, and the same difference told once.
//!
//! Ids are numbered by their first appearance, so that one id more shifts the rest. Two snapshots are therefore compared up to a
//! renaming of ids: each id of the one is one id of the other.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Snapshot, Step};
use crate::changes::{Change, ChangeGroup, ChangeKind};

/// From more values on, a place that has ever other ones is told once.
const MOST_ALIKE: usize = 3;

/// The differences of one case.
pub fn compare(old: &Snapshot, new: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    merge(old, new, &mut |change| {
        changes.push(change.clone());
        false
    });
    changes
}

/// The old snapshot with those differences taken over that are wanted; `wanted` is asked about each.
pub fn merge(old: &Snapshot, new: &Snapshot, wanted: &mut dyn FnMut(&Change) -> bool) -> Snapshot {
    let mut merger =
        Merger { forth: HashMap::new(), back: HashMap::new(), next: highest(old) + 1, wanted, met: 0, taken: 0 };
    if old.setup != new.setup {
        let take = merger.decide(question_changed("what prepares the case", None, None));
        return if take { new.clone() } else { old.clone() };
    }
    let mut steps = Vec::new();
    for pair in aligned(&old.steps, &new.steps) {
        match pair {
            (Some(old), Some(new)) => {
                merger.learn(&old.question, &new.question);
                let answer = merger.value(&request(&new.question), "", &old.answer, &new.answer);
                steps.push(Step { question: old.question.clone(), answer });
            }
            // What is asked after another answer may follow from it: it comes and goes with it.
            (old, new) if merger.met > 0 => {
                if merger.met == merger.taken {
                    steps.extend(new.map(|step| merger.renamed_step(step)));
                } else {
                    steps.extend(old.cloned());
                }
            }
            // Everything after this answers other questions.
            (before, after) => {
                let asked = after.or(before).map(|step| request(&step.question)).unwrap_or_default();
                let take = merger.decide(question_changed(&asked, before, after));
                return if take { new.clone() } else { old.clone() };
            }
        }
    }
    Snapshot { title: new.title.clone(), steps, ..old.clone() }
}

fn question_changed(request: &str, before: Option<&Step>, after: Option<&Step>) -> Change {
    Change {
        kind: ChangeKind::Question,
        request: request.to_owned(),
        place: String::new(),
        before: before.map(|step| step.question.clone()),
        after: after.map(|step| step.question.clone()),
    }
}

/// What was asked, without what differs from one resource to the next: `GET /Users/{id}`, `GET /Users?filter=…`.
fn request(question: &Value) -> String {
    let text = |name: &str| question.get(name).and_then(Value::as_str).unwrap_or_default();
    let (path, query) = text("path").split_once('?').map_or((text("path"), None), |(path, query)| (path, Some(query)));
    let mut segments = path.trim_matches('/').split('/');
    let collection = segments.next().unwrap_or_default();
    let rest = if segments.next().is_some() { "/{id}" } else { "" };
    let names = query.map(|query| {
        let names = query.split('&').map(|pair| format!("{}=…", pair.split('=').next().unwrap_or_default()));
        format!("?{}", names.collect::<Vec<_>>().join("&"))
    });
    format!("{} /{collection}{rest}{}", text("method"), names.unwrap_or_default())
}

/// A text without its ids, and the ids.
fn split(text: &str) -> (String, Vec<u32>) {
    let (mut out, mut ids) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find("[id ") {
        let after = &rest[at + 4..];
        let end = after.find(']').filter(|end| *end > 0 && after[..*end].bytes().all(|b| b.is_ascii_digit()));
        match end.and_then(|end| Some((end, after[..end].parse().ok()?))) {
            Some((end, id)) => {
                ids.push(id);
                out.push_str(&rest[..at + 4]);
                rest = &after[end..];
            }
            None => {
                out.push_str(&rest[..at + 4]);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    (out, ids)
}

fn bare(value: &Value) -> String {
    split(&value.to_string()).0
}

fn highest(snapshot: &Snapshot) -> u32 {
    let ids = |value: &Value| split(&value.to_string()).1.into_iter().max().unwrap_or(0);
    snapshot.steps.iter().map(|step| ids(&step.question).max(ids(&step.answer))).max().unwrap_or(0)
}

type Pair<'a> = (Option<&'a Step>, Option<&'a Step>);

/// The steps side by side: the longest sequence of questions that both have, and the rest between.
fn aligned<'a>(old: &'a [Step], new: &'a [Step]) -> Vec<Pair<'a>> {
    let text = |steps: &[Step]| steps.iter().map(|step| bare(&step.question)).collect::<Vec<_>>();
    let (these, those) = (text(old), text(new));
    let mut table = vec![vec![0_u32; those.len() + 1]; these.len() + 1];
    for i in (0..these.len()).rev() {
        for j in (0..those.len()).rev() {
            table[i][j] =
                if these[i] == those[j] { table[i + 1][j + 1] + 1 } else { table[i + 1][j].max(table[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && these[i] == those[j] {
            pairs.push((old.get(i), new.get(j)));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && table[i + 1][j] >= table[i][j + 1]) {
            pairs.push((old.get(i), None));
            i += 1;
        } else {
            pairs.push((None, new.get(j)));
            j += 1;
        }
    }
    pairs
}

struct Merger<'a> {
    /// Ids of the old snapshot in the new one, and the other way.
    forth: HashMap<u32, u32>,
    back: HashMap<u32, u32>,
    /// The next free number in the old one.
    next: u32,
    wanted: &'a mut dyn FnMut(&Change) -> bool,
    met: usize,
    taken: usize,
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

impl Merger<'_> {
    fn decide(&mut self, change: Change) -> bool {
        let take = (self.wanted)(&change);
        self.met += 1;
        self.taken += usize::from(take);
        take
    }

    /// Notes which id of the old question is which of the new one.
    fn learn(&mut self, old: &Value, new: &Value) {
        let (old, new) = (split(&old.to_string()).1, split(&new.to_string()).1);
        for (old, new) in old.into_iter().zip(new) {
            self.is_same_id(old, new);
        }
    }

    fn is_same_id(&mut self, old: u32, new: u32) -> bool {
        match (self.forth.get(&old), self.back.get(&new)) {
            (None, None) => {
                self.forth.insert(old, new);
                self.back.insert(new, old);
                true
            }
            (Some(to), Some(from)) => *to == new && *from == old,
            _ => false,
        }
    }

    fn is_same_text(&mut self, old: &str, new: &str) -> bool {
        let ((old, these), (new, those)) = (split(old), split(new));
        old == new && these.into_iter().zip(those).all(|(old, new)| self.is_same_id(old, new))
    }

    /// A new value with the numbers that its ids have in the old snapshot.
    fn renamed(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let (bare, ids) = split(text);
                let mut parts = bare.split("[id ]");
                let mut out = parts.next().unwrap_or_default().to_owned();
                for (part, id) in parts.zip(ids) {
                    let number = match self.back.get(&id) {
                        Some(number) => *number,
                        None => {
                            let number = self.next;
                            self.next += 1;
                            self.back.insert(id, number);
                            self.forth.insert(number, id);
                            number
                        }
                    };
                    out.push_str(&format!("[id {number}]{part}"));
                }
                out.into()
            }
            Value::Array(items) => items.iter().map(|item| self.renamed(item)).collect(),
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), self.renamed(value))).collect(),
            other => other.clone(),
        }
    }

    fn renamed_step(&mut self, step: &Step) -> Step {
        Step { question: self.renamed(&step.question), answer: self.renamed(&step.answer) }
    }

    fn differs(
        &mut self,
        kind: ChangeKind,
        request: &str,
        place: &str,
        (old, new): (Option<&Value>, Option<&Value>),
    ) -> Option<Value> {
        let change = Change {
            kind,
            request: request.to_owned(),
            place: place.to_owned(),
            before: old.cloned(),
            after: new.cloned(),
        };
        if self.decide(change) { new.map(|new| self.renamed(new)) } else { old.cloned() }
    }

    fn value(&mut self, request: &str, place: &str, old: &Value, new: &Value) -> Value {
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => self.fields(request, place, old, new),
            (Value::Array(old), Value::Array(new)) => self.items(request, place, old, new),
            (Value::String(a), Value::String(b)) if self.is_same_text(a, b) => old.clone(),
            _ if old == new && !old.is_string() => old.clone(),
            _ => {
                let kind = if type_of(old) == type_of(new) { ChangeKind::Changed } else { ChangeKind::TypeChanged };
                self.differs(kind, request, place, (Some(old), Some(new))).unwrap_or_default()
            }
        }
    }

    fn fields(&mut self, request: &str, place: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> Value {
        let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        let mut merged = Map::new();
        for (name, value) in old {
            let kept = match new.get(name) {
                Some(new) => Some(self.value(request, &below(name), value, new)),
                None => self.differs(ChangeKind::Removed, request, &below(name), (Some(value), None)),
            };
            merged.extend(kept.map(|value| (name.clone(), value)));
        }
        for (name, value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
            let taken = self.differs(ChangeKind::Added, request, &below(name), (None, Some(value)));
            merged.extend(taken.map(|value| (name.clone(), value)));
        }
        Value::Object(merged)
    }

    /// Lists have no order: what is equal but for ids belongs together, then what has most in common.
    fn items(&mut self, request: &str, place: &str, old: &[Value], new: &[Value]) -> Value {
        let below = format!("{place}[]");
        let mut open: Vec<Option<&Value>> = new.iter().map(Some).collect();
        let bares: Vec<String> = new.iter().map(bare).collect();
        let mut partners: Vec<Option<&Value>> = old
            .iter()
            .map(|item| {
                let wanted = bare(item);
                let at = (0..open.len()).find(|at| open[*at].is_some() && bares[*at] == wanted)?;
                open[at].take()
            })
            .collect();
        for (item, partner) in old.iter().zip(&mut partners).filter(|(_, partner)| partner.is_none()) {
            let best = (0..open.len())
                .filter_map(|at| Some((likeness(item, open[at]?), at)))
                .max_by_key(|(like, at)| (*like, std::cmp::Reverse(*at)));
            if let Some((_, at)) = best.filter(|(like, _)| *like > 0) {
                *partner = open[at].take();
            }
        }
        let mut merged = Vec::new();
        for (item, partner) in old.iter().zip(partners) {
            merged.extend(match partner {
                Some(new) => Some(self.value(request, &below, item, new)),
                None => self.differs(ChangeKind::Removed, request, &below, (Some(item), None)),
            });
        }
        for item in open.into_iter().flatten() {
            merged.extend(self.differs(ChangeKind::Added, request, &below, (None, Some(item))));
        }
        Value::Array(merged)
    }
}

/// How much two items of a list have in common: none for those that are not the same thing.
fn likeness(one: &Value, other: &Value) -> usize {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let same = |name: &&String| other.get(*name).is_some_and(|value| bare(value) == bare(&one[*name]));
            let shared = one.keys().filter(|name| other.contains_key(*name)).count();
            let equal = one.keys().filter(same).count();
            if equal > 0 || shared == one.len().max(other.len()) { 1 + 2 * equal + shared } else { 0 }
        }
        _ => 0,
    }
}

/// A group, and what it is made of: cases with their differences.
pub type Grouped = (ChangeGroup, Vec<(String, Change)>);

/// Tells the same difference of several cases once; the most frequent first. Ids count as the same, whichever they are.
pub fn group(changes: impl IntoIterator<Item = (String, Change)>) -> Vec<Grouped> {
    let mut places: Vec<((ChangeKind, String, String), Vec<Grouped>)> = Vec::new();
    let mut known: HashMap<(ChangeKind, String, String), usize> = HashMap::new();
    for (case, change) in changes {
        // Of a new case the case itself is told; of the others where in what kind of resource.
        let collection = match change.kind {
            ChangeKind::New => String::new(),
            ChangeKind::Question => change.request.clone(),
            _ => collection(&change.request),
        };
        let key = (change.kind, collection, change.place.clone());
        let at = *known.entry(key.clone()).or_insert_with(|| {
            places.push((key, Vec::new()));
            places.len() - 1
        });
        let groups = &mut places[at].1;
        match groups.iter_mut().find(|(group, _)| is_alike(&group.change, &change)) {
            Some((group, members)) => {
                let is_same =
                    |one: &Option<Value>, other: &Option<Value>| one.as_ref().map(bare) == other.as_ref().map(bare);
                let first = &group.change;
                group.various |= !is_same(&first.before, &change.before) || !is_same(&first.after, &change.after);
                if group.cases.last() != Some(&case) {
                    group.cases.push(case.clone());
                }
                members.push((case, change));
            }
            None => {
                let group = ChangeGroup { change: change.clone(), various: false, cases: vec![case.clone()] };
                groups.push((group, vec![(case, change)]));
            }
        }
    }
    let mut groups: Vec<Grouped> = places.into_iter().flat_map(|(_, groups)| joined(groups)).collect();
    groups.sort_by_key(|(group, _)| {
        (group.change.kind >= ChangeKind::Question, std::cmp::Reverse(group.cases.len()), group.change.kind)
    });
    groups
}

/// `/Users` of `GET /Users/{id}`.
fn collection(request: &str) -> String {
    let path = request.split(' ').nth(1).unwrap_or_default();
    path.split(['?', '{']).next().unwrap_or_default().trim_end_matches('/').to_owned()
}

fn joined(groups: Vec<Grouped>) -> Vec<Grouped> {
    if groups.len() <= MOST_ALIKE {
        return groups;
    }
    let mut groups = groups.into_iter();
    let Some((mut first, mut members)) = groups.next() else { return Vec::new() };
    first.various = true;
    for (group, more) in groups {
        for case in group.cases {
            if !first.cases.contains(&case) {
                first.cases.push(case);
            }
        }
        members.extend(more);
    }
    vec![(first, members)]
}

fn is_alike(one: &Change, other: &Change) -> bool {
    let alike = |one: &Option<Value>, other: &Option<Value>| match (one, other) {
        (Some(one), Some(other)) => bare(one) == bare(other),
        (one, other) => one.is_none() == other.is_none(),
    };
    let types = |change: &Change| [&change.before, &change.after].map(|value| value.as_ref().map(type_of));
    match one.kind {
        ChangeKind::Changed => alike(&one.before, &other.before) && alike(&one.after, &other.after),
        ChangeKind::TypeChanged => types(one) == types(other),
        ChangeKind::Added | ChangeKind::Removed | ChangeKind::Question | ChangeKind::New => true,
    }
}

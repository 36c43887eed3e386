//! What a read shows against what it has to show: effect and frame.
//!
//! **Invariant:** a server is accused only of what none of its ways explains. What is accused is demanded on, so that a server that
//! was merely late is acquitted by the next read; what is not is what the resource shows from then on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::learn::{Way, Ways};
use super::names::{self, Kind};
use super::state::{Attribute, Demand, Expected, Verb, Wanted, flat};
use super::value::{Lists, Pairing, is_nothing, lists, normal, same, words};

/// Which law was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// What was asked for is there.
    Effect,
    /// Nothing else changed.
    Frame,
    /// All views show the same.
    Views,
    /// A resource has one id for life, and no other has it.
    Identity,
}

/// Where something was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A read by id.
    Id,
    /// A list with a filter.
    Lookup,
    /// A list without one.
    List,
    /// The answer to a create.
    Answer,
}

impl Source {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Id => "a read by id",
            Source::Lookup => "a lookup",
            Source::List => "a list",
            Source::Answer => "the answer to a create",
        }
    }
}

/// Something that a law does not let be.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// Which law.
    pub law: Law,
    /// Of which kind of resource.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The attribute as people write it; empty for the resource as a whole.
    pub attribute: String,
    /// What it showed when it last was right; `null` for nothing, or for what nobody has seen yet.
    pub before: Value,
    /// What would have done, one of these; `null` stands for nothing.
    pub demanded: Vec<Value>,
    /// What it shows.
    pub shown: Value,
    /// What showed it.
    pub source: Source,
    /// The places of the writes that may have done it: all since it was right.
    pub writes: Vec<usize>,
    /// The place of the exchange that shows it.
    pub at: usize,
    /// How many looks in a row have shown it.
    pub looks: u32,
}

impl std::fmt::Display for Deviation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Deviation { kind, id, attribute, before, demanded, shown, source, .. } = self;
        write!(f, "{} {id}", kind.as_str())?;
        if !attribute.is_empty() {
            write!(f, ", `{attribute}`")?;
        }
        let demanded: Vec<String> = demanded.iter().map(ToString::to_string).collect();
        let law = match self.law {
            Law::Effect => "what was asked for is not there",
            Law::Frame => "something else was changed",
            Law::Views => "views do not agree",
            Law::Identity => "an id is for life",
        };
        let demanded = demanded.join(" or ");
        write!(f, ": {law}: was {before}, has to be {demanded}, and {} shows {shown}", source.as_str())
    }
}

/// What is known of whoever has an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// We created it, and it is there.
    Ours,
    /// The same, and it is not active: some servers take it out of groups.
    Inactive,
    /// It was deleted.
    Gone,
    /// Nothing.
    Unknown,
}

/// What has to be known beside a resource to judge a look at it.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The place of the read among the exchanges.
    pub at: usize,
    /// The places of all writes before it, to whatever resource.
    pub writes: &'a [usize],
    /// What is known of the ids that it names.
    pub standing: &'a dyn Fn(&str) -> Standing,
    /// Whether we sent a text somewhere, so that it is no default of the server's.
    pub was_sent: &'a dyn Fn(&str) -> bool,
}

impl std::fmt::Debug for Look<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Look").field("at", &self.at).field("writes", &self.writes).finish_non_exhaustive()
    }
}

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// What the laws do not let be.
    pub deviations: Vec<Deviation>,
    /// What the resource has to show from then on.
    pub next: Expected,
}

/// Compares, of a resource that stands alone, after a write: for those who know nothing else.
pub fn compare(id: &str, expected: &Expected, shown: &Value) -> Vec<Deviation> {
    let look = Look { at: 1, writes: &[1], standing: &|_| Standing::Ours, was_sent: &|_| false };
    look_at(id, expected, shown, &mut Ways::default(), look).deviations
}

/// Compares what a read by id shows, and learns from it.
pub fn look_at(id: &str, expected: &Expected, shown: &Value, ways: &mut Ways, look: Look<'_>) -> Compared {
    let mut next = expected.clone();
    next.learn_urns(shown);
    let mut comparison = Comparison { id, expected, ways, look, own: BTreeSet::new(), deviations: Vec::new() };
    comparison.identity(shown);
    // Nothing is computed from who is a member, and there may be thousands.
    for (_, attribute) in expected.attributes.iter().filter(|(key, _)| !names::is_by_id(key)) {
        words(&attribute.before, &mut comparison.own);
        if let Demand::OneOf(all) = &attribute.demand {
            all.iter().for_each(|wanted| words(&wanted.value, &mut comparison.own));
        }
    }
    comparison.own.extend(expected.words.iter().cloned());
    let mut found = flat(expected.kind, shown, &next.urns);
    found.retain(|_, (_, value)| !is_nothing(value));
    let marks = |key: &&String| !key.ends_with('*');
    let keys: BTreeSet<String> = expected.attributes.keys().filter(marks).chain(found.keys()).cloned().collect();
    for key in keys {
        let known = expected.attributes.get(&key);
        let (spelled, value) = match (found.remove(&key), known) {
            (Some((spelled, value)), _) => (spelled, value),
            (None, Some(known)) => (known.spelled.clone(), Value::Null),
            (None, None) => continue,
        };
        if comparison.is_right(&key, &spelled, known, &value) {
            comparison.keep(&key, &spelled, &value);
            let attribute = next.attributes.entry(key).or_insert_with(|| Attribute::new(spelled));
            attribute.demand = Demand::just(value.clone());
            attribute.before = value;
            attribute.touched = None;
            attribute.clean_at = look.at;
        }
    }
    next.attributes.retain(|key, _| !key.ends_with('*'));
    next.complete = true;
    next.open = false;
    if comparison.deviations.is_empty() {
        next.defaults = false;
        next.words.clear();
    }
    Compared { deviations: comparison.deviations, next }
}

/// Whether a PUT has said nothing of it.
fn is_left_out(known: &Attribute, all: &[&Wanted]) -> bool {
    known.touched == Some(Verb::Put) && all.len() > 1 && all.iter().any(|wanted| wanted.value.is_null())
}

struct Comparison<'a> {
    id: &'a str,
    expected: &'a Expected,
    ways: &'a mut Ways,
    look: Look<'a>,
    /// All words that the resource is made of.
    own: BTreeSet<String>,
    deviations: Vec<Deviation>,
}

impl Comparison<'_> {
    fn kind(&self) -> Kind {
        self.expected.kind
    }

    fn learn(&mut self, key: &str, spelled: &str, way: Way) {
        self.ways.learn(self.kind(), key, spelled, way);
    }

    fn identity(&mut self, shown: &Value) {
        let named = shown.as_object().map(|fields| super::value::part(fields, "id"));
        if let Some(Value::String(named)) = named
            && named != self.id
        {
            let id = Attribute { clean_at: self.last_look(), ..Attribute::new("id".to_owned()) };
            self.deviate(Law::Identity, "id", &id, vec![self.id.into()], &named.clone().into());
        }
    }

    fn deviate(&mut self, law: Law, spelled: &str, known: &Attribute, demanded: Vec<Value>, shown: &Value) {
        self.deviations.push(Deviation {
            law,
            kind: self.kind(),
            id: self.id.to_owned(),
            attribute: spelled.to_owned(),
            before: known.before.clone(),
            demanded,
            shown: shown.clone(),
            source: Source::Id,
            writes: self.suspects(known.clean_at),
            at: self.look.at,
            looks: 1,
        });
    }

    /// The writes since then.
    fn suspects(&self, since: usize) -> Vec<usize> {
        let born = self.expected.born;
        self.look.writes.iter().copied().filter(|write| *write > since && *write >= born).collect()
    }

    /// Whether an attribute shows what it may, by what is demanded or by what the server is known to do.
    fn is_right(&mut self, key: &str, spelled: &str, known: Option<&Attribute>, shown: &Value) -> bool {
        let kind = self.kind();
        let is_hidden = kind == Kind::Group && key == "members" && self.ways.hides_members;
        if is_hidden || (key == "active" && self.is_invited(known)) {
            return true;
        }
        if self.ways.is_described(kind, key) || self.ways.is_volatile(kind, key) || self.expected.is_loose(key) {
            return true;
        }
        match known {
            None => self.is_new_right(key, spelled, shown),
            // What a server shows of its own is its own affair.
            Some(known) if !known.written && !names::is_defined(kind, key) => true,
            Some(known) => match &known.demand {
                Demand::Anything => true,
                Demand::OneOf(all) => {
                    let all: Vec<&Wanted> = all.iter().chain(&known.late).collect();
                    self.is_one_of(key, spelled, known, &all, shown)
                }
            },
        }
    }

    /// Whether it hangs on somebody else's acceptance whether a user is active: as long as nobody has said that it shall not be.
    fn is_invited(&self, known: Option<&Attribute>) -> bool {
        let is_off = |wanted: &Wanted| same("active", &wanted.value, &Value::Bool(false));
        let was_switched_off = known.is_some_and(|known| match &known.demand {
            Demand::OneOf(all) => known.touched.is_some() && all.iter().all(is_off),
            Demand::Anything => false,
        });
        self.ways.invites && self.kind() == Kind::User && !was_switched_off
    }

    /// Whether it may be there though nobody has sent it and it was not there before.
    fn is_new_right(&mut self, key: &str, spelled: &str, shown: &Value) -> bool {
        let kind = self.kind();
        if !self.expected.complete {
            // What a new resource shows besides is the server's: computed from what was sent, or a default.
            if self.expected.created && names::is_defined(kind, key) {
                let way = if self.is_made_of_own(shown) { Way::Derived } else { Way::Default(vec![shown.clone()]) };
                self.learn(key, spelled, way);
            }
            return true;
        }
        // The server's own affair.
        if !names::is_defined(kind, key) {
            return true;
        }
        let new = Attribute { clean_at: self.last_look(), ..Attribute::new(spelled.to_owned()) };
        if self.is_default(key, shown) {
            self.learn(key, spelled, Way::Default(vec![shown.clone()]));
            return true;
        }
        let may_follow = names::is_often_derived(kind, key) || self.ways.is_derived(kind, key);
        if may_follow && self.was_written() && self.is_made_of_own(shown) {
            self.learn(key, spelled, Way::Derived);
            return true;
        }
        if self.suspects(new.clean_at).is_empty() {
            self.learn(key, spelled, Way::Volatile);
            return true;
        }
        self.deviate(Law::Frame, spelled, &new, vec![Value::Null], shown);
        false
    }

    fn is_one_of(&mut self, key: &str, spelled: &str, known: &Attribute, all: &[&Wanted], shown: &Value) -> bool {
        let found: Option<Vec<Value>> = shown.as_array().cloned();
        let is_list = found.is_some() || all.iter().any(|wanted| wanted.value.is_array());
        // Who was deleted is in no group, whatever else is demanded of it.
        let mut found = found.unwrap_or_else(|| super::value::elements(shown));
        if key == "members" {
            found = self.without_deleted(spelled, known, found);
        }
        let touched = known.touched.is_some();
        for wanted in all {
            let is_match = if is_list {
                self.is_list(key, spelled, known, wanted, &found)
            } else if touched {
                self.is_normal(key, spelled, &wanted.value, shown)
            } else {
                same(key, &wanted.value, shown)
            };
            if is_match {
                return true;
            }
        }
        if self.is_excused(key, spelled, known, all, shown) {
            return true;
        }
        let law = if touched && !is_left_out(known, all) { Law::Effect } else { Law::Frame };
        let demanded = all.iter().map(|wanted| wanted.value.clone()).collect();
        self.deviate(law, spelled, known, demanded, shown);
        false
    }

    fn is_normal(&mut self, key: &str, spelled: &str, sent: &Value, shown: &Value) -> bool {
        if !normal(key, sent, shown) {
            return false;
        }
        if !is_nothing(sent) && sent != shown {
            self.learn(key, spelled, Way::Normalises { sent: sent.clone(), shown: shown.clone() });
        }
        true
    }

    /// Whether a list shows all that it has to, and nothing else.
    fn is_list(&mut self, key: &str, spelled: &str, known: &Attribute, wanted: &Wanted, found: &[Value]) -> bool {
        let kind = self.kind();
        let (mut list, mut may) = (wanted.list(), wanted.may.clone());
        if key == "members" {
            // Who is not there, or not active, need not be a member.
            let is_ours =
                |member: &Value| (self.look.standing)(member["value"].as_str().unwrap_or_default()) == Standing::Ours;
            let (ours, others): (Vec<Value>, Vec<Value>) = list.into_iter().partition(is_ours);
            list = ours;
            may.extend(others);
        }
        let pairing = if known.touched.is_some() { Pairing::SENT } else { Pairing::SAME };
        let Lists { mut missing, mut extra, without, changed } = lists(key, &list, found, &may, pairing);
        if wanted.more {
            extra.clear();
        }
        if known.touched.is_some() && self.ways.is_partial(kind, key) {
            missing.clear();
        }
        let is_first = known.touched == Some(Verb::Post) && !self.expected.complete;
        let mut is_partial = false;
        if is_first && extra.is_empty() && !missing.is_empty() && !found.is_empty() {
            is_partial = key != "members";
            missing.clear();
        }
        // A server may give what it gives to everybody.
        if is_first && matches!(key, "roles" | "entitlements" | "photos") {
            extra.clear();
        }
        let was_shown = |part: &String| {
            let name = part.rsplit('.').next().unwrap_or_default();
            self.ways.is_stored(kind, part)
                || known.before.as_array().into_iter().flatten().any(|one| !one[name].is_null())
        };
        let lacks = |part: &String| was_shown(part) && !self.ways.is_not_stored(kind, part) && !is_first;
        if !missing.is_empty() || !extra.is_empty() || without.iter().any(lacks) {
            return false;
        }
        for part in without {
            let named = part.strip_prefix(key).map_or_else(|| part.clone(), |part| format!("{spelled}{part}"));
            self.learn(&part, &named, Way::NotStored);
        }
        if is_partial {
            self.learn(key, spelled, Way::Partial);
        }
        if let (Some((sent, shown)), true) = (changed, known.touched.is_some()) {
            self.learn(key, spelled, Way::Normalises { sent, shown });
        }
        true
    }

    fn without_deleted(&mut self, spelled: &str, known: &Attribute, found: Vec<Value>) -> Vec<Value> {
        let is_gone =
            |member: &Value| (self.look.standing)(member["value"].as_str().unwrap_or_default()) == Standing::Gone;
        let (gone, rest): (Vec<Value>, Vec<Value>) = found.into_iter().partition(is_gone);
        if !gone.is_empty() {
            self.deviate(Law::Views, spelled, known, vec![Value::from(rest.clone())], &Value::from(gone));
        }
        rest
    }

    /// Whether a way of the server's explains what is shown in place of what was demanded.
    fn is_excused(&mut self, key: &str, spelled: &str, known: &Attribute, all: &[&Wanted], shown: &Value) -> bool {
        let kind = self.kind();
        if self.ways.is_not_stored(kind, key) {
            return true;
        }
        if is_nothing(shown) && known.touched.is_some() {
            if known.touched == Some(Verb::Post) && self.ways.is_stored(kind, key) {
                // It takes such values in general, and need not take each (RFC 7644 §3.3).
                return true;
            }
            let is_kept = self.ways.is_stored(kind, key) || !is_nothing(&known.before);
            let is_change = known.touched != Some(Verb::Post);
            // Of a change it is enough that the create was answered with it.
            let is_promised = names::is_essential(kind, key) || self.ways.is_answered(kind, key);
            if !(is_kept || is_change && is_promised) {
                self.learn(key, spelled, Way::NotStored);
                return true;
            }
            // A reference to nobody.
            let is_reference = key.ends_with(":user:manager.value");
            let names_nobody = |wanted: &&Wanted| {
                let is_new = wanted.value != known.before;
                is_new && wanted.value.as_str().is_some_and(|id| (self.look.standing)(id) == Standing::Unknown)
            };
            if is_reference && all.iter().any(names_nobody) {
                return true;
            }
        }
        if is_left_out(known, all) && self.is_default(key, shown) {
            self.learn(key, spelled, Way::Default(vec![shown.clone()]));
            return true;
        }
        if self.is_default_of_cleared(key, known, all, shown) {
            self.learn(key, spelled, Way::Default(vec![shown.clone()]));
            return true;
        }
        if self.follows(key, known, all, shown) {
            self.learn(key, spelled, Way::Derived);
            return true;
        }
        if known.clean_at > 0 && known.touched.is_none() && self.suspects(known.clean_at).is_empty() {
            self.learn(key, spelled, Way::Volatile);
            return true;
        }
        false
    }

    /// Whether what was cleared has come to a default: a text that is not what it was, and that nobody of ours has ever sent.
    fn is_default_of_cleared(&self, key: &str, known: &Attribute, all: &[&Wanted], shown: &Value) -> bool {
        let is_cleared = matches!(known.touched, Some(Verb::Put | Verb::Patch))
            && all.iter().all(|wanted| is_nothing(&wanted.value) || wanted.value == known.before)
            && all.iter().any(|wanted| is_nothing(&wanted.value));
        let is_new = *shown != known.before && shown.as_str().is_some_and(|text| !(self.look.was_sent)(text));
        let may_be = || is_new && self.ways.may_be_default(self.kind(), key, shown);
        // One that it gives to others, too, may have been sent back to it.
        is_cleared && !is_nothing(shown) && (self.ways.is_known_default(self.kind(), key, shown) || may_be())
    }

    /// Whether a value may have been computed from what else the resource shows.
    fn follows(&self, key: &str, known: &Attribute, all: &[&Wanted], shown: &Value) -> bool {
        let kind = self.kind();
        let is_often = names::is_often_derived(kind, key);
        let is_derived = self.ways.is_derived(kind, key);
        match known.touched {
            // It overrides what a client says.
            Some(Verb::Post) => is_often && !is_nothing(shown) && self.is_made_of_own(shown),
            Some(_) if is_derived && is_often => true,
            Some(_) if is_often => all.iter().any(|wanted| is_nothing(&wanted.value)) && self.is_made_of_own(shown),
            Some(_) => false,
            // What we wrote ourselves follows from nothing else.
            None if known.written && !is_often => false,
            None if !self.was_written() => false,
            None if is_nothing(shown) => self.was_cleared(),
            None => self.is_made_of_own(shown),
        }
    }

    /// Whether all of its words are those of the resource.
    fn is_made_of_own(&self, value: &Value) -> bool {
        let mut found = Vec::new();
        words(value, &mut found);
        !found.is_empty() && found.iter().all(|word| self.own.contains(word))
    }

    /// Whether the resource was written since the last look.
    fn was_written(&self) -> bool {
        !self.expected.words.is_empty()
    }

    /// Whether something of the resource was cleared since the last look.
    fn was_cleared(&self) -> bool {
        let cleared = |attribute: &Attribute| match &attribute.demand {
            Demand::OneOf(all) => attribute.touched.is_some() && all.iter().any(|wanted| wanted.value.is_null()),
            Demand::Anything => true,
        };
        self.expected.attributes.values().any(cleared)
    }

    /// Whether the server may have filled in a default (RFC 7644 §3.5.1).
    fn is_default(&self, key: &str, shown: &Value) -> bool {
        if !self.expected.defaults || is_nothing(shown) {
            return false;
        }
        let is_ours = shown.as_str().is_some_and(|text| (self.look.was_sent)(text));
        self.ways.is_known_default(self.kind(), key, shown)
            || (!is_ours && !shown.is_array() && self.ways.may_be_default(self.kind(), key, shown))
    }

    fn last_look(&self) -> usize {
        self.expected.attributes.values().map(|attribute| attribute.clean_at).max().unwrap_or_default()
    }

    /// Remembers that the server keeps it.
    fn keep(&mut self, key: &str, spelled: &str, shown: &Value) {
        let kind = self.kind();
        if is_nothing(shown) {
            return;
        }
        self.ways.store(kind, key, spelled);
        let parts: BTreeMap<&String, &Value> =
            shown.as_array().into_iter().flatten().filter_map(Value::as_object).flatten().collect();
        for part in parts.keys() {
            self.ways.store(kind, &format!("{key}.{part}"), &format!("{spelled}.{part}"));
        }
    }
}

//! `qa-plan.yaml`: Okta's plan for testing by hand, and which scenarios decide each case of it.

use crate::capability::{Capability, Family};
use crate::source::{Diagnostic, Kind, Node, did_you_mean};

use super::Scenario;

/// One case of Okta's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QaEntry {
    /// Okta's number for it.
    pub id: String,
    /// Its section of the plan.
    pub section: String,
    /// What it is about, in our words.
    pub title: String,
    /// The switch of Okta's that it is about.
    pub feature: Option<Capability>,
    /// What a person does in Okta; `None` when the wire shows all of it.
    pub by_hand: Option<String>,
    /// The scenarios that decide it, by the beginnings of their ids.
    pub scenarios: Vec<String>,
}

const KEYS: &[&str] = &["id", "section", "title", "feature", "by-hand", "scenarios"];

/// Reads the plan; the scenarios it names are there.
pub(super) fn read(root: &Node, scenarios: &[Scenario], mistakes: &mut Vec<Diagnostic>) -> Vec<QaEntry> {
    let Kind::Seq(entries) = &root.kind else {
        mistakes.push(Diagnostic::new("the plan is a list of cases", &root.span, root.kind_name()));
        return Vec::new();
    };
    let mut plan: Vec<QaEntry> = Vec::new();
    for node in entries {
        let Kind::Map(fields) = &node.kind else {
            mistakes.push(Diagnostic::new("a case of the plan is a mapping", &node.span, node.kind_name()));
            continue;
        };
        for (key, _) in fields.iter().filter(|(key, _)| !KEYS.contains(&key.value.as_str())) {
            let mut mistake = Diagnostic::new(format!("unknown key `{}` in a case", key.value), &key.span, "here");
            mistake.help = did_you_mean(&key.value, KEYS).or_else(|| Some(format!("known are {}", KEYS.join(", "))));
            mistakes.push(mistake);
        }
        let entry = entry(node, scenarios, mistakes);
        if plan.iter().any(|known| known.id == entry.id) {
            mistakes.push(Diagnostic::new(format!("case `{}` is there twice", entry.id), &node.span, "second time"));
        }
        plan.push(entry);
    }
    plan
}

fn entry(node: &Node, scenarios: &[Scenario], mistakes: &mut Vec<Diagnostic>) -> QaEntry {
    let mut needed = |key: &str| {
        let text = node.get(key).and_then(Node::as_str);
        if text.is_none() {
            mistakes.push(Diagnostic::new(format!("a case of the plan has a text as `{key}`"), &node.span, "here"));
        }
        text.unwrap_or_default().to_owned()
    };
    let (id, section, title) = (needed("id"), needed("section"), needed("title"));
    let feature = node.get("feature").and_then(|written| {
        let word = written.as_str().unwrap_or_default();
        let feature = Capability::parse(word).filter(|capability| capability.family() == Family::Feature);
        if feature.is_none() {
            let known = Capability::ALL.iter().filter(|capability| capability.family() == Family::Feature);
            let known: Vec<&str> = known.map(|capability| capability.as_str()).collect();
            let mut mistake =
                Diagnostic::new(format!("unknown feature `{word}`"), &written.span, "no switch of Okta's");
            mistake.help = did_you_mean(word, &known).or_else(|| Some(format!("known are {}", known.join(", "))));
            mistakes.push(mistake);
        }
        feature
    });
    let named = match node.get("scenarios").map(|named| &named.kind) {
        Some(Kind::Seq(named)) => named.as_slice(),
        _ => &[],
    };
    for start in named {
        let text = start.as_str().unwrap_or_default();
        if !scenarios.iter().any(|scenario| scenario.id.starts_with(text)) {
            let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
            let mut mistake = Diagnostic::new(format!("no scenario begins with `{text}`"), &start.span, "not there");
            mistake.help = did_you_mean(text, &ids);
            mistakes.push(mistake);
        }
    }
    let by_hand = node.get("by-hand").and_then(Node::as_str).map(str::to_owned);
    if by_hand.is_none() && named.is_empty() {
        let mistake = Diagnostic::new("nothing decides this case", &node.span, "neither `scenarios` nor `by-hand`");
        mistakes.push(mistake);
    }
    let scenarios = named.iter().filter_map(|start| start.as_str().map(str::to_owned)).collect();
    QaEntry { id, section, title, feature, by_hand, scenarios }
}

//! `histories.yaml`: what administrators do, so that sequences of it can be made up. Each operation says in which states of a user, a
//! group and the membership of both it is done, and what they are in afterwards; its steps are those of a scenario.
//!
//! **Invariant:** pure. All mistakes of a file are told at once. What the steps say is checked when they become a scenario.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::source::{Diagnostic, Kind, Node, Span, did_you_mean, suggestion};

/// What the administrators of one provider do.
#[derive(Clone, Debug, PartialEq)]
pub struct Repertoire {
    /// The folder of the provider.
    pub folder: String,
    /// How many a run plays where nobody says.
    pub usual: Usual,
    /// What decides which of several requests an operation sends: one of the `variants` of the persona.
    pub vary: Option<String>,
    /// Whom it happens to; plain ones first.
    pub people: Vec<Node>,
    /// In which groups.
    pub groups: Vec<Node>,
    /// What is done.
    pub operations: Vec<Operation>,
    /// How a user is looked at, and in which states.
    pub look_at_user: Option<Look>,
    /// The same of a group.
    pub look_at_group: Option<Look>,
    /// Where it is written.
    pub span: Span,
}

/// How many histories a run plays where nobody says, by its depth. One takes some 40 requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// At default depth.
    pub default: u32,
    /// At full depth.
    pub full: u32,
}

impl Default for Usual {
    fn default() -> Self {
        Self { default: 3, full: 24 }
    }
}

/// How something is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// In which states there is something to look at.
    pub when: BTreeSet<&'static str>,
    /// The steps.
    pub steps: Vec<Node>,
}

/// One thing that administrators do.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// What it is called in a history; may hold what is drawn.
    pub title: Node,
    /// How often it is drawn, compared with the others.
    pub often: u32,
    /// What the server must offer, besides what its flows need: capabilities.
    pub needs: Vec<Node>,
    /// In which variants it is done; in all where none is named.
    pub only: Vec<String>,
    /// Whom it is about.
    pub user: Option<Change>,
    /// Which group.
    pub group: Option<Change>,
    /// The membership of that user in that group; where no group is named, in all of them.
    pub member: Option<Change>,
    /// What may be drawn for `${change}`; the plainest first.
    pub changes: Vec<Node>,
    /// What is sent.
    pub steps: Vec<Node>,
}

/// The states before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// In one of these it is done.
    pub from: BTreeSet<&'static str>,
    /// What it makes of that, where it makes anything of it.
    pub to: Option<&'static str>,
}

/// More histories nobody runs without being asked.
const MOST: u32 = 100;

/// The states of a user; the first is that of one nobody has heard of.
pub const OF_USER: &[&str] = &["absent", "active", "inactive", "gone"];
/// The states of a group.
pub const OF_GROUP: &[&str] = &["absent", "there", "gone"];
/// Whether a user is a member of a group.
pub const OF_MEMBER: &[&str] = &["out", "in"];

const KEYS: &[&str] = &["title", "usual", "vary", "people", "groups", "operations", "looks"];
const OPERATION_KEYS: &[&str] = &["title", "often", "only", "needs", "user", "group", "member", "changes", "steps"];
const USUAL_KEYS: &[&str] = &["default", "full"];
const LOOKS_KEYS: &[&str] = &["user", "group"];
const LOOK_KEYS: &[&str] = &["when", "steps"];
const CHANGE_KEYS: &[&str] = &["from", "to"];

/// Reads a file. A repertoire with a mistake is none.
pub(super) fn read(folder: &str, root: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Repertoire> {
    let before = mistakes.len();
    let repertoire = Reader { mistakes }.repertoire(folder, root);
    (mistakes.len() == before).then_some(repertoire)
}

struct Reader<'a> {
    mistakes: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn mistake(&mut self, message: impl Into<String>, node: &Node, help: Option<String>) {
        let mut mistake = Diagnostic::new(message, &node.span, node.kind_name());
        mistake.help = help;
        self.mistakes.push(mistake);
    }

    fn map(&mut self, node: &Node, what: &str, keys: &[&str]) {
        let Kind::Map(entries) = &node.kind else {
            return self.mistake(format!("{what} is a mapping"), node, None);
        };
        for (key, _) in entries.iter().filter(|(key, _)| !keys.contains(&key.value.as_str())) {
            let help = suggestion(&key.value, keys);
            let message = format!("unknown key `{}` in {what}", key.value);
            self.mistakes.push(Diagnostic::new(message, &key.span, "not known here").help(help));
        }
    }

    fn list(&mut self, of: &Node, key: &str) -> Vec<Node> {
        match of.get(key) {
            None => Vec::new(),
            Some(Node { kind: Kind::Seq(items), .. }) => items.clone(),
            Some(other) => {
                self.mistake(format!("`{key}` is a list"), other, None);
                Vec::new()
            }
        }
    }

    /// Lists that are nothing when they are empty.
    fn needed(&mut self, of: &Node, what: &str, key: &str) -> Vec<Node> {
        let items = self.list(of, key);
        if items.is_empty() && !matches!(of.get(key), Some(node) if !matches!(node.kind, Kind::Seq(_))) {
            self.mistake(format!("{what} has `{key}`"), of, Some(format!("a list: `{key}: [ … ]`")));
        }
        items
    }

    fn words(&mut self, node: &Node, known: &'static [&'static str]) -> BTreeSet<&'static str> {
        let items = match &node.kind {
            Kind::Seq(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut words = BTreeSet::new();
        for item in items {
            match item.as_str().and_then(|text| known.iter().find(|word| **word == text)) {
                Some(word) => {
                    words.insert(*word);
                }
                None => self.mistake(
                    "not a state that there is",
                    item,
                    Some(
                        did_you_mean(item.as_str().unwrap_or_default(), known)
                            .unwrap_or_else(|| format!("known are {}", known.join(", "))),
                    ),
                ),
            }
        }
        words
    }

    fn change(&mut self, of: &Node, key: &str, known: &'static [&'static str]) -> Option<Change> {
        let node = of.get(key)?;
        self.map(node, &format!("`{key}`"), CHANGE_KEYS);
        if node.get("from").is_none() {
            self.mistake(format!("`{key}` says `from`"), node, Some(format!("one of {}", known.join(", "))));
        }
        let from = node.get("from").map(|node| self.words(node, known)).unwrap_or_default();
        let to = node.get("to").and_then(|node| self.words(node, known).into_iter().next());
        Some(Change { from, to })
    }

    fn look(&mut self, looks: Option<&Node>, key: &str, known: &'static [&'static str]) -> Option<Look> {
        let node = looks?.get(key)?;
        self.map(node, &format!("`{key}` of `looks`"), LOOK_KEYS);
        let when = node.get("when").map(|node| self.words(node, known)).unwrap_or_default();
        Some(Look { when, steps: self.needed(node, "a look", "steps") })
    }

    fn rows(&mut self, root: &Node, key: &str) -> Vec<Node> {
        let rows = self.needed(root, "a file of histories", key);
        for row in &rows {
            if !matches!(row.kind, Kind::Map(_)) {
                self.mistake(format!("each of `{key}` is a mapping"), row, None);
            }
        }
        rows
    }

    fn number(&mut self, of: &Node, key: &str, may_be: RangeInclusive<u32>) -> Option<u32> {
        let node = of.get(key)?;
        let number = match &node.kind {
            Kind::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
            _ => None,
        };
        let number = number.filter(|number| may_be.contains(number));
        if number.is_none() {
            let (least, most) = may_be.into_inner();
            self.mistake(format!("`{key}` is a whole number from {least} to {most}"), node, None);
        }
        number
    }

    fn usual(&mut self, root: &Node) -> Usual {
        let Some(node) = root.get("usual") else { return Usual::default() };
        self.map(node, "`usual`", USUAL_KEYS);
        let Usual { default, full } = Usual::default();
        Usual {
            default: self.number(node, "default", 0..=MOST).unwrap_or(default),
            full: self.number(node, "full", 0..=MOST).unwrap_or(full),
        }
    }

    fn operation(&mut self, name: &str, node: &Node) -> Operation {
        self.map(node, "an operation", OPERATION_KEYS);
        let title = match node.get("title") {
            Some(title @ Node { kind: Kind::String(_), .. }) => title.clone(),
            other => {
                self.mistake("an operation has a `title`", other.unwrap_or(node), Some("a text".to_owned()));
                node.clone()
            }
        };
        let often = self.number(node, "often", 1..=100).unwrap_or(1);
        let only = match node.get("only") {
            None => Vec::new(),
            Some(one @ Node { kind: Kind::String(_), .. }) => one.as_str().map(str::to_owned).into_iter().collect(),
            Some(_) => {
                let items = self.list(node, "only");
                for item in items.iter().filter(|item| item.as_str().is_none()) {
                    self.mistake("`only` lists variants", item, None);
                }
                items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
            }
        };
        let needs = self.list(node, "needs");
        let user = self.change(node, "user", OF_USER);
        let group = self.change(node, "group", OF_GROUP);
        let member = self.change(node, "member", OF_MEMBER);
        if user.is_none() && group.is_none() {
            self.mistake("an operation is about a `user`, a `group`, or both", node, None);
        }
        if member.is_some() && user.is_none() {
            self.mistake("`member` is about a `user`", node, None);
        }
        if let (Some(Change { to: Some(_), .. }), None) = (&member, &group) {
            self.mistake("whoever joins or leaves does so with a `group`", node, None);
        }
        let changes = self.list(node, "changes");
        let steps = self.needed(node, "an operation", "steps");
        Operation { name: name.to_owned(), title, often, only, needs, user, group, member, changes, steps }
    }

    fn repertoire(&mut self, folder: &str, root: &Node) -> Repertoire {
        self.map(root, "a file of histories", KEYS);
        let looks = root.get("looks");
        looks.iter().for_each(|node| self.map(node, "`looks`", LOOKS_KEYS));
        let operations = match root.get("operations") {
            Some(Node { kind: Kind::Map(entries), .. }) => {
                entries.iter().map(|(name, node)| self.operation(&name.value, node)).collect()
            }
            other => {
                self.mistake("a file of histories has `operations`, by name", other.unwrap_or(root), None);
                Vec::new()
            }
        };
        let vary = root.get("vary").and_then(|node| {
            let text = node.as_str();
            if text.is_none() {
                self.mistake("`vary` names one of the `variants` of the persona", node, None);
            }
            text.map(str::to_owned)
        });
        Repertoire {
            folder: folder.to_owned(),
            usual: self.usual(root),
            vary,
            people: self.rows(root, "people"),
            groups: if root.get("groups").is_some() { self.rows(root, "groups") } else { Vec::new() },
            operations,
            look_at_user: self.look(looks, "user", OF_USER),
            look_at_group: self.look(looks, "group", OF_GROUP),
            span: root.span.clone(),
        }
    }
}

//! `witnesses.yaml`: the resources of one provider that are created before the first case and that no case writes to.
//!
//! **Invariant:** pure. All mistakes of a file are told at once. The members become one scenario whose steps create them, so that their
//! bodies are checked as those of every other scenario.

use crate::capability::Capability;
use crate::source::{Diagnostic, Kind, Located, Node, Span, did_you_mean};

use super::Scenario;

/// The witnesses of one provider.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The folder of the provider.
    pub folder: String,
    /// Who is in it, in the order in which they are created.
    pub members: Vec<Member>,
    /// Creates them: one step for each member, which binds its id to its name.
    pub scenario: Scenario,
}

/// One witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// By what name others refer to its id.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// Whether it is there in a run of full depth only.
    pub full: bool,
    /// What the server must offer for it.
    pub needs: Vec<Capability>,
    /// Where it is written.
    pub span: Span,
}

/// What a file says, before its bodies are checked.
pub(super) struct CastDoc {
    pub(super) folder: String,
    pub(super) members: Vec<Member>,
    /// What the server must offer for each, in words.
    pub(super) needs: Vec<Vec<Located<String>>>,
    /// The scenario that creates them.
    pub(super) document: Node,
}

const KEYS: &[&str] = &["title", "cast"];
const MEMBER_KEYS: &[&str] = &["as", "title", "depth", "needs", "user", "group"];

/// Reads a file. A cast with a mistake is none.
pub(super) fn read(folder: &str, root: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<CastDoc> {
    let before = mistakes.len();
    let doc = Reader { mistakes }.cast(folder, root);
    (mistakes.len() == before).then_some(doc)
}

struct Reader<'a> {
    mistakes: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn mistake(&mut self, message: impl Into<String>, node: &Node, help: Option<&str>) {
        let mut mistake = Diagnostic::new(message, &node.span, node.kind_name());
        mistake.help = help.map(str::to_owned);
        self.mistakes.push(mistake);
    }

    fn map(&mut self, node: &Node, what: &str, keys: &[&str]) {
        let Kind::Map(entries) = &node.kind else {
            return self.mistake(format!("{what} is a mapping"), node, None);
        };
        for (key, _) in entries.iter().filter(|(key, _)| !keys.contains(&key.value.as_str())) {
            let help = did_you_mean(&key.value, keys).unwrap_or_else(|| format!("known are {}", keys.join(", ")));
            let message = format!("unknown key `{}` in {what}", key.value);
            self.mistakes.push(Diagnostic::new(message, &key.span, "not known here").help(help));
        }
    }

    fn text(&mut self, of: &Node, key: &str) -> Option<String> {
        let node = of.get(key)?;
        let text = node.as_str().map(str::to_owned);
        if text.is_none() {
            self.mistake(format!("`{key}` is text"), node, None);
        }
        text
    }

    fn cast(&mut self, folder: &str, root: &Node) -> CastDoc {
        self.map(root, "a file of witnesses", KEYS);
        let title = self.text(root, "title").unwrap_or_else(|| "Witnesses".to_owned());
        let items = match root.get("cast") {
            Some(Node { kind: Kind::Seq(items), .. }) if !items.is_empty() => items.as_slice(),
            other => {
                let help = "a list: `cast: [ … ]`";
                self.mistake("a file of witnesses has a `cast`", other.unwrap_or(root), Some(help));
                &[]
            }
        };
        let mut members: Vec<Member> = Vec::new();
        let (mut needs, mut steps) = (Vec::new(), Vec::new());
        for item in items {
            let Some((member, words, step)) = self.member(item) else { continue };
            if members.iter().any(|other| other.name == member.name) {
                self.mistake(format!("two witnesses are called `{}`", member.name), item, None);
            }
            members.push(member);
            needs.push(words);
            steps.push(step);
        }
        let steps = Node { kind: Kind::Seq(steps), span: root.span.clone() };
        let document = map(&root.span, [("title", text(&root.span, &title)), ("steps", steps)]);
        CastDoc { folder: folder.to_owned(), members, needs, document }
    }

    fn member(&mut self, item: &Node) -> Option<(Member, Vec<Located<String>>, Node)> {
        let before = self.mistakes.len();
        self.map(item, "a witness", MEMBER_KEYS);
        let name = self.text(item, "as");
        if name.is_none() && item.get("as").is_none() && matches!(item.kind, Kind::Map(_)) {
            self.mistake(
                "a witness has a name",
                item,
                Some("`as: jane`, so that a group can have `${jane}` as a member"),
            );
        }
        let title = self.text(item, "title");
        let full = match self.text(item, "depth").as_deref() {
            None => false,
            Some("full") => true,
            Some(_) => {
                let node = item.get("depth").unwrap_or(item);
                self.mistake("`depth` is `full`, or left out", node, None);
                false
            }
        };
        let needs = self.needs(item);
        let (collection, body) = match (item.get("user"), item.get("group")) {
            (Some(body), None) => ("/Users", body),
            (None, Some(body)) => ("/Groups", body),
            _ if matches!(item.kind, Kind::Map(_)) => {
                self.mistake(
                    "a witness is a `user` or a `group`",
                    item,
                    Some("one of both, with the body that creates it"),
                );
                return None;
            }
            _ => return None,
        };
        if self.mistakes.len() > before {
            return None;
        }
        let name = name?;
        let span = &item.span;
        let capture = map(span, [(name.as_str(), text(span, "$.id"))]);
        let step = map(
            span,
            [("send", text(span, &format!("POST {collection}"))), ("body", body.clone()), ("capture", capture)],
        );
        let title = title.unwrap_or_else(|| name.clone());
        Some((Member { name, title, full, needs: Vec::new(), span: span.clone() }, needs, step))
    }

    fn needs(&mut self, item: &Node) -> Vec<Located<String>> {
        let nodes = match item.get("needs") {
            None => &[],
            Some(Node { kind: Kind::Seq(items), .. }) => items.as_slice(),
            Some(other) => {
                self.mistake("`needs` is a list", other, Some("`needs: [groups]`"));
                &[]
            }
        };
        let mut needs = Vec::new();
        for node in nodes {
            match node.as_str() {
                Some(word) => needs.push(Located { value: word.to_owned(), span: node.span.clone() }),
                None => self.mistake("a capability is text", node, None),
            }
        }
        needs
    }
}

fn text(span: &Span, text: &str) -> Node {
    Node { kind: Kind::String(text.to_owned()), span: span.clone() }
}

fn map<const N: usize>(span: &Span, entries: [(&str, Node); N]) -> Node {
    let key = |name: &str| Located { value: name.to_owned(), span: span.clone() };
    let entries = entries.into_iter().map(|(name, node)| (key(name), node)).collect();
    Node { kind: Kind::Map(entries), span: span.clone() }
}

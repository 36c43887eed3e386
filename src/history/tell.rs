//! A history as a scenario.

use crate::scenario::{Look, Repertoire};
use crate::source::{Kind, Located, Node, Span};

use super::{Act, History, Subject, World};

impl History {
    /// The scenario: what is done is its setup, and everybody is looked at in the end.
    pub fn scenario(&self, title: &str, repertoire: &Repertoire) -> Node {
        let span = &repertoire.span;
        let mut world = World::default();
        let mut given = Vec::new();
        for (at, act) in self.acts.iter().enumerate() {
            let Some(operation) = repertoire.operations.get(act.operation) else { continue };
            world.take(operation, act.person, act.group);
            let words = Words { repertoire, variant: self.variant.as_deref(), act, world: &world };
            given.extend(operation.steps.iter().map(|step| words.fill(step)));
            // After the last one they are looked at in any case.
            if self.is_watched && at + 1 < self.acts.len() {
                given.extend(self.look_at_all(repertoire, &world));
            }
            given.extend(act.look.into_iter().flat_map(|subject| self.look(repertoire, &world, subject)));
        }
        let mut steps = self.look_at_all(repertoire, &world);
        if steps.is_empty() {
            // Where nobody is left to be looked at, what was done last is what is asked about.
            steps.extend(given.pop());
        }
        let text = |text: &str| Node { kind: Kind::String(text.to_owned()), span: span.clone() };
        let list = |items| Node { kind: Kind::Seq(items), span: span.clone() };
        let mut needs: Vec<Node> = Vec::new();
        for need in self.acts.iter().filter_map(|act| repertoire.operations.get(act.operation)).flat_map(|of| &of.needs)
        {
            if needs.iter().all(|known| known.as_str() != need.as_str()) {
                needs.push(need.clone());
            }
        }
        map(span, [("title", text(title)), ("needs", list(needs)), ("given", list(given)), ("steps", list(steps))])
    }

    fn look_at_all(&self, repertoire: &Repertoire, world: &World) -> Vec<Node> {
        let people = (0..repertoire.people.len()).map(Subject::Person);
        let groups = (0..repertoire.groups.len()).map(Subject::Group);
        let all = people.chain(groups).filter(|subject| world.shows(repertoire, *subject));
        all.flat_map(|subject| self.look(repertoire, world, subject)).collect()
    }

    fn look(&self, repertoire: &Repertoire, world: &World, subject: Subject) -> Vec<Node> {
        let (look, person, group) = match subject {
            Subject::Person(person) => (&repertoire.look_at_user, Some(person), None),
            Subject::Group(group) => (&repertoire.look_at_group, None, Some(group)),
        };
        let Some(Look { steps, .. }) = look else { return Vec::new() };
        let act = Act { operation: 0, person, group, change: 0, look: None };
        let words = Words { repertoire, variant: self.variant.as_deref(), act: &act, world };
        steps.iter().map(|step| words.fill(step)).collect()
    }
}

/// What an act is called.
pub(super) fn words(repertoire: &Repertoire, history: &History, act: &Act) -> String {
    let Some(operation) = repertoire.operations.get(act.operation) else { return String::new() };
    let words = Words { repertoire, variant: history.variant.as_deref(), act, world: &World::default() };
    words.fill(&operation.title).as_str().unwrap_or_default().to_owned()
}

fn map<const N: usize>(span: &Span, entries: [(&str, Node); N]) -> Node {
    let key = |name: &str| Located { value: name.to_owned(), span: span.clone() };
    let entries = entries.into_iter().map(|(name, node)| (key(name), node)).collect();
    Node { kind: Kind::Map(entries), span: span.clone() }
}

/// What the words of an operation stand for in one act.
struct Words<'a> {
    repertoire: &'a Repertoire,
    variant: Option<&'a str>,
    act: &'a Act,
    /// After the act.
    world: &'a World,
}

impl Words<'_> {
    fn fill(&self, node: &Node) -> Node {
        let kind = match &node.kind {
            Kind::String(text) => return self.text(text, &node.span),
            Kind::Seq(items) => Kind::Seq(items.iter().map(|item| self.fill(item)).collect()),
            Kind::Map(entries) => {
                let filled = |(key, value): &(Located<String>, Node)| {
                    let value = match (key.value.as_str(), value.as_str()) {
                        ("as", Some("user")) => self.named(value, "user", self.act.person),
                        ("as", Some("group")) => self.named(value, "group", self.act.group),
                        _ => self.fill(value),
                    };
                    (key.clone(), value)
                };
                Kind::Map(entries.iter().map(filled).collect())
            }
            other => other.clone(),
        };
        Node { kind, span: node.span.clone() }
    }

    /// A name of one's own for each user and each group.
    fn named(&self, node: &Node, name: &str, at: Option<usize>) -> Node {
        Node { kind: Kind::String(numbered(name, at)), span: node.span.clone() }
    }

    fn text(&self, text: &str, span: &Span) -> Node {
        let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        if let Some(value) = whole.and_then(|word| self.value(word, span)) {
            return value;
        }
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((word, behind)) = after.split_once('}') else { break };
            filled.push_str(before);
            match self.value(word, span).as_ref().and_then(Node::as_str) {
                Some(value) => filled.push_str(value),
                None => filled.push_str(&format!("${{{}}}", self.variable(word))),
            }
            rest = behind;
        }
        filled.push_str(rest);
        Node { kind: Kind::String(filled), span: span.clone() }
    }

    /// `user.id` is `user2.id` where it is about the second.
    fn variable(&self, word: &str) -> String {
        match word.split_once('.') {
            Some(("user", rest)) => format!("{}.{rest}", numbered("user", self.act.person)),
            Some(("group", rest)) => format!("{}.{rest}", numbered("group", self.act.group)),
            _ => word.to_owned(),
        }
    }

    fn change(&self) -> Option<&Node> {
        self.repertoire.operations.get(self.act.operation)?.changes.get(self.act.change)
    }

    /// What stands for something that is drawn.
    fn value(&self, word: &str, span: &Span) -> Option<Node> {
        // As it is written: what is drawn names nothing else that is drawn.
        let of = |rows: &[Node], at: Option<usize>, name: &str| rows.get(at?)?.get(name).cloned();
        match word.split_once('.') {
            Some(("person", name)) => of(&self.repertoire.people, self.act.person, name),
            Some(("team", name)) => of(&self.repertoire.groups, self.act.group, name),
            Some(("change", name)) => self.change()?.get(name).cloned(),
            Some(_) => None,
            None if word == "change" => self.change().cloned(),
            None if word == "member" => Some(members(self.act.person.as_slice(), span)),
            None if word == "members" => Some(members(self.world.members(self.act.group?), span)),
            None if Some(word) == self.repertoire.vary.as_deref() => {
                Some(Node { kind: Kind::String(self.variant?.to_owned()), span: span.clone() })
            }
            None => None,
        }
    }
}

fn numbered(name: &str, at: Option<usize>) -> String {
    format!("{name}{}", at.unwrap_or_default() + 1)
}

/// As the members of a group are sent.
fn members(people: &[usize], span: &Span) -> Node {
    let member = |person: &usize| {
        let id = format!("${{{}.id}}", numbered("user", Some(*person)));
        map(span, [("value", Node { kind: Kind::String(id), span: span.clone() })])
    };
    Node { kind: Kind::Seq(people.iter().map(member).collect()), span: span.clone() }
}

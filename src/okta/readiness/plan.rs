//! `qa-plan.yaml` and `readiness.yaml`: Okta's plan for testing by hand and Okta's switches, and which scenarios decide each
//! case and each switch.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::capability::Capability;
use crate::persona::{AttributeJudges, Judges, Personas, Rows};
use crate::requirement::{Level, Registry, RequirementId};
use crate::scenario::{self, Action, Beside, Case, Expectation, Library, Scenario, Step, unfolded};
use crate::source::{Diagnostic, Kind, Node, Span, did_you_mean, suggestion};

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
    /// What decides it.
    pub scenarios: Vec<Decider>,
}

/// What decides a switch or a case of the plan: a case of the suite, or, of a scenario whose rows a target file decides, all cases of
/// a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    /// The id of the case, or of the scenario, of which it may be a variant.
    pub rows: Rows,
    /// What a server must offer for it.
    pub needs: BTreeSet<Capability>,
    /// Whether something is open when it cannot be judged: it judges a `MUST` that Okta looks at, beside those that hold for every
    /// answer, and needs no other switch for that.
    pub binds: bool,
}

impl Decider {
    /// Whether that case is meant.
    pub fn is_about(&self, case: &str) -> bool {
        self.rows.row_of(case).is_some()
    }
}

/// One of Okta's switches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Which.
    pub feature: Capability,
    /// In which ways it can be used, where what Okta sends depends on the app or on another switch.
    pub ways: Vec<Way>,
    /// What decides it.
    pub scenarios: Vec<Decider>,
}

/// A way to use a switch. The cases that need its capability belong to it; those that need that of no way belong to all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The capability by which it is told.
    pub needs: Capability,
    /// What it is, after "ready": `as a custom app`.
    pub name: String,
    /// What is left without it, after "ready", where it is the only way that is named.
    pub otherwise: Option<String>,
    /// What Okta does, in a clause.
    pub because: String,
    /// What it rests on: cases of it that are held back by one of these requirements count as if they had found it violated.
    pub rests_on: Vec<RequirementId>,
}

/// A scenario that decides nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its cases.
    pub scenario: Vec<Decider>,
    /// Why it does not.
    pub because: String,
}

/// All that decides how ready an integration is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deciders {
    /// Okta's plan for testing by hand.
    pub plan: Vec<QaEntry>,
    /// Okta's switches.
    pub switches: Vec<Switch>,
    /// What belongs to neither.
    pub elsewhere: Vec<Elsewhere>,
    /// What judges the declared attributes.
    pub attributes: AttributeJudges,
    /// What judges those that nobody declares and the server describes: all at once.
    pub advertised: AttributeJudges,
    /// What judges Okta's default attributes, of which nobody says anything: all at once.
    pub defaults: AttributeJudges,
}

/// Loads scenarios (`scenario::load`), and what decides how ready an integration is.
///
/// # Errors
/// Every mistake in every file.
pub fn load(folder: Option<&Path>) -> Result<(Library, Deciders), Vec<Diagnostic>> {
    scenario::load_with(folder, deciders)
}

fn deciders(beside: &Beside<'_>, mistakes: &mut Vec<Diagnostic>) -> Deciders {
    let mut deciders = Deciders::default();
    let Beside { scenarios, registry, personas, lost, .. } = *beside;
    let mut reader = Reader { scenarios, registry, personas, lost, mistakes };
    for root in beside.named("qa-plan") {
        deciders.plan.extend(reader.plan(root));
    }
    beside.named("readiness").iter().for_each(|root| reader.readiness(root, &mut deciders));
    deciders
}

/// Reads the two files; the scenarios and requirements that they name are there.
struct Reader<'a> {
    scenarios: &'a [Scenario],
    registry: &'a Registry,
    personas: &'a Personas,
    /// Scenarios that are there, but with mistakes.
    lost: &'a BTreeSet<String>,
    mistakes: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn mistake(&mut self, message: impl Into<String>, span: &Span, label: &str, help: Option<String>) {
        let mut mistake = Diagnostic::new(message, span, label);
        mistake.help = help;
        self.mistakes.push(mistake);
    }

    /// The keys of a mapping are among those; `what` names it. Whether it is a mapping at all.
    fn is_map(&mut self, node: &Node, what: &str, keys: &[&str]) -> bool {
        let Kind::Map(fields) = &node.kind else {
            self.mistake(format!("{what} is a mapping"), &node.span, node.kind_name(), None);
            return false;
        };
        for (key, _) in fields.iter().filter(|(key, _)| !keys.contains(&key.value.as_str())) {
            let help = Some(suggestion(&key.value, keys));
            self.mistake(format!("unknown key `{}` in {what}", key.value), &key.span, "here", help);
        }
        true
    }

    fn list<'n>(&mut self, node: Option<&'n Node>, what: &str) -> &'n [Node] {
        match node.map(|node| (&node.kind, node)) {
            None => &[],
            Some((Kind::Seq(items), _)) => items,
            Some((_, node)) => {
                self.mistake(format!("{what} is a list"), &node.span, node.kind_name(), None);
                &[]
            }
        }
    }

    fn text(&mut self, node: &Node, what: &str, key: &str) -> String {
        let text = node.get(key).and_then(Node::as_str);
        if text.is_none() {
            self.mistake(format!("{what} has a text as `{key}`"), &node.span, "here", None);
        }
        text.unwrap_or_default().to_owned()
    }

    /// A capability; one of the switches if that is asked for.
    fn capability(&mut self, written: &Node, what: &str) -> Option<Capability> {
        let word = written.as_str().unwrap_or_default();
        let is_feature = what == "feature";
        let known = if is_feature { self.personas.features() } else { self.personas.known() };
        let found = known.iter().copied().find(|capability| capability.as_str() == word);
        if found.is_none() {
            let known: Vec<&str> = known.iter().map(|capability| capability.as_str()).collect();
            let help = Some(suggestion(word, &known));
            let label = if is_feature { "no switch of Okta's" } else { "no such capability" };
            self.mistake(format!("unknown {what} `{word}`"), &written.span, label, help);
        }
        found
    }

    fn requirement(&mut self, node: &Node) -> RequirementId {
        let id = node.as_str().unwrap_or_default();
        if self.registry.get(id).is_none() {
            let help = self.registry.nearest(id).map(|near| format!("did you mean `{near}`?"));
            self.mistake(format!("unknown requirement `{id}`"), &node.span, "not in the registry", help);
        }
        RequirementId::from(id)
    }

    /// The cases that ids stand for: a whole scenario is all its rows. With each goes whether it can leave something open.
    fn deciders<'n>(&mut self, nodes: impl IntoIterator<Item = (&'n Node, bool)>) -> Vec<Decider> {
        let mut found: Vec<Decider> = Vec::new();
        for (node, may_bind) in nodes {
            for mut decider in self.decider(node) {
                decider.binds &= may_bind;
                if found.iter().any(|known| known.rows == decider.rows) {
                    let variant = decider.rows.variant.iter().map(|variant| format!("#{variant}"));
                    let id = format!("{}{}", decider.rows.scenario, variant.collect::<String>());
                    self.mistake(format!("`{id}` is there twice"), &node.span, "second time", None);
                } else {
                    found.push(decider);
                }
            }
        }
        found
    }

    fn decider(&mut self, node: &Node) -> Vec<Decider> {
        let (scenarios, registry) = (self.scenarios, self.registry);
        let written = node.as_str().unwrap_or_default();
        let (id, row) = written.split_once('#').map_or((written, None), |(id, row)| (id, Some(row)));
        let of = |case: &Case, id: &str, variant: Option<&String>| Decider {
            rows: Rows { scenario: id.to_owned(), variant: variant.cloned() },
            needs: case.needs.iter().map(|need| need.value).collect(),
            binds: binds(case, registry),
        };
        let Some(scenario) = scenarios.iter().find(|scenario| scenario.id == id) else {
            if self.lost.contains(id) {
                return Vec::new();
            }
            let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
            let is_folder = ids.iter().any(|known| known.strip_prefix(id).is_some_and(|rest| rest.starts_with('/')));
            let help = match is_folder {
                true => Some(format!("`{id}` is a folder: name its scenarios one by one")),
                false => did_you_mean(id, &ids),
            };
            self.mistake(format!("there is no scenario `{id}`"), &node.span, "not there", help);
            return Vec::new();
        };
        match (row, &scenario.rows_of) {
            (None, None) => scenario.cases.iter().map(|case| of(case, &case.id, None)).collect(),
            (row, Some(_)) => {
                let named = |case: &&Arc<Case>| row.is_none() || case.variant.as_deref() == row;
                let all = scenario.cases.iter().filter(named);
                let found: Vec<Decider> = all.map(|case| of(case, id, case.variant.as_ref())).collect();
                if found.is_empty() {
                    let variants: Vec<&str> =
                        scenario.cases.iter().filter_map(|case| case.variant.as_deref()).collect();
                    let known = match variants.is_empty() {
                        true => String::new(),
                        false => format!("; its variants are {}", variants.join(", ")),
                    };
                    let help = format!("a target file decides its rows; `{id}` is all of them{known}");
                    self.mistake(format!("`{id}` has no rows of its own"), &node.span, "not there", Some(help));
                }
                found
            }
            (Some(row), None) => {
                let found: Vec<Decider> = scenario
                    .cases
                    .iter()
                    .filter(|case| case.id == written)
                    .map(|case| of(case, written, None))
                    .collect();
                if found.is_empty() {
                    let rows: Vec<&str> =
                        scenario.cases.iter().filter_map(|case| Some(case.id.split_once('#')?.1)).collect();
                    let known = match rows.is_empty() {
                        true => format!("it has no rows; `{id}` is all of it"),
                        false => format!("known are {}", rows.join(", ")),
                    };
                    let help = did_you_mean(row, &rows).or(Some(known));
                    self.mistake(format!("`{id}` has no row `{row}`"), &node.span, "not there", help);
                }
                found
            }
        }
    }

    /// `qa-plan.yaml`.
    fn plan(&mut self, root: &Node) -> Vec<QaEntry> {
        const KEYS: &[&str] = &["id", "section", "title", "feature", "by-hand", "scenarios"];
        let mut plan: Vec<QaEntry> = Vec::new();
        for node in self.list(Some(root), "the plan") {
            let what = "a case of the plan";
            if !self.is_map(node, what, KEYS) {
                continue;
            }
            let [id, section, title] = ["id", "section", "title"].map(|key| self.text(node, what, key));
            let feature = node.get("feature").and_then(|written| self.capability(written, "feature"));
            let named = self.list(node.get("scenarios"), "`scenarios`");
            let by_hand = node.get("by-hand").and_then(Node::as_str).map(str::to_owned);
            if by_hand.is_none() && is_empty(node, named) {
                let label = "neither `scenarios` nor `by-hand`";
                self.mistake("nothing decides this case", &node.span, label, None);
            }
            if plan.iter().any(|known| known.id == id) {
                self.mistake(format!("case `{id}` is there twice"), &node.span, "second time", None);
            }
            plan.push(QaEntry {
                id,
                section,
                title,
                feature,
                by_hand,
                scenarios: self.deciders(named.iter().map(|node| (node, true))),
            });
        }
        plan
    }

    /// `readiness.yaml`.
    fn readiness(&mut self, root: &Node, into: &mut Deciders) {
        if !self.is_map(
            root,
            "the file of Okta's switches",
            &["switches", "elsewhere", "attributes", "advertised", "defaults"],
        ) {
            return;
        }
        for node in self.list(root.get("switches"), "`switches`") {
            let Some(switch) = self.switch(node) else { continue };
            if into.switches.iter().any(|known| known.feature == switch.feature) {
                self.mistake(format!("`{}` is there twice", switch.feature), &node.span, "second time", None);
            }
            into.switches.push(switch);
        }
        for node in self.list(root.get("elsewhere"), "`elsewhere`") {
            let what = "a scenario that decides nothing";
            if self.is_map(node, what, &["scenario", "because"]) {
                let because = self.text(node, what, "because");
                match node.get("scenario") {
                    Some(scenario) => into.elsewhere.push(Elsewhere { scenario: self.decider(scenario), because }),
                    None => self.mistake(format!("{what} has a text as `scenario`"), &node.span, "here", None),
                }
            }
        }
        for (key, uses) in [
            ("attributes", &mut into.attributes),
            ("advertised", &mut into.advertised),
            ("defaults", &mut into.defaults),
        ] {
            let Some(node) = root.get(key) else { continue };
            if !self.is_map(node, &format!("`{key}`"), &["create", "update", "clear", "import"]) {
                continue;
            }
            for (key, judges) in [
                ("create", &mut uses.create),
                ("update", &mut uses.update),
                ("clear", &mut uses.clear),
                ("import", &mut uses.import),
            ] {
                if let Some(node) = node.get(key) {
                    *judges = self.judges(node, key);
                }
            }
        }
    }

    fn switch(&mut self, node: &Node) -> Option<Switch> {
        let what = "a switch";
        if !self.is_map(node, what, &["feature", "ways", "scenarios", "besides"]) {
            return None;
        }
        let Some(written) = node.get("feature") else {
            self.mistake(format!("{what} has a text as `feature`"), &node.span, "here", None);
            return None;
        };
        let feature = self.capability(written, "feature");
        let mut ways = Vec::new();
        for node in self.list(node.get("ways"), "`ways`") {
            let what = "a way";
            if !self.is_map(node, what, &["needs", "as", "otherwise", "because", "rests-on"]) {
                continue;
            }
            let needs = node.get("needs").and_then(|written| self.capability(written, "capability"));
            let [name, because] = ["as", "because"].map(|key| self.text(node, what, key));
            let otherwise = node.get("otherwise").and_then(Node::as_str).map(str::to_owned);
            let rests_on = self.list(node.get("rests-on"), "`rests-on`");
            let rests_on = rests_on.iter().map(|node| self.requirement(node)).collect();
            match needs {
                Some(needs) => ways.push(Way { needs, name, otherwise, because, rests_on }),
                None if node.get("needs").is_none() => {
                    self.mistake(format!("{what} has a text as `needs`"), &node.span, "here", None);
                }
                None => {}
            }
        }
        let named = self.list(node.get("scenarios"), "`scenarios`");
        if is_empty(node, named) {
            self.mistake("nothing decides this switch", &node.span, "no `scenarios`", None);
        }
        let besides = self.list(node.get("besides"), "`besides`");
        let own = named.iter().map(|node| (node, true));
        let scenarios = self.deciders(own.chain(besides.iter().map(|node| (node, false))));
        Some(Switch { feature: feature?, ways, scenarios })
    }

    fn judges(&mut self, node: &Node, key: &str) -> Judges {
        if !self.is_map(node, &format!("`{key}`"), &["requirement", "scenarios"]) {
            return Judges::default();
        }
        let Some(written) = node.get("requirement") else {
            self.mistake(format!("`{key}` has a text as `requirement`"), &node.span, "here", None);
            return Judges::default();
        };
        let requirement = self.requirement(written);
        let named = self.list(node.get("scenarios"), "`scenarios`");
        let scenarios = self.deciders(named.iter().map(|node| (node, true)));
        Judges { requirement: Some(requirement), scenarios: scenarios.into_iter().map(|known| known.rows).collect() }
    }
}

/// Whether no scenario is named. Where what is there is no list, that is the mistake.
fn is_empty(node: &Node, named: &[Node]) -> bool {
    let is_list = |node: &Node| matches!(node.kind, Kind::Seq(_));
    named.is_empty() && node.get("scenarios").is_none_or(is_list)
}

/// Whether a case judges a `MUST` that Okta looks at. What its suite says of every answer does not count: that every case judges.
fn binds(case: &Case, registry: &Registry) -> bool {
    let is_own = |demand: &&Expectation| {
        let file = &demand.span.file.name;
        !(file.ends_with("/suite.yaml") || file.ends_with("/suite.yml"))
    };
    let is_binding = |demand: &Expectation| {
        demand.level == Level::Must
            && registry.get(demand.requirement.as_str()).is_none_or(|requirement| requirement.is_looked_at())
    };
    unfolded(&case.steps).into_iter().flat_map(demands).filter(is_own).any(is_binding)
}

fn demands(step: &Step) -> Vec<&Expectation> {
    match &step.action {
        Action::Send(send) => send.expect.iter().collect(),
        Action::Walk(walk) => walk.expect.iter().collect(),
        Action::Together { sends, expect } => sends.iter().flat_map(|send| &send.expect).chain(expect).collect(),
        Action::Each(_) | Action::Bind(_) | Action::Shared(_) => Vec::new(),
    }
}

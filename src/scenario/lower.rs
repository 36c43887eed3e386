//! Documents into scenarios: names are looked up, flows unfolded, variables bound, and every mistake is reported at once.
//!
//! **Invariant:** pure; what it returns without mistakes can be run without ever asking again whether it makes sense.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;
use serde_json::{Value, json};

use crate::capability::Capability;
use crate::persona::{PAGE_SIZE, Persona, Personas};
use crate::requirement::{Edition, Editions, Level, Registry, Requirement, RequirementId};
use crate::source::{Diagnostic, Kind, Located, Node, SourceFile, Span, did_you_mean, suggestion};
use crate::wire::Credential;

use super::document::{
    ActionDoc, BodyDoc, EachDoc, ExpectDoc, FlowDoc, LIKE_KEYS, MatcherDoc, Reader, RowDoc, ScenarioDoc, SendDoc,
    StepDoc, SubjectDoc, SuiteDoc, UseDoc, WalkDoc, renamed,
};
use super::template::{Template, TextTemplate};
use super::{
    Action, BodyTemplate, Capture, CaptureFrom, Case, Check, Each, Expectation, JsonPath, JsonType, Matcher,
    PathTemplate, QuerySpelling, RequestTemplate, Rule, RuleCall, RuleScope, Scenario, Send, SharedSetup, StatusRange,
    Step, Walk,
};

/// Requirements that are written somewhere, but with mistakes. Whoever cites them made none.
#[derive(Clone, Default)]
pub(super) struct Lost {
    pub(super) ids: BTreeSet<String>,
    pub(super) whole_files: bool,
}

impl Lost {
    pub(super) fn may_hold(&self, id: &str) -> bool {
        self.whole_files || self.ids.contains(id)
    }
}

/// What scenarios may refer to.
pub(super) struct Context<'a> {
    pub(super) registry: &'a Registry,
    pub(super) editions: &'a Editions,
    pub(super) flows: &'a BTreeMap<String, Arc<FlowDoc>>,
    /// Flows whose files could not be read; that has been reported.
    pub(super) broken: &'a BTreeSet<String>,
    /// Body templates; one with a mistake of form is none, and that has been reported.
    pub(super) bodies: &'a BTreeMap<String, Option<Arc<BodyDoc>>>,
    pub(super) lost: &'a Lost,
    pub(super) schemas: &'a [&'a str],
    pub(super) personas: &'a Personas,
    /// Whether a persona could not be read, so that any word may be one of its own; that has been reported.
    pub(super) lost_words: bool,
    pub(super) profiles: &'a [&'a str],
    /// The values that a target may prescribe, and what they are otherwise.
    pub(super) data: &'a Arc<BTreeMap<String, Value>>,
}

/// A scenario whose cases have names and nothing more.
pub(super) fn contents(id: &str, doc: &ScenarioDoc, file: &Arc<SourceFile>) -> Scenario {
    let case = |row| Case {
        id: case_id(id, doc, row),
        variant: variant(row),
        since: since(doc, row),
        row: Vec::new(),
        data: Arc::default(),
        persona: Arc::default(),
        headers: Vec::new(),
        needs: Vec::new(),
        part_of: Vec::new(),
        assumes: Vec::new(),
        rests_on: Vec::new(),
        given: Vec::new(),
        steps: Vec::new(),
    };
    whole(id, doc, file, rows(doc).into_iter().map(case).collect())
}

fn rows(doc: &ScenarioDoc) -> Vec<Option<&RowDoc>> {
    if doc.rows.is_empty() { vec![None] } else { doc.rows.iter().map(Some).collect() }
}

fn case_id(scenario: &str, doc: &ScenarioDoc, row: Option<&RowDoc>) -> String {
    match (row, doc.rows_of) {
        (Some(row), Some(_)) => format!("{scenario}#{EXAMPLE}-{}", row.name.value),
        (Some(row), None) => format!("{scenario}#{}", row.name.value),
        (None, Some(_)) => format!("{scenario}#{EXAMPLE}"),
        (None, None) => scenario.to_owned(),
    }
}

fn variant(row: Option<&RowDoc>) -> Option<String> {
    row.and_then(|row| row.variant.as_ref()).map(|(_, name)| name.value.clone())
}

/// The edition that brought a case: a row may have come later than its scenario.
fn since(doc: &ScenarioDoc, row: Option<&RowDoc>) -> Option<Edition> {
    row.and_then(|row| row.since.as_ref()).or(doc.since.as_ref()).map(|since| since.value)
}

/// The attribute that stands for those of a target while nobody has declared any.
const EXAMPLE: &str = "nickName";

/// What the columns of a table hold for that attribute.
fn example(table: &str, column: &str) -> Value {
    let part = |text: &str| json!({ EXAMPLE: text });
    let (first, second, none) = (part("Jay"), part("Jo"), json!({ EXAMPLE: null }));
    let (odd, zeros, long) = (part("O'Brien 𠮷"), part("0042"), part(&"a long value ".repeat(24)));
    match (table, column) {
        (_, "attribute") => json!(EXAMPLE),
        ("updated" | "all-reimported", "parts") => json!({ EXAMPLE: second }),
        ("all-advertised" | "all-default", "changes") => second,
        ("all-advertised" | "all-default", "later") => json!({ EXAMPLE: second }),
        ("all-advertised" | "all-default", "singles") => {
            json!([{ "attribute": EXAMPLE, "value": first, "parts": { EXAMPLE: first } }])
        }
        (_, "parts") => json!({ EXAMPLE: first }),
        ("updated", "changed" | "patch" | "expected") => second,
        ("cleared", "cleared" | "patch") => none,
        ("emptied", "emptied" | "patch") => part(""),
        ("text", "odd") => odd,
        ("text", "zeros") => zeros,
        ("text", "long") => long,
        ("text", "patch" | "expected") => json!({ "odd": odd, "zeros": zeros, "long": long }),
        ("all-reimported", "changes" | "expected") => second,
        (_, "value" | "expected" | "combined") => first,
        _ => Value::Null,
    }
}

fn whole(id: &str, doc: &ScenarioDoc, file: &Arc<SourceFile>, cases: Vec<Case>) -> Scenario {
    Scenario {
        id: id.to_owned(),
        title: doc.title.clone(),
        alone: doc.alone,
        costly: doc.costly,
        from: doc.from.clone(),
        cases: cases.into_iter().map(Arc::new).collect(),
        rows_of: doc.rows_of.map(|(table, _)| (*table).to_owned()),
        file: Arc::clone(file),
    }
}

/// Lowers a scenario: one case per row.
pub(super) fn scenario(
    context: &Context<'_>,
    suite: &SuiteDoc,
    id: &str,
    doc: &ScenarioDoc,
    file: &Arc<SourceFile>,
    mistakes: &mut Vec<Diagnostic>,
) -> Scenario {
    let mut cases = Vec::new();
    let named = doc.since.iter().chain(doc.rows.iter().filter_map(|row| row.since.as_ref()));
    mistakes.extend(named.filter_map(|since| context.editions.check(since.value, &since.span)));
    let persona = context.personas.of(id).cloned().unwrap_or_default();
    for row in rows(doc) {
        let mut lowering = Lowering::new(context, suite, id, mistakes);
        lowering.persona = context.personas.of(id).map(Arc::as_ref);
        let mut needs: Vec<Located<Capability>> = Vec::new();
        let mut scope = Scope::default();
        let mut values = Vec::new();
        for (table, column) in doc.rows_of.iter().flat_map(|(table, columns)| columns.iter().map(move |c| (table, c))) {
            let name = format!("row.{column}");
            scope.names.insert(name.clone(), name.clone());
            values.push((name, example(table, column)));
        }
        if let Some(row) = row {
            for (column, node) in &row.columns {
                lowering.column(node, &scope);
                let name = format!("row.{}", column.value);
                scope.names.insert(name.clone(), name.clone());
                values.push((name, node.to_json()));
            }
            lowering.needs(&row.needs, &mut needs);
            let of_variant = lowering.variant(row, &mut needs);
            // A variant that is not there has no columns that anybody knows.
            scope.open = of_variant.is_none();
            lowering.is_row_open = scope.open;
            for (column, value) in of_variant.unwrap_or_default() {
                let name = format!("row.{column}");
                scope.names.insert(name.clone(), name.clone());
                values.push((name, value));
            }
        }
        lowering.row = values.clone();
        lowering.needs(&suite.needs, &mut needs);
        lowering.needs(&doc.needs, &mut needs);
        lowering.assume_met(&doc.assumes);
        let mut about: Vec<Capability> = needs.iter().map(|need| need.value).collect();
        lowering.phase = Phase::Given;
        let given = lowering.steps(&doc.given, &mut scope, &mut needs);
        lowering.phase = Phase::Steps;
        let before = needs.len();
        let steps = lowering.steps(&doc.steps, &mut scope, &mut needs);
        about.extend(needs.iter().skip(before).map(|need| need.value));
        let mut seen = BTreeSet::new();
        needs.retain(|need| seen.insert(need.value));
        let headers = lowering.suite_headers();
        let data = Arc::clone(context.data);
        let assumes = std::mem::take(&mut lowering.assumes);
        cases.push(Case {
            id: case_id(id, doc, row),
            variant: variant(row),
            since: since(doc, row),
            row: values,
            data,
            persona: Arc::clone(&persona),
            headers,
            needs,
            part_of: about,
            assumes,
            rests_on: Vec::new(),
            given,
            steps,
        });
    }
    whole(id, doc, file, cases)
}

/// What a step needs without saying so: the credential that it goes with.
fn implied(send: &SendDoc) -> Option<Located<Capability>> {
    let auth = send.auth.as_ref()?;
    let value = match Credential::parse(&auth.value)? {
        Credential::Second => Capability::SecondCredential,
        Credential::Revoked => Capability::RevokedCredential,
        Credential::Own | Credential::None | Credential::Wrong => return None,
    };
    Some(Located { value, span: auth.span.clone() })
}

/// Lowers a flow by itself, to find its mistakes even when no scenario uses it.
pub(super) fn flow(context: &Context<'_>, id: &str, doc: &FlowDoc, mistakes: &mut Vec<Diagnostic>) {
    let suite = SuiteDoc::default();
    let mut lowering = Lowering::new(context, &suite, id, mistakes);
    lowering.stack.push(id.to_owned());
    lowering.root = 1;
    let mut scope = Scope { is_shared: doc.shared, ..Scope::default() };
    lowering.params(&doc.params, &mut scope);
    let mut needs = Vec::new();
    lowering.needs(&doc.needs, &mut needs);
    lowering.assume_met(&doc.assumes);
    lowering.phase = if doc.shared { Phase::Given } else { Phase::Steps };
    lowering.steps(&doc.steps, &mut scope, &mut needs);
    for (_, node) in &doc.returns {
        lowering.template(node, &scope);
    }
}

/// Lowers a body template by itself, to find its mistakes even when no step uses it.
pub(super) fn body(context: &Context<'_>, id: &str, doc: &BodyDoc, mistakes: &mut Vec<Diagnostic>) {
    let suite = SuiteDoc::default();
    let mut lowering = Lowering::new(context, &suite, id, mistakes);
    lowering.likes.push(id.to_owned());
    let mut scope = Scope::default();
    lowering.params(&doc.params, &mut scope);
    lowering.body(&doc.body, &scope);
}

/// Checks what a suite file says for all its scenarios.
pub(super) fn suite(context: &Context<'_>, doc: &SuiteDoc, mistakes: &mut Vec<Diagnostic>) {
    let mut lowering = Lowering::new(context, doc, "", mistakes);
    let scope = Scope::default();
    lowering.needs(&doc.needs, &mut Vec::new());
    for (_, node) in doc.headers.iter().chain(&doc.body_headers) {
        lowering.header_value(node, &scope);
    }
    for (name, _) in &doc.data {
        lowering.name(name);
    }
    for (path, node) in &doc.beneath {
        if !path.value.starts_with('/') {
            lowering.mistake(
                Diagnostic::new("`defaults` names paths", &path.span, "does not begin with `/`")
                    .help("such as `/Users`, relative to the base URL"),
            );
        }
        lowering.template(node, &scope);
    }
    lowering.spelling();
    lowering.expectations(&doc.always, &scope, Place::Answer);
}

/// The names that a step can use, and the keys they are bound under.
#[derive(Clone, Default)]
struct Scope {
    prefix: String,
    names: BTreeMap<String, String>,
    counting: bool,
    /// A step could not be read, so that any name may be one of its own.
    open: bool,
    /// Only what is the same in all cases can be named here: values of the row, and what is shared.
    fixed: bool,
    shared: BTreeSet<String>,
    /// All that is bound is the same in all cases: these are the steps of a shared flow.
    is_shared: bool,
}

impl Scope {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn declare(&mut self, name: &str) -> String {
        let key = self.key(name);
        self.names.insert(name.to_owned(), key.clone());
        key
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Given,
    Steps,
}

/// Where expectations stand, which decides what rules may be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Answer,
    Times,
    Walk,
    Group,
}

struct Lowering<'a> {
    context: &'a Context<'a>,
    suite: &'a SuiteDoc,
    mistakes: &'a mut Vec<Diagnostic>,
    phase: Phase,
    row: Vec<(String, Value)>,
    /// Whose case it is, where it is somebody's.
    persona: Option<&'a Persona>,
    stack: Vec<String>,
    /// Whether the row has columns that could not be read, so that any may be one of them.
    is_row_open: bool,
    /// The body templates that are being unfolded.
    likes: Vec<String>,
    /// The scenario or flow whose file is lowered.
    id: &'a str,
    uses: usize,
    unfolded: usize,
    assumes: Vec<Located<RequirementId>>,
    /// The names that hold what shared flows have made.
    shared: BTreeSet<String>,
    /// Where the author uses the flow that is being unfolded, and those that it uses.
    outermost: Option<Span>,
    /// How long the stack was at the outset: what is written there is the author's own text.
    root: usize,
}

/// How deep flows may use flows.
const MAX_FLOW_DEPTH: usize = 12;

/// How many steps a case may have, flows unfolded: flows that use flows multiply.
const MAX_STEPS: usize = 2000;

/// How many mistakes are collected. Whoever has more made one that repeats.
pub(super) const MAX_MISTAKES: usize = 500;

impl<'a> Lowering<'a> {
    fn new(context: &'a Context<'a>, suite: &'a SuiteDoc, id: &'a str, mistakes: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            id,
            context,
            suite,
            mistakes,
            phase: Phase::Steps,
            row: Vec::new(),
            persona: None,
            stack: Vec::new(),
            likes: Vec::new(),
            is_row_open: false,
            uses: 0,
            unfolded: 0,
            assumes: Vec::new(),
            shared: BTreeSet::new(),
            outermost: None,
            root: 0,
        }
    }

    fn mistake(&mut self, diagnostic: Diagnostic) {
        // Rows and repeated uses of a flow meet the same mistake again.
        if self.mistakes.len() < MAX_MISTAKES && !self.mistakes.contains(&diagnostic) {
            self.mistakes.push(diagnostic);
        }
    }

    fn needs(&mut self, words: &[Located<String>], into: &mut Vec<Located<Capability>>) {
        for word in words {
            match self.context.personas.find(&word.value) {
                Some(value) => into.push(Located { value, span: word.span.clone() }),
                None if self.context.lost_words => {}
                None => {
                    let known: Vec<&str> = self.context.personas.known().iter().map(|c| c.as_str()).collect();
                    let mut d = Diagnostic::new(
                        format!("unknown capability `{}`", word.value),
                        &word.span,
                        "no such capability",
                    );
                    d.help = Some(suggestion(&word.value, &known));
                    self.mistake(d);
                }
            }
        }
    }

    /// What a row has and needs as a variant of the provider, unless it says so itself.
    fn variant(&mut self, row: &RowDoc, needs: &mut Vec<Located<Capability>>) -> Option<Vec<(String, Value)>> {
        let Some((axis, name)) = &row.variant else { return Some(Vec::new()) };
        let Some(persona) = self.persona else {
            if !self.context.lost_words {
                self.mistake(
                    Diagnostic::new("nobody has variants here", &axis.span, "of no provider")
                        .help("the persona.yaml of a provider has them, in the folder of its scenarios"),
                );
            }
            return None;
        };
        let axes: Vec<&str> = persona.variants.iter().map(|(axis, _)| axis.as_str()).collect();
        let Some((_, variants)) = persona.variants.iter().find(|(known, _)| *known == axis.value) else {
            let message = format!("{} has no variants by `{}`", persona.title, axis.value);
            let mut d = Diagnostic::new(message, &axis.span, "not in its persona.yaml");
            d.help = did_you_mean(&axis.value, &axes)
                .or_else(|| (!axes.is_empty()).then(|| format!("there are {}", axes.join(", "))));
            self.mistake(d);
            return None;
        };
        let known: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
        let Some(variant) = variants.iter().find(|variant| variant.name == name.value) else {
            let message = format!("there is no variant `{}` by `{}`", name.value, axis.value);
            let mut d = Diagnostic::new(message, &name.span, "not in persona.yaml");
            d.help = did_you_mean(&name.value, &known).or_else(|| Some(format!("there are {}", known.join(", "))));
            self.mistake(d);
            return None;
        };
        self.needs(&variant.needs, needs);
        let is_new = |(column, _): &&(String, Value)| row.columns.iter().all(|(own, _)| own.value != *column);
        Some(variant.columns.iter().filter(is_new).cloned().collect())
    }

    /// A column is taken as it is written, but for what it takes from those before it.
    fn column(&mut self, node: &Node, scope: &Scope) {
        match &node.kind {
            Kind::String(text) if text.contains("${row.") => {
                self.template(node, scope);
            }
            Kind::Seq(items) => items.iter().for_each(|item| self.column(item, scope)),
            Kind::Map(entries) => entries.iter().for_each(|(_, value)| self.column(value, scope)),
            _ => {}
        }
    }

    /// What a scenario or a flow says has to be met elsewhere.
    fn assume_met(&mut self, ids: &[Located<String>]) {
        for id in ids {
            if let Some(requirement) = self.known(id) {
                let value = requirement.id.clone();
                if self.assumes.iter().all(|known| known.value != value) {
                    self.assumes.push(Located { value, span: id.span.clone() });
                }
            }
        }
    }

    fn steps(&mut self, docs: &[StepDoc], scope: &mut Scope, needs: &mut Vec<Located<Capability>>) -> Vec<Step> {
        let mut steps = Vec::new();
        for doc in docs {
            self.unfolded = self.unfolded.saturating_add(1);
            if self.unfolded > MAX_STEPS {
                self.too_many(&doc.span);
                break;
            }
            let action = match &doc.action {
                ActionDoc::Broken => {
                    scope.open = true;
                    continue;
                }
                ActionDoc::Send(send) => {
                    needs.extend(implied(send));
                    Action::Send(self.send(send, scope))
                }
                ActionDoc::Walk(walk) => Action::Walk(self.walk(walk, scope)),
                ActionDoc::Together { sends, expect } => {
                    // Those sent at one moment cannot use what the others' answers hold.
                    let before = scope.clone();
                    let sends = sends
                        .iter()
                        .map(|send| {
                            needs.extend(implied(send));
                            let mut own = before.clone();
                            let lowered = self.send(send, &mut own);
                            scope.names.extend(own.names);
                            lowered
                        })
                        .collect();
                    let expect = self.expectations(expect, scope, Place::Group);
                    Action::Together { sends, expect: self.phase_only(expect) }
                }
                ActionDoc::Each(each) => match self.each(each, scope, needs) {
                    Some(each) => Action::Each(each),
                    None => continue,
                },
                ActionDoc::Use(r#use) => {
                    self.r#use(r#use, &doc.span, scope, needs, &mut steps);
                    continue;
                }
            };
            steps.push(Step { action, scope: scope.prefix.clone(), span: doc.span.clone() });
        }
        steps
    }

    /// What is bound inside stays inside: there may be nothing to go through.
    fn each(&mut self, doc: &EachDoc, scope: &Scope, needs: &mut Vec<Located<Capability>>) -> Option<Each> {
        let of = self.template(&doc.each, scope);
        let at = doc.at.as_ref().map(|path| self.path(path, scope));
        let mut inner = scope.clone();
        let name = doc.name.as_ref().map(|name| {
            self.name(name);
            if !doc.is_one {
                inner.declare(&format!("{}.n", name.value));
            }
            inner.declare(&name.value)
        });
        // Without a name any name may have been meant by it.
        inner.open |= name.is_none();
        let steps = self.steps(&doc.steps, &mut inner, needs);
        let at = match at {
            None => None,
            Some(path) => Some(path?),
        };
        Some(Each { of: of?, at, at_most: doc.at_most, name: name?, quiet: doc.quiet, steps })
    }

    /// Reported where the author's own text goes over the limit, and once.
    fn too_many(&mut self, span: &Span) {
        if self.stack.len() == self.root {
            let message = format!("with its flows unfolded this has more than {MAX_STEPS} steps");
            if !self.mistakes.iter().any(|m| m.message == message && m.span.file == span.file) {
                self.mistake(Diagnostic::new(message, span, "here it is too much"));
            }
        }
    }

    /// In `given` only the status decides whether all is prepared: of an answer, or of several that were sent together.
    fn phase_only(&self, mut expectations: Vec<Expectation>) -> Vec<Expectation> {
        if self.phase == Phase::Given {
            let is_of_status = |check: &Check| match check {
                Check::Status(_) => true,
                Check::Rule(call) => call.rule == Rule::SomeStatus,
                Check::Header(..) | Check::Body(..) | Check::Schema(_) => false,
            };
            expectations.retain(|e| is_of_status(&e.check));
        }
        expectations
    }

    fn r#use(
        &mut self,
        doc: &UseDoc,
        span: &Span,
        scope: &mut Scope,
        needs: &mut Vec<Located<Capability>>,
        steps: &mut Vec<Step>,
    ) {
        let context = self.context;
        if let Some(name) = &doc.name {
            self.name(name);
        }
        // The results of a flow that is not there are taken for bound: its name is the one mistake.
        let unknown = |scope: &mut Scope| {
            if let Some(name) = &doc.name {
                scope.declare(&name.value);
            }
        };
        let Some(written) = self.flow_name(&doc.flow) else { return unknown(scope) };
        let name = self.found(&written, |id| context.flows.contains_key(id) || context.broken.contains(id));
        if name.as_ref().is_some_and(|name| context.broken.contains(name)) {
            return unknown(scope);
        }
        let Some((name, flow)) = name.and_then(|name| context.flows.get(&name).map(|flow| (name, flow))) else {
            unknown(scope);
            let all = || context.flows.keys().map(String::as_str);
            let mut d = self.not_found("flow", &written, &doc.flow.span, all);
            d.help = d.help.or_else(|| Some("`scim-check list --flows` shows them".to_owned()));
            self.mistake(d);
            return;
        };
        if let Some(start) = self.stack.iter().position(|used| *used == name) {
            let circle = &self.stack[start..];
            // Each flow of a circle finds it; the first by name reports it.
            if circle.iter().all(|other| name <= *other) {
                let round = format!("{} → {name}", circle.join(" → "));
                self.mistake(
                    Diagnostic::new("flows use each other in a circle", &doc.flow.span, "closes the circle")
                        .help(round),
                );
            }
            return unknown(scope);
        }
        if self.stack.len() >= MAX_FLOW_DEPTH {
            let message = format!("flows use flows more than {MAX_FLOW_DEPTH} deep");
            self.mistake(Diagnostic::new(message, &doc.flow.span, "one too deep").help(self.stack.join(" → ")));
            return unknown(scope);
        }
        if flow.shared && self.phase == Phase::Steps && self.root == 0 {
            self.mistake(
                Diagnostic::new(format!("flow `{name}` prepares what cases share"), &doc.flow.span, "used in `steps`")
                    .help("move it to `given`: nothing of it is judged"),
            );
        }
        self.uses += 1;
        let is_shared = scope.is_shared || flow.shared;
        // What two providers inherit is still prepared for each with its own headers.
        let shared_name = match name.split_once('/') {
            Some((COMMON_FOLDER, rest)) => format!("{}/{rest}", first_segment(self.id)),
            _ => name.clone(),
        };
        let prefix = if flow.shared { format!("{shared_name}/") } else { format!("{}/", self.uses) };
        let mut inner = Scope { prefix, is_shared, ..Scope::default() };
        // What is shared must not depend on whose case comes first.
        let in_all_cases = Scope { fixed: !scope.is_shared, shared: self.shared.clone(), ..scope.clone() };
        let outer = if flow.shared { &in_all_cases } else { &*scope };
        let mut bound = Vec::new();
        let known: Vec<&str> = flow.params.iter().map(|(k, _)| k.value.as_str()).collect();
        for (key, _) in &doc.with {
            if !known.contains(&key.value.as_str()) {
                let mut d = Diagnostic::new(
                    format!("flow `{name}` has no parameter `{}`", key.value),
                    &key.span,
                    "not a parameter",
                );
                d.help = did_you_mean(&key.value, &known).or_else(|| Some(takes(&known)));
                self.mistake(d);
            }
        }
        let mut defaults = Vec::new();
        for (param, default) in &flow.params {
            let given = doc.with.iter().find(|(k, _)| k.value == param.value);
            let template = match given {
                Some((_, node)) => self.template(node, outer),
                None if matches!(default.kind, Kind::Null) => {
                    self.mistake(
                        Diagnostic::new(
                            format!("flow `{name}` needs the parameter `{}`", param.value),
                            &doc.flow.span,
                            "used here without it",
                        )
                        .help(format!("add `with: {{ {}: … }}`", param.value)),
                    );
                    None
                }
                None => self.template(default, &inner),
            };
            let key = inner.declare(&param.value);
            if let Some(template) = template {
                if self.is_shared(template.keys()) {
                    self.shared.insert(key.clone());
                }
                let named = given.is_some() || !flow.shared;
                if named { &mut bound } else { &mut defaults }.push((key, template));
            }
        }
        self.needs(&flow.needs, needs);
        self.assume_met(&flow.assumes);
        if flow.shared {
            let defaults = Step { action: Action::Bind(defaults), scope: inner.prefix.clone(), span: span.clone() };
            let action = self.shared_setup(doc, (name, shared_name), flow, (bound, defaults), (inner, scope), needs);
            steps.push(Step { action, scope: scope.prefix.clone(), span: span.clone() });
            return;
        }
        steps.push(Step { action: Action::Bind(bound), scope: inner.prefix.clone(), span: span.clone() });
        self.stack.push(name);
        let outermost = self.outermost.clone();
        self.outermost.get_or_insert_with(|| doc.flow.span.clone());
        let mut unfolded = self.steps(&flow.steps, &mut inner, needs);
        self.outermost = outermost;
        self.stack.pop();
        if self.unfolded > MAX_STEPS {
            self.too_many(&doc.flow.span);
        }
        let assume = self.assumptions(&doc.assume, scope, Place::Answer);
        let expect = self.expectations(&doc.expect, scope, Place::Answer);
        let expect = self.phase_only(expect);
        if !expect.is_empty() || !assume.is_empty() {
            let last = unfolded.iter_mut().rev().find_map(|step| match &mut step.action {
                Action::Send(send) => Some((&mut send.assume, &mut send.expect)),
                Action::Walk(walk) => Some((&mut walk.assume, &mut walk.expect)),
                _ => None,
            });
            match last {
                Some((assumed, expected)) => {
                    assumed.extend(assume);
                    expected.extend(expect);
                }
                None => self.mistake(Diagnostic::new(
                    "this flow sends nothing that an expectation could be about",
                    &doc.flow.span,
                    if expect.is_empty() { "used here with `assume`" } else { "used here with `expect`" },
                )),
            }
        }
        steps.append(&mut unfolded);
        let mut returned = Vec::new();
        for (result, node) in &flow.returns {
            let template = self.template(node, &inner);
            if let (Some(template), Some(name)) = (template, &doc.name) {
                let key = scope.declare(&format!("{}.{}", name.value, result.value));
                if self.is_shared(template.keys()) {
                    self.shared.insert(key.clone());
                }
                returned.push((key, template));
            }
        }
        if !returned.is_empty() {
            steps.push(Step { action: Action::Bind(returned), scope: scope.prefix.clone(), span: span.clone() });
        }
    }

    /// Whether one of the names holds what a shared flow has made.
    fn is_shared(&self, keys: Vec<&str>) -> bool {
        keys.into_iter().any(|key| self.shared.contains(key))
    }

    /// A flow that is prepared once for all cases that give it the same values.
    fn shared_setup(
        &mut self,
        doc: &UseDoc,
        (id, name): (String, String),
        flow: &FlowDoc,
        (given, defaults): (Vec<(String, Template)>, Step),
        (mut inner, scope): (Scope, &mut Scope),
        needs: &mut Vec<Located<Capability>>,
    ) -> Action {
        // What it makes may be written to while it is being made.
        let known = std::mem::take(&mut self.shared);
        let phase = std::mem::replace(&mut self.phase, Phase::Given);
        // Whoever comes first prepares it for all, so its names are the same wherever it is used.
        let uses = std::mem::take(&mut self.uses);
        self.stack.push(id);
        let mut steps = vec![defaults];
        steps.extend(self.steps(&flow.steps, &mut inner, needs));
        self.stack.pop();
        self.uses = uses;
        self.phase = phase;
        if self.unfolded > MAX_STEPS {
            self.too_many(&doc.flow.span);
        }
        let assume = self.assumptions(&doc.assume, scope, Place::Answer);
        if scope.is_shared {
            self.mistake(
                Diagnostic::new("shared setup rests on no other", &doc.flow.span, "a shared flow inside another")
                    .help("use it in the scenario, and give what it returns to this flow"),
            );
        }
        if let Some(expect) = doc.expect.first() {
            self.mistake(
                Diagnostic::new("what cases share is not judged", &expect.requirement.span, "expected here")
                    .help("say `assume` for what this case rests on"),
            );
        }
        let mut returns = Vec::new();
        for (result, node) in &flow.returns {
            if let (Some(template), Some(name)) = (self.template(node, &inner), &doc.name) {
                let key = scope.declare(&format!("{}.{}", name.value, result.value));
                returns.push((key, template));
            }
        }
        self.shared = known;
        self.shared.extend(returns.iter().map(|(key, _)| key.clone()));
        Action::Shared(SharedSetup { flow: name, given, steps: Arc::new(steps), returns, assume })
    }

    /// The folders in which `./…` is looked for: that of the provider whose file it stands in, then what all inherit. What stands
    /// in the latter is first looked for with the provider that inherits it.
    fn folders(&self) -> [&str; 2] {
        let here = self.likes.last().or(self.stack.last()).map_or(self.id, String::as_str);
        let own = first_segment(here);
        [if own == COMMON_FOLDER { first_segment(self.id) } else { own }, COMMON_FOLDER]
    }

    /// The id of what is named, `./create-user` or in full, where it `is_there`.
    fn found(&self, written: &str, is_there: impl Fn(&str) -> bool) -> Option<String> {
        match written.strip_prefix("./") {
            Some(name) => self.folders().iter().map(|folder| format!("{folder}/{name}")).find(|id| is_there(id)),
            None => Some(written.to_owned()).filter(|id| is_there(id)),
        }
    }

    /// A name that is in none of the folders.
    fn not_found<'k, I: Iterator<Item = &'k str>>(
        &self,
        what: &str,
        written: &str,
        span: &Span,
        all: impl Fn() -> I,
    ) -> Diagnostic {
        let known: Vec<String> = if written.starts_with("./") {
            let folders = self.folders();
            let inside = |id: &str| {
                folders.iter().find_map(|folder| Some(id.strip_prefix(folder)?.strip_prefix('/')?.to_owned()))
            };
            all().filter_map(inside).map(|name| format!("./{name}")).collect()
        } else {
            all().map(str::to_owned).collect()
        };
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let mut label = "used here".to_owned();
        if written.starts_with("./") {
            let above = if what == "body" { "bodies" } else { "flows" };
            let mut folders: Vec<String> = self.folders().iter().map(|folder| format!("`{above}/{folder}`")).collect();
            folders.dedup();
            label = format!("neither in {}", folders.join(" nor in "));
        }
        let mut d = Diagnostic::new(format!("there is no {what} `{written}`"), span, label);
        d.help = did_you_mean(written, &known);
        d
    }

    /// The name of a flow may hold `${row.…}`, which is known before anything runs.
    fn flow_name(&mut self, written: &Located<String>) -> Option<String> {
        self.filled(written, "the name of a flow")
    }

    /// `what` that can only depend on the row, with the values of the row filled in.
    fn filled(&mut self, written: &Located<String>, what: &str) -> Option<String> {
        let scope = Scope {
            names: self.row.iter().map(|(name, _)| (name.clone(), name.clone())).collect(),
            open: self.is_row_open,
            ..Scope::default()
        };
        let template = self.text(written, &scope)?;
        let mut bindings = super::Bindings::default();
        for (name, value) in &self.row {
            bindings.bind(name.clone(), value.clone());
        }
        match template.fill(&bindings) {
            Ok(name) => Some(name),
            Err(_) if self.is_row_open => None,
            Err(unbound) => {
                self.mistake(
                    Diagnostic::new(
                        format!("`{}` is not known before the run", unbound.0),
                        &written.span,
                        format!("in {what}"),
                    )
                    .help(format!("{what} can only depend on `${{row.…}}`")),
                );
                None
            }
        }
    }

    fn params(&mut self, params: &[(Located<String>, Node)], scope: &mut Scope) {
        for (param, default) in params {
            self.name(param);
            if !matches!(default.kind, Kind::Null) {
                self.template(default, scope);
            }
            scope.declare(&param.value);
        }
    }

    fn send(&mut self, doc: &SendDoc, scope: &mut Scope) -> Send {
        scope.counting = doc.times.is_some();
        let request = self.request(doc, scope);
        if !doc.laws && request.method == "GET" {
            self.mistake(Diagnostic::new("`laws: false` stands where something is written", &doc.span, "a read").help(
                "the step whose write need not obey the laws says so, and reads after it are not held against it",
            ));
        }
        let within = doc.within.as_ref().and_then(|text| self.duration(text));
        let place = if doc.times.is_some() { Place::Times } else { Place::Answer };
        let mut captures = Vec::new();
        for (name, from) in &doc.capture {
            self.name(name);
            match self.capture(from) {
                Some(from) => captures.push((name, from)),
                None => {
                    scope.declare(&name.value);
                }
            }
        }
        // An expectation may speak of what its own answer captured.
        let captures = captures
            .into_iter()
            .map(|(name, from)| Capture { name: scope.declare(&name.value), from, span: name.span.clone() })
            .collect();
        let mut assume = self.assumptions(&doc.assume, scope, place);
        self.assume_json(&mut assume, doc.always);
        let mut expect = self.expectations(&doc.expect, scope, place);
        expect.extend(self.always(doc.always));
        scope.counting = false;
        Send {
            request,
            times: doc.times,
            captures,
            within,
            refusable: doc.refusable,
            laws: doc.laws,
            assume,
            expect: self.phase_only(expect),
            span: doc.span.clone(),
        }
    }

    fn walk(&mut self, doc: &WalkDoc, scope: &mut Scope) -> Walk {
        if !doc.walk.value.starts_with('/') {
            self.mistake(
                Diagnostic::new("`walk` is a path", &doc.walk.span, "does not begin with `/`")
                    .help("such as `/Users`, relative to the base URL; it is read with GET"),
            );
        }
        let as_send = SendDoc {
            send: Located {
                value: format!("GET /{}", doc.walk.value.trim_start_matches('/')),
                span: doc.walk.span.clone(),
            },
            raw_query: None,
            headers: Vec::new(),
            body: None,
            overlay: None,
            raw: None,
            auth: None,
            times: None,
            capture: Vec::new(),
            within: None,
            refusable: false,
            always: doc.always,
            laws: true,
            assume: Vec::new(),
            expect: Vec::new(),
            span: doc.span.clone(),
        };
        let request = self.request(&as_send, scope);
        let mut assume = self.assumptions(&doc.assume, scope, Place::Walk);
        self.assume_json(&mut assume, doc.always);
        let mut expect = self.expectations(&doc.expect, scope, Place::Walk);
        expect.extend(self.always(doc.always));
        let name = doc.name.as_ref().map(|name| {
            self.name(name);
            for field in ["ids", "total", "Resources"] {
                scope.declare(&format!("{}.{field}", name.value));
            }
            scope.key(&name.value)
        });
        Walk {
            request,
            count: doc.count.unwrap_or(self.persona.map_or(PAGE_SIZE, |persona| persona.page_size.count)),
            name,
            assume,
            expect: self.phase_only(expect),
            span: doc.span.clone(),
        }
    }

    /// What is assumed of a body rests on there being one: a suite that demands JSON of every answer demands it here, too.
    fn assume_json(&mut self, assume: &mut Vec<Expectation>, asked: bool) {
        let is_json = |e: &Expectation| matches!(&e.check, Check::Rule(call) if call.rule == Rule::JsonBody);
        if !asked || assume.iter().any(is_json) || assume.iter().all(|e| matches!(e.check, Check::Status(_))) {
            return;
        }
        let suite = self.suite;
        let of_suite = self.expectations(&suite.always, &Scope::default(), Place::Answer);
        assume.extend(of_suite.into_iter().filter(is_json).map(|e| Expectation { of_suite: true, ..e }));
    }

    /// What the suite demands of every answer in `steps`.
    fn always(&mut self, asked: bool) -> Vec<Expectation> {
        if !asked || self.phase == Phase::Given {
            return Vec::new();
        }
        let suite = self.suite;
        let of_suite = self.expectations(&suite.always, &Scope::default(), Place::Answer);
        of_suite.into_iter().map(|expectation| Expectation { of_suite: true, ..expectation }).collect()
    }

    fn request(&mut self, doc: &SendDoc, scope: &Scope) -> RequestTemplate {
        let (method, target) = doc.send.value.split_once(' ').unwrap_or((doc.send.value.as_str(), ""));
        let target = target.trim();
        let wrong = if method.is_empty() || !method.chars().all(|c| c.is_ascii_alphabetic()) {
            Some("no method before the path")
        } else if method.chars().any(|c| c.is_ascii_lowercase()) {
            Some("methods are in capitals")
        } else if target.contains("://") {
            Some("a whole URL")
        } else if target.is_empty() {
            Some("no path after the method")
        } else if !target.starts_with('/') {
            Some("the path does not begin with `/`")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            self.mistake(
                Diagnostic::new("`send` is a method and a path", &doc.send.span, wrong)
                    .help("such as `GET /Users/${id}`; paths begin with `/` and are relative to the base URL"),
            );
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
        let written = doc.send.value.as_str();
        let part = |text: &str| {
            let start = (text.as_ptr() as usize).saturating_sub(written.as_ptr() as usize);
            let span = within(&doc.send.span, written, start..start + text.len());
            Located { value: text.to_owned(), span }
        };
        let path = self.text(&part(path), scope).unwrap_or_default();
        if !matches!(method, "GET" | "POST") && self.is_shared(path.keys()) {
            let (span, label) = match &self.outermost {
                Some(used) => (used.clone(), "this flow writes to shared setup"),
                None => (doc.send.span.clone(), "a write to shared setup"),
            };
            self.mistake(
                Diagnostic::new("this would change what other cases share", &span, label)
                    .help("what a scenario changes it creates itself, by a flow that is not `shared`"),
            );
        }
        let mut parameters = Vec::new();
        for pair in query.into_iter().flat_map(|q| q.split('&')).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let (Some(name), Some(value)) = (self.text(&part(name), scope), self.text(&part(value), scope)) {
                parameters.push((name, value));
            }
        }
        let raw_query = doc.raw_query.as_ref().and_then(|text| self.text(text, scope));
        let body = match (&doc.body, &doc.raw) {
            (Some(node), _) => match self.body(node, scope) {
                Some(base) => {
                    let overlay = doc.overlay.as_ref().and_then(|node| self.template(node, scope));
                    BodyTemplate::Json { base, overlay, beneath: self.beneath(method, target).map(Box::new) }
                }
                None => BodyTemplate::None,
            },
            (None, Some(raw)) => self.text(raw, scope).map_or(BodyTemplate::None, BodyTemplate::Raw),
            (None, None) => BodyTemplate::None,
        };
        let credential = doc.auth.as_ref().map_or(Credential::Own, |auth| {
            Credential::parse(&auth.value).unwrap_or_else(|| {
                let message = format!("unknown credential `{}`", auth.value);
                let mut d = Diagnostic::new(message, &auth.span, "not one of them");
                d.help = Some("`auth` is own, none, wrong, second or revoked".to_owned());
                self.mistake(d);
                Credential::Own
            })
        });
        RequestTemplate {
            method: method.to_owned(),
            path,
            query: parameters,
            spelling: self.spelling(),
            raw_query,
            headers: self.headers(doc, scope, matches!(body, BodyTemplate::None)),
            body,
            credential,
        }
    }

    /// A body: as it is written, or like a template.
    fn body(&mut self, node: &Node, scope: &Scope) -> Option<Template> {
        if node.get("like").is_none() {
            return self.template(node, scope);
        }
        let context = self.context;
        let doc = Reader { mistakes: self.mistakes }.like(node)?;
        let written = &doc.like;
        let Some(id) = self.found(&written.value, |id| context.bodies.contains_key(id)) else {
            let all = || context.bodies.keys().map(String::as_str);
            let mut d = self.not_found("body", &written.value, &written.span, all);
            d.help = d.help.or_else(|| Some("body templates stand in the folder `bodies`".to_owned()));
            self.mistake(d);
            return None;
        };
        // A template with a mistake of form has been reported.
        let of = context.bodies.get(&id).and_then(Option::as_deref)?;
        if let Some(start) = self.likes.iter().position(|known| *known == id) {
            let circle = &self.likes[start..];
            if circle.iter().all(|other| id <= *other) {
                let round = format!("{} → {id}", circle.join(" → "));
                self.mistake(
                    Diagnostic::new("bodies are like each other in a circle", &written.span, "closes the circle")
                        .help(round),
                );
            }
            return None;
        }
        let known: Vec<&str> = of.params.iter().map(|(name, _)| name.value.as_str()).collect();
        for (key, _) in &doc.params {
            if !known.contains(&key.value.as_str()) {
                let all: Vec<&str> = known.iter().chain(&LIKE_KEYS[1..]).copied().collect();
                let message = format!("body `{id}` has no parameter `{}`", key.value);
                let mut d = Diagnostic::new(message, &key.span, "not a parameter");
                d.help = did_you_mean(&key.value, &all)
                    .or_else(|| Some(format!("it takes {}; attributes of the body stand in `with`", all.join(", "))));
                self.mistake(d);
            }
        }
        let mut inner = Scope { is_shared: scope.is_shared, ..Scope::default() };
        let mut values: BTreeMap<String, (Template, &Span)> = BTreeMap::new();
        for (param, default) in &of.params {
            let given = doc.params.iter().find(|(key, _)| key.value == param.value);
            let template = match given {
                Some((_, node)) => self.template(node, scope).map(|template| (template, &node.span)),
                None if matches!(default.kind, Kind::Null) => {
                    let message = format!("body `{id}` needs the parameter `{}`", param.value);
                    self.mistake(
                        Diagnostic::new(message, &written.span, "used here without it")
                            .help(format!("add `{}: …` beside `like`", param.value)),
                    );
                    None
                }
                None => {
                    let template = self.template(default, &inner);
                    template.and_then(|t| self.put_in(&t, &values)).map(|t| (t, &default.span))
                }
            };
            // What could not be read is no unbound name on top of that.
            let key = format!("{id}:{}", param.value);
            inner.names.insert(param.value.clone(), key.clone());
            values.insert(key, template.unwrap_or((Template::Value(Value::Null), &param.span)));
        }
        self.likes.push(id);
        let body = self.body(&of.body, &inner);
        self.likes.pop();
        let with = doc.with.as_ref().map(|node| self.template(node, scope));
        let mut body = self.put_in(&body?, &values)?;
        for path in &doc.without {
            if let Err(known) = body.take_away(&path.value) {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let mut d = Diagnostic::new(
                    format!("`without` takes away `{}`, which is not there", path.value),
                    &path.span,
                    "not in the body",
                );
                d.help = did_you_mean(&path.value, &known)
                    .or_else(|| (!known.is_empty()).then(|| format!("there are {}", known.join(", "))));
                self.mistake(d);
            }
        }
        match with {
            Some(with) => Some(body.merged(with?)),
            None => Some(body),
        }
    }

    /// The template with the parameters of a body in their places.
    fn put_in(&mut self, template: &Template, values: &BTreeMap<String, (Template, &Span)>) -> Option<Template> {
        match template.replaced(&|name| values.get(name).map(|(value, _)| value)) {
            Ok(template) => Some(template),
            Err(name) => {
                let (value, span) = values.get(&name)?;
                let what = if value.is_text() { "text with `${…}`" } else { "no text" };
                let name = name.rsplit(':').next().unwrap_or_default();
                self.mistake(
                    Diagnostic::new(format!("`{name}` does not fit where the body has it"), span, what)
                        .help("it stands inside text there, or is converted"),
                );
                None
            }
        }
    }

    /// What the suite adds to every create and replacement at a path.
    fn beneath(&mut self, method: &str, target: &str) -> Option<Template> {
        let suite = self.suite;
        let path = target.split('?').next().unwrap_or(target);
        let is_below =
            |above: &str| path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let (_, node) = suite.beneath.iter().find(|(above, _)| is_below(&above.value))?;
        if matches!(method, "POST" | "PUT") { self.template(node, &Scope::default()) } else { None }
    }

    fn spelling(&mut self) -> QuerySpelling {
        let Some(written) = self.suite.query.clone() else { return QuerySpelling::Percent };
        match written.value.as_str() {
            "percent" => QuerySpelling::Percent,
            "plus" => QuerySpelling::Plus,
            _ => {
                self.mistake(Diagnostic::new("`query` is percent or plus", &written.span, "neither"));
                QuerySpelling::Percent
            }
        }
    }

    /// The headers of the suite's requests without a body. What is wrong with them is told once, where the suite is read.
    fn suite_headers(&mut self) -> Vec<(String, TextTemplate)> {
        let suite = self.suite;
        let known = self.mistakes.len();
        let value = |(name, node): &(Located<String>, Node)| {
            Some((name.value.clone(), self.header_value(node, &Scope::default())?))
        };
        let headers = suite.headers.iter().filter_map(value).collect();
        self.mistakes.truncate(known);
        headers
    }

    fn headers(&mut self, doc: &SendDoc, scope: &Scope, bodyless: bool) -> Vec<(String, TextTemplate)> {
        let suite = self.suite;
        let mut headers: Vec<(String, TextTemplate)> = Vec::new();
        let body_headers: &[_] = if bodyless { &[] } else { &suite.body_headers };
        for (name, node) in suite.headers.iter().chain(body_headers).chain(&doc.headers) {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name.value));
            if name.value.eq_ignore_ascii_case("authorization") {
                self.mistake(
                    Diagnostic::new("a scenario never holds a credential", &name.span, "not here")
                        .help("`auth: none` and `auth: wrong` leave the credential out or spoil it"),
                );
            } else if !is_token(&name.value) {
                self.mistake(not_a_header(name));
            } else if let Some(value) = self.header_value(node, scope) {
                headers.push((name.value.clone(), value));
            }
        }
        headers
    }

    fn header_value(&mut self, node: &Node, scope: &Scope) -> Option<TextTemplate> {
        match &node.kind {
            Kind::Null => None,
            Kind::String(text) => self.text(&Located { value: text.clone(), span: node.span.clone() }, scope),
            Kind::Number(n) => Some(TextTemplate::literal(n.to_string())),
            _ => {
                self.mistake(Diagnostic::new("a header is text", &node.span, node.kind_name()));
                None
            }
        }
    }

    fn duration(&mut self, text: &Located<String>) -> Option<Duration> {
        let parsed = text.value.strip_suffix("ms").map(|n| (n, 1)).or(text.value.strip_suffix('s').map(|n| (n, 1000)));
        let millis = parsed.and_then(|(n, unit)| n.trim().parse::<u64>().ok().map(|n| n.saturating_mul(unit)));
        match millis {
            Some(millis) if millis <= 600_000 => Some(Duration::from_millis(millis)),
            _ => {
                self.mistake(Diagnostic::new(
                    "a time is written `5s` or `500ms`, at most 600s",
                    &text.span,
                    "not such a time",
                ));
                None
            }
        }
    }

    fn capture(&mut self, text: &Located<String>) -> Option<CaptureFrom> {
        if let Some(header) = text.value.strip_prefix("header ") {
            let header = Located { value: header.trim().to_owned(), span: text.span.clone() };
            if !is_token(&header.value) {
                self.mistake(not_a_header(&header));
                return None;
            }
            return Some(CaptureFrom::Header(header.value));
        }
        if let Some(start) = text.value.find("${") {
            let at = within(&text.span, &text.value, start..start + 2);
            self.mistake(
                Diagnostic::new("a capture has no `${…}`", &at, "here")
                    .help("capture the whole with `$`, and look into it where it is used"),
            );
            return None;
        }
        match JsonPath::parse(&text.value) {
            Ok(path) => Some(CaptureFrom::Body(path)),
            Err(mistake) => {
                let at = within(&text.span, &text.value, mistake.at..mistake.at + 1);
                self.mistake(
                    Diagnostic::new(format!("this is not a JSONPath: {}", mistake.message), &at, "here")
                        .help("a capture is a JSONPath such as `$.id`, or `header Location`"),
                );
                None
            }
        }
    }

    fn expectations(&mut self, docs: &[ExpectDoc], scope: &Scope, place: Place) -> Vec<Expectation> {
        docs.iter().filter_map(|doc| self.expectation(doc, scope, place)).collect()
    }

    /// Expectations that others rest on: of one that binds nobody, nobody would notice that it does not hold.
    fn assumptions(&mut self, docs: &[ExpectDoc], scope: &Scope, place: Place) -> Vec<Expectation> {
        for doc in docs.iter().filter(|doc| doc.level == Level::May || doc.unclear.is_some()) {
            self.mistake(
                Diagnostic::new("what is assumed has to bind", &doc.requirement.span, "binds nobody")
                    .help("`assume` takes `must:` or `should:`, without `unclear:`"),
            );
        }
        self.expectations(docs, scope, place)
    }

    fn expectation(&mut self, doc: &ExpectDoc, scope: &Scope, place: Place) -> Option<Expectation> {
        let known = self.requirement(doc);
        let span;
        if place == Place::Group {
            let subject = match &doc.subject {
                SubjectDoc::Rule(..) => None,
                SubjectDoc::Status(node) => Some(&node.span),
                SubjectDoc::Header(name, _) | SubjectDoc::Schema(name) | SubjectDoc::At(name, _) => Some(&name.span),
            };
            if let Some(subject) = subject {
                self.mistake(
                    Diagnostic::new("only rules are about a `together` as a whole", subject, "about one answer")
                        .help("move it to the `send` that it is about, or use the rule `some-status`"),
                );
                return None;
            }
        }
        let check = match &doc.subject {
            SubjectDoc::Status(node) => {
                span = node.span.clone();
                self.statuses(node).map(Check::Status)
            }
            SubjectDoc::Header(name, matcher) => {
                span = matcher.value.span.clone();
                if !is_token(&name.value) {
                    self.mistake(not_a_header(name));
                }
                self.matcher(matcher, scope).map(|matcher| Check::Header(name.value.clone(), matcher))
            }
            SubjectDoc::At(path, matcher) => {
                span = matcher.value.span.clone();
                let path = self.path(path, scope);
                let matcher = self.matcher(matcher, scope);
                path.and_then(|path| matcher.map(|matcher| Check::Body(path, matcher)))
            }
            SubjectDoc::Schema(name) => {
                span = name.span.clone();
                if self.context.schemas.contains(&name.value.as_str()) {
                    Some(Check::Schema(name.value.clone()))
                } else {
                    let mut d =
                        Diagnostic::new(format!("there is no schema `{}`", name.value), &name.span, "not a schema");
                    d.help = did_you_mean(&name.value, self.context.schemas).or_else(|| {
                        Some("it is the name of a message or a resource, such as `ListResponse` or `User`".to_owned())
                    });
                    self.mistake(d);
                    None
                }
            }
            SubjectDoc::Rule(name, with) => {
                span = name.span.clone();
                self.rule(name, with, scope, place).map(Check::Rule)
            }
        };
        let (requirement, level) = known?;
        Some(Expectation { requirement, level, check: check?, unclear: doc.unclear.clone(), of_suite: false, span })
    }

    /// The requirement of that id.
    fn known(&mut self, written: &Located<String>) -> Option<&'a Requirement> {
        let context = self.context;
        let filled;
        let written = if written.value.contains("${") {
            let value = self.filled(written, "the id of a requirement")?;
            filled = Located { value, span: written.span.clone() };
            &filled
        } else {
            written
        };
        if let Some(requirement) = context.registry.get(&written.value) {
            return Some(requirement);
        }
        if context.lost.may_hold(&written.value) {
            return None;
        }
        let message = format!("unknown requirement `{}`", written.value);
        let mut d = Diagnostic::new(message, &written.span, "not in the registry");
        let near = context.registry.nearest(written.value.get(..100).unwrap_or(&written.value));
        d.help = Some(near.map_or_else(
            || "`scim-check requirements` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        ));
        self.mistake(d);
        None
    }

    fn requirement(&mut self, doc: &ExpectDoc) -> Option<(RequirementId, Level)> {
        let written = &doc.requirement;
        let requirement = self.known(written)?;
        if requirement.level != doc.level {
            let word = requirement.level.as_str().to_lowercase();
            self.mistake(
                Diagnostic::new(
                    format!("{} is a {}, not a {}", requirement.id, requirement.level, doc.level),
                    &written.span,
                    format!("the registry says {}", requirement.level),
                )
                .help(format!("write `{word}: {}`", requirement.id)),
            );
        }
        Some((requirement.id.clone(), requirement.level))
    }

    /// `200`, `[200, 204]`, `2xx`, or `{ not: … }` with one of those.
    fn statuses(&mut self, node: &Node) -> Option<Vec<StatusRange>> {
        if let Kind::Map(entries) = &node.kind
            && let [(key, inner)] = entries.as_slice()
            && key.value == "not"
            && !matches!(inner.kind, Kind::Map(_))
        {
            return self.statuses(inner).map(|ranges| other_than(&ranges));
        }
        let nodes = match &node.kind {
            Kind::Seq(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        if nodes.is_empty() {
            self.mistake(Diagnostic::new("`status` names no status", &node.span, "an empty list"));
        }
        let mut ranges = Vec::new();
        for node in nodes {
            let range = match &node.kind {
                Kind::Number(n) => n
                    .as_u64()
                    .and_then(|n| u16::try_from(n).ok())
                    .filter(|n| (100..600).contains(n))
                    .map(|n| StatusRange { from: n, to: n }),
                Kind::String(s) => s
                    .strip_suffix("xx")
                    .and_then(|d| d.parse::<u16>().ok())
                    .filter(|d| (1..6).contains(d))
                    .map(|d| StatusRange { from: d * 100, to: d * 100 + 99 }),
                _ => None,
            };
            match range {
                Some(range) => ranges.push(range),
                None => self.mistake(
                    Diagnostic::new("this is not an HTTP status", &node.span, "neither 100 to 599 nor a class")
                        .help("write `200`, `[200, 204]`, `2xx` or `{ not: [404, 501] }`"),
                ),
            }
        }
        (!ranges.is_empty()).then_some(ranges)
    }

    fn path(&mut self, text: &Located<String>, scope: &Scope) -> Option<PathTemplate> {
        let template = self.text(text, scope)?;
        let sample = if template.has_holes() { template.sample("0") } else { text.value.clone() };
        match JsonPath::parse(&sample) {
            Ok(path) if !template.has_holes() => Some(PathTemplate::Fixed(path)),
            Ok(_) => Some(PathTemplate::Holes(template)),
            Err(mistake) => {
                let at = if template.has_holes() {
                    text.span.clone()
                } else {
                    within(&text.span, &text.value, mistake.at..mistake.at + 1)
                };
                self.mistake(
                    Diagnostic::new(format!("this is not a JSONPath: {}", mistake.message), &at, "here")
                        .help("see RFC 9535; a place in the body is written such as `$.emails[0].value`"),
                );
                None
            }
        }
    }

    fn matcher(&mut self, doc: &MatcherDoc, scope: &Scope) -> Option<Matcher> {
        let node = &doc.value;
        match doc.key.value.as_str() {
            "is" => self.template(node, scope).map(Matcher::Is),
            "not" => self.template(node, scope).map(Matcher::Not),
            "one-of" => match &node.kind {
                Kind::Seq(items) if !items.is_empty() => {
                    let items: Vec<_> = items.iter().map(|item| self.template(item, scope)).collect();
                    items.into_iter().collect::<Option<Vec<_>>>().map(Matcher::OneOf)
                }
                _ => {
                    let label = if matches!(node.kind, Kind::Seq(_)) { "an empty list" } else { node.kind_name() };
                    self.mistake(Diagnostic::new("`one-of` is a list of values", &node.span, label));
                    None
                }
            },
            key @ ("absent" | "present") => {
                if matches!(node.kind, Kind::Bool(true)) {
                    return Some(if key == "absent" { Matcher::Absent } else { Matcher::Present });
                }
                let other = if key == "absent" { "present" } else { "absent" };
                self.mistake(
                    Diagnostic::new(format!("`{key}` is always `true`"), &node.span, "not true")
                        .help(format!("for the opposite write `{other}: true`")),
                );
                None
            }
            "type" => self.json_type(node),
            "matches" => self.regex(node),
            "count" => match &node.kind {
                Kind::Number(n) if n.as_u64().is_some() => Some(Matcher::Count(Template::Value(node.to_json()))),
                Kind::String(s) if s.contains("${") => self.template(node, scope).map(Matcher::Count),
                _ => {
                    self.mistake(Diagnostic::new(
                        "`count` is a whole number from 0 up",
                        &node.span,
                        "not such a number",
                    ));
                    None
                }
            },
            key => {
                let inner = Reader { mistakes: self.mistakes }.inner_matcher(node)?;
                let inner = Box::new(self.matcher(&inner, scope)?);
                Some(if key == "every" { Matcher::Every(inner) } else { Matcher::Some(inner) })
            }
        }
    }

    fn json_type(&mut self, node: &Node) -> Option<Matcher> {
        const TYPES: &[(&str, JsonType)] = &[
            ("string", JsonType::String),
            ("number", JsonType::Number),
            ("integer", JsonType::Integer),
            ("boolean", JsonType::Boolean),
            ("array", JsonType::Array),
            ("object", JsonType::Object),
            ("null", JsonType::Null),
        ];
        // `type: null` is YAML's null, and what its author means is clear.
        let word = if matches!(node.kind, Kind::Null) { "null" } else { node.as_str().unwrap_or_default() };
        let found = TYPES.iter().find(|(name, _)| *name == word).map(|(_, t)| Matcher::Type(*t));
        if found.is_none() {
            let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
            let mut d = Diagnostic::new(format!("unknown type `{word}`"), &node.span, "not a JSON type");
            d.help = did_you_mean(word, &names).or_else(|| Some(format!("there are {}", names.join(", "))));
            self.mistake(d);
        }
        found
    }

    fn regex(&mut self, node: &Node) -> Option<Matcher> {
        let Some(text) = node.as_str() else {
            self.mistake(Diagnostic::new("`matches` is a regular expression", &node.span, node.kind_name()));
            return None;
        };
        match Regex::new(text) {
            Ok(regex) => Some(Matcher::Matches(regex)),
            Err(error) => {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or("it does not parse").trim().trim_start_matches("error: ");
                self.mistake(Diagnostic::new(
                    format!("this is not a regular expression: {why}"),
                    &node.span,
                    "does not parse",
                ));
                None
            }
        }
    }

    fn rule(
        &mut self,
        name: &Located<String>,
        with: &[(Located<String>, Node)],
        scope: &Scope,
        place: Place,
    ) -> Option<RuleCall> {
        let Some(rule) = Rule::parse(&name.value) else {
            let known: Vec<&str> = Rule::ALL.iter().map(|r| r.as_str()).collect();
            let mut d = Diagnostic::new(format!("there is no rule `{}`", name.value), &name.span, "not a rule");
            d.help = did_you_mean(&name.value, &known).or_else(|| Some(format!("there are {}", known.join(", "))));
            self.mistake(d);
            return None;
        };
        let fits = match rule.scope() {
            RuleScope::Answer => place != Place::Group,
            RuleScope::Walk => place == Place::Walk,
            RuleScope::Group => matches!(place, Place::Group | Place::Times),
        };
        if !fits {
            let of = match rule.scope() {
                RuleScope::Answer => "one answer: it belongs to a `send`",
                RuleScope::Walk => "all pages of a walk: it belongs to a `walk`",
                RuleScope::Group => {
                    "several answers: it belongs to the `expect` of a `together`, or of a `send` with `times`"
                }
            };
            self.mistake(Diagnostic::new(
                format!("`{}` does not fit here", name.value),
                &name.span,
                format!("is about {of}"),
            ));
        }
        let known: Vec<&str> = rule.needs().iter().chain(rule.may_have()).copied().collect();
        let mut arguments = Vec::new();
        for (key, node) in with {
            if !known.contains(&key.value.as_str()) {
                let mut d = Diagnostic::new(
                    format!("rule `{}` has no argument `{}`", name.value, key.value),
                    &key.span,
                    "not an argument",
                );
                d.help = did_you_mean(&key.value, &known).or_else(|| Some(takes(&known)));
                self.mistake(d);
                continue;
            }
            let profiles = self.context.profiles;
            if key.value == "profile" && !node.as_str().is_some_and(|text| profiles.contains(&text)) {
                let mut d = Diagnostic::new("there is no such profile", &node.span, "not a profile");
                let near = node.as_str().and_then(|text| did_you_mean(text, profiles));
                d.help = near.or_else(|| Some(format!("there are {}", profiles.join(", "))));
                self.mistake(d);
                continue;
            }
            if let Some(template) = self.template(node, scope) {
                arguments.push((key.value.clone(), template));
            }
        }
        for needed in rule.needs() {
            if !with.iter().any(|(key, _)| key.value == *needed) {
                self.mistake(
                    Diagnostic::new(
                        format!("rule `{}` needs the argument `{needed}`", name.value),
                        &name.span,
                        "without it",
                    )
                    .help(format!("add `with: {{ {needed}: … }}`")),
                );
            }
        }
        let profile = self.persona.and_then(|persona| persona.profile.as_deref());
        if let (Rule::WellFormed, Some(profile), None) =
            (rule, profile, arguments.iter().find(|(name, _)| name == "profile"))
        {
            arguments.push(("profile".to_owned(), Template::Value(Value::from(profile))));
        }
        Some(RuleCall { rule, with: arguments })
    }

    /// A name that an author gives: it must be possible to write it in `${…}`, and it must not be one of ours.
    fn name(&mut self, name: &Located<String>) {
        let text = name.value.as_str();
        if matches!(text, "unique" | "password" | "n" | "row") {
            self.mistake(Diagnostic::new(format!("`{text}` is a name of its own"), &name.span, "choose another"));
        } else if text.is_empty() || !text.chars().all(|c| c.is_alphanumeric() || "_-".contains(c)) {
            self.mistake(
                Diagnostic::new(format!("`{text}` cannot be a name"), &name.span, "not a name")
                    .help("use letters, digits, `_` and `-`"),
            );
        }
    }

    fn text(&mut self, text: &Located<String>, scope: &Scope) -> Option<TextTemplate> {
        let mut guesses: BTreeMap<String, String> = BTreeMap::new();
        let data = self.context.data;
        let parsed = TextTemplate::parse(&text.value, &mut |name| {
            resolve(name, scope, data).map_err(|(message, guess)| {
                guesses.extend(guess.map(|guess| (message.clone(), guess)));
                message
            })
        });
        match parsed {
            Ok(template) => Some(template),
            Err(mistakes) => {
                for mistake in mistakes {
                    let at = within(&text.span, &text.value, mistake.bytes);
                    let label = if mistake.message.ends_with("closed") { "opens here" } else { "used here" };
                    let guess = guesses.get(&mistake.message).cloned();
                    let mut d = Diagnostic::new(mistake.message, &at, label);
                    d.help = mistake.help.or(guess);
                    self.mistake(d);
                }
                None
            }
        }
    }

    fn template(&mut self, node: &Node, scope: &Scope) -> Option<Template> {
        match &node.kind {
            Kind::String(text) => {
                self.text(&Located { value: text.clone(), span: node.span.clone() }, scope).map(Template::of_text)
            }
            Kind::Seq(items) => {
                let items: Vec<_> = items.iter().map(|item| self.template(item, scope)).collect();
                items.into_iter().collect::<Option<Vec<_>>>().map(Template::Array)
            }
            Kind::Map(entries) => {
                let fields: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| {
                        let key = self.text(key, scope);
                        let value = self.template(value, scope);
                        key.zip(value)
                    })
                    .collect();
                fields.into_iter().collect::<Option<Vec<_>>>().map(Template::Object)
            }
            _ => Some(Template::Value(node.to_json())),
        }
    }
}

/// The folder of what every provider inherits.
const COMMON_FOLDER: &str = "common";

/// The folder of a provider, in which a scenario or a flow stands.
fn first_segment(id: &str) -> &str {
    id.split_once('/').map_or("", |(first, _)| first)
}

/// What a flow or a rule takes, for a help line.
fn takes(known: &[&str]) -> String {
    if known.is_empty() { "it takes none".to_owned() } else { format!("it takes {}", known.join(", ")) }
}

/// A token of HTTP, such as a header name (RFC 9110 §5.6.2).
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

fn not_a_header(name: &Located<String>) -> Diagnostic {
    Diagnostic::new(format!("`{}` cannot be the name of a header", name.value), &name.span, "not a header name")
}

/// A written name into the key it is bound under and the fields below it: the longest known name wins.
///
/// # Errors
/// What is wrong, and advice where there is any.
fn resolve(
    written: &str,
    scope: &Scope,
    data: &BTreeMap<String, Value>,
) -> Result<(String, Vec<String>), (String, Option<String>)> {
    let is_made_up = matches!(written, "unique" | "password");
    let is_of_case = |key: &str| scope.fixed && !key.starts_with("row.") && !scope.shared.contains(key);
    let depends = || {
        let message = format!("`{written}` differs from case to case");
        Err((message, Some("what cases share is prepared with fixed values, or those of `${row.…}`".to_owned())))
    };
    if is_made_up && scope.fixed {
        return depends();
    }
    if is_made_up || (written == "n" && scope.counting) {
        return Ok((written.to_owned(), Vec::new()));
    }
    let parts: Vec<&str> = written.split('.').collect();
    for length in (1..=parts.len()).rev() {
        if let Some(key) = scope.names.get(&parts[..length].join(".")) {
            if is_of_case(key) {
                return depends();
            }
            return Ok((key.clone(), parts[length..].iter().map(|&p| p.to_owned()).collect()));
        }
    }
    // A target's values come last: no name that an author gives can be taken for one of them.
    if let Some((first, rest)) = parts.split_first().filter(|(first, _)| data.contains_key(**first)) {
        return Ok((super::data_key(first), rest.iter().map(|&p| p.to_owned()).collect()));
    }
    if scope.open {
        return Ok((written.to_owned(), Vec::new()));
    }
    if written == "n" {
        return Err(("`n` counts the requests of a step with `times`, and this has none".to_owned(), None));
    }
    let known: Vec<&str> = scope.names.keys().map(String::as_str).chain(["unique", "password"]).collect();
    let all: Vec<&str> = known.iter().copied().chain(data.keys().map(String::as_str)).collect();
    let renamed =
        parts.get(..2).and_then(|two| renamed(&two.join("."))).filter(|(_, now)| scope.names.contains_key(*now));
    let renamed = renamed.map(|(old, now)| {
        let rest = written.strip_prefix(old).unwrap_or_default();
        format!("`{written}` is now `{now}{rest}`")
    });
    let help = renamed
        .or_else(|| did_you_mean(written, &all))
        .or_else(|| (known.len() <= 12).then(|| format!("bound here are {}", known.join(", "))));
    Err((format!("`{written}` is not bound yet"), help))
}

/// The place of a part of a scalar. A scalar with escapes or folded lines is longer in the file than its text: then all of it.
fn within(span: &Span, text: &str, bytes: std::ops::Range<usize>) -> Span {
    let source = &span.file.text;
    let Some(written) = source.get(span.bytes.clone()) else { return span.clone() };
    match written.find(text) {
        Some(offset) => {
            let start = span.bytes.start + offset;
            Span { file: Arc::clone(&span.file), bytes: start + bytes.start..start + bytes.end.min(text.len()) }
        }
        None => {
            // The scalar may be one part (`GET /Users/${id}`) of which `text` is a piece that the caller cut out.
            let part = text.get(bytes).and_then(|part| written.find(part).map(|at| (at, part.len())));
            match part {
                // A mere character or two may stand anywhere.
                Some((at, len)) if len > 2 => {
                    let start = span.bytes.start + at;
                    Span { file: Arc::clone(&span.file), bytes: start..start + len }
                }
                _ => span.clone(),
            }
        }
    }
}

/// All statuses that are in none of the ranges.
fn other_than(ranges: &[StatusRange]) -> Vec<StatusRange> {
    let is_in = |status: u16| ranges.iter().any(|range| (range.from..=range.to).contains(&status));
    let mut others: Vec<StatusRange> = Vec::new();
    for status in (100..600).filter(|status| !is_in(*status)) {
        match others.last_mut() {
            Some(last) if last.to + 1 == status => last.to = status,
            _ => others.push(StatusRange { from: status, to: status }),
        }
    }
    others
}

//! `scim-check explain PROVIDER`: what an identity provider sends, in which order, and who says so.
//!
//! **Invariant:** all of it is read from the provider's folder; nothing is known here of any of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::config::ConfigError;
use super::{limit_depth, scored_by};
use crate::budget::Depth;
use crate::capability::Capabilities;
use crate::declared::Target;
use crate::persona::Persona;
use crate::plan::{Selection, plan};
use crate::report::draw::{capital, counted, wrap};
use crate::requirement::{Level, Requirement, RequirementId};
use crate::scenario::template::merge;
use crate::scenario::{
    Action, Bindings, BodyTemplate, Case, Expectation, Library, QuerySpelling, RequestTemplate, Scenario, Step,
};
use crate::wire::HeaderNames;

/// Columns of the text.
const WIDTH: usize = 100;

/// What stands for a value that only a run knows.
const SOME: &str = "…";

/// All that the program knows of a provider; none where that is no name of one.
pub(super) fn explain(name: &str, library: &Library) -> Result<Option<String>, ConfigError> {
    let Some(persona) = library.personas.0.iter().find(|persona| persona.folder == name) else { return Ok(None) };
    let mut page = Page { library, out: String::new(), demanded: BTreeSet::new() };
    let scenarios: Vec<&Scenario> = library.scenarios.iter().filter(|scenario| scenario.suite() == name).collect();
    page.line(&format!("{} (--suite {name})", persona.title));
    page.words(persona);
    page.wire(persona, &scenarios);
    page.acts(name);
    page.depths(name)?;
    page.evidence(persona, &scenarios);
    page.line("");
    page.line(&format!("see it     scim-check demo --suite {name} --verbose"));
    page.line(&format!("all cases  scim-check list --suite {name}"));
    Ok(Some(page.out))
}

struct Page<'a> {
    library: &'a Library,
    out: String,
    /// What the acts cite.
    demanded: BTreeSet<RequirementId>,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
    }

    /// A word, and beside it what it is.
    fn row(&mut self, width: usize, word: &str, text: &str) {
        for (at, line) in wrap(text, WIDTH - width - 4).iter().enumerate() {
            let word = if at == 0 { word } else { "" };
            self.line(&format!("  {word:<width$}  {line}"));
        }
    }

    /// A text whose further lines stand below its first word at that column.
    fn item(&mut self, indent: usize, hang: usize, text: &str) {
        for (at, line) in wrap(text, WIDTH - indent - hang).iter().enumerate() {
            let indent = if at == 0 { indent } else { indent + hang };
            self.line(&format!("{:indent$}{line}", ""));
        }
    }

    /// Its kinds of app, and its switches.
    fn words(&mut self, persona: &Persona) {
        let longest = |words: &mut dyn Iterator<Item = usize>| words.max().unwrap_or_default();
        if !persona.apps.is_empty() {
            self.heading("kinds of app (`app` of a target file)");
            let width = longest(&mut persona.apps.iter().map(|app| app.word.len()));
            for app in &persona.apps {
                let implied: Vec<&str> = app.implies.iter().map(|capability| capability.as_str()).collect();
                let by = if implied.is_empty() { String::new() } else { format!("; works by {}", implied.join(", ")) };
                self.row(width, &app.word, &format!("{}{by}", app.title));
            }
        }
        if !persona.features.is_empty() {
            self.heading("switches (`features` of a target file)");
            let width = longest(&mut persona.features.iter().map(|feature| feature.capability.as_str().len()));
            for feature in &persona.features {
                let clashes = feature
                    .never_with
                    .iter()
                    .map(|clash| format!("never with `{}: {}`", clash.key, clash.values.join("`, `")));
                let waits = feature.waits.iter().map(|what| format!("then waits: {what}"));
                let more: String = clashes.chain(waits).map(|more| format!("; {more}")).collect();
                self.row(width, feature.capability.as_str(), &format!("{}{more}", feature.title));
            }
        }
        for (axis, variants) in &persona.variants {
            let named: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
            self.item(2, 4, &format!("the same act in several ways, by {axis}: {}", named.join(", ")));
        }
    }

    /// What every request of it has in common.
    fn wire(&mut self, persona: &Persona, scenarios: &[&Scenario]) {
        self.heading("on the wire, as it is played here");
        let cases = || scenarios.iter().flat_map(|scenario| scenario.cases.iter().map(AsRef::as_ref));
        if let Some(case) = cases().next() {
            for (name, value) in &case.headers {
                self.item(2, 4, &format!("{name}: {}", value.sample(SOME)));
            }
            let requests = || cases().flat_map(|case| requests(&case.steps));
            let with_body = requests().find(|request| matches!(request.body, BodyTemplate::Json { .. }));
            let is_new =
                |(name, _): &&(String, _)| case.headers.iter().all(|(known, _)| !known.eq_ignore_ascii_case(name));
            for (name, value) in with_body.iter().flat_map(|request| request.headers.iter().filter(is_new)) {
                self.item(2, 4, &format!("{name}: {} (with a body)", value.sample(SOME)));
            }
            let spelling = requests().map(|request| request.spelling).next().unwrap_or_default();
            let spaces = match spelling {
                QuerySpelling::Percent => "%20",
                QuerySpelling::Plus => "+",
            };
            self.line(&format!("  spaces in queries as {spaces}"));
        }
        let habits = &persona.habits;
        self.line(&format!("  Accept-Encoding: {}", habits.accept_encoding));
        if let Some(connection) = &habits.connection {
            self.line(&format!("  Connection: {connection}"));
        }
        if habits.header_names == HeaderNames::TitleCase {
            self.line("  names of headers In-Title-Case");
        }
        let shorter = persona.page_size.shorter.iter().map(|what| format!("; with shorter pages {what}"));
        let pages = format!("lists by {} a page{}", persona.page_size.count, shorter.collect::<String>());
        self.item(2, 4, &pages);
    }

    fn acts(&mut self, name: &str) {
        let library = self.library;
        let start = format!("{name}/acts/");
        let acts = library.acts.iter().filter(|act| act.id.starts_with(&start));
        for (at, act) in acts.enumerate() {
            if at == 0 {
                self.heading("what it sends, and when");
            }
            self.line("");
            self.item(2, 3, &format!("{}. {}", at + 1, capital(&act.title)));
            let mut told: Vec<(String, Vec<Told>)> = Vec::new();
            for case in &act.cases {
                let way = case.id.split_once('#').map(|(_, row)| row).unwrap_or_default();
                let sent = sent(case);
                // Ways that send the same are one.
                match told.iter_mut().find(|(_, known)| *known == sent) {
                    Some((ways, _)) => ways.push_str(&format!(", {way}")),
                    None => told.push((way.to_owned(), sent)),
                }
            }
            let mut shown: BTreeSet<RequirementId> = BTreeSet::new();
            for (way, sent) in &told {
                let needs = act.cases.iter().find(|case| case.id.ends_with(&format!("#{way}"))).or(act.cases.first());
                let needs: Vec<&str> =
                    needs.iter().flat_map(|case| &case.needs).map(|need| need.value.as_str()).collect();
                let needs = if needs.is_empty() { String::new() } else { format!(" (needs {})", needs.join(", ")) };
                match way.is_empty() {
                    true if needs.is_empty() => {}
                    true => self.item(5, 2, needs.trim_start()),
                    false => self.item(5, 2, &format!("{way}{needs}")),
                }
                for Told { line, body, demands } in sent {
                    self.item(5, 4, line);
                    if let Some(body) = body {
                        self.item(9, 2, body);
                    }
                    for id in demands.iter().filter(|id| shown.insert((*id).clone())) {
                        self.demand(id);
                    }
                }
            }
            if !act.from.is_empty() {
                self.item(5, 4, &format!("who says so: {}", act.from.join("; ")));
            }
            self.demanded.extend(shown);
        }
    }

    fn demand(&mut self, id: &RequirementId) {
        if let Some(requirement) = self.library.registry.get(id.as_str()) {
            let Requirement { level, title, .. } = &**requirement;
            self.item(9, 2, &format!("{level} {title} ({id})"));
        }
    }

    /// How many cases each depth runs.
    fn depths(&mut self, name: &str) -> Result<(), ConfigError> {
        let library = self.library;
        let scored = scored_by(library, None, &Target::default())?;
        let wanted = Selection { suites: vec![name.to_owned()], select: Vec::new(), skip: Vec::new() };
        if !library.scenarios.iter().any(|scenario| scenario.suite() == name) {
            return Ok(());
        }
        self.heading("depths");
        for (depth, what) in [
            (Depth::Quick, "what decides most MUSTs with few requests, for each push"),
            (Depth::Default, "all but what takes hundreds of requests"),
            (Depth::Full, "everything"),
        ] {
            let mut planned = plan(&library.scenarios, &Capabilities::default(), &wanted)
                .map_err(|error| ConfigError::Text(error.to_string()))?;
            limit_depth(&mut planned, (depth, &[]), library, scored)?;
            let run = planned.iter().filter(|planned| planned.skip.is_none()).count();
            self.line(&format!("  --depth {:<8} {:<10} {what}", depth.as_str(), counted(run, "case")));
        }
        Ok(())
    }

    /// What the demands rest on, and what nobody knows.
    fn evidence(&mut self, persona: &Persona, scenarios: &[&Scenario]) {
        let registry = &self.library.registry;
        let mut all = std::mem::take(&mut self.demanded);
        for case in scenarios.iter().flat_map(|scenario| &scenario.cases) {
            all.extend(demands(&case.given));
            all.extend(demands(&case.steps));
        }
        let all: Vec<&Requirement> = all.iter().filter_map(|id| registry.get(id.as_str())).map(AsRef::as_ref).collect();
        let levels = [Level::Must, Level::Should, Level::May].map(|level| {
            let count = all.iter().filter(|requirement| requirement.level == level).count();
            (level, count)
        });
        let levels: Vec<String> =
            levels.iter().filter(|(_, count)| *count > 0).map(|(level, count)| format!("{count} {level}")).collect();
        self.heading(&format!("evidence: {} ({})", counted(all.len(), "requirement"), levels.join(", ")));
        let note =
            "MUST: provisioning breaks, and it is documented. SHOULD: others tell it, or it works and people complain.";
        self.item(2, 0, note);
        let mut sources: BTreeMap<String, usize> = BTreeMap::new();
        for requirement in &all {
            // A specification is its own source.
            let told: BTreeSet<String> = match requirement.sources.is_empty() {
                true => BTreeSet::from([requirement.source.clone()]),
                false => requirement.sources.iter().cloned().collect(),
            };
            told.into_iter().for_each(|source| *sources.entry(source).or_default() += 1);
        }
        let mut sources: Vec<(String, usize)> = sources.into_iter().collect();
        sources.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
        for (source, count) in sources.iter().take(SOURCES) {
            self.line(&format!("{count:>6}  {source}"));
        }
        if sources.len() > SOURCES {
            self.line(&format!(
                "        and {} more; scim-check explain REQUIREMENT names those of one",
                sources.len() - SOURCES
            ));
        }
        if !persona.not_published.is_empty() {
            self.heading("not published, and not demanded");
            for text in &persona.not_published {
                self.item(2, 2, &format!("- {text}"));
            }
        }
    }
}

/// How many sources are named.
const SOURCES: usize = 12;

/// A request for people.
#[derive(PartialEq)]
struct Told {
    /// Method, path and query.
    line: String,
    body: Option<String>,
    /// What has to be true of the answer.
    demands: Vec<RequirementId>,
}

/// The requests of a case in order, with what is known of their values without a run.
fn sent(case: &Case) -> Vec<Told> {
    let mut bindings = Bindings::with_capacity(16);
    bindings.bind("unique", Value::from(SOME));
    bindings.bind("password", Value::from(SOME));
    for (name, value) in case.data.iter() {
        bindings.bind(crate::scenario::data_key(name), value.clone());
    }
    case.bind_row(&mut bindings);
    let mut told = Vec::new();
    walk(&case.steps, &mut bindings, &mut told);
    told
}

fn walk(steps: &[Step], bindings: &mut Bindings, told: &mut Vec<Told>) {
    for step in steps {
        match &step.action {
            Action::Bind(values) => {
                for (name, template) in values {
                    let value = template.fill(bindings).unwrap_or_else(|_| Value::from(SOME));
                    bindings.bind(name.clone(), value);
                }
            }
            Action::Send(send) => {
                told.push(request(&send.request, &[&send.assume, &send.expect], bindings));
                for capture in &send.captures {
                    bindings.bind(capture.name.clone(), Value::from(SOME));
                }
            }
            Action::Walk(walk) => {
                let mut one = request(&walk.request, &[&walk.assume, &walk.expect], bindings);
                let join = if one.line.contains('?') { '&' } else { '?' };
                let (count, next) = (walk.count, walk.count + 1);
                one.line = format!("{}{join}startIndex=1&count={count}, then startIndex={next} …", one.line);
                told.push(one);
            }
            Action::Together { sends, .. } => {
                let of = |send: &crate::scenario::Send| request(&send.request, &[&send.assume, &send.expect], bindings);
                told.extend(sends.iter().map(of));
            }
            Action::Each(each) => walk(&each.steps, bindings, told),
            Action::Shared(shared) => walk(&shared.steps, bindings, told),
        }
    }
}

fn request(request: &RequestTemplate, demands: &[&[Expectation]], bindings: &Bindings) -> Told {
    let text =
        |template: &crate::scenario::TextTemplate| template.fill(bindings).unwrap_or_else(|_| template.sample(SOME));
    let query = match &request.raw_query {
        Some(raw) => Some(text(raw)),
        None if request.query.is_empty() => None,
        None => {
            let pair = |(name, value): &(_, _)| format!("{}={}", text(name), text(value));
            Some(request.query.iter().map(pair).collect::<Vec<_>>().join("&"))
        }
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let own = demands.iter().flat_map(|demands| demands.iter()).filter(|demand| !demand.of_suite);
    let mut seen = BTreeSet::new();
    let own = own.map(|demand| demand.requirement.clone()).filter(|id| seen.insert(id.clone())).collect();
    Told {
        line: format!("{} {}{query}", request.method, text(&request.path)),
        body: body(&request.body, bindings),
        demands: own,
    }
}

/// A body in a line; what is sent back as it was read is said in words.
fn body(body: &BodyTemplate, bindings: &Bindings) -> Option<String> {
    let fill = |template: &crate::scenario::Template| template.fill(bindings).unwrap_or_else(|_| Value::from(SOME));
    match body {
        BodyTemplate::None => None,
        BodyTemplate::Raw(text) => Some(text.sample(SOME)),
        BodyTemplate::Json { base, overlay, .. } => {
            let (base, overlay) = (fill(base), overlay.as_ref().map(fill));
            Some(match (base, overlay) {
                (Value::String(read), Some(overlay)) if read == SOME => {
                    format!("what GET returned, with {}", spaced(&overlay))
                }
                (Value::String(read), None) if read == SOME => "what GET returned".to_owned(),
                (base, Some(overlay)) => spaced(&merge(base, overlay)),
                (base, None) => spaced(&base),
            })
        }
    }
}

/// JSON with a space where a line may be broken.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{}: {}", Value::from(name.as_str()), spaced(value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// The requests of steps.
fn requests(steps: &[Step]) -> Vec<&RequestTemplate> {
    let mut all = Vec::new();
    for step in crate::scenario::unfolded(steps) {
        match &step.action {
            Action::Send(send) => all.push(&send.request),
            Action::Walk(walk) => all.push(&walk.request),
            Action::Together { sends, .. } => all.extend(sends.iter().map(|send| &send.request)),
            Action::Bind(_) | Action::Each(_) | Action::Shared(_) => {}
        }
    }
    all
}

/// What steps demand themselves, or assume.
fn demands(steps: &[Step]) -> BTreeSet<RequirementId> {
    let mut all: Vec<&Expectation> = Vec::new();
    for step in crate::scenario::unfolded(steps) {
        match &step.action {
            Action::Send(send) => all.extend(send.assume.iter().chain(&send.expect)),
            Action::Walk(walk) => all.extend(walk.assume.iter().chain(&walk.expect)),
            Action::Together { sends, expect } => {
                all.extend(sends.iter().flat_map(|send| send.assume.iter().chain(&send.expect)).chain(expect));
            }
            Action::Bind(_) | Action::Each(_) | Action::Shared(_) => {}
        }
    }
    all.into_iter().map(|demand| demand.requirement.clone()).collect()
}

//! Files, embedded or from a folder, into everything there is to run; or every mistake in them.
//!
//! **Invariant:** the only place of its layer that reads files, and only scenario files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use serde_json::{Map, Value, json};

use crate::persona::{self, Persona, Personas, Version};
use crate::requirement::{Edition, Editions, Registry, RequirementId};
use crate::source::{Diagnostic, Kind, Located, MAX_FILE_BYTES, Node, SourceFile, Span, did_you_mean, parse, unpack};

use super::cast::{self, Cast, CastDoc};
use super::document::{BodyDoc, FlowDoc, Reader, ScenarioDoc, SuiteDoc};
use super::lower::Lost;
use super::repertoire::{self, Repertoire};
use super::{Case, Scenario, lower};

/// A scenario file in the binary.
pub(crate) struct Embedded {
    path: &'static str,
    text: &'static str,
    /// What parsing the text gives, packed; empty when that is a mistake.
    tree: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// How the file of witnesses is called, and the last part of their id.
pub const WITNESSES: &str = "witnesses";

/// Everything there is to run, checked.
#[derive(Clone, Debug)]
pub struct Library {
    /// All scenarios, ordered by id.
    pub scenarios: Vec<Scenario>,
    /// All requirements.
    pub registry: Arc<Registry>,
    /// The editions of what is demanded.
    pub editions: Editions,
    /// The identity providers whose words scenarios use.
    pub personas: Arc<Personas>,
    /// What each identity provider does, in the order in which an administrator comes to it: for people, and never run.
    pub acts: Vec<Scenario>,
    /// The seeded faults of the reference server, by which each check is proven able to fail.
    pub quirks: Vec<Quirk>,
    /// The ids of all flows.
    pub flows: Vec<String>,
    /// What administrators do, by the folders of the providers, for histories.
    pub repertoires: Vec<Arc<Repertoire>>,
    /// What is created before the first case and that no case writes to.
    pub casts: Vec<Arc<Cast>>,
    /// The files of the user's folder on which scenarios stand that are made while running.
    own: Vec<File>,
}

impl Library {
    /// A scenario that is made while running, from a document like those in files. It stands on what all others stand on.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn made(&self, id: &str, document: &Node) -> Result<Scenario, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let made = [(id.to_owned(), document.clone())];
        let (library, _) = assemble(Some(self.own.clone()), made.into(), &mut mistakes);
        let scenario = library.scenarios.into_iter().find(|scenario| scenario.id == id);
        scenario.filter(|_| mistakes.is_empty()).ok_or(mistakes)
    }

    /// The same of one that was written down: the text of a file.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn made_of_text(&self, id: &str, text: &str) -> Result<Scenario, Vec<Diagnostic>> {
        let source = Arc::new(SourceFile { name: format!("{id}.yaml"), text: text.to_owned() });
        let document = parse(&source).map_err(|mistake| vec![mistake])?;
        self.made(id, &document)
    }
}

/// Which of the built-in servers has a quirk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The SCIM server.
    Scim,
    /// The service for Okta's import inline hook.
    Hook,
}

impl Server {
    /// The word in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Server::Scim => "scim",
            Server::Hook => "hook",
        }
    }
}

/// One seeded fault of a reference server, as `quirks.yaml` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// Its id.
    pub id: String,
    /// Whose fault it is.
    pub server: Server,
    /// What the server then does wrong.
    pub does: String,
    /// Which real server did so.
    pub seen: String,
    /// The requirement that is then reported; none where the server is right all the same.
    pub breaks: Vec<RequirementId>,
    /// Why it is right, where it breaks nothing: a tolerance, of which the suite must not complain.
    pub right: Option<String>,
    /// Further demands that the same cause truly breaks.
    pub also: Vec<RequirementId>,
    /// The suite whose run reports it.
    pub suite: String,
    /// What it breaks of other providers' demands, by the suites whose runs report that.
    pub elsewhere: BTreeMap<String, Vec<RequirementId>>,
}

impl Quirk {
    /// All that some run reports it for, with the suites.
    pub fn reported(&self) -> impl Iterator<Item = (&str, &RequirementId)> {
        let here = self.breaks.iter().map(|id| (self.suite.as_str(), id));
        here.chain(self.elsewhere.iter().flat_map(|(suite, ids)| ids.iter().map(|id| (suite.as_str(), id))))
    }
}

/// Files beside the scenarios whose meaning only a wing knows, and what they may speak of.
pub struct Beside<'a> {
    files: &'a BTreeMap<String, Vec<Node>>,
    /// All scenarios, ordered by id.
    pub scenarios: &'a [Scenario],
    /// All requirements.
    pub registry: &'a Registry,
    /// The identity providers whose words there are.
    pub personas: &'a Personas,
    /// Scenarios that are there, but with mistakes.
    pub lost: &'a BTreeSet<String>,
}

impl Beside<'_> {
    /// What stands in the files of that name: one of [`BESIDE`].
    pub fn named(&self, name: &str) -> &[Node] {
        self.files.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The names of such files, at the root of the folder.
pub const BESIDE: &[&str] = &["qa-plan", "readiness"];

/// The JSON Schemas of SCIM's messages and resources by name: file name without `.schema.json`, and text.
pub fn schemas() -> impl Iterator<Item = (&'static str, &'static str)> {
    // What they have in common is none of them.
    schema_files().filter(|(name, _)| *name != "Common")
}

/// The same, with what they have in common, to which they refer.
pub fn schema_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCHEMAS.iter().filter_map(|(path, text)| path.strip_suffix(".schema.json").map(|name| (name, *text)))
}

/// The profiles that the schemas know: what they demand may depend on who reads the answer.
pub fn profiles() -> &'static [&'static str] {
    static PROFILES: OnceLock<Vec<&'static str>> = OnceLock::new();
    fn collect(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::Object(by_profile)) = fields.get("requirement") {
                    into.extend(by_profile.keys().cloned());
                }
                fields.values().for_each(|value| collect(value, into));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
            _ => {}
        }
    }
    PROFILES.get_or_init(|| {
        let mut found = BTreeSet::from(["rfc".to_owned()]);
        // A profile may have schemas of its own: `User.scim11`.
        found.extend(schemas().filter_map(|(name, _)| name.split_once('.')).map(|(_, profile)| profile.to_owned()));
        let schemas = schema_files().filter_map(|(_, text)| serde_json::from_str(text).ok());
        schemas.for_each(|schema: Value| collect(&schema, &mut found));
        found.into_iter().map(|profile| &*profile.leak()).collect()
    })
}

/// Loads the built-in scenarios, and those of a folder when one is given. With a folder only its own scenarios are there to
/// run; they may use the built-in flows and requirements.
///
/// # Errors
/// Every mistake in every file.
pub fn load(folder: Option<&Path>) -> Result<Library, Vec<Diagnostic>> {
    load_with(folder, |_, _| ()).map(|(library, ())| library)
}

/// The same, together with what `read` makes of the files beside the scenarios; its mistakes are told with the others.
///
/// # Errors
/// Every mistake in every file.
pub fn load_with<T>(
    folder: Option<&Path>,
    read: impl FnOnce(&Beside<'_>, &mut Vec<Diagnostic>) -> T,
) -> Result<(Library, T), Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let own = folder.map(|folder| own(folder, &mut mistakes));
    let (library, Folders { beside: files, lost, .. }) = assemble(own, Vec::new(), &mut mistakes);
    let Library { scenarios, registry, personas, .. } = &library;
    let made = read(&Beside { files: &files, scenarios, registry, personas, lost: &lost }, &mut mistakes);
    mistakes.sort_by(|a, b| {
        let place = |d: &Diagnostic| (d.span.bytes.start, d.span.bytes.end);
        a.span.file.name.cmp(&b.span.file.name).then_with(|| place(a).cmp(&place(b)))
    });
    mistakes.dedup();
    mistakes.truncate(lower::MAX_MISTAKES);
    if mistakes.is_empty() { Ok((library, made)) } else { Err(mistakes) }
}

/// The built-in scenarios by name only: their cases have ids and no steps. Enough for a list, and there at once, because no flow
/// is unfolded and no requirement read. `None` when a file has a mistake, which [`load`] then tells.
pub fn contents() -> Option<Vec<Scenario>> {
    let mut mistakes = Vec::new();
    let mut scenarios = Vec::new();
    for file in embedded() {
        let Role::Scenario(id) = role(&file.path) else { continue };
        let doc = Reader { mistakes: &mut mistakes }.scenario(&file.tree().ok()?)?;
        scenarios.push(lower::contents(&id, &doc, &file.source));
    }
    scenarios.sort_by(|a, b| a.id.cmp(&b.id));
    mistakes.is_empty().then_some(scenarios)
}

/// The built-in editions.
pub fn editions() -> Editions {
    let mut editions = Editions::default();
    for file in embedded().filter(|file| matches!(role(&file.path), Role::Editions)) {
        // What is wrong there, loading tells.
        editions.add(&file.tree().unwrap_or_else(|mistake| Node { kind: Kind::Null, span: mistake.span }));
    }
    editions
}

/// The built-in personas.
pub fn personas() -> Personas {
    let mut personas = Vec::new();
    for file in embedded() {
        let Role::Persona(folder) = role(&file.path) else { continue };
        // What is wrong there, loading tells.
        let root = file.tree().ok();
        personas.extend(root.and_then(|root| persona::read(&folder, &root, profiles(), &mut Vec::new())).map(Arc::new));
    }
    personas.sort_by_key(|persona| !persona.is_default);
    Personas(personas)
}

/// One use of a built-in flow as a case of its own, for those who decide while running what is played. What the flow returns
/// is bound under `done`. The id decides whose suite it is: `okta/…` has Okta's headers.
///
/// # Errors
/// When there is no such flow, or it takes other parameters.
pub fn flow(id: &str, flow: &str, with: &Map<String, Value>) -> Result<Case, Vec<Diagnostic>> {
    let with: Map<String, Value> = with.iter().map(|(name, value)| (name.clone(), literal(value))).collect();
    let document = json!({ "title": flow, "steps": [{ "use": flow, "with": with, "as": "done" }] });
    let source = Arc::new(SourceFile { name: format!("{id}.yaml"), text: document.to_string() });
    let mut mistakes = Vec::new();
    let file = File { path: source.name.clone(), source, packed: &[] };
    let (library, _) = assemble(Some(vec![file]), Vec::new(), &mut mistakes);
    let case = library.scenarios.into_iter().flat_map(|scenario| scenario.cases).next();
    case.filter(|_| mistakes.is_empty()).map(Arc::unwrap_or_clone).ok_or(mistakes)
}

/// A value in which nothing is a hole.
fn literal(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("${", "$${")),
        Value::Array(items) => items.iter().map(literal).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), literal(value))).collect(),
        other => other.clone(),
    }
}

/// The files of a user's folder, or the one file that was named.
fn own(folder: &Path, mistakes: &mut Vec<Diagnostic>) -> Vec<File> {
    let mut paths = Vec::new();
    collect(folder, &mut paths, mistakes, 0);
    paths.sort();
    let root = if folder.is_dir() { folder } else { folder.parent().unwrap_or(folder) };
    let mut files = Vec::new();
    for path in paths {
        let Some(source) = read(&path, mistakes) else { continue };
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        files.push(File { path: relative, source, packed: &[] });
    }
    if files.is_empty() && mistakes.is_empty() {
        mistakes.push(about(folder, "there is no .yaml file here"));
    }
    files
}

/// A file and what it is.
#[derive(Clone, Debug)]
struct File {
    path: String,
    source: Arc<SourceFile>,
    /// Its tree, when that was packed.
    packed: &'static [u8],
}

impl File {
    fn tree(&self) -> Result<Node, Diagnostic> {
        unpack(self.packed, &self.source).map_or_else(|| parse(&self.source), Ok)
    }
}

fn about(path: &Path, message: impl Into<String>) -> Diagnostic {
    let file = Arc::new(SourceFile { name: path.display().to_string(), text: String::new() });
    Diagnostic::new(message, &Span::start_of(&file), "")
}

/// How deep folders may nest.
const MAX_FOLDERS: usize = 16;

fn collect(folder: &Path, into: &mut Vec<PathBuf>, mistakes: &mut Vec<Diagnostic>, depth: usize) {
    if folder.is_file() {
        into.push(folder.to_owned());
        return;
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            mistakes.push(about(folder, format!("cannot be read: {error}")));
            return;
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // A link may lead back up; what it points to is found where it really is.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if depth < MAX_FOLDERS {
                collect(&path, into, mistakes, depth + 1);
            } else {
                mistakes.push(about(&path, format!("folders nest deeper than {MAX_FOLDERS} levels")));
            }
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            into.push(path);
        }
    }
}

/// The text of a file, or a mistake that says why there is none.
pub fn read(path: &Path, mistakes: &mut Vec<Diagnostic>) -> Option<Arc<SourceFile>> {
    let bytes = match bytes(path) {
        Ok(bytes) => bytes,
        Err(why) => {
            mistakes.push(about(path, why));
            return None;
        }
    };
    let name = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => Some(Arc::new(SourceFile { name, text })),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let file = Arc::new(SourceFile { name, text });
            let span = Span { file, bytes: at..at + '\u{fffd}'.len_utf8() };
            mistakes.push(
                Diagnostic::new("the file is not UTF-8", &span, "this byte").help("save it as UTF-8 without a mark"),
            );
            None
        }
    }
}

/// The content of a file. What is not a file (a pipe, a device) would never end.
fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let data = fs::metadata(path).map_err(cannot)?;
    if !data.is_file() {
        return Err("is not a file".to_owned());
    }
    let most = MAX_FILE_BYTES / 1_048_576;
    if data.len() > MAX_FILE_BYTES {
        return Err(format!("the file has {} MiB; at most {most} MiB are read", data.len() / 1_048_576));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(cannot)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("the file grows; at most {most} MiB are read"));
    }
    Ok(bytes)
}

/// What a file is, by its place in the folder.
enum Role {
    Editions,
    Requirements,
    Quirks,
    Beside,
    Flow(String),
    Body(String),
    Suite(String),
    Persona(String),
    Histories(String),
    Witnesses(String),
    Scenario(String),
}

fn role(path: &str) -> Role {
    let stem = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")).unwrap_or(path);
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    match (stem, name) {
        _ if stem == "requirements" || stem.starts_with("requirements/") => Role::Requirements,
        ("editions", _) => Role::Editions,
        ("quirks", _) => Role::Quirks,
        _ if BESIDE.contains(&stem) => Role::Beside,
        (_, "suite") => Role::Suite(folder.to_owned()),
        (_, "persona") => Role::Persona(folder.to_owned()),
        (_, "histories") => Role::Histories(folder.to_owned()),
        (_, "witnesses") => Role::Witnesses(folder.to_owned()),
        _ => match stem.split_once('/') {
            Some(("flows", flow)) => Role::Flow(flow.to_owned()),
            Some(("bodies", body)) => Role::Body(body.to_owned()),
            _ => Role::Scenario(stem.to_owned()),
        },
    }
}

/// What scenarios stand on.
#[derive(Clone, Default)]
struct Ground {
    registry: Registry,
    editions: Editions,
    /// Where requirements name editions: the table may come later.
    named: Vec<Located<Edition>>,
    flows: BTreeMap<String, Arc<FlowDoc>>,
    /// Flows with mistakes of form.
    broken: BTreeSet<String>,
    /// Body templates; nothing for one with a mistake of form.
    bodies: BTreeMap<String, Option<Arc<BodyDoc>>>,
    lost: Lost,
}

impl Ground {
    fn add_requirements(&mut self, root: Option<&Node>, mistakes: &mut Vec<Diagnostic>) {
        self.named.extend(root.into_iter().flat_map(named_editions));
        let found = root.map(|root| self.registry.add(root));
        match (root.map(|root| &root.kind), found) {
            (Some(Kind::Seq(entries)), Some(found)) => {
                let ids = entries.iter().filter_map(|entry| entry.get("id").and_then(Node::as_str));
                self.lost.ids.extend(ids.filter(|id| self.registry.get(id).is_none()).map(str::to_owned));
                mistakes.extend(found);
            }
            (_, found) => {
                self.lost.whole_files = true;
                mistakes.extend(found.into_iter().flatten());
            }
        }
    }

    fn add_body(&mut self, id: &str, root: Option<&Node>, mistakes: &mut Vec<Diagnostic>) {
        if let (true, Some(root)) = (self.bodies.contains_key(id), root) {
            let mistake = Diagnostic::new(format!("body `{id}` is there twice"), &root.span, "second time");
            mistakes.push(mistake.help("give this one another name"));
            return;
        }
        let before = mistakes.len();
        let doc = root.and_then(|root| Reader { mistakes }.body_template(root)).map(Arc::new);
        self.bodies.insert(id.to_owned(), doc.filter(|_| mistakes.len() == before));
    }

    fn add_flow(&mut self, id: &str, root: Option<&Node>, mistakes: &mut Vec<Diagnostic>) {
        let before = mistakes.len();
        if let (Some(first), Some(root)) = (self.flows.get(id), root) {
            let other = first.span.file.name.clone();
            let mistake = Diagnostic::new(format!("flow `{id}` is there twice"), &root.span, "second time");
            mistakes.push(mistake.help(format!("the first is {other}; give this one another name")));
            return;
        }
        let doc = root.and_then(|root| Reader { mistakes }.flow(root));
        match doc {
            Some(doc) => {
                self.flows.insert(id.to_owned(), Arc::new(doc));
            }
            None => {
                self.broken.insert(id.to_owned());
            }
        }
        if mistakes.len() > before {
            self.broken.insert(id.to_owned());
        }
    }
}

/// The editions that the requirements of a file name.
fn named_editions(root: &Node) -> Vec<Located<Edition>> {
    fn items(node: Option<&Node>) -> &[Node] {
        match node.map(|node| &node.kind) {
            Some(Kind::Seq(items)) => items,
            _ => &[],
        }
    }
    let of = |node: &Node| Some(Located { value: Edition::of(node)?, span: node.span.clone() });
    let requirement = |entry: &Node| {
        let changes = items(entry.get("changed")).iter().filter_map(|change| change.get("edition"));
        entry.get("since").into_iter().chain(changes).filter_map(of).collect::<Vec<_>>()
    };
    items(Some(root)).iter().flat_map(requirement).collect()
}

/// The built-in requirements and flows, and the mistakes in them. They are the same in every load, and large.
fn built_in() -> &'static (Ground, Vec<Diagnostic>) {
    static BUILT_IN: OnceLock<(Ground, Vec<Diagnostic>)> = OnceLock::new();
    BUILT_IN.get_or_init(|| {
        let (mut ground, mut mistakes) = (Ground::default(), Vec::new());
        let files = embedded().filter(|file| {
            matches!(role(&file.path), Role::Editions | Role::Requirements | Role::Flow(_) | Role::Body(_))
        });
        for (file, root) in parsed(files.collect()) {
            let role = role(&file.path);
            take(&file, root, role, &mut ground, &mut Folders::default(), &mut mistakes);
        }
        (ground, mistakes)
    })
}

/// Reads files side by side: where they are many and not packed, that is most of the time that loading takes.
fn parsed(files: Vec<File>) -> Vec<(File, Result<Node, Diagnostic>)> {
    let next = AtomicUsize::new(files.len());
    let work = || {
        let mut done = Vec::new();
        // From the end, where the large files are: the last to be finished shall be a small one.
        while let Ok(after) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)) {
            done.extend(files.get(after - 1).map(|file| (after - 1, file.tree())));
        }
        done
    };
    let helpers = thread::available_parallelism().map_or(1, |n| n.get().min(4)).min(files.len()).saturating_sub(1);
    let mut roots = thread::scope(|scope| {
        let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(work)).collect();
        let mut roots = work();
        for helper in helpers {
            roots.extend(helper.join().expect("the parser does not panic, whatever it reads"));
        }
        roots
    });
    roots.sort_by_key(|(index, _)| *index);
    files.into_iter().zip(roots.into_iter().map(|(_, root)| root)).collect()
}

fn embedded() -> impl Iterator<Item = File> {
    SCENARIOS.iter().map(|Embedded { path, text, tree }| File {
        path: (*path).to_owned(),
        source: Arc::new(SourceFile { name: format!("scenarios/{path}"), text: (*text).to_owned() }),
        packed: tree,
    })
}

/// What stands in folders: scenarios, their suites, the quirks, and what only a wing reads.
#[derive(Default)]
struct Folders {
    suites: BTreeMap<String, SuiteDoc>,
    personas: BTreeMap<String, Arc<Persona>>,
    /// What each of them does, as its `persona.yaml` tells it.
    acts: BTreeMap<String, (Vec<ScenarioDoc>, Arc<SourceFile>)>,
    /// Whether a persona has mistakes, so that any word may be one of its own.
    lost_words: bool,
    scenarios: BTreeMap<String, (ScenarioDoc, Arc<SourceFile>)>,
    quirks: Vec<Node>,
    repertoires: Vec<Repertoire>,
    casts: Vec<CastDoc>,
    beside: BTreeMap<String, Vec<Node>>,
    /// Scenarios with mistakes of form. Whoever names them made none.
    lost: BTreeSet<String>,
}

fn take(
    file: &File,
    root: Result<Node, Diagnostic>,
    role: Role,
    ground: &mut Ground,
    folders: &mut Folders,
    mistakes: &mut Vec<Diagnostic>,
) {
    let root = root.map_err(|mistake| mistakes.push(mistake)).ok();
    if let Role::Flow(id) = &role {
        return ground.add_flow(id, root.as_ref(), mistakes);
    }
    if let Role::Body(id) = &role {
        return ground.add_body(id, root.as_ref(), mistakes);
    }
    if matches!(role, Role::Requirements) {
        return ground.add_requirements(root.as_ref(), mistakes);
    }
    if let (Role::Editions, Some(root)) = (&role, &root) {
        return mistakes.extend(ground.editions.add(root));
    }
    let Some(root) = root else {
        match role {
            Role::Scenario(id) => {
                folders.lost.insert(id);
            }
            Role::Persona(_) => folders.lost_words = true,
            _ => {}
        }
        return;
    };
    let twice = |what: String, first: &str| {
        Diagnostic::new(format!("{what} is there twice"), &root.span, "second time")
            .help(format!("the first is {first}; one file has to go"))
    };
    match role {
        Role::Editions | Role::Requirements | Role::Flow(_) | Role::Body(_) => {}
        Role::Quirks => folders.quirks.push(root),
        Role::Beside => {
            let name = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem);
            folders.beside.entry(name.to_owned()).or_default().push(root);
        }
        Role::Suite(folder) => {
            if let Some(doc) = (Reader { mistakes }).suite(&root) {
                folders.suites.insert(folder, doc);
            }
        }
        Role::Persona(folder) => match persona::read(&folder, &root, profiles(), mistakes) {
            Some(persona) => {
                let acts = acts(root.get("acts"), mistakes);
                folders.acts.insert(folder.clone(), (acts, Arc::clone(&file.source)));
                folders.personas.insert(folder, Arc::new(persona));
            }
            None => folders.lost_words = true,
        },
        Role::Histories(folder) => {
            if let Some(first) = folders.repertoires.iter().find(|first| first.folder == folder) {
                let mistake = Diagnostic::new("this provider has two files of histories", &root.span, "second time");
                let first = &first.span.file.name;
                mistakes.push(mistake.help(format!("the first is {first}; one file has to go")));
            }
            folders.repertoires.extend(repertoire::read(&folder, &root, mistakes));
        }
        Role::Witnesses(folder) => {
            if let Some(first) = folders.casts.iter().find(|first| first.folder == folder) {
                let mistake = Diagnostic::new("this provider has two files of witnesses", &root.span, "second time");
                let first = &first.document.span.file.name;
                mistakes.push(mistake.help(format!("the first is {first}; one file has to go")));
            }
            folders.casts.extend(cast::read(&folder, &root, mistakes));
        }
        Role::Scenario(id) => {
            if let Some((_, first)) = folders.scenarios.get(&id) {
                mistakes.push(twice(format!("scenario `{id}`"), &first.name));
            } else if let Some(doc) = (Reader { mistakes }).scenario(&root) {
                folders.scenarios.insert(id, (doc, Arc::clone(&file.source)));
            } else {
                folders.lost.insert(id);
            }
        }
    }
}

/// What a persona does: each act is written as a scenario is.
fn acts(node: Option<&Node>, mistakes: &mut Vec<Diagnostic>) -> Vec<ScenarioDoc> {
    match node.map(|node| (&node.kind, node)) {
        None => Vec::new(),
        Some((Kind::Seq(items), _)) => items.iter().filter_map(|item| (Reader { mistakes }).scenario(item)).collect(),
        Some((_, node)) => {
            mistakes.push(Diagnostic::new("`acts` is a list", &node.span, format!("this is {}", node.kind_name())));
            Vec::new()
        }
    }
}

/// `own` are the files of a user's folder; without them the built-in ones are to be run. `made` are documents that are in no file.
fn assemble(own: Option<Vec<File>>, made: Vec<(String, Node)>, mistakes: &mut Vec<Diagnostic>) -> (Library, Folders) {
    // A folder with quirks, requirements and flows of its own is a copy of the built-in one, as whoever changes that one has it, and stands alone.
    let has = |wanted: fn(&Role) -> bool| own.iter().flatten().any(|file| wanted(&role(&file.path)));
    let is_whole = has(|role| matches!(role, Role::Quirks))
        && has(|role| matches!(role, Role::Requirements))
        && has(|role| matches!(role, Role::Flow(_)));
    let mut ground = Ground::default();
    if !is_whole {
        let (built_in, known) = built_in();
        ground = built_in.clone();
        mistakes.extend(known.iter().cloned());
    }
    let (mut own_flows, mut own_bodies): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut folders = Folders::default();
    let is_own = own.is_some();
    let (mut own_suites, mut own_personas) = (BTreeSet::new(), BTreeSet::new());
    let mut wanted = Vec::new();
    for file in embedded().filter(|_| !is_whole) {
        match role(&file.path) {
            Role::Editions | Role::Requirements => {}
            Role::Flow(id) => own_flows.extend((!is_own).then_some(id)),
            Role::Body(id) => own_bodies.extend((!is_own).then_some(id)),
            Role::Suite(folder) => {
                if !is_own {
                    own_suites.insert(folder);
                }
                wanted.push(file);
            }
            Role::Persona(_) => wanted.push(file),
            _ => wanted.extend((!is_own).then_some(file)),
        }
    }
    for (file, root) in parsed(wanted) {
        let role = role(&file.path);
        take(&file, root, role, &mut ground, &mut folders, mistakes);
    }
    let mut kept = Vec::new();
    for (file, root) in parsed(own.unwrap_or_default()) {
        let role = role(&file.path);
        if !matches!(role, Role::Scenario(_) | Role::Histories(_) | Role::Witnesses(_)) {
            kept.push(file.clone());
        }
        match &role {
            Role::Flow(id) if !ground.flows.contains_key(id) => own_flows.push(id.clone()),
            Role::Body(id) if !ground.bodies.contains_key(id) => own_bodies.push(id.clone()),
            Role::Suite(folder) if !own_suites.insert(folder.clone()) => {
                let span = Span::start_of(&file.source);
                mistakes.push(Diagnostic::new("this folder has two suite files", &span, "the second one"));
            }
            Role::Persona(folder) if !own_personas.insert(folder.clone()) => {
                let span = Span::start_of(&file.source);
                mistakes.push(Diagnostic::new("this folder has two persona files", &span, "the second one"));
            }
            _ => {}
        }
        take(&file, root, role, &mut ground, &mut folders, mistakes);
    }
    for (id, root) in made {
        if let Some(doc) = (Reader { mistakes }).scenario(&root) {
            folders.scenarios.insert(id, (doc, Arc::clone(&root.span.file)));
        }
    }
    let Ground { registry, editions, named, flows, broken, bodies, lost } = ground;
    mistakes.extend(named.iter().filter_map(|named| editions.check(named.value, &named.span)));
    let names: Vec<&str> = schemas().map(|(name, _)| name).collect();
    // Flows are used by several suites, and by scenarios without one: what one suite offers is there for all.
    let data = folders.suites.values().flat_map(|suite| &suite.data);
    let data = Arc::new(data.map(|(name, node)| (name.value.clone(), node.to_json())).collect());
    let mut personas: Vec<Arc<Persona>> = folders.personas.values().cloned().collect();
    // Whoever is run where nobody is named comes first.
    personas.sort_by_key(|persona| !persona.is_default);
    let personas = Arc::new(Personas(personas));
    let context = lower::Context {
        personas: &personas,
        lost_words: folders.lost_words,
        profiles: profiles(),
        registry: &registry,
        editions: &editions,
        flows: &flows,
        broken: &broken,
        bodies: &bodies,
        lost: &lost,
        schemas: &names,
        data: &data,
    };
    for (_, suite) in folders.suites.iter().filter(|(folder, _)| own_suites.contains(*folder)) {
        lower::suite(&context, suite, mistakes);
    }
    for id in &own_flows {
        if let Some(doc) = flows.get(id) {
            lower::flow(&context, id, doc, mistakes);
        }
    }
    for id in &own_bodies {
        if let Some(doc) = bodies.get(id).and_then(Option::as_ref) {
            lower::body(&context, id, doc, mistakes);
        }
    }
    let plain = SuiteDoc::default();
    let mut scenarios: Vec<Scenario> = Vec::new();
    for (id, (doc, file)) in &folders.scenarios {
        let suite = suite_of(id, &folders.suites).unwrap_or(&plain);
        scenarios.push(lower::scenario(&context, suite, id, doc, file, mistakes));
    }
    scenarios.sort_by(|a, b| a.id.cmp(&b.id));
    super::dependence::enter(&mut scenarios, mistakes);
    super::sorted::enter(&mut scenarios);
    let mut acts = Vec::new();
    for (folder, (docs, file)) in folders.acts.iter().filter(|(folder, _)| !is_own || own_personas.contains(*folder)) {
        let suite = folders.suites.get(folder).unwrap_or(&plain);
        for (at, doc) in docs.iter().enumerate() {
            let id = format!("{folder}/acts/{}", at + 1);
            acts.push(lower::scenario(&context, suite, &id, doc, file, mistakes));
        }
    }
    let mut casts = Vec::new();
    for doc in &folders.casts {
        casts.extend(cast(&context, doc, folders.suites.get(&doc.folder).unwrap_or(&plain), mistakes).map(Arc::new));
    }
    let suite = personas.default_suites(Version::default()).into_iter().next().unwrap_or_default();
    let quirks = folders.quirks.iter().flat_map(|root| quirks(root, &registry, &suite, mistakes)).collect();
    mistakes.extend(registry.unknown_restated());
    let flows = flows.into_keys().collect();
    let repertoires = std::mem::take(&mut folders.repertoires).into_iter().map(Arc::new).collect();
    let registry = Arc::new(registry);
    (Library { scenarios, registry, editions, personas, acts, quirks, flows, repertoires, casts, own: kept }, folders)
}

/// The witnesses of a provider, each with what it needs.
fn cast(context: &lower::Context<'_>, doc: &CastDoc, suite: &SuiteDoc, mistakes: &mut Vec<Diagnostic>) -> Option<Cast> {
    let before = mistakes.len();
    let read = Reader { mistakes }.scenario(&doc.document)?;
    let id = format!("{}/{WITNESSES}", doc.folder);
    let scenario = lower::scenario(context, suite, &id, &read, &doc.document.span.file, mistakes);
    let mut members = doc.members.clone();
    for (member, words) in members.iter_mut().zip(&doc.needs) {
        for word in words {
            match context.personas.find(&word.value) {
                Some(known) => member.needs.push(known),
                None if context.lost_words => {}
                None => {
                    let message = format!("unknown capability `{}`", word.value);
                    let known: Vec<&str> = context.personas.known().iter().map(|known| known.as_str()).collect();
                    let mut mistake = Diagnostic::new(message, &word.span, "no such capability");
                    mistake.help = did_you_mean(&word.value, &known);
                    mistakes.push(mistake);
                }
            }
        }
    }
    (mistakes.len() == before).then(|| Cast { folder: doc.folder.clone(), members, scenario })
}

/// The suite file of the nearest folder above a scenario.
fn suite_of<'s>(id: &str, suites: &'s BTreeMap<String, SuiteDoc>) -> Option<&'s SuiteDoc> {
    let mut folder = id;
    loop {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        if let Some(suite) = suites.get(folder) {
            return Some(suite);
        }
        if folder.is_empty() {
            return None;
        }
    }
}

/// `suite` is whose run reports them where they do not say.
fn quirks(root: &Node, registry: &Registry, suite: &str, mistakes: &mut Vec<Diagnostic>) -> Vec<Quirk> {
    let Kind::Seq(entries) = &root.kind else {
        mistakes.push(Diagnostic::new("quirks are a list", &root.span, format!("this is {}", root.kind_name())));
        return Vec::new();
    };
    let mut quirks = Vec::new();
    for entry in entries {
        let text = |key: &str| entry.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        let mut ids = |written: Option<&Node>| -> Vec<RequirementId> {
            let nodes = match written {
                Some(Node { kind: Kind::Seq(items), .. }) => items.as_slice(),
                Some(one) => std::slice::from_ref(one),
                None => &[],
            };
            for node in nodes {
                if registry.get(node.as_str().unwrap_or_default()).is_none() {
                    let written = node.as_str().unwrap_or_default();
                    let mut d =
                        Diagnostic::new(format!("unknown requirement `{written}`"), &node.span, "not in the registry");
                    d.help = registry.nearest(written).map(|near| format!("did you mean `{near}`?"));
                    mistakes.push(d);
                }
            }
            nodes.iter().filter_map(|node| node.as_str().map(RequirementId::from)).collect()
        };
        let (breaks, also) = (ids(entry.get("breaks")), ids(entry.get("also")));
        let elsewhere = match entry.get("elsewhere").map(|node| &node.kind) {
            Some(Kind::Map(suites)) => {
                suites.iter().map(|(suite, node)| (suite.value.clone(), ids(Some(node)))).collect()
            }
            _ => BTreeMap::new(),
        };
        let right = entry.get("right").and_then(Node::as_str).map(str::to_owned);
        if breaks.is_empty() == right.is_none() {
            let message = "a quirk either `breaks` a requirement, or says why the server is `right`";
            mistakes.push(Diagnostic::new(message, &entry.span, "this quirk"));
        }
        let server = match entry.get("server") {
            None => Server::Scim,
            Some(node) => match node.as_str() {
                Some("scim") => Server::Scim,
                Some("hook") => Server::Hook,
                _ => {
                    let message = "`server` is `scim` or `hook`";
                    mistakes.push(Diagnostic::new(message, &node.span, "there is no other"));
                    Server::Scim
                }
            },
        };
        quirks.push(Quirk {
            breaks,
            also,
            right,
            elsewhere,
            server,
            id: text("id"),
            does: text("does"),
            seen: text("seen"),
            suite: entry.get("suite").and_then(Node::as_str).unwrap_or(suite).to_owned(),
        });
    }
    quirks
}

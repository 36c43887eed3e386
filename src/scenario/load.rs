//! Files, embedded or from a folder, into everything there is to run; or every mistake in them.
//!
//! **Invariant:** the only place of its layer that reads files, and only scenario files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::requirement::{Registry, RequirementId};
use crate::source::{Diagnostic, Kind, MAX_FILE_BYTES, Node, SourceFile, Span, parse};

use super::document::{FlowDoc, Reader, SuiteDoc};
use super::{Scenario, lower};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Everything there is to run, checked.
#[derive(Clone, Debug)]
pub struct Library {
    /// All scenarios, ordered by id.
    pub scenarios: Vec<Scenario>,
    /// All requirements.
    pub registry: Arc<Registry>,
    /// The seeded faults of the reference server, by which each check is proven able to fail.
    pub quirks: Vec<Quirk>,
    /// The ids of all flows.
    pub flows: Vec<String>,
}

/// One seeded fault of the reference server, as `quirks.yaml` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// Its id.
    pub id: String,
    /// What the server then does wrong.
    pub does: String,
    /// Which real server did so.
    pub seen: String,
    /// The requirement that is then reported.
    pub breaks: Vec<RequirementId>,
    /// Further demands that the same cause truly breaks.
    pub also: Vec<RequirementId>,
}

/// The JSON Schemas by name: file name without `.schema.json`, and text.
pub fn schemas() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCHEMAS.iter().filter_map(|(path, text)| path.strip_suffix(".schema.json").map(|name| (name, *text)))
}

/// Loads the built-in scenarios, and those of a folder when one is given. With a folder only its own scenarios are there to
/// run; they may use the built-in flows and requirements.
///
/// # Errors
/// Every mistake in every file.
pub fn load(folder: Option<&Path>) -> Result<Library, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let mut files: Vec<File> = SCENARIOS
        .iter()
        .map(|(path, text)| File {
            path: (*path).to_owned(),
            own: folder.is_none(),
            source: Arc::new(SourceFile { name: format!("scenarios/{path}"), text: (*text).to_owned() }),
        })
        .collect();
    if let Some(folder) = folder {
        let mut paths = Vec::new();
        collect(folder, &mut paths, &mut mistakes, 0);
        paths.sort();
        let root = if folder.is_dir() { folder } else { folder.parent().unwrap_or(folder) };
        for path in paths {
            let Some(source) = read(&path, &mut mistakes) else { continue };
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(File { path: relative, own: true, source });
        }
        if !files.iter().any(|file| file.own) && mistakes.is_empty() {
            mistakes.push(about(folder, "there is no .yaml file here"));
        }
    }
    let library = assemble(files, &mut mistakes);
    if mistakes.is_empty() { Ok(library) } else { Err(mistakes) }
}

/// A file and what it is.
struct File {
    path: String,
    own: bool,
    source: Arc<SourceFile>,
}

fn about(path: &Path, message: impl Into<String>) -> Diagnostic {
    let file = Arc::new(SourceFile { name: path.display().to_string(), text: String::new() });
    Diagnostic::new(message, &Span::start_of(&file), "")
}

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
            if depth < 16 {
                collect(&path, into, mistakes, depth + 1);
            }
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            into.push(path);
        }
    }
}

/// The text of a file, or a mistake that says why there is none.
pub fn read(path: &Path, mistakes: &mut Vec<Diagnostic>) -> Option<Arc<SourceFile>> {
    match fs::metadata(path) {
        Ok(data) if data.len() > MAX_FILE_BYTES => {
            let (have, most) = (data.len() / 1_048_576, MAX_FILE_BYTES / 1_048_576);
            mistakes.push(about(path, format!("the file has {have} MiB; at most {most} MiB are read")));
            return None;
        }
        _ => {}
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            mistakes.push(about(path, format!("cannot be read: {error}")));
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

/// What a file is, by its place in the folder.
enum Role {
    Requirements,
    Quirks,
    Flow(String),
    Suite(String),
    Scenario(String),
}

fn role(path: &str) -> Role {
    let stem = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")).unwrap_or(path);
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    match (stem, name) {
        _ if stem == "requirements" || stem.starts_with("requirements/") => Role::Requirements,
        ("quirks", _) => Role::Quirks,
        (_, "suite") => Role::Suite(folder.to_owned()),
        _ => match stem.strip_prefix("flows/") {
            Some(flow) => Role::Flow(flow.to_owned()),
            None => Role::Scenario(stem.to_owned()),
        },
    }
}

fn assemble(files: Vec<File>, mistakes: &mut Vec<Diagnostic>) -> Library {
    let mut registry = Registry::default();
    let mut flows: BTreeMap<String, FlowDoc> = BTreeMap::new();
    let mut own_flows = Vec::new();
    let mut suites: BTreeMap<String, (SuiteDoc, bool)> = BTreeMap::new();
    let mut documents = Vec::new();
    let mut quirk_files = Vec::new();
    for file in files {
        let role = role(&file.path);
        if !file.own && matches!(role, Role::Scenario(_) | Role::Quirks) {
            continue;
        }
        let root = match parse(&file.source) {
            Ok(root) => root,
            Err(mistake) => {
                mistakes.push(mistake);
                continue;
            }
        };
        let mut reader = Reader { mistakes };
        match role {
            Role::Requirements => mistakes.extend(registry.add(&root)),
            Role::Quirks => quirk_files.push(root),
            Role::Flow(id) => {
                let Some(doc) = reader.flow(&root) else { continue };
                if file.own {
                    own_flows.push(id.clone());
                }
                if let Some(first) = flows.get(&id) {
                    let other = first.span.file.name.clone();
                    let mistake = Diagnostic::new(format!("flow `{id}` is there twice"), &root.span, "second time");
                    mistakes.push(mistake.help(format!("the first is {other}; give this one another name")));
                    continue;
                }
                flows.insert(id, doc);
            }
            Role::Suite(folder) => {
                if let Some(doc) = reader.suite(&root) {
                    suites.insert(folder, (doc, file.own));
                }
            }
            Role::Scenario(id) => {
                if let Some(doc) = reader.scenario(&root) {
                    documents.push((id, doc, file.source));
                }
            }
        }
    }
    let names: Vec<&str> = schemas().map(|(name, _)| name).collect();
    let context = lower::Context { registry: &registry, flows: &flows, schemas: &names };
    for (suite, _) in suites.values().filter(|(_, own)| *own) {
        lower::suite(&context, suite, mistakes);
    }
    for id in &own_flows {
        if let Some(doc) = flows.get(id) {
            lower::flow(&context, id, doc, mistakes);
        }
    }
    let plain = SuiteDoc::default();
    let mut scenarios: Vec<Scenario> = Vec::new();
    for (id, doc, file) in &documents {
        let suite = suite_of(id, &suites).unwrap_or(&plain);
        scenarios.push(lower::scenario(&context, suite, id, doc, file, mistakes));
    }
    scenarios.sort_by(|a, b| a.id.cmp(&b.id));
    let quirks = quirk_files.iter().flat_map(|root| quirks(root, &registry, mistakes)).collect();
    let flows = flows.into_keys().collect();
    Library { scenarios, registry: Arc::new(registry), quirks, flows }
}

/// The suite file of the nearest folder above a scenario.
fn suite_of<'s>(id: &str, suites: &'s BTreeMap<String, (SuiteDoc, bool)>) -> Option<&'s SuiteDoc> {
    let mut folder = id;
    loop {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        if let Some((suite, _)) = suites.get(folder) {
            return Some(suite);
        }
        if folder.is_empty() {
            return None;
        }
    }
}

fn quirks(root: &Node, registry: &Registry, mistakes: &mut Vec<Diagnostic>) -> Vec<Quirk> {
    let Kind::Seq(entries) = &root.kind else {
        mistakes.push(Diagnostic::new("this is a list of quirks", &root.span, root.kind_name()));
        return Vec::new();
    };
    let mut quirks = Vec::new();
    for entry in entries {
        let text = |key: &str| entry.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        let mut ids = |key: &str| -> Vec<RequirementId> {
            let nodes = match entry.get(key) {
                Some(Node { kind: Kind::Seq(items), .. }) => items.as_slice(),
                Some(one) => std::slice::from_ref(one),
                None => &[],
            };
            for node in nodes {
                if registry.get(node.as_str().unwrap_or_default()).is_none() {
                    mistakes.push(Diagnostic::new("unknown requirement", &node.span, "not in the registry"));
                }
            }
            nodes.iter().filter_map(|node| node.as_str().map(RequirementId::from)).collect()
        };
        quirks.push(Quirk {
            breaks: ids("breaks"),
            also: ids("also"),
            id: text("id"),
            does: text("does"),
            seen: text("seen"),
        });
    }
    quirks
}

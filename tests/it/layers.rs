//! The layers of the library: imports point one way, outside crates have homes, and few modules wait.
//!
//! The layers are read from the groups of `mod` lines in `src/lib.rs`: a blank line ends a layer. Sources are read as tokens,
//! so that comments and strings do not count, and what stands inside macros does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use syn::buffer::{Cursor, TokenBuffer};

/// Files that may hold `async` and `await`, or folders of such, which end in `/`.
const WAITING: &[&str] = &[
    "wire/",
    "run/",
    "okta/hook/service.rs",
    "okta/hook/suite.rs",
    "okta/import/",
    "okta/runscope/",
    "reference/",
    "cli/",
    "libtest.rs",
    "main.rs",
];

/// Imports nothing of ours, and is imported by `cli` alone.
const ISLAND: &str = "reference";

/// Speaks about results, not about how they came about: the last module of the last layer that it may import.
const SPEECH: (&str, &str) = ("report", "verdict");

/// Where an outside crate may be used: files, or folders that end in `/`. An empty list is everywhere.
const HOMES: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["source/render.rs"]),
    ("anstream", &["cli/"]),
    ("anstyle", &["report/draw.rs", "cli/"]),
    ("axum", &["reference/"]),
    ("base64", &["wire/", "report/", "reference/"]),
    ("chrono", &["baseline.rs", "cli/", "judge/compare.rs", "model/value.rs", "reference/", "report/har.rs"]),
    ("clap", &["cli/"]),
    ("csv", &["okta/import/rows.rs"]),
    (
        "fastrand",
        &["history/draw.rs", "run/", "okta/hook/service.rs", "okta/runscope/", "cli/", "libtest.rs", "reference/"],
    ),
    ("flate2", &["wire/http.rs", "reference/http.rs", "report/html/packed.rs"]),
    ("globset", &["plan.rs"]),
    ("indicatif", &["cli/progress.rs"]),
    ("jsonschema", &["judge/schema.rs"]),
    ("maud", &["report/html/"]),
    ("libtest_mimic", &["libtest.rs"]),
    (
        "percent_encoding",
        &[
            "cli/config.rs",
            "wire/",
            "judge/",
            "model/",
            "run/",
            "okta/runscope/",
            "reference/",
            "snapshot/normalise.rs",
        ],
    ),
    ("process_wrap", &["cli/server.rs"]),
    ("quick_junit", &["report/junit.rs"]),
    ("regex", &["scenario/", "judge/internals.rs", "snapshot/normalise.rs"]),
    ("reqwest", &["wire/http.rs"]),
    ("ring", &["report/html/mod.rs"]),
    ("rustls", &["wire/http.rs", "wire/probe.rs"]),
    ("rustls_platform_verifier", &["wire/probe.rs"]),
    ("secrecy", &["wire/", "cli/", "libtest.rs"]),
    (
        "serde",
        &[
            "source/yaml.rs",
            "okta/import/rows.rs",
            "report/",
            "root_cause/",
            "okta/readiness/value.rs",
            "cli/shards.rs",
        ],
    ),
    ("serde_json", &[]),
    ("serde_json_path", &["scenario/path.rs"]),
    ("serde_saphyr", &["source/yaml.rs"]),
    ("strsim", &["source/mod.rs", "requirement/mod.rs"]),
    ("thiserror", &[]),
    ("tokio", &["wire/", "run/", "okta/hook/suite.rs", "okta/import/read.rs", "cli/", "libtest.rs", "reference/"]),
    ("tokio_rustls", &["wire/probe.rs"]),
    ("url", &["wire/", "judge/rules.rs", "report/har.rs", "cli/"]),
    ("x509_cert", &["wire/probe.rs"]),
];

/// Whether a file is that one, or in that folder.
fn is_at(file: &str, home: &str) -> bool {
    file == home || home.ends_with('/') && file.starts_with(home)
}

/// Modules of each layer, the ground first.
fn layers(lib: &str) -> Vec<Vec<String>> {
    let mut layers = vec![Vec::new()];
    for line in lib.lines().map(str::trim) {
        let module = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ");
        match module.and_then(|rest| rest.strip_suffix(';')) {
            Some(name) => layers.last_mut().expect("there is always a layer").push(name.to_owned()),
            None if line.is_empty() => layers.push(Vec::new()),
            None => {}
        }
    }
    layers.retain(|layer| !layer.is_empty());
    layers
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Mark(char),
    Open,
    Close,
    Literal,
}

fn tokens(text: &str) -> Vec<Token> {
    // A file is not a token stream for `syn`, but the inside of a macro call is.
    let call: syn::Macro = syn::parse_str(&format!("m!{{\n{text}\n}}")).expect("the sources are Rust");
    let buffer = TokenBuffer::new2(call.tokens);
    let mut into = Vec::new();
    flatten(buffer.begin(), &mut into);
    into
}

fn flatten(mut cursor: Cursor<'_>, into: &mut Vec<Token>) {
    while !cursor.eof() {
        if let Some((inside, _, _, next)) = cursor.any_group() {
            into.push(Token::Open);
            flatten(inside, into);
            into.push(Token::Close);
            cursor = next;
        } else if let Some((word, next)) = cursor.ident() {
            into.push(Token::Word(word.to_string()));
            cursor = next;
        } else if let Some((mark, next)) = cursor.punct() {
            into.push(Token::Mark(mark.as_char()));
            cursor = next;
        } else if let Some((_, next)) = cursor.token_tree() {
            into.push(Token::Literal);
            cursor = next;
        } else {
            return;
        }
    }
}

/// A path as written, and the modules inside the file in which it stands.
struct Written {
    path: Vec<String>,
    inner: Vec<String>,
}

/// What a file says.
#[derive(Default)]
struct Contents {
    paths: Vec<Written>,
    /// Names that `use` brings in, and what they stand for.
    names: BTreeMap<String, Vec<String>>,
    modules: Vec<String>,
    waits: bool,
}

fn contents(text: &str) -> Contents {
    let tokens = tokens(text);
    let mut found = Contents::default();
    let mut inner: Vec<(String, usize)> = Vec::new();
    let (mut depth, mut at) = (0, 0);
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Open => depth += 1,
            Token::Close => {
                depth -= 1;
                inner.retain(|(_, opened)| *opened <= depth);
            }
            Token::Word(word) if word == "mod" => {
                if let Some(Token::Word(name)) = tokens.get(at + 1) {
                    match tokens.get(at + 2) {
                        Some(Token::Open) => inner.push((name.clone(), depth + 1)),
                        _ => found.modules.push(name.clone()),
                    }
                    at += 2;
                    continue;
                }
            }
            Token::Word(word) if word == "use" => {
                let mut leaves = Vec::new();
                at = tree(&tokens, at + 1, &[], &mut leaves);
                for (path, name) in leaves {
                    if name != "_" && name != "*" {
                        found.names.insert(name, path.clone());
                    }
                    found.paths.push(Written { path, inner: inner.iter().map(|(name, _)| name.clone()).collect() });
                }
                continue;
            }
            Token::Word(word) => {
                found.waits |= word == "async" || word == "await";
                let (path, next) = path(&tokens, at);
                let method = at > 0 && tokens[at - 1] == Token::Mark('.');
                if path.len() > 1 && !method {
                    found.paths.push(Written { path, inner: inner.iter().map(|(name, _)| name.clone()).collect() });
                }
                at = next;
                continue;
            }
            Token::Mark(_) | Token::Literal => {}
        }
        at += 1;
    }
    found
}

fn colons(tokens: &[Token], at: usize) -> bool {
    tokens.get(at) == Some(&Token::Mark(':')) && tokens.get(at + 1) == Some(&Token::Mark(':'))
}

/// The path that begins with the word at a place, and what comes after it.
fn path(tokens: &[Token], mut at: usize) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    while let Some(Token::Word(word)) = tokens.get(at) {
        path.push(word.clone());
        at += 1;
        if !colons(tokens, at) || !matches!(tokens.get(at + 2), Some(Token::Word(_))) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// The leaves of one `use` tree: the path of each, and the name it is known by.
fn tree(tokens: &[Token], mut at: usize, before: &[String], leaves: &mut Vec<(Vec<String>, String)>) -> usize {
    let mut path = before.to_vec();
    loop {
        if colons(tokens, at) {
            at += 2;
        }
        match tokens.get(at) {
            Some(Token::Word(word)) => {
                path.push(word.clone());
                at += 1;
                if colons(tokens, at) {
                    continue;
                }
                let mut name = word.clone();
                if let (Some(Token::Word(r#as)), Some(Token::Word(other))) = (tokens.get(at), tokens.get(at + 1))
                    && r#as == "as"
                {
                    name.clone_from(other);
                    at += 2;
                }
                if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                    path.pop();
                    if name == "self" {
                        name = path.last().cloned().unwrap_or_default();
                    }
                }
                leaves.push((path, name));
                return at;
            }
            Some(Token::Mark('*')) => {
                leaves.push((path, "*".to_owned()));
                return at + 1;
            }
            Some(Token::Open) => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != Token::Close) {
                    at = if tokens[at] == Token::Mark(',') { at + 1 } else { tree(tokens, at, &path, leaves) };
                }
                return at + 1;
            }
            _ => return at + 1,
        }
    }
}

/// The module that a file of `src` is.
fn module_of(file: &str) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    if stem == "lib" { Vec::new() } else { stem.split('/').map(str::to_owned).collect() }
}

/// The module below the root that a path leads to; `None` when it does not begin at one of ours.
fn ours(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let first = path.first()?;
    let mut at = match first.as_str() {
        "crate" | "scim_check" => Vec::new(),
        "self" | "super" => module.to_vec(),
        _ => return None,
    };
    for word in path.iter().skip(usize::from(matches!(first.as_str(), "crate" | "scim_check" | "self"))) {
        if word == "super" {
            at.pop();
        } else {
            at.push(word.clone());
        }
    }
    Some(at)
}

/// Everything in `files` (path below `src`, and text) that goes against the layers.
fn violations(files: &[(String, String)]) -> Vec<String> {
    let lib = files.iter().find(|(file, _)| file == "lib.rs").map(|(_, text)| text.as_str()).unwrap_or_default();
    let layers = layers(lib);
    let layer_of = |module: &str| layers.iter().position(|layer| layer.iter().any(|name| name == module));
    let speech = layer_of(SPEECH.1);
    let mut found = Vec::new();
    for (file, text) in files {
        if file == "lib.rs" {
            continue;
        }
        let module = module_of(file);
        let own = module.first().map(String::as_str).unwrap_or_default();
        let own_layer = layer_of(own);
        if own_layer.is_none() && own != "main" {
            found.push(format!("{file} belongs to no layer of lib.rs"));
            continue;
        }
        let contents = contents(text);
        if contents.waits && !WAITING.iter().any(|home| is_at(file, home)) {
            found.push(format!("{file} waits"));
        }
        let mut wrong = Vec::new();
        for written in &contents.paths {
            let mut here = module.clone();
            here.extend(written.inner.iter().cloned());
            let first = written.path.first().map(String::as_str).unwrap_or_default();
            let absolute = match ours(&written.path, &here) {
                // What a name of `use` stands for has been looked at there.
                None if contents.names.get(first).is_some_and(|whole| *whole != [first]) => continue,
                None if contents.modules.iter().any(|name| name == first) => continue,
                None => {
                    let homes = HOMES.iter().find(|(name, _)| *name == first).map(|(_, homes)| *homes);
                    let at_home = |home: &&str| is_at(file, home);
                    if homes.is_some_and(|homes| !homes.is_empty() && !homes.iter().any(at_home)) {
                        wrong.push(format!("{file} uses {first}, which is at home elsewhere"));
                    }
                    continue;
                }
                Some(absolute) => absolute,
            };
            let Some(target) = absolute.first() else {
                wrong.push(format!("{file} imports the root"));
                continue;
            };
            if target == own || own == "main" {
                continue;
            }
            let why = match (own_layer, layer_of(target)) {
                (_, None) => "which is no module of lib.rs",
                _ if own == ISLAND => "but is an island",
                _ if target == ISLAND && own != "cli" => "which is an island",
                (Some(own), Some(target)) if target > own => "which is in a layer below",
                (Some(own), Some(target)) if target == own => "which is in the same layer",
                (_, target) if own == SPEECH.0 && target > speech => "which is about how results come about",
                _ => continue,
            };
            wrong.push(format!("{file} imports {target}, {why}"));
        }
        wrong.sort();
        wrong.dedup();
        found.extend(wrong);
    }
    found
}

/// Files of one module that import each other in a circle, each circle once, as the shortest way round. The file of a folder
/// gathers what is in it, so that what it and its files take of each other does not count; nor does what tests take.
fn circles(files: &[(String, String)]) -> Vec<String> {
    let modules: BTreeMap<Vec<String>, &str> = files
        .iter()
        .map(|(file, _)| (module_of(file), file.as_str()))
        .filter(|(module, _)| !module.is_empty())
        .collect();
    let mut imports: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (file, text) in files {
        let module = module_of(file);
        for written in contents(text).paths {
            if written.inner.iter().any(|inner| inner == "tests") {
                continue;
            }
            let mut here = module.clone();
            here.extend(written.inner);
            let Some(absolute) = ours(&written.path, &here) else { continue };
            let found = (1..=absolute.len()).rev().find_map(|len| modules.get_key_value(&absolute[..len]));
            let Some((other, name)) = found else { continue };
            let is_within = other.first() == module.first();
            if is_within && !other.starts_with(&module) && !module.starts_with(other) {
                imports.entry(file.as_str()).or_default().insert(name);
            }
        }
    }
    let mut found = BTreeSet::new();
    for start in imports.keys() {
        // The shortest way back to where it began.
        let mut ways = VecDeque::from([vec![*start]]);
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop_front() {
            for next in imports.get(way[way.len() - 1]).into_iter().flatten() {
                if next == start {
                    let first = way.iter().enumerate().min_by_key(|(_, file)| **file).map_or(0, |(place, _)| place);
                    let mut way = way.clone();
                    way.rotate_left(first);
                    found.insert(format!("{} imports itself by way of {}", way[0], way[1..].join(", ")));
                    ways.clear();
                    break;
                }
                if seen.insert(*next) {
                    ways.push_back([way.as_slice(), &[*next]].concat());
                }
            }
        }
    }
    found.into_iter().collect()
}

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("src is in the repository") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(Path::new("src"), &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.strip_prefix("src").expect("it was found there").to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(&path).expect("sources are text"))
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn imports_point_one_way() {
    assert_eq!(violations(&sources()), Vec::<String>::new());
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    assert_eq!(circles(&sources()), Vec::<String>::new());
}

#[test]
fn every_crate_has_a_home() {
    let manifest = fs::read_to_string("Cargo.toml").expect("the manifest is in the repository");
    let section = manifest.split("\n[dependencies]\n").nth(1).and_then(|rest| rest.split("\n[").next());
    let lines = section.expect("there are dependencies").lines();
    let mut named: Vec<String> =
        lines.filter_map(|line| Some(line.split_once(" = ")?.0.trim().replace('-', "_"))).collect();
    named.sort_unstable();
    let mut housed: Vec<&str> = HOMES.iter().map(|(name, _)| *name).collect();
    housed.sort_unstable();
    assert_eq!(named, housed);
}

#[test]
fn the_layers_of_the_library_are_read() {
    let lib = fs::read_to_string("src/lib.rs").expect("the library is in the repository");
    let layers = layers(&lib);
    assert_eq!(layers.first().map(|layer| layer.join(" ")).as_deref(), Some("json source wire"));
    assert!(layers.len() >= 5, "{layers:?}");
    let all = layers.concat();
    assert!(all.iter().any(|module| module == ISLAND) && all.iter().any(|module| module == SPEECH.0), "{all:?}");
    assert!(sources().len() > all.len());
}

/// What is found in a small library with one wrong file.
fn check(file: &str, text: &str) -> Vec<String> {
    let lib = "//! A library.\n\npub mod source;\npub mod wire;\n\n/// Words.\npub mod requirement;\n\npub mod scenario;\n\
               pub mod verdict;\n\npub mod judge;\npub mod plan;\n\npub mod run;\n\npub mod report;\n\n\
               pub mod reference;\n\npub mod cli;\n";
    let mut files = vec![("lib.rs".to_owned(), lib.to_owned())];
    files.push((file.to_owned(), text.to_owned()));
    violations(&files)
}

#[test]
fn an_import_from_below_is_found() {
    let expected = ["scenario/load.rs imports run, which is in a layer below"];
    assert_eq!(check("scenario/load.rs", "use crate::run::Event;"), expected);
    assert_eq!(check("scenario/load.rs", "use crate::{source::Span, run::{self, Event}};"), expected);
    assert_eq!(check("scenario/load.rs", "fn f() -> crate::run::Event { crate::run::event() }"), expected);
    assert_eq!(check("scenario/load.rs", "use super::super::run;"), expected);
    assert_eq!(check("scenario/load.rs", "mod tests { use super::super::super::run::Event; }"), expected);
    assert_eq!(check("scenario/load.rs", "macro_rules! m { () => { $crate::run::Event } }"), expected);
    assert_eq!(check("scenario/load.rs", "fn f() { vec![crate::run::event()]; }"), expected);
    assert_eq!(check("scenario/load.rs", "fn f() { g::<crate::run::Event>(); }"), expected);
    assert_eq!(check("scenario/load.rs", "pub use crate::run::Event as Happening;"), expected);
}

#[test]
fn an_import_within_a_layer_is_found() {
    assert_eq!(check("plan.rs", "use crate::judge::judge;"), ["plan.rs imports judge, which is in the same layer"]);
    assert_eq!(
        check("wire/mod.rs", "use super::source::Span;"),
        ["wire/mod.rs imports source, which is in the same layer"]
    );
}

#[test]
fn a_bridge_to_the_island_is_found() {
    let found = check("reference/store.rs", "use crate::source::Span;");
    assert_eq!(found, ["reference/store.rs imports source, but is an island"]);
    assert_eq!(
        check("run/mod.rs", "use crate::reference::serve;"),
        ["run/mod.rs imports reference, which is an island"]
    );
    assert_eq!(check("cli/mod.rs", "use crate::reference::serve;"), Vec::<String>::new());
}

#[test]
fn a_circle_within_a_module_is_found() {
    let circle = |texts: &[(&str, &str)]| {
        let files: Vec<(String, String)> = texts.iter().map(|(file, text)| ((*file).into(), (*text).into())).collect();
        circles(&files)
    };
    let expected = ["run/case.rs imports itself by way of run/ledger.rs"];
    let ledger = ("run/ledger.rs", "fn f() { super::case::g(); }");
    assert_eq!(circle(&[("run/case.rs", "use super::ledger::Ledger;"), ledger]), expected);
    assert_eq!(circle(&[("run/case.rs", "use crate::run::{ledger, trust};"), ledger]), expected);
    let three = [
        ("run/b.rs", "use super::inner::c::f;"),
        ("run/inner/c.rs", "mod d { use super::super::super::a; }"),
        ("run/a.rs", "use super::b;"),
    ];
    assert_eq!(circle(&three), ["run/a.rs imports itself by way of run/b.rs, run/inner/c.rs"]);
    let test = [("run/case.rs", "mod tests { use super::super::ledger; }"), ledger];
    assert_eq!(circle(&test), Vec::<String>::new());
    let folder = [("run/mod.rs", "mod case; use self::case::run;"), ("run/case.rs", "use super::Shared;")];
    assert_eq!(circle(&folder), Vec::<String>::new());
    let tree = [
        ("run/case.rs", "use super::ledger::Ledger; use super::trust::Trust;"),
        ("run/ledger.rs", "use super::trust;"),
    ];
    assert_eq!(circle(&tree), Vec::<String>::new());
}

#[test]
fn speech_that_knows_the_deed_is_found() {
    let found = check("report/text.rs", "use crate::run::Event;\nuse crate::verdict::Finding;");
    assert_eq!(found, ["report/text.rs imports run, which is about how results come about"]);
}

#[test]
fn a_crate_away_from_home_is_found() {
    let expected = ["run/case.rs uses reqwest, which is at home elsewhere"];
    assert_eq!(check("run/case.rs", "use reqwest::Client;"), expected);
    assert_eq!(check("run/case.rs", "use ::reqwest as http;"), expected);
    assert_eq!(check("run/case.rs", "fn f(client: &reqwest::Client) {}"), expected);
    assert_eq!(check("run/case.rs", "fn f() { m!(reqwest::get(x)); }"), expected);
    assert_eq!(check("wire/http.rs", "use reqwest::Client;"), Vec::<String>::new());
    assert_eq!(
        check("plan.rs", "use tokio::time; fn f() { time::now(); }"),
        ["plan.rs uses tokio, which is at home elsewhere"]
    );
}

#[test]
fn waiting_in_the_wrong_place_is_found() {
    assert_eq!(check("judge/mod.rs", "async fn f() {}"), ["judge/mod.rs waits"]);
    assert_eq!(check("judge/mod.rs", "fn f() { m!(async { 1 }); }"), ["judge/mod.rs waits"]);
    assert_eq!(check("run/mod.rs", "async fn f() { g().await; }"), Vec::<String>::new());
}

#[test]
fn a_file_outside_the_layers_is_found() {
    assert_eq!(check("utils.rs", ""), ["utils.rs belongs to no layer of lib.rs"]);
    assert_eq!(check("run/mod.rs", "use crate::utils::f;"), ["run/mod.rs imports utils, which is no module of lib.rs"]);
}

#[test]
fn what_is_right_is_left_alone() {
    let text = "//! Speaks of `crate::cli` and async.\n/* crate::cli */\nuse std::fmt;\nuse crate::source::{self, Span};\n\
                use super::{Scenario, path};\nmod inner { use super::super::lower; fn f() { super::g(); self::h(); } }\n\
                fn f<'a>(s: &'a str) -> &'static str { \"crate::cli async\" }\nfn g() { x.run::<u8>(); path::parse(); }";
    assert_eq!(check("scenario/load.rs", text), Vec::<String>::new());
    assert_eq!(check("main.rs", "fn main() -> ExitCode { scim_check::cli::main() }"), Vec::<String>::new());
}

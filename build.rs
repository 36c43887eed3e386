//! Embeds `scenarios/` and `schemas/` in the binary. Scenarios are embedded parsed as well: parsing all of them takes longer than
//! most commands do. And makes the reference's list of quirks of the file that describes them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs, io};

/// The reader of the program itself: what it makes of a file here is what it would make of it there.
#[expect(dead_code, unreachable_pub, unused_imports, reason = "most of it is for the program")]
#[path = "src/source/mod.rs"]
mod source;

/// How the ids of schemas begin against which answers are held.
const OF_ANSWERS: &str = "\"urn:scim-check:schema:";

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("no manifest folder"))?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no output folder"))?);
    println!("cargo::rerun-if-changed=src/source");
    let mut code = String::from("pub(crate) const SCENARIOS: &[Embedded] = &[");
    for (number, (name, path)) in files(&root, "scenarios", "yaml")?.iter().enumerate() {
        let packed = out.join(format!("{number}.tree"));
        fs::write(&packed, tree(name, path)?)?;
        let _ = writeln!(
            code,
            "    Embedded {{ path: {name:?}, text: include_str!({path:?}), tree: include_bytes!({packed:?}) }},"
        );
    }
    code.push_str("];\npub(crate) const SCHEMAS: &[(&str, &str)] = &[\n");
    for (name, path) in files(&root, "schemas", "json")? {
        // The others describe files and reports of the program itself.
        if !fs::read_to_string(&path)?.contains(OF_ANSWERS) {
            continue;
        }
        let _ = writeln!(code, "    ({name:?}, include_str!({path:?})),");
    }
    code.push_str("];\n");
    fs::write(out.join("embedded.rs"), code)?;
    let described = root.join("scenarios/quirks.yaml");
    fs::write(out.join("quirks.rs"), quirks(&described, "Quirk", "scim")?)?;
    fs::write(out.join("hook_quirks.rs"), quirks(&described, "HookQuirk", "hook")?)
}

/// The quirks of one server as an enum, in the order of their file. Mistakes in that file are the program's to tell, and are passed over here.
fn quirks(path: &Path, called: &str, server: &str) -> io::Result<String> {
    let file = Arc::new(source::SourceFile { name: "quirks.yaml".to_owned(), text: fs::read_to_string(path)? });
    let root = source::parse(&file).map_err(|mistake| io::Error::other(format!("quirks.yaml: {}", mistake.message)))?;
    let (mut variants, mut all, mut ids) = (String::new(), String::new(), String::new());
    let entries = match &root.kind {
        source::Kind::Seq(entries) => entries.as_slice(),
        _ => &[],
    };
    for entry in entries {
        let text = |key: &str| entry.get(key).and_then(source::Node::as_str).unwrap_or_default();
        if entry.get("server").and_then(source::Node::as_str).unwrap_or("scim") != server {
            continue;
        }
        let id = text("id");
        let name: String = id.split('-').map(capitalized).collect();
        for said in ["does", "seen"] {
            let _ = writeln!(variants, "    #[doc = {:?}]", format!("{}.", text(said)));
        }
        let _ = writeln!(variants, "    {name},");
        let _ = writeln!(all, "        {called}::{name},");
        let _ = writeln!(ids, "            {called}::{name} => {id:?},");
    }
    Ok(format!(
        "/// One thing a faulty server does wrong, and who was seen doing it or what it costs.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum {called} {{\n{variants}}}\n\n\
         impl {called} {{\n    /// All quirks, in the order in which `quirks.yaml` describes them.\n    \
         pub const ALL: &[{called}] = &[\n{all}    ];\n\n    \
         /// The name on the command line and in data, in kebab-case.\n    #[must_use]\n    \
         pub fn id(self) -> &'static str {{\n        match self {{\n{ids}        }}\n    }}\n}}\n"
    ))
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// The packed tree of a file. A file with a mistake has none: the program then reads the text and says what is wrong.
fn tree(name: &str, path: &Path) -> io::Result<Vec<u8>> {
    let file = Arc::new(source::SourceFile { name: name.to_owned(), text: fs::read_to_string(path)? });
    Ok(source::parse(&file).map(|node| source::pack(&node)).unwrap_or_default())
}

/// The files of a folder in the order of their names, which are relative to it.
fn files(root: &Path, folder: &str, extension: &str) -> io::Result<Vec<(String, PathBuf)>> {
    println!("cargo::rerun-if-changed={folder}");
    let folder = root.join(folder);
    let mut paths = Vec::new();
    collect(&folder, extension, &mut paths)?;
    paths.sort();
    let named = |path: PathBuf| {
        let relative = path.strip_prefix(&folder).map_err(io::Error::other)?;
        Ok((relative.to_string_lossy().replace('\\', "/"), path))
    };
    paths.into_iter().map(named).collect()
}

fn collect(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        println!("cargo::rerun-if-changed={}", path.display());
        if path.is_dir() {
            collect(&path, extension, into)?;
        } else if path.extension().is_some_and(|e| e == extension) {
            into.push(path);
        }
    }
    Ok(())
}

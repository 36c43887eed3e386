//! Embeds `scenarios/` and `schemas/` in the binary. Scenarios are embedded parsed as well: parsing all of them takes longer than
//! most commands do.

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
    fs::write(out.join("embedded.rs"), code)
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

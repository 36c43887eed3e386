//! Wrong files, each with what its author is told. A case is a file or a folder in `tests/mistakes`, or made here where it
//! is too large or too odd to be kept; its name is the mistake. Files whose names begin with `target-` are target files,
//! those that begin with `baseline-` are files of known failures.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use scim_check::baseline;
use scim_check::declared;
use scim_check::history;
use scim_check::okta::readiness::plan::load;
use scim_check::requirement::Registry;
use scim_check::source::{Diagnostic, Renderer, SourceFile, parse, render};
use serde_json::{Value, json};

static REGISTRY: LazyLock<Arc<Registry>> =
    LazyLock::new(|| load(None).expect("the built-in files are right").0.registry);

/// What the author of the files at `path` is told. Mistakes in built-in files are not theirs.
fn mistakes(path: &Path) -> Vec<Diagnostic> {
    if name(path).starts_with("target-") {
        let text = fs::read_to_string(path).expect("target files that are kept are text");
        let file = Arc::new(SourceFile { name: path.display().to_string(), text });
        return declared::read(&file, &scim_check::scenario::load::personas()).err().unwrap_or_default();
    }
    if name(path).starts_with("baseline-") {
        let text = fs::read_to_string(path).expect("baselines that are kept are text");
        let file = Arc::new(SourceFile { name: path.display().to_string(), text });
        return baseline::read(&file, &REGISTRY).err().unwrap_or_default();
    }
    let mut mistakes = match load(Some(path)) {
        Ok((library, _)) => history::mistakes(&library),
        Err(mistakes) => mistakes,
    };
    mistakes.retain(|mistake| !mistake.span.file.name.starts_with("scenarios/"));
    mistakes
}

fn name(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// One case: how many mistakes it has, and what they look like.
fn check(name: &str, path: &Path, temporary: Option<&Path>) {
    let found = mistakes(path);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    if let Some(folder) = temporary {
        settings.add_filter(&regex_of(&folder.display().to_string()), "TEMP");
    }
    settings.bind(|| insta::assert_snapshot!(format!("mistakes__{name}"), render(&found, &Renderer::plain())));
    let many = name.contains("many-");
    assert!(found.len() == 1 || many && found.len() > 1, "{name}: {} diagnostics for one mistake", found.len());
    for mistake in &found {
        assert!(!mistake.message.is_empty() && !mistake.message.ends_with('.'), "{name}: {:?}", mistake.message);
        assert!(mistake.span.bytes.end <= mistake.span.file.text.len(), "{name}: {:?} is outside", mistake.span);
    }
}

fn regex_of(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || c == '/' { c.to_string() } else { format!("\\{c}") }).collect()
}

/// All cases of a list are looked at, whatever becomes of the first.
fn all(cases: impl IntoIterator<Item = (String, PathBuf)>, temporary: Option<&Path>) -> usize {
    let mut wrong = Vec::new();
    let mut number = 0;
    for (name, path) in cases {
        number += 1;
        if catch_unwind(AssertUnwindSafe(|| check(&name, &path, temporary))).is_err() {
            wrong.push(name);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    number
}

fn kept() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir("tests/mistakes").expect("the folder is in the repository");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (name(&path), path)).collect()
}

/// The cases that are made here: name, and content of the one file.
fn made() -> Vec<(&'static str, Vec<u8>)> {
    let scenario =
        |body: &str| format!("title: A case\nsteps:\n  - send: POST /Users\n    body: {body}\n").into_bytes();
    let mut bomb = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for n in 1..12 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    let ladder: String = (0..10_000).map(|n| format!("{}a:\n", " ".repeat(n.min(300)))).collect();
    let steps: String = (0..2_001).map(|_| "  - send: GET /Users\n").collect();
    let rows: String = (0..501).map(|n| format!("  - {{ n: {n} }}\n")).collect();
    vec![
        ("empty-file", Vec::new()),
        ("only-spaces", b" \n\n  \n".to_vec()),
        ("not-utf-8", b"title: Caf\xe9\nsteps:\n  - send: GET /Users\n".to_vec()),
        ("utf-16", "\u{feff}title: A case\n".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("binary-file", (0..=255).collect()),
        ("fifty-megabytes", vec![b'#'; 50 * 1024 * 1024]),
        ("anchors-that-explode", bomb.into_bytes()),
        ("anchor-that-holds-itself", b"title: A case\nsteps: &steps\n  - *steps\n".to_vec()),
        ("nested-brackets", scenario(&"[".repeat(10_000))),
        ("nested-braces", scenario(&"{a: ".repeat(10_000))),
        ("nested-dashes", scenario(&format!("\n      {}a", "- ".repeat(10_000)))),
        ("nested-mappings", ladder.into_bytes()),
        ("too-many-values", scenario(&format!("[{}]", "1,".repeat(300_000)))),
        ("too-many-steps", format!("title: A case\nsteps:\n{steps}").into_bytes()),
        ("too-many-rows", format!("title: A case\nrows:\n{rows}steps:\n  - send: GET /Users\n").into_bytes()),
        ("megabytes-in-one-line", scenario(&format!("\"{}${{nobody}}\"", "many words ".repeat(270_000)))),
        (
            "megabytes-as-a-key",
            format!("title: A case\n\"{}\": 1\nsteps:\n  - send: GET /Users\n", "key".repeat(1_000_000)).into_bytes(),
        ),
        (
            "megabytes-as-a-requirement",
            format!(
                "title: A case\nsteps:\n  - send: GET /Users\n    expect:\n      - must: {}\n        status: 200\n",
                "RFC7644-".repeat(300_000)
            )
            .into_bytes(),
        ),
    ]
}

#[test]
fn each_mistake_is_explained() {
    assert!(all(kept(), None) >= 60, "mistakes were lost");
}

#[test]
fn files_that_cannot_be_kept_are_explained() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let mut cases = Vec::new();
    for (name, content) in made() {
        let path = folder.path().join(format!("{name}.yaml"));
        fs::write(&path, content).expect("a temporary file can be written");
        cases.push((name.to_owned(), path));
    }
    all(cases, Some(folder.path()));
}

#[test]
fn folders_that_cannot_be_read_are_explained() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("empty")).expect("a temporary folder can be made");
    let mut deep = at("deep");
    for _ in 0..20 {
        deep.push("er");
    }
    fs::create_dir_all(&deep).expect("temporary folders can be made");
    let mut cases: Vec<(String, PathBuf)> = vec![
        ("missing-folder".to_owned(), at("missing")),
        ("missing-file".to_owned(), at("missing.yaml")),
        ("folder-without-scenarios".to_owned(), at("empty")),
        ("folders-nested-too-deep".to_owned(), at("deep")),
    ];
    if cfg!(unix) {
        fs::create_dir(at("pipe")).expect("a temporary folder can be made");
        let made = std::process::Command::new("mkfifo").arg(at("pipe/endless.yaml")).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo is part of every Unix");
        cases.push(("pipe-instead-of-a-file".to_owned(), at("pipe")));
    }
    all(cases, Some(folder.path()));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_back_up_is_not_followed() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let below = folder.path().join("below");
    fs::create_dir(&below).expect("a temporary folder can be made");
    fs::write(below.join("case.yaml"), "title: A case\nsteps:\n  - send: GET /${nobody}\n").expect("it can be written");
    std::os::unix::fs::symlink(folder.path(), below.join("up")).expect("a link can be made");
    let found = mistakes(folder.path());
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn every_snapshot_has_its_mistake() {
    let mut known: BTreeSet<String> = kept().into_iter().map(|(name, _)| name).collect();
    known.extend(made().into_iter().map(|(name, _)| name.to_owned()));
    let folders = ["missing-folder", "missing-file", "folder-without-scenarios", "folders-nested-too-deep"];
    known.extend(folders.map(str::to_owned));
    known.insert("pipe-instead-of-a-file".to_owned());
    let files = fs::read_dir("snapshots").expect("the folder is in the repository");
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let ours = names.filter_map(|name| Some(name.strip_prefix("mistakes__")?.strip_suffix(".snap")?.to_owned()));
    let ours: BTreeSet<String> = ours.collect();
    // One that is being written for the first time is not missed: its own test sees to it.
    assert_eq!(ours.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn value_of(yaml: &str) -> Value {
    let file = Arc::new(SourceFile { name: "value.yaml".to_owned(), text: yaml.to_owned() });
    parse(&file).map(|node| node.to_json()).unwrap_or_else(|mistake| panic!("{}", mistake.message))
}

#[test]
fn text_stays_what_its_author_sees() {
    let value = value_of(
        "[no, yes, on, off, y, n, NO, 0123, 1_000, 12:30:45, 2024-01-01, 1e, 0x, ~x, true story, '1', \"true\", a#b]",
    );
    let as_seen = json!([
        "no",
        "yes",
        "on",
        "off",
        "y",
        "n",
        "NO",
        "0123",
        "1_000",
        "12:30:45",
        "2024-01-01",
        "1e",
        "0x",
        "~x",
        "true story",
        "1",
        "true",
        "a#b"
    ]);
    assert_eq!(value, as_seen);
}

#[test]
fn what_json_has_is_not_text() {
    assert_eq!(
        value_of("[true, false, null, ~, 0, -7, 1.5, 1e3]"),
        json!([true, false, null, null, 0, -7, 1.5, 1000.0])
    );
    assert_eq!(value_of("{ no: 1, 0123: 2, true: 3, 7: 4 }"), json!({ "no": 1, "0123": 2, "true": 3, "7": 4 }));
}

#[test]
fn a_value_is_the_same_with_windows_line_ends_and_a_mark() {
    let yaml = "title: A case\nraw: |\n  one\n  two\nlist:\n  - &a { b: 1 }\n  - *a\n";
    let windows = format!("\u{feff}{}", yaml.replace('\n', "\r\n"));
    assert_eq!(value_of(yaml), json!({ "title": "A case", "raw": "one\ntwo\n", "list": [{ "b": 1 }, { "b": 1 }] }));
    assert_eq!(value_of(&windows), value_of(yaml));
}

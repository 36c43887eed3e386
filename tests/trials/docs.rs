//! README and docs keep what they promise: their commands run, their YAML is read, and their links lead somewhere.
//!
//! Each document has a folder and a reference server of its own. What stands in a `yaml` block that begins with `# file: NAME` is
//! there for the commands that follow. A comment before a block says what is not as usual: `<!-- exit: 1 -->` (of its last command),
//! `<!-- quirk: NAME -->` (of the server from there on), `<!-- not run: REASON -->`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::Parser as _;
use libtest_mimic::{Failed, Trial};
use scim_check::cli::args::Cli;
use scim_check::judge::Judge;
use scim_check::okta::hook::suite::{SUITE, cases};
use scim_check::persona::Version;
use scim_check::reference::{self, Options, Quirk, Server};
use scim_check::scenario::load;
use scim_check::source::{SourceFile, parse};
use scim_check::{declared, run, scenario};
use tokio::runtime::Runtime;

const TOKEN: &str = "token-of-the-documents";
const STAGING: &str = "https://staging.example.com/scim/v2";
/// The same of SCIM 1.1, which the reference serves beside it.
const STAGING_OF_V1: &str = "https://staging.example.com/scim/v1";
const PAGE: &str = "docs/scenarios.md";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![Trial::test("docs::the catalogue of scenarios is fresh", || fresh(PAGE, &catalogue()?))];
    trials.push(Trial::test("docs::the README can be read in ten minutes", || {
        let lines = fs::read_to_string(root().join("README.md"))?.lines().count();
        if lines <= 150 { Ok(()) } else { Err(format!("it has {lines} lines").into()) }
    }));
    for path in documents() {
        trials.push(Trial::test(format!("docs::{}", path.display()), move || check(&path)));
    }
    trials
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let mut all = vec![PathBuf::from("README.md")];
    let entries = fs::read_dir(root().join("docs")).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    all.extend(names.filter(|name| name.ends_with(".md")).map(|name| Path::new("docs").join(name)));
    all.sort();
    all
}

/// A fenced block.
struct Block<'a> {
    language: &'a str,
    line: usize,
    text: String,
    /// What the comment before it says.
    says: Vec<(&'a str, &'a str)>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    let mut says = Vec::new();
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.push_str(&format!("{line}\n")),
            (None, Some(language)) => {
                open = Some(Block { language, line: at + 1, text: String::new(), says: std::mem::take(&mut says) });
            }
            (None, None) => {
                let comment = line.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
                says = match comment {
                    Some(comment) => {
                        let parts = comment.split(", ").filter_map(|part| part.split_once(':'));
                        parts.map(|(name, value)| (name.trim(), value.trim())).collect()
                    }
                    None => Vec::new(),
                };
            }
        }
    }
    blocks
}

fn check(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(root().join(path))?;
    let mut wrong = links(path, &text);
    wrong.extend(inline_commands(&text));
    let world = World::new()?;
    let mut server = world.serve(&[])?;
    for block in blocks(&text) {
        let place = format!("{}:{}", path.display(), block.line);
        if let Some((_, quirk)) = block.says.iter().find(|(name, _)| *name == "quirk") {
            let quirk = quirk.parse::<Quirk>().map_err(|name| format!("{place}: there is no quirk {name}"))?;
            server = world.serve(&[quirk])?;
        }
        let problem = match block.language {
            "yaml" => world.yaml(&block.text, server.base_url()),
            "sh" | "console" => world.shell(&block, server.base_url()),
            _ => Ok(()),
        };
        wrong.extend(problem.err().map(|why| format!("{place}: {why}")));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Links that lead nowhere.
fn links(path: &Path, text: &str) -> Vec<String> {
    let folder = root().join(path.parent().unwrap_or(Path::new("")));
    let mut wrong = Vec::new();
    for (at, _) in text.match_indices("](") {
        let link = text[at + 2..].split([')', '\n']).next().unwrap_or_default();
        if link.starts_with("http") || link.is_empty() {
            continue;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let file = if file.is_empty() { root().join(path) } else { folder.join(file) };
        if !file.exists() {
            wrong.push(format!("{}: the link {link} leads nowhere", path.display()));
        } else if !anchor.is_empty() {
            let headings = fs::read_to_string(&file).unwrap_or_default();
            let mut headings = headings.lines().filter(|line| line.starts_with('#')).map(anchor_of);
            if !headings.any(|heading| heading == anchor) {
                wrong.push(format!("{}: the link {link} has no heading", path.display()));
            }
        }
    }
    wrong
}

/// A text with the address of the server in the place of the one that documents have.
fn with_address(text: &str, base_url: &str) -> String {
    text.replace(STAGING, base_url).replace(STAGING_OF_V1, &base_url.replace("/scim/v2", "/scim/v1"))
}

fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Commands in the text whose options the program does not know.
fn inline_commands(text: &str) -> Vec<String> {
    let flat = text.replace('\n', " ");
    let spans = flat.split('`').skip(1).step_by(2).filter(|span| span.starts_with("scim-check "));
    let is_whole = |span: &&str| !span.contains(['…', '<', '|', '$']);
    spans.filter(is_whole).filter_map(|span| misspelt(span).err()).collect()
}

/// Whether the program can make something of a command.
fn misspelt(command: &str) -> Result<(), String> {
    let words = command.split(" #").next().unwrap_or(command).split_whitespace();
    let words: Vec<&str> = words.map(|word| word.trim_matches(['\'', '"'])).collect();
    match Cli::try_parse_from(words) {
        Ok(_) => Ok(()),
        Err(error) if error.exit_code() == 0 => Ok(()),
        Err(error) => Err(format!("`{command}`: {}", error.to_string().lines().next().unwrap_or_default())),
    }
}

/// A folder in which commands run, and servers for them.
struct World {
    folder: tempfile::TempDir,
    runtime: Runtime,
}

impl World {
    fn new() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("known.yaml"), "version: 1\nknown-failures: []\n")?;
        for name in ["targets", "schemas"] {
            copy(&root().join(name), &folder.path().join(name))?;
        }
        Ok(Self { folder, runtime: Runtime::new()? })
    }

    fn serve(&self, quirks: &[Quirk]) -> Result<Server, Failed> {
        let options = Options {
            token: Some(TOKEN.to_owned()),
            users: 25,
            groups: 3,
            quirks: quirks.to_vec(),
            ..Options::default()
        };
        Ok(self.runtime.block_on(reference::serve(options))?)
    }

    /// Is read as what it is: a target file, a scenario that `lint` looks at, or any YAML, whose commands are looked at.
    fn yaml(&self, text: &str, base_url: &str) -> Result<(), String> {
        let text = with_address(text, base_url);
        let first = text.lines().next().unwrap_or_default();
        let name = first.strip_prefix("# file: ").unwrap_or("block.yaml");
        let file = Arc::new(SourceFile { name: name.to_owned(), text: text.clone() });
        parse(&file).map_err(|mistake| mistake.message)?;
        if text.lines().any(|line| line.starts_with("base-url:")) {
            declared::read(&file, &scim_check::scenario::load::personas())
                .map_err(|mistakes| mistakes[0].message.clone())?;
        }
        for line in text.lines() {
            // Also behind `npx --yes` and `pipx run`.
            let command = ["run: scim-check ", "- scim-check ", "pipx run scim-check ", "npx --yes scim-check "];
            let rest = command.iter().find_map(|before| Some(line.split_once(before)?.1));
            // What a variable of the CI system stands for is not known here.
            if let Some(rest) = rest.filter(|rest| !rest.contains('$')) {
                misspelt(&format!("scim-check {rest}"))?;
            }
        }
        if first.starts_with("# file: ") {
            let path = self.folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(|error| error.to_string())?;
            fs::write(path, text).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn shell(&self, block: &Block<'_>, base_url: &str) -> Result<(), String> {
        let is_ours = |line: &&str| !line.is_empty() && !line.starts_with("cargo ");
        let is_other = block.says.iter().any(|(name, _)| *name == "not run");
        if is_other || !block.text.lines().any(|line| is_ours(&line)) {
            return Ok(());
        }
        let lines = block.text.lines().filter(is_ours);
        let lines = lines.filter(|line| block.language != "console" || line.starts_with("$ "));
        let script: Vec<String> = lines
            .map(|line| with_address(line.trim_start_matches("$ "), base_url).replace("=…", &format!("={TOKEN}")))
            .collect();
        let wanted = block.says.iter().find(|(name, _)| *name == "exit").map_or("0", |(_, code)| code);
        let program = Path::new(env!("CARGO_BIN_EXE_scim-check"));
        let path = format!(
            "{}:{}",
            program.parent().unwrap_or(Path::new("")).display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut shell = Command::new("bash");
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("SCIM_CHECK_") || name.starts_with("GITHUB_"))
        {
            shell.env_remove(name);
        }
        // What a reader types is not typed in CI, where snapshots are not written.
        shell.env_remove("CI");
        shell.args(["-euo", "pipefail", "-c", &script.join("\n")]).current_dir(self.folder.path()).stdin(Stdio::null());
        shell.env("PATH", path).env("SCIM_CHECK_TOKEN", TOKEN).env("SCIM_CHECK_BASE_URL", base_url);
        shell.env("XDG_STATE_HOME", self.folder.path()).env("NO_COLOR", "1");
        let output = shell.output().map_err(|error| format!("bash: {error}"))?;
        let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
        if code == wanted {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let end = said.lines().count().saturating_sub(25);
        let said: Vec<&str> = said.lines().skip(end).collect();
        Err(format!("ended with {code}, not {wanted}\n{}\n{}", script.join("\n"), said.join("\n")))
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// A generated page is what it would be now.
fn fresh(name: &str, wanted: &str) -> Result<(), Failed> {
    let path = root().join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, wanted)?;
    }
    let is = fs::read_to_string(&path).unwrap_or_default();
    if is == wanted {
        Ok(())
    } else {
        Err(format!("{name} is not fresh: UPDATE_DOCS=1 cargo test --test trials docs::").into())
    }
}

/// Every scenario, by folder.
fn catalogue() -> Result<String, Failed> {
    let library = scenario::load(None).map_err(|mistakes| mistakes[0].message.clone())?;
    let mut page = "# Catalogue of scenarios\n\nGenerated from the scenarios; `scim-check list` prints the same, and `--list` before a run what \
                    it would run.\nCases of one scenario stand in brackets.\n"
        .to_owned();
    let judge = Judge::new(&library.registry).map_err(|error| error.to_string())?;
    let mut laws: BTreeMap<String, usize> = BTreeMap::new();
    let lawful = |scenario: &&scenario::Scenario| library.personas.version_of(scenario.suite()) == Version::V2;
    for case in library.scenarios.iter().filter(lawful).flat_map(|scenario| &scenario.cases) {
        run::laws(&judge, case).iter().for_each(|id| *laws.entry(id.to_string()).or_default() += 1);
    }
    page.push_str(
        "\n## Laws\n\nWhat every write obeys, whatever its scenario is about ([how](../scenarios/README.md#laws)). `scim-check explain REQUIREMENT` says \
         which law finds the same.\n\n| law | what a right server does | cases |\n|---|---|---|\n",
    );
    for (id, cases) in &laws {
        let title = library.registry.get(id).map(|law| law.title.as_str()).unwrap_or_default();
        page.push_str(&format!("| `{id}` | {title} | {cases} |\n"));
    }
    let mut folder = String::new();
    let mut scenarios: Vec<_> = library.scenarios.iter().collect();
    scenarios.sort_by(|a, b| a.id.cmp(&b.id));
    for scenario in scenarios {
        let (parent, name) = scenario.id.rsplit_once('/').unwrap_or(("", &scenario.id));
        if parent != folder {
            folder = parent.to_owned();
            page.push_str(&format!("\n## {folder}\n\n| scenario | what a right server does |\n|---|---|\n"));
        }
        let rows: BTreeSet<&str> = scenario.cases.iter().filter_map(|case| Some(case.id.split_once('#')?.1)).collect();
        let rows = match (&scenario.rows_of, rows.len()) {
            (Some(table), _) if table.ends_with("-attributes") => " (all attributes at once)".to_owned(),
            (Some(_), _) => " (each declared attribute)".to_owned(),
            (None, 0) => String::new(),
            (None, 1..=4) => format!(" ({})", rows.into_iter().collect::<Vec<_>>().join(", ")),
            (None, n) => format!(" ({n} cases)"),
        };
        page.push_str(&format!("| `{name}`{rows} | {} |\n", scenario.title.replace('|', "\\|").replace('<', "\\<")));
    }
    page.push_str(&format!(
        "\n## {SUITE}\n\nAgainst a service for [Okta's import inline hook](import-hooks.md): `scim-check hook --list`.\n\n\
         | case | what is sent |\n|---|---|\n"
    ));
    for (id, title, _) in cases() {
        page.push_str(&format!("| `{}` | {title} |\n", id.trim_start_matches(&format!("{SUITE}/"))));
    }
    page.push_str(
        "\n### Faults of the reference hook\n\n`scim-check serve --hook --quirk QUIRK` shows them; `scim-check list --quirks` prints the \
         same, and those of the SCIM server.\n\n| quirk | what the service does | reported as |\n|---|---|---|\n",
    );
    for quirk in library.quirks.iter().filter(|quirk| quirk.server == load::Server::Hook) {
        let breaks: Vec<String> = quirk.breaks.iter().chain(&quirk.also).map(|id| format!("`{id}`")).collect();
        let breaks = if breaks.is_empty() { "nothing: it is right".to_owned() } else { breaks.join(", ") };
        page.push_str(&format!("| `{}` | {} | {breaks} |\n", quirk.id, quirk.does));
    }
    Ok(page)
}

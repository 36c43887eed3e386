//! Completions and man pages are what the program's options say. They are kept in the repository, for archives and packages;
//! they are written anew with
//!
//! ```sh
//! SCIM_CHECK_GENERATE=1 cargo test --profile dev --test it generated::
//! ```

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, io};

use clap::CommandFactory as _;
use clap_complete::Shell;
use scim_check::cli::args::Cli;

const AGAIN: &str = "SCIM_CHECK_GENERATE=1 cargo test --profile dev --test it generated::";

/// Text by the name of its file.
type Files = BTreeMap<String, String>;

fn command() -> clap::Command {
    // Without a width of its own clap would ask the terminal.
    Cli::command().term_width(100)
}

fn completions() -> Files {
    [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell]
        .into_iter()
        .map(|shell| {
            let (mut command, mut text) = (command(), Vec::new());
            clap_complete::generate(shell, &mut command, "scim-check", &mut text);
            let file = clap_complete::Generator::file_name(&shell, "scim-check");
            (file, String::from_utf8(text).expect("completions are text"))
        })
        .collect()
}

fn man_pages() -> io::Result<Files> {
    let folder = tempfile::tempdir()?;
    clap_mangen::generate_to(command(), folder.path())?;
    let pages = read(folder.path())?;
    // The pages of `help` say what `--help` says.
    Ok(pages.into_iter().filter(|(name, _)| !name.contains("-help")).collect())
}

/// The files of a folder; none where there is no folder.
fn read(folder: &Path) -> io::Result<Files> {
    if !folder.is_dir() {
        return Ok(Files::new());
    }
    let text = |entry: io::Result<fs::DirEntry>| {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, fs::read_to_string(path)?.replace("\r\n", "\n")))
    };
    fs::read_dir(folder)?.map(text).collect()
}

fn write(folder: &Path, files: &Files) -> io::Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    files.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))
}

/// Names of files that are missing, changed, or there without a reason.
fn stale(kept: &Files, wanted: &Files) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = kept.keys().chain(wanted.keys()).collect();
    names.into_iter().filter(|name| kept.get(*name) != wanted.get(*name)).cloned().collect()
}

fn keeps_fresh(folder: &str, wanted: &Files) {
    let folder = Path::new(folder);
    if env::var_os("SCIM_CHECK_GENERATE").is_some() {
        write(folder, wanted).expect("the repository can be written");
    }
    let stale = stale(&read(folder).expect("the repository can be read"), wanted);
    assert!(stale.is_empty(), "in {}: {}\nwrite them anew: {AGAIN}", folder.display(), stale.join(", "));
}

#[test]
fn completions_are_fresh() {
    let wanted = completions();
    assert!(wanted.len() == 4 && wanted.values().all(|text| text.contains("base-url")), "{:?}", wanted.keys());
    keeps_fresh("completions", &wanted);
}

#[test]
fn man_pages_are_fresh() {
    let wanted = man_pages().expect("pages can be made");
    let all = command().get_subcommands().count();
    assert!(wanted.len() > all, "{:?}", wanted.keys());
    keeps_fresh("man", &wanted);
}

#[test]
fn what_is_stale_is_named() {
    let files = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let kept: Files = files(&[("gone", ""), ("changed", "old"), ("same", "text")]);
    let wanted: Files = files(&[("changed", "new"), ("same", "text"), ("new", "")]);
    assert_eq!(stale(&kept, &wanted), ["changed", "gone", "new"]);
}

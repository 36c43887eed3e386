//! Where reports go: paths are checked before anything is sent, and nobody ever reads half a report.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use super::args::{BodiesArg, OutputArgs, ReportArgs};
use super::config::ConfigError;
use super::exit::Completeness;
use super::{complain, exit, say, style};
use crate::report::format::{self, Format};
use crate::report::text::{self, Verbosity};
use crate::report::{Report, Strictness, json};

/// A report that is wanted.
#[derive(Clone)]
pub(crate) struct Wanted {
    format: &'static Format,
    path: PathBuf,
}

impl Wanted {
    /// Whether it is about a submission, which wants everything to be run.
    pub(crate) fn is_of_all(&self) -> bool {
        self.format.word == crate::okta::readiness::FORMAT
    }

    /// Whether it leaves no room on standard output for anything else.
    pub(crate) fn is_on_stdout(&self) -> bool {
        self.path == Path::new("-")
    }
}

/// What to write where.
#[derive(Clone)]
pub(crate) struct Output {
    pub(crate) reports: Vec<Wanted>,
    pub(crate) bodies: json::Bodies,
    pub(crate) strictness: Strictness,
    /// The edition as it was typed.
    pub(crate) edition: Option<String>,
    /// The rows that decide, as they were typed.
    pub(crate) exit_on: Vec<String>,
    pub(crate) completeness: Completeness,
    pub(crate) verbosity: Verbosity,
    pub(crate) baseline: Option<BaselineFile>,
}

impl Output {
    /// How reports are written.
    pub(crate) fn options(&self) -> format::Options {
        let Output { bodies, strictness, verbosity, .. } = *self;
        format::Options { bodies, strictness, verbosity, width: width() }
    }
}

/// Where the known failures are.
#[derive(Clone, Debug)]
pub(crate) struct BaselineFile {
    pub(crate) path: PathBuf,
    /// Whether it is to be written.
    pub(crate) update: bool,
}

/// As many columns as the terminal is said to have.
pub(crate) fn width() -> usize {
    env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(110)
}

/// The meaning of `--quiet` and `--verbose`.
pub(crate) fn verbosity(quiet: bool, verbose: bool) -> Verbosity {
    match (quiet, verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    }
}

/// The meaning of the report's arguments.
pub(crate) fn output(args: &OutputArgs) -> Result<Output, ConfigError> {
    let bodies = match args.bodies {
        BodiesArg::Failing => json::Bodies::Failing,
        BodiesArg::All => json::Bodies::All,
        BodiesArg::None => json::Bodies::None,
    };
    let reports = wanted(&args.report, "--report ")?;
    check_bodies(&reports, bodies)?;
    Ok(Output {
        reports,
        bodies,
        strictness: if args.strict { Strictness::Should } else { Strictness::Must },
        edition: args.edition.clone(),
        exit_on: args.exit_on.clone(),
        completeness: if args.require_complete { Completeness::Required } else { Completeness::Any },
        verbosity: verbosity(args.quiet, args.verbose),
        baseline: args.baseline.clone().map(|path| BaselineFile { path, update: args.update_baseline }),
    })
}

/// The meaning of `FORMAT=PATH`, and whether each can be written; `option` is what stands before it on the command line.
/// All that is wrong is told at once.
pub(crate) fn wanted(written: &[String], option: &str) -> Result<Vec<Wanted>, ConfigError> {
    let mut reports: Vec<Wanted> = Vec::new();
    let mut mistakes = Vec::new();
    for text in written {
        match one(text, option) {
            Err(mistake) => mistakes.push(mistake),
            Ok(report) if reports.iter().any(|other| is_same(&other.path, &report.path)) => {
                mistakes.push(match report.is_on_stdout() {
                    true => format!("{option}{text}: another report goes to standard output already"),
                    false => format!("{option}{text}: another report goes to that path already"),
                });
            }
            Ok(report) => reports.push(report),
        }
    }
    all(mistakes).map(|()| reports)
}

/// Refuses what would be made of requests and answers that are not kept.
pub(crate) fn check_bodies(reports: &[Wanted], kept: json::Bodies) -> Result<(), ConfigError> {
    match kept == json::Bodies::None && reports.iter().any(|report| report.format.word == "har") {
        true => Err(ConfigError::Text(
            "a HAR is made of requests and answers, and with --bodies none they are not kept; run with --bodies failing \
             or --bodies all"
                .to_owned(),
        )),
        false => Ok(()),
    }
}

/// Says all that is wrong at once.
pub(crate) fn all(mistakes: Vec<String>) -> Result<(), ConfigError> {
    if mistakes.is_empty() { Ok(()) } else { Err(ConfigError::Text(mistakes.join("\nerror: "))) }
}

fn one(text: &str, option: &str) -> Result<Wanted, String> {
    let (format, path) = text
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or_else(|| format!("{}is written FORMAT=PATH, such as json=report.json, not `{text}`", named(option)))?;
    let format = format::named(format)
        .ok_or_else(|| format!("there is no report format `{format}`; there are {}", format::words("and")))?;
    let report = Wanted { format, path: PathBuf::from(path) };
    if report.is_on_stdout() {
        return Ok(report);
    }
    check(&report.path).map_err(|why| format!("{option}{text}: {why}"))?;
    Ok(report)
}

/// `--report ` as it is, and a word for what has no option before it.
fn named(option: &str) -> &str {
    if option.is_empty() { "a report " } else { option }
}

/// Whether a file can be written there, found out by writing one beside it.
pub(crate) fn check(path: &Path) -> Result<(), String> {
    if path.is_dir() {
        return Err("that is a folder".to_owned());
    }
    if is_special(path) {
        return Ok(());
    }
    let folder = folder(path);
    if !folder.is_dir() {
        return Err(format!("there is no folder {}", folder.display()));
    }
    let beside = beside(path);
    let made = fs::OpenOptions::new().write(true).create_new(true).open(&beside).and_then(|_| fs::remove_file(&beside));
    made.map_err(|error| format!("nothing can be written to {}: {error}", folder.display()))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether two paths lead to one file, as far as that shows before there is one.
pub(crate) fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| Some((folder(path).canonicalize().ok()?, path.file_name()?.to_owned()));
    a == b || real(a).is_some_and(|a| Some(a) == real(b))
}

/// Whether it is there and no file of the usual kind, such as `/dev/null`: nothing can take its place.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file())
}

/// A name in the same folder that nobody else uses; files are written one after the other.
fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!(".scim-check.{}.part", process::id()))
}

/// Writes beside and renames, so that nobody ever reads half a file; where that fails nothing is left behind.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    if is_special(path) {
        return fs::write(path, text);
    }
    let beside = beside(path);
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may not even have been made.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Writes a report into a file, or to standard output for `-`.
pub(crate) fn put(path: &Path, rendered: &str) -> Result<(), String> {
    if path == Path::new("-") {
        say(rendered);
        return Ok(());
    }
    replace(path, rendered).map_err(|error| format!("the report {} cannot be written: {error}", path.display()))
}

/// Writes every report that can be written.
///
/// # Errors
/// A message for each that could not.
pub(crate) fn deliver(report: &Report, wanted: &[Wanted], options: format::Options) -> Result<(), ConfigError> {
    let put = |one: &Wanted| put(&one.path, &(one.format.render)(report, options)).err();
    all(wanted.iter().filter_map(put).collect())
}

/// The largest report that is read. One with all bodies of a run of thousands of cases has some hundred megabytes.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// Reads a stored report.
///
/// # Errors
/// One message that names the file, and says where in it something is wrong.
pub(crate) fn read(path: &Path) -> Result<json::View, ConfigError> {
    let fail = |why: String| ConfigError::Text(format!("{}: {why}", path.display()));
    let file = fs::File::open(path).map_err(|error| fail(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| fail(error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(fail("is larger than 1 GiB, and is not read".to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|_| fail("not a report: it is no UTF-8 text".to_owned()))?;
    json::read(&text).map_err(|error| fail(error.to_string()))
}

/// `scim-check report --from`: writes a stored report in any format.
pub(super) fn command(args: &ReportArgs) -> Result<u8, ConfigError> {
    let wanted = wanted(&args.reports, "")?;
    let view = read(&args.from)?;
    let report = view.report().map_err(|error| ConfigError::Text(format!("{}: {error}", args.from.display())))?;
    check_bodies(&wanted, view.kept())?;
    let options = format::Options {
        bodies: view.kept(),
        strictness: if args.strict || view.strict { Strictness::Should } else { Strictness::Must },
        verbosity: verbosity(args.quiet, args.verbose),
        width: width(),
    };
    if wanted.is_empty() {
        let format::Options { verbosity, width, strictness, .. } = options;
        say(&text::summary(&report, text::Options { verbosity, width, style: style(), strictness }));
    }
    deliver(&report, &wanted, options)?;
    for one in wanted.iter().filter(|one| !one.is_on_stdout()) {
        complain(&format!("wrote {}\n", one.path.display()));
    }
    Ok(exit::CONFORMS)
}

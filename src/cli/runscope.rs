//! `scim-check runscope`: one of Okta's test files against a server, and what came of it as text and JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::okta::runscope::play::{Fate, Play, Played, PlayedStep, Totals, Whom, play, variables};
use crate::okta::runscope::{self as export, App, Checked, Export, Outcome, Scripts};
use crate::report::escape::{cut, line};
use crate::run::journal::Journal;
use crate::run::{Options, Run, Stop};
use crate::scenario;
use crate::wire::{HttpWire, Wire};

use super::args::{AppArg, RunscopeArgs, SetScriptArg};
use super::config::{self, ConfigError};
use super::{complain, exit, on_interrupt, pretty, runtime, say, server, tool};

/// What stands under every result.
const REHEARSAL: &str = "this is the rehearsal: a submission to the Okta Integration Network still needs the links to \
                         results that Okta's own tests had in Runscope";

/// How much of a value is shown on a line.
const SHOWN: usize = 120;

/// How many characters of a value a report keeps.
const KEPT: usize = 2000;

/// How much is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Failures,
    Steps,
    Everything,
}

pub(super) fn command(args: &RunscopeArgs) -> Result<u8, ConfigError> {
    let reports = reports(&args.report)?;
    let given = given(&args.var)?;
    let scripts = match args.set_script {
        SetScriptArg::Known => Scripts::Known,
        SetScriptArg::None => Scripts::None,
    };
    let mut mistakes = Vec::new();
    let export = match scenario::load::read(&args.file, &mut mistakes) {
        Some(file) => export::read(&file, scripts).map_err(ConfigError::Diagnostics)?,
        None => return Err(ConfigError::Diagnostics(mistakes)),
    };
    let (connection, given) = connection(args, given)?;
    let base_url = connection.http.base_url.to_string().trim_end_matches('/').to_owned();
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(1..1_000_000));
    let org = args.simulate_okta.map(|app| match app {
        AppArg::Catalogue => App::Catalogue,
        AppArg::Wizard => App::Wizard,
    });
    let mut variables = variables(seed, &base_url, org);
    for (name, value) in given {
        variables.set(name, value);
    }
    let wanted = Play { export, variables, base_url, org };
    let mut mistakes = export::unresolved(&wanted.export, &wanted.variables);
    mistakes.extend(export::strays(&wanted.export, &wanted.variables, &wanted.base_url, wanted.org_url()));
    if !mistakes.is_empty() {
        return Err(ConfigError::Diagnostics(mistakes));
    }
    let mut warnings = connection.warnings.clone();
    warnings.extend(super::left_over(&connection.journal));
    if !args.quiet {
        for warning in &warnings {
            complain(&format!("note: {warning}\n"));
        }
    }
    let library = scenario::load(None).map_err(ConfigError::Diagnostics)?;
    let judge = super::judge(&library)?;
    let runtime = runtime()?;
    let server = runtime.block_on(server::start(&connection))?;
    let wire = Wire::Http(HttpWire::new(connection.http).map_err(|error| ConfigError::Text(error.to_string()))?);
    let journal = Journal::open(&connection.journal).map_err(|error| ConfigError::Text(error.to_string()))?;
    let settle = Duration::try_from_secs_f64(args.settle.clamp(0.0, 600.0)).unwrap_or_default();
    let told = Told { export: wanted.export.clone(), base_url: wanted.base_url.clone(), seed, org };
    let version = told.export.version();
    let played = runtime.block_on(async {
        let (stop, stopped) = watch::channel(Stop::No);
        let interrupts = tokio::spawn(on_interrupt(stop));
        let run = Run {
            wire,
            judge,
            options: Options { seed, settle, version, ..Options::default() },
            stop: stopped,
            journal: Some(journal),
            on_event: Box::new(|_| {}),
        };
        let played = play(run, wanted).await;
        interrupts.abort();
        played
    });
    let detail = match (args.quiet, args.verbose) {
        (true, _) => Detail::Failures,
        (_, true) => Detail::Everything,
        _ => Detail::Steps,
    };
    let text = told.text(&played, detail);
    if reports.iter().any(|path| path == Path::new("-")) {
        complain(&text)
    } else {
        say(&text)
    }
    let put = |path: &PathBuf| super::reports::put(path, &pretty(&told.json(&played))).err();
    let written = super::reports::all(reports.iter().filter_map(put).collect());
    runtime.block_on(server::stop(server, written.map(|()| code(&played))))
}

fn code(played: &Played) -> u8 {
    let totals = played.totals();
    match (totals.failed, totals.unjudged, &played.stopped) {
        (0, 0, None) => exit::CONFORMS,
        (0, _, _) => exit::UNDECIDED,
        _ => exit::VIOLATES,
    }
}

fn reports(written: &[String]) -> Result<Vec<PathBuf>, ConfigError> {
    let one = |written: &String| match written.split_once('=') {
        Some(("json", path)) => {
            let path = PathBuf::from(path);
            // A path that cannot be written shall be known before anything is sent.
            match path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
                Some(folder) => Err(format!("--report {written}: there is no folder {}", folder.display()).into()),
                None => Ok(path),
            }
        }
        _ => Err(format!("--report is written json=PATH here, not `{written}`").into()),
    };
    written.iter().map(one).collect()
}

fn given(written: &[String]) -> Result<BTreeMap<String, String>, ConfigError> {
    let one = |written: &String| match written.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        // The rest may be a credential.
        _ => Err(ConfigError::from("--var is written NAME=VALUE, such as EntitlementEndpoint=/Roles".to_owned())),
    };
    written.iter().map(one).collect()
}

/// The server, which may as well be given as Runscope has it: by the variables of the test.
fn connection(
    args: &RunscopeArgs,
    mut given: BTreeMap<String, String>,
) -> Result<(config::Connection, BTreeMap<String, String>), ConfigError> {
    let mut connection = args.connection.clone();
    for name in ["SCIMBaseURL", "SCIMUrl"] {
        if let Some(url) = given.remove(name) {
            connection.base_url.get_or_insert(url);
        }
    }
    for name in ["auth", "SCIMAuth"] {
        let Some(value) = given.remove(name) else { continue };
        let other = connection.token.is_some() || connection.token_file.is_some() || connection.user.is_some();
        if !other && connection.oauth.token_url.is_none() {
            connection.header.get_or_insert(format!("Authorization: {value}"));
        }
    }
    config::connection(&connection, None, &scenario::load::personas()).map(|connection| (connection, given))
}

/// What was played, for those who tell of it.
struct Told {
    export: Export,
    base_url: String,
    seed: u64,
    org: Option<App>,
}

impl Told {
    fn text(&self, played: &Played, detail: Detail) -> String {
        let mut out = String::new();
        if detail != Detail::Failures {
            let org = self
                .org
                .map(|org| {
                    let version = self.export.version().as_str();
                    format!(", with a simulated {} app, which speaks SCIM {version}", org.as_str())
                })
                .unwrap_or_default();
            let _ = writeln!(out, "{} against {}{org}\n", line(&self.export.name), line(&self.base_url));
        }
        for step in &played.steps {
            self.step(&mut out, step, detail);
        }
        for leftover in &played.leftovers {
            let _ = writeln!(out, "left behind: {}: {}", line(&leftover.path), line(&leftover.why));
        }
        if let Some(why) = &played.stopped {
            let _ = writeln!(out, "stopped: {}", line(why));
        }
        if detail != Detail::Failures {
            out.push('\n');
        }
        let _ = writeln!(out, "{} ({} ms, seed {})", sums(&played.totals()), played.took.as_millis(), self.seed);
        let _ = writeln!(out, "{REHEARSAL}");
        out
    }

    fn step(&self, out: &mut String, step: &PlayedStep, detail: Detail) {
        let all = || step.assertions.iter().chain(&step.besides);
        let passed = step.assertions.iter().filter(|checked| checked.outcome == Outcome::Passed).count();
        let wrong = all().any(|checked| checked.outcome != Outcome::Passed);
        if detail == Detail::Failures && !wrong {
            return;
        }
        let word = match &step.fate {
            _ if all().any(|checked| checked.outcome == Outcome::Failed) => "FAIL",
            Fate::Skipped => "skip",
            Fate::Answered { .. } if !wrong => "ok",
            _ => "????",
        };
        let whom = match step.whom {
            Whom::Scim => "",
            Whom::Org => "Okta ",
        };
        let held = format!("{passed}/{}", step.assertions.len());
        let number = format!("R{}", step.number);
        let asked = format!("{whom}{} {}", step.method, cut(&line(&step.path), SHOWN));
        let _ = writeln!(out, "{number:<4}{word:<5}{held:>6}  {asked}  {}", line(&step.note));
        match &step.fate {
            Fate::Silence(why) => {
                let _ = writeln!(out, "     no answer: {}", line(why));
            }
            Fate::NotSent(why) => {
                let _ = writeln!(out, "     not sent: {}", line(why));
            }
            Fate::Answered { .. } | Fate::Skipped => {}
        }
        for checked in all() {
            let told = demand(checked);
            match &checked.outcome {
                Outcome::Passed if detail == Detail::Everything => {
                    let _ = writeln!(out, "     ok    {told}");
                }
                Outcome::Passed => {}
                Outcome::Failed => {
                    let _ = writeln!(out, "     FAIL  {told}");
                }
                // Where nothing was sent the reason stands above, once.
                Outcome::Unjudged(_) if !matches!(step.fate, Fate::Answered { .. }) => {}
                Outcome::Unjudged(why) => {
                    let _ = writeln!(out, "     ????  {told}: {}", line(why));
                }
            }
        }
        if detail == Detail::Everything {
            for exchange in &step.traffic {
                let answer = exchange.reply.as_ref().map_or_else(ToString::to_string, |r| r.status.to_string());
                let asked = cut(&line(&exchange.request.path), SHOWN);
                let _ = writeln!(out, "     sent  {} {asked} -> {}", exchange.request.method, line(&answer));
            }
        }
        for note in notes(step) {
            let _ = writeln!(out, "     note  {}", line(note));
        }
    }

    fn json(&self, played: &Played) -> Value {
        let totals = played.totals();
        let result = match code(played) {
            exit::CONFORMS => "passed",
            exit::VIOLATES => "failed",
            _ => "undecided",
        };
        json!({
            "format": "scim-check.runscope/1",
            "tool": { "name": tool().name, "version": tool().version },
            "test": self.export.name,
            "file": self.export.file.name,
            "base_url": self.base_url,
            "simulated_app": self.org.map(App::as_str),
            "seed": self.seed,
            "result": result,
            "totals": {
                "requests": totals.requests,
                "assertions": totals.assertions,
                "failed": totals.failed,
                "not_judged": totals.unjudged,
                "left_behind": totals.left,
            },
            "steps": played.steps.iter().map(step_json).collect::<Vec<_>>(),
            "leftovers": played.leftovers.iter().map(|l| json!({ "path": l.path, "why": l.why })).collect::<Vec<_>>(),
            "stopped": played.stopped,
            "took_ms": millis(played.took),
            "note": REHEARSAL,
        })
    }
}

fn sums(totals: &Totals) -> String {
    let Totals { requests, assertions, failed, unjudged, left } = totals;
    let unjudged = if *unjudged == 0 { String::new() } else { format!(", {unjudged} not judged") };
    format!("{requests} requests, {assertions} assertions, {failed} failed{unjudged}, {left} left behind")
}

/// A demand and, when it is not met, what was there instead.
fn demand(checked: &Checked) -> String {
    let told = format!("{} {}: expected {}", checked.subject, checked.comparison, checked.expected);
    let told = match (&checked.outcome, &checked.actual) {
        (Outcome::Failed, Some(actual)) => format!("{told}, got {}", cut(&actual.to_string(), SHOWN)),
        (Outcome::Failed, None) => format!("{told}, got nothing"),
        _ => told,
    };
    line(&told)
}

fn notes(step: &PlayedStep) -> impl Iterator<Item = &String> {
    step.assertions.iter().chain(&step.besides).filter_map(|checked| checked.note.as_ref()).chain(&step.notes)
}

fn step_json(step: &PlayedStep) -> Value {
    let (fate, status, took, why) = match &step.fate {
        Fate::Answered { status, took } => ("answered", Some(*status), Some(millis(*took)), None),
        Fate::Silence(why) => ("no answer", None, None, Some(why)),
        Fate::Skipped => ("skipped", None, None, None),
        Fate::NotSent(why) => ("not sent", None, None, Some(why)),
    };
    json!({
        "step": format!("R{}", step.number),
        "note": step.note,
        "asked": match step.whom { Whom::Scim => "scim", Whom::Org => "okta" },
        "method": step.method,
        "path": step.path,
        "fate": fate,
        "why": why,
        "status": status,
        "took_ms": took,
        "assertions": step.assertions.iter().map(checked_json).collect::<Vec<_>>(),
        "besides": step.besides.iter().map(checked_json).collect::<Vec<_>>(),
        "notes": step.notes,
        "sent": step.traffic.iter().map(|exchange| json!({
            "method": exchange.request.method,
            "path": exchange.request.path,
            "status": exchange.reply.as_ref().ok().map(|r| r.status),
        })).collect::<Vec<_>>(),
    })
}

fn checked_json(checked: &Checked) -> Value {
    let (outcome, why) = match &checked.outcome {
        Outcome::Passed => ("passed", None),
        Outcome::Failed => ("failed", None),
        Outcome::Unjudged(why) => ("not judged", Some(why)),
    };
    json!({
        "subject": checked.subject,
        "comparison": checked.comparison,
        "expected": checked.expected,
        "actual": checked.actual.as_ref().map(kept),
        "outcome": outcome,
        "why": why,
        "note": checked.note,
    })
}

/// A value as a report keeps it: a whole body is not worth its space.
fn kept(value: &Value) -> Value {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().nth(KEPT).is_some() { Value::from(cut(&text, KEPT)) } else { value.clone() }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

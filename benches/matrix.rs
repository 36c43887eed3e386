//! How many of all faults of four kinds a run at default depth finds, and whether it blames what has done it.
//!
//! `cargo bench --bench matrix` puts one fault after the other into the reference server, each in one attribute by one verb
//! ([`Seeded::all`]), runs Okta's suite with its laws, and prints a table: a line for each attribute, a column for each verb and harm.
//!
//! | cell | what came of it |
//! |---|---|
//! | `+` | it was found: the attribute is named, in a case where the write has struck |
//! | `!` | it was found, and something was blamed that has not done it |
//! | `-` | it has struck and was missed |
//! | `.` | nothing in the run could strike it: nobody sends the attribute by that verb, or there is nobody else |
//! | ` ` | the verb leaves nothing for that harm |
//!
//! Words after `--` choose: attributes by a part of their names, verbs, and harms (`-- title PATCH smeared`). `--every N` takes each Nth of what
//! is chosen. `--tell` says of each that was not found rightly what came of it.
//!
//! It ends with an error when fewer than 95 of 100 that were struck are found, or when a blame is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use scim_check::reference::{Harm, Seeded, Verb};
use tokio::task::JoinSet;

mod seeded;

use seeded::{Fate, Ground};

/// Of 100 faults, so many have to be found.
const GOAL: usize = 95;

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "matrix: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
struct Choice {
    attributes: Vec<String>,
    verbs: Vec<String>,
    harms: Vec<String>,
    every: usize,
    tell: bool,
}

impl Choice {
    fn read() -> Result<Self, Failed> {
        let mut choice = Self { attributes: Vec::new(), verbs: Vec::new(), harms: Vec::new(), every: 1, tell: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--bench" => {}
                "--tell" => choice.tell = true,
                "--every" => choice.every = arguments.next().ok_or("--every wants a number")?.parse()?,
                word if Verb::ALL.iter().any(|verb| verb.as_str() == word) => choice.verbs.push(argument),
                word if Harm::ALL.iter().any(|harm| harm.as_str() == word) => choice.harms.push(argument),
                _ => choice.attributes.push(argument),
            }
        }
        Ok(choice)
    }

    fn is_met_by(&self, fault: &Seeded) -> bool {
        let is_among = |words: &[String], word: &str| words.is_empty() || words.iter().any(|one| one == word);
        let name = named(fault);
        is_among(&self.verbs, fault.verb().as_str())
            && is_among(&self.harms, fault.harm().as_str())
            && (self.attributes.is_empty() || self.attributes.iter().any(|part| name.contains(part.as_str())))
    }
}

/// An attribute with its kind of resource, without the URN.
fn named(fault: &Seeded) -> String {
    let name = fault.attribute().rsplit(':').next().unwrap_or_default();
    let urn = fault.attribute().strip_suffix(name).unwrap_or_default();
    let extension = match urn {
        "" => "",
        urn if urn.contains(":enterprise:") => "enterprise:",
        _ => "custom:",
    };
    format!("{} {extension}{name}", fault.resource())
}

/// Which of some faults a run has something to strike for, by their places. The server does nothing wrong.
async fn strikable(ground: &Ground, faults: &[Seeded]) -> Result<BTreeSet<usize>, Failed> {
    let (cases, strikes) = ground.run(faults.to_vec(), true, &[]).await;
    if let Some(case) = cases.iter().find(|case| !case.findings.is_empty()) {
        return Err(format!("a right server is found wrong in {}: {:#?}", case.id, case.findings).into());
    }
    Ok(strikes.into_iter().map(|strike| strike.fault).collect())
}

fn measure() -> Result<bool, Failed> {
    let choice = Choice::read()?;
    let faults: Vec<Seeded> = Seeded::all().into_iter().filter(|fault| choice.is_met_by(fault)).collect();
    let faults: Vec<Seeded> = faults.into_iter().step_by(choice.every.max(1)).collect();
    let ground = Arc::new(Ground::new());
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(cores).enable_all().build()?;
    let mut fates: BTreeMap<usize, Fate> = runtime.block_on(async {
        let strikable = strikable(&ground, &faults).await?;
        let mut waiting = strikable.iter().copied();
        let mut running = JoinSet::new();
        let mut fates = BTreeMap::new();
        loop {
            while running.len() < cores {
                let Some(place) = waiting.next() else { break };
                let (ground, fault) = (Arc::clone(&ground), faults[place].clone());
                running.spawn(async move { (place, ground.fate(&fault, &[]).await) });
            }
            let Some(done) = running.join_next().await else { break };
            let (place, fate) = done?;
            fates.insert(place, fate);
        }
        Ok::<_, Failed>(fates)
    })?;
    for place in 0..faults.len() {
        fates.entry(place).or_insert(Fate::Unstruck);
    }
    tell(&faults, &fates, choice.tell)
}

/// The marks of an attribute.
type Cells = BTreeMap<(Verb, Harm), char>;

fn mark(fate: &Fate) -> char {
    match fate {
        Fate::Found => '+',
        Fate::Wrong(_) => '!',
        Fate::Missed(_) => '-',
        Fate::Unstruck => '.',
    }
}

fn tell(faults: &[Seeded], fates: &BTreeMap<usize, Fate>, is_all_told: bool) -> Result<bool, Failed> {
    let mut out = std::io::stdout();
    let columns: BTreeSet<(Verb, Harm)> = faults.iter().map(|fault| (fault.verb(), fault.harm())).collect();
    let mut rows: Vec<(String, Cells)> = Vec::new();
    for (place, fault) in faults.iter().enumerate() {
        let name = named(fault);
        if rows.last().is_none_or(|(last, _)| *last != name) {
            rows.push((name, Cells::new()));
        }
        if let Some((_, cells)) = rows.last_mut() {
            cells.insert((fault.verb(), fault.harm()), mark(&fates[&place]));
        }
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let harms = |verb: Verb| columns.iter().filter(move |column| column.0 == verb).map(|column| column.1);
    let verbs: BTreeSet<Verb> = columns.iter().map(|column| column.0).collect();
    let head = |of: &dyn Fn(Verb) -> String| verbs.iter().map(|verb| of(*verb)).collect::<Vec<_>>().join("  ");
    let letters = |verb: Verb| harms(verb).map(|harm| format!("{:>2}", &harm.as_str()[..1])).collect::<String>();
    writeln!(out, "{:width$}  {}", "", head(&|verb| format!("{:>1$}", verb.as_str(), 2 * harms(verb).count())))?;
    writeln!(out, "{:width$}  {}", "attribute", head(&letters))?;
    for (name, cells) in &rows {
        let cell = |verb: Verb| {
            harms(verb).map(|harm| format!(" {}", cells.get(&(verb, harm)).unwrap_or(&' '))).collect::<String>()
        };
        writeln!(out, "{name:width$}  {}", head(&cell))?;
    }
    writeln!(out, "l lost, o overwritten by another's, s smeared over another resource and, last, s stale in lists\n")?;
    let count = |of: &dyn Fn(&Seeded, &Fate) -> bool| {
        faults.iter().enumerate().filter(|(place, fault)| of(fault, &fates[place])).count()
    };
    writeln!(out, "{:12} {:>6} {:>6} {:>6} {:>6} {:>9}", "", "struck", "found", "wrong", "missed", "unstruck")?;
    let harms: BTreeSet<Option<Harm>> = faults.iter().map(|fault| Some(fault.harm())).chain([None]).collect();
    let mut line = |name: &str, wanted: Option<Harm>| -> Result<(usize, usize, usize), Failed> {
        let of =
            |fate: char| count(&|fault, other| wanted.is_none_or(|harm| fault.harm() == harm) && mark(other) == fate);
        let (found, wrong, missed) = (of('+'), of('!'), of('-'));
        let struck = found + wrong + missed;
        writeln!(out, "{name:12} {struck:>6} {:>6} {wrong:>6} {missed:>6} {:>9}", found + wrong, of('.'))?;
        Ok((struck, found + wrong, wrong))
    };
    for harm in harms.into_iter().flatten() {
        line(harm.as_str(), Some(harm))?;
    }
    let (struck, found, wrong) = line("all", None)?;
    let percent = |part: usize, whole: usize| part as f64 * 100.0 / whole.max(1) as f64;
    writeln!(
        out,
        "\nfound: {:.1} % of {struck}; blames right: {:.1} % of {found}",
        percent(found, struck),
        percent(found - wrong, found)
    )?;
    if is_all_told {
        for (place, fault) in faults.iter().enumerate() {
            if let Fate::Wrong(why) | Fate::Missed(why) = &fates[&place] {
                let (verb, harm) = (fault.verb().as_str(), fault.harm().as_str());
                writeln!(out, "{} {} {verb} {harm}: {why}", mark(&fates[&place]), named(fault))?;
            }
        }
    }
    Ok(found * 100 >= struck * GOAL && wrong == 0)
}

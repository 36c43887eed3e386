//! What the proof of everything measures of each quirk, and what `scenarios/quirks.yaml` says of that: how many cases have no
//! verdict, in each suite that proves the quirk, and which demands of `also` were not reported.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use scim_check::requirement::RequirementId;
use scim_check::source::{Node, SourceFile, parse};
use serde_json::Value;

use crate::proof::{Need, Proof, UNDECIDED};

/// How the line with the bounds of an entry begins.
const UNDECIDED_KEY: &str = "  undecided: ";

/// The suite that proves a quirk whose entry names none.
pub(crate) const SUITE: &str = "okta";

/// What an entry says in `undecided`, by suites: `undecided: 12` is said of its `own`, `undecided: { okta: 12, onelogin: 11 }`
/// of each. None if it says neither.
pub(crate) fn of(entry: &Node, own: &str) -> Option<BTreeMap<String, usize>> {
    match entry.get("undecided").map(Node::to_json) {
        None => Some(BTreeMap::new()),
        Some(Value::Number(bound)) => Some(BTreeMap::from([(own.to_owned(), usize::try_from(bound.as_u64()?).ok()?)])),
        Some(by_suite) => serde_json::from_value(by_suite).ok(),
    }
}

/// What was measured of a quirk.
struct Measured {
    undecided: usize,
    bound: usize,
    unneeded: BTreeSet<RequirementId>,
}

/// What was measured so far, by the ids of quirks and the suites that prove them.
#[derive(Default)]
pub(crate) struct Measures(Mutex<BTreeMap<(String, String), Measured>>);

impl Measures {
    pub(crate) fn add(&self, need: &Need, proof: &Proof) {
        let measured =
            Measured { undecided: proof.undecided, bound: need.may_leave(), unneeded: proof.unneeded.clone() };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((need.quirk().to_owned(), need.suite.clone()), measured);
    }

    /// Says how many cases have no verdict, the most first.
    #[expect(clippy::print_stdout, reason = "the figures are what the proof of everything is read for")]
    pub(crate) fn tell(&self) {
        let measures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<_> = measures.iter().filter(|(_, measured)| measured.undecided > 0).collect();
        rows.sort_by_key(|(quirk, measured)| (Reverse(measured.undecided), *quirk));
        let all: usize = rows.iter().map(|(_, measured)| measured.undecided).sum();
        println!("{all} cases without a verdict, by quirk, and how many there may be:");
        for ((id, suite), Measured { undecided, bound, .. }) in rows {
            println!("{undecided:>6} {bound:>5}  {id} ({suite})");
        }
    }

    /// Writes what was measured into the file; what was not run stays as it is.
    pub(crate) fn write(&self) {
        let measures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/quirks.yaml");
        let text = std::fs::read_to_string(&path).expect("scenarios/quirks.yaml is part of the repository");
        std::fs::write(&path, with(&text, &measures)).expect("who asks for it may write there");
    }
}

/// The text of the file with what was measured.
fn with(text: &str, measures: &BTreeMap<(String, String), Measured>) -> String {
    let mut entries: Vec<Vec<String>> = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with("- id: ") {
            entries.push(Vec::new());
        }
        entries.last_mut().expect("there is one from the beginning").push(line.to_owned());
    }
    for entry in &mut entries {
        let Some(id) = entry.first().and_then(|line| line.strip_prefix("- id: ")) else { continue };
        let measured: BTreeMap<&str, &Measured> = measures
            .iter()
            .filter(|((quirk, _), _)| quirk == id.trim())
            .map(|((_, suite), measured)| (suite.as_str(), measured))
            .collect();
        if !measured.is_empty() {
            *entry = rewritten(std::mem::take(entry), &measured);
        }
    }
    entries.concat().iter().map(|line| format!("{line}\n")).collect()
}

/// The lines of an entry with its bounds as they were measured, and without the demands that nobody reported.
fn rewritten(mut lines: Vec<String>, measured: &BTreeMap<&str, &Measured>) -> Vec<String> {
    let own = lines.iter().find_map(|line| line.strip_prefix("  suite: ")).unwrap_or(SUITE).to_owned();
    let (said, mut lines): (Vec<String>, Vec<String>) =
        lines.drain(..).partition(|line| line.starts_with(UNDECIDED_KEY));
    let unneeded: BTreeSet<RequirementId> = measured.values().flat_map(|measured| measured.unneeded.clone()).collect();
    let is_of_also = |at: usize, lines: &[String]| at < lines.len() && lines[at].starts_with("    - ");
    if let Some(start) = lines.iter().position(|line| line.starts_with("  also:"))
        && !unneeded.is_empty()
    {
        let mut end = start + 1;
        while is_of_also(end, &lines) {
            end += 1;
        }
        let text = lines[start..end].join(" ");
        let words = text.trim_start_matches("  also:").split([' ', ',', '[', ']']);
        let needed: Vec<&str> = words
            .filter(|word| !word.is_empty() && *word != "-")
            .filter(|word| !unneeded.contains(&RequirementId::from(*word)))
            .collect();
        let inline = match needed.as_slice() {
            [] => None,
            [one] => Some(format!("  also: {one}")),
            several => Some(format!("  also: [{}]", several.join(", "))),
        };
        let written = match inline {
            Some(line) if line.len() > 120 => {
                std::iter::once("  also:".to_owned()).chain(needed.iter().map(|id| format!("    - {id}"))).collect()
            }
            line => Vec::from_iter(line),
        };
        lines.splice(start..end, written);
    }
    let mut bounds = said_of(&said.concat(), &own);
    for (suite, Measured { undecided, .. }) in measured {
        bounds.remove(*suite);
        if *undecided > UNDECIDED {
            bounds.insert((*suite).to_owned(), *undecided);
        }
    }
    if !bounds.is_empty() {
        // Before the reason, if there is one, or behind the last line of the entry.
        let reason = lines.iter().position(|line| line.starts_with("  because: "));
        let last = lines.iter().rposition(|line| line.starts_with("  "));
        let at = reason.or(last.map(|last| last + 1)).unwrap_or(lines.len());
        lines.insert(at, written(&bounds, &own));
    }
    let is_exception = lines.iter().any(|line| line.starts_with("  also:") || line.starts_with("  undecided: "));
    lines.retain(|line| is_exception || !line.starts_with("  because: "));
    lines
}

/// What a line with the bounds of an entry says.
fn said_of(line: &str, own: &str) -> BTreeMap<String, usize> {
    let file = Arc::new(SourceFile { name: "scenarios/quirks.yaml".to_owned(), text: line.to_owned() });
    parse(&file).ok().and_then(|entry| of(&entry, own)).unwrap_or_default()
}

/// The line with the bounds of an entry.
fn written(bounds: &BTreeMap<String, usize>, own: &str) -> String {
    let each: Vec<String> = bounds.iter().map(|(suite, bound)| format!("{suite}: {bound}")).collect();
    match bounds.get(own) {
        Some(bound) if bounds.len() == 1 => format!("{UNDECIDED_KEY}{bound}"),
        _ => format!("{UNDECIDED_KEY}{{ {} }}", each.join(", ")),
    }
}

/// Whether an entry of each form is written as it was measured, and everything else stays as it is.
pub(crate) fn are_written() -> Result<(), libtest_mimic::Failed> {
    let measured = |undecided, unneeded: &[&str]| Measured {
        undecided,
        bound: UNDECIDED,
        unneeded: unneeded.iter().map(|id| RequirementId::from(*id)).collect(),
    };
    let in_suite = |id: &str, suite: &str| (id.to_owned(), suite.to_owned());
    let measures = BTreeMap::from([
        (in_suite("shrinks", "okta"), measured(3, &["A", "C"])),
        (in_suite("grows", "okta"), measured(12, &[])),
        (in_suite("is-told-why", "okta"), measured(40, &["A"])),
        (in_suite("grows-elsewhere", "onelogin"), measured(22, &[])),
        (in_suite("is-elsewhere", "onelogin"), measured(13, &[])),
        (in_suite("shrinks-elsewhere", "okta"), measured(30, &[])),
        (in_suite("shrinks-elsewhere", "onelogin"), measured(2, &[])),
        (in_suite("calms-elsewhere", "onelogin"), measured(0, &[])),
    ]);
    let before = "# Comment\n\n- id: shrinks\n  breaks: X\n  also:\n    - A\n    - B\n    - C\n  undecided: 20\n  because: \"why\"\n\n\
        # Between\n- id: grows\n  breaks: X\n\n- id: is-told-why\n  breaks: X\n  also: [A]\n  because: \"why\"\n\n\
        - id: grows-elsewhere\n  breaks: X\n  undecided: 50\n  because: \"why\"\n\n\
        - id: is-elsewhere\n  breaks: X\n\n\
        - id: shrinks-elsewhere\n  breaks: X\n  undecided: { okta: 50, onelogin: 22 }\n  because: \"why\"\n\n\
        - id: calms-elsewhere\n  breaks: X\n  undecided: { onelogin: 22 }\n  because: \"why\"\n\n\
        - id: not-run\n  breaks: X\n  undecided: 90\n  because: \"why\"\n";
    let after = "# Comment\n\n- id: shrinks\n  breaks: X\n  also: B\n  because: \"why\"\n\n\
        # Between\n- id: grows\n  breaks: X\n  undecided: 12\n\n- id: is-told-why\n  breaks: X\n  undecided: 40\n  because: \"why\"\n\n\
        - id: grows-elsewhere\n  breaks: X\n  undecided: { okta: 50, onelogin: 22 }\n  because: \"why\"\n\n\
        - id: is-elsewhere\n  breaks: X\n  undecided: { onelogin: 13 }\n\n\
        - id: shrinks-elsewhere\n  breaks: X\n  undecided: 30\n  because: \"why\"\n\n\
        - id: calms-elsewhere\n  breaks: X\n\n\
        - id: not-run\n  breaks: X\n  undecided: 90\n  because: \"why\"\n";
    let written = with(before, &measures);
    if written != after {
        return Err(format!("written:\n{written}\nand not:\n{after}").into());
    }
    let calm = BTreeMap::from([(in_suite("is-told-why", "okta"), measured(0, &["A"]))]);
    match with(after, &calm).contains("- id: is-told-why\n  breaks: X\n\n- id: grows-elsewhere") {
        true => Ok(()),
        false => Err("a reason for nothing stays".into()),
    }
}

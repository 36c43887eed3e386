//! What the proof of everything measures of each quirk, and what `scenarios/quirks.yaml` says of that: how many cases have no
//! verdict, and which demands of `also` were not reported.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use scim_check::requirement::RequirementId;

use crate::proof::{Need, Proof, UNDECIDED};

/// What was measured of a quirk.
struct Measured {
    undecided: usize,
    bound: usize,
    unneeded: BTreeSet<RequirementId>,
}

/// What was measured so far, by the ids of quirks.
#[derive(Default)]
pub(crate) struct Measures(Mutex<BTreeMap<String, Measured>>);

impl Measures {
    pub(crate) fn add(&self, need: &Need, proof: &Proof) {
        let measured =
            Measured { undecided: proof.undecided, bound: need.may_leave(), unneeded: proof.unneeded.clone() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(need.id.clone(), measured);
    }

    /// Says how many cases have no verdict, the most first.
    #[expect(clippy::print_stdout, reason = "the figures are what the proof of everything is read for")]
    pub(crate) fn tell(&self) {
        let measures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<_> = measures.iter().filter(|(_, measured)| measured.undecided > 0).collect();
        rows.sort_by_key(|(id, measured)| (Reverse(measured.undecided), id.as_str()));
        let all: usize = rows.iter().map(|(_, measured)| measured.undecided).sum();
        println!("{all} cases without a verdict, by quirk, and how many there may be:");
        for (id, Measured { undecided, bound, .. }) in rows {
            println!("{undecided:>6} {bound:>5}  {id}");
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
fn with(text: &str, measures: &BTreeMap<String, Measured>) -> String {
    let mut entries: Vec<Vec<String>> = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with("- id: ") {
            entries.push(Vec::new());
        }
        entries.last_mut().expect("there is one from the beginning").push(line.to_owned());
    }
    for entry in &mut entries {
        let id = entry.first().and_then(|line| line.strip_prefix("- id: ")).map(str::trim);
        if let Some(measured) = id.and_then(|id| measures.get(id)) {
            *entry = rewritten(std::mem::take(entry), measured);
        }
    }
    entries.concat().iter().map(|line| format!("{line}\n")).collect()
}

/// The lines of an entry with its bound as it was measured, and without the demands that nobody reported.
fn rewritten(mut lines: Vec<String>, measured: &Measured) -> Vec<String> {
    lines.retain(|line| !line.starts_with("  undecided: "));
    let is_of_also = |at: usize, lines: &[String]| at < lines.len() && lines[at].starts_with("    - ");
    if let Some(start) = lines.iter().position(|line| line.starts_with("  also:"))
        && !measured.unneeded.is_empty()
    {
        let mut end = start + 1;
        while is_of_also(end, &lines) {
            end += 1;
        }
        let text = lines[start..end].join(" ");
        let words = text.trim_start_matches("  also:").split([' ', ',', '[', ']']);
        let needed: Vec<&str> = words
            .filter(|word| !word.is_empty() && *word != "-")
            .filter(|word| !measured.unneeded.contains(&RequirementId::from(*word)))
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
    if measured.undecided > UNDECIDED {
        // Before the reason, if there is one, or behind the last line of the entry.
        let reason = lines.iter().position(|line| line.starts_with("  because: "));
        let last = lines.iter().rposition(|line| line.starts_with("  "));
        let at = reason.or(last.map(|last| last + 1)).unwrap_or(lines.len());
        lines.insert(at, format!("  undecided: {}", measured.undecided));
    }
    let is_exception = lines.iter().any(|line| line.starts_with("  also:") || line.starts_with("  undecided: "));
    lines.retain(|line| is_exception || !line.starts_with("  because: "));
    lines
}

/// Whether an entry of each form is written as it was measured, and everything else stays as it is.
pub(crate) fn are_written() -> Result<(), libtest_mimic::Failed> {
    let measured = |undecided, unneeded: &[&str]| Measured {
        undecided,
        bound: UNDECIDED,
        unneeded: unneeded.iter().map(|id| RequirementId::from(*id)).collect(),
    };
    let measures = BTreeMap::from([
        ("shrinks".to_owned(), measured(3, &["A", "C"])),
        ("grows".to_owned(), measured(12, &[])),
        ("is-told-why".to_owned(), measured(40, &["A"])),
    ]);
    let before = "# Comment\n\n- id: shrinks\n  breaks: X\n  also:\n    - A\n    - B\n    - C\n  undecided: 20\n  because: \"why\"\n\n\
        # Between\n- id: grows\n  breaks: X\n\n- id: is-told-why\n  breaks: X\n  also: [A]\n  because: \"why\"\n\n\
        - id: not-run\n  breaks: X\n  undecided: 90\n  because: \"why\"\n";
    let after = "# Comment\n\n- id: shrinks\n  breaks: X\n  also: B\n  because: \"why\"\n\n\
        # Between\n- id: grows\n  breaks: X\n  undecided: 12\n\n- id: is-told-why\n  breaks: X\n  undecided: 40\n  because: \"why\"\n\n\
        - id: not-run\n  breaks: X\n  undecided: 90\n  because: \"why\"\n";
    let written = with(before, &measures);
    if written != after {
        return Err(format!("written:\n{written}\nand not:\n{after}").into());
    }
    let calm = BTreeMap::from([("is-told-why".to_owned(), measured(0, &["A"]))]);
    match with(after, &calm).contains("- id: is-told-why\n  breaks: X\n\n- id: not-run") {
        true => Ok(()),
        false => Err("a reason for nothing stays".into()),
    }
}

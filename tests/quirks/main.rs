//! Each quirk of the reference server is reported as what it is, and as nothing else.
//!
//! An ordinary run tries each quirk with the cases that [`choice`] chooses. `SCIM_CHECK_PROOF=full` tries each with the whole
//! suite, and says how many cases it leaves without a verdict; `SCIM_CHECK_PROOF=write` also writes these figures into
//! `scenarios/quirks.yaml`, and takes out of `also` what was not reported. See CONTRIBUTING.md.

mod bounds;
mod choice;
mod proof;

use std::process::ExitCode;
use std::sync::Arc;

use bounds::Measures;
use libtest_mimic::{Arguments, Failed, Trial};
use proof::{Extent, Ground, Need};

/// A broken server of each kind, one that breaks what every case judges, and a right one.
const TRIED_BOTH_WAYS: &[&str] = &["patch-noop-200", "deactivate-deletes", "errors-own-format", "ids-of-digits"];

/// Each case is run for at least so many quirks.
const TURNS: usize = 15;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A trial waits as much as it works: for pauses, and for a server that takes its time.
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    arguments.test_threads.get_or_insert(cores * 2);
    let wanted = std::env::var("SCIM_CHECK_PROOF").unwrap_or_default();
    let extent = match wanted.as_str() {
        "" | "chosen" => Extent::Chosen,
        "full" | "write" => Extent::Full,
        other => panic!("SCIM_CHECK_PROOF is {other}: it can be `full` or `write`"),
    };
    let ground = Arc::new(Ground::new());
    let measures = Arc::new(Measures::default());
    let mut trials = vec![Trial::test("quirks are described in known words, and exceptions with a reason", || {
        let wrong = proof::badly_described();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
    })];
    trials.push(Trial::test("what was measured is written into quirks.yaml, and nothing else", bounds::are_written));
    if extent == Extent::Chosen {
        trials.extend(about_the_choice(&ground));
    }
    for need in ground.needs.iter().cloned().chain(Need::together(&ground)) {
        let name = match need.waits_for(&ground) {
            Some(why) => format!("{} ({why})", need.id),
            None => need.id.clone(),
        };
        let waits = need.waits_for(&ground).is_some();
        let (ground, measures) = (Arc::clone(&ground), Arc::clone(&measures));
        let prove = move || {
            let proof = proof::prove(&ground, &need, extent);
            measures.add(&need, &proof);
            let wrong = [proof.wrong, proof.stale].concat();
            if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
        };
        trials.push(Trial::test(name, prove).with_ignored_flag(waits));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if extent == Extent::Full {
        measures.tell();
    }
    if wanted == "write" {
        measures.write();
    }
    conclusion.exit_code()
}

/// Tests of the choice of cases, and so of what an ordinary proof is worth.
fn about_the_choice(ground: &Arc<Ground>) -> Vec<Trial> {
    let mut trials = vec![Trial::test("over all quirks each case has its turn many times", {
        let ground = Arc::clone(ground);
        move || {
            let seldom: Vec<String> = ground
                .turns()
                .into_iter()
                .filter(|(_, turns)| *turns < TURNS)
                .map(|(id, turns)| format!("{id} is run for {turns} quirks"))
                .collect();
            if seldom.is_empty() { Ok(()) } else { Err(seldom.join("\n").into()) }
        }
    })];
    for id in TRIED_BOTH_WAYS {
        let ground = Arc::clone(ground);
        trials.push(Trial::test(format!("the chosen cases and the whole suite say the same: {id}"), move || {
            both_say_the_same(&ground, &Need::of(&ground, id))
        }));
    }
    trials.push(Trial::test(
        "a quirk that is said to break something else is not proven, by the chosen cases either",
        {
            let ground = Arc::clone(ground);
            move || {
                let need = Need::of(&ground, "deactivate-deletes").said_to_break("OKTA-duplicate-409");
                let wrong = proof::prove(&ground, &need, Extent::Chosen).wrong;
                for wanted in ["not reported: OKTA-duplicate-409", "blamed: "] {
                    if !wrong.iter().any(|line| line.starts_with(wanted)) {
                        return Err(format!("{wanted:?} is missing: {wrong:#?}").into());
                    }
                }
                Ok(())
            }
        },
    ));
    trials
}

fn both_say_the_same(ground: &Ground, need: &Need) -> Result<(), Failed> {
    let (chosen, full) = (proof::prove(ground, need, Extent::Chosen), proof::prove(ground, need, Extent::Full));
    let mut wrong: Vec<String> = [("chosen", &chosen), ("full", &full)]
        .into_iter()
        .flat_map(|(which, proof)| proof.wrong.iter().map(move |line| format!("{which}: {line}")))
        .collect();
    for (case, found) in &chosen.found {
        if full.found.get(case).is_some_and(|other| other != found) {
            wrong.push(format!("{case}: {found:?}, and in the whole suite {:?}", full.found.get(case)));
        }
    }
    if chosen.found.len() * 2 > full.found.len() {
        wrong.push(format!("{} of {} cases are not few", chosen.found.len(), full.found.len()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

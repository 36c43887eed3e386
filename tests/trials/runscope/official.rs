//! Okta's own exports, which live elsewhere: see `tests/trials/runscope.rs`.

use std::path::PathBuf;

use scim_check::okta::runscope::play::{Totals, variables};

use super::{
    App, Duration, Export, Failed, Outcome, Played, RUNTIME, Scripts, Trial, failures, file, legacy, notes,
    on_reference, played, read, reference, verdict,
};

const FOLDER: &str = "SCIM_CHECK_OKTA_EXPORTS";

type Test = (&'static str, fn() -> Result<(), Failed>);

const TESTS: &[Test] = &[
    ("SPEC 2.0 holds on the reference", spec_holds),
    ("SPEC 2.0 is quick", spec_is_quick),
    ("SPEC 2.0 finds what a faulty server does", spec_finds_faults),
    ("SPEC 2.0 holds with counters as text, and a note says what Okta makes of them", spec_notes),
    ("CRUD 2.0 holds with a catalogue app", || crud_holds("Okta-SCIM-20-CRUD-Test.json", App::Catalogue, (13, 21))),
    ("CRUD 2.0 holds with a wizard app", || crud_holds("Okta-SCIM-20-CRUD-Test.json", App::Wizard, (13, 21))),
    ("CRUD 2.0 with entitlements holds with a catalogue app", || {
        crud_holds("Okta-SCIM-20-With-Entitlements-CRUD-Test.json", App::Catalogue, (14, 22))
    }),
    ("CRUD 2.0 with entitlements holds with a wizard app", || {
        crud_holds("Okta-SCIM-20-With-Entitlements-CRUD-Test.json", App::Wizard, (14, 22))
    }),
    ("CRUD 2.0 finds what a faulty server does", crud_finds_faults),
    ("Entitlements 2.0 runs on the reference", entitlements_run),
    ("SPEC 1.1 holds on a server for SCIM 1.1", spec_of_1_1_holds),
    ("SPEC 1.1 holds on the reference", spec_of_1_1_holds_on_the_reference),
    ("SPEC 1.1 finds what a faulty server does", spec_of_1_1_finds_faults),
    ("CRUD 1.1 holds with both apps on a server for SCIM 1.1", crud_of_1_1_holds),
    ("CRUD 1.1 holds on the reference with a catalogue app", || {
        crud_holds("Okta-SCIM-11-CRUD-Test.json", App::Catalogue, (13, 21))
    }),
    ("CRUD 1.1 holds on the reference with a wizard app", || {
        crud_holds("Okta-SCIM-11-CRUD-Test.json", App::Wizard, (13, 21))
    }),
    ("CRUD 1.1 finds what a faulty server does", crud_of_1_1_finds_faults),
];

/// The trials; without the folder they are ignored, unless this is a machine for continuous integration.
pub(crate) fn trials() -> Vec<Trial> {
    let folder = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty());
    let required = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    let skipped = folder.is_none() && !required;
    let why = if skipped { format!(" (skipped: {FOLDER} names no folder with Okta's exports)") } else { String::new() };
    TESTS
        .iter()
        .map(|(name, test)| Trial::test(format!("runscope::official: {name}{why}"), *test).with_ignored_flag(skipped))
        .collect()
}

fn export(name: &str) -> Result<Export, Failed> {
    let folder = std::env::var_os(FOLDER).ok_or_else(|| format!("{FOLDER} names no folder with Okta's exports"))?;
    // Tests run in the package's folder, from which a path that is not absolute is meant.
    let path = PathBuf::from(folder).join(name);
    if !path.is_file() {
        return Err(format!("there is no {}", path.display()).into());
    }
    read(&file(&path), Scripts::Known).map_err(|mistakes| format!("{mistakes:?}").into())
}

fn wrong(played: &Played, expected: Totals) -> Vec<String> {
    let mut wrong = failures(played);
    wrong.extend(played.leftovers.iter().map(|leftover| format!("left {}: {}", leftover.path, leftover.why)));
    if played.totals() != expected {
        wrong.push(format!("{:?} instead of {expected:?}", played.totals()));
    }
    wrong
}

fn all_hold((requests, assertions): (usize, usize)) -> Totals {
    Totals { requests, assertions, ..Totals::default() }
}

fn spec_holds() -> Result<(), Failed> {
    let played = on_reference(&[], export("Okta-SCIM-20-SPEC-Test.json")?, None);
    let mut wrong = wrong(&played, all_hold((12, 53)));
    wrong.extend(notes(&played));
    verdict(wrong)
}

fn spec_is_quick() -> Result<(), Failed> {
    let export = export("Okta-SCIM-20-SPEC-Test.json")?;
    // The best of five: what is measured is the program, not the machine.
    let took = (0..5).map(|_| on_reference(&[], export.clone(), None).took).min().unwrap_or_default();
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 1000 } else { 200 });
    verdict(if took < limit { Vec::new() } else { vec![format!("it took {took:?}")] })
}

/// Each step of a play in which an assertion failed.
fn failed(played: &Played) -> Vec<usize> {
    let fails = |step: &&scim_check::okta::runscope::play::PlayedStep| {
        step.assertions.iter().chain(&step.besides).any(|checked| checked.outcome == Outcome::Failed)
    };
    played.steps.iter().filter(fails).map(|step| step.number).collect()
}

fn finds(name: &str, org: Option<App>, quirk: &str, first: usize) -> Result<Vec<String>, Failed> {
    let played = on_reference(&[quirk], export(name)?, org);
    let failed = failed(&played);
    let right = failed.first() == Some(&first) && played.totals().failed > 0;
    Ok(if right { Vec::new() } else { vec![format!("{quirk} shows in {failed:?} and not first in R{first}")] })
}

fn spec_finds_faults() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for (quirk, first) in [
        ("first-user-incomplete", 1),
        ("list-schemas-missing", 1),
        ("read-by-id-404", 2),
        ("filter-ignored", 3),
        ("lookup-miss-404", 3),
        ("unknown-id-500", 4),
        ("error-schemas-missing", 4),
        ("create-answers-200", 6),
        ("username-lowercased", 6),
        ("duplicate-400", 8),
        ("group-list-unsupported", 10),
        ("auth-failure-500", 11),
        ("wrong-token-accepted", 11),
        ("id-syntax-400", 4),
    ] {
        wrong.extend(finds("Okta-SCIM-20-SPEC-Test.json", None, quirk, first)?);
    }
    verdict(wrong)
}

fn spec_notes() -> Result<(), Failed> {
    let played = on_reference(&["list-counters-as-strings"], export("Okta-SCIM-20-SPEC-Test.json")?, None);
    let mut wrong = wrong(&played, all_hold((12, 53)));
    let told = notes(&played);
    if !told.iter().any(|note| note.starts_with("R1 Runscope takes startIndex as text for a number")) {
        wrong.push(format!("the notes are {told:?}"));
    }
    verdict(wrong)
}

fn crud_holds(name: &str, app: App, expected: (usize, usize)) -> Result<(), Failed> {
    let played = on_reference(&[], export(name)?, Some(app));
    let mut wrong = wrong(&played, all_hold(expected));
    wrong.extend(notes(&played));
    verdict(wrong)
}

fn crud_finds_faults() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for (quirk, app, first) in [
        ("lookup-finds-nothing", App::Catalogue, 4),
        ("put-ignored", App::Wizard, 6),
        ("deactivate-deletes", App::Catalogue, 8),
        ("patch-unsupported", App::Catalogue, 8),
        ("put-ignores-active", App::Wizard, 8),
        ("active-omitted-when-false", App::Wizard, 8),
        ("reactivation-ignored", App::Catalogue, 11),
        ("inactive-hidden-from-filter", App::Wizard, 11),
    ] {
        wrong.extend(finds("Okta-SCIM-20-CRUD-Test.json", Some(app), quirk, first)?);
    }
    verdict(wrong)
}

/// The reference lists roles, so that all of it holds.
fn entitlements_run() -> Result<(), Failed> {
    let export = export("Okta-SCIM-20-Entitlements-Test.json")?;
    let played = RUNTIME.block_on(async {
        let server = reference(&[]).await;
        let base_url = server.base_url().to_owned();
        let mut variables = variables(super::SEED, &base_url, None);
        variables.set("EntitlementEndpoint", "/Roles");
        let run = super::a_run(&base_url, server.token(), Duration::ZERO, super::watch::channel(super::Stop::No).1);
        let played = super::play(run, super::Play { export, variables, base_url, org: None }).await;
        server.shutdown().await;
        played
    });
    let expected = Totals { requests: 1, assertions: 6, ..Totals::default() };
    verdict(if played.totals() == expected { Vec::new() } else { wrong(&played, expected) })
}

fn on_legacy(export: Export, org: Option<App>) -> Played {
    RUNTIME.block_on(async {
        let server = legacy::server(legacy::Deletion::Allowed).await;
        played(&server.uri(), "x", export, org, Duration::ZERO).await
    })
}

fn spec_of_1_1_holds() -> Result<(), Failed> {
    verdict(wrong(&on_legacy(export("Okta-SCIM-11-SPEC-Test.json")?, None), all_hold((16, 91))))
}

fn spec_of_1_1_holds_on_the_reference() -> Result<(), Failed> {
    verdict(wrong(&on_reference(&[], export("Okta-SCIM-11-SPEC-Test.json")?, None), all_hold((16, 91))))
}

fn spec_of_1_1_finds_faults() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for (quirk, first) in [
        ("v1-authentication-unsaid", 1),
        ("v1-discovery-post-404", 2),
        ("first-user-incomplete", 7),
        ("lookup-miss-404", 9),
        ("v1-errors-without-detail", 10),
        ("create-answers-200", 12),
        ("duplicate-400", 14),
        ("v1-bad-filter-finds-nobody", 15),
    ] {
        wrong.extend(finds("Okta-SCIM-11-SPEC-Test.json", None, quirk, first)?);
    }
    verdict(wrong)
}

fn crud_of_1_1_finds_faults() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for (quirk, app, first) in [
        ("put-ignored", App::Wizard, 6),
        ("deactivate-deletes", App::Catalogue, 8),
        ("patch-unsupported", App::Catalogue, 8),
        ("put-ignores-active", App::Wizard, 8),
    ] {
        wrong.extend(finds("Okta-SCIM-11-CRUD-Test.json", Some(app), quirk, first)?);
    }
    verdict(wrong)
}

fn crud_of_1_1_holds() -> Result<(), Failed> {
    let mut all = Vec::new();
    for app in [App::Catalogue, App::Wizard] {
        all.extend(wrong(&on_legacy(export("Okta-SCIM-11-CRUD-Test.json")?, Some(app)), all_hold((13, 21))));
    }
    verdict(all)
}

//! Each shipped target file fits its schema, a server that behaves as the file says conforms, and it no longer does once a
//! feature that the file declares is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use scim_check::capability::Capability;
use scim_check::cli::product::product;
use scim_check::declared::{self, DeclaredAttribute, Groups, Scheme, Target};
use scim_check::persona::{Judges, Persona, Version};
use scim_check::reference::{self, Quirk, serve};
use scim_check::requirement::Level;
use scim_check::run::{self, discover};
use scim_check::scenario::{Action, unfolded};
use scim_check::source::{Renderer, SourceFile, parse, render};
use scim_check::verdict::{CaseResult, Outcome};
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::{HttpWire, Wire};
use secrecy::SecretString;
use serde_json::Value;

use crate::world;

/// What a shipped target is shown to fail with: a quirk that breaks a feature it declares, where that is looked for, and
/// the requirement that is then reported.
const BROKEN: &[(&str, &str, &str, &str, &str)] = &[
    ("atspoke", "create-users", "duplicate-accepted", "okta/users/duplicate", "OKTA-duplicate-409"),
    ("atspoke", "update-users", "put-ignored", "okta/users/update", "OKTA-put-updates-profile"),
    ("atspoke", "import-users", "pages-overlap", "okta/import", "OKTA-pages-complete"),
    ("spotdraft", "deactivate-users", "patch-ignores-active", "okta/lifecycle", "OKTA-deactivate-patch-effective"),
    ("spotdraft", "deactivate-users", "deactivate-deletes", "okta/lifecycle", "OKTA-deactivate-keeps-account"),
    ("full", "sync-password", "password-change-400", "okta/password", "OKTA-password-sync-patch"),
    ("full", "push-groups", "group-filter-ignored", "okta/groups/lookup", "OKTA-group-lookup-miss-empty"),
    ("full", "entitlements", "grants-kept-when-empty", "okta/entitlements/change", "OKTA-entitlement-grants-stored"),
    ("full", "schema-discovery", "custom-attributes-fixed", "okta/schema-discovery", "OKTA-custom-attributes-updated"),
    ("full", "patch-users", "patch-noop-200", "okta/users/update", "OKTA-patch-profile-effective"),
    ("wizard", "deactivate-users", "put-ignores-active", "okta/lifecycle", "OKTA-deactivate-put-effective"),
    ("slack", "import-users", "total-is-page-size", "okta/import", "OKTA-total-results-all-matches"),
    ("sentry", "deactivate-users", "patch-ignores-active", "okta/lifecycle", "OKTA-deactivate-patch-effective"),
    ("sentry", "push-groups", "group-filter-ignored", "okta/groups/lookup", "OKTA-group-lookup-miss-empty"),
    (
        "github-organization",
        "deactivate-users",
        "patch-ignores-active",
        "okta/lifecycle",
        "OKTA-deactivate-patch-effective",
    ),
    ("pagerduty", "patch-users", "patch-noop-200", "okta/users/update", "OKTA-patch-profile-effective"),
    ("atspoke-onelogin", "create-users", "create-without-id", "onelogin/users", "RFC7643-3.1-id-nonempty"),
    ("atspoke-onelogin", "update-users", "put-ignored", "onelogin/users", "ONELOGIN-put-effective"),
    ("atspoke-onelogin", "delete-users", "user-delete-unsupported", "onelogin/users", "ONELOGIN-delete-200-or-204"),
    ("atspoke-onelogin", "refresh-entitlements", "groups-unlisted", "onelogin/groups", "ONELOGIN-group-listed"),
    ("atspoke-onelogin", "set-groups", "group-members-missing", "onelogin/groups", "RFC7644-3.5.2.1-add-member"),
    ("spotdraft-onelogin", "create-users", "filter-ignored", "onelogin/users", "ONELOGIN-lookup-finds-user"),
    ("spotdraft-onelogin", "update-users", "put-unsupported", "onelogin/users", "ONELOGIN-put-200"),
    ("spotdraft-onelogin", "suspend-users", "put-ignores-active", "onelogin/users", "ONELOGIN-suspend-effective"),
    ("harness-onelogin", "create-users", "create-without-body", "onelogin/users", "ONELOGIN-create-returns-id"),
    ("harness-onelogin", "update-users", "put-creates", "onelogin/users", "ONELOGIN-put-gone-404"),
    ("harness-onelogin", "delete-users", "unknown-id-200", "onelogin/users", "ONELOGIN-deleted-user-404"),
    ("harness-onelogin", "suspend-users", "deactivating-put-400", "onelogin/users", "ONELOGIN-suspend-accepted"),
    ("harness-onelogin", "refresh-entitlements", "group-list-unsupported", "onelogin/groups", "ONELOGIN-refresh-200"),
    ("harness-onelogin", "set-groups", "member-remove-ignored", "onelogin/groups", "RFC7644-3.5.2.2-remove-member"),
    ("pagerduty-onelogin", "create-users", "create-without-id", "onelogin/users", "RFC7643-3.1-id-nonempty"),
    ("pagerduty-onelogin", "update-users", "put-ignored", "onelogin/users", "ONELOGIN-put-effective"),
    ("pagerduty-onelogin", "delete-users", "unknown-id-500", "onelogin/users", "ONELOGIN-deleted-user-404"),
    ("onelogin-v1", "create-users", "create-without-body", "onelogin-v1/users", "ONELOGIN-create-returns-id"),
    ("onelogin-v1", "update-users", "put-ignored", "onelogin-v1/users", "ONELOGIN-put-effective"),
    ("onelogin-v1", "suspend-users", "put-ignored", "onelogin-v1/users", "ONELOGIN-suspend-effective"),
    ("onelogin-v1", "refresh-entitlements", "group-list-unsupported", "onelogin-v1/groups", "ONELOGIN-refresh-200"),
    ("onelogin-v1", "set-groups", "group-patch-unsupported", "onelogin-v1/groups", "ONELOGIN-patch-groups-implemented"),
    ("full-v1", "create-users", "create-answers-200", "okta-v1/users", "SCIM11-API-3.1-created-201"),
    ("full-v1", "update-users", "put-ignored", "okta-v1/users", "OKTA-put-updates-profile"),
    ("full-v1", "deactivate-users", "patch-ignores-active", "okta-v1/lifecycle", "OKTA-11-deactivate-patch"),
    ("full-v1", "reactivate-users", "reactivation-ignored", "okta-v1/lifecycle", "OKTA-reactivate-patch-effective"),
    ("full-v1", "sync-password", "password-change-400", "okta-v1/password", "OKTA-password-sync-patch"),
    ("full-v1", "import-users", "newest-user-unlisted", "okta-v1/import", "OKTA-created-user-listed"),
    ("full-v1", "import-groups", "groups-unlisted", "okta-v1/import", "OKTA-groups-listed"),
    ("full-v1", "push-groups", "group-rename-ignored", "okta-v1/groups", "OKTA-group-rename-effective"),
    ("aws-identity-center", "update-users", "put-ignored", "okta/users/update", "OKTA-put-updates-profile"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("targets::what a case sends is among the features it needs", cases_need_what_they_send),
        Trial::test("targets::the schema and the reader know the same words", the_schema_and_the_reader_agree),
        Trial::test("targets::the program serves a target and finds that it conforms", the_program_does_both),
        Trial::test("targets::without a target features are inferred, and it is said from what", features_are_inferred),
        Trial::test("targets::what is offered without being declared is noted", more_than_declared_is_noted),
        Trial::test("targets::an attribute that is dropped is found, and in the table", a_dropped_attribute_is_found),
        Trial::test(
            "targets::an attribute that OneLogin sends and the product drops is in the table of every format",
            what_onelogin_sends_is_in_the_table,
        ),
        Trial::test(
            "targets::roles and attributes of its own are shown by whom declares them",
            grants_are_shown_as_declared,
        ),
    ];
    for name in shipped() {
        trials.push(Trial::test(format!("targets::{name} fits the schema"), {
            let name = name.clone();
            move || fits_the_schema(&name)
        }));
        if name == "example" {
            continue;
        }
        trials.push(Trial::test(format!("targets::{name} conforms as declared"), {
            let name = name.clone();
            move || conforms(&name)
        }));
        trials.push(Trial::test(format!("targets::{name}, attribute by attribute"), {
            let name = name.clone();
            move || each_attribute(&name)
        }));
        trials.push(Trial::test(format!("targets::{name} without one of its attributes"), {
            let name = name.clone();
            move || each_is_missed(&name)
        }));
        trials.push(Trial::test(format!("targets::{name} is shown to fail by each of its features"), {
            let name = name.clone();
            move || each_feature_is_broken(&name)
        }));
        let broken: Vec<_> = BROKEN.iter().filter(|(target, ..)| *target == name).collect();
        if broken.is_empty() {
            trials.push(Trial::test(format!("targets::{name} is shown to fail"), || Err("no quirk breaks it".into())));
        }
        for (target, feature, quirk, select, requirement) in broken {
            trials.push(Trial::test(format!("targets::{target} without a working {feature} ({quirk})"), || {
                fails(target, Capability::of(feature), quirk, select, requirement)
            }));
        }
    }
    trials
}

/// Requests that are to be refused need no feature.
const REFUSED: &[&str] = &["okta/auth/", "okta/errors/", "okta/users/refusal-status"];

/// What a case sends tells which of Okta's switches is on.
fn cases_need_what_they_send() -> Result<(), Failed> {
    use Capability::Patch;
    let [create_users, update_users, deactivate_users, reactivate_users, sync_password] =
        ["create-users", "update-users", "deactivate-users", "reactivate-users", "sync-password"].map(Capability::of);
    let [import_users, import_groups, push_groups, create_groups, entitlements] =
        ["import-users", "import-groups", "push-groups", "create-groups", "entitlements"].map(Capability::of);
    let mut wrong = Vec::new();
    let okta = world::LIBRARY.scenarios.iter().filter(|scenario| scenario.suite() == "okta");
    for case in okta.flat_map(|scenario| &scenario.cases) {
        if REFUSED.iter().any(|start| case.id.starts_with(start)) {
            continue;
        }
        let needs: BTreeSet<Capability> = case.needs.iter().map(|need| need.value).collect();
        let mut demand = |what: String, one_of: &[Capability]| {
            if !one_of.iter().any(|capability| needs.contains(capability)) {
                wrong.push(format!("{} sends {what} and needs none of {one_of:?}", case.id));
            }
        };
        let mut look_at = |send: &scim_check::scenario::Send| {
            let (method, path) = (send.request.method.as_str(), send.request.path.sample("0"));
            let what = format!("{method} {path}");
            let changes = [update_users, deactivate_users, reactivate_users, sync_password];
            match (method, path.as_str()) {
                ("POST", "/Users") => demand(what, &[create_users]),
                ("PATCH", path) if path.starts_with("/Users") => {
                    demand(what.clone(), &[Patch]);
                    demand(what, &changes);
                }
                ("PUT", path) if path.starts_with("/Users") => demand(what, &changes),
                ("POST" | "PUT" | "PATCH" | "DELETE", path) if path.starts_with("/Groups") => {
                    demand(what, &[push_groups, create_groups]);
                }
                _ => {}
            }
        };
        let mut walks = Vec::new();
        for step in unfolded(&case.given).into_iter().chain(unfolded(&case.steps)) {
            match &step.action {
                Action::Send(send) => look_at(send),
                Action::Together { sends, .. } => sends.iter().for_each(&mut look_at),
                Action::Walk(walk) => walks.push(walk.request.path.sample("0")),
                Action::Each(_) | Action::Bind(_) | Action::Shared(_) => {}
            }
        }
        for path in walks {
            let imports: &[Capability] = match path.as_str() {
                "/Users" => &[import_users],
                "/Groups" => &[import_groups, push_groups],
                // The row says of what, or the server.
                _ => &[import_users, import_groups, entitlements],
            };
            demand(format!("a walk of {path}"), imports);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The names of the shipped targets.
fn shipped() -> Vec<String> {
    let entries = fs::read_dir("targets").expect("the folder is in the repository");
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".yaml")?.to_owned()))
        .collect();
    names.sort();
    names
}

fn file(name: &str) -> Arc<SourceFile> {
    let path = format!("targets/{name}.yaml");
    let text = fs::read_to_string(&path).expect("the target is in the repository");
    Arc::new(SourceFile { name: path, text })
}

fn read(name: &str) -> Result<Target, Failed> {
    declared::read(&file(name), &world::LIBRARY.personas)
        .map_err(|mistakes| render(&mistakes, &Renderer::plain()).into())
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../schemas/target.schema.json")).expect("the schema is JSON")
}

fn fits_the_schema(name: &str) -> Result<(), Failed> {
    read(name)?;
    let value = parse(&file(name)).map_err(|mistake| mistake.message)?.to_json();
    let validator = jsonschema::validator_for(&schema())?;
    let wrong: Vec<String> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// A wire as the target wants it.
fn wire(target: &Target, base_url: &str, token: &str) -> Result<Wire, Failed> {
    let auth = match &target.auth.scheme {
        Scheme::Bearer => Auth::Bearer(SecretString::from(token)),
        Scheme::Basic { user } => Auth::Basic { user: user.clone(), password: SecretString::from(token) },
        Scheme::Header { name, prefix } => {
            Auth::Header { name: name.clone(), prefix: prefix.clone(), value: SecretString::from(token) }
        }
    };
    Ok(Wire::Http(HttpWire::new(HttpOptions::new(check_base_url(base_url)?, auth))?))
}

/// Runs the suite of its provider as the target wants it, against that product.
fn run_against(
    target: &Target,
    product: reference::Product,
    select: &[String],
    quirks: Vec<Quirk>,
    settle: Duration,
) -> Result<Vec<CaseResult>, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let groups = if target.behaviour.groups == Groups::None { 0 } else { 3 };
        let options = reference::Options { users: 25, groups, quirks, product, ..reference::Options::default() };
        let server = serve(options).await?;
        let before = (server.user_count(), server.group_count());
        let suites = world::LIBRARY.personas.suites_for(target.app.as_deref(), target.version());
        let (base_url, version) = crate::place(&server, suites.first().map_or("", String::as_str));
        let wire = wire(target, base_url, server.token())?;
        let discovery = discover::discover(&wire, &world::LIBRARY.personas, version).await;
        if let Some(obstacle) = discovery.obstacle {
            return Err(format!("{obstacle:?}").into());
        }
        let mut capabilities = discovery.capabilities;
        capabilities.0.extend(target.declared.0.clone());
        let options = run::Options { data: target.data(), settle, version, ..run::Options::default() };
        let select = select.to_vec();
        let mut how = world::How {
            select,
            suites,
            capabilities: world::LIBRARY.personas.infer(capabilities),
            options,
            ..world::How::default()
        };
        scim_check::plan::spread(&mut how.scenarios, &target.attribute_rows(&persona(target)));
        let results = world::run(wire, how).await;
        let after = (server.user_count(), server.group_count());
        server.shutdown().await;
        if before != after {
            return Err(format!("(users, groups) were {before:?} and are {after:?}").into());
        }
        Ok(results)
    })
}

fn conforms(name: &str) -> Result<(), Failed> {
    let target = read(name)?;
    let results = run_against(&target, product(&target), &[], Vec::new(), run::Options::default().settle)?;
    let mut wrong = world::complaints(&results);
    let passed = results.iter().filter(|case| case.outcome == Outcome::Passed).count();
    // A target that skips everything says nothing.
    if passed < if is_of_okta(&target) { 60 } else { 20 } {
        wrong.push(format!("only {passed} of {} cases were passed", results.len()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Whether it is Okta that provisions it, in SCIM 2.0.
fn is_of_okta(target: &Target) -> bool {
    suite(target) == "okta"
}

/// The suite that is run where none is named.
fn suite(target: &Target) -> String {
    world::LIBRARY.personas.suites_for(target.app.as_deref(), target.version()).swap_remove(0)
}

/// Who provisions it.
fn persona(target: &Target) -> Persona {
    let suite = suite(target);
    let found = world::LIBRARY.personas.0.iter().find(|persona| persona.folder == suite);
    found.map(|persona| Persona::clone(persona)).unwrap_or_default()
}

/// Each switch is shown to fail, but for those that say that something is not sent.
fn each_feature_is_broken(name: &str) -> Result<(), Failed> {
    let target = read(name)?;
    let persona = persona(&target);
    let sends = |feature: &&Capability| {
        persona.features.iter().any(|known| known.capability == **feature && known.rules_out.is_empty())
    };
    let is_broken = |feature: &&Capability| BROKEN.iter().any(|row| row.0 == name && row.1 == feature.as_str());
    let known: Vec<&Capability> = target.features.iter().flatten().filter(sends).collect();
    let is_ruled_out = |feature: &&&Capability| {
        let mut all =
            persona.features.iter().filter(|known| target.features.iter().flatten().any(|on| *on == known.capability));
        all.any(|known| known.rules_out.contains(**feature))
    };
    // Of Okta on SCIM 2.0 one target after the other shows one.
    let missing: Vec<_> =
        known.iter().filter(|feature| !is_of_okta(&target) && !is_broken(feature) && !is_ruled_out(feature)).collect();
    if !missing.is_empty() {
        return Err(format!("no quirk breaks {missing:?}").into());
    }
    // What waits for an administrator is not sent.
    let waiting: Vec<&Capability> = target.features.iter().flatten().filter(|feature| is_ruled_out(&feature)).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let results = run_against(&target, product(&target), &[], Vec::new(), Duration::from_millis(100))?;
    let sent = results.iter().filter(|case| !matches!(case.outcome, Outcome::Skipped(_)));
    let wrong: Vec<&str> = sent
        .filter(|case| waiting.iter().any(|feature| case.part_of.iter().any(|word| word == feature.as_str())))
        .map(|case| case.id.as_str())
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("run, though {waiting:?} waits: {wrong:?}").into()) }
}

/// A product that does not keep one of the attributes that are declared of it is told by that attribute, and by no other; so is one
/// that takes no second value for it.
fn each_is_missed(name: &str) -> Result<(), Failed> {
    let target = read(name)?;
    let (persona, suite) = (persona(&target), suite(&target));
    let own = |judges: &Judges, usual: &str| {
        judges.requirement.as_ref().map_or_else(|| usual.to_owned(), ToString::to_string)
    };
    let judges = &persona.attributes.judges;
    let stored = own(&judges.create, "OKTA-declared-attribute-stored");
    let updated = own(&judges.update, "OKTA-declared-attribute-updated");
    let rows = target.attribute_rows(&persona);
    let mut wrong = Vec::new();
    for (place, attribute) in target.attributes.iter().flatten().enumerate() {
        let named = |table: &str| -> BTreeSet<String> {
            let of_it = |name: &&DeclaredAttribute| name.path == attribute.path;
            let names: Vec<String> =
                target.attribute_names().iter().filter(of_it).map(|known| known.name.clone()).collect();
            let listed = rows[table].iter().filter_map(|row| row["attribute"].as_str());
            listed.filter(|row| names.iter().any(|name| name == row)).map(str::to_owned).collect()
        };
        for (table, requirement, scenario) in
            [("created", &stored, "profile/stored"), ("updated", &updated, "profile/updated")]
        {
            let expected = named(table);
            // Okta's cases of changes begin with a PUT of names that has to work: names that never change are told there.
            if expected.is_empty() || (is_of_okta(&target) && table == "updated") {
                continue;
            }
            let mut product = product(&target);
            let rules = product.attributes.as_mut().ok_or("the product has attributes")?;
            match table {
                "updated" => rules[place].immutable = true,
                _ => drop(rules.remove(place)),
            }
            // Okta's targets have many of them.
            let select = match is_of_okta(&target) {
                true => expected.iter().map(|row| format!("{suite}/{scenario}*#{row}")).collect(),
                false => vec![format!("{suite}/{scenario}")],
            };
            let results = run_against(&target, product, &select, Vec::new(), Duration::from_millis(50))?;
            let blamed = |case: &&CaseResult| {
                case.findings.iter().any(|found| found.requirement.as_str() == requirement.as_str())
            };
            let found: BTreeSet<String> =
                results.iter().filter(blamed).filter_map(|case| Some(case.id.split_once('#')?.1.to_owned())).collect();
            if found != expected {
                wrong.push(format!("{table}: {expected:?} should be found, and is {found:?}"));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn fails(name: &str, feature: Capability, quirk: &str, select: &str, requirement: &str) -> Result<(), Failed> {
    let target = read(name)?;
    if !target.features.as_ref().is_some_and(|features| features.contains(&feature)) {
        return Err(format!("{name} does not declare {feature}").into());
    }
    let quirk: Quirk = quirk.parse().map_err(|name| format!("there is no quirk {name}"))?;
    let results =
        run_against(&target, product(&target), &[select.to_owned()], vec![quirk], Duration::from_millis(100))?;
    let found: BTreeSet<String> = results
        .iter()
        .flat_map(|case| &case.findings)
        .filter(|finding| finding.level == Level::Must)
        .map(|finding| finding.requirement.to_string())
        .collect();
    if found.contains(requirement) { Ok(()) } else { Err(format!("reported were {found:?}").into()) }
}

/// The words of an enumeration in the schema.
fn words(schema: &Value, pointer: &str) -> BTreeSet<String> {
    let found = schema.pointer(pointer).and_then(Value::as_array);
    found.into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// The keys that the reader says it knows at a place, from its advice on one that it cannot know.
fn keys_of_the_reader(around: &str) -> BTreeSet<String> {
    let text = around.replace("HERE", "zzzzzzzzzz: 1");
    let mistakes =
        declared::read(&Arc::new(SourceFile { name: "keys.yaml".to_owned(), text }), &world::LIBRARY.personas)
            .err()
            .unwrap_or_default();
    let help = mistakes.iter().find_map(|mistake| mistake.help.as_ref()?.strip_prefix("known are ").map(str::to_owned));
    help.unwrap_or_default().split(", ").map(str::to_owned).collect()
}

fn the_schema_and_the_reader_agree() -> Result<(), Failed> {
    let schema = schema();
    let mut wrong = Vec::new();
    let mut compare = |what: &str, schema: BTreeSet<String>, reader: BTreeSet<String>| {
        if schema != reader {
            wrong.push(format!("{what}: the schema has {schema:?}, the reader {reader:?}"));
        }
    };
    let keys = |pointer: &str| -> BTreeSet<String> {
        let found = schema.pointer(pointer).and_then(Value::as_object);
        found.into_iter().flat_map(|object| object.keys().cloned()).collect()
    };
    for (pointer, around) in [
        ("/properties", "{ HERE }"),
        ("/properties/ready/oneOf/1/properties", "{ command: npm start, ready: { HERE } }"),
        ("/properties/auth/properties", "auth: { HERE }"),
        ("/$defs/oauth/properties", "auth: { oauth: { HERE } }"),
        ("/properties/behaviour/properties", "behaviour: { HERE }"),
        ("/properties/behaviour/properties/media-types/properties", "behaviour: { media-types: { HERE } }"),
        ("/properties/test-data/properties", "test-data: { HERE }"),
        ("/$defs/attribute/properties", "attributes: [{ path: title, HERE }]"),
    ] {
        compare(pointer, keys(pointer), keys_of_the_reader(around));
    }
    let personas = &world::LIBRARY.personas;
    let names = |known: Vec<Capability>| -> BTreeSet<String> { known.iter().map(ToString::to_string).collect() };
    compare("features", words(&schema, "/properties/features/items/enum"), names(personas.features()));
    for list in ["supports", "lacks"] {
        let declared = personas.known().into_iter().filter(|known| !Capability::GIVEN.contains(known)).collect();
        compare(list, words(&schema, &format!("/properties/{list}/items/enum")), names(declared));
    }
    // Each word of the schema is understood where it stands, and one that is not in it is not.
    let lists: BTreeMap<&str, &str> = BTreeMap::from([
        ("/properties/app/enum", "app: WORD"),
        (
            "/$defs/oauth/properties/client-auth/enum",
            "auth: { oauth: { token-url: 'https://h/t', client-id: c, client-auth: WORD } }",
        ),
        ("/properties/behaviour/properties/deactivation/enum", "behaviour: { deactivation: WORD }"),
        ("/properties/behaviour/properties/deactivated/enum", "behaviour: { deactivated: WORD }"),
        ("/properties/behaviour/properties/new-users/enum", "behaviour: { new-users: WORD }"),
        ("/properties/behaviour/properties/groups/enum", "behaviour: { groups: WORD }"),
        ("/properties/behaviour/properties/group-members/enum", "behaviour: { group-members: WORD }"),
        ("/$defs/attribute/properties/type/enum", "attributes: [{ path: title, type: WORD }]"),
        ("/$defs/attribute/properties/operations/items/enum", "attributes: [{ path: title, operations: [WORD] }]"),
    ]);
    for (pointer, around) in lists {
        let understands = |word: &str| {
            let text = around.replace("WORD", word);
            declared::read(&Arc::new(SourceFile { name: "word.yaml".to_owned(), text }), &world::LIBRARY.personas)
                .is_ok()
        };
        let known = words(&schema, pointer);
        let not_understood: Vec<&String> = known.iter().filter(|word| !understands(word)).collect();
        if known.is_empty() || !not_understood.is_empty() || understands("zzzzzzzzzz") {
            wrong.push(format!("{pointer}: {known:?}, of which the reader does not know {not_understood:?}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The whole way through the program: a server that behaves like atSpoke, and a run against it, with one file and one
/// variable.
fn the_program_does_both() -> Result<(), Failed> {
    use std::io::{BufRead as _, BufReader};
    let program = env!("CARGO_BIN_EXE_scim-check");
    let mut server = Command::new(program)
        .args(["serve", "--port", "0", "--target", "targets/atspoke.yaml"])
        .env("ATSPOKE_SCIM_KEY", "raw-key-of-the-test")
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    if let Some(out) = server.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    let base_url = line.trim().trim_start_matches("listening on ").to_owned();
    let journal = tempfile::tempdir()?;
    let run = |select: &str| {
        Command::new(program)
            .args(["run", select, "--base-url", &base_url, "--target", "targets/atspoke.yaml", "--report", "json=-"])
            // Why a case was skipped is told to those who ask for every word.
            .arg("--verbose")
            .arg("--journal")
            .arg(journal.path().join("journal"))
            .env("ATSPOKE_SCIM_KEY", "raw-key-of-the-test")
            .env_remove("SCIM_CHECK_TOKEN")
            .output()
    };
    let outputs = [run("okta/users"), run("okta/lifecycle")];
    server.kill()?;
    server.wait()?;
    for output in outputs {
        let output = output?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(0) {
            return Err(format!("exit code {:?}: {said}", output.status.code()).into());
        }
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let skipped = report["totals"]["skipped"].as_u64().unwrap_or_default();
        if skipped == 0 || !said.contains("targets/atspoke.yaml:") {
            return Err(format!("{skipped} cases were skipped, and the reason does not name the file: {said}").into());
        }
    }
    Ok(())
}

/// Serves a target through the program, and runs against it with the same file; what came of it.
fn served(name: &str, quirks: &[&str], arguments: &[&str]) -> Result<Output, Failed> {
    use std::io::{BufRead as _, BufReader};
    let program = env!("CARGO_BIN_EXE_scim-check");
    let Some(declared::CredentialSource::Environment(variable)) = read(name)?.auth.credential else {
        return Err(format!("{name} does not name an environment variable").into());
    };
    let path = format!("targets/{name}.yaml");
    let mut serve = Command::new(program);
    serve.args(["serve", "--port", "0", "--target", &path]);
    quirks.iter().for_each(|quirk| {
        serve.args(["--quirk", quirk]);
    });
    let mut server = serve.env(&variable, "key-of-the-test").stdout(std::process::Stdio::piped()).spawn()?;
    let mut line = String::new();
    if let Some(out) = server.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    let mut base_url = line.trim().trim_start_matches("listening on ").to_owned();
    if persona(&read(name)?).version == Version::V1 {
        base_url = base_url.replace("/scim/v2", "/scim/v1");
    }
    let journal = tempfile::tempdir()?;
    let output = Command::new(program)
        .args(["run", "--base-url", &base_url, "--target", &path, "--journal"])
        .arg(journal.path().join("journal"))
        // Some products ask for patience that a test does not have.
        .args(["--rps", "500"])
        .args(arguments)
        .env(&variable, "key-of-the-test")
        .env_remove("SCIM_CHECK_TOKEN")
        .output();
    server.kill()?;
    server.wait()?;
    Ok(output?)
}

/// What a shipped target declares of attributes is what the product that it describes does.
fn each_attribute(name: &str) -> Result<(), Failed> {
    let target = read(name)?;
    let persona = persona(&target);
    let output = served(name, &[], &[&format!("{}/profile", suite(&target)), "--report", "json=-"])?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let cases = report["cases"].as_array().cloned().unwrap_or_default();
    let of = |state: &str| cases.iter().filter(|case| case["outcome"] == state).count();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| case["findings"].as_array().is_some_and(|f| !f.is_empty()) || case["outcome"] == "inconclusive")
        .map(|case| format!("{}: {} {}", case["id"], case["reason"], case["findings"]))
        .collect();
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    let names = target.attribute_names();
    let declared = names.iter().filter(|attribute| attribute.unchecked_by(&persona).is_none()).count();
    // The table has all of them, each with what came of it; of Okta on SCIM 2.0 it is part of readiness.
    let table = |annex: &&Value| annex["name"] == format!("attributes-{}", persona.folder);
    let told = report["annexes"].as_array().into_iter().flatten().find(table);
    let rows = told.and_then(|annex| annex["value"].as_array()).cloned().unwrap_or_default();
    let is_told = |row: &&Value| row["create"] == "yes" || row["unchecked"].is_string();
    if !is_of_okta(&target) && (rows.len() != names.len() || !rows.iter().all(|row| is_told(&row))) {
        return Err(format!("the table has {rows:?}").into());
    }
    if of("passed") < declared || report["totals"]["leftovers"] != 0 {
        return Err(format!("{} passed, {} left behind", of("passed"), report["totals"]["leftovers"]).into());
    }
    Ok(())
}

fn a_dropped_attribute_is_found() -> Result<(), Failed> {
    let right = served("full", &[], &["--report", "oin=-"])?;
    let wrong = served("full", &["nickname-fixed", "phone-numbers-dropped"], &["--report", "oin=-"])?;
    let (right, code) = (String::from_utf8_lossy(&right.stdout).into_owned(), wrong.status.code());
    let wrong = String::from_utf8_lossy(&wrong.stdout);
    for (page, row) in [
        (&*right, "| nickName | yes | yes | yes | yes |"),
        (&*right, "| phoneNumbers.mobile | yes | yes | ? | yes |"),
        (&*right, "| userName | ? | ? | - | ? | not checked: other scenarios look at it |"),
        (&*wrong, "| nickName | yes | NO | NO | yes |"),
        (&*wrong, "| phoneNumbers.mobile | NO | NO | ? | ? |"),
        (&*wrong, "| title | yes | yes | yes | yes |"),
    ] {
        if !page.contains(row) {
            let from = page.find("## Attributes").unwrap_or_default();
            return Err(format!("`{row}` is not in {}", &page[from..]).into());
        }
    }
    if code == Some(1) { Ok(()) } else { Err(format!("exit code {code:?}").into()) }
}

fn what_onelogin_sends_is_in_the_table() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let reports = ["json", "markdown", "html"].map(|format| format!("{format}={}", path(format)));
    let reports: Vec<&str> = reports.iter().flat_map(|report| ["--report", report.as_str()]).collect();
    let output = served("pagerduty-onelogin", &["title-dropped"], &reports)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().map(str::trim).find(|line| line.starts_with("title "));
    if output.status.code() != Some(1)
        || line.map(|line| line.split_whitespace().collect()) != Some(vec!["title", "NO", "NO"])
    {
        return Err(format!("exit code {:?}: {text}", output.status.code()).into());
    }
    for (format, told) in [
        ("json", "\"create\": \"NO\""),
        ("markdown", "| title | NO | NO |"),
        ("html", "Attributes as OneLogin provisions them"),
    ] {
        let page = fs::read_to_string(path(format))?;
        if !page.contains(told) {
            return Err(format!("{told:?} is not in {format}: {page}").into());
        }
    }
    Ok(())
}

/// What is known of a server when nobody declares anything.
fn discovered(options: reference::Options) -> Result<scim_check::capability::Capabilities, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = serve(options).await?;
        let wire = world::wire(server.base_url(), server.token());
        let found =
            discover::discover(&wire, &world::LIBRARY.personas, scim_check::persona::Version::V2).await.capabilities;
        server.shutdown().await;
        Ok(found)
    })
}

fn features_are_inferred() -> Result<(), Failed> {
    use scim_check::capability::Support;
    let product = reference::Product { groups: reference::product::Groups::None, ..reference::Product::default() };
    let known = discovered(reference::Options { product, ..reference::Options::default() })?;
    let known = world::LIBRARY.personas.infer(known);
    let says = |feature: Capability| match known.get(feature) {
        Support::Yes(evidence) => format!("yes, {evidence}"),
        Support::No(evidence) => format!("no, {evidence}"),
        Support::Unknown => "unknown".to_owned(),
    };
    for (feature, expected) in [
        (Capability::of("push-groups"), "no, inferred from groups: GET /ResourceTypes: does not list /Groups"),
        (Capability::of("import-groups"), "no, inferred from groups: GET /ResourceTypes: does not list /Groups"),
        (
            Capability::of("patch-users"),
            "yes, inferred from patch: GET /ServiceProviderConfig: patch.supported is true",
        ),
        (
            Capability::of("sync-password"),
            "yes, inferred from change-password: GET /ServiceProviderConfig: changePassword.supported is true",
        ),
        (Capability::of("create-users"), "unknown"),
    ] {
        if says(feature) != expected {
            return Err(format!("{feature}: {}", says(feature)).into());
        }
    }
    Ok(())
}

fn more_than_declared_is_noted() -> Result<(), Failed> {
    let known = discovered(reference::Options::default())?;
    let notes = read("spotdraft")?.undeclared(&known, &world::LIBRARY.personas);
    for feature in ["import-users", "push-groups", "import-groups", "sync-password", "patch-users"] {
        if !notes.iter().any(|note| note.starts_with(&format!("{feature} is not declared"))) {
            return Err(format!("{feature} is not among {notes:#?}").into());
        }
    }
    let notes = read("full")?.undeclared(&known, &world::LIBRARY.personas);
    if notes.is_empty() { Ok(()) } else { Err(format!("noted although declared: {notes:#?}").into()) }
}

fn grants_are_shown_as_declared() -> Result<(), Failed> {
    use scim_check::capability::Support;
    for (name, expected) in [("full", true), ("atspoke", false), ("wizard", false)] {
        let known = discovered(reference::Options { product: product(&read(name)?), ..reference::Options::default() })?;
        for feature in [Capability::of("entitlements"), Capability::of("schema-discovery")] {
            if matches!(known.get(feature), Support::Yes(_)) != expected {
                return Err(format!("{name}: {feature}: {:?}", known.get(feature)).into());
            }
        }
    }
    Ok(())
}

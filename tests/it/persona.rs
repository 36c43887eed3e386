//! A persona is a folder: an identity provider that this program has never heard of is played from its files alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{Listened, call, listened};
use scim_check::persona::Rows;
use scim_check::reference::{Options, Quirk, serve};
use scim_check::scenario::Scenario;
use serde_json::Value;

fn at(path: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/persona").join(path).display().to_string()
}

/// A run of Acme's suite against the reference: exit code, what was said, the report, and what was heard.
fn played(quirks: &[&str]) -> (Option<i32>, String, Value, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    let quirks = quirks.iter().map(|id| id.parse::<Quirk>().expect("the test names a quirk")).collect();
    let server =
        runtime.block_on(serve(Options { users: 20, quirks, ..Options::default() })).expect("there is a free port");
    let Listened { url, heard } = listened(server.base_url());
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let (scenarios, target) = (at("scenarios"), at("target.yaml"));
    let arguments = ["run", "--scenarios", &scenarios, "--target", &target, "--base-url", &url, "--token"];
    let more = [server.token(), "--settle", "0.2", "--bodies", "all", "--report", "json=report.json"];
    let (code, said, complained) = call(folder.path(), &[&arguments[..], &more].concat());
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap_or_else(|_| panic!("{complained}"));
    let heard = heard.lock().expect("nobody panics").join("\n");
    (code, said + &complained, serde_json::from_str(&report).expect("the report is JSON"), heard)
}

/// The cases of a report and what came of each.
fn outcomes(report: &Value) -> Vec<(&str, &str)> {
    let cases = report["cases"].as_array().expect("there are cases").iter();
    cases.map(|case| (case["id"].as_str().unwrap_or_default(), case["outcome"].as_str().unwrap_or_default())).collect()
}

#[test]
fn a_folder_is_all_that_a_new_provider_needs() {
    let (code, said, report, heard) = played(&[]);
    let expected = [
        ("acme/users/badges", "skipped"),
        ("acme/users/count", "passed"),
        ("acme/users/hire", "passed"),
        ("acme/users/home-made", "skipped"),
        ("acme/users/rename", "passed"),
        ("brass/look", "passed"),
    ];
    assert_eq!((outcomes(&report).as_slice(), code), (expected.as_slice(), Some(0)), "{said}");
    // Words: a switch that the owner does not list, and a kind of app that it is not.
    let needs = |id: &str| {
        let case = report["cases"].as_array().into_iter().flatten().find(|case| case["id"] == id);
        case.map(|case| case["needs"]["capability"].clone()).unwrap_or_default()
    };
    assert_eq!(needs("acme/users/badges"), "hand-out-badges");
    assert_eq!(needs("acme/users/home-made"), "home-made-app");
    // Habits.
    assert!(heard.contains("accept-encoding: identity\r\n") && heard.contains("connection: close\r\n"), "{heard}");
    assert!(heard.contains("x-acme: yes\r\n") && heard.contains("user-agent: Acme/7\r\n"), "{heard}");
    // Another persona of the same run has its own, and says nothing of the connection.
    let of_brass = heard.split("GET ").find(|request| request.contains("X-Brass: yes\r\n")).unwrap_or_default();
    assert!(
        of_brass.contains("Accept-Encoding: br\r\n") && !of_brass.to_lowercase().contains("connection"),
        "{of_brass}"
    );
    let others = heard.replace(of_brass, "");
    assert!(
        !others.contains("Accept-Encoding") && !others.contains("Keep-Alive") && !others.contains("gzip"),
        "{others}"
    );
    // Spelling of queries, size of pages, what passwords are like, and what the target prescribes.
    assert!(heard.contains("userName+eq+%22new+hand."), "{heard}");
    assert!(heard.contains("/Users?startIndex=1&count=7 "), "{heard}");
    assert!(heard.contains("\"password\":\"Zz9-sc") && heard.contains("@product.example"), "{heard}");
    // Nothing of Okta's is said to whoever asks about somebody else.
    assert!(!heard.to_lowercase().contains("okta"), "{heard}");
}

#[test]
fn a_fault_is_found_by_the_requirement_of_the_folder() {
    let (code, said, report, _) = played(&["nickname-narrow"]);
    assert_eq!(code, Some(0), "the nicknames of Acme are short: {said}");
    assert!(!outcomes(&report).is_empty());
    let (code, said, report, _) = played(&["patch-forgotten"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(outcomes(&report).contains(&("acme/users/rename", "failed")), "{said}");
    assert!(said.contains("ACME-renamed"), "{said}");
}

#[test]
fn what_contradicts_what_and_what_is_missed_is_said_in_the_words_of_the_folder() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let (scenarios, target) = (at("scenarios"), at("contradiction.yaml"));
    let arguments =
        ["run", "--scenarios", &scenarios, "--target", &target, "--base-url", "http://127.0.0.1:1", "--token", "t"];
    let (code, _, complained) = call(folder.path(), &arguments);
    assert_eq!(code, Some(2), "{complained}");
    for said in ["unknown feature `rename-peple`", "did you mean `rename-people`?", "home-made apps know no PATCH"] {
        assert!(complained.contains(said), "{said}: {complained}");
    }
    let text = fs::read_to_string(at("contradiction.yaml")).expect("the file is in the repository");
    let right = text.replace(", rename-peple, rename-people", ", count-heads");
    fs::write(folder.path().join("target.yaml"), right).expect("a temporary file can be written");
    let arguments = [
        "run",
        "--scenarios",
        &scenarios,
        "--target",
        "target.yaml",
        "--base-url",
        "http://127.0.0.1:1",
        "--token",
        "t",
    ];
    let (_, _, complained) = call(folder.path(), &arguments);
    assert!(complained.contains("pages hold at most 5 resources: Acme counts seven on its fingers"), "{complained}");
}

#[test]
fn the_example_of_the_readme_is_a_persona() {
    let readme = fs::read_to_string("scenarios/README.md").expect("the file is in the repository");
    let section = readme.split("\n## persona.yaml\n").nth(1).expect("there is a section");
    let example = section.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("with an example");
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let acme = folder.path().join("acme");
    fs::create_dir(&acme).expect("a temporary folder can be made");
    fs::write(acme.join("persona.yaml"), example).expect("it can be written");
    let needs = "gallery-app, push-groups, keep-names, badges, username-updates, stores-emails, keeps-deactivated";
    let case = format!("title: A case\nneeds: [{needs}]\nsteps: [{{ send: GET /Users }}]\n");
    fs::write(acme.join("case.yaml"), case).expect("it can be written");
    let (code, said, complained) = call(folder.path(), &["lint", "."]);
    assert_eq!((code, said.as_str()), (Some(0), "no mistakes: 1 scenarios, 1 cases\n"), "{complained}");
}

/// What judges the declared attributes of a provider is there, and is run for each attribute.
#[test]
fn what_judges_attributes_is_there() {
    let library = scim_check::scenario::load(None).expect("the built-in files are right");
    let mut count = 0;
    for persona in &library.personas.0 {
        let judges = &persona.attributes.judges;
        for judges in [&judges.create, &judges.update, &judges.clear, &judges.import] {
            let has_variant = |one: &Scenario, variant: &Option<String>| {
                one.cases.iter().any(|case| case.variant == *variant) && one.rows_of.is_some()
            };
            let known = |rows: &Rows| {
                library.scenarios.iter().any(|one| one.id == rows.scenario && has_variant(one, &rows.variant))
            };
            assert!(judges.scenarios.iter().all(known), "{}: {:?}", persona.folder, judges.scenarios);
            let requirement = judges.requirement.iter().all(|id| library.registry.get(id.as_str()).is_some());
            assert!(requirement, "{}: {:?}", persona.folder, judges.requirement);
            count += judges.scenarios.len();
        }
    }
    assert!(count > 5, "{count} scenarios");
}

/// Files outside Okta's wing and the reference that speak of Okta in more than their documentation: what an order of the
/// program says that is about Okta, and the form of reports.
const SPEAK_OF_OKTA: &[&str] = &[
    "cli/args.rs",
    "cli/catalogue.rs",
    "cli/doctor/mod.rs",
    "cli/hook.rs",
    "cli/import_preview.rs",
    "cli/init/ci.rs",
    "cli/init/file.rs",
    "cli/init/mod.rs",
    "cli/merge.rs",
    "cli/mod.rs",
    "cli/prepare.rs",
    "cli/reports.rs",
    "cli/runscope.rs",
    "declared/read.rs",
    "declared/rows.rs",
    "lib.rs",
    "report/draw.rs",
    "report/format.rs",
    "report/json.rs",
    "report/mod.rs",
    "report/stored.rs",
    "requirement/mod.rs",
    "run/audit.rs",
];

/// The files below `src`, by their names there, without lines of comment.
pub(crate) fn code() -> BTreeMap<String, String> {
    fn walk(folder: &Path, into: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("the folder is in the repository") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                walk(&path, into);
                continue;
            }
            let name = path.strip_prefix("src").expect("it was found there").to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(&path).unwrap_or_default();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            into.insert(name, lines.collect::<Vec<_>>().join("\n"));
        }
    }
    let mut all = BTreeMap::new();
    walk(Path::new("src"), &mut all);
    all
}

#[test]
fn only_its_wing_and_what_is_said_to_people_speak_of_okta() {
    let is_elsewhere = |name: &str| !name.starts_with("okta/") && !name.starts_with("reference/");
    // Unit tests take their examples where they find them.
    let speaks = |code: &str| code.split("#[cfg(test)]").next().unwrap_or_default().to_lowercase().contains("okta");
    let speak = code().into_iter().filter(|(name, code)| is_elsewhere(name) && speaks(code)).map(|(name, _)| name);
    assert_eq!(speak.collect::<Vec<String>>(), SPEAK_OF_OKTA);
}

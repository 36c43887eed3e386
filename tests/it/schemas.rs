//! The JSON Schemas of the files that people write say what the program says: an editor that knows them accepts every shipped
//! file, and marks every mistake that a schema can see.
//!
//! What a schema cannot see is listed here with the reason; a mistake that it sees all the same must not be in the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use jsonschema::Validator;
use scim_check::capability::ATTRIBUTE_TABLES;
use scim_check::scenario::load::schemas;
use scim_check::scenario::{Rule, RuleScope, profiles};
use scim_check::source::{SourceFile, parse};
use serde_json::{Value, json};

/// Which mistakes of `tests/mistakes` a schema does not see, and why.
const NOT_SEEN: &[(&str, &[&str])] = &[
    (
        "what a step means depends on those after it",
        &["pick-for-the-rest-of-a-flow", "pick-for-the-rest-of-setup", "pick-that-is-last"],
    ),
    ("a method is part of a text", &["laws-of-a-read"]),
    ("what can be done depends on what is done before", &["history-that-can-never-happen"]),
    ("which switches there are depends on the kind of app", &["target-feature-of-another-provider"]),
    (
        "a name stands for what is written elsewhere",
        &[
            "readiness-names-no-variant",
            "unknown-column-in-a-variant",
            "variant-column-of-attributes",
            "assumes-an-unknown-requirement",
            "assumes-in-a-circle-with-many-scenarios",
            "assumes-what-it-judges",
            "assumption-on-a-flow-that-sends-nothing",
            "shared-flow-in-steps",
            "shared-flow-inside-another",
            "shared-flow-that-depends-on-the-case",
            "shared-flow-with-an-expectation",
            "write-to-shared-setup",
            "write-to-shared-setup-by-a-flow",
            "baseline-unknown-requirement",
            "byte-order-mark",
            "captured-name-in-flow-name",
            "control-characters",
            "count-without-times",
            "duplicate-requirement",
            "edition-of-a-requirement-is-not-there",
            "edition-that-is-not-there",
            "escapes-before-the-mistake",
            "expectation-on-a-flow-that-sends-nothing",
            "flow-cycle",
            "flow-uses-itself",
            "folded-text",
            "inner-name-of-a-flow",
            "many-names-alike",
            "missing-parameter",
            "history-of-an-unknown-variant",
            "history-that-names-no-flow",
            "misspelt-flow",
            "misspelt-relative-flow",
            "old-word-for-a-column",
            "misspelt-variant",
            "misspelt-variants-of-a-provider",
            "unknown-requirement-of-a-variant",
            "variant-needs-an-unknown-word",
            "variant-twice",
            "variants-of-nobody",
            "picked-name-after-its-steps",
            "bodies-like-each-other",
            "body-template-needs-a-parameter",
            "list-inside-text-of-a-body",
            "misspelt-body-template",
            "unknown-key-beside-like",
            "without-what-is-not-there",
            "misspelt-variable",
            "mistake-in-a-flow-used-twice",
            "mistake-in-an-alias",
            "name-inside-each-used-outside",
            "requirement-of-ours",
            "same-hole-twice",
            "same-name-twice-in-one-text",
            "single-quotes",
            "suite-with-a-variable",
            "target-unknown-attribute",
            "together-cannot-share",
            "two-files-one-flow",
            "two-files-one-scenario",
            "two-personas",
            "two-suites",
            "unbound-result-of-a-flow",
            "unbound-variable",
            "unknown-flow",
            "unknown-flow-with-a-name",
            "unknown-parameter",
            "unknown-requirement-far",
            "unknown-requirement-near",
            "unknown-result",
            "unknown-row-column",
            "variable-before-its-capture",
            "variable-in-block-text",
            "variable-in-nested-body",
            "variable-in-query",
            "very-long-line",
            "wide-characters",
            "windows-line-ends",
            "witness-of-an-unknown-capability",
            "wrong-level",
        ],
    ),
    (
        "text has a language of its own: JSONPath, regular expressions, what stands in ${…}, the calendar",
        &[
            "bad-jsonpath",
            "bad-jsonpath-in-capture",
            "bad-jsonpath-in-template",
            "bad-regex",
            "baseline-no-such-day",
            "empty-template",
            "unclosed-template",
            "unknown-conversion",
        ],
    ),
    (
        "it is about the order of keys, or two elements that are alike in a part",
        &[
            "bad-row-name",
            "baseline-entry-twice",
            "duplicate-row",
            "edition-twice",
            "row-named-by-a-list",
            "row-named-by-nothing",
            "target-attribute-twice",
        ],
    ),
    ("flows are unfolded and then counted", &["flows-that-explode", "flows-too-deep"]),
    (
        "two answers of a target file contradict each other",
        &[
            "target-import-of-no-groups",
            "target-app-of-another-version",
            "target-attributes-in-scim-11",
            "target-feature-that-scim-11-has-not",
            "target-patch-users-of-a-custom-app",
            "target-push-groups-without-groups",
            "target-reactivation-of-nobody",
            "target-required-without-a-value",
            "target-says-yes-and-no",
            "target-value-of-none-of-its-values",
        ],
    ),
    (
        "one of its files is no YAML, of which an editor tells by itself",
        &["broken-flow-is-used", "broken-requirement-file-is-cited"],
    ),
    (
        "files of the program itself have no schema, and what stands beside them is right",
        &[
            "plan-names-no-scenario",
            "readiness-is-a-list",
            "readiness-names-a-case-twice",
            "readiness-names-a-row-of-none",
            "readiness-names-no-row",
            "readiness-names-no-scenario",
            "readiness-of-no-switch",
            "readiness-way-rests-on-nothing",
            "readiness-with-many-mistakes",
        ],
    ),
];

/// The kinds of files that have a schema.
const KINDS: [&str; 11] = [
    "scenario",
    "flow",
    "body",
    "suite",
    "persona",
    "histories",
    "witnesses",
    "requirements",
    "editions",
    "target",
    "baseline",
];

/// Further files of the folder of scenarios, which are Okta's plan and switches and the faults of the reference. Nobody else
/// writes such files.
const WITHOUT_SCHEMA: [&str; 3] = ["quirks", "qa-plan", "readiness"];

fn read(kind: &str) -> Value {
    let text = fs::read_to_string(format!("schemas/{kind}.schema.json")).expect("the schema is in the repository");
    serde_json::from_str(&text).expect("the schema is JSON")
}

/// The schemas, compiled; their references to each other are names of files beside them.
static SCHEMAS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let at = |kind: &str| format!("test:///schemas/{kind}.schema.json");
    let compiled = |kind: &'static str| {
        let mut registry = jsonschema::Registry::new();
        for other in KINDS {
            registry = registry.add(at(other), read(other)).expect("the address is one");
        }
        let registry = registry.prepare().expect("references lead somewhere");
        let validator = jsonschema::options()
            .with_base_uri(at(kind))
            .with_registry(&registry)
            .build(&read(kind))
            .expect("it is a JSON Schema");
        (kind, validator)
    };
    KINDS.into_iter().map(compiled).collect()
});

/// What a file is, by where it stands.
fn kind(path: &Path) -> Option<&'static str> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let within = |folder: &str| path.components().any(|part| part.as_os_str() == folder);
    match stem.as_str() {
        _ if within("targets") || stem.starts_with("target-") => Some("target"),
        _ if stem.starts_with("baseline-") => Some("baseline"),
        _ if stem == "requirements" || within("requirements") => Some("requirements"),
        word if WITHOUT_SCHEMA.contains(&word) => None,
        "suite" => Some("suite"),
        "persona" => Some("persona"),
        "histories" => Some("histories"),
        "witnesses" => Some("witnesses"),
        "editions" => Some("editions"),
        _ if within("flows") => Some("flow"),
        _ if within("bodies") => Some("body"),
        _ => Some("scenario"),
    }
}

/// What the schema has against a file; `None` where it has none or the file is no YAML, of which editors tell by themselves.
fn complaints(path: &Path) -> Option<Vec<String>> {
    let file = Arc::new(SourceFile { name: path.display().to_string(), text: fs::read_to_string(path).ok()? });
    let value = parse(&file).ok()?.to_json();
    let errors = SCHEMAS[kind(path)?].iter_errors(&value);
    Some(errors.map(|error| format!("{}: at {}: {error}", path.display(), error.instance_path())).collect())
}

/// The YAML files at a path.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        let is_yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        return is_yaml.then(|| path.to_owned()).into_iter().collect();
    }
    let entries = fs::read_dir(path).expect("the folder is in the repository");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| files(path)).collect()
}

#[test]
fn shipped_files_fit_their_schemas() {
    let all: Vec<PathBuf> = ["scenarios", "targets"].iter().flat_map(|folder| files(Path::new(folder))).collect();
    let wrong: Vec<String> = all.iter().filter_map(|path| complaints(path)).flatten().collect();
    assert_eq!(wrong, Vec::<String>::new());
    // An editor finds the schema by a line of the file.
    let unnamed = |path: &&PathBuf| {
        let text = fs::read_to_string(path).expect("it is text");
        let up = "../".repeat(path.components().count() - 1);
        kind(path).is_some_and(|kind| {
            !text.starts_with(&format!("# yaml-language-server: $schema={up}schemas/{kind}.schema.json\n"))
        })
    };
    let unnamed: Vec<&PathBuf> = all.iter().filter(unnamed).collect();
    assert!(unnamed.is_empty(), "{unnamed:#?} do not begin with `# yaml-language-server: $schema=…` and the way to it");
    let looked_at: BTreeSet<&str> = all.iter().filter_map(|path| kind(path)).collect();
    assert_eq!(looked_at.len(), KINDS.len() - 1, "no file that is shipped is a baseline: {looked_at:?}");
}

#[test]
fn a_schema_sees_the_mistakes_that_it_can_see() {
    let entries = fs::read_dir("tests/mistakes").expect("the folder is in the repository");
    let cases = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut unseen = BTreeSet::new();
    let mut seen = 0;
    for case in cases {
        let said: Vec<Vec<String>> = files(&case).iter().filter_map(|path| complaints(path)).collect();
        match (said.is_empty(), said.iter().all(Vec::is_empty)) {
            (true, _) => {}
            (false, true) => {
                unseen.insert(case.file_stem().unwrap_or_default().to_string_lossy().into_owned());
            }
            (false, false) => seen += 1,
        }
    }
    let listed: BTreeSet<String> =
        NOT_SEEN.iter().flat_map(|(_, names)| *names).map(|name| (*name).to_owned()).collect();
    let missed: Vec<&String> = unseen.difference(&listed).collect();
    let in_vain: Vec<&String> = listed.difference(&unseen).collect();
    assert!(missed.is_empty() && in_vain.is_empty(), "not seen: {missed:#?}\nseen all the same, or gone: {in_vain:#?}");
    assert!(seen >= 100, "{seen} mistakes are seen");
}

#[test]
fn schemas_have_the_words_of_the_program() {
    let personas = scim_check::scenario::load::personas();
    let scenario = read("scenario");
    let words = |pointer: &str| -> BTreeSet<String> {
        let found = scenario.pointer(pointer).and_then(Value::as_array);
        found.into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let names = |words: &mut dyn Iterator<Item = &str>| -> BTreeSet<String> { words.map(str::to_owned).collect() };
    assert_eq!(words("/$defs/capability/enum"), names(&mut personas.known().iter().map(|known| known.as_str())));
    assert_eq!(words("/properties/for-attributes/enum"), names(&mut ATTRIBUTE_TABLES.iter().map(|(name, _)| *name)));
    let expectation = "/$defs/expectation/properties";
    assert_eq!(words(&format!("{expectation}/rule/enum")), names(&mut Rule::ALL.iter().map(|rule| rule.as_str())));
    assert_eq!(words(&format!("{expectation}/schema/enum")), names(&mut schemas().map(|(name, _)| name)));
    let named = words(&format!("{expectation}/with/properties/profile/enum"));
    assert_eq!(named, names(&mut profiles().iter().copied()));
}

#[test]
fn the_schema_knows_the_place_and_the_arguments_of_each_rule() {
    let scenario = |step: &str, rule: Rule, arguments: &[&str]| {
        let argument = |name: &&str| ((*name).to_owned(), if *name == "profile" { "okta" } else { "1" }.into());
        let with: serde_json::Map<String, Value> = arguments.iter().map(argument).collect();
        let mut step: Value = serde_json::from_str(step).expect("it is JSON");
        step["expect"] = json!([{ "must": "X", "rule": rule.as_str(), "with": with }]);
        json!({ "title": "A case", "steps": [step] })
    };
    let (send, walk, together) = (r#"{ "send": "GET /Users" }"#, r#"{ "walk": "/Users" }"#, r#"{ "together": [] }"#);
    let home = |rule: Rule| match rule.scope() {
        RuleScope::Answer => send,
        RuleScope::Walk => walk,
        RuleScope::Group => together,
    };
    let fits_in = |step: &str, rule: Rule, with: &[&str]| SCHEMAS["scenario"].is_valid(&scenario(step, rule, with));
    let fits = |rule: Rule, arguments: &[&str]| fits_in(home(rule), rule, arguments);
    for rule in Rule::ALL.iter().copied() {
        let (needs, may) = (rule.needs(), rule.may_have());
        assert!(fits(rule, needs) && fits(rule, &[needs, may].concat()), "{rule:?}");
        assert!(!fits(rule, &[needs, &["zzz"]].concat()), "{rule:?} takes anything");
        let places = [send, walk, together].map(|step| fits_in(step, rule, needs));
        let expected = match rule.scope() {
            RuleScope::Answer => [true, true, false],
            RuleScope::Walk => [false, true, false],
            RuleScope::Group => [false, false, true],
        };
        assert_eq!(places, expected, "{rule:?} in a send, a walk, a together");
        for (n, needed) in needs.iter().enumerate() {
            let others = needs.iter().enumerate().filter(|(other, _)| *other != n);
            let rest: Vec<&str> = others.map(|(_, name)| *name).collect();
            assert!(!fits(rule, &rest), "{rule:?} does without {needed}");
        }
    }
}

//! What a server does with attributes is learnt by the laws, and told in the report.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use scim_check::verdict::{Treated, Treatment};
use serde_json::Value;

use crate::program::call;

/// A right server that lower-cases, canonicalises, drops, derives and fills in.
const WAYS: &[&str] = &[
    "emails-in-lower-case",
    "phone-numbers-as-uris",
    "title-dropped",
    "schemas-absent",
    "formatted-names-computed",
    "defaults-assigned",
];

/// The cases that show it.
const CASES: &[&str] =
    &["okta/profile", "okta/attributes/multi-valued", "okta/users/update/put-echo", "okta/users/update/put-absent"];

/// Runs those cases on a server with these ways and writes a JSON report; more arguments come first.
fn run(folder: &Path, more: &[&str], report: &str) -> Value {
    let report_as = format!("json={report}");
    let quirks: Vec<&str> = WAYS.iter().flat_map(|quirk| ["--quirk", *quirk]).collect();
    let mut arguments = vec!["demo", "--seed", "7", "--settle", "0.1", "--bodies", "all", "--report", &report_as];
    arguments.extend(more);
    arguments.extend(quirks);
    arguments.extend(CASES);
    call(folder, &arguments);
    read(folder, report)
}

fn read(folder: &Path, report: &str) -> Value {
    let text = fs::read_to_string(folder.join(report)).unwrap_or_else(|_| panic!("no report {report}"));
    serde_json::from_str(&text).expect("a report is JSON")
}

/// What a report says of users, by attribute.
fn learnt(report: &Value) -> BTreeMap<String, Value> {
    let rows = report["learnt"].as_array().expect("something was learnt").iter();
    let rows = rows.filter(|row| row["resource"] == "User");
    rows.map(|row| (row["attribute"].as_str().expect("a name").to_owned(), row.clone())).collect()
}

#[test]
fn what_a_server_does_with_attributes_is_told_whatever_the_order_of_cases() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path();
    let report = run(path, &[], "1.json");
    let told = learnt(&report);
    let ways = |attribute: &str| told[attribute]["ways"][0].as_str().unwrap_or_default();
    assert_eq!(ways("emails"), "lower-cased");
    assert_eq!(ways("phoneNumbers"), "stored in another form");
    assert_eq!((ways("title"), &told["title"]["stored"]), ("not stored", &false.into()));
    assert_eq!(ways("name.formatted"), "computed by the server");
    assert_eq!(told["timezone"]["defaults"][0], "\"Europe/Oslo\"");
    // What is stored as it is has nothing said of it.
    assert_eq!((&told["userName"]["stored"], &told["userName"]["ways"]), (&true.into(), &Value::Null));
    // Neither order nor number of jobs decides, nor the seed.
    let slow = run(path, &["--jobs", "1", "--shuffle"], "2.json");
    assert_eq!(slow["learnt"], report["learnt"]);
    // The same is learnt from a recording, and by shards together.
    call(path, &["judge", "--from", "1.json", "--report", "json=3.json"]);
    assert_eq!(read(path, "3.json")["learnt"], report["learnt"]);
    run(path, &["--shard", "1/2"], "4.json");
    run(path, &["--shard", "2/2"], "5.json");
    let (_, out, err) = call(path, &["merge", "6.json", "4.json", "5.json"]);
    assert!(path.join("6.json").exists(), "{out}{err}");
    assert_eq!(read(path, "6.json")["learnt"], report["learnt"]);
    // In words for people, and nothing where nothing was held against the laws.
    call(path, &["report", "--from", "1.json", "markdown=1.md", "html=1.html"]);
    let markdown = fs::read_to_string(path.join("1.md")).expect("a report");
    assert!(markdown.contains("| `User emails` | lower-cased |"), "{markdown}");
    let html = fs::read_to_string(path.join("1.html")).expect("a report");
    assert!(html.contains("<code>User name.formatted</code></th><td>computed by the server</td>"));
    assert_eq!(run(path, &["--no-laws"], "7.json")["learnt"], Value::Null);
}

#[test]
fn what_cases_know_together_is_the_same_in_any_order() {
    let row = |stored, ways: &[Treatment]| Treated {
        stored,
        ways: ways.iter().copied().collect(),
        ..Treated::new("User", "title")
    };
    let (dropped, kept) = (row(false, &[Treatment::NotStored]), row(true, &[Treatment::Trimmed]));
    let joined = Treated::joined([dropped.clone(), kept.clone()]);
    assert_eq!(joined, Treated::joined([kept, dropped.clone()]));
    // What was stored at some time is not said to be stored never.
    assert_eq!(joined[0].in_words().as_deref(), Some("trimmed"));
    assert_eq!(dropped.in_words().as_deref(), Some("not stored"));
    assert_eq!(row(true, &[]).in_words(), None);
    let defaults =
        |count: usize| Treated { defaults: (0..count).map(|number| number.to_string()).collect(), ..row(true, &[]) };
    assert_eq!(defaults(2).in_words().as_deref(), Some("by default 0 or 1"));
    assert_eq!(defaults(4).in_words().as_deref(), Some("set by the server where nobody sends it"));
}

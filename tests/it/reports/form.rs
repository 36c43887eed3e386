//! What the JUnit reader of Jenkins that is strictest lets pass: its xUnit plugin refuses a file that its schema does not allow.
//!
//! Written down here in our own words: which element may hold which, and which attributes it must and may have.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;

/// An element of XML.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
    text: String,
}

/// What is allowed of an element.
struct Rule {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: &'static [&'static str],
    has_text: bool,
}

const NONE: &[&str] = &[];
/// What says why a test did not pass.
const REASON: &[&str] = &["type", "message"];

const RULES: &[Rule] = &[
    Rule {
        name: "testsuites",
        required: NONE,
        // Not `skipped`, which a suite has.
        optional: &["name", "time", "tests", "failures", "errors"],
        children: &["testsuite"],
        has_text: false,
    },
    Rule {
        name: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
        children: &["testsuite", "properties", "testcase", "system-out", "system-err"],
        has_text: false,
    },
    Rule { name: "properties", required: NONE, optional: NONE, children: &["property"], has_text: false },
    Rule { name: "property", required: &["name", "value"], optional: NONE, children: NONE, has_text: false },
    Rule {
        name: "testcase",
        required: &["name"],
        optional: &["time", "classname", "group"],
        // No properties: a suite has them, a test has none.
        children: &["skipped", "error", "failure", "system-out", "system-err"],
        has_text: false,
    },
    Rule { name: "skipped", required: NONE, optional: REASON, children: NONE, has_text: true },
    Rule { name: "error", required: NONE, optional: REASON, children: NONE, has_text: true },
    Rule { name: "failure", required: NONE, optional: REASON, children: NONE, has_text: true },
    Rule { name: "system-out", required: NONE, optional: NONE, children: NONE, has_text: true },
    Rule { name: "system-err", required: NONE, optional: NONE, children: NONE, has_text: true },
];

fn element(start: &quick_xml::events::BytesStart<'_>) -> Element {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).expect("XML of ours is UTF-8").to_owned();
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.expect("an attribute, and once");
        (text(attribute.key.as_ref()), text(&attribute.value))
    });
    Element { name: text(start.name().as_ref()), attributes: attributes.collect(), ..Element::default() }
}

/// Reads a document, and demands that it is well-formed.
fn read(xml: &str) -> Element {
    let mut reader = Reader::from_str(xml);
    let mut open = vec![Element::default()];
    let close = |open: &mut Vec<Element>| {
        let closed = open.pop().expect("each end has a start");
        open.last_mut().expect("the document").children.push(closed);
    };
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) => open.push(element(&start)),
            Event::Empty(start) => {
                open.push(element(&start));
                close(&mut open);
            }
            Event::End(_) => close(&mut open),
            Event::Text(text) => {
                open.last_mut().expect("the document").text.push_str(&text.decode().expect("UTF-8"));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open.len(), 1, "each start has an end");
    let mut document = open.remove(0);
    assert_eq!(document.children.len(), 1, "one root");
    document.children.remove(0)
}

/// What is wrong with an element and all in it, a line each.
fn mistakes(element: &Element, path: &str, told: &mut Vec<String>) {
    let path = format!("{path}/{}", element.name);
    let Some(rule) = RULES.iter().find(|rule| rule.name == element.name) else {
        return told.push(format!("{path} is unknown"));
    };
    for name in element.attributes.keys() {
        if !rule.required.contains(&name.as_str()) && !rule.optional.contains(&name.as_str()) {
            told.push(format!("{path} may not have the attribute {name}"));
        }
    }
    for name in rule.required.iter().filter(|name| !element.attributes.contains_key(**name)) {
        told.push(format!("{path} has no attribute {name}"));
    }
    if let Some(time) = element.attributes.get("time")
        && !time.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        told.push(format!("{path} has the time {time:?}"));
    }
    if !rule.has_text && !element.text.trim().is_empty() {
        told.push(format!("{path} may not hold text"));
    }
    for child in &element.children {
        if rule.children.contains(&child.name.as_str()) {
            mistakes(child, &path, told);
        } else {
            told.push(format!("{path} may not hold {}", child.name));
        }
    }
    // Readers add up what a suite says of itself.
    if element.name == "testsuite" {
        let tests: Vec<&Element> = element.children.iter().filter(|child| child.name == "testcase").collect();
        let with =
            |name: &str| tests.iter().filter(|test| test.children.iter().any(|child| child.name == name)).count();
        let counts = [
            ("tests", tests.len()),
            ("failures", with("failure")),
            ("errors", with("error")),
            ("skipped", with("skipped")),
        ];
        for (name, count) in counts {
            if element.attributes.get(name).is_none_or(|said| *said != count.to_string()) {
                told.push(format!("{path} holds {count} {name} and says {:?}", element.attributes.get(name)));
            }
        }
    }
}

/// Demands that a report is as Jenkins wants it, and gives how many of each element it holds.
pub(crate) fn check(xml: &str) -> BTreeMap<String, usize> {
    let root = read(xml);
    let mut told = Vec::new();
    mistakes(&root, "", &mut told);
    told.sort();
    told.dedup();
    assert_eq!(root.name, "testsuites");
    assert_eq!(told, Vec::<String>::new());
    let mut counts = BTreeMap::new();
    count(&root, &mut counts);
    counts
}

fn count(element: &Element, counts: &mut BTreeMap<String, usize>) {
    *counts.entry(element.name.clone()).or_default() += 1;
    element.children.iter().for_each(|child| count(child, counts));
}

#[test]
fn what_is_not_allowed_is_found() {
    let wrong = [
        (r#"<testsuites skipped="1"/>"#, "/testsuites may not have the attribute skipped"),
        (r#"<testsuites><testcase name="a"/></testsuites>"#, "/testsuites may not hold testcase"),
        (r#"<testsuite name="a" tests="0" failures="0"/>"#, "/testsuite has no attribute errors"),
        (r#"<testcase name="a"><properties/></testcase>"#, "/testcase may not hold properties"),
        (r#"<testcase name="a">text</testcase>"#, "/testcase may not hold text"),
        (r#"<testcase name="a" time="1e3"/>"#, "/testcase has the time \"1e3\""),
        (r#"<failure><system-out/></failure>"#, "/failure may not hold system-out"),
    ];
    for (xml, mistake) in wrong {
        let mut told = Vec::new();
        mistakes(&read(xml), "", &mut told);
        assert!(told.iter().any(|told| told == mistake), "{xml}: {told:?}");
    }
}

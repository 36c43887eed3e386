//! No request in question stands in setup: whatever prepares a case is judged somewhere by itself.
//!
//! A request is *grounded* where some scenario expects a status of it in `steps`, and all that this scenario sends before is grounded
//! already. So wherever setup fails, there is a scenario that fails of just that, and nothing before it has failed for another reason.
//! Requests are alike where method, path, query and the attributes of the body are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use scim_check::scenario::load::schemas;
use scim_check::scenario::{Action, Bindings, BodyTemplate, Case, Check, Send, Step, Template, load, unfolded};
use serde_json::{Value, json};

/// Stands for what is only known in a run.
const UNKNOWN: &str = "{}";

/// A request of a case, in order.
struct Sent {
    key: String,
    /// Whether it prepares: in `given`, or in `steps` with a status that is only assumed.
    is_setup: bool,
    is_judged: bool,
}

/// The value of a template as far as it is written.
fn value(template: &Template, bindings: &Bindings) -> Value {
    match template {
        Template::Array(items) => items.iter().map(|item| value(item, bindings)).collect(),
        Template::Object(fields) => {
            let field = |(name, inner): &(_, Template)| (name_of(name, bindings), value(inner, bindings));
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.fill(bindings).unwrap_or_else(|_| json!(UNKNOWN)),
    }
}

fn name_of(name: &scim_check::scenario::TextTemplate, bindings: &Bindings) -> String {
    name.fill(bindings).unwrap_or_else(|_| name.sample(UNKNOWN))
}

fn attributes(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let names: BTreeSet<&str> = fields.keys().map(String::as_str).filter(|name| *name != "schemas").collect();
            names.into_iter().collect::<Vec<_>>().join(" ")
        }
        Value::String(text) if text == UNKNOWN => "what was read".to_owned(),
        Value::Array(items) => match items.first() {
            None => "[]".to_owned(),
            Some(first) => format!("[{}]", attributes(first)),
        },
        _ => "a value".to_owned(),
    }
}

/// What kind of body is sent: its attributes, and of a PATCH its operations.
fn kind(body: &BodyTemplate, bindings: &Bindings) -> String {
    let BodyTemplate::Json { base, overlay, .. } = body else { return String::new() };
    let base = value(base, bindings);
    let over = overlay.as_ref().map(|over| value(over, bindings)).unwrap_or_else(|| json!({}));
    if let Some(Value::Array(operations)) = base.get("Operations") {
        let operation = |operation: &Value| {
            let path = operation["path"].as_str().map(|path| path.split('[').next().unwrap_or(path).to_owned());
            let value = operation.get("value").map(attributes).unwrap_or_default();
            format!("{} {} {value}", operation["op"].as_str().unwrap_or_default(), path.unwrap_or_default())
        };
        return operations.iter().map(operation).collect::<Vec<_>>().join(", ");
    }
    match (base, over) {
        (Value::Object(mut base), Value::Object(over)) => {
            base.extend(over);
            attributes(&Value::Object(base))
        }
        (base, over) if attributes(&over).is_empty() => attributes(&base),
        (base, over) => format!("{} with {}", attributes(&base), attributes(&over)),
    }
}

fn key(send: &Send, bindings: &Bindings) -> String {
    let request = &send.request;
    let query = request.query.iter().map(|(name, value)| {
        let text = value.sample(UNKNOWN);
        // What is looked for, how many are asked for, and from where on, is no other kind of request.
        let looked_for = text.split_once('"').map_or(text.as_str(), |(before, _)| before);
        match text.parse::<u32>().is_ok() || text == UNKNOWN {
            true => name.sample(UNKNOWN),
            false => format!("{}={looked_for}", name.sample(UNKNOWN)),
        }
    });
    let query = query.collect::<Vec<_>>().join("&");
    let path = request.path.sample(UNKNOWN);
    let question = if query.is_empty() { "" } else { "?" };
    format!("{} {path}{question}{query} {}", request.method, kind(&request.body, bindings)).trim_end().to_owned()
}

fn follow(steps: &[Step], is_given: bool, bindings: &mut Bindings, into: &mut Vec<Sent>) {
    for step in steps {
        match &step.action {
            Action::Bind(bound) => {
                for (name, template) in bound {
                    let value = value(template, bindings);
                    bindings.bind(name.clone(), value);
                }
            }
            Action::Send(send) => sent(send, is_given, bindings, into),
            Action::Together { sends, .. } => sends.iter().for_each(|send| sent(send, is_given, bindings, into)),
            Action::Each(each) => {
                bindings.bind(each.name.clone(), json!(UNKNOWN));
                bindings.bind(format!("{}.n", each.name), json!(1));
                follow(&each.steps, is_given, bindings, into);
            }
            Action::Shared(shared) => {
                for (name, template) in &shared.given {
                    let value = value(template, bindings);
                    bindings.bind(name.clone(), value);
                }
                follow(&shared.steps, true, bindings, into);
                for (name, template) in &shared.returns {
                    let value = value(template, bindings);
                    bindings.bind(name.clone(), value);
                }
            }
            Action::Walk(_) => {}
        }
    }
}

fn sent(send: &Send, is_given: bool, bindings: &mut Bindings, into: &mut Vec<Sent>) {
    let asks = |expectation: &scim_check::scenario::Expectation| {
        matches!(expectation.check, Check::Status(_)) && !expectation.of_suite
    };
    let is_judged = !is_given && send.expect.iter().any(asks);
    // What a server may refuse ends the case with a note: it is in nobody's way.
    if !send.refusable {
        into.push(Sent { key: key(send, bindings), is_setup: !is_judged, is_judged });
    }
    for capture in &send.captures {
        bindings.bind(capture.name.clone(), json!(UNKNOWN));
    }
}

fn requests(case: &Case) -> Vec<Sent> {
    let mut bindings = Bindings::default();
    case.bind_row(&mut bindings);
    case.data.iter().for_each(|(name, value)| bindings.bind(format!("data.{name}"), value.clone()));
    bindings.bind("unique", json!("u"));
    bindings.bind("n", json!(1));
    bindings.bind("password", json!("p"));
    let mut all = Vec::new();
    follow(&case.given, true, &mut bindings, &mut all);
    follow(&case.steps, false, &mut bindings, &mut all);
    all
}

/// Requests that only prepare, each with the reason why that is right.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "POST /Users active displayName emails externalId groups locale name password phoneNumbers title userName",
        "a profile that is to be kept needs something in it; whoever refuses one of the two is asked again without it",
    ),
    (
        "PUT /Users/{} what was read with {}",
        "which attribute of an extension is changed is known in a run only; users/update judges the PUT of those that all have",
    ),
    ("PATCH /Users/{} replace  {}", "the same of a PATCH"),
    (
        "POST /Users active displayName emails externalId groups locale name password urn:scim:schemas:extension:enterprise:1.0 userName",
        "in SCIM 1.1 nobody has to take the extension: what is shown of it is judged where it is taken",
    ),
];

#[test]
fn whatever_prepares_a_case_is_judged_somewhere_by_itself() {
    let library = load(None).expect("the built-in scenarios are right");
    let cases: Vec<(String, Vec<Sent>)> = library
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.cases)
        .map(|case| (case.id.clone(), requests(case)))
        .collect();
    let mut grounded: BTreeSet<&str> = EXCEPTIONS.iter().map(|(key, _)| *key).collect();
    loop {
        let before = grounded.len();
        for (_, requests) in &cases {
            for request in requests {
                if request.is_judged {
                    grounded.insert(&request.key);
                }
                if !grounded.contains(request.key.as_str()) {
                    break;
                }
            }
        }
        if grounded.len() == before {
            break;
        }
    }
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, requests) in &cases {
        for request in requests.iter().filter(|r| r.is_setup && !grounded.contains(r.key.as_str())) {
            missing.entry(&request.key).or_default().push(id);
        }
    }
    let told: Vec<String> = missing
        .iter()
        .map(|(key, ids)| format!("{key}: only prepares {} cases, such as {}", ids.len(), ids[0]))
        .collect();
    assert_eq!(told, Vec::<String>::new());
    // An exception that nobody needs any more goes.
    let sends: BTreeSet<&str> = cases.iter().flat_map(|(_, requests)| requests).map(|r| r.key.as_str()).collect();
    let in_vain: Vec<_> = EXCEPTIONS.iter().filter(|(key, _)| !sends.contains(key)).collect();
    assert!(in_vain.is_empty(), "{in_vain:?}");
}

#[test]
fn what_setup_cites_is_judged_somewhere() {
    let library = load(None).expect("the built-in scenarios are right");
    let cases = || library.scenarios.iter().flat_map(|scenario| &scenario.cases);
    let cited = |steps: &[Step], of_setup: bool| -> BTreeSet<String> {
        let all = unfolded(steps).into_iter().flat_map(|step| match &step.action {
            Action::Send(send) if of_setup => [&send.assume[..], &send.expect[..]].concat(),
            Action::Send(send) => send.expect.clone(),
            Action::Walk(walk) if of_setup => [&walk.assume[..], &walk.expect[..]].concat(),
            Action::Walk(walk) => walk.expect.clone(),
            Action::Together { expect, sends } => {
                sends.iter().flat_map(|send| send.expect.clone()).chain(expect.iter().cloned()).collect()
            }
            _ => Vec::new(),
        });
        all.map(|expectation| expectation.requirement.to_string()).collect()
    };
    let judged: BTreeSet<String> = cases().flat_map(|case| cited(&case.steps, false)).collect();
    let of_setup: BTreeSet<String> = cases().flat_map(|case| cited(&case.given, true)).collect();
    // What `well-formed` finds is reported under the requirement that a JSON Schema names.
    let is_in_a_schema = |id: &str| schemas().any(|(_, text)| text.contains(&format!("\"{id}\"")));
    let never: Vec<&String> = of_setup.difference(&judged).filter(|id| !is_in_a_schema(id)).collect();
    assert_eq!(never, Vec::<&String>::new());
}

#[test]
fn whatever_is_captured_is_read() {
    let mut unread = Vec::new();
    for path in crate::language::yaml(Path::new("scenarios")) {
        let text = fs::read_to_string(&path).expect("it is text");
        for (n, line) in text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("capture:")) {
            // Both forms: names on the line itself, and one on each line below it.
            let depth = |line: &str| line.len() - line.trim_start().len();
            let below = text.lines().skip(n + 1).take_while(|other| depth(other) > depth(line)).map(str::trim);
            let inside = line.trim().trim_start_matches("capture:").trim().trim_matches(['{', '}']);
            for name in inside.split(", ").chain(below).filter_map(|entry| Some(entry.split_once(':')?.0.trim())) {
                if !["}", ".", "|"].iter().any(|after| text.contains(&format!("${{{name}{after}"))) {
                    unread.push(format!("{}: {name}", path.display()));
                }
            }
        }
    }
    assert_eq!(unread, Vec::<String>::new());
}

#[test]
fn no_comment_explains_what_a_word_of_the_language_says() {
    let says = |text: &str| text.lines().any(|line| line.contains("selects nothing, and the case ends"));
    let files = crate::language::yaml(Path::new("scenarios"));
    let found: Vec<_> = files.iter().filter(|path| says(&fs::read_to_string(path).expect("it is text"))).collect();
    assert_eq!(found, Vec::<&std::path::PathBuf>::new());
}

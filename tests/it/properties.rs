//! Laws that hold for any text and any value: readers never panic, and filling gives back what was parsed.

use std::sync::Arc;

use proptest::prelude::*;
use scim_check::scenario::template::merge;
use scim_check::scenario::{Bindings, JsonPath, Template, TextTemplate, load};
use scim_check::source::{Kind, Node, Renderer, SourceFile, pack, parse, render, unpack};
use serde_json::{Map, Value, json};

fn file(text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile { name: "any.yaml".to_owned(), text: text.to_owned() })
}

/// Reads a text; whatever comes of it can be shown, and points into the text.
fn check(text: &str) -> Result<(), TestCaseError> {
    fn inside(node: &Node, text: &str) -> Result<(), TestCaseError> {
        prop_assert!(text.get(node.span.bytes.clone()).is_some(), "{:?} is not in {text:?}", node.span.bytes);
        match &node.kind {
            Kind::Seq(items) => items.iter().try_for_each(|item| inside(item, text)),
            Kind::Map(entries) => entries.iter().try_for_each(|(key, value)| {
                prop_assert!(text.get(key.span.bytes.clone()).is_some(), "{:?} is not in {text:?}", key.span.bytes);
                inside(value, text)
            }),
            _ => Ok(()),
        }
    }
    let file = file(text);
    match parse(&file) {
        Ok(node) => {
            inside(&node, text)?;
            prop_assert_eq!(unpack(&pack(&node), &file), Some(node));
            Ok(())
        }
        Err(mistake) => {
            prop_assert!(text.get(mistake.span.bytes.clone()).is_some(), "{:?} in {text:?}", mistake.span.bytes);
            let drawn = render(std::slice::from_ref(&mistake), &Renderer::plain());
            prop_assert!(drawn.contains("any.yaml") && drawn.ends_with("1 mistake\n"), "{drawn}");
            Ok(())
        }
    }
}

/// Everything is bound, to itself.
fn parsed(text: &str) -> Option<TextTemplate> {
    TextTemplate::parse(text, &mut |name| Ok((name.to_owned(), Vec::new()))).ok()
}

fn filled(text: &str, bindings: &Bindings) -> Option<String> {
    parsed(text)?.fill(bindings).ok()
}

/// Text in which what matters to YAML and to templates is frequent.
fn punctuated() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z0-9]{1,3}",
        8 => prop::sample::select(vec![
            ": ", ":", "- ", "-", "\n", "\n  ", "\n\t", "\r\n", " ", "\t", "\"", "'", "[", "]", "{", "}", ", ", "#",
            " #", "&a ", "*a", "!t ", "!!binary ", "!!str ", "!!int ", "|\n", ">-\n", "? ", "<<: ", "~", "---\n",
            "...\n", "%YAML 1.2\n", "@", "`", "\\", "\\x", "\\u12", "${", "}", "$${", "$", ".nan", "1e999", "0x",
            "\u{feff}", "\u{85}", "\u{2028}", "\0", "é", "用", "👩‍👧", "$..", "[?@.", "['", "*",
        ])
        .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c$ ]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The template of a value without holes, as lowering makes it.
fn template_of(value: &Value) -> Option<Template> {
    Some(match value {
        Value::String(text) => Template::of_text(parsed(text)?),
        Value::Array(items) => Template::Array(items.iter().map(template_of).collect::<Option<_>>()?),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| Some((TextTemplate::literal(key), template_of(value)?)));
            Template::Object(fields.collect::<Option<_>>()?)
        }
        other => Template::Value(other.clone()),
    })
}

/// A scenario that uses much of the language.
const SCENARIO: &str = r#"title: A user is created and found
needs: [patch, filter]
alone: true
rows:
  - { app: catalogue, needs: [patch] }
  - { app: wizard, path: Users }
given:
  - send: POST /Users
    body: { userName: "${unique}", emails: [{ value: "${unique}@example.com", type: work }] }
    capture: { id: $.id, where: header Location }
steps:
  - send: GET /Users?filter=userName eq "${unique|quote}"&count=1
    headers: { Accept: application/json, User-Agent: null }
    within: 5s
    capture: { all: $ }
    expect:
      - must: RFC7644-3.3-created-201
        status: [200, 2xx]
      - must: RFC7644-3.3-created-201
        at: $.Resources[?@.id == "${id}"].emails[*].type
        every: { one-of: [work, home] }
      - must: RFC7644-3.3-created-201
        rule: same-resource
        with: { as: "${all}" }
  - send: PUT /Users/${id}
    times: 3
    body: "${all}"
    merge: { active: false, n: "${n}" }
  - together:
      - send: DELETE /Users/${id}
    expect:
      - { must: RFC7644-3.3-created-201, rule: some-status, with: { status: 204, at-most: 1 } }
  - each: "${all}"
    at: $.Resources[?@.id != '${id}']
    at-most: 2
    as: other
    steps:
      - send: GET /${other.meta.location|path}?n=${other.n}
        headers: { X-Seen: "${other.id}" }
  - walk: /Users
    as: import
    count: 7
    expect:
      - { must: RFC7644-3.3-created-201, rule: lists-none, with: { ids: ["${id}"] } }
from: [nobody]
"#;

/// The scenario after an accident: a piece is lost, another is put in, or lines are swapped.
fn damaged() -> impl Strategy<Value = String> {
    let accident = (any::<prop::sample::Index>(), 0..20usize, punctuated(), any::<prop::sample::Index>());
    prop::collection::vec(accident, 1..4).prop_map(|accidents| {
        let mut text = SCENARIO.to_owned();
        for (at, lost, put, line) in accidents {
            let mut start = at.index(text.len() + 1);
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= start + lost).unwrap_or(text.len());
            let piece: String = put.chars().take(lost % 7).collect();
            text.replace_range(start..end.max(start), &piece);
            if lost % 3 == 0 {
                let mut lines: Vec<&str> = text.split('\n').collect();
                let (one, other) = (line.index(lines.len()), at.index(lines.len()));
                lines.swap(one, other);
                text = lines.join("\n");
            }
        }
        text
    })
}

#[test]
fn the_scenario_is_right_before_the_accident() {
    assert_eq!(told(SCENARIO), "");
}

/// What the author of a scenario is told.
fn told(text: &str) -> String {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let path = folder.path().join("case.yaml");
    std::fs::write(&path, text).expect("a temporary file can be written");
    let mut mistakes = load(Some(&path)).err().unwrap_or_default();
    mistakes.retain(|mistake| !mistake.span.file.name.starts_with("scenarios/"));
    if mistakes.is_empty() { String::new() } else { render(&mistakes, &Renderer::plain()) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_scenario_is_loaded_or_explained(text in damaged()) {
        let told = told(&text);
        prop_assert!(told.is_empty() || told.contains("case.yaml"), "{}", told);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_explained(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_heap_of_yaml_is_read_or_explained(text in punctuated()) {
        check(&text)?;
    }

    #[test]
    fn any_bytes_are_unpacked_or_refused(bytes: Vec<u8>, text in punctuated()) {
        unpack(&bytes, &file(&text));
    }

    #[test]
    fn json_reads_as_itself(value in json_value()) {
        check(&value.to_string())?;
        let node = parse(&file(&value.to_string()));
        prop_assert_eq!(node.map(|node| node.to_json()).ok(), Some(value));
    }

    #[test]
    fn templates_never_panic(text in punctuated()) {
        let mut names = Vec::new();
        let result = TextTemplate::parse(&text, &mut |name| {
            names.push(name.to_owned());
            if name.len() % 2 == 0 { Ok((name.to_owned(), vec!["a".to_owned()])) } else { Err("not bound".to_owned()) }
        });
        match result {
            Ok(template) => {
                let mut bindings = Bindings::default();
                for name in names {
                    bindings.bind(name, json!({ "a": ["b", null, { "c": 1 }] }));
                }
                prop_assert!(template.fill(&bindings).is_ok());
                prop_assert!(!template.has_holes() || template.fill(&Bindings::default()).is_err());
            }
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                for mistake in mistakes {
                    let part = text.get(mistake.bytes);
                    prop_assert!(part.is_some_and(|part| part.starts_with("${")), "{:?}", part);
                }
            }
        }
    }

    #[test]
    fn text_without_holes_is_filled_with_itself(text in punctuated()) {
        prop_assume!(!text.contains("${"));
        prop_assert_eq!(filled(&text, &Bindings::default()), Some(text));
    }

    #[test]
    fn an_escaped_hole_is_text(before in "[^$]{0,8}", inside in "[^$]{0,8}", after in "[^$]{0,8}") {
        let text = format!("{before}$${{{inside}}}{after}");
        prop_assert_eq!(filled(&text, &Bindings::default()), Some(format!("{before}${{{inside}}}{after}")));
    }

    #[test]
    fn a_hole_is_filled_with_its_value_as_it_is(before in "[^$]{0,8}", value in punctuated(), after in "[^$]{0,8}") {
        let mut bindings = Bindings::default();
        bindings.bind("name", Value::from(value.clone()));
        prop_assert_eq!(filled(&format!("{before}${{name}}{after}"), &bindings), Some(format!("{before}{value}{after}")));
    }

    #[test]
    fn a_quoted_value_ends_where_its_literal_ends(value in any::<String>()) {
        let mut bindings = Bindings::default();
        bindings.bind("name", Value::from(value.clone()));
        let literal = filled("\"${name|quote}\"", &bindings).unwrap_or_default();
        prop_assert_eq!(serde_json::from_str::<Value>(&literal).ok(), Some(Value::from(value)));
    }

    #[test]
    fn a_whole_hole_keeps_its_type(value in json_value()) {
        let mut bindings = Bindings::default();
        bindings.bind("name", value.clone());
        let template = parsed("${name}").map(Template::of_text);
        prop_assert_eq!(template.and_then(|template| template.fill(&bindings).ok()), Some(value));
    }

    #[test]
    fn a_value_without_holes_is_filled_with_itself(value in json_value()) {
        prop_assume!(!value.to_string().contains("${"));
        let template = template_of(&value);
        prop_assert_eq!(template.and_then(|template| template.fill(&Bindings::default()).ok()), Some(value));
    }

    #[test]
    fn paths_never_panic(text in punctuated(), body in json_value()) {
        match JsonPath::parse(&text) {
            Ok(path) => {
                let selected = path.select(&body);
                for one in &selected {
                    prop_assert_eq!(body.pointer(&one.pointer), Some(one.value));
                }
                prop_assert!(!path.is_singular() || selected.len() <= 1, "{} selects {}", text, selected.len());
            }
            Err(mistake) => prop_assert!(mistake.at <= text.len() && text.is_char_boundary(mistake.at)),
        }
    }

    #[test]
    fn likely_paths_never_panic(
        steps in prop::collection::vec(
            prop::sample::select(vec![
                ".a", ".b", "[0]", "[-1]", "['a']", "[\"b\"]", ".*", "[*]", "..a", "[0,1]", "['a','b']", "[0:2]",
                "[?@.a]", "[?@.a == 1]", "[?@.b == \"x\" && @.a]", "[?length(@.a) > 1]", "[", ".", " ",
            ]),
            0..5,
        ),
        body in json_value(),
    ) {
        let text = format!("${}", steps.concat());
        if let Ok(path) = JsonPath::parse(&text) {
            let selected = path.select(&body);
            prop_assert_eq!(path.as_str(), &text);
            let values: Vec<&Value> = selected.iter().map(|one| one.value).collect();
            prop_assert_eq!(values, path.values(&body));
            prop_assert!(!path.is_singular() || selected.len() <= 1, "{} selects {}", text, selected.len());
        }
    }

    #[test]
    fn merging_with_itself_changes_nothing(value in json_value()) {
        prop_assert_eq!(merge(value.clone(), value.clone()), value);
    }

    #[test]
    fn merging_nothing_into_an_object_changes_nothing(value in json_value()) {
        let object = json!({ "a": value });
        prop_assert_eq!(merge(object.clone(), json!({})), object);
    }

    #[test]
    fn what_is_no_object_replaces(base in json_value(), overlay in json_value()) {
        prop_assume!(!overlay.is_object() || !base.is_object());
        prop_assert_eq!(merge(base, overlay.clone()), overlay);
    }

    #[test]
    fn a_merge_has_the_keys_of_both(base in json_value(), overlay in json_value()) {
        let (Value::Object(old), Value::Object(new)) = (&base, &overlay) else { return Ok(()) };
        let merged = merge(base.clone(), overlay.clone());
        for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
            prop_assert_eq!(merged.get(key), Some(value));
        }
        for (key, value) in new {
            let expected = old.get(key).map_or_else(|| value.clone(), |under| merge(under.clone(), value.clone()));
            prop_assert_eq!(merged.get(key), Some(&expected));
        }
        prop_assert!(merged.as_object().is_some_and(|m| m.keys().all(|k| old.contains_key(k) || new.contains_key(k))));
    }

    #[test]
    fn merging_twice_is_merging_once(base in json_value(), overlay in json_value()) {
        let once = merge(base, overlay.clone());
        prop_assert_eq!(merge(once.clone(), overlay), once);
    }
}

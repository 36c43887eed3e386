//! What the constructs of the language mean once they are loaded, where no run is needed to see it.

use std::fs;
use std::path::{Path, PathBuf};

use scim_check::plan::spread;
use scim_check::scenario::{Action, Bindings, BodyTemplate, Case, Library, Send, Step, load, unfolded};
use scim_check::source::{Renderer, render};
use serde_json::{Value, json};

/// Files of a folder, loaded.
fn loaded(files: &[(&str, &str)]) -> Library {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a temporary folder can be made");
        fs::write(path, text).expect("a temporary file can be written");
    }
    load(Some(folder.path())).unwrap_or_else(|mistakes| panic!("{}", render(&mistakes, &Renderer::plain())))
}

fn case<'l>(library: &'l Library, id: &str) -> &'l Case {
    let mut cases = library.scenarios.iter().flat_map(|scenario| &scenario.cases);
    cases.find(|case| case.id == id).unwrap_or_else(|| panic!("there is no case {id}"))
}

/// What the steps send, in order.
fn sent(steps: &[Step]) -> Vec<&Send> {
    let sends = unfolded(steps).into_iter().filter_map(|step| match &step.action {
        Action::Send(send) => Some(send),
        _ => None,
    });
    sends.collect()
}

fn paths(case: &Case) -> Vec<String> {
    let bindings = Bindings::default();
    sent(&case.steps).iter().map(|send| send.request.path.fill(&bindings).expect("nothing is bound")).collect()
}

#[test]
fn a_provider_inherits_the_flows_of_all_and_puts_its_own_in_their_place() {
    let scenario = "title: A case\nsteps: [{ use: ./greet }, { use: ./wave }]\n";
    let flow = |path: &str| format!("title: A flow\nsteps: [{{ send: GET {path} }}]\n");
    let (common, own) = (flow("/Common"), flow("/Acme"));
    let library = loaded(&[
        ("acme/first/case.yaml", scenario),
        ("brass/case.yaml", scenario),
        ("flows/common/greet.yaml", "title: A flow\nsteps: [{ use: ./polite/bow }]\n"),
        ("flows/common/polite/bow.yaml", &common),
        ("flows/common/wave.yaml", &common),
        ("flows/acme/polite/bow.yaml", &own),
    ]);
    assert_eq!(paths(case(&library, "acme/first/case")), ["/Acme", "/Common"]);
    assert_eq!(paths(case(&library, "brass/case")), ["/Common", "/Common"]);
}

/// The bodies that the steps send, filled.
fn bodies(case: &Case) -> Vec<Value> {
    let mut bindings = Bindings::default();
    bindings.bind("unique", json!("u"));
    bindings.bind("n", json!(7));
    let body = |send: &&Send| match &send.request.body {
        BodyTemplate::Json { base, .. } => base.fill(&bindings).expect("all is bound"),
        other => panic!("{other:?}"),
    };
    sent(&case.steps).iter().map(body).collect()
}

#[test]
fn a_body_is_like_a_template_with_some_of_it_changed() {
    let library = loaded(&[
        (
            "bodies/common/user.yaml",
            "title: A user
params:
  login: jane
  userName: \"${login}.${unique}\"
  name: { givenName: Jane, familyName: Doe }
body:
  userName: \"${userName}\"
  name: \"${name}\"
  initial: \"${name.givenName}\"
  \"urn:acme:2.0:User\": { department: Tour, floor: 2 }
  groups: []
",
        ),
        ("bodies/acme/person.yaml", "title: A person\nparams: { login: null }\nbody: { like: ./user, login: \"${login}\" }\n"),
        (
            "acme/case.yaml",
            "title: A case
steps:
  - send: POST /Users
    body: { like: ./person, login: ann, without: [groups, initial, \"urn:acme:2.0:User.floor\"] }
  - send: POST /Users
    times: 7
    body: { like: ./user, login: \"m${n}\", without: [\"urn:acme:2.0:User\"], with: { name: { givenName: Jo }, groups: [1] } }
",
        ),
    ]);
    let expected = [
        json!({ "userName": "ann.u", "name": { "givenName": "Jane", "familyName": "Doe" },
            "urn:acme:2.0:User": { "department": "Tour" } }),
        json!({ "userName": "m7.u", "name": { "givenName": "Jo", "familyName": "Doe" }, "initial": "Jane", "groups": [1] }),
    ];
    assert_eq!(bodies(case(&library, "acme/case")), expected);
}

#[test]
fn each_provider_s_user_is_spelt_once() {
    let spelt = |path: &Path| {
        let text = fs::read_to_string(path).expect("it is text");
        // What is judged of an attribute is no body.
        text.contains("schemas:core:2.0:User\"]") && text.contains("emails:\n")
    };
    let files = yaml(Path::new("scenarios"));
    let spelt: Vec<_> = files.iter().filter(|path| spelt(path)).map(|path| path.display().to_string()).collect();
    assert_eq!(spelt, ["scenarios/bodies/okta/user.yaml", "scenarios/bodies/onelogin/user.yaml"]);
}

/// The YAML files below a folder.
pub(crate) fn yaml(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is in the repository");
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("it can be read").path()) {
        match path.extension() {
            _ if path.is_dir() => found.extend(yaml(&path)),
            Some(ending) if ending == "yaml" => found.push(path),
            _ => {}
        }
    }
    found.sort();
    found
}

#[test]
fn what_comes_after_a_pick_rests_on_it() {
    let scenario = "title: A case
steps:
  - send: GET /Users
    capture: { page: $ }
  - pick: \"${page}\"
    at: $.Resources[1]
    as: second
    steps: [{ send: GET /Second }]
  - pick: \"${page}\"
    at: $.Resources[0]
    as: first
  - send: GET /First
  - send: GET /Last
";
    let library = loaded(&[("acme/case.yaml", scenario)]);
    let steps = &case(&library, "acme/case").steps;
    let inside = |step: &Step| match &step.action {
        Action::Each(each) => (each.at_most, sent(&each.steps).len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(steps[1..].iter().map(inside).collect::<Vec<_>>(), [(Some(1), 1), (Some(1), 2)]);
}

#[test]
fn no_each_is_an_if() {
    let is_if =
        |path: &PathBuf| fs::read_to_string(path).expect("it is text").lines().any(|l| l.trim() == "at-most: 1");
    let files: Vec<PathBuf> = yaml(Path::new("scenarios")).into_iter().filter(is_if).collect();
    assert_eq!(files, Vec::<PathBuf>::new());
}

#[test]
fn each_attribute_is_looked_at_in_each_variant() {
    let persona = "title: Acme\nvariants:\n  verb:\n    patch: { needs: [patch], of: PATCH }\n    put: { of: PUT }\n";
    let case = "title: A case\nneeds: [declared-attributes]\nfor-attributes: updated\nvariants:\n  verb:\n    \
                patch: { sent: { all: \"${row.patch}\" } }\n    put: { sent: \"${row.changed}\" }\nsteps:\n  \
                - send: GET /${row.of}/${row.attribute}\n    expect: [{ must: RFC7644-3.4.1-get-200, status: 200 }]\n";
    let mut library = loaded(&[("acme/persona.yaml", persona), ("acme/updated.yaml", case)]);
    let shown = |library: &Library| -> Vec<(String, usize, String)> {
        let cases = library.scenarios.iter().flat_map(|scenario| &scenario.cases);
        let shown = cases.map(|case| {
            let mut bindings = Bindings::default();
            case.bind_row(&mut bindings);
            let path = sent(&case.steps)[0].request.path.fill(&bindings).expect("all is bound");
            (case.id.clone(), case.needs.len(), path)
        });
        shown.collect()
    };
    let example =
        [("acme/updated#nickName-patch", 2, "/PATCH/nickName"), ("acme/updated#nickName-put", 1, "/PUT/nickName")];
    assert_eq!(shown(&library), example.map(|(id, needs, path)| (id.to_owned(), needs, path.to_owned())));
    let row = |name: &str| json!({ "attribute": name, "patch": { name: "b" } }).as_object().expect("it is one").clone();
    spread(&mut library.scenarios, &[("updated", vec![row("title"), row("x-put")])].into());
    let expected = [
        ("acme/updated#title-patch", 2, "/PATCH/title"),
        ("acme/updated#title-put", 1, "/PUT/title"),
        ("acme/updated#x-put-patch", 2, "/PATCH/x-put"),
        ("acme/updated#x-put-put", 1, "/PUT/x-put"),
    ];
    assert_eq!(shown(&library), expected.map(|(id, needs, path)| (id.to_owned(), needs, path.to_owned())));
}

#[test]
fn each_variant_is_a_case_with_what_the_provider_says_of_it() {
    let persona = "title: Acme
variants:
  verb:
    patch: { needs: [patch], word: updated }
    put: { word: replaced }
";
    let scenario = |variants: &str| {
        format!(
            "title: A case\n{variants}\nsteps:\n  - send: GET /${{row.verb}}/${{row.word}}/${{row.of}}\n    expect:\n      - {{ must: \"RFC7644-3.${{row.of}}\", status: 200 }}\n"
        )
    };
    let library = loaded(&[
        ("acme/persona.yaml", persona),
        (
            "acme/plain.yaml",
            &scenario("variants: { verb: { put: { of: 4.1-get-200, word: own }, patch: { of: 4.1-get-200 } } }"),
        ),
        ("acme/crossed.yaml", &scenario("rows: [{ of: 4.1-get-200 }]\nvariants: { verb: [patch, put] }")),
    ]);
    let all = library.scenarios.iter().flat_map(|scenario| &scenario.cases);
    let seen: Vec<_> = all
        .map(|case| {
            let mut bindings = Bindings::default();
            case.bind_row(&mut bindings);
            let path = sent(&case.steps)[0].request.path.fill(&bindings).expect("all is bound");
            (case.id.as_str(), path, case.needs.len())
        })
        .collect();
    let expected = [
        ("acme/crossed#4.1-get-200-patch", "/patch/updated/4.1-get-200", 1),
        ("acme/crossed#4.1-get-200-put", "/put/replaced/4.1-get-200", 0),
        ("acme/plain#put", "/put/own/4.1-get-200", 0),
        ("acme/plain#patch", "/patch/updated/4.1-get-200", 1),
    ];
    assert_eq!(seen, expected.map(|(id, path, needs)| (id, path.to_owned(), needs)));
}

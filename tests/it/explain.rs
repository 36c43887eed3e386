//! `scim-check explain PROVIDER`: what a provider sends, when, and who says so, read from its folder.

use crate::program::call;
use scim_check::scenario;

fn explained(provider: &str) -> String {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let (code, said, complained) = call(folder.path(), &["explain", provider]);
    assert_eq!((code, complained.as_str()), (Some(0), ""));
    said
}

#[test]
fn a_provider_is_explained_to_people_in_a_hurry() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // What every new scenario changes.
    settings.add_filter(r"(?m)^  --depth (\w+) +\d+ cases? +", "  --depth $1 N cases ");
    settings.add_filter(r"(?m)^evidence: .*$", "evidence: N requirements");
    settings.add_filter(r"(?m)^ +\d+  (\S)", "   N  $1");
    settings.add_filter(r"and \d+ more; scim-check", "and N more; scim-check");
    settings.bind(|| insta::assert_snapshot!("explain-onelogin", explained("onelogin")));
}

#[test]
fn each_kind_of_app_is_told_with_what_it_sends() {
    let said = explained("okta");
    for line in [
        "Okta (--suite okta)",
        "  catalogue  from the catalogue; works by patch",
        "  push-groups               Push Groups; never with `groups: none`, `fixed`, `membership-only`",
        "  User-Agent: Okta SCIM Client 1.0.0",
        "     GET /Users?startIndex=1&count=2",
        "     catalogue (needs patch, deactivate-users, catalogue-app)",
        "         {\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"], \"Operations\": [{\"op\":",
        "     wizard (needs deactivate-users, wizard-app)",
        "         what GET returned, with {\"active\": false}",
    ] {
        assert!(said.lines().any(|told| told == line), "{line:?} is not in\n{said}");
    }
    let place = |text: &str| said.find(text).unwrap_or_else(|| panic!("{text:?} is not in\n{said}"));
    let acts = ["tests the connection", "A user is assigned to", "unassigned, or deactivated", "A group is pushed"];
    assert!(acts.windows(2).all(|pair| place(pair[0]) < place(pair[1])), "in the order in which it happens");
    assert!(said.lines().all(|line| line.chars().count() <= 160), "no line is longer than a screen");
}

#[test]
fn every_provider_says_what_it_does_and_who_says_so() {
    let library = scenario::load(None).expect("the built-in files are right");
    for persona in &library.personas.0 {
        let start = format!("{}/acts/", persona.folder);
        let acts: Vec<_> = library.acts.iter().filter(|act| act.id.starts_with(&start)).collect();
        assert!(acts.len() > 5, "{}", persona.folder);
        for act in acts {
            assert!(!act.from.is_empty(), "{}: nobody says that {}", persona.folder, act.title);
        }
    }
}

#[test]
fn a_mistake_in_an_act_is_drawn_like_one_in_a_scenario() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let acme = folder.path().join("mine/acme");
    std::fs::create_dir_all(&acme).expect("it can be made");
    let scenario = "title: A list is answered\nsteps:\n  - send: GET /Users\n    expect:\n      - must: RFC7644-3.4.1-get-200\n        status: 200\n";
    std::fs::write(acme.join("list.yaml"), scenario).expect("it can be written");
    let persona = "title: Acme\nacts:\n  - title: a user is given the app\n    steps:\n      - use: okta/create-usr\n      - send: GET /Users\n        expect:\n          - must: OKTA-nobody-knows\n            status: 200\n";
    std::fs::write(acme.join("persona.yaml"), persona).expect("it can be written");
    let (code, _, complained) = call(folder.path(), &["lint", "mine"]);
    assert_eq!(code, Some(2), "{complained}");
    assert!(complained.contains("did you mean `okta/create-user`?"), "{complained}");
    assert!(complained.contains("persona.yaml:8:19") && complained.contains("2 mistakes"), "{complained}");
    std::fs::write(acme.join("persona.yaml"), "title: Acme\nacts: often\n").expect("it can be written");
    let (code, _, complained) = call(folder.path(), &["lint", "mine"]);
    assert!(code == Some(2) && complained.contains("`acts` is a list"), "{complained}");
}

//! What the constructs of the language mean once they are loaded, where no run is needed to see it.

use std::fs;
use std::path::Path;

use scim_check::scenario::{Action, Bindings, Case, Library, Send, Step, load, unfolded};
use scim_check::source::{Renderer, render};

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

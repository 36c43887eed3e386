//! `scim-check hook`: each check is seen to fail by a fault of the reference hook, and a right one is accused of nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use scim_check::okta::hook::answer::MAX_BYTES;
use scim_check::okta::hook::service::Service;
use scim_check::okta::hook::suite::{self, cases, ids, run};
use scim_check::reference::hook::{HookOptions, HookQuirk, HookServer, PATH, serve};
use scim_check::requirement::{Level, Registry, RequirementId};
use scim_check::scenario::load::{Quirk, Server};
use scim_check::scenario::{self, Library};
use scim_check::verdict::{CaseResult, Cause, Outcome, Skip};
use scim_check::wire::auth::Auth;
use scim_check::wire::http::HttpOptions;
use scim_check::wire::{HttpWire, Wire};
use serde_json::{Value, json};

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime")
});

static LIBRARY: LazyLock<Library> = LazyLock::new(|| scenario::load(None).expect("the built-in files are right"));

static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| Arc::clone(&LIBRARY.registry));

const SECRET: &str = "Bearer secret-of-the-hook-suite-31";

/// What the service may take here, so that proofs of slowness do not take long.
const LIMIT: Duration = Duration::from_secs(2);

async fn start(quirks: &[HookQuirk]) -> HookServer {
    let credential = Some(("Authorization".to_owned(), SECRET.to_owned()));
    let options = HookOptions { credential, quirks: quirks.to_vec(), delay: Duration::from_millis(250), port: 0 };
    serve(options).await.expect("a free port on 127.0.0.1")
}

fn service(url: &str, auth: Auth) -> Arc<Service> {
    let base = url.strip_suffix(PATH).expect("the path of the hook");
    let mut http = HttpOptions::new(url::Url::parse(base).expect("a URL"), auth);
    (http.total_timeout, http.max_body_bytes, http.tries_again) = (LIMIT, MAX_BYTES - 1, false);
    let wire = Wire::Http(HttpWire::new(http).expect("a client"));
    let now = || "2026-12-01T09:00:00.000Z".to_owned();
    Arc::new(Service { wire, path: PATH.to_owned(), headers: Vec::new(), shown: url.to_owned(), now })
}

fn credential() -> Auth {
    Auth::Header { name: "Authorization".into(), prefix: String::new(), value: SECRET.into() }
}

async fn judged_by(service: Arc<Service>, has_credential: bool) -> Vec<CaseResult> {
    let options = suite::Options {
        registry: &REGISTRY,
        domain: "example.com",
        has_credential,
        seed: fastrand::u64(..),
        time: "2026-12-01T09:00:00.000Z",
    };
    run(&service, options, &|_| true, &mut |_| {}).await
}

/// What is reported of a hook: the demands not met, and those of them that are only noted.
async fn reported(quirks: &[HookQuirk]) -> (Vec<CaseResult>, BTreeSet<String>) {
    let hook = start(quirks).await;
    let cases = judged_by(service(hook.url(), credential()), true).await;
    let findings = cases.iter().flat_map(|case| &case.findings).map(|finding| finding.requirement.to_string());
    let noted = cases.iter().flat_map(|case| &case.notes).filter_map(|note| note.requirement.as_ref());
    let all = findings.chain(noted.map(ToString::to_string)).collect();
    (cases, all)
}

/// The quirks of the hook as they are described, each with the fault.
fn described() -> impl Iterator<Item = (&'static Quirk, HookQuirk)> {
    let of_hook = LIBRARY.quirks.iter().filter(|quirk| quirk.server == Server::Hook);
    of_hook.map(|quirk| (quirk, quirk.id.parse().expect("the build makes a fault of each description")))
}

/// Says of half a second what only a machine that is busy with other things says.
const OF_THE_MACHINE: &str = "OKTA-hook-within-500ms";

/// What is wrong with the proof of one quirk.
async fn prove(quirk: &Quirk, fault: HookQuirk) -> Vec<String> {
    let (cases, found) = reported(&[fault]).await;
    let of_the_machine = |id: &String| id == OF_THE_MACHINE && quirk.breaks.iter().all(|own| own.as_str() != id);
    let found: BTreeSet<String> = found.into_iter().filter(|id| !of_the_machine(id)).collect();
    let texts = |ids: &[RequirementId]| ids.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
    let (breaks, also) = (texts(&quirk.breaks), texts(&quirk.also));
    let mut wrong: Vec<String> = Vec::new();
    for id in breaks.union(&also).filter(|id| !found.contains(*id)) {
        wrong.push(format!("{}: {id} is not reported", quirk.id));
    }
    for id in found.iter().filter(|id| !breaks.contains(*id) && !also.contains(*id)) {
        wrong.push(format!("{}: {id} is blamed", quirk.id));
    }
    let undecided = cases.iter().filter(|case| match &case.outcome {
        Outcome::Inconclusive(Cause::RestsOn(id)) => !quirk.breaks.contains(id),
        Outcome::Inconclusive(_) => true,
        _ => false,
    });
    let undecided: Vec<&str> = undecided.map(|case| case.id.as_str()).collect();
    if !undecided.is_empty() {
        wrong.push(format!("{}: {undecided:?} could not be judged", quirk.id));
    }
    wrong
}

/// How many proofs run at the same moment: ten requests of each have to be answered in time.
const AT_ONCE: usize = 6;

#[test]
fn each_fault_is_reported_as_what_it_is_and_right_services_are_accused_of_nothing() {
    let wrong = RUNTIME.block_on(async {
        let turns = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
        let mut proofs = tokio::task::JoinSet::new();
        for (quirk, fault) in described() {
            let turns = Arc::clone(&turns);
            proofs.spawn(async move {
                let _turn = turns.acquire().await;
                (quirk, fault, prove(quirk, fault).await)
            });
        }
        let mut wrong = Vec::new();
        for (quirk, fault, first) in proofs.join_all().await {
            // A machine that stands still for a moment makes any service slow.
            if !first.is_empty() {
                wrong.extend(prove(quirk, fault).await);
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_demand_of_the_suite_is_broken_by_a_quirk_and_each_that_is_registered_is_judged() {
    let broken: BTreeSet<&RequirementId> = described().flat_map(|(quirk, _)| &quirk.breaks).collect();
    let checked: BTreeSet<RequirementId> = cases().flat_map(|(.., checks)| checks).collect();
    assert_eq!(broken, checked.iter().collect());
    let demanded = REGISTRY.iter().map(|known| &known.id).filter(|id| id.as_str().starts_with("OKTA-hook-"));
    assert_eq!(broken, demanded.collect());
    let described: Vec<HookQuirk> = described().map(|(_, fault)| fault).collect();
    assert_eq!(described, HookQuirk::ALL);
}

#[test]
fn quirks_of_the_hook_are_listed_and_explained_beside_those_of_the_scim_server() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let said = |arguments: &[&str], code: i32| {
        let (exit, out, err) = crate::program::call(folder.path(), arguments);
        assert_eq!(exit, Some(code), "{arguments:?}: {out}{err}");
        if code == 0 { out } else { err }
    };
    let text = said(&["list", "--quirks"], 0);
    let (scim, hook) = text.split_once("\nthe service for Okta's import hook").expect("a part for each server");
    assert!(scim.contains("  patch-noop-200 ") && !scim.contains("  old-names "), "{scim}");
    assert!(HookQuirk::ALL.iter().all(|quirk| hook.contains(&format!("\n  {} ", quirk.id()))), "{hook}");
    let listed: Value = serde_json::from_str(&said(&["list", "--quirks", "--format", "json"], 0)).expect("JSON");
    let listed = listed.as_array().expect("a list of quirks");
    let of = |server: &str| listed.iter().filter(|quirk| quirk["server"] == server).count();
    assert_eq!((of("hook"), of("scim")), (HookQuirk::ALL.len(), scim_check::reference::Quirk::ALL.len()));
    let old = listed.iter().find(|quirk| quirk["id"] == "old-names").expect("it is among them");
    assert_eq!(old["breaks"], json!(["OKTA-hook-command-type"]));
    let quirk = said(&["explain", "old-names"], 0);
    for expected in
        ["breaks    OKTA-hook-command-type", "scim-check serve --hook --quirk old-names", "scim-check hook --hook URL"]
    {
        assert!(quirk.contains(expected), "{expected}: {quirk}");
    }
    let requirement = said(&["explain", "OKTA-hook-command-type"], 0);
    for expected in ["checked by   okta-hook/match", "proven by    scim-check serve --hook --quirk old-names"] {
        assert!(requirement.contains(expected), "{expected}: {requirement}");
    }
    let of_1_1 = said(&["explain", "SCIM11-API-3.2.2.2-sortby-orders"], 0);
    assert!(of_1_1.contains("scim-check demo --suite okta-v1 --quirk v1-sort-ignored"), "{of_1_1}");
}

#[test]
fn a_quirk_of_the_other_server_is_refused_with_the_command_that_shows_it() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    for (arguments, expected) in [
        (
            &["demo", "--quirk", "old-names"][..],
            "`old-names` is a quirk of the hook service; did you mean `scim-check serve --hook --quirk old-names`?",
        ),
        (
            &["serve", "--quirk", "old-names"],
            "`old-names` is a quirk of the hook service; did you mean `scim-check serve --hook --quirk old-names`?",
        ),
        (
            &["serve", "--hook", "--quirk", "patch-noop-200"],
            "`patch-noop-200` is a quirk of the SCIM server; did you mean `scim-check serve --quirk patch-noop-200`?",
        ),
        (&["serve", "--hook", "--quirk", "old-name"], "there is no quirk `old-name`; did you mean `old-names`?"),
        (
            &["demo", "--quirk", "credential-optionl"],
            "did you mean `credential-optional`? (scim-check serve --hook --quirk, a quirk of the hook service)",
        ),
        (&["serve", "--hook", "--quirk", "list"], "there is no quirk `list`; `scim-check list --quirks` shows them"),
    ] {
        let (code, out, err) = crate::program::call(folder.path(), arguments);
        assert!(code == Some(2) && err.contains(expected), "{arguments:?}: {out}{err}");
    }
}

#[test]
fn a_right_service_meets_all_demands_and_says_so() {
    let is_well = |found: &BTreeSet<String>| found.iter().all(|id| id == OF_THE_MACHINE);
    let (cases, found) = match RUNTIME.block_on(reported(&[])) {
        (cases, found) if is_well(&found) => (cases, found),
        _ => RUNTIME.block_on(reported(&[])),
    };
    let found: Vec<&String> = found.iter().filter(|id| *id != OF_THE_MACHINE).collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(cases.iter().all(|case| case.outcome == Outcome::Passed), "{cases:#?}");
    let judged: BTreeSet<&str> = cases.iter().flat_map(|case| &case.judged).map(|id| id.as_str()).collect();
    for known in REGISTRY.iter().filter(|known| known.id.as_str().starts_with("OKTA-hook-")) {
        assert!(judged.contains(known.id.as_str()), "{} is met, and nothing says so", known.id);
    }
    for case in &cases {
        let unknown: Vec<_> = case.judged.iter().filter(|id| !case.checks.contains(id)).collect();
        assert!(unknown.is_empty(), "{} judges what it does not say: {unknown:?}", case.id);
        assert!(!case.transcript.is_empty(), "{} sent nothing", case.id);
    }
}

#[test]
fn a_service_that_stumbles_once_is_asked_once_more_as_okta_does() {
    let (cases, _) = RUNTIME.block_on(reported(&[HookQuirk::Stumbles]));
    let create = cases.first().expect("a case");
    assert_eq!((&create.outcome, create.transcript.len()), (&Outcome::Passed, 2));
    assert_eq!(create.transcript[0].request.body, create.transcript[1].request.body, "the same event");
    assert!(create.notes.iter().any(|note| note.text.starts_with("answered 503 at first")), "{:?}", create.notes);
    assert!(cases.iter().all(|case| case.findings.is_empty()), "{cases:#?}");
}

#[test]
fn levels_are_those_of_the_evidence() {
    for known in REGISTRY.iter().filter(|known| known.id.as_str().starts_with("OKTA-hook-")) {
        let is_inferred = known.sources.iter().any(|source| source.contains("an inference"));
        assert!(!is_inferred || known.level == Level::May, "{}: what is inferred does not bind", known.id);
        let is_documented = known.sources.iter().any(|source| source.contains("developer.okta.com"));
        assert!(known.level != Level::Must || is_documented, "{}: what binds is documented", known.id);
    }
}

#[test]
fn without_a_credential_the_cases_about_it_are_skipped() {
    let cases = RUNTIME.block_on(async {
        let hook = serve(HookOptions::default()).await.expect("a free port on 127.0.0.1");
        judged_by(service(hook.url(), Auth::None), false).await
    });
    for case in &cases {
        let is_skipped = matches!(&case.outcome, Outcome::Skipped(Skip::NothingToJudge(_)));
        assert_eq!(is_skipped, case.id.contains("credential-"), "{}: {:?}", case.id, case.outcome);
    }
}

#[test]
fn a_refused_credential_and_nobody_there_are_undecided() {
    let cases = RUNTIME.block_on(async {
        let hook = start(&[]).await;
        let wrong = Auth::Header { name: "Authorization".into(), prefix: String::new(), value: "another".into() };
        judged_by(service(hook.url(), wrong), true).await
    });
    assert!(cases.iter().all(|case| matches!(case.outcome, Outcome::Inconclusive(_)) && case.findings.is_empty()));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let cases = RUNTIME.block_on(judged_by(service(&format!("http://{nobody}{PATH}"), credential()), true));
    assert!(cases.iter().all(|case| matches!(case.outcome, Outcome::Inconclusive(Cause::NoReply(_)))));
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn call(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SCIM_CHECK_") || name.starts_with("GITHUB_"))
    {
        command.env_remove(name);
    }
    command.env("COLUMNS", "160").env("SCIM_CHECK_HOOK_TOKEN", SECRET).stdin(Stdio::null()).current_dir(folder);
    let output = command.arg("hook").args(arguments).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    let said = Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    for unwanted in ["secret-of-the-hook-suite-31", "panicked"] {
        assert!(!said.out.contains(unwanted) && !said.err.contains(unwanted), "{}{}", said.out, said.err);
    }
    said
}

#[test]
fn the_command_reports_in_every_format_without_the_secret() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let hook = RUNTIME.block_on(start(&[]));
    let said = call(folder.path(), &["--hook", hook.url()]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("15 cases: 15 passed") && said.out.contains("verdict: conforms"), "{}", said.out);
    assert!(said.out.contains("keep it so: run scim-check hook --hook http://"), "{}", said.out);
    let broken = RUNTIME.block_on(start(&[HookQuirk::OldNames, HookQuirk::CredentialOptional]));
    let arguments = [
        "--hook",
        broken.url(),
        "--report",
        "json=hook.json",
        "--report",
        "junit=hook.xml",
        "--report",
        "html=hook.html",
        "--report",
        "markdown=hook.md",
        "--bodies",
        "all",
    ];
    let said = call(folder.path(), &arguments);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    for part in
        ["OKTA-hook-command-type", "OKTA-hook-credential-missing", "consequence: Okta cannot apply the answer", "fix: "]
    {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    assert!(said.out.contains(&format!("scim-check hook --hook {} 'okta-hook/", broken.url())), "{}", said.out);
    for file in ["hook.json", "hook.xml", "hook.html", "hook.md"] {
        let text = std::fs::read_to_string(folder.path().join(file)).expect("the report is written");
        assert!(text.contains("okta-hook") && !text.contains("secret-of-the-hook-suite-31"), "{file}");
    }
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("hook.json")).expect("it is written"))
            .expect("it is JSON");
    assert_eq!(report["verdict"], "violates", "{report}");
    let schema: Value =
        serde_json::from_str(include_str!("../../schemas/report-1.schema.json")).expect("the schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("the schema is one");
    let unfit: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(unfit.is_empty(), "{unfit:?}");
}

#[test]
fn a_record_of_it_is_judged_again_and_says_the_same() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let hook = RUNTIME.block_on(start(&[HookQuirk::OldNames, HookQuirk::Garbled]));
    let told = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.path().join(name)).expect("it was written");
        serde_json::from_str(&text).expect("a report is JSON")
    };
    let of_cases = |report: &Value| -> Vec<Value> {
        let cases = report["cases"].as_array().expect("there are cases").iter();
        let requirements = |case: &Value| {
            let findings = case["findings"].as_array().into_iter().flatten();
            findings.map(|finding| finding["requirement"].clone()).collect::<Vec<_>>()
        };
        cases.map(|case| json!([case["id"], case["outcome"], requirements(case), case["requests"]])).collect()
    };
    for select in [None, Some("okta-hook/conflict")] {
        let mut arguments = vec!["--hook", hook.url(), "--bodies", "all", "--report", "json=run.json"];
        arguments.extend(select);
        assert_eq!(call(folder.path(), &arguments).code, Some(1));
        let judge = ["judge", "--from", "run.json", "--report", "json=again.json"];
        let (code, out, err) = crate::program::call(folder.path(), &judge);
        assert_eq!(code, Some(1), "{out}{err}");
        let (run, again) = (told("run.json"), told("again.json"));
        assert_eq!(of_cases(&again), of_cases(&run));
        assert_eq!((&again["verdict"], &again["totals"]), (&run["verdict"], &run["totals"]));
    }
    // What was not kept is not made up.
    let arguments = ["--hook", hook.url(), "--bodies", "none", "--report", "json=bare.json"];
    assert_eq!(call(folder.path(), &arguments).code, Some(1));
    let (code, out, err) = crate::program::call(folder.path(), &["judge", "--from", "bare.json"]);
    assert!(code == Some(2) && err.contains("cannot be judged again"), "{out}{err}");
}

#[test]
fn megabytes_are_cut_and_a_redirect_ends_where_it_stands() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let endless = crate::hooked::parrot("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "xxxxxxxxxxxxxxxx", usize::MAX);
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1");
    elsewhere.set_nonblocking(true).expect("it can be asked without waiting");
    let to = elsewhere.local_addr().expect("a bound address");
    let redirect =
        format!("HTTP/1.1 307 Moved\r\nConnection: close\r\nContent-Length: 0\r\nLocation: http://{to}/\r\n\r\n");
    let redirect = crate::hooked::parrot(redirect.leak(), "", 0);
    for (url, expected) in [(endless, "OKTA-hook-under-256kb"), (redirect, "OKTA-hook-no-redirect")] {
        let said = call(folder.path(), &["--hook", &url]);
        assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
        assert!(said.out.contains(&format!("next: fix {expected}, which concerns 15 cases")), "{}", said.out);
    }
    assert!(elsewhere.accept().is_err(), "nobody came by");
}

#[test]
fn cases_can_be_chosen_and_a_baseline_knows_failures() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let hook = RUNTIME.block_on(start(&[HookQuirk::OldNames]));
    let said = call(folder.path(), &["--hook", hook.url(), "okta-hook/credential"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("verdict: partial"), "{}", said.out);
    let known = "version: 1\nknown-failures:\n  - { requirement: OKTA-hook-command-type, reason: being mended }\n";
    std::fs::write(folder.path().join("known.yaml"), known).expect("the folder can be written");
    let said = call(folder.path(), &["--hook", hook.url(), "--baseline", "known.yaml"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let listed = call(folder.path(), &["--list"]);
    assert_eq!(listed.out.lines().map(str::to_owned).collect::<Vec<_>>(), ids().collect::<Vec<_>>());
}

#[test]
fn bad_input_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let hook = RUNTIME.block_on(start(&[]));
    for (arguments, expected) in [
        (&[][..], "which service? give --hook"),
        (&["--hook", "http://hooks.example.com/"], "begins with http://, which Okta refuses"),
        (&["--hook", hook.url(), "okta-hook/nothing"], "no case begins with `okta-hook/nothing`"),
        (&["--hook", hook.url(), "--hook-field", "nothing"], "--hook-field is written 'NAME: VALUE'"),
        (&["--hook", hook.url(), "--report", "json=/nowhere/at/all.json"], "there is no folder"),
        (&["--hook-header", "X-Key"], "need --hook"),
    ] {
        let said = call(folder.path(), arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.out);
        assert!(said.err.contains(expected), "{arguments:?}: {}", said.err);
    }
    assert!(hook.events().is_empty());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let said = call(folder.path(), &["--hook", &format!("http://{nobody}/x")]);
    assert_eq!(said.code, Some(3), "{}{}", said.out, said.err);
}

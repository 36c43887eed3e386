//! Setup that adapts: a server that refuses one attribute of what Okta creates has one finding, and a verdict on everything else.

mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use scim_check::reference::{Objection, Options, serve};
use scim_check::run::discover;
use scim_check::verdict::{CaseResult, Outcome};

/// Runs Okta's suite against a reference that minds something in creates; whatever was created is gone.
fn run(objections: &[Objection], jobs: usize, shuffle: Option<u64>) -> Vec<CaseResult> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can start").block_on(async {
        let options = Options { users: 5, groups: 2, objections: objections.to_vec(), ..Options::default() };
        let server = serve(options).await.expect("a free port");
        let before = (server.user_count(), server.group_count());
        let wire = world::wire(server.base_url(), server.token());
        let discovery = discover::discover(&wire).await;
        let mut how = world::How { capabilities: discovery.capabilities.inferred(), ..world::How::default() };
        how.options.jobs = jobs;
        how.options.settle = std::env::var("SETTLE")
            .ok()
            .and_then(|s| s.parse().ok())
            .map_or(Duration::from_millis(100), Duration::from_secs);
        how.options.shuffle = shuffle.is_some();
        how.options.seed = shuffle.unwrap_or(1);
        let results = world::run(wire, how).await;
        assert_eq!((server.user_count(), server.group_count()), before, "something was left behind");
        server.shutdown().await;
        results
    })
}

/// Findings, a line each, and how many cases are inconclusive.
fn told(results: &[CaseResult]) -> (Vec<String>, Vec<String>) {
    let findings = results.iter().flat_map(|case| case.findings.iter().map(move |finding| (case, finding)));
    let findings = findings.map(|(case, f)| {
        format!(
            "{} in {} at {}: {:?} setup {}",
            f.requirement,
            case.id,
            f.place,
            f.because.as_deref().unwrap_or(&f.actual.to_string()),
            f.in_setup
        )
    });
    let undecided = results.iter().filter_map(|case| match &case.outcome {
        Outcome::Inconclusive(cause) => Some(format!(
            "{}: {cause} [{}]",
            case.id,
            case.blocked_by.iter().map(|b| b.as_str()).collect::<Vec<_>>().join(" ")
        )),
        _ => None,
    });
    (findings.collect(), undecided.collect())
}

#[test]
fn table() {
    let only = std::env::var("ONLY").ok();
    let verbose = std::env::var_os("VERBOSE").is_some();
    let user = |name: &str| (format!("user {name}"), vec![Objection::to("Users", name, 400)]);
    let mut rows: Vec<(String, Vec<Objection>)> = [
        "name.givenName",
        "name.familyName",
        "name",
        "emails",
        "displayName",
        "locale",
        "externalId",
        "groups",
        "password",
        "active",
    ]
    .into_iter()
    .map(user)
    .collect();
    rows.push(("group members".into(), vec![Objection::to("Groups", "members", 400)]));
    rows.push(("user 500 displayName".into(), vec![Objection::to("Users", "displayName", 500)]));
    rows.push((
        "user groups+locale".into(),
        vec![Objection::to("Users", "groups", 400), Objection::to("Users", "locale", 422)],
    ));
    rows.push(("user wants name.formatted".into(), vec![Objection::to_lack_of("Users", "name.formatted", 400)]));
    rows.push(("user wants nickName".into(), vec![Objection::to_lack_of("Users", "nickName", 400)]));
    rows.push((
        "user wants badge".into(),
        vec![Objection::to_lack_of("Users", "urn:scim-check:schemas:extension:reference:1.0:User:badgeNumber", 400)],
    ));
    rows.push(("group wants externalId".into(), vec![Objection::to_lack_of("Groups", "externalId", 400)]));
    rows.push(("nothing".into(), vec![]));
    for (name, objections) in rows {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let began = std::time::Instant::now();
        let results = run(&objections, 4, None);
        let (findings, undecided) = told(&results);
        let roots: BTreeSet<&String> = findings.iter().collect();
        let requests: usize = results.iter().map(|c| c.transcript.len()).sum();
        let refused = results
            .iter()
            .flat_map(|c| &c.transcript[..c.transcript.len() - c.swept])
            .filter(|e| {
                e.request.method == "POST" && e.reply.as_ref().is_ok_and(|r| [400, 422, 500].contains(&r.status))
            })
            .count();
        println!(
            "{name:28} {:3} findings {:3} undecided of {} ({requests} requests, {refused} refused) {:?}",
            roots.len(),
            undecided.len(),
            results.len(),
            began.elapsed()
        );
        let mut slow: Vec<_> = results.iter().map(|c| (c.took, c.id.as_str())).collect();
        slow.sort();
        for (took, id) in slow.iter().rev().take(12) {
            println!("      T {took:?} {id}");
        }
        for line in &findings {
            println!("      F {line}");
        }
        if verbose {
            for line in &undecided {
                println!("      ? {line}");
            }
        }
    }
}

//! Every case of every built-in scenario against the reference, a test each: `cargo test --test trials scenarios::okta/lifecycle`.
//!
//! **Invariant:** a right server gets no finding, whatever it holds, and holds afterwards what it held before.

use std::collections::BTreeSet;

use libtest_mimic::{Failed, Trial};
use scim_check::capability::Capabilities;
use scim_check::persona::Version;
use scim_check::reference::{Options, serve};
use scim_check::run;
use scim_check::scenario::Scenario;
use scim_check::verdict::CaseResult;
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::{HttpWire, Wire};
use secrecy::SecretString;

use crate::world;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = world::LIBRARY
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.cases)
        .map(|case| {
            let id = case.id.clone();
            let suite = id.split('/').next().unwrap_or_default().to_owned();
            Trial::test(format!("scenarios::{id}"), move || {
                // A beginning alone would select the rows and neighbours of the same name as well.
                let only = |results: &mut Vec<CaseResult>| results.retain(|result| result.id == id);
                check(
                    Options { users: 25, groups: 3, ..Options::default() },
                    (std::slice::from_ref(&suite), std::slice::from_ref(&id)),
                    only,
                )
            })
        })
        .collect();
    for (name, users, groups) in [("all of it on an empty store", 0, 0), ("all of it beside 120 users", 120, 7)] {
        for version in [Version::V1, Version::V2] {
            trials.push(Trial::test(format!("scenarios::{name}, in SCIM {}", version.as_str()), move || {
                let suites: BTreeSet<&str> = world::LIBRARY.scenarios.iter().map(Scenario::suite).collect();
                let suites = suites.into_iter().filter(|suite| world::LIBRARY.personas.version_of(suite) == version);
                let suites: Vec<String> = suites.map(str::to_owned).collect();
                check(Options { users, groups, ..Options::default() }, (&suites, &[]), |_| {})
            }));
        }
    }
    trials
}

/// Runs the selected cases against a reference of their own.
fn check(
    options: Options,
    (suites, select): (&[String], &[String]),
    only: impl FnOnce(&mut Vec<CaseResult>),
) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (second, revoked) = ("second-token-of-the-tests", "revoked-token-of-the-tests");
        let options = Options { second_token: Some(second.into()), revoked_token: Some(revoked.into()), ..options };
        let server = serve(options).await?;
        let (base_url, version) = crate::place(&server, suites.first().map_or("", String::as_str));
        let before = (server.user_count(), server.group_count());
        // The whole suite is run as without further credentials; each case, with them.
        let (wire, capabilities) = match select {
            [] => (world::wire(base_url, server.token()), world::How::default().capabilities),
            _ => {
                let bearer = |token: &str| Auth::Bearer(SecretString::from(token));
                let mut http = HttpOptions::new(check_base_url(base_url)?, bearer(server.token()));
                (http.second, http.revoked) = (Some(bearer(second)), Some(bearer(revoked)));
                (Wire::Http(HttpWire::new(http)?), Capabilities::default())
            }
        };
        let options = run::Options { version, ..run::Options::default() };
        let how = world::How {
            select: select.to_vec(),
            suites: suites.to_vec(),
            capabilities,
            options,
            ..world::How::default()
        };
        let mut results = world::run(wire, how).await;
        only(&mut results);
        let mut wrong = world::complaints(&results);
        if results.is_empty() {
            wrong.push("no case was run".to_owned());
        }
        let after = (server.user_count(), server.group_count());
        if before != after {
            wrong.push(format!("(users, groups) were {before:?} and are {after:?}"));
        }
        server.shutdown().await;
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
    })
}

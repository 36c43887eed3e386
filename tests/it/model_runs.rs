//! Whole runs of Okta's suite against the reference server, told to the book: a right server breaks no law, whatever its
//! ways are, and a wrong one breaks some that no scenario names.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use scim_check::declared::{Behaviour, Deactivation, NewUsers, Shown};
use scim_check::judge;
use scim_check::model::{Book, Deviation, Ways};
use scim_check::reference::product::{self, Product};
use scim_check::reference::{Options, Quirk, serve};
use scim_check::run::{self, discover};
use scim_check::verdict::{Asking, CaseResult};
use scim_check::wire::Exchange;
use serde_json::Value;

use crate::world;

/// A run told to books, one for each case.
struct Told {
    requests: usize,
    /// What the cases found, by their scenarios.
    found: Vec<String>,
    /// What stood at the end of each case.
    standing: Vec<(String, Deviation)>,
    ways: Ways,
}

impl Told {
    /// A line for each deviation that so many looks have shown.
    fn lines(&self, looks: u32) -> Vec<String> {
        let standing = self.standing.iter().filter(|(_, deviation)| deviation.looks >= looks);
        standing
            .map(|(case, deviation)| format!("{case}: {deviation} [{}] writes {:?}", deviation.at, deviation.writes))
            .collect()
    }
}

fn body(exchange: &Exchange) -> Option<Value> {
    judge::body(exchange.reply.as_ref().ok()?).json().cloned()
}

fn tell(case: &CaseResult, ways: &Ways) -> Book {
    let mut book = Book::new(ways.clone());
    let bodies: Vec<Option<Value>> = case.transcript.iter().map(body).collect();
    let together: BTreeMap<usize, &Vec<usize>> = case
        .steps
        .iter()
        .filter(|step| step.how == Asking::Together)
        .filter_map(|step| Some((*step.exchanges.first()?, &step.exchanges)))
        .collect();
    let mut done = BTreeSet::new();
    for (place, exchange) in case.transcript.iter().enumerate() {
        if done.contains(&place) {
            continue;
        }
        match together.get(&place) {
            Some(places) => {
                let group: Vec<_> =
                    places.iter().map(|place| (*place, &case.transcript[*place], bodies[*place].as_ref())).collect();
                book.note_together(&group);
                done.extend(places.iter().copied());
            }
            None => {
                book.note(place, exchange, bodies[place].as_ref());
            }
        }
    }
    book
}

/// Runs Okta's suite, all of it or what is selected, and tells it to books.
fn play(quirks: &[Quirk], select: &[&str]) -> Told {
    run_with(Options { quirks: quirks.to_vec(), ..Options::default() }, &Behaviour::default(), select)
}

/// The same against a server that was set up in another way, and of which its owner declares that.
fn run_with(options: Options, behaviour: &Behaviour, select: &[&str]) -> Told {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let options = Options { users: 5, groups: 2, delay: Duration::from_millis(20), ..options };
        let server = serve(options).await.expect("a free port");
        let wire = world::wire(server.base_url(), server.token());
        let discovery =
            discover::discover(&wire, &scim_check::scenario::load::personas(), scim_check::persona::Version::V2).await;
        let mut ways = Ways::default();
        ways.heed(behaviour);
        for exchange in discovery.exchanges.iter().filter(|exchange| exchange.request.path.starts_with("/Schemas")) {
            if let Some(schemas) = body(exchange) {
                ways.describe(&schemas);
            }
        }
        let how = world::How {
            options: run::Options { laws: Some(ways.clone()), ..run::Options::default() },
            capabilities: discovery.capabilities.clone(),
            select: select.iter().map(|pattern| (*pattern).to_owned()).collect(),
            ..world::How::default()
        };
        let cases = world::run(wire, how).await;
        server.shutdown().await;
        let mut told = Told { requests: 0, found: Vec::new(), standing: Vec::new(), ways: ways.clone() };
        for case in &cases {
            let book = tell(case, &ways);
            told.requests += case.transcript.len();
            told.found.extend(
                case.findings.iter().map(|finding| format!("{} {} {}", case.id, finding.requirement, finding.place)),
            );
            told.standing.extend(book.standing().map(|deviation| (case.id.clone(), deviation.clone())));
            told.ways.join(book.ways());
        }
        told
    })
}

#[test]
fn a_right_server_breaks_no_law() {
    let told = play(&[], &[]);
    assert_eq!(told.lines(1), Vec::<String>::new());
    assert_eq!(told.found, Vec::<String>::new());
    assert!(told.requests > 1_000, "{}", told.requests);
}

/// Ways that the RFCs leave to a server, many at once. What changes when a write is seen is not among them: who feeds the book
/// waits.
const WAYS: [&str; 4] = [
    "email-domains-in-lower-case phone-numbers-as-uris defaults-assigned values-displayed false-primary-shown \
     unassigned-as-null values-in-reverse-order attributes-in-reverse-order formatted-names-computed external-id-dropped \
     manager-dropped addresses-dropped members-as-ids empty-members-absent vendor-extension-shown ids-with-punctuation \
     everybody-belongs patch-answers-204 newest-listed-first",
    "emails-in-lower-case formatted-names-computed schemas-absent title-dropped locale-dropped phone-numbers-dropped \
     department-dropped unassigned-as-empty-lists references-relative ids-of-digits meta-brief dates-with-offsets \
     external-ids-unique group-names-unique locations-end-in-slash stale-member-loses-push other-filters-refused",
    "display-names-computed attributes-fixed enterprise-absent patch-absent ids-in-capitals core-schema-last grants-absent \
     pages-of-100 password-change-undeclared sort-and-etags-unsupported location-relative",
    "group-patch-answers-204 display-name-dropped schemas-absent attributes-fixed",
];

fn quirks(ids: &str) -> Vec<Quirk> {
    ids.split_whitespace().map(|id| id.parse().expect("a quirk of that name")).collect()
}

#[test]
fn a_right_server_with_ways_of_its_own_breaks_no_law() {
    for ids in WAYS {
        let told = play(&quirks(ids), &[]);
        assert_eq!(told.lines(1), Vec::<String>::new(), "{ids}");
        assert!(told.requests > 1_000, "{}", told.requests);
    }
}

#[test]
fn a_product_that_its_owner_declares_and_one_that_strangers_use_break_no_law() {
    let invited = Product {
        arrival: product::Arrival::Invited,
        members: product::Members::Hidden,
        page_size: Some(2),
        ..Product::default()
    };
    let removes = Product { deactivation: product::Deactivation::Removes, ..Product::default() };
    let declared = [
        (invited, Behaviour { new_users: NewUsers::Invited, group_members: Shown::No, ..Behaviour::default() }),
        (removes, Behaviour { deactivation: Deactivation::Deletes, deactivated: Shown::No, ..Behaviour::default() }),
    ];
    // Who declares nothing is held to what everybody is held to.
    let product = Product { members: product::Members::Hidden, ..Product::default() };
    let told = run_with(Options { product, ..Options::default() }, &Behaviour::default(), &["okta/groups/add"]);
    assert!(told.standing.iter().any(|(_, deviation)| deviation.attribute == "members"));
    for (product, behaviour) in declared {
        let told = run_with(Options { product, ..Options::default() }, &behaviour, &[]);
        assert_eq!(told.lines(1), Vec::<String>::new(), "{behaviour:?}");
    }
    let told = run_with(Options { strangers: true, ..Options::default() }, &Behaviour::default(), &[]);
    assert_eq!(told.lines(1), Vec::<String>::new());
}

/// A fault, cases that are about something else, and the attribute that the book finds changed in each.
const FAULTS: [(&str, &[&str], &str); 7] = [
    (
        "put-forgets-external-id",
        &["okta/attributes/enterprise-put", "okta/lifecycle/deactivate-effective#wizard"],
        "externalId",
    ),
    // One fault is told once: each of the two laws that it breaks by itself.
    ("email-change-renames", &["okta/users/update/patch-emails"], "userName"),
    ("email-change-renames", &["okta/users/update/put-email#catalogue"], "userName"),
    ("emails-duplicated", &["okta/lifecycle/deactivate-again"], "emails"),
    (
        "leading-zeros-lost",
        &["okta/users/update/patch-enterprise"],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
    ),
    (
        "put-group-drops-members",
        &["okta/groups/push-now-accepted#wizard", "okta/groups/remove-accepted#wizard"],
        "members",
    ),
    ("member-add-replaces", &["okta/groups/unknown-member-add"], "members"),
];

#[test]
fn a_fault_breaks_laws_where_no_scenario_looks() {
    for (quirk, cases, attribute) in FAULTS {
        let told = play(&quirks(quirk), cases);
        // Each case is accused of that, and of nothing else.
        let name = attribute.rsplit(':').next().unwrap_or(attribute);
        assert!(told.found.iter().all(|found| found.ends_with(&format!("/{name}"))), "{:?}", told.found);
        for case in cases {
            let is_of_it = |found: &&String| found.starts_with(&format!("{case} "));
            assert_eq!(told.found.iter().filter(is_of_it).count(), 1, "{quirk}: {:?}", told.found);
            let is_found = |(id, deviation): &(String, Deviation)| id == case && deviation.attribute == attribute;
            assert!(told.standing.iter().any(is_found), "{quirk}: nothing in {case}");
        }
        assert!(told.standing.iter().all(|(_, deviation)| deviation.attribute == attribute), "{:?}", told.lines(1));
    }
}

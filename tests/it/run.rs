//! What the runner promises: it leaves nothing behind, touches nothing of others, accuses nobody for what others did, and ends.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::troubled::{Trouble, Troubled};
use reqwest::{Client, Method};
use scim_check::reference::{Options, Quirk, Server, serve};
use scim_check::run::{self, Event, Played, Stop};
use scim_check::verdict::{CaseResult, Cause, Outcome, Skip};
use scim_check::wire::{Exchange, NoReply, Request};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::world;

/// A reference with a few users and groups of others.
async fn reference(options: Options) -> Server {
    serve(Options { users: 12, groups: 3, ..options }).await.expect("a free port on 127.0.0.1")
}

/// A plain client. TLS is never spoken here, but the client wants to be able to.
fn client() -> Client {
    // An error says that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

/// Everything that a server holds, in the words of the server.
async fn held(server: &Server) -> Vec<Value> {
    let mut all = Vec::new();
    for collection in ["Users", "Groups"] {
        let url = format!("{}/{collection}?startIndex=1&count=1000", server.base_url());
        let answer = client().get(url).bearer_auth(server.token()).send().await.expect("the reference answers");
        let list: Value = serde_json::from_slice(&answer.bytes().await.expect("a whole body")).expect("JSON");
        all.extend(list["Resources"].as_array().cloned().unwrap_or_default());
    }
    all
}

fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap_or_default()
}

fn is_write(method: &str) -> bool {
    matches!(method, "PUT" | "PATCH" | "DELETE")
}

fn leftovers(results: &[CaseResult]) -> usize {
    results.iter().map(|case| case.leftovers.len()).sum()
}

/// Runs against a reference and demands that afterwards it holds what it held before, byte for byte; then looks at the rest.
async fn check(options: Options, how: world::How, then: impl FnOnce(&Server, &[CaseResult])) {
    // What a late server was told last, its first users included, shows only after its delay.
    let lag = if options.quirks.contains(&Quirk::SettlesLate) { options.delay * 3 } else { Duration::ZERO };
    let server = reference(options).await;
    tokio::time::sleep(lag).await;
    let before = held(&server).await;
    let results = world::run(world::wire(server.base_url(), server.token()), how).await;
    assert!(!results.is_empty());
    tokio::time::sleep(lag).await;
    assert_eq!(held(&server).await, before, "what was there before the run, and nothing else, is there afterwards");
    assert_eq!(leftovers(&results), 0, "{:#?}", world::complaints(&results));
    then(&server, &results);
    server.shutdown().await;
}

fn select(patterns: &[&str]) -> Vec<String> {
    patterns.iter().map(|pattern| (*pattern).to_owned()).collect()
}

#[tokio::test]
async fn a_run_writes_to_nothing_but_what_it_created() {
    let server = reference(Options::default()).await;
    let others: BTreeSet<String> = held(&server).await.iter().map(|resource| id(resource).to_owned()).collect();
    let Played { cases: results, setups } =
        world::play(world::wire(server.base_url(), server.token()), world::How::default()).await;
    for case in &results {
        let mut own = BTreeSet::new();
        for exchange in &case.transcript {
            let (method, path) = (exchange.request.method.as_str(), exchange.request.path.as_str());
            let answer = exchange.reply.as_ref().expect("the reference always answers");
            if method == "POST" && answer.status == 201 {
                let created: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                own.insert(id(&created).to_owned());
            }
            let target = path.split('?').next().unwrap_or(path).rsplit('/').next().unwrap_or(path);
            let harmless = (400..500).contains(&answer.status) && !others.contains(target);
            assert!(!is_write(method) || own.contains(target) || harmless, "{}: {method} {path}", case.id);
        }
    }
    // What the transcripts show is all there was.
    let shown: usize = results.iter().map(CaseResult::requests).sum();
    let shown = shown + setups.iter().map(|setup| setup.transcript.len()).sum::<usize>();
    assert_eq!(server.request_log().len(), shown + 2, "two of them are this test's");
    for (method, path) in server.request_log() {
        let touches_others = others.iter().any(|id| path.contains(id.as_str()));
        assert!(!(is_write(&method) && touches_others), "{method} {path}");
    }
}

#[tokio::test]
async fn nothing_is_deleted_twice() {
    check(Options::default(), world::How::default(), |_, results| {
        let swept = |case: &CaseResult| case.transcript.len() - case.swept;
        let again: Vec<&str> = results
            .iter()
            .flat_map(|case| &case.transcript[swept(case)..])
            .filter(|exchange| exchange.request.method == "DELETE")
            .filter(|exchange| exchange.reply.as_ref().is_ok_and(|answer| answer.status == 404))
            .map(|exchange| exchange.request.path.as_str())
            .collect();
        assert_eq!(again, Vec::<&str>::new());
        assert!(results.iter().map(|case| case.swept).sum::<usize>() > 100, "there was something to sweep");
    })
    .await;
}

#[tokio::test]
async fn failing_cases_are_swept_too() {
    let quirks = vec![Quirk::ActiveAsString, Quirk::GroupPutUnsupported, Quirk::MemberRemoveIgnored];
    let how = world::How { select: select(&["okta/lifecycle", "okta/groups"]), ..world::How::default() };
    check(Options { quirks, ..Options::default() }, how, |_, results| {
        assert!(results.iter().filter(|case| case.outcome == Outcome::Failed).count() > 5);
    })
    .await;
}

#[tokio::test]
async fn a_stopped_run_starts_nothing_more_and_sweeps() {
    for after in [1, 40, 200] {
        let (stop, stopped) = watch::channel(Stop::No);
        let (sent, late) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (count, started_late) = (Arc::clone(&sent), Arc::clone(&late));
        let on_event = Box::new(move |event: Event| match event {
            Event::Answered(..) if count.fetch_add(1, Ordering::Relaxed) + 1 == after => {
                stop.send_replace(Stop::Soon);
            }
            Event::Started(_) if *stop.borrow() > Stop::No => {
                started_late.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        });
        let how = world::How { stop: stopped, on_event, ..world::How::default() };
        check(Options::default(), how, |_, results| {
            let is_stopped = |case: &&CaseResult| case.outcome == Outcome::Inconclusive(Cause::Stopped);
            assert!(results.iter().filter(is_stopped).count() > results.len() / 2);
            assert_eq!(late.load(Ordering::Relaxed), 0, "cases started after the stop");
            for case in results.iter().filter(is_stopped) {
                let posts = case.transcript.iter().rev().take(case.swept).filter(|e| e.request.method == "POST");
                assert_eq!(posts.count(), 0, "a sweep creates nothing");
            }
            let more = sent.load(Ordering::Relaxed) - after;
            let swept: usize = results.iter().map(|case| case.swept).sum();
            assert!(more <= swept + 16, "{more} more requests after the stop, {swept} of them for the sweep");
        })
        .await;
    }
}

#[tokio::test]
async fn a_panic_inside_a_case_ends_that_case_and_leaves_nothing() {
    // The listener is the caller's code, and it fails on the second answer of every case: most look for a user first, and
    // then create it.
    let answers = std::sync::Mutex::new(0);
    let on_event = Box::new(move |event: Event| {
        let mut answers = answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            Event::Started(_) => *answers = 0,
            Event::Answered(..) => *answers += 1,
            _ => {}
        }
        assert!(!(matches!(event, Event::Answered(..)) && *answers == 2), "the listener fails");
    });
    let options = run::Options { jobs: 1, ..run::Options::default() };
    let how =
        world::How { select: select(&["okta/lifecycle", "okta/password"]), options, on_event, ..world::How::default() };
    check(Options::default(), how, |server, results| {
        let bug = Outcome::Inconclusive(Cause::Bug("the listener fails".to_owned()));
        for case in results {
            // Who relied on setup that was not finished is run again, and by then the listener has failed.
            let is_short = case.requests() - case.swept < 2;
            let is_well = matches!(case.outcome, Outcome::Passed | Outcome::Skipped(_));
            let survived = is_well && (is_short || case.shares_nothing);
            assert!(case.outcome == bug || survived, "{}: {:?}", case.id, case.outcome);
        }
        let posts = server.request_log().iter().filter(|(method, _)| method == "POST").count();
        assert!(posts > results.len() / 2, "many cases begin by creating something: {posts} of {}", results.len());
    })
    .await;
}

#[tokio::test]
async fn a_listener_that_fails_when_a_case_ends_is_told_after_the_others_were_swept() {
    let server = reference(Options::default()).await;
    let before = held(&server).await;
    let ended = AtomicUsize::new(0);
    let on_event = Box::new(move |event: Event| {
        let is_third = matches!(event, Event::Finished(_)) && ended.fetch_add(1, Ordering::Relaxed) == 2;
        assert!(!is_third, "the listener fails");
    });
    let how = world::How { select: select(&["okta/lifecycle", "okta/groups"]), on_event, ..world::How::default() };
    let run = tokio::spawn(world::run(world::wire(server.base_url(), server.token()), how)).await;
    assert!(run.is_err_and(|error| error.is_panic()), "a fault of the caller is not hidden");
    assert_eq!(held(&server).await, before);
    assert!(server.request_log().len() > 100, "the other cases were run");
}

#[tokio::test]
async fn strangers_are_not_blamed_on_the_server() {
    let walks = world::LIBRARY.scenarios.iter().filter(|s| s.alone && s.id.starts_with("okta/")).map(|s| s.id.clone());
    let walks: Vec<String> = walks.collect();
    assert!(walks.len() > 3);
    for (seed, select) in [(1, Vec::new()), (2, walks.clone()), (3, walks.clone()), (4, walks.clone())] {
        let options = Options { users: 30, groups: 4, seed, strangers: true, ..Options::default() };
        let server = serve(options).await.expect("a free port on 127.0.0.1");
        let options = run::Options { seed, ..run::Options::default() };
        let how = world::How { select, options, ..world::How::default() };
        let results = world::run(world::wire(server.base_url(), server.token()), how).await;
        let accused: Vec<String> = results
            .iter()
            .filter(|case| !case.findings.is_empty() || case.outcome == Outcome::Failed)
            .map(|case| case.id.clone())
            .collect();
        assert_eq!(accused, Vec::<String>::new(), "seed {seed}: {:#?}", world::complaints(&results));
        // Giving up whenever somebody else is at work would accuse nobody either.
        let passed =
            results.iter().filter(|case| walks.contains(&case.id.split('#').next().unwrap_or_default().to_owned()));
        let (all, passed) =
            passed.fold((0, 0), |(all, passed), case| (all + 1, passed + usize::from(case.outcome == Outcome::Passed)));
        assert!(passed * 2 > all, "seed {seed}: {passed} of {all} passed: {:#?}", world::complaints(&results));
        assert_eq!(leftovers(&results), 0);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_server_that_settles_late_gets_notes_and_no_finding() {
    let options = Options { quirks: vec![Quirk::SettlesLate], delay: Duration::from_millis(80), ..Options::default() };
    check(options, world::How::default(), |_, results| {
        assert_eq!(world::complaints(results), Vec::<String>::new());
        let notes = results.iter().flat_map(|case| &case.notes);
        assert!(notes.filter(|note| note.text.contains("only when repeated")).count() > 10);
    })
    .await;
}

#[tokio::test]
async fn a_bad_server_does_not_make_a_slow_run() {
    let settle = Duration::from_millis(250);
    let options = run::Options { settle, ..run::Options::default() };
    let how = world::How { options, ..world::How::default() };
    let begun = Instant::now();
    let quirks = vec![Quirk::PatchNoop200, Quirk::PutIgnored, Quirk::ActiveAsString, Quirk::PagesOverlap];
    check(Options { quirks, ..Options::default() }, how, |_, results| {
        let took = begun.elapsed();
        assert!(results.iter().filter(|case| case.outcome == Outcome::Failed).count() > 20);
        let own = |case: &&CaseResult| {
            let is_shared = |at: &usize| case.shared.iter().any(|shared| shared.holds(*at));
            (0..case.transcript.len())
                .filter(|at| !is_shared(at))
                .map(|at| case.transcript[at].look)
                .collect::<Vec<_>>()
        };
        let looks: Vec<u32> = results.iter().flat_map(|case| own(&case)).collect();
        let later = looks.iter().filter(|look| **look >= 2).count();
        let first = looks.iter().filter(|look| **look == 1).count();
        // The budget for waiting in vain is three times the patience of one answer; every doubtful answer is looked at once
        // more in any case.
        assert!(later <= 40, "{later} answers were looked at a third time or more, {first} a second time");
        assert!(took < Duration::from_secs(120), "{took:?}");
    })
    .await;
}

/// What a proxy does with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is passed on, and the answer back.
    Passed,
    /// It is passed on, and the answer is dropped with the connection.
    AnswerLost,
    /// The proxy answers itself, with that status.
    Answered(u16),
    /// It is passed on, and the proxy then answers with that status.
    AnsweredAfterwards(u16),
    /// It is passed on after that time.
    Late(Duration),
    /// It is passed on, and what was created has that id in the answer.
    Misnamed(&'static str),
}

/// What a proxy does with a request of that method to that path.
type Deciding = Arc<dyn Fn(&str, &str) -> Fate + Send + Sync>;

/// A proxy in front of a server; the base URL to use instead. It ends with the runtime.
async fn proxy(server: &Server, fate: impl Fn(&str, &str) -> Fate + Send + Sync + 'static) -> String {
    let fate: Deciding = Arc::new(fate);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on 127.0.0.1");
    let at = listener.local_addr().expect("a bound address");
    let origin = server.base_url().trim_end_matches("/scim/v2").to_owned();
    tokio::spawn(async move {
        let client = client();
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(passed_on(stream, client.clone(), origin.clone(), Arc::clone(&fate)));
        }
    });
    format!("http://{at}/scim/v2")
}

/// Serves one request and closes.
async fn passed_on(mut stream: TcpStream, client: Client, origin: String, fate: Deciding) -> Option<()> {
    let mut read = Vec::new();
    let head = loop {
        let mut piece = [0; 8192];
        let length = stream.read(&mut piece).await.ok().filter(|length| *length > 0)?;
        read.extend(piece.get(..length)?);
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let text = String::from_utf8(read.get(..head)?.to_vec()).ok()?;
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = read.split_off(head + 4);
    while body.len() < length {
        let mut piece = [0; 8192];
        let read = stream.read(&mut piece).await.ok().filter(|length| *length > 0)?;
        body.extend(piece.get(..read)?);
    }
    let fate = fate(&method, &path);
    let own = |status: u16| {
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"{status}","detail":"not here"}}"#
        );
        let length = if status == 204 { 0 } else { body.len() };
        let patience = if status == 429 || status == 401 { "Retry-After: 0\r\n" } else { "" };
        let head = format!("HTTP/1.1 {status} So It Is\r\nContent-Type: application/scim+json\r\n{patience}");
        let end = format!("Content-Length: {length}\r\nConnection: close\r\n\r\n{}", &body[..length]);
        format!("{head}{end}").into_bytes()
    };
    if let Fate::Late(time) = fate {
        tokio::time::sleep(time).await;
    }
    let answer = if let Fate::Answered(status) = fate {
        own(status)
    } else {
        let mut request = client.request(Method::from_bytes(method.as_bytes()).ok()?, format!("{origin}{path}"));
        for (name, value) in headers {
            if !["host", "content-length", "connection", "accept-encoding"]
                .contains(&name.to_ascii_lowercase().as_str())
            {
                request = request.header(name, value);
            }
        }
        let answer = request.body(body).send().await.ok()?;
        let mut head = format!("HTTP/1.1 {}\r\n", answer.status().as_u16());
        for (name, value) in answer.headers() {
            if !["content-length", "connection", "transfer-encoding"].contains(&name.as_str()) {
                head.push_str(&format!("{name}: {}\r\n", value.to_str().ok()?));
            }
        }
        let mut body = answer.bytes().await.ok()?;
        if let Fate::Misnamed(id) = fate {
            let mut created: Value = serde_json::from_slice(&body).ok()?;
            created["id"] = id.into();
            body = serde_json::to_vec(&created).ok()?.into();
        }
        let mut whole = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes();
        whole.extend_from_slice(&body);
        whole
    };
    match fate {
        Fate::AnswerLost => {}
        Fate::AnsweredAfterwards(status) => stream.write_all(&own(status)).await.ok()?,
        Fate::Passed | Fate::Answered(_) | Fate::Late(_) | Fate::Misnamed(_) => stream.write_all(&answer).await.ok()?,
    }
    stream.shutdown().await.ok()
}

/// Runs these scenarios through a proxy: nothing is left on a server that got many a POST.
async fn leaves_nothing(
    selected: &[&str],
    fate: impl Fn(&str, &str) -> Fate + Send + Sync + 'static,
) -> Vec<CaseResult> {
    let server = reference(Options::default()).await;
    let before = held(&server).await;
    let url = proxy(&server, fate).await;
    let how = world::How { select: select(selected), ..world::How::default() };
    let results = world::run(world::wire(&url, server.token()), how).await;
    let posts = server.request_log().iter().filter(|(method, _)| method == "POST").count();
    assert!(posts > 20, "the server did get them: {posts}");
    assert_eq!(leftovers(&results), 0, "{:#?}", world::complaints(&results));
    assert_eq!(held(&server).await, before);
    results
}

const CREATING: &[&str] = &["okta/groups", "okta/lifecycle", "okta/users"];

#[tokio::test]
async fn what_was_created_by_a_request_whose_answer_was_lost_is_found_and_deleted() {
    let fate = |method: &str, _: &str| if method == "POST" { Fate::AnswerLost } else { Fate::Passed };
    let results = leaves_nothing(CREATING, fate).await;
    let lost = |case: &&CaseResult| matches!(case.outcome, Outcome::Inconclusive(Cause::NoReply(NoReply::Broken(_))));
    assert!(results.iter().filter(lost).count() > 20, "{:#?}", world::complaints(&results));
}

#[tokio::test]
async fn what_was_created_in_spite_of_an_error_or_a_refusal_is_found_and_deleted() {
    for status in [502, 400] {
        let fate = move |method: &str, _: &str| match method {
            "POST" => Fate::AnsweredAfterwards(status),
            _ => Fate::Passed,
        };
        leaves_nothing(CREATING, fate).await;
    }
}

/// A group that refers to a user whom the server may not know everywhere yet is sent again.
#[tokio::test]
async fn what_was_created_by_each_of_several_refused_requests_is_found_and_deleted() {
    let fate = |method: &str, path: &str| match (method, path) {
        ("POST", "/scim/v2/Groups") => Fate::AnsweredAfterwards(400),
        _ => Fate::Passed,
    };
    let results = leaves_nothing(&["okta/groups"], fate).await;
    let again = |exchange: &&Exchange| exchange.request.method == "POST" && exchange.look > 0;
    assert!(results.iter().flat_map(|case| &case.transcript).filter(again).count() > 0, "none was sent again");
}

#[tokio::test]
async fn what_is_created_after_we_gave_up_waiting_is_found_and_deleted() {
    let server = reference(Options::default()).await;
    let before = held(&server).await;
    let late = Duration::from_millis(2600);
    let fate = move |method: &str, _: &str| if method == "POST" { Fate::Late(late) } else { Fate::Passed };
    let url = proxy(&server, fate).await;
    let wire = world::wire_with(&url, server.token(), |http| http.total_timeout = Duration::from_secs(2));
    let how = world::How { select: select(&["okta/groups/create", "okta/groups/get"]), ..world::How::default() };
    let results = world::run(wire, how).await;
    let lost = |case: &&CaseResult| matches!(case.outcome, Outcome::Inconclusive(Cause::NoReply(NoReply::TimedOut(_))));
    assert!(results.iter().filter(lost).count() > 2, "{:#?}", world::complaints(&results));
    let created = server.request_log().iter().filter(|(method, _)| method == "POST").count();
    assert!(created > 2, "the server did create them: {created}");
    assert_eq!(leftovers(&results), 0, "{:#?}", world::complaints(&results));
    assert_eq!(held(&server).await, before);
}

#[tokio::test]
async fn what_was_created_in_spite_of_a_wrong_credential_is_found_and_deleted() {
    let options = Options { quirks: vec![Quirk::AuthCheckedLate], ..Options::default() };
    let how = world::How { select: select(&["okta/auth"]), ..world::How::default() };
    check(options, how, |server, results| {
        assert!(results.iter().any(|case| case.outcome == Outcome::Failed));
        let deleted = server.request_log().iter().filter(|(method, _)| method == "DELETE").count();
        assert!(deleted > 0, "the server did create somebody");
    })
    .await;
}

#[tokio::test]
async fn an_id_that_leads_to_somebody_else_is_not_written_to() {
    // As with a server that answers with the newest row, whoever made it.
    for jobs in [1, 4] {
        let server = reference(Options::default()).await;
        let before = held(&server).await;
        let is_user = |resource: &&Value| resource.get("userName").is_some();
        let other: &'static str = id(before.iter().find(is_user).expect("a user of others")).to_owned().leak();
        let fate = move |method: &str, path: &str| match method {
            "POST" if path.ends_with("/Users") => Fate::Misnamed(other),
            _ => Fate::Passed,
        };
        let url = proxy(&server, fate).await;
        let options = run::Options { jobs, settle: Duration::from_millis(50), ..run::Options::default() };
        let select = select(&["okta/groups", "okta/lifecycle", "okta/users"]);
        let how = world::How { select, options, ..world::How::default() };
        let results = world::run(world::wire(&url, server.token()), how).await;
        let log = server.request_log();
        let written: Vec<_> = log.iter().filter(|(method, path)| is_write(method) && path.contains(other)).collect();
        assert!(written.is_empty(), "{written:?}");
        let not_ours = |case: &&CaseResult| matches!(case.outcome, Outcome::Inconclusive(Cause::NotOurs(_)));
        assert!(results.iter().filter(not_ours).count() > 10, "{:#?}", world::complaints(&results));
        assert_eq!(leftovers(&results), 0, "{:#?}", world::complaints(&results));
        assert_eq!(held(&server).await, before, "what was created under other ids is found by its name");
    }
}

#[tokio::test]
async fn a_right_server_is_hardly_asked_whether_it_named_the_right_one() {
    let server = reference(Options::default()).await;
    let results = world::run(world::wire(server.base_url(), server.token()), world::How::default()).await;
    let of_case = |case: &'_ CaseResult| {
        let is_shared = |at: usize| case.shared.iter().any(|shared| shared.holds(at));
        let end = case.transcript.len() - case.swept;
        (0..end).filter(|at| !is_shared(*at)).map(|at| case.transcript[at].clone()).collect::<Vec<_>>()
    };
    let steps = results.iter().flat_map(of_case);
    let own = steps.filter(|exchange| exchange.request == Request::own("GET", exchange.request.path.clone())).count();
    assert!(own <= 12, "{own} reads that no scenario asks for");
}

#[tokio::test]
async fn a_gateway_that_fails_once_is_asked_again() {
    let server = reference(Options::default()).await;
    let writes = AtomicUsize::new(0);
    let fate = move |method: &str, _: &str| match method {
        "PUT" | "PATCH" if writes.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => Fate::Answered(502),
        _ => Fate::Passed,
    };
    let url = proxy(&server, fate).await;
    let options = run::Options { jobs: 1, batch: 1, ..run::Options::default() };
    let how = world::How { select: select(&["okta/lifecycle", "okta/users/update"]), options, ..world::How::default() };
    let results = world::run(world::wire(&url, server.token()), how).await;
    assert_eq!(world::complaints(&results), Vec::<String>::new());
    let again = results.iter().flat_map(|case| &case.transcript).filter(|exchange| exchange.look == 1).count();
    assert!(again > 20, "{again}");
}

#[tokio::test]
async fn what_cannot_be_deleted_is_switched_off_and_reported() {
    let server = reference(Options::default()).await;
    let others: BTreeSet<String> = held(&server).await.iter().map(|resource| id(resource).to_owned()).collect();
    let url = proxy(&server, |method, _| if method == "DELETE" { Fate::Answered(405) } else { Fate::Passed }).await;
    let how = world::How { select: select(&["okta/lifecycle", "okta/groups"]), ..world::How::default() };
    let Played { cases, setups } = world::play(world::wire(&url, server.token()), how).await;
    let mut reported: BTreeSet<String> = BTreeSet::new();
    let of_setups = setups.iter().flat_map(|setup| &setup.leftovers);
    for leftover in cases.iter().flat_map(|case| &case.leftovers).chain(of_setups) {
        assert!(leftover.why.contains("DELETE answered 405"), "{}", leftover.why);
        assert_eq!(leftover.path.starts_with("/Users/"), leftover.why.contains("deactivated"), "{leftover:?}");
        reported.insert(leftover.path.rsplit('/').next().unwrap_or_default().to_owned());
    }
    let left: Vec<Value> = held(&server).await.into_iter().filter(|r| !others.contains(id(r))).collect();
    assert!(left.len() > 20);
    assert_eq!(left.iter().map(|resource| id(resource).to_owned()).collect::<BTreeSet<_>>(), reported);
    let users = left.iter().filter(|resource| resource.get("userName").is_some());
    assert_eq!(users.filter(|user| user["active"] != Value::Bool(false)).count(), 0);
}

#[tokio::test]
async fn a_sweep_has_as_many_deletions_on_their_way_as_it_may_and_no_more() {
    let needs = Duration::from_millis(40);
    let arrived: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let times = Arc::clone(&arrived);
    let fate = move |method: &str, _: &str| {
        if method != "DELETE" {
            return Fate::Passed;
        }
        times.lock().expect("nobody panicked").push(Instant::now());
        Fate::Late(needs)
    };
    leaves_nothing(&["okta/import/hundred-users"], fate).await;
    let arrived = arrived.lock().expect("nobody panicked");
    assert!(arrived.len() >= 100, "{}", arrived.len());
    // Each takes that time at least: what comes within it comes before the answer to the first of them.
    let within = |many: usize| arrived.windows(many).any(|some| some[many - 1] - some[0] < needs);
    assert!(within(4), "four at a time");
    assert!(!within(5), "a fifth came before one of four was answered");
}

#[tokio::test]
async fn a_deletion_that_is_confirmed_and_not_carried_out_is_a_leftover_each_time() {
    let server = reference(Options::default()).await;
    let before = held(&server).await.len();
    let url = proxy(&server, |method, _| if method == "DELETE" { Fate::Answered(204) } else { Fate::Passed }).await;
    let options = run::Options { settle: Duration::from_millis(100), ..run::Options::default() };
    let how = world::How { select: select(&["okta/import", "okta/lifecycle"]), options, ..world::How::default() };
    let Played { cases: results, setups } = world::play(world::wire(&url, server.token()), how).await;
    let left = held(&server).await.len() - before;
    assert!(left > 100, "a walk alone makes a hundred users: {left}");
    // Cases that ran at the same time as the first may each have believed what came before they were told otherwise.
    let reported = leftovers(&results) + setups.iter().map(|setup| setup.leftovers.len()).sum::<usize>();
    assert!(reported <= left && reported * 10 >= left * 9, "{reported} of {left} were reported");
}

#[tokio::test]
async fn a_credential_that_expires_and_a_limit_of_requests_are_nobodys_fault() {
    for (status, cause) in [(401, Cause::CredentialExpired), (429, Cause::Throttled)] {
        let server = reference(Options::default()).await;
        let seen = AtomicUsize::new(0);
        let fate = move |_: &str, _: &str| match seen.fetch_add(1, Ordering::Relaxed) {
            ..60 => Fate::Passed,
            _ => Fate::Answered(status),
        };
        let url = proxy(&server, fate).await;
        let how = world::How { select: select(&["okta/users", "okta/lifecycle"]), ..world::How::default() };
        let results = world::run(world::wire(&url, server.token()), how).await;
        let accused: Vec<String> = results
            .iter()
            .flat_map(|case| &case.findings)
            .filter(|finding| !finding.requirement.as_str().contains("retry-after"))
            .map(|finding| format!("{}: {}", finding.requirement, finding.actual))
            .collect();
        assert_eq!(accused, Vec::<String>::new(), "{status}");
        let told = results.iter().filter(|case| case.outcome == Outcome::Inconclusive(cause.clone())).count();
        assert!(told > results.len() / 2, "{status}: {told} of {}", results.len());
    }
}

#[tokio::test]
async fn what_the_server_has_none_of_is_noted_and_not_judged() {
    let options = Options { quirks: vec![Quirk::EntitlementTypesOwnUrn], ..Options::default() };
    let how =
        world::How { select: select(&["okta/entitlements/assign", "okta/entitlements/total"]), ..Default::default() };
    check(options, how, |_, results| {
        for case in results {
            let is_skipped =
                matches!(&case.outcome, Outcome::Skipped(Skip::NothingToJudge(why)) if why.contains("`type`"));
            assert!(is_skipped, "{}: {:?}", case.id, case.outcome);
            assert!(case.judged.iter().all(|id| !id.as_str().starts_with("OKTA-entitlement")), "{:?}", case.judged);
            let told = case.notes.iter().filter(|note| note.text.starts_with("there is no `type` here")).count();
            assert_eq!(told, 1, "{:?}", case.notes);
        }
    })
    .await;
}

/// Runs a part of the suite with a server in trouble, on which nothing must be left.
async fn in_trouble(trouble: Trouble, jobs: usize) -> Vec<CaseResult> {
    let Troubled { server, base_url } = Troubled::start(trouble).await.expect("free ports on 127.0.0.1");
    let before = held(&server).await;
    let options = run::Options { jobs, ..run::Options::default() };
    let select = select(&["okta/groups/create-empty", "okta/lifecycle", "okta/users/create", "okta/import/total"]);
    let results =
        world::run(world::wire(&base_url, server.token()), world::How { select, options, ..Default::default() });
    let results = results.await;
    if let Trouble::Settles(delay) = trouble {
        tokio::time::sleep(delay).await;
    }
    assert_eq!(held(&server).await, before, "{trouble:?}, {jobs} jobs");
    assert_eq!(leftovers(&results), 0, "{trouble:?}, {jobs} jobs: {:#?}", world::complaints(&results));
    server.shutdown().await;
    results
}

#[tokio::test]
async fn right_servers_that_are_slow_or_late_or_busy_are_accused_of_nothing() {
    let (late, busy) = (Trouble::Settles(Duration::from_millis(200)), Trouble::Busy(10, Some(0)));
    let more = [Trouble::None, Trouble::SlowLists(Duration::from_millis(30)), Trouble::Busy(40, Some(1))];
    let runs = more.map(|trouble| (trouble, 4)).into_iter();
    for (trouble, jobs) in runs.chain([1, 4, 16].into_iter().flat_map(|jobs| [(late, jobs), (busy, jobs)])) {
        assert!(trouble.is_right());
        let results = in_trouble(trouble, jobs).await;
        assert_eq!(world::complaints(&results), Vec::<String>::new(), "{trouble:?}, {jobs} jobs");
    }
}

#[tokio::test]
async fn servers_that_fail_now_and_then_keep_nothing_and_are_judged_all_the_same() {
    for trouble in [Trouble::Busy(4, None), Trouble::Fails(6), Trouble::Unavailable(6)] {
        assert!(!trouble.is_right());
        let results = in_trouble(trouble, 4).await;
        let passed = results.iter().filter(|case| case.outcome == Outcome::Passed).count();
        assert!(passed * 4 > results.len() * 3, "{trouble:?}: {passed} of {} passed", results.len());
    }
}

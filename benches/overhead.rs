//! What scim-check costs beyond its requests: the Okta suite against the time that its bare requests take.
//!
//! `cargo bench --bench overhead` prints, in one run, the medians of
//!
//! * **suite**: discovery and all cases through the library with four jobs, judging, ledger and sweep included;
//! * **bare**: a loop over plain `reqwest` that sends the requests of the suite's own transcripts, with the same concurrency: four
//!   cases at a time, those that run alone one by one, in a case one request after the other, `times`, `together` and the
//!   sweep's deletions four at a time;
//!
//! and the median of the rounds' ratios, which may be 1.3 at most: above it the program ends with an error. `--rounds N` asks for more rounds.
//!
//! Both sides talk to the same reference server with the same seed, fresh for each round and in a process of its own, so that its
//! work is no part of either side and its allocator no hindrance to either. They take turns, so that a noisy machine disturbs
//! both, and have as many threads as the program takes: half of the cores, so that the server has the others.
//!
//! The bare loop does what any client must: it reads each answer to its end, undoes gzip, and puts the id that the server
//! has just given in place of the recorded one. It parses no JSON, judges nothing and keeps nothing. That it walks the same
//! ground is checked: nearly all of its answers have the recorded status.

use std::collections::{HashMap, VecDeque};
use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use scim_check::judge::Judge;
use scim_check::plan::{Selection, plan};
use scim_check::run::{self, Options, Run, Stop, discover};
use scim_check::scenario::{self, Action, Case, Library};
use scim_check::verdict::{CaseResult, Outcome};
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::{Credential, Exchange, HttpWire, Wire};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

mod common;

use common::{Failed, Server, end, median, rounds};

/// Cases at a time, and requests of one batch at a time, on both sides.
const JOBS: usize = 4;

/// The most that the suite may take, as a multiple of the bare loop.
const LIMIT: f64 = 1.3;

/// The most that the suite may take in itself.
const LIMIT_SUITE: Duration = Duration::from_secs(1);

/// Rounds that count. One before them warms the machine up.
const ROUNDS: usize = 15;

const TOKEN: &str = "overhead-bench-token";

fn main() -> ExitCode {
    end("overhead", measure())
}

fn measure() -> Result<bool, Failed> {
    let rounds = rounds(ROUNDS);
    let mut out = std::io::stdout();
    let started = Instant::now();
    let library = scenario::load(None).map_err(|mistakes| format!("{} mistakes in the scenarios", mistakes.len()))?;
    let loaded = started.elapsed();
    let judge = Arc::new(Judge::new(&library.registry)?);
    let ready = started.elapsed();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(1, |n| (n.get() / 2).clamp(1, 4)))
        .enable_all()
        .build()?;
    let (mut suite, mut bare) = (Vec::new(), Vec::new());
    let (mut requests, mut strayed, mut cases) = (0, 0, 0);
    for round in 0..=rounds {
        let server = Server::start(TOKEN, 25, 3)?;
        let (took, recorded) = run_suite(&runtime, &library, &judge, &server.base)?;
        drop(server);
        let server = Server::start(TOKEN, 25, 3)?;
        let tapes = recorded.into_iter().map(Tape::new).collect::<Result<Vec<_>, _>>()?;
        (cases, requests) = (tapes.len() - 1, tapes.iter().flat_map(|tape| &tape.batches).map(Vec::len).sum());
        let (bare_took, other) = replay(&runtime, tapes, &server.base)?;
        strayed = strayed.max(other);
        if round > 0 {
            suite.push(took);
            bare.push(bare_took);
        }
    }
    let ratios = suite.iter().zip(&bare).map(|(suite, bare)| suite.as_secs_f64() / bare.as_secs_f64());
    let mut ratios: Vec<f64> = ratios.collect();
    ratios.sort_by(f64::total_cmp);
    let (suite, bare) = (median(suite), median(bare));
    let ratio = suite.as_secs_f64() / bare.as_secs_f64();
    let of_rounds = ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN);
    writeln!(
        out,
        "{cases} cases, {requests} requests, {JOBS} at a time, {rounds} rounds; {strayed} answers differ from the record"
    )?;
    writeln!(out, "setup: {loaded:.1?} for all scenarios, {:.1?} for the judge", ready.saturating_sub(loaded))?;
    writeln!(out, "suite: {suite:.1?} (at most {LIMIT_SUITE:?})")?;
    writeln!(out, "bare:  {bare:.1?}")?;
    writeln!(out, "ratio: {of_rounds:.3} as the median of the rounds (at most {LIMIT}), {ratio:.3} of the medians")?;
    if strayed * 50 > requests {
        return Err(
            "more than 2 % of the bare answers have another status: the loop does not walk the same ground".into()
        );
    }
    // Both sides of a round had the machine in the same mood: that ratio decides.
    Ok(of_rounds <= LIMIT && suite < LIMIT_SUITE)
}

/// What one case sent, and how.
struct Recorded {
    exchanges: Vec<Exchange>,
    /// Where its sweep begins.
    swept_from: usize,
    alone: bool,
    /// Whether it sends several requests of a kind at a time.
    batches: bool,
}

fn run_suite(
    runtime: &Runtime,
    library: &Library,
    judge: &Arc<Judge>,
    base: &str,
) -> Result<(Duration, Vec<Recorded>), Failed> {
    let http = HttpOptions::new(check_base_url(base)?, Auth::Bearer(TOKEN.into()));
    let (_stop, stopped) = watch::channel(Stop::No);
    let started = Instant::now();
    let (discovered, planned, results) = runtime.block_on(async {
        let wire = Wire::Http(HttpWire::new(http)?);
        let discovery = discover::discover(&wire, &library.personas, scim_check::persona::Version::V2).await;
        let selection = Selection { suites: vec!["okta".to_owned()], ..Selection::default() };
        let planned = plan(&library.scenarios, &discovery.capabilities, &selection)?;
        // What cases share could not be sent again for each of them.
        let options = Options { jobs: JOBS, share: false, ..Options::default() };
        let run =
            Run { wire, judge: Arc::clone(judge), options, stop: stopped, journal: None, on_event: Box::new(|_| {}) };
        let results = run::run(run, &planned).await.cases;
        Ok::<_, Failed>((discovery.exchanges, planned, results))
    })?;
    let took = started.elapsed();
    let mut recorded =
        vec![Recorded { swept_from: discovered.len(), exchanges: discovered, alone: true, batches: false }];
    for (planned, result) in planned.iter().zip(results) {
        let CaseResult { id, outcome, transcript, swept, .. } = result;
        match outcome {
            Outcome::Passed => {}
            Outcome::Skipped(_) => continue,
            other => return Err(format!("{id} did not pass, so its waits would be measured: {other:?}").into()),
        }
        recorded.push(Recorded {
            swept_from: transcript.len() - swept,
            exchanges: transcript,
            alone: planned.scenario.alone,
            batches: sends_batches(planned.case),
        });
    }
    Ok((took, recorded))
}

fn sends_batches(case: &Case) -> bool {
    let given = scim_check::scenario::unfolded(&case.given);
    given.into_iter().chain(scim_check::scenario::unfolded(&case.steps)).any(|step| match &step.action {
        Action::Send(send) => send.times.is_some(),
        Action::Together { .. } => true,
        Action::Walk(_) | Action::Each(_) | Action::Bind(_) | Action::Shared(_) => false,
    })
}

/// One request to send again. All that can be prepared is.
struct Replayed {
    method: reqwest::Method,
    path: String,
    headers: HeaderMap,
    body: Option<String>,
    /// Ids that this request holds, as recorded.
    uses: Vec<String>,
    /// The id that the recorded answer gave.
    gives: Option<String>,
    status: u16,
}

/// The requests of one case, in batches that go together.
struct Tape {
    batches: Vec<Vec<Replayed>>,
    alone: bool,
}

impl Tape {
    fn new(recorded: Recorded) -> Result<Tape, Failed> {
        let mut known: Vec<String> = Vec::new();
        let mut batches: Vec<Vec<Replayed>> = Vec::new();
        for (index, exchange) in recorded.exchanges.iter().enumerate() {
            let replayed = replayed(exchange, &known)?;
            known.extend(replayed.gives.clone());
            let last = batches.last().and_then(|batch| batch.last());
            let sweeping = index > recorded.swept_from;
            let together = last.is_some_and(|last| {
                last.method == replayed.method
                    && match replayed.method {
                        reqwest::Method::DELETE => sweeping && collection(&last.path) == collection(&replayed.path),
                        reqwest::Method::POST => recorded.batches && !sweeping && last.path == replayed.path,
                        _ => false,
                    }
            });
            match batches.last_mut() {
                Some(batch) if together => batch.push(replayed),
                _ => batches.push(vec![replayed]),
            }
        }
        Ok(Tape { batches, alone: recorded.alone })
    }
}

fn collection(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(collection, _)| collection)
}

fn replayed(exchange: &Exchange, known: &[String]) -> Result<Replayed, Failed> {
    let request = &exchange.request;
    let response = exchange.reply.as_ref().map_err(ToString::to_string)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers.0 {
        headers.append(HeaderName::try_from(name.as_str())?, HeaderValue::try_from(value.as_str())?);
    }
    let credential = match request.credential {
        Credential::Own => Some(format!("Bearer {TOKEN}")),
        Credential::Wrong => Some("Bearer not-the-token".to_owned()),
        Credential::None => None,
        Credential::Second | Credential::Revoked => return Err("the run has no further credentials".into()),
    };
    if let Some(credential) = credential {
        headers.insert(AUTHORIZATION, HeaderValue::try_from(credential)?);
    }
    headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip,deflate"));
    let body = request.body.clone().map(String::from_utf8).transpose()?;
    let used = |id: &&String| request.path.contains(*id) || body.as_ref().is_some_and(|body| body.contains(*id));
    Ok(Replayed {
        method: reqwest::Method::from_bytes(request.method.as_bytes())?,
        path: request.path.clone(),
        uses: known.iter().filter(used).cloned().collect(),
        gives: (request.method == "POST" && response.status == 201).then(|| id_in(&response.body)).flatten(),
        headers,
        body,
        status: response.status,
    })
}

/// The first `id` of a JSON text, without parsing it.
fn id_in(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("\"id\":\"")?;
    rest.split_once('"').map(|(id, _)| id.to_owned())
}

/// Sends all requests of all cases; gives the time, and how many answers had another status than the recorded one.
fn replay(runtime: &Runtime, tapes: Vec<Tape>, base: &str) -> Result<(Duration, usize), Failed> {
    let (alone, beside): (Vec<Tape>, Vec<Tape>) = tapes.into_iter().partition(|tape| tape.alone);
    let beside: Arc<Mutex<VecDeque<Tape>>> = Arc::new(Mutex::new(beside.into()));
    let started = Instant::now();
    let strayed = runtime.block_on(async {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .http1_title_case_headers()
            .tcp_nodelay(true)
            .tls_backend_preconfigured(no_tls())
            .build()?;
        let bare = Arc::new(Bare { client, base: base.to_owned() });
        let mut strayed = 0;
        let mut workers = JoinSet::new();
        for _ in 0..JOBS {
            let (bare, beside) = (Arc::clone(&bare), Arc::clone(&beside));
            workers.spawn(async move {
                let mut strayed = 0;
                loop {
                    let next = beside.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(tape) = next else { return Ok::<usize, Failed>(strayed) };
                    strayed += bare.tape(tape).await?;
                }
            });
        }
        while let Some(worker) = workers.join_next().await {
            strayed += worker??;
        }
        // In a task as well: the thread that waits for everything would have to be woken for each answer.
        let one_by_one = tokio::spawn(async move {
            for tape in alone {
                strayed += bare.tape(tape).await?;
            }
            Ok::<usize, Failed>(strayed)
        });
        one_by_one.await?
    })?;
    Ok((started.elapsed(), strayed))
}

/// Nothing is encrypted here; reading the system's certificates would be measured on this side only.
fn no_tls() -> rustls::ClientConfig {
    let _ = rustls::crypto::ring::default_provider().install_default();
    rustls::ClientConfig::builder().with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
}

struct Bare {
    client: reqwest::Client,
    base: String,
}

impl Bare {
    async fn tape(self: &Arc<Self>, tape: Tape) -> Result<usize, Failed> {
        let mut strayed = 0;
        let mut ids: Arc<HashMap<String, String>> = Arc::default();
        for batch in tape.batches {
            // Requests that go together need nothing of each other.
            let mut given = Vec::new();
            let mut waiting = batch.into_iter();
            let mut sending = JoinSet::new();
            loop {
                while sending.len() < JOBS {
                    let Some(replayed) = waiting.next() else { break };
                    if sending.is_empty() && waiting.len() == 0 {
                        // The usual case, a request by itself, needs no task.
                        let (other, id) = self.send(replayed, &ids).await?;
                        strayed += usize::from(other);
                        given.extend(id);
                        break;
                    }
                    let (bare, known) = (Arc::clone(self), Arc::clone(&ids));
                    sending.spawn(async move { bare.send(replayed, &known).await });
                }
                let Some(sent) = sending.join_next().await else { break };
                let (other, id) = sent??;
                strayed += usize::from(other);
                given.extend(id);
            }
            Arc::make_mut(&mut ids).extend(given);
        }
        Ok(strayed)
    }

    /// Whether the status is another than the recorded one, and the id that takes the place of a recorded one.
    async fn send(
        &self,
        replayed: Replayed,
        ids: &HashMap<String, String>,
    ) -> Result<(bool, Option<(String, String)>), Failed> {
        let Replayed { method, mut path, headers, mut body, uses, gives, status } = replayed;
        for id in uses {
            if let Some(now) = ids.get(&id) {
                path = path.replace(&id, now);
                body = body.map(|body| body.replace(&id, now));
            }
        }
        let mut request = self.client.request(method, format!("{}{path}", self.base)).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let other = response.status().as_u16() != status;
        let zipped = response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
        let mut answer: Vec<u8> = response.bytes().await?.into();
        if zipped {
            let mut plain = Vec::new();
            flate2::bufread::GzDecoder::new(answer.as_slice()).read_to_end(&mut plain)?;
            answer = plain;
        }
        let given = gives.and_then(|recorded| id_in(&answer).map(|now| (recorded, now)));
        Ok((other, given))
    }
}

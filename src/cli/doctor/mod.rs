//! `scim-check doctor`: what stands between us and a server, step by step, with one fix for each problem.
//!
//! **Invariant:** each step ends in bounded time, few requests are sent, one after the other, and the one user that is created
//! is created, journalled and removed as a run does it.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use tokio::sync::watch;
use url::Host;

use crate::capability::{Capabilities, Capability, Support};
use crate::judge;
use crate::persona::Version;
use crate::plan::{Planned, Selection, plan};
use crate::run::discover::{self, Discovery, LIST, Obstacle};
use crate::run::journal::Journal;
use crate::run::{self, Options, Run, Stop};
use crate::scenario;
use crate::scenario::Library;
use crate::verdict::{CaseResult, Skip};
use crate::wire::auth::Manner;
use crate::wire::probe::{self, Doubt, Handshake};
use crate::wire::{Credential, Exchange, HttpWire, NoReply, Request, Response, Wire};

use super::args::{DoctorArgs, Format};
use super::config::{self, ConfigError, Connection};
use super::{complain, exit, library, obstacle, on_interrupt, pretty, runtime, say, server, settle, style};

mod checkup;

use checkup::{Checkup, Subject};

/// For name resolution, and for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// For one request; Okta waits longer, but who waits before a terminal does not.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);
/// For all that is asked to find out what the server is.
const DISCOVERY_LIMIT: Duration = Duration::from_secs(60);
/// How long is waited in all because the server asks for it with 429 or 503.
const RETRY_BUDGET: Duration = Duration::from_secs(10);

/// A certificate that ends sooner than that is worth a warning: most are renewed a month before.
const SOON_DAYS: i64 = 21;
/// Clocks may differ by that much.
const SKEW_SECONDS: i64 = 30;

/// The case that is run to see whether something can be created: the simplest that Okta's own test has.
fn creates(version: Version) -> &'static str {
    match version {
        Version::V1 => "okta-v1/users/create",
        Version::V2 => "okta/users/create",
    }
}

pub(super) fn command(args: &DoctorArgs) -> Result<u8, ConfigError> {
    let mut connection = config::connection(&args.connection, None, &scenario::load::personas())?;
    let http = &mut connection.http;
    http.connect_timeout = CONNECT_LIMIT.min(http.total_timeout);
    http.total_timeout = REQUEST_LIMIT.min(http.total_timeout);
    http.retry_budget = RETRY_BUDGET;
    let wire = HttpWire::new(http.clone()).map_err(|error| ConfigError::Text(error.to_string()))?;
    for warning in connection.warnings.iter().chain(&super::left_over(&connection.journal)) {
        complain(&format!("note: {warning}\n"));
    }
    let library = library(None)?;
    let started = DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Millis, true);
    let base_url = connection.http.base_url.to_string().trim_end_matches('/').to_owned();
    let runtime = runtime()?;
    let examined = runtime.block_on(async {
        let server = server::start(&connection).await?;
        let done = Doctor::new(connection, &library, &base_url, args.read_only).examine(Wire::Http(wire)).await;
        let code = done.as_ref().map_or(exit::UNDECIDED, Checkup::code);
        server::stop(server, Ok(code)).await?;
        done
    });
    // A resolver that does not answer has a thread of its own, for which nobody waits.
    runtime.shutdown_background();
    let checkup = examined?;
    match args.format {
        Format::Text => say(&checkup.text(&base_url, style())),
        Format::Json => say(&pretty(&checkup.json(&base_url, &started))),
    }
    Ok(checkup.code())
}

struct Doctor<'a> {
    connection: Connection,
    library: &'a Library,
    base_url: &'a str,
    read_only: bool,
    /// The version of SCIM that the server speaks, as far as that is known.
    version: Version,
    checkup: Checkup,
    /// All that was asked.
    asked: Vec<Exchange>,
}

impl<'a> Doctor<'a> {
    fn new(connection: Connection, library: &'a Library, base_url: &'a str, read_only: bool) -> Self {
        let version = connection.target.version().unwrap_or_default();
        Self { connection, library, base_url, read_only, version, checkup: Checkup::default(), asked: Vec::new() }
    }

    async fn examine(mut self, wire: Wire) -> Result<Checkup, ConfigError> {
        self.network().await?;
        if !self.checkup.is_stopped() {
            self.server(wire).await?;
        }
        self.rate_limit();
        self.checkup.fill();
        Ok(self.checkup)
    }

    /// Name, TCP, TLS.
    async fn network(&mut self) -> Result<(), ConfigError> {
        let http = &self.connection.http;
        // With a proxy it is the proxy that we connect to.
        let peer = http.proxy.as_ref().unwrap_or(&http.base_url);
        let through = if http.proxy.is_some() { "the proxy " } else { "" };
        let port = peer.port_or_known_default().unwrap_or_default();
        let host = peer.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let is_address = !matches!(peer.host(), Some(Host::Domain(_)));
        let addresses = match probe::look_up(&host, port, CONNECT_LIMIT).await {
            Ok(addresses) => addresses,
            Err(why) => {
                let says = format!("{through}{host} cannot be looked up: {why}");
                self.checkup.stop(
                    Subject::Name,
                    says,
                    "is the host name spelled right, and known to the DNS of this machine?",
                );
                return Ok(());
            }
        };
        let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        let says = match is_address {
            true => format!("{through}{host} is an address"),
            false => format!("{through}{host} is {}", shown.join(", ")),
        };
        self.checkup.ok(Subject::Name, says).fact("addresses", shown);
        let limit = http.connect_timeout;
        let tried = probe::connect(&addresses, limit).await;
        let reached = tried.iter().find_map(|(address, result)| Some((*address, *result.as_ref().ok()?)));
        let failed: Vec<String> = tried
            .iter()
            .filter_map(|(address, result)| Some(format!("{address}: {}", result.as_ref().err()?)))
            .collect();
        let Some((address, took)) = reached else {
            let fix = "is the server running, are host and port right, and does a firewall let this machine through?";
            self.checkup.stop(Subject::Tcp, failed.join("; "), fix);
            return Ok(());
        };
        let says = format!("{address} connects in {} ms", took.as_millis());
        let check = match failed.as_slice() {
            [] => self.checkup.ok(Subject::Tcp, says),
            failed => {
                let says = format!("{says}, and does not at another address ({})", failed.join("; "));
                let fix = "let the server listen at each address that its name has, or take the address out of the DNS";
                self.checkup.warn(Subject::Tcp, says, fix)
            }
        };
        check.fact("address", address.to_string()).fact("milliseconds", millis(took));
        self.tls(address, &host).await
    }

    async fn tls(&mut self, address: SocketAddr, host: &str) -> Result<(), ConfigError> {
        let http = &self.connection.http;
        if http.base_url.scheme() == "http" {
            let is_near = http.proxy.is_none() && address.ip().is_loopback();
            match is_near {
                true => self.checkup.skip(Subject::Tls, "http://, on this machine"),
                false => self.checkup.warn(
                    Subject::Tls,
                    "http://: whoever is on the way can read the credential",
                    "serve it over https://, which Okta demands",
                ),
            };
            return Ok(());
        }
        if http.proxy.is_some() {
            self.checkup.skip(Subject::Tls, "goes through the proxy; the requests below show whether it comes about");
            return Ok(());
        }
        let limit = http.connect_timeout;
        let shaken = probe::handshake(address, host, http.ca_file.as_deref(), limit).await;
        match shaken.map_err(|error| ConfigError::Text(error.to_string()))? {
            Ok(handshake) => self.certificate(&handshake),
            Err(why) => {
                let fix = "is it https:// at that port? TLS 1.2 or 1.3 has to be offered";
                self.checkup.stop(Subject::Tls, why, fix);
            }
        }
        Ok(())
    }

    /// What is to be thought of a certificate and those that vouch for it.
    fn certificate(&mut self, handshake: &Handshake) {
        let now = SystemTime::now();
        let days = |until: SystemTime| {
            DateTime::<Utc>::from(until).signed_duration_since(DateTime::<Utc>::from(now)).num_days()
        };
        let first = handshake.chain.iter().min_by_key(|certificate| certificate.until);
        let ends = first.map(|certificate| days(certificate.until));
        let own = handshake.chain.first();
        let issuer = own.map_or_else(|| "an unknown authority".to_owned(), |own| own.issuer.clone());
        let version = handshake.version;
        let on = |time: SystemTime| DateTime::<Utc>::from(time).format("%Y-%m-%d").to_string();
        let facts = |check: &mut checkup::Check| {
            check.fact("version", version).fact("issuer", issuer.clone()).fact("days_left", ends);
        };
        if let Err(distrust) = &handshake.trust {
            let self_signed = own.is_some_and(probe::Certificate::is_self_signed);
            let (says, fix) = match &distrust.kind {
                Doubt::UnknownIssuer if self_signed => (
                    "the certificate is self-signed, and not trusted here".to_owned(),
                    "give it with --ca-file, a PEM file; Okta accepts none but those of public authorities".to_owned(),
                ),
                Doubt::UnknownIssuer if handshake.chain.len() == 1 => (
                    format!("{}: {issuer}; the server sends no certificate but its own", distrust.text),
                    "let the server send the intermediate certificates, too (often `fullchain.pem`); a private authority is \
                     trusted with --ca-file"
                        .to_owned(),
                ),
                Doubt::UnknownIssuer => (
                    format!("{}: {issuer}", distrust.text),
                    "give the certificate of the authority with --ca-file; Okta accepts none but public authorities".to_owned(),
                ),
                Doubt::OutOfTime => {
                    let span = own.map(|own| format!(" ({} to {})", on(own.from), on(own.until))).unwrap_or_default();
                    let fix = "renew the certificate; if it is in order, the clock of this machine is wrong".to_owned();
                    (format!("{}{span}", distrust.text), fix)
                }
                Doubt::WrongName(names) => {
                    let names: Vec<&str> = names.iter().map(String::as_str).take(5).collect();
                    let says = format!("{}: it is for {}", distrust.text, names.join(", "));
                    (says, "use one of its names in the base URL, or get a certificate for this one".to_owned())
                }
                Doubt::IsAuthority => (
                    "the server shows the certificate of an authority (CA:TRUE) as its own, which TLS libraries refuse".to_owned(),
                    "make one with `-addext basicConstraints=CA:FALSE`, and give it with --ca-file".to_owned(),
                ),
                Doubt::Other => (distrust.text.clone(), "look at it with: openssl s_client -connect HOST:PORT".to_owned()),
            };
            facts(self.checkup.stop(Subject::Tls, says, fix));
            return;
        }
        let until = first.map(|certificate| on(certificate.until)).unwrap_or_default();
        let left = ends.unwrap_or_default();
        let says = format!("{version}, a certificate of {issuer}, {left} days left (until {until})");
        facts(match left < SOON_DAYS {
            true => self.checkup.warn(Subject::Tls, says, "renew it, and see to it that this happens by itself"),
            false => self.checkup.ok(Subject::Tls, says),
        });
    }

    /// All that is asked over HTTP.
    async fn server(&mut self, wire: Wire) -> Result<(), ConfigError> {
        let asking = discover::find_out(&wire, &self.library.personas, self.connection.target.version());
        let Ok((version, discovery)) = tokio::time::timeout(DISCOVERY_LIMIT, asking).await else {
            let says = format!("what was asked for was not answered within {} s", DISCOVERY_LIMIT.as_secs());
            self.checkup.stop(Subject::BaseUrl, says, "look into the log of the server: what takes so long?");
            return Ok(());
        };
        self.version = version;
        self.asked.extend(discovery.exchanges.iter().cloned());
        self.base_url(&wire, &discovery).await;
        if self.checkup.is_stopped() {
            return Ok(());
        }
        self.credentials(&wire).await;
        self.discovered(&discovery);
        let capabilities =
            self.library.personas.together(discovery.capabilities.clone(), &self.connection.target.declared);
        self.first_user(&discovery, &capabilities);
        self.write(wire, &capabilities).await
    }

    async fn base_url(&mut self, wire: &Wire, discovery: &Discovery) {
        let manner = self.connection.http.auth.manner();
        let list = discovery.exchanges.first();
        let took = list.map(|exchange| exchange.took.as_millis()).unwrap_or_default();
        let status = list.and_then(|exchange| Some(exchange.reply.as_ref().ok()?.status)).unwrap_or_default();
        if status == 429 {
            let fix = "wait until the limit is lifted, or ask for a higher one; --rps 5 keeps a run below it";
            self.checkup.stop(
                Subject::BaseUrl,
                "GET /Users answers 429: too many requests, before anything was tested",
                fix,
            );
            return;
        }
        let told = discovery.obstacle.as_ref().map(|found| obstacle(self.base_url, &manner, found));
        let (got, advice) = told.unwrap_or_default();
        match &discovery.obstacle {
            None => {
                let scim = match self.version {
                    Version::V1 => "SCIM 1.1",
                    Version::V2 => "SCIM",
                };
                let says = format!("GET /Users answers {status} in {took} ms, and it is {scim}");
                self.checkup.ok(Subject::BaseUrl, says).fact("scim", self.version.as_str());
            }
            Some(Obstacle::NoReply(NoReply::NoToken(_))) => {
                self.checkup.skip(Subject::BaseUrl, "needs an access token");
                self.checkup.stop(Subject::Credential, got, advice);
            }
            Some(Obstacle::Refused(status)) => {
                self.checkup.ok(Subject::BaseUrl, format!("GET /Users answers {status} in {took} ms"));
                let (says, fix) = match manner {
                    Manner::None => (
                        format!("the server answers {status}, and no credential was given"),
                        "give it in SCIM_CHECK_TOKEN or with --token-file".to_owned(),
                    ),
                    _ => (format!("the server {got}"), advice),
                };
                self.checkup.stop(Subject::Credential, says, fix);
            }
            Some(Obstacle::NotScim { found_at: None, .. } | Obstacle::Redirect(_)) => {
                let origin = self.connection.http.base_url.origin().ascii_serialization();
                match discover::elsewhere(wire, &origin, self.base_url, &mut self.asked).await {
                    Some(place) => {
                        let fix = format!("SCIM answers at --base-url {place}");
                        self.checkup.stop(Subject::BaseUrl, format!("GET /Users {got}"), fix).fact("found", place);
                    }
                    None => {
                        self.checkup.stop(
                            Subject::BaseUrl,
                            format!("GET /Users {got}; nor is it at the usual paths"),
                            advice,
                        );
                    }
                }
            }
            Some(found) => {
                let check = self.checkup.stop(Subject::BaseUrl, format!("GET /Users {got}"), advice);
                if let Obstacle::NotScim { found_at: Some(path), .. } = found {
                    check.fact("found", format!("{}{path}", self.base_url));
                }
            }
        }
    }

    /// Whether others are kept out; and the clock, which any answer shows.
    async fn credentials(&mut self, wire: &Wire) {
        let before = SystemTime::now();
        let anonymous = self.ask(wire, Credential::None).await;
        let after = SystemTime::now();
        if self.connection.http.auth.manner() == Manner::None {
            let fix = "let the server demand a credential: SCIM shows and changes all accounts";
            self.checkup.warn(Subject::Credential, "none was given, and the server answers all the same", fix);
        } else {
            let wrong = self.ask(wire, Credential::Wrong).await;
            self.refusals(status(&anonymous), status(&wrong));
        }
        self.clock(&anonymous, before, after);
    }

    fn refusals(&mut self, anonymous: Option<u16>, wrong: Option<u16>) {
        let said = |status: Option<u16>| status.map_or_else(|| "nothing".to_owned(), |status| status.to_string());
        let is_success = |status: Option<u16>| status.is_some_and(|status| (200..300).contains(&status));
        let says = format!("accepted; without one {}, with a wrong one {}", said(anonymous), said(wrong));
        let check = match (is_success(anonymous), is_success(wrong)) {
            (true, _) => self.checkup.fail(
                Subject::Credential,
                format!("{says}: everybody can read all users"),
                "answer 401 to a request without a credential: scim-check explain OKTA-anonymous-refused",
            ),
            (false, true) => self.checkup.fail(
                Subject::Credential,
                format!("{says}: it is not compared"),
                "answer 401 to a wrong credential: scim-check explain OKTA-bad-token-401",
            ),
            (false, false) if anonymous == Some(401) && wrong == Some(401) => {
                self.checkup.ok(Subject::Credential, says)
            }
            (false, false) => self.checkup.warn(
                Subject::Credential,
                says,
                "answer 401 to both, so that Okta says that the credential is wrong",
            ),
        };
        check.fact("without", anonymous).fact("wrong", wrong);
    }

    async fn ask(&mut self, wire: &Wire, credential: Credential) -> Exchange {
        let request = Request { credential, ..Request::own("GET", LIST) };
        let request = request.accepting(self.version.media_type());
        let exchange = wire.send("doctor", request).await;
        self.asked.push(exchange.clone());
        exchange
    }

    fn clock(&mut self, exchange: &Exchange, before: SystemTime, after: SystemTime) {
        let Some(date) = exchange.reply.as_ref().ok().and_then(|response| response.headers.get("Date")) else {
            self.checkup.skip(Subject::Clock, "the answers have no Date header");
            return;
        };
        let Ok(theirs) = DateTime::parse_from_rfc2822(date) else {
            let fix = "send it as RFC 9110 has it: Sun, 06 Nov 1994 08:49:37 GMT";
            self.checkup.warn(Subject::Clock, format!("the Date header cannot be read: {date}"), fix);
            return;
        };
        // It has whole seconds, and was made at some time in between.
        let theirs = theirs.timestamp();
        let (first, last) = (DateTime::<Utc>::from(before).timestamp(), DateTime::<Utc>::from(after).timestamp());
        let skew = if theirs < first { theirs - first } else { (theirs - last).max(0) };
        let direction = if skew < 0 { "behind" } else { "ahead of" };
        let check = match skew.abs() > SKEW_SECONDS {
            false => {
                self.checkup.ok(Subject::Clock, format!("the server's agrees with ours within {} s", skew.abs().max(1)))
            }
            true => self.checkup.warn(
                Subject::Clock,
                format!("the server's is {} s {direction} ours", skew.abs()),
                "set the wrong one of the two clocks (NTP): tokens and certificates depend on them",
            ),
        };
        check.fact("skew_seconds", skew);
    }

    fn discovered(&mut self, discovery: &Discovery) {
        let endpoints: &[&str] = match self.version {
            Version::V1 => &["/ServiceProviderConfigs", "/Schemas"],
            Version::V2 => &["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"],
        };
        let answer = |path: &str| {
            let exchange = discovery.exchanges.iter().find(|exchange| exchange.request.path == path)?;
            Some(exchange.reply.as_ref().map_err(ToString::to_string))
        };
        let mut says = Vec::new();
        let mut missing = Vec::new();
        for path in endpoints {
            let name = path.trim_start_matches('/');
            match answer(path) {
                Some(Ok(response)) if response.status == 200 => match object(response) {
                    Some(body) => says.push(match body.get("Resources").and_then(Value::as_array) {
                        Some(all) => format!("{name} {}", all.len()),
                        None => name.to_owned(),
                    }),
                    None => missing.push(format!("{name} is no JSON object")),
                },
                Some(Ok(response)) => missing.push(format!("{name} answers {}", response.status)),
                Some(Err(why)) => missing.push(format!("{name}: {why}")),
                None => missing.push(format!("{name} was not asked for")),
            }
        }
        if missing.is_empty() {
            self.checkup.ok(Subject::Discovery, says.join(", "));
            return;
        }
        let fix = match self.version {
            Version::V1 => {
                "serve both (SCIM 1.1 core schema, sections 9 and 10): On-Premises connectors are asked for the first, and without \
                 them what the server can do has to be said in a target file (scim-check init)"
            }
            Version::V2 => {
                "serve the three (RFC 7644 section 4): Okta needs them for entitlements and custom attributes, and without \
                 them what the server can do has to be said in a target file (scim-check init)"
            }
        };
        self.checkup.warn(Subject::Discovery, missing.into_iter().chain(says).collect::<Vec<_>>().join(", "), fix);
    }

    /// Okta's SPEC test looks at the first user of the list, and fails where there is none.
    fn first_user(&mut self, discovery: &Discovery, capabilities: &Capabilities) {
        let list = discovery.exchanges.first().and_then(|exchange| exchange.reply.as_ref().ok());
        let Some(body) = list.filter(|response| response.status == 200).and_then(object) else {
            let status = list.map(|response| response.status).unwrap_or_default();
            let says = format!("GET {LIST} answers {status} and no list, with which Okta's SPEC test begins");
            self.checkup.fail(
                Subject::FirstUser,
                says,
                match self.version {
                    Version::V1 => "answer it with 200 and a list: scim-check run okta-v1/connection/users",
                    Version::V2 => "answer it with 200 and a list: scim-check run okta/import/list",
                },
            );
            return;
        };
        let Some(user) = body.get("Resources").and_then(|all| all.get(0)) else {
            let says = "there is no user, and Okta's SPEC test begins with the first one";
            self.checkup.warn(
                Subject::FirstUser,
                says,
                "create one with a name and an e-mail address before that test",
            );
            return;
        };
        let lacks = |capability: Capability| matches!(capabilities.get(capability), Support::No(_));
        let wanted = [
            ("id", "/id", None),
            ("userName", "/userName", None),
            ("name.givenName", "/name/givenName", Some(Capability::of("stores-names"))),
            ("name.familyName", "/name/familyName", Some(Capability::of("stores-names"))),
            ("active", "/active", None),
            ("emails[0].value", "/emails/0/value", Some(Capability::of("stores-emails"))),
        ];
        let is_there = |at: &str| user.pointer(at).is_some_and(|value| !value.is_null() && value != "");
        let missing: Vec<_> = wanted.iter().filter(|(_, at, _)| !is_there(at)).collect();
        if missing.is_empty() {
            self.checkup.ok(Subject::FirstUser, "it has all that Okta's SPEC test looks at");
            return;
        }
        let names: Vec<&str> = missing.iter().map(|(name, ..)| *name).collect();
        let says = format!("the first user listed lacks {}, and Okta's SPEC test looks at it", names.join(", "));
        let fix =
            "complete that user, or list a complete one first: scim-check explain OKTA-first-listed-user-complete";
        // What the product does not have its owner knows, and so does a run.
        let is_known = missing.iter().all(|(.., capability)| capability.is_some_and(lacks));
        match is_known {
            true => self.checkup.warn(Subject::FirstUser, says, fix),
            false => self.checkup.fail(Subject::FirstUser, says, fix),
        };
    }

    /// Creates one user as a run does, and lets it be removed as a run does.
    async fn write(&mut self, wire: Wire, capabilities: &Capabilities) -> Result<(), ConfigError> {
        if self.read_only {
            self.checkup.skip(Subject::Write, "--read-only");
            return Ok(());
        }
        let creates = creates(self.version);
        let suite = creates.split('/').next().unwrap_or(creates).to_owned();
        let selection = Selection { suites: vec![suite], select: vec![creates.to_owned()], skip: Vec::new() };
        let mut planned = plan(&self.library.scenarios, capabilities, &selection)
            .map_err(|error| ConfigError::Text(error.to_string()))?;
        planned.retain(|planned| planned.case.id == creates);
        if let Some(Skip::Unsupported { capability, evidence }) =
            planned.first().and_then(|planned| planned.skip.clone())
        {
            self.checkup.skip(Subject::Write, format!("{capability} is not offered ({evidence})"));
            return Ok(());
        }
        let Some(result) = self.create(wire, &planned).await? else {
            return Err(ConfigError::Text(format!("there is no case {creates}; please report this")));
        };
        self.asked.extend(result.transcript.iter().cloned());
        self.written(&result);
        Ok(())
    }

    async fn create(&self, wire: Wire, planned: &[Planned<'_>]) -> Result<Option<CaseResult>, ConfigError> {
        let journal = Journal::open(&self.connection.journal).map_err(|error| ConfigError::Text(error.to_string()))?;
        let (stop, stopped) = watch::channel(Stop::No);
        let interrupts = tokio::spawn(on_interrupt(stop));
        let run = Run {
            wire,
            judge: super::judge(self.library)?,
            options: Options {
                seed: fastrand::u64(1..1_000_000),
                settle: settle(2.0),
                data: self.connection.target.data(),
                version: self.version,
                ..Options::default()
            },
            stop: stopped,
            journal: Some(journal),
            on_event: Box::new(|_| {}),
        };
        let results = run::run(run, planned).await;
        interrupts.abort();
        Ok(results.cases.into_iter().next())
    }

    fn written(&mut self, result: &CaseResult) {
        let post = result.transcript.iter().find(|exchange| exchange.request.method == "POST");
        let Some(post) = post else {
            self.checkup.skip(Subject::Write, "it was stopped before anything was sent");
            return;
        };
        let left: Vec<String> =
            result.leftovers.iter().map(|leftover| format!("{} ({})", leftover.path, leftover.why)).collect();
        match &post.reply {
            Ok(response) if (200..300).contains(&response.status) => {
                let (status, took) = (response.status, post.took.as_millis());
                let says = format!("a user was created ({status}, {took} ms)");
                match left.as_slice() {
                    [] => self.checkup.ok(Subject::Write, format!("{says} and removed again")),
                    left => self.checkup.warn(
                        Subject::Write,
                        format!("{says}, and is still there: {}", left.join(", ")),
                        "remove it yourself; answer DELETE /Users/{id} with 204, or runs leave deactivated users behind",
                    ),
                };
            }
            Ok(response) => {
                let detail = object(response).and_then(|body| Some(body.get("detail")?.as_str()?.to_owned()));
                let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                let fix = match response.status {
                    401 | 403 => "the credential may read and not write: give it the permission to manage users",
                    404 | 405 | 501 => {
                        "let the server create users at POST /Users, or declare in a target file that it does not"
                    }
                    500..=599 => {
                        "look into the log of the server: the request is that of request 6 of Okta's SPEC test"
                    }
                    _ => {
                        "if a user of your server needs more than Okta sends, say so in a target file under `test-data`"
                    }
                };
                let says = format!("POST /Users answers {}{detail}", response.status);
                self.checkup.fail(Subject::Write, says, fix);
            }
            Err(no_reply) => {
                let left = if left.is_empty() { String::new() } else { format!("; perhaps left: {}", left.join(", ")) };
                let fix = "look into the log of the server; `scim-check sweep` removes what it may have created";
                self.checkup.fail(Subject::Write, format!("POST /Users: {no_reply}{left}"), fix);
            }
        }
    }

    /// What the answers say of a limit. No more is sent to find it.
    fn rate_limit(&mut self) {
        if self.asked.is_empty() {
            return;
        }
        let tries = || {
            let earlier = self.asked.iter().flat_map(|exchange| &exchange.attempts);
            let statuses = earlier.filter_map(|attempt| attempt.result.as_ref().ok().copied());
            statuses.chain(self.asked.iter().filter_map(status))
        };
        let (sent, limited) = (tries().count(), tries().filter(|status| *status == 429).count());
        let said = limits(&self.asked);
        let said = if said.is_empty() { String::new() } else { format!("; {}", said.join(", ")) };
        let check = match limited {
            0 if said.is_empty() => self.checkup.ok(Subject::RateLimit, format!("none seen in {sent} requests")),
            0 => self.checkup.ok(Subject::RateLimit, format!("not met in {sent} requests{said}")),
            _ => self.checkup.warn(
                Subject::RateLimit,
                format!("{limited} of {sent} requests were answered with 429{said}"),
                "keep runs below it: --rps 5, or `requests-per-second` under `behaviour` in a target file",
            ),
        };
        check.fact("requests", sent).fact("limited", limited);
    }
}

/// The headers that tell of a limit, with the last value of each.
fn limits(asked: &[Exchange]) -> Vec<String> {
    let mut found: Vec<(String, String)> = Vec::new();
    let attempts = asked.iter().flat_map(|exchange| &exchange.attempts);
    let waits = attempts.filter_map(|attempt| Some(("retry-after".to_owned(), attempt.retry_after.clone()?)));
    let headers = asked.iter().filter_map(|exchange| exchange.reply.as_ref().ok()).flat_map(|reply| &reply.headers.0);
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    let is_one = |name: &str| {
        name == "retry-after"
            || ["ratelimit", "x-ratelimit", "x-rate-limit"].iter().any(|start| name.starts_with(start))
    };
    for (name, value) in waits.chain(headers).filter(|(name, _)| is_one(name)) {
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => found.push((name, value)),
        }
    }
    found.into_iter().map(|(name, value)| format!("{name}: {value}")).collect()
}

fn status(exchange: &Exchange) -> Option<u16> {
    exchange.reply.as_ref().ok().map(|response| response.status)
}

fn object(response: &Response) -> Option<Value> {
    judge::body(response).json().filter(|value| value.is_object()).cloned()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

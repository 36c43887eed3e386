//! A server that nobody here wrote, scim2-server from PyPI, passes Okta's whole suite. Which recommendations it does
//! not follow, and why it is right to say so, stands in `peer/scim2-server.yaml`.
//!
//! `SCIM_CHECK_SCIM2_SERVER` names its program. Without it the runs are skipped and say so; where `CI` is set they
//! fail.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use reqwest::{Client, Method};
use scim_check::capability::{Capability, Evidence};
use scim_check::requirement::Level;
use scim_check::run::{self, discover};
use scim_check::source::{Kind, Node, SourceFile, parse};
use scim_check::verdict::{CaseResult, Finding, Outcome, Place, Skip};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world;

/// Where the path of the server's program is found.
const VARIABLE: &str = "SCIM_CHECK_SCIM2_SERVER";

/// Python has to start, on a machine that may be busy.
const STARTING: Duration = Duration::from_secs(60);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("peer::each explained finding is a recommendation that its cases check", explanations_fit),
        with_server("it passes the suite with the warnings that are explained", || check(passes_the_suite)),
        with_server("the program says that it conforms", || check(the_program_says_so)),
        with_server("no write of Okta's suite breaks a law", || check(async |peer, _| conforms(peer, &[]))),
        with_server("it conforms for OneLogin", || check(async |peer, _| conforms(peer, &["--suite", "onelogin"]))),
    ]
}

/// A trial that needs the server. Without one its name says that it was skipped and why, except where that would hide
/// that nothing is tested any more.
fn with_server(name: &str, trial: fn() -> Result<(), Failed>) -> Trial {
    let name = format!("peer::{name}");
    let is_required = env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    match program() {
        Ok(_) => Trial::test(name, trial),
        Err(why) if is_required => {
            Trial::test(name, move || Err(format!("{why}; where CI is set it is required").into()))
        }
        Err(why) => Trial::test(format!("{name} (skipped: {why})"), trial).with_ignored_flag(true),
    }
}

fn program() -> Result<OsString, String> {
    let how = || match Explanations::read() {
        Ok(Explanations { server, version, .. }) => format!("; pip install {server}=={version}"),
        Err(_) => String::new(),
    };
    env::var_os(VARIABLE)
        .filter(|path| !path.is_empty())
        .ok_or_else(|| format!("{VARIABLE} does not name the program of the server{}", how()))
}

/// Starts a server that already holds something of others, does what is asked with it, and demands that it holds the
/// same afterwards. `with` returns what was not as it shall be.
fn check(with: impl AsyncFnOnce(&Peer, &Explanations) -> Vec<String>) -> Result<(), Failed> {
    let explanations = Explanations::read()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let peer = Peer::start().await?;
        peer.plant().await?;
        let before = peer.held().await?;
        let mut wrong = with(&peer, &explanations).await;
        let after = peer.held().await?;
        let other = |these: &[Value], those: &[Value]| -> Vec<String> {
            these.iter().filter(|resource| !those.contains(resource)).map(ToString::to_string).collect()
        };
        wrong.extend(other(&after, &before).iter().map(|new| format!("there only after the run: {new}")));
        wrong.extend(other(&before, &after).iter().map(|old| format!("there only before the run: {old}")));
        if wrong.is_empty() {
            return Ok(());
        }
        let Explanations { server, version, .. } = &explanations;
        wrong.push(format!("(what is explained is explained for {server} {version})"));
        Err(wrong.join("\n").into())
    })
}

async fn passes_the_suite(peer: &Peer, explanations: &Explanations) -> Vec<String> {
    let wire = world::wire(&peer.base_url, &peer.token);
    let discovery =
        discover::discover(&wire, &scim_check::scenario::load::personas(), scim_check::persona::Version::V2).await;
    if let Some(obstacle) = discovery.obstacle {
        return vec![format!("{obstacle:?}")];
    }
    let how = world::How { capabilities: discovery.capabilities, ..world::How::default() };
    let mut results = world::run(wire, how).await;
    let mut wrong = Vec::new();
    let mut open = explanations.pairs();
    for case in &mut results {
        let found = std::mem::take(&mut case.findings);
        for finding in found {
            let pair = (finding.requirement.to_string(), case.id.clone());
            // How fast it answers is a fact about this machine and what else runs on it.
            let is_haste = finding.place == Place::Time && finding.level == Level::Should;
            if is_haste || explanations.pairs().contains(&pair) {
                open.remove(&pair);
            } else {
                wrong.push(shown(case, &finding));
                case.findings.push(finding);
            }
        }
        match &case.outcome {
            Outcome::Passed
            | Outcome::Skipped(Skip::Unsupported {
                evidence: Evidence::Discovered { .. } | Evidence::Inferred { .. },
                ..
            }) => {}
            // There is neither a target file nor a further credential.
            Outcome::Skipped(Skip::Unsupported {
                capability:
                    Capability::DeclaredAttributes | Capability::SecondCredential | Capability::RevokedCredential,
                evidence: Evidence::NotListed(_) | Evidence::NotGiven(_),
            }) => {}
            // It has nothing of what is asked about: it does not show users their groups.
            Outcome::Skipped(Skip::NothingToJudge(_)) if case.id == "okta/groups/members-returned" => {}
            // It may refuse attributes that it does not know.
            Outcome::Skipped(Skip::NothingToJudge(_)) if case.id.starts_with("okta/attributes/unknown-update#") => {}
            // Named with its cause by the complaints below.
            Outcome::Inconclusive(_) => {}
            outcome => wrong.push(format!("{}: {outcome:?}", case.id)),
        }
    }
    wrong.extend(world::complaints(&results));
    wrong.extend(open.iter().map(|(requirement, case)| {
        let outcome = results.iter().find(|result| result.id == *case).map(|result| &result.outcome);
        format!("{requirement} is explained and was not found in {case}: {outcome:?}")
    }));
    let all = okta().flat_map(|scenario| &scenario.cases).count();
    if results.len() != all {
        wrong.push(format!("{} of {all} cases have a result", results.len()));
    }
    wrong
}

/// Calls the program on the server.
fn called(peer: &Peer, arguments: &[&str]) -> std::io::Result<Output> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(arguments).args(["--base-url", &peer.base_url, "--token", &peer.token]).stdin(Stdio::null());
    for name in ["SCIM_CHECK_TOKEN", "SCIM_CHECK_BASE_URL", "COLUMNS", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("XDG_STATE_HOME", folder.path()).current_dir(folder.path()).output()
}

/// What is not as it is where no MUST is violated and every case was decided.
fn conforms(peer: &Peer, arguments: &[&str]) -> Vec<String> {
    match called(peer, arguments) {
        Err(error) => vec![error.to_string()],
        Ok(output) if output.status.code() == Some(0) => Vec::new(),
        Ok(output) => vec![format!("{}: {}", output.status, String::from_utf8_lossy(&output.stdout))],
    }
}

async fn the_program_says_so(peer: &Peer, explanations: &Explanations) -> Vec<String> {
    let output = match called(peer, &[]) {
        Ok(output) => output,
        Err(error) => return vec![error.to_string()],
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut wrong = Vec::new();
    if output.status.code() != Some(0) {
        wrong.push(format!("it ended with {}", output.status));
    }
    if !text.lines().any(|line| line.starts_with("verdict: conforms:")) {
        wrong.push("it does not say that the server conforms".to_owned());
    }
    for finding in explanations.findings.iter().filter(|finding| !text.contains(&finding.requirement)) {
        wrong.push(format!("it does not speak of {}", finding.requirement));
    }
    if text.contains(&peer.token) {
        wrong.push("it prints the token".to_owned());
    }
    if !wrong.is_empty() {
        wrong.push(format!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    }
    wrong
}

fn explanations_fit() -> Result<(), Failed> {
    let explanations = Explanations::read()?;
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for Explanation { requirement, cases, reason } in &explanations.findings {
        match world::LIBRARY.registry.get(requirement) {
            Some(registered) if registered.level == Level::Should => {}
            Some(registered) => wrong.push(format!("{requirement} is a {}, no recommendation", registered.level)),
            None => wrong.push(format!("{requirement} is not registered")),
        }
        if !reason.ends_with(['.', ')']) || cases.is_empty() {
            wrong.push(format!("{requirement} lacks a reason or cases"));
        }
        for id in cases {
            if !seen.insert((requirement, id)) {
                wrong.push(format!("{requirement} is explained twice in {id}"));
            }
            match okta().flat_map(|scenario| &scenario.cases).find(|case| case.id == *id) {
                Some(case)
                    if run::checks(&world::JUDGE, case).iter().any(|checked| checked.as_str() == requirement) => {}
                Some(_) => wrong.push(format!("{id} does not check {requirement}")),
                None => wrong.push(format!("there is no case {id}")),
            }
        }
    }
    let installs = fs::read_to_string(".ci/run").unwrap_or_default();
    if !installs.lines().any(|line| line == format!("peer_version={}", explanations.version)) {
        wrong.push(format!(".ci/run installs another version than {}", explanations.version));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn okta() -> impl Iterator<Item = &'static scim_check::scenario::Scenario> {
    world::LIBRARY.scenarios.iter().filter(|scenario| scenario.suite() == "okta")
}

/// The request and the answer that a finding is about.
fn shown(case: &CaseResult, finding: &Finding) -> String {
    let mut lines = vec![format!("{} is not explained; in {}:", finding.requirement, case.id)];
    if let Some(exchange) = case.transcript.get(finding.exchange) {
        let text = |body: &[u8]| String::from_utf8_lossy(body).chars().take(2000).collect::<String>();
        lines.push(format!("  > {} {}", exchange.request.method, exchange.request.path));
        lines.extend(exchange.request.body.as_deref().map(|body| format!("  > {}", text(body))));
        lines.push(match &exchange.reply {
            Ok(answer) => format!("  < {}\n  < {}", answer.status, text(&answer.body)),
            Err(none) => format!("  < {none}"),
        });
    }
    lines.join("\n")
}

/// Why a finding is right.
struct Explanation {
    requirement: String,
    cases: Vec<String>,
    reason: String,
}

/// The file of explanations.
struct Explanations {
    server: String,
    version: String,
    findings: Vec<Explanation>,
}

impl Explanations {
    fn read() -> Result<Self, String> {
        let file = SourceFile {
            name: "tests/peer/scim2-server.yaml".to_owned(),
            text: include_str!("../peer/scim2-server.yaml").to_owned(),
        };
        let root = parse(&Arc::new(file)).map_err(|mistake| format!("{:?}: {}", mistake.span, mistake.message))?;
        let findings = items(&root, "findings")?.iter().map(|node| {
            let cases = items(node, "cases")?.iter().map(|case| case.as_str().map(str::to_owned));
            Ok(Explanation {
                requirement: text(node, "requirement")?,
                cases: cases.collect::<Option<_>>().ok_or_else(|| format!("{:?}: a case is text", node.span))?,
                reason: text(node, "reason")?,
            })
        });
        let findings = findings.collect::<Result<_, String>>()?;
        Ok(Explanations { server: text(&root, "server")?, version: text(&root, "version")?, findings })
    }

    /// Each requirement with each of its cases.
    fn pairs(&self) -> BTreeSet<(String, String)> {
        let of_one = |finding: &Explanation| -> Vec<(String, String)> {
            finding.cases.iter().map(|case| (finding.requirement.clone(), case.clone())).collect()
        };
        self.findings.iter().flat_map(of_one).collect()
    }
}

fn text(node: &Node, key: &str) -> Result<String, String> {
    let text = node.get(key).and_then(Node::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("{:?}: `{key}` is missing or no text", node.span))
}

fn items<'n>(node: &'n Node, key: &str) -> Result<&'n [Node], String> {
    match node.get(key).map(|node| &node.kind) {
        Some(Kind::Seq(items)) => Ok(items),
        _ => Err(format!("{:?}: `{key}` is missing or no list", node.span)),
    }
}

/// A running scim2-server. It ends with this value, whatever happens.
struct Peer {
    process: Child,
    base_url: String,
    token: String,
    client: Client,
    /// Holds what the server says; a pipe that nobody reads would stop it.
    folder: TempDir,
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Peer {
    /// Starts one and waits until it answers. Between looking for a free port and using it another process may take it:
    /// then there is another try.
    async fn start() -> Result<Self, String> {
        let mut why = String::new();
        for _ in 0..3 {
            let mut peer = Self::spawn().map_err(|error| format!("the server does not start: {error}"))?;
            match peer.answers().await {
                Ok(()) => return Ok(peer),
                Err(said) => why = said,
            }
        }
        Err(why)
    }

    fn spawn() -> std::io::Result<Self> {
        let program = program().map_err(std::io::Error::other)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let token = format!("peer-{:016x}", fastrand::u64(..));
        let folder = tempfile::tempdir()?;
        let process = Command::new(program)
            .args(["--port", &port.to_string(), "--bearer-token", &token])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.path().join("log"))?)
            .spawn()?;
        // An error says that another test was first. TLS is never spoken here, but the client wants to be able to.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base_url = format!("http://127.0.0.1:{port}/v2");
        Ok(Peer { process, base_url, token, client: Client::new(), folder })
    }

    /// Waits for the first answer to the token, which nobody else knows.
    async fn answers(&mut self) -> Result<(), String> {
        let until = Instant::now() + STARTING;
        loop {
            let failed = match self.send(Method::GET, "/Users?startIndex=1&count=1", None).await {
                Ok(_) => return Ok(()),
                Err(failed) => failed,
            };
            let ended = self.process.try_wait().ok().flatten();
            if ended.is_some() || Instant::now() > until {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                let ended = ended.map_or("it still runs".to_owned(), |status| format!("it ended with {status}"));
                return Err(format!("the server does not answer: {failed}; {ended}, and said:\n{log}"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends a request that is to succeed.
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut request = self.client.request(method, format!("{}{path}", self.base_url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/scim+json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| error.to_string())?;
        match serde_json::from_slice(&body) {
            Ok(json) if status.is_success() => Ok(json),
            _ => Err(format!("{path} was answered with {status}: {}", String::from_utf8_lossy(&body))),
        }
    }

    /// Creates a user and a group that are none of the run's business.
    async fn plant(&self) -> Result<(), String> {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "somebody.else@example.org",
            "name": { "givenName": "Somebody", "familyName": "Else" },
            "emails": [{ "value": "somebody.else@example.org", "type": "work", "primary": true }],
            "active": true,
        });
        let user = self.send(Method::POST, "/Users", Some(user)).await?;
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Others",
            "members": [{ "value": user["id"] }],
        });
        self.send(Method::POST, "/Groups", Some(group)).await?;
        Ok(())
    }

    /// Everything that it holds, in its own words.
    async fn held(&self) -> Result<Vec<Value>, String> {
        let mut all = Vec::new();
        for collection in ["Users", "Groups"] {
            let list = self.send(Method::GET, &format!("/{collection}?startIndex=1&count=1000"), None).await?;
            let resources = list["Resources"].as_array().cloned().unwrap_or_default();
            if list["totalResults"] != resources.len() {
                return Err(format!("of {} {collection} only {} are shown", list["totalResults"], resources.len()));
            }
            all.extend(resources);
        }
        Ok(all)
    }
}

//! `scim-check doctor`: each thing that can stand between us and a server is named, with one fix, and what follows is skipped.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use scim_check::reference::{Options, Quirk, Server, serve};
use scim_check::run::journal;
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::{HttpWire, Request};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// Where the servers of these tests live.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// A token that would be noticed.
const TOKEN: &str = "very-s3cret-indeed-7f3a";

/// What is looked at, in the order of the lines.
const NAMES: [&str; 10] =
    ["name", "tcp", "tls", "base-url", "credential", "clock", "discovery", "first-user", "write", "rate-limit"];

fn reference(quirks: &[Quirk], users: usize) -> Server {
    let options =
        Options { users, groups: 1, token: Some(TOKEN.to_owned()), quirks: quirks.to_vec(), ..Options::default() };
    RUNTIME.block_on(serve(options)).expect("a free port on 127.0.0.1")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

fn program(folder: &Path, base_url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SCIM_CHECK_")) {
        command.env_remove(name);
    }
    command.args(["doctor", "--base-url", base_url, "--journal", "journal"]).args(arguments);
    command.env("SCIM_CHECK_TOKEN", TOKEN).env_remove("COLUMNS").current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a call came to.
struct Said {
    code: Option<i32>,
    out: String,
    checks: Vec<Value>,
}

/// Calls the program for JSON, and holds the answer against its schema.
fn call(base_url: &str, arguments: &[&str]) -> Said {
    let folder = folder();
    let mut command = program(folder.path(), base_url, arguments);
    let output = command.args(["--format", "json"]).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(!out.contains(TOKEN) && !err.contains(TOKEN), "the credential is shown: {out}{err}");
    assert!(!err.contains("panicked"), "{err}");
    let told: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    conforms(&told);
    let checks = told["checks"].as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = checks.iter().filter_map(|check| check["name"].as_str()).collect();
    assert_eq!(names, NAMES, "each is told, in order");
    for check in &checks {
        let wrong = matches!(check["state"].as_str(), Some("warn" | "fail"));
        assert_eq!(check["fix"].is_string(), wrong, "one fix for each problem, and for nothing else: {check}");
    }
    let result = match output.status.code() {
        Some(0) => "ok",
        Some(1) => "problems",
        _ => "unreachable",
    };
    assert_eq!(told["result"], result);
    assert_eq!(journal::remaining(&folder.path().join("journal")), [], "nothing is left behind");
    Said { code: output.status.code(), out, checks }
}

fn conforms(told: &Value) {
    let text = std::fs::read_to_string("schemas/doctor-1.schema.json").expect("the schema is there");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let wrong: Vec<String> =
        validator.iter_errors(told).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

impl Said {
    fn check(&self, name: &str) -> &Value {
        self.checks.iter().find(|check| check["name"] == name).expect("all are told")
    }

    /// Demands a state, and words in what is said and in the fix.
    #[track_caller]
    fn told(&self, name: &str, state: &str, words: &[&str]) -> &Self {
        let check = self.check(name);
        assert_eq!(check["state"], state, "{check}");
        let told = format!("{} {}", check["says"], check["fix"]);
        words.iter().for_each(|word| assert!(told.contains(word), "{word:?} is not said: {told}"));
        self
    }

    /// Demands that one thing failed, that what comes after it was skipped because of it, and that the exit code is 3.
    #[track_caller]
    fn stopped(&self, name: &str, words: &[&str]) -> &Self {
        assert_eq!(self.code, Some(3), "{}", self.out);
        self.told(name, "fail", words);
        let after = NAMES.iter().skip_while(|other| **other != name).skip(1);
        for other in after.filter(|other| **other != "rate-limit") {
            self.told(other, "skipped", &[&format!("needs {name}")]);
        }
        let failed = self.checks.iter().filter(|check| check["state"] == "fail").count();
        assert_eq!(failed, 1, "one cause is told once: {}", self.out);
        self
    }

    /// Demands the exit code, and that nothing but this is not as it should be.
    #[track_caller]
    fn only(&self, code: i32, name: &str, state: &str, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.out);
        self.told(name, state, words);
        for check in self.checks.iter().filter(|check| check["name"] != name) {
            assert!(matches!(check["state"].as_str(), Some("ok" | "skipped")), "{check}");
        }
    }
}

/// How many users a reference has.
fn users(server: &Server) -> String {
    let url = check_base_url(server.base_url()).expect("it is a URL");
    let wire = HttpWire::new(HttpOptions::new(url, Auth::Bearer(TOKEN.into()))).expect("nothing is wrong with it");
    let answer = RUNTIME.block_on(wire.send(Request::own("GET", "/Users?startIndex=1&count=0")));
    let body = answer.reply.expect("the reference answers").body;
    serde_json::from_slice::<Value>(&body).expect("it is JSON")["totalResults"].to_string()
}

#[test]
fn a_server_of_1_1_is_examined_as_1_1_whether_or_not_that_is_declared() {
    let server = reference(&[], 3);
    let declared = folder();
    let file = declared.path().join("old.yaml");
    std::fs::write(&file, "scim: \"1.1\"\n").expect("it can be written");
    let file = file.display().to_string();
    for arguments in [&[][..], &["--target", &file][..]] {
        let said = call(server.v1_base_url(), arguments);
        assert_eq!(said.code, Some(0), "{}", said.out);
        said.told("base-url", "ok", &["and it is SCIM 1.1"]);
        said.told("discovery", "ok", &["ServiceProviderConfigs, Schemas 2"]);
        said.told("first-user", "ok", &[]);
        said.told("write", "ok", &["a user was created (201", "and removed again"]);
    }
    // What is wrong is told in the words of 1.1.
    let broken = reference(&["unfiltered-list-400".parse().expect("a quirk")], 3);
    let said = call(broken.v1_base_url(), &["--target", &file]);
    said.told("first-user", "fail", &["scim-check run okta-v1/connection/users"]);
}

#[test]
fn a_right_server_is_well_and_as_it_was() {
    let server = reference(&[], 3);
    let before = users(&server);
    let said = call(server.base_url(), &[]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    for name in NAMES {
        said.told(name, if name == "tls" { "skipped" } else { "ok" }, &[]);
    }
    said.told("write", "ok", &["created (201", "removed again"]);
    said.told("credential", "ok", &["without one 401", "with a wrong one 401"]);
    assert_eq!(users(&server), before);
}

#[test]
fn text_is_one_screen_with_a_line_for_each() {
    let server = reference(&[], 0);
    let folder = folder();
    let output = program(folder.path(), server.base_url(), &["--read-only"]).output().expect("the program starts");
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}");
    assert!(out.lines().count() <= 24 && out.lines().all(|line| line.chars().count() <= 160), "{out}");
    for name in NAMES {
        let lines = out.lines().filter(|line| line.split_whitespace().nth(1) == Some(name)).count();
        assert_eq!(lines, 1, "{name}: {out}");
    }
    assert!(
        out.contains("warn    first-user  there is no user") && out.contains("try: create one with a name"),
        "{out}"
    );
    assert!(out.contains("skipped write       --read-only"), "{out}");
    assert!(out.contains("1 warning") && out.contains("nothing stands in the way of a run"), "{out}");
}

#[test]
fn a_wrong_address_is_told_at_the_step_where_it_shows() {
    call("http://no-such-host.invalid/scim/v2", &[]).stopped("name", &["no-such-host.invalid", "spelled right"]);
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    call(&format!("http://{nobody}/scim/v2"), &[]).stopped("tcp", &["nobody listens", "is the server running"]);
    let server = reference(&[], 1);
    let encrypted = server.base_url().replace("http://", "https://");
    call(&encrypted, &[]).stopped("tls", &["not TLS", "http://"]);
}

#[test]
fn a_wrong_path_is_told_with_the_right_one() {
    let server = reference(&[], 1);
    let right = server.base_url();
    let origin = right.trim_end_matches("/scim/v2");
    for path in ["", "/scim", "/api", "/scim/v3"] {
        let said = call(&format!("{origin}{path}"), &[]);
        said.stopped("base-url", &["not SCIM", &format!("--base-url {right}")]);
        assert_eq!(said.check("base-url")["facts"]["found"], right);
    }
}

#[test]
fn a_page_is_no_scim() {
    let server = RUNTIME.block_on(async {
        let server = MockServer::start().await;
        let page = ResponseTemplate::new(200).set_body_raw("<html>Welcome</html>", "text/html");
        Mock::given(matchers::any()).respond_with(page).mount(&server).await;
        server
    });
    let said = call(&format!("{}/scim/v2", server.uri()), &[]);
    said.stopped("base-url", &["200 with text/html", "not SCIM", "usual paths"]);
    let asked = RUNTIME.block_on(server.received_requests()).unwrap_or_default();
    assert!(asked.len() < 20, "the search has a bound: {}", asked.len());
    assert!(asked.iter().all(|request| request.method == "GET"));
}

#[test]
fn a_credential_is_wrong_missing_or_of_no_use() {
    let server = reference(&[], 1);
    call(server.base_url(), &["--token", "nobody-has-this"]).stopped("credential", &["401", "check the token"]);
    let folder = folder();
    let mut anonymous = program(folder.path(), server.base_url(), &["--format", "json"]);
    let output = anonymous.env_remove("SCIM_CHECK_TOKEN").output().expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stdout).contains("no credential was given"));
    let server = reference(&[Quirk::WrongTokenAccepted], 1);
    call(server.base_url(), &[]).only(1, "credential", "fail", &["with a wrong one 200", "OKTA-bad-token-401"]);
}

#[test]
fn what_hangs_ends_in_time() {
    // It takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = silent.local_addr().expect("a bound address");
    for (scheme, name) in [("http", "base-url"), ("https", "tls")] {
        let started = Instant::now();
        call(&format!("{scheme}://{at}/scim/v2"), &["--timeout", "1"]).stopped(name, &["within 1 s"]);
        assert!(started.elapsed() < Duration::from_secs(15), "{scheme} took {:?}", started.elapsed());
    }
}

#[test]
fn the_first_user_is_looked_at() {
    let server = reference(&[Quirk::FirstUserIncomplete], 2);
    call(server.base_url(), &[]).only(1, "first-user", "fail", &["name.givenName", "emails", "complete that user"]);
}

#[test]
fn what_cannot_be_removed_is_told() {
    let server = reference(&[Quirk::DeleteIgnored], 2);
    let folder = folder();
    let output = program(folder.path(), server.base_url(), &[]).output().expect("the program starts");
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}");
    assert!(out.contains("warn    write") && out.contains("is still there: /Users/"), "{out}");
    assert_ne!(journal::remaining(&folder.path().join("journal")), [], "sweep knows of it");
}

#[test]
fn a_limit_is_told_and_not_looked_for() {
    let server = reference(&[Quirk::RateLimited], 2);
    call(server.base_url(), &[]).only(0, "rate-limit", "warn", &["answered with 429", "retry-after", "--rps"]);
}

/// A small SCIM server that only reads, with its own idea of the time and of how much is enough.
fn small(answer_to_post: ResponseTemplate, date: Option<&str>) -> MockServer {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": "ann@example.com",
        "name": { "givenName": "Ann", "familyName": "Lee" }, "active": true, "emails": [{ "value": "ann@example.com" }],
    });
    let list = |all: Value| {
        let total = all.as_array().map_or(0, Vec::len);
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
        json!({ "schemas": schemas, "totalResults": total, "Resources": all })
    };
    let config = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"] });
    let json = |body: Value| {
        let answer = ResponseTemplate::new(200).set_body_raw(body.to_string(), "application/scim+json");
        let answer = answer.insert_header("X-RateLimit-Limit", "100").insert_header("X-RateLimit-Remaining", "99");
        date.iter().fold(answer, |answer, date| answer.insert_header("Date", *date))
    };
    let refused = date.iter().fold(ResponseTemplate::new(401), |answer, date| answer.insert_header("Date", *date));
    RUNTIME.block_on(async {
        let server = MockServer::start().await;
        let own = || matchers::header("Authorization", format!("Bearer {TOKEN}").as_str());
        let get = || Mock::given(matchers::method("GET")).and(own());
        get().and(matchers::path("/Users")).respond_with(json(list(json!([user])))).mount(&server).await;
        get().and(matchers::path("/ServiceProviderConfig")).respond_with(json(config)).mount(&server).await;
        get().and(matchers::path("/Schemas")).respond_with(ResponseTemplate::new(404)).mount(&server).await;
        get().and(matchers::path("/ResourceTypes")).respond_with(json(list(json!([])))).mount(&server).await;
        Mock::given(matchers::method("POST")).and(own()).respond_with(answer_to_post).mount(&server).await;
        Mock::given(matchers::any()).respond_with(refused).with_priority(9).mount(&server).await;
        server
    })
}

fn forbidden() -> ResponseTemplate {
    let error = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "read-only token" });
    ResponseTemplate::new(403).set_body_json(error)
}

#[test]
fn a_server_that_may_only_be_read_says_so() {
    let server = small(forbidden(), None);
    let said = call(&server.uri(), &[]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    said.told("write", "fail", &["403", "read-only token", "permission to manage users"]);
    said.told("discovery", "warn", &["Schemas answers 404", "ServiceProviderConfig"]);
    said.told("rate-limit", "ok", &["x-ratelimit-limit: 100", "x-ratelimit-remaining: 99"]);
    // Without a write it is well.
    let said = call(&server.uri(), &["--read-only"]);
    said.only(0, "discovery", "warn", &["RFC 7644 section 4"]);
    said.told("write", "skipped", &["--read-only"]);
    let asked = RUNTIME.block_on(server.received_requests()).unwrap_or_default();
    assert_eq!(asked.iter().filter(|request| request.method != "GET").count(), 1, "one write, of the first call");
}

#[test]
fn a_clock_that_is_wrong_is_told() {
    let late = small(forbidden(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    let said = call(&late.uri(), &["--read-only"]);
    said.told("clock", "warn", &["behind ours", "NTP"]);
    assert!(said.check("clock")["facts"]["skew_seconds"].as_i64().is_some_and(|skew| skew < -1_000_000));
    call(&small(forbidden(), Some("yesterday")).uri(), &["--read-only"]).told("clock", "warn", &["cannot be read"]);
}

#[test]
fn what_a_killed_doctor_may_have_created_is_in_its_journal() {
    let server = small(forbidden().set_delay(Duration::from_secs(60)), None);
    let folder = folder();
    let mut child = program(folder.path(), &server.uri(), &[]).spawn().expect("the program starts");
    let until = Instant::now() + Duration::from_secs(60);
    let posted = || {
        let asked = RUNTIME.block_on(server.received_requests()).unwrap_or_default();
        asked.iter().any(|request| request.method == "POST")
    };
    while !posted() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().and_then(|()| child.wait()).expect("it was there");
    let left = journal::remaining(&folder.path().join("journal"));
    assert!(matches!(left.as_slice(), [one] if one.path.starts_with("/Users?filter=")), "{left:?}");
}

/// Serves another server over TLS.
fn encrypted(inner: SocketAddr, chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> u16 {
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("it is a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("ring has them").with_no_client_auth().with_single_cert(chain, key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("key and certificate belong together")));
    let listener = RUNTIME.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let port = listener.local_addr().expect("a bound address").port();
    RUNTIME.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut outside = acceptor.accept(stream).await?;
                let mut inside = tokio::net::TcpStream::connect(inner).await?;
                tokio::io::copy_bidirectional(&mut outside, &mut inside).await
            });
        }
    });
    port
}

fn inner(server: &Server) -> SocketAddr {
    let host = server.base_url().trim_start_matches("http://").split('/').next().unwrap_or_default();
    host.parse().expect("it is an address with a port")
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).expect("it is a name")
}

/// A private authority, and its certificate as a CA file.
fn authority(folder: &Path) -> (CertifiedIssuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, key()).expect("a certificate");
    let file = folder.join("ca.pem");
    std::fs::write(&file, pem(authority.der())).expect("a file in a fresh folder");
    (authority, file.display().to_string())
}

fn pem(der: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

/// A server with a certificate of the authority, and what `doctor` says of it.
fn certified(params: CertificateParams, host: &str, trusted: bool) -> Said {
    let (server, folder) = (reference(&[], 2), folder());
    let (authority, file) = authority(folder.path());
    let key = key();
    let own = params.signed_by(&key, &authority).expect("a certificate");
    let port = encrypted(inner(&server), vec![own.der().clone()], &key);
    let trust = ["--ca-file", &file];
    call(&format!("https://{host}:{port}/scim/v2"), if trusted { &trust } else { &[] })
}

#[test]
fn a_certificate_is_looked_at() {
    let said = certified(params("localhost"), "localhost", true);
    assert_eq!(said.code, Some(0), "{}", said.out);
    said.told("tls", "ok", &["TLS 1.3", "days left"]);
    certified(params("localhost"), "localhost", false).stopped("tls", &["not trusted", "--ca-file"]);
    certified(params("other.example.com"), "localhost", true).stopped("tls", &["other.example.com", "names"]);
    let mut expired = params("localhost");
    (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2001, 2, 3));
    let said = certified(expired, "localhost", true);
    said.stopped("tls", &["expired", "2001-02-03", "renew"]);
    assert!(said.check("tls")["facts"]["days_left"].as_i64().is_some_and(|days| days < -1000));
}

#[test]
fn a_certificate_that_ends_soon_is_a_warning() {
    let mut soon = params("localhost");
    let days = Duration::from_secs(5 * 24 * 3600);
    soon.not_after = (std::time::SystemTime::now() + days).into();
    certified(soon, "localhost", true).only(0, "tls", "warn", &["4 days left", "renew"]);
}

#[test]
fn a_self_signed_certificate_is_trusted_with_its_file() {
    let (server, folder, key) = (reference(&[], 2), folder(), key());
    let own = params("localhost").self_signed(&key).expect("a certificate");
    let port = encrypted(inner(&server), vec![own.der().clone()], &key);
    let url = format!("https://localhost:{port}/scim/v2");
    call(&url, &[]).stopped("tls", &["self-signed", "--ca-file"]);
    let file = folder.path().join("own.pem");
    std::fs::write(&file, pem(own.der())).expect("a file in a fresh folder");
    let said = call(&url, &["--ca-file", &file.display().to_string()]);
    assert_eq!(said.code, Some(0), "{}", said.out);
}

#[test]
fn an_authority_s_certificate_is_no_server_s() {
    let (server, folder) = (reference(&[], 2), folder());
    let mut params = params("localhost");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = key();
    let own = params.self_signed(&key).expect("a certificate");
    let port = encrypted(inner(&server), vec![own.der().clone()], &key);
    let file = folder.path().join("own.pem");
    std::fs::write(&file, pem(own.der())).expect("a file in a fresh folder");
    let url = format!("https://localhost:{port}/scim/v2");
    call(&url, &["--ca-file", &file.display().to_string()]).stopped("tls", &["CA:TRUE", "basicConstraints=CA:FALSE"]);
}

#[test]
fn what_is_wrong_with_the_flags_is_told_before_anything_is_sent() {
    let folder = folder();
    for (url, arguments, says) in [
        ("example.com/scim", &[] as &[&str], "does not begin with https://"),
        ("https://example.com/scim", &["--ca-file", "nowhere.pem"], "nowhere.pem"),
        ("https://example.com/scim", &["--target", "nowhere.yaml"], "nowhere.yaml"),
    ] {
        let output = program(folder.path(), url, arguments).output().expect("the program starts");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains(says) && output.stdout.is_empty(), "{err}");
    }
}

#[test]
fn a_proxy_is_what_is_connected_to() {
    let server = reference(&[], 1);
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let proxy = format!("http://{nobody}");
    let said = call(server.base_url(), &["--proxy", &proxy]);
    said.stopped("tcp", &["nobody listens", &nobody.to_string()]);
    said.told("name", "ok", &["the proxy 127.0.0.1"]);
}

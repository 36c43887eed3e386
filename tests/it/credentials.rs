//! Every way to convince a server, from the command line to the answer: what is sent, what a refusal comes to, how a credential
//! is renewed, and that none of it can be read afterwards.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use scim_check::reference::product::{Product, Scheme};
use scim_check::reference::{Options, Quirk, Server, serve};
use scim_check::wire::auth::Auth;
use scim_check::wire::http::{HttpOptions, check_base_url};
use scim_check::wire::oauth::{ClientAuth, Grant, OAuth, check_token_url};
use scim_check::wire::{Credential, Exchange, Headers, HttpWire, Request};
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// Where the servers of these tests live.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// Secrets that would be noticed.
const TOKEN: &str = "first-s3cret-7f3a";
const SECOND: &str = "second-s3cret-91bc";
const REVOKED: &str = "revoked-s3cret-d04e";
const CLIENT_SECRET: &str = "client-s3cret:/+ü";
const REFRESH: &str = "refresh-s3cret-5e11";

fn reference(credential: Scheme, quirks: &[Quirk]) -> Server {
    let options = Options {
        users: 3,
        token: Some(TOKEN.to_owned()),
        second_token: Some(SECOND.to_owned()),
        revoked_token: Some(REVOKED.to_owned()),
        product: Product { credential, ..Product::default() },
        quirks: quirks.to_vec(),
        ..Options::default()
    };
    RUNTIME.block_on(serve(options)).expect("a free port on 127.0.0.1")
}

/// What a call came to, and all that it wrote.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
    report: Value,
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file in a fresh folder");
    path.display().to_string()
}

/// Calls the program with these variables, and looks for every secret in all that comes of it.
fn call(base_url: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SCIM_CHECK_")) {
        command.env_remove(name);
    }
    command.args(["run", "--base-url", base_url, "--report", "json=report.json", "--bodies", "all", "--settle", "0.2"]);
    command.args(["--journal", "journal", "--verbose"]).args(arguments).envs(variables.iter().copied());
    command.stdin(Stdio::null()).current_dir(folder.path()).env_remove("COLUMNS");
    let output = command.output().expect("the program starts");
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap_or_default();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    let (out, err) = (text(output.stdout), text(output.stderr));
    for (place, text) in [("standard output", &out), ("standard error", &err), ("the report", &report)] {
        for secret in [TOKEN, SECOND, REVOKED, CLIENT_SECRET, REFRESH, "client-s3cret"] {
            assert!(!text.contains(secret), "{secret} stands in {place}: {text}");
        }
        assert!(!text.contains("panicked"), "{text}");
    }
    let report = serde_json::from_str(&report).unwrap_or_default();
    Said { code: output.status.code(), out, err, report }
}

impl Said {
    #[track_caller]
    fn expect(self, code: i32) -> Said {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }

    /// The outcome of a case.
    fn outcome(&self, id: &str) -> &str {
        let cases = self.report["cases"].as_array().expect("a report with cases");
        cases.iter().find(|case| case["id"] == id).and_then(|case| case["outcome"].as_str()).unwrap_or("nothing")
    }

    /// The violated requirements.
    fn violated(&self) -> Vec<&str> {
        let all = self.report["requirements"].as_array().expect("a report with requirements");
        all.iter().filter(|r| r["status"] == "violated").filter_map(|r| r["id"].as_str()).collect()
    }
}

/// One way to send a credential: what the server demands, what the user types, and how a report shows it.
struct Kind {
    scheme: Scheme,
    right: Vec<String>,
    wrong: Vec<String>,
    auth: Value,
    curl: &'static str,
    curl_wrong: &'static str,
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn kinds() -> Vec<Kind> {
    let header = |name: &str, prefix: &str| Scheme::Header { name: name.to_owned(), prefix: prefix.to_owned() };
    vec![
        Kind {
            scheme: Scheme::Bearer,
            right: words(&["--token", TOKEN]),
            wrong: words(&["--token", "nobody-has-this"]),
            auth: json!({ "scheme": "bearer" }),
            curl: r#" -H "Authorization: Bearer $SCIM_CHECK_TOKEN" "#,
            curl_wrong: " -H 'Authorization: Bearer wrong' ",
        },
        Kind {
            scheme: Scheme::Basic("anna".to_owned()),
            right: words(&["--user", "anna", "--token", TOKEN]),
            wrong: words(&["--user", "anna", "--token", "nobody-has-this"]),
            auth: json!({ "scheme": "basic", "user": "anna" }),
            curl: r#" -u "anna:$SCIM_CHECK_TOKEN" "#,
            curl_wrong: " -u wrong:wrong ",
        },
        Kind {
            scheme: header("Authorization", ""),
            right: vec!["--header".to_owned(), format!("Authorization: {TOKEN}")],
            wrong: words(&["--header", "Authorization: nobody-has-this"]),
            auth: json!({ "scheme": "header", "header": "Authorization" }),
            curl: r#" -H "Authorization: $SCIM_CHECK_TOKEN" "#,
            curl_wrong: " -H 'Authorization: wrong' ",
        },
        Kind {
            scheme: header("Authorization", "Token "),
            right: vec!["--header".to_owned(), format!("Authorization: Token {TOKEN}")],
            wrong: vec!["--header".to_owned(), format!("Authorization: {TOKEN}")],
            auth: json!({ "scheme": "header", "header": "Authorization", "prefix": "Token " }),
            curl: r#" -H "Authorization: Token $SCIM_CHECK_TOKEN" "#,
            curl_wrong: " -H 'Authorization: Token wrong' ",
        },
        Kind {
            scheme: header("X-Api-Key", ""),
            right: vec!["--header".to_owned(), format!("X-Api-Key:{TOKEN}")],
            wrong: words(&["--header", "X-Api-Key: nobody-has-this"]),
            auth: json!({ "scheme": "header", "header": "X-Api-Key" }),
            curl: r#" -H "X-Api-Key: $SCIM_CHECK_TOKEN" "#,
            curl_wrong: " -H 'X-Api-Key: wrong' ",
        },
    ]
}

/// The cases on credentials, with one that needs nothing else.
const CASES: [&str; 3] = ["okta/auth", "okta/errors/401", "okta/connection/users"];

fn with<'a>(words: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    words.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

#[test]
fn each_kind_of_credential_is_sent_as_it_is_wanted_and_its_refusals_are_judged() {
    for kind in kinds() {
        let server = reference(kind.scheme.clone(), &[]);
        let said = call(server.base_url(), &with(&kind.right, &CASES), &[]).expect(0);
        assert_eq!(said.report["target"]["auth"], kind.auth);
        for case in ["okta/auth/anonymous", "okta/auth/wrong-token", "okta/auth/wrong-token-write", "okta/errors/401"] {
            assert_eq!(said.outcome(case), "passed", "{case} with {}", kind.auth);
        }
        let said = call(server.base_url(), &with(&kind.wrong, &CASES), &[]).expect(3);
        assert!(said.err.contains("answered 401: the credential is refused"), "{}", said.err);
    }
}

#[test]
fn a_server_that_takes_any_credential_is_told_so_whatever_the_kind() {
    for kind in kinds() {
        let server = reference(kind.scheme.clone(), &[Quirk::WrongTokenAccepted, Quirk::UnfilteredList400]);
        let said = call(server.base_url(), &with(&kind.right, &CASES), &[]).expect(1);
        let violated = said.violated();
        assert_eq!(violated, ["OKTA-bad-token-401", "OKTA-probe-users-200"], "with {}", kind.auth);
        for curl in [kind.curl, kind.curl_wrong] {
            let shown = said.out.lines().any(|line| line.trim_start().starts_with("curl: ") && line.contains(curl));
            assert!(shown, "no curl line with {curl}: {}", said.out);
        }
    }
}

#[test]
fn a_401_without_a_body_or_in_html_is_found_whatever_the_kind() {
    for kind in kinds() {
        for (quirk, requirement) in [
            (Quirk::AuthFailureWithoutBody, "OKTA-401-error-body"),
            (Quirk::ErrorsHtml, "OKTA-error-json"),
            (Quirk::AuthFailure403, "OKTA-bad-token-401"),
        ] {
            let server = reference(kind.scheme.clone(), &[quirk]);
            let said = call(server.base_url(), &with(&kind.right, &CASES), &[]).expect(1);
            assert!(said.violated().contains(&requirement), "{} with {}: {:?}", quirk.id(), kind.auth, said.violated());
        }
    }
}

#[test]
fn a_prefix_comes_from_the_target_file_and_the_key_from_the_environment_verbatim() {
    let folder = folder();
    // A key that looks as if it had a scheme before it is still the key.
    let key = format!("Bearer {TOKEN}");
    for (scheme, auth, variable) in [
        (
            Scheme::Header { name: "Authorization".to_owned(), prefix: "Token token=".to_owned() },
            "{ scheme: header, prefix: 'Token token=', token-env: ACME_KEY }",
            TOKEN,
        ),
        (
            Scheme::Header { name: "X-Key".to_owned(), prefix: "Bearer ".to_owned() },
            "{ header: X-Key, token-env: ACME_KEY }",
            key.as_str(),
        ),
        (Scheme::Basic("anna".to_owned()), "{ user: anna, token-env: ACME_KEY }", TOKEN),
        // People copy the word along.
        (Scheme::Bearer, "{ token-env: ACME_KEY }", key.as_str()),
    ] {
        let server = reference(scheme, &[]);
        let target = file(folder.path(), "target.yaml", &format!("auth: {auth}\n"));
        let arguments = [&["--target", target.as_str()], &CASES[..]].concat();
        call(server.base_url(), &arguments, &[("ACME_KEY", variable)]).expect(0);
    }
}

#[test]
fn serve_demands_the_kind_it_is_told_to_demand() {
    use std::io::{BufRead as _, BufReader};
    let header = format!("Authorization: Token {TOKEN}");
    for arguments in [
        ["--user", "anna", "--token", TOKEN].as_slice(),
        ["--header", header.as_str()].as_slice(),
        ["--token", TOKEN].as_slice(),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
        command.args(["serve", "--port", "0", "--users", "2", "--second-token", SECOND]).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(server.stdout.take().expect("piped")).read_line(&mut line).expect("it prints a line");
        let url = line.trim_end().strip_prefix("listening on ").unwrap_or_default().to_owned();
        let said = call(&url, &[arguments, &CASES].concat(), &[]);
        let anonymous = call(&url, &CASES, &[]);
        let _ = server.kill().and_then(|()| server.wait());
        said.expect(0);
        anonymous.expect(3);
    }
}

#[test]
fn a_second_credential_has_to_be_accepted_and_one_that_was_taken_back_refused() {
    const NEW: &str = "okta/auth/second-token";
    const OLD: &str = "okta/auth/revoked-token";
    let folder = folder();
    let second = file(folder.path(), "second", SECOND);
    let base = ["--token", TOKEN, NEW, OLD];
    let server = reference(Scheme::Bearer, &[]);
    let said = call(server.base_url(), &base, &[]).expect(0);
    assert_eq!((said.outcome(NEW), said.outcome(OLD)), ("skipped", "skipped"));
    assert!(said.out.contains("needs second-credential (not given, see --second-token)"), "{}", said.out);
    assert!(said.out.contains("needs revoked-credential (not given, see --revoked-token)"), "{}", said.out);

    let both = [&base[..], &["--second-token-file", &second]].concat();
    let variables = [("SCIM_CHECK_REVOKED_TOKEN", REVOKED)];
    let said = call(server.base_url(), &both, &variables).expect(0);
    assert_eq!((said.outcome(NEW), said.outcome(OLD)), ("passed", "passed"));
    // Judged again, without a network and without a credential.
    let recorded = file(folder.path(), "recorded.json", &said.report.to_string());
    let mut again = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    let again = again.args(["judge", "--from", &recorded, "--report", "json=-"]).output().expect("the program starts");
    let again: Value = serde_json::from_slice(&again.stdout).expect("a report");
    let passed = |report: &Value| report["totals"]["passed"].clone();
    assert_eq!((again["verdict"].clone(), passed(&again)), (said.report["verdict"].clone(), passed(&said.report)));
    assert_eq!(again["target"], said.report["target"]);

    for (quirk, requirement, curl) in [
        (Quirk::SecondTokenRefused, "OKTA-new-token-accepted", "Bearer $SCIM_CHECK_SECOND_TOKEN"),
        (Quirk::RevokedTokenAccepted, "OKTA-revoked-token-refused", "Bearer $SCIM_CHECK_REVOKED_TOKEN"),
    ] {
        let server = reference(Scheme::Bearer, &[quirk]);
        let said = call(server.base_url(), &both, &variables).expect(1);
        assert_eq!(said.violated(), [requirement]);
        assert!(said.out.contains(curl), "{}", said.out);
    }
    for (arguments, why) in [
        (["--second-token", TOKEN].as_slice(), "the second token is the one in use"),
        (&["--revoked-token", TOKEN], "the revoked token is the one in use"),
        (&["--revoked-token", SECOND, "--second-token", SECOND], "the revoked token is the second one"),
    ] {
        let said = call(server.base_url(), &[&base[..], arguments].concat(), &[]).expect(2);
        assert!(said.err.contains(why), "{}", said.err);
    }
}

#[test]
fn further_credentials_are_sent_as_the_one_in_use_is() {
    let folder = folder();
    let target = file(
        folder.path(),
        "target.yaml",
        "auth: { prefix: 'Token ', scheme: header, token-env: KEY, second-token-env: KEY_2, revoked-token-env: KEY_3 }\n",
    );
    let basic = ["--user", "anna", "--second-token", SECOND, "--revoked-token", REVOKED, "okta/auth"];
    let server = reference(Scheme::Basic("anna".to_owned()), &[]);
    let said = call(server.base_url(), &basic, &[("SCIM_CHECK_TOKEN", TOKEN)]).expect(0);
    assert_eq!(said.outcome("okta/auth/second-token"), "passed");
    assert_eq!(said.outcome("okta/auth/revoked-token"), "passed");

    let server = reference(Scheme::Header { name: "Authorization".to_owned(), prefix: "Token ".to_owned() }, &[]);
    let variables = [("KEY", TOKEN), ("KEY_2", SECOND), ("KEY_3", REVOKED)];
    let arguments = ["--target", target.as_str(), "okta/auth"];
    let said = call(server.base_url(), &arguments, &variables).expect(0);
    assert_eq!(said.outcome("okta/auth/second-token"), "passed");
    assert_eq!(said.outcome("okta/auth/revoked-token"), "passed");
    // A file that names their places serves as well where they are not.
    let said = call(server.base_url(), &arguments, &variables[..1]).expect(0);
    assert_eq!(said.outcome("okta/auth/second-token"), "skipped");
    assert!(
        said.err.contains("there is no second token: KEY_2, which the target file names, is not set"),
        "{}",
        said.err
    );
}

/// A token endpoint that answers with this.
fn issuer(answer: ResponseTemplate) -> MockServer {
    RUNTIME.block_on(async {
        let server = MockServer::start().await;
        Mock::given(matchers::path("/token")).respond_with(answer).mount(&server).await;
        server
    })
}

fn granted(token: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }))
}

fn asked(issuer: &MockServer) -> Vec<String> {
    let requests = RUNTIME.block_on(issuer.received_requests()).unwrap_or_default();
    requests.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect()
}

#[test]
fn the_program_gets_its_token_with_the_client_s_credentials() {
    let (server, folder) = (reference(Scheme::Bearer, &[]), folder());
    let issuer = issuer(granted(TOKEN));
    let url = format!("{}/token?tenant=7", issuer.uri());
    let mut arguments = vec!["--oauth-token-url", &url, "--oauth-client-id", "scim check", "--oauth-scope", "a b"];
    arguments.extend(["--oauth-param", "audience=https://api.example/", "--jobs", "4"]);
    arguments.extend(CASES);
    let said = call(server.base_url(), &arguments, &[("SCIM_CHECK_CLIENT_SECRET", CLIENT_SECRET)]).expect(0);
    assert_eq!(said.report["target"]["auth"], json!({ "scheme": "oauth" }));
    let form = "grant_type=client_credentials&scope=a+b&audience=https%3A%2F%2Fapi.example%2F";
    assert_eq!(asked(&issuer), [form], "one token serves all cases");
    let requests = RUNTIME.block_on(issuer.received_requests()).unwrap_or_default();
    let header = |name: &str| requests[0].headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(requests[0].url.query(), Some("tenant=7"));
    assert!(header("authorization").starts_with("Basic "), "{:?}", requests[0].headers);
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");

    // The same from files: a target file, and a refresh token, which goes before the client's own credentials.
    let secret = file(folder.path(), "secret", CLIENT_SECRET);
    let text = format!(
        "auth:\n  oauth:\n    token-url: {url}\n    client-id: c\n    client-secret-file: {secret}\n    client-auth: body\n    \
         refresh-token-env: ACME_REFRESH\n    parameters: {{ resource: r }}\n"
    );
    let target = file(folder.path(), "target.yaml", &text);
    let arguments = ["--target", target.as_str(), "okta/connection/users"];
    call(server.base_url(), &arguments, &[("ACME_REFRESH", REFRESH)]).expect(0);
    let form = format!(
        "grant_type=refresh_token&refresh_token={REFRESH}&client_id=c&client_secret=client-s3cret%3A%2F%2B%C3%BC&resource=r"
    );
    assert_eq!(asked(&issuer)[1], form);
    // A token that is given for the run goes before the file.
    call(server.base_url(), &arguments, &[("SCIM_CHECK_TOKEN", TOKEN)]).expect(0);
    assert_eq!(asked(&issuer).len(), 2);
}

#[test]
fn a_token_endpoint_that_gives_none_is_one_clear_sentence() {
    let server = reference(Scheme::Bearer, &[]);
    let error = json!({ "error": "invalid_client", "error_description": format!("bad secret {CLIENT_SECRET}\n!") });
    let html = ResponseTemplate::new(200).set_body_raw("<html>", "text/html");
    let other = json!({ "access_token": TOKEN, "token_type": "mac" });
    for (answer, why) in [
        (ResponseTemplate::new(400).set_body_json(error), "answered 400 invalid_client: bad secret *** !"),
        (html, "answered 200 with text/html instead of a token"),
        (ResponseTemplate::new(200).set_body_json(json!({})), "answered 200 without an access_token"),
        (ResponseTemplate::new(200).set_body_json(other), "gave a token of type `mac`, and only bearer tokens"),
        (ResponseTemplate::new(500), "answered 500 with an empty body"),
        (
            ResponseTemplate::new(307).insert_header("Location", "https://elsewhere.example/token"),
            "answered 307 with a redirect to https://elsewhere.example/token, which is not followed",
        ),
    ] {
        let issuer = issuer(answer);
        let url = format!("{}/token", issuer.uri());
        let arguments = ["--oauth-token-url", &url, "--oauth-client-id", "c", "okta/connection"];
        let said = call(server.base_url(), &arguments, &[("SCIM_CHECK_CLIENT_SECRET", CLIENT_SECRET)]).expect(3);
        assert!(said.err.contains(&format!("/Users no access token: {url} {why}")), "{why}: {}", said.err);
        assert!(said.err.contains("try: are token URL, client id, secret and scope right?"), "{}", said.err);
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
    let url = format!("http://{nobody}/token");
    let arguments = ["--oauth-token-url", &url, "--oauth-client-id", "c", "okta/connection"];
    let said = call(server.base_url(), &arguments, &[("SCIM_CHECK_CLIENT_SECRET", CLIENT_SECRET)]).expect(3);
    let why = format!("no access token: {url} gave no answer: no connection: nobody listens at {nobody}");
    assert!(said.err.contains(&why), "{}", said.err);
    assert!(server.request_log().is_empty(), "nothing was sent without a token: {:?}", server.request_log());
    // A token that was issued and is refused is something else.
    let issuer = issuer(granted("of-no-use-here"));
    let url = format!("{}/token", issuer.uri());
    let arguments = ["--oauth-token-url", &url, "--oauth-client-id", "c", "okta/connection"];
    let said = call(server.base_url(), &arguments, &[("SCIM_CHECK_CLIENT_SECRET", CLIENT_SECRET)]).expect(3);
    assert!(said.err.contains("a token was issued, and the server does not take it"), "{}", said.err);
    assert_eq!(asked(&issuer).len(), 1, "the next one would be refused likewise");
}

#[test]
fn wrong_arguments_are_named_before_anything_is_sent() {
    let url = "https://idp.example/token";
    let secret = [("SCIM_CHECK_CLIENT_SECRET", CLIENT_SECRET)];
    let none: &[(&str, &str)] = &[];
    for (arguments, variables, why) in [
        (vec!["--oauth-client-id", "c"], none, "--oauth-client-id needs --oauth-token-url"),
        (vec!["--oauth-token-url", url], none, "give --oauth-client-id"),
        (vec!["--oauth-token-url", url, "--oauth-client-id", "c"], none, "SCIM_CHECK_CLIENT_SECRET"),
        (
            vec!["--oauth-token-url", "idp.example", "--oauth-client-id", "c"],
            &secret,
            "the token URL does not begin with",
        ),
        (
            vec!["--oauth-token-url", url, "--oauth-client-id", "c", "--oauth-param", CLIENT_SECRET],
            &secret,
            "--oauth-param is written NAME=VALUE",
        ),
        (
            vec!["--oauth-token-url", url, "--oauth-client-id", "c", "--oauth-param", "scope=x"],
            &secret,
            "--oauth-param scope has an option of its own",
        ),
        (vec!["--oauth-token-url", url, "--token", "x"], none, "cannot be used with"),
        (vec!["--user", "a:b", "--token", "x"], none, "cannot hold a colon"),
        (vec!["--second-token", "x", "--second-token-file", "y"], none, "cannot be used with"),
        (
            vec!["--token", "x", "--revoked-token-file", "nowhere"],
            none,
            "the revoked token file nowhere cannot be read",
        ),
    ] {
        let said = call("https://scim.example/scim/v2", &arguments, variables);
        assert!(said.err.contains(why), "{arguments:?}: {}", said.err);
        said.expect(2);
    }
}

// Below the program: when a token is renewed, and when not.

fn oauth(issuer: &MockServer, grant: Grant) -> OAuth {
    OAuth {
        token_url: check_token_url(&format!("{}/token", issuer.uri())).expect("an address"),
        grant,
        client_id: "c".to_owned(),
        client_secret: Some(CLIENT_SECRET.into()),
        client_auth: ClientAuth::Basic,
        scope: None,
        parameters: Vec::new(),
    }
}

fn wire(server: &MockServer, oauth: OAuth) -> HttpWire {
    let base = check_base_url(&server.uri()).expect("an address");
    HttpWire::new(HttpOptions::new(base, Auth::OAuth(Box::new(oauth)))).expect("the options are good")
}

fn get(path: &str, credential: Credential) -> Request {
    Request { method: "GET".into(), path: path.into(), headers: Headers::default(), body: None, credential }
}

/// Issues `token-1`, `token-2`, …, each for so many seconds, and a refresh token of the same number.
async fn numbered(life: Value) -> (MockServer, Arc<AtomicUsize>) {
    let (server, count) = (MockServer::start().await, Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    let answer = move |_: &wiremock::Request| {
        let n = counted.fetch_add(1, Ordering::SeqCst) + 1;
        let body = json!({
            "access_token": format!("token-{n}-s3cret"), "token_type": "bearer", "expires_in": life,
            "refresh_token": format!("refresh-{n}-s3cret"),
        });
        ResponseTemplate::new(200).set_body_json(body).set_delay(Duration::from_millis(30))
    };
    Mock::given(matchers::method("POST")).and(matchers::path("/token")).respond_with(answer).mount(&server).await;
    (server, count)
}

/// Answers with the credential that came, and 401 to those that `accepts` does not like.
async fn scim(accepts: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> MockServer {
    let server = MockServer::start().await;
    let answer = move |request: &wiremock::Request| {
        let given = request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let status = if accepts(request.url.path(), given) { 200 } else { 401 };
        ResponseTemplate::new(status).set_body_json(json!({ "you-sent": given }))
    };
    Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
    server
}

/// The statuses of all tries; the token is nowhere.
fn statuses(exchange: &Exchange) -> Vec<u16> {
    let told = format!("{exchange:?}");
    assert!(!told.contains("s3cret"), "{told}");
    let tries = exchange.attempts.iter().map(|attempt| attempt.result.clone().unwrap_or(0));
    tries.chain([exchange.reply.as_ref().map_or(0, |response| response.status)]).collect()
}

async fn received(server: &MockServer) -> Vec<wiremock::Request> {
    server.received_requests().await.unwrap_or_default()
}

#[tokio::test]
async fn those_who_need_a_token_at_the_same_moment_share_it_and_it_is_masked() {
    let ((issuer, count), server) =
        (numbered(json!(3600)).await, scim(|_, given| given == "Bearer token-1-s3cret").await);
    let wire = wire(&server, oauth(&issuer, Grant::ClientCredentials));
    assert_eq!(count.load(Ordering::SeqCst), 0, "nothing is asked for before it is needed");
    let all = [(); 6].map(|()| wire.send(get("/Users", Credential::Own)));
    let [a, b, c, d, e, f] = all;
    let (a, b, c, d, e, f) = tokio::join!(a, b, c, d, e, f);
    for exchange in [a, b, c, d, e, f] {
        assert_eq!(statuses(&exchange), [200]);
        let body = exchange.reply.map(|response| String::from_utf8_lossy(&response.body).into_owned());
        assert_eq!(body, Ok(r#"{"you-sent":"Bearer ***"}"#.to_owned()));
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let ((issuer, count), server) = (numbered(json!("1")).await, scim(|_, _| true).await);
    let wire = wire(&server, oauth(&issuer, Grant::RefreshToken(REFRESH.into())));
    for n in 1..=3 {
        assert_eq!(statuses(&wire.send(get("/Users", Credential::Own)).await), [200]);
        assert_eq!(statuses(&wire.send(get("/Users", Credential::Own)).await), [200]);
        assert_eq!(count.load(Ordering::SeqCst), n);
        tokio::time::sleep(Duration::from_millis(850)).await;
    }
    let forms: Vec<String> =
        received(&issuer).await.iter().map(|r| String::from_utf8_lossy(&r.body).into_owned()).collect();
    let expected = [REFRESH, "refresh-1-s3cret", "refresh-2-s3cret"];
    assert_eq!(forms, expected.map(|token| format!("grant_type=refresh_token&refresh_token={token}")));
}

#[tokio::test]
async fn a_token_that_is_refused_in_the_middle_is_renewed_once() {
    let ((issuer, count), over) = (numbered(json!(3600)).await, Arc::new(AtomicUsize::new(0)));
    let ended = Arc::clone(&over);
    let server = scim(move |_, given| {
        let n = ended.load(Ordering::SeqCst);
        !(1..=n).any(|n| given == format!("Bearer token-{n}-s3cret")) && given.starts_with("Bearer token-")
    })
    .await;
    let wire = wire(&server, oauth(&issuer, Grant::ClientCredentials));
    assert_eq!(statuses(&wire.send(get("/Users", Credential::Own)).await), [200]);
    over.store(1, Ordering::SeqCst);
    let (a, b, c) = tokio::join!(
        wire.send(get("/Users", Credential::Own)),
        wire.send(get("/Users", Credential::Own)),
        wire.send(get("/Groups", Credential::Own)),
    );
    for exchange in [a, b, c] {
        assert_eq!(statuses(&exchange), [401, 200]);
    }
    assert_eq!(count.load(Ordering::SeqCst), 2, "whoever comes second takes what the first one got");
    // A wrong credential, and none, are refused as they shall be, and nobody gets a new token for it.
    for credential in [Credential::Wrong, Credential::None] {
        assert_eq!(statuses(&wire.send(get("/Users", credential)).await), [401]);
    }
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_server_that_refuses_every_token_at_one_place_is_no_endless_loop() {
    let ((issuer, count), server) = (numbered(json!(3600)).await, scim(|path, _| path != "/Groups").await);
    let wire = wire(&server, oauth(&issuer, Grant::ClientCredentials));
    for _ in 0..6 {
        assert_eq!(statuses(&wire.send(get("/Users", Credential::Own)).await), [200]);
        let refused = statuses(&wire.send(get("/Groups", Credential::Own)).await);
        assert!(refused == [401, 401] || refused == [401], "{refused:?}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 4, "after three in vain a 401 is an answer");
}

#[tokio::test]
async fn a_401_is_the_answer_when_no_other_token_is_to_be_had() {
    let issuer = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(granted("token-s3cret")).up_to_n_times(1).mount(&issuer).await;
    let refusal = ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }));
    Mock::given(matchers::any()).respond_with(refusal).mount(&issuer).await;
    let server = scim(|path, _| path != "/Groups").await;
    let wire = wire(&server, oauth(&issuer, Grant::ClientCredentials));
    assert_eq!(statuses(&wire.send(get("/Users", Credential::Own)).await), [200]);
    for _ in 0..3 {
        assert_eq!(statuses(&wire.send(get("/Groups", Credential::Own)).await), [401]);
        assert_eq!(
            statuses(&wire.send(get("/Users", Credential::Own)).await),
            [200],
            "the one that is there still serves"
        );
    }
    assert_eq!(received(&issuer).await.len(), 2, "what is refused once is refused again");
}

#[tokio::test]
async fn a_token_endpoint_that_is_busy_is_asked_later_and_one_that_fails_not_for_ever() {
    let issuer = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("Retry-After", "0");
    Mock::given(matchers::any()).respond_with(busy).up_to_n_times(2).mount(&issuer).await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(500)).mount(&issuer).await;
    let server = scim(|_, _| true).await;
    let wire = wire(&server, oauth(&issuer, Grant::ClientCredentials));
    for _ in 0..8 {
        let exchange = wire.send(get("/Users", Credential::Own)).await;
        let why = exchange.reply.map(|_| String::new()).unwrap_or_else(|why| why.to_string());
        assert_eq!(why, format!("no access token: {}/token answered 500 with an empty body", issuer.uri()));
    }
    assert_eq!(received(&issuer).await.len(), 2 + 3);
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn client_and_server_see_only_what_is_theirs() {
    let ((issuer, _), server) = (numbered(json!(3600)).await, scim(|_, _| true).await);
    let wire = wire(&server, oauth(&issuer, Grant::RefreshToken(REFRESH.into())));
    assert_eq!(statuses(&wire.send(get("/Users", Credential::Own)).await), [200]);
    // The token URL is no way round the check of origins.
    let elsewhere = wire.send(get(&format!("{}/token", issuer.uri()), Credential::Own)).await;
    assert_eq!(statuses(&elsewhere), [0]);
    let [to_server] = received(&server).await.try_into().expect("one request");
    let [to_issuer] = received(&issuer).await.try_into().expect("one request");
    let told =
        |request: &wiremock::Request| format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body));
    assert!(!told(&to_server).contains("Basic") && !told(&to_server).contains(REFRESH), "{}", told(&to_server));
    assert!(told(&to_issuer).contains(REFRESH) && !told(&to_issuer).contains("Bearer"), "{}", told(&to_issuer));
}

#[tokio::test]
async fn a_large_or_silent_token_endpoint_ends_like_a_server_of_that_kind() {
    let issuer = MockServer::start().await;
    Mock::given(matchers::any())
        .respond_with(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 5000]))
        .up_to_n_times(1)
        .mount(&issuer)
        .await;
    let slow = granted("too-late").set_delay(Duration::from_secs(5));
    Mock::given(matchers::any()).respond_with(slow).mount(&issuer).await;
    let server = scim(|_, _| true).await;
    let base = check_base_url(&server.uri()).expect("an address");
    let options = HttpOptions {
        total_timeout: Duration::from_millis(300),
        max_body_bytes: 1000,
        ..HttpOptions::new(base, Auth::OAuth(Box::new(oauth(&issuer, Grant::ClientCredentials))))
    };
    let wire = HttpWire::new(options).expect("the options are good");
    for why in ["gave no answer: the answer exceeds 1000 bytes", "gave no answer: no answer within 0.3 s"] {
        let reply = wire.send(get("/Users", Credential::Own)).await.reply;
        assert!(reply.as_ref().is_err_and(|e| e.to_string().ends_with(why)), "{reply:?}");
    }
}

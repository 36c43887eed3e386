//! `scim-check init`: the file it writes is one that runs work with, says what the server says, and holds no credential.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};

use scim_check::capability::Capability;
use scim_check::cli::product;
use scim_check::declared::{self, CredentialSource, Scheme, Target};
use scim_check::reference::{Options, Server, serve};
use scim_check::source::{SourceFile, parse};
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// Where the servers of these tests live.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// A token that would be noticed.
const TOKEN: &str = "very-s3cret-indeed-7f3a";

fn reference(options: Options) -> Server {
    let options = Options { users: 3, token: Some(TOKEN.to_owned()), ..options };
    RUNTIME.block_on(serve(options)).expect("a free port on 127.0.0.1")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    #[track_caller]
    fn expect(self, code: i32) -> Said {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }
}

/// Calls the program, which must not show the credential, nor write it anywhere.
fn call(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SCIM_CHECK_")) {
        command.env_remove(name);
    }
    command.args(arguments).env("SCIM_CHECK_TOKEN", TOKEN).env_remove("COLUMNS").current_dir(folder);
    command.env("XDG_STATE_HOME", folder).stdin(Stdio::null());
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    let said = Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    let written = std::fs::read_to_string(folder.join("scim-check.yaml")).unwrap_or_default();
    for text in [&said.out, &said.err, &written] {
        assert!(!text.contains(TOKEN) && !text.contains("panicked"), "{text}");
    }
    said
}

/// The file as it is read, which also has to have the form that its schema describes.
fn written(folder: &Path) -> (String, Target) {
    let text = std::fs::read_to_string(folder.join("scim-check.yaml")).expect("it was written");
    let file = Arc::new(SourceFile { name: "scim-check.yaml".to_owned(), text: text.clone() });
    let schema = std::fs::read_to_string("schemas/target.schema.json").expect("the schema is there");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).expect("the schema is JSON"));
    let value = parse(&file).expect("it is YAML").to_json();
    let wrong: Vec<String> =
        schema.expect("the schema is one").iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(wrong, Vec::<String>::new(), "{text}");
    let target = declared::read(&file, &scim_check::scenario::load::personas())
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}: {text}"));
    (text, target)
}

#[test]
fn a_run_works_with_the_file() {
    let (server, folder) = (reference(Options::default()), folder());
    let said = call(folder.path(), &["init", "--base-url", server.base_url()]).expect(0);
    assert!(said.out.starts_with("wrote scim-check.yaml: catalogue app, "), "{}", said.out);
    let (text, target) = written(folder.path());
    assert!(text.starts_with("# yaml-language-server: $schema="), "{text}");
    assert_eq!(target.base_url.as_deref(), Some(server.base_url()));
    assert_eq!(target.auth.credential, Some(CredentialSource::Environment("SCIM_CHECK_TOKEN".to_owned())));
    assert_eq!((target.app, target.behaviour.page_size), (Some("catalogue".to_owned()), Some(1000)));
    // Each attribute, and what Okta finds in /Schemas: a wrong line would be an accusation here.
    let select = ["okta/attributes", "okta/users/create", "okta/schema-discovery", "okta/entitlements", "okta/groups"];
    let arguments = [&["run", "--target", "scim-check.yaml", "--settle", "0.5", "--quiet"], &select[..]].concat();
    let said = call(folder.path(), &arguments).expect(0);
    assert!(said.out.contains(" 0 failed"), "{}", said.out);
}

/// What `init` writes about a product.
fn about(product_file: &str) -> (Target, Target) {
    let text = std::fs::read_to_string(product_file).expect("a shipped target file");
    let file = Arc::new(SourceFile { name: product_file.to_owned(), text });
    let declared =
        declared::read(&file, &scim_check::scenario::load::personas()).expect("a shipped target file is right");
    let options = Options { product: product::product(&declared), ..Options::default() };
    let (server, folder) = (reference(options), folder());
    let mut arguments = vec!["init", "--base-url", server.base_url(), "--out", "scim-check.yaml"];
    if declared.app == Some("wizard".to_owned()) {
        arguments.extend(["--app", "wizard"]);
    }
    call(folder.path(), &arguments).expect(0);
    let written = written(folder.path()).1;
    call(folder.path(), &["run", "--target", "scim-check.yaml", "okta/connection", "okta/users/create"]).expect(0);
    (declared, written)
}

/// Switches of which a server says nothing that could be read.
const UNSEEN: [&str; 2] = ["sync-password", "profile-sourcing"];

#[test]
fn what_a_product_declares_is_found_out() {
    for file in ["targets/slack.yaml", "targets/full.yaml", "targets/wizard.yaml"] {
        let (declared, written) = about(file);
        let seen = |target: &Target| -> BTreeSet<Capability> {
            let all = target.features.clone().expect("features are declared");
            all.into_iter().filter(|feature| !UNSEEN.contains(&feature.as_str())).collect()
        };
        assert_eq!(seen(&written), seen(&declared), "{file}");
        let covered = |all: &Target, path: &str| {
            all.attributes.iter().flatten().any(|a| a.covers(path) || a.path.starts_with(&format!("{path}.")))
        };
        for attribute in declared.attributes.iter().flatten() {
            assert!(covered(&written, &attribute.path), "{file}: {} was not found", attribute.path);
        }
        for attribute in written.attributes.iter().flatten() {
            assert!(covered(&declared, &attribute.path), "{file}: {} is not there", attribute.path);
        }
    }
}

#[test]
fn a_server_that_speaks_1_1_alone_is_found_out_and_its_file_is_run() {
    let (server, folder) = (reference(Options::default()), folder());
    call(folder.path(), &["init", "--base-url", server.v1_base_url()]).expect(0);
    let (text, target) = written(folder.path());
    assert_eq!(target.version(), Some(scim_check::persona::Version::V1), "{text}");
    assert_eq!((target.app, target.behaviour.page_size), (Some("catalogue".to_owned()), Some(1000)), "{text}");
    let features: Vec<&str> = target.features.iter().flatten().map(|feature| feature.as_str()).collect();
    assert!(features.contains(&"push-groups") && features.contains(&"import-users"), "{text}");
    assert!(target.attributes.is_none() && !text.contains("schema-discovery"), "{text}");
    let select = ["run", "--target", "scim-check.yaml", "--quiet", "okta-v1/users", "okta-v1/import"];
    let said = call(folder.path(), &select).expect(0);
    assert!(said.out.contains(" 0 failed"), "{}", said.out);
}

#[test]
fn a_server_that_answers_clients_of_1_1_alone_is_found_out() {
    let server = RUNTIME.block_on(async {
        let server = MockServer::start().await;
        let list = json!({ "schemas": ["urn:scim:schemas:core:1.0"], "totalResults": 0, "Resources": [] });
        let old = Mock::given(matchers::path("/Users")).and(matchers::header("Accept", "application/json"));
        old.respond_with(ResponseTemplate::new(200).set_body_json(list)).mount(&server).await;
        let refusal = ResponseTemplate::new(406).set_body_string("not acceptable");
        Mock::given(matchers::any()).respond_with(refusal).with_priority(9).mount(&server).await;
        server
    });
    let folder = folder();
    call(folder.path(), &["init", "--base-url", &server.uri()]).expect(0);
    assert!(written(folder.path()).0.contains("\nscim: \"1.1\" "), "{}", written(folder.path()).0);
}

#[test]
fn a_product_without_groups_has_none_in_the_file() {
    let (_, written) = about("targets/spotdraft.yaml");
    assert_eq!(written.behaviour.groups, declared::Groups::None);
    let features = written.features.unwrap_or_default();
    assert!(!features.contains(&Capability::of("push-groups")) && !features.contains(&Capability::of("import-groups")));
}

#[test]
fn what_is_there_is_not_overwritten() {
    let folder = folder();
    let mine = "# mine\n";
    std::fs::write(folder.path().join("scim-check.yaml"), mine).expect("a file in a fresh folder");
    // Nobody listens there: it is refused before anything is sent.
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let url = format!("http://{nobody}/scim/v2");
    let said = call(folder.path(), &["init", "--base-url", &url]).expect(2);
    assert!(said.err.contains("is there already") && said.err.contains("--force"), "{}", said.err);
    // Neither is it when there is nothing to write.
    let said = call(folder.path(), &["init", "--base-url", &url, "--force"]).expect(3);
    assert!(said.err.contains("nothing was written") && said.err.contains("--no-contact"), "{}", said.err);
    let read = || std::fs::read_to_string(folder.path().join("scim-check.yaml")).expect("it is there");
    assert_eq!(read(), mine);
    call(folder.path(), &["init", "--base-url", &url, "--force", "--no-contact"]).expect(0);
    assert_ne!(read(), mine);
    assert_eq!(written(folder.path()).1.base_url, Some(url));
}

#[test]
fn a_refused_credential_writes_nothing() {
    let (server, folder) = (reference(Options::default()), folder());
    let said = call(folder.path(), &["init", "--base-url", server.base_url(), "--token", "nobody-has-this"]).expect(3);
    assert!(said.err.contains("credential is refused") && said.err.contains("scim-check doctor"), "{}", said.err);
    assert!(!folder.path().join("scim-check.yaml").exists());
}

#[test]
fn without_an_address_the_file_is_a_beginning() {
    let folder = folder();
    let said = call(folder.path(), &["init", "--command", "npm start -- --port 8080"]).expect(0);
    assert!(said.out.contains("the server was not asked") && said.out.contains("give it a base-url"), "{}", said.out);
    let (_, target) = written(folder.path());
    assert_eq!((target.base_url, target.app, target.attributes), (None, None, None));
    assert!(target.server.is_some());
    let said = call(folder.path(), &["init", "--out", "-"]).expect(0);
    assert!(said.out.starts_with("# yaml-language-server"), "{}", said.out);
}

#[test]
fn each_kind_of_credential_is_described_and_not_written() {
    let header = format!("Authorization: Token {TOKEN}");
    let key = format!("X-Api-Key: {TOKEN}");
    let named = |name: &str, prefix: &str| Scheme::Header { name: name.to_owned(), prefix: prefix.to_owned() };
    for (arguments, scheme) in [
        (vec!["--token", TOKEN], Scheme::Bearer),
        (vec!["--user", "anna"], Scheme::Basic { user: "anna".to_owned() }),
        (vec!["--header", &header], named("Authorization", "Token ")),
        (vec!["--header", &key], named("X-Api-Key", "")),
    ] {
        let folder = folder();
        call(folder.path(), &[&["init", "--no-contact", "--token-env", "OUR_TOKEN"], &arguments[..]].concat())
            .expect(0);
        let (text, target) = written(folder.path());
        assert_eq!(target.auth.scheme, scheme, "{text}");
        assert_eq!(target.auth.credential, Some(CredentialSource::Environment("OUR_TOKEN".to_owned())));
    }
    let folder = folder();
    let extra = format!("key={TOKEN}");
    let oauth =
        ["--oauth-token-url", "https://login.example.com/token", "--oauth-client-id", "us", "--oauth-scope", "a b"];
    let oauth = [&oauth[..], &["--oauth-param", "audience=https://api.example.com/", "--oauth-param", &extra]].concat();
    call(folder.path(), &[&["init", "--no-contact"], &oauth[..]].concat()).expect(0);
    let (text, target) = written(folder.path());
    let oauth = target.auth.oauth.unwrap_or_else(|| panic!("{text}"));
    assert_eq!((oauth.client_id.as_str(), oauth.scope.as_deref()), ("us", Some("a b")));
    assert_eq!(oauth.client_secret, Some(CredentialSource::Environment("SCIM_CHECK_CLIENT_SECRET".to_owned())));
    assert_eq!(oauth.parameters, [("audience".to_owned(), "https://api.example.com/".to_owned())]);
}

#[test]
fn a_credential_in_the_place_of_its_name_is_not_repeated() {
    let folder = folder();
    let said = call(folder.path(), &["init", "--token-env", TOKEN]).expect(2);
    assert!(said.err.contains("name of an environment variable"), "{}", said.err);
    let said = call(folder.path(), &["init", "--base-url", "example.com/scim"]).expect(2);
    assert!(said.err.contains("does not begin with https://"), "{}", said.err);
    let said = call(folder.path(), &["init", "--out", "nowhere/x.yaml"]).expect(2);
    assert!(said.err.contains("there is no folder nowhere"), "{}", said.err);
}

/// A server that says this of its schemas, and of PATCH.
fn saying(schemas: Option<Value>, patch: bool) -> MockServer {
    let list = |all: Value| {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
        json!({ "schemas": schemas, "totalResults": all.as_array().map_or(0, Vec::len), "Resources": all })
    };
    let config = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": patch }, "filter": { "supported": true, "maxResults": 0 },
    });
    let user = json!({ "id": "1", "userName": "ann", "name": {}, "active": true, "nickName": "A", "x\ny": 1 });
    RUNTIME.block_on(async {
        let server = MockServer::start().await;
        let answer = |path: &str, body: Value| {
            let answer = ResponseTemplate::new(200).set_body_raw(body.to_string(), "application/scim+json");
            Mock::given(matchers::path(path)).respond_with(answer)
        };
        answer("/Users", list(json!([user]))).mount(&server).await;
        answer("/Groups", list(json!([]))).mount(&server).await;
        answer("/ServiceProviderConfig", config).mount(&server).await;
        if let Some(schemas) = schemas {
            answer("/Schemas", list(schemas)).mount(&server).await;
        }
        server
    })
}

#[test]
fn what_a_server_says_cannot_be_more_than_a_value_or_a_comment() {
    let schemas = json!([{ "id": "urn:ietf:params:scim:schemas:core:2.0:User", "attributes": [
        { "name": "userName", "required": true }, { "name": "USERNAME" }, { "name": "title\nauth: {token-env: X}" },
        { "name": "" }, { "name": "- x" }, { "name": "shoeSize" }, { "name": 7 }, null,
        { "name": "nickName", "canonicalValues": ["a: b", "#c", "\u{1b}[31m"] }, { "name": "userType", "required": true },
    ] }, { "id": "urn:x y: {}:User", "attributes": [{ "name": "a" }] },
    { "id": "urn:acme:User", "attributes": [
        { "name": "desk", "required": true, "canonicalValues": ["A"] }, { "name": "tags", "multiValued": true },
        { "name": "since", "type": "dateTime", "mutability": "immutable" }, { "name": "odd", "type": "blob" },
        { "name": "code", "required": true }, { "name": "level", "mutability": "readOnly" },
    ] }]);
    let (server, folder) = (saying(Some(schemas), true), folder());
    call(folder.path(), &["init", "--base-url", &server.uri()]).expect(0);
    let (text, target) = written(folder.path());
    let listed: Vec<&str> = target.attributes.iter().flatten().map(|a| a.path.as_str()).collect();
    let own = ["urn:acme:User:desk", "urn:acme:User:since", "urn:acme:User:odd"];
    assert_eq!(listed, [&["userName", "nickName"], &own[..], &["externalId"]].concat(), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    for (name, why) in [("shoeSize", "RFC 7643"), ("userType", "required"), ("urn:acme:User:tags", "several values")] {
        let is_told = text.lines().any(|line| line.contains(&format!("# - {name} ")) && line.contains(why));
        assert!(is_told, "{name}: {text}");
    }
    let asked = RUNTIME.block_on(server.received_requests()).unwrap_or_default();
    assert!(!asked.is_empty() && asked.iter().all(|request| request.method == "GET"), "the server is only read");
}

#[test]
fn a_server_without_patch_and_schemas_is_described_by_what_it_shows() {
    let (server, folder) = (saying(None, false), folder());
    call(folder.path(), &["init", "--base-url", &server.uri()]).expect(0);
    let (text, target) = written(folder.path());
    assert_eq!(
        (target.app, target.attributes, target.behaviour.page_size),
        (Some("wizard".to_owned()), None, None),
        "{text}"
    );
    let features = target.features.unwrap_or_default();
    assert!(
        !features.contains(&Capability::of("patch-users")) && features.contains(&Capability::of("push-groups")),
        "{text}"
    );
    assert!(text.contains("# attributes:\n#   - userName\n#   - name\n#   - nickName\n"), "{text}");
}

fn read(folder: &Path, path: &str) -> String {
    std::fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(text: &str) -> Value {
    let file = Arc::new(SourceFile { name: "ci.yml".to_owned(), text: text.to_owned() });
    parse(&file).unwrap_or_else(|mistake| panic!("{mistake:?}: {text}")).to_json()
}

#[test]
fn a_workflow_for_github_runs_the_file() {
    let folder = folder();
    let at = ".github/workflows/scim-check.yml";
    let said = call(folder.path(), &["init", "--ci", "github", "--token-env", "OUR_TOKEN"]).expect(0);
    assert!(said.out.contains(&format!("wrote {at}; OUR_TOKEN has to be a secret")), "{}", said.out);
    let job = &yaml(&read(folder.path(), at))["jobs"]["scim-check"];
    assert_eq!(job["env"]["OUR_TOKEN"], "${{ secrets.OUR_TOKEN }}");
    let steps = job["steps"].as_array().cloned().unwrap_or_default();
    let runs: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    assert!(matches!(runs[..], [run] if run.starts_with("pipx run scim-check --target scim-check.yaml ")), "{runs:?}");
    // Neither of the two is written when one of them is there.
    std::fs::remove_file(folder.path().join("scim-check.yaml")).expect("it was written");
    let said = call(folder.path(), &["init", "--ci", "github"]).expect(2);
    assert!(said.err.contains(at) && said.err.contains("--force"), "{}", said.err);
    assert!(!folder.path().join("scim-check.yaml").exists());
}

#[test]
fn a_job_for_gitlab_is_written_or_printed() {
    let folder = folder();
    call(folder.path(), &["init", "--ci", "gitlab"]).expect(0);
    let first = read(folder.path(), ".gitlab-ci.yml");
    assert_eq!(yaml(&first)["scim-check"]["artifacts"]["reports"]["junit"], "scim-check.xml");
    let said = call(folder.path(), &["init", "--ci", "gitlab", "--out", "it's ours.yaml"]).expect(0);
    assert_eq!(read(folder.path(), ".gitlab-ci.yml"), first, "what is there stays");
    let job = said.out.split("add this job to it:\n\n").nth(1).unwrap_or_else(|| panic!("{}", said.out));
    let script = yaml(job)["scim-check"]["script"][0].to_string();
    assert!(script.contains(r"--target 'it'\\''s ours.yaml'"), "{script}");
}

//! `import-preview --hook`: what a vendor's service makes of an import, whatever it answers.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use scim_check::reference::hook::{HookOptions, HookQuirk, HookServer, serve as serve_hook};
use scim_check::reference::{Options, Server, serve};
use serde_json::{Value, json};

use crate::import_preview::Said;
use crate::program::{headers, listened};

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

const TOKEN: &str = "token-of-the-scim-server-7f";
const SECRET: &str = "Bearer secret-of-the-hook-9c41";

fn scim(users: usize) -> Server {
    let options = Options { users, token: Some(TOKEN.to_owned()), ..Options::default() };
    RUNTIME.block_on(serve(options)).expect("a free port on 127.0.0.1")
}

fn hook(quirks: &[HookQuirk]) -> HookServer {
    let credential = Some(("Authorization".to_owned(), SECRET.to_owned()));
    let options = HookOptions { credential, quirks: quirks.to_vec(), ..HookOptions::default() };
    RUNTIME.block_on(serve_hook(options)).expect("a free port on 127.0.0.1")
}

/// The reference's first user is Okta's, the second has lost the user name to somebody else, the third is new.
const PEOPLE: &str = "\
id,login,email,firstName,lastName,status
00uFirst,user00001@seed.example,user00001@seed.example,G,F,ACTIVE
00uOther,user00002@seed.example,other@okta.example,Other,Person,ACTIVE
00uSpare,spare@okta.example,spare@okta.example,Spare,Person,ACTIVE
";

/// What is typed in any case: matches by address, no safeguard.
const USUAL: &[&str] = &["--match", "email", "--app-safeguard", "off", "--org-safeguard", "off"];

fn preview_in(folder: &Path, scim: &str, people: &str, more: &[&str]) -> Said {
    std::fs::write(folder.join("okta.csv"), people).expect("the folder can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(["import-preview", "--base-url", scim, "--okta-users", "okta.csv"]).args(USUAL).args(more);
    command.stdin(Stdio::null()).current_dir(folder).env("SCIM_CHECK_TOKEN", TOKEN);
    for name in ["SCIM_CHECK_BASE_URL", "SCIM_CHECK_HOOK_TOKEN", "COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    let output = command.env("SCIM_CHECK_HOOK_TOKEN", SECRET).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    let said = Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    for secret in [TOKEN, SECRET, "secret-of-the-hook-9c41", "panicked"] {
        assert!(!said.out.contains(secret) && !said.err.contains(secret), "{secret}: {}{}", said.out, said.err);
    }
    said
}

fn preview(scim: &str, more: &[&str]) -> Said {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    preview_in(folder.path(), scim, PEOPLE, more)
}

fn user<'a>(told: &'a Value, name: &str) -> &'a Value {
    let users = told["users"].as_array().expect("a list");
    users.iter().find(|user| user["user_name"] == name).expect("the user is listed")
}

#[test]
fn an_import_from_a_server_of_1_1_reads_and_sends_what_one_of_2_0_does() {
    let (scim, hook) = (scim(3), hook(&[]));
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    std::fs::write(folder.path().join("old.yaml"), "scim: \"1.1\"\n").expect("it can be written");
    let both = [(scim.base_url(), &[][..]), (scim.v1_base_url(), &["--target", "old.yaml"][..])].map(|(url, more)| {
        let hooked = ["--format", "json", "--hook", hook.url()];
        let said = preview_in(folder.path(), url, PEOPLE, &[&hooked[..], more].concat());
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        let mut told: Value = serde_json::from_str(&said.out).expect("it is JSON");
        for user in told["users"].as_array_mut().expect("a list") {
            user["hook"]["event_id"] = Value::Null;
        }
        (told["users"].clone(), told["list"].clone())
    });
    assert_eq!(both[0], both[1]);
}

#[test]
fn a_right_hook_gives_another_name_and_confirms_links() {
    let (scim, hook) = (scim(3), hook(&[]));
    let said = preview(scim.base_url(), &["--hook", hook.url(), "--format", "json"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.err.contains("note: 3 users are sent to the import hook http://127.0.0.1"), "{}", said.err);
    let told = said.json();
    let [first, second, third] = ["user00001@seed.example", "user00002@seed.example", "user00003@seed.example"]
        .map(|name| user(&told, name).clone());
    assert_eq!(
        (&first["outcome"], &first["by"], &first["hook"]["link"]),
        (&json!("matched"), &json!("exact"), &json!("00uFirst"))
    );
    assert_eq!(first["hook"]["matches"], json!(["00uFirst"]));
    assert_eq!((&second["outcome"], &second["hook"]["conflicts"]), (&json!("created"), &json!(["login"])), "{second}");
    let login = &second["hook"]["okta_profile"]["login"];
    assert_eq!(login["was"], "user00002@seed.example");
    assert!(login["is"].as_str().is_some_and(|login| login.starts_with("user00002.")), "{login}");
    assert_eq!((&third["outcome"], &third["hook"]["result"]), (&json!("created"), &json!("unchanged")));
    assert_eq!(
        (&told["hook"]["renamed"], &told["hook"]["users"]["changed"]),
        (&json!(1), &json!(1)),
        "{}",
        told["hook"]
    );
    let events = hook.events();
    assert_eq!(events.len(), 3);
    assert_eq!(events[0]["data"]["action"]["result"], "LINK_USER");
    assert_eq!(events[0]["data"]["user"]["id"], "00uFirst");
    assert_eq!(events[1]["data"]["appUser"]["profile"]["userName"], "user00002@seed.example");
    let ids: BTreeSet<&str> = events.iter().filter_map(|event| event["eventId"].as_str()).collect();
    assert_eq!((ids.len(), ids.iter().next().map(|id| id.len())), (3, Some(22)));
    let jobs: BTreeSet<&str> =
        events.iter().filter_map(|event| event.pointer("/data/context/job/id")?.as_str()).collect();
    assert_eq!(jobs.len(), 1, "all users of one import have its id");
}

#[test]
fn text_tells_what_the_hook_changed_for_each_user_and_in_sum() {
    let (scim, hook) = (scim(3), hook(&[]));
    let said = preview(scim.base_url(), &["--hook", hook.url()]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(
        said.out.contains("3 users sent, 1 changed, 2 left as they were, 0 come in as if there were no hook"),
        "{}",
        said.out
    );
    assert!(said.out.contains("1  - another user name\n"), "{}", said.out);
    assert!(said.out.contains("user00002@seed.example: login \"user00002."), "{}", said.out);
    // Without the hook the second waits for an administrator.
    let without = preview(scim.base_url(), &[]);
    assert!(without.out.contains("pending              1") && !without.out.contains("import hook"), "{}", without.out);
}

#[test]
fn whatever_goes_wrong_users_come_in_as_if_there_were_no_hook() {
    let scim = scim(3);
    for (quirk, requirement, calls, code) in [
        (HookQuirk::WrongPlace, "OKTA-hook-200", 2, 1),
        (HookQuirk::Redirects, "OKTA-hook-no-redirect", 1, 1),
        (HookQuirk::LargeAnswer, "OKTA-hook-under-256kb", 1, 1),
        (HookQuirk::PlainText, "OKTA-hook-answer-json", 1, 1),
        (HookQuirk::OldNames, "OKTA-hook-command-type", 1, 1),
        (HookQuirk::FlatCommands, "OKTA-hook-command-form", 1, 1),
        (HookQuirk::LowerCaseResult, "OKTA-hook-action-result", 1, 1),
        (HookQuirk::NullBody, "OKTA-hook-null-answer", 1, 0),
    ] {
        let hook = hook(&[quirk]);
        let said = preview(scim.base_url(), &["--hook", hook.url(), "--format", "json"]);
        assert_eq!(said.code, Some(code), "{quirk:?}: {}{}", said.out, said.err);
        let told = said.json();
        let violated: Vec<&str> = told["hook"]["violates"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|v| v["requirement"].as_str())
            .collect();
        assert_eq!(violated, [requirement], "{quirk:?}");
        let users = told["users"].as_array().expect("a list");
        let hit = users.iter().find(|user| user["hook"]["violates"] != json!([])).expect("a user with it");
        assert_eq!(hit["hook"]["calls"], calls, "{quirk:?}");
        assert!(hit["hook"]["why"].is_string(), "{quirk:?}: {hit}");
        assert_eq!(hit["hook"]["okta_profile"], json!({}), "{quirk:?}: nothing of it is carried out");
        assert_eq!(user(&told, "user00001@seed.example")["outcome"], "matched", "{quirk:?}");
    }
    let hook = hook(&[HookQuirk::OldNames]);
    let text = preview(scim.base_url(), &["--hook", hook.url()]);
    for part in [
        "MUST OKTA-hook-command-type: ",
        "without the hook: Okta cannot use the answer: ",
        "  Okta: ",
        "  fix: ",
        "  1 user, first user00002@seed.example: ",
        "verdict: the import goes on, and the list can be trusted; the import hook does not meet OKTA-hook-command-type\n",
    ] {
        assert!(text.out.contains(part), "{part}: {}", text.out);
    }
}

#[test]
fn a_slow_hook_is_asked_once_more_with_the_same_event() {
    let (scim, hook) = (scim(1), hook(&[HookQuirk::Slow]));
    let began = std::time::Instant::now();
    let said = preview(scim.base_url(), &["--hook", hook.url(), "--format", "json"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(began.elapsed() > Duration::from_secs(6), "three seconds, twice");
    let told = said.json();
    assert_eq!(told["hook"]["violates"][0]["requirement"], "OKTA-hook-within-3s");
    let events = hook.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0], events[1], "the repeat is the same event");
}

#[test]
fn an_error_is_told_and_the_import_goes_on() {
    let (scim, hook) = (scim(3), hook(&[HookQuirk::ErrorsAlways]));
    let said = preview(scim.base_url(), &["--hook", hook.url()]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(
        said.out.contains("3  - without the hook: the service says: the directory is being repaired"),
        "{}",
        said.out
    );
    assert!(said.out.contains("not documented: what becomes of a user after an error"), "{}", said.out);
}

#[test]
fn variants_of_right_answers_are_accused_of_nothing() {
    let scim = scim(3);
    for quirk in [
        HookQuirk::Says204,
        HookQuirk::EmptyCommands,
        HookQuirk::ExtraKeys,
        HookQuirk::Says201,
        HookQuirk::Charset,
        HookQuirk::LinkFirst,
        HookQuirk::Html,
    ] {
        let hook = hook(&[quirk]);
        let said = preview(scim.base_url(), &["--hook", hook.url(), "--format", "json"]);
        assert_eq!((said.code, &said.json()["hook"]["violates"]), (Some(0), &json!([])), "{quirk:?}: {}", said.err);
    }
}

#[test]
fn links_that_cannot_be_made_wait_for_an_administrator() {
    let (scim, hook) = (scim(1), hook(&[HookQuirk::LinksElsewhere]));
    let told = preview(scim.base_url(), &["--hook", hook.url(), "--format", "json"]).json();
    let first = user(&told, "user00001@seed.example");
    assert_eq!((&first["outcome"], &first["reason"]), (&json!("pending"), &json!("hook-link-unknown")));
    assert_eq!(told["totals"]["unassigned"], 2, "the one of before has an account all the same");
    // The id is that of another user of Okta's: then it is a link.
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let people = PEOPLE.replace("00uSpare", "00gSomebodyElse00001");
    let told = preview_in(folder.path(), scim.base_url(), &people, &["--hook", hook.url(), "--format", "json"]).json();
    let first = user(&told, "user00001@seed.example");
    assert_eq!((&first["by"], &first["okta_login"]), (&json!("hook"), &json!("spare@okta.example")));
    assert_eq!(told["hook"]["linked_to_another"], 1);
    let gone =
        people.replace("spare@okta.example,Spare,Person,ACTIVE", "spare@okta.example,Spare,Person,DEPROVISIONED");
    let told = preview_in(folder.path(), scim.base_url(), &gone, &["--hook", hook.url(), "--format", "json"]).json();
    assert_eq!(user(&told, "user00001@seed.example")["reason"], "hook-link-unusable");
}

#[test]
fn a_refused_credential_and_a_service_that_is_not_there_are_undecided_and_given_up() {
    let scim = scim(7);
    let open = hook(&[]);
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let wrong = ["--hook", open.url(), "--hook-header", "X-Other", "--format", "json"];
    let said = preview_in(folder.path(), scim.base_url(), PEOPLE, &wrong);
    assert_eq!(said.code, Some(3), "{}{}", said.out, said.err);
    let told = said.json();
    assert_eq!((&told["hook"]["users"]["failed"], &told["hook"]["users"]["not-asked"]), (&json!(3), &json!(4)));
    assert_eq!(told["hook"]["violates"], json!([]));
    let said = preview_in(folder.path(), scim.base_url(), PEOPLE, &wrong[..4]);
    for part in [
        "3 users sent, 0 changed, 0 left as they were, 3 come in as if there were no hook, 4 not sent\n",
        "answered 401: is the secret the whole value of the header, its scheme included? (first ",
        "verdict: the import goes on, and the list can be trusted; what the import hook would make of some users could not be \
         found out\n",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let said = preview(scim.base_url(), &["--hook", &format!("http://{nobody}/x")]);
    assert_eq!(said.code, Some(3), "{}{}", said.out, said.err);
    assert!(said.out.contains("nobody listens"), "{}", said.out);
}

#[test]
fn a_limit_sends_no_more_and_an_unfinished_list_sends_nobody() {
    let (scim, hook) = (scim(7), hook(&[]));
    let said = preview(scim.base_url(), &["--hook", hook.url(), "--hook-limit", "2", "--format", "json"]);
    assert_eq!((said.code, hook.events().len()), (Some(3), 2), "{}", said.err);
    assert_eq!(said.json()["hook"]["users"]["not-asked"], 5);
    let said = preview("http://127.0.0.1:9", &["--hook", hook.url(), "--format", "json"]);
    assert_eq!((said.code, hook.events().len()), (Some(3), 2), "{}", said.err);
}

#[test]
fn a_target_file_names_the_hook_and_where_its_secret_is() {
    let (scim, hook) = (scim(1), hook(&[]));
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    std::fs::write(folder.path().join("secret.txt"), SECRET).expect("the folder can be written");
    let target = format!("hook: {{ url: '{}', token-file: secret.txt, header: Authorization }}\n", hook.url());
    std::fs::write(folder.path().join("target.yaml"), target).expect("the folder can be written");
    let said = preview_in(folder.path(), scim.base_url(), PEOPLE, &["--target", "target.yaml", "--format", "json"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(said.json()["hook"]["users"]["unchanged"], 1);
}

#[test]
fn addresses_that_okta_refuses_are_refused_before_anything_is_sent() {
    let scim = scim(1);
    for (url, expected) in [
        ("http://hooks.example.com/x", "begins with http://, which Okta refuses"),
        ("ftp://hooks.example.com/x", "does not begin with https://"),
        ("hooks.example.com", "is no URL"),
        ("https://user:hidden@hooks.example.com/", "holds a user name or password"),
        ("https://hooks.example.com/a b", "has white space in it"),
    ] {
        let said = preview(scim.base_url(), &["--hook", url]);
        assert_eq!(said.code, Some(2), "{url}: {}", said.out);
        assert!(said.err.contains(expected) && !said.err.contains("hidden"), "{url}: {}", said.err);
    }
    let long = format!("https://hooks.example.com/{}", "x".repeat(1024));
    assert!(preview(scim.base_url(), &["--hook", &long]).err.contains("more than 1,024 characters"));
    let lonely = preview(scim.base_url(), &["--hook-limit", "3"]);
    assert!(lonely.code == Some(2) && lonely.err.contains("--hook-limit needs --hook"), "{}", lonely.err);
    assert_eq!(scim.request_log(), Vec::new());
}

#[test]
fn a_key_in_the_query_of_the_address_is_not_shown() {
    let (scim, hook) = (scim(1), hook(&[]));
    let url = format!("{}?code=key-in-the-query-55", hook.url());
    let said = preview(scim.base_url(), &["--hook", &url]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(
        !said.out.contains("key-in-the-query-55") && !said.err.contains("key-in-the-query-55"),
        "{}{}",
        said.out,
        said.err
    );
}

#[test]
fn a_match_of_the_hook_is_confirmed_like_an_exact_one() {
    let (scim, hook) = (scim(1), hook(&[HookQuirk::LinksElsewhere]));
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let people = PEOPLE.replace("00uSpare", "00gSomebodyElse00001");
    let told = |more: &[&str]| {
        let arguments = [&["--hook", hook.url(), "--format", "json"], more].concat();
        preview_in(folder.path(), scim.base_url(), &people, &arguments).json()["users"][0].clone()
    };
    assert!(told(&[])["remark"].as_str().is_some_and(|remark| remark.contains("--auto-confirm")), "nobody said so");
    assert_eq!(told(&["--auto-confirm", "none"])["reason"], "confirm-exact-match");
    let confirmed = told(&["--auto-confirm", "exact"]);
    assert_eq!((&confirmed["by"], confirmed.get("remark")), (&json!("hook"), None));
}

#[test]
fn the_format_of_user_names_is_that_of_the_projected_profile() {
    let (scim, hook) = (scim(1), hook(&[]));
    let told =
        preview(scim.base_url(), &["--hook", hook.url(), "--format", "json", "--username-format", "email-prefix"]);
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
    let events = hook.events();
    assert_eq!(events[0].pointer("/data/user/profile/login"), Some(&json!("user00001")));
    assert_eq!(events[0].pointer("/data/appUser/profile/userName"), Some(&json!("user00001@seed.example")));
}

/// A service that writes the same to everybody, again and again if it is asked to.
pub(crate) fn parrot(head: &'static str, piece: &'static str, times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1");
    let at = listener.local_addr().expect("a bound address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 16384]);
            let _ = stream.write_all(head.as_bytes());
            (0..times).all(|_| stream.write_all(piece.as_bytes()).is_ok());
        }
    });
    format!("http://{at}/hook")
}

#[test]
fn a_service_that_does_not_end_is_cut_and_one_that_speaks_no_http_is_told() {
    let scim = scim(1);
    const MANY: &str =
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    let endless = parrot("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", MANY, usize::MAX);
    let said = preview(scim.base_url(), &["--hook", &endless]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("the answer has 256 KB or more, and the rest is not read"), "{}", said.out);
    let said = preview(scim.base_url(), &["--hook", &parrot("SSH-2.0-OpenSSH_9.6\r\n", "", 0)]);
    assert_eq!(said.code, Some(3), "{}{}", said.out, said.err);
    assert!(said.out.contains("without the hook: "), "{}", said.out);
}

#[test]
fn redirects_are_not_followed_and_the_secret_goes_nowhere_else() {
    let (scim, elsewhere) = (scim(1), TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1"));
    elsewhere.set_nonblocking(true).expect("it can be asked without waiting");
    let to = elsewhere.local_addr().expect("a bound address");
    let head =
        format!("HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: http://{to}/\r\n\r\n");
    let said = preview(scim.base_url(), &["--hook", &parrot(head.leak(), "", 0)]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("answered 302, a redirect, which Okta does not follow"), "{}", said.out);
    assert!(elsewhere.accept().is_err(), "nobody came by");
}

#[test]
fn further_headers_are_sent_and_masked_and_cannot_take_the_place_of_others() {
    let (scim, hook) = (scim(1), hook(&[]));
    let field = ["--hook-field", "X-Gateway: key-of-the-gateway-81"];
    let said = preview(scim.base_url(), &[&["--hook", hook.url()], &field[..]].concat());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    for wrong in ["authorization: x", "Host: x", "X Y: z", "nothing"] {
        let said = preview(scim.base_url(), &["--hook", hook.url(), "--hook-field", wrong]);
        assert_eq!(said.code, Some(2), "{wrong}: {}", said.out);
        assert!(said.err.contains("--hook-field"), "{wrong}: {}", said.err);
    }
}

#[test]
fn an_import_asks_for_the_media_type_of_its_version_and_a_hook_is_sent_what_okta_documents() {
    let (scim, hook) = (scim(2), hook(&[]));
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    std::fs::write(folder.path().join("old.yaml"), "scim: \"1.1\"\n").expect("it can be written");
    let to_hook = listened(hook.url());
    for (url, more, media_type) in [
        (scim.base_url(), &[][..], "application/scim+json"),
        (scim.v1_base_url(), &["--target", "old.yaml"][..], "application/json"),
    ] {
        let to_scim = listened(url);
        let hooked = ["--hook", to_hook.url.as_str(), "--hook-field", "X-Gateway: key-of-the-gateway-82"];
        let said = preview_in(folder.path(), &to_scim.url, PEOPLE, &[&hooked[..], more].concat());
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        let heard = to_scim.heard.lock().expect("nobody panics").join("\n");
        let asked = headers(&heard, "GET ");
        assert!(asked.contains(&format!("Accept: {media_type}")), "{asked:?}");
        assert!(
            heard.matches("\r\nAccept: ").count() == heard.matches(&format!("\r\nAccept: {media_type}\r\n")).count()
        );
        assert!(heard.matches(" HTTP/1.1\r\n").count() > 1 && !heard.contains("POST "), "{heard}");
    }
    let heard = to_hook.heard.lock().expect("nobody panics").join("\n");
    // As they are spelled: what Okta says of none of them, HTTP does not heed, and so no service may.
    let sent = headers(&heard, "POST /okta/import HTTP/1.1");
    let expected = [
        "Accept-Encoding: gzip,deflate",
        "Accept: application/json",
        &format!("Authorization: {SECRET}"),
        "Connection: Keep-Alive",
        "Content-Type: application/json",
        concat!("User-Agent: scim-check/", env!("CARGO_PKG_VERSION")),
        "X-Gateway: key-of-the-gateway-82",
    ];
    assert_eq!(sent, expected);
}

#[test]
fn an_address_in_a_target_file_is_held_to_what_okta_takes_as_one_that_is_typed() {
    let scim = scim(1);
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    for (hook, expected) in [
        ("hook: http://hooks.example.com/x", "begins with http://, which Okta refuses"),
        ("hook: { url: \"ftp://hooks.example.com/x\" }", "does not begin with https://"),
        ("hook: { token-env: HOOK_SECRET }", "`hook` needs `url`"),
    ] {
        std::fs::write(folder.path().join("target.yaml"), format!("{hook}\n")).expect("it can be written");
        let said = preview_in(folder.path(), scim.base_url(), PEOPLE, &["--target", "target.yaml"]);
        assert!(said.code == Some(2) && said.err.contains(expected), "{hook}: {}{}", said.out, said.err);
    }
    assert_eq!(scim.request_log(), Vec::new());
}

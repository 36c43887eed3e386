//! Servers that misbehave below SCIM: whatever they do becomes an answer or a reason why there is none, in time and without a
//! trace of the credential.

use std::{
    io::{Read, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use scim_check::wire::{
    Credential, Exchange, Headers, HttpWire, NoReply, Request, Response,
    auth::Auth,
    http::{HttpOptions, WireError, check_base_url},
    oauth::{ClientAuth, Grant, OAuth, check_token_url},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// Every character of it is spelled differently by JSON, URLs or base64.
const TOKEN: &str = r#"t0p/s+cr=t"\<&>-value"#;

/// Sends one request and compares the statuses and reasons of all tries, joined by commas, with `expected`, which may end in
/// the midst of a reason. Fails when it takes too long or when the credential can be read anywhere in the exchange.
async fn check(wire: &HttpWire, request: Request, expected: &str) -> Exchange {
    let sent = wire.send(request);
    let exchange = tokio::time::timeout(Duration::from_secs(20), sent).await.expect("no server may hold us for ever");
    let tries = exchange.attempts.iter().map(|attempt| match &attempt.result {
        Ok(status) => status.to_string(),
        Err(why) => why.to_string(),
    });
    let last = match &exchange.reply {
        Ok(response) => response.status.to_string(),
        Err(why) => why.to_string(),
    };
    let summary = tries.chain([last]).collect::<Vec<_>>().join(", ");
    assert!(summary.starts_with(expected), "expected {expected}, got {summary}");
    assert!(!format!("{wire:?} {exchange:?}").contains("s+cr"), "{exchange:?}");
    if let Ok(Response { body, headers, .. }) = &exchange.reply {
        for text in [String::from_utf8_lossy(body).into_owned(), format!("{headers:?}")] {
            for spelling in ["s+cr", r"s\u002Bcr", "s%2Bcr", "czK2", &STANDARD.encode(TOKEN)[4..20]] {
                assert!(!text.contains(spelling), "{text} shows the credential as {spelling}");
            }
        }
    }
    exchange
}

fn options(base: impl ToString) -> HttpOptions {
    let base = check_base_url(&base.to_string()).expect("the tests use good base URLs");
    HttpOptions {
        connect_timeout: Duration::from_secs(3),
        total_timeout: Duration::from_secs(5),
        ..HttpOptions::new(base, Auth::Bearer(TOKEN.into()))
    }
}

fn wire(base: impl ToString) -> HttpWire {
    HttpWire::new(options(base)).expect("the options are good")
}

fn hasty(base: impl ToString) -> HttpWire {
    let total_timeout = Duration::from_millis(300);
    HttpWire::new(HttpOptions { total_timeout, ..options(base) }).expect("the options are good")
}

fn get(path: &str) -> Request {
    Request {
        method: "GET".into(),
        path: path.into(),
        headers: Headers(vec![("Accept".into(), "application/scim+json".into())]),
        body: None,
        credential: Credential::Own,
    }
}

fn body_of(exchange: &Exchange) -> &[u8] {
    &exchange.reply.as_ref().expect("there is an answer").body
}

/// What a raw server does after its answer.
#[derive(Clone, Copy)]
enum Then {
    Close,
    Hold,
    /// Sends this again and again, with a pause in between.
    Repeat(&'static [u8], Duration),
    /// Answers the next request on the same connection.
    Again,
}

/// A server that reads a request and sends fixed bytes.
struct Raw {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Raw {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn raw(answer: impl Into<Vec<u8>>, then: Then) -> Raw {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let server = Raw {
        address: listener.local_addr().expect("a bound socket has an address"),
        seen: Arc::default(),
        connections: Arc::default(),
    };
    let (seen, connections) = (server.seen.clone(), server.connections.clone());
    let answer = answer.into();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            connections.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(talk(stream, answer.clone(), then, seen.clone()));
        }
    });
    server
}

async fn talk(mut stream: TcpStream, answer: Vec<u8>, then: Then, seen: Arc<Mutex<Vec<String>>>) -> Option<()> {
    loop {
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.windows(4).any(|w| w == b"\r\n\r\n") {
            let read = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
            request.extend_from_slice(&buffer[..read]);
        }
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(String::from_utf8_lossy(&request).into_owned());
        stream.write_all(&answer).await.ok()?;
        match then {
            Then::Close => return stream.shutdown().await.ok(),
            Then::Hold => tokio::time::sleep(Duration::from_secs(30)).await,
            Then::Repeat(bytes, pause) => loop {
                stream.write_all(bytes).await.ok()?;
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            },
            Then::Again => {}
        }
    }
}

fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).expect("a Vec takes all");
    encoder.finish().expect("a Vec takes all")
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    drop(listener);
    let refused = format!("no connection: nobody listens at {address}");
    let exchange = check(&wire(format!("http://{address}")), get("/Users"), &format!("{refused}, {refused}")).await;
    assert_eq!(exchange.attempts.len(), 1);
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    check(&wire("http://nowhere.invalid"), get("/Users"), "no connection: ").await;
}

#[tokio::test]
async fn the_server_accepts_and_closes() {
    let server = raw("", Then::Close).await;
    check(&wire(server.url()), get("/Users"), "the connection broke: no answer came: connection closed before").await;
    assert_eq!(server.seen().len(), 1, "the request was sent once");
}

#[tokio::test]
async fn the_server_never_answers() {
    let server = raw("", Then::Hold).await;
    check(&hasty(server.url()), get("/Users"), "no answer within 0.3 s").await;
}

#[tokio::test]
async fn the_server_falls_silent_for_longer_than_the_read_timeout() {
    let server = raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx", Then::Hold).await;
    let options = HttpOptions { read_timeout: Some(Duration::from_millis(250)), ..options(server.url()) };
    let wire = HttpWire::new(options).expect("the options are good");
    check(&wire, get("/Users"), "no answer within 0.25 s").await;
}

#[tokio::test]
async fn two_requests_share_a_connection() {
    let server = raw(ok("", b"x"), Then::Again).await;
    let wire = wire(server.url());
    check(&wire, get("/Users"), "200").await;
    check(&wire, get("/Users"), "200").await;
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn half_a_status_line() {
    let server = raw("HTTP/1.1 2", Then::Close).await;
    check(&wire(server.url()), get("/Users"), "the connection broke: no answer came: ").await;
}

#[tokio::test]
async fn headers_without_end() {
    let server = raw("HTTP/1.1 200 OK\r\nX: ", Then::Repeat(&[b'a'; 4096], Duration::ZERO)).await;
    check(&wire(server.url()), get("/Users"), "the connection broke: no answer came: message head is too large").await;
    let server = raw("HTTP/1.1 200 OK\r\n", Then::Repeat(b"X-Many: y\r\n", Duration::ZERO)).await;
    check(&wire(server.url()), get("/Users"), "the connection broke: no answer came: message head is too large").await;
    let server = raw("HTTP/1.1 200 OK\r\nX: y\r\n", Then::Hold).await;
    check(&hasty(server.url()), get("/Users"), "no answer within 0.3 s").await;
}

#[tokio::test]
async fn interim_answers_without_end() {
    let server = raw("", Then::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n", Duration::from_millis(1))).await;
    check(&hasty(server.url()), get("/Users"), "no answer within 0.3 s").await;
}

#[tokio::test]
async fn what_comes_is_not_http() {
    for banner in ["SSH-2.0-OpenSSH_9.6\r\n", "220 mail.example.com ESMTP\r\n", "\0\0\0\0", "{}\n", "\r\n\r\n"] {
        let server = raw(banner, Then::Close).await;
        check(&wire(server.url()), get("/Users"), "the connection broke: no answer came: ").await;
    }
}

#[tokio::test]
async fn bytes_in_a_header_that_are_not_text() {
    let latin1 = b"HTTP/1.1 200 OK\r\nX-Name: J\xfcrgen\r\nContent-Length: 0\r\n\r\n";
    let server = raw(latin1, Then::Close).await;
    let exchange = check(&wire(server.url()), get("/Users"), "200").await;
    let headers = &exchange.reply.as_ref().expect("there is an answer").headers;
    assert_eq!(headers.get("x-name"), Some("J\u{fffd}rgen"));
    let server = raw("HTTP/1.1 200 OK\r\nX-Name: a\0b\r\nContent-Length: 0\r\n\r\n", Then::Close).await;
    check(&wire(server.url()), get("/Users"), "the connection broke: no answer came: ").await;
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let elsewhere = raw(ok("", b""), Then::Close).await;
    let head = format!("HTTP/1.1 302 Found\r\nLocation: {}/Users\r\nContent-Length: 0\r\n\r\n", elsewhere.url());
    let server = raw(head, Then::Close).await;
    check(&wire(server.url()), get("/Users"), "302").await;
    assert_eq!(elsewhere.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_body_that_trickles() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    let server = raw(head, Then::Repeat(b"x", Duration::from_millis(20))).await;
    check(&hasty(server.url()), get("/Users"), "no answer within 0.3 s").await;
}

#[tokio::test]
async fn a_body_above_the_cap() {
    let chunk = b"4\r\naaaa\r\n";
    let endless =
        raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Then::Repeat(chunk, Duration::ZERO)).await;
    let declared = raw(ok("", &[b'x'; 1001]), Then::Close).await;
    let exact = raw(ok("", &[b'x'; 1000]), Then::Close).await;
    for (server, expected) in
        [(endless, "the answer exceeds 1000 bytes"), (declared, "the answer exceeds 1000 bytes"), (exact, "200")]
    {
        let options = HttpOptions { max_body_bytes: 1000, ..options(server.url()) };
        check(&HttpWire::new(options).expect("the options are good"), get("/Users"), expected).await;
    }
}

#[tokio::test]
async fn a_bomb_in_gzip() {
    let once = gzip(&vec![0; 64 << 20]);
    for (headers, bomb) in [
        ("Content-Encoding: gzip\r\n", once.clone()),
        ("Content-Encoding: gzip, gzip\r\n", gzip(&once)),
        ("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", gzip(&once)),
    ] {
        let server = raw(ok(headers, &bomb), Then::Close).await;
        check(&wire(server.url()), get("/Users"), "the answer exceeds 16777216 bytes").await;
    }
    let server = raw(ok("Content-Encoding: gzip, gzip, gzip, gzip\r\n", &once), Then::Close).await;
    check(&wire(server.url()), get("/Users"), "the connection broke: the body is encoded 4 times over").await;
}

#[tokio::test]
async fn a_body_that_is_not_what_its_encoding_says() {
    let whole = gzip(b"{\"totalResults\":0}");
    let half = &whole[..whole.len() - 6];
    for (coding, body) in [("gzip", b"{}".as_slice()), ("gzip", half), ("deflate", b"\x78\x9c{}"), ("deflate", b"{}")] {
        let server = raw(ok(&format!("Content-Encoding: {coding}\r\n"), body), Then::Close).await;
        let expected = format!("the connection broke: the body claims Content-Encoding: {coding} and is not: ");
        check(&wire(server.url()), get("/Users"), &expected).await;
    }
}

#[tokio::test]
async fn an_encoded_body_is_decoded() {
    let plain = b"{\"totalResults\":0}";
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(plain).expect("a Vec takes all");
    let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    bare.write_all(plain).expect("a Vec takes all");
    let members = [gzip(&plain[..5]), gzip(&plain[5..]), b"junk".to_vec()].concat();
    for (coding, body) in [
        ("gzip", gzip(plain)),
        ("GZIP", gzip(plain)),
        ("x-gzip", members),
        ("identity", plain.to_vec()),
        ("br", plain.to_vec()),
        ("deflate", zlib.finish().expect("a Vec takes all")),
        ("deflate", bare.finish().expect("a Vec takes all")),
    ] {
        let server = raw(ok(&format!("Content-Encoding: {coding}\r\n"), &body), Then::Close).await;
        let exchange = check(&wire(server.url()), get("/Users"), "200").await;
        assert_eq!(body_of(&exchange), plain, "{coding}");
        let headers = &exchange.reply.as_ref().expect("there is an answer").headers;
        assert_eq!(headers.get("content-encoding"), Some(coding));
    }
    let server = raw("HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n", Then::Close).await;
    check(&wire(server.url()), get("/Users"), "204").await;
}

#[tokio::test]
async fn a_wrong_content_length() {
    let broke_off = "the connection broke: the answer with status 200 broke off: ";
    let server = raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", Then::Close).await;
    check(&wire(server.url()), get("/Users"), broke_off).await;
    let server = raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}{}{}", Then::Again).await;
    let wire_to_it = wire(server.url());
    for _ in 0..3 {
        let exchange = check(&wire_to_it, get("/Users"), "200").await;
        assert_eq!(body_of(&exchange), b"{}");
    }
    for length in ["-1", "two", "1, 2", "99999999999999999999999999"] {
        let server = raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{{}}"), Then::Close).await;
        check(&wire(server.url()), get("/Users"), "the connection broke: no answer came: ").await;
    }
}

#[tokio::test]
async fn chunks_that_are_none() {
    for body in ["zz\r\nabc\r\n", "5\r\nab", "ffffffffffffffffffff\r\nab\r\n", "2\r\nabcdef\r\n0\r\n\r\n", "2\nab"] {
        let server = raw(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"), Then::Close).await;
        let broke_off = "the connection broke: the answer with status 200 broke off: ";
        check(&wire(server.url()), get("/Users"), broke_off).await;
    }
}

#[tokio::test]
async fn a_body_that_is_not_text() {
    let body = b"\xff\xfe\0{\"a\": \"\xc3\x28\"}\0";
    let server = raw(ok("Content-Type: application/scim+json\r\n", body), Then::Close).await;
    let exchange = check(&wire(server.url()), get("/Users"), "200").await;
    assert_eq!(body_of(&exchange), body);
}

#[tokio::test]
async fn a_server_that_is_busy_for_a_moment() {
    for (status, retry_after) in [(429, "1"), (503, "0")] {
        let server = MockServer::start().await;
        let busy = ResponseTemplate::new(status).insert_header("Retry-After", retry_after);
        Mock::given(matchers::any()).respond_with(busy).up_to_n_times(2).mount(&server).await;
        Mock::given(matchers::any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        let start = Instant::now();
        let exchange = check(&wire(server.uri()), get("/Users"), &format!("{status}, {status}, 200")).await;
        let waited: Duration = exchange.attempts.iter().map(|attempt| attempt.waited).sum();
        assert_eq!(waited, Duration::from_secs(2 * retry_after.parse::<u64>().expect("a number")));
        assert!(start.elapsed() >= waited && exchange.took < Duration::from_secs(1), "{exchange:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_busy_for_ever() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("Retry-After", "0");
    Mock::given(matchers::any()).respond_with(busy).mount(&server).await;
    check(&wire(server.uri()), get("/Users"), "429, 429, 429, 429, 429, 429").await;
    assert_eq!(server.received_requests().await.map(|r| r.len()), Some(6));
}

#[tokio::test]
async fn the_patience_of_a_run_ends() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("Retry-After", "3600");
    Mock::given(matchers::any()).respond_with(busy).mount(&server).await;
    let options = HttpOptions { retry_budget: Duration::from_secs(29), ..options(server.uri()) };
    let exchange = check(&HttpWire::new(options).expect("the options are good"), get("/Users"), "429").await;
    assert_eq!(exchange.attempts, []);
}

#[tokio::test]
async fn an_answer_without_retry_after_stands_unless_it_is_429() {
    let server = raw("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", Then::Close).await;
    check(&wire(server.url()), get("/Users"), "503").await;
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn one_429_holds_up_nobody_else_and_a_second_one_everybody() {
    for (refused, held) in [(1, Duration::ZERO), (2, Duration::from_secs(2))] {
        let server = MockServer::start().await;
        let busy = ResponseTemplate::new(429).insert_header("Retry-After", "2");
        Mock::given(matchers::any()).respond_with(busy).up_to_n_times(refused).mount(&server).await;
        Mock::given(matchers::any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        let wire = wire(server.uri());
        let late = |path: &'static str, after: u64, tries: &'static str| {
            let wire = &wire;
            async move {
                tokio::time::sleep(Duration::from_millis(after)).await;
                let start = Instant::now();
                check(wire, get(path), tries).await;
                start.elapsed()
            }
        };
        let second = if refused == 1 { "200" } else { "429, 200" };
        let (first, _, other) =
            tokio::join!(late("/1", 0, "429, 200"), late("/2", 300, second), late("/3", 600, "200"));
        assert!(first >= Duration::from_secs(2), "{first:?}");
        assert!(
            other + Duration::from_millis(500) >= held && (refused == 2 || other < Duration::from_secs(1)),
            "{other:?}"
        );
    }
}

#[tokio::test]
async fn no_more_requests_at_once_than_allowed() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_millis(100));
    Mock::given(matchers::any()).respond_with(slow).mount(&server).await;
    let options = HttpOptions { in_flight: 1, ..options(server.uri()) };
    let wire = HttpWire::new(options).expect("the options are good");
    let start = Instant::now();
    tokio::join!(check(&wire, get("/1"), "200"), check(&wire, get("/2"), "200"), check(&wire, get("/3"), "200"));
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_request_arrives_as_the_scenario_wrote_it() {
    let server = raw(ok("", b""), Then::Close).await;
    let mut request = get("/Users?filter=userName+eq+%22a%2Bb%40c%22&&");
    request.headers.0.push(("User-Agent".into(), "Okta SCIM Client 1.0.0".into()));
    request.headers.0.push(("Content-Type".into(), "application/scim+json; charset=utf-8".into()));
    request.method = "PATCH".into();
    request.body = Some(b"{}".to_vec());
    check(&wire(format!("{}/scim/v2/", server.url())), request, "200").await;
    let seen = server.seen().join("");
    let expected = "PATCH /scim/v2/Users?filter=userName+eq+%22a%2Bb%40c%22&& HTTP/1.1\r\n\
         Accept: application/scim+json\r\n\
         User-Agent: Okta SCIM Client 1.0.0\r\n\
         Content-Type: application/scim+json; charset=utf-8\r\n";
    assert!(seen.starts_with(expected), "{seen}");
    assert!(seen.contains("\r\nAccept-Encoding: gzip,deflate\r\n"), "{seen}");
    assert!(seen.contains("\r\nConnection: Keep-Alive\r\n"), "{seen}");
    assert!(seen.contains(&format!("\r\nAuthorization: Bearer {TOKEN}\r\n")), "{seen}");
    assert_eq!(seen.matches("Accept-Encoding").count() + seen.matches("User-Agent").count(), 2, "{seen}");
}

#[tokio::test]
async fn each_credential_is_sent_in_its_way() {
    let basic = Auth::Basic { user: "Aladdin".into(), password: "open sesame".into() };
    let key = Auth::Header { name: "X-Api-Key".into(), prefix: String::new(), value: "k-123456789".into() };
    for (auth, credential, expected) in [
        (basic.clone(), Credential::Own, Some("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
        (basic, Credential::None, None),
        (key.clone(), Credential::Own, Some("X-Api-Key: k-123456789")),
        (key, Credential::Wrong, Some("X-Api-Key: scim-check-wrong-credential")),
        (Auth::None, Credential::Own, None),
    ] {
        let server = raw(ok("", b""), Then::Close).await;
        let options = HttpOptions { auth, ..options(server.url()) };
        let request = Request { credential, ..get("/Users") };
        check(&HttpWire::new(options).expect("the options are good"), request, "200").await;
        let seen = server.seen().join("");
        let found = seen.lines().find(|l| l.starts_with("Authorization") || l.starts_with("X-Api-Key"));
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_word_in_place_of_the_credential_goes_only_without_it() {
    let server = raw(ok("", b""), Then::Close).await;
    let headers = Headers(vec![("Authorization".into(), "non-token".into())]);
    let request = Request { headers, credential: Credential::None, ..get("/Users") };
    check(&wire(server.url()), request.clone(), "200").await;
    let seen = server.seen().join("");
    assert!(seen.contains("\r\nAuthorization: non-token\r\n"), "{seen}");
    for credential in [Credential::Own, Credential::Wrong] {
        check(&wire(server.url()), Request { credential, ..request.clone() }, "the connection broke: `Authorization`")
            .await;
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let server = raw(ok("", b""), Then::Close).await;
    let wire = wire(server.url());
    let with =
        |name: &str, value: &str| Request { headers: Headers(vec![(name.into(), value.into())]), ..get("/Users") };
    for request in [
        get("@evil.example/Users"),
        get("http://evil.example/Users"),
        get("/Users with spaces"),
        get("/\0"),
        Request { method: "GET /x HTTP/1.1\r\nX: y\r\n\r\n".into(), ..get("/Users") },
        Request { method: "CONNECT".into(), ..get("/Users") },
        with("X", "a\r\nInjected: b"),
        with("X: y", "a"),
        with("", "a"),
        with("authorization", "Bearer x"),
        with("Host", "evil.example"),
        with("Content-Length", "100"),
    ] {
        check(&wire, request, "the connection broke: `").await;
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_server_that_echoes_the_credential() {
    let json = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "401",
        "detail": format!("Bearer {TOKEN} is not known"),
        "nested": serde_json::json!({ "token": TOKEN }).to_string(),
        "base64": STANDARD.encode(format!("Bearer {TOKEN}")),
    });
    let escaped = json.to_string().replace('+', r"\u002B");
    let server = MockServer::start().await;
    for (at, body) in [("/json", json.to_string()), ("/escaped", escaped)] {
        let echo = ResponseTemplate::new(401)
            .insert_header("X-Debug-Authorization", format!("Bearer {TOKEN}").as_str())
            .insert_header("Location", "http://h/?token=t0p%2Fs%2Bcr%3Dt%22%5C%3C%26%3E-value&x=y")
            .set_body_string(body);
        Mock::given(matchers::path(at)).respond_with(echo).mount(&server).await;
    }
    let wire = wire(server.uri());
    for path in ["/json", "/escaped"] {
        let exchange = check(&wire, get(path), "401").await;
        let response = exchange.reply.expect("there is an answer");
        assert_eq!(response.headers.get("x-debug-authorization"), Some("Bearer ***"));
        assert_eq!(response.headers.get("location"), Some("http://h/?token=***&x=y"));
        let body: serde_json::Value = serde_json::from_slice(&response.body).expect("masking keeps JSON whole");
        assert_eq!(body["detail"], "Bearer *** is not known");
        assert_eq!(body["nested"], r#"{"token":"***"}"#);
        assert_eq!(body["status"], "401");
    }
}

#[tokio::test]
async fn a_credential_within_a_compressed_body_is_masked() {
    let server = raw(ok("Content-Encoding: gzip\r\n", &gzip(TOKEN.as_bytes())), Then::Close).await;
    let exchange = check(&wire(server.url()), get("/Users"), "200").await;
    assert_eq!(body_of(&exchange), b"***");
}

#[tokio::test]
async fn a_scenario_that_holds_the_credential_is_masked_after_sending() {
    let server = raw(ok("", b""), Then::Close).await;
    let options = HttpOptions { auth: Auth::Bearer("abc-def-ghi".into()), ..options(server.url()) };
    let request = Request { body: Some(b"abc-def-ghi".to_vec()), ..get("/Users/abc-def-ghi") };
    let exchange = check(&HttpWire::new(options).expect("the options are good"), request, "200").await;
    assert_eq!(exchange.request.path, "/Users/***");
    assert_eq!(exchange.request.body.as_deref(), Some(b"***".as_slice()));
    assert!(server.seen().join("").starts_with("GET /Users/abc-def-ghi HTTP/1.1"));
}

#[tokio::test]
async fn a_proxy_is_used_when_asked_for() {
    let proxy = raw(ok("", b"through the proxy, password pr0xy-p@ss"), Then::Close).await;
    let url = format!("http://user:pr0xy-p%40ss@{}", proxy.address);
    let options = HttpOptions { proxy: url.parse().ok(), ..options("http://target.invalid/scim") };
    assert!(!format!("{options:?}").contains("pr0xy"));
    let exchange = check(&HttpWire::new(options).expect("the options are good"), get("/Users"), "200").await;
    assert_eq!(body_of(&exchange), b"through the proxy, password ***");
    let seen = proxy.seen().join("");
    assert!(seen.starts_with("GET http://target.invalid/scim/Users HTTP/1.1\r\n"), "{seen}");
}

#[test]
fn wrong_options_are_explained() {
    let good = || options("https://h/scim");
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let line_break = Auth::Bearer("hidden\nhidden".into());
    for (options, expected) in [
        (HttpOptions { ca_file: Some("no/such/file".into()), ..good() }, "the CA file no/such/file cannot be read: "),
        (HttpOptions { ca_file: Some(here.join("Cargo.toml")), ..good() }, "the CA file "),
        (HttpOptions { ca_file: Some(test_file("not-a-certificate.pem")), ..good() }, "the CA file "),
        (HttpOptions { proxy: "socks5://h".parse().ok(), ..good() }, "the proxy cannot be used: it must be http"),
        (
            HttpOptions { rps: Some(0.0), ..good() },
            "the number of requests per second must be a positive number, not 0",
        ),
        (HttpOptions { rps: Some(f64::NAN), ..good() }, "the number of requests per second must be"),
        (
            HttpOptions { auth: line_break, ..good() },
            "the credential cannot be sent in a header: it holds a line break",
        ),
        (
            HttpOptions {
                auth: Auth::Header { name: "a b".into(), prefix: String::new(), value: "x".into() },
                ..good()
            },
            "the credential cannot be sent in a header: ",
        ),
    ] {
        assert!(!format!("{options:?}").contains("hidden"));
        let error: WireError = HttpWire::new(options).expect_err(expected);
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(!format!("{error:?} {error}").contains("hidden"));
    }
}

/// Reads a request and answers it.
type Speak = fn(&mut dyn Stream);

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

fn test_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(name)
}

/// A TLS server. `server.pem` is for `localhost` and `127.0.0.1`, `elsewhere.pem` for another name; both come from an
/// authority that only `ca.pem` makes trusted.
fn tls(certificate: &str, protocol: &str, speak: Speak) -> SocketAddr {
    let certificates =
        vec![CertificateDer::from_pem_file(test_file(certificate)).expect("the file holds a certificate")];
    let key = PrivateKeyDer::from_pem_file(test_file("server-key.pem")).expect("server-key.pem is a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring knows the default versions")
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .expect("the key belongs to the certificate");
    config.alpn_protocols = vec![protocol.into()];
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    std::thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).expect("the configuration is whole");
            speak(&mut rustls::StreamOwned::new(connection, tcp));
        }
    });
    address
}

fn speak_http1(stream: &mut dyn Stream) {
    let mut buffer = [0; 4096];
    if stream.read(&mut buffer).is_ok() {
        // What fails here is seen by the client.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    }
}

/// As much of RFC 9113 as one request takes: settings, headers with `:status: 200` from the static table, data.
fn speak_http2(stream: &mut dyn Stream) {
    let mut preface = [0; 24];
    let mut head = [0; 9];
    let mut answered = stream.read_exact(&mut preface).and_then(|()| stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]));
    while answered.is_ok() && stream.read_exact(&mut head).is_ok() {
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        answered = stream.read_exact(&mut payload);
        let (settings, headers) = (4, 1);
        if head[3] == settings && head[4] == 0 {
            answered = stream.write_all(&[0, 0, 0, 4, 1, 0, 0, 0, 0]);
        } else if head[3] == headers {
            let frames = [0, 0, 1, 1, 4, 0, 0, 0, head[8], 0x88, 0, 0, 2, 0, 1, 0, 0, 0, head[8], b'{', b'}'];
            answered = stream.write_all(&frames);
        }
    }
}

fn trusting(base: impl ToString) -> HttpWire {
    let options = HttpOptions { ca_file: Some(test_file("ca.pem")), ..options(base) };
    HttpWire::new(options).expect("ca.pem is a certificate")
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_over_tls() {
    for (protocol, speak) in [("http/1.1", speak_http1 as Speak), ("h2", speak_http2)] {
        let address = tls("server.pem", protocol, speak);
        let exchange = check(&trusting(format!("https://{address}")), get("/Users"), "200").await;
        assert_eq!(body_of(&exchange), b"{}", "{protocol}");
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority() {
    let address = tls("server.pem", "http/1.1", speak_http1);
    let wire = match HttpWire::new(options(format!("https://{address}"))) {
        Ok(wire) => wire,
        // A machine without any certificates cannot even ask.
        Err(error) => return assert!(error.to_string().contains("No CA certificates"), "{error}"),
    };
    check(&wire, get("/Users"), "TLS failed: the certificate comes from an authority that is not trusted here").await;
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let address = tls("elsewhere.pem", "http/1.1", speak_http1);
    let expected = "TLS failed: the certificate is for another name than the one in the base URL";
    check(&trusting(format!("https://{address}")), get("/Users"), expected).await;
}

#[tokio::test]
async fn tls_where_none_is_spoken() {
    let server = raw("", Then::Close).await;
    let https = server.url().replace("http", "https");
    // The server waits for the end of a head that never comes.
    let options = HttpOptions { connect_timeout: Duration::from_millis(300), ..options(&https) };
    let options = HttpOptions { ca_file: Some(test_file("ca.pem")), ..options };
    let expected = "no connection: 127.0.0.1:";
    check(&HttpWire::new(options).expect("ca.pem is a certificate"), get("/Users"), expected).await;

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    std::thread::spawn(move || {
        for (i, mut tcp) in listener.incoming().flatten().enumerate() {
            let answer: &[u8] = if i == 0 { b"HTTP/1.1 400 Bad Request\r\n\r\n" } else { b"" };
            let mut hello = [0; 4096];
            // What fails here is seen by the client.
            let _ = tcp.read(&mut hello).and_then(|_| tcp.write_all(answer));
        }
    });
    let wire = trusting(format!("https://{address}"));
    check(&wire, get("/Users"), "TLS failed: what came back is not TLS").await;
    check(&wire, get("/Users"), &format!("TLS failed: {address} hung up during the handshake")).await;
}

#[tokio::test]
async fn no_tls_where_it_is_spoken() {
    let address = tls("server.pem", "http/1.1", speak_http1);
    let exchange =
        check(&wire(format!("http://{address}")), get("/Users"), "the connection broke: no answer came: ").await;
    assert!(matches!(exchange.reply, Err(NoReply::Broken(_))));
}

fn issued(token_url: &str) -> Auth {
    Auth::OAuth(Box::new(OAuth {
        token_url: check_token_url(token_url).expect("the tests use good token URLs"),
        grant: Grant::ClientCredentials,
        client_id: "c".into(),
        client_secret: Some(TOKEN.into()),
        client_auth: ClientAuth::Basic,
        scope: None,
        parameters: Vec::new(),
    }))
}

const ISSUED: &str = r#"{"access_token":"t0p/s+cr=t","token_type":"Bearer"}"#;

fn speak_token(stream: &mut dyn Stream) {
    let mut buffer = [0; 4096];
    if stream.read(&mut buffer).is_ok() {
        // What fails here is seen by the client.
        let _ = stream.write_all(&ok("Content-Type: application/json\r\nConnection: close\r\n", ISSUED.as_bytes()));
    }
}

#[tokio::test]
async fn a_token_endpoint_is_trusted_and_found_as_the_server_is() {
    let server = raw(ok("", br#"{"totalResults":0}"#), Then::Again).await;
    let against = |certificate: &str| {
        let url = format!("https://{}/token", tls(certificate, "http/1.1", speak_token));
        let options = HttpOptions { auth: issued(&url), ca_file: Some(test_file("ca.pem")), ..options(server.url()) };
        (HttpWire::new(options).expect("ca.pem is a certificate"), url)
    };
    // The server itself speaks no TLS; certificates are needed for the other one all the same.
    check(&against("server.pem").0, get("/Users"), "200").await;
    let (wire, url) = against("elsewhere.pem");
    let expected = "TLS failed: the certificate is for another name than the one in the token URL";
    check(&wire, get("/Users"), &format!("no access token: {url} gave no answer: {expected}")).await;

    let proxy = raw(ok("", ISSUED.as_bytes()), Then::Again).await;
    let url = proxy.url().parse().expect("a URL");
    let options =
        HttpOptions { auth: issued("http://idp.invalid/token"), proxy: Some(url), ..options("http://scim.invalid") };
    check(&HttpWire::new(options).expect("a proxy over http"), get("/Users"), "200").await;
    let asked: Vec<String> =
        proxy.seen().iter().filter_map(|request| request.lines().next().map(str::to_owned)).collect();
    assert_eq!(asked, ["POST http://idp.invalid/token HTTP/1.1", "GET http://scim.invalid/Users HTTP/1.1"]);
}

//! Right servers that are slow or busy: the reference behind a gateway that keeps requests waiting, or answers some of them itself.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::response::Response;
use scim_check::reference::{Options, Quirk, Server, serve};
use tokio::net::TcpListener;

/// What is the matter with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// Everything takes this long.
    Distant(Duration),
    /// Lists, lookups included, take this long.
    SlowLists(Duration),
    /// Reads show this late what was written.
    Settles(Duration),
    /// One request in so many is refused with 429, and is to come back after these seconds where it says so.
    Busy(u64, Option<u64>),
    /// One request in so many is answered with 500 before anything is done.
    Fails(u64),
    /// One request in so many is answered by the load balancer: 503 and a page of HTML.
    Unavailable(u64),
}

impl Trouble {
    /// Whether everything that the server answers is what a right server may answer.
    pub(crate) fn is_right(self) -> bool {
        matches!(
            self,
            Trouble::None
                | Trouble::Distant(_)
                | Trouble::SlowLists(_)
                | Trouble::Settles(_)
                | Trouble::Busy(_, Some(_))
        )
    }
}

/// A server in trouble. It ends with the runtime.
pub(crate) struct Troubled {
    /// What stands behind the gateway.
    pub(crate) server: Server,
    /// Where the gateway is.
    pub(crate) base_url: String,
}

struct Gateway {
    trouble: Trouble,
    origin: String,
    client: reqwest::Client,
    requests: AtomicU64,
}

impl Troubled {
    /// Starts a server with some users and groups of others.
    pub(crate) async fn start(trouble: Trouble) -> std::io::Result<Troubled> {
        let (quirks, delay) = match trouble {
            Trouble::Settles(delay) => (vec![Quirk::SettlesLate], delay),
            _ => (Vec::new(), Duration::ZERO),
        };
        let server = serve(Options { users: 25, groups: 3, quirks, delay, ..Options::default() }).await?;
        // An error says that somebody else was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let origin = server.base_url().trim_end_matches("/scim/v2").to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base_url = format!("http://{}/scim/v2", listener.local_addr()?);
        let gateway = Gateway { trouble, origin, client: reqwest::Client::new(), requests: AtomicU64::new(0) };
        let router = Router::new().fallback(answer).with_state(Arc::new(gateway));
        tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        // What is there from the start is written, too.
        tokio::time::sleep(delay).await;
        Ok(Troubled { server, base_url })
    }
}

async fn answer(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let number = gateway.requests.fetch_add(1, Ordering::Relaxed) + 1;
    match gateway.trouble {
        Trouble::Distant(delay) => tokio::time::sleep(delay).await,
        Trouble::SlowLists(delay) if is_list(&request) => tokio::time::sleep(delay).await,
        Trouble::Busy(every, told) if number.is_multiple_of(every) => {
            let mut response = refused(429, "application/scim+json", error(429, "too many requests"));
            if let Some(seconds) = told {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            return response;
        }
        Trouble::Fails(every) if number.is_multiple_of(every) => {
            return refused(500, "application/scim+json", error(500, "something went wrong"));
        }
        Trouble::Unavailable(every) if number.is_multiple_of(every) => {
            return refused(503, "text/html", "<html><body><h1>503 Service Unavailable</h1></body></html>".to_owned());
        }
        _ => {}
    }
    pass_on(&gateway, request).await.unwrap_or_else(|why| refused(502, "text/plain", why))
}

fn error(status: u16, detail: &str) -> String {
    let schema = "urn:ietf:params:scim:api:messages:2.0:Error";
    format!(r#"{{"schemas":["{schema}"],"status":"{status}","detail":"{detail}"}}"#)
}

fn refused(status: u16, kind: &str, text: String) -> Response {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    response.body(Body::from(text)).unwrap_or_default()
}

fn is_list(request: &Request) -> bool {
    let last = request.uri().path().trim_end_matches('/').rsplit('/').next();
    *request.method() == Method::GET && matches!(last, Some("Users" | "Groups" | "Roles" | "Entitlements"))
}

async fn pass_on(gateway: &Gateway, request: Request) -> Result<Response, String> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    for own in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH] {
        headers.remove(own);
    }
    let sent = gateway.client.request(parts.method, format!("{}{path}", gateway.origin)).headers(headers).body(body);
    let answer = sent.send().await.map_err(|error| error.to_string())?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(answer.bytes().await.map_err(|error| error.to_string())?);
    Ok(response)
}

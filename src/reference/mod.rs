//! The reference: a SCIM server in memory, on a real socket, right by default and wrong on request. It speaks SCIM 2.0, and SCIM 1.1
//! beside it.
//!
//! A request passes `http` (credentials, media types, decoding), `operations` (what a method does at an endpoint),
//! `resource`, `patch` and `list` (what a body or a query means), and `store` (the state); `view` shows the result, and
//! `schema` is the table all of them read. What quirks do at the edges of that path is in `faults`, what products do there in
//! `product`. SCIM 1.1 is a translation at the edge, in `v1`. Bulk, `/Me`, `/.search`
//! and further resource types become endpoints in `operations`.
//!
//! Beside it stands a service for Okta's import hook, in `hook`.
//!
//! **Invariant:** an island. It imports nothing else of this crate, so that checker and checked cannot share a mistake.
//! Clock and ids come from the seed: the same requests in the same order get the same answers.

mod answer;
mod call;
mod discovery;
mod faults;
mod filter;
pub mod hook;
mod http;
mod list;
mod objection;
mod operations;
mod patch;
mod problem;
pub mod product;
mod query;
mod quirk;
mod resource;
mod row;
mod schema;
mod seed;
mod seeded;
mod store;
mod uniqueness;
mod v1;
mod view;

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use fastrand::Rng;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use http::{App, BASE_PATH, World, lock};
pub use objection::Objection;
pub use product::Product;
pub use quirk::Quirk;
use quirk::Quirks;
use schema::Kind;
use seed::Strangers;
pub use seeded::{Harm, Seeded, Strike, Verb};
use store::Store;

/// How a reference server starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// The TCP port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// The bearer token clients must present; without one, it follows from the seed.
    pub token: Option<String>,
    /// A second token that is accepted.
    pub second_token: Option<String>,
    /// A token that was accepted once, and is refused like any other.
    pub revoked_token: Option<String>,
    /// How many users are there from the start; every eighth is inactive.
    pub users: usize,
    /// How many groups are there from the start, with some of those users as members.
    pub groups: usize,
    /// What ids follow from.
    pub seed: u64,
    /// What the server does wrong.
    pub quirks: Vec<Quirk>,
    /// What it minds in creates besides: for tests of what a run makes of refusals.
    pub objections: Vec<Objection>,
    /// What it does to attributes besides: to measure how much of that a client notices.
    pub seeded: Vec<Seeded>,
    /// Whether it is only counted what these faults would strike, each of them once.
    pub only_counts: bool,
    /// Which product the server behaves like.
    pub product: Product,
    /// Whether other administrators change the tenant meanwhile, at each list read without a filter.
    pub strangers: bool,
    /// How long a quirk that is late or slow takes each time.
    pub delay: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            token: None,
            second_token: None,
            revoked_token: None,
            users: 0,
            groups: 0,
            seed: 0,
            quirks: Vec::new(),
            objections: Vec::new(),
            seeded: Vec::new(),
            only_counts: false,
            product: Product::default(),
            strangers: false,
            delay: Duration::from_millis(250),
        }
    }
}

/// A running reference server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// The URL that endpoints of SCIM 2.0 are appended to, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.app.base_url
    }

    /// The same of SCIM 1.1, which shows the same users and groups.
    #[must_use]
    pub fn v1_base_url(&self) -> &str {
        &self.app.v1_base_url
    }

    /// The token to present as `Authorization: Bearer …`.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.app.token
    }

    /// How many users there are.
    #[must_use]
    pub fn user_count(&self) -> usize {
        lock(&self.app.state).store.tables().of(Kind::User).len()
    }

    /// How many groups there are.
    #[must_use]
    pub fn group_count(&self) -> usize {
        lock(&self.app.state).store.tables().of(Kind::Group).len()
    }

    /// Method and path (with its query) of the requests so far, of very many the latest.
    #[must_use]
    pub fn request_log(&self) -> Vec<(String, String)> {
        lock(&self.app.log).iter().cloned().collect()
    }

    /// What the faults of [`Options::seeded`] have struck so far, in order.
    #[must_use]
    pub fn strikes(&self) -> Vec<Strike> {
        lock(&self.app.state).store.seeded.strikes.clone()
    }

    /// Stops the server and waits until it has let go of its connections.
    pub async fn shutdown(self) {
        drop(self.stop);
        // An error could only say that the task panicked or was cancelled; it is gone in any case.
        let _ = self.task.await;
    }
}

/// Starts a server on 127.0.0.1, in a task of its own.
///
/// # Errors
///
/// When the port cannot be bound.
pub async fn serve(options: Options) -> std::io::Result<Server> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let address = listener.local_addr()?;
    let base_url = format!("http://{address}{BASE_PATH}");
    let quirks = Quirks::new(&options.quirks);
    let mut store = Store::new(quirks.clone(), options.seed, options.delay);
    store.product = options.product.clone();
    store.objections = options.objections;
    store.seeded = seeded::Faults::new(options.seeded, options.only_counts);
    seed::fill(&mut store, options.users, options.groups);
    let strangers = options.strangers.then(|| Strangers::new(&mut store, options.seed));
    let token = options.token.unwrap_or_else(|| {
        let mut random = Rng::with_seed(!options.seed);
        format!("token-{:016x}", random.u64(..))
    });
    let app = Arc::new(App {
        base_url,
        v1_base_url: format!("http://{address}{}", v1::PATH),
        token,
        second_token: options.second_token,
        revoked_token: options.revoked_token,
        state: Mutex::new(World { store, strangers }),
        log: Mutex::new(VecDeque::new()),
        quirks,
        product: options.product,
        delay: options.delay,
        requests: AtomicU64::new(0),
        creates: AtomicU64::new(0),
    });
    let router = Router::new().fallback(http::handle).with_state(Arc::clone(&app));
    let (stop, stopped) = oneshot::channel::<()>();
    // Without this, small answers wait for the client's delayed acknowledgement.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let task = tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(async move {
            // Either way of ending the channel means to stop.
            let _ = stopped.await;
        });
        // axum retries failing accepts itself and gives back no error.
        let _ = served.await;
    });
    Ok(Server { app, stop, task })
}

//! How the tests of a SCIM server written in Rust run Okta's suite. In your repository this is `tests/scim.rs`, with
//! `harness = false` in `Cargo.toml`; here `cargo run --example cargo_test -- okta/lookup` runs some of it.

use std::process::ExitCode;

use scim_check::libtest::{Server, Suite};

fn main() -> ExitCode {
    Suite::new("okta").run(|| Server::new(my_server::start(), "token-of-the-tests"))
}

/// Stands for your server: it has to go on when `start` has returned, so it has a thread.
mod my_server {
    use std::sync::mpsc;

    use scim_check::reference::{Options, serve};

    pub(crate) fn start() -> String {
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime can start");
            runtime.block_on(async {
                let options = Options { token: Some("token-of-the-tests".to_owned()), ..Options::default() };
                let server = serve(options).await.expect("a free port on 127.0.0.1");
                send.send(server.base_url().to_owned()).expect("somebody waits for it");
                std::future::pending::<()>().await;
            });
        });
        receive.recv().expect("the server starts")
    }
}

//! The server under test, where the target file says how it is started.
//!
//! **Invariant:** what is started here is stopped here, with all processes that it started itself, however a run ends. Only what
//! is killed with SIGKILL cannot keep that.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap};
use url::Url;

use super::config::{ConfigError, Connection};
use super::{complain, exit, interrupted};
use crate::declared::{Command, Server};
use crate::wire::auth::Auth;
use crate::wire::http::HttpOptions;
use crate::wire::{Credential, HttpWire, NoReply, Request};

/// How long a server has to end in good order before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How often we look whether it is ready, or has ended.
const EVERY: Duration = Duration::from_millis(100);
/// How long one look may take.
const LOOK: Duration = Duration::from_secs(5);
/// How much of its output is shown when it fails.
const SHOWN_LINES: usize = 20;
const SHOWN_BYTES: u64 = 8 * 1024;

/// A server that was started for a run.
pub(super) struct UnderTest {
    child: Box<dyn ChildWrapper>,
    /// Where its output goes.
    output: PathBuf,
    /// The credentials of the run, which its output may hold.
    secrets: Vec<String>,
    has_ended: bool,
}

/// Starts the server of a target file, if it says how, and waits until it is ready.
///
/// # Errors
/// When it cannot be started, ends at once, or does not get ready in time; and when something answers already.
pub(super) async fn start(connection: &Connection) -> Result<Option<UnderTest>, ConfigError> {
    let Some(server) = &connection.target.server else { return Ok(None) };
    let look = Look::new(server, connection)?;
    if let Some(answered) = look.once().await {
        return Err(ConfigError::Text(format!(
            "{} {answered} before `command` was started: something else listens there\n  try: stop it, or take `command` \
             out of the target file to use what is running",
            look.shown
        )));
    }
    let mut started = UnderTest::spawn(&server.command, connection)?;
    let waited = tokio::select! {
        waited = started.ready(&look, server.within) => waited,
        () = interrupted() => Err("the wait for the server was stopped".to_owned()),
    };
    match waited {
        Ok(()) => Ok(Some(started)),
        Err(why) => {
            started.stop().await;
            Err(ConfigError::Text(format!("{why}\n{}", started.told())))
        }
    }
}

/// Stops the server, and tells of one that ended before the run did.
pub(super) async fn stop(server: Option<UnderTest>, done: Result<u8, ConfigError>) -> Result<u8, ConfigError> {
    let Some(mut server) = server else { return done };
    let ended = server.ended();
    server.stop().await;
    if let Some(status) = ended {
        let why = format!("what `command` started ended during the run ({status})\n{}", server.told());
        return match done {
            Ok(_) => Err(ConfigError::Text(why)),
            Err(error) => {
                complain(&format!("error: {why}\n"));
                Err(error)
            }
        };
    }
    match done {
        Ok(exit::CONFORMS) => drop(fs::remove_file(&server.output)),
        _ => complain(&format!("note: what the server wrote is in {}\n", server.output.display())),
    }
    done
}

/// How we find out whether the server is ready.
struct Look {
    wire: HttpWire,
    path: String,
    /// The address, for people.
    shown: String,
    /// Whether any answer will do: of the base URL nobody knows yet what it answers.
    any: bool,
}

impl Look {
    fn new(server: &Server, connection: &Connection) -> Result<Self, ConfigError> {
        let base = &connection.http.base_url;
        let text = |why: String| ConfigError::Text(format!("`ready`: {why}"));
        let url = match &server.ready {
            None => base.clone(),
            Some(ready) => base.join(ready).map_err(|error| text(error.to_string()))?,
        };
        let mut root = url.clone();
        root.set_path("");
        root.set_query(None);
        root.set_fragment(None);
        let mut http = HttpOptions::new(root, Auth::None);
        (http.connect_timeout, http.total_timeout, http.retry_budget) = (LOOK, LOOK, Duration::ZERO);
        (http.proxy, http.ca_file) = (connection.http.proxy.clone(), connection.http.ca_file.clone());
        let wire = HttpWire::new(http).map_err(|error| text(error.to_string()))?;
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Self { wire, path, shown: shown(&url), any: server.ready.is_none() })
    }

    /// What came back, if somebody is there.
    async fn once(&self) -> Option<String> {
        match self.reply().await {
            Ok(status) => Some(format!("answered {status}")),
            Err(NoReply::Tls(_) | NoReply::Broken(_) | NoReply::TooLarge(_)) => {
                Some("answered, if not in HTTP,".into())
            }
            Err(_) => None,
        }
    }

    async fn reply(&self) -> Result<u16, NoReply> {
        let request = Request { credential: Credential::None, ..Request::own("GET", self.path.as_str()) };
        self.wire.send(request).await.reply.map(|response| response.status)
    }

    fn is_ready(&self, status: u16) -> bool {
        self.any || (200..400).contains(&status)
    }
}

/// An address without what may be a secret.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

impl UnderTest {
    fn spawn(command: &Command, connection: &Connection) -> Result<Self, ConfigError> {
        let mut wrapped = CommandWrap::from(prepared(command));
        let cannot = |why: io::Error| {
            let what = match command {
                Command::Shell(line) => line.clone(),
                Command::Program(words) => words.join(" "),
            };
            ConfigError::Text(format!("`command` of the target file cannot be started: {why}\n  tried: {what}"))
        };
        let (output, file) = output_file().map_err(cannot)?;
        let other = file.try_clone().map_err(cannot)?;
        wrapped.command_mut().stdin(Stdio::null()).stdout(file).stderr(other);
        #[cfg(unix)]
        wrapped.wrap(process_wrap::std::ProcessGroup::leader());
        #[cfg(windows)]
        wrapped.wrap(process_wrap::std::JobObject);
        let child = wrapped.spawn().map_err(|error| {
            drop(fs::remove_file(&output));
            cannot(error)
        })?;
        Ok(Self { child, output, secrets: super::config::secrets(&connection.http), has_ended: false })
    }

    /// Waits until the server is ready.
    async fn ready(&mut self, look: &Look, within: Duration) -> Result<(), String> {
        let begun = Instant::now();
        let mut last = None;
        while begun.elapsed() < within {
            if let Some(status) = self.ended() {
                return Err(format!("what `command` started ended before it was ready ({status})"));
            }
            last = look.reply().await.ok();
            if last.is_some_and(|status| look.is_ready(status)) {
                return Ok(());
            }
            tokio::time::sleep(EVERY).await;
        }
        let got = last.map_or_else(|| "does not answer".to_owned(), |status| format!("answers {status}"));
        Err(format!(
            "the server is not ready after {} s: {} {got}\n  try: more time with `ready: {{ within-seconds: … }}`, or \
             another address: `ready: /health`",
            within.as_secs_f64(),
            look.shown
        ))
    }

    /// How it ended, if it did.
    fn ended(&mut self) -> Option<ExitStatus> {
        let ended = self.child.try_wait().ok().flatten();
        self.has_ended |= ended.is_some();
        ended
    }

    /// Asks all of its processes to end, and kills those that do not.
    async fn stop(&mut self) {
        // Those that it started itself may be there although it is not.
        #[cfg(unix)]
        drop(self.child.signal(SIGTERM));
        let begun = Instant::now();
        while cfg!(unix) && self.ended().is_none() && begun.elapsed() < GRACE {
            tokio::time::sleep(EVERY / 4).await;
        }
        self.kill();
    }

    fn kill(&mut self) {
        drop(self.child.start_kill());
        drop(self.child.try_wait());
        self.has_ended = true;
    }

    /// The end of its output, and where all of it is.
    fn told(&self) -> String {
        let mut text = tail(&self.output).unwrap_or_default();
        for secret in &self.secrets {
            text = text.replace(secret, "***");
        }
        let lines: Vec<String> =
            text.lines().map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>()).collect();
        let last = lines.len().saturating_sub(SHOWN_LINES);
        if lines.is_empty() {
            drop(fs::remove_file(&self.output));
            return "  it wrote nothing".to_owned();
        }
        let mut told = format!("  all that it wrote is in {}; the end of it:", self.output.display());
        lines[last..].iter().for_each(|line| told.push_str(&format!("\n    {line}")));
        told
    }
}

impl Drop for UnderTest {
    fn drop(&mut self) {
        if !self.has_ended {
            self.kill();
        }
    }
}

#[cfg(unix)]
const SIGTERM: i32 = 15;

fn prepared(command: &Command) -> std::process::Command {
    match command {
        Command::Shell(line) if cfg!(windows) => {
            let mut shell = std::process::Command::new("cmd");
            shell.args(["/C", line]);
            shell
        }
        Command::Shell(line) => {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", line]);
            shell
        }
        Command::Program(words) => {
            let mut program = std::process::Command::new(words.first().map_or("", String::as_str));
            program.args(words.iter().skip(1));
            program
        }
    }
}

/// A new file for the output of a server. It may hold secrets, so nobody else may read it.
fn output_file() -> io::Result<(PathBuf, File)> {
    let path = std::env::temp_dir().join(format!("scim-check-server-{:08x}.log", fastrand::u32(..)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok((path.clone(), options.open(path)?))
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(SHOWN_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

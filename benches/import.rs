//! What `import-preview` costs besides the pages it reads: 100,000 users, in little memory and little more than the time of
//! reading them.
//!
//! `cargo bench --bench import` prints, in one run, the medians of
//!
//! * **preview**: `scim-check import-preview` from start to exit, with 100,000 Okta users in a CSV file and JSON as output;
//! * **bare**: a loop over plain `reqwest` that reads the same pages, one after the other, to their last byte, undoes gzip,
//!   and does nothing else;
//!
//! their ratio, which may be 1.3 at most, and the most memory that a preview took (`VmHWM`), which may be 64 MiB at most:
//! above them the program ends with an error. `--rounds N` asks for more rounds.
//!
//! Both sides talk to the same reference server, in a process of its own, and take turns, so that a noisy machine disturbs
//! both. The server answers from memory and on the same machine, which leaves the preview less time to hide in than any
//! real one would.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use reqwest::header::CONTENT_ENCODING;

mod common;

use common::{Failed, Server, end, median, rounds};

const USERS: usize = 100_000;

const PAGE: usize = 100;

/// The most that a preview may take, as a multiple of the bare loop.
const LIMIT: f64 = 1.3;

/// The most memory that a preview may take.
const LIMIT_KIB: u64 = 64 * 1024;

/// Rounds that count. One before them warms the machine up.
const ROUNDS: usize = 5;

const TOKEN: &str = "import-bench-token";

fn main() -> ExitCode {
    end("import", measure())
}

fn measure() -> Result<bool, Failed> {
    let rounds = rounds(ROUNDS);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("okta.csv");
    write_okta_users(&file)?;
    let server = Server::start(TOKEN, USERS, 0)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut preview, mut bare, mut most) = (Vec::new(), Vec::new(), 0);
    for round in 0..=rounds {
        let (took, kib) = run_preview(&server.base, &file)?;
        let started = Instant::now();
        let bytes = runtime.block_on(read_pages(&server.base))?;
        let bare_took = started.elapsed();
        if bytes < USERS as u64 * PAGE as u64 {
            return Err(format!("the pages have {bytes} bytes in all: the loop did not read the users").into());
        }
        most = most.max(kib);
        if round > 0 {
            preview.push(took);
            bare.push(bare_took);
        }
    }
    let (preview, bare) = (median(preview), median(bare));
    let ratio = preview.as_secs_f64() / bare.as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(out, "{USERS} users on {} pages, {USERS} Okta users, {rounds} rounds", USERS / PAGE)?;
    writeln!(out, "preview: {preview:.2?}")?;
    writeln!(out, "bare:    {bare:.2?}")?;
    writeln!(out, "ratio:   {ratio:.3} (at most {LIMIT})")?;
    writeln!(out, "memory:  {:.1} MiB at most (at most {} MiB)", most as f64 / 1024.0, LIMIT_KIB / 1024)?;
    Ok(ratio <= LIMIT && most <= LIMIT_KIB)
}

/// Nine in ten match a user of the reference; the others are gone.
fn write_okta_users(to: &Path) -> Result<(), Failed> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(to)?);
    writeln!(file, "login,email,firstName,lastName,status,employeeNumber")?;
    for number in 1..=USERS {
        let domain = if number % 10 == 0 { "gone.example" } else { "seed.example" };
        writeln!(
            file,
            "user{number:05}@{domain},user{number:05}@{domain},Given{number},Family{number},ACTIVE,{number}"
        )?;
    }
    Ok(file.flush()?)
}

/// A preview in a process of its own: its time, and the most memory it had, in KiB.
fn run_preview(base: &str, file: &Path) -> Result<(Duration, u64), Failed> {
    let started = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_scim-check"))
        .args(["import-preview", "--base-url", base, "--partial", "--source-profiles", "deactivate"])
        .args(["--format", "json", "--okta-users"])
        .arg(file)
        .env("SCIM_CHECK_TOKEN", TOKEN)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", process.id());
    let mut out = process.stdout.take().ok_or("the preview has no output")?;
    // The figure is gone with the process, and never falls before: it is read with every piece of the output.
    let (mut most, mut users, mut piece) = (0, 0, vec![0; 1 << 20]);
    let mut end = Vec::new();
    loop {
        let read = out.read(&mut piece)?;
        most = most.max(high_water(&status));
        let Some(text) = piece.get(..read).filter(|text| !text.is_empty()) else { break };
        users += text.iter().filter(|byte| **byte == b'\n').count();
        end.extend_from_slice(text);
        end.drain(..end.len().saturating_sub(2000));
    }
    process.wait()?;
    let took = started.elapsed();
    let end = String::from_utf8_lossy(&end);
    if users < USERS || !end.contains("\"complete\":true,\"stopped\":null,\"faults\":[]") {
        return Err(format!("the preview did not read all users: …{end}").into());
    }
    match most {
        0 => Err("this system does not tell how much memory a process took".into()),
        most => Ok((took, most)),
    }
}

/// The most memory that a process had so far.
fn high_water(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}

async fn read_pages(base: &str) -> Result<u64, Failed> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Nothing is encrypted here; reading the system's certificates would be measured on this side only.
    let nobody =
        rustls::ClientConfig::builder().with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    let client = reqwest::Client::builder()
        .no_proxy()
        .no_gzip()
        .no_deflate()
        .tcp_nodelay(true)
        .tls_backend_preconfigured(nobody)
        .build()?;
    let mut bytes = 0;
    for start in (1..=USERS).step_by(PAGE) {
        let url = format!("{base}/Users?startIndex={start}&count={PAGE}");
        let request = client.get(url).bearer_auth(TOKEN).header("Accept", "application/scim+json");
        let response = request.header("Accept-Encoding", "gzip,deflate").send().await?.error_for_status()?;
        let zipped = response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
        let body = response.bytes().await?;
        let mut plain = Vec::new();
        match zipped {
            true => flate2::bufread::GzDecoder::new(&body[..]).read_to_end(&mut plain)?,
            false => body.len(),
        };
        bytes += if zipped { plain.len() as u64 } else { body.len() as u64 };
    }
    Ok(bytes)
}

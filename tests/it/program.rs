//! The program as somebody calls it: what tests of whole commands share.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

/// The exit code, standard output and standard error of a call in a folder, whatever the environment of the tests says.
pub(crate) fn call(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SCIM_CHECK_") || name.starts_with("GITHUB_"))
    {
        command.env_remove(name);
    }
    command.env("COLUMNS", "200").env("XDG_STATE_HOME", folder).env_remove("CI").current_dir(folder);
    let output = command.args(arguments).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What reaches a server, byte by byte: whoever asks is handed on to it.
pub(crate) struct Listened {
    pub(crate) url: String,
    /// By connection.
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
}

pub(crate) fn listened(url: &str) -> Listened {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let own = listener.local_addr().expect("it is bound").to_string();
    let rest = url.strip_prefix("http://").expect("the reference speaks plainly");
    let (there, path) = rest.split_once('/').expect("it has a path");
    let (there, heard) = (there.to_owned(), Arc::new(Mutex::new(Vec::<String>::new())));
    let url = format!("http://{own}/{path}");
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&there) else { return };
            let (mut from, mut to) = (client.try_clone().expect("it is open"), server.try_clone().expect("it is open"));
            let kept = Arc::clone(&kept);
            let place = {
                let mut all = kept.lock().expect("nobody panics");
                all.push(String::new());
                all.len() - 1
            };
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = from.read(&mut buffer) {
                    kept.lock().expect("nobody panics")[place].push_str(&String::from_utf8_lossy(&buffer[..read]));
                    if to.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(Shutdown::Write);
            });
            let (mut from, mut to) = (server, client);
            thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
        }
    });
    Listened { url, heard }
}

/// The header lines of the first request that was heard of this kind, in the order of letters and without what only says where
/// it goes and how long it is.
pub(crate) fn headers(heard: &str, begins: &str) -> Vec<String> {
    let request = heard.split(begins).nth(1).unwrap_or_else(|| panic!("{begins}: {heard}"));
    let lines = request.split("\r\n").skip(1).take_while(|line| !line.is_empty());
    let is_told = |line: &&str| !line.starts_with("Host: ") && !line.starts_with("Content-Length: ");
    let mut told: Vec<String> = lines.filter(is_told).map(str::to_owned).collect();
    told.sort();
    told
}

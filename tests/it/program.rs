//! The program as somebody calls it: what tests of whole commands share.

use std::path::Path;
use std::process::Command;

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

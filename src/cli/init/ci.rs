//! What runs scim-check in CI, with the target file that was written.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::args::CiArg;
use super::super::config::ConfigError;
use super::super::{exit, say};
use super::file::scalar;

const GITHUB: &str = ".github/workflows/scim-check.yml";
const GITLAB: &str = ".gitlab-ci.yml";

/// What is to be written where.
pub(super) enum Wanted {
    Nothing,
    GitHub(PathBuf),
    GitLab(PathBuf),
    /// There is such a file, which has other jobs: what belongs into it is printed.
    GitLabPrinted,
}

/// # Errors
/// When a file is there that would be overwritten.
pub(super) fn wanted(ci: CiArg, force: bool) -> Result<Wanted, ConfigError> {
    match ci {
        CiArg::None => Ok(Wanted::Nothing),
        CiArg::Github if !force && fs::symlink_metadata(GITHUB).is_ok() => Err(ConfigError::Text(format!(
            "{GITHUB} is there already, and nothing was changed\n  try: --force to overwrite it, or --ci none"
        ))),
        CiArg::Github => Ok(Wanted::GitHub(GITHUB.into())),
        CiArg::Gitlab if fs::symlink_metadata(GITLAB).is_ok() => Ok(Wanted::GitLabPrinted),
        CiArg::Gitlab => Ok(Wanted::GitLab(GITLAB.into())),
    }
}

pub(super) fn write(wanted: Wanted, target: &Path, secrets: &[String]) -> Result<u8, ConfigError> {
    let (path, text, where_to) = match wanted {
        Wanted::Nothing => return Ok(exit::CONFORMS),
        Wanted::GitHub(path) => (path, github(target, secrets), "a secret of the repository"),
        Wanted::GitLab(path) => (path, gitlab(target), "a masked variable of the project"),
        Wanted::GitLabPrinted => {
            say(&format!("\n{GITLAB} is there already; add this job to it:\n\n{}", gitlab(target)));
            return Ok(exit::CONFORMS);
        }
    };
    if let Some(folder) = path.parent() {
        let failed = |error| ConfigError::Text(format!("{} cannot be made: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(failed)?;
    }
    super::write(&path, &text)?;
    let names = secrets.join(", ");
    let names = if names.is_empty() { String::new() } else { format!("; {names} has to be {where_to}") };
    say(&format!("wrote {}{names}\n", path.display()));
    Ok(exit::CONFORMS)
}

/// A word of a command line, as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn command(target: &Path) -> String {
    format!(
        "pipx run scim-check --target {} --report html=scim-check.html --report junit=scim-check.xml",
        quoted(target)
    )
}

fn github(target: &Path, secrets: &[String]) -> String {
    let env: String = secrets.iter().map(|name| format!("      {name}: ${{{{ secrets.{name} }}}}\n")).collect();
    let env = if env.is_empty() { String::new() } else { format!("    env:\n{env}") };
    let command = scalar(&command(target));
    format!(
        "# Plays Okta's SCIM traffic against the server, and fails when something would break. Written by `scim-check init`.\n\
         name: SCIM\n\
         on: [push, pull_request]\n\
         permissions:\n  contents: read\n\
         jobs:\n  \
           scim-check:\n    \
             runs-on: ubuntu-latest\n    \
             timeout-minutes: 30\n\
         {env}    \
             steps:\n      \
               - uses: actions/checkout@v4\n      \
               # What builds your server stands here; `command` in the target file starts it.\n      \
               - run: {command}\n      \
               - uses: actions/upload-artifact@v4\n        \
                 if: always()\n        \
                 with:\n          \
                   name: scim-check\n          \
                   path: |\n            \
                     scim-check.html\n            \
                     scim-check.xml\n"
    )
}

fn gitlab(target: &Path) -> String {
    let command = scalar(&command(target));
    format!(
        "# Plays Okta's SCIM traffic against the server, and fails when something would break. Written by `scim-check init`.\n\
         scim-check:\n  \
           image: python:3.13\n  \
           timeout: 30 minutes\n  \
           before_script:\n    \
             - pip install --quiet pipx\n  \
           script:\n    \
             # What builds your server stands here; `command` in the target file starts it.\n    \
             - {command}\n  \
           artifacts:\n    \
             when: always\n    \
             paths: [scim-check.html]\n    \
             reports:\n      \
               junit: scim-check.xml\n"
    )
}

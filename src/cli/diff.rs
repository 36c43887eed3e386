//! `scim-check diff`: what changed between two stored reports.

use super::args::{DiffArgs, DiffFormat};
use super::config::ConfigError;
use super::{exit, reports, say};
use crate::report::diff;
use crate::report::json::View;

/// Says what changed; the exit code says whether something broke.
pub(super) fn command(args: &DiffArgs) -> Result<u8, ConfigError> {
    let (old, new) = match (reports::read(&args.old), reports::read(&args.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => return Err(mistakes([old, new])),
    };
    let names = [&args.old, &args.new].map(|path| path.display().to_string());
    let diff =
        diff::compare((&names[0], &old), (&names[1], &new)).map_err(|error| ConfigError::Text(error.to_string()))?;
    say(&match args.format {
        DiffFormat::Text => diff::text(&diff, reports::width()),
        DiffFormat::Markdown => diff::markdown(&diff),
        DiffFormat::Json => diff::render(&diff),
    });
    Ok(if diff.broken { exit::VIOLATES } else { exit::CONFORMS })
}

/// What is wrong with each, at once.
fn mistakes(read: [Result<View, ConfigError>; 2]) -> ConfigError {
    let texts = read.into_iter().filter_map(|read| match read {
        Err(ConfigError::Text(text)) => Some(text),
        _ => None,
    });
    ConfigError::Text(texts.collect::<Vec<_>>().join("\nerror: "))
}

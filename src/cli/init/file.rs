//! The text of a target file: what is known stands there, what is not stands there as a comment, and each line says why.
//!
//! **Invariant:** no credential comes near, and nothing that a server says can be anything else in the file than a value or a
//! comment.

use std::fmt::Write as _;

use serde_json::Value;

use crate::capability::Capability;
use crate::report::escape::{cut, line};

/// Where comments begin that follow something.
const COLUMN: usize = 45;

/// The most characters of a comment that a server has a part in.
const MOST: usize = 140;

/// What a target file is to say.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub(super) title: Option<String>,
    pub(super) base_url: Option<String>,
    /// Whether the server speaks SCIM 1.1.
    pub(super) is_v1: bool,
    pub(super) command: Option<String>,
    /// The newest edition of the demands.
    pub(super) edition: Option<String>,
    /// The lines below `auth`.
    pub(super) auth: Vec<Line>,
    /// The environment variables that hold what is secret.
    pub(super) secrets: Vec<String>,
    /// The kind of app, and why it is thought to be that.
    pub(super) app: Option<(&'static str, String)>,
    /// Okta's switches, whether each is on, and why.
    pub(super) features: Vec<(Capability, bool, String)>,
    pub(super) attributes: Attributes,
    /// Whether there are no groups.
    pub(super) no_groups: bool,
    /// The most resources on a page, as the server says.
    pub(super) page_size: Option<u64>,
}

/// A key, its value, and what is to be said of it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) key: &'static str,
    pub(super) value: String,
    pub(super) comment: String,
}

/// What is known of attributes.
#[derive(Clone, Debug, Default)]
pub(super) enum Attributes {
    /// Nobody was asked.
    #[default]
    Unknown,
    /// The server says nothing; a user of it has these.
    Seen(Vec<String>),
    /// The server lists them.
    Listed(Vec<Listed>),
}

/// An attribute that a server lists.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) path: String,
    /// The type, where it is not text.
    pub(super) kind: Option<String>,
    pub(super) required: bool,
    pub(super) immutable: bool,
    pub(super) values: Vec<Value>,
    /// Why it is only a comment, if it is.
    pub(super) left_out: Option<String>,
}

/// The file.
pub(super) fn render(contents: &Contents) -> String {
    let mut out = String::new();
    let schema = match env!("CARGO_PKG_REPOSITORY") {
        "" => "schemas/target.schema.json".to_owned(),
        repository => format!("{repository}/raw/v{}/schemas/target.schema.json", env!("CARGO_PKG_VERSION")),
    };
    let _ = writeln!(out, "# yaml-language-server: $schema={schema}");
    out.push_str(
        "# What scim-check is told about your SCIM server: scim-check --target FILE. Written by `scim-check init`; look through\n\
         # it and correct what it got wrong. What stands behind # is off, or a default.\n\n",
    );
    let title =
        contents.title.as_deref().map_or_else(|| "# title: Our SCIM server".to_owned(), |title| pair("title", title));
    let _ = writeln!(out, "{title}");
    let base = contents.base_url.as_deref().map(|url| pair("base-url", url));
    let base = base.unwrap_or_else(|| "# base-url: http://127.0.0.1:8080/scim/v2".to_owned());
    commented(&mut out, &base, "/Users is added to it");
    if contents.is_v1 {
        commented(&mut out, "scim: \"1.1\"", "its lists are those of SCIM 1.1");
    }
    let _ = writeln!(
        out,
        "\n# Starts the server for a run, and stops it afterwards; a run begins when `ready` is answered."
    );
    match &contents.command {
        Some(command) => {
            let _ = writeln!(out, "{}", pair("command", command));
        }
        None => out.push_str("# command: npm start\n"),
    }
    out.push_str("# ready: /health\n\n# Where the credential is found. It never stands in this file.\nauth:\n");
    for Line { key, value, comment } in &contents.auth {
        commented(&mut out, &format!("  {key}: {value}"), comment);
    }
    out.push_str(
        "  # second-token-env: SCIM_CHECK_SECOND_TOKEN     # another valid one, to try a rotation\n\
         \n",
    );
    if let Some(edition) = &contents.edition {
        out.push_str(
            "# What this edition demands is scored. A newer scim-check reports what came later, which fails nothing until the line is\n\
             # changed: `scim-check editions` says what there is.\n",
        );
        let _ = writeln!(out, "edition: \"{edition}\"\n");
    }
    app(&mut out, contents);
    features(&mut out, &contents.features);
    if !contents.is_v1 {
        attributes(&mut out, &contents.attributes);
    }
    behaviour(&mut out, contents);
    out.push_str(
        "\n# What test users must be like.\n\
         # test-data:\n\
         #   domain: scim-test.example.com\n\
         #   extra: { preferredLanguage: en }\n",
    );
    out
}

fn app(out: &mut String, contents: &Contents) {
    out.push_str("# The kind of app that Okta has for it: catalogue, or wizard for a custom app made with the App Integration Wizard.\n");
    match &contents.app {
        Some((app, why)) => commented(out, &format!("app: {app}"), why),
        None => out.push_str("# app: catalogue\n"),
    }
}

fn features(out: &mut String, features: &[(Capability, bool, String)]) {
    out.push_str(
        "\n# Okta's switches. A feature that is on and fails is a failure; one that is off is skipped.\nfeatures:\n",
    );
    for (feature, is_on, why) in features {
        let item = if *is_on { format!("  - {feature}") } else { format!("  # - {feature}") };
        commented(out, &item, why);
    }
}

fn attributes(out: &mut String, attributes: &Attributes) {
    out.push_str("\n# What is provisioned of a user; each is tried by itself. ");
    match attributes {
        Attributes::Unknown => out.push_str(
            "Without the list all of Okta's usual ones are tried.\n# attributes: [userName, name.givenName, name.familyName, emails, displayName]\n",
        ),
        Attributes::Seen(names) => {
            out.push_str("The server has no /Schemas to tell; a user of it has these.\n# attributes:\n");
            for name in names.iter().filter(|name| is_plain_path(name)) {
                let _ = writeln!(out, "#   - {name}");
            }
        }
        Attributes::Listed(all) => {
            out.push_str("From /Schemas: take out what Okta shall not map.\nattributes:\n");
            for attribute in all {
                self::attribute(out, attribute);
            }
        }
    }
}

fn attribute(out: &mut String, attribute: &Listed) {
    if let Some(why) = &attribute.left_out {
        commented(out, &format!("  # - {}", cut(&line(&attribute.path), MOST)), why);
        return;
    }
    let mut parts = vec![pair("path", &attribute.path)];
    parts.extend(attribute.kind.as_ref().map(|kind| pair("type", kind)));
    parts.extend(attribute.required.then(|| "required: true".to_owned()));
    parts.extend(attribute.immutable.then(|| "immutable: true".to_owned()));
    if !attribute.values.is_empty() {
        parts.push(format!("values: {}", Value::Array(attribute.values.clone())));
    }
    let text = match parts.as_slice() {
        [_] => format!("  - {}", scalar(&attribute.path)),
        parts => format!("  - {{ {} }}", parts.join(", ")),
    };
    let _ = writeln!(out, "{text}");
}

fn behaviour(out: &mut String, contents: &Contents) {
    out.push_str("\n# Where products differ, and Okta works with all of them. These are the defaults.\n");
    let known = contents.no_groups || contents.page_size.is_some();
    let config = if contents.is_v1 { "/ServiceProviderConfigs" } else { "/ServiceProviderConfig" };
    out.push_str(if known { "behaviour:\n" } else { "# behaviour:\n" });
    let mut entry = |on: bool, text: &str, comment: &str| {
        let text = match (on, known) {
            (true, _) => format!("  {text}"),
            (false, true) => format!("  # {text}"),
            (false, false) => format!("#   {text}"),
        };
        commented(out, &text, comment);
    };
    entry(false, "deactivation: keeps", "or deletes, or removes-membership");
    entry(false, "new-users: active", "or invited: inactive until they accept");
    match contents.no_groups {
        true => entry(true, "groups: none", "the server has none"),
        false => entry(false, "groups: full", "or none, fixed, membership-only"),
    }
    entry(false, "group-members: shown", "or hidden: a group never shows its members");
    match contents.page_size {
        Some(size) => entry(true, &format!("page-size: {size}"), &format!("filter.maxResults in {config}")),
        None => entry(false, "page-size: 100", "the most resources on a page"),
    }
    entry(false, "requests-per-second: 25", "not more are sent");
}

/// Text, and in its own column what is to be said of it.
fn commented(out: &mut String, text: &str, comment: &str) {
    let comment = cut(&line(comment), MOST);
    let _ = match comment.as_str() {
        "" => writeln!(out, "{text}"),
        comment => writeln!(out, "{text:COLUMN$}# {comment}", text = format!("{text} ")),
    };
}

fn pair(key: &str, value: &str) -> String {
    format!("{key}: {}", scalar(value))
}

/// Text as a YAML scalar: as it is where nothing else can be meant, and in quotes as JSON has them, which YAML knows, too.
pub(super) fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_./:-".contains(c))
        && !text.ends_with(':');
    let means_else = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if is_plain && !means_else.contains(&text.to_ascii_lowercase().as_str()) {
        text.to_owned()
    } else {
        Value::String(text.to_owned()).to_string()
    }
}

/// Whether a name is one by RFC 7643 §2.1, or a path of such names.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.starts_with(|c: char| c.is_ascii_alphabetic())
        && path.len() <= 200
        && path.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c))
        && !path.ends_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, written) in [
            ("https://h:8080/scim/v2", "https://h:8080/scim/v2"),
            ("urn:example:2.0:User:x", "urn:example:2.0:User:x"),
            ("yes", "\"yes\""),
            ("1.0", "\"1.0\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("Key ", "\"Key \""),
            ("x\n- y", "\"x\\n- y\""),
            ("", "\"\""),
        ] {
            assert_eq!(scalar(text), written);
        }
    }

    #[test]
    fn a_comment_ends_with_its_line() {
        let mut out = String::new();
        commented(&mut out, "  - x", "says\nfeatures: []");
        assert_eq!(out.lines().count(), 1, "{out}");
    }
}

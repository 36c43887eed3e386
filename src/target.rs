//! The target file: what the owner of a server says about it.
//!
//! **Invariant:** it never holds a secret, only where to find one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::capability::{Capabilities, Capability, Evidence, Support};
use crate::source::{Diagnostic, Kind, Node, SourceFile, Span, did_you_mean, parse};

/// What the owner declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Where SCIM is served.
    pub base_url: Option<String>,
    /// Where the credential comes from.
    pub credential: Option<CredentialSource>,
    /// The user name, for Basic.
    pub user: Option<String>,
    /// The header that carries the credential as it is, instead of `Authorization: Bearer`.
    pub header: Option<String>,
    /// What the server offers and what it does not.
    pub declared: Capabilities,
}

/// Where a credential is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// In an environment variable.
    Environment(String),
    /// In a file.
    File(String),
}

const KEYS: &[&str] = &["base-url", "token-env", "token-file", "user", "header", "supports", "lacks"];

/// Reads a target file.
///
/// # Errors
/// Every mistake in it.
pub fn read(file: &Arc<SourceFile>) -> Result<Target, Vec<Diagnostic>> {
    let root = parse(file).map_err(|mistake| vec![mistake])?;
    let Kind::Map(entries) = &root.kind else {
        return Err(vec![Diagnostic::new("a target file is a mapping", &root.span, root.kind_name())]);
    };
    let mut mistakes = Vec::new();
    let mut target = Target::default();
    for (key, value) in entries {
        match key.value.as_str() {
            "base-url" => target.base_url = text(value, &mut mistakes),
            "token-env" => {
                target.credential = text(value, &mut mistakes).map(CredentialSource::Environment).or(target.credential);
            }
            "token-file" => {
                target.credential = text(value, &mut mistakes).map(CredentialSource::File).or(target.credential);
            }
            "user" => target.user = text(value, &mut mistakes),
            "header" => target.header = text(value, &mut mistakes),
            "supports" => declare(value, Declared::Supports, &mut target.declared.0, &mut mistakes),
            "lacks" => declare(value, Declared::Lacks, &mut target.declared.0, &mut mistakes),
            other => {
                let mut d = Diagnostic::new(format!("unknown key `{other}` in a target"), &key.span, "not known here");
                d.help = did_you_mean(other, KEYS).or_else(|| Some(format!("known are {}", KEYS.join(", "))));
                if other.contains("token") || other.contains("password") || other.contains("secret") {
                    d.help = Some("a target file names where the secret is: `token-env` or `token-file`".to_owned());
                }
                mistakes.push(d);
            }
        }
    }
    if mistakes.is_empty() { Ok(target) } else { Err(mistakes) }
}

#[derive(Clone, Copy)]
enum Declared {
    Supports,
    Lacks,
}

fn text(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<String> {
    let text = node.as_str().map(str::to_owned);
    if text.is_none() {
        mistakes.push(Diagnostic::new("this is text", &node.span, node.kind_name()));
    }
    text
}

fn declare(node: &Node, declared: Declared, into: &mut BTreeMap<Capability, Support>, mistakes: &mut Vec<Diagnostic>) {
    let Kind::Seq(items) = &node.kind else {
        mistakes.push(Diagnostic::new("this is a list of capabilities", &node.span, node.kind_name()));
        return;
    };
    for item in items {
        let word = item.as_str().unwrap_or_default();
        let Some(capability) = Capability::parse(word) else {
            let known: Vec<&str> = Capability::ALL.iter().map(|c| c.as_str()).collect();
            let mut d = Diagnostic::new(format!("unknown capability `{word}`"), &item.span, "no such capability");
            d.help = did_you_mean(word, &known).or_else(|| Some(format!("known are {}", known.join(", "))));
            mistakes.push(d);
            continue;
        };
        let evidence = Evidence::Declared(place(&item.span));
        let support = match declared {
            Declared::Supports => Support::Yes(evidence),
            Declared::Lacks => Support::No(evidence),
        };
        if into.insert(capability, support).is_some() {
            mistakes.push(Diagnostic::new(format!("`{word}` is declared twice"), &item.span, "second time"));
        }
    }
}

fn place(span: &Span) -> String {
    format!("{}:{}", span.file.name, span.line())
}

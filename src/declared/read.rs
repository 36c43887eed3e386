//! A target file as it is written: YAML trees into a [`Target`], every mistake collected.
//!
//! **Invariant:** pure; a mistake in the file never becomes anything else than a diagnostic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::capability::{Capability, Evidence, Support};
use crate::persona::{Clash, Definition, Personas, Said, Version};
use crate::requirement::{Edition, no_edition};
use crate::scim::V1_ENTERPRISE;
use crate::source::{Diagnostic, Kind, Located, Node, SourceFile, Span, did_you_mean, parse, suggestion};
use crate::wire::oauth::{ClientAuth, RESERVED, check_token_url};

use super::attribute::{self, Attribute, AttributeType, Use};
use super::{
    Command, CredentialSource, Deactivation, Groups, Hook, NewUsers, OAuth, Scheme, Server, Shown, Target, support,
};

const KEYS: &[&str] = &[
    "title",
    "base-url",
    "command",
    "ready",
    "edition",
    "exit-on",
    "auth",
    "scim",
    "app",
    "features",
    "supports",
    "lacks",
    "attributes",
    "behaviour",
    "test-data",
    "hook",
];
const HOOK_KEYS: &[&str] = &["url", "token-env", "token-file", "header"];
const AUTH_KEYS: &[&str] = &[
    "scheme",
    "token-env",
    "token-file",
    "user",
    "header",
    "prefix",
    "oauth",
    "second-token-env",
    "second-token-file",
    "revoked-token-env",
    "revoked-token-file",
];
const OAUTH_KEYS: &[&str] = &[
    "token-url",
    "client-id",
    "client-secret-env",
    "client-secret-file",
    "client-auth",
    "scope",
    "refresh-token-env",
    "refresh-token-file",
    "parameters",
];
const BEHAVIOUR_KEYS: &[&str] = &[
    "deactivation",
    "deactivated",
    "new-users",
    "groups",
    "group-members",
    "page-size",
    "requests-per-second",
    "media-types",
];
const ATTRIBUTE_KEYS: &[&str] = &["path", "type", "by-type", "operations", "required", "immutable", "values"];
const READY_KEYS: &[&str] = &["url", "within-seconds"];
/// How the URNs begin that SCIM 2.0 registered (RFC 7643 §10.3).
const V2_URNS: &str = "urn:ietf:params:scim:";
/// How long a server may take to get ready where the file does not say.
const READY_WITHIN: Duration = Duration::from_secs(60);
const SHOWN: &[(&str, Shown)] = &[("shown", Shown::Yes), ("hidden", Shown::No)];
const DEACTIVATION: &[(&str, Deactivation)] = &[
    ("keeps", Deactivation::Keeps),
    ("deletes", Deactivation::Deletes),
    ("removes-membership", Deactivation::RemovesMembership),
];
const NEW_USERS: &[(&str, NewUsers)] = &[("active", NewUsers::Active), ("invited", NewUsers::Invited)];
const GROUPS: &[(&str, Groups)] = &[
    ("none", Groups::None),
    ("fixed", Groups::Fixed),
    ("membership-only", Groups::MembershipOnly),
    ("full", Groups::Full),
];

/// The word for a value.
fn said<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

fn is_given(capability: &Capability) -> bool {
    Capability::GIVEN.contains(capability)
}

/// Reads a target file, with the words of these personas.
///
/// # Errors
/// Every mistake in it.
pub fn read(file: &Arc<SourceFile>, personas: &Personas) -> Result<Target, Vec<Diagnostic>> {
    let root = parse(file).map_err(|mistake| vec![mistake])?;
    let mut reader = Reader { personas, target: Target::default(), mistakes: Vec::new(), said: BTreeMap::new() };
    reader.target(&root);
    reader.mistakes.sort_by_key(|mistake| mistake.span.bytes.start);
    if reader.mistakes.is_empty() { Ok(reader.target) } else { Err(reader.mistakes) }
}

struct Reader<'a> {
    personas: &'a Personas,
    target: Target,
    mistakes: Vec<Diagnostic>,
    /// The words that `behaviour` has, by its keys, and where they stand.
    said: BTreeMap<&'static str, (&'static str, Span)>,
}

fn place(span: &Span) -> String {
    format!("{}:{}", span.file.name, span.line())
}

impl Reader<'_> {
    fn mistake(&mut self, message: impl Into<String>, span: &Span, label: impl Into<String>) -> &mut Diagnostic {
        self.mistakes.push(Diagnostic::new(message, span, label));
        let last = self.mistakes.len() - 1;
        &mut self.mistakes[last]
    }

    fn target(&mut self, root: &Node) {
        let Some(entries) = self.mapping(root, "a target file", KEYS) else { return };
        let at = |key: &str| entries.iter().find(|(k, _)| k.value == key);
        if let Some((_, node)) = at("title") {
            self.text(node);
        }
        if let Some((_, node)) = at("base-url") {
            self.target.base_url = self.text(node);
        }
        let command = at("command").and_then(|(_, node)| self.command(node));
        let ready = at("ready").map(|(key, node)| (&key.span, self.ready(node)));
        match (at("command"), ready) {
            (None, Some((span, _))) => {
                self.mistake("`ready` says when what `command` starts is ready", span, "there is no `command`");
            }
            (_, ready) => {
                let (ready, within) = ready.map_or((None, READY_WITHIN), |(_, ready)| ready);
                self.target.server = command.map(|command| Server { command, ready, within });
            }
        }
        if let Some((_, node)) = at("edition") {
            match Edition::of(node) {
                Some(value) => self.target.edition = Some(Located { value, span: node.span.clone() }),
                None => self.mistakes.push(no_edition("edition", &node.span)),
            }
        }
        if let Some((_, node)) = at("exit-on") {
            for item in self.list(node, "names") {
                if let Some(value) = self.text(item) {
                    self.target.exit_on.push(Located { value, span: item.span.clone() });
                }
            }
        }
        if let Some((_, node)) = at("auth") {
            self.auth(node);
        }
        if let Some((_, node)) = at("scim") {
            self.version(node);
        }
        for (key, declared) in [("supports", Shown::Yes), ("lacks", Shown::No)] {
            if let Some((_, node)) = at(key) {
                self.declare(node, declared);
            }
        }
        // Behaviour before features: a switch that cannot be on is told by what rules it out.
        if let Some((_, node)) = at("behaviour") {
            self.behaviour(node);
        }
        if let Some((_, node)) = at("app") {
            self.app(node);
        }
        if let Some((key, node)) = at("features") {
            self.features(&key.span, node);
        }
        if let Some((key, node)) = at("attributes") {
            self.attributes(&key.span, node);
        }
        if let Some((_, node)) = at("test-data") {
            self.test_data(node);
        }
        if let Some((_, node)) = at("attributes") {
            self.required(node);
        }
        if let Some((key, node)) = at("hook") {
            self.target.hook = self.hook(&key.span, node);
        }
    }

    fn mapping<'n>(&mut self, node: &'n Node, what: &str, keys: &[&str]) -> Option<&'n [(Located<String>, Node)]> {
        let Kind::Map(entries) = &node.kind else {
            self.mistake(format!("{what} is a mapping"), &node.span, node.kind_name());
            return None;
        };
        for (key, _) in entries.iter().filter(|(key, _)| !keys.contains(&key.value.as_str())) {
            let written = key.value.as_str();
            let secret = ["token", "password", "secret", "key", "bearer", "credential"];
            let help = if keys.contains(&format!("{written}-env").as_str()) {
                format!("a target file names where the secret is: `{written}-env: …` or `{written}-file: …`")
            } else if AUTH_KEYS.contains(&written) {
                format!("it belongs below `auth`: `auth: {{ {written}: … }}`")
            } else if OAUTH_KEYS.contains(&written) {
                format!("it belongs below `auth` and `oauth`: `auth: {{ oauth: {{ {written}: … }} }}`")
            } else if BEHAVIOUR_KEYS.contains(&written) {
                format!("it belongs below `behaviour`: `behaviour: {{ {written}: … }}`")
            } else if secret.iter().any(|word| written.to_lowercase().contains(word)) {
                "a target file names where the secret is: `auth: { token-env: … }` or `auth: { token-file: … }`"
                    .to_owned()
            } else {
                suggestion(written, keys)
            };
            self.mistake(format!("unknown key `{written}` in {what}"), &key.span, "not known here").help = Some(help);
        }
        Some(entries)
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        let text = node.as_str().map(str::to_owned);
        if text.is_none() {
            self.mistake("this is text", &node.span, node.kind_name());
        }
        text
    }

    fn flag(&mut self, node: &Node) -> Option<Shown> {
        match node.kind {
            Kind::Bool(true) => Some(Shown::Yes),
            Kind::Bool(false) => Some(Shown::No),
            _ => {
                self.mistake("this is true or false", &node.span, node.kind_name());
                None
            }
        }
    }

    fn list<'n>(&mut self, node: &'n Node, of: &str) -> &'n [Node] {
        match &node.kind {
            Kind::Seq(items) => items,
            _ => {
                self.mistake(format!("this is a list of {of}"), &node.span, node.kind_name());
                &[]
            }
        }
    }

    /// One of a few words.
    fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let written = node.as_str().unwrap_or_default();
        let found = words.iter().find(|(word, _)| *word == written).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let label = if written.is_empty() { node.kind_name() } else { "not one of them" };
            let help = did_you_mean(written, &known).unwrap_or_else(|| format!("write {}", known.join(", ")));
            self.mistake(format!("this is not {what}"), &node.span, label).help = Some(help);
        }
        found
    }

    fn command(&mut self, node: &Node) -> Option<Command> {
        let command = match &node.kind {
            Kind::Seq(items) => {
                let words: Vec<Option<String>> = items.iter().map(|item| self.text(item)).collect();
                Command::Program(words.into_iter().collect::<Option<_>>()?)
            }
            _ => Command::Shell(self.text(node)?),
        };
        let is_empty = match &command {
            Command::Shell(line) => line.trim().is_empty(),
            Command::Program(words) => words.first().is_none_or(|program| program.trim().is_empty()),
        };
        if is_empty {
            self.mistake("`command` starts the server", &node.span, "nothing to start").help =
                Some("such as `command: npm start`, or as a list of words: `command: [python3, server.py]`".to_owned());
            return None;
        }
        Some(command)
    }

    /// What answers once the server is ready, and how long that may take.
    fn ready(&mut self, node: &Node) -> (Option<String>, Duration) {
        let Kind::Map(_) = &node.kind else { return (self.ready_url(node), READY_WITHIN) };
        let Some(entries) = self.mapping(node, "`ready`", READY_KEYS) else { return (None, READY_WITHIN) };
        let at = |key: &str| entries.iter().find(|(k, _)| k.value == key).map(|(_, node)| node);
        let url = at("url").and_then(|node| self.ready_url(node));
        let Some(node) = at("within-seconds") else { return (url, READY_WITHIN) };
        let seconds = match &node.kind {
            Kind::Number(number) => number.as_f64().filter(|seconds| *seconds > 0.0 && *seconds <= 3600.0),
            _ => None,
        };
        if seconds.is_none() {
            self.mistake("`within-seconds` is a number above 0, at most 3600", &node.span, "not such a number");
        }
        (url, seconds.map_or(READY_WITHIN, Duration::from_secs_f64))
    }

    fn ready_url(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let is_url = text.starts_with("http://") || text.starts_with("https://");
        if !is_path && !is_url {
            self.mistake("`ready` is a path or a URL that answers once the server is ready", &node.span, "neither")
                .help = Some("such as `ready: /health` on the host of the base URL".to_owned());
            return None;
        }
        Some(text)
    }

    fn auth(&mut self, node: &Node) {
        let Some(entries) = self.mapping(node, "`auth`", AUTH_KEYS) else { return };
        let at = |key: &str| entries.iter().find(|(k, _)| k.value == key);
        self.target.auth.credential = self.source(entries, "token");
        self.target.auth.second = self.source(entries, "second-token");
        self.target.auth.revoked = self.source(entries, "revoked-token");
        if let Some((key, node)) = at("oauth") {
            self.target.auth.oauth = self.oauth(node, &key.span);
            for (key, _) in ["token-env", "token-file"].iter().filter_map(|key| at(key)) {
                let message = format!("`{}` has no meaning with `oauth`", key.value);
                self.mistake(message, &key.span, "not used").help =
                    Some("the token is asked for at `token-url`".to_owned());
            }
        }
        let text = |reader: &mut Self, key: &str| at(key).and_then(|(_, node)| reader.text(node));
        let (user, header, prefix) = (text(self, "user"), text(self, "header"), text(self, "prefix"));
        let scheme = match at("scheme").and_then(|(_, node)| node.as_str().map(|word| (word, node))) {
            Some((word, node)) if word == "oauth" || word == "oauth2" => {
                self.mistake("what OAuth issues is sent with `scheme: bearer`", &node.span, "not a scheme").help = Some(
                    "how a token is got stands beside it: `oauth: { token-url: …, client-id: …, client-secret-env: … }`"
                        .to_owned(),
                );
                return;
            }
            Some((_, node)) => {
                let words = [("bearer", "bearer"), ("basic", "basic"), ("header", "header")];
                let Some(word) = self.word(node, "a way to send a credential", &words) else { return };
                word
            }
            // The other keys say it, too.
            None if user.is_some() => "basic",
            None if header.is_some() => "header",
            None => "bearer",
        };
        if let (Some((key, _)), "basic" | "header") = (at("oauth"), scheme) {
            self.mistake(format!("`oauth` has no meaning with `scheme: {scheme}`"), &key.span, "not used");
        }
        let misplaced: &[&str] = match scheme {
            "basic" => &["header", "prefix"],
            "header" => &["user"],
            _ => &["user", "header", "prefix"],
        };
        for (key, _) in misplaced.iter().filter_map(|key| at(key)) {
            self.mistake(format!("`{}` has no meaning with `scheme: {scheme}`", key.value), &key.span, "not used");
        }
        let span = at("scheme").map_or(&node.span, |(_, node)| &node.span);
        self.target.auth.scheme = match scheme {
            "basic" => match user {
                Some(user) => Scheme::Basic { user },
                None => {
                    self.mistake("`scheme: basic` needs a user name", span, "without one").help =
                        Some("add `user: NAME`; the credential is the password".to_owned());
                    return;
                }
            },
            "header" => {
                let name = header.unwrap_or_else(|| "Authorization".to_owned());
                let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
                if let (Some((_, node)), false) = (at("header"), !name.is_empty() && name.chars().all(is_token)) {
                    self.mistake(format!("`{name}` cannot be the name of a header"), &node.span, "not a header name");
                }
                Scheme::Header { name, prefix: prefix.unwrap_or_default() }
            }
            _ => Scheme::Bearer,
        };
    }

    /// Where a secret comes from: `NAME-env` or `NAME-file`.
    fn source(&mut self, entries: &[(Located<String>, Node)], name: &str) -> Option<CredentialSource> {
        let (env, file) = (format!("{name}-env"), format!("{name}-file"));
        let mut sources = Vec::new();
        for (written, source) in [
            (&env, CredentialSource::Environment as fn(String) -> CredentialSource),
            (&file, CredentialSource::File as fn(String) -> CredentialSource),
        ] {
            if let Some((key, node)) = entries.iter().find(|(key, _)| key.value == *written) {
                let place = self.text(node);
                self.names_a_place(key, node);
                sources.extend(place.map(|place| (key, source(place))));
            }
        }
        if let [_, (second, _)] = sources.as_slice() {
            let span = second.span.clone();
            let what = if name == "token" { "credential".to_owned() } else { name.replace('-', " ") };
            self.mistake(format!("the {what} has two sources"), &span, "the second one").help =
                Some(format!("name either `{env}` or `{file}`"));
        }
        sources.into_iter().next().map(|(_, source)| source)
    }

    /// Secrets that were pasted where the name of their place belongs.
    fn names_a_place(&mut self, key: &Located<String>, node: &Node) {
        let name = node.as_str().unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_variable =
            !name.is_empty() && name.chars().all(is_name) && !name.starts_with(|c: char| c.is_ascii_digit());
        if key.value.ends_with("-env") && node.as_str().is_some() && !is_variable {
            let message = format!("`{}` is the name of an environment variable", key.value);
            self.mistake(message, &node.span, "not such a name").help =
                Some("such as SCIM_TOKEN: letters, digits and `_`; the secret itself is never written here".to_owned());
        }
    }

    /// The service for Okta's import hook: an address, or an address and how it is convinced.
    fn hook(&mut self, key: &Span, node: &Node) -> Option<Hook> {
        if let Some(url) = node.as_str() {
            return Some(Hook { url: url.to_owned(), credential: None, header: None });
        }
        let entries = self.mapping(node, "`hook`", HOOK_KEYS)?;
        let at = |key: &str| entries.iter().find(|(k, _)| k.value == key).map(|(_, node)| node);
        let credential = self.source(entries, "token");
        let header = at("header").and_then(|node| self.text(node).map(|name| (name, node)));
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if let Some((name, node)) = &header
            && (name.is_empty() || !name.chars().all(is_token))
        {
            self.mistake(format!("`{name}` cannot be the name of a header"), &node.span, "not a header name");
        }
        let Some(url) = at("url") else {
            self.mistake("`hook` needs `url`", key, "without one").help =
                Some("where Okta's import hook is served: `url: https://…`".to_owned());
            return None;
        };
        Some(Hook { url: self.text(url)?, credential, header: header.map(|(name, _)| name) })
    }

    fn oauth(&mut self, node: &Node, key: &Span) -> Option<OAuth> {
        let entries = self.mapping(node, "`oauth`", OAUTH_KEYS)?;
        let at = |key: &str| entries.iter().find(|(k, _)| k.value == key).map(|(_, node)| node);
        let client_secret = self.source(entries, "client-secret");
        let refresh_token = self.source(entries, "refresh-token");
        let scope = at("scope").and_then(|node| self.text(node));
        let words = [("basic", ClientAuth::Basic), ("body", ClientAuth::Body)];
        let client_auth = at("client-auth").and_then(|node| self.word(node, "a way to show the client", &words));
        let mut parameters = Vec::new();
        if let Some(node) = at("parameters") {
            match &node.kind {
                Kind::Map(entries) => {
                    for (name, node) in entries {
                        if RESERVED.contains(&name.value.as_str()) {
                            let message = format!("`{}` is not for `parameters` to set", name.value);
                            self.mistake(message, &name.span, "it has a key of its own").help =
                                Some(format!("known are {}", OAUTH_KEYS.join(", ")));
                        }
                        parameters.extend(self.text(node).map(|value| (name.value.clone(), value)));
                    }
                }
                _ => {
                    self.mistake("`parameters` is a mapping", &node.span, node.kind_name()).help =
                        Some("such as `parameters: { audience: https://api.example.com }`".to_owned());
                }
            }
        }
        if let Some(node) = at("token-url")
            && let Some(text) = node.as_str()
            && let Err(error) = check_token_url(text)
        {
            self.mistake(error.to_string(), &node.span, "not such an address");
        }
        let mut needed = |name: &str, help: &str| match at(name) {
            Some(node) => self.text(node),
            None => {
                self.mistake(format!("`oauth` needs `{name}`"), key, "without one").help = Some(help.to_owned());
                None
            }
        };
        let token_url = needed("token-url", "where tokens are issued: `token-url: https://…/token`");
        let client_id = needed("client-id", "as the authorization server knows scim-check: `client-id: …`");
        Some(OAuth {
            token_url: token_url?,
            client_id: client_id?,
            client_secret,
            client_auth: client_auth.unwrap_or_default(),
            scope,
            refresh_token,
            parameters,
        })
    }

    fn version(&mut self, node: &Node) {
        let nodes = match &node.kind {
            Kind::Seq(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for node in nodes {
            match Version::of(node) {
                Some(version) => drop(self.target.scim.insert(version)),
                None => {
                    self.mistake("this is not a version of SCIM", &node.span, "neither 1.1 nor 2.0");
                    return;
                }
            }
        }
    }

    fn app(&mut self, node: &Node) {
        let personas = self.personas;
        // A kind of app that speaks both versions is in two folders.
        let words: BTreeSet<&str> = personas.apps().map(|app| app.word.as_str()).collect();
        let words: Vec<(&str, &str)> = words.into_iter().map(|word| (word, word)).collect();
        let Some(word) = self.word(node, "a kind of app", &words) else { return };
        let speaks = personas.versions_of(word);
        if !self.target.scim.is_empty() && self.target.scim.is_disjoint(&speaks) {
            let other = speaks.first().copied().unwrap_or_default().as_str();
            self.mistake(
                format!("an app of the kind `{word}` speaks SCIM {other}"),
                &node.span,
                "not what `scim` says",
            )
            .help = Some(format!("take this kind with `scim: \"{other}\"`, or another kind"));
            return;
        }
        self.target.app = Some(word.to_owned());
        let place = place(&node.span);
        for app in personas.apps() {
            let is_this = if app.word == word { Shown::Yes } else { Shown::No };
            self.know(app.capability, support(is_this, &place));
            for implied in app.implies.iter().filter(|_| is_this == Shown::Yes) {
                self.know(*implied, support(Shown::Yes, &place));
            }
        }
    }

    fn know(&mut self, capability: Capability, support: Support) {
        // What `supports` and `lacks` say in so many words goes before what follows from elsewhere.
        self.target.declared.0.entry(capability).or_insert(support);
    }

    fn declare(&mut self, node: &Node, declared: Shown) {
        for item in self.list(node, "capabilities") {
            let word = item.as_str().unwrap_or_default();
            let Some(capability) = self.personas.find(word) else {
                let known = self.personas.known();
                let known: Vec<Capability> = known.into_iter().filter(|known| !is_given(known)).collect();
                self.unknown(item, "capability", &known);
                continue;
            };
            if is_given(&capability) {
                self.mistake(format!("`{word}` cannot be declared"), &item.span, "given for a run, or not").help =
                    Some("name where it is found: `auth: { second-token-env: … }` or `revoked-token-env`".to_owned());
                continue;
            }
            let support = support(declared, &place(&item.span));
            if self.target.declared.0.insert(capability, support).is_some() {
                self.mistake(format!("`{word}` is declared twice"), &item.span, "second time");
            }
        }
    }

    fn unknown(&mut self, node: &Node, what: &str, known: &[Capability]) {
        let word = node.as_str().unwrap_or_default().to_owned();
        let known: Vec<&str> = known.iter().map(|c| c.as_str()).collect();
        let help = suggestion(&word, &known);
        self.mistake(format!("unknown {what} `{word}`"), &node.span, format!("no such {what}")).help = Some(help);
    }

    fn features(&mut self, key: &Span, node: &Node) {
        let version = self.target.version();
        let known = self.personas.features_of(self.target.app.as_deref(), version);
        let of_others = self.personas.features();
        let mut features = BTreeSet::new();
        let mut at = Vec::new();
        for item in self.list(node, "features") {
            let word = item.as_str().unwrap_or_default();
            let Some(feature) = known.iter().copied().find(|feature| feature.as_str() == word) else {
                let in_another = self.personas.features_of(self.target.app.as_deref(), None);
                match &self.target.app {
                    _ if in_another.iter().any(|feature| feature.as_str() == word) => {
                        let version = version.unwrap_or_default().as_str();
                        let message = format!("`{word}` is nothing that is done in SCIM {version}");
                        let known: Vec<&str> = known.iter().map(|feature| feature.as_str()).collect();
                        self.mistake(message, &item.span, "not in this version").help =
                            Some(format!("there are {}", known.join(", ")));
                    }
                    Some(app) if of_others.iter().any(|feature| feature.as_str() == word) => {
                        let message = format!("`{word}` is no switch of an app of the kind `{app}`");
                        let known: Vec<&str> = known.iter().map(|feature| feature.as_str()).collect();
                        self.mistake(message, &item.span, "another provider's").help =
                            Some(format!("it has {}", known.join(", ")));
                    }
                    _ => self.unknown(item, "feature", &known),
                }
                continue;
            };
            if !features.insert(feature) {
                self.mistake(format!("`{word}` is declared twice"), &item.span, "second time");
            }
            at.push((feature, item.span.clone()));
        }
        for (feature, span) in &at {
            if let Some(Support::Yes(_) | Support::No(_)) = self.target.declared.0.get(feature) {
                self.mistake(format!("`{feature}` is declared twice"), span, "second time").help =
                    Some("`features` says it all; take it out of `supports` or `lacks`".to_owned());
            }
            self.contradiction(*feature, span);
        }
        for feature in known {
            let support = match at.iter().find(|(declared, _)| *declared == feature) {
                Some((_, span)) => Support::Yes(Evidence::Declared(place(span))),
                None => Support::No(Evidence::NotListed(place(key))),
            };
            self.know(feature, support);
        }
        let personas = self.personas;
        for Definition { capability, rules_out, .. } in personas.definitions() {
            let Some((_, span)) = at.iter().find(|(feature, _)| feature == capability) else { continue };
            let because = || Box::new(Evidence::Declared(place(span)));
            for ruled_out in rules_out {
                let support = Support::No(Evidence::Inferred { from: *capability, because: because() });
                // A switch that is on as well waits, or does nothing.
                match at.iter().any(|(listed, _)| listed == ruled_out) {
                    true => {
                        self.target.declared.0.insert(*ruled_out, support);
                    }
                    false => self.know(*ruled_out, support),
                }
            }
        }
        self.target.features = Some(features);
    }

    /// Features that cannot be on, by what is said elsewhere.
    fn contradiction(&mut self, feature: Capability, span: &Span) {
        let personas = self.personas;
        let clashes =
            personas.definitions().filter(|known| known.capability == feature).flat_map(|known| &known.never_with);
        for Clash { key, values, because } in clashes {
            let is_so = match key.as_str() {
                "app" => self.target.app.as_ref().is_some_and(|app| values.contains(app)),
                key => values.iter().any(|value| value == self.behaves(key)),
            };
            if is_so {
                self.mistake(format!("`{feature}` cannot be on"), span, "contradicts what is said elsewhere").help =
                    Some(because.clone());
                return;
            }
        }
    }

    /// The word of a key of `behaviour`, also where the file does not say.
    fn behaves(&self, key: &str) -> &'static str {
        let behaviour = &self.target.behaviour;
        match key {
            "deactivation" => said(DEACTIVATION, behaviour.deactivation),
            "deactivated" => said(SHOWN, behaviour.deactivated),
            "new-users" => said(NEW_USERS, behaviour.new_users),
            "groups" => said(GROUPS, behaviour.groups),
            "group-members" => said(SHOWN, behaviour.group_members),
            _ => "",
        }
    }

    /// What follows from what the file says of the product.
    fn conclude(&mut self) {
        let personas = self.personas;
        for Definition { capability, said_by, .. } in personas.definitions() {
            let Some(Said::Behaviour { key, values }) = said_by else { continue };
            if let Some((word, span)) = self.said.get(key.as_str()) {
                let is_so = if values.iter().any(|value| value == word) { Shown::Yes } else { Shown::No };
                let support = support(is_so, &place(span));
                self.know(*capability, support);
            }
        }
    }

    fn behaviour(&mut self, node: &Node) {
        let Some(entries) = self.mapping(node, "`behaviour`", BEHAVIOUR_KEYS) else { return };
        let at = |key: &str| entries.iter().find(|(k, _)| k.value == key).map(|(_, node)| node);
        if let Some(node) = at("deactivation")
            && let Some(deactivation) = self.word(node, "what a deactivation does", DEACTIVATION)
        {
            self.target.behaviour.deactivation = deactivation;
            let shown = if deactivation == Deactivation::Keeps { Shown::Yes } else { Shown::No };
            self.target.behaviour.deactivated = shown;
            self.say("deactivation", node);
        }
        if let Some(node) = at("deactivated")
            && let Some(shown) = self.word(node, "shown or hidden", SHOWN)
        {
            if shown == Shown::Yes && self.target.behaviour.deactivation == Deactivation::Deletes {
                self.mistake("a deleted user cannot be shown", &node.span, "with `deactivation: deletes`");
            }
            self.target.behaviour.deactivated = shown;
        }
        if let Some(node) = at("deactivated").or_else(|| at("deactivation")) {
            self.say("deactivated", node);
        }
        if let Some(node) = at("new-users")
            && let Some(new) = self.word(node, "what a new user is", NEW_USERS)
        {
            self.target.behaviour.new_users = new;
            self.say("new-users", node);
        }
        if let Some(node) = at("groups") {
            self.groups(node);
        }
        if let Some(node) = at("group-members")
            && let Some(shown) = self.word(node, "shown or hidden", SHOWN)
        {
            self.target.behaviour.group_members = shown;
            self.say("group-members", node);
        }
        if let Some(node) = at("page-size") {
            let size = match &node.kind {
                Kind::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0),
                _ => None,
            };
            match size {
                None => {
                    self.mistake("`page-size` is a whole number from 1 up", &node.span, "not such a number");
                }
                Some(size) => {
                    self.target.behaviour.page_size = Some(size);
                    let personas = self.personas;
                    for Definition { capability, said_by, .. } in personas.definitions() {
                        if let Some(Said::PageSize(least)) = said_by {
                            let whole = if size >= *least { Shown::Yes } else { Shown::No };
                            self.know(*capability, support(whole, &place(&node.span)));
                        }
                    }
                }
            }
        }
        if let Some(node) = at("requests-per-second") {
            let rate = match &node.kind {
                Kind::Number(number) => number.as_f64().filter(|rate| *rate > 0.0),
                _ => None,
            };
            if rate.is_none() {
                self.mistake("`requests-per-second` is a number above 0", &node.span, "not such a number");
            }
            self.target.behaviour.requests_per_second = rate;
        }
        if let Some(node) = at("media-types") {
            self.media_types(node);
        }
        self.conclude();
    }

    /// Remembers where a key of `behaviour` stands; its value is known by then.
    fn say(&mut self, key: &'static str, node: &Node) {
        self.said.insert(key, (self.behaves(key), node.span.clone()));
    }

    fn groups(&mut self, node: &Node) {
        let Some(groups) = self.word(node, "what can be done with groups", GROUPS) else { return };
        self.target.behaviour.groups = groups;
        self.say("groups", node);
        let there = if groups == Groups::None { Shown::No } else { Shown::Yes };
        self.know(Capability::Groups, support(there, &place(&node.span)));
    }

    fn media_types(&mut self, node: &Node) {
        let Some(entries) = self.mapping(node, "`media-types`", &["takes", "answers"]) else { return };
        for (key, node) in entries {
            let nodes = if key.value == "takes" { self.list(node, "media types") } else { std::slice::from_ref(node) };
            for item in nodes {
                let Some(text) = self.text(item) else { continue };
                if !text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty()) {
                    self.mistake(format!("`{text}` is not a media type"), &item.span, "not a media type").help =
                        Some("such as application/scim+json".to_owned());
                }
                match key.value.as_str() {
                    "takes" => self.target.behaviour.takes.push(text),
                    _ => self.target.behaviour.answers = Some(text),
                }
            }
            if key.value == "takes" {
                let personas = self.personas;
                for Definition { capability, said_by, .. } in personas.definitions() {
                    if let Some(Said::MediaType(wanted)) = said_by {
                        let taken = self.target.behaviour.takes.iter().any(|text| text == wanted);
                        let taken = if taken { Shown::Yes } else { Shown::No };
                        self.know(*capability, support(taken, &place(&node.span)));
                    }
                }
            }
        }
    }

    fn attributes(&mut self, key: &Span, node: &Node) {
        let mut attributes: Vec<Attribute> = Vec::new();
        for item in self.list(node, "attributes") {
            let Some(attribute) = self.attribute(item) else { continue };
            if attributes.iter().any(|other| other.path.eq_ignore_ascii_case(&attribute.path)) {
                self.mistake(format!("`{}` is declared twice", attribute.path), &item.span, "second time");
                continue;
            }
            attributes.push(attribute);
        }
        attribute::conclude(&attributes, &place(key), self.personas, &mut self.target.declared);
        self.target.attributes = Some(attributes);
    }

    fn attribute(&mut self, node: &Node) -> Option<Attribute> {
        let mut attribute = Attribute {
            path: String::new(),
            kind: AttributeType::String,
            by_type: Vec::new(),
            uses: Use::all(),
            required: false,
            immutable: false,
            values: Vec::new(),
            place: place(&node.span),
        };
        if let Some(path) = node.as_str() {
            attribute.path = path.to_owned();
            return self.known(path, &node.span).then_some(attribute);
        }
        let entries = self.mapping(node, "an attribute", ATTRIBUTE_KEYS)?;
        let at = |key: &str| entries.iter().find(|(k, _)| k.value == key).map(|(_, node)| node);
        let Some(path) = at("path") else {
            self.mistake("an attribute needs a path", &node.span, "without one").help =
                Some("such as `path: title`, or `path: urn:…:User:department`".to_owned());
            return None;
        };
        let written = self.text(path)?;
        let is_known = self.known(&written, &path.span);
        attribute.path = written;
        if let Some(node) = at("type") {
            attribute.kind = self.word(node, "a type of attribute", AttributeType::WORDS).unwrap_or(attribute.kind);
        }
        if let Some(node) = at("by-type") {
            attribute.by_type = self.list(node, "types").iter().filter_map(|item| self.text(item)).collect();
        }
        if let Some(node) = at("operations") {
            let items = self.list(node, "operations");
            attribute.uses = items.iter().filter_map(|item| self.word(item, "an operation", Use::WORDS)).collect();
        }
        if let Some(node) = at("values") {
            attribute.values = self.list(node, "values").iter().map(Node::to_json).collect();
        }
        if let Some(node) = at("required") {
            attribute.required = self.flag(node) == Some(Shown::Yes);
        }
        if let Some(node) = at("immutable") {
            attribute.immutable = self.flag(node) == Some(Shown::Yes);
        }
        if attribute.required {
            attribute.uses.remove(&Use::Clear);
        }
        if attribute.immutable {
            attribute.uses.remove(&Use::Clear);
            attribute.uses.remove(&Use::Update);
        }
        is_known.then_some(attribute)
    }

    /// Whether it speaks SCIM 1.1 and nothing else, as `scim` says, or the kind of app.
    fn speaks_v1(&self) -> bool {
        let of_app = || self.target.app.as_ref().map(|app| self.personas.versions_of(app)).unwrap_or_default();
        let spoken = if self.target.scim.is_empty() { of_app() } else { self.target.scim.clone() };
        spoken == BTreeSet::from([Version::V1])
    }

    fn known(&mut self, path: &str, span: &Span) -> bool {
        let urn = path.rsplit_once(':').map_or("", |(urn, _)| urn);
        if urn.to_lowercase().starts_with(V2_URNS) && self.speaks_v1() {
            let name = path.rsplit(':').next().unwrap_or_default();
            let name = if name == "manager.value" { "manager.managerId" } else { name };
            let help = match attribute::of_enterprise(path) {
                Some(_) => format!("in 1.1 it is `{V1_ENTERPRISE}:{name}`"),
                None => format!("an attribute of the core schema is written without a URN: `{name}`"),
            };
            let message = format!("SCIM 1.1 has no attribute `{path}`");
            self.mistake(message, span, "an attribute of SCIM 2.0").help = Some(help);
            return false;
        }
        let Some((known, name)) = attribute::registered(path) else { return true };
        let is_known = known.iter().any(|core| core.eq_ignore_ascii_case(name));
        if !is_known {
            let help = did_you_mean(name, known).unwrap_or_else(|| {
                "an attribute of an extension is written with its URN: `urn:…:User:startDate`".to_owned()
            });
            self.mistake(format!("there is no attribute `{path}` of a user"), span, "no such attribute").help =
                Some(help);
        }
        is_known
    }

    fn test_data(&mut self, node: &Node) {
        let Some(entries) = self.mapping(node, "`test-data`", &["domain", "extra"]) else { return };
        for (key, node) in entries {
            match key.value.as_str() {
                "domain" => {
                    let Some(domain) = self.text(node) else { continue };
                    let fits = |c: char| c.is_alphanumeric() || ".-".contains(c);
                    if domain.is_empty() || !domain.chars().all(fits) {
                        self.mistake(format!("`{domain}` is not a domain"), &node.span, "not a domain").help =
                            Some("it follows `@` in user names, such as scim-test.example.com".to_owned());
                    }
                    self.target.test_data.domain = Some(domain);
                }
                "extra" => match node.to_json() {
                    Value::Object(extra) => {
                        self.drawn(node);
                        self.target.test_data.extra = extra;
                    }
                    _ => {
                        self.mistake("`extra` is a mapping", &node.span, node.kind_name()).help =
                            Some("the attributes that each test user has, as they stand in a request".to_owned());
                    }
                },
                _ => {}
            }
        }
    }

    /// Values of test data that the attribute cannot have.
    fn drawn(&mut self, extra: &Node) {
        let attributes = self.target.attributes.clone().unwrap_or_default();
        for attribute in attributes.iter().filter(|attribute| !attribute.values.is_empty()) {
            let found = match attribute.path.rsplit_once(':') {
                Some((urn, name)) => extra.get(urn).and_then(|extension| extension.get(name)),
                None => attribute.path.split('.').try_fold(extra, |node, part| node.get(part)),
            };
            if let Some(node) = found.filter(|node| !attribute.values.contains(&node.to_json())) {
                self.mistake(
                    format!("`{}` cannot have this value", attribute.path),
                    &node.span,
                    "not one of its values",
                )
                .help = Some(format!("its values are declared in {}", attribute.place));
            }
        }
    }

    /// Gives required attributes one of their values, and asks for those that have none.
    fn required(&mut self, node: &Node) {
        let attributes = self.target.attributes.clone().unwrap_or_default();
        let mut extra = std::mem::take(&mut self.target.test_data.extra);
        for attribute in attributes.iter().filter(|attribute| attribute.required) {
            if attribute::is_always_sent(&attribute.path) || holds(&extra, &attribute.path) {
                continue;
            }
            match (attribute.values.first(), attribute.by_type.is_empty()) {
                (Some(value), true) => give(&mut extra, &attribute.path, value.clone()),
                _ => {
                    let item = self.list(node, "attributes").iter().find(|item| place(&item.span) == attribute.place);
                    let span = item.map_or(&node.span, |item| &item.span).clone();
                    let message =
                        format!("`{}` is required, and nothing says what test users shall have", attribute.path);
                    self.mistake(message, &span, "without a value").help = Some(
                        "give it in `test-data: { extra: … }` as it stands in a request, or list its `values`"
                            .to_owned(),
                    );
                }
            }
        }
        self.target.test_data.extra = extra;
    }
}

/// The object in which an attribute stands, and its name there.
fn parts(path: &str) -> (Vec<&str>, &str) {
    let (above, rest) = match path.rsplit_once(':') {
        Some((urn, name)) => (Some(urn), name),
        None => (None, path),
    };
    let mut parts: Vec<&str> = above.into_iter().chain(rest.split('.')).collect();
    let last = parts.pop().unwrap_or(path);
    (parts, last)
}

fn holds(extra: &Map<String, Value>, path: &str) -> bool {
    let (above, last) = parts(path);
    let mut at = Some(extra);
    for part in above {
        at = at.and_then(|object| object.get(part)).and_then(Value::as_object);
    }
    at.is_some_and(|object| object.contains_key(last))
}

fn give(extra: &mut Map<String, Value>, path: &str, value: Value) {
    let (above, last) = parts(path);
    let mut at = extra;
    for part in above {
        let inner = at.entry(part).or_insert_with(|| Value::Object(Map::new()));
        match inner {
            Value::Object(object) => at = object,
            _ => return,
        }
    }
    at.insert(last.to_owned(), value);
}

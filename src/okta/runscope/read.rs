//! JSON into an [`Export`], or every mistake in it.

use std::sync::Arc;

use serde_json::Value;

use crate::source::{Diagnostic, Kind, Located, Node, SourceFile, Span, did_you_mean, parse};

use super::{Assertion, Comparison, Export, Extraction, Path, RequestStep, Script, Step, Subject};

/// Whether the scripts of an export count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scripts {
    /// Those that are known by what they do; another one is a mistake.
    #[default]
    Known,
    /// None of them.
    None,
}

/// Reads an export.
///
/// # Errors
/// Every mistake, each with its place in the file and in the JSON.
pub fn read(file: &Arc<SourceFile>, scripts: Scripts) -> Result<Export, Vec<Diagnostic>> {
    let root = tree(file).map_err(|mistake| vec![mistake])?;
    let mut reader = Reader { scripts, mistakes: Vec::new() };
    let export = reader.export(file, &root);
    match export {
        Some(export) if reader.mistakes.is_empty() => Ok(export),
        _ => Err(reader.mistakes),
    }
}

/// The JSON with its places. JSON is YAML but for corners of its strings; a file from there is read without places.
fn tree(file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let line = text[line_start..].split('\n').next().unwrap_or_default();
        // Columns are counted in bytes, from 1.
        let at = line_start + error.column().saturating_sub(1).min(line.len()) + (file.text.len() - text.len());
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or(&said).to_owned();
        Diagnostic::new(format!("this is not JSON: {said}"), &Span { file: Arc::clone(file), bytes: at..at }, "here")
            .help("an export is what Runscope writes with Export Test; the file must not be edited halfway")
    })?;
    match parse(file) {
        Ok(node) if node.to_json() == value => Ok(node),
        _ => Ok(placeless(value, &Span::start_of(file))),
    }
}

fn placeless(value: Value, span: &Span) -> Node {
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(b) => Kind::Bool(b),
        Value::Number(n) => Kind::Number(n),
        Value::String(s) => Kind::String(s),
        Value::Array(items) => Kind::Seq(items.into_iter().map(|item| placeless(item, span)).collect()),
        Value::Object(fields) => Kind::Map(
            fields
                .into_iter()
                .map(|(key, value)| (Located { value: key, span: span.clone() }, placeless(value, span)))
                .collect(),
        ),
    };
    Node { kind, span: span.clone() }
}

/// The most steps that are read. Okta's have at most thirty.
const MAX_STEPS: usize = 1000;

struct Reader {
    scripts: Scripts,
    mistakes: Vec<Diagnostic>,
}

impl Reader {
    fn wrong(&mut self, place: &str, what: impl std::fmt::Display, node: &Node) -> &mut Diagnostic {
        let label = match &node.kind {
            Kind::Seq(_) | Kind::Map(_) => "begins here",
            _ => "here",
        };
        self.mistakes.push(Diagnostic::new(format!("{place}: {what}"), &node.span, label));
        let last = self.mistakes.len() - 1;
        &mut self.mistakes[last]
    }

    fn export(&mut self, file: &Arc<SourceFile>, root: &Node) -> Option<Export> {
        let Some(Node { kind: Kind::Seq(nodes), .. }) = root.get("steps") else {
            let what = if root.get("steps").is_some() { "`steps` is no list" } else { "there are no `steps`" };
            self.mistakes.push(
                Diagnostic::new(format!("this is no export of Runscope: {what}"), &root.span, "")
                    .help("in Runscope it is Export Test; Okta offers its own on developer.okta.com"),
            );
            return None;
        };
        if nodes.len() > MAX_STEPS {
            self.wrong("steps", format!("at most {MAX_STEPS} steps are read"), root);
            return None;
        }
        let mut steps = Vec::new();
        let mut requests = 0;
        for (index, node) in nodes.iter().enumerate() {
            let place = format!("steps[{index}]");
            match node.get("step_type").and_then(Node::as_str) {
                Some("request") => {
                    requests += 1;
                    if let Some(step) = self.request(&place, node, requests) {
                        steps.push(Step::Request(Box::new(step)));
                    }
                }
                Some("pause") => {
                    let seconds = node.get("duration").map(Node::to_json);
                    let seconds = seconds.as_ref().and_then(Value::as_u64).unwrap_or_default();
                    steps.push(Step::Pause { seconds });
                }
                Some(other) => {
                    let mistake = self.wrong(
                        &format!("{place}.step_type"),
                        format!("`{other}` is no kind of step"),
                        node.get("step_type").unwrap_or(node),
                    );
                    mistake.help = did_you_mean(other, &["request", "pause"]).or_else(|| {
                        Some("there are `request` and `pause`, which is all that Okta's tests use".to_owned())
                    });
                }
                None => {
                    self.wrong(&place, "a step has a `step_type`, `request` or `pause`", node);
                }
            }
        }
        if requests == 0 && self.mistakes.is_empty() {
            self.wrong("steps", "there is no request in this export", root);
        }
        let name = root.get("name").and_then(Node::as_str).unwrap_or("a test without a name").to_owned();
        Some(Export { name, steps, file: Arc::clone(file) })
    }

    fn request(&mut self, place: &str, node: &Node, number: usize) -> Option<RequestStep> {
        let before = self.mistakes.len();
        for key in ["form", "multipart_form", "binary_body", "graphql_body", "auth", "args", "data", "before_scripts"] {
            if let Some(value) = node.get(key).filter(|value| !is_blank(value)) {
                self.wrong(&format!("{place}.{key}"), "this is not played", value).help =
                    Some("Okta's tests leave it empty; a body stands in `body`".to_owned());
            }
        }
        let method = self.text(place, "method", node).map(|method| method.value);
        if let Some(method) = method.as_deref().filter(|m| m.is_empty() || !m.chars().all(|c| c.is_ascii_alphabetic()))
        {
            self.wrong(
                &format!("{place}.method"),
                format!("`{method}` is no method"),
                node.get("method").unwrap_or(node),
            );
        }
        let url = self.text(place, "url", node);
        let headers = self.headers(place, node);
        let body = match node.get("body") {
            None | Some(Node { kind: Kind::Null, .. }) => None,
            Some(Node { kind: Kind::String(text), span }) => Some(Located { value: text.clone(), span: span.clone() }),
            Some(other) => {
                self.wrong(
                    &format!("{place}.body"),
                    format!("a body is text, and this is {}", other.kind_name()),
                    other,
                );
                None
            }
        };
        let extractions = self.list(place, "variables", node, Reader::extraction);
        let scripts = self.list(place, "scripts", node, Reader::script);
        let assertions = self.list(place, "assertions", node, Reader::assertion);
        let (Some(method), Some(url)) = (method, url) else { return None };
        (self.mistakes.len() == before).then(|| RequestStep {
            number,
            note: node.get("note").and_then(Node::as_str).unwrap_or_default().trim().to_owned(),
            skipped: matches!(node.get("skipped"), Some(Node { kind: Kind::Bool(true), .. })),
            // Runscope sends no body with GET; an empty one elsewhere is a body of no length.
            body: body.filter(|body| !(body.value.is_empty() && method == "GET")),
            method,
            url,
            headers,
            extractions,
            scripts,
            assertions,
        })
    }

    fn text(&mut self, place: &str, key: &str, node: &Node) -> Option<Located<String>> {
        match node.get(key) {
            Some(Node { kind: Kind::String(text), span }) => Some(Located { value: text.clone(), span: span.clone() }),
            Some(other) => {
                let what = format!("`{key}` is text, and this is {}", other.kind_name());
                self.wrong(&format!("{place}.{key}"), what, other);
                None
            }
            None => {
                self.wrong(place, format!("a request has a `{key}`"), node);
                None
            }
        }
    }

    /// A value is a text or a list of texts: exports of several years differ in this.
    fn headers(&mut self, place: &str, node: &Node) -> Vec<(String, Located<String>)> {
        let entries = match node.get("headers").map(|headers| (&headers.kind, headers)) {
            None | Some((Kind::Null, _)) => return Vec::new(),
            Some((Kind::Map(entries), _)) => entries,
            Some((Kind::Seq(items), _)) if items.is_empty() => return Vec::new(),
            Some((_, other)) => {
                self.wrong(&format!("{place}.headers"), "headers are names and values", other);
                return Vec::new();
            }
        };
        let mut headers = Vec::new();
        for (name, value) in entries {
            let values = match &value.kind {
                Kind::Seq(items) => items.as_slice(),
                _ => std::slice::from_ref(value),
            };
            for value in values {
                match value.as_str() {
                    Some(text) => {
                        let text = Located { value: text.to_owned(), span: value.span.clone() };
                        headers.push((name.value.clone(), text));
                    }
                    None => {
                        let what = format!("a header is text, and this is {}", value.kind_name());
                        self.wrong(&format!("{place}.headers[{:?}]", name.value), what, value);
                    }
                }
            }
        }
        headers
    }

    fn list<T>(
        &mut self,
        place: &str,
        key: &str,
        node: &Node,
        read: fn(&mut Self, &str, &Node) -> Option<T>,
    ) -> Vec<T> {
        match node.get(key).map(|list| (&list.kind, list)) {
            None | Some((Kind::Null, _)) => Vec::new(),
            Some((Kind::Seq(items), _)) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| read(self, &format!("{place}.{key}[{index}]"), item))
                .collect(),
            Some((_, other)) => {
                let what = format!("`{key}` is a list, and this is {}", other.kind_name());
                self.wrong(&format!("{place}.{key}"), what, other);
                Vec::new()
            }
        }
    }

    fn extraction(&mut self, place: &str, node: &Node) -> Option<Extraction> {
        let name = node.get("name").and_then(Node::as_str).map(str::trim).unwrap_or_default();
        // Okta's own exports hold entries without a name, which set nothing.
        if name.is_empty() {
            return None;
        }
        let subject = self.subject(place, node)?;
        Some(Extraction { name: name.to_owned(), subject })
    }

    fn assertion(&mut self, place: &str, node: &Node) -> Option<Assertion> {
        let comparison = match node.get("comparison").map(|found| (found, found.as_str())) {
            Some((found, Some(name))) => {
                let comparison = Comparison::parse(name);
                if comparison.is_none() {
                    let known: Vec<&str> = Comparison::ALL.iter().map(|c| c.as_str()).collect();
                    let mistake =
                        self.wrong(&format!("{place}.comparison"), format!("there is no comparison `{name}`"), found);
                    mistake.help =
                        did_you_mean(name, &known).or_else(|| Some(format!("there are {}", known.join(", "))));
                }
                comparison
            }
            _ => {
                self.wrong(place, "an assertion has a `comparison`", node);
                None
            }
        };
        let subject = self.subject(place, node);
        let (value, span) = match node.get("value") {
            None => (String::new(), &node.span),
            Some(Node { kind: Kind::Null, span }) => (String::new(), span),
            Some(found @ Node { kind: Kind::Seq(_) | Kind::Map(_), .. }) => {
                let what = format!("a value is text or a number, and this is {}", found.kind_name());
                self.wrong(&format!("{place}.value"), what, found);
                return None;
            }
            Some(found) => (super::text_of(&found.to_json()), &found.span),
        };
        let (comparison, subject) = (comparison?, subject?);
        let value = if comparison.takes_a_value() { value } else { String::new() };
        Some(Assertion { comparison, subject, value: Located { value, span: span.clone() } })
    }

    fn subject(&mut self, place: &str, node: &Node) -> Option<Subject> {
        const SOURCES: &[&str] = &[
            "response_status",
            "response_json",
            "response_headers",
            "response_text",
            "response_time",
            "response_size",
        ];
        let Some(source) = node.get("source").filter(|source| source.as_str().is_some()) else {
            self.wrong(place, "a `source` says what is looked at", node);
            return None;
        };
        let property = node.get("property");
        let text = property.and_then(Node::as_str).unwrap_or_default();
        match source.as_str().unwrap_or_default() {
            "response_status" => Some(Subject::Status),
            "response_text" => Some(Subject::Text),
            "response_time" => Some(Subject::Time),
            "response_size" => Some(Subject::Size),
            "response_headers" if text.trim().is_empty() => {
                self.wrong(place, "`property` names the header that is looked at", property.unwrap_or(node));
                None
            }
            "response_headers" => Some(Subject::Header(text.trim().to_owned())),
            "response_json" => match Path::parse(text) {
                Ok(path) => Some(Subject::Json(path)),
                Err(why) => {
                    let what = format!("`{text}` is no place in JSON: {why}");
                    self.wrong(&format!("{place}.property"), what, property.unwrap_or(node)).help =
                        Some("a place is written such as `Resources[0].name.familyName`".to_owned());
                    None
                }
            },
            other => {
                let mistake = self.wrong(&format!("{place}.source"), format!("there is no source `{other}`"), source);
                mistake.help = match other {
                    "response_xml" => Some("SCIM answers are JSON".to_owned()),
                    _ => did_you_mean(other, SOURCES).or_else(|| Some(format!("there are {}", SOURCES.join(", ")))),
                };
                None
            }
        }
    }

    fn script(&mut self, place: &str, node: &Node) -> Option<Located<Script>> {
        let text = node.as_str().map(str::trim).unwrap_or_default();
        if text.is_empty() || self.scripts == Scripts::None {
            return None;
        }
        let script = Script::recognise(text);
        if script.is_none() {
            self.wrong(place, "this script does what no script of Okta's current tests does", node).help =
                Some("scim-check runs no JavaScript; --set-script none leaves all scripts of the file out".to_owned());
        }
        Some(Located { value: script?, span: node.span.clone() })
    }
}

/// Whether there is nothing in a value.
fn is_blank(node: &Node) -> bool {
    match &node.kind {
        Kind::Null | Kind::Bool(false) => true,
        Kind::String(text) => text.trim().is_empty(),
        Kind::Seq(items) => items.iter().all(is_blank),
        Kind::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

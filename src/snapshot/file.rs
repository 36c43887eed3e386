//! The file of a snapshot: insta's format, whose contents are JSON, drawn with short values in one line.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{FORMAT, Snapshot, Step};
use crate::source::{Diagnostic, Kind, SourceFile, Span, parse};

/// What is shorter stands in one line.
const WIDTH: usize = 110;

/// Names of files get no longer than this; most file systems take 255 bytes.
const MOST_BYTES: usize = 180;

/// The text of a snapshot.
pub fn write(snapshot: &Snapshot) -> String {
    let Snapshot { case, title, setup, steps } = snapshot;
    let steps: Vec<Value> =
        steps.iter().map(|step| json!({ "question": step.question, "answer": step.answer })).collect();
    let mut text = format!(
        "---\nsource: scim-check\ndescription: {}\nexpression: {}\ninfo:\n  format: {FORMAT}\n  setup: {}\n---\n",
        Value::from(title.as_str()),
        Value::from(case.as_str()),
        Value::from(setup.as_str())
    );
    draw(&Value::Array(steps), 0, false, &mut text);
    text.push('\n');
    text
}

/// Draws a value; where it is told to `open` it, it begins a new line for each part.
fn draw(value: &Value, indent: usize, open: bool, out: &mut String) {
    let short = value.to_string();
    let is_plain = !value.is_array() && !value.is_object();
    if is_plain || (!open && indent > 1 && short.len() + indent < WIDTH) {
        out.push_str(&short);
        return;
    }
    let pad = " ".repeat(indent + 1);
    let mut parts: Vec<String> = Vec::new();
    let (begin, end) = match value {
        Value::Array(items) => {
            for item in items {
                let mut part = pad.clone();
                draw(item, indent + 1, false, &mut part);
                parts.push(part);
            }
            ('[', ']')
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let mut part = format!("{pad}{}: ", Value::from(name.as_str()));
                draw(value, indent + 1, false, &mut part);
                parts.push(part);
            }
            ('{', '}')
        }
        _ => return,
    };
    out.push(begin);
    if !parts.is_empty() {
        out.push('\n');
        out.push_str(&parts.join(",\n"));
        out.push('\n');
        out.push_str(&" ".repeat(indent));
    }
    out.push(end);
}

/// The path of a case's file below the folder, without its ending: `okta/users/create@catalogue`.
pub fn file_name(case: &str) -> String {
    let (scenario, row) = case.split_once('#').map_or((case, None), |(scenario, row)| (scenario, Some(row)));
    let mut name: Vec<String> = scenario.split('/').map(escaped).collect();
    if let (Some(row), Some(last)) = (row, name.last_mut()) {
        last.push('@');
        last.push_str(&escaped(row));
        if last.len() > MOST_BYTES {
            let hash = case.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
            let cut = last.char_indices().map(|(at, _)| at).take_while(|at| *at <= MOST_BYTES).last().unwrap_or(0);
            last.truncate(cut);
            last.push_str(&format!("~{hash:08x}"));
        }
    }
    name.join("/")
}

fn escaped(part: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut out = String::new();
    for (n, c) in part.chars().enumerate() {
        // No name begins with a dot, so that none leads elsewhere.
        if keep(c) && !(n == 0 && c == '.') {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
    }
    out
}

/// Reads a file.
///
/// # Errors
/// A file that is no snapshot of ours, or one of another version.
pub fn read(file: &Arc<SourceFile>) -> Result<Snapshot, Diagnostic> {
    let text = &file.text;
    let at = |bytes: usize| Span { file: Arc::clone(file), bytes: bytes..bytes };
    let foreign = |message: &str, bytes: usize| {
        Diagnostic::new(message, &at(bytes), "")
            .help("a folder of snapshots holds nothing else; `scim-check snapshots` writes them")
    };
    let begin = ["---\n", "---\r\n"].into_iter().find(|mark| text.starts_with(mark)).map(str::len);
    let Some(begin) = begin else { return Err(foreign("this is no snapshot: it does not begin with `---`", 0)) };
    let mut from = begin;
    let mut end = None;
    for line in text[begin..].split_inclusive('\n') {
        if line.trim_end() == "---" {
            end = Some((from, from + line.len()));
            break;
        }
        from += line.len();
    }
    let Some((head_end, body)) = end else { return Err(foreign("this is no snapshot: its head does not end", 0)) };
    // The same offsets as in the whole file.
    let head = Arc::new(SourceFile {
        name: file.name.clone(),
        text: format!("{}{}", " ".repeat(begin - 1) + "\n", &text[begin..head_end]),
    });
    let here = |mut mistake: Diagnostic| {
        mistake.span = Span { file: Arc::clone(file), bytes: mistake.span.bytes.clone() };
        mistake
    };
    let root = parse(&head).map_err(here)?;
    let info =
        root.get("info").ok_or_else(|| foreign("this snapshot is not one of scim-check's: it has no `info`", 0))?;
    match info.get("format") {
        Some(node) if matches!(&node.kind, Kind::Number(number) if number.as_u64() == Some(FORMAT)) => {}
        Some(node) => {
            let message = format!("this program reads version {FORMAT} of snapshots");
            return Err(here(Diagnostic::new(message, &node.span, "another version"))
                .help("take the scim-check that wrote it, or delete the folder and accept the answers anew"));
        }
        None => return Err(foreign("this snapshot is not one of scim-check's: it has no `format`", 0)),
    }
    let word = |node: &crate::source::Node, key: &str| node.get(key).and_then(|node| node.as_str()).map(str::to_owned);
    let case = word(&root, "expression").ok_or_else(|| foreign("a snapshot names its case in `expression`", 0))?;
    let steps = serde_json::from_str::<Value>(&text[body..]).map_err(|error| {
        let lines =
            text[body..].split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        let column = error.column().saturating_sub(1);
        Diagnostic::new(
            format!("this snapshot cannot be read: {why}"),
            &at((body + lines + column).min(text.len())),
            "",
        )
        .help("undo the change, or delete the file and accept the answer anew")
    })?;
    let malformed = || foreign("a snapshot is a list of steps, each with a `question` and an `answer`", body);
    let steps = steps.as_array().ok_or_else(malformed)?.iter().map(|step| {
        let part = |name: &str| step.get(name).filter(|part| part.is_object()).cloned();
        Some(Step { question: part("question")?, answer: part("answer")? })
    });
    let steps = steps.collect::<Option<Vec<Step>>>().ok_or_else(malformed)?;
    Ok(Snapshot {
        case,
        title: word(&root, "description").unwrap_or_default(),
        setup: word(info, "setup").unwrap_or_default(),
        steps,
    })
}

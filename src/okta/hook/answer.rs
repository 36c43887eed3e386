//! What comes back from an import hook: commands, an error, or nothing, and what is wrong with it.
//!
//! **Invariant:** whatever a service sends is read to a conclusion. What Okta's pages do not settle is no fault.

use serde_json::{Map, Value};

use super::event::{Action, Profile};

/// The largest answer that Okta takes is smaller than that.
pub const MAX_BYTES: u64 = 256 * 1024;

/// One thing that the service wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// New values in the application's profile.
    AppProfile(Profile),
    /// New values in the Okta profile.
    UserProfile(Profile),
    /// What to do with the user.
    Action(Action),
    /// The id of the Okta user to link to.
    Link(String),
}

/// Something in an answer that is not as Okta has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The requirement that is not met.
    pub requirement: &'static str,
    /// Where: a JSON Pointer into the body.
    pub place: String,
    /// What belongs there.
    pub expected: String,
    /// What is there; `null` for nothing.
    pub actual: Value,
}

/// What Okta does with an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It carries the commands out.
    Commands,
    /// It does what it would have done without the hook: there is nothing to carry out.
    Nothing,
    /// It writes the error into the System Log and does what it would have done.
    Error(String),
    /// It cannot use the answer, which it writes into the System Log, and does what it would have done.
    Unusable(String),
}

/// An answer that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// What Okta does with it.
    pub verdict: Verdict,
    /// What is to be carried out, where all of it can be.
    pub commands: Vec<Command>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Whether Okta's pages leave open what becomes of it.
    pub undocumented: Option<&'static str>,
}

impl Read {
    fn nothing() -> Self {
        Self { verdict: Verdict::Nothing, commands: Vec::new(), faults: Vec::new(), undocumented: None }
    }

    fn unusable(fault: Fault, why: impl Into<String>) -> Self {
        let verdict = Verdict::Unusable(why.into());
        Self { verdict, commands: Vec::new(), faults: vec![fault], undocumented: Some(UNUSABLE) }
    }
}

const UNUSABLE: &str = "that Okta then does what it would have done without the hook is documented of hooks that fail, and \
                        inferred of answers that cannot be used";
const ERROR: &str =
    "what becomes of a user after an error is not documented; the import goes on as after a hook that fails";

/// The types of commands, and what each of them carries.
const TYPES: [&str; 4] = [
    "com.okta.appUser.profile.update",
    "com.okta.user.profile.update",
    "com.okta.action.update",
    "com.okta.user.update",
];

/// How much of a value is quoted.
const QUOTED: usize = 120;

/// Reads the body of an answer with a status from 200 to 299, for a user of whom this would have been done.
pub fn read(status: u16, body: &[u8], default: Action) -> Read {
    let text = String::from_utf8_lossy(body);
    // Some editors and frameworks begin a text with a mark of its byte order.
    let text = text.trim_start_matches('\u{feff}').trim();
    if status == 204 {
        return Read::nothing();
    }
    if text.is_empty() {
        let fault =
            fault("OKTA-hook-empty-answer", "", "{} or status 204 where there is nothing to change", Value::Null);
        return Read::unusable(fault, "an empty body");
    }
    let root: Value = match serde_json::from_str(text) {
        Ok(root) => root,
        Err(error) => {
            let fault = fault("OKTA-hook-answer-json", "", "a JSON object", Value::from(cut(text)));
            return Read::unusable(fault, format!("no JSON: {error}"));
        }
    };
    let root = match root {
        Value::Object(root) => root,
        Value::Null => {
            let fault =
                fault("OKTA-hook-null-answer", "", "{} or status 204 where there is nothing to change", Value::Null);
            return Read::unusable(fault, "null in place of an object");
        }
        other => {
            let fault = fault("OKTA-hook-answer-json", "", "a JSON object", quoted(&other));
            return Read::unusable(fault, "JSON that is no object");
        }
    };
    let mut read = object(&root, default);
    if !(status == 200 || read.verdict == Verdict::Nothing) {
        read.undocumented =
            read.undocumented.or(Some("whether the body of a status other than 200 is read is not documented"));
    }
    read
}

fn object(root: &Map<String, Value>, default: Action) -> Read {
    let mut read = Read::nothing();
    let error = root.get("error").filter(|error| !error.is_null()).map(|error| told(error, &mut read.faults));
    match root.get("commands") {
        None | Some(Value::Null) => {}
        Some(Value::Array(commands)) => {
            for (at, written) in commands.iter().enumerate() {
                read.commands.extend(command(written, at, &mut read.faults));
            }
            contradictions(&mut read, default);
        }
        Some(other) => {
            let expected = "an array of commands";
            read.faults.push(fault("OKTA-hook-command-form", "/commands", expected, quoted(other)));
        }
    }
    let first = read.faults.iter().find(|fault| fault.requirement != "OKTA-hook-login-kept").map(describe);
    match (error, first) {
        (Some(error), _) => {
            read.commands.clear();
            read.verdict = Verdict::Error(error);
            read.undocumented = Some(ERROR);
        }
        (None, Some(why)) => {
            read.commands.clear();
            read.verdict = Verdict::Unusable(why);
            read.undocumented = Some(UNUSABLE);
        }
        (None, None) if read.commands.is_empty() => {}
        (None, None) => read.verdict = Verdict::Commands,
    }
    read
}

/// What a service says went wrong.
fn told(error: &Value, faults: &mut Vec<Fault>) -> String {
    match error.get("errorSummary").and_then(Value::as_str).filter(|summary| !summary.trim().is_empty()) {
        Some(summary) => cut(summary),
        None => {
            let expected = "an object with a text in `errorSummary`";
            faults.push(fault("OKTA-hook-error-form", "/error", expected, quoted(error)));
            "an error without an `errorSummary`".to_owned()
        }
    }
}

/// Reads one command, or says what is wrong with it.
fn command(written: &Value, at: usize, faults: &mut Vec<Fault>) -> Option<Command> {
    let place = format!("/commands/{at}");
    let mut wrong = |requirement: &'static str, below: &str, expected: &str, actual: Value| {
        faults.push(fault(requirement, &format!("{place}{below}"), expected, actual));
        None
    };
    let Some(kind) = written.get("type") else {
        return wrong("OKTA-hook-command-form", "", "an object with `type` and `value`", quoted(written));
    };
    let Some(known) = kind.as_str().filter(|kind| TYPES.contains(kind)) else {
        let expected = format!("one of {}", TYPES.join(", "));
        return wrong("OKTA-hook-command-type", "/type", &expected, quoted(kind));
    };
    let Some(value) = written.get("value") else {
        let expected = "an object in `value`, which holds all that the command says";
        return wrong("OKTA-hook-command-form", "/value", expected, Value::Null);
    };
    let Value::Object(value) = value else {
        let expected = match value {
            Value::Array(list) if list.iter().any(|entry| entry.get("op").is_some()) => {
                "an object of attributes and their new values; op and path belong to other hooks"
            }
            _ => "an object",
        };
        return wrong("OKTA-hook-command-value", "/value", expected, quoted(value));
    };
    match known {
        "com.okta.action.update" => match value.get("result").and_then(Value::as_str).and_then(Action::parse) {
            Some(action) => Some(Command::Action(action)),
            None => {
                let actual = value.get("result").map_or(Value::Null, quoted);
                wrong("OKTA-hook-action-result", "/value/result", "CREATE_USER or LINK_USER", actual)
            }
        },
        "com.okta.user.update" => match value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            Some(id) => Some(Command::Link(id.to_owned())),
            None => {
                let actual = value.get("id").map_or(Value::Null, quoted);
                wrong("OKTA-hook-link-id", "/value/id", "the id of an Okta user", actual)
            }
        },
        kind => {
            let of_okta = kind == "com.okta.user.profile.update";
            for name in ["login", "email"].into_iter().filter(|_| of_okta) {
                let is_empty = |value: &&Value| value.is_null() || value.as_str().is_some_and(|s| s.trim().is_empty());
                if let Some(empty) = value.get(name).filter(is_empty) {
                    let expected = "a text: no Okta user is without it";
                    faults.push(fault(
                        "OKTA-hook-login-kept",
                        &format!("{place}/value/{name}"),
                        expected,
                        empty.clone(),
                    ));
                }
            }
            Some(if of_okta { Command::UserProfile(value.clone()) } else { Command::AppProfile(value.clone()) })
        }
    }
}

/// What commands say that do not go together.
fn contradictions(read: &mut Read, default: Action) {
    let mut action = None;
    let mut link = false;
    let mut kinds = [0_u8; 4];
    for command in &read.commands {
        let kind = match command {
            Command::AppProfile(_) => 0,
            Command::UserProfile(_) => 1,
            Command::Action(said) => {
                action = Some(*said);
                2
            }
            Command::Link(_) => {
                link = true;
                3
            }
        };
        kinds[kind] = kinds[kind].saturating_add(1);
    }
    if action == Some(Action::Link) && !link && default == Action::Create {
        let expected = "com.okta.user.update with the id of the Okta user to link to, beside LINK_USER";
        read.faults.push(fault("OKTA-hook-link-pair", "/commands", expected, Value::Null));
    }
    read.undocumented = if kinds.iter().any(|count| *count > 1) {
        Some("which of two commands of the same type counts is not documented; here the later one does")
    } else if link && action.unwrap_or(default) == Action::Create {
        Some("a user to link to without LINK_USER is not documented; here the user is not linked")
    } else {
        None
    };
}

fn fault(requirement: &'static str, place: &str, expected: impl Into<String>, actual: Value) -> Fault {
    Fault { requirement, place: place.to_owned(), expected: expected.into(), actual }
}

/// A fault in a few words.
pub fn describe(fault: &Fault) -> String {
    let place = if fault.place.is_empty() { "the body" } else { &fault.place };
    match &fault.actual {
        Value::Null => format!("nothing at {place}, where {} is expected", fault.expected),
        actual => format!("{} at {place}, where {} is expected", cut(&actual.to_string()), fault.expected),
    }
}

fn quoted(value: &Value) -> Value {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().nth(QUOTED).is_some() { Value::from(cut(&text)) } else { value.clone() }
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

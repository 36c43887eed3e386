//! What `doctor` found, as one screen of text and as JSON.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style as Colour};
use serde_json::{Map, Value, json};

use crate::report::escape::{cut, line};
use crate::source::Style;

use super::super::exit;

/// The most characters of one line's text: a server's words can be long.
const SHOWN: usize = 300;

/// The column in which texts begin.
const INDENT: usize = 20;

/// What is looked at, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Name,
    Tcp,
    Tls,
    BaseUrl,
    Credential,
    Clock,
    Discovery,
    FirstUser,
    Write,
    RateLimit,
}

impl Subject {
    pub(super) const ALL: [Subject; 10] = [
        Subject::Name,
        Subject::Tcp,
        Subject::Tls,
        Subject::BaseUrl,
        Subject::Credential,
        Subject::Clock,
        Subject::Discovery,
        Subject::FirstUser,
        Subject::Write,
        Subject::RateLimit,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Subject::Name => "name",
            Subject::Tcp => "tcp",
            Subject::Tls => "tls",
            Subject::BaseUrl => "base-url",
            Subject::Credential => "credential",
            Subject::Clock => "clock",
            Subject::Discovery => "discovery",
            Subject::FirstUser => "first-user",
            Subject::Write => "write",
            Subject::RateLimit => "rate-limit",
        }
    }
}

/// What came of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Warn,
    Fail,
    Skipped,
}

impl State {
    /// The word in JSON.
    fn as_str(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
            State::Skipped => "skipped",
        }
    }

    /// The word in text, where a failure shall be seen.
    fn shown(self) -> &'static str {
        if self == State::Fail { "FAIL" } else { self.as_str() }
    }

    fn colour(self) -> Colour {
        match self {
            State::Ok => AnsiColor::Green.on_default(),
            State::Warn => AnsiColor::Yellow.on_default(),
            State::Fail => AnsiColor::Red.on_default().effects(Effects::BOLD),
            State::Skipped => Colour::new().dimmed(),
        }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) subject: Subject,
    pub(super) state: State,
    /// What was found.
    pub(super) says: String,
    /// What to do, where something is wrong.
    pub(super) fix: Option<String>,
    /// Figures, for programs.
    pub(super) facts: Map<String, Value>,
}

/// All that was looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Checkup {
    checks: Vec<Check>,
    /// Why nothing more can be looked at.
    hindrance: Option<String>,
}

impl Checkup {
    fn add(&mut self, subject: Subject, state: State, says: impl Into<String>, fix: Option<String>) -> &mut Check {
        let says = cut(&line(&says.into()), SHOWN);
        let fix = fix.map(|fix| cut(&line(&fix), SHOWN));
        self.checks.push(Check { subject, state, says, fix, facts: Map::new() });
        let last = self.checks.len() - 1;
        &mut self.checks[last]
    }

    pub(super) fn ok(&mut self, subject: Subject, says: impl Into<String>) -> &mut Check {
        self.add(subject, State::Ok, says, None)
    }

    pub(super) fn warn(&mut self, subject: Subject, says: impl Into<String>, fix: impl Into<String>) -> &mut Check {
        self.add(subject, State::Warn, says, Some(fix.into()))
    }

    pub(super) fn fail(&mut self, subject: Subject, says: impl Into<String>, fix: impl Into<String>) -> &mut Check {
        self.add(subject, State::Fail, says, Some(fix.into()))
    }

    pub(super) fn skip(&mut self, subject: Subject, says: impl Into<String>) -> &mut Check {
        self.add(subject, State::Skipped, says, None)
    }

    /// A failure after which nothing more can be looked at.
    pub(super) fn stop(&mut self, subject: Subject, says: impl Into<String>, fix: impl Into<String>) -> &mut Check {
        self.hindrance = Some(format!("needs {}", subject.as_str()));
        self.fail(subject, says, fix)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.hindrance.is_some()
    }

    /// Says of what was not looked at why.
    pub(super) fn fill(&mut self) {
        for (place, subject) in Subject::ALL.into_iter().enumerate() {
            if self.checks.iter().all(|check| check.subject != subject) {
                let says = self.hindrance.clone().unwrap_or_else(|| "was not looked at".to_owned());
                self.checks.insert(place, Check { subject, state: State::Skipped, says, fix: None, facts: Map::new() });
            }
        }
    }

    fn count(&self, state: State) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }

    /// 3 where a run would be undecided, 1 where something on the server has to be mended, or 0.
    pub(super) fn code(&self) -> u8 {
        match (self.is_stopped(), self.count(State::Fail)) {
            (true, _) => exit::UNDECIDED,
            (false, 0) => exit::CONFORMS,
            (false, _) => exit::VIOLATES,
        }
    }

    pub(super) fn text(&self, base_url: &str, style: Style) -> String {
        let paint = |text: &str, colour: Colour| match style {
            Style::Plain => text.to_owned(),
            Style::Coloured => format!("{colour}{text}{colour:#}"),
        };
        let mut out = format!("{}\n\n", line(base_url));
        for check in &self.checks {
            let state = paint(&format!("{:<8}", check.state.shown()), check.state.colour());
            let _ = writeln!(out, "{state}{:<12}{}", check.subject.as_str(), check.says);
            if let Some(fix) = &check.fix {
                let _ = writeln!(out, "{:INDENT$}try: {fix}", "");
            }
        }
        let told = match self.code() {
            exit::CONFORMS if self.count(State::Warn) == 0 => "all is well; next: scim-check run",
            exit::CONFORMS => "nothing stands in the way of a run",
            exit::VIOLATES => "the server can be reached, and the failures above are to be mended on it",
            _ => "the server cannot be examined before the failure above is mended",
        };
        let all = [(State::Ok, "ok"), (State::Warn, "warnings"), (State::Fail, "failed"), (State::Skipped, "skipped")];
        let counts: Vec<String> = all
            .into_iter()
            .map(|(state, word)| (self.count(state), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| match (count, word) {
                (1, "warnings") => "1 warning".to_owned(),
                (count, word) => format!("{count} {word}"),
            })
            .collect();
        let _ = writeln!(out, "\n{}: {told}", counts.join(", "));
        out
    }

    pub(super) fn json(&self, base_url: &str, started: &str) -> Value {
        let check = |check: &Check| {
            json!({
                "name": check.subject.as_str(),
                "state": check.state.as_str(),
                "says": check.says,
                "fix": check.fix,
                "facts": check.facts,
            })
        };
        let tool = super::super::tool();
        json!({
            "format": "scim-check.doctor/1",
            "tool": { "name": tool.name, "version": tool.version },
            "base_url": base_url,
            "started": started,
            "result": match self.code() {
                exit::CONFORMS => "ok",
                exit::VIOLATES => "problems",
                _ => "unreachable",
            },
            "checks": self.checks.iter().map(check).collect::<Vec<Value>>(),
        })
    }
}

impl Check {
    pub(super) fn fact(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

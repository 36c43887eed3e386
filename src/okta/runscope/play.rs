//! Plays an export of Runscope: its requests in order, what they set, and what they demand.
//!
//! **Invariant:** what an export creates is in the ledger like what a case creates, and is swept however the play ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::run::session::{self, Session};
use crate::run::{NotOurs, Run};
use crate::verdict::Leftover;
use crate::wire::{Credential, Exchange, Headers, NoReply, Request};

use super::org::{App, Org};
use super::{
    self as export, Answer, Checked, Destination, Export, Outcome, RequestStep, Step, Subject, Variable, Variables,
};

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Play {
    /// The test.
    pub export: Export,
    /// What is set before the first step: see [`variables`].
    pub variables: Variables,
    /// Where SCIM is served.
    pub base_url: String,
    /// The application of the simulated org that answers what goes to `oktaOrgUrl`.
    pub org: Option<App>,
}

impl Play {
    /// The URL of the org, when there is one.
    pub fn org_url(&self) -> Option<&str> {
        self.org?;
        text(&self.variables, "oktaOrgUrl")
    }
}

fn text<'v>(variables: &'v Variables, name: &str) -> Option<&'v str> {
    match variables.0.get(name) {
        Some(Variable::Text(text)) => Some(text),
        _ => None,
    }
}

/// What Okta has its partners set before a test: the address, the credential, and the random names of its initial scripts.
pub fn variables(seed: u64, base_url: &str, org: Option<App>) -> Variables {
    let mut random = fastrand::Rng::with_seed(seed);
    let digits = |random: &mut fastrand::Rng| (0..3).map(|_| random.digit(10)).collect::<String>();
    let given = format!("Runscope{}", digits(&mut random));
    let lower: String = (0..8).map(|_| random.lowercase()).collect();
    let family = format!("{}{lower}{}", random.uppercase(), digits(&mut random));
    let email = format!("{given}{family}@atko.com");
    let mut variables = Variables::default();
    let mut set = |names: &[&str], text: &str| names.iter().for_each(|name| variables.set(*name, text));
    let base_url = base_url.trim_end_matches('/');
    set(&["SCIMBaseURL", "SCIMUrl"], base_url);
    set(&["randomGivenName", "okta_user_firstname"], &given);
    set(&["randomFamilyName", "okta_user_lastname"], &family);
    set(&["randomEmail", "randomUsername", "okta_user_email"], &email);
    set(&["randomUsernameCaps"], &email.to_uppercase());
    set(&["InvalidUserEmail"], "abcdefgh@atko.com");
    set(&["UserIdThatDoesNotExist"], "010101001010101011001010101011");
    set(&["okta_user_fullname"], &format!("{given} {family}"));
    set(&["okta_user_firstname_update"], &format!("{given}update"));
    set(&["okta_user_fullname_update"], &format!("{given}update {family}"));
    set(&["okta_user_title"], "Engineer");
    set(&["okta_user_primaryphone"], "415.123.4567");
    if org.is_some() {
        // A name that cannot be one on the internet (RFC 6761).
        set(&["oktaOrgUrl"], "https://okta.invalid");
        set(&["oktaAppId"], "0oasimulatedapp00000");
        set(&["oktaToken"], "simulated");
    }
    for name in ["auth", "SCIMAuth"] {
        variables.0.insert(name.to_owned(), Variable::Credential);
    }
    variables
}

/// What came of a play.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// The requests in order; pauses are not among them.
    pub steps: Vec<PlayedStep>,
    /// How many requests the sweep sent.
    pub swept: usize,
    /// What is still on the server.
    pub leftovers: Vec<Leftover>,
    /// Why the play ended before its end.
    pub stopped: Option<String>,
    /// From the first request to the last, sweep included.
    pub took: Duration,
}

/// What came of one request of a test.
#[derive(Clone, Debug)]
pub struct PlayedStep {
    /// Its place among the requests, from 1.
    pub number: usize,
    /// What its author calls it.
    pub note: String,
    /// The method.
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// Who was asked.
    pub whom: Whom,
    /// What came of the sending.
    pub fate: Fate,
    /// The assertions of the export, in its order.
    pub assertions: Vec<Checked>,
    /// Its scripts, and the variables that could not be set though all assertions hold.
    pub besides: Vec<Checked>,
    /// How many assertions its scripts made of this answer, which Runscope counts like those of the export.
    pub scripted: usize,
    /// Held against nobody.
    pub notes: Vec<String>,
    /// What the simulated org sent to the SCIM server meanwhile.
    pub traffic: Vec<Exchange>,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The server that is checked.
    Scim,
    /// The simulated org.
    Org,
}

/// What came of the sending of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There is an answer.
    Answered {
        /// Its status.
        status: u16,
        /// How long it took.
        took: Duration,
    },
    /// There is none.
    Silence(String),
    /// The export has it switched off.
    Skipped,
    /// It could not be sent.
    NotSent(String),
}

/// The numbers under a play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests of the export that were sent.
    pub requests: usize,
    /// Assertions of the steps that are not switched off, and those that their scripts made.
    pub assertions: usize,
    /// Assertions, scripts and variables that failed.
    pub failed: usize,
    /// Those that nobody can judge.
    pub unjudged: usize,
    /// What is still on the server.
    pub left: usize,
}

impl Played {
    /// Counts.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { left: self.leftovers.len(), ..Totals::default() };
        for step in &self.steps {
            totals.requests += usize::from(matches!(step.fate, Fate::Answered { .. } | Fate::Silence(_)));
            totals.assertions += step.assertions.len() + step.scripted;
            for checked in step.assertions.iter().chain(&step.besides) {
                match checked.outcome {
                    Outcome::Passed => {}
                    Outcome::Failed => totals.failed += 1,
                    Outcome::Unjudged(_) => totals.unjudged += 1,
                }
            }
        }
        totals
    }
}

/// Plays a test, and removes what it created.
pub async fn play(run: Run, play: Play) -> Played {
    let started = Instant::now();
    let done = Arc::new(Mutex::new(Vec::new()));
    let unique = ours(run.options.seed, &play);
    let work = |session| Player::new(session, play, Arc::clone(&done)).play();
    let ended = session::session(run, CASE, unique, work).await;
    let stopped =
        ended.result.unwrap_or_else(|what| Some(format!("scim-check itself failed, please report it: {what}")));
    let steps = std::mem::take(&mut *done.lock().unwrap_or_else(PoisonError::into_inner));
    Played { steps, swept: ended.swept, leftovers: ended.leftovers, stopped, took: started.elapsed() }
}

/// The name under which the wire knows a play.
const CASE: &str = "runscope";

/// The name that everything of this run carries: the random family name. When the user set another one it need not be in any
/// answer, and then what the server says was created is looked at and left alone.
fn ours(seed: u64, play: &Play) -> String {
    let random = variables(seed, &play.base_url, None);
    text(&random, "randomFamilyName").unwrap_or_default().to_lowercase()
}

struct Player {
    session: Session,
    play: Play,
    org: Option<Org>,
    variables: Variables,
    /// Why a variable was not set, by its name.
    unset: BTreeMap<String, String>,
    wrote: bool,
    /// Why nothing more is sent.
    dead: Option<String>,
    done: Arc<Mutex<Vec<PlayedStep>>>,
}

/// What one look at an answer shows.
struct Look {
    assertions: Vec<Checked>,
    besides: Vec<Checked>,
    scripted: usize,
    extracted: Vec<(String, String)>,
    missing: Vec<(String, Subject)>,
    notes: Vec<String>,
    fate: Fate,
}

impl Look {
    /// Whether it may be right a moment later. Time does not come back.
    fn is_doubtful(&self) -> bool {
        let failed = |checked: &Checked| checked.outcome == Outcome::Failed;
        let in_time = |checked: &&Checked| checked.subject != Subject::Time.to_string();
        self.assertions.iter().filter(in_time).chain(&self.besides).any(failed) || !self.missing.is_empty()
    }
}

impl Player {
    fn new(session: Session, play: Play, done: Arc<Mutex<Vec<PlayedStep>>>) -> Self {
        let app_id = text(&play.variables, "oktaAppId").unwrap_or_default().to_owned();
        let org = play.org.map(|app| Org::new(session.clone(), app, play.export.version(), app_id));
        let variables = play.variables.clone();
        let (unset, dead) = (BTreeMap::new(), None);
        Self { session, play, org, variables, unset, wrote: false, dead, done }
    }

    /// Plays all steps; returns why it ended early.
    async fn play(mut self) -> Option<String> {
        let steps = std::mem::take(&mut self.play.export.steps);
        for step in &steps {
            // What is written late is looked at again, so that nobody has to wait beforehand.
            let Step::Request(step) = step else { continue };
            if self.session.is_ending() {
                return Some("the run was stopped".to_owned());
            }
            let played = self.step(step).await;
            self.done.lock().unwrap_or_else(PoisonError::into_inner).push(played);
        }
        self.dead
    }

    async fn step(&mut self, step: &RequestStep) -> PlayedStep {
        let mut played = PlayedStep {
            number: step.number,
            note: step.note.clone(),
            method: step.method.clone(),
            path: step.url.value.clone(),
            whom: Whom::Scim,
            fate: Fate::Skipped,
            assertions: Vec::new(),
            besides: Vec::new(),
            scripted: 0,
            notes: Vec::new(),
            traffic: Vec::new(),
        };
        if step.skipped {
            return played;
        }
        let (url, headers, body) = match self.filled(step) {
            Ok(filled) => filled,
            Err(name) => {
                let why = self.unset.get(&name).cloned().unwrap_or_else(|| "it was never set".to_owned());
                return self.not_sent(step, played, format!("`{name}` has no value: {why}"));
            }
        };
        let look = match export::destination(&url, &self.play.base_url, self.play.org_url()) {
            None => return self.not_sent(step, played, "it leads to another server".to_owned()),
            Some(Destination::Org(path)) => {
                played.whom = Whom::Org;
                played.path = path.to_owned();
                self.ask_org(step, path, body.as_deref(), &mut played).await
            }
            Some(Destination::Scim(path)) => {
                played.path = utf8_percent_encode(path, UNFIT).to_string();
                if let Some(why) = self.dead.clone() {
                    return self.not_sent(step, played, why);
                }
                let (headers, credential) = self.identified(step, headers);
                let request = Request {
                    method: step.method.clone(),
                    path: played.path.clone(),
                    headers: Headers(headers),
                    body: body.map(String::into_bytes),
                    credential,
                };
                let mut look = match self.ask(step, &url, request).await {
                    Ok(look) => look,
                    Err(not_ours) => return self.not_sent(step, played, not_ours.to_string()),
                };
                if matches!(&look.fate, Fate::Silence(_)) && self.session.is_silent() {
                    self.dead = Some("the server stopped answering".to_owned());
                }
                played.notes.append(&mut look.notes);
                look
            }
        };
        self.conclude(played, look)
    }

    fn not_sent(&mut self, step: &RequestStep, mut played: PlayedStep, why: String) -> PlayedStep {
        played.assertions = step.assertions.iter().map(|a| export::unanswered(a, "it was not sent")).collect();
        for extraction in &step.extractions {
            self.unset.insert(extraction.name.clone(), format!("R{} was not sent", step.number));
        }
        played.fate = Fate::NotSent(why);
        played
    }

    /// URL, headers but the credential, and body; or the first name without a value.
    #[expect(clippy::type_complexity, reason = "the three parts of a request, for the one caller above")]
    fn filled(&self, step: &RequestStep) -> Result<(String, Vec<(String, String)>, Option<String>), String> {
        let url = self.variables.fill(step.url.value.trim())?;
        let mut headers = Vec::new();
        for (name, value) in &step.headers {
            if !self.variables.is_credential(&value.value) {
                headers.push((name.clone(), self.variables.fill(&value.value)?));
            }
        }
        let body = step.body.as_ref().map(|body| self.variables.fill(&body.value)).transpose()?;
        Ok((url, headers, body))
    }

    /// The credential goes where the export has it. Any other word there is sent as it stands.
    fn identified(&self, step: &RequestStep, headers: Vec<(String, String)>) -> (Vec<(String, String)>, Credential) {
        let own = step.headers.iter().any(|(_, value)| self.variables.is_credential(&value.value));
        (headers, if own { Credential::Own } else { Credential::None })
    }

    async fn ask_org(&mut self, step: &RequestStep, path: &str, body: Option<&str>, played: &mut PlayedStep) -> Look {
        let Some(org) = &mut self.org else {
            return self.silent(step, "there is no simulated org".to_owned());
        };
        let told = org.answer(&step.method, path, body).await;
        self.wrote |= told.traffic.iter().any(may_have_written);
        played.notes.extend(told.complaints);
        if let Some(Err(no_reply)) = told.traffic.last().map(|exchange| &exchange.reply) {
            self.dead = is_fatal(no_reply).then(|| no_reply.to_string());
        }
        played.traffic = told.traffic;
        self.look(step, &Answer::new(&told.response, Duration::ZERO), told.response.status, Duration::ZERO)
    }

    /// Sends a request; looks again while its answer may yet come true.
    async fn ask(&mut self, step: &RequestStep, url: &str, request: Request) -> Result<Look, NotOurs> {
        let mut waited = Duration::ZERO;
        let mut looks = 0;
        loop {
            let exchange = self.session.ask(request.clone(), looks).await?;
            self.wrote |= may_have_written(&exchange);
            if looks > 0 {
                waited += exchange.took;
            }
            let response = match &exchange.reply {
                Ok(response) => response,
                Err(no_reply) => {
                    self.dead = is_fatal(no_reply).then(|| no_reply.to_string());
                    return Ok(self.silent(step, no_reply.to_string()));
                }
            };
            let answer = Answer::new(response, exchange.took);
            let mut look = self.look(step, &answer, response.status, exchange.took);
            if !look.is_doubtful() {
                if looks > 0 {
                    self.session.was_late(waited);
                    let late = waited.as_millis();
                    look.notes.push(format!("it was right only when repeated, about {late} ms later"));
                }
                look.notes.extend(export::beyond(step, url, &answer, &self.variables));
                return Ok(look);
            }
            let Some(wait) = self.session.wait(&request, looks, waited, self.wrote).await else {
                look.notes.extend(export::advice(step, url, &answer));
                return Ok(look);
            };
            waited += wait;
            looks += 1;
        }
    }

    fn silent(&self, step: &RequestStep, why: String) -> Look {
        Look {
            assertions: step.assertions.iter().map(|a| export::unanswered(a, "there was no answer")).collect(),
            besides: Vec::new(),
            scripted: 0,
            extracted: Vec::new(),
            missing: step.extractions.iter().map(|e| (e.name.clone(), e.subject.clone())).collect(),
            notes: Vec::new(),
            fate: Fate::Silence(why),
        }
    }

    /// In Runscope's order: variables, scripts, assertions.
    fn look(&self, step: &RequestStep, answer: &Answer<'_>, status: u16, took: Duration) -> Look {
        let mut variables = self.variables.clone();
        let (mut extracted, mut missing) = (Vec::new(), Vec::new());
        for extraction in &step.extractions {
            match answer.look(&extraction.subject).filter(|value| !value.is_null()) {
                Some(value) => {
                    let value = export::text_of(&value);
                    variables.set(&extraction.name, &value);
                    extracted.push((extraction.name.clone(), value));
                }
                None => missing.push((extraction.name.clone(), extraction.subject.clone())),
            }
        }
        let besides = step.scripts.iter().map(|script| script.value.run(answer)).collect();
        let scripted = step.scripts.iter().filter(|script| script.value.asserts(answer)).count();
        let assertions = step.assertions.iter().map(|a| export::check(a, answer, &variables)).collect();
        Look {
            assertions,
            besides,
            scripted,
            extracted,
            missing,
            notes: Vec::new(),
            fate: Fate::Answered { status, took },
        }
    }

    fn conclude(&mut self, mut played: PlayedStep, look: Look) -> PlayedStep {
        for (name, value) in look.extracted {
            self.variables.set(name, value);
        }
        let all_hold = look.assertions.iter().all(|checked| checked.outcome == Outcome::Passed);
        played.assertions = look.assertions;
        played.besides = look.besides;
        played.scripted = look.scripted;
        for (name, subject) in look.missing {
            self.unset.insert(name.clone(), format!("nothing at {subject} in the answer to R{}", played.number));
            // Where an assertion says what is wrong, that nothing could be remembered follows from it.
            if all_hold && matches!(look.fate, Fate::Answered { .. }) {
                played.besides.push(Checked {
                    subject: subject.to_string(),
                    comparison: "variable",
                    expected: format!("a value for `{name}`"),
                    actual: None,
                    outcome: Outcome::Failed,
                    note: None,
                });
            }
        }
        played.fate = look.fate;
        played
    }
}

/// Whether there may be something that reads do not show yet.
fn may_have_written(exchange: &Exchange) -> bool {
    let refused = exchange.reply.as_ref().is_ok_and(|response| response.status >= 400);
    exchange.request.method != "GET" && !refused
}

/// Whether the next request would meet the same.
fn is_fatal(no_reply: &NoReply) -> bool {
    matches!(no_reply, NoReply::Refused(_) | NoReply::Tls(_) | NoReply::NoToken(_) | NoReply::Stopped)
}

/// What cannot stand in a URL. Exports hold URLs as people write them, with spaces and quotes; what is encoded already stays.
const UNFIT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

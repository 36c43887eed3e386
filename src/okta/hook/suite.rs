//! A suite against a hook service alone: recorded users, one after the other and at once, and what each answer is held against.
//!
//! **Invariant:** a requirement is met or not by what came back; what Okta's pages leave open is a note. Each finding is
//! about one event, which stands in the transcript.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::requirement::{Failure as Way, Level, Registry, RequirementId};
use crate::verdict::{CaseResult, Cause, Finding, Note, Outcome, Place, Skip, conclude as concluded};
use crate::wire::{Credential, Exchange, NoReply, Wire};

use super::answer::{Command, Read, Verdict};
use super::apply::{User, apply};
use super::event::{Action, EVENT_TYPE, Event, LoginFormat, Profile, app_profile, user_profile};
use super::service::{Failure, Ids, Service, conclude};

/// The name of the suite.
pub const SUITE: &str = "okta-hook";

/// What Okta is thought to need for an import that does not take hours.
const SOON: Duration = Duration::from_millis(500);

/// How many users are sent at the same moment.
const AT_ONCE: usize = 10;

/// What each answer to an event is held against.
const OF_ALL: [&str; 18] = [
    "OKTA-hook-200",
    "OKTA-hook-no-redirect",
    "OKTA-hook-under-256kb",
    "OKTA-hook-within-3s",
    "OKTA-hook-within-500ms",
    "OKTA-hook-empty-answer",
    "OKTA-hook-null-answer",
    "OKTA-hook-answer-json",
    "OKTA-hook-labelled-json",
    "OKTA-hook-command-form",
    "OKTA-hook-command-type",
    "OKTA-hook-command-value",
    "OKTA-hook-action-result",
    "OKTA-hook-link-id",
    "OKTA-hook-link-pair",
    "OKTA-hook-login-kept",
    "OKTA-hook-error-form",
    "OKTA-hook-debug-without-secrets",
];

/// A case: its name, what it is about, and what it judges besides [`OF_ALL`].
struct Known {
    name: &'static str,
    title: &'static str,
    checks: &'static [&'static str],
}

impl Known {
    /// All that it judges.
    fn checks(&self) -> Vec<RequirementId> {
        let own_alone = ["event-type", "credential-missing", "credential-wrong"].contains(&self.name);
        let all: &[&str] = if own_alone { &[] } else { &OF_ALL };
        all.iter().chain(self.checks).map(|id| RequirementId::from(*id)).collect()
    }
}

const CASES: &[Known] = &[
    Known { name: "create", title: "A new user, without a conflict", checks: &["OKTA-hook-no-needless-rename"] },
    Known {
        name: "conflict",
        title: "A new user whose login somebody else has",
        checks: &["OKTA-hook-conflict-resolved"],
    },
    Known { name: "match", title: "A user whom one Okta user matches", checks: &["OKTA-hook-link-known"] },
    Known { name: "several-matches", title: "A user whom two Okta users match", checks: &["OKTA-hook-link-known"] },
    Known {
        name: "odd-values",
        title: "A user with attributes that are null, or lists",
        checks: &["OKTA-hook-nulls-taken"],
    },
    Known { name: "missing-name", title: "A user without a last name", checks: &["OKTA-hook-data-error-in-body"] },
    Known {
        name: "unusual-names",
        title: "Users with umlauts, an apostrophe, blanks, and other letters",
        checks: &["OKTA-hook-text-survives"],
    },
    Known {
        name: "unknown-fields",
        title: "An event with fields that are not known, and a higher version",
        checks: &["OKTA-hook-unknown-fields"],
    },
    Known { name: "repeat", title: "The same event twice", checks: &["OKTA-hook-repeat-same"] },
    Known { name: "own-user", title: "Two users in turn", checks: &["OKTA-hook-own-user"] },
    Known {
        name: "at-once",
        title: "Ten users at the same moment, two of them with the same login",
        checks: &["OKTA-hook-answers-at-once", "OKTA-hook-own-user-at-once", "OKTA-hook-distinct-logins"],
    },
    Known {
        name: "credential-missing",
        title: "An event without the credential",
        checks: &["OKTA-hook-credential-missing", "OKTA-hook-refusal-401"],
    },
    Known {
        name: "credential-wrong",
        title: "An event with a wrong credential",
        checks: &["OKTA-hook-credential-wrong", "OKTA-hook-refusal-401"],
    },
    Known { name: "event-type", title: "An event of another hook", checks: &["OKTA-hook-event-type"] },
    Known {
        name: "broken-json",
        title: "A body that is no JSON, and an event after it",
        checks: &["OKTA-hook-broken-json-survived"],
    },
];

/// The ids of all cases, in order.
pub fn ids() -> impl Iterator<Item = String> {
    CASES.iter().map(|known| format!("{SUITE}/{}", known.name))
}

/// The id of each case, what it is about, and what it judges.
pub fn cases() -> impl Iterator<Item = (String, &'static str, Vec<RequirementId>)> {
    CASES.iter().map(|known| (format!("{SUITE}/{}", known.name), known.title, known.checks()))
}

/// What a run needs besides the service.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// What is demanded.
    pub registry: &'a Registry,
    /// The domain of the users.
    pub domain: &'a str,
    /// Whether the service was given a credential to be asked with.
    pub has_credential: bool,
    /// What ids and names of users are drawn from: with the same seed and time the same is sent again.
    pub seed: u64,
    /// When the events are said to be of, as Okta writes it.
    pub time: &'a str,
}

/// Runs the cases that are wanted; each is told of when it is done.
pub async fn run(
    service: &Arc<Service>,
    options: Options<'_>,
    wanted: &(dyn Fn(&str) -> bool + Sync),
    on_case: &mut (dyn FnMut(&CaseResult) + Send),
) -> Vec<CaseResult> {
    let people = People::new(options);
    let mut results = Vec::new();
    // What every other answer rests on: without it there is nothing to tell them by.
    let mut broken = None;
    for (at, known) in CASES.iter().enumerate() {
        let mut case = Case::new(known, options.registry);
        let is_wanted = wanted(&case.result.id);
        // A recording of others need not hold the first.
        let is_kept = !matches!(&service.wire, Wire::Tape(tape) if !tape.knows(&case.result.id));
        people.begin(&case.result.id);
        if !is_wanted && (at > 0 || !is_kept) {
            case.result.outcome = Outcome::Skipped(Skip::Deselected);
        } else if let Some(cause) = &broken {
            case.result.blocked_by = match cause {
                Cause::RestsOn(id) => vec![id.clone()],
                _ => Vec::new(),
            };
            case.result.outcome = Outcome::Inconclusive(Cause::clone(cause));
        } else if known.name.starts_with("credential-") && !options.has_credential {
            let why = "no credential was given that could be left out".to_owned();
            case.result.outcome = Outcome::Skipped(Skip::NothingToJudge(why));
        } else {
            let began = Instant::now();
            play(&mut case, known.name, service, &people).await;
            if at == 0 {
                broken = case.broken();
            }
            case.finish(began.elapsed());
            if !is_wanted {
                // It was asked for the sake of the others.
                case.result.outcome = Outcome::Skipped(Skip::Deselected);
                case.result.findings.clear();
                case.result.notes.clear();
            }
        }
        on_case(&case.result);
        results.push(case.result);
    }
    results
}

/// Makes up the users of a run.
struct People<'a> {
    domain: &'a str,
    /// What tells the users of this run from those of another.
    tag: String,
    job: String,
    time: &'a str,
    seed: u64,
    ids: Ids,
}

impl<'a> People<'a> {
    fn new(Options { domain, seed, time, .. }: Options<'a>) -> Self {
        let ids = Ids::new(seed);
        let letters = ids.next("", 24).to_lowercase();
        let tag = letters.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
        let job = ids.next("ij1", 20);
        Self { domain, tag, job, time, seed, ids }
    }

    /// What a case sends depends on no other case.
    fn begin(&self, case: &str) {
        let of_case = case.bytes().fold(self.seed, |mixed, byte| mixed.rotate_left(7) ^ u64::from(byte));
        self.ids.begin(of_case);
    }

    fn id(&self) -> String {
        self.ids.next("", 22)
    }

    /// Somebody of that name, who would be created.
    fn somebody(&self, given: &str, family: &str, plain: &str) -> Event {
        let address = format!("{plain}.{}@{}", self.tag, self.domain);
        let app = app_profile(&json!({
            "userName": address, "externalId": format!("{plain}-{}", self.tag),
            "name": { "givenName": given, "familyName": family },
            "emails": [{ "value": address, "type": "work", "primary": true }],
            "displayName": format!("{given} {family}"),
        }));
        // Empty attributes are the business of a case of their own.
        self.event(app.into_iter().filter(|(_, value)| !value.is_null()).collect())
    }

    fn event(&self, app: Profile) -> Event {
        let user: Profile =
            user_profile(&app, &LoginFormat::UserName).into_iter().filter(|(_, value)| !value.is_null()).collect();
        Event {
            id: self.id(),
            time: self.time.to_owned(),
            job: self.job.clone(),
            action: Action::Create,
            user: None,
            conflicts: Vec::new(),
            matches: Vec::new(),
            policy: vec!["USERNAME".to_owned()],
            app_profile: app,
            user_profile: user,
        }
    }

    fn in_conflict(&self, given: &str, family: &str, plain: &str) -> Event {
        Event { conflicts: vec!["login".to_owned()], ..self.somebody(given, family, plain) }
    }
}

/// A case under way.
struct Case<'a> {
    registry: &'a Registry,
    result: CaseResult,
    judged: BTreeSet<&'static str>,
    cause: Option<Cause>,
}

impl<'a> Case<'a> {
    fn new(known: &Known, registry: &'a Registry) -> Self {
        let mut result = CaseResult::new(format!("{SUITE}/{}", known.name), Outcome::Passed);
        result.title = known.title.to_owned();
        result.checks = known.checks();
        Self { registry, result, judged: BTreeSet::new(), cause: None }
    }

    /// Why nothing can be told by other answers when this one is not there.
    fn broken(&self) -> Option<Cause> {
        let of_call = ["OKTA-hook-200", "OKTA-hook-no-redirect", "OKTA-hook-under-256kb", "OKTA-hook-within-3s"];
        let finding = self.result.findings.iter().find(|finding| of_call.contains(&finding.requirement.as_str()));
        finding.map(|finding| Cause::RestsOn(finding.requirement.clone())).or_else(|| self.cause.clone())
    }

    fn finish(&mut self, took: Duration) {
        self.result.took = took;
        self.result.judged = self.judged.iter().map(|id| RequirementId::from(*id)).collect();
        let nothing = self.judged.is_empty().then(|| "nothing came back that could be judged".to_owned());
        self.result.outcome = concluded(&self.result.findings, self.cause.take(), nothing);
    }

    fn keep(&mut self, exchange: Exchange) -> usize {
        self.result.transcript.push(exchange);
        self.result.transcript.len() - 1
    }

    fn met(&mut self, id: &'static str) {
        self.judged.insert(id);
    }

    fn violated(&mut self, id: &'static str, at: usize, place: Place, expected: impl Into<String>, actual: Value) {
        self.judged.insert(id);
        let Some(requirement) = self.registry.get(id).map(Arc::clone) else { return };
        let expected = expected.into();
        if requirement.level == Level::May {
            let actual = if actual.is_null() { "nothing".to_owned() } else { actual.to_string() };
            let text = format!("{}: expected {expected}, got {actual}", requirement.title);
            self.result.notes.push(Note {
                text,
                requirement: Some(requirement.id.clone()),
                exchange: Some(at),
                all_well: false,
            });
            return;
        }
        self.result.findings.push(Finding {
            law: None,
            requirement: requirement.id.clone(),
            level: requirement.level,
            expected,
            actual,
            place,
            failure: Way::Otherwise,
            exchange: at,
            in_setup: false,
            because: None,
            known: None,
            span: requirement.span.clone(),
        });
    }

    /// Holds an answer against a requirement.
    fn hold(&mut self, id: &'static str, is_met: bool, at: usize, place: Place, expected: &str, actual: Value) {
        match is_met {
            true => self.met(id),
            false => self.violated(id, at, place, expected, actual),
        }
    }

    fn note(&mut self, text: impl Into<String>, at: usize) {
        self.result.notes.push(Note { text: text.into(), requirement: None, exchange: Some(at), all_well: false });
    }

    /// Sends an event and holds the answer against what any answer is held against; `taken` is the demand that an answer is there.
    async fn ask(&mut self, service: &Service, event: &Event, taken: &'static str) -> Option<(Read, usize)> {
        let body = event.body().to_string().into_bytes();
        let first = service.call(&self.result.id, body.clone(), Credential::Own).await;
        let why = match conclude(&first, event.action) {
            Err(Failure::Slow) => "no answer within three seconds".to_owned(),
            Err(Failure::Failing(status)) => format!("answered {status}"),
            _ => return self.look(first, event, taken),
        };
        // Okta asks once more, and so a service that only stumbled is not accused.
        let at = self.keep(first);
        let again = Exchange { look: 1, ..service.call(&self.result.id, body, Credential::Own).await };
        let found = self.look(again, event, taken);
        if found.is_some() {
            self.note(format!("{why} at first, and an answer when Okta asked once more"), at);
        }
        found
    }

    fn look(&mut self, exchange: Exchange, event: &Event, taken: &'static str) -> Option<(Read, usize)> {
        let said = conclude(&exchange, event.action);
        let took = exchange.took;
        let at = self.keep(exchange);
        let read = match said {
            Ok(read) => read,
            Err(failure) => {
                self.failed(&failure, at, taken);
                return None;
            }
        };
        for id in ["OKTA-hook-no-redirect", "OKTA-hook-under-256kb", "OKTA-hook-within-3s", taken] {
            self.met(id);
        }
        let soon = "an answer within half a second";
        self.hold("OKTA-hook-within-500ms", took <= SOON, at, Place::Time, soon, json!(format!("{took:.1?}")));
        self.label(at);
        self.forms(&read, at);
        self.debug(event, at);
        Some((read, at))
    }

    fn failed(&mut self, failure: &Failure, at: usize, taken: &'static str) {
        let status = |status: &u16| (Place::Status, json!(status));
        let (id, (place, actual)) = match failure {
            Failure::NoReply(no_reply) => {
                self.cause = Some(Cause::NoReply(no_reply.clone()));
                return;
            }
            Failure::Refused(code @ (401 | 403)) => {
                self.cause = Some(Cause::SetupFailed {
                    request: "an event with the credential".to_owned(),
                    why: format!(
                        "answered {code}: is the secret of SCIM_CHECK_HOOK_TOKEN the whole value of the header?"
                    ),
                });
                return;
            }
            Failure::Redirect(code) => ("OKTA-hook-no-redirect", status(code)),
            Failure::Refused(code) | Failure::Failing(code) => (taken, status(code)),
            Failure::Slow => ("OKTA-hook-within-3s", (Place::Time, json!("nothing within three seconds"))),
            Failure::TooLarge => ("OKTA-hook-under-256kb", (Place::Body(String::new()), json!("256 KB or more"))),
        };
        let expected = match id {
            "OKTA-hook-no-redirect" => "an answer at this address",
            "OKTA-hook-within-3s" => "an answer within three seconds",
            "OKTA-hook-under-256kb" => "less than 256 KB",
            _ => "a status from 200 to 299",
        };
        self.violated(id, at, place, expected, actual);
    }

    fn response(&self, at: usize) -> Option<&crate::wire::Response> {
        self.result.transcript.get(at)?.reply.as_ref().ok()
    }

    fn label(&mut self, at: usize) {
        let Some(response) = self.response(at).filter(|response| !response.body.is_empty()) else { return };
        let label = response.headers.get("Content-Type").unwrap_or_default().to_owned();
        let essence = label.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_json = essence == "application/json" || essence.ends_with("+json");
        let place = Place::Header("Content-Type".to_owned());
        self.hold("OKTA-hook-labelled-json", is_json, at, place, "application/json", json!(label));
    }

    fn forms(&mut self, read: &Read, at: usize) {
        for id in ["OKTA-hook-empty-answer", "OKTA-hook-null-answer", "OKTA-hook-answer-json"] {
            self.met(id);
        }
        for command in &read.commands {
            for id in ["OKTA-hook-command-form", "OKTA-hook-command-type", "OKTA-hook-command-value"] {
                self.met(id);
            }
            self.met(match command {
                Command::AppProfile(_) => continue,
                Command::UserProfile(_) => "OKTA-hook-login-kept",
                Command::Action(_) => "OKTA-hook-action-result",
                Command::Link(_) => "OKTA-hook-link-id",
            });
        }
        if read.commands.contains(&Command::Action(Action::Link)) {
            self.met("OKTA-hook-link-pair");
        }
        if matches!(read.verdict, Verdict::Error(_)) {
            self.met("OKTA-hook-error-form");
        }
        for fault in &read.faults {
            let place = Place::Body(fault.place.clone());
            self.violated(fault.requirement, at, place, fault.expected.clone(), fault.actual.clone());
        }
        if let Some(open) = read.undocumented.filter(|_| read.faults.is_empty()) {
            self.note(open, at);
        }
        let place_of = |is: fn(&Command) -> bool| read.commands.iter().position(is);
        let (action, link) =
            (place_of(|c| matches!(c, Command::Action(_))), place_of(|c| matches!(c, Command::Link(_))));
        if let (Some(action), Some(link)) = (action, link)
            && link < action
        {
            self.note(
                "the user to link to is said before LINK_USER; somebody saw such a user stay unmatched, and Okta's pages have the \
                 action first",
                at,
            );
        }
    }

    /// What a service writes down for the System Log.
    fn debug(&mut self, event: &Event, at: usize) {
        let root: Option<Value> = self.response(at).and_then(|response| serde_json::from_slice(&response.body).ok());
        let id = "OKTA-hook-debug-without-secrets";
        let Some(debug) = root.as_ref().and_then(|root| root.get("debugContext")) else { return self.met(id) };
        let written = debug.to_string();
        let texts = event.app_profile.values().filter_map(Value::as_str).filter(|text| text.len() > 3);
        let found: BTreeSet<&str> = texts.filter(|text| written.contains(text)).collect();
        let place = Place::Body("/debugContext".to_owned());
        self.hold(id, found.len() < 3, at, place, "no profile", json!(format!("{} values of it", found.len())));
    }
}

/// What a user is like after an answer.
fn after(event: &Event, read: &Read) -> User {
    let mut user = User::of(event);
    apply(&mut user, &read.commands, &LoginFormat::UserName);
    user
}

/// The new values that a command has.
fn values(command: &Command) -> Option<&Profile> {
    match command {
        Command::AppProfile(values) | Command::UserProfile(values) => Some(values),
        Command::Action(_) | Command::Link(_) => None,
    }
}

/// The attributes that an answer gives values to.
fn named(read: &Read) -> BTreeSet<&str> {
    read.commands.iter().filter_map(values).flat_map(Map::keys).map(String::as_str).collect()
}

/// All texts in the commands of an answer.
fn texts(read: &Read) -> Vec<&str> {
    read.commands.iter().filter_map(values).flat_map(Map::values).filter_map(Value::as_str).collect()
}

const TAKEN: &str = "OKTA-hook-200";

async fn play(case: &mut Case<'_>, name: &str, service: &Arc<Service>, people: &People<'_>) {
    match name {
        "create" => create(case, service, people).await,
        "conflict" => conflict(case, service, people).await,
        "match" => matched(case, service, people, 1).await,
        "several-matches" => matched(case, service, people, 2).await,
        "odd-values" => odd_values(case, service, people).await,
        "missing-name" => missing_name(case, service, people).await,
        "unusual-names" => unusual_names(case, service, people).await,
        "unknown-fields" => unknown_fields(case, service, people).await,
        "repeat" => repeat(case, service, people).await,
        "own-user" => own_user(case, service, people).await,
        "at-once" => at_once(case, service, people).await,
        "credential-missing" => credential(case, service, people, Credential::None).await,
        "credential-wrong" => credential(case, service, people, Credential::Wrong).await,
        "event-type" => event_type(case, service, people).await,
        _ => broken_json(case, service, people).await,
    }
}

async fn create(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    let event = people.somebody("Bo", "Ek", "bo.ek");
    let Some((read, at)) = case.ask(service, &event, TAKEN).await else { return };
    let user = after(&event, &read);
    let before = User::of(&event);
    // An empty one is a fault of its own.
    let is_kept = user.text("login").is_empty() || user.text("login") == before.text("login");
    let expected = format!("login {:?}, which nobody has", before.text("login"));
    let place = Place::Body("/commands".to_owned());
    case.hold("OKTA-hook-no-needless-rename", is_kept, at, place, &expected, json!(user.text("login")));
}

async fn conflict(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    let event = people.in_conflict("Ada", "Byron", "ada.byron");
    let quiet = people.somebody("Ada", "Byron", "ada.other");
    let Some((usual, _)) = case.ask(service, &quiet, TAKEN).await else { return };
    let Some((read, at)) = case.ask(service, &event, TAKEN).await else { return };
    let user = after(&event, &read);
    if !matches!(read.verdict, Verdict::Commands) {
        if read.verdict == Verdict::Nothing {
            case.note("the conflict is left to an administrator: the answer changes nothing", at);
        }
        return;
    }
    let taken = User::of(&event).text("login").to_lowercase();
    let reacts = named(&read) != named(&usual) || read.commands.len() != usual.commands.len();
    if !reacts {
        case.note("the conflict is left to an administrator: the answer is that to a user without one", at);
        return;
    }
    // By another format of user names than the one that is thought of here, the login may come from the address.
    let is_remade = |name: &str| user.app.get(name) != event.app_profile.get(name);
    let is_resolved = user.action == Action::Link
        || user.text("login").to_lowercase() != taken
        || is_remade("userName")
        || is_remade("email");
    let place = Place::Body("/commands".to_owned());
    let expected = "another login than the one that is taken";
    case.hold("OKTA-hook-conflict-resolved", is_resolved, at, place, expected, json!(user.text("login")));
}

async fn matched(case: &mut Case<'_>, service: &Service, people: &People<'_>, how_many: usize) {
    let ids: Vec<String> = (1..=how_many).map(|number| format!("00uScimCheckUser000{number}")).collect();
    let mut event = people.somebody("Cy", "Dahl", "cy.dahl");
    event.matches.clone_from(&ids);
    if let [only] = ids.as_slice() {
        (event.action, event.user) = (Action::Link, Some(only.clone()));
    }
    let Some((read, at)) = case.ask(service, &event, TAKEN).await else { return };
    let user = after(&event, &read);
    let linked = read.commands.iter().find_map(|command| match command {
        Command::Link(id) => Some(id.as_str()),
        Command::Action(_) | Command::AppProfile(_) | Command::UserProfile(_) => None,
    });
    if let Some(id) = linked {
        let place = Place::Body("/commands".to_owned());
        let expected = format!("one of {}", ids.join(", "));
        case.hold("OKTA-hook-link-known", ids.iter().any(|known| known == id), at, place, &expected, json!(id));
    }
    match (how_many, user.action) {
        (1, Action::Create) => case.note("a user whom an Okta user matches is made a new one, which Okta allows", at),
        (2, Action::Link) => {
            case.note(format!("of two Okta users who match, {} is taken", user.link.as_deref().unwrap_or("none")), at);
        }
        _ => {}
    }
}

async fn odd_values(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    let mut event = people.somebody("Eva", "Falk", "eva.falk");
    for name in ["title", "middleName", "mobilePhone", "department"] {
        event.app_profile.insert(name.to_owned(), Value::Null);
        event.user_profile.insert(name.to_owned(), Value::Null);
    }
    event.app_profile.insert("teams".to_owned(), json!(["north", "south"]));
    case.ask(service, &event, "OKTA-hook-nulls-taken").await;
}

async fn missing_name(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    let mut event = people.somebody("Gil", "", "gil");
    event.app_profile.remove("familyName");
    event.user_profile.remove("lastName");
    case.ask(service, &event, "OKTA-hook-data-error-in-body").await;
}

/// Who is sent, and what would come back of the name if UTF-8 were taken for another encoding.
async fn unusual_names(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    for (given, family, plain) in [
        (" J\u{fc}rgen ", "M\u{fc}ller-L\u{fc}denscheidt", "jurgen"),
        ("Aoife", "O'Neill d' Arc", "aoife"),
        ("Лев", "Чехов", "lev"),
    ] {
        let event = Event { conflicts: vec!["login".to_owned()], ..people.somebody(given, family, plain) };
        let Some((read, at)) = case.ask(service, &event, TAKEN).await else { continue };
        let wrong = texts(&read).into_iter().find(|text| is_garbled(text, &[given, family])).map(str::to_owned);
        let place = Place::Body("/commands".to_owned());
        let expected = format!("letters of {:?} as they were sent", format!("{} {family}", given.trim()));
        case.hold("OKTA-hook-text-survives", wrong.is_none(), at, place, &expected, json!(wrong));
        let login = after(&event, &read);
        let login = login.text("login");
        if login.chars().any(char::is_whitespace) {
            case.note(format!("the login {login:?} has a blank in it; whether an org takes that depends on it"), at);
        }
    }
}

/// Whether a text holds what these names become when their bytes are read in another encoding.
fn is_garbled(text: &str, names: &[&str]) -> bool {
    let words = names.iter().flat_map(|name| name.split(' ')).filter(|word| !word.is_ascii());
    let latin = |word: &str| word.bytes().map(char::from).collect::<String>();
    let lost = |word: &str| word.chars().map(|c| if c.is_ascii() { c } else { '\u{fffd}' }).collect::<String>();
    let asked = |word: &str| word.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect::<String>();
    words.into_iter().any(|word| {
        text.contains(&latin(word)) || text.contains(&lost(word)) || (word.len() > 4 && text.contains(&asked(word)))
    })
}

async fn unknown_fields(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    let event = people.somebody("Hal", "Ivers", "hal.ivers");
    let mut body = event.body();
    let new = json!("not there yet");
    for pointer in ["", "/data", "/data/context", "/data/context/application", "/data/user", "/data/appUser"] {
        if let Some(Value::Object(object)) = body.pointer_mut(pointer) {
            object.insert("scimCheckUnknown".to_owned(), new.clone());
        }
    }
    body["eventTypeVersion"] = json!("1.1");
    let exchange = service.call(&case.result.id, body.to_string().into_bytes(), Credential::Own).await;
    case.look(exchange, &event, "OKTA-hook-unknown-fields");
}

async fn repeat(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    let event = people.in_conflict("Ivo", "Jansen", "ivo.jansen");
    let Some((first, _)) = case.ask(service, &event, TAKEN).await else { return };
    let Some((second, at)) = case.ask(service, &event, TAKEN).await else { return };
    let place = Place::Body("/commands".to_owned());
    let told = |read: &Read| json!(texts(read).join(", "));
    let expected = format!("the commands of the first answer: {}", told(&first));
    let is_same = first.commands == second.commands;
    case.hold("OKTA-hook-repeat-same", is_same, at, place, &expected, told(&second));
}

/// Names that nothing else holds.
const ALONE: [(&str, &str); AT_ONCE] = [
    ("Quirin", "Zabulon"),
    ("Ottilie", "Vexhall"),
    ("Wulfric", "Ymbertson"),
    ("Xanthe", "Kjoelberg"),
    ("Balduin", "Pfoertner"),
    ("Euphemia", "Grzybow"),
    ("Isidor", "Htunaung"),
    ("Leokadia", "Jxmeister"),
    ("Nepomuk", "Oqvist"),
    ("Radegund", "Uzwiller"),
];

/// A text of an answer that holds the name of another user.
fn strange(read: &Read, own: usize) -> Option<&str> {
    let is_other = |text: &&str| {
        let text = text.to_lowercase();
        let mut others = ALONE.iter().enumerate().filter(|(at, _)| *at != own);
        others.any(|(_, (given, family))| text.contains(&given.to_lowercase()) || text.contains(&family.to_lowercase()))
    };
    texts(read).into_iter().find(is_other)
}

async fn own_user(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    for turn in [0, 1, 0] {
        let (given, family) = ALONE[turn];
        let event = people.in_conflict(given, family, &format!("{}.{}", given.to_lowercase(), family.to_lowercase()));
        let Some((read, at)) = case.ask(service, &event, TAKEN).await else { return };
        let other = strange(&read, turn);
        let place = Place::Body("/commands".to_owned());
        let expected = format!("nothing of anybody but {given} {family}");
        case.hold("OKTA-hook-own-user", other.is_none(), at, place, &expected, json!(other));
    }
}

async fn at_once(case: &mut Case<'_>, service: &Arc<Service>, people: &People<'_>) {
    let mut events: Vec<Event> = ALONE
        .iter()
        .map(|(given, family)| people.in_conflict(given, family, &format!("{given}.{family}").to_lowercase()))
        .collect();
    // Two of them want the same login, and are two all the same.
    if let [.., before, last] = events.as_mut_slice() {
        let shared = format!("shared.{}@{}", people.tag, people.domain);
        before.user_profile.insert("login".to_owned(), json!(shared));
        last.user_profile.insert("login".to_owned(), json!(shared));
    }
    let mut asked = JoinSet::new();
    for (number, event) in events.iter().enumerate() {
        let (service, body) = (Arc::clone(service), event.body().to_string().into_bytes());
        let id = case.result.id.clone();
        asked.spawn(async move { (number, service.call(&id, body, Credential::Own).await) });
    }
    let mut answers = BTreeMap::new();
    while let Some(answer) = asked.join_next().await {
        if let Ok((number, exchange)) = answer {
            answers.insert(number, exchange);
        }
    }
    let mut logins: Vec<(usize, String)> = Vec::new();
    for (number, exchange) in answers {
        let Some(event) = events.get(number) else { continue };
        let missing = match conclude(&exchange, event.action) {
            Err(Failure::Slow) => Some(json!("nothing within three seconds")),
            Err(Failure::Failing(status) | Failure::Refused(status)) => Some(json!(status)),
            _ => None,
        };
        if let Some(actual) = missing {
            let at = case.keep(exchange);
            let expected = "an answer within three seconds";
            case.violated("OKTA-hook-answers-at-once", at, Place::Together, expected, actual);
            continue;
        }
        // How long ten at once take is asked of no service.
        let exchange = Exchange { took: Duration::ZERO, ..exchange };
        let Some((read, at)) = case.look(exchange, event, "OKTA-hook-answers-at-once") else { continue };
        let other = strange(&read, number);
        let place = Place::Body("/commands".to_owned());
        let expected = "nothing of the other users";
        case.hold("OKTA-hook-own-user-at-once", other.is_none(), at, place, expected, json!(other));
        if number + 2 >= AT_ONCE && named(&read).contains("login") {
            logins.push((at, after(event, &read).text("login").to_lowercase()));
        }
    }
    if let [(_, one), (at, other)] = logins.as_slice() {
        let place = Place::Body("/commands".to_owned());
        let expected = "two logins for two users";
        case.hold("OKTA-hook-distinct-logins", one != other, *at, place, expected, json!(other));
    }
}

async fn credential(case: &mut Case<'_>, service: &Service, people: &People<'_>, which: Credential) {
    let event = people.somebody("Kai", "Lund", "kai.lund");
    let exchange = service.call(&case.result.id, event.body().to_string().into_bytes(), which).await;
    let (status, no_reply) = match &exchange.reply {
        Ok(response) => (response.status, None),
        Err(no_reply) => (0, Some(no_reply.clone())),
    };
    let at = case.keep(exchange);
    if let Some(no_reply) = no_reply {
        match no_reply {
            NoReply::TimedOut(_) => {
                case.violated(
                    "OKTA-hook-refusal-401",
                    at,
                    Place::Time,
                    "401 or 403",
                    json!("nothing within three seconds"),
                );
            }
            other => case.cause = Some(Cause::NoReply(other)),
        }
        return;
    }
    let id = if which == Credential::None { "OKTA-hook-credential-missing" } else { "OKTA-hook-credential-wrong" };
    match status {
        200..=299 => case.violated(id, at, Place::Status, "401 or 403", json!(status)),
        401 | 403 => {
            case.met(id);
            case.met("OKTA-hook-refusal-401");
        }
        // Which of the other statuses from 400 to 499 it is matters to nobody: nothing was done.
        300..=399 | 500.. => {
            case.met(id);
            case.violated("OKTA-hook-refusal-401", at, Place::Status, "401 or 403", json!(status));
        }
        _ => {
            case.met(id);
            case.note(format!("refused with {status}; 401 says what is wrong"), at);
        }
    }
}

async fn event_type(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    let event = people.in_conflict("Mia", "Noll", "mia.noll");
    let mut body = event.body();
    body["eventType"] = json!("com.okta.oauth2.tokens.transform");
    let exchange = service.call(&case.result.id, body.to_string().into_bytes(), Credential::Own).await;
    let said = conclude(&exchange, event.action);
    let at = case.keep(exchange);
    let commands = match said {
        Ok(read) => read.commands.len(),
        Err(Failure::NoReply(no_reply)) => {
            case.cause = Some(Cause::NoReply(no_reply));
            return;
        }
        Err(Failure::Slow | Failure::TooLarge) => return,
        // A refusal is as good an answer as any.
        Err(_) => 0,
    };
    let expected = format!("no commands, as the event is not {EVENT_TYPE}");
    let place = Place::Body("/commands".to_owned());
    case.hold("OKTA-hook-event-type", commands == 0, at, place, &expected, json!(format!("{commands} commands")));
}

async fn broken_json(case: &mut Case<'_>, service: &Service, people: &People<'_>) {
    let exchange = service
        .call(&case.result.id, br#"{"eventType":"com.okta.import.transform","data":{"#.to_vec(), Credential::Own)
        .await;
    let status = exchange.reply.as_ref().map(|response| response.status).ok();
    let at = case.keep(exchange);
    if !matches!(status, Some(400..=499)) {
        let told = status.map_or("nothing".to_owned(), |status| status.to_string());
        case.note(
            format!("a body that is no JSON is answered with {told}; 400 says what is wrong, and is not asked again"),
            at,
        );
    }
    let event = people.somebody("Nora", "Oest", "nora.oest");
    case.ask(service, &event, "OKTA-hook-broken-json-survived").await;
}

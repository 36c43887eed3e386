//! A small Okta org: users, one application, and who is assigned to it. What an administrator does to it is sent on to the SCIM
//! server as Okta sends it.
//!
//! **Invariant:** what Okta sends is in the flows and only there; here is when it sends which.

use serde_json::{Map, Value, json};

use crate::judge;
use crate::okta;
use crate::persona::Version;
use crate::run::session::{Session, Steps};
use crate::scenario;
use crate::verdict::Adapted;
use crate::wire::{Exchange, Headers, Response};

/// The two kinds of applications in Okta, which send different requests for the same act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum App {
    /// From the catalogue: `PATCH`.
    Catalogue,
    /// Made with the wizard: `GET` and `PUT`.
    Wizard,
}

impl App {
    /// The name in flows.
    pub fn as_str(self) -> &'static str {
        match self {
            App::Catalogue => "catalogue",
            App::Wizard => "wizard",
        }
    }
}

/// The org.
pub(super) struct Org {
    session: Session,
    app: App,
    /// The suite whose flows it plays: that of the version of SCIM that it speaks.
    suite: &'static str,
    app_id: String,
    people: Vec<Person>,
    random: fastrand::Rng,
    played: usize,
}

/// A user of the org.
struct Person {
    id: String,
    status: Status,
    profile: Map<String, Value>,
    assignment: Option<Assignment>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Staged,
    Active,
    Suspended,
    Deprovisioned,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::Staged => "STAGED",
            Status::Active => "ACTIVE",
            Status::Suspended => "SUSPENDED",
            Status::Deprovisioned => "DEPROVISIONED",
        }
    }
}

/// What the application knows of a user.
#[derive(Clone, Default)]
struct Assignment {
    /// The id that the SCIM server gave the account; none when it could not be created.
    account: Option<String>,
    user_name: String,
    profile: Map<String, Value>,
}

/// What the org answers, and what it sent before.
pub(super) struct Told {
    pub(super) response: Response,
    pub(super) traffic: Vec<Exchange>,
    /// What in the traffic would stand in Okta's log as a failure, or be complained of.
    pub(super) complaints: Vec<String>,
}

/// What provisioning amounts to.
#[derive(Default)]
struct Sent {
    traffic: Vec<Exchange>,
    complaints: Vec<String>,
}

impl Org {
    pub(super) fn new(session: Session, app: App, version: Version, app_id: String) -> Self {
        let random = fastrand::Rng::with_seed(session.seed());
        let suite = match version {
            Version::V1 => okta::SUITE_OF_V1,
            Version::V2 => okta::SUITE,
        };
        Self { session, app, suite, app_id, people: Vec::new(), random, played: 0 }
    }

    /// Answers a call of Okta's management API.
    pub(super) async fn answer(&mut self, method: &str, path: &str, body: Option<&str>) -> Told {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let body: Value = body.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let mut sent = Sent::default();
        let (status, answer) = match (method, segments.as_slice()) {
            (_, ["api", "v1", "apps", app, ..]) if *app != self.app_id => not_found("AppInstance", app),
            ("GET", ["api", "v1", "apps", _]) => (200, self.shown_app()),
            ("GET", ["api", "v1", "apps", _, "users"]) => (200, self.people.iter().filter_map(assigned).collect()),
            ("POST", ["api", "v1", "apps", _, "users"]) => self.assign(&body, &mut sent).await,
            (_, ["api", "v1", "apps", _, "users", user]) => match (method, self.find(user)) {
                ("GET", Some(at)) if self.people[at].assignment.is_some() => {
                    (200, assigned(&self.people[at]).unwrap_or_default())
                }
                ("DELETE", Some(at)) if self.people[at].assignment.is_some() => {
                    self.end_assignment(at, "unassign", &mut sent).await;
                    (204, Value::Null)
                }
                _ => not_found("AppUser", user),
            },
            ("POST", ["api", "v1", "users"]) => self.add(&body, query),
            (_, ["api", "v1", "users", user, ..]) if self.find(user).is_none() => not_found("User", user),
            (_, ["api", "v1", "users", user, rest @ ..]) => {
                let at = self.find(user).unwrap_or_default();
                match (method, rest) {
                    ("GET", []) => (200, shown(&self.people[at])),
                    ("PUT" | "POST", []) => self.update(at, method, &body, &mut sent).await,
                    ("DELETE", []) => self.delete(at, &mut sent).await,
                    ("POST", ["lifecycle", step]) => self.lifecycle(at, step, &mut sent).await,
                    _ => unknown_call(method, path),
                }
            }
            // Custom entitlements of a grant are a matter of Okta's own books until the user is updated.
            ("POST", ["governance", "api", "v1", "grants"]) => {
                (200, json!({ "id": self.id("gra"), "status": "ACTIVE", "grantType": body.get("grantType") }))
            }
            _ => unknown_call(method, path),
        };
        let body = if answer.is_null() { Vec::new() } else { answer.to_string().into_bytes() };
        let headers = Headers(vec![("Content-Type".to_owned(), "application/json".to_owned())]);
        Told { response: Response { status, headers, body }, traffic: sent.traffic, complaints: sent.complaints }
    }

    fn find(&self, user: &str) -> Option<usize> {
        self.people.iter().position(|person| person.id == user || text(&person.profile, "login") == Some(user))
    }

    /// An id as Okta makes them: three characters that say of what, and seventeen.
    fn id(&mut self, kind: &str) -> String {
        let rest: String = (0..17).map(|_| self.random.alphanumeric()).collect();
        format!("{kind}{rest}")
    }

    fn shown_app(&self) -> Value {
        json!({
            "id": self.app_id,
            "label": format!("simulated {} app", self.app.as_str()),
            "status": "ACTIVE",
            "features": ["PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION", "REACTIVATE_USERS"],
        })
    }

    fn add(&mut self, body: &Value, query: &str) -> (u16, Value) {
        let Some(profile) = body.get("profile").and_then(Value::as_object) else {
            return invalid("profile: The field cannot be left blank");
        };
        for field in ["login", "email", "firstName", "lastName"] {
            if text(profile, field).is_none_or(str::is_empty) {
                return invalid(&format!("{field}: The field cannot be left blank"));
            }
        }
        if text(profile, "login").is_some_and(|login| self.find(login).is_some()) {
            return invalid("login: An object with this field already exists in the current organization");
        }
        let status =
            if query.split('&').any(|part| part == "activate=false") { Status::Staged } else { Status::Active };
        let person = Person { id: self.id("00u"), status, profile: profile.clone(), assignment: None };
        let answer = shown(&person);
        self.people.push(person);
        (200, answer)
    }

    /// Assigns a user: the account is looked for, and then created, linked or switched on.
    async fn assign(&mut self, body: &Value, sent: &mut Sent) -> (u16, Value) {
        let id = body.get("id").and_then(Value::as_str).unwrap_or_default();
        let Some(at) = self.find(id) else { return not_found("User", id) };
        let person = &self.people[at];
        if person.status == Status::Deprovisioned {
            return invalid("the user is deactivated");
        }
        let mut assignment = person.assignment.clone().unwrap_or_default();
        let login = text(&person.profile, "login").unwrap_or_default();
        let asked = body.pointer("/credentials/userName").and_then(Value::as_str);
        assignment.user_name = asked.unwrap_or(login).to_owned();
        assignment.profile = mapped(&person.profile);
        if let Some(given) = body.get("profile").and_then(Value::as_object) {
            assignment.profile.extend(given.clone());
        }
        if person.status == Status::Active {
            match assignment.account.clone() {
                Some(account) => self.update_account(&account, &assignment, sent).await,
                None => assignment.account = self.provide_account(at, &assignment, sent).await,
            }
        }
        self.people[at].assignment = Some(assignment);
        let mut answer = assigned(&self.people[at]).unwrap_or_default();
        // Okta answers at once and provisions afterwards; what comes of it is seen later, in this field.
        answer["syncState"] = if sent.complaints.is_empty() { "SYNCHRONIZED" } else { "ERROR" }.into();
        (200, answer)
    }

    async fn provide_account(&mut self, at: usize, to: &Assignment, sent: &mut Sent) -> Option<String> {
        let looked = self.play("lookup-user", json!({ "userName": to.user_name })).await;
        let answer = looked.transcript.last().and_then(|exchange| exchange.reply.as_ref().ok());
        // Okta takes 404 for no match.
        let list = match answer {
            Some(response) if response.status == 404 => Some(Value::Null),
            Some(response) if response.status == 200 => judge::body(response).json().cloned(),
            _ => None,
        };
        sent.traffic.extend(looked.transcript);
        let Some(list) = list else {
            sent.complaints.push("the lookup before the assignment was not answered with a list".to_owned());
            return None;
        };
        let found = list.pointer("/Resources/0").filter(|found| found.get("id").is_some_and(Value::is_string));
        let Some(found) = found else { return self.create_account(at, to, sent).await };
        let account = found.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if found.get("active") == Some(&Value::Bool(false)) {
            let ran = self.play(&self.of_app("activate-user"), json!({ "id": account })).await;
            self.file(ran, sent);
        } else {
            self.update_account(&account, to, sent).await;
        }
        Some(account)
    }

    async fn create_account(&mut self, at: usize, to: &Assignment, sent: &mut Sent) -> Option<String> {
        let mut extra = attributes(to);
        // The flow has these places itself.
        for key in ["userName", "name", "displayName"] {
            extra.remove(key);
        }
        let with = json!({
            "userName": to.user_name,
            "givenName": text(&to.profile, "givenName").unwrap_or_default(),
            "familyName": text(&to.profile, "familyName").unwrap_or_default(),
            "externalId": self.people[at].id,
            "extra": extra,
        });
        let ran = self.play("post-user", with).await;
        let account = ran.bindings.get("done.id").map(|id| match id {
            Value::String(id) => id.clone(),
            other => other.to_string(),
        });
        self.file(ran, sent);
        account
    }

    async fn update_account(&mut self, account: &str, to: &Assignment, sent: &mut Sent) {
        let with = json!({ "id": account, "changes": attributes(to) });
        let ran = self.play(&self.of_app("update-user"), with).await;
        self.file(ran, sent);
    }

    /// Changes a user: `PUT` replaces the profile, `POST` changes what it names. Whoever is assigned is updated in the app.
    async fn update(&mut self, at: usize, method: &str, body: &Value, sent: &mut Sent) -> (u16, Value) {
        let Some(profile) = body.get("profile").and_then(Value::as_object) else {
            return invalid("profile: The field cannot be left blank");
        };
        let person = &mut self.people[at];
        if method == "PUT" {
            person.profile = profile.clone();
        } else {
            person.profile.extend(profile.clone());
        }
        let answer = shown(person);
        if let Some(assignment) = &mut person.assignment {
            assignment.profile.extend(mapped(&person.profile));
            let assignment = assignment.clone();
            if let Some(account) = assignment.account.clone() {
                self.update_account(&account, &assignment, sent).await;
            }
        }
        (200, answer)
    }

    async fn lifecycle(&mut self, at: usize, step: &str, sent: &mut Sent) -> (u16, Value) {
        let status = self.people[at].status;
        let next = match (step, status) {
            ("activate" | "reactivate", Status::Staged | Status::Deprovisioned) => Status::Active,
            ("unsuspend", Status::Suspended) => Status::Active,
            // Nothing is sent for a suspension.
            ("suspend", Status::Active) => Status::Suspended,
            ("deactivate", Status::Deprovisioned) => return (404, error("E0000007", "the user is deactivated")),
            ("deactivate", _) => Status::Deprovisioned,
            ("activate" | "reactivate" | "suspend" | "unsuspend", _) => {
                return (403, error("E0000016", &format!("{step} is not for a user who is {}", status.as_str())));
            }
            _ => return unknown_call("POST", &format!("lifecycle/{step}")),
        };
        if next == Status::Deprovisioned {
            self.end_assignment(at, "deactivate-user", sent).await;
        }
        self.people[at].status = next;
        // Who was assigned before there was anybody to sign in gets the account now.
        if next == Status::Active
            && let Some(mut assignment) = self.people[at].assignment.clone()
            && assignment.account.is_none()
        {
            assignment.account = self.provide_account(at, &assignment, sent).await;
            self.people[at].assignment = Some(assignment);
        }
        (200, json!({}))
    }

    /// The first time a user is deactivated, the second time deleted. The account in the application stays.
    async fn delete(&mut self, at: usize, sent: &mut Sent) -> (u16, Value) {
        if self.people[at].status == Status::Deprovisioned {
            self.people.remove(at);
        } else {
            self.end_assignment(at, "deactivate-user", sent).await;
            self.people[at].status = Status::Deprovisioned;
        }
        (204, Value::Null)
    }

    /// The assignment is gone, and the account is switched off.
    async fn end_assignment(&mut self, at: usize, flow: &str, sent: &mut Sent) {
        let Some(assignment) = self.people[at].assignment.take() else { return };
        if let Some(account) = assignment.account {
            let ran = self.play(&self.of_app(flow), json!({ "id": account })).await;
            self.file(ran, sent);
        }
    }

    fn of_app(&self, flow: &str) -> String {
        format!("{flow}/{}", self.app.as_str())
    }

    async fn play(&mut self, flow: &str, with: Value) -> Steps {
        self.played += 1;
        let with = with.as_object().cloned().unwrap_or_default();
        // The id names the suite, and with it Okta's headers.
        let id = format!("{}/simulated-{}", self.suite, self.played);
        let flow = format!("{}/{flow}", self.suite);
        let case = scenario::load::flow(&id, &flow, &with)
            .expect("the built-in flows take these parameters; a test plays all");
        self.session.take(case).await
    }

    fn file(&self, ran: Steps, sent: &mut Sent) {
        sent.complaints.extend(ran.findings.iter().map(|finding| {
            let actual = match &finding.actual {
                Value::Null => "nothing".to_owned(),
                actual => actual.to_string(),
            };
            format!("{}: {}: expected {}, got {actual}", finding.requirement, finding.place, finding.expected)
        }));
        sent.complaints.extend(ran.cause.iter().map(|cause| format!("Okta's task fails: {cause}")));
        sent.complaints.extend(refused(&ran));
        let left = ran.leftovers.iter().map(|left| format!("{} is left on the server: {}", left.path, left.why));
        sent.complaints.extend(left);
        sent.traffic.extend(ran.transcript);
        sent.traffic.extend(ran.asked);
    }
}

/// What Okta would say of a create that was refused, and with what the play goes on.
fn refused(ran: &Steps) -> Option<String> {
    let refused = ran.blocker.as_ref().filter(|blocker| blocker.went_on)?;
    let exchange = ran.transcript.get(refused.exchange)?;
    let why = refused.demand.as_ref().map_or_else(|| "was refused".to_owned(), |demand| demand.in_words(exchange));
    let with = |adapted: &Adapted| {
        let names = |joint: &str, names: &[String]| names.iter().map(|name| format!(" {joint} `{name}`")).collect();
        let parts: [String; 2] = [names("without", &adapted.without), names("with", &adapted.with)];
        parts.concat()
    };
    let created: String = ran.adapted.iter().map(with).collect();
    Some(format!(
        "Okta's task fails: {} {why}; what follows is played with what was then created{created}",
        exchange.request.kind()
    ))
}

fn text<'m>(map: &'m Map<String, Value>, key: &str) -> Option<&'m str> {
    map.get(key).and_then(Value::as_str)
}

/// The attributes of the application that Okta fills from those of its user.
fn mapped(profile: &Map<String, Value>) -> Map<String, Value> {
    const MAPPINGS: &[(&str, &str)] = &[
        ("firstName", "givenName"),
        ("lastName", "familyName"),
        ("email", "email"),
        ("title", "title"),
        ("primaryPhone", "primaryPhone"),
    ];
    MAPPINGS.iter().filter_map(|(from, to)| Some(((*to).to_owned(), profile.get(*from)?.clone()))).collect()
}

/// The SCIM attributes of an assignment.
fn attributes(of: &Assignment) -> Map<String, Value> {
    let get = |key| text(&of.profile, key).filter(|text| !text.is_empty());
    let mut attributes = Map::new();
    let mut set = |key: &str, value: Value| attributes.insert(key.to_owned(), value);
    set("userName", of.user_name.as_str().into());
    let (given, family) = (get("givenName").unwrap_or_default(), get("familyName").unwrap_or_default());
    set("name", json!({ "givenName": given, "familyName": family }));
    set("displayName", format!("{given} {family}").into());
    if let Some(email) = get("email") {
        let kind = get("emailType").unwrap_or("work");
        set("emails", json!([{ "primary": true, "value": email, "type": kind }]));
    }
    if let Some(title) = get("title") {
        set("title", title.into());
    }
    if let Some(phone) = get("primaryPhone") {
        set("phoneNumbers", json!([{ "value": phone, "type": "work", "primary": true }]));
    }
    attributes
}

fn shown(person: &Person) -> Value {
    json!({ "id": person.id, "status": person.status.as_str(), "profile": person.profile })
}

fn assigned(person: &Person) -> Option<Value> {
    let assignment = person.assignment.as_ref()?;
    Some(json!({
        "id": person.id,
        "externalId": assignment.account,
        "scope": "USER",
        "status": "PROVISIONED",
        "credentials": { "userName": assignment.user_name },
        "profile": assignment.profile,
    }))
}

fn error(code: &str, summary: &str) -> Value {
    json!({ "errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": "simulated", "errorCauses": [] })
}

fn invalid(why: &str) -> (u16, Value) {
    (400, error("E0000001", &format!("Api validation failed: {why}")))
}

fn not_found(kind: &str, id: &str) -> (u16, Value) {
    (404, error("E0000007", &format!("Not found: Resource not found: {id} ({kind})")))
}

fn unknown_call(method: &str, path: &str) -> (u16, Value) {
    (404, error("E0000022", &format!("the simulated org does not know {method} {path}")))
}

//! An import with a hook: each user whom it would create or link is sent to the vendor's service, and the answer is carried out.
//!
//! **Invariant:** one call at a time, in the order of the list, and only once the list was read to its end. A hook that fails never
//! stops an import.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value, json};

use crate::okta::hook::answer::{Fault, Verdict, describe};
use crate::okta::hook::apply::{Change, User, apply, changes};
use crate::okta::hook::event::{Action, Event, LoginFormat, app_profile, user_profile};
use crate::okta::hook::service::{Failure, Service};
use crate::report::escape;

use super::matching::{self, By, Criterion, Decision, Import, OktaUsers, Pending, Remark, Rules};
use super::rows::AppUser;

/// After so many users in a row of whom a service heard nothing, or refused the credential, it is not asked any more.
const IN_VAIN: u32 = 3;

/// How many users are told of by name.
const SHOWN: usize = 20;

/// A hook to ask.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The service.
    pub service: &'a Service,
    /// About how many users it is asked at most.
    pub limit: Option<u64>,
}

/// What came of asking about a user.
#[derive(Clone, Debug, PartialEq)]
enum Fate {
    /// The service was heard, whatever it said.
    Heard(Verdict),
    /// The user came in as if there were no hook.
    Failed(Failure),
    /// It was not asked.
    NotAsked(&'static str),
}

/// A user who went by way of the hook.
#[derive(Clone, Debug)]
pub struct Hooked {
    event: Event,
    calls: usize,
    fate: Fate,
    changes: Vec<Change>,
    before: (Action, Option<String>),
    after: (Action, Option<String>),
    faults: Vec<Fault>,
    undocumented: Option<&'static str>,
}

/// The hook in the course of an import.
pub(super) struct Asked<'a> {
    asking: Asking<'a>,
    format: &'a LoginFormat,
    policy: Vec<String>,
    job: String,
    sent: u64,
    in_vain: u32,
    /// The user names of those whom this import creates, without letter case.
    created: HashSet<String>,
}

/// Whether an import asks about a user of whom it has decided so.
pub(super) fn is_sent(decision: &Decision) -> bool {
    match decision {
        Decision::Created | Decision::Partial { .. } | Decision::Reactivated { .. } => true,
        Decision::Matched { by, .. } => *by == By::Exact,
        Decision::Inactive => false,
        Decision::Pending(why) => matches!(
            why,
            Pending::SeveralExact(..)
                | Pending::SeveralPartial(..)
                | Pending::UserNameTaken(_)
                | Pending::Incomplete(_)
        ),
    }
}

impl<'a> Asked<'a> {
    pub(super) fn new(asking: Asking<'a>, rules: &Rules, format: &'a LoginFormat) -> Self {
        let mut policy: Vec<String> = rules
            .exact
            .iter()
            .map(|criterion| match criterion {
                Criterion::UserName => "USERNAME".to_owned(),
                Criterion::Email => "EMAIL".to_owned(),
                Criterion::Attribute(name) => name.clone(),
            })
            .collect();
        if rules.partial == matching::Partial::Allowed {
            policy.push("FIRST_AND_LAST_NAME".to_owned());
        }
        let job = Service::new_id("ij1", 20);
        Self { asking, format, policy, job, sent: 0, in_vain: 0, created: HashSet::new() }
    }

    /// Decides on one user with the hook.
    pub(super) async fn decide(
        &mut self,
        import: &mut Import<'_>,
        imported: &AppUser,
        users: &OktaUsers,
    ) -> (Decision, Option<Hooked>) {
        let candidates = matching::candidates(import, imported);
        let default = matching::decide(import, imported);
        if !is_sent(&default) {
            return (default, None);
        }
        let event = self.event(&default, imported, &candidates, users);
        let before = User::of(&event);
        let mut after = before.clone();
        let why_not = match self.asking.limit {
            _ if self.in_vain >= IN_VAIN => Some("the service was given up after three users in a row"),
            Some(limit) if self.sent >= limit => Some("beyond --hook-limit"),
            _ => None,
        };
        let mut hooked = Hooked {
            calls: 0,
            fate: Fate::NotAsked(why_not.unwrap_or_default()),
            changes: Vec::new(),
            before: (before.action, before.link.clone()),
            after: (before.action, before.link.clone()),
            faults: Vec::new(),
            undocumented: None,
            event,
        };
        let mut said_action = false;
        if why_not.is_none() {
            self.sent += 1;
            let answer = self.asking.service.ask(&hooked.event).await;
            hooked.calls = answer.exchanges.len();
            match answer.said {
                Ok(read) => {
                    self.in_vain = 0;
                    apply(&mut after, &read.commands, self.format);
                    said_action = read.commands.iter().any(is_about_action);
                    hooked.faults = read.faults;
                    hooked.undocumented = read.undocumented;
                    hooked.fate = Fate::Heard(read.verdict);
                }
                Err(failure) => {
                    let is_in_vain = matches!(failure, Failure::NoReply(_) | Failure::Refused(401 | 403));
                    self.in_vain = if is_in_vain { self.in_vain + 1 } else { 0 };
                    hooked.fate = Fate::Failed(failure);
                }
            }
        }
        hooked.changes = changes(&before, &after);
        hooked.after = (after.action, after.link.clone());
        let decision = self.conclude(import, default, &after, said_action, users);
        (decision, Some(hooked))
    }

    fn event(&self, default: &Decision, imported: &AppUser, candidates: &[usize], users: &OktaUsers) -> Event {
        let nothing = Value::Null;
        let app = app_profile(imported.account.as_deref().unwrap_or(&nothing));
        let user_profile = user_profile(&app, self.format);
        let linked = linked_to(default);
        let login = user_profile.get("login").and_then(Value::as_str).unwrap_or_default();
        let taken = linked.is_none()
            && !candidates.iter().any(|candidate| users.of_login(login) == Some(*candidate))
            && (users.of_login(login).is_some() || self.created.contains(&login.to_lowercase()));
        let matches = match linked {
            Some(okta) => vec![users.id(okta)],
            None => candidates.iter().map(|candidate| users.id(*candidate)).collect(),
        };
        Event {
            id: Service::new_id("", 22),
            time: (self.asking.service.now)(),
            job: self.job.clone(),
            action: if linked.is_some() { Action::Link } else { Action::Create },
            user: linked.map(|okta| users.id(okta)),
            conflicts: if taken { vec!["login".to_owned()] } else { Vec::new() },
            matches,
            policy: self.policy.clone(),
            app_profile: app,
            user_profile,
        }
    }

    /// What becomes of the user in the end.
    fn conclude(
        &mut self,
        import: &mut Import<'_>,
        default: Decision,
        after: &User,
        said_action: bool,
        users: &OktaUsers,
    ) -> Decision {
        let before = linked_to(&default);
        if after.action == Action::Link {
            let wanted = after.link.as_deref().and_then(|id| users.of_id(id));
            let Some(okta) = wanted else {
                // Nobody is there to link to: not even the one of before.
                return match matching::relink(import, before, None) {
                    Ok(()) => Decision::Pending(Pending::HookLinkUnknown),
                    Err(why) => Decision::Pending(why),
                };
            };
            return match matching::relink(import, before, Some(okta)) {
                Err(why) => {
                    // The one of before is not linked either, and not gone.
                    let _ = matching::relink(import, before, None);
                    Decision::Pending(why)
                }
                Ok(()) if before == Some(okta) && !(said_action && matches!(default, Decision::Partial { .. })) => {
                    default
                }
                Ok(()) => Decision::Matched { okta, by: By::Hook, remark: Some(Remark::SaidByHook) },
            };
        }
        // Whom of several it is nobody has said.
        let is_open = matches!(default, Decision::Pending(Pending::SeveralExact(..) | Pending::SeveralPartial(..)));
        if is_open && !said_action {
            return default;
        }
        if before.is_some() {
            let _ = matching::relink(import, before, None);
        }
        let needed = [
            ("userName", after.text("login")),
            ("name.givenName", after.text("firstName")),
            ("name.familyName", after.text("lastName")),
            ("emails", after.text("email")),
        ];
        let missing: Vec<&'static str> =
            needed.into_iter().filter(|(_, value)| matching::placeholder(value)).map(|(name, _)| name).collect();
        let login = after.text("login");
        if let Some(okta) = users.of_login(login) {
            return Decision::Pending(Pending::UserNameTaken(okta));
        }
        if !missing.is_empty() {
            return Decision::Pending(Pending::Incomplete(missing));
        }
        match self.created.insert(login.to_lowercase()) {
            true => Decision::Created,
            false => Decision::Pending(Pending::UserNameTwice),
        }
    }
}

fn is_about_action(command: &crate::okta::hook::answer::Command) -> bool {
    use crate::okta::hook::answer::Command;
    matches!(command, Command::Action(_) | Command::Link(_))
}

/// The Okta user whom an account would be linked to.
fn linked_to(decision: &Decision) -> Option<usize> {
    match decision {
        Decision::Matched { okta, .. } | Decision::Partial { okta } | Decision::Reactivated { okta } => Some(*okta),
        Decision::Created | Decision::Inactive | Decision::Pending(_) => None,
    }
}

impl Hooked {
    fn is_changed(&self) -> bool {
        !self.changes.is_empty() || self.before != self.after
    }

    /// A word for what came of it.
    fn result(&self) -> &'static str {
        match &self.fate {
            Fate::Failed(_) => "failed",
            Fate::NotAsked(_) => "not-asked",
            Fate::Heard(Verdict::Error(_)) => "error",
            Fate::Heard(Verdict::Unusable(_)) => "unusable",
            Fate::Heard(_) if self.is_changed() => "changed",
            Fate::Heard(_) => "unchanged",
        }
    }

    /// Why the user came in as if there were no hook.
    fn why(&self) -> Option<String> {
        match &self.fate {
            Fate::Failed(failure) => Some(failure.to_string()),
            Fate::NotAsked(why) => Some((*why).to_owned()),
            Fate::Heard(Verdict::Error(summary)) => Some(format!("the service says: {summary}")),
            Fate::Heard(Verdict::Unusable(why)) => Some(format!("Okta cannot use the answer: {why}")),
            Fate::Heard(Verdict::Commands | Verdict::Nothing) => None,
        }
    }

    /// The requirements that are not met, each with what is there.
    fn violated(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        let of_call = match &self.fate {
            Fate::Failed(failure) => failure.requirement().map(|id| (id, failure.to_string())),
            Fate::Heard(_) | Fate::NotAsked(_) => None,
        };
        of_call.into_iter().chain(self.faults.iter().map(|fault| (fault.requirement, describe(fault))))
    }

    /// What is otherwise than without the hook, in a line.
    fn told(&self) -> String {
        let text = |value: &Value| match value {
            Value::Null => "nothing".to_owned(),
            value => escape::cut(&escape::line(&value.to_string()), 60),
        };
        let mut told: Vec<String> = Vec::new();
        let ((was, was_whom), (is, is_whom)) = (&self.before, &self.after);
        if was != is {
            told.push(format!("{} instead of {}", is.as_str(), was.as_str()));
        }
        if let (true, Some(whom)) = (was_whom != is_whom, is_whom) {
            told.push(format!("link to {}", escape::cut(&escape::line(whom), 60)));
        }
        told.extend(self.changes.iter().map(|change| {
            let whose = if change.profile == "app" { "app." } else { "" };
            format!("{whose}{} {} instead of {}", escape::line(&change.name), text(&change.is), text(&change.was))
        }));
        told.join("; ")
    }

    /// The same for programs.
    pub(super) fn json(&self, shown: &str) -> Value {
        let mut of: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for change in &self.changes {
            let entry = json!({ "was": change.was, "is": change.is });
            of.entry(change.profile).or_default().insert(change.name.clone(), entry);
        }
        let profile = |name: &str| of.get(name).cloned().unwrap_or_default();
        json!({
            "url": shown,
            "event_id": self.event.id,
            "conflicts": self.event.conflicts,
            "matches": self.event.matches,
            "calls": self.calls,
            "result": self.result(),
            "why": self.why(),
            "action": { "was": self.before.0.as_str(), "is": self.after.0.as_str() },
            "link": self.after.1,
            "okta_profile": profile("okta"),
            "app_profile": profile("app"),
            "violates": self.violated().map(|(id, told)| json!({ "requirement": id, "found": told })).collect::<Vec<_>>(),
            "undocumented": self.undocumented,
        })
    }
}

/// What a requirement was not met by: how often, of whom first, and what was there.
#[derive(Clone, Debug, Default)]
pub struct Violated {
    /// How many users.
    pub users: u64,
    /// The first of them.
    pub first: String,
    /// What was there.
    pub found: String,
}

/// What the hook made of all users.
#[derive(Clone, Debug, Default)]
pub struct HookSum {
    /// The address, as it may be shown.
    pub url: String,
    /// Users by what came of them: [`Hooked::result`].
    pub results: BTreeMap<&'static str, u64>,
    /// Of how many the user name is another one.
    pub renamed: u64,
    /// How many are linked whom the import would have created.
    pub linked: u64,
    /// How many are created whom the import would have linked.
    pub created: u64,
    /// How many are linked to somebody else.
    pub relinked: u64,
    /// The first users who were changed, a line each.
    pub lines: Vec<String>,
    /// Why users came in as if there were no hook: how many, and the first of them.
    pub without: BTreeMap<String, (u64, String)>,
    /// Requirements that are not met.
    pub violated: BTreeMap<&'static str, Violated>,
    /// What Okta's pages leave open, and of how many users.
    pub undocumented: BTreeMap<&'static str, u64>,
    /// Whether some came in so for a reason that may not be the service's.
    pub unclear: bool,
}

impl HookSum {
    pub(super) fn add(&mut self, name: &str, hooked: &Hooked) {
        *self.results.entry(hooked.result()).or_default() += 1;
        let ((was, was_whom), (is, is_whom)) = (&hooked.before, &hooked.after);
        match (was, is) {
            (Action::Create, Action::Link) => self.linked += 1,
            (Action::Link, Action::Create) => self.created += 1,
            (Action::Link, Action::Link) if was_whom != is_whom => self.relinked += 1,
            _ => {}
        }
        self.renamed +=
            u64::from(hooked.changes.iter().any(|change| change.profile == "okta" && change.name == "login"));
        let name = escape::cut(&escape::line(name), 60);
        if hooked.is_changed() && self.lines.len() < SHOWN {
            self.lines.push(format!("{name}: {}", hooked.told()));
        }
        if let Some(why) = hooked.why() {
            let why = escape::cut(&escape::line(&why), 200);
            self.without.entry(why).or_insert_with(|| (0, name.clone())).0 += 1;
        }
        for (id, found) in hooked.violated() {
            let found = escape::cut(&escape::line(&found), 300);
            let new = || Violated { users: 0, first: name.clone(), found };
            self.violated.entry(id).or_insert_with(new).users += 1;
        }
        if let Some(open) = hooked.undocumented {
            *self.undocumented.entry(open).or_default() += 1;
        }
        self.unclear |= matches!(&hooked.fate, Fate::Failed(failure) if failure.requirement().is_none())
            || matches!(&hooked.fate, Fate::NotAsked(_));
    }

    /// How many of the users who went by way of the hook came to that.
    pub fn count(&self, result: &str) -> u64 {
        self.results.get(result).copied().unwrap_or_default()
    }

    pub(super) fn json(&self) -> Value {
        let violated = self.violated.iter().map(|(id, violated)| {
            json!({ "requirement": id, "users": violated.users, "first": violated.first, "found": violated.found })
        });
        let results = ["changed", "unchanged", "error", "unusable", "failed", "not-asked"];
        json!({
            "url": self.url,
            "users": results.into_iter().map(|word| (word.to_owned(), json!(self.count(word)))).collect::<Map<_, _>>(),
            "renamed": self.renamed,
            "linked_instead_of_created": self.linked,
            "created_instead_of_linked": self.created,
            "linked_to_another": self.relinked,
            "without_the_hook": self.without.iter().map(|(why, (users, first))| {
                json!({ "why": why, "users": users, "first": first })
            }).collect::<Vec<_>>(),
            "violates": violated.collect::<Vec<_>>(),
            "undocumented": self.undocumented,
        })
    }
}

//! What an import would do, told: decisions become counts and names for people, and a JSON document for programs.
//!
//! **Invariant:** each user of the server is forgotten once it has been told of: what stays are counts, and the first few names of
//! each group. Only where a hook is asked the users are kept until the list has been read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use crate::okta::hook::event::{LoginFormat, Profile, app_profile};
use crate::persona::Version;
use crate::report::escape;
use crate::requirement::{Failure, Level, Registry};
use crate::wire::Wire;

use super::hooked::{Asked, Asking, HookSum, Hooked, is_sent};
use super::matching::{
    self, Assignments, AutoConfirm, By, Criterion, Decision, Dormant, Gone, Guard, Limit, OktaUsers, Partial, Removal,
    Rules, Scope, Sourcing, Then,
};
use super::read::{Blame, End, Reading, Wanted, read};
use super::rows::AppUser;

/// How many names of a group are shown to people.
const NAMES_SHOWN: usize = 3;

/// The settings of a preview.
#[derive(Clone, Debug)]
pub struct Settings {
    /// By what users are matched, and what becomes of the others.
    pub rules: Rules,
    /// How many assignments of the application an import may remove.
    pub app: Limit,
    /// How many of the whole org.
    pub org: Limit,
    /// How many assignments the org has, when it is known.
    pub org_assignments: Option<u64>,
    /// How user names of new Okta users are made.
    pub login: LoginFormat,
    /// What is confirmed without an administrator; where nobody says so, it is told as if all were confirmed that matches.
    pub confirm: Option<AutoConfirm>,
    /// The version of SCIM that the server speaks.
    pub version: Version,
}

impl Settings {
    /// The user with the user name that Okta would give it, by which it is matched as well.
    fn project<'a>(&self, imported: &'a AppUser) -> Cow<'a, AppUser> {
        if self.login == LoginFormat::UserName {
            return Cow::Borrowed(imported);
        }
        let app = match &imported.account {
            Some(account) => app_profile(account),
            None => {
                let known = [("userName", &imported.user_name), ("email", &imported.email)];
                known.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<Profile>()
            }
        };
        Cow::Owned(AppUser { user_name: self.login.of(&app), ..imported.clone() })
    }

    fn confirmed(&self, decision: Decision) -> Decision {
        match self.confirm {
            Some(confirm) => confirm.apply(decision),
            None => decision,
        }
    }
}

/// What came of a preview.
#[derive(Debug)]
pub struct Outcome {
    /// The list, and whether it can be trusted.
    pub reading: Reading,
    counted: Removed,
    app: Guard,
    org: Guard,
    tally: Tally,
    /// What the hook made of the users, where one was asked.
    pub hook: Option<HookSum>,
}

/// A hook to ask, and who is told of how many users before the first of them is sent.
pub type WithHook<'a> = (Asking<'a>, &'a dyn Fn(u64));

/// Reads the users of a server and decides on each as an import does; each decision is written to `document` at once.
pub async fn preview(
    wire: &Wire,
    users: &OktaUsers,
    settings: &Settings,
    hook: Option<WithHook<'_>>,
    document: &mut Document,
) -> Outcome {
    let mut import = matching::begin(users, &settings.rules);
    let mut tally = Tally::default();
    let mut held: Vec<AppUser> = Vec::new();
    let on_user = &mut |imported: &AppUser| {
        if hook.is_some() {
            held.push(imported.clone());
            return;
        }
        let projected = settings.project(imported);
        let decision = settings.confirmed(matching::decide(&mut import, &projected));
        tally.user(imported, &decision, users);
        document.user((imported, &projected.user_name), &decision, None, users);
    };
    let whole = hook.is_some() || matches!(settings.login, LoginFormat::Custom(_));
    let wanted = Wanted { attribute: settings.rules.attribute(), whole, version: settings.version };
    let reading = read(wire, wanted, on_user).await;
    let mut sum = None;
    if let Some((asking, on_count)) = hook {
        let mut counted = HookSum { url: asking.service.shown.clone(), ..HookSum::default() };
        let is_whole = reading.end == End::Complete;
        if is_whole {
            on_count(count_sent(users, settings, &held).min(asking.limit.unwrap_or(u64::MAX)));
        }
        let mut asked = Asked::new(asking, &settings.rules, &settings.login);
        for imported in held {
            let projected = settings.project(&imported);
            let (decision, hooked) = match is_whole {
                true => asked.decide(&mut import, &projected, users).await,
                false => (matching::decide(&mut import, &projected), None),
            };
            let decision = settings.confirmed(decision);
            if let Some(hooked) = &hooked {
                counted.add(name_of(&imported), hooked);
            }
            tally.user(&imported, &decision, users);
            let hooked = hooked.as_ref().map(|hooked| (hooked, counted.url.as_str()));
            document.user((&imported, &projected.user_name), &decision, hooked, users);
        }
        sum = Some(counted);
    }
    let mut counted = Removed::default();
    document.begin_removals();
    // Who is missing is only known at the end of the list.
    if reading.end == End::Complete {
        for removal in matching::removals(&import) {
            counted.removed += 1;
            tally.removal(&removal, users);
            document.removal(&removal, users);
        }
    }
    counted.assigned = matching::assigned(users);
    counted.of_org = settings.org_assignments.unwrap_or(counted.assigned).max(counted.assigned);
    let app = matching::guard(Scope::App, settings.app, counted.removed, counted.assigned);
    let org = matching::guard(Scope::Org, settings.org, counted.removed, counted.of_org);
    let outcome = Outcome { reading, counted, app, org, tally, hook: sum };
    document.end(&outcome, users);
    outcome
}

/// How many users an import would ask a hook about.
fn count_sent(users: &OktaUsers, settings: &Settings, held: &[AppUser]) -> u64 {
    let mut import = matching::begin(users, &settings.rules);
    let mut is_wanted = |imported: &&AppUser| is_sent(&matching::decide(&mut import, &settings.project(imported)));
    held.iter().filter(&mut is_wanted).count() as u64
}

/// What a user is called.
fn name_of(imported: &AppUser) -> &str {
    if imported.user_name.is_empty() { &imported.id } else { &imported.user_name }
}

/// What an import removes, and of how much.
#[derive(Clone, Copy, Debug, Default)]
struct Removed {
    removed: u64,
    assigned: u64,
    of_org: u64,
}

/// How many there are of a group, and the names of the first.
#[derive(Debug, Default)]
struct Group {
    count: u64,
    names: Vec<String>,
}

impl Group {
    fn add(&mut self, name: &str) {
        self.count += 1;
        if self.names.len() < NAMES_SHOWN {
            self.names.push(escape::cut(&escape::line(name), 60));
        }
    }

    fn named(&self) -> String {
        let more = self.count - self.names.len() as u64;
        match more {
            0 => self.names.join(", "),
            more => format!("{} and {} more", self.names.join(", "), thousands(more)),
        }
    }
}

/// All groups.
#[derive(Debug, Default)]
struct Tally {
    groups: BTreeMap<&'static str, Group>,
    /// Why users are pending, and what is to be looked at in matches.
    reasons: BTreeMap<(&'static str, String), Group>,
}

impl Tally {
    fn add(&mut self, group: &'static str, reason: Option<String>, name: &str) {
        self.groups.entry(group).or_default().add(name);
        if let Some(reason) = reason {
            self.reasons.entry((group, reason)).or_default().add(name);
        }
    }

    fn user(&mut self, imported: &AppUser, decision: &Decision, users: &OktaUsers) {
        let name = name_of(imported);
        let (group, reason) = match decision {
            Decision::Inactive => ("inactive", None),
            Decision::Matched { remark, .. } => ("matched", remark.map(|remark| remark.to_string())),
            Decision::Partial { okta } => {
                let shown = format!("{name} ({})", users.login(*okta));
                return self.add("partial", None, &shown);
            }
            Decision::Created => ("created", None),
            Decision::Reactivated { .. } => ("reactivated", None),
            Decision::Pending(why) => ("pending", Some(why.to_string())),
        };
        self.add(group, reason, name);
    }

    fn removal(&mut self, removal: &Removal, users: &OktaUsers) {
        let reason = match removal.why {
            Gone::Inactive => "the account is deactivated in the application",
            Gone::Unlisted => "the application does not list the account",
        };
        self.add(then_id(removal.then), Some(reason.to_owned()), users.login(removal.okta));
    }

    fn count(&self, group: &str) -> u64 {
        self.groups.get(group).map_or(0, |group| group.count)
    }
}

fn then_id(then: Then) -> &'static str {
    match then {
        Then::Unassigned => "unassigned",
        Then::Deactivated => "deactivated",
        Then::Suspended => "suspended",
    }
}

impl Outcome {
    /// What an import does in the end: whether it goes on, a safeguard stops it, or neither can be known.
    pub fn verdict(&self) -> &'static str {
        if self.reading.end != End::Complete {
            return "undecided";
        }
        match (self.app, self.org) {
            (Guard::Stops, _) => "stopped-by-app-safeguard",
            (_, Guard::Stops) => "stopped-by-org-safeguard",
            (Guard::AtLimit, _) | (_, Guard::AtLimit) => "undecided",
            _ => "goes-on",
        }
    }
}

/// The JSON document on its way out: one object, whose long arrays are written as they come to be.
pub struct Document {
    to: Option<Box<dyn Write>>,
    separator: &'static str,
}

impl Document {
    /// A document that nobody wants.
    pub fn none() -> Self {
        Self { to: None, separator: "\n" }
    }

    /// A document that is written there.
    pub fn new(to: impl Write + 'static, base_url: &str, settings: &Settings) -> Self {
        let mut out = Self { to: Some(Box::new(to)), separator: "\n" };
        let rules = &settings.rules;
        let criteria: Vec<String> = rules
            .exact
            .iter()
            .map(|criterion| match criterion {
                Criterion::UserName => "username".to_owned(),
                Criterion::Email => "email".to_owned(),
                Criterion::Attribute(name) => format!("custom:{name}"),
            })
            .collect();
        let reactivate: Vec<&str> = rules
            .reactivate
            .iter()
            .map(|dormant| match dormant {
                Dormant::Suspended => "suspended",
                Dormant::Deactivated => "deactivated",
            })
            .collect();
        let settings = json!({
            "match": criteria,
            "partial": rules.partial == Partial::Allowed,
            "source_profiles": match rules.sourcing {
                Sourcing::Off => Value::Null,
                Sourcing::Nothing => json!("nothing"),
                Sourcing::Deactivate => json!("deactivate"),
                Sourcing::Suspend => json!("suspend"),
            },
            "reactivate": reactivate,
            "username_format": settings.login.to_string(),
            "auto_confirm": settings.confirm.map(|confirm| {
                let boxes = [("exact", confirm.exact), ("partial", confirm.partial), ("new", confirm.new)];
                boxes.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect::<Vec<_>>()
            }),
            "auto_activate": settings.confirm.is_some_and(|confirm| confirm.activate),
            "app_safeguard": settings.app.to_string(),
            "org_safeguard": settings.org.to_string(),
        });
        out.write("{\n\"format\": \"scim-check.import-preview/1\",\n\"base_url\": ");
        out.value(&json!(base_url));
        out.write(",\n\"settings\": ");
        out.value(&settings);
        out.write(",\n\"users\": [");
        out
    }

    /// A reader that has gone away is no fault of ours; nothing more is written to it.
    fn write(&mut self, text: &str) {
        if self.to.as_mut().is_some_and(|to| to.write_all(text.as_bytes()).is_err()) {
            self.to = None;
        }
    }

    fn value(&mut self, value: &Value) {
        if self.to.is_some() {
            self.write(&value.to_string());
        }
    }

    fn element(&mut self, value: &Value) {
        self.write(self.separator);
        self.separator = ",\n";
        self.value(value);
    }

    fn user(
        &mut self,
        (imported, login): (&AppUser, &str),
        decision: &Decision,
        hooked: Option<(&Hooked, &str)>,
        users: &OktaUsers,
    ) {
        if self.to.is_none() {
            return;
        }
        let (outcome, okta) = match decision {
            Decision::Inactive => ("inactive", None),
            Decision::Created => ("created", None),
            Decision::Matched { okta, .. } => ("matched", Some(*okta)),
            Decision::Partial { okta } => ("partial", Some(*okta)),
            Decision::Reactivated { okta } => ("reactivated", Some(*okta)),
            Decision::Pending(why) => ("pending", why.okta()),
        };
        // There may be very many of them: they are written without making a value of each first.
        self.write(self.separator);
        self.separator = ",\n";
        self.write("{\"id\":");
        self.text(&imported.id);
        self.write(",\"user_name\":");
        self.text(&imported.user_name);
        if login != imported.user_name {
            self.write(",\"login\":");
            self.text(login);
        }
        self.write(",\"outcome\":");
        self.text(outcome);
        if let Some(okta) = okta {
            self.write(",\"okta_login\":");
            self.text(users.login(okta));
        }
        match decision {
            Decision::Matched { by, remark, .. } => {
                self.write(match by {
                    By::Link => ",\"by\":\"link\"",
                    By::Exact => ",\"by\":\"exact\"",
                    By::Partial => ",\"by\":\"partial\"",
                    By::Hook => ",\"by\":\"hook\"",
                });
                if let Some(remark) = remark {
                    self.write(",\"remark\":");
                    self.text(&remark.to_string());
                }
            }
            Decision::Pending(why) => {
                self.write(",\"reason\":");
                self.text(why.id());
                self.write(",\"remark\":");
                self.text(&why.to_string());
            }
            Decision::Inactive | Decision::Created | Decision::Partial { .. } | Decision::Reactivated { .. } => {}
        }
        if let Some((hooked, url)) = hooked {
            self.write(",\"hook\":");
            self.value(&hooked.json(url));
        }
        self.write("}");
    }

    /// A text as JSON.
    fn text(&mut self, text: &str) {
        if self.to.as_mut().is_some_and(|to| serde_json::to_writer(to, text).is_err()) {
            self.to = None;
        }
    }

    fn begin_removals(&mut self) {
        self.write("\n],\n\"removals\": [");
        self.separator = "\n";
    }

    fn removal(&mut self, removal: &Removal, users: &OktaUsers) {
        if self.to.is_some() {
            self.element(&json!({
                "okta_login": users.login(removal.okta),
                "outcome": then_id(removal.then),
                "reason": if removal.why == Gone::Inactive { "inactive" } else { "unlisted" },
            }));
        }
    }

    fn end(&mut self, outcome: &Outcome, users: &OktaUsers) {
        let Outcome { reading, counted, tally, .. } = outcome;
        let faults: Vec<Value> = reading
            .faults
            .iter()
            .map(|fault| {
                json!({
                    "fault": fault.kind.id(),
                    "text": fault.kind.to_string(),
                    "count": fault.count,
                    "first": fault.example,
                    "to_blame": if fault.blame == Blame::Server { "server" } else { "unclear" },
                })
            })
            .collect();
        let complete = reading.end == End::Complete;
        let list = json!({
            "pages": reading.pages,
            "users": reading.users,
            "total_results": reading.total,
            "complete": complete,
            "stopped": stopped(&reading.end),
            "faults": faults,
        });
        let groups = [
            "matched",
            "partial",
            "created",
            "reactivated",
            "pending",
            "inactive",
            "deactivated",
            "suspended",
            "unassigned",
        ];
        let totals: serde_json::Map<String, Value> =
            groups.into_iter().map(|group| (group.to_owned(), json!(tally.count(group)))).collect();
        let guard = |guard: Guard, assigned: u64| {
            // Who is missing is not known before the end of the list.
            let result = if complete { guard_id(guard) } else { "unknown" };
            json!({ "result": result, "removed": counted.removed, "assigned": assigned })
        };
        self.write("\n],\n\"list\": ");
        self.value(&list);
        self.write(",\n\"okta_users\": ");
        self.value(&json!(users.len()));
        self.write(",\n\"totals\": ");
        self.value(&Value::Object(totals));
        self.write(",\n\"safeguards\": ");
        let org = guard(outcome.org, counted.of_org);
        self.value(&json!({ "app": guard(outcome.app, counted.assigned), "org": org }));
        if let Some(hook) = &outcome.hook {
            self.write(",\n\"hook\": ");
            self.value(&hook.json());
        }
        self.write(",\n\"verdict\": ");
        self.value(&json!(outcome.verdict()));
        self.write("\n}\n");
        if let Some(to) = &mut self.to {
            let _ = to.flush();
        }
    }
}

fn guard_id(guard: Guard) -> &'static str {
    match guard {
        Guard::Off => "off",
        Guard::Idle => "idle",
        Guard::Passes => "passes",
        Guard::AtLimit => "at-limit",
        Guard::Stops => "stops",
    }
}

/// What kept the list from being read to its end.
fn stopped(end: &End) -> Option<String> {
    match end {
        End::Complete => None,
        End::NoReply(no_reply) => Some(no_reply.to_string()),
        End::Status { status, .. } => Some(format!("answered with {status}")),
        End::NotAList(got) => Some(format!("answered with {got}")),
    }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same for people; `file` is where Okta's users were read from.
pub fn text(
    base_url: &str,
    file: &str,
    settings: &Settings,
    users: &OktaUsers,
    outcome: &Outcome,
    registry: &Registry,
) -> String {
    let Outcome { reading, counted, tally, .. } = outcome;
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!(
        "{}: {} users on {} pages, {} of them inactive and not imported",
        escape::line(base_url),
        thousands(reading.users),
        thousands(reading.pages),
        thousands(tally.count("inactive"))
    ));
    line(format!(
        "{}: {} Okta users, {} of them assigned to the application{}",
        escape::line(file),
        thousands(users.len() as u64),
        thousands(counted.assigned),
        match users.assignments() {
            Assignments::Told => "",
            Assignments::All => " (the file does not say who is, so all count who are not deactivated)",
        }
    ));
    let criteria: Vec<String> =
        settings.rules.exact.iter().map(|criterion| escape::line(&criterion.to_string())).collect();
    line(format!("exact match: the same {}", criteria.join(" and ")));
    if settings.login != LoginFormat::UserName {
        line(format!("user names of new Okta users: {}", escape::line(&settings.login.to_string())));
    }
    if let Some(confirm) = settings.confirm {
        let boxes = [
            ("exact matches", confirm.exact),
            ("partial matches", confirm.partial),
            ("new users", confirm.new),
            ("their activation", confirm.activate),
        ];
        let set: Vec<&str> = boxes.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect();
        let told = if set.is_empty() { "nothing".to_owned() } else { set.join(", ") };
        line(format!("confirmed without an administrator: {told}"));
    }
    line(String::new());
    let groups: [(&str, &str); 8] = [
        ("matched", "linked to an Okta user"),
        ("partial", "same first and last name; an administrator confirms"),
        ("created", "new Okta users"),
        ("reactivated", "linked to an Okta user who is brought back"),
        ("pending", "left for an administrator"),
        ("deactivated", "deactivated in Okta, and their assignment removed"),
        ("suspended", "suspended in Okta, and their assignment removed"),
        ("unassigned", "their assignment removed"),
    ];
    let always = ["matched", "created", "pending", "deactivated"];
    for (group, meaning) in groups {
        let Some(found) = tally.groups.get(group) else {
            if always.contains(&group) {
                line(format!("{group:<12} {:>9}", 0));
            }
            continue;
        };
        line(format!("{group:<12} {:>9}  {meaning}: {}", thousands(found.count), found.named()));
        for ((_, reason), some) in tally.reasons.iter().filter(|((of, _), _)| *of == group) {
            line(format!("{:<12} {:>9}  - {reason}: {}", "", thousands(some.count), some.named()));
        }
    }
    if reading.end == End::Complete {
        line(String::new());
        let guards = [
            ("app safeguard", settings.app, outcome.app, Scope::App, counted.assigned),
            ("org safeguard", settings.org, outcome.org, Scope::Org, counted.of_org),
        ];
        for (name, limit, guard, scope, assigned) in guards {
            line(guard_line(name, limit, guard, scope, counted.removed, assigned));
        }
        if settings.org_assignments.is_none() && outcome.org != Guard::Off {
            line(
                "               the org's other assignments are not known here; --org-assignments gives their number"
                    .to_owned(),
            );
        }
    }
    for told in outcome.hook.iter().flat_map(|hook| hook_lines(hook, registry, reading.end == End::Complete)) {
        line(told);
    }
    line(String::new());
    for fault in &reading.faults {
        let whose = match fault.blame {
            Blame::Server => "error",
            Blame::Unclear => "unclear, the list changed meanwhile",
        };
        line(format!(
            "{whose}: {} ({}; {})",
            fault.kind,
            if fault.count == 1 { "once".to_owned() } else { format!("{} times", thousands(fault.count)) },
            escape::cut(&escape::line(&fault.example), 120)
        ));
    }
    let verdict = match outcome.verdict() {
        "stopped-by-app-safeguard" => "the app safeguard stops the import: nothing of this is applied".to_owned(),
        "stopped-by-org-safeguard" => "the org safeguard stops the import: nothing of this is applied".to_owned(),
        "goes-on" if reading.faults.is_empty() => "the import goes on, and the list can be trusted".to_owned(),
        "goes-on" => "the import goes on, with a list that cannot be trusted".to_owned(),
        _ => match stopped(&reading.end) {
            Some(why) => format!(
                "undecided: after {} pages the server {}; who is missing cannot be known",
                thousands(reading.pages),
                escape::cut(&escape::line(&why), 200)
            ),
            None => {
                "undecided: exactly at the limit of a safeguard, Okta's pages differ on whether it stops".to_owned()
            }
        },
    };
    let of_hook = outcome.hook.as_ref().filter(|_| outcome.verdict() == "goes-on");
    let of_hook = of_hook.map(|hook| hook_verdict(hook, registry)).unwrap_or_default();
    line(format!("verdict: {verdict}{of_hook}"));
    out
}

/// What decides the exit code besides the list: a demand that the hook does not meet, and what it was not asked.
fn hook_verdict(hook: &HookSum, registry: &Registry) -> String {
    let binds = |id: &&str| registry.get(id).is_some_and(|known| known.level == Level::Must);
    let unmet: Vec<&str> = hook.violated.keys().copied().filter(binds).collect();
    match unmet.as_slice() {
        [] if hook.unclear => "; what the import hook would make of some users could not be found out".to_owned(),
        [] => String::new(),
        some => format!("; the import hook does not meet {}", some.join(", ")),
    }
}

/// What the hook made of the users, and what is wrong with its answers.
fn hook_lines(hook: &HookSum, registry: &Registry, is_whole: bool) -> Vec<String> {
    let mut out = vec![String::new()];
    if !is_whole {
        out.push(format!(
            "import hook  {}: nobody was sent, as the list was not read to its end",
            escape::line(&hook.url)
        ));
        return out;
    }
    let asked: u64 = hook.results.values().sum::<u64>() - hook.count("not-asked");
    let without = hook.count("failed") + hook.count("error") + hook.count("unusable");
    let not_asked = match hook.count("not-asked") {
        0 => String::new(),
        count => format!(", {} not sent", thousands(count)),
    };
    out.push(format!(
        "import hook  {}: {} sent, {} changed, {} left as they were, {} come in as if there were no hook{not_asked}",
        escape::line(&hook.url),
        people(asked),
        thousands(hook.count("changed")),
        thousands(hook.count("unchanged")),
        thousands(without),
    ));
    let sums = [
        (hook.renamed, "another user name"),
        (hook.linked, "linked, instead of created"),
        (hook.created, "created, instead of linked"),
        (hook.relinked, "linked to somebody else"),
    ];
    for (count, meaning) in sums.into_iter().filter(|(count, _)| *count > 0) {
        out.push(format!("{:<12} {:>9}  - {meaning}", "", thousands(count)));
    }
    for (why, (count, first)) in &hook.without {
        out.push(format!("{:<12} {:>9}  - without the hook: {why} (first {first})", "", thousands(*count)));
    }
    for (why, count) in &hook.undocumented {
        out.push(format!("{:<12} {:>9}  - not documented: {why}", "", thousands(*count)));
    }
    out.extend(hook.lines.iter().map(|changed| format!("  {changed}")));
    let more = hook.count("changed").saturating_sub(hook.lines.len() as u64);
    if more > 0 {
        out.push(format!("  and {} more; --format json has all of them", thousands(more)));
    }
    for (id, violated) in &hook.violated {
        let Some(known) = registry.get(id) else { continue };
        out.push(format!("{} {id}: {}", known.level, known.title));
        out.push(format!("  {}, first {}: {}", people(violated.users), violated.first, violated.found));
        let texts = [("Okta:", &known.consequence), ("fix:", &known.fix)];
        for (what, text) in texts {
            if let Some(text) = text.as_ref().and_then(|text| text.on(Failure::Otherwise)) {
                out.push(format!("  {what} {text}"));
            }
        }
    }
    out
}

fn people(count: u64) -> String {
    format!("{} {}", thousands(count), if count == 1 { "user" } else { "users" })
}

fn guard_line(name: &str, limit: Limit, guard: Guard, scope: Scope, removed: u64, assigned: u64) -> String {
    let share = if assigned == 0 { 0.0 } else { removed as f64 * 100.0 / assigned as f64 };
    let counts = format!("{} of {} assignments removed ({share:.2}%)", thousands(removed), thousands(assigned));
    match guard {
        Guard::Off => format!("{name}  off"),
        Guard::Idle => format!("{name}  not applied below {} assignments: {counts}", scope.least()),
        Guard::Passes => format!("{name}  {limit}, the import goes on: {counts}"),
        Guard::AtLimit => format!("{name}  {limit}, exactly at the limit: {counts}"),
        Guard::Stops => format!("{name}  {limit}, the import is STOPPED: {counts}"),
    }
}

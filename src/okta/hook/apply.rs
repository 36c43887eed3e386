//! What the commands of a hook do to a user.

use serde_json::Value;

use super::answer::Command;
use super::event::{Action, Event, LoginFormat, Profile, user_profile};

/// A user as the import goes on with it.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The account, under the names of the application's profile.
    pub app: Profile,
    /// The Okta profile.
    pub okta: Profile,
    /// What is done.
    pub action: Action,
    /// The id of the Okta user to link to.
    pub link: Option<String>,
}

impl User {
    /// The user as it is sent to the hook.
    pub fn of(event: &Event) -> Self {
        let Event { app_profile, user_profile, action, user, .. } = event;
        Self { app: app_profile.clone(), okta: user_profile.clone(), action: *action, link: user.clone() }
    }

    /// A text of the Okta profile; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.okta.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Carries commands out: the application's profile, the mappings again, the Okta profile, the action, the link, whatever order
/// they come in.
pub fn apply(user: &mut User, commands: &[Command], format: &LoginFormat) {
    let mut remapped = false;
    for command in commands {
        if let Command::AppProfile(values) = command {
            user.app.extend(values.clone());
            remapped = true;
        }
    }
    if remapped {
        for (name, value) in user_profile(&user.app, format) {
            user.okta.insert(name, value);
        }
    }
    for command in commands {
        match command {
            Command::AppProfile(_) => {}
            Command::UserProfile(values) => user.okta.extend(values.clone()),
            Command::Action(action) => user.action = *action,
            Command::Link(id) => user.link = Some(id.clone()),
        }
    }
}

/// One thing that is otherwise than it would have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Whose attribute: `app` or `okta`.
    pub profile: &'static str,
    /// The attribute.
    pub name: String,
    /// What it would have been.
    pub was: Value,
    /// What it is.
    pub is: Value,
}

/// The attributes that differ, those of the Okta profile first.
pub fn changes(before: &User, after: &User) -> Vec<Change> {
    let mut all = Vec::new();
    for (profile, was, is) in [("okta", &before.okta, &after.okta), ("app", &before.app, &after.app)] {
        for (name, value) in is {
            let old = was.get(name).unwrap_or(&Value::Null);
            if old != value {
                all.push(Change { profile, name: name.clone(), was: old.clone(), is: value.clone() });
            }
        }
    }
    all
}

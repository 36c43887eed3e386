//! The known ways to be wrong.

use std::str::FromStr;

macro_rules! quirks {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal,)+) => {
        /// One thing a faulty server does; what it does is said where the branch is, what the world knows of it here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Quirk {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Quirk {
            /// All quirks, in the order of their declaration.
            pub const ALL: &[Quirk] = &[$(Quirk::$name,)+];

            /// The name on the command line and in data, in kebab-case.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self {
                    $(Quirk::$name => $id,)+
                }
            }
        }
    };
}

quirks! {
    /// Refuses a whole member change when one of the ids is unknown.
    /// Fleet and Sentry did so, and lost whole pushes, since Okta does not retry.
    StaleMemberLosesPush = "stale-member-loses-push",
    /// A right server: what is written shows up in reads a moment later.
    /// Directories behind replicas settle like this.
    SettlesLate = "settles-late",
}

impl FromStr for Quirk {
    /// The name that no quirk has.
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Quirk::ALL
            .iter()
            .copied()
            .find(|quirk| quirk.id() == name)
            .ok_or_else(|| name.to_owned())
    }
}

/// The quirks of one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quirks {
    present: Vec<Quirk>,
}

impl Quirks {
    pub(crate) fn new(quirks: &[Quirk]) -> Self {
        Self {
            present: quirks.to_vec(),
        }
    }

    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.present.contains(&quirk)
    }
}

//! The known ways to be wrong, by the names that they go by in data and on the command line.

use std::str::FromStr;
use std::sync::Arc;

// The enum, its `ALL` and `id`: made by build.rs of `scenarios/quirks.yaml`, which says of each what it does and who was seen doing it.
include!(concat!(env!("OUT_DIR"), "/quirks.rs"));

impl FromStr for Quirk {
    /// The name that no quirk has.
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Quirk::ALL.iter().copied().find(|quirk| quirk.id() == name).ok_or_else(|| name.to_owned())
    }
}

/// The quirks of one server; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quirks {
    present: Arc<[Quirk]>,
}

impl Quirks {
    pub(crate) fn new(quirks: &[Quirk]) -> Self {
        Self { present: quirks.into() }
    }

    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.present.contains(&quirk)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }
}

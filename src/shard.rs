//! Which part of a run's cases one process runs, so that several share a run: `--shard 2/4`.
//!
//! **Invariant:** which shard a case falls into follows from its id and the number of shards alone: it is the same on every
//! machine and in every version, whatever else is run.

use std::fmt;
use std::str::FromStr;

/// One of several shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// The shard of that number, from 1, of so many; none where there is no such shard.
    pub fn new(index: u32, count: u32) -> Option<Self> {
        (1..=count).contains(&index).then_some(Self { index, count })
    }

    /// The shard of so many, at least one, into which a case falls.
    pub fn of(case: &str, count: u32) -> Self {
        let count = count.max(1);
        let index = fnv_1a(case.as_bytes()) % u64::from(count) + 1;
        Self { index: u32::try_from(index).unwrap_or(count), count }
    }

    /// Its number, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many shards there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// Whether a case falls into it.
    pub fn holds(self, case: &str) -> bool {
        Self::of(case, self.count) == self
    }
}

/// As it is told: `shard 2 of 4`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {} of {}", self.index, self.count)
    }
}

/// As it is typed: `2/4`.
impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "a shard is its number and how many there are, such as 2/4".to_owned();
        let (index, count) = text.split_once('/').ok_or_else(form)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| form());
        let (index, count) = (number(index)?, number(count)?);
        Self::new(index, count).ok_or_else(|| match count {
            0 => "there is at least one shard, 1/1".to_owned(),
            _ => format!("of {count} shards the first is 1/{count} and the last {count}/{count}"),
        })
    }
}

/// FNV-1a with 64 bits (draft-eastlake-fnv).
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_specification() {
        // The test vectors of the specification.
        assert_eq!(fnv_1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv_1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_case_never_moves_to_another_shard() {
        let at = |case: &str| [2, 3, 4, 10].map(|count| Shard::of(case, count).index());
        assert_eq!(at("okta/users/create#catalogue"), [1, 3, 3, 5]);
        assert_eq!(at("okta/lifecycle/deactivate#wizard"), [1, 2, 1, 9]);
        assert_eq!(at("okta/lookup/by-user-name"), [2, 1, 2, 2]);
        assert_eq!(at("own/ünïcode"), [1, 2, 1, 9]);
    }

    #[test]
    fn what_is_no_shard_is_refused_with_the_form() {
        let parse = |text: &str| text.parse::<Shard>();
        assert_eq!(parse("2/4").map(|shard| shard.to_string()), Ok("shard 2 of 4".to_owned()));
        assert_eq!(parse("1/1"), Ok(Shard { index: 1, count: 1 }));
        assert_eq!(parse("5/4"), Err("of 4 shards the first is 1/4 and the last 4/4".to_owned()));
        assert_eq!(parse("0/4"), Err("of 4 shards the first is 1/4 and the last 4/4".to_owned()));
        assert_eq!(parse("0/0"), Err("there is at least one shard, 1/1".to_owned()));
        for text in ["", "2", "2/", "/4", "a/4", "2/4/6", "-1/4", "2 / 4"] {
            assert_eq!(
                parse(text),
                Err("a shard is its number and how many there are, such as 2/4".to_owned()),
                "{text}"
            );
        }
    }
}

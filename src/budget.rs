//! What a run may cost at most: `--max-requests 500`, `--max-time 3m`; and what it is planned to cost: `--depth quick`.
//!
//! **Invariant:** a time that is told can be typed like that, and then means the same.

use std::fmt;
use std::time::Duration;

/// What the cases of a run may cost. What they created is removed outside of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// So many requests, those that ask what the server offers included. One that is tried again after a 429 is one.
    pub requests: Option<u64>,
    /// So long, from the first request on.
    pub time: Option<Duration>,
}

/// How much of what could be run is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// What judges as much of what binds as few requests can: for each push.
    Quick,
    /// All but what is costly, such as hundreds of users: for each merge.
    #[default]
    Default,
    /// Everything.
    Full,
}

impl Depth {
    /// All of them.
    pub const ALL: [Depth; 3] = [Depth::Quick, Depth::Default, Depth::Full];

    /// How many requests a quick run is planned for, those included that ask what the server offers and that clean up.
    pub const QUICK_REQUESTS: usize = 150;

    /// How many users a quick run creates at most.
    pub const QUICK_USERS: usize = 25;

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Depth::Quick => "quick",
            Depth::Default => "default",
            Depth::Full => "full",
        }
    }

    /// The depth of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|depth| depth.as_str() == word)
    }
}

/// What of a budget was used before the cases began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests.
    pub requests: u64,
    /// Time.
    pub time: Duration,
}

/// The part of a budget that ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many requests.
    Requests(u64),
    /// So long.
    Time(Duration),
}

impl Limit {
    /// The option that sets it.
    pub fn option(self) -> &'static str {
        match self {
            Limit::Requests(_) => "--max-requests",
            Limit::Time(_) => "--max-time",
        }
    }
}

/// As it is told: `500 requests`, `3m`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Requests(1) => f.write_str("1 request"),
            Limit::Requests(requests) => write!(f, "{requests} requests"),
            Limit::Time(time) => f.write_str(&written(*time)),
        }
    }
}

/// A time as it is typed: `90s`, `3m`, `1h`. Parts of a second are told, too, and cannot be typed.
fn written(time: Duration) -> String {
    if time.subsec_nanos() > 0 {
        return format!("{}ms", time.as_millis());
    }
    match time.as_secs() {
        seconds if seconds > 0 && seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// The time that is typed like that.
///
/// # Errors
/// What is no such time, as a sentence.
pub fn time(text: &str) -> Result<Duration, String> {
    let form = || "a time is a whole number and its unit, such as 90s, 3m or 1h".to_owned();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let seconds: u64 = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "" if !text.is_empty() => return Err(format!("{text} of what? {}", form())),
        _ => return Err(form()),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(form());
    }
    let time = digits.parse().ok().and_then(|number: u64| number.checked_mul(seconds));
    match time {
        Some(0) => Err("in no time nothing can be run; the shortest is 1s".to_owned()),
        Some(time) if time <= LONGEST => Ok(Duration::from_secs(time)),
        _ => Err("that is longer than any run takes; the longest is 8760h".to_owned()),
    }
}

/// A year.
const LONGEST: u64 = 8760 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_they_are_typed() {
        for (text, seconds) in [("90s", 90), ("3m", 180), ("1h", 3600), ("1s", 1), ("61m", 3660), ("8760h", LONGEST)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)));
            assert_eq!(Limit::Time(Duration::from_secs(seconds)).to_string(), text);
        }
        assert_eq!(time("120s").map(|time| Limit::Time(time).to_string()), Ok("2m".to_owned()));
        assert_eq!(Limit::Time(Duration::from_millis(1500)).to_string(), "1500ms");
        assert_eq!([1, 500].map(|n| Limit::Requests(n).to_string()), ["1 request", "500 requests"]);
    }

    #[test]
    fn what_is_no_time_is_refused_with_the_form() {
        let form = "a time is a whole number and its unit, such as 90s, 3m or 1h";
        for text in ["", "m", "three", "3x", "3 m", "1.5m", "-3m", "3m30s", "1m1", "3M", "m3m", "3ms", "٣m"] {
            let said = time(text).expect_err(text);
            assert!(said.contains(form), "{text}: {said}");
        }
        assert_eq!(time("90"), Err(format!("90 of what? {form}")));
        assert_eq!(time("0m"), Err("in no time nothing can be run; the shortest is 1s".to_owned()));
        for text in ["8761h", "99999999999999999999h", "18446744073709551615h"] {
            assert_eq!(time(text), Err("that is longer than any run takes; the longest is 8760h".to_owned()), "{text}");
        }
    }
}

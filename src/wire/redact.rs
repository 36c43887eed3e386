//! Puts `***` where a credential stands in what was sent or came back.

use std::{
    collections::VecDeque,
    fmt,
    sync::{PoisonError, RwLock},
};

use aho_corasick::{AhoCorasick, packed};
use memchr::{memchr, memchr3_iter};
use secrecy::{ExposeSecret, SecretString};

use super::{Attempt, Exchange, Headers, NoReply};

const MASK: &str = "***";

/// Secrets shorter than this would be found in every second word, and are masked as whole header values only.
const SHORT: usize = 4;

/// Secrets shorter than this are masked where they stand alone: a token `test` must not turn `test-user` into `***-user` and
/// so make a right answer look wrong.
const COMMON: usize = 8;

/// Of how many access tokens the spellings are looked for. A run that renews its token every few seconds must not look for all
/// that it ever had in every byte; a token that old has long ended.
const REMEMBERED: usize = 32;

/// A mask that learns what became a secret while it was in use.
pub(super) struct Masks(RwLock<Learnt>);

struct Learnt {
    given: Vec<SecretString>,
    later: VecDeque<Vec<SecretString>>,
    mask: Mask,
}

impl Masks {
    /// A mask for these secrets, for a start.
    pub(super) fn new(given: Vec<SecretString>) -> Masks {
        let mask = Mask::new(&given);
        Masks(RwLock::new(Learnt { given, later: VecDeque::new(), mask }))
    }

    /// Masks these from now on, too.
    pub(super) fn learn(&self, secrets: Vec<SecretString>) {
        let mut learnt = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if learnt.later.len() == REMEMBERED {
            learnt.later.pop_front();
        }
        learnt.later.push_back(secrets);
        let all: Vec<SecretString> = learnt.given.iter().chain(learnt.later.iter().flatten()).cloned().collect();
        learnt.mask = Mask::new(&all);
    }

    /// Masks all of an exchange that is text of either side.
    pub(super) fn exchange(&self, exchange: &mut Exchange) {
        self.0.read().unwrap_or_else(PoisonError::into_inner).mask.exchange(exchange);
    }
}

/// What to look for.
struct Mask {
    needles: Vec<Needle>,
    /// The needles as they are written.
    written: Written,
    /// In characters, what the shortest needle has. No character is written in less than one byte.
    shortest: usize,
    /// The bytes with which their characters begin.
    holds: [bool; 256],
    begins: Beginnings,
    short: Vec<SecretString>,
}

/// One spelling. No `Debug`: it is the secret.
struct Needle {
    chars: Vec<char>,
    alone: bool,
}

/// With what any of the spellings can begin: one byte rules out most places, and two nearly all of the others.
struct Beginnings {
    first: [bool; 256],
    pairs: Vec<bool>,
}

impl Mask {
    fn new(secrets: &[SecretString]) -> Mask {
        let (short, long): (Vec<_>, Vec<_>) =
            secrets.iter().cloned().partition(|s| s.expose_secret().chars().count() < SHORT);
        let mut texts: Vec<Vec<char>> = long.iter().map(|s| s.expose_secret().chars().collect()).collect();
        // Longest first, so that a part of a secret does not spoil the search for the whole.
        texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        let needles: Vec<Needle> =
            texts.into_iter().map(|chars| Needle { alone: chars.len() < COMMON, chars }).collect();
        Mask {
            written: Written::new(&needles),
            shortest: needles.iter().map(|needle| needle.chars.len()).min().unwrap_or(usize::MAX),
            holds: first_bytes(&needles),
            begins: Beginnings::of(&needles),
            needles,
            short: short.into_iter().filter(|s| !s.expose_secret().is_empty()).collect(),
        }
    }

    fn exchange(&self, exchange: &mut Exchange) {
        let request = &mut exchange.request;
        self.text(&mut request.path);
        self.headers(&mut request.headers);
        if let Some(body) = &mut request.body {
            self.bytes(body);
        }
        match &mut exchange.reply {
            Ok(response) => {
                self.headers(&mut response.headers);
                self.bytes(&mut response.body);
            }
            Err(no_reply) => self.no_reply(no_reply),
        }
        for Attempt { result, retry_after, .. } in &mut exchange.attempts {
            if let Err(no_reply) = result {
                self.no_reply(no_reply);
            }
            if let Some(told) = retry_after {
                self.text(told);
            }
        }
    }

    fn no_reply(&self, no_reply: &mut NoReply) {
        match no_reply {
            NoReply::Refused(why)
            | NoReply::Tls(why)
            | NoReply::Broken(why)
            | NoReply::NoToken(why)
            | NoReply::EndOfTape(why) => self.text(why),
            NoReply::TimedOut(_) | NoReply::TooLarge(_) | NoReply::Stopped => {}
        }
    }

    fn headers(&self, headers: &mut Headers) {
        for (name, value) in &mut headers.0 {
            self.text(name);
            self.text(value);
            for short in &self.short {
                if let Some(before) = value.strip_suffix(short.expose_secret())
                    && (before.is_empty() || before.ends_with(' '))
                {
                    *value = format!("{before}{MASK}");
                }
            }
        }
    }

    fn text(&self, text: &mut String) {
        if let Some(masked) = self.masked(text.as_bytes()) {
            // Needles are whole characters, so that what is left around them is still UTF-8.
            *text = String::from_utf8_lossy(&masked).into_owned();
        }
    }

    fn bytes(&self, bytes: &mut Vec<u8>) {
        if let Some(masked) = self.masked(bytes) {
            *bytes = masked;
        }
    }

    /// Whether a credential may be in a text. Every byte that is sent or received is looked at, and there nearly never is one.
    fn may_be_in(&self, text: &[u8]) -> bool {
        text.len() >= self.shortest
            && (memchr3_iter(b'%', b'\\', b'&', text).any(|at| self.may_spell(text, at))
                || (self.holds[usize::from(b' ')] && memchr(b'+', text).is_some())
                || self.written.is_in(text))
    }

    /// Whether the escape there may stand for a character of a needle. Most do not: an entity tag is in JSON as `"W/\"1\""`, and
    /// a filter has spaces and quotes.
    fn may_spell(&self, text: &[u8], at: usize) -> bool {
        let rest = text.get(at..).unwrap_or_default();
        let holds = |byte: u8| self.holds[usize::from(byte)];
        match rest.first() {
            // What is encoded twice begins with an encoded `%`.
            Some(b'%') => {
                hex(rest, 1, 2).and_then(|byte| u8::try_from(byte).ok()).is_some_and(|b| b == b'%' || holds(b))
            }
            Some(b'\\') => match rest.iter().find(|byte| **byte != b'\\') {
                _ if holds(b'\\') => true,
                Some(escaped) => *escaped == b'u' || holds(*escaped),
                None => false,
            },
            _ => true,
        }
    }

    /// `None` when there is nothing to mask.
    fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        if !self.may_be_in(text) {
            return None;
        }
        let mut masked: Option<Vec<u8>> = None;
        let mut copied = 0;
        let mut at = 0;
        while let Some(next) = self.begins.first_in(text, at) {
            at = next;
            match self.needles.iter().find_map(|n| n.end_at(text, at)) {
                Some(end) => {
                    let masked = masked.get_or_insert_default();
                    masked.extend_from_slice(text.get(copied..at).unwrap_or_default());
                    masked.extend_from_slice(MASK.as_bytes());
                    copied = end;
                    at = end;
                }
                None => at += 1,
            }
        }
        if let Some(masked) = &mut masked {
            masked.extend_from_slice(text.get(copied..).unwrap_or_default());
        }
        masked
    }
}

/// With what the characters of the needles begin.
fn first_bytes(needles: &[Needle]) -> [bool; 256] {
    let mut bytes = [false; 256];
    for c in needles.iter().flat_map(|needle| &needle.chars) {
        bytes[usize::from(c.encode_utf8(&mut [0; 4]).as_bytes()[0])] = true;
    }
    bytes
}

/// A search for the needles as they are written.
enum Written {
    /// Many bytes at once; only on some machines, and not for many needles.
    Packed(packed::Searcher),
    /// One byte after the other.
    Chained(AhoCorasick),
}

impl Written {
    fn new(needles: &[Needle]) -> Written {
        let texts: Vec<String> = needles.iter().map(|needle| needle.chars.iter().collect()).collect();
        match packed::Searcher::new(&texts) {
            Some(search) => Written::Packed(search),
            None => Written::Chained(AhoCorasick::new(&texts).expect("credentials are not gigabytes")),
        }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        match self {
            Written::Packed(search) => search.find(text).is_some(),
            Written::Chained(search) => search.is_match(text),
        }
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({} forms)", self.needles.len() + self.short.len())
    }
}

/// The bytes with which another spelling of a character begins.
const ESCAPES: &[u8] = b"%\\&+";

impl Beginnings {
    fn of(needles: &[Needle]) -> Beginnings {
        let (mut begins, mut pairs) = ([false; 256], vec![false; 256 * 256]);
        let mut set = |first: u8, second: u8| {
            begins[usize::from(first)] = true;
            pairs[usize::from(first) * 256 + usize::from(second)] = true;
        };
        for needle in needles {
            let text: String = needle.chars.iter().take(2).collect();
            let escapes_too = needle.chars.first().is_some_and(char::is_ascii);
            if let [first, second, ..] = text.as_bytes() {
                set(*first, *second);
                ESCAPES.iter().filter(|_| escapes_too).for_each(|escape| set(*first, *escape));
            }
            for escape in ESCAPES {
                (0..=u8::MAX).for_each(|second| set(*escape, second));
            }
        }
        Beginnings { first: begins, pairs }
    }

    /// The next place from `at` on where a spelling may begin.
    fn first_in(&self, text: &[u8], at: usize) -> Option<usize> {
        let rest = text.get(at..)?;
        let mut from = 0;
        loop {
            let here = from + rest.get(from..)?.iter().position(|byte| self.first[usize::from(*byte)])?;
            let (first, second) = (*rest.get(here)?, *rest.get(here + 1)?);
            if self.pairs[usize::from(first) * 256 + usize::from(second)] {
                return Some(at + here);
            }
            from = here + 1;
        }
    }
}

impl Needle {
    /// Where an occurrence that begins at `at` ends. As written first; then with each character in any of the spellings that
    /// JSON, URLs and HTML know.
    fn end_at(&self, text: &[u8], at: usize) -> Option<usize> {
        let end = self.walk(text, at, as_written).or_else(|| self.walk(text, at, in_any_spelling))?;
        let joins = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let before = at.checked_sub(1).and_then(|i| text.get(i));
        if self.alone && (joins(before) || joins(text.get(end))) { None } else { Some(end) }
    }

    fn walk(&self, text: &[u8], at: usize, step: fn(&[u8], char) -> Option<usize>) -> Option<usize> {
        self.chars.iter().try_fold(at, |at, c| Some(at + step(text.get(at..)?, *c)?))
    }
}

/// The length of `c` at the beginning of `text`.
fn as_written(text: &[u8], c: char) -> Option<usize> {
    let mut buffer = [0; 4];
    let c = c.encode_utf8(&mut buffer).as_bytes();
    text.starts_with(c).then_some(c.len())
}

fn in_any_spelling(text: &[u8], c: char) -> Option<usize> {
    let first = *text.first()?;
    let escaped = match first {
        b'%' => percent_encoded(text, c),
        b'\\' => backslashed(text, c),
        b'&' => html_entity(text, c),
        b'+' if c == ' ' => Some(1),
        _ => None,
    };
    escaped.or_else(|| as_written(text, c))
}

/// `%2B`, or `%252B` for what was encoded twice, in either letter case.
fn percent_encoded(text: &[u8], c: char) -> Option<usize> {
    let mut buffer = [0; 4];
    c.encode_utf8(&mut buffer).bytes().try_fold(0, |mut at, byte| {
        if text.get(at) != Some(&b'%') {
            return None;
        }
        at += 1;
        // An encoded `%` is `%25` itself, so the last `25` may be the one that counts.
        let mut rounds = 0;
        while rounds < 4 && hex(text, at, 2) != Some(u32::from(byte)) && text.get(at..)?.starts_with(b"25") {
            at += 2;
            rounds += 1;
        }
        (hex(text, at, 2)? == u32::from(byte)).then_some(at + 2)
    })
}

/// `\u002b`, `\/`, `\"`, also within JSON that was put into a JSON string once more.
fn backslashed(text: &[u8], c: char) -> Option<usize> {
    // Bounded, or a body of nothing but backslashes would be read over and over.
    let slashes = text.iter().take(8).take_while(|b| **b == b'\\').count();
    if c == '\\' {
        return Some(slashes);
    }
    if text.get(slashes) != Some(&b'u') {
        return Some(slashes + as_written(text.get(slashes..)?, c)?);
    }
    let mut units = [0; 2];
    let at = c.encode_utf16(&mut units).iter().enumerate().try_fold(0, |mut at, (i, unit)| {
        at += if i == 0 { slashes } else { text.get(at..)?.iter().take(8).take_while(|b| **b == b'\\').count() };
        let escape = text.get(at) == Some(&b'u') && hex(text, at + 1, 4) == Some(u32::from(*unit));
        escape.then_some(at + 5)
    });
    at.or_else(|| Some(slashes + as_written(text.get(slashes..)?, c)?))
}

/// `&amp;`, `&#43;`, `&#x2B;`.
fn html_entity(text: &[u8], c: char) -> Option<usize> {
    let name = text.get(1..)?;
    let length = name.iter().take(10).position(|b| *b == b';')?;
    let name = std::str::from_utf8(name.get(..length)?).ok()?;
    let code = match name {
        "amp" => u32::from('&'),
        "lt" => u32::from('<'),
        "gt" => u32::from('>'),
        "quot" => u32::from('"'),
        "apos" => u32::from('\''),
        _ => match name.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => name.strip_prefix('#')?.parse().ok()?,
        },
    };
    (code == u32::from(c)).then_some(length + 2)
}

fn hex(text: &[u8], at: usize, digits: usize) -> Option<u32> {
    text.get(at..at + digits)?.iter().try_fold(0, |sum, b| Some(sum * 16 + char::from(*b).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::super::auth::{Auth, secrets};
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};

    fn bearer(token: &str) -> Mask {
        Mask::new(&secrets(&Auth::Bearer(token.into())))
    }

    fn check(mask: &Mask, text: &str, expected: &str) {
        let mut masked = text.to_owned();
        mask.text(&mut masked);
        assert_eq!(masked, expected, "from {text}");
    }

    #[test]
    fn a_token_is_masked_wherever_it_stands() {
        let mask = bearer("s3cr3t-token");
        check(&mask, "s3cr3t-token", "***");
        check(&mask, r#"{"detail":"bad s3cr3t-token/s3cr3t-token."}"#, r#"{"detail":"bad ***/***."}"#);
        check(&mask, "as3cr3t-tokens3cr3t-tokenb", "a******b");
        check(&mask, "s3cr3t-toke", "s3cr3t-toke");
    }

    #[test]
    fn every_spelling_is_masked() {
        let mask = bearer(r#"a+b/c="d\e f&gü𝄞%"#);
        let inner = |text: &str| text.trim_matches('"').to_owned();
        let token = r#"a+b/c="d\e f&gü𝄞%"#;
        let json = inner(&serde_json::to_string(token).expect("a string is JSON"));
        check(&mask, &json, "***");
        check(&mask, &serde_json::to_string(&json).expect("a string is JSON"), "\"***\"");
        check(&mask, r"a\u002Bb\/c=\u0022d\\e f\u0026g\u00fc\ud834\udd1e%", "***");
        check(&mask, "a%2Bb%2Fc%3D%22d%5Ce%20f%26g%C3%BC%F0%9D%84%9E%25", "***");
        check(&mask, "a%2bb/c%3d%22d%5ce+f%26g%c3%bc%f0%9d%84%9e%25", "***");
        check(&bearer("a+b/c=ü123"), "a%252Bb%252fc%253D%25C3%25BC123 and a%25252Bb/c=ü123", "*** and ***");
        check(&mask, "a&#43;b/c=&quot;d\\e f&amp;g&#xFC;𝄞%", "***");
    }

    #[test]
    fn base64_is_masked_at_any_alignment() {
        let mask = bearer("s3cr3t-token-0123456789");
        for around in ["", "x", "xy", "Bearer "] {
            let text = STANDARD.encode(format!("{around}s3cr3t-token-0123456789{around}"));
            let mut masked = text.clone();
            mask.text(&mut masked);
            assert!(masked.contains("***") && masked.len() < 28, "{text} became {masked}");
        }
        let pair = Mask::new(&secrets(&Auth::Basic { user: "u".into(), password: "pw".into() }));
        check(&pair, "got Basic dTpwdw== and u:pw", "got Basic *** and ***");
    }

    #[test]
    fn a_raw_header_hides_its_parts_too() {
        let mask = Mask::new(&secrets(&Auth::Header {
            name: "X".into(),
            prefix: String::new(),
            value: "Basic dXNlcjpoaWRkZW4tb25l".into(),
        }));
        check(&mask, "dXNlcjpoaWRkZW4tb25l hidden-one user", "*** *** user");
    }

    #[test]
    fn short_tokens_do_not_spoil_words() {
        check(
            &bearer("test"),
            r#"{"userName":"test-user","latest":"test"}"#,
            r#"{"userName":"test-user","latest":"***"}"#,
        );
        check(&bearer("abc"), "abc abcdef Bearer abc", "abc abcdef ***");
        let mut headers = Headers(vec![("X-Debug".into(), "abc".into()), ("X-Other".into(), "Token abc".into())]);
        bearer("abc").headers(&mut headers);
        assert_eq!(headers, Headers(vec![("X-Debug".into(), "***".into()), ("X-Other".into(), "Token ***".into())]));
    }

    #[test]
    fn bytes_that_are_not_text_stay_as_they_are() {
        let mut body = b"\xff\0s3cr3t-token\xfe%".to_vec();
        bearer("s3cr3t-token").bytes(&mut body);
        assert_eq!(body, b"\xff\0***\xfe%");
    }

    #[test]
    fn a_prefix_is_no_secret_and_what_follows_it_is() {
        let (name, prefix) = ("Authorization".into(), "Token token=".into());
        let mask = Mask::new(&secrets(&Auth::Header { name, prefix, value: "hidden-one".into() }));
        check(&mask, "Token token=hidden-one, hidden-one, Token token=", "***, ***, Token token=");
    }

    #[test]
    fn what_becomes_a_secret_later_is_masked_from_then_on() {
        let masks = Masks::new(secrets(&Auth::Bearer("first-secret".into())));
        let masked = |text: &str| {
            let mut text = text.to_owned();
            masks.0.read().expect("nobody panicked").mask.text(&mut text);
            text
        };
        assert_eq!(masked("first-secret later-secret"), "*** later-secret");
        masks.learn(secrets(&Auth::Bearer("later-secret".into())));
        assert_eq!(masked("first-secret later-secret"), "*** ***");
        for n in 0..REMEMBERED {
            masks.learn(secrets(&Auth::Bearer(format!("secret-number-{n}").into())));
        }
        assert_eq!(masked("first-secret later-secret secret-number-0"), "*** later-secret ***");
    }

    #[test]
    fn no_credential_masks_nothing() {
        check(&Mask::new(&secrets(&Auth::None)), "anything", "anything");
        check(&bearer(""), "Bearer x", "Bearer x");
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_around_it_the_token_is_gone(
            before in ".{0,9}|[%&+u0-9;#x\\\\]{0,20}",
            after in ".{0,9}|[%&+u0-9;#x\\\\]{0,20}",
            token in "[!-~]{8,40}",
        ) {
            let mut text = format!("{before}{token}{after}");
            bearer(&token).text(&mut text);
            assert!(!text.contains(&token), "{text}");
        }

        #[test]
        fn any_bytes_can_be_masked(bytes: Vec<u8>, token in ".{0,40}") {
            let mut masked = bytes.clone();
            bearer(&token).bytes(&mut masked);
            assert!(masked == bytes || masked.windows(3).any(|w| w == b"***"));
        }
    }
}

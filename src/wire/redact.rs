//! Puts `***` where a credential stands in what was sent or came back.

use std::{
    collections::VecDeque,
    fmt,
    sync::{PoisonError, RwLock},
};

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
    /// The bytes with which a spelling of any of them may begin.
    begins: [bool; 256],
    short: Vec<SecretString>,
}

/// One secret, whose characters are looked for in any spelling. No `Debug`: it is the secret.
struct Needle {
    chars: Vec<char>,
    alone: bool,
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
            begins: first_bytes(&needles),
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

    /// `None` when there is nothing to mask.
    fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut masked: Option<Vec<u8>> = None;
        let mut copied = 0;
        let mut at = 0;
        let begins = |byte: &u8| self.begins[usize::from(*byte)];
        while let Some(next) = text.get(at..).and_then(|rest| rest.iter().position(begins)) {
            at += next;
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

/// With what the spellings of needles begin: as they are written, or with an escape.
fn first_bytes(needles: &[Needle]) -> [bool; 256] {
    let mut bytes = [false; 256];
    for c in needles.iter().filter_map(|needle| needle.chars.first()) {
        bytes[usize::from(c.encode_utf8(&mut [0; 4]).as_bytes()[0])] = true;
        ESCAPES.iter().for_each(|escape| bytes[usize::from(*escape)] = true);
    }
    bytes
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({} forms)", self.needles.len() + self.short.len())
    }
}

/// The bytes with which another spelling of a character begins.
const ESCAPES: &[u8] = b"%\\&+";

impl Needle {
    /// Where an occurrence that begins at `at` ends.
    fn end_at(&self, text: &[u8], at: usize) -> Option<usize> {
        let end = self.written_end(text, at).or_else(|reached| {
            // Only an escape is more than it looks.
            let looked_at = text.get(at..=reached).unwrap_or(&text[at..]);
            if looked_at.iter().any(|byte| ESCAPES.contains(byte)) {
                self.spelled_end(text, at).ok_or(())
            } else {
                Err(())
            }
        });
        let end = end.ok()?;
        let joins = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let before = at.checked_sub(1).and_then(|i| text.get(i));
        if self.alone && (joins(before) || joins(text.get(end))) { None } else { Some(end) }
    }

    /// The same as it is written; or else how far that goes.
    fn written_end(&self, text: &[u8], at: usize) -> Result<usize, usize> {
        let step = |at: usize, c: &char| {
            text.get(at..).and_then(|rest| as_written(rest, *c)).map(|length| at + length).ok_or(at)
        };
        self.chars.iter().try_fold(at, step)
    }

    /// The same with each character in any of the spellings that JSON, URLs and HTML know. An escape may be read in several ways: a
    /// backslash may stand for itself or belong to what follows. All are followed.
    fn spelled_end(&self, text: &[u8], at: usize) -> Option<usize> {
        let (first, others) = self.chars.split_first()?;
        let follow = |from: usize, c: char, ends: &mut Vec<usize>| {
            spellings(text.get(from..).unwrap_or_default(), c, &mut |length| ends.push(from + length));
        };
        let mut ends = Vec::new();
        follow(at, *first, &mut ends);
        for c in others {
            let mut next = Vec::new();
            ends.iter().for_each(|end| follow(*end, *c, &mut next));
            if next.is_empty() {
                return None;
            }
            next.sort_unstable();
            next.dedup();
            ends = next;
        }
        ends.last().copied()
    }
}

/// The length of `c` at the beginning of `text`.
fn as_written(text: &[u8], c: char) -> Option<usize> {
    let mut buffer = [0; 4];
    let c = c.encode_utf8(&mut buffer).as_bytes();
    text.starts_with(c).then_some(c.len())
}

/// The lengths of all spellings of `c` at the beginning of `text`.
fn spellings(text: &[u8], c: char, found: &mut impl FnMut(usize)) {
    as_written(text, c).into_iter().for_each(&mut *found);
    match text.first() {
        Some(b'%') => (0..ROUNDS).filter_map(|rounds| percent_encoded(text, c, rounds)).for_each(found),
        Some(b'\\') => backslashed(text, c, found),
        Some(b'&') => html_entity(text, c).into_iter().for_each(found),
        Some(b'+') if c == ' ' => found(1),
        _ => {}
    }
}

/// How often what was encoded is encoded once more, at most.
const ROUNDS: usize = 4;

/// `%2B`, or `%252B` for what was encoded once more, in either letter case.
fn percent_encoded(text: &[u8], c: char, rounds: usize) -> Option<usize> {
    let mut buffer = [0; 4];
    c.encode_utf8(&mut buffer).bytes().try_fold(0, |at, byte| {
        let rest = text.get(at..)?.strip_prefix(b"%")?;
        let encoded = 2 * rounds;
        let again = rest.get(..encoded)?.chunks(2).all(|pair| pair == b"25");
        (again && hex(rest, encoded, 2)? == u32::from(byte)).then_some(at + 1 + encoded + 2)
    })
}

/// How many backslashes are read as those of one character: JSON that was put into a JSON string twice has seven before a quote.
const SLASHES: usize = 8;

/// `\u002b`, `\/`, `\"`, `\t`, also within JSON that was put into a JSON string once more. A backslash stands for itself, too.
fn backslashed(text: &[u8], c: char, found: &mut impl FnMut(usize)) {
    let short = match c {
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        _ => None,
    };
    let slashes = text.iter().take(SLASHES).take_while(|byte| **byte == b'\\').count();
    if c == '\\' {
        (1..=slashes).for_each(&mut *found);
    }
    let rest = text.get(slashes..).unwrap_or_default();
    let lengths = [as_written(rest, c), short.and_then(|short| as_written(rest, short)), unicode(rest, c)];
    lengths.into_iter().flatten().for_each(|length| found(slashes + length));
}

/// `u002b` behind a backslash, and for what needs two of them, `ud834\udd1e`.
fn unicode(text: &[u8], c: char) -> Option<usize> {
    let mut units = [0; 2];
    c.encode_utf16(&mut units).iter().enumerate().try_fold(0, |mut at, (i, unit)| {
        if i > 0 {
            at += text.get(at..)?.iter().take(SLASHES).take_while(|byte| **byte == b'\\').count();
        }
        let is_unit = text.get(at) == Some(&b'u') && hex(text, at + 1, 4) == Some(u32::from(*unit));
        is_unit.then_some(at + 5)
    })
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

    fn json(text: &str) -> String {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    }

    fn percent(text: &str, of: impl Fn(u8) -> String) -> String {
        let spelled = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { of(byte) };
        text.bytes().map(spelled).collect()
    }

    /// How texts are written by those who put them into JSON, or into a URL (the last three), and maybe once more into the same.
    const AGAIN: &[fn(&str) -> String] = &[
        json,
        |text| json(text).replace('/', "\\/"),
        |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        |text| text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
        |text| percent(text, |byte| format!("%{byte:02X}")),
        |text| percent(text, |byte| format!("%{byte:02x}")),
        |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
    ];

    /// How they are written once.
    const ONCE: &[fn(&str) -> String] = &[
        str::to_owned,
        |text| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
        |text| text.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
        |text| text.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect(),
        |text| percent(text, |byte| if byte == b' ' { "+".to_owned() } else { format!("%{byte:02X}") }),
    ];

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
        fn in_whatever_spelling_the_token_is_gone(
            before in "[a-z]{0,3}[%\\\\&+u0-9;#x]{0,6}|.{0,9}",
            after in ".{0,9}|[%&+u0-9;#x\\\\]{0,20}",
            token in "[ -~üß𝄞]{8,40}|[%25\\\\\"/&+ ;]{8,20}",
            spelling in 0..AGAIN.len() + ONCE.len(),
            twice: bool,
        ) {
            let mut spelled = match ONCE.get(spelling) {
                Some(once) => once(&token),
                None => AGAIN[spelling - ONCE.len()](&token),
            };
            if let Some(again) = spelling.checked_sub(ONCE.len()).filter(|_| twice) {
                let of_json = again < AGAIN.len() - 3;
                spelled = if of_json { json(&spelled) } else { percent(&spelled, |byte| format!("%{byte:02X}")) };
            }
            let mut text = format!("{before}{spelled}{after}");
            bearer(&token).text(&mut text);
            assert!(!text.contains(&spelled), "{text}");
        }

        #[test]
        fn any_bytes_can_be_masked(bytes: Vec<u8>, token in ".{0,40}") {
            let mut masked = bytes.clone();
            bearer(&token).bytes(&mut masked);
            assert!(masked == bytes || masked.windows(3).any(|w| w == b"***"));
        }
    }
}

//! Makes text from elsewhere safe to show: what steers a terminal or hides in text becomes visible.

/// Whether a character does something instead of showing something: controls, escapes of terminals, overrides of the
/// direction of writing, invisible marks, and what XML cannot hold.
pub(super) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// The text on one line: everything unsafe, line breaks included, as `\u{1b}`.
pub(crate) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// A document that is written in lines: everything unsafe but the ends of its lines becomes visible.
pub(super) fn document(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| *c != '\n' && is_unsafe(*c)) {
        out.push_str(&text[done..at]);
        out.extend(c.escape_unicode());
        done = at + c.len_utf8();
    }
    out.push_str(&text[done..]);
    out
}

/// At most `max` characters of it; a longer text ends in `…`.
pub(crate) fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Quotes bytes as one word of a POSIX shell, in bash's `$'…'` form where plain quotes would carry something unsafe.
pub(super) fn shell(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(is_unsafe) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let mut out = "$'".to_owned();
            for byte in bytes {
                match byte {
                    b'\'' | b'\\' => out.extend(['\\', char::from(*byte)]),
                    b' '..=b'~' => out.push(char::from(*byte)),
                    _ => out.push_str(&format!("\\x{byte:02x}")),
                }
            }
            out.push('\'');
            out
        }
    }
}

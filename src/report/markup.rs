//! Text from elsewhere in Markdown: none of it becomes markup, a mention, an image or a link.

use super::escape;

/// As code within a line, in which nothing is markup.
pub(crate) fn code(text: &str) -> String {
    let text = escape::line(text);
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Lines as a block of code, which no line of it ends. The lines hold nothing unsafe.
pub(crate) fn block(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("{fence}{language}\n{lines}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A sentence: its code stays code, words that would become links or mentions become code, and other markup is escaped.
pub(crate) fn prose(text: &str) -> String {
    let text = escape::line(text);
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return words(&text);
    }
    let piece = |(at, piece): (usize, &&str)| if at % 2 == 1 { code(piece) } else { words(piece) };
    pieces.iter().enumerate().map(piece).collect()
}

fn words(text: &str) -> String {
    let is_linked = |word: &str| word.contains(['@', '$']) || word.contains("://") || word.contains("www.");
    let word = |word: &str| match is_linked(word) {
        true => code(word),
        false => word.chars().fold(String::new(), |mut out, c| {
            if "\\`*_{}[]<>#|~&!".contains(c) {
                out.push('\\');
            }
            out.push(c);
            out
        }),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A cell of a table, which ends at `|` even within code.
pub(crate) fn cell(text: &str) -> String {
    prose(text).replace("\\|", "|").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        for (text, expected) in [
            ("a `b` c", "a `b` c"),
            ("one ` alone", "one \\` alone"),
            ("@octocat, see", "`@octocat,` see"),
            ("![x](https://evil.example/)", "`![x](https://evil.example/)`"),
            ("<img src=x>", "\\<img src=x\\>"),
            ("#1 [a](b)", "\\#1 \\[a\\](b)"),
            ("a\n# b", "a\\\\n\\# b"),
        ] {
            assert_eq!(prose(text), expected, "{text}");
        }
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(cell("a|b `c|d`"), "a\\|b `c\\|d`");
        assert_eq!(block("http", &["```".to_owned(), "x".to_owned()]), "````http\n```\nx\n````\n");
    }
}

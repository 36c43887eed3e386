//! Questions to somebody before a terminal. Each has a flag that answers it, and a default.

use std::io::{self, BufRead, Write};

/// How often an answer may be none before the default is taken.
const PATIENCE: usize = 3;

/// Asks, and reads one line. Nothing typed, or the end of input, is the default; so is what `accept` never takes.
pub(super) fn ask<T>(
    (input, output): (&mut impl BufRead, &mut impl Write),
    question: &str,
    default: T,
    shown: &str,
    accept: impl Fn(&str) -> Result<T, String>,
) -> io::Result<T> {
    for _ in 0..PATIENCE {
        write!(output, "{question} [{shown}]: ")?;
        output.flush()?;
        let mut answer = String::new();
        if input.read_line(&mut answer)? == 0 || answer.trim().is_empty() {
            break;
        }
        match accept(answer.trim()) {
            Ok(answer) => return Ok(answer),
            Err(why) => writeln!(output, "{why}")?,
        }
    }
    Ok(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, answer: u8, questions: usize) {
        let (mut input, mut output) = (typed.as_bytes(), Vec::new());
        let accept = |text: &str| text.parse().map_err(|_| "a number, please".to_owned());
        let asked = ask((&mut input, &mut output), "how many", 7, "7", accept).expect("nothing here can fail");
        assert_eq!(asked, answer, "{typed:?}");
        assert_eq!(String::from_utf8_lossy(&output).matches("how many [7]: ").count(), questions, "{typed:?}");
    }

    #[test]
    fn an_answer_is_taken_asked_for_again_or_the_default() {
        check("3\n", 3, 1);
        check("\n", 7, 1);
        check("", 7, 1);
        check("many\n4\n", 4, 2);
        check("a\nb\nc\n5\n", 7, 3);
    }
}

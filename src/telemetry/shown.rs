//! Text from outside, made safe to show: every such text passes here before a person or a log sees it.
//!
//! What comes out is one line that reads in the order in which it is written, shows all that is in it, steers no
//! terminal, and has a bounded length.

use std::fmt::{self, Write as _};
use std::io;

use secrecy::{ExposeSecret, SecretString};

/// What stands for a secret.
const REDACTED: &str = "[redacted]";

/// What stands for what was cut.
const ELLIPSIS: char = '…';

/// `text` on one line, at most so many bytes of it: white space of any kind and length becomes one space, characters
/// that turn, hide or break lines are written as their code, and what was cut shows as an ellipsis.
#[must_use]
pub fn line(text: &str, bytes: usize) -> String {
    let mut line = Line::new(bytes);
    // It fails once nothing more fits.
    let _ = line.write_str(text);
    line.into_string()
}

/// [`line()`], with what `hide` holds left out before anything is cut.
#[must_use]
pub fn hiding(text: &str, hide: &[SecretString], bytes: usize) -> String {
    let mut line = Line::new(bytes);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let secrets = hide.iter().map(ExposeSecret::expose_secret);
        let longest = secrets
            .filter(|secret| !secret.is_empty() && rest.starts_with(secret))
            .max_by_key(|secret| secret.len());
        let (shown, taken) = match longest {
            Some(secret) => (line.write_str(REDACTED), secret.len()),
            None => (line.write_char(character), character.len_utf8()),
        };
        if shown.is_err() {
            break;
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    line.into_string()
}

/// A line that takes what is written to it as [`line()`] says; writing fails once it is full.
#[derive(Debug)]
pub struct Line {
    text: String,
    bytes: usize,
    /// White space was written that is shown once something follows.
    space: bool,
    full: bool,
}

impl Line {
    /// An empty line that takes so many bytes, at least as many as an ellipsis has.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self {
            text: String::new(),
            bytes: bytes.max(ELLIPSIS.len_utf8()),
            space: false,
            full: false,
        }
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }

    fn push(&mut self, piece: &str) -> fmt::Result {
        if self.full {
            return Err(fmt::Error);
        }
        if self.text.len() + piece.len() <= self.bytes {
            self.text.push_str(piece);
            return Ok(());
        }
        self.full = true;
        while self.text.len() > self.bytes - ELLIPSIS.len_utf8() {
            self.text.pop();
        }
        self.text.push(ELLIPSIS);
        Err(fmt::Error)
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars()
            .try_for_each(|character| self.write_char(character))
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        if character.is_whitespace() {
            self.space = !self.text.is_empty();
            return Ok(());
        }
        if std::mem::take(&mut self.space) {
            self.push(" ")?;
        }
        if is_unseen(character) {
            return self.push(&character.escape_unicode().to_string());
        }
        self.push(character.encode_utf8(&mut [0; 4]))
    }
}

/// Takes JSON and passes it on with each character that turns, hides or breaks lines written as its escape: the same
/// JSON, safe to look at. Outside strings JSON has no such character but line feeds, tabs and carriage returns, which
/// stay.
#[derive(Debug)]
pub struct Json<W>(pub W);

impl<W: io::Write> io::Write for Json<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let unseen = |c: char| is_unseen(c) && !matches!(c, '\n' | '\r' | '\t');
        // What writes JSON hands over whole characters; anything else is passed on as it is.
        let text = str::from_utf8(bytes).unwrap_or_default();
        if !text.contains(unseen) {
            self.0.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let mut escaped = String::with_capacity(text.len() + 64);
        for character in text.chars() {
            if unseen(character) {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string can't fail.
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            } else {
                escaped.push(character);
            }
        }
        // At once: several threads may share what it is written to.
        self.0.write_all(escaped.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether a character turns, hides or breaks a line, or can't be seen: control characters (Unicode's category Cc),
/// line and paragraph separators, what Unicode calls default ignorable (`DerivedCoreProperties.txt`: directions, joiners,
/// zero-width characters, variation selectors, tags, fillers), and interlinear annotations.
#[must_use]
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn nothing_turns_hides_or_breaks_a_line() {
        assert_eq!(
            line(" a\u{1b}[31mred\r\n\tb\u{202e}c\0\u{2028}d\u{85} ", 300),
            "a\\u{1b}[31mred b\\u{202e}c\\u{0} d"
        );
        for hidden in [
            '\u{9b}',
            '\u{200b}',
            '\u{2066}',
            '\u{fe0f}',
            '\u{e0041}',
            '\u{3164}',
            '\u{feff}',
        ] {
            let shown = line(&format!("a{hidden}b"), 300);
            let code = u32::from(hidden);
            assert_eq!(shown, format!("a\\u{{{code:x}}}b"));
        }
        assert_eq!(line("Überfall auf 漢字 🙂", 300), "Überfall auf 漢字 🙂");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let long = ["é", "\u{1b}", "ab ", "x", "🙂"].map(|piece| piece.repeat(4_000));
        for text in long {
            let line = line(&text, 300);
            assert!(line.len() <= 300, "{} bytes", line.len());
            assert!(line.ends_with('…'));
        }
        assert_eq!(line("abcd  ", 4), "abcd");
        assert_eq!(line("abcde", 4), "a…");
        assert_eq!(line("abcde", 0), "…");
    }

    #[test]
    fn secrets_are_hidden_before_anything_is_cut() {
        let hide = ["s3cr3t", "", "s3cr3t-longer"].map(SecretString::from);
        assert_eq!(
            hiding("key s3cr3t\nvalue is bad: s3cr3t-longer", &hide, 300),
            "key [redacted] value is bad: [redacted]"
        );
        for bytes in 0..20 {
            let shown = hiding("key s3cr3t", &hide, bytes);
            assert!(!shown.contains("s3c"), "{shown}");
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({"a\u{202e}": "b\u{2028}\n\u{e0041}\u{9b}ü", "c": [1, true]});
        for json in [
            serde_json::to_string(&value).unwrap(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let mut out = Vec::new();
            Json(&mut out).write_all(json.as_bytes()).unwrap();
            assert_eq!(
                serde_json::from_slice::<serde_json::Value>(&out).unwrap(),
                value
            );
            let text = String::from_utf8(out).unwrap();
            let unseen = |c: char| is_unseen(c) && c != '\n';
            assert!(!text.contains(unseen), "{text}");
            assert!(text.contains("\\u202e") && text.contains("\\udb40\\udc41"));
        }
    }
}

//! Text from outside, made safe to show in a status, an event or a log.

use std::fmt::Write as _;

use secrecy::{ExposeSecret, SecretString};

/// The most bytes of outside text in a message.
const SHOWN_BYTES: usize = 300;

/// `text` on one line, without the secrets in `hide`, control characters and those that change the
/// direction of text escaped, cut to 300 bytes.
#[must_use]
pub(crate) fn shown(text: &str, hide: &[SecretString]) -> String {
    let mut text = text.trim().to_owned();
    for secret in hide.iter().map(ExposeSecret::expose_secret) {
        if !secret.is_empty() && text.contains(secret) {
            text = text.replace(secret, "[redacted]");
        }
    }
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            if unprintable(character) {
                // Writing to a string can't fail.
                let _ = write!(line, "{}", character.escape_unicode());
            } else {
                line.push(character);
            }
        }
        if line.len() > SHOWN_BYTES {
            while line.len() > SHOWN_BYTES - '…'.len_utf8() {
                line.pop();
            }
            line.push('…');
            break;
        }
    }
    line
}

/// Control characters, and the invisible ones that reorder or hide text.
fn unprintable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_lines_joined() {
        assert_eq!(
            shown(" a\u{1b}[31mred\r\n\tb\u{202e}c\0 ", &[]),
            "a\\u{1b}[31mred b\\u{202e}c\\u{0}"
        );
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        for text in [
            "é".repeat(4_000),
            "\u{1b}".repeat(4_000),
            "ab ".repeat(4_000),
        ] {
            let line = shown(&text, &[]);
            assert!(line.len() <= SHOWN_BYTES, "{} bytes", line.len());
            assert!(line.ends_with('…'));
        }
    }

    #[test]
    fn secrets_are_hidden_before_anything_else() {
        assert_eq!(
            shown(
                "key s3cr3t\nvalue is bad: s3cr3t",
                &["s3cr3t", ""].map(SecretString::from)
            ),
            "key [redacted] value is bad: [redacted]"
        );
    }
}

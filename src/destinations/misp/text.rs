//! Text as MISP's database takes it: MISP connects with three bytes a character, and columns count bytes.

use indicators::html;

/// The most bytes of a `TEXT` column of the database: `info`, comments, values, and the content of event reports on old schemas.
pub(super) const MAX_TEXT_BYTES: usize = 65_535;

/// What stands for a character that the database can't hold: the Unicode replacement character, of three bytes.
const REPLACEMENT: char = '\u{fffd}';

/// Whether every character has at most three bytes in UTF-8. Any other makes MISP answer 500 in the middle of a write.
pub(super) fn fits_database(text: &str) -> bool {
    text.chars().all(|character| character.len_utf8() < 4)
}

/// `text` with what the database can't hold replaced, cut to so many bytes at a character.
pub(super) fn storable(text: &str, bytes: usize) -> String {
    let mut stored = String::with_capacity(text.len().min(bytes));
    for character in text.chars() {
        let character = if character.len_utf8() < 4 {
            character
        } else {
            REPLACEMENT
        };
        if stored.len() + character.len_utf8() > bytes {
            break;
        }
        stored.push(character);
    }
    stored
}

/// What a reader sees of some HTML: lines without outer white space, at most one blank one in a row, without embedded
/// images (`data:` URLs, megabytes at times).
pub(super) fn readable(markup: &str) -> String {
    let (mut text, mut links) = (String::new(), String::new());
    html::to_text(markup, &mut text, &mut links);
    let mut readable = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines() {
        let words = line.split_whitespace();
        let words = words.filter(|word| !word.contains("data:image/"));
        let start = readable.len();
        for word in words {
            // The extractor's marks for cells and rows are control characters.
            let word = word.trim_matches(char::is_control);
            if word.is_empty() {
                continue;
            }
            if readable.len() > start {
                readable.push(' ');
            }
            readable.push_str(word);
        }
        let is_blank = readable.len() == start;
        if !(is_blank && blank) {
            readable.push('\n');
        }
        blank = is_blank;
    }
    readable.truncate(readable.trim_end().len());
    readable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_byte_characters_are_replaced_and_cuts_are_at_characters() {
        assert_eq!(storable("a🙂b", 100), "a\u{fffd}b");
        assert_eq!(storable("漢字", 5), "漢");
        assert_eq!(storable("🙂", 2), "");
        assert!(fits_database("Überfall auf 漢字") && !fits_database("🙂"));
        assert_eq!(storable(&"é".repeat(40_000), MAX_TEXT_BYTES).len(), 65_534);
    }

    #[test]
    fn html_is_read_and_images_are_left_out() {
        let html = "<h1>Title</h1><p>One <b>two</b></p><img src=\"data:image/png;base64,AAAA\">\
                    <p>see data:image/png;base64,BBBB here</p>";
        let text = readable(html);
        assert!(
            text.contains("Title\n") && text.contains("One two"),
            "{text:?}"
        );
        assert!(!text.contains("base64"), "{text:?}");
        assert!(!text.contains("\n\n\n"), "{text:?}");
    }
}

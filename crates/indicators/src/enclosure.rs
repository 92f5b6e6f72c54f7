//! What a registry key stands in: quotes, the brackets of a `.reg` file, emphasis, a cell of a table. Up to its end, spaces belong
//! to the key.

use super::scan::first_bytes;

/// The most bytes of a key in quotes.
const MOST_BYTES: usize = 512;

/// What a key may stand in.
struct Enclosure {
    opener: &'static str,
    closer: &'static str,
    /// Whether prose may stand in it as well.
    prose: bool,
}

const ENCLOSURES: [Enclosure; 12] = [
    new("\"", "\"", false),
    new("'", "'", false),
    new("`", "`", false),
    new("\u{201c}", "\u{201d}", false),
    new("\u{201e}", "\u{201c}", false),
    new("\u{2018}", "\u{2019}", false),
    new("\u{ab}", "\u{bb}", false),
    new("**", "**", false),
    new("+", "+", false),
    new("[", "]", true),
    new("(", ")", true),
    new("|", "|", true),
];

const fn new(opener: &'static str, closer: &'static str, prose: bool) -> Enclosure {
    Enclosure {
        opener,
        closer,
        prose,
    }
}

/// Byte offset of the end of what the key that begins at `start` stands in, if it is sure that the key goes on up to there. `hive`:
/// the offset after its hive. `is_name`: whether words with spaces are a name rather than prose.
pub fn end(text: &str, start: usize, hive: usize, is_name: impl Fn(&str) -> bool) -> Option<usize> {
    let before = text.get(..start)?;
    // The sections that a `.reg` file deletes: `[-HKEY_CURRENT_USER\Software\Evil]`.
    let before = before
        .strip_suffix("[-")
        .map_or(before, |outer| before.get(..=outer.len()).unwrap_or(before));
    let cell = before.trim_end_matches(' ');
    let enclosure = ENCLOSURES.iter().find(|enclosure| {
        let before = if enclosure.opener == "|" {
            cell
        } else {
            before
        };
        before.ends_with(enclosure.opener)
    })?;
    let line = first_bytes(text.get(hive..)?, MOST_BYTES);
    let line = line.split(['\n', '\r']).next().unwrap_or_default();
    // A plus may be part of a name: `Notes+Plus`.
    let closes = |after: &str| {
        enclosure.closer != "+" || !after.starts_with(|c: char| c.is_alphanumeric() || c == '+')
    };
    let (key, after) = line
        .match_indices(enclosure.closer)
        .filter_map(|(at, mark)| Some((line.get(..at)?, line.get(at + mark.len()..)?)))
        .find(|(_, after)| closes(after))?;
    let key = key.trim_end_matches(' ');
    let outer = before.strip_suffix(enclosure.opener).unwrap_or_default();
    let section = enclosure.opener == "["
        && (outer.is_empty() || outer.ends_with('\n'))
        && after.trim_end().is_empty();
    let (_, name) = key.rsplit_once('\\')?;
    let sure = !enclosure.prose || section || name.contains(' ') && is_name(name);
    sure.then_some(hive + key.len())
}

/// What marks a key that begins at `start` in the markup around it, if anything.
pub fn emphasis(text: &str, start: usize) -> Option<char> {
    let mark = text.get(..start)?.chars().next_back()?;
    "*+_~".contains(mark).then_some(mark)
}

/// The length of a key without what is glued to its end: the marks of a sentence, of emphasis and of notes, and a placeholder for
/// the name of a value. `hive`: the length of its hive.
pub fn without_marks(key: &str, hive: usize, emphasis: Option<char>) -> usize {
    let is_mark = |c: char| {
        matches!(
            c,
            '.' | ':' | '!' | '?' | '\'' | '\u{b2}' | '\u{b3}' | '\u{b9}'
        ) || matches!(c, '\u{2070}'..='\u{2079}')
            || emphasis == Some(c)
    };
    let mut kept = key.trim_end_matches(is_mark);
    let note = kept
        .strip_suffix(']')
        .and_then(|rest| rest.rsplit_once('['));
    if let Some((name, number)) = note {
        let numbered = matches!(number.len(), 1..=3) && number.bytes().all(|b| b.is_ascii_digit());
        if numbered && !name.ends_with('\\') {
            kept = name.trim_end_matches(is_mark);
        }
    }
    match kept
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once("\\<"))
    {
        Some((name, inner)) if !inner.contains('\\') && name.len() > hive => name.len(),
        _ => kept.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_encloses_a_key_ends_it() {
        for (text, expected) in [
            ("\"HKLM\\A b\" c", Some("HKLM\\A b")),
            ("\u{201c}HKLM\\A b\u{201d} c", Some("HKLM\\A b")),
            ("\u{201e}HKLM\\A b\u{201c} c", Some("HKLM\\A b")),
            ("\u{ab}HKLM\\A b\u{bb} c", Some("HKLM\\A b")),
            ("**HKLM\\A b** c", Some("HKLM\\A b")),
            ("[HKLM\\A b is c]\n", Some("HKLM\\A b is c")),
            ("[-HKLM\\a b]", Some("HKLM\\a b")),
            ("| HKLM\\A B | c |", Some("HKLM\\A B")),
            ("see (HKLM\\A B)", Some("HKLM\\A B")),
            ("see [HKLM\\A B] c", Some("HKLM\\A B")),
            ("see [HKLM\\A is b] c", None),
            ("(HKLM\\A)", None),
            ("| HKLM\\A is b |", None),
            ("\"HKLM\\A b\nc\"", None),
            ("HKLM\\A b", None),
            ("[HKLM\\A b", None),
        ] {
            let start = text.find("HKLM").unwrap_or_default();
            let found = end(text, start, start + 4, |name| !name.contains(" is "));
            assert_eq!(
                found.and_then(|end| text.get(start..end)),
                expected,
                "{text}"
            );
        }
    }
}

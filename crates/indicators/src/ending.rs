//! What ends a URL although a URL may hold it: the next command of a shell, the next cell of a row, the title that a markup
//! puts in brackets behind it.

mod row;

use memchr::memmem;

use super::defang;
use super::terms::Terms;

/// Commands that follow a download in one line.
static COMMANDS: Terms = Terms::of(include_str!("../lists/terms/commands.txt"));

/// The folders at the root of Unix that commands are started from or write to.
const FOLDERS: [&str; 15] = [
    "bin", "data", "dev", "etc", "home", "mnt", "opt", "proc", "root", "run", "sbin", "system",
    "tmp", "usr", "var",
];

/// The longest word of the lists.
const MOST_WORD: usize = 16;

/// The longest key in brackets in a query.
const MOST_KEY: usize = 32;

/// What stands around a URL, as far as what precedes it tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// The byte before it.
    before: u8,
    /// Whether it begins a line.
    first: bool,
}

impl Around {
    /// What precedes the URL at `start`.
    pub fn before(bytes: &[u8], start: usize) -> Self {
        let before = start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        Self {
            before: before.unwrap_or_default(),
            first: before.is_none_or(|byte| byte == b'\n'),
        }
    }

    /// Byte offset at which a URL whose path begins at `start` ends at the latest: where the words of a command line are
    /// separated by what is encoded (`wget+http://evil.com/a+-O`), with the next of that kind.
    pub fn limit(self, bytes: &[u8], url: usize, start: usize) -> usize {
        let spaced = bytes.get(..url).unwrap_or_default();
        let separator: &[u8] = match self.before {
            b'+' => b"+",
            b'0' if spaced.ends_with(b"%20") => b"%20",
            _ => return bytes.len(),
        };
        // The next one precedes the next such URL, if any: no byte is passed twice.
        let rest = bytes.get(start..).unwrap_or_default();
        let next = memmem::find(rest, separator).filter(|at| {
            let words = rest.get(..*at).unwrap_or_default();
            !words.iter().any(u8::is_ascii_whitespace)
                && (self.before == b'+'
                    || follows_command(spaced)
                    || begins_argument(rest, at + separator.len()))
        });
        next.map_or(bytes.len(), |at| start + at)
    }

    /// Whether the URL ends with the byte at `at`. `query`: whether that is in its query or fragment.
    pub fn ends(self, bytes: &[u8], at: usize, query: bool) -> bool {
        let next = bytes.get(at + 1).copied();
        match bytes.get(at) {
            Some(b'\'') => self.before == b'\'' || closes_string(bytes, at + 1),
            Some(b'[') => !is_key(bytes, at + 1, query) && !is_placeholder(bytes, at),
            Some(b'{') => self.before == b'}',
            Some(b'$') => {
                next == Some(b'(')
                    || [&b"ifs"[..], b"{ifs"]
                        .iter()
                        .any(|word| defang::starts_with(bytes, at + 1, word))
            }
            Some(b'&') => {
                let after = ampersand(bytes, at).unwrap_or(at + 1);
                match ampersand(bytes, after) {
                    Some(after) => !query || !is_parameter(bytes, after),
                    None => begins_command(bytes, after, b" \t\"'"),
                }
            }
            Some(b';') => {
                self.is_row(bytes, at)
                    || next == Some(b'$')
                    || is_folder(bytes, at + 1)
                    || bytes.get(at + 1..at + 3) == Some(b"./")
                    || begins_command(bytes, at + 1, b" \t\"'+%$;&|>\n\r")
            }
            Some(b',') => self.is_row(bytes, at),
            _ => false,
        }
    }

    /// Whether the separator at `at` is followed by another cell of the row that the URL is in.
    fn is_row(self, bytes: &[u8], at: usize) -> bool {
        let Some(separator) = bytes.get(at).copied() else {
            return false;
        };
        let word = word_at(bytes, at + 1);
        let after = bytes.get(at + 1 + word.len()).copied();
        self.before == separator
            || is_title(word) && after == Some(b' ')
            || self.first && row::begins(bytes, at + 1, separator)
            || row::is_indicator(bytes, at + 1, separator)
    }

    /// Whether the question mark before `end` begins an empty query and ends no question: the URL is in quotes, or its sentence
    /// goes on.
    pub fn asks(self, bytes: &[u8], end: usize) -> bool {
        let after = bytes.get(end).copied();
        let quoted = matches!(self.before, b'"' | b'\'' | b'`') && after == Some(self.before);
        let goes_on = after == Some(b' ')
            && !self.first
            && bytes.get(end + 1).is_some_and(u8::is_ascii_lowercase);
        quoted || goes_on
    }

    /// The byte of an emphasis around it, which its end is rid of.
    pub fn emphasis(self) -> Option<char> {
        matches!(self.before, b'_' | b'~').then_some(char::from(self.before))
    }
}

/// The letters, digits and underscores at `at`, as far as they matter.
fn word_at(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .take(MOST_WORD)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    rest.get(..length).unwrap_or_default()
}

/// Whether a word begins with a capital and goes on in lower case.
fn is_title(word: &[u8]) -> bool {
    matches!(word, [first, second, ..] if first.is_ascii_uppercase() && second.is_ascii_lowercase())
        && word.iter().all(u8::is_ascii_alphabetic)
}

/// Whether a path of Unix begins at `at`.
fn is_folder(bytes: &[u8], at: usize) -> bool {
    let name = word_at(bytes, at + 1);
    bytes.get(at) == Some(&b'/')
        && bytes.get(at + 1 + name.len()) == Some(&b'/')
        && FOLDERS.iter().any(|folder| folder.as_bytes() == name)
}

/// Whether a text, up to the `%20` that ends it, ends with a command or an option: its next word is an argument.
fn follows_command(spaced: &[u8]) -> bool {
    let text = spaced.strip_suffix(b"%20").unwrap_or(spaced);
    let from = text.len().saturating_sub(MOST_WORD);
    let near = text.get(from..).unwrap_or_default();
    let start = near
        .iter()
        .rposition(|byte| !byte.is_ascii_alphanumeric())
        .map_or(0, |at| at + 1);
    let (before, word) = near.split_at(start);
    let word = word
        .strip_prefix(b"20")
        .filter(|_| before.ends_with(b"%"))
        .unwrap_or(word);
    before.ends_with(b"-") || COMMANDS.hold_in_any_case(word)
}

/// Whether an option, a path, an operator of a shell, another URL or a protocol's version is at `at`.
fn begins_argument(bytes: &[u8], at: usize) -> bool {
    bytes
        .get(at)
        .is_none_or(|byte| b"-/|&;<>\"'\\".contains(byte) || byte.is_ascii_whitespace())
        || [&b"http"[..], b"hxxp"]
            .iter()
            .any(|word| defang::starts_with(bytes, at, word))
}

/// Whether a command that one of `after` follows is at `at`.
fn begins_command(bytes: &[u8], at: usize, after: &[u8]) -> bool {
    let word = word_at(bytes, at);
    let next = bytes.get(at + word.len()).unwrap_or(&b'\n');
    after.contains(next) && COMMANDS.hold_in_any_case(word)
}

/// Byte offset after an ampersand at `at`, plain or as an entity.
fn ampersand(bytes: &[u8], at: usize) -> Option<usize> {
    let entity = defang::starts_with(bytes, at, b"&amp;");
    (bytes.get(at) == Some(&b'&')).then_some(at + if entity { 5 } else { 1 })
}

/// Whether a parameter of a query with its value is at `at`.
fn is_parameter(bytes: &[u8], at: usize) -> bool {
    let word = word_at(bytes, at);
    !word.is_empty() && bytes.get(at + word.len()) == Some(&b'=')
}

/// Whether what is at `at` shows that the quote before it closes a string, or is an apostrophe.
fn closes_string(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        None => true,
        Some(b's') => bytes
            .get(at + 1)
            .is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"'/=%_-.+&?#".contains(byte)),
        Some(byte) => byte.is_ascii_whitespace() || b";),+]}|&\"<>".contains(byte),
    }
}

/// Whether the bracket whose content begins at `at` is a URL's own: around the key of a parameter (`?a[0]=1`), the number of
/// a copy (`a[1].htm`), or inside of a segment (`a[b]c`).
fn is_key(bytes: &[u8], at: usize, query: bool) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .take(MOST_KEY)
        .take_while(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-')
                || query && b".:$%@*".contains(byte)
        })
        .count();
    let content = rest.get(..length).unwrap_or_default();
    let next = rest.get(length + 1);
    let copy = !content.is_empty()
        && content.iter().all(u8::is_ascii_digit)
        && next == Some(&b'.')
        && rest.get(length + 2).is_some_and(u8::is_ascii_alphabetic);
    let key = query && matches!(next, Some(b'=' | b'[' | b'&' | b'%'));
    let inside = !content.is_empty()
        && next.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    rest.get(length) == Some(&b']') && (key || copy || inside)
}

/// Whether the bracket at `at` holds what a reader is to put in its place: a segment of the path that goes on
/// (`/[filename].jpeg`), or all of a parameter (`?u=[recipient]`).
fn is_placeholder(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| bytes.get(at));
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let length = rest
        .iter()
        .take(MOST_KEY)
        .take_while(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
        .count();
    let after = rest.get(length + 1);
    let goes_on = after.is_some_and(|byte| b"./?&=-_".contains(byte))
        && rest
            .get(length + 2)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'[');
    length > 0
        && rest.get(length) == Some(&b']')
        && match before {
            Some(b'/') => goes_on,
            Some(b'=' | b'?') => after.is_none_or(|byte| !byte.is_ascii_alphanumeric()),
            _ => false,
        }
}

//! Registry keys that go on on the next line, as in the text of a page whose lines are short.

use super::scan::{first_bytes, last_bytes};

/// The least length of a line that ends within a key: a shorter one ends where its author wanted it to.
const LEAST_LINE: usize = 40;
/// The same before a line with a backslash of its own.
const LEAST_BEFORE_PATH: usize = 20;
/// The most bytes of white space at the end and the start of a line.
const MOST_BLANK: usize = 48;
/// The most bytes of a line that are looked at.
const MOST_LINE: usize = 160;

/// Byte offset at which a key goes on that has been read up to `at`, where its line ends with a backslash or the next one begins
/// with one.
pub fn next_line(text: &str, at: usize) -> Option<usize> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'>');
    let after = text.as_bytes().get(at..)?;
    let blank = after
        .iter()
        .take(MOST_BLANK)
        .take_while(|byte| is_blank(byte))
        .count();
    let next = after.get(blank..)?.strip_prefix(b"\n")?;
    let indent = next
        .iter()
        .take(MOST_BLANK)
        .take_while(|byte| is_blank(byte))
        .count();
    let ends_open = text.as_bytes().get(..at)?.ends_with(b"\\");
    if !ends_open && next.get(indent) != Some(&b'\\') {
        return None;
    }
    let line = last_bytes(text.get(..at)?, MOST_LINE).rsplit('\n').next()?;
    let start = at + blank + 1 + indent;
    let rest = first_bytes(text.get(start..)?, MOST_LINE);
    let rest = rest.split(['\n', '\r']).next()?;
    let goes_on = if ends_open {
        is_rest(rest, line.len())
    } else {
        let mut bytes = rest.bytes();
        bytes.next() == Some(b'\\')
            && bytes
                .next()
                .is_some_and(|byte| byte.is_ascii_alphanumeric())
            && !begins(rest, "\\registry\\")
            && line.len() >= LEAST_LINE
    };
    goes_on.then_some(start)
}

/// Whether a line is the rest of a key: a name by itself, or one before another backslash; no path, file or key of its own.
/// `length`: that of the line above it.
fn is_rest(line: &str, length: usize) -> bool {
    let line = line.trim_end();
    let begins_name = line.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '{');
    let own = begins(line, "hk") || line.get(1..2) == Some(":");
    let word = line.split(' ').next().unwrap_or_default();
    let path = word.contains('\\') && !word.contains([':', '/', '@']);
    let alone = length >= LEAST_LINE
        && word.len() == line.len()
        && !line.contains(['.', ':', '/', '@', ',']);
    begins_name && !own && (path && length >= LEAST_BEFORE_PATH || alone)
}

fn begins(text: &str, name: &str) -> bool {
    text.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}

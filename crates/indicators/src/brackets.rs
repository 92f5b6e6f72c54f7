//! Brackets in and around a word: which mask a dot, and which are of code, file names, patterns and placeholders.

use super::terms::Terms;

/// How far the partner of a bracket is looked for.
const REACH: usize = 64;

/// Words in brackets that stand for what is not told.
static PLACEHOLDERS: Terms = Terms::of(include_str!("../lists/terms/placeholders.txt"));

/// Byte offset of the bracket that the one at `close` closes, if it is in the same line and not far.
pub fn opener(bytes: &[u8], close: usize) -> Option<usize> {
    let closing = *bytes.get(close)?;
    let opening = match closing {
        b')' => b'(',
        b']' => b'[',
        b'}' => b'{',
        b'>' => b'<',
        _ => return None,
    };
    let from = close.saturating_sub(REACH);
    let mut depth = 0_usize;
    for (at, byte) in bytes.get(from..close)?.iter().enumerate().rev() {
        match *byte {
            b'\n' | b'\r' => return None,
            byte if byte == closing => depth += 1,
            byte if byte == opening && depth == 0 => return Some(from + at),
            byte if byte == opening => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether the bracket at `close` belongs to the text around a dot rather than to the dot: its partner is in the text before.
/// Those of a host's own dots are not, nor are those around its first label, from `start` on: `[www].example.org`.
pub fn is_paired_before(bytes: &[u8], start: usize, close: usize) -> bool {
    let Some(open) = opener(bytes, close) else {
        return false;
    };
    let is_label = bytes.get(open) == Some(&b'[')
        && open + 1 == start
        && !ends_word(bytes, open)
        && !is_placeholder(bytes.get(start..close).unwrap_or_default());
    open < start && !is_label
}

/// Whether what follows a dot in brackets, from `start` on, is a placeholder or a choice: `evil.[random]`, `x.(top|club)`.
pub fn opens_placeholder(bytes: &[u8], start: usize) -> bool {
    let rest = bytes.get(start..).unwrap_or_default();
    let rest = rest.get(..REACH.min(rest.len())).unwrap_or_default();
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b')' | b']' | b'}' | b'>' | b'\n'));
    let content = end
        .filter(|end| rest.get(*end) != Some(&b'\n'))
        .and_then(|end| rest.get(..end))
        .unwrap_or_default();
    content.contains(&b'|') || is_placeholder(content)
}

/// Whether the label at `start` is no more than the end of one: what precedes it is a pattern (`[a-z]{3}x.evil.com`) or a
/// placeholder that belongs to it (`web[redacted]x.evil.com`, `<id>-x.evil.com`), or a mask (`e**l.com`).
pub fn is_rest_of_label(bytes: &[u8], start: usize) -> bool {
    let Some(before) = start.checked_sub(1) else {
        return false;
    };
    match bytes.get(before) {
        Some(b'*') => {
            let masks = bytes.get(..before).unwrap_or_default().iter().rev();
            let count = masks.take(REACH).take_while(|byte| **byte == b'*').count();
            ends_word(bytes, before - count)
        }
        Some(b']' | b'}' | b'>') => opener(bytes, before).is_some_and(|open| {
            let content = bytes.get(open + 1..before).unwrap_or_default();
            let joined = ends_word(bytes, open) || matches!(bytes.get(start), Some(b'-' | b'_'));
            is_pattern(bytes, open, content) || joined && is_placeholder(content)
        }),
        _ => false,
    }
}

/// Whether `before` ends with a placeholder and a dot: `<user>.`, `{3}[.]`.
pub fn ends_placeholder(before: &str) -> bool {
    let dot = [".", "[.]"].iter().find_map(|dot| before.strip_suffix(dot));
    dot.is_some_and(|before| before.ends_with([']', '}', '>']))
}

/// Whether what begins at `start` is a member of what an index or a call before it gives: `items[0].spec.name`, `now().year`.
pub fn is_member(bytes: &[u8], start: usize) -> bool {
    let Some([close, b'.']) = bytes.get(start.saturating_sub(2)..start) else {
        return false;
    };
    let Some(open) = opener(bytes, start - 2).filter(|_| matches!(close, b')' | b']')) else {
        return false;
    };
    let content = bytes.get(open + 1..start - 2).unwrap_or_default();
    let glued = ends_word(bytes, open) || content.is_empty();
    glued && !is_placeholder(content) && !is_pattern(bytes, open, content)
}

/// Whether a set or a count of a regular expression stands in the bracket at `open`: `[a-f0-9]`, `{3,8}`.
fn is_pattern(bytes: &[u8], open: usize, content: &[u8]) -> bool {
    match bytes.get(open) {
        Some(b'{') => {
            content.iter().any(u8::is_ascii_digit)
                && content
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || *byte == b',')
        }
        Some(b'[') => content.windows(3).any(|range| {
            matches!(range, [first, b'-', last] if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() && first < last)
        }) && content.len() < 16,
        _ => false,
    }
}

/// Whether any of the words in brackets says that something is left out.
fn is_placeholder(content: &[u8]) -> bool {
    content
        .split(|byte| !byte.is_ascii_alphabetic())
        .any(|word| PLACEHOLDERS.hold_in_any_case(word))
}

/// Whether a letter, a digit or another part of a word ends at `at`.
fn ends_word(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1)
        .and_then(|at| bytes.get(at))
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

//! Whether a name stands in a text as a word, or is a piece of a domain, path, address or identifier.

use super::detection;
use super::lexicon::{meaning, says};
use crate::digest;
use crate::scan::first_bytes;

/// How a name stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// A word of a sentence.
    Word,
    /// The family in a detection's name: `Trojan:Win32/Emotet.A`. Such a label says by itself that malware is meant.
    Label,
    /// Further on in such a label: the variant, or one more name of the family.
    Variant,
    /// A piece of something else.
    Inside,
}

/// Further than this no chunk is followed.
const FAR: usize = 96;

/// How `text[start..end]` stands in `text`.
pub(super) fn placement(text: &str, start: usize, end: usize) -> Placement {
    let (before, after) = (&text[..start], &text[end..]);
    // The common case first: a space on either side, and no bracket beyond it that may be a defanged dot.
    let blank = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    let plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let (mut left, mut right) = (before.as_bytes().iter().rev(), after.as_bytes().iter());
    if blank(left.next()) && blank(right.next()) && plain(left.next()) && plain(right.next()) {
        return Placement::Word;
    }
    // "drops X, then": nor can a comma begin one, or a full stop that ends a sentence.
    let (mut left, right) = (before.as_bytes().iter().rev(), after.as_bytes());
    let ends = matches!(right, [b',', ..] | [b'.', b' ' | b'\n', ..]);
    if ends && blank(left.next()) && plain(left.next()) {
        return Placement::Word;
    }
    if defanged(before, after) {
        return Placement::Inside;
    }
    let (Some(left), Some(right)) = (left_of(before), right_of(after)) else {
        return Placement::Inside;
    };
    let right = right.trim_end_matches(['.', ',', ':', ';', '!', '?', '-']);
    if left.is_empty() && right.is_empty() {
        return Placement::Word;
    }
    // "Emotet=3395856ce81f…"
    if left.is_empty()
        && right
            .strip_prefix('=')
            .is_some_and(|name| digest::is_hex(name.as_bytes()))
    {
        return Placement::Word;
    }
    let odd = |c: char| matches!(c, '@' | '\\' | '=' | '?' | '%' | '&');
    if left.contains(odd) || right.contains(odd) || left.contains("//") {
        return Placement::Inside;
    }
    if let Some(placement) = detection::placement_in(left, right)
        && !right.rsplit('.').next().is_some_and(is_ending)
    {
        return placement;
    }
    if fits_left(left, right) && fits_right(left, right) {
        Placement::Word
    } else {
        Placement::Inside
    }
}

/// Whether the name is a label of a defanged domain or address: `emotet[.]com`.
fn defanged(before: &str, after: &str) -> bool {
    const GLUE: [&str; 6] = [".", "dot", "@", "at", ":", "://"];
    let (before, after) = (
        near_end(before.trim_end()),
        first_bytes(after.trim_start(), 8),
    );
    let opened = |rest: &str, open: char, close: char| {
        rest.strip_prefix(open)
            .and_then(|inner| inner.split_once(close))
            .is_some_and(|(inner, _)| GLUE.contains(&inner.trim()))
    };
    let closed = |rest: &str, open: char, close: char| {
        rest.strip_suffix(close)
            .and_then(|inner| inner.rsplit_once(open))
            .is_some_and(|(_, inner)| GLUE.contains(&inner.trim()))
    };
    [('[', ']'), ('(', ')'), ('{', '}')]
        .iter()
        .any(|&(open, close)| opened(after, open, close) || closed(before, open, close))
}

fn near_end(text: &str) -> &str {
    &text[text.floor_char_boundary(text.len().saturating_sub(8))..]
}

/// What is glued to the name on the left; `None` if that is a letter, or too long to be anything but a piece of data.
fn left_of(before: &str) -> Option<&str> {
    if before.chars().next_back().is_some_and(is_letter) {
        return None;
    }
    let floor = before.floor_char_boundary(before.len().saturating_sub(FAR));
    match before[floor..].rfind(is_gap) {
        Some(gap) => {
            let width = before[floor + gap..]
                .chars()
                .next()
                .map_or(1, char::len_utf8);
            Some(&before[floor + gap + width..])
        }
        None if floor == 0 => Some(before),
        None => None,
    }
}

fn right_of(after: &str) -> Option<&str> {
    if after.chars().next().is_some_and(is_letter) {
        return None;
    }
    let ceiling = after.floor_char_boundary(FAR);
    match after[..ceiling].find(is_gap) {
        Some(gap) => Some(&after[..gap]),
        None if ceiling == after.len() => Some(after),
        None => None,
    }
}

/// Letters of scripts that put spaces between words.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && c < '\u{2e80}'
}

/// What ends a chunk: space, quotes, brackets, commas, and most that is not ASCII.
pub(super) fn is_gap(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_whitespace()
            || matches!(
                c,
                '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ',' | ';' | '|'
            )
    } else {
        !is_letter(c)
    }
}

fn is_ending(piece: &str) -> bool {
    meaning(piece) & says::ENDING != 0
}

fn fits_left(left: &str, right: &str) -> bool {
    let simple = |piece: &str| piece.chars().all(|c| c.is_alphanumeric() || c == '-');
    match left.chars().next_back() {
        None => true,
        Some('-' | '+') => simple(left.trim_end_matches(['-', '+'])),
        Some(':') => simple(left.trim_end_matches(':')),
        Some('/') => is_slash_list(left, right),
        Some(_) => left.chars().all(is_markup),
    }
}

fn fits_right(left: &str, right: &str) -> bool {
    let rest = right.get(1..).unwrap_or_default();
    match right.chars().next() {
        None => true,
        // "Storm-0501" is an actor.
        Some('-') if rest.bytes().all(|byte| byte.is_ascii_digit()) => rest.is_empty(),
        Some('-' | '+' | ':') => rest.chars().all(|c| c.is_alphanumeric() || c == '-'),
        Some('/') => is_slash_list(left, right),
        Some('.') => is_variant(rest) || is_next_sentence(rest),
        Some(_) => right.chars().all(is_markup),
    }
}

/// Signs of emphasis in Markdown, and of a tag.
fn is_markup(c: char) -> bool {
    matches!(c, '*' | '_' | '~' | '#' | '!' | '…')
}

/// `Shamoon.B`
fn is_variant(rest: &str) -> bool {
    (1..=2).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_uppercase())
        && !is_ending(rest)
}

/// `…by Emotet.The loader…`: a space that markup has swallowed.
fn is_next_sentence(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next().is_some_and(char::is_uppercase)
        && chars.next().is_some_and(char::is_lowercase)
        && rest.chars().all(char::is_alphabetic)
        && !is_ending(rest)
}

/// `Emotet/TrickBot/Dridex`, unlike a path.
fn is_slash_list(left: &str, right: &str) -> bool {
    let parts = |side: &str| side.split('/').filter(|part| !part.is_empty()).count();
    let proper = |side: &str| {
        side.split('/').filter(|part| !part.is_empty()).all(|part| {
            part.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        })
    };
    !left.starts_with('/')
        && !right.ends_with('/')
        && parts(left) + parts(right) <= 4
        && proper(left)
        && proper(right)
}

//! Halves of a digest that is broken over lines too far apart to be joined: 40 of a SHA-256's 64 digits are no SHA-1, 64 of a SHA-512's no
//! SHA-256.

use std::ops::Range;

use super::IndicatorType;
use super::scan::{Hit, first_bytes, last_bytes};

/// The digits of a SHA-1, and those that a SHA-256 has besides.
const SHA1: usize = 40;
const REST: usize = 24;
/// The most bytes between the halves of a SHA-256: the foot of a page and the head of the next.
const MOST_APART: usize = 240;
/// How far around a digest the other half of a SHA-512, and the name before it, are looked for.
const MOST_AROUND: usize = 112;

/// What a text has held so far of the halves of a SHA-256.
#[derive(Default)]
pub struct Halves {
    /// The last run of digits, if it was as long as one of them.
    last: Option<Range<usize>>,
}

impl Halves {
    /// Takes the next run of letters and digits into account; says whether it is a half and no digest by itself. An earlier half that was
    /// taken for a SHA-1 leaves the hits.
    pub fn take(&mut self, text: &str, run: Range<usize>, hits: &mut Vec<Hit>) -> bool {
        let hex = text.get(run.clone()).unwrap_or_default();
        let is_half =
            matches!(hex.len(), SHA1 | REST) && hex.bytes().all(|b| b.is_ascii_hexdigit());
        let last = self.last.take();
        if !is_half {
            return false;
        }
        let length = run.len();
        self.last = Some(run.clone());
        let Some(last) = last.filter(|last| last.len() + length == SHA1 + REST) else {
            return false;
        };
        let between = text.get(last.end..run.start).unwrap_or_default();
        let whole = if length == SHA1 { run } else { last };
        let before = text.get(..whole.start).unwrap_or_default();
        if between.len() > MOST_APART
            || !begins_line(between)
            || is_named(before, &["sha1", "sha-1"])
        {
            return false;
        }
        if length == SHA1 {
            return ends_line(between);
        }
        let _ = hits.pop_if(|hit| hit.at == whole.start && hit.kind == IndicatorType::Sha1);
        true
    }
}

/// Whether 64 digits are half of a SHA-512, or as much of a SHA-384: its name is before them, and the rest on the next line.
#[must_use]
pub fn is_of_longer(before: &str, after: &str) -> bool {
    const NAMES: [&str; 4] = ["sha512", "sha-512", "sha384", "sha-384"];
    let rest = first_bytes(after, MOST_AROUND);
    let is_first = || digits_below(rest) && is_named(before, &NAMES);
    let head = last_bytes(before, MOST_AROUND);
    let is_second = || {
        let line = head.trim_end_matches([' ', '\t']);
        let line = line.strip_suffix('\n').unwrap_or_default().trim_end();
        let digits = line.bytes().rev().take_while(u8::is_ascii_hexdigit).count();
        digits == 64 && is_named(line.get(..line.len() - digits).unwrap_or_default(), &NAMES)
    };
    is_first() || is_second()
}

/// Whether what follows a digest is the next line, with 32 digits or 64.
fn digits_below(after: &str) -> bool {
    let Some(line) = after
        .trim_start_matches([' ', '\t', '\r', '-'])
        .strip_prefix('\n')
    else {
        return false;
    };
    let line = line.trim_start();
    matches!(
        line.bytes().take_while(u8::is_ascii_hexdigit).count(),
        32 | 64
    )
}

/// Whether a text ends with one of some names, given in lower case, and signs after it.
fn is_named(text: &str, names: &[&str]) -> bool {
    let end = last_bytes(text, 32)
        .trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_ascii_lowercase();
    names.iter().any(|name| end.ends_with(name))
}

/// Whether a line begins after a text, with nothing but blanks and borders.
fn begins_line(before: &str) -> bool {
    let line = before.trim_end_matches([' ', '\t', '|', '>', '\u{a0}']);
    line.ends_with(['\n', '\u{c}'])
}

/// Whether a line ends before a text.
fn ends_line(after: &str) -> bool {
    let line = after.trim_start_matches([' ', '\t', '|', '\r', '-', '\u{a0}']);
    line.starts_with(['\n', '\u{c}'])
}

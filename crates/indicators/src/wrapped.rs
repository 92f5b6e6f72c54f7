//! Digests that are broken over lines: where a page is narrow, and where a cell of a table is.

use std::ops::Range;

use super::IndicatorType;
use super::scan::{first_bytes, last_bytes};

/// The most parts of a digest.
const MOST_PARTS: usize = 4;
/// The fewest digits of a part that other words follow on its line.
const LEAST_PART: usize = 4;
/// The most bytes of the white space between two parts, and of a row.
const MOST_BETWEEN: usize = 96;
const MOST_ROW: usize = 384;
/// How far around a digest its kind is looked for.
const MOST_BEFORE: usize = 512;
const MOST_AFTER: usize = 160;

/// A digest in parts.
pub struct Wrapped {
    /// Which it is.
    pub kind: IndicatorType,
    /// Its digits in lower case.
    pub digits: String,
    /// Byte offset of its first part.
    pub start: usize,
    /// Byte offset from which on its other parts are looked for no more.
    pub rest: usize,
    /// Byte offset after its last part.
    pub end: usize,
}

/// A part of it.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    end: usize,
}

impl Part {
    fn length(self) -> usize {
        self.end - self.start
    }
}

/// The digest that a run of hex digits is a part of, which does not begin before `floor`, where it is sure: they end their line, the rest begins the
/// next one or stands alone below them in their column, and together they are as many as a digest has.
pub fn read(text: &str, floor: usize, run: Range<usize>) -> Option<Wrapped> {
    let start = run.start;
    let own = Part {
        start,
        end: run.end,
    };
    let first = part_above(text, start)
        .filter(|above| above.start >= floor && begins_word(text, above.start))
        .unwrap_or(own);
    if !begins_word(text, first.start) {
        return None;
    }
    let mut parts = vec![first];
    if first.start < start {
        parts.push(part_below(text, first.end)?);
    }
    let mut last = None;
    while parts.len() <= MOST_PARTS {
        let total = parts.iter().map(|part| part.length()).sum();
        if let Some(kind) = kind(total).filter(|kind| is_whole(text, &parts, *kind)) {
            last = Some((kind, parts.len()));
        }
        let end = parts.last()?.end;
        let below = || {
            (parts.len() == 1)
                .then(|| part_in_column(text, own))
                .flatten()
        };
        match part_below(text, end).or_else(below) {
            Some(part) if total + part.length() <= 64 => parts.push(part),
            _ => break,
        }
    }
    let (kind, count) = last?;
    parts.truncate(count);
    let digits: String = parts
        .iter()
        .filter_map(|part| text.get(part.start..part.end))
        .collect();
    Some(Wrapped {
        kind,
        digits: digits.to_ascii_lowercase(),
        start: first.start,
        rest: parts.get(1)?.start,
        end: parts.last()?.end,
    })
}

fn kind(digits: usize) -> Option<IndicatorType> {
    match digits {
        40 => Some(IndicatorType::Sha1),
        64 => Some(IndicatorType::Sha256),
        _ => None,
    }
}

/// Whether parts are one digest, and not several of which each is whole: those of 32 digits are MD5, and of 8 a checksum.
fn is_whole(text: &str, parts: &[Part], kind: IndicatorType) -> bool {
    let [first, middle @ .., last] = parts else {
        return false;
    };
    // A name may stand before the first part on its line.
    let width = middle.first().map(|part| part.length());
    let even = middle.iter().all(|part| Some(part.length()) == width);
    let narrow = width.is_none_or(|width| first.length().max(last.length()) <= width);
    let other = parts
        .iter()
        .all(|part| matches!(part.length(), 8 | 16 | 32));
    even && narrow && (!other || is_said(text, first, last, kind))
}

/// Whether the text around says which kind of digest it is: by name, or by another that is whole.
fn is_said(text: &str, first: &Part, last: &Part, kind: IndicatorType) -> bool {
    let before = last_bytes(text.get(..first.start).unwrap_or_default(), MOST_BEFORE);
    let after = first_bytes(text.get(last.end..).unwrap_or_default(), MOST_AFTER);
    let lower = before.to_ascii_lowercase();
    let named = |names: &[&str]| names.iter().filter_map(|name| lower.rfind(name)).max();
    let sha1 = named(&["sha1", "sha-1"]);
    let sha256 = named(&["sha256", "sha-256", "sha2-256"]);
    let md5 = named(&["md5", "md-5"]);
    let (own, other, digits) = match kind {
        IndicatorType::Sha1 => (sha1, sha256.max(md5), 40),
        _ => (sha256, sha1.max(md5), 64),
    };
    if own.or(other).is_some() {
        return own > other;
    }
    let whole = |word: &str| word.len() == digits && word.bytes().all(|b| b.is_ascii_hexdigit());
    [before, after]
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()))
        .any(whole)
}

/// Whether a word may begin at `start` that is no path and no part of another number.
fn begins_word(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    before.is_empty()
        || before.ends_with(|c: char| {
            c.is_whitespace() || c.is_control() || ":\"'(|>`*=,\u{201c}\u{2018}\u{ab}".contains(c)
        })
}

/// The part that begins the line after the one that ends at `end`. A hyphen at the end of a line may show that a word goes on.
fn part_below(text: &str, end: usize) -> Option<Part> {
    let window = first_bytes(text.get(end..)?, MOST_BETWEEN);
    let rest = window.strip_prefix(['-', '=']).unwrap_or(window);
    let rest = rest
        .trim_start_matches([' ', '\t', '\r'])
        .strip_prefix('\n')?;
    let rest = rest.trim_start_matches([' ', '\t', '\r', '\u{a0}']);
    let rest = rest.strip_prefix('\n').unwrap_or(rest);
    let rest = rest.trim_start_matches([' ', '\t', '\u{c}', '\u{a0}', '>', '#']);
    let start = end + window.len() - rest.len();
    part_at(text, start)
}

/// The digits at `start`, if no letter follows them and they are enough.
fn part_at(text: &str, start: usize) -> Option<Part> {
    let rest = first_bytes(text.get(start..)?, MOST_BETWEEN);
    let length = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    let after = rest.get(length..)?;
    let ends = !after.starts_with(|c: char| c.is_alphanumeric() || "_-./\\@".contains(c))
        || after.starts_with("-\n");
    let line = after.split(['\n', '\r']).next().unwrap_or_default();
    let alone = line.bytes().all(|byte| byte == b' ' || byte == b'-');
    (ends && length >= if alone { 1 } else { LEAST_PART }).then_some(Part {
        start,
        end: start + length,
    })
}

/// The part, too short to be found by itself, that ends the line above the one that begins with `start`.
fn part_above(text: &str, start: usize) -> Option<Part> {
    let before = last_bytes(text.get(..start)?, MOST_BETWEEN);
    let line = before.trim_end_matches([' ', '\t', '\u{c}', '\u{a0}']);
    let line = line.strip_suffix('\n')?;
    let line = line.trim_end_matches([' ', '\t', '\r']);
    let digits = line.strip_suffix('-').unwrap_or(line);
    let length = digits
        .bytes()
        .rev()
        .take_while(u8::is_ascii_hexdigit)
        .count();
    let end = start - before.len() + digits.len();
    (LEAST_PART..super::digest::LEAST)
        .contains(&length)
        .then_some(Part {
            start: end - length,
            end,
        })
}

/// The part that stands alone on the next line, in the column in which `part` is the first of several cells.
fn part_in_column(text: &str, part: Part) -> Option<Part> {
    let after = first_bytes(text.get(part.end..)?, MOST_ROW);
    if !after.starts_with(['\t', '|']) && !after.starts_with("  ") && !after.starts_with(" |") {
        return None;
    }
    let (row, next) = after.split_once('\n')?;
    let next = next.split('\n').next()?;
    let is_blank = |c: char| c.is_ascii_whitespace() || c == '|';
    let blank = next.find(|c| !is_blank(c))?;
    let own = last_bytes(text.get(..part.start)?, MOST_ROW);
    let own = own.rsplit('\n').next()?;
    if own.chars().count() != blank {
        return None;
    }
    let below = part_at(text, part.end + row.len() + 1 + blank)?;
    let rest = next.get(blank + below.length()..)?;
    rest.chars().all(is_blank).then_some(below)
}

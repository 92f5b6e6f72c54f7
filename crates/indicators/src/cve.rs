//! CVE identifiers, whatever dash they are written with.

use memchr::memchr2_iter;

use super::IndicatorType;
use super::scan::Hit;

/// The first year that identifiers have.
const FIRST_YEAR: u32 = 1999;

/// Appends the CVE identifiers in `text` to `hits`.
pub fn find(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    // `v` between `c` and `e`: the rarest of the three letters.
    for middle in memchr2_iter(b'v', b'V', bytes) {
        let Some(start) = middle.checked_sub(1) else {
            continue;
        };
        let named = bytes
            .get(start..start + 3)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"cve"));
        let glued = start > 0 && bytes.get(start - 1).is_some_and(u8::is_ascii_alphanumeric);
        if !named || glued {
            continue;
        }
        if let Some(value) = text.get(start + 3..).and_then(identifier) {
            hits.push(Hit::new(start, IndicatorType::Cve, value, false));
        }
    }
}

/// The identifier whose year and number follow.
fn identifier(rest: &str) -> Option<String> {
    let (year, rest) = number(after_dash(rest, true)?, 4..=4)?;
    let (serial, _) = number(after_dash(rest, false)?, 4..=7)?;
    let is_year = year.parse().is_ok_and(|year: u32| year >= FIRST_YEAR);
    is_year.then(|| format!("CVE-{year}-{serial}"))
}

/// The digits at the start if there are as many as `length` allows, and what follows them.
fn number(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<(&str, &str)> {
    let digits = text
        .bytes()
        .take(*length.end() + 1)
        .take_while(u8::is_ascii_digit)
        .count();
    length.contains(&digits).then(|| text.split_at(digits))
}

/// What follows a dash of any width, an underscore, or (where allowed) a space; spaces around the dash are left out.
fn after_dash(text: &str, space: bool) -> Option<&str> {
    let is_space = |c: char| matches!(c, ' ' | '\u{a0}' | ':');
    let trimmed = text.strip_prefix(is_space).unwrap_or(text);
    let dashes = |c: char| {
        matches!(
            c,
            '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
        )
    };
    match trimmed.strip_prefix(dashes) {
        Some(rest) => Some(rest.strip_prefix(is_space).unwrap_or(rest)),
        None => (space && trimmed.len() < text.len()).then_some(trimmed),
    }
}

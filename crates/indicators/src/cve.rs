//! CVE identifiers, whatever dash they are written with, and the further ones of a list that leaves out the year.

use memchr::memchr2_iter;

use super::IndicatorType;
use super::scan::Hit;

/// The first year that identifiers have.
const FIRST_YEAR: u32 = 1999;

/// How many digits the number within a year has, and one that no dash shows to be one.
const SERIAL: std::ops::RangeInclusive<usize> = 4..=7;
const BARE_SERIAL: std::ops::RangeInclusive<usize> = 5..=7;

/// What stands between the items of a list.
const JOINTS: [&str; 10] = [
    ", and ",
    ", or ",
    " and ",
    " or ",
    " & ",
    " to ",
    " through ",
    ", ",
    " / ",
    ",",
];

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
        if let Some((year, serial, rest)) = text.get(start + 3..).and_then(identifier) {
            report(hits, start, year, serial);
            let in_path =
                start > 0 && matches!(bytes.get(start - 1), Some(b'/' | b'=' | b'-' | b'_'));
            if !in_path {
                list(text, year, rest, hits);
            }
        }
    }
}

fn report(hits: &mut Vec<Hit>, at: usize, year: &str, serial: &str) {
    let value = format!("CVE-{year}-{serial}");
    hits.push(Hit::new(at, IndicatorType::Cve, value, false));
}

/// The year and number that follow the name, and what follows them.
fn identifier(rest: &str) -> Option<(&str, &str, &str)> {
    let spaced = rest.starts_with([' ', '\u{a0}']);
    let (year, after_year) = number(after_name(rest)?, 4..=4)?;
    if year.parse().is_ok_and(|year: u32| year < FIRST_YEAR) {
        return None;
    }
    let dash = after_dash(after_year).and_then(|rest| number(rest, SERIAL));
    let space = || {
        let rest = after_year
            .strip_prefix([' ', '\u{a0}'])
            .filter(|_| spaced)?;
        let (serial, rest) = number(rest, SERIAL)?;
        let ends = rest.trim_start().is_empty() || !rest.starts_with([' ', '\u{a0}', '-']);
        (ends || BARE_SERIAL.contains(&serial.len())).then_some((serial, rest))
    };
    let (serial, rest) = dash.or_else(space)?;
    Some((year, serial, rest))
}

/// Reports the numbers of the same year that go on a list: `CVE-2021-26855, -26857 and -27065`, `CVE-2021-26855/26857`, and those of
/// another year: `CVE-2021-26855/2022-41040`.
fn list(text: &str, year: &str, mut rest: &str, hits: &mut Vec<Hit>) {
    loop {
        let joined = JOINTS.iter().find_map(|joint| rest.strip_prefix(joint));
        let dashed = joined.and_then(|item| {
            let Some(item) = item.strip_prefix(is_dash) else {
                let (year, item) = another_year(item)?;
                return number(item, BARE_SERIAL).map(|(serial, _)| (year, item, serial));
            };
            number(item, SERIAL).map(|(serial, _)| (year, item, serial))
        });
        let slashed = || {
            let item = rest.strip_prefix('/')?;
            let item = item.strip_prefix(is_dash).unwrap_or(item);
            let other = another_year(item);
            let (year, item) = other.unwrap_or((year, item));
            let length = if other.is_some() { SERIAL } else { BARE_SERIAL };
            number(item, length).map(|(serial, _)| (year, item, serial))
        };
        let Some((year, item, serial)) = dashed.or_else(slashed) else {
            return;
        };
        let after = item.get(serial.len()..).unwrap_or_default();
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || is_dash(c) || c == '%');
        if !ends {
            return;
        }
        report(hits, text.len() - item.len(), year, serial);
        rest = after;
    }
}

/// The year that an item of a list begins with, and what follows its dash.
fn another_year(item: &str) -> Option<(&str, &str)> {
    let (year, rest) = number(item, 4..=4)?;
    let rest = rest.strip_prefix(is_dash)?;
    matches!(year.get(..2), Some("19" | "20")).then_some((year, rest))
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

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | ':')
}

/// A dash of any width, or an underscore.
fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
    )
}

/// What follows the name: a dash, a space, a colon, or a mark right before the year, as the rules of sensors have it; an `s` where
/// there are several.
fn after_name(text: &str) -> Option<&str> {
    let trimmed = text.strip_prefix(is_space).unwrap_or(text);
    after_dash(text)
        .or_else(|| text.strip_prefix([',', '/', '=', '#']))
        .or_else(|| text.strip_prefix(": "))
        .or_else(|| text.strip_prefix("s "))
        .or_else(|| (trimmed.len() < text.len()).then_some(trimmed))
}

/// What follows a dash; spaces around it are left out, and so is the end of a line after it.
fn after_dash(text: &str) -> Option<&str> {
    let trimmed = text.strip_prefix(is_space).unwrap_or(text);
    let rest = trimmed.strip_prefix(is_dash)?;
    let line = rest.trim_start_matches('\r').strip_prefix('\n');
    Some(match line {
        Some(next) => next.trim_start_matches([' ', '\t', '>', '#']),
        None => rest.strip_prefix(is_space).unwrap_or(rest),
    })
}

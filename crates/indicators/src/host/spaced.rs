//! Dots with a space before them only: `mail.evil .com`, `evil .com/a`. In prose most are none (`all .com domains`).

use crate::tlds;

/// The least bytes of a single label.
const LEAST: usize = 4;

/// How far around such a dot others are looked for that are defanged with a space as well.
const REACH: usize = 96;

/// Whether the space at `at` and the dot after it go on with the host `name`, which is none yet.
pub fn goes_on(bytes: &[u8], at: usize, name: &str) -> bool {
    if is_last_number(bytes, at + 2, name) {
        return true;
    }
    let Some((top, after)) = label(bytes, at + 2) else {
        return false;
    };
    let label = name.rsplit('.').next().unwrap_or_default();
    let written = bytes.get(at.saturating_sub(label.len())..at);
    tlds::is_common(top)
        && label.len() >= LEAST
        && written.is_some_and(|written| !written.iter().any(u8::is_ascii_uppercase))
        && (name.contains('.') || begins_path(bytes, after) || is_habit(bytes, at))
}

/// The label in lower case at `at`, and the offset after it, if it ends there.
fn label(bytes: &[u8], at: usize) -> Option<(&str, usize)> {
    let rest = bytes.get(at..)?;
    let length = rest
        .iter()
        .take(8)
        .take_while(|byte| byte.is_ascii_lowercase())
        .count();
    let ends = rest
        .get(length)
        .is_none_or(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_'));
    let label = std::str::from_utf8(rest.get(..length)?).ok()?;
    ends.then_some((label, at + length))
}

fn begins_path(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'/') && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
}

/// Whether the fourth number of an address is at `at`, `name` being the first three: `45.77.13 .9`.
fn is_last_number(bytes: &[u8], at: usize, name: &str) -> bool {
    let digits = |part: &[u8]| part.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = bytes.get(at..).unwrap_or_default();
    let length = digits(rest.get(..LEAST.min(rest.len())).unwrap_or_default());
    let ends = rest
        .get(length)
        .is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'.');
    (1..=3).contains(&length)
        && ends
        && name.split('.').count() == 3
        && name
            .split('.')
            .all(|part| (1..=3).contains(&part.len()) && digits(part.as_bytes()) == part.len())
}

/// The most bytes of a label.
const MOST_LABEL: usize = 63;

/// Whether the label at `at` is followed by the last of its host, with spaces around the dot: `evil . com`.
pub fn ends_next(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .take(MOST_LABEL)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-')
        .count();
    rest.get(length..length + 3) == Some(b" . ")
        && label(bytes, at + length + 3).is_some_and(|(top, _)| tlds::is_common(top))
}

/// Whether the author puts a space before other dots near by that are defanged: `evil .com and bad [.]net`.
fn is_habit(bytes: &[u8], at: usize) -> bool {
    let window = bytes.get(at.saturating_sub(REACH)..bytes.len().min(at + REACH));
    let mut places = window.unwrap_or_default().windows(4);
    places.any(|place| matches!(place, b" [.]" | b" (.)" | b" {.}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_prose() {
        for (text, expected) in [
            ("mail.evil .com", true),
            ("evil .com/a", true),
            ("evil .com and bad [.]net", true),
            ("bad(.)org, bad (.)net or evil .com.", true),
            ("all .com domains", false),
            ("registered .com domains", false),
            ("the .com/net endings", false),
            ("Microsoft .net/core", false),
            ("evil .py/a", false),
            ("45.77.13 .9 and", true),
            ("45.77.13 .9.1", false),
            ("7.2 .4", false),
            ("evil .command/a", false),
        ] {
            let at = text.find(" .").unwrap_or_default();
            let name = text.get(..at).and_then(|name| name.rsplit(' ').next());
            let name = name.unwrap_or_default().to_ascii_lowercase();
            assert_eq!(goes_on(text.as_bytes(), at, &name), expected, "{text}");
        }
    }
}

//! What is glued to the front of a host and is no part of it: percent-encoded bytes, what a format string or a regular
//! expression puts there, and the name of a mailbox.

use super::defang;

/// Byte offset from which on a label that begins at `start` is its own: after the digits of what is percent-encoded before it
/// (`%2F`, `%252F`), and after the letter of a format (`%s`) or of a word's boundary (`\b`).
pub fn skip(bytes: &[u8], start: usize) -> usize {
    match start.checked_sub(1).and_then(|at| bytes.get(at)) {
        Some(b'%') => start + encoded(bytes, start).unwrap_or_else(|| format(bytes, start)),
        Some(b'\\') if is_pattern(bytes, start) => start + 1,
        _ => start,
    }
}

/// Whether a letter or a digit that is percent-encoded joins a label that begins at `start` to what precedes it: `e%76il.com`.
pub fn is_joined(bytes: &[u8], start: usize) -> bool {
    let Some([before, b'%']) = bytes.get(start.saturating_sub(2)..start) else {
        return false;
    };
    let digits = bytes.get(start..start + 2).unwrap_or_default();
    let code = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| u8::from_str_radix(digits, 16).ok());
    before.is_ascii_alphanumeric() && code.is_some_and(|code| code.is_ascii_alphanumeric())
}

/// The hex digits after a percent sign, with those of a byte that is encoded twice.
fn encoded(bytes: &[u8], start: usize) -> Option<usize> {
    let is_hex = |at: usize| {
        bytes
            .get(at..at + 2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let twice = bytes.get(start..start + 2) == Some(b"25") && is_hex(start + 2);
    is_hex(start).then_some(if twice { 4 } else { 2 })
}

/// The letter of a format after a percent sign that ends no word: `%s`, `%d`.
fn format(bytes: &[u8], start: usize) -> usize {
    let ends_word = start > 1
        && bytes
            .get(start - 2)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let letter = matches!(bytes.get(start), Some(b's' | b'd' | b'u' | b'x' | b'i'));
    usize::from(letter && !ends_word)
}

/// Whether the boundary of a word in a regular expression begins at `start`: `\bevil\.com`.
fn is_pattern(bytes: &[u8], start: usize) -> bool {
    let label = bytes.get(start..).unwrap_or_default();
    let length = label
        .iter()
        .take(64)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-')
        .count();
    label.first() == Some(&b'b') && length > 1 && label.get(length..length + 2) == Some(b"\\.")
}

/// Byte offset after an at sign that begins at `at`, percent-encoded or in any other form: what precedes it is the name of a
/// mailbox. None where a port follows it, as in the paths of Windows.
pub fn mailbox(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) == Some(&b'%') {
        let mut signs = [&b"%40"[..], b"%2540"].into_iter();
        let sign = signs.find(|sign| defang::starts_with(bytes, at, sign));
        return sign.map(|sign| at + sign.len());
    }
    defang::at_sign(bytes, at).filter(|after| !is_port(bytes, *after))
}

/// Whether a host in a path of Windows goes on at `at`, after an at sign, with `SSL` or a port: `\\host@SSL@443\share`.
fn is_port(bytes: &[u8], at: usize) -> bool {
    let after = bytes.get(at..).unwrap_or_default();
    let ends = |length: usize| {
        after
            .get(length)
            .is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"._-".contains(byte))
    };
    let digits = after
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    matches!(digits, 1..=5) && ends(digits) || defang::starts_with(bytes, at, b"ssl") && ends(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_is_skipped() {
        for (text, start, expected) in [
            ("%2Fevil.com", 1, 3),
            ("%252Fevil.com", 1, 5),
            ("%25evil.com", 1, 3),
            ("%s.evil.com", 1, 2),
            ("%sevil.com", 1, 2),
            ("a%site.com", 2, 2),
            ("\\bevil\\.com", 1, 2),
            ("\\bevil.com", 1, 1),
            ("\\b\\.com", 1, 1),
            ("evil.com", 0, 0),
            ("%", 1, 1),
        ] {
            assert_eq!(skip(text.as_bytes(), start), expected, "{text}");
        }
    }

    #[test]
    fn encoded_letters_join() {
        for (text, start, expected) in [
            ("e%76il.com", 2, true),
            ("a%2Fevil.com", 2, false),
            ("%76il.com", 1, false),
            ("100%bad.com", 4, false),
            ("evil.com", 0, false),
        ] {
            assert_eq!(is_joined(text.as_bytes(), start), expected, "{text}");
        }
    }

    #[test]
    fn ports_are_told_from_hosts_of_mailboxes() {
        for (text, expected) in [
            ("@evil.com", Some(1)),
            ("%40evil.com", Some(3)),
            ("%2540evil.com", Some(5)),
            ("@80\\share", None),
            ("@8789/", None),
            ("@443", None),
            ("@SSL\\x", None),
            ("@ssl@443\\x", None),
            ("@163.com", Some(1)),
            ("@123456", Some(1)),
            ("@ssl-host.com", Some(1)),
            ("%41", None),
        ] {
            assert_eq!(mailbox(text.as_bytes(), 0), expected, "{text}");
        }
    }
}

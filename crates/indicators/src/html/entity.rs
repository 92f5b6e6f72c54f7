//! Character references: by number, and by all the names that HTML has.

use crate::text;

/// The longest name: `CounterClockwiseContourIntegral`.
const MOST_NAME: usize = 31;

/// Appends what the reference that `text` begins with stands for, unless it has no width. Its length; none if there is none. A name
/// needs its semicolon: `&copy=1` in a URL is a parameter.
pub fn decode(text: &str, out: &mut String) -> Option<usize> {
    let body = text.strip_prefix('&')?;
    if let Some(number) = body.strip_prefix('#') {
        let (length, c) = numeric(number)?;
        out.extend(visible(c));
        return Some(length + 2);
    }
    let end = body
        .bytes()
        .take(MOST_NAME + 1)
        .position(|byte| byte == b';')?;
    let reference = text.get(..end + 2)?;
    let named = htmlize::ENTITIES.get(reference.as_bytes())?;
    let named = std::str::from_utf8(named).unwrap_or_default();
    out.extend(named.chars().filter_map(visible));
    Some(end + 2)
}

/// What a reader sees of a character. All spaces are one: words of a name may be apart by any.
fn visible(c: char) -> Option<char> {
    match c {
        '\0' => None,
        c if c.is_ascii() => Some(c),
        c if text::is_invisible(c) => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

/// A reference by number, decimal or hexadecimal; its semicolon may be missing.
fn numeric(number: &str) -> Option<(usize, char)> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let zeros = digits.bytes().take_while(|byte| *byte == b'0').count();
    let length = digits
        .bytes()
        .take(zeros + 8)
        .take_while(|byte| char::from(*byte).is_digit(radix))
        .count();
    let c = char::from_u32(u32::from_str_radix(digits.get(..length)?, radix).ok()?)?;
    let closed = digits.as_bytes().get(length) == Some(&b';');
    let total = number.len() - digits.len() + length + usize::from(closed);
    Some((total, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_is_as_long_as_any() {
        let longest = htmlize::ENTITIES.keys().map(|name| name.len()).max();
        assert_eq!(longest, Some("&;".len() + MOST_NAME));
    }

    #[test]
    fn decodes_names_and_numbers() {
        for (text, expected) in [
            ("&amp;x", Some((5, "&"))),
            ("&#46;com", Some((5, "."))),
            ("&#x2E;", Some((6, "."))),
            ("&#46com", Some((4, "."))),
            ("&shy;", Some((5, ""))),
            ("&#173;", Some((6, ""))),
            ("&nbsp;", Some((6, " "))),
            ("&#8201;", Some((7, " "))),
            ("&eacute;", Some((8, "é"))),
            ("&fjlig;", Some((7, "fj"))),
            ("&CounterClockwiseContourIntegral;", Some((33, "∳"))),
            ("&nosuchname;", None),
            ("&copy=1;", None),
            ("&#00000000000000000046;", Some((23, "."))),
            ("&;", None),
            ("&", None),
            ("&#;", None),
            ("&#xD800;", None),
            ("&#99999999;", None),
        ] {
            let mut out = String::new();
            let length = decode(text, &mut out);
            let decoded = length.map(|length| (length, out.as_str()));
            assert_eq!(decoded, expected, "{text}");
        }
    }
}

//! Dots that are spelt out and glued to the labels: `evilDOTcom`, `evil_dot_com`, `45DOT77DOT13DOT9`.

use super::{IndicatorType, domain, ipv4};

/// The most bytes on either side of such a dot.
const MOST_BYTES: usize = 128;

/// A host whose dots are spelt so.
pub struct Spelt {
    /// Byte offset of its start.
    pub start: usize,
    /// Byte offset after it.
    pub end: usize,
    /// What it is.
    pub kind: IndicatorType,
    /// With plain dots.
    pub value: String,
}

/// Whether the word `dot` at `core` may be such a one.
pub fn may_begin(bytes: &[u8], core: usize) -> bool {
    separator(bytes, core).is_some()
}

/// The host around the word `dot` at `core`, not before `floor`.
pub fn read(text: &str, core: usize, floor: usize) -> Option<Spelt> {
    let bytes = text.as_bytes();
    let separator = separator(bytes, core)?;
    let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_');
    let floor = floor.max(core.saturating_sub(MOST_BYTES));
    let before = bytes.get(floor..core)?;
    let start = floor + before.iter().rposition(is_end).map_or(0, |at| at + 1);
    let after = bytes.get(core..)?;
    let length = after.iter().take(MOST_BYTES).position(is_end);
    let end = core + length.unwrap_or(after.len().min(MOST_BYTES));
    let name = text
        .get(start..end)?
        .replace(separator, ".")
        .to_ascii_lowercase();
    if ipv4::parse(&name).is_some() {
        return Some(Spelt {
            start,
            end,
            kind: IndicatorType::Ip,
            value: name,
        });
    }
    let value = domain::named(&name).filter(|domain| domain::is_spoken(domain))?;
    if matches!(value, "post.com" | "pre.com" | "non.com") {
        // `the pre-dot-com years`
        return None;
    }
    Some(Spelt {
        start,
        end,
        kind: IndicatorType::Domain,
        value: value.to_owned(),
    })
}

/// What separates the labels around the word `dot` at `core`: the word in capitals between others, or between two of the same sign.
fn separator(bytes: &[u8], core: usize) -> Option<&'static str> {
    let before = *bytes.get(core.checked_sub(1)?)?;
    let after = *bytes.get(core + 3)?;
    let is_other = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    match bytes.get(core..core + 3)? {
        b"DOT" if is_other(before) && is_other(after) => Some("DOT"),
        b"dot" if before == b'_' && after == b'_' => Some("_dot_"),
        b"dot" if before == b'-' && after == b'-' => Some("-dot-"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_other_words() {
        for (text, expected) in [
            ("evilDOTcom", Some("evil.com")),
            ("wwwDOTevil-siteDOTcoDOTuk", Some("www.evil-site.co.uk")),
            ("see evil_dot_net, too", Some("evil.net")),
            ("evil-dot-ru", Some("evil.ru")),
            ("45DOT77DOT13DOT9", Some("45.77.13.9")),
            ("ANTIDOTES", None),
            ("theDOTcom", None),
            ("polkaDOTdress", None),
            ("fooDOTpy", None),
            ("a-dot-in-time", None),
            ("the-dot-com-bubble", None),
            ("pre-dot-com", None),
            ("_dot_", None),
            ("dot", None),
        ] {
            let core = text.to_ascii_lowercase().find("dot").unwrap_or_default();
            let found = read(text, core, 0).map(|spelt| spelt.value);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}

//! Bounds of versions: what is written before or after the first or the last of them.

use super::says::{self, Says};
use super::terms::Terms;

/// What follows "and" or "or" after a version that is a bound.
static BOUNDARIES: Terms = Terms::of(include_str!("../lists/terms/version-bounds.txt"));

/// Whether all that precede and follow a version belong to it: `and earlier`, `or later`. In prose a host may follow `and later`.
pub fn goes_on(after: &str, slight: bool) -> bool {
    let spaced = after.starts_with([' ', ',', '(', '\u{a0}']);
    let after = after.trim_start_matches([' ', ',', '(', '\u{a0}']);
    let bound = after
        .strip_prefix("and ")
        .or_else(|| after.strip_prefix("or "))
        .filter(|_| spaced)
        .unwrap_or_default();
    let length = bound
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(bound.len());
    let (word, rest) = bound.split_at_checked(length).unwrap_or_default();
    let ends = rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_punctuation() || c == '\n');
    let elsewhere = [" at ", " via "].iter().any(|word| rest.starts_with(word));
    (slight && !elsewhere || ends) && BOUNDARIES.hold(word)
}

/// What ends before a bound of versions.
const BOUNDS: [&str; 5] = [
    " and including",
    "newer than",
    "older than",
    "prior to",
    "up to",
];

/// Whether it is compared as numbers are. Addresses are compared too, but seldom for which is lower.
pub fn is_compared(before: &str, after: &str, slight: bool) -> bool {
    let before = before.trim_end_matches([' ', '\u{a0}']);
    let key = before.trim_end_matches(['<', '=', '>', '≤', '≥', ' ']);
    if key.len() < before.len() && is_host_key(key) {
        return false;
    }
    let pinned = before.strip_suffix("==").is_some_and(|name| {
        let name = name.trim_end();
        let name = name.rsplit(char::is_whitespace).next().unwrap_or_default();
        !name.is_empty() && !name.contains(['.', '_'])
    });
    let strict = before.ends_with('<') && !after.starts_with('>');
    ["<=", ">=", "=<", "≤", "≥"]
        .into_iter()
        .any(|sign| before.ends_with(sign))
        || slight && BOUNDS.iter().any(|bound| before.ends_with(bound))
        || slight && (strict || pinned)
}

/// Whether a field of a query ends a text whose values are hosts: `dst_ip`, `RemoteAddress`, `daddr`.
fn is_host_key(text: &str) -> bool {
    let key = text
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    let lower = key.to_ascii_lowercase();
    says::word(key) == Some(Says::Host)
        || matches!(lower.as_str(), "dest" | "src" | "to")
        || ["addr", "address", "ip", "ipv4"]
            .iter()
            .any(|end| lower.ends_with(end) && lower != "zip")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_hosts_are_told_from_products() {
        for (before, expected) in [
            ("dst_ip >= ", false),
            ("daddr==", false),
            ("dst ==", false),
            ("RemoteAddress==", false),
            ("http.server <= ", false),
            ("kestrel==", true),
            ("Kestrel <= ", true),
            ("gzip-tools >= ", true),
        ] {
            assert_eq!(is_compared(before, "", true), expected, "{before}");
        }
    }
}

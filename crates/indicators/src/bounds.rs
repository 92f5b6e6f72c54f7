//! Bounds of versions: what is written before or after the first or the last of them.

/// Whether all that precede and follow a version belong to it: `and earlier`, `or later`. In prose a host may follow `and later`.
#[must_use]
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
    (slight || ends)
        && matches!(
            word,
            "above"
                | "below"
                | "earlier"
                | "greater"
                | "higher"
                | "later"
                | "lower"
                | "newer"
                | "older"
                | "onwards"
                | "prior"
                | "up"
        )
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
#[must_use]
pub fn is_compared(before: &str, after: &str, slight: bool) -> bool {
    let before = before.trim_end_matches([' ', '\u{a0}']);
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
        || slight && (strict || pinned && !before.to_ascii_lowercase().ends_with("ip=="))
}

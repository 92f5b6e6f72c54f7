//! Which dotted numbers are IPv4 addresses, and which are versions, sections or object identifiers.

use std::net::Ipv4Addr;

/// Words before a number that is a version or a place in a document, in lower case.
const VERSION_WORDS: [&str; 35] = [
    "v",
    "v.",
    "ver",
    "ver.",
    "version",
    "versions",
    "version:",
    "release",
    "releases",
    "build",
    "builds",
    "firmware",
    "hotfix",
    "patch",
    "rev",
    "rev.",
    "revision",
    "update",
    "annex",
    "appendix",
    "article",
    "chapter",
    "clause",
    "control",
    "figure",
    "fig.",
    "item",
    "items",
    "paragraph",
    "rule",
    "section",
    "sections",
    "sec.",
    "step",
    "table",
];

/// Words that may stand between `version` and the number.
const BETWEEN: [&str; 13] = [
    "prior", "to", "before", "up", "through", "earlier", "than", "below", "and", "from", "is", "<",
    "<=",
];

/// The address that `name` is: four decimal numbers without leading zeros.
#[must_use]
pub fn parse(name: &str) -> Option<Ipv4Addr> {
    let name = name.trim_matches('-');
    // The standard parser takes neither leading zeros nor anything but four numbers.
    name.starts_with(|c: char| c.is_ascii_digit())
        .then(|| name.parse().ok())?
}

/// Both ends of a range of addresses: `10.0.0.1-10.0.0.9`.
#[must_use]
pub fn parse_range(name: &str) -> Option<[Ipv4Addr; 2]> {
    if !name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (first, last) = name.split_once('-')?;
    Some([parse(first)?, parse(last)?])
}

/// Whether what precedes an address says that it is a version number. `before` is the text before it, the last
/// words of which will do.
#[must_use]
pub fn is_version(before: &str, address: Ipv4Addr) -> bool {
    if address.octets()[0] == 0 && !address.is_unspecified() {
        return true;
    }
    if before.ends_with('§') || is_product(before) {
        return true;
    }
    let words = before
        .rsplit([' ', '\n', '\t', '(', '"', '\u{a0}'])
        .filter(|word| !word.is_empty());
    for word in words.take(5) {
        if VERSION_WORDS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word))
        {
            return true;
        }
        if !BETWEEN.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            return false;
        }
    }
    false
}

/// Whether it ends like a user agent before its version: `Chrome/`.
fn is_product(before: &str) -> bool {
    let Some(product) = before.strip_suffix('/') else {
        return false;
    };
    let word = product.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let name = product.get(word.len()..).unwrap_or_default();
    name.len() >= 4
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .get(1..)
            .is_some_and(|rest| rest.bytes().any(|byte| byte.is_ascii_lowercase()))
        && !word.ends_with(['/', '.', ':'])
}

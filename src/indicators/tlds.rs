//! Top-level domains: which there are, and which of them are file extensions or words as well.

use std::cmp::Ordering;

/// The root zone's names in lower case, sorted, one a line, with those in Latin, Greek and Cyrillic letters also as such.
const ROOT: &str = include_str!("tlds.txt");

/// Names outside of the root zone that resolve all the same: Tor's, and those of alternative roots that malware uses.
const OUTSIDE: [&str; 8] = ["bazar", "bit", "coin", "emc", "eth", "i2p", "lib", "onion"];

/// Top-level domains that are more often a file's extension.
const EXTENSIONS: [&str; 23] = [
    "app", "ax", "bz", "cab", "cat", "cc", "dot", "inc", "java", "md", "mk", "mov", "one", "pl", "pm", "ps", "pub", "py",
    "rs", "sh", "so", "tf", "zip",
];

/// Extensions that come before another one: `invoice.pdf.zip`.
const INNER_EXTENSIONS: [&str; 31] = [
    "7z", "apk", "bat", "csv", "cmd", "dll", "doc", "docm", "docx", "exe", "gz", "htm", "html", "iso", "jar", "jpg", "js",
    "json", "lnk", "min", "msi", "pdf", "php", "png", "ppt", "rtf", "scr", "tar", "txt", "vbs", "xls",
];

/// Generic top-level domains that nobody takes for a word, even with a capital.
const COMMON: [&str; 12] = [
    "biz", "com", "edu", "gov", "info", "int", "mil", "net", "onion", "org", "top", "xyz",
];

/// Country codes that are English words too: after a full stop with no space they begin a sentence.
const WORDS: [&str; 22] = [
    "ad", "am", "an", "as", "at", "be", "by", "do", "et", "id", "in", "is", "it", "la", "me", "my", "no", "so", "to", "tv",
    "us", "ve",
];

/// Second-level names under country codes that are public suffixes with them.
const SECOND_LEVEL: [&str; 10] = ["ac", "co", "com", "edu", "go", "gov", "mil", "ne", "net", "org"];

/// Whether `label`, in lower case, is a top-level domain that hosts have.
#[must_use]
pub fn is_known(label: &str) -> bool {
    let in_root = match *label.as_bytes() {
        // `arpa` is for look-ups from addresses to names.
        [] | [_] | [b'a', b'r', b'p', b'a'] => false,
        _ => root_holds(label),
    };
    in_root || OUTSIDE.contains(&label)
}

/// Whether it resolves only outside of the public root, so that a name under it must be more than plain text.
#[must_use]
pub fn is_outside(label: &str) -> bool {
    label != "onion" && OUTSIDE.contains(&label)
}

/// Whether it is a file's extension too.
#[must_use]
pub fn is_extension(label: &str) -> bool {
    EXTENSIONS.contains(&label)
}

/// Whether it is an extension of files that are commonly packed or disguised.
#[must_use]
pub fn is_inner_extension(label: &str) -> bool {
    INNER_EXTENSIONS.contains(&label)
}

/// Whether it may begin a sentence when written with a capital.
#[must_use]
pub fn is_word(label: &str) -> bool {
    if label.len() == 2 { WORDS.contains(&label) } else { !COMMON.contains(&label) }
}

/// Whether everyone knows it for a top-level domain and nothing else.
#[must_use]
pub fn is_common(label: &str) -> bool {
    COMMON.contains(&label)
}

/// Whether `second` under the country code `top` is a public suffix, such as `co.uk`.
#[must_use]
pub fn is_second_level(second: &str, top: &str) -> bool {
    top.len() == 2 && SECOND_LEVEL.contains(&second)
}

/// Looks `label` up in the sorted lines of the root zone, by bisection.
fn root_holds(label: &str) -> bool {
    let root = ROOT.as_bytes();
    let (mut low, mut high) = (0, root.len());
    while low < high {
        let (before, after) = root.split_at(usize::midpoint(low, high));
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = after.iter().position(|byte| *byte == b'\n').map_or(root.len(), |at| before.len() + at);
        match root.get(start..end).unwrap_or_default().cmp(label.as_bytes()) {
            Ordering::Equal => return true,
            Ordering::Less => low = end + 1,
            Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
    use super::*;

    #[test]
    fn every_line_is_found_and_nothing_else() {
        for line in ROOT.lines().filter(|line| *line != "arpa") {
            assert!(is_known(line), "{line}");
        }
        for other in ["", "a", "exe", "tld", "zzzz", "con", "como", "aa", "arpa", "\n", "com\n"] {
            assert!(!is_known(other), "{other:?}");
        }
    }
}

//! Top-level domains: which there are, and which of them are file extensions or words as well.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::terms::Terms;

/// The root zone's names in lower case, one a line, with those in Latin, Greek and Cyrillic letters also as such.
const ROOT: &str = include_str!("../lists/tlds.txt");

/// Whether `label`, in lower case, is a top-level domain that hosts have.
pub fn is_known(label: &str) -> bool {
    let in_root = match label {
        // For look-ups from addresses to names.
        "arpa" => false,
        "com" | "net" | "org" => true,
        label => root().contains(label),
    };
    in_root || label == "onion" || is_outside(label)
}

fn root() -> &'static HashSet<&'static str> {
    static NAMES: OnceLock<HashSet<&str>> = OnceLock::new();
    NAMES.get_or_init(|| ROOT.lines().collect())
}

/// Whether it resolves only by alternative roots, which malware uses: a name under it must be more than plain text.
pub fn is_outside(label: &str) -> bool {
    matches!(
        label,
        "bazar" | "bit" | "coin" | "emc" | "eth" | "i2p" | "lib"
    )
}

/// Top-level domains that are more often the extension of a file.
static EXTENSIONS: Terms = Terms::of(include_str!("../lists/terms/extension-tlds.txt"));

/// Whether it is more often a file's extension.
pub fn is_extension(label: &str) -> bool {
    EXTENSIONS.hold(label)
}

/// Whether all names below it belong to one company, or none have been given away: in a text it is a word.
pub fn is_brand(label: &str) -> bool {
    BRANDS.hold(label)
}

/// Such top-level domains that are words, or brands that texts name often.
static BRANDS: Terms = Terms::of(include_str!("../lists/terms/brand-tlds.txt"));

/// Extensions of files that are packed or disguised by another one: `invoice.pdf.zip`.
static INNER: Terms = Terms::of(include_str!("../lists/terms/inner-extensions.txt"));

/// Whether it is an extension of files that are packed or disguised by another one: `invoice.pdf.zip`.
pub fn is_inner_extension(label: &str) -> bool {
    INNER.hold(label)
}

/// Top-level domains that are nothing else.
const COMMON: [&str; 12] = [
    "biz", "com", "edu", "gov", "info", "int", "mil", "net", "onion", "org", "top", "xyz",
];

/// Whether everyone knows it for a top-level domain and nothing else.
pub fn is_common(label: &str) -> bool {
    COMMON.contains(&label)
}

/// Top-level domains of two letters that are words.
static SHORT_WORDS: Terms = Terms::of(include_str!("../lists/terms/word-tlds.txt"));

/// Whether it may begin a sentence when written with a capital: an English word, or a brand.
pub fn is_word(label: &str) -> bool {
    if label.len() > 2 {
        return !is_common(label);
    }
    SHORT_WORDS.hold(label)
}

/// Whether `second` under the country code `top` is a public suffix, such as `co.uk`.
pub fn is_second_level(second: &str, top: &str) -> bool {
    top.len() == 2
        && matches!(
            second,
            "ac" | "co" | "com" | "edu" | "go" | "gov" | "mil" | "ne" | "net" | "org"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_are_in_the_root() {
        assert!(BRANDS.sorted().iter().all(|brand| is_known(brand)));
    }

    #[test]
    fn every_line_is_found_and_nothing_else() {
        for line in ROOT.lines().filter(|line| *line != "arpa") {
            assert!(is_known(line), "{line}");
        }
        for other in [
            "", "a", "exe", "tld", "zzzz", "con", "como", "aa", "arpa", "\n", "com\n",
        ] {
            assert!(!is_known(other), "{other:?}");
        }
    }
}

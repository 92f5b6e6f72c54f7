//! Top-level domains: which there are, and which of them are file extensions or words as well.

use std::collections::HashSet;
use std::sync::OnceLock;

/// The root zone's names in lower case, one a line, with those in Latin, Greek and Cyrillic letters also as such.
const ROOT: &str = include_str!("../lists/tlds.txt");

/// Whether `label`, in lower case, is a top-level domain that hosts have.
#[must_use]
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
#[must_use]
pub fn is_outside(label: &str) -> bool {
    matches!(
        label,
        "bazar" | "bit" | "coin" | "emc" | "eth" | "i2p" | "lib"
    )
}

/// Whether it is more often a file's extension.
#[must_use]
pub fn is_extension(label: &str) -> bool {
    matches!(
        label,
        "app"
            | "ax"
            | "bz"
            | "cab"
            | "cat"
            | "cc"
            | "dot"
            | "hiv"
            | "inc"
            | "java"
            | "md"
            | "mk"
            | "mov"
            | "one"
            | "pf"
            | "pl"
            | "pm"
            | "ps"
            | "pub"
            | "py"
            | "rs"
            | "sh"
            | "so"
            | "tf"
            | "zip"
    )
}

/// Whether all names below it belong to one company, or none have been given away: in a text it is a word.
#[must_use]
pub fn is_brand(label: &str) -> bool {
    BRANDS.binary_search(&label).is_ok()
}

/// Such top-level domains that are words, or brands that texts name often, sorted.
const BRANDS: [&str; 58] = [
    "amazon",
    "android",
    "apple",
    "audible",
    "author",
    "aws",
    "azure",
    "bing",
    "call",
    "case",
    "chrome",
    "circle",
    "cisco",
    "data",
    "dell",
    "drive",
    "fire",
    "gap",
    "gmail",
    "google",
    "here",
    "hotmail",
    "ibm",
    "map",
    "microsoft",
    "mobile",
    "next",
    "ntt",
    "office",
    "open",
    "oracle",
    "orange",
    "origins",
    "pay",
    "pin",
    "play",
    "playstation",
    "prime",
    "prod",
    "pwc",
    "read",
    "room",
    "safe",
    "samsung",
    "save",
    "search",
    "secure",
    "select",
    "shell",
    "silk",
    "smart",
    "song",
    "sony",
    "target",
    "windows",
    "xbox",
    "youtube",
    "zero",
];

/// Whether it is an extension of files that are packed or disguised by another one: `invoice.pdf.zip`.
#[must_use]
pub fn is_inner_extension(label: &str) -> bool {
    matches!(
        label,
        "7z" | "apk"
            | "bat"
            | "csv"
            | "cmd"
            | "dll"
            | "doc"
            | "docm"
            | "docx"
            | "exe"
            | "gz"
            | "htm"
            | "html"
            | "iso"
            | "jar"
            | "jpg"
            | "js"
            | "json"
            | "lnk"
            | "min"
            | "msi"
            | "pdf"
            | "php"
            | "png"
            | "ppt"
            | "rtf"
            | "scr"
            | "tar"
            | "txt"
            | "vbs"
            | "xls"
    )
}

/// Whether everyone knows it for a top-level domain and nothing else.
#[must_use]
pub fn is_common(label: &str) -> bool {
    matches!(
        label,
        "biz"
            | "com"
            | "edu"
            | "gov"
            | "info"
            | "int"
            | "mil"
            | "net"
            | "onion"
            | "org"
            | "top"
            | "xyz"
    )
}

/// Whether it may begin a sentence when written with a capital: an English word, or a brand.
#[must_use]
pub fn is_word(label: &str) -> bool {
    if label.len() > 2 {
        return !is_common(label);
    }
    matches!(
        label,
        "ad" | "am"
            | "an"
            | "as"
            | "at"
            | "be"
            | "by"
            | "do"
            | "et"
            | "id"
            | "in"
            | "is"
            | "it"
            | "la"
            | "me"
            | "my"
            | "no"
            | "so"
            | "to"
            | "tv"
            | "us"
            | "ve"
    )
}

/// Whether `second` under the country code `top` is a public suffix, such as `co.uk`.
#[must_use]
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
    fn brands_are_sorted_and_in_the_root() {
        assert!(BRANDS.is_sorted() && BRANDS.iter().all(|brand| is_known(brand)));
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

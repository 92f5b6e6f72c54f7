//! Top-level domains: which there are, and which of them are file extensions or words as well.

/// The root zone's names in lower case, sorted, one a line, with those in Latin, Greek and Cyrillic letters also as such.
const ROOT: &str = include_str!("../lists/tlds.txt");

/// Whether `label`, in lower case, is a top-level domain that hosts have.
#[must_use]
pub fn is_known(label: &str) -> bool {
    let in_root = match label.as_bytes() {
        // `arpa` is for look-ups from addresses to names.
        [] | [_] | [b'a', b'r', b'p', b'a'] => false,
        b"com" | b"net" | b"org" => true,
        label => root_holds(label),
    };
    in_root || label == "onion" || is_outside(label)
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

/// For each pair of first letters, where their names begin in `ROOT`; last, where the names in other letters do.
const STARTS: [u16; PAIRS + 1] = starts();
const PAIRS: usize = 26 * 26;

const fn starts() -> [u16; PAIRS + 1] {
    let root = ROOT.as_bytes();
    let mut starts = [0; PAIRS + 1];
    let (mut line, mut next) = (0, 0);
    while line < root.len() {
        let pair = pair(root[line], root[line + 1]);
        while next <= pair {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "the list is far shorter than 64 KiB, as a test says"
            )]
            let start = line as u16;
            starts[next] = start;
            next += 1;
        }
        while root[line] != b'\n' {
            line += 1;
        }
        line += 1;
    }
    starts
}

/// The place of two letters in `STARTS`.
const fn pair(first: u8, second: u8) -> usize {
    if first.is_ascii_lowercase() && second.is_ascii_lowercase() {
        (first - b'a') as usize * 26 + (second - b'a') as usize
    } else {
        PAIRS
    }
}

/// Whether the root zone holds `label`, of two bytes at least.
fn root_holds(label: &[u8]) -> bool {
    let [first, second, ..] = *label else {
        return false;
    };
    let place = pair(first, second);
    let start = STARTS.get(place).copied().map_or(0, usize::from);
    let end = STARTS
        .get(place + 1)
        .copied()
        .map_or(ROOT.len(), usize::from);
    let mut names = ROOT.as_bytes().get(start..end).unwrap_or_default();
    while !names.is_empty() {
        if names
            .strip_prefix(label)
            .is_some_and(|rest| rest.first() == Some(&b'\n'))
        {
            return true;
        }
        let length = names
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(names.len());
        names = names.get(length + 1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )]
    use super::*;

    #[test]
    fn the_list_is_short_and_sorted() {
        assert!(ROOT.len() < usize::from(u16::MAX) && ROOT.ends_with('\n'));
        assert!(ROOT.lines().is_sorted() && ROOT.lines().all(|line| line.len() > 1));
    }

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

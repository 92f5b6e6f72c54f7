//! Whether the name of a product stands before a dotted number, so that it is a version of that.

use std::net::Ipv4Addr;

use super::names;
use super::says::{self, Says};
use super::software;
use super::surroundings::Place;
use super::surroundings::cells::{Rows, Table};
use super::surroundings::item::Item;

/// Whether a text ends like a user agent before its version: `Chrome/`.
pub fn ends_user_agent(before: &str) -> bool {
    let Some(product) = before.strip_suffix('/') else {
        return false;
    };
    // As JSON escapes it.
    let product = product.strip_suffix('\\').unwrap_or(product);
    let word = product.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let name = product.get(word.len()..).unwrap_or_default();
    name.len() >= 4
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .get(1..)
            .is_some_and(|rest| rest.bytes().any(|byte| byte.is_ascii_lowercase()))
        && !word.ends_with(['/', '.', ':'])
        || matches!(name, "OPR" | "Edg" | "curl" | "okhttp") && !word.ends_with(['/', '.', ':'])
}

/// Whether it ends like the name of software before its version, in lower case: `nginx/`.
pub fn ends_software(before: &str) -> bool {
    let Some(product) = before.strip_suffix('/') else {
        return false;
    };
    let word = product.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let name = product.get(word.len()..).unwrap_or_default();
    name.len() >= 4
        && says::word(name).is_none()
        && !software::PROTOCOLS.hold_in_any_case(name)
        && (word.is_empty() || word.ends_with([' ', '\n', '"', '(']))
}

/// Whether a product's name stands before a number, and other words before that: without these it may be a list of what is where.
pub fn ends_sentence(before: &str) -> bool {
    if names::ends_listed(before) {
        return false;
    }
    let mut last = before.rsplit([' ', '\u{a0}']);
    // What stands between a name and the number is one space.
    last.next() == Some("")
        && last
            .next()
            .is_some_and(|word| is_name(word) && !is_host_name(word))
        && last
            .next()
            .is_some_and(|word| word.chars().any(char::is_alphabetic))
}

/// Whether a word is written as products are named.
pub fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase)
        && letters.any(char::is_lowercase)
        && word.len() >= 4
        && word.chars().all(char::is_alphabetic)
}

/// Whether hardly a host has an address, so that a name before it is that of a product: it is low, and none that people know.
pub fn is_light(address: Ipv4Addr, slight: bool) -> bool {
    let octets = address.octets();
    let [first, rest @ ..] = octets;
    let low = first <= 31
        && rest.iter().all(|octet| *octet <= 99)
        && octets.iter().filter(|octet| **octet <= 9).count() >= 2;
    let known = rest.iter().all(|octet| *octet == first)
        || matches!(octets, [1, 0, 0, 1] | [8, 8, 4, 4] | [4, 2, 2, 1 | 2]);
    (slight || low) && !known && !address.is_loopback() && first < 224
}

/// What may stand around a word of Markdown or in prose.
const MARKS: [char; 9] = ['*', '_', '`', '\'', '"', ')', '[', ']', '.'];

/// Whether what stands around a light address says that it is a version: the name of a product before it, other products'
/// versions beside it, or a file in the row that it is in.
pub fn has_version(
    before: &str,
    after: &str,
    place: Place<'_>,
    address: Ipv4Addr,
    rows: &mut Rows,
) -> bool {
    let line = before.rsplit(['\n', '\u{c}']).next().unwrap_or_default();
    if let Some(name) = line.strip_suffix('/') {
        return software::PRODUCTS
            .hold_in_any_case(name.rsplit([' ', '"', '(']).next().unwrap_or_default());
    }
    let marked = line.trim_end_matches(['*', '_', '`', '"', '(']);
    // What stands between a name and its version is one space.
    let Some(name) = marked.strip_suffix([' ', '\u{a0}', '\u{2009}']) else {
        return false;
    };
    let name = name.strip_suffix(" |").unwrap_or(name);
    let mut words = name
        .rsplit([' ', '\u{a0}', '(', '|', '"', '>', '=', ';', ','])
        .map(|word| word.trim_matches(MARKS));
    let word = words.next().unwrap_or_default();
    if software::PRODUCTS.hold_in_any_case(word) {
        return !address.is_private() || software::has_tenth(word);
    }
    let mut earlier = words.filter(|word| !word.is_empty());
    let (first, second) = (earlier.next(), earlier.next());
    let is_host = |word: &&str| says::word(word) == Some(Says::Host) && !is_name(word);
    if name.len() + 1 < marked.len()
        || address.is_private()
        || !word.starts_with(char::is_alphabetic)
        || word.ends_with(':')
        || says::word(word) == Some(Says::Host)
        || first.iter().chain(&second).any(is_host)
    {
        return false;
    }
    if address.octets()[3] == 0 && is_no_network(after) {
        return true;
    }
    if names::ends_listed(name) {
        return false;
    }
    let first = first.unwrap_or_default();
    if software::BEFORE_ADDRESSES.hold_in_any_case(word) {
        // A client of a product is one.
        return word == "client"
            && is_upper(first)
            && !software::BEFORE_ADDRESSES.hold_in_any_case(first);
    }
    let prose = first.chars().any(char::is_alphabetic);
    let named = !line.ends_with('(')
        && (prose && may_have(word, first) || is_coined(word) || is_upper(word) && is_label(after));
    named
        || lists_versions(line)
        || lists_versions(says::sentence_after(after))
        || matches!(rows.say(place), Some(Table::Says(Says::File)))
}

/// Whether hosts follow what is the label of their line: `Kestrel 1.5.0.1: 45.77.13.9`.
fn is_label(after: &str) -> bool {
    after
        .strip_prefix(": ")
        .and_then(|rest| rest.split(' ').next())
        .is_some_and(|item| Item::of(item) == Item::Host)
}

/// Whether what would be the address of a network is none, as neither a length follows nor words for hosts do.
fn is_no_network(after: &str) -> bool {
    !after.starts_with(['/', '\\', '-'])
        && !says::words(says::sentence_after(after))
            .any(|word| says::word(word) == Some(Says::Host))
}

fn is_upper(word: &str) -> bool {
    word.chars().any(char::is_uppercase)
}

/// Whether a word in a sentence may be what has a version, after the word `earlier`.
fn may_have(word: &str, earlier: &str) -> bool {
    if is_host_name(word) {
        return false;
    }
    if is_upper(word) {
        // Countries have two capitals; a product has if its name goes on before them.
        return word.len() > 2 || is_upper(earlier);
    }
    software::SOFTWARE.hold_in_any_case(word)
}

/// Whether a word can't be that of a language: `AnyDesk`, `SYS600`, `FTD`.
fn is_coined(word: &str) -> bool {
    word.len() > 2 && word.chars().skip(1).any(char::is_uppercase) && !is_host_name(word)
}

/// Whether a word is one of numbered machines, networks or flaws, or ends with what has an address: `WEB01`, `AS64500`, `PaleVPN`.
fn is_host_name(word: &str) -> bool {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = word.get(stem.len()..).unwrap_or_default();
    stem == "AS"
        || number.starts_with('0')
        || number.len() > 3
        || ["DNS", "HOST", "IP", "IPs", "VPN", "VPS"]
            .iter()
            .any(|end| word.ends_with(end))
}

/// Whether a line names a product with a version of two, three or five numbers: `rspamd 3.10.2`, `go1.16.4`.
fn lists_versions(line: &str) -> bool {
    let mut last = "";
    line.split([' ', '\u{a0}', '/', '(', ','])
        .map(|word| word.trim_matches([',', ';', ':', '.', ')', '*', '_', '`', '"']))
        .any(|word| {
            let dots = short_version(word.trim_start_matches(|c: char| c.is_ascii_lowercase()));
            let named = match dots {
                0 => false,
                _ if word.starts_with(|c: char| c.is_ascii_lowercase()) => dots > 1,
                1 => {
                    last.chars().any(char::is_uppercase)
                        && !software::MEASURED.hold_in_any_case(last)
                }
                _ => last.len() > 2 && last.starts_with(|c: char| c.is_ascii_alphabetic()),
            };
            last = word;
            named
        })
}

/// The dots of a version of two, three or five numbers; 0 if it is none, or may be a date.
pub fn short_version(word: &str) -> usize {
    let parts = word.split('.').count();
    let number = |part: &str| {
        (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let date = parts == 3 && word.split('.').all(|part| part.len() > 1);
    if matches!(parts, 2 | 3 | 5) && !date && word.split('.').all(number) {
        parts - 1
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_dates_and_measures() {
        for (line, expected) in [
            ("for sigma-kit 1.0.3 and", true),
            ("go1.16.4, revtool", true),
            ("Node 20.17.0", true),
            ("Kestrel 4.2 and", true),
            ("on 12.11.2024 the", false),
            ("CVSS 9.8", false),
            ("about 2.5 hours", false),
            ("45.77.13.9", false),
        ] {
            assert_eq!(lists_versions(line), expected, "{line}");
        }
    }
}

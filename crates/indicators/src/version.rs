//! Which dotted numbers are versions of products, sections and object identifiers, by what stands around them.

mod labelled;
mod upgrade;

use std::net::Ipv4Addr;

use super::says::{self, Says};
use super::scan::first_bytes;
use super::surroundings::cells::{self, Rows};
use super::surroundings::{self, Place};
use super::tables::Tables;
use super::terms::Terms;
use super::{bounds, numbered, product};

/// What else stands before a number that is a version or a place in a document, besides words for versions.
static BEFORE_NUMBERS: Terms = Terms::of(include_str!("../lists/terms/before-numbers.txt"));

/// Words that may stand between `version` and the number.
const BETWEEN: [&str; 13] = [
    "prior", "to", "before", "up", "through", "earlier", "than", "below", "and", "from", "is", "<",
    "<=",
];

/// The most bytes of a sentence that are looked at after a number.
const MOST_AFTER: usize = 96;

/// Whether what stands around an address says that it is a version number. `before`: the last words before it.
pub fn is_meant(before: &str, place: Place<'_>, address: Ipv4Addr, rows: &mut Rows) -> bool {
    let after = place.text.get(place.end..).unwrap_or_default();
    let after = first_bytes(after, MOST_AFTER);
    if is_announced(before, address) {
        return true;
    }
    if is_socket(after) {
        return false;
    }
    let slight = is_slight(address);
    if slight && (is_heading(before, after) || product::ends_software(before)) {
        return true;
    }
    let light = product::is_light(address, slight);
    if light && !address.is_private() && (numbered::is_part(before) || numbered::is_section(place))
    {
        return true;
    }
    // Hardly a version is without a low number, and hardly one that begins with a high number has a single low one.
    let low = address.octets().iter().filter(|octet| **octet <= 9).count();
    if low == 0 && !slight {
        return false;
    }
    if (light || low > 1)
        && (bounds::goes_on(after, slight) || bounds::is_compared(before, after, slight))
    {
        return true;
    }
    match column(place, slight, &mut rows.tables) {
        Some(Says::Version) => return true,
        Some(Says::Affected) if slight => return true,
        Some(Says::Host) => return false,
        _ => {}
    }
    match labelled::says(before, address, light) {
        Some(Says::Version) => return true,
        Some(Says::Affected) if slight => return true,
        Some(Says::Host | Says::File) => return false,
        _ => {}
    }
    if light && product::has_version(before, after, place, address, rows) {
        return true;
    }
    if !slight {
        return false;
    }
    match surroundings::label_above(place, |line| labelled::heads(line, address)) {
        Some(Says::Version | Says::Affected) => true,
        Some(Says::Host) => false,
        _ => in_sentence(before, after, address),
    }
}

/// The most bytes between two versions of a list.
const MOST_BETWEEN: usize = 24;

/// Whether an address goes on with a list of versions, by what is between it and the last of them.
pub fn goes_on_with_list(between: &str, address: Ipv4Addr) -> bool {
    // Hardly a version is without low numbers.
    let [first, rest @ ..] = address.octets();
    let low = address.octets().iter().filter(|octet| **octet <= 9).count();
    let fits = low > 1 || low == 1 && rest.iter().all(|octet| *octet <= 99);
    (low > 2 || first <= 31 && fits)
        && between.len() <= MOST_BETWEEN
        && between.split([' ', ',', '/', '-', '–']).all(|word| {
            matches!(word, "" | "and" | "or" | "to" | "through" | "&")
                || product::short_version(word) > 0
        })
}

/// Whether an address in a URL is a version, by the part of the path before it.
pub fn is_part_of_url(before: &str, address: Ipv4Addr) -> bool {
    product::is_light(address, is_slight(address))
        && !address.is_private()
        && numbered::is_part_of_url(before)
}

/// Whether the word before a number says that it is a version.
fn is_announced(before: &str, address: Ipv4Addr) -> bool {
    if address.octets()[0] == 0 && !address.is_unspecified() {
        return true;
    }
    if before.ends_with('§') || product::ends_user_agent(before) {
        return true;
    }
    let slight = is_slight(address);
    let light = product::is_light(address, slight);
    let high = !slight && address.octets().iter().all(|octet| *octet > 9);
    let mut from = false;
    let words = before
        .rsplit([' ', '\n', '\t', '(', '"', '\u{a0}'])
        .filter(|word| !word.is_empty());
    for word in words.take(5) {
        if says::is_version(word) || BEFORE_NUMBERS.hold_in_any_case(word) {
            // Versions begin with a line and updates come from a host more seldom than addresses do.
            let broken = before.trim_end_matches(' ').ends_with('\n');
            // Sections and updates have low numbers.
            let sure = !high || word.starts_with(['b', 'B', 'v', 'V']);
            return light || !broken && !from && sure;
        }
        if !BETWEEN.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            return false;
        }
        from |= word.eq_ignore_ascii_case("from");
    }
    false
}

/// Whether a port or a prefix length follows.
fn is_socket(after: &str) -> bool {
    after
        .strip_prefix('\\')
        .unwrap_or(after)
        .strip_prefix([':', '/'])
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether its numbers are as low as those of versions are, and those of addresses seldom.
fn is_slight(address: Ipv4Addr) -> bool {
    let [first, rest @ ..] = address.octets();
    first <= 30 && rest.iter().all(|octet| *octet <= 40) || rest.iter().all(|octet| *octet <= 9)
}

/// Whether a heading of Markdown begins with the number, as in changelogs: `## 7.2.4.11`. A comment on a host looks the same.
fn is_heading(before: &str, after: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.ends_with("# ")
        && line.trim_start_matches('#') == " "
        && !says::words(says::sentence_after(after))
            .any(|word| says::word(word) == Some(Says::Host))
}

/// What the heading of its column says. Tables of plain text are looked for where it is likely.
fn column(place: Place<'_>, slight: bool, tables: &mut Tables) -> Option<Says> {
    let cell = if slight {
        tables.cell(place.text, place.start)
    } else {
        tables.marked(place.text, place.start)
    }?;
    cells::heading(&cell)
}

/// Words before a host in a sentence, sorted.
const BEFORE_HOSTS: [&str; 8] = [
    "against", "at", "by", "from", "on", "scanned", "via", "with",
];

/// Words before a version in a sentence: a bound, or what has it.
const BEFORE_VERSIONS: [&str; 4] = ["before", "below", "in", "than"];

/// Words for having a product of some version, which follows: `if you run 7.2.4.11`.
const RUNS: [&str; 6] = ["install", "installed", "run", "running", "runs", "ships"];

/// How far from a number the words are that say what is affected, and what a number is that comes first.
const MOST_APART: usize = 4;
const MOST_BEHIND: usize = 2;

/// Whether the sentence is about versions and not about hosts, or a product's name stands before the number.
fn in_sentence(before: &str, after: &str, address: Ipv4Addr) -> bool {
    let before = says::sentence_before(before);
    let after = says::sentence_after(after);
    let read = |text| -> Vec<(&str, Option<Says>)> {
        says::words(text)
            .map(|word| (word, says::word(word)))
            .collect()
    };
    let (earlier, later) = (read(before), read(after));
    let mut nearest = earlier.iter().rev().filter(|(word, _)| !is_joint(word));
    let last = nearest.next().map_or("", |(word, _)| *word);
    let upgrade = last == "from"
        && nearest
            .next()
            .is_some_and(|(_, says)| *says == Some(Says::Version));
    if BEFORE_HOSTS.contains(&last) && !upgrade {
        return false;
    }
    if RUNS.contains(&last) || last == "to" && upgrade::is_meant(&earlier) {
        return true;
    }
    if last == "to" && upgrade::is_talk(&earlier) {
        return false;
    }
    let is_host = |(place, (word, says)): (usize, &(&str, Option<Says>))| {
        // Products are called `Endpoint Manager` and `Mail Server`.
        *says == Some(Says::Host) && (place == 0 || !product::is_name(word))
    };
    if earlier.iter().chain(&later).enumerate().any(is_host) {
        return false;
    }
    let behind = later.iter().take(MOST_BEHIND);
    let version = earlier
        .iter()
        .chain(behind)
        .any(|(_, says)| *says == Some(Says::Version));
    let affected = earlier
        .iter()
        .rev()
        .filter(|(word, _)| !is_joint(word))
        .take(MOST_APART)
        .chain(later.iter().take(MOST_APART))
        .any(|(_, says)| *says == Some(Says::Affected));
    version
        || is_defined(&later)
        || affected && !address.is_private()
        || BEFORE_VERSIONS.contains(&last)
        || product::ends_sentence(before)
}

/// Whether what follows a number says what it is: `is the version of`.
fn is_defined(later: &[(&str, Option<Says>)]) -> bool {
    let mut words = later.iter().map(|(word, _)| *word);
    let is = matches!(words.next(), Some("is" | "was" | "are" | "were"));
    let article = matches!(words.next(), Some("a" | "an" | "the"));
    is && article
        && later
            .iter()
            .skip(2)
            .take(MOST_BEHIND)
            .any(|(_, says)| *says == Some(Says::Version))
}

/// Whether a word joins numbers of a list, or is one.
fn is_joint(word: &str) -> bool {
    matches!(word, "and" | "or") || word.bytes().all(|byte| byte.is_ascii_digit())
}

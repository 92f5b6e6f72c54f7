//! SHA-1 and SHA-256 digests and Bitcoin addresses: what stands in long runs of letters and digits.

use super::bitcoin;
use super::IndicatorType;
use super::scan::Hit;

/// The shortest run that may hold one, a Bitcoin address of 26 characters.
const LEAST: usize = 26;

/// The fewest different digits of a digest: below, it is padding or an example.
const LEAST_DIFFERENT: u32 = 6;

/// Appends digests and Bitcoin addresses in `text` to `hits`.
pub fn find(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut floor = 0;
    // A run of `LEAST` covers one of any `LEAST` places in a row: only those are looked at.
    let mut probe = LEAST - 1;
    while let Some(byte) = bytes.get(probe) {
        if byte.is_ascii_alphanumeric() {
            let is_alphanumeric = |byte: &u8| byte.is_ascii_alphanumeric();
            let before = bytes.get(floor..probe).unwrap_or_default();
            let after = bytes.get(probe..).unwrap_or_default();
            let start = floor + before.iter().rposition(|byte| !is_alphanumeric(byte)).map_or(0, |at| at + 1);
            let end = probe + after.iter().position(|byte| !is_alphanumeric(byte)).unwrap_or(after.len());
            if end - start >= LEAST {
                run(text, start, end, hits);
            }
            floor = end;
            probe = end;
        }
        probe += LEAST;
    }
}

fn run(text: &str, start: usize, end: usize, hits: &mut Vec<Hit>) {
    let Some(word) = text.get(start..end) else { return };
    if bitcoin::is_address(word) {
        let lower = word.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("bc"));
        let value = if lower { word.to_ascii_lowercase() } else { word.to_owned() };
        hits.push(Hit::new(start, IndicatorType::BitcoinAddress, value, false));
        return;
    }
    let mut at = start;
    for part in word.split(|c: char| !c.is_ascii_hexdigit()) {
        let kind = match part.len() {
            40 => Some(IndicatorType::Sha1),
            64 => Some(IndicatorType::Sha256),
            _ => None,
        };
        let before = text.get(..at).unwrap_or_default();
        // `0x` makes it an address or a number of another kind.
        let prefixed = before.ends_with("0x") || before.ends_with("0X");
        if let Some(kind) = kind.filter(|kind| !prefixed && is_varied(part) && !is_revision(before, *kind)) {
            hits.push(Hit::new(at, kind, part.to_ascii_lowercase(), false));
        }
        at += part.len() + 1;
    }
}

/// Whether it has enough different digits to be a digest.
fn is_varied(hex: &str) -> bool {
    let seen = hex.chars().filter_map(|c| c.to_digit(16)).fold(0_u32, |seen, digit| seen | 1 << digit);
    seen.count_ones() >= LEAST_DIFFERENT
}

/// Whether what precedes a digest says that it names a revision of source code. In URLs, see `Page::is_source`.
fn is_revision(before: &str, kind: IndicatorType) -> bool {
    if kind != IndicatorType::Sha1 {
        return false;
    }
    let punctuation = |c: char| c.is_whitespace() || "#:=`'\"([@/".contains(c);
    let mut rest = super::scan::last_bytes(before, 48).trim_end_matches(punctuation);
    for filler in ["sha1", "sha-1", "sha", "hash", "id"] {
        rest = rest.strip_suffix(filler).unwrap_or(rest).trim_end_matches(punctuation);
    }
    let word = rest.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    ["commit", "commits", "blob", "tree", "revision"].iter().any(|name| word.eq_ignore_ascii_case(name))
}

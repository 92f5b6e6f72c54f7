//! SHA-1 and SHA-256 digests and Bitcoin addresses: what stands in long runs of letters and digits.

use super::IndicatorType;
use super::bitcoin;
use super::scan::Hit;

/// The shortest run that may hold one, a Bitcoin address of 26 characters.
const LEAST: usize = 26;

/// How many letters and digits in a row are looked at first, and how far apart: a run of `LEAST` holds that many from one of
/// these places on.
const SAMPLE: usize = 8;
const STEP: usize = LEAST - SAMPLE + 1;

/// Appends digests and Bitcoin addresses in `text` to `hits`.
pub fn find(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut floor = 0;
    let mut at = 0;
    while let Some(sample) = bytes.get(at..).and_then(<[u8]>::first_chunk).copied() {
        if is_solid(sample) {
            let is_end = |byte: &u8| !byte.is_ascii_alphanumeric();
            let before = bytes.get(floor..at).unwrap_or_default();
            let after = bytes.get(at..).unwrap_or_default();
            let start = floor + before.iter().rposition(is_end).map_or(0, |last| last + 1);
            let end = at + after.iter().position(is_end).unwrap_or(after.len());
            if end - start >= LEAST {
                run(text, start, end, hits);
            }
            floor = end;
            at = end;
        } else {
            at += STEP;
        }
    }
}

/// Whether all bytes are letters or digits; without branches, as most texts are of short words.
fn is_solid(sample: [u8; SAMPLE]) -> bool {
    sample
        .iter()
        .fold(true, |solid, byte| solid & byte.is_ascii_alphanumeric())
}

fn run(text: &str, start: usize, end: usize, hits: &mut Vec<Hit>) {
    let Some(word) = text.get(start..end) else {
        return;
    };
    if bitcoin::is_address(word) {
        let segwit = word
            .get(..2)
            .is_some_and(|head| head.eq_ignore_ascii_case("bc"));
        let value = if segwit {
            word.to_ascii_lowercase()
        } else {
            word.to_owned()
        };
        hits.push(Hit::new(start, IndicatorType::BitcoinAddress, value, false));
        return;
    }
    let mut at = start;
    for part in word.as_bytes().split(|byte| !byte.is_ascii_hexdigit()) {
        let kind = match part.len() {
            40 => Some(IndicatorType::Sha1),
            64 => Some(IndicatorType::Sha256),
            _ => None,
        };
        if let Some(kind) = kind.filter(|kind| is_digest(text, at, part, *kind)) {
            let value = text
                .get(at..at + part.len())
                .unwrap_or_default()
                .to_ascii_lowercase();
            hits.push(Hit::new(at, kind, value, false));
        }
        at += part.len() + 1;
    }
}

/// Whether `hex`, of the right length at `at`, is a digest of a whole file.
fn is_digest(text: &str, at: usize, hex: &[u8], kind: IndicatorType) -> bool {
    let before = text.get(..at).unwrap_or_default();
    // `0x` makes it an address or a number of another kind.
    let prefixed = before.ends_with("0x") || before.ends_with("0X");
    let nothing = hex.iter().all(|digit| *digit == b'0');
    let other = match kind {
        IndicatorType::Sha1 => is_revision(before),
        _ => is_authentihash(before),
    };
    !(prefixed || nothing || other)
}

/// Whether what precedes a digest says that it names a revision of source code: `commit`, or a place in a repository.
/// Other URLs of repositories are known by their hosts, see `Page::is_source`.
fn is_revision(before: &str) -> bool {
    let mut words = super::scan::last_bytes(before, 48)
        .as_bytes()
        .rsplit(|byte| !byte.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let filler = |word: &&[u8]| {
        matches!(
            word.to_ascii_lowercase().as_slice(),
            b"sha1" | b"sha" | b"1" | b"hash" | b"id"
        )
    };
    let word = words.find(|word| !filler(word)).unwrap_or_default();
    [&b"commit"[..], b"commits", b"blob", b"tree", b"revision"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}

/// Whether what precedes a digest says that it leaves out parts of the file: as the file's own it would never be found.
fn is_authentihash(before: &str) -> bool {
    super::scan::last_bytes(before, 32)
        .trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_ascii_lowercase()
        .ends_with("authentihash")
}

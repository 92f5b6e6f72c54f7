//! SHA-1 and SHA-256 digests and Bitcoin addresses: what stands in long runs of letters and digits.

use std::ops::Range;

use super::halves::{self, Halves};
use super::scan::{Hit, Span};
use super::{IndicatorType, bitcoin, revision, wrapped};

/// The shortest run that is looked at, half of a SHA-1 that is broken over two lines.
pub const LEAST: usize = 20;

/// The shortest Bitcoin address.
const LEAST_ADDRESS: usize = 26;

/// How many letters and digits in a row are looked at first, and how far apart: a run of `LEAST` holds that many from one of
/// these places on.
const SAMPLE: usize = 8;
const STEP: usize = LEAST - SAMPLE + 1;

/// Whether some text is the hex of an MD5, SHA-1 or SHA-256 digest.
pub fn is_hex(text: &[u8]) -> bool {
    matches!(text.len(), 32 | 40 | 64) && text.iter().all(u8::is_ascii_hexdigit)
}

/// Appends digests and Bitcoin addresses in `text` to `hits`.
pub fn find(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut floor = 0;
    let mut at = 0;
    let mut joined = Span { start: 0, end: 0 };
    let mut halves = Halves::default();
    while let Some(sample) = bytes.get(at..at + SAMPLE) {
        if sample.iter().all(u8::is_ascii_alphanumeric) {
            let is_end = |byte: &u8| !byte.is_ascii_alphanumeric();
            let before = bytes.get(floor..at).unwrap_or_default();
            let after = bytes.get(at..).unwrap_or_default();
            let start = floor + before.iter().rposition(is_end).map_or(0, |last| last + 1);
            let end = at + after.iter().position(is_end).unwrap_or(after.len());
            if end - start >= LEAST && !(joined.start..joined.end).contains(&start) {
                if let Some(rest) = broken(text, joined.end, start..end, hits) {
                    joined = rest;
                } else if !halves.take(text, start..end, hits) && end - start >= LEAST_ADDRESS {
                    run(text, start, end, hits);
                }
            }
            floor = end;
            at = end;
        } else {
            at += STEP;
        }
    }
}

/// Reports the digest that a run is a part of, none of them before `floor`, and returns where its other parts are.
fn broken(text: &str, floor: usize, run: Range<usize>, hits: &mut Vec<Hit>) -> Option<Span> {
    let word = text.get(run.clone())?;
    if word.len() >= 64 || !word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let whole = wrapped::read(text, floor, run)?;
    let after = text.get(whole.end..).unwrap_or_default();
    if is_digest(
        text,
        whole.start,
        after,
        whole.digits.as_bytes(),
        whole.kind,
    ) {
        hits.push(Hit::new(whole.start, whole.kind, whole.digits, false));
    }
    Some(Span {
        start: whole.rest,
        end: whole.end,
    })
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
        let after = || text.get(at + part.len()..).unwrap_or_default();
        if let Some(kind) = kind.filter(|kind| is_digest(text, at, after(), part, *kind)) {
            let value = text
                .get(at..at + part.len())
                .unwrap_or_default()
                .to_ascii_lowercase();
            hits.push(Hit::new(at, kind, value, false));
        }
        at += part.len() + 1;
    }
}

/// Whether `hex`, of the right length at `at` and before `after`, is a digest of a whole file.
fn is_digest(text: &str, at: usize, after: &str, hex: &[u8], kind: IndicatorType) -> bool {
    let before = text.get(..at).unwrap_or_default();
    // `0x` makes it an address or a number of another kind.
    let prefixed = before.ends_with("0x") || before.ends_with("0X");
    let nothing = hex.iter().all(|digit| *digit == b'0');
    let other = match kind {
        IndicatorType::Sha1 => revision::is_meant(before, after),
        _ => {
            is_authentihash(before)
                || revision::is_transaction(before)
                || halves::is_of_longer(before, after)
        }
    };
    !(prefixed || nothing || other)
}

/// Whether what precedes a digest says that it leaves out parts of the file: as the file's own it would never be found.
fn is_authentihash(before: &str) -> bool {
    super::scan::last_bytes(before, 32)
        .trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_ascii_lowercase()
        .ends_with("authentihash")
}

//! URLs that stand percent-encoded in other text, as in the links of redirectors, mail gateways and trackers:
//! `?url=http%3A%2F%2Fevil.com%2Fa`.

use memchr::memmem;

use super::scan::Hit;
use super::url;

/// Both slashes, and the rest of a separator before them.
const SLASHES: [&[u8]; 2] = [b"%2F%2F", b"%2f%2f"];
const COLON: [&[u8]; 2] = [b"%3A", b"%3a"];

/// The most bytes of a scheme.
const MOST_SCHEME: usize = 8;

/// Appends the encoded URLs in `text` and their hosts to `hits`, as parts of whatever URL they stand in.
pub fn find(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    for slashes in SLASHES {
        let mut floor = 0;
        for at in memmem::find_iter(bytes, slashes) {
            if at < floor {
                continue;
            }
            let Some(start) = scheme_start(bytes, at, floor) else {
                continue;
            };
            let (decoded, end) = decode(bytes, start);
            floor = end;
            let mut found = Vec::new();
            url::find(&decoded, &mut found, &mut Vec::new());
            hits.extend(found.into_iter().map(|hit| Hit {
                at: start,
                in_path: true,
                ..hit
            }));
        }
    }
}

/// Byte offset of the scheme before the encoded slashes at `slashes`, not before `floor`.
fn scheme_start(bytes: &[u8], slashes: usize, floor: usize) -> Option<usize> {
    let before = bytes.get(floor..slashes)?;
    let scheme = COLON.iter().find_map(|colon| before.strip_suffix(*colon))?;
    let letters = scheme
        .iter()
        .rev()
        .take(MOST_SCHEME)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    // What the letters follow may be encoded as well: `%3Dhttp%3A`.
    let start = floor + scheme.len() - letters;
    let encoded = start > floor && bytes.get(start - 1) == Some(&b'%') && letters > 2;
    (letters > 2).then_some(start + if encoded { 2 } else { 0 })
}

/// What stands at `start`, decoded as far as it is encoded text, and the offset after it.
fn decode(bytes: &[u8], start: usize) -> (String, usize) {
    let mut decoded = String::with_capacity(96);
    let mut at = start;
    // Where it is a word of a command line whose spaces are encoded, so is the next.
    let command = start > 0 && bytes.get(start - 1) == Some(&b'+');
    while let Some(&byte) = bytes.get(at) {
        let (c, length) = match byte {
            b'+' if command => break,
            b'%' => match hex(bytes, at + 1) {
                Some(c) => (c, 3),
                None => break,
            },
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b'+' => (byte, 1),
            _ => break,
        };
        // An encoded space or quote ends it as it would a plain one.
        if !c.is_ascii_graphic() {
            break;
        }
        decoded.push(char::from(c));
        at += length;
    }
    (decoded, at)
}

/// The byte whose two hex digits are at `at`.
fn hex(bytes: &[u8], at: usize) -> Option<u8> {
    let digits = std::str::from_utf8(bytes.get(at..at + 2)?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

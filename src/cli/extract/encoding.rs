//! Bytes to text: UTF-16 and UTF-32 by their byte order mark (Unicode 17, section 23.8), else UTF-8, else an older code page.
//!
//! Of a code page no more is to be known than what is ASCII in it: that is what indicators are written in.

use std::char::{REPLACEMENT_CHARACTER, decode_utf16};

use memchr::{memchr, memmem};

/// What UTF-16 without a mark is told by: so many bytes from the start.
const SAMPLE: usize = 4_096;

/// What Windows-1252 has from 0x80 to 0x9f, which ISO 8859-1 leaves to control characters.
const WINDOWS: [char; 32] = [
    '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž',
    '\u{fffd}', '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}',
    'ž', 'Ÿ',
];

/// What Mac Roman has above ASCII; Apple's sign is no text.
const MAC: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
    ¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{fffd}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

/// What begins Japanese in ISO-2022-JP (RFC 1468), whose pairs look like ASCII.
const DOUBLE: &[u8] = b"\x1b$B";

/// The text, without a byte order mark, and how it was read where that was a guess.
pub fn decode(bytes: Vec<u8>) -> (String, Option<&'static str>) {
    let marked = match bytes.as_slice() {
        [0xff, 0xfe, 0, 0, rest @ ..] => Some(utf32(rest, u32::from_le_bytes)),
        [0, 0, 0xfe, 0xff, rest @ ..] => Some(utf32(rest, u32::from_be_bytes)),
        [0xff, 0xfe, rest @ ..] => Some(utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Some(utf16(rest, u16::from_be_bytes)),
        _ => None,
    };
    if let Some(text) = marked {
        return (text, None);
    }
    match nul_side(&bytes) {
        Some(1) => return (utf16(&bytes, u16::from_le_bytes), Some("UTF-16LE")),
        Some(_) => return (utf16(&bytes, u16::from_be_bytes), Some("UTF-16BE")),
        None => {}
    }
    // All of it is of seven bits; in other text the escape is damage.
    if bytes.is_ascii() && memmem::find(&bytes, DOUBLE).is_some() {
        let text = String::from_utf8_lossy(&ascii_of_escaped(&bytes)).into_owned();
        return (text, Some("the ASCII in ISO-2022-JP"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => match text.strip_prefix('\u{feff}') {
            Some(rest) => (rest.to_owned(), None),
            None => (text, None),
        },
        Err(error) => not_utf8(error.as_bytes()),
    }
}

/// Whether the start of a file is not that of UTF-16 or UTF-32.
pub fn is_of_bytes(start: &[u8]) -> bool {
    let marked = matches!(
        start,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 0, 0xfe, 0xff, ..]
    );
    !marked && nul_side(start).is_none()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (units, _) = bytes.as_chunks();
    decode_utf16(units.iter().copied().map(unit))
        .map(|character| character.unwrap_or(REPLACEMENT_CHARACTER))
        .collect()
}

fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> String {
    let (units, _) = bytes.as_chunks();
    let character = |bytes: &[u8; 4]| char::from_u32(unit(*bytes)).unwrap_or(REPLACEMENT_CHARACTER);
    units.iter().map(character).collect()
}

/// Which byte of each pair is NUL in most of them (0 or 1), where the other never is: UTF-16 that is mostly ASCII.
fn nul_side(bytes: &[u8]) -> Option<usize> {
    let (pairs, _) = bytes.get(..bytes.len().min(SAMPLE))?.as_chunks::<2>();
    let first = pairs.iter().filter(|pair| pair[0] == 0).count();
    let second = pairs.iter().filter(|pair| pair[1] == 0).count();
    match (first, second) {
        (0, nul) if nul * 2 > pairs.len() => Some(1),
        (nul, 0) if nul * 2 > pairs.len() => Some(0),
        _ => None,
    }
}

/// Text that is not all UTF-8: damaged where most of its other characters are, else in a code page.
fn not_utf8(bytes: &[u8]) -> (String, Option<&'static str>) {
    let (mut right, mut wrong) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    if right > wrong {
        let text = String::from_utf8_lossy(bytes).into_owned();
        (text, Some("UTF-8 with damaged characters"))
    } else if is_double_byte(bytes) {
        (
            ascii_of_double_bytes(bytes),
            Some("the ASCII in an East Asian code page"),
        )
    } else if is_in_runs(bytes) {
        (
            bytes.iter().copied().map(ascii).collect(),
            Some("the ASCII in a code page that is not Latin"),
        )
    } else if is_mac(bytes) {
        let signs: Vec<char> = MAC.chars().collect();
        let sign = |byte: u8| byte.checked_sub(0x80).map(|at| signs.get(usize::from(at)));
        let sign = |byte| sign(byte).map_or(char::from(byte), |sign| *sign.unwrap_or(&'\u{fffd}'));
        (bytes.iter().copied().map(sign).collect(), Some("Mac Roman"))
    } else {
        (
            bytes.iter().copied().map(windows_1252).collect(),
            Some("Windows-1252"),
        )
    }
}

/// Whether every byte above ASCII is the first or second of a pair, as in GBK, Big5 and Shift JIS, and some words are of two such pairs and more:
/// in Latin text they stand alone, or are a rule of dashes, and in other texts odd numbers of them stand before a space.
fn is_double_byte(bytes: &[u8]) -> bool {
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        if !byte.is_ascii() && !matches!(rest.next(), Some(0x40..=0x7e | 0x80..=0xfe)) {
            return false;
        }
    }
    let is_word = |run: &[u8]| run.len() >= 4 && run.iter().any(|byte| *byte > 0xa0);
    bytes
        .split(u8::is_ascii)
        .any(|run| is_word(run) && !is_rule(run))
}

/// Whether it is one sign over and over: dashes across a page.
fn is_rule(run: &[u8]) -> bool {
    run.len() > 2 && run.windows(2).all(|pair| pair.first() == pair.last())
}

/// Whether what Mac Roman has as an ellipsis, a dash or a quotation mark stands where its capital of Windows-1252 does in no word: after a
/// small letter or a digit.
fn is_mac(bytes: &[u8]) -> bool {
    let mut before = &b' ';
    bytes.iter().any(|byte| {
        let before = std::mem::replace(&mut before, byte);
        matches!(byte, 0xc9 | 0xd0..=0xd5) && matches!(before, b'a'..=b'z' | b'0'..=b'9')
    })
}

/// The second byte of a pair may look like a letter, so that it goes with the first.
fn ascii_of_double_bytes(bytes: &[u8]) -> String {
    let mut rest = bytes.iter();
    let mut text = String::with_capacity(bytes.len());
    while let Some(byte) = rest.next() {
        text.push(ascii(*byte));
        if !byte.is_ascii() {
            rest.next();
        }
    }
    text
}

/// What stands outside of the escapes to pairs: each is ended by one to ASCII or JIS X 0201, or by the line's end at the latest.
fn ascii_of_escaped(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for part in bytes.split(|byte| *byte == 0x1b) {
        match part {
            [b'(', b'B' | b'J', ascii @ ..] => text.extend_from_slice(ascii),
            [b'$', pairs @ ..] => {
                text.push(b' ');
                let next = memchr(b'\n', pairs).and_then(|end| pairs.get(end..));
                text.extend_from_slice(next.unwrap_or_default());
            }
            _ => text.extend_from_slice(part),
        }
    }
    text
}

/// Whether most bytes above ASCII stand in words of their own, three and more in a row: Cyrillic, Greek, Arabic, EUC.
fn is_in_runs(bytes: &[u8]) -> bool {
    let runs = bytes.split(u8::is_ascii).filter(|run| !is_rule(run));
    let (long, short) = runs.map(<[u8]>::len).fold((0, 0), |(long, short), length| {
        if length > 2 {
            (long + length, short)
        } else {
            (long, short + length)
        }
    });
    long > short
}

fn ascii(byte: u8) -> char {
    if byte.is_ascii() {
        char::from(byte)
    } else {
        REPLACEMENT_CHARACTER
    }
}

fn windows_1252(byte: u8) -> char {
    let own = byte
        .checked_sub(0x80)
        .and_then(|at| WINDOWS.get(usize::from(at)));
    own.copied().unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded<const N: usize>(text: &str, mark: &[u8], of: fn(u32) -> [u8; N]) -> Vec<u8> {
        let units = text.chars().flat_map(|character| of(u32::from(character)));
        mark.iter().copied().chain(units).collect()
    }

    #[test]
    fn unicode_is_told_by_its_mark_and_utf16_without_one_too() {
        let text = "hxxp://evil[.]example/é\r\n";
        let le16 = |unit| u16::try_from(unit).unwrap().to_le_bytes();
        let be16 = |unit| u16::try_from(unit).unwrap().to_be_bytes();
        for (bytes, guess) in [
            (encoded(text, b"\xff\xfe", le16), None),
            (encoded(text, b"\xfe\xff", be16), None),
            (encoded(text, b"", le16), Some("UTF-16LE")),
            (encoded(text, b"", be16), Some("UTF-16BE")),
            (encoded(text, b"\xff\xfe\0\0", u32::to_le_bytes), None),
            (encoded(text, b"\0\0\xfe\xff", u32::to_be_bytes), None),
            ([b"\xef\xbb\xbf", text.as_bytes()].concat(), None),
        ] {
            assert_eq!(decode(bytes.clone()), (text.to_owned(), guess), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_torn_in_unicode_costs_no_more_than_itself() {
        assert_eq!(decode(b"\xff\xfea\0\0\xd8b\0c".to_vec()).0, "a\u{fffd}b");
        assert_eq!(
            decode(b"\xff\xfe\0\0a\0\0\0\xff\xff\xff\xff".to_vec()).0,
            "a\u{fffd}"
        );
        let damaged = ["déjà vu”".as_bytes(), b"\xff"].concat();
        let expected = "déjà vu”\u{fffd}".to_owned();
        assert_eq!(
            decode(damaged),
            (expected, Some("UTF-8 with damaged characters"))
        );
    }

    #[test]
    fn the_pairs_of_iso_2022_jp_are_no_ascii() {
        let (text, guess) = decode(b"\x1b$B%\"%/%;%9\x1b(Bevil.com\x1b$B$K\x1b(J x".to_vec());
        assert_eq!(
            (text.as_str(), guess),
            (" evil.com  x", Some("the ASCII in ISO-2022-JP"))
        );
        assert_eq!(decode(b"a\x1b$B%\"\nb.com".to_vec()).0, "a \nb.com");
        let damaged = "é\u{1b}$B\nb.com".to_owned();
        assert_eq!(decode(damaged.clone().into_bytes()), (damaged, None));
    }

    #[test]
    fn the_ascii_of_a_code_page_is_kept() {
        for (bytes, expected, guess) in [
            (
                &b"caf\xe9 \x93evil.com\x94\x97\xabbad.com\xbb"[..],
                "café “evil.com”—«bad.com»",
                "Windows-1252",
            ),
            (
                b"\x97\x97\x97\x97\n\x95evil.com",
                "————\n•evil.com",
                "Windows-1252",
            ),
            (
                b"\xd2evil.com\xd3 \xa5 \xd4caf\x8e\xca\xc7a\xc8\xd5",
                "“evil.com” • ‘café\u{a0}«a»’",
                "Mac Roman",
            ),
            // Windows-1251: "адрес «evil.com» и"
            (
                b"\xe0\xe4\xf0\xe5\xf1 \xabevil.com\xbb \xe8",
                "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd} \u{fffd}evil.com\u{fffd} \u{fffd}",
                "the ASCII in a code page that is not Latin",
            ),
            // GBK: "访问evil.com下载"
            (
                b"\xb7\xc3\xce\xcaevil.com\xcf\xc2\xd4\xd8",
                "\u{fffd}\u{fffd}evil.com\u{fffd}\u{fffd}",
                "the ASCII in an East Asian code page",
            ),
            // Shift JIS: "接続先アドevil.com", whose katakana end with ASCII letters
            (
                b"\x90\xda\x91\xb1\x90\xe6\x83A\x83hevil.com",
                "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}evil.com",
                "the ASCII in an East Asian code page",
            ),
        ] {
            assert_eq!(decode(bytes.to_vec()), (expected.to_owned(), Some(guess)));
        }
    }
}

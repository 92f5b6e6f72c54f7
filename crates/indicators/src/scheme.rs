//! URL schemes, plain and masked, and what separates them from the host.

use super::defang;

/// A scheme and its separator, found from the separator's first slash.
#[derive(Clone, Copy, Debug)]
pub struct Scheme {
    /// Byte offset of its first letter.
    pub start: usize,
    /// Byte offset after the separator.
    pub end: usize,
    /// As it is without the mask.
    pub name: &'static str,
    /// Whether scheme or separator is masked.
    pub defanged: bool,
}

/// The schemes that URLs in reports have.
const SCHEMES: [&str; 14] = [
    "http", "https", "ftp", "ftps", "sftp", "tftp", "ws", "wss", "ldap", "ldaps", "rmi", "smb",
    "webdav", "gopher",
];

/// The most bytes that a masked scheme takes: `h[tt]p[s]` and longer.
const MOST_BYTES: usize = 14;

/// The scheme whose separator has its first slash (or backslash, or underscore) at `slash`, not before `floor`.
pub fn around(text: &str, slash: usize, floor: usize) -> Option<Scheme> {
    let bytes = text.as_bytes();
    let single = is_single(bytes, slash);
    let end = if single {
        slash + 1
    } else {
        separator_end(bytes, slash)?
    };
    let (word_end, colon) = separator_start(bytes, slash, floor);
    // `http!`: what masks the last letter of `https`.
    let junk = word_end > floor
        && bytes
            .get(word_end - 1)
            .is_some_and(|byte| b"!&^;".contains(byte));
    let (start, name, masked) = word_before(bytes, word_end - usize::from(junk), floor)?;
    let name = if junk && name == "http" {
        "https"
    } else {
        name
    };
    let web = name.starts_with("http");
    if single && !masked {
        return None;
    }
    let separator = bytes.get(word_end..end).unwrap_or_default();
    let plain = matches!(separator, b"://" | b":\\/\\/") && !junk && !masked;
    (web || colon).then_some(Scheme {
        start,
        end,
        name,
        defanged: !plain,
    })
}

/// Whether the slash at `at` is the only one after a masked scheme: `hxxp:/evil.com`.
pub fn is_single(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'/')
        && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
        && matches!(
            bytes.get(at.saturating_sub(4)..at),
            Some(
                [_, b'x' | b'X', b'p' | b'P', b':'] | [b'x' | b'X', b'p' | b'P', b's' | b'S', b':']
            )
        )
}

/// Byte offset after the separator: both slashes, brackets around them, and a space.
fn separator_end(bytes: &[u8], first: usize) -> Option<usize> {
    let is = |at: usize, set: &[u8]| bytes.get(at).is_some_and(|byte| set.contains(byte));
    let mut at = first + 1;
    if is(first, b"_") {
        return is(at, b"_").then(|| at + 1 + usize::from(is(at + 1, b" ")));
    }
    if is(first, b"\\") && is(at, b"/") {
        at += 1;
    }
    for _ in 0..3 {
        at += usize::from(is(at, b"[](){}"));
    }
    if is(at, b"\\") && is(at + 1, b"/") {
        at += 1;
    }
    if !is(at, b"/\\") {
        return None;
    }
    at += 1;
    for _ in 0..2 {
        at += usize::from(is(at, b"/\\"));
    }
    for _ in 0..2 {
        at += usize::from(is(at, b"])}"));
    }
    at += usize::from(is(at, b" "));
    Some(at)
}

/// Byte offset of the separator's start, and whether it holds a colon.
fn separator_start(bytes: &[u8], slash: usize, floor: usize) -> (usize, bool) {
    let mut start = slash;
    let mut colon = false;
    for _ in 0..6 {
        match start
            .checked_sub(1)
            .filter(|at| *at >= floor)
            .and_then(|at| bytes.get(at))
        {
            Some(b':') => colon = true,
            Some(b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b' ' | b'\\') => {}
            _ => break,
        }
        start -= 1;
    }
    (start, colon)
}

/// The scheme whose last character is before `end`: its start, its name, and whether it is masked. A dash or a bullet outside of
/// ASCII (U+2010 to U+2015, U+2022) masks like a hyphen.
fn word_before(bytes: &[u8], end: usize, floor: usize) -> Option<(usize, &'static str, bool)> {
    for (word, name) in [
        (&b"http"[..], "http"),
        (b"https", "https"),
        (b"hxxp", "http"),
        (b"hxxps", "https"),
    ] {
        // Glued to the word before it or not: these can't be mistaken.
        let start = end.checked_sub(word.len()).filter(|start| *start >= floor);
        if let Some(start) = start.filter(|start| defang::starts_with(bytes, *start, word)) {
            return Some((start, name, word.starts_with(b"hx")));
        }
    }
    let first = end.saturating_sub(MOST_BYTES).max(floor);
    let mut letters: Vec<(usize, u8)> = Vec::with_capacity(MOST_BYTES);
    let mut bracketed = false;
    for at in (first..end).rev() {
        let byte = bytes.get(at).copied()?;
        if byte.is_ascii_alphanumeric() || b"*?_+#@$-.".contains(&byte) {
            letters.push((at, byte.to_ascii_lowercase()));
        } else if byte == 0xe2 {
            letters.push((at, b'-'));
        } else if b"[](){}".contains(&byte) {
            bracketed = true;
        } else if byte == b'\\' && matches!(bytes.get(at + 1), Some(b'*' | b'_')) {
            // As Markdown escapes what masks it.
            letters.push((at, b'\\'));
        } else if !matches!(byte, 0x80 | 0x90..=0x95 | 0xa2) {
            break;
        }
    }
    letters.reverse();
    (0..letters.len()).find_map(|from| {
        let (start, _) = *letters.get(from)?;
        let word: Vec<u8> = letters
            .get(from..)?
            .iter()
            .map(|(_, letter)| *letter)
            .filter(|letter| *letter != b'\\')
            .collect();
        let (name, masked) = unmask(&word)?;
        let alone = start == floor || !bytes.get(start - 1).is_some_and(u8::is_ascii_alphanumeric);
        let inner_brackets = bracketed && end - start > word.len();
        alone.then_some((start, name, masked || inner_brackets))
    })
}

/// The scheme that a word in lower case stands for, and whether it is masked.
fn unmask(word: &[u8]) -> Option<(&'static str, bool)> {
    if let Some(name) = SCHEMES.iter().find(|name| name.as_bytes() == word) {
        return Some((name, false));
    }
    if let [
        b'x' | b'*',
        b'x' | b'*',
        b'x' | b'*',
        b'x' | b'*',
        last @ ..,
    ] = word
    {
        // All of it masked: its length tells.
        return match last {
            [] => Some(("http", true)),
            [b'x' | b'*' | b's'] => Some(("https", true)),
            _ => None,
        };
    }
    let (base, secure) = match word.strip_suffix(b"s") {
        Some(base) => (base, true),
        None => (word, false),
    };
    let pick = |plain, with_tls| Some((if secure { with_tls } else { plain }, true));
    match base {
        b"meow" | b"ttp" => pick("http", "https"),
        [b'h', mask @ .., b'p']
            if matches!(mask.len(), 1..=4) && mask.iter().all(|byte| is_mask(*byte)) =>
        {
            pick("http", "https")
        }
        [b'f', mask, b'p'] if is_mask(*mask) => pick("ftp", "ftps"),
        b"ftx" => pick("ftp", "ftps"),
        _ => None,
    }
}

fn is_mask(byte: u8) -> bool {
    b"txz0*?_+#@$-.".contains(&byte)
}

/// Byte offset after a port that begins at `at`, and the port, if there is one: `:8080`, `[:]8080`.
pub fn port(bytes: &[u8], at: usize) -> Option<(usize, u16)> {
    let start = defang::colon(bytes, at)?;
    let digits = bytes
        .get(start..)
        .unwrap_or_default()
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let end = start + digits;
    let port = std::str::from_utf8(bytes.get(start..end)?)
        .ok()?
        .parse()
        .ok()?;
    Some((end, port))
}

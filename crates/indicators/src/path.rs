//! The part of a URL after its host: where it ends, and what is defanged in it.

use super::defang;
use super::ending::Around;

/// Bytes that no URL holds.
const ENDS: &[u8] = b" \t\r\n\"<>`|^";

/// Entities that stand for an end, in texts that were HTML once.
const END_ENTITIES: [&[u8]; 9] = [
    b"&quot;", b"&lt;", b"&gt;", b"&apos;", b"&nbsp;", b"&#34;", b"&#39;", b"&#x27;", b"&#x22;",
];

/// Where a path ends, and whether anything in it was defanged.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    /// Byte offset after it.
    pub end: usize,
    /// Whether a dot, colon or slash in it was defanged.
    pub defanged: bool,
}

/// Whether it is what it is, wherever it stands.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'/' | b'-' | b'_' | b'=' | b'?' | b'%' | b'~' | b'+')
}

/// Whether a path, query or fragment begins at `at`.
pub fn begins(bytes: &[u8], at: usize) -> bool {
    defang::slash(bytes, at).is_some() || matches!(bytes.get(at), Some(b'?' | b'#'))
}

/// Appends the path, query and fragment that begin at `start` to `url`, which begins at `first` in the text.
pub fn read(text: &str, first: usize, start: usize, url: &mut String) -> Tail {
    let around = Around::before(text.as_bytes(), first);
    let limit = around.limit(text.as_bytes(), first, start);
    let text = text.get(..limit).unwrap_or(text);
    let bytes = text.as_bytes();
    let base = url.len();
    let mut tail = Tail {
        end: start,
        defanged: false,
    };
    let mut seen = Seen::default();
    let mut nesting: Vec<(u8, usize)> = Vec::new();
    loop {
        let rest = bytes.get(tail.end..).unwrap_or_default();
        let plain = rest
            .iter()
            .position(|byte| !is_plain(*byte))
            .unwrap_or(rest.len());
        url.push_str(text.get(tail.end..tail.end + plain).unwrap_or_default());
        tail.end += plain;
        let Some(&byte) = bytes.get(tail.end) else {
            break;
        };
        let path = url.get(base..).unwrap_or_default();
        let command = byte == b'&' && around.ends(bytes, tail.end, seen.update(path).query);
        if let Some((length, plain)) = refang(bytes, tail.end).filter(|_| !command) {
            url.push_str(plain);
            tail.end += length;
            tail.defanged |= length > 2 || byte == b'[';
            continue;
        }
        let ends = match byte {
            b'\\' => true,
            // The second of two may be followed by anything: `?x='a',1`.
            b'\'' => !seen.update(path).quoted && around.ends(bytes, tail.end, false),
            b'$' => around.ends(bytes, tail.end, false),
            b',' | b';' => begins_url(bytes, tail.end + 1) || around.ends(bytes, tail.end, false),
            b'&' => {
                command
                    || END_ENTITIES
                        .iter()
                        .any(|entity| defang::starts_with(bytes, tail.end, entity))
            }
            b'(' | b'[' | b'{' => {
                nesting.push((byte, url.len()));
                byte != b'(' && around.ends(bytes, tail.end, seen.update(path).query)
            }
            b')' | b']' | b'}' => nesting.pop().map(|(opened, _)| opened) != Some(opener(byte)),
            _ => ENDS.contains(&byte) || byte.is_ascii_control(),
        };
        if ends {
            if byte == b'|'
                && let Some((b'(', at)) = nesting.last()
            {
                // Alternatives of a regular expression: `/(gate|panel).php`.
                url.truncate(*at);
            }
            break;
        }
        if byte.is_ascii() {
            url.push(char::from(byte));
            tail.end += 1;
        } else if let Some(letter) = text
            .get(tail.end..)
            .and_then(|rest| rest.chars().next())
            .filter(|c| is_letter(*c))
        {
            url.push(letter);
            tail.end += letter.len_utf8();
        } else {
            break;
        }
    }
    if bytes.get(tail.end) == Some(&b'>') {
        // An arrow, or the end of a comment.
        trim(url, base, |c| c == '-');
    }
    if bytes.get(tail.end.saturating_sub(2)..tail.end) == Some(b"/?")
        && around.asks(bytes, tail.end)
    {
        return tail;
    }
    let query = seen.update(url.get(base..).unwrap_or_default()).query;
    trim(url, base, |c| {
        ".,;:!?'*([{".contains(c) || !query && c == '&' || around.emphasis() == Some(c)
    });
    tail
}

/// What has been read of a path, each byte looked at once.
#[derive(Default)]
struct Seen {
    length: usize,
    /// Whether it goes on into the query or fragment.
    query: bool,
    /// Whether it opens a quote and does not close it.
    quoted: bool,
}

impl Seen {
    fn update(&mut self, path: &str) -> &Self {
        for byte in path.as_bytes().get(self.length..).unwrap_or_default() {
            self.query |= matches!(byte, b'?' | b'#');
            self.quoted ^= *byte == b'\'';
        }
        self.length = path.len();
        self
    }
}

/// What at `at` stands for a plain character: its length, and what it stands for.
fn refang(bytes: &[u8], at: usize) -> Option<(usize, &'static str)> {
    let rest = bytes.get(at..)?;
    match rest {
        [b'\\', b'/', ..] => Some((2, "/")),
        // As Markdown escapes them: `setup\.exe`, `my\_file`.
        [b'\\', b'.', next, ..] if next.is_ascii_alphanumeric() => Some((2, ".")),
        [b'\\', b'_', next, ..] if next.is_ascii_alphanumeric() => Some((2, "_")),
        [
            b'[' | b'(' | b'{',
            mark @ (b'.' | b'/' | b':' | b'@' | b'-'),
            b']' | b')' | b'}',
            ..,
        ] => {
            let plain = match mark {
                b'.' => ".",
                b'/' => "/",
                b':' => ":",
                b'@' => "@",
                _ => "-",
            };
            Some((3, plain))
        }
        [
            b'[' | b'(' | b'{',
            b'd' | b'D',
            b'o' | b'O',
            b't' | b'T',
            b']' | b')' | b'}',
            ..,
        ] => Some((5, ".")),
        [b'[', b'/', ..] => defang::slash(bytes, at).map(|end| (end - at, "/")),
        // Lopsided: `setup[.exe`, `setup.]exe`.
        [b'[', b'.', next, ..] if next.is_ascii_alphanumeric() => Some((2, ".")),
        [b'.', b']', next, ..] if next.is_ascii_alphanumeric() => Some((2, ".")),
        [b'&', b'a' | b'A', b'm' | b'M', b'p' | b'P', b';', ..] => Some((5, "&")),
        _ => None,
    }
}

/// Whether another URL begins at `at`, as in a list without spaces.
fn begins_url(bytes: &[u8], at: usize) -> bool {
    [&b"http"[..], b"hxxp", b"ftp:"]
        .iter()
        .any(|scheme| defang::starts_with(bytes, at, scheme))
}

fn opener(closer: u8) -> u8 {
    match closer {
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    }
}

/// Takes the punctuation around it off the end of a URL, not beyond `base`.
fn trim(url: &mut String, base: usize, is_punctuation: impl Fn(char) -> bool) {
    let path = url.get(base..).unwrap_or_default();
    let kept = path.trim_end_matches(is_punctuation);
    url.truncate(base + kept.len());
}

/// Letters of scripts with spaces between words, from those of Europe to those of India: in the others (from Thai on) a URL
/// stands right beside the words around it.
fn is_letter(letter: char) -> bool {
    letter.is_alphabetic() && (letter < '\u{e00}' || ('\u{1e00}'..'\u{2000}').contains(&letter))
}

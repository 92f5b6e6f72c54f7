//! Strings as JSON and programs write them: a line break is `\n`, a tab `\t`, any character `\u002f`. Left as they are, they hide
//! what follows (`\nevil.com`).

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memmem};

use super::{domain, ipv4, tlds};

/// How far back a path is looked for that a backslash may belong to.
const REACH: usize = 96;

/// What no path of Windows holds, and a text with strings does.
const SIGNS: [&[u8]; 7] = [
    b"\\\"", b"\": \"", b"\":\"", b"\\r\\n", b"\\n\\n", b"\\n- ", b"\\n* ",
];

/// The same where the backslashes of strings are escaped themselves.
const SIGNS_DOUBLED: [&[u8]; 3] = [b"\\\\r\\\\n", b"\\\\n\\\\n", b"\\\\\\\""];

/// Writes what is escaped plainly. A backslash that may be part of a path, a key or an account stays.
pub fn decode(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let Some(first) = memchr(b'\\', bytes) else {
        return Cow::Borrowed(text);
    };
    let mut signs = Signs::default();
    let mut plain = String::new();
    let mut done = 0;
    let mut next = 0;
    for at in memchr_iter(b'\\', bytes.get(first..).unwrap_or_default()).map(|at| first + at) {
        if at < next {
            continue;
        }
        let doubled = bytes.get(at + 1) == Some(&b'\\');
        next = at + 1 + usize::from(doubled);
        let Some((end, c)) = escaped(bytes, next) else {
            continue;
        };
        let from = done.max(at.saturating_sub(REACH));
        let before = bytes.get(from..at).unwrap_or_default();
        let follows = done > 0 && done == at;
        let is_escape = follows
            || match context(before, doubled) {
                Context::String => true,
                Context::Path => false,
                Context::Unclear => {
                    end > next + 1
                        || follows_indicator(bytes, before, end)
                        || signs.present(bytes, doubled)
                }
            };
        if is_escape {
            plain.push_str(text.get(done..at).unwrap_or_default());
            plain.push(c);
            done = end;
            next = end;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    plain.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(plain)
}

/// Whether a text shows that it holds strings, with plain and with doubled backslashes; looked for once.
#[derive(Default)]
struct Signs([Option<bool>; 2]);

impl Signs {
    fn present(&mut self, bytes: &[u8], doubled: bool) -> bool {
        let signs = if doubled { &SIGNS_DOUBLED[..] } else { &SIGNS };
        let Some(known) = self.0.get_mut(usize::from(doubled)) else {
            return false;
        };
        *known.get_or_insert_with(|| signs.iter().any(|sign| memmem::find(bytes, sign).is_some()))
    }
}

/// Byte offset after an escape whose letter is at `at`, and the character that it stands for.
fn escaped(bytes: &[u8], at: usize) -> Option<(usize, char)> {
    match bytes.get(at)? {
        b'n' | b'r' => Some((at + 1, '\n')),
        b't' => Some((at + 1, '\t')),
        b'u' => {
            let digits = bytes.get(at + 1..at + 5)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            // Half of a pair stands for what is no part of an indicator.
            Some((at + 5, char::from_u32(code).unwrap_or(' ')))
        }
        _ => None,
    }
}

/// What precedes a backslash says of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// It escapes the next letter.
    String,
    /// It separates folders, keys, or a domain and an account.
    Path,
    /// Either.
    Unclear,
}

/// What the text before a backslash, from the last escape on, says of it.
fn context(before: &[u8], doubled: bool) -> Context {
    let line = before
        .rsplit(|byte| matches!(byte, b'\n' | b'\r' | b'"'))
        .next()
        .unwrap_or_default();
    let word = line
        .rsplit(|byte| byte.is_ascii_whitespace() || b"'`(<>|=".contains(byte))
        .next()
        .unwrap_or_default();
    let Some(last) = word.last() else {
        // What begins with two of them is a host in the network.
        return if doubled {
            Context::Path
        } else {
            unclear(line)
        };
    };
    if memchr(b'\\', word).is_some() {
        return if !doubled && is_escaped(word) {
            Context::String
        } else {
            Context::Path
        };
    }
    if is_root(word) {
        return Context::Path;
    }
    match last {
        b':' | b'.' | b',' | b';' | b')' | b']' | b'!' | b'?' | b'*' | b'#' => Context::String,
        _ if is_indicator(word) => Context::String,
        _ => unclear(line),
    }
}

/// Whether an indicator that no path, key or account holds is at `at`: an address, a URL or a CVE, or a domain after another.
fn follows_indicator(bytes: &[u8], before: &[u8], at: usize) -> bool {
    let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !b".-".contains(byte);
    let rest = bytes.get(at..).unwrap_or_default();
    let rest = rest.get(..REACH.min(rest.len())).unwrap_or_default();
    let word = rest.split(is_end).next().unwrap_or_default();
    // A full stop.
    let word = word.strip_suffix(b".").unwrap_or(word);
    let last = before.rsplit(is_end).next().unwrap_or_default();
    [&b"http"[..], b"hxxp", b"CVE-"]
        .iter()
        .any(|start| word.starts_with(start))
        || is_indicator(word)
        || [word, last].iter().all(|word| is_domain(word))
}

fn is_domain(word: &[u8]) -> bool {
    let name = std::str::from_utf8(word).unwrap_or_default();
    let name = name.to_ascii_lowercase();
    let top = name.rsplit('.').next().unwrap_or_default();
    tlds::is_common(top) && domain::named(&name).is_some()
}

/// A path that is plain in the same line may have a space in it, and go on.
fn unclear(line: &[u8]) -> Context {
    let plain = memchr_iter(b'\\', line).any(|at| {
        let around = [at.checked_sub(1), Some(at + 1)].map(|at| at.and_then(|at| line.get(at)));
        !around.contains(&Some(&b'\\')) && !around.contains(&Some(&b'/'))
    });
    if plain {
        Context::Path
    } else {
        Context::Unclear
    }
}

/// Whether every backslash in a word is escaped, or escapes a slash, so that a single one is an escape too: `C:\\a\\b.exe\n`.
fn is_escaped(word: &[u8]) -> bool {
    let mut rest = word;
    let share = word.starts_with(b"\\\\") && !word.starts_with(b"\\\\\\\\");
    while let Some(at) = memchr(b'\\', rest) {
        if !matches!(rest.get(at + 1), Some(b'\\' | b'/' | b'"' | b'.')) {
            return false;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    !share
}

/// Whether a word is what paths and keys begin with: a drive, a hive, a variable, a folder by its dots.
fn is_root(word: &[u8]) -> bool {
    let bare = word.strip_suffix(b":").unwrap_or(word);
    let drive = bare.len() == 1 && bare.len() < word.len();
    let hive = bare
        .rsplit(|byte| *byte == b':')
        .next()
        .is_some_and(|name| name.starts_with(b"HK") || name.starts_with(b"hk"));
    let variable = word.starts_with(b"$") || word.starts_with(b"%") && word.ends_with(b"%");
    drive || hive || variable || word.iter().all(|byte| *byte == b'.') || word == b"~"
}

/// Whether a word is an address, a digest or a URL: no path goes on from it.
fn is_indicator(word: &[u8]) -> bool {
    let digest = word.len() >= 32 && word.iter().all(u8::is_ascii_hexdigit);
    let address = std::str::from_utf8(word)
        .ok()
        .and_then(ipv4::parse)
        .is_some();
    digest || address || memmem::find(word, b"://").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_told_from_paths() {
        for (text, expected) in [
            ("C2:\\nevil.com", "C2:\nevil.com"),
            ("45.77.13.9\\nevil.com", "45.77.13.9\nevil.com"),
            ("the end.\\tevil.com", "the end.\tevil.com"),
            ("is\\n\\nevil.com\\r\\n", "is\n\nevil.com\n\n"),
            ("{\"a\": \"is\\nevil.com\"}", "{\"a\": \"is\nevil.com\"}"),
            ("http:\\/\\/evil.com\\/a\\nb", "http:\\/\\/evil.com\\/a\nb"),
            ("C:\\\\a\\\\b.exe\\nevil.com", "C:\\\\a\\\\b.exe\nevil.com"),
            ("http:\\u002f\\u002Fevil.com", "http://evil.com"),
            ("\\u4e2d\\u6587evil.com", "\u{4e2d}\u{6587}evil.com"),
            ("\\ud83d\\ude00evil.com", "  evil.com"),
            ("is\\\\r\\\\nevil.com", "is\n\nevil.com"),
            ("hosts:\\\\nevil.com", "hosts:\nevil.com"),
            ("evil.com\\nbad.net", "evil.com\nbad.net"),
            ("hosts\\n45.77.13.9.", "hosts\n45.77.13.9."),
            (
                "see\\thttp://evil.com\\nCVE-2024-1",
                "see\thttp://evil.com\nCVE-2024-1",
            ),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn paths_keys_and_accounts_stay() {
        for text in [
            "C:\\new\\table\\run.com",
            "C:\\\\new\\\\table",
            "\\\\nas.evil.com\\new",
            "\\\\evil.com\\netlogon",
            "\\temp\\x.com and CORP\\nick.name",
            "HKLM\\ntds, HKCU:\\network, Registry::HKU\\test",
            "%temp%\\news.com, $env:temp\\news.com, ..\\news.com",
            "system32\\netsh.exe, evil.com\\nick, corp.local\\nick.net",
            "copy \"C:\\Program Files\\news.com\" and \\\"x\\\"",
            "\\users\\u00zz",
            "\\",
            "\\u",
            "a\\",
        ] {
            assert_eq!(decode(text), text);
        }
    }
}

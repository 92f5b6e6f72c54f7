//! Mails as they are stored: headers first, and parts whose lines are broken and whose signs are escaped ("quoted-printable").

use std::borrow::Cow;

use memchr::memchr;

/// The most bytes of the headers that are looked at.
const MOST_HEADERS: usize = 8192;

/// Headers that a mail begins with, in lower case.
const FIRST: [&str; 9] = [
    "date",
    "delivered-to",
    "from",
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "subject",
    "to",
];

/// Headers that mails have and other texts lack.
const TELLING: [&str; 3] = ["message-id", "mime-version", "received"];

/// What says that a part is escaped, in lower case.
const ESCAPED: &str = "content-transfer-encoding: quoted-printable";

/// Whether a text is a mail with its headers.
pub fn is_likely(text: &str) -> bool {
    let is = |line: &str, names: &[&str]| {
        line.split_once(':')
            .is_some_and(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
    };
    let most = text.floor_char_boundary(MOST_HEADERS.min(text.len()));
    let text = text.get(..most).unwrap_or_default();
    let mut lines = text.lines();
    if !lines.next().is_some_and(|line| is(line, &FIRST)) {
        return false;
    }
    text.lines()
        .take_while(|line| !line.trim().is_empty())
        .any(|line| is(line, &TELLING))
}

/// The text with its escaped parts written plainly, if it is a mail.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !is_likely(text) {
        return Cow::Borrowed(text);
    }
    let mut plain: Vec<u8> = Vec::new();
    let mut escaped = false;
    let mut changed = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with("--") {
            escaped = false;
        }
        if escaped {
            changed |= decode(line, &mut plain);
        } else {
            let content = line.trim_end();
            escaped = content.eq_ignore_ascii_case(ESCAPED);
            plain.extend_from_slice(line.as_bytes());
        }
    }
    if !changed {
        return Cow::Borrowed(text);
    }
    Cow::Owned(match String::from_utf8(plain) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// Appends a line without its escapes, and tells whether it has any.
fn decode(line: &str, plain: &mut Vec<u8>) -> bool {
    let mut rest = line.as_bytes();
    if memchr(b'=', rest).is_none() {
        plain.extend_from_slice(rest);
        return false;
    }
    while let Some(at) = memchr(b'=', rest) {
        plain.extend_from_slice(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        rest = if after.trim_ascii().is_empty() {
            // The line goes on with the next.
            b""
        } else if let Some(byte) = hex(after) {
            plain.push(byte);
            after.get(2..).unwrap_or_default()
        } else {
            plain.push(b'=');
            after
        };
    }
    plain.extend_from_slice(rest);
    true
}

/// The byte whose two digits a text begins with.
fn hex(text: &[u8]) -> Option<u8> {
    let digits = text.get(..2)?;
    let digits = std::str::from_utf8(digits).ok()?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: &str = "Received: from mx.kestrel.example\nSubject: x\n\n";

    #[test]
    fn mails_are_told_by_their_headers() {
        for (text, expected) in [
            ("Received: from a\n\tby b\nSubject: x\n\nhi", true),
            ("From: a@b.example\nMIME-Version: 1.0\n\n", true),
            ("From: a\nSubject: b\n\nMessage-ID: c", false),
            ("Subject: a thing\nand more", false),
            ("<p>Received: x</p>", false),
            ("", false),
        ] {
            assert_eq!(is_likely(text), expected, "{text}");
        }
    }

    #[test]
    fn escaped_parts_are_written_plainly() {
        let escaped = "--x\nContent-Transfer-Encoding: quoted-printable\n\n";
        for (part, expected) in [
            ("a?b=3D1&c=\nd=3De", "a?b=1&cd=e"),
            ("caf=C3=A9 =\r\nend", "caf\u{e9} end"),
            ("a=b =zz =", "a=b =zz "),
            ("a=\n--x\n\nb=3D1", "a--x\n\nb=3D1"),
        ] {
            let mail = [HEADERS, escaped, part].concat();
            let expected = [HEADERS, escaped, expected].concat();
            assert_eq!(plain(&mail), expected);
        }
        let mail = [HEADERS, "a?b=3D1"].concat();
        assert_eq!(plain(&mail), mail);
    }
}

//! Images that stand in a text themselves, as `data:` URLs (RFC 2397): megabytes in which nothing is to be found.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr_iter};

/// How every such URL begins, in any case.
const SCHEME: &[u8] = b"data";
const TYPE: &[u8] = b"image/";

/// The longest type with its parameters, in bytes: `image/svg+xml;charset=utf-8;base64` has 34.
const MAX_TYPE_BYTES: usize = 128;

/// The text without the data of its images in base64: of each, `data:image/png;base64,` or the like stays. Each byte is looked at a
/// bounded number of times.
#[must_use]
pub fn without_images(text: &str) -> Cow<'_, str> {
    let mut shorter = String::new();
    let mut kept_to = 0;
    for colon in memchr_iter(b':', text.as_bytes()) {
        if colon < kept_to {
            continue;
        }
        let Some(image) = image_at(text, colon) else {
            continue;
        };
        shorter.push_str(text.get(kept_to..image.start).unwrap_or_default());
        kept_to = image.end;
    }
    if kept_to == 0 {
        return Cow::Borrowed(text);
    }
    shorter.push_str(text.get(kept_to..).unwrap_or_default());
    Cow::Owned(shorter)
}

/// The data of the image whose URL has its first colon here.
fn image_at(text: &str, colon: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let scheme = colon.checked_sub(SCHEME.len())?;
    let (is_scheme, after) = (bytes.get(scheme..colon)?, bytes.get(colon + 1..)?);
    if !is_scheme.eq_ignore_ascii_case(SCHEME)
        || !after.get(..TYPE.len())?.eq_ignore_ascii_case(TYPE)
    {
        return None;
    }
    let header = &after[..after.len().min(MAX_TYPE_BYTES)];
    let header = &header[..memchr(b',', header)?];
    let is_header = |byte: &u8| byte.is_ascii_alphanumeric() || b"/+-.;=_".contains(byte);
    if !header.iter().all(is_header) {
        return None;
    }
    let start = colon + 1 + header.len() + 1;
    let quote = scheme.checked_sub(1).and_then(|before| bytes.get(before));
    let quote = quote.copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let data = bytes.get(start..)?;
    // Any other form is text: where it ends is for the author to say, and what follows may be an indicator.
    if !header.to_ascii_lowercase().ends_with(b";base64") {
        return None;
    }
    let length = quote.and_then(|quote| quoted_base64(data, quote));
    let length = length.unwrap_or_else(|| run(data, is_of_base64));
    Some(start..start + length)
}

/// Base64 up to its closing quote: it may be broken into lines there.
fn quoted_base64(data: &[u8], quote: u8) -> Option<usize> {
    let length = run(data, |byte| {
        is_of_base64(byte) || byte.is_ascii_whitespace()
    });
    (data.get(length) == Some(&quote)).then_some(length)
}

/// How many bytes from the start are of this kind.
fn run(data: &[u8], is_of_kind: impl Fn(u8) -> bool) -> usize {
    let end = data.iter().position(|byte| !is_of_kind(*byte));
    end.unwrap_or(data.len())
}

/// Base64 in either alphabet, maybe percent-encoded.
fn is_of_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=-_%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn the_data_of_images_is_left_out_and_nothing_else() {
        for (text, left) in [
            (
                r#"<p>a</p><img alt="b" src="data:image/png;base64,iVBORw0KGgo=" width="3"><p>c</p>"#,
                r#"<p>a</p><img alt="b" src="data:image/png;base64," width="3"><p>c</p>"#,
            ),
            (
                "<img src=DATA:IMAGE/GIF;BASE64,R0lGOD//lhAQ>x",
                "<img src=DATA:IMAGE/GIF;BASE64,>x",
            ),
            (
                "'data:image/jpeg;base64,AAAA\r\n BBBB='c",
                "'data:image/jpeg;base64,'c",
            ),
            (
                "url(data:image/png;base64,AA%2BA==) b",
                "url(data:image/png;base64,) b",
            ),
            ("data:image/png;base64,AAAA", "data:image/png;base64,"),
        ] {
            assert_eq!(without_images(text), left);
        }
    }

    #[test]
    fn what_is_no_image_in_base64_stays() {
        for text in [
            r#"<img src="data:image/svg+xml;utf8,<svg xmlns='http://a.example/svg'>b c</svg>"> d"#,
            "data:image/svg+xml,%3Csvg%20a%3E b",
            "",
            "data:",
            "data:image/",
            "data:image/png",
            "metadata: image/png, evil.example",
            "data:image/png is a type, evil.example a host",
            "data:text/html;base64,ZXZpbC5leGFtcGxl",
            "http://evil.example/a.php?data=image/png,x",
        ] {
            assert!(matches!(without_images(text), Cow::Borrowed(same) if same == text));
        }
    }

    /// A quote that is missing, or in the wrong place, hides no indicator.
    #[test]
    fn malformed_images_hide_nothing() {
        for text in [
            r#"<img src="data:image/png;base64,AAAA>evil.example"#,
            r#""data:image/png;base64,AAAA evil.example" said"#,
            r#"<img src="data:image/png;base64,AAAA> <a href="https://evil.example">"#,
            "\"data:image/svg+xml,%3Csvg evil.example",
        ] {
            assert!(without_images(text).contains("evil.example"), "{text}");
        }
    }

    #[test]
    fn the_work_grows_with_the_text() {
        for part in [
            "\"data:image/png;base64,A ",
            "'data:image/a,<",
            "data:image/",
            "\"data:image/a,\"",
        ] {
            let text = part.repeat((8 << 20) / part.len());
            let began = Instant::now();
            let _ = without_images(&text);
            assert!(began.elapsed() < Duration::from_secs(20), "{part}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_hides_nothing() {
        for text in [
            "The lure is 'data:image/svg+xml,%3Csvg%3E and it loads evil.example; the actor's host",
            r#"<img src="data:image/svg+xml,%3Csvg%3E>evil.example <a href="https://b.example">"#,
            "<p>It opens 'data:image/svg+xml,%3Csvg%3E. C2: https://evil.example/a</p><p>The victim's key</p>",
        ] {
            assert!(without_images(text).contains("evil.example"), "{text}");
        }
    }
}

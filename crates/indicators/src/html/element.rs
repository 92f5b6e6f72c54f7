//! Elements of HTML: which interrupt a word, and which tell a page from a text with angle brackets in it.

use memchr::{memchr, memchr_iter, memchr2};

use crate::terms::Terms;

/// What an element does to the words around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// Nothing: it may stand inside of one.
    Inline,
    /// Nothing, unless another link ends right before it.
    Link,
    /// It sets its content apart from them: footnotes and the like are glued on.
    Note,
    /// It separates them.
    Block,
    /// It separates them, and a cell of a table begins with it.
    Cell,
    /// It separates them, and a row of a table begins with it.
    Row,
    /// It separates them, and is a table.
    Table,
    /// It separates them, and its content is not text.
    Raw,
    /// It separates them, and tags in its content are text.
    Verbatim,
}

impl Element {
    /// The element of a name in lower case. Custom elements (with a hyphen, such as `x-fp-highlight`) are inline.
    pub fn named(name: &[u8]) -> Self {
        match name {
            b"a" => Self::Link,
            b"table" => Self::Table,
            b"td" | b"th" => Self::Cell,
            b"tr" => Self::Row,
            b"sub" | b"sup" => Self::Note,
            b"script" | b"style" => Self::Raw,
            b"iframe" | b"noembed" | b"noframes" | b"textarea" | b"title" | b"xmp" => {
                Self::Verbatim
            }
            b"abbr" | b"acronym" | b"b" | b"bdi" | b"bdo" | b"big" | b"cite" | b"code" | b"dfn"
            | b"del" | b"em" | b"font" | b"i" | b"ins" | b"kbd" | b"label" | b"mark" | b"nobr"
            | b"q" | b"rp" | b"rt" | b"ruby" | b"s" | b"samp" | b"small" | b"span" | b"strike"
            | b"strong" | b"time" | b"tt" | b"u" | b"var" | b"wbr" => Self::Inline,
            _ if name.iter().any(|byte| matches!(byte, b'-' | b':')) => Self::Inline,
            _ => Self::Block,
        }
    }
}

/// The longest name of an element that matters.
const MOST_NAME: usize = 24;

/// Elements that tell a page from a text with angle brackets in it, besides the inline ones.
static BLOCKS: Terms = Terms::of(include_str!("../../lists/terms/html-blocks.txt"));

/// Whether `text` holds a tag of HTML.
#[must_use]
pub fn is_likely(text: &str) -> bool {
    memchr_iter(b'<', text.as_bytes()).any(|at| {
        let tag = text.as_bytes().get(at + 1..).unwrap_or_default();
        let tag = tag.strip_prefix(b"/").unwrap_or(tag);
        let name = Name::read(tag);
        let known = Element::named(name.as_bytes()) != Element::Block
            || BLOCKS.hold_in_any_case(name.as_bytes());
        let foreign =
            name.as_bytes().contains(&b':') || !tag.first().is_some_and(u8::is_ascii_alphabetic);
        known
            && !foreign
            && matches!(tag.get(name.length), Some(b'>' | b' ' | b'/' | b'\n'))
            && is_closed(tag)
    })
}

/// Whether a tag ends before another begins and within its paragraph: one that is mentioned in plain text may not.
fn is_closed(tag: &[u8]) -> bool {
    memchr2(b'<', b'>', tag).is_some_and(|end| {
        let inner = tag.get(..end).unwrap_or_default();
        let is_break = |at: usize| {
            let next = inner.get(at + 1..).unwrap_or_default();
            next.strip_prefix(b"\r").unwrap_or(next).first() == Some(&b'\n')
        };
        tag.get(end) == Some(&b'>') && !memchr_iter(b'\n', inner).any(is_break)
    })
}

/// The longest address in angle brackets.
const MOST_ADDRESS: usize = 256;

/// Whether angle brackets hold a URL or a mailbox (`<https://evil.com/>`, `<nick@evil.com>`), by the name of the tag and what
/// follows that: Markdown and mails write them so.
pub fn is_address(name: &[u8], after: &[u8]) -> bool {
    if name.ends_with(b":") {
        return after.starts_with(b"//") || after.starts_with(b"\\\\");
    }
    if !matches!(after, [b'@' | b'+' | b'[' | b'(', ..]) {
        return false;
    }
    let window = after
        .get(..MOST_ADDRESS.min(after.len()))
        .unwrap_or_default();
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'<' | b'>' | b'"' | b'=');
    let end = window.iter().position(ends).unwrap_or_default();
    let host = window.get(..end).unwrap_or_default();
    window.get(end) == Some(&b'>') && memchr(b'@', host).is_some() && memchr(b'.', host).is_some()
}

/// The name of an element in lower case.
pub struct Name {
    bytes: [u8; MOST_NAME],
    /// Its length in bytes; longer names are cut.
    pub length: usize,
}

impl Name {
    /// The name that `tag` begins with.
    pub fn read(tag: &[u8]) -> Self {
        let mut name = Self {
            bytes: [0; MOST_NAME],
            length: 0,
        };
        for (place, byte) in name.bytes.iter_mut().zip(tag) {
            if !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b':' | b'_' | b'.') {
                break;
            }
            *place = byte.to_ascii_lowercase();
            name.length += 1;
        }
        name
    }

    /// What is kept of it, in lower case.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

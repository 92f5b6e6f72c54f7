//! HTML to text in one pass: what a reader would see, and the targets of links apart. Tags inside of a word leave no
//! trace, tags between blocks a line break; what is malformed is shown rather than hidden.

mod entity;

use memchr::{memchr, memchr_iter, memchr2, memmem};

/// What an element does to the words around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    /// Nothing: it may stand inside of one.
    Inline,
    /// Nothing, unless another link ends right before it.
    Link,
    /// It separates them.
    Block,
    /// It separates them, and its content is not text.
    Raw,
}

impl Element {
    /// The element of a name in lower case. Custom elements (with a hyphen, such as `x-fp-highlight`) are inline.
    fn named(name: &[u8]) -> Self {
        match name {
            b"a" => Self::Link,
            b"script" | b"style" => Self::Raw,
            b"abbr" | b"acronym" | b"b" | b"bdi" | b"bdo" | b"big" | b"cite" | b"code" | b"dfn" | b"del" | b"em" | b"font"
            | b"i" | b"ins" | b"kbd" | b"label" | b"mark" | b"nobr" | b"q" | b"rp" | b"rt" | b"ruby" | b"s" | b"samp"
            | b"small" | b"span" | b"strike" | b"strong" | b"sub" | b"sup" | b"time" | b"tt" | b"u" | b"var" | b"wbr" => {
                Self::Inline
            }
            _ if name.iter().any(|byte| matches!(byte, b'-' | b':')) => Self::Inline,
            _ => Self::Block,
        }
    }
}

/// The longest name of an element that matters.
const MOST_NAME: usize = 24;

/// Elements that tell a page from a text with angle brackets in it, besides the inline ones.
const BLOCKS: [&[u8]; 30] = [
    b"article", b"blockquote", b"body", b"br", b"center", b"dd", b"div", b"dl", b"dt", b"footer", b"h1", b"h2", b"h3", b"h4",
    b"h5", b"h6", b"head", b"header", b"hr", b"html", b"img", b"li", b"ol", b"p", b"pre", b"section", b"table", b"td",
    b"tr", b"ul",
];

/// Whether `text` holds a tag of HTML.
#[must_use]
pub fn is_likely(text: &str) -> bool {
    memchr_iter(b'<', text.as_bytes()).any(|at| {
        let tag = text.as_bytes().get(at + 1..).unwrap_or_default();
        let tag = tag.strip_prefix(b"/").unwrap_or(tag);
        let name = Name::read(tag);
        let known = !matches!(Element::named(name.as_bytes()), Element::Block) || BLOCKS.contains(&name.as_bytes());
        let foreign = name.as_bytes().contains(&b':');
        known && !foreign && matches!(tag.get(name.length), Some(b'>' | b' ' | b'/' | b'\n'))
    })
}

/// The name of an element in lower case.
struct Name {
    bytes: [u8; MOST_NAME],
    length: usize,
}

impl Name {
    fn read(tag: &[u8]) -> Self {
        let mut name = Self { bytes: [0; MOST_NAME], length: 0 };
        for (place, byte) in name.bytes.iter_mut().zip(tag) {
            if !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b':' | b'_' | b'.') {
                break;
            }
            *place = byte.to_ascii_lowercase();
            name.length += 1;
        }
        name
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Appends the text of `html` to `text`, and the targets of its links, one a line, to `links`.
pub fn to_text(html: &str, text: &mut String, links: &mut String) {
    let mut page = Page { html, at: 0, text, links, given_up: Vec::new(), after_link: None };
    while let Some(found) = memchr2(b'<', b'&', page.rest().as_bytes()) {
        page.show(found);
        if page.rest().starts_with('<') { page.tag() } else { page.entity() }
    }
    page.show(page.rest().len());
}

/// What may be looked for in vain. It is not looked for again from there on: time stays linear.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sought {
    CommentEnd,
    ScriptEnd,
    StyleEnd,
    Closer,
    CloserOutsideQuotes,
    Quote(u8),
}

struct Page<'h, 't> {
    html: &'h str,
    at: usize,
    text: &'t mut String,
    links: &'t mut String,
    given_up: Vec<Sought>,
    /// Where a link ended last: another that begins there is another word.
    after_link: Option<usize>,
}

impl<'h> Page<'h, '_> {
    fn rest(&self) -> &'h str {
        self.html.get(self.at..).unwrap_or_default()
    }

    /// Takes `length` bytes as text.
    fn show(&mut self, length: usize) {
        let rest = self.rest();
        self.text.push_str(rest.get(..length).unwrap_or(rest));
        self.at += length;
    }

    /// Looks for something unless it was looked for in vain before.
    fn seek(&mut self, sought: Sought, search: impl FnOnce() -> Option<usize>) -> Option<usize> {
        if self.given_up.contains(&sought) {
            return None;
        }
        let found = search();
        if found.is_none() {
            self.given_up.push(sought);
        }
        found
    }

    fn skip(&mut self, length: usize) {
        self.at += length;
    }

    fn separate(&mut self) {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn entity(&mut self) {
        match entity::decode(self.rest()) {
            Some((length, decoded)) => {
                self.text.extend(decoded);
                self.skip(length);
            }
            None => self.show(1),
        }
    }

    fn tag(&mut self) {
        match self.rest().as_bytes() {
            [_, b'!', b'-', b'-', ..] => self.comment(),
            [_, b'!', rest @ ..] if rest.starts_with(b"[CDATA[") => {
                self.skip("<![CDATA[".len());
                self.separate();
            }
            [_, b'!' | b'?', ..] => self.declaration(),
            [_, b'/', letter, ..] if letter.is_ascii_alphabetic() => self.element(2),
            [_, letter, ..] if letter.is_ascii_alphabetic() => self.element(1),
            _ => self.show(1),
        }
    }

    fn comment(&mut self) {
        let rest = self.rest();
        // `<!-->` and `<!--->` are comments too.
        let after = rest.as_bytes().get(2..).unwrap_or_default();
        match self.seek(Sought::CommentEnd, || memmem::find(after, b"-->")) {
            Some(end) => self.skip(2 + end + 3),
            None => self.show(1),
        }
    }

    fn declaration(&mut self) {
        match self.first_closer() {
            Some(end) => self.skip(end + 1),
            None => self.show(1),
        }
    }

    /// The offset of the next `>`, whatever stands around it.
    fn first_closer(&mut self) -> Option<usize> {
        let rest = self.rest();
        self.seek(Sought::Closer, || memchr(b'>', rest.as_bytes()))
    }

    /// A start or end tag whose name is `name_at` bytes on.
    fn element(&mut self, name_at: usize) {
        let tag = self.rest().as_bytes().get(name_at..).unwrap_or_default();
        let name = Name::read(tag);
        let name_end = name_at + name.length;
        let starts = name_at == 1;
        let element = Element::named(name.as_bytes());
        let (end, target) = if tag.get(name.length) == Some(&b'>') {
            (name_end, None)
        } else if let Some(read) = self.attributes(name_end) {
            read
        } else if let Some(first) = self.first_closer() {
            (first, None)
        } else {
            return self.show(1);
        };
        let between_links = element == Element::Link && starts && self.after_link == Some(self.at);
        if between_links || matches!(element, Element::Block | Element::Raw) {
            self.separate();
        }
        self.skip(end + 1);
        match element {
            Element::Link if starts => target.into_iter().for_each(|target| self.link(target)),
            Element::Link => self.after_link = Some(self.at),
            Element::Raw if starts => self.raw(name.as_bytes()),
            _ => {}
        }
    }

    /// Skips the content of a script or style up to its end tag.
    fn raw(&mut self, name: &[u8]) {
        let sought = if name == b"script" { Sought::ScriptEnd } else { Sought::StyleEnd };
        let rest = self.rest();
        let is_end = |at: &usize| {
            let tag = rest.as_bytes().get(at + 2..at + 2 + name.len());
            tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name))
        };
        if let Some(end) = self.seek(sought, || memmem::find_iter(rest.as_bytes(), b"</").find(is_end)) {
            self.skip(end);
        }
    }

    /// Keeps the target of a link, if it leads anywhere else.
    fn link(&mut self, target: &str) {
        let target = target.trim();
        let lower = target.get(..11).unwrap_or_default().to_ascii_lowercase();
        if target.starts_with(['#', '?', '.']) || lower.starts_with("javascript:") || lower.starts_with("data:") {
            return;
        }
        if target.starts_with('/') {
            if !target.starts_with("//") {
                return;
            }
            self.links.push_str("https:");
        }
        let start = self.links.len();
        let mut rest = target;
        while let Some(found) = memchr(b'&', rest.as_bytes()) {
            let (before, entity) = rest.split_at(found);
            self.links.push_str(before);
            let (length, decoded) = entity::decode(entity).unwrap_or((1, Some('&')));
            self.links.extend(decoded);
            rest = entity.get(length..).unwrap_or_default();
        }
        self.links.push_str(rest);
        restore_brackets(self.links, start);
        self.links.push('\n');
    }

    /// The offset of the `>` that ends the tag whose attributes begin at `at`, and the value of its `href`. `None` where
    /// its quotes are broken: then the first `>` of all ends it.
    fn attributes(&mut self, mut at: usize) -> Option<(usize, Option<&'h str>)> {
        let bytes = self.rest().as_bytes();
        let mut target = None;
        loop {
            let from = at;
            let mark = self.seek(Sought::CloserOutsideQuotes, || memchr2(b'>', b'=', bytes.get(from..)?))?;
            at += mark;
            if bytes.get(at) == Some(&b'>') {
                return Some((at, target));
            }
            let is_href = ends_with_href(bytes.get(from..at)?);
            at += 1 + bytes.get(at + 1..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let (value, end) = self.value(at)?;
            if is_href && target.is_none() {
                target = Some(value);
            }
            at = end;
        }
    }

    /// The value at `at`, in quotes or without, and the offset after it.
    fn value(&mut self, at: usize) -> Option<(&'h str, usize)> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let quote = *bytes.get(at)?;
        if quote != b'"' && quote != b'\'' {
            let end = at + bytes.get(at..)?.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>')?;
            return Some((rest.get(at..end)?, end));
        }
        let start = at + 1;
        let length = self.seek(Sought::Quote(quote), || memchr(quote, bytes.get(start..)?))?;
        let value = rest.get(start..start + length)?;
        // A value that goes on into another tag: its own quote was left out.
        let broken = value.split_once('>').is_some_and(|(_, after)| after.contains('<'));
        (!broken).then_some((value, start + length + 1))
    }
}

/// Whether the name of an attribute, with what precedes it, is `href`.
fn ends_with_href(before: &[u8]) -> bool {
    let name = before.trim_ascii_end();
    let Some((start, end)) = name.split_at_checked(name.len().wrapping_sub(4)) else { return false };
    end.eq_ignore_ascii_case(b"href") && start.last().is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'/".contains(byte))
}

/// Undoes what programs that make links of defanged hosts do to their brackets: `evil%5B.%5Dcom`.
fn restore_brackets(links: &mut String, start: usize) {
    let link = links.get(start..).unwrap_or_default();
    if link.contains("%5B.%5D") || link.contains("%5b.%5d") {
        let restored = link.replace("%5B.%5D", "[.]").replace("%5b.%5d", "[.]");
        links.truncate(start);
        links.push_str(&restored);
    }
}

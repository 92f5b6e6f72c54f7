//! HTML to text in one pass: what a reader would see, and the targets of links apart. Tags inside of a word leave no
//! trace, tags between blocks a line break; what is malformed is shown rather than hidden.

mod entity;

use memchr::{memchr, memchr2, memmem};

/// Elements that do not interrupt a word. Custom elements (with a hyphen, such as `x-fp-highlight`) don't either.
const INLINE: [&str; 36] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "dfn", "del", "em", "font", "i", "ins", "kbd", "label",
    "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
    "u", "var", "wbr",
];

/// The longest name of an element that matters.
const MOST_NAME: usize = 24;

/// Elements that tell a page from a text with angle brackets in it, besides the inline ones.
const BLOCKS: [&str; 30] = [
    "article", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "head", "header", "hr", "html", "img", "li", "ol", "p", "pre", "section", "table", "td", "tr", "ul",
];

/// Whether `text` holds a tag of HTML.
#[must_use]
pub fn is_likely(text: &str) -> bool {
    memchr::memchr_iter(b'<', text.as_bytes()).any(|at| {
        let tag = text.as_bytes().get(at + 1..).unwrap_or_default();
        let tag = tag.strip_prefix(b"/").unwrap_or(tag);
        let length = tag.iter().take(MOST_NAME).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
        let ends = matches!(tag.get(length), Some(b'>' | b' ' | b'/' | b'\n'));
        let name = tag.get(..length).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default().to_ascii_lowercase();
        ends && (INLINE.contains(&name.as_str()) || BLOCKS.contains(&name.as_str()) || name == "x-fp-highlight")
    })
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
        let rest = self.rest();
        let after = rest.as_bytes().get(name_at..).unwrap_or_default();
        let length = after.iter().take(MOST_NAME).take_while(|byte| byte.is_ascii_alphanumeric() || b"-:_.".contains(byte)).count();
        let name = rest.get(name_at..name_at + length).unwrap_or_default().to_ascii_lowercase();
        let Some(first) = self.first_closer() else { return self.show(1) };
        let starts = name_at == 1;
        let (end, target) = self.attributes(name_at + length).unwrap_or((first, None));
        if let Some(target) = target.filter(|_| starts && name == "a") {
            self.link(target);
        }
        let inline = INLINE.contains(&name.as_str()) || name.contains(['-', ':']);
        if !inline || (name == "a" && starts && self.after_link == Some(self.at)) {
            self.separate();
        }
        self.skip(end + 1);
        if name == "a" && !starts {
            self.after_link = Some(self.at);
        }
        if starts && (name == "script" || name == "style") {
            let sought = if name == "script" { Sought::ScriptEnd } else { Sought::StyleEnd };
            self.raw(&name, sought);
        }
    }

    /// Skips the content of a script or style up to its end tag.
    fn raw(&mut self, name: &str, sought: Sought) {
        let rest = self.rest();
        let is_end = |at: &usize| {
            let tag = rest.as_bytes().get(at + 2..at + 2 + name.len());
            tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
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

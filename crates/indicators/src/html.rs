//! HTML to text in one pass: what a reader would see, and the targets of links apart. Tags inside of a word leave no
//! trace, tags between blocks a line break; what is malformed is shown rather than hidden.

mod element;
mod entity;
mod link;

use std::collections::HashSet;

pub use element::is_likely;
use element::{Element, Name};
use memchr::{memchr, memchr_iter, memchr2, memmem};

use super::tables;

/// Appends the text of `html` to `text`, and the targets of its links, one a line, to `links`.
pub fn to_text(html: &str, text: &mut String, links: &mut String) {
    let mut page = Page {
        html,
        at: 0,
        text,
        links,
        given_up: Vec::new(),
        after_link: None,
        verbatim: 0,
        visited: Vec::new(),
        endless: HashSet::new(),
    };
    while let Some(found) = memchr2(b'<', b'&', page.rest().as_bytes()) {
        page.show(found);
        if page.rest().starts_with('<') {
            if page.at < page.verbatim {
                page.show(1);
            } else {
                page.tag();
            }
        } else {
            page.entity();
        }
    }
    page.show(page.rest().len());
}

/// What may be looked for in vain. It is not looked for again from there on: time stays linear.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sought {
    CommentEnd,
    /// The end tag of an element, told by the first letter and the length of its name.
    EndTag(u8, usize),
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
    /// Up to where tags are text.
    verbatim: usize,
    /// Where the attributes of the tag at hand were read on from.
    visited: Vec<usize>,
    /// Offsets among attributes from which reading ends at a quote that is never closed: another tag that comes to one ends
    /// there too, and need not read on to find out.
    endless: HashSet<usize>,
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

    /// As [`Self::separate`], but the line goes on. By a thin space, which no name holds, be it one of several words.
    fn set_apart(&mut self) {
        if !self.text.ends_with(char::is_whitespace) {
            self.text.push('\u{2009}');
        }
    }

    fn entity(&mut self) {
        match entity::decode(self.rest(), self.text) {
            Some(length) => self.skip(length),
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
            // To a browser a comment; whatever stands in it is no tag.
            [_, b'/', _, ..] => {
                let length = self.first_closer().unwrap_or(1);
                self.show(length);
            }
            _ => self.show(1),
        }
    }

    fn comment(&mut self) {
        let rest = self.rest();
        // `<!-->` and `<!--->` are comments too, and `--!>` ends one.
        let after = rest.as_bytes().get(2..).unwrap_or_default();
        let ends = |at: &usize| {
            let before = after.get(..*at).unwrap_or_default();
            before.ends_with(b"--") || before.ends_with(b"--!")
        };
        match self.seek(Sought::CommentEnd, || memchr_iter(b'>', after).find(ends)) {
            Some(end) => self.skip(2 + end + 1),
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
        if self.given_up.contains(&Sought::Closer) {
            return self.show(1);
        }
        let tag = self.rest().as_bytes().get(name_at..).unwrap_or_default();
        let name = Name::read(tag);
        // Whatever else stands before a space, it is part of the name.
        let rest = tag.get(name.length..).unwrap_or_default();
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let more = rest.iter().position(ends).unwrap_or(rest.len());
        let name_end = name_at + name.length + more;
        let starts = name_at == 1;
        if starts && element::is_address(name.as_bytes(), rest) {
            return self.show(1);
        }
        let element = if more == 0 {
            Element::named(name.as_bytes())
        } else {
            Element::Block
        };
        let (end, target) = if tag.get(name_end - name_at) == Some(&b'>') {
            (Some(name_end), None)
        } else {
            let (end, target) = self.attributes(name_end);
            (end.or_else(|| self.first_closer()), target)
        };
        let Some(end) = end else { return self.show(1) };
        let between_links = element == Element::Link && starts && self.after_link == Some(self.at);
        match element {
            Element::Link if between_links => self.separate(),
            Element::Link | Element::Inline => {}
            Element::Note if self.holds_dot(end + 1, starts) => {}
            Element::Note => self.set_apart(),
            _ => self.separate(),
        }
        self.skip(end + 1);
        match element {
            Element::Link if starts => target.into_iter().for_each(|target| self.link(target)),
            Element::Cell if starts => self.text.push_str(tables::CELL),
            Element::Row if starts => self.text.push_str(tables::ROW),
            Element::Table if starts => self.text.push_str(tables::START),
            Element::Table => self.text.push_str(tables::END),
            Element::Link => self.after_link = Some(self.at),
            Element::Raw if starts => {
                let content = self.content(name.as_bytes()).unwrap_or_default();
                self.skip(content);
            }
            Element::Verbatim if starts => {
                self.verbatim = self.at + self.content(name.as_bytes()).unwrap_or_default();
            }
            _ => {}
        }
    }

    /// Whether a note holds a dot and no more, so that it sets nothing apart. `after`: how far on its start or end tag ends.
    fn holds_dot(&self, after: usize, starts: bool) -> bool {
        const DOTS: [&str; 4] = [".", "[.]", "(.)", "[dot]"];
        let (before, rest) = self.html.split_at_checked(self.at).unwrap_or_default();
        let content = rest.get(after..).unwrap_or_default();
        DOTS.iter().any(|dot| {
            if starts {
                let rest = content.strip_prefix(dot);
                rest.is_some_and(|rest| rest.starts_with("</su"))
            } else {
                let before = before.strip_suffix(dot);
                before.is_some_and(|before| before.ends_with('>'))
            }
        })
    }

    /// The length of what stands before the end tag of an element.
    fn content(&mut self, name: &[u8]) -> Option<usize> {
        let bytes = self.rest().as_bytes();
        let is_end = |at: &usize| {
            let tag = bytes.get(at + 2..at + 2 + name.len());
            tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name))
        };
        let sought = Sought::EndTag(*name.first()?, name.len());
        self.seek(sought, || memmem::find_iter(bytes, b"</").find(is_end))
    }

    /// What the start of a link to `target` does.
    fn link(&mut self, target: &str) {
        if link::is_note(target, self.rest()) {
            self.set_apart();
        }
        link::keep(target, self.links);
    }

    /// The offset of the `>` that ends the tag whose attributes begin at `at`, and the value of its `href`. No offset where
    /// a quote is never closed: then the first `>` of all ends it.
    fn attributes(&mut self, mut at: usize) -> (Option<usize>, Option<&'h str>) {
        let bytes = self.rest().as_bytes();
        let mut target = None;
        let mut swallowed = Vec::new();
        self.visited.clear();
        while !self.endless.contains(&(self.at + at)) {
            self.visited.push(self.at + at);
            let part = bytes.get(at..).unwrap_or_default();
            let Some(mark) = self.seek(Sought::CloserOutsideQuotes, || memchr2(b'>', b'=', part))
            else {
                break;
            };
            if part.get(mark) == Some(&b'>') {
                self.show_swallowed(&swallowed);
                return (Some(at + mark), target);
            }
            let name = part.get(..mark).unwrap_or_default().trim_ascii_end();
            let after = part.get(mark + 1..).unwrap_or_default();
            let spaces = after
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            at += mark + 1;
            if name.is_empty() || name.ends_with(b"/") {
                // Without a name before it, it is part of one.
                continue;
            }
            let Some((value, end)) = self.value(at + spaces) else {
                break;
            };
            if holds_tag(value) {
                swallowed.push(value);
            }
            if target.is_none() && ends_with_href(name) {
                target = Some(value);
            }
            at = end;
        }
        self.endless.extend(self.visited.drain(..));
        (None, target)
    }

    /// The value at `at`, in quotes or without, and the offset after it.
    fn value(&mut self, at: usize) -> Option<(&'h str, usize)> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let quote = *bytes.get(at)?;
        if quote != b'"' && quote != b'\'' {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'>';
            let length = self.seek(Sought::CloserOutsideQuotes, || {
                bytes.get(at..)?.iter().position(ends)
            })?;
            return Some((rest.get(at..at + length)?, at + length));
        }
        let start = at + 1;
        let length = self.seek(Sought::Quote(quote), || memchr(quote, bytes.get(start..)?))?;
        Some((rest.get(start..start + length)?, start + length + 1))
    }

    /// Takes as text the values of a tag that went on into others: their own quotes were left out.
    fn show_swallowed(&mut self, values: &[&str]) {
        for value in values {
            self.separate();
            self.text.push_str(value);
            self.separate();
        }
    }
}

/// Whether the value of an attribute goes on into another tag.
fn holds_tag(value: &str) -> bool {
    value
        .split_once('>')
        .is_some_and(|(_, after)| after.contains('<'))
}

/// Whether the name of an attribute, with what precedes it, is `href`.
fn ends_with_href(name: &[u8]) -> bool {
    let Some((start, end)) = name.split_at_checked(name.len().wrapping_sub(4)) else {
        return false;
    };
    end.eq_ignore_ascii_case(b"href")
        && start
            .last()
            .is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'/".contains(byte))
}

//! Reading a host as people write it, label by label, whatever stands for the dots.

mod spaced;

use super::defang::{self, Dot, Style};
use super::{brackets, domain, ipv4, tlds};

/// The most bytes of a host that are kept: anything longer is none, though it is read to its end.
const MOST_BYTES: usize = 512;

/// A run of labels in a text: a host, if it turns out to be a domain or an address.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// The labels in lower case, joined by plain dots.
    pub name: String,
    /// Byte offset after it.
    pub end: usize,
    /// Whether any of its dots is defanged.
    pub defanged: bool,
    /// Whether one is so that it can't be anything else.
    pub certain: bool,
    /// Whether it is spelt with ` dot `.
    pub spoken: bool,
    /// Brackets that it opens and does not close.
    pub opened: isize,
}

/// What may stand for a dot besides the usual forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dots {
    /// The usual forms alone.
    Usual,
    /// Also a comma or a dot after a space (`http://evil,com`, `http:// evil .com`), where what precedes them is no host by
    /// itself: after a scheme a host must follow.
    AfterScheme,
}

/// Reads the host whose first label begins at `start`.
pub fn read(text: &str, start: usize, dots: Dots) -> Host {
    let bytes = text.as_bytes();
    let mut host = Host {
        end: start,
        name: String::with_capacity(48),
        ..Host::default()
    };
    host.label(text, dots);
    let mut upper = starts_upper(bytes, start);
    while let Some(dot) = defang::dot(bytes, host.end).or_else(|| loose(bytes, &host, dots)) {
        if !is_label_byte(bytes, dot.end) && letter_at(text, dot.end).is_none() {
            break;
        }
        let label = dot.end;
        if host.is_in_brackets(bytes, start, &dot) || host.ends_before(bytes, &dot, upper) {
            break;
        }
        let whole = host.closes_whole(bytes, start);
        host.take_dot(&dot);
        host.certain |= matches!(dot.style, Style::Defanged | Style::Lopsided) && !whole;
        host.label(text, dots);
        upper = starts_upper(bytes, label);
    }
    if host.name.len() > MOST_BYTES {
        host.name.clear();
    }
    host
}

/// Byte offset of the label before the dot whose core (`.` or `dot`) is at `core`, not before `floor`.
pub fn label_before(text: &str, core: usize, floor: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut end = core;
    let before = |at: usize| {
        at.checked_sub(1)
            .filter(|at| *at >= floor)
            .and_then(|at| bytes.get(at))
            .copied()
    };
    let is_bracket = |byte: Option<u8>| byte.is_some_and(defang::is_bracket);
    if before(end) == Some(b' ') && is_bracket(before(end - 1)) {
        end -= 1;
    }
    for _ in 0..4 {
        end -= usize::from(is_bracket(before(end)));
    }
    end -= usize::from(before(end) == Some(b' '));
    let start = label_start(text, end, floor);
    (start < end).then_some(start)
}

/// Byte offset of the first character of the label that ends at `end`.
fn label_start(text: &str, end: usize, floor: usize) -> usize {
    let bytes = text.as_bytes();
    let mut start = end;
    loop {
        let before = bytes.get(floor..start).unwrap_or_default();
        start = floor
            + before
                .iter()
                .rposition(|byte| !is_in_label(*byte))
                .map_or(0, |at| at + 1);
        if start >= floor + 3 && bracketed(bytes, start - 3, Dots::Usual).is_some() {
            start -= 3;
        } else if let Some(letter) =
            letter_before(text, start).filter(|letter| start >= floor + letter.len_utf8())
        {
            start -= letter.len_utf8();
        } else {
            break;
        }
    }
    start
}

impl Host {
    /// Appends the label at the end.
    fn label(&mut self, text: &str, dots: Dots) {
        let bytes = text.as_bytes();
        loop {
            let rest = bytes.get(self.end..).unwrap_or_default();
            let length = rest
                .iter()
                .position(|byte| !is_in_label(*byte))
                .unwrap_or(rest.len());
            if length > 0 {
                self.push(text.get(self.end..self.end + length).unwrap_or_default());
                self.end += length;
            } else if let Some(inner) = bracketed(bytes, self.end, dots) {
                self.push(char::from(inner).encode_utf8(&mut [0; 4]));
                self.defanged = true;
                self.certain = true;
                self.end += 3;
            } else if let Some(letter) = letter_at(text, self.end) {
                self.push(letter.encode_utf8(&mut [0; 4]));
                self.end += letter.len_utf8();
            } else {
                return;
            }
        }
    }

    /// Appends in lower case, up to where the name is too long anyway.
    fn push(&mut self, part: &str) {
        if self.name.len() > MOST_BYTES {
            return;
        }
        if part.is_ascii() {
            let start = self.name.len();
            self.name.push_str(part);
            if let Some(added) = self.name.get_mut(start..) {
                added.make_ascii_lowercase();
            }
        } else {
            self.name.extend(part.chars().flat_map(char::to_lowercase));
        }
    }

    fn take_dot(&mut self, dot: &Dot) {
        if self.spoken && dot.style != Style::Word {
            // `red dot evil.com`: what is spoken was prose.
            let last = self.name.rfind('.').map_or(0, |at| at + 1);
            self.name.drain(..last);
            self.spoken = false;
        }
        self.spoken |= dot.style == Style::Word;
        self.defanged |= !matches!(dot.style, Style::Plain | Style::Spaced);
        self.opened += dot.opened;
        self.end = dot.end;
        self.push(".");
    }

    /// Whether the brackets beside a dot are those of code, a file's name, a pattern or a placeholder.
    fn is_in_brackets(&self, bytes: &[u8], start: usize, dot: &Dot) -> bool {
        if matches!(dot.style, Style::Plain | Style::Spaced | Style::Word) {
            return false;
        }
        let calls = matches!(
            bytes.get(self.end..self.end + 2),
            Some(b"()" | b"[]" | b"{}")
        );
        let closes = brackets::is_paired_before(bytes, start, self.end);
        calls || closes || dot.opens_next && brackets::opens_placeholder(bytes, dot.end)
    }

    /// Whether a bracket closes at the end that was opened right before the host: `[www].evil.com`.
    fn closes_whole(&self, bytes: &[u8], start: usize) -> bool {
        let opened = start > 0 && bytes.get(start - 1) == Some(&b'[');
        opened && self.opened <= 0 && bytes.get(self.end) == Some(&b']')
    }

    /// Whether the dot that follows does not belong to this host: a full stop, or a bracket of the prose around it. `upper`:
    /// the label before it begins with a capital.
    fn ends_before(&self, bytes: &[u8], dot: &Dot, upper: bool) -> bool {
        match dot.style {
            Style::Defanged | Style::Escaped => false,
            Style::Plain => !upper && is_capital(bytes, dot.end) && self.is_complete(),
            Style::Lopsided => {
                let sentence = !upper && starts_upper(bytes, dot.end);
                let brackets = bytes.get(self.end..dot.end).unwrap_or_default();
                let remark = brackets.iter().any(|byte| matches!(byte, b'(' | b')'))
                    && starts_word(bytes, dot.end);
                let reference = dot.opens_next && dot.opened > 1;
                let closes_prose = self.opened + dot.opened < 0;
                sentence
                    || remark
                    || reference
                    || ((closes_prose || dot.opens_next) && self.is_complete())
            }
            Style::Word => !self.spoken && self.is_complete(),
            Style::Spaced => {
                let number = |label: &str| {
                    label.len() <= 3 && label.bytes().all(|byte| byte.is_ascii_digit())
                };
                let (last, next) = (
                    self.name.rsplit('.').next().unwrap_or_default(),
                    word_at(bytes, dot.end),
                );
                let numbers = number(last) && number(next);
                // In prose a word may precede such a host, hardly one with a digit in it.
                let goes_on = || {
                    last.bytes().any(|byte| byte.is_ascii_digit())
                        && spaced::ends_next(bytes, dot.end)
                };
                self.is_complete() || !(numbers || tlds::is_common(next) || goes_on())
            }
        }
    }

    fn is_complete(&self) -> bool {
        domain::named(&self.name).is_some() || ipv4::parse(&self.name).is_some()
    }
}

/// The hyphen or letter that stands in brackets at `at` inside of a label: `evil[-]update`, `ev[i]l`. After a scheme it may be a
/// label's last.
fn bracketed(bytes: &[u8], at: usize, dots: Dots) -> Option<u8> {
    let Some([b'[', inner, b']']) = bytes.get(at..at + 3) else {
        return None;
    };
    let follows = at > 0 && is_label_byte(bytes, at - 1);
    let inside = follows && (dots == Dots::AfterScheme || is_label_byte(bytes, at + 3));
    (*inner == b'-' || inner.is_ascii_alphabetic() && inside).then_some(*inner)
}

fn loose(bytes: &[u8], host: &Host, dots: Dots) -> Option<Dot> {
    let length = match bytes.get(host.end..)? {
        [b',', ..] => 1,
        [b' ', b'.', ..] => 2,
        _ => return None,
    };
    let fits = match dots {
        Dots::AfterScheme => true,
        Dots::Usual => length == 2 && spaced::goes_on(bytes, host.end, &host.name),
    };
    (fits && !host.is_complete()).then_some(Dot {
        end: host.end + length,
        style: Style::Defanged,
        opened: 0,
        opens_next: false,
    })
}

fn is_label_byte(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(|byte| is_in_label(*byte))
}

/// Whether labels are made of it, hyphens and underscores included.
fn is_in_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The letter at `at` if it is one of those outside of ASCII that names are written in.
fn letter_at(text: &str, at: usize) -> Option<char> {
    text.as_bytes().get(at).filter(|byte| !byte.is_ascii())?;
    text.get(at..)?
        .chars()
        .next()
        .filter(|letter| is_letter(*letter))
}

/// The letter before `at` if it is one of those.
fn letter_before(text: &str, at: usize) -> Option<char> {
    text.as_bytes()
        .get(at.checked_sub(1)?)
        .filter(|byte| !byte.is_ascii())?;
    text.get(..at)?
        .chars()
        .next_back()
        .filter(|letter| is_letter(*letter))
}

/// Letters of scripts that put spaces between words: Latin, Greek, Cyrillic. In the others a host stands right beside the
/// words around it.
fn is_letter(letter: char) -> bool {
    letter.is_alphabetic() && matches!(letter, '\u{80}'..'\u{530}' | '\u{1e00}'..'\u{2000}')
}

fn starts_upper(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_uppercase)
}

/// Whether a word that is a country code as well is at `at`.
fn starts_word(bytes: &[u8], at: usize) -> bool {
    let word = word_at(bytes, at);
    word.len() == 2 && tlds::is_word(word)
}

/// The ASCII letters and digits at `at`.
fn word_at(bytes: &[u8], at: usize) -> &str {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .take(MOST_BYTES)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    rest.get(..length)
        .and_then(|word| std::str::from_utf8(word).ok())
        .unwrap_or_default()
}

/// Whether the word at `at` begins with a capital and goes on in lower case.
fn is_capital(bytes: &[u8], at: usize) -> bool {
    starts_upper(bytes, at) && bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase)
}

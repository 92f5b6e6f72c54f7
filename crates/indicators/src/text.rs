//! The plain text in a document's part, whatever its markup, without what people can't see.

use std::borrow::Cow;
use std::iter;

use memchr::{memchr, memchr3_iter, memrchr};

use super::scan::last_bytes;
use super::{Markup, csv, html, hyphen, ipv4, mail, tlds};

/// A part of a document, ready to be scanned.
pub struct Text<'s> {
    /// What a reader sees, and what has no width, which [`visible`] leaves out.
    pub body: Cow<'s, str>,
    /// The targets of its links, one a line.
    pub links: String,
}

/// Turns a part of a document into plain text.
pub fn prepare(markup: Markup, source: &str) -> Text<'_> {
    let mut links = String::new();
    let body = match markup {
        Markup::Text => hyphen::joined(mail::plain(source)),
        Markup::Html => {
            let mut text = String::with_capacity(source.len());
            links.reserve(512);
            html::to_text(source, &mut text, &mut links);
            Cow::Owned(text)
        }
        Markup::Csv => {
            // The marks of cells take some more than the quotes around them.
            let mut text = String::with_capacity(source.len() + source.len() / 8 + 8);
            csv::to_text(source, &mut text);
            Cow::Owned(text)
        }
    };
    Text { body, links }
}

/// Leaves out characters of no width, which break an indicator apart for a program but not for a reader, and writes plainly what
/// stands for ASCII: full-width letters, digits, dots and slashes, ligatures, and hyphens within a word.
pub fn visible(text: &str) -> Cow<'_, str> {
    let clean = plain(text);
    // Its first byte is in none of the letters of Europe, and cheaper to look for.
    if memchr(0xe3, clean.as_bytes()).is_some() && clean.contains(STOP) {
        Cow::Owned(with_dots(&clean))
    } else {
        clean
    }
}

/// The full stop of Chinese and Japanese, which their keyboards give for a dot.
const STOP: &str = "\u{3002}";

/// Writes a dot for each of them that stands within a host, not between two.
fn with_dots(text: &str) -> String {
    let mut dotted = String::with_capacity(text.len());
    let mut done = 0;
    for (at, stop) in text.match_indices(STOP) {
        let (before, after) = (text.get(..at), text.get(at + stop.len()..));
        let host = ends_open(before.unwrap_or_default()) || begins_top(after.unwrap_or_default());
        let host = host && !ends_with_address(before.unwrap_or_default());
        if host && is_in_word(text.as_bytes(), at, stop.len()) {
            dotted.push_str(text.get(done..at).unwrap_or_default());
            dotted.push('.');
            done = at + stop.len();
        }
    }
    dotted.push_str(text.get(done..).unwrap_or_default());
    dotted
}

/// Whether the host that ends a text lacks its top-level domain.
fn ends_open(text: &str) -> bool {
    let label = text.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
    label.is_some_and(|label| !tlds::is_known(&label.to_ascii_lowercase()))
}

/// The most bytes of an address whose dots are these.
const MOST_ADDRESS: usize = "255.255.255.255".len() + 3 * (STOP.len() - 1);

/// Whether an address ends a text, after which a sentence ends: no host has one within it.
fn ends_with_address(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || is_dot(c);
    let end = last_bytes(text, MOST_ADDRESS + 1);
    let address = end.trim_start_matches(|c| !is_part(c));
    let start = address
        .rfind(|c| !is_part(c))
        .map_or(0, |at| address.ceil_char_boundary(at + 1));
    let address = address.get(start..).unwrap_or_default();
    ipv4::parse(&address.replace(is_dot, ".")).is_some()
}

/// Whether it is a dot or one of those that keyboards of Chinese and Japanese give.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// Whether a text begins with a top-level domain and no more of a host.
fn begins_top(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric());
    let (label, rest) = text.split_at(end.unwrap_or(text.len()));
    !rest.starts_with('.') && tlds::is_known(&label.to_ascii_lowercase())
}

/// Whether a character has no width: soft hyphens, joiners, marks of direction and of byte order.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

fn plain(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut clean = String::new();
    let mut done = 0;
    for at in memchr3_iter(0xc2, 0xe2, 0xef, bytes) {
        // Either no character begins here (inside of another), or one that may have no width.
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            continue;
        };
        let mut ascii = [0; 4];
        let replacement = match c {
            c if is_invisible(c) => "",
            '\u{ff0e}' | '\u{ff61}' if ends_with_address(text.get(..at).unwrap_or_default()) => {
                continue;
            }
            '\u{2024}' | '\u{ff61}' => ".",
            '\u{2010}' | '\u{2011}' if is_in_word(bytes, at, c.len_utf8()) => "-",
            '\u{fb00}'..='\u{fb06}' => ligature(c),
            '\u{ff0d}'..='\u{ff1a}'
            | '\u{ff20}'..='\u{ff3a}'
            | '\u{ff3f}'
            | '\u{ff41}'..='\u{ff5a}' => {
                // They stand in the order of ASCII.
                let Some(plain) = char::from_u32(u32::from(c) - 0xfee0) else {
                    continue;
                };
                plain.encode_utf8(&mut ascii)
            }
            _ => continue,
        };
        clean.push_str(text.get(done..at).unwrap_or_default());
        clean.push_str(replacement);
        done = at + c.len_utf8();
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(clean)
}

/// Whether ASCII letters or digits stand on both sides of the `length` bytes at `at`.
fn is_in_word(bytes: &[u8], at: usize, length: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| bytes.get(at));
    let after = bytes.get(at + length);
    [before, after]
        .iter()
        .all(|byte| byte.is_some_and(u8::is_ascii_alphanumeric))
}

/// The letters of a ligature.
fn ligature(c: char) -> &'static str {
    match c {
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        _ => "st",
    }
}

/// The most bytes that are scanned at once: what a scan holds, which may be 40 times as much, is bounded by it.
pub const PIECE: usize = 128 << 10;

/// A text in pieces of at most [`PIECE`] bytes, each ending with a line, or else a word, as long as there are any.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    iter::from_fn(move || {
        let (piece, after) = rest.split_at_checked(piece_end(rest))?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn piece_end(text: &str) -> usize {
    if text.len() <= PIECE {
        return text.len();
    }
    let most = text.floor_char_boundary(PIECE);
    // Before its half no end is looked for: pieces are few.
    let half = text.as_bytes().get(PIECE / 2..most).unwrap_or_default();
    let end = |byte| memrchr(byte, half).map(|at| PIECE / 2 + at + 1);
    end(b'\n').or_else(|| end(b' ')).unwrap_or(most)
}

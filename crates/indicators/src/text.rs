//! The plain text in a document's part, whatever its markup, without what people can't see.

use std::borrow::Cow;
use std::iter;

use memchr::{memchr3_iter, memrchr};

use super::{Markup, csv, html};

/// A part of a document, ready to be scanned.
pub struct Text<'s> {
    /// What a reader sees, and what has no width, which [`visible`] leaves out.
    pub body: Cow<'s, str>,
    /// The targets of its links, one a line.
    pub links: String,
}

/// Turns a part of a document into plain text.
#[must_use]
pub fn prepare(markup: Markup, source: &str) -> Text<'_> {
    let mut links = String::new();
    let body = match markup {
        Markup::Text => Cow::Borrowed(source),
        Markup::Html => {
            let mut text = String::with_capacity(source.len());
            links.reserve(512);
            html::to_text(source, &mut text, &mut links);
            Cow::Owned(text)
        }
        Markup::Csv => {
            let mut text = String::with_capacity(source.len() + 1);
            csv::to_text(source, &mut text);
            Cow::Owned(text)
        }
    };
    Text { body, links }
}

/// Leaves out characters of no width, which break an indicator apart for a program but not for a reader, and writes full-width
/// dots plainly.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut clean = String::new();
    let mut done = 0;
    for at in memchr3_iter(0xc2, 0xe2, 0xef, bytes) {
        // Either no character begins here (inside of another), or one that may have no width.
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            continue;
        };
        let replacement = match c {
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => "",
            '\u{2024}' | '\u{ff0e}' => ".",
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

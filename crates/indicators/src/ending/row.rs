//! The cells after a URL in a row of CSV that stands in a text, and what a URL's own commas separate.

use super::{is_title, word_at};
use crate::terms::Terms;
use crate::{digest, ipv4};

/// What the second cell of a row is where the first is a URL.
static CELLS: Terms = Terms::of(include_str!("../../lists/terms/row-cells.txt"));

/// Ends of pages, in lower case: a path that ends with one holds the commas before it.
const PAGES: [&str; 7] = ["asp", "aspx", "htm", "html", "jsp", "php", "shtml"];

/// The most bytes of the rest of a row that are looked at.
const MOST_ROW: usize = 128;

/// Whether a cell begins at `at`, after a URL that is the first of its line.
pub fn begins(bytes: &[u8], at: usize, separator: u8) -> bool {
    let word = word_at(bytes, at);
    let end = at + word.len();
    let cell = if ends_row(bytes, end) {
        word.is_empty() || is_title(word) || is_known(word)
    } else if bytes.get(end) == Some(&separator) {
        word.is_empty() || is_known(word) || is_title(word) && is_cell(bytes, end + 1, separator)
    } else {
        false
    };
    (cell || is_date(bytes, at)) && !is_page(bytes, at)
}

/// Whether what is at `at` is a cell and no part of a path.
fn is_cell(bytes: &[u8], at: usize, separator: u8) -> bool {
    let word = word_at(bytes, at);
    let end = at + word.len();
    let whole = bytes.get(end) == Some(&separator) || ends_row(bytes, end);
    whole && (word.is_empty() || is_title(word) || is_known(word))
        || is_date(bytes, at)
        || is_indicator(bytes, at, separator)
}

fn is_known(word: &[u8]) -> bool {
    CELLS.hold_in_any_case(word)
}

/// Whether nothing of a URL is at `at`.
fn ends_row(bytes: &[u8], at: usize) -> bool {
    bytes
        .get(at)
        .is_none_or(|byte| byte.is_ascii_whitespace() || b"|\"'`<>)]}".contains(byte))
}

/// Whether the rest of the word at `at` ends as the path of a page does.
fn is_page(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"|\"'`<>?#".contains(byte);
    let length = rest.iter().take(MOST_ROW).position(ends);
    let word = rest
        .get(..length.unwrap_or(rest.len().min(MOST_ROW)))
        .unwrap_or_default();
    let extension = word.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    extension.len() < word.len()
        && PAGES
            .iter()
            .any(|page| extension.eq_ignore_ascii_case(page.as_bytes()))
}

/// The most bytes of a digest, and more than any address has.
const MOST_CELL: usize = 64;

/// Whether the cell at `at` is an address or a digest.
pub fn is_indicator(bytes: &[u8], at: usize, separator: u8) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == separator;
    let length = rest.iter().take(MOST_CELL + 1).position(ends);
    let cell = length.or((rest.len() <= MOST_CELL).then_some(rest.len()));
    let cell = cell
        .and_then(|length| rest.get(..length))
        .unwrap_or_default();
    digest::is_hex(cell)
        || std::str::from_utf8(cell)
            .ok()
            .and_then(ipv4::parse)
            .is_some()
}

/// Whether a date begins at `at`: `2024-05-01`.
fn is_date(bytes: &[u8], at: usize) -> bool {
    let date = bytes.get(at..at + 10).unwrap_or_default();
    !date.is_empty()
        && date.iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => matches!(byte, b'-' | b'/' | b'.'),
            _ => byte.is_ascii_digit(),
        })
}

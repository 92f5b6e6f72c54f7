//! CSV to text: a cell a line, without the quotes around it, and a mark after each row.

use memchr::{memchr, memchr_iter, memchr3};

use super::tables;

/// Appends the cells of `csv` to `text`, each on a line of its own. A quote that is never closed is text.
pub fn to_text(csv: &str, text: &mut String) {
    let mut rest = csv;
    let mut quotes = true;
    while !rest.is_empty() {
        match rest.strip_prefix('"').filter(|_| quotes).map(quoted) {
            Some(Some((cell, after))) => {
                push_unquoted(cell, text);
                rest = after;
            }
            // None closes from here on.
            Some(None) => quotes = false,
            None => {
                let end = memchr3(b',', b'\t', b'\n', rest.as_bytes()).unwrap_or(rest.len());
                let (cell, after) = rest.split_at(end);
                text.push_str(cell);
                text.push('\n');
                let ends = after.is_empty() || after.starts_with('\n');
                text.push_str(if ends { tables::ROW } else { tables::CELL });
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
}

/// Appends what stands in quotes, where two of them are one.
fn push_unquoted(cell: &str, text: &mut String) {
    let mut done = 0;
    for second in memchr_iter(b'"', cell.as_bytes()).skip(1).step_by(2) {
        text.push_str(cell.get(done..second).unwrap_or_default());
        done = second + 1;
    }
    text.push_str(cell.get(done..).unwrap_or_default());
}

/// What stands in quotes, the opening one being left out, and what follows the closing one.
fn quoted(cell: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    loop {
        at += memchr(b'"', cell.as_bytes().get(at..)?)?;
        let after = cell.get(at + 1..)?;
        if !after.starts_with('"') {
            return Some((cell.get(..at)?, after));
        }
        at += 2;
    }
}

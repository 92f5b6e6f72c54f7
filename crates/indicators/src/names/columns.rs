//! The names in a column that is headed "Malware", "Family", "Ransomware or group".

use super::lexicon::{meaning, says};
use super::spelling::{is_coined, is_leet, is_ordinary, is_title};
use crate::scan::{first_bytes, last_bytes};
use crate::terms::Terms;

/// How far a table is followed below its heading, in bytes and in rows, and how far back its first row goes.
const MOST_TABLE: usize = 16 << 10;
const MOST_ROWS: usize = 256;
const MOST_HEADING: usize = 40;
const MOST_ROW: usize = 512;
const LONGEST_NAME: usize = 32;
/// The most headings that are followed in one text.
pub(super) const MOST_COLUMNS: usize = 16;

/// What else than a noun for malware heads a column of names, or a field; and what starts the message of a rule.
pub(super) const HEADS: [&str; 3] = ["families", "family", "msg"];

/// What stands between the cells of a table.
const MARK: char = '\u{c}';
const SEPARATORS: [char; 3] = ['|', '\t', MARK];
const ROW: &str = "\u{c}\u{c}";
const TABLE: &str = "\u{c}\u{c}\u{c}";

/// A quick look at the word that ends at `end` before [`cells_below`]: whether nothing but a heading's words can follow in its line.
pub(super) fn may_head(text: &str, end: usize) -> bool {
    let rest = text.as_bytes().get(end..).unwrap_or_default();
    match rest {
        [b'|' | b'\t' | b'\n' | b'\r' | b'*' | b'_' | b'"', ..] | [] => true,
        [b' ', next, ..] => matches!(
            next | 0x20,
            b'|' | b'*' | b' ' | b'n' | b'g' | b's' | b'f' | b'o' | b'a'
        ),
        _ => false,
    }
}

/// The cells below the heading that holds the word `text[start..end]`; `None` if that is in no such heading.
pub(super) fn cells_below(text: &str, start: usize, end: usize) -> Option<Vec<&str>> {
    let after = first_bytes(text.get(end..)?, MOST_HEADING);
    let closes = after.find([SEPARATORS[0], SEPARATORS[1], MARK, '\n']);
    let tail = after.get(..closes.unwrap_or(after.len()))?;
    // The common case: a noun in a sentence.
    if closes.is_none() && after.len() == MOST_HEADING || !heads_names(tail) {
        return None;
    }
    let before = last_bytes(text.get(..start)?, MOST_ROW);
    let separates = |c: char| SEPARATORS.contains(&c);
    let opens = before.rfind(separates);
    let separator = opens
        .and_then(|at| before.get(at..))
        .and_then(|rest| rest.chars().next())
        .filter(|&separator| {
            separator == MARK
                || !before
                    .get(opens.unwrap_or(0)..)
                    .is_some_and(|rest| rest.contains('\n'))
        })
        .or_else(|| after.chars().find(|&c| separates(c)))?;
    let marked = separator == MARK;
    let head = before.rsplit(separator).next()?;
    let head = if marked {
        head
    } else {
        head.rsplit('\n').next()?
    };
    if head.len() > MOST_HEADING || !heads_names(head) {
        return None;
    }
    let rest = first_bytes(text.get(end..)?, MOST_TABLE);
    let (row, rows): (&str, Vec<&str>) = if marked {
        let row = before.rsplit(ROW).next()?;
        let table = rest.split(TABLE).next()?;
        (row, table.split(ROW).skip(1).take(MOST_ROWS).collect())
    } else {
        let row = before.rsplit('\n').next()?;
        let lines = rest.split('\n').skip(1).take(MOST_ROWS);
        (
            row,
            lines.take_while(|line| line.contains(separator)).collect(),
        )
    };
    let column = row.matches(separator).count();
    let cells = rows
        .iter()
        .filter_map(|row| row.split(separator).nth(column));
    Some(cells.filter(|cell| cell.len() <= MOST_ROW).collect())
}

/// The places of the names that a cell of `text` consists of, in order.
pub(super) fn names_in<'t>(text: &'t str, cell: &'t str) -> impl Iterator<Item = (usize, usize)> {
    let parts = cell.split([',', '/', ';', '(', ')', '\n', '&']);
    parts
        .flat_map(|part| part.split(" and "))
        .map(|part| part.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .filter(|part| !part.is_empty() && part.len() <= LONGEST_NAME)
        .filter_map(|part| {
            let at = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
            Some((at, at + part.len()))
        })
}

/// What else a heading above a column of names may hold.
static WORDS: Terms = Terms::of(include_str!("../../lists/terms/column-heads.txt"));

/// Whether a heading, or a part of one, has no words but those of a column of names.
fn heads_names(part: &str) -> bool {
    super::list::words(part)
        .all(|word| meaning(word) & says::KIND != 0 || WORDS.hold_in_any_case(word))
}

/// Whether a cell's word that no list has can be a name.
pub(super) fn is_name(word: &str) -> bool {
    (4..=20).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && meaning(word) == 0
        && (is_coined(word) || is_leet(word) || is_title(word) && !is_ordinary(word))
}

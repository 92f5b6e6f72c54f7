//! Rows and columns: the row that a name stands in, and what heads its column.

use std::ops::Range;

use memchr::{memchr_iter, memrchr};

/// A line that begins a cell of a table of HTML or CSV.
pub const CELL: &str = "\u{c}\n";
/// A line that begins a row.
pub const ROW: &str = "\u{c}\u{c}\n";
/// A line that begins a table.
pub const START: &str = "\u{c}\u{c}\u{c}\n";
/// A line that ends a table.
pub const END: &str = "\u{c}\u{c}\u{c}\u{c}\n";
const MARK: u8 = 0xc;

/// The most bytes of a row in plain text.
const MOST_ROW: usize = 1024;
/// The most bytes of a row of HTML or CSV.
const MOST_MARKED: usize = 4096;
/// The most cells before one in its row: names beyond them stand in no table, as cells are counted for each.
const MOST_COLUMNS: usize = 128;
/// The most lines that are gone up to the first row of a table in plain text.
const MOST_LINES: usize = 256;

/// A cell of a table, by what is around it.
pub struct Cell<'t> {
    /// What the first row has in its column; nothing if it stands in the first row.
    pub heading: &'t str,
    /// The row that it stands in.
    pub row: &'t str,
    /// Byte offset of the row.
    pub start: usize,
    /// What is between the cells of the row.
    pub separator: char,
    /// How many cells of the row are before it.
    pub place: usize,
    /// What the rows above and below have in its column, where they are known.
    pub column: [&'t str; 2],
}

/// The tables of one text: found when they are first asked for, as few texts need them.
#[derive(Default)]
pub struct Tables {
    marked: Option<Vec<Row>>,
    /// The last table of plain text that was looked at.
    plain: Option<Plain>,
}

/// A row of HTML or CSV.
struct Row {
    span: Range<usize>,
    /// The first row of its table.
    first: Range<usize>,
}

/// A table of plain text: lines with the same separators.
struct Plain {
    separator: u8,
    count: usize,
    first: Range<usize>,
    last: usize,
}

impl Tables {
    /// The cell that the byte at `at` stands in.
    pub fn cell<'t>(&mut self, text: &'t str, at: usize) -> Option<Cell<'t>> {
        self.marked(text, at).or_else(|| self.plain_cell(text, at))
    }

    /// The cell of HTML or CSV that it stands in: cheaper than [`Tables::cell`].
    pub fn marked<'t>(&mut self, text: &'t str, at: usize) -> Option<Cell<'t>> {
        let rows = self.marked.get_or_insert_with(|| rows(text));
        let place = rows
            .partition_point(|row| row.span.start <= at)
            .checked_sub(1)?;
        let row = rows.get(place)?;
        let (span, first) = (row.span.clone(), row.first.clone());
        let beside = |place: Option<usize>| {
            let other = rows.get(place?)?;
            let near = other.first.start == first.start && other.span.len() <= MOST_MARKED;
            text.get(other.span.clone()).filter(|_| near)
        };
        let (above, below) = (beside(place.checked_sub(1)), beside(Some(place + 1)));
        if at >= span.end || span.len().max(first.len()) > MOST_MARKED {
            return None;
        }
        let (own, first) = (text.get(span.clone())?, text.get(first.clone())?);
        let marks = |text: &str| memchr_iter(MARK, text.as_bytes()).count();
        let column = marks(text.get(span.start..at)?);
        if column > MOST_COLUMNS {
            return None;
        }
        let separator = char::from(MARK);
        let heading = first
            .split(separator)
            .nth(column)
            .filter(|_| marks(own) == marks(first) && own.as_ptr() != first.as_ptr());
        let same = |row: Option<&'t str>| row.and_then(|row| row.split(separator).nth(column));
        Some(Cell {
            heading: heading.unwrap_or_default(),
            row: own,
            start: span.start,
            separator,
            place: column,
            column: [same(above), same(below)].map(Option::unwrap_or_default),
        })
    }

    fn plain_cell<'t>(&mut self, text: &'t str, at: usize) -> Option<Cell<'t>> {
        let bytes = text.as_bytes();
        let floor = at.saturating_sub(MOST_ROW);
        let start = floor + memrchr(b'\n', bytes.get(floor..at)?).map_or(0, |end| end + 1);
        let own = line(text, start)?;
        let (separator, count) = separators(own)?;
        if !matches!(&self.plain, Some(known) if known.separator == separator && known.count == count && known.last == start)
        {
            let first = self.first_line(text, start, separator, count);
            self.plain = Some(Plain {
                separator,
                count,
                first,
                last: start,
            });
        }
        let first = text.get(self.plain.as_ref()?.first.clone())?;
        let column = memchr_iter(separator, bytes.get(start..at)?).count();
        if column > MOST_COLUMNS {
            return None;
        }
        let separator = char::from(separator);
        let heading = first.split(separator).nth(column).filter(|_| first != own);
        Some(Cell {
            heading: heading.unwrap_or_default(),
            row: own,
            start,
            separator,
            place: column,
            column: [""; 2],
        })
    }

    /// The first line of the table that the line at `start` belongs to. Those above the line that was looked at before are not
    /// looked at again.
    fn first_line(&self, text: &str, start: usize, separator: u8, count: usize) -> Range<usize> {
        let span = |at: usize| at..at + line(text, at).unwrap_or_default().len();
        let mut first = start;
        for _ in 0..MOST_LINES {
            if let Some(known) = &self.plain
                && (known.separator, known.count, known.last) == (separator, count, first)
            {
                return known.first.clone();
            }
            let Some(end) = first.checked_sub(1) else {
                break;
            };
            let floor = end.saturating_sub(MOST_ROW);
            let above = text.as_bytes().get(floor..end).unwrap_or_default();
            let above = memrchr(b'\n', above).map_or(floor, |at| floor + at + 1);
            let alike = line(text, above).and_then(separators) == Some((separator, count));
            if !alike || above + MOST_ROW <= end {
                break;
            }
            first = above;
        }
        span(first)
    }
}

/// The line that begins at `start`, without its end; none if it is too long for a row.
fn line(text: &str, start: usize) -> Option<&str> {
    let most = text.len().min(start + MOST_ROW);
    let bytes = text.as_bytes().get(start..most)?;
    let length =
        memchr::memchr(b'\n', bytes).or_else(|| (most == text.len()).then_some(bytes.len()))?;
    text.get(start..start + length)
}

/// What separates the cells of a line, and how often.
fn separators(line: &str) -> Option<(u8, usize)> {
    [b'|', b'\t', b';', b',']
        .into_iter()
        .map(|separator| (separator, memchr_iter(separator, line.as_bytes()).count()))
        .find(|(_, count)| *count > 0)
        // A comma and a space are punctuation, and braces are an object of JSON.
        .filter(|(separator, _)| {
            matches!(separator, b'|' | b'\t')
                || ![", ", "; ", "{", "}"]
                    .into_iter()
                    .any(|mark| line.contains(mark))
        })
}

/// The rows of the tables that are marked in a text.
fn rows(text: &str) -> Vec<Row> {
    let mut marks = memchr_iter(MARK, text.as_bytes()).peekable();
    let mut rows: Vec<Row> = Vec::new();
    let (mut start, mut first, mut of_table) = (0, None, 0);
    loop {
        let mark = marks.next();
        let end = mark.unwrap_or(text.len());
        let mut after = end + 1;
        while marks.next_if_eq(&after).is_some() {
            after += 1;
        }
        let length = after - end;
        if mark.is_some() && length < ROW.len() - 1 {
            continue;
        }
        let holds = |row: &str| !row.trim().is_empty();
        if text.get(start..end).is_some_and(holds) {
            let first: &Range<usize> = first.get_or_insert(start..end);
            rows.push(Row {
                span: start..end,
                first: first.clone(),
            });
            of_table += 1;
        }
        if mark.is_none() || length >= START.len() - 1 {
            // What has one row is no table.
            if of_table == 1 {
                rows.pop();
            }
            (first, of_table) = (None, 0);
        }
        if mark.is_none() {
            return rows;
        }
        start = after + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(text: &str, of: &str) -> String {
        let at = text.find(of).unwrap();
        let cell = Tables::default().cell(text, at);
        cell.map(|cell| cell.heading.trim().to_owned())
            .unwrap_or_default()
    }

    /// A text with its marks written as `{`, one for a cell, two for a row, three and four for the ends of a table.
    fn marked(text: &str) -> String {
        text.replace('{', "\u{c}").replace('/', "\n")
    }

    #[test]
    fn a_cell_knows_the_head_of_its_column() {
        let csv = marked("domain/{/seen/{{/evil.cc/{/2024/{{/");
        assert_eq!(heading(&csv, "evil.cc"), "domain");
        assert_eq!(heading(&csv, "2024"), "seen");
        let html = marked(
            "Intro/{{{/{{/{/Name/{/Fixed in/{{/{/Kestrel/and more/{/7.2.4.11/{{{{/After 1.1/",
        );
        assert_eq!(heading(&html, "7.2.4.11"), "Fixed in");
        assert_eq!(heading(&html, "1.1\n"), "");
        assert_eq!(heading(&html, "Name"), "");
        let markdown = "x\n| Name | Domain |\n|---|---|\n| a | evil.cc |\n| b | evil.pl |\n";
        assert_eq!(heading(markdown, "evil.cc"), "Domain");
        assert_eq!(heading(markdown, "evil.pl"), "Domain");
        assert_eq!(heading("a,b\nevil.cc,1", "evil.cc"), "a");
        assert_eq!(heading("One, two\nevil.cc, 1", "evil.cc"), "");
        assert_eq!(heading("a|b", "a"), "");
    }

    #[test]
    fn rows_of_other_lengths_leave_columns_unknown() {
        let html = marked("{{{/{{/{/Name/{/Domain/{{/{/evil.cc/{{{{/");
        assert_eq!(heading(&html, "evil.cc"), "");
    }
}

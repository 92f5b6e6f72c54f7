//! Rows and columns: the row that a name stands in, and what heads its column.

mod cut;

use std::ops::Range;

use memchr::{memchr_iter, memrchr};

pub use cut::Cut;

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
/// The most lines that are gone up to the first row of a table in plain text.
const MOST_LINES: usize = 256;

/// A cell of a table, by what is around it.
pub struct Cell<'t> {
    /// What the first row has in its column; nothing if it stands in the first row.
    pub heading: &'t str,
    /// Its column.
    pub column: usize,
    /// Whether its table is one of HTML or CSV.
    pub marked: bool,
}

/// The tables of one text: found when they are first asked for, as few texts need them.
#[derive(Default)]
pub struct Tables {
    marked: Option<Vec<Row>>,
    /// The row of the cell that was asked for last, the first of its table, and those above and below it.
    own: Cut,
    first: Cut,
    beside: [Cut; 2],
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
        let row = rows.get(row_at(rows, at)?)?;
        let (span, first) = (row.span.clone(), row.first.clone());
        if at >= span.end || span.len().max(first.len()) > MOST_MARKED {
            return None;
        }
        let is_first = span.start == first.start;
        self.own.turn_to(text, span, MARK);
        self.first.turn_to(text, first, MARK);
        let column = self.own.column(at);
        let alike = !is_first && self.own.len() == self.first.len();
        let heading = alike.then(|| self.first.cell(text, column)).flatten();
        Some(Cell {
            heading: heading.unwrap_or_default(),
            column,
            marked: true,
        })
    }

    /// The row of the cell that was asked for last.
    pub fn row(&mut self) -> &mut Cut {
        &mut self.own
    }

    /// What the rows of HTML or CSV above and below that one have in a column.
    pub fn column<'t>(&mut self, text: &'t str, column: usize) -> [&'t str; 2] {
        let rows = self.marked.as_deref().unwrap_or_default();
        let Some(place) = row_at(rows, self.own.start()) else {
            return [""; 2];
        };
        let first = rows.get(place).map(|row| row.first.start);
        let beside = [place.checked_sub(1), Some(place + 1)].map(|place| {
            let row = rows.get(place?)?;
            let near = Some(row.first.start) == first && row.span.len() <= MOST_MARKED;
            near.then(|| row.span.clone())
        });
        let [above, below] = &mut self.beside;
        [(above, &beside[0]), (below, &beside[1])].map(|(cut, span)| {
            let span = span.clone().unwrap_or_default();
            cut.turn_to(text, span, MARK);
            cut.cell(text, column).unwrap_or_default()
        })
    }

    fn plain_cell<'t>(&mut self, text: &'t str, at: usize) -> Option<Cell<'t>> {
        let bytes = text.as_bytes();
        let floor = at.saturating_sub(MOST_ROW);
        let start = floor + memrchr(b'\n', bytes.get(floor..at)?).map_or(0, |end| end + 1);
        let known = self.plain.as_ref().filter(|plain| plain.last == start);
        if !known.is_some_and(|plain| self.own.is_at(start, plain.separator)) {
            self.turn_to_line(text, start)?;
        }
        let first = self.plain.as_ref()?.first.clone();
        let is_first = text.get(first.clone())? == self.own.text(text);
        let column = self.own.column(at);
        self.first
            .turn_to(text, first, self.plain.as_ref()?.separator);
        let heading = self.first.cell(text, column).filter(|_| !is_first);
        Some(Cell {
            heading: heading.unwrap_or_default(),
            column,
            marked: false,
        })
    }

    /// Turns to the row that the line of plain text at `start` is. None: it is no row.
    fn turn_to_line(&mut self, text: &str, start: usize) -> Option<()> {
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
        self.own.turn_to(text, start..start + own.len(), separator);
        Some(())
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

/// The place of the last row that begins at `at` or before.
fn row_at(rows: &[Row], at: usize) -> Option<usize> {
    rows.partition_point(|row| row.span.start <= at)
        .checked_sub(1)
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
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )]
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

//! A row that is cut into its cells, and what they were found to say: names stand close together in a row, and each asks all of it.

use std::cell::OnceCell;
use std::ops::Range;

use memchr::memchr_iter;

use crate::says::Says;

/// A row and its cells.
#[derive(Default)]
pub struct Cut {
    span: Range<usize>,
    separator: u8,
    /// Byte offset of each separator.
    ends: Vec<usize>,
    /// What its cells say, as far as that was asked for.
    pub said: Said,
}

/// What the cells of a row say: those that say anything, by their columns.
#[derive(Default)]
pub struct Said {
    /// Of the type of another cell.
    pub types: OnceCell<Vec<(usize, Says)>>,
    /// By what they are themselves.
    pub kinds: OnceCell<Vec<(usize, Says)>>,
    /// In words that describe another.
    pub descriptions: OnceCell<Vec<(usize, Says)>>,
    /// How many cells hold anything.
    pub filled: OnceCell<usize>,
    /// What those above and below say, for the column that was asked for last.
    pub beside: Option<(usize, Option<Says>)>,
}

impl Cut {
    /// Cuts the row at `span`, unless it was the last one.
    pub fn turn_to(&mut self, text: &str, span: Range<usize>, separator: u8) {
        if self.span == span && self.separator == separator {
            return;
        }
        let row = text.as_bytes().get(span.clone()).unwrap_or_default();
        self.ends.clear();
        self.ends
            .extend(memchr_iter(separator, row).map(|at| span.start + at));
        self.said = Said::default();
        (self.span, self.separator) = (span, separator);
    }

    /// Whether it is the row that begins at `start`, with this separator.
    #[must_use]
    pub fn is_at(&self, start: usize, separator: u8) -> bool {
        self.span.start == start && self.separator == separator && !self.span.is_empty()
    }

    /// Byte offset of its first cell.
    #[must_use]
    pub fn start(&self) -> usize {
        self.span.start
    }

    /// All of it.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.span.clone()).unwrap_or_default()
    }

    /// How many cells it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() + 1
    }

    /// The column that the byte at `at` stands in.
    #[must_use]
    pub fn column(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end < at)
    }

    /// The cell in a column.
    #[must_use]
    pub fn cell<'t>(&self, text: &'t str, column: usize) -> Option<&'t str> {
        let start = match column.checked_sub(1) {
            None => self.span.start,
            Some(before) => self.ends.get(before)? + 1,
        };
        text.get(start..self.ends.get(column).copied().unwrap_or(self.span.end))
    }

    /// Its first cells, from the left.
    pub fn cells<'t>(&self, text: &'t str, most: usize) -> impl Iterator<Item = &'t str> {
        (0..self.len().min(most)).filter_map(move |column| self.cell(text, column))
    }
}

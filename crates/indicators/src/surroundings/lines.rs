//! The lines above and below a place in a text.

use memchr::{memchr, memrchr};

use crate::tables;

/// The lines of a text before or after an offset, as far as they belong to it: not what is in a table above or below, nor what
/// follows the table that it stands in.
pub struct Lines<'t> {
    rest: &'t str,
    /// Byte offset of the rest.
    at: usize,
    up: bool,
}

impl<'t> Lines<'t> {
    /// The most bytes that are looked at.
    const MOST: usize = 1024;

    /// The lines above the one at `at`.
    pub fn up(text: &'t str, at: usize) -> Self {
        let floor = text.ceil_char_boundary(at.saturating_sub(Self::MOST));
        let before = text.get(floor..at).unwrap_or_default();
        let end = memrchr(b'\n', before.as_bytes()).unwrap_or_default();
        Self {
            rest: before.get(..end).unwrap_or_default(),
            at: floor,
            up: true,
        }
    }

    /// The lines below the one at `at`.
    pub fn down(text: &'t str, at: usize) -> Self {
        let most = text.floor_char_boundary(at + Self::MOST);
        let after = text.get(at..most).unwrap_or_default();
        let start = memchr(b'\n', after.as_bytes()).map_or(after.len(), |end| end + 1);
        Self {
            rest: after.get(start..).unwrap_or_default(),
            at: at + start,
            up: false,
        }
    }
}

impl<'t> Iterator for Lines<'t> {
    /// A line, and the offset at which it begins.
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (start, line, rest, rest_at);
        if self.up {
            let end = memrchr(b'\n', self.rest.as_bytes());
            let own = end.map_or(0, |at| at + 1);
            (start, line) = (self.at + own, self.rest.get(own..)?);
            (rest, rest_at) = (self.rest.get(..end.unwrap_or_default())?, self.at);
        } else {
            let end = memchr(b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
            (start, line) = (self.at, self.rest.get(..end)?);
            rest = self.rest.get(end + 1..).unwrap_or_default();
            rest_at = self.at + end + 1;
        }
        (self.rest, self.at) = (rest, rest_at);
        let mark = line.len() + 1;
        let outside = mark == tables::END.len() && tables::END.starts_with(line)
            || !self.up && mark == tables::START.len() && tables::START.starts_with(line);
        if outside {
            self.rest = "";
            return None;
        }
        Some((start, line))
    }
}

//! The listing itself: which reports a query selects, and the page's bytes.

use bytes::Bytes;

use super::query::Query;
use super::{Difference, Order, PageCap, Settings, Total, WindowField, gzipped};
use crate::reports::Report;

/// A report on the library.
#[derive(Debug)]
pub(super) struct Entry {
    pub report: Report,
    /// Whether this or an earlier version of it was planted with indicators.
    pub was_planted: bool,
}

impl Entry {
    pub fn new(report: Report, was_planted: bool) -> Self {
        let was_planted = was_planted || !report.planted.is_empty();
        Self {
            report,
            was_planted,
        }
    }
}

/// Makes pages, and remembers the last ones: a page of 500 reports takes longer to compress than to send.
#[derive(Debug, Default)]
pub(super) struct Pages {
    answered: u64,
    made: Vec<(Key, Bytes)>,
}

/// All that shapes a page's bytes while the library does not change.
#[derive(Debug, PartialEq)]
struct Key {
    page: Vec<usize>,
    total: usize,
    limit: usize,
    skip: usize,
    gzip: bool,
}

const REMEMBERED: usize = 8;

impl Pages {
    pub fn forget(&mut self) {
        self.made.clear();
    }

    pub fn page(
        &mut self,
        entries: &[Entry],
        settings: &Settings,
        query: &Query,
        difference: Difference,
        gzip: bool,
    ) -> Bytes {
        self.answered += 1;
        let window = query.since..=query.until;
        let inside = |entry: &Entry| {
            let time = match settings.window {
                WindowField::Posted => entry.report.posted_at,
                WindowField::Updated => entry.report.updated_at,
            };
            window.contains(&time)
        };
        let mut selected: Vec<usize> = (0..entries.len())
            .filter(|index| inside(&entries[*index]))
            .collect();
        if settings.order == Order::OldestFirst {
            selected.reverse();
        }
        if let Some(sort) = query.sort {
            selected.sort_by_key(|index| {
                let report = &entries[*index].report;
                match sort.by {
                    WindowField::Posted => report.posted_at,
                    WindowField::Updated => report.updated_at,
                }
            });
            if !sort.rising {
                selected.reverse();
            }
        }
        if settings.unstable_ties {
            self.shuffle_ties(entries, &mut selected);
        }
        let total = selected.len();
        let (size, limit) = match settings.page_cap {
            PageCap::None => (query.limit, query.limit),
            PageCap::Shown(cap) => (query.limit.min(cap), query.limit.min(cap)),
            PageCap::Hidden(cap) => (query.limit.min(cap), query.limit),
        };
        let size = size.min(difference.at_most.unwrap_or(usize::MAX));
        let start = query.skip.min(total);
        let page = selected.split_off(start);
        let page = page[..size.min(page.len())].to_vec();
        let total = match difference.total.unwrap_or(settings.total) {
            Total::True => total,
            Total::Says(said) => said,
            Total::OffBy(error) => total.saturating_add_signed(error),
        };
        let key = Key {
            page,
            total,
            limit,
            skip: query.skip,
            gzip,
        };
        if let Some((_, bytes)) = self.made.iter().find(|(made, _)| *made == key) {
            return bytes.clone();
        }
        let bytes = envelope(entries, &key);
        let bytes = if gzip { gzipped(&bytes) } else { bytes.into() };
        if self.made.len() == REMEMBERED {
            self.made.remove(0);
        }
        self.made.push((key, bytes.clone()));
        bytes
    }

    /// Orders reports of one time anew, differently in each answer.
    fn shuffle_ties(&self, entries: &[Entry], selected: &mut [usize]) {
        let mut rng = fastrand::Rng::with_seed(self.answered);
        for ties in selected
            .chunk_by_mut(|a, b| entries[*a].report.posted_at == entries[*b].report.posted_at)
        {
            rng.shuffle(ties);
        }
    }
}

fn envelope(entries: &[Entry], key: &Key) -> Vec<u8> {
    let Key {
        page,
        total,
        limit,
        skip,
        ..
    } = key;
    let length: usize = page
        .iter()
        .map(|index| entries[*index].report.json.len() + 1)
        .sum();
    let mut bytes = Vec::with_capacity(length + 128);
    let head = format!(
        r#"{{"total":{total},"limit":{limit},"count":{},"skip":{skip},"data":["#,
        page.len()
    );
    bytes.extend_from_slice(head.as_bytes());
    for (place, index) in page.iter().enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(&entries[*index].report.json);
    }
    bytes.extend_from_slice(b"]}");
    bytes
}

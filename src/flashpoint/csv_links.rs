//! Finds what may be a link to CSV data in a report.
//!
//! The seed: "If there is a link available for CSV data, we will append response with '`csv_data`'
//! key". Where such a link stands is not said; links are looked for in `body`, in `sources` and in
//! fields with `csv` in their name. Whether one may be followed is the source's decision.

#[cfg(test)]
mod tests;

use indexmap::IndexSet;
use memchr::{memchr2_iter, memmem};
use serde_json::value::RawValue;

use crate::sync::report::{Report, strings, text, text_of};

/// The most links of one report that are followed: a report with more is a catalogue, not data.
pub const MAX_LINKS: usize = 8;

/// The most candidates of one report: many more than are followed, since those that lead elsewhere are among them.
const MAX_CANDIDATES: usize = 64;

/// The longest link, in bytes: browsers and proxies take no longer ones everywhere.
pub const LINK_BYTES: usize = 2_048;

/// The links in a report that look like CSV data, once each, in order of appearance, at most 64.
#[must_use]
pub fn candidates(report: &Report) -> Vec<String> {
    let mut links = Links::default();
    let fields = &report.fields;
    let says_csv = |value: &RawValue| may_mention_csv(value.get());
    if fields.get("body").is_some_and(|body| says_csv(body))
        && let Some(body) = text(fields, "body")
    {
        links.collect(&body);
    }
    for (key, value) in fields {
        if is_listed(key) && says_csv(value) {
            links.strings(value.get());
        }
    }
    links.0.into_iter().collect()
}

/// Whether the text in some JSON may hold `csv`: few reports have it, and those that have none need no second look.
fn may_mention_csv(json: &str) -> bool {
    // A letter may be written as its code too.
    let is_letter = |at: usize| {
        let code = json.as_bytes().get(at + 4..at + 6);
        matches!(code, Some(b"43" | b"53" | b"56" | b"63" | b"73" | b"76"))
    };
    mentions_csv(json) || memmem::find_iter(json.as_bytes(), b"\\u00").any(is_letter)
}

/// The field that `text` stands in may hold links besides the body.
fn is_listed(key: &str) -> bool {
    key == "sources" || (key != "csv_data" && mentions_csv(key))
}

/// Whether a link's path ends in `.csv`, or its query says `format=csv`.
#[must_use]
pub fn names_csv(link: &str) -> bool {
    let link = link.split('#').next().unwrap_or_default();
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let ends_in_csv = path.len() > 4 && path.to_ascii_lowercase().ends_with(".csv");
    ends_in_csv
        || query
            .split('&')
            .any(|pair| pair.eq_ignore_ascii_case("format=csv"))
}

/// Whether `csv` is there in any case.
fn mentions_csv(text: &str) -> bool {
    let text = text.as_bytes();
    memchr2_iter(b'v', b'V', text).any(|end| {
        text.get(end.saturating_sub(2)..end)
            .is_some_and(|before| before.eq_ignore_ascii_case(b"cs"))
    })
}

/// What ends a link wherever it stands.
fn ends(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')
}

/// The links found so far.
#[derive(Default)]
struct Links(IndexSet<String>);

impl Links {
    fn is_full(&self) -> bool {
        self.0.len() >= MAX_CANDIDATES
    }

    /// Takes a link that names CSV data; false if it does not.
    fn add(&mut self, link: &str) -> bool {
        let link = link.trim();
        if link.len() > LINK_BYTES || self.is_full() {
            return false;
        }
        let link = link.replace("&amp;", "&");
        let is_csv = names_csv(&link);
        if is_csv {
            self.0.insert(link);
        }
        is_csv
    }

    /// Links in text or HTML: what stands in quotes after `href=`, and bare URLs. Each byte is looked at a bounded number
    /// of times, since the search goes on behind each link.
    fn collect(&mut self, text: &str) {
        if !mentions_csv(text) {
            return;
        }
        let mut rest = text;
        while let Some((start, mark)) = next_start(rest)
            && !self.is_full()
        {
            rest = rest.get(start..).unwrap_or_default();
            rest = match mark {
                Mark::Attribute => {
                    let value = rest.get("href=".len()..).unwrap_or_default();
                    let value = value.trim_start_matches(['"', '\'']);
                    let (link, after) = value.split_at(value.find(ends).unwrap_or(value.len()));
                    self.add_with_inner(link);
                    after
                }
                Mark::Bare => {
                    let (link, after) = rest.split_at(bare_end(rest));
                    // In running text, punctuation after a link is not its part.
                    let sentence = |c| matches!(c, '.' | ',' | ';' | ':' | '!' | '|' | ')' | ']');
                    self.add_with_inner(link.trim_end_matches(sentence));
                    after
                }
            };
        }
    }

    /// Takes a link, or else the last one that stands within it, as in a redirector's query.
    fn add_with_inner(&mut self, link: &str) {
        if link.len() <= LINK_BYTES
            && !self.add(link)
            && let Some(inner) = last_start(link)
        {
            self.add(inner);
        }
    }

    /// Takes each string of a JSON value that is a link.
    fn strings(&mut self, json: &str) {
        // Each character of a string may be escaped to six, and there are the quotes.
        let short = |string: &&str| string.len() <= 6 * LINK_BYTES + 2;
        for string in strings(json).filter(short) {
            self.add(&text_of(string));
            if self.is_full() {
                break;
            }
        }
    }
}

/// How a link begins.
#[derive(Clone, Copy)]
enum Mark {
    /// `href=`.
    Attribute,
    /// `http`.
    Bare,
}

fn mark_at(text: &[u8], at: usize) -> Option<Mark> {
    let is = |mark: &[u8]| {
        text.get(at..at + mark.len())
            .is_some_and(|here| here.eq_ignore_ascii_case(mark))
    };
    if is(b"http") {
        Some(Mark::Bare)
    } else {
        is(b"href=").then_some(Mark::Attribute)
    }
}

/// Where the first link begins.
fn next_start(text: &str) -> Option<(usize, Mark)> {
    let bytes = text.as_bytes();
    memchr2_iter(b'h', b'H', bytes).find_map(|at| Some((at, mark_at(bytes, at)?)))
}

/// The last URL that begins within a link.
fn last_start(link: &str) -> Option<&str> {
    let bytes = link.as_bytes();
    let begins = |at: &usize| *at > 0 && matches!(mark_at(bytes, *at), Some(Mark::Bare));
    let last = memchr2_iter(b'h', b'H', bytes).rfind(begins)?;
    link.get(last..)
}

/// Where a bare URL ends: before what ends any link, or where a list of URLs goes on with the next one.
fn bare_end(text: &str) -> usize {
    let separates = |at: usize, c: char| {
        matches!(c, ',' | ';' | '|') && matches!(mark_at(text.as_bytes(), at + 1), Some(Mark::Bare))
    };
    text.char_indices()
        .find(|(at, c)| ends(*c) || separates(*at, *c))
        .map_or(text.len(), |(at, _)| at)
}

//! One text from front to back: every finder's hits in order, each with the page it stands in.

use super::names::{self, NameSettings};
use super::{IndicatorType, cve, digest, dotted, encoded, ipv6, registry, url, url_path};

/// Something found in a text.
#[derive(Debug)]
pub struct Hit {
    /// Byte offset, for the order of appearance.
    pub at: usize,
    /// What it is.
    pub kind: IndicatorType,
    /// As reported.
    pub value: String,
    /// Whether it was defanged.
    pub defanged: bool,
    /// Whether there is little doubt that it is one: names alone may leave any.
    pub confident: bool,
    /// Whether it is no more than a segment of a URL's path, or encoded in a URL.
    pub in_path: bool,
}

impl Hit {
    /// A hit that is beyond doubt.
    pub fn new(at: usize, kind: IndicatorType, value: String, defanged: bool) -> Self {
        Self {
            at,
            kind,
            value,
            defanged,
            confident: true,
            in_path: false,
        }
    }
}

/// A part of a text that a finder has taken.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Byte offset of its start.
    pub start: usize,
    /// Byte offset after it.
    pub end: usize,
}

/// What a URL spans: digests, addresses and names in its path belong to its site.
#[derive(Debug)]
pub struct Page {
    /// Byte offset of its scheme.
    pub start: usize,
    /// Byte offset of its path.
    pub path: usize,
    /// Byte offset after it.
    pub end: usize,
    /// Its host in lower case.
    pub host: String,
    /// Whether it was defanged.
    pub defanged: bool,
}

impl Page {
    /// Whether it is source code under version control: the digests in its path name revisions.
    pub fn is_source(&self) -> bool {
        self.host
            .split('.')
            .any(|label| label.starts_with("git") || label.contains("bitbucket"))
    }
}

/// All hits of a text, in order of appearance, and the URLs in it.
#[derive(Default)]
pub struct Scan {
    /// What was found.
    pub hits: Vec<Hit>,
    /// The URLs with a scheme, in order.
    pub pages: Vec<Page>,
}

impl Scan {
    /// Scans `text`, which is plain, for all but names.
    pub fn of(text: &str) -> Self {
        let mut scan = Self {
            hits: Vec::with_capacity(32),
            pages: Vec::new(),
        };
        let mut taken = Vec::new();
        registry::find(text, &mut scan.hits, &mut taken);
        url::find(text, &mut scan.hits, &mut scan.pages);
        taken.extend(scan.pages.iter().map(|page| Span {
            start: page.start,
            end: page.end,
        }));
        taken.sort_unstable_by_key(|span| span.start);
        dotted::find(text, &taken, &mut scan.hits);
        for page in &scan.pages {
            url_path::find(text, page, &mut scan.hits);
        }
        encoded::find(text, &mut scan.hits);
        ipv6::find(text, &mut scan.hits);
        digest::find(text, &mut scan.hits);
        cve::find(text, &mut scan.hits);
        scan.hits.sort_by_key(|hit| hit.at);
        scan
    }

    /// Adds the malware names in `text`.
    pub fn add_names(&mut self, text: &str, settings: &NameSettings) {
        let mut found = Vec::new();
        names::find(text, settings, &mut found);
        if found.is_empty() {
            return;
        }
        self.hits.extend(found.into_iter().map(|name| Hit {
            at: name.start,
            kind: IndicatorType::Malware,
            value: name.name,
            defanged: false,
            confident: name.confident,
            in_path: false,
        }));
        self.hits.sort_by_key(|hit| hit.at);
    }
}

/// The end of `text`, at most `most` bytes of it.
pub fn last_bytes(text: &str, most: usize) -> &str {
    let from = text.ceil_char_boundary(text.len().saturating_sub(most));
    text.get(from..).unwrap_or_default()
}

/// The start of `text`, at most `most` bytes of it.
pub fn first_bytes(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most))
        .unwrap_or_default()
}

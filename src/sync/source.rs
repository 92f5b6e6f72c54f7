//! The seam that reports come through.

#![deny(missing_docs)]

use std::fmt;
use std::future::ready;
use std::ops::Range;

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::own::OwnList;
use crate::http::fault::Fault;
use crate::sync::report::Report;

/// Where a window of reports begins, as the `since` parameter says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// The literal `-<lookback>`, relative to the service's own clock (the seed's `-1d`); in seconds.
    Lookback(u32),
    /// An absolute time, sent in UTC with a `Z`.
    At(Timestamp),
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Lookback(seconds) => {
                let (count, unit) = [(86_400, 'd'), (3_600, 'h'), (60, 'm')]
                    .into_iter()
                    .find(|(length, _)| seconds % length == 0)
                    .map_or((seconds, 's'), |(length, unit)| (seconds / length, unit));
                write!(f, "-{count}{unit}")
            }
            Self::At(time) => write!(f, "{}", time.strftime("%Y-%m-%dT%H:%M:%SZ")),
        }
    }
}

/// One request of the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Where the window begins; it ends now.
    pub since: Since,
    /// The most reports to answer with, 1..=[`Terms::page`].
    pub limit: u32,
    /// How many reports to pass over first; 0 leaves the parameter out.
    pub skip: u64,
}

/// One page of the listing. Its text is held once, each report being a part of it.
#[derive(Debug)]
pub struct Page {
    /// How many reports the service says the window holds; at most [`MAX_TOTAL`].
    pub total: u64,
    /// The page size that the answer names; a service may cap the one asked for.
    pub limit: Option<u64>,
    /// The service's own clock, from the `Date` header.
    pub date: Option<Timestamp>,
    text: String,
    reports: Vec<Range<usize>>,
}

/// The highest `total` that is believed: the largest integer that every JSON reader holds exactly. A higher one
/// would make a status that the API server refuses.
pub const MAX_TOTAL: u64 = (1 << 53) - 1;

impl Page {
    /// A page of the reports that stand in `text`, in the order they came.
    #[must_use]
    pub fn new(total: u64, text: String, reports: Vec<Range<usize>>) -> Self {
        Self {
            total: total.min(MAX_TOTAL),
            limit: None,
            date: None,
            text,
            reports,
        }
    }

    /// How many elements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.reports.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    /// The JSON of each element, in the order they came.
    #[must_use]
    pub fn reports(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        let text = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        self.reports.iter().map(text)
    }
}

/// Why a page could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The page is over the size cap. A smaller one may do.
    #[error("{0}")]
    TooLarge(Fault),
    /// It did not come within the time. A smaller one may, or the service hangs.
    #[error("{0}")]
    Late(Fault),
    /// The service is at fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// On which terms a source lists; by default those of Flashpoint's v4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The most reports of a page, at least 1.
    pub page: u32,
    /// Whether a window may begin at [`Since::Lookback`]. Else it begins at an absolute time, always.
    pub relative_times: bool,
    /// Whether it was asked to list in rising order of `updated_at`: then what is new or edited is at the end.
    pub by_update: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            page: 500,
            relative_times: true,
            by_update: false,
        }
    }
}

/// Why a source's own list of a report's indicators could not be had.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// The source has none, or the key no right to them, or to those of this report: see [`Source::withheld`].
    #[error("{0}")]
    Withheld(String),
    /// The request for this very report was refused, which may be the report's own doing or the service's.
    #[error("{0}")]
    Rejected(Fault),
    /// The service is at fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Where reports come from.
pub trait Source: Send + Sync {
    /// On which terms it lists, whatever it holds.
    fn terms(&self) -> Terms {
        Terms::default()
    }

    /// Where people read a report: by default where it says.
    fn deeplink(&self, report: &Report) -> Option<Box<str>> {
        report.deeplink.clone()
    }

    /// Fetches one page.
    fn page(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, PageError>>;

    /// The CSV links of a report that may be followed, among `candidates` found in it:
    /// only those at the service's own hosts, made absolute.
    fn csv_links(&self, candidates: &[String]) -> Vec<String>;

    /// Fetches the CSV data behind a link that [`Source::csv_links`] gave.
    fn csv<'a>(&'a self, link: &'a str) -> BoxFuture<'a, Result<String, Fault>>;

    /// Fetches the source's own list of a report's indicators. Costs no call while it is known to be withheld.
    fn own<'a>(&'a self, _report: &'a Report) -> BoxFuture<'a, Result<OwnList, OwnError>> {
        Box::pin(ready(Err(OwnError::Withheld(
            self.withheld().unwrap_or_default(),
        ))))
    }

    /// Why no list of its own is to be had, whatever the report, and the next step; nothing where that is not known.
    fn withheld(&self) -> Option<String> {
        Some("the source has no indicators of its own".to_owned())
    }
}

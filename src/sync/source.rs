//! The seam that reports come through.

use std::fmt;
use std::future::Future;

use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::fault::Fault;

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
    /// The most reports to answer with, 1..=500.
    pub limit: u32,
    /// How many reports to pass over first; 0 leaves the parameter out.
    pub skip: u64,
}

/// One page of the listing, each report as the bytes that were received.
#[derive(Debug)]
pub struct Page {
    /// How many reports the service says the window holds.
    pub total: u64,
    /// The page size that the answer names; a service may cap the one asked for.
    pub limit: Option<u64>,
    /// The reports, in the order they came.
    pub reports: Vec<Box<RawValue>>,
    /// The service's own clock, from the `Date` header.
    pub date: Option<Timestamp>,
}

/// Why a page could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The page is over the size cap, or did not come within the time. A smaller one may do.
    #[error("{0}")]
    TooLarge(Fault),
    /// The service is at fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Where reports come from.
pub trait Source: Send + Sync {
    /// Fetches one page.
    fn page(&self, request: PageRequest) -> impl Future<Output = Result<Page, PageError>> + Send;

    /// The CSV links of a report that may be followed, among `candidates` found in it:
    /// only those at the service's own hosts, made absolute.
    fn csv_links(&self, candidates: &[String]) -> Vec<String>;

    /// Fetches the CSV data behind a link that [`Source::csv_links`] gave.
    fn csv(&self, link: &str) -> impl Future<Output = Result<String, Fault>> + Send;
}

//! What a sync needs from whoever runs it, besides its source and its destination.

#![deny(missing_docs)]

use std::error::Error;
use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;

use crate::http::fault::{Fault, Service};
use crate::sync::ledger::Ledger;
use crate::sync::own::Own;
use indicators::Indicator;

/// Why a sync may not write any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fenced {
    /// The feed was edited, deleted or created again since the sync was planned.
    Superseded,
    /// Another replica may lead by now.
    Deposed,
    /// The process is asked to stop.
    Stopping,
}

/// Says before each write whether it may still happen.
pub trait Fence: Send + Sync {
    /// # Errors
    /// When it may not.
    fn check(&self) -> Result<(), Fenced>;
}

/// Why the ledger could not be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Somebody else stored it since it was read.
    #[error("the ledger was changed by another writer")]
    Conflict,
    /// It no longer fits.
    #[error("{0}")]
    Full(#[source] Cause),
    /// It could not be stored; a later attempt may succeed.
    #[error("the ledger could not be stored: {0}")]
    Unavailable(#[source] Cause),
}

/// The error of whoever stores the ledger, whatever it is; two are equal if they say the same.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Cause {}

impl JournalError {
    /// The ledger no longer fits, as `error` says.
    pub fn full(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Full(Cause(error.into().into()))
    }

    /// It could not be stored, as `error` says.
    pub fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(Cause(error.into().into()))
    }
}

/// Stores the ledger.
pub trait Journal: Send + Sync {
    /// Whether nothing shows that a ledger can be stored: none ever was, or the last one was not.
    fn is_unproven(&self) -> bool {
        false
    }

    /// Stores it as it is now.
    fn save<'a>(&'a self, ledger: &'a Ledger) -> BoxFuture<'a, Result<(), JournalError>>;
}

/// What became of a report in a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Written to the enclave, unknown before.
    Created,
    /// Written to the enclave, known before.
    Updated,
    /// In the enclave as it is.
    Unchanged,
    /// Nothing in it counts.
    WithoutIndicators,
    /// Its `published_status` says it is not published.
    NotPublished,
    /// Left alone, since `spec.skip` names it.
    Skipped,
    /// Refused or unreadable, and why.
    Failed(String),
    /// Taken on, not finished, and why.
    Pending(String),
}

impl Verdict {
    /// The verdict as the status' counts name it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::WithoutIndicators => "withoutIndicators",
            Self::NotPublished => "notPublished",
            Self::Skipped => "skipped",
            Self::Failed(_) => "failed",
            Self::Pending(_) => "pending",
        }
    }
}

/// One report, as people are told of it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Flashpoint's id; empty where it has none.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its `posted_at`, where it is readable.
    pub posted_at: Option<Timestamp>,
    /// What became of it.
    pub verdict: &'a Verdict,
    /// What was found in it, where it was examined.
    pub indicators: Option<&'a [Indicator]>,
    /// What Flashpoint itself says of them, where it was asked.
    pub own: Option<&'a Own>,
    /// Whether CSV data it links to could not be had.
    pub without_csv: bool,
    /// Whether the destination was written to.
    pub written: bool,
}

/// Watches a sync; each method does nothing unless implemented.
pub trait Watcher: Send + Sync {
    /// The listing is read: so many reports are considered, of `total` that the window holds.
    fn listed(&self, _considered: usize, _total: u64) {}

    /// One report is handled.
    fn report(&self, _line: Line<'_>) {}
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The local time.
    fn now(&self) -> Timestamp;

    /// Flashpoint's time, as far as it is known: the local time, corrected by the last answer.
    fn service_now(&self) -> Timestamp {
        self.now()
    }

    /// Learns Flashpoint's time from an answer that came just now.
    fn learn(&self, _service_now: Timestamp) {}
}

/// What ended a sync before its work was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// A service is at fault.
    #[error("{0}")]
    Fault(Fault),
    /// The call budget is spent.
    #[error("the {service} call budget is spent; it refills in {} s", ready_in.as_secs())]
    BudgetSpent {
        /// Whose.
        service: &'static Service,
        /// When a useful number of calls will be possible again.
        ready_in: std::time::Duration,
    },
    /// The sync took as long as one may.
    #[error("the sync took as long as one may")]
    TimeUp,
    /// It may not write any more.
    #[error("the sync was ended before it could finish")]
    Fenced(Fenced),
    /// The ledger could not be stored.
    #[error("{0}")]
    Journal(JournalError),
}

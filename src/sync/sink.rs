//! The seam that reports leave by.

use std::future::Future;
use std::time::Duration;

use crate::destinations::trustar::mapping::Submission;
use crate::http::fault::Fault;

/// The id that the sink gave a report; calls that follow a write go by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guid(pub String);

/// One write, with what the ledger knows of the report.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// The report as it is to be.
    pub submission: &'a Submission,
    /// Whether no version of the report is in the enclave by the ledger, so that the write is taken to create it.
    pub is_new: bool,
    /// The id that an earlier write was answered with, where [`Written::keep_guid`] asked to keep it.
    pub guid: Option<&'a Guid>,
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The report's id in the sink.
    pub guid: Guid,
    /// Whether the external id alone does not lead back to this report, so that the ledger has to keep `guid` for the
    /// next write of it.
    pub keep_guid: bool,
}

/// The tags to add to and to remove from one report, verbatim as Flashpoint wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChange {
    /// Tags to set.
    pub added: Vec<String>,
    /// Tags to take away: set by an earlier write, no longer on the report.
    pub removed: Vec<String>,
    /// Tags that stay: never removed, even where they look alike in the form the sink stores.
    pub kept: Vec<String>,
}

impl TagChange {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// Why a write did not happen, or is not known to have happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The sink refused this very report (400, 422): its own fault, counted as an attempt.
    #[error("{0}")]
    Refused(String),
    /// The sink finds this report too large (413).
    #[error("{0}")]
    TooLarge(String),
    /// The external id leads to a report of another enclave, and creating one was refused.
    #[error("{0}")]
    InOtherEnclave(String),
    /// The report just written can't be found yet (404 on what follows a write).
    #[error("{0}")]
    NotYet(String),
    /// The call budget would make the call wait longer than a sync should.
    #[error("the TruSTAR call budget is spent; it refills in {} s", ready_in.as_secs())]
    BudgetSpent {
        /// When a useful number of calls will be possible again.
        ready_in: Duration,
    },
    /// The service is at fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Where reports go to: one enclave, with one credential.
pub trait Sink: Send + Sync {
    /// Checks that the credential is taken and the enclave can be written to.
    /// Cached for an hour by credential; costs no call while that lasts.
    fn verify(&self) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Asks the service, whatever is cached, whether it answers at all: after writes that failed as if the service were
    /// at fault, a success shows that the reports are.
    fn prove(&self) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Creates the report, or replaces the one with the same external id. Safe to repeat.
    fn write(&self, write: Write<'_>) -> impl Future<Output = Result<Written, WriteError>> + Send;

    /// Changes the tags of a report that was written.
    fn alter_tags(
        &self,
        guid: &Guid,
        change: &TagChange,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;
}

//! The seam that reports leave by, before any mapping: each destination maps reports in its own way.

#![deny(missing_docs)]

use std::time::Duration;

use futures::future::BoxFuture;
use indicators::Indicator;

use super::own::Own;
use super::report::{CsvData, Report};
use crate::http::fault::{Fault, Service};

/// What a destination is to hold, and what is remembered of earlier deliveries.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The report as it is to be.
    pub report: &'a Report,
    /// The CSV data that goes with it.
    pub csv: &'a CsvData,
    /// The indicators in both that count; none where an earlier sync had this content accepted, and only the rest is to
    /// follow.
    pub indicators: &'a [&'a Indicator],
    /// What Flashpoint itself says of them, where it lists them and the feed asks for that.
    pub own: &'a Own,
    /// Whether CSV data of the report, or Flashpoint's own list, could not be had this time: what `indicators` lack of earlier deliveries may still be
    /// in it, so that nothing may be withdrawn.
    pub partial: bool,
    /// What the ledger remembered of the report when the sync began, whatever its content was.
    pub earlier: Earlier<'a>,
    /// Where this content was accepted already, by this sync or an earlier one: what that gave.
    pub accepted: Option<&'a Receipt>,
}

/// What the ledger remembers of earlier deliveries of a report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Earlier<'a> {
    /// Whether the destination holds some version of it.
    pub held: bool,
    /// The destination's own id of it, where [`Receipt::keep_handle`] asked to keep it.
    pub handle: Option<&'a str>,
    /// The labels that it may carry.
    pub labels: &'a [String],
    /// Whether it carries exactly these: its last delivery was completed.
    pub complete: bool,
}

/// What a destination answered, as the ledger remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The destination's own id of the report: what remains to be done goes by it.
    pub handle: String,
    /// Whether the report's own id does not lead back to it, so that the next delivery needs `handle`.
    pub keep_handle: bool,
    /// The labels that the report may carry now: those of earlier deliveries too, until this one is complete.
    pub labels: Vec<String>,
}

/// How far a delivery came by one call of [`Destination::deliver`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The destination holds the report as it is to be.
    Done(Receipt),
    /// The same, and nothing had to be written: not by this call, nor by one before it.
    Held(Receipt),
    /// The report is accepted; another call goes on.
    More(Receipt),
    /// What was accepted does not show yet; the same call may be repeated.
    Later {
        /// What the destination said, and to what.
        why: String,
        /// After this, where the report was accepted just now.
        again_in: Duration,
    },
}

/// Why a report was not delivered, or is not known to have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The destination refused this very report, which may be its own doing or the service's: counted as an attempt.
    #[error("{0}")]
    Rejected(String),
    /// The report can't be delivered whatever becomes of others.
    #[error("{0}")]
    Impossible(String),
    /// The destination finds the report too large.
    #[error("{0}")]
    TooLarge(String),
    /// The call budget would make the call wait longer than a sync should.
    #[error("the {service} call budget is spent; it refills in {} s", ready_in.as_secs())]
    BudgetSpent {
        /// Whose.
        service: &'static Service,
        /// When a useful number of calls will be possible again.
        ready_in: Duration,
    },
    /// The service is at fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// How a destination calls what of a delivery may be left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remainder {
    /// What is told of a feed whose reports were accepted and are not complete.
    pub pending: &'static str,
    /// What is told of a report whose delivery can't be completed, before the reason.
    pub failed: &'static str,
}

/// Where reports go to: one place (an enclave, a collection), with one credential.
pub trait Destination: Send + Sync {
    /// The service that it calls.
    fn service(&self) -> &'static Service;

    /// How it calls what of a delivery may be left to do.
    fn remainder(&self) -> Remainder;

    /// Checks that the credential is taken and that reports can be written. Costs no call while an earlier answer counts.
    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>>;

    /// The same, whatever is remembered of earlier answers: after deliveries that failed as if the service were at fault,
    /// a success shows that the reports are.
    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>>;

    /// Makes at most one write, and what belongs to it. Safe to repeat.
    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>>;
}

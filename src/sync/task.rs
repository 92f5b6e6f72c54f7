//! One listed report and what is to be done about it: decided once, when it is listed.

use std::sync::Arc;

use jiff::Timestamp;

use super::choice;
use super::destination::{Earlier, Receipt};
use super::ledger::{Entry, Failure, State, Tries};
use super::report::Report;

/// A listed report, what the ledger remembers of it, and what it needs.
#[derive(Clone, Debug)]
pub struct Task {
    /// The report; without its content where nothing is to be done.
    pub report: Arc<Report>,
    /// What the ledger remembers of it.
    pub known: Option<Entry>,
    /// What is to be done.
    pub need: Need,
}

impl Task {
    /// What is remembered of it, where that speaks of the same content.
    pub fn same(&self) -> Option<&Entry> {
        let known = self.known.as_ref();
        known.filter(|entry| entry.digest == self.report.digest)
    }

    /// Whether the destination holds some version of it.
    pub fn is_held(&self) -> bool {
        self.known.as_ref().is_some_and(|entry| entry.delivered)
    }

    /// Whether the destination holds it as it is, its CSV data aside.
    pub fn is_sent(&self) -> bool {
        self.same().is_some_and(|entry| entry.state == State::Sent)
    }

    /// Whether it is on record as left alone, as it is.
    pub fn is_left_alone(&self) -> bool {
        self.same()
            .is_some_and(|entry| choice::is_left_alone(&entry.state))
    }

    /// Whether a delivery counts as created: the ledger did not know the report before it was taken on.
    pub fn is_new(&self) -> bool {
        match self.known.as_ref().map(|entry| &entry.state) {
            None | Some(State::Pending { known: false }) => true,
            Some(State::Accepted { created, .. }) => *created,
            Some(_) => false,
        }
    }

    /// The attempts in vain at its CSV data.
    pub fn csv_tries(&self) -> Option<Tries> {
        self.same().and_then(|entry| entry.csv)
    }

    /// The attempts in vain at what is pending of it. They go on over an edit: a report that differs in each answer would
    /// never come to their end.
    pub fn tries(&self) -> Option<Tries> {
        let known = self.known.as_ref().filter(|entry| entry.is_unfinished());
        self.same().or(known).and_then(|entry| entry.tries)
    }

    /// The attempts at this content that failed.
    pub fn failed_tries(&self) -> Option<Tries> {
        match self.same().map(|entry| &entry.state) {
            Some(State::Failed(failure)) => Some(failure.tries()),
            _ => None,
        }
    }

    /// What is remembered of earlier deliveries.
    pub fn earlier(&self) -> Earlier<'_> {
        let known = self.known.as_ref();
        known.map_or_else(Earlier::default, |entry| Earlier {
            held: entry.delivered,
            handle: entry.handle.as_deref(),
            labels: &entry.labels,
            complete: entry.state == State::Sent,
        })
    }

    /// Where an earlier sync had this content accepted: what that gave.
    pub fn accepted(&self) -> Option<Receipt> {
        let State::Accepted { handle, .. } = &self.same()?.state else {
            return None;
        };
        let earlier = self.earlier();
        Some(Receipt {
            handle: handle.clone(),
            keep_handle: earlier.handle.is_some(),
            labels: earlier.labels.to_vec(),
        })
    }
}

/// What a report needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it is in the enclave as it is.
    Unchanged,
    /// Nothing: it was found without indicators that count, by the same rules.
    WithoutIndicators,
    /// Nothing: a person said to leave it alone.
    Skipped,
    /// Nothing yet: it failed, and its next attempt is not due.
    StillFailed,
    /// Nothing yet: it is pending, and its next attempt is not due.
    StillPending,
    /// What remains of a delivery that was accepted.
    Complete,
    /// To be looked at, and to be written if something counts.
    Examine,
}

impl Need {
    /// Whether there is anything to do.
    #[must_use]
    pub const fn is_work(self) -> bool {
        matches!(self, Self::Complete | Self::Examine)
    }
}

/// By what a sync decides.
#[derive(Clone, Copy, Debug)]
pub struct Criteria {
    /// The digest of rules and filter settings.
    pub rules: u64,
    /// The time, by the service's clock.
    pub now: Timestamp,
    /// Whether every failed report is due.
    pub forced: bool,
}

impl Criteria {
    /// Decides what a report needs that was listed, by what the ledger remembers of it.
    #[must_use]
    pub fn need_of(&self, report: &Report, entry: Option<&Entry>) -> Need {
        let same = entry.filter(|entry| entry.digest == report.digest);
        same.map_or(Need::Examine, |entry| self.need_of_unchanged(entry))
    }

    /// Decides what a report needs if it is listed as the ledger remembers it.
    #[must_use]
    pub fn need_of_unchanged(&self, entry: &Entry) -> Need {
        let is_due = |tries: &Tries| self.forced || tries.is_due(self.now);
        match &entry.state {
            State::Sent if entry.csv.as_ref().is_some_and(|csv| self.wants_csv(csv)) => {
                Need::Examine
            }
            State::Sent => Need::Unchanged,
            State::WithoutIndicators { rules } if *rules == self.rules && entry.csv.is_none() => {
                Need::WithoutIndicators
            }
            State::Failed(failure) if !self.may_retry(failure, entry) => Need::StillFailed,
            State::Pending { .. } | State::Accepted { .. }
                if !entry.tries.as_ref().is_none_or(is_due) =>
            {
                Need::StillPending
            }
            // What was accepted does not show for an hour: it is delivered once more.
            State::Accepted { .. }
                if entry.tries.is_some_and(|tries| tries.exhausted(self.now)) =>
            {
                Need::Examine
            }
            State::Accepted { .. } => Need::Complete,
            State::WithoutIndicators { .. } | State::Failed(_) | State::Pending { .. } => {
                Need::Examine
            }
        }
    }

    /// Whether a failed report is due, and not only just tried while the service was at fault.
    fn may_retry(&self, failure: &Failure, entry: &Entry) -> bool {
        let was_just_tried = entry.tries.is_some_and(|tries| !tries.is_due(self.now));
        self.forced || failure.is_due(self.now) && !was_just_tried
    }

    /// Whether CSV data that could not be had is asked for again.
    #[must_use]
    pub fn wants_csv(&self, csv: &Tries) -> bool {
        !csv.exhausted(self.now) && (self.forced || csv.is_due(self.now))
    }
}

//! What a listed report needs, by what the ledger remembers of it.

use jiff::Timestamp;

use crate::sync::ledger::{Entry, Failure, State, Tries};
use crate::sync::report::Report;

/// What a report needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: it is in the enclave as it is.
    Unchanged,
    /// Nothing: it was found without indicators that count, by the same rules.
    WithoutIndicators,
    /// Nothing yet: it failed, and its next attempt is not due.
    StillFailed,
    /// Nothing yet: it is pending, and its next attempt is not due.
    StillPending,
    /// What remains of a delivery that was accepted.
    Complete,
    /// To be looked at, and to be written if something counts.
    Examine,
}

impl Decision {
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
    /// Decides what a report needs that was listed.
    #[must_use]
    pub fn decide(&self, report: &Report, entry: Option<&Entry>) -> Decision {
        let same = entry.filter(|entry| entry.digest == report.digest);
        same.map_or(Decision::Examine, |entry| self.of_known(entry))
    }

    /// Decides what a report needs if it comes as the ledger remembers it.
    #[must_use]
    pub fn of_known(&self, entry: &Entry) -> Decision {
        let is_due = |tries: &Tries| self.forced || tries.is_due(self.now);
        match &entry.state {
            State::Sent if entry.csv.as_ref().is_some_and(|csv| self.wants_csv(csv)) => {
                Decision::Examine
            }
            State::Sent => Decision::Unchanged,
            State::WithoutIndicators { rules } if *rules == self.rules && entry.csv.is_none() => {
                Decision::WithoutIndicators
            }
            State::Failed(failure) if !self.may_retry(failure, entry) => Decision::StillFailed,
            State::Pending { .. } | State::Accepted { .. }
                if !entry.tries.as_ref().is_none_or(is_due) =>
            {
                Decision::StillPending
            }
            // What was accepted does not show for an hour: it is delivered once more.
            State::Accepted { .. }
                if entry.tries.is_some_and(|tries| tries.exhausted(self.now)) =>
            {
                Decision::Examine
            }
            State::Accepted { .. } => Decision::Complete,
            State::WithoutIndicators { .. } | State::Failed(_) | State::Pending { .. } => {
                Decision::Examine
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

//! What people say of single reports: which are left alone, and which are sent once more.

use std::collections::BTreeSet;

use super::counts::Counts;
use super::ledger::{Entry, Ledger, State};
use super::report::{Report, ReportId};
use super::task::{Criteria, Need};

/// Stand for digests of rules that no rules have, so that the report is examined once nobody leaves it alone any more, or once
/// it is listed.
const SKIPPED: u64 = 0;
const TO_BE_RESENT: u64 = 1;

/// The ids of reports that people named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Left alone: neither examined nor sent, and on record as no failure.
    pub skip: BTreeSet<String>,
    /// Examined by this sync whatever the ledger says of them, and sent once more if they are to be at the destination.
    pub resend: BTreeSet<String>,
}

impl Choice {
    /// Whether a report is left alone.
    #[must_use]
    pub fn skips(&self, id: &ReportId) -> bool {
        self.skip.contains(id.as_str())
    }

    /// What a listed report needs, by what the ledger remembers of it.
    pub(super) fn need_of(
        &self,
        report: &Report,
        known: Option<&Entry>,
        criteria: &Criteria,
    ) -> Need {
        if self.skips(&report.id) {
            Need::Skipped
        } else {
            criteria.need_of(report, known)
        }
    }

    /// How many of the reports left alone are in the window, as far as the ledger knows it.
    #[must_use]
    pub fn skipped(&self, ledger: &Ledger) -> u64 {
        let ids = self.skip.iter().filter_map(|id| ReportId::new(id));
        let known = ids.filter(|id| ledger.get(id).is_some());
        known.count() as u64
    }

    /// Has the ledger forget what it knows of the reports named, but that the destination holds them: those sent once more
    /// are new work, and those left alone are no failures and nothing that is pending. What failed or is pending stays on record
    /// until it is sent once more: a forced sync tries it anyway. Counts those that were written and not counted yet: nothing
    /// else will count them, once the ledger is stored so.
    #[must_use]
    pub fn apply(&self, ledger: &mut Ledger) -> Counts {
        let mut uncounted = Counts::default();
        for id in self.skip.iter().chain(self.resend.difference(&self.skip)) {
            let Some(id) = ReportId::new(id) else {
                continue;
            };
            let Some(entry) = ledger.get(&id).cloned() else {
                continue;
            };
            let state = if self.skips(&id) {
                left_alone()
            } else if matches!(entry.state, State::Failed(_) | State::Pending { .. }) {
                continue;
            } else {
                to_be_resent()
            };
            if let State::Accepted { created, .. } = entry.state {
                uncounted.note_written(created);
            }
            let left = Entry {
                state,
                csv: None,
                tries: None,
                ..entry
            };
            ledger.set(id, left);
        }
        uncounted
    }
}

/// The state of a report that is left alone.
#[must_use]
pub const fn left_alone() -> State {
    State::WithoutIndicators { rules: SKIPPED }
}

const fn to_be_resent() -> State {
    State::WithoutIndicators {
        rules: TO_BE_RESENT,
    }
}

/// Whether a report was left alone, and not examined since.
#[must_use]
pub fn is_left_alone(state: &State) -> bool {
    *state == left_alone()
}

/// Whether a report is to be sent once more, and was not listed since.
#[must_use]
pub fn is_to_be_resent(state: &State) -> bool {
    *state == to_be_resent()
}

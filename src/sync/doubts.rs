//! Reports of which it is not clear yet whose doing it is that they are not done: their own, or that of the service that was
//! called for them. Each service is judged by its own calls alone: that one is well says nothing of another.

use jiff::{SignedDuration, Timestamp};

use super::handle::Handled;
use super::ledger::{Failure, State};
use super::record::Doubt;
use crate::http::fault::{Fault, FaultKind};

/// So many faults in a row, with no success in between, are the service's own:
/// one more than the writes that are under way at once.
const FAULTS_IN_A_ROW: usize = super::WRITES_AT_ONCE + 1;

/// After so many refusals without a single success the sync goes on no further. More than faults in a row, since a
/// service that refuses answers at once, and what was not tried comes first in the next sync.
const REFUSALS_IN_VAIN: usize = 20;

/// After so long a few reports' own lists that can't be had are their own doing, although no other was asked for meanwhile: else
/// one poisoned list would pin the window of a quiet feed for ever.
const LONG_ENOUGH: SignedDuration = SignedDuration::from_hours(12);

/// The doubts of one sync about one service.
#[derive(Default)]
pub struct Doubts {
    /// Whether it is the source: no other call shows that it is well. A refusal that was found a report's own stays so, however
    /// many are refused now, and what a few were tried for long enough is their own.
    of_source: bool,
    doubtful: Vec<Handled>,
    /// How many faults came in a row, and which of the doubtful was the first of them.
    in_a_row: usize,
    row_began: usize,
    /// From this one of the doubtful on, the service is at fault.
    service_failed: Option<usize>,
    succeeded: u64,
}

/// What is known of a service besides how it did in this sync.
pub struct Signs {
    /// When the sync began.
    pub now: Timestamp,
    /// Whether it is proven to be well just now.
    pub proven: bool,
    /// When it last did for some report what it is called for.
    pub last_success: Option<Timestamp>,
}

/// A report that was in doubt.
pub struct Decided {
    pub handled: Handled,
    pub doubt: Doubt,
    /// What is remembered of it where it is its own doing; else it stays pending.
    pub own: Option<Failure>,
}

impl Doubts {
    /// Those about the source. When it last gave a list is not remembered, so that what was found stands for that.
    pub fn of_source() -> Self {
        Self {
            of_source: true,
            ..Self::default()
        }
    }

    /// The service did for a report what it is called for.
    pub fn succeed(&mut self) {
        self.succeeded += 1;
        self.in_a_row = 0;
    }

    pub fn any_succeeded(&self) -> bool {
        self.succeeded > 0
    }

    /// Takes in a report in doubt. Returns the fault once it is clearly the service's own.
    pub fn take(&mut self, handled: Handled, fault: Fault, rejected: bool) -> Option<Fault> {
        let is_known = self.of_source && had_failed(&handled);
        self.doubtful.push(handled);
        if rejected {
            if is_known {
                return None;
            }
            let in_vain = self.succeeded == 0 && self.doubtful.len() >= REFUSALS_IN_VAIN;
            return in_vain.then(|| refuses_all(&fault, self.doubtful.len()));
        }
        if self.in_a_row == 0 {
            self.row_began = self.doubtful.len() - 1;
        }
        self.in_a_row += 1;
        if self.in_a_row >= FAULTS_IN_A_ROW {
            self.service_failed.get_or_insert(self.row_began);
        }
        self.service_failed.map(|_| fault)
    }

    /// Whether a sign of life of the service would show that what failed is the reports' own: they were tried long
    /// enough, and are so few that the service need not be at fault.
    pub fn want_proof(&self) -> bool {
        let is_exhausted = |handled: &Handled| {
            let doubt = handled.record.doubt.as_deref();
            doubt.is_some_and(|doubt| !doubt.rejected && doubt.exhausted.is_some())
        };
        self.succeeded == 0
            && self.doubtful.len() < FAULTS_IN_A_ROW
            && self.doubtful.iter().any(is_exhausted)
    }

    /// Decides on each. Where the service did well by others of this sync and did not fail altogether, what failed is their
    /// own; a refusal also where it did nothing else, unless it refused every one of at least five; and what was tried long
    /// enough, if the signs are that it is well. Gives the fault that leaves reports pending too.
    pub fn decide(&mut self, signs: &Signs) -> (Vec<Decided>, Option<Fault>) {
        let doubtful = std::mem::take(&mut self.doubtful);
        let count = doubtful.len();
        let none_succeeded = self.succeeded == 0 && count >= FAULTS_IN_A_ROW;
        let first_of_service = self.service_failed.unwrap_or(count);
        let (mut broke, mut refused) = (None, None);
        let mut decided = Vec::new();
        for (index, mut handled) in doubtful.into_iter().enumerate() {
            let Some(doubt) = handled.record.doubt.take().map(|doubt| *doubt) else {
                continue;
            };
            let did_since = |failure: &Failure| signs.last_success >= Some(failure.first);
            let is_long =
                |failure: &Failure| signs.now.duration_since(failure.first) >= LONG_ENOUGH;
            let is_poison = self.of_source
                && count <= REFUSALS_IN_VAIN
                && doubt.exhausted.as_ref().is_some_and(is_long);
            let is_own = if doubt.rejected {
                !none_succeeded
                    || did_since(&doubt.failure)
                    || self.of_source && had_failed(&handled)
            } else {
                self.succeeded > 0 && (index < first_of_service || doubt.exhausted.is_some())
            };
            let own = if is_own {
                Some(doubt.failure.clone())
            } else {
                let exhausted = doubt.exhausted.clone();
                exhausted.filter(|failure| signs.proven || is_poison || did_since(failure))
            };
            if own.is_none() && doubt.rejected {
                refused = Some(refuses_all(&doubt.fault, count));
            } else if own.is_none() {
                broke = Some(doubt.fault.clone());
            }
            decided.push(Decided {
                handled,
                doubt,
                own,
            });
        }
        (decided, broke.or(refused))
    }
}

/// Whether a report was on record as failed before, be it with other content.
fn had_failed(handled: &Handled) -> bool {
    let known = handled.task.known.as_ref();
    known.is_some_and(|entry| matches!(entry.state, State::Failed(_)))
}

/// The fault of a service that refuses every report.
fn refuses_all(last: &Fault, count: usize) -> Fault {
    Fault {
        kind: FaultKind::UnexpectedResponse,
        message: format!(
            "{} refused each of {count} reports, so they are kept and tried again; the last: {}",
            last.service, last.message
        ),
        ..last.clone()
    }
}

//! One report on its way, and what came of it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::destination::{Earlier, Receipt};
use super::ports::Verdict;
use crate::http::fault::Fault;
use crate::sync::ledger::{Entry, Failure, RETRY_AFTER, State, Tries};
use crate::sync::report::{Report, ReportId};
use crate::telemetry::shown;
use indicators::Indicator;

/// The longest text of a failure that is remembered, in bytes.
const MAX_REASON_BYTES: usize = 128;

/// When what was accepted and did not show is asked for again first.
pub const FOLLOWS_IN: SignedDuration = SignedDuration::from_secs(30);

/// So many attempts at a pending report may follow each other as the feed's retries do; later ones are spaced, however
/// short its interval.
const QUICK_ATTEMPTS: u32 = 4;

/// An attempt that failed for a reason that more of the sync will show: the report's own, or the service's.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// Whether the service refused it, as opposed to failing on it.
    pub refused: bool,
    /// What is told of it.
    pub fault: Fault,
    /// What is remembered if it is the report's own.
    pub failure: Failure,
    /// The same where it was tried long enough for that to be shown without the success of another.
    pub exhausted: Option<Failure>,
}

/// One report, handled.
#[derive(Debug)]
pub struct Handled {
    /// Its id.
    pub id: ReportId,
    /// Its title, or nothing.
    pub title: String,
    /// What became of it.
    pub verdict: Verdict,
    /// What to remember of it.
    pub entry: Entry,
    /// What was found in it, where it was examined.
    pub indicators: Option<Vec<Indicator>>,
    /// Whether CSV data was missing this time.
    pub without_csv: bool,
    /// Whether the enclave was written to.
    pub written: bool,
    /// Whether this was an attempt that failed.
    pub attempted: bool,
    /// What kept it from being done, where it is not clear yet whose doing that is; till then it counts as pending.
    pub doubt: Option<Box<Doubt>>,
    /// When it was posted.
    pub posted_at: Option<Timestamp>,
}

/// A report on its way, with what the ledger knew of it.
pub struct Work<'a> {
    /// The report.
    pub report: &'a Arc<Report>,
    /// What the ledger knew.
    pub known: Option<&'a Entry>,
    /// The same, where it speaks of the same content.
    pub same: Option<&'a Entry>,
}

impl<'a> Work<'a> {
    pub fn new(report: &'a Arc<Report>, known: Option<&'a Entry>) -> Self {
        let same = known.filter(|entry| entry.digest == report.digest);
        Self {
            report,
            known,
            same,
        }
    }

    /// Whether the enclave holds some version of it.
    pub fn is_held(&self) -> bool {
        self.known.is_some_and(|entry| entry.delivered)
    }

    /// Whether it is in the enclave as it is, its CSV data aside.
    pub fn is_sent(&self) -> bool {
        self.same.is_some_and(|entry| entry.state == State::Sent)
    }

    /// Whether a write counts as created: the ledger did not know it before it was taken on.
    pub fn is_new(&self) -> bool {
        match self.known.map(|entry| &entry.state) {
            None | Some(State::Pending { known: false }) => true,
            Some(State::Accepted { created, .. }) => *created,
            Some(_) => false,
        }
    }

    /// What is said of it if nothing in it is sent.
    pub fn nothing_sent(&self) -> Verdict {
        if self.report.published {
            Verdict::WithoutIndicators
        } else {
            Verdict::NotPublished
        }
    }

    /// The attempts in vain at its CSV data.
    pub fn csv(&self) -> Option<Tries> {
        self.same.and_then(|entry| entry.csv)
    }

    /// The attempts in vain at what is pending of it. They go on over an edit: a report that differs in each answer would
    /// never come to their end.
    pub fn tries(&self) -> Option<Tries> {
        let known = self.known.filter(|entry| entry.is_unfinished());
        self.same.or(known).and_then(|entry| entry.tries)
    }

    /// The attempts that failed.
    fn failed_tries(&self) -> Option<Tries> {
        match self.same.map(|entry| &entry.state) {
            Some(State::Failed(failure)) => Some(failure.tries()),
            _ => None,
        }
    }

    /// What is remembered of earlier deliveries.
    pub fn earlier(&self) -> Earlier<'a> {
        self.known.map_or_else(Earlier::default, |entry| Earlier {
            held: entry.delivered,
            handle: entry.handle.as_deref(),
            labels: &entry.labels,
            complete: entry.state == State::Sent,
        })
    }

    /// What its acceptance gave, where an earlier sync was answered with `handle`.
    pub fn receipt(&self, handle: &str) -> Receipt {
        let earlier = self.earlier();
        Receipt {
            handle: handle.to_owned(),
            keep_handle: earlier.handle.is_some(),
            labels: earlier.labels.to_vec(),
        }
    }

    /// Notes in an entry what a receipt says.
    pub fn note(&self, receipt: &Receipt, entry: &mut Entry) {
        entry.delivered = true;
        entry.handle = receipt.keep_handle.then(|| receipt.handle.clone());
        entry.labels.clone_from(&receipt.labels);
        entry.csv = self.csv();
    }

    /// The failure that one more attempt makes, after `earlier` ones at the same content.
    fn failure(&self, earlier: Option<Tries>, now: Timestamp, reason: &str) -> Failure {
        let title = self.report.title.as_deref().unwrap_or_default();
        let mut failure = Failure::after(earlier, now, cut(title), cut(reason));
        if let (None, Some(State::Failed(before))) = (earlier, self.known.map(|entry| &entry.state))
        {
            // An edit is a fresh start, and yet it is known since when it fails.
            failure.first = failure.first.min(before.first);
        }
        failure
    }

    /// It ends here for this sync, and stands as `state`.
    pub fn done(&self, verdict: Verdict, state: State) -> Handled {
        Handled {
            id: self.report.id.clone(),
            title: self.report.title.clone().unwrap_or_default(),
            verdict,
            entry: Entry {
                digest: self.report.digest,
                filed_at: self.report.filed_at.unwrap_or(Timestamp::MAX),
                state,
                delivered: self.is_held(),
                labels: self
                    .known
                    .map(|entry| entry.labels.clone())
                    .unwrap_or_default(),
                csv: None,
                tries: None,
                handle: self.known.and_then(|entry| entry.handle.clone()),
            },
            indicators: None,
            without_csv: false,
            written: false,
            attempted: false,
            doubt: None,
            posted_at: self.report.posted_at,
        }
    }

    /// Nothing was done; the ledger goes on saying `entry`.
    pub fn as_before(&self, verdict: Verdict, entry: &Entry) -> Handled {
        Handled {
            entry: entry.clone(),
            ..self.done(verdict, entry.state.clone())
        }
    }

    /// Another attempt at it failed, for a reason of its own.
    pub fn failed(&self, now: Timestamp, reason: String) -> Handled {
        self.failed_after(self.failed_tries(), now, reason)
    }

    /// What was accepted of it does not show however long it is asked for.
    pub fn remainder_failed(&self, now: Timestamp, reason: String) -> Handled {
        self.failed_after(self.failed_tries().or(self.tries()), now, reason)
    }

    fn failed_after(&self, earlier: Option<Tries>, now: Timestamp, reason: String) -> Handled {
        let failure = self.failure(earlier, now, &reason);
        let mut handled = self.done(Verdict::Failed(reason), State::Failed(failure));
        handled.attempted = true;
        handled
    }

    /// Whether what was accepted was asked for so long that it was delivered once more, or failed before.
    pub fn remainder_had_its_chances(&self, now: Timestamp) -> bool {
        self.failed_tries().is_some() || self.tries().is_some_and(|tries| tries.exhausted(now))
    }

    /// It is still to be written.
    pub fn pending(&self, reason: String) -> Handled {
        let mut handled = match self.same {
            // It stays on record as failed: a service's fault in between is no fresh start.
            Some(entry) if matches!(entry.state, State::Failed(_)) => {
                self.as_before(Verdict::Failed(reason), entry)
            }
            _ => self.done(
                Verdict::Pending(reason),
                State::Pending {
                    known: !self.is_new(),
                },
            ),
        };
        handled.entry.csv = self.csv();
        handled.entry.tries = self.tries();
        handled
    }

    /// The destination holds it as it is to be.
    pub fn delivered(&self, receipt: &Receipt, created: bool) -> Handled {
        let verdict = if created {
            Verdict::Created
        } else {
            Verdict::Updated
        };
        let mut handled = self.done(verdict, State::Sent);
        self.note(receipt, &mut handled.entry);
        handled
    }

    /// It is accepted, and something is still to be done about it.
    pub fn accepted(&self, receipt: &Receipt, created: bool, reason: String) -> Handled {
        let state = State::Accepted {
            handle: receipt.handle.clone(),
            created,
        };
        let mut handled = self.done(Verdict::Pending(reason), state);
        handled.entry.tries = self.tries();
        handled
    }

    /// One more look for what was accepted found nothing.
    pub fn one_more_look(&self, now: Timestamp) -> Tries {
        let pause = if self.tries().is_none() {
            FOLLOWS_IN
        } else {
            RETRY_AFTER
        };
        Tries::after(self.tries(), now, pause)
    }

    /// An attempt failed. Whether that is the report's own doing, more of the sync will show: until then it stands as
    /// `handled` says.
    pub fn doubtful(
        &self,
        mut handled: Handled,
        now: Timestamp,
        fault: Fault,
        refused: bool,
    ) -> Handled {
        let quick = self
            .tries()
            .is_none_or(|tries| tries.attempts < QUICK_ATTEMPTS);
        let pause = if quick {
            SignedDuration::ZERO
        } else {
            RETRY_AFTER
        };
        let tries = Tries::after(self.tries(), now, pause);
        let failure = |earlier| self.failure(earlier, now, &fault.message);
        let failed = self.failed_tries();
        let set_aside = failed.filter(|tries| tries.exhausted(now));
        let earlier = set_aside.or(self.tries()).or(failed);
        let exhausted = Tries::after(earlier, now, pause).exhausted(now);
        let exhausted = exhausted.then(|| failure(earlier));
        let failure = failure(self.failed_tries());
        handled.entry.tries = Some(tries);
        handled.doubt = Some(Box::new(Doubt {
            refused,
            fault,
            failure,
            exhausted,
        }));
        handled
    }
}

/// A text as it is remembered of a failure.
fn cut(text: &str) -> String {
    shown::line(text, MAX_REASON_BYTES)
}

//! From handled reports to counts and ledger, one after the other.

use jiff::Timestamp;

use super::Mode;
use super::handle::Handled;
use super::ports::{Line, Verdict, Watcher};
use super::selection::Unlistable;
use crate::http::fault::{Fault, FaultKind};
use crate::sync::counts::Counts;
use crate::sync::ledger::{Entry, Failure, Ledger, State, Totals};
use crate::sync::report::ReportId;
use indicators::Indicator;

/// So many faults in a row, with no success in between, are the service's own:
/// one more than the writes that are under way at once.
const FAULTS_IN_A_ROW: usize = super::WRITES_AT_ONCE + 1;

/// After so many refusals without a single success the sync goes on no further. More than faults in a row, since a
/// service that refuses answers at once, and what was not tried comes first in the next sync.
const REFUSALS_IN_VAIN: usize = 20;

/// Takes in handled reports.
pub struct Settlement<'l> {
    /// The ledger as it is now.
    pub ledger: &'l mut Ledger,
    /// What was counted of reports that are finished.
    pub finished: Counts,
    /// What was counted of reports that stay pending: a continuation counts it again.
    pub unfinished: Counts,
    now: Timestamp,
    mode: Mode,
    watcher: &'l dyn Watcher,
    /// Reports of which it is not clear yet whose doing it is that they are not done.
    doubtful: Vec<Handled>,
    /// How many faults came in a row, and which of the doubtful was the first of them.
    in_a_row: usize,
    row_began: usize,
    /// From this one of the doubtful on, the service is at fault.
    service_failed: Option<usize>,
    succeeded: u64,
    writes: u64,
    writes_stored: u64,
    totals_stored: Totals,
}

impl<'l> Settlement<'l> {
    /// Begins with nothing handled.
    pub fn new(
        ledger: &'l mut Ledger,
        now: Timestamp,
        mode: Mode,
        watcher: &'l dyn Watcher,
    ) -> Self {
        Self {
            totals_stored: ledger.totals,
            ledger,
            finished: Counts::default(),
            unfinished: Counts::default(),
            now,
            mode,
            watcher,
            doubtful: Vec::new(),
            in_a_row: 0,
            row_began: 0,
            service_failed: None,
            succeeded: 0,
            writes: 0,
            writes_stored: 0,
        }
    }

    /// Takes in an element of the listing that can't be handled.
    pub fn take_unlistable(&mut self, element: &Unlistable) {
        let verdict = Verdict::Failed(element.to_string());
        let line = Line {
            id: "",
            title: "",
            posted_at: None,
            verdict: &verdict,
            indicators: None,
            own: None,
            without_csv: false,
            written: false,
        };
        self.watcher.report(line);
        self.finished.considered += 1;
        self.finished.failed += 1;
    }

    /// Takes in one report. Returns the fault once it is clearly the service's own.
    pub fn take(&mut self, handled: Handled) -> Option<Fault> {
        if handled.written {
            self.note_write(handled.task.report.posted_at);
        }
        let Some(doubt) = handled.record.doubt.as_deref() else {
            if handled.written {
                self.succeeded += 1;
                self.in_a_row = 0;
            }
            self.conclude(handled);
            return None;
        };
        let (fault, rejected) = (doubt.fault.clone(), doubt.rejected);
        self.doubtful.push(handled);
        if rejected {
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

    /// Takes in how many reports a cancelled sync did not get to.
    pub fn take_cut_off(&mut self, count: u64) {
        self.unfinished.considered += count;
        self.unfinished.pending += count;
    }

    /// How many writes are not yet stored.
    pub fn unstored_writes(&self) -> u64 {
        self.writes - self.writes_stored
    }

    /// Notes that the ledger is stored as it is.
    pub fn stored(&mut self) {
        self.writes_stored = self.writes;
        self.totals_stored = self.ledger.totals;
    }

    /// The sums in the ledger as it is stored.
    pub fn totals_stored(&self) -> Totals {
        self.totals_stored
    }

    /// Whether a report was written, tags and all.
    pub fn took_some(&self) -> bool {
        self.succeeded > 0
    }

    /// Whether a sign of life of the service would show that what failed is the reports' own: they were tried long
    /// enough, and are so few that the service need not be at fault.
    pub fn wants_proof(&self) -> bool {
        let is_exhausted = |handled: &Handled| {
            let doubt = handled.record.doubt.as_deref();
            doubt.is_some_and(|doubt| !doubt.rejected && doubt.exhausted.is_some())
        };
        self.succeeded == 0
            && self.doubtful.len() < FAULTS_IN_A_ROW
            && self.doubtful.iter().any(is_exhausted)
    }

    /// Decides on the doubtful reports. Where others of this sync were written and the service did not fail altogether,
    /// what failed is their own; a refusal also where nothing else was written, unless every one of at least five was
    /// refused; and what was tried long enough, if the service is `proven` well, or took another report since. All else
    /// stays pending. Returns the fault that leaves reports pending.
    pub fn decide(&mut self, proven: bool) -> Option<Fault> {
        let doubtful = std::mem::take(&mut self.doubtful);
        let count = doubtful.len();
        let none_succeeded = self.succeeded == 0 && count >= FAULTS_IN_A_ROW;
        let first_of_service = self.service_failed.unwrap_or(count);
        let (mut broke, mut refused) = (None, None);
        for (index, mut handled) in doubtful.into_iter().enumerate() {
            let Some(doubt) = handled.record.doubt.take().map(|doubt| *doubt) else {
                continue;
            };
            let last_submitted = self.ledger.last_submitted;
            let taken_since = |failure: &Failure| last_submitted >= Some(failure.first);
            let is_own = if doubt.rejected {
                !none_succeeded || taken_since(&doubt.failure)
            } else {
                self.succeeded > 0 && (index < first_of_service || doubt.exhausted.is_some())
            };
            let own = if is_own {
                Some(doubt.failure)
            } else {
                doubt
                    .exhausted
                    .filter(|failure| proven || taken_since(failure))
            };
            if let Some(failure) = own {
                handled.record.verdict = Verdict::Failed(doubt.fault.message);
                handled.record.entry.state = State::Failed(failure);
                handled.record.entry.tries = None;
                handled.record.attempted = true;
            } else if doubt.rejected {
                refused = Some(refuses_all(&doubt.fault, count));
            } else {
                broke = Some(doubt.fault);
            }
            self.conclude(handled);
        }
        broke.or(refused)
    }

    fn note_write(&mut self, posted_at: Option<Timestamp>) {
        self.writes += 1;
        self.ledger.last_submitted = self.ledger.last_submitted.max(Some(self.now));
        let posted_at = posted_at.filter(|time| *time <= self.now);
        self.ledger.last_posted = self.ledger.last_posted.max(posted_at);
    }

    fn conclude(&mut self, handled: Handled) {
        self.watcher.report(Line {
            id: handled.task.report.id.as_str(),
            title: handled.task.report.title.as_deref().unwrap_or_default(),
            posted_at: handled.task.report.posted_at,
            verdict: &handled.record.verdict,
            indicators: handled.indicators.as_deref(),
            own: handled.own.as_ref(),
            without_csv: handled.without_csv,
            written: handled.written,
        });
        self.count_found(&handled);
        let finished = &mut self.finished;
        let (counts, place): (_, fn(&mut Counts) -> &mut u64) = match &handled.record.verdict {
            Verdict::Created => (finished, |counts| &mut counts.created),
            Verdict::Updated => (finished, |counts| &mut counts.updated),
            Verdict::Unchanged => (finished, |counts| &mut counts.unchanged),
            Verdict::Skipped if handled.record.entry.delivered => {
                (finished, |counts| &mut counts.unchanged)
            }
            Verdict::WithoutIndicators | Verdict::NotPublished | Verdict::Skipped => {
                (finished, |counts| &mut counts.without_indicators)
            }
            Verdict::Failed(_) => (finished, |counts| &mut counts.failed),
            Verdict::Pending(_) => (&mut self.unfinished, |counts| &mut counts.pending),
        };
        counts.considered += 1;
        *place(counts) += 1;
        if matches!(handled.record.verdict, Verdict::Created | Verdict::Updated) {
            self.ledger.totals.submitted += 1;
        }
        if handled.record.attempted {
            self.ledger.totals.failed += 1;
        }
        let Handled { task, record, .. } = handled;
        let (id, entry) = (task.report.id.clone(), record.entry);
        let filed_at = entry.filed_at.min(self.now);
        self.ledger.set(id, Entry { filed_at, ..entry });
    }

    /// Counts what was found in a report, once in a sync and its continuations: one that is still
    /// to be written is looked at again, one that lacks only its tags is not.
    fn count_found(&mut self, handled: &Handled) {
        if self.mode == Mode::Continuation && self.was_accepted(&handled.task.report.id) {
            return;
        }
        let looked_at_again = matches!(handled.record.entry.state, State::Pending { .. });
        let counts = if looked_at_again {
            &mut self.unfinished
        } else {
            &mut self.finished
        };
        counts.without_csv += u64::from(handled.without_csv);
        let mut matched = handled.indicators.is_none() && handled.record.entry.delivered;
        for indicator in handled
            .indicators
            .iter()
            .flatten()
            .filter(|found| Indicator::counts(found))
        {
            *counts.indicators.entry(indicator.kind).or_default() += 1;
            matched = true;
        }
        counts.matched += u64::from(matched);
    }

    fn was_accepted(&self, id: &ReportId) -> bool {
        self.ledger
            .get(id)
            .is_some_and(|entry| matches!(entry.state, State::Accepted { .. }))
    }
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

//! From handled reports to counts and ledger, one after the other.

use jiff::Timestamp;

use super::Mode;
use super::doubts::{Decided, Doubts, Signs};
use super::handle::Handled;
use super::listing::Unlistable;
use super::ports::{Line, Verdict, Watcher};
use crate::flashpoint::FLASHPOINT;
use crate::http::fault::Fault;
use crate::sync::counts::Counts;
use crate::sync::ledger::{Entry, Ledger, State, Totals};
use crate::sync::report::ReportId;

/// So many bytes of what was found in doubtful reports are held until the end of the sync. Of others it is not told what was
/// found, only counted.
const MOST_HELD: usize = 8 << 20;

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
    /// What is in doubt about the place that reports go to.
    destination: Doubts,
    /// The same about where they come from: it is called for its own list of a report's indicators.
    source: Doubts,
    /// How much of what was found in the reports in doubt is held, in bytes.
    held: usize,
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
            destination: Doubts::default(),
            source: Doubts::of_source(),
            held: 0,
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
    pub fn take(&mut self, mut handled: Handled) -> Option<Fault> {
        if handled.written {
            self.note_write(handled.task.report.posted_at);
        }
        if handled.own.is_some() {
            self.source.succeed();
        }
        let Some(doubt) = handled.record.doubt.as_deref() else {
            if handled.written {
                self.destination.succeed();
            }
            self.conclude(handled);
            return None;
        };
        let (fault, rejected) = (doubt.fault.clone(), doubt.rejected);
        let held = self.held + handled.weight();
        if held > MOST_HELD {
            (handled.indicators, handled.own) = (None, None);
        } else {
            self.held = held;
        }
        let doubts = if *fault.service == FLASHPOINT {
            &mut self.source
        } else {
            &mut self.destination
        };
        doubts.take(handled, fault, rejected)
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
        self.destination.any_succeeded()
    }

    /// Whether a sign of life of the destination would show that what failed there is the reports' own.
    pub fn wants_proof(&self) -> bool {
        self.destination.want_proof()
    }

    /// Decides on the doubtful reports; `proven` where the destination is well. Returns the fault that leaves reports pending.
    pub fn decide(&mut self, proven: bool) -> Option<Fault> {
        let signs = Signs {
            now: self.now,
            proven,
            last_success: self.ledger.last_submitted,
        };
        let (mut decided, fault) = self.destination.decide(&signs);
        // Where reports go knows nothing of where they come from.
        let of_source = self.source.decide(&Signs {
            now: self.now,
            proven: false,
            last_success: None,
        });
        decided.extend(of_source.0);
        for Decided {
            mut handled,
            doubt,
            own,
        } in decided
        {
            if let Some(failure) = own {
                handled.record.verdict = Verdict::Failed(doubt.fault.message);
                handled.record.entry.state = State::Failed(Box::new(failure));
                handled.record.entry.tries = None;
                handled.record.attempted = true;
            }
            self.conclude(handled);
        }
        fault.or(of_source.1)
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
        let mut matched = handled.counted.is_none() && handled.record.entry.delivered;
        for (kind, count) in handled.counted.iter().flatten() {
            *counts.indicators.entry(*kind).or_default() += count;
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

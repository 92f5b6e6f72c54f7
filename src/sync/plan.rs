//! What one sync is to do.

use std::sync::Arc;
use std::time::Duration;

use indicators::Rules;
use jiff::Timestamp;

use super::choice::Choice;
use super::ledger::Ledger;
use super::own::Sources;
use super::source::{Since, Terms};
use super::task::Criteria;
use super::window::{Moment, OVERLAP, Start, Window};

/// How long one sync takes, its last calls included, unless pages come slowly.
const MAX_TIME: Duration = Duration::from_mins(2);

/// However long the listing took, so much time is left to begin writing what it gave: a listing that takes all the time
/// there is must not keep every report from the enclave for ever.
pub(super) const MIN_WRITING_TIME: Duration = Duration::from_secs(30);

/// What a sync handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The latest reports, and what fits of the backlog.
    Full {
        /// Asked for by a person: failed reports are tried again, whatever their next attempt.
        forced: bool,
    },
    /// Only what an earlier sync left pending.
    Continuation,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The first page's size, as far as the source gives such pages, and the most unknown reports taken on, 1..=500.
    pub limit: u32,
    /// How far the window reaches back.
    pub lookback: Duration,
    /// How long one call may take.
    pub timeout: Duration,
    pub rules: &'a Arc<Rules>,
    /// Where indicators are taken from.
    pub sources: Sources,
    pub window: Window,
    /// What people say of single reports.
    pub choice: &'a Choice,
    pub mode: Mode,
}

impl Plan<'_> {
    /// Where the window begins, as a source with these terms is asked.
    pub(super) fn since(&self, start: Start, moment: Moment, terms: Terms) -> Since {
        match start {
            Start::Lookback if !terms.relative_times => {
                Since::At(start.time(self.lookback, moment))
            }
            // Flashpoint documents `m` for months and for minutes: a lookback that is no number of hours is asked for
            // by its time.
            Start::Lookback if self.lookback.as_secs().is_multiple_of(3_600) => {
                Since::Lookback(u32::try_from(self.lookback.as_secs()).unwrap_or(u32::MAX))
            }
            Start::Lookback => Since::At(start.time(self.lookback, moment)),
            Start::At(time) => Since::At(time),
        }
    }

    pub(super) fn criteria(&self, now: Timestamp) -> Criteria {
        Criteria {
            rules: self.sources.digest(self.rules.digest()),
            now,
            forced: self.mode == Mode::Full { forced: true },
        }
    }

    /// Whether the listing is read to its end although nothing says that it holds anything new.
    ///
    /// Counts can't tell a report that came from one that went meanwhile, nor can they show that one was
    /// edited. So now and then every page is read: whenever a report's stay in the overlap has passed.
    pub(super) fn reads_through(&self, moment: Moment) -> bool {
        let period = OVERLAP.min(self.lookback).as_secs().max(1).cast_signed();
        let at = |time: Timestamp| time.as_second().div_euclid(period);
        self.window
            .covered_to
            .is_none_or(|covered| at(covered) != at(moment.earliest))
    }

    /// How long after its begin a sync begins no further call, so that the last one is in time.
    pub(super) fn time(&self) -> Duration {
        MAX_TIME.saturating_sub(self.timeout).max(MIN_WRITING_TIME)
    }

    /// The same, where the ledger remembers a sync to continue; else a full one.
    pub(super) fn for_ledger(&self, ledger: &Ledger) -> Self {
        let nothing_open = self.mode == Mode::Continuation && ledger.course().open.is_none();
        let mode = if nothing_open {
            Mode::Full { forced: false }
        } else {
            self.mode
        };
        Self {
            mode,
            ..self.clone()
        }
    }

    /// Gives up what lies before the lookback where that was made shorter since the window held more than the ledger
    /// does: nothing else ends such a window. Says up to when.
    pub(super) fn give_up(&mut self, ledger: &mut Ledger, moment: Moment) -> Option<Timestamp> {
        let overflow = ledger.course().overflow?;
        if self.lookback.as_secs() >= overflow.lookback {
            return None;
        }
        ledger.change(|course| {
            course.overflow = None;
            course.reading = None;
            course.known = None;
        });
        let window = self.window.given_up(self.lookback, moment);
        let given_up = window != self.window;
        self.window = window;
        given_up.then(|| Start::Lookback.time(self.lookback, moment))
    }
}

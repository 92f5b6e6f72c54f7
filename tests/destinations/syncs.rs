//! Syncs of a stage's feed, what is checked of each, and processes that are killed in the middle of one.

use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::destinations::Opening;
use flashpoint_operator::flashpoint::ApiKey;
use flashpoint_operator::http::fault::Fault;
use flashpoint_operator::sync::choice::Choice;
use flashpoint_operator::sync::counts::Counts;
use flashpoint_operator::sync::own::Sources;
use flashpoint_operator::sync::ports::Verdict;
use flashpoint_operator::sync::{Abandoned, Conclusion, Mode, Outcome, Plan, Ports, sync};
use indicators::Rules;
use jiff::SignedDuration;
use simulators::faults::Reply;
use tokio_util::sync::CancellationToken;

use super::place::CANARIES;
use super::stage::Stage;

pub const FULL: Mode = Mode::Full { forced: false };
pub const FORCED: Mode = Mode::Full { forced: true };

/// Where a process is killed: at its nth call that writes to the destination, which has its effect or not.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    pub call: u64,
    pub after_effect: bool,
}

impl Stage {
    /// One sync. What it tells is checked: counts that add up, a checkpoint that does not move back, totals that nothing
    /// exceeds, no credential anywhere.
    pub async fn sync(&mut self, mode: Mode) -> Result<Outcome, Abandoned> {
        let outcome = self.run(mode).await;
        let lines = std::mem::take(&mut *self.lines.0.lock().unwrap());
        let stored = self.store.text.lock().unwrap().is_some();
        let told = format!("{outcome:?} {lines:?} {:?}", self.ledger());
        assert!(
            !CANARIES.iter().any(|canary| told.contains(canary)),
            "{told}"
        );
        let written = self.place.written_since(0).len() as u64;
        assert!(
            !stored || self.ledger().totals.submitted <= written,
            "{told}"
        );
        let outcome = outcome?;
        assert!(
            outcome.window.covered_to >= self.window.covered_to,
            "{told}"
        );
        self.window = outcome.window;
        if let Some(counts) = &outcome.counts {
            assert_adds_up(counts);
            if mode != Mode::Continuation {
                let is = |of: fn(&Verdict) -> bool| lines.iter().filter(|line| of(&line.1)).count();
                let created = is(|verdict| *verdict == Verdict::Created) as u64;
                let updated = is(|verdict| *verdict == Verdict::Updated) as u64;
                assert_eq!(
                    (counts.created, counts.updated),
                    (created, updated),
                    "{told}"
                );
            }
        }
        Ok(outcome)
    }

    async fn run(&self, mode: Mode) -> Result<Outcome, Abandoned> {
        self.lines.0.lock().unwrap().clear();
        let mut ledger = self.ledger();
        let rules = Arc::new(Rules::default());
        let choice = Choice::default();
        let plan = Plan {
            limit: 500,
            lookback: Duration::from_hours(24),
            timeout: self.timeout,
            rules: &rules,
            sources: Sources::default(),
            choice: &choice,
            window: self.window,
            mode,
        };
        let access = self.place.access(self.elsewhere);
        let destination = self.process.destinations.open(&Opening {
            feed: "feed",
            access: &access,
            nothing_delivered: ledger.nothing_delivered(),
            timeout: self.timeout,
        });
        let key = ApiKey(self.flashpoint.api_key().into());
        let ports = Ports {
            source: &self.process.flashpoint.source(&key, self.timeout),
            destination: destination.as_ref(),
            journal: &self.store,
            fence: &self.lease,
            clock: &self.clock,
            watcher: &self.lines,
            cancelled: CancellationToken::new(),
        };
        Box::pin(sync(&plan, &mut ledger, &ports)).await
    }

    /// A sync that finds nothing in its way.
    pub async fn synced(&mut self, mode: Mode) -> Counts {
        let outcome = self.sync(mode).await.unwrap();
        assert_eq!(outcome.conclusion, Conclusion::Synced, "{outcome:?}");
        outcome.counts.unwrap()
    }

    /// A sync that a service's fault ends.
    pub async fn faulted(&mut self) -> Fault {
        let outcome = self.sync(FULL).await.unwrap();
        match outcome.conclusion {
            Conclusion::Fault(fault) => fault,
            _ => panic!("{outcome:?}"),
        }
    }

    /// Syncs, as often as a feed may need once nothing is wrong, until nothing is left to do.
    pub async fn settle(&mut self) {
        let mut told = String::new();
        for _ in 0..12 {
            let outcome = self.sync(FORCED).await.unwrap();
            told = format!("{outcome:?}");
            match outcome.conclusion {
                Conclusion::Synced => return self.assert_complete_as_far_as_is_known(),
                Conclusion::Fault(fault) => {
                    tokio::time::sleep(fault.retry_after.unwrap_or_default()).await;
                }
                _ => {}
            }
            self.advance(SignedDuration::from_mins(15));
        }
        panic!("never quiet: {told}");
    }

    /// A sync in a process that is killed on its way; says whether it came to that.
    pub async fn killed_at(&mut self, kill: Kill) -> bool {
        let mut fault = self.place.writes().nth(kill.call);
        fault.after_effect = kill.after_effect;
        let mark = self.place.controls().record.len();
        let number = self.place.strike(fault, Reply::Hang);
        let record = &self.place.controls().record;
        let struck = async {
            let is_struck = || {
                let calls = record.since(mark).into_iter();
                let hung = calls.filter(|call| call.method == "POST" && call.status.is_none());
                hung.filter(|call| !call.path().contains("oauth")).count() > 0
            };
            let mut since = 0;
            // A call that is handled at once is unanswered for a moment only.
            while since < 3 {
                since = if is_struck() { since + 1 } else { 0 };
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        };
        let killed = tokio::select! {
            _ = self.run(FULL) => false,
            () = struck => true,
        };
        self.place.controls().faults.clear(number);
        self.restart();
        killed
    }
}

fn assert_adds_up(counts: &Counts) {
    let parts = counts.created
        + counts.updated
        + counts.unchanged
        + counts.without_indicators
        + counts.failed
        + counts.pending;
    assert_eq!(counts.considered, parts, "{counts:?}");
    assert!(counts.matched <= counts.considered, "{counts:?}");
}

/// The part of the counts that tests look at: created, updated, unchanged, failed, pending.
pub fn parts(counts: &Counts) -> [u64; 5] {
    let Counts {
        created,
        updated,
        unchanged,
        failed,
        pending,
        ..
    } = *counts;
    [created, updated, unchanged, failed, pending]
}

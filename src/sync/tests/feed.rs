//! A feed as its controller drives it: status and ledger are kept, and a sync follows its interval.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::services::{Door, Enclave, Item, Lines, Reports, Store, Time};
use crate::sync::choice::Choice;
use crate::sync::counts::Counts;
use crate::sync::ledger::Totals;
use crate::sync::own::Sources;
use crate::sync::ports::Clock as _;
use crate::sync::window::Window;
use crate::sync::{Abandoned, Conclusion, Mode, Outcome, Plan, Ports, sync};
use indicators::Rules;

pub const MINUTE: Duration = Duration::from_mins(1);
pub const HOUR: Duration = Duration::from_hours(1);

/// The services, and a feed that is synced with them.
pub struct Feed<'t> {
    pub time: &'t Time,
    pub reports: Reports<'t>,
    pub enclave: Enclave,
    pub store: Store,
    pub door: Door,
    pub lines: Lines,
    pub cancelled: CancellationToken,
    pub limit: u32,
    pub lookback: Duration,
    pub interval: Duration,
    pub rules: Arc<Rules>,
    pub sources: Sources,
    pub choice: Choice,
    // The status.
    pub window: Window,
    pub totals: Totals,
}

impl<'t> Feed<'t> {
    pub fn new(time: &'t Time) -> Self {
        Self {
            time,
            reports: Reports::new(time),
            enclave: Enclave::default(),
            store: Store::default(),
            door: Door::default(),
            lines: Lines::default(),
            cancelled: CancellationToken::new(),
            limit: 500,
            lookback: 24 * HOUR,
            interval: 15 * MINUTE,
            rules: Arc::default(),
            sources: Sources::default(),
            choice: Choice::default(),
            window: Window::default(),
            totals: Totals::default(),
        }
    }

    /// A feed whose listing holds reports `r0`, `r1`, … each a minute older than the one before.
    pub fn with_reports(time: &'t Time, count: u32) -> Self {
        let feed = Self::new(time);
        let newest = time.truth();
        for index in 0..count {
            feed.list(Item::new(&format!("r{index}"), newest - index * MINUTE));
        }
        feed
    }

    /// Puts a report in the listing.
    pub fn list(&self, item: Item) {
        self.reports.script.lock().unwrap().items.push(item);
    }

    /// Changes a report in the listing.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Item)) {
        let mut script = self.reports.script.lock().unwrap();
        let item = script.items.iter_mut().find(|item| item.id == id).unwrap();
        item.version += 1;
        change(item);
    }

    /// Runs one sync, and keeps its status.
    pub async fn sync_in(&mut self, mode: Mode) -> Result<Outcome, Abandoned> {
        let (outcome, totals) = self.run(mode).await?;
        self.window = outcome.window;
        self.totals = totals;
        Ok(outcome)
    }

    /// A full sync that has an outcome.
    pub async fn sync(&mut self) -> Outcome {
        self.sync_in(Mode::Full { forced: false }).await.unwrap()
    }

    /// A full sync's counts.
    pub async fn counts(&mut self) -> Counts {
        self.sync().await.counts.unwrap()
    }

    /// A continuation that has an outcome.
    pub async fn go_on(&mut self) -> Outcome {
        self.sync_in(Mode::Continuation).await.unwrap()
    }

    /// Lets an interval pass, then runs a full sync.
    pub async fn next_sync(&mut self) -> Outcome {
        tokio::time::advance(self.interval).await;
        self.sync().await
    }

    /// Runs one sync without keeping its status, as if the process ended then.
    pub async fn run(&self, mode: Mode) -> Result<(Outcome, Totals), Abandoned> {
        let mut ledger = self.store.ledger();
        ledger.totals.syncs = ledger.totals.syncs.max(self.totals.syncs);
        ledger.totals.submitted = ledger.totals.submitted.max(self.totals.submitted);
        ledger.totals.failed = ledger.totals.failed.max(self.totals.failed);
        let plan = Plan {
            limit: self.limit,
            lookback: self.lookback,
            timeout: Duration::from_secs(30),
            rules: &self.rules,
            sources: self.sources,
            window: self.window,
            choice: &self.choice,
            mode,
        };
        let ports = Ports {
            source: &self.reports,
            destination: &self.enclave,
            journal: &self.store,
            fence: &self.door,
            clock: self.time,
            watcher: &self.lines,
            cancelled: self.cancelled.clone(),
        };
        let outcome = sync(&plan, &mut ledger, &ports).await?;
        Ok((outcome, ledger.totals))
    }

    /// The mode that the next sync has, as the controller chooses it.
    pub fn mode(&self) -> Mode {
        let due = self
            .store
            .ledger()
            .course()
            .open
            .clone()
            .map(|open| open.started + SignedDuration::try_from(self.interval).unwrap());
        match due {
            Some(due) if self.time.now() < due => Mode::Continuation,
            _ => Mode::Full { forced: false },
        }
    }

    /// The ids in the enclave.
    pub fn stored(&self) -> Vec<String> {
        self.enclave
            .gates
            .lock()
            .unwrap()
            .stored
            .keys()
            .cloned()
            .collect()
    }

    /// Forgets the writes made so far, and gives their ids.
    pub fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.enclave.gates.lock().unwrap().writes)
    }

    pub fn now(&self) -> Timestamp {
        self.time.truth()
    }
}

/// The identity that holds of every sync's counts.
pub fn assert_adds_up(counts: &Counts) {
    let parts = counts.created
        + counts.updated
        + counts.unchanged
        + counts.without_indicators
        + counts.failed
        + counts.pending;
    assert_eq!(counts.considered, parts, "{counts:?}");
    assert!(counts.matched <= counts.considered, "{counts:?}");
}

/// Whether a feed is Ready, and nothing remains to be done.
pub fn is_quiet(outcome: &Outcome) -> bool {
    matches!(
        outcome.conclusion,
        Conclusion::Synced | Conclusion::SyncedWithFailures
    )
}

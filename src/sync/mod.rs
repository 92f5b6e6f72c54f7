//! One sync of one feed, without a cluster, over two seams: a source of reports and a sink.
//!
//! Checks the sink, lists what is to be handled, handles each report (examine, map, write, tag),
//! and closes with counts, ledger and checkpoint. Knows nothing of Kubernetes.

mod close;
mod decision;
mod elements;
mod examine;
mod handle;
mod listing;
mod outcome;
mod pager;
pub mod ports;
mod settle;
pub mod sink;
pub mod source;
#[cfg(test)]
mod tests;
mod work;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::indicators::Rules;
use crate::ledger::{Ledger, Totals};
use crate::report::Report;
use crate::window::{Start, Window};
use decision::Criteria;
use handle::Handling;
use listing::Listing;
use outcome::Unlisted;
pub use outcome::{Abandoned, Conclusion, Outcome};
use ports::{Clock, Fence, Fenced, Journal, Stop, Watcher};
use settle::Settlement;
use sink::Sink;
use source::{Since, Source};

/// How many reports are written at once.
const WRITES_AT_ONCE: usize = 4;

/// How many are under way at once: while some are written, the next have their CSV data fetched, or wait for a turn.
const REPORTS_AT_ONCE: usize = 2 * WRITES_AT_ONCE;

/// How many writes at most a crash can make a ledger forget.
const WRITES_BETWEEN_SAVES: u64 = 100;

/// How long one sync takes at the most, its last calls included.
const MAX_TIME: Duration = Duration::from_mins(2);

/// However long the listing took, so much time is left to write what it gave.
const MIN_WRITING_TIME: Duration = Duration::from_secs(30);

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
    /// The first page's size, and the most unknown reports taken on, 1..=500.
    pub limit: u32,
    /// How far the window reaches back.
    pub lookback: Duration,
    /// How long one call may take.
    pub timeout: Duration,
    /// What counts.
    pub rules: &'a Arc<Rules>,
    /// The checkpoint.
    pub window: Window,
    /// What is handled.
    pub mode: Mode,
}

impl Plan<'_> {
    fn since(&self, start: Start) -> Since {
        match start {
            Start::Lookback => {
                Since::Lookback(u32::try_from(self.lookback.as_secs()).unwrap_or(u32::MAX))
            }
            Start::At(time) => Since::At(time),
        }
    }

    fn criteria(&self, now: Timestamp) -> Criteria {
        Criteria {
            rules: self.rules.digest(),
            now,
            forced: self.mode == Mode::Full { forced: true },
        }
    }

    /// How long after its begin a sync begins no further call, so that the last one is in time.
    fn time(&self) -> Duration {
        MAX_TIME.saturating_sub(self.timeout).max(MIN_WRITING_TIME)
    }

    /// The same, where the ledger remembers a sync to continue; else a full one.
    fn for_ledger(&self, ledger: &Ledger) -> Self {
        let nothing_open = self.mode == Mode::Continuation && ledger.open.is_none();
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
}

/// Whom a sync works with.
pub struct Ports<'a, S, K, J, F, C, W> {
    /// Where reports come from.
    pub source: &'a S,
    /// Where they go to.
    pub sink: &'a K,
    /// Stores the ledger.
    pub journal: &'a J,
    /// Says whether a write may still happen.
    pub fence: &'a F,
    /// Tells the time.
    pub clock: &'a C,
    /// Is told what happens.
    pub watcher: &'a W,
    /// Ends the sync at once, its calls included; what it did is kept.
    pub cancelled: CancellationToken,
}

/// Runs one sync. The ledger is stored as often as needed, and has at the end all that happened.
///
/// # Errors
/// When the feed was edited or deleted, another replica leads, or another writer stored the
/// ledger meanwhile: the outcome is not this sync's to tell.
pub async fn sync<S, K, J, F, C, W>(
    plan: &Plan<'_>,
    ledger: &mut Ledger,
    ports: &Ports<'_, S, K, J, F, C, W>,
) -> Result<Outcome, Abandoned>
where
    S: Source,
    K: Sink,
    J: Journal,
    F: Fence,
    C: Clock,
    W: Watcher,
{
    let plan = &plan.for_ledger(ledger);
    let started = ports.clock.now();
    let begun = Instant::now();
    let listed = tokio::select! {
        biased;
        () = ports.cancelled.cancelled() => return Err(Abandoned),
        listed = verify_and_list(plan, ledger, ports, begun) => listed,
    };
    let mut listing = match listed {
        Ok(listing) => listing,
        Err(unlisted) => return Ok(unlisted.outcome(plan)),
    };
    let handling = Handling {
        source: ports.source,
        sink: ports.sink,
        fence: ports.fence,
        rules: plan.rules,
        writing: Semaphore::new(WRITES_AT_ONCE),
        holding_csv: Semaphore::new(WRITES_AT_ONCE),
        criteria: plan.criteria(listing.date),
        deadline: (begun + plan.time()).max(Instant::now() + MIN_WRITING_TIME),
        stop: Mutex::new(None),
    };
    let reports = std::mem::take(&mut listing.reports);
    ports
        .watcher
        .listed(reports.len() + listing.unlistable.len(), listing.total);
    let mut settlement = Settlement::new(ledger, listing.date, plan.mode, ports.watcher);
    for element in &listing.unlistable {
        settlement.take_unlistable(element);
    }
    handle_all(reports, &handling, &mut settlement, ports).await;
    let fault = settlement.decide_transient();
    let totals_stored = settlement.totals_stored();
    let closed = close::close(
        plan,
        &listing,
        settlement,
        started,
        ports.cancelled.is_cancelled(),
    );
    let stop = handling.stopped().or(fault.map(Stop::Fault));
    let stop = store(ledger, ports.journal, totals_stored, stop).await;
    outcome::conclude(plan, closed, &listing, stop.as_ref())
}

/// Checks the sink, and lists what is to be handled.
async fn verify_and_list<S, K, J, F, C, W>(
    plan: &Plan<'_>,
    ledger: &Ledger,
    ports: &Ports<'_, S, K, J, F, C, W>,
    begun: Instant,
) -> Result<Listing, Unlisted>
where
    S: Source,
    K: Sink,
    C: Clock,
{
    ports.sink.verify().await?;
    let deadline = begun + plan.time();
    Ok(listing::list(plan, ledger, ports.source, ports.clock, deadline).await?)
}

/// Handles the reports, a few at once, and settles each as it is done.
async fn handle_all<S, K, J, F, C, W>(
    reports: Vec<Report>,
    handling: &Handling<'_, S, K, F>,
    settlement: &mut Settlement<'_, W>,
    ports: &Ports<'_, S, K, J, F, C, W>,
) where
    S: Source,
    K: Sink,
    J: Journal,
    F: Fence,
    W: Watcher,
{
    let mut left = reports.len() as u64;
    let reports = reports.into_iter().map(|report| {
        let known = settlement.ledger.get(&report.id).cloned();
        (report, known)
    });
    let looked = examine::ahead(reports.collect(), handling.criteria, handling.rules.clone());
    let mut handled_reports = looked
        .map(|looked| handling.handle(looked))
        .buffer_unordered(REPORTS_AT_ONCE);
    loop {
        let handled = tokio::select! {
            biased;
            () = ports.cancelled.cancelled() => {
                handling.note(Stop::Fenced(Fenced::Stopping));
                break;
            }
            handled = handled_reports.next() => handled,
        };
        let Some(handled) = handled else { break };
        left -= 1;
        if let Some(fault) = settlement.take(handled) {
            handling.note(Stop::Fault(fault));
        }
        if settlement.unstored_writes() >= WRITES_BETWEEN_SAVES {
            match ports.journal.save(settlement.ledger).await {
                Ok(()) => settlement.stored(),
                Err(error) => {
                    handling.note(Stop::Journal(error));
                }
            }
        }
    }
    settlement.take_cut_off(left);
}

/// Stores the ledger if it changed; a failure to do so ends the sync, whatever else did.
async fn store(
    ledger: &mut Ledger,
    journal: &impl Journal,
    totals_stored: Totals,
    stop: Option<Stop>,
) -> Option<Stop> {
    let deposed = stop == Some(Stop::Fenced(Fenced::Deposed));
    if deposed || !ledger.changed() {
        return stop;
    }
    match journal.save(ledger).await {
        Ok(()) => {
            ledger.stored();
            stop
        }
        Err(error) => {
            // What is not remembered is done again, and counted then.
            ledger.totals = totals_stored;
            Some(Stop::Journal(error))
        }
    }
}

//! One sync of one feed, without a cluster, over two seams: a source of reports and a destination.
//!
//! Checks the destination, lists what is to be handled, handles each report (examine, deliver),
//! and closes with counts, ledger and checkpoint. Knows nothing of Kubernetes.

mod ask;
pub mod because;
pub mod choice;
pub mod clock;
mod close;
pub mod counts;
mod csv;
mod deliver;
pub mod destination;
mod doubts;
mod examine;
mod handle;
pub mod ledger;
mod listing;
mod outcome;
pub mod own;
mod pager;
mod plan;
pub mod ports;
mod proof;
mod record;
pub mod report;
mod selection;
mod settle;
pub mod source;
mod store;
mod task;
#[cfg(test)]
mod tests;
pub mod window;

use futures::{StreamExt as _, stream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::flashpoint::FLASHPOINT;
use crate::http::fault::FaultKind;
use crate::sync::ledger::{Ledger, Trouble};
use crate::sync::window::Moment;
use destination::Destination;
use handle::Handling;
use listing::Listing;
use outcome::Unlisted;
pub use outcome::{Abandoned, Conclusion, Note, Outcome};
use own::Sources;
pub use plan::{Mode, Plan};
use ports::{Clock, Fence, Fenced, Journal, JournalError, Stop, Watcher};
use settle::Settlement;
use source::Source;
use store::{save, store};
use task::Task;

/// How many reports are written at once.
const WRITES_AT_ONCE: usize = 4;

/// How many are under way at once: while some are written, the next have their CSV data fetched, or wait for a turn.
const REPORTS_AT_ONCE: usize = 2 * WRITES_AT_ONCE;

/// How many writes at most a crash can make a ledger forget.
const WRITES_BETWEEN_SAVES: u64 = 100;

/// The services, and whoever runs the sync, as it knows them.
pub struct Ports<'a> {
    pub source: &'a dyn Source,
    pub destination: &'a dyn Destination,
    pub journal: &'a dyn Journal,
    /// Says whether a write may still happen.
    pub fence: &'a dyn Fence,
    pub clock: &'a dyn Clock,
    pub watcher: &'a dyn Watcher,
    /// Ends the sync at once, its calls included; what it did is kept.
    pub cancelled: CancellationToken,
}

/// Runs one sync. The ledger is stored as often as needed, and has at the end all that happened.
///
/// # Errors
/// When the feed was edited or deleted, another replica leads, or another writer stored the
/// ledger meanwhile: the outcome is not this sync's to tell.
pub async fn sync(
    plan: &Plan<'_>,
    ledger: &mut Ledger,
    ports: &Ports<'_>,
) -> Result<Outcome, Abandoned> {
    let mut plan = plan.for_ledger(ledger);
    let started = ports.clock.now();
    let begun = Instant::now();
    let moment = Moment::new(started, Some(ports.clock.service_now()));
    let before = plan.clone();
    if ports.source.withheld().is_some() {
        // What the text alone decided need not be looked at again for that.
        plan.sources = Sources::default();
    }
    let given_up = plan.give_up(ledger, moment);
    if given_up.is_some() {
        // Told once: what is given up must not be given up again from a later time.
        match save(ledger, ports.journal, plan.lookback.as_secs()).await {
            Ok(()) => {}
            Err(JournalError::Conflict) => return Err(Abandoned),
            Err(error) => return Ok(Unlisted::Journal(error).outcome(&before)),
        }
    }
    let uncounted = plan.choice.apply(ledger);
    let plan = &plan;
    let listed = tokio::select! {
        biased;
        () = ports.cancelled.cancelled() => return Err(Abandoned),
        listed = check_and_list(plan, ledger, ports, begun) => listed,
    };
    let mut listing = match listed {
        Ok(listing) => listing,
        Err(Unlisted::Journal(JournalError::Conflict)) => return Err(Abandoned),
        Err(unlisted) => {
            return Ok(Outcome {
                given_up,
                ..unlisted.outcome(plan)
            });
        }
    };
    let now = listing.moment.now;
    let handling = Handling::new(plan, before.sources, ports, now, begun);
    let tasks = std::mem::take(&mut listing.tasks);
    ports
        .watcher
        .listed(tasks.len() + listing.unlistable.len(), listing.total);
    let lookback = plan.lookback.as_secs();
    if listing.evicted > 0 {
        ledger.make_room(listing.evicted, lookback);
    }
    let mut settlement = Settlement::new(ledger, now, plan.mode, ports.watcher);
    // Not before: where nothing can be listed the ledger is not stored, and the next sync counts them again.
    settlement.ledger.totals.submitted += uncounted.submitted();
    if plan.mode == Mode::Continuation {
        settlement.finished.add(&uncounted);
    }
    for element in &listing.unlistable {
        settlement.take_unlistable(element);
    }
    handle_all(tasks, &handling, &mut settlement, ports, lookback).await;
    let proven = handling.stopped().is_none()
        && settlement.wants_proof()
        && ports.destination.check_anew().await.is_ok();
    let fault = settlement.decide(proven);
    let took_some = settlement.took_some();
    let totals_stored = settlement.totals_stored();
    let closed = close::close(
        plan,
        &listing,
        settlement,
        started,
        ports.cancelled.is_cancelled(),
    );
    if listing.ledger_full {
        ledger.note_overflow(lookback);
    }
    let stop = handling.stopped().or(fault.map(Stop::Fault));
    note_trouble(ledger, stop.as_ref(), took_some);
    let stop = store(ledger, ports.journal, totals_stored, stop, lookback).await;
    let mut outcome = outcome::conclude(
        plan,
        closed,
        &listing,
        ledger,
        stop.as_ref(),
        ports.destination,
    )?;
    let of_one = handling.withheld.lock().take();
    let withheld = ports.source.withheld().or(of_one);
    let withheld = withheld.filter(|_| before.sources.flashpoint);
    outcome.notes.extend(withheld.map(Note::OwnWithheld));
    Ok(Outcome {
        given_up,
        ..outcome
    })
}

/// Notes the fault that left reports pending, until the destination takes one again.
fn note_trouble(ledger: &mut Ledger, stop: Option<&Stop>, took_some: bool) {
    if let Some(Stop::Fault(fault)) = stop
        && matches!(
            fault.kind,
            FaultKind::Unavailable | FaultKind::UnexpectedResponse
        )
    {
        let trouble = Trouble {
            unexpected: fault.kind == FaultKind::UnexpectedResponse,
            of_source: *fault.service == FLASHPOINT,
            message: fault.message.clone(),
        };
        ledger.change(|course| course.trouble = Some(trouble));
    } else if took_some {
        ledger.change(|course| course.trouble = None);
    }
}

/// Checks the destination, and lists what is to be handled.
async fn check_and_list(
    plan: &Plan<'_>,
    ledger: &Ledger,
    ports: &Ports<'_>,
    begun: Instant,
) -> Result<Listing, Unlisted> {
    let checked = ports.destination.check().await;
    checked.map_err(|error| Unlisted::unchecked(error, ports.destination))?;
    let deadline = begun + plan.time();
    let listing = listing::list(plan, ledger, ports.source, ports.clock, deadline).await?;
    if ports.journal.is_unproven() && !listing.tasks.is_empty() {
        // What can't be remembered would be written again with each retry.
        ports
            .journal
            .save(ledger)
            .await
            .map_err(Unlisted::Journal)?;
    }
    Ok(listing)
}

/// Handles the reports, a few at once, and settles each as it is done.
async fn handle_all(
    tasks: Vec<Task>,
    handling: &Handling<'_>,
    settlement: &mut Settlement<'_>,
    ports: &Ports<'_>,
    lookback: u64,
) {
    let mut left = tasks.len() as u64;
    let mut handled_reports = stream::iter(tasks)
        .map(|task| handling.handle(task))
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
        // Where the writing has ended, the ledger is stored once more at the end of the sync, and not with each report.
        if settlement.unstored_writes() >= WRITES_BETWEEN_SAVES && handling.stopped().is_none() {
            match save(settlement.ledger, ports.journal, lookback).await {
                Ok(()) => settlement.stored(),
                Err(error) => {
                    handling.note(Stop::Journal(error));
                }
            }
        }
    }
    settlement.take_cut_off(left);
}

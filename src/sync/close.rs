//! Closes a sync: counts, open work, checkpoint.

use jiff::{SignedDuration, Timestamp};

use super::listing::Listing;
use super::settle::Settlement;
use super::{Mode, Plan};
use crate::counts::Counts;
use crate::ledger::{Ledger, OpenSync, State};
use crate::window::{OVERLAP, Window};

/// How long beyond the next window's start a report is remembered.
const REMEMBERED_BEYOND: SignedDuration = SignedDuration::from_hours(1);

/// What a finished sync comes to.
pub struct Closed {
    /// The counts, those of the sync that this one continues included.
    pub counts: Counts,
    /// The checkpoint.
    pub window: Window,
    /// When the sync whose latest reports are now handled began; none while some are pending.
    pub handled: Option<Timestamp>,
}

/// Closes a sync that began at `started`; `cut_off` if it was cancelled.
pub fn close<W>(
    plan: &Plan<'_>,
    listing: &Listing,
    settlement: Settlement<'_, W>,
    started: Timestamp,
    cut_off: bool,
) -> Closed {
    let Settlement {
        ledger,
        mut finished,
        mut unfinished,
        ..
    } = settlement;
    let dropped = drop_gone(listing, ledger);
    if plan.mode == Mode::Continuation {
        finished.add(&dropped);
    }
    let mut open = if let (Mode::Continuation, Some(open)) = (plan.mode, ledger.open.clone()) {
        // What the listing did not come to is still to be done.
        let unseen = ledger
            .unfinished()
            .filter(|id| !listing.listed.contains(*id))
            .count() as u64;
        unfinished.considered += unseen;
        unfinished.pending += unseen;
        open
    } else {
        let counts = Counts {
            total: listing.total,
            backlog: listing.backlog,
            ..Counts::default()
        };
        OpenSync {
            started,
            listed_at: listing.date,
            counts,
        }
    };
    open.counts.add(&finished);
    let mut counts = open.counts.clone();
    counts.add(&unfinished);
    let (handled, listed_at) = (open.started, open.listed_at);
    let done = counts.pending == 0;
    // The ledger does not know which reports a cancelled sync did not get to: a continuation
    // would miss them, so the next sync is a full one.
    ledger.set_open((!done && !cut_off).then_some(open));
    if done {
        ledger.totals.syncs += 1;
    }
    let complete = done && counts.backlog == 0 && listing.fault.is_none();
    let window = if complete {
        let covered = plan.window.covered(listed_at, listing.date);
        let window = Window {
            since: retries_from(listing, ledger),
            ..covered
        };
        forget_old(plan, listing, ledger);
        window
    } else {
        plan.window.pinned(listing.from, listing.date)
    };
    Closed {
        counts,
        window,
        handled: done.then_some(handled),
    }
}

/// Forgets the unfinished reports that are no longer listed: nothing more can be done for them.
/// Counts those that had been written, and lacked only their tags.
fn drop_gone(listing: &Listing, ledger: &mut Ledger) -> Counts {
    let mut written = Counts::default();
    for id in &listing.gone {
        tracing::info!(report = %id, "Flashpoint no longer lists a report that was not finished; it is dropped");
        if let Some(State::TagsPending { created, .. }) = ledger.get(id).map(|entry| &entry.state) {
            written.considered += 1;
            *(if *created {
                &mut written.created
            } else {
                &mut written.updated
            }) += 1;
        }
        ledger.remove(id);
    }
    ledger.totals.submitted += written.submitted();
    written
}

/// Where a window must begin that lists failing reports again; one set aside need not be.
fn retries_from(listing: &Listing, ledger: &Ledger) -> Option<Timestamp> {
    ledger
        .failures()
        .filter(|(_, entry, failure)| {
            entry.filed_at >= listing.from && !failure.set_aside(listing.date)
        })
        // It may be filed by an earlier time than its newest.
        .filter_map(|(_, entry, _)| entry.filed_at.checked_sub(OVERLAP).ok())
        .map(|time| time.max(listing.from))
        .min()
}

/// Forgets what no later window lists. That alone is no reason to store the ledger.
fn forget_old(plan: &Plan<'_>, listing: &Listing, ledger: &mut Ledger) {
    let reach = SignedDuration::try_from(plan.lookback.max(OVERLAP)).unwrap_or(SignedDuration::MAX);
    let oldest = listing
        .date
        .checked_sub(reach.saturating_add(REMEMBERED_BEYOND));
    let from = oldest.unwrap_or(Timestamp::MIN).min(listing.from);
    ledger.forget_before(from, |id| listing.listed.contains(id));
    if listing.to_the_end && listing.total < ledger.count_since(listing.from) {
        // Flashpoint no longer lists some of them: remembering those would hide new ones.
        ledger.forget_before(Timestamp::MAX, |id| listing.listed.contains(id));
    }
}

//! Closes a sync: counts, open work, checkpoint.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::listing::Listing;
use super::proof;
use super::settle::Settlement;
use super::{Mode, Plan};
use crate::sync::counts::Counts;
use crate::sync::ledger::{Entry, Ledger, OpenSync, RETRY_AFTER, State, Tries};
use crate::sync::report::ReportId;
use crate::sync::window::{OVERLAP, Window};

/// How long beyond the next window's start a report is remembered.
const REMEMBERED_BEYOND: SignedDuration = SignedDuration::from_hours(1);

/// In so many full syncs in a row nearly every report must differ from what was sent before that is told.
pub const RESTLESS: u32 = 2;

/// What a finished sync comes to.
pub struct Closed {
    /// The counts, those of the sync that this one continues included.
    pub counts: Counts,
    pub window: Window,
    /// When the sync whose latest reports are now handled began; none while some are pending.
    pub handled: Option<Timestamp>,
}

/// Closes a sync that began at `started`; `cut_off` if it was cancelled.
pub fn close(
    plan: &Plan<'_>,
    listing: &Listing,
    settlement: Settlement<'_>,
    started: Timestamp,
    cut_off: bool,
) -> Closed {
    let Settlement {
        ledger,
        mut finished,
        mut unfinished,
        ..
    } = settlement;
    let mut gone = listing.gone.clone();
    gone.extend(never_listed(listing, ledger));
    let dropped = drop_gone(&gone, ledger);
    if plan.mode == Mode::Continuation {
        finished.add(&dropped);
    }
    // What an earlier sync took on and this one did not come to, and is not known to be gone, is still to be done.
    let has_pending = unfinished.pending > 0;
    let others = ledger
        .unfinished()
        .filter(|id| !listing.taken_on.contains(*id))
        .count() as u64;
    unfinished.considered += others;
    unfinished.pending += others;
    let mut open =
        if let (Mode::Continuation, Some(open)) = (plan.mode, ledger.course().open.clone()) {
            open
        } else {
            let counts = Counts {
                total: listing.total,
                backlog: listing.backlog,
                ..Counts::default()
            };
            OpenSync {
                started,
                listed_at: listing.moment.earliest.max(listing.from),
                counts,
            }
        };
    if unfinished.pending == 0 {
        ledger.change(|course| course.trouble = None);
    }
    open.counts.add(&finished);
    let mut counts = open.counts.clone();
    counts.add(&unfinished);
    let (handled, listed_at) = (open.started, open.listed_at);
    let done = counts.pending == 0;
    // The ledger does not know which reports a cancelled sync did not get to: a continuation
    // would miss them, so the next sync is a full one.
    ledger.change(|course| course.open = (!done && !cut_off).then_some(open));
    if done {
        ledger.totals.syncs += 1;
    }
    if plan.mode != Mode::Continuation {
        let reading = proof::next_reading(
            listing.proof,
            ledger.course().reading,
            listing.moment.earliest,
        );
        ledger.change(|course| {
            course.reading = reading;
            // What is pending is met again by going over the same part; where something was passed over, by beginning anew.
            if !has_pending || listing.passed_over {
                course.walked = listing.walked;
            }
            course.restless = if listing.all_differ {
                course.restless.saturating_add(1).min(RESTLESS)
            } else {
                0
            };
        });
    }
    // A continuation reads no listing to its end: what the sync before it left in doubt stays so.
    let in_doubt = ledger
        .course()
        .reading
        .is_some_and(|reading| reading.passes > 0);
    let complete = done && counts.backlog == 0 && listing.fault.is_none() && !in_doubt;
    let window = if complete {
        let covered = plan.window.covered(listed_at, listing.moment);
        let window = Window {
            since: retries_from(listing, ledger),
            ..covered
        };
        forget_old(plan, listing, ledger);
        ledger.change(|course| {
            course.overflow = None;
            course.known = None;
        });
        window
    } else {
        if plan.mode != Mode::Continuation {
            ledger.change(|course| course.known = Some(listing.known));
        }
        plan.window.pinned(listing.from, listing.moment)
    };
    Closed {
        counts,
        window,
        handled: done.then_some(handled),
    }
}

/// The unfinished reports that no reading has listed for an hour, although none of these proved that they are gone.
fn never_listed(listing: &Listing, ledger: &mut Ledger) -> Vec<ReportId> {
    let now = listing.moment.now;
    let mut unseen = BTreeMap::new();
    let mut gone = Vec::new();
    for id in ledger.unfinished() {
        if listing.listed.contains(id) || listing.gone.contains(id) {
            continue;
        }
        let earlier = ledger.course().unseen.get(id).copied();
        let tries = match earlier {
            Some(tries) if !listing.ended || !tries.is_due(now) => tries,
            None if !listing.ended => continue,
            _ => Tries::after(earlier, now, RETRY_AFTER),
        };
        if tries.exhausted(now) {
            gone.push(id.clone());
        } else {
            unseen.insert(id.clone(), tries);
        }
    }
    ledger.change(|course| course.unseen = unseen);
    gone
}

/// Forgets the unfinished reports that are no longer listed: nothing more can be done for them.
/// Counts those that had been written, and lacked only their tags.
fn drop_gone(gone: &[ReportId], ledger: &mut Ledger) -> Counts {
    let mut written = Counts::default();
    for id in gone {
        tracing::info!(report = %id, "Flashpoint no longer lists a report that was not finished; it is dropped");
        if let Some(State::Accepted { created, .. }) = ledger.get(id).map(|entry| &entry.state) {
            written.note_written(*created);
        }
        ledger.remove(id);
    }
    ledger.totals.submitted += written.submitted();
    written
}

/// Where a window must begin that lists again what is tried again: failing reports, until one that was set aside has had
/// its first daily attempt, and those whose CSV data could not be had yet.
fn retries_from(listing: &Listing, ledger: &Ledger) -> Option<Timestamp> {
    let keeps_window = |entry: &Entry| match (&entry.state, entry.csv) {
        (State::Failed(failure), _) => failure.keeps_window(),
        (State::Sent, Some(csv)) => !csv.exhausted(listing.moment.now),
        _ => false,
    };
    ledger
        .entries()
        .filter(|(_, entry)| entry.filed_at >= listing.from && keeps_window(entry))
        // It may be filed by an earlier time than its newest.
        .filter_map(|(_, entry)| entry.filed_at.checked_sub(OVERLAP).ok())
        .map(|time| time.max(listing.from))
        .min()
}

/// Forgets what no later window lists. That alone is no reason to store the ledger.
fn forget_old(plan: &Plan<'_>, listing: &Listing, ledger: &mut Ledger) {
    let reach = SignedDuration::try_from(plan.lookback.max(OVERLAP)).unwrap_or(SignedDuration::MAX);
    let oldest = listing
        .moment
        .earliest
        .checked_sub(reach.saturating_add(REMEMBERED_BEYOND));
    let from = oldest.unwrap_or(Timestamp::MIN).min(listing.from);
    ledger.forget_before(from, |id| listing.listed.contains(id));
    if listing.proof.counts_right() && listing.total < ledger.count_since(listing.from) {
        // Flashpoint has withdrawn some of them: remembering those would hide new ones behind a `total` that agrees.
        ledger.forget_before(Timestamp::MAX, |id| listing.listed.contains(id));
    }
}

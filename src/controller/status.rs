//! From the outcome of a sync to the feed's status: pure.

use std::time::Duration;

use jiff::{Timestamp, TimestampRound, Unit};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::due;
use crate::api::{FlashpointFeedStatus, Reason, SyncFailure, SyncTotals, SyncWindow, conditions};
use crate::controller::standing::Standing;
use crate::sync::ledger::Ledger;
use crate::sync::report::Digest;
use crate::sync::window::Window;
use crate::sync::{Conclusion, Outcome};

/// The most failures that a status shows.
const MAX_FAILURES: usize = 10;

/// The most bytes of a status as JSON, as users and etcd are promised.
const MAX_BYTES: usize = 8 * 1024;

/// The longest value of the forcing annotation that the status repeats as it is, in bytes.
const MAX_REQUEST: usize = 256;

/// So many bytes of a longer one are shown.
const REQUEST_SHOWN: usize = 200;

/// What the status is told about one attempt at a sync.
pub struct Attempt<'a> {
    /// The feed's generation that the attempt was planned by.
    pub generation: i64,
    /// `spec.interval`.
    pub interval: Duration,
    pub started: Timestamp,
    pub ended: Timestamp,
    /// The forcing annotation's value as it was read at the start, by [`handled`].
    pub requested_at: Option<&'a str>,
    /// Whether the feed was edited or the sync forced, so that earlier failures no longer count.
    pub fresh: bool,
    /// 0 to 1, spreads retries.
    pub jitter: f64,
}

/// What keeps an attempt from coming to a sync.
pub struct Obstacle {
    /// The reason of the Ready condition.
    pub reason: Reason,
    pub message: String,
}

/// What an attempt came to.
pub enum Ended {
    Synced {
        outcome: Box<Outcome>,
        ledger: Box<Ledger>,
    },
    Obstructed(Obstacle),
}

/// Why a feed stands as it does, and until when.
struct Stand {
    reason: Reason,
    message: String,
    next: Timestamp,
    failed: bool,
}

/// The checkpoint that a status holds.
#[must_use]
pub fn window_of(status: &FlashpointFeedStatus) -> Window {
    let window = status.window.clone().unwrap_or_default();
    Window {
        since: window.since.map(|time| time.0),
        covered_to: window.covered_to.map(|time| time.0),
    }
}

/// The status after an attempt.
#[must_use]
pub fn after(
    before: &FlashpointFeedStatus,
    attempt: &Attempt<'_>,
    ended: &Ended,
) -> FlashpointFeedStatus {
    match ended {
        Ended::Synced { outcome, ledger } => after_sync(before, attempt, outcome, ledger),
        Ended::Obstructed(Obstacle { reason, message }) => {
            after_obstacle(before, attempt, *reason, message.clone())
        }
    }
}

/// The status after a sync.
fn after_sync(
    before: &FlashpointFeedStatus,
    attempt: &Attempt<'_>,
    outcome: &Outcome,
    ledger: &Ledger,
) -> FlashpointFeedStatus {
    let failures = failures_before(before, attempt);
    let stand = stand(attempt, outcome, failures);
    // The sync began with the attempt, or with an earlier one that this one continued.
    let handled = outcome.handled.map(|handled| handled.min(attempt.started));
    let window = SyncWindow {
        since: outcome.window.since.map(time),
        covered_to: outcome.window.covered_to.map(time),
    };
    within_limit(FlashpointFeedStatus {
        last_sync_time: handled.map(time).or_else(|| before.last_sync_time.clone()),
        last_posted_time: ledger.last_posted.map(time),
        last_submitted_time: ledger.last_submitted.map(time),
        last_sync: outcome.counts.clone().or_else(|| before.last_sync.clone()),
        totals: SyncTotals {
            syncs: ledger.totals.syncs,
            submitted: ledger.totals.submitted,
            failed: ledger.totals.failed,
        },
        window: Some(window),
        failures: shown_failures(ledger),
        ..attempted(before, attempt, stand, failures)
    })
}

/// The forcing annotation's value as the status says that it was handled: as it is or, where it is longer than 256 bytes, its
/// beginning and its digest, which tell it from any other.
#[must_use]
pub fn handled(request: &str) -> String {
    if request.len() <= MAX_REQUEST {
        return request.to_owned();
    }
    let digest = Digest::of(request.as_bytes()).0;
    let end = request.floor_char_boundary(REQUEST_SHOWN);
    format!(
        "{}… digest:{digest:016x}",
        request.get(..end).unwrap_or_default()
    )
}

/// A status of the size that it may have, with fewer failures if need be: characters that JSON
/// escapes take more room than the limits on single texts count.
fn within_limit(mut status: FlashpointFeedStatus) -> FlashpointFeedStatus {
    let too_long = |status: &FlashpointFeedStatus| {
        serde_json::to_vec(status).is_ok_and(|json| json.len() > MAX_BYTES)
    };
    while too_long(&status) && status.failures.pop().is_some() {}
    status
}

/// The status after an attempt that did not come to a sync.
fn after_obstacle(
    before: &FlashpointFeedStatus,
    attempt: &Attempt<'_>,
    reason: Reason,
    message: String,
) -> FlashpointFeedStatus {
    let failures = failures_before(before, attempt);
    let next = if reason.stalled() {
        due::after_person(attempt.ended, attempt.interval, failures)
    } else if matches!(reason, Reason::SecretNotFound | Reason::SecretUnavailable) {
        due::after_success(attempt.ended, attempt.interval)
    } else {
        due::after_fault(
            attempt.ended,
            attempt.interval,
            failures,
            attempt.jitter,
            None,
        )
    };
    let stand = Stand {
        reason,
        message,
        next,
        failed: true,
    };
    attempted(before, attempt, stand, failures)
}

/// The status of a suspended feed.
#[must_use]
pub fn suspended(
    before: &FlashpointFeedStatus,
    generation: i64,
    now: Timestamp,
) -> FlashpointFeedStatus {
    let Standing { reason, message } = Standing::suspended();
    FlashpointFeedStatus {
        observed_generation: generation,
        conditions: conditions(&before.conditions, reason, &message, generation, now),
        next_sync_time: None,
        ..before.clone()
    }
}

fn failures_before(before: &FlashpointFeedStatus, attempt: &Attempt<'_>) -> u64 {
    if attempt.fresh {
        0
    } else {
        before.consecutive_failures
    }
}

fn attempted(
    before: &FlashpointFeedStatus,
    attempt: &Attempt<'_>,
    stand: Stand,
    failures: u64,
) -> FlashpointFeedStatus {
    let Stand {
        reason,
        message,
        next,
        failed,
    } = stand;
    FlashpointFeedStatus {
        observed_generation: attempt.generation,
        conditions: conditions(
            &before.conditions,
            reason,
            &message,
            attempt.generation,
            attempt.ended,
        ),
        last_attempt_time: Some(time(attempt.started)),
        next_sync_time: Some(time_up(next)),
        consecutive_failures: if failed {
            failures.saturating_add(1)
        } else {
            0
        },
        last_handled_reconcile_at: attempt
            .requested_at
            .map(str::to_owned)
            .or_else(|| before.last_handled_reconcile_at.clone()),
        ..before.clone()
    }
}

fn stand(attempt: &Attempt<'_>, outcome: &Outcome, failures: u64) -> Stand {
    let retry = |retry_after| {
        due::after_fault(
            attempt.ended,
            attempt.interval,
            failures,
            attempt.jitter,
            retry_after,
        )
    };
    // From whole seconds to whole seconds: an interval must not grow by what rounding adds.
    let regular = due::after_success(time(attempt.started).0, attempt.interval);
    let after = |pause| attempt.ended.checked_add(pause).unwrap_or(regular);
    // A retry of what is pending does not put off what is new.
    let retry_at = outcome.retry_in.map(|pause| after(pause).min(regular));
    let next_part = outcome.continue_in.map(after).or(retry_at);
    let (next, failed) = match &outcome.conclusion {
        Conclusion::Fault(fault) if fault.needs_a_person() => {
            let next = due::after_person(attempt.ended, attempt.interval, failures);
            (next, true)
        }
        Conclusion::Fault(fault) => (retry(fault.retry_after), true),
        Conclusion::Journal(_) => (retry(None), true),
        Conclusion::WritesPending(_) => (next_part.unwrap_or(regular), false),
        Conclusion::LedgerFull
        | Conclusion::Draining
        | Conclusion::SyncedWithFailures
        | Conclusion::Synced => (regular, false),
    };
    let Standing { reason, message } = Standing::after(outcome);
    Stand {
        reason,
        message,
        next,
        failed,
    }
}

/// The failures that people most need to see: those set aside first, then the newest.
fn shown_failures(ledger: &Ledger) -> Vec<SyncFailure> {
    let mut failures: Vec<_> = ledger.failures().collect();
    failures.sort_by_key(|(id, entry, failure)| {
        (
            std::cmp::Reverse((failure.attempts, entry.filed_at)),
            id.as_str().to_owned(),
        )
    });
    failures
        .into_iter()
        .take(MAX_FAILURES)
        .map(|(id, _, failure)| {
            SyncFailure::new(
                id.as_str(),
                &failure.title,
                &failure.reason,
                failure.attempts,
                time(failure.next),
            )
        })
        .collect()
}

/// A time as the status holds it, in whole seconds.
fn time(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}

/// The same, rounded up: what is due then must not be found not yet due.
fn time_up(time: Timestamp) -> Time {
    let round = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(jiff::RoundMode::Ceil);
    Time(time.round(round).unwrap_or(time))
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

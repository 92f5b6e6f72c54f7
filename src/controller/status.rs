//! From the outcome of a sync to the feed's status: pure.

use std::time::Duration;

use jiff::{Timestamp, TimestampRound, Unit};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::due;
use crate::api::{
    FlashpointFeedStatus, Reason, SyncFailure, SyncTotals, SyncWindow, conditions,
};
use crate::fault::{Fault, FaultKind, Service};
use crate::ledger::Ledger;
use crate::sync::{Conclusion, Outcome};
use crate::window::Window;

/// The most failures that a status shows.
const MAX_FAILURES: usize = 10;

/// What the status is told about one attempt at a sync.
pub struct Attempt<'a> {
    /// The feed's generation that the attempt was planned by.
    pub generation: i64,
    /// `spec.interval`.
    pub interval: Duration,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The forcing annotation's value as it was read at the start.
    pub requested_at: Option<&'a str>,
    /// Whether the feed was edited or the sync forced, so that earlier failures no longer count.
    pub fresh: bool,
    /// 0 to 1, spreads retries.
    pub jitter: f64,
}

/// Why a feed stands as it does, and until when.
struct Stand {
    reason: Reason,
    message: String,
    next: Timestamp,
    failed: bool,
}

/// The checkpoint that a status holds.
pub fn window_of(status: &FlashpointFeedStatus) -> Window {
    let window = status.window.clone().unwrap_or_default();
    Window { since: window.since.map(|time| time.0), covered_to: window.covered_to.map(|time| time.0) }
}

/// The status after a sync.
pub fn after_sync(
    before: &FlashpointFeedStatus,
    attempt: &Attempt<'_>,
    outcome: &Outcome,
    ledger: &Ledger,
) -> FlashpointFeedStatus {
    let failures = failures_before(before, attempt);
    let stand = stand(attempt, outcome, failures);
    let window = SyncWindow {
        since: outcome.window.since.map(time),
        covered_to: outcome.window.covered_to.map(time),
    };
    FlashpointFeedStatus {
        last_sync_time: outcome.handled.map(time).or_else(|| before.last_sync_time.clone()),
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
    }
}

/// The status after an attempt that did not come to a sync.
pub fn after_obstacle(
    before: &FlashpointFeedStatus,
    attempt: &Attempt<'_>,
    reason: Reason,
    message: String,
) -> FlashpointFeedStatus {
    let failures = failures_before(before, attempt);
    let next = if reason.stalled() {
        due::after_person(attempt.ended, attempt.interval, failures)
    } else if reason == Reason::SecretNotFound {
        due::after_success(attempt.ended, attempt.interval)
    } else {
        due::after_fault(attempt.ended, attempt.interval, failures, attempt.jitter, None)
    };
    let stand = Stand { reason, message, next, failed: true };
    attempted(before, attempt, stand, failures)
}

/// The status of a suspended feed.
pub fn suspended(before: &FlashpointFeedStatus, generation: i64, now: Timestamp) -> FlashpointFeedStatus {
    let message = "suspended by spec.suspend; set it to false to resume";
    FlashpointFeedStatus {
        observed_generation: generation,
        conditions: conditions(&before.conditions, Reason::Suspended, message, generation, now),
        next_sync_time: None,
        ..before.clone()
    }
}

fn failures_before(before: &FlashpointFeedStatus, attempt: &Attempt<'_>) -> u64 {
    if attempt.fresh { 0 } else { before.consecutive_failures }
}

fn attempted(
    before: &FlashpointFeedStatus,
    attempt: &Attempt<'_>,
    stand: Stand,
    failures: u64,
) -> FlashpointFeedStatus {
    let Stand { reason, message, next, failed } = stand;
    FlashpointFeedStatus {
        observed_generation: attempt.generation,
        conditions: conditions(&before.conditions, reason, &message, attempt.generation, attempt.ended),
        last_attempt_time: Some(time(attempt.started)),
        next_sync_time: Some(time_up(next)),
        consecutive_failures: if failed { failures.saturating_add(1) } else { 0 },
        last_handled_reconcile_at: attempt
            .requested_at
            .map(str::to_owned)
            .or_else(|| before.last_handled_reconcile_at.clone()),
        ..before.clone()
    }
}

fn stand(attempt: &Attempt<'_>, outcome: &Outcome, failures: u64) -> Stand {
    let retry = |retry_after| {
        due::after_fault(attempt.ended, attempt.interval, failures, attempt.jitter, retry_after)
    };
    let regular = due::after_success(attempt.started, attempt.interval);
    let next_part = outcome.continue_in.map(|pause| attempt.ended.checked_add(pause).unwrap_or(regular));
    let (reason, message, next) = match &outcome.conclusion {
        Conclusion::Fault(fault) => {
            let next = if fault.needs_a_person() {
                due::after_person(attempt.ended, attempt.interval, failures)
            } else {
                retry(fault.retry_after)
            };
            return Stand { reason: reason_of(fault), message: fault.message.clone(), next, failed: true };
        }
        Conclusion::Journal(error) => {
            let message = format!("{error}; it is tried again");
            return Stand { reason: Reason::LedgerUnavailable, message, next: retry(None), failed: true };
        }
        Conclusion::WritesPending(why) => {
            let pending = outcome.counts.as_ref().map_or(0, |counts| counts.pending);
            let message = format!("{pending} reports are still to be written: {why}");
            (Reason::WritesPending, message, next_part.unwrap_or(regular))
        }
        Conclusion::LedgerFull => {
            let message = "the window holds more reports than the 20,000 that a ledger remembers; \
                           set a shorter spec.lookback, or wait until older reports have left it";
            (Reason::LedgerFull, message.to_owned(), regular)
        }
        Conclusion::Draining => (Reason::Draining, summary(outcome), regular),
        Conclusion::SyncedWithFailures => (Reason::SyncedWithFailures, summary(outcome), regular),
        Conclusion::Synced => (Reason::Synced, summary(outcome), regular),
    };
    Stand { reason, message, next, failed: false }
}

fn reason_of(fault: &Fault) -> Reason {
    match (fault.kind, fault.service) {
        (FaultKind::Unauthorized, Service::Flashpoint) => Reason::FlashpointUnauthorized,
        (FaultKind::Unauthorized, Service::Trustar) => Reason::TrustarUnauthorized,
        (FaultKind::EnclaveNotFound, _) => Reason::EnclaveNotFound,
        (FaultKind::EnclaveNotWritable, _) => Reason::EnclaveNotWritable,
        (FaultKind::ExternalIdConflict, _) => Reason::ExternalIdConflict,
        (FaultKind::RateLimited, _) => Reason::RateLimited,
        (FaultKind::Unavailable, Service::Flashpoint) => Reason::FlashpointUnavailable,
        (FaultKind::Unavailable, Service::Trustar) => Reason::TrustarUnavailable,
        (FaultKind::UnexpectedResponse, _) => Reason::UnexpectedResponse,
    }
}

/// The latest reports in a sentence.
fn summary(outcome: &Outcome) -> String {
    let Some(counts) = &outcome.counts else { return String::new() };
    let mut parts = vec![
        format!("{} created", counts.created),
        format!("{} updated", counts.updated),
        format!("{} unchanged", counts.unchanged),
        format!("{} without indicators", counts.without_indicators),
    ];
    if counts.failed > 0 {
        parts.push(format!("{} failed (see status.failures)", counts.failed));
    }
    if counts.backlog > 0 {
        parts.push(format!("a backlog of {} follows", counts.backlog));
    }
    format!("{} reports considered: {}", counts.considered, parts.join(", "))
}

/// The failures that people most need to see: those set aside first, then the newest.
fn shown_failures(ledger: &Ledger) -> Vec<SyncFailure> {
    let mut failures: Vec<_> = ledger.failures().collect();
    failures.sort_by_key(|(id, entry, failure)| {
        (std::cmp::Reverse((failure.attempts, entry.filed_at)), id.as_str().to_owned())
    });
    failures
        .into_iter()
        .take(MAX_FAILURES)
        .map(|(id, _, failure)| SyncFailure::new(
            id.as_str(),
            &failure.title,
            &failure.reason,
            failure.attempts,
            time(failure.next),
        ))
        .collect()
}

/// A time as the status holds it, in whole seconds.
fn time(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}

/// The same, rounded up: what is due then must not be found not yet due.
fn time_up(time: Timestamp) -> Time {
    let round = TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Ceil);
    Time(time.round(round).unwrap_or(time))
}

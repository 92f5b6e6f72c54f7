//! What each outcome makes of a status.

mod size;

use jiff::SignedDuration;

use super::*;
use crate::destinations::trustar::TRUSTAR;
use crate::flashpoint::FLASHPOINT;
use crate::http::fault::{Fault, FaultKind, Service};
use crate::sync::counts::Counts;
use crate::sync::ledger::Owner;
use crate::sync::ports::JournalError;

const INTERVAL: Duration = Duration::from_mins(15);

/// Not a whole second, as times are.
fn started() -> Timestamp {
    "2026-01-01T12:00:00.7Z".parse().unwrap()
}

/// Every attempt takes 10 seconds.
fn ended() -> Timestamp {
    started() + SignedDuration::from_secs(10)
}

fn attempt(fresh: bool) -> Attempt<'static> {
    Attempt {
        generation: 4,
        interval: INTERVAL,
        started: started(),
        ended: ended(),
        requested_at: Some("asked"),
        fresh,
        jitter: 0.5,
    }
}

fn fault(service: &'static Service, kind: FaultKind) -> Conclusion {
    let message = "what happened".to_owned();
    Conclusion::Fault(Fault {
        service,
        kind,
        message,
        retry_after: None,
    })
}

fn outcome(conclusion: Conclusion) -> Outcome {
    Outcome {
        conclusion,
        counts: Some(Counts {
            pending: 2,
            ..Counts::default()
        }),
        window: Window {
            since: None,
            covered_to: Some(started()),
        },
        continued: false,
        handled: None,
        continue_in: None,
        retry_in: None,
        notes: Vec::new(),
        given_up: None,
    }
}

fn ledger() -> Ledger {
    Ledger::new(Owner {
        uid: "uid".into(),
        destination: "enclave".into(),
    })
}

/// A status after so many failures in a row.
fn failed_before(failures: u64) -> FlashpointFeedStatus {
    FlashpointFeedStatus {
        consecutive_failures: failures,
        ..FlashpointFeedStatus::default()
    }
}

/// Reason, seconds from the start to the next sync, failures in a row.
fn told(status: &FlashpointFeedStatus) -> (Reason, i64, u64) {
    let next = status.next_sync_time.as_ref().unwrap().0;
    let start = status.last_attempt_time.as_ref().unwrap().0;
    let reason = Reason::of(&status.conditions).unwrap();
    (
        reason,
        next.duration_since(start).as_secs(),
        status.consecutive_failures,
    )
}

#[test]
fn each_outcome_has_its_reason_and_its_next_time() {
    use FaultKind as Kind;
    let unavailable = JournalError::unavailable("");
    let table = [
        (Conclusion::Synced, Reason::Synced, 900, 0),
        (
            Conclusion::SyncedWithFailures,
            Reason::SyncedWithFailures,
            900,
            0,
        ),
        (Conclusion::Draining, Reason::Draining, 900, 0),
        (Conclusion::LedgerFull, Reason::LedgerFull, 900, 0),
        (
            Conclusion::WritesPending(String::new()),
            Reason::WritesPending,
            900,
            0,
        ),
        // Twice 5 s after the end, which was 10.7 s after the second that it began in.
        (
            Conclusion::Journal(unavailable),
            Reason::LedgerUnavailable,
            21,
            2,
        ),
        (
            fault(&FLASHPOINT, Kind::RateLimited),
            Reason::RateLimited,
            21,
            2,
        ),
        (
            fault(&FLASHPOINT, Kind::Unavailable),
            Reason::FlashpointUnavailable,
            21,
            2,
        ),
        (
            fault(&TRUSTAR, Kind::Unavailable),
            Reason::TrustarUnavailable,
            21,
            2,
        ),
        (
            fault(&TRUSTAR, Kind::UnexpectedResponse),
            Reason::UnexpectedResponse,
            21,
            2,
        ),
        // Twice the least that a person is given.
        (
            fault(&FLASHPOINT, Kind::Unauthorized),
            Reason::FlashpointUnauthorized,
            1_811,
            2,
        ),
        (
            fault(&TRUSTAR, Kind::Unauthorized),
            Reason::TrustarUnauthorized,
            1_811,
            2,
        ),
        (
            fault(&TRUSTAR, Kind::TargetNotFound),
            Reason::EnclaveNotFound,
            1_811,
            2,
        ),
        (
            fault(&TRUSTAR, Kind::TargetNotWritable),
            Reason::EnclaveNotWritable,
            1_811,
            2,
        ),
        (
            fault(&TRUSTAR, Kind::Conflict),
            Reason::ExternalIdConflict,
            1_811,
            2,
        ),
    ];
    for (conclusion, reason, seconds, failures) in table {
        let outcome = outcome(conclusion);
        let status = after_sync(&failed_before(1), &attempt(false), &outcome, &ledger());
        assert_eq!(told(&status), (reason, seconds, failures));
        assert_eq!(status.observed_generation, 4);
        assert_eq!(status.last_handled_reconcile_at.as_deref(), Some("asked"));
    }
}

#[test]
fn what_is_pending_goes_on_when_it_can() {
    let mut outcome = outcome(Conclusion::WritesPending(String::new()));
    outcome.continue_in = Some(Duration::from_secs(20));
    let status = after_sync(&failed_before(0), &attempt(false), &outcome, &ledger());
    assert_eq!(told(&status), (Reason::WritesPending, 31, 0));
}

#[test]
fn an_edit_or_a_forced_sync_forgets_earlier_failures() {
    let outcome = outcome(fault(&TRUSTAR, FaultKind::Unavailable));
    let status = after_sync(&failed_before(5), &attempt(true), &outcome, &ledger());
    assert_eq!(told(&status), (Reason::TrustarUnavailable, 16, 1));
}

#[test]
fn nothing_is_called_before_it_asked_to_be() {
    let mut conclusion = fault(&FLASHPOINT, FaultKind::RateLimited);
    if let Conclusion::Fault(fault) = &mut conclusion {
        fault.retry_after = Some(Duration::from_mins(2));
    }
    let status = after_sync(
        &failed_before(0),
        &attempt(true),
        &outcome(conclusion),
        &ledger(),
    );
    let earliest = ended() + SignedDuration::from_mins(2);
    assert!(status.next_sync_time.unwrap().0 >= earliest);
}

#[test]
fn the_last_sync_is_the_one_that_handled_the_latest_reports() {
    let before = FlashpointFeedStatus {
        last_sync_time: Some(Time("2026-01-01T11:00:00Z".parse().unwrap())),
        ..FlashpointFeedStatus::default()
    };
    let last_sync = |handled: Option<Timestamp>| {
        let outcome = Outcome {
            handled,
            ..outcome(Conclusion::Synced)
        };
        let status = after_sync(&before, &attempt(false), &outcome, &ledger());
        (
            status.last_sync_time.unwrap().0,
            status.last_attempt_time.unwrap().0,
        )
    };
    let (sync, attempt) = last_sync(Some(started() + SignedDuration::from_millis(400)));
    assert_eq!(sync, attempt, "this attempt's, by the time that it began");
    let earlier = started() - SignedDuration::from_secs(60);
    assert_eq!(
        last_sync(Some(earlier)).0.as_second(),
        earlier.as_second(),
        "one that it continued"
    );
    assert_eq!(
        last_sync(None).0.to_string(),
        "2026-01-01T11:00:00Z",
        "none"
    );
}

#[test]
fn an_obstacle_leaves_checkpoint_counts_and_totals_alone() {
    let outcome = outcome(Conclusion::Synced);
    let mut ledger = ledger();
    ledger.totals.submitted = 7;
    let before = after_sync(&failed_before(0), &attempt(false), &outcome, &ledger);
    let table = [
        (Reason::SecretNotFound, 911, 1),
        (Reason::SecretUnavailable, 911, 1),
        (Reason::SecretKeyMissing, 911, 1),
        (Reason::LedgerUnavailable, 16, 1),
    ];
    for (reason, seconds, failures) in table {
        let status = after_obstacle(&before, &attempt(false), reason, "why".to_owned());
        assert_eq!(told(&status), (reason, seconds, failures));
        assert_eq!(
            (&status.window, &status.last_sync, &status.totals),
            (&before.window, &before.last_sync, &before.totals)
        );
    }
}

#[test]
fn a_suspended_feed_has_no_next_sync_and_forgets_nothing() {
    let before = after_sync(
        &failed_before(3),
        &attempt(false),
        &outcome(Conclusion::Synced),
        &ledger(),
    );
    let status = suspended(&before, 5, ended());
    assert_eq!(Reason::of(&status.conditions), Some(Reason::Suspended));
    assert_eq!(
        (status.observed_generation, status.next_sync_time),
        (5, None)
    );
    assert_eq!(
        (status.window, status.last_sync),
        (before.window, before.last_sync)
    );
}

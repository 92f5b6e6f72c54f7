//! A feed's life in statuses: each follows the one before.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::*;
use crate::destinations::trustar::TRUSTAR;
use crate::flashpoint::FLASHPOINT;
use crate::sync::Note;

/// A condition since `since`.
fn condition(
    kind: &str,
    status: &str,
    reason: &str,
    generation: i64,
    since: &str,
    message: &str,
) -> Condition {
    Condition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        observed_generation: Some(generation),
        last_transition_time: told(since),
    }
}

/// One step of the feed's life: its name in the file, the status that the operator makes of the one before, and the status
/// that it should be.
pub struct Step {
    pub name: &'static str,
    pub made: FlashpointFeedStatus,
    pub expected: FlashpointFeedStatus,
}

/// The feed is applied before its secret: nothing is known of it.
fn secret_not_found() -> Step {
    let message = "secret flashpoint-credentials is not in namespace intel";
    let since = "2026-03-04T11:00:10Z";
    Step {
        name: "SecretNotFound",
        made: after_obstacle(
            &FlashpointFeedStatus::default(),
            &attempt(1, "2026-03-04T11:00:00.7Z"),
            Reason::SecretNotFound,
            message.to_owned(),
        ),
        expected: FlashpointFeedStatus {
            observed_generation: 1,
            conditions: vec![
                condition("Ready", "False", "SecretNotFound", 1, since, message),
                condition("Reconciling", "True", "SecretNotFound", 1, since, message),
            ],
            last_attempt_time: Some(told("2026-03-04T11:00:00Z")),
            last_sync_time: None,
            // After the end, to the second above.
            next_sync_time: Some(told("2026-03-04T11:15:11Z")),
            last_posted_time: None,
            last_submitted_time: None,
            last_sync: None,
            totals: SyncTotals {
                syncs: 0,
                submitted: 0,
                failed: 0,
            },
            window: None,
            consecutive_failures: 1,
            failures: Vec::new(),
            last_handled_reconcile_at: None,
        },
    }
}

/// A forced sync takes on more than it can write, and leaves a backlog.
fn writes_pending(before: &FlashpointFeedStatus) -> Step {
    let message = "48 reports are still to be written: the call budget is spent; the listing changed while it was read, and is \
                   read again by the next sync";
    let window = Window {
        since: Some(at("2026-03-03T12:00:00.25Z")),
        covered_to: Some(at("2026-03-04T06:00:00.5Z")),
    };
    let pending = Conclusion::WritesPending("the call budget is spent".to_owned());
    let outcome = Outcome {
        counts: Some(counts()),
        handled: None,
        continue_in: Some(Duration::from_secs(20)),
        notes: vec![Note::ReadAgain],
        ..outcome(pending, window)
    };
    let attempt = Attempt {
        requested_at: Some("by hand"),
        fresh: true,
        ..attempt(2, "2026-03-04T12:00:00.7Z")
    };
    // Not ready since the obstacle.
    let since = "2026-03-04T11:00:10Z";
    let failure = |id: &str, title: &str, attempts, next| SyncFailure {
        id: id.to_owned(),
        title: title.to_owned(),
        reason: "TruSTAR answered 400: \"reportBody\"".to_owned(),
        attempts,
        next_attempt: told(next),
    };
    Step {
        name: "WritesPending",
        made: after_sync(before, &attempt, &outcome, &ledger()),
        expected: FlashpointFeedStatus {
            observed_generation: 2,
            conditions: vec![
                condition("Ready", "False", "WritesPending", 2, since, message),
                condition("Reconciling", "True", "WritesPending", 2, since, message),
            ],
            last_attempt_time: Some(told("2026-03-04T12:00:00Z")),
            last_sync_time: None,
            next_sync_time: Some(told("2026-03-04T12:00:31Z")),
            last_posted_time: Some(told("2026-03-04T11:59:30Z")),
            last_submitted_time: Some(told("2026-03-04T12:00:09Z")),
            last_sync: Some(counts()),
            totals: SyncTotals {
                syncs: 101,
                submitted: 1_102,
                failed: 103,
            },
            window: Some(SyncWindow {
                since: Some(told("2026-03-03T12:00:00Z")),
                covered_to: Some(told("2026-03-04T06:00:00Z")),
            }),
            consecutive_failures: 0,
            failures: vec![
                failure("set aside", "Another title", 6, "2026-03-05T11:00:00Z"),
                failure(
                    "6n_wnmYvXNS6lA4-QbSlzA",
                    "A title",
                    2,
                    "2026-03-04T12:14:09Z",
                ),
            ],
            last_handled_reconcile_at: Some("by hand".to_owned()),
        },
    }
}

/// The continuation finishes it: the backlog remains.
fn draining(before: &FlashpointFeedStatus) -> Step {
    let window = Window {
        since: Some(at("2026-03-03T12:00:00.25Z")),
        covered_to: Some(at("2026-03-04T06:00:00.5Z")),
    };
    let counts = Counts {
        created: 248,
        pending: 0,
        ..counts()
    };
    let outcome = Outcome {
        counts: Some(counts.clone()),
        handled: Some(at("2026-03-04T12:00:00.7Z")),
        continued: true,
        ..outcome(Conclusion::Draining, window)
    };
    let message = "500 reports considered: 248 created, 10 updated, 50 unchanged, 190 without indicators, 2 failed (see \
                   status.failures), a backlog of 700 follows";
    let attempt = attempt(2, "2026-03-04T12:00:31.2Z");
    Step {
        name: "Draining",
        made: after_sync(before, &attempt, &outcome, &ledger()),
        expected: FlashpointFeedStatus {
            conditions: vec![condition(
                "Ready",
                "True",
                "Draining",
                2,
                "2026-03-04T12:00:41Z",
                message,
            )],
            last_attempt_time: Some(told("2026-03-04T12:00:31Z")),
            last_sync_time: Some(told("2026-03-04T12:00:00Z")),
            next_sync_time: Some(told("2026-03-04T12:15:31Z")),
            last_sync: Some(counts),
            ..before.clone()
        },
    }
}

/// TruSTAR is down; what was known stays.
fn unavailable(before: &FlashpointFeedStatus) -> Step {
    let message = "TruSTAR answered 503";
    let conclusion = fault(&TRUSTAR, FaultKind::Unavailable, message);
    let outcome = outcome(conclusion, window_of(before));
    let attempt = attempt(2, "2026-03-04T12:15:31Z");
    let since = "2026-03-04T12:15:41Z";
    Step {
        name: "TrustarUnavailable",
        made: after_sync(before, &attempt, &outcome, &ledger()),
        expected: FlashpointFeedStatus {
            conditions: vec![
                condition("Ready", "False", "TrustarUnavailable", 2, since, message),
                condition(
                    "Reconciling",
                    "True",
                    "TrustarUnavailable",
                    2,
                    since,
                    message,
                ),
            ],
            last_attempt_time: Some(told("2026-03-04T12:15:31Z")),
            next_sync_time: Some(told("2026-03-04T12:15:47Z")),
            consecutive_failures: 1,
            ..before.clone()
        },
    }
}

/// The key is revoked: a person must act.
fn unauthorized(before: &FlashpointFeedStatus) -> Step {
    let message = "Flashpoint answered 401: put a valid key into secret flashpoint-credentials";
    let conclusion = fault(&FLASHPOINT, FaultKind::Unauthorized, message);
    let outcome = outcome(conclusion, window_of(before));
    let attempt = attempt(2, "2026-03-04T12:15:47Z");
    let reason = "FlashpointUnauthorized";
    Step {
        name: "FlashpointUnauthorized",
        made: after_sync(before, &attempt, &outcome, &ledger()),
        expected: FlashpointFeedStatus {
            conditions: vec![
                condition("Ready", "False", reason, 2, "2026-03-04T12:15:41Z", message),
                condition(
                    "Stalled",
                    "True",
                    reason,
                    2,
                    "2026-03-04T12:15:57Z",
                    message,
                ),
            ],
            last_attempt_time: Some(told("2026-03-04T12:15:47Z")),
            // A quarter of an hour, doubled by the fault before.
            next_sync_time: Some(told("2026-03-04T12:45:58Z")),
            consecutive_failures: 2,
            ..before.clone()
        },
    }
}

/// All is well again, and there is no backlog any more.
fn synced(before: &FlashpointFeedStatus) -> Step {
    let window = Window {
        since: None,
        covered_to: Some(at("2026-03-04T12:45:57.9Z")),
    };
    let counts = Counts {
        total: 1,
        considered: 1,
        unchanged: 1,
        ..Counts::default()
    };
    let outcome = Outcome {
        counts: Some(counts.clone()),
        handled: Some(at("2026-03-04T12:45:58Z")),
        ..outcome(Conclusion::Synced, window)
    };
    let mut ledger = Ledger::new(ledger().owner);
    ledger.totals.syncs = 102;
    let attempt = attempt(3, "2026-03-04T12:45:58Z");
    Step {
        name: "Synced",
        made: after_sync(before, &attempt, &outcome, &ledger),
        expected: FlashpointFeedStatus {
            observed_generation: 3,
            conditions: vec![condition(
                "Ready",
                "True",
                "Synced",
                3,
                "2026-03-04T12:46:08Z",
                "1 report considered: 0 created, 0 updated, 1 unchanged, 0 without indicators",
            )],
            last_attempt_time: Some(told("2026-03-04T12:45:58Z")),
            last_sync_time: Some(told("2026-03-04T12:45:58Z")),
            next_sync_time: Some(told("2026-03-04T13:00:58Z")),
            last_posted_time: None,
            last_submitted_time: None,
            last_sync: Some(counts),
            totals: SyncTotals {
                syncs: 102,
                submitted: 0,
                failed: 0,
            },
            window: Some(SyncWindow {
                since: None,
                covered_to: Some(told("2026-03-04T12:45:57Z")),
            }),
            consecutive_failures: 0,
            failures: Vec::new(),
            last_handled_reconcile_at: Some("by hand".to_owned()),
        },
    }
}

fn suspended_then(before: &FlashpointFeedStatus) -> Step {
    Step {
        name: "Suspended",
        made: suspended(before, 4, at("2026-03-04T12:50:00.7Z")),
        expected: FlashpointFeedStatus {
            observed_generation: 4,
            conditions: vec![condition(
                "Ready",
                "True",
                "Suspended",
                4,
                "2026-03-04T12:46:08Z",
                "suspended by spec.suspend; set it to false to resume",
            )],
            next_sync_time: None,
            ..before.clone()
        },
    }
}

pub fn steps() -> Vec<Step> {
    let mut steps = vec![secret_not_found()];
    for next in [
        writes_pending,
        draining,
        unavailable,
        unauthorized,
        synced,
        suspended_then,
    ] {
        let before = steps.last().unwrap().expected.clone();
        steps.push(next(&before));
    }
    steps
}

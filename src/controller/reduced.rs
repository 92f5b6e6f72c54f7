//! Smaller forms of a status, for an API server that refuses the whole: pure.

use super::memory::Told;
use super::refusal::Refusal;
use crate::api::{FlashpointFeedStatus, Reason, conditions};

/// A smaller form of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Without what the vendors' answers reach: the counts of the last sync and the texts of failures.
    WithoutDetail,
    /// What was told before, which was taken once, with the conditions and times of now. The window stays as it was: what lies
    /// beyond it is looked at again, and the ledger knows it.
    ConditionsAlone,
}

impl Form {
    /// This form of a status that the API server refused.
    pub fn of(self, told: &Told, refusal: &Refusal) -> FlashpointFeedStatus {
        let (before, now) = (told.before.clone(), told.status.clone());
        let (left_out, smaller) = match self {
            Self::WithoutDetail => {
                let smaller = FlashpointFeedStatus {
                    last_sync: None,
                    failures: Vec::new(),
                    ..now
                };
                ("counts and failures are", smaller)
            }
            Self::ConditionsAlone => {
                let smaller = FlashpointFeedStatus {
                    observed_generation: now.observed_generation,
                    conditions: now.conditions,
                    last_attempt_time: now.last_attempt_time,
                    next_sync_time: now.next_sync_time,
                    consecutive_failures: now.consecutive_failures,
                    last_handled_reconcile_at: now.last_handled_reconcile_at,
                    ..before
                };
                ("all but the conditions is", smaller)
            }
        };
        with_prefix(
            smaller,
            &format!("{refusal}, so {left_out} left out of this status"),
        )
    }
}

/// The status with this before the message of its conditions.
fn with_prefix(mut status: FlashpointFeedStatus, what: &str) -> FlashpointFeedStatus {
    let Some(reason) = Reason::of(&status.conditions) else {
        return status;
    };
    let Some(ready) = status.conditions.first() else {
        return status;
    };
    let message = format!("{what}; {}", ready.message);
    // The transition times are those of the conditions themselves: none of them changes its status.
    let now = ready.last_transition_time.0;
    status.conditions = conditions(
        &status.conditions,
        reason,
        &message,
        status.observed_generation,
        now,
    );
    status
}

#[cfg(test)]
mod tests {
    use kube::core::Status;
    use serde_json::json;

    use super::*;

    fn status(value: serde_json::Value) -> FlashpointFeedStatus {
        serde_json::from_value(value).unwrap()
    }

    fn refusal() -> Refusal {
        let answer = Status::failure("lastSync.total must be an integer", "Invalid");
        Refusal::new(
            kube::Error::Api(Box::new(answer.with_code(422))),
            &std::sync::Arc::from("https://cluster"),
        )
    }

    fn told() -> Told {
        let before = status(json!({
            "observedGeneration": 2,
            "totals": {"syncs": 8},
            "window": {"coveredTo": "2026-01-01T00:00:00Z"},
            "lastAttemptTime": "2026-01-01T00:00:00Z",
        }));
        let mut now = status(json!({
            "observedGeneration": 3,
            "lastAttemptTime": "2026-01-02T00:00:00Z",
            "nextSyncTime": "2026-01-02T00:15:00Z",
            "totals": {"syncs": 9},
            "lastSync": {"total": 7},
            "window": {"coveredTo": "2026-01-02T00:00:00Z"},
            "lastHandledReconcileAt": "now",
        }));
        let time = "2026-01-02T00:00:05Z".parse().unwrap();
        now.conditions = conditions(&[], Reason::Synced, "7 created", 3, time);
        Told::new(before, now)
    }

    #[test]
    fn counts_and_failures_go_first_and_the_message_says_why() {
        let smaller = Form::WithoutDetail.of(&told(), &refusal());
        assert_eq!(smaller.last_sync, None);
        assert_eq!((smaller.totals.syncs, smaller.window.is_some()), (9, true));
        let message = &smaller.conditions[0].message;
        assert!(message.contains("422: lastSync.total must be"), "{message}");
        assert!(message.ends_with("; 7 created"), "{message}");
    }

    #[test]
    fn what_was_told_before_stays_where_the_conditions_alone_are_told() {
        let told = told();
        let smaller = Form::ConditionsAlone.of(&told, &refusal());
        assert_eq!(
            (smaller.totals, &smaller.window),
            (told.before.totals, &told.before.window)
        );
        assert_eq!(smaller.observed_generation, 3);
        assert_eq!(smaller.next_sync_time, told.status.next_sync_time);
        assert_eq!(smaller.last_handled_reconcile_at.as_deref(), Some("now"));
        assert_eq!(Reason::of(&smaller.conditions), Some(Reason::Synced));
    }
}

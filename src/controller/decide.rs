//! What a feed is due for, by itself, what is remembered of it, and the time: pure.

use std::time::Duration;

use jiff::Timestamp;

use super::due::{self, Due, Observed};
use super::feed::{Feed, waits_since};
use super::memory::{Memory, Told};
use super::queue::Action;
use super::status::{self, Attempt};
use crate::api::FlashpointFeedStatus;

/// When a feed is looked at again where no status says when, or the one that does was not told yet.
pub const UNTOLD_RETRY: Duration = Duration::from_secs(5);

/// What is done with a feed, and what follows.
pub enum Decision {
    Rest(Action),
    /// This is told, and nothing else done.
    Tell(Box<Told>, Action),
    /// The secret that it waits for is looked at: an attempt is made if that is another.
    Look(Occasion, Action),
    /// An attempt is made.
    Sync(Occasion),
}

/// What an attempt is made for, and when.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    /// A person asked for it by annotation.
    pub forced: bool,
    /// Feed or secret changed, or a person asked: earlier failures no longer count.
    pub fresh: bool,
    pub started: Timestamp,
}

impl Occasion {
    /// The attempt, as the status is told of it.
    pub fn ended<'a>(&self, feed: &'a Feed, ended: Timestamp) -> Attempt<'a> {
        Attempt {
            generation: feed.generation,
            interval: feed.settings.interval,
            started: self.started,
            ended,
            requested_at: feed.requested_at.as_deref(),
            fresh: self.fresh,
            jitter: jitter(ended),
        }
    }
}

/// Decides what is done with a feed.
pub fn decide(feed: &Feed, memory: &Memory, now: Timestamp) -> Decision {
    // What the API server did not take yet is told before anything else is done.
    if let Some(untold) = memory.untold(&feed.uid) {
        // The watch shows what was told, or what superseded it.
        return Decision::Tell(Box::new(untold), Action::requeue(UNTOLD_RETRY));
    }
    let occasion = |forced, fresh| Occasion {
        forced,
        fresh,
        started: now,
    };
    match due::due(&observed(feed, memory, now), now) {
        Due::Nothing => Decision::Rest(Action::await_change()),
        Due::In(pause) => Decision::Rest(Action::requeue(pause)),
        Due::Suspend => {
            let before = feed.status();
            let status = status::suspended(&before, feed.generation, now);
            let told = Told::new(before, status);
            Decision::Tell(Box::new(told), Action::await_change())
        }
        Due::Secret(pause) => Decision::Look(occasion(false, true), Action::requeue(pause)),
        Due::Sync { forced } => Decision::Sync(occasion(forced, forced || feed.is_edited())),
    }
}

/// What decides whether a feed is due.
fn observed(feed: &Feed, memory: &Memory, now: Timestamp) -> Observed {
    let told = feed.status();
    Observed {
        generation: feed.generation,
        told_generation: told.observed_generation,
        suspend: feed.resource.spec.suspend,
        interval: feed.settings.interval,
        requested_at: feed.requested_at.clone().filter(|value| !value.is_empty()),
        waits_since: waits_since(&told),
        handled_request: told.last_handled_reconcile_at,
        last_attempt: told.last_attempt_time.map(|time| time.0),
        next_sync: told
            .next_sync_time
            .map(|time| memory.due_at(&feed.uid, time.0)),
        jitter: jitter(now),
    }
}

/// How long after it was due an attempt began; none where no time was told.
pub fn lateness(feed: &Feed, memory: &Memory, started: Timestamp) -> Option<Duration> {
    let status = feed.resource.status.as_ref()?;
    let due = memory.due_at(&feed.uid, status.next_sync_time.as_ref()?.0);
    Duration::try_from(started.duration_since(due)).ok()
}

/// When a feed of this status is looked at next; none where the status has no time.
pub fn next_look(
    feed: &Feed,
    status: &FlashpointFeedStatus,
    memory: &Memory,
    now: Timestamp,
) -> Option<Timestamp> {
    let due = memory.due_at(&feed.uid, status.next_sync_time.as_ref()?.0);
    let look = waits_since(status)
        .map(|since| now.checked_add(due::secret_pause(since, now, jitter(now))));
    Some(look.map_or(due, |look| due.min(look.unwrap_or(due))))
}

/// 0 to 1, spreads retries; nothing depends on its quality.
fn jitter(now: Timestamp) -> f64 {
    let nanoseconds = now.subsec_nanosecond().unsigned_abs();
    f64::from(nanoseconds % 1_000_003) / 1_000_003.0
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::{Reason, conditions};
    use crate::controller::feed::UnreadableFeed;
    use crate::controller::watched::Watched;

    fn now() -> Timestamp {
        "2026-01-01T12:00:00.25Z".parse().unwrap()
    }

    fn read(
        metadata: &Value,
        status: &Value,
        memory: &Memory,
    ) -> Result<Option<Feed>, UnreadableFeed> {
        let mut object = json!({
            "apiVersion": "flashpoint-operator.dev/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {"namespace": "intel", "name": "feed", "uid": "u", "generation": 2, "resourceVersion": "1"},
            "spec": {"secretRef": {"name": "secret"}, "enclaveId": "enclave"},
            "status": status,
        });
        for (key, value) in metadata.as_object().unwrap() {
            object["metadata"][key] = value.clone();
        }
        let watched: Watched = serde_json::from_value(object).unwrap();
        Feed::read(&watched, memory)
    }

    fn decided(metadata: &Value, status: &Value) -> Decision {
        let memory = Memory::default();
        let feed = read(metadata, status, &memory).unwrap().unwrap();
        decide(&feed, &memory, now())
    }

    #[test]
    fn an_edit_a_request_and_the_time_make_an_attempt_and_say_whether_failures_count() {
        let due = json!({"observedGeneration": 2, "nextSyncTime": "2026-01-01T12:00:00Z"});
        let edited = json!({"observedGeneration": 1, "nextSyncTime": "2026-01-01T12:10:00Z"});
        let request =
            json!({"annotations": {"flashpoint-operator.dev/requested-at": "2026-01-01"}});
        for (metadata, status, expected) in [
            (json!({}), &due, (false, false)),
            (json!({}), &edited, (false, true)),
            (request, &due, (true, true)),
        ] {
            let Decision::Sync(occasion) = decided(&metadata, status) else {
                panic!("no attempt for {metadata} {status}");
            };
            assert_eq!((occasion.forced, occasion.fresh), expected);
        }
    }

    #[test]
    fn a_feed_that_waits_for_its_secret_looks_at_it_and_any_other_rests() {
        let mut status = json!({"observedGeneration": 2, "nextSyncTime": "2026-01-01T12:10:00Z"});
        let rest = decided(&json!({}), &status);
        assert!(matches!(rest, Decision::Rest(action) if action
            == Action::requeue(Duration::from_millis(599_750))));
        status["conditions"] = json!(conditions(&[], Reason::SecretNotFound, "", 2, now()));
        let look = decided(&json!({}), &status);
        assert!(
            matches!(look, Decision::Look(Occasion { fresh: true, .. }, action) if action
            == Action::requeue(Duration::from_secs(10)))
        );
    }

    #[test]
    fn what_was_not_told_comes_first() {
        let memory = Memory::default();
        let untold = FlashpointFeedStatus {
            consecutive_failures: 3,
            ..FlashpointFeedStatus::default()
        };
        memory.set_untold(
            "u",
            Some(Told::new(FlashpointFeedStatus::default(), untold)),
        );
        let feed = read(&json!({}), &json!({}), &memory).unwrap().unwrap();
        let Decision::Tell(told, _) = decide(&feed, &memory, now()) else {
            panic!("it was forgotten");
        };
        assert_eq!(told.status.consecutive_failures, 3);
    }

    #[test]
    fn a_feed_that_is_being_deleted_is_none() {
        let deleted = json!({"deletionTimestamp": "2026-01-01T11:00:00Z"});
        let memory = Memory::default();
        assert!(read(&deleted, &json!({}), &memory).unwrap().is_none());
    }

    #[test]
    fn lateness_is_told_to_the_fraction_that_the_feed_is_due_at() {
        let memory = Memory::default();
        memory.began("u", "2026-01-01T11:45:00.2Z".parse().unwrap());
        let status = json!({"nextSyncTime": "2026-01-01T12:00:00Z"});
        let feed = read(&json!({}), &status, &memory).unwrap().unwrap();
        assert_eq!(
            lateness(&feed, &memory, now()),
            Some(Duration::from_millis(50))
        );
    }
}

//! One attempt at a sync: secret and ledger, the sync, then one status patch.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::runtime::controller::Action;
use kube::runtime::reflector::{ObjectRef, Store};

use super::context::{Context, Unwatched, Watched};
use super::due;
use super::feed::{ReconcileError, UNTOLD_RETRY, generation, waits_for_secret};
use super::fence::FeedFence;
use super::journal::{ClusterJournal, Provenance};
use super::memory::Told;
use super::secret::{self, Found, SecretError};
use super::status::{self, Attempt};
use super::tell;
use crate::api::{FeedSettings, FlashpointFeed, FlashpointFeedStatus, REQUESTED_AT, Reason};
use crate::ledger::{Ledger, Owner};
use crate::sync::{self, Abandoned, Mode, Outcome, Plan, Ports};

/// What an attempt is made for.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    /// A person asked for it by annotation.
    pub forced: bool,
    /// Feed or secret changed, or a person asked: earlier failures no longer count.
    pub fresh: bool,
}

/// Makes one attempt at a sync, and tells its outcome.
///
/// # Errors
/// When the outcome could not be told.
pub async fn attempt(
    feed: &FlashpointFeed,
    settings: &FeedSettings,
    occasion: Occasion,
    store: &Store<Watched>,
    context: &Context,
) -> Result<Action, ReconcileError> {
    let Ok(_slot) = context.slots.acquire().await else {
        return Ok(Action::await_change());
    };
    if context.process.stopped.is_cancelled() {
        return Ok(Action::await_change());
    }
    let started = Timestamp::now();
    tell::lateness(feed, started, context);
    let requested_at = feed.annotations().get(REQUESTED_AT);
    let requested_at = requested_at.map(|value| status::handled(value));
    let told = |ended| Attempt {
        generation: generation(feed),
        interval: settings.interval,
        started,
        ended,
        requested_at: requested_at.as_deref(),
        fresh: occasion.fresh,
        jitter: jitter(),
    };
    let Readied {
        before,
        credentials,
        ledger,
    } = ready(feed, settings, context).await?;
    let status = match credentials.and_then(|found| Ok((found, ledger?))) {
        Ok((found, (journal, mut ledger))) => {
            let work = Work {
                feed,
                settings,
                forced: occasion.forced,
                started,
                before: &before,
            };
            let synced = work.sync(&found, &journal, &mut ledger, store, context);
            match Box::pin(synced).await {
                Ok(outcome) => {
                    tell::counts(feed, &before, &outcome, &ledger, context);
                    status::after_sync(&before, &told(Timestamp::now()), &outcome, &ledger)
                }
                // The outcome is not ours to tell: what superseded it has queued another look.
                Err(Abandoned) => return Ok(Action::requeue(UNTOLD_RETRY)),
            }
        }
        Err(Obstacle { reason, message }) => {
            status::after_obstacle(&before, &told(Timestamp::now()), reason, message)
        }
    };
    tell::sync(feed, &status, started, context);
    let next = status.next_sync_time.clone();
    let waits = Reason::of(&status.conditions).is_some_and(waits_for_secret);
    tell::status(feed, settings, Told::new(before, status), context).await?;
    let pause = next.map_or(UNTOLD_RETRY, |next| until(next.0));
    Ok(Action::requeue(if waits {
        pause.min(due::SECRET_POLL)
    } else {
        pause
    }))
}

/// What keeps an attempt from coming to a sync.
struct Obstacle {
    reason: Reason,
    message: String,
}

/// What an attempt begins with.
struct Readied {
    /// The status, as far as it speaks of this feed and its enclave.
    before: FlashpointFeedStatus,
    credentials: Result<Found, Obstacle>,
    ledger: Result<(ClusterJournal, Ledger), Obstacle>,
}

/// Reads secret and ledger.
async fn ready(
    feed: &FlashpointFeed,
    settings: &FeedSettings,
    context: &Context,
) -> Result<Readied, ReconcileError> {
    let owner = Owner {
        uid: feed.uid().unwrap_or_default(),
        enclave: settings.enclave.to_string(),
    };
    let namespace = feed.namespace().unwrap_or_default();
    let (found, opened) = tokio::join!(
        secret::read(&context.cluster, &namespace, &settings.secret_name),
        ClusterJournal::open(&context.cluster, feed, owner),
    );
    let before = feed.status.clone().unwrap_or_default();
    let (before, ledger) = match opened {
        Ok((journal, mut ledger, provenance)) => {
            let before = trusted(feed, before, &mut ledger, provenance);
            (before, Ok((journal, ledger)))
        }
        // Whether the enclave was edited shows once the ledger can be read.
        Err(error) => {
            let message = format!("the ledger could not be read: {error}; it is tried again");
            let reason = Reason::LedgerUnavailable;
            (before, Err(Obstacle { reason, message }))
        }
    };
    Ok(Readied {
        before,
        credentials: remember_secret(feed, found, context)?,
        ledger,
    })
}

/// The status as far as it speaks of this feed and this enclave: with an edited enclave everything starts anew, which the ledger
/// of the one before shows. A ledger that is lost shows nothing of the kind, and the status stays: a window that was kept is
/// never narrower than the lookback, so that nothing is passed over. The ledger's totals take the larger ones.
fn trusted(
    feed: &FlashpointFeed,
    before: FlashpointFeedStatus,
    ledger: &mut Ledger,
    provenance: Provenance,
) -> FlashpointFeedStatus {
    let anew = match provenance {
        Provenance::OtherEnclave => true,
        Provenance::OtherFeed => !begun(feed, &before),
        Provenance::Own | Provenance::Lost => false,
    };
    if anew {
        return FlashpointFeedStatus {
            conditions: before.conditions,
            ..FlashpointFeedStatus::default()
        };
    }
    let (totals, told) = (&mut ledger.totals, &before.totals);
    totals.syncs = totals.syncs.max(told.syncs);
    totals.submitted = totals.submitted.max(told.submitted);
    totals.failed = totals.failed.max(told.failed);
    let posted = before.last_posted_time.as_ref().map(|time| time.0);
    let submitted = before.last_submitted_time.as_ref().map(|time| time.0);
    ledger.last_posted = ledger.last_posted.max(posted);
    ledger.last_submitted = ledger.last_submitted.max(submitted);
    before
}

/// Whether the status speaks of an attempt at this very feed, not of one that a backup was taken of.
fn begun(feed: &FlashpointFeed, status: &FlashpointFeedStatus) -> bool {
    let created = feed.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let attempted = status.last_attempt_time.as_ref().map(|time| time.0);
    attempted.is_some_and(|attempted| Some(attempted) >= created)
}

/// Remembers which version of the secret is tried now.
///
/// # Errors
/// When the API server gave no answer: that says nothing of the secret.
fn remember_secret(
    feed: &FlashpointFeed,
    found: Result<Found, SecretError>,
    context: &Context,
) -> Result<Result<Found, Obstacle>, ReconcileError> {
    let uid = feed.uid().unwrap_or_default();
    let tried = |version: Option<&str>| context.memory.tried_secret(&uid, version);
    let error = match found {
        Ok(found) => {
            tried(Some(&found.version));
            return Ok(Ok(found));
        }
        Err(error) => error,
    };
    let message = error.to_string();
    let reason = match error {
        SecretError::NotFound { .. } => {
            tried(None);
            Reason::SecretNotFound
        }
        SecretError::KeyMissing { version, .. } => {
            tried(Some(&version));
            Reason::SecretKeyMissing
        }
        SecretError::Unavailable { cause, .. } if cause.is_silence() => {
            return Err(ReconcileError::Cluster(cause, "read the secret"));
        }
        SecretError::Forbidden { .. } | SecretError::Unavailable { .. } => {
            context.memory.tried_no_secret(&uid);
            Reason::SecretNotFound
        }
    };
    Ok(Err(Obstacle { reason, message }))
}

/// What one sync works on.
struct Work<'a> {
    feed: &'a FlashpointFeed,
    settings: &'a FeedSettings,
    forced: bool,
    started: Timestamp,
    before: &'a FlashpointFeedStatus,
}

impl Work<'_> {
    async fn sync(
        &self,
        found: &Found,
        journal: &ClusterJournal,
        ledger: &mut Ledger,
        store: &Store<Watched>,
        context: &Context,
    ) -> Result<Outcome, Abandoned> {
        let (feed, settings) = (self.feed, self.settings);
        let rules = Arc::new(settings.rules());
        let plan = Plan {
            limit: settings.limit,
            lookback: settings.lookback,
            timeout: settings.timeout,
            rules: &rules,
            window: status::window_of(self.before),
            mode: self.mode(ledger),
        };
        let fence = FeedFence {
            process: context.process.clone(),
            store: store.clone(),
            feed: ObjectRef::new(&feed.name_any()).within(&feed.namespace().unwrap_or_default()),
            uid: feed.uid().unwrap_or_default(),
            generation: generation(feed),
        };
        let (key, credential) = (&found.credentials.flashpoint, &found.credentials.trustar);
        let enclave = settings.enclave.as_str();
        let ports = Ports {
            source: &context.flashpoint.source(key, settings.timeout),
            sink: &context.trustar.sink(credential, enclave, settings.timeout),
            journal,
            fence: &fence,
            clock: &context.clock,
            watcher: &Unwatched,
            cancelled: context.cancelled.clone(),
        };
        sync::sync(&plan, ledger, &ports).await
    }

    /// Whether the latest reports are handled, or what an earlier sync left pending.
    fn mode(&self, ledger: &Ledger) -> Mode {
        let open = ledger.open.as_ref();
        let due = open.and_then(|open| open.started.checked_add(self.settings.interval).ok());
        if !self.forced && due.is_some_and(|due| self.started < due) {
            Mode::Continuation
        } else {
            Mode::Full {
                forced: self.forced,
            }
        }
    }
}

fn until(time: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(Timestamp::now())).unwrap_or_default()
}

/// Spreads retries; nothing depends on its quality.
fn jitter() -> f64 {
    let nanoseconds = Timestamp::now().subsec_nanosecond().unsigned_abs();
    f64::from(nanoseconds % 1_000_003) / 1_000_003.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;
    use crate::api::SyncTotals;

    /// A feed created on New Year's Eve whose status, of an attempt at this time, tells of 7 reports.
    fn feed(attempted: &str) -> FlashpointFeed {
        serde_json::from_value(json!({
            "metadata": {"name": "feed", "generation": 3, "creationTimestamp": "2025-12-31T00:00:00Z"},
            "spec": {"secretRef": {"name": "secret"}, "enclaveId": "enclave"},
            "status": {
                "observedGeneration": 2,
                "totals": {"syncs": 2, "submitted": 7, "failed": 1},
                "window": {"coveredTo": "2026-01-01T00:00:00Z"},
                "lastPostedTime": "2026-01-01T00:00:00Z",
                "lastAttemptTime": attempted,
            },
        }))
        .unwrap()
    }

    fn ledger(submitted: u64) -> Ledger {
        let mut ledger = Ledger::new(Owner {
            uid: "uid".into(),
            enclave: "enclave".into(),
        });
        ledger.totals.submitted = submitted;
        ledger
    }

    fn trust(provenance: Provenance, ledger: &mut Ledger) -> FlashpointFeedStatus {
        trust_at("2026-01-01T00:00:00Z", provenance, ledger)
    }

    fn trust_at(
        attempted: &str,
        provenance: Provenance,
        ledger: &mut Ledger,
    ) -> FlashpointFeedStatus {
        let feed = feed(attempted);
        trusted(&feed, feed.status.clone().unwrap(), ledger, provenance)
    }

    #[test]
    fn an_edited_enclave_starts_anew() {
        let mut ledger = ledger(0);
        let before = trust(Provenance::OtherEnclave, &mut ledger);
        assert_eq!(
            (before.totals, before.window),
            (SyncTotals::default(), None)
        );
        assert_eq!((ledger.totals.submitted, ledger.last_posted), (0, None));
    }

    #[test]
    fn any_other_edit_goes_on() {
        let mut ledger = ledger(7);
        assert!(trust(Provenance::Own, &mut ledger).window.is_some());
        assert_eq!(ledger.totals.submitted, 7);
    }

    #[test]
    fn a_lost_ledger_keeps_what_the_status_knows_whatever_was_edited() {
        let mut ledger = ledger(0);
        assert!(trust(Provenance::Lost, &mut ledger).window.is_some());
        assert_eq!(ledger.totals.submitted, 7);
        assert!(ledger.last_posted.is_some());
    }

    #[test]
    fn a_status_that_a_backup_was_taken_of_speaks_of_another_feed() {
        let restored = "2025-12-30T00:00:00Z";
        let before = trust_at(restored, Provenance::OtherFeed, &mut ledger(0));
        assert_eq!(before.window, None);
        // The ledger of an earlier feed is still there, for it could not be replaced.
        assert!(
            trust(Provenance::OtherFeed, &mut ledger(0))
                .window
                .is_some()
        );
    }

    #[test]
    fn a_ledger_that_is_ahead_of_a_status_lost_in_a_crash_counts() {
        let mut ledger = ledger(9);
        trust(Provenance::Own, &mut ledger);
        assert_eq!(ledger.totals.submitted, 9);
    }
}

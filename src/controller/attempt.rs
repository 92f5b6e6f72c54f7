//! One attempt at a sync: secret and ledger, the sync, then one status patch.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::runtime::controller::Action;
use kube::runtime::reflector::{ObjectRef, Store};

use super::context::{Context, Unwatched, Watched};
use super::due;
use super::feed::{ReconcileError, UNTOLD_RETRY, generation, jitter, waits_since};
use super::fence::FeedFence;
use super::journal::ClusterJournal;
use super::memory::Told;
use super::secret::{self, Found, SecretError};
use super::status::{self, Attempt};
use super::trust::trusted;
use super::{announce, tell};
use crate::api::{FeedSettings, FlashpointFeed, FlashpointFeedStatus, REQUESTED_AT, Reason};
use crate::destinations::trustar::Target;
use crate::sync::ledger::{Ledger, Owner};
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
    let uid = feed.uid().unwrap_or_default();
    context.memory.began(&uid, started);
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
                    if let Some(time) = outcome.given_up {
                        announce::given_up(context, feed, time).await;
                    }
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
    let waits_since = waits_since(&status.conditions);
    tell::status(feed, settings, Told::new(before, status), context).await?;
    let pause = next.map_or(UNTOLD_RETRY, |next| {
        until(context.memory.due_at(&uid, next.0))
    });
    Ok(Action::requeue(waits_since.map_or(pause, |since| {
        pause.min(due::secret_pause(since, Timestamp::now(), jitter()))
    })))
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
        destination: settings.target.identity().to_owned(),
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
            Reason::SecretUnavailable
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
        let target = Target {
            feed: &fence.uid,
            enclave: settings.target.identity(),
            ledger_is_new: ledger.entries().all(|(_, entry)| !entry.delivered),
            timeout: settings.timeout,
        };
        let ports = Ports {
            source: &context.flashpoint.source(key, settings.timeout),
            destination: &context.trustar.enclave(credential, &target),
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
        let open = ledger.course().open.as_ref();
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

//! One feed's reconcile: due? secret, ledger, sync, ledger, one status patch, an event on change.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Client, ResourceExt as _};

use super::due::{self, Due, Observed};
use super::fence::{FeedFence, Process};
use super::journal::ClusterJournal;
use super::memory::Memory;
use super::metrics::{self, Metrics};
use super::secret::{self, SecretError};
use super::status::{self, Attempt};
use super::{Watched, announce, patch};
use crate::api::{FeedSettings, FlashpointFeed, FlashpointFeedStatus, REQUESTED_AT, Reason};
use crate::clock::ServiceClock;
use crate::flashpoint::Flashpoint;
use crate::ledger::{Ledger, Owner};
use crate::sync::ports::Watcher;
use crate::sync::{self, Abandoned, Mode, Outcome, Plan, Ports};
use crate::trustar::Trustar;

/// When a feed is looked at again after something went wrong that its status could not be told.
const UNTOLD_RETRY: Duration = Duration::from_secs(5);

/// What every reconcile shares.
pub struct Context {
    /// The cluster.
    pub client: Client,
    /// Where reports come from.
    pub flashpoint: Flashpoint,
    /// Where they go to.
    pub trustar: Trustar,
    /// What fences every sync.
    pub process: Process,
    /// Ends calls at once.
    pub cancelled: tokio_util::sync::CancellationToken,
    /// The time, Flashpoint's included.
    pub clock: ServiceClock,
    /// What was written last, which the watch may not show yet.
    pub memory: Memory,
    /// What Prometheus is told.
    pub metrics: Metrics,
    /// What `kubectl describe` shows.
    pub recorder: kube::runtime::events::Recorder,
    /// The most syncs at once.
    pub slots: tokio::sync::Semaphore,
}

/// Nobody need act on its own reports: the sync's watcher is for the command line.
struct Unwatched;

impl Watcher for Unwatched {}

/// Why a feed could not be reconciled, and its status not told.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Its stored form can't be read.
    #[error("the feed can't be read: {0}")]
    Unreadable(String),
    /// The API server did not do what was asked.
    #[error("failed to {1}: {0}")]
    Cluster(#[source] Box<kube::Error>, &'static str),
}

impl ReconcileError {
    /// When it is worth another look.
    pub fn action(&self) -> Action {
        match self {
            Self::Unreadable(_) => Action::await_change(),
            Self::Cluster(..) => Action::requeue(UNTOLD_RETRY),
        }
    }
}

/// Reconciles one feed.
pub async fn reconcile(
    watched: Arc<Watched>,
    store: &Store<Watched>,
    context: &Context,
) -> Result<Action, ReconcileError> {
    let feed = watched.0.as_ref().map_err(|error| ReconcileError::Unreadable(error.error.clone()))?;
    let feed = context.memory.newest(feed);
    let now = Timestamp::now();
    tell_standing(&feed, context);
    match due::due(&observed(&feed), now) {
        Due::Nothing => Ok(Action::await_change()),
        Due::In(pause) => Ok(Action::requeue(pause)),
        Due::Suspend => {
            let status = status::suspended(&feed.status.clone().unwrap_or_default(), generation(&feed), now);
            tell(&feed, status, context).await?;
            Ok(Action::await_change())
        }
        Due::Secret(pause) => {
            if secret_changed(&feed, context).await? {
                attempt(&feed, false, true, store, context).await
            } else {
                Ok(Action::requeue(pause))
            }
        }
        Due::Sync { forced } => {
            let edited = feed.status.as_ref().is_none_or(|status| status.observed_generation != generation(&feed));
            attempt(&feed, forced, forced || edited, store, context).await
        }
    }
}

/// One attempt at a sync, and its status.
async fn attempt(
    feed: &FlashpointFeed,
    forced: bool,
    fresh: bool,
    store: &Store<Watched>,
    context: &Context,
) -> Result<Action, ReconcileError> {
    let Ok(_slot) = context.slots.acquire().await else { return Ok(Action::await_change()) };
    let started = Timestamp::now();
    tell_lateness(feed, started, context);
    let before = feed.status.clone().unwrap_or_default();
    let settings = FeedSettings::try_from(&feed.spec).map_err(|error| ReconcileError::Unreadable(error.to_string()))?;
    let requested_at = feed.annotations().get(REQUESTED_AT).cloned();
    let attempt = |ended| Attempt {
        generation: generation(feed),
        interval: settings.interval,
        started,
        ended,
        requested_at: requested_at.as_deref(),
        fresh,
        jitter: jitter(),
    };
    let status = match run(feed, &settings, &before, forced, started, store, context).await {
        Ok(Some((outcome, ledger, before))) => {
            tell_counts(feed, &before, &outcome, &ledger, context);
            status::after_sync(&before, &attempt(Timestamp::now()), &outcome, &ledger)
        }
        // The outcome is not ours to tell: what superseded it has queued another look.
        Ok(None) => return Ok(Action::requeue(UNTOLD_RETRY)),
        Err(Obstacle { reason, message }) => {
            status::after_obstacle(&before, &attempt(Timestamp::now()), reason, message)
        }
    };
    context.metrics.synced(&label(feed), ready_reason(&status), elapsed(started));
    let next = status.next_sync_time.clone();
    tell(feed, status, context).await?;
    let waits = context.memory.waits_for_secret(feed);
    let pause = next.map_or(UNTOLD_RETRY, |next| until(next.0));
    Ok(Action::requeue(if waits { pause.min(due::SECRET_POLL) } else { pause }))
}

/// What kept an attempt from coming to a sync.
struct Obstacle {
    reason: Reason,
    message: String,
}

/// Reads secret and ledger, and runs the sync. None where the outcome is not this one's to tell.
async fn run(
    feed: &FlashpointFeed,
    settings: &FeedSettings,
    before: &FlashpointFeedStatus,
    forced: bool,
    started: Timestamp,
    store: &Store<Watched>,
    context: &Context,
) -> Result<Option<(Outcome, Ledger, FlashpointFeedStatus)>, Obstacle> {
    let uid = feed.uid().unwrap_or_default();
    let owner = Owner { uid: uid.clone(), enclave: settings.enclave.to_string() };
    let namespace = feed.namespace().unwrap_or_default();
    let (credentials, opened) = tokio::join!(
        secret::read(&context.client, &namespace, &settings.secret_name),
        ClusterJournal::open(&context.client, feed, owner),
    );
    let found = credentials.map_err(|error| secret_obstacle(feed, error, context))?;
    context.memory.tried_secret(&uid, Some(&found.version));
    let (journal, mut ledger) = opened.map_err(|error| Obstacle {
        reason: Reason::LedgerUnavailable,
        message: format!("the ledger could not be read: {error}; it is tried again"),
    })?;
    let before = trusted(feed, before, &mut ledger);
    let rules = settings.rules();
    let plan = Plan {
        limit: settings.limit,
        lookback: settings.lookback,
        timeout: settings.timeout,
        rules: &rules,
        window: status::window_of(&before),
        mode: mode(&ledger, forced, settings.interval, started),
    };
    let fence = FeedFence {
        process: context.process.clone(),
        store: store.clone(),
        feed: ObjectRef::new(&feed.name_any()).within(&namespace),
        uid,
        generation: generation(feed),
    };
    let ports = Ports {
        source: &context.flashpoint.source(&found.credentials.flashpoint, settings.timeout),
        sink: &context.trustar.sink(&found.credentials.trustar, settings.enclave.as_str(), settings.timeout),
        journal: &journal,
        fence: &fence,
        clock: &context.clock,
        watcher: &Unwatched,
        cancelled: context.cancelled.clone(),
    };
    match sync::sync(&plan, &mut ledger, &ports).await {
        Ok(outcome) => Ok(Some((outcome, ledger, before))),
        Err(Abandoned) => Ok(None),
    }
}

/// The status as far as it speaks of this feed and this enclave: with an edited enclave everything
/// starts anew. A ledger that is new says so, unless nobody edited the feed and it was just lost.
/// The ledger's totals take the larger ones.
fn trusted(feed: &FlashpointFeed, before: &FlashpointFeedStatus, ledger: &mut Ledger) -> FlashpointFeedStatus {
    let edited = before.observed_generation != generation(feed);
    if edited && ledger.changed() {
        return FlashpointFeedStatus { conditions: before.conditions.clone(), ..FlashpointFeedStatus::default() };
    }
    ledger.totals.syncs = ledger.totals.syncs.max(before.totals.syncs);
    ledger.totals.submitted = ledger.totals.submitted.max(before.totals.submitted);
    ledger.totals.failed = ledger.totals.failed.max(before.totals.failed);
    ledger.last_posted = ledger.last_posted.max(before.last_posted_time.as_ref().map(|time| time.0));
    ledger.last_submitted = ledger.last_submitted.max(before.last_submitted_time.as_ref().map(|time| time.0));
    before.clone()
}

/// Whether the latest reports are handled, or what an earlier sync left pending.
fn mode(ledger: &Ledger, forced: bool, interval: Duration, now: Timestamp) -> Mode {
    let open = ledger.open.as_ref().and_then(|open| open.started.checked_add(interval).ok());
    if !forced && open.is_some_and(|due| now < due) {
        Mode::Continuation
    } else {
        Mode::Full { forced }
    }
}

fn secret_obstacle(feed: &FlashpointFeed, error: SecretError, context: &Context) -> Obstacle {
    let uid = feed.uid().unwrap_or_default();
    let message = error.to_string();
    let reason = match error {
        SecretError::NotFound { .. } => {
            context.memory.tried_secret(&uid, None);
            Reason::SecretNotFound
        }
        SecretError::KeyMissing { version, .. } => {
            context.memory.tried_secret(&uid, Some(&version));
            Reason::SecretKeyMissing
        }
        SecretError::Unavailable(_) => Reason::SecretNotFound,
    };
    Obstacle { reason, message }
}

/// Whether the secret that a feed waits for is another than the one tried last.
async fn secret_changed(feed: &FlashpointFeed, context: &Context) -> Result<bool, ReconcileError> {
    let namespace = feed.namespace().unwrap_or_default();
    let version = secret::version(&context.client, &namespace, &feed.spec.secret_ref.name).await;
    match version {
        Ok(version) => Ok(context.memory.secret_differs(&feed.uid().unwrap_or_default(), version.as_deref())),
        Err(SecretError::Unavailable(error)) => Err(ReconcileError::Cluster(Box::new(error), "read the secret")),
        Err(_) => Ok(false),
    }
}

/// Writes the status, then says in an event what changed.
async fn tell(feed: &FlashpointFeed, status: FlashpointFeedStatus, context: &Context) -> Result<(), ReconcileError> {
    let told = patch::status(&context.client, feed, &status)
        .await
        .map_err(|error| ReconcileError::Cluster(Box::new(error), "write the status"))?;
    let Some(told) = told else { return Ok(()) };
    tell_standing(&told, context);
    announce::change(&context.recorder, feed, &status).await;
    context.memory.remember(told);
    Ok(())
}

fn tell_standing(feed: &FlashpointFeed, context: &Context) {
    let status = feed.status.clone().unwrap_or_default();
    let is = |kind: &str| status.conditions.iter().any(|c| c.type_ == kind && c.status == "True");
    let seconds = |time: &Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>| time.as_ref().map(|time| time.0.as_second());
    let interval = FeedSettings::try_from(&feed.spec).map_or(0, |settings| settings.interval.as_secs());
    let standing = metrics::Standing {
        ready: is("Ready"),
        stalled: is("Stalled"),
        suspended: feed.spec.suspend,
        interval: i64::try_from(interval).unwrap_or(i64::MAX),
        last_sync: seconds(&status.last_sync_time),
        last_posted: seconds(&status.last_posted_time),
        backlog: status.last_sync.as_ref().map_or(0, |counts| counts.backlog),
        consecutive_failures: status.consecutive_failures,
    };
    context.metrics.stands(&label(feed), &standing);
}

fn tell_counts(feed: &FlashpointFeed, before: &FlashpointFeedStatus, outcome: &Outcome, ledger: &Ledger, context: &Context) {
    let label = label(feed);
    if let Some(counts) = &outcome.counts {
        // A continuation's counts go on from those of the sync that it continues.
        let same_sync = before.last_sync.as_ref().filter(|earlier| earlier.pending > 0 && earlier.considered == counts.considered);
        context.metrics.counted(&label, same_sync.unwrap_or(&crate::counts::Counts::default()), counts);
    }
    context.metrics.remembers(&label, ledger.len());
}

fn tell_lateness(feed: &FlashpointFeed, started: Timestamp, context: &Context) {
    let due = feed.status.as_ref().and_then(|status| status.next_sync_time.as_ref());
    if let Some(late) = due.and_then(|due| Duration::try_from(started.duration_since(due.0)).ok()) {
        context.metrics.late(&label(feed), late);
    }
}

/// What decides whether a feed is due.
fn observed(feed: &FlashpointFeed) -> Observed {
    let status = feed.status.clone().unwrap_or_default();
    let waits = Reason::of(&status.conditions).is_some_and(Reason::waits_for_secret);
    Observed {
        generation: generation(feed),
        observed_generation: status.observed_generation,
        suspend: feed.spec.suspend,
        requested_at: feed.annotations().get(REQUESTED_AT).filter(|value| !value.is_empty()).cloned(),
        handled_request: status.last_handled_reconcile_at,
        last_attempt: status.last_attempt_time.map(|time| time.0),
        next_sync: status.next_sync_time.map(|time| time.0),
        waits_for_secret: waits,
    }
}

fn generation(feed: &FlashpointFeed) -> i64 {
    feed.metadata.generation.unwrap_or_default()
}

fn label(feed: &FlashpointFeed) -> metrics::Feed {
    metrics::Feed { namespace: feed.namespace().unwrap_or_default(), name: feed.name_any() }
}

fn ready_reason(status: &FlashpointFeedStatus) -> &'static str {
    Reason::of(&status.conditions).map_or("Unknown", Reason::as_str)
}

fn until(time: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(Timestamp::now())).unwrap_or_default()
}

fn elapsed(since: Timestamp) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(since)).unwrap_or_default()
}

/// Spreads retries; nothing depends on its quality.
fn jitter() -> f64 {
    f64::from(Timestamp::now().subsec_nanosecond().unsigned_abs() % 1_000_003) / 1_000_003.0
}

//! One feed's reconcile: what it is due for, and that done.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;
use kube::runtime::controller::Action;
use kube::runtime::reflector::Store;

use super::attempt::{Occasion, attempt};
use super::context::{Context, Watched};
use super::due::{self, Due, Observed};
use super::memory::Told;
use super::refusal::Refusal;
use super::secret::{self, SecretError};
use super::{announce, status, tell};
use crate::api::{FeedSettings, FlashpointFeed, REQUESTED_AT, Reason};
use crate::http::shown;

/// When a feed is looked at again after something went wrong that its status could not be told.
pub const UNTOLD_RETRY: Duration = Duration::from_secs(5);

/// And after a defect: the next look is likely to meet it again.
const BROKEN_RETRY: Duration = Duration::from_mins(15);

/// Why a feed could not be reconciled, and its status not told.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Its stored form can't be read, for this reason, which may quote it.
    #[error("the feed can't be read: {0}; correct it, or apply it again")]
    Unreadable(String),
    /// The API server did not do what was asked.
    #[error("failed to {1}: {0}")]
    Cluster(#[source] Refusal, &'static str),
    /// The API server refused the status in every form; it is told again, or the feed synced again, after this time.
    #[error("failed to write the status: {0}; it was refused in every form")]
    Refused(#[source] Refusal, Duration),
    /// A defect of the operator's.
    #[error("the reconcile broke off; please report this with the log")]
    Broken,
}

impl ReconcileError {
    /// When it is worth another look.
    pub fn action(&self) -> Action {
        match self {
            Self::Unreadable(_) => Action::await_change(),
            Self::Cluster(..) => Action::requeue(UNTOLD_RETRY),
            Self::Refused(_, pause) => Action::requeue(*pause),
            Self::Broken => Action::requeue(BROKEN_RETRY),
        }
    }
}

/// Reconciles one feed.
///
/// # Errors
/// When its status can't say what is wrong; an event does where only a person can mend it.
pub async fn reconcile(
    watched: Arc<Watched>,
    store: &Store<Watched>,
    context: &Context,
) -> Result<Action, ReconcileError> {
    let reconciled = match &watched.0 {
        Ok(feed) => reconcile_readable(&context.memory.newest(feed), store, context).await,
        Err(error) => Err(ReconcileError::Unreadable(shown(&error.error, &[]))),
    };
    if let Err(error @ ReconcileError::Unreadable(_)) = &reconciled {
        announce::unreadable(context, &watched, error).await;
    }
    reconciled
}

async fn reconcile_readable(
    feed: &FlashpointFeed,
    store: &Store<Watched>,
    context: &Context,
) -> Result<Action, ReconcileError> {
    if feed.metadata.deletion_timestamp.is_some() {
        // Another's finalizer holds it up.
        return Ok(Action::await_change());
    }
    let settings = FeedSettings::try_from(&feed.spec)
        .map_err(|error| ReconcileError::Unreadable(shown(&error.to_string(), &[])))?;
    if let Some(untold) = context.memory.untold(&feed.uid().unwrap_or_default()) {
        tell::status(feed, &settings, untold, context).await?;
        // The watch shows what was told, or what superseded it.
        return Ok(Action::requeue(UNTOLD_RETRY));
    }
    let now = Timestamp::now();
    match due::due(&observed(feed, settings.interval, context), now) {
        Due::Nothing => Ok(Action::await_change()),
        Due::In(pause) => Ok(Action::requeue(pause)),
        Due::Suspend => {
            let before = feed.status.clone().unwrap_or_default();
            let status = status::suspended(&before, generation(feed), now);
            tell::status(feed, &settings, Told::new(before, status), context).await?;
            Ok(Action::await_change())
        }
        Due::Secret(pause) => {
            if !secret_changed(feed, &settings, context).await {
                return Ok(Action::requeue(pause));
            }
            let occasion = Occasion {
                forced: false,
                fresh: true,
            };
            Box::pin(attempt(feed, &settings, occasion, store, context)).await
        }
        Due::Sync { forced } => {
            let occasion = Occasion {
                forced,
                fresh: forced || edited(feed),
            };
            Box::pin(attempt(feed, &settings, occasion, store, context)).await
        }
    }
}

/// Whether the secret that a feed waits for is another than the one tried last. One that can't be read is none: the feed's
/// status says so already, or will with the next sync.
async fn secret_changed(feed: &FlashpointFeed, settings: &FeedSettings, context: &Context) -> bool {
    let namespace = feed.namespace().unwrap_or_default();
    let version = secret::version(&context.cluster, &namespace, &settings.secret_name).await;
    match version {
        Ok(version) => {
            let uid = feed.uid().unwrap_or_default();
            context.memory.secret_differs(&uid, version.as_deref())
        }
        Err(SecretError::Unavailable { cause, .. }) => {
            let (namespace, name) = (feed.namespace(), feed.name_any());
            tracing::info!(namespace, name, error = %cause, "the secret could not be looked at");
            false
        }
        Err(_) => false,
    }
}

/// What decides whether a feed is due.
fn observed(feed: &FlashpointFeed, interval: Duration, context: &Context) -> Observed {
    let uid = feed.uid().unwrap_or_default();
    let told = feed.status.clone().unwrap_or_default();
    let requested_at = feed.annotations().get(REQUESTED_AT);
    Observed {
        generation: generation(feed),
        told_generation: told.observed_generation,
        suspend: feed.spec.suspend,
        interval,
        requested_at: requested_at
            .filter(|value| !value.is_empty())
            .map(|value| status::handled(value)),
        handled_request: told.last_handled_reconcile_at,
        last_attempt: told.last_attempt_time.map(|time| time.0),
        next_sync: told
            .next_sync_time
            .map(|time| context.memory.due_at(&uid, time.0)),
        waits_since: waits_since(&told.conditions),
        jitter: jitter(),
    }
}

/// Since when a feed of these conditions waits for its secret, if it does.
pub fn waits_since(conditions: &[Condition]) -> Option<Timestamp> {
    let waits = Reason::of(conditions).is_some_and(waits_for_secret);
    let ready = conditions
        .iter()
        .find(|condition| condition.type_ == "Ready");
    ready
        .filter(|_| waits)
        .map(|ready| ready.last_transition_time.0)
}

/// Spreads retries; nothing depends on its quality.
pub fn jitter() -> f64 {
    let nanoseconds = Timestamp::now().subsec_nanosecond().unsigned_abs();
    f64::from(nanoseconds % 1_000_003) / 1_000_003.0
}

/// Whether another secret may mend it: that may also lead to another enclave.
fn waits_for_secret(reason: Reason) -> bool {
    reason.waits_for_secret() || reason.stalled()
}

/// `metadata.generation`.
pub fn generation(feed: &FlashpointFeed) -> i64 {
    feed.metadata.generation.unwrap_or_default()
}

/// Whether no status speaks of the feed as it is now.
pub fn edited(feed: &FlashpointFeed) -> bool {
    let observed = feed
        .status
        .as_ref()
        .map(|status| status.observed_generation);
    observed != Some(generation(feed))
}

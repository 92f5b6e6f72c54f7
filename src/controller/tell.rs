//! Telling how a feed stands: status, event, log and metrics.

use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt as _;

use super::context::Context;
use super::feed::{ReconcileError, UNTOLD_RETRY};
use super::memory::Told;
use super::reduced::Form;
use super::refusal::Refusal;
use super::{announce, patch};
use crate::api::{FeedSettings, FlashpointFeed, FlashpointFeedStatus, Reason};
use crate::sync::Outcome;
use crate::sync::counts::Counts;
use crate::sync::ledger::Ledger;

/// How often a status is told that the API server refuses in every form.
const MAX_REFUSALS: u32 = 5;

/// Writes the status, then says in an event what changed. What the API server does not take at the time is
/// remembered: a sync whose outcome can't be told must not be repeated. What it refuses is told in smaller forms.
///
/// # Errors
/// When the API server does not take the status.
pub async fn status(
    feed: &FlashpointFeed,
    settings: &FeedSettings,
    told: Told,
    context: &Context,
) -> Result<(), ReconcileError> {
    let uid = feed.uid().unwrap_or_default();
    match write(feed, &told, context).await {
        Ok(stored) => {
            context.memory.set_untold(&uid, None);
            if let Some(stored) = stored {
                context.memory.remember(stored);
                announce::change(context, feed, &told).await;
            }
            Ok(())
        }
        Err(refusal) if refusal.is_final() => Err(refused(&uid, settings, told, refusal, context)),
        Err(refusal) => {
            context.memory.set_untold(&uid, Some(told));
            Err(ReconcileError::Cluster(refusal, "write the status"))
        }
    }
}

/// Writes the status in the largest form that the API server takes.
async fn write(
    feed: &FlashpointFeed,
    told: &Told,
    context: &Context,
) -> Result<Option<FlashpointFeed>, Refusal> {
    let mut written = patch::status(&context.cluster, feed, &told.status).await;
    for form in [Form::WithoutDetail, Form::ConditionsAlone] {
        match &written {
            Err(refusal) if refusal.is_final() => {
                let (namespace, name) = (feed.namespace(), feed.name_any());
                tracing::warn!(namespace, name, error = %refusal, "the status was refused; it is told in a smaller form");
                let smaller = form.of(told, refusal);
                written = patch::status(&context.cluster, feed, &smaller).await;
            }
            _ => break,
        }
    }
    written
}

/// Remembers a status that was refused in every form, for a few more tries over some minutes. Then it is dropped, and the feed
/// is synced again after its interval: the ledger knows what was done, and the next status may be one that is taken.
fn refused(
    uid: &str,
    settings: &FeedSettings,
    mut told: Told,
    refusal: Refusal,
    context: &Context,
) -> ReconcileError {
    told.refusals += 1;
    let (untold, pause) = if told.refusals < MAX_REFUSALS {
        let pause = UNTOLD_RETRY.saturating_mul(1 << told.refusals);
        (Some(told), pause)
    } else {
        (None, settings.interval)
    };
    context.memory.set_untold(uid, untold);
    ReconcileError::Refused(refusal, pause)
}

/// Counts what a sync counted, beyond what the sync that it continues did.
pub fn counts(
    feed: &FlashpointFeed,
    before: &FlashpointFeedStatus,
    outcome: &Outcome,
    ledger: &Ledger,
    context: &Context,
) {
    let uid = feed.uid().unwrap_or_default();
    if let Some(counts) = &outcome.counts {
        let earlier = before.last_sync.as_ref();
        // A finished sync is not the part before this one: that was not told.
        let earlier = earlier.filter(|earlier| outcome.continued && earlier.pending > 0);
        let earlier = earlier.cloned().unwrap_or_else(Counts::default);
        context.metrics.counted(&uid, &earlier, counts);
    }
    context.metrics.remembers(&uid, ledger.len());
}

/// Says how long after it was due an attempt began.
pub fn lateness(feed: &FlashpointFeed, started: Timestamp, context: &Context) {
    let status = feed.status.as_ref();
    let Some(told) = status.and_then(|status| status.next_sync_time.as_ref()) else {
        return;
    };
    let uid = feed.uid().unwrap_or_default();
    let due = context.memory.due_at(&uid, told.0);
    if let Ok(late) = Duration::try_from(started.duration_since(due)) {
        context.metrics.late(&uid, late);
    }
}

/// Counts an attempt, and logs what it came to.
pub fn sync(
    feed: &FlashpointFeed,
    status: &FlashpointFeedStatus,
    started: Timestamp,
    context: &Context,
) {
    let duration = Duration::try_from(Timestamp::now().duration_since(started)).unwrap_or_default();
    let reason = Reason::of(&status.conditions).map_or("Unknown", Reason::as_str);
    context.metrics.synced(reason, duration);
    let ready = status
        .conditions
        .iter()
        .find(|condition| condition.type_ == "Ready");
    tracing::info!(
        namespace = feed.namespace(),
        name = feed.name_any(),
        reason,
        seconds = duration.as_secs_f64(),
        "{}",
        ready.map_or("", |condition| condition.message.as_str())
    );
}

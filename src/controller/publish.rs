//! What others see of a reconcile: status, events, log and metrics.

use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::decide::{self, Occasion};
use super::feed::{Feed, UnreadableFeed};
use super::memory::Told;
use super::reduced::Form;
use super::refusal::Refusal;
use super::status::Ended;
use super::watched::Watched;
use super::{events, patch};
use crate::api::{FlashpointFeed, FlashpointFeedStatus, Reason};
use crate::sync::Outcome;
use crate::sync::counts::Counts;
use crate::sync::ledger::Ledger;

/// How often a status is told that the API server refuses in every form.
const MAX_REFUSALS: u32 = 5;

/// When a status that was refused in every form is told again, at first; it doubles.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// Why a status was not written.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The API server did not take it at the time. It is remembered.
    #[error("failed to write the status: {0}")]
    Unwritten(#[source] Refusal),
    /// The API server refused it in every form; it is told again, or the feed synced again, after this pause.
    #[error("failed to write the status: {refusal}; it was refused in every form")]
    Refused {
        /// What it said of the smallest form.
        #[source]
        refusal: Refusal,
        /// Until then.
        pause: Duration,
    },
}

/// Says that an attempt begins now, and how late.
pub fn began(feed: &Feed, occasion: Occasion, context: &Context) -> Occasion {
    let started = Timestamp::now();
    if let Some(late) = decide::lateness(feed, &context.memory, started) {
        context.metrics.late(&feed.uid, late);
    }
    context.memory.began(&feed.uid, started);
    Occasion {
        started,
        ..occasion
    }
}

/// Publishes what an attempt came to, whether or not its status can be told.
///
/// # Errors
/// When the API server does not take the status.
pub async fn ended(
    feed: &Feed,
    occasion: &Occasion,
    told: Told,
    ended: &Ended,
    context: &Context,
) -> Result<(), PublishError> {
    if let Ended::Synced { outcome, ledger } = ended {
        count(feed, &told.before, outcome, ledger, context);
        if let Some(time) = outcome.given_up {
            events::given_up(context, &feed.reference(), time).await;
        }
    }
    log(feed, &told.status, occasion.started, context);
    status(feed, told, context).await
}

/// Writes the status, then says in an event what changed. What the API server does not take at the time is
/// remembered: a sync whose outcome can't be told must not be repeated. What it refuses is told in smaller forms.
///
/// # Errors
/// When the API server does not take the status.
pub async fn status(feed: &Feed, told: Told, context: &Context) -> Result<(), PublishError> {
    match write(feed, &told, context).await {
        Ok(stored) => {
            context.memory.set_untold(&feed.uid, None);
            if let Some(stored) = stored {
                context.memory.remember(stored);
                events::change(context, feed, &told).await;
            }
            Ok(())
        }
        Err(refusal) if refusal.is_final() => Err(refused(feed, told, refusal, context)),
        Err(refusal) => {
            context.memory.set_untold(&feed.uid, Some(told));
            Err(PublishError::Unwritten(refusal))
        }
    }
}

/// Says in an event that a feed's stored form can't be read: it has no status that could say so.
pub async fn unreadable(watched: &Watched, error: &UnreadableFeed, context: &Context) {
    events::unreadable(context, &watched.reference(), &error.to_string()).await;
}

/// Writes the status in the largest form that the API server takes.
async fn write(
    feed: &Feed,
    told: &Told,
    context: &Context,
) -> Result<Option<FlashpointFeed>, Refusal> {
    let mut written = patch::status(&context.cluster, &feed.resource, &told.status).await;
    for form in [Form::WithoutDetail, Form::ConditionsAlone] {
        match &written {
            Err(refusal) if refusal.is_final() => {
                let (namespace, name) = (&feed.namespace, &feed.name);
                tracing::warn!(namespace, name, error = %refusal, "the status was refused; it is told in a smaller form");
                let smaller = form.of(told, refusal);
                written = patch::status(&context.cluster, &feed.resource, &smaller).await;
            }
            _ => break,
        }
    }
    written
}

/// Remembers a status that was refused in every form, for a few more tries over some minutes. Then it is dropped, and the feed
/// is synced again after its interval: the ledger knows what was done, and the next status may be one that is taken.
fn refused(feed: &Feed, mut told: Told, refusal: Refusal, context: &Context) -> PublishError {
    told.refusals += 1;
    let (untold, pause) = if told.refusals < MAX_REFUSALS {
        let pause = FIRST_RETRY.saturating_mul(1 << told.refusals);
        (Some(told), pause)
    } else {
        (None, feed.settings.interval)
    };
    context.memory.set_untold(&feed.uid, untold);
    PublishError::Refused { refusal, pause }
}

/// Counts what a sync counted, beyond what the sync that it continues did.
fn count(
    feed: &Feed,
    before: &FlashpointFeedStatus,
    outcome: &Outcome,
    ledger: &Ledger,
    context: &Context,
) {
    if let Some(counts) = &outcome.counts {
        let earlier = before.last_sync.as_ref();
        // A finished sync is not the part before this one: that was not told.
        let earlier = earlier.filter(|earlier| outcome.continued && earlier.pending > 0);
        let earlier = earlier.cloned().unwrap_or_else(Counts::default);
        context.metrics.counted(&feed.uid, &earlier, counts);
    }
    context.metrics.remembers(&feed.uid, ledger.len());
}

/// Counts an attempt, and logs what it came to.
fn log(feed: &Feed, status: &FlashpointFeedStatus, started: Timestamp, context: &Context) {
    let duration = Duration::try_from(Timestamp::now().duration_since(started)).unwrap_or_default();
    let reason = Reason::of(&status.conditions).map_or("Unknown", Reason::as_str);
    context.metrics.synced(reason, duration);
    let ready = status
        .conditions
        .iter()
        .find(|condition| condition.type_ == "Ready");
    tracing::info!(
        namespace = feed.namespace,
        name = feed.name,
        reason,
        seconds = duration.as_secs_f64(),
        "{}",
        ready.map_or("", |condition| condition.message.as_str())
    );
}

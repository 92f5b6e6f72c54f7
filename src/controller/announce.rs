//! Events: one where something changed, never one a tick.

use kube::Resource as _;
use kube::runtime::events::{Event, EventType, Recorder};

use super::context::{Context, Watched};
use super::feed::ReconcileError;
use crate::api::{FlashpointFeed, FlashpointFeedStatus, Reason};

/// Publishes what a new status changes against the one `before`.
pub async fn change(
    context: &Context,
    feed: &FlashpointFeed,
    before: &FlashpointFeedStatus,
    now: &FlashpointFeedStatus,
) {
    let about = feed.object_ref(&());
    for event in events(before, now) {
        publish(context, &about, &event).await;
    }
}

/// Publishes that a feed's stored form can't be read: it has no status that could say so.
pub async fn unreadable(context: &Context, feed: &Watched, error: &ReconcileError) {
    let event = event(EventType::Warning, "Unreadable", error.to_string());
    publish(context, &feed.object_ref(&()), &event).await;
}

async fn publish(
    context: &Context,
    about: &k8s_openapi::api::core::v1::ObjectReference,
    event: &Event,
) {
    // A recorder remembers events, and repeats the first text for all that look alike.
    let recorder = Recorder::new(context.client.clone(), context.reporter.clone());
    if let Err(error) = recorder.publish(event, about).await {
        tracing::warn!(%error, "an event could not be published");
    }
}

fn events(before: &FlashpointFeedStatus, now: &FlashpointFeedStatus) -> Vec<Event> {
    let mut events = Vec::new();
    let submitted = now.totals.submitted.saturating_sub(before.totals.submitted);
    if submitted > 0 {
        let noun = if submitted == 1 { "report" } else { "reports" };
        let note = format!("wrote {submitted} {noun} to the enclave");
        events.push(event(EventType::Normal, "Submitted", note));
    }
    let reason = Reason::of(&now.conditions);
    let changed = reason != Reason::of(&before.conditions);
    if let Some(reason) = reason.filter(|_| changed) {
        let fine = reason.ready() && reason != Reason::SyncedWithFailures;
        let kind = if fine {
            EventType::Normal
        } else {
            EventType::Warning
        };
        let ready = now
            .conditions
            .iter()
            .find(|condition| condition.type_ == "Ready");
        let message = ready.map(|condition| condition.message.clone());
        events.push(event(kind, reason.as_str(), message.unwrap_or_default()));
    }
    events
}

fn event(type_: EventType, reason: &str, note: String) -> Event {
    Event {
        type_,
        reason: reason.to_owned(),
        note: Some(note),
        action: "Sync".to_owned(),
        secondary: None,
    }
}

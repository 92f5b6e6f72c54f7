//! Events: one where something changed, never one a tick.

use kube::Resource as _;
use kube::runtime::events::{Event, EventType, Recorder};

use crate::api::{FlashpointFeed, FlashpointFeedStatus, Reason};

/// Publishes what a new status changes against the one that the feed had.
pub async fn change(recorder: &Recorder, feed: &FlashpointFeed, now: &FlashpointFeedStatus) {
    for event in events(feed.status.as_ref(), now) {
        if let Err(error) = recorder.publish(&event, &feed.object_ref(&())).await {
            tracing::warn!(%error, "an event could not be published");
        }
    }
}

fn events(before: Option<&FlashpointFeedStatus>, now: &FlashpointFeedStatus) -> Vec<Event> {
    let reason = Reason::of(&now.conditions);
    let reason_before = before.and_then(|status| Reason::of(&status.conditions));
    let submitted_before = before.map_or(0, |status| status.totals.submitted);
    let submitted = now.totals.submitted.saturating_sub(submitted_before);
    let mut events = Vec::new();
    if submitted > 0 {
        let noun = if submitted == 1 { "report" } else { "reports" };
        events.push(event(EventType::Normal, "Submitted", format!("wrote {submitted} {noun} to the enclave")));
    }
    if let Some(reason) = reason.filter(|_| reason != reason_before) {
        let kind = if reason.ready() && reason != Reason::SyncedWithFailures {
            EventType::Normal
        } else {
            EventType::Warning
        };
        let message = now.conditions.iter().find(|condition| condition.type_ == "Ready");
        let message = message.map(|condition| condition.message.clone()).unwrap_or_default();
        events.push(event(kind, reason.as_str(), message));
    }
    events
}

fn event(type_: EventType, reason: &str, note: String) -> Event {
    Event { type_, reason: reason.to_owned(), note: Some(note), action: "Sync".to_owned(), secondary: None }
}

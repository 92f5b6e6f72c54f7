//! Events: one where something changed, never one a tick.

use kube::Resource as _;
use kube::runtime::events::{Event, EventType, Recorder};

use super::context::{Context, Watched};
use super::feed::ReconcileError;
use super::memory::Told;
use crate::api::{FlashpointFeed, FlashpointFeedStatus, Reason};

/// Publishes what a new status changes.
pub async fn change(context: &Context, feed: &FlashpointFeed, told: &Told) {
    let about = feed.object_ref(&());
    for event in events(&told.before, &told.status) {
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::api::{SyncTotals, conditions};

    fn status(reason: Reason, submitted: u64) -> FlashpointFeedStatus {
        FlashpointFeedStatus {
            conditions: conditions(&[], reason, "why", 1, Timestamp::UNIX_EPOCH),
            totals: SyncTotals {
                submitted,
                ..SyncTotals::default()
            },
            ..FlashpointFeedStatus::default()
        }
    }

    fn told(before: &FlashpointFeedStatus, now: &FlashpointFeedStatus) -> Vec<String> {
        let events = events(before, now).into_iter();
        let line = |event: Event| {
            let note = event.note.unwrap_or_default();
            format!("{:?} {}: {note}", event.type_, event.reason)
        };
        events.map(line).collect()
    }

    #[test]
    fn nothing_new_is_no_event() {
        let status = status(Reason::Synced, 3);
        assert_eq!(told(&status, &status), [""; 0]);
    }

    #[test]
    fn a_new_reason_and_what_was_written_are_one_each() {
        let before = FlashpointFeedStatus::default();
        let expected = [
            "Normal Submitted: wrote 3 reports to the enclave",
            "Normal Synced: why",
        ];
        assert_eq!(told(&before, &status(Reason::Synced, 3)), expected);
        let one_more = told(&status(Reason::Synced, 3), &status(Reason::Synced, 4));
        assert_eq!(
            one_more,
            ["Normal Submitted: wrote 1 report to the enclave"]
        );
    }

    #[test]
    fn what_needs_attention_is_a_warning() {
        for reason in Reason::ALL
            .iter()
            .copied()
            .filter(|reason| *reason != Reason::Synced)
        {
            let fine = matches!(reason, Reason::Draining | Reason::Suspended);
            let kind = if fine { "Normal" } else { "Warning" };
            let told = told(&status(Reason::Synced, 3), &status(reason, 3));
            assert_eq!(told, [format!("{kind} {}: why", reason.as_str())]);
        }
    }
}

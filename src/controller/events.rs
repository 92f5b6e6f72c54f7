//! Events: one where something changed, never one a tick.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event as Published;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta};
use kube::runtime::events::{Event, EventType};

use super::context::Context;
use super::feed::Feed;
use super::memory::Told;
use super::{NAME, written};
use crate::api::{FlashpointFeedStatus, Reason};

/// The longest name of an object in Kubernetes, in bytes.
const MAX_NAME: usize = 253;

/// Publishes what a new status changes.
pub async fn change(context: &Context, feed: &Feed, told: &Told) {
    let place = feed.settings.target.noun();
    for event in events(place, &told.before, &told.status) {
        publish(context, &feed.reference(), &event).await;
    }
}

/// Publishes that a feed gave up what lies before a time, by a lookback made shorter.
pub async fn given_up(context: &Context, about: &ObjectReference, before: Timestamp) {
    let note = format!(
        "gave up the reports before {}, which did not fit the ledger: spec.lookback was made shorter",
        before.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    let event = event(EventType::Warning, "GivenUp", note);
    publish(context, about, &event).await;
}

/// Publishes that a feed's stored form can't be read: it has no status that could say so.
pub async fn unreadable(context: &Context, about: &ObjectReference, why: &str) {
    let event = event(EventType::Warning, "Unreadable", why.to_owned());
    publish(context, about, &event).await;
}

/// Creates an event. kube's recorder is not used: it names events as no API server takes them where the object's name is long,
/// and repeats the first text for all events that look alike.
async fn publish(context: &Context, about: &ObjectReference, event: &Event) {
    let now = Timestamp::now();
    let published = published(event, about, context.identity.as_deref(), now);
    let create = context.cluster.call(|client| async {
        let namespace = published.metadata.namespace.clone().unwrap_or_default();
        let api: Api<Published> = Api::namespaced(client, &namespace);
        api.create(&written(), &published).await
    });
    if let Err(error) = create.await {
        let (namespace, name) = (&about.namespace, &about.name);
        tracing::warn!(namespace, name, %error, "an event could not be published");
    }
}

fn published(
    event: &Event,
    about: &ObjectReference,
    identity: Option<&str>,
    now: Timestamp,
) -> Published {
    let kind = match event.type_ {
        EventType::Normal => "Normal",
        EventType::Warning => "Warning",
    };
    Published {
        metadata: ObjectMeta {
            namespace: about.namespace.clone(),
            name: Some(name(about, now)),
            ..ObjectMeta::default()
        },
        type_: Some(kind.to_owned()),
        reason: Some(event.reason.clone()),
        note: event.note.clone(),
        action: Some(event.action.clone()),
        regarding: Some(about.clone()),
        event_time: Some(MicroTime(now)),
        reporting_controller: Some(NAME.to_owned()),
        reporting_instance: Some(identity.unwrap_or(NAME).to_owned()),
        ..Published::default()
    }
}

/// An event's name: the object's and the time in nanoseconds, as Kubernetes' own are named. A name that is too long for that is
/// cut, and the object's UID keeps it apart from others that begin alike.
fn name(about: &ObjectReference, now: Timestamp) -> String {
    let object = about.name.as_deref().unwrap_or(NAME);
    let time = format!(".{:x}", now.as_nanosecond());
    if object.len() + time.len() <= MAX_NAME {
        return format!("{object}{time}");
    }
    let uid = about.uid.as_deref().unwrap_or_default();
    let ending = format!(".{uid}{time}");
    let fits = object.floor_char_boundary(MAX_NAME.saturating_sub(ending.len()));
    // A part of a name ends in a letter or a digit.
    let cut = object
        .get(..fits)
        .unwrap_or_default()
        .trim_end_matches(['-', '.']);
    format!("{cut}{ending}")
}

fn events(place: &str, before: &FlashpointFeedStatus, now: &FlashpointFeedStatus) -> Vec<Event> {
    let mut events = Vec::new();
    let submitted = now.totals.submitted.saturating_sub(before.totals.submitted);
    if submitted > 0 {
        let noun = if submitted == 1 { "report" } else { "reports" };
        let note = format!("wrote {submitted} {noun} to {place}");
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

    #[test]
    fn names_of_events_are_as_long_as_names_may_be() {
        let name = |object: &str| {
            let about = ObjectReference {
                name: Some(object.to_owned()),
                uid: Some("6d5b8e7a-8f5c-4f4e-9d0b-2a1f6c7e8d90".to_owned()),
                ..ObjectReference::default()
            };
            super::name(
                &about,
                Timestamp::from_second(1_800_000_000).unwrap_or_default(),
            )
        };
        assert_eq!(name("feed"), "feed.18fae27693b40000");
        for length in [236, 237, 252, 253] {
            let named = name(&("a.b-".repeat(64)[..length - 1].to_owned() + "z"));
            assert!(named.len() <= MAX_NAME, "{named}");
            let parts = named.split('.');
            assert!(
                parts
                    .clone()
                    .all(|part| !part.is_empty() && !part.ends_with('-')),
                "{named}"
            );
            assert!(parts.count() > 2);
        }
    }

    fn told(before: &FlashpointFeedStatus, now: &FlashpointFeedStatus) -> Vec<String> {
        let events = events("the enclave", before, now).into_iter();
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

//! One sync, and the status that tells of it.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, ResourceExt as _};
use serde_json::json;

use crate::feed::{Counts, FeedStatus, FlashpointFeed, Window};
use crate::vendors::{Credential, Vendors};

/// How many reports of a sync are written at the same time.
const WRITES_AT_ONCE: usize = 4;

/// Why a sync did not end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error("failed to call the API server: {0}")]
    Cluster(#[from] kube::Error),
    #[error("failed to call a service: {0}")]
    Service(#[from] reqwest::Error),
    #[error("failed to read what a service answered: {0}")]
    Answer(#[from] serde_json::Error),
    #[error("the Secret has no {0}")]
    Key(&'static str),
}

/// Syncs a feed and tells so in its status. Gives when the next sync is due.
pub async fn run(
    feed: &FlashpointFeed,
    client: &Client,
    vendors: &Vendors,
) -> Result<Timestamp, SyncError> {
    let started = whole_second(Timestamp::now());
    let namespace = feed.namespace().unwrap_or_default();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
    let secret = secrets.get(&feed.spec.secret_ref.name).await?;
    let listed = vendors
        .reports(&value(&secret, "flashpoint-api-key")?)
        .await?;
    let total = listed.total;
    let mut new = listed.reports()?;
    let considered = new.len();
    let before = feed.status.clone().unwrap_or_default();
    if let Some(last) = &before.last_posted_time {
        // The status holds whole seconds.
        new.retain(|report| whole_second(report.posted_at) > last.0);
    }
    let credential = Credential {
        key: value(&secret, "trustar-api-key")?,
        secret: value(&secret, "trustar-api-secret")?,
    };
    let enclave = &feed.spec.enclave_id;
    let writes: Vec<_> = new
        .iter()
        .map(|report| vendors.submit(&credential, enclave, report))
        .collect();
    stream::iter(writes)
        .buffer_unordered(WRITES_AT_ONCE)
        .try_collect::<()>()
        .await?;
    let created = new.len();
    let counts = Counts {
        total,
        considered,
        matched: considered,
        created,
        unchanged: considered - created,
        ..Counts::default()
    };
    let newest = new
        .iter()
        .map(|report| whole_second(report.posted_at))
        .max();
    let status = after(feed, before, started, counts, newest);
    let feeds: Api<FlashpointFeed> = Api::namespaced(client.clone(), &namespace);
    let patch = Patch::Merge(json!({"status": status}));
    feeds
        .patch_status(&feed.name_any(), &PatchParams::default(), &patch)
        .await?;
    Ok(started + feed.spec.interval())
}

/// A value of a Secret, as text.
fn value(secret: &Secret, key: &'static str) -> Result<String, SyncError> {
    let value = secret.data.as_ref().and_then(|data| data.get(key));
    let value = value.ok_or(SyncError::Key(key))?;
    Ok(String::from_utf8_lossy(&value.0).into_owned())
}

/// The status after a sync that began at a whole second and wrote reports up to the `newest`.
fn after(
    feed: &FlashpointFeed,
    before: FeedStatus,
    started: Timestamp,
    counts: Counts,
    newest: Option<Timestamp>,
) -> FeedStatus {
    let generation = feed.metadata.generation.unwrap_or_default();
    let mut totals = before.totals;
    totals.syncs += 1;
    totals.submitted += counts.created;
    FeedStatus {
        observed_generation: generation,
        conditions: vec![ready(&before.conditions, generation, started, &counts)],
        last_attempt_time: Some(Time(started)),
        last_sync_time: Some(Time(started)),
        next_sync_time: Some(Time(started + feed.spec.interval())),
        last_posted_time: newest.map(Time).or(before.last_posted_time),
        last_submitted_time: newest.map(|_| Time(started)).or(before.last_submitted_time),
        last_sync: counts,
        totals,
        window: Window {
            covered_to: Some(Time(started)),
        },
        consecutive_failures: 0,
    }
}

/// The condition of a synced feed; its time is that of the change to it.
fn ready(before: &[Condition], generation: i64, now: Timestamp, counts: &Counts) -> Condition {
    let since = before
        .iter()
        .find(|condition| condition.type_ == "Ready" && condition.status == "True")
        .map_or(Time(now), |condition| {
            condition.last_transition_time.clone()
        });
    Condition {
        type_: "Ready".to_owned(),
        status: "True".to_owned(),
        reason: "Synced".to_owned(),
        message: format!(
            "{} reports considered: {} created, 0 updated, {} unchanged, 0 without indicators",
            counts.considered, counts.created, counts.unchanged
        ),
        observed_generation: Some(generation),
        last_transition_time: since,
    }
}

fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

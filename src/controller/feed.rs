//! A feed as one reconcile works on it: read once, and whole. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::core::ObjectMeta;
use kube::{Resource as _, ResourceExt as _};

use super::memory::Memory;
use super::status;
use super::watched::Watched;
use crate::api::{
    FeedSettings, FlashpointFeed, FlashpointFeedStatus, REQUESTED_AT, RESEND, Reason, SettingsError,
};
use crate::http::shown;

/// The most reports that one forced sync sends once more.
const MAX_RESENT: usize = 100;

/// Why a feed can't be read: only a person can mend it.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableFeed {
    /// Its stored form, which the error may quote.
    #[error("the feed can't be read: {}; correct it, or apply it again", shown(&.0.to_string(), &[]))]
    Stored(#[source] serde_json::Error),
    /// A value of its spec.
    #[error("the feed can't be read: {}; correct it, or apply it again", shown(&.0.to_string(), &[]))]
    Spec(#[source] SettingsError),
}

/// A feed that can be read, by the newest that is known of it.
pub struct Feed {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// `metadata.generation`.
    pub generation: i64,
    /// What its spec asks for.
    pub settings: FeedSettings,
    /// The forcing annotation's value, by [`status::handled`].
    pub requested_at: Option<String>,
    /// The resource; its status is that which this process wrote last, where the watch does not show it yet.
    pub resource: FlashpointFeed,
}

impl Feed {
    /// Reads a feed; none where it is being deleted, and somebody's finalizer holds that up.
    ///
    /// # Errors
    /// When its stored form can't be read.
    pub fn read(watched: &Watched, memory: &Memory) -> Result<Option<Self>, UnreadableFeed> {
        let resource = watched.read().map_err(UnreadableFeed::Stored)?;
        if resource.metadata.deletion_timestamp.is_some() {
            return Ok(None);
        }
        let resource = memory.newest(resource);
        let settings = FeedSettings::try_from(&resource.spec).map_err(UnreadableFeed::Spec)?;
        let requested_at = resource.annotations().get(REQUESTED_AT);
        Ok(Some(Self {
            namespace: resource.namespace().unwrap_or_default(),
            name: resource.name_any(),
            uid: resource.uid().unwrap_or_default(),
            generation: generation(&resource.metadata),
            settings,
            requested_at: requested_at.map(|value| status::handled(value)),
            resource,
        }))
    }

    /// The status as it is stored.
    pub fn status(&self) -> FlashpointFeedStatus {
        self.resource.status.clone().unwrap_or_default()
    }

    /// The ids of the reports that a forced sync sends once more; none for any other.
    pub fn resend(&self, forced: bool) -> BTreeSet<String> {
        let named = self.resource.annotations().get(RESEND).filter(|_| forced);
        let ids = named.into_iter().flat_map(|ids| ids.split(','));
        let ids = ids.map(str::trim).filter(|id| !id.is_empty());
        ids.take(MAX_RESENT).map(str::to_owned).collect()
    }

    /// Whether no status speaks of the feed as it is now.
    pub fn is_edited(&self) -> bool {
        is_edited(&self.resource)
    }

    /// What events are about.
    pub fn reference(&self) -> ObjectReference {
        self.resource.object_ref(&())
    }
}

/// Whether no status speaks of the feed as it is now.
pub fn is_edited(feed: &FlashpointFeed) -> bool {
    let status = feed.status.as_ref();
    let observed = status.map(|status| status.observed_generation);
    observed != Some(generation(&feed.metadata))
}

fn generation(metadata: &ObjectMeta) -> i64 {
    metadata.generation.unwrap_or_default()
}

/// Since when a feed of this status waits for its secret to appear or to change, if it does. Another secret may also lead to
/// another enclave, so whatever waits for a person waits for it.
pub fn waits_since(status: &FlashpointFeedStatus) -> Option<Timestamp> {
    let reason = Reason::of(&status.conditions)?;
    let ready = status
        .conditions
        .iter()
        .find(|condition| condition.type_ == "Ready")?;
    (reason.waits_for_secret() || reason.stalled()).then_some(ready.last_transition_time.0)
}

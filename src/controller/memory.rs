//! What this process did last with each feed, which the watch may not show yet.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kube::ResourceExt as _;

use crate::api::FlashpointFeed;

/// What is remembered of the feeds, by UID.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, Remembered>>);

#[derive(Default)]
struct Remembered {
    /// The feed as the API server gave it back after our last status.
    told: Option<FlashpointFeed>,
    /// The version of the secret that was tried last; none where it was absent.
    secret: Option<Option<String>>,
}

impl Memory {
    /// The newer of the feed as it is watched and as it was told. A status of ours that the watch
    /// does not show yet must not make the feed look due again.
    pub fn newest(&self, watched: &FlashpointFeed) -> FlashpointFeed {
        let memory = self.lock();
        let told = memory
            .get(&watched.uid().unwrap_or_default())
            .and_then(|feed| feed.told.as_ref());
        let attempted = |feed: &FlashpointFeed| {
            feed.status
                .as_ref()
                .and_then(|status| status.last_attempt_time.as_ref().map(|time| time.0))
        };
        match told {
            Some(told) if attempted(told) > attempted(watched) => {
                let mut newest = watched.clone();
                newest.status.clone_from(&told.status);
                if told.metadata.generation == watched.metadata.generation {
                    newest
                        .metadata
                        .resource_version
                        .clone_from(&told.metadata.resource_version);
                }
                newest
            }
            _ => watched.clone(),
        }
    }

    /// Remembers a feed as the API server gave it back.
    pub fn remember(&self, mut feed: FlashpointFeed) {
        feed.metadata.managed_fields = None;
        let uid = feed.uid().unwrap_or_default();
        self.lock().entry(uid).or_default().told = Some(feed);
    }

    /// Remembers which version of its secret a feed was tried with.
    pub fn tried_secret(&self, uid: &str, version: Option<&str>) {
        self.lock().entry(uid.to_owned()).or_default().secret = Some(version.map(str::to_owned));
    }

    /// Remembers that a feed's secret could not be read: whichever comes is another.
    pub fn tried_no_secret(&self, uid: &str) {
        self.lock().entry(uid.to_owned()).or_default().secret = None;
    }

    /// Whether the secret is another than the one tried last; after a start, none was tried.
    pub fn secret_differs(&self, uid: &str, version: Option<&str>) -> bool {
        self.lock()
            .get(uid)
            .and_then(|feed| feed.secret.as_ref())
            .is_none_or(|tried| tried.as_deref() != version)
    }

    /// Forgets the feeds that are gone.
    pub fn keep_only(&self, exists: impl Fn(&str) -> bool) {
        self.lock().retain(|uid, _| exists(uid));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        // Each entry is whole whatever its writer was doing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

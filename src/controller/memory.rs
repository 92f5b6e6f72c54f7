//! What this process did last with each feed, which the watch may not show yet.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;
use parking_lot::{Mutex, MutexGuard};

use crate::api::{FlashpointFeed, FlashpointFeedStatus};

/// What is remembered of the feeds, by UID.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, Remembered>>);

/// What a feed's status is to say, and what it said before.
#[derive(Clone)]
pub struct Told {
    /// The status as far as it speaks of the same feed.
    pub before: FlashpointFeedStatus,
    /// The status from now on.
    pub status: FlashpointFeedStatus,
    /// How often the API server refused it in every form.
    pub refusals: u32,
}

impl Told {
    /// What was not told yet.
    pub fn new(before: FlashpointFeedStatus, status: FlashpointFeedStatus) -> Self {
        Self {
            before,
            status,
            refusals: 0,
        }
    }
}

/// What a feed's secret was when it was tried last.
#[derive(Default)]
enum Tried {
    /// It was not tried, or could not be read: whatever it is, it is another.
    #[default]
    Nothing,
    Absent,
    /// There was this version of it.
    Version(Box<str>),
}

#[derive(Default)]
struct Remembered {
    /// The feed as the API server gave it back after our last status, until the watch shows it.
    told: Option<Box<FlashpointFeed>>,
    /// What the API server did not take yet: it is told before anything else is done.
    untold: Option<Box<Told>>,
    /// What is known of the secret that was tried last.
    secret: Tried,
    /// How far into its second the last attempt began, in nanoseconds.
    began: u32,
}

impl Memory {
    /// The newer of the feed as it is watched and as it was told. A status of ours that the watch
    /// does not show yet must not make the feed look due again.
    pub fn newest(&self, watched: FlashpointFeed) -> FlashpointFeed {
        let mut newest = watched;
        let mut memory = self.lock();
        let Some(remembered) = memory.get_mut(&newest.uid().unwrap_or_default()) else {
            return newest;
        };
        remembered
            .told
            .take_if(|told| version(told) <= version(&newest));
        if let Some(told) = &remembered.told {
            newest.status.clone_from(&told.status);
            if told.metadata.generation == newest.metadata.generation {
                newest
                    .metadata
                    .resource_version
                    .clone_from(&told.metadata.resource_version);
            }
        }
        newest
    }

    /// Reads the newer of the status as it is watched and as it was told.
    pub fn with_newest_status<T>(
        &self,
        watched: &FlashpointFeed,
        read: impl FnOnce(&FlashpointFeedStatus) -> T,
    ) -> T {
        let memory = self.lock();
        let told = watched.metadata.uid.as_ref().and_then(|uid| {
            let told = memory.get(uid)?.told.as_deref()?;
            (version(told) > version(watched)).then_some(told)
        });
        match &told.unwrap_or(watched).status {
            Some(status) => read(status),
            None => read(&FlashpointFeedStatus::default()),
        }
    }

    /// Remembers a feed as the API server gave it back.
    pub fn remember(&self, mut feed: FlashpointFeed) {
        feed.metadata.managed_fields = None;
        let uid = feed.uid().unwrap_or_default();
        self.lock().entry(uid).or_default().told = Some(Box::new(feed));
    }

    /// What a feed's status could not be told.
    pub fn untold(&self, uid: &str) -> Option<Told> {
        let memory = self.lock();
        memory.get(uid)?.untold.as_deref().cloned()
    }

    /// Remembers what a feed's status could not be told, or that it was.
    pub fn set_untold(&self, uid: &str, untold: Option<Told>) {
        self.lock().entry(uid.to_owned()).or_default().untold = untold.map(Box::new);
    }

    /// Remembers when an attempt at a feed's sync began.
    pub fn began(&self, uid: &str, at: Timestamp) {
        self.lock().entry(uid.to_owned()).or_default().began =
            at.subsec_nanosecond().unsigned_abs();
    }

    /// When a feed is due whose status says so in whole seconds: as far into the second as its last attempt began. Were it due at
    /// the second itself, all feeds of a cluster would be gathered there, each the later the more there are.
    pub fn due_at(&self, uid: &str, told: Timestamp) -> Timestamp {
        let began = self.lock().get(uid).map_or(0, |feed| feed.began);
        let fraction = SignedDuration::from_nanos(began.into());
        told.checked_add(fraction).unwrap_or(told)
    }

    /// Remembers which version of its secret a feed was tried with.
    pub fn tried_secret(&self, uid: &str, version: Option<&str>) {
        self.lock().entry(uid.to_owned()).or_default().secret =
            version.map_or(Tried::Absent, |version| Tried::Version(version.into()));
    }

    /// Remembers that a feed's secret could not be read: whichever comes is another.
    pub fn tried_no_secret(&self, uid: &str) {
        self.lock().entry(uid.to_owned()).or_default().secret = Tried::Nothing;
    }

    /// Whether the secret is another than the one tried last; after a start, none was tried.
    pub fn secret_differs(&self, uid: &str, version: Option<&str>) -> bool {
        let memory = self.lock();
        match memory.get(uid).map(|feed| &feed.secret) {
            None | Some(Tried::Nothing) => true,
            Some(Tried::Absent) => version.is_some(),
            Some(Tried::Version(tried)) => version != Some(&**tried),
        }
    }

    /// Forgets the feeds that are gone.
    pub fn keep_only(&self, exists: impl Fn(&str) -> bool) {
        self.lock().retain(|uid, _| exists(uid));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        self.0.lock()
    }
}

/// The resource version as a number, which Kubernetes promises to grow with each change of an
/// object since 1.35, and etcd always did.
fn version(feed: &FlashpointFeed) -> Option<u64> {
    feed.metadata.resource_version.as_ref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn feed(version: u64, generation: u64, syncs: u64) -> FlashpointFeed {
        serde_json::from_value(json!({
            "metadata": {"name": "feed", "uid": "u", "resourceVersion": version.to_string(), "generation": generation},
            "spec": {"secretRef": {"name": "secret"}, "enclaveId": format!("enclave-{generation}")},
            "status": {"totals": {"syncs": syncs}},
        }))
        .unwrap()
    }

    fn syncs(feed: &FlashpointFeed) -> u64 {
        feed.status.as_ref().unwrap().totals.syncs
    }

    #[test]
    fn a_status_that_the_watch_does_not_show_yet_counts() {
        let memory = Memory::default();
        memory.remember(feed(1_000, 1, 2));
        let newest = memory.newest(feed(999, 1, 1));
        assert_eq!(
            (syncs(&newest), newest.resource_version()),
            (2, Some("1000".into()))
        );
    }

    #[test]
    fn the_watch_counts_once_it_is_as_new() {
        let memory = Memory::default();
        memory.remember(feed(1_000, 1, 2));
        assert_eq!(syncs(&memory.newest(feed(1_000, 1, 2))), 2);
        // It went back, as after a restored backup.
        assert_eq!(syncs(&memory.newest(feed(500, 1, 1))), 1);
    }

    #[test]
    fn an_edit_counts_whatever_was_told() {
        let memory = Memory::default();
        memory.remember(feed(1_000, 1, 2));
        let newest = memory.newest(feed(999, 2, 1));
        assert_eq!(newest.spec.identity().as_deref(), Some("enclave-2"));
        assert_eq!(
            (syncs(&newest), newest.resource_version()),
            (2, Some("999".into()))
        );
    }

    #[test]
    fn a_feed_is_due_as_far_into_the_second_as_it_began() {
        let memory = Memory::default();
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let told = time("2026-01-01T12:15:00Z");
        assert_eq!(memory.due_at("u", told), told);
        memory.began("u", time("2026-01-01T12:00:00.7Z"));
        assert_eq!(memory.due_at("u", told), time("2026-01-01T12:15:00.7Z"));
        assert_eq!(memory.due_at("another", told), told);
    }

    #[test]
    fn a_secret_is_another_if_it_appeared_changed_or_was_never_tried() {
        let memory = Memory::default();
        assert!(memory.secret_differs("u", Some("1")));
        memory.tried_secret("u", None);
        assert!(memory.secret_differs("u", Some("1")) && !memory.secret_differs("u", None));
        memory.tried_secret("u", Some("1"));
        assert!(memory.secret_differs("u", Some("2")) && !memory.secret_differs("u", Some("1")));
        memory.tried_no_secret("u");
        assert!(memory.secret_differs("u", Some("1")));
    }
}

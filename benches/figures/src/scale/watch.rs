//! When each feed's syncs reached its status, by one watch: the clock is the harness's own, the same for all subjects.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flashpoint_operator::api::FlashpointFeed;
use futures::{TryStreamExt as _, pin_mut};
use kube::api::{Api, ListParams, Request, WatchEvent, WatchParams};
use kube::core::ObjectMeta;
use kube::{Client, Resource as _};
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::fleet::Fleet;
use crate::Outcome;

/// How long the watch lives; no row takes so long.
const LIFE: Duration = Duration::from_hours(3);

/// How often a watch is taken up again where it broke off, and after what pause.
const RESUMED: u32 = 100;
const RESUMED_AFTER: Duration = Duration::from_millis(100);

/// A sync that reached a feed's status.
#[derive(Clone, Copy)]
pub struct Sync {
    /// When the change arrived.
    pub at: Instant,
    /// How long after the change that told of the sync before it.
    pub gap: Option<Duration>,
}

/// The watch, which ends when this is dropped.
pub struct Watch {
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    syncs: Mutex<Syncs>,
    news: Notify,
}

#[derive(Default)]
struct Syncs {
    feeds: HashMap<String, Feed>,
    all: Vec<Sync>,
    /// How many feeds have not been synced since [`Watch::expect`].
    outstanding: usize,
    ended: Option<String>,
}

#[derive(Default)]
struct Feed {
    syncs: u64,
    last: Option<Instant>,
    expected: bool,
}

/// What is read of a feed.
#[derive(Clone, Deserialize)]
struct Told {
    metadata: ObjectMeta,
    status: Option<Status>,
}

#[derive(Clone, Deserialize)]
struct Status {
    totals: Option<Totals>,
}

#[derive(Clone, Deserialize)]
struct Totals {
    syncs: u64,
}

impl Watch {
    /// Watches a fleet that no subject works on yet.
    pub async fn start(fleet: &Fleet) -> Outcome<Self> {
        let (client, namespace) = (fleet.client.clone(), fleet.namespace.clone());
        let feeds: Api<FlashpointFeed> = Api::namespaced(client.clone(), &namespace);
        let page = feeds.list(&ListParams::default().limit(1)).await?;
        let version = page.metadata.resource_version.unwrap_or_default();
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn(follow((client, namespace), version, Arc::clone(&seen)));
        Ok(Self { seen, task })
    }

    /// Expects a sync of each of these feeds from now on.
    pub fn expect(&self, names: impl Iterator<Item = String>) {
        let mut syncs = self.seen.syncs.lock();
        let mut outstanding = 0;
        for name in names {
            syncs.feeds.entry(name).or_default().expected = true;
            outstanding += 1;
        }
        syncs.outstanding = outstanding;
    }

    /// Waits until each expected feed was synced, and gives the time of the last.
    pub async fn all_synced(&self, limit: Duration) -> Outcome<Instant> {
        let begun = Instant::now();
        loop {
            let news = self.seen.news.notified();
            let outstanding = {
                let syncs = self.seen.syncs.lock();
                if let Some(why) = &syncs.ended {
                    return Err(format!("the watch ended: {why}").into());
                }
                if syncs.outstanding == 0 {
                    return Ok(syncs.all.last().map_or(begun, |sync| sync.at));
                }
                syncs.outstanding
            };
            let left = limit.saturating_sub(begun.elapsed());
            if timeout(left, news).await.is_err() {
                return Err(format!("{outstanding} feeds were not synced within {limit:?}").into());
            }
        }
    }

    /// The syncs that were seen between two moments.
    pub fn between(&self, begin: Instant, end: Instant) -> Vec<Sync> {
        let syncs = self.seen.syncs.lock();
        let inside = |sync: &&Sync| (begin..end).contains(&sync.at);
        syncs.all.iter().filter(inside).copied().collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Watches from a resource version on, and again from where a watch broke off: the API server ends one that is slow to read.
async fn follow(fleet: (Client, String), mut version: String, seen: Arc<Seen>) {
    let mut ended = "it broke off too often".to_owned();
    for _ in 0..RESUMED {
        if let Err(error) = observe(&fleet, &mut version, &seen).await {
            ended = error.to_string();
            break;
        }
        sleep(RESUMED_AFTER).await;
    }
    seen.syncs.lock().ended = Some(ended);
    seen.news.notify_waiters();
}

async fn observe(
    (client, namespace): &(Client, String),
    version: &mut String,
    seen: &Seen,
) -> Outcome<()> {
    let path = FlashpointFeed::url_path(&(), Some(namespace));
    let params = WatchParams {
        timeout: Some(u32::try_from(LIFE.as_secs())?),
        bookmarks: false,
        ..WatchParams::default()
    };
    let request = Request::new(path).watch(&params, version)?;
    let events = client.request_events::<Told>(request).await?;
    pin_mut!(events);
    // A connection that broke is one to be made anew; where the API server is gone, that fails.
    while let Ok(Some(event)) = events.try_next().await {
        let at = Instant::now();
        match event {
            WatchEvent::Added(feed) | WatchEvent::Modified(feed) => {
                if let Some(seen_version) = &feed.metadata.resource_version {
                    version.clone_from(seen_version);
                }
                seen.syncs.lock().note(feed, at);
                seen.news.notify_waiters();
            }
            WatchEvent::Deleted(_) | WatchEvent::Bookmark(_) => {}
            WatchEvent::Error(status) => return Err(status.message.into()),
        }
    }
    Ok(())
}

impl Syncs {
    fn note(&mut self, told: Told, at: Instant) {
        let Some(syncs) = told.status.and_then(|status| status.totals) else {
            return;
        };
        let name = told.metadata.name.unwrap_or_default();
        let feed = self.feeds.entry(name).or_default();
        if syncs.syncs <= feed.syncs {
            return;
        }
        feed.syncs = syncs.syncs;
        let gap = feed.last.replace(at).map(|last| at - last);
        if std::mem::take(&mut feed.expected) {
            self.outstanding = self.outstanding.saturating_sub(1);
        }
        self.all.push(Sync { at, gap });
    }
}

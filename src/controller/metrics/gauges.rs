//! The gauges: how each feed stands.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::Feed;

/// How a feed stands, as gauges say it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Its Ready condition.
    pub ready: bool,
    /// Its Stalled condition.
    pub stalled: bool,
    /// `spec.suspend`.
    pub suspended: bool,
    /// `spec.interval`, in seconds; none where the spec can't be read.
    pub interval: Option<i64>,
    /// `status.lastSyncTime`, in seconds since 1970.
    pub last_sync: Option<i64>,
    /// `status.lastPostedTime`, in seconds since 1970.
    pub last_posted: Option<i64>,
    /// `status.lastSync.backlog`.
    pub backlog: u64,
    /// `status.consecutiveFailures`.
    pub consecutive_failures: u64,
}

/// The gauges of all feeds.
#[derive(Default)]
pub struct Gauges {
    ready: Family<Feed, Gauge>,
    stalled: Family<Feed, Gauge>,
    suspended: Family<Feed, Gauge>,
    interval: Family<Feed, Gauge>,
    last_sync: Family<Feed, Gauge>,
    last_posted: Family<Feed, Gauge>,
    lateness: Family<Feed, Gauge<f64, AtomicU64>>,
    backlog: Family<Feed, Gauge>,
    consecutive_failures: Family<Feed, Gauge>,
    ledger_entries: Family<Feed, Gauge>,
}

impl Gauges {
    /// Registers them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "feed_ready",
            "Whether the feed's Ready condition is True",
            self.ready.clone(),
        );
        registry.register(
            "feed_stalled",
            "Whether a person must act on the feed",
            self.stalled.clone(),
        );
        registry.register(
            "feed_suspended",
            "Whether the feed is suspended",
            self.suspended.clone(),
        );
        registry.register_with_unit(
            "feed_interval",
            "The feed's interval",
            Unit::Seconds,
            self.interval.clone(),
        );
        registry.register_with_unit(
            "feed_last_sync_timestamp",
            "Start of the last sync that handled the latest reports",
            Unit::Seconds,
            self.last_sync.clone(),
        );
        registry.register_with_unit(
            "feed_last_posted_timestamp",
            "Newest posting time among the reports in the enclave",
            Unit::Seconds,
            self.last_posted.clone(),
        );
        registry.register_with_unit(
            "feed_lateness",
            "How long after it was due the last sync began",
            Unit::Seconds,
            self.lateness.clone(),
        );
        registry.register(
            "feed_backlog",
            "Reports known to exist beyond those handled",
            self.backlog.clone(),
        );
        registry.register(
            "feed_consecutive_failures",
            "Syncs in a row that failed",
            self.consecutive_failures.clone(),
        );
        registry.register(
            "ledger_entries",
            "Reports that the feed's ledger remembers",
            self.ledger_entries.clone(),
        );
    }

    /// Ends those of a feed.
    pub fn forget(&self, feed: &Feed) {
        for family in [
            &self.ready,
            &self.stalled,
            &self.suspended,
            &self.interval,
            &self.last_sync,
            &self.last_posted,
            &self.backlog,
            &self.consecutive_failures,
            &self.ledger_entries,
        ] {
            family.remove(feed);
        }
        self.lateness.remove(feed);
    }

    /// Shows how a feed stands now.
    pub fn show(&self, feed: &Feed, standing: &Standing) {
        let set = |family: &Family<Feed, Gauge>, value: i64| {
            family.get_or_create(feed).set(value);
        };
        set(&self.ready, i64::from(standing.ready));
        set(&self.stalled, i64::from(standing.stalled));
        set(&self.suspended, i64::from(standing.suspended));
        set(&self.backlog, signed(standing.backlog));
        set(
            &self.consecutive_failures,
            signed(standing.consecutive_failures),
        );
        // A feed that starts anew, as after an edit of its enclave, has no such time yet.
        for (family, value) in [
            (&self.interval, standing.interval),
            (&self.last_sync, standing.last_sync),
            (&self.last_posted, standing.last_posted),
        ] {
            match value {
                Some(value) => set(family, value),
                None => _ = family.remove(feed),
            }
        }
    }

    /// Shows how late a feed's sync began.
    pub fn show_lateness(&self, feed: &Feed, by: Duration) {
        self.lateness.get_or_create(feed).set(by.as_secs_f64());
    }

    /// Shows how many reports a feed's ledger remembers.
    pub fn show_ledger(&self, feed: &Feed, entries: usize) {
        let gauge = self.ledger_entries.get_or_create(feed);
        gauge.set(signed(entries as u64));
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

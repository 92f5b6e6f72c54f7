//! What Prometheus is told. A feed's series end with the feed.

mod gauges;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::api::ObjectMeta;
use prometheus_client::encoding::{EncodeLabel as _, EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use gauges::Gauges;
pub use gauges::Standing;

use super::exposition::Format;
use crate::api::Reason;
use crate::http::call::{Call, CallObserver};
use crate::sync::counts::Counts;
use indicators::IndicatorType;

/// Upper bounds of a vendor call's duration, in seconds.
const CALL_SECONDS: [f64; 9] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 30.0];

/// Upper bounds of a sync's duration, in seconds.
const SYNC_SECONDS: [f64; 8] = [0.05, 0.25, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0];

/// What a report may come to, as far as reports are counted.
const OUTCOMES: [&str; 3] = ["created", "updated", "failed"];

/// The labels that name a feed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Feed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Feed {
    /// The labels of the feed with this metadata.
    #[must_use]
    pub fn of(metadata: &ObjectMeta) -> Self {
        Self {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
        }
    }
}

/// A feed, and one label of its own metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct FeedAnd(Feed, &'static str, &'static str);

impl EncodeLabelSet for FeedAnd {
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelSetEncoder<'_>,
    ) -> fmt::Result {
        self.0.encode(encoder)?;
        (self.1, self.2).encode(encoder.encode_label())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    service: &'static str,
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    service: &'static str,
    operation: &'static str,
    /// The HTTP status, or `none`.
    code: String,
}

/// All metrics; clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    calls: Family<Answered, Counter>,
    call_duration: Family<Operation, Histogram, fn() -> Histogram>,
    syncs: Family<FeedAnd, Counter>,
    sync_duration: Histogram,
    reports: Family<FeedAnd, Counter>,
    indicators: Family<FeedAnd, Counter>,
    gauges: Gauges,
    leader: Gauge,
    /// The label sets in use by feed, to end them with it.
    seen: Mutex<HashSet<FeedAnd>>,
    feeds: Mutex<HashSet<Feed>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("flashpoint_operator");
        let version = vec![("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "The version that runs", Info::new(version));
        let calls = Family::default();
        registry.register(
            "api_requests",
            "Calls to the vendors, by operation and HTTP status",
            calls.clone(),
        );
        let new_call: fn() -> Histogram = || Histogram::new(CALL_SECONDS);
        let call_duration = Family::new_with_constructor(new_call);
        registry.register_with_unit(
            "api_request_duration",
            "How long calls to the vendors took",
            Unit::Seconds,
            call_duration.clone(),
        );
        let syncs = Family::default();
        registry.register(
            "syncs",
            "Syncs, by the reason that the feed's Ready condition had after it",
            syncs.clone(),
        );
        let sync_duration = Histogram::new(SYNC_SECONDS);
        registry.register_with_unit(
            "sync_duration",
            "How long syncs took",
            Unit::Seconds,
            sync_duration.clone(),
        );
        let reports = Family::default();
        registry.register(
            "reports",
            "Reports written to the enclave or failed, by outcome",
            reports.clone(),
        );
        let indicators = Family::default();
        registry.register(
            "indicators",
            "Indicators that count in the reports examined, by type",
            indicators.clone(),
        );
        let gauges = Gauges::default();
        gauges.register(&mut registry);
        let leader = Gauge::default();
        registry.register(
            "leader",
            "Whether this replica runs the feeds",
            leader.clone(),
        );
        Self(Arc::new(Inner {
            registry,
            calls,
            call_duration,
            syncs,
            sync_duration,
            reports,
            indicators,
            gauges,
            leader,
            seen: Mutex::default(),
            feeds: Mutex::default(),
        }))
    }
}

impl Metrics {
    /// All of them, as a scraper takes them.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn encode(&self, format: Format) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.0.registry)?;
        format.written(out)
    }

    /// A sync ended, with this reason, after this time.
    pub fn synced(&self, feed: &Feed, reason: &'static str, duration: Duration) {
        self.count(&self.0.syncs, FeedAnd(feed.clone(), "result", reason), 1);
        self.0.sync_duration.observe(duration.as_secs_f64());
    }

    /// What a sync counted, beyond what was told of it `before`.
    pub fn counted(&self, feed: &Feed, before: &Counts, counts: &Counts) {
        let counted = [
            (before.created, counts.created),
            (before.updated, counts.updated),
            (before.failed, counts.failed),
        ];
        for (outcome, (before, now)) in OUTCOMES.into_iter().zip(counted) {
            self.count(
                &self.0.reports,
                FeedAnd(feed.clone(), "outcome", outcome),
                now.saturating_sub(before),
            );
        }
        for (kind, now) in &counts.indicators {
            let before = before.indicators.get(kind).copied().unwrap_or(0);
            self.count(
                &self.0.indicators,
                FeedAnd(feed.clone(), "type", kind.as_str()),
                now.saturating_sub(before),
            );
        }
    }

    /// How a feed stands now.
    pub fn stands(&self, feed: &Feed, standing: &Standing) {
        self.set(feed, |gauges| gauges.show(feed, standing));
    }

    /// A sync began this much after it was due.
    pub fn late(&self, feed: &Feed, by: Duration) {
        self.set(feed, |gauges| gauges.show_lateness(feed, by));
    }

    /// How many reports a feed's ledger remembers.
    pub fn remembers(&self, feed: &Feed, entries: usize) {
        self.set(feed, |gauges| gauges.show_ledger(feed, entries));
    }

    /// Whether this replica runs the feeds.
    pub fn leads(&self, leads: bool) {
        self.0.leader.set(i64::from(leads));
    }

    /// Ends the series of feeds that are gone.
    pub fn keep_only(&self, exists: impl Fn(&Feed) -> bool) {
        lock(&self.0.feeds).retain(|feed| {
            let keep = exists(feed);
            if !keep {
                self.0.gauges.forget(feed);
            }
            keep
        });
        lock(&self.0.seen).retain(|labels| {
            let keep = exists(&labels.0);
            if !keep {
                for family in [&self.0.syncs, &self.0.reports, &self.0.indicators] {
                    family.remove(labels);
                }
            }
            keep
        });
    }

    /// Sets gauges of a feed. The lock is held meanwhile, lest those of a feed that is gone are
    /// set behind the back of the sweep that forgets it.
    fn set(&self, feed: &Feed, set: impl FnOnce(&Gauges)) {
        let mut feeds = lock(&self.0.feeds);
        if feeds.insert(feed.clone()) {
            self.begin(feed);
        }
        set(&self.0.gauges);
    }

    /// Begins a feed's counters. Prometheus sees no increase in the value that a series begins
    /// with, so one that began with its first count would hide that count.
    fn begin(&self, feed: &Feed) {
        let zero =
            |family, label, value| self.count(family, FeedAnd(feed.clone(), label, value), 0);
        for reason in Reason::ALL {
            // No sync ends suspended.
            if *reason != Reason::Suspended {
                zero(&self.0.syncs, "result", reason.as_str());
            }
        }
        for outcome in OUTCOMES {
            zero(&self.0.reports, "outcome", outcome);
        }
        for kind in IndicatorType::ALL {
            zero(&self.0.indicators, "type", kind.as_str());
        }
    }

    fn count(&self, family: &Family<FeedAnd, Counter>, labels: FeedAnd, by: u64) {
        family.get_or_create(&labels).inc_by(by);
        lock(&self.0.seen).insert(labels);
    }
}

impl CallObserver for Metrics {
    fn observe(&self, call: &Call) {
        let (service, operation) = (call.service.label, call.operation);
        let code = call
            .status
            .map_or_else(|| "none".to_owned(), |status| status.to_string());
        self.0
            .calls
            .get_or_create(&Answered {
                service,
                operation,
                code,
            })
            .inc();
        let duration = self
            .0
            .call_duration
            .get_or_create(&Operation { service, operation });
        duration.observe(call.duration.as_secs_f64());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A set of labels is whole whatever its holder was doing.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

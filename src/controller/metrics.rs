//! What Prometheus is told. A feed's series end with the feed.

mod family;
mod feeds;
mod groups;
mod scrape;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::OwnedSemaphorePermit;

use feeds::Feeds;
use scrape::{Cut, Parts, Unread};

use super::exposition::Format;
use super::memory::Memory;
use super::store::Store;
use crate::api::Reason;
use crate::http::call::{Call, CallObserver};
use crate::sync::counts::Counts;
use indicators::IndicatorType;

/// What the name of every metric begins with.
const PREFIX: &str = "flashpoint_operator";

/// Upper bounds of a vendor call's duration, in seconds.
const CALL_SECONDS: [f64; 9] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 30.0];

/// Upper bounds of how late a sync begins, in seconds.
const LATE_SECONDS: [f64; 8] = [0.1, 0.5, 1.0, 2.0, 10.0, 60.0, 300.0, 3_600.0];

/// Upper bounds of a sync's duration, in seconds.
const SYNC_SECONDS: [f64; 8] = [0.05, 0.25, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0];

/// The one label of a family.
type Label = [(&'static str, &'static str); 1];

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
    syncs: Family<Label, Counter>,
    sync_duration: Histogram,
    lateness: Histogram,
    reports: Family<Label, Counter>,
    indicators: Family<Label, Counter>,
    feeds: Feeds,
    leader: Gauge,
}

impl Metrics {
    /// All at 0, with or without series of each feed.
    pub fn new(by_feed: bool) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
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
        // No sync ends suspended.
        let results = Reason::ALL
            .iter()
            .filter(|reason| **reason != Reason::Suspended);
        let syncs = from_zero("result", results.map(|reason| reason.as_str()));
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
        let lateness = Histogram::new(LATE_SECONDS);
        registry.register_with_unit(
            "sync_lateness",
            "How long after they were due syncs began",
            Unit::Seconds,
            lateness.clone(),
        );
        let reports = from_zero("outcome", ["created", "updated", "failed"].into_iter());
        registry.register(
            "reports",
            "Reports written to the destinations or failed, by outcome",
            reports.clone(),
        );
        let indicators = from_zero("type", IndicatorType::ALL.iter().map(|kind| kind.as_str()));
        registry.register(
            "indicators",
            "Indicators that count in the reports examined, by type",
            indicators.clone(),
        );
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
            lateness,
            reports,
            indicators,
            feeds: Feeds::new(by_feed),
            leader,
        }))
    }
}

/// Counters by one label that begin at 0 for each of these values. Prometheus sees no increase in the value that a series
/// begins with, so one that began with its first count would hide that count.
fn from_zero(
    label: &'static str,
    values: impl Iterator<Item = &'static str>,
) -> Family<Label, Counter> {
    let family = Family::<Label, Counter>::default();
    for value in values {
        drop(family.get_or_create(&[(label, value)]));
    }
    family
}

impl Metrics {
    /// All of them, as a scraper takes them, part by part. The slot is held while it reads.
    pub fn scrape(
        &self,
        format: Format,
        slot: OwnedSemaphorePermit,
    ) -> impl Stream<Item = Result<String, Cut>> + use<> {
        scrape::scrape(self.clone(), format, slot)
    }

    /// Writes them: a page of the operator's own, and then what the feeds have.
    async fn write(&self, parts: &mut Parts) -> Result<(), Unread> {
        text::encode_registry(&mut parts.text, &self.0.registry)?;
        self.0.feeds.write(parts).await
    }

    /// Shows the series of the feeds in these stores from now on.
    pub fn show_feeds(&self, stores: Vec<Store>, memory: Arc<Memory>) {
        self.0.feeds.show(stores, memory);
    }

    /// A sync ended, with this reason, after this time.
    pub fn synced(&self, reason: &'static str, duration: Duration) {
        self.0.syncs.get_or_create(&[("result", reason)]).inc();
        self.0.sync_duration.observe(duration.as_secs_f64());
    }

    /// What a sync of the feed with this UID counted, beyond what was told of it `before`.
    pub fn counted(&self, uid: &str, before: &Counts, counts: &Counts) {
        let created = counts.created.saturating_sub(before.created);
        let updated = counts.updated.saturating_sub(before.updated);
        let failed = counts.failed.saturating_sub(before.failed);
        for (outcome, reports) in [
            ("created", created),
            ("updated", updated),
            ("failed", failed),
        ] {
            let counter = self.0.reports.get_or_create(&[("outcome", outcome)]);
            counter.inc_by(reports);
        }
        self.0.feeds.submitted(uid, created + updated);
        for (kind, now) in &counts.indicators {
            let before = before.indicators.get(kind).copied().unwrap_or(0);
            let counter = self.0.indicators.get_or_create(&[("type", kind.as_str())]);
            counter.inc_by(now.saturating_sub(before));
        }
    }

    /// A sync of the feed with this UID began this much after it was due.
    pub fn late(&self, uid: &str, by: Duration) {
        self.0.lateness.observe(by.as_secs_f64());
        self.0.feeds.set_lateness(uid, by);
    }

    /// How many reports the ledger of the feed with this UID remembers.
    pub fn remembers(&self, uid: &str, entries: usize) {
        self.0.feeds.set_ledger_entries(uid, entries);
    }

    /// Whether this replica runs the feeds.
    pub fn leads(&self, leads: bool) {
        self.0.leader.set(i64::from(leads));
    }

    /// Drops what is kept of feeds that are gone.
    pub fn keep_only(&self, exists: impl Fn(&str) -> bool) {
        self.0.feeds.keep_only(exists);
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

#[cfg(test)]
mod tests;

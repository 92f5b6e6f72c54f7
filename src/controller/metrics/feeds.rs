//! The series of feeds, made at the scrape: how a feed stands is read from the watch's store, and of what no resource says a
//! few numbers are kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kube::Resource as _;
use kube::runtime::reflector::Store;
use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeGaugeValue, GaugeValueEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use super::standing::Standing;
use crate::controller::feed::Watched;
use crate::controller::memory::Memory;
use crate::sync::counts::Counts;

/// What is kept of a feed for its series.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    created: u64,
    updated: u64,
    failed: u64,
    /// In seconds; none before the first sync of this process that was due by a time.
    lateness: Option<f64>,
    /// None before the first sync of this process.
    ledger_entries: Option<u64>,
}

/// The series of all feeds that are watched.
#[derive(Default)]
pub struct Feeds {
    shown: Mutex<Shown>,
    /// By UID.
    numbers: Mutex<HashMap<Box<str>, Numbers>>,
}

/// Where the feeds are read: nowhere on a replica that stands by.
#[derive(Default)]
struct Shown {
    stores: Vec<Store<Watched>>,
    memory: Arc<Memory>,
}

impl Feeds {
    /// Shows the feeds of these stores, each by the newest status that the memory knows of.
    pub fn show(&self, stores: Vec<Store<Watched>>, memory: Arc<Memory>) {
        *self.shown.lock() = Shown { stores, memory };
    }

    /// Adds what a sync counted, beyond what was told of it `before`.
    pub fn count(&self, uid: &str, before: &Counts, counts: &Counts) {
        self.change(uid, |numbers| {
            numbers.created += counts.created.saturating_sub(before.created);
            numbers.updated += counts.updated.saturating_sub(before.updated);
            numbers.failed += counts.failed.saturating_sub(before.failed);
        });
    }

    /// Sets how long after it was due the last sync began.
    pub fn set_lateness(&self, uid: &str, by: Duration) {
        self.change(uid, |numbers| numbers.lateness = Some(by.as_secs_f64()));
    }

    /// Sets how many reports the ledger remembers.
    pub fn set_ledger_entries(&self, uid: &str, entries: usize) {
        self.change(uid, |numbers| {
            numbers.ledger_entries = Some(entries as u64);
        });
    }

    /// Drops the numbers of feeds that are gone.
    pub fn keep_only(&self, exists: impl Fn(&str) -> bool) {
        self.numbers.lock().retain(|uid, _| exists(uid));
    }

    fn change(&self, uid: &str, change: impl FnOnce(&mut Numbers)) {
        change(self.numbers.lock().entry(uid.into()).or_default());
    }

    fn rows(&self) -> Vec<Row> {
        let (stores, memory) = {
            let shown = self.shown.lock();
            (shown.stores.clone(), shown.memory.clone())
        };
        let feeds = stores.iter().flat_map(Store::state);
        let row = |feed: Arc<Watched>| {
            let uid = feed.meta().uid.as_deref().unwrap_or_default();
            Row {
                standing: Standing::of(&feed, &memory),
                numbers: self.numbers.lock().get(uid).copied().unwrap_or_default(),
                feed,
            }
        };
        feeds.map(row).collect()
    }
}

impl fmt::Debug for Feeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feeds").finish_non_exhaustive()
    }
}

/// A feed at a scrape.
struct Row {
    feed: Arc<Watched>,
    standing: Standing,
    numbers: Numbers,
}

impl Row {
    fn namespace(&self) -> &str {
        self.feed.meta().namespace.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.feed.meta().name.as_deref().unwrap_or_default()
    }
}

/// A gauge's value: only the lateness is no whole number.
enum Value {
    Whole(i64),
    Float(f64),
}

impl EncodeGaugeValue for Value {
    fn encode(&self, encoder: &mut GaugeValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Whole(value) => value.encode(encoder),
            Self::Float(value) => value.encode(encoder),
        }
    }
}

/// A gauge that each feed has, unless it has no value.
struct Gauge {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    value: fn(&Row) -> Option<Value>,
}

static GAUGES: [Gauge; 12] = [
    Gauge {
        name: "feed_ready",
        help: "Whether the feed's Ready condition is True",
        unit: None,
        value: |row| Some(flag(row.standing.ready)),
    },
    Gauge {
        name: "feed_stalled",
        help: "Whether a person must act on the feed",
        unit: None,
        value: |row| Some(flag(row.standing.stalled)),
    },
    Gauge {
        name: "feed_suspended",
        help: "Whether the feed is suspended",
        unit: None,
        value: |row| Some(flag(row.standing.suspended)),
    },
    Gauge {
        name: "feed_interval",
        help: "The feed's interval",
        unit: Some(Unit::Seconds),
        value: |row| row.standing.interval.map(count),
    },
    Gauge {
        name: "feed_last_sync_timestamp",
        help: "Start of the last sync that handled the latest reports",
        unit: Some(Unit::Seconds),
        value: |row| row.standing.last_sync.map(Value::Whole),
    },
    Gauge {
        name: "feed_last_posted_timestamp",
        help: "Newest posting time among the reports at the destination",
        unit: Some(Unit::Seconds),
        value: |row| row.standing.last_posted.map(Value::Whole),
    },
    Gauge {
        name: "feed_last_submitted_timestamp",
        help: "When a report was last written to the destination",
        unit: Some(Unit::Seconds),
        value: |row| row.standing.last_submitted.map(Value::Whole),
    },
    Gauge {
        name: "feed_lateness",
        help: "How long after it was due the last sync began",
        unit: Some(Unit::Seconds),
        value: |row| row.numbers.lateness.map(Value::Float),
    },
    Gauge {
        name: "feed_backlog",
        help: "Reports known to exist beyond those handled",
        unit: None,
        value: |row| Some(count(row.standing.backlog)),
    },
    Gauge {
        name: "feed_failed_reports",
        help: "Reports on record as failed among those that the last sync considered",
        unit: None,
        value: |row| Some(count(row.standing.failed)),
    },
    Gauge {
        name: "feed_consecutive_failures",
        help: "Syncs in a row that failed",
        unit: None,
        value: |row| Some(count(row.standing.consecutive_failures)),
    },
    Gauge {
        name: "ledger_entries",
        help: "Reports that the feed's ledger remembers",
        unit: None,
        value: |row| row.numbers.ledger_entries.map(count),
    },
];

fn flag(value: bool) -> Value {
    Value::Whole(i64::from(value))
}

fn count(value: u64) -> Value {
    Value::Whole(i64::try_from(value).unwrap_or(i64::MAX))
}

impl Collector for Feeds {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let rows = self.rows();
        for gauge in &GAUGES {
            let mut family = encoder.encode_descriptor(
                gauge.name,
                gauge.help,
                gauge.unit.as_ref(),
                MetricType::Gauge,
            )?;
            for row in &rows {
                if let Some(value) = (gauge.value)(row) {
                    let labels = [("namespace", row.namespace()), ("name", row.name())];
                    family.encode_family(&labels)?.encode_gauge(&value)?;
                }
            }
        }
        encode_reasons(&rows, &mut encoder)?;
        encode_reports(&rows, &mut encoder)
    }
}

/// The reason that each feed's Ready condition has: one series a feed, whose labels change with it.
fn encode_reasons(rows: &[Row], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help =
        "The reason of the feed's Ready condition, and the kind of its destination: always 1";
    let mut family = encoder.encode_descriptor("feed_reason", help, None, MetricType::Gauge)?;
    for row in rows {
        let Some((reason, destination)) = row.standing.reason.zip(row.standing.destination) else {
            continue;
        };
        let labels = [
            ("namespace", row.namespace()),
            ("name", row.name()),
            ("reason", reason),
            ("destination", destination),
        ];
        family.encode_family(&labels)?.encode_gauge(&1_i64)?;
    }
    Ok(())
}

fn encode_reports(rows: &[Row], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "Reports written to the destination or failed, by outcome";
    let mut family = encoder.encode_descriptor("reports", help, None, MetricType::Counter)?;
    for row in rows {
        // From 0 on: Prometheus sees no increase in the value that a series begins with.
        let outcomes = [
            ("created", row.numbers.created),
            ("updated", row.numbers.updated),
            ("failed", row.numbers.failed),
        ];
        for (outcome, count) in outcomes {
            let labels = [
                ("namespace", row.namespace()),
                ("name", row.name()),
                ("outcome", outcome),
            ];
            let mut series = family.encode_family(&labels)?;
            series.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
    }
    Ok(())
}

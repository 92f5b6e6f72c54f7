//! What a scrape says of feeds: how each stands is read from the watch's store, and of what no resource says a few numbers are kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::task::yield_now;

use super::family::{Family, Kind, Labels, Value};
use super::groups::Groups;
use super::scrape::{Parts, Unread};
use super::standing::{Seldom, Standing};
use crate::controller::memory::Memory;
use crate::controller::store::Store;
use crate::controller::watched::Watched;

/// How many feeds are read without a turn for others: about a millisecond's work.
const AT_ONCE: usize = 256;

/// What is kept of a feed for its series.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    /// Reports written to the destination.
    submitted: u64,
    /// In seconds; none before the first sync of this process that was due by a time.
    lateness: Option<f64>,
    /// None before the first sync of this process.
    ledger_entries: Option<u32>,
    /// Which of its seldom values were other than 0 at a scrape, by [`Seldom`].
    seen: [bool; Seldom::ALL.len()],
}

/// The feeds that are watched, at a scrape.
pub struct Feeds {
    /// Whether each feed has series of its own.
    by_feed: bool,
    shown: Mutex<Shown>,
    /// By UID.
    numbers: Mutex<HashMap<Box<str>, Numbers>>,
}

/// Where the feeds are read: nowhere on a replica that stands by.
#[derive(Default)]
struct Shown {
    stores: Vec<Store>,
    memory: Arc<Memory>,
}

impl Feeds {
    /// Shows feeds with or without series of each.
    pub fn new(by_feed: bool) -> Self {
        Self {
            by_feed,
            shown: Mutex::default(),
            numbers: Mutex::default(),
        }
    }

    /// Shows the feeds of these stores, each by the newest status that the memory knows of.
    pub fn show(&self, stores: Vec<Store>, memory: Arc<Memory>) {
        *self.shown.lock() = Shown { stores, memory };
    }

    /// Adds reports written to the destination.
    pub fn submitted(&self, uid: &str, reports: u64) {
        self.change(uid, |numbers| numbers.submitted += reports);
    }

    /// Sets how long after it was due the last sync began.
    pub fn set_lateness(&self, uid: &str, by: Duration) {
        self.change(uid, |numbers| numbers.lateness = Some(by.as_secs_f64()));
    }

    /// Sets how many reports the ledger remembers.
    pub fn set_ledger_entries(&self, uid: &str, entries: usize) {
        let entries = u32::try_from(entries).unwrap_or(u32::MAX);
        self.change(uid, |numbers| numbers.ledger_entries = Some(entries));
    }

    /// Drops the numbers of feeds that are gone.
    pub fn keep_only(&self, exists: impl Fn(&str) -> bool) {
        self.numbers.lock().retain(|uid, _| exists(uid));
    }

    fn change<T>(&self, uid: &str, change: impl FnOnce(&mut Numbers) -> T) -> T {
        let mut numbers = self.numbers.lock();
        if let Some(known) = numbers.get_mut(uid) {
            return change(known);
        }
        change(numbers.entry(uid.into()).or_default())
    }

    /// Writes the series of all feeds together, and of each, family by family.
    pub async fn write(&self, parts: &mut Parts) -> Result<(), Unread> {
        let (groups, rows) = self.read().await;
        groups.write(&mut parts.text)?;
        if !self.by_feed {
            return Ok(());
        }
        for family in &FAMILIES {
            family.head(&mut parts.text)?;
            for row in &rows {
                family.series(row, &mut parts.text)?;
                parts.pass().await?;
            }
        }
        Ok(())
    }

    /// Reads each feed, once for all series; gives the rows of those that have series of their own.
    async fn read(&self) -> (Groups, Vec<Row>) {
        let (stores, memory) = {
            let shown = self.shown.lock();
            (shown.stores.clone(), shown.memory.clone())
        };
        let mut groups = Groups::new(Timestamp::now().as_second());
        let mut rows = Vec::new();
        let feeds = stores.iter().flat_map(Store::all);
        for (at, feed) in feeds.enumerate() {
            if at % AT_ONCE == AT_ONCE - 1 {
                yield_now().await;
            }
            let row = self.row(feed, &memory);
            groups.add(&row.standing, row.numbers.ledger_entries);
            if self.by_feed {
                rows.push(row);
            }
        }
        (groups, rows)
    }

    fn row(&self, feed: Arc<Watched>, memory: &Memory) -> Row {
        let uid = feed.uid();
        let standing = Standing::of(&feed, memory);
        let numbers = self.change(uid, |numbers| {
            for (seen, seldom) in numbers.seen.iter_mut().zip(Seldom::ALL) {
                *seen |= standing.seldom(seldom) != 0;
            }
            *numbers
        });
        Row {
            feed,
            standing,
            numbers,
        }
    }
}

/// A feed at a scrape.
struct Row {
    feed: Arc<Watched>,
    standing: Standing,
    numbers: Numbers,
}

impl Row {
    fn labels(&self) -> Labels<'_> {
        [
            ("namespace", self.feed.namespace()),
            ("name", self.feed.name()),
            ("", ""),
            ("", ""),
        ]
    }

    fn labels_of_reason(&self) -> Labels<'_> {
        let [namespace, name, ..] = self.labels();
        let reason = ("reason", self.standing.reason());
        [
            namespace,
            name,
            reason,
            ("destination", self.standing.destination),
        ]
    }

    /// A value that is 0 for most feeds for ever: none before the first that is not.
    fn seldom(&self, seldom: Seldom) -> Option<Value> {
        let seen = self.numbers.seen[seldom as usize];
        seen.then(|| Value::Whole(self.standing.seldom(seldom)))
    }
}

/// The families of the feeds' series.
static FAMILIES: [Family<Row>; 14] = [
    gauge(
        "feed_ready",
        "Whether the feed's Ready condition is True",
        |row| Some(row.standing.ready.into()),
    ),
    gauge(
        "feed_stalled",
        "Whether a person must act on the feed",
        |row| row.seldom(Seldom::Stalled),
    ),
    gauge("feed_suspended", "Whether the feed is suspended", |row| {
        row.seldom(Seldom::Suspended)
    }),
    gauge("feed_interval_seconds", "The feed's interval", |row| {
        row.standing.interval.map(Value::Whole)
    }),
    gauge(
        "feed_last_sync_timestamp_seconds",
        "Start of the last sync that handled the latest reports",
        |row| row.standing.last_sync.map(Value::Time),
    ),
    gauge(
        "feed_last_posted_timestamp_seconds",
        "Newest posting time among the reports at the destination",
        |row| row.standing.last_posted.map(Value::Time),
    ),
    gauge(
        "feed_last_submitted_timestamp_seconds",
        "When a report was last written to the destination",
        |row| row.standing.last_submitted.map(Value::Time),
    ),
    gauge(
        "feed_lateness_seconds",
        "How long after it was due the last sync began",
        |row| row.numbers.lateness.map(Value::Float),
    ),
    gauge(
        "feed_backlog",
        "Reports known to exist beyond those handled",
        |row| row.seldom(Seldom::Backlog),
    ),
    gauge(
        "feed_failed_reports",
        "Reports on record as failed among those that the last sync considered",
        |row| row.seldom(Seldom::Failed),
    ),
    gauge(
        "feed_consecutive_failures",
        "Syncs in a row that failed",
        |row| row.seldom(Seldom::ConsecutiveFailures),
    ),
    gauge(
        "ledger_entries",
        "Reports that the feed's ledger remembers",
        |row| {
            row.numbers
                .ledger_entries
                .map(|entries| Value::Whole(entries.into()))
        },
    ),
    Family {
        name: "feed_reason",
        help: "The reason of the feed's Ready condition, and the kind of its destination: always 1",
        kind: Kind::Gauge,
        labels: Row::labels_of_reason,
        value: |row| row.standing.reason.map(|_| Value::Whole(1)),
    },
    // From 0 on: Prometheus sees no increase in the value that a series begins with.
    Family {
        name: "feed_submitted_reports",
        help: "Reports written to the destination",
        kind: Kind::Counter,
        labels: Row::labels,
        value: |row| Some(Value::Whole(row.numbers.submitted)),
    },
];

const fn gauge(
    name: &'static str,
    help: &'static str,
    value: fn(&Row) -> Option<Value>,
) -> Family<Row> {
    Family {
        name,
        help,
        kind: Kind::Gauge,
        labels: Row::labels,
        value,
    }
}

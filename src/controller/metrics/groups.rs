//! What a scrape says of all feeds together, by how they stand: a few dozen series however many feeds there are.

use std::collections::BTreeMap;
use std::fmt;

use super::family::{Family, Kind, Labels, Value};
use super::standing::{Seldom, Standing};
use crate::controller::exposition::Exposition;

/// How a feed stands: its state, the reason of its Ready condition, and the kind of its destination; `""` for none.
type Key = (&'static str, &'static str, &'static str);

/// The feeds that stand alike.
#[derive(Default)]
struct Group {
    key: Key,
    feeds: u64,
    /// Since when the one of them that has waited longest got nowhere, in seconds since 1970.
    unready_since: Option<i64>,
    /// The greatest age of a last sync, in intervals of its feed.
    oldest_sync: Option<f64>,
    backlog: u64,
    failed: u64,
    fullest_ledger: Option<u32>,
}

/// The feeds that there are, by how they stand.
pub struct Groups {
    groups: BTreeMap<Key, Group>,
    /// In seconds since 1970.
    now: i64,
}

impl Groups {
    /// No feed, at this second since 1970.
    pub const fn new(now: i64) -> Self {
        Self {
            groups: BTreeMap::new(),
            now,
        }
    }

    /// Counts a feed, whose ledger remembers so many reports.
    pub fn add(&mut self, feed: &Standing, ledger_entries: Option<u32>) {
        let key = (feed.state(), feed.reason(), feed.destination);
        let group = self.groups.entry(key).or_default();
        group.key = key;
        group.feeds += 1;
        if !feed.ready {
            let since = group.unready_since.into_iter().chain(feed.unready_since);
            group.unready_since = since.min();
        } else if !feed.suspended {
            let age = feed.age_in_intervals(self.now);
            let ages = group.oldest_sync.into_iter().chain(age);
            group.oldest_sync = ages.reduce(f64::max);
        }
        group.backlog += feed.seldom(Seldom::Backlog);
        group.failed += feed.seldom(Seldom::Failed);
        group.fullest_ledger = group.fullest_ledger.max(ledger_entries);
    }

    /// Writes the series of all groups.
    pub fn write(&self, out: &mut Exposition) -> fmt::Result {
        for family in &FAMILIES {
            family.head(out)?;
            for group in self.groups.values() {
                family.series(group, out)?;
            }
        }
        Ok(())
    }
}

impl Group {
    fn labels(&self) -> Labels<'_> {
        let (state, reason, destination) = self.key;
        [
            ("state", state),
            ("reason", reason),
            ("destination", destination),
            ("", ""),
        ]
    }
}

/// The families of the groups' series.
static FAMILIES: [Family<Group>; 6] = [
    gauge(
        "feeds",
        "Feeds, by state, by the reason of their Ready condition, and by the kind of their destination",
        |group| Some(Value::Whole(group.feeds)),
    ),
    gauge(
        "feeds_unready_timestamp_seconds",
        "Since when the feed that has waited longest has neither been ready nor written a report",
        |group| group.unready_since.map(Value::Time),
    ),
    gauge(
        "feeds_oldest_sync_intervals",
        "The greatest age of a ready feed's last sync, in intervals of that feed",
        |group| group.oldest_sync.map(Value::Float),
    ),
    gauge(
        "feeds_backlog",
        "Reports known to exist beyond those handled, of all these feeds",
        |group| Some(Value::Whole(group.backlog)),
    ),
    gauge(
        "feeds_failed_reports",
        "Reports on record as failed among those that the last syncs considered",
        |group| Some(Value::Whole(group.failed)),
    ),
    gauge(
        "feeds_fullest_ledger_entries",
        "Reports that the fullest of these feeds' ledgers remembers",
        |group| {
            group
                .fullest_ledger
                .map(|entries| Value::Whole(entries.into()))
        },
    ),
];

const fn gauge(
    name: &'static str,
    help: &'static str,
    value: fn(&Group) -> Option<Value>,
) -> Family<Group> {
    Family {
        name,
        help,
        kind: Kind::Gauge,
        labels: Group::labels,
        value,
    }
}

//! What the operator remembers of each report of a feed, so that an unchanged report costs no call.
//!
//! It is an accelerator and may be lost: the external id makes every write safe to repeat.

mod course;
mod encoding;
mod failure;
mod tries;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sync::report::{Digest, ReportId};

pub use course::{Course, Known, OpenSync, Overflow, Place, Reading, Trouble};
pub use encoding::{EncodeError, MAX_BYTES, Untrusted};
pub use failure::Failure;

pub use tries::{MAX_ATTEMPTS, RETRY_AFTER, Tries};

/// The most reports that a ledger holds.
pub const MAX_REPORTS: usize = 20_000;

/// Whose ledger it is. A ledger of another owner is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The UID of the `FlashpointFeed`; a feed created again has another.
    pub uid: String,
    /// What the destination calls the place that the reports went to; for TruSTAR the enclave's id.
    #[serde(rename = "enclave")]
    pub destination: String,
}

/// Sums over the life of a feed; after a crash they may fall short, never exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Syncs that handled the latest reports.
    pub syncs: u64,
    pub submitted: u64,
    /// Attempts at a report that failed.
    pub failed: u64,
}

/// Where a report stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// At the destination as it was received, complete.
    Sent,
    /// Accepted by the destination, and not complete yet: a TruSTAR report's tags are still to be set.
    Accepted {
        /// The destination's own id of it.
        handle: String,
        /// Whether the write created it, as opposed to updating it.
        created: bool,
    },
    /// Nothing in it counted by the rules of this digest.
    WithoutIndicators {
        /// The digest of rules and filter settings.
        rules: u64,
    },
    /// Taken on, not finished.
    Pending {
        /// Whether the ledger knew it before it was taken on.
        known: bool,
    },
    /// Tried, and refused or unreadable.
    Failed(Box<Failure>),
}

/// What is remembered of one report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The digest of the JSON that the state speaks of.
    pub digest: Digest,
    /// The newest of its times, never in the future: by it an entry belongs to a window.
    pub filed_at: Timestamp,
    pub state: State,
    /// Whether the destination holds some version of it.
    pub delivered: bool,
    /// The labels that it may carry there, verbatim.
    pub labels: Vec<String>,
    /// The attempts in vain at its CSV data, where it was delivered without some of them.
    pub csv: Option<Tries>,
    /// Attempts in vain at what is pending: its delivery or what remains of it.
    pub tries: Option<Tries>,
    /// The destination's own id of it, where the report's id alone does not lead back to it.
    pub handle: Option<String>,
}

impl Entry {
    /// Whether it was taken on and not finished.
    #[must_use]
    pub const fn is_unfinished(&self) -> bool {
        matches!(self.state, State::Pending { .. } | State::Accepted { .. })
    }

    /// Whether nothing more is to be done for it as it is.
    const fn is_settled(&self) -> bool {
        let has_all = match self.csv {
            None => true,
            Some(csv) => csv.attempts >= MAX_ATTEMPTS,
        };
        matches!(self.state, State::Sent | State::WithoutIndicators { .. }) && has_all
    }
}

/// The ledger of one feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub owner: Owner,
    /// Sums over the feed's life.
    pub totals: Totals,
    /// The newest `posted_at` among the reports delivered.
    pub last_posted: Option<Timestamp>,
    /// When a report was last delivered.
    pub last_submitted: Option<Timestamp>,
    /// What is remembered of the listing and the services as a whole.
    course: Course,
    /// A tree, whose pieces are small: a table of 20,000 entries is one of 9 MB, beside the half of it while it grows.
    entries: BTreeMap<ReportId, Entry>,
    changed: bool,
}

impl Ledger {
    /// An empty ledger: not what is stored, if anything is.
    #[must_use]
    pub fn new(owner: Owner) -> Self {
        Self {
            owner,
            totals: Totals::default(),
            last_posted: None,
            last_submitted: None,
            course: Course::default(),
            entries: BTreeMap::new(),
            changed: true,
        }
    }

    /// What is remembered of a report.
    #[must_use]
    pub fn get(&self, id: &ReportId) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub fn set(&mut self, id: ReportId, entry: Entry) {
        if self.entries.get(&id) != Some(&entry) {
            self.changed = true;
            self.entries.insert(id, entry);
        }
    }

    pub fn remove(&mut self, id: &ReportId) {
        self.changed |= self.entries.remove(id).is_some();
    }

    /// Whether it remembers what its stored form does not.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.changed
    }

    /// Says that it is stored as it is.
    pub fn stored(&mut self) {
        self.changed = false;
    }

    /// What is remembered of the listing and the services as a whole.
    #[must_use]
    pub fn course(&self) -> &Course {
        &self.course
    }

    /// Changes that.
    pub fn change(&mut self, change: impl FnOnce(&mut Course)) {
        let before = self.course.clone();
        change(&mut self.course);
        self.changed |= self.course != before;
    }

    /// Notes that reports of the window were left because there is no room for them.
    pub fn note_overflow(&mut self, lookback: u64) {
        self.change(|course| {
            let before = course.overflow.unwrap_or(Overflow {
                lookback,
                forgotten_to: Timestamp::MIN,
            });
            course.overflow = Some(Overflow {
                lookback: before.lookback.max(lookback),
                ..before
            });
        });
    }

    /// The times by which settled reports are filed, oldest first: in this order they are forgotten to make room.
    #[must_use]
    pub fn settled_times(&self) -> Vec<Timestamp> {
        let settled = self.entries.values().filter(|entry| entry.is_settled());
        let mut times: Vec<_> = settled.map(|entry| entry.filed_at).collect();
        times.sort_unstable();
        times
    }

    /// Forgets the `count` settled reports that were filed first, and remembers up to when that reaches. Says whether
    /// there were any.
    pub fn make_room(&mut self, count: usize, lookback: u64) -> bool {
        let times = self.settled_times();
        let Some(last) = count
            .min(times.len())
            .checked_sub(1)
            .and_then(|place| times.get(place).copied())
        else {
            return false;
        };
        let mut left = count;
        // Several may be filed at one time: no more than asked for go.
        self.entries.retain(|_, entry| {
            let goes = left > 0 && entry.is_settled() && entry.filed_at <= last;
            left -= usize::from(goes);
            !goes
        });
        self.note_overflow(lookback);
        self.change(|course| {
            if let Some(overflow) = &mut course.overflow {
                overflow.forgotten_to = overflow.forgotten_to.max(last);
            }
        });
        self.changed = true;
        true
    }

    /// When the next attempt at a pending report is due; none where none waits for one.
    #[must_use]
    pub fn next_try(&self) -> Option<Timestamp> {
        let pending = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.is_unfinished());
        let next = |(id, entry): (&ReportId, &Entry)| {
            let unseen = self.course.unseen.get(id).map(|tries| tries.next);
            entry.tries.map(|tries| tries.next).max(unseen)
        };
        pending.filter_map(next).min()
    }

    /// How many reports are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many more reports it can take on.
    #[must_use]
    pub fn room(&self) -> usize {
        MAX_REPORTS.saturating_sub(self.entries.len())
    }

    /// How many reports of the window beginning at `since` are remembered.
    #[must_use]
    pub fn count_since(&self, since: Timestamp) -> u64 {
        let count = self
            .entries
            .values()
            .filter(|entry| entry.filed_at >= since)
            .count();
        count.try_into().unwrap_or(u64::MAX)
    }

    /// Whether by what is remembered the destination holds no report of the feed.
    #[must_use]
    pub fn nothing_delivered(&self) -> bool {
        !self.entries.values().any(|entry| entry.delivered)
    }

    /// Each report and what is remembered of it, in no order.
    pub fn entries(&self) -> impl Iterator<Item = (&ReportId, &Entry)> {
        self.entries.iter()
    }

    /// The reports that were taken on and not finished.
    pub fn unfinished(&self) -> impl Iterator<Item = &ReportId> {
        self.entries
            .iter()
            .filter(|(_, entry)| entry.is_unfinished())
            .map(|(id, _)| id)
    }

    pub fn failures(&self) -> impl Iterator<Item = (&ReportId, &Entry, &Failure)> {
        self.entries
            .iter()
            .filter_map(|(id, entry)| match &entry.state {
                State::Failed(failure) => Some((id, entry, failure.as_ref())),
                _ => None,
            })
    }

    /// Forgets what no later window can list: filed before `since` and not `listed` just now.
    /// That alone is no reason to store it anew: the next sync would forget the same.
    pub fn forget_before(&mut self, since: Timestamp, listed: impl Fn(&ReportId) -> bool) {
        self.entries
            .retain(|id, entry| entry.filed_at >= since || listed(id));
    }
}

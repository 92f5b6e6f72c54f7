//! What the operator remembers of each report of a feed, so that an unchanged report costs no call.
//!
//! It is an accelerator and may be lost: the external id makes every write safe to repeat.

mod encoding;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::report::{Digest, ReportId};

pub use encoding::{EncodeError, MAX_BYTES, Untrusted};

/// The most reports that a ledger holds.
pub const MAX_REPORTS: usize = 20_000;

/// How often a report is tried at least before it is set aside.
pub const MAX_ATTEMPTS: u32 = 5;

/// How often data behind a CSV link is asked for before a report stays without it.
pub const MAX_CSV_ATTEMPTS: u8 = 5;

/// Over at least this time a failing report is tried [`MAX_ATTEMPTS`] times before it is set aside.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Between two attempts at a failing report: five of them fill [`TRIED_FOR`].
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(14);

/// Between two attempts at a report that was set aside.
const ASIDE_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Whose ledger it is. A ledger of another owner is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The UID of the `FlashpointFeed`; a feed created again has another.
    pub uid: String,
    /// The enclave that the reports were written to.
    pub enclave: String,
}

/// Sums over the life of a feed; after a crash they may fall short, never exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Syncs that handled the latest reports.
    pub syncs: u64,
    /// Reports written to the enclave.
    pub submitted: u64,
    /// Attempts at a report that failed.
    pub failed: u64,
}

/// A sync that took on more than it could finish; continuations finish it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSync {
    /// When it began.
    pub started: Timestamp,
    /// When its listing began, by Flashpoint's clock.
    pub listed_at: Timestamp,
    /// What it counted so far, without what the unfinished reports contribute.
    pub counts: Counts,
}

/// A report that could not be handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub first: Timestamp,
    /// When it is tried again at the earliest.
    pub next: Timestamp,
    /// Its title, cut.
    pub title: String,
    /// Why, cut.
    pub reason: String,
}

impl Failure {
    /// The failure after one more attempt, following `earlier` ones at the same content.
    #[must_use]
    pub fn after(earlier: Option<&Self>, now: Timestamp, title: String, reason: String) -> Self {
        let attempts = earlier
            .map_or(0, |failure| failure.attempts)
            .saturating_add(1);
        let first = earlier.map_or(now, |failure| failure.first.min(now));
        let mut failure = Self {
            attempts,
            first,
            next: now,
            title,
            reason,
        };
        let wait = if failure.set_aside(now) {
            ASIDE_FOR
        } else {
            RETRY_AFTER
        };
        failure.next = now.checked_add(wait).unwrap_or(now);
        failure
    }

    /// Whether it may be tried again. An attempt further off than any wait was set by a wrong clock.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let wait = self.next.duration_since(now);
        wait <= SignedDuration::ZERO || wait > ASIDE_FOR
    }

    /// Whether it was tried often and long enough.
    #[must_use]
    pub fn set_aside(&self, now: Timestamp) -> bool {
        // A whole attempt's distance less, so that five attempts a little apart fill the hour.
        let tried_for = now.duration_since(self.first);
        self.attempts >= MAX_ATTEMPTS && tried_for >= TRIED_FOR - RETRY_AFTER / 2
    }
}

/// Where a report stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// In the enclave as it was received, with its tags.
    Sent,
    /// In the enclave, its tags not yet set.
    TagsPending {
        /// The enclave's id of it.
        guid: String,
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
    Failed(Failure),
}

/// What is remembered of one report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The digest of the JSON that the state speaks of.
    pub digest: Digest,
    /// The newest of its times, never in the future: by it an entry belongs to a window.
    pub filed_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Whether the enclave holds some version of it.
    pub in_enclave: bool,
    /// How often its CSV data was asked for in vain; 0 where nothing is missing.
    pub csv_attempts: u8,
    /// The tags that were set, verbatim.
    pub tags: Vec<String>,
}

/// The ledger of one feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Whose it is.
    pub owner: Owner,
    /// Sums over the feed's life.
    pub totals: Totals,
    /// The sync that is not finished.
    pub open: Option<OpenSync>,
    /// The newest `posted_at` among the reports in the enclave.
    pub last_posted: Option<Timestamp>,
    /// When a report was last written to the enclave.
    pub last_submitted: Option<Timestamp>,
    entries: HashMap<ReportId, Entry>,
    changed: bool,
}

impl Ledger {
    /// An empty ledger: not what is stored, if anything is.
    #[must_use]
    pub fn new(owner: Owner) -> Self {
        Self {
            owner,
            totals: Totals::default(),
            open: None,
            last_posted: None,
            last_submitted: None,
            entries: HashMap::new(),
            changed: true,
        }
    }

    /// What is remembered of a report.
    #[must_use]
    pub fn get(&self, id: &ReportId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Remembers a report.
    pub fn set(&mut self, id: ReportId, entry: Entry) {
        if self.entries.get(&id) != Some(&entry) {
            self.changed = true;
            self.entries.insert(id, entry);
        }
    }

    /// Forgets a report.
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

    /// Sets or clears the sync that is not finished.
    pub fn set_open(&mut self, open: Option<OpenSync>) {
        self.changed |= self.open != open;
        self.open = open;
    }

    /// How many reports are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is remembered.
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

    /// Each report and what is remembered of it, in no order.
    pub fn entries(&self) -> impl Iterator<Item = (&ReportId, &Entry)> {
        self.entries.iter()
    }

    /// The reports that were taken on and not finished.
    pub fn unfinished(&self) -> impl Iterator<Item = &ReportId> {
        self.entries
            .iter()
            .filter(|(_, entry)| {
                matches!(
                    entry.state,
                    State::Pending { .. } | State::TagsPending { .. }
                )
            })
            .map(|(id, _)| id)
    }

    /// The reports that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&ReportId, &Entry, &Failure)> {
        self.entries
            .iter()
            .filter_map(|(id, entry)| match &entry.state {
                State::Failed(failure) => Some((id, entry, failure)),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_failing_report_is_set_aside_after_five_attempts_over_about_an_hour() {
        let mut now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut failure = Failure::after(None, now, String::new(), String::new());
        while failure.attempts < 5 {
            assert!(
                !failure.set_aside(now),
                "after {} attempts",
                failure.attempts
            );
            now += SignedDuration::from_mins(15);
            assert!(failure.next <= now);
            failure = Failure::after(Some(&failure), now, String::new(), String::new());
        }
        assert!(failure.set_aside(now));
        assert_eq!(now.to_string(), "2026-01-01T01:00:00Z");
        assert_eq!(failure.next, now + SignedDuration::from_hours(24));
    }

    #[test]
    fn attempts_in_quick_succession_do_not_set_a_report_aside() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut failure = Failure::after(None, now, String::new(), String::new());
        for _ in 0..9 {
            failure = Failure::after(Some(&failure), now, String::new(), String::new());
        }
        assert_eq!(failure.attempts, 10);
        assert_eq!(failure.next, now + RETRY_AFTER);
    }
}

//! What the operator remembers of each report of a feed, so that an unchanged report costs no call.
//!
//! It is an accelerator and may be lost: the external id makes every write safe to repeat.

mod encoding;
mod tries;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::report::{Digest, ReportId};

pub use encoding::{EncodeError, MAX_BYTES, Untrusted};
pub use tries::{MAX_ATTEMPTS, RETRY_AFTER, Tries};

/// The most reports that a ledger holds.
pub const MAX_REPORTS: usize = 20_000;

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
    pub fn after(earlier: Option<Tries>, now: Timestamp, title: String, reason: String) -> Self {
        let tries = Tries::after(earlier, now, RETRY_AFTER);
        let next = if tries.exhausted(now) {
            now.checked_add(ASIDE_FOR).unwrap_or(now)
        } else {
            tries.next
        };
        Self {
            attempts: tries.attempts,
            first: tries.first,
            next,
            title,
            reason,
        }
    }

    /// The attempts made.
    #[must_use]
    pub fn tries(&self) -> Tries {
        Tries {
            attempts: self.attempts,
            first: self.first,
            next: self.next,
        }
    }

    /// Whether it may be tried again. An attempt further off than any wait was set by a wrong clock.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let wait = self.next.duration_since(now);
        wait <= SignedDuration::ZERO || wait > ASIDE_FOR
    }

    /// Whether the window must go on listing it: until it was set aside, and its first daily attempt after that was made.
    /// Five attempts in the first hour come to nothing while a gateway refuses everything for two.
    #[must_use]
    pub fn keeps_window(&self) -> bool {
        if self.attempts == 1 {
            // One that is edited again and again begins anew each time, and must not hold a window for ever.
            return self.next.duration_since(self.first) < ASIDE_FOR + RETRY_AFTER * 2;
        }
        // A report that was set aside had its last attempt 24 h before `next`. For any other `last` lies before `first`,
        // the difference is negative, and the window is kept.
        let last = self.next.checked_sub(ASIDE_FOR).unwrap_or(self.first);
        self.attempts <= MAX_ATTEMPTS || last.duration_since(self.first) < ASIDE_FOR - RETRY_AFTER
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
    /// The tags that were set, verbatim.
    pub tags: Vec<String>,
    /// The attempts in vain at its CSV data, where it is in the enclave without some of them.
    pub csv: Option<Tries>,
    /// The attempts in vain at what is pending: its write or its tags.
    pub tries: Option<Tries>,
    /// The enclave's id of it, where its external id alone does not lead back to it.
    pub guid: Option<String>,
}

impl Entry {
    /// Whether it was taken on and not finished.
    #[must_use]
    pub const fn is_unfinished(&self) -> bool {
        matches!(
            self.state,
            State::Pending { .. } | State::TagsPending { .. }
        )
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

/// What is known of readings of the listing whose end proved nothing: `total` moved, or is not what was listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// How many readings in a row ended so.
    pub passes: u32,
    /// When the first of them began, by the earlier clock.
    pub first: Timestamp,
    /// When the last of them began.
    pub began: Timestamp,
    /// How many different elements it listed.
    pub listed: u64,
    /// Whether readings agreed with each other, so that `total` is what is wrong: it is no longer waited for.
    pub distrusted: bool,
}

/// A service's fault that left reports pending, as it is told until they are tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Whether the service answered what its API does not promise, as opposed to not at all or by a 5xx.
    pub unexpected: bool,
    /// What happened.
    pub message: String,
}

/// A window that holds more reports than fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflow {
    /// The longest lookback that the feed had since, in seconds: a shorter one gives up what lies before it.
    pub lookback: u64,
    /// Reports filed up to this time were forgotten to make room, or never taken on.
    pub forgotten_to: Timestamp,
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
    /// What is known of readings that proved nothing.
    reading: Option<Reading>,
    /// Whether the window holds more than fits.
    overflow: Option<Overflow>,
    /// In how many full syncs in a row nearly every report differed from what was sent.
    restless: u32,
    /// What last kept reports from being written that are still pending.
    trouble: Option<Trouble>,
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
            reading: None,
            overflow: None,
            restless: 0,
            trouble: None,
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

    /// What is known of readings of the listing that proved nothing.
    #[must_use]
    pub fn reading(&self) -> Option<Reading> {
        self.reading
    }

    /// Sets or clears that.
    pub fn set_reading(&mut self, reading: Option<Reading>) {
        self.changed |= self.reading != reading;
        self.reading = reading;
    }

    /// How the window holds more than fits.
    #[must_use]
    pub fn overflow(&self) -> Option<Overflow> {
        self.overflow
    }

    /// Sets or clears that.
    pub fn set_overflow(&mut self, overflow: Option<Overflow>) {
        self.changed |= self.overflow != overflow;
        self.overflow = overflow;
    }

    /// Notes that reports of the window were left because there is no room for them.
    pub fn note_overflow(&mut self, lookback: u64) {
        let overflow = self.overflow.unwrap_or(Overflow {
            lookback,
            forgotten_to: Timestamp::MIN,
        });
        self.set_overflow(Some(Overflow {
            lookback: overflow.lookback.max(lookback),
            ..overflow
        }));
    }

    /// In how many full syncs in a row nearly every report differed from what was sent.
    #[must_use]
    pub fn restless(&self) -> u32 {
        self.restless
    }

    /// Sets that.
    pub fn set_restless(&mut self, restless: u32) {
        self.changed |= self.restless != restless;
        self.restless = restless;
    }

    /// What last kept reports from being written that are still pending.
    #[must_use]
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Sets or clears that.
    pub fn set_trouble(&mut self, trouble: Option<Trouble>) {
        self.changed |= self.trouble != trouble;
        self.trouble = trouble;
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
        let before = self.overflow.map(|overflow| overflow.forgotten_to);
        self.set_overflow(Some(Overflow {
            lookback: self
                .overflow
                .map_or(lookback, |overflow| overflow.lookback.max(lookback)),
            forgotten_to: before.max(Some(last)).unwrap_or(last),
        }));
        self.changed = true;
        true
    }

    /// When the next attempt at a pending report is due; none where none waits for one.
    #[must_use]
    pub fn next_try(&self) -> Option<Timestamp> {
        let pending = self.entries.values().filter(|entry| entry.is_unfinished());
        pending.filter_map(|entry| Some(entry.tries?.next)).min()
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
            .filter(|(_, entry)| entry.is_unfinished())
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
                !failure.tries().exhausted(now),
                "after {} attempts",
                failure.attempts
            );
            now += SignedDuration::from_mins(15);
            assert!(failure.next <= now);
            failure = Failure::after(Some(failure.tries()), now, String::new(), String::new());
        }
        assert!(failure.tries().exhausted(now));
        assert_eq!(now.to_string(), "2026-01-01T01:00:00Z");
        assert_eq!(failure.next, now + SignedDuration::from_hours(24));
    }

    #[test]
    fn attempts_in_quick_succession_do_not_set_a_report_aside() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut failure = Failure::after(None, now, String::new(), String::new());
        for _ in 0..9 {
            failure = Failure::after(Some(failure.tries()), now, String::new(), String::new());
        }
        assert_eq!(failure.attempts, 10);
        assert_eq!(failure.next, now + RETRY_AFTER);
    }
}

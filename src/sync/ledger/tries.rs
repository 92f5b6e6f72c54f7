//! Attempts at what goes on failing: counted, spaced, and given up after enough of them over enough time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How often something is tried at least before it is given up.
pub const MAX_ATTEMPTS: u32 = 5;

/// Over at least this time it is tried, so that short intervals and forced syncs give nothing up early.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Between two attempts: five of them fill `TRIED_FOR`.
pub const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(14);

/// Attempts in vain at one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    pub attempts: u32,
    /// When the first was made.
    pub first: Timestamp,
    /// When the next may be made.
    pub next: Timestamp,
}

impl Tries {
    /// What can't be had however often it is tried.
    pub const HOPELESS: Self = Self {
        attempts: MAX_ATTEMPTS,
        first: Timestamp::UNIX_EPOCH,
        next: Timestamp::UNIX_EPOCH,
    };

    /// One more attempt, at `now`; the next is due after `pause`.
    #[must_use]
    pub fn after(earlier: Option<Self>, now: Timestamp, pause: SignedDuration) -> Self {
        let attempts = earlier.map_or(0, |tries| tries.attempts);
        Self {
            attempts: attempts.saturating_add(1),
            first: earlier.map_or(now, |tries| tries.first.min(now)),
            next: now.checked_add(pause).unwrap_or(now),
        }
    }

    /// Whether it was tried often and long enough.
    #[must_use]
    pub fn exhausted(&self, now: Timestamp) -> bool {
        // A whole attempt's distance less, so that five attempts a little apart fill the hour.
        let tried_for = now.duration_since(self.first);
        self.attempts >= MAX_ATTEMPTS && tried_for >= TRIED_FOR - RETRY_AFTER / 2
    }

    /// Whether the next attempt may be made. One further off than any pause was set by a wrong clock.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let wait = self.next.duration_since(now);
        wait <= SignedDuration::ZERO || wait > RETRY_AFTER
    }
}

//! A report that could not be handled, until it is set aside and after.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{MAX_ATTEMPTS, RETRY_AFTER, Tries};

/// Between two attempts at a report that was set aside.
const ASIDE_FOR: SignedDuration = SignedDuration::from_hours(24);

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

#[cfg(test)]
mod tests {
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

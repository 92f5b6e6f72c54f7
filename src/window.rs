//! Which part of Flashpoint's listing a sync must cover, and how far it is covered.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How far a window reaches back behind the checkpoint, for reports that were indexed late.
/// Never more than the lookback.
pub const OVERLAP: Duration = Duration::from_hours(6);

/// How far ahead of the service's clock a time may be and still be taken for one:
/// its `Date` header has whole seconds, and its hosts need not agree to the second.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// Where a window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the feed's lookback: the request says the literal `-<lookback>`.
    Lookback,
    /// Further back, at this time: after an outage, a suspension, or with a backlog.
    At(Timestamp),
}

/// The checkpoint of a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Where the window that still holds work begins; none where all of it is done.
    pub since: Option<Timestamp>,
    /// Every report that was listed up to this time is handled.
    pub covered_to: Option<Timestamp>,
}

impl Window {
    /// Where the next window begins, by the service's clock. A checkpoint in the future counts
    /// as absent.
    #[must_use]
    pub fn start(&self, lookback: Duration, now: Timestamp) -> Start {
        let past = |time: &Timestamp| *time <= now + TOLERANCE;
        let overlap = OVERLAP.min(lookback);
        let uncovered = self
            .covered_to
            .filter(past)
            .and_then(|time| time.checked_sub(overlap).ok());
        let earliest = self.since.filter(past).into_iter().chain(uncovered).min();
        match (earliest, now.checked_sub(lookback)) {
            (Some(time), Ok(floor)) if time < floor => Start::At(time),
            _ => Start::Lookback,
        }
    }

    /// The checkpoint, at the time `now`, after everything that was listed at `time` has been
    /// handled. It moves back only from the future.
    #[must_use]
    pub fn covered(&self, time: Timestamp, now: Timestamp) -> Self {
        let past = |time: &Timestamp| *time <= now + TOLERANCE;
        Self {
            since: None,
            covered_to: self.covered_to.filter(past).max(Some(time)),
        }
    }

    /// The checkpoint after a sync that left work in the window beginning at `from`: pinned there.
    #[must_use]
    pub fn pinned(&self, from: Timestamp, now: Timestamp) -> Self {
        let past = |time: &Timestamp| *time <= now + TOLERANCE;
        Self {
            since: Some(
                self.since
                    .filter(past)
                    .map_or(from, |since| since.min(from)),
            ),
            covered_to: self.covered_to.filter(past),
        }
    }
}

impl Start {
    /// The time that the window begins at.
    #[must_use]
    pub fn time(self, lookback: Duration, now: Timestamp) -> Timestamp {
        match self {
            Self::Lookback => now.checked_sub(lookback).unwrap_or(Timestamp::MIN),
            Self::At(time) => time,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn covered_to(text: &str) -> Window {
        Window {
            since: None,
            covered_to: Some(at(text)),
        }
    }

    #[test]
    fn a_new_feed_starts_at_its_lookback() {
        assert_eq!(
            Window::default().start(DAY, at("2026-01-02T00:00:00Z")),
            Start::Lookback
        );
    }

    #[test]
    fn within_the_lookback_the_literal_serves() {
        let now = at("2026-01-02T00:00:00Z");
        assert_eq!(
            covered_to("2026-01-01T23:45:00Z").start(DAY, now),
            Start::Lookback
        );
        assert_eq!(
            covered_to("2026-01-01T06:00:00Z").start(DAY, now),
            Start::Lookback
        );
    }

    #[test]
    fn after_an_outage_the_window_widens_to_the_checkpoint_less_the_overlap() {
        let now = at("2026-01-10T00:00:00Z");
        assert_eq!(
            covered_to("2026-01-03T12:00:00Z").start(DAY, now),
            Start::At(at("2026-01-03T06:00:00Z"))
        );
    }

    #[test]
    fn the_overlap_is_at_most_the_lookback() {
        let now = at("2026-01-10T00:00:00Z");
        assert_eq!(
            covered_to("2026-01-03T12:00:00Z").start(Duration::from_hours(1), now),
            Start::At(at("2026-01-03T11:00:00Z"))
        );
    }

    #[test]
    fn a_checkpoint_in_the_future_counts_as_absent() {
        let now = at("2026-01-02T00:00:00Z");
        let window = Window {
            since: Some(at("2027-01-01T00:00:00Z")),
            covered_to: Some(at("2027-01-01T00:00:00Z")),
        };
        assert_eq!(window.start(DAY, now), Start::Lookback);
        assert_eq!(
            window.covered(now, now),
            Window {
                since: None,
                covered_to: Some(now)
            }
        );
        assert_eq!(
            window.pinned(at("2026-01-01T00:00:00Z"), now).covered_to,
            None
        );
    }

    #[test]
    fn work_left_pins_the_start_until_it_is_done() {
        let first = at("2026-01-02T00:00:00Z");
        let pinned = Window::default().pinned(at("2026-01-01T00:00:00Z"), first);
        let later = at("2026-01-05T00:00:00Z");
        assert_eq!(
            pinned.start(DAY, later),
            Start::At(at("2026-01-01T00:00:00Z"))
        );
        assert_eq!(
            pinned.covered(later, later),
            Window {
                since: None,
                covered_to: Some(later)
            }
        );
    }

    #[test]
    fn an_overlap_does_not_hide_a_pinned_start() {
        let window = Window {
            since: Some(at("2026-01-03T00:00:00Z")),
            covered_to: Some(at("2026-01-01T12:00:00Z")),
        };
        assert_eq!(
            window.start(DAY, at("2026-01-05T00:00:00Z")),
            Start::At(at("2026-01-01T06:00:00Z"))
        );
    }

    #[test]
    fn the_checkpoint_never_moves_back() {
        let window = covered_to("2026-01-02T00:00:30Z");
        let earlier = at("2026-01-02T00:00:00Z");
        assert_eq!(window.covered(earlier, earlier), window);
        // What is continued was listed before.
        let now = at("2026-01-03T00:00:00Z");
        assert_eq!(window.covered(earlier, now), window);
    }
}
